/* test_thread.c: attaching, the object lock, stopping, the stack limit. */
#include "tests/unit.h"

#include "runtime/context.h"
#include "runtime/lock.h"
#include "runtime/native.h"

#include <unistd.h>

#define N_THREADS 4
#define N_ROUNDS 20000

typedef struct Shared { RpContext *ctx; NativeObject *o; uint64_t count; _Atomic int attached; _Atomic bool looked_at; } Shared;

static void *count_main(void *arg) {
  Shared *s = arg;
  RpThread *th = thread_attach(s->ctx);
  atomic_fetch_add(&s->attached, 1);
  while (!atomic_load(&s->looked_at) && thread_poll(th)) {}
  for (int i = 0; i < N_ROUNDS && thread_poll(th); i++) {
    obj_lock(th, s->o);
    s->count++;
    obj_unlock(th, s->o);
  }
  thread_detach(th);
  return NULL;
}
TEST(object_lock_excludes) {
  RpContext *ctx = context_new(NULL);
  REQUIRE(ctx);
  RpThread *th = thread_current();
  CHECK(!th->multi);
  Shared s = {.ctx = ctx, .o = (NativeObject *)heap_alloc_array(th, 4)};
  pthread_t t[N_THREADS];
  for (int i = 0; i < N_THREADS; i++) pthread_create(&t[i], NULL, count_main, &s);
  while (atomic_load(&s.attached) < 1) CHECK(thread_poll(th));
  CHECK(th->multi);
  atomic_store(&s.looked_at, true);
  thread_enter_safe(th);
  for (int i = 0; i < N_THREADS; i++) pthread_join(t[i], NULL);
  thread_leave_safe(th);
  CHECK_EQ(s.count, (uint64_t)N_THREADS * N_ROUNDS);
  context_free(ctx);
  CHECK(thread_current() == NULL);
}

static void *spin_main(void *arg) {
  Shared *s = arg;
  RpThread *th = thread_attach(s->ctx);
  atomic_fetch_add(&s->attached, 1);
  while (thread_poll(th)) {}
  CHECK(th->pending != EMPTY);
  th->pending = EMPTY;
  thread_detach(th);
  return NULL;
}
TEST(spinning_threads_are_stopped_with_the_context) {
  RpContext *ctx = context_new(NULL);
  REQUIRE(ctx);
  RpThread *th = thread_current();
  Shared s = {.ctx = ctx};
  pthread_t t[2];
  for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, spin_main, &s);
  while (atomic_load(&s.attached) < 2) CHECK(thread_poll(th));
  context_free(ctx);
  for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
}

static NOINLINE int deep(RpThread *th, int n) {
  char frame[4000]; /* big: the thread sanitizer knows 65536 frames, our limit must come first */
  __asm__ volatile("" : : "r"(frame) : "memory");
  if (!thread_check_stack(th, " in a test")) return n;
  int depth = deep(th, n + 1);
  __asm__ volatile("" : : "r"(frame) : "memory");
  return depth;
}
TEST(c_stack_has_a_limit) {
  RpContext *ctx = context_new(NULL);
  REQUIRE(ctx);
  RpThread *th = thread_current();
  CHECK(deep(th, 0) > 1000);
  CHECK(th->pending != EMPTY);
  th->pending = EMPTY;
  context_free(ctx);
}

TEST(contexts_come_and_go) {
  for (int i = 0; i < 20; i++) {
    RpContext *ctx = context_new(NULL);
    REQUIRE(ctx);
    context_free(ctx);
  }
}

UNIT_MAIN()
