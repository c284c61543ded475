/* linear.h: linearizability of one shared object: threads run random operations on it and write down when each began, when it ended and what it
** answered; then somebody must find an order of all operations, compatible with those times, in which a sequential model gives the same answers.
** The search is Wing and Gong's (Testing and verifying concurrent objects, 1993) with the table of configurations already seen of G. Lowe (2017):
** a configuration is the set of operations already placed plus the model's state.
**
** A round has at most 64 operations, on a fresh object; rounds are many and short. Times are tickets of one shared counter: an operation that had ended
** before another began has the smaller tickets, whatever clocks do. */
#ifndef RP_TESTS_LINEAR_H
#define RP_TESTS_LINEAR_H

#include "tests/runtime/cont_test.h"
#include <sched.h>

#define LIN_MAX_OPS 64
#define LIN_MAX_THREADS 8
#define LIN_OUT 28          /* values that an answer may have */
#define LIN_MODEL 256       /* bytes of a model's state */
#define LIN_ERROR INT64_MIN /* the operation raised */

typedef struct LinOp {
  int kind;
  int64_t a, b;
  int64_t result;
  int n_out;
  int16_t out[LIN_OUT];
  uint64_t call, ret;
} LinOp;

/* What is tested. make: a fresh object with the contents that the model starts with. choose: a random operation. run: does it and fills result and out.
** step: does it to the model; does the answer fit? */
typedef struct LinSpec {
  Value (*make)(RpThread *th, void *model, uint64_t *seed);
  void (*choose)(LinOp *op, uint64_t *seed);
  void (*run)(RpThread *th, Value object, LinOp *op);
  bool (*step)(void *model, const LinOp *op);
  void (*print)(const LinOp *op);
} LinSpec;

/* -- The search ------------------------------------------------------------- */

typedef struct LinSeen { uint64_t placed, state; bool used; } LinSeen;
typedef struct LinSearch {
  const LinSpec *spec;
  const LinOp *ops;
  int n;
  LinSeen *seen;
  uint32_t mask, n_seen;
  bool gave_up;
} LinSearch;

static inline uint64_t lin_hash(const void *p, size_t n) { /* FNV-1a over words */
  const uint64_t *w = p;
  uint64_t h = 1469598103934665603ull;
  for (size_t i = 0; i < n / 8; i++) h = (h ^ w[i]) * 1099511628211ull, h ^= h >> 29;
  return h;
}

/* Was this configuration tried before? It is now. */
static inline bool lin_visited(LinSearch *s, uint64_t placed, const void *model) {
  uint64_t state = lin_hash(model, LIN_MODEL);
  uint32_t i = (uint32_t)((placed * 0x9E3779B97F4A7C15ull ^ state) >> 20) & s->mask;
  for (; s->seen[i].used; i = (i + 1) & s->mask)
    if (s->seen[i].placed == placed && s->seen[i].state == state) return true;
  if (s->n_seen * 2 > s->mask) return s->gave_up = true;
  s->n_seen++;
  s->seen[i] = (LinSeen){placed, state, true};
  return false;
}

static bool lin_search(LinSearch *s, uint64_t placed, const void *model) {
  if (placed == (s->n == 64 ? ~0ull : (1ull << s->n) - 1)) return true;
  uint64_t first_ret = UINT64_MAX; /* nothing that began later may come next */
  for (int i = 0; i < s->n; i++)
    if (!(placed >> i & 1) && s->ops[i].ret < first_ret) first_ret = s->ops[i].ret;
  for (int i = 0; i < s->n; i++) {
    if ((placed >> i & 1) || s->ops[i].call > first_ret) continue;
    _Alignas(8) char next[LIN_MODEL];
    memcpy(next, model, LIN_MODEL);
    if (!s->spec->step(next, &s->ops[i])) continue;
    uint64_t now = placed | 1ull << i;
    if (lin_visited(s, now, next)) {
      if (s->gave_up) return true; /* too many configurations to decide: no verdict against it */
      continue;
    }
    if (lin_search(s, now, next)) return true;
  }
  return false;
}

static inline bool lin_check(const LinSpec *spec, const LinOp *ops, int n, const void *model, bool *undecided) {
  LinSearch s = {spec, ops, n, calloc(1 << 18, sizeof(LinSeen)), (1 << 18) - 1, 0, false};
  bool ok = lin_search(&s, 0, model);
  *undecided = s.gave_up;
  free(s.seen);
  return ok;
}

/* -- Rounds ------------------------------------------------------------------- */

typedef struct LinRun {
  const LinSpec *spec;
  RpContext *ctx;
  int n_threads, n_ops; /* operations per thread and round */
  _Atomic uint32_t round, ready, done;
  _Atomic bool stop;
  _Atomic uint64_t ticket;
  Value object;
  LinOp ops[LIN_MAX_THREADS][LIN_MAX_OPS];
} LinRun;
typedef struct LinThread { LinRun *run; int index; pthread_t os; } LinThread;

static inline void lin_relax(int tries) {
  if (tries > 200) sched_yield();
}

