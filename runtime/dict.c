/* dict.c: the hash table behind dict, and the type. The contract that inline caches rely on is in dict.h; the memory model in containers.md.
** Compact layout after R. Hettinger's proposal of 2012, probing after CPython. */
#include "runtime/cont.h"

/* -- Tables ------------------------------------------------------------------ */

static _Alignas(16) struct { Object hdr; uint32_t n_entries, capacity, mask; uint8_t index_width; uint32_t first, last; uint64_t index; }
    empty_cell = {{SHAPE_dict_table, K_DICT_TABLE, OBJ_IMMUTABLE, 0, 0}, 0, 0, 0, 1, 0, 0, 0};
_Static_assert(sizeof(empty_cell) == sizeof(DictTable) + 8 && offsetof(DictTable, entries) % 8 == 0, "one free index slot behind no entries");
DictTable *const dict_empty_table_ = (DictTable *)&empty_cell;

#define MIN_INDEX 8
#define MAX_INDEX ((uint64_t)1 << 31)

/* Index slots for n entries: a power of two, at most two thirds used. */
static uint64_t index_size_for(uint64_t n) {
  uint64_t size = MIN_INDEX;
  while (size * 2 / 3 < n) size <<= 1;
  return size;
}

static size_t table_size(uint64_t size, uint32_t *capacity, uint8_t *width) {
  *capacity = (uint32_t)(size * 2 / 3);
  *width = *capacity < 255 ? 1 : *capacity < 65535 ? 2 : 4;
  return (sizeof(DictTable) + *capacity * sizeof(DictEntry) + size * *width + 7) & ~(size_t)7;
}

static void table_init(DictTable *t, uint64_t size, uint32_t capacity, uint8_t width) {
  t->mask = (uint32_t)(size - 1);
  t->capacity = capacity;
  t->index_width = width;
}

/* An empty table for at least n entries. */
static DictTable *table_new(RpThread *th, uint64_t n) {
  uint64_t size = index_size_for(n);
  if (size > MAX_INDEX) return raise_memory(th), NULL;
  uint32_t capacity;
  uint8_t width;
  size_t bytes = table_size(size, &capacity, &width);
  DictTable *t = (DictTable *)heap_alloc(th, SHAPE_dict_table, K_DICT_TABLE, heap_walked_size(bytes));
  if (t) table_init(t, size, capacity, width);
  return t;
}

ALWAYS_INLINE void index_store(DictTable *t, uint64_t i, uint32_t ix) {
  void *index = t->entries + t->capacity;
  if (likely(t->index_width == 1)) store_release((uint8_t *)index + i, (uint8_t)ix);
  else if (t->index_width == 2) store_release((uint16_t *)index + i, (uint16_t)ix);
  else store_release((uint32_t *)index + i, ix);
}

/* Appends an entry whose key is known to be absent; the table has room. No barrier: see table_add. */
ALWAYS_INLINE void table_append(DictTable *t, Value key, Value v, uint64_t hash) {
  uint32_t n = t->n_entries;
  DictEntry *e = &t->entries[n];
  e->key = key;
  e->hash = hash;
  store_release(&e->value, v);
  uint64_t mask = t->mask, perturb = hash, i = hash & mask;
  while (dict_index_at(t, i)) i = (i * 5 + (perturb >>= 5) + 1) & mask;
  store_relaxed(&t->last_live, n + 1);
  index_store(t, i, n + 1);
  RACE_POINT();
  store_release(&t->n_entries, n + 1);
  RACE_POINT();
}

/* The same into a table that others read. Locked. */
ALWAYS_INLINE void table_add(RpThread *th, Dict *d, DictTable *t, Value key, Value v, uint64_t hash) {
  if (unlikely(th->marking | (load_relaxed(&t->hdr.gc) & GC_OLD))) {
    if (is_object(key)) heap_barrier_slow(th, &t->hdr, key);
    if (is_object(v)) heap_barrier_slow(th, &t->hdr, v);
  }
  table_append(t, key, v, hash);
  store_release(&d->n_live, d->n_live + 1);
}

static void copy_live(DictTable *to, const DictTable *from) {
  for (uint32_t i = from->first_live; i < from->n_entries; i++) {
    const DictEntry *e = &from->entries[i];
    if (e->value != EMPTY) table_append(to, e->key, e->value, e->hash);
  }
}

/* Replaces table t, if it is still d's, by one with room for `extra` more entries than are live. 0 / -1; the caller looks again. */
static NOINLINE int rebuild(RpThread *th, Dict *d, DictTable *t, uint64_t extra) {
  uint64_t want = load_relaxed(&d->n_live) + extra;
  DictTable *n = table_new(th, want);
  if (!n) return -1;
  obj_lock(th, d);
  if (d->table == t && d->n_live <= n->capacity) {
    copy_live(n, t);
    heap_barrier_bulk(th, n);
    obj_publish(th, d, &d->table, n);
  }
  obj_unlock(th, d);
  return 0;
}
static int grow(RpThread *th, Dict *d, DictTable *t) { return rebuild(th, d, t, load_relaxed(&d->n_live) + 1); }

