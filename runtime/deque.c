/* deque.c: collections.deque: a ring of values. Every operation that looks inside takes the deque's lock (free while there is one thread); none
** calls Python or allocates under it. `version` counts changes of length or order, for iterators and for loops that call ==. */
#include "runtime/cont.h"

typedef struct Deque {
  Object hdr;
  Array *ring;              /* length == capacity always: a power of two, or the shared empty array */
  uint64_t head, n;         /* item i is at (head + i) & (capacity - 1) */
  int64_t maxlen;           /* -1: none */
  uint64_t version;
} Deque;

ALWAYS_INLINE Deque *as_deque(Value v) { return (Deque *)as_object(v); }
ALWAYS_INLINE bool deque_check(Value v) { return value_is_instance(v, &type_deque); }
ALWAYS_INLINE Value *slot(const Deque *d, uint64_t i) { return &d->ring->items[(d->head + i) & (d->ring->capacity - 1)]; }

static void trace(Tracer *tr, Object *o) { trace_ref(tr, load_acquire(&((Deque *)o)->ring)); }

/* -- Growing and the ends ------------------------------------------------------- */

/* Makes room for one more. */
static int grow(RpThread *th, Deque *d) {
  Array *old = load_acquire(&d->ring);
  uint64_t cap = old->capacity ? (uint64_t)old->capacity * 2 : 8;
  if (cap > (uint64_t)1 << 31) return raise_memory(th), -1;
  Array *a = heap_alloc_array(th, (uint32_t)cap);
  if (!a) return -1;
  obj_lock(th, d);
  if (d->ring == old) {
    for (uint64_t i = 0; i < d->n; i++) a->items[i] = *slot(d, i);
    store_release(&a->length, (uint32_t)cap);
    heap_barrier_bulk(th, a);
    obj_publish(th, d, &d->ring, a);
    d->head = 0;
  }
  obj_unlock(th, d);
  return 0;
}

static Value pop_locked(Deque *d, bool left) {
  Value *p = left ? slot(d, 0) : slot(d, d->n - 1), v = *p;
  store_relaxed(p, EMPTY);
  if (left) d->head = (d->head + 1) & (d->ring->capacity - 1);
  store_relaxed(&d->n, d->n - 1);
  store_relaxed(&d->version, d->version + 1);
  return v;
}

static int push(RpThread *th, Deque *d, Value v, bool left) {
  for (;;) {
    obj_lock(th, d);
    if (d->maxlen == 0) return obj_unlock(th, d), 0;
    if (d->maxlen > 0 && d->n == (uint64_t)d->maxlen) pop_locked(d, !left);
    bool room = d->n < d->ring->capacity;
    if (room) {
      if (left) d->head = (d->head - 1) & (d->ring->capacity - 1);
      store_relaxed(&d->n, d->n + 1);
      store_relaxed(&d->version, d->version + 1);
      obj_store(th, d->ring, left ? slot(d, 0) : slot(d, d->n - 1), v);
    }
    obj_unlock(th, d);
    if (room) return 0;
    if (grow(th, d) < 0) return -1;
  }
}

static Value take(RpThread *th, Deque *d, bool left) {
  obj_lock(th, d);
  Value v = d->n ? pop_locked(d, left) : EMPTY;
  obj_unlock(th, d);
  return v != EMPTY ? v : raise_index(th, "pop from an empty deque");
}

static Value item(RpThread *th, Deque *d, int64_t i) {
  obj_lock(th, d);
  Value v = (uint64_t)i < d->n ? *slot(d, i) : EMPTY;
  obj_unlock(th, d);
  return v;
}
static uint64_t length(Deque *d) { return load_relaxed(&d->n); }
static uint64_t version(Deque *d) { return load_relaxed(&d->version); }

static void clear(RpThread *th, Deque *d) {
  obj_lock(th, d);
  obj_publish(th, d, &d->ring, list_empty_array_);
  d->head = 0;
  store_relaxed(&d->n, 0);
  store_relaxed(&d->version, d->version + 1);
  obj_unlock(th, d);
}

