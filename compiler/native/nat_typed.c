/* nat_typed.c: the typed convention (runtime/native_code.h): arguments and the result of direct calls stay unboxed, where the function was seen with ints or
** floats, or every return gives one kind of number. The function's body is the typed code; the boxed entry converts and calls it. */
#include "compiler/native/nat.h"
#include "runtime/func.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static unsigned param_rep(uint64_t sig, unsigned i) { return sig >> (8 + 4 * i) & 15; }
static unsigned result_rep(uint64_t sig) { return sig & 15; }
static LLVMTypeRef rep_type(Nat *n, unsigned rep) { return rep == REP_FLOAT ? n->f64 : n->i64; }

/* -- Signatures -------------------------------------------------------------------------- */

/* What the request saw in the parameters that are used; `result` as the last build found it. 0: boxed words throughout. */
uint64_t nat_signature(Nat *n, uint8_t result) {
  const Code *co = n->req->code;
  uint64_t sig = 0;
  for (unsigned r = 0; r < co->n_params; r++) {
    uint8_t rep = r < n->req->n_regs && flow_live(n->root->flow, 0, r) ? n->req->types[r].rep : REP_BOXED;
    if (rep == REP_INT || rep == REP_FLOAT) sig |= (uint64_t)rep << (8 + 4 * r);
  }
  sig |= result;
  return sig ? sig | (uint64_t)co->n_params << 4 : 0;
}

static LLVMTypeRef pair_type(Nat *n, unsigned rep) {
  LLVMTypeRef pair[] = {rep_type(n, rep), n->i64};
  return LLVMStructTypeInContext(n->lc, pair, 2, false);
}

LLVMTypeRef nat_typed_type(Nat *n, uint64_t sig, unsigned n_params) {
  LLVMTypeRef args[2 + NATIVE_DIRECT_MAX] = {n->ptr, n->i64};
  for (unsigned i = 0; i < n_params; i++) args[2 + i] = rep_type(n, param_rep(sig, i));
  return LLVMFunctionType(result_rep(sig) == REP_BOXED ? n->i64 : pair_type(n, result_rep(sig)), args, 2 + n_params, false);
}

static LLVMValueRef is_of(Nat *n, LLVMValueRef word, unsigned rep) {
  if (rep == REP_FLOAT) return nat_is_double(n, word);
  if (rep == REP_INT) return LLVMBuildICmp(n->b, LLVMIntUGE, word, k64(n, INT_TAG_MIN), "");
  return LLVMBuildICmp(n->b, LLVMIntEQ, LLVMBuildAnd(n->b, word, k64(n, ~1ull), ""), k64(n, FALSE_V), "");
}
static LLVMValueRef unboxed(Nat *n, LLVMValueRef word, unsigned rep) {
  if (rep == REP_FLOAT) return nat_unbox_double(n, word);
  if (rep == REP_INT) return LLVMBuildSub(n->b, word, k64(n, INT_BIAS), "");
  return LLVMBuildAnd(n->b, word, k64(n, 1), "");
}
static LLVMValueRef boxed(Nat *n, LLVMValueRef v, unsigned rep) {
  if (rep == REP_FLOAT) return nat_box_float(n, v);
  if (rep == REP_INT) return nat_box_int(n, v);
  return rep == REP_BOOL ? LLVMBuildOr(n->b, v, k64(n, FALSE_V), "") : v;
}

/* -- The function's own side ------------------------------------------------------------- */

LLVMValueRef nat_param_boxed(Nat *n, unsigned r) { return boxed(n, LLVMGetParam(n->fn, 2 + r), param_rep(n->signature, r)); }

/* Into its register; false: it comes boxed. */
bool nat_take_param(Nat *n, unsigned r) {
  LLVMValueRef v = LLVMGetParam(n->fn, 2 + r);
  unsigned rep = param_rep(n->signature, r);
  if (rep == REP_INT) nat_set_int(n, r, v);
  else if (rep == REP_FLOAT) nat_set_float(n, r, v);
  return rep != REP_BOXED;
}

static void return_pair(Nat *n, LLVMValueRef v, LLVMValueRef word) {
  LLVMValueRef pair = LLVMGetUndef(pair_type(n, result_rep(n->signature)));
  if (v) pair = LLVMBuildInsertValue(n->b, pair, v, 0, "");
  LLVMBuildRet(n->b, LLVMBuildInsertValue(n->b, pair, word, 1, ""));
}

