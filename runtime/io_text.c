/* io_text.c: TextIOWrapper: text over a buffered binary stream.
** Reading: chunks come from buffer.read1() and are decoded as a whole; `text` from `used` on is what is decoded but not delivered. utf-8, latin-1 and
** ascii are decoded here, with an unfinished sequence kept in `rest`; other encodings use the codec's incremental decoder. Universal newlines are a
** second step over the decoded text. tell() needs to know where in the bytes a character is: `snapshot` is what the decoder was fed since
** snapshot_state, so the bytes can be decoded again up to the character. Its number packs what seek() must restore (see Cookie).
** Writing: encoded text collects in `pending` and goes down in pieces of a chunk. */
#include "runtime/io.h"
#include "runtime/exc.h"

typedef enum TextCodec { CODEC_UTF8, CODEC_LATIN1, CODEC_ASCII, CODEC_OTHER } TextCodec;

typedef struct TextIO {
  IoBase base;
  Value buffer;            /* EMPTY: detached */
  Str *encoding, *errors;
  Value newline;           /* as given: NONE, or Str */
  Value decoder, encoder;  /* of CODEC_OTHER; EMPTY: none */
  TextCodec codec;
  bool reads, writes, seekable, telling, line_buffering, write_through, universal, has_read1, bom_start;
  Str *write_newline;      /* replaces \n; NULL: nothing */
  NewlineState st;
  uint8_t rest[8], n_rest;
  int64_t chunk_size;
  /* reading */
  Str *text;               /* decoded, or NULL */
  uint32_t used;
  Value snapshot;          /* Bytes, or EMPTY: tell() is not possible within the text */
  Value snapshot_state;    /* (bytes, flags): the decoder's state before `snapshot` */
  bool exact;              /* every character of text is exactly its encoded bytes in snapshot */
  /* writing */
  Bytes *pending;
  size_t n_pending;
  WaitLock lock;
} TextIO;
#define TEXT(v) ((TextIO *)as_object(v))
#define MAYBE(tr, p) ((p) ? trace_ref((tr), (p)) : (void)0)

static void trace(Tracer *tr, Object *o) {
  TextIO *t = (TextIO *)o;
  io_trace_base(tr, o);
  trace_value(tr, load_consume(&t->buffer));
  trace_value(tr, load_consume(&t->newline));
  trace_value(tr, load_consume(&t->decoder));
  trace_value(tr, load_consume(&t->encoder));
  trace_value(tr, load_consume(&t->snapshot));
  trace_value(tr, load_consume(&t->snapshot_state));
  MAYBE(tr, load_relaxed(&t->encoding));
  MAYBE(tr, load_relaxed(&t->errors));
  MAYBE(tr, load_relaxed(&t->write_newline));
  MAYBE(tr, load_relaxed(&t->text));
  MAYBE(tr, load_relaxed(&t->pending));
}
static bool usable(RpThread *th, TextIO *t) {
  if (t->base.ready) return true;
  raise_value(th, t->encoding && t->buffer == EMPTY ? "underlying buffer has been detached" : "I/O operation on uninitialized object");
  return false;
}
static bool open_(RpThread *th, TextIO *t) {
  if (!usable(th, t)) return false;
  if (likely(buffered_is_open(t->buffer))) return true;
  int c = io_closed(th, t->buffer);
  if (c > 0) raise_value(th, "I/O operation on closed file.");
  return c == 0;
}
static const char *c_str(RpThread *th, Str *s) { return str_utf8(th, s, NULL); }

/* -- Codecs ----------------------------------------------------------------------------------------------------------------------------- */

static TextCodec codec_kind(const char *name) {
  static const struct { const char *name; TextCodec codec; } known[] = {
      {"utf_8", CODEC_UTF8}, {"utf8", CODEC_UTF8}, {"u8", CODEC_UTF8}, {"cp65001", CODEC_UTF8}, {"latin_1", CODEC_LATIN1}, {"latin1", CODEC_LATIN1},
      {"iso8859_1", CODEC_LATIN1}, {"iso_8859_1", CODEC_LATIN1}, {"l1", CODEC_LATIN1}, {"ascii", CODEC_ASCII}, {"us_ascii", CODEC_ASCII}};
  char norm[32];
  if (strlen(name) >= sizeof norm) return CODEC_OTHER;
  codec_normalize(name, norm, sizeof norm);
  for (char *p = norm; *p; p++)
    if (*p == '-' || *p == ' ') *p = '_';
  for (size_t i = 0; i < countof(known); i++)
    if (!strcmp(norm, known[i].name)) return known[i].codec;
  return CODEC_OTHER;
}
static bool set_codec(RpThread *th, TextIO *t) {
  const char *name = c_str(th, t->encoding);
  if (!name) return false;
  t->codec = codec_kind(name);
  t->n_rest = 0;
  obj_store(th, t, &t->decoder, EMPTY);
  obj_store(th, t, &t->encoder, EMPTY);
  if (t->codec != CODEC_OTHER) return true;
  Value info = codec_lookup(th, name);
  if (info == EMPTY) return false;
  Value is_text = io_attr_opt(th, info, "_is_text_encoding");
  if (is_text == EMPTY && th->pending != EMPTY) return false;
  if (is_text != EMPTY && op_truth(th, is_text) == 0) {
    raise_error(th, &type_LookupError, "'%s' is not a text encoding; use codecs.open() to handle arbitrary codecs", name);
    return false;
  }
  if (t->reads) {
    Value d = io_call1(th, info, "incrementaldecoder", V(t->errors));
    if (d == EMPTY) return false;
    obj_store(th, t, &t->decoder, d);
  }
  if (t->writes) {
    Value e = io_call1(th, info, "incrementalencoder", V(t->errors));
    if (e == EMPTY) return false;
    obj_store(th, t, &t->encoder, e);
  }
  return true;
}
static Value encode(RpThread *th, TextIO *t, Str *s) {
  if (t->codec == CODEC_OTHER) {
    Value b = io_call1(th, t->encoder, "encode", V(s));
    if (b != EMPTY && !bytes_check(b)) return raise_type(th, "encoder should return a bytes object, not '%T'", b);
    return b;
  }
  const char *errors = c_str(th, t->errors);
  if (!errors) return EMPTY;
  if (t->codec == CODEC_UTF8) return encode_utf8(th, s, errors);
  return encode_limited(th, s, errors, t->codec == CODEC_ASCII ? 128 : 256, t->codec == CODEC_ASCII ? "ascii" : "latin-1");
}

