/* gen.h: what generator code shares beyond frame.h. */
#ifndef RP_GEN_H
#define RP_GEN_H
#include "runtime/frame.h"
#include "runtime/iter.h"
/* Resume forms that do not turn a return into StopIteration: a yielded value, or EMPTY with either pending set or *returned set. */
Value gen_resume(RpThread *th, Generator *g, Value v, Value *returned);
Value gen_throw_resume(RpThread *th, Generator *g, Value exc, Value *returned);
/* throw(type, value, traceback) arguments to one exception instance. */
Value gen_throw_args(RpThread *th, Value type, Value value, Value tb);
void gen_trace_fn(Tracer *tr, Object *o);
Value gen_repr_fn(RpThread *th, Value self);
/* `cls[item]` for generic builtin classes: types.GenericAlias. NativeFn form. */
Value generic_alias_getitem(RpThread *th, const Value *a);
#endif
