/* set.h: set and frozenset: open addressing in one SetTable published with one store; order as CPython's is not promised. */
#ifndef RP_SET_H
#define RP_SET_H
#include "runtime/error.h"
typedef struct SetEntry { Value key; uint64_t hash; } SetEntry;
typedef struct SetTable { Object hdr; uint32_t mask, fill /* live + deleted */; SetEntry entries[]; } SetTable;
typedef struct Set { Object hdr; SetTable *table; uint64_t n_live; _Atomic int64_t hash; /* frozenset: 0 not yet */ } Set;
ALWAYS_INLINE bool set_check(Value v) { return has_kind(v, K_SET) || has_kind(v, K_FROZENSET); }
ALWAYS_INLINE Set *as_set(Value v) { return (Set *)as_object(v); }
Set *set_new(RpThread *th);
Set *frozenset_new(RpThread *th, Value iterable /* EMPTY */);
int set_add(RpThread *th, Set *s, Value v);                         /* 1 added, 0 was there, -1 */
int set_has(RpThread *th, Set *s, Value v);
int set_discard(RpThread *th, Set *s, Value v);
int set_update(RpThread *th, Set *s, Value iterable);
bool set_next(Set *s, uint32_t *pos, Value *key);
#endif