static Tuple *snapshot(RpThread *th, Deque *d) {
  for (;;) {
    uint64_t n = length(d);
    Tuple *t = tuple_alloc(th, n);
    if (!t) return NULL;
    obj_lock(th, d);
    bool ok = d->n == n;
    for (uint64_t i = 0; ok && i < n; i++) t->items[i] = *slot(d, i);
    obj_unlock(th, d);
    if (n) heap_barrier_bulk(th, t);
    if (ok) return t;
  }
}

static int extend(RpThread *th, Deque *d, Value src, bool left) {
  if (src == V(d)) {
    Tuple *t = snapshot(th, d);
    if (!t) return -1;
    src = V(t);
  }
  Value it = op_iter(th, src), v;
  if (it == EMPTY) return -1;
  while ((v = iter_step(th, it)) != EMPTY)
    if (push(th, d, v, left) < 0) return -1;
  return th->pending == EMPTY ? 0 : -1;
}

static Deque *make(RpThread *th, Type *type, int64_t maxlen) {
  Deque *d = (Deque *)cont_alloc(th, type, &type_deque, SHAPE_deque, K_NATIVE_OBJECT, sizeof(Deque));
  if (!d) return NULL;
  d->ring = list_empty_array_;
  d->maxlen = maxlen;
  return d;
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) { return V(make(th, type, -1)); }

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"deque", NULL, "(iterable=(), maxlen=None)"};
  Value a[2];
  Deque *d = as_deque(self);
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return -1;
  int64_t maxlen = -1;
  if (a[1] != EMPTY && a[1] != NONE) {
    if (!int_check(a[1])) return raise_type(th, "an integer is required"), -1;
    if (!op_as_i64(th, a[1], &maxlen)) return -1;
    if (maxlen < 0) return raise_value(th, "maxlen must be non-negative"), -1;
  }
  d->maxlen = maxlen;
  if (d->n) clear(th, d);
  return a[0] == EMPTY ? 0 : extend(th, d, a[0], false);
}

/* A deque of the same type with the same items and maxlen; subclasses are made by calling them. */
static Value copy(RpThread *th, Value self) {
  Deque *d = as_deque(self);
  if (has_shape(self, SHAPE_deque)) {
    Deque *c = make(th, &type_deque, d->maxlen);
    return c && extend(th, c, self, false) == 0 ? V(c) : EMPTY;
  }
  if (d->maxlen < 0) return op_call1(th, V(type_of(self)), self);
  return op_call2(th, V(type_of(self)), self, value_int(d->maxlen));
}

/* -- Slots --------------------------------------------------------------------------- */

static Value repr(RpThread *th, Value self) {
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "[...]"));
  List *l = op_to_list(th, self);
  Value r = EMPTY;
  if (l && as_deque(self)->maxlen >= 0)
    r = V(str_fmt(th, "%S(%V, maxlen=%lld)", type_of(self)->name, V(l), (long long)as_deque(self)->maxlen));
  else if (l) r = V(str_fmt(th, "%S(%V)", type_of(self)->name, V(l)));
  op_repr_leave(th, self);
  return r;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!deque_check(a) || !deque_check(b)) return NOT_IMPLEMENTED;
  if (a != b && (op == CMP_EQ || op == CMP_NE) && length(as_deque(a)) != length(as_deque(b))) return value_bool(op == CMP_NE);
  Tuple *x = snapshot(th, as_deque(a)), *y = x ? snapshot(th, as_deque(b)) : NULL;
  return y ? op_compare(th, V(x), V(y), op) : EMPTY;
}

static int64_t len(RpThread *th, Value self) { return (int64_t)length(as_deque(self)); }

