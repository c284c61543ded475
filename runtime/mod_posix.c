/* mod_posix.c: the module posix, as far as os.py and ordinary scripts need it. Every call goes through the context's OS table. */
#include "runtime/context.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/str.h"
#include "runtime/structseq.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

/* A path argument: str, bytes or __fspath__, as a C string that lives while *hold does. NULL + pending. */
static const char *path_arg(RpThread *th, Value v, Value *hold) {
  if (!str_check(v) && !has_kind(v, K_BYTES)) {
    Value fn = is_object(v) ? op_lookup_special(th, v, str_intern_c(th, "__fspath__")) : EMPTY;
    if (fn == EMPTY && th->pending == EMPTY) raise_type(th, "expected str, bytes or os.PathLike object, not %T", v);
    if (fn == EMPTY) return NULL;
    v = op_call0(th, fn);
    if (v == EMPTY) return NULL;
  }
  *hold = v;
  size_t n;
  const char *s;
  if (str_check(v)) {
    s = str_utf8(th, as_str(v), &n);
  } else if (has_kind(v, K_BYTES)) {
    s = (const char *)((Bytes *)as_object(v))->data;
    n = ((Bytes *)as_object(v))->length;
  } else {
    raise_type(th, "expected str, bytes or os.PathLike object, not %T", v);
    return NULL;
  }
  if (s && strlen(s) != n) {
    raise_value(th, "embedded null byte");
    return NULL;
  }
  return s;
}
static const OsTable *os_of(RpThread *th) { return th->ctx->os; }
static void *data_of(RpThread *th) { return th->ctx->os_data; }
/* NONE, or OSError from errno. */
static Value done(RpThread *th, int r, Value path) { return r < 0 ? raise_os(th, errno, path) : NONE; }
static bool int_arg(RpThread *th, Value v, int64_t dflt, int *out) {
  int64_t n = dflt;
  if (v != EMPTY && !op_as_i64(th, v, &n)) return false;
  *out = (int)n;
  return true;
}

/* -- stat ------------------------------------------------------------------------------------------------------------------------------- */

#define N_STAT_VISIBLE 10
#define N_STAT_FIELDS 19
static const GetSetDef stat_fields[] = {
    STRUCTSEQ_FIELD(0, "st_mode", "protection bits"), STRUCTSEQ_FIELD(1, "st_ino", "inode"), STRUCTSEQ_FIELD(2, "st_dev", "device"),
    STRUCTSEQ_FIELD(3, "st_nlink", "number of hard links"), STRUCTSEQ_FIELD(4, "st_uid", "user ID of owner"),
    STRUCTSEQ_FIELD(5, "st_gid", "group ID of owner"), STRUCTSEQ_FIELD(6, "st_size", "total size, in bytes"),
    STRUCTSEQ_FIELD(7, "_st_atime_s", NULL), STRUCTSEQ_FIELD(8, "_st_mtime_s", NULL), STRUCTSEQ_FIELD(9, "_st_ctime_s", NULL),
    STRUCTSEQ_FIELD(10, "st_atime", "time of last access"), STRUCTSEQ_FIELD(11, "st_mtime", "time of last modification"),
    STRUCTSEQ_FIELD(12, "st_ctime", "time of last change"), STRUCTSEQ_FIELD(13, "st_atime_ns", NULL),
    STRUCTSEQ_FIELD(14, "st_mtime_ns", NULL), STRUCTSEQ_FIELD(15, "st_ctime_ns", NULL), STRUCTSEQ_FIELD(16, "st_blksize", NULL),
    STRUCTSEQ_FIELD(17, "st_blocks", NULL), STRUCTSEQ_FIELD(18, "st_rdev", NULL), {0}};
