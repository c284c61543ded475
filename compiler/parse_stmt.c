/* parse_stmt.c: statements. */
#include "compiler/parse_impl.h"

/* -- Simple statements ----------------------------------------------------------------------------------- */

static AstNode *yield_or_star_expressions(Parser *p) {
  return tt(p) == T_YIELD ? parse_yield_expr(p) : parse_star_expressions(p);
}

static int aug_op(TokType t) {
  switch (t) {
    case T_PLUSEQUAL: return ASTOP_Add;
    case T_MINEQUAL: return ASTOP_Sub;
    case T_STAREQUAL: return ASTOP_Mult;
    case T_ATEQUAL: return ASTOP_MatMult;
    case T_SLASHEQUAL: return ASTOP_Div;
    case T_PERCENTEQUAL: return ASTOP_Mod;
    case T_AMPEREQUAL: return ASTOP_BitAnd;
    case T_VBAREQUAL: return ASTOP_BitOr;
    case T_CIRCUMFLEXEQUAL: return ASTOP_BitXor;
    case T_LEFTSHIFTEQUAL: return ASTOP_LShift;
    case T_RIGHTSHIFTEQUAL: return ASTOP_RShift;
    case T_DOUBLESTAREQUAL: return ASTOP_Pow;
    case T_DOUBLESLASHEQUAL: return ASTOP_FloorDiv;
    default: return -1;
  }
}

static bool is_single_target(const AstNode *n) {
  return n->kind == AST_Name || n->kind == AST_Attribute || n->kind == AST_Subscript;
}

static AstNode *ann_assign(Parser *p, uint32_t start, AstNode *target) {
  if (!is_single_target(target)) return NULL;
  set_context(target, ASTOP_Store);
  p->at++;
  AstNode *annotation = parse_expression(p), *value = NULL;
  if (!annotation) return NULL;
  if (accept(p, T_EQUAL) && !(value = yield_or_star_expressions(p))) return NULL;
  int simple = target->kind == AST_Name && !target->parens;
  return ast_make(AnnAssign, p->cc, pos_from(p, start), target, annotation, value, simple);
}

/* assignment, or an expression on its own. */
static AstNode *assignment(Parser *p) {
  uint32_t start = p->at, base = p->n_tmp;
  AstNode *e = yield_or_star_expressions(p);
  if (!e) return NULL;
  if (tt(p) == T_EQUAL) {
    while (accept(p, T_EQUAL)) {
      if (!set_star_target(e)) return NULL;
      list_push(p, e);
      if (!(e = yield_or_star_expressions(p))) return NULL;
    }
    AstSeq targets = list_take(p, base);
    return ast_make(Assign, p->cc, pos_from(p, start), targets, e, NULL);
  }
  if (tt(p) == T_COLON) return ann_assign(p, start, e);
  int op = aug_op(tt(p));
  if (op >= 0) {
    if (!is_single_target(e)) return NULL;
    set_context(e, ASTOP_Store);
    p->at++;
    AstNode *value = yield_or_star_expressions(p);
    return value ? ast_make(AugAssign, p->cc, pos_from(p, start), e, (AstOp)op, value) : NULL;
  }
  return ast_make(Expr, p->cc, pos_from(p, start), e);
}

static bool at_stmt_end(const Parser *p) { return tt(p) == T_NEWLINE || tt(p) == T_SEMI; }

static AstNode *return_stmt(Parser *p) {
  uint32_t start = p->at++;
  AstNode *value = NULL;
  if (!at_stmt_end(p) && !(value = parse_star_expressions(p))) return NULL;
  return ast_make(Return, p->cc, pos_from(p, start), value);
}

static AstNode *raise_stmt(Parser *p) {
  uint32_t start = p->at++;
  AstNode *exc = NULL, *cause = NULL;
  if (!at_stmt_end(p)) {
    if (!(exc = parse_expression(p))) return NULL;
    if (accept(p, T_FROM) && !(cause = parse_expression(p))) return NULL;
  }
  return ast_make(Raise, p->cc, pos_from(p, start), exc, cause);
}