/* Decodes the next bytes of the stream; NULL + pending. */
static Str *decode_bytes(RpThread *th, TextIO *t, const uint8_t *p, size_t n, bool final) {
  const char *errors = c_str(th, t->errors);
  if (!errors) return NULL;
  Value v = EMPTY;
  switch (t->codec) {
  case CODEC_LATIN1: v = V(str_from_latin1(th, p, n)); break;
  case CODEC_ASCII: v = decode_ascii(th, p, n, errors); break;
  case CODEC_UTF8: {
    Bytes *joined = NULL;
    if (t->n_rest) {
      joined = bytes_new(th, NULL, t->n_rest + n);
      if (!joined) return NULL;
      memcpy(joined->data, t->rest, t->n_rest);
      memcpy(joined->data + t->n_rest, p, n);
      p = joined->data;
      n = joined->length;
    }
    size_t consumed = n;
    v = decode_utf8(th, p, n, errors, final ? NULL : &consumed);
    if (final) consumed = n;
    if (v == EMPTY) break;
    t->n_rest = 0;
    if (n - consumed <= sizeof t->rest) {
      t->n_rest = (uint8_t)(n - consumed);
      memcpy(t->rest, p + consumed, t->n_rest);
    }
    break;
  }
  case CODEC_OTHER: {
    Bytes *b = bytes_new(th, p, n);
    const Value args[2] = {V(b), value_bool(final)};
    v = b ? io_call(th, t->decoder, "decode", args, 2) : EMPTY;
    if (v != EMPTY && !str_check(v)) v = raise_type(th, "decoder should return a string result, not '%T'", v);
    break;
  }
  }
  if (v == EMPTY) return NULL;
  return t->universal ? newline_decode(th, &t->st, as_str(v), final) : as_str(v);
}
static bool decoder_reset(RpThread *th, TextIO *t) {
  t->n_rest = 0;
  t->st.pending_cr = false;
  return t->decoder == EMPTY || io_call0(th, t->decoder, "reset") != EMPTY;
}
/* (bytes the decoder holds back, flags); the lowest flag is the newline step's. */
static Value get_state(RpThread *th, TextIO *t) {
  if (t->codec != CODEC_OTHER) {
    Bytes *b = bytes_new(th, t->rest, t->n_rest);
    return b ? V(tuple_of(th, 2, V(b), value_int(t->st.pending_cr))) : EMPTY;
  }
  Value s = io_call0(th, t->decoder, "getstate");
  if (s == EMPTY) return EMPTY;
  if (!tuple_check(s) || as_tuple(s)->length != 2 || !bytes_check(as_tuple(s)->items[0])) return raise_type(th, "illegal decoder state");
  Value flags = op_binary(th, OP_LSHIFT, as_tuple(s)->items[1], value_int(1));
  if (flags != EMPTY && t->st.pending_cr) flags = op_binary(th, OP_OR, flags, value_int(1));
  return flags == EMPTY ? EMPTY : V(tuple_of(th, 2, as_tuple(s)->items[0], flags));
}
static bool set_state(RpThread *th, TextIO *t, Value state) {
  Value held = as_tuple(state)->items[0], flags = as_tuple(state)->items[1];
  int cr = op_truth(th, op_binary(th, OP_AND, flags, value_int(1)));
  if (cr < 0) return false;
  t->st.pending_cr = cr;
  if (t->codec != CODEC_OTHER) {
    size_t n = as_bytes(held)->length;
    t->n_rest = (uint8_t)(n < sizeof t->rest ? n : sizeof t->rest);
    memcpy(t->rest, as_bytes(held)->data, t->n_rest);
    return true;
  }
  Value inner = op_binary(th, OP_RSHIFT, flags, value_int(1));
  Tuple *s = inner == EMPTY ? NULL : tuple_of(th, 2, held, inner);
  return s && io_call1(th, t->decoder, "setstate", V(s)) != EMPTY;
}

/* -- Making -------------------------------------------------------------------------------------------------------------------------------- */

