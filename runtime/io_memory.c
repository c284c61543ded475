/* io_memory.c: BytesIO and StringIO. The bytes of a BytesIO are a bytearray, so getbuffer() is a memoryview of it and pins it; a StringIO holds
** code points in a Bytes cell used as a growing store. */
#include "runtime/io.h"
#include "runtime/memoryview.h"

/* -- BytesIO ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct BytesIO { IoBase base; ByteArray *data; int64_t pos; WaitLock lock; } BytesIO;
#define BYTES_IO(v) ((BytesIO *)as_object(v))

static void b_trace(Tracer *tr, Object *o) {
  io_trace_base(tr, o);
  if (load_relaxed(&((BytesIO *)o)->data)) trace_ref(tr, load_consume(&((BytesIO *)o)->data));
}
static Value b_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  ByteArray *data = bytearray_new(th, NULL, 0);
  BytesIO *b = data ? (BytesIO *)type_alloc(th, type) : NULL;
  if (!b) return EMPTY;
  b->data = data;
  return V(b);
}
static int b_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"BytesIO", NULL, "(initial_bytes=b'')"};
  Value a[1];
  BytesIO *b = BYTES_IO(self);
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  ByteArray *data = NULL;
  if (a[0] == EMPTY || a[0] == NONE) data = bytearray_new(th, NULL, 0);
  else {
    Buffer buf;
    if (buffer_acquire(th, a[0], &buf, false) < 0) return -1;
    data = bytearray_new(th, NULL, (size_t)buf.size);
    if (data) buffer_copy_out(&buf, data->store->data);
    buffer_release(th, &buf);
  }
  if (!data) return -1;
  obj_store_ref(th, b, &b->data, data);
  b->pos = 0;
  b->base.ready = true;
  return 0;
}
static bool b_open(RpThread *th, BytesIO *b) {
  if (!b->base.closed) return true;
  raise_value(th, "I/O operation on closed file.");
  return false;
}
/* Runs a method body under the lock of an open stream. */
#define LOCKED(T, check, fn)                                             \
  static Value m_##fn(RpThread *th, const Value *a) {                    \
    T *s = (T *)as_object(a[0]);                                         \
    if (!check(th, s) || !wait_lock(th, &s->lock)) return EMPTY;           \
    Value r = fn(th, s, a);                                              \
    wait_unlock(th, &s->lock);                                             \
    return r;                                                            \
  }

