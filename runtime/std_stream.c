/* std_stream.c: see std_stream.h. The buffer has a lock of its own; it is held while writing, with the thread in SAFE state, so that a slow pipe
** delays no collection. */
#include "runtime/std_stream.h"
#include "runtime/bytes.h"
#include "runtime/codecs.h"
#include "runtime/context.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/list.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <errno.h>

#define BUFFER 8192

typedef struct StreamBuf { pthread_mutex_t lock; size_t n, at; char data[BUFFER]; } StreamBuf;
typedef struct StdStream { Object hdr; Value overflow; StreamBuf *buf; int fd; bool line_buffered, closed; Value errors, binary; } StdStream;
#define STREAM(v) ((StdStream *)as_object(v))

Value std_stream_new(RpThread *th, int fd) {
  StdStream *s = heap_new(th, StdStream, SHAPE_std_stream, K_NATIVE_OBJECT);
  if (!s) return EMPTY;
  s->fd = fd;
  s->buf = calloc(1, sizeof *s->buf);
  if (!s->buf) return raise_memory(th);
  pthread_mutex_init(&s->buf->lock, NULL);
  s->line_buffered = fd == 2 || th->ctx->os->isatty(th->ctx->os_data, fd);
  s->errors = value_object(str_intern_c(th, fd == 2 ? "backslashreplace" : "strict"));
  return value_object(s);
}

static void trace(Tracer *tr, Object *o) {
  trace_value(tr, load_relaxed(&((StdStream *)o)->errors));
  trace_value(tr, load_relaxed(&((StdStream *)o)->binary));
}

static void free_(RpContext *ctx, Object *o) {
  StreamBuf *b = ((StdStream *)o)->buf;
  if (!b) return;
  pthread_mutex_destroy(&b->lock);
  free(b);
}

/* Writes n bytes out; the errno, or 0. In SAFE state. */
static int write_out(RpContext *ctx, int fd, const char *p, size_t n) {
  while (n) {
    ssize_t w = ctx->os->write(ctx->os_data, fd, p, n);
    if (w < 0 && errno == EINTR) continue;
    if (w < 0) return errno;
    p += w;
    n -= (size_t)w;
  }
  return 0;
}

/* Appends to the buffer and empties it as needed. */
static int put(RpThread *th, StdStream *s, const char *p, size_t n, bool flush) {
  RpContext *ctx = th->ctx;
  StreamBuf *b = s->buf;
  int err = 0;
  thread_enter_safe(th);
  pthread_mutex_lock(&b->lock);
  if (n > BUFFER - b->n || flush) {
    if (n <= BUFFER - b->n) {
      memcpy(b->data + b->n, p, n);
      b->n += n;
      n = 0;
    }
    err = write_out(ctx, s->fd, b->data, b->n);
    b->n = 0;
    if (n && !err && (n > BUFFER / 2 || flush)) {
      err = write_out(ctx, s->fd, p, n);
      n = 0;
    }
  }
  if (n) {
    memcpy(b->data + b->n, p, n);
    b->n += n;
  }
  pthread_mutex_unlock(&b->lock);
  thread_leave_safe(th);
  if (err) raise_os(th, err, EMPTY);
  return err ? -1 : 0;
}

static bool open_for(RpThread *th, StdStream *s, bool writing) {
  if (s->closed) return raise_value(th, "I/O operation on closed file."), false;
  if ((s->fd != 0) == writing) return true;
  raise_error(th, &type_OSError, writing ? "not writable" : "not readable");
  return false;
}

int std_stream_write(RpThread *th, Value stream, Str *text) {
  StdStream *s = STREAM(stream);
  size_t n;
  const char *p;
  if (!open_for(th, s, true)) return -1;
  if (str_is_ascii(text)) {
    p = text->c;
    n = text->length;
    /* short text that fits needs neither SAFE state nor a wait */
    if (n < 256 && !s->line_buffered && pthread_mutex_trylock(&s->buf->lock) == 0) {
      bool fits = n <= BUFFER - s->buf->n;
      if (fits) {
        memcpy(s->buf->data + s->buf->n, p, n);
        s->buf->n += n;
      }
      pthread_mutex_unlock(&s->buf->lock);
      if (fits) return 0;
    }
  } else {
    const char *errors = str_utf8(th, as_str(s->errors), NULL);
    Value bytes = encode_utf8(th, text, errors);
    if (bytes == EMPTY) return -1;
    p = (const char *)as_bytes(bytes)->data;
    n = as_bytes(bytes)->length;
  }
  return put(th, s, p, n, s->line_buffered && (s->fd == 2 || memchr(p, '\n', n)));
}

