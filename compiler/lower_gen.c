/* lower_gen.c: yield, yield from, await. Delegation is a loop of YIELD and SEND; an exception thrown in goes to the delegate first. */
#include "compiler/lower_impl.h"

bool is_async_unit(const Unit *u) { return u->kind == UNIT_ASYNC_FUNCTION; }

Reg yield_expr(Lower *L, AstNode *node, Reg want) {
  Unit *u = L->unit;
  AstNode *value = ast_as(Yield, node)->value;
  if (u->scope->kind != SCOPE_FUNCTION) lower_error(L, node->pos, "'yield' outside function");
  Reg mark = temp_mark(L);
  Reg v = value ? expr(L, value, ANY) : const_operand(L, NONE);
  if (u->scope->is_coroutine) {
    Reg t = temp(L);
    EMIT(ASYNC_GEN_WRAP, .a = (uint16_t)t, .b = (uint16_t)v);
    v = t;
  }
  temp_release(L, mark);
  Reg to = want == ANY ? temp(L) : want;
  EMIT(YIELD, .a = (uint16_t)to, .b = (uint16_t)v);
  return to;
}

void delegate(Lower *L, Reg r) {
  Unit *u = L->unit;
  Reg mark = temp_mark(L), it = temp(L), v = temp(L);
  Label *done = label_new(L);
  move(L, it, r);
  EMIT(LOAD_NONE, .a = (uint16_t)v);
  EMIT_JUMP(SEND, done, .a = (uint16_t)v, .b = (uint16_t)it, .c = (uint16_t)v);
  u->loop_depth++;
  Label *head = loop_head(L);
  Region *thrown = region_open(L, label_new(L), v);
  EMIT(YIELD, .a = (uint16_t)v, .b = (uint16_t)v);
  region_close(L, thrown);
  EMIT_JUMP(SEND, done, .a = (uint16_t)v, .b = (uint16_t)it, .c = (uint16_t)v);
  EMIT_JUMP(JUMP_BACK, head);
  handler_place(L, thrown);
  EMIT_JUMP(YIELD_FROM_THROW, done, .a = (uint16_t)v, .b = (uint16_t)it);
  EMIT_JUMP(JUMP_BACK, head);
  u->loop_depth--;
  label_place(L, done);
  move(L, r, v);
  temp_release(L, mark);
}

Reg yield_from_expr(Lower *L, AstNode *node, Reg want) {
  Unit *u = L->unit;
  if (u->scope->kind != SCOPE_FUNCTION) lower_error(L, node->pos, "'yield' outside function");
  if (is_async_unit(u)) lower_error(L, node->pos, "'yield from' inside async function");
  Reg to = want == ANY ? temp(L) : want, mark = temp_mark(L);
  Reg v = expr(L, ast_as(YieldFrom, node)->value, ANY);
  EMIT(GET_YIELD_FROM_ITER, .a = (uint16_t)to, .b = (uint16_t)v);
  temp_release(L, mark);
  delegate(L, to);
  return to;
}

void await_register(Lower *L, Reg r, int kind) {
  EMIT(GET_AWAITABLE, .a = (uint16_t)r, .b = (uint16_t)r, .f = (uint16_t)kind);
  delegate(L, r);
}

Reg await_expr(Lower *L, AstNode *node, Reg want) {
  Unit *u = L->unit;
  if (u->scope->kind != SCOPE_FUNCTION) lower_error(L, node->pos, "'await' outside function");
  if (!is_async_unit(u) && u->kind != UNIT_COMPREHENSION) lower_error(L, node->pos, "'await' outside async function");
  Reg to = want == ANY ? temp(L) : want, mark = temp_mark(L);
  Reg v = expr(L, ast_as(Await, node)->value, ANY);
  EMIT(GET_AWAITABLE, .a = (uint16_t)to, .b = (uint16_t)v);
  temp_release(L, mark);
  delegate(L, to);
  return to;
}
