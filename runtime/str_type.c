/* str_type.c: the type str: constructor, repr, indexing, operators, and its TypeSpec. */
#include "runtime/str_methods.h"

#include "runtime/codecs.h"

/* -- Constructor --------------------------------------------------------------------------------------------- */

/* A str argument as UTF-8 or NULL when absent; false after raising. */
static bool name_arg(RpThread *th, Value v, const char *which, const char **out) {
  *out = NULL;
  if (v == EMPTY) return true;
  if (!str_check(v)) return raise_type(th, "str() argument '%s' must be str, not %T", which, v), false;
  return (*out = str_utf8(th, as_str(v), NULL)) != NULL;
}

static Value str_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"object", "encoding", "errors"};
  Value a[3];
  const char *encoding, *errors;
  if (!args_by_name(th, "str", args, n_pos, kwnames, names, 3, 0, a)) return EMPTY;
  if (!name_arg(th, a[1], "encoding", &encoding) || !name_arg(th, a[2], "errors", &errors)) return EMPTY;
  Value s;
  if (a[0] == EMPTY) {
    s = value_object(str_empty_);
  } else if (!encoding && !errors) {
    s = vstr(op_str(th, a[0]));
  } else if (str_check(a[0])) {
    return raise_type(th, "decoding str is not supported");
  } else if (!bytes_check(a[0]) && !type_of(a[0])->slots.buffer) {
    return raise_type(th, "decoding to str: need a bytes-like object, %T found", a[0]);
  } else {
    s = codec_decode(th, a[0], encoding, errors);
  }
  if (s == EMPTY || type == &type_str) return s;
  return vstr(str_as_type(th, type, as_str(s)));
}

Value str_m_encode(RpThread *th, const Value *a) {
  static const char *const names[] = {"encoding", "errors"};
  const char *e[2] = {NULL, NULL};
  for (int i = 0; i < 2; i++) {
    if (a[i + 1] == EMPTY) continue;
    if (!str_check(a[i + 1])) return raise_type(th, "encode() argument '%s' must be str, not %T", names[i], a[i + 1]);
    if (!(e[i] = str_utf8(th, as_str(a[i + 1]), NULL))) return EMPTY;
  }
  return codec_encode(th, as_str(a[0]), e[0], e[1]);
}

/* -- repr ------------------------------------------------------------------------------------------------------- */

static void put_escaped(StrBuilder *sb, uint32_t c, uint32_t quote) {
  if (c == quote || c == '\\') {
    sb_char(sb, '\\');
    sb_char(sb, c);
  } else if (c == '\t') {
    sb_ascii(sb, "\\t");
  } else if (c == '\n') {
    sb_ascii(sb, "\\n");
  } else if (c == '\r') {
    sb_ascii(sb, "\\r");
  } else if ((c >= ' ' && c < 0x7f) || (c > 0x7f && unicode_is_printable(c))) {
    sb_char(sb, c);
  } else {
    sb_fmt(sb, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }
}

Str *str_repr(RpThread *th, const Str *s) {
  bool single = false, dbl = false, plain = str_is_ascii(s);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    single |= c == '\'';
    dbl |= c == '"';
    plain &= c >= ' ' && c < 0x7f && c != '\\';
  }
  uint32_t quote = single && !dbl ? '"' : '\'';
  StrBuilder sb;
  sb_init(&sb, th);
  sb_char(&sb, quote);
  if (plain && !(single && dbl)) sb_str(&sb, s);
  else
    for (uint32_t i = 0; i < s->length; i++) put_escaped(&sb, str_at(s, i), quote);
  sb_char(&sb, quote);
  return sb_finish(&sb);
}

static Value repr_slot(RpThread *th, Value self) { return vstr(str_repr(th, as_str(self))); }
static Value str_slot(RpThread *th, Value self) { return vstr(str_as_type(th, &type_str, as_str(self))); }
static int64_t hash_slot(RpThread *th, Value self) { return str_hash(as_str(self)); }

/* -- Comparison and containment ------------------------------------------------------------------------------------ */

static Value compare_slot(RpThread *th, Value x, Value y, CompareOp op) {
  if (!str_check(x) || !str_check(y)) return NOT_IMPLEMENTED;
  const Str *a = as_str(x), *b = as_str(y);
  if (op == CMP_EQ || op == CMP_NE) return value_bool(str_eq(a, b) == (op == CMP_EQ));
  return compare_answer(str_cmp(a, b), op);
}

