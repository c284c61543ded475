/* io_file.c: FileIO: a file descriptor as a raw stream. Calls that may block run in SAFE state; two threads may use one descriptor at once, as the
** system defines it. */
#include "runtime/context.h"
#include "runtime/io.h"
#include "runtime/os.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct FileIO {
  IoBase base;
  int fd;                  /* -1: closed */
  int64_t block_size;
  bool created, readable, writable, appending, closefd;
  int8_t seekable;         /* -1: not asked yet */
} FileIO;
#define FILE_(v) ((FileIO *)as_object(v))
#define OS(th, fn, ...) ((th)->ctx->os->fn((th)->ctx->os_data, __VA_ARGS__))

static void free_(RpContext *ctx, Object *o) {
  FileIO *f = (FileIO *)o;
  if (f->base.ready && f->fd >= 0 && f->closefd) ctx->os->close(ctx->os_data, f->fd);
}
static Value file_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  FileIO *f = (FileIO *)type_alloc(th, type);
  if (!f) return EMPTY;
  f->fd = -1;
  f->seekable = -1;
  f->block_size = IO_BUFFER_SIZE;
  return V(f);
}
bool file_is_open(Value f) { return FILE_(f)->fd >= 0; }
static bool check_open(RpThread *th, FileIO *f) {
  if (f->fd >= 0) return true;
  raise_value(th, "I/O operation on closed file");
  return false;
}

/* -- Opening ---------------------------------------------------------------------------------------------------------------------------- */

static bool parse_mode(RpThread *th, FileIO *f, const char *mode, int *flags) {
  bool rwa = false, plus = false;
  int fl = 0;
  for (const char *p = mode; *p; p++) {
    switch (*p) {
    case 'x': case 'r': case 'w': case 'a':
      if (rwa) goto bad;
      rwa = true;
      if (*p == 'r') f->readable = true;
      else f->writable = true;
      if (*p == 'x') f->created = true, fl |= O_EXCL | O_CREAT;
      if (*p == 'w') fl |= O_CREAT | O_TRUNC;
      if (*p == 'a') f->appending = true, fl |= O_APPEND | O_CREAT;
      break;
    case 'b': break;
    case '+':
      if (plus) goto bad;
      f->readable = f->writable = plus = true;
      break;
    default: raise_value(th, "invalid mode: %s", mode); return false;
    }
  }
  if (!rwa) goto bad;
  *flags = fl | (f->readable && f->writable ? O_RDWR : f->readable ? O_RDONLY : O_WRONLY) | O_CLOEXEC;
  return true;
bad:
  raise_value(th, "Must have exactly one of create/read/write/append mode and at most one plus");
  return false;
}
static int open_path(RpThread *th, const char *path, int flags) {
  for (int tries = 0;; tries++) {
    thread_enter_safe(th);
    int fd = OS(th, open, path, flags, 0666);
    thread_leave_safe(th);
    if (fd >= 0) return fd;
    if (errno == EINTR && thread_poll(th)) continue;
    if (errno != EMFILE || tries) return -1;
    heap_collect(th); /* files that nobody holds any more */
    heap_finalize_due(th);
  }
}
static int call_opener(RpThread *th, Value opener, Value name, int flags) {
  Value r = op_call2(th, opener, name, value_int(flags));
  int64_t fd;
  if (r == EMPTY) return -1;
  if (!int_check(r) || !int_as_i64(r, &fd)) {
    if (th->pending == EMPTY) raise_type(th, "expected integer from opener");
    return -1;
  }
  if (fd < 0) {
    raise_value(th, "opener returned %d", (int)fd);
    return -1;
  }
  return (int)fd;
}
static int drop_fd(RpThread *th, FileIO *f) {
  int fd = f->fd;
  f->fd = -1;
  if (fd < 0 || !f->closefd) return 0;
  thread_enter_safe(th);
  int r = OS(th, close, fd);
  thread_leave_safe(th);
  return r;
}
static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"FileIO", NULL, "(file, mode='r', closefd=True, opener=None)"};
  Value a[4];
  FileIO *f = FILE_(self);
  if (!BIND(th, &def, args, n_pos, kwnames, a)) return -1;
  if (drop_fd(th, f) < 0) return raise_os(th, errno, EMPTY), -1;
  const char *mode = "r";
  int flags, closefd = a[2] == EMPTY ? 1 : op_truth(th, a[2]);
  if (closefd < 0) return -1;
  if (a[1] != EMPTY) {
    if (!str_check(a[1])) return raise_type(th, "FileIO() argument 'mode' must be str, not %T", a[1]), -1;
    if (!(mode = str_utf8(th, as_str(a[1]), NULL))) return -1;
  }
  f->created = f->readable = f->writable = f->appending = false;
  f->seekable = -1;
  Value hold = EMPTY, name = a[0];
  int64_t fd = -1;
  const char *path = NULL;
  if (int_check(name)) {
    if (!int_as_i64(name, &fd) || fd > INT32_MAX || fd < INT32_MIN)
      return raise_overflow(th, "Python int too large to convert to C int"), -1;
    if (fd < 0) return raise_value(th, "negative file descriptor"), -1;
  } else if (!(path = io_path(th, name, &hold))) return -1;
  if (!parse_mode(th, f, mode, &flags)) return -1;
  if (fd >= 0) {
    f->fd = (int)fd;
    f->closefd = closefd;
  } else {
    if (!closefd) return raise_value(th, "Cannot use closefd=False with file name"), -1;
    f->closefd = true;
    bool own = a[3] == EMPTY || a[3] == NONE;
    f->fd = own ? open_path(th, path, flags) : call_opener(th, a[3], name, flags);
    if (f->fd < 0) {
      if (th->pending == EMPTY) raise_os(th, errno, name);
      return -1;
    }
  }
  f->base.ready = true;
  struct stat st;
  if (OS(th, fstat, f->fd, &st) < 0) {
    int err = errno;
    if (fd >= 0 && err == EBADF) f->fd = -1; /* not ours to close */
    else if (fd < 0) drop_fd(th, f);
    f->fd = -1;
    return raise_os(th, err, fd >= 0 ? EMPTY : name), -1;
  }
  if (S_ISDIR(st.st_mode)) {
    if (fd < 0) drop_fd(th, f);
    f->fd = -1;
    return raise_os(th, EISDIR, name), -1;
  }
  if (st.st_blksize > 1) f->block_size = st.st_blksize;
  if (object_setattr(th, self, S(name), name) < 0) goto fail;
  if (f->appending && OS(th, lseek, f->fd, 0, SEEK_END) < 0 && errno != ESPIPE) {
    raise_os(th, errno, EMPTY);
    goto fail;
  }
  return 0;
