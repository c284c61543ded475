/* collector.c: the threads of the process that work on cycles, for all contexts. Started when the first cycle begins.
**
** One has the lowest priority and does what is long: it marks and sweeps in processor time that nobody wants, and holds nothing that a script could
** wait for, since it may lose the processor at any time for long. The other has the priority of scripts and does what is short: handshakes, stops when
** all threads of a context rest. It looks after the first: where that gets no processor time while a cycle falls behind, it does its work.
** (On a machine that allows it, the first one's priority is raised meanwhile: it may have claimed something the cycle cannot end without.)
**
** Mutators hand heaps over through a stack without lock, and wake the threads through a futex. A heap belongs to a thread from the push until it lets go
** (`with_collector`), which it does when the cycle is over. */
#include "runtime/heap_impl.h"
#include "runtime/futex.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 1000000
#define IDLE_WAIT_NS 1000000    /* all its heaps wait for their mutators */
#define PROMPT_WAIT_NS 200000   /* a handshake is under way, or marking is to be closed */
#define LOOK_AFTER_NS 4000000   /* how often the prompt thread looks after the idle one */
#define STARVED_SHARE 8         /* it got less than one part in so many of the time */
#define MANY_OBJECTS 500000     /* that a cycle marks: then two threads do */

enum { IDLE, PROMPT, SECOND_IDLE };

typedef struct Worker {
  int which;
  _Atomic(Heap *) incoming;
  _Atomic uint32_t signal, asleep;
  _Atomic bool runs;
  clockid_t clock;           /* its CPU time, once it runs */
  pid_t tid;
} Worker;

static struct Collector {
  Worker workers[N_COLLECTORS];
  pthread_once_t once;
  _Atomic bool failed[N_COLLECTORS]; /* that thread could not be made: the other does it all, or mutators do */
  bool raised;               /* the idle threads' priority is; by the prompt one */
  uint64_t looked_ns, idle_cpu_ns; /* when it last looked after the idle thread */
  bool starving;
} collector = {.workers = {{.which = IDLE}, {.which = PROMPT}, {.which = SECOND_IDLE}}, .once = PTHREAD_ONCE_INIT};

