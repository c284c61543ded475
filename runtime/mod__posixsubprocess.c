/* mod__posixsubprocess.c: fork_exec(), what subprocess starts programs with. The child shares our memory (vfork) until it runs the program, and does
** nothing but system calls on data that the parent prepared; all signals are blocked meanwhile, so that no handler of ours runs in it. The protocol of
** failures over errpipe_write is CPython's: "SubprocessError name:hex errno:where". */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Everything the child needs. */
typedef struct Child {
  char **argv, **envp, **programs; /* NULL-terminated; programs: candidates in order */
  const char *cwd;                 /* NULL: stay */
  int *keep;                       /* descriptors that stay open, ascending */
  size_t n_keep;
  int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
  bool close_fds, restore_signals, new_session;
  int group;                       /* process group; -1: ours */
  int64_t uid, gid;                /* -1: keep */
  gid_t *groups;
  int n_groups;                    /* -1: keep */
  int umask;                       /* -1: keep */
  sigset_t mask;                   /* to restore */
} Child;

/* -- In the child: system calls only ---------------------------------------------------------------------------------------------------------- */

static void write_text(int fd, const char *s) {
  ssize_t ignored = write(fd, s, strlen(s));
  (void)ignored;
}
NORETURN static void child_failed(const Child *c, int err, const char *where) {
  char hex[16], *p = hex + sizeof hex;
  *--p = 0;
  for (unsigned n = (unsigned)err; n; n >>= 4) *--p = "0123456789ABCDEF"[n & 15];
  write_text(c->errpipe_write, "OSError:");
  write_text(c->errpipe_write, p);
  write_text(c->errpipe_write, ":");
  write_text(c->errpipe_write, where);
  _exit(255);
}
static bool inherit(int fd) {
  int flags = fcntl(fd, F_GETFD);
  return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0;
}
static void close_range_(int lo, int hi) {
  if (lo > hi || syscall(SYS_close_range, lo, hi, 0) == 0) return;
  long max = sysconf(_SC_OPEN_MAX);
  for (int fd = lo; fd <= hi && fd < (max > 0 ? max : 1024); fd++) close(fd);
}
static void close_others(const Child *c) {
  int lo = 3;
  for (size_t i = 0; i < c->n_keep; i++) {
    if (c->keep[i] < lo) continue;
    close_range_(lo, c->keep[i] - 1);
    lo = c->keep[i] + 1;
  }
  close_range_(lo, INT32_MAX);
}
/* Puts from onto the standard descriptor `to`. */
static bool place(int from, int to) {
  if (from == -1) return true;
  return from == to ? inherit(to) : dup2(from, to) >= 0;
}
NORETURN static void child_run(Child *c) {
#define MUST(call, where) do { if ((call) < 0) child_failed(c, errno, where); } while (0)
  for (size_t i = 0; i < c->n_keep; i++)
    if (c->keep[i] != c->errpipe_write) inherit(c->keep[i]);
  if (c->p2cwrite >= 0) close(c->p2cwrite);
  if (c->c2pread >= 0) close(c->c2pread);
  if (c->errread >= 0) close(c->errread);
  close(c->errpipe_read);
  /* A pipe end that sits on a standard descriptor is moved out of the way of its neighbours. */
  if (c->c2pwrite == 0) MUST(c->c2pwrite = dup(c->c2pwrite), "");
  while (c->errwrite == 0 || c->errwrite == 1) MUST(c->errwrite = dup(c->errwrite), "");
  if (!place(c->p2cread, 0) || !place(c->c2pwrite, 1) || !place(c->errwrite, 2)) child_failed(c, errno, "");
  if (c->cwd) MUST(chdir(c->cwd), "noexec");
  if (c->umask >= 0) umask((mode_t)c->umask);
  struct sigaction dfl = {.sa_handler = SIG_DFL};
  for (int sig = 1; sig < NSIG; sig++) { /* handlers are ours, and the memory is not ours alone: back to the default before signals are let in */
    struct sigaction now;
    if (sigaction(sig, NULL, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL) sigaction(sig, &dfl, NULL);
  }
  if (c->restore_signals) {
    sigaction(SIGPIPE, &dfl, NULL);
    sigaction(SIGXFSZ, &dfl, NULL);
  }
  sigprocmask(SIG_SETMASK, &c->mask, NULL);
  if (c->new_session) setsid();
  if (c->group >= 0) MUST(setpgid(0, c->group), "");
  if (c->n_groups >= 0) MUST(syscall(SYS_setgroups, c->n_groups, c->groups), "");
  /* The raw calls change this thread alone; the C library's would ask all threads of the parent to follow. */
  if (c->gid >= 0) MUST(syscall(SYS_setregid, (gid_t)c->gid, (gid_t)c->gid), "");
  if (c->uid >= 0) MUST(syscall(SYS_setreuid, (uid_t)c->uid, (uid_t)c->uid), "");
  if (c->close_fds) close_others(c);
  int err = 0;
  for (char **p = c->programs; *p; p++) {
    execve(*p, c->argv, c->envp);
    if (errno != ENOENT && errno != ENOTDIR && err == 0) err = errno;
    else if (err == 0 && !p[1]) err = errno;
  }
  child_failed(c, err ? err : ENOENT, "");
#undef MUST
}
static NOINLINE pid_t start(Child *c) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &c->mask);
  pid_t pid = vfork();
  if (pid == 0) child_run(c);
  int err = errno;
  pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
  errno = err;
  return pid;
}

