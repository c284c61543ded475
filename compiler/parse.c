/* parse.c: the parser's entry points, tokens of names, lists. */
#include "compiler/parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "compiler/parse_impl.h"
#include "runtime/unicode.h"

/* -- Names --------------------------------------------------------------------------------------------------- */

static AstIdent *normalized_ident(Parser *p, const char *s, size_t n) {
  uint32_t *cps = arena_alloc(&p->cc->arena, n * sizeof *cps);
  size_t n_cps = 0;
  for (size_t i = 0; i < n;) cps[n_cps++] = unicode_utf8_next(s, &i);
  uint32_t *out = arena_alloc(&p->cc->arena, n_cps * UNICODE_MAX_DECOMPOSITION * sizeof *out);
  size_t m = unicode_normalize(UNICODE_NFKC, cps, n_cps, out), len = 0;
  char *utf8 = arena_alloc(&p->cc->arena, m * 4 + 1);
  for (size_t i = 0; i < m; i++) len += (size_t)unicode_utf8_put(out[i], utf8 + len);
  return name_intern(p->cc, utf8, len);
}

AstIdent *parse_ident(Parser *p, const Token *t) {
  const char *s = p->text + t->start;
  size_t n = t->end - t->start;
  for (size_t i = 0; i < n; i++)
    if (s[i] & 0x80) return normalized_ident(p, s, n);
  return name_intern(p->cc, s, n);
}

/* -- Lists --------------------------------------------------------------------------------------------------- */

void list_push(Parser *p, AstNode *n) {
  if (p->n_tmp == p->tmp_cap) {
    uint32_t cap = p->tmp_cap ? p->tmp_cap * 2 : 64;
    AstNode **more = arena_alloc(&p->cc->arena, cap * sizeof *more);
    if (p->n_tmp) memcpy(more, p->tmp, p->n_tmp * sizeof *more);
    p->tmp = more;
    p->tmp_cap = cap;
  }
  p->tmp[p->n_tmp++] = n;
}

AstSeq list_take(Parser *p, uint32_t base) {
  uint32_t n = p->n_tmp - base;
  p->n_tmp = base;
  if (!n) return (AstSeq){0};
  AstNode **items = arena_alloc(&p->cc->arena, n * sizeof *items);
  memcpy(items, p->tmp + base, n * sizeof *items);
  return (AstSeq){items, n};
}

/* -- Start rules ----------------------------------------------------------------------------------------------- */

static AstNode *file(Parser *p) {
  uint32_t base = p->n_tmp;
  if (tt(p) != T_ENDMARKER && !parse_statements(p)) return NULL;
  if (tt(p) != T_ENDMARKER) return NULL;
  return ast_make(Module, p->cc, (AstPos){0}, list_take(p, base), {0});
}

static bool newlines_and_end(Parser *p) {
  while (accept(p, T_NEWLINE)) {}
  return tt(p) == T_ENDMARKER;
}

static AstNode *comma_expressions(Parser *p) {
  uint32_t start = p->at;
  AstNode *e = parse_expression(p);
  if (!e || tt(p) != T_COMMA) return e;
  uint32_t base = p->n_tmp;
  list_push(p, e);
  while (accept(p, T_COMMA) && tt(p) != T_NEWLINE && tt(p) != T_ENDMARKER) {
    if (!(e = parse_expression(p))) return NULL;
    list_push(p, e);
  }
  AstSeq elts = list_take(p, base);
  return ast_make(Tuple, p->cc, pos_from(p, start), elts, ASTOP_Load);
}

static AstNode *eval(Parser *p) {
  AstNode *e = comma_expressions(p);
  if (!e || !newlines_and_end(p)) return NULL;
  return ast_make(Expression, p->cc, (AstPos){0}, e);
}

static AstNode *func_type(Parser *p) {
  uint32_t base = p->n_tmp;
  int stage = 0; /* 1: after *x, 2: after **x */
  if (!accept(p, T_LPAR)) return NULL;
  while (tt(p) != T_RPAR) {
    int kind = accept(p, T_STAR) ? 1 : accept(p, T_DOUBLESTAR) ? 2 : 0;
    if (stage == 2 || (stage && kind <= stage)) return NULL;
    stage = kind;
    AstNode *e = parse_expression(p);
    if (!e) return NULL;
    list_push(p, e);
    if (tt(p) == T_RPAR) break;
    if (!accept(p, T_COMMA) || tt(p) == T_RPAR) return NULL;
  }
  AstSeq types = list_take(p, base);
  AstNode *returns;
  if (!accept(p, T_RPAR) || !accept(p, T_RARROW) || !(returns = parse_expression(p)) || !newlines_and_end(p))
    return NULL;
  return ast_make(FunctionType, p->cc, (AstPos){0}, types, returns);
}

AstNode *parse_start(Parser *p) {
  switch (p->start) {
    case START_FILE: return file(p);
    case START_INTERACTIVE: return parse_statement_newline(p);
    case START_EVAL: return eval(p);
    case START_FUNC_TYPE: return func_type(p);
    case START_FSTRING: return parse_star_expressions(p);
  }
  return NULL;
}

