/* int.c: arithmetic on ints of any size. A small int is an immediate; results that fit are always made immediate again. Wide ones are
** sign and magnitude, worked on by GMP's mpn_ functions. Pow and roots: int_pow.c; text: int_text.c; the type: int_type.c. */
#include "runtime/int.h"

#include <gmp.h>
#include <math.h>

/* -- Views and results ------------------------------------------------------ */

void int_view(Value v, IntView *out) {
  if (is_object(v)) {
    const Int *o = (const Int *)as_object(v);
    out->l = o->limbs;
    out->n = o->n_limbs < 0 ? -(int64_t)o->n_limbs : o->n_limbs;
    out->negative = o->n_limbs < 0;
    return;
  }
  int64_t i = is_int(v) ? as_int(v) : v == TRUE_V;
  out->negative = i < 0;
  out->small = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
  out->l = &out->small;
  out->n = i != 0;
}

Int *int_alloc(RpThread *th, int64_t n) {
  if (n > INT_MAX_LIMBS) {
    raise_overflow(th, "too many digits in integer");
    return NULL;
  }
  return (Int *)heap_alloc(th, SHAPE_int, K_INT, sizeof(Int) + (size_t)n * 8);
}

Value int_finish(Int *r, int64_t n, bool negative) {
  while (n && !r->limbs[n - 1]) n--;
  r->n_limbs = (int32_t)(negative ? -n : n);
  if (n > 1) return value_object(r);
  uint64_t m = n ? r->limbs[0] : 0;
  if (m <= (uint64_t)SMALL_INT_MAX || (negative && m == (uint64_t)SMALL_INT_MAX + 1)) return value_int(negative ? -(int64_t)m : (int64_t)m);
  return value_object(r);
}

uint64_t *scratch_get(RpThread *th, Scratch *s, int64_t n) {
  s->l = s->few;
  if (n <= (int64_t)countof(s->few)) return s->l;
  s->l = n > 2 * INT_MAX_LIMBS ? NULL : malloc((size_t)n * 8);
  if (!s->l) raise_memory(th);
  return s->l;
}
void scratch_drop(Scratch *s) {
  if (s->l != s->few) free(s->l);
}

static void begin_work(RpThread *th, int64_t n) {
  if (n > INT_LONG_WORK) thread_enter_safe(th);
}
static void end_work(RpThread *th, int64_t n) {
  if (n > INT_LONG_WORK) thread_leave_safe(th);
}

static Value from_magnitude(RpThread *th, uint64_t m, bool negative) {
  if (m <= (uint64_t)SMALL_INT_MAX) return value_int(negative ? -(int64_t)m : (int64_t)m);
  Int *r = int_alloc(th, 1);
  if (!r) return EMPTY;
  r->limbs[0] = m;
  return int_finish(r, 1, negative);
}
Value int_from_i64(RpThread *th, int64_t i) {
  return int_fits(i) ? value_int(i) : from_magnitude(th, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, i < 0);
}
Value int_from_u64(RpThread *th, uint64_t u) { return from_magnitude(th, u, false); }

static Value from_i128(RpThread *th, __int128 x) {
  bool negative = x < 0;
  unsigned __int128 m = negative ? -(unsigned __int128)x : (unsigned __int128)x;
  if (!(uint64_t)(m >> 64)) return from_magnitude(th, (uint64_t)m, negative);
  Int *r = int_alloc(th, 2);
  if (!r) return EMPTY;
  r->limbs[0] = (uint64_t)m;
  r->limbs[1] = (uint64_t)(m >> 64);
  return int_finish(r, 2, negative);
}

Value int_from_limbs(RpThread *th, const uint64_t *limbs, int n, bool negative) {
  while (n && !limbs[n - 1]) n--;
  if (n <= 1) return from_magnitude(th, n ? limbs[0] : 0, negative);
  Int *r = int_alloc(th, n);
  if (!r) return EMPTY;
  memcpy(r->limbs, limbs, (size_t)n * 8);
  return int_finish(r, n, negative);
}

