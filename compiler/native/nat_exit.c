/* nat_exit.c: leaving compiled code: side exits and exceptions. Both write the live registers of every activation into interpreter frames. */
#include "compiler/native/nat.h"
#include "runtime/context.h"

LLVMValueRef nat_virtual_boxed(Nat *n, const Virtual *v);

/* Does leaving at pc write register r of this activation? A caller stands at its call. */
static bool written(Nat *n, Inst *inst, uint32_t pc, uint32_t r, bool caller, bool temps) {
  if (n->st->regs[inst->base + r].rep == REP_DEAD) return false;
  if (inst->flow->named[r]) return inst->parent || !n->write_through; /* the frame has them already */
  if (!temps) return false;
  if (caller) return flow_live_over(inst->flow, pc, r);
  return flow_live(inst->flow, pc, r);
}

static LLVMValueRef slot_at(Nat *n, LLVMValueRef regs, uint32_t r) {
  LLVMValueRef idx = LLVMConstInt(n->i64, r, false);
  return LLVMBuildGEP2(n->b, n->i64, regs, &idx, 1, "");
}

/* Register r of this activation, boxed. Virtuals are allocated once for all activations (`made`). */
static LLVMValueRef boxed_register(Nat *n, Inst *inst, uint32_t r, LLVMValueRef made[MAX_VIRTUALS]) {
  RegState rs = n->st->regs[inst->base + r];
  if (rs.rep != REP_VIRTUAL) return nat_load_boxed(n, &rs, &inst->homes[r]);
  if (!made[rs.virt]) made[rs.virt] = nat_virtual_boxed(n, &n->st->virtuals[rs.virt]);
  return made[rs.virt];
}

