/* format_num.c: numbers as text: printf-like doubles, grouping, padding, prefixes. */
#include "runtime/format_num.h"
#include "runtime/dtoa.h"
#include "runtime/int.h"
#include "runtime/ops.h"
#include "runtime/str.h"

#include <ctype.h>
#include <math.h>

/* -- Doubles --------------------------------------------------------------------- */

/* Digits with the point: v = 0.d1d2... * 10^point; digits past n are zeros. */
typedef struct Digits { char *text; int n, point; char shortest[24]; } Digits;

static bool get_digits(double v, char type, int64_t precision, Digits *d) {
  d->text = NULL;
  if (type == 'r') {
    d->n = 1, d->point = 1, d->shortest[0] = '0';
    if (v != 0) d->n = dtoa_shortest(fabs(v), d->shortest, &d->point);
    return true;
  }
  int mode = type == 'f' ? 3 : 2;
  int n = (int)(precision > 5000 ? 5000 : precision); /* no double has more digits; the rest are zeros */
  d->text = dtoa_fixed(v, mode, n, &d->n, &d->point);
  return d->text != NULL;
}

static char *special_text(double v, bool upper, unsigned flags) {
  char *out = malloc(8), *p = out;
  if (!out) return NULL;
  if (isnan(v)) {
    if (flags & DOUBLE_SIGN) *p++ = '+';
    strcpy(p, upper ? "NAN" : "nan");
  } else {
    if (v < 0) *p++ = '-';
    else if (flags & DOUBLE_SIGN) *p++ = '+';
    strcpy(p, upper ? "INF" : "inf");
  }
  return out;
}

char *double_text(double v, char type, int64_t precision, unsigned flags) {
  bool upper = type < 'a';
  type |= 32;
  if (!isfinite(v)) return special_text(v, upper, flags);
  if (type == 'e') precision++; /* significant digits */
  if (type == 'g' && precision == 0) precision = 1;
  Digits d;
  if (!get_digits(v, type, precision, &d)) return NULL;
  const char *digits = d.text ? d.text : d.shortest;
  int point = d.point, exp = 0;
  int64_t end = d.n; /* digits to show, counted from the first */
  bool use_exp = false, dot_0 = flags & DOUBLE_DOT_0;
  if (type == 'e') use_exp = true, end = precision;
  else if (type == 'f') end = point + precision;
  else if (type == 'g') {
    use_exp = point <= -4 || point > precision - dot_0;
    if (flags & DOUBLE_ALT) end = precision;
  } else {
    use_exp = point <= -4 || point > 16;
  }
  bool negative = signbit(v);
  if ((flags & DOUBLE_NO_NEG_ZERO) && (d.n == 0 || (d.n == 1 && digits[0] == '0'))) negative = false;
  if (use_exp) exp = point - 1, point = 1;
  int64_t start = point <= 0 ? point - 1 : 0, least = !use_exp && dot_0 ? point + 1 : point;
  if (end < least) end = least;
  char *out = malloc((size_t)(end - start) + 16), *p = out;
  if (out) {
    if (negative) *p++ = '-';
    else if (flags & DOUBLE_SIGN) *p++ = '+';
    for (int64_t i = start; i < end; i++) {
      if (i == point) *p++ = '.';
      *p++ = i >= 0 && i < d.n ? digits[i] : '0';
    }
    if (end == point && (flags & DOUBLE_ALT)) *p++ = '.';
    if (use_exp) p += sprintf(p, "%c%+.02d", upper ? 'E' : 'e', exp);
    *p = 0;
  }
  free(d.text);
  return out;
}

/* -- Layout ------------------------------------------------------------------------ */

/* A number taken apart: sign, prefix ("0x"), integer digits, and the rest (".5e+10", "inf"). All ASCII but for chr(v) of 'c'. */
typedef struct Parts {
  const char *sign, *prefix, *digits, *rest;
  int64_t n_sign, n_prefix, n_digits, n_rest;
  uint32_t character; /* 'c': stands for the digits */
} Parts;

static void put(StrBuilder *sb, const char *s, int64_t n, bool upper) {
  for (int64_t i = 0; i < n; i++) sb_char(sb, (uint8_t)(upper ? toupper(s[i]) : s[i]));
}
static void put_fill(StrBuilder *sb, uint32_t c, int64_t n) {
  while (n-- > 0 && !sb->failed) sb_char(sb, c);
}

/* How many digits (leading zeros included) make at least min_width characters with separators between groups. */
static int64_t grouped_digits(int64_t n_digits, int64_t min_width, int group) {
  if (!group) return n_digits > min_width ? n_digits : min_width;
  int64_t remaining = n_digits, zeros_and_digits = 0;
  for (;;) { /* one group per turn, from the right: CPython's rule, under which a separator is never in front */
    int64_t want = remaining > min_width ? remaining : min_width;
    if (want < 1) want = 1;
    int64_t n = want < group ? want : group;
    zeros_and_digits += n;
    remaining -= n < remaining ? n : remaining;
    min_width -= n;
    if (remaining <= 0 && min_width <= 0) return zeros_and_digits;
    min_width -= 1;
  }
}

