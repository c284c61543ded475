/* tuple.c: tuples. Hashing follows CPython (xxHash's round, Y. Collet, in the form of T. Peters and R. Hettinger) so that hash((1, 2)) is
** the same number. */
#include "runtime/cont.h"

#include <stdarg.h>

/* -- Making ------------------------------------------------------------- */

static _Alignas(16) struct { Object hdr; uint64_t length, pad; } empty_cell = {
    {SHAPE_tuple, K_TUPLE, OBJ_IMMUTABLE, 0, 0}, 0, 0};
Tuple *const tuple_empty_ = (Tuple *)&empty_cell;

#define TUPLE_MAX (((size_t)1 << 40) / sizeof(Value))

Tuple *tuple_alloc(RpThread *th, size_t n) {
  if (n == 0) return tuple_empty_;
  if (n > TUPLE_MAX) return raise_memory(th), NULL;
  Tuple *t = (Tuple *)heap_alloc(th, SHAPE_tuple, K_TUPLE, heap_walked_size(sizeof(Tuple) + n * sizeof(Value)));
  if (t) t->length = n;
  return t;
}

Tuple *tuple_alloc_type(RpThread *th, Type *type, size_t n) {
  if (type == &type_tuple) return tuple_alloc(th, n);
  if (n > TUPLE_MAX) return raise_memory(th), NULL;
  Tuple *t = (Tuple *)type_alloc_var(th, type, sizeof(Tuple) + n * sizeof(Value));
  if (t) t->length = n;
  return t;
}

Tuple *tuple_new(RpThread *th, const Value *items, size_t n) {
  Tuple *t = tuple_alloc(th, n);
  if (t && n) values_copy(t->items, items, n);
  return t;
}

Tuple *tuple_of(RpThread *th, int n, ...) {
  Tuple *t = tuple_alloc(th, n);
  if (!t) return NULL;
  va_list ap;
  va_start(ap, n);
  for (int i = 0; i < n; i++) t->items[i] = va_arg(ap, Value);
  va_end(ap);
  return t;
}

Tuple *tuple_perm(const Value *items, size_t n) {
  if (n == 0) return tuple_empty_;
  size_t size = (sizeof(Tuple) + n * sizeof(Value) + 15) & ~(size_t)15;
  Tuple *t = aligned_alloc(16, size);
  if (!t) return NULL;
  t->hdr = (Object){SHAPE_tuple, K_TUPLE, OBJ_IMMUTABLE, 0, 0};
  t->length = n;
  memcpy(t->items, items, n * sizeof(Value));
  return t;
}

Value tuple_slice(RpThread *th, Tuple *t, size_t lo, size_t hi) {
  if (lo >= hi) return V(tuple_empty_);
  if (lo == 0 && hi == t->length && has_shape(V(t), SHAPE_tuple)) return V(t);
  return V(tuple_new(th, t->items + lo, hi - lo));
}

int64_t tuple_find(RpThread *th, Tuple *t, Value v) {
  for (uint64_t i = 0; i < t->length; i++) {
    int eq = op_equal(th, t->items[i], v);
    if (eq) return eq < 0 ? -2 : (int64_t)i;
  }
  return -1;
}

/* -- Slots --------------------------------------------------------------- */

static void trace(Tracer *tr, Object *o) { trace_values(tr, ((Tuple *)o)->items, ((Tuple *)o)->length); }

static Value repr(RpThread *th, Value self) {
  Tuple *t = as_tuple(self);
  if (t->length == 0) return V(str_from_c(th, "()"));
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "(...)"));
  StrBuilder sb;
  sb_init(&sb, th);
  sb_char(&sb, '(');
  bool ok = true;
  for (uint64_t i = 0; ok && i < t->length; i++) {
    if (i) sb_ascii(&sb, ", ");
    ok = sb_repr(&sb, th, t->items[i]);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_ascii(&sb, t->length == 1 ? ",)" : ")");
  return V(sb_finish(&sb));
}

static int64_t hash(RpThread *th, Value self) {
  const uint64_t p1 = 11400714785074694791ull, p2 = 14029467366897019727ull, p5 = 2870177450012600261ull;
  Tuple *t = as_tuple(self);
  if (!thread_check_stack(th, "")) return -1;
  uint64_t acc = p5;
  for (uint64_t i = 0; i < t->length; i++) {
    int64_t lane = op_hash(th, t->items[i]);
    if (lane == -1) return -1;
    acc += (uint64_t)lane * p2;
    acc = (acc << 31) | (acc >> 33);
    acc *= p1;
  }
  acc += t->length ^ (p5 ^ 3527539ull);
  return acc == (uint64_t)-1 ? 1546275796 : (int64_t)acc;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!tuple_check(a) || !tuple_check(b)) return NOT_IMPLEMENTED;
  Tuple *x = as_tuple(a), *y = as_tuple(b);
  if (!thread_check_stack(th, " in comparison")) return EMPTY;
  uint64_t n = x->length < y->length ? x->length : y->length, i = 0;
  for (; i < n; i++) {
    if (x->items[i] == y->items[i]) continue;
    int eq = op_equal(th, x->items[i], y->items[i]);
    if (eq < 0) return EMPTY;
    if (!eq) break;
  }
  if (i == n) return compare_answer((x->length > y->length) - (x->length < y->length), op);
  if (op == CMP_EQ) return FALSE_V;
  if (op == CMP_NE) return TRUE_V;
  return op_compare(th, x->items[i], y->items[i], op);
}

