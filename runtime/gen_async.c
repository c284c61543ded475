/* gen_async.c: async generators: __anext__/asend/athrow/aclose return awaitables that drive the generator frame (PEP 525).
**
** A value the generator yields to its consumer is wrapped (ASYNC_GEN_WRAP) in an internal Array cell, so that it can be told from values that an awaited
** thing inside passes up to the event loop. The awaitable turns a wrapped value into StopIteration(value), the end into StopAsyncIteration. */
#include "runtime/exc.h"
#include "runtime/func.h"
#include "runtime/gen.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/rt_exc.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

typedef enum AwaitState { AW_INIT, AW_ITER, AW_CLOSED } AwaitState;

/* The awaitables are Iters: seq generator, index AwaitState, extra the value to send or, for athrow, the argument tuple (EMPTY: aclose). */
static Iter *as_iter(Value v) { return (Iter *)as_object(v); }
static Generator *gen_of(Iter *w) { return (Generator *)as_object(w->seq); }

Value rt_async_gen_wrap(RpThread *th, Value v) {
  Array *a = heap_alloc_array(th, 1);
  if (!a) return EMPTY;
  a->items[0] = v;
  a->length = 1;
  return value_object(a);
}

/* First iteration runs sys.set_asyncgen_hooks' firstiter. */
static int init_hooks(RpThread *th, Generator *g) {
  if (g->hooks != EMPTY) return 0;
  g->hooks = NONE;
  if (th->async_hooks == EMPTY) return 0;
  Value firstiter = as_tuple(th->async_hooks)->items[0];
  if (firstiter == NONE) return 0;
  return op_call1(th, firstiter, value_object(g)) == EMPTY ? -1 : 0;
}

static Value raise_stop_async(RpThread *th) {
  Value e = exc_new(th, &type_StopAsyncIteration, EMPTY);
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}

/* What a step of the frame means to the consumer's await. */
static Value deliver(RpThread *th, Iter *w, Value r, Value returned) {
  Generator *g = gen_of(w);
  if (has_kind(r, K_ARRAY)) {
    g->running_async = false;
    w->index = AW_CLOSED;
    return raise_stop_iteration(th, ((Array *)as_object(r))->items[0]);
  }
  if (r != EMPTY) return r; /* on its way to the event loop */
  g->running_async = false;
  w->index = AW_CLOSED;
  if (returned != EMPTY) {
    g->closed = true;
    return raise_stop_async(th);
  }
  if (error_is(th, &type_StopAsyncIteration) || error_is(th, &type_GeneratorExit)) g->closed = true;
  return EMPTY;
}

/* -- asend / anext ---------------------------------------------------------- */

static Value asend_send(RpThread *th, Iter *w, Value arg) {
  Generator *g = gen_of(w);
  if (w->index == AW_CLOSED) return raise_runtime(th, "cannot reuse already awaited __anext__()/asend()");
  if (w->index == AW_INIT) {
    if (g->running_async) {
      w->index = AW_CLOSED;
      return raise_runtime(th, "anext(): asynchronous generator is already running");
    }
    if (arg == NONE) arg = w->extra;
    w->index = AW_ITER;
  }
  g->running_async = true;
  Value returned, r = gen_resume(th, g, arg, &returned);
  return deliver(th, w, r, returned);
}

static Value asend_throw(RpThread *th, Iter *w, Value exc) {
  if (w->index == AW_CLOSED) return raise_runtime(th, "cannot reuse already awaited __anext__()/asend()");
  Value returned, r = gen_throw_resume(th, gen_of(w), exc, &returned);
  return deliver(th, w, r, returned);
}

/* -- athrow / aclose ----------------------------------------------------------- */

static Value ignored_exit(RpThread *th, Iter *w) {
  gen_of(w)->running_async = false;
  w->index = AW_CLOSED;
  return raise_runtime(th, "async generator ignored GeneratorExit");
}

/* A step of aclose(): any end is a normal end. */
static Value aclose_step(RpThread *th, Iter *w, Value r, Value returned) {
  if (has_kind(r, K_ARRAY)) return ignored_exit(th, w);
  if (r != EMPTY) return r;
  gen_of(w)->running_async = false;
  w->index = AW_CLOSED;
  if (returned != EMPTY || error_is(th, &type_StopAsyncIteration) || error_is(th, &type_GeneratorExit)) {
    gen_of(w)->closed = true;
    error_clear(th);
    return raise_stop_iteration(th, NONE);
  }
  return EMPTY;
}

static Value athrow_send(RpThread *th, Iter *w, Value arg) {
  Generator *g = gen_of(w);
  Value returned, r;
  if (w->index == AW_CLOSED) return raise_runtime(th, "cannot reuse already awaited aclose()/athrow()");
  bool closing = w->extra == EMPTY;
  if (w->index == AW_INIT) {
    if (g->running_async) {
      w->index = AW_CLOSED;
      return raise_runtime(th, closing ? "aclose(): asynchronous generator is already running" : "athrow(): asynchronous generator is already running");
    }
    if (g->closed || atomic_load(&g->state) == GEN_FINISHED) {
      w->index = AW_CLOSED;
      if (closing) return raise_stop_iteration(th, NONE);
      return raise_stop_async(th);
    }
    if (arg != NONE) return raise_runtime(th, "can't send non-None value to a just-started coroutine");
    w->index = AW_ITER;
    g->running_async = true;
    Value exc;
    if (closing) {
      g->closed = true;
      exc = exc_new(th, &type_GeneratorExit, EMPTY);
    } else {
      Tuple *t = as_tuple(w->extra);
      exc = gen_throw_args(th, t->items[0], t->items[1], t->items[2]);
    }
    if (exc == EMPTY) return EMPTY;
    r = gen_throw_resume(th, g, exc, &returned);
  } else {
    r = gen_resume(th, g, arg, &returned);
  }
  return closing ? aclose_step(th, w, r, returned) : deliver(th, w, r, returned);
}

