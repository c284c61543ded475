/* io_newline.c: universal newlines: \r\n and \r become \n, and what was seen is remembered. Used by text files and StringIO, and by scripts as
** IncrementalNewlineDecoder around any incremental decoder. */
#include "runtime/io.h"

int64_t str_find_char(const Str *s, uint32_t from, uint32_t c) {
  if (from >= s->length) return -1;
  if (str_width(s) == 0) {
    if (c > 0xff) return -1;
    const uint8_t *p = s->u1, *hit = memchr(p + from, (int)c, s->length - from);
    return hit ? hit - p : -1;
  }
  for (uint32_t i = from; i < s->length; i++)
    if (str_at(s, i) == c) return i;
  return -1;
}

int64_t newline_find(const Str *s, uint32_t from, const Str *nl) {
  if (nl && nl->length == 1) {
    int64_t i = str_find_char(s, from, str_at(nl, 0));
    return i < 0 ? -1 : i + 1;
  }
  if (nl) {
    int64_t i = str_find(s, from, s->length, nl);
    return i < 0 ? -1 : i + nl->length;
  }
  int64_t lf = str_find_char(s, from, '\n'), cr = str_find_char(s, from, '\r');
  if (cr < 0 || (lf >= 0 && lf < cr)) return lf < 0 ? -1 : lf + 1;
  return cr + 1 < s->length && str_at(s, (uint32_t)cr + 1) == '\n' ? cr + 2 : cr + 1;
}

bool newline_arg(RpThread *th, Value v) {
  if (v == EMPTY || v == NONE) return true;
  if (!str_check(v)) return raise_type(th, "newline must be str or None, not %T", v), false;
  Str *s = as_str(v);
  if (str_eq_c(s, "") || str_eq_c(s, "\n") || str_eq_c(s, "\r") || str_eq_c(s, "\r\n")) return true;
  raise_value(th, "illegal newline value: %S", as_str(v));
  return false;
}

Str *newline_replace(RpThread *th, Str *s, Str *nl) {
  int64_t i = str_find_char(s, 0, '\n');
  if (i < 0) return s;
  StrBuilder sb;
  sb_init(&sb, th);
  uint32_t from = 0;
  for (; i >= 0; i = str_find_char(s, from, '\n')) {
    sb_slice(&sb, s, from, (uint32_t)i);
    sb_str(&sb, nl);
    from = (uint32_t)i + 1;
  }
  sb_slice(&sb, s, from, s->length);
  return sb_finish(&sb);
}

static Str *translate(RpThread *th, Str *s, int64_t cr) {
  StrBuilder sb;
  sb_init(&sb, th);
  uint32_t from = 0;
  for (; cr >= 0; cr = str_find_char(s, from, '\r')) {
    sb_slice(&sb, s, from, (uint32_t)cr);
    sb_char(&sb, '\n');
    from = (uint32_t)cr + 1;
    if (from < s->length && str_at(s, from) == '\n') from++;
  }
  sb_slice(&sb, s, from, s->length);
  return sb_finish(&sb);
}

Str *newline_decode(RpThread *th, NewlineState *st, Str *s, bool final) {
  if (st->pending_cr && (s->length || final)) {
    Str *joined = str_concat(th, as_str(V(str_from_char(th, '\r'))), s);
    if (!joined) return NULL;
    s = joined;
    st->pending_cr = false;
  }
  uint32_t n = s->length;
  if (n && !final && str_at(s, n - 1) == '\r') { /* may be half of a \r\n */
    st->pending_cr = true;
    if (!(s = str_slice(th, s, 0, --n))) return NULL;
  }
  int64_t cr = str_find_char(s, 0, '\r');
  if (cr < 0) {
    if (!(st->seen & SEEN_LF) && str_find_char(s, 0, '\n') >= 0) st->seen |= SEEN_LF;
    return s;
  }
  for (uint32_t i = 0; i < n && st->seen != (SEEN_CR | SEEN_LF | SEEN_CRLF); i++) {
    uint32_t c = str_at(s, i);
    if (c == '\n') st->seen |= SEEN_LF;
    else if (c == '\r' && i + 1 < n && str_at(s, i + 1) == '\n') st->seen |= SEEN_CRLF, i++;
    else if (c == '\r') st->seen |= SEEN_CR;
  }
  return st->translate ? translate(th, s, cr) : s;
}

Value newline_seen(RpThread *th, uint8_t seen) {
  static const struct { uint8_t bit; const char *text; } kinds[] = {{SEEN_CR, "\r"}, {SEEN_LF, "\n"}, {SEEN_CRLF, "\r\n"}};
  Value v[3];
  size_t n = 0;
  for (size_t i = 0; i < 3; i++)
    if (seen & kinds[i].bit) v[n++] = V(str_intern_c(th, kinds[i].text));
  return n == 0 ? NONE : n == 1 ? v[0] : V(tuple_new(th, v, n));
}

