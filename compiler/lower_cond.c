/* lower_cond.c: comparisons, and truth as control flow: `and`, `or`, `not`, chains and conditional expressions become jumps. */
#include "compiler/lower_impl.h"

#include "runtime/set.h"

/* ORDER CMPOP */
static int compare_number(AstOp op) {
  switch ((int)op) {
    case ASTOP_Lt: return 0;
    case ASTOP_LtE: return 1;
    case ASTOP_Eq: return 2;
    case ASTOP_NotEq: return 3;
    case ASTOP_Gt: return 4;
    case ASTOP_GtE: return 5;
    default: return -1;
  }
}

/* `is` with a number or string: almost surely meant ==. */
void check_compare(Lower *L, AstNode *node) {
  AstCompare *n = ast_as(Compare, node);
  for (uint32_t i = 0; i < n->ops.n; i++) {
    if (n->ops.items[i] != ASTOP_Is && n->ops.items[i] != ASTOP_IsNot) continue;
    AstNode *sides[2] = {i ? n->comparators.items[i - 1] : n->left, n->comparators.items[i]};
    for (int k = 0; k < 2; k++) {
      if (sides[k]->kind != AST_Constant || ast_as(Constant, sides[k])->value.kind <= CONST_ELLIPSIS) continue;
      lower_warn(L, node->pos, n->ops.items[i] == ASTOP_Is ? "\"is\" with a literal. Did you mean \"==\"?" : "\"is not\" with a literal. Did you mean \"!=\"?");
      break;
    }
  }
}

/* The right side of `in`: a list or set of constants is built once. EMPTY: not of that form. */
static Value const_container(Lower *L, AstNode *n) {
  AstSeq elts;
  if (n->kind == AST_List && ast_as(List, n)->ctx == ASTOP_Load) elts = ast_as(List, n)->elts;
  else if (n->kind == AST_Set) elts = ast_as(Set, n)->elts;
  else return EMPTY;
  for (uint32_t i = 0; i < elts.n; i++)
    if (fold(L, elts.items[i]) == EMPTY) return EMPTY;
  Tuple *t = tuple_alloc(L->th, elts.n);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (uint32_t i = 0; i < elts.n; i++) t->items[i] = fold(L, elts.items[i]);
  heap_barrier_bulk(L->th, t);
  if (n->kind == AST_List) return value_object(t);
  Set *s = frozenset_new(L->th, value_object(t));
  if (!s) {
    error_clear(L->th); /* unhashable: fails when it runs */
    return EMPTY;
  }
  return lower_pin(L, value_object(s));
}

static Reg right_operand(Lower *L, AstOp op, AstNode *n) {
  if (op == ASTOP_In || op == ASTOP_NotIn) {
    Value k = const_container(L, n);
    if (k != EMPTY) return const_operand(L, k);
  }
  return expr(L, n, ANY);
}

static void emit_compare(Lower *L, AstOp op, Reg to, Reg a, Reg b) {
  int n = compare_number(op);
  RirOp r = n >= 0 ? (RirOp)(RIR_LT + n) : op == ASTOP_Is ? RIR_IS : op == ASTOP_IsNot ? RIR_IS_NOT : op == ASTOP_In ? RIR_IN : RIR_NOT_IN;
  emit(L, (Instr){.op = (uint8_t)r, .a = (uint16_t)to, .b = (uint16_t)a, .c = (uint16_t)b});
}

/* Keeps r where evaluating `later` cannot change it. */
static Reg stable(Lower *L, Reg r, AstNode *later) {
  if (!later || r >= L->unit->first_temp || !L->unit->scope->has_walrus) return r;
  Reg t = temp(L);
  move(L, t, r);
  return t;
}

Reg compare(Lower *L, AstNode *node, Reg want) {
  AstCompare *n = ast_as(Compare, node);
  check_compare(L, node);
  Reg mark = temp_mark(L);
  uint32_t last = n->ops.n - 1;
  if (!last) {
    Reg a = expr_stable(L, n->left, n->comparators.items[0]), b = right_operand(L, n->ops.items[0], n->comparators.items[0]);
    temp_release(L, mark);
    Reg to = want == ANY ? temp(L) : want;
    emit_compare(L, n->ops.items[0], to, a, b);
    return to;
  }
  Reg to = want == ANY ? temp(L) : want;
  Reg inner = temp_mark(L);
  Label *end = label_new(L);
  Reg a = expr_stable(L, n->left, n->comparators.items[0]);
  for (uint32_t i = 0; i <= last; i++) {
    Reg b = stable(L, right_operand(L, n->ops.items[i], n->comparators.items[i]), i < last ? n->comparators.items[i + 1] : NULL);
    emit_compare(L, n->ops.items[i], to, a, b);
    if (i < last) EMIT_JUMP(JUMP_IF_FALSE, end, .a = (uint16_t)to);
    a = b;
  }
  label_place(L, end);
  temp_release(L, inner);
  return to;
}

Reg bool_op(Lower *L, AstNode *node, Reg want) {
  AstBoolOp *n = ast_as(BoolOp, node);
  Reg to = want == ANY ? temp(L) : want;
  Label *end = label_new(L);
  for (uint32_t i = 0; i < n->values.n; i++) {
    expr(L, n->values.items[i], to);
    if (i + 1 == n->values.n) break;
    if (n->op == ASTOP_And) EMIT_JUMP(JUMP_IF_FALSE, end, .a = (uint16_t)to);
    else EMIT_JUMP(JUMP_IF_TRUE, end, .a = (uint16_t)to);
  }
  label_place(L, end);
  return to;
}