/* Takes n bytes at the position (all when negative). */
static Value b_take(RpThread *th, BytesIO *b, int64_t n) {
  Span s = bytes_span(V(b->data));
  int64_t left = (int64_t)s.n - b->pos;
  if (left < 0) left = 0;
  if (n < 0 || n > left) n = left;
  Bytes *r = bytes_new(th, s.p + (n ? b->pos : 0), (size_t)n);
  if (r) b->pos += n;
  return V(r);
}
static Value b_read(RpThread *th, BytesIO *b, const Value *a) {
  int64_t n;
  return io_size_arg(th, a[1], &n) ? b_take(th, b, n) : EMPTY;
}
static Value b_line(RpThread *th, BytesIO *b, int64_t limit) {
  Span s = bytes_span(V(b->data));
  int64_t left = (int64_t)s.n - b->pos;
  if (left <= 0) return b_take(th, b, 0);
  if (limit >= 0 && limit < left) left = limit;
  const uint8_t *nl = left ? memchr(s.p + b->pos, '\n', (size_t)left) : NULL;
  return b_take(th, b, nl ? nl - (s.p + b->pos) + 1 : left);
}
static Value b_readline(RpThread *th, BytesIO *b, const Value *a) {
  int64_t n;
  return io_size_arg(th, a[1], &n) ? b_line(th, b, n) : EMPTY;
}
static Value b_write(RpThread *th, BytesIO *b, const Value *a) {
  Buffer buf;
  if (buffer_acquire(th, a[1], &buf, false) < 0) return EMPTY;
  Value r = EMPTY;
  size_t end = (size_t)(b->pos + buf.size), have = b->data->length;
  if (buf.size == 0) r = value_int(0);
  else if (end <= have || bytearray_resize(th, b->data, end)) {
    buffer_copy_out(&buf, b->data->store->data + b->pos);
    b->pos += buf.size;
    r = value_int(buf.size);
  }
  buffer_release(th, &buf);
  return r;
}
static Value b_readinto(RpThread *th, BytesIO *b, const Value *a) {
  Buffer buf;
  if (buffer_acquire(th, a[1], &buf, true) < 0) return EMPTY;
  Span s = bytes_span(V(b->data));
  int64_t n = (int64_t)s.n - b->pos;
  if (n < 0) n = 0;
  if (n > buf.size) n = buf.size;
  if (n) memcpy(buf.data, s.p + b->pos, (size_t)n);
  b->pos += n;
  buffer_release(th, &buf);
  return value_int(n);
}
static Value b_seek(RpThread *th, BytesIO *b, const Value *a) {
  int64_t pos;
  int whence;
  if (!op_as_i64(th, a[1], &pos) || !io_whence(th, a[2], &whence)) return EMPTY;
  if (whence < 0 || whence > 2) return raise_value(th, "invalid whence (%d, should be 0, 1 or 2)", whence);
  if (whence == 0 && pos < 0) return raise_value(th, "negative seek value %ld", (long)pos);
  if (whence == 1) pos += b->pos;
  if (whence == 2) pos += (int64_t)b->data->length;
  b->pos = pos < 0 ? 0 : pos;
  return int_from_i64(th, b->pos);
}
static Value b_tell(RpThread *th, BytesIO *b, const Value *a) { return int_from_i64(th, b->pos); }
static Value b_truncate(RpThread *th, BytesIO *b, const Value *a) {
  int64_t n = b->pos;
  if (a[1] != EMPTY && a[1] != NONE && !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n < 0) return raise_value(th, "negative size value %ld", (long)n);
  if ((uint64_t)n < b->data->length && !bytearray_resize(th, b->data, (size_t)n)) return EMPTY;
  return int_from_i64(th, n);
}
static Value b_getvalue(RpThread *th, BytesIO *b, const Value *a) {
  Span s = bytes_span(V(b->data));
  return V(bytes_new(th, s.p, s.n));
}
static Value b_getbuffer(RpThread *th, BytesIO *b, const Value *a) { return memoryview_new(th, V(b->data)); }
static Value b_true(RpThread *th, BytesIO *b, const Value *a) { return TRUE_V; }
static Value b_false(RpThread *th, BytesIO *b, const Value *a) { return FALSE_V; }
static Value b_none(RpThread *th, BytesIO *b, const Value *a) { return NONE; }
#define B(fn) LOCKED(BytesIO, b_open, fn)
B(b_read) B(b_readline) B(b_write) B(b_readinto) B(b_seek) B(b_tell) B(b_truncate) B(b_getvalue) B(b_getbuffer) B(b_true) B(b_false) B(b_none)
static Value m_b_close(RpThread *th, const Value *a) {
  BytesIO *b = BYTES_IO(a[0]);
  BufferPin *pin = b->data->pin;
  if (pin && atomic_load(&pin->pins)) return raise_error(th, &type_BufferError, "Existing exports of data: object cannot be re-sized");
  b->base.closed = true;
  return NONE;
}
static Value b_next(RpThread *th, Value self) {
  BytesIO *b = BYTES_IO(self);
  if (!b_open(th, b) || !wait_lock(th, &b->lock)) return EMPTY;
  Value v = b_line(th, b, -1);
  wait_unlock(th, &b->lock);
  return v == EMPTY || as_bytes(v)->length == 0 ? EMPTY : v;
}
static Value m_b_getstate(RpThread *th, const Value *a) {
  BytesIO *b = BYTES_IO(a[0]);
  if (!b_open(th, b)) return EMPTY;
  Value data = b_getvalue(th, b, a);
  return data == EMPTY ? EMPTY : V(tuple_of(th, 3, data, value_int(b->pos), NONE));
}
static Value m_b_setstate(RpThread *th, const Value *a) {
  if (!tuple_check(a[1]) || as_tuple(a[1])->length < 3) return raise_type(th, "%T.__setstate__ argument should be 3-tuple, got %T", a[0], a[1]);
  int64_t pos;
  if (b_init(th, a[0], as_tuple(a[1])->items, 1, NULL) < 0 || !op_as_i64(th, as_tuple(a[1])->items[1], &pos)) return EMPTY;
  BYTES_IO(a[0])->pos = pos < 0 ? 0 : pos;
  return NONE;
}

