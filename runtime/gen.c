/* gen.c: generators and coroutines: a heap object that holds the frame, resumed by running the interpreter on it. Async generators' own
** awaitables are in gen_async.c.
**
** State: CREATED -> SUSPENDED <-> RUNNING -> FINISHED. RUNNING is taken by compare-and-swap, so that two threads cannot run one generator; the loser gets
** ValueError as in CPython. While it runs, the frame is linked into the thread like any other and its registers are scanned with that thread's stack. */
#include "runtime/frame.h"
#include "runtime/exc.h"
#include "runtime/frame_fast.h"
#include "runtime/gen.h"
#include "runtime/hooks.h"
#include "runtime/interp.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/native_code.h"
#include "runtime/rt_exc.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- Making ------------------------------------------------------------- */

static const char *kind_name(const Generator *g) {
  uint32_t id = obj_shape_id(&g->hdr);
  return id == SHAPE_generator ? "generator" : id == SHAPE_coroutine ? "coroutine" : "async generator";
}

Generator *gen_new(RpThread *th, Frame *f) {
  Code *co = f->code;
  uint32_t shape = co->flags & CO_COROUTINE ? SHAPE_coroutine : co->flags & CO_ASYNC_GENERATOR ? SHAPE_async_generator : SHAPE_generator;
  Generator *g = (Generator *)heap_alloc(th, shape, K_GENERATOR, sizeof(Generator) + co->n_regs * sizeof(Value));
  if (!g) return NULL;
  g->frame = *f;
  g->frame.regs = g->regs;
  g->frame.flags = FRAME_ENTRY | FRAME_GENERATOR;
  g->frame.gen = g;
  g->frame.prev = NULL;
  g->frame.object = NULL;
  g->frame.pc = f->pc + 1;
  g->name = f->func->name;
  g->qualname = f->func->qualname;
  for (uint32_t i = 0; i < co->n_regs; i++) g->regs[i] = f->regs[i];
  heap_barrier_bulk(th, g);
  return g;
}

#define PEEK 32 /* registers copied between looks at the state */

void gen_trace_registers(Tracer *tr, Generator *g) {
  if (g->frame.code) trace_values(tr, g->regs, g->frame.code->n_regs);
}

/* As they are, though their thread may just be writing them. */
__attribute__((no_sanitize("thread"))) NOINLINE static void peek(Value *dst, const volatile Value *src, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) dst[i] = src[i];
}

/* A running one's registers are its thread's, written as plain words: what was read of them is not used. The mark bit was set before the look at the state:
** whoever leaves the generator finds that, and it is scanned again. */
static void trace_suspended(Tracer *tr, Generator *g) {
  Value some[PEEK];
  uint32_t n_regs = g->frame.code ? g->frame.code->n_regs : 0;
  for (uint32_t i = 0, n; i < n_regs; i += n) {
    n = n_regs - i < PEEK ? n_regs - i : PEEK;
    peek(some, g->regs + i, n);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&g->state) == GEN_RUNNING) return;
    for (uint32_t k = 0; k < n; k++) trace_value(tr, some[k]);
  }
}

static void gen_trace(Tracer *tr, Object *o) {
  Generator *g = (Generator *)o;
  trace_value(tr, load_consume(&g->overflow));
  trace_value(tr, load_consume(&g->name));
  trace_value(tr, load_consume(&g->qualname));
  trace_value(tr, load_consume(&g->handled));
  trace_value(tr, load_consume(&g->await_from));
  trace_value(tr, load_consume(&g->origin));
  trace_value(tr, load_consume(&g->hooks));
  trace_ref(tr, g->frame.code);
  trace_ref(tr, g->frame.func);
  trace_ref(tr, g->frame.globals);
  trace_ref(tr, g->frame.builtins);
  trace_value(tr, g->frame.locals);
  trace_ref(tr, load_consume(&g->frame.object));
  if (trace_reports(tr)) gen_trace_registers(tr, g);
  else trace_suspended(tr, g);
}

/* -- Running ---------------------------------------------------------------- */

