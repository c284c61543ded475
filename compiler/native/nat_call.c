/* nat_call.c: calls: small Python functions are continued inline, instances of Python classes begin as virtuals, functions of doubles are called unboxed,
** the rest goes through the runtime with boxed arguments. Whose argument is what: nat_args.c. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

/* -- Inlining --------------------------------------------------------------- */

static bool recursive(Inst *inst, const Code *code) {
  for (; inst; inst = inst->parent)
    if (inst->code == code) return true;
  return false;
}

/* The next level of a small function's recursion: one frame does for two. */
static bool unrolls(Nat *n, const Inst *here, const Code *callee) {
  return callee == n->req->code && !here->parent && n->lazy_frame && n->n_emitted < NAT_UNROLL_BUDGET;
}

static bool may_inline(Nat *n, const Callee *c) {
  Inst *here = n->st->inst;
  if (!c->fn || here->depth >= NAT_MAX_INLINE_DEPTH || n->n_emitted > NAT_VERSION_BUDGET) return false;
  const Flow *f = nat_flow(n, c->code);
  if (f->recursive || recursive(here, c->code)) return f->inlinable && unrolls(n, here, c->code); /* one level is little of a recursion, and much to compile */
  return f->inlinable;
}

/* Opens the activation; an argument may be REG_SELF for a fresh instance. */
#define REG_SELF 0x10000u
static void open_inline(Nat *n, const Callee *c, const Arg *args, int self_virt) {
  Code *co = c->code;
  Inst *inst = inst_new(n, n->st->inst, co, c->fn, n->pc);
  inst->init = self_virt >= 0;
  State *s = arena_new(n->arena, State);
  *s = *n->st;
  s->n_regs = inst->base + inst->n_regs;
  s->regs = arena_alloc(n->arena, s->n_regs * sizeof(RegState));
  memcpy(s->regs, n->st->regs, n->st->n_regs * sizeof(RegState));
  RegState *regs = s->regs + inst->base;
  for (uint32_t r = 0; r < inst->n_regs; r++) regs[r] = (RegState){.rep = REP_CONST, .k = EMPTY};
  for (unsigned i = 0; i < co->n_params; i++) {
    bool self = args[i].reg == REG_SELF, no_home = self || args[i].reg == ARG_CONST;
    RegState from = self ? (RegState){.rep = REP_VIRTUAL, .virt = (uint8_t)self_virt} : nat_arg_state(n, &args[i]);
    nat_move(n, &regs[i], &inst->homes[i], &from, no_home ? NULL : nat_home(n, args[i].reg));
  }
  if (self_virt >= 0) regs[inst->n_regs - 1] = (RegState){.rep = REP_VIRTUAL, .virt = (uint8_t)self_virt};
  Inst *up = inst->parent;
  uint32_t at = (uint32_t)(n->pc - up->code->instrs);
  for (uint32_t r = 0; r + 1 < up->n_regs; r++) {
    RegState *rs = &s->regs[up->base + r];
    bool shown = up->flow->named[r] && rs->rep != REP_VIRTUAL; /* f_locals of the caller, should the callee raise */
    if (!shown && !flow_live_over(up->flow, at, r)) *rs = (RegState){.rep = REP_DEAD};
  }
  s->inst = inst;
  n->st = s;
  n->pc = co->instrs - 1; /* the driver steps to the first instruction */
}

static bool call_inline(Nat *n, const Callee *c, const Arg *args) {
  if (!may_inline(n, c)) return false;
  nat_guard_bound(n, c, args);
  open_inline(n, c, args, -1);
  return true;
}

bool nat_inline_regs(Nat *n, Function *fn, const unsigned *regs, unsigned n_args) {
  Arg args[NAT_MAX_ARGS];
  Callee c = nat_callee(fn);
  return nat_bind(&c, &(CallArgs){.reg = regs, .n = n_args}, args) && call_inline(n, &c, args);
}

/* May register r be NotImplemented? As the result of an operator's method that is a TypeError, which the interpreter raises. */
static bool may_refuse(Nat *n, unsigned r) {
  const RegState *rs = nat_reg(n, r);
  return rs->rep == REP_CONST ? rs->k == NOT_IMPLEMENTED : rs->rep == REP_BOXED && !rs->shape;
}

