/* codecs.h: text to bytes and back. The codecs the runtime itself knows (utf-8/16/32, ascii, latin-1, escapes, charmap) are C functions;
** any other name goes through the context's registry (codecs.register, the encodings package). Design: runtime/str.md. */
#ifndef RP_CODECS_H
#define RP_CODECS_H

#include "runtime/bytes_util.h"

/* errors: handler name; NULL means "strict". All raise UnicodeEncodeError / UnicodeDecodeError / LookupError. */
typedef enum ByteOrder { ORDER_BIG = 1, ORDER_LITTLE = -1, ORDER_NATIVE = 0 /* writes and eats a BOM */ } ByteOrder;

/* s.encode(encoding, errors), bytes.decode: whatever the codec; result checked. */
Value codec_encode(RpThread *th, Str *s, const char *encoding, const char *errors);
Value codec_decode(RpThread *th, Value source, const char *encoding, const char *errors);

Value encode_utf8(RpThread *th, Str *s, const char *errors);
Value encode_utf16(RpThread *th, Str *s, const char *errors, ByteOrder order);
Value encode_utf32(RpThread *th, Str *s, const char *errors, ByteOrder order);
Value encode_limited(RpThread *th, Str *s, const char *errors, uint32_t limit, const char *codec); /* ascii 128, latin-1 256 */
Value encode_charmap(RpThread *th, Str *s, const char *errors, Value mapping);
Value encode_unicode_escape(RpThread *th, Str *s);
Value encode_raw_unicode_escape(RpThread *th, Str *s);

/* Decoders read n bytes at p. When `consumed` is not NULL an incomplete sequence at the end is left for the next call. */
Value decode_utf8(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed);
/* *order: in ORDER_NATIVE: detect by BOM; out: what was found. */
Value decode_utf16(RpThread *th, const uint8_t *p, size_t n, const char *errors, ByteOrder *order, size_t *consumed);
Value decode_utf32(RpThread *th, const uint8_t *p, size_t n, const char *errors, ByteOrder *order, size_t *consumed);
Value decode_ascii(RpThread *th, const uint8_t *p, size_t n, const char *errors);
Value decode_charmap(RpThread *th, const uint8_t *p, size_t n, const char *errors, Value mapping);
Value decode_unicode_escape(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed);
Value decode_raw_unicode_escape(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed);

/* -- Errors (codec_errors.c) ------------------------------------------------------------------------------------ */

typedef enum ErrorKind {
  ERR_STRICT, ERR_IGNORE, ERR_REPLACE, ERR_BACKSLASH, ERR_SURROGATEESCAPE, ERR_SURROGATEPASS, ERR_XMLCHARREF, ERR_NAMEREPLACE, N_ERROR_KINDS,
  ERR_OTHER = N_ERROR_KINDS /* a registered handler */
} ErrorKind;
extern const char *const error_kind_names[N_ERROR_KINDS];
ErrorKind error_kind(const char *errors); /* NULL is strict */

/* What a builtin handler puts for s[start, end): a Str or Bytes, *next: where to go on. EMPTY without pending: it does not apply, so the
** error stands. */
Value encode_replacement(RpThread *th, ErrorKind kind, Str *s, size_t start, size_t end, const char *codec, size_t *next);
Value decode_replacement(RpThread *th, ErrorKind kind, const uint8_t *p, size_t n, size_t start, size_t end, const char *codec, size_t *next);

/* An encoder at work: out is bytes; put() writes one character of a replacement text in the codec's own way, false: not encodable. */
typedef struct Encoder {
  RpThread *th;
  Str *s;
  const char *errors, *codec;
  ErrorKind kind;
  ByteBuilder out;
  Value exc;
  bool (*put)(struct Encoder *e, uint32_t c);
  ByteOrder order;
  int unit;        /* bytes per code unit: what a handler's bytes must be a multiple of; 0: any number */
  Value mapping;
} Encoder;
void encoder_init(Encoder *e, RpThread *th, Str *s, const char *errors, const char *codec, bool (*put)(Encoder *, uint32_t));
Value encoder_finish(Encoder *e, bool ok);
/* s[start, end) cannot be encoded: applies the handler, *next: where to go on. False after raising. */
bool encoder_error(Encoder *e, size_t start, size_t end, const char *reason, size_t *next);

/* A decoder at work. A handler may replace p and n (and thereby `source`). */
typedef struct Decoder {
  RpThread *th;
  const uint8_t *p;
  size_t n;
  const char *errors, *codec;
  ErrorKind kind;
  StrBuilder out;
  Value exc;
  Value source; /* keeps p alive after a handler replaced it */
} Decoder;
void decoder_init(Decoder *d, RpThread *th, const uint8_t *p, size_t n, const char *errors, const char *codec);
Value decoder_finish(Decoder *d, bool ok);
bool decoder_error(Decoder *d, size_t start, size_t end, const char *reason, size_t *next);

/* -- The context's registry (codec_registry.c) -------------------------------------------------------------------- */

Value codec_lookup(RpThread *th, const char *encoding);               /* the codec tuple; LookupError */
Value codec_handler(RpThread *th, const char *errors);                /* LookupError "unknown error handler name '...'" */
List *codec_search_path(RpThread *th);
Dict *codec_cache(RpThread *th);
Dict *codec_error_table(RpThread *th);
/* codecs.encode / decode: any objects. */
Value codec_call(RpThread *th, Value obj, const char *encoding, const char *errors, bool encode, bool text_only);
/* Lower case, every run of other characters than letters, digits and '.' one '_'. */
void codec_normalize(const char *encoding, char *buf, size_t size);
extern const NativeDef codec_error_functions[]; /* in the order of ErrorKind */

/* Unicode*Error instances. */
Value unicode_encode_error(RpThread *th, const char *codec, Str *s, size_t start, size_t end, const char *reason);
Value unicode_decode_error(RpThread *th, const char *codec, const uint8_t *p, size_t n, size_t start, size_t end, const char *reason);

#endif
