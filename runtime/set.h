/* set.h: set and frozenset: open addressing in one SetTable published with one store. Table sizes and probing are those of CPython, so that sets
** of numbers come out in the same order. Lookups take no lock; the key of a slot alone says what it is: EMPTY free, SET_DELETED, else live.
** A deleted slot may become live again, a free one only ever becomes live. Growth publishes another table. */
#ifndef RP_SET_H
#define RP_SET_H
#include "runtime/error.h"
typedef struct SetEntry { Value key; int64_t hash; } SetEntry;
typedef struct SetTable { Object hdr; uint32_t mask, fill /* live + deleted */; uint64_t version /* counts changes */; SetEntry entries[]; } SetTable;
#define SET_DELETED ((Value)0x12) /* no value of any script */
typedef struct Set { Object hdr; SetTable *table; uint64_t n_live; _Atomic int64_t hash; /* frozenset: 0 not yet; set: pop()'s finger */ } Set;
ALWAYS_INLINE bool set_check(Value v) { return has_kind(v, K_SET) || has_kind(v, K_FROZENSET); }
ALWAYS_INLINE Set *as_set(Value v) { return (Set *)as_object(v); }
ALWAYS_INLINE uint64_t set_len(const Set *s) { return load_relaxed(&s->n_live); }
Set *set_new(RpThread *th);
Set *frozenset_new(RpThread *th, Value iterable /* EMPTY */);
int set_add(RpThread *th, Set *s, Value v);                         /* 1 added, 0 was there, -1 */
int set_has(RpThread *th, Set *s, Value v);
int set_discard(RpThread *th, Set *s, Value v);
int set_update(RpThread *th, Set *s, Value iterable);
void set_clear(RpThread *th, Set *s);
/* What s holds at one moment: s itself while nobody else can change it, else a private copy. NULL + pending. */
Set *set_snapshot(RpThread *th, Set *s);
bool set_next(Set *s, uint32_t *pos, Value *key);
bool set_next_hash(Set *s, uint32_t *pos, Value *key, int64_t *hash);
#endif