static Value stat_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return structseq_construct(th, type, args, n_pos, kwnames, N_STAT_VISIBLE, N_STAT_FIELDS);
}
const TypeSpec spec_stat_result = {
    .doc = "stat_result: Result from stat, fstat, or lstat.",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = stat_new},
    .getsets = stat_fields,
};
static double seconds(struct timespec t) { return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec; }
static Value nanoseconds(RpThread *th, struct timespec t) {
  return op_binary(th, OP_ADD, op_binary(th, OP_MUL, value_int(t.tv_sec), value_int(1000000000)), value_int(t.tv_nsec));
}
static Value stat_value(RpThread *th, const struct stat *st) {
  const Value f[N_STAT_FIELDS] = {
      value_int(st->st_mode), value_int((int64_t)st->st_ino), value_int((int64_t)st->st_dev), value_int((int64_t)st->st_nlink),
      value_int(st->st_uid), value_int(st->st_gid), value_int(st->st_size), value_int(st->st_atim.tv_sec), value_int(st->st_mtim.tv_sec),
      value_int(st->st_ctim.tv_sec), value_double(seconds(st->st_atim)), value_double(seconds(st->st_mtim)),
      value_double(seconds(st->st_ctim)), nanoseconds(th, st->st_atim), nanoseconds(th, st->st_mtim), nanoseconds(th, st->st_ctim),
      value_int(st->st_blksize), value_int(st->st_blocks), value_int((int64_t)st->st_rdev)};
  return structseq_new(th, &type_stat_result, f, N_STAT_VISIBLE, N_STAT_FIELDS);
}
static Value do_stat(RpThread *th, Value path, bool follow) {
  struct stat st;
  Value hold = EMPTY;
  int r;
  if (is_int(path)) {
    r = os_of(th)->fstat(data_of(th), (int)as_int(path), &st);
  } else {
    const char *p = path_arg(th, path, &hold);
    if (!p) return EMPTY;
    r = os_of(th)->stat(data_of(th), p, &st, follow);
  }
  return r < 0 ? raise_os(th, errno, is_int(path) ? EMPTY : path) : stat_value(th, &st);
}
static Value posix_stat_(RpThread *th, const Value *a) { return do_stat(th, a[0], a[2] == EMPTY || op_truth(th, a[2]) == 1); }
static Value posix_lstat_(RpThread *th, const Value *a) { return do_stat(th, a[0], false); }

/* -- Files and directories -------------------------------------------------------------------------------------------------------------- */

static Value posix_getcwd_(RpThread *th, const Value *a) {
  char buf[4096];
  if (!os_of(th)->getcwd(data_of(th), buf, sizeof buf)) return raise_os(th, errno, EMPTY);
  Str *s = str_from_c(th, buf);
  return s ? value_object(s) : EMPTY;
}
static Value posix_listdir_(RpThread *th, const Value *a) {
  Value hold = EMPTY, where = a[0] == EMPTY || a[0] == NONE ? EMPTY : a[0];
  const char *p = where == EMPTY ? "." : path_arg(th, where, &hold);
  if (!p) return EMPTY;
  void *dir = os_of(th)->opendir(data_of(th), p);
  if (!dir) return raise_os(th, errno, where);
  List *list = list_new(th, 16);
  const char *name;
  while (list && (name = os_of(th)->readdir(data_of(th), dir, NULL))) {
    if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
    Str *s = str_from_c(th, name);
    if (!s || list_append(th, list, value_object(s)) < 0) list = NULL;
  }
  os_of(th)->closedir(data_of(th), dir);
  return list ? value_object(list) : EMPTY;
}
#define PATH_CALL(name, call)                                    \
  static Value name(RpThread *th, const Value *a) {              \
    Value hold = EMPTY;                                          \
    const char *p = path_arg(th, a[0], &hold);                   \
    return p ? done(th, os_of(th)->call, a[0]) : EMPTY;          \
  }
