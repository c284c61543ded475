/* dict.h: insertion-ordered hash table, compact form: a sparse index table into a dense entry array, both in one DictTable that is
** published with one store. Lookups take no lock. Inline caches of globals rely on this contract:
**   - an entry's index never changes while the Dict keeps the same DictTable, and key and hash of an entry never change;
**   - a value update is one store into entry.value; a deletion stores EMPTY there, for good (key stays until the next rebuild: adding the key
**     again makes a new entry);
**   - adding a key stores the entry, then n_entries (release); growth, compaction and clear() publish another DictTable.
** So "table pointer equal and entries[i].value not EMPTY" proves key i is still there, and "table pointer and n_entries equal" proves that an
** absent key is still absent. Whoever caches an absence must have read n_entries before looking: dict_find_absent() does it right.
** Whoever stores through a cached index does it with dict_store_index(), which holds the writer lock when there are several threads. */
#ifndef RP_DICT_H
#define RP_DICT_H
#include "runtime/error.h"
#include "runtime/lock.h"
#include "runtime/str.h"

typedef struct DictEntry { Value key, value; uint64_t hash; } DictEntry;
typedef struct DictTable {
  Object hdr;
  uint32_t n_entries;       /* used entries, live or deleted */
  uint32_t capacity;        /* entries that fit */
  uint32_t mask;            /* index table size - 1 (power of two) */
  uint8_t index_width;      /* bytes per index slot: 1, 2, 4 */
  uint32_t first_live;      /* hints for taking from either end: entries below first_live and from last_live on are deleted */
  uint32_t last_live;
  DictEntry entries[];      /* capacity entries, then the index table: 0 free, else entry index + 1 */
} DictTable;
struct Dict {
  Object hdr;
  DictTable *table;         /* never NULL */
  uint64_t n_live;
};
ALWAYS_INLINE bool dict_check(Value v) { return has_kind(v, K_DICT); }
ALWAYS_INLINE Dict *as_dict(Value v) { return (Dict *)as_object(v); }
ALWAYS_INLINE DictTable *dict_table(const Dict *d) { return load_acquire(&d->table); }
ALWAYS_INLINE uint64_t dict_len(const Dict *d) { return load_relaxed(&d->n_live); }
extern DictTable *const dict_empty_table_;

/* -- Probing: the sequence of CPython's dict (i*5 + perturb + 1), which visits every slot ---- */
ALWAYS_INLINE uint32_t dict_index_at(const DictTable *t, uint64_t i) {
  const void *ix = t->entries + t->capacity;
  if (likely(t->index_width == 1)) return load_acquire((const uint8_t *)ix + i);
  return t->index_width == 2 ? load_acquire((const uint16_t *)ix + i) : load_acquire((const uint32_t *)ix + i);
}
/* Where its index table ends. */
ALWAYS_INLINE const void *dict_table_end(const DictTable *t) { return (const char *)(t->entries + t->capacity) + ((uint64_t)t->mask + 1) * t->index_width; }
/* Entry of an interned string in t, or NULL; never runs code. `hash` is str_hash(key). */
ALWAYS_INLINE DictEntry *dict_table_find_interned(DictTable *t, const Str *key, uint32_t hash) {
  uint64_t mask = t->mask, perturb = hash, i = hash & mask;
  for (;; i = (i * 5 + (perturb >>= 5) + 1) & mask) {
    uint32_t ix = dict_index_at(t, i);
    if (ix == 0) return NULL;
    DictEntry *e = &t->entries[ix - 1];
    if (likely(e->key == value_object(key)) ||
        unlikely(e->hash == hash && has_kind(e->key, K_STR) && !(as_object(e->key)->flags & STR_INTERNED) && str_eq(as_str(e->key), key)))
      if (likely(load_acquire(&e->value) != EMPTY)) return e;
  }
}
/* The value of an interned string key (its hash is always computed); EMPTY: absent. Never raises, any thread. */
ALWAYS_INLINE Value dict_lookup_interned(const Dict *d, const Str *key) {
  DictEntry *e = dict_table_find_interned(dict_table(d), key, load_relaxed((const uint32_t *)&key->hash));
  return e ? load_acquire(&e->value) : EMPTY;
}
/* Stores v at cached index i of table t; false: the cache is stale (other table, or key deleted), nothing stored. */
ALWAYS_INLINE bool dict_store_index(RpThread *th, Dict *d, DictTable *t, uint32_t i, Value v) {
  obj_lock(th, d);
  bool ok = d->table == t && t->entries[i].value != EMPTY;
  if (likely(ok)) obj_store(th, t, &t->entries[i].value, v);
  obj_unlock(th, d);
  return ok;
}

