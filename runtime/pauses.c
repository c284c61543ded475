/* pauses.c: see pauses.h. */
#include "runtime/pauses.h"
#include "runtime/heap_impl.h"

#include <time.h>

const char *const pause_kind_names[N_PAUSE_KINDS] = {
#define PAUSE(name, text) #name,
#include "runtime/pauses.def"
#undef PAUSE
};

#define BUCKET_SHIFT 8 /* the first bucket ends at 2^8 ns */

uint64_t pause_bound_ns(int bucket) {
  if (bucket == 0) return 1u << BUCKET_SHIFT;
  return (uint64_t)(5 + (bucket - 1) % 4) << (BUCKET_SHIFT - 2 + (bucket - 1) / 4);
}
static int bucket_of(uint64_t ns) {
  if (ns < 1u << BUCKET_SHIFT) return 0;
  int e = 63 - __builtin_clzll(ns), i = (e - BUCKET_SHIFT) * 4 + (int)(ns >> (e - 2) & 3) + 1;
  return i < N_PAUSE_BUCKETS ? i : N_PAUSE_BUCKETS - 1;
}

/* -- The log: a ring; a writer claims a place by number, and writes the number last --------------------------------------------------- */

#define LOG_SIZE 16384 /* power of two */

typedef struct LogEntry { _Atomic uint64_t number /* + 1 */, words[5]; } LogEntry;
struct PauseLog {
  _Atomic uint64_t next;
  LogEntry v[LOG_SIZE];
};
_Static_assert(sizeof(Pause) == 5 * sizeof(uint64_t), "a Pause is stored word by word");

