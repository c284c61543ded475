/* str_case.c: the methods of str that ask for or change the case or class of characters (Unicode 14, full mappings). */
#include "runtime/str_methods.h"

/* -- Predicates ------------------------------------------------------------------------------------------------ */

static Value all(const Str *s, bool (*is)(uint32_t), bool when_empty) {
  int w = str_width(s);
  for (uint32_t i = 0; i < s->length; i++)
    if (!is(unit_get(s->u1, w, i))) return FALSE_V;
  return value_bool(s->length || when_empty);
}

Value str_m_isalnum(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_alnum, false); }
Value str_m_isalpha(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_alpha, false); }
Value str_m_isdecimal(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_decimal, false); }
Value str_m_isdigit(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_digit, false); }
Value str_m_isnumeric(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_numeric, false); }
Value str_m_isspace(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_space, false); }
Value str_m_isprintable(RpThread *th, const Value *a) { return all(as_str(a[0]), unicode_is_printable, true); }
Value str_m_isascii(RpThread *th, const Value *a) { return value_bool(str_is_ascii(as_str(a[0]))); }

Value str_m_isidentifier(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  if (s->length == 0 || !unicode_is_xid_start(str_at(s, 0))) return FALSE_V;
  for (uint32_t i = 1; i < s->length; i++)
    if (!unicode_is_xid_continue(str_at(s, i))) return FALSE_V;
  return TRUE_V;
}

Value str_m_isupper(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  bool cased = false;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (unicode_is_lower(c) || unicode_is_title(c)) return FALSE_V;
    cased |= unicode_is_upper(c);
  }
  return value_bool(cased);
}

Value str_m_islower(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  bool cased = false;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (unicode_is_upper(c) || unicode_is_title(c)) return FALSE_V;
    cased |= unicode_is_lower(c);
  }
  return value_bool(cased);
}

Value str_m_istitle(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  bool cased = false, previous = false;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (unicode_is_upper(c) || unicode_is_title(c)) {
      if (previous) return FALSE_V;
      previous = cased = true;
    } else if (unicode_is_lower(c)) {
      if (!previous) return FALSE_V;
      cased = true;
    } else {
      previous = false;
    }
  }
  return value_bool(cased);
}

/* -- Mappings --------------------------------------------------------------------------------------------------- */

/* A capital sigma ends a word when a cased letter comes before it and none after it, case-ignorable characters aside. */
static bool sigma_is_final(const Str *s, uint32_t i) {
  uint32_t j = i;
  while (j > 0 && unicode_is_case_ignorable(str_at(s, j - 1))) j--;
  if (j == 0 || !unicode_is_cased(str_at(s, j - 1))) return false;
  for (j = i + 1; j < s->length && unicode_is_case_ignorable(str_at(s, j));) j++;
  return j == s->length || !unicode_is_cased(str_at(s, j));
}

static int lower_at(const Str *s, uint32_t i, uint32_t out[3]) {
  uint32_t c = str_at(s, i);
  if (c == 0x3A3) return out[0] = sigma_is_final(s, i) ? 0x3C2 : 0x3C3, 1;
  return unicode_lower(c, out);
}

static void put(StrBuilder *sb, const uint32_t *c, int n) {
  for (int i = 0; i < n; i++) sb_char(sb, c[i]);
}

/* One byte in, one byte out: what ASCII strings need. */
static Str *map_ascii(RpThread *th, const Str *s, uint8_t first, uint8_t last) {
  Str *o = s->length ? str_alloc(th, s->length, 0x7f) : str_empty_;
  if (!o) return NULL;
  for (uint32_t i = 0; i < s->length; i++) {
    uint8_t c = s->u1[i];
    o->u1[i] = c >= first && c <= last ? c ^ 0x20 : c;
  }
  return o;
}

Value str_m_lower(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  if (str_is_ascii(s)) return vstr(map_ascii(th, s, 'A', 'Z'));
  StrBuilder sb;
  uint32_t out[3];
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) put(&sb, out, lower_at(s, i, out));
  return vstr(sb_finish(&sb));
}

static Value map_all(RpThread *th, const Str *s, int (*map)(uint32_t, uint32_t *)) {
  StrBuilder sb;
  uint32_t out[3];
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) put(&sb, out, map(str_at(s, i), out));
  return vstr(sb_finish(&sb));
}

Value str_m_upper(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  return str_is_ascii(s) ? vstr(map_ascii(th, s, 'a', 'z')) : map_all(th, s, unicode_upper);
}

Value str_m_casefold(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  return str_is_ascii(s) ? vstr(map_ascii(th, s, 'A', 'Z')) : map_all(th, s, unicode_casefold);
}

Value str_m_capitalize(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  StrBuilder sb;
  uint32_t out[3];
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) put(&sb, out, i == 0 ? unicode_title(str_at(s, 0), out) : lower_at(s, i, out));
  return vstr(sb_finish(&sb));
}

Value str_m_title(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  StrBuilder sb;
  uint32_t out[3];
  bool previous = false;
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    put(&sb, out, previous ? lower_at(s, i, out) : unicode_title(c, out));
    previous = unicode_is_cased(c);
  }
  return vstr(sb_finish(&sb));
}

Value str_m_swapcase(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  StrBuilder sb;
  uint32_t out[3];
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (unicode_is_upper(c)) put(&sb, out, lower_at(s, i, out));
    else if (unicode_is_lower(c)) put(&sb, out, unicode_upper(c, out));
    else sb_char(&sb, c);
  }
  return vstr(sb_finish(&sb));
}