/* -- Looking up ---------------------------------------------------------------- */

ALWAYS_INLINE bool key_hash(RpThread *th, Value key, uint64_t *hash) {
  if (is_int(key)) {
    *hash = likely(key != INT_BIAS - 1) ? (uint64_t)as_int(key) : (uint64_t)-2;
    return true;
  }
  if (has_shape(key, SHAPE_str)) {
    uint32_t h = load_relaxed((uint32_t *)&as_str(key)->hash);
    *hash = likely(h) ? h : str_hash(as_str(key));
    return true;
  }
  int64_t h = op_hash(th, key);
  *hash = (uint64_t)h;
  return h != -1;
}

#define ABSENT (-1)
#define FAILED (-2)
#define ASK (-3) /* a key that is no exact str has the same hash: its == has to decide */
/* What a lookup saw: the answer holds as long as the Dict has this table and, for an absence, this n_entries. */
typedef struct Seen { DictTable *t; uint32_t n_entries; } Seen;

/* Index of an exact str key: no == runs. Keys that are no exact str: equal by contents or, with `ask`, ASK. */
ALWAYS_INLINE int64_t find_str_(Dict *d, const Str *key, uint64_t hash, Seen *seen, bool ask) {
  DictTable *t = seen->t = dict_table(d);
  seen->n_entries = load_acquire(&t->n_entries);
  bool interned = key->hdr.flags & STR_INTERNED;
  uint64_t mask = t->mask, perturb = hash, i = hash & mask;
  for (;; i = (i * 5 + (perturb >>= 5) + 1) & mask) {
    uint32_t ix = dict_index_at(t, i);
    if (ix == 0) return ABSENT;
    DictEntry *e = &t->entries[ix - 1];
    if (e->key != V(key)) {
      if (e->hash != hash) continue;
      if (ask && !has_shape(e->key, SHAPE_str)) {
        if (load_acquire(&e->value) == EMPTY) continue;
        return ASK;
      }
      if (!has_kind(e->key, K_STR) || (interned && (as_object(e->key)->flags & STR_INTERNED)) || !str_eq(as_str(e->key), key)) continue;
    }
    if (likely(load_acquire(&e->value) != EMPTY)) return ix - 1;
  }
}
static int64_t find_str(Dict *d, const Str *key, uint64_t hash, Seen *seen) { return find_str_(d, key, hash, seen, false); }

/* 1 equal, 0 not, 2: == has to decide. The hashes are equal. */
ALWAYS_INLINE int same_key(Value a, Value b) {
  if (a == b) return 1;
  if (is_int(a) && is_int(b)) return 0;
  if (has_shape(a, SHAPE_str) && has_shape(b, SHAPE_str)) return str_eq(as_str(a), as_str(b));
  return 2;
}

static int64_t find(RpThread *th, Dict *d, Value key, uint64_t hash, Seen *seen) {
restart:;
  DictTable *t = seen->t = dict_table(d);
  seen->n_entries = load_acquire(&t->n_entries);
  uint64_t mask = t->mask, perturb = hash, i = hash & mask;
  for (;; i = (i * 5 + (perturb >>= 5) + 1) & mask) {
    uint32_t ix = dict_index_at(t, i);
    if (ix == 0) return ABSENT;
    DictEntry *e = &t->entries[ix - 1];
    if (e->hash != hash || load_acquire(&e->value) == EMPTY) continue;
    int eq = same_key(e->key, key);
    if (eq == 2) {
      eq = op_equal(th, e->key, key);
      if (eq < 0) return FAILED;
      if (unlikely(dict_table(d) != t)) goto restart; /* == changed the dict */
      if (load_acquire(&e->value) == EMPTY) continue;
    }
    if (eq) return ix - 1;
  }
}

Value dict_get_hash(RpThread *th, Dict *d, Value key, int64_t hash) {
  Seen seen;
  int64_t i;
  Value v;
  do { /* a value that goes away after it was found: look again */
    i = find(th, d, key, (uint64_t)hash, &seen);
    if (i < 0) return EMPTY;
    RACE_POINT();
    v = load_acquire(&seen.t->entries[i].value);
  } while (unlikely(v == EMPTY));
  return v;
}

Value dict_get(RpThread *th, Dict *d, Value key) {
  uint64_t hash;
  if (unlikely(!key_hash(th, key, &hash))) return EMPTY;
  if (has_shape(key, SHAPE_str)) {
    Seen seen;
    int64_t i = find_str_(d, as_str(key), hash, &seen, true);
    Value v = i >= 0 ? load_acquire(&seen.t->entries[i].value) : EMPTY;
    if (likely(v != EMPTY || i == ABSENT)) return v;
  }
  return dict_get_hash(th, d, key, (int64_t)hash);
}