const TypeSpec spec_io_BytesIO = {
    .doc = "Buffered I/O implementation using an in-memory bytes buffer.",
    .size = sizeof(BytesIO),
    .slots = {.trace = b_trace, .new_ = b_new, .init = b_init, .next = b_next},
    .methods = (const NativeDef[]){{"read", m_b_read, "(self, size=-1, /)", 0, NULL},
                                   {"read1", m_b_read, "(self, size=-1, /)", 0, NULL},
                                   {"readline", m_b_readline, "(self, size=-1, /)", 0, NULL},
                                   {"readinto", m_b_readinto, "(self, buffer, /)", 0, NULL},
                                   {"readinto1", m_b_readinto, "(self, buffer, /)", 0, NULL},
                                   {"write", m_b_write, "(self, b, /)", 0, NULL},
                                   {"seek", m_b_seek, "(self, pos, whence=0, /)", 0, NULL},
                                   {"tell", m_b_tell, "(self, /)", 0, NULL},
                                   {"truncate", m_b_truncate, "(self, size=None, /)", 0, NULL},
                                   {"getvalue", m_b_getvalue, "(self, /)", 0, NULL},
                                   {"getbuffer", m_b_getbuffer, "(self, /)", 0, NULL},
                                   {"readable", m_b_true, "(self, /)", 0, NULL},
                                   {"writable", m_b_true, "(self, /)", 0, NULL},
                                   {"seekable", m_b_true, "(self, /)", 0, NULL},
                                   {"isatty", m_b_false, "(self, /)", 0, NULL},
                                   {"flush", m_b_none, "(self, /)", 0, NULL},
                                   {"close", m_b_close, "(self, /)", 0, NULL},
                                   {"__getstate__", m_b_getstate, "(self, /)", 0, NULL},
                                   {"__setstate__", m_b_setstate, "(self, state, /)", 0, NULL},
                                   {0}},
};

/* -- StringIO ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct StringIO {
  IoBase base;
  Bytes *store;        /* room for 4-byte code points; NULL: none */
  uint32_t n;          /* characters */
  int64_t pos;
  Value newline;       /* as given: what readline ends at; NONE and "" are universal */
  Str *write_newline;  /* replaces \n on write; NULL: nothing */
  bool universal;
  NewlineState st;
  WaitLock lock;
} StringIO;
#define STRING_IO(v) ((StringIO *)as_object(v))

