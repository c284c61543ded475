/* interp_impl.h: how handlers of the interpreter are written; for interp*.c only. Design: interp.md.
**
** One function per operation. A handler ends by jumping to the next one (a guaranteed tail call), and the machine state travels in the argument
** registers of the preserve_none convention. The first four are callee-saved for C: a handler that calls C functions spills nothing. The last two are
** constants that fast paths find in a register; whoever calls C makes them anew (RELOAD). What a handler needs beyond all these it derives from pc
** and f. Slow halves are handlers or C functions of their own, so that they cost the fast halves no registers. */
#ifndef RP_INTERP_IMPL_H
#define RP_INTERP_IMPL_H

#include "runtime/frame_fast.h"
#include "runtime/ic.h"
#include "runtime/interp.h"
#include "runtime/native_code.h"
#include "runtime/num.h"
#include "runtime/rt_ops.h"

#if !__has_attribute(preserve_none) || !__has_attribute(musttail)
#error "the interpreter needs clang 19 or newer: preserve_none and musttail"
#endif
#define PRESERVE_NONE __attribute__((preserve_none))
#define TAIL(handler) __attribute__((musttail)) return handler(pc, f, th, co, ops, tag)

/* pc: the instruction being executed. f: its frame, th->frame. co: f->code. ops: interp_handlers. tag: INT_TAG_MIN. */
#define STATE const Instr *pc, Frame *f, RpThread *th, Code *co, const OpHandlers *ops, Value tag
typedef struct OpHandlers OpHandlers;
typedef PRESERVE_NONE Value (*OpHandler)(STATE);
struct OpHandlers { OpHandler at[256]; };
extern const OpHandlers interp_handlers;
/* In front of calls of C functions. */
#define RELOAD() (ops = &interp_handlers, tag = INT_TAG_MIN)

#define HANDLER(name) PRESERVE_NONE Value interp_##name(STATE)
/* The rest of an operation, out of the way of its fast path. */
#define SLOW(name) static NOINLINE PRESERVE_NONE Value slow_##name(STATE)
#define OP(name, ...) HANDLER(name);
#include "runtime/rir.def"
#undef OP
/* Ends that operations share: */
HANDLER(error);        /* th->pending is set, f->pc is the raising instruction */
HANDLER(error_quiet);  /* the same, and its traceback has this frame already */
HANDLER(unwound);      /* the same, and f is done with */
HANDLER(start_slow);   /* at a function's first instruction: poll, tell the native tier, enter native code */
HANDLER(binary_object);/* + - * / of R[b] and R[c], one of them an object */

#define R ((Value *)(f + 1)) /* a frame's registers lie right behind it, on the VM stack as in a generator */
#define K (co->consts->items)

#define SAVE() (f->pc = pc)
#define DISPATCH() TAIL(ops->at[pc->op])
/* The asm differs at each place, which keeps the compiler from sharing one jump among the ends of a handler. */
#define OWN_PATH() __asm__ volatile("# %0" : : "i"(__COUNTER__))
#define NEXT()   \
  do {           \
    OWN_PATH();  \
    pc++;        \
    DISPATCH();  \
  } while (0)
/* OWN_PATH keeps, too, a conditional jump a jump: as a cmov of pc it would stall the next dispatch. */
#define GOTO(target)             \
  do {                           \
    OWN_PATH();                  \
    pc = co->instrs + (target);  \
    DISPATCH();                  \
  } while (0)
#define ERROR() TAIL(interp_error)
/* Feedback: the instruction is shared by threads; a lost bit comes again. The test is a plain load, which the compiler can fold into it. */
#if __has_feature(thread_sanitizer)
#define FB_SEEN() load_relaxed(&pc->fb)
#else
#define FB_SEEN() (pc->fb)
#endif
#define FB(bit)                                                                                                                      \
  do {                                                                                                                               \
    if (unlikely(!(FB_SEEN() & (bit)))) {                                                                                            \
      store_relaxed((uint8_t *)&pc->fb, (uint8_t)(load_relaxed(&pc->fb) | (bit)));                                                   \
    }                                                                                                                                \
  } while (0)
