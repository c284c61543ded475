/* nat_ops.c: dispatch; jumps, exceptions, and the generic way for all that has no code of its own. */
#include "compiler/native/nat.h"
#include "runtime/ops.h"
#include "runtime/rt_ops.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static LLVMValueRef k32(Nat *n, uint32_t v) { return LLVMConstInt(n->i32, v, false); }

/* -- The generic way: operands into the frame, the interpreter's C function, results out of it -------- */

typedef struct Spill { Nat *n; bool load; } Spill;
static LLVMValueRef frame_reg(Nat *n, unsigned r) {
  LLVMValueRef idx = k64(n, r);
  return LLVMBuildGEP2(n->b, n->i64, n->regs, &idx, 1, "");
}
static void spill(void *user, unsigned reg, unsigned count, bool write) {
  Spill *s = user;
  if (write != s->load) return;
  for (unsigned r = reg; r < reg + count; r++) {
    if (s->load) nat_set_boxed(s->n, r, LLVMBuildLoad2(s->n->b, s->n->i64, frame_reg(s->n, r), ""), 0);
    else LLVMBuildStore(s->n->b, nat_get_boxed(s->n, r), frame_reg(s->n, r));
  }
}

/* The operation's C function, its operands in the frame; its status, unchecked. */
static LLVMValueRef op_on_frame(Nat *n) {
  Spill s = {n, false};
  rir_operands(n->pc, spill, &s);
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame, k32(n, (uint32_t)(n->pc - n->st->inst->code->instrs))};
  return nat_call_rt(n, "native_rt_op", n->i32, args, 3);
}

void nat_generic(Nat *n) {
  if (n->st->inst->parent) { /* no frame to work on: the interpreter makes one */
    nat_exit_now(n);
    return;
  }
  LLVMValueRef status = op_on_frame(n);
  nat_check_status(n, status);
  nat_forget(n);
  bool jump = rir_ops[n->pc->op].flags & RIRF_JUMP;
  Spill s = {n, true};
  if (!jump) {
    rir_operands(n->pc, spill, &s);
    return;
  }
  uint32_t next = (uint32_t)(n->pc - n->st->inst->code->instrs) + 1;
  if (n->pc->op == RIR_FOR_ITER) { /* exhausted: the target register keeps its value */
    LLVMBasicBlockRef taken = nat_target(n, (uint32_t)n->pc->e), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "item");
    LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, status, k32(n, RT_JUMP), ""), taken, go);
    LLVMPositionBuilderAtEnd(n->b, go);
    rir_operands(n->pc, spill, &s);
    return;
  }
  rir_operands(n->pc, spill, &s);
  LLVMBasicBlockRef taken = nat_target(n, (uint32_t)n->pc->e), not_taken = nat_target(n, next);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, status, k32(n, RT_JUMP), ""), taken, not_taken);
  n->stop = true;
}

/* -- Jumps -------------------------------------------------------------------------------- */

/* A two-way branch; the unlikely side is not known, so no weights. */
void nat_branch(Nat *n, LLVMValueRef cond, uint32_t target) {
  if (nat_in_lap(n->st, n->st->inst, target)) n->st->straight = false;
  uint32_t next = (uint32_t)(n->pc - n->st->inst->code->instrs) + 1;
  LLVMBasicBlockRef taken = nat_target(n, target);
  if (n->st->inst->flow->target[next]) {
    LLVMBuildCondBr(n->b, cond, taken, nat_target(n, next));
    n->stop = true;
    return;
  }
  LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMBuildCondBr(n->b, cond, taken, go);
  LLVMPositionBuilderAtEnd(n->b, go);
}

/* i1 truth of a register. */
static LLVMValueRef truth(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  switch (rs->rep) {
  case REP_INT: case REP_BOOL: return LLVMBuildICmp(n->b, LLVMIntNE, nat_get_word(n, r), k64(n, 0), "");
  case REP_FLOAT: return LLVMBuildFCmp(n->b, LLVMRealUNE, nat_need_float(n, r), LLVMConstReal(n->f64, 0.0), "");
  case REP_CONST:
    if (is_bool(rs->k) || rs->k == NONE) return LLVMConstInt(n->i1, rs->k == TRUE_V, false);
    if (is_int(rs->k)) return LLVMConstInt(n->i1, as_int(rs->k) != 0, false);
    break;
  case REP_BOXED:
    if (!rs->shape && load_relaxed(&n->pc->fb) == FB_T_BOOL) {
      LLVMValueRef v = nat_get_boxed(n, r);
      LLVMValueRef isbool = LLVMBuildICmp(n->b, LLVMIntEQ, LLVMBuildAnd(n->b, v, k64(n, ~1ull), ""), k64(n, FALSE_V), "");
      nat_guard(n, isbool);
      return LLVMBuildICmp(n->b, LLVMIntEQ, v, k64(n, TRUE_V), "");
    }
    break;
  default: break;
  }
  LLVMValueRef special = !(load_relaxed(&n->pc->fb) & ~FB_T_OTHER) ? nat_special_truth(n, r) : NULL;
  if (special) return special;
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, r)};
  LLVMValueRef t = nat_call_rt(n, "native_truth", n->i32, args, 2);
  nat_check_status(n, t);
  nat_forget(n);
  return LLVMBuildICmp(n->b, LLVMIntNE, t, k32(n, 0), "");
}

