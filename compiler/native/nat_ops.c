/* nat_ops.c: operations other than attributes and calls: arithmetic, comparison, jumps, items, iteration; and the way out for all the rest. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/rt_ops.h"
#include "runtime/tuple.h"

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

/* -- What a register can be ------------------------------------------------------ */

static bool maybe_int(RegState *rs) { return rs->rep == REP_INT || rs->rep == REP_BOOL || (rs->rep == REP_BOXED && !rs->shape) || (rs->rep == REP_CONST && (is_int(rs->k) || is_bool(rs->k))); }
static bool surely_int(RegState *rs) { return rs->rep == REP_INT || rs->rep == REP_BOOL || (rs->rep == REP_CONST && (is_int(rs->k) || is_bool(rs->k))); }
static bool surely_float(RegState *rs) { return rs->rep == REP_FLOAT || (rs->rep == REP_CONST && is_double(rs->k)); }
static bool maybe_float(RegState *rs) { return surely_float(rs) || (rs->rep == REP_BOXED && !rs->shape); }
static bool surely_complex(RegState *rs) {
  return rs->rep == REP_COMPLEX || (rs->rep == REP_BOXED && rs->shape == SHAPE_complex) || (rs->rep == REP_CONST && has_shape(rs->k, SHAPE_complex));
}
static bool surely_number(RegState *rs) { return surely_int(rs) || surely_float(rs); }

/* How two operands will be treated: decided from what is known and, where that leaves it open, from feedback. */
typedef enum Pair { PAIR_INT, PAIR_FLOAT, PAIR_NUMBER /* both as double, result double */, PAIR_COMPLEX, PAIR_OTHER } Pair;

static Pair decide(RegState *a, RegState *b, uint8_t fb) {
  if (surely_int(a) && surely_int(b)) return PAIR_INT;
  if (surely_float(a) && surely_float(b)) return PAIR_FLOAT;
  if (surely_number(a) && surely_number(b)) return PAIR_NUMBER;
  if (surely_complex(a) || surely_complex(b)) {
    RegState *o = surely_complex(a) ? b : a;
    return surely_complex(o) || surely_number(o) || (o->rep == REP_BOXED && !o->shape) ? PAIR_COMPLEX : PAIR_OTHER;
  }
  uint8_t numeric = FB_INT | FB_FLOAT | FB_INT_FLOAT | FB_FLOAT_INT | FB_OVERFLOW;
  if (fb == 0) { /* never run: believe what one side says */
    if (surely_float(a) || surely_float(b)) return maybe_float(a) && maybe_float(b) ? PAIR_FLOAT : PAIR_OTHER;
    if (surely_int(a) || surely_int(b)) return maybe_int(a) && maybe_int(b) ? PAIR_INT : PAIR_OTHER;
    return PAIR_OTHER;
  }
  if (fb == FB_COMPLEX) return PAIR_COMPLEX;
  if (fb & ~numeric) return PAIR_OTHER;
  if (!(fb & ~(FB_INT | FB_OVERFLOW))) return maybe_int(a) && maybe_int(b) ? PAIR_INT : PAIR_OTHER;
  if (fb == FB_FLOAT) return maybe_float(a) && maybe_float(b) ? PAIR_FLOAT : surely_number(a) || surely_number(b) ? PAIR_NUMBER : PAIR_OTHER;
  if (!(fb & (FB_INT | FB_OVERFLOW))) return PAIR_NUMBER;
  /* ints at times: a float on one side still decides */
  if (surely_float(a) || surely_float(b)) return PAIR_NUMBER;
  return PAIR_OTHER;
}

/* -- Arithmetic ---------------------------------------------------------------------- */

static BinOp bin_op(unsigned op) { return (BinOp)(op >= RIR_IADD && op <= RIR_IMATMUL ? op - RIR_IADD : op - RIR_ADD); }
static bool in_place(unsigned op) { return op >= RIR_IADD && op <= RIR_IMATMUL; }

/* Dunder of an operator for instances whose class is known. */
static Str *dunder(unsigned op) {
  switch (bin_op(op)) {
  case OP_ADD: return SLOT_NAME(__add__);
  case OP_SUB: return SLOT_NAME(__sub__);
  case OP_MUL: return SLOT_NAME(__mul__);
  case OP_TRUEDIV: return SLOT_NAME(__truediv__);
  case OP_FLOORDIV: return SLOT_NAME(__floordiv__);
  case OP_MOD: return SLOT_NAME(__mod__);
  default: return NULL;
  }
}
static Str *in_place_dunder(unsigned op) {
  switch (bin_op(op)) {
  case OP_ADD: return SLOT_NAME(__iadd__);
  case OP_SUB: return SLOT_NAME(__isub__);
  case OP_MUL: return SLOT_NAME(__imul__);
  case OP_TRUEDIV: return SLOT_NAME(__itruediv__);
  case OP_FLOORDIV: return SLOT_NAME(__ifloordiv__);
  case OP_MOD: return SLOT_NAME(__imod__);
  default: return NULL;
  }
}

static Type *known_type(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_VIRTUAL) return n->st->virtuals[rs->virt].type;
  if (rs->rep == REP_BOXED && rs->shape) return rp_shapes[rs->shape]->type;
  return NULL;
}

