/* parse_string.c: the value of adjacent STRING tokens: escapes, bytes, f-strings.
** Python 3.11 reads an f-string as one token and parses it here: expression parts are cut out by counting brackets
** and quotes, put in parentheses and parsed as texts of their own. Which of several errors comes first follows
** CPython 3.11's string_parser.c. */
#include <stdarg.h>
#include <stdio.h>

#include "compiler/parse_impl.h"
#include "runtime/unicode.h"

/* -- Text under construction ------------------------------------------------------------------------------ */

/* Bytes in the arena; grows by copying. */
typedef struct Text {
  char *s;
  size_t n, cap;
} Text;

static void put(Parser *p, Text *t, const char *s, size_t n) {
  if (t->n + n + 1 > t->cap) {
    size_t cap = t->cap * 2 + n + 16;
    char *more = arena_alloc(&p->cc->arena, cap);
    if (t->n) memcpy(more, t->s, t->n);
    t->s = more;
    t->cap = cap;
  }
  if (n) memcpy(t->s + t->n, s, n);
  t->n += n;
  t->s[t->n] = 0;
}

static void put_cp(Parser *p, Text *t, uint32_t cp) {
  char buf[4];
  put(p, t, buf, (size_t)unicode_utf8_put(cp, buf));
}

/* -- Errors ------------------------------------------------------------------------------------------------ */

