/* interp_call.c: the interpreter's calls, returns, generators and exceptions: everything that changes the frame. See interp_impl.h.
** Python code called from Python code gets its frame here and the machine goes on in it: no C recursion. */
#include "runtime/interp_impl.h"
#include "runtime/context.h"
#include "runtime/exc.h"
#include "runtime/heap_fast.h"
#include "runtime/hooks.h"
#include "runtime/iter.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/native_code.h"
#include "runtime/tuple.h"

/* -- Leaving frames ------------------------------------------------------- */

typedef enum Left { LEFT_RAISE = -1, LEFT_TO_CALLER, LEFT_TO_C } Left;

/* RETURN of an __init__ frame. */
COLD static Value raise_init_result(RpThread *th, Value v) { return raise_type(th, "__init__() should return None, not '%T'", v); }

/* `result` leaves th->frame, of any kind. LEFT_TO_C: the caller of interp_run() gets th->native_result. */
static NOINLINE Left leave_frame(RpThread *th, Value result) {
  Frame *f = th->frame, *back = f->prev;
  uint8_t flags = f->flags;
  if (unlikely(flags & FRAME_BINARY) && unlikely(result == NOT_IMPLEMENTED)) {
    frame_pop_fast(th, f);
    const Instr *pc = back->pc;
    bool inplace = pc->op >= RIR_IADD;
    op_binary_refused(th, (BinOp)(pc->op - (inplace ? RIR_IADD : RIR_ADD)), inplace, back->regs[pc->b], back->regs[pc->c]);
    return LEFT_RAISE;
  }
  if (flags & FRAME_INIT) {
    if (unlikely(result != NONE)) {
      raise_init_result(th, result);
      return LEFT_RAISE;
    }
    result = f->locals;
  }
  if (unlikely(flags & FRAME_GENERATOR)) atomic_store_explicit(&f->gen->state, GEN_FINISHED, memory_order_release);
  uint16_t ret = f->ret_reg;
  frame_pop_fast(th, f);
  if (flags & FRAME_ENTRY) {
    th->native_result = result;
    return LEFT_TO_C;
  }
  back->regs[ret] = result;
  return LEFT_TO_CALLER;
}
#define LEAVE(result)                                        \
  do {                                                       \
    Left left_ = leave_frame(th, (result));                  \
    if (left_ == LEFT_TO_C) return th->native_result;        \
    RESUME(th->frame);                                       \
    if (unlikely(left_ == LEFT_RAISE)) ERROR();              \
    NEXT();                                                  \
  } while (0)

SLOW(RETURN) {
  RELOAD();
  SAVE();
  LEAVE(R[pc->a]);
}
/* `result` leaves a frame on the VM stack that nobody has seen, to Python code. */
#define RETURN_PLAIN(result)   \
  do {                         \
    uint16_t ret_ = f->ret_reg; \
    th->vm_top = (Value *)f;   \
    th->depth--;               \
    RESUME(f->prev);           \
    th->frame = f;             \
    R[ret_] = (result);        \
    NEXT();                    \
  } while (0)
SLOW(return_special) {
  Value result = R[pc->a];
  if (f->flags == FRAME_INIT && likely(result == NONE)) {
    result = f->locals;
    RETURN_PLAIN(result);
  }
  if (f->flags == FRAME_BINARY && likely(result != NOT_IMPLEMENTED)) RETURN_PLAIN(result);
  TAIL(slow_RETURN);
}
HANDLER(RETURN) {
  Value result = R[pc->a];
  if (unlikely(f->flags)) TAIL(slow_return_special);
  RETURN_PLAIN(result);
}

/* -- Entering functions and loops ------------------------------------------- */

/* Counts what interp_count did not. True: there is more to be done than that. */
ALWAYS_INLINE bool count_slow(RpThread *th, Code *co, _Atomic uint32_t *counter, bool *hot) {
  *hot = hot_count(th, counter);
  return *hot || atomic_load_explicit(&th->poll, memory_order_relaxed) || atomic_load_explicit(&co->native, memory_order_relaxed);
}
static void report_hot(RpThread *th, Code *co, const _Atomic uint32_t *counter, const Instr *pc) {
  if (!rt_hooks.code_hot) return;
  if (thread_multi(th) && counter == &co->hot) hot_count_all(th, &co->calls);
  rt_hooks.code_hot(th, co, (uint32_t)(pc - co->instrs));
}

