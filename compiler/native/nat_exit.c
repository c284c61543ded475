/* nat_exit.c: leaving compiled code: side exits and exceptions. Both write the live registers of every activation into interpreter frames. */
#include "compiler/native/nat.h"
#include "runtime/context.h"

LLVMValueRef nat_virtual_boxed(Nat *n, const Virtual *v);

/* Does leaving at pc write register r of this activation? A caller stands at its call: what lives behind it, the result excepted. */
static bool written(Nat *n, Inst *inst, uint32_t pc, uint32_t r, bool caller, bool temps) {
  if (n->st->regs[inst->base + r].rep == REP_DEAD) return false;
  if (inst->flow->named[r]) return inst->parent || !n->write_through; /* the frame has them already */
  if (!temps) return false;
  if (caller) return pc + 1 < inst->code->n_instrs && flow_live(inst->flow, pc + 1, r) && r != inst->code->instrs[pc].a;
  return flow_live(inst->flow, pc, r);
}

static void store_register(Nat *n, Inst *inst, uint32_t r, LLVMValueRef regs, LLVMValueRef made[MAX_VIRTUALS]) {
  RegState rs = n->st->regs[inst->base + r];
  LLVMValueRef idx = LLVMConstInt(n->i64, r, false), slot = LLVMBuildGEP2(n->b, n->i64, regs, &idx, 1, "");
  if (rs.rep != REP_VIRTUAL) {
    nat_store_to(n, &rs, &inst->homes[r], slot);
    return;
  }
  if (!made[rs.virt]) made[rs.virt] = nat_virtual_boxed(n, &n->st->virtuals[rs.virt]);
  LLVMBuildStore(n->b, made[rs.virt], slot);
}

/* Registers of one activation, boxed, into a frame's register array. Virtuals are allocated once for all activations (`made`). */
static void write_registers(Nat *n, Inst *inst, uint32_t pc, LLVMValueRef regs, LLVMValueRef made[MAX_VIRTUALS], bool caller, bool temps) {
  for (uint32_t r = 0; r < inst->code->n_regs; r++)
    if (written(n, inst, pc, r, caller, temps)) store_register(n, inst, r, regs, made);
}

/* -- Leaves: exit blocks, shared by all places that write the same things ------------------------------------ */

typedef struct LeaveReg { uint32_t k; RegState rs; } LeaveReg;
struct Leave {
  NativeStatus status;
  bool counted, framed;
  Inst *inst;
  LLVMBasicBlockRef block;
  const State *state;
  uint32_t n_regs;
  LeaveReg *regs;
  Leave *next;
};

static Leave *leave_here(Nat *n, NativeStatus status, bool counted) {
  Leave *l = arena_new(n->arena, Leave);
  *l = (Leave){.status = status, .counted = counted, .framed = n->st->framed, .inst = n->st->inst, .state = n->st};
  l->regs = arena_alloc(n->arena, n->st->n_regs * sizeof(LeaveReg));
  uint32_t pc = (uint32_t)(n->pc - n->st->inst->code->instrs);
  for (Inst *inst = n->st->inst; inst; inst = inst->parent) {
    bool caller = inst != n->st->inst;
    for (uint32_t r = 0; r < inst->n_regs; r++) {
      bool self = r == inst->code->n_regs; /* the new instance of an inlined __init__ */
      if (self ? inst->init : written(n, inst, pc, r, caller, status == NATIVE_EXIT))
        l->regs[l->n_regs++] = (LeaveReg){inst->base + r, n->st->regs[inst->base + r]};
    }
    if (inst->parent) pc = (uint32_t)(inst->call - inst->parent->code->instrs);
  }
  return l;
}

static bool same_fields(const Virtual *a, const Virtual *b) {
  if (a->homes != b->homes || a->shape != b->shape) return false;
  for (int i = 0; i < a->shape->n_slots; i++)
    if (a->fields[i].rep != b->fields[i].rep || (a->fields[i].rep == REP_CONST && a->fields[i].k != b->fields[i].k)) return false;
  return true;
}

static bool same_leave(const Leave *a, const Leave *b) {
  if (a->status != b->status || a->counted != b->counted || a->framed != b->framed || a->inst != b->inst || a->n_regs != b->n_regs) return false;
  for (uint32_t i = 0; i < a->n_regs; i++) {
    const RegState *x = &a->regs[i].rs, *y = &b->regs[i].rs;
    if (a->regs[i].k != b->regs[i].k || x->rep != y->rep || (x->rep == REP_CONST && x->k != y->k)) return false;
    if (x->rep == REP_VIRTUAL && (x->virt != y->virt || !same_fields(&a->state->virtuals[x->virt], &b->state->virtuals[y->virt]))) return false;
  }
  return true;
}

