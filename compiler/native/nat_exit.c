/* nat_exit.c: leaving compiled code: side exits and exceptions. Both write the live registers of every activation into interpreter frames. */
#include "compiler/native/nat.h"

LLVMValueRef nat_virtual_boxed(Nat *n, const Virtual *v);

/* Live registers of one activation, boxed, into a frame's register array. Virtuals are allocated once for all activations (`made`). */
static void write_registers(Nat *n, Inst *inst, uint32_t pc, LLVMValueRef regs, LLVMValueRef made[MAX_VIRTUALS], bool callers) {
  for (uint32_t r = 0; r < inst->code->n_regs; r++) {
    /* A caller stands at its call: what lives behind it, the result excepted. */
    bool live = callers ? pc + 1 < inst->code->n_instrs && flow_live(inst->flow, pc + 1, r) && r != inst->code->instrs[pc].a : flow_live(inst->flow, pc, r);
    if (!live) continue;
    RegState rs = n->st->regs[inst->base + r];
    if (rs.rep == REP_DEAD) continue;
    LLVMValueRef v;
    if (rs.rep == REP_VIRTUAL) {
      if (!made[rs.virt]) made[rs.virt] = nat_virtual_boxed(n, &n->st->virtuals[rs.virt]);
      v = made[rs.virt];
    } else {
      v = nat_load_boxed(n, &rs, &inst->homes[r]);
    }
    LLVMValueRef idx = LLVMConstInt(n->i64, r, false);
    LLVMBuildStore(n->b, v, LLVMBuildGEP2(n->b, n->i64, regs, &idx, 1, ""));
  }
}

/* Address of an instruction. The array is malloc'ed memory that lives as long as its code, which the constant table holds as well. */
static LLVMValueRef instr_address(Nat *n, Inst *inst, const Instr *pc) {
  nat_note_const(n, value_object(inst->code));
  LLVMValueRef instrs = LLVMBuildIntToPtr(n->b, nat_const_object(n, inst->code->instrs), n->ptr, "");
  LLVMValueRef off = LLVMConstInt(n->i64, (uint64_t)((const char *)pc - (const char *)inst->code->instrs), false);
  return LLVMBuildGEP2(n->b, n->i8, instrs, &off, 1, "");
}

static LLVMValueRef frame_field(Nat *n, LLVMValueRef frame, size_t offset) {
  LLVMValueRef off = LLVMConstInt(n->i64, offset, false);
  return LLVMBuildGEP2(n->b, n->i8, frame, &off, 1, "");
}

/* Frames from the outermost in; each caller stands at its call instruction. */
static void write_frames(Nat *n, Inst *inst, const Instr *pc, LLVMValueRef made[MAX_VIRTUALS], bool innermost, bool registers) {
  LLVMValueRef frame, regs;
  if (inst->parent) {
    write_frames(n, inst->parent, inst->call, made, false, registers);
    RegState self = n->st->regs[inst->base + inst->n_regs - 1];
    LLVMValueRef self_v = LLVMConstInt(n->i64, EMPTY, false);
    if (inst->init) {
      if (self.rep == REP_VIRTUAL) {
        if (!made[self.virt]) made[self.virt] = nat_virtual_boxed(n, &n->st->virtuals[self.virt]);
        self_v = made[self.virt];
      } else {
        self_v = nat_load_boxed(n, &self, &inst->homes[inst->n_regs - 1]);
      }
    }
    LLVMValueRef args[] = {n->arg_th, nat_const_object(n, inst->func), LLVMConstInt(n->i32, inst->call->a, false), self_v};
    frame = nat_call_rt(n, "native_push_frame", n->ptr, args, 4);
    regs = LLVMBuildLoad2(n->b, n->ptr, frame_field(n, frame, offsetof(Frame, regs)), "");
  } else {
    frame = n->arg_frame;
    regs = n->regs;
  }
  LLVMBuildStore(n->b, instr_address(n, inst, pc), frame_field(n, frame, offsetof(Frame, pc)));
  if (registers) write_registers(n, inst, (uint32_t)(pc - inst->code->instrs), regs, made, !innermost);
}

/* Will any handler of an activation on the way out look at its registers? Inlined calls stand outside of try blocks by construction. */
static bool handled_here(Nat *n) {
  Inst *inst = n->st->inst;
  const Code *co = inst->code;
  uint32_t pc = (uint32_t)(n->pc - co->instrs);
  for (uint32_t h = 0; h < co->n_handlers; h++)
    if (pc >= co->handlers[h].start && pc < co->handlers[h].end) return true;
  return false;
}

static LLVMBasicBlockRef leave_block(Nat *n, NativeStatus status, const char *name) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, name);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  if (status == NATIVE_EXIT) {
    LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->code), LLVMConstInt(n->i32, (uint32_t)(n->pc - n->st->inst->code->instrs), false)};
    nat_call_rt(n, "native_note_exit", n->void_, args, 3);
  }
  bool registers = status == NATIVE_EXIT || handled_here(n);
  if (n->direct && registers) nat_clear_direct(n);
  write_frames(n, n->st->inst, n->pc, made, true, registers);
  if (n->direct) nat_give_up_direct(n);
  else LLVMBuildRet(n->b, LLVMConstInt(n->i32, status, false));
  LLVMPositionBuilderAtEnd(n->b, here);
  return block;
}

LLVMBasicBlockRef nat_exit_block(Nat *n) {
  if (!n->exit_block) n->exit_block = leave_block(n, NATIVE_EXIT, "exit");
  return n->exit_block;
}
/* Shared when no registers are written; otherwise not: between two calls of one instruction they may have changed form. */
LLVMBasicBlockRef nat_raise_block(Nat *n) {
  if (handled_here(n)) return leave_block(n, NATIVE_RAISE, "raise");
  if (!n->raise_block) n->raise_block = leave_block(n, NATIVE_RAISE, "raise");
  return n->raise_block;
}

static void branch_unlikely(Nat *n, LLVMValueRef ok, LLVMBasicBlockRef bad) {
  LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMValueRef br = LLVMBuildCondBr(n->b, ok, go, bad);
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), LLVMConstInt(n->i32, 4000, false), LLVMConstInt(n->i32, 1, false)};
  LLVMSetMetadata(br, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
  LLVMPositionBuilderAtEnd(n->b, go);
}

void nat_guard(Nat *n, LLVMValueRef ok) {
  if (LLVMIsAConstantInt(ok) && LLVMConstIntGetZExtValue(ok)) return;
  branch_unlikely(n, ok, nat_exit_block(n));
}

void nat_exit_now(Nat *n) {
  LLVMBuildBr(n->b, nat_exit_block(n));
  n->stop = true;
}

void nat_check_raise(Nat *n, LLVMValueRef boxed) {
  branch_unlikely(n, LLVMBuildICmp(n->b, LLVMIntNE, boxed, LLVMConstInt(n->i64, EMPTY, false), ""), nat_raise_block(n));
}

void nat_check_status(Nat *n, LLVMValueRef status) {
  branch_unlikely(n, LLVMBuildICmp(n->b, LLVMIntSGE, status, LLVMConstInt(n->i32, 0, false), ""), nat_raise_block(n));
}

/* f->pc of the outermost frame: calls out of compiled code can be seen by tracebacks and sys._getframe. */
void nat_store_pc(Nat *n) {
  Inst *inst = n->st->inst;
  const Instr *pc = n->pc;
  while (inst->parent) {
    pc = inst->call;
    inst = inst->parent;
  }
  LLVMBuildStore(n->b, instr_address(n, inst, pc), frame_field(n, n->arg_frame, offsetof(Frame, pc)));
}
