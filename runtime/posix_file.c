/* posix_file.c: files by name (links, modes, owners, times) and by descriptor (pipes, copies, offsets, terminals). */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/codecs.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/str.h"
#include "runtime/structseq.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

/* -- By name ------------------------------------------------------------------------------------------------------------------------------- */

/* A call on one path: asks, parses, calls, raises. `allow`: PATH_FD when `by_fd` exists. */
static bool one_path(RpThread *th, Value v, int allow, const char *function, PathArg *p) {
  return os_may(th, OS_FILES) && path_arg(th, v, allow, function, p);
}
static Value posix_unlink(RpThread *th, const Value *a) {
  PathArg p;
  return no_dir_fd(th, a[1]) && path_arg(th, a[0], 0, "unlink", &p) ? os_done(th, OS_CALL(th, unlink, p.name), p.given) : EMPTY;
}
static Value posix_rmdir(RpThread *th, const Value *a) {
  PathArg p;
  return no_dir_fd(th, a[1]) && path_arg(th, a[0], 0, "rmdir", &p) ? os_done(th, OS_CALL(th, rmdir, p.name), p.given) : EMPTY;
}
static Value posix_mkdir(RpThread *th, const Value *a) {
  PathArg p;
  int mode;
  if (!no_dir_fd(th, a[2]) || !path_arg(th, a[0], 0, "mkdir", &p) || !int_arg(th, a[1], 0777, &mode)) return EMPTY;
  return os_done(th, OS_CALL(th, mkdir, p.name, mode), p.given);
}
static Value posix_access(RpThread *th, const Value *a) {
  PathArg p;
  int mode;
  if (!no_dir_fd(th, a[2]) || !path_arg(th, a[0], 0, "access", &p) || !int_arg(th, a[1], 0, &mode)) return EMPTY;
  return value_bool(OS_CALL(th, access, p.name, mode) == 0);
}
/* OSError with both names. */
static Value raise_two(RpThread *th, const PathArg *from, const PathArg *to) {
  int err = errno;
  Str *text = str_from_c(th, strerror(err));
  if (!text) return EMPTY;
  Value args[5] = {value_int(err), value_object(text), from->given, NONE, to->given};
  Value e = op_call(th, value_object(&type_OSError), args, 5, NULL);
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static Value posix_rename(RpThread *th, const Value *a) {
  PathArg from, to;
  if (!no_dir_fd(th, a[2]) || !no_dir_fd(th, a[3]) || !path_arg(th, a[0], 0, "rename", &from) || !path_arg(th, a[1], 0, "rename", &to)) return EMPTY;
  return OS_CALL(th, rename, from.name, to.name) < 0 ? raise_two(th, &from, &to) : NONE;
}
static Value posix_symlink(RpThread *th, const Value *a) {
  PathArg from, to;
  if (!no_dir_fd(th, a[3]) || !one_path(th, a[0], 0, "symlink", &from) || !path_arg(th, a[1], 0, "symlink", &to)) return EMPTY;
  return symlink(from.name, to.name) < 0 ? raise_two(th, &from, &to) : NONE;
}
static Value posix_link(RpThread *th, const Value *a) {
  PathArg from, to;
  bool follow;
  if (!no_dir_fd(th, a[2]) || !no_dir_fd(th, a[3]) || !one_path(th, a[0], 0, "link", &from) || !path_arg(th, a[1], 0, "link", &to)) return EMPTY;
  if (!truth_arg(th, a[4], true, &follow)) return EMPTY;
  return linkat(AT_FDCWD, from.name, AT_FDCWD, to.name, follow ? AT_SYMLINK_FOLLOW : 0) < 0 ? raise_two(th, &from, &to) : NONE;
}
static Value posix_readlink(RpThread *th, const Value *a) {
  PathArg p;
  char buf[4097];
  if (!no_dir_fd(th, a[1]) || !one_path(th, a[0], 0, "readlink", &p)) return EMPTY;
  ssize_t n = readlink(p.name, buf, sizeof buf - 1);
  if (n < 0) return os_done(th, n, p.given);
  buf[n] = 0;
  return os_text(th, buf, p.bytes);
}
static Value posix_chmod(RpThread *th, const Value *a) {
  PathArg p;
  int mode;
  bool follow;
  if (!no_dir_fd(th, a[2]) || !one_path(th, a[0], PATH_FD, "chmod", &p) || !int_arg(th, a[1], 0, &mode) || !truth_arg(th, a[3], true, &follow)) return EMPTY;
  if (!follow) return raise_todo(th, "chmod: follow_symlinks unavailable on this platform");
  return os_done(th, p.name ? chmod(p.name, (mode_t)mode) : fchmod(p.fd, (mode_t)mode), p.given);
}
static bool id_arg(RpThread *th, Value v, uint32_t *out) {
  int64_t n;
  if (!op_as_i64(th, v, &n)) return false;
  if (n < -1) return raise_overflow(th, "uid is less than minimum"), false;
  if (n > UINT32_MAX) return raise_overflow(th, "uid is greater than maximum"), false;
  *out = (uint32_t)n;
  return true;
}
static Value change_owner(RpThread *th, const Value *a, const char *name, bool follow) {
  PathArg p;
  uint32_t uid, gid;
  if (!one_path(th, a[0], follow ? PATH_FD : 0, name, &p) || !id_arg(th, a[1], &uid) || !id_arg(th, a[2], &gid)) return EMPTY;
  return os_done(th, !p.name ? fchown(p.fd, uid, gid) : follow ? chown(p.name, uid, gid) : lchown(p.name, uid, gid), p.given);
}
static Value posix_chown(RpThread *th, const Value *a) {
  bool follow;
  return no_dir_fd(th, a[3]) && truth_arg(th, a[4], true, &follow) ? change_owner(th, a, "chown", follow) : EMPTY;
}
static Value posix_lchown(RpThread *th, const Value *a) { return change_owner(th, a, "lchown", false); }

/* Seconds (int or float, rounded down to nanoseconds) or, with ns, nanoseconds. */
static bool time_arg(RpThread *th, Value v, bool ns, struct timespec *out) {
  int64_t n;
  if (ns) {
    if (!op_as_i64(th, v, &n)) return false;
    out->tv_sec = n / 1000000000 - (n % 1000000000 < 0);
    out->tv_nsec = n - out->tv_sec * 1000000000;
    return true;
  }
  if (is_double(v)) {
    double d = as_double(v), whole = __builtin_floor(d);
    if (!(d >= -9.2e18 && d <= 9.2e18)) return raise_overflow(th, "timestamp out of range for platform time_t"), false;
    out->tv_sec = (time_t)whole;
    out->tv_nsec = (long)((d - whole) * 1e9);
    return true;
  }
  out->tv_nsec = 0;
  if (!op_as_i64(th, v, &n)) return false;
  out->tv_sec = n;
  return true;
}
static Value posix_utime(RpThread *th, const Value *a) {
  PathArg p;
  bool follow, ns = a[2] != EMPTY && a[2] != NONE, times = a[1] != EMPTY && a[1] != NONE;
  struct timespec ts[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
  if (ns && times) return raise_value(th, "utime: you may specify either 'times' or 'ns' but not both");
  if (!no_dir_fd(th, a[3]) || !one_path(th, a[0], PATH_FD, "utime", &p) || !truth_arg(th, a[4], true, &follow)) return EMPTY;
  Value pair = ns ? a[2] : a[1];
  if (ns || times) {
    if (!tuple_check(pair) || as_tuple(pair)->length != 2)
      return raise_type(th, ns ? "utime: 'ns' must be a tuple of two ints" : "utime: 'times' must be either a tuple of two ints or None");
    for (int i = 0; i < 2; i++)
      if (!time_arg(th, as_tuple(pair)->items[i], ns, &ts[i])) return EMPTY;
  }
  return os_done(th, p.name ? utimensat(AT_FDCWD, p.name, ts, follow ? 0 : AT_SYMLINK_NOFOLLOW) : futimens(p.fd, ts), p.given);
}
static Value posix_truncate(RpThread *th, const Value *a) {
  PathArg p;
  int64_t n;
  if (!one_path(th, a[0], PATH_FD, "truncate", &p) || !op_as_i64(th, a[1], &n)) return EMPTY;
  return os_done(th, p.name ? truncate(p.name, n) : OS_CALL(th, ftruncate, p.fd, n), p.given);
}
static Value posix_mkfifo(RpThread *th, const Value *a) {
  PathArg p;
  int mode;
  if (!no_dir_fd(th, a[2]) || !one_path(th, a[0], 0, "mkfifo", &p) || !int_arg(th, a[1], 0666, &mode)) return EMPTY;
  return os_done(th, mkfifo(p.name, (mode_t)mode), p.given);
}
static Value posix_chdir(RpThread *th, const Value *a) {
  PathArg p;
  if (!one_path(th, a[0], PATH_FD, "chdir", &p)) return EMPTY;
  return os_done(th, p.name ? chdir(p.name) : fchdir(p.fd), p.given);
}
static Value posix_fchdir(RpThread *th, const Value *a) {
  int fd;
  return os_may(th, OS_FILES) && fd_arg(th, a[0], &fd) ? os_done(th, fchdir(fd), EMPTY) : EMPTY;
}
static Value current_folder(RpThread *th, bool bytes) {
  char buf[4096];
  return OS_CALL(th, getcwd, buf, sizeof buf) ? os_text(th, buf, bytes) : raise_os(th, errno, EMPTY);
}
static Value posix_getcwd(RpThread *th, const Value *a) { return current_folder(th, false); }
static Value posix_getcwdb(RpThread *th, const Value *a) { return current_folder(th, true); }
static Value posix_umask(RpThread *th, const Value *a) {
  int mask;
  return os_may(th, OS_FILES) && int_arg(th, a[0], 0, &mask) ? value_int(umask((mode_t)mask)) : EMPTY;
}
static Value posix_fspath(RpThread *th, const Value *a) {
  if (str_check(a[0]) || bytes_check(a[0])) return a[0];
  Value fn = is_object(a[0]) ? op_lookup_special(th, a[0], S(__fspath__)) : EMPTY;
  if (fn == EMPTY) return th->pending != EMPTY ? EMPTY : raise_type(th, "expected str, bytes or os.PathLike object, not %T", a[0]);
  Value v = op_call0(th, fn);
  if (v == EMPTY || str_check(v) || bytes_check(v)) return v;
  return raise_type(th, "expected %T.__fspath__() to return str or bytes, not %T", a[0], v);
}

/* -- By descriptor ------------------------------------------------------------------------------------------------------------------------- */

static Value posix_open(RpThread *th, const Value *a) {
  PathArg p;
  int flags, mode, fd;
  if (!no_dir_fd(th, a[3]) || !path_arg(th, a[0], 0, "open", &p) || !int_arg(th, a[1], 0, &flags) || !int_arg(th, a[2], 0777, &mode)) return EMPTY;
  OS_BLOCKING(th, fd, OS_CALL(th, open, p.name, flags, mode));
  return fd < 0 ? os_done(th, fd, p.given) : value_int(fd);
}
static Value posix_close(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? os_done(th, OS_CALL(th, close, fd), EMPTY) : EMPTY;
}
static Value posix_closerange(RpThread *th, const Value *a) {
  int lo, hi;
  if (!int_arg(th, a[0], 0, &lo) || !int_arg(th, a[1], 0, &hi)) return EMPTY;
  for (int fd = lo < 0 ? 0 : lo; fd < hi; fd++) OS_CALL(th, close, fd);
  return NONE;
}
/* Reads up to n bytes with read or pread (offset >= 0) into a fresh bytes. */
static Value read_bytes(RpThread *th, int fd, int64_t n, int64_t offset) {
  if (n < 0) return raise_os(th, EINVAL, EMPTY);
  char *buf = malloc((size_t)n + 1);
  if (!buf) return raise_memory(th);
  ssize_t got;
  OS_BLOCKING(th, got, offset < 0 ? OS_CALL(th, read, fd, buf, (size_t)n) : pread(fd, buf, (size_t)n, offset));
  int err = errno;
  Bytes *b = got < 0 ? NULL : bytes_new(th, buf, (size_t)got);
  free(buf);
  errno = err;
  return b ? value_object(b) : os_done(th, -1, EMPTY);
}
static Value posix_read(RpThread *th, const Value *a) {
  int fd;
  int64_t n;
  return int_arg(th, a[0], 0, &fd) && op_as_i64(th, a[1], &n) ? read_bytes(th, fd, n, -1) : EMPTY;
}
static Value posix_pread(RpThread *th, const Value *a) {
  int fd;
  int64_t n, at;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd) || !op_as_i64(th, a[1], &n) || !op_as_i64(th, a[2], &at)) return EMPTY;
  return at < 0 ? raise_os(th, EINVAL, EMPTY) : read_bytes(th, fd, n, at);
}
static Value write_bytes(RpThread *th, int fd, Value data, int64_t offset) {
  Buffer b;
  ssize_t n;
  if (buffer_acquire(th, data, &b, false) < 0) return EMPTY;
  OS_BLOCKING(th, n, offset < 0 ? OS_CALL(th, write, fd, b.data, (size_t)b.size) : pwrite(fd, b.data, (size_t)b.size, offset));
  int err = errno;
  buffer_release(th, &b);
  errno = err;
  return os_int(th, n);
}
static Value posix_write(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? write_bytes(th, fd, a[1], -1) : EMPTY;
}
static Value posix_pwrite(RpThread *th, const Value *a) {
  int fd;
  int64_t at;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd) || !op_as_i64(th, a[2], &at)) return EMPTY;
  return at < 0 ? raise_os(th, EINVAL, EMPTY) : write_bytes(th, fd, a[1], at);
}
static Value posix_lseek(RpThread *th, const Value *a) {
  int fd, whence;
  int64_t at;
  if (!int_arg(th, a[0], 0, &fd) || !op_as_i64(th, a[1], &at) || !int_arg(th, a[2], 0, &whence)) return EMPTY;
  return os_int(th, OS_CALL(th, lseek, fd, at, whence));
}
static Value posix_isatty(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? value_bool(OS_CALL(th, isatty, fd)) : EMPTY;
}
static bool one_fd(RpThread *th, Value v, int *fd) { return os_may(th, OS_FILES) && fd_arg(th, v, fd); }
static Value posix_ftruncate(RpThread *th, const Value *a) {
  int fd;
  int64_t n;
  return one_fd(th, a[0], &fd) && op_as_i64(th, a[1], &n) ? os_done(th, OS_CALL(th, ftruncate, fd, n), EMPTY) : EMPTY;
}
static Value posix_fchmod(RpThread *th, const Value *a) {
  int fd, mode;
  return one_fd(th, a[0], &fd) && int_arg(th, a[1], 0, &mode) ? os_done(th, fchmod(fd, (mode_t)mode), EMPTY) : EMPTY;
}
static Value posix_fchown(RpThread *th, const Value *a) {
  int fd;
  uint32_t uid, gid;
  return one_fd(th, a[0], &fd) && id_arg(th, a[1], &uid) && id_arg(th, a[2], &gid) ? os_done(th, fchown(fd, uid, gid), EMPTY) : EMPTY;
}
static Value posix_fsync(RpThread *th, const Value *a) {
  int fd, r;
  if (!one_fd(th, a[0], &fd)) return EMPTY;
  OS_BLOCKING(th, r, fsync(fd));
  return os_done(th, r, EMPTY);
}
static Value posix_fdatasync(RpThread *th, const Value *a) {
  int fd, r;
  if (!one_fd(th, a[0], &fd)) return EMPTY;
  OS_BLOCKING(th, r, fdatasync(fd));
  return os_done(th, r, EMPTY);
}
static Value posix_dup(RpThread *th, const Value *a) {
  int fd;
  return os_may(th, OS_FILES) && int_arg(th, a[0], 0, &fd) ? os_int(th, fcntl(fd, F_DUPFD_CLOEXEC, 0)) : EMPTY;
}
static Value posix_dup2(RpThread *th, const Value *a) {
  int fd, fd2;
  bool inheritable;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd) || !int_arg(th, a[1], 0, &fd2) || !truth_arg(th, a[2], true, &inheritable)) return EMPTY;
  return os_int(th, inheritable || fd == fd2 ? dup2(fd, fd2) : dup3(fd, fd2, O_CLOEXEC));
}
static Value fd_pair(RpThread *th, int r, const int *fd) {
  if (r < 0) return os_done(th, r, EMPTY);
  Tuple *t = tuple_of(th, 2, value_int(fd[0]), value_int(fd[1]));
  return t ? value_object(t) : EMPTY;
}
static Value posix_pipe(RpThread *th, const Value *a) {
  int fd[2];
  return os_may(th, OS_FILES) ? fd_pair(th, pipe2(fd, O_CLOEXEC), fd) : EMPTY;
}
static Value posix_pipe2(RpThread *th, const Value *a) {
  int fd[2], flags;
  return os_may(th, OS_FILES) && int_arg(th, a[0], 0, &flags) ? fd_pair(th, pipe2(fd, flags), fd) : EMPTY;
}
static Value posix_openpty(RpThread *th, const Value *a) {
  int fd[2];
  if (!os_may(th, OS_TERMINAL)) return EMPTY;
  int r = openpty(&fd[0], &fd[1], NULL, NULL, NULL);
  for (int i = 0; r == 0 && i < 2; i++) fcntl(fd[i], F_SETFD, FD_CLOEXEC);
  return fd_pair(th, r, fd);
}
static Value posix_ttyname(RpThread *th, const Value *a) {
  int fd;
  char buf[256];
  if (!os_may(th, OS_TERMINAL) || !int_arg(th, a[0], 0, &fd)) return EMPTY;
  int err = ttyname_r(fd, buf, sizeof buf);
  return err ? raise_os(th, err, EMPTY) : os_text(th, buf, false);
}
static Value posix_get_inheritable(RpThread *th, const Value *a) {
  int fd;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd)) return EMPTY;
  int r = fcntl(fd, F_GETFD);
  return r < 0 ? os_done(th, r, EMPTY) : value_bool(!(r & FD_CLOEXEC));
}
static Value posix_set_inheritable(RpThread *th, const Value *a) {
  int fd;
  bool on;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd) || !truth_arg(th, a[1], false, &on)) return EMPTY;
  int r = fcntl(fd, F_GETFD);
  return os_done(th, r < 0 ? r : fcntl(fd, F_SETFD, on ? r & ~FD_CLOEXEC : r | FD_CLOEXEC), EMPTY);
}
static Value posix_get_blocking(RpThread *th, const Value *a) {
  int fd;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd)) return EMPTY;
  int r = fcntl(fd, F_GETFL);
  return r < 0 ? os_done(th, r, EMPTY) : value_bool(!(r & O_NONBLOCK));
}
static Value posix_set_blocking(RpThread *th, const Value *a) {
  int fd;
  bool on;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &fd) || !truth_arg(th, a[1], false, &on)) return EMPTY;
  int r = fcntl(fd, F_GETFL);
  return os_done(th, r < 0 ? r : fcntl(fd, F_SETFL, on ? r & ~O_NONBLOCK : r | O_NONBLOCK), EMPTY);
}
static Value posix_sendfile(RpThread *th, const Value *a) {
  int out, in;
  int64_t n;
  off_t at = 0, *where = NULL;
  if (!os_may(th, OS_FILES) || !int_arg(th, a[0], 0, &out) || !int_arg(th, a[1], 0, &in) || !op_as_i64(th, a[3], &n)) return EMPTY;
  if (a[2] != NONE) {
    int64_t offset;
    if (!op_as_i64(th, a[2], &offset)) return EMPTY;
    at = offset;
    where = &at;
  }
  ssize_t r;
  OS_BLOCKING(th, r, sendfile(out, in, where, (size_t)n));
  return os_int(th, r);
}
static Value posix_memfd_create(RpThread *th, const Value *a) {
  PathArg p;
  int flags;
  if (!os_may(th, OS_FILES) || !path_arg(th, a[0], 0, "memfd_create", &p) || !int_arg(th, a[1], MFD_CLOEXEC, &flags)) return EMPTY;
  return os_int(th, memfd_create(p.name, (unsigned)flags));
}
static Value posix_device_encoding(RpThread *th, const Value *a) {
  int fd;
  if (!int_arg(th, a[0], 0, &fd)) return EMPTY;
  return OS_CALL(th, isatty, fd) ? value_object(str_intern_c(th, "UTF-8")) : NONE;
}
static Value posix_makedev(RpThread *th, const Value *a) {
  int major_, minor_;
  return int_arg(th, a[0], 0, &major_) && int_arg(th, a[1], 0, &minor_) ? value_int((int64_t)makedev(major_, minor_)) : EMPTY;
}
static Value posix_major(RpThread *th, const Value *a) {
  int64_t n;
  return op_as_i64(th, a[0], &n) ? value_int(major((dev_t)n)) : EMPTY;
}
static Value posix_minor(RpThread *th, const Value *a) {
  int64_t n;
  return op_as_i64(th, a[0], &n) ? value_int(minor((dev_t)n)) : EMPTY;
}