/* -- Exceptions ----------------------------------------------------------------------------------- */

static void push_handled(Nat *n) {
  LLVMValueRef exc = nat_get_boxed(n, n->pc->b), p = nat_thread_field(n, offsetof(RpThread, handled));
  LLVMValueRef before = LLVMBuildLoad2(n->b, n->i64, p, "handled");
  LLVMBuildStore(n->b, exc, p);
  nat_set_boxed(n, n->pc->a, before, 0);
}

/* Operations that raise, or (END_ASYNC_FOR) go on raising. In an inlined call the interpreter does it: its frames are wanted in the traceback anyway. */
static void raise(Nat *n) {
  if (n->st->inst->parent) {
    nat_exit_now(n);
    return;
  }
  LLVMValueRef traceback = k32(n, 0);
  if (n->pc->op == RIR_RERAISE) {
    LLVMBuildStore(n->b, nat_get_boxed(n, n->pc->a), nat_thread_field(n, offsetof(RpThread, pending)));
  } else if (n->pc->op == RIR_RERAISE_CURRENT) {
    traceback = nat_call_rt(n, "native_reraise_current", n->i32, &n->arg_th, 1);
  } else {
    LLVMValueRef status = op_on_frame(n);
    if (n->pc->op == RIR_RAISE) {
      traceback = k32(n, 1);
    } else {
      LLVMBasicBlockRef bad = LLVMAppendBasicBlockInContext(n->lc, n->fn, "raise"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
      LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntSLT, status, k32(n, 0), ""), bad, go);
      LLVMPositionBuilderAtEnd(n->b, bad);
      nat_raise_now(n, traceback);
      n->stop = false;
      LLVMPositionBuilderAtEnd(n->b, go);
      nat_forget(n);
      return;
    }
  }
  nat_raise_now(n, traceback);
}

/* -- Dispatch --------------------------------------------------------------------------------------- */

static Value const_at(Nat *n, int i) { return n->st->inst->code->consts->items[i]; }

static void identity(Nat *n, bool negate_) {
  LLVMValueRef eq = LLVMBuildICmp(n->b, negate_ ? LLVMIntNE : LLVMIntEQ, nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c), "");
  nat_set_bool(n, n->pc->a, eq);
}

static void jump_if(Nat *n, LLVMValueRef cond) { nat_branch(n, cond, (uint32_t)n->pc->e); }

static LLVMValueRef is_none_test(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_CONST) return LLVMConstInt(n->i1, rs->k == NONE, false);
  if (rs->rep != REP_BOXED || rs->shape) return LLVMConstInt(n->i1, 0, false);
  return LLVMBuildICmp(n->b, LLVMIntEQ, nat_get_boxed(n, r), k64(n, NONE), "");
}

static void compare_jump(Nat *n, unsigned op) {
  bool not_ = op >= RIR_JUMP_NOT_LT;
  CompareOp c = (CompareOp)(op - (not_ ? RIR_JUMP_NOT_LT : RIR_JUMP_LT));
  LLVMValueRef t = nat_compare(n, c, n->pc->a, n->pc->b);
  jump_if(n, not_ ? LLVMBuildNot(n->b, t, "") : t);
}

