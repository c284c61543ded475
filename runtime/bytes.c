/* bytes.c: bytes objects, the buffer protocol's entry points, and the type bytes. */
#include "runtime/bytes_util.h"

#include "runtime/codecs.h"

/* -- Buffers --------------------------------------------------------------------------------------------------- */

int buffer_acquire(RpThread *th, Value v, Buffer *out, bool writable) {
  const BufferProcs *procs = is_object(v) ? type_of(v)->slots.buffer : NULL;
  if (!procs) {
    raise_type(th, "a bytes-like object is required, not '%T'", v);
    return -1;
  }
  return procs->acquire(th, as_object(v), out, writable);
}

void buffer_release(RpThread *th, Buffer *b) {
  Object *o = b->owner;
  if (!o) return;
  const BufferProcs *procs = type_of(value_object(o))->slots.buffer;
  if (procs && procs->release) procs->release(th, b);
  b->owner = NULL;
}

BufferPin *buffer_pin_new(void) {
  BufferPin *pin = calloc(1, sizeof *pin);
  if (pin) atomic_init(&pin->refs, 1);
  return pin;
}
void buffer_pin(BufferPin *pin) {
  atomic_fetch_add(&pin->refs, 1);
  atomic_fetch_add(&pin->pins, 1);
}
void buffer_pin_drop(BufferPin *pin) {
  if (pin && atomic_fetch_sub(&pin->refs, 1) == 1) free(pin);
}
void buffer_unpin(BufferPin *pin) {
  atomic_fetch_sub(&pin->pins, 1);
  buffer_pin_drop(pin);
}

bool buffer_is_contiguous(const Buffer *b) {
  int64_t stride = b->itemsize;
  for (int i = b->ndim; i-- > 0; stride *= b->shape[i]) {
    if (b->shape[i] == 0) return true;
    if (b->shape[i] > 1 && b->strides[i] != stride) return false;
  }
  return true;
}

static char *copy_dim(const Buffer *b, int dim, const char *from, char *to) {
  if (dim == b->ndim) {
    memcpy(to, from, (size_t)b->itemsize);
    return to + b->itemsize;
  }
  for (int64_t i = 0; i < b->shape[dim]; i++) to = copy_dim(b, dim + 1, from + i * b->strides[dim], to);
  return to;
}

void buffer_copy_out(const Buffer *b, void *dst) {
  if (!buffer_is_contiguous(b)) copy_dim(b, 0, b->data, dst);
  else if (b->size) memcpy(dst, b->data, (size_t)b->size);
}

static int bytes_acquire(RpThread *th, Object *o, Buffer *out, bool writable) {
  if (writable) {
    raise_error(th, &type_BufferError, "Object is not writable.");
    return -1;
  }
  Bytes *b = (Bytes *)o;
  *out = (Buffer){.data = b->data, .size = (int64_t)b->length, .readonly = true, .itemsize = 1, .format = "B", .ndim = 1, .owner = o};
  out->shape[0] = (int64_t)b->length;
  out->strides[0] = 1;
  return 0;
}
static const BufferProcs bytes_buffer = {bytes_acquire, NULL};

/* -- Making bytes ------------------------------------------------------------------------------------------------ */

Bytes *bytes_as_type(RpThread *th, Type *t, const void *data, size_t n) {
  bool sub = t != &type_bytes;
  if (n > (size_t)INT64_MAX / 2) return raise_memory(th), NULL;
  size_t size = ((sizeof(Bytes) + n + 1 + 7) & ~(size_t)7) + (sub ? 8 : 0); /* subclass: and the overflow word */
  Bytes *b = (Bytes *)heap_alloc(th, sub ? t->root_shape_id : (uint32_t)SHAPE_bytes, K_BYTES, size);
  if (!b) return NULL;
  b->length = n;
  if (data && n) memcpy(b->data, data, n);
  return b;
}

Bytes *bytes_new(RpThread *th, const void *data, size_t n) { return bytes_as_type(th, &type_bytes, data, n); }

Value bytes_like(RpThread *th, Value self, const void *data, size_t n) {
  return bytes_check(self) ? vstr(bytes_new(th, data, n)) : vstr(bytearray_new(th, data, n));
}

void bb_init(ByteBuilder *b, RpThread *th) { *b = (ByteBuilder){.th = th}; }

uint8_t *bb_room(ByteBuilder *b, size_t n) {
  if (b->failed) return NULL;
  if (b->len + n > b->cap) {
    size_t cap = b->cap * 2 > b->len + n ? b->cap * 2 : b->len + n + 32;
    uint8_t *p = realloc(b->data, cap);
    if (!p) return b->failed = true, NULL;
    b->data = p;
    b->cap = cap;
  }
  b->len += n;
  return b->data + b->len - n;
}