Value int_plain(RpThread *th, Value v) {
  if (is_int(v) || has_shape(v, SHAPE_int)) return v;
  IntView a;
  int_view(v, &a);
  return int_from_limbs(th, a.l, (int)a.n, a.negative);
}

/* -- Conversions -------------------------------------------------------------- */

bool int_as_i64(Value v, int64_t *out) {
  if (is_int(v)) return *out = as_int(v), true;
  IntView a;
  int_view(v, &a);
  uint64_t m = a.n ? a.l[0] : 0;
  if (a.n > 1 || m > (uint64_t)INT64_MAX + a.negative) return false;
  *out = (int64_t)(a.negative ? 0 - m : m);
  return true;
}

int int_sign(Value v) {
  if (is_int(v)) return (as_int(v) > 0) - (as_int(v) < 0);
  IntView a;
  int_view(v, &a);
  return a.n == 0 ? 0 : a.negative ? -1 : 1;
}

static int64_t view_bits(const IntView *a) { return a->n ? a->n * 64 - __builtin_clzll(a->l[a->n - 1]) : 0; }
int64_t int_bits(Value v) {
  IntView a;
  int_view(v, &a);
  return view_bits(&a);
}
bool int_is_odd(Value v) {
  IntView a;
  int_view(v, &a);
  return a.n && (a.l[0] & 1);
}

/* The top 64 bits of a magnitude, the rest or'ed into bit 0: enough to round to a double. *shift: how far down they were taken. */
static uint64_t top_bits(const IntView *a, int64_t *shift) {
  if (a->n <= 1) return *shift = 0, a->n ? a->l[0] : 0;
  int z = __builtin_clzll(a->l[a->n - 1]);
  uint64_t top = a->l[a->n - 1] << z, lost = a->l[a->n - 2] << z;
  if (z) top |= a->l[a->n - 2] >> (64 - z);
  for (int64_t i = 0; !lost && i < a->n - 2; i++) lost = a->l[i];
  *shift = (a->n - 1) * 64 - z;
  return top | (lost != 0);
}

double round_scaled(uint64_t q, int64_t shift) {
  if (!q) return 0;
  int64_t bits = 64 - __builtin_clzll(q), drop = bits - 53;
  if (drop < -1074 - shift) drop = -1074 - shift; /* a subnormal has fewer */
  if (drop > 64) return 0;
  if (drop > 0) {
    uint64_t keep = drop == 64 ? 0 : q >> drop, half = (uint64_t)1 << (drop - 1), low = drop == 64 ? q : q & (((uint64_t)1 << drop) - 1);
    q = keep + (low > half || (low == half && (keep & 1)));
    shift += drop;
  }
  return shift > 2000 ? INFINITY : ldexp((double)q, (int)shift);
}

double int_frexp(Value v, int64_t *exp) {
  IntView a;
  int64_t shift;
  int_view(v, &a);
  uint64_t q = top_bits(&a, &shift);
  if (!q) return *exp = 0, 0.0;
  int bits = 64 - __builtin_clzll(q);
  *exp = shift + bits;
  double d = round_scaled(q, -bits);
  return a.negative ? -d : d;
}

double int_as_double(RpThread *th, Value v) {
  if (is_int(v)) return (double)as_int(v);
  IntView a;
  int64_t shift;
  int_view(v, &a);
  uint64_t q = top_bits(&a, &shift);
  double d = round_scaled(q, shift);
  if (isinf(d)) return raise_overflow(th, "int too large to convert to float"), -1.0;
  return a.negative ? -d : d;
}