void nat_emit_return(Nat *n) {
  Inst *inst = n->st->inst;
  unsigned a = n->pc->a;
  if (!inst->parent) {
    nat_returning(n);
    n->stop = true;
    if (n->direct) {
      nat_return_direct(n, a);
      return;
    }
    LLVMValueRef v = nat_get_boxed(n, a), off = k64(n, offsetof(RpThread, native_result));
    LLVMBuildStore(n->b, v, LLVMBuildGEP2(n->b, n->i8, n->arg_th, &off, 1, ""));
    LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_RETURN, false));
    return;
  }
  if (inst->init) {
    RegState *rs = nat_reg(n, a);
    if (rs->rep != REP_CONST || rs->k != NONE) { /* the interpreter raises TypeError, or finds None */
      nat_exit_now(n);
      return;
    }
    a = inst->n_regs - 1;
  }
  if (rir_is_operator(inst->call) && may_refuse(n, a)) nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, nat_get_boxed(n, a), nat_const_value(n, NOT_IMPLEMENTED), ""));
  RegState from = *nat_reg(n, a);
  Home *fh = nat_home(n, a);
  const Instr *call = inst->call;
  n->st->inst = inst->parent;
  n->st->n_regs = inst->base;
  nat_move(n, nat_reg(n, call->a), nat_home(n, call->a), &from, fh);
  n->pc = call;
  n->exit_block = n->raise_block = NULL;
  if (!n->st->inst->parent) nat_write_through(n, call);
  nat_edge(n, inst->parent, (uint32_t)(call - inst->parent->code->instrs) + 1);
}

/* -- Instances ------------------------------------------------------------------- */

static bool new_virtual(Nat *n, Type *t, const CallArgs *given) {
  uint32_t version = load_relaxed(&t->version);
  if (n->write_through || given->n >= NAT_MAX_ARGS) return false;
  if (!(t->flags & TYPE_HEAP) || !(t->flags & TYPE_SIMPLE_NEW) || (t->flags & (TYPE_HAS_FINALIZER | TYPE_ABSTRACT)) || version == 0 ||
      obj_shape_id(&t->hdr) != SHAPE_type || t->inst_kind != K_INSTANCE)
    return false;
  Value init = type_lookup(n->th, t, SLOT_NAME(__init__));
  if (init == EMPTY || type_of(init) != &type_function) return false;
  Callee c = nat_callee((Function *)as_object(init));
  Arg args[NAT_MAX_ARGS];
  unsigned regs[NAT_MAX_ARGS] = {REG_SELF};
  for (unsigned i = 0; i < given->n; i++) regs[i + 1] = given->reg[i];
  int virt = 0;
  while (virt < MAX_VIRTUALS && n->st->virtuals[virt].live) virt++;
  if (virt == MAX_VIRTUALS || !nat_bind(&c, &(CallArgs){.reg = regs, .n = given->n + 1, .names = given->names}, args) || !may_inline(n, &c)) return false;
  Shape *root = rp_shapes[load_relaxed(&t->root_shape_id)];
  if (root->n_inline == 0 || root->n_slots > VIRT_FIELDS || root->n_slots > root->n_inline) return false;
  nat_check(n, &(Check){.kind = CHECK_TYPE, .what = t, .version = version});
  nat_guard_bound(n, &c, args);
  Virtual *v = &n->st->virtuals[virt];
  *v = (Virtual){.live = true, .type = t, .shape = root};
  v->homes = arena_alloc(n->arena, VIRT_FIELDS * sizeof(Home));
  for (int f = 0; f < root->n_slots; f++) v->fields[f] = (RegState){.rep = REP_CONST, .k = EMPTY}; /* __slots__, not set yet */
  open_inline(n, &c, args, virt);
  return true;
}

/* -- C functions ------------------------------------------------------------------ */

/* Words that never change once the object is there. */
static LLVMValueRef fixed_word(Nat *n, LLVMTypeRef t, LLVMValueRef object, size_t offset) {
  LLVMValueRef v = LLVMBuildLoad2(n->b, t, nat_slot_ptr(n, object, (uint32_t)offset), "");
  LLVMSetMetadata(v, LLVMGetMDKindIDInContext(n->lc, "invariant.load", 14), LLVMMDNodeInContext(n->lc, NULL, 0));
  return v;
}
static LLVMValueRef native_def(Nat *n, Native *f) {
  return fixed_word(n, n->i64, fixed_word(n, n->i64, nat_const_object(n, f), offsetof(Native, sig)), offsetof(NativeSig, def));
}

