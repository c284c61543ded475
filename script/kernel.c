/* kernel.c: see kernel.h. */
#include "script/kernel.h"
#include "runtime/dict.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/hooks.h"
#include "runtime/interp.h"
#include "runtime/names.h"
#include "runtime/native_code.h"
#include "runtime/native_rt.h"
#include "runtime/ops.h"
#include "runtime/str.h"

#define TEXT_MAX 2048                           // a spec's source with its arguments in two places
#define RUN_ARGS_MAX 64                         // those of the compiled loop: the function, the spec's own, `self`, the caller's
#define ARGS_TEXT_MAX (RUN_ARGS_MAX * 5 + 1)    // ", a63" for each

static Function *function_of(Value fn, bool *bound) {
  *bound = has_shape(fn, SHAPE_method);
  if (*bound) fn = ((BoundMethod *)as_object(fn))->func;
  return func_check(fn) ? (Function *)as_object(fn) : NULL;
}

static void source_text(char *out, const KernelSpec *spec, bool bound, int n_args) {
  char args[ARGS_TEXT_MAX] = "", *p = args;
  for (int i = 0; i < n_args; i++) p += snprintf(p, (size_t)(args + sizeof args - p), ", a%d", i);
  char params[sizeof ", self" + sizeof args];
  snprintf(params, sizeof params, "%s%s", bound ? ", self" : "", args);
  snprintf(out, TEXT_MAX, spec->source, params, bound ? "self, " : "", args);
}

/* The function `loop` that the text defines; NULL + pending. */
static Function *make_loop(RpThread *th, const KernelSpec *spec, bool bound, int n_args) {
  char text[TEXT_MAX];
  source_text(text, spec, bound, n_args);
  Str *file = str_from_c(th, spec->name);
  Dict *globals = file ? dict_new(th) : NULL;
  Value code = globals ? rt_hooks.compile(th, text, strlen(text), file, COMPILE_EXEC, CF_SOURCE_IS_STR) : EMPTY;
  if (code == EMPTY || code_exec(th, (Code *)as_object(code), globals, EMPTY) == EMPTY) return NULL;
  Value loop = dict_get_str(globals, str_intern_c(th, "loop"));
  if (!func_check(loop)) return NULL;
  Function *f = (Function *)as_object(loop);
  f->code->flags |= CO_KERNEL;
  return f;
}

const Kernel *kernel_find(RpThread *th, Kernels *ks, const KernelSpec *spec, Value fn, int n_args) {
  bool bound;
  Function *f = function_of(fn, &bound);
  Code *co = f ? load_consume(&f->code) : NULL;
  if (!co || co->n_plain != spec->n_own + n_args + bound || (co->flags & CO_RESUMED) || spec->n_own + n_args + 4 > RUN_ARGS_MAX) return NULL;
  for (int i = 0; i < KERNELS_MAX; i++) {
    const Kernel *k = &ks->slots[i];
    if (k->code == co && k->spec == spec && k->n_args == n_args && k->bound == bound) return k;
  }
  Function *loop = make_loop(th, spec, bound, n_args);
  if (!loop) {
    error_clear(th);
    return NULL;
  }
  Kernel *k = &ks->slots[ks->next++ % KERNELS_MAX];
  heap_shade(th, loop);
  heap_shade(th, co);
  *k = (Kernel){spec, co, bound, n_args, loop};
  return k;
}

bool kernel_ready(const Kernel *k) { return k && atomic_load_explicit(&k->code->direct, memory_order_acquire) != NULL; }

Value kernel_run(RpThread *th, const Kernel *k, Value fn, const Value *own, int n_own, const Value *args) {
  Value a[RUN_ARGS_MAX];
  int n = 0;
  a[n++] = k->bound ? ((BoundMethod *)as_object(fn))->func : fn;
  for (int i = 0; i < n_own; i++) a[n++] = own[i];
  if (k->bound) a[n++] = ((BoundMethod *)as_object(fn))->self;
  for (int i = 0; i < k->n_args; i++) a[n++] = args[i];
  return native_call_function(th, value_object(k->loop), a, (uint32_t)n);
}

Value kernel_left(RpThread *th, const Kernel *k, const char *variable) {
  Value exc = error_take(th), v = EMPTY;
  Traceback *tb = exc_check(exc) && as_exc(exc)->traceback != EMPTY ? (Traceback *)as_object(as_exc(exc)->traceback) : NULL;
  if (tb && tb->code == k->loop->code) {
    Value locals = tb->frame != EMPTY ? op_getattr(th, tb->frame, str_intern_c(th, "f_locals")) : EMPTY;
    v = dict_check(locals) ? dict_get_str(as_dict(locals), str_intern_c(th, variable)) : EMPTY;
    error_clear(th);
    obj_store(th, as_object(exc), &as_exc(exc)->traceback, tb->next ? value_object(tb->next) : EMPTY);
  }
  th->pending = exc;
  return v;
}

void kernels_trace(Tracer *tr, Kernels *ks) {
  for (int i = 0; i < KERNELS_MAX; i++) {
    trace_ref(tr, ks->slots[i].code);
    trace_ref(tr, ks->slots[i].loop);
  }
}