void nat_emit(Nat *n) {
  const Instr *i = n->pc;
  switch (i->op) {
  case RIR_NOP: case RIR_LOOP_HEAD: return;
  case RIR_MOVE: {
    RegState from = *nat_reg(n, i->b);
    nat_move(n, nat_reg(n, i->a), nat_home(n, i->a), &from, nat_home(n, i->b));
    return;
  }
  case RIR_LOAD_CONST: nat_set_const(n, i->a, const_at(n, i->e)); return;
  case RIR_LOAD_INT: nat_set_const(n, i->a, value_int(i->e)); return;
  case RIR_LOAD_NONE: nat_set_const(n, i->a, NONE); return;
  case RIR_LOAD_EMPTY: nat_set_boxed(n, i->a, k64(n, EMPTY), 0); return;
  case RIR_CHECK_LOCAL:
    if (nat_reg(n, i->a)->rep == REP_BOXED && !nat_reg(n, i->a)->shape)
      nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, nat_get_boxed(n, i->a), k64(n, EMPTY), ""));
    return;
  case RIR_LOAD_GLOBAL: nat_load_global(n); return;
  case RIR_ADD: case RIR_SUB: case RIR_MUL: case RIR_TRUEDIV: case RIR_FLOORDIV: case RIR_MOD: case RIR_POW: case RIR_LSHIFT: case RIR_RSHIFT:
  case RIR_AND: case RIR_OR: case RIR_XOR: case RIR_MATMUL:
  case RIR_IADD: case RIR_ISUB: case RIR_IMUL: case RIR_ITRUEDIV: case RIR_IFLOORDIV: case RIR_IMOD: case RIR_IPOW: case RIR_ILSHIFT:
  case RIR_IRSHIFT: case RIR_IAND: case RIR_IOR: case RIR_IXOR: case RIR_IMATMUL: nat_binary(n); return;
  case RIR_ADD_IMM: nat_binary_imm(n, false); return;
  case RIR_SUB_IMM: nat_binary_imm(n, true); return;
  case RIR_NEG: nat_negate(n); return;
  case RIR_POS:
    if (reg_is_float(nat_reg(n, i->b)) || nat_reg(n, i->b)->rep == REP_INT) {
      RegState from = *nat_reg(n, i->b);
      nat_move(n, nat_reg(n, i->a), nat_home(n, i->a), &from, nat_home(n, i->b));
    } else nat_generic(n);
    return;
  case RIR_NOT: nat_set_bool(n, i->a, LLVMBuildNot(n->b, truth(n, i->b), "")); return;
  case RIR_TO_BOOL: nat_set_bool(n, i->a, truth(n, i->b)); return;
  case RIR_LT: case RIR_LE: case RIR_EQ: case RIR_NE: case RIR_GT: case RIR_GE: nat_compare_value(n); return;
  case RIR_IN: nat_contains(n, false); return;
  case RIR_NOT_IN: nat_contains(n, true); return;
  case RIR_WITH_ENTER:
    if (!nat_special_enter(n)) nat_generic(n);
    return;
  case RIR_WITH_EXIT:
    if (!nat_special_exit(n)) nat_generic(n);
    return;
  case RIR_IS: identity(n, false); return;
  case RIR_IS_NOT: identity(n, true); return;
  case RIR_JUMP: nat_edge(n, n->st->inst, (uint32_t)i->e); return;
  case RIR_JUMP_BACK: nat_jump_back(n); return;
  case RIR_JUMP_IF_TRUE: jump_if(n, truth(n, i->a)); return;
  case RIR_JUMP_IF_FALSE: jump_if(n, LLVMBuildNot(n->b, truth(n, i->a), "")); return;
  case RIR_JUMP_IF_NONE: jump_if(n, is_none_test(n, i->a)); return;
  case RIR_JUMP_IF_NOT_NONE: jump_if(n, LLVMBuildNot(n->b, is_none_test(n, i->a), "")); return;
  case RIR_JUMP_IF_EMPTY:
    if (nat_reg(n, i->a)->rep == REP_BOXED) jump_if(n, LLVMBuildICmp(n->b, LLVMIntEQ, nat_get_boxed(n, i->a), k64(n, EMPTY), ""));
    return;
  case RIR_JUMP_IF_IS: case RIR_JUMP_IF_IS_NOT:
    jump_if(n, LLVMBuildICmp(n->b, i->op == RIR_JUMP_IF_IS ? LLVMIntEQ : LLVMIntNE, nat_get_boxed(n, i->a), nat_get_boxed(n, i->b), ""));
    return;
  case RIR_JUMP_LT: case RIR_JUMP_LE: case RIR_JUMP_EQ: case RIR_JUMP_NE: case RIR_JUMP_GT: case RIR_JUMP_GE:
  case RIR_JUMP_NOT_LT: case RIR_JUMP_NOT_LE: case RIR_JUMP_NOT_EQ: case RIR_JUMP_NOT_NE: case RIR_JUMP_NOT_GT: case RIR_JUMP_NOT_GE:
    compare_jump(n, i->op);
    return;
  case RIR_MAKE_CELL: nat_make_cell(n); return;
  case RIR_LOAD_CLOSURE: nat_load_closure(n); return;
  case RIR_LOAD_DEREF: nat_load_deref(n); return;
  case RIR_STORE_DEREF: nat_store_deref(n); return;
  case RIR_GET_ATTR: nat_get_attr(n); return;
  case RIR_SET_ATTR: nat_set_attr(n); return;
  case RIR_GET_ITEM: nat_get_item(n); return;
  case RIR_SET_ITEM: nat_set_item(n); return;
  case RIR_UNPACK_SEQ: nat_unpack(n); return;
  case RIR_BUILD_TUPLE: nat_build_tuple(n); return;
  case RIR_GET_ITER: nat_get_iter(n); return;
  case RIR_FOR_ITER: nat_for_iter(n); return;
  case RIR_CALL: nat_emit_call(n); return;
  case RIR_CALL_METHOD: nat_call_method(n); return;
  case RIR_LOAD_METHOD: nat_load_method(n); return;
  case RIR_LOAD_SUPER: nat_load_super(n); return;
  case RIR_CALL_BOUND: nat_call_bound(n); return;
  case RIR_RETURN: nat_emit_return(n); return;
  case RIR_YIELD: nat_yield(n); return;
  case RIR_RAISE: case RIR_RERAISE: case RIR_RERAISE_CURRENT: case RIR_END_ASYNC_FOR: raise(n); return;
  case RIR_PUSH_HANDLED: push_handled(n); return;
  case RIR_POP_HANDLED: LLVMBuildStore(n->b, nat_get_boxed(n, i->a), nat_thread_field(n, offsetof(RpThread, handled))); return;
  case RIR_RETURN_GENERATOR: nat_exit_now(n); return;
  default: nat_generic(n); return;
  }
}
