/* lower_call.c: calls: plain, of methods, and with starred arguments. */
#include "compiler/lower_impl.h"

enum { MAX_ARGS = 4000 }; /* more go through a tuple */

/* An attribute written on another line than where its expression starts: the error belongs to the line of the name. */
void attribute_position(Lower *L, AstNode *n) {
  AstPos *p = &L->unit->pos;
  if (p->lineno == n->pos.end_lineno) return;
  const char *s = ast_as(Attribute, n)->attr->s;
  int len = 0;
  for (; *s; s++) len += (*s & 0xC0) != 0x80;
  p->lineno = n->pos.end_lineno;
  if (len <= n->pos.end_col_offset) {
    p->col_offset = n->pos.end_col_offset - len;
  } else {
    p->col_offset = p->end_col_offset = -1;
    p->end_lineno = p->lineno;
  }
}

void check_keywords(Lower *L, AstSeq keywords) {
  for (uint32_t i = 0; i < keywords.n; i++) {
    Astkeyword *k = ast_as(keyword, keywords.items[i]);
    if (!k->arg) continue;
    check_name(L, k->arg, ASTOP_Store, L->unit->pos);
    for (uint32_t j = i + 1; j < keywords.n; j++) {
      Astkeyword *other = ast_as(keyword, keywords.items[j]);
      if (other->arg == k->arg) lower_error(L, other->base.pos, "keyword argument repeated: %s", k->arg->s);
    }
  }
}

static void check_callee(Lower *L, AstNode *n) {
  const char *type;
  switch (n->kind) {
    case AST_Constant: {
      Value v = fold(L, n);
      type = v == NONE ? "NoneType" : v == ELLIPSIS ? "ellipsis" : is_bool(v) ? "bool" : is_double(v) ? "float" : str_check(v) ? "str"
             : complex_check(v) ? "complex" : int_check(v) ? "int" : "bytes";
      break;
    }
    case AST_Tuple: type = "tuple"; break;
    case AST_List: case AST_ListComp: type = "list"; break;
    case AST_Dict: case AST_DictComp: type = "dict"; break;
    case AST_Set: case AST_SetComp: type = "set"; break;
    case AST_GeneratorExp: type = "generator"; break;
    case AST_JoinedStr: case AST_FormattedValue: type = "str"; break;
    default: return;
  }
  lower_warn(L, n->pos, "'%s' object is not callable; perhaps you missed a comma?", type);
}

/* Does evaluating n run code that could raise, or see or change what the callee's name means? */
static int does_something(AstNode *n, void *unused) {
  switch (n->kind) {
    case AST_Constant: case AST_Name: case AST_Lambda: return 0;
    case AST_UnaryOp: return ast_as(UnaryOp, n)->operand->kind != AST_Constant;
    case AST_Tuple: case AST_List: return ast_children(n, does_something, unused);
    default: return 1;
  }
}

static bool needs_ex(AstSeq args, AstSeq keywords) {
  if (args.n + keywords.n > MAX_ARGS || has_star(args)) return true;
  for (uint32_t i = 0; i < keywords.n; i++)
    if (!ast_as(keyword, keywords.items[i])->arg) return true;
  return false;
}

/* Constant + 1 of the tuple of keyword names, 0 without. */
static unsigned keyword_names(Lower *L, AstSeq keywords) {
  if (!keywords.n) return 0;
  Tuple *t = tuple_alloc(L->th, keywords.n);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (uint32_t i = 0; i < keywords.n; i++) store_release(&t->items[i], value_object(ident_str(L, ast_as(keyword, keywords.items[i])->arg)));
  heap_barrier_bulk(L->th, t);
  unsigned k = const_index(L, value_object(t)) + 1;
  if (k > 0xFFFF) {
    diag_at(L->cc, DIAG_NotImplementedError, 0, -1, 0, -1, "code with too many constants");
    lower_fail(L);
  }
  return k;
}

static void push_arguments(Lower *L, AstSeq args, AstSeq keywords) {
  for (uint32_t i = 0; i < args.n; i++) expr_temp(L, args.items[i]);
  for (uint32_t i = 0; i < keywords.n; i++) expr_temp(L, ast_as(keyword, keywords.items[i])->value);
}

