/* set.c: set and frozenset. Sizes, probing (nine linear steps, then a jump) and the order of the merging operations follow CPython's setobject
** (R. Hettinger), because scripts see the order. Memory model: runtime/containers.md. */
#include "runtime/cont.h"

/* -- Tables ---------------------------------------------------------------- */

#define MIN_SIZE 8
#define LINEAR 9
ALWAYS_INLINE bool is_live(Value key) { return key != EMPTY && key != SET_DELETED; }

static _Alignas(16) struct { Object hdr; uint32_t mask, fill; uint64_t version; Value key; int64_t hash; } empty_cell = {
    {SHAPE_set_table, K_SET_TABLE, OBJ_IMMUTABLE, 0, 0}, 0, 0, 0, EMPTY, 0};
#define EMPTY_TABLE ((SetTable *)&empty_cell)

ALWAYS_INLINE SetTable *set_table(const Set *s) { return load_acquire(&s->table); }

/* A set that has never had an element stands for CPython's smallest table. */
static uint64_t nominal_mask(const SetTable *t) { return t == EMPTY_TABLE ? MIN_SIZE - 1 : t->mask; }

static SetTable *table_new(RpThread *th, uint64_t size) {
  if (size > (uint64_t)1 << 31) return raise_memory(th), NULL;
  SetTable *t = (SetTable *)heap_alloc(th, SHAPE_set_table, K_SET_TABLE, heap_walked_size(sizeof(SetTable) + size * sizeof(SetEntry)));
  if (t) t->mask = (uint32_t)(size - 1);
  return t;
}

static uint64_t size_above(uint64_t n) {
  uint64_t size = MIN_SIZE;
  while (size <= n) size <<= 1;
  return size;
}

/* Puts a key known to be absent into a table without deleted slots that nobody else reads yet. */
static void insert_clean(SetTable *t, Value key, int64_t hash) {
  uint64_t mask = t->mask, perturb = (uint64_t)hash, i = (uint64_t)hash & mask;
  for (;; i = (i * 5 + 1 + (perturb >>= 5)) & mask) {
    uint64_t end = i + LINEAR <= mask ? i + LINEAR : i;
    for (uint64_t j = i; j <= end; j++)
      if (t->entries[j].key == EMPTY) {
        t->entries[j] = (SetEntry){key, hash};
        t->fill++;
        return;
      }
  }
}

static void copy_live(SetTable *to, const SetTable *from) {
  if (from == EMPTY_TABLE) return;
  for (uint64_t i = 0; i <= from->mask; i++)
    if (is_live(from->entries[i].key)) insert_clean(to, from->entries[i].key, from->entries[i].hash);
}

/* Moves s from table t to one with more than n slots, if t is still its table. 0 / -1. */
static int resize(RpThread *th, Set *s, SetTable *t, uint64_t n) {
  SetTable *new = table_new(th, size_above(n));
  if (!new) return -1;
  obj_lock(th, s);
  if (s->table == t && s->n_live < new->mask) {
    copy_live(new, t);
    heap_barrier_bulk(th, new);
    obj_publish(th, s, &s->table, new);
  }
  obj_unlock(th, s);
  return 0;
}

/* -- Looking up --------------------------------------------------------------- */

ALWAYS_INLINE int same_key(Value a, Value b) {
  if (a == b) return 1;
  if (is_int(a) && is_int(b)) return 0;
  if (has_shape(a, SHAPE_str) && has_shape(b, SHAPE_str)) return str_eq(as_str(a), as_str(b));
  return 2;
}

ALWAYS_INLINE bool key_hash(RpThread *th, Value key, int64_t *hash) {
  if (is_int(key)) return *hash = key != INT_BIAS - 1 ? as_int(key) : -2, true;
  return (*hash = op_hash(th, key)) != -1;
}

/* What a lookup saw. An absence holds as long as the set has this table at this version. */
typedef struct Seen { SetTable *t; uint64_t version; SetEntry *slot; /* the entry; for an absent key where it would go */ } Seen;

/* Looks key up: 1, 0, -1. */
static int find(RpThread *th, Set *s, Value key, int64_t hash, Seen *seen) {
restart:;
  SetTable *t = seen->t = set_table(s);
  seen->version = load_acquire(&t->version);
  SetEntry *deleted = NULL;
  uint64_t mask = t->mask, perturb = (uint64_t)hash, i = (uint64_t)hash & mask;
  for (;; i = (i * 5 + 1 + (perturb >>= 5)) & mask) {
    SetEntry *e = &t->entries[i], *end = i + LINEAR <= mask ? e + LINEAR : e;
    for (; e <= end; e++) {
      Value k = load_acquire(&e->key);
      RACE_POINT();
      if (k == EMPTY) return seen->slot = deleted ? deleted : e, 0;
      if (k == SET_DELETED) {
        deleted = e; /* the last one on the way, as CPython */
        continue;
      }
      if (load_relaxed(&e->hash) != hash) continue;
      int eq = same_key(k, key);
      if (eq == 2) {
        eq = op_equal(th, k, key);
        if (eq < 0) return -1;
        if (set_table(s) != t || load_acquire(&e->key) != k) goto restart; /* == changed the set */
      }
      if (eq) return seen->slot = e, 1;
    }
  }
}