static int64_t len(RpThread *th, Value self) { return (int64_t)as_tuple(self)->length; }

static Value getitem(RpThread *th, Value self, Value key) {
  Tuple *t = as_tuple(self);
  if (has_kind(key, K_SLICE)) {
    int64_t lo, hi, step, n;
    if (slice_unpack(th, (Slice *)as_object(key), (int64_t)t->length, &lo, &hi, &step, &n) < 0) return EMPTY;
    if (step == 1) return tuple_slice(th, t, lo, lo + n);
    Tuple *r = tuple_alloc(th, n);
    if (!r) return EMPTY;
    for (int64_t i = 0; i < n; i++) r->items[i] = t->items[lo + i * step];
    return V(r);
  }
  int64_t i;
  if (!cont_index(th, key, "tuple", &i)) return EMPTY;
  if (i < 0) i += (int64_t)t->length;
  if ((uint64_t)i >= t->length) return raise_index(th, "tuple index out of range");
  return t->items[i];
}

static int contains(RpThread *th, Value self, Value item) {
  int64_t i = tuple_find(th, as_tuple(self), item);
  return i == -2 ? -1 : i >= 0;
}

static Value concat(RpThread *th, Value a, Value b) {
  if (!tuple_check(a)) return NOT_IMPLEMENTED;
  if (!tuple_check(b)) return raise_type(th, "can only concatenate tuple (not \"%T\") to tuple", b);
  Tuple *x = as_tuple(a), *y = as_tuple(b);
  if (x->length == 0 && has_shape(b, SHAPE_tuple)) return b;
  if (y->length == 0 && has_shape(a, SHAPE_tuple)) return a;
  Tuple *r = tuple_alloc(th, x->length + y->length);
  if (!r) return EMPTY;
  values_copy(r->items, x->items, x->length);
  values_copy(r->items + x->length, y->items, y->length);
  return V(r);
}

static Value repeat(RpThread *th, Value self, Value count) {
  Tuple *t = as_tuple(self);
  int64_t n;
  if (!cont_index(th, count, NULL, &n)) return EMPTY;
  if (n == 1 && has_shape(self, SHAPE_tuple)) return self;
  if (n <= 0 || t->length == 0) return V(tuple_empty_);
  if ((uint64_t)n > TUPLE_MAX / t->length) return raise_memory(th);
  Tuple *r = tuple_alloc(th, t->length * n);
  if (!r) return EMPTY;
  for (int64_t i = 0; i < n; i++) values_copy(r->items + i * t->length, t->items, t->length);
  return V(r);
}

static Value iter(RpThread *th, Value self) { return V(iter_new(th, SHAPE_tuple_iterator, self)); }

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_tuple && !cont_no_keywords(th, "tuple", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "tuple", n_pos, 0, 1)) return EMPTY;
  Tuple *t = n_pos ? op_to_tuple(th, args[0]) : tuple_empty_;
  if (!t || type == &type_tuple) return V(t);
  Tuple *r = tuple_alloc_type(th, type, t->length);
  if (!r) return EMPTY;
  values_copy(r->items, t->items, t->length);
  return V(r);
}

/* -- Methods ---------------------------------------------------------------- */

static Value m_count(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]);
  int64_t n = 0;
  for (uint64_t i = 0; i < t->length; i++) {
    int eq = op_equal(th, t->items[i], a[1]);
    if (eq < 0) return EMPTY;
    n += eq;
  }
  return value_int(n);
}

static Value m_index(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]);
  int64_t lo = 0, hi = INT64_MAX;
  if (a[2] != EMPTY && !cont_bound(th, a[2], &lo)) return EMPTY;
  if (a[3] != EMPTY && !cont_bound(th, a[3], &hi)) return EMPTY;
  if (lo < 0 && (lo += (int64_t)t->length) < 0) lo = 0;
  if (hi < 0 && (hi += (int64_t)t->length) < 0) hi = 0;
  for (int64_t i = lo; i < hi && i < (int64_t)t->length; i++) {
    int eq = op_equal(th, t->items[i], a[1]);
    if (eq < 0) return EMPTY;
    if (eq) return value_int(i);
  }
  return raise_value(th, "tuple.index(x): x not in tuple");
}

static Value m_getnewargs(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]);
  Tuple *c = tuple_new(th, t->items, t->length);
  return c ? V(tuple_of(th, 1, V(c))) : EMPTY;
}

static const NativeDef methods[] = {
    {"__getnewargs__", m_getnewargs, "(self, /)"},
    {"index", m_index, "(self, value, start=0, stop=9223372036854775807, /)", 0,
     "Return first index of value.\n\nRaises ValueError if the value is not present."},
    {"count", m_count, "(self, value, /)", 0, "Return number of occurrences of value."},
    CLASS_GETITEM,
    {0},
};

const TypeSpec spec_tuple = {
    .doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the "
           "tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
    .size = sizeof(Tuple),
    .flags = TYPE_SEQUENCE,
    .slots = {.trace = trace, .repr = repr, .hash = hash, .compare = compare, .iter = iter, .new_ = new_, .len = len, .getitem = getitem,
              .contains = contains, .seq_concat = concat, .seq_repeat = repeat},
    .methods = methods,
};
