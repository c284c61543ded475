/* mod_math.c: the module math. Functions from doubles to a double carry an unboxed form for native code: it raises nothing, so a result
** that is not finite must be computed again through the boxed function, which raises where Python does. */
#include "runtime/dict.h"
#include "runtime/float.h"
#include "runtime/int.h"
#include "runtime/list.h"
#include "runtime/math_fn.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/tuple.h"

#include <math.h>

Value raise_math(RpThread *th, MathStatus st) {
  if (st == MATH_RANGE) return raise_overflow(th, "math range error");
  return raise_value(th, "math domain error");
}

/* -- One and two doubles to a double ------------------------------------------------- */

/* A result that is not finite: an error unless the argument was no better. */
static COLD Value odd_result(RpThread *th, double r, bool nan_in, bool inf_in, bool can_overflow) {
  if (isnan(r)) return nan_in ? value_double_canon(r) : raise_math(th, MATH_DOMAIN);
  if (inf_in || nan_in) return value_double(r);
  return raise_math(th, can_overflow ? MATH_RANGE : MATH_DOMAIN);
}

#define FUNC1(name, fn, can_overflow)                                                               \
  static Value m_##name(RpThread *th, const Value *a) {                                             \
    double x;                                                                                       \
    if (!math_arg(th, a[0], &x)) return EMPTY;                                                      \
    double r = fn(x);                                                                               \
    return likely(isfinite(r)) ? value_double(r) : odd_result(th, r, isnan(x), isinf(x), can_overflow); \
  }
#define FUNC2(name, fn)                                                                             \
  static Value m_##name(RpThread *th, const Value *a) {                                             \
    double x, y;                                                                                    \
    if (!math_arg(th, a[0], &x) || !math_arg(th, a[1], &y)) return EMPTY;                           \
    double r = fn(x, y);                                                                            \
    if (likely(isfinite(r))) return value_double(r);                                                \
    return odd_result(th, r, isnan(x) || isnan(y), isinf(x) || isinf(y), true);                     \
  }

static double degrees(double x) { return x * (180.0 / M_PI); }
static double radians(double x) { return x * (M_PI / 180.0); }
static double ulp(double x) {
  if (isnan(x)) return x;
  x = fabs(x);
  if (isinf(x)) return x;
  double above = nextafter(x, INFINITY);
  return isinf(above) ? x - nextafter(x, -INFINITY) : above - x;
}

FUNC1(acos, acos, false) FUNC1(acosh, acosh, false) FUNC1(asin, asin, false) FUNC1(asinh, asinh, false) FUNC1(atan, atan, false)
FUNC1(atanh, atanh, false) FUNC1(cbrt, cbrt, false) FUNC1(cos, cos, false) FUNC1(cosh, cosh, true) FUNC1(erf, erf, false)
FUNC1(erfc, erfc, false) FUNC1(exp, exp, true) FUNC1(exp2, exp2, true) FUNC1(expm1, expm1, true) FUNC1(fabs, fabs, false)
FUNC1(log1p, log1p, false) FUNC1(sin, sin, false) FUNC1(sinh, sinh, true) FUNC1(sqrt, sqrt, false) FUNC1(tan, tan, false)
FUNC1(tanh, tanh, false)
FUNC2(atan2, atan2) FUNC2(copysign, copysign) FUNC2(fmod, fmod) FUNC2(remainder, remainder)

/* No errors at all: overflow to infinity and nan are results. */
#define PLAIN1(name, fn)                                                                            \
  static Value m_##name(RpThread *th, const Value *a) {                                             \
    double x;                                                                                       \
    return math_arg(th, a[0], &x) ? value_double_canon(fn(x)) : EMPTY;                              \
  }
PLAIN1(degrees, degrees) PLAIN1(radians, radians) PLAIN1(ulp, ulp)

static Value m_nextafter(RpThread *th, const Value *a) {
  double x, y;
  if (!math_arg(th, a[0], &x) || !math_arg(th, a[1], &y)) return EMPTY;
  return value_double_canon(nextafter(x, y));
}

static Value with_status(RpThread *th, const Value *a, double (*fn)(double, MathStatus *)) {
  double x;
  MathStatus st;
  if (!math_arg(th, a[0], &x)) return EMPTY;
  double r = fn(x, &st);
  return st == MATH_OK ? value_double_canon(r) : raise_math(th, st);
}
static Value m_gamma(RpThread *th, const Value *a) { return with_status(th, a, math_gamma); }
static Value m_lgamma(RpThread *th, const Value *a) { return with_status(th, a, math_lgamma); }
static double unboxed_gamma(double x) {
  MathStatus st;
  double r = math_gamma(x, &st);
  return st == MATH_OK ? r : NAN;
}
static double unboxed_lgamma(double x) {
  MathStatus st;
  double r = math_lgamma(x, &st);
  return st == MATH_OK ? r : NAN;
}