static uint64_t clock_of(clockid_t c) {
  struct timespec ts;
  return clock_gettime(c, &ts) ? 0 : (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
static uint64_t cpu_of(Worker *w) { return atomic_load(&w->runs) ? clock_of(w->clock) : 0; }

/* -- Looking after the idle thread ------------------------------------------------------------------------------------------------------ */

static void raise_priority(bool up) {
#ifdef SCHED_IDLE
  if (collector.raised == up) return;
  collector.raised = up; /* where it is not allowed, nothing happens */
  for (int i = 0; i < N_COLLECTORS; i++)
    if (i != PROMPT && atomic_load(&collector.workers[i].runs))
      sched_setscheduler(collector.workers[i].tid, up ? SCHED_OTHER : SCHED_IDLE, &(struct sched_param){0});
#endif
}

/* Does the idle thread get too little? `wanted`: some cycle should go on. */
static void look_after(bool wanted) {
  uint64_t now = heap_clock_ns();
  if (now - collector.looked_ns < LOOK_AFTER_NS) return;
  uint64_t cpu = cpu_of(&collector.workers[IDLE]);
  collector.starving = wanted && collector.looked_ns && (collector.raised || (cpu - collector.idle_cpu_ns) * STARVED_SHARE < now - collector.looked_ns);
  raise_priority(collector.starving);
  collector.looked_ns = now;
  collector.idle_cpu_ns = cpu;
}

static bool hurries(Heap *h) { return atomic_load(&h->n_waiting) || heap_behind(h); }

/* What the prompt thread may do for h just now. */
static uint32_t prompt_work(Heap *h) {
  return collector.failed[IDLE] || (collector.starving && hurries(h)) ? CYCLE_SHORT | CYCLE_LONG : CYCLE_SHORT;
}

/* -- The threads ---------------------------------------------------------------------------------------------------------------------------- */

static void let_go(Worker *w, Heap *h) {
  _Atomic uint32_t *with = &h->with_collector[w->which];
  atomic_store(with, 0);
  futex_wake(with, INT32_MAX); /* the word may be gone: then this wakes nobody */
}

static Heap *take_incoming(Worker *w, Heap *jobs) {
  Heap *in = atomic_exchange(&w->incoming, NULL);
  while (in) {
    Heap *next = in->next_job[w->which];
    in->next_job[w->which] = jobs;
    jobs = in;
    in = next;
  }
  return jobs;
}

static size_t urgency(Heap *h) { return atomic_load(&h->n_waiting) ? SIZE_MAX : heap_pressure(h); }

/* By how much of its headroom each has used up, most first: an idle context never delays a busy one. Nearly sorted already, as a rule. */
static Heap *sort_jobs(Worker *w, Heap *jobs) {
  Heap *sorted = NULL;
  while (jobs) {
    Heap *h = jobs, **p = &sorted;
    jobs = h->next_job[w->which];
    for (size_t mine = urgency(h); *p && urgency(*p) >= mine;) p = &(*p)->next_job[w->which];
    h->next_job[w->which] = *p;
    *p = h;
  }
  return sorted;
}

static void sleep_until_signal(Worker *w, uint32_t seen, int64_t ns) {
  atomic_store(&w->asleep, 1);
  futex_wait(&w->signal, seen, ns);
  atomic_store(&w->asleep, 0);
}

/* A state whose next step the prompt thread has to take, or to wait for. */
static bool is_short(Heap *h) {
  uint32_t s = atomic_load(&h->state);
  if (s == CYCLE_MARK) return !atomic_load_explicit(&h->pool.n, memory_order_relaxed) && !atomic_load(&h->pool.n_busy) && !cycle_waits_for_edge(h);
  return s == CYCLE_CLEAR || s == CYCLE_DEAD || s == CYCLE_WEAK;
}

static void set_up(Worker *w) {
#ifdef SCHED_IDLE
  if (w->which != PROMPT) sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
#endif
  pthread_setname_np(pthread_self(), w->which == PROMPT ? "rp-collect-now" : "rp-collector");
  w->tid = gettid();
  if (pthread_getcpuclockid(pthread_self(), &w->clock) == 0) atomic_store(&w->runs, true);
}

static void *worker_main(void *arg) {
  Worker *w = arg;
  set_up(w);
  Heap *jobs = NULL;
  for (;;) {
    uint32_t seen = atomic_load(&w->signal);
    jobs = sort_jobs(w, take_incoming(w, jobs));
    bool did = false, brief = false, wanted = false;
    for (Heap **p = &jobs; *p;) {
      Heap *h = *p;
      if (atomic_load(&h->closing) || atomic_load(&h->state) == CYCLE_IDLE) {
        *p = h->next_job[w->which];
        let_go(w, h);
        continue;
      }
      p = &h->next_job[w->which];
      if (did && w->which != PROMPT) continue; /* after a slice it looks again whose turn it is */
      uint32_t what = w->which == PROMPT ? prompt_work(h) : collector.failed[PROMPT] ? CYCLE_SHORT | CYCLE_LONG : CYCLE_LONG;
      did |= cycle_work(h, NULL, what, heap_clock_ns() + SLICE_NS);
      brief |= is_short(h);
      wanted |= hurries(h);
    }
    if (w->which == PROMPT) look_after(wanted);
    if (did) continue;
    int64_t ns = !jobs ? -1 : w->which != PROMPT ? IDLE_WAIT_NS : brief ? PROMPT_WAIT_NS : collector.starving ? IDLE_WAIT_NS : LOOK_AFTER_NS;
    sleep_until_signal(w, seen, ns);
  }
  return NULL;
}

static void start(void) {
  pthread_t t;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 * 1024);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < N_COLLECTORS; i++) collector.failed[i] = pthread_create(&t, &attr, worker_main, &collector.workers[i]) != 0;
  pthread_attr_destroy(&attr);
}

static void signal_it(Worker *w) {
  atomic_fetch_add(&w->signal, 1);
  if (atomic_load(&w->asleep)) futex_wake(&w->signal, 1);
}
void collector_prompt(void) { signal_it(&collector.workers[PROMPT]); }

/* Not where frames end: their slack does a part of the work, and a processor that nothing runs on is there at once when a frame begins. */
static bool wants_two(Heap *h) { return load_relaxed(&h->marked_last) >= MANY_OBJECTS && !heap_has_edges(h); }

void collector_wake(Heap *h) {
  if (h->ctx->opt.stress & STRESS_GC) return; /* steps come from allocations alone, so that a run can be repeated */
  pthread_once(&collector.once, start);
  for (int i = 0; i < N_COLLECTORS; i++) {
    Worker *w = &collector.workers[i];
    if (collector.failed[i] || (i == SECOND_IDLE && !wants_two(h))) continue;
    bool known = atomic_exchange(&h->with_collector[i], 1);
    if (!known) {
      Heap *top = atomic_load(&w->incoming);
      do h->next_job[i] = top;
      while (!atomic_compare_exchange_weak(&w->incoming, &top, h));
    }
    if (!known || i != PROMPT) signal_it(w); /* the prompt one would take the processor from the caller */
  }
}

uint64_t collector_cpu_ns(void) {
  uint64_t ns = 0;
  for (int i = 0; i < N_COLLECTORS; i++) ns += cpu_of(&collector.workers[i]);
  return ns;
}

void collector_forget(Heap *h) {
  for (int i = 0; i < N_COLLECTORS; i++)
    while (atomic_load(&h->with_collector[i])) {
      signal_it(&collector.workers[i]);
      futex_wait(&h->with_collector[i], 1, 1000000);
    }
}