/* -- Terminal size, file systems --------------------------------------------------------------------------------------------------------- */

#define N_SIZE 2
static Value terminal_size_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_SIZE, N_SIZE); }
const TypeSpec spec_terminal_size = {
    .doc = "A tuple of (columns, lines) for holding terminal window size",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = terminal_size_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "columns", "width of the terminal window in characters"),
                                   STRUCTSEQ_FIELD(1, "lines", "height of the terminal window in characters"), {0}},
};
static Value posix_get_terminal_size(RpThread *th, const Value *a) {
  int fd;
  struct winsize w;
  if (!int_arg(th, a[0], 1, &fd) || !os_may(th, OS_TERMINAL)) return EMPTY;
  if (ioctl(fd, TIOCGWINSZ, &w) < 0) return os_done(th, -1, EMPTY);
  return structseq_new(th, &type_terminal_size, (Value[]){value_int(w.ws_col), value_int(w.ws_row)}, N_SIZE, N_SIZE);
}

enum { N_VFS_VISIBLE = 10, N_VFS = 11 };
static Value statvfs_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_VFS_VISIBLE, N_VFS); }
const TypeSpec spec_statvfs_result = {
    .doc = "statvfs_result: Result from statvfs or fstatvfs.",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = statvfs_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "f_bsize", NULL), STRUCTSEQ_FIELD(1, "f_frsize", NULL), STRUCTSEQ_FIELD(2, "f_blocks", NULL),
                                   STRUCTSEQ_FIELD(3, "f_bfree", NULL), STRUCTSEQ_FIELD(4, "f_bavail", NULL), STRUCTSEQ_FIELD(5, "f_files", NULL),
                                   STRUCTSEQ_FIELD(6, "f_ffree", NULL), STRUCTSEQ_FIELD(7, "f_favail", NULL), STRUCTSEQ_FIELD(8, "f_flag", NULL),
                                   STRUCTSEQ_FIELD(9, "f_namemax", NULL), STRUCTSEQ_FIELD(10, "f_fsid", NULL), {0}},
};
static Value posix_statvfs(RpThread *th, const Value *a) {
  PathArg p;
  struct statvfs s;
  if (!one_path(th, a[0], PATH_FD, "statvfs", &p)) return EMPTY;
  if ((p.name ? statvfs(p.name, &s) : fstatvfs(p.fd, &s)) < 0) return os_done(th, -1, p.given);
  const Value f[N_VFS] = {value_int((int64_t)s.f_bsize), value_int((int64_t)s.f_frsize), value_int((int64_t)s.f_blocks), value_int((int64_t)s.f_bfree),
                          value_int((int64_t)s.f_bavail), value_int((int64_t)s.f_files), value_int((int64_t)s.f_ffree), value_int((int64_t)s.f_favail),
                          value_int((int64_t)s.f_flag), value_int((int64_t)s.f_namemax), value_int((int64_t)(s.f_fsid & 0xFFFFFFFFFFFF))};
  return structseq_new(th, &type_statvfs_result, f, N_VFS_VISIBLE, N_VFS);
}