static Value posix_access_(RpThread *th, const Value *a) {
  Value hold = EMPTY;
  int mode;
  const char *p = path_arg(th, a[0], &hold);
  return p && int_arg(th, a[1], 0, &mode) ? value_bool(os_of(th)->access(data_of(th), p, mode) == 0) : EMPTY;
}
PATH_CALL(posix_unlink_, unlink(data_of(th), p))
PATH_CALL(posix_rmdir_, rmdir(data_of(th), p))
static Value posix_mkdir_(RpThread *th, const Value *a) {
  Value hold = EMPTY;
  int mode;
  const char *p = path_arg(th, a[0], &hold);
  return p && int_arg(th, a[1], 0777, &mode) ? done(th, os_of(th)->mkdir(data_of(th), p, mode), a[0]) : EMPTY;
}
static Value posix_rename_(RpThread *th, const Value *a) {
  Value h1 = EMPTY, h2 = EMPTY;
  const char *from = path_arg(th, a[0], &h1), *to = from ? path_arg(th, a[1], &h2) : NULL;
  return to ? done(th, os_of(th)->rename(data_of(th), from, to), a[0]) : EMPTY;
}
static Value posix_open_(RpThread *th, const Value *a) {
  Value hold = EMPTY;
  int flags, mode;
  const char *p = path_arg(th, a[0], &hold);
  if (!p || !int_arg(th, a[1], 0, &flags) || !int_arg(th, a[2], 0777, &mode)) return EMPTY;
  int fd = os_of(th)->open(data_of(th), p, flags, mode);
  return fd < 0 ? raise_os(th, errno, a[0]) : value_int(fd);
}
static Value posix_close_(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? done(th, os_of(th)->close(data_of(th), fd), EMPTY) : EMPTY;
}
static Value posix_read_(RpThread *th, const Value *a) {
  int fd;
  int64_t n;
  if (!int_arg(th, a[0], 0, &fd) || !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n < 0) return raise_os(th, EINVAL, EMPTY);
  char *buf = malloc((size_t)n + 1);
  if (!buf) return raise_memory(th);
  thread_enter_safe(th);
  ssize_t got = os_of(th)->read(data_of(th), fd, buf, (size_t)n);
  thread_leave_safe(th);
  Bytes *b = got < 0 ? NULL : bytes_new(th, buf, (size_t)got);
  int err = errno;
  free(buf);
  if (got < 0) return raise_os(th, err, EMPTY);
  return b ? value_object(b) : EMPTY;
}
static Value posix_write_(RpThread *th, const Value *a) {
  int fd;
  if (!int_arg(th, a[0], 0, &fd)) return EMPTY;
  if (!has_kind(a[1], K_BYTES)) return raise_type(th, "a bytes-like object is required, not '%T'", a[1]);
  Bytes *b = (Bytes *)as_object(a[1]);
  thread_enter_safe(th);
  ssize_t n = os_of(th)->write(data_of(th), fd, b->data, b->length);
  thread_leave_safe(th);
  return n < 0 ? raise_os(th, errno, EMPTY) : value_int(n);
}
static Value posix_isatty_(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? value_bool(os_of(th)->isatty(data_of(th), fd)) : EMPTY;
}

/* -- Process and system -------------------------------------------------------------------------------------------------------------------- */

static Value posix_fspath_(RpThread *th, const Value *a) {
  Value hold = EMPTY;
  return path_arg(th, a[0], &hold) ? hold : EMPTY;
}
static Value posix_getpid_(RpThread *th, const Value *a) { return value_int(getpid()); }
static Value posix_cpu_count_(RpThread *th, const Value *a) { return value_int(sysconf(_SC_NPROCESSORS_ONLN)); }
static Value posix_strerror_(RpThread *th, const Value *a) {
  int code;
  if (!int_arg(th, a[0], 0, &code)) return EMPTY;
  Str *s = str_from_c(th, strerror(code));
  return s ? value_object(s) : EMPTY;
}
static Value posix_urandom_(RpThread *th, const Value *a) {
  int64_t n;
  if (!op_as_i64(th, a[0], &n)) return EMPTY;
  if (n < 0) return raise_value(th, "negative argument not allowed");
  char *buf = malloc((size_t)n + 1);
  if (!buf) return raise_memory(th);
  int r = os_of(th)->random(data_of(th), buf, (size_t)n), err = errno;
  Bytes *b = r < 0 ? NULL : bytes_new(th, buf, (size_t)n);
  free(buf);
  if (r < 0) return raise_os(th, err, EMPTY);
  return b ? value_object(b) : EMPTY;
}
static Value posix_putenv_(RpThread *th, const Value *a) { return NONE; } /* os.environ is the context's own copy; children get that */
static Value posix_exit_(RpThread *th, const Value *a) {
  int code;
  if (!int_arg(th, a[0], 0, &code)) return EMPTY;
  if (th->ctx->opt.sandbox) return raise_os(th, EPERM, EMPTY);
  _exit(code);
}

