/* iter.h: ranges, slices, and the one struct behind all builtin iterators. */
#ifndef RP_ITER_H
#define RP_ITER_H
#include "runtime/error.h"
#include "runtime/list.h"
#include "runtime/tuple.h"
/* start, stop, step, length are ints of any size. `small`: all four fit in 49 bits, and the i64 copies are valid. */
typedef struct Range { Object hdr; Value start, stop, step, length; int64_t i_start, i_step, i_length; bool small; } Range;
typedef struct Slice { Object hdr; Value start, stop, step; } Slice;
/* Builtin iterators: which by type. seq is the container (EMPTY when exhausted), index the position. For range_iterator: `index` is the
** next value, `limit` how many remain, `extra` unused, `step` the step: native code keeps these in registers. */
typedef struct Iter { Object hdr; Value seq; int64_t index, limit, step; Value extra, extra2; } Iter;
/* One step of the three iterators that loops mostly run on; EMPTY: exhausted. Positions are plain words: two threads that share an iterator may
** see an item twice, never a wrong one. */
ALWAYS_INLINE Value iter_list_next(Iter *it) {
  Value seq = load_relaxed(&it->seq);
  if (unlikely(seq == EMPTY)) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value v = list_get_fast(as_list(seq), i);
  if (likely(v != EMPTY)) store_relaxed(&it->index, i + 1);
  else store_relaxed(&it->seq, EMPTY);
  return v;
}
ALWAYS_INLINE Value iter_tuple_next(Iter *it) {
  Value seq = load_relaxed(&it->seq);
  if (unlikely(seq == EMPTY)) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value v = tuple_get_fast(as_tuple(seq), i);
  if (likely(v != EMPTY)) store_relaxed(&it->index, i + 1);
  else store_relaxed(&it->seq, EMPTY);
  return v;
}
ALWAYS_INLINE Value iter_range_next(Iter *it) {
  int64_t left = load_relaxed(&it->limit), v = load_relaxed(&it->index);
  if (unlikely(left <= 0)) return EMPTY;
  store_relaxed(&it->limit, left - 1);
  store_relaxed(&it->index, v + it->step); /* past the end it may leave 49 bits: never shown */
  return value_int(v);
}
Range *range_new(RpThread *th, Value start, Value stop, Value step);
Slice *slice_new(RpThread *th, Value start, Value stop, Value step);
/* Clamps a slice to a sequence of n items, as slice.indices. -1 + pending. */
int slice_unpack(RpThread *th, Slice *s, int64_t n, int64_t *start, int64_t *stop, int64_t *step, int64_t *count);
/* slice.indices(length) for ints of any size. 0 / -1. */
int slice_indices(RpThread *th, Slice *s, Value length, Value *start, Value *stop, Value *step);
/* Shared by every type of kind K_ITER. */
void iter_trace(Tracer *tr, Object *o);
Value iter_self(RpThread *th, Value self);
Iter *iter_new(RpThread *th, uint32_t shape_id, Value seq);
#endif