/* A C function of doubles. Where it would raise (or overflow) its result is not finite: the interpreter calls the checked form. */
static bool call_unboxed(Nat *n, Native *f, const unsigned *args, unsigned n_args) {
  const NativeDef *def = f->sig->def;
  if (!def->unboxed || n_args != f->sig->n_params || n_args == 0 || n_args > 3) return false;
  LLVMValueRef vals[3];
  LLVMTypeRef types[3];
  for (unsigned i = 0; i < n_args; i++)
    if ((def->flags & NATIVE_FLOATS) && !reg_is_float(nat_reg(n, args[i]))) return false;
  for (unsigned i = 0; i < n_args; i++)
    if (!reg_is_number(nat_reg(n, args[i])) && !(nat_reg(n, args[i])->rep == REP_BOXED && !nat_reg(n, args[i])->shape)) return false;
  for (unsigned i = 0; i < n_args; i++) {
    vals[i] = nat_need_number(n, args[i]);
    types[i] = n->f64;
  }
  /* The pointer is a field of the definition, which the native object names. */
  LLVMValueRef fp = fixed_word(n, n->ptr, native_def(n, f), offsetof(NativeDef, unboxed));
  LLVMValueRef v = LLVMBuildCall2(n->b, LLVMFunctionType(n->f64, types, n_args, false), fp, vals, n_args, "");
  LLVMValueRef diff = LLVMBuildFSub(n->b, v, v, "");
  nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOEQ, diff, LLVMConstReal(n->f64, 0.0), "finite"));
  nat_set_float(n, n->pc->a, v);
  return true;
}

/* -- Boxed calls --------------------------------------------------------------------------- */

LLVMValueRef nat_args_buffer(Nat *n, const LLVMValueRef *vals, unsigned n_args) {
  LLVMValueRef buf = LLVMBuildArrayAlloca(n->eb, n->i64, LLVMConstInt(n->i32, n_args ? n_args : 1, false), "args");
  for (unsigned i = 0; i < n_args; i++) {
    LLVMValueRef idx = k64(n, i);
    LLVMBuildStore(n->b, vals[i], LLVMBuildGEP2(n->b, n->i64, buf, &idx, 1, ""));
  }
  return buf;
}

/* A C function whose arguments are its whole signature, or all that comes behind is optional: as native_call_fast(), decided here. */
static bool call_native(Nat *n, Native *f, const unsigned *args, unsigned n_args) {
  const NativeSig *sig = f->sig;
  if (sig->varargs != -1 || sig->varkw != -1 || sig->n_params > 8 || n_args > sig->n_pos || n_args < sig->n_required_pos) return false;
  if (n_args != sig->n_params && sig->n_pos != sig->n_params) return false;
  if (f->type && !(sig->def->flags & NATIVE_STATIC)) {
    if (obj_shape_id(&f->hdr) != SHAPE_method_descriptor || n_args == 0) return false;
    const RegState *self = nat_reg(n, args[0]);
    bool receiver = self->rep == REP_BOXED ? self->shape && rp_shapes[self->shape]->type == f->type : self->rep == REP_CONST && type_of(self->k) == f->type;
    if (!receiver) return false;
  }
  LLVMValueRef vals[8];
  for (unsigned i = 0; i < sig->n_params; i++) vals[i] = i < n_args ? nat_get_boxed(n, args[i]) : k64(n, EMPTY);
  nat_store_pc(n);
  nat_note_call(n);
  LLVMTypeRef types[] = {n->ptr, n->ptr};
  LLVMValueRef argv[] = {n->arg_th, nat_args_buffer(n, vals, sig->n_params)}, fn = fixed_word(n, n->ptr, native_def(n, f), offsetof(NativeDef, fn));
  LLVMValueRef v = LLVMBuildCall2(n->b, LLVMFunctionType(n->i64, types, 2, false), fn, argv, 2, "");
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  return true;
}

