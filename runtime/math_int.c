/* math_int.c: the functions of math on ints and on iterables: factorial, comb, perm, gcd, lcm, isqrt, prod, fsum. */
#include "runtime/int.h"
#include "runtime/math_fn.h"
#include "runtime/tuple.h"

#include <gmp.h>
#include <math.h>

/* -- Products ------------------------------------------------------------------------ */

static Value from_mpz(RpThread *th, mpz_t z) {
  Value v = int_from_limbs(th, mpz_limbs_read(z), (int)mpz_size(z), mpz_sgn(z) < 0);
  mpz_clear(z);
  return v;
}
/* Room for a result of so many bits, or MemoryError / OverflowError before GMP runs out. */
static bool reserve_bits(RpThread *th, double bits, size_t *bytes) {
  if (bits > 64.0 * INT_MAX_LIMBS) return raise_overflow(th, "too many digits in integer"), false;
  *bytes = (size_t)(bits / 8) + 64;
  return heap_external_add(th, *bytes);
}

/* An argument as an exact int. */
static Value int_arg(RpThread *th, Value v) { return is_int(v) ? v : op_index(th, v); }

static Value factorial_of(RpThread *th, Value n) {
  int64_t i;
  if (int_sign(n) < 0) return raise_value(th, "factorial() not defined for negative values");
  if (!int_as_i64(n, &i)) return raise_overflow(th, "factorial() argument should not exceed %lld", (long long)INT64_MAX);
  if (i <= 20) {
    uint64_t r = 1;
    for (uint64_t k = 2; k <= (uint64_t)i; k++) r *= k;
    return int_from_u64(th, r);
  }
  size_t bytes;
  if (!reserve_bits(th, (double)i * log2((double)i), &bytes)) return EMPTY;
  mpz_t r;
  mpz_init(r);
  mpz_fac_ui(r, (unsigned long)i);
  heap_external_sub(th->ctx, bytes);
  return from_mpz(th, r);
}
Value math_factorial(RpThread *th, const Value *a) {
  Value n = int_arg(th, a[0]);
  return n ? factorial_of(th, n) : EMPTY;
}

/* n, k of comb and perm, checked; false + pending. */
static bool choose_args(RpThread *th, const Value *a, Value *n, Value *k) {
  if (!(*n = int_arg(th, a[0])) || !(*k = int_arg(th, a[1]))) return false;
  if (int_sign(*n) < 0) return raise_value(th, "n must be a non-negative integer"), false;
  if (int_sign(*k) < 0) return raise_value(th, "k must be a non-negative integer"), false;
  return true;
}

Value math_comb(RpThread *th, const Value *a) {
  Value n, k;
  if (!choose_args(th, a, &n, &k)) return EMPTY;
  Value rest = int_sub(th, n, k);
  if (!rest) return EMPTY;
  if (int_sign(rest) < 0) return value_int(0);
  if (int_cmp(rest, k) < 0) k = rest;
  int64_t count;
  if (!int_as_i64(k, &count)) return raise_overflow(th, "min(n - k, k) must not exceed %lld", (long long)INT64_MAX);
  size_t bytes;
  if (!reserve_bits(th, (double)count * (double)int_bits(n), &bytes)) return EMPTY;
  IntView view;
  int_view(n, &view);
  mpz_t big, r;
  mpz_init(r);
  mpz_bin_ui(r, mpz_roinit_n(big, view.l, view.n), (unsigned long)count);
  heap_external_sub(th->ctx, bytes);
  return from_mpz(th, r);
}

/* n (n-1) ... (n-k+1), halving k so that the factors grow alike. */
static Value falling_product(RpThread *th, Value n, int64_t k) {
  if (k > 8) {
    Value low = int_sub(th, n, value_int(k / 2));
    Value x = low ? falling_product(th, n, k / 2) : EMPTY;
    Value y = x ? falling_product(th, low, k - k / 2) : EMPTY;
    return y ? int_mul(th, x, y) : EMPTY;
  }
  Value r = n;
  for (int64_t i = 1; r && i < k; i++) {
    n = int_sub(th, n, value_int(1));
    r = n ? int_mul(th, r, n) : EMPTY;
  }
  return r;
}
Value math_perm(RpThread *th, const Value *a) {
  Value n, k;
  if (!a[1] || a[1] == NONE) return math_factorial(th, a);
  if (!choose_args(th, a, &n, &k)) return EMPTY;
  if (int_cmp(n, k) < 0) return value_int(0);
  int64_t count;
  if (!int_as_i64(k, &count)) return raise_overflow(th, "k must not exceed %lld", (long long)INT64_MAX);
  if (count > SMALL_INT_MAX || (double)count * (double)int_bits(n) > 64.0 * INT_MAX_LIMBS * 2)
    return raise_overflow(th, "too many digits in integer");
  return count == 0 ? value_int(1) : falling_product(th, n, count);
}

