/* diag.h: what is wrong with a source text, as the exception object that CPython would raise.
** Positions are those of SyntaxError's attributes: lines from 1, offsets in characters from 1. */
#ifndef COMPILER_DIAG_H
#define COMPILER_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Compile Compile;

/* The exception (or warning category) and the Python class of the same name. */
#define DIAG_KINDS(X)                                                                                      \
  X(SyntaxError) X(IndentationError) X(TabError) X(ValueError) X(OverflowError) X(MemoryError)             \
  X(RecursionError) X(UnicodeDecodeError) X(UnicodeEncodeError) X(LookupError) X(NotImplementedError)      \
  X(SyntaxWarning) X(DeprecationWarning)

typedef enum DiagKind {
#define X(Name) DIAG_##Name,
  DIAG_KINDS(X)
#undef X
  DIAG_N_KINDS
} DiagKind;

typedef struct Diag {
  struct Diag *next;    /* warnings only: in source order */
  DiagKind kind;
  const char *msg;      /* WTF-8, arena */
  const char *filename; /* NULL: the message itself says where */
  int lineno, offset;   /* lineno 0: the exception has no position (ValueError, MemoryError) */
  int end_lineno, end_offset; /* 0 or -1 as CPython reports them when unknown */
  const char *text;     /* the source line with its "\n", or NULL */
} Diag;

const char *diag_kind_name(DiagKind kind);

/* Records the error of this compilation in cc->error; the first one wins. Byte columns (from 0) of the given
** lines are converted to character offsets; col < 0 means "no offset". Always returns NULL, so that passes
** can write `return diag_at(...)`. Passes after the parser use this one with a node's position. */
struct AstPos;
void *diag_at(Compile *cc, DiagKind kind, int lineno, int col, int end_lineno, int end_col, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

/* The same for a warning: appended to cc->warnings. */
void diag_warn(Compile *cc, DiagKind kind, int lineno, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Prints what CPython prints on stderr for this exception: location, text, caret line, "Kind: message". */
void diag_print(FILE *f, const Diag *d);

#endif