fail:
  if (fd < 0) drop_fd(th, f);
  f->fd = -1;
  return -1;
}

/* -- Moving bytes ------------------------------------------------------------------------------------------------------------------------- */

#define MAX_IO ((size_t)0x7ffff000)

static int64_t transfer(RpThread *th, FileIO *f, void *p, size_t n, bool writing) {
  if (n > MAX_IO) n = MAX_IO;
  for (;;) {
    thread_enter_safe(th);
    ssize_t r = writing ? OS(th, write, f->fd, p, n) : OS(th, read, f->fd, p, n);
    thread_leave_safe(th);
    int err = errno;
    if (r >= 0) return r;
    if (err == EAGAIN) return IO_WOULD_BLOCK;
    if (err != EINTR) return raise_os(th, err, EMPTY), -1;
    if (!thread_poll(th)) return -1;
  }
}
int64_t file_read_into(RpThread *th, Value v, void *p, size_t n) {
  FileIO *f = FILE_(v);
  if (!check_open(th, f)) return -1;
  if (!f->readable) return io_unsupported(th, "File not open for reading"), -1;
  return transfer(th, f, p, n, false);
}
int64_t file_write_from(RpThread *th, Value v, const void *p, size_t n) {
  FileIO *f = FILE_(v);
  if (!check_open(th, f)) return -1;
  if (!f->writable) return io_unsupported(th, "File not open for writing"), -1;
  return transfer(th, f, (void *)(uintptr_t)p, n, true);
}
static Value moved(int64_t r) { return r == IO_WOULD_BLOCK ? NONE : r < 0 ? EMPTY : value_int(r); }

