/* parse_expr.c: expressions and targets. Binary operators by precedence climbing, the rest by recursive descent. */
#include "compiler/parse_impl.h"

/* -- Atoms ---------------------------------------------------------------------------------------------- */

static bool for_if_clauses(Parser *p, AstSeq *out);

static bool at_for(const Parser *p) { return tt(p) == T_FOR || (tt(p) == T_ASYNC && tt1(p) == T_FOR); }

/* ','.star_named_expression+ [','], pushed onto the list stack. False: no match. */
static bool star_named_expressions(Parser *p, TokType end) {
  for (;;) {
    AstNode *e = parse_star_named_expression(p);
    if (!e) return false;
    list_push(p, e);
    if (!accept(p, T_COMMA)) return true;
    if (tt(p) == end) return true;
  }
}

/* '(' ... ')': tuple, group or generator expression. */
static AstNode *paren_atom(Parser *p) {
  uint32_t start = p->at++;
  if (accept(p, T_RPAR)) return ast_make(Tuple, p->cc, pos_from(p, start), {0}, ASTOP_Load);
  if (tt(p) == T_YIELD) {
    AstNode *y = parse_yield_expr(p);
    if (!y || !accept(p, T_RPAR)) return NULL;
    y->parens = 1;
    return y;
  }
  bool starred = tt(p) == T_STAR;
  AstNode *e = parse_star_named_expression(p);
  if (!e) return NULL;
  if (!starred && tt(p) == T_RPAR) {
    p->at++;
    e->parens = 1;
    return e;
  }
  if (!starred && at_for(p)) {
    AstSeq generators;
    if (!for_if_clauses(p, &generators) || !accept(p, T_RPAR)) return NULL;
    return ast_make(GeneratorExp, p->cc, pos_from(p, start), e, generators);
  }
  if (!accept(p, T_COMMA)) return NULL;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  if (tt(p) != T_RPAR && !star_named_expressions(p, T_RPAR)) return NULL;
  if (!accept(p, T_RPAR)) return NULL;
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

static AstNode *list_atom(Parser *p) {
  uint32_t start = p->at++;
  uint32_t base = p->n_tmp;
  if (tt(p) != T_RSQB) {
    bool starred = tt(p) == T_STAR;
    AstNode *e = parse_star_named_expression(p);
    if (!e) return NULL;
    if (!starred && at_for(p)) {
      AstSeq generators;
      if (!for_if_clauses(p, &generators) || !accept(p, T_RSQB)) return NULL;
      return ast_make(ListComp, p->cc, pos_from(p, start), e, generators);
    }
    list_push(p, e);
    if (accept(p, T_COMMA) && tt(p) != T_RSQB && !star_named_expressions(p, T_RSQB)) return NULL;
  }
  if (!accept(p, T_RSQB)) return NULL;
  AstSeq elts = list_take(p, base);
  return ast_make(List, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

/* After the first item of a dict display: the remaining ones. Keys and values alternate on the list stack. */
static AstNode *dict_rest(Parser *p, uint32_t start, uint32_t base) {
  while (accept(p, T_COMMA) && tt(p) != T_RBRACE) {
    AstNode *k = NULL, *v;
    if (accept(p, T_DOUBLESTAR)) {
      v = parse_bitwise_or(p);
    } else {
      if (!(k = parse_expression(p)) || !accept(p, T_COLON)) return NULL;
      v = parse_expression(p);
    }
    if (!v) return NULL;
    list_push(p, k);
    list_push(p, v);
  }
  if (!accept(p, T_RBRACE)) return NULL;
  AstSeq both = list_take(p, base), keys = {0}, values = {0};
  keys.n = values.n = both.n / 2;
  keys.items = arena_alloc(&p->cc->arena, (both.n + 1) * sizeof(AstNode *));
  values.items = keys.items + keys.n;
  for (uint32_t i = 0; i < keys.n; i++) keys.items[i] = both.items[2 * i], values.items[i] = both.items[2 * i + 1];
  return ast_make(Dict, p->cc, pos_from(p, start), keys, values);
}

/* '{' ... '}': dict, set or one of their comprehensions. */
static AstNode *brace_atom(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  if (accept(p, T_RBRACE)) return ast_make(Dict, p->cc, pos_from(p, start), {0}, {0});
  if (accept(p, T_DOUBLESTAR)) {
    AstNode *v = parse_bitwise_or(p);
    if (!v) return NULL;
    list_push(p, NULL);
    list_push(p, v);
    return dict_rest(p, start, base);
  }
  bool starred = tt(p) == T_STAR;
  AstNode *e = parse_star_named_expression(p);
  if (!e) return NULL;
  if (tt(p) == T_COLON) {
    if (starred || (e->kind == AST_NamedExpr && !e->parens)) return NULL;
    p->at++;
    AstNode *v = parse_expression(p);
    if (!v) return NULL;
    if (at_for(p)) {
      AstSeq generators;
      if (!for_if_clauses(p, &generators) || !accept(p, T_RBRACE)) return NULL;
      return ast_make(DictComp, p->cc, pos_from(p, start), e, v, generators);
    }
    list_push(p, e);
    list_push(p, v);
    return dict_rest(p, start, base);
  }
  if (!starred && at_for(p)) {
    AstSeq generators;
    if (!for_if_clauses(p, &generators) || !accept(p, T_RBRACE)) return NULL;
    return ast_make(SetComp, p->cc, pos_from(p, start), e, generators);
  }
  list_push(p, e);
  if (accept(p, T_COMMA) && tt(p) != T_RBRACE && !star_named_expressions(p, T_RBRACE)) return NULL;
  if (!accept(p, T_RBRACE)) return NULL;
  AstSeq elts = list_take(p, base);
  return ast_make(Set, p->cc, pos_from(p, start), elts);
}

static AstNode *number_atom(Parser *p) {
  uint32_t start = p->at;
  AstConst c;
  if (!parse_number(p, tok(p), &c)) return NULL;
  p->at++;
  return ast_make(Constant, p->cc, pos_from(p, start), c, NULL);
}

static AstNode *keyword_atom(Parser *p, AstConstKind kind) {
  uint32_t start = p->at++;
  return make_const(p, kind, pos_from(p, start));
}

static AstNode *atom(Parser *p) {
  switch (tt(p)) {
    case T_NAME: {
      uint32_t start = p->at++;
      return ast_make(Name, p->cc, pos_from(p, start), parse_ident(p, &p->toks[start]), ASTOP_Load);
    }
    case T_NUMBER: return number_atom(p);
    case T_STRING: return parse_strings(p);
    case T_LPAR: return paren_atom(p);
    case T_LSQB: return list_atom(p);
    case T_LBRACE: return brace_atom(p);
    case T_NONE: return keyword_atom(p, CONST_NONE);
    case T_TRUE: return keyword_atom(p, CONST_TRUE);
    case T_FALSE: return keyword_atom(p, CONST_FALSE);
    case T_ELLIPSIS: return keyword_atom(p, CONST_ELLIPSIS);
    default: return NULL;
  }
}

/* -- Primaries ------------------------------------------------------------------------------------------ */

/* slice | starred_expression */
static AstNode *slice(Parser *p) {
  uint32_t start = p->at;
  AstNode *lower = NULL, *upper = NULL, *step = NULL;
  if (accept(p, T_STAR)) {
    AstNode *e = parse_expression(p);
    return e ? ast_make(Starred, p->cc, pos_from(p, start), e, ASTOP_Load) : NULL;
  }
  if (tt(p) != T_COLON) {
    if (!(lower = parse_named_expression(p))) return NULL;
    if (tt(p) != T_COLON) return lower;
    if (lower->kind == AST_NamedExpr && !lower->parens) return NULL;
  }
  p->at++;
#define ENDS_SLICE (tt(p) == T_COLON || tt(p) == T_COMMA || tt(p) == T_RSQB)
  if (!ENDS_SLICE && !(upper = parse_expression(p))) return NULL;
  if (accept(p, T_COLON) && !ENDS_SLICE && !(step = parse_expression(p))) return NULL;
#undef ENDS_SLICE
  return ast_make(Slice, p->cc, pos_from(p, start), lower, upper, step);
}

static AstNode *slices(Parser *p) {
  uint32_t start = p->at;
  bool starred = tt(p) == T_STAR;
  AstNode *e = slice(p);
  if (!e) return NULL;
  if (tt(p) != T_COMMA && !starred) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_COMMA) && tt(p) != T_RSQB) {
    if (!(e = slice(p))) return NULL;
    list_push(p, e);
  }
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

/* One argument. *kind: 'p' positional, '*' starred, 'k' keyword, 'd' double-starred. */
static AstNode *argument(Parser *p, char *kind) {
  uint32_t start = p->at;
  if (accept(p, T_STAR)) {
    *kind = '*';
    AstNode *e = parse_expression(p);
    return e ? ast_make(Starred, p->cc, pos_from(p, start), e, ASTOP_Load) : NULL;
  }
  if (accept(p, T_DOUBLESTAR)) {
    *kind = 'd';
    AstNode *e = parse_expression(p);
    return e ? ast_make(keyword, p->cc, pos_from(p, start), NULL, e) : NULL;
  }
  if (tt(p) == T_NAME && tt1(p) == T_EQUAL) {
    *kind = 'k';
    AstIdent *name = parse_ident(p, tok(p));
    p->at += 2;
    AstNode *e = parse_expression(p);
    return e ? ast_make(keyword, p->cc, pos_from(p, start), name, e) : NULL;
  }
  *kind = 'p';
  return parse_named_expression(p);
}

/* Positional arguments come before keywords, and after ** come only keywords and **. Starred ones among the
** keywords join the positional list, so both lists are built on one stack: first arguments, then keywords. */
bool parse_arguments(Parser *p, AstSeq *args, AstSeq *keywords) {
  uint32_t base = p->n_tmp, n_keywords = 0;
  bool doubled = false;
  *args = *keywords = (AstSeq){0};
  while (tt(p) != T_RPAR) {
    char kind;
    AstNode *a = argument(p, &kind);
    if (!a) return false;
    if (kind == 'p' && n_keywords) return false;
    if (kind == '*' && doubled) return false;
    if (kind == 'd') doubled = true;
    n_keywords += kind == 'k' || kind == 'd';
    list_push(p, a);
    if (!accept(p, T_COMMA)) break;
  }
  if (tt(p) != T_RPAR) return false;
  if (!n_keywords) {
    *args = list_take(p, base);
    return true;
  }
  AstSeq all = list_take(p, base);
  *args = (AstSeq){arena_alloc(&p->cc->arena, (all.n + 1) * sizeof(AstNode *)), all.n - n_keywords};
  *keywords = (AstSeq){args->items + args->n, n_keywords};
  uint32_t a = 0, k = 0;
  for (uint32_t i = 0; i < all.n; i++) {
    if (all.items[i]->kind == AST_keyword) keywords->items[k++] = all.items[i];
    else args->items[a++] = all.items[i];
  }
  return true;
}

/* A generator expression as the only argument, without parentheses of its own, is found by trying: the first
** argument is followed by "for". */
static AstNode *call(Parser *p, uint32_t start, AstNode *func) {
  uint32_t paren = p->at++;
  AstSeq args, keywords;
  if (tt(p) == T_RPAR) {
    p->at++;
    return ast_make(Call, p->cc, pos_from(p, start), func, {0}, {0});
  }
  if (tt(p) != T_STAR && tt(p) != T_DOUBLESTAR && !(tt(p) == T_NAME && tt1(p) == T_EQUAL)) {
    AstNode *e = parse_named_expression(p);
    if (!e) return NULL;
    if (tt(p) == T_RPAR) {
      args = list_one(p, e);
      p->at++;
      return ast_make(Call, p->cc, pos_from(p, start), func, args, {0});
    }
    if (at_for(p)) {
      AstSeq generators;
      if (!for_if_clauses(p, &generators) || !accept(p, T_RPAR)) return NULL;
      AstNode *g = ast_make(GeneratorExp, p->cc, pos_from(p, paren), e, generators);
      args = list_one(p, g);
      return ast_make(Call, p->cc, pos_from(p, start), func, args, {0});
    }
    if (!accept(p, T_COMMA)) return NULL;
    uint32_t base = p->n_tmp;
    if (!parse_arguments(p, &args, &keywords)) return NULL;
    list_push(p, e);
    for (uint32_t i = 0; i < args.n; i++) list_push(p, args.items[i]);
    args = list_take(p, base);
  } else if (!parse_arguments(p, &args, &keywords)) {
    return NULL;
  }
  p->at++;
  return ast_make(Call, p->cc, pos_from(p, start), func, args, keywords);
}

AstNode *parse_primary(Parser *p) {
  if (!stack_ok(p)) return NULL;
  uint32_t start = p->at;
  AstNode *e = atom(p);
  while (e) {
    switch (tt(p)) {
      case T_DOT: {
        if (tt1(p) != T_NAME) return NULL;
        AstIdent *name = parse_ident(p, &p->toks[p->at + 1]);
        p->at += 2;
        e = ast_make(Attribute, p->cc, pos_from(p, start), e, name, ASTOP_Load);
        break;
      }
      case T_LPAR: e = call(p, start, e); break;
      case T_LSQB: {
        p->at++;
        AstNode *s = slices(p);
        if (!s || !accept(p, T_RSQB)) return NULL;
        e = ast_make(Subscript, p->cc, pos_from(p, start), e, s, ASTOP_Load);
        break;
      }
      default: return e;
    }
  }
  return NULL;
}

/* -- Operators ------------------------------------------------------------------------------------------ */

static AstNode *factor(Parser *p);

static AstNode *power(Parser *p) {
  uint32_t start = p->at;
  AstNode *e;
  if (accept(p, T_AWAIT)) {
    e = parse_primary(p);
    if (e) e = ast_make(Await, p->cc, pos_from(p, start), e);
  } else {
    e = parse_primary(p);
  }
  if (!e || tt(p) != T_DOUBLESTAR) return e;
  p->at++;
  AstNode *right = factor(p);
  return right ? ast_make(BinOp, p->cc, pos_from(p, start), e, ASTOP_Pow, right) : NULL;
}

static AstNode *factor(Parser *p) {
  AstOp op;
  switch (tt(p)) {
    case T_PLUS: op = ASTOP_UAdd; break;
    case T_MINUS: op = ASTOP_USub; break;
    case T_TILDE: op = ASTOP_Invert; break;
    default: return power(p);
  }
  if (!stack_ok(p)) return NULL;
  uint32_t start = p->at++;
  AstNode *e = factor(p);
  return e ? ast_make(UnaryOp, p->cc, pos_from(p, start), op, e) : NULL;
}

/* Precedence (higher binds tighter) and node operator of the left-associative binary operators. */
typedef struct BinaryOp {
  uint8_t precedence, op;
} BinaryOp;
static const BinaryOp binary_ops[T_N_TYPES] = {
    [T_VBAR] = {1, ASTOP_BitOr},      [T_CIRCUMFLEX] = {2, ASTOP_BitXor},   [T_AMPER] = {3, ASTOP_BitAnd},
    [T_LEFTSHIFT] = {4, ASTOP_LShift}, [T_RIGHTSHIFT] = {4, ASTOP_RShift},  [T_PLUS] = {5, ASTOP_Add},
    [T_MINUS] = {5, ASTOP_Sub},       [T_STAR] = {6, ASTOP_Mult},           [T_SLASH] = {6, ASTOP_Div},
    [T_DOUBLESLASH] = {6, ASTOP_FloorDiv}, [T_PERCENT] = {6, ASTOP_Mod},    [T_AT] = {6, ASTOP_MatMult},
};

static AstNode *binary(Parser *p, int min_precedence) {
  uint32_t start = p->at;
  AstNode *left = factor(p);
  while (left) {
    BinaryOp op = binary_ops[tt(p)];
    if (op.precedence < min_precedence || op.precedence == 0) break;
    p->at++;
    AstNode *right = binary(p, op.precedence + 1);
    if (!right) return NULL;
    left = ast_make(BinOp, p->cc, pos_from(p, start), left, (AstOp)op.op, right);
  }
  return left;
}

AstNode *parse_bitwise_or(Parser *p) { return binary(p, 1); }

/* The comparison operator at p->at and how many tokens it has, or 0. "<>" is one of no Python 3. */
static int comparison_op(Parser *p, AstOp *op) {
  switch (tt(p)) {
    case T_EQEQUAL: return *op = ASTOP_Eq, 1;
    case T_NOTEQUAL: return *op = ASTOP_NotEq, p->text[tok(p)->start] == '!';
    case T_LESSEQUAL: return *op = ASTOP_LtE, 1;
    case T_LESS: return *op = ASTOP_Lt, 1;
    case T_GREATEREQUAL: return *op = ASTOP_GtE, 1;
    case T_GREATER: return *op = ASTOP_Gt, 1;
    case T_NOT: return *op = ASTOP_NotIn, tt1(p) == T_IN ? 2 : 0;
    case T_IN: return *op = ASTOP_In, 1;
    case T_IS:
      if (tt1(p) == T_NOT) return *op = ASTOP_IsNot, 2;
      return *op = ASTOP_Is, 1;
    default: return 0;
  }
}

static AstNode *comparison(Parser *p) {
  uint32_t start = p->at;
  AstNode *left = parse_bitwise_or(p);
  AstOp op;
  int len;
  if (!left || !(len = comparison_op(p, &op))) return left;
  uint32_t base = p->n_tmp;
  uint8_t local[16], *ops = local;
  uint32_t n = 0, cap = sizeof local;
  do {
    p->at += (uint32_t)len;
    AstNode *right = parse_bitwise_or(p);
    if (!right) return NULL;
    list_push(p, right);
    if (n == cap) {
      uint8_t *more = arena_alloc(&p->cc->arena, cap *= 2);
      memcpy(more, ops, n);
      ops = more;
    }
    ops[n++] = (uint8_t)op;
  } while ((len = comparison_op(p, &op)));
  AstOps list = {(uint8_t *)arena_strndup(&p->cc->arena, (char *)ops, n), n};
  AstSeq rights = list_take(p, base);
  return ast_make(Compare, p->cc, pos_from(p, start), left, list, rights);
}

static AstNode *inversion(Parser *p) {
  if (tt(p) != T_NOT) return comparison(p);
  if (!stack_ok(p)) return NULL;
  uint32_t start = p->at++;
  AstNode *e = inversion(p);
  return e ? ast_make(UnaryOp, p->cc, pos_from(p, start), ASTOP_Not, e) : NULL;
}

static AstNode *conjunction(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = inversion(p);
  if (!e || tt(p) != T_AND) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_AND)) {
    if (!(e = inversion(p))) return NULL;
    list_push(p, e);
  }
  AstSeq values = list_take(p, base);
  return ast_make(BoolOp, p->cc, pos_from(p, start), ASTOP_And, values);
}

