/* range.c: range objects of any size and their iterators. Ranges whose four numbers fit 49 bits (`small`) never touch big-int code. */
#include "runtime/cont.h"

ALWAYS_INLINE Range *as_range(Value v) { return (Range *)as_object(v); }
ALWAYS_INLINE bool range_check(Value v) { return has_kind(v, K_RANGE); }

/* -- Making ---------------------------------------------------------------- */

static Value big_length(RpThread *th, Value start, Value stop, Value step) {
  bool up = int_sign(step) > 0;
  Value lo = up ? start : stop, hi = up ? stop : start;
  if (int_cmp(lo, hi) >= 0) return value_int(0);
  Value n = int_sub(th, hi, lo);
  if (n == EMPTY || (n = int_sub(th, n, value_int(1))) == EMPTY) return EMPTY;
  Value s = up ? step : int_sub(th, value_int(0), step);
  if (s == EMPTY || (n = int_floordiv(th, n, s)) == EMPTY) return EMPTY;
  return int_add(th, n, value_int(1));
}

static Value length_of(RpThread *th, Value start, Value stop, Value step) {
  if (!is_int(start) || !is_int(stop) || !is_int(step)) return big_length(th, start, stop, step);
  int64_t a = as_int(start), b = as_int(stop), s = as_int(step);
  if (s > 0) return int_from_i64(th, a < b ? (b - a - 1) / s + 1 : 0);
  return int_from_i64(th, a > b ? (a - b - 1) / -s + 1 : 0);
}

/* start, stop, step are ints; step is not zero. */
Range *range_new(RpThread *th, Value start, Value stop, Value step) {
  Value n = length_of(th, start, stop, step);
  if (n == EMPTY) return NULL;
  Range *r = heap_new(th, Range, SHAPE_range, K_RANGE);
  if (!r) return NULL;
  r->start = start;
  r->stop = stop;
  r->step = step;
  r->length = n;
  r->small = is_int(start) && is_int(stop) && is_int(step) && is_int(n);
  if (r->small) {
    r->i_start = as_int(start);
    r->i_step = as_int(step);
    r->i_length = as_int(n);
  }
  return r;
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_no_keywords(th, "range", n_keywords(kwnames)) || !cont_arity(th, "range", n_pos, 1, 3)) return EMPTY;
  Value v[3];
  for (int i = 0; i < n_pos; i++)
    if ((v[i] = is_int(args[i]) ? args[i] : op_index(th, args[i])) == EMPTY) return EMPTY;
  if (n_pos == 1) return V(range_new(th, value_int(0), v[0], value_int(1)));
  if (n_pos == 2) return V(range_new(th, v[0], v[1], value_int(1)));
  if (int_sign(v[2]) == 0) return raise_value(th, "range() arg 3 must not be zero");
  return V(range_new(th, v[0], v[1], v[2]));
}

/* start + i * step; the caller knows that i is in range (or one past). */
static Value item_at(RpThread *th, Range *r, Value i) {
  if (r->small && is_int(i)) return int_from_i64(th, r->i_start + as_int(i) * r->i_step);
  Value v = int_mul(th, i, r->step);
  return v == EMPTY ? EMPTY : int_add(th, r->start, v);
}

/* -- Slots -------------------------------------------------------------------- */

static void trace(Tracer *tr, Object *o) { trace_values(tr, &((Range *)o)->start, 4); }

static Value repr(RpThread *th, Value self) {
  Range *r = as_range(self);
  if (r->step == value_int(1)) return V(str_fmt(th, "range(%V, %V)", r->start, r->stop));
  return V(str_fmt(th, "range(%V, %V, %V)", r->start, r->stop, r->step));
}

static int64_t hash(RpThread *th, Value self) {
  Range *r = as_range(self);
  Value v[3] = {r->length, NONE, NONE};
  if (int_sign(r->length) != 0) {
    v[1] = r->start;
    if (r->length != value_int(1)) v[2] = r->step;
  }
  Tuple *t = tuple_new(th, v, 3);
  return t ? op_hash(th, V(t)) : -1;
}

static bool same(Range *a, Range *b) {
  if (int_cmp(a->length, b->length) != 0) return false;
  if (int_sign(a->length) == 0) return true;
  if (int_cmp(a->start, b->start) != 0) return false;
  return a->length == value_int(1) || int_cmp(a->step, b->step) == 0;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!range_check(a) || !range_check(b) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  return value_bool(same(as_range(a), as_range(b)) == (op == CMP_EQ));
}

static int bool_(RpThread *th, Value self) { return int_sign(as_range(self)->length) != 0; }

static int64_t len(RpThread *th, Value self) {
  int64_t n;
  if (int_as_i64(as_range(self)->length, &n)) return n;
  return raise_overflow(th, "Python int too large to convert to C ssize_t"), -1;
}

