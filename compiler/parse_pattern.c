/* parse_pattern.c: match statements and patterns. */
#include "compiler/parse_impl.h"

static AstNode *pattern(Parser *p);

/* -- Literals and names ---------------------------------------------------------------------------------- */

static bool is_imaginary(const AstNode *n) { return ast_as(Constant, n)->value.kind == CONST_IMAG; }

/* ['-'] NUMBER */
static AstNode *signed_number(Parser *p, bool *imag) {
  uint32_t start = p->at;
  bool minus = accept(p, T_MINUS);
  AstConst c;
  uint32_t number = p->at;
  if (tt(p) != T_NUMBER || !parse_number(p, tok(p), &c)) return NULL;
  p->at++;
  AstNode *n = ast_make(Constant, p->cc, pos_from(p, number), c, NULL);
  *imag = is_imaginary(n);
  return minus ? ast_make(UnaryOp, p->cc, pos_from(p, start), ASTOP_USub, n) : n;
}

/* A number, or the sum or difference of a real and an imaginary one. */
static AstNode *number_pattern(Parser *p) {
  uint32_t start = p->at;
  bool imag;
  AstNode *real = signed_number(p, &imag);
  if (!real || (tt(p) != T_PLUS && tt(p) != T_MINUS)) return real;
  AstOp op = tt(p) == T_PLUS ? ASTOP_Add : ASTOP_Sub;
  p->at++;
  if (imag || tt(p) != T_NUMBER) return NULL;
  AstNode *right = signed_number(p, &imag);
  return right && imag ? ast_make(BinOp, p->cc, pos_from(p, start), real, op, right) : NULL;
}

static int singleton(TokType t) {
  return t == T_NONE ? CONST_NONE : t == T_TRUE ? CONST_TRUE : t == T_FALSE ? CONST_FALSE : -1;
}

static AstNode *name_node(Parser *p, AstContext ctx) {
  uint32_t start = p->at;
  if (!accept(p, T_NAME)) return NULL;
  return ast_make(Name, p->cc, pos_from(p, start), parse_ident(p, &p->toks[start]), ctx);
}

/* NAME ('.' NAME)* */
static AstNode *name_or_attr(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = name_node(p, ASTOP_Load);
  while (e && accept(p, T_DOT)) {
    if (tt(p) != T_NAME) return NULL;
    AstIdent *attr = parse_ident(p, tok(p));
    p->at++;
    e = ast_make(Attribute, p->cc, pos_from(p, start), e, attr, ASTOP_Load);
  }
  return e;
}

/* A name to bind: not "_", and not the start of something longer. */
static AstIdent *pattern_capture_target(Parser *p) {
  if (tt(p) != T_NAME || soft(p, "_")) return NULL;
  TokType next = tt1(p);
  if (next == T_DOT || next == T_LPAR || next == T_EQUAL) return NULL;
  AstIdent *name = parse_ident(p, tok(p));
  p->at++;
  return name;
}

/* -- Sequences and mappings ------------------------------------------------------------------------------- */

static AstNode *maybe_star_pattern(Parser *p) {
  uint32_t start = p->at;
  if (!accept(p, T_STAR)) return pattern(p);
  AstIdent *name = NULL;
  if (soft(p, "_")) p->at++;
  else if (!(name = pattern_capture_target(p))) return NULL;
  return ast_make(MatchStar, p->cc, pos_from(p, start), name);
}

/* Items up to `end`, which is consumed. */
static AstNode *sequence_rest(Parser *p, uint32_t start, uint32_t base, TokType end) {
  while (tt(p) != end) {
    AstNode *item = maybe_star_pattern(p);
    if (!item) return NULL;
    list_push(p, item);
    if (!accept(p, T_COMMA)) break;
  }
  if (!accept(p, end)) return NULL;
  AstSeq items = list_take(p, base);
  return ast_make(MatchSequence, p->cc, pos_from(p, start), items);
}

/* '(' ... ')': group or sequence. */
static AstNode *paren_pattern(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  if (tt(p) == T_RPAR) return sequence_rest(p, start, base, T_RPAR);
  bool star = tt(p) == T_STAR;
  AstNode *first = maybe_star_pattern(p);
  if (!first) return NULL;
  if (!star && accept(p, T_RPAR)) return first;
  if (!accept(p, T_COMMA)) return NULL;
  list_push(p, first);
  return sequence_rest(p, start, base, T_RPAR);
}

