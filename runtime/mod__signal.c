/* mod__signal.c: the module _signal: the numbers, and default_int_handler. Handlers of a script's own are not delivered yet. */
#include "runtime/dict.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/context.h"
#include "runtime/set.h"

#include <signal.h>

static const struct { const char *name; int value; } numbers[] = {
#define SIG(name) {#name, name},
    SIG(SIGHUP) SIG(SIGINT) SIG(SIGQUIT) SIG(SIGILL) SIG(SIGTRAP) SIG(SIGABRT) SIG(SIGBUS) SIG(SIGFPE) SIG(SIGKILL) SIG(SIGUSR1) SIG(SIGSEGV)
    SIG(SIGUSR2) SIG(SIGPIPE) SIG(SIGALRM) SIG(SIGTERM) SIG(SIGCHLD) SIG(SIGCONT) SIG(SIGSTOP) SIG(SIGTSTP) SIG(SIGTTIN) SIG(SIGTTOU) SIG(SIGURG)
    SIG(SIGXCPU) SIG(SIGXFSZ) SIG(SIGVTALRM) SIG(SIGPROF) SIG(SIGWINCH) SIG(SIGIO) SIG(SIGPWR) SIG(SIGSYS) SIG(SIG_BLOCK) SIG(SIG_UNBLOCK) SIG(SIG_SETMASK)
#undef SIG
};

static Value default_int_handler(RpThread *th, const Value *a) { return raise_value_object(th, value_object(&type_KeyboardInterrupt)); }
static Value m_signal(RpThread *th, const Value *a) { return raise_todo(th, "signal.signal()"); }
static Value m_getsignal(RpThread *th, const Value *a) {
  int64_t n;
  if (!op_as_i64(th, a[0], &n)) return EMPTY;
  if (n < 1 || n >= NSIG) return raise_value(th, "signal number out of range");
  if (n != SIGINT) return value_int(0);
  return dict_get_c(th, ((Module *)as_object(import_module_c(th, "_signal")))->dict, "default_int_handler");
}
static Value m_strsignal(RpThread *th, const Value *a) {
  int64_t n;
  if (!op_as_i64(th, a[0], &n)) return EMPTY;
  if (n < 1 || n >= NSIG) return raise_value(th, "signal number out of range");
  return value_object(str_from_c(th, strsignal((int)n)));
}
static Value m_valid_signals(RpThread *th, const Value *a) {
  Set *s = set_new(th);
  for (int i = 1; s && i < NSIG; i++)
    if (i != 32 && i != 33 && set_add(th, s, value_int(i)) < 0) return EMPTY;
  return value_object(s);
}

static const NativeDef functions[] = {{"default_int_handler", default_int_handler, "(signalnum, frame, /)", 0, NULL, NULL},
                                      {"signal", m_signal, "(signalnum, handler, /)", 0, NULL, NULL},
                                      {"getsignal", m_getsignal, "(signalnum, /)", 0, NULL, NULL},
                                      {"strsignal", m_strsignal, "(signalnum, /)", 0, NULL, NULL},
                                      {"valid_signals", m_valid_signals, "()", 0, NULL, NULL},
                                      {0}};

static int init(RpThread *th, Dict *d) {
  for (size_t i = 0; i < countof(numbers); i++)
    if (dict_set_c(th, d, numbers[i].name, value_int(numbers[i].value)) < 0) return -1;
  if (dict_set_c(th, d, "SIG_DFL", value_int(0)) < 0 || dict_set_c(th, d, "SIG_IGN", value_int(1)) < 0) return -1;
  return dict_set_c(th, d, "NSIG", value_int(NSIG));
}

const ModuleSpec mod__signal = {"This module provides mechanisms to use signal handlers in Python.", functions, init};
