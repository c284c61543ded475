/* diagnose.c: says what is wrong with a text that the parser has refused.
**
** As CPython does, the text is first matched without, then with the rules for mistakes (diagnose.def); the first
** mistake recognised is the error. When none is, the last token that the first pass looked at gets "invalid syntax",
** unless the rest of the text has a lexical error, which goes first. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "compiler/peg.h"

/* -- Raising ------------------------------------------------------------------------------------------------------ */

void diag_memory_error(Compile *cc) {
  static const Diag out_of_memory = {.kind = DIAG_MemoryError, .msg = ""};
  if (!cc->error) cc->error = (Diag *)&out_of_memory;
}

/* The lexer's state after the last token read. */
typedef struct LexState {
  uint32_t at;
  int lineno;
} LexState;

static const Token *last_read(const Parser *p) { return &p->toks[p->fill ? p->fill - 1 : 0]; }

static LexState lex_state(const Parser *p) {
  const Token *t = last_read(p);
  bool newline = t->type == T_NEWLINE && t->col_offset != -1; /* one made up at a prompt's end has no character */
  return (LexState){t->end + newline, t->end_lineno};
}

static uint32_t line_start(const Parser *p, uint32_t at) {
  while (at > 0 && p->text[at - 1] != '\n') at--;
  return at;
}

/* Start of the line that the lexer is in. Having read a line end it is still in that line, unless, for a DEDENT, it
** has looked into the next one. */
static uint32_t current_line_start(const Parser *p) {
  uint32_t at = lex_state(p).at;
  uint8_t type = last_read(p)->type;
  bool ended = type == T_NEWLINE || type == T_ERROR || at == p->text_n;
  if (ended && at > 0 && p->text[at - 1] == '\n') at--;
  return line_start(p, at);
}

/* Where the text begins that CPython's lexer still holds: a line that continues one before it, by a string or by a
** backslash, is held together with that one. */
static uint32_t held_from(const Parser *p) {
  uint32_t at = current_line_start(p), i = p->fill;
  int line = lex_state(p).lineno;
  for (;;) {
    for (; i > 0 && p->toks[i - 1].end_lineno >= line; i--) {
      const Token *t = &p->toks[i - 1];
      if (t->type != T_STRING || t->lineno == line) continue;
      line = t->lineno;
      at = line_start(p, t->start);
    }
    if (at < 2 || p->text[at - 2] != '\\' || (i > 0 && p->toks[i - 1].type == T_NEWLINE)) return at;
    uint32_t before = line_start(p, at - 1);
    if (p->text[before + strspn(p->text + before, " \t\f")] == '#') return at; /* a comment goes on nowhere */
    at = before;
    line--;
  }
}

/* The text that goes with an error: a line, or what the lexer holds when the error is in its current line. */
static const char *error_line(Parser *p, int lineno) {
  const char *s = p->text, *end;
  bool from_file = p->cc->src.from_file, newline = true;
  if (lineno >= lex_state(p).lineno && !from_file) {
    s += held_from(p);
    end = strchr(p->text + current_line_start(p), '\n');
  } else {
    for (int i = p->origin.lineno; i < lineno && (end = strchr(s, '\n')) && end[1]; i++) s = end + 1;
    end = strchr(s, '\n');
    newline = from_file; /* an earlier line of a text in memory is shown without */
  }
  return arena_strndup(&p->cc->arena, s, end ? (size_t)(end + newline - s) : strlen(s));
}

/* CPython turns bytes into characters only when it knows the encoding of the text, which it does not when
** neither a cookie, a BOM nor a str said so. */
static int to_chars(const Parser *p, const char *line, int col) {
  if (p->start == START_FSTRING || !p->cc->src.encoding_known || col <= 0) return col;
  int k = 0;
  for (int i = 0; i < col; i++) {
    if (!line[i]) return k + 1;
    k += (line[i] & 0xC0) != 0x80;
  }
  return k;
}

