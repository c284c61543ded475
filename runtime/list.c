/* list.c: lists and the array they publish. Memory model: runtime/containers.md. */
#include "runtime/cont.h"

/* -- The array ------------------------------------------------------------ */

static _Alignas(16) struct { Object hdr; uint32_t length, capacity; } empty_cell = {
    {SHAPE_array, K_ARRAY, OBJ_IMMUTABLE, 0, 0}, 0, 0};
Array *const list_empty_array_ = (Array *)&empty_cell;

#define LIST_MAX 0xFFFFFF00u

static void trace_array(Tracer *tr, Object *o) {
  Array *a = (Array *)o;
  trace_values(tr, a->items, load_acquire(&a->length));
}

/* Room to grow into: half as much again, because growing copies. */
static uint32_t roomy(size_t n) {
  size_t cap = n + (n >> 1) + 4;
  return cap > LIST_MAX ? LIST_MAX : (uint32_t)cap;
}

static Array *new_array(RpThread *th, size_t n, size_t capacity) {
  if (n > LIST_MAX) return raise_memory(th), NULL;
  return heap_alloc_array(th, (uint32_t)(capacity > LIST_MAX ? LIST_MAX : capacity));
}

/* Makes `a` (filled up to n) the list's array. The caller holds the lock. */
static void publish(RpThread *th, List *l, Array *a, size_t n) {
  store_release(&a->length, (uint32_t)n);
  heap_barrier_bulk(th, a);
  obj_publish(th, l, &l->array, a);
}
/* The same, where `a` holds what the list's array holds and the n values `more`, or less. */
static void publish_copy(RpThread *th, List *l, Array *a, size_t n, const Value *more, size_t n_more) {
  store_release(&a->length, (uint32_t)n);
  heap_barrier_copy(th, a, l->array, more, n_more);
  obj_publish(th, l, &l->array, a);
}

/* -- Making ---------------------------------------------------------------- */

List *list_new(RpThread *th, size_t capacity) {
  Array *a = list_empty_array_;
  if (capacity && !(a = new_array(th, capacity, capacity))) return NULL;
  List *l = heap_new(th, List, SHAPE_list, K_LIST);
  if (l) l->array = a;
  return l;
}

List *list_from(RpThread *th, const Value *items, size_t n) {
  List *l = list_new(th, n);
  if (!l || !n) return l;
  values_copy(l->array->items, items, n);
  publish(th, l, l->array, n);
  return l;
}

/* -- Changing -------------------------------------------------------------- */

static NOINLINE int append_slow(RpThread *th, List *l, Value v) {
  for (;;) {
    Array *old = list_array(l);
    uint32_t n = load_acquire(&old->length);
    Array *a = new_array(th, (size_t)n + 1, roomy((size_t)n + 1));
    if (!a) return -1;
    obj_lock(th, l);
    bool ok = l->array == old && old->length < a->capacity;
    if (likely(ok)) {
      n = old->length;
      values_copy(a->items, old->items, n);
      RACE_POINT();
      a->items[n] = v;
      publish_copy(th, l, a, (size_t)n + 1, &v, 1);
    }
    obj_unlock(th, l);
    if (ok || list_append_fast(th, l, v)) return 0;
  }
}

bool list_set_shared(RpThread *th, List *l, int64_t i, Value v) { return list_set_as(th, l, i, v, true); }
bool list_append_shared(RpThread *th, List *l, Value v) { return list_append_as(th, l, v, true); }
int list_append(RpThread *th, List *l, Value v) { return likely(list_append_fast(th, l, v)) ? 0 : append_slow(th, l, v); }

/* Readers take no lock: what they may see in place is one item stored, or one store of the length. */
static bool one_step(size_t lo, size_t hi, size_t n, size_t len) {
  return (lo == len) || (n == 0 && hi == len) || (n == 1 && hi - lo == 1);
}

/* In place where no other thread can watch the items move. */
static bool splice_in_place(RpThread *th, Array *a, size_t lo, size_t hi, const Value *src, size_t n) {
  size_t len = a->length, tail = len - hi, new_len = lo + n + tail;
  if (new_len > a->capacity || (thread_multi(th) && !one_step(lo, hi, n, len))) return false;
  if (new_len < len) {
    values_copy(a->items + lo, src, n);
    values_move(a->items + lo + n, a->items + hi, tail);
    store_release(&a->length, (uint32_t)new_len);
    values_clear(a->items + new_len, len - new_len);
  } else {
    if (n != hi - lo) values_move(a->items + lo + n, a->items + hi, tail);
    values_copy(a->items + lo, src, n);
    RACE_POINT();
    store_release(&a->length, (uint32_t)new_len);
  }
  heap_barrier_bulk(th, a);
  return true;
}

