/* str_methods.c: the methods of str that search, cut, join, pad and replace. a[0] is always a str (or a subclass instance). */
#include "runtime/str_methods.h"

#include "runtime/dict.h"

static Str *exact(RpThread *th, Str *s) { return str_as_type(th, &type_str, s); }

static bool is_space(uint32_t c) {
  if (c < 128) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
  return unicode_is_space(c);
}

/* -- find, index, count, startswith --------------------------------------------------------------------------- */

static bool find_args(RpThread *th, const Value *a, int64_t *lo, int64_t *hi) {
  if (!str_check(a[1])) return raise_type(th, "must be str, not %T", a[1]), false;
  return arg_range(th, a[2], a[3], as_str(a[0])->length, lo, hi);
}

static Value find(RpThread *th, const Value *a, bool last, bool must) {
  int64_t lo, hi, r = -1;
  if (!find_args(th, a, &lo, &hi)) return EMPTY;
  if (lo <= hi) r = (last ? str_rfind : str_find)(as_str(a[0]), (uint32_t)lo, (uint32_t)hi, as_str(a[1]));
  if (r < 0 && must) return raise_value(th, "substring not found");
  return value_int(r);
}

Value str_m_find(RpThread *th, const Value *a) { return find(th, a, false, false); }
Value str_m_rfind(RpThread *th, const Value *a) { return find(th, a, true, false); }
Value str_m_index(RpThread *th, const Value *a) { return find(th, a, false, true); }
Value str_m_rindex(RpThread *th, const Value *a) { return find(th, a, true, true); }

static int64_t count_in(const Str *s, uint32_t lo, uint32_t hi, const Str *sub) {
  if (sub->length == 0) return (int64_t)hi - lo + 1;
  int64_t n = 0, at;
  while ((at = str_find(s, lo, hi, sub)) >= 0) n++, lo = (uint32_t)at + sub->length;
  return n;
}

Value str_m_count(RpThread *th, const Value *a) {
  int64_t lo, hi;
  if (!find_args(th, a, &lo, &hi)) return EMPTY;
  return value_int(lo > hi ? 0 : count_in(as_str(a[0]), (uint32_t)lo, (uint32_t)hi, as_str(a[1])));
}

static bool has_at(const Str *s, int64_t lo, int64_t hi, const Str *sub, bool at_end) {
  if (lo > hi || sub->length > hi - lo) return false;
  uint32_t at = at_end ? (uint32_t)hi - sub->length : (uint32_t)lo;
  return str_find(s, at, at + sub->length, sub) >= 0;
}

static Value tail_match(RpThread *th, const Value *a, bool at_end, const char *name) {
  int64_t lo, hi;
  const Str *s = as_str(a[0]);
  if (!arg_range(th, a[2], a[3], s->length, &lo, &hi)) return EMPTY;
  if (str_check(a[1])) return value_bool(has_at(s, lo, hi, as_str(a[1]), at_end));
  if (!tuple_check(a[1])) return raise_type(th, "%s first arg must be str or a tuple of str, not %T", name, a[1]);
  const Tuple *t = as_tuple(a[1]);
  for (uint64_t i = 0; i < t->length; i++) {
    if (!str_check(t->items[i])) return raise_type(th, "tuple for %s must only contain str, not %T", name, t->items[i]);
    if (has_at(s, lo, hi, as_str(t->items[i]), at_end)) return TRUE_V;
  }
  return FALSE_V;
}

Value str_m_startswith(RpThread *th, const Value *a) { return tail_match(th, a, false, "startswith"); }
Value str_m_endswith(RpThread *th, const Value *a) { return tail_match(th, a, true, "endswith"); }

Value str_m_removeprefix(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  if (!str_check(a[1])) return raise_type(th, "removeprefix() argument must be str, not %T", a[1]);
  if (!has_at(s, 0, s->length, as_str(a[1]), false)) return vstr(exact(th, s));
  return vstr(str_slice(th, s, as_str(a[1])->length, s->length));
}

Value str_m_removesuffix(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  if (!str_check(a[1])) return raise_type(th, "removesuffix() argument must be str, not %T", a[1]);
  if (!has_at(s, 0, s->length, as_str(a[1]), true)) return vstr(exact(th, s));
  return vstr(str_slice(th, s, 0, s->length - as_str(a[1])->length));
}