/* callee: a boxed value. */
static void call_boxed(Nat *n, const char *how, LLVMValueRef callee, const Arg *args, unsigned n_args, const Tuple *names) {
  LLVMValueRef vals[NAT_MAX_ARGS + 1];
  for (unsigned i = 0; i < n_args; i++) vals[i] = nat_arg_boxed(n, &args[i]);
  nat_store_pc(n);
  LLVMValueRef argv[] = {n->arg_th, callee, nat_args_buffer(n, vals, n_args), LLVMConstInt(n->i32, n_args, false), names ? nat_const_object(n, names) : NULL};
  nat_count_inlined(n, true);
  LLVMValueRef v = nat_call_rt(n, how, n->i64, argv, names ? 5 : 4);
  nat_count_inlined(n, false);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* Whatever it is. */
static void call_any(Nat *n, LLVMValueRef callee, const CallArgs *args) {
  Arg a[NAT_MAX_ARGS + 1];
  for (unsigned i = 0; i < args->n; i++) a[i] = (Arg){.reg = args->reg[i]};
  call_boxed(n, args->names ? "native_call_names" : "native_call_any", callee, a, args->n, args->names);
}

/* -- Python functions ------------------------------------------------------------------------ */

/* By the direct convention: this very function, or whatever its code has when the call is made. */
LLVMValueRef nat_call_direct(Nat *n, const Callee *c, const LLVMValueRef *args) {
  Code *co = c->code;
  unsigned n_args = co->n_params;
  LLVMValueRef vals[2 + NATIVE_DIRECT_MAX] = {n->arg_th, nat_callee_value(n, c)};
  for (unsigned i = 0; i < n_args; i++) vals[2 + i] = args[i];
  nat_store_pc(n);
  nat_note_call(n);
  nat_count_inlined(n, true);
  LLVMTypeRef type = nat_direct_type(n, n_args);
  if (n->direct && co == n->req->code) {
    LLVMValueRef v = LLVMBuildCall2(n->b, type, n->signature ? n->boxed_fn : nat_self(n), vals, 2 + n_args, "");
    nat_count_inlined(n, false);
    return v;
  }
  LLVMBasicBlockRef direct = LLVMAppendBasicBlockInContext(n->lc, n->fn, "direct"), other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "called");
  LLVMValueRef code = LLVMBuildLoad2(n->b, n->ptr, nat_slot_ptr(n, nat_const_object(n, co), offsetof(Code, direct)), "direct");
  LLVMSetOrdering(code, LLVMAtomicOrderingMonotonic);
  LLVMSetAlignment(code, 8);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, code, LLVMConstNull(n->ptr), ""), direct, other);
  LLVMPositionBuilderAtEnd(n->b, direct);
  LLVMValueRef v1 = LLVMBuildCall2(n->b, type, code, vals, 2 + n_args, "");
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, other);
  LLVMValueRef v2 = nat_call_bound_rt(n, c, vals[1], vals + 2);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  LLVMValueRef v = nat_either(n, v1, direct, v2, other);
  nat_count_inlined(n, false);
  return v;
}

/* By the typed convention if the callee has one that fits, else by the direct one. */
static bool call_direct(Nat *n, const Callee *c, const Arg *args) {
  Code *co = c->code;
  unsigned n_args = co->n_params;
  if (!nat_direct_possible(co)) return false;
  nat_guard_bound(n, c, args);
  bool self = n->direct && co == n->req->code;
  NativeTyped *typed = atomic_load_explicit(&co->typed, memory_order_acquire);
  uint64_t sig = self ? n->signature : typed ? typed->signature : 0;
  if (nat_args_fit(n, sig, args, n_args)) {
    nat_call_typed(n, c, args, sig, self);
    if (self) nat_reg(n, n->pc->a)->own = nat_reg(n, n->pc->a)->rep == REP_BOXED;
    return true;
  }
  LLVMValueRef vals[NATIVE_DIRECT_MAX];
  for (unsigned i = 0; i < n_args; i++) vals[i] = nat_arg_boxed(n, &args[i]);
  LLVMValueRef v = nat_call_direct(n, c, vals);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  nat_reg(n, n->pc->a)->own = self;
  return true;
}

