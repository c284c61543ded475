/* parcel.h: a value on its way from one context to another: a deep copy outside of every heap. Numbers, text, bytes and containers are copied, with
** sharing and cycles as they were; pixels are shared (they are copied when written), an array.array is copied or moved. Nothing else can travel: functions and
** instances belong to their context. Design: channel.md. */
#ifndef RP_PARCEL_H
#define RP_PARCEL_H
#include "runtime/error.h"

typedef struct Parcel Parcel;

/* What travels as it is: a piece of memory that belongs to no heap, and what to do with it. */
typedef struct ParcelKind {
  Value (*open)(RpThread *th, void *data); /* an object of th's context that holds data, which is gone either way; EMPTY + pending */
  void (*drop)(void *data);                /* any thread, attached or not */
} ParcelKind;
typedef struct ParcelItem { const ParcelKind *kind; void *data; } ParcelItem;

/* NULL + pending: TypeError names what cannot travel, MemoryError, RecursionError. move: arrays lose their contents to the parcel (BufferError while
** they export buffers); when packing fails they keep them. Runs no Python code unless it fails. */
Parcel *parcel_pack(RpThread *th, Value v, bool move);
/* The value, of th's context. The parcel is gone either way. EMPTY + pending. Runs no Python code. */
Value parcel_open(RpThread *th, Parcel *p);
void parcel_drop(Parcel *p); /* any thread, attached or not */
#endif
