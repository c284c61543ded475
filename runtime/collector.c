/* collector.c: the one thread of the process that works on cycles, for all contexts, in idle processor time. Started when the first cycle begins.
**
** Mutators hand heaps over through a stack without lock (a thread of the lowest priority that lost the processor with a lock in hand would stop them),
** and wake it through a futex. A heap belongs to it from the push until it lets go (`with_collector`), which it does when the cycle is over. */
#include "runtime/heap_impl.h"
#include "runtime/futex.h"

#include <sched.h>
#include <time.h>

#define SLICE_NS 1000000
#define IDLE_WAIT_NS 1000000 /* all its heaps wait for their mutators */

static struct Collector {
  _Atomic(Heap *) incoming;
  _Atomic uint32_t signal;
  _Atomic uint32_t asleep;
  pthread_once_t once;
  _Atomic bool runs;
  clockid_t clock;           /* the thread's CPU time, once it runs */
  bool failed;               /* no thread could be made: mutators do it all */
} collector = {.once = PTHREAD_ONCE_INIT};

static void let_go(Heap *h) {
  atomic_store(&h->with_collector, 0);
  futex_wake(&h->with_collector, INT32_MAX); /* the word may be gone: then this wakes nobody */
}

static Heap *take_incoming(Heap *jobs) {
  Heap *in = atomic_exchange(&collector.incoming, NULL);
  while (in) {
    Heap *next = in->next_job;
    in->next_job = jobs;
    jobs = in;
    in = next;
  }
  return jobs;
}

static void *collector_main(void *arg) {
#ifdef SCHED_IDLE
  sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
#endif
  pthread_setname_np(pthread_self(), "rp-collector");
  if (pthread_getcpuclockid(pthread_self(), &collector.clock) == 0) atomic_store(&collector.runs, true);
  Heap *jobs = NULL;
  for (;;) {
    uint32_t seen = atomic_load(&collector.signal);
    jobs = take_incoming(jobs);
    bool did = false;
    for (Heap **p = &jobs; *p;) {
      Heap *h = *p;
      if (atomic_load(&h->closing) || atomic_load(&h->state) == CYCLE_IDLE) {
        *p = h->next_job;
        let_go(h);
        continue;
      }
      did |= cycle_work(h, NULL, heap_clock_ns() + SLICE_NS);
      p = &h->next_job;
    }
    if (did) continue;
    atomic_store(&collector.asleep, 1);
    futex_wait(&collector.signal, seen, jobs ? IDLE_WAIT_NS : -1);
    atomic_store(&collector.asleep, 0);
  }
  return NULL;
}

static void start(void) {
  pthread_t t;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 * 1024);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  collector.failed = pthread_create(&t, &attr, collector_main, NULL) != 0;
  pthread_attr_destroy(&attr);
}

static void signal_it(void) {
  atomic_fetch_add(&collector.signal, 1);
  if (atomic_load(&collector.asleep)) futex_wake(&collector.signal, 1);
}

void collector_wake(Heap *h) {
  if (h->ctx->opt.stress & STRESS_GC) return; /* steps come from allocations alone, so that a run can be repeated */
  pthread_once(&collector.once, start);
  if (collector.failed) return;
  if (!atomic_exchange(&h->with_collector, 1)) {
    Heap *top = atomic_load(&collector.incoming);
    do h->next_job = top;
    while (!atomic_compare_exchange_weak(&collector.incoming, &top, h));
  }
  signal_it();
}

uint64_t collector_cpu_ns(void) {
  struct timespec ts;
  if (!atomic_load(&collector.runs) || clock_gettime(collector.clock, &ts)) return 0;
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void collector_forget(Heap *h) {
  while (atomic_load(&h->with_collector)) {
    signal_it();
    futex_wait(&h->with_collector, 1, 1000000);
  }
}