static AstNode *mapping_key(Parser *p) {
  uint32_t start = p->at;
  int s = singleton(tt(p));
  if (s >= 0) {
    p->at++;
    return make_const(p, (AstConstKind)s, pos_from(p, start));
  }
  switch (tt(p)) {
    case T_MINUS:
    case T_NUMBER: return number_pattern(p);
    case T_STRING: return parse_strings(p);
    case T_NAME: return tt1(p) == T_DOT ? name_or_attr(p) : NULL;
    default: return NULL;
  }
}

static AstNode *mapping_pattern(Parser *p) {
  uint32_t start = p->at++, base = p->n_tmp;
  AstIdent *rest = NULL;
  while (tt(p) != T_RBRACE) {
    if (rest) return NULL;
    if (accept(p, T_DOUBLESTAR)) {
      if (!(rest = pattern_capture_target(p))) return NULL;
    } else {
      AstNode *key = mapping_key(p), *value;
      if (!key || !accept(p, T_COLON) || !(value = pattern(p))) return NULL;
      list_push(p, key);
      list_push(p, value);
    }
    if (!accept(p, T_COMMA)) break;
  }
  if (!accept(p, T_RBRACE)) return NULL;
  AstSeq both = list_take(p, base);
  uint32_t n = both.n / 2;
  AstNode **mem = arena_alloc(&p->cc->arena, (both.n + 1) * sizeof *mem);
  for (uint32_t i = 0; i < n; i++) mem[i] = both.items[2 * i], mem[n + i] = both.items[2 * i + 1];
  return ast_make(MatchMapping, p->cc, pos_from(p, start), (AstSeq){mem, n}, (AstSeq){mem + n, n}, rest);
}

/* -- Classes ---------------------------------------------------------------------------------------------- */

static AstNode *class_pattern(Parser *p, uint32_t start, AstNode *cls) {
  uint32_t base = p->n_tmp, n_names = 0, cap = 0;
  AstIdent **names = NULL;
  p->at++;
  while (tt(p) != T_RPAR) {
    if (tt(p) == T_NAME && tt1(p) == T_EQUAL) {
      if (n_names == cap) {
        AstIdent **more = arena_alloc(&p->cc->arena, (cap = cap * 2 + 4) * sizeof *more);
        if (n_names) memcpy(more, names, n_names * sizeof *more);
        names = more;
      }
      names[n_names++] = parse_ident(p, tok(p));
      p->at += 2;
    } else if (n_names) {
      return NULL;
    }
    AstNode *value = pattern(p);
    if (!value) return NULL;
    list_push(p, value);
    if (!accept(p, T_COMMA)) break;
  }
  if (!accept(p, T_RPAR)) return NULL;
  AstSeq all = list_take(p, base);
  AstSeq positional = {all.items, all.n - n_names}, keyword = {all.items ? all.items + positional.n : NULL, n_names};
  return ast_make(MatchClass, p->cc, pos_from(p, start), cls, positional, (AstIdents){names, n_names}, keyword);
}

static AstNode *name_pattern(Parser *p) {
  uint32_t start = p->at;
  TokType next = tt1(p);
  bool wildcard = soft(p, "_"); /* "_" is never the start of something longer */
  if (wildcard || (next != T_DOT && next != T_LPAR && next != T_EQUAL)) {
    AstIdent *name = wildcard ? NULL : parse_ident(p, tok(p));
    p->at++;
    return ast_make(MatchAs, p->cc, pos_from(p, start), NULL, name);
  }
  AstNode *e = name_or_attr(p);
  if (!e) return NULL;
  if (tt(p) == T_LPAR) return class_pattern(p, start, e);
  if (e->kind != AST_Attribute || tt(p) == T_EQUAL) return NULL;
  return ast_make(MatchValue, p->cc, pos_from(p, start), e);
}

/* -- Patterns --------------------------------------------------------------------------------------------- */