static AstNode *scope_stmt(Parser *p) {
  uint32_t start = p->at;
  bool global = tt(p) == T_GLOBAL;
  AstIdents names = {0};
  uint32_t cap = 0;
  do {
    p->at++;
    if (tt(p) != T_NAME) return NULL;
    if (names.n == cap) {
      AstIdent **more = arena_alloc(&p->cc->arena, (cap = cap * 2 + 4) * sizeof *more);
      if (names.n) memcpy(more, names.items, names.n * sizeof *more);
      names.items = more;
    }
    names.items[names.n++] = parse_ident(p, tok(p));
    p->at++;
  } while (tt(p) == T_COMMA);
  AstPos pos = pos_from(p, start);
  return global ? ast_make(Global, p->cc, pos, names) : ast_make(Nonlocal, p->cc, pos, names);
}

static AstNode *del_stmt(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  do {
    AstNode *e = parse_primary(p);
    if (!e || !set_context(e, ASTOP_Del)) return NULL;
    list_push(p, e);
  } while (accept(p, T_COMMA) && !at_stmt_end(p));
  if (!at_stmt_end(p)) return NULL;
  AstSeq targets = list_take(p, base);
  return ast_make(Delete, p->cc, pos_from(p, start), targets);
}

static AstNode *assert_stmt(Parser *p) {
  uint32_t start = p->at++;
  AstNode *test = parse_expression(p), *msg = NULL;
  if (!test || (accept(p, T_COMMA) && !(msg = parse_expression(p)))) return NULL;
  return ast_make(Assert, p->cc, pos_from(p, start), test, msg);
}

/* -- Imports --------------------------------------------------------------------------------------------- */

/* NAME ('.' NAME)*, as one name. Read twice: for its length, then for its text. */
static AstIdent *dotted_name(Parser *p) {
  uint32_t first = p->at;
  size_t n = 0;
  do {
    if (tt(p) != T_NAME) return NULL;
    n += parse_ident(p, tok(p))->n + 1;
    p->at++;
  } while (accept(p, T_DOT));
  if (p->at == first + 1) return parse_ident(p, &p->toks[first]);
  char *text = arena_alloc(&p->cc->arena, n), *w = text;
  for (uint32_t i = first; i < p->at; i += 2) {
    AstIdent *part = parse_ident(p, &p->toks[i]);
    if (i > first) *w++ = '.';
    memcpy(w, part->s, part->n);
    w += part->n;
  }
  return name_intern(p->cc, text, (size_t)(w - text));
}

/* name ['as' NAME] */
static AstNode *import_as(Parser *p, bool dotted) {
  uint32_t start = p->at;
  AstIdent *name = NULL, *asname = NULL;
  if (dotted) {
    name = dotted_name(p);
  } else if (tt(p) == T_NAME) {
    name = parse_ident(p, tok(p));
    p->at++;
  }
  if (!name) return NULL;
  if (accept(p, T_AS)) {
    if (tt(p) != T_NAME) return NULL;
    asname = parse_ident(p, tok(p));
    p->at++;
  }
  return ast_make(alias, p->cc, pos_from(p, start), name, asname);
}

static AstNode *import_name(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  do {
    AstNode *a = import_as(p, true);
    if (!a) return NULL;
    list_push(p, a);
  } while (accept(p, T_COMMA));
  AstSeq names = list_take(p, base);
  return ast_make(Import, p->cc, pos_from(p, start), names);
}

static bool import_from_targets(Parser *p, AstSeq *out) {
  uint32_t base = p->n_tmp, start = p->at;
  if (accept(p, T_STAR)) {
    *out = list_one(p, ast_make(alias, p->cc, pos_from(p, start), name_intern(p->cc, "*", 1), NULL));
    return true;
  }
  bool parens = accept(p, T_LPAR);
  do {
    AstNode *a = import_as(p, false);
    if (!a) return false;
    list_push(p, a);
  } while (accept(p, T_COMMA) && !(parens && tt(p) == T_RPAR));
  *out = list_take(p, base);
  return !parens || accept(p, T_RPAR);
}

