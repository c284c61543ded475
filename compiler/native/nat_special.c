/* nat_special.c: operators and statements that call special methods of Python classes: x[k], k in x, x == y, x(), iteration, with. Which class is meant is known
** from the register or from what the interpreter has seen (Code.seen); then the method is a known callee, guarded by the object's shape and the class's version.
** What is done with the result: where the operation's result is the method's, the call may be inlined (nat_call_function); else it is a direct call, and what
** follows it never leaves for the interpreter, which would run the method again. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/names.h"
#include "runtime/ops.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static LLVMValueRef k32(Nat *n, uint32_t v) { return LLVMConstInt(n->i32, v, false); }

/* -- Which method --------------------------------------------------------------- */

/* Shape of the object in R[r] as far as known, else what the interpreter saw the operation work on (SEEN_CLASS: of any shape that its class has); 0. */
static uint32_t shape_of(Nat *n, unsigned r) {
  const RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_VIRTUAL) return n->st->virtuals[rs->virt].shape->id;
  if (rs->rep == REP_BOXED && rs->shape) return rs->shape;
  if (rs->rep == REP_CONST) return is_object(rs->k) ? obj_shape_id(as_object(rs->k)) : 0;
  const Code *co = n->st->inst->code;
  const uint32_t *seen = rs->rep == REP_BOXED ? atomic_load_explicit(&co->seen, memory_order_acquire) : NULL;
  uint32_t id = seen ? load_relaxed(&seen[n->pc - co->instrs]) : 0;
  return id == SEEN_MANY ? 0 : id;
}

/* The function that the class of rp_shapes[id] has for `name`, if calling it with n_args (self included) is a plain call; NULL. */
static Function *find(Nat *n, uint32_t id, Str *name, unsigned n_args) {
  const Shape *s = id >= N_BUILTIN_SHAPES ? rp_shapes[id & ~SEEN_CLASS] : NULL;
  Type *t = s ? s->type : NULL;
  if (!t || !(t->flags & TYPE_HEAP) || load_relaxed(&t->version) == 0) return NULL;
  Value v = type_lookup(n->th, t, name);
  if (v == EMPTY || type_of(v) != &type_function) return NULL;
  Function *fn = (Function *)as_object(v);
  return fn->code->n_plain == (int)n_args && n_args <= NATIVE_DIRECT_MAX && nat_direct_possible(fn->code) ? fn : NULL;
}

static void guard_function(Nat *n, Function *fn) {
  Callee c = nat_callee(fn);
  nat_guard_bound(n, &c, NULL); /* no parameter has a default to rely on */
}

/* R[r] is of that shape, its class and the method are what they are now, or the code is left. */
static void guard_method(Nat *n, unsigned r, uint32_t id, Function *fn) {
  Type *t = rp_shapes[id & ~SEEN_CLASS]->type;
  uint32_t version = load_relaxed(&t->version);
  if (id & SEEN_CLASS) nat_need_class(n, r, t);
  else if (nat_reg(n, r)->rep != REP_VIRTUAL) nat_need_shape(n, r, id);
  nat_guard_version(n, t, version);
  guard_function(n, fn);
}

static Function *method_of(Nat *n, unsigned r, Str *name, unsigned n_args) {
  uint32_t id = shape_of(n, r);
  Function *fn = find(n, id, name, n_args);
  if (fn) guard_method(n, r, id, fn);
  return fn;
}

/* The operation's result is the method's. */
static bool call_plain(Nat *n, Str *name, const unsigned *args, unsigned n_args) {
  uint32_t id = shape_of(n, args[0]);
  Function *fn = find(n, id, name, n_args);
  if (!fn) return false;
  guard_method(n, args[0], id, fn);
  return nat_call_function(n, fn, args, n_args);
}

static LLVMValueRef call_direct(Nat *n, Function *fn, const LLVMValueRef *args) {
  Callee c = nat_callee(fn);
  return nat_call_direct(n, &c, args);
}