static void log_add(PauseLog *log, const Pause *p) {
  uint64_t number = atomic_fetch_add(&log->next, 1);
  LogEntry *e = &log->v[number & (LOG_SIZE - 1)];
  atomic_store_explicit(&e->number, 0, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  for (int i = 0; i < 5; i++) atomic_store_explicit(&e->words[i], ((const uint64_t *)p)[i], memory_order_relaxed);
  atomic_store_explicit(&e->number, number + 1, memory_order_release);
}

static bool log_get(PauseLog *log, uint64_t number, Pause *out) {
  LogEntry *e = &log->v[number & (LOG_SIZE - 1)];
  if (atomic_load_explicit(&e->number, memory_order_acquire) != number + 1) return false;
  for (int i = 0; i < 5; i++) ((uint64_t *)out)[i] = atomic_load_explicit(&e->words[i], memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  return atomic_load_explicit(&e->number, memory_order_relaxed) == number + 1;
}

size_t pause_log_read(Pauses *p, uint64_t *cursor, Pause *out, size_t max, uint64_t *lost) {
  PauseLog *log = atomic_load(&p->log);
  if (!log) {
    PauseLog *none = NULL;
    log = calloc(1, sizeof *log);
    if (log && !atomic_compare_exchange_strong(&p->log, &none, log)) free(log);
    return 0;
  }
  uint64_t next = atomic_load(&log->next);
  if (next - *cursor > LOG_SIZE) {
    *lost += next - LOG_SIZE - *cursor;
    *cursor = next - LOG_SIZE;
  }
  size_t n = 0;
  for (; *cursor < next && n < max; (*cursor)++) {
    if (log_get(log, *cursor, &out[n])) n++;
    else (*lost)++;
  }
  return n;
}

void pauses_free(Pauses *p) {
  free(atomic_load(&p->log));
  for (int i = 0; i < N_PAUSE_TALLIES; i++) free(atomic_load(&p->tallies[i]));
}

/* -- Recording -------------------------------------------------------------------------------------------------------------------------- */

void pauses_join(Pauses *p, ThreadPauses *t) {
  _Atomic(PauseTally *) *place = &p->tallies[atomic_fetch_add(&p->n_joined, 1) % N_PAUSE_TALLIES];
  if (!atomic_load(place)) {
    PauseTally *none = NULL, *tally = thread_part_alloc(sizeof *tally);
    if (tally && !atomic_compare_exchange_strong(place, &none, tally)) free(tally);
  }
  t->tally = atomic_load(place);
}

uint64_t pause_cpu_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#define LOOK_NS 1000000 /* from one look to the next */
#define BRIEF_NS 50000

/* The CPU time of a stretch that did not look at the clock when it began. */
static uint64_t cpu_of_brief(const ThreadPauses *t, uint64_t now, uint64_t wall) {
  if (wall < BRIEF_NS) return wall;
  uint64_t passed = now - t->looked_wall_ns, cpu = pause_cpu_ns() - t->looked_cpu_ns, off = passed > cpu ? passed - cpu : 0;
  return wall > off ? wall - off : 0;
}

PauseStart pause_begin(RpThread *th) {
  if (!th || th->heap_th->pauses.depth++) return (PauseStart){0};
  uint64_t cpu = pause_cpu_ns();
  return (PauseStart){heap_clock_ns(), cpu};
}
PauseStart pause_begin_brief(RpThread *th) {
  if (!th || th->heap_th->pauses.depth++) return (PauseStart){0};
  ThreadPauses *t = &th->heap_th->pauses;
  uint64_t now = heap_clock_ns();
  if (now - t->looked_wall_ns > LOOK_NS) {
    t->looked_cpu_ns = pause_cpu_ns();
    t->looked_wall_ns = now;
  }
  return (PauseStart){now, 0};
}

void pause_cancel(RpThread *th) {
  if (th) th->heap_th->pauses.depth--;
}

static void raise_to(uint64_t *max, uint64_t ns) {
  uint64_t had = load_relaxed(max);
  while (ns > had && !__atomic_compare_exchange_n(max, &had, ns, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

void pause_end(RpThread *th, PauseKind kind, PauseStart start) {
  if (!th || --th->heap_th->pauses.depth) return;
  PauseTally *tally = th->heap_th->pauses.tally;
  if (!tally) return;
  PauseSum *s = &tally->sums[kind];
  uint64_t now = heap_clock_ns(), wall = now - start.wall_ns, cpu = start.cpu_ns ? pause_cpu_ns() - start.cpu_ns : cpu_of_brief(&th->heap_th->pauses, now, wall);
  heap_count(&s->n, 1);
  heap_count(&s->wall_ns, wall);
  heap_count(&s->cpu_ns, cpu);
  raise_to(&s->worst_wall_ns, wall);
  raise_to(&s->worst_cpu_ns, cpu);
  if (kind != PAUSE_edge && kind != PAUSE_young_edge) {
    atomic_fetch_add_explicit(&tally->wall[bucket_of(wall)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&tally->cpu[bucket_of(cpu)], 1, memory_order_relaxed);
    uint32_t *own = &th->heap_th->pauses.wall[bucket_of(wall)];
    store_relaxed(own, *own + 1);
  }
  PauseLog *log = atomic_load_explicit(&th->ctx->heap->pauses.log, memory_order_acquire);
  if (log) log_add(log, &(Pause){start.wall_ns, wall, cpu, th->id, kind});
}

/* -- Reading ---------------------------------------------------------------------------------------------------------------------------- */

static void sum_add(PauseSum *all, const PauseSum *s) {
  all->n += load_relaxed(&s->n);
  all->wall_ns += load_relaxed(&s->wall_ns);
  all->cpu_ns += load_relaxed(&s->cpu_ns);
  uint64_t wall = load_relaxed(&s->worst_wall_ns), cpu = load_relaxed(&s->worst_cpu_ns);
  if (wall > all->worst_wall_ns) all->worst_wall_ns = wall;
  if (cpu > all->worst_cpu_ns) all->worst_cpu_ns = cpu;
}

static const PauseTally *tally_at(const Pauses *p, int i) { return atomic_load_explicit(&p->tallies[i], memory_order_acquire); }

PauseSum pauses_sum(const Pauses *p, PauseKind kind) {
  PauseSum all = {0};
  for (int i = 0; i < N_PAUSE_TALLIES; i++)
    if (tally_at(p, i)) sum_add(&all, &tally_at(p, i)->sums[kind]);
  return all;
}

PauseSum pauses_all(const Pauses *p) {
  PauseSum all = {0};
  for (int k = 0; k < N_PAUSE_KINDS; k++) {
    if (k == PAUSE_edge || k == PAUSE_young_edge) continue;
    PauseSum s = pauses_sum(p, k);
    sum_add(&all, &s);
  }
  return all;
}

uint32_t pauses_in_bucket(const Pauses *p, int bucket, bool cpu) {
  uint32_t n = 0;
  for (int i = 0; i < N_PAUSE_TALLIES; i++) {
    const PauseTally *t = tally_at(p, i);
    if (t) n += atomic_load_explicit(cpu ? &t->cpu[bucket] : &t->wall[bucket], memory_order_relaxed);
  }
  return n;
}