/* -- split ---------------------------------------------------------------------------------------------------------- */

static bool add_slice(RpThread *th, List *l, Str *s, uint32_t lo, uint32_t hi) {
  Str *part = str_slice(th, s, lo, hi);
  return part && list_append(th, l, value_object(part)) == 0;
}

static const bool ascii_space[256] = {[9] = true, [10] = true, [11] = true, [12] = true, [13] = true, [0x1c] = true, [0x1d] = true,
                                      [0x1e] = true, [0x1f] = true, [' '] = true};

static bool split_space_ascii(RpThread *th, List *l, Str *s) {
  const uint8_t *p = s->u1;
  for (uint32_t i = 0, n = s->length;;) {
    while (i < n && ascii_space[p[i]]) i++;
    if (i == n) return true;
    uint32_t lo = i;
    while (i < n && !ascii_space[p[i]]) i++;
    if (!add_slice(th, l, s, lo, i)) return false;
  }
}

static bool split_space(RpThread *th, List *l, Str *s, int64_t max) {
  if (max == INT64_MAX && str_is_ascii(s)) return split_space_ascii(th, l, s);
  uint32_t i = 0, n = s->length;
  int w = str_width(s);
  while (true) {
    while (i < n && is_space(unit_get(s->u1, w, i))) i++;
    if (i == n) return true;
    uint32_t lo = i;
    if (max-- == 0) return add_slice(th, l, s, lo, n);
    while (i < n && !is_space(unit_get(s->u1, w, i))) i++;
    if (!add_slice(th, l, s, lo, i)) return false;
  }
}

static bool rsplit_space(RpThread *th, List *l, Str *s, int64_t max) {
  uint32_t i = s->length;
  int w = str_width(s);
  while (true) {
    while (i > 0 && is_space(unit_get(s->u1, w, i - 1))) i--;
    if (i == 0) return true;
    uint32_t hi = i;
    if (max-- == 0) return add_slice(th, l, s, 0, hi);
    while (i > 0 && !is_space(unit_get(s->u1, w, i - 1))) i--;
    if (!add_slice(th, l, s, i, hi)) return false;
  }
}

static bool split_sep(RpThread *th, List *l, Str *s, const Str *sep, int64_t max) {
  uint32_t lo = 0;
  int64_t at;
  while (max-- != 0 && (at = str_find(s, lo, s->length, sep)) >= 0) {
    if (!add_slice(th, l, s, lo, (uint32_t)at)) return false;
    lo = (uint32_t)at + sep->length;
  }
  if (lo == 0) {
    Str *whole = exact(th, s);
    return whole && list_append(th, l, value_object(whole)) == 0;
  }
  return add_slice(th, l, s, lo, s->length);
}

static bool rsplit_sep(RpThread *th, List *l, Str *s, const Str *sep, int64_t max) {
  uint32_t hi = s->length;
  int64_t at;
  while (max-- != 0 && (at = str_rfind(s, 0, hi, sep)) >= 0) {
    if (!add_slice(th, l, s, (uint32_t)at + sep->length, hi)) return false;
    hi = (uint32_t)at;
  }
  if (hi == s->length) {
    Str *whole = exact(th, s);
    return whole && list_append(th, l, value_object(whole)) == 0;
  }
  return add_slice(th, l, s, 0, hi);
}

static void reverse(List *l) {
  Array *a = list_array(l);
  for (uint32_t i = 0, j = a->length; j > i + 1; i++) {
    Value t = a->items[--j];
    a->items[j] = a->items[i];
    a->items[i] = t;
  }
}

static Value split(RpThread *th, const Value *a, bool from_right) {
  Str *s = as_str(a[0]);
  int64_t max;
  if (!arg_ssize(th, a[2], -1, &max)) return EMPTY;
  if (max < 0) max = INT64_MAX;
  bool space = a[1] == EMPTY || a[1] == NONE;
  if (!space && !str_check(a[1])) return raise_type(th, "must be str or None, not %T", a[1]);
  if (!space && as_str(a[1])->length == 0) return raise_value(th, "empty separator");
  List *l = list_new(th, 0);
  if (!l) return EMPTY;
  bool ok;
  if (!from_right) ok = space ? split_space(th, l, s, max) : split_sep(th, l, s, as_str(a[1]), max);
  else ok = space ? rsplit_space(th, l, s, max) : rsplit_sep(th, l, s, as_str(a[1]), max);
  if (!ok) return EMPTY;
  if (from_right) {
    reverse(l); /* nobody else has seen the list: plain moves inside one array need no more than this barrier */
    heap_barrier_bulk(th, list_array(l));
  }
  return value_object(l);
}