Value dict_get_str(Dict *d, Str *key) {
  uint32_t hash = load_relaxed((uint32_t *)&key->hash);
  if (unlikely(!hash)) hash = str_hash(key);
  Seen seen;
  for (;;) {
    int64_t i = find_str(d, key, hash, &seen);
    if (i < 0) return EMPTY;
    Value v = load_acquire(&seen.t->entries[i].value);
    if (likely(v != EMPTY)) return v;
  }
}

Value dict_get_c(RpThread *th, Dict *d, const char *key) {
  Str *s = str_intern_c(th, key);
  return s ? dict_get_str(d, s) : EMPTY;
}

int dict_has(RpThread *th, Dict *d, Value key) {
  Value v = dict_get(th, d, key);
  return v != EMPTY ? 1 : th->pending != EMPTY ? -1 : 0;
}

int dict_find_absent(Dict *d, Str *key, DictTable **table, uint32_t *n_entries) {
  Seen seen;
  int64_t i = find_str(d, key, str_hash(key), &seen);
  *table = seen.t;
  *n_entries = seen.n_entries;
  return (int)i;
}

int dict_find_index(Dict *d, Str *key, DictTable **table) {
  uint32_t n;
  return dict_find_absent(d, key, table, &n);
}

/* -- Changing -------------------------------------------------------------------- */

ALWAYS_INLINE int store_found_as(RpThread *th, Dict *d, Seen *seen, int64_t i, Value key, uint64_t hash, Value v, bool multi) {
  DictTable *t = seen->t;
  RACE_POINT();
  obj_lock_if(multi, th, d);
  if (likely(d->table == t)) {
    if (i >= 0) {
      bool live = t->entries[i].value != EMPTY;
      if (likely(live)) obj_store(th, t, &t->entries[i].value, v);
      obj_unlock_if(multi, th, d);
      return live;
    }
    if (likely(t->n_entries == seen->n_entries)) {
      bool room = t->n_entries < t->capacity;
      if (likely(room)) table_add(th, d, t, key, v, hash);
      obj_unlock_if(multi, th, d);
      return room ? 1 : grow(th, d, t);
    }
  }
  obj_unlock_if(multi, th, d);
  return 0;
}
static NOINLINE int store_found_shared(RpThread *th, Dict *d, Seen *seen, int64_t i, Value key, uint64_t hash, Value v) {
  return store_found_as(th, d, seen, i, key, hash, v, true);
}
/* Stores v for the key that was looked up with result i, if the answer still holds. 1 done, 0 look again, -1 error. */
ALWAYS_INLINE int store_found(RpThread *th, Dict *d, Seen *seen, int64_t i, Value key, uint64_t hash, Value v) {
  return unlikely(thread_multi(th)) ? store_found_shared(th, d, seen, i, key, hash, v) : store_found_as(th, d, seen, i, key, hash, v, false);
}

int dict_set_hash(RpThread *th, Dict *d, Value key, int64_t hash, Value v) {
  for (;;) {
    Seen seen;
    int64_t i = find(th, d, key, (uint64_t)hash, &seen);
    if (unlikely(i == FAILED)) return -1;
    int r = store_found(th, d, &seen, i, key, (uint64_t)hash, v);
    if (likely(r)) return r < 0 ? -1 : 0;
  }
}

int dict_set_str(RpThread *th, Dict *d, Str *key, Value v) {
  uint64_t hash = str_hash(key);
  for (;;) {
    Seen seen;
    int64_t i = find_str(d, key, hash, &seen);
    int r = store_found(th, d, &seen, i, V(key), hash, v);
    if (likely(r)) return r < 0 ? -1 : 0;
  }
}

int dict_set(RpThread *th, Dict *d, Value key, Value v) {
  uint64_t hash;
  if (unlikely(!key_hash(th, key, &hash))) return -1;
  if (has_shape(key, SHAPE_str)) {
    Seen seen;
    int64_t i = find_str_(d, as_str(key), hash, &seen, true);
    if (likely(i != ASK)) {
      int r = store_found(th, d, &seen, i, key, hash, v);
      if (likely(r > 0)) return 0;
    }
  }
  return dict_set_hash(th, d, key, (int64_t)hash, v);
}

int dict_set_c(RpThread *th, Dict *d, const char *key, Value v) {
  Str *s = str_intern_c(th, key);
  return s ? dict_set_str(th, d, s, v) : -1;
}

Value dict_setdefault(RpThread *th, Dict *d, Value key, Value v) {
  uint64_t hash;
  if (!key_hash(th, key, &hash)) return EMPTY;
  for (;;) {
    Seen seen;
    int64_t i = find(th, d, key, hash, &seen);
    if (i == FAILED) return EMPTY;
    if (i >= 0) {
      Value old = load_acquire(&seen.t->entries[i].value);
      if (old != EMPTY) return old;
      continue;
    }
    int r = store_found(th, d, &seen, i, key, hash, v);
    if (r) return r < 0 ? EMPTY : v;
  }
}