const NativeDef posix_file_functions[] = {
    {"unlink", posix_unlink, "(path, *, dir_fd=None)", 0, "Remove a file (same as remove())."},
    {"remove", posix_unlink, "(path, *, dir_fd=None)", 0, "Remove a file (same as unlink())."},
    {"rmdir", posix_rmdir, "(path, *, dir_fd=None)", 0, "Remove a directory."},
    {"mkdir", posix_mkdir, "(path, mode=511, *, dir_fd=None)", 0, "Create a directory."},
    {"access", posix_access, "(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)", 0, "Use the real uid/gid to test for access to a path."},
    {"rename", posix_rename, "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", 0, "Rename a file or directory."},
    {"replace", posix_rename, "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", 0, "Rename a file or directory, overwriting the destination."},
    {"symlink", posix_symlink, "(src, dst, target_is_directory=False, *, dir_fd=None)", 0, "Create a symbolic link pointing to src named dst."},
    {"link", posix_link, "(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)", 0, "Create a hard link to a file."},
    {"readlink", posix_readlink, "(path, *, dir_fd=None)", 0, "Return a string representing the path to which the symbolic link points."},
    {"chmod", posix_chmod, "(path, mode, *, dir_fd=None, follow_symlinks=True)", 0, "Change the access permissions of a file."},
    {"fchmod", posix_fchmod, "(fd, mode)", 0, "Change the access permissions of the file given by file descriptor fd."},
    {"chown", posix_chown, "(path, uid, gid, *, dir_fd=None, follow_symlinks=True)", 0, "Change the owner and group id of path to the numeric uid and gid."},
    {"fchown", posix_fchown, "(fd, uid, gid)", 0, "Change the owner and group id of the file specified by file descriptor."},
    {"lchown", posix_lchown, "(path, uid, gid)", 0, "Change the owner and group id of path; symbolic links are not followed."},
    {"utime", posix_utime, "(path, times=None, *, ns=None, dir_fd=None, follow_symlinks=True)", 0, "Set the access and modified time of path."},
    {"truncate", posix_truncate, "(path, length)", 0, "Truncate a file, specified by path, to a specific length."},
    {"ftruncate", posix_ftruncate, "(fd, length, /)", 0, "Truncate a file, specified by file descriptor, to a specific length."},
    {"mkfifo", posix_mkfifo, "(path, mode=438, *, dir_fd=None)", 0, "Create a \"fifo\" (a POSIX named pipe)."},
    {"chdir", posix_chdir, "(path)", 0, "Change the current working directory to the specified path."},
    {"fchdir", posix_fchdir, "(fd)", 0, "Change to the directory of the given file descriptor."},
    {"getcwd", posix_getcwd, "()", 0, "Return a unicode string representing the current working directory."},
    {"getcwdb", posix_getcwdb, "()", 0, "Return a bytes string representing the current working directory."},
    {"umask", posix_umask, "(mask, /)", 0, "Set the current numeric umask and return the previous umask."},
    {"fspath", posix_fspath, "(path)", 0, "Return the file system path representation of the object."},
    {"open", posix_open, "(path, flags, mode=511, *, dir_fd=None)", 0, "Open a file for low level IO.  Returns a file descriptor (integer)."},
    {"close", posix_close, "(fd)", 0, "Close a file descriptor."},
    {"closerange", posix_closerange, "(fd_low, fd_high, /)", 0, "Closes all file descriptors in [fd_low, fd_high), ignoring errors."},
    {"read", posix_read, "(fd, length, /)", 0, "Read from a file descriptor.  Returns a bytes object."},
    {"pread", posix_pread, "(fd, length, offset, /)", 0, "Read a number of bytes from a file descriptor starting at a particular offset."},
    {"write", posix_write, "(fd, data, /)", 0, "Write a bytes object to a file descriptor."},
    {"pwrite", posix_pwrite, "(fd, buffer, offset, /)", 0, "Write bytes to a file descriptor starting at a particular offset."},
    {"lseek", posix_lseek, "(fd, position, how, /)", 0, "Set the position of a file descriptor.  Return the new position."},
    {"isatty", posix_isatty, "(fd, /)", 0, "Return True if the fd is connected to a terminal."},
    {"fsync", posix_fsync, "(fd)", 0, "Force write of fd to disk."},
    {"fdatasync", posix_fdatasync, "(fd)", 0, "Force write of fd to disk without forcing update of metadata."},
    {"dup", posix_dup, "(fd, /)", 0, "Return a duplicate of a file descriptor."},
    {"dup2", posix_dup2, "(fd, fd2, inheritable=True)", 0, "Duplicate file descriptor."},
    {"pipe", posix_pipe, "()", 0, "Create a pipe."},
    {"pipe2", posix_pipe2, "(flags, /)", 0, "Create a pipe with flags set atomically."},
    {"openpty", posix_openpty, "()", 0, "Open a pseudo-terminal."},
    {"ttyname", posix_ttyname, "(fd, /)", 0, "Return the name of the terminal device connected to 'fd'."},
    {"get_inheritable", posix_get_inheritable, "(fd, /)", 0, "Get the close-on-exe flag of the specified file descriptor."},
    {"set_inheritable", posix_set_inheritable, "(fd, inheritable, /)", 0, "Set the inheritable flag of the specified file descriptor."},
    {"get_blocking", posix_get_blocking, "(fd, /)", 0, "Get the blocking mode of the file descriptor."},
    {"set_blocking", posix_set_blocking, "(fd, blocking, /)", 0, "Set the blocking mode of the specified file descriptor."},
    {"sendfile", posix_sendfile, "(out_fd, in_fd, offset, count)", 0, "Copy count bytes from file descriptor in_fd to file descriptor out_fd."},
    {"memfd_create", posix_memfd_create, "(name, flags=1)", 0, NULL},
    {"device_encoding", posix_device_encoding, "(fd)", 0, "Return a string describing the encoding of a terminal's file descriptor."},
    {"makedev", posix_makedev, "(major, minor, /)", 0, "Composes a raw device number from the major and minor device numbers."},
    {"major", posix_major, "(device, /)", 0, "Extracts a device major number from a raw device number."},
    {"minor", posix_minor, "(device, /)", 0, "Extracts a device minor number from a raw device number."},
    {"get_terminal_size", posix_get_terminal_size, "(fd=1, /)", 0, "Return the size of the terminal window as (columns, lines)."},
    {"statvfs", posix_statvfs, "(path)", 0, "Perform a statvfs system call on the given path."},
    {"fstatvfs", posix_statvfs, "(fd)", 0, "Perform an fstatvfs system call on the given fd."},
    {0},
};