Value str_m_split(RpThread *th, const Value *a) { return split(th, a, false); }
Value str_m_rsplit(RpThread *th, const Value *a) { return split(th, a, true); }

Value str_m_splitlines(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  int64_t keep;
  if (is_bool(a[1])) keep = a[1] == TRUE_V;
  else if (!arg_ssize(th, a[1], 0, &keep)) return EMPTY;
  List *l = list_new(th, 0);
  if (!l) return EMPTY;
  int w = str_width(s);
  for (uint32_t i = 0, n = s->length; i < n;) {
    uint32_t lo = i;
    while (i < n && !unicode_is_linebreak(unit_get(s->u1, w, i))) i++;
    uint32_t hi = i;
    if (i < n) i += unit_get(s->u1, w, i) == '\r' && i + 1 < n && unit_get(s->u1, w, i + 1) == '\n' ? 2 : 1;
    if (!add_slice(th, l, s, lo, keep ? i : hi)) return EMPTY;
  }
  return value_object(l);
}

static Value three(RpThread *th, Str *x, Str *y, Str *z) {
  if (!x || !y || !z) return EMPTY;
  return vstr(tuple_of(th, 3, value_object(x), value_object(y), value_object(z)));
}

static Value partition(RpThread *th, const Value *a, bool last) {
  Str *s = as_str(a[0]);
  if (!str_check(a[1])) return raise_type(th, "must be str, not %T", a[1]);
  Str *sep = as_str(a[1]);
  if (sep->length == 0) return raise_value(th, "empty separator");
  int64_t at = (last ? str_rfind : str_find)(s, 0, s->length, sep);
  if (at < 0 && last) return three(th, str_empty_, str_empty_, exact(th, s));
  if (at < 0) return three(th, exact(th, s), str_empty_, str_empty_);
  return three(th, str_slice(th, s, 0, (uint32_t)at), sep, str_slice(th, s, (uint32_t)at + sep->length, s->length));
}

Value str_m_partition(RpThread *th, const Value *a) { return partition(th, a, false); }
Value str_m_rpartition(RpThread *th, const Value *a) { return partition(th, a, true); }

/* -- strip ------------------------------------------------------------------------------------------------------------ */

static bool in_set(const Str *set, uint32_t c) {
  if (!set) return is_space(c);
  int w = str_width(set);
  if (w == 0) return c < 256 && memchr(set->u1, (int)c, set->length);
  for (uint32_t i = 0; i < set->length; i++)
    if (unit_get(set->u1, w, i) == c) return true;
  return false;
}

static Value strip(RpThread *th, const Value *a, bool left, bool right, const char *name) {
  Str *s = as_str(a[0]), *set = NULL;
  if (a[1] != EMPTY && a[1] != NONE) {
    if (!str_check(a[1])) return raise_type(th, "%s arg must be None or str", name);
    set = as_str(a[1]);
  }
  uint32_t lo = 0, hi = s->length;
  int w = str_width(s);
  while (left && lo < hi && in_set(set, unit_get(s->u1, w, lo))) lo++;
  while (right && hi > lo && in_set(set, unit_get(s->u1, w, hi - 1))) hi--;
  return vstr(str_slice(th, s, lo, hi));
}

Value str_m_strip(RpThread *th, const Value *a) { return strip(th, a, true, true, "strip"); }
Value str_m_lstrip(RpThread *th, const Value *a) { return strip(th, a, true, false, "lstrip"); }
Value str_m_rstrip(RpThread *th, const Value *a) { return strip(th, a, false, true, "rstrip"); }

/* -- replace, join, pad --------------------------------------------------------------------------------------------------- */

