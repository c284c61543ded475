/* iter.h: ranges, slices, and the one struct behind all builtin iterators. */
#ifndef RP_ITER_H
#define RP_ITER_H
#include "runtime/error.h"
/* start, stop, step, length are ints of any size. `small`: all four fit in 49 bits, and the i64 copies are valid. */
typedef struct Range { Object hdr; Value start, stop, step, length; int64_t i_start, i_step, i_length; bool small; } Range;
typedef struct Slice { Object hdr; Value start, stop, step; } Slice;
/* Builtin iterators: which by type. seq is the container (EMPTY when exhausted), index the position. For range_iterator: `index` is the
** next value, `limit` how many remain, `extra` unused, `step` the step: native code keeps these in registers. */
typedef struct Iter { Object hdr; Value seq; int64_t index, limit, step; Value extra, extra2; } Iter;
Range *range_new(RpThread *th, Value start, Value stop, Value step);
Slice *slice_new(RpThread *th, Value start, Value stop, Value step);
/* Clamps a slice to a sequence of n items, as slice.indices. -1 + pending. */
int slice_unpack(RpThread *th, Slice *s, int64_t n, int64_t *start, int64_t *stop, int64_t *step, int64_t *count);
Iter *iter_new(RpThread *th, uint32_t shape_id, Value seq);
#endif