int list_splice(RpThread *th, List *l, uint64_t from, uint64_t to, const Value *src, size_t n) {
  for (;;) {
    obj_lock(th, l);
    Array *old = l->array;
    size_t len = old->length, lo = from < len ? from : len, hi = to < len ? to : len;
    if (hi < lo) hi = lo;
    bool done = splice_in_place(th, old, lo, hi, src, n);
    obj_unlock(th, l);
    if (done) return 0;
    RACE_POINT();
    size_t new_len = len - (hi - lo) + n;
    Array *a = new_len ? new_array(th, new_len, new_len > len ? roomy(new_len) : new_len) : list_empty_array_;
    if (!a) return -1;
    obj_lock(th, l);
    done = l->array == old && old->length == len;
    if (done && !new_len) obj_publish(th, l, &l->array, a);
    else
    if (done) {
      values_copy(a->items, old->items, lo);
      values_copy(a->items + lo, src, n);
      values_copy(a->items + lo + n, old->items + hi, len - hi);
      publish_copy(th, l, a, new_len, src, n);
    }
    obj_unlock(th, l);
    if (done) return 0;
  }
}

void list_clear(RpThread *th, List *l) {
  obj_lock(th, l);
  obj_publish(th, l, &l->array, list_empty_array_);
  obj_unlock(th, l);
}

int list_insert(RpThread *th, List *l, int64_t i, Value v) {
  if (i >= 0) return list_splice(th, l, (uint64_t)i, (uint64_t)i, &v, 1);
  for (;;) { /* from the end: of the list that it goes into */
    Array *old = list_array(l);
    uint32_t len = load_acquire(&old->length);
    size_t at = i + (int64_t)len < 0 ? 0 : (size_t)(i + (int64_t)len);
    if (!thread_multi(th)) return list_splice(th, l, at, at, &v, 1);
    Array *a = new_array(th, (size_t)len + 1, roomy((size_t)len + 1));
    if (!a) return -1;
    obj_lock(th, l);
    bool same = l->array == old && old->length == len;
    if (same) {
      values_copy(a->items, old->items, at);
      a->items[at] = v;
      values_copy(a->items + at + 1, old->items + at, len - at);
      publish_copy(th, l, a, (size_t)len + 1, &v, 1);
    }
    obj_unlock(th, l);
    if (same) return 0;
  }
}

int list_keep(RpThread *th, List *l, bool (*keep)(Value v)) {
  for (;;) {
    uint32_t room = list_len(l);
    Array *a = new_array(th, room, room);
    if (!a) return -1;
    obj_lock(th, l);
    const Array *old = l->array;
    bool fits = old->length <= room;
    uint32_t n = 0;
    for (uint32_t i = 0; fits && i < old->length; i++)
      if (keep(old->items[i])) a->items[n++] = old->items[i];
    if (fits) publish_copy(th, l, a, n, NULL, 0);
    obj_unlock(th, l);
    if (fits) return 0;
  }
}

ALWAYS_INLINE Value pop_last_as(RpThread *th, List *l, uint32_t at, bool multi) {
  obj_lock_if(multi, th, l);
  Array *a = l->array;
  Value v = EMPTY;
  uint32_t n = a->length;
  if (n && (at == UINT32_MAX || at == n - 1)) {
    v = a->items[n - 1];
    store_release(&a->length, n - 1);
    RACE_POINT();
    store_relaxed(&a->items[n - 1], EMPTY);
  }
  obj_unlock_if(multi, th, l);
  return v;
}
static NOINLINE Value pop_last_shared(RpThread *th, List *l, uint32_t at) { return pop_last_as(th, l, at, true); }
/* Takes the last item, if its index is `at` (UINT32_MAX: whatever it is). */
static Value pop_last(RpThread *th, List *l, uint32_t at) {
  return unlikely(thread_multi(th)) ? pop_last_shared(th, l, at) : pop_last_as(th, l, at, false);
}

