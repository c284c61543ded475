/* math_fn.h: the functions of math that the C library has not (or not as CPython computes them), and the integer ones. */
#ifndef RP_MATH_FN_H
#define RP_MATH_FN_H

#include "runtime/num.h"
#include "runtime/ops.h"

/* What the arithmetic of a function had to say. */
typedef enum MathStatus { MATH_OK, MATH_DOMAIN, MATH_RANGE } MathStatus;
double math_gamma(double x, MathStatus *st);
double math_lgamma(double x, MathStatus *st);
/* Euclidean norm of vec[0..n), all >= 0 with the largest `max`; any nan: has_nan. vec may be overwritten. */
double math_norm(double *vec, size_t n, double max, bool has_nan);
Value raise_math(RpThread *th, MathStatus st); /* "math domain error", "math range error" */
/* A number argument as a double: "must be real number, not T". */
ALWAYS_INLINE bool math_arg(RpThread *th, Value v, double *out) {
  if (likely(is_double(v))) return *out = as_double(v), true;
  if (is_int(v)) return *out = (double)as_int(v), true;
  return op_as_double(th, v, out);
}

/* Rows of the module table, math_int.c. */
Value math_factorial(RpThread *th, const Value *a);
Value math_comb(RpThread *th, const Value *a);
Value math_perm(RpThread *th, const Value *a);
Value math_isqrt(RpThread *th, const Value *a);
Value math_gcd(RpThread *th, const Value *a);
Value math_lcm(RpThread *th, const Value *a);
Value math_prod(RpThread *th, const Value *a);
Value math_fsum(RpThread *th, const Value *a);

#endif
