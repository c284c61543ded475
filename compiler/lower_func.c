/* lower_func.c: functions, lambdas, classes: their own units, and what builds the object in the enclosing one. */
#include "compiler/lower_impl.h"

/* -- Closures --------------------------------------------------------------------------------------------------------- */

/* The register of the current unit that holds the cell an inner scope calls `name`. */
static Reg cell_register(Lower *L, AstIdent *name) {
  Unit *u = L->unit;
  if (u->scope->needs_class_cell && name == L->id_class) return u->class_cell;
  for (uint32_t i = 0; i < u->n_frees; i++)
    if (u->frees[i]->name == name) return u->free_reg + i;
  Symbol *y = scope_find(u->scope, name);
  RP_ASSERTF(y && y->place == PLACE_CELL, "no cell for %s", name->s);
  return y->reg;
}

Reg make_closure(Lower *L, Code *code, Scope *inner, Reg defaults, Reg kwdefaults, Reg annotations, Reg want) {
  Reg mark = temp_mark(L), closure = NO_REG;
  uint32_t n;
  Symbol **frees = scope_frees(L->cc, inner, &n);
  if (n) {
    Reg run = temps(L, n);
    for (uint32_t i = 0; i < n; i++) move(L, run + i, cell_register(L, frees[i]->name));
    EMIT(BUILD_TUPLE, .a = (uint16_t)run, .b = (uint16_t)run, .c = (uint16_t)n);
    closure = run;
  }
  temp_release(L, mark);
  Reg to = want == ANY ? temp(L) : want;
  EMIT(MAKE_FUNCTION, .a = (uint16_t)to, .b = (uint16_t)defaults, .c = (uint16_t)kwdefaults, .d = (uint16_t)annotations,
       .f = (uint16_t)closure, .e = (int32_t)const_index(L, value_object(code)));
  return to;
}

/* -- Parameters ----------------------------------------------------------------------------------------------------------- */

static void check_args(Lower *L, Astarguments *a) {
  AstSeq lists[3] = {a->posonlyargs, a->args, a->kwonlyargs};
  for (int k = 0; k < 3; k++)
    for (uint32_t i = 0; i < lists[k].n; i++) check_name(L, ast_as(arg, lists[k].items[i])->arg, ASTOP_Store, L->unit->pos);
  if (a->vararg) check_name(L, ast_as(arg, a->vararg)->arg, ASTOP_Store, L->unit->pos);
  if (a->kwarg) check_name(L, ast_as(arg, a->kwarg)->arg, ASTOP_Store, L->unit->pos);
}

static Reg default_values(Lower *L, Astarguments *a) {
  if (!a->defaults.n) return NO_REG;
  for (uint32_t i = 0; i < a->defaults.n; i++)
    if (fold(L, a->defaults.items[i]) == EMPTY) return build_sequence(L, a->defaults, AST_Tuple, temp(L));
  Tuple *t = tuple_alloc(L->th, a->defaults.n);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (uint32_t i = 0; i < a->defaults.n; i++) t->items[i] = fold(L, a->defaults.items[i]);
  heap_barrier_bulk(L->th, t);
  Reg r = temp(L);
  load_const(L, r, value_object(t));
  return r;
}

static Reg keyword_defaults(Lower *L, Astarguments *a) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < a->kw_defaults.n; i++) n += a->kw_defaults.items[i] != NULL;
  if (!n) return NO_REG;
  Reg to = temp(L), mark = temp_mark(L), run = L->unit->top;
  Tuple *names = tuple_alloc(L->th, n);
  if (!names) lower_fail(L);
  lower_pin(L, value_object(names));
  for (uint32_t i = 0, k = 0; i < a->kw_defaults.n; i++) {
    if (!a->kw_defaults.items[i]) continue;
    names->items[k++] = value_object(ident_str(L, mangled(L, ast_as(arg, a->kwonlyargs.items[i])->arg)));
    heap_barrier_bulk(L->th, names);
    expr_temp(L, a->kw_defaults.items[i]);
  }
  EMIT(BUILD_DICT_CONST_KEYS, .a = (uint16_t)to, .b = (uint16_t)run, .c = (uint16_t)n, .e = (int32_t)const_index(L, value_object(names)));
  temp_release(L, mark);
  return to;
}

