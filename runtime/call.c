/* call.c: calling any value from C. The interpreter inlines the common cases and comes here for the rest. */
#include "runtime/dict.h"
#include "runtime/frame_fast.h"
#include "runtime/func.h"
#include "runtime/interp.h"
#include "runtime/native_rt.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

Value func_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  Function *fn = (Function *)as_object(callee);
  if (!thread_check_stack(th, "")) return EMPTY;
  Code *co = load_consume(&fn->code);
  bool plain = !kwnames && n_pos == co->n_plain;
  void *direct = plain ? atomic_load_explicit(&co->direct, memory_order_acquire) : NULL;
  if (direct) return native_call_direct(th, direct, fn, args, (uint32_t)n_pos);
  Frame *f = frame_open(th, fn, co);
  if (!f) return EMPTY;
  frame_clear(f->regs, th->vm_top);
  f->flags = FRAME_ENTRY;
  if (plain) {
    for (int i = 0; i < n_pos; i++) f->regs[i] = args[i];
  } else if (args_bind(th, fn, co, f->regs, args, n_pos, kwnames) < 0) {
    frame_pop_fast(th, f);
    return EMPTY;
  }
  return interp_run(th, f);
}

Value op_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  if (has_kind(callee, K_FUNCTION)) return func_call(th, callee, args, n_pos, kwnames);
  CallFn call = type_of(callee)->slots.call;
  if (unlikely(!call)) return raise_type(th, "'%T' object is not callable", callee);
  return call(th, callee, args, n_pos, kwnames);
}

Value op_call0(RpThread *th, Value callee) { return op_call(th, callee, NULL, 0, NULL); }
Value op_call1(RpThread *th, Value callee, Value a) { return op_call(th, callee, &a, 1, NULL); }
Value op_call2(RpThread *th, Value callee, Value a, Value b) {
  Value args[2] = {a, b};
  return op_call(th, callee, args, 2, NULL);
}
Value op_call3(RpThread *th, Value callee, Value a, Value b, Value c) {
  Value args[3] = {a, b, c};
  return op_call(th, callee, args, 3, NULL);
}
bool op_callable(Value v) { return type_of(v)->slots.call != NULL; }

/* Arguments in one array on the heap (an Array cell, so that the collector sees them even when they are too many for the stack). */
Value op_call_ex(RpThread *th, Value callee, Tuple *args, Dict *kwargs) {
  if (!kwargs || dict_len(kwargs) == 0) return op_call(th, callee, args->items, (int)args->length, NULL);
  size_t n_kw = dict_len(kwargs), n_pos = args->length;
  Tuple *names = tuple_alloc(th, n_kw);
  Tuple *all = names ? tuple_alloc(th, n_pos + n_kw) : NULL;
  if (!all) return EMPTY;
  for (size_t i = 0; i < n_pos; i++) obj_store(th, all, &all->items[i], args->items[i]);
  uint32_t pos = 0;
  size_t k = 0;
  Value key, value;
  while (k < n_kw && dict_next(kwargs, &pos, &key, &value)) {
    if (!str_check(key)) return raise_type(th, "keywords must be strings");
    obj_store(th, names, &names->items[k], key);
    obj_store(th, all, &all->items[n_pos + k], value);
    k++;
  }
  RP_ASSERT(k == n_kw);
  return op_call(th, callee, all->items, (int)n_pos, names);
}

Value op_call_method(RpThread *th, Value self, Str *name, const Value *args, int n) {
  Type *t = type_of(self);
  if (!(t->flags & TYPE_CUSTOM_GETATTR) && n < 8) {
    Value attr = type_lookup(th, t, name);
    if (attr != EMPTY && (type_of(attr) == &type_function || type_of(attr) == &type_method_descriptor)) {
      /* An own attribute may hide a function of the class. */
      bool plain = !is_object(self) || (obj_shape(as_object(self))->flags & SHAPE_SLOTS_ONLY) ||
                   (!(obj_shape(as_object(self))->flags & SHAPE_DICT) && shape_find(obj_shape(as_object(self)), name) < 0 &&
                    obj_shape(as_object(self))->overflow_offset != 0 && as_object(self)->kind == K_INSTANCE);
      if (plain) {
        Value argv[9];
        argv[0] = self;
        for (int i = 0; i < n; i++) argv[i + 1] = args[i];
        return op_call(th, attr, argv, n + 1, NULL);
      }
    }
  }
  Value m = op_getattr(th, self, name);
  return m == EMPTY ? EMPTY : op_call(th, m, args, n, NULL);
}
