/* bytes_util.h: what bytes.c, bytes_methods.c and bytearray.c share. */
#ifndef RP_BYTES_UTIL_H
#define RP_BYTES_UTIL_H

#include "runtime/str_util.h"

/* 0..255, or -1 + ValueError(range_error) / TypeError. */
int byte_value(RpThread *th, Value v, const char *range_error);
/* bytes(source, encoding, errors) as plain bytes, for both constructors. type_name "bytes" or "bytearray". */
Bytes *bytes_from_args(RpThread *th, const char *type_name, Value source, Value encoding, Value errors);
/* Bytes of an iterable of ints or of a buffer; TypeError worded by caller when not iterable: NULL with pending TypeError from iter(). */
Bytes *bytes_from_iterable(RpThread *th, Value v, const char *range_error);
Bytes *bytes_as_type(RpThread *th, Type *t, const void *data, size_t n);
/* A result like self: bytes for bytes, bytearray for bytearray. */
Value bytes_like(RpThread *th, Value self, const void *data, size_t n);
Str *bytes_repr(RpThread *th, const uint8_t *p, size_t n, const char *prefix, const char *suffix);
Value bytes_slots_getslice(RpThread *th, Value self, Slice *s);
int bytes_contains(RpThread *th, Value self, Value item);
/* bytes % args; both types. */
Value bytes_percent(RpThread *th, Value fmt, Value args);
ALWAYS_INLINE bool bytes_or_bytearray(Value v) { return bytes_check(v) || bytearray_check(v); }
ALWAYS_INLINE bool has_buffer(Value v) { return is_object(v) && type_of(v)->slots.buffer; }

/* hex() of any bytes; sep and group as bytes.hex takes them, EMPTY: absent. */
Value bytes_hex(RpThread *th, const uint8_t *p, size_t n, Value sep, Value group);

/* The methods both types share (bytes_methods.def). */
#define METHOD(name, signature, flags, doc) Value bytes_m_##name(RpThread *th, const Value *a);
#include "runtime/bytes_methods.def"
#undef METHOD

/* A growing byte string on malloc'ed memory. */
typedef struct ByteBuilder { RpThread *th; uint8_t *data; size_t len, cap; bool failed; } ByteBuilder;
void bb_init(ByteBuilder *b, RpThread *th);
uint8_t *bb_room(ByteBuilder *b, size_t n); /* n more bytes, counted in; NULL after failure */
void bb_put(ByteBuilder *b, const void *p, size_t n);
ALWAYS_INLINE void bb_byte(ByteBuilder *b, uint8_t c) {
  if (likely(b->len < b->cap)) b->data[b->len++] = c;
  else bb_put(b, &c, 1);
}
Bytes *bb_finish(ByteBuilder *b); /* NULL + MemoryError */
void bb_drop(ByteBuilder *b);

#endif
