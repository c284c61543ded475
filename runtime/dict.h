/* dict.h: insertion-ordered hash table, compact form: a sparse index table into a dense entry array, both in one DictTable that is
** published with one store. Lookups take no lock. Inline caches of globals rely on this contract:
**   - an entry's index never changes while the Dict keeps the same DictTable;
**   - a value update is one store into entry.value; a deletion stores EMPTY there (key stays until the next rebuild);
**   - adding a key stores the entry, then n_entries (release); growth or compaction publishes a new DictTable.
** So "table pointer equal and entries[i].value not EMPTY" proves key i is still there, and "table pointer and n_entries equal" proves that an
** absent key is still absent. */
#ifndef RP_DICT_H
#define RP_DICT_H
#include "runtime/error.h"

typedef struct DictEntry { Value key, value; uint64_t hash; } DictEntry;
typedef struct DictTable {
  Object hdr;
  uint32_t n_entries;       /* used entries, live or deleted */
  uint32_t capacity;        /* entries that fit */
  uint32_t mask;            /* index table size - 1 (power of two) */
  uint8_t index_width;      /* bytes per index slot: 1, 2, 4 */
  DictEntry entries[];      /* capacity entries, then the index table */
} DictTable;
struct Dict {
  Object hdr;
  DictTable *table;         /* never NULL */
  uint64_t n_live;
};
ALWAYS_INLINE bool dict_check(Value v) { return has_kind(v, K_DICT); }
ALWAYS_INLINE Dict *as_dict(Value v) { return (Dict *)as_object(v); }
Dict *dict_new(RpThread *th);
Dict *dict_new_sized(RpThread *th, size_t n);
Value dict_get(RpThread *th, Dict *d, Value key);                  /* EMPTY: absent (no pending) or error (pending) */
Value dict_get_str(Dict *d, Str *key);                             /* interned or not; never raises; EMPTY: absent */
Value dict_get_c(RpThread *th, Dict *d, const char *key);
int dict_set(RpThread *th, Dict *d, Value key, Value v);
int dict_set_str(RpThread *th, Dict *d, Str *key, Value v);
int dict_set_c(RpThread *th, Dict *d, const char *key, Value v);
int dict_del(RpThread *th, Dict *d, Value key);                    /* KeyError when absent */
int dict_del_str(RpThread *th, Dict *d, Str *key);                 /* 1 deleted, 0 absent, -1 */
Value dict_setdefault(RpThread *th, Dict *d, Value key, Value v);
Value dict_pop(RpThread *th, Dict *d, Value key, Value dflt /* EMPTY: KeyError */);
int dict_update(RpThread *th, Dict *d, Value other, bool override_existing);  /* mapping or iterable of pairs */
Dict *dict_copy(RpThread *th, Dict *d);
void dict_clear(RpThread *th, Dict *d);
ALWAYS_INLINE uint64_t dict_len(const Dict *d) { return load_relaxed(&d->n_live); }
/* Iteration over a snapshot position: *pos starts at 0; false at the end. Sees insertions made meanwhile at most once each. */
bool dict_next(Dict *d, uint32_t *pos, Value *key, Value *value);
/* For inline caches: index of an interned string key in the current table (stored to *table), or -1. */
int dict_find_index(Dict *d, Str *key, DictTable **table);
typedef struct DictView { Object hdr; Dict *dict; } DictView;
#endif
