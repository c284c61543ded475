/* posix.h: what the files of the module posix and of its neighbours (fcntl, select, _socket, _posixsubprocess) share.
** System calls that may block run in SAFE state; after EINTR the thread polls, so that handlers of signals run, and tries again. */
#ifndef RP_POSIX_H
#define RP_POSIX_H

#include <errno.h>
#include "runtime/context.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/os.h"

#define OS_CALL(th, fn, ...) ((th)->ctx->os->fn((th)->ctx->os_data, ##__VA_ARGS__))

/* r = call, with EINTR as above; r < 0 and th->pending set: a handler raised. */
#define OS_BLOCKING(th, r, call)                                                     \
  do {                                                                               \
    thread_enter_safe(th);                                                           \
    (r) = (call);                                                                    \
    thread_leave_safe(th);                                                           \
  } while ((r) < 0 && errno == EINTR && thread_poll(th))

/* A path argument: str (surrogateescape), bytes, __fspath__, or a descriptor. */
typedef struct PathArg {
  const char *name; /* NULL: fd is meant */
  int fd;
  bool bytes;       /* results are bytes, too */
  Value given;      /* for error messages */
  Value hold;       /* keeps name alive while the struct is on the stack */
} PathArg;
enum { PATH_FD = 1, PATH_NONE = 2 /* None and absent are "." */ };
/* False + TypeError / ValueError that names `function`. */
bool path_arg(RpThread *th, Value v, int allow, const char *function, PathArg *out);
/* A name from the system, as str or bytes. EMPTY + MemoryError. */
Value os_text(RpThread *th, const char *name, bool bytes);
/* NONE; for r < 0 what is pending, or OSError from errno. `path`: its filename, EMPTY if none. */
Value os_done(RpThread *th, int64_t r, Value path);
Value os_int(RpThread *th, int64_t r);                       /* r, or as os_done */
bool int_arg(RpThread *th, Value v, int64_t dflt, int *out); /* dflt when absent */
/* A descriptor, or an object with fileno(). */
bool fd_arg(RpThread *th, Value v, int *fd);
bool truth_arg(RpThread *th, Value v, bool dflt, bool *out);
/* May the script do that? False + PermissionError that says what. */
bool os_may(RpThread *th, OsCapability what);
/* dir_fd arguments: only None is taken. */
bool no_dir_fd(RpThread *th, Value v);
/* The process's environment as the script sees it: posix.environ. NULL + pending. */
Dict *posix_environ_dict(RpThread *th);

Value posix_stat_value(RpThread *th, const struct stat *st);

extern const NativeDef posix_dir_functions[], posix_file_functions[], posix_process_functions[];
int posix_file_init(RpThread *th, Dict *dict);
int posix_process_init(RpThread *th, Dict *dict);

/* Rows of integer constants. */
typedef struct IntConstant { const char *name; int64_t value; } IntConstant;
int add_int_constants(RpThread *th, Dict *dict, const IntConstant *rows, size_t n);

#endif