static void put_number(StrBuilder *sb, const FormatSpec *f, const Parts *p, int group, char separator, bool upper) {
  int64_t fixed = p->n_sign + p->n_prefix + p->n_rest;
  int64_t min_width = f->fill == '0' && f->align == '=' ? f->width - fixed : 0;
  int64_t n = p->n_digits ? grouped_digits(p->n_digits, min_width, group) : 0;
  if (p->character != (uint32_t)-1) n = 0, fixed++;
  int64_t n_separators = group && n ? (n - 1) / group : 0, left, right;
  format_padding(f, fixed + n + n_separators, &left, &right);
  if (f->align != '=') put_fill(sb, f->fill, left);
  put(sb, p->sign, p->n_sign, false);
  put(sb, p->prefix, p->n_prefix, upper);
  if (f->align == '=') put_fill(sb, f->fill, left);
  for (int64_t i = n; i-- > 0 && !sb->failed;) {
    char c = i < p->n_digits ? p->digits[p->n_digits - 1 - i] : '0';
    sb_char(sb, (uint8_t)(upper ? toupper(c) : c));
    if (group && i && i % group == 0) sb_char(sb, (uint8_t)separator);
  }
  if (p->character != (uint32_t)-1) sb_char(sb, p->character);
  put(sb, p->rest, p->n_rest, upper);
  put_fill(sb, f->fill, right);
}

static void set_sign(Parts *p, char wanted, bool negative) {
  p->sign = negative ? "-" : wanted == ' ' ? " " : "+";
  p->n_sign = negative || wanted == '+' || wanted == ' ';
}

/* -- Ints ------------------------------------------------------------------------------ */

static bool int_type_base(uint32_t type, int *base, const char **prefix) {
  switch (type) {
  case 'b': *base = 2, *prefix = "0b"; return true;
  case 'o': *base = 8, *prefix = "0o"; return true;
  case 'x':
  case 'X': *base = 16, *prefix = "0x"; return true;
  case 'd':
  case 'n': *base = 10, *prefix = ""; return true;
  default: return false;
  }
}

static Str *format_char(RpThread *th, Value v, const FormatSpec *f) {
  int64_t c;
  if (f->sign) return raise_value(th, "Sign not allowed with integer format specifier 'c'"), NULL;
  if (f->alt) return raise_value(th, "Alternate form (#) not allowed with integer format specifier 'c'"), NULL;
  if (!int_as_i64(v, &c)) return raise_overflow(th, "Python int too large to convert to C long"), NULL;
  if (c < 0 || c > 0x10FFFF) return raise_overflow(th, "%%c arg not in range(0x110000)"), NULL;
  Parts p = {.character = (uint32_t)c};
  StrBuilder sb;
  sb_init(&sb, th);
  put_number(&sb, f, &p, 0, 0, false);
  return sb_finish(&sb);
}

Str *format_int(RpThread *th, Value v, const FormatSpec *f) {
  if (f->type < 128 && f->type && strchr("eEfFgG%", (int)f->type)) {
    double d = int_as_double(th, v);
    return th->pending ? NULL : format_float(th, value_double(d), f);
  }
  int base = 0;
  const char *prefix = "";
  if (f->type != 'c' && !int_type_base(f->type, &base, &prefix)) return format_unknown_code(th, f->type, v), NULL;
  if (f->precision != -1) return raise_value(th, "Precision not allowed in integer format specifier"), NULL;
  if (f->no_neg_zero) return raise_value(th, "Negative zero coercion (z) not allowed in integer format specifier"), NULL;
  if (f->type == 'c') return format_char(th, v, f);
  Str *digits = int_to_str(th, v, base);
  if (!digits) return NULL;
  bool negative = digits->c[0] == '-';
  Parts p = {.prefix = prefix, .digits = digits->c + negative, .n_digits = digits->length - negative, .character = (uint32_t)-1};
  if (f->alt) p.n_prefix = (int64_t)strlen(prefix);
  set_sign(&p, f->sign, negative);
  StrBuilder sb;
  sb_init(&sb, th);
  put_number(&sb, f, &p, !f->grouping ? 0 : base == 10 ? 3 : 4, f->grouping, f->type == 'X');
  return sb_finish(&sb);
}

/* -- Floats and complexes ------------------------------------------------------------------ */

/* text: what double_text made, without sign. */
static void split_number(const char *text, Parts *p) {
  p->digits = text;
  p->n_digits = (int64_t)strspn(text, "0123456789");
  p->rest = text + p->n_digits;
  p->n_rest = (int64_t)strlen(p->rest);
}

typedef struct FloatStyle { char type; int64_t precision; unsigned flags; } FloatStyle;

