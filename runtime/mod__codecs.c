/* mod__codecs.c: module _codecs, under CPython's codecs.py and encodings package. */
#include "runtime/codecs.h"

#include "runtime/dict.h"

/* -- Arguments ------------------------------------------------------------------------------------------------------ */

/* A str argument as UTF-8; dflt when absent or None. False after raising. */
static bool text(RpThread *th, Value v, const char *dflt, const char **out) {
  *out = dflt;
  if (v == EMPTY || v == NONE) return true;
  if (!str_check(v)) return raise_type(th, "argument must be str, not %T", v), false;
  return (*out = str_utf8(th, as_str(v), NULL)) != NULL;
}

static Str *str_arg(RpThread *th, const char *fn, Value v) {
  if (str_check(v)) return as_str(v);
  return raise_type(th, "%s() argument 1 must be str, not %T", fn, v), NULL;
}

/* Bytes to decode; some decoders take a str of ASCII too. */
typedef struct In { Buffer b; const uint8_t *p; size_t n; } In;
static bool in_take(RpThread *th, Value v, bool str_ok, In *in) {
  in->b.owner = NULL;
  if (str_ok && str_check(v)) {
    in->p = (const uint8_t *)str_utf8(th, as_str(v), &in->n);
    return in->p != NULL;
  }
  if (buffer_acquire(th, v, &in->b, false) < 0) return false;
  in->p = in->b.data;
  in->n = (size_t)in->b.size;
  return true;
}
static void in_drop(RpThread *th, In *in) {
  if (in->b.owner) buffer_release(th, &in->b);
}

static Value pair(RpThread *th, Value v, size_t n) { return v == EMPTY ? EMPTY : vstr(tuple_of(th, 2, v, value_int((int64_t)n))); }

/* -- Registry ----------------------------------------------------------------------------------------------------------- */

static Value m_register(RpThread *th, const Value *a) {
  if (!op_callable(a[0])) return raise_type(th, "argument must be callable");
  List *path = codec_search_path(th);
  return path && list_append(th, path, a[0]) == 0 ? NONE : EMPTY;
}

static Value m_unregister(RpThread *th, const Value *a) {
  List *path = codec_search_path(th);
  Dict *cache = codec_cache(th);
  if (!path || !cache) return EMPTY;
  for (uint32_t i = 0; i < list_len(path); i++) {
    Value f = list_get(th, path, i);
    if (f == EMPTY) return EMPTY;
    if (f != a[0]) continue;
    dict_clear(th, cache);
    return list_pop(th, path, i) == EMPTY ? EMPTY : NONE;
  }
  return NONE;
}

static Value m_lookup(RpThread *th, const Value *a) {
  const char *name;
  if (!str_arg(th, "lookup", a[0]) || !text(th, a[0], NULL, &name)) return EMPTY;
  return codec_lookup(th, name);
}

static Value m_encode(RpThread *th, const Value *a) {
  const char *encoding, *errors;
  if (!text(th, a[1], "utf-8", &encoding) || !text(th, a[2], NULL, &errors)) return EMPTY;
  return codec_call(th, a[0], encoding, errors, true, false);
}
static Value m_decode(RpThread *th, const Value *a) {
  const char *encoding, *errors;
  if (!text(th, a[1], "utf-8", &encoding) || !text(th, a[2], NULL, &errors)) return EMPTY;
  return codec_call(th, a[0], encoding, errors, false, false);
}

static Value m_register_error(RpThread *th, const Value *a) {
  if (!str_arg(th, "register_error", a[0])) return EMPTY;
  if (!op_callable(a[1])) return raise_type(th, "handler must be callable");
  Dict *d = codec_error_table(th);
  return d && dict_set(th, d, a[0], a[1]) == 0 ? NONE : EMPTY;
}
static Value m_lookup_error(RpThread *th, const Value *a) {
  const char *name;
  if (!str_arg(th, "lookup_error", a[0]) || !text(th, a[0], NULL, &name)) return EMPTY;
  return codec_handler(th, name);
}
static Value m_forget_codec(RpThread *th, const Value *a) {
  Dict *cache = codec_cache(th);
  return cache && str_arg(th, "_forget_codec", a[0]) && dict_del_str(th, cache, as_str(a[0])) >= 0 ? NONE : EMPTY;
}