int list_remove_at(RpThread *th, List *l, uint32_t i, Value v) {
  for (;;) {
    obj_lock(th, l);
    Array *old = l->array;
    uint32_t len = old->length;
    bool same = i < len && old->items[i] == v;
    bool done = same && splice_in_place(th, old, i, i + 1, NULL, 0);
    obj_unlock(th, l);
    if (!same) return 0;
    if (done) return 1;
    Array *a = new_array(th, len, len);
    if (!a) return -1;
    obj_lock(th, l);
    done = l->array == old && old->length == len && old->items[i] == v;
    if (done) {
      values_copy(a->items, old->items, i);
      values_copy(a->items + i, old->items + i + 1, len - i - 1);
      publish_copy(th, l, a, len - 1, NULL, 0);
    }
    obj_unlock(th, l);
    if (done) return 1;
  }
}

Value list_pop(RpThread *th, List *l, int64_t i) {
  for (;;) {
    int64_t n = list_len(l), at = i < 0 ? i + n : i;
    if (n == 0) return raise_index(th, "pop from empty list");
    if ((uint64_t)at >= (uint64_t)n) return raise_index(th, "pop index out of range");
    if (at == n - 1) {
      RACE_POINT();
      Value v = pop_last(th, l, i == -1 ? UINT32_MAX : (uint32_t)at);
      if (likely(v != EMPTY)) return v;
      continue;
    }
    Value v = list_get_fast(l, at);
    if (v == EMPTY) continue;
    int r = list_remove_at(th, l, (uint32_t)at, v);
    if (r) return r < 0 ? EMPTY : v;
  }
}

static int extend_values(RpThread *th, List *l, const Value *src, size_t n) { return n ? list_splice(th, l, UINT64_MAX, UINT64_MAX, src, n) : 0; }

int list_extend(RpThread *th, List *l, Value it) {
  if (has_shape(it, SHAPE_list)) {
    /* A snapshot: the source may be l itself, and its array may move on. */
    Array *a = list_array(as_list(it));
    uint32_t n = load_acquire(&a->length);
    if (it != V(l) && !thread_multi(th)) return extend_values(th, l, a->items, n);
    Tuple *t = list_to_tuple(th, as_list(it));
    return t ? extend_values(th, l, t->items, t->length) : -1;
  }
  if (has_shape(it, SHAPE_tuple)) return extend_values(th, l, as_tuple(it)->items, as_tuple(it)->length);
  if (unlikely(thread_multi(th)) && (it = cont_snapshot(th, it)) == EMPTY) return -1;
  Value iter = op_iter(th, it);
  if (iter == EMPTY) return -1;
  if (op_length_hint(th, it, 8) < 0) return -1;
  UnaryFn next = type_of(iter)->slots.next;
  for (;;) {
    Value v = next(th, iter);
    if (v == EMPTY) return th->pending == EMPTY ? 0 : -1;
    if (list_append(th, l, v) < 0) return -1;
  }
}

Value list_get(RpThread *th, List *l, int64_t i) {
  if (i < 0) i += list_len(l);
  Value v = list_get_fast(l, i);
  return likely(v != EMPTY) ? v : raise_index(th, "list index out of range");
}

int list_set(RpThread *th, List *l, int64_t i, Value v) {
  if (i < 0) i += list_len(l);
  if (likely(list_set_fast(th, l, i, v))) return 0;
  return raise_index(th, "list assignment index out of range"), -1;
}

/* As a new array: other threads see all of it turned, or nothing. */
static int reverse_shared(RpThread *th, List *l) {
  for (;;) {
    Array *old = list_array(l);
    uint32_t n = load_acquire(&old->length);
    if (n < 2) return 0;
    Array *a = new_array(th, n, n);
    if (!a) return -1;
    obj_lock(th, l);
    bool same = l->array == old && old->length == n;
    if (same) {
      for (uint32_t i = 0; i < n; i++) a->items[i] = old->items[n - 1 - i];
      publish_copy(th, l, a, n, NULL, 0);
    }
    obj_unlock(th, l);
    if (same) return 0;
  }
}

