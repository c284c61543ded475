/* bytes.h: bytes, bytearray, memoryview and the buffer protocol between them. */
#ifndef RP_BYTES_H
#define RP_BYTES_H

#include "runtime/error.h"

typedef struct Bytes { Object hdr; uint64_t length; _Atomic uint64_t hash; uint8_t data[]; /* NUL-terminated */ } Bytes;
/* How many acquired buffers an exporter has, on malloc'ed memory shared by the exporter and the views, so that a view that is swept can let go
** without touching the exporter (which may be swept too). `refs`: the exporter and every view that holds it. */
typedef struct BufferPin { _Atomic uint32_t pins, refs; } BufferPin;

/* The bytes of a bytearray live in a Bytes cell used as a store (its own length is the capacity). Readers load `store` once and clamp `length`
** to its capacity: the cell they see stays alive while their stack shows it, so a resize by another thread cannot pull it away. Writers that
** resize hold obj_lock. */
typedef struct ByteArray {
  Object hdr;
  Value overflow_unused;
  Bytes *store;             /* never NULL */
  uint64_t length;
  BufferPin *pin;           /* NULL until first exported: resize raises BufferError while pin->pins > 0 */
} ByteArray;

typedef struct Buffer {
  void *data; int64_t size;       /* bytes */
  bool readonly;
  int64_t itemsize; const char *format; int ndim; int64_t shape[8], strides[8]; /* C order unless strided */
  Object *owner;
  BufferPin *pin; /* set by exporters that count with a BufferPin; a copy of the Buffer may take its own pin with buffer_pin() */
} Buffer;
typedef struct BufferProcs {
  int (*acquire)(RpThread *th, Object *o, Buffer *out, bool writable); /* pins; -1 + BufferError/TypeError */
  void (*release)(RpThread *th, Buffer *b);
} BufferProcs;
int buffer_acquire(RpThread *th, Value v, Buffer *out, bool writable);  /* TypeError "a bytes-like object is required, not '%T'" */
void buffer_release(RpThread *th, Buffer *b);
BufferPin *buffer_pin_new(void);                         /* refs 1 (the exporter), pins 0; NULL: no memory */
void buffer_pin(BufferPin *pin);                         /* one more buffer */
void buffer_unpin(BufferPin *pin);                       /* any thread, sweepers too */
void buffer_pin_drop(BufferPin *pin);                    /* the exporter dies; NULL is fine */
bool buffer_is_contiguous(const Buffer *b);              /* C order */
void buffer_copy_out(const Buffer *b, void *dst);        /* b->size bytes in C order, whatever the strides */

Bytes *bytes_new(RpThread *th, const void *data /* NULL: zeroed */, size_t n);
ALWAYS_INLINE bool bytes_check(Value v) { return has_kind(v, K_BYTES); }
ALWAYS_INLINE Bytes *as_bytes(Value v) { return (Bytes *)as_object(v); }

ALWAYS_INLINE bool bytearray_check(Value v) { return has_kind(v, K_BYTEARRAY); }
ALWAYS_INLINE ByteArray *as_bytearray(Value v) { return (ByteArray *)as_object(v); }
ByteArray *bytearray_new(RpThread *th, const void *data /* NULL: zeroed */, size_t n);
/* New size, contents kept, new bytes zero. False + BufferError while exported, MemoryError. */
bool bytearray_resize(RpThread *th, ByteArray *b, size_t n);

/* Contents of a bytes or bytearray (subclasses too): valid while the caller's stack shows the pointer. */
typedef struct Span { const uint8_t *p; size_t n; } Span;
ALWAYS_INLINE Span bytes_span(Value v) {
  if (bytes_check(v)) return (Span){as_bytes(v)->data, as_bytes(v)->length};
  ByteArray *b = as_bytearray(v);
  Bytes *store = load_acquire(&b->store);
  uint64_t n = load_relaxed(&b->length);
  return (Span){store->data, n < store->length ? n : store->length};
}

#endif