int posix_file_init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {
      C(O_RDONLY), C(O_WRONLY), C(O_RDWR), C(O_CREAT), C(O_EXCL), C(O_TRUNC), C(O_APPEND), C(O_NONBLOCK), C(O_NDELAY), C(O_CLOEXEC), C(O_DIRECTORY),
      C(O_NOFOLLOW), C(O_SYNC), C(O_DSYNC), C(O_RSYNC), C(O_NOCTTY), C(O_TMPFILE), C(O_PATH), C(O_NOATIME), C(O_DIRECT), C(O_ASYNC), C(O_ACCMODE),
      C(F_OK), C(R_OK), C(W_OK), C(X_OK), C(F_LOCK), C(F_TEST), C(F_TLOCK), C(F_ULOCK), C(ST_RDONLY), C(ST_NOSUID), C(MFD_CLOEXEC),
      {"SEEK_DATA", 3}, {"SEEK_HOLE", 4}, {"NGROUPS_MAX", 65536}, {"TMP_MAX", 238328}};
#undef C
  if (dict_set_c(th, dict, "terminal_size", value_object(&type_terminal_size)) < 0 || dict_set_c(th, dict, "DirEntry", value_object(&type_dir_entry)) < 0 ||
      dict_set_c(th, dict, "statvfs_result", value_object(&type_statvfs_result)) < 0)
    return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