/* x op y on instances: the Python method of x's class, inlined. Only where the rules of reflected operands cannot interfere: y of the same class, or a number. */
static bool inline_dunder(Nat *n) {
  Str *name = dunder(n->pc->op);
  Type *tx = known_type(n, n->pc->b), *ty = known_type(n, n->pc->c);
  if (!name || !tx || !(tx->flags & TYPE_HEAP) || !(ty == tx || surely_number(nat_reg(n, n->pc->c)))) return false;
  if (in_place(n->pc->op) && type_lookup(n->th, tx, in_place_dunder(n->pc->op)) != EMPTY) return false;
  Function *fn;
  if (!nat_method_on(n, n->pc->b, name, &fn)) return false;
  unsigned regs[2] = {n->pc->b, n->pc->c};
  return nat_inline_regs(n, fn, regs, 2);
}

/* Everything else: the generic operation as a plain C call on boxed operands. */
static void binary_call(Nat *n) {
  nat_store_pc(n);
  LLVMValueRef a = nat_get_boxed(n, n->pc->b), b = nat_get_boxed(n, n->pc->c);
  LLVMValueRef args[] = {n->arg_th, k32(n, bin_op(n->pc->op)), a, b};
  LLVMValueRef v = nat_call_rt(n, in_place(n->pc->op) ? "op_inplace" : "op_binary", n->i64, args, 4);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

static LLVMValueRef overflow_op(Nat *n, const char *intrinsic, LLVMValueRef x, LLVMValueRef y) {
  unsigned id = LLVMLookupIntrinsicID(intrinsic, strlen(intrinsic));
  LLVMValueRef f = LLVMGetIntrinsicDeclaration(n->mod, id, &n->i64, 1);
  LLVMTypeRef t = LLVMIntrinsicGetType(n->lc, id, &n->i64, 1);
  LLVMValueRef args[] = {x, y};
  LLVMValueRef pair = LLVMBuildCall2(n->b, t, f, args, 2, "");
  nat_guard(n, LLVMBuildNot(n->b, LLVMBuildExtractValue(n->b, pair, 1, ""), ""));
  return LLVMBuildExtractValue(n->b, pair, 0, "");
}

/* Floor division and modulo of ints by a divisor that is not zero (and the pair does not overflow). */
static LLVMValueRef int_divide(Nat *n, bool mod, LLVMValueRef x, LLVMValueRef y) {
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, y, k64(n, 0), ""));
  if (!(LLVMIsAConstantInt(y) && LLVMConstIntGetSExtValue(y) != -1)) {
    LLVMValueRef minus1 = LLVMBuildICmp(n->b, LLVMIntEQ, y, k64(n, (uint64_t)-1), "");
    LLVMValueRef lowest = LLVMBuildICmp(n->b, LLVMIntEQ, x, k64(n, (uint64_t)INT64_MIN), "");
    nat_guard(n, LLVMBuildNot(n->b, LLVMBuildAnd(n->b, minus1, lowest, ""), ""));
  }
  LLVMValueRef rem = LLVMBuildSRem(n->b, x, y, "");
  LLVMValueRef adjust = LLVMBuildAnd(n->b, LLVMBuildICmp(n->b, LLVMIntNE, rem, k64(n, 0), ""),
                                     LLVMBuildICmp(n->b, LLVMIntSLT, LLVMBuildXor(n->b, rem, y, ""), k64(n, 0), ""), "");
  if (mod) return LLVMBuildAdd(n->b, rem, LLVMBuildSelect(n->b, adjust, y, k64(n, 0), ""), "");
  LLVMValueRef q = LLVMBuildSDiv(n->b, x, y, "");
  return LLVMBuildSub(n->b, q, LLVMBuildZExt(n->b, adjust, n->i64, ""), "");
}

/* Both exact as doubles, so that the quotient is correctly rounded. */
static LLVMValueRef exact_double(Nat *n, LLVMValueRef x) {
  LLVMValueRef biased = LLVMBuildAdd(n->b, x, k64(n, 1ull << 53), "");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntULE, biased, k64(n, 1ull << 54), ""));
  return LLVMBuildSIToFP(n->b, x, n->f64, "");
}