static int count_chars(const char *s, int n) {
  int k = 0;
  for (int i = 0; i < n; i++) k += (s[i] & 0xC0) != 0x80;
  return k;
}

/* Columns count from 1 here. */
static void raise_columns(Parser *p, DiagKind kind, int lineno, int col, int end_lineno, int end_col, const char *msg) {
  Compile *cc = p->cc;
  if (cc->error) return;
  Diag *d = arena_alloc(&cc->arena, sizeof *d);
  if (end_lineno == POS_CURRENT) end_lineno = lex_state(p).lineno;
  if (end_col == POS_CURRENT) end_col = (int)(lex_state(p).at - current_line_start(p));
  if (p->start == START_FSTRING) {
    msg = arena_printf(&cc->arena, "f-string: %s", msg);
    col -= p->origin.col_offset;
    end_col -= p->origin.col_offset;
  }
  d->kind = kind;
  d->msg = arena_strndup(&cc->arena, msg, strlen(msg));
  d->filename = cc->src.filename;
  d->text = error_line(p, lineno);
  d->lineno = lineno;
  d->offset = to_chars(p, d->text, col);
  d->end_lineno = end_lineno;
  d->end_offset = to_chars(p, d->text, end_col);
  cc->error = d;
}

void *raise_at(Parser *p, DiagKind kind, int lineno, int col, int end_lineno, int end_col, const char *fmt, ...) {
  char msg[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(msg, sizeof msg, fmt, ap);
  va_end(ap);
  raise_columns(p, kind, lineno, col + 1, end_lineno, end_col == POS_CURRENT ? end_col : end_col + 1, msg);
  return NULL;
}

void *raise_last(Parser *p, DiagKind kind, const char *fmt, ...) {
  char msg[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(msg, sizeof msg, fmt, ap);
  va_end(ap);
  const Token *t = last_read(p);
  int col = t->col_offset == -1 ? (int)(lex_state(p).at - current_line_start(p)) : t->col_offset + 1;
  int end_col = t->end_col_offset == -1 ? -1 : t->end_col_offset + 1;
  raise_columns(p, kind, t->lineno, col, t->end_lineno, end_col, msg);
  return NULL;
}

static void never_closed(Parser *p) {
  LexParen open = p->lex->open[p->lex->n_open - 1];
  raise_at(p, DIAG_SyntaxError, open.lineno, open.col, open.lineno, -1, "'%c' was never closed", open.open);
}

/* The lexer's own complaint has its own way to count and no "f-string: ". */
static void raise_lex_syntax(Parser *p) {
  LexResult *lex = p->lex;
  Compile *cc = p->cc;
  Diag *d = arena_alloc(&cc->arena, sizeof *d);
  d->kind = DIAG_SyntaxError;
  d->msg = lex->msg;
  d->filename = cc->src.filename;
  d->lineno = d->end_lineno = lex->lineno;
  d->offset = lex->col;
  d->end_offset = lex->end_col >= 0 ? lex->end_col : lex->col;
  const char *line = p->text + lex->line_start;
  d->text = arena_strndup(&cc->arena, line, strcspn(line, "\n"));
  cc->error = d;
}

void raise_lex_error(Parser *p) {
  LexResult *lex = p->lex;
  if (p->cc->error) return;
  p->lex_error_seen = true;
  switch (lex->error_kind) {
    case LEX_SYNTAX: raise_lex_syntax(p); break;
    case LEX_DECODE: raise_last(p, DIAG_SyntaxError, "%s", lex->msg); break;
    case LEX_EOF:
      if (lex->n_open) never_closed(p);
      else raise_last(p, DIAG_SyntaxError, "unexpected EOF while parsing");
      break;
    case LEX_DEDENT:
      raise_last(p, DIAG_IndentationError, "unindent does not match any outer indentation level");
      break;
    case LEX_TABSPACE:
      raise_at(p, DIAG_TabError, lex->lineno, 0, lex->lineno, -1,
               "inconsistent use of tabs and spaces in indentation");
      break;
    case LEX_TOODEEP:
      raise_at(p, DIAG_IndentationError, lex->lineno, 0, lex->lineno, -1, "too many levels of indentation");
      break;
    case LEX_LINECONT:
      raise_at(p, DIAG_SyntaxError, lex->lineno, lex->col, lex->lineno, -1,
               "unexpected character after line continuation character");
      if (p->start != START_FSTRING && p->cc->src.encoding_known) /* counted in all of the text shown, not in a line */
        p->cc->error->offset = count_chars(p->text + lex->buf, lex->col) + 1;
      break;
    case LEX_OK: break;
  }
}

/* -- Nodes ------------------------------------------------------------------------------------------------------------ */

static const Token *first_token(const Peg *g, const PegNode *n) { return &g->p->toks[n->start]; }

/* The n-th expression, pattern or keyword inside a node, looking through rows; *n counts down. */
static const PegNode *nth_inside(const PegNode *n, uint32_t *nth) {
  for (uint32_t i = 0; i < n->n; i++) {
    const PegNode *k = n->kids[i];
    if (k->kind) {
      if (!(*nth)--) return k;
    } else {
      const PegNode *found = nth_inside(k, nth);
      if (found) return found;
    }
  }
  return NULL;
}

static const PegNode *nth(const PegNode *n, uint32_t i) { return nth_inside(n, &i); }

static const PegNode *last(const PegNode *n) {
  const PegNode *found = NULL, *k;
  for (uint32_t i = 0; (k = nth(n, i)); i++) found = k;
  return found;
}

/* What ends a range: the last item of a row, and of a comprehension its last condition or iterable. */
static const PegNode *range_end(const PegNode *n) {
  const PegNode *k;
  while ((!n->kind || n->kind == AST_comprehension) && (k = last(n))) n = k;
  return n;
}

static AstPos node_pos(const Peg *g, const PegNode *n) {
  const Token *a = first_token(g, n), *b = &g->p->toks[n->end > n->start ? n->end - 1 : n->start];
  while (b > a && b->type >= T_NEWLINE && b->type <= T_DEDENT) b--;
  return (AstPos){a->lineno, a->col_offset, b->end_lineno, b->end_col_offset};
}

static const char *expr_name(const Peg *g, const PegNode *n) {
  switch (n->kind) {
    case AST_Attribute: return "attribute";
    case AST_Subscript: return "subscript";
    case AST_Starred: return "starred";
    case AST_Name: return "name";
    case AST_List: return "list";
    case AST_Tuple: return "tuple";
    case AST_Lambda: return "lambda";
    case AST_Call: return "function call";
    case AST_BoolOp:
    case AST_BinOp:
    case AST_UnaryOp: return "expression";
    case AST_GeneratorExp: return "generator expression";
    case AST_Yield:
    case AST_YieldFrom: return "yield expression";
    case AST_Await: return "await expression";
    case AST_ListComp: return "list comprehension";
    case AST_SetComp: return "set comprehension";
    case AST_DictComp: return "dict comprehension";
    case AST_Dict: return "dict literal";
    case AST_Set: return "set display";
    case AST_JoinedStr: return "f-string expression";
    case AST_Compare: return "comparison";
    case AST_IfExp: return "conditional expression";
    case AST_NamedExpr: return "named expression";
    default: break;
  }
  switch (first_token(g, n)->type) {
    case T_NONE: return "None";
    case T_TRUE: return "True";
    case T_FALSE: return "False";
    case T_ELLIPSIS: return "ellipsis";
    default: return "literal";
  }
}

/* The part of an expression that keeps it from being a target, or NULL. how: '=' assignment, 'f' for, 'd' del. */
static const PegNode *invalid_target(const Peg *g, const PegNode *n, char how) {
  switch (n->kind) {
    case AST_List:
    case AST_Tuple: {
      const PegNode *k, *bad;
      for (uint32_t i = 0; (k = nth(n, i)); i++)
        if ((bad = invalid_target(g, k, how))) return bad;
      return NULL;
    }
    case AST_Starred: return how == 'd' ? n : invalid_target(g, nth(n, 0), how);
    case AST_Compare: {
      if (how != 'f') return n;
      const PegNode *left = nth(n, 0);
      uint32_t op = left->end;
      while (op < n->end && g->p->toks[op].type == T_RPAR) op++; /* a group's node lies inside its parentheses */
      return g->p->toks[op].type == T_IN ? invalid_target(g, left, how) : NULL;
    }
    case AST_Name:
    case AST_Subscript:
    case AST_Attribute: return NULL;
    default: return n;
  }
}

static bool is_legacy(const Peg *g, const PegNode *n) {
  return n->kind == AST_Name && (tok_is(g->p, n->start, "print", 5) || tok_is(g->p, n->start, "exec", 4));
}

/* -- Actions ------------------------------------------------------------------------------------------------------------ */

static PegNode *syntax_error(Peg *g, const PegNode *a, const PegNode *b, const char *msg) {
  AstPos from = node_pos(g, a), to = node_pos(g, b);
  raise_at(g->p, DIAG_SyntaxError, from.lineno, from.col_offset, to.end_lineno, to.end_col_offset, "%s", msg);
  g->failed = true;
  return NULL;
}

static PegNode *bad_target(Peg *g, const PegNode *a, char how) {
  const PegNode *bad = invalid_target(g, a, how);
  if (!bad) return NULL;
  char msg[64];
  snprintf(msg, sizeof msg, how == 'd' ? "cannot delete %s" : "cannot assign to %s", expr_name(g, bad));
  return syntax_error(g, bad, bad, msg);
}

static PegNode *forgot_comma(Peg *g, PegNode *a, PegNode *b) {
  if (is_legacy(g, a) || g->p->toks[g->at - 1].level == 0) return NULL;
  return syntax_error(g, a, b, "invalid syntax. Perhaps you forgot a comma?");
}

static PegNode *legacy_statement(Peg *g, PegNode *a, PegNode *b) {
  if (!is_legacy(g, a)) return NULL;
  char msg[96];
  const Token *t = first_token(g, a);
  int n = (int)(t->end - t->start);
  const char *s = g->p->text + t->start;
  snprintf(msg, sizeof msg, "Missing parentheses in call to '%.*s'. Did you mean %.*s(...)?", n, s, n, s);
  return syntax_error(g, a, b, msg);
}

static PegNode *genexp_in_call(Peg *g, PegNode *args, PegNode *clauses) {
  const PegNode *k, *positional = NULL;
  uint32_t n = 0;
  for (uint32_t i = 0; (k = nth(args, i)); i++)
    if (k->kind != AST_keyword) positional = k, n++;
  if (n <= 1) return NULL;
  return syntax_error(g, positional, range_end(clauses), "Generator expression must be parenthesized");
}

static PegNode *positional_follows(Peg *g, PegNode *args) {
  bool unpacking = false;
  const PegNode *k;
  for (uint32_t i = 0; (k = nth(args, i)); i++)
    unpacking |= k->kind == AST_keyword && first_token(g, k)->type == T_DOUBLESTAR;
  raise_last(g->p, DIAG_SyntaxError, "positional argument follows keyword argument%s", unpacking ? " unpacking" : "");
  g->failed = true;
  return NULL;
}

static PegNode *colon_after_key(Peg *g, PegNode *a) {
  AstPos pos = node_pos(g, a);
  raise_at(g->p, DIAG_SyntaxError, pos.lineno, pos.end_col_offset - 1, pos.end_lineno, -1,
           "':' expected after dictionary key");
  g->failed = true;
  return NULL;
}

static PegNode *number_part(Peg *g, PegNode *a, bool imaginary) {
  const Token *t = first_token(g, a);
  bool is_imaginary = (g->p->text[t->end - 1] | 0x20) == 'j' && (g->p->text[t->start + 1] | 0x20) != 'x';
  if (is_imaginary == imaginary) return a;
  return syntax_error(g, a, a, imaginary ? "imaginary number required in complex literal"
                                         : "real number required in complex literal");
}

static PegNode *one_or_MatchOr(PegNode *result) {
  if (nth(result, 1)) result->kind = AST_MatchOr;
  else return (PegNode *)nth(result, 0);
  return result;
}

static PegNode *strings(Peg *g, PegNode *result) {
  Parser *p = g->p;
  p->at = result->start;
  AstNode *n = parse_strings(p);
  if (!n) {
    if (!p->cc->error) diag_memory_error(p->cc);
    g->failed = true;
    return NULL;
  }
  result->kind = n->kind;
  result->n = 0;
  return result;
}

static void expand_message(const Peg *g, const char *s, const PegNode *a, char *out, size_t size) {
  size_t n = 0;
  for (; !(*s == '>' && s[1] == '}') && n + 1 < size; s++) {
    if (*s != '%') {
      out[n++] = *s;
      continue;
    }
    const Token *t = first_token(g, a);
    switch (*++s) {
      case 'n': n += (size_t)snprintf(out + n, size - n, "%s", expr_name(g, a)); break;
      case 'd': n += (size_t)snprintf(out + n, size - n, "%d", t->lineno); break;
      case 't': n += (size_t)snprintf(out + n, size - n, "%.*s", (int)(t->end - t->start), g->p->text + t->start); break;
    }
  }
  out[n < size ? n : size - 1] = 0;
}

static PegNode *message_action(Peg *g, const char *action, PegNode *a, PegNode *b) {
  char msg[256];
  Parser *p = g->p;
  expand_message(g, strchr(action, '<') + 1, a, msg, sizeof msg);
  switch (action[0]) {
    case 'a': return syntax_error(g, a, a, msg);
    case 'r': return syntax_error(g, a, range_end(b), msg);
    case 'l': raise_last(p, DIAG_SyntaxError, "%s", msg); break;
    case 'i':
      if (action[1] == 't') return syntax_error(g, nth(a, 0), last(a), msg);
      raise_last(p, DIAG_IndentationError, "%s", msg);
      break;
    case 'f': {
      AstPos pos = node_pos(g, a);
      raise_at(p, DIAG_SyntaxError, pos.lineno, pos.col_offset, POS_CURRENT, POS_CURRENT, "%s", msg);
      break;
    }
  }
  g->failed = true;
  return NULL;
}

static AstKind kind_named(const char *s, size_t n) {
  for (int k = 1; k < AST_N_KINDS; k++) {
    const char *name = ast_info((AstKind)k)->name;
    if (strlen(name) == n && !memcmp(name, s, n)) return (AstKind)k;
  }
  assert(!"no such node kind");
  return AST_NONE_;
}

static PegNode *act(Peg *g, const char *action, PegNode *result, PegNode *a, PegNode *b) {
  size_t n = strcspn(action, " }");
  if (action[0] == '=') {
    result->kind = (uint8_t)kind_named(action + 1, n - 1);
    return result;
  }
  if (action[n] == ' ' && memchr(action, '<', strcspn(action, "}"))) return message_action(g, action, a, b);
#define IS(name) (n == sizeof name - 1 && !memcmp(action, name, n))
  if (IS("a")) return a;
  if (IS("strings")) return strings(g, result);
  if (IS("bad_star_target")) return bad_target(g, a, '=');
  if (IS("bad_for_target")) return bad_target(g, a, 'f');
  if (IS("bad_del_target")) return bad_target(g, a, 'd');
  if (IS("forgot_comma")) return forgot_comma(g, a, b);
  if (IS("legacy_statement")) return legacy_statement(g, a, b);
  if (IS("genexp_in_call")) return genexp_in_call(g, a, b);
  if (IS("positional_follows")) return positional_follows(g, a);
  if (IS("colon_after_key")) return colon_after_key(g, a);
  if (IS("real")) return number_part(g, a, false);
  if (IS("imaginary")) return number_part(g, a, true);
  if (IS("one_or_MatchOr")) return one_or_MatchOr(result);
  if (IS("not_barry")) return g->p->text[first_token(g, a)->start] == '!' ? a : NULL;
#undef IS
  assert(!"no such action");
  return NULL;
}

/* -- The search for the error ---------------------------------------------------------------------------------------------- */

/* A lexical error in the part of the text not read yet wins over a syntax error found before it. */
static void check_rest_of_tokens(Parser *p) {
  if (p->lex_error_seen || p->fill >= p->n_toks || p->toks[p->n_toks - 1].type != T_ERROR) return;
  int lineno = p->toks[p->fill - 1].lineno;
  LexResult *lex = p->lex;
  Diag *found = p->cc->error;
  p->cc->error = NULL;
  if (lex->error_kind == LEX_SYNTAX) {
    raise_lex_syntax(p);
  } else if (lex->n_open && lineno > lex->open[lex->n_open - 1].lineno) {
    p->fill = p->n_toks;
    never_closed(p);
  } else {
    p->cc->error = found;
  }
}

static void search(Parser *p, Peg *g) {
  static const char *const starts[] = {"file", "interactive", "eval", "func_type", "fstring"};
  Compile *cc = p->cc;
  p->diagnosing = true;
  p->fill = 0;
  PegNode *match = peg_match(g, starts[p->start], false);
  if (cc->error) {
    if (cc->error->kind != DIAG_MemoryError) check_rest_of_tokens(p);
    return;
  }
  if (match) { /* the parser proper ran out of stack */
    diag_memory_error(cc);
    return;
  }
  const Token *t = &p->toks[p->fill - 1];
  peg_match(g, starts[p->start], true);
  if (cc->error) {
    if (cc->error->kind != DIAG_MemoryError) check_rest_of_tokens(p);
    return;
  }
  if (t->type == T_INDENT) {
    raise_last(p, DIAG_IndentationError, "unexpected indent");
  } else if (t->type == T_DEDENT) {
    raise_last(p, DIAG_IndentationError, "unexpected unindent");
  } else {
    raise_at(p, DIAG_SyntaxError, t->lineno, t->col_offset, t->end_lineno, t->end_col_offset, "invalid syntax");
    check_rest_of_tokens(p);
  }
}

/* -- A stack that is deep enough ---------------------------------------------------------------------------------------------- */

enum { SEARCH_STACK = 64 << 20 }; /* PEG_MAX_LEVEL rules deep, with room for sanitizers */

static void *search_thread(void *arg) {
  Parser *p = arg;
  Compile *cc = p->cc;
  Peg g = {0};
  jmp_buf oom, *outer = cc->arena.on_oom;
  if (setjmp(oom)) {
    diag_memory_error(cc);
  } else {
    cc->arena.on_oom = &oom;
    peg_init(&g, p, act);
    search(p, &g);
  }
  cc->arena.on_oom = outer;
  peg_fini(&g);
  return NULL;
}

void diagnose(Parser *p) {
  pthread_attr_t attr;
  pthread_t thread;
  char *outer_end = p->stack_end;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, SEARCH_STACK);
  p->stack_end = NULL; /* parts of f-strings are parsed again there: the limit is the lexer's own nesting */
  if (pthread_create(&thread, &attr, search_thread, p) == 0) pthread_join(thread, NULL);
  else diag_memory_error(p->cc);
  pthread_attr_destroy(&attr);
  p->stack_end = outer_end;
}
