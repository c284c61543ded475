/* native_rt.c: see native_rt.h. */
#include "runtime/native_rt.h"
#include "runtime/context.h"
#include "runtime/exc.h"
#include "runtime/frame_fast.h"
#include "runtime/func.h"
#include "runtime/hooks.h"
#include "runtime/ic.h"
#include "runtime/interp.h"
#include "runtime/list.h"
#include "runtime/num.h"
#include "runtime/rt_ops.h"
#include "runtime/tuple.h"

Frame *native_push_frame(RpThread *th, Value func, uint32_t ret_reg, uint32_t flags, Value self) {
  /* The limits leave room for the few frames that one side exit makes. */
  int limit = th->recursion_limit;
  th->recursion_limit = INT32_MAX;
  Frame *f = frame_push(th, (Function *)as_object(func));
  th->recursion_limit = limit;
  if (!f) RP_FATAL("no room for the frames of a side exit");
  f->ret_reg = (uint16_t)ret_reg;
  f->flags = (uint8_t)flags;
  if (flags & FRAME_INIT) f->locals = self;
  return f;
}

/* Called where failing is not possible (a side exit in the middle of an operation): beyond the limit the instance is still made, from a
** raised limit, and the thread learns at its next poll. */
Value native_new_instance(RpThread *th, Value type, uint32_t shape_id) {
  Object *o = type_alloc(th, (Type *)as_object(type));
  if (unlikely(!o)) {
    error_clear(th);
    heap_raise_limit(th->ctx, 1 << 20);
    o = type_alloc(th, (Type *)as_object(type));
    if (!o) RP_FATAL("out of memory in a side exit");
  }
  store_release(&o->shape_id, shape_id);
  return value_object(o);
}

static Ic *ic_of(Value code, uint32_t ic) { return &((Code *)as_object(code))->ics[ic]; }

Value native_getattr(RpThread *th, Value code, uint32_t ic, Value o, Value name) {
  Value v = ic_getattr_hit(ic_of(code, ic), o);
  return likely(v != EMPTY) ? v : ic_getattr_miss(th, ic_of(code, ic), o, (Str *)as_object(name));
}
int native_setattr(RpThread *th, Value code, uint32_t ic, Value o, Value name, Value v) {
  if (likely(ic_setattr_hit(th, ic_of(code, ic), o, v))) return 0;
  return ic_setattr_miss(th, ic_of(code, ic), o, (Str *)as_object(name), v);
}
/* Never waits: to wait is to stand at a safepoint, where other threads change what compiled code believes. */
int native_add_slot(RpThread *th, Value ov, uint32_t offset, uint32_t before, uint32_t after, Value v) {
  Object *o = as_object(ov);
  if (unlikely(!obj_trylock(th, o))) return 0;
  bool same = obj_shape_id(o) == before;
  if (likely(same)) {
    obj_store(th, o, (Value *)((char *)o + offset), v);
    store_release(&o->shape_id, after);
  }
  obj_unlock(th, o);
  return same;
}
Value native_global(RpThread *th, Value func, Value code, uint32_t ic, Value name) {
  Function *fn = (Function *)as_object(func);
  Ic *cache = ic_of(code, ic); /* not fn->code: __code__ may have been set */
  Value v = ic_global_hit(cache, fn->globals, fn->builtins);
  return likely(v != EMPTY) ? v : ic_global_miss(th, cache, fn->globals, fn->builtins, (Str *)as_object(name));
}

Value native_global_value(Value globals, Value builtins, Value name) {
  Value v = dict_get_str((Dict *)as_object(globals), (Str *)as_object(name));
  return v != EMPTY ? v : dict_get_str((Dict *)as_object(builtins), (Str *)as_object(name));
}

int native_list_set(RpThread *th, Value o, Value k, Value v) {
  if (likely(is_int(k) && has_shape(o, SHAPE_list) && !thread_multi(th))) {
    Array *a = list_array(as_list(o));
    int64_t i = as_int(k), n = load_relaxed(&a->length);
    if (i < 0) i += n;
    if (likely((uint64_t)i < (uint64_t)n)) {
      obj_store(th, a, &a->items[i], v);
      return 0;
    }
  }
  return op_setitem(th, o, k, v);
}