static int has_hash(RpThread *th, Set *s, Value key, int64_t hash) {
  Seen seen;
  return find(th, s, key, hash, &seen);
}

/* -- Changing ------------------------------------------------------------------- */

/* Makes the first table of an empty set. */
static int first_table(RpThread *th, Set *s) { return resize(th, s, EMPTY_TABLE, 0); }

/* An operation on the slot that was found, if the answer still holds: 1 done, 0 look again, -1 error. */
ALWAYS_INLINE int add_found_as(RpThread *th, Set *s, Seen *seen, Value key, int64_t hash, bool multi) {
  SetTable *t = seen->t;
  SetEntry *e = seen->slot;
  obj_lock_if(multi, th, s);
  bool ok = s->table == t && t->version == seen->version, full = false;
  if (ok) {
    bool fresh = e->key == EMPTY;
    store_relaxed(&e->hash, hash);
    if (is_object(key) && unlikely(th->marking | (load_relaxed(&t->hdr.gc) & GC_OLD))) heap_barrier_slow(th, &t->hdr, key);
    store_release(&e->key, key);
    RACE_POINT();
    store_release(&t->version, t->version + 1);
    if (fresh) store_relaxed(&t->fill, t->fill + 1);
    store_release(&s->n_live, s->n_live + 1);
    full = fresh && (uint64_t)t->fill * 5 >= (uint64_t)t->mask * 3;
  }
  uint64_t n = s->n_live;
  obj_unlock_if(multi, th, s);
  if (!ok) return 0;
  return full && resize(th, s, t, n > 50000 ? n * 2 : n * 4) < 0 ? -1 : 1;
}
static NOINLINE int add_found_shared(RpThread *th, Set *s, Seen *seen, Value key, int64_t hash) { return add_found_as(th, s, seen, key, hash, true); }

ALWAYS_INLINE int discard_found_as(RpThread *th, Set *s, Seen *seen, bool multi) {
  SetTable *t = seen->t;
  obj_lock_if(multi, th, s);
  bool ok = s->table == t && t->version == seen->version;
  if (ok) {
    store_release(&seen->slot->key, SET_DELETED);
    RACE_POINT();
    store_release(&t->version, t->version + 1);
    store_release(&s->n_live, s->n_live - 1);
  }
  obj_unlock_if(multi, th, s);
  return ok;
}
static NOINLINE int discard_found_shared(RpThread *th, Set *s, Seen *seen) { return discard_found_as(th, s, seen, true); }

static int add_hash(RpThread *th, Set *s, Value key, int64_t hash) {
  for (;;) {
    SetTable *t = set_table(s);
    if (t == EMPTY_TABLE) {
      if (first_table(th, s) < 0) return -1;
      continue;
    }
    Seen seen;
    int found = find(th, s, key, hash, &seen);
    if (found) return found < 0 ? -1 : 0;
    if (seen.t == EMPTY_TABLE) continue;
    int r = unlikely(thread_multi(th)) ? add_found_shared(th, s, &seen, key, hash) : add_found_as(th, s, &seen, key, hash, false);
    if (r) return r;
  }
}

int set_add(RpThread *th, Set *s, Value v) {
  int64_t hash;
  return key_hash(th, v, &hash) ? add_hash(th, s, v, hash) : -1;
}

/* 1 removed, 0 absent, -1. */
static int discard_hash(RpThread *th, Set *s, Value key, int64_t hash) {
  for (;;) {
    Seen seen;
    int found = find(th, s, key, hash, &seen);
    if (found != 1) return found;
    if (unlikely(thread_multi(th)) ? discard_found_shared(th, s, &seen) : discard_found_as(th, s, &seen, false)) return 1;
  }
}

void set_clear(RpThread *th, Set *s) {
  obj_lock(th, s);
  obj_publish(th, s, &s->table, EMPTY_TABLE);
  RACE_POINT();
  store_release(&s->n_live, 0);
  atomic_store_explicit(&s->hash, 0, memory_order_relaxed);
  obj_unlock(th, s);
}

bool set_next_hash(Set *s, uint32_t *pos, Value *key, int64_t *hash) {
  SetTable *t = set_table(s);
  if (t == EMPTY_TABLE) return false;
  for (uint64_t i = *pos; i <= t->mask; i++) {
    Value k = load_acquire(&t->entries[i].key);
    if (!is_live(k)) continue;
    *pos = (uint32_t)i + 1;
    *key = k;
    *hash = load_relaxed(&t->entries[i].hash);
    if (unlikely(load_acquire(&t->entries[i].key) != k)) continue; /* gone, perhaps with another key's hash */
    return true;
  }
  *pos = t->mask + 1;
  return false;
}

