/* nat_item.c: lists, tuples and iterators: items, unpacking, building, the next one. */
#include "compiler/native/nat.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

/* -- Items ---------------------------------------------------------------------------------- */

/* Address of the items; *len: i64. */
static LLVMValueRef list_items(Nat *n, LLVMValueRef list, LLVMValueRef *len) {
  LLVMValueRef array = nat_load(n, n->i64, list, offsetof(List, array), MEM_ARRAY, "array");
  *len = LLVMBuildZExt(n->b, nat_load(n, n->i32, array, offsetof(Array, length), MEM_LENGTH, ""), n->i64, "len");
  return nat_slot_ptr(n, array, offsetof(Array, items));
}
static LLVMValueRef tuple_items(Nat *n, LLVMValueRef tuple, LLVMValueRef *len) {
  *len = nat_load(n, n->i64, tuple, offsetof(Tuple, length), MEM_LENGTH, "len");
  return nat_slot_ptr(n, tuple, offsetof(Tuple, items));
}
static LLVMValueRef item_at(Nat *n, LLVMValueRef items, LLVMValueRef i) {
  return nat_tagged(n, LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i64, items, &i, 1, ""), "item"), MEM_ITEM);
}

/* i, from the end if it is negative, inside of a sequence of len items. */
static LLVMValueRef item_index(Nat *n, LLVMValueRef i, LLVMValueRef len) {
  LLVMValueRef neg = LLVMBuildICmp(n->b, LLVMIntSLT, i, k64(n, 0), "");
  LLVMValueRef at = LLVMBuildAdd(n->b, i, LLVMBuildSelect(n->b, neg, len, k64(n, 0), ""), "");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntULT, at, len, ""));
  return at;
}

void nat_get_item(Nat *n) {
  uint8_t fb = load_relaxed(&n->pc->fb);
  unsigned b = n->pc->b, c = n->pc->c;
  RegState *key = nat_reg(n, c);
  if ((fb == FB_I_LIST || fb == FB_I_TUPLE) && reg_may_be_int(key)) {
    bool list = fb == FB_I_LIST;
    LLVMValueRef o = nat_need_shape(n, b, list ? SHAPE_list : SHAPE_tuple);
    LLVMValueRef i = nat_need_int(n, c), len, items;
    if (list) {
      items = list_items(n, o, &len);
    } else {
      items = tuple_items(n, o, &len);
    }
    LLVMValueRef v = item_at(n, items, item_index(n, i, len));
    if (nat_wanted_as_float(n)) {
      nat_guard(n, nat_is_double(n, v));
      nat_set_float(n, n->pc->a, nat_unbox_double(n, v));
      return;
    }
    if (list) nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
    nat_set_boxed(n, n->pc->a, v, 0);
    return;
  }
  if (!(fb & ~(FB_I_INSTANCE | FB_I_OTHER)) && nat_special_get_item(n)) return;
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, b), nat_get_boxed(n, c)};
  LLVMValueRef v = nat_call_rt(n, "op_getitem", n->i64, args, 3);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* list[i] = v. With several threads writers lock: out of line. */
static void set_list_item(Nat *n) {
  const Instr *p = n->pc;
  LLVMValueRef list = nat_need_shape(n, p->a, SHAPE_list), i = nat_need_int(n, p->b), len;
  if (n->th->multi) {
    nat_store_pc(n);
    LLVMValueRef args[] = {n->arg_th, list, nat_get_boxed(n, p->b), nat_get_boxed(n, p->c)};
    nat_check_status(n, nat_call_rt(n, "native_list_set", n->i32, args, 4));
    return;
  }
  nat_check(n, &(Check){.kind = CHECK_ALONE, .what = n->th->ctx});
  LLVMValueRef v = nat_get_boxed(n, p->c); /* may allocate: before addresses inside of the list are at hand */
  LLVMValueRef array = nat_load(n, n->i64, list, offsetof(List, array), MEM_ARRAY, "array");
  len = LLVMBuildZExt(n->b, nat_load(n, n->i32, array, offsetof(Array, length), MEM_LENGTH, ""), n->i64, "len");
  LLVMValueRef at = item_index(n, i, len);
  nat_store_value(n, array, LLVMBuildGEP2(n->b, n->i64, nat_slot_ptr(n, array, offsetof(Array, items)), &at, 1, ""), p->c, v, MEM_ITEM);
}