static bool int_arith(Nat *n, BinOp op, LLVMValueRef x, LLVMValueRef y) {
  unsigned a = n->pc->a;
  switch (op) {
  case OP_ADD: nat_set_int(n, a, overflow_op(n, "llvm.sadd.with.overflow", x, y)); return true;
  case OP_SUB: nat_set_int(n, a, overflow_op(n, "llvm.ssub.with.overflow", x, y)); return true;
  case OP_MUL: nat_set_int(n, a, overflow_op(n, "llvm.smul.with.overflow", x, y)); return true;
  case OP_TRUEDIV: {
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, y, k64(n, 0), ""));
    LLVMValueRef p = exact_double(n, x), q = exact_double(n, y);
    nat_set_float(n, a, LLVMBuildFDiv(n->b, p, q, ""));
    return true;
  }
  case OP_FLOORDIV: nat_set_int(n, a, int_divide(n, false, x, y)); return true;
  case OP_MOD: nat_set_int(n, a, int_divide(n, true, x, y)); return true;
  case OP_AND: nat_set_int(n, a, LLVMBuildAnd(n->b, x, y, "")); return true;
  case OP_OR: nat_set_int(n, a, LLVMBuildOr(n->b, x, y, "")); return true;
  case OP_XOR: nat_set_int(n, a, LLVMBuildXor(n->b, x, y, "")); return true;
  case OP_LSHIFT: {
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntULT, y, k64(n, 63), ""));
    LLVMValueRef s = LLVMBuildShl(n->b, x, y, "");
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, LLVMBuildAShr(n->b, s, y, ""), x, ""));
    nat_set_int(n, a, s);
    return true;
  }
  case OP_RSHIFT: {
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntSGE, y, k64(n, 0), ""));
    LLVMValueRef big = LLVMBuildICmp(n->b, LLVMIntUGT, y, k64(n, 63), "");
    nat_set_int(n, a, LLVMBuildAShr(n->b, x, LLVMBuildSelect(n->b, big, k64(n, 63), y, ""), ""));
    return true;
  }
  default: return false;
  }
}

static bool float_arith(Nat *n, BinOp op, LLVMValueRef x, LLVMValueRef y) {
  unsigned a = n->pc->a;
  LLVMValueRef args[] = {x, y};
  switch (op) {
  case OP_ADD: nat_set_float(n, a, LLVMBuildFAdd(n->b, x, y, "")); return true;
  case OP_SUB: nat_set_float(n, a, LLVMBuildFSub(n->b, x, y, "")); return true;
  case OP_MUL: nat_set_float(n, a, LLVMBuildFMul(n->b, x, y, "")); return true;
  case OP_TRUEDIV:
    nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealUNE, y, LLVMConstReal(n->f64, 0.0), ""));
    nat_set_float(n, a, LLVMBuildFDiv(n->b, x, y, ""));
    return true;
  case OP_FLOORDIV: case OP_MOD:
    nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealUNE, y, LLVMConstReal(n->f64, 0.0), ""));
    nat_set_float(n, a, nat_call_rt(n, op == OP_MOD ? "float_mod" : "float_floordiv", n->f64, args, 2));
    return true;
  default: return false;
  }
}

/* (a+bi)(c+di), as C and CPython compute it: no special cases for infinities. */
static bool complex_arith(Nat *n, BinOp op) {
  LLVMValueRef a, b, c, d;
  if (op != OP_ADD && op != OP_SUB && op != OP_MUL) return false;
  if (!nat_need_complex(n, n->pc->b, &a, &b) || !nat_need_complex(n, n->pc->c, &c, &d)) return false;
  LLVMBuilderRef B = n->b;
  if (op == OP_ADD) nat_set_complex(n, n->pc->a, LLVMBuildFAdd(B, a, c, ""), LLVMBuildFAdd(B, b, d, ""));
  else if (op == OP_SUB) nat_set_complex(n, n->pc->a, LLVMBuildFSub(B, a, c, ""), LLVMBuildFSub(B, b, d, ""));
  else
    nat_set_complex(n, n->pc->a, LLVMBuildFSub(B, LLVMBuildFMul(B, a, c, ""), LLVMBuildFMul(B, b, d, ""), ""),
                    LLVMBuildFAdd(B, LLVMBuildFMul(B, a, d, ""), LLVMBuildFMul(B, b, c, ""), ""));
  return true;
}

/* Of two numbers at least one is a float, or the result would be none: proven by the side that feedback saw as one. */
static void need_one_float(Nat *n, unsigned b, unsigned c, uint8_t fb) {
  RegState *x = nat_reg(n, b), *y = nat_reg(n, c);
  if (surely_float(x) || surely_float(y)) return;
  if (surely_int(y) || (!surely_int(x) && !(fb & FB_INT_FLOAT))) nat_need_float(n, b);
  else if (surely_int(x) || !(fb & FB_FLOAT_INT)) nat_need_float(n, c);
  else nat_guard(n, LLVMBuildOr(n->b, nat_is_double(n, nat_get_boxed(n, b)), nat_is_double(n, nat_get_boxed(n, c)), ""));
}

static void binary(Nat *n) {
  BinOp op = bin_op(n->pc->op);
  RegState *x = nat_reg(n, n->pc->b), *y = nat_reg(n, n->pc->c);
  Pair p = decide(x, y, load_relaxed(&n->pc->fb));
  if (p == PAIR_INT && op != OP_POW && op != OP_MATMUL) {
    LLVMValueRef i = nat_need_int(n, n->pc->b), j = nat_need_int(n, n->pc->c);
    bool bools = (x->rep == REP_BOOL && y->rep == REP_BOOL) && (op == OP_AND || op == OP_OR || op == OP_XOR);
    if (!bools && int_arith(n, op, i, j)) return;
  }
  if ((p == PAIR_FLOAT || p == PAIR_NUMBER) && (op <= OP_MOD)) {
    bool num = p == PAIR_NUMBER;
    if (num) need_one_float(n, n->pc->b, n->pc->c, load_relaxed(&n->pc->fb));
    LLVMValueRef i = num ? nat_need_number(n, n->pc->b) : nat_need_float(n, n->pc->b);
    LLVMValueRef j = num ? nat_need_number(n, n->pc->c) : nat_need_float(n, n->pc->c);
    if (float_arith(n, op, i, j)) return;
  }
  if (p == PAIR_COMPLEX && complex_arith(n, op)) return;
  if (inline_dunder(n)) return;
  binary_call(n);
}

