/* nat_num.c: numbers: arithmetic and comparison of unboxed ints, doubles and complex numbers; operators of instances. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/names.h"
#include "runtime/ops.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static LLVMValueRef k32(Nat *n, uint32_t v) { return LLVMConstInt(n->i32, v, false); }

/* How two operands will be treated: decided from what is known and, where that leaves it open, from feedback. */
typedef enum Pair { PAIR_INT, PAIR_FLOAT, PAIR_NUMBER /* both as double, result double */, PAIR_COMPLEX, PAIR_OTHER } Pair;

static Pair decide(RegState *a, RegState *b, uint8_t fb) {
  if (reg_is_int(a) && reg_is_int(b)) return PAIR_INT;
  if (reg_is_float(a) && reg_is_float(b)) return PAIR_FLOAT;
  if (reg_is_number(a) && reg_is_number(b)) return PAIR_NUMBER;
  if (reg_is_complex(a) || reg_is_complex(b)) {
    RegState *o = reg_is_complex(a) ? b : a;
    return reg_is_complex(o) || reg_is_number(o) || (o->rep == REP_BOXED && !o->shape) ? PAIR_COMPLEX : PAIR_OTHER;
  }
  uint8_t numeric = FB_INT | FB_FLOAT | FB_INT_FLOAT | FB_FLOAT_INT | FB_OVERFLOW;
  if (fb == 0) { /* never run: believe what one side says */
    if (reg_is_float(a) || reg_is_float(b)) return reg_may_be_float(a) && reg_may_be_float(b) ? PAIR_FLOAT : PAIR_OTHER;
    if (reg_is_int(a) || reg_is_int(b)) return reg_may_be_int(a) && reg_may_be_int(b) ? PAIR_INT : PAIR_OTHER;
    return PAIR_OTHER;
  }
  if (fb == FB_COMPLEX) return PAIR_COMPLEX;
  if (fb & ~numeric) return PAIR_OTHER;
  if (!(fb & ~(FB_INT | FB_OVERFLOW))) return reg_may_be_int(a) && reg_may_be_int(b) ? PAIR_INT : PAIR_OTHER;
  if (fb == FB_FLOAT) return reg_may_be_float(a) && reg_may_be_float(b) ? PAIR_FLOAT : reg_is_number(a) || reg_is_number(b) ? PAIR_NUMBER : PAIR_OTHER;
  if (!(fb & (FB_INT | FB_OVERFLOW))) return PAIR_NUMBER;
  /* ints at times: a float on one side still decides */
  if (reg_is_float(a) || reg_is_float(b)) return PAIR_NUMBER;
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

/* x op y on instances: the Python method of x's class, inlined. Only where the rules of reflected operands cannot interfere: y of the same class, or a number. */
static bool inline_dunder(Nat *n) {
  Str *name = dunder(n->pc->op);
  Type *tx = nat_type(n, n->pc->b), *ty = nat_type(n, n->pc->c);
  if (!name || !tx || !(tx->flags & TYPE_HEAP) || !(ty == tx || reg_is_number(nat_reg(n, n->pc->c)))) return false;
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
LLVMValueRef nat_int_divide(Nat *n, bool mod, LLVMValueRef x, LLVMValueRef y) {
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
  case OP_FLOORDIV: nat_set_int(n, a, nat_int_divide(n, false, x, y)); return true;
  case OP_MOD: nat_set_int(n, a, nat_int_divide(n, true, x, y)); return true;
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
  if (reg_is_float(x) || reg_is_float(y)) return;
  if (reg_is_int(y) || (!reg_is_int(x) && !(fb & FB_INT_FLOAT))) nat_need_float(n, b);
  else if (reg_is_int(x) || !(fb & FB_FLOAT_INT)) nat_need_float(n, c);
  else nat_guard(n, LLVMBuildOr(n->b, nat_is_double(n, nat_get_boxed(n, b)), nat_is_double(n, nat_get_boxed(n, c)), ""));
}

/* Small constant powers of ints are products; of floats, what is finite is the C library's: for everything else the interpreter knows the rules. */
static bool power(Nat *n, Pair p) {
  const RegState *y = nat_reg(n, n->pc->c);
  if (p == PAIR_INT && y->rep == REP_CONST && is_int(y->k) && as_int(y->k) >= 1 && as_int(y->k) <= 4) {
    LLVMValueRef x = nat_need_int(n, n->pc->b), v = x;
    for (int64_t k = as_int(y->k); k > 1; k--) v = overflow_op(n, "llvm.smul.with.overflow", v, x);
    nat_set_int(n, n->pc->a, v);
    return true;
  }
  if (p != PAIR_FLOAT && p != PAIR_NUMBER) return false;
  if (p == PAIR_NUMBER) need_one_float(n, n->pc->b, n->pc->c, load_relaxed(&n->pc->fb));
  LLVMValueRef args[2];
  args[0] = p == PAIR_NUMBER ? nat_need_number(n, n->pc->b) : nat_need_float(n, n->pc->b);
  args[1] = p == PAIR_NUMBER ? nat_need_number(n, n->pc->c) : nat_need_float(n, n->pc->c);
  LLVMValueRef v = nat_call_rt(n, "pow", n->f64, args, 2), diff = LLVMBuildFSub(n->b, v, v, "");
  nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOEQ, diff, LLVMConstReal(n->f64, 0.0), "finite"));
  nat_set_float(n, n->pc->a, v);
  return true;
}