LLVMValueRef nat_call_bound_rt(Nat *n, const Callee *c, LLVMValueRef callee, const LLVMValueRef *args) {
  unsigned n_args = c->code->n_params;
  LLVMValueRef argv[] = {n->arg_th, callee, nat_const_object(n, c->code), nat_args_buffer(n, args, n_args)};
  return nat_call_rt(n, "native_call_bound", n->i64, argv, 4);
}

static bool call_function(Nat *n, const Callee *c, const CallArgs *given) {
  Arg args[NAT_MAX_ARGS];
  return nat_bind(c, given, args) && (call_inline(n, c, args) || call_direct(n, c, args));
}

bool nat_call_function(Nat *n, Function *fn, const unsigned *regs, unsigned n_args) {
  Callee c = nat_callee(fn);
  return call_function(n, &c, &(CallArgs){.reg = regs, .n = n_args});
}

void nat_call_known(Nat *n, Value callee, const CallArgs *args) {
  Object *o = as_object(callee);
  if (o->kind == K_FUNCTION) {
    Callee c = nat_callee((Function *)o);
    if (call_function(n, &c, args)) return;
  } else if (o->kind == K_BOUND && has_kind(((BoundMethod *)o)->func, K_FUNCTION)) {
    BoundMethod *m = (BoundMethod *)o;
    Callee c = nat_callee((Function *)as_object(m->func));
    if (call_function(n, &c, &(CallArgs){.reg = args->reg, .n = args->n, .names = args->names, .self = m->self})) return;
  } else if (o->kind == K_TYPE) {
    if (!args->names && nat_call_builtin_type(n, (Type *)o, args->reg, args->n)) return;
    if (new_virtual(n, (Type *)o, args)) return;
  } else if (o->kind == K_NATIVE && !args->names && !((Native *)o)->slot_wrapper) { /* that has no signature */
    Native *f = (Native *)o;
    if (call_unboxed(n, f, args->reg, args->n) || nat_call_builtin(n, f, args->reg, args->n) || call_native(n, f, args->reg, args->n)) return;
  }
  call_any(n, nat_const_value(n, callee), args);
}

/* -- Calls of values ------------------------------------------------------------- */

/* A function, builtin or class that this call has always called, or functions with one code: guarded to be that again. false: it varies. */
static bool call_expected(Nat *n, unsigned r, const CallArgs *args) {
  const Ic *ic = &n->st->inst->code->ics[n->pc->e];
  const IcEntry *e = ic_entry(ic);
  if (!e || e->next || load_relaxed(&ic->misses) >= 8 || !reg_is_open(nat_reg(n, r))) return false;
  Value callee = e->kind == IC_CALL_TYPE ? value_object(e->object) : e->value;
  if (e->kind != IC_CALL_FUNCTION && e->kind != IC_CALL_TYPE && e->kind != IC_CALL_NATIVE) return false;
  if (callee != EMPTY) {
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, nat_get_boxed(n, r), nat_const_value(n, callee), ""));
    nat_call_known(n, callee, args);
    return true;
  }
  Callee c = {.code = (Code *)e->object, .reg = r};
  Arg bound[NAT_MAX_ARGS];
  if (!nat_bind(&c, args, bound) || !nat_direct_possible(c.code)) return false;
  LLVMValueRef fn = nat_need_shape(n, r, SHAPE_function);
  LLVMValueRef code = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, fn, offsetof(Function, code)), "code");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, code, nat_const_object(n, c.code), ""));
  return call_direct(n, &c, bound);
}

const Tuple *nat_call_names(Nat *n) { return n->pc->f ? as_tuple(n->st->inst->code->consts->items[n->pc->f - 1]) : NULL; }

void nat_emit_call(Nat *n) {
  const Instr *i = n->pc;
  unsigned regs[NAT_MAX_ARGS];
  if (i->c > NAT_MAX_ARGS) {
    nat_generic(n);
    return;
  }
  for (unsigned k = 0; k < i->c; k++) regs[k] = i->b + 1u + k;
  CallArgs args = {.reg = regs, .n = i->c, .names = nat_call_names(n)};
  RegState *callee = nat_reg(n, i->b);
  if (callee->rep == REP_CONST && is_object(callee->k)) nat_call_known(n, callee->k, &args);
  else if (!call_expected(n, i->b, &args) && !nat_special_call(n)) call_any(n, nat_get_boxed(n, i->b), &args);
}
