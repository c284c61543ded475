/* memoryview.c: see memoryview.h. */
#include "runtime/memoryview.h"

#include "runtime/bytes_util.h"
#include "runtime/context.h"

static MemoryView *as_view(Value v) { return (MemoryView *)as_object(v); }

/* -- Items --------------------------------------------------------------------------------------------------------- */

int64_t item_size(const char *f) {
  if (*f == '@') f++;
  if (!*f || f[1]) return 0;
  switch (*f) {
  case 'c': case 'b': case 'B': case '?': return 1;
  case 'h': case 'H': case 'e': return 2;
  case 'i': case 'I': case 'f': return 4;
  case 'l': case 'L': case 'q': case 'Q': case 'n': case 'N': case 'd': case 'P': return 8;
  default: return 0;
  }
}

static char code_of(const char *f) { return *f == '@' ? f[1] : *f; }

Value item_unpack(RpThread *th, char code, const void *p) {
#define AS(T) ({ T x_; memcpy(&x_, p, sizeof x_); x_; })
  switch (code) {
  case 'c': return vstr(bytes_new(th, p, 1));
  case 'b': return value_int(AS(int8_t));
  case 'B': return value_int(AS(uint8_t));
  case '?': return value_bool(AS(uint8_t) != 0);
  case 'h': return value_int(AS(int16_t));
  case 'H': return value_int(AS(uint16_t));
  case 'i': return value_int(AS(int32_t));
  case 'I': return value_int(AS(uint32_t));
  case 'l': case 'q': case 'n': return int_from_i64(th, AS(int64_t));
  case 'L': case 'Q': case 'N': case 'P': return int_from_u64(th, AS(uint64_t));
  case 'e': return value_double_canon((double)AS(_Float16));
  case 'f': return value_double_canon(AS(float));
  case 'd': return value_double_canon(AS(double));
  default: return raise_error(th, &type_NotImplementedError, "memoryview: format %c not supported", code);
  }
#undef AS
}

static bool bad_type(RpThread *th, char code) { return raise_type(th, "memoryview: invalid type for format '%c'", code), false; }
static bool bad_value(RpThread *th, char code) { return raise_value(th, "memoryview: invalid value for format '%c'", code), false; }

static bool pack_int(RpThread *th, char code, void *p, Value v) {
  int64_t size = item_size((char[]){code, 0}), i = 0;
  bool is_signed = code >= 'a' && code != 'c';
  if (!int_check(v) && !type_of(v)->slots.index) return bad_type(th, code);
  Value n = op_index(th, v);
  if (n == EMPTY) return false;
  if (!int_as_i64(n, &i)) {
    uint64_t u;
    if (is_signed || size != 8 || int_sign(n) < 0) return bad_value(th, code);
    Value top = int_rshift(th, n, value_int(32)), low = int_and(th, n, value_int(0xFFFFFFFF));
    int64_t hi, lo;
    if (top == EMPTY || low == EMPTY) return false;
    if (!int_as_i64(top, &hi) || !int_as_i64(low, &lo) || hi > 0xFFFFFFFF) return bad_value(th, code);
    u = (uint64_t)hi << 32 | (uint64_t)lo;
    memcpy(p, &u, 8);
    return true;
  }
  int bits = (int)size * 8;
  if (is_signed ? bits < 64 && (i < -((int64_t)1 << (bits - 1)) || i >= (int64_t)1 << (bits - 1))
                : i < 0 || (bits < 64 && i >= (int64_t)1 << bits))
    return bad_value(th, code);
  memcpy(p, &i, (size_t)size); /* little endian */
  return true;
}

