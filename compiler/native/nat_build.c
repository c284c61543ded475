/* nat_build.c: the driver: entry, the work list of block versions, calls into the runtime. */
#include "compiler/native/nat.h"
#include <llvm-c/Analysis.h>
#include "runtime/func.h"
#include "runtime/num.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

/* Short, or off the beaten track: a loop may do without a poll for many calls of these. */
static bool counts_as_call(const char *symbol) {
  static const char *const brief[] = {"int_from_i64", "heap_barrier_slow", "complex_new", "float_mod", "float_floordiv", "native_past", "native_leave",
                                      "native_note_refusal", "native_push_frame", "native_unwind", "native_catch", "native_poll", "native_new_instance", "native_global", "native_global_value",
                                      "native_clear_registers", "native_fill_frame", "native_list_set", "native_add_slot", "op_next" /* of lists and tuples */, "frame_object_detach", "interp_run", "heap_alloc"};
  for (size_t i = 0; i < countof(brief); i++)
    if (strcmp(symbol, brief[i]) == 0) return false;
  return true;
}

void nat_note_call(Nat *n) {
  const Instr *pc = n->pc;
  for (Inst *inst = n->st ? n->st->inst : NULL; inst; inst = inst->parent) {
    if (pc >= inst->code->instrs && pc < inst->code->instrs + inst->code->n_instrs) inst->calls[pc - inst->code->instrs] = true;
    pc = inst->call;
  }
}

/* Frames name the code that runs in them, so that it lives. Where none is open, the word does in which it will: whoever is called may collect, and wait until all is swept. (No word
** more than there is: on the stack it would be one that nobody sets for long.) */
static void hold_code(Nat *n) {
  LLVMValueRef at = n->spare;
  if (!n->st && !at) return;
  if (n->st) {
    LLVMValueRef off = k64(n, offsetof(Frame, code));
    at = LLVMBuildGEP2(n->b, n->i8, n->arg_frame, &off, 1, "");
  }
  LLVMSetVolatile(LLVMBuildStore(n->b, nat_const_object(n, n->req->code), at), true);
}

/* Declares the runtime function on first use, by the types of its arguments. The linker finds it by name. */
LLVMValueRef nat_call_rt(Nat *n, const char *symbol, LLVMTypeRef ret, LLVMValueRef *args, unsigned n_args) {
  if (counts_as_call(symbol)) nat_note_call(n);
  if (n->direct && !(n->st && n->st->framed)) hold_code(n);
  LLVMTypeRef types[8];
  for (unsigned i = 0; i < n_args; i++) types[i] = LLVMTypeOf(args[i]);
  LLVMTypeRef t = LLVMFunctionType(ret, types, n_args, false);
  LLVMValueRef f = LLVMGetNamedFunction(n->mod, symbol);
  if (!f) f = LLVMAddFunction(n->mod, symbol, t);
  return LLVMBuildCall2(n->b, t, f, args, n_args, "");
}

LLVMValueRef nat_thread_field(Nat *n, size_t offset) {
  LLVMValueRef off = k64(n, offset);
  return LLVMBuildGEP2(n->b, n->i8, n->arg_th, &off, 1, "");
}

static void make_types(Nat *n) {
  n->i1 = LLVMInt1TypeInContext(n->lc);
  n->i8 = LLVMInt8TypeInContext(n->lc);
  n->i16 = LLVMInt16TypeInContext(n->lc);
  n->i32 = LLVMInt32TypeInContext(n->lc);
  n->i64 = LLVMInt64TypeInContext(n->lc);
  n->f64 = LLVMDoubleTypeInContext(n->lc);
  n->ptr = LLVMPointerTypeInContext(n->lc, 0);
  n->void_ = LLVMVoidTypeInContext(n->lc);
}

static void string_attr(Nat *n, LLVMValueRef fn, const char *k, const char *v) {
  LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex, LLVMCreateStringAttribute(n->lc, k, (unsigned)strlen(k), v, (unsigned)strlen(v)));
}

void nat_weigh(Nat *n, LLVMValueRef branch) {
  LLVMValueRef often = LLVMConstInt(n->i32, 4000, false), rarely = LLVMConstInt(n->i32, 1, false);
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), often, rarely};
  LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
}

LLVMValueRef nat_add_function(Nat *n, const char *name, LLVMTypeRef type) {
  LLVMValueRef fn = LLVMAddFunction(n->mod, name, type);
  string_attr(n, fn, "frame-pointer", "all");
  string_attr(n, fn, "prefer-vector-width", "128"); /* a lone 256-bit store wakes the upper lanes: hundreds of cycles */
  LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex,
                          LLVMCreateEnumAttribute(n->lc, LLVMGetEnumAttributeKindForName("nounwind", 8), 0));
  return fn;
}