static void binary_imm(Nat *n, bool sub) {
  RegState *x = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  bool as_int_ = surely_int(x) || (maybe_int(x) && !(fb & ~(FB_INT | FB_OVERFLOW)));
  bool as_float = surely_float(x) || (maybe_float(x) && fb == FB_FLOAT_INT);
  if (as_int_ && !surely_float(x)) {
    LLVMValueRef v = nat_need_int(n, n->pc->b);
    nat_set_int(n, n->pc->a, overflow_op(n, sub ? "llvm.ssub.with.overflow" : "llvm.sadd.with.overflow", v, k64(n, (uint64_t)(int64_t)n->pc->e)));
    return;
  }
  if (as_float) {
    LLVMValueRef v = nat_need_float(n, n->pc->b), k = LLVMConstReal(n->f64, (double)n->pc->e);
    nat_set_float(n, n->pc->a, sub ? LLVMBuildFSub(n->b, v, k, "") : LLVMBuildFAdd(n->b, v, k, ""));
    return;
  }
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, k32(n, sub ? OP_SUB : OP_ADD), nat_get_boxed(n, n->pc->b), nat_const_value(n, value_int(n->pc->e))};
  LLVMValueRef v = nat_call_rt(n, n->pc->f ? "op_inplace" : "op_binary", n->i64, args, 4);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

static void negate(Nat *n) {
  RegState *x = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  if (surely_int(x) || (maybe_int(x) && !(fb & ~FB_INT) && !surely_float(x))) {
    LLVMValueRef v = nat_need_int(n, n->pc->b);
    nat_set_int(n, n->pc->a, overflow_op(n, "llvm.ssub.with.overflow", k64(n, 0), v));
  } else if (surely_float(x) || (maybe_float(x) && fb == FB_FLOAT)) {
    nat_set_float(n, n->pc->a, LLVMBuildFNeg(n->b, nat_need_float(n, n->pc->b), ""));
  } else {
    nat_store_pc(n);
    LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b)};
    LLVMValueRef v = nat_call_rt(n, "op_neg", n->i64, args, 2);
    nat_check_raise(n, v);
    nat_forget(n);
    nat_set_boxed(n, n->pc->a, v, 0);
  }
}

/* -- Comparison -------------------------------------------------------------------------- */

static const LLVMIntPredicate int_pred[] = {LLVMIntSLT, LLVMIntSLE, LLVMIntEQ, LLVMIntNE, LLVMIntSGT, LLVMIntSGE};
static const LLVMRealPredicate real_pred[] = {LLVMRealOLT, LLVMRealOLE, LLVMRealOEQ, LLVMRealUNE, LLVMRealOGT, LLVMRealOGE};

/* i1 of a comparison of registers ra, rb, or NULL when it was emitted as a call whose i32 truth is in *call. */
static LLVMValueRef compare(Nat *n, CompareOp op, unsigned ra, unsigned rb) {
  RegState *x = nat_reg(n, ra), *y = nat_reg(n, rb);
  Pair p = decide(x, y, load_relaxed(&n->pc->fb));
  if (p == PAIR_INT) {
    LLVMValueRef i = nat_need_int(n, ra), j = nat_need_int(n, rb);
    return LLVMBuildICmp(n->b, int_pred[op], i, j, "");
  }
  if (p == PAIR_FLOAT) {
    LLVMValueRef i = nat_need_float(n, ra), j = nat_need_float(n, rb);
    return LLVMBuildFCmp(n->b, real_pred[op], i, j, "");
  }
  if (p == PAIR_NUMBER) { /* ints compare exactly with floats: they must be exact as doubles */
    LLVMValueRef i, j;
    i = surely_int(x) ? exact_double(n, nat_need_int(n, ra)) : nat_need_number(n, ra);
    j = surely_int(y) ? exact_double(n, nat_need_int(n, rb)) : nat_need_number(n, rb);
    return LLVMBuildFCmp(n->b, real_pred[op], i, j, "");
  }
  return NULL;
}

static LLVMValueRef compare_call(Nat *n, CompareOp op, unsigned ra, unsigned rb) {
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, ra), nat_get_boxed(n, rb), k32(n, op)};
  LLVMValueRef t = nat_call_rt(n, "op_compare_bool", n->i32, args, 4);
  nat_check_status(n, t);
  nat_forget(n);
  return LLVMBuildICmp(n->b, LLVMIntNE, t, k32(n, 0), "");
}

/* A two-way branch; the unlikely side is not known, so no weights. */
static void branch(Nat *n, LLVMValueRef cond, uint32_t target) {
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
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, r)};
  LLVMValueRef t = nat_call_rt(n, "native_truth", n->i32, args, 2);
  nat_check_status(n, t);
  nat_forget(n);
  return LLVMBuildICmp(n->b, LLVMIntNE, t, k32(n, 0), "");
}