/* Deletes entry i of the current table. Locked. */
static Value delete_at(Dict *d, DictTable *t, uint32_t i) {
  Value v = t->entries[i].value;
  store_release(&t->entries[i].value, EMPTY);
  RACE_POINT();
  store_release(&d->n_live, d->n_live - 1);
  if (i == t->first_live) {
    uint32_t f = i + 1;
    while (f < t->n_entries && t->entries[f].value == EMPTY) f++;
    store_relaxed(&t->first_live, f);
  }
  if (i + 1 == t->last_live) {
    uint32_t l = i;
    while (l > t->first_live && t->entries[l - 1].value == EMPTY) l--;
    store_relaxed(&t->last_live, l);
  }
  return v;
}

ALWAYS_INLINE Value delete_found_as(RpThread *th, Dict *d, Seen *seen, int64_t i, bool multi) {
  obj_lock_if(multi, th, d);
  Value v = EMPTY;
  if (d->table == seen->t && seen->t->entries[i].value != EMPTY) v = delete_at(d, seen->t, (uint32_t)i);
  obj_unlock_if(multi, th, d);
  return v;
}
static NOINLINE Value delete_found_shared(RpThread *th, Dict *d, Seen *seen, int64_t i) { return delete_found_as(th, d, seen, i, true); }
/* Deletes the looked-up entry: its value, or EMPTY when it went meanwhile. */
static Value delete_found(RpThread *th, Dict *d, Seen *seen, int64_t i) {
  return unlikely(thread_multi(th)) ? delete_found_shared(th, d, seen, i) : delete_found_as(th, d, seen, i, false);
}

/* Removes key; its value, or EMPTY: absent, or error with pending. */
static Value take(RpThread *th, Dict *d, Value key) {
  uint64_t hash;
  if (!key_hash(th, key, &hash)) return EMPTY;
  for (;;) {
    Seen seen;
    int64_t i = find(th, d, key, hash, &seen);
    if (i < 0) return EMPTY;
    Value v = delete_found(th, d, &seen, i);
    if (v != EMPTY) return v;
  }
}

int dict_del(RpThread *th, Dict *d, Value key) {
  if (likely(take(th, d, key) != EMPTY)) return 0;
  if (th->pending == EMPTY) raise_key(th, key);
  return -1;
}

int dict_del_if(RpThread *th, Dict *d, Value key, Value v) {
  uint64_t hash;
  if (!key_hash(th, key, &hash)) return -1;
  for (;;) {
    Seen seen;
    int64_t i = find(th, d, key, hash, &seen);
    if (i < 0) return i == FAILED ? -1 : 0;
    obj_lock(th, d);
    bool current = d->table == seen.t, same = current && seen.t->entries[i].value == v;
    if (same) delete_at(d, seen.t, (uint32_t)i);
    obj_unlock(th, d);
    if (current) return same;
  }
}

int dict_del_str(RpThread *th, Dict *d, Str *key) {
  for (;;) {
    Seen seen;
    int64_t i = find_str(d, key, str_hash(key), &seen);
    if (i < 0) return 0;
    if (delete_found(th, d, &seen, i) != EMPTY) return 1;
  }
}

Value dict_pop(RpThread *th, Dict *d, Value key, Value dflt) {
  if (obj_count(th, d, &d->n_live) == 0) { /* no hashing of an unhashable key: CPython answers before */
    return dflt != EMPTY ? dflt : raise_key(th, key);
  }
  Value v = take(th, d, key);
  if (v != EMPTY || th->pending != EMPTY) return v;
  return dflt != EMPTY ? dflt : raise_key(th, key);
}

bool dict_pop_end(RpThread *th, Dict *d, bool last, Value *key, Value *value) {
  obj_lock(th, d);
  DictTable *t = d->table;
  uint32_t i = last ? t->last_live : t->first_live;
  bool found = d->n_live != 0;
  if (found) {
    if (last) while (t->entries[--i].value == EMPTY) {}
    else while (t->entries[i].value == EMPTY) i++;
    *key = t->entries[i].key;
    *value = delete_at(d, t, i);
  }
  bool sparse = found && d->n_live > 8 && t->n_entries > 4096 && t->n_entries / 8 > d->n_live;
  obj_unlock(th, d);
  /* Long runs of deleted entries would be walked again after every push: close them up. Out of memory does not matter here. */
  if (sparse && rebuild(th, d, t, 8) < 0) error_clear(th);
  return found;
}

void dict_clear(RpThread *th, Dict *d) {
  obj_lock(th, d);
  obj_publish(th, d, &d->table, dict_empty_table_);
  RACE_POINT();
  store_release(&d->n_live, 0);
  obj_unlock(th, d);
}

int dict_move_to_end(RpThread *th, Dict *d, Value key) {
  uint64_t hash;
  if (!key_hash(th, key, &hash)) return -1;
  for (;;) {
    Seen seen;
    int64_t at = find(th, d, key, hash, &seen);
    if (at < 0) return at == FAILED ? -1 : 0;
    DictTable *t = seen.t;
    obj_lock(th, d);
    bool ok = d->table == t && t->entries[at].value != EMPTY, last = ok && at + 1 == t->last_live;
    bool room = t->n_entries < t->capacity;
    if (ok && !last && room) {
      table_add(th, d, t, t->entries[at].key, t->entries[at].value, hash);
      delete_at(d, t, (uint32_t)at);
    }
    obj_unlock(th, d);
    if (ok && (last || room)) return 1;
    if (ok && rebuild(th, d, t, dict_len(d) + 1) < 0) return -1;
  }
}

