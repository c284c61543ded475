/* arena.h: bump allocation for one compilation; everything is freed at once.
** Invariant: memory from an arena is zeroed, aligned to 8 bytes, never moves and is never freed alone.
** One arena belongs to one thread at a time; arenas share nothing. */
#ifndef COMPILER_ARENA_H
#define COMPILER_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
  char *at, *end;         /* free part of the newest chunk */
  ArenaChunk *chunks;     /* newest first */
  size_t used;            /* bytes of all chunks, for statistics and the limit */
  size_t limit;           /* 0: none; else exceeding it counts as out of memory */
  jmp_buf *on_oom;        /* longjmp target (value 1) when memory runs out; NULL: abort with a message */
} Arena;

void arena_init(Arena *a);
void arena_fini(Arena *a);

/* Slow path of arena_alloc: takes a new chunk. Does not return when memory is exhausted. */
void *arena_grow(Arena *a, size_t size);

/* Returns `size` zeroed bytes, never NULL. */
static inline void *arena_alloc(Arena *a, size_t size) {
  size = (size + 7) & ~(size_t)7;
  if (size > (size_t)(a->end - a->at)) return arena_grow(a, size);
  void *p = a->at;
  a->at += size;
  return p;
}

/* Copies n bytes and adds a terminating NUL. */
static inline char *arena_strndup(Arena *a, const char *s, size_t n) {
  char *p = arena_alloc(a, n + 1);
  if (n) memcpy(p, s, n);
  return p;
}

/* printf into the arena. */
char *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
