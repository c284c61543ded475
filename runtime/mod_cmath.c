/* mod_cmath.c: the module cmath. Finite arguments use the formulas of CPython (W. Kahan, "Branch cuts for complex elementary functions"),
** so that the last digit agrees; infinities and nans go to the C library, whose Annex G results are Python's. */
#include "runtime/complex.h"
#include "runtime/dict.h"
#include "runtime/math_fn.h"
#include "runtime/native.h"
#include "runtime/tuple.h"

#include <complex.h>
#include <float.h>
#include <math.h>

#define LARGE (DBL_MAX / 4.0)
#define LOG_LARGE (log(LARGE))

static bool finite_(Cplx z) { return isfinite(z.re) && isfinite(z.im); }
static bool large(Cplx z) { return fabs(z.re) > LARGE || fabs(z.im) > LARGE; }
static Cplx from_libc(double complex z) { return (Cplx){creal(z), cimag(z)}; }
static double complex to_libc(Cplx z) { return __builtin_complex(z.re, z.im); }
static Cplx times_i(Cplx z) { return (Cplx){-z.im, z.re}; }
static Cplx over_i(Cplx z) { return (Cplx){z.im, -z.re}; }
static double log_size(Cplx z, double ln) { return log(hypot(z.re / 2.0, z.im / 2.0)) + ln; } /* of a large z: log |z / 2| + ln */

/* -- Functions ------------------------------------------------------------------------ */

static Cplx z_sqrt(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(csqrt(to_libc(z)));
  if (z.re == 0 && z.im == 0) return (Cplx){0, z.im};
  double ax = fabs(z.re), ay = fabs(z.im), s;
  if (ax < DBL_MIN && ay < DBL_MIN) { /* scaled out of the subnormals */
    ax = ldexp(ax, 53);
    s = ldexp(sqrt(ax + hypot(ax, ldexp(ay, 53))), -27);
  } else {
    ax /= 8.0;
    s = 2.0 * sqrt(ax + hypot(ax, ay / 8.0));
  }
  double d = ay / (2.0 * s);
  return z.re >= 0 ? (Cplx){s, copysign(d, z.im)} : (Cplx){d, copysign(s, z.im)};
}

static Cplx z_acos(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(cacos(to_libc(z)));
  if (large(z)) {
    double l = log_size(z, M_LN2 * 2.0);
    return (Cplx){atan2(fabs(z.im), z.re), z.re < 0 ? -copysign(l, z.im) : copysign(l, -z.im)};
  }
  Cplx s1 = z_sqrt((Cplx){1.0 - z.re, -z.im}, st), s2 = z_sqrt((Cplx){1.0 + z.re, z.im}, st);
  return (Cplx){2.0 * atan2(s1.re, s2.re), asinh(s2.re * s1.im - s2.im * s1.re)};
}
static Cplx z_acosh(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(cacosh(to_libc(z)));
  if (large(z)) return (Cplx){log_size(z, M_LN2 * 2.0), atan2(z.im, z.re)};
  Cplx s1 = z_sqrt((Cplx){z.re - 1.0, z.im}, st), s2 = z_sqrt((Cplx){z.re + 1.0, z.im}, st);
  return (Cplx){asinh(s1.re * s2.re + s1.im * s2.im), 2.0 * atan2(s1.im, s2.re)};
}
static Cplx z_asinh(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(casinh(to_libc(z)));
  if (large(z)) {
    double l = log_size(z, M_LN2 * 2.0);
    return (Cplx){z.im >= 0 ? copysign(l, z.re) : -copysign(l, -z.re), atan2(z.im, fabs(z.re))};
  }
  Cplx s1 = z_sqrt((Cplx){1.0 + z.im, -z.re}, st), s2 = z_sqrt((Cplx){1.0 - z.im, z.re}, st);
  return (Cplx){asinh(s1.re * s2.im - s2.re * s1.im), atan2(z.im, s1.re * s2.re - s1.im * s2.im)};
}
static Cplx z_asin(Cplx z, MathStatus *st) { return over_i(z_asinh(times_i(z), st)); }

