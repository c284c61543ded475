/* bytearray.c: the mutable byte string. See bytes.h for its store; every resize goes through splice(). */
#include "runtime/bytes_util.h"

#include "runtime/lock.h"

/* -- Store ------------------------------------------------------------------------------------------------------ */

static struct { _Alignas(16) Object hdr; uint64_t length, hash; uint8_t data[8]; } empty_store =
    {{SHAPE_bytes, K_BYTES, OBJ_IMMUTABLE, 0, 0}, 0, 0, {0}};

static ByteArray *alloc(RpThread *th, Type *type) {
  ByteArray *b = type == &type_bytearray ? heap_new(th, ByteArray, SHAPE_bytearray, K_BYTEARRAY) : (ByteArray *)type_alloc(th, type);
  if (b) b->store = (Bytes *)&empty_store;
  return b;
}

ByteArray *bytearray_new(RpThread *th, const void *data, size_t n) {
  Bytes *store = n ? bytes_new(th, data, n) : (Bytes *)&empty_store;
  ByteArray *b = store ? alloc(th, &type_bytearray) : NULL;
  if (!b) return NULL;
  obj_store_ref(th, b, &b->store, store);
  b->length = n;
  return b;
}

static bool has_pins(const ByteArray *b) {
  BufferPin *pin = load_acquire(&b->pin);
  return pin && atomic_load_explicit(&pin->pins, memory_order_relaxed);
}

/* Views that nobody uses any more, but that were not released, must not count: only when the rest of the heap has been looked at is it an error. */
static bool pinned(RpThread *th, ByteArray *b) {
  if (!has_pins(b)) return false;
  heap_collect(th);
  if (!has_pins(b)) return false;
  raise_error(th, &type_BufferError, "Existing exports of data: object cannot be re-sized");
  return true;
}

/* Replaces bytes [lo, hi) by m bytes at src (NULL: zeros), which are not of this array. */
static bool splice(RpThread *th, ByteArray *b, size_t lo, size_t hi, const uint8_t *src, size_t m) {
  while (true) {
    Bytes *store = load_acquire(&b->store), *fresh = NULL;
    size_t n = load_relaxed(&b->length);
    if (hi > n) hi = n;
    if (lo > hi) lo = hi;
    size_t need = n - (hi - lo) + m;
    if (need > store->length) {
      size_t extra = need > 64 ? need / 8 + 8 : 16;
      if (m != hi - lo && pinned(th, b)) return false;
      fresh = bytes_new(th, NULL, n == 0 ? need : need + extra);
      if (!fresh) return false;
    }
    obj_lock(th, b);
    if (b->store != store || b->length != n) { /* another thread was faster */
      obj_unlock(th, b);
      continue;
    }
    if (m != hi - lo && has_pins(b)) {
      obj_unlock(th, b);
      return !pinned(th, b) && splice(th, b, lo, hi, src, m);
    }
    uint8_t *to = (fresh ? fresh : store)->data;
    if (fresh) memcpy(to, store->data, lo);
    if (n > hi) memmove(to + lo + m, store->data + hi, n - hi);
    if (m && src) memcpy(to + lo, src, m);
    else if (m) memset(to + lo, 0, m);
    if (fresh) obj_store_ref(th, b, &b->store, fresh);
    store_relaxed(&b->length, need);
    if (b->store->length) b->store->data[need] = 0;
    obj_unlock(th, b);
    return true;
  }
}

bool bytearray_resize(RpThread *th, ByteArray *b, size_t n) {
  size_t old = load_relaxed(&b->length);
  return n < old ? splice(th, b, n, old, NULL, 0) : splice(th, b, old, old, NULL, n - old);
}