static bool index_of(RpThread *th, Deque *d, Value key, int64_t *i) {
  if (!is_int(key) && !int_check(key) && !type_of(key)->slots.index)
    return raise_type(th, "sequence index must be integer, not '%T'", key), false;
  if (!cont_index(th, key, NULL, i)) return false;
  if (*i < 0) *i += (int64_t)length(d);
  return true;
}

static Value getitem(RpThread *th, Value self, Value key) {
  int64_t i;
  if (!index_of(th, as_deque(self), key, &i)) return EMPTY;
  Value v = item(th, as_deque(self), i);
  return v != EMPTY ? v : raise_index(th, "deque index out of range");
}

/* Removes item i, closing the gap from the nearer end. Locked. */
static void remove_locked(RpThread *th, Deque *d, uint64_t i) {
  bool front = i < d->n / 2;
  if (front) for (uint64_t j = i; j > 0; j--) store_relaxed(slot(d, j), *slot(d, j - 1));
  else for (uint64_t j = i; j + 1 < d->n; j++) store_relaxed(slot(d, j), *slot(d, j + 1));
  heap_barrier_bulk(th, d->ring);
  pop_locked(d, front);
}

static int setitem(RpThread *th, Value self, Value key, Value v) {
  Deque *d = as_deque(self);
  int64_t i;
  if (!index_of(th, d, key, &i)) return -1;
  obj_lock(th, d);
  bool ok = (uint64_t)i < d->n;
  if (ok && v != EMPTY) obj_store(th, d->ring, slot(d, i), v);
  else if (ok) remove_locked(th, d, (uint64_t)i);
  obj_unlock(th, d);
  return ok ? 0 : (raise_index(th, "deque index out of range"), -1);
}

/* Index of the first item equal to v in [lo, hi), -1 absent, -2 error. */
static int64_t find(RpThread *th, Deque *d, Value v, int64_t lo, int64_t hi) {
  uint64_t start = version(d);
  for (int64_t i = lo; i < hi; i++) {
    Value x = item(th, d, i);
    if (x == EMPTY) break;
    int eq = op_equal(th, x, v);
    if (eq < 0) return -2;
    if (version(d) != start && !thread_multi(th)) return raise_runtime(th, "deque mutated during iteration"), -2;
    if (eq) return i;
  }
  return -1;
}

static int contains(RpThread *th, Value self, Value v) {
  int64_t i = find(th, as_deque(self), v, 0, INT64_MAX);
  return i == -2 ? -1 : i >= 0;
}

static Value concat(RpThread *th, Value a, Value b) {
  if (!deque_check(b)) return raise_type(th, "can only concatenate deque (not \"%T\") to deque", b);
  Value r = copy(th, a);
  return r != EMPTY && extend(th, as_deque(r), b, false) == 0 ? r : EMPTY;
}

static Value iconcat(RpThread *th, Value a, Value b) { return extend(th, as_deque(a), b, false) < 0 ? EMPTY : a; }

static Value imul(RpThread *th, Value self, Value count) {
  if (!is_int(count) && !type_of(count)->slots.index) return NOT_IMPLEMENTED;
  int64_t n;
  if (!cont_index(th, count, NULL, &n)) return EMPTY;
  Deque *d = as_deque(self);
  Tuple *t = snapshot(th, d);
  if (!t) return EMPTY;
  if (n <= 0) return clear(th, d), self;
  if (t->length && (uint64_t)n > ((uint64_t)1 << 31) / t->length) return raise_memory(th);
  for (int64_t i = 1; i < n && t->length; i++)
    for (uint64_t j = 0; j < t->length; j++)
      if (push(th, d, t->items[j], false) < 0) return EMPTY;
  return self;
}

static Value repeat(RpThread *th, Value self, Value count) {
  if (!is_int(count) && !type_of(count)->slots.index) return raise_type(th, "can't multiply sequence by non-int of type '%T'", count);
  Value r = copy(th, self);
  return r == EMPTY ? EMPTY : imul(th, r, count);
}

/* -- Iterators: limit the version they expect ------------------------------------------------ */

