/* nat_shapes.c: attributes of objects that come in a few shapes: instances made before their class had learned their size, or of several classes. The address
** of the slot is found by comparing; what reads or writes it is emitted once. */
#include "compiler/native/nat.h"

/* The entries of the operation's cache, when each is a slot that is there. */
static const IcEntry *slots(Nat *n) {
  const Ic *ic = &n->st->inst->code->ics[n->pc->e];
  const IcEntry *first = ic_entry(ic);
  if (load_relaxed(&ic->misses) >= 16) return NULL;
  for (const IcEntry *e = first; e; e = e->next)
    if (e->kind != IC_SLOT) return NULL;
  return first;
}

static const IcEntry *of_shape(const IcEntry *e, uint32_t shape) {
  while (e && e->shape_id != shape) e = e->next;
  return e;
}

LLVMValueRef nat_slot_by_shape(Nat *n, unsigned r, LLVMValueRef *object) {
  const RegState *rs = nat_reg(n, r);
  const IcEntry *first = slots(n), *known = first && rs->rep == REP_BOXED && rs->shape ? of_shape(first, rs->shape) : NULL;
  if (!first || rs->rep != REP_BOXED || (rs->shape && !known)) return NULL;
  if (known) { /* on the way here it had only one */
    nat_guard_version(n, (Type *)known->object, known->type_version);
    *object = nat_need_shape(n, r, known->shape_id);
    return nat_slot_address(n, *object, known);
  }
  *object = nat_need_object(n, r);
  for (const IcEntry *e = first; e; e = e->next) nat_guard_version(n, (Type *)e->object, e->type_version);
  LLVMValueRef id = nat_load(n, n->i32, *object, 0, MEM_SHAPE, "shape"), at = LLVMBuildAlloca(n->eb, n->ptr, "slot");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "slot");
  for (const IcEntry *e = first; e; e = e->next) {
    LLVMValueRef hit = LLVMBuildICmp(n->b, LLVMIntEQ, id, LLVMConstInt(n->i32, e->shape_id, false), "");
    if (!e->next) {
      nat_guard(n, hit);
      LLVMBuildStore(n->b, nat_slot_address(n, *object, e), at);
      LLVMBuildBr(n->b, done);
      break;
    }
    LLVMBasicBlockRef here = LLVMAppendBasicBlockInContext(n->lc, n->fn, "shape"), other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
    LLVMBuildCondBr(n->b, hit, here, other);
    LLVMPositionBuilderAtEnd(n->b, here);
    LLVMBuildStore(n->b, nat_slot_address(n, *object, e), at);
    LLVMBuildBr(n->b, done);
    LLVMPositionBuilderAtEnd(n->b, other);
  }
  LLVMPositionBuilderAtEnd(n->b, done);
  return LLVMBuildLoad2(n->b, n->ptr, at, "");
}
