/* lex.c: see lex.h. The rules, and which of two errors is found first, follow CPython 3.11's Parser/tokenizer.c. */
#include "compiler/lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "runtime/unicode.h"

typedef struct Lexer {
  Compile *cc;
  LexResult *out;
  const char *text;
  uint32_t n, at;
  uint32_t line_start;
  uint32_t buf;       /* start of the text shown for an error on this line: see lex_next_line */
  int lineno;
  LexOrigin origin;
  uint32_t cap;
  bool at_bol;
  int n_indents;
  int indents[LEX_MAX_INDENT], alt_indents[LEX_MAX_INDENT];
  int level;
  LexParen open[LEX_MAX_PAREN];
} Lexer;

/* -- Tables ------------------------------------------------------------------------------------------- */

static const char *const names[] = {
#define TOK(Name) [T_##Name] = #Name,
#define OPER(Name, text) [T_##Name] = #Name,
#define KEYWORD(Name, text) [T_##Name] = #Name,
#include "compiler/token.def"
};

static const char *const spellings[T_N_TYPES] = {
#define OPER(Name, text) [T_##Name] = text,
#define KEYWORD(Name, text) [T_##Name] = text,
#include "compiler/token.def"
};

const char *tok_name(TokType t) { return names[t]; }
const char *tok_spelling(TokType t) { return spellings[t]; }

enum { C_START = 1, C_CONT = 2, C_DIGIT = 4, C_HEX = 8 };
#define LETTER C_START | C_CONT
static const uint8_t char_class[256] = {
    ['a' ... 'f'] = LETTER | C_HEX, ['g' ... 'z'] = LETTER, ['A' ... 'F'] = LETTER | C_HEX, ['G' ... 'Z'] = LETTER,
    ['_'] = LETTER, ['0' ... '9'] = C_CONT | C_DIGIT | C_HEX, [128 ... 255] = LETTER,
};

static inline bool is(int c, int cls) { return char_class[(uint8_t)c] & cls; }

/* The text ends with a NUL that no valid byte equals (NULs are refused before), so one character of look-ahead
** never needs a bounds check. */
static inline int peek(const Lexer *lx) { return (uint8_t)lx->text[lx->at]; }
static inline int peek_at(const Lexer *lx, int k) {
  return lx->at + k <= lx->n ? (uint8_t)lx->text[lx->at + k] : 0;
}

/* -- Keywords ----------------------------------------------------------------------------------------- */

static bool same(const char *s, const char *word, size_t n) { return memcmp(s, word, n) == 0; }

static TokType keyword(const char *s, size_t n) {
#define K(word, T) if (same(s, word, sizeof word - 1)) return T
  switch (n) {
    case 2: K("if", T_IF); K("in", T_IN); K("is", T_IS); K("or", T_OR); K("as", T_AS); break;
    case 3: K("def", T_DEF); K("for", T_FOR); K("not", T_NOT); K("and", T_AND); K("try", T_TRY); K("del", T_DEL); break;
    case 4:
      K("None", T_NONE); K("True", T_TRUE); K("else", T_ELSE); K("from", T_FROM); K("with", T_WITH); K("pass", T_PASS);
      K("elif", T_ELIF);
      break;
    case 5:
      K("False", T_FALSE); K("class", T_CLASS); K("raise", T_RAISE); K("while", T_WHILE); K("yield", T_YIELD);
      K("async", T_ASYNC); K("await", T_AWAIT); K("break", T_BREAK);
      break;
    case 6:
      K("return", T_RETURN); K("import", T_IMPORT); K("except", T_EXCEPT); K("lambda", T_LAMBDA); K("assert", T_ASSERT);
      K("global", T_GLOBAL);
      break;
    case 7: K("finally", T_FINALLY); break;
    case 8: K("continue", T_CONTINUE); K("nonlocal", T_NONLOCAL); break;
  }
#undef K
  return T_NAME;
}

/* -- Emitting ----------------------------------------------------------------------------------------- */

