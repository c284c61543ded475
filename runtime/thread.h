/* thread.h: an OS thread attached to a context. Passed first to everything that may raise or allocate, always spelled `th`.
** Fields near the top are at offsets that native code embeds (static asserts in thread.c). */
#ifndef RP_THREAD_H
#define RP_THREAD_H

#include <pthread.h>
#include "runtime/heap.h"

/* TH_AWAITED: TH_BUSY_BY_GC, and the thread sleeps until it is given back. */
typedef enum ThreadState { TH_RUN, TH_SAFE, TH_BUSY_BY_GC, TH_AWAITED } ThreadState;

/* One bump window per small size class: the allocator's fast path is `p = cur; cur += size; if (cur <= end)`. */
typedef struct AllocRun { char *cur, *end; } AllocRun;
#define SMALL_MAX 512                       /* cells up to this size have a run per 16-byte step */
#define N_RUNS (SMALL_MAX / 16 + 1)

#define N_SAVED_REGS 12

/* What an arithmetic operator finds in a Python class: interp_call.c. */
typedef struct OperatorCache { uint32_t version, key; Value function; } OperatorCache;
#define N_OPERATOR_CACHE 64

/* Calls and back edges that are not in a Code's counter yet: with several threads, each writing it would pass the word, and what of Code lies beside it, from
** core to core at each call. Lost when another counter needs the place: `of` may be gone by then. */
typedef struct OwnCount { const _Atomic uint32_t *of; uint32_t n; } OwnCount;
#define N_OWN_COUNTS 64

/* Reasons in the poll word; any bit set sends the thread to thread_poll_slow. */
#define POLL_GC 0x01        /* somebody stops the threads */
#define POLL_STOP 0x02      /* host wants the script stopped: raises an uncatchable-by-accident stop (RpStop) */
#define POLL_SIGNAL 0x04    /* call the handlers of signals (signals.h); KeyboardInterrupt when `interrupted` */
#define POLL_STRESS 0x08    /* stress modes */
#define POLL_CODE 0x10      /* native code was replaced: frame-edge work */
#define POLL_FINALIZE 0x20  /* finalizers and weakref callbacks are due */
#define POLL_COLLECT 0x40   /* external memory grew: collect */
#define POLL_ACK 0x100      /* a handshake of the collector's: publish runs, barrier on or off */
#define POLL_CLOSE 0x80     /* marking seems to be complete: look at the stacks */

/* Threads write their own all the time: no two share a line, nor the pair of lines that processors fetch together. */
#define THREAD_ALIGN 128

/* What a young collection knows of the stack of a thread, which holds as long as that does not go on. */
typedef enum Standing {
  STANDS_NOT,     /* nothing: the stack is scanned */
  STANDS_LOOKED,  /* looked through by the thread itself, which is SAFE or about to be: HeapThread.stack_words */
  STANDS_HOLDING, /* the same at an earlier collection, since which some of what it found may be young; other words of its stack may refer to cells that somebody got since */
  STANDS_OLD,     /* all that it referred to at an earlier collection is old since */
} Standing;

