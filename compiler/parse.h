/* parse.h: source bytes -> syntax tree, accepting exactly what CPython 3.11's parser accepts.
** A text that it refuses is refused with the same exception, message and positions.
** Thread-safe: everything lives in the Compile. Stack use of the calling thread stays below PARSE_STACK. */
#ifndef COMPILER_PARSE_H
#define COMPILER_PARSE_H

#include "compiler/ast.h"

typedef enum ParseMode { PARSE_EXEC, PARSE_EVAL, PARSE_SINGLE, PARSE_FUNC_TYPE } ParseMode;

enum {
  PARSE_FROM_FILE = 1, /* bytes of a script file: all of it must be valid in its encoding, as `python3 FILE` asks;
                          without it the rules of compile(bytes) hold, which look at less */
  PARSE_FROM_STR = 2,  /* bytes are UTF-8 of a str: a coding cookie means nothing */
};

enum { PARSE_STACK = 512 << 10 };

/* Parses. NULL: cc->error says why. The tree belongs to cc. cc is fresh from compile_init. */
AstNode *parse_source(Compile *cc, const char *bytes, size_t n, const char *filename, ParseMode mode, int flags);

/* Appends one line per token: "1,0-1,3: NAME 'abc'", as `python3 -m tokenize -e` would name them. */
bool tokens_dump(TextBuf *out, Compile *cc, const char *bytes, size_t n, const char *filename);

#endif