Reg if_exp(Lower *L, AstNode *node, Reg want) {
  AstIfExp *n = ast_as(IfExp, node);
  Reg to = want == ANY ? temp(L) : want;
  Label *orelse = label_new(L), *end = label_new(L);
  jump_if(L, n->test, false, orelse);
  expr(L, n->body, to);
  EMIT_JUMP(JUMP, end);
  label_place(L, orelse);
  expr(L, n->orelse, to);
  label_place(L, end);
  return to;
}

/* -- Conditions ---------------------------------------------------------------------------------------------------------- */

static void jump_on_compare(Lower *L, AstOp op, Reg a, Reg b, bool sense, Label *to) {
  int k = compare_number(op);
  if (k >= 0) {
    emit_jump(L, (Instr){.op = (uint8_t)((sense ? RIR_JUMP_LT : RIR_JUMP_NOT_LT) + k), .a = (uint16_t)a, .b = (uint16_t)b}, to);
  } else if (op == ASTOP_Is || op == ASTOP_IsNot) {
    bool jump_is = (op == ASTOP_Is) == sense;
    emit_jump(L, (Instr){.op = jump_is ? RIR_JUMP_IF_IS : RIR_JUMP_IF_IS_NOT, .a = (uint16_t)a, .b = (uint16_t)b}, to);
  } else {
    Reg mark = temp_mark(L), t = temp(L);
    emit_compare(L, op, t, a, b);
    emit_jump(L, (Instr){.op = sense ? RIR_JUMP_IF_TRUE : RIR_JUMP_IF_FALSE, .a = (uint16_t)t}, to);
    temp_release(L, mark);
  }
}

static void jump_if_compare(Lower *L, AstNode *node, bool sense, Label *to) {
  AstCompare *n = ast_as(Compare, node);
  check_compare(L, node);
  L->unit->pos = node->pos; /* stays: what `assert` raises belongs to its comparison */
  Reg mark = temp_mark(L);
  uint32_t last = n->ops.n - 1;
  AstOp first = (AstOp)n->ops.items[0];
  if (!last && (first == ASTOP_Is || first == ASTOP_IsNot) && fold(L, n->comparators.items[0]) == NONE) {
    bool none = (first == ASTOP_Is) == sense;
    Reg v = expr(L, n->left, ANY);
    emit_jump(L, (Instr){.op = none ? RIR_JUMP_IF_NONE : RIR_JUMP_IF_NOT_NONE, .a = (uint16_t)v}, to);
  } else {
    Label *fails = sense && last ? label_new(L) : to; /* where a false link of the chain goes */
    Reg a = expr_stable(L, n->left, n->comparators.items[0]);
    for (uint32_t i = 0; i <= last; i++) {
      AstOp op = (AstOp)n->ops.items[i];
      Reg b = stable(L, right_operand(L, op, n->comparators.items[i]), i < last ? n->comparators.items[i + 1] : NULL);
      if (i < last) jump_on_compare(L, op, a, b, false, fails);
      else jump_on_compare(L, op, a, b, sense, to);
      a = b;
    }
    if (fails != to) label_place(L, fails);
  }
  temp_release(L, mark);
}

void jump_if(Lower *L, AstNode *n, bool sense, Label *to) {
  lower_check_depth(L);
  Value k = fold(L, n);
  if (k != EMPTY) {
    if ((op_truth(L->th, k) == 1) == sense) EMIT_JUMP(JUMP, to);
    return;
  }
  switch (n->kind) {
    case AST_UnaryOp:
      if (ast_as(UnaryOp, n)->op != ASTOP_Not) break;
      jump_if(L, ast_as(UnaryOp, n)->operand, !sense, to);
      return;
    case AST_BoolOp: {
      AstBoolOp *b = ast_as(BoolOp, n);
      bool decides = b->op == ASTOP_Or; /* the truth value that ends the evaluation */
      Label *skip = decides == sense ? to : label_new(L);
      for (uint32_t i = 0; i + 1 < b->values.n; i++) jump_if(L, b->values.items[i], decides, skip);
      jump_if(L, b->values.items[b->values.n - 1], sense, to);
      if (skip != to) label_place(L, skip);
      return;
    }
    case AST_IfExp: {
      AstIfExp *e = ast_as(IfExp, n);
      Label *orelse = label_new(L), *end = label_new(L);
      jump_if(L, e->test, false, orelse);
      jump_if(L, e->body, sense, to);
      EMIT_JUMP(JUMP, end);
      label_place(L, orelse);
      jump_if(L, e->orelse, sense, to);
      label_place(L, end);
      return;
    }
    case AST_Compare: jump_if_compare(L, n, sense, to); return;
    default: break;
  }
  Reg mark = temp_mark(L), v = expr(L, n, ANY);
  emit_jump(L, (Instr){.op = sense ? RIR_JUMP_IF_TRUE : RIR_JUMP_IF_FALSE, .a = (uint16_t)v}, to);
  temp_release(L, mark);
}
