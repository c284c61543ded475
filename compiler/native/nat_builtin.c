/* nat_builtin.c: builtin functions and types that have code of their own: abs, min, max, len, isinstance, divmod, round, float, int, complex; math.floor, math.ceil. Whatever their arguments turn out to be, what is
** not covered here is an ordinary call. How to add one: a row in `builtins`, a function that emits it or says no before it has emitted anything. */
#include "compiler/native/nat.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

static LLVMValueRef intrinsic(Nat *n, const char *name, LLVMTypeRef t, LLVMValueRef *args, unsigned n_args) {
  unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
  LLVMValueRef f = LLVMGetIntrinsicDeclaration(n->mod, id, &t, 1);
  return LLVMBuildCall2(n->b, LLVMIntrinsicGetType(n->lc, id, &t, 1), f, args, n_args, "");
}

/* -- Functions ------------------------------------------------------------------------ */

static bool emit_abs(Nat *n, const unsigned *args, unsigned n_args, Value callee) {
  if (n_args != 1) return false;
  RegState *rs = nat_reg(n, args[0]);
  if (reg_is_float(rs)) {
    LLVMValueRef d = nat_need_float(n, args[0]);
    nat_set_float(n, n->pc->a, intrinsic(n, "llvm.fabs", n->f64, &d, 1));
    return true;
  }
  if (!reg_is_whole(rs)) return false;
  LLVMValueRef v = nat_need_int(n, args[0]);
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, (uint64_t)INT64_MIN), ""));
  LLVMValueRef negative = LLVMBuildICmp(n->b, LLVMIntSLT, v, k64(n, 0), "");
  nat_set_int(n, n->pc->a, LLVMBuildSelect(n->b, negative, LLVMBuildNeg(n->b, v, ""), v, ""));
  return true;
}

/* The language's rule: a later one replaces an earlier one only when it is really less (greater), so that NaN and equal ones stay. */
static LLVMValueRef replaces(Nat *n, bool max, LLVMValueRef later, LLVMValueRef earlier, bool whole) {
  if (whole) return LLVMBuildICmp(n->b, max ? LLVMIntSGT : LLVMIntSLT, later, earlier, "");
  return LLVMBuildFCmp(n->b, max ? LLVMRealOGT : LLVMRealOLT, later, earlier, "");
}

#define MAX_PICK 4

/* All of one kind: one comparison and one select each. */
static void pick_alike(Nat *n, const unsigned *args, unsigned n_args, bool max, bool whole) {
  LLVMValueRef best = NULL;
  for (unsigned i = 0; i < n_args; i++) {
    LLVMValueRef v = whole ? nat_need_int(n, args[i]) : nat_need_float(n, args[i]);
    best = i ? LLVMBuildSelect(n->b, replaces(n, max, v, best, whole), v, best, "") : v;
  }
  if (whole) nat_set_int(n, n->pc->a, best);
  else nat_set_float(n, n->pc->a, best);
}

/* Compared as doubles: the boxed winner keeps its own type. */
static LLVMValueRef pick(Nat *n, const unsigned *args, const LLVMValueRef *boxed, unsigned n_args, bool max) {
  LLVMValueRef best = NULL, word = NULL;
  for (unsigned i = 0; i < n_args; i++) {
    const RegState *rs = nat_reg(n, args[i]);
    LLVMValueRef v = reg_is_open(rs)  ? nat_unbox_double(n, boxed[i])
                     : reg_is_whole(rs) ? LLVMConstReal(n->f64, (double)as_int(rs->k))
                                     : nat_need_float(n, args[i]);
    LLVMValueRef better = i ? replaces(n, max, v, best, false) : NULL;
    best = i ? LLVMBuildSelect(n->b, better, v, best, "") : v;
    word = i ? LLVMBuildSelect(n->b, better, boxed[i], word, "") : boxed[i];
  }
  return word;
}

/* Floats, small constant ints, and values that turn out to be floats when the code runs; else the call. */
static void pick_mixed(Nat *n, const unsigned *args, unsigned n_args, bool max, Value callee) {
  LLVMValueRef boxed[MAX_PICK], floats = NULL;
  for (unsigned i = 0; i < n_args; i++) {
    boxed[i] = nat_get_boxed(n, args[i]);
    if (!reg_is_open(nat_reg(n, args[i]))) continue;
    LLVMValueRef is = nat_is_double(n, boxed[i]);
    floats = floats ? LLVMBuildAnd(n->b, floats, is, "") : is;
  }
  if (!floats) {
    nat_set_boxed(n, n->pc->a, pick(n, args, boxed, n_args, max), 0);
    return;
  }
  nat_store_pc(n);
  LLVMBasicBlockRef fast = LLVMAppendBasicBlockInContext(n->lc, n->fn, "floats"), other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "call");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "picked");
  LLVMBuildCondBr(n->b, floats, fast, other);
  LLVMPositionBuilderAtEnd(n->b, other);
  LLVMValueRef argv[] = {n->arg_th, nat_const_value(n, callee), nat_args_buffer(n, boxed, n_args), LLVMConstInt(n->i32, n_args, false)};
  LLVMValueRef called = nat_call_rt(n, "native_call_any", n->i64, argv, 4);
  nat_check_raise(n, called);
  other = LLVMGetInsertBlock(n->b);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, fast);
  LLVMValueRef word = pick(n, args, boxed, n_args, max);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  LLVMValueRef v = nat_either(n, called, other, word, fast);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

