/* rt_exc.c: raise, except matching, exception groups, with, and delegation to other iterators (yield from, await). */
#include "runtime/rt_exc.h"
#include "runtime/exc.h"
#include "runtime/func.h"
#include "runtime/gen.h"
#include "runtime/iter.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/rt_ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- raise ------------------------------------------------------------------ */

static bool is_exc_class(Value v) { return has_kind(v, K_TYPE) && type_is_subtype((Type *)as_object(v), &type_BaseException); }

/* Class or instance to an instance; EMPTY + pending. `what` is CPython's message for anything else. */
static Value instantiate(RpThread *th, Value v, const char *what) {
  if (exc_check(v)) return v;
  if (!is_exc_class(v)) return raise_type(th, "%s", what);
  Value e = op_call0(th, v);
  if (e != EMPTY && !exc_check(e))
    return raise_type(th, "calling %V should have returned an instance of BaseException, not %V", v, value_object(type_of(e)));
  return e;
}

void rt_raise(RpThread *th, Value exc, Value cause) {
  Value e = instantiate(th, exc, "exceptions must derive from BaseException");
  if (e == EMPTY) return;
  if (cause != EMPTY) {
    Value c = NONE;
    if (cause != NONE && (c = instantiate(th, cause, "exception causes must derive from BaseException")) == EMPTY) return;
    Exception *x = (Exception *)as_object(e);
    obj_store(th, x, &x->cause, c == NONE ? EMPTY : c);
    x->suppress_context = true;
  }
  raise_value_object(th, e);
}

/* -- except -------------------------------------------------------------------- */

static int check_classes(RpThread *th, Value cls) {
  if (is_exc_class(cls)) return 0;
  if (tuple_check(cls)) {
    Tuple *t = as_tuple(cls);
    uint64_t i = 0;
    while (i < t->length && is_exc_class(t->items[i])) i++;
    if (i == t->length) return 0;
  }
  raise_type(th, "catching classes that do not inherit from BaseException is not allowed");
  return -1;
}

int rt_exc_match(RpThread *th, Value exc, Value cls) {
  if (check_classes(th, cls) < 0) return -1;
  if (!tuple_check(cls)) return value_is_instance(exc, (Type *)as_object(cls));
  Tuple *t = as_tuple(cls);
  for (uint64_t i = 0; i < t->length; i++)
    if (value_is_instance(exc, (Type *)as_object(t->items[i]))) return 1;
  return 0;
}

/* -- except* -------------------------------------------------------------------- */

static int check_star_classes(RpThread *th, Value cls) {
  if (check_classes(th, cls) < 0) return -1;
  uint64_t n = tuple_check(cls) ? as_tuple(cls)->length : 1;
  for (uint64_t i = 0; i < n; i++) {
    Value c = tuple_check(cls) ? as_tuple(cls)->items[i] : cls;
    if (type_is_subtype((Type *)as_object(c), &type_BaseExceptionGroup)) {
      raise_type(th, "catching ExceptionGroup with except* is not allowed. Use except instead.");
      return -1;
    }
  }
  return 0;
}

int rt_exc_group_match(RpThread *th, Value exc, Value cls, Value *match, Value *rest) {
  *match = NONE;
  *rest = exc;
  if (exc == NONE) return 0;
  if (check_star_classes(th, cls) < 0) return -1;
  int m = rt_exc_match(th, exc, cls);
  if (m < 0) return -1;
  bool group = value_is_instance(exc, &type_BaseExceptionGroup);
  if (m) {
    *rest = NONE;
    if (group) {
      *match = exc;
      return 0;
    }
    /* A naked exception is wrapped, as if it had been raised in a group. */
    Tuple *one = tuple_of(th, 1, exc);
    if (!one) return -1;
    Value g = op_call2(th, value_object(&type_BaseExceptionGroup), value_object(str_empty_), value_object(one));
    if (g == EMPTY) return -1;
    *match = g;
    return 0;
  }
  if (!group) return 0;
  Value pair = op_call_method(th, exc, S(split), &cls, 1);
  if (pair == EMPTY) return -1;
  if (!tuple_check(pair) || as_tuple(pair)->length < 2) {
    raise_type(th, "%T.split must return a tuple, not %T", exc, pair);
    return -1;
  }
  *match = as_tuple(pair)->items[0];
  *rest = as_tuple(pair)->items[1];
  return 0;
}

/* Leaf exceptions by identity: what was re-raised unchanged goes back into the original group's structure (PEP 654). */
static bool same_metadata(Value a, Value b) {
  Exception *x = (Exception *)as_object(a), *y = (Exception *)as_object(b);
  return x->traceback == y->traceback && x->cause == y->cause && x->context == y->context;
}

static int collect_leaves(RpThread *th, Value exc, List *out) {
  if (!thread_check_stack(th, " in exception group")) return -1;
  if (!value_is_instance(exc, &type_BaseExceptionGroup)) return list_append(th, out, exc);
  Value inner = op_getattr(th, exc, S(exceptions));
  if (inner == EMPTY) return -1;
  Tuple *t = as_tuple(inner);
  for (uint64_t i = 0; i < t->length; i++)
    if (collect_leaves(th, t->items[i], out) < 0) return -1;
  return 0;
}

