/* bytes_methods.c: the methods bytes and bytearray share. a[0] is either (or a subclass); results are of the same builtin type. Arguments are
** any objects with a buffer. Character classes are ASCII's. */
#include "runtime/bytes_util.h"

#include "runtime/codecs.h"

/* -- Arguments ------------------------------------------------------------------------------------------------- */

/* Contents of a buffer argument while in use; `byte` backs an integer argument. */
typedef struct Arg { const uint8_t *p; size_t n; uint8_t byte; Buffer buf; void *copy; } Arg;

static bool arg_take(RpThread *th, Value v, Arg *a) {
  a->copy = NULL;
  a->buf.owner = NULL;
  if (bytes_check(v)) {
    a->p = as_bytes(v)->data;
    a->n = as_bytes(v)->length;
    return true;
  }
  if (buffer_acquire(th, v, &a->buf, false) < 0) return false;
  a->p = a->buf.data;
  a->n = (size_t)a->buf.size;
  if (!buffer_is_contiguous(&a->buf)) {
    a->copy = malloc(a->n + 1);
    if (!a->copy) {
      buffer_release(th, &a->buf);
      return raise_memory(th), false;
    }
    buffer_copy_out(&a->buf, a->copy);
    a->p = a->copy;
  }
  return true;
}
static void arg_drop(RpThread *th, Arg *a) {
  free(a->copy);
  if (a->buf.owner) buffer_release(th, &a->buf);
}

/* find() and friends take one byte as an int too. */
static bool arg_sub(RpThread *th, Value v, Arg *a) {
  if (has_buffer(v)) return arg_take(th, v, a);
  if (!int_check(v) && !type_of(v)->slots.index)
    return raise_type(th, "argument should be integer or bytes-like object, not '%T'", v), false;
  int c = byte_value(th, v, "byte must be in range(0, 256)");
  if (c < 0) return false;
  a->copy = NULL;
  a->buf.owner = NULL;
  a->byte = (uint8_t)c;
  a->p = &a->byte;
  a->n = 1;
  return true;
}

static Value same(RpThread *th, Value self) {
  if (has_shape(self, SHAPE_bytes)) return self;
  Span s = bytes_span(self);
  return bytes_like(th, self, s.p, s.n);
}
static Value slice(RpThread *th, Value self, Span s, size_t lo, size_t hi) {
  if (lo == 0 && hi == s.n) return same(th, self);
  return bytes_like(th, self, s.p + lo, hi - lo);
}
static Value built(RpThread *th, Value self, ByteBuilder *bb) {
  Value v = EMPTY;
  if (bb->failed) raise_memory(th);
  else v = bytes_like(th, self, bb->data ? bb->data : (const void *)"", bb->len);
  bb_drop(bb);
  return v;
}

/* -- Search ---------------------------------------------------------------------------------------------------------- */

static Value find(RpThread *th, const Value *a, bool last, bool must) {
  Span s = bytes_span(a[0]);
  int64_t lo, hi, r = -1;
  Arg sub;
  if (!arg_range(th, a[2], a[3], (int64_t)s.n, &lo, &hi) || !arg_sub(th, a[1], &sub)) return EMPTY;
  if (lo <= hi) r = (last ? mem_rfind : mem_find)(s.p + lo, (size_t)(hi - lo), sub.p, sub.n);
  arg_drop(th, &sub);
  if (r < 0 && must) return raise_value(th, "subsection not found");
  return value_int(r < 0 ? -1 : r + lo);
}
Value bytes_m_find(RpThread *th, const Value *a) { return find(th, a, false, false); }
Value bytes_m_rfind(RpThread *th, const Value *a) { return find(th, a, true, false); }
Value bytes_m_index(RpThread *th, const Value *a) { return find(th, a, false, true); }
Value bytes_m_rindex(RpThread *th, const Value *a) { return find(th, a, true, true); }