/* Runs native code on frame f; then the machine goes on with the innermost of the frames that inlined calls became, unless it has returned to C. */
#define ENTER_NATIVE(entry)                                        \
  do {                                                             \
    switch ((entry)(th, f)) {                                      \
    case NATIVE_RETURN: LEAVE(th->native_result);                  \
    case NATIVE_RAISE: RESUME(th->frame); ERROR();                 \
    case NATIVE_UNWOUND: TAIL(interp_unwound);                     \
    case NATIVE_YIELD: return suspend(th, f, th->native_result);   \
    case NATIVE_EXIT: break;                                       \
    }                                                              \
    RESUME(th->frame);                                             \
  } while (0)

/* v leaves the generator of frame f, which suspends at its YIELD. */
static Value suspend(RpThread *th, Frame *f, Value v) {
  th->frame = f->prev;
  atomic_store_explicit(&f->gen->state, GEN_YIELDED, memory_order_release); /* from here on markers look into it */
  return v;
}

HANDLER(start_slow) {
  bool hot;
  if (!count_slow(th, co, &co->calls, &hot)) DISPATCH();
  RELOAD();
  SAVE();
  if (unlikely(!thread_poll(th))) ERROR();
  if (hot) report_hot(th, co, &co->calls, pc);
  NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
  NativeEntry entry = nc ? atomic_load_explicit(&nc->entry, memory_order_acquire) : NULL;
  if (entry) ENTER_NATIVE(entry);
  DISPATCH();
}

SLOW(JUMP_BACK) {
  bool hot;
  if (!count_slow(th, co, &co->hot, &hot)) GOTO(pc->e + 1);
  RELOAD();
  SAVE();
  if (unlikely(!thread_poll(th))) ERROR();
  f->pc = pc = co->instrs + pc->e;
  if (hot) report_hot(th, co, &co->hot, pc);
  NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
  uint32_t loop = (uint32_t)pc->e;
  NativeEntry entry = nc && loop < nc->n_loops ? atomic_load_explicit(&nc->loops[loop], memory_order_acquire) : NULL;
  if (entry) ENTER_NATIVE(entry);
  DISPATCH();
}
HANDLER(JUMP_BACK) {
  if (!interp_count(th, co, &co->hot)) TAIL(slow_JUMP_BACK);
  GOTO(pc->e + 1); /* behind the LOOP_HEAD */
}

/* -- Calls -------------------------------------------------------------------- */

/* The callee's arguments: args[0..n-1], the last of them keyword values named by kwnames when that is not NULL. */
typedef struct CallArgs {
  Value callee;
  Value *args; /* in the frame's registers */
  int n;
  Tuple *kwnames;
} CallArgs;

/* Pushes fn's frame and binds the arguments by the rules. NULL + pending. */
static NOINLINE Frame *push_bound(RpThread *th, uint16_t ret_reg, Function *fn, const CallArgs *c) {
  Code *co = load_consume(&fn->code);
  if (likely(!c->kwnames && c->n == co->n_plain)) return push_function(th, ret_reg, fn, co, c->args, (unsigned)c->n);
  Frame *f = frame_open(th, fn, co);
  if (unlikely(!f)) return NULL;
  frame_clear(f->regs, th->vm_top);
  f->ret_reg = ret_reg;
  int n_pos = c->n - (c->kwnames ? (int)c->kwnames->length : 0);
  if (likely(args_bind(th, fn, co, f->regs, c->args, n_pos, c->kwnames) == 0)) return f;
  frame_pop_fast(th, f);
  return NULL;
}

/* The frame of t's __init__ with a new instance as self, where a call of t is no more than that; NULL: op_call() knows what to do, or failure. */
static Frame *push_init(RpThread *th, const Instr *pc, Type *t, const IcEntry *e, CallArgs *c) {
  if (e->value == EMPTY || !(t->flags & TYPE_SIMPLE_NEW) || e->type_version != load_relaxed(&t->version) || obj_shape_id(&t->hdr) != SHAPE_type) return NULL;
  Object *o = type_alloc(th, t);
  if (unlikely(!o)) return NULL;
  *--c->args = value_object(o); /* the callee's own register: free to hold self */
  c->n++;
  Frame *nf = push_bound(th, pc->a, (Function *)as_object(e->value), c);
  if (unlikely(!nf)) return NULL;
  nf->flags = FRAME_INIT;
  nf->locals = value_object(o);
  return nf;
}

