/* format_percent.c: the % operator of str, bytes and bytearray. Bytes are formatted as latin-1 text and turned back at the end. */
#include "runtime/bytes_util.h"
#include "runtime/format_num.h"
#include "runtime/str_methods.h"

#define FLAG_LEFT 1
#define FLAG_SIGN 2
#define FLAG_BLANK 4
#define FLAG_ALT 8
#define FLAG_ZERO 16

typedef struct Percent {
  RpThread *th;
  Str *fmt;
  bool bytes;        /* rules of bytes.__mod__ */
  Value args;
  bool is_tuple, is_mapping;
  uint64_t next_arg;
  StrBuilder sb;
  uint32_t at;
  /* the directive at hand */
  unsigned flags;
  int64_t width, prec; /* -1: none */
  uint32_t conv;
  Value arg_from_key;  /* EMPTY: take the next argument */
} Percent;

static bool type_error(Percent *p, const char *text) { return raise_type(p->th, "%s", text), false; }
static bool value_error(Percent *p, const char *text) { return raise_value(p->th, "%s", text), false; }
static uint32_t peek(const Percent *p) { return p->at < p->fmt->length ? str_at(p->fmt, p->at) : 0; }

static Value next_arg(Percent *p) {
  if (p->arg_from_key != EMPTY) return p->arg_from_key;
  if (p->is_tuple) {
    if (p->next_arg < as_tuple(p->args)->length) return as_tuple(p->args)->items[p->next_arg++];
  } else if (p->next_arg == 0) {
    p->next_arg = 1;
    return p->args;
  }
  return raise_type(p->th, "not enough arguments for format string");
}

/* -- Directives ------------------------------------------------------------------------------------------------ */

static bool parse_key(Percent *p) {
  if (!p->is_mapping) return type_error(p, "format requires a mapping");
  uint32_t lo = ++p->at;
  for (int depth = 1; p->at < p->fmt->length; p->at++) {
    uint32_t c = str_at(p->fmt, p->at);
    if (c == '(') depth++;
    if (c == ')' && --depth == 0) break;
  }
  if (p->at >= p->fmt->length) return value_error(p, "incomplete format key");
  Str *text = str_slice(p->th, p->fmt, lo, p->at++);
  if (!text) return false;
  Value key = p->bytes ? vstr(bytes_new(p->th, text->u1, text->length)) : value_object(text);
  if (key == EMPTY) return false;
  p->arg_from_key = op_getitem(p->th, p->args, key);
  return p->arg_from_key != EMPTY;
}

/* A number or '*'. */
static bool parse_size(Percent *p, int64_t *out, const char *too_big, bool is_width) {
  if (peek(p) == '*') {
    p->at++;
    Value saved = p->arg_from_key;
    p->arg_from_key = EMPTY;
    Value v = p->is_mapping && !p->is_tuple ? raise_type(p->th, "not enough arguments for format string") : next_arg(p);
    p->arg_from_key = saved;
    if (v == EMPTY) return false;
    if (!int_check(v)) return type_error(p, "* wants int");
    if (!int_as_i64(v, out) || *out > INT32_MAX || *out < -INT32_MAX) {
      raise_overflow(p->th, "Python int too large to convert to C %s", is_width ? "ssize_t" : "int");
      return false;
    }
    if (*out < 0 && is_width) p->flags |= FLAG_LEFT, *out = -*out;
    if (*out < 0) *out = 0;
    return true;
  }
  int64_t v = 0;
  bool any = false;
  for (uint32_t c; (c = peek(p)) >= '0' && c <= '9'; p->at++, any = true) {
    v = v * 10 + (int64_t)(c - '0');
    if (v > INT32_MAX) return value_error(p, too_big);
  }
  if (any) *out = v;
  return true;
}

static bool parse_directive(Percent *p) {
  p->flags = 0;
  p->width = p->prec = -1;
  p->arg_from_key = EMPTY;
  if (peek(p) == '(' && !parse_key(p)) return false;
  for (;; p->at++) {
    uint32_t c = peek(p);
    if (c == '-') p->flags |= FLAG_LEFT;
    else if (c == '+') p->flags |= FLAG_SIGN;
    else if (c == ' ') p->flags |= FLAG_BLANK;
    else if (c == '#') p->flags |= FLAG_ALT;
    else if (c == '0') p->flags |= FLAG_ZERO;
    else break;
  }
  if (!parse_size(p, &p->width, "width too big", true)) return false;
  if (peek(p) == '.') {
    p->at++;
    p->prec = 0;
    if (!parse_size(p, &p->prec, p->bytes ? "prec too big" : "precision too big", false)) return false;
  }
  uint32_t c = peek(p);
  if (c == 'h' || c == 'l' || c == 'L') p->at++;
  if (p->at >= p->fmt->length) return value_error(p, "incomplete format");
  p->conv = str_at(p->fmt, p->at++);
  return true;
}