Value bytes_m_count(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  int64_t lo, hi, at, n = 0;
  Arg sub;
  if (!arg_range(th, a[2], a[3], (int64_t)s.n, &lo, &hi) || !arg_sub(th, a[1], &sub)) return EMPTY;
  if (lo <= hi && sub.n == 0) n = hi - lo + 1;
  else
    while (lo <= hi && (at = mem_find(s.p + lo, (size_t)(hi - lo), sub.p, sub.n)) >= 0) n++, lo += at + (int64_t)sub.n;
  arg_drop(th, &sub);
  return value_int(n);
}

static bool has_at(Span s, int64_t lo, int64_t hi, const Arg *sub, bool at_end) {
  if (lo > hi || (int64_t)sub->n > hi - lo) return false;
  return memcmp(s.p + (at_end ? hi - (int64_t)sub->n : lo), sub->p, sub->n) == 0;
}

static int tail_one(RpThread *th, Span s, int64_t lo, int64_t hi, Value v, bool at_end) {
  Arg sub;
  if (!arg_take(th, v, &sub)) return -1;
  int r = has_at(s, lo, hi, &sub, at_end);
  arg_drop(th, &sub);
  return r;
}

static Value tail_match(RpThread *th, const Value *a, bool at_end, const char *name) {
  Span s = bytes_span(a[0]);
  int64_t lo, hi;
  if (!arg_range(th, a[2], a[3], (int64_t)s.n, &lo, &hi)) return EMPTY;
  if (!tuple_check(a[1])) {
    if (!has_buffer(a[1])) return raise_type(th, "%s first arg must be bytes or a tuple of bytes, not %T", name, a[1]);
    int r = tail_one(th, s, lo, hi, a[1], at_end);
    return r < 0 ? EMPTY : value_bool(r);
  }
  for (uint64_t i = 0; i < as_tuple(a[1])->length; i++) {
    int r = tail_one(th, s, lo, hi, as_tuple(a[1])->items[i], at_end);
    if (r) return r < 0 ? EMPTY : TRUE_V;
  }
  return FALSE_V;
}
Value bytes_m_startswith(RpThread *th, const Value *a) { return tail_match(th, a, false, "startswith"); }
Value bytes_m_endswith(RpThread *th, const Value *a) { return tail_match(th, a, true, "endswith"); }

Value bytes_m_removeprefix(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  Arg sub;
  if (!arg_take(th, a[1], &sub)) return EMPTY;
  size_t lo = has_at(s, 0, (int64_t)s.n, &sub, false) ? sub.n : 0;
  arg_drop(th, &sub);
  return slice(th, a[0], s, lo, s.n);
}
Value bytes_m_removesuffix(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  Arg sub;
  if (!arg_take(th, a[1], &sub)) return EMPTY;
  size_t hi = s.n - (has_at(s, 0, (int64_t)s.n, &sub, true) ? sub.n : 0);
  arg_drop(th, &sub);
  return slice(th, a[0], s, 0, hi);
}

/* -- Split, partition, strip ------------------------------------------------------------------------------------------- */

static bool is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

static bool add(RpThread *th, List *l, Value self, Span s, size_t lo, size_t hi) {
  Value v = slice(th, self, s, lo, hi);
  return v != EMPTY && list_append(th, l, v) == 0;
}

static bool split_space(RpThread *th, List *l, Value self, Span s, int64_t max) {
  size_t i = 0;
  while (true) {
    while (i < s.n && is_space(s.p[i])) i++;
    if (i == s.n) return true;
    size_t lo = i;
    if (max-- == 0) return add(th, l, self, s, lo, s.n);
    while (i < s.n && !is_space(s.p[i])) i++;
    if (!add(th, l, self, s, lo, i)) return false;
  }
}

static bool rsplit_space(RpThread *th, List *l, Value self, Span s, int64_t max) {
  size_t i = s.n;
  while (true) {
    while (i > 0 && is_space(s.p[i - 1])) i--;
    if (i == 0) return true;
    size_t hi = i;
    if (max-- == 0) return add(th, l, self, s, 0, hi);
    while (i > 0 && !is_space(s.p[i - 1])) i--;
    if (!add(th, l, self, s, i, hi)) return false;
  }
}