/* At a prompt the end of the text also ends the line and all blocks; a line more tells that a compound statement is
** complete. */
static void end_interactive(Parser *p) {
  LexResult *lex = p->lex;
  if (lex->n < 2 || lex->tokens[lex->n - 1].type != T_ENDMARKER) return;
  int depth = 0;
  for (uint32_t i = 0; i < lex->n; i++)
    depth += lex->tokens[i].type == T_INDENT ? 1 : lex->tokens[i].type == T_DEDENT ? -1 : 0;
  uint32_t extra = 1 + (depth ? (uint32_t)depth + 1 : 0), n = lex->n - 1;
  Token *t = arena_alloc(&p->cc->arena, (lex->n + extra) * sizeof *t), end = lex->tokens[n];
  memcpy(t, lex->tokens, n * sizeof *t);
  for (uint32_t i = 0; i <= extra; i++) {
    t[n + i] = end;
    t[n + i].type = i == extra ? T_ENDMARKER : i == 0 || i == extra - 1 ? T_NEWLINE : T_DEDENT;
  }
  lex->tokens = t;
  lex->n += extra;
}

void parser_init(Parser *p, Compile *cc, const char *text, size_t n, StartRule start, LexOrigin origin, LexResult *lex) {
  *p = (Parser){.cc = cc, .text = text, .text_n = n, .lex = lex, .start = start, .origin = origin};
  lex_source(cc, text, n, origin, lex);
  if (start == START_INTERACTIVE) end_interactive(p);
  p->toks = lex->tokens;
  p->n_toks = lex->n;
  p->stack_end = (char *)__builtin_frame_address(0) - PARSE_STACK;
}

/* -- Depth ------------------------------------------------------------------------------------------------------- */

/* Chains such as a.b.c.d are built by loops, but those who walk the tree recurse. */
static int deeper(AstNode *n, void *arg) {
  int depth = *(int *)arg + 1;
  return depth > AST_MAX_DEPTH || ast_children(n, deeper, &depth);
}

/* -- Entry points ------------------------------------------------------------------------------------------------ */

static void *no_memory(Compile *cc, jmp_buf *outer) {
  cc->arena.on_oom = outer;
  cc->error = NULL;
  diag_memory_error(cc);
  return NULL;
}

/* Is there anything behind the one statement of an interactive text? */
static bool bad_single(const Parser *p) {
  for (uint32_t i = p->at; i < p->n_toks; i++) {
    TokType t = (TokType)p->toks[i].type;
    if (t == T_ENDMARKER) return false;
    if (t != T_NEWLINE && t != T_DEDENT) return true;
  }
  return true;
}

AstNode *parse_source(Compile *cc, const char *bytes, size_t n, const char *filename, ParseMode mode, int flags) {
  static const StartRule starts[] = {START_FILE, START_EVAL, START_INTERACTIVE, START_FUNC_TYPE};
  jmp_buf oom;
  jmp_buf *outer = cc->arena.on_oom;
  if (setjmp(oom)) return no_memory(cc, outer);
  cc->arena.on_oom = &oom;
  AstNode *tree = NULL;
  if (mode != PARSE_EXEC) flags |= SOURCE_NO_NEWLINE;
  if (source_decode(cc, bytes, n, filename, flags, &cc->src)) {
    LexResult *lex = arena_alloc(&cc->arena, sizeof *lex);
    Parser *p = arena_alloc(&cc->arena, sizeof *p);
    parser_init(p, cc, cc->src.text, cc->src.n, starts[mode], (LexOrigin){1, 0}, lex);
    tree = parse_start(p);
    int depth = 0;
    if (!tree) diagnose(p);
    else if (deeper(tree, &depth))
      tree = diag_at(cc, DIAG_RecursionError, 0, -1, 0, -1, "maximum recursion depth exceeded during compilation");
    else if (mode == PARSE_SINGLE && bad_single(p)) {
      p->fill = p->at;
      tree = raise_last(p, DIAG_SyntaxError, "multiple statements found while compiling a single statement");
    }
  }
  cc->arena.on_oom = outer;
  return tree;
}

bool tokens_dump(TextBuf *out, Compile *cc, const char *bytes, size_t n, const char *filename) {
  if (!source_decode(cc, bytes, n, filename, 0, &cc->src)) return false;
  LexResult *lex = arena_alloc(&cc->arena, sizeof *lex);
  lex_source(cc, cc->src.text, cc->src.n, (LexOrigin){1, 0}, lex);
  for (uint32_t i = 0; i < lex->n; i++) {
    const Token *t = &lex->tokens[i];
    const char *s = arena_printf(&cc->arena, "%d,%d-%d,%d:\t%s\t%.*s\n", t->lineno, t->col_offset, t->end_lineno,
                                 t->end_col_offset, tok_name((TokType)t->type), (int)(t->end - t->start),
                                 cc->src.text + t->start);
    text_put(out, s, strlen(s));
  }
  return true;
}