static void set_newline(RpThread *th, TextIO *t, Value nl) {
  obj_store(th, t, &t->newline, nl);
  t->universal = nl == NONE || as_str(nl)->length == 0;
  t->st.translate = nl == NONE;
  store_relaxed(&t->write_newline, NULL);
  if (nl != NONE && as_str(nl)->length && str_at(as_str(nl), 0) == '\r') obj_store_ref(th, t, &t->write_newline, as_str(nl));
}
/* An encoder that writes a byte order mark must not do so in the middle of a file. */
static bool fix_encoder(RpThread *th, TextIO *t) {
  if (!t->seekable || t->encoder == EMPTY) return true;
  Value at = io_call0(th, t->buffer, "tell");
  if (at == EMPTY) return false;
  int middle = op_truth(th, at);
  return middle == 0 || (middle > 0 && io_call1(th, t->encoder, "setstate", value_int(0)) != EMPTY);
}
static bool errors_arg(RpThread *th, Value v, Str **out) {
  if (v == EMPTY || v == NONE) *out = str_intern_c(th, "strict");
  else if (!str_check(v)) return raise_type(th, "TextIOWrapper() argument 'errors' must be str or None, not %T", v), false;
  else *out = as_str(v);
  return true;
}
static bool encoding_arg(RpThread *th, Value v, Str **out) {
  if (v == EMPTY || v == NONE || (str_check(v) && str_eq_c(as_str(v), "locale"))) *out = str_intern_c(th, "UTF-8");
  else if (!str_check(v)) return raise_type(th, "TextIOWrapper() argument 'encoding' must be str or None, not %T", v), false;
  else *out = as_str(v);
  size_t n;
  const char *s = str_utf8(th, *out, &n);
  if (s && strlen(s) != n) return raise_value(th, "embedded null character"), false;
  return s != NULL;
}
static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"TextIOWrapper", NULL, "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)"};
  Value a[6];
  TextIO *t = TEXT(self);
  t->base.ready = false;
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  Value nl = a[3] == EMPTY ? NONE : a[3];
  Str *encoding, *errors;
  int lb = a[4] == EMPTY ? 0 : op_truth(th, a[4]), wt = a[5] == EMPTY ? 0 : op_truth(th, a[5]);
  if (lb < 0 || wt < 0 || !newline_arg(th, nl) || !encoding_arg(th, a[1], &encoding) || !errors_arg(th, a[2], &errors)) return -1;
  obj_store(th, t, &t->buffer, a[0]);
  obj_store_ref(th, t, &t->encoding, encoding);
  obj_store_ref(th, t, &t->errors, errors);
  set_newline(th, t, nl);
  t->line_buffering = lb;
  t->write_through = wt;
  t->chunk_size = IO_BUFFER_SIZE;
  store_relaxed(&t->text, NULL);
  t->used = 0;
  store_relaxed(&t->snapshot, EMPTY);
  store_relaxed(&t->n_pending, 0);
  t->st.seen = 0;
  t->st.pending_cr = false;
  int r = io_ask(th, a[0], "readable"), w = r < 0 ? -1 : io_ask(th, a[0], "writable"), s = w < 0 ? -1 : io_ask(th, a[0], "seekable");
  if (s < 0) return -1;
  t->reads = r;
  t->writes = w;
  t->seekable = t->telling = s;
  Value read1 = io_attr_opt(th, a[0], "read1");
  if (read1 == EMPTY && th->pending != EMPTY) return -1;
  t->has_read1 = read1 != EMPTY;
  if (!set_codec(th, t)) return -1;
  if (s && w && !fix_encoder(th, t)) return -1;
  if (value_is_instance(a[0], &type_io_IOBase)) store_relaxed(&IO_BASE(a[0])->owned, true);
  t->base.ready = true;
  return 0;
}

/* -- Writing --------------------------------------------------------------------------------------------------------------------------------- */

static bool flush_pending(RpThread *th, TextIO *t) {
  if (!t->n_pending) return true;
  Bytes *b = bytes_new(th, t->pending->data, t->n_pending);
  if (!b) return false;
  store_relaxed(&t->n_pending, 0);
  return io_call1(th, t->buffer, "write", V(b)) != EMPTY;
}
static bool add_pending(RpThread *th, TextIO *t, const void *p, size_t n) {
  size_t need = t->n_pending + n;
  if (!t->pending || t->pending->length < need) {
    Bytes *bigger = bytes_new(th, NULL, need < 1024 ? 1024 : need + need / 2);
    if (!bigger) return false;
    if (t->n_pending) memcpy(bigger->data, t->pending->data, t->n_pending);
    obj_store_ref(th, t, &t->pending, bigger);
  }
  memcpy(t->pending->data + t->n_pending, p, n);
  store_relaxed(&t->n_pending, need);
  return true;
}
static void forget_text(TextIO *t) {
  store_relaxed(&t->text, NULL);
  t->used = 0;
  store_relaxed(&t->snapshot, EMPTY);
}
static Value t_write(RpThread *th, TextIO *t, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "write() argument must be str, not %T", a[1]);
  if (!open_(th, t)) return EMPTY;
  if (!t->writes) return io_unsupported(th, "not writable");
  Str *s = as_str(a[1]);
  bool lf = (t->write_newline || t->line_buffering) && str_find_char(s, 0, '\n') >= 0;
  bool flush = t->line_buffering && (lf || str_find_char(s, 0, '\r') >= 0);
  if (lf && t->write_newline && !(s = newline_replace(th, s, t->write_newline))) return EMPTY;
  Value b = encode(th, t, s);
  if (b == EMPTY) return EMPTY;
  if (t->n_pending && t->n_pending + as_bytes(b)->length > (size_t)t->chunk_size && !flush_pending(th, t)) return EMPTY;
  if (!add_pending(th, t, as_bytes(b)->data, as_bytes(b)->length)) return EMPTY;
  if ((t->n_pending >= (size_t)t->chunk_size || flush || t->write_through) && !flush_pending(th, t)) return EMPTY;
  if (flush && io_call0(th, t->buffer, "flush") == EMPTY) return EMPTY;
  if (t->text || t->snapshot != EMPTY) {
    forget_text(t);
    if (!decoder_reset(th, t)) return EMPTY;
  }
  return value_int(as_str(a[1])->length);
}

