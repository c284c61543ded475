/* thread.c: threads of a context: attaching, the VM stack, SAFE state, polls. */
#include "runtime/thread.h"
#include "runtime/ablate.h"
#include "runtime/context.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/futex.h"
#include "runtime/sched.h"
#include "runtime/signals.h"
#include "runtime/native_rt.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Native code embeds these. */
_Static_assert(offsetof(RpThread, poll) == 0 && offsetof(RpThread, multi) == 4 && offsetof(RpThread, depth) == 8 && offsetof(RpThread, marking) == 12, "thread.h");
_Static_assert(offsetof(RpThread, pending) == 24 && offsetof(RpThread, vm_limit) == 56, "thread.h");

#define NATIVE_RESERVE ((size_t)96 << 10) /* for C functions called by compiled ones that went as deep as they may */

static _Thread_local RpThread *current;

RpThread *thread_current(void) { return current; }

/* -- Stacks ------------------------------------------------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)))
#define STACK_RESERVE ((size_t)1 << 20) /* frames are much bigger */
#else
#define STACK_RESERVE ((size_t)256 << 10)
#endif
#define STACK_MAX ((size_t)64 << 20)    /* of an unlimited stack */
#define VM_WORDS ((size_t)1 << 20)
#define VM_WORDS_PER_FRAME 96           /* for recursion limits beyond the default */
#define PAGE 4096