int dict_move_to_front(RpThread *th, Dict *d, Value key) {
  uint64_t hash;
  if (!key_hash(th, key, &hash)) return -1;
  for (;;) {
    Seen seen;
    int64_t at = find(th, d, key, hash, &seen);
    if (at < 0) return at == FAILED ? -1 : 0;
    DictTable *n = table_new(th, seen.t->capacity);
    if (!n) return -1;
    obj_lock(th, d);
    DictTable *t = seen.t;
    bool ok = d->table == t && t->entries[at].value != EMPTY && d->n_live <= n->capacity;
    if (ok) {
      table_append(n, t->entries[at].key, t->entries[at].value, t->entries[at].hash);
      for (uint32_t i = t->first_live; i < t->n_entries; i++)
        if (i != at && t->entries[i].value != EMPTY) table_append(n, t->entries[i].key, t->entries[i].value, t->entries[i].hash);
      heap_barrier_bulk(th, n);
      obj_publish(th, d, &d->table, n);
    }
    obj_unlock(th, d);
    if (ok) return 1;
  }
}

/* -- Making and walking ---------------------------------------------------------------- */

Dict *dict_new(RpThread *th) {
  Dict *d = heap_new(th, Dict, SHAPE_dict, K_DICT);
  if (d) dict_init_empty(d);
  return d;
}

Dict *dict_new_sized(RpThread *th, size_t n) {
  if (n == 0) return dict_new(th);
  DictTable *t = table_new(th, n);
  if (!t) return NULL;
  Dict *d = heap_new(th, Dict, SHAPE_dict, K_DICT);
  if (d) d->table = t;
  return d;
}

Dict *dict_from_names(RpThread *th, const Value *keys, const Value *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (!has_shape(keys[i], SHAPE_str) || !(as_object(keys[i])->flags & STR_INTERNED)) return NULL;
    for (size_t k = 0; k < i; k++)
      if (keys[k] == keys[i]) return NULL;
  }
  Dict *d = dict_new_sized(th, n);
  if (!d) return NULL;
  for (size_t i = 0; i < n; i++) table_add(th, d, d->table, keys[i], values[i], str_hash(as_str(keys[i])));
  return d;
}

/* Makes d's contents those of src, whatever they were before, with room for `extra` more. */
static int copy_from(RpThread *th, Dict *d, Dict *src, size_t extra) {
  for (;;) {
    uint64_t n = obj_count(th, src, &src->n_live);
    if (n == 0) return dict_clear(th, d), 0;
    DictTable *t = table_new(th, n + extra);
    if (!t) return -1;
    obj_lock(th, src);
    uint64_t live = src->n_live;
    bool ok = live <= t->capacity;
    if (ok) copy_live(t, src->table);
    obj_unlock(th, src);
    if (!ok) continue;
    heap_barrier_bulk(th, t);
    obj_lock(th, d);
    obj_publish(th, d, &d->table, t);
    store_release(&d->n_live, live);
    obj_unlock(th, d);
    return 0;
  }
}

Dict *dict_copy_sized(RpThread *th, Dict *d, size_t extra) {
  Dict *c = dict_new(th);
  return c && copy_from(th, c, d, extra) == 0 ? c : NULL;
}
Dict *dict_copy(RpThread *th, Dict *d) { return dict_copy_sized(th, d, 0); }

bool dict_next_hash(Dict *d, uint32_t *pos, Value *key, Value *value, int64_t *hash) {
  DictTable *t = dict_table(d);
  uint32_t n = load_acquire(&t->n_entries), i = *pos;
  if (i == 0) i = load_relaxed(&t->first_live);
  for (; i < n; i++) {
    Value v = load_acquire(&t->entries[i].value);
    if (v == EMPTY) continue;
    *pos = i + 1;
    *key = t->entries[i].key;
    if (value) *value = v;
    *hash = (int64_t)t->entries[i].hash;
    return true;
  }
  *pos = n > i ? n : i;
  return false;
}

bool dict_next(Dict *d, uint32_t *pos, Value *key, Value *value) {
  int64_t hash;
  return dict_next_hash(d, pos, key, value, &hash);
}

/* -- Merging -------------------------------------------------------------------------- */

static int update_one(RpThread *th, Dict *d, Value key, Value v, bool override_existing) {
  if (override_existing) return dict_set(th, d, key, v);
  return dict_setdefault(th, d, key, v) == EMPTY ? -1 : 0;
}