int list_reverse(RpThread *th, List *l) {
  if (thread_multi(th)) return reverse_shared(th, l);
  obj_lock(th, l);
  Array *a = l->array;
  for (uint32_t i = 0, j = a->length; i + 1 < j; i++) {
    Value x = a->items[i], y = a->items[--j];
    store_release(&a->items[i], y);
    RACE_POINT();
    store_release(&a->items[j], x);
  }
  heap_barrier_bulk(th, a);
  obj_unlock(th, l);
  return 0;
}

/* Copies what the list holds now to `to`, if that is n values. With other threads about, the lock makes it one moment. */
static bool copy_items(RpThread *th, List *l, Value *to, uint32_t n) {
  obj_lock(th, l);
  Array *a = l->array;
  bool ok = a->length == n;
  if (ok) values_copy(to, a->items, n);
  obj_unlock(th, l);
  return ok;
}

Tuple *list_to_tuple(RpThread *th, List *l) {
  for (;;) {
    uint32_t n = list_len(l);
    if (!n) return tuple_empty_;
    Tuple *t = tuple_alloc(th, n);
    if (!t) return NULL;
    if (likely(copy_items(th, l, t->items, n))) {
      heap_barrier_bulk(th, t);
      return t;
    }
  }
}

List *list_copy(RpThread *th, List *l) {
  for (;;) {
    uint32_t n = list_len(l);
    List *r = list_new(th, n);
    if (!r || !n) return r;
    if (n <= r->array->capacity && likely(copy_items(th, l, r->array->items, n))) return publish(th, r, r->array, n), r;
  }
}

/* -- Slots ------------------------------------------------------------------- */

static void trace(Tracer *tr, Object *o) { trace_ref(tr, list_array((List *)o)); }

static Value repr(RpThread *th, Value self) {
  List *l = as_list(self);
  if (list_len(l) == 0) return V(str_from_c(th, "[]"));
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "[...]"));
  StrBuilder sb;
  sb_init(&sb, th);
  sb_char(&sb, '[');
  bool ok = true;
  Value v;
  for (int64_t i = 0; ok && (v = list_get_fast(l, i)) != EMPTY; i++) {
    if (i) sb_ascii(&sb, ", ");
    ok = sb_repr(&sb, th, v);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_char(&sb, ']');
  return V(sb_finish(&sb));
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!list_check(a) || !list_check(b)) return NOT_IMPLEMENTED;
  List *x = as_list(a), *y = as_list(b);
  if (list_len(x) != list_len(y) && (op == CMP_EQ || op == CMP_NE)) return value_bool(op == CMP_NE);
  if (!thread_check_stack(th, " in comparison")) return EMPTY;
  for (int64_t i = 0;; i++) {
    Value p = list_get_fast(x, i), q = list_get_fast(y, i);
    if (p == EMPTY || q == EMPTY) break;
    if (p == q) continue;
    int eq = op_equal(th, p, q);
    if (eq < 0) return EMPTY;
    if (eq) continue;
    if (op == CMP_EQ) return FALSE_V;
    if (op == CMP_NE) return TRUE_V;
    return op_compare(th, p, q, op);
  }
  int64_t n = list_len(x), m = list_len(y);
  return compare_answer((n > m) - (n < m), op);
}

static int64_t len(RpThread *th, Value self) { return list_len(as_list(self)); }

/* A new list of the slice. One array is read throughout, so that its length bounds every index. */
static Value get_slice(RpThread *th, List *l, Slice *s) {
  Array *a = list_array(l);
  int64_t lo, hi, step, n;
  if (slice_unpack(th, s, load_acquire(&a->length), &lo, &hi, &step, &n) < 0) return EMPTY;
  List *r = list_new(th, n);
  if (!r || !n) return V(r);
  uint32_t m = 0;
  obj_lock(th, l); /* one moment's items, not a mixture */
  a = list_array(l); /* __index__ of a bound may have changed the list */
  int64_t have = load_acquire(&a->length);
  for (int64_t i = 0; i < n; i++) {
    int64_t at = lo + i * step;
    Value v = at < have ? load_acquire(&a->items[at]) : EMPTY;
    if (likely(v != EMPTY)) r->array->items[m++] = v;
  }
  obj_unlock(th, l);
  publish(th, r, r->array, m);
  return V(r);
}

static Value getitem(RpThread *th, Value self, Value key) {
  List *l = as_list(self);
  if (has_kind(key, K_SLICE)) return get_slice(th, l, (Slice *)as_object(key));
  int64_t i;
  if (!cont_index(th, key, "list", &i)) return EMPTY;
  return list_get(th, l, i);
}