void bb_put(ByteBuilder *b, const void *p, size_t n) {
  if (!n) return;
  uint8_t *to = bb_room(b, n);
  if (to) memcpy(to, p, n);
}

Bytes *bb_finish(ByteBuilder *b) {
  Bytes *r = b->failed ? (raise_memory(b->th), NULL) : bytes_new(b->th, b->data, b->len);
  bb_drop(b);
  return r;
}

void bb_drop(ByteBuilder *b) {
  free(b->data);
  *b = (ByteBuilder){.th = b->th};
}

/* -- Constructor --------------------------------------------------------------------------------------------------- */

int byte_value(RpThread *th, Value v, const char *range_error) {
  int64_t i;
  if (!is_int(v)) {
    v = op_index(th, v);
    if (v == EMPTY) return -1;
  }
  if (!int_as_i64(v, &i) || i < 0 || i > 255) {
    raise_value(th, "%s", range_error);
    return -1;
  }
  return (int)i;
}

Bytes *bytes_from_iterable(RpThread *th, Value v, const char *range_error) {
  if (has_buffer(v)) {
    Buffer buf;
    if (buffer_acquire(th, v, &buf, false) < 0) return NULL;
    Bytes *b = bytes_new(th, NULL, (size_t)buf.size);
    if (b) buffer_copy_out(&buf, b->data);
    buffer_release(th, &buf);
    return b;
  }
  Value it = op_iter(th, v);
  if (it == EMPTY) return NULL;
  ByteBuilder bb;
  bb_init(&bb, th);
  Value item;
  while ((item = op_next(th, it)) != EMPTY) {
    int c = byte_value(th, item, range_error);
    if (c < 0) break;
    bb_byte(&bb, (uint8_t)c);
  }
  if (th->pending == EMPTY) return bb_finish(&bb);
  bb_drop(&bb);
  return NULL;
}

static bool text_arg(RpThread *th, const char *fn, const char *which, Value v, const char **out) {
  *out = NULL;
  if (v == EMPTY) return true;
  if (!str_check(v)) return raise_type(th, "%s() argument '%s' must be str, not %T", fn, which, v), false;
  return (*out = str_utf8(th, as_str(v), NULL)) != NULL;
}

Bytes *bytes_from_args(RpThread *th, const char *name, Value source, Value encoding, Value errors) {
  const char *enc, *err;
  const char *range = name[4] == 's' ? "bytes must be in range(0, 256)" : "byte must be in range(0, 256)";
  if (!text_arg(th, name, "encoding", encoding, &enc) || !text_arg(th, name, "errors", errors, &err)) return NULL;
  if (enc || err) {
    if (source != EMPTY && str_check(source)) {
      if (!enc) return raise_type(th, "string argument without an encoding"), NULL;
      Value v = codec_encode(th, as_str(source), enc, err);
      return v == EMPTY ? NULL : as_bytes(v);
    }
    return raise_type(th, enc ? "encoding without a string argument" : "errors without a string argument"), NULL;
  }
  if (source == EMPTY) return bytes_new(th, NULL, 0);
  if (str_check(source)) return raise_type(th, "string argument without an encoding"), NULL;
  if (!has_buffer(source) && (int_check(source) || type_of(source)->slots.index)) {
    Value v = op_index(th, source);
    int64_t n;
    if (v != EMPTY) {
      if (!int_as_i64(v, &n)) return raise_overflow(th, "cannot fit '%T' into an index-sized integer", source), NULL;
      if (n < 0) return raise_value(th, "negative count"), NULL;
      return bytes_new(th, NULL, (size_t)n);
    }
    if (!error_is(th, &type_TypeError)) return NULL;
    error_clear(th);
  }
  Bytes *b = NULL;
  if (has_buffer(source) || type_of(source)->slots.iter || type_of(source)->slots.getitem) {
    b = bytes_from_iterable(th, source, range);
    if (b || th->pending != EMPTY) return b;
  }
  return raise_type(th, "cannot convert '%T' object to %s", source, name), NULL;
}