struct RpThread {
  union {
    struct {
      _Atomic uint32_t poll; /* 0: go on. Read relaxed at function entry and loop back edges. */
      uint32_t multi;       /* 1: context has several threads: take locks */
    };
    _Atomic uint64_t poll_multi; /* both in one load, for the interpreter's calls and back edges: interp_count */
  };
  uint32_t depth;           /* Python frames on this thread, against recursion_limit */
  bool marking;             /* copy of the context's flag, changed only at handshakes: barrier test */
  bool lookup_failed;       /* the pending exception comes from a method lookup: its traceback entry points at the attribute */
  bool reraising;           /* native code left with the pending exception, which has its traceback entry for that frame already */
  bool service;             /* runs no Python: see thread_attach_service() */
  char *stack_limit;        /* C stack: below this RecursionError */
  Value pending;            /* the exception being raised, or EMPTY */
  RpContext *ctx;
  Frame *frame;             /* innermost frame, any tier */
  Value *vm_top;            /* first free word of the VM stack */
  Value *vm_limit;
  Value native_result;      /* see native_code.h */
  char *native_limit;       /* C stack: below this compiled functions go on in the interpreter, which needs none for its calls */
  uint32_t guards_left;     /* --stress=deopt: guards of compiled code until the next one fails; 0: one has just failed */
  uint32_t guard_seed;
  AllocRun runs[N_RUNS];
  /* -- cold -- */
  Value handled;            /* exception being handled by the running frames of this generator level; EMPTY: none. Readers use
                               thread_handled() */
  struct HandledLink *handled_outer; /* what the resumers of running generators were handling, innermost first */
  Value *vm_base;
  char *stack_base;         /* highest address to scan: recorded at entry from the host */
  _Alignas(64) _Atomic int state; /* ThreadState. Its line is others' business, too */
  uint8_t standing;         /* Standing. Written by the thread while it runs, else by who has taken it */
  char *safe_sp;            /* stack pointer and callee-saved registers, published on entering SAFE */
  uint64_t safe_regs[N_SAVED_REGS];
  uint64_t id;              /* Python's thread ident */
  pthread_t os;
  int recursion_limit;
  int native_depth;         /* C-level nesting: repr of nested containers, comparisons */
  Value repr_guard;         /* list of objects being repr'ed */
  Value thread_locals;      /* dict: _thread._local storage */
  Value context_vars;       /* the current contextvars.Context, or EMPTY: none yet */
  Value async_hooks;        /* asyncgen hooks tuple or EMPTY */
  OperatorCache operators[N_OPERATOR_CACHE];
  OwnCount counts[N_OWN_COUNTS]; /* while `multi`: hot_count */
  struct HeapThread *heap_th; /* allocator and collector's per-thread part */
  RpThread *next;           /* context's list, under its thread lock */
  void *host_data;
  Value sentinel;           /* _thread._set_sentinel: the lock released when the thread ends */
  _Atomic bool interrupted; /* thread_interrupt() was called: KeyboardInterrupt at the next poll */
  _Atomic uint32_t baton;   /* --stress=threads: 1 while it is this thread's turn; futex (sched.h) */
  bool wants_baton;         /* under the scheduler's lock */
  bool keeps_baton;         /* becomes SAFE without giving its turn away */
  uint32_t n_locked;        /* objects' locks taken or waited for, counted while `multi` */
  _Atomic(_Atomic uint32_t *) waiting_on; /* the futex it sleeps on: woken when the thread is stopped or interrupted */
};

/* One level per running generator, on the C stack of gen_send. */
typedef struct HandledLink { Value handled; struct HandledLink *outer; } HandledLink;
/* Do locks count? In a build without threads (RP_THREADS=OFF) never. */
ALWAYS_INLINE bool thread_multi(const RpThread *th) {
#ifdef RP_ONE_THREAD
  return false;
#else
  return th->multi;
#endif
}

/* sys.exception(): the exception being handled, seen through generators; EMPTY: none. */
ALWAYS_INLINE Value thread_handled(const RpThread *th) {
  Value v = th->handled;
  for (HandledLink *l = th->handled_outer; v == EMPTY && l; l = l->outer) v = l->handled;
  return v;
}

/* Zeroed memory for what belongs to one thread, with lines of its own; given back with free(). */
void *thread_part_alloc(size_t bytes);
/* Attaches the calling OS thread to ctx (one thread may be attached to one context at a time); detaches. NULL + message if refused. */
RpThread *thread_attach(RpContext *ctx);
void thread_detach(RpThread *th);
/* Lets go of the context without detaching: the OS thread may use another context meanwhile. The thread is SAFE; nothing on its stack is scanned
** unless sp (with regs: N_SAVED_REGS words from thread_spill_registers) says from where. */
void thread_park(RpThread *th, char *sp, const uint64_t *regs);
/* Takes it up again; also on another OS thread, which then says where its stack begins (NULL: the same thread as before). */
void thread_unpark(RpThread *th, void *stack_base);
/* For threads that the runtime started: nothing above stack_base holds references. */
RpThread *thread_attach_at(RpContext *ctx, void *stack_base);
/* For the native tier's compile thread: it reads the context's objects but runs no Python, and does not make the context multi-threaded. */
RpThread *thread_attach_service(RpContext *ctx, void *stack_base);
/* KeyboardInterrupt in t at its next poll; wakes it when it waits for a lock. Any thread, and signal handlers. */
void thread_interrupt(RpThread *t);
/* t raises SystemExit at its next poll, and again until POLL_STOP is cleared; wakes it when it waits for a lock. Under the context's thread_lock. */
void thread_ask_stop(RpThread *t);
/* Makes all other threads of the context stop at their next poll and waits for them, at most about a second; false: some are still there. */
bool thread_stop_others(RpThread *th);
/* The calling OS thread's RpThread, or NULL. */
RpThread *thread_current(void);