static void s_trace(Tracer *tr, Object *o) {
  StringIO *s = (StringIO *)o;
  io_trace_base(tr, o);
  if (load_relaxed(&s->store)) trace_ref(tr, load_consume(&s->store));
  if (load_relaxed(&s->write_newline)) trace_ref(tr, load_consume(&s->write_newline));
  trace_value(tr, load_consume(&s->newline));
}
static bool s_open(RpThread *th, StringIO *s) {
  if (!s->base.ready) raise_value(th, "I/O operation on uninitialized object");
  else if (s->base.closed) raise_value(th, "I/O operation on closed file");
  else return true;
  return false;
}
ALWAYS_INLINE uint32_t *s_chars(StringIO *s) { return (uint32_t *)(void *)s->store->data; }
static bool s_reserve(RpThread *th, StringIO *s, uint64_t n) {
  uint64_t cap = s->store ? s->store->length / 4 : 0;
  if (n <= cap) return true;
  if (TOO_BIG(n)) return raise_overflow(th, "new position too large"), false;
  Bytes *bigger = bytes_new(th, NULL, (n + n / 2 + 32) * 4);
  if (!bigger) return false;
  if (s->store) memcpy(bigger->data, s->store->data, (size_t)s->n * 4);
  obj_store_ref(th, s, &s->store, bigger);
  return true;
}
/* Puts text at the position, after newline translation. */
static bool s_put(RpThread *th, StringIO *s, Str *text) {
  if (s->universal && !(text = newline_decode(th, &s->st, text, true))) return false;
  if (s->write_newline && !(text = newline_replace(th, text, s->write_newline))) return false;
  uint64_t end = (uint64_t)s->pos + text->length;
  if (!text->length) return true;
  if (!s_reserve(th, s, end)) return false;
  uint32_t *c = s_chars(s);
  for (int64_t i = s->n; i < s->pos; i++) c[i] = 0;
  unit_copy(c, 2, (size_t)s->pos, text->u1, str_width(text), 0, text->length);
  s->pos = (int64_t)end;
  if (end > s->n) s->n = (uint32_t)end;
  return true;
}
static int s_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"StringIO", NULL, "(initial_value='', newline='\\n')"};
  Value a[2];
  StringIO *s = STRING_IO(self);
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  Value nl = a[1] == EMPTY ? V(str_intern_c(th, "\n")) : a[1];
  if (nl != NONE && !str_check(nl)) return raise_type(th, "newline must be str or None, not %T", nl), -1;
  if (!newline_arg(th, nl)) return error_clear(th), raise_value(th, "illegal newline value: %V", nl), -1;
  if (a[0] != EMPTY && a[0] != NONE && !str_check(a[0])) return raise_type(th, "initial_value must be str or None, not %T", a[0]), -1;
  obj_store(th, s, &s->newline, nl);
  s->universal = nl == NONE || as_str(nl)->length == 0;
  s->st = (NewlineState){.translate = nl == NONE};
  store_relaxed(&s->write_newline, NULL);
  if (nl != NONE && as_str(nl)->length && str_at(as_str(nl), 0) == '\r') obj_store_ref(th, s, &s->write_newline, as_str(nl));
  s->n = 0;
  s->pos = 0;
  s->base.ready = true;
  s->base.closed = false;
  if (a[0] != EMPTY && a[0] != NONE && !s_put(th, s, as_str(a[0]))) return -1;
  s->pos = 0;
  return 0;
}
static Value s_take(RpThread *th, StringIO *s, int64_t n) {
  int64_t left = (int64_t)s->n - s->pos;
  if (left < 0) left = 0;
  if (n < 0 || n > left) n = left;
  if (!n) return V(str_empty_);
  Str *r = str_from_ucs4(th, s_chars(s) + s->pos, (size_t)n);
  if (r) s->pos += n;
  return V(r);
}
static Value s_read(RpThread *th, StringIO *s, const Value *a) {
  int64_t n;
  return io_size_arg(th, a[1], &n) ? s_take(th, s, n) : EMPTY;
}
static int64_t s_line_length(StringIO *s, int64_t n) {
  const uint32_t *c = s_chars(s) + s->pos;
  if (s->newline == NONE || str_eq_c(as_str(s->newline), "\n")) {
    for (int64_t i = 0; i < n; i++)
      if (c[i] == '\n') return i + 1;
    return n;
  }
  bool any = s->universal, pair = !any && as_str(s->newline)->length == 2;
  for (int64_t i = 0; i < n; i++) {
    if (any && c[i] == '\n') return i + 1;
    if (c[i] != '\r') continue;
    bool lf = i + 1 < n && c[i + 1] == '\n';
    if (any) return i + 1 + lf;
    if (!pair) return i + 1;
    if (lf) return i + 2;
  }
  return n;
}
static Value s_line(RpThread *th, StringIO *s, int64_t limit) {
  int64_t left = (int64_t)s->n - s->pos;
  if (left <= 0) return V(str_empty_);
  if (limit >= 0 && limit < left) left = limit;
  return s_take(th, s, s_line_length(s, left));
}
static Value s_readline(RpThread *th, StringIO *s, const Value *a) {
  int64_t n;
  return io_size_arg(th, a[1], &n) ? s_line(th, s, n) : EMPTY;
}
static Value s_write(RpThread *th, StringIO *s, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "string argument expected, got '%T'", a[1]);
  return s_put(th, s, as_str(a[1])) ? value_int(as_str(a[1])->length) : EMPTY;
}
static Value s_seek(RpThread *th, StringIO *s, const Value *a) {
  int64_t pos;
  int whence;
  if (!op_as_i64(th, a[1], &pos) || !io_whence(th, a[2], &whence)) return EMPTY;
  if (whence < 0 || whence > 2) return raise_value(th, "Invalid whence (%d, should be 0, 1 or 2)", whence);
  if (whence == 0 && pos < 0) return raise_value(th, "Negative seek position %ld", (long)pos);
  if (whence && pos != 0) return raise_error(th, &type_OSError, "Can't do nonzero cur-relative seeks");
  s->pos = whence == 0 ? pos : whence == 1 ? s->pos : s->n;
  return int_from_i64(th, s->pos);
}
static Value s_tell(RpThread *th, StringIO *s, const Value *a) { return int_from_i64(th, s->pos); }
static Value s_truncate(RpThread *th, StringIO *s, const Value *a) {
  int64_t n = s->pos;
  if (a[1] != EMPTY && a[1] != NONE && !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n < 0) return raise_value(th, "Negative size value %ld", (long)n);
  if (n < s->n) s->n = (uint32_t)n;
  return int_from_i64(th, n);
}
static Value s_getvalue(RpThread *th, StringIO *s, const Value *a) { return s->n ? V(str_from_ucs4(th, s_chars(s), s->n)) : V(str_empty_); }
static Value s_true(RpThread *th, StringIO *s, const Value *a) { return TRUE_V; }
#define SIO(fn) LOCKED(StringIO, s_open, fn)
SIO(s_read) SIO(s_readline) SIO(s_write) SIO(s_seek) SIO(s_tell) SIO(s_truncate) SIO(s_getvalue) SIO(s_true)
static Value m_s_close(RpThread *th, const Value *a) {
  STRING_IO(a[0])->base.closed = true;
  return NONE;
}
static Value s_next(RpThread *th, Value self) {
  StringIO *s = STRING_IO(self);
  if (!s_open(th, s) || !wait_lock(th, &s->lock)) return EMPTY;
  Value v = s_line(th, s, -1);
  wait_unlock(th, &s->lock);
  return v == EMPTY || as_str(v)->length == 0 ? EMPTY : v;
}
static Value m_s_getstate(RpThread *th, const Value *a) {
  StringIO *s = STRING_IO(a[0]);
  if (!s_open(th, s)) return EMPTY;
  Value text = s_getvalue(th, s, a);
  return text == EMPTY ? EMPTY : V(tuple_of(th, 4, text, s->newline, value_int(s->pos), NONE));
}
static Value m_s_setstate(RpThread *th, const Value *a) {
  if (!tuple_check(a[1]) || as_tuple(a[1])->length < 4) return raise_type(th, "%T.__setstate__ argument should be 4-tuple, got %T", a[0], a[1]);
  const Value args[2] = {V(str_empty_), as_tuple(a[1])->items[1]};
  int64_t pos;
  StringIO *s = STRING_IO(a[0]);
  if (s_init(th, a[0], args, 2, NULL) < 0 || !op_as_i64(th, as_tuple(a[1])->items[2], &pos)) return EMPTY;
  Value text = as_tuple(a[1])->items[0]; /* as it was: no second translation */
  if (!str_check(text)) return raise_type(th, "initial_value must be str or None, not %T", text);
  if (!s_reserve(th, s, as_str(text)->length)) return EMPTY;
  if (as_str(text)->length) unit_copy(s_chars(s), 2, 0, as_str(text)->u1, str_width(as_str(text)), 0, as_str(text)->length);
  s->n = as_str(text)->length;
  s->pos = pos < 0 ? 0 : pos;
  return NONE;
}
static Value get_closed(RpThread *th, Value self) {
  if (!STRING_IO(self)->base.ready) return raise_value(th, "I/O operation on uninitialized object");
  return value_bool(STRING_IO(self)->base.closed);
}
static Value get_newlines(RpThread *th, Value self) {
  StringIO *s = STRING_IO(self);
  return s_open(th, s) ? s->universal ? newline_seen(th, s->st.seen) : NONE : EMPTY;
}
static Value get_line_buffering(RpThread *th, Value self) { return s_open(th, STRING_IO(self)) ? FALSE_V : EMPTY; }