static Value m_readall(RpThread *th, const Value *a) {
  FileIO *f = FILE_(a[0]);
  if (!check_open(th, f)) return EMPTY;
  struct stat st;
  int64_t at = OS(th, lseek, f->fd, 0, SEEK_CUR);
  size_t room = IO_BUFFER_SIZE;
  if (OS(th, fstat, f->fd, &st) == 0 && at >= 0 && st.st_size >= at) room = (size_t)(st.st_size - at) + 1;
  Bytes *b = bytes_new(th, NULL, room);
  size_t n = 0;
  while (b) {
    if (n == b->length) {
      size_t more = n + (n >> 1) + IO_BUFFER_SIZE;
      Bytes *bigger = bytes_new(th, NULL, more);
      if (!bigger) return EMPTY;
      memcpy(bigger->data, b->data, n);
      b = bigger;
    }
    int64_t r = file_read_into(th, a[0], b->data + n, b->length - n);
    if (r == -1) return EMPTY;
    if (r == IO_WOULD_BLOCK && n == 0) return NONE;
    if (r <= 0) break;
    n += (size_t)r;
  }
  return b ? V(bytes_new(th, b->data, n)) : EMPTY;
}
static Value m_read(RpThread *th, const Value *a) {
  int64_t n;
  if (!check_open(th, FILE_(a[0]))) return EMPTY;
  if (!FILE_(a[0])->readable) return io_unsupported(th, "File not open for reading");
  if (!io_size_arg(th, a[1], &n)) return EMPTY;
  if (n < 0) return m_readall(th, a);
  if ((size_t)n > MAX_IO) n = (int64_t)MAX_IO;
  Bytes *b = bytes_new(th, NULL, (size_t)n);
  int64_t got = b ? file_read_into(th, a[0], b->data, (size_t)n) : -1;
  if (got < 0) return got == IO_WOULD_BLOCK ? NONE : EMPTY;
  return got == n ? V(b) : V(bytes_new(th, b->data, (size_t)got));
}
static Value m_readinto(RpThread *th, const Value *a) {
  Buffer b;
  if (!check_open(th, FILE_(a[0]))) return EMPTY;
  if (!FILE_(a[0])->readable) return io_unsupported(th, "File not open for reading");
  if (buffer_acquire(th, a[1], &b, true) < 0) return EMPTY;
  int64_t n = file_read_into(th, a[0], b.data, (size_t)b.size);
  buffer_release(th, &b);
  return moved(n);
}
static Value m_write(RpThread *th, const Value *a) {
  Buffer b;
  if (!check_open(th, FILE_(a[0]))) return EMPTY;
  if (!FILE_(a[0])->writable) return io_unsupported(th, "File not open for writing");
  if (buffer_acquire(th, a[1], &b, false) < 0) return EMPTY;
  int64_t n = file_write_from(th, a[0], b.data, (size_t)b.size);
  buffer_release(th, &b);
  return moved(n);
}

/* -- Position and state ------------------------------------------------------------------------------------------------------------------- */

static Value seek_to(RpThread *th, FileIO *f, int64_t off, int whence) {
  thread_enter_safe(th);
  int64_t r = OS(th, lseek, f->fd, off, whence);
  thread_leave_safe(th);
  if (f->seekable < 0) f->seekable = r >= 0;
  return r < 0 ? raise_os(th, errno, EMPTY) : int_from_i64(th, r);
}
static Value m_seek(RpThread *th, const Value *a) {
  int64_t off;
  int whence;
  if (!check_open(th, FILE_(a[0]))) return EMPTY;
  if (float_check(a[1])) return raise_type(th, "'float' object cannot be interpreted as an integer");
  if (!op_as_i64(th, a[1], &off) || !io_whence(th, a[2], &whence)) return EMPTY;
  return seek_to(th, FILE_(a[0]), off, whence);
}
static Value m_tell(RpThread *th, const Value *a) { return check_open(th, FILE_(a[0])) ? seek_to(th, FILE_(a[0]), 0, SEEK_CUR) : EMPTY; }
static Value m_truncate(RpThread *th, const Value *a) {
  FileIO *f = FILE_(a[0]);
  if (!check_open(th, f)) return EMPTY;
  if (!f->writable) return io_unsupported(th, "File not open for writing");
  Value size = a[1];
  if (size == EMPTY || size == NONE) size = seek_to(th, f, 0, SEEK_CUR);
  int64_t n;
  if (size == EMPTY || !op_as_i64(th, size, &n)) return EMPTY;
  thread_enter_safe(th);
  int r = OS(th, ftruncate, f->fd, n);
  thread_leave_safe(th);
  return r < 0 ? raise_os(th, errno, EMPTY) : size;
}
static Value m_seekable(RpThread *th, const Value *a) {
  FileIO *f = FILE_(a[0]);
  if (!check_open(th, f)) return EMPTY;
  if (f->seekable < 0) {
    f->seekable = OS(th, lseek, f->fd, 0, SEEK_CUR) >= 0;
  }
  return value_bool(f->seekable);
}
static Value m_readable(RpThread *th, const Value *a) { return check_open(th, FILE_(a[0])) ? value_bool(FILE_(a[0])->readable) : EMPTY; }
static Value m_writable(RpThread *th, const Value *a) { return check_open(th, FILE_(a[0])) ? value_bool(FILE_(a[0])->writable) : EMPTY; }
static Value m_fileno(RpThread *th, const Value *a) { return check_open(th, FILE_(a[0])) ? value_int(FILE_(a[0])->fd) : EMPTY; }
static Value m_isatty(RpThread *th, const Value *a) {
  return check_open(th, FILE_(a[0])) ? value_bool(OS(th, isatty, FILE_(a[0])->fd)) : EMPTY;
}
static Value m_close(RpThread *th, const Value *a) {
  FileIO *f = FILE_(a[0]);
  f->base.closed = true;
  return drop_fd(th, f) < 0 ? raise_os(th, errno, EMPTY) : NONE;
}