Value native_tuple(RpThread *th, const Value *items, uint64_t n) {
  Tuple *t = tuple_new(th, items, n);
  return t ? value_object(t) : EMPTY;
}
int native_truth(RpThread *th, Value v) { return op_truth(th, v); }
Value native_next(RpThread *th, Value it) { return op_next(th, it); }
Value native_checked_iter(RpThread *th, Value it) {
  return type_of(it)->slots.next ? it : raise_type(th, "iter() returned non-iterator of type '%T'", it);
}
void native_stop_iteration(RpThread *th) {
  if (error_is(th, &type_StopIteration)) error_clear(th);
}
int native_bad_bool(RpThread *th, Value v) { return raise_type(th, "__bool__ should return bool, returned %T", v), -1; }
int native_pending(RpThread *th) { return th->pending != EMPTY ? -1 : 0; }
int native_poll(RpThread *th) { return thread_poll_slow(th) ? 0 : -1; }
int native_rt_op(RpThread *th, Frame *f, uint32_t pc) {
  const Instr *i = f->code->instrs + pc;
  return rt_ops[i->op](th, f, i);
}

/* -- Direct calls ----------------------------------------------------------------- */

/* A call of `code` by the direct convention. */
Value native_call_direct(RpThread *th, void *code, Function *fn, const Value *a, uint32_t n) {
#define CODE(...) ((Value (*)(RpThread *, Value __VA_ARGS__))code)
#define V Value
  _Static_assert(NATIVE_DIRECT_MAX == 8, "one case per number of parameters");
  Value f = value_object(fn);
  switch (n) {
  case 0: return CODE()(th, f);
  case 1: return CODE(, V)(th, f, a[0]);
  case 2: return CODE(, V, V)(th, f, a[0], a[1]);
  case 3: return CODE(, V, V, V)(th, f, a[0], a[1], a[2]);
  case 4: return CODE(, V, V, V, V)(th, f, a[0], a[1], a[2], a[3]);
  case 5: return CODE(, V, V, V, V, V)(th, f, a[0], a[1], a[2], a[3], a[4]);
  case 6: return CODE(, V, V, V, V, V, V)(th, f, a[0], a[1], a[2], a[3], a[4], a[5]);
  case 7: return CODE(, V, V, V, V, V, V, V)(th, f, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  default: return CODE(, V, V, V, V, V, V, V, V)(th, f, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
  }
#undef CODE
#undef V
}

void native_fill_frame(RpThread *th, Frame *f, Value func, Value code) {
  Function *fn = (Function *)as_object(func);
  Code *co = (Code *)as_object(code);
  *f = (Frame){.prev = th->frame, .code = co, .regs = (Value *)f + FRAME_WORDS, .func = fn, .globals = fn->globals, .builtins = fn->builtins,
               .locals = EMPTY, .flags = FRAME_NATIVE | FRAME_ENTRY};
  native_clear_registers(f, co->n_params);
  th->depth++;
  th->frame = f;
}

void native_clear_registers(Frame *f, uint32_t from) {
  for (uint32_t r = from; r < f->code->n_regs; r++) f->regs[r] = EMPTY;
}

/* The frame entry of functions with a direct one. The interpreter's frame steps aside while the code has its own. */
NativeStatus native_enter_direct(RpThread *th, Frame *f) {
  void *code = atomic_load_explicit(&f->code->direct, memory_order_acquire);
  if (unlikely(!code || (char *)__builtin_frame_address(0) < th->native_limit)) return NATIVE_EXIT;
  th->frame = f->prev;
  th->depth--;
  Value v = native_call_direct(th, code, f->func, f->regs, f->code->n_params);
  th->frame = f;
  th->depth++;
  th->native_result = v;
  return likely(v != EMPTY) ? NATIVE_RETURN : NATIVE_UNWOUND;
}

/* A direct call has opened its frame f and one of its tests failed. 0: go on. 1: the call is over, an exception is pending. 2: leave, with f, to the
** interpreter, which deals with a pending exception, needs no C stack and tests the recursion limit at every call. */
int native_enter_slow(RpThread *th, Frame *f) {
  if (th->depth > (uint32_t)th->recursion_limit) {
    frame_pop(th, f);
    frame_push_refused(th);
    return 1;
  }
  if (thread_poll(th)) {
    if (th->depth + NATIVE_UNTESTED > (uint32_t)th->recursion_limit) return 2;
    if ((char *)f >= th->native_limit) return 0;
    if (unlikely((char *)__builtin_frame_address(0) < th->stack_limit)) { /* interpreter and compiled loops by turns use the reserve, too */
      frame_pop(th, f);
      thread_check_stack(th, "");
      return 1;
    }
  }
  return 2;
}

/* An interpreter frame for a call of fn with all parameters given. NULL + pending. __code__ may have been set since `co` was read: the call came before. */
static Frame *push_call(RpThread *th, Function *fn, Code *co, const Value *args) {
  if (unlikely(!thread_check_stack(th, ""))) return NULL;
  Frame *f = frame_open(th, fn, co);
  if (unlikely(!f)) return NULL;
  frame_clear(f->regs, th->vm_top);
  f->flags = FRAME_ENTRY;
  for (uint32_t i = 0; i < co->n_params; i++) f->regs[i] = args[i];
  return f;
}

Value native_refuse(RpThread *th, Value callee, Value code, const Value *args) {
  native_note_refusal(th, code, 0);
  Frame *f = push_call(th, (Function *)as_object(callee), (Code *)as_object(code), args);
  return f ? interp_run_plain(th, f) : EMPTY;
}

/* A call of Python code from compiled code: native when there is some, without the interpreter in between. */
ALWAYS_INLINE Value call_bound(RpThread *th, Function *fn, Code *co, const Value *args) {
  void *direct = atomic_load_explicit(&co->direct, memory_order_acquire);
  if (likely(direct)) return native_call_direct(th, direct, fn, args, co->n_params);
  Frame *f = push_call(th, fn, co, args);
  if (unlikely(!f)) return EMPTY;
  NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
  NativeEntry entry = nc ? atomic_load_explicit(&nc->entry, memory_order_acquire) : NULL;
  if (likely(entry && atomic_load_explicit(&th->poll, memory_order_relaxed) == 0)) {
    if (likely(entry(th, f) == NATIVE_RETURN)) {
      frame_pop(th, f);
      return th->native_result;
    }
    f = th->frame; /* exits and exceptions may have pushed the frames of inlined calls */
  }
  return interp_run(th, f);
}

Value native_call_bound(RpThread *th, Value func, Value code, const Value *args) {
  return call_bound(th, (Function *)as_object(func), (Code *)as_object(code), args);
}

Value native_call_function(RpThread *th, Value callee, const Value *args, uint32_t n) {
  Function *fn = (Function *)as_object(callee);
  Code *co = load_consume(&fn->code);
  if (unlikely((int)n != co->n_plain)) return func_call(th, callee, args, (int)n, NULL);
  return call_bound(th, fn, co, args);
}

Value native_call_any(RpThread *th, Value callee, const Value *args, uint32_t n) {
  if (has_kind(callee, K_FUNCTION)) return native_call_function(th, callee, args, n);
  return op_call(th, callee, args, (int)n, NULL);
}

Value native_call_names(RpThread *th, Value callee, const Value *args, uint32_t n, Value names) {
  Tuple *t = as_tuple(names);
  return op_call(th, callee, args, (int)(n - t->length), t);
}

/* -- Locals ------------------------------------------------------------------------- */

/* ORDER REP */
enum { LEFT_BOXED, LEFT_INT, LEFT_FLOAT, LEFT_BOOL, LEFT_COMPLEX, LEFT_CONST };

Value native_past(RpThread *th, uint32_t rep, uint64_t word, double f0, double f1) {
  switch (rep) {
  case LEFT_INT: return int_from_i64(th, (int64_t)word);
  case LEFT_FLOAT: return value_double(f0);
  case LEFT_BOOL: return value_bool(word != 0);
  case LEFT_COMPLEX: return complex_new(th, f0, f1);
  default: return word;
  }
}

/* -- Exceptions --------------------------------------------------------------------- */

void native_unwind(RpThread *th, Frame *root) {
  for (Frame *f; (f = th->frame) != root;) {
    uint32_t lookup = th->lookup_failed ? PC_LOOKUP : 0;
    th->lookup_failed = false;
    exc_add_traceback(th, f->code, (uint32_t)(f->pc - f->code->instrs) | lookup, f->globals, f);
    frame_pop_fast(th, f);
  }
}

Value native_catch(RpThread *th, Frame *f, uint32_t pc, uint32_t traceback) {
  f->pc = f->code->instrs + pc;
  if (unlikely(atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_STOP)) {
    th->reraising = !traceback;
    return EMPTY;
  }
  bool lookup = th->lookup_failed;
  th->lookup_failed = false;
  if (traceback) exc_add_traceback(th, f->code, pc | (lookup ? PC_LOOKUP : 0), f->globals, f);
  return error_take(th);
}

int native_reraise_current(RpThread *th) {
  Value handled = thread_handled(th);
  if (handled == EMPTY) return raise_runtime(th, "No active exception to reraise"), 1;
  th->pending = handled;
  return 0;
}

/* -- Exits ------------------------------------------------------------------------ */

#define EXITS_BEFORE_RETHINKING 200
#define STRESSED_EXITS 20 /* so that code is compiled again with what the interpreter learned in between */

static void rethink(RpThread *th, Code *co, uint32_t pc) {
  uint32_t n = atomic_fetch_add_explicit(&co->exits, 1, memory_order_relaxed) + 1;
  uint32_t limit = unlikely(th->ctx->opt.stress & STRESS_DEOPT) ? STRESSED_EXITS : EXITS_BEFORE_RETHINKING;
  if (n % limit == 0 && rt_hooks.code_exits) rt_hooks.code_exits(th, co, pc);
}
/* --stress=deopt: a guard failed because its turn had come. When the next will, nobody foresees, but every run alike. */
static void next_forced(RpThread *th) {
  if (unlikely(th->ctx->opt.stress & STRESS_DEOPT) && th->guards_left == 0) th->guards_left = native_next_failure(th);
}

uint32_t native_next_failure(RpThread *th) {
  uint32_t n = th->ctx->opt.stress_deopt_n, x = th->guard_seed ? th->guard_seed : n * 2654435761u + 1;
  x ^= x << 13; /* Marsaglia's xorshift */
  x ^= x >> 17;
  x ^= x << 5;
  th->guard_seed = x;
  return 1 + x % (2 * n + 1);
}

static void note_exit(RpThread *th, Code *at, uint32_t pc) {
  next_forced(th);
  if (unlikely(th->ctx->opt.trace & TRACE_DEOPT))
    fprintf(stderr, "deopt: %.200s:%d %s (pc %u)\n", at->qualname->c, code_line(at, pc), rir_ops[at->instrs[pc].op].name, pc);
  /* counted on the code that was compiled: the frame's */
  rethink(th, th->frame->code, pc);
}

/* Boxes what is raw. Wide integers need an allocation, so they wait in `wide` until the frame holds nothing but Values. */
static void box_left(RpThread *th, Frame *f, const NativeLeave *l) {
  uint32_t n_wide = 0, first_wide = 0;
  for (uint32_t i = 0; i < l->n_left; i++) n_wide += l->left[i].rep == LEFT_INT;
  int64_t wide[n_wide + 1];
  n_wide = 0;
  for (uint32_t i = 0; i < l->n_left; i++) {
    const NativeLeft *r = &l->left[i];
    Value *slot = &f->regs[r->reg], raw = *slot;
    switch (r->rep) {
    case LEFT_INT:
      if (likely(int_fits((int64_t)raw))) {
        *slot = value_int((int64_t)raw);
      } else {
        if (!n_wide) first_wide = i;
        wide[n_wide++] = (int64_t)raw;
        *slot = EMPTY;
      }
      break;
    case LEFT_FLOAT: {
      double d;
      memcpy(&d, &raw, sizeof d);
      *slot = value_double(d);
      break;
    }
    case LEFT_BOOL: *slot = value_bool(raw != 0); break;
    default: *slot = r->k; break;
    }
  }
  for (uint32_t i = first_wide, k = 0; k < n_wide; i++)
    if (l->left[i].rep == LEFT_INT && f->regs[l->left[i].reg] == EMPTY) f->regs[l->left[i].reg] = int_from_i64(th, wide[k++]);
}

void native_leave(RpThread *th, Frame *f, const NativeLeave *l, uint32_t pc) {
  f->pc = l->code->instrs + (l->innermost ? pc : l->call);
  box_left(th, f, l);
  if (l->guard) note_exit(th, l->guard, pc);
}

void native_tables_free(NativeTables *t) {
  for (NativeLeave *l; (l = t->leaves); free(l)) t->leaves = l->next;
  for (NativeInlined *i; (i = t->inlined); free(i)) t->inlined = i->next;
  free(t->consts);
  *t = (NativeTables){0};
}

void native_note_refusal(RpThread *th, Value code, uint32_t pc) {
  next_forced(th);
  if (unlikely(th->ctx->opt.trace & TRACE_DEOPT)) {
    Code *co = (Code *)as_object(code);
    fprintf(stderr, "deopt: %.200s:%d entry types (pc %u)\n", co->qualname->c, code_line(co, pc), pc);
  }
  rethink(th, (Code *)as_object(code), pc);
}
