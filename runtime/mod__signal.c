/* mod__signal.c: the module _signal over signals.h. */
#include "runtime/posix.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/num.h"
#include "runtime/set.h"
#include "runtime/signals.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { HANDLER_DFL = SIGNAL_DEFAULT, HANDLER_IGN = SIGNAL_IGNORE };

static bool signal_arg(RpThread *th, Value v, int *sig) {
  if (!int_arg(th, v, 0, sig)) return false;
  if (*sig >= 1 && *sig < NSIG) return true;
  raise_value(th, "signal number out of range");
  return false;
}
static Value default_int_handler(RpThread *th, const Value *a) { return raise_value_object(th, value_object(&type_KeyboardInterrupt)); }
static Value the_int_handler(RpThread *th) {
  Value m = import_module_c(th, "_signal");
  return m == EMPTY ? EMPTY : dict_get_c(th, ((Module *)as_object(m))->dict, "default_int_handler");
}

/* -- Handlers ------------------------------------------------------------------------------------------------------------------------------ */

/* The script's handler, or what the process has. */
static Value current_handler(RpThread *th, int sig) {
  Value list = th->ctx->signal_handlers, h = list == EMPTY ? EMPTY : list_get_fast(as_list(list), sig);
  struct sigaction sa;
  if (h != EMPTY && h != NONE) return h;
  if (sigaction(sig, NULL, &sa) < 0) return NONE;
  if (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN) return value_int(sa.sa_handler == SIG_DFL ? HANDLER_DFL : HANDLER_IGN);
  return sig == SIGINT && signals_installed(sig) ? the_int_handler(th) : NONE;
}
static Value m_getsignal(RpThread *th, const Value *a) {
  int sig;
  return signal_arg(th, a[0], &sig) ? current_handler(th, sig) : EMPTY;
}
static List *handlers(RpThread *th) {
  RpContext *ctx = th->ctx;
  if (ctx->signal_handlers == EMPTY) {
    List *l = list_new(th, NSIG);
    for (int i = 0; l && i < NSIG; i++)
      if (list_append(th, l, NONE) < 0) return NULL;
    if (!l) return NULL;
    ctx->signal_handlers = value_object(l);
  }
  return as_list(ctx->signal_handlers);
}
static Value m_signal(RpThread *th, const Value *a) {
  int sig;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &sig)) return EMPTY;
  bool number = is_int(a[1]) && (as_int(a[1]) == HANDLER_DFL || as_int(a[1]) == HANDLER_IGN);
  if (th != th->ctx->main_thread || getpid() != gettid() || !signals_claim(th->ctx))
    return raise_value(th, "signal only works in main thread of the main interpreter");
  if (sig < 1 || sig >= NSIG) return raise_value(th, "signal number out of range");
  if (!number && !op_callable(a[1])) return raise_type(th, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
  Value old = current_handler(th, sig);
  List *list = old == EMPTY ? NULL : handlers(th);
  if (!list || !thread_poll(th)) return EMPTY; /* what has arrived goes to the old one */
  if (signals_install(sig, number ? (SignalAction)as_int(a[1]) : SIGNAL_OURS) < 0) return raise_os(th, errno, EMPTY);
  return list_set(th, list, sig, a[1]) < 0 ? EMPTY : old;
}

static Value m_raise_signal(RpThread *th, const Value *a) {
  int sig;
  if (!os_may(th, OS_PROCESS) || !signal_arg(th, a[0], &sig)) return EMPTY;
  Value r = os_done(th, raise(sig), EMPTY);
  return r != EMPTY && !thread_poll(th) ? EMPTY : r;
}
static Value m_strsignal(RpThread *th, const Value *a) {
  int sig;
  if (!signal_arg(th, a[0], &sig)) return EMPTY;
  const char *text = strsignal(sig);
  return text && strncmp(text, "Unknown", 7) ? os_text(th, text, false) : NONE;
}
static Value m_set_wakeup_fd(RpThread *th, const Value *a) {
  int fd;
  if (!int_arg(th, a[0], -1, &fd)) return EMPTY;
  if (th != th->ctx->main_thread || !signals_claim(th->ctx)) return raise_value(th, "set_wakeup_fd only works in main thread of the main interpreter");
  struct stat st;
  if (fd != -1 && OS_CALL(th, fstat, fd, &st) < 0) return os_done(th, -1, EMPTY);
  int flags = fd == -1 ? O_NONBLOCK : fcntl(fd, F_GETFL);
  if (flags < 0) return os_done(th, -1, EMPTY);
  if (!(flags & O_NONBLOCK)) return raise_value(th, "the fd %i must be in non-blocking mode", fd);
  return value_int(signals_wakeup_fd(fd));
}
static Value m_siginterrupt(RpThread *th, const Value *a) {
  int sig;
  bool on;
  if (!signal_arg(th, a[0], &sig) || !truth_arg(th, a[1], false, &on)) return EMPTY;
  struct sigaction sa;
  if (sigaction(sig, NULL, &sa) < 0) return os_done(th, -1, EMPTY);
  sa.sa_flags = on ? sa.sa_flags & ~SA_RESTART : sa.sa_flags | SA_RESTART;
  return os_done(th, sigaction(sig, &sa, NULL), EMPTY);
}

