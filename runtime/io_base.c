/* io_base.c: the abstract streams _IOBase, _RawIOBase, _BufferedIOBase, _TextIOBase, and helpers of all streams. */
#include "runtime/io.h"
#include "runtime/context.h"

/* -- Helpers ------------------------------------------------------------------------------------------------------------------------ */

Value io_unsupported(RpThread *th, const char *what) {
  Value module = module_import_native(th, str_intern_c(th, "_io"));
  Value cls = module == EMPTY ? EMPTY : dict_get_c(th, ((Module *)as_object(module))->dict, "UnsupportedOperation");
  Str *text = cls == EMPTY ? NULL : str_from_c(th, what);
  Value e = text ? op_call1(th, cls, V(text)) : EMPTY;
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
Value io_call(RpThread *th, Value self, const char *name, const Value *args, int n) {
  Str *s = str_intern_c(th, name);
  return s ? op_call_method(th, self, s, args, n) : EMPTY;
}
Value io_attr(RpThread *th, Value self, const char *name) {
  Str *s = str_intern_c(th, name);
  return s ? op_getattr(th, self, s) : EMPTY;
}
Value io_attr_opt(RpThread *th, Value self, const char *name) {
  Str *s = str_intern_c(th, name);
  return s ? op_getattr_opt(th, self, s) : EMPTY;
}
int io_ask(RpThread *th, Value self, const char *method) {
  Value v = io_call0(th, self, method);
  return v == EMPTY ? -1 : op_truth(th, v);
}
int io_closed(RpThread *th, Value self) {
  Value v = io_attr(th, self, "closed");
  return v == EMPTY ? -1 : op_truth(th, v);
}
bool io_check_closed_text(RpThread *th, Value self, const char *message) {
  int c = io_closed(th, self);
  if (c > 0) raise_value(th, "%s", message);
  return c == 0;
}
bool io_check_closed(RpThread *th, Value self) { return io_check_closed_text(th, self, "I/O operation on closed file."); }
bool io_size_arg(RpThread *th, Value v, int64_t *out) {
  *out = -1;
  if (v == EMPTY || v == NONE) return true;
  if (!is_object(v) && !int_check(v)) return raise_type(th, "argument should be integer or None, not '%T'", v), false;
  if (is_object(v) && !int_check(v) && !type_of(v)->slots.index) return raise_type(th, "argument should be integer or None, not '%T'", v), false;
  return op_as_i64(th, v, out);
}
bool io_whence(RpThread *th, Value v, int *out) {
  int64_t n = 0;
  if (v != EMPTY && !op_as_i64(th, v, &n)) return false;
  *out = (int)n;
  return true;
}
Value io_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) { return V(type_alloc(th, type)); }
Value io_self_iter(RpThread *th, Value self) { return io_check_closed(th, self) ? self : EMPTY; }

const char *io_path(RpThread *th, Value v, Value *hold) {
  if (!str_check(v) && !bytes_check(v)) {
    Value fn = is_object(v) ? op_lookup_special(th, v, str_intern_c(th, "__fspath__")) : EMPTY;
    if (fn == EMPTY && th->pending == EMPTY) raise_type(th, "expected str, bytes or os.PathLike object, not %T", v);
    if (fn == EMPTY) return NULL;
    Value of = v;
    v = op_call0(th, fn);
    if (v == EMPTY) return NULL;
    if (!str_check(v) && !bytes_check(v)) return raise_type(th, "expected %T.__fspath__() to return str or bytes, not %T", of, v), NULL;
  }
  Value b = str_check(v) ? encode_utf8(th, as_str(v), "surrogateescape") : v;
  if (b == EMPTY) return NULL;
  *hold = b;
  const char *s = (const char *)as_bytes(b)->data;
  if (strlen(s) != as_bytes(b)->length) return raise_value(th, "embedded null byte"), NULL;
  return s;
}

/* A stream that nobody closed: closed now, whatever comes of it. */
Value io_finalize(RpThread *th, Value self) {
  if (load_relaxed(&IO_BASE(self)->owned)) return NONE;
  Value c = io_attr_opt(th, self, "closed");
  if (c == EMPTY || op_truth(th, c) == 0) {
    error_clear(th);
    io_call0(th, self, "close");
  }
  error_clear(th);
  return NONE;
}

