/* heap_fast.h: the allocation fast path for the interpreter, native code and hot constructors. */
#ifndef RP_HEAP_FAST_H
#define RP_HEAP_FAST_H

#include "runtime/thread.h"

/* A zeroed cell with its header; `size` <= SMALL_MAX, best a constant. The type must have neither free_ nor finalize_py: use heap_alloc()
** for those, and where it is not known. NULL + MemoryError. */
ALWAYS_INLINE Object *heap_alloc_fast(RpThread *th, uint32_t shape_id, Kind kind, size_t size) {
  size_t cls = (size + 15) >> 4, bytes = cls << 4;
  AllocRun *r = &th->runs[cls];
  char *p = r->cur;
  if (unlikely((size_t)(r->end - p) < bytes)) return heap_alloc(th, shape_id, kind, size);
  r->cur = p + bytes;
  Object *o = (Object *)p;
  memset(p + sizeof(Object), 0, bytes - sizeof(Object));
  *o = (Object){shape_id, (uint8_t)kind, 0, 0, 0};
  return o;
}

#endif