/* Finds the C stack of the calling thread: base (highest address that may hold references) and the limit for recursion checks. */
static void find_c_stack(RpThread *th) {
  char *here = __builtin_frame_address(0);
  if (getpid() == gettid()) { /* pthread_getattr_np would read /proc/self/maps */
    struct rlimit rl;
    size_t size = (size_t)8 << 20;
    if (getrlimit(RLIMIT_STACK, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY) size = rl.rlim_cur;
    if (size > STACK_MAX) size = STACK_MAX;
    size_t used = 128 << 10; /* environment, arguments, main: above us */
    th->stack_limit = here - size + used + STACK_RESERVE;
    return;
  }
  pthread_attr_t attr;
  void *low;
  size_t size;
  if (pthread_getattr_np(pthread_self(), &attr)) {
    th->stack_limit = here - (64 << 10);
    return;
  }
  pthread_attr_getstack(&attr, &low, &size);
  pthread_attr_destroy(&attr);
  th->stack_limit = (char *)low + (size > 4 * STACK_RESERVE ? STACK_RESERVE : size / 4);
}
static void find_limits(RpThread *th) {
  find_c_stack(th);
  size_t left = (size_t)((char *)__builtin_frame_address(0) - th->stack_limit) / 2;
  th->native_limit = th->stack_limit + (left < NATIVE_RESERVE ? left : NATIVE_RESERVE);
}

/* Pages are touched as frames need them; a guard page ends it. */
static bool make_vm_stack(RpThread *th) {
  size_t words = VM_WORDS;
  if ((size_t)th->recursion_limit * VM_WORDS_PER_FRAME > words) words = (size_t)th->recursion_limit * VM_WORDS_PER_FRAME;
  size_t bytes = (words * sizeof(Value) + PAGE - 1) & ~(size_t)(PAGE - 1);
  char *m = mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (m == MAP_FAILED) return false;
  mprotect(m + bytes, PAGE, PROT_NONE);
  th->vm_base = th->vm_top = (Value *)m;
  th->vm_limit = (Value *)(m + bytes);
  return true;
}
static void free_vm_stack(RpThread *th) {
  if (th->vm_base) munmap(th->vm_base, (size_t)((char *)th->vm_limit - (char *)th->vm_base) + PAGE);
}

COLD static bool stack_overflow(RpThread *th, const char *where) {
  raise_error(th, &type_RecursionError, "maximum recursion depth exceeded%s", where);
  return false;
}
bool thread_check_stack(RpThread *th, const char *where) {
  return likely((char *)__builtin_frame_address(0) > th->stack_limit) || stack_overflow(th, where);
}

void *thread_part_alloc(size_t bytes) {
  bytes = (bytes + THREAD_ALIGN - 1) & ~(size_t)(THREAD_ALIGN - 1);
  void *p = aligned_alloc(THREAD_ALIGN, bytes);
  return p ? memset(p, 0, bytes) : NULL;
}

/* -- Attaching ------------------------------------------------------------------------------------------------------------------------ */

static void thread_drop(RpThread *th) {
  heap_thread_free(th);
  free_vm_stack(th);
  free(th);
}

/* A thread for ctx, in no list. */
static RpThread *thread_make(RpContext *ctx) {
  RpThread *th = thread_part_alloc(sizeof *th);
  if (!th) return NULL;
  th->ctx = ctx;
  th->recursion_limit = ctx->opt.recursion_limit;
  th->os = pthread_self();
  th->id = (uint64_t)th->os;
  th->guards_left = ctx->opt.stress & STRESS_DEOPT ? native_next_failure(th) : 0;
  find_limits(th);
  if (heap_thread_init(th) && make_vm_stack(th)) return th;
  thread_drop(th);
  return NULL;
}

RpThread *thread_attach_at(RpContext *ctx, void *stack_base) {
  if (current) {
    fprintf(stderr, "replicant: this thread is already attached to a context\n");
    return NULL;
  }
  RpThread *th = thread_make(ctx);
  if (!th) {
    fprintf(stderr, "replicant: no memory to attach a thread\n");
    return NULL;
  }
  th->stack_base = stack_base;
  atomic_store(&th->state, TH_SAFE);
  bool second = atomic_load(&ctx->n_threads) != 0;
#ifdef RP_ONE_THREAD
  if (second) {
    fprintf(stderr, "replicant: built for one thread in each context (RP_THREADS=OFF)\n");
    return thread_drop(th), NULL;
  }
#endif
  if (second) heap_stop(ctx, NULL); /* every thread learns at its poll, where it holds no object's lock, that locks count from now on */
  else pthread_mutex_lock(&ctx->thread_lock);
  th->next = ctx->threads;
  ctx->threads = th;
  if (atomic_fetch_add(&ctx->n_threads, 1) > 0)
    for (RpThread *t = ctx->threads; t; t = t->next) t->multi = true;
  if (!ctx->main_thread) {
    ctx->main_thread = th;
    atomic_fetch_or(&th->poll, POLL_SIGNAL); /* of those that came while there was none */
  }
  heap_thread_join(th);
  if (ctx->sched) {
    sched_add(ctx->sched, th);
    atomic_fetch_or(&th->poll, POLL_STRESS);
  }
  if (second) heap_resume(ctx, NULL);
  else pthread_mutex_unlock(&ctx->thread_lock);
  current = th;
  thread_leave_safe(th);
  return th;
}

RpThread *thread_attach_service(RpContext *ctx, void *stack_base) {
  RpThread *th = current ? NULL : thread_make(ctx);
  if (!th) return NULL;
  th->stack_base = stack_base;
  th->service = true;
  atomic_store(&th->state, TH_SAFE);
  pthread_mutex_lock(&ctx->thread_lock);
  th->multi = atomic_load(&ctx->n_threads) > 1;
  th->next = ctx->threads;
  ctx->threads = th;
  heap_thread_join(th);
  pthread_mutex_unlock(&ctx->thread_lock);
  current = th;
  thread_leave_safe(th);
  return th;
}

RpThread *thread_attach(RpContext *ctx) {
  /* The caller's frame may hold references, and so may its callers: from the top of this thread's stack down. */
  char *base;
  pthread_attr_t attr;
  void *low;
  size_t size;
  if (getpid() == gettid()) {
    extern void *__libc_stack_end;
    base = __libc_stack_end;
  } else if (pthread_getattr_np(pthread_self(), &attr) == 0) {
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_destroy(&attr);
    base = (char *)low + size;
  } else {
    return NULL;
  }
  return thread_attach_at(ctx, base);
}

/* One thread is left, and stands at a safepoint: locks cost nothing again. Unless it stands there with a lock in hand, which it would not release. */
static void end_multi(RpContext *ctx) {
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (t->n_locked) return;
  for (RpThread *t = ctx->threads; t; t = t->next) t->multi = false;
}

void thread_detach(RpThread *th) {
  RpContext *ctx = th->ctx;
  atomic_fetch_add(&ctx->n_transit, 1);
  heap_stop(ctx, th); /* its runs and buffers go back to the heap while nobody collects */
  heap_retire_thread(th);
  for (RpThread **p = &ctx->threads; *p; p = &(*p)->next)
    if (*p == th) {
      *p = th->next;
      break;
    }
  if (ctx->main_thread == th) ctx->main_thread = NULL;
  if (!th->service && atomic_fetch_sub(&ctx->n_threads, 1) == 2) end_multi(ctx);
  heap_resume(ctx, th);
  if (ctx->sched && !th->service) sched_remove(ctx->sched, th);
  atomic_fetch_sub(&ctx->n_transit, 1); /* from here on the context may be gone */
  current = NULL;
  thread_drop(th);
}

void thread_park(RpThread *th, char *sp, const uint64_t *regs) {
  if (sp) memcpy(th->safe_regs, regs, sizeof th->safe_regs);
  current = NULL;
  thread_enter_safe_slow(th, sp);
}

void thread_unpark(RpThread *th, void *stack_base) {
  RP_ASSERT(!current);
  if (stack_base) {
    th->stack_base = stack_base;
    if (!pthread_equal(th->os, pthread_self())) {
      th->os = pthread_self();
      find_limits(th);
    }
  }
  current = th;
  thread_leave_safe(th);
}

void thread_interrupt(RpThread *t) {
  atomic_store(&t->interrupted, true);
  atomic_fetch_or(&t->poll, POLL_SIGNAL);
  _Atomic uint32_t *word = atomic_load(&t->waiting_on);
  if (word) futex_wake(word, INT32_MAX);
}

void thread_ask_stop(RpThread *t) {
  atomic_fetch_or(&t->poll, POLL_STOP);
  _Atomic uint32_t *word = atomic_load(&t->waiting_on);
  if (word) futex_wake(word, INT32_MAX);
}

bool thread_stop_others(RpThread *th) {
  RpContext *ctx = th->ctx;
  atomic_store(&ctx->stopping, true);
  for (int ms = 0; atomic_load(&ctx->n_threads) > 1 || atomic_load(&ctx->n_transit); ms++) {
    if (ms == 1000) return false;
    thread_enter_safe(th);
    pthread_mutex_lock(&ctx->thread_lock);
    for (RpThread *t = ctx->threads; t; t = t->next)
      if (t != th) thread_ask_stop(t);
    pthread_mutex_unlock(&ctx->thread_lock);
    usleep(1000);
    thread_leave_safe(th);
  }
  return true;
}

/* -- SAFE -------------------------------------------------------------------------------------------------------------------------------- */

void thread_enter_safe_slow(RpThread *th, char *sp) {
  RP_ASSERT(atomic_load(&th->state) == TH_RUN);
  th->safe_sp = sp;
  atomic_store(&th->state, TH_SAFE);
  if (unlikely(th->ctx->sched != NULL) && !th->service && !th->keeps_baton) sched_give(th->ctx->sched, th);
  if (atomic_load(&th->poll) & POLL_GC) heap_note_safe(th->ctx);
}

/* Our stack is being read. */
static NOINLINE void wait_until_safe(RpThread *th) {
  PauseStart start = pause_begin(th);
  for (int seen; seen = TH_SAFE, !atomic_compare_exchange_strong(&th->state, &seen, TH_RUN);)
    if (seen == TH_AWAITED || atomic_compare_exchange_strong(&th->state, &seen, TH_AWAITED)) futex_wait((_Atomic uint32_t *)&th->state, TH_AWAITED, -1);
  pause_end(th, PAUSE_stop, start);
}

void thread_leave_safe(RpThread *th) {
  int saved = errno;
  if (unlikely(th->ctx->sched != NULL) && !th->service && !th->keeps_baton) sched_take(th->ctx->sched, th);
  int safe = TH_SAFE;
  if (unlikely(!atomic_compare_exchange_strong(&th->state, &safe, TH_RUN))) wait_until_safe(th);
  if (RP_GC_ABLATE != ABLATE_STANDING) th->standing = STANDS_NOT;
  errno = saved;
}

void thread_give_back(RpThread *t) {
  if (atomic_exchange(&t->state, TH_SAFE) == TH_AWAITED) futex_wake((_Atomic uint32_t *)&t->state, 1);
}

/* -- Polls -------------------------------------------------------------------------------------------------------------------------------- */

static bool take_bit(RpThread *th, uint32_t bit) {
  return (atomic_load_explicit(&th->poll, memory_order_relaxed) & bit) && (atomic_fetch_and(&th->poll, ~bit) & bit);
}

bool thread_poll_slow(RpThread *th) {
  RP_ASSERTF(th->pending == EMPTY, "a poll while an exception is pending");
  uint32_t why = atomic_load(&th->poll);
  if (why & (POLL_GC | POLL_ACK | POLL_CLOSE)) heap_poll_gc(th);
  if (take_bit(th, POLL_COLLECT)) heap_pace(th);
  if ((why & POLL_STRESS) && th->ctx->sched && !th->service) sched_point(th);
  if (take_bit(th, POLL_FINALIZE)) heap_finalize_due(th);
  if (why & POLL_STOP) { /* stays set: handlers look at it and catch nothing */
    raise_error(th, &type_SystemExit, "stopped by the host");
    return false;
  }
  if ((why & POLL_SIGNAL) && !heap_defers_signals(th) && take_bit(th, POLL_SIGNAL)) {
    if (!atomic_exchange(&th->interrupted, false)) return signals_deliver(th);
    Value v = exc_new(th, &type_KeyboardInterrupt, EMPTY);
    if (v != EMPTY) raise_value_object(th, v);
    return false;
  }
  return true;
}
