/* nat_loop.c: loops: strips of iterations without a poll, and what a loop relies on, tested on the ways into it instead of in every iteration.
**
** A loop is two nested ones for LLVM: the inner one counts its fuel down and calls nothing for it, so that what does not change is hoisted out of it. Between two
** strips the thread polls, and all that others may have changed meanwhile is tested again.
**
** Code inside a loop that wants to know a class unchanged, a global still the same, or the shape of a register that the loop never writes, asks for it at the
** loop's head (nat_check, nat_raise_shape), as long as nothing has run since the head that could have changed it. The head's version then *relies* on the fact. All ways
** that lead there are noted, and those on which the fact is not certain get a guard, at the end, when all facts are known; its exit is at the head. */
#include "compiler/native/nat.h"
#include "runtime/dict.h"
#include "runtime/func.h"

#define MAX_RELIES 24

typedef struct Way {
  struct Way *next;
  LLVMBasicBlockRef from;    /* ends with a jump to `to` */
  LLVMBasicBlockRef to;
  Version *target;
  State *state;              /* what holds on this way, in the target's representations */
} Way;

/* Of a version of a LOOP_HEAD. */
struct Loop {
  Check relies[MAX_RELIES];
  uint32_t n_relies;
  uint32_t end;              /* the last instruction that jumps back to the head */
  uint64_t *written;         /* registers of the activation that instructions of the loop write */
  LLVMBasicBlockRef strip;   /* begins a strip, then goes to the version's block */
  LLVMValueRef fuel;         /* there: the store of the strip's length, known at the end */
  Way *ways;                 /* into it, and to versions inside that trust its facts */
};

/* -- Strips ---------------------------------------------------------------------- */

#define STRIP_WORK 8000 /* RIR operations: about 10 us */

LLVMValueRef nat_fuel(Nat *n, Inst *inst, uint32_t pc) {
  if (!inst->fuel[pc]) {
    inst->fuel[pc] = LLVMBuildAlloca(n->eb, n->i32, "fuel");
    LLVMBuildStore(n->eb, LLVMConstInt(n->i32, 1, false), inst->fuel[pc]); /* entered in the middle of the loop */
  }
  return inst->fuel[pc];
}

/* Iterations of a strip: 1 where the time of an iteration is not known, because it calls something or contains another loop. */
static uint32_t strip_length(const Inst *inst, uint32_t head, uint32_t end) {
  for (uint32_t pc = head + 1; pc <= end; pc++)
    if (inst->calls[pc] || inst->code->instrs[pc].op == RIR_LOOP_HEAD) return 1;
  return STRIP_WORK / (end - head + 2) + 1;
}

static void note_writes(void *user, unsigned reg, unsigned count, bool write) {
  uint64_t *written = user;
  for (unsigned r = reg; write && r < reg + count; r++) written[r / 64] |= 1ull << (r % 64);
}

void nat_loop_new(Nat *n, Version *v) {
  const Code *co = v->inst->code;
  Loop *l = v->loop = arena_new(n->arena, Loop);
  *l = (Loop){.end = v->pc};
  for (uint32_t pc = v->pc; pc < co->n_instrs; pc++)
    if (co->instrs[pc].op == RIR_JUMP_BACK && (uint32_t)co->instrs[pc].e == v->pc) l->end = pc;
  size_t size = (v->inst->n_regs + 63) / 64 * sizeof(uint64_t);
  l->written = arena_alloc(n->arena, size);
  memset(l->written, 0, size);
  for (uint32_t pc = v->pc; pc <= l->end; pc++) rir_operands(&co->instrs[pc], note_writes, l->written);
  for (uint32_t h = 0; h < co->n_handlers; h++) note_writes(l->written, co->handlers[h].reg, 1, true);
  l->strip = LLVMAppendBasicBlockInContext(n->lc, n->fn, "strip");
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b);
  LLVMPositionBuilderAtEnd(n->b, l->strip);
  l->fuel = LLVMBuildStore(n->b, LLVMConstInt(n->i32, 1, false), nat_fuel(n, v->inst, v->pc));
  LLVMBuildBr(n->b, v->block);
  LLVMPositionBuilderAtEnd(n->b, here);
}

LLVMBasicBlockRef nat_loop_strip(const Version *v) { return v->loop->strip; }

/* -- Inside ---------------------------------------------------------------------------- */