/* Where a boxed result, or EMPTY, is returned: typed if it is of the right kind after all. */
static LLVMBasicBlockRef out_block(Nat *n) {
  if (n->out_block) return n->out_block;
  unsigned rep = result_rep(n->signature);
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), as_is = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
  LLVMBasicBlockRef typed = LLVMAppendBasicBlockInContext(n->lc, n->fn, "typed");
  n->out_block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "out");
  LLVMPositionBuilderAtEnd(n->b, n->out_block);
  n->out_word = LLVMBuildPhi(n->b, n->i64, "");
  LLVMBuildCondBr(n->b, is_of(n, n->out_word, rep), typed, as_is);
  LLVMPositionBuilderAtEnd(n->b, typed);
  return_pair(n, unboxed(n, n->out_word, rep), k64(n, NATIVE_TYPED));
  LLVMPositionBuilderAtEnd(n->b, as_is);
  return_pair(n, NULL, n->out_word);
  LLVMPositionBuilderAtEnd(n->b, here);
  return n->out_block;
}

void nat_return_word(Nat *n, LLVMValueRef word) {
  if (result_rep(n->signature) == REP_BOXED) {
    LLVMBuildRet(n->b, word);
    return;
  }
  LLVMBasicBlockRef out = out_block(n), here = LLVMGetInsertBlock(n->b);
  LLVMAddIncoming(n->out_word, &word, &here, 1);
  LLVMBuildBr(n->b, out);
}

static uint8_t rep_of(const RegState *rs) {
  if (rs->rep != REP_CONST) return rs->rep;
  return is_int(rs->k) ? REP_INT : is_double(rs->k) ? REP_FLOAT : is_bool(rs->k) ? REP_BOOL : REP_BOXED;
}

/* What all returns agree on. Those that return what a call of the function itself gave say nothing new. */
static void note_result(Nat *n, const RegState *rs) {
  uint8_t rep = rep_of(rs);
  if (rep == REP_BOXED && rs->own) return;
  if (rep != REP_INT && rep != REP_FLOAT && rep != REP_BOOL) rep = REP_BOXED;
  n->found_result = n->n_results++ && n->found_result != rep ? REP_BOXED : rep;
}

void nat_return_direct(Nat *n, unsigned r) {
  const RegState *rs = nat_reg(n, r);
  unsigned rep = result_rep(n->signature);
  note_result(n, rs);
  if (rep == REP_BOXED || rep_of(rs) != rep) {
    LLVMValueRef v = nat_get_boxed(n, r);
    nat_leave_direct(n);
    nat_return_word(n, v);
    return;
  }
  LLVMValueRef v = rep == REP_FLOAT ? nat_need_float(n, r) : nat_get_word(n, r);
  nat_leave_direct(n);
  return_pair(n, v, k64(n, NATIVE_TYPED));
}

