/* tuple.h: immutable sequence of values, one cell. Instances of tuple subclasses have one more word behind the items: obj_trailing_word(). */
#ifndef RP_TUPLE_H
#define RP_TUPLE_H
#include "runtime/error.h"
struct Tuple { Object hdr; uint64_t length; Value items[]; };
ALWAYS_INLINE bool tuple_check(Value v) { return has_kind(v, K_TUPLE); }
ALWAYS_INLINE Tuple *as_tuple(Value v) { return (Tuple *)as_object(v); }
/* Item i of a tuple, EMPTY when out of range; i already adjusted for negatives. */
ALWAYS_INLINE Value tuple_get_fast(const Tuple *t, int64_t i) { return (uint64_t)i < t->length ? t->items[i] : EMPTY; }
Tuple *tuple_alloc(RpThread *th, size_t n);                        /* items EMPTY: fill before anyone sees it */
Tuple *tuple_new(RpThread *th, const Value *items, size_t n);
Tuple *tuple_of(RpThread *th, int n, ...);                         /* Values */
/* An instance of a tuple subclass (or of tuple itself), items EMPTY. */
Tuple *tuple_alloc_type(RpThread *th, Type *type, size_t n);
/* Process-wide, outside every heap, never freed: for types_init. Items must be immutable process-wide objects or immediates. NULL: no memory. */
Tuple *tuple_perm(const Value *items, size_t n);
extern Tuple *const tuple_empty_;                                  /* process-wide () */
int64_t tuple_find(RpThread *th, Tuple *t, Value v);               /* index of the first equal item; -1 absent, -2 error */
Value tuple_slice(RpThread *th, Tuple *t, size_t lo, size_t hi);
#endif