/* The method's result, boxed; exceptions are on their way. */
static LLVMValueRef call(Nat *n, Function *fn, const unsigned *args, unsigned n_args) {
  LLVMValueRef vals[NATIVE_DIRECT_MAX];
  for (unsigned i = 0; i < n_args; i++) vals[i] = nat_get_boxed(n, args[i]);
  LLVMValueRef v = call_direct(n, fn, vals);
  nat_check_raise(n, v);
  return v;
}

LLVMValueRef nat_truth_of(Nat *n, LLVMValueRef v) {
  LLVMBasicBlockRef fast = LLVMGetInsertBlock(n->b), slow = LLVMAppendBasicBlockInContext(n->lc, n->fn, "truth");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "tested");
  LLVMValueRef is_bool = LLVMBuildICmp(n->b, LLVMIntEQ, LLVMBuildAnd(n->b, v, k64(n, ~1ull), ""), k64(n, FALSE_V), "");
  LLVMValueRef yes = LLVMBuildICmp(n->b, LLVMIntEQ, v, k64(n, TRUE_V), "");
  nat_weigh(n, LLVMBuildCondBr(n->b, is_bool, done, slow));
  LLVMPositionBuilderAtEnd(n->b, slow);
  LLVMValueRef args[] = {n->arg_th, v}, t = nat_call_rt(n, "native_truth", n->i32, args, 2);
  nat_check_status(n, t);
  LLVMValueRef other = LLVMBuildICmp(n->b, LLVMIntNE, t, k32(n, 0), "");
  slow = LLVMGetInsertBlock(n->b);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, yes, fast, other, slow);
}

/* -- Items ------------------------------------------------------------------------ */

bool nat_special_get_item(Nat *n) {
  unsigned args[] = {n->pc->b, n->pc->c};
  return call_plain(n, SLOT_NAME(__getitem__), args, 2);
}

bool nat_special_set_item(Nat *n) {
  unsigned args[] = {n->pc->a, n->pc->b, n->pc->c};
  Function *fn = method_of(n, n->pc->a, SLOT_NAME(__setitem__), 3);
  if (!fn) return false;
  call(n, fn, args, 3);
  nat_forget(n);
  return true;
}

/* R[a] = R[b] in R[c], or not in. */
void nat_contains(Nat *n, bool not_) {
  unsigned args[] = {n->pc->c, n->pc->b};
  Function *fn = method_of(n, n->pc->c, SLOT_NAME(__contains__), 2);
  LLVMValueRef t;
  if (fn) {
    t = nat_truth_of(n, call(n, fn, args, 2));
  } else {
    nat_store_pc(n);
    LLVMValueRef argv[] = {n->arg_th, nat_get_boxed(n, n->pc->c), nat_get_boxed(n, n->pc->b)};
    LLVMValueRef status = nat_call_rt(n, "op_contains", n->i32, argv, 3);
    nat_check_status(n, status);
    t = LLVMBuildICmp(n->b, LLVMIntNE, status, k32(n, 0), "");
  }
  nat_forget(n);
  nat_set_bool(n, n->pc->a, not_ ? LLVMBuildNot(n->b, t, "") : t);
}

/* -- Truth and comparison ------------------------------------------------------------ */