static bool claim(RpThread *th, Generator *g, uint32_t from) {
  if (!thread_multi(th)) { /* nobody else */
    atomic_store_explicit(&g->state, GEN_RUNNING, memory_order_relaxed);
  } else if (!atomic_compare_exchange_strong_explicit(&g->state, &from, GEN_RUNNING, memory_order_acquire, memory_order_relaxed)) {
    return false;
  }
  atomic_thread_fence(memory_order_release); /* a marker that reads a register written from now on finds it running */
  return true;
}

static bool gen_busy(uint32_t state) { return state == GEN_RUNNING || state == GEN_YIELDED; }

/* Registers of a finished generator hold nothing alive. */
static void finish(Generator *g) {
  uint32_t n = g->frame.code->n_regs;
  for (uint32_t i = 0; i < n; i++) store_relaxed(&g->regs[i], EMPTY);
  atomic_store_explicit(&g->state, GEN_FINISHED, memory_order_release);
}

/* PEP 479, and its cousins for coroutines and async generators. */
static void fix_stop_iteration(RpThread *th, Generator *g) {
  bool async_gen = obj_shape_id(&g->hdr) == SHAPE_async_generator;
  const char *what = NULL;
  if (error_is(th, &type_StopIteration)) what = "StopIteration";
  else if (async_gen && error_is(th, &type_StopAsyncIteration)) what = "StopAsyncIteration";
  if (what) raise_from_pending(th, &type_RuntimeError, "%s raised %s", kind_name(g), what);
}

COLD static void report_hot(RpThread *th, Code *co) {
  if (rt_hooks.code_hot) rt_hooks.code_hot(th, co, 0);
}

/* Goes on at f->pc, which is the innermost frame: in native code if there is some, else interpreted. Result as interp_run()'s. */
static Value run_frame(RpThread *th, Generator *g, Frame *f) {
  Code *co = f->code;
  NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
  NativeEntry resume = nc ? atomic_load_explicit(&nc->resume, memory_order_acquire) : NULL;
  if (!resume && hot_count(th, &co->hot)) report_hot(th, co);
  if (!resume || th->pending != EMPTY) return interp_run(th, f);
  NativeStatus s = resume(th, f);
  if (likely(s == NATIVE_YIELD)) {
    th->frame = f->prev;
    atomic_store_explicit(&g->state, GEN_YIELDED, memory_order_release); /* from here on markers look into it */
    return th->native_result;
  }
  if (s == NATIVE_RETURN) {
    frame_pop_fast(th, f);
    return th->native_result;
  }
  return interp_run(th, th->frame);
}

/* Nothing has run, but a marker that looked meanwhile took it for running. */
static void unclaim(RpThread *th, Generator *g, uint32_t state) {
  atomic_store(&g->state, GEN_YIELDED);
  heap_barrier_bulk(th, g);
  atomic_store_explicit(&g->state, state, memory_order_release);
}

/* Runs a claimed generator. Result: a yielded value; or EMPTY, with pending set by an exception, or nothing pending and *returned set. */
static Value run(RpThread *th, Generator *g, Value *returned) {
  *returned = EMPTY;
  Frame *f = &g->frame;
  if (!thread_check_stack(th, "")) {
    unclaim(th, g, GEN_SUSPENDED);
    return EMPTY;
  }
  HandledLink link = {th->handled, th->handled_outer};
  th->handled_outer = &link;
  th->handled = g->handled;
  f->prev = th->frame;
  th->frame = f;
  if (unlikely(++th->depth > (uint32_t)th->recursion_limit && th->pending == EMPTY))
    raise_error(th, &type_RecursionError, "maximum recursion depth exceeded");
  Value v = run_frame(th, g, f);
  th->depth--;
  store_relaxed(&g->handled, th->handled); /* a marker may be looking */
  th->handled = link.handled;
  th->handled_outer = link.outer;
  f->prev = NULL;
  if (likely(atomic_load_explicit(&g->state, memory_order_relaxed) == GEN_YIELDED)) {
    heap_barrier_bulk(th, g); /* its registers were written like those of any frame */
    atomic_store_explicit(&g->state, GEN_SUSPENDED, memory_order_release); /* from here on another thread may resume it */
    return v;
  }
  finish(g);
  if (v != EMPTY) {
    *returned = v;
    return EMPTY;
  }
  fix_stop_iteration(th, g);
  return EMPTY;
}