/* The part of group `orig` whose leaves are in `keep` (by identity): via its own derive(). NONE if nothing. */
static Value project(RpThread *th, Value orig, List *keep) {
  if (!thread_check_stack(th, " in exception group")) return EMPTY;
  if (!value_is_instance(orig, &type_BaseExceptionGroup)) {
    Array *a = list_array(keep);
    for (uint32_t i = 0; i < a->length; i++)
      if (a->items[i] == orig) return orig;
    return NONE;
  }
  Value inner = op_getattr(th, orig, S(exceptions));
  if (inner == EMPTY) return EMPTY;
  List *parts = list_new(th, 0);
  if (!parts) return EMPTY;
  Tuple *t = as_tuple(inner);
  for (uint64_t i = 0; i < t->length; i++) {
    Value p = project(th, t->items[i], keep);
    if (p == EMPTY || (p != NONE && list_append(th, parts, p) < 0)) return EMPTY;
  }
  if (list_len(parts) == 0) return NONE;
  Value list = value_object(parts);
  Value g = op_call_method(th, orig, S(derive), &list, 1);
  if (g == EMPTY) return EMPTY;
  Exception *from = (Exception *)as_object(orig), *to = (Exception *)as_object(g);
  obj_store(th, to, &to->traceback, from->traceback);
  obj_store(th, to, &to->cause, from->cause);
  obj_store(th, to, &to->context, from->context);
  to->suppress_context = from->suppress_context;
  Value notes = op_getattr_opt(th, orig, S(__notes__));
  if (notes == EMPTY) error_clear(th);
  else if (op_setattr(th, g, S(__notes__), notes) < 0) return EMPTY;
  return g;
}

Value rt_exc_group_merge(RpThread *th, Value orig, List *excs) {
  if (list_len(excs) == 0) return NONE;
  if (!value_is_instance(orig, &type_BaseExceptionGroup)) return list_get(th, excs, 0);
  List *raised = list_new(th, 0), *reraised = list_new(th, 0);
  if (!raised || !reraised) return EMPTY;
  for (uint32_t i = 0; i < list_len(excs); i++) {
    Value e = list_array(excs)->items[i];
    if (e == NONE) continue;
    if (same_metadata(e, orig)) {
      if (collect_leaves(th, e, reraised) < 0) return EMPTY;
    } else if (list_append(th, raised, e) < 0) return EMPTY;
  }
  Value back = NONE;
  if (list_len(reraised) && (back = project(th, orig, reraised)) == EMPTY) return EMPTY;
  if (list_len(raised) == 0) return back;
  if (back != NONE && list_append(th, raised, back) < 0) return EMPTY;
  if (list_len(raised) == 1) return list_get(th, raised, 0);
  return op_call2(th, value_object(&type_BaseExceptionGroup), value_object(str_empty_), value_object(raised));
}

/* -- with ---------------------------------------------------------------------------- */

static int no_protocol(RpThread *th, Value mgr, bool async, bool missed_exit) {
  if (th->pending != EMPTY) return -1;
  const char *proto = async ? "asynchronous context manager" : "context manager";
  if (missed_exit) raise_type(th, "'%T' object does not support the %s protocol (missed %s method)", mgr, proto, async ? "__aexit__" : "__exit__");
  else raise_type(th, "'%T' object does not support the %s protocol", mgr, proto);
  return -1;
}

int rt_with_enter(RpThread *th, Value mgr, bool async, Value *result, Value *exit) {
  Value enter = op_lookup_special(th, mgr, async ? S(__aenter__) : S(__enter__));
  if (enter == EMPTY) return no_protocol(th, mgr, async, false);
  Value ex = op_lookup_special(th, mgr, async ? S(__aexit__) : S(__exit__));
  if (ex == EMPTY) return no_protocol(th, mgr, async, true);
  Value r = op_call0(th, enter);
  if (r == EMPTY) return -1;
  *result = r;
  *exit = ex;
  return 0;
}

Value rt_with_exit(RpThread *th, Value exit, Value exc) {
  if (exc == EMPTY) return op_call3(th, exit, NONE, NONE, NONE);
  Value tb = ((Exception *)as_object(exc))->traceback;
  return op_call3(th, exit, value_object(type_of(exc)), exc, tb == EMPTY ? NONE : tb);
}

/* -- yield from, await ------------------------------------------------------------------- */

static bool is_coroutine(Value v) {
  return has_shape(v, SHAPE_coroutine) ||
         (has_shape(v, SHAPE_generator) && (((Generator *)as_object(v))->frame.code->flags & CO_ITERABLE_COROUTINE));
}

Value rt_yield_from_iter(RpThread *th, Code *code, Value v) {
  if (is_coroutine(v)) {
    if (code->flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) return v;
    return raise_type(th, "cannot 'yield from' a coroutine object in a non-coroutine generator");
  }
  if (has_shape(v, SHAPE_generator)) return v;
  return op_iter(th, v);
}