/* i1: bool(R[r]) by __bool__. NULL: not known. */
LLVMValueRef nat_special_truth(Nat *n, unsigned r) {
  Function *fn = method_of(n, r, SLOT_NAME(__bool__), 1);
  if (!fn) return NULL;
  LLVMValueRef v = call(n, fn, &r, 1), args[] = {n->arg_th, v};
  LLVMBasicBlockRef odd = LLVMAppendBasicBlockInContext(n->lc, n->fn, "odd"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMValueRef is_bool = LLVMBuildICmp(n->b, LLVMIntEQ, LLVMBuildAnd(n->b, v, k64(n, ~1ull), ""), k64(n, FALSE_V), "");
  nat_weigh(n, LLVMBuildCondBr(n->b, is_bool, go, odd));
  LLVMPositionBuilderAtEnd(n->b, odd);
  nat_check_status(n, nat_call_rt(n, "native_bad_bool", n->i32, args, 2));
  LLVMBuildUnreachable(n->b);
  LLVMPositionBuilderAtEnd(n->b, go);
  nat_forget(n);
  return LLVMBuildICmp(n->b, LLVMIntEQ, v, k64(n, TRUE_V), "");
}

/* R[ra] op R[rb], boxed, where both are of one shape: then no subclass's reflected method goes first. NULL: not known. */
LLVMValueRef nat_special_compare(Nat *n, CompareOp op, unsigned ra, unsigned rb) {
  const RegState *x = nat_reg(n, ra), *y = nat_reg(n, rb);
  uint32_t id = shape_of(n, ra);
  Function *fn = id & SEEN_CLASS ? NULL : find(n, id, rp_names[NAME_slot___lt__ + op], 2);
  if (!fn || x->rep == REP_CONST || (y->rep != REP_VIRTUAL && y->rep != REP_BOXED) || (!reg_is_open(y) && shape_of(n, rb) != id)) return NULL;
  guard_method(n, ra, id, fn);
  LLVMValueRef vals[] = {nat_get_boxed(n, ra), nat_get_boxed(n, rb)};
  LLVMBasicBlockRef alike = LLVMAppendBasicBlockInContext(n->lc, n->fn, "alike"), other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
  LLVMBasicBlockRef refused = LLVMAppendBasicBlockInContext(n->lc, n->fn, "refused"), done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "compared");
  nat_store_pc(n);
  if (reg_is_open(y)) {
    LLVMBasicBlockRef object = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
    LLVMBuildCondBr(n->b, nat_is_object(n, vals[1]), object, other);
    LLVMPositionBuilderAtEnd(n->b, object);
    LLVMValueRef shape = nat_load(n, n->i32, vals[1], 0, MEM_SHAPE, "shape");
    LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, shape, nat_const_shape(n, id), ""), alike, other);
  } else {
    LLVMBuildBr(n->b, alike);
  }
  LLVMPositionBuilderAtEnd(n->b, other);
  LLVMValueRef args[] = {n->arg_th, vals[0], vals[1], k32(n, op)};
  LLVMValueRef general = nat_call_rt(n, "op_compare", n->i64, args, 4);
  other = LLVMGetInsertBlock(n->b);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, alike);
  LLVMValueRef v = call_direct(n, fn, vals);
  alike = LLVMGetInsertBlock(n->b);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, v, k64(n, NOT_IMPLEMENTED), ""), refused, done);
  LLVMPositionBuilderAtEnd(n->b, refused);
  LLVMValueRef reflected = nat_call_rt(n, "op_compare_reflected", n->i64, args, 4);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  LLVMValueRef result = LLVMBuildPhi(n->b, n->i64, ""), from[] = {general, v, reflected};
  LLVMBasicBlockRef blocks[] = {other, alike, refused};
  LLVMAddIncoming(result, from, blocks, 3);
  nat_check_raise(n, result);
  nat_forget(n);
  return result;
}

/* -- Calls -------------------------------------------------------------------------- */

/* R[a] = R[b](R[b+1] ... R[b+c]), R[b] an instance. What its shape was, the call's cache says. */
bool nat_special_call(Nat *n) {
  const Ic *ic = &n->st->inst->code->ics[n->pc->e];
  const IcEntry *e = ic_entry(ic);
  if (n->pc->f || n->pc->c >= NATIVE_DIRECT_MAX) return false;
  unsigned n_args = n->pc->c + 1u, args[NATIVE_DIRECT_MAX];
  const RegState *rs = nat_reg(n, n->pc->b);
  bool single = e && !e->next && e->kind == IC_CALL_OTHER && load_relaxed(&ic->misses) < 8;
  uint32_t id = single && reg_is_open(rs) ? e->shape_id : shape_of(n, n->pc->b);
  Function *fn = rs->rep != REP_CONST ? find(n, id, SLOT_NAME(__call__), n_args) : NULL;
  if (!fn) return false;
  guard_method(n, n->pc->b, id, fn);
  for (unsigned i = 0; i < n_args; i++) args[i] = n->pc->b + i;
  return nat_call_function(n, fn, args, n_args);
}