static Token *new_token(Lexer *lx, TokType type) {
  LexResult *out = lx->out;
  if (out->n == lx->cap) {
    uint32_t cap = lx->cap ? lx->cap * 2 : lx->n / 3 + 16;
    Token *t = arena_alloc(&lx->cc->arena, cap * sizeof(Token));
    if (out->n) memcpy(t, out->tokens, out->n * sizeof(Token));
    out->tokens = t;
    lx->cap = cap;
  }
  Token *t = &out->tokens[out->n++];
  t->type = (uint8_t)type;
  t->level = (uint8_t)lx->level;
  return t;
}

static inline void emit(Lexer *lx, TokType type, uint32_t start) {
  Token *t = new_token(lx, type);
  int shift = lx->lineno == lx->origin.lineno ? lx->origin.col_offset : 0;
  t->start = start;
  t->end = lx->at;
  t->lineno = t->end_lineno = lx->lineno;
  t->col_offset = (int)(start - lx->line_start) + shift;
  t->end_col_offset = (int)(lx->at - lx->line_start) + shift;
}

/* A token that CPython gives no text, and so no columns. The shift of an f-string part applies to -1, too. */
static void emit_empty(Lexer *lx, TokType type) {
  Token *t = new_token(lx, type);
  int shift = lx->lineno == lx->origin.lineno ? lx->origin.col_offset : 0;
  t->start = t->end = lx->at;
  t->lineno = t->end_lineno = lx->lineno;
  t->col_offset = t->end_col_offset = -1 + shift;
}

static bool fail(Lexer *lx, LexErrorKind kind) {
  LexResult *out = lx->out;
  out->error_kind = kind;
  out->diag_kind = DIAG_SyntaxError;
  out->lineno = lx->lineno;
  out->done = kind != LEX_SYNTAX;
  emit_empty(lx, T_ERROR);
  return false;
}

/* The end of the current line, as CPython moves there on some errors. */
static void to_line_end(Lexer *lx) {
  while (lx->at < lx->n && lx->text[lx->at] != '\n') lx->at++;
  if (lx->at < lx->n) lx->at++;
}

static int count_chars(const char *s, size_t n) {
  int k = 0;
  for (size_t i = 0; i < n; i++) k += (s[i] & 0xC0) != 0x80;
  return k;
}

