/* mod_unicodedata.c: module unicodedata: the character database of Unicode 14. */
#include "runtime/str_util.h"

#include "runtime/dict.h"

#include "unicode_db.inc"

#define LOOKUP(table, cp) table##_data[table##_index[(cp) / BLOCK] * BLOCK + (cp) % BLOCK]

static bool char_arg(RpThread *th, const char *fn, const char *which, Value v, uint32_t *c) {
  if (!str_check(v)) return raise_type(th, "%s() argument%s must be a unicode character, not %T", fn, which, v), false;
  if (as_str(v)->length != 1) return raise_type(th, "%s() argument%s must be a unicode character, not str", fn, which), false;
  *c = str_at(as_str(v), 0);
  return true;
}

#define TEXT_PROPERTY(name) \
  static Value u_##name(RpThread *th, const Value *a) { \
    uint32_t c; \
    return char_arg(th, #name, "", a[0], &c) ? vstr(str_from_c(th, name##_names[LOOKUP(name, c)])) : EMPTY; \
  }
TEXT_PROPERTY(category)
TEXT_PROPERTY(bidirectional)
TEXT_PROPERTY(east_asian_width)
TEXT_PROPERTY(decomposition)

static Value u_mirrored(RpThread *th, const Value *a) {
  uint32_t c;
  return char_arg(th, "mirrored", "", a[0], &c) ? value_int(LOOKUP(mirrored, c)) : EMPTY;
}
static Value u_combining(RpThread *th, const Value *a) {
  uint32_t c;
  return char_arg(th, "combining", "", a[0], &c) ? value_int(unicode_combining(c)) : EMPTY;
}

static Value or_default(RpThread *th, Value dflt, const char *text) { return dflt == EMPTY ? raise_value(th, "%s", text) : dflt; }

static Value u_decimal(RpThread *th, const Value *a) {
  uint32_t c;
  if (!char_arg(th, "decimal", " 1", a[0], &c)) return EMPTY;
  int d = unicode_decimal(c);
  return d >= 0 ? value_int(d) : or_default(th, a[1], "not a decimal");
}
static Value u_digit(RpThread *th, const Value *a) {
  uint32_t c;
  if (!char_arg(th, "digit", " 1", a[0], &c)) return EMPTY;
  int d = unicode_digit(c);
  return d >= 0 ? value_int(d) : or_default(th, a[1], "not a digit");
}
static Value u_numeric(RpThread *th, const Value *a) {
  uint32_t c;
  if (!char_arg(th, "numeric", " 1", a[0], &c)) return EMPTY;
  int i = LOOKUP(numeric, c);
  return i ? value_double(numeric_values[i]) : or_default(th, a[1], "not a numeric character");
}

static Value u_name(RpThread *th, const Value *a) {
  uint32_t c;
  char buf[128];
  if (!char_arg(th, "name", " 1", a[0], &c)) return EMPTY;
  return unicode_name(c, buf, sizeof buf) ? vstr(str_from_c(th, buf)) : or_default(th, a[1], "no such name");
}

static Value u_lookup(RpThread *th, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "lookup() argument must be str, not %T", a[0]);
  size_t n;
  const char *name = str_utf8(th, as_str(a[0]), &n);
  if (!name) return EMPTY;
  int32_t c = unicode_lookup_name(name, n);
  if (c >= 0) return vstr(str_from_char(th, (uint32_t)c));
  Str *text = str_fmt(th, "undefined character name '%S'", as_str(a[0]));
  return text ? raise_key(th, value_object(text)) : EMPTY;
}

/* -- Normal forms ------------------------------------------------------------------------------------------------------ */