/* The call at pc, of anything. The frame to go on in: a new one, or f itself when the result is in its register; NULL: raised. */
static NOINLINE Frame *call_any(RpThread *th, Frame *f, const Instr *pc, CallArgs c) {
  f->pc = pc;
  Ic *ic = pc->op == RIR_CALL_METHOD ? NULL : &f->code->ics[pc->e]; /* a method site's cache holds the method */
  if (ic && is_object(c.callee)) {
    const IcEntry *e = ic_entry(ic);
    Object *o = as_object(c.callee);
    bool known = e && (e->kind == IC_CALL_FUNCTION && e->value == EMPTY && o->kind == K_FUNCTION ? e->object == (Object *)load_consume(&((Function *)o)->code)
                                                                                                  : e->value == c.callee || e->object == o);
    if (known && e->kind == IC_CALL_TYPE) known = ic_type_call_fresh(e);
    if (unlikely(!known)) ic_call_miss(th, ic, c.callee);
  }
  if (has_shape(c.callee, SHAPE_method)) {
    BoundMethod *m = (BoundMethod *)as_object(c.callee);
    c.callee = m->func;
    *--c.args = m->self; /* the callee's own register, or the spare one: free to hold self */
    c.n++;
  }
  if (has_kind(c.callee, K_FUNCTION)) return push_bound(th, pc->a, (Function *)as_object(c.callee), &c);
  Value result = EMPTY;
  if (has_kind(c.callee, K_TYPE) && ic) {
    const IcEntry *e = ic_entry(ic);
    if (e && e->kind == IC_CALL_TYPE && e->object == as_object(c.callee)) {
      Frame *nf = push_init(th, pc, (Type *)as_object(c.callee), e, &c);
      if (nf || th->pending != EMPTY) return nf;
    }
  }
  int n_pos = c.n - (c.kwnames ? (int)c.kwnames->length : 0);
  if (has_kind(c.callee, K_NATIVE)) {
    if (c.kwnames || !native_call_fast(th, (Native *)as_object(c.callee), c.args, n_pos, &result))
      result = native_call(th, c.callee, c.args, n_pos, c.kwnames);
  } else {
    result = op_call(th, c.callee, c.args, n_pos, c.kwnames);
  }
  if (unlikely(result == EMPTY)) return NULL;
  f->regs[pc->a] = result;
  return f;
}
#define CALL_ANY(...)                                                            \
  do {                                                                           \
    Frame *nf_ = call_any(th, f, pc, (CallArgs){__VA_ARGS__});                   \
    if (unlikely(!nf_)) ERROR();                                                 \
    if (nf_ == f) NEXT();                                                        \
    START(nf_);                                                                  \
  } while (0)
#define KWNAMES (pc->f ? as_tuple(K[pc->f - 1]) : NULL)

SLOW(CALL) { CALL_ANY(R[pc->b], &R[pc->b + 1], pc->c, KWNAMES); }

/* A builtin function, as the cache says. */
SLOW(call_native) {
  RELOAD();
  SAVE();
  Value result;
  if (unlikely(!native_call_fast(th, (Native *)as_object(R[pc->b]), &R[pc->b + 1], pc->c, &result))) TAIL(slow_CALL);
  if (unlikely(result == EMPTY)) ERROR();
  R[pc->a] = result;
  NEXT();
}

/* These two read the cache again, which another thread may have taught something else meanwhile.
** A Python class whose instances are just allocated and given to __init__. The cache knows the shape of new instances and their size. */
SLOW(call_type) {
  RELOAD();
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  unsigned n = pc->c + 1u;
  if (unlikely(!e || e->kind != IC_CALL_TYPE || value_object(e->object) != R[pc->b] || e->slot == 0) || unlikely(!ic_type_call_fresh(e))) TAIL(slow_CALL);
  Function *fn = (Function *)as_object(e->value);
  Code *init = load_consume(&fn->code);
  if (unlikely(init->n_plain != (int)n)) TAIL(slow_CALL);
  SAVE();
  size_t bytes = e->slot;
  AllocRun *r = &th->runs[bytes >> 4];
  Object *o = (Object *)r->cur;
  if (unlikely((size_t)(r->end - r->cur) < bytes)) TAIL(slow_CALL);
  r->cur += bytes;
  ((Value *)o)[1] = EMPTY;
  for (size_t i = 2; i < bytes / 8; i += 2) {
    ((Value *)o)[i] = EMPTY;
    ((Value *)o)[i + 1] = EMPTY;
    __asm__ volatile(""); /* stays a loop */
  }
  *o = (Object){e->shape_id2, K_INSTANCE, 0, 0, 0};
  Value *args = &R[pc->b];
  args[0] = value_object(o); /* the callee's register: it has done its duty */
  Frame *nf = push_function(th, pc->a, fn, init, args, n);
  if (unlikely(!nf)) ERROR();
  nf->flags = FRAME_INIT;
  nf->locals = value_object(o);
  START(nf);
}