bool item_pack(RpThread *th, char code, void *p, Value v) {
  switch (code) {
  case 'c':
    if (!bytes_check(v)) return bad_type(th, code);
    if (as_bytes(v)->length != 1) return bad_value(th, code);
    *(uint8_t *)p = as_bytes(v)->data[0];
    return true;
  case '?': {
    int t = op_truth(th, v);
    if (t < 0) return false;
    *(uint8_t *)p = (uint8_t)t;
    return true;
  }
  case 'e': case 'f': case 'd': {
    double d;
    if (!float_check(v) && !int_check(v) && !type_of(v)->slots.float_ && !type_of(v)->slots.index) return bad_type(th, code);
    if (!op_as_double(th, v, &d)) return false;
    float f = (float)d;
    _Float16 h = (_Float16)d;
    if (code == 'd') memcpy(p, &d, 8);
    else if (code == 'f') memcpy(p, &f, 4);
    else memcpy(p, &h, 2);
    return true;
  }
  default:
    if (!strchr("bBhHiIlLqQnNP", code)) {
      raise_error(th, &type_NotImplementedError, "memoryview: format %c not supported", code);
      return false;
    }
    return pack_int(th, code, p, v);
  }
}

static bool check_format(RpThread *th, const MemoryView *m) {
  if (item_size(m->format)) return true;
  raise_error(th, &type_NotImplementedError, "memoryview: format %s not supported", m->format);
  return false;
}

/* -- Making and releasing ---------------------------------------------------------------------------------------------- */

static bool alive(RpThread *th, const MemoryView *m) {
  if (!atomic_load(&m->released)) return true;
  raise_value(th, "operation forbidden on released memoryview object");
  return false;
}

static void set_format(MemoryView *m, const char *format) {
  snprintf(m->format, sizeof m->format, "%s", format ? format : "B");
  m->view.format = m->format;
}

/* A view of b, whose acquisition it takes over. */
static MemoryView *view_of(RpThread *th, Value base, Buffer *b) {
  MemoryView *m = heap_new(th, MemoryView, SHAPE_memoryview, K_MEMORYVIEW);
  if (!m) {
    buffer_release(th, b);
    return NULL;
  }
  m->base = base;
  m->view = *b;
  set_format(m, b->format);
  return m;
}

/* Another view of what m shows, with its own hold on the exporter. */
static MemoryView *view_again(RpThread *th, MemoryView *m) {
  Buffer b = m->view;
  if (b.pin) {
    buffer_pin(b.pin);
  } else {
    Buffer again;
    if (buffer_acquire(th, m->base, &again, !m->view.readonly) < 0) return NULL;
    b.owner = again.owner;
  }
  return view_of(th, m->base, &b);
}

Value memoryview_new(RpThread *th, Value v) {
  if (memoryview_check(v)) return alive(th, as_view(v)) ? vstr(view_again(th, as_view(v))) : EMPTY;
  Buffer b;
  if (!has_buffer(v)) return raise_type(th, "memoryview: a bytes-like object is required, not '%T'", v);
  if (buffer_acquire(th, v, &b, true) < 0) {
    if (!error_is(th, &type_BufferError)) return EMPTY;
    error_clear(th);
    if (buffer_acquire(th, v, &b, false) < 0) return EMPTY;
  }
  return vstr(view_of(th, v, &b));
}

static Value new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"object"};
  Value a[1];
  if (!args_by_name(th, "memoryview", args, n_pos, kwnames, names, 1, 1, a)) return EMPTY;
  return memoryview_new(th, a[0]);
}

static void trace(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((MemoryView *)o)->base)); }

static void free_slot(RpContext *ctx, Object *o) {
  MemoryView *m = (MemoryView *)o;
  if (!atomic_exchange(&m->released, true) && m->view.pin) buffer_unpin(m->view.pin);
}

static Value m_release(RpThread *th, const Value *a) {
  MemoryView *m = as_view(a[0]);
  uint32_t n = atomic_load(&m->exports);
  if (n) return raise_error(th, &type_BufferError, "memoryview has %u exported buffer%s", n, n == 1 ? "" : "s");
  if (!atomic_exchange(&m->released, true)) buffer_release(th, &m->view);
  return NONE;
}
static Value m_enter(RpThread *th, const Value *a) { return alive(th, as_view(a[0])) ? a[0] : EMPTY; }
static Value m_exit(RpThread *th, const Value *a) { return m_release(th, a) == EMPTY ? EMPTY : NONE; }