Value int_from_double(RpThread *th, double d) {
  if (d > -0x1p48 && d < 0x1p48) return value_int((int64_t)d);
  if (isinf(d)) return raise_overflow(th, "cannot convert float infinity to integer");
  if (d != d) return raise_value(th, "cannot convert float NaN to integer");
  int e;
  uint64_t m = (uint64_t)ldexp(frexp(fabs(d), &e), 53);
  int64_t shift = e - 53, words = shift > 0 ? shift / 64 : 0; /* shift >= -4 */
  if (shift <= 0) return from_magnitude(th, m >> -shift, d < 0);
  Int *r = int_alloc(th, words + 2);
  if (!r) return EMPTY;
  unsigned __int128 wide = (unsigned __int128)m << shift % 64;
  r->limbs[words] = (uint64_t)wide;
  r->limbs[words + 1] = (uint64_t)(wide >> 64);
  return int_finish(r, words + 2, d < 0);
}

/* CPython's numeric hash: the value modulo the Mersenne prime 2^61 - 1, with the sign put back. */
int64_t int_hash(Value v) {
  int64_t h;
  if (is_int(v)) h = as_int(v);
  else {
    IntView a;
    int_view(v, &a);
    h = a.n ? (int64_t)mpn_mod_1(a.l, a.n, ((uint64_t)1 << 61) - 1) : 0;
    if (a.negative) h = -h;
  }
  return h == -1 ? -2 : h;
}

/* -- Comparison ------------------------------------------------------------------ */

static int cmp_magnitude(const IntView *a, const IntView *b) {
  return a->n != b->n ? (a->n < b->n ? -1 : 1) : a->n ? mpn_cmp(a->l, b->l, a->n) : 0;
}
int int_cmp(Value a, Value b) {
  if (is_int(a) && is_int(b)) return (a > b) - (a < b);
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  if (x.negative != y.negative) return x.negative ? -1 : 1;
  int c = cmp_magnitude(&x, &y);
  c = (c > 0) - (c < 0);
  return x.negative ? -c : c;
}

/* -- Addition, multiplication ------------------------------------------------------ */

static Value add_magnitudes(RpThread *th, const IntView *a, const IntView *b, bool negative) {
  if (a->n < b->n) { const IntView *t = a; a = b, b = t; }
  Int *r = int_alloc(th, a->n + 1);
  if (!r) return EMPTY;
  if (b->n == 0) mpn_copyi(r->limbs, a->l, a->n), r->limbs[a->n] = 0;
  else r->limbs[a->n] = mpn_add(r->limbs, a->l, a->n, b->l, b->n);
  return int_finish(r, a->n + 1, negative);
}
/* |a| - |b|, negated when `negative`. */
static Value sub_magnitudes(RpThread *th, const IntView *a, const IntView *b, bool negative) {
  int c = cmp_magnitude(a, b);
  if (c == 0) return value_int(0);
  if (c < 0) { const IntView *t = a; a = b, b = t, negative = !negative; }
  Int *r = int_alloc(th, a->n);
  if (!r) return EMPTY;
  if (b->n == 0) mpn_copyi(r->limbs, a->l, a->n);
  else mpn_sub(r->limbs, a->l, a->n, b->l, b->n);
  return int_finish(r, a->n, negative);
}
static NOINLINE Value add_wide(RpThread *th, Value a, Value b, bool subtract) {
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  if (x.negative == (y.negative ^ subtract)) return add_magnitudes(th, &x, &y, x.negative);
  return sub_magnitudes(th, &x, &y, x.negative);
}
Value int_add(RpThread *th, Value a, Value b) {
  if (likely(is_int(a) && is_int(b))) return int_from_i64(th, as_int(a) + as_int(b));
  return add_wide(th, a, b, false);
}
Value int_sub(RpThread *th, Value a, Value b) {
  if (likely(is_int(a) && is_int(b))) return int_from_i64(th, as_int(a) - as_int(b));
  return add_wide(th, a, b, true);
}

