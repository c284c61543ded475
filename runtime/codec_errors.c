/* codec_errors.c: what happens when text does not fit a codec: the builtin handlers, calling registered ones, the exception instances. */
#include "runtime/codecs.h"

const char *const error_kind_names[N_ERROR_KINDS] = {"strict", "ignore", "replace", "backslashreplace",
                                                     "surrogateescape", "surrogatepass", "xmlcharrefreplace", "namereplace"};

ErrorKind error_kind(const char *errors) {
  if (!errors) return ERR_STRICT;
  int i = 0;
  while (i < N_ERROR_KINDS && strcmp(errors, error_kind_names[i])) i++;
  return (ErrorKind)i;
}

/* -- Exceptions ------------------------------------------------------------------------------------------------- */

static Value make_error(RpThread *th, Type *type, const char *codec, Value object, size_t start, size_t end, const char *reason) {
  Str *c = str_from_c(th, codec), *r = c ? str_from_c(th, reason) : NULL;
  if (!r || object == EMPTY) return EMPTY;
  Value args[] = {value_object(c), object, value_int((int64_t)start), value_int((int64_t)end), value_object(r)};
  return op_call(th, value_object(type), args, 5, NULL);
}

Value unicode_encode_error(RpThread *th, const char *codec, Str *s, size_t start, size_t end, const char *reason) {
  return make_error(th, &type_UnicodeEncodeError, codec, value_object(s), start, end, reason);
}

Value unicode_decode_error(RpThread *th, const char *codec, const uint8_t *p, size_t n, size_t start, size_t end, const char *reason) {
  return make_error(th, &type_UnicodeDecodeError, codec, vstr(bytes_new(th, p, n)), start, end, reason);
}

/* -- Surrogates as bytes of the utf codecs --------------------------------------------------------------------------- */

typedef struct Utf { int bits; bool big; } Utf; /* bits 0: not a utf codec */

static Utf utf_of(const char *codec) {
  char name[32];
  codec_normalize(codec, name, sizeof name);
  if (!strcmp(name, "utf_8") || !strcmp(name, "utf8")) return (Utf){8, false};
  bool is16 = !strncmp(name, "utf_16", 6) || !strncmp(name, "utf16", 5), is32 = !strncmp(name, "utf_32", 6) || !strncmp(name, "utf32", 5);
  size_t n = strlen(name);
  return (Utf){is16 ? 16 : is32 ? 32 : 0, n > 2 && !strcmp(name + n - 2, "be")};
}

static int utf_put(Utf u, uint32_t c, uint8_t *out) {
  if (u.bits == 8) return unicode_utf8_put(c, (char *)out);
  int n = u.bits / 8;
  for (int i = 0; i < n; i++) out[u.big ? n - 1 - i : i] = (uint8_t)(c >> 8 * i);
  return n;
}

static bool utf_get(Utf u, const uint8_t *p, size_t n, uint32_t *c, int *size) {
  *size = u.bits == 8 ? 3 : u.bits / 8;
  if (!u.bits || n < (size_t)*size) return false;
  if (u.bits == 8) {
    if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return false;
    *c = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
  } else {
    *c = 0;
    for (int i = 0; i < *size; i++) *c |= (uint32_t)p[u.big ? *size - 1 - i : i] << 8 * i;
  }
  return *c >= 0xD800 && *c < 0xE000;
}

/* -- Builtin handlers ----------------------------------------------------------------------------------------------- */

