/* io_buffered.c: BufferedReader, BufferedWriter, BufferedRandom over a raw stream, and BufferedRWPair.
** One buffer serves both directions, at most one of them at a time: buf[start, end) is data read ahead, or, while `dirty`, buf[0, end) is data to be
** written. The raw stream stands at the end of what was read ahead. Everything happens under the stream's WaitLock, which may be held while the
** raw stream blocks. An exact FileIO is called directly, anything else through its methods. */
#include "runtime/io.h"
#include "runtime/exc.h"

#include <errno.h>

typedef struct Buffered {
  IoBase base;
  Value raw;          /* EMPTY: detached */
  Bytes *buf;
  size_t size, start, end;
  bool dirty, fast, reads, writes;
  WaitLock lock;
} Buffered;
#define BUFFERED(v) ((Buffered *)as_object(v))

static void trace(Tracer *tr, Object *o) {
  Buffered *b = (Buffered *)o;
  io_trace_base(tr, o);
  trace_value(tr, load_consume(&b->raw));
  if (load_relaxed(&b->buf)) trace_ref(tr, load_consume(&b->buf));
}

/* -- Making --------------------------------------------------------------------------------------------------------------------------------- */

/* Ownership: a FileIO or Buffered below says that its wrapper closes it. */
static void set_owned(Value raw, bool owned) {
  if (value_is_instance(raw, &type_io_IOBase)) store_relaxed(&IO_BASE(raw)->owned, owned);
}
static int setup(RpThread *th, Value self, Value raw, Value size, bool reads, bool writes) {
  Buffered *b = BUFFERED(self);
  int64_t n = IO_BUFFER_SIZE;
  b->base.ready = false;
  if (size != EMPTY && !op_as_i64(th, size, &n)) return -1;
  static const struct { const char *method, *message; } needs[] = {
      {"seekable", "File or stream is not seekable."}, {"readable", "File or stream is not readable."}, {"writable", "File or stream is not writable."}};
  bool need[3] = {reads && writes, reads, writes};
  for (int i = 0; i < 3; i++) {
    if (!need[i]) continue;
    int ok = io_ask(th, raw, needs[i].method);
    if (ok < 0) return -1;
    if (!ok) return io_unsupported(th, needs[i].message), -1;
  }
  if (n <= 0) return raise_value(th, "buffer size must be strictly positive"), -1;
  Bytes *buf = bytes_new(th, NULL, size == EMPTY ? 0 : (size_t)n + 1); /* of the usual size: made when first needed, many streams never are */
  if (!buf) return -1;
  obj_store_ref(th, b, &b->buf, buf);
  obj_store(th, b, &b->raw, raw);
  b->size = (size_t)n;
  b->start = b->end = 0;
  store_relaxed(&b->dirty, false);
  b->reads = reads;
  b->writes = writes;
  b->fast = has_shape(raw, SHAPE_io_FileIO) || type_of(raw) == &type_io_FileIO;
  set_owned(raw, true);
  b->base.ready = true;
  return 0;
}
static bool make_buffer(RpThread *th, Buffered *b) {
  if (likely(b->buf->length)) return true;
  Bytes *buf = bytes_new(th, NULL, b->size + 1); /* never a shared one */
  if (buf) obj_store_ref(th, b, &b->buf, buf);
  return buf != NULL;
}
static int init_with(RpThread *th, Value self, const NativeDef *def, const Value *args, int n_pos, Tuple *kwnames, bool reads, bool writes) {
  Value a[2];
  return BIND(th, def, args, n_pos, kwnames, a) ? setup(th, self, a[0], a[1], reads, writes) : -1;
}
static int reader_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"BufferedReader", NULL, "(raw, buffer_size=8192)"};
  return init_with(th, self, &def, args, n_pos, kwnames, true, false);
}
static int writer_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"BufferedWriter", NULL, "(raw, buffer_size=8192)"};
  return init_with(th, self, &def, args, n_pos, kwnames, false, true);
}
static int random_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"BufferedRandom", NULL, "(raw, buffer_size=8192)"};
  return init_with(th, self, &def, args, n_pos, kwnames, true, true);
}