/* -- Reading ---------------------------------------------------------------------------------------------------------------------------------- */

static size_t utf8_length(const Str *s, uint32_t n) {
  if (str_is_ascii(s)) return n;
  size_t bytes = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t c = str_at(s, i);
    bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
  return bytes;
}
static void set_text(RpThread *th, TextIO *t, Str *s) {
  if (s) obj_store_ref(th, t, &t->text, s);
  else store_relaxed(&t->text, NULL);
  t->used = 0;
}
/* The next chunk becomes `text`. 1, 0 at the end, -1. */
static int read_chunk(RpThread *th, TextIO *t, int64_t hint) {
  if (!t->reads) return io_unsupported(th, "not readable"), -1;
  Value state = t->telling ? get_state(th, t) : NONE;
  if (state == EMPTY) return -1;
  Value v = io_call1(th, t->buffer, t->has_read1 ? "read1" : "read", value_int(hint > t->chunk_size ? hint : t->chunk_size));
  if (v == EMPTY) return -1;
  Buffer b;
  if (!has_buffer(v)) return raise_type(th, "underlying %s() should have returned a bytes-like object, not '%T'", t->has_read1 ? "read1" : "read", v), -1;
  if (buffer_acquire(th, v, &b, false) < 0) return -1;
  bool eof = b.size == 0;
  Str *s = decode_bytes(th, t, b.data, (size_t)b.size, eof);
  Bytes *fed = NULL;
  if (s && t->telling) {
    Bytes *held = as_bytes(as_tuple(state)->items[0]);
    fed = bytes_new(th, NULL, held->length + (size_t)b.size);
    if (fed) {
      memcpy(fed->data, held->data, held->length);
      memcpy(fed->data + held->length, b.data, (size_t)b.size);
    }
  }
  buffer_release(th, &b);
  if (!s || (t->telling && !fed)) return -1;
  set_text(th, t, s);
  if (t->telling) {
    obj_store(th, t, &t->snapshot, V(fed));
    obj_store(th, t, &t->snapshot_state, state);
    size_t bytes = t->codec == CODEC_UTF8 ? utf8_length(s, s->length) + t->n_rest : s->length;
    t->exact = t->codec != CODEC_OTHER && bytes == fed->length && as_tuple(state)->items[1] == value_int(0) && !t->st.pending_cr;
  }
  return !eof || s->length ? 1 : 0;
}
/* A chunk with text in it. */
static int next_text(RpThread *th, TextIO *t, int64_t hint) {
  int r;
  while ((r = read_chunk(th, t, hint)) > 0 && !t->text->length) {}
  return r;
}
static Str *take(RpThread *th, TextIO *t, int64_t n) {
  if (!t->text) return str_empty_;
  int64_t left = (int64_t)t->text->length - t->used;
  if (n < 0 || n > left) n = left;
  Str *s = str_slice(th, t->text, t->used, t->used + (uint32_t)n);
  if (s) t->used += (uint32_t)n;
  return s;
}
static bool ready_to_read(RpThread *th, TextIO *t) {
  if (!open_(th, t)) return false;
  if (!t->reads) return io_unsupported(th, "not readable"), false;
  return flush_pending(th, t);
}
static Value t_read(RpThread *th, TextIO *t, const Value *a) {
  int64_t n;
  if (!io_size_arg(th, a[1], &n) || !ready_to_read(th, t)) return EMPTY;
  if (n < 0) {
    Value bytes = io_call0(th, t->buffer, "read");
    if (bytes == EMPTY) return EMPTY;
    Str *have = take(th, t, -1);
    Buffer b;
    if (!have || (bytes == NONE ? raise_error(th, &type_BlockingIOError, "read would block"), true : buffer_acquire(th, bytes, &b, false) < 0)) return EMPTY;
    Str *s = decode_bytes(th, t, b.data, (size_t)b.size, true);
    buffer_release(th, &b);
    if (!s) return EMPTY;
    set_text(th, t, NULL);
    store_relaxed(&t->snapshot, EMPTY);
    return have->length ? V(str_concat(th, have, s)) : V(s);
  }
  Str *first = take(th, t, n);
  if (!first || first->length == n) return V(first);
  StrBuilder sb;
  sb_init(&sb, th);
  sb_str(&sb, first);
  int64_t left = n - first->length;
  while (left > 0) {
    int r = read_chunk(th, t, left);
    if (r < 0) {
      sb_drop(&sb);
      return EMPTY;
    }
    if (r == 0) break;
    Str *s = take(th, t, left);
    if (!s) break;
    sb_str(&sb, s);
    left -= s->length;
  }
  return V(sb_finish(&sb));
}
static Value line(RpThread *th, TextIO *t, int64_t limit) {
  Str *nl = t->newline == NONE ? (Str *)as_object(V(str_from_char(th, '\n'))) : as_str(t->newline)->length ? as_str(t->newline) : NULL;
  if (t->text) { /* a whole line is there */
    int64_t end = newline_find(t->text, t->used, nl);
    if (end >= 0 && (limit < 0 || end - t->used <= limit)) return V(take(th, t, end - t->used));
    if (limit >= 0 && (int64_t)t->text->length - t->used >= limit) return V(take(th, t, limit));
  }
  Str *so_far = str_empty_;
  List *parts = NULL; /* of long lines */
  int64_t total = 0;
  for (;;) {
    bool split = nl && nl->length > 1; /* \r\n may straddle chunks: look at all of it */
    if (!t->text || t->used == t->text->length) {
      int r = next_text(th, t, 0);
      if (r < 0) return EMPTY;
      if (r == 0) {
        forget_text(t);
        break;
      }
    }
    int64_t end;
    if (split && so_far->length && str_at(so_far, so_far->length - 1) == '\r' && str_at(t->text, t->used) == '\n') end = t->used + 1;
    else end = newline_find(t->text, t->used, nl);
    int64_t n = (end < 0 ? (int64_t)t->text->length : end) - t->used;
    bool cut = limit >= 0 && total + n > limit;
    if (cut) n = limit - total;
    Str *s = take(th, t, n);
    if (!s) return EMPTY;
    total += n;
    if (so_far->length) {
      if (!parts && !(parts = list_new(th, 4))) return EMPTY;
      if (list_append(th, parts, V(so_far)) < 0) return EMPTY;
    }
    so_far = s;
    if (cut || end >= 0 || (limit >= 0 && total == limit)) break;
  }
  if (!parts) return V(so_far);
  if (list_append(th, parts, V(so_far)) < 0) return EMPTY;
  Array *p = list_array(parts);
  return V(str_join(th, NULL, p->items, p->length));
}
static Value t_readline(RpThread *th, TextIO *t, const Value *a) {
  int64_t n;
  return io_size_arg(th, a[1], &n) && ready_to_read(th, t) ? line(th, t, n) : EMPTY;
}