AstNode *parse_disjunction(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = conjunction(p);
  if (!e || tt(p) != T_OR) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_OR)) {
    if (!(e = conjunction(p))) return NULL;
    list_push(p, e);
  }
  AstSeq values = list_take(p, base);
  return ast_make(BoolOp, p->cc, pos_from(p, start), ASTOP_Or, values);
}

static AstNode *lambdef(Parser *p) {
  uint32_t start = p->at++;
  AstNode *args = parse_params(p, T_COLON, false);
  if (!args || !accept(p, T_COLON)) return NULL;
  AstNode *body = parse_expression(p);
  return body ? ast_make(Lambda, p->cc, pos_from(p, start), args, body) : NULL;
}

AstNode *parse_expression(Parser *p) {
  if (!stack_ok(p)) return NULL;
  uint32_t start = p->at;
  if (tt(p) == T_LAMBDA) return lambdef(p);
  AstNode *body = parse_disjunction(p);
  if (!body || tt(p) != T_IF) return body;
  p->at++;
  AstNode *test = parse_disjunction(p);
  if (!test || !accept(p, T_ELSE)) return NULL;
  AstNode *orelse = parse_expression(p);
  return orelse ? ast_make(IfExp, p->cc, pos_from(p, start), test, body, orelse) : NULL;
}