/* -- Timers ------------------------------------------------------------------------------------------------------------------------------------ */

static Value m_alarm(RpThread *th, const Value *a) {
  int s;
  return os_may(th, OS_PROCESS) && int_arg(th, a[0], 0, &s) ? value_int(alarm((unsigned)s)) : EMPTY;
}
static Value m_pause(RpThread *th, const Value *a) {
  thread_enter_safe(th);
  pause();
  thread_leave_safe(th);
  return thread_poll(th) ? NONE : EMPTY;
}
static Value timer_value(RpThread *th, const struct itimerval *t) {
  Tuple *r = tuple_of(th, 2, value_double((double)t->it_value.tv_sec + 1e-6 * (double)t->it_value.tv_usec),
                      value_double((double)t->it_interval.tv_sec + 1e-6 * (double)t->it_interval.tv_usec));
  return r ? value_object(r) : EMPTY;
}
static Value timer_error(RpThread *th) {
  int err = errno;
  Value m = import_module_c(th, "_signal"), cls = m == EMPTY ? EMPTY : dict_get_c(th, ((Module *)as_object(m))->dict, "ItimerError");
  Value e = cls == EMPTY ? EMPTY : op_call2(th, cls, value_int(err), os_text(th, strerror(err), false));
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static bool timeval_arg(RpThread *th, Value v, struct timeval *out) {
  double d = 0;
  if (v != EMPTY && !op_as_double(th, v, &d)) return false;
  double us = __builtin_ceil(d * 1e6);
  out->tv_sec = (time_t)__builtin_floor(us / 1e6);
  out->tv_usec = (suseconds_t)(us - (double)out->tv_sec * 1e6);
  return true;
}
static Value m_setitimer(RpThread *th, const Value *a) {
  int which;
  struct itimerval t, old;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &which) || !timeval_arg(th, a[1], &t.it_value) || !timeval_arg(th, a[2], &t.it_interval)) return EMPTY;
  return setitimer((__itimer_which_t)which, &t, &old) < 0 ? timer_error(th) : timer_value(th, &old);
}
static Value m_getitimer(RpThread *th, const Value *a) {
  int which;
  struct itimerval t;
  if (!int_arg(th, a[0], 0, &which)) return EMPTY;
  return getitimer((__itimer_which_t)which, &t) < 0 ? timer_error(th) : timer_value(th, &t);
}

/* -- Masks ------------------------------------------------------------------------------------------------------------------------------------- */

static bool mask_arg(RpThread *th, Value v, sigset_t *out) {
  List *l = op_to_list(th, v);
  sigemptyset(out);
  for (uint32_t i = 0; l && i < list_len(l); i++) {
    int64_t sig;
    if (!op_as_i64(th, list_get_fast(l, i), &sig)) return false;
    if (sig < 1 || sig >= NSIG) return raise_value(th, "signal number %ld out of range [1; %i]", (long)sig, NSIG - 1), false;
    sigaddset(out, (int)sig);
  }
  return l != NULL;
}
static Value mask_value(RpThread *th, const sigset_t *mask) {
  Set *s = set_new(th);
  for (int i = 1; s && i < NSIG; i++)
    if (sigismember(mask, i) == 1 && set_add(th, s, value_int(i)) < 0) return EMPTY;
  return s ? value_object(s) : EMPTY;
}
static Value m_pthread_sigmask(RpThread *th, const Value *a) {
  int how;
  sigset_t mask, old;
  if (!int_arg(th, a[0], 0, &how) || !mask_arg(th, a[1], &mask)) return EMPTY;
  int err = pthread_sigmask(how, &mask, &old);
  if (err) return raise_os(th, err, EMPTY);
  return thread_poll(th) ? mask_value(th, &old) : EMPTY;
}
static Value m_sigpending(RpThread *th, const Value *a) {
  sigset_t mask;
  return sigpending(&mask) < 0 ? os_done(th, -1, EMPTY) : mask_value(th, &mask);
}
static Value m_sigwait(RpThread *th, const Value *a) {
  sigset_t mask;
  int r, sig = 0;
  if (!mask_arg(th, a[0], &mask)) return EMPTY;
  thread_enter_safe(th);
  r = sigwait(&mask, &sig);
  thread_leave_safe(th);
  return r ? raise_os(th, r, EMPTY) : value_int(sig);
}
static Value m_pthread_kill(RpThread *th, const Value *a) {
  int64_t id;
  int sig;
  if (!os_may(th, OS_PROCESS) || !op_as_i64(th, a[0], &id) || !int_arg(th, a[1], 0, &sig)) return EMPTY;
  int err = ESRCH;
  pthread_mutex_lock(&th->ctx->thread_lock);
  for (RpThread *t = th->ctx->threads; t; t = t->next)
    if (t->id == (uint64_t)id) err = pthread_kill(t->os, sig);
  pthread_mutex_unlock(&th->ctx->thread_lock);
  if (err) return raise_os(th, err, EMPTY);
  return thread_poll(th) ? NONE : EMPTY;
}
static Value m_valid_signals(RpThread *th, const Value *a) {
  sigset_t all;
  sigfillset(&all); /* without those the C library keeps for itself */
  return mask_value(th, &all);
}

