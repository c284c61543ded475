/* compile.h: one compilation of one source text. Every pass takes `Compile *cc` first.
** Nothing outside of it is mutable: any number of threads compile at once, each with its own Compile. */
#ifndef COMPILER_COMPILE_H
#define COMPILER_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/source.h"

/* An interned name: within one compilation equal names are equal pointers. NFKC-normalised UTF-8. */
typedef struct AstIdent {
  struct AstIdent *next; /* chain of the name table */
  uint32_t hash;
  uint32_t id;          /* dense, from 0: index for side tables of later passes */
  uint32_t n;           /* bytes */
  char s[];             /* NUL-terminated */
} AstIdent;

struct Compile {
  Arena arena;          /* owns everything below */
  Source src;
  Diag *error;          /* the error that ended this compilation, or NULL */
  Diag *warnings;       /* SyntaxWarning, DeprecationWarning in source order */
  Diag *last_warning;
  AstIdent **names;      /* hash table, names_mask + 1 buckets */
  uint32_t names_mask, n_names;
  uint32_t n_nodes;     /* AstNode.id of the newest node */
};

void compile_init(Compile *cc);
void compile_fini(Compile *cc); /* frees the tree, names and diagnostics */

/* Interns n bytes as they are (the parser normalises before). */
AstIdent *name_intern(Compile *cc, const char *s, size_t n);

#endif