bool set_next(Set *s, uint32_t *pos, Value *key) {
  int64_t hash;
  return set_next_hash(s, pos, key, &hash);
}

/* -- Unhashable keys that are sets: looked up as frozensets ---------------------------- */

static int64_t members_hash(Set *s);

/* The hash of v; a set stands for the frozenset with its elements. */
static bool lookup_hash(RpThread *th, Value *v, int64_t *hash) {
  if (key_hash(th, *v, hash)) return true;
  if (!has_kind(*v, K_SET) || !error_is(th, &type_TypeError)) return false;
  error_clear(th);
  Set *f = frozenset_new(th, *v);
  if (!f) return false;
  *v = V(f);
  *hash = members_hash(f);
  return true;
}

int set_has(RpThread *th, Set *s, Value v) {
  int64_t hash;
  return lookup_hash(th, &v, &hash) ? has_hash(th, s, v, hash) : -1;
}

int set_discard(RpThread *th, Set *s, Value v) {
  int64_t hash;
  return lookup_hash(th, &v, &hash) ? discard_hash(th, s, v, hash) : -1;
}

/* -- Making ------------------------------------------------------------------------------ */

static Set *make(RpThread *th, bool frozen) {
  Set *s = heap_new(th, Set, frozen ? SHAPE_frozenset : SHAPE_set, frozen ? K_FROZENSET : K_SET);
  if (s) s->table = EMPTY_TABLE;
  return s;
}

Set *set_new(RpThread *th) { return make(th, false); }

/* Private copy of what a set holds at one moment, layout included. NULL + pending. */
static Set *snapshot(RpThread *th, Set *s) {
  if (!thread_multi(th) || has_kind(V(s), K_FROZENSET)) return s;
  for (;;) {
    SetTable *t = set_table(s), *copy = t == EMPTY_TABLE ? t : table_new(th, (uint64_t)t->mask + 1);
    Set *r = copy ? make(th, false) : NULL;
    if (!r) return NULL;
    obj_lock(th, s);
    bool same = s->table == t;
    if (same && copy != EMPTY_TABLE)
      for (uint64_t i = 0; i <= t->mask; i++) copy->entries[i] = t->entries[i];
    if (same && copy != EMPTY_TABLE) copy->fill = t->fill;
    r->n_live = s->n_live;
    obj_unlock(th, s);
    if (!same) continue;
    heap_barrier_bulk(th, copy);
    obj_publish(th, r, &r->table, copy);
    return r;
  }
}
Set *set_snapshot(RpThread *th, Set *s) { return snapshot(th, s); }

/* Adds all of src. A set that has no elements yet takes the layout over. */
static int merge(RpThread *th, Set *s, Set *src) {
  if (s == src || set_len(src) == 0) return 0;
  if (!(src = snapshot(th, src))) return -1;
  SetTable *t = set_table(s), *from = set_table(src);
  uint64_t fill = t->fill, used = set_len(src);
  if ((fill + used) * 5 >= nominal_mask(t) * 3) {
    if (resize(th, s, t, (set_len(s) + used) * 2) < 0) return -1;
  } else if (t == EMPTY_TABLE && first_table(th, s) < 0) return -1;
  t = set_table(s);
  if (!thread_multi(th) && t->fill == 0 && from->fill < t->mask && s->n_live == 0) {
    if (t->mask == from->mask && from->fill == used) memcpy(t->entries, from->entries, (from->mask + (size_t)1) * sizeof(SetEntry)), t->fill = from->fill;
    else copy_live(t, from);
    heap_barrier_bulk(th, t);
    store_release(&s->n_live, used);
    return 0;
  }
  uint32_t pos = 0;
  Value key;
  int64_t hash;
  while (set_next_hash(src, &pos, &key, &hash))
    if (add_hash(th, s, key, hash) < 0) return -1;
  return 0;
}

int set_update(RpThread *th, Set *s, Value src) {
  if (set_check(src)) return merge(th, s, as_set(src));
  if (has_shape(src, SHAPE_dict)) {
    if (thread_multi(th) && (src = V(dict_copy(th, as_dict(src)))) == EMPTY) return -1;
    uint32_t pos = 0;
    Value key, v;
    int64_t hash;
    uint64_t n = dict_len(as_dict(src)), fill = set_table(s)->fill;
    if ((fill + n) * 5 >= nominal_mask(set_table(s)) * 3 && resize(th, s, set_table(s), (set_len(s) + n) * 2) < 0) return -1;
    while (dict_next_hash(as_dict(src), &pos, &key, &v, &hash))
      if (add_hash(th, s, key, hash) < 0) return -1;
    return 0;
  }
  Value it = op_iter(th, src), v;
  if (it == EMPTY) return -1;
  while ((v = iter_step(th, it)) != EMPTY)
    if (set_add(th, s, v) < 0) return -1;
  return th->pending == EMPTY ? 0 : -1;
}