/* Callee-saved registers into regs, stack pointer returned: with the stack above it, the collector then sees all that this function and its
** callers hold. Inlined: a function of its own would save some of them in its frame, which dies when it returns. */
ALWAYS_INLINE char *thread_spill_registers(uint64_t regs[N_SAVED_REGS]) {
  char *sp;
#if defined(__x86_64__)
  __asm__ volatile("movq %%rbx, 0(%1); movq %%rbp, 8(%1); movq %%r12, 16(%1); movq %%r13, 24(%1); movq %%r14, 32(%1); movq %%r15, 40(%1);"
                   "movq %%rsp, %0" : "=&r"(sp) : "r"(regs) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("stp x19, x20, [%1]; stp x21, x22, [%1, 16]; stp x23, x24, [%1, 32]; stp x25, x26, [%1, 48]; stp x27, x28, [%1, 64];"
                   "str x29, [%1, 80]; mov %0, sp" : "=&r"(sp) : "r"(regs) : "memory");
#else
#error "spill the callee-saved registers of this machine"
#endif
  return sp;
}

/* Around blocking or foreign calls that touch no Python object: the collector may scan this stack meanwhile. errno is kept. */
void thread_enter_safe_slow(RpThread *th, char *sp);
ALWAYS_INLINE void thread_enter_safe(RpThread *th) { thread_enter_safe_slow(th, thread_spill_registers(th->safe_regs)); }
void thread_leave_safe(RpThread *th);
/* By who has taken t (SAFE -> BUSY_BY_GC): it is SAFE again. */
void thread_give_back(RpThread *t);

/* Poll: false with an exception pending when the thread must unwind. */
bool thread_poll_slow(RpThread *th);
ALWAYS_INLINE bool thread_poll(RpThread *th) {
  return likely(atomic_load_explicit(&th->poll, memory_order_relaxed) == 0) || thread_poll_slow(th);
}
/* C stack check for recursive C functions; false + RecursionError. `where` completes the message: "maximum recursion depth exceeded" + where. */
bool thread_check_stack(RpThread *th, const char *where);

ALWAYS_INLINE bool heap_barrier_due(const RpThread *th, const void *owner, Value v) {
  return is_object(v) && unlikely(th->marking | (load_relaxed(&((const Object *)owner)->gc) & GC_OLD));
}
ALWAYS_INLINE void obj_store(RpThread *th, void *owner, Value *slot, Value v) {
  if (heap_barrier_due(th, owner, v)) heap_barrier_slow(th, (Object *)owner, v);
  store_release(slot, v);
}
/* Before a reference is stored in another form than a Value: the number of a shape, malloc'ed memory that some object traces; and into the stack of a thread that rests (a job's result):
** young collections scan that once (Standing). */
ALWAYS_INLINE void heap_shade(RpThread *th, void *o) {
  if (unlikely(th->marking | !(load_relaxed(&((const Object *)o)->gc) & GC_OLD))) heap_barrier_slow(th, NULL, value_object(o));
}
ALWAYS_INLINE void heap_barrier_bulk(RpThread *th, void *owner) {
  if (unlikely(th->marking | (load_relaxed(&((Object *)owner)->gc) & GC_OLD))) heap_barrier_bulk_slow(th, (Object *)owner);
}
ALWAYS_INLINE void heap_barrier_copy(RpThread *th, void *into, void *from, const Value *more, size_t n) {
  if (unlikely(th->marking) && heap_barrier_copy_slow(th, (Object *)into, (Object *)from, more, n)) return;
  heap_barrier_bulk(th, into);
}
#endif