static NOINLINE Value mul_wide(RpThread *th, Value a, Value b) {
  IntView va, vb, *x = &va, *y = &vb;
  int_view(a, x);
  int_view(b, y);
  if (!x->n || !y->n) return value_int(0);
  if (x->n < y->n) x = &vb, y = &va;
  int64_t n = x->n + y->n;
  Int *r = int_alloc(th, n);
  if (!r) return EMPTY;
  if (y->n == 1) r->limbs[n - 1] = mpn_mul_1(r->limbs, x->l, x->n, y->l[0]);
  else {
    begin_work(th, n);
    if (x->l == y->l && x->n == y->n) mpn_sqr(r->limbs, x->l, x->n);
    else mpn_mul(r->limbs, x->l, x->n, y->l, y->n);
    end_work(th, n);
  }
  return int_finish(r, n, x->negative != y->negative);
}
Value int_mul(RpThread *th, Value a, Value b) {
  if (likely(is_int(a) && is_int(b))) {
    int64_t r;
    if (likely(!__builtin_mul_overflow(as_int(a), as_int(b), &r))) return int_from_i64(th, r);
    return from_i128(th, (__int128)as_int(a) * as_int(b));
  }
  return mul_wide(th, a, b);
}

Value int_neg(RpThread *th, Value v) {
  if (is_int(v)) return int_from_i64(th, -as_int(v));
  return int_sub(th, value_int(0), v);
}
Value int_abs(RpThread *th, Value v) { return int_sign(v) < 0 ? int_neg(th, v) : int_plain(th, v); }
Value int_invert(RpThread *th, Value v) { return int_sub(th, value_int(-1), v); }

/* -- Division ------------------------------------------------------------------------ */

static int64_t floordiv_i64(int64_t a, int64_t b) {
  int64_t q = a / b;
  return q - ((a % b != 0) & ((a ^ b) < 0));
}
static int64_t mod_i64(int64_t a, int64_t b) {
  int64_t r = a % b;
  return r + (b & -(int64_t)((r != 0) & ((r ^ b) < 0)));
}

static NOINLINE int divmod_wide(RpThread *th, Value a, Value b, Value *q_out, Value *r_out) {
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  bool negative = x.negative != y.negative;
  if (cmp_magnitude(&x, &y) < 0) { /* quotient 0, or -1 when the signs differ */
    bool adjust = negative && x.n;
    if (q_out) *q_out = value_int(adjust ? -1 : 0);
    if (r_out && !(*r_out = adjust ? int_add(th, a, b) : int_plain(th, a))) return -1;
    return 0;
  }
  int64_t qn = x.n - y.n + 1;
  Int *q = int_alloc(th, qn + 1), *r = q ? int_alloc(th, y.n) : NULL;
  if (!r) return -1;
  if (y.n == 1) r->limbs[0] = mpn_divrem_1(q->limbs, 0, x.l, x.n, y.l[0]);
  else {
    begin_work(th, x.n);
    mpn_tdiv_qr(q->limbs, r->limbs, 0, x.l, x.n, y.l, y.n);
    end_work(th, x.n);
  }
  q->limbs[qn] = 0;
  if (negative && !mpn_zero_p(r->limbs, y.n)) { /* towards minus infinity */
    q->limbs[qn] = mpn_add_1(q->limbs, q->limbs, qn, 1);
    mpn_sub_n(r->limbs, y.l, r->limbs, y.n);
  }
  if (q_out) *q_out = int_finish(q, qn + 1, negative);
  if (r_out) *r_out = int_finish(r, y.n, y.negative);
  return 0;
}
int int_divmod(RpThread *th, Value a, Value b, Value *q, Value *r) {
  if (likely(is_int(a) && is_int(b))) {
    int64_t x = as_int(a), y = as_int(b);
    if (q && !(*q = int_from_i64(th, floordiv_i64(x, y)))) return -1;
    if (r) *r = value_int(mod_i64(x, y));
    return 0;
  }
  return divmod_wide(th, a, b, q, r);
}
static bool is_zero(Value v) { return is_int(v) ? v == INT_BIAS : int_sign(v) == 0; }

