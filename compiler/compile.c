/* compile.c: the life of one compilation and its name table. */
#include "compiler/compile.h"

#include <stdlib.h>

enum { NAMES_INITIAL = 256 };

void compile_init(Compile *cc) {
  memset(cc, 0, sizeof *cc);
  arena_init(&cc->arena);
}

void compile_fini(Compile *cc) { arena_fini(&cc->arena); }

static void grow_names(Compile *cc) {
  uint32_t old_n = cc->names ? cc->names_mask + 1 : 0, n = old_n ? old_n * 4 : NAMES_INITIAL;
  AstIdent **table = arena_alloc(&cc->arena, n * sizeof *table);
  for (uint32_t i = 0; i < old_n; i++) {
    for (AstIdent *x = cc->names[i], *next; x; x = next) {
      next = x->next;
      x->next = table[x->hash & (n - 1)];
      table[x->hash & (n - 1)] = x;
    }
  }
  cc->names = table;
  cc->names_mask = n - 1;
}

AstIdent *name_intern(Compile *cc, const char *s, size_t n) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)s[i]) * 16777619u;
  if (!cc->names || cc->n_names > cc->names_mask) grow_names(cc);
  AstIdent **bucket = &cc->names[h & cc->names_mask];
  for (AstIdent *x = *bucket; x; x = x->next)
    if (x->hash == h && x->n == n && memcmp(x->s, s, n) == 0) return x;
  AstIdent *x = arena_alloc(&cc->arena, sizeof *x + n + 1);
  memcpy(x->s, s, n);
  x->hash = h;
  x->n = (uint32_t)n;
  x->id = cc->n_names++;
  x->next = *bucket;
  *bucket = x;
  return x;
}