static void store_register(Nat *n, Inst *inst, uint32_t r, LLVMValueRef regs, LLVMValueRef made[MAX_VIRTUALS]) {
  LLVMBuildStore(n->b, boxed_register(n, inst, r, made), slot_at(n, regs, r));
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

static LLVMValueRef address_of(Nat *n, const void *p) { return LLVMConstIntToPtr(LLVMConstInt(n->i64, (uintptr_t)p, false), n->ptr); }

static LLVMValueRef frame_field(Nat *n, LLVMValueRef frame, size_t offset) {
  LLVMValueRef off = LLVMConstInt(n->i64, offset, false);
  return LLVMBuildGEP2(n->b, n->i8, frame, &off, 1, "");
}

/* A frame for an inlined activation, whose caller's frame is complete. */
static LLVMValueRef push_frame(Nat *n, Inst *inst, LLVMValueRef made[MAX_VIRTUALS]) {
  LLVMValueRef self = LLVMConstInt(n->i64, EMPTY, false);
  if (inst->init) self = boxed_register(n, inst, inst->n_regs - 1, made);
  uint32_t flags = inst->init ? FRAME_INIT : rir_is_operator(inst->call) ? FRAME_BINARY : 0;
  LLVMValueRef args[] = {n->arg_th, nat_const_object(n, inst->func), LLVMConstInt(n->i32, inst->call->a, false), LLVMConstInt(n->i32, flags, false), self};
  return nat_call_rt(n, "native_push_frame", n->ptr, args, 5);
}

static NativeLeave *new_leave(Nat *n, Inst *inst) {
  NativeLeave *l = calloc(1, sizeof *l + inst->code->n_regs * sizeof l->left[0]);
  l->code = inst->code;
  nat_note_const(n, value_object(inst->code));
  l->next = n->tables.leaves;
  n->tables.leaves = l;
  return l;
}

/* The live registers of one activation, whose frame this is. What needs code of its own to be boxed comes first: once the first raw word is in the frame,
** nothing may be allocated before native_leave() has boxed them all. */
static void leave_frame(Nat *n, Inst *inst, uint32_t pc, LLVMValueRef frame, LLVMValueRef regs, NativeLeave *l, LLVMValueRef leave_pc,
                        LLVMValueRef made[MAX_VIRTUALS], bool temps) {
  uint32_t n_regs = inst->code->n_regs;
  LLVMValueRef *values = arena_alloc(n->arena, n_regs * sizeof(LLVMValueRef));
  for (uint32_t r = 0; r < n_regs; r++) {
    const RegState *rs = &n->st->regs[inst->base + r];
    values[r] = NULL;
    if (!written(n, inst, pc, r, !l->innermost, temps)) continue;
    switch (rs->rep) {
    case REP_CONST:
      if (is_object(rs->k)) nat_note_const(n, rs->k);
      l->left[l->n_left++] = (NativeLeft){.reg = r, .rep = REP_CONST, .k = rs->k};
      break;
    case REP_INT: case REP_FLOAT: case REP_BOOL: l->left[l->n_left++] = (NativeLeft){.reg = r, .rep = rs->rep}; __attribute__((fallthrough));
    case REP_BOXED: values[r] = nat_load_raw(n, rs, &inst->homes[r]); break;
    default: values[r] = boxed_register(n, inst, r, made); break;
    }
  }
  for (uint32_t r = 0; r < n_regs; r++)
    if (values[r]) LLVMBuildStore(n->b, values[r], slot_at(n, regs, r));
  LLVMValueRef args[] = {n->arg_th, frame, address_of(n, l), leave_pc};
  nat_call_rt(n, "native_leave", n->void_, args, 4);
}

/* Frames from the outermost in; each caller stands at its call instruction, the innermost at leave_pc (i32), which at pc is like. temps: not only what
** f_locals shows, but all that is live at pc. guard: where a guard failed; or NULL. */
static void leave_frames(Nat *n, Inst *inst, uint32_t pc, bool innermost, LLVMValueRef leave_pc, LLVMValueRef made[MAX_VIRTUALS], bool temps, Code *guard) {
  LLVMValueRef frame = n->arg_frame, regs = n->regs;
  if (inst->parent) {
    leave_frames(n, inst->parent, (uint32_t)(inst->call - inst->parent->code->instrs), false, leave_pc, made, temps, guard);
    frame = push_frame(n, inst, made);
    regs = LLVMBuildLoad2(n->b, n->ptr, frame_field(n, frame, offsetof(Frame, regs)), "");
  }
  NativeLeave *l = new_leave(n, inst);
  l->innermost = innermost;
  l->call = pc;
  if (!inst->parent && guard) {
    l->guard = guard;
    nat_note_const(n, value_object(guard));
  }
  leave_frame(n, inst, pc, frame, regs, l, leave_pc, made, temps);
}

static uint32_t pc_here(Nat *n) { return (uint32_t)(n->pc - n->st->inst->code->instrs); }

/* Where the outermost activation stands: at the current instruction, or at the call that led here. */
static const Instr *outer_pc(Nat *n) {
  const Instr *pc = n->pc;
  for (const Inst *inst = n->st->inst; inst->parent; inst = inst->parent) pc = inst->call;
  return pc;
}

/* Where an exception of the current instruction is handled: in the outermost activation, since inlined functions have no handlers. NULL: not in this code. */
static const Handler *handler_here(Nat *n) { return code_handler(n->root->code, (uint32_t)(outer_pc(n) - n->root->code->instrs)); }

/* Which instruction branches to a leave, i32. */
static LLVMValueRef leave_pc(Nat *n) { return n->leave_pc ? n->leave_pc : (n->leave_pc = LLVMBuildAlloca(n->eb, n->i32, "leave")); }
static void note_leave(Nat *n) { LLVMBuildStore(n->b, LLVMConstInt(n->i32, pc_here(n), false), leave_pc(n)); }

/* A peek has had no effect: the whole function does it again, and leaves. */
static LLVMBasicBlockRef peek_block(Nat *n) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "whole");
  LLVMPositionBuilderAtEnd(n->b, block);
  nat_end_peek(n);
  LLVMPositionBuilderAtEnd(n->b, here);
  return block;
}