HANDLER(CALL) {
  Value callee = R[pc->b];
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  if (unlikely(!e) || unlikely(pc->f)) TAIL(slow_CALL);
  if (likely(e->value == callee)) {
    if (likely(e->kind == IC_CALL_FUNCTION)) {
      Function *fn = (Function *)as_object(callee);
      Code *nco = load_consume(&fn->code);
      if (unlikely(nco->n_plain != pc->c)) TAIL(slow_CALL);
      SAVE();
      Frame *nf = push_function(th, pc->a, fn, nco, &R[pc->b + 1], pc->c);
      if (unlikely(!nf)) ERROR();
      START(nf);
    }
    if (e->kind == IC_CALL_NATIVE) TAIL(slow_call_native);
  } else if (e->kind == IC_CALL_TYPE && value_object(e->object) == callee) {
    TAIL(slow_call_type);
  }
  TAIL(slow_CALL);
}

SLOW(CALL_METHOD) {
  RELOAD();
  Value callee, self = R[pc->b];
  Ic *ic = &co->ics[pc->e];
  int method = ic_method_hit(ic, self, &callee);
  if (unlikely(method < 0)) {
    SAVE();
    method = ic_method_miss(th, ic, self, instr_name(f, pc->d), &callee);
    if (unlikely(method < 0)) {
      th->lookup_failed = true;
      ERROR();
    }
  }
  CALL_ANY(callee, &R[pc->b + !method], pc->c + method, KWNAMES);
}
/* A method of a builtin type, as the cache says. */
SLOW(call_method_native) {
  RELOAD();
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  Value result, self = R[pc->b];
  if (unlikely(!e || !is_object(self) || e->shape_id != obj_shape_id(as_object(self)) || e->kind != IC_METHOD || !ic_version_ok(e) ||
               as_object(e->value)->kind != K_NATIVE))
    TAIL(slow_CALL_METHOD);
  SAVE();
  if (unlikely(!native_call_fast(th, (Native *)as_object(e->value), &R[pc->b], pc->c + 1, &result))) TAIL(slow_CALL_METHOD);
  if (unlikely(result == EMPTY)) ERROR();
  R[pc->a] = result;
  NEXT();
}
HANDLER(CALL_METHOD) {
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  Value self = R[pc->b];
  if (likely(e && is_object(self)) && likely(e->shape_id == obj_shape_id(as_object(self))) && likely(e->kind == IC_METHOD) &&
      likely(load_relaxed(e->version_at) == e->type_version) && likely(!pc->f)) {
    if (as_object(e->value)->kind != K_FUNCTION) TAIL(slow_call_method_native);
    Function *fn = (Function *)as_object(e->value);
    Code *nco = load_consume(&fn->code);
    unsigned n = pc->c + 1u;
    if (likely(nco->n_plain == (int)n)) {
      SAVE();
      Frame *nf = push_function(th, pc->a, fn, nco, &R[pc->b], n);
      if (unlikely(!nf)) ERROR();
      START(nf);
    }
  }
  TAIL(slow_CALL_METHOD);
}