static bool usable(RpThread *th, Buffered *b) {
  if (b->base.ready) return true;
  raise_value(th, b->raw == EMPTY && b->buf ? "raw stream has been detached" : "I/O operation on uninitialized object");
  return false;
}
static bool open_for(RpThread *th, Buffered *b, const char *message) {
  if (!usable(th, b)) return false;
  int c = io_closed(th, b->raw);
  if (c > 0) raise_value(th, "%s", message);
  return c == 0;
}

bool buffered_is_open(Value v) {
  Type *t = type_of(v);
  if (t != &type_io_BufferedWriter && t != &type_io_BufferedReader && t != &type_io_BufferedRandom) return false;
  Buffered *b = BUFFERED(v);
  return b->base.ready && b->fast && file_is_open(b->raw);
}
bool buffered_is_clean(Value v) { return buffered_is_open(v) && !load_relaxed(&BUFFERED(v)->dirty); }

/* -- Raw calls -------------------------------------------------------------------------------------------------------------------------------- */

/* As file_read_into, for any raw stream. */
static int64_t raw_read(RpThread *th, Buffered *b, void *p, size_t n) {
  if (b->fast) return file_read_into(th, b->raw, p, n);
  ByteArray *tmp = bytearray_new(th, NULL, n);
  Value r = tmp ? io_call1(th, b->raw, "readinto", V(tmp)) : EMPTY;
  int64_t got;
  if (r == EMPTY) return -1;
  if (r == NONE) return IO_WOULD_BLOCK;
  if (!op_as_i64(th, r, &got)) return -1;
  Span s = bytes_span(V(tmp));
  if (got < 0 || (uint64_t)got > n || (uint64_t)got > s.n) {
    raise_error(th, &type_OSError, "raw readinto() returned invalid length %ld (should have been between 0 and %ld)", (long)got, (long)n);
    return -1;
  }
  memcpy(p, s.p, (size_t)got);
  return got;
}
static int64_t raw_write(RpThread *th, Buffered *b, const void *p, size_t n) {
  if (b->fast) return file_write_from(th, b->raw, p, n);
  Bytes *tmp = bytes_new(th, p, n);
  Value r = tmp ? io_call1(th, b->raw, "write", V(tmp)) : EMPTY;
  int64_t put;
  if (r == EMPTY) return -1;
  if (r == NONE) return IO_WOULD_BLOCK;
  if (!op_as_i64(th, r, &put)) return -1;
  if (put < 0 || (uint64_t)put > n) {
    raise_error(th, &type_OSError, "raw write() returned invalid length %ld (should have been between 0 and %ld)", (long)put, (long)n);
    return -1;
  }
  return put;
}
static int64_t raw_position(RpThread *th, Value v) {
  int64_t at;
  if (v == EMPTY || !op_as_i64(th, v, &at)) return -1;
  if (at < 0) return raise_error(th, &type_OSError, "Raw stream returned invalid position %ld", (long)at), -1;
  return at;
}
static int64_t raw_seek(RpThread *th, Buffered *b, int64_t off, int whence) {
  Value v = int_from_i64(th, off);
  const Value args[2] = {v, value_int(whence)};
  return v == EMPTY ? -1 : raw_position(th, io_call(th, b->raw, "seek", args, 2));
}

static Value would_block(RpThread *th, size_t written) {
  const Value args[3] = {value_int(EAGAIN), V(str_intern_c(th, "write could not complete without blocking")), value_int((int64_t)written)};
  Value e = op_call(th, V(&type_BlockingIOError), args, 3, NULL);
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}