static int acquire(RpThread *th, Object *o, Buffer *out, bool writable) {
  ByteArray *b = (ByteArray *)o;
  BufferPin *pin = load_acquire(&b->pin) ? NULL : buffer_pin_new();
  obj_lock(th, b);
  if (pin && !b->pin) store_release(&b->pin, pin), pin = NULL;
  if (b->pin) buffer_pin(b->pin);
  Bytes *store = b->store;
  uint64_t n = b->length;
  obj_unlock(th, b);
  buffer_pin_drop(pin);
  if (!b->pin) {
    raise_memory(th);
    return -1;
  }
  *out = (Buffer){.pin = b->pin, .data = store->data, .size = (int64_t)n, .itemsize = 1, .format = "B", .ndim = 1, .owner = o};
  out->shape[0] = (int64_t)n;
  out->strides[0] = 1;
  return 0;
}
static void release(RpThread *th, Buffer *buf) { buffer_unpin(buf->pin); }
static const BufferProcs bytearray_buffer = {acquire, release};

static void trace(Tracer *tr, Object *o) { trace_ref(tr, load_consume(&((ByteArray *)o)->store)); }

static void free_slot(RpContext *ctx, Object *o) { buffer_pin_drop(((ByteArray *)o)->pin); }

/* -- Constructor ---------------------------------------------------------------------------------------------------- */

static Value new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) { return vstr(alloc(th, type)); }

static int init_slot(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"source", "encoding", "errors"};
  Value a[3];
  if (!args_by_name(th, "bytearray", args, n_pos, kwnames, names, 3, 0, a)) return -1;
  ByteArray *b = as_bytearray(self);
  size_t old = load_relaxed(&b->length);
  if (a[0] == EMPTY && a[1] == EMPTY && a[2] == EMPTY) return old == 0 || splice(th, b, 0, old, NULL, 0) ? 0 : -1;
  Bytes *data = bytes_from_args(th, "bytearray", a[0], a[1], a[2]);
  return data && splice(th, b, 0, old, data->data, data->length) ? 0 : -1;
}

/* -- Slots -------------------------------------------------------------------------------------------------------------- */

static Value repr_slot(RpThread *th, Value self) {
  Span s = bytes_span(self);
  Str *name = type_of(self)->name;
  Str *body = bytes_repr(th, s.p, s.n, "(", ")");
  return body ? vstr(str_concat(th, name, body)) : EMPTY;
}

static Value compare_slot(RpThread *th, Value x, Value y, CompareOp op) {
  if (!has_buffer(x) || !has_buffer(y)) return NOT_IMPLEMENTED;
  Buffer a, b;
  if (buffer_acquire(th, x, &a, false) < 0) return EMPTY;
  if (buffer_acquire(th, y, &b, false) < 0) return buffer_release(th, &a), EMPTY;
  int64_t n = a.size < b.size ? a.size : b.size;
  int c = memcmp(a.data, b.data, (size_t)n);
  if (c == 0) c = a.size < b.size ? -1 : a.size > b.size;
  buffer_release(th, &a);
  buffer_release(th, &b);
  return compare_answer(c, op);
}

static bool index_of(RpThread *th, Value key, int64_t *i) {
  if (is_int(key)) return *i = as_int(key), true;
  if (!int_check(key) && !type_of(key)->slots.index)
    return raise_type(th, "bytearray indices must be integers or slices, not %T", key), false;
  Value v = op_index(th, key);
  if (v == EMPTY) return false;
  if (!int_as_i64(v, i)) return raise_index(th, "cannot fit '%T' into an index-sized integer", key), false;
  return true;
}

static Value getitem_slot(RpThread *th, Value self, Value key) {
  int64_t i;
  if (has_kind(key, K_SLICE)) return bytes_slots_getslice(th, self, (Slice *)as_object(key));
  if (!index_of(th, key, &i)) return EMPTY;
  Span s = bytes_span(self);
  if (i < 0) i += (int64_t)s.n;
  if (i < 0 || i >= (int64_t)s.n) return raise_index(th, "bytearray index out of range");
  return value_int(s.p[i]);
}

