/* posix_process.c: processes, users, the machine. There is no fork(): only the calling thread would go on in the child, with the locks of all
** others held for good. New processes are made by _posixsubprocess.fork_exec (subprocess), and system(). */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/num.h"
#include "runtime/set.h"
#include "runtime/str.h"
#include "runtime/structseq.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- Waiting --------------------------------------------------------------------------------------------------------------------------------- */

static Value posix_waitpid(RpThread *th, const Value *a) {
  int pid, options, status = 0;
  pid_t r;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], -1, &pid) || !int_arg(th, a[1], 0, &options)) return EMPTY;
  OS_BLOCKING(th, r, waitpid(pid, &status, options));
  if (r < 0) return os_done(th, r, EMPTY);
  Tuple *t = tuple_of(th, 2, value_int(r), value_int(status));
  return t ? value_object(t) : EMPTY;
}
static Value posix_wait(RpThread *th, const Value *a) { return posix_waitpid(th, (Value[]){value_int(-1), value_int(0)}); }

#define STATUS_TEST(name, macro)                                     \
  static Value name(RpThread *th, const Value *a) {                  \
    int status;                                                      \
    return int_arg(th, a[0], 0, &status) ? value_bool(macro(status)) : EMPTY; \
  }
#define STATUS_NUMBER(name, macro)                                   \
  static Value name(RpThread *th, const Value *a) {                  \
    int status;                                                      \
    return int_arg(th, a[0], 0, &status) ? value_int(macro(status)) : EMPTY; \
  }
STATUS_TEST(m_WIFEXITED, WIFEXITED)
STATUS_TEST(m_WIFSIGNALED, WIFSIGNALED)
STATUS_TEST(m_WIFSTOPPED, WIFSTOPPED)
STATUS_TEST(m_WIFCONTINUED, WIFCONTINUED)
STATUS_TEST(m_WCOREDUMP, WCOREDUMP)
STATUS_NUMBER(m_WEXITSTATUS, WEXITSTATUS)
STATUS_NUMBER(m_WTERMSIG, WTERMSIG)
STATUS_NUMBER(m_WSTOPSIG, WSTOPSIG)
static Value m_exitcode(RpThread *th, const Value *a) {
  int status;
  if (!int_arg(th, a[0], 0, &status)) return EMPTY;
  if (WIFEXITED(status)) return value_int(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return value_int(-WTERMSIG(status));
  if (WIFSTOPPED(status)) return raise_value(th, "process stopped by delivery of signal %i", WSTOPSIG(status));
  return raise_value(th, "invalid wait status: %i", status);
}

/* -- Signals, groups, users ------------------------------------------------------------------------------------------------------------------ */

static Value posix_kill(RpThread *th, const Value *a) {
  int pid, sig;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &pid) || !int_arg(th, a[1], 0, &sig)) return EMPTY;
  Value r = os_done(th, kill(pid, sig), EMPTY);
  return r != EMPTY && !thread_poll(th) ? EMPTY : r; /* one to ourselves is handled at once */
}
static Value posix_killpg(RpThread *th, const Value *a) {
  int pid, sig;
  return os_may(th, OS_PROCESS) && int_arg(th, a[0], 0, &pid) && int_arg(th, a[1], 0, &sig) ? os_done(th, killpg(pid, sig), EMPTY) : EMPTY;
}
#define ID(name, call) \
  static Value name(RpThread *th, const Value *a) { return value_int((int64_t)call()); }
