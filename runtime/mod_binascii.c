/* mod_binascii.c: module binascii: hex, base64, quoted-printable, uuencode, CRC. */
#include "runtime/bytes_util.h"
#include "runtime/dict.h"
#include "runtime/mod_error.h"

#define ERROR(...) module_error_raise(th, "binascii", "Error", __VA_ARGS__)

/* Data to encode: a buffer. Data to decode: a buffer or ASCII text. */
typedef struct In { Buffer b; const uint8_t *p; size_t n; } In;
static bool take(RpThread *th, Value v, bool text_ok, In *in) {
  in->b.owner = NULL;
  if (text_ok && str_check(v)) {
    if (!str_is_ascii(as_str(v))) return raise_value(th, "string argument should contain only ASCII characters"), false;
    in->p = as_str(v)->u1;
    in->n = as_str(v)->length;
    return true;
  }
  if (text_ok && !has_buffer(v)) return raise_type(th, "argument should be bytes, buffer or ASCII string, not '%T'", v), false;
  if (buffer_acquire(th, v, &in->b, false) < 0) return false;
  in->p = in->b.data;
  in->n = (size_t)in->b.size;
  return true;
}
static void drop(RpThread *th, In *in) {
  if (in->b.owner) buffer_release(th, &in->b);
}
static bool flag(RpThread *th, Value v, bool dflt) { return v == EMPTY ? dflt : op_truth(th, v) > 0; }

/* -- Hex --------------------------------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static Value b_hexlify(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], false, &in)) return EMPTY;
  Value s = bytes_hex(th, in.p, in.n, a[1], a[2]);
  drop(th, &in);
  return s == EMPTY ? EMPTY : vstr(bytes_new(th, as_str(s)->u1, as_str(s)->length));
}

static Value b_unhexlify(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], true, &in)) return EMPTY;
  Bytes *out = NULL;
  if (in.n % 2) ERROR("Odd-length string");
  else out = bytes_new(th, NULL, in.n / 2);
  for (size_t i = 0; out && i < in.n; i += 2) {
    int hi = hex_digit(in.p[i]), lo = hex_digit(in.p[i + 1]);
    if (hi < 0 || lo < 0) ERROR("Non-hexadecimal digit found"), out = NULL;
    else out->data[i / 2] = (uint8_t)(hi << 4 | lo);
  }
  drop(th, &in);
  return vstr(out);
}

/* -- Base64 --------------------------------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static Value b_b2a_base64(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], false, &in)) return EMPTY;
  ByteBuilder bb;
  bb_init(&bb, th);
  for (size_t i = 0; i < in.n; i += 3) {
    size_t k = in.n - i < 3 ? in.n - i : 3;
    uint32_t w = (uint32_t)in.p[i] << 16 | (k > 1 ? (uint32_t)in.p[i + 1] << 8 : 0) | (k > 2 ? in.p[i + 2] : 0);
    for (size_t j = 0; j < 4; j++) bb_byte(&bb, j <= k ? (uint8_t)alphabet[w >> (18 - 6 * j) & 63] : '=');
  }
  if (flag(th, a[1], true)) bb_byte(&bb, '\n');
  drop(th, &in);
  return vstr(bb_finish(&bb));
}

static int b64_digit(uint8_t c) {
  const char *p = c ? strchr(alphabet, c) : NULL;
  return p ? (int)(p - alphabet) : -1;
}

/* NULL, or what is wrong with it. */
static const char *decode64(const In *in, bool strict, ByteBuilder *bb, char *text, size_t size) {
  int quad = 0, pads = 0;
  uint32_t left = 0;
  if (strict && in->n > 0 && in->p[0] == '=') return "Leading padding not allowed";
  for (size_t i = 0; i < in->n; i++) {
    uint8_t c = in->p[i];
    if (c == '=') {
      if (quad >= 2 && quad + ++pads >= 4) {
        if (strict && i + 1 < in->n) return "Excess data after padding";
        return NULL;
      }
      continue;
    }
    int d = b64_digit(c);
    if (d < 0) {
      if (strict) return "Only base64 data is allowed";
      continue;
    }
    if (strict && pads) return "Discontinuous padding not allowed";
    pads = 0;
    switch (quad) {
    case 0: quad = 1; left = (uint32_t)d; break;
    case 1: quad = 2; bb_byte(bb, (uint8_t)(left << 2 | (uint32_t)d >> 4)); left = (uint32_t)d & 15; break;
    case 2: quad = 3; bb_byte(bb, (uint8_t)(left << 4 | (uint32_t)d >> 2)); left = (uint32_t)d & 3; break;
    default: quad = 0; bb_byte(bb, (uint8_t)(left << 6 | (uint32_t)d)); left = 0;
    }
  }
  if (quad == 0) return NULL;
  if (quad != 1) return "Incorrect padding";
  snprintf(text, size, "Invalid base64-encoded string: number of data characters (%zu) cannot be 1 more than a multiple of 4",
           bb->len / 3 * 4 + 1);
  return text;
}