static Value iterate(RpThread *th, Value self, uint32_t shape) {
  Iter *it = iter_new(th, shape, self);
  if (!it) return EMPTY;
  it->limit = (int64_t)version(as_deque(self));
  it->step = (int64_t)length(as_deque(self));
  return V(it);
}
static Value iter(RpThread *th, Value self) { return iterate(th, self, SHAPE__deque_iterator); }

static Value step(RpThread *th, Value self, bool reverse) {
  Iter *it = (Iter *)as_object(self);
  Value seq = load_relaxed(&it->seq);
  int64_t left = load_relaxed(&it->step), i = load_relaxed(&it->index);
  if (seq == EMPTY || left == 0) return EMPTY;
  Deque *d = as_deque(seq);
  if ((int64_t)version(d) != load_relaxed(&it->limit)) {
    store_relaxed(&it->step, 0);
    return raise_runtime(th, "deque mutated during iteration");
  }
  Value v = item(th, d, reverse ? (int64_t)length(d) - 1 - i : i);
  store_relaxed(&it->index, i + 1);
  store_relaxed(&it->step, left - 1);
  return v;
}
static Value forward(RpThread *th, Value self) { return step(th, self, false); }
static Value backward(RpThread *th, Value self) { return step(th, self, true); }

static Value it_hint(RpThread *th, const Value *a) { return value_int(((Iter *)as_object(a[0]))->step); }
static Value it_reduce(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  Tuple *args = tuple_of(th, 2, it->seq, value_int(it->index));
  return args ? V(tuple_of(th, 2, V(type_of(a[0])), V(args))) : EMPTY;
}

/* _deque_iterator(deque, index=0): for unpickling. */
static Value it_make(RpThread *th, uint32_t shape, const Value *args, int n_pos) {
  if (!cont_arity(th, "_deque_iterator", n_pos, 1, 2)) return EMPTY;
  if (!deque_check(args[0])) return raise_type(th, "argument 1 must be collections.deque, not %T", args[0]);
  int64_t skip = 0;
  if (n_pos > 1 && !op_as_i64(th, args[1], &skip)) return EMPTY;
  Value it = iterate(th, args[0], shape);
  for (; it != EMPTY && skip > 0 && iter_step(th, it) != EMPTY; skip--) {}
  return it;
}
static Value it_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kw) { return it_make(th, SHAPE__deque_iterator, args, n_pos); }
static Value rit_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kw) {
  return it_make(th, SHAPE__deque_reverse_iterator, args, n_pos);
}

static const NativeDef it_methods[] = {
    {"__length_hint__", it_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."},
    {"__reduce__", it_reduce, "(self, /)", 0, "Return state information for pickling."},
    {0},
};
const TypeSpec spec__deque_iterator = {
    .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = forward, .new_ = it_new}, .methods = it_methods};
const TypeSpec spec__deque_reverse_iterator = {
    .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = backward, .new_ = rit_new}, .methods = it_methods};

/* -- Methods ------------------------------------------------------------------------------------ */

static Value m_append(RpThread *th, const Value *a) { return push(th, as_deque(a[0]), a[1], false) < 0 ? EMPTY : NONE; }
static Value m_appendleft(RpThread *th, const Value *a) { return push(th, as_deque(a[0]), a[1], true) < 0 ? EMPTY : NONE; }
static Value m_pop(RpThread *th, const Value *a) { return take(th, as_deque(a[0]), false); }
static Value m_popleft(RpThread *th, const Value *a) { return take(th, as_deque(a[0]), true); }
static Value m_clear(RpThread *th, const Value *a) { return clear(th, as_deque(a[0])), NONE; }
static Value m_copy(RpThread *th, const Value *a) { return copy(th, a[0]); }
static Value m_extend(RpThread *th, const Value *a) { return extend(th, as_deque(a[0]), a[1], false) < 0 ? EMPTY : NONE; }
static Value m_extendleft(RpThread *th, const Value *a) { return extend(th, as_deque(a[0]), a[1], true) < 0 ? EMPTY : NONE; }
static Value m_reversed(RpThread *th, const Value *a) { return iterate(th, a[0], SHAPE__deque_reverse_iterator); }