static Value get_slice(RpThread *th, Range *r, Slice *s) {
  Value start, stop, step;
  if (slice_indices(th, s, r->length, &start, &stop, &step) < 0) return EMPTY;
  Value new_step = int_mul(th, step, r->step), new_start = item_at(th, r, start), new_stop = item_at(th, r, stop);
  if (new_step == EMPTY || new_start == EMPTY || new_stop == EMPTY) return EMPTY;
  return V(range_new(th, new_start, new_stop, new_step));
}

static Value getitem(RpThread *th, Value self, Value key) {
  Range *r = as_range(self);
  if (is_int(key) && r->small) {
    int64_t i = as_int(key);
    if (i < 0) i += r->i_length;
    if ((uint64_t)i >= (uint64_t)r->i_length) return raise_index(th, "range object index out of range");
    return value_int(r->i_start + i * r->i_step);
  }
  if (has_kind(key, K_SLICE)) return get_slice(th, r, (Slice *)as_object(key));
  if (!int_check(key) && !type_of(key)->slots.index) return raise_type(th, "range indices must be integers or slices, not %T", key);
  Value i = op_index(th, key);
  if (i == EMPTY) return EMPTY;
  if (int_sign(i) < 0 && (i = int_add(th, i, r->length)) == EMPTY) return EMPTY;
  if (int_sign(i) < 0 || int_cmp(i, r->length) >= 0) return raise_index(th, "range object index out of range");
  return item_at(th, r, i);
}

/* The index of int v, EMPTY without pending when it is not in the range. */
static Value find_int(RpThread *th, Range *r, Value v) {
  if (r->small && is_int(v)) {
    int64_t d = as_int(v) - r->i_start;
    if (d % r->i_step) return EMPTY;
    d /= r->i_step;
    return (uint64_t)d < (uint64_t)r->i_length ? value_int(d) : EMPTY;
  }
  Value d = int_sub(th, v, r->start), m = d == EMPTY ? EMPTY : int_mod(th, d, r->step);
  if (m == EMPTY || int_sign(m) != 0) return EMPTY;
  d = int_floordiv(th, d, r->step);
  return d != EMPTY && int_sign(d) >= 0 && int_cmp(d, r->length) < 0 ? d : EMPTY;
}

static bool exact_int(Value v) { return is_int(v) || has_shape(v, SHAPE_int) || is_bool(v); }
static Value plain_int(Value v) { return is_bool(v) ? value_int(v == TRUE_V) : v; }

static Value iter(RpThread *th, Value self) {
  Range *r = as_range(self);
  if (!r->small) return V(iter_new(th, SHAPE_longrange_iterator, self)); /* extra: index, EMPTY for 0 */
  Iter *it = iter_new(th, SHAPE_range_iterator, EMPTY);
  if (!it) return EMPTY;
  it->index = r->i_start;
  it->step = r->i_step;
  it->limit = r->i_length;
  it->extra = r->length; /* how many there were: for __reduce__ */
  return V(it);
}

/* Walks the items comparing with ==: for values that are not plain ints. Counts matches, or stops at the first with its index. */
static int64_t walk(RpThread *th, Value self, Value v, bool first) {
  Value it = iter(th, self), x;
  int64_t n = 0, i = 0;
  if (it == EMPTY) return -2;
  for (; (x = iter_step(th, it)) != EMPTY; i++) {
    int eq = op_equal(th, x, v);
    if (eq < 0) return -2;
    if (eq && first) return i;
    n += eq;
    if (!thread_poll(th)) return -2;
  }
  return th->pending != EMPTY ? -2 : first ? -1 : n;
}

static int contains(RpThread *th, Value self, Value v) {
  if (exact_int(v)) {
    if (find_int(th, as_range(self), plain_int(v)) != EMPTY) return 1;
    return th->pending == EMPTY ? 0 : -1;
  }
  int64_t i = walk(th, self, v, true);
  return i == -2 ? -1 : i >= 0;
}

/* -- Methods --------------------------------------------------------------------- */

static Value m_count(RpThread *th, const Value *a) {
  if (exact_int(a[1])) {
    int r = contains(th, a[0], a[1]);
    return r < 0 ? EMPTY : value_int(r);
  }
  int64_t n = walk(th, a[0], a[1], false);
  return n < 0 ? EMPTY : value_int(n);
}

static Value m_index(RpThread *th, const Value *a) {
  if (exact_int(a[1])) {
    Value i = find_int(th, as_range(a[0]), plain_int(a[1]));
    if (i != EMPTY || th->pending != EMPTY) return i;
    return raise_value(th, "%V is not in range", a[1]);
  }
  int64_t i = walk(th, a[0], a[1], true);
  if (i == -2) return EMPTY;
  if (i == -1) return raise_value(th, "sequence.index(x): x not in sequence");
  return value_int(i);
}

static Value m_reversed(RpThread *th, const Value *a) {
  Range *r = as_range(a[0]);
  Value last = int_sub(th, r->length, value_int(1));
  if (last == EMPTY) return EMPTY;
  Value start = item_at(th, r, last), step = int_sub(th, value_int(0), r->step);
  if (start == EMPTY || step == EMPTY) return EMPTY;
  Value stop = int_sub(th, r->start, r->step);
  if (stop == EMPTY) return EMPTY;
  Range *back = range_new(th, start, stop, step);
  return back ? iter(th, V(back)) : EMPTY;
}