/* -- Position ------------------------------------------------------------------------------------------------------------------------------------ */

/* What a number from tell() says: the byte position of a safe start, the decoder's flags there, how many bytes to feed from there on, whether the
** end of the input must be told, and how many of the characters that come out to skip. Fields of 64 bits each, position lowest. */
typedef struct Cookie { int64_t pos, flags, feed, skip; bool eof; } Cookie;

static Value cookie_pack(RpThread *th, const Cookie *c) {
  if (!c->flags && !c->feed && !c->skip && !c->eof) return int_from_i64(th, c->pos);
  const uint64_t limbs[5] = {(uint64_t)c->pos, (uint64_t)c->flags, (uint64_t)c->feed, (uint64_t)c->skip, c->eof};
  return int_from_limbs(th, limbs, 5, false);
}
static bool cookie_unpack(RpThread *th, Value v, Cookie *c) {
  int64_t word[5];
  Value mask = int_sub(th, int_lshift(th, value_int(1), value_int(63)), value_int(1));
  for (int i = 0; i < 5; i++) {
    Value part = v == EMPTY ? EMPTY : op_binary(th, OP_AND, v, mask);
    if (part == EMPTY || !int_as_i64(part, &word[i])) return false;
    v = op_binary(th, OP_RSHIFT, v, value_int(64));
  }
  *c = (Cookie){.pos = word[0], .flags = word[1], .feed = word[2], .skip = word[3], .eof = word[4] != 0};
  return v != EMPTY;
}
static Value t_flush(RpThread *th, TextIO *t, const Value *a) {
  if (!open_(th, t)) return EMPTY;
  t->telling = t->seekable;
  return flush_pending(th, t) ? io_call0(th, t->buffer, "flush") : EMPTY;
}
/* Feeds the snapshot byte by byte until `used` characters came out; the last point where the decoder held nothing back is where seek() starts. */
static bool find_position(RpThread *th, TextIO *t, Cookie *c) {
  Bytes *fed = as_bytes(t->snapshot);
  int64_t chars = 0, out = t->used, first = c->pos;
  Bytes *none = bytes_new(th, "", 0);
  Tuple *clean = none ? tuple_of(th, 2, V(none), as_tuple(t->snapshot_state)->items[1]) : NULL;
  if (!clean || !set_state(th, t, V(clean)) || !op_as_i64(th, clean->items[1], &c->flags)) return false;
  c->skip = out;
  uint64_t i = 0;
  while (i < fed->length && chars < out) {
    Str *s = decode_bytes(th, t, fed->data + i++, 1, false);
    Value state = s ? get_state(th, t) : EMPTY;
    if (state == EMPTY) return false;
    chars += s->length;
    if (as_bytes(as_tuple(state)->items[0])->length || chars > out) continue;
    if (!op_as_i64(th, as_tuple(state)->items[1], &c->flags)) return false;
    c->pos = first + (int64_t)i;
    c->skip = out - chars;
  }
  if (c->skip) c->feed = first + (int64_t)i - c->pos;
  c->eof = chars < out;
  return true;
}
static Value t_tell(RpThread *th, TextIO *t, const Value *a) {
  if (!open_(th, t)) return EMPTY;
  if (!t->seekable) return io_unsupported(th, "underlying stream is not seekable");
  if (!t->telling) return raise_error(th, &type_OSError, "telling position disabled by next() call");
  if (!flush_pending(th, t) || io_call0(th, t->buffer, "flush") == EMPTY) return EMPTY;
  Value at = io_call0(th, t->buffer, "tell");
  int64_t pos;
  if (at == EMPTY || !t->reads || t->snapshot == EMPTY) return at;
  if (!op_as_i64(th, at, &pos)) return EMPTY;
  Cookie c = {.pos = pos - (int64_t)as_bytes(t->snapshot)->length};
  if (!t->text || t->used == 0) {
    if (!op_as_i64(th, as_tuple(t->snapshot_state)->items[1], &c.flags)) return EMPTY;
    return cookie_pack(th, &c);
  }
  if (t->exact) {
    c.pos += t->codec == CODEC_UTF8 ? (int64_t)utf8_length(t->text, t->used) : (int64_t)t->used;
    return cookie_pack(th, &c);
  }
  Value saved = get_state(th, t);
  if (saved == EMPTY) return EMPTY;
  uint8_t seen = t->st.seen;
  bool ok = find_position(th, t, &c);
  Value pending = th->pending;
  th->pending = EMPTY;
  if (!set_state(th, t, saved)) return EMPTY;
  t->st.seen = seen;
  th->pending = pending;
  return ok ? cookie_pack(th, &c) : EMPTY;
}
/* After a seek to a byte position: the encoder must know whether it is at the start. */
static bool reset_encoder(RpThread *th, TextIO *t, bool start) {
  if (t->encoder == EMPTY) return true;
  return (start ? io_call0(th, t->encoder, "reset") : io_call1(th, t->encoder, "setstate", value_int(0))) != EMPTY;
}
static Value seek_to(RpThread *th, TextIO *t, Value where) {
  int neg = op_compare_bool(th, where, value_int(0), CMP_LT);
  if (neg) return neg < 0 ? EMPTY : raise_value(th, "negative seek position %V", where);
  Cookie c;
  if (!cookie_unpack(th, where, &c)) return EMPTY;
  Value pos = int_from_i64(th, c.pos);
  if (pos == EMPTY || io_call1(th, t->buffer, "seek", pos) == EMPTY) return EMPTY;
  forget_text(t);
  if (!decoder_reset(th, t)) return EMPTY;
  if (t->reads && (c.pos || c.flags || c.skip)) {
    Bytes *none = bytes_new(th, "", 0);
    Tuple *state = none ? tuple_of(th, 2, V(none), value_int(c.flags)) : NULL;
    if (!state || !set_state(th, t, V(state))) return EMPTY;
    if (c.skip) {
      Value b = io_call1(th, t->buffer, "read", value_int(c.feed ? c.feed : t->chunk_size));
      if (b == EMPTY) return EMPTY;
      if (!bytes_check(b)) return raise_type(th, "underlying read() should have returned a bytes object, not '%T'", b);
      Str *s = decode_bytes(th, t, as_bytes(b)->data, as_bytes(b)->length, c.eof);
      if (!s) return EMPTY;
      set_text(th, t, s);
      t->exact = false;
      obj_store(th, t, &t->snapshot, b);
      obj_store(th, t, &t->snapshot_state, V(state));
      if (s->length < c.skip) return raise_error(th, &type_OSError, "can't restore logical file position");
      t->used = (uint32_t)c.skip;
    }
  }
  return reset_encoder(th, t, c.pos == 0 && c.flags == 0) ? where : EMPTY;
}
static Value t_seek(RpThread *th, TextIO *t, const Value *a) {
  int whence;
  if (!io_whence(th, a[2], &whence) || !open_(th, t)) return EMPTY;
  Value where = a[1];
  if (!int_check(where)) {
    where = op_index(th, where);
    if (where == EMPTY) return EMPTY;
  }
  if (!t->seekable) return io_unsupported(th, "underlying stream is not seekable");
  int zero = op_equal(th, where, value_int(0));
  if (whence == 1) {
    if (!zero) return io_unsupported(th, "can't do nonzero cur-relative seeks");
    where = io_call0(th, value_object(t), "tell");
    if (where == EMPTY) return EMPTY;
  } else if (whence == 2) {
    if (!zero) return io_unsupported(th, "can't do nonzero end-relative seeks");
    if (t_flush(th, t, a) == EMPTY) return EMPTY;
    forget_text(t);
    if (!decoder_reset(th, t)) return EMPTY;
    const Value args[2] = {value_int(0), value_int(2)};
    Value end = io_call(th, t->buffer, "seek", args, 2);
    return end != EMPTY && reset_encoder(th, t, op_truth(th, end) == 0) ? end : EMPTY;
  } else if (whence != 0) return raise_value(th, "invalid whence (%d, should be %d, %d or %d)", whence, 0, 1, 2);
  return t_flush(th, t, a) == EMPTY ? EMPTY : seek_to(th, t, where);
}
static Value t_truncate(RpThread *th, TextIO *t, const Value *a) {
  if (io_call0(th, a[0], "flush") == EMPTY) return EMPTY;
  return io_call1(th, t->buffer, "truncate", a[1] == EMPTY ? NONE : a[1]);
}