static Value m_count(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  uint64_t start = version(d);
  int64_t n = 0;
  Value x;
  for (int64_t i = 0; (x = item(th, d, i)) != EMPTY; i++) {
    int eq = op_equal(th, x, a[1]);
    if (eq < 0) return EMPTY;
    n += eq;
    if (version(d) != start && !thread_multi(th)) return raise_runtime(th, "deque mutated during iteration");
  }
  return value_int(n);
}

static Value m_index(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  int64_t lo = 0, n = (int64_t)length(d), hi = n;
  if (a[2] != EMPTY && !cont_bound(th, a[2], &lo)) return EMPTY;
  if (a[3] != EMPTY && !cont_bound(th, a[3], &hi)) return EMPTY;
  if (lo < 0 && (lo += n) < 0) lo = 0;
  if (hi < 0 && (hi += n) < 0) hi = 0;
  if (hi > n) hi = n;
  int64_t i = find(th, d, a[1], lo, hi);
  if (i == -2) return EMPTY;
  return i >= 0 ? value_int(i) : raise_value(th, "%V is not in deque", a[1]);
}

static Value m_remove(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  for (;;) {
    uint64_t n = length(d);
    int64_t i = find(th, d, a[1], 0, INT64_MAX);
    if (i == -2) {
      if (n != length(d) && error_is(th, &type_RuntimeError)) {
        error_clear(th);
        raise_index(th, "deque mutated during remove().");
      }
      return EMPTY;
    }
    if (i == -1) return raise_value(th, "%V is not in deque", a[1]);
    Value v = item(th, d, i);
    obj_lock(th, d);
    bool ok = (uint64_t)i < d->n && *slot(d, i) == v;
    if (ok) remove_locked(th, d, (uint64_t)i);
    obj_unlock(th, d);
    if (ok) return NONE;
  }
}

static Value m_insert(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (d->maxlen >= 0 && length(d) >= (uint64_t)d->maxlen) return raise_index(th, "deque already at its maximum size");
  int64_t n = (int64_t)length(d);
  if (i >= n) return m_append(th, (Value[]){a[0], a[2]});
  if (i < 0 && (i += n) <= 0) i = 0;
  if (push(th, d, a[2], true) < 0) return EMPTY;
  obj_lock(th, d);
  for (int64_t j = 0; j < i && (uint64_t)j + 1 < d->n; j++) {
    Value v = *slot(d, j + 1);
    store_relaxed(slot(d, j + 1), *slot(d, j));
    store_relaxed(slot(d, j), v);
  }
  heap_barrier_bulk(th, d->ring);
  obj_unlock(th, d);
  return NONE;
}

static Value m_reverse(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  obj_lock(th, d);
  for (uint64_t i = 0, j = d->n; i + 1 < j; i++) {
    Value v = *slot(d, i);
    j--;
    store_relaxed(slot(d, i), *slot(d, j));
    store_relaxed(slot(d, j), v);
  }
  heap_barrier_bulk(th, d->ring);
  obj_unlock(th, d);
  return NONE;
}

static Value m_rotate(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  int64_t k = 1;
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &k)) return EMPTY;
  obj_lock(th, d);
  int64_t n = (int64_t)d->n;
  if (n > 1) {
    k %= n;
    if (k > n / 2) k -= n;
    else if (k < -n / 2) k += n;
    for (; k > 0; k--) { /* the last becomes the first */
      Value v = pop_locked(d, false);
      d->head = (d->head - 1) & (d->ring->capacity - 1);
      store_relaxed(&d->n, d->n + 1);
      store_relaxed(slot(d, 0), v);
    }
    for (; k < 0; k++) {
      Value v = pop_locked(d, true);
      store_relaxed(&d->n, d->n + 1);
      store_relaxed(slot(d, d->n - 1), v);
    }
    heap_barrier_bulk(th, d->ring);
  }
  obj_unlock(th, d);
  return NONE;
}