/* -- Output ------------------------------------------------------------------------------------------------------- */

static void put_fill(Percent *p, uint32_t c, int64_t n) {
  while (n-- > 0 && !p->sb.failed) sb_char(&p->sb, c);
}

static void put_text(Percent *p, const Str *s) {
  uint32_t n = p->prec >= 0 && p->prec < s->length ? (uint32_t)p->prec : s->length;
  int64_t pad = p->width - (int64_t)n;
  if (!(p->flags & FLAG_LEFT)) put_fill(p, ' ', pad);
  sb_slice(&p->sb, s, 0, n);
  if (p->flags & FLAG_LEFT) put_fill(p, ' ', pad);
}

/* Text of a number: sign and base prefix stay in front of zero padding. */
static void put_number(Percent *p, const char *text, size_t n, size_t prefix) {
  char sign = 0;
  if (*text == '-' || *text == '+') sign = *text++, n--;
  else if (p->flags & FLAG_SIGN) sign = '+';
  else if (p->flags & FLAG_BLANK) sign = ' ';
  int64_t pad = p->width - (int64_t)n - (sign != 0);
  bool zero = p->flags & FLAG_ZERO, left = p->flags & FLAG_LEFT;
  if (!left && !zero) put_fill(p, ' ', pad);
  if (sign) sb_char(&p->sb, (uint8_t)sign);
  for (size_t i = 0; i < prefix; i++) sb_char(&p->sb, (uint8_t)text[i]);
  if (!left && zero) put_fill(p, '0', pad);
  sb_ascii(&p->sb, text + prefix);
  if (left) put_fill(p, ' ', pad);
}

static Value integer_of(Percent *p, Value v) {
  RpThread *th = p->th;
  bool decimal = p->conv == 'd' || p->conv == 'i' || p->conv == 'u';
  if (int_check(v)) return is_int(v) ? v : op_index(th, v);
  const TypeSlots *s = &type_of(v)->slots;
  Value r = EMPTY;
  if (decimal && (float_check(v) || s->int_ || s->index || s->float_)) {
    if (float_check(v) && !s->int_) r = int_from_double(th, float_value(v));
    else r = s->int_ ? s->int_(th, v) : s->index ? op_index(th, v) : EMPTY;
  } else if (!decimal && s->index) {
    r = op_index(th, v);
  }
  if (r != EMPTY && int_check(r)) return r;
  if (th->pending != EMPTY && !error_is(th, &type_TypeError)) return EMPTY;
  error_clear(th);
  return raise_type(th, "%%%c format: %s is required, not %T", (int)p->conv, decimal ? "a real number" : "an integer", v);
}

static bool put_integer(Percent *p, Value arg) {
  RpThread *th = p->th;
  Value v = integer_of(p, arg);
  if (v == EMPTY) return false;
  int base = p->conv == 'o' ? 8 : p->conv == 'x' || p->conv == 'X' ? 16 : 10;
  Str *digits = int_to_str(th, v, base);
  if (!digits) return false;
  bool negative = digits->c[0] == '-';
  size_t n = digits->length - negative, zeros = p->prec > (int64_t)n ? (size_t)p->prec - n : 0, prefix = 0, at = 0;
  char *buf = malloc(n + zeros + 4);
  if (!buf) return raise_memory(th), false;
  if (negative) buf[at++] = '-';
  if (p->flags & FLAG_ALT && base != 10) {
    buf[at++] = '0';
    buf[at++] = (char)p->conv;
    prefix = 2;
  }
  memset(buf + at, '0', zeros);
  at += zeros;
  for (size_t i = 0; i < n; i++) {
    char c = digits->c[negative + i];
    buf[at++] = p->conv == 'X' && c >= 'a' ? c - 32 : c;
  }
  buf[at] = 0;
  put_number(p, buf, at, prefix);
  free(buf);
  return true;
}

static bool put_float(Percent *p, Value v) {
  double d;
  if (p->bytes && !float_check(v) && !int_check(v) && !type_of(v)->slots.float_ && !type_of(v)->slots.index)
    return raise_type(p->th, "float argument required, not %T", v), false;
  if (!op_as_double(p->th, v, &d)) return false;
  char *text = double_text(d, (char)p->conv, p->prec < 0 ? 6 : p->prec, p->flags & FLAG_ALT ? DOUBLE_ALT : 0);
  if (!text) return raise_memory(p->th), false;
  put_number(p, text, strlen(text), 0);
  free(text);
  return true;
}

