/* format.c: str.format, str.format_map, and format() of a str. */
#include "runtime/format_fields.h"

#include "runtime/dict.h"
#include "runtime/format_spec.h"
#include "runtime/str_methods.h"

/* -- Syntax --------------------------------------------------------------------------------------------------- */

static int bad(RpThread *th, const char *text) {
  raise_value(th, "%s", text);
  return -1;
}

/* After the '{': name, conversion, spec up to the matching '}'. */
static int parse_field(RpThread *th, FieldIter *it, Field *f) {
  Str *s = it->s;
  uint32_t c = 0;
  f->name.lo = it->at;
  bool done = false;
  while (!done && it->at < it->end) {
    c = str_at(s, it->at++);
    if (c == '{') return bad(th, "unexpected '{' in field name");
    if (c == '[') {
      while (it->at < it->end && str_at(s, it->at) != ']') it->at++;
      continue;
    }
    done = c == '}' || c == ':' || c == '!';
  }
  if (!done) return bad(th, "expected '}' before end of string");
  f->name.hi = it->at - 1;
  f->spec.lo = f->spec.hi = it->at;
  if (c == '}') return 1;
  if (c == '!') {
    if (it->at >= it->end) return bad(th, "end of string while looking for conversion specifier");
    f->conversion = str_at(s, it->at++);
    if (it->at < it->end) {
      c = str_at(s, it->at++);
      if (c == '}') return 1;
      if (c != ':') return bad(th, "expected ':' after conversion specifier");
    }
  }
  f->spec.lo = it->at;
  for (int depth = 1; it->at < it->end;) {
    c = str_at(s, it->at++);
    if (c == '{') depth++, f->nested = true;
    if (c == '}' && --depth == 0) {
      f->spec.hi = it->at - 1;
      return 1;
    }
  }
  return bad(th, "unmatched '{' in format spec");
}

int field_next(RpThread *th, FieldIter *it, Field *f) {
  memset(f, 0, sizeof *f);
  if (it->at >= it->end) return 0;
  uint32_t c = 0;
  bool brace = false;
  f->literal.lo = it->at;
  while (!brace && it->at < it->end) {
    c = str_at(it->s, it->at++);
    brace = c == '{' || c == '}';
  }
  f->literal.hi = it->at;
  if (!brace) return 1;
  bool at_end = it->at >= it->end;
  if (c == '}' && (at_end || str_at(it->s, it->at) != '}')) return bad(th, "Single '}' encountered in format string");
  if (at_end) return bad(th, "Single '{' encountered in format string");
  if (str_at(it->s, it->at) == c) { /* doubled: one of them is text */
    it->at++;
    return 1;
  }
  f->literal.hi--;
  f->present = true;
  return parse_field(th, it, f);
}

int64_t part_integer(RpThread *th, Str *s, Part p) {
  int64_t v = 0;
  if (p.lo >= p.hi) return -1;
  for (uint32_t i = p.lo; i < p.hi; i++) {
    int d = unicode_decimal(str_at(s, i));
    if (d < 0) return -1;
    if (v > (INT64_MAX - d) / 10) return raise_value(th, "Too many decimal digits in format string"), -2;
    v = v * 10 + d;
  }
  return v;
}

Part name_first(Str *s, Part name, Part *rest) {
  uint32_t i = name.lo;
  while (i < name.hi && str_at(s, i) != '.' && str_at(s, i) != '[') i++;
  *rest = (Part){i, name.hi};
  return (Part){name.lo, i};
}

int name_next(RpThread *th, Str *s, Part *rest, bool *is_attr, Part *part) {
  if (rest->lo >= rest->hi) return 0;
  uint32_t c = str_at(s, rest->lo++), i = rest->lo;
  *is_attr = c == '.';
  part->lo = i;
  if (c == '.') {
    while (i < rest->hi && str_at(s, i) != '.' && str_at(s, i) != '[') i++;
    part->hi = rest->lo = i;
  } else if (c == '[') {
    while (i < rest->hi && str_at(s, i) != ']') i++;
    if (i >= rest->hi) return bad(th, "Missing ']' in format string");
    part->hi = i;
    rest->lo = i + 1;
  } else {
    return bad(th, "Only '.' or '[' may follow ']' in format field specifier");
  }
  return part->lo == part->hi ? bad(th, "Empty attribute in format string") : 1;
}

/* -- str.format ------------------------------------------------------------------------------------------------- */

typedef enum Numbering { NUMBER_UNSET, NUMBER_AUTO, NUMBER_MANUAL } Numbering;
typedef struct Formatter {
  RpThread *th;
  Str *s;
  Tuple *args;    /* NULL for format_map */
  Value mapping;  /* keywords: a Dict, or any mapping */
  Numbering numbering;
  int64_t next_auto;
} Formatter;

static bool choose_numbering(Formatter *fm, bool automatic) {
  if (fm->numbering == NUMBER_UNSET) fm->numbering = automatic ? NUMBER_AUTO : NUMBER_MANUAL;
  if ((fm->numbering == NUMBER_AUTO) == automatic) return true;
  raise_value(fm->th, automatic ? "cannot switch from manual field specification to automatic field numbering"
                                : "cannot switch from automatic field numbering to manual field specification");
  return false;
}