static Value m_pow(RpThread *th, const Value *a) {
  double x, y;
  if (!math_arg(th, a[0], &x) || !math_arg(th, a[1], &y)) return EMPTY;
  double r = pow(x, y); /* C99's special cases are Python's */
  if (isfinite(r) || !isfinite(x) || !isfinite(y)) return value_double_canon(r);
  return raise_math(th, isnan(r) || x == 0 ? MATH_DOMAIN : MATH_RANGE);
}

/* -- Logarithms ------------------------------------------------------------------------- */

/* log of any number: ints too wide for a double go by their bits. False + pending. */
static bool log_of(RpThread *th, Value v, double (*fn)(double), double *out) {
  double x;
  if (is_object(v) && int_check(v)) {
    if (int_sign(v) <= 0) return raise_math(th, MATH_DOMAIN), false;
    x = int_as_double(th, v);
    if (th->pending) {
      if (!error_is(th, &type_OverflowError)) return false;
      error_clear(th);
      int64_t e;
      double m = int_frexp(v, &e);
      *out = fn(m) + fn(2.0) * (double)e;
      return true;
    }
  } else if (!math_arg(th, v, &x)) {
    return false;
  }
  if (x <= 0) return raise_math(th, MATH_DOMAIN), false;
  *out = fn(x);
  return true;
}
static Value m_log2(RpThread *th, const Value *a) {
  double r;
  return log_of(th, a[0], log2, &r) ? value_double_canon(r) : EMPTY;
}
static Value m_log10(RpThread *th, const Value *a) {
  double r;
  return log_of(th, a[0], log10, &r) ? value_double_canon(r) : EMPTY;
}
static Value m_log(RpThread *th, const Value *a) {
  double num, den;
  if (!log_of(th, a[0], log, &num)) return EMPTY;
  if (!a[1]) return value_double_canon(num);
  if (!log_of(th, a[1], log, &den)) return EMPTY;
  if (den == 0) return raise_error(th, &type_ZeroDivisionError, "float division by zero");
  return value_double_canon(num / den);
}

/* -- Taking floats apart ------------------------------------------------------------------- */

static Value pair(RpThread *th, Value a, Value b) {
  Tuple *t = tuple_of(th, 2, a, b);
  return t ? value_object(t) : EMPTY;
}
static Value m_frexp(RpThread *th, const Value *a) {
  double x;
  int e = 0;
  if (!math_arg(th, a[0], &x)) return EMPTY;
  if (x != 0 && isfinite(x)) x = frexp(x, &e);
  return pair(th, value_double_canon(x), value_int(e));
}
static Value m_modf(RpThread *th, const Value *a) {
  double x, whole;
  if (!math_arg(th, a[0], &x)) return EMPTY;
  double f = modf(x, &whole);
  return pair(th, value_double_canon(f), value_double_canon(whole));
}
static Value m_ldexp(RpThread *th, const Value *a) {
  double x;
  int64_t e;
  if (!math_arg(th, a[0], &x)) return EMPTY;
  if (!int_check(a[1])) return raise_type(th, "Expected an int as second argument to ldexp.");
  if (!int_as_i64(a[1], &e)) e = int_sign(a[1]) < 0 ? -100000 : 100000;
  if (x == 0 || !isfinite(x)) return value_double_canon(x);
  double r = ldexp(x, e > 100000 ? 100000 : e < -100000 ? -100000 : (int)e);
  return isinf(r) ? raise_math(th, MATH_RANGE) : value_double(r);
}

/* -- To ints ---------------------------------------------------------------------------------- */

/* floor, ceil: the float itself, the type's own method, or anything with __float__. */
static Value to_int(RpThread *th, Value v, Str *method, double (*fn)(double)) {
  double x;
  if (is_double(v)) return int_from_double(th, fn(as_double(v)));
  if (is_int(v)) return v;
  Value m = op_lookup_special(th, v, method);
  if (m) return op_call0(th, m);
  if (th->pending || !op_as_double(th, v, &x)) return EMPTY;
  return int_from_double(th, fn(x));
}
static Value m_floor(RpThread *th, const Value *a) { return to_int(th, a[0], S(__floor__), floor); }
static Value m_ceil(RpThread *th, const Value *a) { return to_int(th, a[0], S(__ceil__), ceil); }
static Value m_trunc(RpThread *th, const Value *a) {
  if (is_double(a[0])) return int_from_double(th, as_double(a[0]));
  if (is_int(a[0])) return a[0];
  Value m = op_lookup_special(th, a[0], S(__trunc__));
  if (m) return op_call0(th, m);
  return th->pending ? EMPTY : raise_type(th, "type %T doesn't define __trunc__ method", a[0]);
}

