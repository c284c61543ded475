/* perm.c: see perm.h. An arena under a mutex. Start-up makes nearly all of it, so the first chunk has room for that and comes with its pages: a
** hundred page faults are a tenth of the time to start. */
#include "runtime/perm.h"
#include "runtime/str.h"

#include <pthread.h>
#include <sys/mman.h>

#define FIRST_CHUNK ((size_t)512 << 10)
#define CHUNK ((size_t)64 << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *cur, *end;

static void new_chunk(size_t size) {
  size_t chunk = !cur ? FIRST_CHUNK : CHUNK;
  if (chunk < size) chunk = (size + 4095) & ~(size_t)4095;
  cur = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (cur ? 0 : MAP_POPULATE), -1, 0);
  if (cur == MAP_FAILED) RP_FATAL("no memory for the builtin types");
  end = cur + chunk;
}

void *perm_alloc(size_t size) {
  size = (size + 15) & ~(size_t)15;
  pthread_mutex_lock(&lock);
  if (size > (size_t)(end - cur)) new_chunk(size);
  void *p = cur;
  cur += size;
  pthread_mutex_unlock(&lock);
  return p;
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
