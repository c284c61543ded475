/* cont_test.h: what the container tests share: a context and numbers from a seed. */
#ifndef RP_TESTS_CONT_TEST_H
#define RP_TESTS_CONT_TEST_H

#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/set.h"
#include "runtime/tuple.h"
#include "tests/unit.h"

#define V(p) value_object(p)

static inline RpThread *open_context(void) {
  types_init();
  struct ContextOptions opt = {.no_site = true};
  RpContext *ctx = context_new(&opt);
  if (!ctx) {
    fprintf(stderr, "no context\n");
    exit(2);
  }
  return ctx->main_thread;
}
static inline void close_context(RpThread *th) { context_free(th->ctx); }

static inline uint32_t rnd(uint64_t *seed) { /* xorshift64*, S. Vigna */
  *seed ^= *seed >> 12;
  *seed ^= *seed << 25;
  *seed ^= *seed >> 27;
  return (uint32_t)((*seed * 2685821657736338717ull) >> 32);
}

/* Runs fn(th, data) on n threads of th's context at once. */
typedef struct Worker { RpContext *ctx; void (*fn)(RpThread *th, void *data, int i); void *data; int i; pthread_t os; } Worker;
static inline void *worker_main(void *p) {
  Worker *w = p;
  RpThread *th = thread_attach(w->ctx);
  if (!th) return NULL;
  w->fn(th, w->data, w->i);
  thread_detach(th);
  return NULL;
}
static inline void run_threads(RpThread *th, int n, void (*fn)(RpThread *th, void *data, int i), void *data) {
  Worker w[8];
  for (int i = 0; i < n; i++) {
    w[i] = (Worker){.ctx = th->ctx, .fn = fn, .data = data, .i = i};
    pthread_create(&w[i].os, NULL, worker_main, &w[i]);
  }
  thread_enter_safe(th);
  for (int i = 0; i < n; i++) pthread_join(w[i].os, NULL);
  thread_leave_safe(th);
}

#endif