static int update_dict(RpThread *th, Dict *d, Dict *src, bool override_existing) {
  if (d == src || dict_len(src) == 0) return 0;
  if (thread_multi(th) && !(src = dict_copy(th, src))) return -1; /* what it holds at one moment */
  if (dict_len(d) == 0 && !thread_multi(th)) return copy_from(th, d, src, 0);
  DictTable *t = dict_table(d);
  if (t->capacity - load_relaxed(&t->n_entries) < dict_len(src) && rebuild(th, d, t, dict_len(src)) < 0) return -1;
  uint64_t n = dict_len(src);
  uint32_t pos = 0;
  Value key, v;
  int64_t hash;
  while (dict_next_hash(src, &pos, &key, &v, &hash)) {
    if (!override_existing) {
      int has = dict_get_hash(th, d, key, hash) != EMPTY;
      if (!has && th->pending != EMPTY) return -1;
      if (has) continue;
    }
    if (dict_set_hash(th, d, key, hash, v) < 0) return -1;
    if (n != dict_len(src) && !thread_multi(th)) return raise_runtime(th, "dict mutated during update"), -1;
  }
  return 0;
}

static int update_mapping(RpThread *th, Dict *d, Value src, Value keys_method, bool override_existing) {
  Value keys = op_call0(th, keys_method);
  if (keys == EMPTY) return -1;
  Value it = op_iter(th, keys);
  if (it == EMPTY) return -1;
  Value k;
  while ((k = iter_step(th, it)) != EMPTY) {
    Value v = op_getitem(th, src, k);
    if (v == EMPTY || update_one(th, d, k, v, override_existing) < 0) return -1;
  }
  return th->pending == EMPTY ? 0 : -1;
}

static int update_pairs(RpThread *th, Dict *d, Value src, bool override_existing) {
  Value it = op_iter(th, src), item;
  if (it == EMPTY) return -1;
  for (long long i = 0; (item = iter_step(th, it)) != EMPTY; i++) {
    Tuple *pair = op_to_tuple(th, item);
    if (!pair) {
      if (error_is(th, &type_TypeError)) {
        error_clear(th);
        raise_type(th, "cannot convert dictionary update sequence element #%lld to a sequence", i);
      }
      return -1;
    }
    if (pair->length != 2)
      return raise_value(th, "dictionary update sequence element #%lld has length %lld; 2 is required", i, (long long)pair->length), -1;
    if (update_one(th, d, pair->items[0], pair->items[1], override_existing) < 0) return -1;
  }
  return th->pending == EMPTY ? 0 : -1;
}

int dict_update(RpThread *th, Dict *d, Value other, bool override_existing) {
  if (dict_check(other) && type_of(other)->slots.iter == type_dict.slots.iter) return update_dict(th, d, as_dict(other), override_existing);
  Value keys = op_getattr_opt(th, other, S(keys));
  if (keys != EMPTY) return update_mapping(th, d, other, keys, override_existing);
  if (th->pending != EMPTY) return -1;
  return update_pairs(th, d, other, override_existing);
}

int dict_equal(RpThread *th, Dict *a, Dict *b) {
  if (dict_len(a) != dict_len(b)) return 0;
  uint32_t pos = 0;
  Value key, v;
  int64_t hash;
  while (dict_next_hash(a, &pos, &key, &v, &hash)) {
    Value w = dict_get_hash(th, b, key, hash);
    if (w == EMPTY) return th->pending == EMPTY ? 0 : -1;
    int eq = v == w ? 1 : op_equal(th, v, w);
    if (eq != 1) return eq;
  }
  return 1;
}

/* -- Process-wide dicts ------------------------------------------------------------------ */

static DictTable *perm_table(uint64_t n) {
  uint64_t size = index_size_for(n);
  uint32_t capacity;
  uint8_t width;
  size_t bytes = (table_size(size, &capacity, &width) + 15) & ~(size_t)15;
  DictTable *t = aligned_alloc(16, bytes);
  if (!t) return NULL;
  memset(t, 0, bytes);
  t->hdr = (Object){SHAPE_dict_table, K_DICT_TABLE, OBJ_IMMUTABLE, 0, 0};
  table_init(t, size, capacity, width);
  return t;
}

Dict *dict_perm_new(size_t n) {
  Dict *d = aligned_alloc(16, (sizeof(Dict) + 15) & ~(size_t)15);
  DictTable *t = n ? perm_table(n) : dict_empty_table_;
  if (!d || !t) return NULL;
  d->hdr = (Object){SHAPE_dict, K_DICT, OBJ_IMMUTABLE, 0, 0};
  d->table = t;
  d->n_live = 0;
  return d;
}

int dict_perm_set(Dict *d, Str *key, Value v) {
  Seen seen;
  uint64_t hash = str_hash(key);
  int64_t i = find_str(d, key, hash, &seen);
  if (i >= 0) return seen.t->entries[i].value = v, 0;
  if (seen.t->n_entries == seen.t->capacity) {
    DictTable *t = perm_table(d->n_live * 2 + 1);
    if (!t) return -1;
    copy_live(t, seen.t);
    d->table = t;
    if (seen.t != dict_empty_table_) free(seen.t);
    seen.t = t;
  }
  table_append(seen.t, V(key), v, hash);
  d->n_live++;
  return 0;
}