HANDLER(LOAD_METHOD) {
  RELOAD();
  Value callee, self = R[pc->b];
  Ic *ic = &co->ics[pc->e];
  int method = ic_method_hit(ic, self, &callee);
  if (unlikely(method < 0)) {
    SAVE();
    method = ic_method_miss(th, ic, self, instr_name(f, pc->d), &callee);
    if (unlikely(method < 0)) ERROR();
  }
  R[pc->a] = callee;
  R[pc->a + 1] = method ? self : EMPTY;
  NEXT();
}
HANDLER(CALL_BOUND) {
  RELOAD();
  Value callee = R[pc->b];
  int bound = R[pc->b + 1] != EMPTY;
  Value *args = &R[pc->b + 2 - bound];
  int n = pc->c + bound;
  if (likely(has_kind(callee, K_FUNCTION)) && likely(!pc->f)) {
    const IcEntry *e = ic_entry(&co->ics[pc->e]);
    Function *fn = (Function *)as_object(callee);
    Code *nco = load_consume(&fn->code);
    if (likely(nco->n_plain == n) && likely(e && e->value == callee)) {
      SAVE();
      Frame *nf = push_function(th, pc->a, fn, nco, args, (unsigned)n);
      if (unlikely(!nf)) ERROR();
      START(nf);
    }
  }
  CALL_ANY(callee, args, n, KWNAMES);
}

/* -- Operators of Python classes ----------------------------------------------- */

/* The function behind an arithmetic operator with an instance of a Python class, where the reflected rules leave no choice: both operands of one
** class, or the other is a plain number. EMPTY: let op_binary() decide. */
static Value find_operator(RpThread *th, Type *t, unsigned op, bool inplace, bool swapped) {
  static const uint16_t names[][3] = { /* ORDER BINOP */
      {NAME_slot___add__, NAME_slot___radd__, NAME_slot___iadd__},
      {NAME_slot___sub__, NAME_slot___rsub__, NAME_slot___isub__},
      {NAME_slot___mul__, NAME_slot___rmul__, NAME_slot___imul__},
      {NAME_slot___truediv__, NAME_slot___rtruediv__, NAME_slot___itruediv__}};
  if (inplace && type_lookup(th, t, rp_names[names[op][2]]) != EMPTY) return EMPTY;
  Value fn = type_lookup(th, t, rp_names[names[op][swapped]]);
  return func_check(fn) && load_consume(&((Function *)as_object(fn))->code)->n_plain == 2 ? fn : EMPTY;
}

/* The thread remembers answers by the type's version, which is unique in the process and changes with whatever could change the answer: an entry
** needs no guard but that, and no tracing. */
static Value operator_function(RpThread *th, Type *t, unsigned op, bool inplace, bool swapped) {
  uint32_t version = load_relaxed(&t->version), key = op * 4 + inplace * 2u + swapped;
  OperatorCache *c = &th->operators[(version ^ key) % N_OPERATOR_CACHE];
  if (likely(c->version == version && c->key == key) && likely(version)) return c->function;
  Value fn = find_operator(th, t, op, inplace, swapped);
  if (load_relaxed(&t->version) == version) *c = (OperatorCache){version, key, fn};
  return fn;
}

/* A product beyond 64 bits is nothing for compiled code's machine integers: it would leave each time. */
static uint8_t classify_wide(const Instr *pc, Value x, Value y) {
  int64_t z;
  bool product = (pc->op == RIR_MUL || pc->op == RIR_IMUL) && is_int(x) && is_int(y);
  return product && __builtin_mul_overflow(as_int(x), as_int(y), &z) ? FB_OTHER : interp_classify(x, y);
}

HANDLER(binary_object) {
  RELOAD();
  Value x = R[pc->b], y = R[pc->c];
  SAVE();
  bool inplace = pc->op >= RIR_IADD, swapped = !has_kind(x, K_INSTANCE);
  Value self = swapped ? y : x, other = swapped ? x : y;
  if (has_kind(self, K_INSTANCE)) {
    Type *t = obj_shape(as_object(self))->type;
    if (!is_object(other) || (!swapped && obj_shape(as_object(other))->type == t)) {
      Value fv = operator_function(th, t, pc->op - (inplace ? RIR_IADD : RIR_ADD), inplace && !swapped, swapped);
      if (likely(fv != EMPTY)) {
        Function *fn = (Function *)as_object(fv);
        Code *nco = load_consume(&fn->code);
        if (likely(nco->n_plain == 2)) { /* f.__code__ may have been replaced */
          FB(FB_OTHER);
          code_see(th, co, pc, x);
          Frame *nf = push_function(th, pc->a, fn, nco, (Value[]){self, other}, 2);
          if (unlikely(!nf)) ERROR();
          nf->flags = FRAME_BINARY;
          START(nf);
        }
      }
    }
  }
  FB(classify_wide(pc, x, y));
  if (unlikely(rt_ops[pc->op](th, f, pc) < 0)) ERROR();
  NEXT();
}

