/* int_text.c: ints to text and back, any base from 2 to 36, with CPython's limit on decimal digits. */
#include "runtime/context.h"
#include "runtime/int.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/unicode.h"

#include <gmp.h>

static const char digit_chars[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* -- The limit ------------------------------------------------------------------ */

#define DEFAULT_MAX_DIGITS 4300
#define DIGITS_THRESHOLD 640 /* no limit can be below */

int int_max_str_digits(RpThread *th) {
  int n = load_relaxed(&th->ctx->int_max_str_digits);
  return n == 0 ? DEFAULT_MAX_DIGITS : n < 0 ? 0 : n;
}
int int_set_max_str_digits(RpThread *th, int64_t n) {
  if (n != 0 && (n < DIGITS_THRESHOLD || n > INT32_MAX)) {
    raise_value(th, "maxdigits must be 0 or larger than %d", DIGITS_THRESHOLD);
    return -1;
  }
  store_relaxed(&th->ctx->int_max_str_digits, n == 0 ? -1 : (int)n);
  return 0;
}
static Value raise_too_long(RpThread *th, int limit) {
  return raise_value(th, "Exceeds the limit (%d digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
                     limit);
}

/* -- To text ---------------------------------------------------------------------- */

static Str *small_to_str(RpThread *th, int64_t i, int base) {
  char buf[72], *p = buf + sizeof buf;
  uint64_t m = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
  if (base == 10) do *--p = (char)('0' + m % 10);
    while (m /= 10);
  else do *--p = digit_chars[m % (uint64_t)base];
    while (m /= (uint64_t)base);
  if (i < 0) *--p = '-';
  size_t n = (size_t)(buf + sizeof buf - p);
  Str *s = str_alloc(th, (uint32_t)n, 127);
  if (s) memcpy(s->c, p, n);
  return s;
}

/* Digits of a magnitude into malloc'ed *text, values 0..base-1; returns their count without leading zeros, or -1. */
static int64_t magnitude_digits(RpThread *th, const IntView *a, int base, unsigned char **text) {
  /* 1/log2(base) rounded up, in 1/256 */
  static const uint16_t per_bit[] = {0,  0,  256, 162, 128, 111, 100, 92, 86, 81, 78, 75, 72, 70, 68, 66, 64, 63, 62,
                                     61, 60, 59,  58,  57,  56,  56,  55, 54, 54, 53, 53, 52, 52, 51, 51, 50, 50};
  size_t size = (size_t)(a->n * 64) * per_bit[base] / 256 + 3;
  unsigned char *out = malloc(size);
  uint64_t *copy = malloc((size_t)a->n * 8 + 8);
  if (!out || !copy) {
    free(out), free(copy);
    return raise_memory(th), -1;
  }
  memcpy(copy, a->l, (size_t)a->n * 8);
  if (a->n > INT_LONG_WORK) thread_enter_safe(th);
  int64_t n = (int64_t)mpn_get_str(out, base, copy, a->n), zeros = 0;
  if (a->n > INT_LONG_WORK) thread_leave_safe(th);
  while (zeros < n - 1 && !out[zeros]) zeros++;
  if (zeros) memmove(out, out + zeros, (size_t)(n - zeros));
  free(copy);
  *text = out;
  return n - zeros;
}

Str *int_to_str(RpThread *th, Value v, int base) {
  if (is_int(v) || is_bool(v)) return small_to_str(th, is_int(v) ? as_int(v) : v == TRUE_V, base);
  IntView a;
  int_view(v, &a);
  if (a.n == 0) return small_to_str(th, 0, base);
  int limit = (base & (base - 1)) ? int_max_str_digits(th) : 0;
  if (limit && a.n * 64 > (int64_t)limit * 4 + 128) return raise_too_long(th, limit), NULL;
  unsigned char *digits;
  int64_t n = magnitude_digits(th, &a, base, &digits);
  if (n < 0) return NULL;
  Str *s = NULL;
  if (limit && n > limit) raise_too_long(th, limit);
  else s = str_alloc(th, (uint32_t)(n + a.negative), 127);
  if (s) {
    char *p = s->c;
    if (a.negative) *p++ = '-';
    for (int64_t i = 0; i < n; i++) p[i] = digit_chars[digits[i]];
  }
  free(digits);
  return s;
}

/* -- From text ---------------------------------------------------------------------- */

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}
static bool is_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }

