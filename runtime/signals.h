/* signals.h: the process's signals as Python calls on the main thread of one context. The first context that asks owns them; for all others signals are
** not there. A handler of the system only notes the arrival, sets POLL_SIGNAL and wakes the owner's main thread; the Python function runs at its next
** poll. The state is process-wide because signals are. Module: mod__signal.c. */
#ifndef RP_SIGNALS_H
#define RP_SIGNALS_H
#include "runtime/thread.h"

/* True if ctx owns the signals now: it did, or nobody did. */
bool signals_claim(RpContext *ctx);
/* What a program starts with: SIGINT raises KeyboardInterrupt unless it is ignored; SIGPIPE and SIGXFSZ are ignored, the calls fail instead. */
void signals_start(RpContext *ctx);
/* Gives up ownership, with the defaults back in place. Nothing if ctx owns nothing. */
void signals_release(RpContext *ctx);
/* Puts the system's handler in place: the default, none, or ours. 0; -1 with errno. */
typedef enum SignalAction { SIGNAL_DEFAULT, SIGNAL_IGNORE, SIGNAL_OURS } SignalAction;
int signals_install(int sig, SignalAction action);
/* Is ours in place? */
bool signals_installed(int sig);
/* As if sig had arrived. Any thread. */
void signals_note(RpContext *ctx, int sig);
/* Calls the handlers of what has arrived; on other threads than the owner's main one: nothing. False + pending. Called by polls. */
bool signals_deliver(RpThread *th);
/* Arrivals are written there as one byte each; -1: nowhere. Returns the old one. */
int signals_wakeup_fd(int fd);

#endif