/* -- Starred arguments ------------------------------------------------------------------------------------------------ */

static Reg star_tuple(Lower *L, Reg callee, unsigned n_before, AstSeq args) {
  Reg to = temp(L);
  if (!n_before && !has_star(args) && args.n <= 64) return build_sequence(L, args, AST_Tuple, to);
  if (!n_before && args.n == 1) {
    Reg mark = temp_mark(L), v = expr(L, ast_as(Starred, args.items[0])->value, ANY);
    EMIT(STAR_TUPLE, .a = (uint16_t)to, .b = (uint16_t)v, .c = (uint16_t)callee);
    temp_release(L, mark);
    return to;
  }
  Reg mark = temp_mark(L), list = temp(L);
  EMIT(BUILD_LIST, .a = (uint16_t)list, .b = (uint16_t)(n_before ? callee + 1 : 0), .c = (uint16_t)n_before);
  for (uint32_t i = 0; i < args.n; i++) {
    AstNode *e = args.items[i];
    bool star = e->kind == AST_Starred;
    Reg inner = temp_mark(L), v = expr(L, star ? ast_as(Starred, e)->value : e, ANY);
    emit(L, (Instr){.op = star ? RIR_LIST_EXTEND : RIR_LIST_APPEND, .a = (uint16_t)list, .b = (uint16_t)v});
    temp_release(L, inner);
  }
  EMIT(LIST_TO_TUPLE, .a = (uint16_t)to, .b = (uint16_t)list);
  temp_release(L, mark);
  return to;
}

/* The dict of keywords first..last-1, all of them named. */
static void named_dict(Lower *L, AstSeq keywords, uint32_t first, uint32_t last, Reg to) {
  Reg mark = temp_mark(L), run = L->unit->top;
  Tuple *names = tuple_alloc(L->th, last - first);
  if (!names) lower_fail(L);
  lower_pin(L, value_object(names));
  for (uint32_t i = first; i < last; i++) {
    names->items[i - first] = value_object(ident_str(L, ast_as(keyword, keywords.items[i])->arg));
    heap_barrier_bulk(L->th, names);
    expr_temp(L, ast_as(keyword, keywords.items[i])->value);
  }
  EMIT(BUILD_DICT_CONST_KEYS, .a = (uint16_t)to, .b = (uint16_t)run, .c = (uint16_t)(last - first),
       .e = (int32_t)const_index(L, value_object(names)));
  temp_release(L, mark);
}

static Reg star_dict(Lower *L, Reg callee, AstSeq keywords) {
  if (!keywords.n) return NO_REG;
  Reg to = temp(L);
  bool begun = false;
  for (uint32_t i = 0, next; i < keywords.n; i = next) {
    Astkeyword *k = ast_as(keyword, keywords.items[i]);
    Reg mark = temp_mark(L);
    next = i + 1;
    if (k->arg) {
      while (next < keywords.n && ast_as(keyword, keywords.items[next])->arg) next++;
      Reg part = begun ? temp(L) : to;
      named_dict(L, keywords, i, next, part);
      if (begun) EMIT(DICT_MERGE, .a = (uint16_t)to, .b = (uint16_t)part, .c = (uint16_t)callee);
    } else {
      if (!begun) EMIT(BUILD_DICT, .a = (uint16_t)to);
      Reg part = expr(L, k->value, ANY);
      EMIT(DICT_MERGE, .a = (uint16_t)to, .b = (uint16_t)part, .c = (uint16_t)callee);
    }
    begun = true;
    temp_release(L, mark);
  }
  return to;
}

/* -- Calls ---------------------------------------------------------------------------------------------------------------- */

void call_arguments(Lower *L, Reg callee, unsigned n_before, AstSeq args, AstSeq keywords, Reg to) {
  Reg mark = temp_mark(L);
  check_keywords(L, keywords);
  if (needs_ex(args, keywords)) {
    Reg tuple = star_tuple(L, callee, n_before, args), dict = star_dict(L, callee, keywords);
    EMIT_IC(CALL_EX, .a = (uint16_t)to, .b = (uint16_t)callee, .c = (uint16_t)tuple, .d = (uint16_t)dict);
  } else {
    push_arguments(L, args, keywords);
    unsigned names = keyword_names(L, keywords);
    EMIT_IC(CALL, .a = (uint16_t)to, .b = (uint16_t)callee, .c = (uint16_t)(n_before + args.n + keywords.n), .f = (uint16_t)names);
  }
  temp_release(L, mark);
}

