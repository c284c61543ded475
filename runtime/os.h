/* os.h: every way from a script to the operating system goes through this table, one per context. The default is POSIX (os_posix.c); a stub denies
** (os_deny.c: PermissionError naming the capability). All functions return -1 with errno set, or as the POSIX call they are named for; they touch no
** Python object and may be called in SAFE state. Grows with the modules that need it. */
#ifndef RP_OS_H
#define RP_OS_H
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
/* Groups of calls that have no row of their own in the table; the callers ask before each of them. */
typedef enum OsCapability { OS_FILES /* links, modes, times, descriptors */, OS_PROCESS, OS_NETWORK, OS_USERS, OS_TERMINAL } OsCapability;
typedef struct OsTable {
  int (*allow)(void *data, OsCapability what);   /* 0, or -1 with errno set */
  int (*open)(void *data, const char *path, int flags, int mode);
  int (*close)(void *data, int fd);
  ssize_t (*read)(void *data, int fd, void *buf, size_t n);
  ssize_t (*write)(void *data, int fd, const void *buf, size_t n);
  int64_t (*lseek)(void *data, int fd, int64_t off, int whence);
  int (*fstat)(void *data, int fd, struct stat *st);
  int (*stat)(void *data, const char *path, struct stat *st, int follow);
  int (*access)(void *data, const char *path, int mode);
  int (*isatty)(void *data, int fd);
  int (*ftruncate)(void *data, int fd, int64_t size);
  void *(*opendir)(void *data, const char *path);
  const char *(*readdir)(void *data, void *dir, int *d_type);
  int (*closedir)(void *data, void *dir);
  const char *(*getenv)(void *data, const char *name);
  char **(*environ_)(void *data);
  char *(*getcwd)(void *data, char *buf, size_t n);
  int (*clock)(void *data, int clock_id, struct timespec *ts);
  int (*sleep)(void *data, const struct timespec *until_monotonic);
  int (*random)(void *data, void *buf, size_t n);
  int (*unlink)(void *data, const char *path);
  int (*mkdir)(void *data, const char *path, int mode);
  int (*rmdir)(void *data, const char *path);
  int (*rename)(void *data, const char *from, const char *to);
} OsTable;
extern const OsTable os_posix, os_deny;
#endif