/* -- Slots -------------------------------------------------------------------------------- */

static void trace_table(Tracer *tr, Object *o) {
  DictTable *t = (DictTable *)o;
  uint32_t n = load_acquire(&t->n_entries);
  for (uint32_t i = 0; i < n; i++) {
    trace_value(tr, t->entries[i].key);
    trace_value(tr, load_acquire(&t->entries[i].value));
  }
}

static void trace(Tracer *tr, Object *o) { trace_ref(tr, dict_table((Dict *)o)); }

static Value repr(RpThread *th, Value self) {
  Dict *d = as_dict(self);
  if (dict_len(d) == 0) return V(str_from_c(th, "{}"));
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "{...}"));
  StrBuilder sb;
  sb_init(&sb, th);
  sb_char(&sb, '{');
  bool ok = true, first = true;
  uint32_t pos = 0;
  Value k, v;
  while (ok && dict_next(d, &pos, &k, &v)) {
    if (!first) sb_ascii(&sb, ", ");
    first = false;
    ok = sb_repr(&sb, th, k);
    if (ok) {
      sb_ascii(&sb, ": ");
      ok = sb_repr(&sb, th, v);
    }
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_char(&sb, '}');
  return V(sb_finish(&sb));
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!dict_check(a) || !dict_check(b) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  if (!thread_check_stack(th, " in comparison")) return EMPTY;
  int eq = dict_equal(th, as_dict(a), as_dict(b));
  return eq < 0 ? EMPTY : value_bool(eq == (op == CMP_EQ));
}

static int64_t len(RpThread *th, Value self) { return (int64_t)obj_count(th, as_dict(self), &as_dict(self)->n_live); }

static NOINLINE Value missing(RpThread *th, Value self, Value key) {
  if (!has_shape(self, SHAPE_dict)) {
    Value m = op_lookup_special(th, self, S(__missing__));
    if (m != EMPTY) return op_call1(th, m, key);
    if (th->pending != EMPTY) return EMPTY;
  }
  return raise_key(th, key);
}

static Value getitem(RpThread *th, Value self, Value key) {
  Value v = dict_get(th, as_dict(self), key);
  if (likely(v != EMPTY) || th->pending != EMPTY) return v;
  return missing(th, self, key);
}

static int setitem(RpThread *th, Value self, Value key, Value v) {
  return v != EMPTY ? dict_set(th, as_dict(self), key, v) : dict_del(th, as_dict(self), key);
}

static int contains(RpThread *th, Value self, Value key) { return dict_has(th, as_dict(self), key); }

static Value or_(RpThread *th, Value a, Value b) {
  if (!dict_check(a) || !dict_check(b)) return NOT_IMPLEMENTED;
  Dict *d = dict_copy(th, as_dict(a));
  return d && dict_update(th, d, b, true) == 0 ? V(d) : EMPTY;
}

static Value ior(RpThread *th, Value a, Value b) { return dict_update(th, as_dict(a), b, true) < 0 ? EMPTY : a; }

static Value iter(RpThread *th, Value self) {
  Iter *it = iter_new(th, SHAPE_dict_keyiterator, self);
  if (it) it->limit = it->step = (int64_t)dict_len(as_dict(self));
  return V(it);
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Dict *d = (Dict *)cont_alloc(th, type, &type_dict, SHAPE_dict, K_DICT, sizeof(Dict));
  if (d) dict_init_empty(d);
  return V(d);
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_arity(th, "dict", n_pos, 0, 1)) return -1;
  if (n_pos && dict_update(th, as_dict(self), args[0], true) < 0) return -1;
  for (int i = 0; i < n_keywords(kwnames); i++)
    if (dict_set(th, as_dict(self), kwnames->items[i], args[n_pos + i]) < 0) return -1;
  return 0;
}

/* -- Methods ---------------------------------------------------------------------------------- */

static Value m_get(RpThread *th, const Value *a) {
  Value v = dict_get(th, as_dict(a[0]), a[1]);
  if (v != EMPTY || th->pending != EMPTY) return v;
  return a[2] != EMPTY ? a[2] : NONE;
}

static Value m_getitem(RpThread *th, const Value *a) { return getitem(th, a[0], a[1]); }

static Value m_setdefault(RpThread *th, const Value *a) { return dict_setdefault(th, as_dict(a[0]), a[1], a[2] != EMPTY ? a[2] : NONE); }
static Value m_pop(RpThread *th, const Value *a) { return dict_pop(th, as_dict(a[0]), a[1], a[2]); }

static Value m_popitem(RpThread *th, const Value *a) {
  Value k, v;
  if (!dict_pop_end(th, as_dict(a[0]), true, &k, &v))
    return raise_key(th, V(str_from_c(th, "popitem(): dictionary is empty")));
  return V(tuple_of(th, 2, k, v));
}