static bool split_sep(RpThread *th, List *l, Value self, Span s, const Arg *sep, int64_t max) {
  size_t lo = 0;
  int64_t at;
  while (max-- != 0 && (at = mem_find(s.p + lo, s.n - lo, sep->p, sep->n)) >= 0) {
    if (!add(th, l, self, s, lo, lo + (size_t)at)) return false;
    lo += (size_t)at + sep->n;
  }
  return add(th, l, self, s, lo, s.n);
}

static bool rsplit_sep(RpThread *th, List *l, Value self, Span s, const Arg *sep, int64_t max) {
  size_t hi = s.n;
  int64_t at;
  while (max-- != 0 && (at = mem_rfind(s.p, hi, sep->p, sep->n)) >= 0) {
    if (!add(th, l, self, s, (size_t)at + sep->n, hi)) return false;
    hi = (size_t)at;
  }
  return add(th, l, self, s, 0, hi);
}

static Value split(RpThread *th, const Value *a, bool from_right) {
  Span s = bytes_span(a[0]);
  int64_t max;
  if (!arg_ssize(th, a[2], -1, &max)) return EMPTY;
  if (max < 0) max = INT64_MAX;
  List *l = list_new(th, 0);
  if (!l) return EMPTY;
  bool ok;
  if (a[1] == EMPTY || a[1] == NONE) {
    ok = (from_right ? rsplit_space : split_space)(th, l, a[0], s, max);
  } else {
    Arg sep;
    if (!arg_take(th, a[1], &sep)) return EMPTY;
    if (sep.n == 0) ok = (raise_value(th, "empty separator"), false);
    else ok = (from_right ? rsplit_sep : split_sep)(th, l, a[0], s, &sep, max);
    arg_drop(th, &sep);
  }
  if (!ok) return EMPTY;
  if (from_right) {
    Array *items = list_array(l);
    for (uint32_t i = 0, j = items->length; j > i + 1; i++) {
      Value t = items->items[--j];
      items->items[j] = items->items[i];
      items->items[i] = t;
    }
    heap_barrier_bulk(th, items);
  }
  return value_object(l);
}
Value bytes_m_split(RpThread *th, const Value *a) { return split(th, a, false); }
Value bytes_m_rsplit(RpThread *th, const Value *a) { return split(th, a, true); }

Value bytes_m_splitlines(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  int64_t keep;
  if (is_bool(a[1])) keep = a[1] == TRUE_V;
  else if (!arg_ssize(th, a[1], 0, &keep)) return EMPTY;
  List *l = list_new(th, 0);
  if (!l) return EMPTY;
  for (size_t i = 0; i < s.n;) {
    size_t lo = i;
    while (i < s.n && s.p[i] != '\n' && s.p[i] != '\r') i++;
    size_t hi = i;
    if (i < s.n) i += s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n' ? 2 : 1;
    if (!add(th, l, a[0], s, lo, keep ? i : hi)) return EMPTY;
  }
  return value_object(l);
}

static Value three(RpThread *th, Value x, Value y, Value z) {
  return x == EMPTY || y == EMPTY || z == EMPTY ? EMPTY : vstr(tuple_of(th, 3, x, y, z));
}

static Value partition(RpThread *th, const Value *a, bool last) {
  Span s = bytes_span(a[0]);
  Arg sep;
  if (!arg_take(th, a[1], &sep)) return EMPTY;
  if (sep.n == 0) {
    arg_drop(th, &sep);
    return raise_value(th, "empty separator");
  }
  int64_t at = (last ? mem_rfind : mem_find)(s.p, s.n, sep.p, sep.n);
  size_t n = sep.n;
  arg_drop(th, &sep);
  if (at < 0) {
    Value e1 = bytes_like(th, a[0], NULL, 0), e2 = bytes_like(th, a[0], NULL, 0);
    return last ? three(th, e1, e2, same(th, a[0])) : three(th, same(th, a[0]), e1, e2);
  }
  Value middle = has_shape(a[1], SHAPE_bytes) && bytes_check(a[0]) ? a[1] : bytes_like(th, a[0], s.p + at, n);
  return three(th, bytes_like(th, a[0], s.p, (size_t)at), middle, bytes_like(th, a[0], s.p + at + n, s.n - (size_t)at - n));
}
Value bytes_m_partition(RpThread *th, const Value *a) { return partition(th, a, false); }
Value bytes_m_rpartition(RpThread *th, const Value *a) { return partition(th, a, true); }