Value str_m_replace(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  for (int i = 1; i <= 2; i++)
    if (!str_check(a[i])) return raise_type(th, "replace() argument %d must be str, not %T", i, a[i]);
  int64_t max, at;
  if (!arg_ssize(th, a[3], -1, &max)) return EMPTY;
  Str *old = as_str(a[1]), *new = as_str(a[2]);
  if (max < 0) max = INT64_MAX;
  if (max == 0 || old->length > s->length) return vstr(exact(th, s));
  StrBuilder sb;
  sb_init(&sb, th);
  uint32_t lo = 0;
  if (old->length == 0) {
    for (; lo <= s->length && max-- > 0; lo++) {
      sb_str(&sb, new);
      if (lo < s->length) sb_char(&sb, str_at(s, lo));
    }
  } else {
    while (max-- > 0 && (at = str_find(s, lo, s->length, old)) >= 0) {
      sb_slice(&sb, s, lo, (uint32_t)at);
      sb_str(&sb, new);
      lo = (uint32_t)at + old->length;
    }
    if (lo == 0 && !sb.failed) {
      sb_drop(&sb);
      return vstr(exact(th, s));
    }
  }
  sb_slice(&sb, s, lo, s->length);
  return vstr(sb_finish(&sb));
}

Value str_m_join(RpThread *th, const Value *a) {
  if (tuple_check(a[1])) return vstr(str_join(th, as_str(a[0]), as_tuple(a[1])->items, as_tuple(a[1])->length));
  List *l = NULL;
  if (!list_check(a[1])) {
    if (!str_check(a[1]) && !type_of(a[1])->slots.iter && !type_of(a[1])->slots.getitem)
      return raise_type(th, "can only join an iterable");
    l = op_to_list(th, a[1]);
    if (!l) return EMPTY;
  } else {
    l = as_list(a[1]);
  }
  Array *items = list_array(l);
  return vstr(str_join(th, as_str(a[0]), items->items, load_acquire(&items->length)));
}

static bool fill_arg(RpThread *th, Value v, uint32_t *fill) {
  *fill = ' ';
  if (v == EMPTY) return true;
  if (!str_check(v)) return raise_type(th, "The fill character must be a unicode character, not %T", v), false;
  if (as_str(v)->length != 1) return raise_type(th, "The fill character must be exactly one character long"), false;
  *fill = str_at(as_str(v), 0);
  return true;
}

static Value pad(RpThread *th, Str *s, int64_t left, int64_t right, uint32_t fill) {
  if (left <= 0 && right <= 0) return vstr(exact(th, s));
  int64_t n = left + s->length + right;
  if (TOO_BIG(n)) return raise_overflow(th, "padded string is too long");
  uint32_t max = str_max(s);
  Str *o = str_alloc(th, (uint32_t)n, max > fill ? max : fill);
  if (!o) return EMPTY;
  int w = str_width(o);
  for (int64_t i = 0; i < left; i++) unit_put(o->u1, w, (size_t)i, fill);
  unit_copy(o->u1, w, (size_t)left, s->u1, str_width(s), 0, s->length);
  for (int64_t i = n - right; i < n; i++) unit_put(o->u1, w, (size_t)i, fill);
  return value_object(o);
}

static Value justify(RpThread *th, const Value *a, int side) { /* -1 left, 0 centre, 1 right */
  int64_t width;
  uint32_t fill;
  if (!arg_ssize(th, a[1], 0, &width) || !fill_arg(th, a[2], &fill)) return EMPTY;
  Str *s = as_str(a[0]);
  int64_t room = width - s->length;
  if (room <= 0) return vstr(exact(th, s));
  int64_t left = side < 0 ? 0 : side > 0 ? room : room / 2 + (room & width & 1);
  return pad(th, s, left, room - left, fill);
}

Value str_m_ljust(RpThread *th, const Value *a) { return justify(th, a, -1); }
Value str_m_rjust(RpThread *th, const Value *a) { return justify(th, a, 1); }
Value str_m_center(RpThread *th, const Value *a) { return justify(th, a, 0); }

Value str_m_zfill(RpThread *th, const Value *a) {
  int64_t width;
  if (!arg_ssize(th, a[1], 0, &width)) return EMPTY;
  Str *s = as_str(a[0]);
  int64_t room = width - s->length;
  if (room <= 0) return vstr(exact(th, s));
  Value v = pad(th, s, room, 0, '0');
  uint32_t sign = s->length ? str_at(s, 0) : 0;
  if (v != EMPTY && (sign == '+' || sign == '-')) {
    str_put(as_str(v), 0, sign);
    str_put(as_str(v), (uint32_t)room, '0');
  }
  return v;
}

