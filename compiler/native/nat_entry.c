/* nat_entry.c: functions by the direct convention (runtime/native_code.h): arguments in machine registers, the frame on the C stack, so that calls
** between compiled functions cost a call, a dozen stores and three tests. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static LLVMValueRef field(Nat *n, LLVMValueRef base, size_t offset) {
  LLVMValueRef off = k64(n, offset);
  return LLVMBuildGEP2(n->b, n->i8, base, &off, 1, "");
}
static void put(Nat *n, size_t offset, LLVMValueRef v) { LLVMBuildStore(n->b, v, field(n, n->arg_frame, offset)); }
static LLVMValueRef thread_word(Nat *n, LLVMTypeRef t, size_t offset) { return LLVMBuildLoad2(n->b, t, field(n, n->arg_th, offset), ""); }

bool nat_direct_possible(const Code *co) {
  return nat_plain_params(co) && co->n_params <= NATIVE_DIRECT_MAX && !co->uses_namespace && !(co->flags & CO_RESUMED);
}

LLVMTypeRef nat_direct_type(Nat *n, unsigned n_params) {
  LLVMTypeRef args[2 + NATIVE_DIRECT_MAX] = {n->ptr, n->i64};
  for (unsigned i = 0; i < n_params; i++) args[2 + i] = n->i64;
  return LLVMFunctionType(n->i64, args, 2 + n_params, false);
}

/* Registers that others may look at by number: locals for f_locals, cells for super(). They begin EMPTY. */
static uint32_t visible_registers(const Code *co) { return co->cellvars->length + co->freevars->length ? co->n_regs : co->n_locals; }

void nat_fill_direct(Nat *n) {
  Code *co = n->req->code;
  LLVMValueRef depth = thread_word(n, n->i32, offsetof(RpThread, depth));
  LLVMBuildStore(n->b, depth, n->depth);
  LLVMBuildStore(n->b, LLVMBuildAdd(n->b, depth, LLVMConstInt(n->i32, 1, false), "depth"), field(n, n->arg_th, offsetof(RpThread, depth)));
  LLVMValueRef fn = LLVMGetParam(n->fn, 1), zero = k64(n, 0), prev = thread_word(n, n->ptr, offsetof(RpThread, frame));
  put(n, offsetof(Frame, prev), prev);
  put(n, offsetof(Frame, code), nat_const_object(n, co));
  put(n, offsetof(Frame, regs), n->regs);
  put(n, offsetof(Frame, func), fn);
  put(n, offsetof(Frame, globals), LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, fn, offsetof(Function, globals)), "globals"));
  put(n, offsetof(Frame, builtins), LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, fn, offsetof(Function, builtins)), "builtins"));
  put(n, offsetof(Frame, locals), k64(n, EMPTY));
  put(n, offsetof(Frame, object), zero);
  put(n, offsetof(Frame, gen), zero);
  put(n, offsetof(Frame, ret_reg), LLVMConstInt(n->i32, (uint32_t)(FRAME_NATIVE | FRAME_ENTRY) << 16, false));
  uint32_t n_visible = visible_registers(co);
  for (uint32_t r = 0; r < co->n_params || r < n_visible; r++)
    LLVMBuildStore(n->b, r < co->n_params ? nat_param_boxed(n, r) : k64(n, EMPTY), field(n, n->regs, 8 * r));
  LLVMBuildStore(n->b, n->arg_frame, field(n, n->arg_th, offsetof(RpThread, frame)));
}

void nat_note_depth(Nat *n) {
  n->depth = LLVMBuildAlloca(n->eb, n->i32, "depth");
  LLVMValueRef own = thread_word(n, n->i32, offsetof(RpThread, depth));
  LLVMBuildStore(n->b, LLVMBuildSub(n->b, own, LLVMConstInt(n->i32, 1, false), ""), n->depth);
}

void nat_count_inlined(Nat *n, bool calling) {
  Inst *inst = n->st->inst;
  if (!inst->parent) return;
  LLVMValueRef caller = LLVMBuildLoad2(n->b, n->i32, n->depth, ""), k = LLVMConstInt(n->i32, calling ? inst->depth + 1 : 1, false);
  LLVMBuildStore(n->b, LLVMBuildAdd(n->b, caller, k, ""), field(n, n->arg_th, offsetof(RpThread, depth)));
}

void nat_fill_direct_cold(Nat *n) {
  Code *co = n->req->code;
  LLVMValueRef params[NATIVE_DIRECT_MAX];
  for (uint32_t r = 0; r < co->n_params; r++) params[r] = nat_param_boxed(n, r); /* may allocate: before the frame is half made */
  LLVMValueRef args[] = {n->arg_th, n->arg_frame, LLVMGetParam(n->fn, 1), nat_const_object(n, co)};
  nat_call_rt(n, "native_fill_frame", n->void_, args, 4);
  for (uint32_t r = 0; r < co->n_params; r++) LLVMBuildStore(n->b, params[r], field(n, n->regs, 8 * r));
}

