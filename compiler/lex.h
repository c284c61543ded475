/* lex.h: UTF-8 text -> array of tokens, the lexical grammar of Python 3.11.
** The whole text is read at once. A lexical error ends the array with a T_ERROR token and is only *described*
** in the result: whether it is the error to report is for the parser to say, which may fail earlier. */
#ifndef COMPILER_LEX_H
#define COMPILER_LEX_H

#include "compiler/compile.h"
#include "compiler/token.h"

typedef enum LexErrorKind {
  LEX_OK,
  LEX_SYNTAX,     /* error is complete: msg, line, offsets in characters */
  LEX_EOF,        /* end of text inside parentheses, or after a backslash */
  LEX_DEDENT,     /* unindent does not match */
  LEX_TABSPACE,
  LEX_TOODEEP,
  LEX_LINECONT,
  LEX_DECODE      /* invalid UTF-8 in an identifier */
} LexErrorKind;

typedef struct LexParen {
  char open;
  int lineno, col;
} LexParen;

enum { LEX_MAX_INDENT = 100, LEX_MAX_PAREN = 200 };

typedef struct LexResult {
  Token *tokens;
  uint32_t n;
  LexErrorKind error_kind;
  DiagKind diag_kind;
  const char *msg;              /* LEX_SYNTAX, LEX_DECODE */
  int lineno, col, end_col;     /* LEX_SYNTAX: offsets in characters from 1, end_col -1 when unknown.
                                   LEX_LINECONT: col in bytes from 0 */
  uint32_t line_start, buf;     /* bytes: start of the line, of the text that CPython would show */
  bool done;                    /* CPython's tokenizer is in an error state that silences later checks */
  int n_open;                   /* parentheses still open where lexing stopped */
  LexParen open[LEX_MAX_PAREN];
} LexResult;

/* Shift for text that is a part of another text (f-string expressions). */
typedef struct LexOrigin {
  int lineno;         /* number of the first line */
  int col_offset;     /* added to columns of tokens that end on the first line */
} LexOrigin;

void lex_source(Compile *cc, const char *text, size_t n, LexOrigin origin, LexResult *out);

#endif
