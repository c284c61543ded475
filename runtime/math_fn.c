/* math_fn.c: gamma, log-gamma and the Euclidean norm, computed as CPython computes them, so that the last digit agrees. */
#include "runtime/math_fn.h"

#include <math.h>

/* -- Gamma ------------------------------------------------------------------------ */

/* Lanczos' approximation with the rational function and g that Boost gives for double precision (N = 13). */
#define LANCZOS_G 6.024680040776729583740234375
#define LANCZOS_G_MINUS_HALF 5.524680040776729583740234375
static const double lanczos_num[13] = {
    23531376880.410759688572007674451636754734846804940, 42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843, 17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708, 1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801, 31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768, 186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024, 210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408};
static const double lanczos_den[13] = {0.0,     39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0,
                                       2637558.0, 357423.0,   32670.0,     1925.0,      66.0,        1.0};

static double lanczos_sum(double x) { /* x > 0; in powers of x or of 1/x, whichever cannot overflow */
  double num = 0, den = 0;
  if (x < 5.0) {
    for (int i = 12; i >= 0; i--) num = num * x + lanczos_num[i], den = den * x + lanczos_den[i];
  } else {
    for (int i = 0; i < 13; i++) num = num / x + lanczos_num[i], den = den / x + lanczos_den[i];
  }
  return num / den;
}

/* sin(pi x), exact at multiples of a half. */
static double sin_pi(double x) {
  double y = fmod(fabs(x), 2.0), r = 0;
  switch ((int)round(2.0 * y)) {
  case 0: r = sin(M_PI * y); break;
  case 1: r = cos(M_PI * (y - 0.5)); break;
  case 2: r = sin(M_PI * (1.0 - y)); break;
  case 3: r = -cos(M_PI * (y - 1.5)); break;
  case 4: r = sin(M_PI * (y - 2.0)); break;
  }
  return copysign(1.0, x) * r;
}

static double small_factorial(int n) {
  double r = 1;
  for (int i = 2; i <= n; i++) r *= i; /* exact up to 22! */
  return r;
}

static double gamma_lanczos(double x) {
  double ax = fabs(x), y = ax + LANCZOS_G_MINUS_HALF, r;
  /* z: what rounding y lost, to be made good to first order */
  double big = ax > LANCZOS_G_MINUS_HALF ? ax : LANCZOS_G_MINUS_HALF, low = ax > LANCZOS_G_MINUS_HALF ? LANCZOS_G_MINUS_HALF : ax;
  double z = (y - big) - low;
  z = z * LANCZOS_G / y;
  bool halves = ax >= 140.0; /* the power alone would overflow */
  double power = halves ? pow(y, ax / 2.0 - 0.25) : pow(y, ax - 0.5);
  if (x < 0) {
    r = -M_PI / sin_pi(ax) / ax * exp(y) / lanczos_sum(ax);
    r -= z * r;
    r /= power;
    return halves ? r / power : r;
  }
  r = lanczos_sum(ax) / exp(y);
  r += z * r;
  r *= power;
  return halves ? r * power : r;
}

double math_gamma(double x, MathStatus *st) {
  *st = MATH_OK;
  if (isnan(x) || x == INFINITY) return x;
  if (x == 0 || x == -INFINITY || (x < 0 && x == floor(x))) return *st = MATH_DOMAIN, NAN;
  if (x == floor(x) && x <= 23) return small_factorial((int)x - 1);
  double r;
  if (fabs(x) < 1e-20) r = 1.0 / x;
  else if (fabs(x) > 200.0) r = x < 0 ? 0.0 / sin_pi(x) : INFINITY;
  else r = gamma_lanczos(x);
  if (isinf(r)) *st = MATH_RANGE;
  return r;
}

double math_lgamma(double x, MathStatus *st) {
  *st = MATH_OK;
  if (!isfinite(x)) return isnan(x) ? x : INFINITY;
  if (x == floor(x) && x <= 2.0) {
    if (x > 0) return 0.0;
    return *st = MATH_DOMAIN, INFINITY;
  }
  double ax = fabs(x);
  if (ax < 1e-20) return -log(ax);
  double r = log(lanczos_sum(ax)) - LANCZOS_G;
  r += (ax - 0.5) * (log(ax + LANCZOS_G - 0.5) - 1);
  if (x < 0) r = 1.144729885849400174143427351353058711647 - log(fabs(sin_pi(ax))) - log(ax) - r; /* reflection; log(pi) first */
  if (isinf(r)) *st = MATH_RANGE;
  return r;
}

/* -- Norm ----------------------------------------------------------------------------- */

/* A sum kept as a leading part, which starts at 1 so that it always dominates, and three lost parts (Neumaier). */
typedef struct NormSum { double sum, lost[3]; } NormSum;

static double add_part(double *sum, double x) { /* returns what the addition lost */
  double old = *sum;
  *sum += x;
  return (old - *sum) + x;
}
static void split(double x, double *hi, double *lo) { /* Veltkamp: 26 bits each */
  double t = x * 134217729.0;
  *hi = t - (t - x);
  *lo = x - *hi;
}

/* Scaled to below 1, squares split exactly, and one Newton step on the root (Borges, "An Improved Algorithm for hypot(a,b)"). */
double math_norm(double *vec, size_t n, double max, bool has_nan) {
  if (isinf(max)) return max;
  if (has_nan) return NAN;
  if (max == 0 || n <= 1) return max;
  int e;
  frexp(max, &e);
  NormSum s = {1.0, {0, 0, 0}};
  double hi, lo, h;
  if (e < -1023) { /* 2^-e would overflow */
    for (size_t i = 0; i < n; i++) {
      double x = vec[i] / max;
      s.lost[0] += add_part(&s.sum, x * x);
    }
    return max * sqrt(s.sum - 1.0 + s.lost[0]);
  }
  double scale = ldexp(1.0, -e);
  for (size_t i = 0; i < n; i++) {
    split(vec[i] * scale, &hi, &lo);
    s.lost[0] += add_part(&s.sum, hi * hi);
    s.lost[1] += add_part(&s.sum, 2.0 * hi * lo);
    s.lost[2] += lo * lo;
  }
  h = sqrt(s.sum - 1.0 + (s.lost[0] + s.lost[1] + s.lost[2]));
  split(h, &hi, &lo);
  s.lost[0] += add_part(&s.sum, -hi * hi);
  s.lost[1] += add_part(&s.sum, -2.0 * hi * lo);
  s.lost[2] += add_part(&s.sum, -lo * lo);
  double x = s.sum - 1.0 + (s.lost[0] + s.lost[1] + s.lost[2]);
  return (h + x / (2.0 * h)) / scale;
}