/* False + pending when the precision is absurd. */
static bool float_style(RpThread *th, const FormatSpec *f, FloatStyle *st) {
  st->flags = (f->alt ? DOUBLE_ALT : 0) | (f->no_neg_zero ? DOUBLE_NO_NEG_ZERO : 0);
  st->type = (char)f->type;
  st->precision = f->precision;
  if (f->precision > INT32_MAX) return raise_value(th, "precision too big"), false;
  if (f->type == 0) st->type = f->precision < 0 ? 'r' : 'g';
  else if (f->type == 'n') st->type = 'g';
  else if (f->type == '%') st->type = 'f';
  if (st->precision < 0) st->precision = f->type ? 6 : 0;
  return true;
}

Str *format_float(RpThread *th, Value v, const FormatSpec *f) {
  if (f->type && (f->type > 127 || !strchr("eEfFgGn%", (int)f->type))) return format_unknown_code(th, f->type, v), NULL;
  double d = float_value(v);
  FloatStyle st;
  if (!float_style(th, f, &st)) return NULL;
  if (f->type == 0) st.flags |= DOUBLE_DOT_0;
  if (f->type == '%') d *= 100;
  char *text = double_text(d, st.type, st.precision, st.flags);
  if (!text) return raise_memory(th), NULL;
  bool negative = text[0] == '-';
  Parts p = {.character = (uint32_t)-1};
  split_number(text + negative, &p);
  set_sign(&p, f->sign, negative);
  char *percent = NULL;
  if (f->type == '%') {
    percent = malloc((size_t)p.n_rest + 2);
    if (!percent) return free(text), raise_memory(th), NULL;
    memcpy(percent, p.rest, (size_t)p.n_rest);
    percent[p.n_rest++] = '%';
    p.rest = percent;
  }
  StrBuilder sb;
  sb_init(&sb, th);
  put_number(&sb, f, &p, f->grouping ? 3 : 0, f->grouping, false);
  free(percent);
  free(text);
  return sb_finish(&sb);
}

Str *format_complex(RpThread *th, Value v, const FormatSpec *f) {
  if (f->type && (f->type > 127 || !strchr("eEfFgGn", (int)f->type))) return format_unknown_code(th, f->type, v), NULL;
  if (f->fill == '0') return raise_value(th, "Zero padding is not allowed in complex format specifier"), NULL;
  if (f->align == '=') return raise_value(th, "'=' alignment flag is not allowed in complex format specifier"), NULL;
  Complex *z = (Complex *)as_object(v);
  FloatStyle st;
  if (!float_style(th, f, &st)) return NULL;
  bool only_imag = f->type == 0 && z->re == 0 && !signbit(z->re), parens = f->type == 0 && !only_imag;
  char *re = double_text(z->re, st.type, st.precision, st.flags), *im = double_text(z->im, st.type, st.precision, st.flags);
  if (!re || !im) return free(re), free(im), raise_memory(th), NULL;
  Parts pr = {.character = (uint32_t)-1}, pi = pr;
  split_number(re + (re[0] == '-'), &pr);
  split_number(im + (im[0] == '-'), &pi);
  set_sign(&pr, f->sign, re[0] == '-');
  set_sign(&pi, only_imag ? f->sign : '+', im[0] == '-');
  FormatSpec inner = {.fill = ' ', .align = '<', .width = -1};
  int group = f->grouping ? 3 : 0;
  StrBuilder sb;
  Str *body = NULL;
  sb_init(&sb, th);
  if (parens) sb_char(&sb, '(');
  if (!only_imag) put_number(&sb, &inner, &pr, group, f->grouping, false);
  put_number(&sb, &inner, &pi, group, f->grouping, false);
  sb_char(&sb, 'j');
  if (parens) sb_char(&sb, ')');
  free(re);
  free(im);
  body = sb_finish(&sb);
  if (!body || f->width <= (int64_t)body->length) return body;
  int64_t left, right;
  format_padding(f, body->length, &left, &right);
  sb_init(&sb, th);
  put_fill(&sb, f->fill, left);
  sb_str(&sb, body);
  put_fill(&sb, f->fill, right);
  return sb_finish(&sb);
}

/* -- __format__ ------------------------------------------------------------------------------- */

Value format_num_method(RpThread *th, Value v, Value spec) {
  if (!str_check(spec)) return raise_type(th, "__format__() argument must be str, not %T", spec);
  Str *r;
  if (as_str(spec)->length == 0) r = op_str(th, v);
  else {
    FormatSpec f;
    if (!format_spec_parse(th, as_str(spec), v, int_check(v) ? 'd' : 0, '>', &f)) return EMPTY;
    r = int_check(v) ? format_int(th, v, &f) : float_check(v) ? format_float(th, v, &f) : format_complex(th, v, &f);
  }
  return r ? value_object(r) : EMPTY;
}