ID(posix_getpid, getpid)
ID(posix_getppid, getppid)
ID(posix_getpgrp, getpgrp)
ID(posix_getuid, getuid)
ID(posix_geteuid, geteuid)
ID(posix_getgid, getgid)
ID(posix_getegid, getegid)
static Value posix_getpgid(RpThread *th, const Value *a) {
  int pid;
  return int_arg(th, a[0], 0, &pid) ? os_int(th, getpgid(pid)) : EMPTY;
}
static Value posix_getsid(RpThread *th, const Value *a) {
  int pid;
  return int_arg(th, a[0], 0, &pid) ? os_int(th, getsid(pid)) : EMPTY;
}
static Value posix_setsid(RpThread *th, const Value *a) { return os_may(th, OS_PROCESS) ? os_done(th, setsid(), EMPTY) : EMPTY; }
static Value posix_setpgid(RpThread *th, const Value *a) {
  int pid, group;
  return os_may(th, OS_PROCESS) && int_arg(th, a[0], 0, &pid) && int_arg(th, a[1], 0, &group) ? os_done(th, setpgid(pid, group), EMPTY) : EMPTY;
}
static Value posix_getgroups(RpThread *th, const Value *a) {
  gid_t ids[1024];
  int n = getgroups(countof(ids), ids);
  List *l = n < 0 ? NULL : list_new(th, (size_t)n);
  if (n < 0) return os_done(th, n, EMPTY);
  for (int i = 0; l && i < n; i++)
    if (list_append(th, l, value_int(ids[i])) < 0) return EMPTY;
  return l ? value_object(l) : EMPTY;
}
static Value three_ids(RpThread *th, int r, const uint32_t *id) {
  Tuple *t = r < 0 ? NULL : tuple_of(th, 3, value_int(id[0]), value_int(id[1]), value_int(id[2]));
  return t ? value_object(t) : os_done(th, -1, EMPTY);
}
static Value posix_getresuid(RpThread *th, const Value *a) {
  uid_t id[3];
  return three_ids(th, getresuid(&id[0], &id[1], &id[2]), id);
}
static Value posix_getresgid(RpThread *th, const Value *a) {
  gid_t id[3];
  return three_ids(th, getresgid(&id[0], &id[1], &id[2]), id);
}
static Value posix_getlogin(RpThread *th, const Value *a) {
  char buf[256];
  if (!os_may(th, OS_USERS)) return EMPTY;
  int err = getlogin_r(buf, sizeof buf);
  return err ? raise_os(th, err, EMPTY) : os_text(th, buf, false);
}

/* -- Scheduling ------------------------------------------------------------------------------------------------------------------------------- */

static Value posix_nice(RpThread *th, const Value *a) {
  int by;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &by)) return EMPTY;
  errno = 0;
  int r = nice(by);
  return r == -1 && errno ? os_done(th, -1, EMPTY) : value_int(r);
}
static Value posix_getpriority(RpThread *th, const Value *a) {
  int which, who;
  if (!int_arg(th, a[0], 0, &which) || !int_arg(th, a[1], 0, &who)) return EMPTY;
  errno = 0;
  int r = getpriority((__priority_which_t)which, (id_t)who);
  return r == -1 && errno ? os_done(th, -1, EMPTY) : value_int(r);
}
static Value posix_setpriority(RpThread *th, const Value *a) {
  int which, who, to;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &which) || !int_arg(th, a[1], 0, &who) || !int_arg(th, a[2], 0, &to)) return EMPTY;
  return os_done(th, setpriority((__priority_which_t)which, (id_t)who, to), EMPTY);
}
static Value posix_sched_yield(RpThread *th, const Value *a) {
  thread_enter_safe(th);
  sched_yield();
  thread_leave_safe(th);
  return NONE;
}
static Value posix_sched_getaffinity(RpThread *th, const Value *a) {
  int pid;
  cpu_set_t cpus;
  if (!int_arg(th, a[0], 0, &pid)) return EMPTY;
  if (sched_getaffinity(pid, sizeof cpus, &cpus) < 0) return os_done(th, -1, EMPTY);
  Set *s = set_new(th);
  for (int i = 0; s && i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &cpus) && set_add(th, s, value_int(i)) < 0) return EMPTY;
  return s ? value_object(s) : EMPTY;
}
static Value posix_sched_setaffinity(RpThread *th, const Value *a) {
  int pid;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &pid)) return EMPTY;
  List *l = op_to_list(th, a[1]);
  if (!l) return EMPTY;
  for (uint32_t i = 0; i < list_len(l); i++) {
    int cpu;
    if (!int_arg(th, list_array(l)->items[i], 0, &cpu)) return EMPTY;
    if (cpu < 0) return raise_value(th, "negative CPU number");
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &cpus);
  }
  return os_done(th, sched_setaffinity(pid, sizeof cpus, &cpus), EMPTY);
}
static Value posix_cpu_count(RpThread *th, const Value *a) { return value_int(sysconf(_SC_NPROCESSORS_ONLN)); }
static Value posix_getloadavg(RpThread *th, const Value *a) {
  double l[3];
  if (getloadavg(l, 3) != 3) return raise_error(th, &type_OSError, "Load averages are unobtainable");
  Tuple *t = tuple_of(th, 3, value_double(l[0]), value_double(l[1]), value_double(l[2]));
  return t ? value_object(t) : EMPTY;
}