void nat_set_item(Nat *n) {
  uint8_t fb = load_relaxed(&n->pc->fb);
  if (!(fb & ~(FB_I_INSTANCE | FB_I_OTHER)) && nat_special_set_item(n)) return;
  if (fb == FB_I_LIST && reg_may_be_int(nat_reg(n, n->pc->b))) {
    set_list_item(n);
    return;
  }
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->a), nat_get_boxed(n, n->pc->b), nat_get_boxed(n, n->pc->c)};
  nat_check_status(n, nat_call_rt(n, "op_setitem", n->i32, args, 4));
  nat_forget(n);
}

/* The tuple's items are known good values: plain loads. */
void nat_unpack(Nat *n) {
  if (load_relaxed(&n->pc->fb) != FB_I_TUPLE) {
    nat_generic(n);
    return;
  }
  LLVMValueRef o = nat_need_shape(n, n->pc->a, SHAPE_tuple);
  LLVMValueRef len = nat_load(n, n->i64, o, offsetof(Tuple, length), MEM_LENGTH, "");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, len, k64(n, n->pc->c), ""));
  for (unsigned k = 0; k < n->pc->c; k++)
    nat_set_boxed(n, n->pc->b + k, nat_load(n, n->i64, o, (uint32_t)(offsetof(Tuple, items) + 8 * k), MEM_ITEM, ""), 0);
}

void nat_build_tuple(Nat *n) {
  unsigned c = n->pc->c;
  if (c == 0) {
    nat_set_const(n, n->pc->a, value_object(tuple_empty_));
    return;
  }
  if (c > (SMALL_MAX - sizeof(Tuple)) / 8) {
    nat_generic(n);
    return;
  }
  LLVMValueRef items[SMALL_MAX / 8];
  for (unsigned k = 0; k < c; k++) items[k] = nat_get_boxed(n, n->pc->b + k);
  LLVMValueRef t = nat_alloc(n, SHAPE_tuple, K_TUPLE, sizeof(Tuple) + 8 * c);
  nat_store(n, k64(n, c), t, offsetof(Tuple, length), MEM_LENGTH);
  for (unsigned k = 0; k < c + (c & 1); k++) /* the padding word as well: cells are zeroed */
    nat_store(n, k < c ? items[k] : k64(n, EMPTY), t, (uint32_t)(offsetof(Tuple, items) + 8 * k), MEM_ITEM);
  nat_set_boxed(n, n->pc->a, t, SHAPE_tuple);
}

/* -- Iteration -------------------------------------------------------------------------------- */

/* Next value of a range iterator whose object is at hand: two fields in memory. */
static void for_range(Nat *n) {
  LLVMValueRef it = nat_need_shape(n, n->pc->b, SHAPE_range_iterator);
  LLVMValueRef left = nat_load(n, n->i64, it, offsetof(Iter, limit), MEM_LIMIT, "left");
  nat_branch(n, LLVMBuildICmp(n->b, LLVMIntSLE, left, k64(n, 0), ""), (uint32_t)n->pc->e);
  LLVMValueRef v = nat_load(n, n->i64, it, offsetof(Iter, index), MEM_INDEX, "i"), step = nat_load(n, n->i64, it, offsetof(Iter, step), MEM_STEP, "step");
  nat_store(n, LLVMBuildSub(n->b, left, k64(n, 1), ""), it, offsetof(Iter, limit), MEM_LIMIT);
  nat_store(n, LLVMBuildAdd(n->b, v, step, ""), it, offsetof(Iter, index), MEM_INDEX);
  nat_set_int(n, n->pc->a, v);
}