/* The operation's complete form. */
#define RT_CALL(name)                                                         \
  do {                                                                        \
    RELOAD();                                                                 \
    SAVE();                                                                   \
    if (unlikely(rt_ops[RIR_##name](th, f, pc) < 0)) ERROR();                 \
    NEXT();                                                                   \
  } while (0)
/* The same for operations that may jump. */
#define RT_CALL_JUMP(name)                          \
  do {                                              \
    RELOAD();                                       \
    SAVE();                                         \
    int rc_ = rt_ops[RIR_##name](th, f, pc);        \
    if (unlikely(rc_ < 0)) ERROR();                 \
    if (rc_) GOTO(pc->e);                           \
    NEXT();                                         \
  } while (0)
/* Goes on in frame `to`, at its pc. */
#define RESUME(to)   \
  do {               \
    f = (to);        \
    co = f->code;    \
    pc = f->pc;      \
  } while (0)

/* Counts a call or back edge. False: something besides going on is to be done, and nothing was counted: `slow` does both. Several threads, which count each by
** itself, are such a case, too, so that one thread pays nothing for them. */
ALWAYS_INLINE bool interp_count(RpThread *th, Code *co, _Atomic uint32_t *counter) {
  uint32_t n = atomic_load_explicit(counter, memory_order_relaxed) + 1;
  if (unlikely(n % HOT_STEP == 0) || unlikely(atomic_load_explicit(&co->native, memory_order_relaxed) != NULL) ||
      unlikely(atomic_load_explicit(&th->poll_multi, memory_order_relaxed) != 0))
    return false;
  atomic_store_explicit(counter, n, memory_order_relaxed);
  return true;
}
/* Into frame `to`, just pushed, at its first instruction. */
#define START(to)                                                                                                      \
  do {                                                                                                                 \
    f = (to);                                                                                                          \
    co = f->code;                                                                                                      \
    pc = co->instrs;                                                                                                   \
    if (!interp_count(th, co, &co->calls)) TAIL(interp_start_slow);                                                     \
    DISPATCH();                                                                                                        \
  } while (0)

#define BOTH_INT(x, y) (((x) & (y)) >= tag)
#define IS_INT(x) ((x) >= tag)
/* A word as a double, and back; in the form that uses the register: INT_TAG_MIN is -DOUBLE_OFFSET. */
ALWAYS_INLINE double raw_double(Value bits) {
  double d;
  memcpy(&d, &bits, 8);
  return d;
}
ALWAYS_INLINE Value double_bits(double d) {
  Value bits;
  memcpy(&bits, &d, 8);
  return bits;
}
_Static_assert(INT_TAG_MIN == -DOUBLE_OFFSET, "one constant for both");
#define AS_DOUBLE(v) raw_double((v) + tag)
#define BOX_DOUBLE(d) (double_bits(d) - tag)
/* Number of either immediate kind as a double. */
ALWAYS_INLINE bool as_number(Value v, double *d) {
  if (is_double(v)) *d = as_double(v);
  else if (is_int(v)) *d = (double)as_int(v);
  else return false;
  return true;
}

/* What a pair that took the slow path was, for the native tier. */
uint8_t interp_classify(Value x, Value y);

/* Pushes fn's frame with its n parameters, all of them, from args (one more word behind them may be read). NULL: RecursionError. th->frame is the caller. */
ALWAYS_INLINE Frame *push_function(RpThread *th, uint16_t ret_reg, Function *fn, Code *co, const Value *args, unsigned n) {
  Frame *nf = frame_open(th, fn, co);
  if (unlikely(!nf)) return NULL;
  nf->ret_reg = ret_reg;
  Value *regs = (Value *)(nf + 1);
  for (unsigned k = 0; k < n; k += 2) { /* in pairs, as in frame_clear() */
    memcpy(regs + k, args + k, 2 * sizeof(Value));
    __asm__ volatile(""); /* stays a loop: arguments are few */
  }
  frame_clear(regs + n, regs + co->n_regs);
  return nf;
}

#endif