static int del_slice(RpThread *th, List *l, int64_t lo, int64_t step, int64_t n) {
  if (n == 0) return 0;
  if (step < 0) {
    lo += step * (n - 1);
    step = -step;
  }
  if (step == 1) return list_splice(th, l, lo, lo + n, NULL, 0);
  for (;;) { /* every step-th item goes: a new array */
    Array *old = list_array(l);
    uint32_t len = load_acquire(&old->length), m = 0;
    Array *a = new_array(th, len, len);
    if (!a) return -1;
    obj_lock(th, l);
    bool ok = l->array == old && old->length == len;
    if (ok) {
      for (uint32_t i = 0; i < len; i++)
        if (i < lo || (i - lo) % step || (i - lo) / step >= n) a->items[m++] = old->items[i];
      publish_copy(th, l, a, m, NULL, 0);
    }
    obj_unlock(th, l);
    if (ok) return 0;
  }
}

/* Items lo, lo + step, ... (those that are still there) := src; with other threads about in a new array. */
static int set_stepped(RpThread *th, List *l, int64_t lo, int64_t step, int64_t n, const Value *src) {
  for (;;) {
    Array *old = list_array(l);
    uint32_t len = load_acquire(&old->length);
    Array *a = thread_multi(th) ? new_array(th, len, len) : old;
    if (!a) return -1;
    obj_lock(th, l);
    bool same = l->array == old && old->length == len;
    if (same && a != old) values_copy(a->items, old->items, len);
    for (int64_t i = 0; same && i < n; i++)
      if (lo + i * step < len) obj_store(th, a, &a->items[lo + i * step], src[i]);
    if (same && a != old) publish_copy(th, l, a, len, NULL, 0);
    obj_unlock(th, l);
    if (same) return 0;
  }
}

static int set_slice(RpThread *th, List *l, Slice *s, Value v) {
  int64_t lo, hi, step, n;
  if (slice_unpack(th, s, list_len(l), &lo, &hi, &step, &n) < 0) return -1;
  if (v == EMPTY) return del_slice(th, l, lo, step, n);
  Tuple *t;
  if (has_kind(v, K_LIST)) t = list_to_tuple(th, as_list(v));
  else if (has_kind(v, K_TUPLE)) t = as_tuple(v);
  else {
    if (!type_of(v)->slots.iter && !type_of(v)->slots.getitem)
      return raise_type(th, step == 1 ? "can only assign an iterable" : "must assign iterable to extended slice"), -1;
    t = op_to_tuple(th, v);
    if (!t && error_is(th, &type_TypeError) && op_iter(th, v) == EMPTY) {
      error_clear(th);
      raise_type(th, step == 1 ? "can only assign an iterable" : "must assign iterable to extended slice");
    }
  }
  if (!t) return -1;
  if (step == 1) return list_splice(th, l, lo, lo + n, t->items, t->length);
  if ((int64_t)t->length != n)
    return raise_value(th, "attempt to assign sequence of size %lld to extended slice of size %lld", (long long)t->length, (long long)n), -1;
  return set_stepped(th, l, lo, step, n, t->items);
}

static int setitem(RpThread *th, Value self, Value key, Value v) {
  List *l = as_list(self);
  if (has_kind(key, K_SLICE)) return set_slice(th, l, (Slice *)as_object(key), v);
  int64_t i;
  if (!cont_index(th, key, "list", &i)) return -1;
  if (v != EMPTY) return list_set(th, l, i, v);
  int64_t n = list_len(l);
  if (i < 0) i += n;
  if ((uint64_t)i >= (uint64_t)n) return raise_index(th, "list assignment index out of range"), -1;
  return list_splice(th, l, i, i + 1, NULL, 0);
}