/* -- Generators ------------------------------------------------------------------------------------ */

HANDLER(RETURN_GENERATOR) {
  RELOAD();
  SAVE();
  Generator *g = gen_new(th, f);
  if (unlikely(!g)) ERROR();
  LEAVE(value_object(g));
}
HANDLER(YIELD) {
  SAVE();
  return suspend(th, f, R[pc->b]);
}

/* -- Exceptions --------------------------------------------------------------------------------------- */

HANDLER(RERAISE) {
  SAVE();
  th->pending = R[pc->a];
  TAIL(interp_error_quiet);
}
HANDLER(RERAISE_CURRENT) { /* its traceback has this frame already */
  RELOAD();
  SAVE();
  Value handled = thread_handled(th);
  if (handled == EMPTY) {
    raise_runtime(th, "No active exception to reraise");
    ERROR();
  }
  th->pending = handled;
  TAIL(interp_error_quiet);
}
HANDLER(PUSH_HANDLED) {
  Value exc = R[pc->b];
  R[pc->a] = th->handled;
  th->handled = exc;
  NEXT();
}
HANDLER(POP_HANDLED) {
  th->handled = R[pc->a];
  NEXT();
}
HANDLER(END_ASYNC_FOR) {
  RELOAD();
  SAVE();
  if (rt_ops[RIR_END_ASYNC_FOR](th, f, pc) < 0) TAIL(interp_error_quiet);
  NEXT();
}

/* Is the thread being stopped by its host? Then no handler catches anything. */
static bool unwinding_for_stop(RpThread *th) { return atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_STOP; }

static const Handler *find_handler(const Code *co, uint32_t at) {
  for (uint32_t k = 0; k < co->n_handlers; k++)
    if (at >= co->handlers[k].start && at < co->handlers[k].end) return &co->handlers[k];
  return NULL;
}

/* Pops f, which th->pending leaves. True: so does it interp_run(). */
static bool leave_raising(RpThread *th, Frame *f) {
  uint8_t flags = f->flags;
  if (flags & FRAME_GENERATOR) atomic_store_explicit(&f->gen->state, GEN_FINISHED, memory_order_release);
  frame_pop_fast(th, f);
  return flags & FRAME_ENTRY;
}

/* Finds the handler of th->pending in th->frame or its callers, popping what it leaves. False: the exception leaves interp_run(). */
static bool unwind(RpThread *th, bool quiet) {
  RP_ASSERTF(th->pending != EMPTY, "%s failed without an exception", rir_ops[th->frame->pc->op].name);
  quiet |= th->reraising;
  th->reraising = false;
  for (;; quiet = false) {
    Frame *f = th->frame;
    uint32_t at = (uint32_t)(f->pc - f->code->instrs);
    bool lookup = th->lookup_failed; /* the lookup half of a CALL_METHOD */
    th->lookup_failed = false;
    if (!quiet) exc_add_traceback(th, f->code, at | (lookup ? PC_LOOKUP : 0), f->globals, f);
    const Handler *h = find_handler(f->code, at);
    if (h && !unlikely(unwinding_for_stop(th))) {
      f->regs[h->reg] = th->pending;
      th->pending = EMPTY;
      f->pc = f->code->instrs + h->handler;
      return true;
    }
    if (leave_raising(th, f)) return false;
  }
}
HANDLER(error) {
  RELOAD();
  if (!unwind(th, false)) return EMPTY;
  RESUME(th->frame);
  DISPATCH();
}
HANDLER(error_quiet) {
  RELOAD();
  if (!unwind(th, true)) return EMPTY;
  RESUME(th->frame);
  DISPATCH();
}
HANDLER(unwound) {
  RELOAD();
  if (leave_raising(th, f) || !unwind(th, false)) return EMPTY;
  RESUME(th->frame);
  DISPATCH();
}

Value code_exec(RpThread *th, Code *code, Dict *globals, Value locals) {
  Function *fn = func_new(th, code, globals);
  if (!fn) return EMPTY;
  if (!thread_check_stack(th, "")) return EMPTY;
  Frame *f = frame_push_fast(th, fn);
  if (!f) return EMPTY;
  f->flags = FRAME_ENTRY;
  f->locals = locals == EMPTY ? value_object(globals) : locals;
  return interp_run(th, f);
}
