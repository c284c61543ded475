/* codecs.c: utf-8, utf-16, utf-32, ascii, latin-1 and charmap. */
#include "runtime/codecs.h"

#include "runtime/dict.h"

/* -- UTF-8 -------------------------------------------------------------------------------------------------------- */

static bool is_surrogate(uint32_t c) { return c >= 0xD800 && c < 0xE000; }

static bool put_ascii(Encoder *e, uint32_t c) { return c < 128 && (bb_byte(&e->out, (uint8_t)c), true); }

Value encode_utf8(RpThread *th, Str *s, const char *errors) {
  if (str_is_ascii(s)) return vstr(bytes_new(th, s->u1, s->length));
  Encoder e;
  encoder_init(&e, th, s, errors, "utf-8", put_ascii);
  bool ok = true;
  for (size_t i = 0; ok && i < s->length;) {
    uint32_t c = str_at(s, (uint32_t)i);
    if (is_surrogate(c)) {
      size_t end = i + 1;
      while (end < s->length && is_surrogate(str_at(s, (uint32_t)end))) end++;
      ok = encoder_error(&e, i, end, "surrogates not allowed", &i);
    } else {
      char buf[4];
      bb_put(&e.out, buf, (size_t)unicode_utf8_put(c, buf));
      i++;
    }
  }
  return encoder_finish(&e, ok);
}

Value decode_utf8(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
  Decoder d;
  Utf8Error err;
  if (unicode_utf8_check((const char *)p, n, &err)) {
    if (consumed) *consumed = n;
    return vstr(str_from_utf8(th, (const char *)p, n));
  }
  decoder_init(&d, th, p, n, errors, "utf-8");
  size_t at = 0;
  while (true) {
    bool valid = unicode_utf8_check((const char *)d.p + at, d.n - at, &err);
    size_t end = valid ? d.n : at + err.start;
    for (size_t i = at; i < end;) sb_char(&d.out, unicode_utf8_next((const char *)d.p, &i));
    at = end;
    if (valid || (consumed && !strcmp(err.reason, "unexpected end of data"))) break;
    if (!decoder_error(&d, end, end + (err.end - err.start), err.reason, &at)) return decoder_finish(&d, false);
  }
  if (consumed) *consumed = at;
  return decoder_finish(&d, true);
}

/* -- UTF-16 and UTF-32 ------------------------------------------------------------------------------------------------ */

static void put_unit(Encoder *e, uint32_t c, int size) {
  uint8_t *to = bb_room(&e->out, (size_t)size);
  for (int i = 0; to && i < size; i++) to[e->order == ORDER_BIG ? size - 1 - i : i] = (uint8_t)(c >> 8 * i);
}
static bool put_ascii16(Encoder *e, uint32_t c) { return c < 128 && (put_unit(e, c, 2), true); }
static bool put_ascii32(Encoder *e, uint32_t c) { return c < 128 && (put_unit(e, c, 4), true); }

Value encode_utf16(RpThread *th, Str *s, const char *errors, ByteOrder order) {
  Encoder e;
  encoder_init(&e, th, s, errors, order == ORDER_NATIVE ? "utf-16" : order == ORDER_BIG ? "utf-16-be" : "utf-16-le", put_ascii16);
  e.order = order;
  e.unit = 2;
  if (order == ORDER_NATIVE) put_unit(&e, 0xFEFF, 2);
  bool ok = true;
  for (size_t i = 0; ok && i < s->length;) {
    uint32_t c = str_at(s, (uint32_t)i);
    if (is_surrogate(c)) {
      ok = encoder_error(&e, i, i + 1, "surrogates not allowed", &i);
      continue;
    }
    if (c >= 0x10000) put_unit(&e, 0xD7C0 + (c >> 10), 2), c = 0xDC00 | (c & 0x3FF);
    put_unit(&e, c, 2);
    i++;
  }
  return encoder_finish(&e, ok);
}

Value encode_utf32(RpThread *th, Str *s, const char *errors, ByteOrder order) {
  Encoder e;
  encoder_init(&e, th, s, errors, order == ORDER_NATIVE ? "utf-32" : order == ORDER_BIG ? "utf-32-be" : "utf-32-le", put_ascii32);
  e.order = order;
  e.unit = 4;
  if (order == ORDER_NATIVE) put_unit(&e, 0xFEFF, 4);
  bool ok = true;
  for (size_t i = 0; ok && i < s->length;) {
    uint32_t c = str_at(s, (uint32_t)i);
    if (is_surrogate(c)) ok = encoder_error(&e, i, i + 1, "surrogates not allowed", &i);
    else put_unit(&e, c, 4), i++;
  }
  return encoder_finish(&e, ok);
}