void nat_loop_begin(Nat *n, Version *v) {
  State *s = n->st;
  s->lap = v;
  s->fresh = s->straight = true;
  for (uint32_t k = 0; k < s->n_regs; k++) {
    uint32_t r = k - v->inst->base;
    bool varies = k >= v->inst->base && (v->loop->written[r / 64] >> (r % 64) & 1);
    s->regs[k].origin = s->regs[k].rep == REP_BOXED && !varies ? (uint16_t)(k + 1) : 0;
  }
}

bool nat_in_lap(const State *s, const Inst *inst, uint32_t pc) {
  const Version *v = s->lap;
  if (!v) return false;
  if (inst == v->inst) return pc >= v->pc && pc <= v->loop->end;
  while (inst && inst != v->inst) inst = inst->parent;
  return inst != NULL;
}

/* -- Facts ------------------------------------------------------------------------------- */

/* Here and now. */
static void emit_check(Nat *n, const Check *c) {
  if (c->kind == CHECK_GLOBAL) {
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, nat_global_now(n, c), nat_const_value(n, c->value), ""));
    return;
  }
  if (c->kind == CHECK_ALONE) {
    LLVMValueRef off = LLVMConstInt(n->i64, offsetof(RpThread, multi), false), p = LLVMBuildGEP2(n->b, n->i8, n->arg_th, &off, 1, "");
    LLVMValueRef multi = nat_tagged(n, LLVMBuildLoad2(n->b, n->i8, p, "multi"), MEM_THREAD);
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, multi, LLVMConstInt(n->i8, 0, false), ""));
    return;
  }
  uint32_t offset = c->kind == CHECK_TYPE ? offsetof(Type, version) : offsetof(Function, version);
  LLVMValueRef v = nat_load(n, n->i32, nat_const_object(n, c->what), offset, MEM_VERSION, "version");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, v, LLVMConstInt(n->i32, c->version, false), ""));
}

/* What does not hold even now would be found out at every entry of the loop, though perhaps nothing in it ever needs it. */
static bool holds(const Check *c) {
  switch (c->kind) {
  case CHECK_TYPE: return load_relaxed(&((const Type *)c->what)->version) == c->version;
  case CHECK_FUNCTION: return load_relaxed(&((const Function *)c->what)->version) == c->version;
  case CHECK_GLOBAL: return (Object *)load_relaxed(&c->dict->table) == c->table;
  default: return true;
  }
}

static bool relied_on(const Loop *l, const Check *c) {
  for (uint32_t i = 0; i < l->n_relies; i++)
    if (l->relies[i].what == c->what) return true;
  return false;
}

void nat_check(Nat *n, const Check *c) {
  if (nat_checked(n, c->what)) return;
  if (c->kind == CHECK_TYPE || c->kind == CHECK_FUNCTION) nat_note_const(n, value_object(c->what)); /* it may be emitted much later */
  Loop *l = n->st->lap && n->st->fresh ? n->st->lap->loop : NULL;
  if (l && relied_on(l, c)) return;
  if (l && l->n_relies < MAX_RELIES && holds(c)) l->relies[l->n_relies++] = *c;
  else emit_check(n, c);
}

bool nat_raise_shape(Nat *n, RegState *rs, uint32_t shape) {
  State *s = n->st;
  if (!rs->origin || !s->lap || !s->fresh) return false;
  RegState *head = &s->lap->state->regs[rs->origin - 1], *here = &s->regs[rs->origin - 1];
  if (head->shape != shape && (head->shape || !s->straight)) return false;
  head->shape = shape;
  if (here->rep == REP_BOXED) here->shape = shape;
  return true;
}

/* -- Ways in ------------------------------------------------------------------------------- */

void nat_note_way(Nat *n, Version *target, LLVMBasicBlockRef to) {
  Loop *l = target->loop ? target->loop : target->state->lap->loop;
  Way *w = arena_new(n->arena, Way);
  *w = (Way){l->ways, LLVMGetInsertBlock(n->b), to, target, state_copy(n, n->st)};
  l->ways = w;
}