/* Registers live at the start come out of the frame; what the request saw in them is assumed, or this version is not for this call. */
static void load_entry(Nat *n, uint32_t pc, LLVMBasicBlockRef refuse) {
  Inst *root = n->root;
  n->exit_block = refuse;
  if (!n->direct && nat_uses_globals(root->code)) { /* other functions may have the same code */
    LLVMValueRef off = k64(n, offsetof(Frame, globals));
    LLVMValueRef globals = LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i8, n->arg_frame, &off, 1, ""), "globals");
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, globals, nat_const_object(n, root->func->globals), ""));
  }
  for (uint32_t r = 0; r < root->code->n_regs; r++) {
    RegState *rs = nat_reg(n, r);
    *rs = (RegState){.rep = REP_DEAD};
    bool live = flow_live(root->flow, pc, r);
    if (!live && (n->write_through || !root->flow->named[r] || (pc == 0 && r >= root->code->n_params))) continue;
    if (root->flow->constant[r] != EMPTY) {
      nat_set_const(n, r, root->flow->constant[r]);
      continue;
    }
    if (n->direct && r < root->code->n_params && nat_take_param(n, r)) continue;
    LLVMValueRef idx = k64(n, r);
    LLVMValueRef v = n->direct ? r < root->code->n_params ? LLVMGetParam(n->fn, 2 + r) : k64(n, EMPTY)
                               : LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i64, n->regs, &idx, 1, ""), "");
    nat_set_boxed(n, r, v, 0);
    if (!live) continue;
    RegState want = r < n->req->n_regs ? n->req->types[r] : (RegState){.rep = REP_BOXED};
    if (want.rep == REP_BOXED && !want.shape) continue;
    n->exit_block = refuse;
    if (want.rep == REP_INT) nat_set_int(n, r, nat_need_int(n, r));
    else if (want.rep == REP_FLOAT) nat_need_float(n, r);
    else if (want.rep == REP_BOXED) nat_need_shape(n, r, want.shape);
  }
  *nat_reg(n, root->n_regs - 1) = (RegState){.rep = REP_DEAD};
}

/* Generators go on where they stand: behind RETURN_GENERATOR or a YIELD, or, coming from the interpreter, at the head of a loop. */
static bool resume_point(const Code *co, uint32_t pc) {
  if (co->instrs[pc].op == RIR_LOOP_HEAD) return true;
  return pc > 0 && (co->instrs[pc - 1].op == RIR_YIELD || co->instrs[pc - 1].op == RIR_RETURN_GENERATOR);
}

static void resume_switch(Nat *n, LLVMBasicBlockRef refuse) {
  const Code *co = n->root->code;
  LLVMValueRef off = k64(n, offsetof(Frame, pc));
  LLVMValueRef pc = LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i8, n->arg_frame, &off, 1, ""), "pc");
  LLVMValueRef at = LLVMBuildExactUDiv(n->b, LLVMBuildSub(n->b, pc, k64(n, (uintptr_t)co->instrs), ""), k64(n, sizeof(Instr)), "at");
  LLVMValueRef sw = LLVMBuildSwitch(n->b, at, refuse, 8);
  State *fresh = n->st;
  for (uint32_t k = 0; k < co->n_instrs; k++) {
    if (!resume_point(co, k)) continue;
    LLVMBasicBlockRef block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "resume");
    LLVMAddCase(sw, k64(n, k), block);
    LLVMPositionBuilderAtEnd(n->b, block);
    n->st = state_copy(n, fresh);
    n->pc = co->instrs + k;
    load_entry(n, k, refuse);
    nat_edge(n, n->root, k);
  }
}

/* A peek has ended, so the block is never reached. */
static bool past_peek(Nat *n) {
  if (!n->peek || !n->st->framed) return false;
  LLVMBuildUnreachable(n->b);
  return true;
}

static void emit_version(Nat *n, Version *v) {
  LLVMPositionBuilderAtEnd(n->b, v->block);
  n->st = state_copy(n, v->state);
  if (past_peek(n)) return;
  n->pc = v->inst->code->instrs + v->pc;
  n->stop = false;
  if (v->loop) nat_loop_begin(n, v);
  bool first = true;
  while (!n->stop) {
    Inst *inst = n->st->inst;
    uint32_t pc = (uint32_t)(n->pc - inst->code->instrs);
    if (!first && inst->flow->target[pc]) {
      nat_edge(n, inst, pc);
      return;
    }
    first = false;
    n->exit_block = n->raise_block = NULL;
    n->n_emitted++;
    const Instr *i = n->pc;
    if (nat_opens_frame(n)) nat_open_direct(n);
    if (past_peek(n)) return;
    nat_emit(n);
    if (n->stop || past_peek(n)) return;
    if (!inst->parent && n->st->inst == inst) nat_write_through(n, i);
    n->pc++;
  }
}

