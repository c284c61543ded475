/* perm.c: see perm.h. An arena of chunks, each handed out from an atomic counter. Start-up makes nearly all of it, so the first chunk has room for that
** and comes with its pages: page faults are a quarter of the time to start. */
#include "runtime/perm.h"
#include "runtime/str.h"

#include <pthread.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define FIRST_CHUNK ((size_t)384 << 10)
#define CHUNK ((size_t)64 << 10)
#define PAGE ((size_t)4096)

typedef struct Chunk {
  _Alignas(16) _Atomic size_t used; /* with this header; beyond `size` once it is full */
  size_t size;
} Chunk;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of making a chunk */
static Chunk *current;

static void *chunk_take(Chunk *c, size_t size) {
  size_t at = atomic_fetch_add_explicit(&c->used, size, memory_order_relaxed);
  return at + size <= c->size ? (char *)c + at : NULL;
}

static Chunk *chunk_new(bool first, size_t least) {
  size_t size = first ? FIRST_CHUNK : CHUNK;
  if (size < least) size = (least + PAGE - 1) & ~(PAGE - 1);
  Chunk *c = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (first ? MAP_POPULATE : 0), -1, 0);
  if (c == MAP_FAILED) RP_FATAL("no memory for the builtin types");
  atomic_store(&c->used, sizeof *c);
  c->size = size;
  return c;
}

static void *alloc_slow(size_t size) {
  pthread_mutex_lock(&lock);
  Chunk *c = current;
  void *p = c ? chunk_take(c, size) : NULL; /* another thread may have made one */
  if (!p) {
    c = chunk_new(c == NULL, size + sizeof *c);
    p = chunk_take(c, size);
    store_release(&current, c);
  }
  pthread_mutex_unlock(&lock);
  return p;
}

void *perm_alloc(size_t size) {
  size = (size + 15) & ~(size_t)15;
  Chunk *c = load_acquire(&current);
  void *p = c ? chunk_take(c, size) : NULL;
  return p ? p : alloc_slow(size);
}

void perm_prefault(void *start, size_t size) {
  uintptr_t lo = (uintptr_t)start & ~(PAGE - 1), hi = ((uintptr_t)start + size + PAGE - 1) & ~(PAGE - 1);
  madvise((void *)lo, hi - lo, MADV_POPULATE_WRITE);
}

Object *perm_object(uint32_t shape_id, Kind kind, size_t size) {
  Object *o = perm_alloc(size);
  *o = (Object){shape_id, (uint8_t)kind, OBJ_IMMUTABLE, 0, 0};
  return o;
}

Str *perm_str_private(const char *ascii, size_t n) {
  Str *s = (Str *)perm_object(SHAPE_str, K_STR, STR_HEADER + n + 1);
  s->hdr.flags |= STR_ASCII;
  s->length = (uint32_t)n;
  memcpy(s->c, ascii, n);
  return s;
}

static _Atomic bool sealed; /* set once, before the first context */

void perm_seal(void) { atomic_store(&sealed, true); }

Str *perm_name(const char *ascii, size_t n) {
  if (atomic_load(&sealed)) return perm_str_private(ascii, n);
  char text[128];
  RP_ASSERT(n < sizeof text);
  memcpy(text, ascii, n);
  text[n] = 0;
  return str_perm(text);
}