/* With other threads about, an index means nothing while items move: what can be compared without calling Python is compared under the lock, all
** else in a copy. */
#define NOT_PLAIN (-3)
static int64_t find_plain(const Array *a, Value v, int64_t lo, int64_t hi) {
  if (!is_int(v) && !has_shape(v, SHAPE_str)) return NOT_PLAIN;
  for (int64_t i = lo; i < hi && i < (int64_t)a->length; i++) {
    Value x = load_acquire(&a->items[i]);
    if (x == v || (has_shape(x, SHAPE_str) && has_shape(v, SHAPE_str) && str_eq(as_str(x), as_str(v)))) return i;
    if (!is_int(x) && !has_shape(x, SHAPE_str)) return NOT_PLAIN;
  }
  return -1;
}
static NOINLINE int64_t find_shared(RpThread *th, List *l, Value v, int64_t lo, int64_t hi) {
  obj_lock(th, l);
  int64_t found = find_plain(l->array, v, lo, hi);
  obj_unlock(th, l);
  if (found != NOT_PLAIN) return found;
  Tuple *t = list_to_tuple(th, l);
  if (!t) return -2;
  for (int64_t i = lo; i < hi && i < (int64_t)t->length; i++) {
    int eq = t->items[i] == v ? 1 : op_equal(th, t->items[i], v);
    if (eq) return eq < 0 ? -2 : i;
  }
  return -1;
}

/* Index of the first equal item in [lo, hi); -1 absent, -2 error. */
static int64_t find(RpThread *th, List *l, Value v, int64_t lo, int64_t hi) {
  if (unlikely(thread_multi(th))) return find_shared(th, l, v, lo, hi);
  Value x;
  for (int64_t i = lo; i < hi && (x = list_get_fast(l, i)) != EMPTY; i++) {
    if (x == v) return i;
    if (is_int(x) && is_int(v)) continue;
    int eq = op_equal(th, x, v);
    if (eq) return eq < 0 ? -2 : i;
  }
  return -1;
}

static int contains(RpThread *th, Value self, Value item) {
  int64_t i = find(th, as_list(self), item, 0, INT64_MAX);
  return i == -2 ? -1 : i >= 0;
}

static Value concat(RpThread *th, Value a, Value b) {
  if (!list_check(a)) return NOT_IMPLEMENTED;
  if (!list_check(b)) return raise_type(th, "can only concatenate list (not \"%T\") to list", b);
  if (thread_multi(th)) {
    List *r = list_copy(th, as_list(a));
    return r && list_extend(th, r, b) == 0 ? V(r) : EMPTY;
  }
  List *r = list_new(th, (size_t)list_len(as_list(a)) + list_len(as_list(b)));
  if (!r) return EMPTY;
  Array *x = list_array(as_list(a)), *y = list_array(as_list(b));
  uint32_t n = load_acquire(&x->length), m = load_acquire(&y->length);
  if ((size_t)n + m <= r->array->capacity) {
    values_copy(r->array->items, x->items, n);
    values_copy(r->array->items + n, y->items, m);
    if (n + m) publish(th, r, r->array, (size_t)n + m);
    return V(r);
  }
  Value v;
  for (int64_t i = 0; (v = list_get_fast(as_list(a), i)) != EMPTY; i++)
    if (list_append(th, r, v) < 0) return EMPTY;
  for (int64_t i = 0; (v = list_get_fast(as_list(b), i)) != EMPTY; i++)
    if (list_append(th, r, v) < 0) return EMPTY;
  return V(r);
}

static Value iconcat(RpThread *th, Value a, Value b) { return list_extend(th, as_list(a), b) < 0 ? EMPTY : a; }

static Value repeat(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!cont_index(th, count, NULL, &n)) return EMPTY;
  List *from = thread_multi(th) ? list_copy(th, as_list(self)) : as_list(self);
  if (!from) return EMPTY;
  Array *a = list_array(from);
  uint32_t len = load_acquire(&a->length);
  if (n <= 0 || len == 0) return V(list_new(th, 0));
  if ((uint64_t)n > LIST_MAX / len) return raise_memory(th);
  List *r = list_new(th, (size_t)len * n);
  if (!r) return EMPTY;
  Value *out = r->array->items;
  if (len == 1) {
    Value v = load_acquire(&a->items[0]);
    if (v == EMPTY) return V(r);
    for (int64_t i = 0; i < n; i++) out[i] = v;
  } else {
    uint32_t m = 0;
    for (uint32_t i = 0; i < len; i++) {
      Value v = load_acquire(&a->items[i]);
      if (v != EMPTY) out[m++] = v;
    }
    len = m;
    for (int64_t i = 1; i < n; i++) memcpy(out + i * len, out, len * sizeof(Value));
  }
  publish(th, r, r->array, (size_t)len * n);
  return V(r);
}