AstNode *parse_named_expression(Parser *p) {
  if (tt(p) != T_NAME || tt1(p) != T_COLONEQUAL) return parse_expression(p);
  uint32_t start = p->at++;
  AstNode *name = ast_make(Name, p->cc, pos_from(p, start), parse_ident(p, &p->toks[start]), ASTOP_Store);
  p->at++;
  AstNode *value = parse_expression(p);
  return value ? ast_make(NamedExpr, p->cc, pos_from(p, start), name, value) : NULL;
}

static AstNode *starred(Parser *p) {
  uint32_t start = p->at++;
  AstNode *e = parse_bitwise_or(p);
  return e ? ast_make(Starred, p->cc, pos_from(p, start), e, ASTOP_Load) : NULL;
}

AstNode *parse_star_named_expression(Parser *p) { return tt(p) == T_STAR ? starred(p) : parse_named_expression(p); }

static AstNode *star_expression(Parser *p) { return tt(p) == T_STAR ? starred(p) : parse_expression(p); }

/* Can the token start an expression? Decides whether a comma was a trailing one. */
static bool starts_expression(TokType t) {
  switch (t) {
    case T_NAME: case T_NUMBER: case T_STRING: case T_LPAR: case T_LSQB: case T_LBRACE: case T_NONE: case T_TRUE:
    case T_FALSE: case T_ELLIPSIS: case T_NOT: case T_LAMBDA: case T_AWAIT: case T_PLUS: case T_MINUS: case T_TILDE:
    case T_STAR:
      return true;
    default: return false;
  }
}

