/* memoryview.h: a memoryview holds one acquired Buffer of its exporter and gives it back when released or swept. A view made from a view
** holds the exporter by itself, so their order of release does not matter. */
#ifndef RP_MEMORYVIEW_H
#define RP_MEMORYVIEW_H

#include "runtime/bytes.h"

typedef struct MemoryView {
  Object hdr;
  Value base;               /* the exporter: .obj */
  Buffer view;              /* data, shape, strides as this view sees them */
  char format[16];          /* view.format points here */
  _Atomic uint32_t exports; /* buffers handed out by this view: release() raises while > 0 */
  _Atomic bool released;
  _Atomic uint64_t hash;
} MemoryView;

ALWAYS_INLINE bool memoryview_check(Value v) { return has_kind(v, K_MEMORYVIEW); }
Value memoryview_new(RpThread *th, Value exporter);

/* One item in native layout by struct code; "@" allowed in front. */
int64_t item_size(const char *format);                                            /* 0: not a native single-character format */
Value item_unpack(RpThread *th, char code, const void *p);
bool item_pack(RpThread *th, char code, void *p, Value v);                        /* TypeError / ValueError as memoryview words them */

#endif