static Value strip(RpThread *th, const Value *a, bool left, bool right) {
  Span s = bytes_span(a[0]);
  bool set[256] = {false};
  if (a[1] == EMPTY || a[1] == NONE) {
    for (int c = 0; c < 256; c++) set[c] = is_space((uint8_t)c);
  } else {
    Arg chars;
    if (!arg_take(th, a[1], &chars)) return EMPTY;
    for (size_t i = 0; i < chars.n; i++) set[chars.p[i]] = true;
    arg_drop(th, &chars);
  }
  size_t lo = 0, hi = s.n;
  while (left && lo < hi && set[s.p[lo]]) lo++;
  while (right && hi > lo && set[s.p[hi - 1]]) hi--;
  return slice(th, a[0], s, lo, hi);
}
Value bytes_m_strip(RpThread *th, const Value *a) { return strip(th, a, true, true); }
Value bytes_m_lstrip(RpThread *th, const Value *a) { return strip(th, a, true, false); }
Value bytes_m_rstrip(RpThread *th, const Value *a) { return strip(th, a, false, true); }

/* -- Replace, join, translate ------------------------------------------------------------------------------------------- */

static Value replace_in(RpThread *th, Value self, const Arg *old, const Arg *new, int64_t max) {
  Span s = bytes_span(self);
  ByteBuilder bb;
  bb_init(&bb, th);
  size_t lo = 0;
  int64_t at;
  if (old->n == 0) {
    for (; lo <= s.n && max-- > 0; lo++) {
      bb_put(&bb, new->p, new->n);
      if (lo < s.n) bb_byte(&bb, s.p[lo]);
    }
  } else {
    while (max-- > 0 && (at = mem_find(s.p + lo, s.n - lo, old->p, old->n)) >= 0) {
      bb_put(&bb, s.p + lo, (size_t)at);
      bb_put(&bb, new->p, new->n);
      lo += (size_t)at + old->n;
    }
    if (lo == 0) {
      bb_drop(&bb);
      return same(th, self);
    }
  }
  if (lo < s.n) bb_put(&bb, s.p + lo, s.n - lo);
  return built(th, self, &bb);
}

Value bytes_m_replace(RpThread *th, const Value *a) {
  Arg old, new;
  int64_t max;
  if (!arg_ssize(th, a[3], -1, &max) || !arg_take(th, a[1], &old)) return EMPTY;
  Value v = EMPTY;
  if (arg_take(th, a[2], &new)) {
    v = replace_in(th, a[0], &old, &new, max < 0 ? INT64_MAX : max);
    arg_drop(th, &new);
  }
  arg_drop(th, &old);
  return v;
}

Value bytes_m_join(RpThread *th, const Value *a) {
  Span sep = bytes_span(a[0]);
  if (!has_buffer(a[1]) && !type_of(a[1])->slots.iter && !type_of(a[1])->slots.getitem)
    return raise_type(th, "can only join an iterable");
  Tuple *items = op_to_tuple(th, a[1]);
  if (!items) return EMPTY;
  if (items->length == 1 && has_shape(items->items[0], SHAPE_bytes) && bytes_check(a[0])) return items->items[0];
  ByteBuilder bb;
  bb_init(&bb, th);
  for (uint64_t i = 0; i < items->length; i++) {
    Arg part;
    if (!has_buffer(items->items[i])) {
      bb_drop(&bb);
      return raise_type(th, "sequence item %llu: expected a bytes-like object, %T found", (unsigned long long)i, items->items[i]);
    }
    if (!arg_take(th, items->items[i], &part)) return bb_drop(&bb), EMPTY;
    if (i) bb_put(&bb, sep.p, sep.n);
    bb_put(&bb, part.p, part.n);
    arg_drop(th, &part);
  }
  return built(th, a[0], &bb);
}

