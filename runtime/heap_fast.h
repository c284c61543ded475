/* heap_fast.h: the allocation fast path for the interpreter, native code and hot constructors. */
#ifndef RP_HEAP_FAST_H
#define RP_HEAP_FAST_H

#include "runtime/thread.h"

/* Zeroes `bytes` (a multiple of 16) at p: most cells are a few words, for which a call of memset costs more than the work. */
ALWAYS_INLINE void heap_zero_cell(char *p, size_t bytes) {
  if (unlikely(bytes > 128)) {
    memset(p, 0, bytes);
    return;
  }
  for (char *end = p + bytes; p != end; p += 16) {
    ((uint64_t *)p)[0] = 0;
    ((uint64_t *)p)[1] = 0;
    __asm__ volatile("" : "+r"(p)); /* stays a loop */
  }
}

/* A zeroed cell with its header; `size` <= SMALL_MAX, best a constant. The type must have neither free_ nor finalize_py: use heap_alloc()
** for those, and where it is not known. NULL + MemoryError. */
ALWAYS_INLINE Object *heap_alloc_fast(RpThread *th, uint32_t shape_id, Kind kind, size_t size) {
  size_t cls = (size + 15) >> 4, bytes = cls << 4;
  AllocRun *r = &th->runs[cls];
  char *p = r->cur;
  if (unlikely((size_t)(r->end - p) < bytes)) return heap_alloc(th, shape_id, kind, size);
  r->cur = p + bytes;
  Object *o = (Object *)p;
  if (__builtin_constant_p(bytes)) memset(p + sizeof(Object), 0, bytes - sizeof(Object));
  else heap_zero_cell(p, bytes);
  *o = (Object){shape_id, (uint8_t)kind, 0, 0, 0};
  return o;
}

#endif