static void annotation_pair(Lower *L, AstIdent *name, AstNode *annotation, uint32_t *n) {
  if (!annotation) return;
  Reg k = temp(L), v = temp(L);
  load_const(L, k, value_object(ident_str(L, mangled(L, name))));
  annotation_value(L, annotation, v);
  ++*n;
}

static void annotation_list(Lower *L, AstSeq args, uint32_t *n) {
  for (uint32_t i = 0; i < args.n; i++) annotation_pair(L, ast_as(arg, args.items[i])->arg, ast_as(arg, args.items[i])->annotation, n);
}

/* name, value, name, value ... as a tuple. */
static Reg annotations(Lower *L, Astarguments *a, AstNode *returns) {
  Reg run = L->unit->top;
  uint32_t n = 0;
  annotation_list(L, a->args, &n);
  annotation_list(L, a->posonlyargs, &n);
  if (a->vararg) annotation_pair(L, ast_as(arg, a->vararg)->arg, ast_as(arg, a->vararg)->annotation, &n);
  annotation_list(L, a->kwonlyargs, &n);
  if (a->kwarg) annotation_pair(L, ast_as(arg, a->kwarg)->arg, ast_as(arg, a->kwarg)->annotation, &n);
  annotation_pair(L, name_intern(L->cc, "return", 6), returns, &n);
  if (!n) return NO_REG;
  EMIT(BUILD_TUPLE, .a = (uint16_t)run, .b = (uint16_t)run, .c = (uint16_t)(2 * n));
  temp_release(L, run + 1);
  return run;
}

static void begin_function(Lower *L, UnitKind kind, AstNode *node, AstIdent *name, int firstlineno, Astarguments *a) {
  Unit *u = unit_begin(L, kind, node, name, firstlineno);
  u->posonlyargcount = a->posonlyargs.n;
  u->argcount = a->posonlyargs.n + a->args.n;
  u->kwonlyargcount = a->kwonlyargs.n;
  u->arg_flags = (a->vararg ? CO_VARARGS : 0) | (a->kwarg ? CO_VARKEYWORDS : 0);
}

static void return_none(Lower *L) {
  if (L->unit->dead) return;
  Reg r = temp(L);
  EMIT(LOAD_NONE, .a = (uint16_t)r);
  EMIT(RETURN, .a = (uint16_t)r);
}

/* -- Decorators -------------------------------------------------------------------------------------------------------------- */

/* Decorators are evaluated into temporaries from `run` on; the decorated value follows in the next one. Leaves the result in R[run]. */
static Reg push_decorators(Lower *L, AstSeq list) {
  Reg run = L->unit->top;
  for (uint32_t i = 0; i < list.n; i++) expr_temp(L, list.items[i]);
  return run;
}
static void apply_decorators(Lower *L, AstSeq list, Reg run) {
  AstPos outer = L->unit->pos;
  for (uint32_t i = list.n; i-- > 0;) {
    L->unit->pos = list.items[i]->pos;
    EMIT_IC(CALL, .a = (uint16_t)(run + i), .b = (uint16_t)(run + i), .c = 1);
  }
  L->unit->pos = outer;
}

/* -- Functions ------------------------------------------------------------------------------------------------------------------ */

static Code *function_code(Lower *L, AstNode *node, AstIdent *name, Astarguments *a, AstSeq body, int firstlineno, bool async) {
  begin_function(L, async ? UNIT_ASYNC_FUNCTION : UNIT_FUNCTION, node, name, firstlineno, a);
  Unit *u = L->unit;
  uint32_t first = 0;
  if (body.n && body.items[0]->kind == AST_Expr) {
    AstNode *e = ast_as(Expr, body.items[0])->value;
    if (e->kind == AST_Constant && ast_as(Constant, e)->value.kind == CONST_STR) {
      if (!(L->flags & LOWER_NO_DOCSTRINGS)) u->doc = const_value(L, &ast_as(Constant, e)->value);
      first = 1;
    }
  }
  const_index(L, u->doc); /* the first constant, as CPython has it */
  for (uint32_t i = first; i < body.n; i++) stmt(L, body.items[i]);
  if (body.n) u->pos = body.items[body.n - 1]->pos;
  return_none(L);
  return unit_end(L);
}