/* -- Encoders: (str, errors=None) -> (bytes, length) ------------------------------------------------------------------------ */

#define ENCODER(name, expr) \
  static Value m_##name(RpThread *th, const Value *a) { \
    const char *errors; \
    Str *s = str_arg(th, #name, a[0]); \
    if (!s || !text(th, a[1], NULL, &errors)) return EMPTY; \
    return pair(th, (expr), s->length); \
  }
ENCODER(utf_8_encode, encode_utf8(th, s, errors))
ENCODER(utf_16_le_encode, encode_utf16(th, s, errors, ORDER_LITTLE))
ENCODER(utf_16_be_encode, encode_utf16(th, s, errors, ORDER_BIG))
ENCODER(utf_32_le_encode, encode_utf32(th, s, errors, ORDER_LITTLE))
ENCODER(utf_32_be_encode, encode_utf32(th, s, errors, ORDER_BIG))
ENCODER(ascii_encode, encode_limited(th, s, errors, 128, "ascii"))
ENCODER(latin_1_encode, encode_limited(th, s, errors, 256, "latin-1"))
ENCODER(unicode_escape_encode, encode_unicode_escape(th, s))
ENCODER(raw_unicode_escape_encode, encode_raw_unicode_escape(th, s))
ENCODER(charmap_encode, encode_charmap(th, s, errors, a[2]))

static bool order_arg(RpThread *th, Value v, ByteOrder *order) {
  int64_t i;
  if (!arg_ssize(th, v, 0, &i)) return false;
  *order = i < 0 ? ORDER_LITTLE : i > 0 ? ORDER_BIG : ORDER_NATIVE;
  return true;
}
static Value wide_encode(RpThread *th, const Value *a, bool is32) {
  const char *errors;
  ByteOrder order;
  Str *s = str_arg(th, is32 ? "utf_32_encode" : "utf_16_encode", a[0]);
  if (!s || !text(th, a[1], NULL, &errors) || !order_arg(th, a[2], &order)) return EMPTY;
  return pair(th, (is32 ? encode_utf32 : encode_utf16)(th, s, errors, order), s->length);
}
static Value m_utf_16_encode(RpThread *th, const Value *a) { return wide_encode(th, a, false); }
static Value m_utf_32_encode(RpThread *th, const Value *a) { return wide_encode(th, a, true); }

/* -- Decoders: (bytes, errors=None, ...) -> (str, consumed) ------------------------------------------------------------------- */

#define DECODER(name, str_ok, expr) \
  static Value m_##name(RpThread *th, const Value *a) { \
    const char *errors; \
    In in; \
    if (!text(th, a[1], NULL, &errors) || !in_take(th, a[0], str_ok, &in)) return EMPTY; \
    size_t used = in.n; \
    Value v = (expr); \
    in_drop(th, &in); \
    return pair(th, v, used); \
  }
#define USED(v) (op_final(th, (v)) ? NULL : &used)
/* The `final` argument; absent means `dflt`. */
static bool op_final(RpThread *th, Value v) { return v != EMPTY && op_truth(th, v) > 0; }
#define ORDERED(fn, o) ({ ByteOrder order = (o); fn(th, in.p, in.n, errors, &order, USED(a[2])); })
DECODER(utf_8_decode, false, decode_utf8(th, in.p, in.n, errors, USED(a[2])))
DECODER(utf_16_decode, false, ORDERED(decode_utf16, ORDER_NATIVE))
DECODER(utf_16_le_decode, false, ORDERED(decode_utf16, ORDER_LITTLE))
DECODER(utf_16_be_decode, false, ORDERED(decode_utf16, ORDER_BIG))
DECODER(utf_32_decode, false, ORDERED(decode_utf32, ORDER_NATIVE))
DECODER(utf_32_le_decode, false, ORDERED(decode_utf32, ORDER_LITTLE))
DECODER(utf_32_be_decode, false, ORDERED(decode_utf32, ORDER_BIG))
DECODER(ascii_decode, false, decode_ascii(th, in.p, in.n, errors))
DECODER(latin_1_decode, false, vstr(str_from_latin1(th, in.p, in.n)))
DECODER(charmap_decode, false, decode_charmap(th, in.p, in.n, errors, a[2]))
DECODER(unicode_escape_decode, true, decode_unicode_escape(th, in.p, in.n, errors, a[2] == EMPTY ? NULL : USED(a[2])))
DECODER(raw_unicode_escape_decode, true, decode_raw_unicode_escape(th, in.p, in.n, errors, a[2] == EMPTY ? NULL : USED(a[2])))