static int set_slice(RpThread *th, ByteArray *b, Slice *slice, const uint8_t *src, size_t m, bool del) {
  int64_t start, stop, step, count;
  if (slice_unpack(th, slice, (int64_t)load_relaxed(&b->length), &start, &stop, &step, &count) < 0) return -1;
  if (step == 1) return splice(th, b, (size_t)start, (size_t)(start + count), src, m) ? 0 : -1;
  if (del) {
    if (count <= 0) return 0;
    if (step < 0) start += (count - 1) * step, step = -step;
    for (int64_t i = count - 1; i >= 0; i--) {
      size_t at = (size_t)(start + i * step);
      if (!splice(th, b, at, at + 1, NULL, 0)) return -1;
    }
    return 0;
  }
  if ((int64_t)m != count) {
    raise_value(th, "attempt to assign bytes of size %zu to extended slice of size %lld", m, (long long)count);
    return -1;
  }
  Span s = bytes_span(value_object(b));
  for (int64_t i = 0; i < count && (uint64_t)(start + i * step) < s.n; i++) ((uint8_t *)s.p)[start + i * step] = src[i];
  return 0;
}

static int setitem_slot(RpThread *th, Value self, Value key, Value v) {
  ByteArray *b = as_bytearray(self);
  if (has_kind(key, K_SLICE)) {
    Slice *slice = (Slice *)as_object(key);
    if (v == EMPTY) return set_slice(th, b, slice, NULL, 0, true);
    if (!has_buffer(v) && (str_check(v) || int_check(v) || is_double(v) || type_of(v)->slots.index || type_of(v)->slots.float_)) {
      raise_type(th, "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
      return -1;
    }
    Bytes *data = bytes_from_iterable(th, v, "byte must be in range(0, 256)");
    return data ? set_slice(th, b, slice, data->data, data->length, false) : -1;
  }
  int64_t i;
  if (!index_of(th, key, &i)) return -1;
  int c = 0;
  if (v != EMPTY && (c = byte_value(th, v, "byte must be in range(0, 256)")) < 0) return -1;
  Span s = bytes_span(self);
  if (i < 0) i += (int64_t)s.n;
  if (i < 0 || i >= (int64_t)s.n) {
    raise_index(th, "bytearray index out of range");
    return -1;
  }
  if (v == EMPTY) return splice(th, b, (size_t)i, (size_t)i + 1, NULL, 0) ? 0 : -1;
  ((uint8_t *)s.p)[i] = (uint8_t)c;
  return 0;
}

static int64_t len_slot(RpThread *th, Value self) { return (int64_t)load_relaxed(&as_bytearray(self)->length); }
static Value iter_slot(RpThread *th, Value self) { return vstr(iter_new(th, SHAPE_bytearray_iterator, self)); }

static Value concat_slot(RpThread *th, Value x, Value y) {
  if (!bytearray_check(x)) return NOT_IMPLEMENTED;
  if (!has_buffer(y)) return raise_type(th, "can't concat %T to bytearray", y);
  Buffer b;
  if (buffer_acquire(th, y, &b, false) < 0) return EMPTY;
  Span s = bytes_span(x);
  ByteArray *r = bytearray_new(th, NULL, s.n + (size_t)b.size);
  if (r) {
    memcpy(r->store->data, s.p, s.n);
    buffer_copy_out(&b, r->store->data + s.n);
  }
  buffer_release(th, &b);
  return vstr(r);
}

static bool append_buffer(RpThread *th, Value self, Value other) {
  Bytes *data = bytes_from_iterable(th, other, "byte must be in range(0, 256)");
  if (!data) return false;
  size_t n = load_relaxed(&as_bytearray(self)->length);
  return splice(th, as_bytearray(self), n, n, data->data, data->length);
}

static Value iconcat_slot(RpThread *th, Value x, Value y) {
  if (!has_buffer(y)) return raise_type(th, "can't concat %T to bytearray", y);
  return append_buffer(th, x, y) ? x : EMPTY;
}

static Value repeat_slot(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!arg_repeat(th, count, &n)) return EMPTY;
  Span s = bytes_span(self);
  if (n <= 0 || s.n == 0) return vstr(bytearray_new(th, NULL, 0));
  if ((uint64_t)n > (uint64_t)INT64_MAX / s.n) return raise_memory(th);
  ByteArray *r = bytearray_new(th, NULL, s.n * (uint64_t)n);
  if (r) mem_repeat(r->store->data, s.p, s.n, (size_t)n);
  return vstr(r);
}