/* -- Closing, changing ------------------------------------------------------------------------------------------------------------------------------ */

static Value t_close(RpThread *th, TextIO *t, const Value *a) {
  if (!usable(th, t)) return EMPTY;
  int c = io_closed(th, t->buffer);
  if (c) return c < 0 ? EMPTY : NONE;
  Value r = io_call0(th, a[0], "flush"), first = r == EMPTY ? error_take(th) : EMPTY;
  r = io_call0(th, t->buffer, "close");
  if (first == EMPTY) return r == EMPTY ? EMPTY : NONE;
  if (r == EMPTY) {
    Value second = error_take(th);
    if (exc_check(second)) obj_store(th, as_exc(second), &as_exc(second)->context, first);
    first = second;
  }
  th->pending = first;
  return EMPTY;
}
static Value t_detach(RpThread *th, TextIO *t, const Value *a) {
  if (io_call0(th, a[0], "flush") == EMPTY) return EMPTY;
  Value b = t->buffer;
  store_relaxed(&t->buffer, EMPTY);
  t->base.ready = false;
  if (value_is_instance(b, &type_io_IOBase)) store_relaxed(&IO_BASE(b)->owned, false);
  return b;
}
static Value t_reconfigure(RpThread *th, TextIO *t, const Value *a) {
  bool codec = (a[1] != EMPTY && a[1] != NONE) || (a[2] != EMPTY && a[2] != NONE), newline = a[3] != EMPTY;
  if (t->text && (codec || newline)) return io_unsupported(th, "It is not possible to set the encoding or newline of stream after the first read");
  if (newline && !newline_arg(th, a[3])) return EMPTY;
  int lb = a[4] == EMPTY || a[4] == NONE ? t->line_buffering : op_truth(th, a[4]);
  int wt = a[5] == EMPTY || a[5] == NONE ? t->write_through : op_truth(th, a[5]);
  if (lb < 0 || wt < 0 || io_call0(th, a[0], "flush") == EMPTY) return EMPTY;
  if (codec) {
    Str *encoding = t->encoding, *errors = t->errors;
    if (a[1] != EMPTY && a[1] != NONE) {
      if (!encoding_arg(th, a[1], &encoding)) return EMPTY;
      errors = str_intern_c(th, "strict");
    }
    if (a[2] != EMPTY && a[2] != NONE && !errors_arg(th, a[2], &errors)) return EMPTY;
    obj_store_ref(th, t, &t->encoding, encoding);
    obj_store_ref(th, t, &t->errors, errors);
    if (!set_codec(th, t) || (t->writes && !fix_encoder(th, t))) return EMPTY;
  }
  if (newline) set_newline(th, t, a[3]);
  t->line_buffering = lb;
  t->write_through = wt;
  return NONE;
}
#define LOCKED(fn)                                                       \
  static Value m_##fn(RpThread *th, const Value *a) {                    \
    TextIO *t = TEXT(a[0]);                                              \
    if (!usable(th, t) || !wait_lock(th, &t->lock)) return EMPTY;          \
    Value r = usable(th, t) ? fn(th, t, a) : EMPTY;                      \
    wait_unlock(th, &t->lock);                                             \
    return r;                                                            \
  }
