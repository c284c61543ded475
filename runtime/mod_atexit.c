/* mod_atexit.c: the module atexit. The callbacks are a list of (function, args, kwargs) that hangs on the context; context_free runs them. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/tuple.h"

static List *callbacks(RpThread *th) {
  if (th->ctx->atexit_callbacks == EMPTY) {
    List *list = list_new(th, 0);
    if (!list) return NULL;
    th->ctx->atexit_callbacks = value_object(list);
  }
  return as_list(th->ctx->atexit_callbacks);
}

static Value atexit_register(RpThread *th, const Value *a) {
  if (!op_callable(a[0])) return raise_type(th, "the first argument must be callable");
  List *list = callbacks(th);
  Tuple *t = list ? tuple_of(th, 3, a[0], a[1], a[2]) : NULL;
  return t && list_append(th, list, value_object(t)) == 0 ? a[0] : EMPTY;
}
static Value atexit_unregister(RpThread *th, const Value *a) {
  List *list = callbacks(th);
  if (!list) return EMPTY;
  for (int64_t i = (int64_t)list_len(list) - 1; i >= 0; i--) {
    Value row = list_get(th, list, i);
    int same = row == EMPTY ? -1 : op_equal(th, as_tuple(row)->items[0], a[0]);
    if (same < 0 || (same && list_pop(th, list, i) == EMPTY)) return EMPTY;
  }
  return NONE;
}
static Value atexit_clear(RpThread *th, const Value *a) {
  th->ctx->atexit_callbacks = EMPTY;
  return NONE;
}
static Value atexit_run(RpThread *th, const Value *a) {
  List *list = callbacks(th);
  while (list && list_len(list)) {
    Value row = list_pop(th, list, -1);
    if (row == EMPTY) return EMPTY;
    const Value *v = as_tuple(row)->items;
    if (op_call_ex(th, v[0], as_tuple(v[1]), as_dict(v[2])) == EMPTY && th->pending != EMPTY) error_unraisable(th, v[0]);
  }
  return NONE;
}
static Value atexit_count(RpThread *th, const Value *a) {
  List *list = callbacks(th);
  return list ? value_int(list_len(list)) : EMPTY;
}

static const NativeDef atexit_functions[] = {
    {"register", atexit_register, "(func, /, *args, **kwargs)", 0, "Register a function to be executed upon normal program termination."},
    {"unregister", atexit_unregister, "(func, /)", 0, "Unregister an exit function which was previously registered using atexit.register"},
    {"_clear", atexit_clear, "()", 0, "Clear the list of previously registered exit functions."},
    {"_run_exitfuncs", atexit_run, "()", 0, "Run all registered exit functions."},
    {"_ncallbacks", atexit_count, "()", 0, "Return the number of registered exit functions."},
    {0},
};
const ModuleSpec mod_atexit = {.doc = "allow programmer to define multiple exit functions to be executed\nupon normal program termination.",
                               .functions = atexit_functions};
