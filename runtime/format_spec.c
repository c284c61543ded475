/* format_spec.c: parser of the format-spec mini-language. */
#include "runtime/format_spec.h"
#include "runtime/str.h"
#include "runtime/unicode.h"

static bool is_align(uint32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

/* Decimal digits at *i into *out; false + ValueError when too many. Returns with *out -1 when there are none. */
static bool parse_integer(RpThread *th, Str *s, uint32_t *i, int64_t *out) {
  int64_t v = 0;
  uint32_t start = *i;
  for (int d; *i < s->length && (d = unicode_decimal(str_at(s, *i))) >= 0; ++*i)
    if (__builtin_mul_overflow(v, (int64_t)10, &v) || __builtin_add_overflow(v, (int64_t)d, &v))
      return raise_value(th, "Too many decimal digits in format string"), false;
  *out = *i == start ? -1 : v;
  return true;
}

static bool both_groupings(RpThread *th) { return raise_value(th, "Cannot specify both ',' and '_'."), false; }

/* Grouping goes with some types only. */
static bool check_grouping(RpThread *th, const FormatSpec *f) {
  if (!f->grouping || !f->type || (f->type < 128 && strchr("defgEG%F", (int)f->type))) return true;
  if (f->grouping == '_' && f->type < 128 && strchr("boxX", (int)f->type)) return true;
  if (f->type > 32 && f->type < 128) raise_value(th, "Cannot specify '%c' with '%c'.", f->grouping, (int)f->type);
  else raise_value(th, "Cannot specify '%c' with '\\x%x'.", f->grouping, f->type);
  return false;
}

bool format_spec_parse(RpThread *th, Str *s, Value v, uint32_t default_type, char default_align, FormatSpec *f) {
  *f = (FormatSpec){.fill = ' ', .align = default_align, .width = -1, .precision = -1, .type = default_type};
  uint32_t i = 0, n = s->length;
#define AT(k) (i + (k) < n ? str_at(s, i + (k)) : 0)
  if (n >= 2 && is_align(AT(1))) {
    f->fill = AT(0);
    f->align = (char)AT(1);
    f->fill_given = f->align_given = true;
    i = 2;
  } else if (is_align(AT(0))) {
    f->align = (char)AT(0);
    f->align_given = true;
    i = 1;
  }
  uint32_t c = AT(0);
  if (c == '+' || c == '-' || c == ' ') f->sign = (char)c, i++;
  if (AT(0) == 'z') f->no_neg_zero = true, i++;
  if (AT(0) == '#') f->alt = true, i++;
  if (!f->fill_given && AT(0) == '0') {
    f->fill = '0';
    if (!f->align_given && default_align == '>') f->align = '=';
    i++;
  }
  if (!parse_integer(th, s, &i, &f->width)) return false;
  if (AT(0) == ',') f->grouping = ',', i++;
  if (AT(0) == '_') {
    if (f->grouping) return both_groupings(th);
    f->grouping = '_', i++;
  }
  if (AT(0) == ',' && f->grouping == '_') return both_groupings(th);
  if (AT(0) == '.') {
    i++;
    if (!parse_integer(th, s, &i, &f->precision)) return false;
    if (f->precision < 0) return raise_value(th, "Format specifier missing precision"), false;
  }
  if (n - i > 1) return raise_value(th, "Invalid format specifier '%S' for object of type '%T'", s, v), false;
  if (n - i == 1) f->type = AT(0);
#undef AT
  return check_grouping(th, f);
}

Value format_unknown_code(RpThread *th, uint32_t type, Value v) {
  if (type > 32 && type < 128) return raise_value(th, "Unknown format code '%c' for object of type '%T'", (int)type, v);
  return raise_value(th, "Unknown format code '\\x%x' for object of type '%T'", type, v);
}

void format_padding(const FormatSpec *f, int64_t n, int64_t *left, int64_t *right) {
  int64_t pad = f->width > n ? f->width - n : 0;
  *left = f->align == '<' ? 0 : f->align == '^' ? pad / 2 : pad;
  *right = pad - *left;
}