static Value imul_slot(RpThread *th, Value self, Value count) {
  if (!bytearray_check(self)) return NOT_IMPLEMENTED;
  Value r = repeat_slot(th, self, count);
  if (r == EMPTY) return EMPTY;
  Span s = bytes_span(r);
  return splice(th, as_bytearray(self), 0, SIZE_MAX, s.p, s.n) ? self : EMPTY;
}

static Value mod_slot(RpThread *th, Value x, Value y) { return bytearray_check(x) ? bytes_percent(th, x, y) : NOT_IMPLEMENTED; }

/* -- Methods -------------------------------------------------------------------------------------------------------------- */

static Value m_append(RpThread *th, const Value *a) {
  int c = byte_value(th, a[1], "byte must be in range(0, 256)");
  if (c < 0) return EMPTY;
  uint8_t byte = (uint8_t)c;
  size_t n = load_relaxed(&as_bytearray(a[0])->length);
  return splice(th, as_bytearray(a[0]), n, n, &byte, 1) ? NONE : EMPTY;
}

static Value m_insert(RpThread *th, const Value *a) {
  int64_t i;
  if (!arg_ssize(th, a[1], 0, &i)) return EMPTY;
  int c = byte_value(th, a[2], "byte must be in range(0, 256)");
  if (c < 0) return EMPTY;
  int64_t n = len_slot(th, a[0]);
  if (i < 0 && (i += n) < 0) i = 0;
  if (i > n) i = n;
  uint8_t byte = (uint8_t)c;
  return splice(th, as_bytearray(a[0]), (size_t)i, (size_t)i, &byte, 1) ? NONE : EMPTY;
}

static Value m_extend(RpThread *th, const Value *a) {
  if (!has_buffer(a[1]) && !type_of(a[1])->slots.iter && !type_of(a[1])->slots.getitem)
    return raise_type(th, "can't extend bytearray with %T", a[1]);
  return append_buffer(th, a[0], a[1]) ? NONE : EMPTY;
}

static Value m_pop(RpThread *th, const Value *a) {
  int64_t i;
  if (!arg_ssize(th, a[1], -1, &i)) return EMPTY;
  Span s = bytes_span(a[0]);
  if (s.n == 0) return raise_index(th, "pop from empty bytearray");
  if (i < 0) i += (int64_t)s.n;
  if (i < 0 || i >= (int64_t)s.n) return raise_index(th, "pop index out of range");
  uint8_t c = s.p[i];
  return splice(th, as_bytearray(a[0]), (size_t)i, (size_t)i + 1, NULL, 0) ? value_int(c) : EMPTY;
}

static Value m_remove(RpThread *th, const Value *a) {
  int c = byte_value(th, a[1], "byte must be in range(0, 256)");
  if (c < 0) return EMPTY;
  Span s = bytes_span(a[0]);
  const uint8_t *p = s.n ? memchr(s.p, c, s.n) : NULL;
  if (!p) return raise_value(th, "value not found in bytearray");
  return splice(th, as_bytearray(a[0]), (size_t)(p - s.p), (size_t)(p - s.p) + 1, NULL, 0) ? NONE : EMPTY;
}

static Value m_reverse(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  uint8_t *p = (uint8_t *)s.p;
  for (size_t i = 0, j = s.n; j > i + 1; i++) {
    uint8_t t = p[--j];
    p[j] = p[i];
    p[i] = t;
  }
  return NONE;
}

static Value m_clear(RpThread *th, const Value *a) { return splice(th, as_bytearray(a[0]), 0, SIZE_MAX, NULL, 0) ? NONE : EMPTY; }

static Value m_copy(RpThread *th, const Value *a) {
  Span s = bytes_span(a[0]);
  return vstr(bytearray_new(th, s.p, s.n));
}

