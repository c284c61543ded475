/* os_deny.c: an operating system that grants nothing but the clock and the three standard streams. Every refusal is EPERM, so that the script
** sees PermissionError; the caller names the operation. */
#include "runtime/os.h"

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>
#include <unistd.h>

static int refuse(void) {
  errno = EPERM;
  return -1;
}
static void *refuse_pointer(void) {
  errno = EPERM;
  return NULL;
}
static int deny_allow(void *data, OsCapability what) { return refuse(); }
static int deny_open(void *data, const char *path, int flags, int mode) { return refuse(); }
static int deny_close(void *data, int fd) { return fd <= 2 ? 0 : refuse(); }
static ssize_t deny_read(void *data, int fd, void *buf, size_t n) { return fd == 0 ? 0 : refuse(); }
static ssize_t deny_write(void *data, int fd, const void *buf, size_t n) { return fd == 1 || fd == 2 ? write(fd, buf, n) : refuse(); }
static int64_t deny_lseek(void *data, int fd, int64_t off, int whence) { return refuse(); }
static int deny_fstat(void *data, int fd, struct stat *st) { return fd <= 2 ? fstat(fd, st) : refuse(); }
static int deny_stat(void *data, const char *path, struct stat *st, int follow) { return refuse(); }
static int deny_isatty(void *data, int fd) { return 0; }
static int deny_ftruncate(void *data, int fd, int64_t size) { return refuse(); }
static int deny_access(void *data, const char *path, int mode) { return refuse(); }
static void *deny_opendir(void *data, const char *path) { return refuse_pointer(); }
static const char *deny_readdir(void *data, void *dir, int *d_type) { return refuse_pointer(); }
static int deny_closedir(void *data, void *dir) { return refuse(); }
static const char *deny_getenv(void *data, const char *name) { return NULL; }
static char **deny_environ(void *data) {
  static char *none[] = {NULL};
  return none;
}
static char *deny_getcwd(void *data, char *buf, size_t n) { return refuse_pointer(); }
static int deny_clock(void *data, int clock_id, struct timespec *ts) { return clock_gettime(clock_id, ts); }
static int deny_sleep(void *data, const struct timespec *until) {
  int r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, until, NULL);
  if (r == 0) return 0;
  errno = r;
  return -1;
}
static int deny_random(void *data, void *buf, size_t n) { return getrandom(buf, n, 0) == (ssize_t)n ? 0 : refuse(); }
static int deny_unlink(void *data, const char *path) { return refuse(); }
static int deny_mkdir(void *data, const char *path, int mode) { return refuse(); }
static int deny_rmdir(void *data, const char *path) { return refuse(); }
static int deny_rename(void *data, const char *from, const char *to) { return refuse(); }

const OsTable os_deny = {
  .allow = deny_allow,
  .open = deny_open, .close = deny_close, .read = deny_read, .write = deny_write, .lseek = deny_lseek, .fstat = deny_fstat,
  .stat = deny_stat, .access = deny_access, .isatty = deny_isatty, .ftruncate = deny_ftruncate, .opendir = deny_opendir, .readdir = deny_readdir, .closedir = deny_closedir,
  .getenv = deny_getenv, .environ_ = deny_environ, .getcwd = deny_getcwd, .clock = deny_clock, .sleep = deny_sleep,
  .random = deny_random, .unlink = deny_unlink, .mkdir = deny_mkdir, .rmdir = deny_rmdir, .rename = deny_rename,
};