/* -- _IOBase ------------------------------------------------------------------------------------------------------------------------ */

#define UNSUPPORTED(fn, what) \
  static Value fn(RpThread *th, const Value *a) { return io_unsupported(th, what); }
UNSUPPORTED(m_seek, "seek")
UNSUPPORTED(m_truncate, "truncate")
UNSUPPORTED(m_fileno, "fileno")
UNSUPPORTED(m_read, "read")
UNSUPPORTED(m_read1, "read1")
UNSUPPORTED(m_write, "write")
UNSUPPORTED(m_readline_text, "readline")
UNSUPPORTED(m_detach, "detach")

static Value m_false(RpThread *th, const Value *a) { return io_check_closed(th, a[0]) ? FALSE_V : EMPTY; }
static Value m_tell(RpThread *th, const Value *a) {
  const Value args[2] = {value_int(0), value_int(1)};
  return io_call(th, a[0], "seek", args, 2);
}
static Value m_flush(RpThread *th, const Value *a) {
  if (IO_BASE(a[0])->closed) return raise_value(th, "I/O operation on closed file.");
  return NONE;
}
static Value m_close(RpThread *th, const Value *a) {
  if (IO_BASE(a[0])->closed) return NONE;
  Value r = io_call0(th, a[0], "flush");
  IO_BASE(a[0])->closed = true;
  return r == EMPTY ? EMPTY : NONE;
}
static Value m_del(RpThread *th, const Value *a) { return io_finalize(th, a[0]); }
static Value get_closed(RpThread *th, Value self) { return value_bool(IO_BASE(self)->closed); }
static Value m_check_closed(RpThread *th, const Value *a) { return io_check_closed(th, a[0]) ? NONE : EMPTY; }
#define CHECK(fn, method, message)                                       \
  static Value fn(RpThread *th, const Value *a) {                        \
    int r = io_ask(th, a[0], method);                                    \
    return r < 0 ? EMPTY : r ? TRUE_V : io_unsupported(th, message);     \
  }
CHECK(m_check_seekable, "seekable", "File or stream is not seekable.")
CHECK(m_check_readable, "readable", "File or stream is not readable.")
CHECK(m_check_writable, "writable", "File or stream is not writable.")
static Value m_enter(RpThread *th, const Value *a) { return io_check_closed(th, a[0]) ? a[0] : EMPTY; }
static Value m_exit(RpThread *th, const Value *a) { return io_call0(th, a[0], "close"); }

/* A line by read(1), or by peek() where there is one. */
static Value m_readline(RpThread *th, const Value *a) {
  int64_t limit;
  if (!io_size_arg(th, a[1], &limit)) return EMPTY;
  Value peek = io_attr_opt(th, a[0], "peek");
  if (peek == EMPTY && th->pending != EMPTY) return EMPTY;
  ByteBuilder out;
  bb_init(&out, th);
  while (limit < 0 || (int64_t)out.len < limit) {
    int64_t want = 1;
    if (peek != EMPTY) {
      Value ahead = op_call1(th, peek, value_int(1));
      if (ahead == EMPTY) goto fail;
      if (!bytes_check(ahead)) {
        raise_error(th, &type_OSError, "peek() should have returned a bytes object, not '%T'", ahead);
        goto fail;
      }
      Bytes *b = as_bytes(ahead);
      if (b->length) {
        size_t n = b->length;
        if (limit >= 0 && n > (size_t)(limit - (int64_t)out.len)) n = (size_t)(limit - (int64_t)out.len);
        const uint8_t *nl = memchr(b->data, '\n', n);
        want = nl ? nl - b->data + 1 : (int64_t)n;
      }
    }
    Value got = io_call1(th, a[0], "read", value_int(want));
    if (got == EMPTY) goto fail;
    if (!bytes_check(got)) {
      raise_error(th, &type_OSError, "read() should have returned a bytes object, not '%T'", got);
      goto fail;
    }
    Bytes *b = as_bytes(got);
    if (!b->length) break;
    bb_put(&out, b->data, b->length);
    if (b->data[b->length - 1] == '\n') break;
  }
  return V(bb_finish(&out));
fail:
  bb_drop(&out);
  return EMPTY;
}
static Value next(RpThread *th, Value self) {
  Value line = io_call0(th, self, "readline");
  if (line == EMPTY) return EMPTY;
  int64_t n = op_len(th, line);
  return n <= 0 ? EMPTY : line;
}
static Value m_readlines(RpThread *th, const Value *a) {
  int64_t hint, total = 0;
  if (!io_size_arg(th, a[1], &hint)) return EMPTY;
  List *out = list_new(th, 0);
  Value it = out ? op_iter(th, a[0]) : EMPTY, line;
  if (it == EMPTY) return EMPTY;
  while ((line = op_next(th, it)) != EMPTY) {
    if (list_append(th, out, line) < 0) return EMPTY;
    if (hint <= 0) continue;
    int64_t n = op_len(th, line);
    if (n < 0) return EMPTY;
    if ((total += n) >= hint) break;
  }
  return th->pending != EMPTY ? EMPTY : V(out);
}
static Value m_writelines(RpThread *th, const Value *a) {
  if (!io_check_closed(th, a[0])) return EMPTY;
  Value it = op_iter(th, a[1]), line;
  if (it == EMPTY) return EMPTY;
  while ((line = op_next(th, it)) != EMPTY)
    if (io_call1(th, a[0], "write", line) == EMPTY) return EMPTY;
  return th->pending != EMPTY ? EMPTY : NONE;
}