/* Writes the buffer out; what could not be written stays. */
static bool flush_writes(RpThread *th, Buffered *b) {
  if (!b->dirty) return true;
  size_t at = 0;
  int64_t n = 0;
  while (at < b->end && (n = raw_write(th, b, b->buf->data + at, b->end - at)) >= 0) at += (size_t)n;
  if (at < b->end) memmove(b->buf->data, b->buf->data + at, b->end - at);
  b->end -= at;
  store_relaxed(&b->dirty, b->end > 0);
  if (n == IO_WOULD_BLOCK) would_block(th, 0);
  return n >= 0;
}
/* Forgets what was read ahead: the raw stream goes back to where the reader is. */
static bool drop_reads(RpThread *th, Buffered *b) {
  if (b->dirty || b->start == b->end) return true;
  int64_t ahead = (int64_t)(b->end - b->start);
  b->start = b->end = 0;
  return raw_seek(th, b, -ahead, 1) >= 0;
}
static bool read_mode(RpThread *th, Buffered *b) {
  if (!b->dirty) return true;
  if (!flush_writes(th, b)) return false;
  b->start = b->end = 0;
  return true;
}
/* More data behind what is there; 0 at the end, IO_WOULD_BLOCK, -1. */
static int64_t fill(RpThread *th, Buffered *b) {
  if (!make_buffer(th, b)) return -1;
  if (b->start == b->end) b->start = b->end = 0;
  if (b->start && b->end == b->size) {
    memmove(b->buf->data, b->buf->data + b->start, b->end - b->start);
    b->end -= b->start;
    b->start = 0;
  }
  int64_t n = raw_read(th, b, b->buf->data + b->end, b->size - b->end);
  if (n > 0) b->end += (size_t)n;
  return n;
}

/* -- Reading ------------------------------------------------------------------------------------------------------------------------------------ */