Value int_floordiv(RpThread *th, Value a, Value b) {
  if (unlikely(is_zero(b))) return raise_error(th, &type_ZeroDivisionError, "integer division or modulo by zero");
  if (likely(is_int(a) && is_int(b))) return int_from_i64(th, floordiv_i64(as_int(a), as_int(b)));
  Value q = EMPTY;
  return divmod_wide(th, a, b, &q, NULL) < 0 ? EMPTY : q;
}
Value int_mod(RpThread *th, Value a, Value b) {
  if (unlikely(is_zero(b))) return raise_error(th, &type_ZeroDivisionError, "integer modulo by zero");
  if (likely(is_int(a) && is_int(b))) return value_int(mod_i64(as_int(a), as_int(b)));
  Value r = EMPTY;
  return divmod_wide(th, a, b, NULL, &r) < 0 ? EMPTY : r;
}

/* Correctly rounded: a quotient of at least 55 bits with a sticky bit, then one rounding. */
static NOINLINE Value truediv_wide(RpThread *th, Value a, Value b) {
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  bool negative = x.negative != y.negative;
  if (!x.n) return value_double(negative ? -0.0 : 0.0);
  int64_t diff = view_bits(&x) - view_bits(&y);
  if (diff > 1024) goto overflow;
  if (diff < -1076) return value_double(negative ? -0.0 : 0.0);
  int64_t shift = diff - 56; /* quotient of 56 or 57 bits */
  int64_t up = shift < 0 ? -shift : 0, down = shift > 0 ? shift : 0, xn = x.n + up / 64 + 1, yn = y.n + down / 64 + 1;
  Scratch sx, sy, sq, sr;
  if (!scratch_get(th, &sx, xn)) return EMPTY;
  if (!scratch_get(th, &sy, yn)) { scratch_drop(&sx); return EMPTY; }
  mpn_zero(sx.l, xn);
  mpn_zero(sy.l, yn);
  memcpy(sx.l + up / 64, x.l, (size_t)x.n * 8);
  memcpy(sy.l + down / 64, y.l, (size_t)y.n * 8);
  if (up % 64) mpn_lshift(sx.l, sx.l, xn, (unsigned)(up % 64));
  if (down % 64) mpn_lshift(sy.l, sy.l, yn, (unsigned)(down % 64));
  while (!sx.l[xn - 1]) xn--;
  while (!sy.l[yn - 1]) yn--;
  bool ok = scratch_get(th, &sq, xn - yn + 1) != NULL;
  if (ok && !scratch_get(th, &sr, yn)) scratch_drop(&sq), ok = false;
  double d = 0;
  if (ok) {
    mpn_tdiv_qr(sq.l, sr.l, 0, sx.l, xn, sy.l, yn);
    d = round_scaled(sq.l[0] | !mpn_zero_p(sr.l, yn), shift);
    scratch_drop(&sq);
    scratch_drop(&sr);
  }
  scratch_drop(&sx);
  scratch_drop(&sy);
  if (!ok) return EMPTY;
  if (isinf(d)) goto overflow;
  return value_double(negative ? -d : d);
overflow:
  return raise_overflow(th, "integer division result too large for a float");
}
Value int_truediv(RpThread *th, Value a, Value b) {
  if (unlikely(is_zero(b))) return raise_error(th, &type_ZeroDivisionError, "division by zero");
  if (likely(is_int(a) && is_int(b))) return value_double((double)as_int(a) / (double)as_int(b)); /* both exact */
  return truediv_wide(th, a, b);
}

/* -- Shifts ----------------------------------------------------------------------------- */