static LLVMBasicBlockRef leave_block(Nat *n, NativeStatus status, bool counted, const char *name) {
  if (n->peek) return peek_block(n);
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
  leave_frames(n, n->st->inst, pc_here(n), true, pc, made, temps, counted ? n->st->inst->code : NULL);
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

/* An exception leaves the inlined activations: their frames are made for its traceback alone. What follows happens at the call in the outermost one. */
static void unwind_inlined(Nat *n) {
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  leave_frames(n, n->st->inst, pc_here(n), true, LLVMConstInt(n->i32, pc_here(n), false), made, false, NULL);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame};
  nat_call_rt(n, "native_unwind", n->void_, args, 2);
  n->pc = outer_pc(n);
  n->st->inst = n->root;
  n->st->n_regs = n->root->n_regs;
}

/* The exception goes on in the handler, unless the thread is being stopped: then it leaves. traceback: i32, whether it needs an entry for this frame. */
static LLVMBasicBlockRef catch_block(Nat *n, const Handler *h, LLVMValueRef traceback) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "catch");
  LLVMBasicBlockRef caught = LLVMAppendBasicBlockInContext(n->lc, n->fn, "caught");
  State *saved = n->st;
  const Instr *pc = n->pc;
  bool stop = n->stop;
  n->st = state_copy(n, saved);
  LLVMPositionBuilderAtEnd(n->b, block);
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  if (n->st->inst->parent) unwind_inlined(n);
  else show_locals(n, made);
  LLVMValueRef args[] = {n->arg_th, n->arg_frame, LLVMConstInt(n->i32, pc_here(n), false), traceback};
  LLVMValueRef exc = nat_call_rt(n, "native_catch", n->i64, args, 4);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, exc, LLVMConstInt(n->i64, EMPTY, false), ""), caught, stopping_block(n));
  LLVMPositionBuilderAtEnd(n->b, caught);
  nat_forget(n);
  nat_set_boxed(n, h->reg, exc, 0);
  nat_edge(n, n->st->inst, h->handler);
  n->st = saved;
  n->pc = pc;
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
  if (unlikely(n->th->ctx->opt.stress & STRESS_DEOPT) && !n->peek) ok = stressed(n, ok);
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

/* Everything that is live behind the YIELD, or in a handler that an exception thrown in finds, goes to the frame: in line, since it happens often. */
void nat_yield(Nat *n) {
  Inst *inst = n->st->inst;
  LLVMValueRef made[MAX_VIRTUALS] = {0};
  LLVMBuildStore(n->b, address_of(n, n->pc), frame_field(n, n->arg_frame, offsetof(Frame, pc)));
  for (uint32_t r = 0; r < inst->code->n_regs; r++)
    if (written(n, inst, pc_here(n), r, false, true)) store_register(n, inst, r, n->regs, made);
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

/* The activations inlined into the outermost one, the innermost of which, inst, stands at pc. NULL: inst is the outermost. */
static const InlinedCall *inlined_call(Nat *n, const Inst *inst, const Instr *pc) {
  if (!inst->parent) return NULL;
  const InlinedCall *caller = inlined_call(n, inst->parent, inst->call);
  NativeInlined *i = calloc(1, sizeof *i);
  i->call = (InlinedCall){.caller = caller, .func = inst->func, .code = inst->code, .pc = pc, .frame_pc = outer_pc(n)};
  nat_note_const(n, value_object(inst->func));
  nat_note_const(n, value_object(inst->code));
  i->next = n->tables.inlined;
  n->tables.inlined = i;
  return &i->call;
}

/* Frame.pc of the outermost activation: calls out of compiled code are seen by tracebacks and sys._getframe. */
void nat_store_pc(Nat *n) {
  if (n->direct) nat_open_direct(n);
  const InlinedCall *in = inlined_call(n, n->st->inst, n->pc);
  const void *pc = in ? (const char *)in + PC_INLINED : (const char *)n->pc;
  LLVMBuildStore(n->b, address_of(n, pc), frame_field(n, n->arg_frame, offsetof(Frame, pc)));
}
