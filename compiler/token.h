/* token.h: what the lexer hands to the parser. */
#ifndef COMPILER_TOKEN_H
#define COMPILER_TOKEN_H

#include <stdint.h>

typedef enum TokType {
#define TOK(Name) T_##Name,
#define OPER(Name, text) T_##Name,
#define KEYWORD(Name, text) T_##Name,
#include "compiler/token.def"
  T_N_TYPES
} TokType;

enum { T_FIRST_KEYWORD = T_FALSE, T_LAST_KEYWORD = T_YIELD };

/* Positions follow CPython's token objects, oddities included: INDENT, DEDENT, ENDMARKER and ERROR have
** col_offset and end_col_offset -1, and a DEDENT's line is the line that made it. */
typedef struct Token {
  uint8_t type;    /* TokType */
  uint8_t level;   /* open parentheses after this token */
  uint16_t spare;
  uint32_t start;  /* bytes in the source text; INDENT, DEDENT, ENDMARKER: where the lexer stood */
  uint32_t end;
  int32_t lineno, col_offset;
  int32_t end_lineno, end_col_offset;
} Token;

const char *tok_name(TokType t);     /* "NAME", "LPAR", "IF" */
const char *tok_spelling(TokType t); /* "(", "if", or NULL */

#endif