static Value b_a2b_base64(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], true, &in)) return EMPTY;
  ByteBuilder bb;
  char text[160];
  bb_init(&bb, th);
  const char *wrong = decode64(&in, flag(th, a[1], false), &bb, text, sizeof text);
  drop(th, &in);
  if (!wrong) return vstr(bb_finish(&bb));
  bb_drop(&bb);
  return ERROR("%s", wrong);
}

/* -- uuencode ---------------------------------------------------------------------------------------------------------- */

static Value b_b2a_uu(RpThread *th, const Value *a) {
  In in;
  bool tick = flag(th, a[1], false);
  if (!take(th, a[0], false, &in)) return EMPTY;
  if (in.n > 45) return drop(th, &in), ERROR("At most 45 bytes at once");
  ByteBuilder bb;
  bb_init(&bb, th);
#define UU(v) ((uint8_t)((v) ? (v) + ' ' : tick ? '`' : ' '))
  bb_byte(&bb, UU(in.n));
  for (size_t i = 0; i < in.n; i += 3) {
    uint32_t w = (uint32_t)in.p[i] << 16 | (i + 1 < in.n ? (uint32_t)in.p[i + 1] << 8 : 0) | (i + 2 < in.n ? in.p[i + 2] : 0);
    for (int j = 18; j >= 0; j -= 6) bb_byte(&bb, UU(w >> j & 63));
  }
  bb_byte(&bb, '\n');
#undef UU
  drop(th, &in);
  return vstr(bb_finish(&bb));
}

static Value b_a2b_uu(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], true, &in)) return EMPTY;
  ByteBuilder bb;
  bb_init(&bb, th);
  size_t i = 0, want = in.n ? (in.p[i++] - ' ') & 63u : 0;
  uint32_t w = 0;
  int bits = 0;
  const char *wrong = NULL;
  while (!wrong && bb.len < want) {
    uint8_t c = i < in.n ? in.p[i++] : 0, v = 0;
    if (c != '\n' && c != '\r' && c != 0) {
      if (c < ' ' || c > ' ' + 64) wrong = "Illegal char";
      v = (c - ' ') & 63;
    } else {
      i = in.n; /* a short line counts as padded with zeros */
    }
    w = w << 6 | v;
    bits += 6;
    if (bits >= 8) bits -= 8, bb_byte(&bb, (uint8_t)(w >> bits));
  }
  for (; !wrong && i < in.n; i++)
    if (in.p[i] != ' ' && in.p[i] != ' ' + 64 && in.p[i] != '\n' && in.p[i] != '\r') wrong = "Trailing garbage";
  drop(th, &in);
  if (!wrong) return vstr(bb_finish(&bb));
  bb_drop(&bb);
  return ERROR("%s", wrong);
}

/* -- Quoted-printable ----------------------------------------------------------------------------------------------------- */

static Value b_a2b_qp(RpThread *th, const Value *a) {
  In in;
  if (!take(th, a[0], true, &in)) return EMPTY;
  bool header = flag(th, a[1], false);
  ByteBuilder bb;
  bb_init(&bb, th);
  for (size_t i = 0; i < in.n;) {
    uint8_t c = in.p[i++];
    if (c == '_' && header) {
      bb_byte(&bb, ' ');
    } else if (c != '=') {
      bb_byte(&bb, c);
    } else if (i >= in.n) {
      break;
    } else if (in.p[i] == '\n' || in.p[i] == '\r') { /* soft line break */
      while (i < in.n && in.p[i] != '\n') i++;
      if (i < in.n) i++;
    } else if (in.p[i] == '=') {
      bb_byte(&bb, '=');
      i++;
    } else if (i + 1 < in.n && hex_digit(in.p[i]) >= 0 && hex_digit(in.p[i + 1]) >= 0) {
      bb_byte(&bb, (uint8_t)(hex_digit(in.p[i]) << 4 | hex_digit(in.p[i + 1])));
      i += 2;
    } else {
      bb_byte(&bb, '=');
    }
  }
  drop(th, &in);
  return vstr(bb_finish(&bb));
}