static bool form_arg(RpThread *th, const char *fn, Value v, UnicodeForm *form) {
  static const struct { const char *name; UnicodeForm form; } forms[] = {
      {"NFC", UNICODE_NFC}, {"NFD", UNICODE_NFD}, {"NFKC", UNICODE_NFKC}, {"NFKD", UNICODE_NFKD}};
  if (!str_check(v)) return raise_type(th, "%s() argument 1 must be str, not %T", fn, v), false;
  for (size_t i = 0; i < countof(forms); i++)
    if (str_eq_c(as_str(v), forms[i].name)) return *form = forms[i].form, true;
  return raise_value(th, "invalid normalization form"), false;
}

static Str *normalized(RpThread *th, UnicodeForm form, Str *s) {
  if (str_is_ascii(s)) return str_as_type(th, &type_str, s);
  uint32_t *in = str_to_ucs4(th, s);
  uint32_t *out = in ? malloc((size_t)s->length * UNICODE_MAX_DECOMPOSITION * 4 + 4) : NULL;
  Str *r = NULL;
  if (out) r = str_from_ucs4(th, out, unicode_normalize(form, in, s->length, out));
  else if (in) raise_memory(th);
  free(in);
  free(out);
  return r;
}

static Value u_normalize(RpThread *th, const Value *a) {
  UnicodeForm form;
  if (!form_arg(th, "normalize", a[0], &form)) return EMPTY;
  if (!str_check(a[1])) return raise_type(th, "normalize() argument 2 must be str, not %T", a[1]);
  Str *r = normalized(th, form, as_str(a[1]));
  return r && str_eq(r, as_str(a[1])) ? vstr(str_as_type(th, &type_str, as_str(a[1]))) : vstr(r);
}
static Value u_is_normalized(RpThread *th, const Value *a) {
  UnicodeForm form;
  if (!form_arg(th, "is_normalized", a[0], &form)) return EMPTY;
  if (!str_check(a[1])) return raise_type(th, "is_normalized() argument 2 must be str, not %T", a[1]);
  Str *r = normalized(th, form, as_str(a[1]));
  return r ? value_bool(str_eq(r, as_str(a[1]))) : EMPTY;
}

static const NativeDef functions[] = {
    {"category", u_category, "(chr, /)", 0, "Returns the general category assigned to the character chr as string.", NULL},
    {"bidirectional", u_bidirectional, "(chr, /)", 0, "Returns the bidirectional class assigned to the character chr as string.", NULL},
    {"east_asian_width", u_east_asian_width, "(chr, /)", 0, "Returns the east asian width assigned to the character chr as string.", NULL},
    {"decomposition", u_decomposition, "(chr, /)", 0, "Returns the character decomposition mapping assigned to chr as string.", NULL},
    {"mirrored", u_mirrored, "(chr, /)", 0, "Returns the mirrored property assigned to the character chr as integer.", NULL},
    {"combining", u_combining, "(chr, /)", 0, "Returns the canonical combining class assigned to chr as integer.", NULL},
    {"decimal", u_decimal, "(chr, default=None, /)", 0, "Converts a Unicode character into its equivalent decimal value.", NULL},
    {"digit", u_digit, "(chr, default=None, /)", 0, "Converts a Unicode character into its equivalent digit value.", NULL},
    {"numeric", u_numeric, "(chr, default=None, /)", 0, "Converts a Unicode character into its equivalent numeric value.", NULL},
    {"name", u_name, "(chr, default=None, /)", 0, "Returns the name assigned to the character chr as a string.", NULL},
    {"lookup", u_lookup, "(name, /)", 0, "Look up character by name.", NULL},
    {"normalize", u_normalize, "(form, unistr, /)", 0, "Return the normal form 'form' for the Unicode string unistr.", NULL},
    {"is_normalized", u_is_normalized, "(form, unistr, /)", 0, "Return whether the Unicode string unistr is in the normal form 'form'.", NULL},
    {NULL}};

static int init(RpThread *th, Dict *d) {
  Str *version = str_from_c(th, "14.0.0");
  return version ? dict_set_c(th, d, "unidata_version", value_object(version)) : -1;
}

const ModuleSpec mod_unicodedata = {.doc = "This module provides access to the Unicode Character Database.", .functions = functions, .init = init};