static Value imul(RpThread *th, Value self, Value count) {
  if (!is_int(count) && !type_of(count)->slots.index) return NOT_IMPLEMENTED;
  int64_t n;
  if (!cont_index(th, count, NULL, &n)) return EMPTY;
  List *l = as_list(self);
  if (n <= 0) return list_clear(th, l), self;
  if (n == 1) return self;
  Value r = repeat(th, self, count);
  if (r == EMPTY) return EMPTY;
  obj_lock(th, l);
  obj_publish(th, l, &l->array, as_list(r)->array);
  obj_unlock(th, l);
  return self;
}

static Value iter(RpThread *th, Value self) { return V(iter_new(th, SHAPE_list_iterator, self)); }

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  List *l = (List *)cont_alloc(th, type, &type_list, SHAPE_list, K_LIST, sizeof(List));
  if (l) l->array = list_empty_array_;
  return V(l);
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (type_of(self) == &type_list && !cont_no_keywords(th, "list", n_keywords(kwnames))) return -1;
  if (!cont_arity(th, "list", n_pos, 0, 1)) return -1;
  List *l = as_list(self);
  if (list_len(l)) list_clear(th, l);
  return n_pos ? list_extend(th, l, args[0]) : 0;
}

/* -- Methods ------------------------------------------------------------------ */