AstNode *parse_star_expressions(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = star_expression(p);
  if (!e || tt(p) != T_COMMA) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_COMMA) && starts_expression(tt(p))) {
    if (!(e = star_expression(p))) return NULL;
    list_push(p, e);
  }
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

AstNode *parse_yield_expr(Parser *p) {
  uint32_t start = p->at++;
  if (accept(p, T_FROM)) {
    AstNode *e = parse_expression(p);
    return e ? ast_make(YieldFrom, p->cc, pos_from(p, start), e) : NULL;
  }
  AstNode *e = NULL;
  if (starts_expression(tt(p)) && !(e = parse_star_expressions(p))) return NULL;
  return ast_make(Yield, p->cc, pos_from(p, start), e);
}

/* -- Comprehensions ------------------------------------------------------------------------------------- */

static bool for_if_clauses(Parser *p, AstSeq *out) {
  uint32_t base = p->n_tmp;
  while (at_for(p)) {
    int is_async = accept(p, T_ASYNC);
    p->at++;
    AstNode *target = parse_star_targets(p);
    if (!target || !accept(p, T_IN)) return false;
    AstNode *iter = parse_disjunction(p);
    if (!iter) return false;
    uint32_t ifs = p->n_tmp;
    while (accept(p, T_IF)) {
      AstNode *e = parse_disjunction(p);
      if (!e) return false;
      list_push(p, e);
    }
    AstSeq conditions = list_take(p, ifs);
    list_push(p, ast_make(comprehension, p->cc, (AstPos){0}, target, iter, conditions, is_async));
  }
  *out = list_take(p, base);
  return true;
}

