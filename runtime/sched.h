/* sched.h: the deterministic scheduler of --stress=threads=SEED. The context's threads run one at a time: a baton goes from thread to thread at polls,
** when a lock is not free, and where a thread blocks; who gets it is drawn from the seed. The same seed gives the same interleaving, as long as what the
** threads wait for is locks, queues and sleep (whose time is then counted in switches, not read from a clock), and the tier is interp or native (the
** background compiler of tier auto has a time of its own).
**
** A thread that waits for the baton is SAFE: the collector never waits for it. Design: runtime/memory_model.md. */
#ifndef RP_SCHED_H
#define RP_SCHED_H

#include "runtime/thread.h"

typedef struct Sched Sched;

/* NULL: no memory. */
Sched *sched_new(uint64_t seed);
void sched_free(Sched *s);
/* th comes and goes. Not for service threads, which run beside the others. */
bool sched_add(Sched *s, RpThread *th);
void sched_remove(Sched *s, RpThread *th);
/* A thread that starts another waits until it stands in line: arrivals before it was started. */
uint32_t sched_arrivals(Sched *s);
void sched_arrived(Sched *s);
void sched_await_arrival(RpThread *th, uint32_t before);
/* Takes part again: waits for the baton. Gives it away: th blocks. By thread_leave_safe() and thread_enter_safe(). */
void sched_take(Sched *s, RpThread *th);
void sched_give(Sched *s, RpThread *th);
/* At a poll: perhaps somebody else's turn. */
void sched_point(RpThread *th);
/* th cannot go on before another thread does something: somebody else's turn, if there is anybody. */
void sched_yield_now(RpThread *th);
/* Nanoseconds for deadlines. */
int64_t sched_now_ns(RpThread *th);

#endif