/* -- Iteration ------------------------------------------------------------------------ */

bool nat_special_iter(Nat *n) {
  unsigned r = n->pc->b;
  Function *fn = method_of(n, r, SLOT_NAME(__iter__), 1);
  if (!fn) return false;
  LLVMValueRef args[] = {n->arg_th, call(n, fn, &r, 1)};
  LLVMValueRef v = nat_call_rt(n, "native_checked_iter", n->i64, args, 2);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  return true;
}

/* The next item of R[b], boxed; EMPTY: exhausted, or an exception is pending (native_pending tells). NULL: not known. */
LLVMValueRef nat_special_next(Nat *n) {
  Function *fn = method_of(n, n->pc->b, SLOT_NAME(__next__), 1);
  if (!fn) return NULL;
  LLVMValueRef self = nat_get_boxed(n, n->pc->b), v = call_direct(n, fn, &self);
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), ended = LLVMAppendBasicBlockInContext(n->lc, n->fn, "ended");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "next");
  nat_weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""), done, ended));
  LLVMPositionBuilderAtEnd(n->b, ended);
  nat_call_rt(n, "native_stop_iteration", n->void_, &n->arg_th, 1);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, v, here, v, ended);
}

/* -- with --------------------------------------------------------------------------------- */

/* R[a] = R[b].__enter__(), R[a+1] = R[b].__exit__ bound, which is looked up first. */
bool nat_special_enter(Nat *n) {
  unsigned r = n->pc->b;
  uint32_t id = shape_of(n, r);
  Function *enter = find(n, id, S(__enter__), 1), *leave = find(n, id, S(__exit__), 4);
  if (!enter || !leave) return false;
  guard_method(n, r, id, enter);
  LLVMValueRef self = nat_get_boxed(n, r), fn = nat_const_object(n, leave), bound = nat_alloc(n, SHAPE_method, K_BOUND, sizeof(BoundMethod));
  nat_store(n, fn, bound, offsetof(BoundMethod, func), MEM_PART);
  nat_store(n, self, bound, offsetof(BoundMethod, self), MEM_PART);
  nat_store(n, k64(n, EMPTY), bound, sizeof(BoundMethod), MEM_PART);
  LLVMValueRef v = call_direct(n, enter, &self);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  nat_set_boxed(n, n->pc->a + 1u, bound, SHAPE_method);
  return true;
}

/* R[a] = R[b](None, None, None), R[b] what WITH_ENTER left. */
bool nat_special_exit(Nat *n) {
  const RegState *rs = nat_reg(n, n->pc->b);
  const Code *co = n->st->inst->code;
  const uint32_t *seen = atomic_load_explicit(&co->seen, memory_order_acquire);
  uint32_t id = seen ? load_relaxed(&seen[n->pc - co->instrs]) : 0;
  Function *fn = n->pc->c == NO_REG && rs->rep == REP_BOXED && id != SEEN_MANY ? find(n, id, S(__exit__), 4) : NULL;
  if (!fn) return false;
  LLVMValueRef bound = nat_need_shape(n, n->pc->b, SHAPE_method), none = k64(n, NONE);
  LLVMValueRef func = nat_load(n, n->i64, bound, offsetof(BoundMethod, func), MEM_PART, "func");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, func, nat_const_object(n, fn), ""));
  guard_function(n, fn);
  LLVMValueRef vals[] = {nat_load(n, n->i64, bound, offsetof(BoundMethod, self), MEM_PART, "self"), none, none, none};
  LLVMValueRef v = call_direct(n, fn, vals);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  return true;
}