static void weigh(Nat *n, LLVMValueRef branch, bool first_likely) {
  LLVMValueRef often = LLVMConstInt(n->i32, 4000, false), rarely = LLVMConstInt(n->i32, 1, false);
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), first_likely ? often : rarely, first_likely ? rarely : often};
  LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
}
static void unless(Nat *n, LLVMValueRef bad, LLVMBasicBlockRef then) {
  LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  weigh(n, LLVMBuildCondBr(n->b, bad, then, go), false);
  LLVMPositionBuilderAtEnd(n->b, go);
}

/* Where the first instructions often decide that there is nothing to do (recursion's end), the frame waits until it is needed. */
#define LAZY_INSTRS 40

void nat_begin_direct(Nat *n) {
  Code *co = n->req->code;
  LLVMValueRef behind = k64(n, FRAME_WORDS); /* where the interpreter expects the registers */
  n->arg_frame = LLVMBuildArrayAlloca(n->eb, n->i64, LLVMConstInt(n->i32, FRAME_WORDS + co->n_regs, false), "frame");
  n->regs = LLVMBuildGEP2(n->eb, n->i64, n->arg_frame, &behind, 1, "regs");
  n->depth = LLVMBuildAlloca(n->eb, n->i32, "depth");
  n->lazy_frame = !n->write_through && co->n_instrs <= LAZY_INSTRS && co->n_loops == 0 && co->n_handlers == 0;
}

/* -- Peeks -------------------------------------------------------------------------------------------------------------------------------------- */

LLVMValueRef nat_self(Nat *n) {
  if (!n->lazy_frame) return n->fn;
  if (!n->peek_fn) {
    LLVMTypeRef type = n->signature ? nat_typed_type(n, n->signature, n->req->code->n_params) : nat_direct_type(n, n->req->code->n_params);
    n->peek_fn = nat_add_function(n, "peek", type);
    LLVMSetLinkage(n->peek_fn, LLVMInternalLinkage);
    LLVMAddAttributeAtIndex(n->peek_fn, LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(n->lc, LLVMGetEnumAttributeKindForName("alwaysinline", 12), 0));
  }
  return n->peek_fn;
}

void nat_end_peek(Nat *n) {
  LLVMValueRef args[2 + NATIVE_DIRECT_MAX];
  LLVMGetParams(n->fn, args);
  LLVMBuildRet(n->b, LLVMBuildCall2(n->b, LLVMGlobalGetValueType(n->whole_fn), n->whole_fn, args, LLVMCountParams(n->fn), ""));
}

/* -- Opening and closing the frame --------------------------------------------------------------------------------------------------------------- */

void nat_open_direct(Nat *n) {
  if (n->st->framed) return;
  n->st->framed = true;
  n->exit_block = n->raise_block = NULL; /* they would open it */
  if (n->peek) { /* what the current instruction still emits is never reached */
    nat_end_peek(n);
    LLVMPositionBuilderAtEnd(n->b, LLVMAppendBasicBlockInContext(n->lc, n->fn, "beyond"));
    return;
  }
  nat_fill_direct(n);
  LLVMBasicBlockRef slow = LLVMAppendBasicBlockInContext(n->lc, n->fn, "slow"), over = LLVMAppendBasicBlockInContext(n->lc, n->fn, "over");
  LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "go");
  LLVMValueRef poll = thread_word(n, n->i32, offsetof(RpThread, poll));
  LLVMSetOrdering(poll, LLVMAtomicOrderingMonotonic);
  LLVMSetAlignment(poll, 4);
  LLVMValueRef depth = LLVMBuildAdd(n->b, thread_word(n, n->i32, offsetof(RpThread, depth)), LLVMConstInt(n->i32, NATIVE_UNTESTED, false), "");
  unless(n, LLVMBuildICmp(n->b, LLVMIntNE, poll, LLVMConstInt(n->i32, 0, false), ""), slow);
  unless(n, LLVMBuildICmp(n->b, LLVMIntUGT, depth, thread_word(n, n->i32, offsetof(RpThread, recursion_limit)), ""), slow);
  unless(n, LLVMBuildICmp(n->b, LLVMIntULT, n->arg_frame, thread_word(n, n->ptr, offsetof(RpThread, native_limit)), ""), slow);
  LLVMBuildBr(n->b, go);
  LLVMPositionBuilderAtEnd(n->b, slow);
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame};
  LLVMValueRef sw = LLVMBuildSwitch(n->b, nat_call_rt(n, "native_enter_slow", n->i32, args, 2), nat_quiet_exit_block(n), 2);
  LLVMAddCase(sw, LLVMConstInt(n->i32, 0, false), go);
  LLVMAddCase(sw, LLVMConstInt(n->i32, 1, false), over);
  LLVMPositionBuilderAtEnd(n->b, over);
  nat_return_word(n, k64(n, EMPTY));
  LLVMPositionBuilderAtEnd(n->b, go);
  if (nat_uses_globals(n->req->code)) { /* other functions may have the same code */
    LLVMValueRef globals = LLVMBuildLoad2(n->b, n->i64, field(n, n->arg_frame, offsetof(Frame, globals)), "");
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, globals, nat_const_object(n, n->root->func->globals), ""));
  }
}