/* -- The machine ------------------------------------------------------------------------------------------------------------------------------- */

#define N_UNAME 5
static Value uname_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_UNAME, N_UNAME); }
const TypeSpec spec_uname_result = {
    .doc = "uname_result: Result from os.uname().",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = uname_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "sysname", "operating system name"), STRUCTSEQ_FIELD(1, "nodename", "name of machine on network"),
                                   STRUCTSEQ_FIELD(2, "release", "operating system release"), STRUCTSEQ_FIELD(3, "version", "operating system version"),
                                   STRUCTSEQ_FIELD(4, "machine", "hardware identifier"), {0}},
};
static Value posix_uname(RpThread *th, const Value *a) {
  struct utsname u;
  if (uname(&u) < 0) return os_done(th, -1, EMPTY);
  const Value f[N_UNAME] = {os_text(th, u.sysname, false), os_text(th, u.nodename, false), os_text(th, u.release, false), os_text(th, u.version, false),
                            os_text(th, u.machine, false)};
  return th->pending != EMPTY ? EMPTY : structseq_new(th, &type_uname_result, f, N_UNAME, N_UNAME);
}

#define N_TIMES 5
static Value times_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_TIMES, N_TIMES); }
const TypeSpec spec_times_result = {
    .doc = "times_result: Result from os.times().",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = times_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "user", "user time"), STRUCTSEQ_FIELD(1, "system", "system time"),
                                   STRUCTSEQ_FIELD(2, "children_user", "user time of children"), STRUCTSEQ_FIELD(3, "children_system", "system time of children"),
                                   STRUCTSEQ_FIELD(4, "elapsed", "elapsed time since an arbitrary point in the past"), {0}},
};
static Value posix_times(RpThread *th, const Value *a) {
  struct tms t;
  clock_t now = times(&t);
  double per_s = (double)sysconf(_SC_CLK_TCK);
  const Value f[N_TIMES] = {value_double((double)t.tms_utime / per_s), value_double((double)t.tms_stime / per_s), value_double((double)t.tms_cutime / per_s),
                            value_double((double)t.tms_cstime / per_s), value_double((double)now / per_s)};
  return structseq_new(th, &type_times_result, f, N_TIMES, N_TIMES);
}

static const IntConstant sysconf_names[] = {
    {"SC_ARG_MAX", _SC_ARG_MAX}, {"SC_CHILD_MAX", _SC_CHILD_MAX}, {"SC_CLK_TCK", _SC_CLK_TCK}, {"SC_NGROUPS_MAX", _SC_NGROUPS_MAX},
    {"SC_OPEN_MAX", _SC_OPEN_MAX}, {"SC_PAGESIZE", _SC_PAGESIZE}, {"SC_PAGE_SIZE", _SC_PAGESIZE}, {"SC_NPROCESSORS_CONF", _SC_NPROCESSORS_CONF},
    {"SC_NPROCESSORS_ONLN", _SC_NPROCESSORS_ONLN}, {"SC_PHYS_PAGES", _SC_PHYS_PAGES}, {"SC_AVPHYS_PAGES", _SC_AVPHYS_PAGES},
    {"SC_IOV_MAX", _SC_IOV_MAX}, {"SC_SEM_NSEMS_MAX", _SC_SEM_NSEMS_MAX}, {"SC_VERSION", _SC_VERSION}};