static Value bytes_new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"source", "encoding", "errors"};
  Value a[3];
  if (!args_by_name(th, "bytes", args, n_pos, kwnames, names, 3, 0, a)) return EMPTY;
  Bytes *b = NULL;
  if (a[0] != EMPTY && a[1] == EMPTY && a[2] == EMPTY) {
    if (has_shape(a[0], SHAPE_bytes)) b = as_bytes(a[0]);
    else if (is_object(a[0]) && !str_check(a[0]) && !bytearray_check(a[0])) {
      Value method = op_lookup_special(th, a[0], S(__bytes__));
      if (method == EMPTY && th->pending != EMPTY) return EMPTY;
      if (method != EMPTY) {
        Value v = op_call0(th, method);
        if (v == EMPTY) return EMPTY;
        if (!bytes_check(v)) return raise_type(th, "__bytes__ returned non-bytes (type %T)", v);
        b = as_bytes(v);
        if (type == &type_bytes) return v;
      }
    }
  }
  if (!b) b = bytes_from_args(th, "bytes", a[0], a[1], a[2]);
  if (!b || type == &type_bytes) return vstr(b);
  return vstr(bytes_as_type(th, type, b->data, b->length));
}

/* -- Slots -------------------------------------------------------------------------------------------------------------- */

Str *bytes_repr(RpThread *th, const uint8_t *p, size_t n, const char *prefix, const char *suffix) {
  char quote = memchr(p, '\'', n) && !memchr(p, '"', n) ? '"' : '\'';
  StrBuilder sb;
  sb_init(&sb, th);
  sb_ascii(&sb, prefix);
  sb_char(&sb, 'b');
  sb_char(&sb, (uint8_t)quote);
  for (size_t i = 0; i < n; i++) {
    uint8_t c = p[i];
    if (c == quote || c == '\\') sb_char(&sb, '\\'), sb_char(&sb, c);
    else if (c == '\t') sb_ascii(&sb, "\\t");
    else if (c == '\n') sb_ascii(&sb, "\\n");
    else if (c == '\r') sb_ascii(&sb, "\\r");
    else if (c < ' ' || c >= 0x7f) sb_fmt(&sb, "\\x%02x", c);
    else sb_char(&sb, c);
  }
  sb_char(&sb, (uint8_t)quote);
  sb_ascii(&sb, suffix);
  return sb_finish(&sb);
}

static Value repr_slot(RpThread *th, Value self) { return vstr(bytes_repr(th, as_bytes(self)->data, as_bytes(self)->length, "", "")); }

static int64_t hash_slot(RpThread *th, Value self) {
  Bytes *b = as_bytes(self);
  uint64_t h = atomic_load_explicit(&b->hash, memory_order_relaxed);
  if (!h) {
    h = mem_hash(b->data, b->length);
    atomic_store_explicit(&b->hash, h, memory_order_relaxed);
  }
  return (int64_t)h;
}

static Value compare_slot(RpThread *th, Value x, Value y, CompareOp op) {
  if (!bytes_check(x) || !bytes_check(y)) return NOT_IMPLEMENTED;
  const Bytes *a = as_bytes(x), *b = as_bytes(y);
  if (op == CMP_EQ || op == CMP_NE)
    return value_bool((a == b || (a->length == b->length && memcmp(a->data, b->data, a->length) == 0)) == (op == CMP_EQ));
  uint64_t n = a->length < b->length ? a->length : b->length;
  int c = memcmp(a->data, b->data, n);
  if (c == 0) c = a->length < b->length ? -1 : a->length > b->length;
  return compare_answer(c, op);
}

int bytes_contains(RpThread *th, Value self, Value item) {
  Span s = bytes_span(self);
  if (int_check(item) || (is_object(item) && type_of(item)->slots.index)) {
    int c = byte_value(th, item, "byte must be in range(0, 256)");
    if (c < 0) return -1;
    return memchr(s.p, c, s.n) != NULL;
  }
  Buffer b;
  if (buffer_acquire(th, item, &b, false) < 0) return -1;
  int found = mem_find(s.p, s.n, b.data, (size_t)b.size) >= 0;
  buffer_release(th, &b);
  return found;
}

Value bytes_slots_getslice(RpThread *th, Value self, Slice *slice) {
  Span s = bytes_span(self);
  int64_t start, stop, step, count;
  if (slice_unpack(th, slice, (int64_t)s.n, &start, &stop, &step, &count) < 0) return EMPTY;
  if (count <= 0) return bytes_like(th, self, NULL, 0);
  if (step == 1) {
    if (count == (int64_t)s.n && has_shape(self, SHAPE_bytes)) return self;
    return bytes_like(th, self, s.p + start, (size_t)count);
  }
  Value v = bytes_like(th, self, NULL, (size_t)count);
  if (v == EMPTY) return EMPTY;
  uint8_t *to = (uint8_t *)bytes_span(v).p;
  for (int64_t i = 0; i < count; i++) to[i] = s.p[start + i * step];
  return v;
}