static Cplx z_atanh(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(catanh(to_libc(z)));
  if (signbit(z.re)) {
    Cplx r = z_atanh((Cplx){-z.re, -z.im}, st);
    return (Cplx){-r.re, -r.im};
  }
  double ay = fabs(z.im);
  if (z.re > sqrt(LARGE) || ay > sqrt(LARGE)) {
    double h = hypot(z.re / 2.0, z.im / 2.0);
    return (Cplx){z.re / 4.0 / h / h, -copysign(M_PI / 2.0, -z.im)};
  }
  if (z.re == 1.0 && ay < sqrt(DBL_MIN)) {
    if (ay == 0) return *st = MATH_DOMAIN, (Cplx){INFINITY, z.im};
    return (Cplx){-log(sqrt(ay) / sqrt(hypot(ay, 2.0))), copysign(atan2(2.0, -ay) / 2, z.im)};
  }
  double d = 1 - z.re;
  return (Cplx){log1p(4.0 * z.re / (d * d + ay * ay)) / 4.0, -atan2(-2.0 * z.im, d * (1 + z.re) - ay * ay) / 2.0};
}
static Cplx z_atan(Cplx z, MathStatus *st) { return over_i(z_atanh(times_i(z), st)); }

static Cplx range_checked(Cplx r, MathStatus *st) {
  if (isinf(r.re) || isinf(r.im)) *st = MATH_RANGE;
  return r;
}
static Cplx z_exp(Cplx z, MathStatus *st) {
  if (!finite_(z)) {
    if (isinf(z.im) && !isnan(z.re) && z.re != -INFINITY) *st = MATH_DOMAIN;
    return from_libc(cexp(to_libc(z)));
  }
  bool scaled = z.re > LOG_LARGE; /* the product may fit where e^re does not */
  double l = exp(scaled ? z.re - 1.0 : z.re), f = scaled ? M_E : 1.0;
  return range_checked((Cplx){l * cos(z.im) * f, l * sin(z.im) * f}, st);
}
static Cplx z_cosh(Cplx z, MathStatus *st) {
  if (!finite_(z)) {
    if (isinf(z.im) && !isnan(z.re)) *st = MATH_DOMAIN;
    return from_libc(ccosh(to_libc(z)));
  }
  if (fabs(z.re) <= LOG_LARGE) return range_checked((Cplx){cos(z.im) * cosh(z.re), sin(z.im) * sinh(z.re)}, st);
  double x = z.re - copysign(1.0, z.re);
  return range_checked((Cplx){cos(z.im) * cosh(x) * M_E, sin(z.im) * sinh(x) * M_E}, st);
}
static Cplx z_sinh(Cplx z, MathStatus *st) {
  if (!finite_(z)) {
    if (isinf(z.im) && !isnan(z.re)) *st = MATH_DOMAIN;
    return from_libc(csinh(to_libc(z)));
  }
  if (fabs(z.re) <= LOG_LARGE) return range_checked((Cplx){cos(z.im) * sinh(z.re), sin(z.im) * cosh(z.re)}, st);
  double x = z.re - copysign(1.0, z.re);
  return range_checked((Cplx){cos(z.im) * sinh(x) * M_E, sin(z.im) * cosh(x) * M_E}, st);
}
static Cplx z_tanh(Cplx z, MathStatus *st) {
  if (!finite_(z)) {
    if (isinf(z.im) && isfinite(z.re)) *st = MATH_DOMAIN;
    return from_libc(ctanh(to_libc(z)));
  }
  if (fabs(z.re) > LOG_LARGE) return (Cplx){copysign(1.0, z.re), 4.0 * sin(z.im) * cos(z.im) * exp(-2.0 * fabs(z.re))};
  double tx = tanh(z.re), ty = tan(z.im), cx = 1.0 / cosh(z.re), txty = tx * ty, denom = 1.0 + txty * txty;
  return (Cplx){tx * (1.0 + ty * ty) / denom, ((ty / denom) * cx) * cx};
}
static Cplx z_cos(Cplx z, MathStatus *st) { return z_cosh(times_i(z), st); }
static Cplx z_sin(Cplx z, MathStatus *st) { return over_i(z_sinh(times_i(z), st)); }
static Cplx z_tan(Cplx z, MathStatus *st) { return over_i(z_tanh(times_i(z), st)); }