static AstNode *import_from(Parser *p) {
  uint32_t start = p->at++;
  int level = 0;
  for (; tt(p) == T_DOT || tt(p) == T_ELLIPSIS; p->at++) level += tt(p) == T_DOT ? 1 : 3;
  AstIdent *module = NULL;
  if ((tt(p) != T_IMPORT || !level) && !(module = dotted_name(p))) return NULL;
  AstSeq names;
  if (!accept(p, T_IMPORT) || !import_from_targets(p, &names)) return NULL;
  return ast_make(ImportFrom, p->cc, pos_from(p, start), module, names, level);
}

static AstNode *simple_stmt(Parser *p) {
  uint32_t start = p->at;
  switch (tt(p)) {
    case T_RETURN: return return_stmt(p);
    case T_IMPORT: return import_name(p);
    case T_FROM: return import_from(p);
    case T_RAISE: return raise_stmt(p);
    case T_DEL: return del_stmt(p);
    case T_ASSERT: return assert_stmt(p);
    case T_GLOBAL:
    case T_NONLOCAL: return scope_stmt(p);
    case T_PASS: p->at++; return ast_make(Pass, p->cc, pos_from(p, start));
    case T_BREAK: p->at++; return ast_make(Break, p->cc, pos_from(p, start));
    case T_CONTINUE: p->at++; return ast_make(Continue, p->cc, pos_from(p, start));
    default: return assignment(p);
  }
}

/* ';'.simple_stmt+ [';'] NEWLINE, pushed onto the list stack. */
static bool simple_stmts(Parser *p) {
  do {
    AstNode *s = simple_stmt(p);
    if (!s) return false;
    list_push(p, s);
  } while (accept(p, T_SEMI) && tt(p) != T_NEWLINE);
  return accept(p, T_NEWLINE);
}

/* -- Compound statements --------------------------------------------------------------------------------- */

bool parse_block(Parser *p, AstSeq *body) {
  uint32_t base = p->n_tmp;
  if (!stack_ok(p)) return false;
  if (tt(p) != T_NEWLINE) {
    if (!simple_stmts(p)) return false;
  } else {
    p->at++;
    if (!accept(p, T_INDENT) || !parse_statements(p) || !accept(p, T_DEDENT)) return false;
  }
  *body = list_take(p, base);
  return true;
}

/* ':' block */
static bool suite(Parser *p, AstSeq *body) { return accept(p, T_COLON) && parse_block(p, body); }

/* ['else' ':' block] */
static bool else_block(Parser *p, AstSeq *body) {
  *body = (AstSeq){0};
  return !accept(p, T_ELSE) || suite(p, body);
}

/* An elif is an If alone in the orelse of the previous one; the chain is built without recursion. All of its
** links end where the last one ends. */
static AstNode *if_stmt(Parser *p) {
  AstNode *first = NULL;
  AstIf *previous = NULL;
  uint32_t n_links = 0;
  do {
    uint32_t start = p->at++;
    AstNode *test = parse_named_expression(p);
    AstSeq body;
    if (!test || !suite(p, &body)) return NULL;
    AstNode *n = ast_make(If, p->cc, pos_from(p, start), test, body, {0});
    if (previous) previous->orelse = list_one(p, n);
    else first = n;
    previous = ast_as(If, n);
    n_links++;
  } while (tt(p) == T_ELIF);
  if (!else_block(p, &previous->orelse)) return NULL;
  AstPos end = pos_from(p, p->at - 1);
  for (AstNode *n = first; n_links--; n = ast_as(If, n)->orelse.n ? ast_as(If, n)->orelse.items[0] : NULL) {
    n->pos.end_lineno = end.end_lineno;
    n->pos.end_col_offset = end.end_col_offset;
  }
  return first;
}

static AstNode *while_stmt(Parser *p) {
  uint32_t start = p->at++;
  AstNode *test = parse_named_expression(p);
  AstSeq body, orelse;
  if (!test || !suite(p, &body) || !else_block(p, &orelse)) return NULL;
  return ast_make(While, p->cc, pos_from(p, start), test, body, orelse);
}

