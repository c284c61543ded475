/* os_posix.c: the operating system as it is. */
#include "runtime/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static int posix_open(void *data, const char *path, int flags, int mode) { return open(path, flags | O_CLOEXEC, mode); }
static int posix_close(void *data, int fd) { return close(fd); }
static ssize_t posix_read(void *data, int fd, void *buf, size_t n) { return read(fd, buf, n); }
static ssize_t posix_write(void *data, int fd, const void *buf, size_t n) { return write(fd, buf, n); }
static int64_t posix_lseek(void *data, int fd, int64_t off, int whence) { return lseek(fd, off, whence); }
static int posix_fstat(void *data, int fd, struct stat *st) { return fstat(fd, st); }
static int posix_stat(void *data, const char *path, struct stat *st, int follow) { return follow ? stat(path, st) : lstat(path, st); }
static int posix_isatty(void *data, int fd) { return isatty(fd); }
static int posix_ftruncate(void *data, int fd, int64_t size) { return ftruncate(fd, size); }
static int posix_access(void *data, const char *path, int mode) { return access(path, mode); }
static void *posix_opendir(void *data, const char *path) { return opendir(path); }
static const char *posix_readdir(void *data, void *dir, int *d_type) {
  errno = 0;
  struct dirent *e = readdir(dir);
  if (!e) return NULL;
  if (d_type) *d_type = e->d_type;
  return e->d_name;
}
static int posix_closedir(void *data, void *dir) { return closedir(dir); }
static const char *posix_getenv(void *data, const char *name) { return getenv(name); }
static char **posix_environ(void *data) { return environ; }
static char *posix_getcwd(void *data, char *buf, size_t n) { return getcwd(buf, n); }
static int posix_clock(void *data, int clock_id, struct timespec *ts) { return clock_gettime(clock_id, ts); }
static int posix_sleep(void *data, const struct timespec *until) {
  int r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, until, NULL);
  if (r == 0) return 0;
  errno = r;
  return -1;
}
static int posix_random(void *data, void *buf, size_t n) {
  for (char *p = buf; n;) {
    ssize_t r = getrandom(p, n, 0);
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) return -1;
    p += r;
    n -= (size_t)r;
  }
  return 0;
}
static int posix_unlink(void *data, const char *path) { return unlink(path); }
static int posix_mkdir(void *data, const char *path, int mode) { return mkdir(path, (mode_t)mode); }
static int posix_rmdir(void *data, const char *path) { return rmdir(path); }
static int posix_rename(void *data, const char *from, const char *to) { return rename(from, to); }

static int posix_allow(void *data, OsCapability what) { return 0; }

const OsTable os_posix = {
  .allow = posix_allow,
  .open = posix_open, .close = posix_close, .read = posix_read, .write = posix_write, .lseek = posix_lseek, .fstat = posix_fstat,
  .stat = posix_stat, .access = posix_access, .isatty = posix_isatty, .ftruncate = posix_ftruncate, .opendir = posix_opendir, .readdir = posix_readdir, .closedir = posix_closedir,
  .getenv = posix_getenv, .environ_ = posix_environ, .getcwd = posix_getcwd, .clock = posix_clock, .sleep = posix_sleep,
  .random = posix_random, .unlink = posix_unlink, .mkdir = posix_mkdir, .rmdir = posix_rmdir, .rename = posix_rename,
};