static Value posix_sysconf(RpThread *th, const Value *a) {
  int name = -1;
  if (str_check(a[0])) {
    for (size_t i = 0; i < countof(sysconf_names); i++)
      if (str_eq_c(as_str(a[0]), sysconf_names[i].name)) name = (int)sysconf_names[i].value;
    if (name < 0) return raise_value(th, "unrecognized configuration name");
  } else if (!int_arg(th, a[0], 0, &name)) {
    return EMPTY;
  }
  errno = 0;
  long r = sysconf(name);
  return r == -1 && errno ? os_done(th, -1, EMPTY) : value_int(r);
}
static Value posix_strerror(RpThread *th, const Value *a) {
  int code;
  return int_arg(th, a[0], 0, &code) ? os_text(th, strerror(code), false) : EMPTY;
}
static Value random_bytes(RpThread *th, Value size) {
  int64_t n;
  if (!op_as_i64(th, size, &n)) return EMPTY;
  if (n < 0) return raise_value(th, "negative argument not allowed");
  Bytes *b = bytes_new(th, NULL, (size_t)n);
  if (!b) return EMPTY;
  int r;
  OS_BLOCKING(th, r, OS_CALL(th, random, b->data, (size_t)n));
  return r < 0 ? os_done(th, r, EMPTY) : value_object(b);
}
static Value posix_urandom(RpThread *th, const Value *a) { return random_bytes(th, a[0]); }
static Value posix_getrandom(RpThread *th, const Value *a) { return random_bytes(th, a[0]); }

/* -- Programs ----------------------------------------------------------------------------------------------------------------------------------- */

static Value posix_putenv(RpThread *th, const Value *a) { return NONE; } /* os.environ is the context's own copy; children get that */
static Value posix_exit(RpThread *th, const Value *a) {
  int code;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &code)) return EMPTY;
  _exit(code);
}
static Value posix_abort(RpThread *th, const Value *a) {
  if (!os_may(th, OS_PROCESS)) return EMPTY;
  abort();
}

/* A NULL-terminated array of C strings from a sequence of paths, in malloc'ed memory; *hold keeps the texts alive. */
static char **string_vector(RpThread *th, Value seq, const char *function, List **hold) {
  Tuple *t = op_to_tuple(th, seq);
  *hold = t ? list_new(th, t->length) : NULL;
  char **v = *hold ? calloc(t->length + 1, sizeof *v) : NULL;
  for (size_t i = 0; v && i < t->length; i++) {
    PathArg p;
    if (path_arg(th, t->items[i], 0, function, &p) && list_append(th, *hold, p.hold) == 0) {
      v[i] = (char *)p.name;
    } else {
      free(v);
      return NULL;
    }
  }
  if (!v && th->pending == EMPTY) raise_memory(th);
  return v;
}
/* "NAME=VALUE" from a mapping. */
static Value environment_list(RpThread *th, Dict *env) {
  List *l = list_new(th, dict_len(env));
  uint32_t pos = 0;
  Value k, v;
  while (l && dict_next(env, &pos, &k, &v)) {
    PathArg key, value;
    if (!path_arg(th, k, 0, "execve", &key) || !path_arg(th, v, 0, "execve", &value)) return EMPTY;
    size_t n = strlen(key.name), m = strlen(value.name);
    Bytes *b = bytes_new(th, NULL, n + m + 1);
    if (!b) return EMPTY;
    memcpy(b->data, key.name, n);
    b->data[n] = '=';
    memcpy(b->data + n + 1, value.name, m);
    if (list_append(th, l, value_object(b)) < 0) return EMPTY;
  }
  return l ? value_object(l) : EMPTY;
}
static Value exec(RpThread *th, const char *function, Value path, Value args, Value env) {
  PathArg p;
  List *h1, *h2;
  if (!os_may(th, OS_PROCESS) || !path_arg(th, path, 0, function, &p)) return EMPTY;
  if (!list_check(args) && !tuple_check(args)) return raise_type(th, "%s() arg 2 must be a tuple or list", function);
  if (op_len(th, args) < 1) return raise_value(th, "%s() arg 2 must not be empty", function);
  Dict *d = env == EMPTY ? posix_environ_dict(th) : dict_check(env) ? as_dict(env) : dict_new(th);
  if (!d || (env != EMPTY && !dict_check(env) && dict_update(th, d, env, true) < 0)) return EMPTY;
  Value list = environment_list(th, d);
  char **argv = list == EMPTY ? NULL : string_vector(th, args, function, &h1);
  char **envp = argv ? string_vector(th, list, function, &h2) : NULL;
  int err = 0;
  if (envp) {
    execve(p.name, argv, envp);
    err = errno;
  }
  free(argv);
  free(envp);
  return err ? raise_os(th, err, p.given) : EMPTY;
}
static Value posix_execv(RpThread *th, const Value *a) { return exec(th, "execv", a[0], a[1], EMPTY); }
static Value posix_execve(RpThread *th, const Value *a) { return exec(th, "execve", a[0], a[1], a[2]); }