static int contains_slot(RpThread *th, Value self, Value item) {
  if (!str_check(item)) {
    raise_type(th, "'in <string>' requires string as left operand, not %T", item);
    return -1;
  }
  return str_find(as_str(self), 0, as_str(self)->length, as_str(item)) >= 0;
}

/* -- Indexing --------------------------------------------------------------------------------------------------------- */

static Value slice_of(RpThread *th, Str *s, Slice *slice) {
  int64_t start, stop, step, count;
  if (slice_unpack(th, slice, s->length, &start, &stop, &step, &count) < 0) return EMPTY;
  if (count <= 0) return value_object(str_empty_);
  if (step == 1) return vstr(str_slice(th, s, (uint32_t)start, (uint32_t)(start + count)));
  if (count == 1) return vstr(str_from_char(th, str_at(s, (uint32_t)start)));
  StrBuilder sb;
  sb_init(&sb, th);
  for (int64_t i = 0; i < count; i++) sb_char(&sb, str_at(s, (uint32_t)(start + i * step)));
  return vstr(sb_finish(&sb));
}

static Value getitem_slot(RpThread *th, Value self, Value key) {
  Str *s = as_str(self);
  int64_t i;
  if (is_int(key)) {
    i = as_int(key);
  } else if (has_kind(key, K_SLICE)) {
    return slice_of(th, s, (Slice *)as_object(key));
  } else if (!int_check(key) && !type_of(key)->slots.index) {
    return raise_type(th, "string indices must be integers, not '%T'", key);
  } else {
    Value v = op_index(th, key);
    if (v == EMPTY) return EMPTY;
    if (!int_as_i64(v, &i)) return raise_index(th, "cannot fit '%T' into an index-sized integer", key);
  }
  if (i < 0) i += s->length;
  if (i < 0 || i >= s->length) return raise_index(th, "string index out of range");
  return vstr(str_from_char(th, str_at(s, (uint32_t)i)));
}

static int64_t len_slot(RpThread *th, Value self) { return as_str(self)->length; }
static Value iter_slot(RpThread *th, Value self) {
  return vstr(iter_new(th, str_is_ascii(as_str(self)) ? SHAPE_str_ascii_iterator : SHAPE_str_iterator, self));
}

/* -- Operators -------------------------------------------------------------------------------------------------------- */

static Value concat_slot(RpThread *th, Value x, Value y) {
  if (!str_check(x)) return NOT_IMPLEMENTED;
  if (!str_check(y)) return raise_type(th, "can only concatenate str (not \"%T\") to str", y);
  return vstr(str_concat(th, as_str(x), as_str(y)));
}

static Value repeat_slot(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!arg_repeat(th, count, &n)) return EMPTY;
  Str *s = as_str(self);
  if (n <= 0 || s->length == 0) return value_object(str_empty_);
  if (n == 1) return vstr(str_as_type(th, &type_str, s));
  if (n > STR_MAX_LENGTH || TOO_BIG((uint64_t)n * s->length)) return raise_memory(th);
  Str *o = str_alloc(th, (uint32_t)((uint64_t)n * s->length), str_max(s));
  if (!o) return EMPTY;
  mem_repeat(o->u1, s->u1, (size_t)s->length << str_width(s), (size_t)n);
  return value_object(o);
}

static Value mod_slot(RpThread *th, Value x, Value y) { return str_check(x) ? str_percent(th, x, y) : NOT_IMPLEMENTED; }

static const NativeDef methods[] = {
#define METHOD(name, signature, flags, doc) {#name, str_m_##name, signature, flags, doc, NULL},
#include "runtime/str_methods.def"
#undef METHOD
    {NULL}};

const TypeSpec spec_str = {
    .doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str",
    .size = sizeof(Str),
    .slots = {.new_ = str_new,
              .repr = repr_slot,
              .str = str_slot,
              .hash = hash_slot,
              .compare = compare_slot,
              .iter = iter_slot,
              .len = len_slot,
              .getitem = getitem_slot,
              .contains = contains_slot,
              .mod = mod_slot,
              .seq_concat = concat_slot,
              .seq_repeat = repeat_slot},
    .methods = methods,
};
