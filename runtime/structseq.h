/* structseq.h: tuples with named fields (time.struct_time and its like): a tuple of the visible fields, followed in the same cell by fields
** that only have names. The fields' names are the type's getset table, in order: STRUCTSEQ_FIELD(0, "tm_year", doc), ...
** The type's row in types.def has base tuple and kind K_TUPLE; its spec uses the slots and methods below. */
#ifndef RP_STRUCTSEQ_H
#define RP_STRUCTSEQ_H

#include "runtime/native.h"
#include "runtime/tuple.h"

/* All n_fields items in order; EMPTY is None. n_visible of them make the tuple. */
Value structseq_new(RpThread *th, Type *type, const Value *fields, int n_visible, int n_fields);
/* The constructor type(sequence, dict={}); new_ slots call it with their counts. */
Value structseq_construct(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames, int n_visible, int n_fields);
Value structseq_repr(RpThread *th, Value self);
void structseq_trace(Tracer *tr, Object *o); /* .trace: the hidden fields */
Value structseq_reduce(RpThread *th, const Value *a);

/* One getter per index: GetSetDef has no room for it. */
#define STRUCTSEQ_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20)
#define X(i) Value structseq_get_##i(RpThread *th, Value self);
STRUCTSEQ_EACH(X)
#undef X
#define STRUCTSEQ_FIELD(i, name, doc) {name, structseq_get_##i, NULL, doc}

#endif