char *num_ascii(RpThread *th, Str *s, size_t *n) {
  char *out = malloc((size_t)s->length + 1);
  if (!out) return raise_memory(th), NULL;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    int d = c < 128 ? -1 : unicode_decimal(c);
    /* \x1c-\x1f are white space for str alone, so non-ASCII strings turn them into blanks, ASCII ones keep them */
    out[i] = c < 128 ? (char)c : d >= 0 ? (char)('0' + d) : unicode_is_space(c) ? ' ' : '?';
  }
  out[s->length] = 0;
  *n = s->length;
  return out;
}

/* The digits (underscores already dropped) of a wide number. */
static Value wide_from_digits(RpThread *th, unsigned char *digits, size_t n, int base, bool negative) {
  int64_t limbs = (int64_t)(n * 6 / 64) + 2; /* 36 < 2^6 */
  if (limbs > INT_MAX_LIMBS) return raise_overflow(th, "too many digits in integer");
  Int *r = int_alloc(th, limbs);
  if (!r) return EMPTY;
  if (n > INT_LONG_WORK * 8) thread_enter_safe(th);
  int64_t used = (int64_t)mpn_set_str(r->limbs, digits, n, base);
  if (n > INT_LONG_WORK * 8) thread_leave_safe(th);
  return int_finish(r, used, negative);
}

Value int_parse_text(RpThread *th, const char *s, size_t n, int base) {
  const char *end = s + n;
  while (s < end && is_space(*s)) s++;
  while (s < end && is_space(end[-1])) end--;
  bool negative = false, zero_only = false;
  if (s < end && (*s == '-' || *s == '+')) negative = *s++ == '-';
  if (end - s >= 2 && *s == '0') {
    char c = (char)(s[1] | 32);
    int prefix = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
    if (prefix && (base == 0 || base == prefix)) {
      s += 2;
      base = prefix;
      if (s < end && *s == '_') s++;
    }
  }
  if (base == 0) {
    base = 10;
    zero_only = s < end && *s == '0'; /* "010" is an error, "00" is not */
  }
  if (s == end || *s == '_' || end[-1] == '_') return EMPTY;
  uint64_t small = 0;
  size_t n_digits = 0;
  bool nonzero = false;
  for (const char *p = s; p < end; p++) {
    if (*p == '_') {
      if (p[-1] == '_') return EMPTY;
      continue;
    }
    int d = digit_value(*p);
    if (d >= base) return EMPTY;
    nonzero |= d != 0;
    if (n_digits++ < 12) small = small * (uint64_t)base + (uint64_t)d; /* 36^12 < 2^63 */
  }
  if (zero_only && nonzero) return EMPTY;
  if (n_digits <= 12) return int_from_i64(th, negative ? -(int64_t)small : (int64_t)small);
  int limit = (base & (base - 1)) ? int_max_str_digits(th) : 0;
  if (limit && n_digits > (size_t)limit)
    return raise_value(th,
                       "Exceeds the limit (%d digits) for integer string conversion: value has %zu digits; "
                       "use sys.set_int_max_str_digits() to increase the limit",
                       limit, n_digits);
  unsigned char few[256], *digits = n_digits <= sizeof few ? few : malloc(n_digits);
  if (!digits) return raise_memory(th);
  size_t k = 0;
  for (const char *p = s; p < end; p++)
    if (*p != '_' && (k || *p != '0')) digits[k++] = (unsigned char)digit_value(*p);
  Value v = k ? wide_from_digits(th, digits, k, base, negative) : value_int(0);
  if (digits != few) free(digits);
  return v;
}

Value int_parse(RpThread *th, const char *s, size_t n, int base) {
  Value v = int_parse_text(th, s, n, base);
  if (v || th->pending) return v;
  return raise_value(th, "invalid literal for int() with base %d: '%.*s'", base, n > 200 ? 200 : (int)n, s);
}