/* A plain set or frozenset (results of set algebra are never of a subclass) with the elements of src (EMPTY: none). */
static Set *make_like(RpThread *th, bool frozen, Value src) {
  Set *s = make(th, frozen);
  return s && (src == EMPTY || set_update(th, s, src) == 0) ? s : NULL;
}

Set *frozenset_new(RpThread *th, Value iterable) {
  if (has_shape(iterable, SHAPE_frozenset)) return as_set(iterable);
  return make_like(th, true, iterable);
}

static bool is_frozen(Value v) { return has_kind(v, K_FROZENSET); }

static Value set_new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Set *s = (Set *)cont_alloc(th, type, &type_set, SHAPE_set, K_SET, sizeof(Set));
  if (s) s->table = EMPTY_TABLE;
  return V(s);
}

static int set_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (type_of(self) == &type_set && !cont_no_keywords(th, "set", n_keywords(kwnames))) return -1;
  if (!cont_arity(th, "set", n_pos, 0, 1)) return -1;
  if (set_len(as_set(self))) set_clear(th, as_set(self));
  return n_pos ? set_update(th, as_set(self), args[0]) : 0;
}

static Value frozenset_new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_frozenset && !cont_no_keywords(th, "frozenset", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "frozenset", n_pos, 0, 1)) return EMPTY;
  if (type == &type_frozenset) return V(frozenset_new(th, n_pos ? args[0] : EMPTY));
  Set *s = (Set *)type_alloc(th, type);
  if (!s) return EMPTY;
  s->table = EMPTY_TABLE;
  return n_pos && set_update(th, s, args[0]) < 0 ? EMPTY : V(s);
}

/* -- Set algebra ------------------------------------------------------------------------------- */

/* Calls fn for each element of any iterable with its hash; fn returns 0 to go on. Returns what fn returned last, or -1. */
typedef int (*EachFn)(RpThread *th, Value key, int64_t hash, void *data);
static int each(RpThread *th, Value src, EachFn fn, void *data) {
  int r = 0;
  if (set_check(src) || has_shape(src, SHAPE_dict)) {
    if (thread_multi(th) && (src = set_check(src) ? V(snapshot(th, as_set(src))) : V(dict_copy(th, as_dict(src)))) == EMPTY) return -1;
    uint32_t pos = 0;
    Value key, v;
    int64_t hash;
    bool is_set = set_check(src);
    while (!r && (is_set ? set_next_hash(as_set(src), &pos, &key, &hash) : dict_next_hash(as_dict(src), &pos, &key, &v, &hash)))
      r = fn(th, key, hash, data);
    return r;
  }
  Value it = op_iter(th, src), v;
  if (it == EMPTY) return -1;
  while (!r && (v = iter_step(th, it)) != EMPTY) {
    int64_t hash;
    r = key_hash(th, v, &hash) ? fn(th, v, hash, data) : -1;
  }
  return th->pending == EMPTY ? r : -1;
}

typedef struct Pair { Set *a, *b; } Pair;
static int add_if_in_a(RpThread *th, Value key, int64_t hash, void *data) {
  Pair *p = data;
  int in = has_hash(th, p->a, key, hash);
  return in <= 0 ? in : add_hash(th, p->b, key, hash) < 0 ? -1 : 0;
}
static int add_unless_in_a(RpThread *th, Value key, int64_t hash, void *data) {
  Pair *p = data;
  int in = has_hash(th, p->a, key, hash);
  return in ? (in < 0 ? -1 : 0) : add_hash(th, p->b, key, hash) < 0 ? -1 : 0;
}
static int discard_each(RpThread *th, Value key, int64_t hash, void *data) { return discard_hash(th, data, key, hash) < 0 ? -1 : 0; }
static int stop_if_in(RpThread *th, Value key, int64_t hash, void *data) { return has_hash(th, data, key, hash); }
static int stop_unless_in(RpThread *th, Value key, int64_t hash, void *data) {
  int in = has_hash(th, data, key, hash);
  return in < 0 ? -1 : !in;
}
static int toggle(RpThread *th, Value key, int64_t hash, void *data) {
  int r = discard_hash(th, data, key, hash);
  return r < 0 ? -1 : r ? 0 : add_hash(th, data, key, hash) < 0 ? -1 : 0;
}

static Set *intersection(RpThread *th, Value self, Value other) {
  if (self == other) return make_like(th, is_frozen(self), self);
  Set *a = as_set(self), *r = make(th, is_frozen(self));
  if (!r) return NULL;
  if (set_check(other) && set_len(as_set(other)) > set_len(a)) { /* walk the smaller one */
    Value t = other;
    other = self;
    a = as_set(t);
  }
  Pair p = {a, r};
  return each(th, other, add_if_in_a, &p) < 0 ? NULL : r;
}

/* After many deletions the table is made anew, so that walking it is quick. */
static int tidy(RpThread *th, Set *s) {
  SetTable *t = set_table(s);
  if (t == EMPTY_TABLE || t->fill - set_len(s) <= t->mask / 4) return 0;
  uint64_t n = set_len(s);
  return resize(th, s, t, n > 50000 ? n * 2 : n * 4);
}