static AstNode *closed_pattern(Parser *p) {
  uint32_t start = p->at;
  AstNode *e;
  if (!stack_ok(p)) return NULL;
  switch (tt(p)) {
    case T_MINUS:
    case T_NUMBER:
      e = number_pattern(p);
      return e ? ast_make(MatchValue, p->cc, pos_from(p, start), e) : NULL;
    case T_STRING:
      e = parse_strings(p);
      return e ? ast_make(MatchValue, p->cc, pos_from(p, start), e) : NULL;
    case T_NONE:
    case T_TRUE:
    case T_FALSE: {
      AstConst c = {.kind = (uint8_t)singleton(tt(p))};
      p->at++;
      return ast_make(MatchSingleton, p->cc, pos_from(p, start), c);
    }
    case T_NAME: return name_pattern(p);
    case T_LPAR: return paren_pattern(p);
    case T_LSQB: p->at++; return sequence_rest(p, start, p->n_tmp, T_RSQB);
    case T_LBRACE: return mapping_pattern(p);
    default: return NULL;
  }
}

static AstNode *or_pattern(Parser *p) {
  uint32_t start = p->at, base = p->n_tmp;
  AstNode *e = closed_pattern(p);
  if (!e || tt(p) != T_VBAR) return e;
  list_push(p, e);
  while (accept(p, T_VBAR)) {
    if (!(e = closed_pattern(p))) return NULL;
    list_push(p, e);
  }
  AstSeq alternatives = list_take(p, base);
  return ast_make(MatchOr, p->cc, pos_from(p, start), alternatives);
}

static AstNode *pattern(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = or_pattern(p);
  if (!e || !accept(p, T_AS)) return e;
  AstIdent *name = pattern_capture_target(p);
  return name ? ast_make(MatchAs, p->cc, pos_from(p, start), e, name) : NULL;
}

/* The pattern of a case: a sequence needs no brackets. */
static AstNode *patterns(Parser *p) {
  uint32_t start = p->at, base = p->n_tmp;
  bool star = tt(p) == T_STAR;
  AstNode *first = maybe_star_pattern(p);
  if (!first || (!star && tt(p) != T_COMMA)) return first;
  if (tt(p) != T_COMMA) return NULL;
  list_push(p, first);
  while (accept(p, T_COMMA) && tt(p) != T_COLON && tt(p) != T_IF) {
    AstNode *e = maybe_star_pattern(p);
    if (!e) return NULL;
    list_push(p, e);
  }
  AstSeq items = list_take(p, base);
  return ast_make(MatchSequence, p->cc, pos_from(p, start), items);
}

/* -- Statement -------------------------------------------------------------------------------------------- */

static AstNode *subject_expr(Parser *p) {
  uint32_t start = p->at;
  bool star = tt(p) == T_STAR;
  AstNode *e = parse_star_named_expression(p);
  if (!e || (!star && tt(p) != T_COMMA)) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  if (tt(p) != T_COMMA) return NULL;
  while (accept(p, T_COMMA) && tt(p) != T_COLON) {
    if (!(e = parse_star_named_expression(p))) return NULL;
    list_push(p, e);
  }
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

static AstNode *case_block(Parser *p) {
  if (!soft(p, "case")) return NULL;
  p->at++;
  AstNode *pat = patterns(p), *guard = NULL;
  AstSeq body;
  if (!pat || (accept(p, T_IF) && !(guard = parse_named_expression(p)))) return NULL;
  if (!accept(p, T_COLON) || !parse_block(p, &body)) return NULL;
  return ast_make(match_case, p->cc, (AstPos){0}, pat, guard, body);
}

/* "match" is a keyword only where a whole header follows. *is_match false: nothing consumed, a simple statement. */
AstNode *parse_match_stmt(Parser *p, bool *is_match) {
  uint32_t start = p->at++, base = p->n_tmp;
  AstNode *subject = subject_expr(p);
  *is_match = subject && tt(p) == T_COLON && tt1(p) == T_NEWLINE && p->toks[p->at + 2].type == T_INDENT;
  if (!*is_match) {
    p->at = start;
    p->n_tmp = base;
    return NULL;
  }
  p->at += 3;
  do {
    AstNode *c = case_block(p);
    if (!c) return NULL;
    list_push(p, c);
  } while (tt(p) != T_DEDENT);
  p->at++;
  AstSeq cases = list_take(p, base);
  return ast_make(Match, p->cc, pos_from(p, start), subject, cases);
}