/* With the script's own environment, SIGINT and SIGQUIT as they are. */
static Value posix_system(RpThread *th, const Value *a) {
  PathArg p;
  List *hold;
  if (!os_may(th, OS_PROCESS) || !path_arg(th, a[0], 0, "system", &p)) return EMPTY;
  Dict *d = posix_environ_dict(th);
  Value list = d ? environment_list(th, d) : EMPTY;
  char **envp = list == EMPTY ? NULL : string_vector(th, list, "system", &hold);
  if (!envp) return EMPTY;
  char *argv[] = {(char *)"sh", (char *)"-c", (char *)p.name, NULL};
  pid_t pid, r;
  int status = 0, err = posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, envp);
  free(envp);
  if (err) return raise_os(th, err, EMPTY);
  OS_BLOCKING(th, r, waitpid(pid, &status, 0));
  return r < 0 ? os_done(th, r, EMPTY) : value_int(status);
}

const NativeDef posix_process_functions[] = {
    {"waitpid", posix_waitpid, "(pid, options, /)", 0, "Wait for completion of a given child process."},
    {"wait", posix_wait, "()", 0, "Wait for completion of a child process."},
    {"WIFEXITED", m_WIFEXITED, "(status)", 0, NULL},
    {"WIFSIGNALED", m_WIFSIGNALED, "(status)", 0, NULL},
    {"WIFSTOPPED", m_WIFSTOPPED, "(status)", 0, NULL},
    {"WIFCONTINUED", m_WIFCONTINUED, "(status)", 0, NULL},
    {"WCOREDUMP", m_WCOREDUMP, "(status, /)", 0, NULL},
    {"WEXITSTATUS", m_WEXITSTATUS, "(status)", 0, NULL},
    {"WTERMSIG", m_WTERMSIG, "(status)", 0, NULL},
    {"WSTOPSIG", m_WSTOPSIG, "(status)", 0, NULL},
    {"waitstatus_to_exitcode", m_exitcode, "(status)", 0, "Convert a wait status to an exit code."},
    {"kill", posix_kill, "(pid, signal, /)", 0, "Kill a process with a signal."},
    {"killpg", posix_killpg, "(pgid, signal, /)", 0, "Kill a process group with a signal."},
    {"getpid", posix_getpid, "()", 0, "Return the current process id."},
    {"getppid", posix_getppid, "()", 0, "Return the parent's process id."},
    {"getpgrp", posix_getpgrp, "()", 0, "Return the current process group id."},
    {"getpgid", posix_getpgid, "(pid)", 0, "Call the system call getpgid(), and return the result."},
    {"getsid", posix_getsid, "(pid, /)", 0, "Call the system call getsid(pid) and return the result."},
    {"setsid", posix_setsid, "()", 0, "Call the system call setsid()."},
    {"setpgid", posix_setpgid, "(pid, pgrp, /)", 0, "Call the system call setpgid(pid, pgrp)."},
    {"getuid", posix_getuid, "()", 0, "Return the current process's user id."},
    {"geteuid", posix_geteuid, "()", 0, "Return the current process's effective user id."},
    {"getgid", posix_getgid, "()", 0, "Return the current process's group id."},
    {"getegid", posix_getegid, "()", 0, "Return the current process's effective group id."},
    {"getgroups", posix_getgroups, "()", 0, "Return list of supplemental group IDs for the process."},
    {"getresuid", posix_getresuid, "()", 0, "Return a tuple of the current process's real, effective, and saved user ids."},
    {"getresgid", posix_getresgid, "()", 0, "Return a tuple of the current process's real, effective, and saved group ids."},
    {"getlogin", posix_getlogin, "()", 0, "Return the actual login name."},
    {"nice", posix_nice, "(increment, /)", 0, "Add increment to the priority of process and return the new priority."},
    {"getpriority", posix_getpriority, "(which, who)", 0, "Return program scheduling priority."},
    {"setpriority", posix_setpriority, "(which, who, priority)", 0, "Set program scheduling priority."},
    {"sched_yield", posix_sched_yield, "()", 0, "Voluntarily relinquish the CPU."},
    {"sched_getaffinity", posix_sched_getaffinity, "(pid, /)", 0, "Return the affinity of the process identified by pid (or the current process if zero)."},
    {"sched_setaffinity", posix_sched_setaffinity, "(pid, mask, /)", 0, "Set the CPU affinity of the process identified by pid to mask."},
    {"cpu_count", posix_cpu_count, "()", 0, "Return the number of CPUs in the system; return None if indeterminable."},
    {"getloadavg", posix_getloadavg, "()", 0, "Return average recent system load information."},
    {"uname", posix_uname, "()", 0, "Return an object identifying the current operating system."},
    {"times", posix_times, "()", 0, "Return a collection containing process timing information."},
    {"sysconf", posix_sysconf, "(name, /)", 0, "Return an integer-valued system configuration variable."},
    {"strerror", posix_strerror, "(code, /)", 0, "Translate an error code to a message string."},
    {"urandom", posix_urandom, "(size, /)", 0, "Return a bytes object containing random bytes suitable for cryptographic use."},
    {"getrandom", posix_getrandom, "(size, flags=0)", 0, "Obtain a series of random bytes."},
    {"putenv", posix_putenv, "(name, value, /)", 0, "Change or add an environment variable."},
    {"unsetenv", posix_putenv, "(name, /)", 0, "Delete an environment variable."},
    {"_exit", posix_exit, "(status)", 0, "Exit to the system with specified status, without normal exit processing."},
    {"abort", posix_abort, "()", 0, "Abort the interpreter immediately."},
    {"execv", posix_execv, "(path, argv, /)", 0, "Execute an executable path with arguments, replacing current process."},
    {"execve", posix_execve, "(path, argv, env)", 0, "Execute an executable path with arguments, replacing current process."},
    {"system", posix_system, "(command)", 0, "Execute the command in a subshell."},
    {0},
};