int std_stream_flush(RpThread *th, Value stream) { return STREAM(stream)->closed || STREAM(stream)->fd == 0 ? 0 : put(th, STREAM(stream), "", 0, true); }

/* -- Methods ------------------------------------------------------------------------------------------------------------------- */

static Value m_write(RpThread *th, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "write() argument must be str, not %T", a[1]);
  return std_stream_write(th, a[0], as_str(a[1])) < 0 ? EMPTY : value_int(as_str(a[1])->length);
}
static Value m_writelines(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[1]), v;
  if (it == EMPTY) return EMPTY;
  while ((v = op_next(th, it)) != EMPTY) {
    if (!str_check(v)) return raise_type(th, "write() argument must be str, not %T", v);
    if (std_stream_write(th, a[0], as_str(v)) < 0) return EMPTY;
  }
  return th->pending != EMPTY ? EMPTY : NONE;
}
static Value m_flush(RpThread *th, const Value *a) { return std_stream_flush(th, a[0]) < 0 ? EMPTY : NONE; }
static Value m_fileno(RpThread *th, const Value *a) { return value_int(STREAM(a[0])->fd); }
static Value m_isatty(RpThread *th, const Value *a) { return value_bool(th->ctx->os->isatty(th->ctx->os_data, STREAM(a[0])->fd)); }
static Value m_readable(RpThread *th, const Value *a) { return value_bool(STREAM(a[0])->fd == 0); }
static Value m_writable(RpThread *th, const Value *a) { return value_bool(STREAM(a[0])->fd != 0); }
static Value m_seekable(RpThread *th, const Value *a) { return FALSE_V; }
static Value m_close(RpThread *th, const Value *a) {
  if (std_stream_flush(th, a[0]) < 0) return EMPTY;
  STREAM(a[0])->closed = true;
  return NONE;
}
static Value m_reconfigure(RpThread *th, const Value *a) {
  StdStream *s = STREAM(a[0]);
  if (a[2] != EMPTY && a[2] != NONE) obj_store(th, s, &s->errors, a[2]);
  if (a[4] != EMPTY && a[4] != NONE) {
    int t = op_truth(th, a[4]);
    if (t < 0) return EMPTY;
    s->line_buffered = t;
  }
  return NONE;
}

/* Reads until a newline (line) or the end; at most `limit` bytes when it is not negative. */
static Value read_text(RpThread *th, StdStream *s, bool line, int64_t limit) {
  if (!open_for(th, s, false)) return EMPTY;
  RpContext *ctx = th->ctx;
  StreamBuf *b = s->buf;
  char *out = NULL;
  size_t n = 0, cap = 0;
  int err = 0;
  bool done = false, memory = false;
  thread_enter_safe(th);
  pthread_mutex_lock(&b->lock);
  while (!done && (limit < 0 || (int64_t)n < limit)) {
    if (b->at == b->n) {
      ssize_t r = ctx->os->read(ctx->os_data, s->fd, b->data, BUFFER);
      if (r < 0 && errno == EINTR) continue;
      if (r < 0) err = errno;
      if (r <= 0) break;
      b->n = (size_t)r;
      b->at = 0;
    }
    size_t take = b->n - b->at;
    if (limit >= 0 && take > (size_t)(limit - (int64_t)n)) take = (size_t)(limit - (int64_t)n);
    char *nl = line ? memchr(b->data + b->at, '\n', take) : NULL;
    if (nl) {
      take = (size_t)(nl - (b->data + b->at)) + 1;
      done = true;
    }
    if (n + take > cap) {
      cap = (n + take) * 2;
      char *bigger = realloc(out, cap);
      if (!bigger) {
        memory = true;
        break;
      }
      out = bigger;
    }
    memcpy(out + n, b->data + b->at, take);
    n += take;
    b->at += take;
  }
  pthread_mutex_unlock(&b->lock);
  thread_leave_safe(th);
  Value r = memory ? raise_memory(th) : err ? raise_os(th, err, EMPTY) : decode_utf8(th, (const uint8_t *)(out ? out : ""), n, "surrogateescape", NULL);
  free(out);
  return r;
}
static bool limit_arg(RpThread *th, Value v, int64_t *out) {
  *out = -1;
  return v == EMPTY || v == NONE || op_as_i64(th, v, out);
}
static Value m_readline(RpThread *th, const Value *a) {
  int64_t limit;
  return limit_arg(th, a[1], &limit) ? read_text(th, STREAM(a[0]), true, limit) : EMPTY;
}
static Value m_read(RpThread *th, const Value *a) {
  int64_t limit;
  return limit_arg(th, a[1], &limit) ? read_text(th, STREAM(a[0]), false, limit) : EMPTY;
}
static Value next(RpThread *th, Value self) {
  Value v = read_text(th, STREAM(self), true, -1);
  return v != EMPTY && as_str(v)->length == 0 ? EMPTY : v;
}
static Value m_readlines(RpThread *th, const Value *a) { return value_object(op_to_list(th, a[0])); }
static Value self_iter(RpThread *th, Value self) { return self; }
static Value m_enter(RpThread *th, const Value *a) { return a[0]; }

