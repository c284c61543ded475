/* lower_comp.c: comprehensions and generator expressions: a function of the first iterable's iterator, called at once. */
#include "compiler/lower_impl.h"

typedef struct Comp {
  ScopeComp kind;
  AstSeq generators;
  AstNode *elt, *value; /* value: of dict comprehensions, whose elt is the key */
} Comp;

static Comp comp_of(AstNode *n) {
  switch (n->kind) {
    case AST_ListComp: return (Comp){COMP_LIST, ast_as(ListComp, n)->generators, ast_as(ListComp, n)->elt, NULL};
    case AST_SetComp: return (Comp){COMP_SET, ast_as(SetComp, n)->generators, ast_as(SetComp, n)->elt, NULL};
    case AST_DictComp: return (Comp){COMP_DICT, ast_as(DictComp, n)->generators, ast_as(DictComp, n)->key, ast_as(DictComp, n)->value};
    default: return (Comp){COMP_GENERATOR, ast_as(GeneratorExp, n)->generators, ast_as(GeneratorExp, n)->elt, NULL};
  }
}

static void element(Lower *L, const Comp *c) {
  Unit *u = L->unit;
  Reg mark = temp_mark(L);
  if (c->kind == COMP_DICT) {
    Reg k = expr_stable(L, c->elt, c->value), v = expr(L, c->value, ANY);
    EMIT(DICT_SET, .a = (uint16_t)u->comp_result, .b = (uint16_t)k, .c = (uint16_t)v);
  } else {
    Reg v = expr(L, c->elt, ANY);
    if (c->kind == COMP_LIST) {
      EMIT(LIST_APPEND, .a = (uint16_t)u->comp_result, .b = (uint16_t)v);
    } else if (c->kind == COMP_SET) {
      EMIT(SET_ADD, .a = (uint16_t)u->comp_result, .b = (uint16_t)v);
    } else {
      Reg t = temp(L);
      if (u->scope->is_coroutine) {
        EMIT(ASYNC_GEN_WRAP, .a = (uint16_t)t, .b = (uint16_t)v);
        v = t;
      }
      EMIT(YIELD, .a = (uint16_t)t, .b = (uint16_t)v);
    }
  }
  temp_release(L, mark);
}

static void generator(Lower *L, const Comp *c, uint32_t i) {
  Unit *u = L->unit;
  Astcomprehension *g = ast_as(comprehension, c->generators.items[i]);
  Reg mark = temp_mark(L), it = 0; /* the first iterator is the argument */
  if (i) {
    it = temp(L);
    emit(L, (Instr){.op = g->is_async ? RIR_GET_AITER : RIR_GET_ITER, .a = (uint16_t)it, .b = (uint16_t)expr(L, g->iter, ANY)});
    temp_release(L, it + 1);
  }
  Reg v = temp(L), exc = temp(L);
  Label *end = label_new(L), *next = label_new(L);
  Region *r = NULL;
  u->loop_depth++;
  Label *head = loop_head(L);
  if (g->is_async) {
    r = region_open(L, label_new(L), exc);
    EMIT(GET_ANEXT, .a = (uint16_t)v, .b = (uint16_t)it);
    delegate(L, v);
    region_close(L, r);
    assign(L, g->target, v);
  } else {
    Reg local = g->target->kind == AST_Name ? name_register(L, ast_as(Name, g->target)->id) : ANY;
    if (local != ANY) {
      check_name(L, ast_as(Name, g->target)->id, ASTOP_Store, g->target->pos);
      EMIT_JUMP(FOR_ITER, end, .a = (uint16_t)local, .b = (uint16_t)it);
      local_set_bound(L, local, true);
    } else {
      EMIT_JUMP(FOR_ITER, end, .a = (uint16_t)v, .b = (uint16_t)it);
      assign(L, g->target, v);
    }
  }
  for (uint32_t k = 0; k < g->ifs.n; k++) jump_if(L, g->ifs.items[k], false, next);
  if (i + 1 < c->generators.n) generator(L, c, i + 1);
  else element(L, c);
  label_place(L, next);
  EMIT_JUMP(JUMP_BACK, head);
  u->loop_depth--;
  if (r) {
    handler_place(L, r);
    EMIT(END_ASYNC_FOR, .a = (uint16_t)exc);
  }
  label_place(L, end);
  temp_release(L, mark);
}

static Code *comp_code(Lower *L, AstNode *node, const Comp *c) {
  Unit *u = unit_begin(L, UNIT_COMPREHENSION, node, scope_of(L->scopes, node)->name, node->pos.lineno);
  u->argcount = 1;
  u->pos = node->pos;
  Reg r = u->comp_result = temp(L);
  if (c->kind == COMP_LIST) EMIT(BUILD_LIST, .a = (uint16_t)r);
  else if (c->kind == COMP_SET) EMIT(BUILD_SET, .a = (uint16_t)r);
  else if (c->kind == COMP_DICT) EMIT(BUILD_DICT, .a = (uint16_t)r);
  generator(L, c, 0);
  if (c->kind == COMP_GENERATOR) EMIT(LOAD_NONE, .a = (uint16_t)r);
  EMIT(RETURN, .a = (uint16_t)r);
  return unit_end(L);
}

Reg comprehension(Lower *L, AstNode *node, Reg want) {
  Comp c = comp_of(node);
  Scope *inner = scope_of(L->scopes, node);
  Unit *u = L->unit;
  bool async = inner->is_coroutine && c.kind != COMP_GENERATOR;
  if (async && !is_async_unit(u) && u->kind != UNIT_COMPREHENSION)
    lower_error(L, node->pos, "asynchronous comprehension outside of an asynchronous function");
  Astcomprehension *first = ast_as(comprehension, c.generators.items[0]);
  Code *code = comp_code(L, node, &c);
  Reg mark = temp_mark(L), run = temps(L, 2), inner_mark = temp_mark(L);
  make_closure(L, code, inner, NO_REG, NO_REG, NO_REG, run);
  emit(L, (Instr){.op = first->is_async ? RIR_GET_AITER : RIR_GET_ITER, .a = (uint16_t)(run + 1), .b = (uint16_t)expr(L, first->iter, ANY)});
  temp_release(L, inner_mark);
  Reg to = want == ANY ? run : want;
  EMIT_IC(CALL, .a = (uint16_t)to, .b = (uint16_t)run, .c = 1);
  if (async) await_register(L, to, 0);
  temp_release(L, mark);
  return want == ANY ? temp(L) : want;
}