int posix_process_init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {
      C(WNOHANG), C(WUNTRACED), C(WCONTINUED), C(WEXITED), C(WSTOPPED), C(WNOWAIT), C(P_ALL), C(P_PID), C(P_PGID), C(PRIO_PROCESS), C(PRIO_PGRP),
      C(PRIO_USER), C(SCHED_OTHER), C(SCHED_FIFO), C(SCHED_RR), C(SCHED_BATCH), C(SCHED_IDLE), C(GRND_NONBLOCK), C(GRND_RANDOM),
      {"EX_OK", 0}, {"EX_USAGE", 64}, {"EX_DATAERR", 65}, {"EX_NOINPUT", 66}, {"EX_NOUSER", 67}, {"EX_NOHOST", 68}, {"EX_UNAVAILABLE", 69},
      {"EX_SOFTWARE", 70}, {"EX_OSERR", 71}, {"EX_OSFILE", 72}, {"EX_CANTCREAT", 73}, {"EX_IOERR", 74}, {"EX_TEMPFAIL", 75}, {"EX_PROTOCOL", 76},
      {"EX_NOPERM", 77}, {"EX_CONFIG", 78}};
#undef C
  Dict *names = dict_new(th);
  if (!names || add_int_constants(th, names, sysconf_names, countof(sysconf_names)) < 0) return -1;
  if (dict_set_c(th, dict, "sysconf_names", value_object(names)) < 0 || dict_set_c(th, dict, "uname_result", value_object(&type_uname_result)) < 0 ||
      dict_set_c(th, dict, "times_result", value_object(&type_times_result)) < 0)
    return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