/* -- In the parent: arguments ------------------------------------------------------------------------------------------------------------------- */

static char **strings(RpThread *th, Value seq, List *hold) {
  Tuple *t = op_to_tuple(th, seq);
  char **v = t ? calloc(t->length + 1, sizeof *v) : NULL;
  for (size_t i = 0; v && i < t->length; i++) {
    PathArg p;
    if (!path_arg(th, t->items[i], 0, "fork_exec", &p) || list_append(th, hold, p.hold) < 0) {
      free(v);
      return NULL;
    }
    v[i] = (char *)p.name;
  }
  if (!v && th->pending == EMPTY) raise_memory(th);
  return v;
}
/* NAME=VALUE of the script's own os.environ. */
static Value environment(RpThread *th) {
  Dict *env = posix_environ_dict(th);
  List *l = env ? list_new(th, dict_len(env)) : NULL;
  uint32_t pos = 0;
  Value k, v;
  while (l && dict_next(env, &pos, &k, &v)) {
    if (!bytes_check(k) || !bytes_check(v)) continue;
    size_t n = as_bytes(k)->length, m = as_bytes(v)->length;
    Bytes *b = bytes_new(th, NULL, n + m + 1);
    if (!b) return EMPTY;
    memcpy(b->data, as_bytes(k)->data, n);
    b->data[n] = '=';
    memcpy(b->data + n + 1, as_bytes(v)->data, m);
    if (list_append(th, l, value_object(b)) < 0) return EMPTY;
  }
  return l ? value_object(l) : EMPTY;
}
static bool numbers(RpThread *th, Value seq, int **out, size_t *n) {
  Tuple *t = op_to_tuple(th, seq);
  *n = t ? t->length : 0;
  *out = t ? calloc(*n + 1, sizeof **out) : NULL;
  if (t && !*out) raise_memory(th);
  for (size_t i = 0; *out && i < *n; i++)
    if (!int_arg(th, t->items[i], 0, &(*out)[i])) return false;
  return *out != NULL;
}
static bool id_arg(RpThread *th, Value v, int64_t *out) {
  *out = -1;
  return v == NONE || op_as_i64(th, v, out);
}

enum { A_ARGS, A_PROGRAMS, A_CLOSE, A_KEEP, A_CWD, A_ENV, A_FDS, A_RESTORE = 14, A_SESSION, A_GROUP, A_GID, A_GROUPS, A_UID, A_UMASK, A_PREEXEC, A_VFORK };

static bool read_arguments(RpThread *th, const Value *a, Child *c, List *hold) {
  int *const fds[] = {&c->p2cread, &c->p2cwrite, &c->c2pread, &c->c2pwrite, &c->errread, &c->errwrite, &c->errpipe_read, &c->errpipe_write};
  for (size_t i = 0; i < countof(fds); i++)
    if (!int_arg(th, a[A_FDS + i], -1, fds[i])) return false;
  if (!truth_arg(th, a[A_CLOSE], true, &c->close_fds) || !truth_arg(th, a[A_RESTORE], true, &c->restore_signals) || !truth_arg(th, a[A_SESSION], false, &c->new_session))
    return false;
  if (!int_arg(th, a[A_GROUP], -1, &c->group) || !int_arg(th, a[A_UMASK], -1, &c->umask) || !id_arg(th, a[A_GID], &c->gid) || !id_arg(th, a[A_UID], &c->uid))
    return false;
  if (c->close_fds && c->errpipe_write < 3) return raise_value(th, "errpipe_write must be >= 3"), false;
  if (!numbers(th, a[A_KEEP], &c->keep, &c->n_keep)) return false;
  c->n_groups = -1;
  if (a[A_GROUPS] != NONE) {
    size_t n;
    if (!numbers(th, a[A_GROUPS], (int **)&c->groups, &n)) return false;
    c->n_groups = (int)n;
  }
  PathArg cwd;
  if (a[A_CWD] != NONE) {
    if (!path_arg(th, a[A_CWD], 0, "fork_exec", &cwd) || list_append(th, hold, cwd.hold) < 0) return false;
    c->cwd = cwd.name;
  }
  Value env = a[A_ENV] == NONE ? environment(th) : a[A_ENV];
  return env != EMPTY && (c->argv = strings(th, a[A_ARGS], hold)) && (c->programs = strings(th, a[A_PROGRAMS], hold)) && (c->envp = strings(th, env, hold));
}
static Value fork_exec(RpThread *th, const Value *a) {
  if (!os_may(th, OS_PROCESS)) return EMPTY;
  if (a[A_PREEXEC] != NONE) return raise_todo(th, "preexec_fn: no Python code runs between fork and exec; use start_new_session, process_group, umask, user, group, cwd");
  Child c = {.group = -1};
  List *hold = list_new(th, 16);
  pid_t pid = -1;
  if (hold && read_arguments(th, a, &c, hold)) {
    thread_enter_safe(th);
    pid = start(&c);
    thread_leave_safe(th);
    if (pid < 0) raise_os(th, errno, EMPTY);
  }
  free(c.argv);
  free(c.envp);
  free(c.programs);
  free(c.keep);
  free(c.groups);
  return pid < 0 ? EMPTY : value_int(pid);
}

static const NativeDef functions[] = {
    {"fork_exec", fork_exec,
     "(process_args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, "
     "restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, allow_vfork, /)",
     0, "Start a program in a new process."},
    {0},
};
const ModuleSpec mod__posixsubprocess = {.doc = "A POSIX helper for the subprocess module.", .functions = functions};