void nat_binary(Nat *n) {
  BinOp op = bin_op(n->pc->op);
  RegState *x = nat_reg(n, n->pc->b), *y = nat_reg(n, n->pc->c);
  Pair p = decide(x, y, load_relaxed(&n->pc->fb));
  if (p == PAIR_INT && op == OP_MUL && (load_relaxed(&n->pc->fb) & FB_OTHER)) p = PAIR_OTHER; /* products beyond 64 bits have been seen */
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
  if (op == OP_POW && power(n, p)) return;
  if (p == PAIR_COMPLEX && complex_arith(n, op)) return;
  if (inline_dunder(n)) return;
  binary_call(n);
}

void nat_binary_imm(Nat *n, bool sub) {
  RegState *x = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  bool as_int_ = reg_is_int(x) || (reg_may_be_int(x) && !(fb & ~(FB_INT | FB_OVERFLOW)));
  bool as_float = reg_is_float(x) || (reg_may_be_float(x) && fb == FB_FLOAT_INT);
  if (as_int_ && !reg_is_float(x)) {
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

void nat_negate(Nat *n) {
  RegState *x = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  if (reg_is_int(x) || (reg_may_be_int(x) && !(fb & ~FB_INT) && !reg_is_float(x))) {
    LLVMValueRef v = nat_need_int(n, n->pc->b);
    nat_set_int(n, n->pc->a, overflow_op(n, "llvm.ssub.with.overflow", k64(n, 0), v));
  } else if (reg_is_float(x) || (reg_may_be_float(x) && fb == FB_FLOAT)) {
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

/* i1 of a comparison of numbers in registers ra, rb; NULL, and nothing emitted: something else. */
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
    i = reg_is_int(x) ? exact_double(n, nat_need_int(n, ra)) : nat_need_number(n, ra);
    j = reg_is_int(y) ? exact_double(n, nat_need_int(n, rb)) : nat_need_number(n, rb);
    return LLVMBuildFCmp(n->b, real_pred[op], i, j, "");
  }
  return NULL;
}

static bool may_be_special(Nat *n) { return !(load_relaxed(&n->pc->fb) & ~FB_OTHER); }

LLVMValueRef nat_compare(Nat *n, CompareOp op, unsigned ra, unsigned rb) {
  LLVMValueRef i1 = compare(n, op, ra, rb);
  if (i1) return i1;
  LLVMValueRef v = may_be_special(n) ? nat_special_compare(n, op, ra, rb) : NULL;
  if (v) return nat_truth_of(n, v);
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, ra), nat_get_boxed(n, rb), k32(n, op)};
  LLVMValueRef t = nat_call_rt(n, "op_compare_bool", n->i32, args, 4);
  nat_check_status(n, t);
  nat_forget(n);
  return LLVMBuildICmp(n->b, LLVMIntNE, t, k32(n, 0), "");
}

void nat_compare_value(Nat *n) {
  CompareOp c = (CompareOp)(n->pc->op - RIR_LT);
  LLVMValueRef t = compare(n, c, n->pc->b, n->pc->c);
  if (t) {
    nat_set_bool(n, n->pc->a, t);
    return;
  }
  LLVMValueRef v = may_be_special(n) ? nat_special_compare(n, c, n->pc->b, n->pc->c) : NULL;
  if (!v) {
    nat_store_pc(n);
    LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c), k32(n, c)};
    v = nat_call_rt(n, "op_compare", n->i64, args, 4);
    nat_check_raise(n, v);
    nat_forget(n);
  }
  nat_set_boxed(n, n->pc->a, v, 0);
}
