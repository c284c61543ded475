/* slice.c: slice objects and what bounds mean for a sequence of a given length. */
#include "runtime/cont.h"

Slice *slice_new(RpThread *th, Value start, Value stop, Value step) {
  Slice *s = heap_new(th, Slice, SHAPE_slice, K_SLICE);
  if (!s) return NULL;
  s->start = start;
  s->stop = stop;
  s->step = step;
  return s;
}

#define BAD_BOUND "slice indices must be integers or None or have an __index__ method"

static bool bound(RpThread *th, Value v, int64_t *out) {
  if (likely(is_int(v))) return *out = as_int(v), true;
  if (!int_check(v) && !type_of(v)->slots.index) return raise_type(th, BAD_BOUND), false;
  return op_as_size(th, v, out);
}

static int64_t clamp(int64_t v, int64_t n, int64_t step) {
  if (v < 0) {
    v += n;
    return v < 0 ? (step < 0 ? -1 : 0) : v;
  }
  return v >= n ? (step < 0 ? n - 1 : n) : v;
}

int slice_unpack(RpThread *th, Slice *s, int64_t n, int64_t *start, int64_t *stop, int64_t *step, int64_t *count) {
  *step = 1;
  if (s->step != NONE && !bound(th, s->step, step)) return -1;
  if (*step == 0) return raise_value(th, "slice step cannot be zero"), -1;
  if (*step < -INT64_MAX) *step = -INT64_MAX;
  *start = *step < 0 ? n - 1 : 0;
  *stop = *step < 0 ? -1 : n;
  int64_t v;
  if (s->start != NONE) {
    if (!bound(th, s->start, &v)) return -1;
    *start = clamp(v, n, *step);
  }
  if (s->stop != NONE) {
    if (!bound(th, s->stop, &v)) return -1;
    *stop = clamp(v, n, *step);
  }
  if (*step < 0) *count = *stop < *start ? (*start - *stop - 1) / -*step + 1 : 0;
  else *count = *start < *stop ? (*stop - *start - 1) / *step + 1 : 0;
  return 0;
}

/* -- Any size ------------------------------------------------------------- */

static Value as_index(RpThread *th, Value v) {
  if (!int_check(v) && !type_of(v)->slots.index) return raise_type(th, BAD_BOUND);
  return op_index(th, v);
}

/* The bound v within [lower, upper], counting from the end when negative; dflt for None. */
static Value big_bound(RpThread *th, Value v, Value length, Value lower, Value upper, Value dflt) {
  if (v == NONE) return dflt;
  v = as_index(th, v);
  if (v == EMPTY) return EMPTY;
  if (int_sign(v) < 0) {
    v = int_add(th, v, length);
    return v != EMPTY && int_cmp(v, lower) < 0 ? lower : v;
  }
  return int_cmp(v, upper) > 0 ? upper : v;
}

int slice_indices(RpThread *th, Slice *s, Value length, Value *start, Value *stop, Value *step) {
  *step = s->step == NONE ? value_int(1) : as_index(th, s->step);
  if (*step == EMPTY) return -1;
  int sign = int_sign(*step);
  if (sign == 0) return raise_value(th, "slice step cannot be zero"), -1;
  Value lower = value_int(sign < 0 ? -1 : 0), upper = sign < 0 ? int_sub(th, length, value_int(1)) : length;
  if (upper == EMPTY) return -1;
  *start = big_bound(th, s->start, length, lower, upper, sign < 0 ? upper : lower);
  if (*start == EMPTY) return -1;
  *stop = big_bound(th, s->stop, length, lower, upper, sign < 0 ? lower : upper);
  return *stop == EMPTY ? -1 : 0;
}

/* -- The type ---------------------------------------------------------------- */

static void trace(Tracer *tr, Object *o) { trace_values(tr, &((Slice *)o)->start, 3); }

static Value repr(RpThread *th, Value self) {
  Slice *s = (Slice *)as_object(self);
  return V(str_fmt(th, "slice(%V, %V, %V)", s->start, s->stop, s->step));
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_kind(a, K_SLICE) || !has_kind(b, K_SLICE)) return NOT_IMPLEMENTED;
  if (a == b) return value_bool(op == CMP_EQ || op == CMP_LE || op == CMP_GE);
  Tuple *x = tuple_new(th, &((Slice *)as_object(a))->start, 3), *y = tuple_new(th, &((Slice *)as_object(b))->start, 3);
  return x && y ? op_compare(th, V(x), V(y), op) : EMPTY;
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_no_keywords(th, "slice", n_keywords(kwnames)) || !cont_arity(th, "slice", n_pos, 1, 3)) return EMPTY;
  if (n_pos == 1) return V(slice_new(th, NONE, args[0], NONE));
  return V(slice_new(th, args[0], args[1], n_pos == 3 ? args[2] : NONE));
}

static Value m_indices(RpThread *th, const Value *a) {
  Value n = op_index(th, a[1]), start, stop, step;
  if (n == EMPTY) return EMPTY;
  if (int_sign(n) < 0) return raise_value(th, "length should not be negative");
  if (slice_indices(th, (Slice *)as_object(a[0]), n, &start, &stop, &step) < 0) return EMPTY;
  return V(tuple_of(th, 3, start, stop, step));
}

static Value m_reduce(RpThread *th, const Value *a) {
  Tuple *args = tuple_new(th, &((Slice *)as_object(a[0]))->start, 3);
  return args ? V(tuple_of(th, 2, V(&type_slice), V(args))) : EMPTY;
}

static Value get_start(RpThread *th, Value self) { return ((Slice *)as_object(self))->start; }
static Value get_stop(RpThread *th, Value self) { return ((Slice *)as_object(self))->stop; }
static Value get_step(RpThread *th, Value self) { return ((Slice *)as_object(self))->step; }

static const NativeDef methods[] = {
    {"indices", m_indices, "(self, object, /)", 0,
     "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the start and stop\nindices, and the stride "
     "length of the extended slice described by\nS. Out of bounds indices are clipped in a manner consistent with the\nhandling of normal "
     "slices."},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling."},
    {0},
};
static const GetSetDef getsets[] = {{"start", get_start}, {"stop", get_stop}, {"step", get_step}, {0}};

const TypeSpec spec_slice = {
    .doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    .size = sizeof(Slice),
    .slots = {.trace = trace, .repr = repr, .compare = compare, .new_ = new_},
    .methods = methods,
    .getsets = getsets,
};