static int difference_update(RpThread *th, Set *s, Value other) {
  if (other == V(s)) return set_clear(th, s), 0;
  if (set_check(other) && set_len(as_set(other)) / 8 > set_len(s)) { /* much bigger: walk what is common */
    Set *common = intersection(th, V(s), other);
    if (!common) return -1;
    other = V(common);
  }
  return each(th, other, discard_each, s) < 0 ? -1 : tidy(th, s);
}

static Set *difference(RpThread *th, Value self, Value other) {
  Set *a = as_set(self);
  bool keyed = set_check(other) || dict_check(other);
  uint64_t n = set_check(other) ? set_len(as_set(other)) : keyed ? dict_len(as_dict(other)) : 0;
  if (!keyed || set_len(a) / 4 > n) {
    Set *r = make_like(th, is_frozen(self), self);
    return r && difference_update(th, r, other) == 0 ? r : NULL;
  }
  Set *r = make(th, is_frozen(self));
  if (!r) return NULL;
  if (set_check(other)) {
    Pair p = {as_set(other), r};
    return each(th, self, add_unless_in_a, &p) < 0 ? NULL : r;
  }
  uint32_t pos = 0;
  Value key;
  int64_t hash;
  while (set_next_hash(a, &pos, &key, &hash)) {
    bool in = dict_get_hash(th, as_dict(other), key, hash) != EMPTY;
    if (!in && (th->pending != EMPTY || add_hash(th, r, key, hash) < 0)) return NULL;
  }
  return r;
}

static int symmetric_update(RpThread *th, Set *s, Value other) {
  if (other == V(s)) return set_clear(th, s), 0;
  if (!set_check(other) && !has_shape(other, SHAPE_dict)) { /* duplicates must toggle once */
    Set *o = make_like(th, false, other);
    if (!o) return -1;
    other = V(o);
  }
  return each(th, other, toggle, s);
}

static int is_subset(RpThread *th, Set *a, Set *b) {
  if (set_len(a) > set_len(b)) return 0;
  int r = each(th, V(a), stop_unless_in, b);
  return r < 0 ? -1 : !r;
}

static int is_superset(RpThread *th, Set *a, Value other) {
  if (set_check(other)) return is_subset(th, as_set(other), a);
  int r = each(th, other, stop_unless_in, a);
  return r < 0 ? -1 : !r;
}

/* Replaces the contents of s by those of r, which nobody else knows. */
static void take_over(RpThread *th, Set *s, Set *r) {
  obj_lock(th, s);
  obj_publish(th, s, &s->table, r->table);
  store_release(&s->n_live, r->n_live);
  obj_unlock(th, s);
}

/* -- Operators --------------------------------------------------------------------------------------- */

static Value op_or(RpThread *th, Value a, Value b) {
  if (!set_check(a) || !set_check(b)) return NOT_IMPLEMENTED;
  Set *r = make_like(th, is_frozen(a), a);
  return r && (a == b || set_update(th, r, b) == 0) ? V(r) : EMPTY;
}
static Value op_and(RpThread *th, Value a, Value b) {
  return set_check(a) && set_check(b) ? V(intersection(th, a, b)) : NOT_IMPLEMENTED;
}
static Value op_sub(RpThread *th, Value a, Value b) { return set_check(a) && set_check(b) ? V(difference(th, a, b)) : NOT_IMPLEMENTED; }

static Set *symmetric(RpThread *th, Value a, Value b) {
  Set *r = make_like(th, is_frozen(a), b); /* CPython starts from the other one */
  return r && symmetric_update(th, r, a) == 0 ? r : NULL;
}
static Value op_xor(RpThread *th, Value a, Value b) { return set_check(a) && set_check(b) ? V(symmetric(th, a, b)) : NOT_IMPLEMENTED; }

static Value op_ior(RpThread *th, Value a, Value b) {
  if (!set_check(b)) return NOT_IMPLEMENTED;
  return set_update(th, as_set(a), b) < 0 ? EMPTY : a;
}
static Value op_iand(RpThread *th, Value a, Value b) {
  if (!set_check(b)) return NOT_IMPLEMENTED;
  Set *r = intersection(th, a, b);
  return r ? (take_over(th, as_set(a), r), a) : EMPTY;
}
static Value op_isub(RpThread *th, Value a, Value b) {
  if (!set_check(b)) return NOT_IMPLEMENTED;
  return difference_update(th, as_set(a), b) < 0 ? EMPTY : a;
}
static Value op_ixor(RpThread *th, Value a, Value b) {
  if (!set_check(b)) return NOT_IMPLEMENTED;
  return symmetric_update(th, as_set(a), b) < 0 ? EMPTY : a;
}

