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
    LLVMValueRef hit = LLVMBuildICmp(n->b, LLVMIntEQ, id, nat_const_shape(n, e->shape_id), "");
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

/* -- Class values beside slots: attributes that an instance has from its class until it gets its own ----------------------- */

static bool same_kinds(const IcEntry *e, IcKind one, IcKind other) {
  for (; e; e = e->next)
    if ((e->kind != one && e->kind != other) || (e->kind != IC_CLASS_VALUE && e->kind != IC_SLOT && e->index2)) return false;
  return true;
}

/* Entries of the cache, when R[r] may be of any of their shapes and all are of these kinds. */
static const IcEntry *mixed(Nat *n, unsigned r, IcKind one, IcKind other) {
  const RegState *rs = nat_reg(n, r);
  const Ic *ic = &n->st->inst->code->ics[n->pc->e];
  const IcEntry *e = ic_entry(ic);
  for (const IcEntry *k = e; k; k = k->next)
    if (!ic_version_ok(k)) return NULL;
  return e && e->next && load_relaxed(&ic->misses) < 16 && reg_is_open(rs) && same_kinds(e, one, other) ? e : NULL;
}

/* Calls emit for each entry where the object is of its shape; then they go on together. */
static void by_shape(Nat *n, LLVMValueRef object, const IcEntry *e, void (*emit)(Nat *n, LLVMValueRef object, const IcEntry *e, void *data), void *data) {
  for (const IcEntry *k = e; k; k = k->next) nat_guard_version(n, (Type *)k->object, k->type_version);
  LLVMValueRef id = nat_load(n, n->i32, object, 0, MEM_SHAPE, "shape");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "done");
  for (; e; e = e->next) {
    LLVMValueRef hit = LLVMBuildICmp(n->b, LLVMIntEQ, id, nat_const_shape(n, e->shape_id), "");
    LLVMBasicBlockRef other = NULL;
    if (e->next) {
      LLVMBasicBlockRef here = LLVMAppendBasicBlockInContext(n->lc, n->fn, "shape");
      other = LLVMAppendBasicBlockInContext(n->lc, n->fn, "other");
      LLVMBuildCondBr(n->b, hit, here, other);
      LLVMPositionBuilderAtEnd(n->b, here);
    } else {
      nat_guard(n, hit);
    }
    emit(n, object, e, data);
    LLVMBuildBr(n->b, done);
    LLVMPositionBuilderAtEnd(n->b, other ? other : done);
  }
}

static void load_entry(Nat *n, LLVMValueRef object, const IcEntry *e, void *result) {
  LLVMValueRef v = e->kind == IC_CLASS_VALUE ? nat_const_value(n, e->value)
                                             : nat_tagged(n, LLVMBuildLoad2(n->b, n->i64, nat_slot_address(n, object, e), "attr"), MEM_SLOT);
  LLVMBuildStore(n->b, v, result);
}

bool nat_get_by_shape(Nat *n, LLVMValueRef *v) {
  const IcEntry *e = mixed(n, n->pc->b, IC_SLOT, IC_CLASS_VALUE);
  if (!e) return false;
  LLVMValueRef result = LLVMBuildAlloca(n->eb, n->i64, "attr");
  by_shape(n, nat_need_object(n, n->pc->b), e, load_entry, result);
  *v = LLVMBuildLoad2(n->b, n->i64, result, "");
  return true;
}

static void store_entry(Nat *n, LLVMValueRef object, const IcEntry *e, void *v) {
  if (e->kind == IC_SLOT_ADD) nat_add_slot(n, object, e);
  else nat_store_value(n, object, nat_slot_address(n, object, e), n->pc->b, v, MEM_SLOT);
}

/* The shape is not known afterwards. */
bool nat_set_by_shape(Nat *n) {
  const IcEntry *first = mixed(n, n->pc->a, IC_SLOT, IC_SLOT_ADD);
  if (!first) return false;
  LLVMValueRef v = nat_get_boxed(n, n->pc->b);
  by_shape(n, nat_need_object(n, n->pc->a), first, store_entry, v);
  for (const IcEntry *e = first; e; e = e->next)
    if (e->kind == IC_SLOT_ADD) nat_forget_shape(n, e->shape_id);
  return true;
}