static const NativeDef posix_functions[] = {
    {"stat", posix_stat_, "(path, *, dir_fd=None, follow_symlinks=True)", 0, "Perform a stat system call on the given path."},
    {"lstat", posix_lstat_, "(path, *, dir_fd=None)", 0, "Perform a stat system call on the given path, without following symbolic links."},
    {"fstat", posix_lstat_, "(fd)", 0, "Perform a stat system call on the given file descriptor."},
    {"getcwd", posix_getcwd_, "()", 0, "Return a unicode string representing the current working directory."},
    {"listdir", posix_listdir_, "(path=None)", 0, "Return a list containing the names of the files in the directory."},
    {"unlink", posix_unlink_, "(path, *, dir_fd=None)", 0, "Remove a file (same as remove())."},
    {"remove", posix_unlink_, "(path, *, dir_fd=None)", 0, "Remove a file (same as unlink())."},
    {"access", posix_access_, "(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)", 0, "Use the real uid/gid to test for access to a path."},
    {"rmdir", posix_rmdir_, "(path, *, dir_fd=None)", 0, "Remove a directory."},
    {"mkdir", posix_mkdir_, "(path, mode=511, *, dir_fd=None)", 0, "Create a directory."},
    {"rename", posix_rename_, "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", 0, "Rename a file or directory."},
    {"replace", posix_rename_, "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", 0, "Rename a file or directory, overwriting the destination."},
    {"open", posix_open_, "(path, flags, mode=511, *, dir_fd=None)", 0, "Open a file for low level IO.  Returns a file descriptor (integer)."},
    {"close", posix_close_, "(fd)", 0, "Close a file descriptor."},
    {"read", posix_read_, "(fd, length, /)", 0, "Read from a file descriptor.  Returns a bytes object."},
    {"write", posix_write_, "(fd, data, /)", 0, "Write a bytes object to a file descriptor."},
    {"isatty", posix_isatty_, "(fd, /)", 0, "Return True if the fd is connected to a terminal."},
    {"fspath", posix_fspath_, "(path)", 0, "Return the file system path representation of the object."},
    {"getpid", posix_getpid_, "()", 0, "Return the current process id."},
    {"cpu_count", posix_cpu_count_, "()", 0, "Return the number of CPUs in the system; return None if indeterminable."},
    {"strerror", posix_strerror_, "(code, /)", 0, "Translate an error code to a message string."},
    {"urandom", posix_urandom_, "(size, /)", 0, "Return a bytes object containing random bytes suitable for cryptographic use."},
    {"putenv", posix_putenv_, "(name, value, /)", 0, "Change or add an environment variable."},
    {"unsetenv", posix_putenv_, "(name, /)", 0, "Delete an environment variable."},
    {"_exit", posix_exit_, "(status)", 0, "Exit to the system with specified status, without normal exit processing."},
    {0},
};

static int add_environ(RpThread *th, Dict *dict) {
  Dict *env = dict_new(th);
  if (!env || dict_set_c(th, dict, "environ", value_object(env)) < 0) return -1;
  for (char **e = os_of(th)->environ_(data_of(th)); e && *e; e++) {
    const char *eq = strchr(*e, '=');
    if (!eq) continue;
    Bytes *k = bytes_new(th, *e, (size_t)(eq - *e)), *v = bytes_new(th, eq + 1, strlen(eq + 1));
    if (!k || !v || dict_set(th, env, value_object(k), value_object(v)) < 0) return -1;
  }
  return 0;
}
static int posix_init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const struct { const char *name; int v; } constants[] = {
      C(O_RDONLY), C(O_WRONLY), C(O_RDWR), C(O_CREAT), C(O_EXCL), C(O_TRUNC), C(O_APPEND), C(O_NONBLOCK), C(O_CLOEXEC), C(O_DIRECTORY),
      C(O_NOFOLLOW), C(F_OK), C(R_OK), C(W_OK), C(X_OK), {"EX_OK", 0}};
#undef C
  for (size_t i = 0; i < countof(constants); i++)
    if (dict_set_c(th, dict, constants[i].name, value_int(constants[i].v)) < 0) return -1;
  List *have = list_new(th, 0);
  if (!have || dict_set_c(th, dict, "_have_functions", value_object(have)) < 0) return -1;
  if (dict_set_c(th, dict, "stat_result", value_object(&type_stat_result)) < 0) return -1;
  if (dict_set_c(th, dict, "error", value_object(&type_OSError)) < 0) return -1;
  return add_environ(th, dict);
}
const ModuleSpec mod_posix = {.doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard.",
                              .functions = posix_functions, .init = posix_init};