/* -- Targets -------------------------------------------------------------------------------------------- */

bool set_context(AstNode *n, AstContext ctx) {
  switch (n->kind) {
    case AST_Name: ast_as(Name, n)->ctx = ctx; return true;
    case AST_Attribute: ast_as(Attribute, n)->ctx = ctx; return true;
    case AST_Subscript: ast_as(Subscript, n)->ctx = ctx; return true;
    case AST_Starred:
      if (ctx == ASTOP_Del) return false;
      ast_as(Starred, n)->ctx = ctx;
      return ast_as(Starred, n)->value->kind != AST_Starred && set_context(ast_as(Starred, n)->value, ctx);
    case AST_Tuple:
    case AST_List: {
      AstTuple *t = (AstTuple *)n; /* List has the same layout */
      _Static_assert(offsetof(AstTuple, elts) == offsetof(AstList, elts), "same layout");
      _Static_assert(offsetof(AstTuple, ctx) == offsetof(AstList, ctx), "same layout");
      t->ctx = ctx;
      for (uint32_t i = 0; i < t->elts.n; i++)
        if (!set_context(t->elts.items[i], ctx)) return false;
      return true;
    }
    default: return false;
  }
}

bool set_star_target(AstNode *n) { return set_context(n, ASTOP_Store); }