static Bytes *take(RpThread *th, Buffered *b, size_t n) {
  Bytes *r = bytes_new(th, b->buf->data + b->start, n);
  if (r) b->start += n;
  return r;
}
static Value read_all(RpThread *th, Buffered *b) {
  size_t n = b->end - b->start;
  Bytes *have = take(th, b, n);
  if (!have) return EMPTY;
  b->start = b->end = 0;
  Value readall = io_attr_opt(th, b->raw, "readall");
  if (readall == EMPTY && th->pending != EMPTY) return EMPTY;
  if (readall != EMPTY) {
    Value rest = op_call0(th, readall);
    if (rest == EMPTY) return EMPTY;
    if (rest == NONE) return n ? V(have) : NONE;
    if (!bytes_check(rest)) return raise_type(th, "readall() should return bytes");
    return n ? op_binary(th, OP_ADD, V(have), rest) : rest;
  }
  ByteBuilder out;
  bb_init(&out, th);
  bb_put(&out, have->data, n);
  for (;;) {
    Value v = io_call0(th, b->raw, "read");
    if (v == EMPTY || (v != NONE && !bytes_check(v))) {
      if (v != EMPTY) raise_type(th, "read() should return bytes");
      bb_drop(&out);
      return EMPTY;
    }
    if (v == NONE || !as_bytes(v)->length) {
      if (v == NONE && !out.len) {
        bb_drop(&out);
        return NONE;
      }
      return V(bb_finish(&out));
    }
    bb_put(&out, as_bytes(v)->data, as_bytes(v)->length);
  }
}
/* Up to n bytes into p, as many raw reads as it takes (or one, when `once`). IO_WOULD_BLOCK only when nothing came. */
static int64_t read_bytes(RpThread *th, Buffered *b, uint8_t *p, size_t n, bool once) {
  size_t got = 0;
  for (;;) {
    size_t have = b->end - b->start, part = have < n - got ? have : n - got;
    memcpy(p + got, b->buf->data + b->start, part);
    b->start += part;
    got += part;
    if (got == n || (once && got)) return (int64_t)got;
    bool direct = n - got >= b->size;
    int64_t r = direct ? raw_read(th, b, p + got, n - got) : fill(th, b);
    if (direct && r > 0) got += (size_t)r;
    if (r == -1) return -1;
    if (r <= 0) return got || r == 0 ? (int64_t)got : IO_WOULD_BLOCK;
    if (direct && (once || got == n)) return (int64_t)got;
  }
}
static Value read_some(RpThread *th, Buffered *b, int64_t n, bool once) {
  if ((size_t)n <= b->end - b->start) return V(take(th, b, (size_t)n));
  Bytes *r = bytes_new(th, NULL, (size_t)n + 1);
  int64_t got = r ? read_bytes(th, b, r->data, (size_t)n, once) : -1;
  if (got == IO_WOULD_BLOCK) return NONE;
  return got < 0 ? EMPTY : V(bytes_new(th, r->data, (size_t)got));
}
static Value b_read(RpThread *th, Buffered *b, const Value *a) {
  int64_t n;
  if (!io_size_arg(th, a[1], &n)) return EMPTY;
  if (n < -1) return raise_value(th, "read length must be non-negative or -1");
  if (!open_for(th, b, "read of closed file") || !read_mode(th, b)) return EMPTY;
  return n < 0 ? read_all(th, b) : read_some(th, b, n, false);
}
static Value b_read1(RpThread *th, Buffered *b, const Value *a) {
  int64_t n = -1;
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n < 0) n = (int64_t)b->size;
  if (!open_for(th, b, "read of closed file") || !read_mode(th, b)) return EMPTY;
  size_t have = b->end - b->start;
  if (have) return V(take(th, b, have < (size_t)n ? have : (size_t)n));
  Value r = read_some(th, b, n, true);
  return r == NONE ? V(bytes_new(th, "", 0)) : r;
}
static Value into(RpThread *th, Buffered *b, Value target, bool once) {
  Buffer buf;
  if (!open_for(th, b, "readinto of closed file")) return EMPTY;
  if (buffer_acquire(th, target, &buf, true) < 0) return EMPTY;
  int64_t n = read_mode(th, b) ? read_bytes(th, b, buf.data, (size_t)buf.size, once) : -1;
  buffer_release(th, &buf);
  return n == IO_WOULD_BLOCK ? NONE : n < 0 ? EMPTY : value_int(n);
}
static Value b_readinto(RpThread *th, Buffered *b, const Value *a) { return into(th, b, a[1], false); }
static Value b_readinto1(RpThread *th, Buffered *b, const Value *a) { return into(th, b, a[1], true); }
static Value b_peek(RpThread *th, Buffered *b, const Value *a) {
  if (!open_for(th, b, "peek of closed file") || !read_mode(th, b)) return EMPTY;
  if (b->start == b->end && fill(th, b) == -1) return EMPTY;
  return V(bytes_new(th, b->buf->data + b->start, b->end - b->start));
}
static Value line(RpThread *th, Buffered *b, int64_t limit) {
  if (!read_mode(th, b)) return EMPTY;
  ByteBuilder out;
  bb_init(&out, th);
  for (;;) {
    size_t n = b->end - b->start;
    if (limit >= 0 && n > (size_t)(limit - (int64_t)out.len)) n = (size_t)(limit - (int64_t)out.len);
    const uint8_t *p = b->buf->data + b->start, *nl = memchr(p, '\n', n);
    if (nl) n = (size_t)(nl - p) + 1;
    bool done = nl || (limit >= 0 && (int64_t)(out.len + n) == limit);
    if (done && !out.len) {
      bb_drop(&out);
      return V(take(th, b, n));
    }
    bb_put(&out, p, n);
    b->start += n;
    if (done) return V(bb_finish(&out));
    int64_t r = fill(th, b);
    if (r == -1) {
      bb_drop(&out);
      return EMPTY;
    }
    if (r <= 0) return V(bb_finish(&out));
  }
}
static Value b_readline(RpThread *th, Buffered *b, const Value *a) {
  int64_t n;
  if (!io_size_arg(th, a[1], &n)) return EMPTY;
  return open_for(th, b, "readline of closed file") ? line(th, b, n) : EMPTY;
}

/* -- Writing ------------------------------------------------------------------------------------------------------------------------------------- */