static Value m_append(RpThread *th, const Value *a) { return list_append(th, as_list(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_extend(RpThread *th, const Value *a) { return list_extend(th, as_list(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_clear(RpThread *th, const Value *a) { return list_clear(th, as_list(a[0])), NONE; }
static Value m_reverse(RpThread *th, const Value *a) { return list_reverse(th, as_list(a[0])) < 0 ? EMPTY : NONE; }
static Value m_copy(RpThread *th, const Value *a) { return V(list_copy(th, as_list(a[0]))); }

static Value m_insert(RpThread *th, const Value *a) {
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  return list_insert(th, as_list(a[0]), i, a[2]) < 0 ? EMPTY : NONE;
}

static Value m_pop(RpThread *th, const Value *a) {
  int64_t i = -1;
  if (a[1] != EMPTY) {
    if (is_int(a[1])) i = as_int(a[1]);
    else if (!op_as_i64(th, a[1], &i)) return EMPTY;
  } else {
    Value v = pop_last(th, as_list(a[0]), UINT32_MAX);
    if (likely(v != EMPTY)) return v;
  }
  return list_pop(th, as_list(a[0]), i);
}

/* Search and removal in one, where no Python code is needed to compare: as find_shared(). */
static int64_t remove_plain(RpThread *th, List *l, Value v) {
  for (;;) {
    Array *old = list_array(l);
    uint32_t len = load_acquire(&old->length);
    if (!len) return -1;
    Array *a = new_array(th, len, len);
    if (!a) return -2;
    obj_lock(th, l);
    bool same = l->array == old && old->length == len;
    int64_t i = same ? find_plain(old, v, 0, INT64_MAX) : -1;
    if (i >= 0) {
      values_copy(a->items, old->items, (size_t)i);
      values_copy(a->items + i, old->items + i + 1, len - (size_t)i - 1);
      publish_copy(th, l, a, len - 1, NULL, 0);
    }
    obj_unlock(th, l);
    if (same) return i;
  }
}

static Value m_remove(RpThread *th, const Value *a) {
  List *l = as_list(a[0]);
  if (thread_multi(th)) {
    int64_t i = remove_plain(th, l, a[1]);
    if (i == -1) return raise_value(th, "list.remove(x): x not in list");
    if (i != NOT_PLAIN) return i == -2 ? EMPTY : NONE;
  }
  for (;;) {
    int64_t i = find(th, l, a[1], 0, INT64_MAX);
    RACE_POINT();
    if (i == -2) return EMPTY;
    if (i == -1) return raise_value(th, "list.remove(x): x not in list");
    Value v = list_get_fast(l, i);
    if (v == EMPTY && thread_multi(th)) continue;
    if (v == EMPTY) return NONE; /* == shrank the list below i */
    if (thread_multi(th) && v != a[1]) { /* moved on since the search? */
      int eq = op_equal(th, v, a[1]);
      if (eq < 0) return EMPTY;
      if (!eq) continue;
    }
    int r = list_remove_at(th, l, (uint32_t)i, v);
    if (r) return r < 0 ? EMPTY : NONE;
  }
}

static Value m_index(RpThread *th, const Value *a) {
  List *l = as_list(a[0]);
  int64_t lo = 0, hi = INT64_MAX, n = list_len(l);
  if (a[2] != EMPTY && !cont_bound(th, a[2], &lo)) return EMPTY;
  if (a[3] != EMPTY && !cont_bound(th, a[3], &hi)) return EMPTY;
  if (lo < 0 && (lo += n) < 0) lo = 0;
  if (hi < 0 && (hi += n) < 0) hi = 0;
  int64_t i = find(th, l, a[1], lo, hi);
  if (i == -2) return EMPTY;
  if (i == -1) return raise_value(th, "%V is not in list", a[1]);
  return value_int(i);
}

static Value m_count(RpThread *th, const Value *a) {
  int64_t n = 0;
  Value x;
  for (int64_t i = 0; (x = list_get_fast(as_list(a[0]), i)) != EMPTY; i++) {
    int eq = x == a[1] ? 1 : op_equal(th, x, a[1]);
    if (eq < 0) return EMPTY;
    n += eq;
  }
  return value_int(n);
}

static Value m_sort(RpThread *th, const Value *a) {
  int64_t reverse = 0;
  if (a[2] != EMPTY && !is_bool(a[2]) && !op_as_i64(th, a[2], &reverse)) return EMPTY;
  bool down = reverse != 0 || a[2] == TRUE_V;
  return list_sort(th, as_list(a[0]), a[1] == NONE ? EMPTY : a[1], down) < 0 ? EMPTY : NONE;
}

static Value m_reversed(RpThread *th, const Value *a) {
  Iter *it = iter_new(th, SHAPE_list_reverseiterator, a[0]);
  if (it) it->index = (int64_t)list_len(as_list(a[0])) - 1;
  return V(it);
}

static Value m_sizeof(RpThread *th, const Value *a) {
  return value_int((int64_t)(sizeof(List) + sizeof(Array) + sizeof(Value) * (size_t)list_array(as_list(a[0]))->capacity));
}

static const NativeDef methods[] = {
    {"__reversed__", m_reversed, "(self, /)", 0, "Return a reverse iterator over the list."},
    {"__sizeof__", m_sizeof, "(self, /)", 0, "Return the size of the list in memory, in bytes."},
    {"clear", m_clear, "(self, /)", 0, "Remove all items from list."},
    {"copy", m_copy, "(self, /)", 0, "Return a shallow copy of the list."},
    {"append", m_append, "(self, object, /)", 0, "Append object to the end of the list."},
    {"insert", m_insert, "(self, index, object, /)", 0, "Insert object before index."},
    {"extend", m_extend, "(self, iterable, /)", 0, "Extend list by appending elements from the iterable."},
    {"pop", m_pop, "(self, index=-1, /)", 0,
     "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range."},
    {"remove", m_remove, "(self, value, /)", 0, "Remove first occurrence of value.\n\nRaises ValueError if the value is not present."},
    {"index", m_index, "(self, value, start=0, stop=9223372036854775807, /)", 0,
     "Return first index of value.\n\nRaises ValueError if the value is not present."},
    {"count", m_count, "(self, value, /)", 0, "Return number of occurrences of value."},
    {"reverse", m_reverse, "(self, /)", 0, "Reverse *IN PLACE*."},
    {"sort", m_sort, "(self, /, *, key=None, reverse=False)", 0,
     "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the list itself is modified) and stable (i.e. the\norder "
     "of two equal elements is maintained).\n\nIf a key function is given, apply it once to each list item and sort them,\nascending or "
     "descending, according to their function values.\n\nThe reverse flag can be set to sort in descending order."},
    CLASS_GETITEM,
    {0},
};

const TypeSpec spec_array = {.size = sizeof(Array), .slots = {.trace = trace_array}};
const TypeSpec spec_list = {
    .doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable "
           "if specified.",
    .size = sizeof(List),
    .flags = TYPE_SEQUENCE,
    .slots = {.trace = trace, .repr = repr, .compare = compare, .iter = iter, .init = init, .new_ = new_, .len = len, .getitem = getitem,
              .setitem = setitem, .contains = contains, .imul = imul, .seq_concat = concat, .seq_iconcat = iconcat, .seq_repeat = repeat},
    .methods = methods,
};