static Value m_reduce(RpThread *th, const Value *a) {
  Tuple *args = tuple_new(th, &as_range(a[0])->start, 3);
  return args ? V(tuple_of(th, 2, V(&type_range), V(args))) : EMPTY;
}

static Value get_start(RpThread *th, Value self) { return as_range(self)->start; }
static Value get_stop(RpThread *th, Value self) { return as_range(self)->stop; }
static Value get_step(RpThread *th, Value self) { return as_range(self)->step; }

static const NativeDef methods[] = {
    {"__reversed__", m_reversed, "(self, /)", 0, "Return a reverse iterator."},
    {"__reduce__", m_reduce, "(self, /)"},
    {"count", m_count, "(self, object, /)", 0, "rangeobject.count(value) -> integer -- return number of occurrences of value"},
    {"index", m_index, "(self, object, /)", 0,
     "rangeobject.index(value) -> integer -- return index of value.\nRaise ValueError if the value is not present."},
    {0},
};
static const GetSetDef getsets[] = {{"start", get_start}, {"stop", get_stop}, {"step", get_step}, {0}};

const TypeSpec spec_range = {
    .doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers "
           "from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is "
           "omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it "
           "specifies the increment (or decrement).",
    .size = sizeof(Range),
    .flags = TYPE_SEQUENCE,
    .slots = {.trace = trace, .repr = repr, .hash = hash, .compare = compare, .iter = iter, .new_ = new_, .bool_ = bool_, .len = len,
              .getitem = getitem, .contains = contains},
    .methods = methods,
    .getsets = getsets,
};

/* -- range_iterator ------------------------------------------------------------------- */

static Value ri_next(RpThread *th, Value self) { return iter_range_next((Iter *)as_object(self)); }

static Value ri_hint(RpThread *th, const Value *a) { return value_int(load_relaxed(&((Iter *)as_object(a[0]))->limit)); }

static int64_t ri_done(Iter *it) { return it->extra == EMPTY ? 0 : as_int(it->extra) - load_relaxed(&it->limit); }

static Value ri_reduce(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  int64_t done = ri_done(it), start = it->index - done * it->step;
  Value stop = int_from_i64(th, it->index + it->limit * it->step);
  Range *r = stop == EMPTY ? NULL : range_new(th, int_from_i64(th, start), stop, value_int(it->step));
  return r ? reduce_iter(th, "iter", V(r), value_int(done)) : EMPTY;
}

static Value ri_setstate(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  int64_t to, done = ri_done(it), all = done + it->limit;
  if (!op_as_i64(th, a[1], &to)) return EMPTY;
  if (to < 0) to = 0;
  if (to > all) to = all;
  it->index += (to - done) * it->step;
  it->limit = all - to;
  return NONE;
}

static const NativeDef ri_methods[] = {
    {"__length_hint__", ri_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."},
    {"__reduce__", ri_reduce, "(self, /)", 0, "Return state information for pickling."},
    {"__setstate__", ri_setstate, "(self, object, /)", 0, "Set state information for unpickling."},
    {0},
};
const TypeSpec spec_range_iterator = {
    .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = ri_next}, .methods = ri_methods};

/* -- longrange_iterator ---------------------------------------------------------------- */

static Value lri_index(Iter *it) { return it->extra == EMPTY ? value_int(0) : it->extra; }

static Value lri_next(RpThread *th, Value self) {
  Iter *it = (Iter *)as_object(self);
  Range *r = as_range(it->seq);
  Value i = lri_index(it);
  if (int_cmp(i, r->length) >= 0) return EMPTY;
  Value v = item_at(th, r, i), n = v == EMPTY ? EMPTY : int_add(th, i, value_int(1));
  if (n == EMPTY) return EMPTY;
  obj_store(th, it, &it->extra, n);
  return v;
}

static Value lri_hint(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  return int_sub(th, as_range(it->seq)->length, lri_index(it));
}

static Value lri_reduce(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  return reduce_iter(th, "iter", it->seq, lri_index(it));
}

static Value lri_setstate(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  Value i = op_index(th, a[1]);
  if (i == EMPTY) return EMPTY;
  if (int_sign(i) < 0) i = value_int(0);
  if (int_cmp(i, as_range(it->seq)->length) > 0) i = as_range(it->seq)->length;
  obj_store(th, it, &it->extra, i);
  return NONE;
}

static const NativeDef lri_methods[] = {
    {"__length_hint__", lri_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."},
    {"__reduce__", lri_reduce, "(self, /)", 0, "Return state information for pickling."},
    {"__setstate__", lri_setstate, "(self, object, /)", 0, "Set state information for unpickling."},
    {0},
};
const TypeSpec spec_longrange_iterator = {
    .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = lri_next}, .methods = lri_methods};
