/* mod_posix.c: the module posix: stat, the environment, and what the other files of it (posix_dir.c, posix_file.c, posix_process.c) bring. Every
** call goes through the context's OS table: a row of its own, or os_may(). */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/str.h"
#include "runtime/structseq.h"

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
Value posix_stat_value(RpThread *th, const struct stat *st) {
  const Value f[N_STAT_FIELDS] = {
      value_int(st->st_mode), value_int((int64_t)st->st_ino), value_int((int64_t)st->st_dev), value_int((int64_t)st->st_nlink),
      value_int(st->st_uid), value_int(st->st_gid), value_int(st->st_size), value_int(st->st_atim.tv_sec), value_int(st->st_mtim.tv_sec),
      value_int(st->st_ctim.tv_sec), value_double(seconds(st->st_atim)), value_double(seconds(st->st_mtim)),
      value_double(seconds(st->st_ctim)), nanoseconds(th, st->st_atim), nanoseconds(th, st->st_mtim), nanoseconds(th, st->st_ctim),
      value_int(st->st_blksize), value_int(st->st_blocks), value_int((int64_t)st->st_rdev)};
  return structseq_new(th, &type_stat_result, f, N_STAT_VISIBLE, N_STAT_FIELDS);
}
static Value do_stat(RpThread *th, Value path, Value dir_fd, int allow, const char *function, bool follow) {
  struct stat st;
  PathArg p;
  if (!no_dir_fd(th, dir_fd) || !path_arg(th, path, allow, function, &p)) return EMPTY;
  int r = p.name ? OS_CALL(th, stat, p.name, &st, follow) : OS_CALL(th, fstat, p.fd, &st);
  return r < 0 ? raise_os(th, errno, p.given) : posix_stat_value(th, &st);
}
static Value posix_stat(RpThread *th, const Value *a) {
  bool follow;
  return truth_arg(th, a[2], true, &follow) ? do_stat(th, a[0], a[1], PATH_FD, "stat", follow) : EMPTY;
}
static Value posix_lstat(RpThread *th, const Value *a) { return do_stat(th, a[0], a[1], 0, "lstat", false); }
static Value posix_fstat(RpThread *th, const Value *a) {
  int fd;
  struct stat st;
  if (!int_arg(th, a[0], 0, &fd)) return EMPTY;
  return OS_CALL(th, fstat, fd, &st) < 0 ? raise_os(th, errno, EMPTY) : posix_stat_value(th, &st);
}

static const NativeDef posix_functions[] = {
    {"stat", posix_stat, "(path, *, dir_fd=None, follow_symlinks=True)", 0, "Perform a stat system call on the given path."},
    {"lstat", posix_lstat, "(path, *, dir_fd=None)", 0, "Perform a stat system call on the given path, without following symbolic links."},
    {"fstat", posix_fstat, "(fd)", 0, "Perform a stat system call on the given file descriptor."},
    {0},
};

Dict *posix_environ_dict(RpThread *th) {
  Value m = import_module_c(th, "posix");
  Value env = m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, "environ"));
  if (env != EMPTY && !dict_check(env)) raise_type(th, "posix.environ is not a dict");
  return th->pending == EMPTY ? as_dict(env) : NULL;
}

static int add_environ(RpThread *th, Dict *dict) {
  Dict *env = dict_new(th);
  if (!env || dict_set_c(th, dict, "environ", value_object(env)) < 0) return -1;
  for (char **e = OS_CALL(th, environ_); e && *e; e++) {
    const char *eq = strchr(*e, '=');
    if (!eq) continue;
    Bytes *k = bytes_new(th, *e, (size_t)(eq - *e)), *v = bytes_new(th, eq + 1, strlen(eq + 1));
    if (!k || !v || dict_set(th, env, value_object(k), value_object(v)) < 0) return -1;
  }
  return 0;
}
/* What os.py asks to fill supports_fd and supports_follow_symlinks. No call takes dir_fd. */
static int add_have_functions(RpThread *th, Dict *dict) {
  static const char *const have[] = {"HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FCHOWN", "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_FSTATVFS", "HAVE_LCHOWN",
                                     "HAVE_LSTAT", "HAVE_LUTIMES"};
  List *l = list_new(th, countof(have));
  for (size_t i = 0; l && i < countof(have); i++) {
    Str *s = str_intern_c(th, have[i]);
    if (!s || list_append(th, l, value_object(s)) < 0) return -1;
  }
  return l ? dict_set_c(th, dict, "_have_functions", value_object(l)) : -1;
}
static int posix_init(RpThread *th, Dict *dict) {
  static const NativeDef *const tables[] = {posix_dir_functions, posix_file_functions, posix_process_functions};
  for (size_t i = 0; i < countof(tables); i++)
    if (native_add_all(th, dict, tables[i], str_intern_c(th, "posix")) < 0) return -1;
  if (dict_set_c(th, dict, "stat_result", value_object(&type_stat_result)) < 0 || dict_set_c(th, dict, "error", value_object(&type_OSError)) < 0) return -1;
  if (posix_file_init(th, dict) < 0 || posix_process_init(th, dict) < 0 || add_have_functions(th, dict) < 0) return -1;
  return add_environ(th, dict);
}
const ModuleSpec mod_posix = {.doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard.",
                              .functions = posix_functions, .init = posix_init};