static uint32_t get_unit(const uint8_t *p, int size, bool big) {
  uint32_t c = 0;
  for (int i = 0; i < size; i++) c |= (uint32_t)p[big ? size - 1 - i : i] << 8 * i;
  return c;
}

/* The byte order mark at the start, if the order is still open. */
static size_t eat_bom(const uint8_t *p, size_t n, int size, ByteOrder *order) {
  if (*order != ORDER_NATIVE || n < (size_t)size) return 0;
  if (get_unit(p, size, false) == 0xFEFF) return *order = ORDER_LITTLE, (size_t)size;
  if (get_unit(p, size, true) == 0xFEFF) return *order = ORDER_BIG, (size_t)size;
  return 0;
}

Value decode_utf16(RpThread *th, const uint8_t *p, size_t n, const char *errors, ByteOrder *order, size_t *consumed) {
  Decoder d;
  decoder_init(&d, th, p, n, errors, *order == ORDER_BIG ? "utf-16-be" : "utf-16-le");
  size_t at = eat_bom(p, n, 2, order);
  if (*order == ORDER_BIG) d.codec = "utf-16-be"; /* as the mark said */
  bool ok = true, big = *order == ORDER_BIG;
  while (ok && at < d.n) {
    if (d.n - at < 2) {
      if (consumed) break;
      ok = decoder_error(&d, at, d.n, "truncated data", &at);
      continue;
    }
    uint32_t c = get_unit(d.p + at, 2, big), low;
    if (!is_surrogate(c)) {
      sb_char(&d.out, c);
      at += 2;
    } else if (c >= 0xDC00) {
      ok = decoder_error(&d, at, at + 2, "illegal encoding", &at);
    } else if (d.n - at < 4) {
      if (consumed) break;
      ok = decoder_error(&d, at, d.n, "unexpected end of data", &at);
    } else if ((low = get_unit(d.p + at + 2, 2, big)) < 0xDC00 || low > 0xDFFF) {
      ok = decoder_error(&d, at, at + 2, "illegal UTF-16 surrogate", &at);
    } else {
      sb_char(&d.out, 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF));
      at += 4;
    }
  }
  if (consumed) *consumed = at;
  return decoder_finish(&d, ok);
}

Value decode_utf32(RpThread *th, const uint8_t *p, size_t n, const char *errors, ByteOrder *order, size_t *consumed) {
  Decoder d;
  decoder_init(&d, th, p, n, errors, *order == ORDER_BIG ? "utf-32-be" : "utf-32-le");
  size_t at = eat_bom(p, n, 4, order);
  if (*order == ORDER_BIG) d.codec = "utf-32-be"; /* as the mark said */
  bool ok = true, big = *order == ORDER_BIG;
  while (ok && at < d.n) {
    if (d.n - at < 4) {
      if (consumed) break;
      ok = decoder_error(&d, at, d.n, "truncated data", &at);
      continue;
    }
    uint32_t c = get_unit(d.p + at, 4, big);
    if (is_surrogate(c)) {
      ok = decoder_error(&d, at, at + 4, "code point in surrogate code point range (U+D800-U+DFFF)", &at);
    } else if (c > UNICODE_MAX) {
      ok = decoder_error(&d, at, at + 4, "code point not in range(0x110000)", &at);
    } else {
      sb_char(&d.out, c);
      at += 4;
    }
  }
  if (consumed) *consumed = at;
  return decoder_finish(&d, ok);
}

/* -- ASCII and Latin-1 ---------------------------------------------------------------------------------------------------- */

static bool put_latin1(Encoder *e, uint32_t c) { return c < 256 && (bb_byte(&e->out, (uint8_t)c), true); }

Value encode_limited(RpThread *th, Str *s, const char *errors, uint32_t limit, const char *codec) {
  if (str_is_ascii(s) || (limit == 256 && str_width(s) == 0)) return vstr(bytes_new(th, s->u1, s->length));
  Encoder e;
  encoder_init(&e, th, s, errors, codec, limit == 128 ? put_ascii : put_latin1);
  bool ok = true;
  for (size_t i = 0; ok && i < s->length;) {
    uint32_t c = str_at(s, (uint32_t)i);
    if (c < limit) {
      bb_byte(&e.out, (uint8_t)c);
      i++;
      continue;
    }
    size_t end = i + 1;
    while (end < s->length && str_at(s, (uint32_t)end) >= limit) end++;
    ok = encoder_error(&e, i, end, limit == 128 ? "ordinal not in range(128)" : "ordinal not in range(256)", &i);
  }
  return encoder_finish(&e, ok);
}