static Value m_reduce(RpThread *th, const Value *a) {
  Deque *d = as_deque(a[0]);
  Value state = op_getattr_opt(th, a[0], S(__dict__));
  if (state == EMPTY && th->pending != EMPTY) return EMPTY;
  Value it = op_iter(th, a[0]);
  Tuple *args = it == EMPTY ? NULL : d->maxlen < 0 ? tuple_empty_ : tuple_of(th, 2, V(tuple_empty_), value_int(d->maxlen));
  return args ? V(tuple_of(th, 4, V(type_of(a[0])), V(args), state == EMPTY ? NONE : state, it)) : EMPTY;
}

static Value m_sizeof(RpThread *th, const Value *a) {
  return value_int((int64_t)(sizeof(Deque) + sizeof(Array) + as_deque(a[0])->ring->capacity * sizeof(Value)));
}

static Value get_maxlen(RpThread *th, Value self) { return as_deque(self)->maxlen < 0 ? NONE : value_int(as_deque(self)->maxlen); }

static const NativeDef methods[] = {
    {"append", m_append, "(self, object, /)", 0, "Add an element to the right side of the deque."},
    {"appendleft", m_appendleft, "(self, object, /)", 0, "Add an element to the left side of the deque."},
    {"clear", m_clear, "(self, /)", 0, "Remove all elements from the deque."},
    {"__copy__", m_copy, "(self, /)", 0, "Return a shallow copy of a deque."},
    {"copy", m_copy, "(self, /)", 0, "Return a shallow copy of a deque."},
    {"count", m_count, "(self, object, /)", 0, "D.count(value) -- return number of occurrences of value"},
    {"extend", m_extend, "(self, iterable, /)", 0, "Extend the right side of the deque with elements from the iterable"},
    {"extendleft", m_extendleft, "(self, iterable, /)", 0, "Extend the left side of the deque with elements from the iterable"},
    {"index", m_index, "(self, value, start=0, stop=9223372036854775807, /)", 0,
     "D.index(value, [start, [stop]]) -- return first index of value.\nRaises ValueError if the value is not present."},
    {"insert", m_insert, "(self, index, object, /)", 0, "D.insert(index, object) -- insert object before index"},
    {"pop", m_pop, "(self, /)", 0, "Remove and return the rightmost element."},
    {"popleft", m_popleft, "(self, /)", 0, "Remove and return the leftmost element."},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling."},
    {"remove", m_remove, "(self, value, /)", 0, "D.remove(value) -- remove first occurrence of value."},
    {"__reversed__", m_reversed, "(self, /)", 0, "D.__reversed__() -- return a reverse iterator over the deque"},
    {"reverse", m_reverse, "(self, /)", 0, "D.reverse() -- reverse *IN PLACE*"},
    {"rotate", m_rotate, "(self, n=1, /)", 0, "Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left."},
    {"__sizeof__", m_sizeof, "(self, /)", 0, "D.__sizeof__() -- size of D in memory, in bytes"},
    CLASS_GETITEM,
    {0},
};
static const GetSetDef getsets[] = {{"maxlen", get_maxlen, NULL, "maximum size of a deque or None if unbounded"}, {0}};

const TypeSpec spec_deque = {
    .doc = "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.",
    .size = sizeof(Deque),
    .flags = TYPE_SEQUENCE,
    .slots = {.trace = trace, .repr = repr, .compare = compare, .iter = iter, .init = init, .new_ = new_, .len = len, .getitem = getitem,
              .setitem = setitem, .contains = contains, .imul = imul, .seq_concat = concat, .seq_iconcat = iconcat, .seq_repeat = repeat},
    .methods = methods,
    .getsets = getsets,
};
