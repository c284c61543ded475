/* int_pow.c: powers, modular powers and inverses, gcd, integer square root: what GMP's mpz layer does best. Operands are read in place
** (mpz_roinit_n); results are copied into the heap. */
#include "runtime/int.h"

#include <gmp.h>

static mpz_srcptr as_mpz(mpz_t z, const IntView *a) { return mpz_roinit_n(z, a->l, a->negative ? -a->n : a->n); }

static Value from_mpz(RpThread *th, mpz_t z) {
  Value v = int_from_limbs(th, mpz_limbs_read(z), (int)mpz_size(z), mpz_sgn(z) < 0);
  mpz_clear(z);
  return v;
}

/* -- Powers ------------------------------------------------------------------ */

/* b >= 0, as an unsigned word; the caller has dealt with wider ones. */
static Value pow_wide(RpThread *th, Value a, uint64_t b) {
  IntView x;
  int_view(a, &x);
  unsigned __int128 bits = (unsigned __int128)int_bits(a) * b;
  if (bits > (unsigned __int128)INT_MAX_LIMBS * 64) return raise_overflow(th, "too many digits in integer");
  size_t bytes = (size_t)bits / 8 + 16;
  if (!heap_external_add(th, bytes)) return EMPTY;
  mpz_t base, r;
  mpz_srcptr z = as_mpz(base, &x);
  if (bytes > INT_LONG_WORK * 8) thread_enter_safe(th);
  mpz_init(r);
  mpz_pow_ui(r, z, b);
  if (bytes > INT_LONG_WORK * 8) thread_leave_safe(th);
  heap_external_sub(th->ctx, bytes);
  return from_mpz(th, r);
}

static Value pow_natural(RpThread *th, Value a, Value b) {
  int64_t n;
  bool fits = int_as_i64(b, &n);
  if (is_int(a)) {
    int64_t i = as_int(a);
    if (i >= -1 && i <= 1) return value_int(i == 0 ? int_sign(b) == 0 : i == 1 || !int_is_odd(b) ? 1 : -1);
  }
  if (!fits) return raise_overflow(th, "too many digits in integer");
  if (n == 0) return value_int(1);
  if (n == 1) return int_plain(th, a);
  if (n == 2) return int_mul(th, a, a);
  if (is_int(a)) {
    int64_t base = as_int(a), r = 1;
    for (uint64_t e = (uint64_t)n;;) {
      if ((e & 1) && __builtin_mul_overflow(r, base, &r)) break;
      if (!(e >>= 1)) return int_from_i64(th, r);
      if (__builtin_mul_overflow(base, base, &base)) break;
    }
  }
  return pow_wide(th, a, (uint64_t)n);
}

/* -- Modular ------------------------------------------------------------------- */

/* Puts a residue of |m| into the range Python wants: the sign of m. */
static Value signed_residue(RpThread *th, Value r, Value m) {
  return r && int_sign(m) < 0 && int_sign(r) ? int_add(th, r, m) : r;
}

static Value pow_mod_small(int64_t a, int64_t e, int64_t m) {
  uint64_t n = (uint64_t)(m < 0 ? -m : m), r = 1 % n, base = (uint64_t)(a % (int64_t)n + (a % (int64_t)n < 0 ? (int64_t)n : 0));
  for (; e; e >>= 1) {
    if (e & 1) r = (uint64_t)((unsigned __int128)r * base % n);
    base = (uint64_t)((unsigned __int128)base * base % n);
  }
  return value_int(m < 0 && r ? (int64_t)r + m : (int64_t)r);
}

static Value pow_mod(RpThread *th, Value a, Value b, Value m) {
  if (int_sign(m) == 0) return raise_value(th, "pow() 3rd argument cannot be 0");
  if (is_int(a) && is_int(b) && is_int(m) && as_int(b) >= 0) return pow_mod_small(as_int(a), as_int(b), as_int(m));
  IntView va, vb, vm;
  mpz_t za, zb, zm, r;
  int_view(a, &va);
  int_view(b, &vb);
  int_view(m, &vm);
  vm.negative = false;
  mpz_srcptr base = as_mpz(za, &va), e = as_mpz(zb, &vb), mod = as_mpz(zm, &vm);
  if (mpz_cmp_ui(mod, 1) == 0) return value_int(0);
  mpz_init(r);
  if (vb.negative && !mpz_invert(r, base, mod)) {
    mpz_clear(r);
    return raise_value(th, "base is not invertible for the given modulus");
  }
  if (vb.negative) {
    vb.negative = false;
    e = as_mpz(zb, &vb);
    base = r;
  }
  bool long_work = vm.n + vb.n > 100;
  if (long_work) thread_enter_safe(th);
  mpz_powm(r, base, e, mod);
  if (long_work) thread_leave_safe(th);
  return signed_residue(th, from_mpz(th, r), m);
}

Value int_pow(RpThread *th, Value a, Value b, Value mod) {
  if (mod != NONE) return pow_mod(th, a, b, mod);
  if (int_sign(b) >= 0) return pow_natural(th, a, b);
  double x = int_as_double(th, a);
  if (th->pending) return EMPTY;
  double y = int_as_double(th, b);
  return th->pending ? EMPTY : float_pow(th, x, y);
}

/* -- Divisors and roots ----------------------------------------------------------- */

static uint64_t gcd_u64(uint64_t a, uint64_t b) {
  if (!a || !b) return a | b;
  int shift = __builtin_ctzll(a | b);
  a >>= __builtin_ctzll(a);
  for (; b; b -= a) {
    b >>= __builtin_ctzll(b);
    if (a > b) { uint64_t t = a; a = b, b = t; }
  }
  return a << shift;
}
Value int_gcd(RpThread *th, Value a, Value b) {
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  if (x.n <= 1 && y.n <= 1) return int_from_u64(th, gcd_u64(x.n ? x.l[0] : 0, y.n ? y.l[0] : 0));
  mpz_t za, zb, r;
  mpz_init(r);
  mpz_gcd(r, as_mpz(za, &x), as_mpz(zb, &y));
  return from_mpz(th, r);
}

Value int_isqrt(RpThread *th, Value v) {
  IntView x;
  int_view(v, &x);
  if (!x.n) return value_int(0);
  Int *r = int_alloc(th, (x.n + 1) / 2);
  if (!r) return EMPTY;
  mpn_sqrtrem(r->limbs, NULL, x.l, x.n);
  return int_finish(r, (x.n + 1) / 2, false);
}