static inline void lin_thread_round(LinRun *r, RpThread *th, int index, uint64_t *seed) {
  for (int k = 0; k < r->n_ops; k++) r->spec->choose(&r->ops[index][k], seed);
  atomic_fetch_add(&r->ready, 1);
  for (int t = 0; atomic_load(&r->ready) != (uint32_t)r->n_threads; t++) {
    CHECK(thread_poll(th));
    lin_relax(t);
  }
  for (int k = 0; k < r->n_ops; k++) {
    LinOp *op = &r->ops[index][k];
    op->call = atomic_fetch_add(&r->ticket, 1);
    r->spec->run(th, r->object, op);
    op->ret = atomic_fetch_add(&r->ticket, 1);
    if (r->n_threads > 2 && rnd(seed) % 4 == 0) sched_yield();
  }
  atomic_fetch_add(&r->done, 1);
}

static void *lin_thread_main(void *arg) {
  LinThread *t = arg;
  LinRun *r = t->run;
  RpThread *th = thread_attach(r->ctx);
  uint64_t seed = 88172645463325252ull * (uint64_t)(t->index + 2);
  for (uint32_t round = 0;; round++) {
    for (int tries = 0; atomic_load(&r->round) == round && !atomic_load(&r->stop); tries++) {
      CHECK(thread_poll(th));
      lin_relax(tries);
    }
    if (atomic_load(&r->stop)) break;
    lin_thread_round(r, th, t->index, &seed);
  }
  thread_detach(th);
  return NULL;
}

static void lin_report(const LinRun *r, const LinOp *ops, int n, int round) {
  fprintf(stderr, "round %d of %d threads has no sequential order:\n", round, r->n_threads);
  for (int i = 0; i < n; i++) {
    fprintf(stderr, "  thread %d  [%3llu %3llu]  ", i / r->n_ops, (unsigned long long)ops[i].call, (unsigned long long)ops[i].ret);
    r->spec->print(&ops[i]);
    fputc('\n', stderr);
  }
}

/* In debug builds: a writer halfway, a reader between two loads, now and then stop to think. */
static inline void lin_delay(void) {
  static _Thread_local uint64_t seed;
  if (!seed) seed = (uint64_t)(uintptr_t)&seed | 1;
  uint32_t x = rnd(&seed) % 16;
  if (x == 0) sched_yield();
  else if (x < 4) for (volatile int i = 0; i < 300; i++) {}
}

/* The calling thread takes part as thread 0. Undecided rounds are few, or the test is worth nothing. */
static void lin_test(const LinSpec *spec, int n_threads, int n_ops, int n_rounds) {
  RpThread *th = open_context();
#ifdef RP_DEBUG
  rp_race_hook = lin_delay;
#endif
  static LinRun run;
  LinRun *r = &run;
  memset(r, 0, sizeof *r);
  r->spec = spec, r->ctx = th->ctx, r->n_threads = n_threads, r->n_ops = n_ops;
  LinThread t[LIN_MAX_THREADS];
  for (int i = 1; i < n_threads; i++) {
    t[i] = (LinThread){.run = r, .index = i};
    pthread_create(&t[i].os, NULL, lin_thread_main, &t[i]);
  }
  uint64_t seed = 0x2545F4914F6CDD1Dull;
  int bad = 0, n_undecided = 0;
  for (int round = 0; round < n_rounds && bad < 3; round++) {
    _Alignas(8) char model[LIN_MODEL] = {0};
    r->object = spec->make(th, model, &seed);
    atomic_store(&r->ticket, 0);
    atomic_store(&r->done, 0);
    atomic_store(&r->ready, 0);
    atomic_fetch_add(&r->round, 1);
    lin_thread_round(r, th, 0, &seed);
    for (int tries = 0; atomic_load(&r->done) != (uint32_t)n_threads; tries++) {
      CHECK(thread_poll(th));
      lin_relax(tries);
    }
    LinOp all[LIN_MAX_OPS];
    int n = 0;
    for (int i = 0; i < n_threads; i++)
      for (int k = 0; k < n_ops; k++) all[n++] = r->ops[i][k];
    bool undecided = false;
    if (!lin_check(spec, all, n, model, &undecided)) lin_report(r, all, n, round), bad++;
    n_undecided += undecided;
  }
  CHECK(bad == 0);
  CHECK(n_undecided * 10 < n_rounds);
  atomic_store(&r->stop, true);
  thread_enter_safe(th);
  for (int i = 1; i < n_threads; i++) pthread_join(t[i].os, NULL);
  thread_leave_safe(th);
  context_free(th->ctx);
}

/* Every value that operations use is small. */
static inline int64_t lin_value(Value v) { return v == EMPTY ? LIN_ERROR : is_int(v) ? as_int(v) : v == NONE ? -1 : v == TRUE_V ? 1 : v == FALSE_V ? 0 : -2; }
static inline void lin_clear_error(RpThread *th) { th->pending = EMPTY; }
static inline Value lin_method(RpThread *th, Value o, const char *name, const Value *args, int n) {
  return op_call_method(th, o, str_intern_c(th, name), args, n);
}

#endif