static Value write_bytes(RpThread *th, Buffered *b, const uint8_t *p, size_t n) {
  size_t total = n, done = 0;
  if (!make_buffer(th, b)) return EMPTY;
  if (!b->dirty) {
    if (!drop_reads(th, b)) return EMPTY;
    b->start = b->end = 0;
  }
  if (n > b->size - b->end) {
    size_t fits = b->size - b->end;
    if (!flush_writes(th, b)) {
      if (!error_is(th, &type_BlockingIOError)) return EMPTY;
      error_clear(th);
      fits = b->size - b->end;
      size_t part = n < fits ? n : fits;
      memcpy(b->buf->data + b->end, p, part);
      b->end += part;
      store_relaxed(&b->dirty, b->end > 0);
      return part == n ? value_int((int64_t)n) : would_block(th, part);
    }
    while (n - done > b->size) {
      int64_t w = raw_write(th, b, p + done, n - done);
      if (w == -1) return EMPTY;
      if (w == IO_WOULD_BLOCK) {
        size_t part = n - done < b->size ? n - done : b->size;
        memcpy(b->buf->data, p + done, part);
        b->end = part;
        store_relaxed(&b->dirty, true);
        return would_block(th, done + part);
      }
      done += (size_t)w;
      if (!thread_poll(th)) return EMPTY;
    }
  }
  memcpy(b->buf->data + b->end, p + done, n - done);
  b->end += n - done;
  store_relaxed(&b->dirty, b->end > 0);
  return value_int((int64_t)total);
}
static Value b_write(RpThread *th, Buffered *b, const Value *a) {
  Buffer buf;
  if (str_check(a[1])) return raise_type(th, "a bytes-like object is required, not '%T'", a[1]);
  if (buffer_acquire(th, a[1], &buf, false) < 0) return EMPTY;
  Value r = open_for(th, b, "write to closed file") ? write_bytes(th, b, buf.data, (size_t)buf.size) : EMPTY;
  buffer_release(th, &buf);
  return r;
}
static bool settle(RpThread *th, Buffered *b) { return !b->writes || flush_writes(th, b); }
static Value b_flush(RpThread *th, Buffered *b, const Value *a) {
  if (!b->writes) return usable(th, b) ? io_call0(th, b->raw, "flush") : EMPTY;
  if (!open_for(th, b, "flush of closed file") || !flush_writes(th, b)) return EMPTY;
  return b->reads && !drop_reads(th, b) ? EMPTY : NONE;
}

/* -- Position ------------------------------------------------------------------------------------------------------------------------------------- */

static Value b_tell(RpThread *th, Buffered *b, const Value *a) {
  if (!usable(th, b)) return EMPTY;
  int64_t at = raw_position(th, io_call0(th, b->raw, "tell"));
  if (at < 0) return EMPTY;
  at += b->dirty ? (int64_t)b->end : -(int64_t)(b->end - b->start);
  return int_from_i64(th, at < 0 ? 0 : at);
}
static Value b_seek(RpThread *th, Buffered *b, const Value *a) {
  int whence;
  int64_t off;
  if (!io_whence(th, a[2], &whence)) return EMPTY;
  if (whence < 0 || whence > 4) return raise_value(th, "whence value %d unsupported", whence);
  if (!open_for(th, b, "seek of closed file")) return EMPTY;
  int ok = io_ask(th, b->raw, "seekable");
  if (ok <= 0) return ok < 0 ? EMPTY : io_unsupported(th, "File or stream is not seekable.");
  if (!op_as_i64(th, a[1], &off)) return EMPTY;
  if (!b->dirty && whence != 2 && whence <= 2 && b->start < b->end) { /* inside of what is read ahead? */
    int64_t at = raw_position(th, io_call0(th, b->raw, "tell"));
    if (at < 0) return EMPTY;
    int64_t here = at - (int64_t)(b->end - b->start), target = whence == 0 ? off : here + off, base = at - (int64_t)b->end;
    if (target >= base && target <= at) {
      b->start = (size_t)(target - base);
      return int_from_i64(th, target);
    }
  }
  if (!settle(th, b)) return EMPTY;
  if (whence == 1 && !b->dirty) off -= (int64_t)(b->end - b->start);
  int64_t at = raw_seek(th, b, off, whence);
  if (at < 0) return EMPTY;
  b->start = b->end = 0;
  return int_from_i64(th, at);
}
static Value b_truncate(RpThread *th, Buffered *b, const Value *a) {
  if (!open_for(th, b, "truncate of closed file")) return EMPTY;
  if (!b->writes) return io_unsupported(th, "truncate");
  if (!flush_writes(th, b) || !drop_reads(th, b)) return EMPTY;
  Value pos = a[1] == EMPTY || a[1] == NONE ? io_call0(th, b->raw, "tell") : a[1];
  return pos == EMPTY ? EMPTY : io_call1(th, b->raw, "truncate", pos);
}