static int equal(RpThread *th, Value a, Value b) {
  Set *x = as_set(a), *y = as_set(b);
  if (set_len(x) != set_len(y)) return 0;
  int64_t h = is_frozen(a) ? atomic_load_explicit(&x->hash, memory_order_relaxed) : 0;
  int64_t k = is_frozen(b) ? atomic_load_explicit(&y->hash, memory_order_relaxed) : 0;
  if (h && k && h != k) return 0;
  return is_subset(th, x, y);
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!set_check(a) || !set_check(b)) return NOT_IMPLEMENTED;
  Set *x = as_set(a), *y = as_set(b);
  int r;
  switch (op) {
  case CMP_EQ: r = equal(th, a, b); break;
  case CMP_NE: r = equal(th, a, b); r = r < 0 ? r : !r; break;
  case CMP_LE: r = is_subset(th, x, y); break;
  case CMP_GE: r = is_subset(th, y, x); break;
  case CMP_LT: r = set_len(x) >= set_len(y) ? 0 : is_subset(th, x, y); break;
  default: r = set_len(y) >= set_len(x) ? 0 : is_subset(th, y, x); break;
  }
  return r < 0 ? EMPTY : value_bool(r);
}

/* -- Other slots ------------------------------------------------------------------------------------------ */

static uint64_t shuffle(uint64_t h) { return ((h ^ 89869747u) ^ (h << 16)) * 3644798167u; }

/* Order-independent; the same numbers as CPython's frozenset, which folds in free and deleted slots and takes them out again. */
static int64_t members_hash(Set *s) {
  uint64_t h = 0;
  uint32_t pos = 0;
  Value key;
  int64_t hash;
  while (set_next_hash(s, &pos, &key, &hash)) h ^= shuffle((uint64_t)hash);
  h ^= (set_len(s) + 1) * 1927868237u;
  h ^= (h >> 11) ^ (h >> 25);
  h = h * 69069u + 907133923u;
  return h == (uint64_t)-1 ? 590923713 : (int64_t)h;
}

static int64_t frozen_hash(RpThread *th, Value self) {
  Set *s = as_set(self);
  int64_t h = atomic_load_explicit(&s->hash, memory_order_relaxed);
  if (!h) {
    h = members_hash(s);
    atomic_store_explicit(&s->hash, h, memory_order_relaxed);
  }
  return h;
}

static void trace_table(Tracer *tr, Object *o) {
  SetTable *t = (SetTable *)o;
  if (!t->mask) return;
  for (uint64_t i = 0; i <= t->mask; i++) trace_value(tr, load_acquire(&t->entries[i].key));
}
static void trace(Tracer *tr, Object *o) { trace_ref(tr, set_table((Set *)o)); }

static Value repr(RpThread *th, Value self) {
  Set *s = as_set(self);
  Type *type = type_of(self);
  if (set_len(s) == 0) return V(str_fmt(th, "%S()", type->name));
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_fmt(th, "%S(...)", type->name));
  StrBuilder sb;
  sb_init(&sb, th);
  bool bare = type == &type_set, ok = true, first = true;
  if (!bare) {
    sb_str(&sb, type->name);
    sb_char(&sb, '(');
  }
  sb_char(&sb, '{');
  uint32_t pos = 0;
  Value key;
  while (ok && set_next(s, &pos, &key)) {
    if (!first) sb_ascii(&sb, ", ");
    first = false;
    ok = sb_repr(&sb, th, key);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_ascii(&sb, bare ? "}" : "})");
  return V(sb_finish(&sb));
}

static int64_t len(RpThread *th, Value self) { return (int64_t)obj_count(th, as_set(self), &as_set(self)->n_live); }
static int contains(RpThread *th, Value self, Value v) { return set_has(th, as_set(self), v); }

static Value iter(RpThread *th, Value self) {
  Iter *it = iter_new(th, SHAPE_set_iterator, self);
  if (it) it->limit = it->step = (int64_t)set_len(as_set(self));
  return V(it);
}

/* -- Methods ------------------------------------------------------------------------------------------------ */