static Value ex_decode(RpThread *th, const Value *a, bool is32) {
  const char *errors;
  ByteOrder order;
  In in;
  if (!text(th, a[1], NULL, &errors) || !order_arg(th, a[2], &order) || !in_take(th, a[0], false, &in)) return EMPTY;
  size_t used = in.n;
  Value v = (is32 ? decode_utf32 : decode_utf16)(th, in.p, in.n, errors, &order, USED(a[3]));
  in_drop(th, &in);
  return v == EMPTY ? EMPTY : vstr(tuple_of(th, 3, v, value_int((int64_t)used), value_int(order)));
}
static Value m_utf_16_ex_decode(RpThread *th, const Value *a) { return ex_decode(th, a, false); }
static Value m_utf_32_ex_decode(RpThread *th, const Value *a) { return ex_decode(th, a, true); }

/* The escapes of bytes literals. */
static Value unescape(RpThread *th, const uint8_t *p, size_t n, const char *errors) {
  ByteBuilder bb;
  bb_init(&bb, th);
  for (size_t i = 0; i < n;) {
    if (p[i] != '\\') {
      bb_byte(&bb, p[i++]);
      continue;
    }
    if (++i >= n) return bb_drop(&bb), raise_value(th, "Trailing \\ in string");
    static const char from[] = "\\'\"bftnrva", to[] = "\\'\"\b\f\t\n\r\v\a";
    uint8_t c = p[i++];
    const char *simple = c ? strchr(from, c) : NULL;
    if (c == '\n') continue;
    if (simple) {
      bb_byte(&bb, (uint8_t)to[simple - from]);
    } else if (c >= '0' && c <= '7') {
      int v = c - '0';
      for (int k = 0; k < 2 && i < n && p[i] >= '0' && p[i] <= '7'; k++) v = v * 8 + p[i++] - '0';
      bb_byte(&bb, (uint8_t)v);
    } else if (c == 'x') {
      int v = 0, k = 0;
      for (; k < 2 && i < n && strchr("0123456789abcdefABCDEF", p[i]) && p[i]; k++, i++)
        v = v * 16 + (p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
      if (k == 2) {
        bb_byte(&bb, (uint8_t)v);
      } else if (!errors || !strcmp(errors, "strict")) {
        bb_drop(&bb);
        return raise_value(th, "invalid \\x escape at position %zu", i - 2 - (size_t)k);
      } else if (!strcmp(errors, "replace")) {
        bb_byte(&bb, '?');
      } else if (strcmp(errors, "ignore")) {
        bb_drop(&bb);
        return raise_value(th, "decoding error; unknown error handling code: %s", errors);
      }
    } else {
      bb_byte(&bb, '\\');
      bb_byte(&bb, c);
    }
  }
  return vstr(bb_finish(&bb));
}
DECODER(escape_decode, true, unescape(th, in.p, in.n, errors))

static Value m_escape_encode(RpThread *th, const Value *a) {
  if (!bytes_check(a[0])) return raise_type(th, "escape_encode() argument 1 must be bytes, not %T", a[0]);
  Bytes *b = as_bytes(a[0]);
  ByteBuilder bb;
  bb_init(&bb, th);
  for (uint64_t i = 0; i < b->length; i++) {
    uint8_t c = b->data[i];
    char buf[8];
    if (c == '\'' || c == '\\') bb_byte(&bb, '\\'), bb_byte(&bb, c);
    else if (c == '\t') bb_put(&bb, "\\t", 2);
    else if (c == '\n') bb_put(&bb, "\\n", 2);
    else if (c == '\r') bb_put(&bb, "\\r", 2);
    else if (c < ' ' || c >= 0x7f) bb_put(&bb, buf, (size_t)snprintf(buf, sizeof buf, "\\x%02x", c));
    else bb_byte(&bb, c);
  }
  return pair(th, vstr(bb_finish(&bb)), b->length);
}

static Value m_readbuffer_encode(RpThread *th, const Value *a) {
  In in;
  if (!in_take(th, a[0], true, &in)) return EMPTY;
  size_t n = in.n;
  Value v = vstr(bytes_new(th, in.p, n));
  in_drop(th, &in);
  return pair(th, v, n);
}

/* The inverse of a decoding table, for charmap_encode. */
static Value m_charmap_build(RpThread *th, const Value *a) {
  Str *s = str_arg(th, "charmap_build", a[0]);
  Dict *d = s ? dict_new(th) : NULL;
  if (!d) return EMPTY;
  for (uint32_t i = 0; i < s->length && i < 256; i++) {
    uint32_t c = str_at(s, i);
    if (c != 0xFFFE && dict_set(th, d, value_int(c), value_int(i)) < 0) return EMPTY;
  }
  return value_object(d);
}

#define ENC(name) {#name, m_##name, "(str, errors=None, /)", 0, NULL, NULL}
#define DEC(name) {#name, m_##name, "(data, errors=None, final=False, /)", 0, NULL, NULL}
static const NativeDef functions[] = {
    {"register", m_register, "(search_function, /)", 0, "Register a codec search function.", NULL},
    {"unregister", m_unregister, "(search_function, /)", 0, "Unregister a codec search function and clear the registry's cache.", NULL},
    {"lookup", m_lookup, "(encoding, /)", 0, "Looks up a codec tuple in the Python codec registry.", NULL},
    {"encode", m_encode, "(obj, encoding='utf-8', errors='strict')", 0, "Encodes obj using the codec registered for encoding.", NULL},
    {"decode", m_decode, "(obj, encoding='utf-8', errors='strict')", 0, "Decodes obj using the codec registered for encoding.", NULL},
    {"register_error", m_register_error, "(errors, handler, /)", 0, "Register the specified error handler under the name errors.", NULL},
    {"lookup_error", m_lookup_error, "(name, /)", 0, "Return the error handler for the specified error handling name.", NULL},
    {"_forget_codec", m_forget_codec, "(encoding, /)", 0, "Purge the named codec from the internal codec lookup cache", NULL},
    ENC(utf_8_encode), ENC(utf_16_le_encode), ENC(utf_16_be_encode), ENC(utf_32_le_encode), ENC(utf_32_be_encode), ENC(ascii_encode),
    ENC(latin_1_encode), ENC(unicode_escape_encode), ENC(raw_unicode_escape_encode), ENC(escape_encode), ENC(readbuffer_encode),
    {"utf_16_encode", m_utf_16_encode, "(str, errors=None, byteorder=0, /)", 0, NULL, NULL},
    {"utf_32_encode", m_utf_32_encode, "(str, errors=None, byteorder=0, /)", 0, NULL, NULL},
    {"charmap_encode", m_charmap_encode, "(str, errors=None, mapping=None, /)", 0, NULL, NULL},
    DEC(utf_8_decode), DEC(utf_16_decode), DEC(utf_16_le_decode), DEC(utf_16_be_decode), DEC(utf_32_decode), DEC(utf_32_le_decode),
    DEC(utf_32_be_decode),
    {"utf_16_ex_decode", m_utf_16_ex_decode, "(data, errors=None, byteorder=0, final=False, /)", 0, NULL, NULL},
    {"utf_32_ex_decode", m_utf_32_ex_decode, "(data, errors=None, byteorder=0, final=False, /)", 0, NULL, NULL},
    {"ascii_decode", m_ascii_decode, "(data, errors=None, /)", 0, NULL, NULL},
    {"latin_1_decode", m_latin_1_decode, "(data, errors=None, /)", 0, NULL, NULL},
    {"escape_decode", m_escape_decode, "(data, errors=None, /)", 0, NULL, NULL},
    {"charmap_decode", m_charmap_decode, "(data, errors=None, mapping=None, /)", 0, NULL, NULL},
    {"unicode_escape_decode", m_unicode_escape_decode, "(data, errors=None, final=True, /)", 0, NULL, NULL},
    {"raw_unicode_escape_decode", m_raw_unicode_escape_decode, "(data, errors=None, final=True, /)", 0, NULL, NULL},
    {"charmap_build", m_charmap_build, "(map, /)", 0, NULL, NULL},
    {NULL}};

const ModuleSpec mod__codecs = {.functions = functions};