static Value first_object(Formatter *fm, Part first) {
  RpThread *th = fm->th;
  bool empty = first.lo == first.hi;
  int64_t i = part_integer(th, fm->s, first);
  if (i == -2) return EMPTY;
  if (empty || i >= 0) {
    if (!choose_numbering(fm, empty)) return EMPTY;
    if (empty) i = fm->next_auto++;
    if (!fm->args) return raise_value(th, "Format string contains positional fields");
    if ((uint64_t)i >= fm->args->length)
      return raise_index(th, "Replacement index %lld out of range for positional args tuple", (long long)i);
    return fm->args->items[i];
  }
  Str *key = str_slice(th, fm->s, first.lo, first.hi);
  if (!key) return EMPTY;
  if (!fm->args) return op_getitem(th, fm->mapping, value_object(key));
  Value v = dict_get_str(as_dict(fm->mapping), key);
  return v == EMPTY ? raise_key(th, value_object(key)) : v;
}

static Value field_object(Formatter *fm, Part name) {
  RpThread *th = fm->th;
  Part rest, part;
  bool is_attr;
  Value v = first_object(fm, name_first(fm->s, name, &rest));
  int r = 1;
  while (v != EMPTY && (r = name_next(th, fm->s, &rest, &is_attr, &part)) == 1) {
    int64_t i = is_attr ? -1 : part_integer(th, fm->s, part);
    if (i == -2) return EMPTY;
    Str *text = i >= 0 ? NULL : str_slice(th, fm->s, part.lo, part.hi);
    if (i < 0 && !text) return EMPTY;
    if (is_attr) v = (text = str_intern(th, text)) ? op_getattr(th, v, text) : EMPTY;
    else v = op_getitem(th, v, i >= 0 ? value_int(i) : value_object(text));
  }
  return r < 0 ? EMPTY : v;
}

static Value convert(RpThread *th, Value v, uint32_t c) {
  switch (c) {
  case 0: return v;
  case 'r': return vstr(op_repr(th, v));
  case 's': return vstr(op_str(th, v));
  case 'a': return vstr(op_ascii(th, v));
  default:
    if (c > 32 && c < 127) return raise_value(th, "Unknown conversion specifier %c", (int)c);
    return raise_value(th, "Unknown conversion specifier \\x%x", c);
  }
}

static bool build(Formatter *fm, StrBuilder *sb, Part range, int depth);

static bool put_field(Formatter *fm, StrBuilder *sb, const Field *f, int depth) {
  RpThread *th = fm->th;
  Value v = field_object(fm, f->name);
  if (v != EMPTY) v = convert(th, v, f->conversion);
  if (v == EMPTY) return false;
  Str *spec;
  if (f->nested) {
    StrBuilder inner;
    sb_init(&inner, th);
    if (!build(fm, &inner, f->spec, depth - 1)) return sb_drop(&inner), false;
    spec = sb_finish(&inner);
  } else {
    spec = str_slice(th, fm->s, f->spec.lo, f->spec.hi);
  }
  Str *text = !spec ? NULL : spec->length == 0 && is_exact_str(v) ? as_str(v) : op_format(th, v, spec);
  if (text) sb_str(sb, text);
  return text != NULL;
}

static bool build(Formatter *fm, StrBuilder *sb, Part range, int depth) {
  if (depth <= 0) return raise_value(fm->th, "Max string recursion exceeded"), false;
  FieldIter it = {fm->s, range.lo, range.hi};
  Field f;
  int r;
  while ((r = field_next(fm->th, &it, &f)) == 1) {
    sb_slice(sb, fm->s, f.literal.lo, f.literal.hi);
    if (f.present && !put_field(fm, sb, &f, depth)) return false;
  }
  return r == 0;
}

static Value format_with(RpThread *th, Str *s, Tuple *args, Value mapping) {
  Formatter fm = {.th = th, .s = s, .args = args, .mapping = mapping};
  StrBuilder sb;
  sb_init(&sb, th);
  if (build(&fm, &sb, (Part){0, s->length}, 2)) return vstr(sb_finish(&sb));
  sb_drop(&sb);
  return EMPTY;
}

Value str_m_format(RpThread *th, const Value *a) { return format_with(th, as_str(a[0]), as_tuple(a[1]), a[2]); }
Value str_m_format_map(RpThread *th, const Value *a) { return format_with(th, as_str(a[0]), NULL, a[1]); }

/* -- format(str, spec) ----------------------------------------------------------------------------------------------- */

Value str_m___format__(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  FormatSpec f;
  if (!str_check(a[1])) return raise_type(th, "__format__() argument must be str, not %T", a[1]);
  if (as_str(a[1])->length == 0) return is_exact_str(a[0]) ? a[0] : vstr(op_str(th, a[0]));
  if (!format_spec_parse(th, as_str(a[1]), a[0], 's', '<', &f)) return EMPTY;
  if (f.type != 's') return format_unknown_code(th, f.type, a[0]);
  if (f.sign) return raise_value(th, f.sign == ' ' ? "Space not allowed in string format specifier" : "Sign not allowed in string format specifier");
  if (f.no_neg_zero) return raise_value(th, "Negative zero coercion (z) not allowed in string format specifier");
  if (f.alt) return raise_value(th, "Alternate form (#) not allowed in string format specifier");
  if (f.align == '=') return raise_value(th, "'=' alignment not allowed in string format specifier");
  uint32_t n = f.precision >= 0 && f.precision < s->length ? (uint32_t)f.precision : s->length;
  int64_t left, right;
  format_padding(&f, n, &left, &right);
  if (!left && !right && n == s->length) return vstr(str_as_type(th, &type_str, s));
  StrBuilder sb;
  sb_init(&sb, th);
  for (int64_t i = 0; i < left && !sb.failed; i++) sb_char(&sb, f.fill);
  sb_slice(&sb, s, 0, n);
  for (int64_t i = 0; i < right && !sb.failed; i++) sb_char(&sb, f.fill);
  return vstr(sb_finish(&sb));
}