static Value m_update(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[1]);
  if (!cont_arity(th, "update", (int)args->length, 0, 1)) return EMPTY;
  if (args->length && dict_update(th, as_dict(a[0]), args->items[0], true) < 0) return EMPTY;
  return dict_len(as_dict(a[2])) && update_dict(th, as_dict(a[0]), as_dict(a[2]), true) < 0 ? EMPTY : NONE;
}

static Value m_clear(RpThread *th, const Value *a) { return dict_clear(th, as_dict(a[0])), NONE; }
static Value m_copy(RpThread *th, const Value *a) { return V(dict_copy(th, as_dict(a[0]))); }

static Value m_fromkeys(RpThread *th, const Value *a) {
  Value d = op_call0(th, a[0]), v = a[2] != EMPTY ? a[2] : NONE, k;
  if (d == EMPTY) return EMPTY;
  bool exact = has_shape(d, SHAPE_dict);
  Value it = op_iter(th, a[1]);
  if (it == EMPTY) return EMPTY;
  while ((k = iter_step(th, it)) != EMPTY)
    if ((exact ? dict_set(th, as_dict(d), k, v) : op_setitem(th, d, k, v)) < 0) return EMPTY;
  return th->pending == EMPTY ? d : EMPTY;
}

static Value m_contains(RpThread *th, const Value *a) {
  int r = dict_has(th, as_dict(a[0]), a[1]);
  return r < 0 ? EMPTY : value_bool(r);
}

static Value view(RpThread *th, Value self, uint32_t shape) {
  DictView *v = heap_new(th, DictView, shape, K_DICT_VIEW);
  if (v) v->dict = as_dict(self);
  return V(v);
}
static Value m_keys(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_dict_keys); }
static Value m_values(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_dict_values); }
static Value m_items(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_dict_items); }

static Value m_reversed(RpThread *th, const Value *a) {
  Iter *it = iter_new(th, SHAPE_dict_reversekeyiterator, a[0]);
  if (it) {
    it->limit = it->step = (int64_t)dict_len(as_dict(a[0]));
    it->index = (int64_t)load_acquire(&dict_table(as_dict(a[0]))->n_entries);
  }
  return V(it);
}

static Value m_sizeof(RpThread *th, const Value *a) {
  DictTable *t = dict_table(as_dict(a[0]));
  return value_int((int64_t)(sizeof(Dict) + sizeof(DictTable) + t->capacity * sizeof(DictEntry) + ((size_t)t->mask + 1) * t->index_width));
}

static const NativeDef methods[] = {
    {"__contains__", m_contains, "(self, key, /)", 0, "True if the dictionary has the specified key, else False."},
    {"__getitem__", m_getitem, "(self, key, /)", 0, "x.__getitem__(y) <==> x[y]"},
    {"__sizeof__", m_sizeof, "(self, /)", 0, "D.__sizeof__() -> size of D in memory, in bytes"},
    {"get", m_get, "(self, key, default=None, /)", 0, "Return the value for key if key is in the dictionary, else default."},
    {"setdefault", m_setdefault, "(self, key, default=None, /)", 0,
     "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else "
     "default."},
    {"pop", m_pop, "(self, key, default=<unrepresentable>, /)", 0,
     "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; "
     "otherwise,\nraise a KeyError."},
    {"popitem", m_popitem, "(self, /)", 0,
     "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order.\nRaises KeyError if the "
     "dict is empty."},
    {"keys", m_keys, "(self, /)", 0, "D.keys() -> a set-like object providing a view on D's keys"},
    {"items", m_items, "(self, /)", 0, "D.items() -> a set-like object providing a view on D's items"},
    {"values", m_values, "(self, /)", 0, "D.values() -> an object providing a view on D's values"},
    {"update", m_update, "(self, /, *args, **kwargs)", 0,
     "D.update([E, ]**F) -> None.  Update D from dict/iterable E and F.\nIf E is present and has a .keys() method, then does:  for k in E: "
     "D[k] = E[k]\nIf E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v\nIn either case, this is followed by: for k "
     "in F:  D[k] = F[k]"},
    {"fromkeys", m_fromkeys, "(cls, iterable, value=None, /)", NATIVE_CLASSMETHOD,
     "Create a new dictionary with keys from iterable and values set to value."},
    {"clear", m_clear, "(self, /)", 0, "D.clear() -> None.  Remove all items from D."},
    {"copy", m_copy, "(self, /)", 0, "D.copy() -> a shallow copy of D"},
    {"__reversed__", m_reversed, "(self, /)", 0, "Return a reverse iterator over the dict keys."},
    CLASS_GETITEM,
    {0},
};

const TypeSpec spec_dict_table = {.size = sizeof(DictTable), .slots = {.trace = trace_table}};
const TypeSpec spec_dict = {
    .doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) "
           "pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = "
           "v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  "
           "dict(one=1, two=2)",
    .size = sizeof(Dict),
    .flags = TYPE_MAPPING,
    .slots = {.trace = trace, .repr = repr, .compare = compare, .iter = iter, .init = init, .new_ = new_, .len = len, .getitem = getitem,
              .setitem = setitem, .contains = contains, .or_ = or_, .ior = ior},
    .methods = methods,
};