/* The body of n->fn: allocas and the way to the first instruction of n->root. */
static void begin(Nat *n) {
  n->arg_th = LLVMGetParam(n->fn, 0);
  n->arg_frame = n->direct ? NULL : LLVMGetParam(n->fn, 1);
  LLVMBasicBlockRef allocas = LLVMAppendBasicBlockInContext(n->lc, n->fn, "allocas");
  LLVMBasicBlockRef start = LLVMAppendBasicBlockInContext(n->lc, n->fn, "start");
  LLVMPositionBuilderAtEnd(n->b, allocas);
  LLVMPositionBuilderBefore(n->eb, LLVMBuildBr(n->b, start));
  n->st = arena_new(n->arena, State);
  n->st->inst = n->root;
  n->st->n_regs = n->root->n_regs;
  n->st->regs = arena_alloc(n->arena, n->st->n_regs * sizeof(RegState));
  LLVMPositionBuilderAtEnd(n->b, start);
  n->pc = n->req->code->instrs + n->req->pc;
}

static void emit_versions(Nat *n) {
  while (n->work && !n->refused) {
    Version *v = n->work;
    n->work = v->next_work;
    emit_version(n, v);
    if (n->n_emitted > NAT_MAX_EMITTED) n->refused = "too large";
    if (atomic_load_explicit(&n->th->poll, memory_order_relaxed) && !thread_poll_slow(n->th)) n->refused = "the context is stopping";
  }
}

/* The function once more, up to where it would open its frame: there it calls the whole of itself. */
static void build_peek(Nat *n) {
  uint8_t found_result = n->found_result;
  n->peek = true;
  n->whole_fn = n->fn;
  n->fn = n->peek_fn;
  n->out_block = NULL;
  n->leave_pc = NULL; /* an alloca of the other one's */
  n->root = inst_new(n, NULL, n->req->code, n->req->func, NULL);
  begin(n);
  nat_begin_direct(n);
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), refuse = LLVMAppendBasicBlockInContext(n->lc, n->fn, "refuse");
  LLVMPositionBuilderAtEnd(n->b, refuse);
  nat_end_peek(n);
  LLVMPositionBuilderAtEnd(n->b, here);
  load_entry(n, n->req->pc, refuse);
  nat_edge(n, n->root, n->req->pc);
  emit_versions(n);
  n->peek = false;
  n->fn = n->whole_fn;
  n->found_result = found_result;
}

bool nat_build(Nat *n) {
  Code *co = n->req->code;
  n->write_through |= nat_sees_locals(co);
  make_types(n);
  n->root = inst_new(n, NULL, co, n->req->func, NULL);
  LLVMTypeRef args[] = {n->ptr, n->ptr};
  n->direct = !n->req->loop && nat_direct_possible(co);
  n->signature = n->direct && !n->write_through ? nat_signature(n, n->result) : 0;
  n->fn = nat_add_function(n, "entry", n->direct ? nat_direct_type(n, co->n_params) : LLVMFunctionType(n->i32, args, 2, false));
  if (n->signature) {
    n->boxed_fn = n->fn;
    n->fn = nat_add_function(n, "typed", nat_typed_type(n, n->signature, co->n_params));
  }
  n->b = LLVMCreateBuilderInContext(n->lc);
  n->eb = LLVMCreateBuilderInContext(n->lc);
  begin(n);
  if (n->direct) {
    nat_begin_direct(n);
  } else {
    LLVMValueRef off = k64(n, offsetof(Frame, regs));
    n->regs = LLVMBuildLoad2(n->b, n->ptr, LLVMBuildGEP2(n->b, n->i8, n->arg_frame, &off, 1, ""), "regs");
    nat_note_depth(n);
  }
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), refuse = LLVMAppendBasicBlockInContext(n->lc, n->fn, "refuse");
  LLVMPositionBuilderAtEnd(n->b, refuse);
  LLVMValueRef note[] = {n->arg_th, nat_const_object(n, co), LLVMConstInt(n->i32, n->req->pc, false)};
  nat_call_rt(n, "native_note_refusal", n->void_, note, 3);
  if (n->direct) {
    n->st->framed = true;
    nat_fill_direct_cold(n);
    nat_store_pc(n);
    nat_give_up_direct(n);
    n->st->framed = false;
  } else {
    LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_EXIT, false));
  }
  LLVMPositionBuilderAtEnd(n->b, here);
  if (co->flags & CO_RESUMED) {
    resume_switch(n, refuse);
  } else {
    load_entry(n, n->req->pc, refuse);
    nat_edge(n, n->root, n->req->pc);
  }
  emit_versions(n);
  if (!n->refused) nat_finish_loops(n);
  if (!n->refused && n->peek_fn) build_peek(n);
  if (!n->refused && n->signature) nat_build_boxed_entry(n);
  LLVMDisposeBuilder(n->b);
  LLVMDisposeBuilder(n->eb);
  return n->refused == NULL;
}
