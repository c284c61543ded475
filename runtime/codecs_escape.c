/* codecs_escape.c: unicode_escape, raw_unicode_escape, and the escapes of bytes literals (escape_decode). */
#include "runtime/codecs.h"

static void put_hex(ByteBuilder *bb, const char *fmt, uint32_t c) {
  char buf[16];
  bb_put(bb, buf, (size_t)snprintf(buf, sizeof buf, fmt, c));
}

Value encode_unicode_escape(RpThread *th, Str *s) {
  ByteBuilder bb;
  bb_init(&bb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c == '\\') bb_put(&bb, "\\\\", 2);
    else if (c == '\t') bb_put(&bb, "\\t", 2);
    else if (c == '\n') bb_put(&bb, "\\n", 2);
    else if (c == '\r') bb_put(&bb, "\\r", 2);
    else if (c >= ' ' && c < 0x7f) bb_byte(&bb, (uint8_t)c);
    else put_hex(&bb, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }
  return vstr(bb_finish(&bb));
}

Value encode_raw_unicode_escape(RpThread *th, Str *s) {
  ByteBuilder bb;
  bb_init(&bb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c < 0x100) bb_byte(&bb, (uint8_t)c);
    else put_hex(&bb, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }
  return vstr(bb_finish(&bb));
}

static int hex_digit(uint8_t c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Up to `want` hex digits at `at`; returns how many there were. */
static size_t read_hex(const Decoder *d, size_t at, size_t want, uint32_t *c) {
  size_t k = 0;
  *c = 0;
  for (int h; k < want && at + k < d->n && (h = hex_digit(d->p[at + k])) >= 0; k++) *c = *c << 4 | (uint32_t)h;
  return k;
}

/* The backslash at `at`. Returns false after raising or, with *more, when the input ends inside the escape and more may come. */
static bool escape(Decoder *d, size_t *at, bool partial, bool *more) {
  size_t start = *at, i = start + 1;
  const char *reason;
  uint32_t c;
  if (i >= d->n) {
    if (partial) return *more = true, false;
    return decoder_error(d, start, d->n, "\\ at end of string", at);
  }
  uint8_t e = d->p[i++];
  static const char from[] = "\\'\"bftnrva", to[] = "\\'\"\b\f\t\n\r\v\a";
  const char *simple = e ? strchr(from, e) : NULL;
  *at = i;
  if (e == '\n') return true;
  if (simple) return sb_char(&d->out, (uint8_t)to[simple - from]), true;
  if (e >= '0' && e <= '7') {
    c = (uint32_t)(e - '0');
    for (int k = 0; k < 2 && i < d->n && d->p[i] >= '0' && d->p[i] <= '7'; k++) c = c * 8 + (uint32_t)(d->p[i++] - '0');
    *at = i;
    return sb_char(&d->out, c), true;
  }
  size_t want = e == 'x' ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : 0;
  if (want) {
    size_t got = read_hex(d, i, want, &c);
    *at = i + got;
    if (got == want && c <= UNICODE_MAX) return sb_char(&d->out, c), true;
    if (got < want && i + got == d->n && partial) return *at = start, *more = true, false;
    reason = got == want ? "illegal Unicode character"
             : want == 2 ? "truncated \\xXX escape" : want == 4 ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape";
    return decoder_error(d, start, i + got, reason, at);
  }
  if (e == 'N') {
    size_t end = i;
    reason = "malformed \\N character escape";
    if (i >= d->n && partial) return *at = start, *more = true, false;
    if (i < d->n && d->p[i] == '{') {
      const uint8_t *close = memchr(d->p + i, '}', d->n - i);
      if (!close && partial) return *at = start, *more = true, false;
      end = close ? (size_t)(close - d->p) + 1 : d->n;
      if (close && end - i > 2) {
        int32_t cp = unicode_lookup_name((const char *)d->p + i + 1, end - i - 2);
        if (cp >= 0) return *at = end, sb_char(&d->out, (uint32_t)cp), true;
        reason = "unknown Unicode character name";
      }
    }
    return decoder_error(d, start, end, reason, at);
  }
  sb_char(&d->out, '\\'); /* not an escape: both characters stay */
  sb_char(&d->out, e);
  return true;
}

Value decode_unicode_escape(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
  Decoder d;
  decoder_init(&d, th, p, n, errors, "unicodeescape");
  bool ok = true, more = false;
  size_t at = 0;
  while (ok && at < d.n) {
    if (d.p[at] != '\\') sb_char(&d.out, d.p[at++]);
    else if (!(ok = escape(&d, &at, consumed != NULL, &more)) && more) break;
  }
  if (consumed) *consumed = at;
  return decoder_finish(&d, ok || more);
}

Value decode_raw_unicode_escape(RpThread *th, const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
  Decoder d;
  decoder_init(&d, th, p, n, errors, "rawunicodeescape");
  bool ok = true;
  size_t at = 0;
  while (ok && at < d.n) {
    if (d.p[at] != '\\') {
      sb_char(&d.out, d.p[at++]);
      continue;
    }
    if (at + 1 >= d.n) {
      if (consumed) break;
      sb_char(&d.out, d.p[at++]);
      continue;
    }
    uint8_t e = d.p[at + 1];
    if (e != 'u' && e != 'U') {
      sb_char(&d.out, '\\');
      sb_char(&d.out, e);
      at += 2;
      continue;
    }
    uint32_t c;
    size_t want = e == 'u' ? 4 : 8, got = read_hex(&d, at + 2, want, &c);
    if (got < want && consumed && at + 2 + got == d.n) break;
    if (got == want && c <= UNICODE_MAX) sb_char(&d.out, c), at += 2 + want;
    else
      ok = decoder_error(&d, at, at + 2 + got,
                         got == want ? "\\Uxxxxxxxx out of range" : want == 4 ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape",
                         &at);
  }
  if (consumed) *consumed = at;
  return decoder_finish(&d, ok);
}