static Value m_add(RpThread *th, const Value *a) { return set_add(th, as_set(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_discard(RpThread *th, const Value *a) { return set_discard(th, as_set(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_remove(RpThread *th, const Value *a) {
  int r = set_discard(th, as_set(a[0]), a[1]);
  return r == 1 ? NONE : r < 0 ? EMPTY : raise_key(th, a[1]);
}
static Value m_clear(RpThread *th, const Value *a) { return set_clear(th, as_set(a[0])), NONE; }

/* Takes elements from where the last pop stopped, so that emptying a set is linear. */
static Value m_pop(RpThread *th, const Value *a) {
  Set *s = as_set(a[0]);
  obj_lock(th, s);
  SetTable *t = s->table;
  Value v = EMPTY;
  if (s->n_live) {
    uint64_t i = (uint64_t)atomic_load_explicit(&s->hash, memory_order_relaxed) & t->mask;
    while (!is_live(t->entries[i].key)) i = (i + 1) & t->mask;
    v = t->entries[i].key;
    store_release(&t->entries[i].key, SET_DELETED);
    store_release(&t->version, t->version + 1);
    store_release(&s->n_live, s->n_live - 1);
    atomic_store_explicit(&s->hash, (int64_t)i + 1, memory_order_relaxed);
  }
  obj_unlock(th, s);
  return v != EMPTY ? v : raise_key(th, V(str_from_c(th, "pop from an empty set")));
}

static Value m_copy(RpThread *th, const Value *a) {
  if (has_shape(a[0], SHAPE_frozenset)) return a[0];
  return V(make_like(th, is_frozen(a[0]), a[0]));
}

static Value m_update(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[1]);
  for (uint64_t i = 0; i < t->length; i++)
    if (set_update(th, as_set(a[0]), t->items[i]) < 0) return EMPTY;
  return NONE;
}

static Value m_union(RpThread *th, const Value *a) {
  Set *r = make_like(th, is_frozen(a[0]), a[0]);
  if (!r) return EMPTY;
  Value args[2] = {V(r), a[1]};
  return m_update(th, args) == EMPTY ? EMPTY : V(r);
}

static Value m_intersection(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[1]);
  if (t->length == 0) return V(make_like(th, is_frozen(a[0]), a[0]));
  Value r = a[0];
  for (uint64_t i = 0; r != EMPTY && i < t->length; i++) r = V(intersection(th, r, t->items[i]));
  return r;
}

static Value m_intersection_update(RpThread *th, const Value *a) {
  Value r = m_intersection(th, a);
  if (r == EMPTY) return EMPTY;
  take_over(th, as_set(a[0]), as_set(r));
  return NONE;
}

static Value m_difference(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[1]);
  if (t->length == 0) return V(make_like(th, is_frozen(a[0]), a[0]));
  Set *r = difference(th, a[0], t->items[0]);
  for (uint64_t i = 1; r && i < t->length; i++)
    if (difference_update(th, r, t->items[i]) < 0) r = NULL;
  return V(r);
}

static Value m_difference_update(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[1]);
  for (uint64_t i = 0; i < t->length; i++)
    if (difference_update(th, as_set(a[0]), t->items[i]) < 0) return EMPTY;
  return NONE;
}

static Value m_symmetric(RpThread *th, const Value *a) { return V(symmetric(th, a[0], a[1])); }
static Value m_symmetric_update(RpThread *th, const Value *a) { return symmetric_update(th, as_set(a[0]), a[1]) < 0 ? EMPTY : NONE; }

static Value m_isdisjoint(RpThread *th, const Value *a) {
  Value walk = a[1];
  Set *in = as_set(a[0]);
  if (walk == a[0]) return value_bool(set_len(in) == 0);
  if (set_check(walk) && set_len(as_set(walk)) > set_len(in)) {
    in = as_set(walk);
    walk = a[0];
  }
  int r = each(th, walk, stop_if_in, in);
  return r < 0 ? EMPTY : value_bool(!r);
}

static Value m_issubset(RpThread *th, const Value *a) {
  Set *b = set_check(a[1]) ? as_set(a[1]) : make_like(th, false, a[1]);
  int r = b ? is_subset(th, as_set(a[0]), b) : -1;
  return r < 0 ? EMPTY : value_bool(r);
}

static Value m_issuperset(RpThread *th, const Value *a) {
  int r = is_superset(th, as_set(a[0]), a[1]);
  return r < 0 ? EMPTY : value_bool(r);
}

static Value m_contains(RpThread *th, const Value *a) {
  int r = set_has(th, as_set(a[0]), a[1]);
  return r < 0 ? EMPTY : value_bool(r);
}

static Value m_reduce(RpThread *th, const Value *a) {
  List *l = op_to_list(th, a[0]);
  Tuple *args = l ? tuple_of(th, 1, V(l)) : NULL;
  if (!args) return EMPTY;
  Value state = op_getattr_opt(th, a[0], S(__dict__));
  if (state == EMPTY && th->pending != EMPTY) return EMPTY;
  return V(tuple_of(th, 3, V(type_of(a[0])), V(args), state == EMPTY ? NONE : state));
}

static Value m_sizeof(RpThread *th, const Value *a) {
  return value_int((int64_t)(sizeof(Set) + sizeof(SetTable) + (set_table(as_set(a[0]))->mask + (size_t)1) * sizeof(SetEntry)));
}

#define COMMON_METHODS                                                                                                                     \
  {"copy", m_copy, "(self, /)", 0, "Return a shallow copy of a set."},                                                                      \
      {"union", m_union, "(self, /, *others)", 0,                                                                                           \
       "Return the union of sets as a new set.\n\n(i.e. all elements that are in either set.)"},                                            \
      {"intersection", m_intersection, "(self, /, *others)", 0,                                                                             \
       "Return the intersection of two sets as a new set.\n\n(i.e. all elements that are in both sets.)"},                                  \
      {"difference", m_difference, "(self, /, *others)", 0,                                                                                 \
       "Return the difference of two or more sets as a new set.\n\n(i.e. all elements that are in this set but not the others.)"},          \
      {"symmetric_difference", m_symmetric, "(self, other, /)", 0,                                                                          \
       "Return the symmetric difference of two sets as a new set.\n\n(i.e. all elements that are in exactly one of the sets.)"},            \
      {"isdisjoint", m_isdisjoint, "(self, other, /)", 0, "Return True if two sets have a null intersection."},                             \
      {"issubset", m_issubset, "(self, other, /)", 0, "Test whether every element in the set is in other."},                                \
      {"issuperset", m_issuperset, "(self, other, /)", 0, "Test whether every element in other is in the set."},                            \
      {"__contains__", m_contains, "(self, object, /)", 0, "x.__contains__(y) <==> y in x."},                                               \
      {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling."},                                                   \
      {"__sizeof__", m_sizeof, "(self, /)", 0, "S.__sizeof__() -> size of S in memory, in bytes"}, CLASS_GETITEM

static const NativeDef set_methods[] = {
    COMMON_METHODS,
    {"add", m_add, "(self, object, /)", 0, "Add an element to a set.\n\nThis has no effect if the element is already present."},
    {"clear", m_clear, "(self, /)", 0, "Remove all elements from this set."},
    {"discard", m_discard, "(self, object, /)", 0,
     "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise\nan exception when an element "
     "is missing from the set."},
    {"remove", m_remove, "(self, object, /)", 0,
     "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError."},
    {"pop", m_pop, "(self, /)", 0, "Remove and return an arbitrary set element.\nRaises KeyError if the set is empty."},
    {"update", m_update, "(self, /, *others)", 0, "Update a set with the union of itself and others."},
    {"intersection_update", m_intersection_update, "(self, /, *others)", 0, "Update a set with the intersection of itself and another."},
    {"difference_update", m_difference_update, "(self, /, *others)", 0, "Remove all elements of another set from this set."},
    {"symmetric_difference_update", m_symmetric_update, "(self, other, /)", 0,
     "Update a set with the symmetric difference of itself and another."},
    {0},
};
static const NativeDef frozenset_methods[] = {COMMON_METHODS, {0}};

const TypeSpec spec_set_table = {.size = sizeof(SetTable), .slots = {.trace = trace_table}};
const TypeSpec spec_set = {
    .doc = "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
    .size = sizeof(Set),
    .slots = {.trace = trace, .repr = repr, .compare = compare, .iter = iter, .init = set_init, .new_ = set_new_, .len = len,
              .contains = contains, .or_ = op_or, .and_ = op_and, .sub = op_sub, .xor_ = op_xor, .ior = op_ior, .iand = op_iand,
              .isub = op_isub, .ixor = op_ixor},
    .methods = set_methods,
};
const TypeSpec spec_frozenset = {
    .doc = "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique "
           "elements.",
    .size = sizeof(Set),
    .slots = {.trace = trace, .repr = repr, .hash = frozen_hash, .compare = compare, .iter = iter, .new_ = frozenset_new_, .len = len,
              .contains = contains, .or_ = op_or, .and_ = op_and, .sub = op_sub, .xor_ = op_xor},
    .methods = frozenset_methods,
};

/* -- set_iterator: limit the size it expects, step how many are left, index the slot ------------------------------- */

static Value si_next(RpThread *th, Value self) {
  Iter *it = (Iter *)as_object(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  if (load_relaxed(&it->limit) != (int64_t)set_len(as_set(seq))) {
    store_relaxed(&it->limit, -1);
    return raise_runtime(th, "Set changed size during iteration");
  }
  uint32_t pos = (uint32_t)load_relaxed(&it->index);
  Value key;
  if (!set_next(as_set(seq), &pos, &key)) {
    store_relaxed(&it->seq, EMPTY);
    return EMPTY;
  }
  store_relaxed(&it->index, (int64_t)pos);
  store_relaxed(&it->step, load_relaxed(&it->step) - 1);
  return key;
}

static Value si_hint(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  bool live = it->seq != EMPTY && it->limit == (int64_t)set_len(as_set(it->seq));
  return value_int(live ? it->step : 0);
}

static Value si_reduce(RpThread *th, const Value *a) {
  Iter *copy = iter_new(th, SHAPE_set_iterator, EMPTY);
  if (!copy) return EMPTY;
  Iter *it = (Iter *)as_object(a[0]);
  copy->seq = it->seq;
  copy->index = it->index;
  copy->limit = it->limit;
  copy->step = it->step;
  List *rest = op_to_list(th, V(copy));
  return rest ? reduce_iter(th, "iter", V(rest), EMPTY) : EMPTY;
}

static const NativeDef si_methods[] = {
    {"__length_hint__", si_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."},
    {"__reduce__", si_reduce, "(self, /)", 0, "Return state information for pickling."},
    {0},
};
const TypeSpec spec_set_iterator = {
    .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = si_next}, .methods = si_methods};