const TypeSpec spec_io_StringIO = {
    .doc = "Text I/O implementation using an in-memory buffer.",
    .size = sizeof(StringIO),
    .slots = {.trace = s_trace, .new_ = io_new, .init = s_init, .next = s_next},
    .methods = (const NativeDef[]){{"read", m_s_read, "(self, size=-1, /)", 0, NULL},
                                   {"readline", m_s_readline, "(self, size=-1, /)", 0, NULL},
                                   {"write", m_s_write, "(self, s, /)", 0, NULL},
                                   {"seek", m_s_seek, "(self, pos, whence=0, /)", 0, NULL},
                                   {"tell", m_s_tell, "(self, /)", 0, NULL},
                                   {"truncate", m_s_truncate, "(self, pos=None, /)", 0, NULL},
                                   {"getvalue", m_s_getvalue, "(self, /)", 0, NULL},
                                   {"readable", m_s_true, "(self, /)", 0, NULL},
                                   {"writable", m_s_true, "(self, /)", 0, NULL},
                                   {"seekable", m_s_true, "(self, /)", 0, NULL},
                                   {"close", m_s_close, "(self, /)", 0, NULL},
                                   {"__getstate__", m_s_getstate, "(self, /)", 0, NULL},
                                   {"__setstate__", m_s_setstate, "(self, state, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"closed", get_closed, NULL, NULL},
                                   {"newlines", get_newlines, NULL, NULL},
                                   {"line_buffering", get_line_buffering, NULL, NULL},
                                   {0}},
};