static AstNode *for_stmt(Parser *p, uint32_t start, bool is_async) {
  p->at++;
  AstNode *target = parse_star_targets(p), *iter;
  AstSeq body, orelse;
  if (!target || !accept(p, T_IN) || !(iter = parse_star_expressions(p))) return NULL;
  if (!suite(p, &body) || !else_block(p, &orelse)) return NULL;
  AstPos pos = pos_from(p, start);
  return is_async ? ast_make(AsyncFor, p->cc, pos, target, iter, body, orelse, NULL)
                  : ast_make(For, p->cc, pos, target, iter, body, orelse, NULL);
}

static AstNode *with_item(Parser *p) {
  AstNode *e = parse_expression(p), *target = NULL;
  if (!e) return NULL;
  if (accept(p, T_AS)) {
    if (!(target = parse_star_target(p))) return NULL;
    if (tt(p) != T_COMMA && tt(p) != T_RPAR && tt(p) != T_COLON) return NULL;
  }
  return ast_make(withitem, p->cc, (AstPos){0}, e, target);
}

/* The items of "with (a, b):". False, with nothing consumed, when this is an expression in parentheses. */
static bool with_items_in_parens(Parser *p, AstSeq *items) {
  uint32_t begin = p->at, base = p->n_tmp;
  p->at++;
  bool ok = tt(p) != T_RPAR;
  while (ok) {
    AstNode *item = with_item(p);
    if (!(ok = item != NULL)) break;
    list_push(p, item);
    if (!accept(p, T_COMMA) || tt(p) == T_RPAR) break;
  }
  if (ok && accept(p, T_RPAR) && tt(p) == T_COLON) {
    *items = list_take(p, base);
    return true;
  }
  p->n_tmp = base;
  p->at = begin;
  return false;
}

static AstNode *with_stmt(Parser *p, uint32_t start, bool is_async) {
  p->at++;
  AstSeq items, body;
  if (tt(p) != T_LPAR || !with_items_in_parens(p, &items)) {
    uint32_t base = p->n_tmp;
    do {
      AstNode *item = with_item(p);
      if (!item) return NULL;
      list_push(p, item);
    } while (accept(p, T_COMMA));
    items = list_take(p, base);
  }
  if (!suite(p, &body)) return NULL;
  AstPos pos = pos_from(p, start);
  return is_async ? ast_make(AsyncWith, p->cc, pos, items, body, NULL) : ast_make(With, p->cc, pos, items, body, NULL);
}

static AstNode *except_block(Parser *p, bool star) {
  uint32_t start = p->at++;
  AstNode *type = NULL;
  AstIdent *name = NULL;
  AstSeq body;
  if (star && !accept(p, T_STAR)) return NULL;
  if (tt(p) != T_COLON || star) {
    if (!(type = parse_expression(p))) return NULL;
    if (accept(p, T_AS)) {
      if (tt(p) != T_NAME) return NULL;
      name = parse_ident(p, tok(p));
      p->at++;
    }
  }
  if (!suite(p, &body)) return NULL;
  return ast_make(ExceptHandler, p->cc, pos_from(p, start), type, name, body);
}

static AstNode *try_stmt(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  AstSeq body, handlers, orelse = {0}, finalbody = {0};
  if (!suite(p, &body)) return NULL;
  bool star = tt(p) == T_EXCEPT && tt1(p) == T_STAR;
  while (tt(p) == T_EXCEPT) {
    AstNode *h = except_block(p, star);
    if (!h) return NULL;
    list_push(p, h);
  }
  handlers = list_take(p, base);
  if (handlers.n && !else_block(p, &orelse)) return NULL;
  if (accept(p, T_FINALLY)) {
    if (!suite(p, &finalbody)) return NULL;
  } else if (!handlers.n) {
    return NULL;
  }
  AstPos pos = pos_from(p, start);
  return star ? ast_make(TryStar, p->cc, pos, body, handlers, orelse, finalbody)
              : ast_make(Try, p->cc, pos, body, handlers, orelse, finalbody);
}

/* -- Definitions ----------------------------------------------------------------------------------------- */