/* The boxed entry. Arguments of another kind than the code was made for: the interpreter, which learns. */
void nat_build_boxed_entry(Nat *n) {
  LLVMValueRef body = n->fn, th = n->arg_th;
  State *st = n->st;
  unsigned n_params = n->req->code->n_params, rep = result_rep(n->signature);
  n->fn = n->boxed_fn;
  n->arg_th = LLVMGetParam(n->fn, 0);
  n->st = NULL;
  LLVMBasicBlockRef start = LLVMAppendBasicBlockInContext(n->lc, n->fn, "start"), refuse = LLVMAppendBasicBlockInContext(n->lc, n->fn, "refuse");
  LLVMPositionBuilderAtEnd(n->b, start);
  LLVMValueRef given = LLVMBuildArrayAlloca(n->b, n->i64, LLVMConstInt(n->i32, n_params ? n_params : 1, false), "");
  LLVMValueRef args[2 + NATIVE_DIRECT_MAX] = {n->arg_th, LLVMGetParam(n->fn, 1)};
  for (unsigned i = 0; i < n_params; i++) {
    LLVMValueRef v = LLVMGetParam(n->fn, 2 + i);
    unsigned want = param_rep(n->signature, i);
    args[2 + i] = v;
    if (want == REP_BOXED) continue;
    LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
    LLVMBuildCondBr(n->b, is_of(n, v, want), go, refuse);
    LLVMPositionBuilderAtEnd(n->b, go);
    args[2 + i] = unboxed(n, v, want);
  }
  LLVMValueRef v = LLVMBuildCall2(n->b, nat_typed_type(n, n->signature, n_params), body, args, 2 + n_params, "");
  if (rep != REP_BOXED) {
    LLVMBasicBlockRef typed = LLVMAppendBasicBlockInContext(n->lc, n->fn, "typed"), other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
    LLVMValueRef word = LLVMBuildExtractValue(n->b, v, 1, "");
    v = LLVMBuildExtractValue(n->b, v, 0, "");
    LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, word, k64(n, NATIVE_TYPED), ""), typed, other);
    LLVMPositionBuilderAtEnd(n->b, other);
    LLVMBuildRet(n->b, word);
    LLVMPositionBuilderAtEnd(n->b, typed);
    n->spare = given;
    v = boxed(n, v, rep);
    n->spare = NULL;
  }
  LLVMBuildRet(n->b, v);
  LLVMPositionBuilderAtEnd(n->b, refuse);
  for (unsigned i = 0; i < n_params; i++) {
    LLVMValueRef at = k64(n, i);
    LLVMBuildStore(n->b, LLVMGetParam(n->fn, 2 + i), LLVMBuildGEP2(n->b, n->i64, given, &at, 1, ""));
  }
  LLVMValueRef refused[] = {n->arg_th, args[1], nat_const_object(n, n->req->code), given};
  LLVMBuildRet(n->b, nat_call_rt(n, "native_refuse", n->i64, refused, 4));
  n->fn = body;
  n->arg_th = th;
  n->st = st;
}

/* -- The caller's side ----------------------------------------------------------------------- */

static bool fits(const RegState *rs, unsigned want) {
  return want == REP_BOXED || rep_of(rs) == want || (rs->rep == REP_BOXED && !rs->shape);
}

/* Is `sig` one that these arguments can be passed by? */
bool nat_args_fit(Nat *n, uint64_t sig, const Arg *args, unsigned n_args) {
  if (!sig || (sig >> 4 & 15) != n_args) return false;
  for (unsigned i = 0; i < n_args; i++) {
    RegState rs = nat_arg_state(n, &args[i]);
    if (!fits(&rs, param_rep(sig, i))) return false;
  }
  return true;
}

/* The call is done but its result is of another kind than code that follows was made for: the interpreter goes on behind it. */
static void leave_behind(Nat *n, LLVMValueRef word) {
  State *saved = n->st;
  const Instr *pc = n->pc;
  n->st = state_copy(n, saved);
  nat_forget(n);
  nat_set_boxed(n, pc->a, word, 0);
  if (!n->st->inst->parent) nat_write_through(n, pc);
  n->pc = pc + 1;
  n->exit_block = NULL;
  nat_exit_now(n);
  n->st = saved;
  n->pc = pc;
  n->stop = false;
  n->exit_block = NULL;
}

static void set_result(Nat *n, LLVMValueRef v, unsigned rep) {
  nat_forget(n);
  if (rep == REP_FLOAT) nat_set_float(n, n->pc->a, v);
  else if (rep == REP_INT) nat_set_int(n, n->pc->a, v);
  else if (rep == REP_BOOL) nat_set_bool(n, n->pc->a, LLVMBuildTrunc(n->b, v, n->i1, ""));
  else nat_set_boxed(n, n->pc->a, v, 0);
}

/* word: what came instead of a typed result, where the builder stands; the typed one comes from the block `from`. Both go on in `done`. */
static LLVMValueRef settle(Nat *n, LLVMValueRef word, unsigned rep, LLVMValueRef v, LLVMBasicBlockRef from, LLVMBasicBlockRef done) {
  LLVMBasicBlockRef same = LLVMAppendBasicBlockInContext(n->lc, n->fn, "same"), odd = LLVMAppendBasicBlockInContext(n->lc, n->fn, "odd");
  nat_check_raise(n, word);
  LLVMBuildCondBr(n->b, is_of(n, word, rep), same, odd);
  LLVMPositionBuilderAtEnd(n->b, odd);
  leave_behind(n, word);
  LLVMPositionBuilderAtEnd(n->b, same);
  LLVMValueRef u = unboxed(n, word, rep);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, v, from, u, same);
}