/* -- Closing ---------------------------------------------------------------------------------------------------------------------------------------- */

/* Runs close() of what is below, whatever came before; an earlier error goes on with the later one's context. */
static Value close_below(RpThread *th, Value below, Value flushed) {
  Value first = flushed == EMPTY ? error_take(th) : EMPTY;
  Value r = io_call0(th, below, "close");
  if (first == EMPTY) return r == EMPTY ? EMPTY : NONE;
  if (r == EMPTY) { /* both failed: the later one, in the context of the first */
    Value second = error_take(th);
    if (exc_check(second)) obj_store(th, as_exc(second), &as_exc(second)->context, first);
    first = second;
  }
  th->pending = first;
  return EMPTY;
}
static Value b_close(RpThread *th, Buffered *b, const Value *a) {
  if (!usable(th, b)) return EMPTY;
  int c = io_closed(th, b->raw);
  if (c) return c < 0 ? EMPTY : NONE;
  Value r = io_call0(th, a[0], "flush");
  r = close_below(th, b->raw, r);
  b->start = b->end = 0;
  store_relaxed(&b->dirty, false);
  return r;
}
static Value b_detach(RpThread *th, Buffered *b, const Value *a) {
  if (!usable(th, b) || io_call0(th, a[0], "flush") == EMPTY) return EMPTY;
  Value raw = b->raw;
  store_relaxed(&b->raw, EMPTY);
  b->base.ready = false;
  set_owned(raw, false);
  return raw;
}

#define LOCKED(fn)                                                       \
  static Value m_##fn(RpThread *th, const Value *a) {                    \
    Buffered *b = BUFFERED(a[0]);                                        \
    if (!usable(th, b) || !wait_lock(th, &b->lock)) return EMPTY;          \
    Value r = fn(th, b, a);                                              \
    wait_unlock(th, &b->lock);                                             \
    return r;                                                            \
  }
LOCKED(b_read) LOCKED(b_read1) LOCKED(b_readinto) LOCKED(b_readinto1) LOCKED(b_peek) LOCKED(b_readline) LOCKED(b_write) LOCKED(b_flush)
LOCKED(b_tell) LOCKED(b_seek) LOCKED(b_truncate) LOCKED(b_close) LOCKED(b_detach)

static Value next(RpThread *th, Value self) {
  Buffered *b = BUFFERED(self);
  if (!usable(th, b) || !open_for(th, b, "readline of closed file") || !wait_lock(th, &b->lock)) return EMPTY;
  Value v = b->reads ? line(th, b, -1) : io_unsupported(th, "read");
  wait_unlock(th, &b->lock);
  return v == EMPTY || as_bytes(v)->length == 0 ? EMPTY : v;
}

/* -- What the raw stream answers ---------------------------------------------------------------------------------------------------------------------- */

#define ASK_RAW(name) \
  static Value m_##name(RpThread *th, const Value *a) { return usable(th, BUFFERED(a[0])) ? io_call0(th, BUFFERED(a[0])->raw, #name) : EMPTY; }