Dict *dict_new(RpThread *th);
Dict *dict_new_sized(RpThread *th, size_t n);
/* {keys[0]: values[0], ...} for a few different interned strings. NULL: not of this form (nothing pending), or MemoryError. */
Dict *dict_from_names(RpThread *th, const Value *keys, const Value *values, size_t n);
/* Gives an uninitialised Dict struct (a subclass instance, a bigger C struct) its table. */
ALWAYS_INLINE void dict_init_empty(Dict *d) { d->table = dict_empty_table_; }
Value dict_get(RpThread *th, Dict *d, Value key);                  /* EMPTY: absent (no pending) or error (pending) */
Value dict_get_hash(RpThread *th, Dict *d, Value key, int64_t hash);
Value dict_get_str(Dict *d, Str *key);                             /* interned or not; never raises; EMPTY: absent */
Value dict_get_c(RpThread *th, Dict *d, const char *key);
int dict_set(RpThread *th, Dict *d, Value key, Value v);
int dict_set_hash(RpThread *th, Dict *d, Value key, int64_t hash, Value v);
int dict_set_str(RpThread *th, Dict *d, Str *key, Value v);
int dict_set_c(RpThread *th, Dict *d, const char *key, Value v);
int dict_del(RpThread *th, Dict *d, Value key);                    /* KeyError when absent */
int dict_del_if(RpThread *th, Dict *d, Value key, Value v);        /* if key's value is v itself: 1; 0 it is not, -1 */
int dict_del_str(RpThread *th, Dict *d, Str *key);                 /* 1 deleted, 0 absent, -1 */
Value dict_setdefault(RpThread *th, Dict *d, Value key, Value v);
Value dict_pop(RpThread *th, Dict *d, Value key, Value dflt /* EMPTY: KeyError */);
/* Takes the last (or first) entry; false: empty. */
bool dict_pop_end(RpThread *th, Dict *d, bool last, Value *key, Value *value);
int dict_update(RpThread *th, Dict *d, Value other, bool override_existing);  /* mapping or iterable of pairs */
Dict *dict_copy(RpThread *th, Dict *d);
Dict *dict_copy_sized(RpThread *th, Dict *d, size_t extra);         /* with room for more */
void dict_clear(RpThread *th, Dict *d);
int dict_equal(RpThread *th, Dict *a, Dict *b);                    /* 1, 0, -1 */
int dict_has(RpThread *th, Dict *d, Value key);                    /* 1, 0, -1 */
/* Makes key's entry the last. 1, 0 absent, -1. */
int dict_move_to_end(RpThread *th, Dict *d, Value key);
/* Rebuilds with key's entry in front of all others. 1, 0 absent, -1. */
int dict_move_to_front(RpThread *th, Dict *d, Value key);
/* Iteration over a snapshot position: *pos starts at 0; false at the end. Sees insertions made meanwhile at most once each. */
bool dict_next(Dict *d, uint32_t *pos, Value *key, Value *value);
bool dict_next_hash(Dict *d, uint32_t *pos, Value *key, Value *value, int64_t *hash);
/* For inline caches: index of an interned string key in the current table (stored to *table), or -1. */
int dict_find_index(Dict *d, Str *key, DictTable **table);
/* Same, and for an absent key the n_entries that proves the absence. */
int dict_find_absent(Dict *d, Str *key, DictTable **table, uint32_t *n_entries);

/* Process-wide dicts outside every heap (builtin types' __dict__): OBJ_IMMUTABLE, string keys, filled at start by one thread, never freed. */
Dict *dict_perm_new(size_t n);
int dict_perm_set(Dict *d, Str *key, Value v);                     /* 0; -1: no memory */

typedef struct DictView { Object hdr; Dict *dict; } DictView;
#endif
