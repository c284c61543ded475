/* mod__bisect.c: the module _bisect: binary search in sorted sequences. */
#include "runtime/cont.h"

/* a: (sequence, x, lo, hi, key). `x` has already gone through key where that is asked for. Index, or -1. */
static int64_t search(RpThread *th, const Value *a, Value x, bool right) {
  int64_t lo = 0, hi = -1;
  if (a[2] != EMPTY && !op_as_i64(th, a[2], &lo)) return -1;
  if (a[3] != EMPTY && a[3] != NONE && !op_as_i64(th, a[3], &hi)) return -1;
  if (lo < 0) return raise_value(th, "lo must be non-negative"), -1;
  if ((a[3] == EMPTY || a[3] == NONE || hi == -1) && (hi = op_len(th, a[0])) < 0) return -1;
  Value key = a[4] == EMPTY ? NONE : a[4];
  while (lo < hi) {
    int64_t mid = (int64_t)(((uint64_t)lo + (uint64_t)hi) / 2);
    Value v = op_getitem(th, a[0], value_int(mid));
    if (v != EMPTY && key != NONE) v = op_call1(th, key, v);
    if (v == EMPTY) return -1;
    int less = right ? op_compare_bool(th, x, v, CMP_LT) : op_compare_bool(th, v, x, CMP_LT);
    if (less < 0) return -1;
    if (less == right) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

static Value bisect(RpThread *th, const Value *a, bool right) {
  int64_t i = search(th, a, a[1], right);
  return i < 0 ? EMPTY : value_int(i);
}

static Value insort(RpThread *th, const Value *a, bool right) {
  Value x = a[4] == EMPTY || a[4] == NONE ? a[1] : op_call1(th, a[4], a[1]);
  if (x == EMPTY) return EMPTY;
  int64_t i = search(th, a, x, right);
  if (i < 0) return EMPTY;
  if (has_shape(a[0], SHAPE_list)) return list_insert(th, as_list(a[0]), i, a[1]) < 0 ? EMPTY : NONE;
  Str *insert = str_intern_c(th, "insert");
  Value args[2] = {value_int(i), a[1]};
  return insert && op_call_method(th, a[0], insert, args, 2) != EMPTY ? NONE : EMPTY;
}

static Value fn_bisect_right(RpThread *th, const Value *a) { return bisect(th, a, true); }
static Value fn_bisect_left(RpThread *th, const Value *a) { return bisect(th, a, false); }
static Value fn_insort_right(RpThread *th, const Value *a) { return insort(th, a, true); }
static Value fn_insort_left(RpThread *th, const Value *a) { return insort(th, a, false); }

#define SIGNATURE "(a, x, lo=0, hi=None, *, key=None)"
static const NativeDef functions[] = {
    {"bisect_right", fn_bisect_right, SIGNATURE, 0,
     "Return the index where to insert item x in list a, assuming a is sorted.\n\nThe return value i is such that all e in a[:i] have e <= x, and all e "
     "in\na[i:] have e > x."},
    {"bisect", fn_bisect_right, SIGNATURE, 0, "The same as bisect_right()."},
    {"bisect_left", fn_bisect_left, SIGNATURE, 0,
     "Return the index where to insert item x in list a, assuming a is sorted.\n\nThe return value i is such that all e in a[:i] have e < x, and all e "
     "in\na[i:] have e >= x."},
    {"insort_right", fn_insort_right, SIGNATURE, 0,
     "Insert item x in list a, and keep it sorted assuming a is sorted.\n\nIf x is already in a, insert it to the right of the rightmost x."},
    {"insort", fn_insort_right, SIGNATURE, 0, "The same as insort_right()."},
    {"insort_left", fn_insort_left, SIGNATURE, 0,
     "Insert item x in list a, and keep it sorted assuming a is sorted.\n\nIf x is already in a, insert it to the left of the leftmost x."},
    {0},
};

const ModuleSpec mod__bisect = {.doc = "Bisection algorithms.", .functions = functions};
