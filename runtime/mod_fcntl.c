/* mod_fcntl.c: the module fcntl. */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/str.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER 1024

/* An argument that is bytes or str: copied in, handed back as bytes. */
static bool copy_in(RpThread *th, Value v, char *buf, size_t *n) {
  const char *p;
  if (str_check(v)) {
    p = str_utf8(th, as_str(v), n);
    if (!p) return false;
  } else {
    p = (const char *)as_bytes(v)->data;
    *n = as_bytes(v)->length;
  }
  if (*n > BUFFER) return raise_value(th, "argument is too long"), false;
  memcpy(buf, p, *n);
  return true;
}
static Value fcntl_fcntl(RpThread *th, const Value *a) {
  int fd, cmd, r;
  int64_t arg = 0;
  char buf[BUFFER];
  size_t n;
  if (!os_may(th, OS_FILES) || !fd_arg(th, a[0], &fd) || !int_arg(th, a[1], 0, &cmd)) return EMPTY;
  if (a[2] != EMPTY && (bytes_check(a[2]) || str_check(a[2]))) {
    if (!copy_in(th, a[2], buf, &n)) return EMPTY;
    OS_BLOCKING(th, r, fcntl(fd, cmd, buf));
    Bytes *b = r < 0 ? NULL : bytes_new(th, buf, n);
    return b ? value_object(b) : os_done(th, -1, EMPTY);
  }
  if (a[2] != EMPTY && !op_as_i64(th, a[2], &arg)) return EMPTY;
  OS_BLOCKING(th, r, fcntl(fd, cmd, (long)arg));
  return os_int(th, r);
}
static Value fcntl_ioctl(RpThread *th, const Value *a) {
  int fd, r;
  int64_t request, arg = 0;
  bool mutate;
  char buf[BUFFER];
  size_t n;
  if (!os_may(th, OS_TERMINAL) || !fd_arg(th, a[0], &fd) || !op_as_i64(th, a[1], &request) || !truth_arg(th, a[3], true, &mutate)) return EMPTY;
  if (a[2] != EMPTY && (bytes_check(a[2]) || str_check(a[2]))) {
    if (!copy_in(th, a[2], buf, &n)) return EMPTY;
    OS_BLOCKING(th, r, ioctl(fd, (unsigned long)request, buf));
    Bytes *b = r < 0 ? NULL : bytes_new(th, buf, n);
    return b ? value_object(b) : os_done(th, -1, EMPTY);
  }
  if (a[2] != EMPTY && type_of(a[2])->slots.buffer) {
    Buffer b;
    if (buffer_acquire(th, a[2], &b, mutate) < 0) return EMPTY;
    OS_BLOCKING(th, r, ioctl(fd, (unsigned long)request, b.data));
    int err = errno;
    buffer_release(th, &b);
    errno = err;
    return os_int(th, r);
  }
  if (a[2] != EMPTY && !op_as_i64(th, a[2], &arg)) return EMPTY;
  OS_BLOCKING(th, r, ioctl(fd, (unsigned long)request, arg));
  return os_int(th, r);
}
static Value fcntl_flock(RpThread *th, const Value *a) {
  int fd, op, r;
  if (!os_may(th, OS_FILES) || !fd_arg(th, a[0], &fd) || !int_arg(th, a[1], 0, &op)) return EMPTY;
  OS_BLOCKING(th, r, flock(fd, op));
  return os_done(th, r, EMPTY);
}
static Value fcntl_lockf(RpThread *th, const Value *a) {
  int fd, cmd, whence, r;
  int64_t len = 0, start = 0;
  if (!os_may(th, OS_FILES) || !fd_arg(th, a[0], &fd) || !int_arg(th, a[1], 0, &cmd) || !int_arg(th, a[4], 0, &whence)) return EMPTY;
  if ((a[2] != EMPTY && !op_as_i64(th, a[2], &len)) || (a[3] != EMPTY && !op_as_i64(th, a[3], &start))) return EMPTY;
  struct flock l = {.l_whence = (short)whence, .l_start = start, .l_len = len};
  if (cmd == LOCK_UN) l.l_type = F_UNLCK;
  else if (cmd & LOCK_SH) l.l_type = F_RDLCK;
  else if (cmd & LOCK_EX) l.l_type = F_WRLCK;
  else return raise_value(th, "unrecognized lockf argument");
  OS_BLOCKING(th, r, fcntl(fd, cmd & LOCK_NB ? F_SETLK : F_SETLKW, &l));
  return os_done(th, r, EMPTY);
}
static const NativeDef functions[] = {
    {"fcntl", fcntl_fcntl, "(fd, cmd, arg=0, /)", 0, "Perform the operation `cmd` on file descriptor fd."},
    {"ioctl", fcntl_ioctl, "(fd, request, arg=0, mutate_flag=True, /)", 0, "Perform the operation request on file descriptor fd."},
    {"flock", fcntl_flock, "(fd, operation, /)", 0, "Perform the lock operation `operation` on file descriptor `fd`."},
    {"lockf", fcntl_lockf, "(fd, cmd, len=0, start=0, whence=0, /)", 0, "A wrapper around the fcntl() locking calls."},
    {0},
};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {
      C(LOCK_SH), C(LOCK_EX), C(LOCK_NB), C(LOCK_UN), C(F_DUPFD), C(F_DUPFD_CLOEXEC), C(F_GETFD), C(F_SETFD), C(F_GETFL), C(F_SETFL), C(F_GETLK),
      C(F_SETLK), C(F_SETLKW), C(F_GETOWN), C(F_SETOWN), C(F_GETSIG), C(F_SETSIG), C(F_RDLCK), C(F_WRLCK), C(F_UNLCK), C(FD_CLOEXEC), C(F_SETPIPE_SZ),
      C(F_GETPIPE_SZ), C(F_ADD_SEALS), C(F_GET_SEALS), C(F_SEAL_SEAL), C(F_SEAL_SHRINK), C(F_SEAL_GROW), C(F_SEAL_WRITE), C(FASYNC), C(F_GETLEASE), C(F_SETLEASE)};
#undef C
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod_fcntl_ = {.doc = "This module performs file control and I/O control on file descriptors.", .functions = functions, .init = init};
