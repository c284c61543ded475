/* nat_exit.c: leaving compiled code: side exits and exceptions. Both write the live registers of every activation into interpreter frames. */
#include "compiler/native/nat.h"
#include "runtime/context.h"

LLVMValueRef nat_virtual_boxed(Nat *n, const Virtual *v);

/* Live registers of one activation, boxed, into a frame's register array. Virtuals are allocated once for all activations (`made`). */
static void write_registers(Nat *n, Inst *inst, uint32_t pc, LLVMValueRef regs, LLVMValueRef made[MAX_VIRTUALS], bool callers, bool temps) {
  for (uint32_t r = 0; r < inst->code->n_regs; r++) {
    /* A caller stands at its call: what lives behind it, the result excepted. */
    bool live = callers ? pc + 1 < inst->code->n_instrs && flow_live(inst->flow, pc + 1, r) && r != inst->code->instrs[pc].a : flow_live(inst->flow, pc, r);
    if (!(live && temps) && !inst->flow->named[r]) continue;
    RegState rs = n->st->regs[inst->base + r];
    if (rs.rep == REP_DEAD) continue;
    LLVMValueRef idx = LLVMConstInt(n->i64, r, false), slot = LLVMBuildGEP2(n->b, n->i64, regs, &idx, 1, "");
    if (rs.rep != REP_VIRTUAL) {
      nat_store_to(n, &rs, &inst->homes[r], slot);
      continue;
    }
    if (!made[rs.virt]) made[rs.virt] = nat_virtual_boxed(n, &n->st->virtuals[rs.virt]);
    LLVMBuildStore(n->b, made[rs.virt], slot);
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

/* Frames from the outermost in; each caller stands at its call instruction. temps: not only what f_locals shows, but all that is live. */
static void write_frames(Nat *n, Inst *inst, const Instr *pc, LLVMValueRef made[MAX_VIRTUALS], bool innermost, bool temps) {
  LLVMValueRef frame, regs;
  if (inst->parent) {
    write_frames(n, inst->parent, inst->call, made, false, temps);
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
  write_registers(n, inst, (uint32_t)(pc - inst->code->instrs), regs, made, !innermost, temps);
}

static uint32_t pc_here(Nat *n) { return (uint32_t)(n->pc - n->st->inst->code->instrs); }

/* Where an exception of the current instruction is handled in the same activation; NULL. Inlined calls stand outside of try blocks by construction. */
static const Handler *handler_here(Nat *n) {
  const Code *co = n->st->inst->code;
  uint32_t pc = pc_here(n);
  for (uint32_t h = 0; h < co->n_handlers; h++)
    if (pc >= co->handlers[h].start && pc < co->handlers[h].end) return &co->handlers[h];
  return NULL;
}

static LLVMBasicBlockRef leave_block(Nat *n, NativeStatus status, const char *name) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, name);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  if (status == NATIVE_EXIT) {
    LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->code), LLVMConstInt(n->i32, (uint32_t)(n->pc - n->st->inst->code->instrs), false)};
    nat_call_rt(n, "native_note_exit", n->void_, args, 3);
  }
  bool temps = status == NATIVE_EXIT;
  if (n->direct && temps) nat_clear_direct(n);
  write_frames(n, n->st->inst, n->pc, made, true, temps);
  if (n->direct) nat_give_up_direct(n);
  else LLVMBuildRet(n->b, LLVMConstInt(n->i32, status, false));
  LLVMPositionBuilderAtEnd(n->b, here);
  return block;
}

LLVMBasicBlockRef nat_exit_block(Nat *n) {
  if (!n->exit_block) n->exit_block = leave_block(n, NATIVE_EXIT, "exit");
  return n->exit_block;
}

/* What f_locals shows of the outermost activation, into its frame. Instances that are not allocated are shown as copies in `made`, or not at all (NULL). */
static void show_locals(Nat *n, LLVMValueRef made[MAX_VIRTUALS]) {
  Inst *inst = n->root;
  for (uint32_t r = 0; r < inst->code->n_regs; r++) {
    RegState rs = n->st->regs[r];
    if (!inst->flow->named[r] || rs.rep == REP_DEAD || (rs.rep == REP_VIRTUAL && !made)) continue;
    LLVMValueRef idx = LLVMConstInt(n->i64, r, false), slot = LLVMBuildGEP2(n->b, n->i64, n->regs, &idx, 1, "");
    if (rs.rep != REP_VIRTUAL) {
      nat_store_to(n, &rs, &inst->homes[r], slot);
      continue;
    }
    if (!made[rs.virt]) made[rs.virt] = nat_virtual_boxed(n, &n->st->virtuals[rs.virt]);
    LLVMBuildStore(n->b, made[rs.virt], slot);
  }
}

