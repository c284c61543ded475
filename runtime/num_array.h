/* num_array.h: the storage of array.array taken out of one object and given to another, in any context: how arrays travel without being copied. */
#ifndef RP_NUM_ARRAY_H
#define RP_NUM_ARRAY_H
#include "runtime/object.h"
typedef struct ArrayStore {
  const struct TypeCode *code;
  char *data;          /* malloc'ed; NULL: no items */
  uint64_t n, capacity; /* items */
} ArrayStore;
/* Exactly array.array. */
bool array_check_exact(Value v);
/* The items of v: its own storage, v is empty afterwards (BufferError while buffers of it are exported), or a copy. false + pending. */
bool array_store_take(RpThread *th, Value v, ArrayStore *out);
bool array_store_copy(RpThread *th, Value v, ArrayStore *out);
/* Into v, from which it was taken; if somebody has filled v meanwhile it is dropped. */
void array_store_put_back(RpThread *th, Value v, ArrayStore *s);
/* An array.array with that storage, which is gone either way. EMPTY + MemoryError. */
Value array_from_store(RpThread *th, ArrayStore *s);
void array_store_drop(ArrayStore *s);
#endif