static bool emit_pick(Nat *n, const unsigned *args, unsigned n_args, bool max, Value callee) {
  bool floats = true, whole = true, mixed = true;
  if (n_args < 2 || n_args > MAX_PICK) return false;
  for (unsigned i = 0; i < n_args; i++) {
    const RegState *rs = nat_reg(n, args[i]);
    bool small = rs->rep == REP_CONST && is_int(rs->k) && as_int(rs->k) < 1ll << 50 && as_int(rs->k) > -(1ll << 50);
    floats = floats && reg_is_float(rs);
    whole = whole && reg_is_whole(rs);
    mixed = mixed && (reg_is_float(rs) || small || reg_is_open(rs));
  }
  if (floats || whole) pick_alike(n, args, n_args, max, whole);
  else if (mixed) pick_mixed(n, args, n_args, max, callee);
  return floats || whole || mixed;
}
static bool emit_min(Nat *n, const unsigned *args, unsigned n_args, Value callee) { return emit_pick(n, args, n_args, false, callee); }
static bool emit_max(Nat *n, const unsigned *args, unsigned n_args, Value callee) { return emit_pick(n, args, n_args, true, callee); }

/* -- Lengths, classes ------------------------------------------------------------------- */

static bool emit_len(Nat *n, const unsigned *args, unsigned n_args, Value callee) {
  if (n_args != 1) return false;
  const RegState *rs = nat_reg(n, args[0]);
  uint32_t shape = rs->rep == REP_BOXED ? rs->shape : 0;
  LLVMValueRef o = nat_get_boxed(n, args[0]);
  if (shape == SHAPE_tuple) {
    nat_set_int(n, n->pc->a, nat_load(n, n->i64, o, offsetof(Tuple, length), MEM_LENGTH, "len"));
    return true;
  }
  if (shape == SHAPE_list) {
    LLVMValueRef array = nat_load(n, n->i64, o, offsetof(List, array), MEM_ARRAY, "array");
    nat_set_int(n, n->pc->a, LLVMBuildZExt(n->b, nat_load(n, n->i32, array, offsetof(Array, length), MEM_LENGTH, ""), n->i64, "len"));
    return true;
  }
  nat_store_pc(n);
  LLVMValueRef argv[] = {n->arg_th, o}, len = nat_call_rt(n, "op_len", n->i64, argv, 2), zero = k64(n, 0);
  nat_check_status(n, LLVMBuildSelect(n->b, LLVMBuildICmp(n->b, LLVMIntSLT, len, zero, ""), LLVMConstInt(n->i32, (uint32_t)-1, false),
                                      LLVMConstInt(n->i32, 0, false), ""));
  nat_forget(n);
  nat_set_int(n, n->pc->a, len);
  return true;
}

/* Does x say what it is? Not when its class has a __class__ of its own, or computes attributes. */
static bool honest(Nat *n, Type *x) {
  return !(x->flags & TYPE_HEAP) || (!(x->flags & TYPE_CUSTOM_GETATTR) && load_relaxed(&x->version) != 0 &&
                                     type_lookup(n->th, x, S(__class__)) == type_lookup(n->th, &type_object, S(__class__)));
}

/* Of a class that leaves the answer to `type`: known where the object's is. */
static bool emit_isinstance(Nat *n, const unsigned *args, unsigned n_args, Value callee) {
  if (n_args != 2) return false;
  const RegState *cls = nat_reg(n, args[1]);
  Type *x = nat_type(n, args[0]), *t = cls->rep == REP_CONST && has_shape(cls->k, SHAPE_type) ? (Type *)as_object(cls->k) : NULL;
  bool is = x && t && type_is_subtype(x, t);
  if (t && x && (is || honest(n, x))) {
    if (x->flags & TYPE_HEAP) nat_guard_version(n, x, load_relaxed(&x->version));
    nat_set_const(n, n->pc->a, value_bool(is));
    return true;
  }
  nat_store_pc(n);
  LLVMValueRef argv[] = {n->arg_th, nat_get_boxed(n, args[0]), nat_get_boxed(n, args[1])};
  LLVMValueRef status = nat_call_rt(n, "op_isinstance", n->i32, argv, 3);
  nat_check_status(n, status);
  nat_forget(n);
  nat_set_bool(n, n->pc->a, LLVMBuildICmp(n->b, LLVMIntNE, status, LLVMConstInt(n->i32, 0, false), ""));
  return true;
}

/* -- Rounding, division ------------------------------------------------------------------- */