AstNode *parse_star_target(Parser *p) {
  uint32_t start = p->at;
  if (accept(p, T_STAR)) {
    AstNode *e = tt(p) == T_STAR ? NULL : parse_star_target(p);
    return e ? ast_make(Starred, p->cc, pos_from(p, start), e, ASTOP_Store) : NULL;
  }
  AstNode *e = parse_primary(p);
  return e && set_star_target(e) ? e : NULL;
}

AstNode *parse_star_targets(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = parse_star_target(p);
  if (!e || tt(p) != T_COMMA) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_COMMA) && starts_expression(tt(p))) {
    if (!(e = parse_star_target(p))) return NULL;
    list_push(p, e);
  }
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Store);
}

/* -- Parameters ----------------------------------------------------------------------------------------- */

/* NAME [':' annotation]; *args may be annotated with a starred expression. */
static AstNode *param(Parser *p, bool annotations, bool star) {
  uint32_t start = p->at;
  if (!accept(p, T_NAME)) return NULL;
  AstNode *annotation = NULL;
  if (annotations && accept(p, T_COLON)) {
    annotation = star ? star_expression(p) : parse_expression(p);
    if (!annotation) return NULL;
  }
  return ast_make(arg, p->cc, pos_from(p, start), parse_ident(p, &p->toks[start]), annotation, NULL);
}