/* Address of instruction pc (i32). The array is malloc'ed memory that lives as long as its code, which the constant table holds as well. */
static LLVMValueRef instr_address(Nat *n, Inst *inst, LLVMValueRef pc) {
  nat_note_const(n, value_object(inst->code));
  LLVMValueRef instrs = LLVMBuildIntToPtr(n->b, nat_const_object(n, inst->code->instrs), n->ptr, "");
  LLVMValueRef off = LLVMBuildMul(n->b, LLVMBuildZExt(n->b, pc, n->i64, ""), LLVMConstInt(n->i64, sizeof(Instr), false), "");
  return LLVMBuildGEP2(n->b, n->i8, instrs, &off, 1, "");
}

static LLVMValueRef frame_field(Nat *n, LLVMValueRef frame, size_t offset) {
  LLVMValueRef off = LLVMConstInt(n->i64, offset, false);
  return LLVMBuildGEP2(n->b, n->i8, frame, &off, 1, "");
}

/* Frames from the outermost in; each caller stands at its call instruction, the innermost at *pc_out. temps: not only what f_locals shows, but all that
** is live at `pc`. */
static void write_frames(Nat *n, Inst *inst, uint32_t pc, LLVMValueRef pc_out, LLVMValueRef made[MAX_VIRTUALS], bool innermost, bool temps) {
  LLVMValueRef frame, regs;
  if (inst->parent) {
    uint32_t at = (uint32_t)(inst->call - inst->parent->code->instrs);
    write_frames(n, inst->parent, at, LLVMConstInt(n->i32, at, false), made, false, temps);
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
  LLVMBuildStore(n->b, instr_address(n, inst, pc_out), frame_field(n, frame, offsetof(Frame, pc)));
  write_registers(n, inst, pc, regs, made, !innermost, temps);
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

/* Which instruction branches to a leave, i32. */
static LLVMValueRef leave_pc(Nat *n) { return n->leave_pc ? n->leave_pc : (n->leave_pc = LLVMBuildAlloca(n->eb, n->i32, "leave")); }
static void note_leave(Nat *n) { LLVMBuildStore(n->b, LLVMConstInt(n->i32, pc_here(n), false), leave_pc(n)); }

static LLVMBasicBlockRef leave_block(Nat *n, NativeStatus status, bool counted, const char *name) {
  Leave *l = leave_here(n, status, counted);
  for (Leave *o = n->leaves; o; o = o->next)
    if (same_leave(o, l)) return o->block;
  l->state = state_copy(n, n->st);
  l->next = n->leaves;
  n->leaves = l;
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = l->block = LLVMAppendBasicBlockInContext(n->lc, n->fn, name);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0}, pc = LLVMBuildLoad2(n->b, n->i32, leave_pc(n), "pc");
  bool temps = status == NATIVE_EXIT;
  if (n->direct && !n->st->framed) nat_fill_direct_cold(n);
  else if (temps && n->direct) nat_clear_direct(n);
  if (counted) {
    LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->code), pc};
    nat_call_rt(n, "native_note_exit", n->void_, args, 3);
  }
  write_frames(n, n->st->inst, pc_here(n), pc, made, true, temps);
  if (n->direct) nat_give_up_direct(n);
  else LLVMBuildRet(n->b, LLVMConstInt(n->i32, status, false));
  LLVMPositionBuilderAtEnd(n->b, here);
  return block;
}

LLVMBasicBlockRef nat_exit_block(Nat *n) {
  if (!n->exit_block) n->exit_block = leave_block(n, NATIVE_EXIT, true, "exit");
  return n->exit_block;
}
LLVMBasicBlockRef nat_quiet_exit_block(Nat *n) {
  note_leave(n);
  return leave_block(n, NATIVE_EXIT, false, "leave");
}

/* What f_locals shows of the outermost activation, into its frame. Instances that are not allocated are shown as copies in `made`, or not at all (NULL). */
static void show_locals(Nat *n, LLVMValueRef made[MAX_VIRTUALS]) {
  Inst *inst = n->root;
  for (uint32_t r = 0; r < inst->code->n_regs; r++)
    if (inst->flow->named[r] && written(n, inst, 0, r, false, false) && (made || n->st->regs[r].rep != REP_VIRTUAL)) store_register(n, inst, r, n->regs, made);
}