static const NativeDef functions[] = {
    {"default_int_handler", default_int_handler, "(signalnum, frame, /)", 0, "The default handler for SIGINT installed by Python."},
    {"signal", m_signal, "(signalnum, handler, /)", 0, "Set the action for the given signal."},
    {"getsignal", m_getsignal, "(signalnum, /)", 0, "Return the current action for the given signal."},
    {"raise_signal", m_raise_signal, "(signalnum, /)", 0, "Send a signal to the executing process."},
    {"strsignal", m_strsignal, "(signalnum, /)", 0, "Return the system description of the given signal."},
    {"set_wakeup_fd", m_set_wakeup_fd, "(fd, /, *, warn_on_full_buffer=True)", 0, "Sets the fd to be written to (with the signal number) when a signal comes in."},
    {"siginterrupt", m_siginterrupt, "(signalnum, flag, /)", 0, "Change system call restart behaviour."},
    {"alarm", m_alarm, "(seconds, /)", 0, "Arrange for SIGALRM to arrive after the given number of seconds."},
    {"pause", m_pause, "()", 0, "Wait until a signal arrives."},
    {"setitimer", m_setitimer, "(which, seconds, interval=0.0, /)", 0, "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF)."},
    {"getitimer", m_getitimer, "(which, /)", 0, "Returns current value of given itimer."},
    {"pthread_sigmask", m_pthread_sigmask, "(how, mask, /)", 0, "Fetch and/or change the signal mask of the calling thread."},
    {"pthread_kill", m_pthread_kill, "(thread_id, signalnum, /)", 0, "Send a signal to a thread."},
    {"sigpending", m_sigpending, "()", 0, "Examine pending signals."},
    {"sigwait", m_sigwait, "(sigset, /)", 0, "Wait for a signal."},
    {"valid_signals", m_valid_signals, "()", 0, "Return a set of valid signal numbers on this platform."},
    {0},
};

static int init(RpThread *th, Dict *d) {
#define C(x) {#x, x}
  const IntConstant numbers[] = {
      C(SIGHUP), C(SIGINT), C(SIGQUIT), C(SIGILL), C(SIGTRAP), C(SIGABRT), C(SIGBUS), C(SIGFPE), C(SIGKILL), C(SIGUSR1), C(SIGSEGV), C(SIGUSR2), C(SIGPIPE),
      C(SIGALRM), C(SIGTERM), C(SIGSTKFLT), C(SIGCHLD), C(SIGCONT), C(SIGSTOP), C(SIGTSTP), C(SIGTTIN), C(SIGTTOU), C(SIGURG), C(SIGXCPU), C(SIGXFSZ),
      C(SIGVTALRM), C(SIGPROF), C(SIGWINCH), C(SIGIO), C(SIGPWR), C(SIGSYS), C(SIGCLD), C(SIGPOLL), C(SIGIOT), C(SIGRTMIN), C(SIGRTMAX), C(SIG_BLOCK),
      C(SIG_UNBLOCK), C(SIG_SETMASK), C(ITIMER_REAL), C(ITIMER_VIRTUAL), C(ITIMER_PROF), C(NSIG), {"SIG_DFL", HANDLER_DFL}, {"SIG_IGN", HANDLER_IGN}};
#undef C
  if (add_int_constants(th, d, numbers, countof(numbers)) < 0) return -1;
  Tuple *bases = tuple_of(th, 1, value_object(&type_OSError));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_c(th, ns, "__module__", value_object(str_intern_c(th, "signal"))) < 0) return -1;
  Value error = type_new_class(th, &type_type, str_intern_c(th, "itimer_error"), bases, ns, NULL, NULL);
  return error == EMPTY ? -1 : dict_set_c(th, d, "ItimerError", error);
}

const ModuleSpec mod__signal = {"This module provides mechanisms to use signal handlers in Python.", functions, init};