static const NativeDef base_methods[] = {
    {"seek", m_seek, "(self, *args)", 0, "Change the stream position to the given byte offset."},
    {"tell", m_tell, "(self, /)", 0, "Return current stream position."},
    {"truncate", m_truncate, "(self, *args)", 0, "Truncate file to size bytes."},
    {"flush", m_flush, "(self, /)", 0, "Flush write buffers, if applicable."},
    {"close", m_close, "(self, /)", 0, "Flush and close the IO object."},
    {"seekable", m_false, "(self, /)", 0, "Return whether object supports random access."},
    {"readable", m_false, "(self, /)", 0, "Return whether object was opened for reading."},
    {"writable", m_false, "(self, /)", 0, "Return whether object was opened for writing."},
    {"_checkClosed", m_check_closed, "(self, *args)", 0, NULL},
    {"_checkSeekable", m_check_seekable, "(self, *args)", 0, NULL},
    {"_checkReadable", m_check_readable, "(self, *args)", 0, NULL},
    {"_checkWritable", m_check_writable, "(self, *args)", 0, NULL},
    {"fileno", m_fileno, "(self, /)", 0, "Returns underlying file descriptor if one exists."},
    {"isatty", m_false, "(self, /)", 0, "Return whether this is an 'interactive' stream."},
    {"__enter__", m_enter, "(self, /)", 0, NULL},
    {"__exit__", m_exit, "(self, *args)", 0, NULL},
    {"__del__", m_del, "(self, /)", 0, NULL},
    {"readline", m_readline, "(self, size=-1, /)", 0, "Read and return a line from the stream."},
    {"readlines", m_readlines, "(self, hint=-1, /)", 0, "Return a list of lines from the stream."},
    {"writelines", m_writelines, "(self, lines, /)", 0, "Write a list of lines to stream."},
    {0},
};
static const GetSetDef base_getsets[] = {{"closed", get_closed, NULL, NULL}, {0}};
const TypeSpec spec_io_IOBase = {
    .doc = "The abstract base class for all I/O classes.",
    .size = sizeof(IoBase),
    .flags = TYPE_HAS_WEAKREF,
    .slots = {.trace = io_trace_base, .new_ = io_new, .iter = io_self_iter, .next = next, .finalize_py = io_finalize},
    .methods = base_methods,
    .getsets = base_getsets,
};

/* -- _RawIOBase ------------------------------------------------------------------------------------------------------------------------- */