/* The exception goes on in the handler, unless the thread is being stopped: then it leaves. traceback: i32, whether it needs an entry for this frame. */
static LLVMBasicBlockRef catch_block(Nat *n, const Handler *h, LLVMValueRef traceback) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "catch");
  LLVMBasicBlockRef caught = LLVMAppendBasicBlockInContext(n->lc, n->fn, "caught"), stopping = LLVMAppendBasicBlockInContext(n->lc, n->fn, "stopping");
  State *saved = n->st;
  bool stop = n->stop;
  n->st = state_copy(n, saved);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  show_locals(n, made);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame, LLVMConstInt(n->i32, pc_here(n), false), traceback};
  LLVMValueRef exc = nat_call_rt(n, "native_catch", n->i64, args, 4);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, exc, LLVMConstInt(n->i64, EMPTY, false), ""), caught, stopping);
  LLVMPositionBuilderAtEnd(n->b, stopping);
  nat_store_pc(n);
  if (n->direct) nat_clear_direct(n);
  if (n->direct) nat_give_up_direct(n);
  else LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_RAISE, false));
  LLVMPositionBuilderAtEnd(n->b, caught);
  nat_forget(n);
  nat_set_boxed(n, h->reg, exc, 0);
  nat_edge(n, n->st->inst, h->handler);
  n->st = saved;
  n->stop = stop;
  LLVMPositionBuilderAtEnd(n->b, here);
  return block;
}

/* The way out is shared by the instruction; a handler's is not: between two calls of one instruction registers may have changed form. */
LLVMBasicBlockRef nat_raise_block(Nat *n) {
  const Handler *h = handler_here(n);
  if (h) return catch_block(n, h, LLVMConstInt(n->i32, 1, false));
  if (!n->raise_block) n->raise_block = leave_block(n, NATIVE_RAISE, "raise");
  return n->raise_block;
}

void nat_raise_now(Nat *n, LLVMValueRef traceback) {
  const Handler *h = handler_here(n);
  if (h) {
    LLVMBuildBr(n->b, catch_block(n, h, traceback));
  } else {
    LLVMValueRef again = LLVMBuildICmp(n->b, LLVMIntEQ, traceback, LLVMConstInt(n->i32, 0, false), "");
    LLVMBuildStore(n->b, LLVMBuildZExt(n->b, again, n->i8, ""), frame_field(n, n->arg_th, offsetof(RpThread, reraising)));
    LLVMBuildBr(n->b, nat_raise_block(n));
  }
  n->stop = true;
}

static void branch_unlikely(Nat *n, LLVMValueRef ok, LLVMBasicBlockRef bad) {
  LLVMBasicBlockRef go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMValueRef br = LLVMBuildCondBr(n->b, ok, go, bad);
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), LLVMConstInt(n->i32, 4000, false), LLVMConstInt(n->i32, 1, false)};
  LLVMSetMetadata(br, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
  LLVMPositionBuilderAtEnd(n->b, go);
}

/* --stress=deopt: the guard also fails when the thread's count of guards has run out. */
static LLVMValueRef stressed(Nat *n, LLVMValueRef ok) {
  LLVMValueRef off = LLVMConstInt(n->i64, offsetof(RpThread, guards_left), false);
  LLVMValueRef p = LLVMBuildGEP2(n->b, n->i8, n->arg_th, &off, 1, "");
  LLVMValueRef left = LLVMBuildSub(n->b, LLVMBuildLoad2(n->b, n->i32, p, ""), LLVMConstInt(n->i32, 1, false), "");
  LLVMBuildStore(n->b, left, p);
  return LLVMBuildAnd(n->b, ok, LLVMBuildICmp(n->b, LLVMIntNE, left, LLVMConstInt(n->i32, 0, false), ""), "");
}

void nat_guard(Nat *n, LLVMValueRef ok) {
  if (LLVMIsAConstantInt(ok) && LLVMConstIntGetZExtValue(ok)) return;
  if (unlikely(n->th->ctx->opt.stress & STRESS_DEOPT)) ok = stressed(n, ok);
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

/* Everything that is live behind the YIELD, or in a handler that an exception thrown in finds, goes to the frame. */
void nat_yield(Nat *n) {
  Inst *inst = n->st->inst;
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  write_frames(n, inst, n->pc, made, true, true);
  RegState result = *nat_reg(n, n->pc->b);
  LLVMValueRef v = result.rep == REP_VIRTUAL ? made[result.virt] : nat_get_boxed(n, n->pc->b);
  LLVMBuildStore(n->b, v, frame_field(n, n->arg_th, offsetof(RpThread, native_result)));
  LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_YIELD, false));
  n->stop = true;
}

/* Somebody may hold the frame: tracebacks of exceptions that were handled here, or by what locals() and its kin returned. */
void nat_returning(Nat *n) {
  if (n->root->code->n_handlers == 0 && !n->visible) return;
  LLVMValueRef object = LLVMBuildLoad2(n->b, n->i64, frame_field(n, n->arg_frame, offsetof(Frame, object)), "");
  LLVMBasicBlockRef seen = LLVMAppendBasicBlockInContext(n->lc, n->fn, "seen"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, object, LLVMConstInt(n->i64, 0, false), ""), seen, go);
  LLVMPositionBuilderAtEnd(n->b, seen);
  show_locals(n, NULL);
  LLVMBuildBr(n->b, go);
  LLVMPositionBuilderAtEnd(n->b, go);
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
  if (n->visible) show_locals(n, NULL);
}