Value decode_ascii(RpThread *th, const uint8_t *p, size_t n, const char *errors) {
  if (unit_max(p, 0, 0, n) < 0x80) return vstr(str_from_latin1(th, p, n));
  Decoder d;
  decoder_init(&d, th, p, n, errors, "ascii");
  bool ok = true;
  for (size_t at = 0; ok && at < d.n;) {
    if (d.p[at] < 128) sb_char(&d.out, d.p[at++]);
    else ok = decoder_error(&d, at, at + 1, "ordinal not in range(128)", &at);
  }
  return decoder_finish(&d, ok);
}

/* -- Charmap ----------------------------------------------------------------------------------------------------------------- */

/* 1: done, 0: no mapping, -1: error. */
static int map_char(Encoder *e, uint32_t c) {
  RpThread *th = e->th;
  int64_t i;
  Value v = op_getitem(th, e->mapping, value_int(c));
  if (v == EMPTY) {
    if (!error_is(th, &type_LookupError)) return -1;
    error_clear(th);
    return 0;
  }
  if (v == NONE) return 0;
  if (bytes_check(v)) return bb_put(&e->out, as_bytes(v)->data, as_bytes(v)->length), 1;
  if (!int_check(v)) return raise_type(th, "character mapping must return integer, bytes or None, not %T", v), -1;
  if (!int_as_i64(v, &i) || i < 0 || i > 255) return raise_type(th, "character mapping must be in range(256)"), -1;
  bb_byte(&e->out, (uint8_t)i);
  return 1;
}
static bool put_mapped(Encoder *e, uint32_t c) { return map_char(e, c) == 1; }

Value encode_charmap(RpThread *th, Str *s, const char *errors, Value mapping) {
  if (mapping == NONE || mapping == EMPTY) return encode_limited(th, s, errors, 256, "latin-1");
  Encoder e;
  encoder_init(&e, th, s, errors, "charmap", put_mapped);
  e.mapping = mapping;
  int r = 1;
  for (size_t i = 0; r >= 0 && i < s->length;) {
    r = map_char(&e, str_at(s, (uint32_t)i));
    if (r == 1) i++;
    if (r) continue;
    size_t end = i + 1;
    while (end < s->length) {
      size_t before = e.out.len;
      if ((r = map_char(&e, str_at(s, (uint32_t)end))) != 0) {
        e.out.len = before; /* only looked: it is written when its turn comes */
        break;
      }
      end++;
    }
    if (r >= 0) r = encoder_error(&e, i, end, "character maps to <undefined>", &i) ? 1 : -1;
  }
  return encoder_finish(&e, r >= 0);
}

/* 1: written, 0: undefined, -1. */
static int unmap_byte(Decoder *d, Value mapping, uint8_t byte) {
  RpThread *th = d->th;
  int64_t i;
  if (str_check(mapping)) {
    uint32_t c = byte < as_str(mapping)->length ? str_at(as_str(mapping), byte) : 0xFFFE;
    return c == 0xFFFE ? 0 : (sb_char(&d->out, c), 1);
  }
  Value v = op_getitem(th, mapping, value_int(byte));
  if (v == EMPTY) {
    if (!error_is(th, &type_LookupError)) return -1;
    error_clear(th);
    return 0;
  }
  if (v == NONE) return 0;
  if (str_check(v)) {
    if (as_str(v)->length == 1 && str_at(as_str(v), 0) == 0xFFFE) return 0;
    return sb_str(&d->out, as_str(v)), 1;
  }
  if (!int_check(v)) return raise_type(th, "character mapping must return integer, None or str"), -1;
  if (!int_as_i64(v, &i) || i < 0 || i > (int64_t)UNICODE_MAX)
    return raise_type(th, "character mapping must be in range(0x110000)"), -1;
  return i == 0xFFFE ? 0 : (sb_char(&d->out, (uint32_t)i), 1);
}

Value decode_charmap(RpThread *th, const uint8_t *p, size_t n, const char *errors, Value mapping) {
  if (mapping == NONE || mapping == EMPTY) return vstr(str_from_latin1(th, p, n));
  Decoder d;
  decoder_init(&d, th, p, n, errors, "charmap");
  int r = 1;
  for (size_t at = 0; r >= 0 && at < d.n;) {
    r = unmap_byte(&d, mapping, d.p[at]);
    if (r == 1) at++;
    else if (r == 0) r = decoder_error(&d, at, at + 1, "character maps to <undefined>", &at) ? 1 : -1;
  }
  return decoder_finish(&d, r >= 0);
}