static AstNode *function_def(Parser *p, uint32_t start, bool is_async, AstSeq decorators) {
  p->at++;
  if (tt(p) != T_NAME) return NULL;
  AstIdent *name = parse_ident(p, tok(p));
  p->at++;
  AstNode *args, *returns = NULL;
  AstSeq body;
  if (!accept(p, T_LPAR) || !(args = parse_params(p, T_RPAR, true)) || !accept(p, T_RPAR)) return NULL;
  if (accept(p, T_RARROW) && !(returns = parse_expression(p))) return NULL;
  if (!suite(p, &body)) return NULL;
  AstPos pos = pos_from(p, start);
  return is_async ? ast_make(AsyncFunctionDef, p->cc, pos, name, args, body, decorators, returns, NULL)
                  : ast_make(FunctionDef, p->cc, pos, name, args, body, decorators, returns, NULL);
}

static AstNode *class_def(Parser *p, AstSeq decorators) {
  uint32_t start = p->at++;
  if (tt(p) != T_NAME) return NULL;
  AstIdent *name = parse_ident(p, tok(p));
  p->at++;
  AstSeq bases = {0}, keywords = {0}, body;
  if (accept(p, T_LPAR) && (!parse_arguments(p, &bases, &keywords) || !accept(p, T_RPAR))) return NULL;
  if (!suite(p, &body)) return NULL;
  return ast_make(ClassDef, p->cc, pos_from(p, start), name, bases, keywords, body, decorators);
}

static AstNode *async_stmt(Parser *p, AstSeq decorators) {
  uint32_t start = p->at++;
  switch (tt(p)) {
    case T_DEF: return function_def(p, start, true, decorators);
    case T_FOR: return decorators.n ? NULL : for_stmt(p, start, true);
    case T_WITH: return decorators.n ? NULL : with_stmt(p, start, true);
    default: return NULL;
  }
}

static AstNode *decorated(Parser *p) {
  uint32_t base = p->n_tmp;
  while (accept(p, T_AT)) {
    AstNode *e = parse_named_expression(p);
    if (!e || !accept(p, T_NEWLINE)) return NULL;
    list_push(p, e);
  }
  AstSeq decorators = list_take(p, base);
  switch (tt(p)) {
    case T_DEF: return function_def(p, p->at, false, decorators);
    case T_CLASS: return class_def(p, decorators);
    case T_ASYNC: return async_stmt(p, decorators);
    default: return NULL;
  }
}

/* Tells by *compound whether the token starts a compound statement. */
static AstNode *compound_stmt(Parser *p, bool *compound) {
  *compound = true;
  switch (tt(p)) {
    case T_DEF: return function_def(p, p->at, false, (AstSeq){0});
    case T_AT: return decorated(p);
    case T_ASYNC: return async_stmt(p, (AstSeq){0});
    case T_IF: return if_stmt(p);
    case T_CLASS: return class_def(p, (AstSeq){0});
    case T_WITH: return with_stmt(p, p->at, false);
    case T_FOR: return for_stmt(p, p->at, false);
    case T_TRY: return try_stmt(p);
    case T_WHILE: return while_stmt(p);
    case T_NAME:
      if (soft(p, "match")) return parse_match_stmt(p, compound);
      break;
    default: break;
  }
  *compound = false;
  return NULL;
}

static bool statement(Parser *p) {
  bool compound;
  AstNode *s = compound_stmt(p, &compound);
  if (!compound) return simple_stmts(p);
  if (s) list_push(p, s);
  return s != NULL;
}

bool parse_statements(Parser *p) {
  do {
    if (!statement(p)) return false;
  } while (tt(p) != T_DEDENT && tt(p) != T_ENDMARKER);
  return true;
}

/* One statement typed at a prompt. */
AstNode *parse_statement_newline(Parser *p) {
  uint32_t base = p->n_tmp, start = p->at;
  bool compound;
  AstNode *s = compound_stmt(p, &compound);
  if (compound) {
    if (!s || !accept(p, T_NEWLINE)) return NULL;
    list_push(p, s);
  } else if (tt(p) == T_NEWLINE) {
    p->at++;
    list_push(p, ast_make(Pass, p->cc, pos_from(p, start)));
  } else if (!simple_stmts(p)) {
    return NULL;
  }
  AstSeq body = list_take(p, base);
  return ast_make(Interactive, p->cc, (AstPos){0}, body);
}