/* -- Items ---------------------------------------------------------------------------------- */

/* Address of the items; *len: i64. */
static LLVMValueRef list_items(Nat *n, LLVMValueRef list, LLVMValueRef *len) {
  LLVMValueRef array = nat_load(n, n->i64, list, offsetof(List, array), MEM_ARRAY, "array");
  *len = LLVMBuildZExt(n->b, nat_load(n, n->i32, array, offsetof(Array, length), MEM_LENGTH, ""), n->i64, "len");
  return nat_slot_ptr(n, array, offsetof(Array, items));
}
static LLVMValueRef tuple_items(Nat *n, LLVMValueRef tuple, LLVMValueRef *len) {
  *len = nat_load(n, n->i64, tuple, offsetof(Tuple, length), MEM_LENGTH, "len");
  return nat_slot_ptr(n, tuple, offsetof(Tuple, items));
}
static LLVMValueRef item_at(Nat *n, LLVMValueRef items, LLVMValueRef i) {
  return nat_tagged(n, LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i64, items, &i, 1, ""), "item"), MEM_ITEM);
}

/* i, from the end if it is negative, inside of a sequence of len items. */
static LLVMValueRef item_index(Nat *n, LLVMValueRef i, LLVMValueRef len) {
  LLVMValueRef neg = LLVMBuildICmp(n->b, LLVMIntSLT, i, k64(n, 0), "");
  LLVMValueRef at = LLVMBuildAdd(n->b, i, LLVMBuildSelect(n->b, neg, len, k64(n, 0), ""), "");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntULT, at, len, ""));
  return at;
}

static void get_item(Nat *n) {
  uint8_t fb = load_relaxed(&n->pc->fb);
  unsigned b = n->pc->b, c = n->pc->c;
  RegState *key = nat_reg(n, c);
  if ((fb == FB_I_LIST || fb == FB_I_TUPLE) && maybe_int(key)) {
    bool list = fb == FB_I_LIST;
    LLVMValueRef o = nat_need_shape(n, b, list ? SHAPE_list : SHAPE_tuple);
    LLVMValueRef i = nat_need_int(n, c), len, items;
    if (list) {
      items = list_items(n, o, &len);
    } else {
      items = tuple_items(n, o, &len);
    }
    LLVMValueRef v = item_at(n, items, item_index(n, i, len));
    if (nat_wanted_as_float(n)) {
      nat_guard(n, nat_is_double(n, v));
      nat_set_float(n, n->pc->a, nat_unbox_double(n, v));
      return;
    }
    if (list) nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
    nat_set_boxed(n, n->pc->a, v, 0);
    return;
  }
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, b), nat_get_boxed(n, c)};
  LLVMValueRef v = nat_call_rt(n, "op_getitem", n->i64, args, 3);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* list[i] = v. With several threads writers lock: out of line. */
static void set_list_item(Nat *n) {
  const Instr *p = n->pc;
  LLVMValueRef list = nat_need_shape(n, p->a, SHAPE_list), i = nat_need_int(n, p->b), len;
  if (n->th->multi) {
    nat_store_pc(n);
    LLVMValueRef args[] = {n->arg_th, list, nat_get_boxed(n, p->b), nat_get_boxed(n, p->c)};
    nat_check_status(n, nat_call_rt(n, "native_list_set", n->i32, args, 4));
    return;
  }
  nat_check(n, &(Check){.kind = CHECK_ALONE, .what = n->th->ctx});
  LLVMValueRef v = nat_get_boxed(n, p->c); /* may allocate: before addresses inside of the list are at hand */
  LLVMValueRef array = nat_load(n, n->i64, list, offsetof(List, array), MEM_ARRAY, "array");
  len = LLVMBuildZExt(n->b, nat_load(n, n->i32, array, offsetof(Array, length), MEM_LENGTH, ""), n->i64, "len");
  LLVMValueRef at = item_index(n, i, len);
  nat_store_value(n, array, LLVMBuildGEP2(n->b, n->i64, nat_slot_ptr(n, array, offsetof(Array, items)), &at, 1, ""), p->c, v, MEM_ITEM);
}

static void set_item(Nat *n) {
  if (load_relaxed(&n->pc->fb) == FB_I_LIST && maybe_int(nat_reg(n, n->pc->b))) {
    set_list_item(n);
    return;
  }
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->a), nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c)};
  nat_check_status(n, nat_call_rt(n, "op_setitem", n->i32, args, 4));
  nat_forget(n);
}

/* The tuple's items are known good values: plain loads. */
static void unpack(Nat *n) {
  if (load_relaxed(&n->pc->fb) != FB_I_TUPLE) {
    nat_generic(n);
    return;
  }
  LLVMValueRef o = nat_need_shape(n, n->pc->a, SHAPE_tuple);
  LLVMValueRef len = nat_load(n, n->i64, o, offsetof(Tuple, length), MEM_LENGTH, "");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, len, k64(n, n->pc->c), ""));
  for (unsigned k = 0; k < n->pc->c; k++)
    nat_set_boxed(n, n->pc->b + k, nat_load(n, n->i64, o, (uint32_t)(offsetof(Tuple, items) + 8 * k), MEM_ITEM, ""), 0);
}

