/* codec_registry.c: names of codecs and error handlers of one context. State: a tuple (search functions, cache, handlers) in text_state(). */
#include "runtime/codecs.h"

#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/module.h"

static Tuple *state(RpThread *th) {
  Value v = text_state(th, EMPTY);
  if (v != EMPTY) return as_tuple(v);
  if (th->pending != EMPTY) return NULL;
  List *path = list_new(th, 0);
  Dict *cache = path ? dict_new(th) : NULL, *errors = cache ? dict_new(th) : NULL;
  if (!errors) return NULL;
  for (int i = 0; i < N_ERROR_KINDS; i++) {
    Native *f = native_new(th, SHAPE_builtin_function, &codec_error_functions[i], NULL, EMPTY, NULL);
    if (!f || dict_set_c(th, errors, error_kind_names[i], value_object(f)) < 0) return NULL;
  }
  Tuple *t = tuple_of(th, 3, value_object(path), value_object(cache), value_object(errors));
  if (!t) return NULL;
  v = text_state(th, value_object(t));
  return v == EMPTY ? NULL : as_tuple(v);
}

List *codec_search_path(RpThread *th) {
  Tuple *t = state(th);
  return t ? as_list(t->items[0]) : NULL;
}
Dict *codec_cache(RpThread *th) {
  Tuple *t = state(th);
  return t ? as_dict(t->items[1]) : NULL;
}
Dict *codec_error_table(RpThread *th) {
  Tuple *t = state(th);
  return t ? as_dict(t->items[2]) : NULL;
}

Value codec_handler(RpThread *th, const char *errors) {
  Dict *table = codec_error_table(th);
  if (!table) return EMPTY;
  Value v = dict_get_c(th, table, errors ? errors : "strict");
  if (v == EMPTY && th->pending == EMPTY) raise_error(th, &type_LookupError, "unknown error handler name '%s'", errors);
  return v;
}

void codec_normalize(const char *p, char *buf, size_t size) {
  size_t n = 0;
  bool gap = false;
  for (; *p && n + 2 < size; p++) {
    char c = *p;
    bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || (c & 0x80);
    if (!word) {
      gap = true;
      continue;
    }
    if (gap && n) buf[n++] = '_';
    gap = false;
    buf[n++] = c >= 'A' && c <= 'Z' ? c + 32 : c;
  }
  buf[n] = 0;
}

Value codec_lookup(RpThread *th, const char *encoding) {
  char name[200];
  codec_normalize(encoding, name, sizeof name);
  Dict *cache = codec_cache(th);
  List *path = codec_search_path(th);
  if (!cache || !path) return EMPTY;
  Value v = dict_get_c(th, cache, name);
  if (v != EMPTY || th->pending != EMPTY) return v;
  if (list_len(path) == 0) {
    Str *package = str_intern_c(th, "encodings");
    if (!package || import_name(th, package, NONE, NONE, 0) == EMPTY) {
      if (th->pending != EMPTY && !error_is(th, &type_ImportError)) return EMPTY;
      error_clear(th); /* no standard library here: the codecs built in are all there is */
    }
  }
  Str *key = str_from_c(th, name);
  if (!key) return EMPTY;
  for (uint32_t i = 0; i < list_len(path); i++) {
    Value f = list_get(th, path, i);
    v = f == EMPTY ? EMPTY : op_call1(th, f, value_object(key));
    if (v == EMPTY) return EMPTY;
    if (v == NONE) continue;
    if (!tuple_check(v) || as_tuple(v)->length != 4) return raise_type(th, "codec search functions must return 4-tuples");
    return dict_set(th, cache, value_object(key), v) < 0 ? EMPTY : v;
  }
  return raise_error(th, &type_LookupError, "unknown encoding: %s", encoding);
}

static bool is_text_codec(RpThread *th, Value codec, const char *encoding, const char *how) {
  Str *attr = str_intern_c(th, "_is_text_encoding");
  Value v = attr ? op_getattr_opt(th, codec, attr) : EMPTY;
  if (v == EMPTY) return th->pending == EMPTY;
  int text = op_truth(th, v);
  if (text == 0)
    raise_error(th, &type_LookupError, "'%s' is not a text encoding; use %s to handle arbitrary codecs", encoding, how);
  return text > 0;
}

/* A codec failed with a plain error (one text, no fields of its own): the message gets the codec's name, the error becomes the cause. */
static Value wrap_error(RpThread *th, const char *encoding, bool encode) {
  static const Type *const own_fields[] = {&type_UnicodeError, &type_OSError, &type_SyntaxError, &type_ImportError, &type_StopIteration,
                                           &type_SystemExit, &type_AttributeError, &type_NameError, &type_BaseExceptionGroup, &type_MemoryError};
  Value exc = th->pending;
  if (!exc_check(exc)) return EMPTY;
  for (size_t i = 0; i < countof(own_fields); i++)
    if (value_is_instance(exc, own_fields[i])) return EMPTY;
  Tuple *args = ((Exception *)as_object(exc))->args;
  if (!args || args->length > 1 || (args->length == 1 && !str_check(args->items[0]))) return EMPTY;
  Str *text = args->length ? as_str(args->items[0]) : str_empty_;
  Type *type = type_of(exc);
  raise_from_pending(th, type, "%s with '%s' codec failed (%S: %S)", encode ? "encoding" : "decoding", encoding, type->name, text);
  return EMPTY;
}