static Value athrow_throw(RpThread *th, Iter *w, Value exc) {
  if (w->index == AW_CLOSED) return raise_runtime(th, "cannot reuse already awaited aclose()/athrow()");
  Value returned, r = gen_throw_resume(th, gen_of(w), exc, &returned);
  return w->extra == EMPTY ? aclose_step(th, w, r, returned) : deliver(th, w, r, returned);
}

/* -- Script-facing ------------------------------------------------------------------ */

static bool is_asend(const Iter *w) { return obj_shape_id(&w->hdr) == SHAPE_async_generator_asend; }
static Value aw_send_value(RpThread *th, Iter *w, Value v) { return is_asend(w) ? asend_send(th, w, v) : athrow_send(th, w, v); }
static Value aw_next(RpThread *th, Value self) { return aw_send_value(th, as_iter(self), NONE); }
static Value aw_send(RpThread *th, const Value *a) { return aw_send_value(th, as_iter(a[0]), a[1]); }
static Value aw_throw(RpThread *th, const Value *a) {
  Value exc = gen_throw_args(th, a[1], a[2], a[3]);
  if (exc == EMPTY) return EMPTY;
  return is_asend(as_iter(a[0])) ? asend_throw(th, as_iter(a[0]), exc) : athrow_throw(th, as_iter(a[0]), exc);
}
static Value aw_close(RpThread *th, const Value *a) {
  as_iter(a[0])->index = AW_CLOSED;
  return NONE;
}
static Value self_iter(RpThread *th, Value self) { return self; }
static void aw_trace(Tracer *tr, Object *o) {
  trace_value(tr, load_consume(&((Iter *)o)->seq));
  trace_value(tr, load_consume(&((Iter *)o)->extra));
}

static Value make(RpThread *th, uint32_t shape, Value gen, Value extra) {
  if (init_hooks(th, (Generator *)as_object(gen)) < 0) return EMPTY;
  Iter *w = iter_new(th, shape, gen);
  if (!w) return EMPTY;
  w->index = AW_INIT;
  if (extra != EMPTY) obj_store(th, w, &w->extra, extra);
  return value_object(w);
}
static Value ag_anext(RpThread *th, Value self) { return make(th, SHAPE_async_generator_asend, self, NONE); }
static Value ag_asend(RpThread *th, const Value *a) { return make(th, SHAPE_async_generator_asend, a[0], a[1]); }
static Value ag_athrow(RpThread *th, const Value *a) {
  Tuple *t = tuple_of(th, 3, a[1], a[2] == EMPTY ? NONE : a[2], a[3] == EMPTY ? NONE : a[3]);
  return t ? make(th, SHAPE_async_generator_athrow, a[0], value_object(t)) : EMPTY;
}
static Value ag_aclose(RpThread *th, const Value *a) { return make(th, SHAPE_async_generator_athrow, a[0], EMPTY); }

static Generator *as_gen(Value v) { return (Generator *)as_object(v); }
static Value ag_frame(RpThread *th, Value self) {
  if (atomic_load(&as_gen(self)->state) == GEN_FINISHED) return NONE;
  FrameObject *fo = frame_object(th, &as_gen(self)->frame);
  return fo ? value_object(fo) : EMPTY;
}
static Value ag_running(RpThread *th, Value self) { return value_bool(as_gen(self)->running_async); }
static Value ag_code(RpThread *th, Value self) { return value_object(as_gen(self)->frame.code); }
static Value ag_name(RpThread *th, Value self) { return as_gen(self)->name; }
static Value ag_qualname(RpThread *th, Value self) { return as_gen(self)->qualname; }

static const NativeDef ag_methods[] = {
    {"asend", ag_asend, "(self, value, /)", 0, NULL},
    {"athrow", ag_athrow, "(self, type, value=None, traceback=None, /)", 0, NULL},
    {"aclose", ag_aclose, "(self)", 0, NULL},
    {"__class_getitem__", generic_alias_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, NULL},
    {0},
};
static const GetSetDef ag_getsets[] = {
    {"__name__", ag_name, NULL, NULL}, {"__qualname__", ag_qualname, NULL, NULL}, {"ag_frame", ag_frame, NULL, NULL},
    {"ag_running", ag_running, NULL, NULL}, {"ag_code", ag_code, NULL, NULL}, {0},
};
static const NativeDef aw_methods[] = {
    {"send", aw_send, "(self, value, /)", 0, NULL},
    {"throw", aw_throw, "(self, type, value=None, traceback=None, /)", 0, NULL},
    {"close", aw_close, "(self)", 0, NULL},
    {0},
};

const TypeSpec spec_async_generator = {
    .size = sizeof(Generator),
    .flags = TYPE_HAS_WEAKREF,
    .slots = {.trace = gen_trace_fn, .repr = gen_repr_fn, .aiter = self_iter, .anext = ag_anext},
    .methods = ag_methods,
    .getsets = ag_getsets,
};
const TypeSpec spec_async_generator_asend = {
    .size = sizeof(Iter),
    .slots = {.trace = aw_trace, .iter = self_iter, .next = aw_next, .await_ = self_iter},
    .methods = aw_methods,
};
const TypeSpec spec_async_generator_athrow = {
    .size = sizeof(Iter),
    .slots = {.trace = aw_trace, .iter = self_iter, .next = aw_next, .await_ = self_iter},
    .methods = aw_methods,
};