LOCKED(t_write) LOCKED(t_read) LOCKED(t_readline) LOCKED(t_flush) LOCKED(t_tell) LOCKED(t_seek) LOCKED(t_truncate) LOCKED(t_close)
LOCKED(t_detach) LOCKED(t_reconfigure)

static Value next(RpThread *th, Value self) {
  TextIO *t = TEXT(self);
  if (!usable(th, t) || !wait_lock(th, &t->lock)) return EMPTY;
  Value v = EMPTY;
  t->telling = false;
  if (type_of(self) != &type_io_TextIOWrapper) {
    v = io_call0(th, self, "readline");
    if (v != EMPTY && !str_check(v)) v = raise_error(th, &type_OSError, "readline() should have returned a str object, not '%T'", v);
  } else if (ready_to_read(th, t)) v = line(th, t, -1);
  if (v != EMPTY && as_str(v)->length == 0) {
    t->telling = t->seekable;
    store_relaxed(&t->snapshot, EMPTY);
    v = EMPTY;
  }
  wait_unlock(th, &t->lock);
  return v;
}

/* ASCII text that fits needs no encoding, and nothing of the layers below. */
static bool write_ascii(RpThread *th, TextIO *t, Str *s) {
  if (!str_is_ascii(s) || t->codec == CODEC_OTHER || !t->base.ready || !t->writes || t->write_newline || t->write_through) return false;
  if (t->text || t->snapshot != EMPTY || t->n_pending + s->length > (size_t)t->chunk_size || !buffered_is_open(t->buffer)) return false;
  const char *p = s->c;
  if (t->line_buffering && (memchr(p, '\n', s->length) || memchr(p, '\r', s->length))) return false;
  return add_pending(th, t, p, s->length);
}
int text_write(RpThread *th, Value stream, Str *s) {
  TextIO *t = TEXT(stream);
  if (!usable(th, t) || !wait_lock(th, &t->lock)) return -1;
  bool ok = write_ascii(th, t, s) || (th->pending == EMPTY && usable(th, t) && t_write(th, t, (Value[]){stream, V(s)}) != EMPTY);
  wait_unlock(th, &t->lock);
  return ok ? 0 : -1;
}
bool text_is_clean(Value stream) {
  if (type_of(stream) != &type_io_TextIOWrapper) return false;
  TextIO *t = TEXT(stream);
  return t->base.ready && !load_relaxed(&t->n_pending) && buffered_is_clean(t->buffer);
}

