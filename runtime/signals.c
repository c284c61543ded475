/* signals.c: see signals.h. */
#include "runtime/signals.h"
#include "runtime/context.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/frame.h"
#include "runtime/futex.h"
#include "runtime/list.h"
#include "runtime/ops.h"

#include <signal.h>

static struct {
  _Atomic(RpContext *) owner;
  _Atomic bool arrived[NSIG], any;
  _Atomic int wakeup_fd;
} state = {.wakeup_fd = -1};

bool signals_claim(RpContext *ctx) {
  RpContext *none = NULL;
  return atomic_compare_exchange_strong(&state.owner, &none, ctx) || none == ctx;
}

void signals_note(RpContext *ctx, int sig) {
  atomic_store(&state.arrived[sig], true);
  atomic_store(&state.any, true);
  RpThread *t = ctx->main_thread;
  if (!t) return; /* the next one to come looks */
  atomic_fetch_or(&t->poll, POLL_SIGNAL);
  _Atomic uint32_t *word = atomic_load(&t->waiting_on);
  if (word) futex_wake(word, INT32_MAX);
}

/* Runs on any thread, between any two instructions. */
static void on_signal(int sig) {
  int saved = errno;
  RpContext *ctx = atomic_load(&state.owner);
  if (!ctx) return;
  RpThread *t = ctx->main_thread;
  if (!t || thread_current() == t) {
    signals_note(ctx, sig);
    int fd = atomic_load(&state.wakeup_fd);
    uint8_t byte = (uint8_t)sig;
    if (fd >= 0 && write(fd, &byte, 1) < 0) {} /* a full pipe has woken its reader already */
  } else {
    pthread_kill(t->os, sig); /* there it also ends a blocking call */
  }
  errno = saved;
}

int signals_install(int sig, SignalAction action) {
  struct sigaction sa = {.sa_handler = action == SIGNAL_DEFAULT ? SIG_DFL : action == SIGNAL_IGNORE ? SIG_IGN : on_signal, .sa_flags = SA_ONSTACK};
  return sigaction(sig, &sa, NULL);
}
bool signals_installed(int sig) {
  struct sigaction sa;
  return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == on_signal;
}

void signals_start(RpContext *ctx) {
  if (!signals_claim(ctx)) return;
  struct sigaction sa;
  signals_install(SIGPIPE, SIGNAL_IGNORE);
  signals_install(SIGXFSZ, SIGNAL_IGNORE);
  if (sigaction(SIGINT, NULL, &sa) == 0 && sa.sa_handler != SIG_IGN) signals_install(SIGINT, SIGNAL_OURS);
}
void signals_release(RpContext *ctx) {
  if (atomic_load(&state.owner) != ctx) return;
  for (int sig = 1; sig < NSIG; sig++)
    if (signals_installed(sig)) signals_install(sig, SIGNAL_DEFAULT);
  atomic_store(&state.wakeup_fd, -1);
  for (int sig = 1; sig < NSIG; sig++) atomic_store(&state.arrived[sig], false);
  atomic_store(&state.owner, NULL);
}
int signals_wakeup_fd(int fd) { return atomic_exchange(&state.wakeup_fd, fd); }

static bool call_handler(RpThread *th, int sig) {
  Value h = th->ctx->signal_handlers == EMPTY ? EMPTY : list_get_fast(as_list(th->ctx->signal_handlers), sig);
  if (h == EMPTY || h == NONE) { /* nothing of the script's own: SIGINT as at the start */
    if (sig != SIGINT) return true;
    Value e = exc_new(th, &type_KeyboardInterrupt, EMPTY);
    if (e != EMPTY) raise_value_object(th, e);
    return false;
  }
  if (is_int(h)) return true; /* SIG_DFL, SIG_IGN: set since */
  FrameObject *fo = th->frame ? activation_object(th, activation_of(th->frame)) : NULL;
  if (!fo && th->frame) return false;
  Value frame = fo ? value_object(fo) : NONE;
  return op_call2(th, h, value_int(sig), frame) != EMPTY;
}
bool signals_deliver(RpThread *th) {
  if (atomic_load(&state.owner) != th->ctx || th != th->ctx->main_thread || !atomic_exchange(&state.any, false)) return true;
  for (int sig = 1; sig < NSIG; sig++) {
    if (!atomic_exchange(&state.arrived[sig], false)) continue;
    if (call_handler(th, sig)) continue;
    atomic_store(&state.any, true); /* the others at the next poll */
    atomic_fetch_or(&th->poll, POLL_SIGNAL);
    return false;
  }
  return true;
}