/* The parameters of def (end = ")") and lambda (end = ":"), up to but without the end. */
AstNode *parse_params(Parser *p, TokType end, bool annotations) {
  AstSeq posonly = {0}, args = {0}, kwonly = {0}, kw_defaults = {0}, defaults = {0};
  AstNode *vararg = NULL, *kwarg = NULL;
  uint32_t base = p->n_tmp, n_args = 0, n_posonly = 0, n_defaults = 0;
  bool slash = false, star = false, bare = false;
  /* Parameters and defaults alternate on the list stack; a missing default is NULL. */
  uint32_t star_at = 0;
  while (tt(p) != end) {
    if (kwarg) return NULL;
    if (accept(p, T_SLASH)) {
      if (slash || star || !n_args) return NULL;
      slash = true;
      n_posonly = n_args;
    } else if (accept(p, T_STAR)) {
      if (star) return NULL;
      star = true;
      star_at = n_args;
      if (tt(p) == T_COMMA) bare = true;
      else if (!(vararg = param(p, annotations, true))) return NULL;
    } else if (accept(p, T_DOUBLESTAR)) {
      if (bare && n_args == star_at) return NULL;
      if (!(kwarg = param(p, annotations, false))) return NULL;
    } else {
      AstNode *a = param(p, annotations, false), *d = NULL;
      if (!a) return NULL;
      if (accept(p, T_EQUAL) && !(d = parse_expression(p))) return NULL;
      if (!star && !d && n_defaults) return NULL;
      n_defaults += d && !star;
      list_push(p, a);
      list_push(p, d);
      n_args++;
    }
    if (tt(p) != end && !accept(p, T_COMMA)) return NULL;
  }
  if (bare && n_args == star_at) return NULL;
  AstSeq both = list_take(p, base);
  if (n_args) {
    uint32_t n_plain = star ? star_at : n_args, n_kwonly = n_args - n_plain;
    AstNode **mem = arena_alloc(&p->cc->arena, 2 * n_args * sizeof(AstNode *));
    posonly = (AstSeq){mem, n_posonly};
    args = (AstSeq){mem + n_posonly, n_plain - n_posonly};
    kwonly = (AstSeq){mem + n_plain, n_kwonly};
    kw_defaults = (AstSeq){mem + n_args, n_kwonly};
    defaults = (AstSeq){mem + n_args + n_kwonly, n_defaults};
    for (uint32_t i = 0; i < n_args; i++) mem[i] = both.items[2 * i];
    for (uint32_t i = 0; i < n_kwonly; i++) kw_defaults.items[i] = both.items[2 * (n_plain + i) + 1];
    for (uint32_t i = 0; i < n_defaults; i++) defaults.items[i] = both.items[2 * (n_plain - n_defaults + i) + 1];
  }
  return ast_make(arguments, p->cc, (AstPos){0}, posonly, args, vararg, kwonly, kw_defaults, kwarg, defaults);
}