void function_def(Lower *L, AstNode *node) {
  AstFunctionDef *n = (AstFunctionDef *)node;
  _Static_assert(sizeof(AstFunctionDef) == sizeof(AstAsyncFunctionDef) && offsetof(AstFunctionDef, returns) == offsetof(AstAsyncFunctionDef, returns),
                 "same fields");
  Astarguments *a = ast_as(arguments, n->args);
  check_args(L, a);
  Reg mark = temp_mark(L);
  Reg run = push_decorators(L, n->decorator_list), to = temp(L);
  Reg defaults = default_values(L, a), kwdefaults = keyword_defaults(L, a), ann = annotations(L, a, n->returns);
  int firstlineno = n->decorator_list.n ? n->decorator_list.items[0]->pos.lineno : node->pos.lineno;
  Code *code = function_code(L, node, n->name, a, n->body, firstlineno, node->kind == AST_AsyncFunctionDef);
  make_closure(L, code, scope_of(L->scopes, node), defaults, kwdefaults, ann, to);
  apply_decorators(L, n->decorator_list, run);
  name_store(L, n->name, run);
  temp_release(L, mark);
}

Reg lambda(Lower *L, AstNode *node, Reg want) {
  AstLambda *n = ast_as(Lambda, node);
  Astarguments *a = ast_as(arguments, n->args);
  check_args(L, a);
  Reg mark = temp_mark(L);
  Reg defaults = default_values(L, a), kwdefaults = keyword_defaults(L, a);
  begin_function(L, UNIT_LAMBDA, node, scope_of(L->scopes, node)->name, node->pos.lineno, a);
  const_index(L, NONE);
  Reg r = expr(L, n->body, ANY);
  L->unit->pos = n->body->pos;
  EMIT(RETURN, .a = (uint16_t)r);
  Code *code = unit_end(L);
  Reg to = want == ANY ? mark : want;
  make_closure(L, code, scope_of(L->scopes, node), defaults, kwdefaults, NO_REG, to);
  temp_release(L, mark);
  return want == ANY ? temp(L) : want;
}

/* -- Classes ---------------------------------------------------------------------------------------------------------------------- */

static Code *class_code(Lower *L, AstNode *node, AstClassDef *n, int firstlineno) {
  Unit *u = unit_begin(L, UNIT_CLASS, node, n->name, firstlineno);
  Reg r = temp(L);
  EMIT_IC(LOAD_NAME, .a = (uint16_t)r, .d = (uint16_t)name_index(L, L->id_name));
  name_store(L, L->id_module, r);
  load_const(L, r, value_object(u->qualname));
  name_store(L, L->id_qualname, r);
  temp_release(L, r);
  namespace_body(L, n->body);
  if (u->scope->needs_class_cell && !u->dead) {
    EMIT_IC(STORE_NAME, .a = (uint16_t)u->class_cell, .d = (uint16_t)name_index(L, L->id_classcell));
    EMIT(RETURN, .a = (uint16_t)u->class_cell);
  }
  return_none(L);
  return unit_end(L);
}

void class_def(Lower *L, AstNode *node) {
  AstClassDef *n = ast_as(ClassDef, node);
  Reg mark = temp_mark(L);
  Reg run = push_decorators(L, n->decorator_list), call = temps(L, 3);
  int firstlineno = n->decorator_list.n ? n->decorator_list.items[0]->pos.lineno : node->pos.lineno;
  Code *code = class_code(L, node, n, firstlineno);
  EMIT(LOAD_BUILD_CLASS, .a = (uint16_t)call);
  make_closure(L, code, scope_of(L->scopes, node), NO_REG, NO_REG, NO_REG, call + 1);
  load_const(L, call + 2, value_object(ident_str(L, n->name)));
  call_arguments(L, call, 2, n->bases, n->keywords, call);
  apply_decorators(L, n->decorator_list, run);
  name_store(L, n->name, run);
  temp_release(L, mark);
}