/* col < 0: the offset is the number of characters up to lx->at. */
static bool fail_range(Lexer *lx, int col, int end_col, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static bool fail_range(Lexer *lx, int col, int end_col, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char buf[256];
  vsnprintf(buf, sizeof buf, fmt, ap);
  va_end(ap);
  LexResult *out = lx->out;
  out->msg = arena_strndup(&lx->cc->arena, buf, strlen(buf));
  out->col = col >= 0 ? col : count_chars(lx->text + lx->line_start, lx->at - lx->line_start);
  out->end_col = end_col;
  out->line_start = lx->line_start;
  return fail(lx, LEX_SYNTAX);
}
#define syntax_error(lx, ...) fail_range(lx, -1, -1, __VA_ARGS__)

/* Counts a line end just passed. CPython keeps showing a logical line from its first physical line on, unless
** no token is pending: `keep` says that one is. */
static inline void next_line(Lexer *lx, bool keep) {
  if (lx->at >= lx->n) return; /* the end of the text is not a line */
  lx->lineno++;
  lx->line_start = lx->at;
  if (!keep) lx->buf = lx->at;
}

/* -- Numbers ------------------------------------------------------------------------------------------ */

static bool decimal_tail(Lexer *lx) {
  for (;;) {
    while (is(peek(lx), C_DIGIT)) lx->at++;
    if (peek(lx) != '_') return true;
    lx->at++;
    if (!is(peek(lx), C_DIGIT)) return syntax_error(lx, "invalid decimal literal");
  }
}

static bool follows(const Lexer *lx, const char *word) { return strncmp(lx->text + lx->at, word, strlen(word)) == 0; }

/* A number directly followed by a keyword of an expression is deprecated, by any other letter an error. */
static bool end_of_number(Lexer *lx, const char *kind) {
  int c = peek(lx);
  if (!is(c, C_CONT)) return true;
  if (follows(lx, "and") || follows(lx, "else") || follows(lx, "for") || follows(lx, "if") || follows(lx, "in") ||
      follows(lx, "is") || follows(lx, "or") || follows(lx, "not")) {
    diag_warn(lx->cc, DIAG_SyntaxWarning, lx->lineno, "invalid %s literal", kind);
    return true;
  }
  return syntax_error(lx, "invalid %s literal", kind);
}

/* 0x.. 0o.. 0b.. after the prefix letter. */
static bool based_number(Lexer *lx, int base, const char *kind) {
  do {
    if (peek(lx) == '_') lx->at++;
    int n_digits = 0;
    for (;;) {
      int c = peek(lx);
      bool ok = base == 16 ? is(c, C_HEX) : c >= '0' && c < '0' + base;
      if (ok) {
        lx->at++;
        n_digits++;
        continue;
      }
      if (base != 16 && is(c, C_DIGIT)) {
        lx->at++;
        return syntax_error(lx, "invalid digit '%c' in %s literal", c, kind);
      }
      break;
    }
    if (!n_digits) return syntax_error(lx, "invalid %s literal", kind);
  } while (peek(lx) == '_');
  return end_of_number(lx, kind);
}

static bool imaginary(Lexer *lx) {
  lx->at++;
  return end_of_number(lx, "imaginary");
}

/* From 'e' on, or from after the fraction. */
static bool exponent_and_end(Lexer *lx) {
  int c = peek(lx);
  if (c == 'e' || c == 'E') {
    int d = peek_at(lx, 1);
    if (d == '+' || d == '-') {
      lx->at += 2;
      if (!is(peek(lx), C_DIGIT)) return syntax_error(lx, "invalid decimal literal");
    } else if (!is(d, C_DIGIT)) {
      return end_of_number(lx, "decimal");
    } else {
      lx->at++;
    }
    if (!decimal_tail(lx)) return false;
    c = peek(lx);
  }
  if (c == 'j' || c == 'J') return imaginary(lx);
  return end_of_number(lx, "decimal");
}

static bool fraction(Lexer *lx) {
  if (is(peek(lx), C_DIGIT) && !decimal_tail(lx)) return false;
  return exponent_and_end(lx);
}

static bool leading_zero(Lexer *lx, uint32_t start) {
  while (1) {
    if (peek(lx) == '_') {
      lx->at++;
      if (!is(peek(lx), C_DIGIT)) return syntax_error(lx, "invalid decimal literal");
    }
    if (peek(lx) != '0') break;
    lx->at++;
  }
  uint32_t zeros_end = lx->at + 1; /* CPython's marker has already read one character more */
  bool nonzero = is(peek(lx), C_DIGIT);
  if (nonzero && !decimal_tail(lx)) return false;
  int c = peek(lx);
  if (c == '.') {
    lx->at++;
    return fraction(lx);
  }
  if (c == 'e' || c == 'E') return exponent_and_end(lx);
  if (c == 'j' || c == 'J') return imaginary(lx);
  if (nonzero)
    return fail_range(lx, (int)(start + 1 - lx->line_start), (int)(zeros_end - lx->line_start),
                      "leading zeros in decimal integer literals are not permitted; "
                      "use an 0o prefix for octal integers");
  return end_of_number(lx, "decimal");
}

static bool number(Lexer *lx) {
  uint32_t start = lx->at;
  bool ok;
  int c = peek(lx);
  if (c == '.') {
    lx->at++;
    ok = fraction(lx);
  } else if (c == '0') {
    lx->at++;
    c = peek(lx) | 0x20;
    if (c == 'x') lx->at++, ok = based_number(lx, 16, "hexadecimal");
    else if (c == 'o') lx->at++, ok = based_number(lx, 8, "octal");
    else if (c == 'b') lx->at++, ok = based_number(lx, 2, "binary");
    else ok = leading_zero(lx, start);
  } else {
    if (!decimal_tail(lx)) return false;
    if (peek(lx) == '.') lx->at++, ok = fraction(lx);
    else ok = exponent_and_end(lx);
  }
  if (ok) emit(lx, T_NUMBER, start);
  return ok;
}

/* -- Strings ------------------------------------------------------------------------------------------ */

/* lx->at stands on the opening quote; start is the prefix's first byte. */
static bool string(Lexer *lx, uint32_t start) {
  char quote = lx->text[lx->at];
  int first_lineno = lx->lineno;
  uint32_t first_line_start = lx->line_start;
  const char *s = lx->text;
  bool triple = s[lx->at + 1] == quote && s[lx->at + 2] == quote;
  lx->at += triple ? 3 : 1;
  for (;;) {
    char c = s[lx->at];
    if ((c == 0 && lx->at >= lx->n) || (c == '\n' && !triple)) {
      int detected = lx->lineno;
      lx->at = start + 1;
      lx->lineno = first_lineno;
      lx->line_start = first_line_start;
      fail_range(lx, -1, -1, "unterminated %sstring literal (detected at line %d)", triple ? "triple-quoted " : "",
                 detected);
      lx->out->done = c == 0;
      return false;
    }
    if (c == quote && (!triple || (s[lx->at + 1] == quote && s[lx->at + 2] == quote))) break;
    lx->at++;
    if (c == '\\' && lx->at < lx->n) c = s[lx->at++];
    if (c == '\n') next_line(lx, true);
  }
  lx->at += triple ? 3 : 1;
  Token *t = new_token(lx, T_STRING);
  int shift = lx->lineno == lx->origin.lineno ? lx->origin.col_offset : 0;
  t->start = start;
  t->end = lx->at;
  t->lineno = first_lineno;
  t->end_lineno = lx->lineno;
  t->col_offset = (int)(start - first_line_start) + shift;
  t->end_col_offset = (int)(lx->at - lx->line_start) + shift;
  return true;
}

/* -- Names -------------------------------------------------------------------------------------------- */

/* Length of a string prefix (b r u f in the legal combinations) that a quote follows, or 0. */
static int string_prefix(const char *s) {
  bool b = false, r = false, u = false, f = false;
  for (int i = 0; i < 3; i++) {
    char c = s[i] | 0x20;
    if (s[i] == '"' || s[i] == '\'') return i;
    if (!(b || u || f) && c == 'b') b = true;
    else if (!(b || u || r || f) && c == 'u') u = true;
    else if (!(r || u) && c == 'r') r = true;
    else if (!(f || b || u) && c == 'f') f = true;
    else return 0;
  }
  return 0;
}

static bool decode_error(Lexer *lx, const char *s, size_t n) {
  Utf8Error e;
  unicode_utf8_check(s, n, &e);
  char buf[128];
  unicode_utf8_error_text(s, &e, buf, sizeof buf);
  lx->out->msg = arena_printf(&lx->cc->arena, "(unicode error) %s", buf);
  return fail(lx, LEX_DECODE);
}

/* Checks a name with bytes above 127: XID rules on the NFKC form, character by character as written. */
static bool check_identifier(Lexer *lx, uint32_t start) {
  const char *s = lx->text + start;
  size_t n = lx->at - start;
  if (!unicode_utf8_check(s, n, NULL)) return decode_error(lx, s, n);
  for (size_t i = 0; i < n;) {
    size_t begin = i;
    uint32_t cp = unicode_utf8_next(s, &i);
    if (begin == 0 ? unicode_is_xid_start(cp) : unicode_is_xid_continue(cp)) continue;
    if (i < n) lx->at = start + (uint32_t)i;
    if (unicode_is_printable(cp))
      return syntax_error(lx, "invalid character '%.*s' (U+%04X)", (int)(i - begin), s + begin, cp);
    return syntax_error(lx, "invalid non-printable character U+%04X", cp);
  }
  return true;
}

static bool name(Lexer *lx) {
  uint32_t start = lx->at;
  const char *s = lx->text;
  int prefix = string_prefix(s + start);
  if (prefix) {
    lx->at += (uint32_t)prefix;
    return string(lx, start);
  }
  uint32_t at = start;
  int all = 0;
  while (is(s[at], C_CONT)) all |= s[at++];
  lx->at = at;
  if ((all & 0x80) && !check_identifier(lx, start)) return false;
  emit(lx, keyword(s + start, at - start), start);
  return true;
}

/* -- Operators ---------------------------------------------------------------------------------------- */

static TokType operator_at(const char *s, int *len) {
  char c = s[0], d = s[1];
#define TWO(second, T) if (d == second) return *len = 2, T
#define THREE(second, third, T) if (d == second && s[2] == third) return *len = 3, T
  *len = 1;
  switch (c) {
    case '(': return T_LPAR;
    case ')': return T_RPAR;
    case '[': return T_LSQB;
    case ']': return T_RSQB;
    case '{': return T_LBRACE;
    case '}': return T_RBRACE;
    case ',': return T_COMMA;
    case ';': return T_SEMI;
    case '~': return T_TILDE;
    case ':': TWO('=', T_COLONEQUAL); return T_COLON;
    case '.': THREE('.', '.', T_ELLIPSIS); return T_DOT;
    case '+': TWO('=', T_PLUSEQUAL); return T_PLUS;
    case '-': TWO('=', T_MINEQUAL); TWO('>', T_RARROW); return T_MINUS;
    case '*': THREE('*', '=', T_DOUBLESTAREQUAL); TWO('*', T_DOUBLESTAR); TWO('=', T_STAREQUAL); return T_STAR;
    case '/': THREE('/', '=', T_DOUBLESLASHEQUAL); TWO('/', T_DOUBLESLASH); TWO('=', T_SLASHEQUAL); return T_SLASH;
    case '|': TWO('=', T_VBAREQUAL); return T_VBAR;
    case '&': TWO('=', T_AMPEREQUAL); return T_AMPER;
    case '^': TWO('=', T_CIRCUMFLEXEQUAL); return T_CIRCUMFLEX;
    case '%': TWO('=', T_PERCENTEQUAL); return T_PERCENT;
    case '@': TWO('=', T_ATEQUAL); return T_AT;
    case '=': TWO('=', T_EQEQUAL); return T_EQUAL;
    case '!': TWO('=', T_NOTEQUAL); return T_UNKNOWN;
    case '<':
      THREE('<', '=', T_LEFTSHIFTEQUAL); TWO('<', T_LEFTSHIFT); TWO('=', T_LESSEQUAL); TWO('>', T_NOTEQUAL);
      return T_LESS;
    case '>':
      THREE('>', '=', T_RIGHTSHIFTEQUAL); TWO('>', T_RIGHTSHIFT); TWO('=', T_GREATEREQUAL);
      return T_GREATER;
  }
#undef TWO
#undef THREE
  return T_UNKNOWN;
}

static bool open_paren(Lexer *lx, char c) {
  if (lx->level >= LEX_MAX_PAREN) {
    lx->at++;
    return syntax_error(lx, "too many nested parentheses");
  }
  lx->open[lx->level++] = (LexParen){c, lx->lineno, (int)(lx->at - lx->line_start)};
  return true;
}

static bool close_paren(Lexer *lx, char c) {
  lx->at++; /* errors point behind the character */
  if (!lx->level) return syntax_error(lx, "unmatched '%c'", c);
  LexParen p = lx->open[--lx->level];
  if ((p.open == '(' && c == ')') || (p.open == '[' && c == ']') || (p.open == '{' && c == '}')) {
    lx->at--;
    return true;
  }
  if (p.lineno != lx->lineno)
    return syntax_error(lx, "closing parenthesis '%c' does not match opening parenthesis '%c' on line %d", c, p.open,
                        p.lineno);
  return syntax_error(lx, "closing parenthesis '%c' does not match opening parenthesis '%c'", c, p.open);
}

static bool operator(Lexer *lx) {
  uint32_t start = lx->at;
  char c = lx->text[start];
  int len;
  TokType t = operator_at(lx->text + start, &len);
  if ((t == T_LPAR || t == T_LSQB || t == T_LBRACE) && !open_paren(lx, c)) return false;
  if ((t == T_RPAR || t == T_RSQB || t == T_RBRACE) && !close_paren(lx, c)) return false;
  lx->at += (uint32_t)len;
  if (t == T_UNKNOWN && ((uint8_t)c < 32 || c == 127))
    return syntax_error(lx, "invalid non-printable character U+%04X", c);
  emit(lx, t, start);
  return true;
}

/* -- Lines and indentation ---------------------------------------------------------------------------- */

/* lx->at is behind a backslash: it must end the line and not the text. */
static bool continuation(Lexer *lx) {
  if (peek(lx) != '\n') {
    if (lx->at < lx->n) lx->at++;
    lx->out->col = (int)(lx->at - lx->buf) - 1;
    return fail(lx, LEX_LINECONT);
  }
  lx->at++;
  next_line(lx, true);
  if (lx->at >= lx->n) return fail(lx, LEX_EOF);
  return true;
}

static bool tab_error(Lexer *lx) {
  to_line_end(lx);
  return fail(lx, LEX_TABSPACE);
}

static bool indent_to(Lexer *lx, int col, int alt) {
  int top = lx->n_indents;
  if (col == lx->indents[top]) return alt == lx->alt_indents[top] || tab_error(lx);
  if (col > lx->indents[top]) {
    if (top + 1 >= LEX_MAX_INDENT) {
      to_line_end(lx);
      return fail(lx, LEX_TOODEEP);
    }
    if (alt <= lx->alt_indents[top]) return tab_error(lx);
    lx->indents[++lx->n_indents] = col;
    lx->alt_indents[lx->n_indents] = alt;
    emit_empty(lx, T_INDENT);
    return true;
  }
  int n_dedents = 0;
  while (lx->n_indents > 0 && col < lx->indents[lx->n_indents]) lx->n_indents--, n_dedents++;
  if (col != lx->indents[lx->n_indents]) {
    to_line_end(lx);
    return fail(lx, LEX_DEDENT);
  }
  if (alt != lx->alt_indents[lx->n_indents]) return tab_error(lx);
  while (n_dedents--) emit_empty(lx, T_DEDENT);
  return true;
}

/* Reads the white space at the start of a line. *blank: nothing but white space and comment follows. */
static bool indentation(Lexer *lx, bool *blank) {
  int col = 0, alt = 0, continued_col = 0;
  for (;; lx->at++) {
    int c = peek(lx);
    if (c == ' ') col++, alt++;
    else if (c == '\t') col = (col / 8 + 1) * 8, alt++;
    else if (c == '\f') col = alt = 0;
    else if (c == '\\') {
      continued_col = continued_col ? continued_col : col;
      lx->at++;
      if (!continuation(lx)) return false;
      lx->at--;
    } else break;
  }
  int c = peek(lx);
  *blank = c == '#' || c == '\n';
  if (*blank || lx->level) return true;
  if (continued_col) col = alt = continued_col;
  return indent_to(lx, col, alt);
}

static bool end_of_text(Lexer *lx) {
  if (lx->level) return fail(lx, LEX_EOF);
  emit_empty(lx, T_ENDMARKER);
  return true;
}

/* One token, or several at a line's start. False at the end of the text and after an error. */
static bool run(Lexer *lx) {
  bool blank = false;
  for (;;) {
    if (lx->at_bol) {
      lx->at_bol = false;
      blank = false;
      if (!indentation(lx, &blank)) return false;
    }
    int c;
    while (c = peek(lx), c == ' ' || c == '\t' || c == '\f') lx->at++;
    uint32_t newline_start = lx->at; /* a NEWLINE token begins where the comment before it does */
    if (c == '#') {
      const char *nl = memchr(lx->text + lx->at, '\n', lx->n - lx->at);
      lx->at = nl ? (uint32_t)(nl - lx->text) : lx->n;
      c = peek(lx);
    }
    if (is(c, C_START)) {
      if (!name(lx)) return false;
    } else if (c == '\n') {
      lx->at_bol = true;
      if (!blank && !lx->level) emit(lx, T_NEWLINE, newline_start);
      lx->at++;
      next_line(lx, false);
    } else if (is(c, C_DIGIT) || (c == '.' && is(peek_at(lx, 1), C_DIGIT))) {
      if (!number(lx)) return false;
    } else if (c == '\'' || c == '"') {
      if (!string(lx, lx->at)) return false;
    } else if (c == '\\') {
      lx->at++;
      if (!continuation(lx)) return false;
    } else if (c == 0 && lx->at >= lx->n) {
      return end_of_text(lx);
    } else if (!operator(lx)) {
      return false;
    }
  }
}

void lex_source(Compile *cc, const char *text, size_t n, LexOrigin origin, LexResult *out) {
  memset(out, 0, offsetof(LexResult, open));
  Lexer lx = {.cc = cc, .out = out, .text = text, .n = (uint32_t)n, .lineno = origin.lineno - (n == 0), .origin = origin,
              .at_bol = true};
  run(&lx);
  out->buf = lx.buf;
  out->line_start = lx.line_start;
  out->n_open = lx.level;
  memcpy(out->open, lx.open, sizeof(LexParen) * (size_t)lx.level);
}
