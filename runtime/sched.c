/* sched.c: the deterministic scheduler. All of its state is under one mutex; the order of `list` is the order in which threads came. */
#include "runtime/sched.h"
#include "runtime/context.h"
#include "runtime/futex.h"

#define MAX_SPAN 24           /* polls between two switches, at most */
#define STEP_NS 20000         /* a switch advances the clock by so much */
#define MAX_THREADS 1024

struct Sched {
  pthread_mutex_t lock;
  RpThread *list[MAX_THREADS];
  _Atomic uint32_t n;
  RpThread *holder;           /* NULL: all are blocked */
  uint64_t rng;
  uint32_t left;              /* polls of the holder until the next switch */
  _Atomic int64_t clock_ns;
  _Atomic uint32_t arrivals;  /* futex */
};

static uint32_t draw(Sched *s) { /* xorshift64*, S. Vigna */
  s->rng ^= s->rng >> 12;
  s->rng ^= s->rng << 25;
  s->rng ^= s->rng >> 27;
  return (uint32_t)((s->rng * 2685821657736338717ull) >> 32);
}

Sched *sched_new(uint64_t seed) {
  Sched *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  pthread_mutex_init(&s->lock, NULL);
  s->rng = (seed + 1) * 0x9E3779B97F4A7C15ull;
  s->left = 1;
  return s;
}
void sched_free(Sched *s) {
  if (!s) return;
  pthread_mutex_destroy(&s->lock);
  free(s);
}

static void hand_to(Sched *s, RpThread *th) {
  s->holder = th;
  s->left = s->n > 1 ? 1 + draw(s) % MAX_SPAN : 1;
  atomic_fetch_add(&s->clock_ns, STEP_NS);
  if (!th) return;
  atomic_store(&th->baton, 1);
  futex_wake(&th->baton, 1);
}

/* One of those that want to run, `but` only if there is nobody else. */
static RpThread *pick(Sched *s, const RpThread *but) {
  RpThread *who[MAX_THREADS], *last = NULL;
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->n; i++) {
    if (!s->list[i]->wants_baton) continue;
    if (s->list[i] == but) last = s->list[i];
    else who[n++] = s->list[i];
  }
  return n ? who[draw(s) % n] : last;
}

bool sched_add(Sched *s, RpThread *th) {
  pthread_mutex_lock(&s->lock);
  bool ok = s->n < MAX_THREADS;
  if (ok) s->list[s->n++] = th;
  if (ok && s->holder) th->wants_baton = true; /* in line before its starter goes on */
  pthread_mutex_unlock(&s->lock);
  sched_arrived(s);
  return ok;
}

uint32_t sched_arrivals(Sched *s) { return atomic_load(&s->arrivals); }
void sched_arrived(Sched *s) {
  atomic_fetch_add(&s->arrivals, 1);
  futex_wake(&s->arrivals, INT32_MAX);
}
void sched_await_arrival(RpThread *th, uint32_t before) {
  th->keeps_baton = true;
  thread_enter_safe(th);
  while (sched_arrivals(th->ctx->sched) == before) futex_wait(&th->ctx->sched->arrivals, before, -1);
  thread_leave_safe(th);
  th->keeps_baton = false;
}

void sched_remove(Sched *s, RpThread *th) {
  pthread_mutex_lock(&s->lock);
  for (uint32_t i = 0; i < s->n; i++)
    if (s->list[i] == th) {
      memmove(&s->list[i], &s->list[i + 1], (s->n - i - 1) * sizeof s->list[0]);
      s->n--;
      break;
    }
  if (s->holder == th) hand_to(s, pick(s, NULL));
  pthread_mutex_unlock(&s->lock);
}

static void await_baton(RpThread *th) {
  while (!atomic_load(&th->baton)) futex_wait(&th->baton, 0, -1);
}

void sched_take(Sched *s, RpThread *th) {
  pthread_mutex_lock(&s->lock);
  th->wants_baton = true;
  if (!s->holder) hand_to(s, th);
  pthread_mutex_unlock(&s->lock);
  await_baton(th);
}

void sched_give(Sched *s, RpThread *th) {
  pthread_mutex_lock(&s->lock);
  th->wants_baton = false;
  if (s->holder == th) {
    atomic_store(&th->baton, 0);
    hand_to(s, pick(s, NULL));
  }
  pthread_mutex_unlock(&s->lock);
}

static void switch_to(RpThread *th, bool other_first) {
  Sched *s = th->ctx->sched;
  pthread_mutex_lock(&s->lock);
  RpThread *next = pick(s, other_first ? th : NULL);
  if (next == th) {
    hand_to(s, th);
    pthread_mutex_unlock(&s->lock);
    return;
  }
  atomic_store(&th->baton, 0);
  pthread_mutex_unlock(&s->lock);
  th->keeps_baton = true; /* SAFE before the other one starts, and still in line */
  thread_enter_safe(th);
  pthread_mutex_lock(&s->lock);
  hand_to(s, next);
  pthread_mutex_unlock(&s->lock);
  await_baton(th);
  thread_leave_safe(th);
  th->keeps_baton = false;
}

void sched_point(RpThread *th) {
  Sched *s = th->ctx->sched;
  if (s->n > 1 && --s->left == 0) switch_to(th, false); /* what one thread alone does, imports above all, draws nothing */
}
void sched_yield_now(RpThread *th) { switch_to(th, true); }

int64_t sched_now_ns(RpThread *th) { return atomic_load(&th->ctx->sched->clock_ns); }
