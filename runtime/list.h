/* list.h: mutable sequence. The items live in an Array published with one store; readers take no lock: they load `array` once, then its
** length (acquire), and treat an EMPTY item as gone. Writers lock the list (lock.h), and replace the array when it must grow; an array is
** never shrunk in place below what a reader may index (items past length become EMPTY). */
#ifndef RP_LIST_H
#define RP_LIST_H
#include "runtime/error.h"
struct List { Object hdr; Array *array; /* never NULL: a shared empty array at first */ };
ALWAYS_INLINE bool list_check(Value v) { return has_kind(v, K_LIST); }
ALWAYS_INLINE List *as_list(Value v) { return (List *)as_object(v); }
ALWAYS_INLINE Array *list_array(const List *l) { return load_acquire(&l->array); }
ALWAYS_INLINE uint32_t list_len(const List *l) { return load_acquire(&list_array(l)->length); }
List *list_new(RpThread *th, size_t capacity);
List *list_from(RpThread *th, const Value *items, size_t n);
int list_append(RpThread *th, List *l, Value v);
int list_extend(RpThread *th, List *l, Value iterable);
Value list_get(RpThread *th, List *l, int64_t i);                  /* negative counts from the end; IndexError */
int list_set(RpThread *th, List *l, int64_t i, Value v);
Value list_pop(RpThread *th, List *l, int64_t i);
int list_insert(RpThread *th, List *l, int64_t i, Value v);
int list_sort(RpThread *th, List *l, Value key /* EMPTY */, bool reverse); /* stable; Timsort (T. Peters, 2002) */
Tuple *list_to_tuple(RpThread *th, List *l);
#endif