COLD static Value raise_running(RpThread *th, Generator *g) {
  if (obj_shape_id(&g->hdr) == SHAPE_async_generator) return raise_value(th, "async generator already executing");
  return raise_value(th, "%s already executing", kind_name(g));
}

/* What an exhausted generator answers: nothing pending for plain next, so the callers decide. */
static Value exhausted(RpThread *th, Generator *g) {
  if (obj_shape_id(&g->hdr) == SHAPE_coroutine) return raise_runtime(th, "cannot reuse already awaited coroutine");
  return EMPTY;
}

Value gen_resume(RpThread *th, Generator *g, Value v, Value *returned) {
  *returned = EMPTY;
  uint32_t state = atomic_load_explicit(&g->state, memory_order_acquire);
  if (state == GEN_FINISHED) {
    Value r = exhausted(th, g);
    if (r == EMPTY && th->pending == EMPTY) *returned = NONE;
    return r;
  }
  if (gen_busy(state) || !claim(th, g, state)) return raise_running(th, g);
  if (state == GEN_CREATED) {
    if (v != NONE) {
      unclaim(th, g, GEN_CREATED);
      return raise_type(th, "can't send non-None value to a just-started %s", kind_name(g));
    }
  } else {
    const Instr *y = g->frame.pc; /* the YIELD it stands at */
    obj_store(th, g, &g->regs[y->a], v);
    g->frame.pc = y + 1;
  }
  return run(th, g, returned);
}

Value gen_send(RpThread *th, Generator *g, Value v) {
  Value returned;
  Value r = gen_resume(th, g, v, &returned);
  if (r == EMPTY && returned != EMPTY) return raise_stop_iteration(th, returned);
  return r;
}

Value gen_next(RpThread *th, Value v) {
  Value returned;
  Generator *g = (Generator *)as_object(v);
  Value r = gen_resume(th, g, NONE, &returned);
  if (r == EMPTY && returned != EMPTY && returned != NONE) return raise_stop_iteration(th, returned);
  return r;
}

Value gen_throw_resume(RpThread *th, Generator *g, Value exc, Value *returned) {
  *returned = EMPTY;
  uint32_t state = atomic_load_explicit(&g->state, memory_order_acquire);
  if (state == GEN_FINISHED) {
    if (exhausted(th, g) == EMPTY && th->pending != EMPTY) return EMPTY;
    th->pending = exc;
    return EMPTY;
  }
  if (gen_busy(state) || !claim(th, g, state)) return raise_running(th, g);
  if (state == GEN_CREATED) {
    /* Raised at the def line, nothing of the body runs. */
    th->pending = exc;
    exc_add_traceback(th, g->frame.code, 0, g->frame.globals, NULL);
    finish(g);
    return EMPTY;
  }
  th->pending = exc;
  return run(th, g, returned);
}

Value gen_throw(RpThread *th, Generator *g, Value exc) {
  Value returned;
  Value r = gen_throw_resume(th, g, exc, &returned);
  if (r == EMPTY && returned != EMPTY) return raise_stop_iteration(th, returned);
  return r;
}

Value gen_close(RpThread *th, Generator *g) {
  uint32_t state = atomic_load_explicit(&g->state, memory_order_acquire);
  if (state == GEN_FINISHED) return NONE;
  if (state == GEN_CREATED && claim(th, g, state)) {
    finish(g);
    return NONE;
  }
  Value exit = exc_new(th, &type_GeneratorExit, EMPTY), returned;
  if (exit == EMPTY) return EMPTY;
  Value r = gen_throw_resume(th, g, exit, &returned);
  if (r != EMPTY) return raise_runtime(th, "%s ignored GeneratorExit", kind_name(g));
  if (returned != EMPTY) return NONE;
  if (error_is(th, &type_GeneratorExit) || error_is(th, &type_StopIteration)) {
    error_clear(th);
    return NONE;
  }
  return EMPTY;
}

/* -- Script-facing ------------------------------------------------------------ */

static Generator *self_gen(const Value *a) { return (Generator *)as_object(a[0]); }

static Value m_send(RpThread *th, const Value *a) { return gen_send(th, self_gen(a), a[1]); }
static Value m_close(RpThread *th, const Value *a) { return gen_close(th, self_gen(a)); }