/* Named locals that the instruction has written, to the frame. */
static void write_through(void *user, unsigned reg, unsigned count, bool write) {
  Nat *n = user;
  LLVMValueRef none[MAX_VIRTUALS] = {0};
  for (unsigned r = reg; write && r < reg + count; r++)
    if (n->root->flow->named[r] && n->st->regs[r].rep != REP_DEAD) store_register(n, n->root, r, n->regs, none);
}
void nat_write_through(Nat *n, const Instr *i) {
  if (n->write_through) rir_operands(i, write_through, n);
}

/* The thread is being stopped: native_catch has said where. */
static LLVMBasicBlockRef stopping_block(Nat *n) {
  if (n->stopping) return n->stopping;
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b);
  n->stopping = LLVMAppendBasicBlockInContext(n->lc, n->fn, "stopping");
  LLVMPositionBuilderAtEnd(n->b, n->stopping);
  if (n->direct) {
    nat_clear_direct(n);
    nat_give_up_direct(n);
  } else {
    LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_RAISE, false));
  }
  LLVMPositionBuilderAtEnd(n->b, here);
  return n->stopping;
}

/* The exception goes on in the handler, unless the thread is being stopped: then it leaves. traceback: i32, whether it needs an entry for this frame. */
static LLVMBasicBlockRef catch_block(Nat *n, const Handler *h, LLVMValueRef traceback) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "catch");
  LLVMBasicBlockRef caught = LLVMAppendBasicBlockInContext(n->lc, n->fn, "caught");
  State *saved = n->st;
  bool stop = n->stop;
  n->st = state_copy(n, saved);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  show_locals(n, made);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame, LLVMConstInt(n->i32, pc_here(n), false), traceback};
  LLVMValueRef exc = nat_call_rt(n, "native_catch", n->i64, args, 4);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, exc, LLVMConstInt(n->i64, EMPTY, false), ""), caught, stopping_block(n));
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
  if (!n->raise_block) n->raise_block = leave_block(n, NATIVE_RAISE, false, "raise");
  return n->raise_block;
}

void nat_raise_now(Nat *n, LLVMValueRef traceback) {
  const Handler *h = handler_here(n);
  if (h) {
    LLVMBuildBr(n->b, catch_block(n, h, traceback));
  } else {
    LLVMValueRef again = LLVMBuildICmp(n->b, LLVMIntEQ, traceback, LLVMConstInt(n->i32, 0, false), "");
    LLVMBuildStore(n->b, LLVMBuildZExt(n->b, again, n->i8, ""), frame_field(n, n->arg_th, offsetof(RpThread, reraising)));
    note_leave(n);
    LLVMBuildBr(n->b, nat_raise_block(n));
  }
  n->stop = true;
}

static void branch_unlikely(Nat *n, LLVMValueRef ok, LLVMBasicBlockRef bad) {
  note_leave(n);
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
  note_leave(n);
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
  write_frames(n, inst, pc_here(n), LLVMConstInt(n->i32, pc_here(n), false), made, true, true);
  RegState result = *nat_reg(n, n->pc->b);
  LLVMValueRef v = result.rep == REP_VIRTUAL ? made[result.virt] : nat_get_boxed(n, n->pc->b);
  LLVMBuildStore(n->b, v, frame_field(n, n->arg_th, offsetof(RpThread, native_result)));
  LLVMBuildRet(n->b, LLVMConstInt(n->i32, NATIVE_YIELD, false));
  n->stop = true;
}

/* Somebody may hold the frame: tracebacks of exceptions that were handled here, or by what locals() and its kin returned. */
void nat_returning(Nat *n) {
  if (n->root->code->n_handlers == 0 || n->write_through) return;
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
  if (n->direct) nat_open_direct(n);
  Inst *inst = n->st->inst;
  const Instr *pc = n->pc;
  while (inst->parent) {
    pc = inst->call;
    inst = inst->parent;
  }
  LLVMValueRef at = LLVMConstInt(n->i32, (uint64_t)(pc - inst->code->instrs), false);
  LLVMBuildStore(n->b, instr_address(n, inst, at), frame_field(n, n->arg_frame, offsetof(Frame, pc)));
}