static Value m_alloc(RpThread *th, const Value *a) {
  uint64_t n = as_bytearray(a[0])->store->length;
  return value_int(n ? (int64_t)n + 1 : 0);
}
static Value m_sizeof(RpThread *th, const Value *a) { return value_int(as_int(m_alloc(th, a)) + 56); }

/* (type, (text, 'latin-1'), state) for old protocols, (type, (bytes,), state) from 3 on. */
static Value reduce(RpThread *th, Value self, int64_t protocol) {
  Span s = bytes_span(self);
  Value state = op_getattr_opt(th, self, S(__dict__));
  if (state == EMPTY) {
    if (th->pending != EMPTY) return EMPTY;
    state = NONE;
  }
  Tuple *args;
  if (protocol >= 3) {
    Bytes *b = bytes_new(th, s.p, s.n);
    args = !b ? NULL : s.n ? tuple_of(th, 1, value_object(b)) : tuple_empty_;
  } else {
    Str *text = str_from_latin1(th, s.p, s.n), *enc = text ? str_from_c(th, "latin-1") : NULL;
    args = !enc ? NULL : s.n ? tuple_of(th, 2, value_object(text), value_object(enc)) : tuple_empty_;
  }
  return args ? vstr(tuple_of(th, 3, value_object(type_of(self)), value_object(args), state)) : EMPTY;
}
static Value m_reduce(RpThread *th, const Value *a) { return reduce(th, a[0], 2); }
static Value m_reduce_ex(RpThread *th, const Value *a) {
  int64_t protocol;
  return arg_ssize(th, a[1], 0, &protocol) ? reduce(th, a[0], protocol) : EMPTY;
}

static const NativeDef methods[] = {
#define METHOD(name, signature, flags, doc) {#name, bytes_m_##name, signature, flags, doc, NULL},
#include "runtime/bytes_methods.def"
#undef METHOD
    {"append", m_append, "(self, item, /)", 0, "Append a single item to the end of the bytearray.", NULL},
    {"clear", m_clear, "(self, /)", 0, "Remove all items from the bytearray.", NULL},
    {"copy", m_copy, "(self, /)", 0, "Return a copy of B.", NULL},
    {"extend", m_extend, "(self, iterable_of_ints, /)", 0, "Append all the items from the iterator or sequence.", NULL},
    {"insert", m_insert, "(self, index, item, /)", 0, "Insert a single item into the bytearray before the given index.", NULL},
    {"pop", m_pop, "(self, index=-1, /)", 0, "Remove and return a single item from B.", NULL},
    {"remove", m_remove, "(self, value, /)", 0, "Remove the first occurrence of a value in the bytearray.", NULL},
    {"reverse", m_reverse, "(self, /)", 0, "Reverse the order of the values in B in place.", NULL},
    {"__alloc__", m_alloc, "(self, /)", 0, "Return the number of bytes actually allocated.", NULL},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling.", NULL},
    {"__reduce_ex__", m_reduce_ex, "(self, proto=0, /)", 0, "Return state information for pickling.", NULL},
    {"__sizeof__", m_sizeof, "(self, /)", 0, "Returns the size of the bytearray object in memory, in bytes.", NULL},
    {NULL}};

const TypeSpec spec_bytearray = {
    .doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\n"
           "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
           "bytearray(int) -> bytes array of size given by the parameter initialized with null bytes\n"
           "bytearray() -> empty bytes array",
    .size = sizeof(ByteArray),
    .slots = {.trace = trace,
              .free_ = free_slot,
              .new_ = new_slot,
              .init = init_slot,
              .repr = repr_slot,
              .str = repr_slot,
              .compare = compare_slot,
              .iter = iter_slot,
              .len = len_slot,
              .getitem = getitem_slot,
              .setitem = setitem_slot,
              .contains = bytes_contains,
              .mod = mod_slot,
              .imul = imul_slot,
              .seq_concat = concat_slot,
              .seq_iconcat = iconcat_slot,
              .seq_repeat = repeat_slot,
              .buffer = &bytearray_buffer},
    .methods = methods,
};