/* super().name(...) in a function that has __class__ and a first parameter of its own: the class cell, or NO_REG. */
static Reg super_cell(Lower *L, AstNode *object) {
  Unit *u = L->unit;
  if (object->kind != AST_Call || (u->kind != UNIT_FUNCTION && u->kind != UNIT_ASYNC_FUNCTION)) return NO_REG;
  AstCall *c = ast_as(Call, object);
  if (c->func->kind != AST_Name || strcmp(ast_as(Name, c->func)->id->s, "super") != 0 || c->args.n || c->keywords.n || u->argcount == 0) return NO_REG;
  Symbol *name = scope_find(u->scope, ast_as(Name, c->func)->id);
  if (!name || name->place != PLACE_GLOBAL_IMPLICIT) return NO_REG;
  for (Symbol *y = u->scope->first; y; y = y->next)
    if (y->reg == 0 && y->place != PLACE_LOCAL) return NO_REG; /* an inner function has captured it */
  for (uint32_t i = 0; i < u->n_frees; i++)
    if (u->frees[i]->name == L->id_class) return u->free_reg + i;
  return NO_REG;
}

static Reg method_call(Lower *L, AstCall *n, Reg want) {
  Unit *u = L->unit;
  AstNode *func = n->func;
  AstAttribute *a = ast_as(Attribute, func);
  Reg cell = super_cell(L, a->value);
  bool early = cell != NO_REG;
  for (uint32_t i = 0; !early && i < n->args.n; i++) early = does_something(n->args.items[i], NULL);
  for (uint32_t i = 0; !early && i < n->keywords.n; i++) early = does_something(ast_as(keyword, n->keywords.items[i])->value, NULL);

  Reg mark = temp_mark(L), run = temp(L);
  AstPos made = a->value->pos;
  expr(L, cell == NO_REG ? a->value : ast_as(Call, a->value)->func, run);
  check_keywords(L, n->keywords);
  AstPos whole = u->pos;
  u->pos = func->pos;
  attribute_position(L, func);
  AstPos lookup = u->pos;
  uint16_t name = (uint16_t)name_index(L, mangled(L, a->attr)), count = (uint16_t)(n->args.n + n->keywords.n);
  if (early) {
    temp(L);
    if (cell != NO_REG) {
      uint32_t pc = EMIT_IC(LOAD_SUPER, .a = (uint16_t)run, .b = (uint16_t)run, .c = (uint16_t)cell, .d = name, .f = 0);
      method_position(L, pc, made);
    } else EMIT_IC(LOAD_METHOD, .a = (uint16_t)run, .b = (uint16_t)run, .d = name);
  }
  u->pos = whole;
  push_arguments(L, n->args, n->keywords);
  unsigned names = keyword_names(L, n->keywords);
  temp_release(L, mark);
  Reg to = want == ANY ? temp(L) : want;
  attribute_position(L, func);
  if (early) {
    EMIT_IC(CALL_BOUND, .a = (uint16_t)to, .b = (uint16_t)run, .c = count, .f = (uint16_t)names);
  } else if (!u->dead) {
    uint32_t pc = EMIT_IC(CALL_METHOD, .a = (uint16_t)to, .b = (uint16_t)run, .c = count, .d = name, .f = (uint16_t)names);
    method_position(L, pc, lookup);
  }
  return to;
}

Reg call(Lower *L, AstNode *node, Reg want) {
  AstCall *n = ast_as(Call, node);
  if (n->func->kind == AST_Attribute && !needs_ex(n->args, n->keywords)) return method_call(L, n, want);
  check_callee(L, n->func);
  Reg mark = temp_mark(L), callee = temp(L);
  expr(L, n->func, callee);
  /* the result may take the callee's own register, but not one that an argument still needs */
  Reg to = want == ANY ? callee : want;
  call_arguments(L, callee, 0, n->args, n->keywords, to);
  temp_release(L, mark);
  return want == ANY ? temp(L) : to;
}