ASK_RAW(readable) ASK_RAW(writable) ASK_RAW(seekable) ASK_RAW(fileno) ASK_RAW(isatty)
#define RAW_ATTR(name) \
  static Value get_##name(RpThread *th, Value self) { return usable(th, BUFFERED(self)) ? io_attr(th, BUFFERED(self)->raw, #name) : EMPTY; }
RAW_ATTR(closed) RAW_ATTR(name) RAW_ATTR(mode)
static Value get_raw(RpThread *th, Value self) { return BUFFERED(self)->raw == EMPTY ? NONE : BUFFERED(self)->raw; }
static Value repr(RpThread *th, Value self) {
  Value name = BUFFERED(self)->base.ready ? io_attr_opt(th, BUFFERED(self)->raw, "name") : EMPTY;
  if (name == EMPTY && th->pending != EMPTY) {
    if (!error_is(th, &type_ValueError)) return EMPTY;
    error_clear(th);
  }
  const char *type = type_full_name(type_of(self));
  if (name == EMPTY) return V(str_fmt(th, "<%s>", type));
  return V(str_fmt(th, "<%s name=%V>", type, name));
}
static Value m_getstate(RpThread *th, const Value *a) { return raise_type(th, "cannot pickle '%T' object", a[0]); }

#define COMMON                                                                                                 \
  {"detach", m_b_detach, "(self, /)", 0, NULL}, {"flush", m_b_flush, "(self, /)", 0, NULL},                    \
  {"close", m_b_close, "(self, /)", 0, NULL}, {"seekable", m_seekable, "(self, /)", 0, NULL},                  \
  {"fileno", m_fileno, "(self, /)", 0, NULL}, {"isatty", m_isatty, "(self, /)", 0, NULL},                      \
  {"tell", m_b_tell, "(self, /)", 0, NULL}, {"seek", m_b_seek, "(self, target, whence=0, /)", 0, NULL},        \
  {"truncate", m_b_truncate, "(self, pos=None, /)", 0, NULL}, {"__getstate__", m_getstate, "(self, /)", 0, NULL}
#define READING                                                                                                \
  {"readable", m_readable, "(self, /)", 0, NULL}, {"read", m_b_read, "(self, size=-1, /)", 0, NULL},           \
  {"peek", m_b_peek, "(self, size=0, /)", 0, NULL}, {"read1", m_b_read1, "(self, size=-1, /)", 0, NULL},       \
  {"readinto", m_b_readinto, "(self, buffer, /)", 0, NULL}, {"readinto1", m_b_readinto1, "(self, buffer, /)", 0, NULL}, \
  {"readline", m_b_readline, "(self, size=-1, /)", 0, NULL}
#define WRITING {"writable", m_writable, "(self, /)", 0, NULL}, {"write", m_b_write, "(self, buffer, /)", 0, NULL}
static const GetSetDef getsets[] = {{"closed", get_closed, NULL, NULL}, {"name", get_name, NULL, NULL}, {"mode", get_mode, NULL, NULL},
                                    {"raw", get_raw, NULL, NULL}, {0}};
#define SPEC(name, text, init_, next_, ...)                                                                     \
  const TypeSpec spec_io_##name = {                                                                             \
      .doc = text, .size = sizeof(Buffered),                                                                    \
      .slots = {.trace = trace, .new_ = io_new, .init = init_, .repr = repr, .next = next_},                    \
      .methods = (const NativeDef[]){COMMON, __VA_ARGS__, {0}}, .getsets = getsets};
SPEC(BufferedReader, "Create a new buffered reader using the given readable raw IO object.", reader_init, next, READING)
SPEC(BufferedWriter, "A buffer for a writeable sequential RawIO object.", writer_init, NULL, WRITING)
SPEC(BufferedRandom, "A buffered interface to random access streams.", random_init, next, READING, WRITING)

/* -- BufferedRWPair ------------------------------------------------------------------------------------------------------------------------------------ */

typedef struct Pair { IoBase base; Value reader, writer; } Pair;
#define PAIR(v) ((Pair *)as_object(v))