/* -- Questions ------------------------------------------------------------------------------------ */

static Value m_isfinite(RpThread *th, const Value *a) {
  double x;
  return math_arg(th, a[0], &x) ? value_bool(isfinite(x)) : EMPTY;
}
static Value m_isinf(RpThread *th, const Value *a) {
  double x;
  return math_arg(th, a[0], &x) ? value_bool(isinf(x)) : EMPTY;
}
static Value m_isnan(RpThread *th, const Value *a) {
  double x;
  return math_arg(th, a[0], &x) ? value_bool(isnan(x)) : EMPTY;
}
static Value m_isclose(RpThread *th, const Value *a) {
  double x, y, rel = 1e-9, abs_tol = 0;
  if (!math_arg(th, a[0], &x) || !math_arg(th, a[1], &y)) return EMPTY;
  if ((a[2] && !math_arg(th, a[2], &rel)) || (a[3] && !math_arg(th, a[3], &abs_tol))) return EMPTY;
  if (rel < 0 || abs_tol < 0) return raise_value(th, "tolerances must be non-negative");
  if (x == y) return TRUE_V;
  if (isinf(x) || isinf(y)) return FALSE_V;
  double diff = fabs(y - x);
  return value_bool(diff <= fabs(rel * y) || diff <= fabs(rel * x) || diff <= abs_tol);
}

/* -- Distances ---------------------------------------------------------------------------------------- */

typedef struct Norm { double *v, few[16], max; size_t n; bool has_nan; } Norm;

static bool norm_init(RpThread *th, Norm *m, size_t n) {
  m->v = n <= countof(m->few) ? m->few : malloc(n * sizeof(double));
  m->max = 0, m->n = 0, m->has_nan = false;
  if (!m->v) raise_memory(th);
  return m->v != NULL;
}
static void norm_add(Norm *m, double x) {
  x = fabs(x);
  m->v[m->n++] = x;
  m->has_nan |= isnan(x);
  if (x > m->max) m->max = x;
}
static Value norm_finish(Norm *m, bool ok) {
  Value r = ok ? value_double_canon(math_norm(m->v, m->n, m->max, m->has_nan)) : EMPTY;
  if (m->v != m->few) free(m->v);
  return r;
}

static Value m_hypot(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[0]);
  Norm m;
  bool ok = true;
  if (!norm_init(th, &m, args->length)) return EMPTY;
  for (uint64_t i = 0; ok && i < args->length; i++) {
    double x;
    ok = math_arg(th, args->items[i], &x);
    if (ok) norm_add(&m, x);
  }
  return norm_finish(&m, ok);
}

static Tuple *point(RpThread *th, Value v) { return tuple_check(v) ? as_tuple(v) : op_to_tuple(th, v); }
static Value m_dist(RpThread *th, const Value *a) {
  Tuple *p = point(th, a[0]), *q = p ? point(th, a[1]) : NULL;
  if (!q) return EMPTY;
  if (p->length != q->length) return raise_value(th, "both points must have the same number of dimensions");
  Norm m;
  bool ok = true;
  if (!norm_init(th, &m, p->length)) return EMPTY;
  for (uint64_t i = 0; ok && i < p->length; i++) {
    double x, y;
    ok = math_arg(th, p->items[i], &x) && math_arg(th, q->items[i], &y);
    if (ok) norm_add(&m, x - y);
  }
  return norm_finish(&m, ok);
}

/* -- The module ------------------------------------------------------------------------------------------ */