static Cplx z_log(Cplx z, MathStatus *st) {
  if (!finite_(z)) return from_libc(clog(to_libc(z)));
  double ax = fabs(z.re), ay = fabs(z.im), re;
  if (ax > LARGE || ay > LARGE) re = log_size(z, M_LN2);
  else if (ax == 0 && ay == 0) *st = MATH_DOMAIN, re = -INFINITY;
  else if (ax < DBL_MIN && ay < DBL_MIN) re = log(hypot(ldexp(ax, 53), ldexp(ay, 53))) - 53 * M_LN2;
  else {
    double h = hypot(ax, ay), hi = ax > ay ? ax : ay, lo = ax > ay ? ay : ax;
    re = 0.71 <= h && h <= 1.73 ? log1p((hi - 1) * (hi + 1) + lo * lo) / 2.0 : log(h);
  }
  return (Cplx){re, atan2(z.im, z.re)};
}
static Cplx z_log10(Cplx z, MathStatus *st) {
  Cplx r = z_log(z, st);
  return (Cplx){r.re / M_LN10, r.im / M_LN10};
}

/* -- Faces ----------------------------------------------------------------------------------- */

static Value call1(RpThread *th, Value v, Cplx (*fn)(Cplx, MathStatus *)) {
  Cplx z;
  MathStatus st = MATH_OK;
  if (!complex_from_object(th, v, &z)) return EMPTY;
  Cplx r = fn(z, &st);
  return st == MATH_OK ? complex_new(th, r.re, r.im) : raise_math(th, st);
}
#define FACE(name) static Value m_##name(RpThread *th, const Value *a) { return call1(th, a[0], z_##name); }
FACE(acos) FACE(acosh) FACE(asin) FACE(asinh) FACE(atan) FACE(atanh) FACE(cos) FACE(cosh) FACE(exp) FACE(log10) FACE(sin) FACE(sinh)
FACE(sqrt) FACE(tan) FACE(tanh)
#undef FACE

static Value m_log(RpThread *th, const Value *a) {
  Cplx z, base;
  MathStatus st = MATH_OK;
  if (!complex_from_object(th, a[0], &z)) return EMPTY;
  z = z_log(z, &st);
  if (a[1]) {
    if (!complex_from_object(th, a[1], &base)) return EMPTY;
    base = z_log(base, &st);
    if (base.re == 0 && base.im == 0) st = MATH_DOMAIN;
    else z = cplx_div(z, base);
  }
  return st == MATH_OK ? complex_new(th, z.re, z.im) : raise_math(th, st);
}
static Value m_phase(RpThread *th, const Value *a) {
  Cplx z;
  return complex_from_object(th, a[0], &z) ? value_double_canon(atan2(z.im, z.re)) : EMPTY;
}
static Value m_polar(RpThread *th, const Value *a) {
  Cplx z;
  if (!complex_from_object(th, a[0], &z)) return EMPTY;
  double r = hypot(z.re, z.im);
  if (isinf(r) && finite_(z)) return raise_math(th, MATH_RANGE);
  Tuple *t = tuple_of(th, 2, value_double_canon(r), value_double_canon(atan2(z.im, z.re)));
  return t ? value_object(t) : EMPTY;
}
static Value m_rect(RpThread *th, const Value *a) {
  double r, phi;
  if (!math_arg(th, a[0], &r) || !math_arg(th, a[1], &phi)) return EMPTY;
  if (isinf(phi) && r != 0 && !isnan(r)) return raise_math(th, MATH_DOMAIN);
  if (r == 0 && !isfinite(phi)) return complex_new(th, 0, 0);
  if (phi == 0) return complex_new(th, r, isfinite(r) ? r * phi : copysign(phi, isnan(r) ? phi : r * copysign(1.0, phi)));
  if (isinf(r) && isnan(phi)) return complex_new(th, INFINITY, NAN);
  return complex_new(th, r * cos(phi), r * sin(phi));
}