static void build_tuple(Nat *n) {
  unsigned c = n->pc->c;
  if (c == 0) {
    nat_set_const(n, n->pc->a, value_object(tuple_empty_));
    return;
  }
  if (c > (SMALL_MAX - sizeof(Tuple)) / 8) {
    nat_generic(n);
    return;
  }
  LLVMValueRef items[SMALL_MAX / 8];
  for (unsigned k = 0; k < c; k++) items[k] = nat_get_boxed(n, n->pc->b + k);
  LLVMValueRef t = nat_alloc(n, SHAPE_tuple, K_TUPLE, sizeof(Tuple) + 8 * c);
  nat_store(n, k64(n, c), t, offsetof(Tuple, length), MEM_LENGTH);
  for (unsigned k = 0; k < c + (c & 1); k++) /* the padding word as well: cells are zeroed */
    nat_store(n, k < c ? items[k] : k64(n, EMPTY), t, (uint32_t)(offsetof(Tuple, items) + 8 * k), MEM_ITEM);
  nat_set_boxed(n, n->pc->a, t, SHAPE_tuple);
}

/* -- Iteration -------------------------------------------------------------------------------- */

/* Next value of a range iterator whose object is at hand: two fields in memory. */
static void for_range(Nat *n) {
  LLVMValueRef it = nat_need_shape(n, n->pc->b, SHAPE_range_iterator);
  LLVMValueRef left = nat_load(n, n->i64, it, offsetof(Iter, limit), MEM_LIMIT, "left");
  branch(n, LLVMBuildICmp(n->b, LLVMIntSLE, left, k64(n, 0), ""), (uint32_t)n->pc->e);
  LLVMValueRef v = nat_load(n, n->i64, it, offsetof(Iter, index), MEM_INDEX, "i"), step = nat_load(n, n->i64, it, offsetof(Iter, step), MEM_STEP, "step");
  nat_store(n, LLVMBuildSub(n->b, left, k64(n, 1), ""), it, offsetof(Iter, limit), MEM_LIMIT);
  nat_store(n, LLVMBuildAdd(n->b, v, step, ""), it, offsetof(Iter, index), MEM_INDEX);
  nat_set_int(n, n->pc->a, v);
}

/* Lists and tuples, as iter_list_next and iter_tuple_next do it. The end is outside of the loop and no call, so that in a loop without calls the sequence,
** its array and the position stay in machine registers. */
static void for_sequence(Nat *n, bool list) {
  LLVMValueRef it = nat_need_shape(n, n->pc->b, list ? SHAPE_list_iterator : SHAPE_tuple_iterator);
  LLVMValueRef seq = nat_load(n, n->i64, it, offsetof(Iter, seq), MEM_SEQ, "seq"), len;
  LLVMBasicBlockRef have = LLVMAppendBasicBlockInContext(n->lc, n->fn, "seq"), next = LLVMAppendBasicBlockInContext(n->lc, n->fn, "next");
  LLVMBasicBlockRef end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "end"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, seq, k64(n, EMPTY), ""), have, end);
  LLVMPositionBuilderAtEnd(n->b, have);
  LLVMValueRef i = nat_load(n, n->i64, it, offsetof(Iter, index), MEM_INDEX, "i");
  /* Nobody looks at the position behind the end; and what every iteration stores can wait in a machine register until the loop ends. */
  nat_store(n, LLVMBuildAdd(n->b, i, k64(n, 1), ""), it, offsetof(Iter, index), MEM_INDEX);
  LLVMValueRef items = list ? list_items(n, seq, &len) : tuple_items(n, seq, &len);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntULT, i, len, ""), next, end);
  LLVMPositionBuilderAtEnd(n->b, end);
  State *st = state_copy(n, n->st);
  nat_store(n, k64(n, EMPTY), it, offsetof(Iter, seq), MEM_SEQ);
  nat_edge(n, n->st->inst, (uint32_t)n->pc->e);
  n->st = st;
  n->stop = false;
  LLVMPositionBuilderAtEnd(n->b, next);
  LLVMValueRef item = item_at(n, items, i);
  if (list) LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, item, k64(n, EMPTY), ""), go, end);
  else LLVMBuildBr(n->b, go);
  LLVMPositionBuilderAtEnd(n->b, go);
  nat_set_boxed(n, n->pc->a, item, 0);
}

/* Any other iterator, generators above all: its next slot, without a detour through the frame. */
static void for_any(Nat *n) {
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b)};
  nat_store_pc(n);
  LLVMValueRef v = nat_call_rt(n, "native_next", n->i64, args, 2);
  nat_forget(n);
  LLVMBasicBlockRef item = LLVMAppendBasicBlockInContext(n->lc, n->fn, "item"), end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "end");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""), item, end);
  State *st = state_copy(n, n->st);
  LLVMPositionBuilderAtEnd(n->b, end);
  nat_check_status(n, nat_call_rt(n, "native_pending", n->i32, &n->arg_th, 1));
  nat_edge(n, n->st->inst, (uint32_t)n->pc->e);
  n->st = st;
  n->stop = false;
  n->raise_block = NULL;
  LLVMPositionBuilderAtEnd(n->b, item);
  nat_set_boxed(n, n->pc->a, v, 0);
}