Value bytes_m_translate(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  uint8_t map[256];
  bool gone[256] = {false};
  Arg table, del;
  for (int i = 0; i < 256; i++) map[i] = (uint8_t)i;
  if (a[1] != NONE) {
    if (!arg_take(th, a[1], &table)) return EMPTY;
    bool ok = table.n == 256;
    if (ok) memcpy(map, table.p, 256);
    arg_drop(th, &table);
    if (!ok) return raise_value(th, "translation table must be 256 characters long");
  }
  if (a[2] != EMPTY) {
    if (!arg_take(th, a[2], &del)) return EMPTY;
    for (size_t i = 0; i < del.n; i++) gone[del.p[i]] = true;
    arg_drop(th, &del);
  }
  ByteBuilder bb;
  bb_init(&bb, th);
  for (size_t i = 0; i < s.n; i++)
    if (!gone[s.p[i]]) bb_byte(&bb, map[s.p[i]]);
  return built(th, a[0], &bb);
}

Value bytes_m_maketrans(RpThread *th, const Value *a) {
  Arg from, to;
  if (!arg_take(th, a[0], &from)) return EMPTY;
  if (!arg_take(th, a[1], &to)) return arg_drop(th, &from), EMPTY;
  Value v = EMPTY;
  if (from.n != to.n) {
    raise_value(th, "maketrans arguments must have same length");
  } else {
    uint8_t map[256];
    for (int i = 0; i < 256; i++) map[i] = (uint8_t)i;
    for (size_t i = 0; i < from.n; i++) map[from.p[i]] = to.p[i];
    v = vstr(bytes_new(th, map, 256));
  }
  arg_drop(th, &from);
  arg_drop(th, &to);
  return v;
}

/* -- Padding -------------------------------------------------------------------------------------------------------------- */

static Value pad(RpThread *th, Value self, int64_t left, int64_t right, uint8_t fill) {
  Span s = bytes_span(self);
  Value v = bytes_like(th, self, NULL, (size_t)left + s.n + (size_t)right);
  if (v == EMPTY) return EMPTY;
  uint8_t *to = (uint8_t *)bytes_span(v).p;
  memset(to, fill, (size_t)left);
  memcpy(to + left, s.p, s.n);
  memset(to + left + s.n, fill, (size_t)right);
  return v;
}

static Value justify(RpThread *th, const Value *a, int side, const char *name) {
  int64_t width;
  uint8_t fill = ' ';
  if (!arg_ssize(th, a[1], 0, &width)) return EMPTY;
  if (a[2] != EMPTY) {
    if (!bytes_or_bytearray(a[2]) || bytes_span(a[2]).n != 1)
      return raise_type(th, "%s() argument 2 must be a byte string of length 1, not %T", name, a[2]);
    fill = bytes_span(a[2]).p[0];
  }
  int64_t room = width - (int64_t)bytes_span(a[0]).n;
  if (room <= 0) return same(th, a[0]);
  int64_t left = side < 0 ? 0 : side > 0 ? room : room / 2 + (room & width & 1);
  return pad(th, a[0], left, room - left, fill);
}
Value bytes_m_ljust(RpThread *th, const Value *a) { return justify(th, a, -1, "ljust"); }
Value bytes_m_rjust(RpThread *th, const Value *a) { return justify(th, a, 1, "rjust"); }
Value bytes_m_center(RpThread *th, const Value *a) { return justify(th, a, 0, "center"); }

Value bytes_m_zfill(RpThread *th, const Value *a) {
  int64_t width;
  if (!arg_ssize(th, a[1], 0, &width)) return EMPTY;
  Span s = bytes_span(a[0]);
  int64_t room = width - (int64_t)s.n;
  if (room <= 0) return same(th, a[0]);
  Value v = pad(th, a[0], room, 0, '0');
  if (v != EMPTY && s.n && (s.p[0] == '+' || s.p[0] == '-')) {
    uint8_t *to = (uint8_t *)bytes_span(v).p;
    to[0] = s.p[0];
    to[room] = '0';
  }
  return v;
}