#define ROW1(name, fn, doc) {#name, m_##name, "(x, /)", NATIVE_PURE, doc, (void *)(fn)}
#define ROW2(name, fn, doc) {#name, m_##name, "(x, y, /)", NATIVE_PURE, doc, (void *)(fn)}
static const NativeDef math_functions[] = {
    ROW1(acos, acos, "Return the arc cosine (measured in radians) of x."),
    ROW1(acosh, acosh, "Return the inverse hyperbolic cosine of x."),
    ROW1(asin, asin, "Return the arc sine (measured in radians) of x."),
    ROW1(asinh, asinh, "Return the inverse hyperbolic sine of x."),
    ROW1(atan, atan, "Return the arc tangent (measured in radians) of x."),
    {"atan2", m_atan2, "(y, x, /)", NATIVE_PURE, "Return the arc tangent (measured in radians) of y/x.", (void *)atan2},
    ROW1(atanh, atanh, "Return the inverse hyperbolic tangent of x."),
    ROW1(cbrt, cbrt, "Return the cube root of x."),
    {"ceil", m_ceil, "(x, /)", 0, "Return the ceiling of x as an Integral."},
    {"comb", math_comb, "(n, k, /)", 0, "Number of ways to choose k items from n items without repetition and without order."},
    ROW2(copysign, copysign, "Return a float with the magnitude (absolute value) of x but the sign of y."),
    ROW1(cos, cos, "Return the cosine of x (measured in radians)."),
    ROW1(cosh, cosh, "Return the hyperbolic cosine of x."),
    ROW1(degrees, degrees, "Convert angle x from radians to degrees."),
    {"dist", m_dist, "(p, q, /)", 0, "Return the Euclidean distance between two points p and q."},
    ROW1(erf, erf, "Error function at x."),
    ROW1(erfc, erfc, "Complementary error function at x."),
    ROW1(exp, exp, "Return e raised to the power of x."),
    ROW1(exp2, exp2, "Return 2 raised to the power of x."),
    ROW1(expm1, expm1, "Return exp(x)-1."),
    ROW1(fabs, fabs, "Return the absolute value of the float x."),
    {"factorial", math_factorial, "(n, /)", 0, "Find n!."},
    {"floor", m_floor, "(x, /)", 0, "Return the floor of x as an Integral."},
    ROW2(fmod, fmod, "Return fmod(x, y), according to platform C."),
    {"frexp", m_frexp, "(x, /)", NATIVE_PURE, "Return the mantissa and exponent of x, as pair (m, e)."},
    {"fsum", math_fsum, "(seq, /)", 0, "Return an accurate floating point sum of values in the iterable seq."},
    ROW1(gamma, unboxed_gamma, "Gamma function at x."),
    {"gcd", math_gcd, "(*integers)", 0, "Greatest Common Divisor."},
    {"hypot", m_hypot, "(*coordinates)", 0, "Multidimensional Euclidean distance from the origin to a point."},
    {"isclose", m_isclose, "(a, b, *, rel_tol=1e-09, abs_tol=0.0)", 0, "Determine whether two floating point numbers are close in value."},
    {"isfinite", m_isfinite, "(x, /)", NATIVE_PURE, "Return True if x is neither an infinity nor a NaN, and False otherwise."},
    {"isinf", m_isinf, "(x, /)", NATIVE_PURE, "Return True if x is a positive or negative infinity, and False otherwise."},
    {"isnan", m_isnan, "(x, /)", NATIVE_PURE, "Return True if x is a NaN (not a number), and False otherwise."},
    {"isqrt", math_isqrt, "(n, /)", 0, "Return the integer part of the square root of the input."},
    {"lcm", math_lcm, "(*integers)", 0, "Least Common Multiple."},
    {"ldexp", m_ldexp, "(x, i, /)", 0, "Return x * (2**i)."},
    ROW1(lgamma, unboxed_lgamma, "Natural logarithm of absolute value of Gamma function at x."),
    {"log", m_log, "(x, base=e, /)", 0, "Return the logarithm of x to the given base."},
    ROW1(log10, log10, "Return the base 10 logarithm of x."),
    ROW1(log1p, log1p, "Return the natural logarithm of 1+x (base e)."),
    ROW1(log2, log2, "Return the base 2 logarithm of x."),
    {"modf", m_modf, "(x, /)", NATIVE_PURE, "Return the fractional and integer parts of x."},
    ROW2(nextafter, nextafter, "Return the next floating-point value after x towards y."),
    {"perm", math_perm, "(n, k=None, /)", 0, "Number of ways to choose k items from n items without repetition and with order."},
    ROW2(pow, pow, "Return x**y (x to the power of y)."),
    {"prod", math_prod, "(iterable, /, *, start=1)", 0, "Calculate the product of all the elements in the input iterable."},
    ROW1(radians, radians, "Convert angle x from degrees to radians."),
    ROW2(remainder, remainder, "Difference between x and the closest integer multiple of y."),
    ROW1(sin, sin, "Return the sine of x (measured in radians)."),
    ROW1(sinh, sinh, "Return the hyperbolic sine of x."),
    ROW1(sqrt, sqrt, "Return the square root of x."),
    ROW1(tan, tan, "Return the tangent of x (measured in radians)."),
    ROW1(tanh, tanh, "Return the hyperbolic tangent of x."),
    {"trunc", m_trunc, "(x, /)", 0, "Truncates the Real x to the nearest Integral toward 0."},
    ROW1(ulp, ulp, "Return the value of the least significant bit of the float x."),
    {0},
};

static int math_init(RpThread *th, Dict *dict) {
  static const struct { const char *name; double v; } constants[] = {
      {"pi", M_PI}, {"e", M_E}, {"tau", 2 * M_PI}, {"inf", INFINITY}, {"nan", NAN}};
  for (size_t i = 0; i < countof(constants); i++)
    if (dict_set_c(th, dict, constants[i].name, value_double(constants[i].v)) < 0) return -1;
  return 0;
}

const ModuleSpec mod_math = {
    .doc = "This module provides access to the mathematical functions\ndefined by the C standard.",
    .functions = math_functions,
    .init = math_init,
};