static void for_iter(Nat *n) {
  RegState *rs = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  uint32_t next = (uint32_t)(n->pc - n->st->inst->code->instrs) + 1;
  bool plain = !n->st->inst->flow->target[next];
  if (plain && (fb == FB_IT_RANGE || (rs->rep == REP_BOXED && rs->shape == SHAPE_range_iterator))) for_range(n);
  else if (plain && fb == FB_IT_LIST) for_sequence(n, true);
  else if (plain && fb == FB_IT_TUPLE) for_sequence(n, false);
  else if (plain && !n->st->inst->parent) for_any(n);
  else nat_generic(n);
}

static void get_iter(Nat *n) {
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b)};
  LLVMValueRef v = nat_call_rt(n, "op_iter", n->i64, args, 2);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* -- Exceptions ----------------------------------------------------------------------------------- */

static LLVMValueRef thread_field(Nat *n, size_t offset) {
  LLVMValueRef off = k64(n, offset);
  return LLVMBuildGEP2(n->b, n->i8, n->arg_th, &off, 1, "");
}

static void push_handled(Nat *n) {
  LLVMValueRef exc = nat_get_boxed(n, n->pc->b), p = thread_field(n, offsetof(RpThread, handled));
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
    LLVMBuildStore(n->b, nat_get_boxed(n, n->pc->a), thread_field(n, offsetof(RpThread, pending)));
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

/* The first way is taken nearly always. */
static void weigh(Nat *n, LLVMValueRef branch) {
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), k32(n, 100000), k32(n, 1)};
  LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
}

/* -- Loops ---------------------------------------------------------------------------------------- */

/* Forgets, but for shapes in fields of instances that are not allocated: these are tested at once. Those of registers are tested on the way to the head. */
static void confirm_virtuals(Nat *n) {
  State *before = state_copy(n, n->st);
  nat_forget(n);
  n->exit_block = NULL; /* what was known on other edges is written there */
  for (int v = 0; v < MAX_VIRTUALS; v++)
    for (int k = 0; before->virtuals[v].live && k < before->virtuals[v].shape->n_slots; k++) {
      RegState *rs = &n->st->virtuals[v].fields[k];
      uint32_t shape = before->virtuals[v].fields[k].shape;
      if (rs->rep != REP_BOXED || !shape) continue;
      LLVMValueRef id = nat_load(n, n->i32, nat_load_boxed(n, rs, &n->st->virtuals[v].homes[k]), 0, MEM_SHAPE, "shape");
      nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, id, k32(n, shape), ""));
      rs->shape = shape;
    }
}

/* The end of a strip: the poll, then the next strip. What the poll ran, or another thread has done meanwhile, may have changed shapes and classes. */
static void end_strip(Nat *n, uint32_t head) {
  LLVMBasicBlockRef wanted = LLVMAppendBasicBlockInContext(n->lc, n->fn, "poll"), quiet = LLVMAppendBasicBlockInContext(n->lc, n->fn, "quiet");
  LLVMBasicBlockRef calm = LLVMAppendBasicBlockInContext(n->lc, n->fn, "calm"), again = LLVMAppendBasicBlockInContext(n->lc, n->fn, "again");
  LLVMValueRef word = LLVMBuildLoad2(n->b, n->i32, thread_field(n, offsetof(RpThread, poll)), "poll");
  LLVMSetOrdering(word, LLVMAtomicOrderingAcquire); /* nothing that was loaded before it is known behind it */
  LLVMSetAlignment(word, 4);
  weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, word, k32(n, 0), ""), quiet, wanted));
  LLVMPositionBuilderAtEnd(n->b, wanted);
  nat_store_pc(n);
  nat_check_status(n, nat_call_rt(n, "native_poll", n->i32, &n->arg_th, 1));
  LLVMBuildBr(n->b, again);
  LLVMPositionBuilderAtEnd(n->b, quiet);
  LLVMValueRef multi = nat_tagged(n, LLVMBuildLoad2(n->b, n->i8, thread_field(n, offsetof(RpThread, multi)), "multi"), MEM_THREAD);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, multi, LLVMConstInt(n->i8, 0, false), ""), calm, again);
  LLVMPositionBuilderAtEnd(n->b, calm);
  State *st = state_copy(n, n->st);
  Version *next = nat_edge(n, n->st->inst, head);
  n->st = st;
  LLVMPositionBuilderAtEnd(n->b, again);
  confirm_virtuals(n);
  nat_edge_again(n, next);
}