static void pair_trace(Tracer *tr, Object *o) {
  io_trace_base(tr, o);
  trace_value(tr, load_consume(&((Pair *)o)->reader));
  trace_value(tr, load_consume(&((Pair *)o)->writer));
}
static int pair_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"BufferedRWPair", NULL, "(reader, writer, buffer_size=8192, /)"};
  Value a[3];
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  int r = io_ask(th, a[0], "readable"), w = r > 0 ? io_ask(th, a[1], "writable") : 0;
  if (r < 0 || w < 0) return -1;
  if (!r) return io_unsupported(th, "File or stream is not readable."), -1;
  if (!w) return io_unsupported(th, "File or stream is not writable."), -1;
  Value size = a[2] == EMPTY ? value_int(IO_BUFFER_SIZE) : a[2];
  Value reader = op_call2(th, V(&type_io_BufferedReader), a[0], size);
  Value writer = reader == EMPTY ? EMPTY : op_call2(th, V(&type_io_BufferedWriter), a[1], size);
  if (writer == EMPTY) return -1;
  obj_store(th, PAIR(self), &PAIR(self)->reader, reader);
  obj_store(th, PAIR(self), &PAIR(self)->writer, writer);
  PAIR(self)->base.ready = true;
  return 0;
}
static bool pair_ready(RpThread *th, Value self) {
  if (PAIR(self)->base.ready) return true;
  raise_value(th, "I/O operation on uninitialized object");
  return false;
}
#define PASS(fn, side, name, n)                                                                                \
  static Value fn(RpThread *th, const Value *a) {                                                              \
    return pair_ready(th, a[0]) ? io_call(th, PAIR(a[0])->side, name, a + 1, n > 0 && a[1] != EMPTY ? 1 : 0) : EMPTY; \
  }
PASS(p_read, reader, "read", 1) PASS(p_peek, reader, "peek", 1) PASS(p_read1, reader, "read1", 1) PASS(p_readinto, reader, "readinto", 1)
PASS(p_readinto1, reader, "readinto1", 1) PASS(p_readable, reader, "readable", 0) PASS(p_write, writer, "write", 1)
PASS(p_flush, writer, "flush", 0) PASS(p_writable, writer, "writable", 0)
static Value p_close(RpThread *th, const Value *a) {
  if (!pair_ready(th, a[0])) return EMPTY;
  Value r = io_call0(th, PAIR(a[0])->writer, "close");
  return close_below(th, PAIR(a[0])->reader, r);
}
static Value p_isatty(RpThread *th, const Value *a) {
  if (!pair_ready(th, a[0])) return EMPTY;
  int w = io_ask(th, PAIR(a[0])->writer, "isatty");
  return w ? w < 0 ? EMPTY : TRUE_V : io_call0(th, PAIR(a[0])->reader, "isatty");
}
static Value p_closed(RpThread *th, Value self) { return pair_ready(th, self) ? io_attr(th, PAIR(self)->writer, "closed") : EMPTY; }
const TypeSpec spec_io_BufferedRWPair = {
    .doc = "A buffered reader and writer object together.",
    .size = sizeof(Pair),
    .slots = {.trace = pair_trace, .new_ = io_new, .init = pair_init},
    .methods = (const NativeDef[]){{"read", p_read, "(self, size=-1, /)", 0, NULL},
                                   {"peek", p_peek, "(self, size=0, /)", 0, NULL},
                                   {"read1", p_read1, "(self, size=-1, /)", 0, NULL},
                                   {"readinto", p_readinto, "(self, buffer, /)", 0, NULL},
                                   {"readinto1", p_readinto1, "(self, buffer, /)", 0, NULL},
                                   {"readable", p_readable, "(self, /)", 0, NULL},
                                   {"write", p_write, "(self, buffer, /)", 0, NULL},
                                   {"flush", p_flush, "(self, /)", 0, NULL},
                                   {"writable", p_writable, "(self, /)", 0, NULL},
                                   {"close", p_close, "(self, /)", 0, NULL},
                                   {"isatty", p_isatty, "(self, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"closed", p_closed, NULL, NULL}, {0}},
};
