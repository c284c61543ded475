/* nat_cell.c: variables that functions share: cells, made by the function that owns them, found in the closure of those inside it. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

/* super() without a compiled form looks for cells in the frame, by register. */
static void show(Nat *n, unsigned r, LLVMValueRef cell) {
  LLVMValueRef at = k64(n, r);
  if (!n->st->inst->parent) LLVMBuildStore(n->b, cell, LLVMBuildGEP2(n->b, n->i64, n->regs, &at, 1, ""));
}

void nat_make_cell(Nat *n) {
  LLVMValueRef v = n->pc->b == NO_REG ? k64(n, EMPTY) : nat_get_boxed(n, n->pc->b);
  LLVMValueRef cell = nat_alloc(n, SHAPE_cell, K_CELL, sizeof(Cell));
  nat_store(n, v, cell, offsetof(Cell, v), MEM_CELL);
  show(n, n->pc->a, cell);
  nat_set_boxed(n, n->pc->a, cell, SHAPE_cell);
}

/* An inlined function is known, and so is its closure. */
void nat_load_closure(Nat *n) {
  const Inst *inst = n->st->inst;
  if (inst->parent) {
    nat_set_const(n, n->pc->a, inst->func->closure->items[n->pc->e]);
    return;
  }
  LLVMValueRef off = k64(n, offsetof(Frame, func)), func = LLVMBuildGEP2(n->b, n->i8, n->arg_frame, &off, 1, "");
  LLVMValueRef closure = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, LLVMBuildLoad2(n->b, n->i64, func, "func"), offsetof(Function, closure)), "closure");
  LLVMValueRef cell = nat_load(n, n->i64, closure, (uint32_t)(offsetof(Tuple, items) + 8 * (size_t)n->pc->e), MEM_ITEM, "cell");
  show(n, n->pc->a, cell);
  nat_set_boxed(n, n->pc->a, cell, SHAPE_cell);
}

/* An unbound one is the interpreter's business. */
void nat_load_deref(Nat *n) {
  LLVMValueRef v = nat_load(n, n->i64, nat_get_boxed(n, n->pc->b), offsetof(Cell, v), MEM_CELL, "shared");
  if (nat_wanted_as_float(n)) {
    nat_guard(n, nat_is_double(n, v));
    nat_set_float(n, n->pc->a, nat_unbox_double(n, v));
    return;
  }
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
  nat_set_boxed(n, n->pc->a, v, 0);
}

void nat_store_deref(Nat *n) {
  LLVMValueRef v = nat_get_boxed(n, n->pc->b), cell = nat_get_boxed(n, n->pc->a);
  nat_store_value(n, cell, nat_slot_ptr(n, cell, offsetof(Cell, v)), n->pc->b, v, MEM_CELL);
}