static void jump_back(Nat *n) {
  uint32_t head = (uint32_t)n->pc->e;
  LLVMValueRef fuel = nat_fuel(n, n->st->inst, head);
  LLVMValueRef left = LLVMBuildSub(n->b, LLVMBuildLoad2(n->b, n->i32, fuel, ""), k32(n, 1), "fuel");
  LLVMBuildStore(n->b, left, fuel);
  LLVMBasicBlockRef on = LLVMAppendBasicBlockInContext(n->lc, n->fn, "on"), end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "strip.end");
  weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, left, k32(n, 0), ""), on, end));
  n->st->n_checked = 0;
  State *st = state_copy(n, n->st);
  LLVMPositionBuilderAtEnd(n->b, on);
  if (!nat_edge_back(n, head)) LLVMBuildBr(n->b, end); /* only strips begin another version: so that no way around the loop is without a poll */
  n->st = st;
  LLVMPositionBuilderAtEnd(n->b, end);
  end_strip(n, head);
}

/* -- Dispatch --------------------------------------------------------------------------------------- */

static Value const_at(Nat *n, int i) { return n->st->inst->code->consts->items[i]; }

static void identity(Nat *n, bool negate_) {
  LLVMValueRef eq = LLVMBuildICmp(n->b, negate_ ? LLVMIntNE : LLVMIntEQ, nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c), "");
  nat_set_bool(n, n->pc->a, eq);
}

static void jump_if(Nat *n, LLVMValueRef cond) { branch(n, cond, (uint32_t)n->pc->e); }

static LLVMValueRef is_none_test(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_CONST) return LLVMConstInt(n->i1, rs->k == NONE, false);
  if (rs->rep != REP_BOXED || rs->shape) return LLVMConstInt(n->i1, 0, false);
  return LLVMBuildICmp(n->b, LLVMIntEQ, nat_get_boxed(n, r), k64(n, NONE), "");
}

static void compare_jump(Nat *n, unsigned op) {
  bool not_ = op >= RIR_JUMP_NOT_LT;
  CompareOp c = (CompareOp)(op - (not_ ? RIR_JUMP_NOT_LT : RIR_JUMP_LT));
  LLVMValueRef t = compare(n, c, n->pc->a, n->pc->b);
  if (!t) t = compare_call(n, c, n->pc->a, n->pc->b);
  jump_if(n, not_ ? LLVMBuildNot(n->b, t, "") : t);
}

static void compare_value(Nat *n) {
  CompareOp c = (CompareOp)(n->pc->op - RIR_LT);
  LLVMValueRef t = compare(n, c, n->pc->b, n->pc->c);
  if (t) {
    nat_set_bool(n, n->pc->a, t);
    return;
  }
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c), k32(n, c)};
  LLVMValueRef v = nat_call_rt(n, "op_compare", n->i64, args, 4);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
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
  case RIR_IRSHIFT: case RIR_IAND: case RIR_IOR: case RIR_IXOR: case RIR_IMATMUL: binary(n); return;
  case RIR_ADD_IMM: binary_imm(n, false); return;
  case RIR_SUB_IMM: binary_imm(n, true); return;
  case RIR_NEG: negate(n); return;
  case RIR_POS:
    if (surely_float(nat_reg(n, i->b)) || nat_reg(n, i->b)->rep == REP_INT) {
      RegState from = *nat_reg(n, i->b);
      nat_move(n, nat_reg(n, i->a), nat_home(n, i->a), &from, nat_home(n, i->b));
    } else nat_generic(n);
    return;
  case RIR_NOT: nat_set_bool(n, i->a, LLVMBuildNot(n->b, truth(n, i->b), "")); return;
  case RIR_TO_BOOL: nat_set_bool(n, i->a, truth(n, i->b)); return;
  case RIR_LT: case RIR_LE: case RIR_EQ: case RIR_NE: case RIR_GT: case RIR_GE: compare_value(n); return;
  case RIR_IS: identity(n, false); return;
  case RIR_IS_NOT: identity(n, true); return;
  case RIR_JUMP: nat_edge(n, n->st->inst, (uint32_t)i->e); return;
  case RIR_JUMP_BACK: jump_back(n); return;
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
  case RIR_GET_ATTR: nat_get_attr(n); return;
  case RIR_SET_ATTR: nat_set_attr(n); return;
  case RIR_GET_ITEM: get_item(n); return;
  case RIR_SET_ITEM: set_item(n); return;
  case RIR_UNPACK_SEQ: unpack(n); return;
  case RIR_BUILD_TUPLE: build_tuple(n); return;
  case RIR_GET_ITER: get_iter(n); return;
  case RIR_FOR_ITER: for_iter(n); return;
  case RIR_CALL: nat_emit_call(n); return;
  case RIR_CALL_METHOD: nat_call_method(n); return;
  case RIR_LOAD_METHOD: nat_load_method(n); return;
  case RIR_LOAD_SUPER: nat_load_super(n); return;
  case RIR_CALL_BOUND: nat_call_bound(n); return;
  case RIR_RETURN: nat_emit_return(n); return;
  case RIR_YIELD: nat_yield(n); return;
  case RIR_RAISE: case RIR_RERAISE: case RIR_RERAISE_CURRENT: case RIR_END_ASYNC_FOR: raise(n); return;
  case RIR_PUSH_HANDLED: push_handled(n); return;
  case RIR_POP_HANDLED: LLVMBuildStore(n->b, nat_get_boxed(n, i->a), thread_field(n, offsetof(RpThread, handled))); return;
  case RIR_RETURN_GENERATOR: nat_exit_now(n); return;
  default: nat_generic(n); return;
  }
}