static int acquire(RpThread *th, Object *o, Buffer *out, bool writable) {
  MemoryView *m = (MemoryView *)o;
  if (!alive(th, m)) return -1;
  if (writable && m->view.readonly) {
    raise_error(th, &type_BufferError, "memoryview: underlying buffer is not writable");
    return -1;
  }
  atomic_fetch_add(&m->exports, 1);
  *out = m->view;
  out->owner = o;
  out->pin = NULL;
  return 0;
}
static void release(RpThread *th, Buffer *b) { atomic_fetch_sub(&((MemoryView *)b->owner)->exports, 1); }
static const BufferProcs memoryview_buffer = {acquire, release};

/* -- Attributes ------------------------------------------------------------------------------------------------------------- */

static Value int_tuple(RpThread *th, const int64_t *v, int n) {
  Tuple *t = tuple_alloc(th, (size_t)n);
  for (int i = 0; t && i < n; i++) t->items[i] = value_int(v[i]);
  return vstr(t);
}
static bool f_contiguous(const Buffer *b) {
  int64_t stride = b->itemsize;
  for (int i = 0; i < b->ndim; stride *= b->shape[i++])
    if (b->shape[i] > 1 && b->strides[i] != stride) return b->size == 0;
  return true;
}
#define GET(name, expr) \
  static Value get_##name(RpThread *th, Value self) { \
    MemoryView *m = as_view(self); \
    return alive(th, m) ? (expr) : EMPTY; \
  }
GET(obj, m->base)
GET(nbytes, value_int(m->view.size))
GET(readonly, value_bool(m->view.readonly))
GET(itemsize, value_int(m->view.itemsize))
GET(format, vstr(str_from_c(th, m->format)))
GET(ndim, value_int(m->view.ndim))
GET(shape, int_tuple(th, m->view.shape, m->view.ndim))
GET(strides, int_tuple(th, m->view.strides, m->view.ndim))
GET(suboffsets, value_object(tuple_empty_))
GET(c_contiguous, value_bool(buffer_is_contiguous(&m->view)))
GET(f_contiguous, value_bool(f_contiguous(&m->view)))
GET(contiguous, value_bool(buffer_is_contiguous(&m->view) || f_contiguous(&m->view)))

/* -- Indexing ------------------------------------------------------------------------------------------------------------------ */

/* Moves *p by index i of dimension dim. */
static bool step_into(RpThread *th, const Buffer *b, int dim, Value index, char **p) {
  int64_t i;
  Value v = is_int(index) ? index : op_index(th, index);
  if (v == EMPTY) return false;
  if (!int_as_i64(v, &i)) return raise_index(th, "cannot fit '%T' into an index-sized integer", index), false;
  int64_t n = b->shape[dim];
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise_index(th, "index out of bounds on dimension %d", dim + 1), false;
  *p += i * b->strides[dim];
  return true;
}

typedef enum KeyKind { KEY_BAD, KEY_ITEM, KEY_SLICE } KeyKind;

/* Finds the item a key means; KEY_SLICE for a slice of one dimension. */
static KeyKind resolve(RpThread *th, MemoryView *m, Value key, char **p) {
  const Buffer *b = &m->view;
  *p = b->data;
  if (b->ndim == 0) {
    if (key == ELLIPSIS || (tuple_check(key) && as_tuple(key)->length == 0)) return KEY_ITEM;
    return raise_type(th, "invalid indexing of 0-dim memory"), KEY_BAD;
  }
  if (int_check(key) || (is_object(key) && !tuple_check(key) && type_of(key)->slots.index)) {
    if (b->ndim > 1) {
      raise_error(th, &type_NotImplementedError, "multi-dimensional sub-views are not implemented");
      return KEY_BAD;
    }
    return step_into(th, b, 0, key, p) ? KEY_ITEM : KEY_BAD;
  }
  if (has_kind(key, K_SLICE)) return KEY_SLICE;
  if (!tuple_check(key)) return raise_type(th, "memoryview: invalid slice key"), KEY_BAD;
  const Tuple *t = as_tuple(key);
  bool ints = true, slices = t->length > 0;
  for (uint64_t i = 0; i < t->length; i++) {
    Value v = t->items[i];
    if (!int_check(v) && !(is_object(v) && type_of(v)->slots.index)) ints = false;
    if (!has_kind(v, K_SLICE)) slices = false;
  }
  if (slices) {
    raise_error(th, &type_NotImplementedError, "multi-dimensional slicing is not implemented");
    return KEY_BAD;
  }
  if (!ints) return raise_type(th, "memoryview: invalid slice key"), KEY_BAD;
  if (t->length < (uint64_t)b->ndim) {
    raise_error(th, &type_NotImplementedError, "sub-views are not implemented");
    return KEY_BAD;
  }
  if (t->length > (uint64_t)b->ndim) {
    raise_type(th, "cannot index %d-dimension view with %llu-element tuple", b->ndim, (unsigned long long)t->length);
    return KEY_BAD;
  }
  for (int i = 0; i < b->ndim; i++)
    if (!step_into(th, b, i, t->items[i], p)) return KEY_BAD;
  return KEY_ITEM;
}