static Value get_name(RpThread *th, Value self) {
  static const char *const names[] = {"<stdin>", "<stdout>", "<stderr>"};
  return value_object(str_intern_c(th, names[STREAM(self)->fd % 3]));
}
static Value get_mode(RpThread *th, Value self) { return value_object(str_intern_c(th, STREAM(self)->fd ? "w" : "r")); }
static Value get_encoding(RpThread *th, Value self) { return value_object(str_intern_c(th, "utf-8")); }
static Value get_errors(RpThread *th, Value self) { return STREAM(self)->errors; }
static Value get_closed(RpThread *th, Value self) { return value_bool(STREAM(self)->closed); }
static Value get_line_buffering(RpThread *th, Value self) { return value_bool(STREAM(self)->line_buffered); }
/* The descriptor as a binary stream: output is unbuffered, so that it comes after the text that was there before and ahead of what follows. */
static Value get_buffer(RpThread *th, Value self) {
  StdStream *s = STREAM(self);
  if (std_stream_flush(th, self) < 0) return EMPTY;
  if (s->binary != EMPTY) return s->binary;
  static const char *const names[] = {"mode", "closefd"};
  Tuple *kw = tuple_of(th, 2, value_object(str_intern_c(th, names[0])), value_object(str_intern_c(th, names[1])));
  if (!kw) return EMPTY;
  const Value args[3] = {value_int(s->fd), value_object(str_intern_c(th, s->fd ? "wb" : "rb")), FALSE_V};
  Value raw = op_call(th, value_object(&type_io_FileIO), args, 1, kw);
  if (raw != EMPTY && s->fd == 0) raw = op_call1(th, value_object(&type_io_BufferedReader), raw);
  if (raw != EMPTY) obj_store(th, s, &s->binary, raw);
  return raw;
}
static Value get_newlines(RpThread *th, Value self) { return NONE; }
static Value repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<_io.TextIOWrapper name='%S' mode='%s' encoding='utf-8'>", as_str(get_name(th, self)), STREAM(self)->fd ? "w" : "r"));
}

const TypeSpec spec_std_stream = {
    .doc = "A standard stream as a text file.",
    .size = sizeof(StdStream),
    .slots = {.trace = trace, .free_ = free_, .repr = repr, .iter = self_iter, .next = next},
    .methods = (const NativeDef[]){{"write", m_write, "(self, text, /)", 0, NULL, NULL},
                                   {"writelines", m_writelines, "(self, lines, /)", 0, NULL, NULL},
                                   {"flush", m_flush, "(self, /)", 0, NULL, NULL},
                                   {"read", m_read, "(self, size=-1, /)", 0, NULL, NULL},
                                   {"readline", m_readline, "(self, size=-1, /)", 0, NULL, NULL},
                                   {"readlines", m_readlines, "(self, hint=-1, /)", 0, NULL, NULL},
                                   {"fileno", m_fileno, "(self, /)", 0, NULL, NULL},
                                   {"isatty", m_isatty, "(self, /)", 0, NULL, NULL},
                                   {"readable", m_readable, "(self, /)", 0, NULL, NULL},
                                   {"writable", m_writable, "(self, /)", 0, NULL, NULL},
                                   {"seekable", m_seekable, "(self, /)", 0, NULL, NULL},
                                   {"close", m_close, "(self, /)", 0, NULL, NULL},
                                   {"reconfigure", m_reconfigure, "(self, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)", 0, NULL, NULL},
                                   {"__enter__", m_enter, "(self, /)", 0, NULL, NULL},
                                   {"__exit__", m_close, "(self, *args)", 0, NULL, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"name", get_name, NULL, NULL},
                                   {"mode", get_mode, NULL, NULL},
                                   {"encoding", get_encoding, NULL, NULL},
                                   {"errors", get_errors, NULL, NULL},
                                   {"closed", get_closed, NULL, NULL},
                                   {"buffer", get_buffer, NULL, NULL},
                                   {"line_buffering", get_line_buffering, NULL, NULL},
                                   {"newlines", get_newlines, NULL, NULL},
                                   {0}},
};