Value gen_throw_args(RpThread *th, Value type, Value value, Value tb) {
  if (tb != EMPTY && tb != NONE && !has_kind(tb, K_TRACEBACK)) return raise_type(th, "throw() third argument must be a traceback object");
  Value exc = type;
  if (exc_check(type)) {
    if (value != EMPTY && value != NONE) return raise_type(th, "instance exception may not have a separate value");
  } else if (has_kind(type, K_TYPE) && type_is_subtype((Type *)as_object(type), &type_BaseException)) {
    if (value != EMPTY && exc_check(value)) exc = value;
    else if (value == EMPTY || value == NONE) exc = op_call0(th, type);
    else if (tuple_check(value)) exc = op_call(th, type, as_tuple(value)->items, (int)as_tuple(value)->length, NULL);
    else exc = op_call1(th, type, value);
    if (exc == EMPTY) return EMPTY;
    if (!exc_check(exc)) return raise_type(th, "calling %V should have returned an instance of BaseException, not %T", type, exc);
  } else {
    return raise_type(th, "exceptions must be classes or instances deriving from BaseException, not %T", type);
  }
  if (tb != EMPTY && tb != NONE) obj_store(th, as_object(exc), &((Exception *)as_object(exc))->traceback, tb);
  return exc;
}

static Value m_throw(RpThread *th, const Value *a) {
  Value exc = gen_throw_args(th, a[1], a[2], a[3]);
  return exc == EMPTY ? EMPTY : gen_throw(th, self_gen(a), exc);
}

static Value gen_repr(RpThread *th, Value self) {
  Generator *g = (Generator *)as_object(self);
  const char *kind = obj_shape_id(&g->hdr) == SHAPE_async_generator ? "async_generator" : kind_name(g);
  Str *s = str_fmt(th, "<%s object %S at 0x%lx>", kind, as_str(g->qualname), (unsigned long)self);
  return s ? value_object(s) : EMPTY;
}

/* The slot: loops want no StopIteration, whatever was returned. */
static Value gen_iternext(RpThread *th, Value self) {
  Value returned;
  return gen_resume(th, (Generator *)as_object(self), NONE, &returned);
}

static Value identity_iter(RpThread *th, Value self) { return self; }

static Value get_frame(RpThread *th, Value self) {
  Generator *g = (Generator *)as_object(self);
  if (atomic_load(&g->state) == GEN_FINISHED) return NONE;
  FrameObject *fo = frame_object(th, &g->frame);
  return fo ? value_object(fo) : EMPTY;
}
static Value get_running(RpThread *th, Value self) { return value_bool(atomic_load(&((Generator *)as_object(self))->state) == GEN_RUNNING); }
static Value get_suspended(RpThread *th, Value self) {
  return value_bool(atomic_load(&((Generator *)as_object(self))->state) == GEN_SUSPENDED);
}
static Value get_code(RpThread *th, Value self) { return value_object(((Generator *)as_object(self))->frame.code); }
static Value get_name(RpThread *th, Value self) { return ((Generator *)as_object(self))->name; }
static Value get_qualname(RpThread *th, Value self) { return ((Generator *)as_object(self))->qualname; }
static int set_str_field(RpThread *th, Value self, Value *field, Value v, const char *what) {
  if (v == EMPTY || !str_check(v)) {
    raise_type(th, "%s must be set to a string object", what);
    return -1;
  }
  obj_store(th, as_object(self), field, v);
  return 0;
}
static int set_name(RpThread *th, Value self, Value v) {
  return set_str_field(th, self, &((Generator *)as_object(self))->name, v, "__name__");
}
static int set_qualname(RpThread *th, Value self, Value v) {
  return set_str_field(th, self, &((Generator *)as_object(self))->qualname, v, "__qualname__");
}

/* What a suspended frame is delegating to: the sub-iterator of the SEND loop around its YIELD. */
static Value get_yield_from(RpThread *th, Value self) {
  Generator *g = (Generator *)as_object(self);
  if (atomic_load(&g->state) != GEN_SUSPENDED) return NONE;
  const Code *co = g->frame.code;
  /* A delegating YIELD is followed by a jump back to its SEND, or preceded by it. */
  for (const Instr *i = g->frame.pc; i > co->instrs && i > g->frame.pc - 3; i--)
    if (i[-1].op == RIR_SEND && (i == g->frame.pc || i[0].op == RIR_MOVE)) return g->regs[i[-1].b];
  return NONE;
}
static Value get_origin(RpThread *th, Value self) {
  Value v = ((Generator *)as_object(self))->origin;
  return v == EMPTY ? NONE : v;
}

