/* text_iter.c: the iterators of str, bytes, bytearray and memoryview: an Iter with the sequence and the next index. */
#include "runtime/str_util.h"

#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/memoryview.h"


static int64_t seq_length(RpThread *th, Value seq) {
  if (str_check(seq)) return as_str(seq)->length;
  if (bytes_check(seq)) return (int64_t)as_bytes(seq)->length;
  if (has_kind(seq, K_BYTEARRAY)) return (int64_t)load_relaxed(&((ByteArray *)as_object(seq))->length);
  return ((MemoryView *)as_object(seq))->view.shape[0];
}

static Value item(RpThread *th, Value seq, int64_t i) {
  if (str_check(seq)) return vstr(str_from_char(th, str_at(as_str(seq), (uint32_t)i)));
  if (bytes_check(seq)) return value_int(as_bytes(seq)->data[i]);
  return type_of(seq)->slots.getitem(th, seq, value_int(i));
}

/* Two threads may share an iterator: an item can then come twice, never out of bounds. */
static Value next(RpThread *th, Value self) {
  Iter *it = (Iter *)as_object(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  if (i < seq_length(th, seq)) {
    Value v = item(th, seq, i);
    if (v == EMPTY && has_kind(seq, K_BYTEARRAY) && error_is(th, &type_IndexError)) error_clear(th); /* shrunk meanwhile */
    else {
      store_relaxed(&it->index, i + 1);
      return v;
    }
  }
  store_relaxed(&it->seq, EMPTY);
  return EMPTY;
}


static Value length_hint(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  Value seq = load_relaxed(&it->seq);
  int64_t n = seq == EMPTY ? 0 : seq_length(th, seq) - it->index;
  return value_int(n < 0 ? 0 : n);
}

static Value reduce(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  Value iter = dict_get_c(th, th->ctx->builtins, "iter"), seq = load_relaxed(&it->seq);
  if (iter == EMPTY) return EMPTY;
  if (seq == EMPTY) {
    bool text = type_of(a[0]) == &type_str_iterator || type_of(a[0]) == &type_str_ascii_iterator;
    Value none = text ? value_object(str_empty_) : value_object(tuple_empty_);
    Tuple *args = tuple_of(th, 1, none);
    return args ? vstr(tuple_of(th, 2, iter, value_object(args))) : EMPTY;
  }
  Tuple *args = tuple_of(th, 1, seq);
  return args ? vstr(tuple_of(th, 3, iter, value_object(args), value_int(it->index))) : EMPTY;
}

static Value set_state(RpThread *th, const Value *a) {
  Iter *it = (Iter *)as_object(a[0]);
  int64_t i;
  if (!arg_ssize(th, a[1], 0, &i)) return EMPTY;
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return NONE;
  int64_t n = seq_length(th, seq);
  store_relaxed(&it->index, i < 0 ? 0 : i > n ? n : i);
  return NONE;
}

static const NativeDef methods[] = {
    {"__length_hint__", length_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it)).", NULL},
    {"__reduce__", reduce, "(self, /)", 0, "Return state information for pickling.", NULL},
    {"__setstate__", set_state, "(self, state, /)", 0, "Set state information for unpickling.", NULL},
    {NULL}};

#define ITER_SPEC {.size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = next}, .methods = methods}
const TypeSpec spec_str_iterator = ITER_SPEC;
const TypeSpec spec_str_ascii_iterator = ITER_SPEC;
const TypeSpec spec_bytes_iterator = ITER_SPEC;
const TypeSpec spec_bytearray_iterator = ITER_SPEC;
const TypeSpec spec_memory_iterator = {.size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = next}};