static Value raw_read(RpThread *th, const Value *a) {
  int64_t n;
  if (!io_size_arg(th, a[1], &n)) return EMPTY;
  if (n < 0) return io_call0(th, a[0], "readall");
  ByteArray *b = bytearray_new(th, NULL, (size_t)n);
  Value r = b ? io_call1(th, a[0], "readinto", V(b)) : EMPTY;
  if (r == EMPTY || r == NONE) return r;
  int64_t got;
  if (!op_as_i64(th, r, &got)) return EMPTY;
  Span s = bytes_span(V(b));
  if (got < 0 || (uint64_t)got > s.n) return raise_value(th, "readinto returned %ld outside buffer size %ld", (long)got, (long)s.n);
  return V(bytes_new(th, s.p, (size_t)got));
}
static Value raw_readall(RpThread *th, const Value *a) {
  ByteBuilder out;
  bb_init(&out, th);
  for (;;) {
    Value v = io_call1(th, a[0], "read", value_int(IO_BUFFER_SIZE));
    if (v == EMPTY) break;
    if (v == NONE) {
      if (out.len) return V(bb_finish(&out));
      bb_drop(&out);
      return NONE;
    }
    if (!bytes_check(v)) {
      raise_type(th, "read() should return bytes");
      break;
    }
    if (!as_bytes(v)->length) return V(bb_finish(&out));
    bb_put(&out, as_bytes(v)->data, as_bytes(v)->length);
  }
  bb_drop(&out);
  return EMPTY;
}
const TypeSpec spec_io_RawIOBase = {
    .doc = "Base class for raw binary I/O.",
    .size = sizeof(IoBase),
    .methods = (const NativeDef[]){{"read", raw_read, "(self, size=-1, /)", 0, NULL},
                                   {"readall", raw_readall, "(self, /)", 0, "Read until EOF, using multiple read() call."}, {0}},
};

/* -- _BufferedIOBase ---------------------------------------------------------------------------------------------------------------------- */

static Value into(RpThread *th, const Value *a, const char *method) {
  Buffer b;
  if (buffer_acquire(th, a[1], &b, true) < 0) return EMPTY;
  Value v = io_call1(th, a[0], method, value_int(b.size));
  Value r = v;
  if (v != EMPTY && !bytes_check(v)) r = raise_type(th, "%s() should return bytes", method);
  else if (v != EMPTY && (int64_t)as_bytes(v)->length > b.size)
    r = raise_value(th, "read() returned too much data: %ld bytes requested, %ld returned", (long)b.size, (long)as_bytes(v)->length);
  else if (v != EMPTY) {
    memcpy(b.data, as_bytes(v)->data, as_bytes(v)->length);
    r = value_int((int64_t)as_bytes(v)->length);
  }
  buffer_release(th, &b);
  return r;
}
static Value m_readinto(RpThread *th, const Value *a) { return into(th, a, "read"); }
static Value m_readinto1(RpThread *th, const Value *a) { return into(th, a, "read1"); }
const TypeSpec spec_io_BufferedIOBase = {
    .doc = "Base class for buffered IO objects.",
    .size = sizeof(IoBase),
    .methods = (const NativeDef[]){{"detach", m_detach, "(self, /)", 0, "Disconnect this buffer from its underlying raw stream and return it."},
                                   {"read", m_read, "(self, *args)", 0, "Read and return up to n bytes."},
                                   {"read1", m_read1, "(self, *args)", 0, "Read and return up to n bytes, with at most one read() call"},
                                   {"write", m_write, "(self, *args)", 0, "Write the given buffer to the IO stream."},
                                   {"readinto", m_readinto, "(self, buffer, /)", 0, NULL},
                                   {"readinto1", m_readinto1, "(self, buffer, /)", 0, NULL},
                                   {0}},
};

/* -- _TextIOBase -------------------------------------------------------------------------------------------------------------------------- */

static Value get_none(RpThread *th, Value self) { return NONE; }
const TypeSpec spec_io_TextIOBase = {
    .doc = "Base class for text I/O.",
    .size = sizeof(IoBase),
    .methods = (const NativeDef[]){{"detach", m_detach, "(self, /)", 0, "Separate the underlying buffer from the TextIOBase and return it."},
                                   {"read", m_read, "(self, *args)", 0, "Return a string containing up to n characters."},
                                   {"readline", m_readline_text, "(self, *args)", 0, "Read until newline or EOF."},
                                   {"write", m_write, "(self, *args)", 0, "Write string to stream."},
                                   {0}},
    .getsets = (const GetSetDef[]){{"encoding", get_none, NULL, "Encoding of the text stream."},
                                   {"newlines", get_none, NULL, "Line endings translated so far."},
                                   {"errors", get_none, NULL, "The error setting of the decoder or encoder."},
                                   {0}},
};
