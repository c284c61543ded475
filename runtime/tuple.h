/* tuple.h: immutable sequence of values, one cell. */
#ifndef RP_TUPLE_H
#define RP_TUPLE_H
#include "runtime/error.h"
struct Tuple { Object hdr; uint64_t length; Value items[]; };
ALWAYS_INLINE bool tuple_check(Value v) { return has_kind(v, K_TUPLE); }
ALWAYS_INLINE Tuple *as_tuple(Value v) { return (Tuple *)as_object(v); }
Tuple *tuple_alloc(RpThread *th, size_t n);                        /* items EMPTY: fill before anyone sees it */
Tuple *tuple_new(RpThread *th, const Value *items, size_t n);
Tuple *tuple_of(RpThread *th, int n, ...);                         /* Values */
extern Tuple *const tuple_empty_;                                  /* process-wide () */
int64_t tuple_find(RpThread *th, Tuple *t, Value v);
#endif
