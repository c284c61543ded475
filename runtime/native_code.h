/* native_code.h: what the interpreter needs to know of compiled code. The rest belongs to compiler/native/.
**
** A frame entry runs the code of interpreter frame `f`: arguments (or, for a loop, all registers) are in f->regs. It ends in one of these ways:
**   NATIVE_RETURN  th->native_result holds the value; f still pushed (the interpreter pops it)
**   NATIVE_RAISE   th->pending set, traceback entry for the innermost frame *not* yet added; its pc names the raising instruction, registers that
**                  handlers may read are written back: the interpreter looks for the handler
**   NATIVE_UNWOUND th->pending set; f's activation is over and in the traceback: the interpreter pops f and goes on unwinding
**   NATIVE_EXIT    a guard failed: live registers are written back, pc is the next instruction to interpret
**   NATIVE_YIELD   a generator suspends: th->native_result holds what it yields; f->pc is the YIELD, registers are written back; f still linked and RUNNING
** With RAISE and EXIT th->frame may be above f: inlined calls that had no frames have them now.
**
** Direct convention, between compiled functions: Value code(RpThread *th, Function *func, Value arg0, ... arg n-1), all parameters given, boxed,
** in machine registers. The callee makes its frame on its own C stack, is th->frame while it runs, and does everything itself: polls, recursion limits, side exits (it
** runs the interpreter on its frame and returns what comes out), exceptions (EMPTY, with its traceback entry). See compiler/native/native.md.
**
** Typed convention, between functions of one signature (4 bits each, a Rep of nat_request.h: result, number of parameters, parameters): as the direct one, but
** ints and floats are passed raw, and so is the result, as a pair {value, word}: word is NATIVE_TYPED, or, when there is no value of that kind, what the
** direct convention returns. */
#ifndef RP_NATIVE_CODE_H
#define RP_NATIVE_CODE_H
#include "runtime/frame.h"
/* The native tier is asked at every HOT_STEP calls (Code.calls) or back edges (Code.hot); it answers quickly when it has nothing to do. */
#define HOT_STEP 512
#define COUNT_STEP 256 /* threads count so many by themselves: thread.h */
ALWAYS_INLINE bool hot_count_own(RpThread *th, _Atomic uint32_t *counter) {
  OwnCount *own = &th->counts[(uintptr_t)counter / 4 % N_OWN_COUNTS];
  uint32_t n = atomic_load_explicit(counter, memory_order_relaxed) + 1;
  if (likely(n % HOT_STEP)) { /* else it was set so that it asks at the next call */
    if (likely(own->of == counter)) {
      if (likely(++own->n < COUNT_STEP)) return false;
      n = (n + COUNT_STEP - 1) & ~(uint32_t)(COUNT_STEP - 1); /* passes over no HOT_STEP */
    }
    *own = (OwnCount){counter, 0};
  }
  atomic_store_explicit(counter, n, memory_order_relaxed);
  return n % HOT_STEP == 0;
}
/* Counts one; true: the tier is to be asked. */
ALWAYS_INLINE bool hot_count(RpThread *th, _Atomic uint32_t *counter) {
  if (unlikely(thread_multi(th))) return hot_count_own(th, counter);
  uint32_t n = atomic_load_explicit(counter, memory_order_relaxed) + 1;
  atomic_store_explicit(counter, n, memory_order_relaxed);
  return unlikely(n % HOT_STEP == 0);
}
/* What th has counted by itself, before somebody compares counters. */
ALWAYS_INLINE void hot_count_all(RpThread *th, _Atomic uint32_t *counter) {
  OwnCount *own = &th->counts[(uintptr_t)counter / 4 % N_OWN_COUNTS];
  if (own->of == counter) atomic_fetch_add_explicit(counter, own->n, memory_order_relaxed);
  *own = (OwnCount){0};
}

typedef enum NativeStatus { NATIVE_RETURN, NATIVE_RAISE, NATIVE_EXIT, NATIVE_UNWOUND, NATIVE_YIELD } NativeStatus;
typedef NativeStatus (*NativeEntry)(RpThread *th, Frame *f);
#define NATIVE_DIRECT_MAX 8  /* parameters of a function with a direct entry (Code.direct) */
#define NATIVE_TYPED 1       /* no Value */
#define NATIVE_UNTESTED 5    /* levels of recursion above a compiled frame that do not test the recursion limit: inlined calls, and an end */

/* How a way out of compiled code finishes one frame: the code has stored live registers as they were, unboxed, and native_leave() does the rest by this
** table. So a way out is a store per register and one call, a third of the code that boxing in line would take, and of the time that it takes to compile. */
typedef struct NativeLeft { uint32_t reg; uint8_t rep; Value k; } NativeLeft; /* rep (of nat_request.h): INT, FLOAT, BOOL: stored raw; CONST: is k, not stored */
typedef struct NativeLeave NativeLeave;
struct NativeLeave {
  NativeLeave *next;           /* of the same unit */
  Code *code;                  /* of the frame */
  Code *guard;                 /* outermost frame, if a guard failed: where; else NULL */
  bool innermost;
  uint32_t call;               /* else: stands at this instruction */
  uint32_t n_left;
  NativeLeft left[];
};
/* What a unit of compiled code refers to. The collector keeps `consts` alive; everything is malloc'ed and lives as long as the unit. */
typedef struct NativeInlined { struct NativeInlined *next; InlinedCall call; } NativeInlined;
typedef struct NativeTables { Value *consts; uint32_t n_consts; NativeLeave *leaves; NativeInlined *inlined; } NativeTables;
void native_tables_free(NativeTables *t); /* not t itself; all zero afterwards */

typedef struct NativeTyped { uint64_t signature; void *code; } NativeTyped; /* immutable; lives as long as its context */
struct NativeCode {
  _Atomic(NativeEntry) entry;  /* at the function's start; NULL: none */
  _Atomic(NativeEntry) resume; /* generators and coroutines, in place of entry: goes on at f->pc (a resume point or a loop head, else NATIVE_EXIT) */
  uint32_t n_loops;
  _Atomic(NativeEntry) *loops; /* by loop number; NULL entries: cannot enter there */
};
#endif