static bool put_char(Percent *p, Value v) {
  uint32_t c = 0;
  int64_t i;
  if (!p->bytes && str_check(v) && as_str(v)->length == 1) {
    c = str_at(as_str(v), 0);
  } else if (p->bytes && bytes_or_bytearray(v) && bytes_span(v).n == 1) {
    c = bytes_span(v).p[0];
  } else if (int_check(v) || (is_object(v) && !str_check(v) && type_of(v)->slots.index)) {
    Value n = op_index(p->th, v);
    if (n == EMPTY) return false;
    int64_t limit = p->bytes ? 256 : 0x110000;
    if (!int_as_i64(n, &i) || i < 0 || i >= limit)
      return raise_overflow(p->th, p->bytes ? "%%c arg not in range(256)" : "%%c arg not in range(0x110000)"), false;
    c = (uint32_t)i;
  } else {
    return type_error(p, p->bytes ? "%c requires an integer in range(256) or a single byte" : "%c requires int or char");
  }
  Str *s = str_from_char(p->th, c);
  if (!s) return false;
  p->prec = -1;
  put_text(p, s);
  return true;
}

/* %s and %b of bytes: a buffer or __bytes__. */
static Str *bytes_text(RpThread *th, Value v) {
  if (!has_buffer(v)) {
    Value m = op_lookup_special(th, v, S(__bytes__));
    if (m == EMPTY) {
      if (th->pending == EMPTY)
        raise_type(th, "%%b requires a bytes-like object, or an object that implements __bytes__, not '%T'", v);
      return NULL;
    }
    Value was = v;
    v = op_call0(th, m);
    if (v == EMPTY) return NULL;
    if (!bytes_check(v)) return raise_type(th, "__bytes__ returned non-bytes (type %T)", v), NULL;
    (void)was;
  }
  Bytes *b = bytes_from_iterable(th, v, "");
  return b ? str_from_latin1(th, b->data, b->length) : NULL;
}

static bool put_directive(Percent *p) {
  RpThread *th = p->th;
  if (p->conv == '%') return sb_char(&p->sb, '%'), true;
  if (p->conv > 127 || !strchr(p->bytes ? "sbraciduoxXeEfFgG" : "sraciduoxXeEfFgG", (int)p->conv)) {
    if (next_arg(p) == EMPTY) return false;
    raise_value(th, "unsupported format character '%c' (0x%x) at index %u",
                p->conv > 31 && p->conv < 127 ? (int)p->conv : '?', p->conv, p->at - 1);
    return false;
  }
  Value v = next_arg(p);
  if (v == EMPTY) return false;
  Str *s;
  switch (p->conv) {
  case 's': case 'b': s = p->bytes ? bytes_text(th, v) : op_str(th, v); break;
  case 'r': s = p->bytes ? op_ascii(th, v) : op_repr(th, v); break;
  case 'a': s = op_ascii(th, v); break;
  case 'c': return put_char(p, v);
  case 'd': case 'i': case 'u': case 'o': case 'x': case 'X': return put_integer(p, v);
  default: return put_float(p, v);
  }
  if (s) put_text(p, s);
  return s != NULL;
}

static Str *run(Percent *p) {
  RpThread *th = p->th;
  sb_init(&p->sb, th);
  bool ok = true;
  while (ok && p->at < p->fmt->length) {
    uint32_t lo = p->at;
    while (p->at < p->fmt->length && str_at(p->fmt, p->at) != '%') p->at++;
    sb_slice(&p->sb, p->fmt, lo, p->at);
    if (p->at >= p->fmt->length) break;
    p->at++;
    ok = parse_directive(p) && put_directive(p);
  }
  uint64_t given = p->is_tuple ? as_tuple(p->args)->length : 1;
  if (ok && !p->is_mapping && p->next_arg < given) {
    raise_type(th, "not all arguments converted during %s formatting", p->bytes ? "bytes" : "string");
    ok = false;
  }
  if (ok) return sb_finish(&p->sb);
  sb_drop(&p->sb);
  return NULL;
}

Value str_percent(RpThread *th, Value fmt, Value args) {
  Percent p = {.th = th, .fmt = as_str(fmt), .args = args, .is_tuple = tuple_check(args)};
  p.is_mapping = is_object(args) && !p.is_tuple && !str_check(args) && type_of(args)->slots.getitem;
  return vstr(run(&p));
}

Value bytes_percent(RpThread *th, Value fmt, Value args) {
  Span s = bytes_span(fmt);
  Percent p = {.th = th, .bytes = true, .args = args, .is_tuple = tuple_check(args)};
  p.fmt = str_from_latin1(th, s.p, s.n);
  if (!p.fmt) return EMPTY;
  p.is_mapping = is_object(args) && !p.is_tuple && !str_check(args) && !bytes_or_bytearray(args) && type_of(args)->slots.getitem;
  Str *r = run(&p);
  return r ? bytes_like(th, fmt, r->u1, r->length) : EMPTY;
}