Value bytes_m_expandtabs(RpThread *th, const Value *a) {
  int64_t size, column = 0;
  if (!arg_ssize(th, a[1], 8, &size)) return EMPTY;
  Span s = bytes_span(a[0]);
  ByteBuilder bb;
  bb_init(&bb, th);
  for (size_t i = 0; i < s.n; i++) {
    uint8_t c = s.p[i];
    if (c == '\t') {
      int64_t n = size > 0 ? size - column % size : 0;
      uint8_t *to = n > INT32_MAX ? (bb.failed = true, NULL) : bb_room(&bb, (size_t)n);
      if (to) memset(to, ' ', (size_t)n);
      column += n;
    } else {
      bb_byte(&bb, c);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
  }
  if (bb.failed) return bb_drop(&bb), raise_overflow(th, "result too long");
  return built(th, a[0], &bb);
}

/* -- Case ------------------------------------------------------------------------------------------------------------------ */

static bool is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(uint8_t c) { return c >= 'a' && c <= 'z'; }
static bool is_alpha(uint8_t c) { return is_upper(c) || is_lower(c); }
static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_alnum(uint8_t c) { return is_alpha(c) || is_digit(c); }
static bool is_ascii(uint8_t c) { return c < 128; }
static uint8_t to_upper(uint8_t c) { return is_lower(c) ? c - 32 : c; }
static uint8_t to_lower(uint8_t c) { return is_upper(c) ? c + 32 : c; }

static Value all(Value self, bool (*is)(uint8_t), bool when_empty) {
  Span s = bytes_span(self);
  for (size_t i = 0; i < s.n; i++)
    if (!is(s.p[i])) return FALSE_V;
  return value_bool(s.n || when_empty);
}
Value bytes_m_isalnum(RpThread *th, const Value *a) { return all(a[0], is_alnum, false); }
Value bytes_m_isalpha(RpThread *th, const Value *a) { return all(a[0], is_alpha, false); }
Value bytes_m_isascii(RpThread *th, const Value *a) { return all(a[0], is_ascii, true); }
Value bytes_m_isdigit(RpThread *th, const Value *a) { return all(a[0], is_digit, false); }
Value bytes_m_isspace(RpThread *th, const Value *a) { return all(a[0], is_space, false); }

static Value one_case(Value self, bool (*want)(uint8_t), bool (*reject)(uint8_t)) {
  Span s = bytes_span(self);
  bool found = false;
  for (size_t i = 0; i < s.n; i++) {
    if (reject(s.p[i])) return FALSE_V;
    found |= want(s.p[i]);
  }
  return value_bool(found);
}
Value bytes_m_isupper(RpThread *th, const Value *a) { return one_case(a[0], is_upper, is_lower); }
Value bytes_m_islower(RpThread *th, const Value *a) { return one_case(a[0], is_lower, is_upper); }

Value bytes_m_istitle(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  bool cased = false, previous = false;
  for (size_t i = 0; i < s.n; i++) {
    if (is_upper(s.p[i]) ? previous : is_lower(s.p[i]) && !previous) return FALSE_V;
    previous = is_alpha(s.p[i]);
    cased |= previous;
  }
  return value_bool(cased);
}

typedef enum CaseMode { CASE_UPPER, CASE_LOWER, CASE_SWAP, CASE_TITLE, CASE_CAPITAL } CaseMode;

static Value recase(RpThread *th, Value self, CaseMode mode) {
  Span s = bytes_span(self);
  Value v = bytes_like(th, self, s.p, s.n);
  if (v == EMPTY) return EMPTY;
  uint8_t *to = (uint8_t *)bytes_span(v).p;
  bool previous = false;
  for (size_t i = 0; i < bytes_span(v).n; i++) {
    uint8_t c = to[i];
    bool up = mode == CASE_UPPER || (mode == CASE_SWAP && is_lower(c)) || (mode == CASE_TITLE && !previous) ||
              (mode == CASE_CAPITAL && i == 0);
    to[i] = up ? to_upper(c) : to_lower(c);
    previous = is_alpha(c);
  }
  return v;
}
Value bytes_m_upper(RpThread *th, const Value *a) { return recase(th, a[0], CASE_UPPER); }
Value bytes_m_lower(RpThread *th, const Value *a) { return recase(th, a[0], CASE_LOWER); }
Value bytes_m_swapcase(RpThread *th, const Value *a) { return recase(th, a[0], CASE_SWAP); }
Value bytes_m_title(RpThread *th, const Value *a) { return recase(th, a[0], CASE_TITLE); }
Value bytes_m_capitalize(RpThread *th, const Value *a) { return recase(th, a[0], CASE_CAPITAL); }

/* -- Hex, decode --------------------------------------------------------------------------------------------------------------- */

/* sep EMPTY: none. Groups of `group` bytes are counted from the right when positive, from the left when negative. */
Value bytes_hex(RpThread *th, const uint8_t *p, size_t n, Value sep, Value group_arg) {
  int64_t group = 1;
  uint32_t c = 0;
  if (sep != EMPTY && sep != NONE) {
    if (!arg_ssize(th, group_arg, 1, &group)) return EMPTY;
    int64_t len = op_len(th, sep);
    if (len < 0) return EMPTY;
    if (len != 1) return raise_value(th, "sep must be length 1.");
    if (str_check(sep)) c = str_at(as_str(sep), 0);
    else if (bytes_check(sep)) c = as_bytes(sep)->data[0];
    else return raise_type(th, "sep must be str or bytes.");
    if (c > 127) return raise_value(th, "sep must be ASCII.");
  } else {
    group = 0;
  }
  StrBuilder sb;
  sb_init(&sb, th);
  uint64_t size = (uint64_t)(group < 0 ? -group : group);
  for (size_t i = 0; i < n; i++) {
    if (i && size && (group > 0 ? (n - i) % size == 0 : i % size == 0)) sb_char(&sb, c);
    sb_char(&sb, (uint8_t)"0123456789abcdef"[p[i] >> 4]);
    sb_char(&sb, (uint8_t)"0123456789abcdef"[p[i] & 15]);
  }
  return vstr(sb_finish(&sb));
}

Value bytes_m_hex(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  return bytes_hex(th, s.p, s.n, a[1], a[2]);
}

static int hex_digit(uint32_t c) {
  return c >= '0' && c <= '9' ? (int)c - '0' : c >= 'a' && c <= 'f' ? (int)c - 'a' + 10 : c >= 'A' && c <= 'F' ? (int)c - 'A' + 10 : -1;
}

Value bytes_m_fromhex(RpThread *th, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "fromhex() argument must be str, not %T", a[1]);
  const Str *s = as_str(a[1]);
  ByteBuilder bb;
  bb_init(&bb, th);
  for (uint32_t i = 0; i < s->length;) {
    uint32_t c = str_at(s, i);
    if (c < 128 && is_space((uint8_t)c)) {
      i++;
      continue;
    }
    int hi = hex_digit(c), lo = i + 1 < s->length ? hex_digit(str_at(s, i + 1)) : -1;
    if (hi < 0 || lo < 0) {
      bb_drop(&bb);
      return raise_value(th, "non-hexadecimal number found in fromhex() arg at position %u", hi < 0 ? i : i + 1);
    }
    bb_byte(&bb, (uint8_t)(hi << 4 | lo));
    i += 2;
  }
  Bytes *b = bb_finish(&bb);
  if (!b || a[0] == value_object(&type_bytes)) return vstr(b);
  if (a[0] == value_object(&type_bytearray)) return vstr(bytearray_new(th, b->data, b->length));
  return op_call1(th, a[0], value_object(b));
}

Value bytes_m_decode(RpThread *th, const Value *a) {
  const char *enc = NULL, *err = NULL;
  for (int i = 1; i <= 2; i++) {
    if (a[i] == EMPTY) continue;
    if (!str_check(a[i])) return raise_type(th, "decode() argument '%s' must be str, not %T", i == 1 ? "encoding" : "errors", a[i]);
    *(i == 1 ? &enc : &err) = str_utf8(th, as_str(a[i]), NULL);
    if (th->pending != EMPTY) return EMPTY;
  }
  return codec_decode(th, a[0], enc, err);
}