/* -- Divisors, roots -------------------------------------------------------------------- */

Value math_isqrt(RpThread *th, const Value *a) {
  Value n = int_arg(th, a[0]);
  if (!n) return EMPTY;
  if (int_sign(n) < 0) return raise_value(th, "isqrt() argument must be nonnegative");
  return int_isqrt(th, n);
}

Value math_gcd(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[0]);
  Value r = value_int(0);
  for (uint64_t i = 0; i < args->length; i++) {
    Value v = int_arg(th, args->items[i]);
    if (!v) return EMPTY;
    if (r == value_int(1)) continue; /* the rest is only checked */
    if (!(r = int_gcd(th, r, v))) return EMPTY;
  }
  return r;
}

static Value lcm_of(RpThread *th, Value x, Value y) {
  if (int_sign(x) == 0 || int_sign(y) == 0) return value_int(0);
  Value g = int_gcd(th, x, y), q = g ? int_floordiv(th, x, g) : EMPTY, m = q ? int_mul(th, q, y) : EMPTY;
  return m ? int_abs(th, m) : EMPTY;
}
Value math_lcm(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[0]);
  Value r = value_int(1);
  for (uint64_t i = 0; i < args->length; i++) {
    Value v = int_arg(th, args->items[i]);
    if (!v || !(r = lcm_of(th, r, v))) return EMPTY;
  }
  return r;
}

/* -- Iterables ------------------------------------------------------------------------------ */

Value math_prod(RpThread *th, const Value *a) { /* (iterable, /, *, start=1) */
  Value it = op_iter(th, a[0]), r = a[1] ? a[1] : value_int(1), v;
  if (!it) return EMPTY;
  while ((v = op_next(th, it))) {
    if (is_double(r) && is_double(v)) r = value_double(as_double(r) * as_double(v));
    else r = op_binary(th, OP_MUL, r, v);
    if (!r) return EMPTY;
  }
  return th->pending ? EMPTY : r;
}

/* fsum: Shewchuk's exact sum as a growing list of partial sums that do not overlap ("Adaptive Precision Floating-Point Arithmetic",
** 1997), with Hettinger's rounding of the end. */
typedef struct Partials { double *p, few[32]; int n, cap; double special, infinities; } Partials;

static bool add_partial(RpThread *th, Partials *s, double x) {
  double start = x;
  int kept = 0;
  for (int i = 0; i < s->n; i++) {
    double y = s->p[i];
    if (fabs(x) < fabs(y)) { double t = x; x = y, y = t; }
    double hi = x + y, lo = y - (hi - x);
    if (lo != 0) s->p[kept++] = lo;
    x = hi;
  }
  s->n = kept;
  if (x == 0) return true;
  if (!isfinite(x)) { /* an infinity or nan of the input, or an overflow */
    if (isfinite(start)) return raise_overflow(th, "intermediate overflow in fsum"), false;
    if (isinf(start)) s->infinities += start;
    s->special += start;
    s->n = 0;
    return true;
  }
  if (s->n == s->cap) {
    double *grown = malloc((size_t)s->cap * 2 * sizeof(double));
    if (!grown) return raise_memory(th), false;
    memcpy(grown, s->p, (size_t)s->n * sizeof(double));
    if (s->p != s->few) free(s->p);
    s->p = grown;
    s->cap *= 2;
  }
  s->p[s->n++] = x;
  return true;
}

static double round_partials(const Partials *s) {
  int n = s->n;
  double hi = 0, lo = 0;
  if (n == 0) return 0;
  hi = s->p[--n];
  while (n > 0) {
    double x = hi, y = s->p[--n];
    hi = x + y;
    lo = y - (hi - x);
    if (lo != 0) break;
  }
  /* half way, and the rest pulls the same way: round away */
  if (n > 0 && ((lo < 0 && s->p[n - 1] < 0) || (lo > 0 && s->p[n - 1] > 0))) {
    double y = lo * 2, x = hi + y;
    if (y == x - hi) hi = x;
  }
  return hi;
}

Value math_fsum(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[0]), v, r = EMPTY;
  if (!it) return EMPTY;
  Partials s = {.n = 0, .cap = countof(s.few)};
  s.p = s.few;
  while ((v = op_next(th, it))) {
    double x;
    if (!math_arg(th, v, &x) || !add_partial(th, &s, x)) goto done;
  }
  if (th->pending) goto done;
  if (s.special == 0) r = value_double(round_partials(&s));
  else if (isnan(s.infinities)) raise_value(th, "-inf + inf in fsum");
  else r = value_double_canon(s.special);
done:
  if (s.p != s.few) free(s.p);
  return r;
}