/* A coroutine's __await__: an iterator that forwards to it. */
static Value coroutine_await(RpThread *th, Value self) {
  Iter *w = iter_new(th, SHAPE_coroutine_wrapper, self);
  return w ? value_object(w) : EMPTY;
}
static Generator *wrapped(const Value *a) { return (Generator *)as_object(((Iter *)as_object(a[0]))->seq); }
static Value w_send(RpThread *th, const Value *a) { return gen_send(th, wrapped(a), a[1]); }
static Value w_close(RpThread *th, const Value *a) { return gen_close(th, wrapped(a)); }
static Value w_throw(RpThread *th, const Value *a) {
  Value exc = gen_throw_args(th, a[1], a[2], a[3]);
  return exc == EMPTY ? EMPTY : gen_throw(th, wrapped(a), exc);
}
static Value w_next(RpThread *th, Value self) { return gen_next(th, ((Iter *)as_object(self))->seq); }
static void w_trace(Tracer *tr, Object *o) { trace_value(tr, ((Iter *)o)->seq); }

#define GEN_METHODS                                                                                                      \
  {"send", m_send, "(self, value, /)", 0, "Resume with a value; return the next yielded value or raise StopIteration."}, \
      {"throw", m_throw, "(self, type, value=None, traceback=None, /)", 0, "Raise an exception at the point of suspension."}, \
      {"close", m_close, "(self)", 0, "Raise GeneratorExit inside."},

static const NativeDef gen_methods[] = {GEN_METHODS{"__class_getitem__", generic_alias_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, NULL}, {0}};
static const NativeDef coro_methods[] = {GEN_METHODS{"__class_getitem__", generic_alias_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, NULL}, {0}};
static const NativeDef wrapper_methods[] = {
    {"send", w_send, "(self, value, /)", 0, NULL},
    {"throw", w_throw, "(self, type, value=None, traceback=None, /)", 0, NULL},
    {"close", w_close, "(self)", 0, NULL},
    {0},
};
#define NAME_GETSETS                                                                                  \
  {"__name__", get_name, set_name, "name"}, {"__qualname__", get_qualname, set_qualname, "qualified name"},
static const GetSetDef gen_getsets[] = {
    NAME_GETSETS{"gi_frame", get_frame, NULL, NULL}, {"gi_running", get_running, NULL, NULL}, {"gi_suspended", get_suspended, NULL, NULL},
    {"gi_code", get_code, NULL, NULL},  {"gi_yieldfrom", get_yield_from, NULL, "the iterator being delegated to, or None"}, {0},
};
static const GetSetDef coro_getsets[] = {
    NAME_GETSETS{"cr_frame", get_frame, NULL, NULL}, {"cr_running", get_running, NULL, NULL}, {"cr_suspended", get_suspended, NULL, NULL},
    {"cr_code", get_code, NULL, NULL}, {"cr_await", get_yield_from, NULL, NULL}, {"cr_origin", get_origin, NULL, NULL}, {0},
};

const TypeSpec spec_generator = {
    .size = sizeof(Generator),
    .flags = TYPE_HAS_WEAKREF,
    .slots = {.trace = gen_trace, .repr = gen_repr, .iter = identity_iter, .next = gen_iternext},
    .methods = gen_methods,
    .getsets = gen_getsets,
};
const TypeSpec spec_coroutine = {
    .size = sizeof(Generator),
    .flags = TYPE_HAS_WEAKREF,
    .slots = {.trace = gen_trace, .repr = gen_repr, .await_ = coroutine_await},
    .methods = coro_methods,
    .getsets = coro_getsets,
};
const TypeSpec spec_coroutine_wrapper = {
    .size = sizeof(Iter),
    .slots = {.trace = w_trace, .iter = identity_iter, .next = w_next},
    .methods = wrapper_methods,
};
/* Shared with async generators (gen_async.c). */
void gen_trace_fn(Tracer *tr, Object *o) { gen_trace(tr, o); }
Value gen_repr_fn(RpThread *th, Value self) { return gen_repr(th, self); }
