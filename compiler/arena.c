/* arena.c: see arena.h. */
#include "compiler/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct ArenaChunk {
  ArenaChunk *next;
  size_t size;
};

enum { CHUNK_MIN = 16 << 10, CHUNK_MAX = 1 << 20 };

void arena_init(Arena *a) { memset(a, 0, sizeof *a); }

void arena_fini(Arena *a) {
  for (ArenaChunk *c = a->chunks, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  arena_init(a);
}

static void out_of_memory(Arena *a) {
  if (a->on_oom) longjmp(*a->on_oom, 1);
  fputs("replicant: out of memory in the compiler\n", stderr);
  abort();
}

/* Chunks double in size up to CHUNK_MAX, so that tiny sources stay tiny and large ones need few calls. */
void *arena_grow(Arena *a, size_t size) {
  size_t want = a->chunks ? a->chunks->size * 2 : CHUNK_MIN;
  if (want > CHUNK_MAX) want = CHUNK_MAX;
  if (want < size + sizeof(ArenaChunk)) want = size + sizeof(ArenaChunk);
  if (size > SIZE_MAX / 2 || (a->limit && a->used + want > a->limit)) out_of_memory(a);
  ArenaChunk *c = calloc(1, want);
  if (!c) out_of_memory(a);
  c->size = want;
  c->next = a->chunks;
  a->chunks = c;
  a->used += want;
  char *p = (char *)(c + 1);
  if ((size_t)(a->end - a->at) < want - sizeof(ArenaChunk) - size) {
    a->at = p + size;
    a->end = (char *)c + want;
  }
  return p;
}

char *arena_printf(Arena *a, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(NULL, 0, fmt, ap);
  va_end(ap);
  char *s = arena_alloc(a, (size_t)n + 1);
  va_start(ap, fmt);
  vsnprintf(s, (size_t)n + 1, fmt, ap);
  va_end(ap);
  return s;
}