static Value m_isfinite(RpThread *th, const Value *a) {
  Cplx z;
  return complex_from_object(th, a[0], &z) ? value_bool(finite_(z)) : EMPTY;
}
static Value m_isinf(RpThread *th, const Value *a) {
  Cplx z;
  return complex_from_object(th, a[0], &z) ? value_bool(isinf(z.re) || isinf(z.im)) : EMPTY;
}
static Value m_isnan(RpThread *th, const Value *a) {
  Cplx z;
  return complex_from_object(th, a[0], &z) ? value_bool(isnan(z.re) || isnan(z.im)) : EMPTY;
}
static Value m_isclose(RpThread *th, const Value *a) {
  Cplx x, y;
  double rel = 1e-9, abs_tol = 0;
  if (!complex_from_object(th, a[0], &x) || !complex_from_object(th, a[1], &y)) return EMPTY;
  if ((a[2] && !math_arg(th, a[2], &rel)) || (a[3] && !math_arg(th, a[3], &abs_tol))) return EMPTY;
  if (rel < 0 || abs_tol < 0) return raise_value(th, "tolerances must be non-negative");
  if (x.re == y.re && x.im == y.im) return TRUE_V;
  if (isinf(x.re) || isinf(x.im) || isinf(y.re) || isinf(y.im)) return FALSE_V;
  double diff = hypot(x.re - y.re, x.im - y.im);
  return value_bool(diff <= rel * hypot(y.re, y.im) || diff <= rel * hypot(x.re, x.im) || diff <= abs_tol);
}

#define ROW(name, doc) {#name, m_##name, "(z, /)", 0, doc}
static const NativeDef cmath_functions[] = {
    ROW(acos, "Return the arc cosine of z."),
    ROW(acosh, "Return the inverse hyperbolic cosine of z."),
    ROW(asin, "Return the arc sine of z."),
    ROW(asinh, "Return the inverse hyperbolic sine of z."),
    ROW(atan, "Return the arc tangent of z."),
    ROW(atanh, "Return the inverse hyperbolic tangent of z."),
    ROW(cos, "Return the cosine of z."),
    ROW(cosh, "Return the hyperbolic cosine of z."),
    ROW(exp, "Return the exponential value e**z."),
    {"isclose", m_isclose, "(a, b, *, rel_tol=1e-09, abs_tol=0.0)", 0, "Determine whether two complex numbers are close in value."},
    ROW(isfinite, "Return True if both the real and imaginary parts of z are finite, else False."),
    ROW(isinf, "Checks if the real or imaginary part of z is infinite."),
    ROW(isnan, "Checks if the real or imaginary part of z not a number (NaN)."),
    {"log", m_log, "(z, base=<unrepresentable>, /)", 0, "log(z[, base]) -> the logarithm of z to the given base."},
    ROW(log10, "Return the base-10 logarithm of z."),
    ROW(phase, "Return argument, also known as the phase angle, of a complex."),
    ROW(polar, "Convert a complex from rectangular coordinates to polar coordinates."),
    {"rect", m_rect, "(r, phi, /)", 0, "Convert from polar coordinates to rectangular coordinates."},
    ROW(sin, "Return the sine of z."),
    ROW(sinh, "Return the hyperbolic sine of z."),
    ROW(sqrt, "Return the square root of z."),
    ROW(tan, "Return the tangent of z."),
    ROW(tanh, "Return the hyperbolic tangent of z."),
    {0},
};

static int cmath_init(RpThread *th, Dict *dict) {
  static const struct { const char *name; double v; } reals[] = {
      {"pi", M_PI}, {"e", M_E}, {"tau", 2 * M_PI}, {"inf", INFINITY}, {"nan", NAN}};
  static const struct { const char *name; double im; } imaginary[] = {{"infj", INFINITY}, {"nanj", NAN}};
  for (size_t i = 0; i < countof(reals); i++)
    if (dict_set_c(th, dict, reals[i].name, value_double(reals[i].v)) < 0) return -1;
  for (size_t i = 0; i < countof(imaginary); i++) {
    Value z = complex_new(th, 0, imaginary[i].im);
    if (!z || dict_set_c(th, dict, imaginary[i].name, z) < 0) return -1;
  }
  return 0;
}

const ModuleSpec mod_cmath = {
    .doc = "This module provides access to mathematical functions for complex\nnumbers.",
    .functions = cmath_functions,
    .init = cmath_init,
};