static bool fail_last(Parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail_last(Parser *p, const char *fmt, ...) {
  if (!p->diagnosing) return false;
  char buf[256];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(buf, sizeof buf, fmt, ap);
  va_end(ap);
  raise_last(p, DIAG_SyntaxError, "%s", buf);
  return false;
}

static void warn_escape(Parser *p, const Token *t, char c) {
  if (t < p->toks + p->warned_upto) return;
  diag_warn(p->cc, DIAG_DeprecationWarning, t->lineno, "invalid escape sequence '\\%c'", c);
}

/* -- Escapes ------------------------------------------------------------------------------------------------ */

/* CPython's message counts in a text where every non-ASCII character has become a ten-byte \UXXXXXXXX and a
** backslash before one has become \u005c: translates a byte index into that text. */
static size_t escaped_index(const char *s, size_t n, size_t upto) {
  size_t k = 0;
  for (size_t i = 0; i < upto && i < n;) {
    if (s[i] == '\\') {
      k++, i++;
      if (i >= n || (s[i] & 0x80)) k += 5;
      if (i < upto && i < n && !(s[i] & 0x80)) k++, i++; /* the escaped character is copied as it is */
    } else if (s[i] & 0x80) {
      unicode_utf8_next(s, &i);
      k += 10;
    } else {
      k++, i++;
    }
  }
  return k;
}

static bool escape_error(Parser *p, const char *s, size_t n, size_t start, size_t end, const char *reason) {
  if (!p->diagnosing) return false;
  start = escaped_index(s, n, start);
  end = escaped_index(s, n, end);
  if (end - start == 1)
    return fail_last(p, "(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position %zu: %s", start, reason);
  return fail_last(p, "(unicode error) 'unicodeescape' codec can't decode bytes in position %zu-%zu: %s", start, end - 1,
                   reason);
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* s[*i] is the character after \N. */
static bool named_escape(Parser *p, const char *s, size_t n, size_t *i, Text *out) {
  size_t backslash = *i - 2, at = *i;
  const char *reason = "malformed \\N character escape";
  if (at < n && s[at] == '{') {
    size_t start = ++at;
    while (at < n && s[at] != '}') at++;
    if (at >= n) return escape_error(p, s, n, backslash, at, reason);
    size_t len = at - start;
    if (len) {
      at++;
      int32_t cp = unicode_lookup_name(s + start, len);
      if (cp >= 0) {
        put_cp(p, out, (uint32_t)cp);
        *i = at;
        return true;
      }
      reason = "unknown Unicode character name";
    }
  }
  return escape_error(p, s, n, backslash, at, reason);
}

/* \xXX \uXXXX \UXXXXXXXX: s[*i] is the first digit. */
static bool hex_escape(Parser *p, const char *s, size_t n, size_t *i, int count, Text *out) {
  size_t backslash = *i - 2;
  uint32_t cp = 0;
  for (int k = 0; k < count; k++, (*i)++) {
    int d = *i < n ? hex(s[*i]) : -1;
    if (d < 0)
      return escape_error(p, s, n, backslash, *i,
                          count == 2   ? "truncated \\xXX escape"
                          : count == 4 ? "truncated \\uXXXX escape"
                                       : "truncated \\UXXXXXXXX escape");
    cp = cp << 4 | (uint32_t)d;
  }
  if (cp > UNICODE_MAX) return escape_error(p, s, n, backslash, *i, "illegal Unicode character");
  put_cp(p, out, cp);
  return true;
}

static int simple_escape(char c) {
  switch (c) {
    case '\\': case '\'': case '"': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'v': return '\v';
    case 'a': return '\a';
    default: return -1;
  }
}

/* \o \oo \ooo: s[*i] is the first digit. */
static uint32_t octal_escape(const char *s, size_t n, size_t *i) {
  uint32_t v = 0;
  for (int k = 0; k < 3 && *i < n && s[*i] >= '0' && s[*i] <= '7'; k++) v = v << 3 | (uint32_t)(s[(*i)++] - '0');
  return v;
}

static bool check_utf8(Parser *p, const char *s, size_t n) {
  Utf8Error e;
  if (unicode_utf8_check(s, n, &e)) return true;
  char buf[128];
  unicode_utf8_error_text(s, &e, buf, sizeof buf);
  return fail_last(p, "(unicode error) %s", buf);
}

static bool decode_str(Parser *p, const Token *t, const char *s, size_t n, bool raw, Text *out) {
  if (!check_utf8(p, s, n)) return false;
  const char *b;
  if (raw || !(b = memchr(s, '\\', n))) {
    put(p, out, s, n);
    return true;
  }
  bool warned = false;
  for (size_t i = 0; i < n;) {
    b = memchr(s + i, '\\', n - i);
    size_t run = b ? (size_t)(b - s) - i : n - i;
    put(p, out, s + i, run);
    i += run;
    if (i >= n) break;
    i++;
    if (i >= n || (s[i] & 0x80)) { /* a backslash before a non-ASCII character stands for itself, silently */
      put(p, out, "\\", 1);
      continue;
    }
    char c = s[i];
    int simple = simple_escape(c);
    bool ok = true;
    if (c == '\n') i++;
    else if (simple >= 0) put_cp(p, out, (uint32_t)simple), i++;
    else if (c >= '0' && c <= '7') put_cp(p, out, octal_escape(s, n, &i));
    else if (c == 'x') i++, ok = hex_escape(p, s, n, &i, 2, out);
    else if (c == 'u') i++, ok = hex_escape(p, s, n, &i, 4, out);
    else if (c == 'U') i++, ok = hex_escape(p, s, n, &i, 8, out);
    else if (c == 'N') i++, ok = named_escape(p, s, n, &i, out);
    else {
      if (!warned) warn_escape(p, t, c);
      warned = true;
      put(p, out, s + i - 1, 2);
      i++;
    }
    if (!ok) return false;
  }
  return true;
}

static bool decode_bytes(Parser *p, const Token *t, const char *s, size_t n, bool raw, Text *out) {
  for (size_t i = 0; i < n; i++)
    if (s[i] & 0x80) return fail_last(p, "bytes can only contain ASCII literal characters");
  if (raw) {
    put(p, out, s, n);
    return true;
  }
  bool warned = false;
  for (size_t i = 0; i < n;) {
    char c = s[i++];
    if (c != '\\') {
      put(p, out, &c, 1);
      continue;
    }
    c = s[i];
    int simple = simple_escape(c);
    if (c == '\n') i++;
    else if (simple >= 0) c = (char)simple, put(p, out, &c, 1), i++;
    else if (c >= '0' && c <= '7') c = (char)octal_escape(s, n, &i), put(p, out, &c, 1);
    else if (c == 'x') {
      int h = i + 1 < n ? hex(s[i + 1]) : -1, l = i + 2 < n ? hex(s[i + 2]) : -1;
      if (h < 0 || l < 0) return fail_last(p, "(value error) invalid \\x escape at position %zu", i - 1);
      c = (char)(h << 4 | l);
      put(p, out, &c, 1);
      i += 3;
    } else {
      if (!warned) warn_escape(p, t, c);
      warned = true;
      put(p, out, s + i - 1, 2);
      i++;
    }
  }
  return true;
}

/* -- F-strings ---------------------------------------------------------------------------------------------- */

/* All parts of one run of adjacent string tokens. */
typedef struct FString {
  const Token *t;                /* the token being read */
  const char *body;              /* text of t from its prefix on */
  AstPos pos;                    /* of every node made here: first to last */
  const char *kind;              /* "u" or NULL */
  Text literal;                  /* text not yet made into a Constant */
} FString;

static void flush_literal(Parser *p, FString *f) {
  if (!f->literal.n) return;
  AstConst c = {.kind = CONST_STR, .n = (uint32_t)f->literal.n, .bytes = f->literal.s};
  list_push(p, ast_make(Constant, p->cc, f->pos, c, f->kind));
  f->literal = (Text){0};
}

static bool fstring_parts(Parser *p, FString *f, const char **s, const char *end, bool raw, int depth);

/* Literal text up to a single brace. *again: a doubled brace ended it, go on with more literal text. */
static bool find_literal(Parser *p, FString *f, const char **str, const char *end, bool raw, int depth, bool *again) {
  const char *s = *str, *start = s;
  *again = false;
  while (s < end) {
    char c = *s++;
    if (!raw && c == '\\' && s < end) {
      c = *s++;
      if (c == 'N') {
        if (s < end && *s++ == '{')
          while (s < end && *s++ != '}') {}
        continue;
      }
      if (c == '{') warn_escape(p, f->t, '{');
    }
    if (c != '{' && c != '}') continue;
    if (depth == 0) {
      if (s < end && *s == c) {
        *str = s + 1;
        *again = true;
        return decode_str(p, f->t, start, (size_t)(s - start), raw, &f->literal);
      }
      if (c == '}') {
        *str = s - 1;
        return fail_last(p, "f-string: single '}' is not allowed");
      }
    }
    s--;
    break;
  }
  *str = s;
  return s == start || decode_str(p, f->t, start, (size_t)(s - start), raw, &f->literal);
}

/* Where the expression that starts at `brace` stands in the file. */
static LexOrigin expr_origin(const FString *f, const char *brace) {
  int lines = 0, cols = 0;
  bool newline_after = true;
  const char *s = brace + 1;
  while (*s && *s != '}' && *s != '\n') {
    if (*s != ' ' && *s != '\t' && *s != '\f') {
      newline_after = false;
      break;
    }
    s++;
  }
  if (!newline_after) {
    s = brace;
    while (s > f->body && *s != '\n') s--;
    cols = (int)(brace - s);
    if (*s == '\n') cols--;
  }
  for (s = f->body; s < brace; s++) lines += *s == '\n';
  return (LexOrigin){f->t->lineno + lines, lines ? cols : f->t->col_offset + cols};
}

static AstNode *compile_expr(Parser *p, FString *f, const char *start, const char *end) {
  const char *s = start;
  while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\f')) s++;
  if (s == end) {
    if (*end == '!' || *end == ':' || *end == '=') fail_last(p, "f-string: expression required before '%c'", *end);
    else fail_last(p, "f-string: empty expression not allowed");
    return NULL;
  }
  size_t n = (size_t)(end - start);
  char *text = arena_alloc(&p->cc->arena, n + 4);
  text[0] = '(';
  memcpy(text + 1, start, n);
  text[n + 1] = ')';
  text[n + 2] = '\n';
  Parser *q = arena_alloc(&p->cc->arena, sizeof *q);
  LexResult *lex = arena_alloc(&p->cc->arena, sizeof *lex);
  parser_init(q, p->cc, text, n + 3, START_FSTRING, expr_origin(f, start - 1), lex);
  q->stack_end = p->stack_end;
  if (f->t < p->toks + p->warned_upto) q->warned_upto = q->n_toks;
  AstNode *e = parse_start(q);
  if (!e && p->diagnosing) diagnose(q);
  return e;
}

/* Finds the end of the expression part at *str, just behind its brace. */
static bool scan_expr(Parser *p, const char **str, const char *end) {
  char quote = 0, stack[LEX_MAX_PAREN];
  bool triple = false;
  int depth = 0;
  const char *s = *str;
  for (; s < end; s++) {
    char c = *s, next = s + 1 < end ? s[1] : 0;
    if (c == '\\') return fail_last(p, "f-string expression part cannot include a backslash");
    if (quote) {
      if (c != quote) continue;
      if (!triple) quote = 0;
      else if (s + 2 < end && s[1] == c && s[2] == c) s += 2, quote = 0;
      continue;
    }
    if (c == '\'' || c == '"') {
      triple = s + 2 < end && s[1] == c && s[2] == c;
      if (triple) s += 2;
      quote = c;
      continue;
    }
    if (c == '[' || c == '{' || c == '(') {
      if (depth >= LEX_MAX_PAREN) return fail_last(p, "f-string: too many nested parenthesis");
      stack[depth++] = c;
      continue;
    }
    if (c == '#') return fail_last(p, "f-string expression part cannot include '#'");
    if (depth == 0 && (c == '!' || c == ':' || c == '}' || c == '=' || c == '<' || c == '>')) {
      if (next == '=' && c != ':' && c != '}') {
        s++;
        continue;
      }
      if (c == '<' || c == '>') continue;
      break;
    }
    if (c == ']' || c == '}' || c == ')') {
      if (depth == 0) return fail_last(p, "f-string: unmatched '%c'", c);
      char open = stack[--depth];
      if (!((open == '(' && c == ')') || (open == '[' && c == ']') || (open == '{' && c == '}')))
        return fail_last(p, "f-string: closing parenthesis '%c' does not match opening parenthesis '%c'", c, open);
    }
  }
  *str = s;
  if (quote) return fail_last(p, "f-string: unterminated string");
  if (depth) return fail_last(p, "f-string: unmatched '%c'", stack[depth - 1]);
  return true;
}

/* A replacement field; *str is on its opening brace. Pushes the literal before it and the FormattedValue. */
static bool find_expr(Parser *p, FString *f, const char **str, const char *end, bool raw, int depth) {
  if (depth >= 2) return fail_last(p, "f-string: expressions nested too deeply");
  const char *start = ++*str;
  if (!scan_expr(p, str, end)) return false;
  const char *s = *str;
#define AT_END (s >= end && (fail_last(p, "f-string: expecting '}'"), true))
  if (AT_END) return false;
  AstNode *value = compile_expr(p, f, start, s), *spec = NULL;
  if (!value) return false;
  int conversion = -1;
  bool debug = *s == '=';
  if (debug) {
    s++;
    while (*s == ' ' || (*s >= '\t' && *s <= '\r')) s++;
    if (AT_END) return false;
    put(p, &f->literal, start, (size_t)(s - start));
  }
  if (*s == '!') {
    s++;
    if (AT_END) return false;
    conversion = (uint8_t)*s++;
    if (conversion != 's' && conversion != 'r' && conversion != 'a')
      return fail_last(p, "f-string: invalid conversion character: expected 's', 'r', or 'a'");
  }
  if (s < end && *s == ':') {
    s++;
    if (AT_END) return false;
    FString inner = *f;
    inner.literal = (Text){0};
    uint32_t base = p->n_tmp;
    if (!fstring_parts(p, &inner, &s, end, raw, depth + 1)) return false;
    /* A spec, and the text at its end, stand where their own token stands; all else where the whole run does. */
    const Token *t = f->t;
    inner.pos = (AstPos){t->lineno, t->col_offset, t->end_lineno, t->end_col_offset};
    inner.kind = *f->body == 'u' ? "u" : NULL;
    flush_literal(p, &inner);
    AstSeq values = list_take(p, base);
    spec = ast_make(JoinedStr, p->cc, inner.pos, values);
  }
  if (s >= end || *s != '}') return fail_last(p, "f-string: expecting '}'");
#undef AT_END
  *str = s + 1;
  if (debug && !spec && conversion == -1) conversion = 'r';
  flush_literal(p, f);
  list_push(p, ast_make(FormattedValue, p->cc, f->pos, value, conversion, spec));
  return true;
}

/* Reads literals and fields up to `end`, or in a format spec up to its closing brace. */
static bool fstring_parts(Parser *p, FString *f, const char **s, const char *end, bool raw, int depth) {
  for (;;) {
    bool again;
    if (!find_literal(p, f, s, end, raw, depth, &again)) return false;
    if (again) continue;
    if (*s >= end || **s == '}') break;
    if (!find_expr(p, f, s, end, raw, depth)) return false;
  }
  if (depth == 0 && *s < end - 1) return fail_last(p, "f-string: unexpected end of string");
  if (depth != 0 && (*s >= end || **s != '}')) return fail_last(p, "f-string: expecting '}'");
  return true;
}

/* -- Tokens -------------------------------------------------------------------------------------------------- */

typedef struct StringToken {
  bool bytes, raw, f;
  const char *s; /* between the quotes */
  size_t n;
} StringToken;

static StringToken split_token(const Parser *p, const Token *t) {
  StringToken st = {0};
  const char *s = p->text + t->start, *end = p->text + t->end;
  for (; *s != '\'' && *s != '"'; s++) {
    char c = *s | 0x20;
    if (c == 'b') st.bytes = true;
    else if (c == 'r') st.raw = true;
    else if (c == 'f') st.f = true;
  }
  size_t quotes = end - s >= 6 && s[1] == s[0] && s[2] == s[0] ? 3 : 1;
  st.s = s + quotes;
  st.n = (size_t)(end - s) - 2 * quotes;
  return st;
}

AstNode *parse_strings(Parser *p) {
  uint32_t start = p->at, base = p->n_tmp;
  while (accept(p, T_STRING)) {}
  const Token *t = &p->toks[start], *end = &p->toks[p->at];
  FString f = {.pos = pos_from(p, start), .kind = p->text[t->start] == 'u' ? "u" : NULL};
  bool is_f = false, is_bytes = false;
  for (const Token *first = t; t < end; t++) {
    StringToken st = split_token(p, t);
    f.t = t;
    f.body = p->text + t->start;
    /* CPython decodes a token before it looks whether it may stand next to the others. */
    bool ok = st.f || (st.bytes ? decode_bytes(p, t, st.s, st.n, st.raw, &f.literal)
                                : decode_str(p, t, st.s, st.n, st.raw, &f.literal));
    if (!ok) return NULL;
    if (t > first && st.bytes != is_bytes) return fail_last(p, "cannot mix bytes and nonbytes literals"), NULL;
    is_bytes = st.bytes;
    if (!st.f) continue;
    is_f = true;
    const char *s = st.s;
    if (!fstring_parts(p, &f, &s, st.s + st.n, st.raw, 0)) return NULL;
  }
  if (p->warned_upto < p->at) p->warned_upto = p->at;
  if (is_f) {
    flush_literal(p, &f);
    AstSeq values = list_take(p, base);
    return ast_make(JoinedStr, p->cc, f.pos, values);
  }
  AstConst c = {.kind = is_bytes ? CONST_BYTES : CONST_STR, .n = (uint32_t)f.literal.n,
                .bytes = f.literal.s ? f.literal.s : ""};
  return ast_make(Constant, p->cc, f.pos, c, is_bytes ? NULL : f.kind);
}