/* A shift count: false + pending when negative; counts beyond any memory become INT64_MAX. */
static bool shift_count(RpThread *th, Value b, int64_t *n) {
  if (int_sign(b) < 0) return raise_value(th, "negative shift count"), false;
  if (!int_as_i64(b, n)) *n = INT64_MAX;
  return true;
}
Value int_lshift(RpThread *th, Value a, Value b) {
  int64_t n;
  if (!shift_count(th, b, &n)) return EMPTY;
  if (is_int(a) && n < 64) {
    __int128 wide = (__int128)as_int(a) * ((__int128)1 << n);
    return from_i128(th, wide);
  }
  IntView x;
  int_view(a, &x);
  if (!x.n) return value_int(0);
  if (n / 64 > INT_MAX_LIMBS) return raise_overflow(th, "too many digits in integer");
  int64_t words = n / 64, rn = x.n + words + 1;
  Int *r = int_alloc(th, rn);
  if (!r) return EMPTY;
  mpn_zero(r->limbs, words);
  if (n % 64) r->limbs[rn - 1] = mpn_lshift(r->limbs + words, x.l, x.n, (unsigned)(n % 64));
  else mpn_copyi(r->limbs + words, x.l, x.n), r->limbs[rn - 1] = 0;
  return int_finish(r, rn, x.negative);
}
Value int_rshift(RpThread *th, Value a, Value b) {
  int64_t n;
  if (!shift_count(th, b, &n)) return EMPTY;
  if (is_int(a)) return value_int(as_int(a) >> (n < 63 ? n : 63));
  IntView x;
  int_view(a, &x);
  int64_t words = n / 64, rn = x.n - words;
  if (rn <= 0) return value_int(x.negative ? -1 : 0);
  bool lost = false; /* a negative number rounds down */
  if (x.negative) {
    lost = words && !mpn_zero_p(x.l, words);
    lost |= (x.l[words] & (((uint64_t)1 << n % 64) - 1)) != 0;
  }
  Int *r = int_alloc(th, rn + 1);
  if (!r) return EMPTY;
  if (n % 64) mpn_rshift(r->limbs, x.l + words, rn, (unsigned)(n % 64));
  else mpn_copyi(r->limbs, x.l + words, rn);
  r->limbs[rn] = lost ? mpn_add_1(r->limbs, r->limbs, rn, 1) : 0;
  return int_finish(r, rn + 1, x.negative);
}

/* -- Bits ---------------------------------------------------------------------------------- */

/* One limb of the infinite two's complement form; *carry starts at 1. */
static uint64_t twos(const IntView *x, int64_t i, uint64_t *carry) {
  uint64_t l = i < x->n ? x->l[i] : 0;
  if (!x->negative) return l;
  l = ~l + *carry;
  *carry = *carry && l == 0;
  return l;
}
static uint64_t bit_op(char op, uint64_t a, uint64_t b) { return op == '&' ? a & b : op == '|' ? a | b : a ^ b; }

static NOINLINE Value bits_wide(RpThread *th, Value a, Value b, char op) {
  IntView x, y;
  int_view(a, &x);
  int_view(b, &y);
  int64_t n = (x.n > y.n ? x.n : y.n);
  if (op == '&' && !x.negative && !y.negative) n = x.n < y.n ? x.n : y.n;
  bool negative = bit_op(op, x.negative, y.negative) != 0;
  Int *r = int_alloc(th, n + 1);
  if (!r) return EMPTY;
  uint64_t cx = 1, cy = 1;
  for (int64_t i = 0; i <= n; i++) {
    uint64_t p = twos(&x, i, &cx), q = twos(&y, i, &cy);
    r->limbs[i] = bit_op(op, p, q);
  }
  if (negative) mpn_neg(r->limbs, r->limbs, n + 1);
  else if (n < x.n || n < y.n) r->limbs[n] = 0; /* cut '&' of naturals */
  return int_finish(r, n + 1, negative);
}
Value int_and(RpThread *th, Value a, Value b) {
  return is_int(a) && is_int(b) ? value_int(as_int(a) & as_int(b)) : bits_wide(th, a, b, '&');
}
Value int_or(RpThread *th, Value a, Value b) {
  return is_int(a) && is_int(b) ? value_int(as_int(a) | as_int(b)) : bits_wide(th, a, b, '|');
}
Value int_xor(RpThread *th, Value a, Value b) {
  return is_int(a) && is_int(b) ? value_int(as_int(a) ^ as_int(b)) : bits_wide(th, a, b, '^');
}
