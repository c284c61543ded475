/* float_text.c: floats from text: decimal literals as float() takes them, and hexadecimal both ways. */
#include "runtime/float.h"
#include "runtime/dtoa.h"
#include "runtime/int.h"
#include "runtime/str.h"

#include <math.h>
#include <strings.h>

/* -- Decimal ------------------------------------------------------------------ */

static bool is_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits with single underscores between them; copies them to *out without. Returns how many digits, -1 for a misplaced underscore. */
static int64_t take_digits(const char **s, const char *end, char **out) {
  const char *p = *s;
  int64_t n = 0;
  for (; p < end; p++) {
    if (is_digit(*p)) *(*out)++ = *p, n++;
    else if (*p != '_') break;
    else if (n == 0 || !is_digit(p[-1]) || p + 1 == end || !is_digit(p[1])) return -1;
  }
  *s = p;
  return n;
}

const char *float_scan(const char *s, const char *end, double *out) {
  const char *start = s;
  bool negative = false;
  if (s < end && (*s == '-' || *s == '+')) negative = *s++ == '-';
  static const struct { const char *name; double v; } words[] = {{"infinity", INFINITY}, {"inf", INFINITY}, {"nan", NAN}};
  for (size_t i = 0; i < countof(words); i++) {
    size_t n = strlen(words[i].name);
    if ((size_t)(end - s) < n || strncasecmp(s, words[i].name, n)) continue;
    *out = negative ? -words[i].v : words[i].v;
    return s + n;
  }
  char few[128], *buf = (size_t)(end - start) + 1 <= sizeof few ? few : malloc((size_t)(end - start) + 1), *p = buf;
  if (!buf) return NULL;
  if (negative) *p++ = '-';
  int64_t n = take_digits(&s, end, &p), m = 0;
  if (n >= 0 && s < end && *s == '.') {
    *p++ = *s++;
    m = take_digits(&s, end, &p);
  }
  bool ok = n >= 0 && m >= 0 && n + m > 0;
  if (ok && s < end && (*s == 'e' || *s == 'E')) {
    const char *mark = s;
    char *mark_p = p;
    *p++ = *s++;
    if (s < end && (*s == '-' || *s == '+')) *p++ = *s++;
    int64_t e = take_digits(&s, end, &p);
    if (e == 0) s = mark, p = mark_p; /* not an exponent: the number ends before it */
    ok = e >= 0;
  }
  if (ok) *out = dtoa_parse(buf, (size_t)(p - buf));
  if (buf != few) free(buf);
  return ok ? s : NULL;
}

bool float_parse_text(const char *s, size_t n, double *out) {
  const char *end = s + n;
  while (s < end && is_space(*s)) s++;
  while (s < end && is_space(end[-1])) end--;
  return s < end && float_scan(s, end, out) == end;
}

/* -- Hexadecimal ---------------------------------------------------------------- */

void float_to_hex(double v, char *buf) {
  if (!isfinite(v)) {
    dtoa_repr(v, buf);
    return;
  }
  uint64_t bits;
  memcpy(&bits, &v, 8);
  const char *sign = bits >> 63 ? "-" : "";
  int e = (int)(bits >> 52 & 0x7FF);
  uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
  if (v == 0) sprintf(buf, "%s0x0.0p+0", sign);
  else sprintf(buf, "%s0x%d.%013llxp%+d", sign, e != 0, (unsigned long long)fraction, e ? e - 1023 : -1022);
}

static int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex digits and point into a 64-bit window with a sticky bit; *shift is the exponent that remains. Counts digits. */
static int64_t scan_hex_digits(const char **s, const char *end, uint64_t *window, int64_t *shift) {
  int64_t n = 0;
  bool point = false;
  *window = 0, *shift = 0;
  for (; *s < end; ++*s) {
    if (**s == '.' && !point) { point = true; continue; }
    int d = hex_value(**s);
    if (d < 0) break;
    n++;
    if (*window >> 60) *window |= d != 0, *shift += 4;
    else *window = *window << 4 | (uint64_t)d;
    if (point) *shift -= 4;
  }
  return n;
}

Value float_from_hex(RpThread *th, const char *s, size_t n) {
  const char *end = s + n;
  while (s < end && is_space(*s)) s++;
  while (s < end && is_space(end[-1])) end--;
  bool negative = false;
  if (s < end && (*s == '-' || *s == '+')) negative = *s++ == '-';
  size_t rest = (size_t)(end - s);
  double v;
  if ((rest == 3 && !strncasecmp(s, "inf", 3)) || (rest == 8 && !strncasecmp(s, "infinity", 8))) v = INFINITY;
  else if (rest == 3 && !strncasecmp(s, "nan", 3)) v = NAN;
  else {
    if (rest >= 2 && s[0] == '0' && (s[1] | 32) == 'x') s += 2;
    uint64_t window;
    int64_t shift, exp = 0;
    if (!scan_hex_digits(&s, end, &window, &shift)) goto invalid;
    if (s < end && (*s | 32) == 'p') {
      s++;
      bool minus = false;
      if (s < end && (*s == '-' || *s == '+')) minus = *s++ == '-';
      if (s == end || !is_digit(*s)) goto invalid;
      for (; s < end && is_digit(*s); s++)
        if (exp < (int64_t)1 << 50) exp = exp * 10 + (*s - '0');
      if (minus) exp = -exp;
    }
    if (s != end) goto invalid;
    v = round_scaled(window, shift + exp);
    if (isinf(v)) return raise_overflow(th, "hexadecimal value too large to represent as a float");
  }
  return value_double(negative ? -v : v);
invalid:
  return raise_value(th, "invalid hexadecimal floating-point string");
}
