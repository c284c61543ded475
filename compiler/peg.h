/* peg.h: matches tokens against a parsing expression grammar written as text (diagnose.def).
** Packrat parsing: chosen rules remember their result per position; left recursion grows a seed (Warth, Douglass,
** Millstein: "Packrat Parsers Can Support Left Recursion"), as CPython's generated parser does. */
#ifndef COMPILER_PEG_H
#define COMPILER_PEG_H

#include "compiler/parse_impl.h"

typedef struct Peg Peg;
typedef struct PegRule PegRule;
typedef struct PegAlt PegAlt;

/* What an item matched. Tokens, look-aheads and missing options have no kids. */
typedef struct PegNode {
  uint8_t kind;        /* AstKind, or 0: a token or a row of parts */
  uint32_t start, end; /* tokens [start, end) */
  uint32_t n;
  struct PegNode **kids;
} PegNode;

typedef struct PegMemo {
  struct PegMemo *next;
  const PegRule *rule;
  PegNode *node; /* NULL: known not to match */
  uint32_t end;
} PegMemo;

/* Runs an alternative's action once its items have matched: the result, or NULL, which fails the whole rule. */
typedef PegNode *PegAction(Peg *g, const char *action, PegNode *result, PegNode *a, PegNode *b);

enum { PEG_MAX_LEVEL = 6000 }; /* nested rules: CPython's MAXSTACK */

struct Peg {
  Parser *p;
  PegAction *action;
  PegRule *rules;
  Arena grammar;      /* the compiled grammar */
  Arena results;      /* nodes and memos; emptied after each top-level statement */
  PegMemo **memo;     /* by token */
  uint32_t memo_from; /* tokens before this one have no memos */
  uint32_t at;
  int level;
  bool invalid_on;    /* second pass */
  bool failed;        /* an error is recorded (or memory ran out): everything returns */
};

void peg_init(Peg *g, Parser *p, PegAction *action);
void peg_fini(Peg *g);

/* Matches from the first token. NULL: no match, or failed. */
PegNode *peg_match(Peg *g, const char *rule, bool invalid_on);

PegNode *peg_node(Peg *g, uint8_t kind, uint32_t start, uint32_t end);

#endif
