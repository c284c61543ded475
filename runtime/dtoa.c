/* dtoa.c: doubles to decimal digits and back.
**
** Shortest digits: Schubfach (R. Giulietti, "The Schubfach way to render doubles", 2020), in the arrangement with 128-bit powers of ten
** (A. Jaffe, Drachennest). The table of powers is computed exactly, once, with GMP. Fixed digits: one exact division of big integers on
** the C stack, so there is nothing to prove. Reading: Clinger's exact fast case, else strtod on text without a radix character, which no
** locale can change. */
#include "runtime/dtoa.h"
#include "runtime/base.h"

#include <gmp.h>
#include <math.h>
#include <pthread.h>

/* -- Powers of ten ------------------------------------------------------- */

/* ceil(10^k * 2^-e) with e such that it has exactly 128 bits, K_MIN <= k <= K_MAX. */
#define K_MIN (-292)
#define K_MAX 324
typedef struct Pow10 { uint64_t hi, lo; } Pow10;
static Pow10 pow10_table[K_MAX - K_MIN + 1]; /* immutable after pow10_once */
static pthread_once_t pow10_once = PTHREAD_ONCE_INIT;

static void pow10_init(void) {
  mpz_t p, q;
  mpz_inits(p, q, NULL);
  for (int k = K_MIN; k <= K_MAX; k++) {
    mpz_ui_pow_ui(p, 10, (unsigned long)abs(k));
    long bits = (long)mpz_sizeinbase(p, 2);
    if (k >= 0) {
      if (bits <= 128) mpz_mul_2exp(q, p, (mp_bitcnt_t)(128 - bits));
      else mpz_cdiv_q_2exp(q, p, (mp_bitcnt_t)(bits - 128));
    } else {
      /* 2^(bits-1) < 10^-k < 2^bits, so 2^(127 + bits) / 10^-k has 128 bits. */
      mpz_set_ui(q, 1);
      mpz_mul_2exp(q, q, (mp_bitcnt_t)(127 + bits));
      mpz_cdiv_q(q, q, p);
    }
    pow10_table[k - K_MIN] = (Pow10){mpz_getlimbn(q, 1), mpz_getlimbn(q, 0)};
  }
  mpz_clears(p, q, NULL);
}

/* floor(log10(2^e)), floor(log10(3/4 2^e)), floor(log2(10^e)) for the exponents of doubles (Schubfach, section 9). */
static int floor_log10_pow2(int e) { return (e * 1262611) >> 22; }
static int floor_log10_three_quarters_pow2(int e) { return (e * 1262611 - 524031) >> 22; }
static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

/* -- Shortest -------------------------------------------------------------- */