/* Code of the wanted signature, or a branch to `slow`. */
static LLVMValueRef typed_code(Nat *n, const Code *co, uint64_t sig, LLVMBasicBlockRef slow) {
  LLVMValueRef p = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, nat_const_object(n, co), offsetof(Code, typed)), "typed");
  LLVMSetOrdering(p, LLVMAtomicOrderingMonotonic);
  LLVMSetAlignment(p, 8);
  LLVMBasicBlockRef some = LLVMAppendBasicBlockInContext(n->lc, n->fn, ""), fast = LLVMAppendBasicBlockInContext(n->lc, n->fn, "fast");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, p, k64(n, 0), ""), some, slow);
  LLVMPositionBuilderAtEnd(n->b, some);
  LLVMValueRef now = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, p, offsetof(NativeTyped, signature)), "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, now, k64(n, sig), ""), fast, slow);
  LLVMPositionBuilderAtEnd(n->b, fast);
  return LLVMBuildLoad2(n->b, n->ptr, nat_slot_ptr(n, p, offsetof(NativeTyped, code)), "");
}

/* self: the function being compiled. Else by whatever typed code there is when the call is made; of another signature, or none: boxed. */
void nat_call_typed(Nat *n, const Callee *c, const Arg *args, uint64_t sig, bool self) {
  LLVMValueRef vals[2 + NATIVE_DIRECT_MAX] = {n->arg_th, nat_callee_value(n, c)};
  unsigned rep = result_rep(sig), n_args = c->code->n_params;
  for (unsigned i = 0; i < n_args; i++) { /* guards first */
    unsigned want = param_rep(sig, i);
    if (want == REP_INT) vals[2 + i] = nat_arg_int(n, &args[i]);
    else if (want == REP_FLOAT) vals[2 + i] = nat_arg_float(n, &args[i]);
  }
  for (unsigned i = 0; i < n_args; i++)
    if (param_rep(sig, i) == REP_BOXED) vals[2 + i] = nat_arg_boxed(n, &args[i]);
  nat_store_pc(n);
  nat_note_call(n);
  nat_count_inlined(n, true);
  LLVMTypeRef type = nat_typed_type(n, sig, n_args);
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "called"), slow = NULL;
  LLVMValueRef code = self ? nat_self(n) : typed_code(n, c->code, sig, slow = LLVMAppendBasicBlockInContext(n->lc, n->fn, "boxed"));
  LLVMValueRef v = LLVMBuildCall2(n->b, type, code, vals, 2 + n_args, ""), word = NULL;
  nat_count_inlined(n, false);
  LLVMBasicBlockRef from = LLVMGetInsertBlock(n->b), other = NULL;
  if (rep != REP_BOXED) {
    word = LLVMBuildExtractValue(n->b, v, 1, "");
    v = LLVMBuildExtractValue(n->b, v, 0, "");
    other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "untyped");
    nat_weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, word, k64(n, NATIVE_TYPED), ""), done, other));
  } else {
    LLVMBuildBr(n->b, done);
  }
  LLVMValueRef late = NULL;
  LLVMBasicBlockRef late_from = NULL;
  if (slow) {
    LLVMPositionBuilderAtEnd(n->b, slow);
    LLVMValueRef given[NATIVE_DIRECT_MAX];
    for (unsigned i = 0; i < n_args; i++) given[i] = boxed(n, vals[2 + i], param_rep(sig, i));
    late = nat_call_bound_rt(n, c, vals[1], given);
    nat_count_inlined(n, false);
    late_from = LLVMGetInsertBlock(n->b);
    LLVMBuildBr(n->b, other ? other : done);
  }
  if (other) {
    LLVMPositionBuilderAtEnd(n->b, other);
    if (late) word = nat_either(n, word, from, late, late_from);
    v = settle(n, word, rep, v, from, done);
  } else {
    LLVMPositionBuilderAtEnd(n->b, done);
    if (late) v = nat_either(n, v, from, late, late_from);
    nat_check_raise(n, v);
  }
  set_result(n, v, rep);
}