static const char *mode_text(const FileIO *f) {
  if (f->created) return f->readable ? "xb+" : "xb";
  if (f->appending) return f->readable ? "ab+" : "ab";
  return f->readable ? f->writable ? "rb+" : "rb" : "wb";
}
static Value get_mode(RpThread *th, Value self) { return V(str_from_c(th, mode_text(FILE_(self)))); }
static Value get_closefd(RpThread *th, Value self) { return value_bool(FILE_(self)->closefd); }
static Value get_closed(RpThread *th, Value self) { return value_bool(FILE_(self)->fd < 0); }
static Value get_blksize(RpThread *th, Value self) { return value_int(FILE_(self)->block_size); }
static Value repr(RpThread *th, Value self) {
  FileIO *f = FILE_(self);
  if (f->fd < 0) return V(str_fmt(th, "<_io.FileIO [closed]>"));
  Value name = io_attr_opt(th, self, "name");
  const char *closefd = f->closefd ? "True" : "False";
  if (name == EMPTY && th->pending != EMPTY) return EMPTY;
  if (name == EMPTY) return V(str_fmt(th, "<_io.FileIO fd=%d mode='%s' closefd=%s>", f->fd, mode_text(f), closefd));
  return V(str_fmt(th, "<_io.FileIO name=%V mode='%s' closefd=%s>", name, mode_text(f), closefd));
}
static Value m_getstate(RpThread *th, const Value *a) { return raise_type(th, "cannot pickle '%T' object", a[0]); }

const TypeSpec spec_io_FileIO = {
    .doc = "Open a file.",
    .size = sizeof(FileIO),
    .slots = {.trace = io_trace_base, .free_ = free_, .new_ = file_new, .init = init, .repr = repr},
    .methods = (const NativeDef[]){{"read", m_read, "(self, size=-1, /)", 0, "Read at most size bytes, returned as bytes."},
                                   {"readall", m_readall, "(self, /)", 0, "Read all data from the file, returned as bytes."},
                                   {"readinto", m_readinto, "(self, buffer, /)", 0, "Same as RawIOBase.readinto()."},
                                   {"write", m_write, "(self, b, /)", 0, "Write buffer b to file, return number of bytes written."},
                                   {"seek", m_seek, "(self, pos, whence=0, /)", 0, "Move to new file position and return the file position."},
                                   {"tell", m_tell, "(self, /)", 0, "Current file position."},
                                   {"truncate", m_truncate, "(self, size=None, /)", 0, "Truncate the file to at most size bytes and return the truncated size."},
                                   {"close", m_close, "(self, /)", 0, "Close the file."},
                                   {"seekable", m_seekable, "(self, /)", 0, "True if file supports random-access."},
                                   {"readable", m_readable, "(self, /)", 0, "True if file was opened in a read mode."},
                                   {"writable", m_writable, "(self, /)", 0, "True if file was opened in a write mode."},
                                   {"fileno", m_fileno, "(self, /)", 0, "Return the underlying file descriptor (an integer)."},
                                   {"isatty", m_isatty, "(self, /)", 0, "True if the file is connected to a TTY device."},
                                   {"__getstate__", m_getstate, "(self, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"mode", get_mode, NULL, "String giving the file mode"},
                                   {"closed", get_closed, NULL, "True if the file is closed"},
                                   {"closefd", get_closefd, NULL, "True if the file descriptor will be closed by close()."},
                                   {"_blksize", get_blksize, NULL, NULL},
                                   {0}},
};