/* g * c / 2^128 with all lost bits collected in bit 0 ("round to odd"). */
static uint64_t mul_round_to_odd(Pow10 g, uint64_t c) {
  unsigned __int128 x = (unsigned __int128)g.lo * c, y = (unsigned __int128)g.hi * c + (uint64_t)(x >> 64);
  return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* v = digits * 10^*exp, digits as short as possible but for trailing zeros. */
static uint64_t shortest_decimal(double v, int *exp) {
  uint64_t bits;
  memcpy(&bits, &v, 8);
  uint64_t fraction = bits & ((1ull << 52) - 1);
  int be = (int)(bits >> 52 & 0x7FF);
  uint64_t c = be ? fraction | 1ull << 52 : fraction;
  int q = be ? be - 1075 : -1074;
  if (be && q <= 0 && q > -53 && (c & ((1ull << -q) - 1)) == 0) { /* an integer below 2^53 */
    *exp = 0;
    return c >> -q;
  }
  pthread_once(&pow10_once, pow10_init);
  bool uneven = fraction == 0 && be > 1; /* the gap below is half the gap above */
  uint64_t odd = c & 1, cb = 4 * c, cbl = cb - 2 + uneven, cbr = cb + 2;
  int k = uneven ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
  int h = q + floor_log2_pow10(-k) + 1;
  Pow10 g = pow10_table[-k - K_MIN];
  uint64_t lower = mul_round_to_odd(g, cbl << h) + odd;
  uint64_t vb = mul_round_to_odd(g, cb << h);
  uint64_t upper = mul_round_to_odd(g, cbr << h) - odd;
  uint64_t s = vb / 4;
  if (s >= 10) { /* at most one multiple of ten lies inside */
    uint64_t sp = s / 10;
    bool up = lower <= 40 * sp, wp = 40 * sp + 40 <= upper;
    if (up != wp) {
      *exp = k + 1;
      return sp + wp;
    }
  }
  *exp = k;
  bool u = lower <= 4 * s, w = 4 * s + 4 <= upper;
  if (u != w) return s + w;
  uint64_t mid = 4 * s + 2;
  return s + (vb > mid || (vb == mid && (s & 1)));
}

int dtoa_shortest(double v, char *buf, int *exp10) {
  int exp, n = 0;
  uint64_t digits = shortest_decimal(v, &exp);
  char tmp[20];
  while (digits % 10 == 0) digits /= 10, exp++;
  for (; digits; digits /= 10) tmp[n++] = (char)('0' + digits % 10);
  for (int i = 0; i < n; i++) buf[i] = tmp[n - 1 - i];
  *exp10 = n + exp;
  return n;
}

/* Appends "e+05" style exponents: at least two digits. */
static char *put_exponent(char *p, int e) {
  *p++ = 'e';
  *p++ = e < 0 ? '-' : '+';
  if (e < 0) e = -e;
  if (e >= 100) *p++ = (char)('0' + e / 100);
  *p++ = (char)('0' + e / 10 % 10);
  *p++ = (char)('0' + e % 10);
  return p;
}

int dtoa_repr(double v, char *buf) {
  char digits[20], *p = buf;
  if (v != v) return memcpy(buf, "nan", 4), 3;
  if (signbit(v)) *p++ = '-', v = -v;
  if (isinf(v)) return memcpy(p, "inf", 4), (int)(p + 3 - buf);
  if (v == 0) return memcpy(p, "0.0", 4), (int)(p + 3 - buf);
  int point, n = dtoa_shortest(v, digits, &point);
  if (point > 16 || point <= -4) {
    *p++ = digits[0];
    if (n > 1) *p++ = '.', memcpy(p, digits + 1, (size_t)n - 1), p += n - 1;
    p = put_exponent(p, point - 1);
  } else if (point <= 0) {
    *p++ = '0', *p++ = '.';
    for (int i = point; i < 0; i++) *p++ = '0';
    memcpy(p, digits, (size_t)n), p += n;
  } else {
    for (int i = 0; i < point; i++) *p++ = i < n ? digits[i] : '0';
    *p++ = '.';
    if (n > point) memcpy(p, digits + point, (size_t)(n - point)), p += n - point;
    else *p++ = '0';
  }
  *p = 0;
  return (int)(p - buf);
}

/* -- Fixed ------------------------------------------------------------------- */

/* A double's exact expansion has at most 1074 digits behind the point and 309 in front: no number below is wider than 10^1074 * 2^53
** or 10^310 * 2^1074. */
#define MAX_FRACTION 1074
#define MAX_INTEGER 310
#define N_LIMBS 72

/* A natural number on the C stack; n limbs in use, no leading zero. */
typedef struct Nat { mp_size_t n; mp_limb_t l[N_LIMBS]; } Nat;

static void nat_mul_1(Nat *a, mp_limb_t m) {
  mp_limb_t carry = mpn_mul_1(a->l, a->l, a->n, m);
  if (carry) a->l[a->n++] = carry;
}
static void nat_mul_pow10(Nat *a, int e) {
  for (; e >= 19; e -= 19) nat_mul_1(a, 10000000000000000000ull);
  mp_limb_t rest = 1;
  for (; e > 0; e--) rest *= 10;
  nat_mul_1(a, rest);
}
static void nat_lshift(Nat *a, int bits) {
  int words = bits / 64;
  if (words) {
    memmove(a->l + words, a->l, (size_t)a->n * 8);
    memset(a->l, 0, (size_t)words * 8);
    a->n += words;
  }
  if (bits % 64) {
    mp_limb_t carry = mpn_lshift(a->l, a->l, a->n, (unsigned)bits % 64);
    if (carry) a->l[a->n++] = carry;
  }
}
static int nat_cmp(const Nat *a, const Nat *b) {
  return a->n != b->n ? (a->n < b->n ? -1 : 1) : mpn_cmp(a->l, b->l, a->n);
}

/* Decimal digits of m * 2^e * 10^shift rounded half to even; returns their count (0: the number is zero). */
static int scaled_digits(uint64_t m, int e, int shift, unsigned char *out) {
  Nat num = {1, {m}}, den = {1, {1}}, q, r;
  if (shift > 0) nat_mul_pow10(&num, shift);
  if (e > 0) nat_lshift(&num, e);
  if (shift < 0) nat_mul_pow10(&den, -shift);
  if (e < 0) nat_lshift(&den, -e);
  if (num.n < den.n) {
    r = num;
    q.n = 0;
  } else {
    mpn_tdiv_qr(q.l, r.l, 0, num.l, num.n, den.l, den.n);
    q.n = num.n - den.n + 1;
    r.n = den.n;
    while (q.n && !q.l[q.n - 1]) q.n--;
    while (r.n && !r.l[r.n - 1]) r.n--;
  }
  if (r.n) {
    nat_mul_1(&r, 2);
    int c = nat_cmp(&r, &den);
    if (c > 0 || (c == 0 && q.n && (q.l[0] & 1))) {
      if (!q.n) q.n = 1, q.l[0] = 1;
      else if (mpn_add_1(q.l, q.l, q.n, 1)) q.l[q.n++] = 1;
    }
  }
  if (!q.n) return 0;
  int n = (int)mpn_get_str(out, 10, q.l, q.n), zeros = 0;
  while (!out[zeros]) zeros++;
  if (zeros) memmove(out, out + zeros, (size_t)(n - zeros));
  return n - zeros;
}

char *dtoa_fixed(double v, int mode, int ndigits, int *n_digits, int *exp10) {
  unsigned char out[N_LIMBS * 20];
  uint64_t bits;
  v = fabs(v);
  memcpy(&bits, &v, 8);
  int be = (int)(bits >> 52), e = be ? be - 1075 : -1074, n = 0, shift = 0;
  uint64_t m = (bits & ((1ull << 52) - 1)) | (be ? 1ull << 52 : 0);
  int max_shift = e < 0 ? -e : 0; /* from there on the number is an integer: more digits would be zeros */
  *exp10 = 1;
  if (m == 0) {
    /* zero has no digits: CPython's dtoa says "0" with the point behind it */
    n = 1, out[0] = 0, shift = 0;
  } else if (mode == 3) {
    shift = ndigits < max_shift ? ndigits : max_shift;
    if (shift >= -MAX_INTEGER) n = scaled_digits(m, e, shift, out);
  } else {
    if (ndigits < 1) ndigits = 1;
    int width = 64 - __builtin_clzll(m) + e;    /* v < 2^width */
    int point = floor_log10_pow2(width - 1) + 1; /* number of integer digits: this or one more */
    for (;; point++) {
      shift = ndigits > max_shift + point ? max_shift : ndigits - point;
      n = scaled_digits(m, e, shift, out);
      /* One digit too many: either the estimate was low, or 9.99 rounded up to 10.0, which the next round gets right as well. */
      if (n <= ndigits) break;
    }
  }
  int point = n - shift;
  while (n > 1 && !out[n - 1]) n--;
  char *text = malloc((size_t)n + 1);
  if (!text) return NULL;
  for (int i = 0; i < n; i++) text[i] = (char)('0' + out[i]);
  text[n] = 0;
  *n_digits = n;
  *exp10 = m == 0 ? 1 : n ? point : -ndigits;
  return text;
}

/* -- Reading ------------------------------------------------------------------- */

static const double exact_pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

double dtoa_parse(const char *s, size_t n) {
  char small[512], *buf = n + 32 <= sizeof small ? small : malloc(n + 32), *p = buf;
  const char *end = s + n;
  bool negative = false, point = false;
  int64_t exp = 0;
  uint64_t value = 0;
  size_t n_digits = 0;
  if (!buf) return NAN;
  if (s < end && (*s == '-' || *s == '+')) negative = *s++ == '-';
  for (; s < end; s++) {
    if (*s == '.' && !point) { point = true; continue; }
    if (*s < '0' || *s > '9') break;
    if (point) exp--;
    if (!n_digits && *s == '0') continue;
    *p++ = *s;
    if (n_digits++ < 19) value = value * 10 + (uint64_t)(*s - '0');
  }
  if (s < end && (*s == 'e' || *s == 'E')) {
    s++;
    bool minus = false;
    int64_t x = 0;
    if (s < end && (*s == '-' || *s == '+')) minus = *s++ == '-';
    for (; s < end && *s >= '0' && *s <= '9'; s++)
      if (x < (int64_t)1 << 50) x = x * 10 + (*s - '0');
    exp += minus ? -x : x;
  }
  double v;
  if (!n_digits) v = 0;
  else if (n_digits <= 19 && value <= 1ull << 53 && exp >= -22 && exp <= 22)
    v = exp < 0 ? (double)value / exact_pow10[-exp] : (double)value * exact_pow10[exp];
  else if (exp > 400) v = INFINITY;
  else {
    int64_t low = -400 - (int64_t)n_digits; /* keeps the exponent in an int however many digits there are */
    snprintf(p, 32, "e%lld", (long long)(exp < low ? low : exp));
    v = strtod(buf, NULL);
  }
  if (buf != small) free(buf);
  return negative ? -v : v;
}