/* The guards of one way: what the target trusts and the way does not know. */
static void guard_way(Nat *n, Version *head, const Way *w) {
  Loop *l = head->loop;
  if (w->state->lap == head && w->state->fresh) return; /* from inside: it held at the head, and nothing has happened since */
  LLVMPositionBuilderAtEnd(n->b, w->from);
  LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(w->from));
  n->st = state_copy(n, w->target->state);
  n->pc = w->target->inst->code->instrs + w->target->pc;
  n->exit_block = n->raise_block = NULL;
  for (uint32_t k = 0; k < head->state->n_regs; k++) {
    const RegState *want = &head->state->regs[k], *have = &w->state->regs[k];
    bool same = w->target == head || w->target->state->regs[k].origin == k + 1; /* the value it has at the head */
    if (same && want->rep == REP_BOXED && want->shape && have->rep == REP_BOXED && have->shape != want->shape) nat_guard_shape(n, k, want->shape);
  }
  for (uint32_t i = 0; i < l->n_relies; i++) emit_check(n, &l->relies[i]);
  LLVMBuildBr(n->b, w->to);
}

void nat_finish_loops(Nat *n) {
  for (Inst *inst = n->insts; inst; inst = inst->next_inst)
    for (uint32_t pc = 0; pc < inst->code->n_instrs; pc++)
      for (Version *v = inst->versions[pc]; v; v = v->next_at) {
        if (!v->loop) continue;
        LLVMSetOperand(v->loop->fuel, 0, LLVMConstInt(n->i32, strip_length(inst, pc, v->loop->end), false));
        for (Way *w = v->loop->ways; w; w = w->next) guard_way(n, v, w);
      }
}

/* -- Around ----------------------------------------------------------------------- */

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
      nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, id, LLVMConstInt(n->i32, shape, false), ""));
      rs->shape = shape;
    }
}

/* The end of a strip: the poll, then the next strip. What the poll ran, or another thread has done meanwhile, may have changed shapes and classes. */
static void end_strip(Nat *n, uint32_t head) {
  LLVMBasicBlockRef wanted = LLVMAppendBasicBlockInContext(n->lc, n->fn, "poll"), quiet = LLVMAppendBasicBlockInContext(n->lc, n->fn, "quiet");
  LLVMBasicBlockRef calm = LLVMAppendBasicBlockInContext(n->lc, n->fn, "calm"), again = LLVMAppendBasicBlockInContext(n->lc, n->fn, "again");
  LLVMValueRef word = LLVMBuildLoad2(n->b, n->i32, nat_thread_field(n, offsetof(RpThread, poll)), "poll");
  LLVMSetOrdering(word, LLVMAtomicOrderingAcquire); /* nothing that was loaded before it is known behind it */
  LLVMSetAlignment(word, 4);
  nat_weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, word, LLVMConstInt(n->i32, 0, false), ""), quiet, wanted));
  LLVMPositionBuilderAtEnd(n->b, wanted);
  nat_store_pc(n);
  nat_check_status(n, nat_call_rt(n, "native_poll", n->i32, &n->arg_th, 1));
  LLVMBuildBr(n->b, again);
  LLVMPositionBuilderAtEnd(n->b, quiet);
  LLVMValueRef multi = nat_tagged(n, LLVMBuildLoad2(n->b, n->i8, nat_thread_field(n, offsetof(RpThread, multi)), "multi"), MEM_THREAD);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, multi, LLVMConstInt(n->i8, 0, false), ""), calm, again);
  LLVMPositionBuilderAtEnd(n->b, calm);
  State *st = state_copy(n, n->st);
  Version *next = nat_edge(n, n->st->inst, head);
  n->st = st;
  LLVMPositionBuilderAtEnd(n->b, again);
  confirm_virtuals(n);
  nat_edge_again(n, next);
}

void nat_jump_back(Nat *n) {
  uint32_t head = (uint32_t)n->pc->e;
  LLVMValueRef fuel = nat_fuel(n, n->st->inst, head);
  LLVMValueRef left = LLVMBuildSub(n->b, LLVMBuildLoad2(n->b, n->i32, fuel, ""), LLVMConstInt(n->i32, 1, false), "fuel");
  LLVMBuildStore(n->b, left, fuel);
  LLVMBasicBlockRef on = LLVMAppendBasicBlockInContext(n->lc, n->fn, "on"), end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "strip.end");
  nat_weigh(n, LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, left, LLVMConstInt(n->i32, 0, false), ""), on, end));
  n->st->n_checked = 0;
  State *st = state_copy(n, n->st);
  LLVMPositionBuilderAtEnd(n->b, on);
  if (!nat_edge_back(n, head)) LLVMBuildBr(n->b, end); /* only strips begin another version: so that no way around the loop is without a poll */
  n->st = st;
  LLVMPositionBuilderAtEnd(n->b, end);
  end_strip(n, head);
}