/* Not those that only look at registers, as long as these are what feedback says; else they call nat_store_pc() in straight-line code. */
bool nat_opens_frame(Nat *n) {
  if (!n->direct || n->st->framed) return false;
  if (!n->lazy_frame) return true;
  switch (n->pc->op) {
  case RIR_NOP: case RIR_MOVE: case RIR_LOAD_CONST: case RIR_LOAD_INT: case RIR_LOAD_NONE: case RIR_CHECK_LOCAL:
  case RIR_ADD: case RIR_SUB: case RIR_MUL: case RIR_TRUEDIV: case RIR_FLOORDIV: case RIR_MOD: case RIR_AND: case RIR_OR: case RIR_XOR:
  case RIR_LSHIFT: case RIR_RSHIFT: case RIR_IADD: case RIR_ISUB: case RIR_IMUL: case RIR_ADD_IMM: case RIR_SUB_IMM: case RIR_NEG: case RIR_NOT:
  case RIR_IS: case RIR_IS_NOT: case RIR_LT: case RIR_LE: case RIR_EQ: case RIR_NE: case RIR_GT: case RIR_GE:
  case RIR_JUMP: case RIR_JUMP_IF_NONE: case RIR_JUMP_IF_NOT_NONE: case RIR_JUMP_IF_IS: case RIR_JUMP_IF_IS_NOT: case RIR_JUMP_IF_TRUE:
  case RIR_JUMP_IF_FALSE: case RIR_JUMP_LT: case RIR_JUMP_LE: case RIR_JUMP_EQ: case RIR_JUMP_NE: case RIR_JUMP_GT: case RIR_JUMP_GE:
  case RIR_JUMP_NOT_LT: case RIR_JUMP_NOT_LE: case RIR_JUMP_NOT_EQ: case RIR_JUMP_NOT_NE: case RIR_JUMP_NOT_GT: case RIR_JUMP_NOT_GE:
  case RIR_GET_ATTR: case RIR_GET_ITEM: case RIR_RETURN: return false;
  case RIR_UNPACK_SEQ: return load_relaxed(&n->pc->fb) != FB_I_TUPLE;
  default: return true;
  }
}

void nat_leave_direct(Nat *n) {
  if (!n->st->framed) return;
  LLVMValueRef object = LLVMBuildLoad2(n->b, n->i64, field(n, n->arg_frame, offsetof(Frame, object)), "");
  LLVMBasicBlockRef seen = LLVMAppendBasicBlockInContext(n->lc, n->fn, "seen"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "leave");
  weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, object, k64(n, 0), ""), go, seen), true);
  LLVMPositionBuilderAtEnd(n->b, seen);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame};
  nat_call_rt(n, "frame_object_detach", n->void_, args, 2);
  LLVMBuildBr(n->b, go);
  LLVMPositionBuilderAtEnd(n->b, go);
  LLVMValueRef prev = LLVMBuildLoad2(n->b, n->ptr, field(n, n->arg_frame, offsetof(Frame, prev)), "");
  LLVMBuildStore(n->b, prev, field(n, n->arg_th, offsetof(RpThread, frame)));
  LLVMBuildStore(n->b, LLVMBuildLoad2(n->b, n->i32, n->depth, ""), field(n, n->arg_th, offsetof(RpThread, depth)));
}

void nat_clear_direct(Nat *n) {
  uint32_t from = visible_registers(n->req->code);
  if (from >= n->req->code->n_regs) return;
  LLVMValueRef args[] = {n->arg_frame, LLVMConstInt(n->i32, from, false)};
  nat_call_rt(n, "native_clear_registers", n->void_, args, 2);
}

/* th->frame is this function's frame or that of an inlined call above it; the interpreter pops them. */
void nat_give_up_direct(Nat *n) {
  LLVMValueRef args[] = {n->arg_th, thread_word(n, n->ptr, offsetof(RpThread, frame))};
  nat_return_word(n, nat_call_rt(n, "interp_run", n->i64, args, 2));
}