/* Lists and tuples, as iter_list_next and iter_tuple_next do it. The end is outside of the loop and no call, so that in a loop without calls the sequence,
** its array and the position stay in machine registers. */
static void for_sequence(Nat *n, bool list) {
  LLVMValueRef it = nat_need_shape(n, n->pc->b, list ? SHAPE_list_iterator : SHAPE_tuple_iterator);
  LLVMValueRef seq = nat_load(n, n->i64, it, offsetof(Iter, seq), MEM_SEQ, "seq"), len;
  LLVMBasicBlockRef have = LLVMAppendBasicBlockInContext(n->lc, n->fn, "seq"), next = LLVMAppendBasicBlockInContext(n->lc, n->fn, "next");
  LLVMBasicBlockRef end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "end"), go = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, seq, k64(n, EMPTY), ""), have, end);
  LLVMPositionBuilderAtEnd(n->b, have);
  LLVMValueRef i = nat_load(n, n->i64, it, offsetof(Iter, index), MEM_INDEX, "i");
  /* Nobody looks at the position behind the end; and what every iteration stores can wait in a machine register until the loop ends. */
  nat_store(n, LLVMBuildAdd(n->b, i, k64(n, 1), ""), it, offsetof(Iter, index), MEM_INDEX);
  LLVMValueRef items = list ? list_items(n, seq, &len) : tuple_items(n, seq, &len);
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntULT, i, len, ""), next, end);
  LLVMPositionBuilderAtEnd(n->b, end);
  State *st = state_copy(n, n->st);
  nat_store(n, k64(n, EMPTY), it, offsetof(Iter, seq), MEM_SEQ);
  nat_edge(n, n->st->inst, (uint32_t)n->pc->e);
  n->st = st;
  n->stop = false;
  LLVMPositionBuilderAtEnd(n->b, next);
  LLVMValueRef item = item_at(n, items, i);
  if (list) LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, item, k64(n, EMPTY), ""), go, end);
  else LLVMBuildBr(n->b, go);
  LLVMPositionBuilderAtEnd(n->b, go);
  nat_set_boxed(n, n->pc->a, item, 0);
}

static LLVMValueRef next_call(Nat *n) {
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b)};
  nat_store_pc(n);
  return nat_call_rt(n, "native_next", n->i64, args, 2);
}

/* Any other iterator, generators above all: its next slot, or __next__, without a detour through the frame. */
static void for_any(Nat *n) {
  LLVMValueRef v = load_relaxed(&n->pc->fb) == FB_IT_OTHER ? nat_special_next(n) : NULL;
  if (!v) v = next_call(n);
  nat_forget(n);
  LLVMBasicBlockRef item = LLVMAppendBasicBlockInContext(n->lc, n->fn, "item"), end = LLVMAppendBasicBlockInContext(n->lc, n->fn, "end");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""), item, end);
  State *st = state_copy(n, n->st);
  LLVMPositionBuilderAtEnd(n->b, end);
  nat_check_status(n, nat_call_rt(n, "native_pending", n->i32, &n->arg_th, 1));
  nat_edge(n, n->st->inst, (uint32_t)n->pc->e);
  n->st = st;
  n->stop = false;
  n->raise_block = NULL;
  LLVMPositionBuilderAtEnd(n->b, item);
  nat_set_boxed(n, n->pc->a, v, 0);
}

void nat_for_iter(Nat *n) {
  RegState *rs = nat_reg(n, n->pc->b);
  uint8_t fb = load_relaxed(&n->pc->fb);
  uint32_t next = (uint32_t)(n->pc - n->st->inst->code->instrs) + 1;
  bool plain = !n->st->inst->flow->target[next];
  if (plain && (fb == FB_IT_RANGE || (rs->rep == REP_BOXED && rs->shape == SHAPE_range_iterator))) for_range(n);
  else if (plain && fb == FB_IT_LIST) for_sequence(n, true);
  else if (plain && fb == FB_IT_TUPLE) for_sequence(n, false);
  else if (plain && !n->st->inst->parent) for_any(n);
  else nat_generic(n);
}

void nat_get_iter(Nat *n) {
  if (nat_special_iter(n)) return;
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_get_boxed(n, n->pc->b)};
  LLVMValueRef v = nat_call_rt(n, "op_iter", n->i64, args, 2);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}