/* The value of the StopIteration that is pending: it ends the delegation. */
static int stop_value(RpThread *th, Value *out) {
  if (th->pending == EMPTY) {
    *out = NONE;
    return RT_JUMP;
  }
  if (!error_is(th, &type_StopIteration)) return RT_RAISE;
  Value e = error_take(th);
  Value v = ((Exception *)as_object(e))->fields[0];
  *out = v == EMPTY ? NONE : v;
  return RT_JUMP;
}

int rt_send(RpThread *th, Value it, Value v, Value *out) {
  Value r;
  if (has_kind(it, K_GENERATOR) && obj_shape_id(as_object(it)) != SHAPE_async_generator) {
    Value returned;
    r = gen_resume(th, (Generator *)as_object(it), v, &returned);
    if (r == EMPTY && returned != EMPTY) {
      *out = returned;
      return RT_JUMP;
    }
    if (r == EMPTY) return RT_RAISE;
  } else if (v == NONE) {
    UnaryFn next = type_of(it)->slots.next;
    if (!next) {
      raise_type(th, "'%T' object is not an iterator", it);
      return RT_RAISE;
    }
    /* a Python __next__ may give its StopIteration a value, which the slot drops */
    r = type_of(it)->flags & TYPE_HEAP ? op_call_method(th, it, SLOT_NAME(__next__), NULL, 0) : next(th, it);
  } else {
    r = op_call_method(th, it, S(send), &v, 1);
  }
  if (r == EMPTY) return stop_value(th, out);
  *out = r;
  return RT_OK;
}

int rt_yield_from_throw(RpThread *th, Value it, Value exc, Value *out) {
  if (value_is_instance(exc, &type_GeneratorExit)) {
    Value close = has_kind(it, K_GENERATOR) ? EMPTY : op_getattr_opt(th, it, S(close));
    if (has_kind(it, K_GENERATOR)) {
      if (gen_close(th, (Generator *)as_object(it)) == EMPTY) return RT_RAISE;
    } else if (close != EMPTY) {
      if (op_call0(th, close) == EMPTY) return RT_RAISE;
    } else if (th->pending != EMPTY) {
      return RT_RAISE;
    }
    th->pending = exc;
    return RT_RAISE;
  }
  Value r;
  if (has_kind(it, K_GENERATOR) && obj_shape_id(as_object(it)) != SHAPE_async_generator) {
    Value returned;
    r = gen_throw_resume(th, (Generator *)as_object(it), exc, &returned);
    if (r == EMPTY && returned != EMPTY) {
      *out = returned;
      return RT_JUMP;
    }
    if (r == EMPTY) return stop_value(th, out);
  } else {
    Value throw_ = op_getattr_opt(th, it, S(throw));
    if (throw_ == EMPTY) {
      if (th->pending == EMPTY) th->pending = exc;
      return RT_RAISE;
    }
    r = op_call1(th, throw_, exc);
    if (r == EMPTY) return stop_value(th, out);
  }
  *out = r;
  return RT_OK;
}

Value rt_get_awaitable(RpThread *th, Value v, int how) {
  if (is_coroutine(v)) {
    Generator *g = (Generator *)as_object(v);
    if (atomic_load(&g->state) == GEN_RUNNING || g->await_from != EMPTY) return raise_runtime(th, "coroutine is being awaited already");
    return v;
  }
  UnaryFn await_ = type_of(v)->slots.await_;
  if (!await_) {
    if (how) {
      return raise_type(th, "'async with' received an object from %s that does not implement __await__: %T",
                        how == 1 ? "__aenter__" : "__aexit__", v);
    }
    return raise_type(th, "object %T can't be used in 'await' expression", v);
  }
  Value it = await_(th, v);
  if (it == EMPTY) return EMPTY;
  if (is_coroutine(it)) return raise_type(th, "__await__() returned a coroutine");
  if (!type_of(it)->slots.next) return raise_type(th, "__await__() returned non-iterator of type '%T'", it);
  return it;
}

Value rt_get_aiter(RpThread *th, Value v) {
  UnaryFn aiter = type_of(v)->slots.aiter;
  if (!aiter) return raise_type(th, "'async for' requires an object with __aiter__ method, got %T", v);
  Value it = aiter(th, v);
  if (it != EMPTY && !type_of(it)->slots.anext)
    return raise_type(th, "'async for' received an object from __aiter__ that does not implement __anext__: %T", it);
  return it;
}

Value rt_get_anext(RpThread *th, Value v) {
  UnaryFn anext = type_of(v)->slots.anext;
  if (!anext) return raise_type(th, "'async for' requires an iterator with __anext__ method, got %T", v);
  Value aw = anext(th, v);
  if (aw == EMPTY || has_shape(v, SHAPE_async_generator)) return aw;
  Value it = rt_get_awaitable(th, aw, 0);
  if (it == EMPTY && error_is(th, &type_TypeError))
    return raise_from_pending(th, &type_TypeError, "'async for' received an invalid object from __anext__: %T", aw);
  return it;
}
