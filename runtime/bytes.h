/* bytes.h: bytes, bytearray, memoryview and the buffer protocol between them. */
#ifndef RP_BYTES_H
#define RP_BYTES_H

#include "runtime/error.h"

typedef struct Bytes { Object hdr; uint64_t length; _Atomic uint64_t hash; uint8_t data[]; /* NUL-terminated */ } Bytes;
typedef struct ByteArray {
  Object hdr;
  Value overflow_unused;
  uint8_t *data;            /* malloc'ed, counted as external */
  uint64_t length, capacity;
  _Atomic uint32_t pins;    /* exported buffers: resize raises BufferError while > 0 */
} ByteArray;

typedef struct Buffer {
  void *data; int64_t size;       /* bytes */
  bool readonly;
  int64_t itemsize; const char *format; int ndim; int64_t shape[8], strides[8]; /* C order unless strided */
  Object *owner;
} Buffer;
typedef struct BufferProcs {
  int (*acquire)(RpThread *th, Object *o, Buffer *out, bool writable); /* pins; -1 + BufferError/TypeError */
  void (*release)(RpThread *th, Buffer *b);
} BufferProcs;
int buffer_acquire(RpThread *th, Value v, Buffer *out, bool writable);  /* TypeError "a bytes-like object is required, not '%T'" */
void buffer_release(RpThread *th, Buffer *b);

Bytes *bytes_new(RpThread *th, const void *data /* NULL: zeroed */, size_t n);
ALWAYS_INLINE bool bytes_check(Value v) { return has_kind(v, K_BYTES); }
ALWAYS_INLINE Bytes *as_bytes(Value v) { return (Bytes *)as_object(v); }

#endif