static Value getitem_slot(RpThread *th, Value self, Value key) {
  Bytes *b = as_bytes(self);
  int64_t i;
  if (is_int(key)) {
    i = as_int(key);
  } else if (has_kind(key, K_SLICE)) {
    return bytes_slots_getslice(th, self, (Slice *)as_object(key));
  } else if (!int_check(key) && !type_of(key)->slots.index) {
    return raise_type(th, "byte indices must be integers or slices, not %T", key);
  } else {
    Value v = op_index(th, key);
    if (v == EMPTY) return EMPTY;
    if (!int_as_i64(v, &i)) return raise_index(th, "cannot fit '%T' into an index-sized integer", key);
  }
  if (i < 0) i += (int64_t)b->length;
  if (i < 0 || i >= (int64_t)b->length) return raise_index(th, "index out of range");
  return value_int(b->data[i]);
}

static int64_t len_slot(RpThread *th, Value self) { return (int64_t)as_bytes(self)->length; }
static Value iter_slot(RpThread *th, Value self) { return vstr(iter_new(th, SHAPE_bytes_iterator, self)); }

static Value concat_slot(RpThread *th, Value x, Value y) {
  if (!bytes_check(x)) return NOT_IMPLEMENTED;
  if (!has_buffer(y)) return raise_type(th, "can't concat %T to bytes", y);
  Bytes *a = as_bytes(x);
  if (has_shape(y, SHAPE_bytes)) {
    if (a->length == 0) return y;
    if (as_bytes(y)->length == 0 && has_shape(x, SHAPE_bytes)) return x;
  }
  Buffer b;
  if (buffer_acquire(th, y, &b, false) < 0) return EMPTY;
  Bytes *r = bytes_new(th, NULL, a->length + (size_t)b.size);
  if (r) {
    memcpy(r->data, a->data, a->length);
    buffer_copy_out(&b, r->data + a->length);
  }
  buffer_release(th, &b);
  return vstr(r);
}

static Value repeat_slot(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!arg_repeat(th, count, &n)) return EMPTY;
  Bytes *b = as_bytes(self);
  if (n == 1 && has_shape(self, SHAPE_bytes)) return self;
  if (n <= 0 || b->length == 0) return vstr(bytes_new(th, NULL, 0));
  if ((uint64_t)n > (uint64_t)INT64_MAX / b->length) return raise_memory(th);
  Bytes *r = bytes_new(th, NULL, b->length * (uint64_t)n);
  if (r) mem_repeat(r->data, b->data, b->length, (size_t)n);
  return vstr(r);
}

static Value mod_slot(RpThread *th, Value x, Value y) { return bytes_check(x) ? bytes_percent(th, x, y) : NOT_IMPLEMENTED; }

static Value m_bytes(RpThread *th, const Value *a) {
  if (has_shape(a[0], SHAPE_bytes)) return a[0];
  return vstr(bytes_new(th, as_bytes(a[0])->data, as_bytes(a[0])->length));
}
static Value m_getnewargs(RpThread *th, const Value *a) {
  Value b = m_bytes(th, a);
  return b == EMPTY ? EMPTY : vstr(tuple_of(th, 1, b));
}
static Value m_sizeof(RpThread *th, const Value *a) { return value_int((int64_t)as_bytes(a[0])->length + 33); }

static const NativeDef methods[] = {
#define METHOD(name, signature, flags, doc) {#name, bytes_m_##name, signature, flags, doc, NULL},
#include "runtime/bytes_methods.def"
#undef METHOD
    {"__bytes__", m_bytes, "(self, /)", 0, "Convert this value to exact type bytes.", NULL},
    {"__getnewargs__", m_getnewargs, "(self, /)", 0, NULL, NULL},
    {"__sizeof__", m_sizeof, "(self, /)", 0, NULL, NULL},
    {NULL}};

const TypeSpec spec_bytes = {
    .doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\n"
           "bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\n"
           "bytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object",
    .size = sizeof(Bytes),
    .slots = {.new_ = bytes_new_slot,
              .repr = repr_slot,
              .str = repr_slot,
              .hash = hash_slot,
              .compare = compare_slot,
              .iter = iter_slot,
              .len = len_slot,
              .getitem = getitem_slot,
              .contains = bytes_contains,
              .mod = mod_slot,
              .seq_concat = concat_slot,
              .seq_repeat = repeat_slot,
              .buffer = &bytes_buffer},
    .methods = methods,
};