static bool narrow(RpThread *th, Buffer *b, Slice *slice) {
  int64_t start, stop, step, count;
  if (slice_unpack(th, slice, b->shape[0], &start, &stop, &step, &count) < 0) return false;
  if (count < 0) count = 0;
  b->data = (char *)b->data + start * b->strides[0];
  b->shape[0] = count;
  b->strides[0] *= step;
  b->size = b->itemsize;
  for (int i = 0; i < b->ndim; i++) b->size *= b->shape[i];
  return true;
}

static Value getitem_slot(RpThread *th, Value self, Value key) {
  MemoryView *m = as_view(self);
  char *p;
  if (!alive(th, m)) return EMPTY;
  switch (resolve(th, m, key, &p)) {
  case KEY_ITEM: return check_format(th, m) ? item_unpack(th, code_of(m->format), p) : EMPTY;
  case KEY_SLICE: {
    MemoryView *r = view_again(th, m);
    return r && narrow(th, &r->view, (Slice *)as_object(key)) ? value_object(r) : EMPTY;
  }
  default: return EMPTY;
  }
}

static int assign_slice(RpThread *th, MemoryView *m, Slice *slice, Value v) {
  Buffer dst = m->view, src;
  if (dst.ndim != 1) {
    raise_error(th, &type_NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1");
    return -1;
  }
  if (!narrow(th, &dst, slice)) return -1;
  if (buffer_acquire(th, v, &src, false) < 0) return -1;
  int r = -1;
  const char *f = src.format ? src.format : "B";
  if (code_of(f) != code_of(m->format) || src.itemsize != dst.itemsize || src.ndim != 1 || src.shape[0] != dst.shape[0]) {
    raise_value(th, "memoryview assignment: lvalue and rvalue have different structures");
  } else {
    char *copy = malloc((size_t)src.size + 1); /* source and destination may overlap */
    if (copy) {
      buffer_copy_out(&src, copy);
      for (int64_t i = 0; i < dst.shape[0]; i++)
        memcpy((char *)dst.data + i * dst.strides[0], copy + i * dst.itemsize, (size_t)dst.itemsize);
      free(copy);
      r = 0;
    } else {
      raise_memory(th);
    }
  }
  buffer_release(th, &src);
  return r;
}

static int setitem_slot(RpThread *th, Value self, Value key, Value v) {
  MemoryView *m = as_view(self);
  char *p;
  if (!alive(th, m)) return -1;
  if (m->view.readonly) return raise_type(th, "cannot modify read-only memory"), -1;
  if (v == EMPTY) return raise_type(th, "cannot delete memory"), -1;
  switch (resolve(th, m, key, &p)) {
  case KEY_ITEM: {
    char item[8];
    if (!check_format(th, m) || !item_pack(th, code_of(m->format), item, v) || !alive(th, m)) return -1;
    memcpy(p, item, (size_t)m->view.itemsize);
    return 0;
  }
  case KEY_SLICE: return assign_slice(th, m, (Slice *)as_object(key), v);
  default: return -1;
  }
}

static int64_t len_slot(RpThread *th, Value self) {
  MemoryView *m = as_view(self);
  if (!alive(th, m)) return -1;
  if (m->view.ndim == 0) return raise_type(th, "0-dim memory has no length"), -1;
  return m->view.shape[0];
}

static Value iter_slot(RpThread *th, Value self) {
  MemoryView *m = as_view(self);
  if (!alive(th, m) || !check_format(th, m)) return EMPTY;
  if (m->view.ndim == 0) return raise_type(th, "invalid indexing of 0-dim memory");
  if (m->view.ndim > 1) return raise_error(th, &type_NotImplementedError, "multi-dimensional sub-views are not implemented");
  return vstr(iter_new(th, SHAPE_memory_iterator, self));
}

/* -- Comparison, hash, repr ------------------------------------------------------------------------------------------------------- */

static int items_equal(RpThread *th, const Buffer *a, const Buffer *b, int dim, const char *p, const char *q) {
  if (dim == a->ndim) {
    Value x = item_unpack(th, code_of(a->format), p), y = x == EMPTY ? EMPTY : item_unpack(th, code_of(b->format), q);
    if (y == EMPTY) return -1;
    if (is_double(x) && is_double(y)) return as_double(x) == as_double(y); /* no identity: NaN differs from itself */
    return op_equal(th, x, y);
  }
  for (int64_t i = 0; i < a->shape[dim]; i++) {
    int r = items_equal(th, a, b, dim + 1, p + i * a->strides[dim], q + i * b->strides[dim]);
    if (r <= 0) return r;
  }
  return 1;
}

static Value compare_slot(RpThread *th, Value x, Value y, CompareOp op) {
  if (op != CMP_EQ && op != CMP_NE) return NOT_IMPLEMENTED;
  if (!memoryview_check(x) || !has_buffer(y)) return NOT_IMPLEMENTED;
  MemoryView *m = as_view(x);
  if (atomic_load(&m->released) || (memoryview_check(y) && atomic_load(&as_view(y)->released)))
    return value_bool((x == y) == (op == CMP_EQ));
  Buffer b;
  if (buffer_acquire(th, y, &b, false) < 0) return error_clear(th), NOT_IMPLEMENTED;
  const Buffer *a = &m->view;
  if (!b.format) b.format = "B";
  int equal = a->ndim == b.ndim;
  for (int i = 0; equal && i < a->ndim; i++) equal = a->shape[i] == b.shape[i];
  if (equal && (!item_size(a->format) || !item_size(b.format))) equal = 0;
  if (equal) equal = items_equal(th, a, &b, 0, a->data, b.data);
  buffer_release(th, &b);
  return equal < 0 ? EMPTY : value_bool(equal == (op == CMP_EQ));
}

static int64_t hash_slot(RpThread *th, Value self) {
  MemoryView *m = as_view(self);
  uint64_t h = atomic_load(&m->hash);
  if (h) return (int64_t)h;
  if (!alive(th, m)) return -1;
  if (!m->view.readonly) return raise_value(th, "cannot hash writable memoryview object"), -1;
  if (!item_size(m->format) || !strchr("Bbc", code_of(m->format)))
    return raise_value(th, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"), -1;
  Bytes *b = bytes_new(th, NULL, (size_t)m->view.size);
  if (!b) return -1;
  buffer_copy_out(&m->view, b->data);
  h = mem_hash(b->data, b->length);
  atomic_store(&m->hash, h);
  return (int64_t)h;
}

static Value repr_slot(RpThread *th, Value self) {
  return vstr(str_fmt(th, "<%smemory at %p>", atomic_load(&as_view(self)->released) ? "released " : "", as_object(self)));
}

/* -- Methods -------------------------------------------------------------------------------------------------------------------------- */

static Value m_tobytes(RpThread *th, const Value *a) {
  MemoryView *m = as_view(a[0]);
  if (!alive(th, m)) return EMPTY;
  char order = 'C';
  if (a[1] != EMPTY && a[1] != NONE) {
    if (!str_check(a[1])) return raise_type(th, "tobytes() argument 'order' must be str or None, not %T", a[1]);
    order = as_str(a[1])->length == 1 ? (char)str_at(as_str(a[1]), 0) : 0;
    if (order != 'C' && order != 'F' && order != 'A') return raise_value(th, "order must be 'C', 'F' or 'A'");
  }
  Buffer b = m->view;
  if (order == 'F' || (order == 'A' && f_contiguous(&b))) /* column order: the dimensions the other way round */
    for (int i = 0, j = b.ndim - 1; i < j; i++, j--) {
      int64_t t = b.shape[i];
      b.shape[i] = b.shape[j], b.shape[j] = t;
      t = b.strides[i], b.strides[i] = b.strides[j], b.strides[j] = t;
    }
  Bytes *r = bytes_new(th, NULL, (size_t)b.size);
  if (r) buffer_copy_out(&b, r->data);
  return vstr(r);
}

static Value list_dim(RpThread *th, const Buffer *b, int dim, const char *p) {
  if (dim == b->ndim) return item_unpack(th, code_of(b->format), p);
  List *l = list_new(th, (size_t)b->shape[dim]);
  if (!l) return EMPTY;
  for (int64_t i = 0; i < b->shape[dim]; i++) {
    Value v = list_dim(th, b, dim + 1, p + i * b->strides[dim]);
    if (v == EMPTY || list_append(th, l, v) < 0) return EMPTY;
  }
  return value_object(l);
}

static Value m_tolist(RpThread *th, const Value *a) {
  MemoryView *m = as_view(a[0]);
  return alive(th, m) && check_format(th, m) ? list_dim(th, &m->view, 0, m->view.data) : EMPTY;
}

static bool cast_shape(RpThread *th, Buffer *b, Value shape) {
  if (!list_check(shape) && !tuple_check(shape)) return raise_type(th, "shape must be a list or a tuple"), false;
  Tuple *t = op_to_tuple(th, shape);
  if (!t) return false;
  if (t->length > 8) return raise_value(th, "memoryview: number of dimensions must not exceed 8"), false;
  int64_t size = b->itemsize;
  for (uint64_t i = 0; i < t->length; i++) {
    int64_t n;
    if (!int_check(t->items[i])) return raise_type(th, "memoryview.cast(): elements of shape must be integers"), false;
    if (!int_as_i64(t->items[i], &n) || n <= 0)
      return raise_value(th, "memoryview.cast(): elements of shape must be integers > 0"), false;
    if (__builtin_mul_overflow(size, n, &size)) return raise_value(th, "memoryview.cast(): product(shape) > SSIZE_MAX"), false;
    b->shape[i] = n;
  }
  if (size != b->size) return raise_type(th, "memoryview: product(shape) * itemsize != buffer size"), false;
  b->ndim = (int)t->length;
  int64_t stride = b->itemsize;
  for (int i = b->ndim; i-- > 0; stride *= b->shape[i]) b->strides[i] = stride;
  return true;
}

static Value m_cast(RpThread *th, const Value *a) {
  MemoryView *m = as_view(a[0]);
  if (!alive(th, m)) return EMPTY;
  if (!str_check(a[1])) return raise_type(th, "cast() argument 'format' must be str, not %T", a[1]);
  const char *format = str_utf8(th, as_str(a[1]), NULL);
  if (!format) return EMPTY;
  if (!buffer_is_contiguous(&m->view)) return raise_type(th, "memoryview: casts are restricted to C-contiguous views");
  if (a[2] != EMPTY && m->view.ndim != 1) {
    int64_t n = list_check(a[2]) || tuple_check(a[2]) ? op_len(th, a[2]) : 1;
    if (n != 1) return raise_type(th, "memoryview: cast must be 1D -> ND or ND -> 1D");
  }
  int64_t size = item_size(format);
  if (!size)
    return raise_value(th, "memoryview: destination format must be a native single character format prefixed with an optional '@'");
  if (!item_size(m->format))
    return raise_value(th, "memoryview: source format must be a native single character format prefixed with an optional '@'");
  if (!strchr("bBc", code_of(format)) && !strchr("bBc", code_of(m->format)))
    return raise_type(th, "memoryview: cannot cast between two non-byte formats");
  if (m->view.size % size) return raise_type(th, "memoryview: length is not a multiple of itemsize");
  MemoryView *r = view_again(th, m);
  if (!r) return EMPTY;
  set_format(r, format);
  r->view.itemsize = r->view.strides[0] = size;
  r->view.ndim = 1;
  r->view.shape[0] = r->view.size / size;
  if (a[2] != EMPTY && !cast_shape(th, &r->view, a[2])) return EMPTY;
  return value_object(r);
}

static Value m_toreadonly(RpThread *th, const Value *a) {
  if (!alive(th, as_view(a[0]))) return EMPTY;
  MemoryView *r = view_again(th, as_view(a[0]));
  if (r) r->view.readonly = true;
  return vstr(r);
}

static Value m_hex(RpThread *th, const Value *a) {
  Value b = m_tobytes(th, (Value[]){a[0], EMPTY});
  return b == EMPTY ? EMPTY : bytes_hex(th, as_bytes(b)->data, as_bytes(b)->length, a[1], a[2]);
}

static const NativeDef methods[] = {
    {"tobytes", m_tobytes, "(self, /, order='C')", 0, "Return the data in the buffer as a byte string.", NULL},
    {"tolist", m_tolist, "(self, /)", 0, "Return the data in the buffer as a list of elements.", NULL},
    {"release", m_release, "(self, /)", 0, "Release the underlying buffer exposed by the memoryview object.", NULL},
    {"cast", m_cast, "(self, /, format, shape=None)", 0, "Cast a memoryview to a new format or shape.", NULL},
    {"toreadonly", m_toreadonly, "(self, /)", 0, "Return a readonly version of the memoryview.", NULL},
    {"hex", m_hex, "(self, /, sep=None, bytes_per_sep=1)", 0, "Return the data in the buffer as a str of hexadecimal numbers.", NULL},
    {"__enter__", m_enter, "(self, /)", 0, NULL, NULL},
    {"__exit__", m_exit, "(self, /, *exc_info)", 0, NULL, NULL},
    {NULL}};

static const GetSetDef getsets[] = {
    {"obj", get_obj, NULL, "The underlying object of the memoryview."},
    {"nbytes", get_nbytes, NULL, "The amount of space in bytes that the array would use in a contiguous representation."},
    {"readonly", get_readonly, NULL, "A bool indicating whether the memory is read only."},
    {"itemsize", get_itemsize, NULL, "The size in bytes of each element of the memoryview."},
    {"format", get_format, NULL, "A string containing the format (in struct module style) for each element in the view."},
    {"ndim", get_ndim, NULL, "An integer indicating how many dimensions of a multi-dimensional array the memory represents."},
    {"shape", get_shape, NULL, "A tuple of ndim integers giving the shape of the memory as an N-dimensional array."},
    {"strides", get_strides, NULL, "A tuple of ndim integers giving the size in bytes to access each element."},
    {"suboffsets", get_suboffsets, NULL, "A tuple of integers used internally for PIL-style arrays."},
    {"c_contiguous", get_c_contiguous, NULL, "A bool indicating whether the memory is C contiguous."},
    {"f_contiguous", get_f_contiguous, NULL, "A bool indicating whether the memory is Fortran contiguous."},
    {"contiguous", get_contiguous, NULL, "A bool indicating whether the memory is contiguous."},
    {NULL}};

const TypeSpec spec_memoryview = {
    .doc = "Create a new memoryview object which references the given object.",
    .size = sizeof(MemoryView),
    .slots = {.trace = trace,
              .free_ = free_slot,
              .new_ = new_slot,
              .repr = repr_slot,
              .hash = hash_slot,
              .compare = compare_slot,
              .iter = iter_slot,
              .len = len_slot,
              .getitem = getitem_slot,
              .setitem = setitem_slot,
              .buffer = &memoryview_buffer},
    .methods = methods,
    .getsets = getsets,
};
