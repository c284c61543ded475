/* list.h: mutable sequence. The items live in an Array published with one store; readers take no lock: they load `array` once, then its
** length (acquire), and treat an EMPTY item as gone. Writers lock the list (lock.h), and replace the array when it must grow; an array is
** never shrunk in place below what a reader may index (items past length become EMPTY). While the context has several threads, items are
** never shifted inside a published array: insertion and deletion in the middle publish a new one. */
#ifndef RP_LIST_H
#define RP_LIST_H
#include "runtime/error.h"
#include "runtime/lock.h"
struct List { Object hdr; Array *array; /* never NULL: a shared empty array at first */ };
ALWAYS_INLINE bool list_check(Value v) { return has_kind(v, K_LIST); }
ALWAYS_INLINE List *as_list(Value v) { return (List *)as_object(v); }
ALWAYS_INLINE Array *list_array(const List *l) { return load_acquire(&l->array); }
ALWAYS_INLINE uint32_t list_len(const List *l) { return load_acquire(&list_array(l)->length); }
extern Array *const list_empty_array_;                             /* process-wide, capacity 0 */

/* Of one array of a list's: items do not move in it, while they may from one call of list_get_fast to the next. */
ALWAYS_INLINE Value array_get_fast(const Array *a, int64_t i) {
  return likely((uint64_t)i < load_acquire(&a->length)) ? load_acquire(&a->items[i]) : EMPTY;
}
/* Item i (already adjusted for negatives); EMPTY when out of range or gone. Any thread, no lock. */
ALWAYS_INLINE Value list_get_fast(const List *l, int64_t i) {
  Array *a = list_array(l);
  RACE_POINT();
  return array_get_fast(a, i);
}
ALWAYS_INLINE bool list_set_as(RpThread *th, List *l, int64_t i, Value v, bool multi) {
  obj_lock_if(multi, th, l);
  Array *a = l->array;
  bool ok = (uint64_t)i < a->length;
  if (likely(ok)) obj_store(th, a, &a->items[i], v);
  obj_unlock_if(multi, th, l);
  return ok;
}
ALWAYS_INLINE bool list_append_as(RpThread *th, List *l, Value v, bool multi) {
  obj_lock_if(multi, th, l);
  Array *a = l->array;
  uint32_t n = a->length;
  bool ok = n < a->capacity;
  if (likely(ok)) {
    obj_store(th, a, &a->items[n], v);
    RACE_POINT();
    store_release(&a->length, n + 1);
  }
  obj_unlock_if(multi, th, l);
  return ok;
}
bool list_set_shared(RpThread *th, List *l, int64_t i, Value v);
bool list_append_shared(RpThread *th, List *l, Value v);
/* Stores item i (already adjusted); false: out of range. */
ALWAYS_INLINE bool list_set_fast(RpThread *th, List *l, int64_t i, Value v) {
  return unlikely(thread_multi(th)) ? list_set_shared(th, l, i, v) : list_set_as(th, l, i, v, false);
}
/* Appends if the array has room; false: take list_append. */
ALWAYS_INLINE bool list_append_fast(RpThread *th, List *l, Value v) {
  return unlikely(thread_multi(th)) ? list_append_shared(th, l, v) : list_append_as(th, l, v, false);
}

List *list_new(RpThread *th, size_t capacity);
List *list_from(RpThread *th, const Value *items, size_t n);
int list_append(RpThread *th, List *l, Value v);
int list_extend(RpThread *th, List *l, Value iterable);
Value list_get(RpThread *th, List *l, int64_t i);                  /* negative counts from the end; IndexError */
int list_set(RpThread *th, List *l, int64_t i, Value v);
Value list_pop(RpThread *th, List *l, int64_t i);
/* Removes item i if it is still v: 1; 0: the list changed meanwhile; -1: no memory. */
int list_remove_at(RpThread *th, List *l, uint32_t i, Value v);
/* Removes, as one step, the items to which `keep` says no: it looks at its argument alone, and at no list. 0 / -1. */
int list_keep(RpThread *th, List *l, bool (*keep)(Value v));
int list_insert(RpThread *th, List *l, int64_t i, Value v);
/* Replaces items [lo, hi) (clamped to the list) by n values that do not live in the list's own array. 0 / -1. */
int list_splice(RpThread *th, List *l, uint64_t lo, uint64_t hi, const Value *src, size_t n);
int list_sort(RpThread *th, List *l, Value key /* EMPTY */, bool reverse); /* stable; Timsort (T. Peters, 2002) */
void list_clear(RpThread *th, List *l);
int list_reverse(RpThread *th, List *l);                           /* -1: MemoryError, with several threads only */
Tuple *list_to_tuple(RpThread *th, List *l);                       /* what it holds at one moment */
List *list_copy(RpThread *th, List *l);                            /* the same as a list */
#endif
