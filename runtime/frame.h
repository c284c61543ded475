/* frame.h: activation records. One layout for the interpreter, generators and deoptimisation: native code that leaves early writes its live
** values, boxed, into such a frame and the interpreter goes on at pc.
** Interpreter frames live on the thread's VM stack (regs right behind the struct); a generator's lives inside its heap object; compiled functions keep
** theirs on the C stack: complete, but of the registers only arguments are sure to be there while the code runs. */
#ifndef RP_FRAME_H
#define RP_FRAME_H

#include "runtime/code.h"

#define FRAME_ENTRY 0x01      /* called from C: RETURN leaves interp_run */
#define FRAME_GENERATOR 0x02  /* lives in a Generator */
#define FRAME_NATIVE 0x04      /* lives on the C stack of compiled code, not on the VM stack */
#define FRAME_INIT 0x08       /* __init__ call made by a type call: its result is dropped, `self_` register is the value */
#define FRAME_BINARY 0x10     /* __add__ ... called by an operator: NotImplemented as its result is a TypeError */
#define FRAME_SEEN 0x20       /* `object` is set */

typedef struct FrameObject FrameObject;
typedef struct Generator Generator;

struct Frame {
  Frame *prev;              /* caller */
  Code *code;
  Value *regs;
  const Instr *pc;          /* the instruction being executed, kept up to date at anything that may raise, call or poll. Read it by frame_pc() */
  Function *func;
  Dict *globals, *builtins;
  Value locals;             /* namespace mapping of class bodies, modules and exec; EMPTY in functions */
  FrameObject *object;      /* made by sys._getframe or a traceback; NULL */
  Generator *gen;
  uint16_t ret_reg;         /* caller's register for the result */
  uint8_t flags;
};
#define FRAME_WORDS (sizeof(Frame) / sizeof(Value))

/* An activation that compiled code has inlined into the one a frame is of, while something that it calls runs. Frame.pc points to the innermost then, with
** the lowest bit set. Immutable, lives as long as the code. */
typedef struct InlinedCall InlinedCall;
struct InlinedCall {
  const InlinedCall *caller; /* NULL: the activation that has the frame */
  Function *func;
  Code *code;
  const Instr *pc;           /* where it stands */
  const Instr *frame_pc;     /* where the activation that has the frame stands */
};
#define PC_INLINED 1
ALWAYS_INLINE const InlinedCall *pc_inlined(const Instr *pc) {
  return unlikely((uintptr_t)pc & PC_INLINED) ? (const InlinedCall *)((const char *)pc - PC_INLINED) : NULL;
}
ALWAYS_INLINE const Instr *frame_pc(const Frame *f) {
  const Instr *pc = load_relaxed(&f->pc);
  const InlinedCall *in = pc_inlined(pc);
  return in ? in->frame_pc : pc;
}

/* What a walk over the stack sees: with the inlined ones. f NULL: the end. */
typedef struct Activation { Frame *f; const InlinedCall *in; } Activation;
ALWAYS_INLINE Activation activation_of(Frame *f) { return (Activation){f, f ? pc_inlined(f->pc) : NULL}; }
ALWAYS_INLINE Activation activation_caller(Activation a) { return a.in ? (Activation){a.f, a.in->caller} : activation_of(a.f->prev); }
ALWAYS_INLINE Code *activation_code(Activation a) { return a.in ? a.in->code : a.f->code; }
ALWAYS_INLINE const Instr *activation_pc(Activation a) { return a.in ? a.in->pc : frame_pc(a.f); }
Dict *activation_globals(Activation a);

/* The Python-visible frame. While the activation runs, `frame` points to it; when it ends, its locals are copied to `values` and frame becomes NULL. */
struct FrameObject {
  Object hdr;
  Value overflow;
  Frame *frame;
  Code *code;
  Dict *globals, *builtins;
  Value locals;             /* the dict or mapping that f_locals gave, once asked; the namespace of a module or class body */
  FrameObject *back;        /* when the activation is over: before, it is looked up */
  uint32_t pc;
  RpThread *owner;
  Value trace;
  uint32_t n_values;
  Value values[];           /* of an ended activation: varnames, cellvars, freevars, cells looked through; EMPTY: unbound */
};
FrameObject *frame_object(RpThread *th, Frame *f);
/* The same of an inlined one is a record of where it stands, without locals: each time another, except as the f_back of its callee. */
FrameObject *activation_object(RpThread *th, Activation a);
/* f_back of a frame; NULL: there is none, or + pending. */
FrameObject *frame_object_back(RpThread *th, Frame *f);
/* f_locals. */
Value frame_object_locals(RpThread *th, FrameObject *fo);
/* locals() of a frame: namespace, or a dict of the bound variables. */
Value frame_locals(RpThread *th, Frame *f);

/* YIELDED: has yielded, its thread is still leaving it; nobody else may enter. */
typedef enum GenState { GEN_CREATED, GEN_SUSPENDED, GEN_RUNNING, GEN_FINISHED, GEN_YIELDED } GenState;
/* Generator, coroutine, async generator (by type). The frame's registers follow the struct. */
struct Generator {
  Object hdr;
  Value overflow;
  _Atomic uint32_t state;   /* GenState; RUNNING is taken by CAS: two threads cannot run one generator */
  Value name, qualname;
  Value handled;            /* the exception this generator is handling while suspended */
  Value await_from;         /* what it delegates to (cr_await, gi_yieldfrom) */
  Value origin, hooks;      /* coroutine origin tracking; async generator hooks/state */
  bool running_async, closed;
  Frame frame;
  Value regs[];
};
/* The registers, which gen's trace leaves out while it runs. In a stop. */
void gen_trace_registers(Tracer *tr, Generator *g);
/* RETURN_GENERATOR: moves the frame f (its next instruction is f->pc + 1) into a new generator object of the kind the code's flags say. */
Generator *gen_new(RpThread *th, Frame *f);
/* send/throw/close on any of the three; EMPTY + StopIteration pending at the end (value in it). */
Value gen_send(RpThread *th, Generator *g, Value v);
Value gen_throw(RpThread *th, Generator *g, Value exc);
Value gen_close(RpThread *th, Generator *g);
/* next() form: EMPTY without pending when it returned None. */
Value gen_next(RpThread *th, Value g);

#endif