static void put_backslash(StrBuilder *sb, uint32_t c) {
  sb_fmt(sb, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

static Value surrogates_to_bytes(RpThread *th, ErrorKind kind, Str *s, size_t start, size_t end, const char *codec) {
  ByteBuilder bb;
  bb_init(&bb, th);
  Utf u = utf_of(codec);
  for (size_t i = start; i < end; i++) {
    uint32_t c = str_at(s, (uint32_t)i);
    uint8_t out[4];
    int n;
    if (kind == ERR_SURROGATEESCAPE && c >= 0xDC80 && c <= 0xDCFF) out[0] = (uint8_t)c, n = 1;
    else if (kind == ERR_SURROGATEPASS && u.bits && c >= 0xD800 && c < 0xE000) n = utf_put(u, c, out);
    else return bb_drop(&bb), EMPTY;
    bb_put(&bb, out, (size_t)n);
  }
  return vstr(bb_finish(&bb));
}

Value encode_replacement(RpThread *th, ErrorKind kind, Str *s, size_t start, size_t end, const char *codec, size_t *next) {
  *next = end;
  if (kind == ERR_STRICT || kind == ERR_OTHER) return EMPTY;
  if (kind == ERR_SURROGATEESCAPE || kind == ERR_SURROGATEPASS) return surrogates_to_bytes(th, kind, s, start, end, codec);
  StrBuilder sb;
  sb_init(&sb, th);
  for (size_t i = start; i < end && kind != ERR_IGNORE; i++) {
    uint32_t c = str_at(s, (uint32_t)i);
    char name[128];
    if (kind == ERR_REPLACE) sb_char(&sb, '?');
    else if (kind == ERR_XMLCHARREF) sb_fmt(&sb, "&#%u;", c);
    else if (kind == ERR_NAMEREPLACE && unicode_name(c, name, sizeof name)) sb_fmt(&sb, "\\N{%s}", name);
    else put_backslash(&sb, c);
  }
  return vstr(sb_finish(&sb));
}

Value decode_replacement(RpThread *th, ErrorKind kind, const uint8_t *p, size_t n, size_t start, size_t end, const char *codec,
                         size_t *next) {
  *next = end;
  StrBuilder sb;
  sb_init(&sb, th);
  switch (kind) {
  case ERR_IGNORE: break;
  case ERR_REPLACE: sb_char(&sb, 0xFFFD); break;
  case ERR_BACKSLASH:
    for (size_t i = start; i < end; i++) put_backslash(&sb, p[i]);
    break;
  case ERR_SURROGATEESCAPE: {
    size_t i = start;
    for (; i < end && i < start + 4 && p[i] >= 128; i++) sb_char(&sb, 0xDC00 + p[i]);
    if (i == start) return sb_drop(&sb), EMPTY;
    *next = i;
    break;
  }
  case ERR_SURROGATEPASS: {
    uint32_t c;
    int size;
    if (!utf_get(utf_of(codec), p + start, n - start, &c, &size)) return EMPTY;
    sb_char(&sb, c);
    *next = start + (size_t)size;
    break;
  }
  default: return EMPTY;
  }
  return vstr(sb_finish(&sb));
}

/* -- Calling a handler ------------------------------------------------------------------------------------------------ */

/* exc is made once and moved along, as handlers may rely on. */
static bool point(RpThread *th, Value exc, size_t start, size_t end, const char *reason) {
  Str *r = str_from_c(th, reason);
  return r && op_setattr(th, exc, S(start), value_int((int64_t)start)) == 0 &&
         op_setattr(th, exc, S(end), value_int((int64_t)end)) == 0 && op_setattr(th, exc, S(reason), value_object(r)) == 0;
}

/* Calls it; checks (replacement, position). n: length of the input as it is after the call. */
static Value ask(RpThread *th, const char *errors, Value exc, bool encode, size_t *n, size_t *next) {
  const char *shape = encode ? "encoding error handler must return (str/bytes, int) tuple"
                             : "decoding error handler must return (str, int) tuple";
  Value handler = codec_handler(th, errors);
  Value r = handler == EMPTY ? EMPTY : op_call1(th, handler, exc);
  if (r == EMPTY) return EMPTY;
  if (!tuple_check(r) || as_tuple(r)->length != 2) return raise_type(th, "%s", shape);
  Value text = as_tuple(r)->items[0], pos = as_tuple(r)->items[1];
  int64_t at;
  if (!str_check(text) && !(encode && bytes_check(text))) return raise_type(th, "%s", shape);
  pos = op_index(th, pos);
  if (pos == EMPTY) return EMPTY;
  if (!encode) { /* the handler may have put another object into the exception */
    Value object = op_getattr(th, exc, S(object));
    if (object == EMPTY) return EMPTY;
    if (!bytes_check(object)) return raise_type(th, "exception attribute object must be bytes");
    *n = as_bytes(object)->length;
  }
  if (!int_as_i64(pos, &at)) return raise_index(th, "cannot fit 'int' into an index-sized integer");
  int64_t given = at;
  if (at < 0) at += (int64_t)*n;
  if (at < 0 || at > (int64_t)*n) return raise_index(th, "position %lld from error handler out of bounds", (long long)given);
  *next = (size_t)at;
  return text;
}

void encoder_init(Encoder *e, RpThread *th, Str *s, const char *errors, const char *codec, bool (*put)(Encoder *, uint32_t)) {
  *e = (Encoder){.th = th, .s = s, .errors = errors, .codec = codec, .kind = error_kind(errors), .put = put};
  bb_init(&e->out, th);
}

Value encoder_finish(Encoder *e, bool ok) {
  if (ok) return vstr(bb_finish(&e->out));
  bb_drop(&e->out);
  return EMPTY;
}

static bool encoder_exc(Encoder *e, size_t start, size_t end, const char *reason) {
  if (e->exc != EMPTY) return point(e->th, e->exc, start, end, reason);
  e->exc = unicode_encode_error(e->th, e->codec, e->s, start, end, reason);
  return e->exc != EMPTY;
}

static bool encoder_raise(Encoder *e, size_t start, size_t end, const char *reason) {
  if (encoder_exc(e, start, end, reason)) raise_value_object(e->th, e->exc);
  return false;
}

bool encoder_error(Encoder *e, size_t start, size_t end, const char *reason, size_t *next) {
  Value text;
  size_t n = e->s->length;
  if (e->kind == ERR_OTHER) {
    if (!encoder_exc(e, start, end, reason)) return false;
    text = ask(e->th, e->errors, e->exc, true, &n, next);
  } else {
    text = encode_replacement(e->th, e->kind, e->s, start, end, e->codec, next);
    if (text == EMPTY && e->th->pending == EMPTY) return encoder_raise(e, start, end, reason);
  }
  if (text == EMPTY) return false;
  if (bytes_check(text)) {
    if (e->unit && as_bytes(text)->length % (unsigned)e->unit) return encoder_raise(e, start, end, reason);
    bb_put(&e->out, as_bytes(text)->data, as_bytes(text)->length);
    return true;
  }
  for (uint32_t i = 0; i < as_str(text)->length; i++)
    if (!e->put(e, str_at(as_str(text), i))) return e->th->pending == EMPTY ? encoder_raise(e, start, end, reason) : false;
  return true;
}

void decoder_init(Decoder *d, RpThread *th, const uint8_t *p, size_t n, const char *errors, const char *codec) {
  *d = (Decoder){.th = th, .p = p, .n = n, .errors = errors, .codec = codec, .kind = error_kind(errors)};
  sb_init(&d->out, th);
}

Value decoder_finish(Decoder *d, bool ok) {
  if (ok) return vstr(sb_finish(&d->out));
  sb_drop(&d->out);
  return EMPTY;
}

static bool decoder_exc(Decoder *d, size_t start, size_t end, const char *reason) {
  if (d->exc != EMPTY) return point(d->th, d->exc, start, end, reason);
  d->exc = unicode_decode_error(d->th, d->codec, d->p, d->n, start, end, reason);
  return d->exc != EMPTY;
}

bool decoder_error(Decoder *d, size_t start, size_t end, const char *reason, size_t *next) {
  RpThread *th = d->th;
  if (d->kind != ERR_OTHER) {
    Value text = decode_replacement(th, d->kind, d->p, d->n, start, end, d->codec, next);
    if (text != EMPTY) return sb_str(&d->out, as_str(text)), true;
    if (th->pending == EMPTY && decoder_exc(d, start, end, reason)) raise_value_object(th, d->exc);
    return false;
  }
  if (!decoder_exc(d, start, end, reason)) return false;
  size_t n = d->n;
  Value text = ask(th, d->errors, d->exc, false, &n, next);
  if (text == EMPTY) return false;
  d->source = op_getattr(th, d->exc, S(object));
  if (d->source == EMPTY) return false;
  d->p = as_bytes(d->source)->data;
  d->n = as_bytes(d->source)->length;
  sb_str(&d->out, as_str(text));
  return true;
}

/* -- The handlers as functions of an exception --------------------------------------------------------------------------- */

static bool int_attr(RpThread *th, Value exc, Str *name, size_t *out) {
  int64_t i;
  Value v = op_getattr(th, exc, name);
  if (v == EMPTY || !op_as_size(th, v, &i)) return false;
  *out = i < 0 ? 0 : (size_t)i;
  return true;
}

/* (replacement, position) for an exception instance; `kind` as named in lookup_error(). */
static Value handle(RpThread *th, ErrorKind kind, Value exc) {
  if (kind == ERR_STRICT) {
    if (!value_is_instance(exc, &type_BaseException)) return raise_type(th, "codec must pass exception instance");
    return raise_value_object(th, exc);
  }
  bool enc = value_is_instance(exc, &type_UnicodeEncodeError), dec = value_is_instance(exc, &type_UnicodeDecodeError);
  bool tra = value_is_instance(exc, &type_UnicodeTranslateError);
  bool known = enc || (dec && kind != ERR_XMLCHARREF && kind != ERR_NAMEREPLACE) ||
               (tra && (kind == ERR_IGNORE || kind == ERR_REPLACE || kind == ERR_BACKSLASH));
  if (!known) return raise_type(th, "don't know how to handle %T in error callback", exc);
  size_t start, end, n, next;
  Value object = op_getattr(th, exc, S(object)), name = tra ? value_object(str_empty_) : op_getattr(th, exc, S(encoding));
  if (object == EMPTY || name == EMPTY || !int_attr(th, exc, S(start), &start) || !int_attr(th, exc, S(end), &end)) return EMPTY;
  if (dec ? !bytes_check(object) : !str_check(object))
    return raise_type(th, "object attribute must be %s", dec ? "bytes" : "str");
  n = dec ? as_bytes(object)->length : as_str(object)->length;
  if (end > n) end = n;
  if (start > end) start = end;
  const char *codec = str_utf8(th, as_str(name), NULL);
  Value text;
  if (!codec) return EMPTY;
  if (tra && kind == ERR_REPLACE) {
    StrBuilder sb;
    sb_init(&sb, th);
    for (size_t i = start; i < end; i++) sb_char(&sb, 0xFFFD);
    text = vstr(sb_finish(&sb));
    next = end;
  } else if (dec) {
    text = decode_replacement(th, kind, as_bytes(object)->data, n, start, end, codec, &next);
  } else {
    text = encode_replacement(th, kind, as_str(object), start, end, codec, &next);
  }
  if (text == EMPTY) return th->pending == EMPTY ? raise_value_object(th, exc) : EMPTY;
  return vstr(tuple_of(th, 2, text, value_int((int64_t)next)));
}

#define HANDLER(name, kind) \
  static Value name(RpThread *th, const Value *a) { return handle(th, kind, a[0]); }
HANDLER(strict_errors, ERR_STRICT)
HANDLER(ignore_errors, ERR_IGNORE)
HANDLER(replace_errors, ERR_REPLACE)
HANDLER(backslashreplace_errors, ERR_BACKSLASH)
HANDLER(surrogateescape, ERR_SURROGATEESCAPE)
HANDLER(surrogatepass, ERR_SURROGATEPASS)
HANDLER(xmlcharrefreplace_errors, ERR_XMLCHARREF)
HANDLER(namereplace_errors, ERR_NAMEREPLACE)

const NativeDef codec_error_functions[] = {
    {"strict_errors", strict_errors, "(exception, /)", 0, "Implements the 'strict' error handling.", NULL},
    {"ignore_errors", ignore_errors, "(exception, /)", 0, "Implements the 'ignore' error handling.", NULL},
    {"replace_errors", replace_errors, "(exception, /)", 0, "Implements the 'replace' error handling.", NULL},
    {"backslashreplace_errors", backslashreplace_errors, "(exception, /)", 0, "Implements the 'backslashreplace' error handling.", NULL},
    {"surrogateescape", surrogateescape, "(exception, /)", 0, "Implements the 'surrogateescape' error handling.", NULL},
    {"surrogatepass", surrogatepass, "(exception, /)", 0, "Implements the 'surrogatepass' error handling.", NULL},
    {"xmlcharrefreplace_errors", xmlcharrefreplace_errors, "(exception, /)", 0, "Implements the 'xmlcharrefreplace' error handling.", NULL},
    {"namereplace_errors", namereplace_errors, "(exception, /)", 0, "Implements the 'namereplace' error handling.", NULL},
    {NULL}};