#define ASK(name) \
  static Value m_##name(RpThread *th, const Value *a) { return usable(th, TEXT(a[0])) ? io_call0(th, TEXT(a[0])->buffer, #name) : EMPTY; }
ASK(readable) ASK(writable) ASK(seekable) ASK(fileno) ASK(isatty)
static Value get_closed(RpThread *th, Value self) { return usable(th, TEXT(self)) ? io_attr(th, TEXT(self)->buffer, "closed") : EMPTY; }
static Value get_name(RpThread *th, Value self) { return usable(th, TEXT(self)) ? io_attr(th, TEXT(self)->buffer, "name") : EMPTY; }
static Value get_encoding(RpThread *th, Value self) { return TEXT(self)->encoding ? V(TEXT(self)->encoding) : NONE; }
static Value get_errors(RpThread *th, Value self) { return TEXT(self)->errors ? V(TEXT(self)->errors) : NONE; }
static Value get_buffer(RpThread *th, Value self) { return TEXT(self)->buffer == EMPTY ? NONE : TEXT(self)->buffer; }
static Value get_newlines(RpThread *th, Value self) { return TEXT(self)->universal ? newline_seen(th, TEXT(self)->st.seen) : NONE; }
static Value get_line_buffering(RpThread *th, Value self) { return value_bool(TEXT(self)->line_buffering); }
static Value get_write_through(RpThread *th, Value self) { return value_bool(TEXT(self)->write_through); }
static Value get_chunk_size(RpThread *th, Value self) { return value_int(TEXT(self)->chunk_size); }
static int set_chunk_size(RpThread *th, Value self, Value v) {
  int64_t n;
  if (v == EMPTY) return raise_attribute(th, "cannot delete attribute"), -1;
  if (!op_as_i64(th, v, &n)) return -1;
  if (n <= 0) return raise_value(th, "a strictly positive integer is required"), -1;
  TEXT(self)->chunk_size = n;
  return 0;
}
static Value repr(RpThread *th, Value self) {
  TextIO *t = TEXT(self);
  if (!t->base.ready && t->buffer == EMPTY && t->encoding) return V(str_fmt(th, "<%s encoding=%V>", type_full_name(type_of(self)), V(t->encoding)));
  if (!usable(th, t)) return EMPTY;
  StrBuilder sb;
  sb_init(&sb, th);
  sb_fmt(&sb, "<%s", type_full_name(type_of(self)));
  static const char *const names[] = {"name", "mode"};
  for (int i = 0; i < 2; i++) {
    Value v = io_attr_opt(th, self, names[i]);
    if (v == EMPTY && th->pending != EMPTY && !error_is(th, &type_ValueError)) {
      sb_drop(&sb);
      return EMPTY;
    }
    error_clear(th);
    if (v != EMPTY) sb_fmt(&sb, " %s=%V", names[i], v);
  }
  sb_fmt(&sb, " encoding=%V>", V(t->encoding));
  return V(sb_finish(&sb));
}
static Value m_getstate(RpThread *th, const Value *a) { return raise_type(th, "cannot pickle '%T' object", a[0]); }

const TypeSpec spec_io_TextIOWrapper = {
    .doc = "Character and line based layer over a BufferedIOBase object, buffer.",
    .size = sizeof(TextIO),
    .slots = {.trace = trace, .new_ = io_new, .init = init, .repr = repr, .next = next},
    .methods = (const NativeDef[]){{"write", m_t_write, "(self, text, /)", 0, NULL},
                                   {"read", m_t_read, "(self, size=-1, /)", 0, NULL},
                                   {"readline", m_t_readline, "(self, size=-1, /)", 0, NULL},
                                   {"flush", m_t_flush, "(self, /)", 0, NULL},
                                   {"close", m_t_close, "(self, /)", 0, NULL},
                                   {"detach", m_t_detach, "(self, /)", 0, NULL},
                                   {"tell", m_t_tell, "(self, /)", 0, NULL},
                                   {"seek", m_t_seek, "(self, cookie, whence=0, /)", 0, NULL},
                                   {"truncate", m_t_truncate, "(self, pos=None, /)", 0, NULL},
                                   {"reconfigure", m_t_reconfigure, "(self, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)", 0, NULL},
                                   {"fileno", m_fileno, "(self, /)", 0, NULL},
                                   {"seekable", m_seekable, "(self, /)", 0, NULL},
                                   {"readable", m_readable, "(self, /)", 0, NULL},
                                   {"writable", m_writable, "(self, /)", 0, NULL},
                                   {"isatty", m_isatty, "(self, /)", 0, NULL},
                                   {"__getstate__", m_getstate, "(self, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"closed", get_closed, NULL, NULL},
                                   {"name", get_name, NULL, NULL},
                                   {"encoding", get_encoding, NULL, NULL},
                                   {"errors", get_errors, NULL, NULL},
                                   {"buffer", get_buffer, NULL, NULL},
                                   {"newlines", get_newlines, NULL, NULL},
                                   {"line_buffering", get_line_buffering, NULL, NULL},
                                   {"write_through", get_write_through, NULL, NULL},
                                   {"_CHUNK_SIZE", get_chunk_size, set_chunk_size, NULL},
                                   {0}},
};