Value str_m_expandtabs(RpThread *th, const Value *a) {
  int64_t size, column = 0;
  if (!arg_ssize(th, a[1], 8, &size)) return EMPTY;
  Str *s = as_str(a[0]);
  StrBuilder sb;
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c == '\t') {
      int64_t n = size > 0 ? size - column % size : 0;
      if (n > STR_MAX_LENGTH) {
        sb_drop(&sb);
        return raise_overflow(th, "new string is too long");
      }
      column += n;
      while (n-- > 0 && !sb.failed) sb_char(&sb, ' ');
    } else {
      sb_char(&sb, c);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
  }
  return vstr(sb_finish(&sb));
}

/* -- translate ---------------------------------------------------------------------------------------------------------------- */

static bool translate_one(RpThread *th, StrBuilder *sb, Value table, uint32_t c) {
  Value v = op_getitem(th, table, value_int(c));
  int64_t code;
  if (v == EMPTY) {
    if (!error_is(th, &type_LookupError)) return false;
    error_clear(th);
    sb_char(sb, c);
  } else if (v == NONE) {
  } else if (str_check(v)) {
    sb_str(sb, as_str(v));
  } else if (!int_check(v)) {
    return raise_type(th, "character mapping must return integer, None or str"), false;
  } else if (!int_as_i64(v, &code) || code < 0 || code > (int64_t)UNICODE_MAX) {
    return raise_value(th, "character mapping must be in range(0x110000)"), false;
  } else {
    sb_char(sb, (uint32_t)code);
  }
  return true;
}

Value str_m_translate(RpThread *th, const Value *a) {
  Str *s = as_str(a[0]);
  StrBuilder sb;
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    if (translate_one(th, &sb, a[1], str_at(s, i))) continue;
    sb_drop(&sb);
    return EMPTY;
  }
  return vstr(sb_finish(&sb));
}

static Value maketrans_pairs(RpThread *th, Dict *d, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "first maketrans argument must be a string if there is a second argument");
  for (int i = 1; i <= 2; i++)
    if (a[i] != EMPTY && !str_check(a[i])) return raise_type(th, "maketrans() argument %d must be str, not %T", i + 1, a[i]);
  const Str *x = as_str(a[0]), *y = as_str(a[1]);
  if (x->length != y->length) return raise_value(th, "the first two maketrans arguments must have equal length");
  for (uint32_t i = 0; i < x->length; i++)
    if (dict_set(th, d, value_int(str_at(x, i)), value_int(str_at(y, i))) < 0) return EMPTY;
  for (uint32_t i = 0; a[2] != EMPTY && i < as_str(a[2])->length; i++)
    if (dict_set(th, d, value_int(str_at(as_str(a[2]), i)), NONE) < 0) return EMPTY;
  return value_object(d);
}

Value str_m_maketrans(RpThread *th, const Value *a) {
  Dict *d = dict_new(th);
  if (!d) return EMPTY;
  if (a[1] != EMPTY) return maketrans_pairs(th, d, a);
  if (!dict_check(a[0])) return raise_type(th, "if you give only one argument to maketrans it must be a dict");
  uint32_t pos = 0;
  Value key, v;
  while (dict_next(as_dict(a[0]), &pos, &key, &v)) {
    if (str_check(key)) {
      if (as_str(key)->length != 1) return raise_value(th, "string keys in translate table must be of length 1");
      key = value_int(str_at(as_str(key), 0));
    } else if (!int_check(key)) {
      return raise_type(th, "keys in translate table must be strings or integers");
    }
    if (dict_set(th, d, key, v) < 0) return EMPTY;
  }
  return value_object(d);
}

/* -- The rest -------------------------------------------------------------------------------------------------------------------- */

Value str_m___getnewargs__(RpThread *th, const Value *a) {
  Str *s = exact(th, as_str(a[0]));
  return s ? vstr(tuple_of(th, 1, value_object(s))) : EMPTY;
}

/* As CPython's compact layouts measure: what scripts compare is the growth, not our header. */
Value str_m___sizeof__(RpThread *th, const Value *a) {
  const Str *s = as_str(a[0]);
  return value_int((int64_t)(((uint64_t)s->length + 1) << str_width(s)) + (str_is_ascii(s) ? 48 : 72));
}
