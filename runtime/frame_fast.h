/* frame_fast.h: frame_push() and frame_pop() of interp.h, inlined for the interpreter and for calls from C. */
#ifndef RP_FRAME_FAST_H
#define RP_FRAME_FAST_H

#include "runtime/frame.h"
#include "runtime/func.h"

/* RecursionError; NULL. */
COLD Frame *frame_push_refused(RpThread *th);
/* The activation is over: its frame object, if anyone holds it, keeps what locals() said. */
COLD void frame_object_detach(RpThread *th, Frame *f);

/* A frame for fn (whose code is co) on the VM stack, registers not yet set: frame_clear() those that get no argument. */
ALWAYS_INLINE Frame *frame_open(RpThread *th, Function *fn, Code *co) {
  Value *base = th->vm_top;
  Value *top = base + FRAME_WORDS + co->n_regs;
  /* A few frames above the limit serve handlers of the RecursionError itself, as the exception is being reported. */
  if (unlikely(top >= th->vm_limit || ++th->depth > (uint32_t)th->recursion_limit)) {
    if (top < th->vm_limit) th->depth--;
    return frame_push_refused(th);
  }
  Frame *f = (Frame *)base;
  f->prev = th->frame;
  f->code = co;
  f->regs = base + FRAME_WORDS;
  f->pc = co->instrs;
  f->func = fn;
  f->globals = fn->globals;
  f->builtins = fn->builtins;
  f->locals = EMPTY;
  f->object = NULL;
  f->gen = NULL;
  f->ret_reg = 0;
  f->flags = 0;
  th->vm_top = top;
  th->frame = f;
  return f;
}

/* Registers [r, top) EMPTY, two at a time: one word above top may be written. They are too few for a call of memset. */
ALWAYS_INLINE void frame_clear(Value *r, Value *top) {
  typedef uint64_t Pair __attribute__((vector_size(16), aligned(8)));
  for (; r < top; r += 2) {
    *(Pair *)r = (Pair){0, 0};
    __asm__ volatile("");
  }
}

ALWAYS_INLINE Frame *frame_push_fast(RpThread *th, Function *fn) {
  Frame *f = frame_open(th, fn, load_consume(&fn->code));
  if (likely(f != NULL)) frame_clear(f->regs, th->vm_top);
  return f;
}

ALWAYS_INLINE void frame_pop_fast(RpThread *th, Frame *f) {
  if (unlikely(f->flags & FRAME_SEEN)) frame_object_detach(th, f);
  th->frame = f->prev;
  if (likely(!(f->flags & (FRAME_GENERATOR | FRAME_NATIVE)))) {
    th->vm_top = (Value *)f;
    th->depth--;
  } else if (f->flags & FRAME_NATIVE) {
    th->depth--;
  }
}

#endif