/* -- IncrementalNewlineDecoder ------------------------------------------------------------------------------------------------------------- */

typedef struct NewlineDecoder { Object hdr; Value overflow, decoder, errors; NewlineState st; } NewlineDecoder;
#define DECODER(v) ((NewlineDecoder *)as_object(v))

static void trace(Tracer *tr, Object *o) {
  NewlineDecoder *d = (NewlineDecoder *)o;
  trace_value(tr, load_consume(&d->overflow));
  trace_value(tr, load_consume(&d->decoder));
  trace_value(tr, load_consume(&d->errors));
}
static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"IncrementalNewlineDecoder", NULL, "(decoder, translate, errors='strict')"};
  Value a[3];
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  int t = op_truth(th, a[1]);
  if (t < 0) return -1;
  NewlineDecoder *d = DECODER(self);
  obj_store(th, d, &d->decoder, a[0]);
  obj_store(th, d, &d->errors, a[2] == EMPTY ? V(str_intern_c(th, "strict")) : a[2]);
  d->st = (NewlineState){.translate = t};
  return 0;
}
static Value m_decode(RpThread *th, const Value *a) {
  NewlineDecoder *d = DECODER(a[0]);
  int final = a[2] == EMPTY ? 0 : op_truth(th, a[2]);
  if (final < 0) return EMPTY;
  Value text = a[1];
  if (d->decoder == EMPTY) return raise_value(th, "IncrementalNewlineDecoder.__init__() not called");
  if (d->decoder != NONE) {
    const Value args[2] = {a[1], value_bool(final)};
    text = io_call(th, d->decoder, "decode", args, 2);
    if (text == EMPTY) return EMPTY;
  }
  if (!str_check(text)) return raise_type(th, "decoder should return a string result, not '%T'", text);
  return V(newline_decode(th, &d->st, as_str(text), final));
}
static Value m_getstate(RpThread *th, const Value *a) {
  NewlineDecoder *d = DECODER(a[0]);
  Value buffer = V(bytes_new(th, "", 0)), flag = value_int(0);
  if (d->decoder != NONE) {
    Value s = io_call0(th, d->decoder, "getstate");
    if (s == EMPTY) return EMPTY;
    if (!tuple_check(s) || as_tuple(s)->length != 2) return raise_type(th, "illegal decoder state");
    buffer = as_tuple(s)->items[0];
    flag = as_tuple(s)->items[1];
  }
  flag = op_binary(th, OP_LSHIFT, flag, value_int(1));
  if (flag != EMPTY && d->st.pending_cr) flag = op_binary(th, OP_OR, flag, value_int(1));
  return flag == EMPTY || buffer == EMPTY ? EMPTY : V(tuple_of(th, 2, buffer, flag));
}
static Value m_setstate(RpThread *th, const Value *a) {
  NewlineDecoder *d = DECODER(a[0]);
  int64_t flag;
  if (!tuple_check(a[1]) || as_tuple(a[1])->length != 2) return raise_type(th, "state argument must be a tuple");
  if (!op_as_i64(th, as_tuple(a[1])->items[1], &flag)) return EMPTY;
  d->st.pending_cr = flag & 1;
  if (d->decoder == NONE) return NONE;
  Tuple *inner = tuple_of(th, 2, as_tuple(a[1])->items[0], value_int(flag >> 1));
  return inner ? io_call1(th, d->decoder, "setstate", V(inner)) : EMPTY;
}
static Value m_reset(RpThread *th, const Value *a) {
  NewlineDecoder *d = DECODER(a[0]);
  d->st.pending_cr = false;
  d->st.seen = 0;
  return d->decoder == NONE ? NONE : io_call0(th, d->decoder, "reset");
}
static Value get_newlines(RpThread *th, Value self) { return newline_seen(th, DECODER(self)->st.seen); }

const TypeSpec spec_io_NewlineDecoder = {
    .doc = "Codec used when reading a file in universal newlines mode.",
    .size = sizeof(NewlineDecoder),
    .slots = {.trace = trace, .new_ = io_new, .init = init},
    .methods = (const NativeDef[]){{"decode", m_decode, "(self, input, final=False)", 0, NULL},
                                   {"getstate", m_getstate, "(self, /)", 0, NULL},
                                   {"setstate", m_setstate, "(self, state, /)", 0, NULL},
                                   {"reset", m_reset, "(self, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"newlines", get_newlines, NULL, NULL}, {0}},
};