static Value b_b2a_qp(RpThread *th, const Value *a) {
  In in;
  bool quotetabs = flag(th, a[1], false), istext = flag(th, a[2], true), header = flag(th, a[3], false);
  if (!take(th, a[0], false, &in)) return EMPTY;
  const uint8_t *nl = memchr(in.p, '\n', in.n);
  bool crlf = nl && nl > in.p && nl[-1] == '\r';
  ByteBuilder bb;
  bb_init(&bb, th);
  size_t line = 0;
#define SOFT() (bb_byte(&bb, '='), crlf ? bb_byte(&bb, '\r') : (void)0, bb_byte(&bb, '\n'), line = 0)
  for (size_t i = 0; i < in.n;) {
    uint8_t c = in.p[i];
    bool at_end = i + 1 == in.n, eol = c == '\n' || (c == '\r' && !at_end && in.p[i + 1] == '\n');
    bool quote = c > 126 || c == '=' || (header && c == '_') ||
                 (c == '.' && line == 0 && (at_end || in.p[i + 1] == '\n' || in.p[i + 1] == '\r' || in.p[i + 1] == 0)) ||
                 (!istext && (c == '\r' || c == '\n')) || ((c == '\t' || c == ' ') && at_end) ||
                 (c < 33 && c != '\r' && c != '\n' && c != '\t' && c != ' ') || (c < 33 && c != '\r' && c != '\n' && quotetabs);
    if (quote) {
      if (line + 3 >= 76) SOFT();
      char hex[4];
      snprintf(hex, sizeof hex, "=%02X", c);
      bb_put(&bb, hex, 3);
      line += 3;
      i++;
    } else if (istext && eol) {
      line = 0;
      if (bb.len && (bb.data[bb.len - 1] == ' ' || bb.data[bb.len - 1] == '\t')) { /* blanks before a line end are quoted */
        uint8_t last = bb.data[--bb.len];
        char hex[4];
        snprintf(hex, sizeof hex, "=%02X", last);
        bb_put(&bb, hex, 3);
      }
      if (crlf) bb_byte(&bb, '\r');
      bb_byte(&bb, '\n');
      i += c == '\r' ? 2 : 1;
    } else {
      if (!at_end && in.p[i + 1] != '\n' && line + 1 >= 76) SOFT();
      line++;
      bb_byte(&bb, header && c == ' ' ? '_' : c);
      i++;
    }
  }
#undef SOFT
  drop(th, &in);
  return vstr(bb_finish(&bb));
}

/* -- CRC --------------------------------------------------------------------------------------------------------------------- */

static bool start_value(RpThread *th, Value v, uint32_t *out) {
  Value n = v == EMPTY ? value_int(0) : op_index(th, v);
  Value low = n == EMPTY ? EMPTY : int_and(th, n, value_int(0xFFFFFFFF));
  if (low == EMPTY) return false;
  *out = (uint32_t)as_int(low);
  return true;
}

static Value b_crc32(RpThread *th, const Value *a) {
  In in;
  uint32_t crc, table[256];
  if (!start_value(th, a[1], &crc) || !take(th, a[0], false, &in)) return EMPTY;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  crc = ~crc;
  for (size_t i = 0; i < in.n; i++) crc = table[(crc ^ in.p[i]) & 255] ^ crc >> 8;
  drop(th, &in);
  return value_int(~crc);
}

static Value b_crc_hqx(RpThread *th, const Value *a) {
  In in;
  uint32_t crc;
  if (!start_value(th, a[1], &crc) || !take(th, a[0], false, &in)) return EMPTY;
  crc &= 0xFFFF;
  for (size_t i = 0; i < in.n; i++) {
    crc ^= (uint32_t)in.p[i] << 8;
    for (int k = 0; k < 8; k++) crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xFFFF;
  }
  drop(th, &in);
  return value_int(crc);
}

static const NativeDef functions[] = {
    {"hexlify", b_hexlify, "(data, sep=None, bytes_per_sep=1)", 0, "Hexadecimal representation of binary data.", NULL},
    {"b2a_hex", b_hexlify, "(data, sep=None, bytes_per_sep=1)", 0, "Hexadecimal representation of binary data.", NULL},
    {"unhexlify", b_unhexlify, "(hexstr, /)", 0, "Binary data of hexadecimal representation.", NULL},
    {"a2b_hex", b_unhexlify, "(hexstr, /)", 0, "Binary data of hexadecimal representation.", NULL},
    {"b2a_base64", b_b2a_base64, "(data, /, *, newline=True)", 0, "Base64-code line of data.", NULL},
    {"a2b_base64", b_a2b_base64, "(data, /, *, strict_mode=False)", 0, "Decode a line of base64 data.", NULL},
    {"b2a_uu", b_b2a_uu, "(data, /, *, backtick=False)", 0, "Uuencode line of data.", NULL},
    {"a2b_uu", b_a2b_uu, "(data, /)", 0, "Decode a line of uuencoded data.", NULL},
    {"a2b_qp", b_a2b_qp, "(data, header=False)", 0, "Decode a string of qp-encoded data.", NULL},
    {"b2a_qp", b_b2a_qp, "(data, quotetabs=False, istext=True, header=False)", 0, "Encode a string using quoted-printable encoding.", NULL},
    {"crc32", b_crc32, "(data, crc=0, /)", 0, "Compute CRC-32 incrementally.", NULL},
    {"crc_hqx", b_crc_hqx, "(data, crc, /)", 0, "Compute CRC-CCITT incrementally.", NULL},
    {NULL}};

static int init(RpThread *th, Dict *d) {
  if (module_error_add(th, d, "binascii", "Error", &type_ValueError) < 0) return -1;
  return module_error_add(th, d, "binascii", "Incomplete", &type_Exception);
}

const ModuleSpec mod_binascii = {.doc = "Conversion between binary data and ASCII", .functions = functions, .init = init};
