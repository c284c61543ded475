/* parse_impl.h: what the files of the parser share. Parser functions are named for the grammar symbol they read.
** Rule for failure: a function that cannot match returns NULL and says nothing. Only when the whole text has
** failed is the reason sought, by matching it again, slowly, against the full grammar (diagnose.c). */
#ifndef COMPILER_PARSE_IMPL_H
#define COMPILER_PARSE_IMPL_H

#include "compiler/ast.h"
#include "compiler/lex.h"
#include "compiler/parse.h"

typedef enum StartRule { START_FILE, START_INTERACTIVE, START_EVAL, START_FUNC_TYPE, START_FSTRING } StartRule;

typedef struct Parser {
  Compile *cc;
  const Token *toks;
  uint32_t n_toks;
  uint32_t at;          /* index of the next token */
  const char *text;     /* what token offsets refer to */
  size_t text_n;
  LexResult *lex;
  StartRule start;
  LexOrigin origin;     /* where `text` stands inside the file: not 1,0 for parts of f-strings */
  char *stack_end;      /* lowest address the parser may use */
  uint32_t warned_upto; /* warnings of string tokens below this index are out already */
  bool diagnosing;      /* string errors are recorded in cc->error */
  bool lex_error_seen;  /* diagnosing: the lexer's error has been reached */
  uint32_t fill;        /* diagnosing: number of tokens CPython has read by now */
  AstNode **tmp;        /* stack of list items under construction */
  uint32_t n_tmp, tmp_cap;
} Parser;

void parser_init(Parser *p, Compile *cc, const char *text, size_t n, StartRule start, LexOrigin origin, LexResult *lex);

/* -- Tokens -------------------------------------------------------------------------------------------- */

static inline const Token *tok(const Parser *p) { return &p->toks[p->at]; }
static inline TokType tt(const Parser *p) { return (TokType)p->toks[p->at].type; }
static inline TokType tt1(const Parser *p) { return p->at + 1 < p->n_toks ? (TokType)p->toks[p->at + 1].type : T_ERROR; }

static inline bool accept(Parser *p, TokType t) {
  if (tt(p) != t) return false;
  p->at++; /* ENDMARKER and ERROR, the last tokens, are never accepted this way but by the start rules */
  return true;
}

/* From the token at index `start` to the last one consumed that has a text. */
static inline AstPos pos_from(const Parser *p, uint32_t start) {
  const Token *a = &p->toks[start], *b = &p->toks[p->at - 1];
  while (b->type >= T_NEWLINE && b->type <= T_DEDENT) b--;
  return (AstPos){a->lineno, a->col_offset, b->end_lineno, b->end_col_offset};
}

static inline bool tok_is(const Parser *p, uint32_t i, const char *word, size_t n) {
  const Token *t = &p->toks[i];
  return t->type == T_NAME && t->end - t->start == n && memcmp(p->text + t->start, word, n) == 0;
}
#define soft(p, word) tok_is(p, (p)->at, word, sizeof word - 1)

AstIdent *parse_ident(Parser *p, const Token *t); /* the interned, normalised name of a NAME token */

/* -- Lists ---------------------------------------------------------------------------------------------- */

void list_push(Parser *p, AstNode *n);
AstSeq list_take(Parser *p, uint32_t base); /* pops everything pushed since p->n_tmp was base */
static inline AstSeq list_one(Parser *p, AstNode *n) {
  uint32_t base = p->n_tmp;
  list_push(p, n);
  return list_take(p, base);
}

/* False when the stack is nearly used up: give up, diagnose() will say MemoryError. */
static inline bool stack_ok(const Parser *p) { return (char *)__builtin_frame_address(0) > p->stack_end; }

/* -- Grammar -------------------------------------------------------------------------------------------- */

AstNode *parse_expression(Parser *p);
AstNode *parse_disjunction(Parser *p);
AstNode *parse_bitwise_or(Parser *p);
AstNode *parse_primary(Parser *p);
AstNode *parse_named_expression(Parser *p);
AstNode *parse_star_expressions(Parser *p);
AstNode *parse_star_named_expression(Parser *p);
AstNode *parse_yield_expr(Parser *p);
AstNode *parse_star_targets(Parser *p);
AstNode *parse_star_target(Parser *p);
bool parse_arguments(Parser *p, AstSeq *args, AstSeq *keywords); /* up to, not including, ")" */
AstNode *parse_params(Parser *p, TokType end, bool annotations);

/* Turns an expression into a target: sets ctx deeply. False when it cannot be one. */
bool set_context(AstNode *n, AstContext ctx);
bool set_star_target(AstNode *n); /* the targets of =, for, with */

bool parse_statements(Parser *p); /* pushes onto the list stack, up to a DEDENT or ENDMARKER */
AstNode *parse_match_stmt(Parser *p, bool *is_match);
bool parse_block(Parser *p, AstSeq *body);
AstNode *parse_statement_newline(Parser *p);

AstNode *parse_strings(Parser *p); /* one or more STRING tokens */
bool parse_number(Parser *p, const Token *t, AstConst *out);

static inline AstNode *make_const(Parser *p, AstConstKind kind, AstPos pos) {
  return ast_make(Constant, p->cc, pos, (AstConst){.kind = (uint8_t)kind}, NULL);
}

/* Runs the start rule. NULL: no match. */
AstNode *parse_start(Parser *p);

/* Finds out why the text does not match: sets cc->error. */
void diagnose(Parser *p);

/* RAISE_SYNTAX_ERROR of CPython: an error at the last token read. Used while diagnosing; no-op otherwise. */
void *raise_last(Parser *p, DiagKind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* An error at given byte columns (from 0, or -1), shifted and converted as CPython does. */
void *raise_at(Parser *p, DiagKind kind, int lineno, int col, int end_lineno, int end_col, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
void raise_lex_error(Parser *p); /* the error that T_ERROR stands for */
void diag_memory_error(Compile *cc);
enum { POS_CURRENT = -5 }; /* for end_lineno and end_col: where the lexer stands */

#endif