/* A whole double into R[a] as an int. */
static void set_whole(Nat *n, LLVMValueRef d) {
  nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOLT, d, LLVMConstReal(n->f64, 9.0e18), ""));
  nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOGT, d, LLVMConstReal(n->f64, -9.0e18), ""));
  nat_set_int(n, n->pc->a, LLVMBuildFPToSI(n->b, d, n->i64, ""));
}

static bool emit_rounded(Nat *n, const unsigned *args, unsigned n_args, const char *how) {
  if (n_args != 1 || !reg_is_number(nat_reg(n, args[0]))) return false;
  if (reg_is_float(nat_reg(n, args[0]))) {
    LLVMValueRef d = nat_need_float(n, args[0]);
    set_whole(n, intrinsic(n, how, n->f64, &d, 1));
  } else {
    nat_set_int(n, n->pc->a, nat_need_int(n, args[0]));
  }
  return true;
}
static bool emit_round(Nat *n, const unsigned *args, unsigned n_args, Value callee) { return emit_rounded(n, args, n_args, "llvm.roundeven"); }
static bool emit_floor(Nat *n, const unsigned *args, unsigned n_args, Value callee) { return emit_rounded(n, args, n_args, "llvm.floor"); }
static bool emit_ceil(Nat *n, const unsigned *args, unsigned n_args, Value callee) { return emit_rounded(n, args, n_args, "llvm.ceil"); }

static bool emit_divmod(Nat *n, const unsigned *args, unsigned n_args, Value callee) {
  if (n_args != 2 || !reg_is_int(nat_reg(n, args[0])) || !reg_is_int(nat_reg(n, args[1]))) return false;
  LLVMValueRef x = nat_need_int(n, args[0]), y = nat_need_int(n, args[1]);
  LLVMValueRef q = nat_int_divide(n, false, x, y), r = nat_int_divide(n, true, x, y);
  q = nat_box_int(n, q);
  r = nat_box_int(n, r);
  LLVMValueRef t = nat_alloc(n, SHAPE_tuple, K_TUPLE, sizeof(Tuple) + 2 * sizeof(Value));
  nat_store(n, k64(n, 2), t, offsetof(Tuple, length), MEM_LENGTH);
  nat_store(n, q, t, offsetof(Tuple, items), MEM_ITEM);
  nat_store(n, r, t, offsetof(Tuple, items) + sizeof(Value), MEM_ITEM);
  nat_set_boxed(n, n->pc->a, t, SHAPE_tuple);
  return true;
}

typedef struct Builtin {
  const char *module, *name;
  bool (*emit)(Nat *n, const unsigned *args, unsigned n_args, Value callee);
} Builtin;
static const Builtin builtins[] = {
    {"builtins", "abs", emit_abs}, {"builtins", "max", emit_max},       {"builtins", "min", emit_min},
    {"builtins", "len", emit_len}, {"builtins", "isinstance", emit_isinstance}, {"builtins", "divmod", emit_divmod},
    {"builtins", "round", emit_round}, {"math", "floor", emit_floor},   {"math", "ceil", emit_ceil}};

bool nat_call_builtin(Nat *n, Native *f, const unsigned *args, unsigned n_args) {
  if (f->type || !str_check(f->module)) return false;
  for (size_t i = 0; i < countof(builtins); i++)
    if (strcmp(f->sig->def->name, builtins[i].name) == 0 && str_eq_c(as_str(f->module), builtins[i].module))
      return builtins[i].emit(n, args, n_args, value_object(f));
  return false;
}

/* -- Types ---------------------------------------------------------------------------- */

bool nat_call_builtin_type(Nat *n, Type *t, const unsigned *args, unsigned n_args) {
  if (t == &type_complex && n_args == 2 && reg_is_number(nat_reg(n, args[0])) && reg_is_number(nat_reg(n, args[1]))) {
    LLVMValueRef re = nat_need_number(n, args[0]), im = nat_need_number(n, args[1]);
    nat_set_complex(n, n->pc->a, re, im);
    return true;
  }
  if (n_args != 1) return false;
  RegState *rs = nat_reg(n, args[0]);
  if (t == &type_float && reg_is_number(rs)) {
    nat_set_float(n, n->pc->a, nat_need_number(n, args[0]));
    return true;
  }
  if (t == &type_int && reg_is_float(rs)) {
    LLVMValueRef d = nat_need_float(n, args[0]), limit = LLVMConstReal(n->f64, 9.0e18);
    nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOLT, d, limit, ""));
    nat_guard(n, LLVMBuildFCmp(n->b, LLVMRealOGT, d, LLVMConstReal(n->f64, -9.0e18), ""));
    nat_set_int(n, n->pc->a, LLVMBuildFPToSI(n->b, d, n->i64, ""));
    return true;
  }
  if (t == &type_int && rs->rep == REP_INT) {
    RegState from = *rs;
    nat_move(n, nat_reg(n, n->pc->a), nat_home(n, n->pc->a), &from, nat_home(n, args[0]));
    return true;
  }
  return false;
}