Value codec_call(RpThread *th, Value obj, const char *encoding, const char *errors, bool encode, bool text_only) {
  Value codec = codec_lookup(th, encoding);
  if (codec == EMPTY) return EMPTY;
  if (text_only && !is_text_codec(th, codec, encoding, encode ? "codecs.encode()" : "codecs.decode()")) return EMPTY;
  Value f = as_tuple(codec)->items[encode ? 0 : 1], r;
  if (errors) {
    Str *e = str_from_c(th, errors);
    r = e ? op_call2(th, f, obj, value_object(e)) : EMPTY;
  } else {
    r = op_call1(th, f, obj);
  }
  if (r == EMPTY) return wrap_error(th, encoding, encode);
  if (!tuple_check(r) || as_tuple(r)->length != 2)
    return raise_type(th, encode ? "encoder must return a tuple (object, integer)" : "decoder must return a tuple (object,integer)");
  return as_tuple(r)->items[0];
}

/* -- The codecs that need no registry ------------------------------------------------------------------------------- */

typedef enum Direct { D_NONE, D_UTF8, D_UTF16, D_UTF16LE, D_UTF16BE, D_UTF32, D_UTF32LE, D_UTF32BE, D_ASCII, D_LATIN1 } Direct;

static Direct direct(const char *encoding) {
  static const struct { const char *name; Direct d; } table[] = {
      {"utf_8", D_UTF8}, {"utf8", D_UTF8}, {"ascii", D_ASCII}, {"us_ascii", D_ASCII}, {"latin_1", D_LATIN1}, {"latin1", D_LATIN1},
      {"iso_8859_1", D_LATIN1}, {"iso8859_1", D_LATIN1}, {"utf_16", D_UTF16}, {"utf16", D_UTF16}, {"utf_16_le", D_UTF16LE},
      {"utf_16le", D_UTF16LE}, {"utf_16_be", D_UTF16BE}, {"utf_16be", D_UTF16BE}, {"utf_32", D_UTF32}, {"utf32", D_UTF32},
      {"utf_32_le", D_UTF32LE}, {"utf_32le", D_UTF32LE}, {"utf_32_be", D_UTF32BE}, {"utf_32be", D_UTF32BE}};
  if (!encoding) return D_UTF8;
  char name[40];
  codec_normalize(encoding, name, sizeof name);
  for (size_t i = 0; i < countof(table); i++)
    if (!strcmp(name, table[i].name)) return table[i].d;
  return D_NONE;
}

static bool has_order(Direct d) { return d == D_UTF16LE || d == D_UTF16BE || d == D_UTF32LE || d == D_UTF32BE; }

static Value encode_ordered(RpThread *th, Direct d, Str *s, const char *encoding, const char *errors) {
  ByteOrder order = d == D_UTF16BE || d == D_UTF32BE ? ORDER_BIG : ORDER_LITTLE;
  Value v = (d == D_UTF16LE || d == D_UTF16BE ? encode_utf16 : encode_utf32)(th, s, errors, order);
  return v == EMPTY ? wrap_error(th, encoding, true) : v;
}

Value codec_encode(RpThread *th, Str *s, const char *encoding, const char *errors) {
  Direct d = direct(encoding);
  switch (d) {
  case D_UTF8: return encode_utf8(th, s, errors);
  case D_ASCII: return encode_limited(th, s, errors, 128, "ascii");
  case D_LATIN1: return encode_limited(th, s, errors, 256, "latin-1");
  case D_UTF16: return encode_utf16(th, s, errors, ORDER_NATIVE);
  case D_UTF32: return encode_utf32(th, s, errors, ORDER_NATIVE);
  case D_UTF16LE: case D_UTF16BE: case D_UTF32LE: case D_UTF32BE: return encode_ordered(th, d, s, encoding, errors);
  case D_NONE: break;
  }
  Value v = codec_call(th, value_object(s), encoding, errors, true, true);
  if (v == EMPTY || bytes_check(v)) return v;
  if (bytearray_check(v)) return vstr(bytes_new(th, bytes_span(v).p, bytes_span(v).n));
  return raise_type(th, "'%s' encoder returned '%T' instead of 'bytes'; use codecs.encode() to encode to arbitrary types", encoding, v);
}

static Value decode_direct(RpThread *th, Direct d, const uint8_t *p, size_t n, const char *errors) {
  ByteOrder order = d == D_UTF16LE || d == D_UTF32LE ? ORDER_LITTLE : d == D_UTF16BE || d == D_UTF32BE ? ORDER_BIG : ORDER_NATIVE;
  switch (d) {
  case D_UTF8: return decode_utf8(th, p, n, errors, NULL);
  case D_ASCII: return decode_ascii(th, p, n, errors);
  case D_LATIN1: return vstr(str_from_latin1(th, p, n));
  case D_UTF16: case D_UTF16LE: case D_UTF16BE: return decode_utf16(th, p, n, errors, &order, NULL);
  default: return decode_utf32(th, p, n, errors, &order, NULL);
  }
}

Value codec_decode(RpThread *th, Value source, const char *encoding, const char *errors) {
  Direct d = direct(encoding);
  if (d == D_NONE) {
    if (bytearray_check(source)) {
      source = vstr(bytes_new(th, bytes_span(source).p, bytes_span(source).n));
      if (source == EMPTY) return EMPTY;
    }
    Value v = codec_call(th, source, encoding, errors, false, true);
    if (v == EMPTY || str_check(v)) return v;
    return raise_type(th, "'%s' decoder returned '%T' instead of 'str'; use codecs.decode() to decode to arbitrary types", encoding, v);
  }
  Buffer b;
  if (buffer_acquire(th, source, &b, false) < 0) return EMPTY;
  Value v = decode_direct(th, d, b.data, (size_t)b.size, errors);
  buffer_release(th, &b);
  return v == EMPTY && has_order(d) ? wrap_error(th, encoding, false) : v;
}

