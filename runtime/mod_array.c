/* mod_array.c: the module array: numbers of one machine type in malloc'ed memory. Every access holds the object's lock (free while there is one
** thread), because growing moves the data; exported buffers pin it. */
#include "runtime/bytes.h"
#include "runtime/cont.h"
#include "runtime/num_array.h"

typedef struct TypeCode TypeCode;
typedef struct NumArray {
  Object hdr;
  const TypeCode *code;
  char *data;               /* counted as external memory: capacity * size */
  uint64_t n, capacity;     /* items */
  BufferPin *pin;           /* NULL until first exported: no resize while it counts buffers */
} NumArray;
ALWAYS_INLINE NumArray *as_array(Value v) { return (NumArray *)as_object(v); }
static bool pinned(NumArray *a) {
  BufferPin *p = load_acquire(&a->pin);
  return p && atomic_load_explicit(&p->pins, memory_order_relaxed) > 0;
}
static bool array_check(Value v) { return value_is_instance(v, &type_NumArray); }

/* -- Type codes -------------------------------------------------------------- */

struct TypeCode {
  char code;
  uint8_t size;
  Value (*load)(RpThread *th, const char *p);
  bool (*store)(RpThread *th, Value v, char *p); /* false + TypeError / OverflowError */
};

static bool int_in(RpThread *th, Value v, int64_t lo, int64_t hi, const char *name, int64_t *out) {
  if (float_check(v)) return raise_type(th, "'%T' object cannot be interpreted as an integer", v), false;
  Value i = op_index(th, v);
  if (i == EMPTY) return false;
  bool fits = int_as_i64(i, out);
  if (fits && *out >= lo && *out <= hi) return true;
  bool low = fits ? *out < lo : int_sign(i) < 0;
  return raise_overflow(th, "%s is %s than %s", name, low ? "less" : "greater", low ? "minimum" : "maximum"), false;
}

#define INT_CODE(T, lo, hi, name)                                                                                                          \
  static Value load_##T(RpThread *th, const char *p) {                                                                                     \
    T x;                                                                                                                                   \
    memcpy(&x, p, sizeof x);                                                                                                               \
    return int_from_i64(th, (int64_t)x);                                                                                                   \
  }                                                                                                                                        \
  static bool store_##T(RpThread *th, Value v, char *p) {                                                                                  \
    int64_t i;                                                                                                                             \
    if (!int_in(th, v, lo, hi, name, &i)) return false;                                                                                    \
    T x = (T)i;                                                                                                                            \
    memcpy(p, &x, sizeof x);                                                                                                               \
    return true;                                                                                                                           \
  }
INT_CODE(int8_t, INT8_MIN, INT8_MAX, "signed char")
INT_CODE(uint8_t, 0, UINT8_MAX, "unsigned byte integer")
INT_CODE(int16_t, INT16_MIN, INT16_MAX, "signed short integer")
INT_CODE(uint16_t, 0, UINT16_MAX, "unsigned short")
INT_CODE(int32_t, INT32_MIN, INT32_MAX, "signed integer")
INT_CODE(uint32_t, 0, UINT32_MAX, "unsigned int")
INT_CODE(int64_t, INT64_MIN, INT64_MAX, "signed long integer")

static Value load_u64(RpThread *th, const char *p) {
  uint64_t x;
  memcpy(&x, p, 8);
  return int_from_u64(th, x);
}
static bool store_u64(RpThread *th, Value v, char *p) {
  if (float_check(v)) return raise_type(th, "'%T' object cannot be interpreted as an integer", v), false;
  Value i = op_index(th, v);
  if (i == EMPTY) return false;
  if (int_sign(i) < 0) return raise_overflow(th, "can't convert negative value to unsigned int"), false;
  uint64_t x = 0;
  int64_t small;
  if (int_as_i64(i, &small)) x = (uint64_t)small;
  else if (((Int *)as_object(i))->n_limbs == 1) x = ((Int *)as_object(i))->limbs[0];
  else return raise_overflow(th, "Python int too large to convert to C unsigned long"), false;
  memcpy(p, &x, 8);
  return true;
}
static Value load_f32(RpThread *th, const char *p) {
  float x;
  memcpy(&x, p, 4);
  return value_double_canon((double)x);
}
static bool store_f32(RpThread *th, Value v, char *p) {
  double d;
  if (!op_as_double(th, v, &d)) return false;
  float x = (float)d;
  memcpy(p, &x, 4);
  return true;
}
static Value load_f64(RpThread *th, const char *p) {
  double x;
  memcpy(&x, p, 8);
  return value_double_canon(x);
}
static bool store_f64(RpThread *th, Value v, char *p) {
  double d;
  if (!op_as_double(th, v, &d)) return false;
  memcpy(p, &d, 8);
  return true;
}
static Value load_u(RpThread *th, const char *p) {
  uint32_t c;
  memcpy(&c, p, 4);
  if (c > 0x10FFFF) return raise_value(th, "character U+%x is not in range [U+0000; U+10ffff]", c);
  return V(str_from_char(th, c));
}
static bool store_u(RpThread *th, Value v, char *p) {
  if (!str_check(v)) return raise_type(th, "array item must be a unicode character, not %T", v), false;
  if (as_str(v)->length != 1) return raise_type(th, "array item must be a unicode character, not str"), false;
  uint32_t c = str_at(as_str(v), 0);
  memcpy(p, &c, 4);
  return true;
}

static const TypeCode codes[] = {
    {'b', 1, load_int8_t, store_int8_t},     {'B', 1, load_uint8_t, store_uint8_t}, {'u', 4, load_u, store_u},
    {'h', 2, load_int16_t, store_int16_t},   {'H', 2, load_uint16_t, store_uint16_t}, {'i', 4, load_int32_t, store_int32_t},
    {'I', 4, load_uint32_t, store_uint32_t}, {'l', 8, load_int64_t, store_int64_t}, {'L', 8, load_u64, store_u64},
    {'q', 8, load_int64_t, store_int64_t},   {'Q', 8, load_u64, store_u64}, {'f', 4, load_f32, store_f32}, {'d', 8, load_f64, store_f64},
};
static const char formats[][2] = {"b", "B", "w", "h", "H", "i", "I", "l", "L", "q", "Q", "f", "d"};

/* -- Storage --------------------------------------------------------------------- */

static void free_(RpContext *ctx, Object *o) {
  NumArray *a = (NumArray *)o;
  if (a->data) heap_external_sub(ctx, a->capacity * a->code->size);
  free(a->data);
  buffer_pin_drop(a->pin);
}

/* Makes room for n items; exact when `tight`. -1 + pending. Not locked. */
static int reserve(RpThread *th, NumArray *a, uint64_t n) {
  for (;;) {
    uint64_t old_cap = load_relaxed(&a->capacity), cap = n + n / 8 + 8;
    if (n <= old_cap) return 0;
    if (n > (uint64_t)INT64_MAX / 32) return raise_memory(th), -1;
    if (!heap_external_add(th, cap * a->code->size)) return -1;
    char *data = malloc(cap * a->code->size), *drop = data;
    if (data) {
      obj_lock(th, a);
      if (a->capacity == old_cap && !pinned(a)) {
        if (a->n) memcpy(data, a->data, a->n * a->code->size);
        drop = a->data;
        a->data = data;
        store_relaxed(&a->capacity, cap);
      }
      obj_unlock(th, a);
    }
    heap_external_sub(th->ctx, (drop == data ? cap : old_cap) * a->code->size);
    free(drop);
    if (!data) return raise_memory(th), -1;
    if (drop == data && pinned(a)) return raise_error(th, &type_BufferError, "cannot resize an array that is exporting buffers"), -1;
  }
}

/* Replaces items [lo, hi) by the n at src (not inside a). */
static int splice(RpThread *th, NumArray *a, uint64_t lo, uint64_t hi, const char *src, uint64_t n) {
  if (pinned(a) && hi - lo != n) return raise_error(th, &type_BufferError, "cannot resize an array that is exporting buffers"), -1;
  size_t size = a->code->size;
  for (;;) {
    uint64_t len = load_relaxed(&a->n);
    if (reserve(th, a, len - (hi - lo) + n) < 0) return -1;
    obj_lock(th, a);
    bool ok = a->n == len && hi <= len && len - (hi - lo) + n <= a->capacity;
    if (ok && a->data) {
      memmove(a->data + (lo + n) * size, a->data + hi * size, (len - hi) * size);
      if (n) memcpy(a->data + lo * size, src, n * size);
      store_relaxed(&a->n, len - (hi - lo) + n);
    }
    obj_unlock(th, a);
    if (ok) return 0;
    if (hi > load_relaxed(&a->n)) hi = lo = load_relaxed(&a->n);
  }
}

static NumArray *make(RpThread *th, Type *type, const TypeCode *code) {
  NumArray *a = (NumArray *)cont_alloc(th, type, &type_NumArray, SHAPE_NumArray, K_NATIVE_OBJECT, sizeof(NumArray));
  if (a) a->code = code;
  return a;
}

/* Item i; EMPTY without pending when out of range. */
static Value item(RpThread *th, NumArray *a, int64_t i) {
  char word[8];
  obj_lock(th, a);
  bool ok = (uint64_t)i < a->n;
  if (ok) memcpy(word, a->data + (uint64_t)i * a->code->size, a->code->size);
  obj_unlock(th, a);
  return ok ? a->code->load(th, word) : EMPTY;
}

static int append(RpThread *th, NumArray *a, Value v) {
  char word[8];
  if (!a->code->store(th, v, word)) return -1;
  uint64_t n = load_relaxed(&a->n);
  return splice(th, a, n, n, word, 1);
}

/* The bytes of a as they are now: malloc'ed. */
static char *snapshot(RpThread *th, NumArray *a, uint64_t *n) {
  obj_lock(th, a);
  *n = a->n;
  char *p = malloc(*n * a->code->size + 1);
  if (p && *n) memcpy(p, a->data, *n * a->code->size);
  obj_unlock(th, a);
  return p ? p : (raise_memory(th), NULL);
}

static int extend(RpThread *th, NumArray *a, Value src) {
  if (array_check(src)) {
    NumArray *b = as_array(src);
    if (b->code != a->code) return raise_type(th, "can only extend with array of same kind"), -1;
    uint64_t n, len;
    char *p = snapshot(th, b, &n);
    if (!p) return -1;
    len = load_relaxed(&a->n);
    int r = splice(th, a, len, len, p, n);
    free(p);
    return r;
  }
  Value it = op_iter(th, src), v;
  if (it == EMPTY) return -1;
  while ((v = iter_step(th, it)) != EMPTY)
    if (append(th, a, v) < 0) return -1;
  return th->pending == EMPTY ? 0 : -1;
}

static int from_bytes(RpThread *th, NumArray *a, Value v) {
  Buffer b;
  if (buffer_acquire(th, v, &b, false) < 0) return -1;
  int r = -1;
  uint64_t n = load_relaxed(&a->n);
  if (b.size % a->code->size) raise_value(th, "bytes length not a multiple of item size");
  else r = splice(th, a, n, n, b.data, (uint64_t)b.size / a->code->size);
  buffer_release(th, &b);
  return r;
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_NumArray && !cont_no_keywords(th, "array.array", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "array", n_pos, 1, 2)) return EMPTY;
  if (!str_check(args[0]) || as_str(args[0])->length != 1)
    return raise_type(th, "array() argument 1 must be a unicode character, not %T", args[0]);
  const TypeCode *code = NULL;
  for (size_t i = 0; i < countof(codes); i++)
    if ((uint32_t)codes[i].code == str_at(as_str(args[0]), 0)) code = &codes[i];
  if (!code) return raise_value(th, "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
  if (n_pos == 2 && str_check(args[1]) && code->code != 'u') return raise_type(th, "cannot use a str to initialize an array with typecode '%c'", code->code);
  NumArray *a = make(th, type, code);
  if (!a || n_pos == 1) return V(a);
  bool raw = has_kind(args[1], K_BYTES) || has_kind(args[1], K_BYTEARRAY);
  return (raw ? from_bytes(th, a, args[1]) : extend(th, a, args[1])) < 0 ? EMPTY : V(a);
}

/* -- Slots -------------------------------------------------------------------------- */

static List *to_list(RpThread *th, NumArray *a) {
  List *l = list_new(th, 0);
  Value v;
  for (int64_t i = 0; l && (v = item(th, a, i)) != EMPTY; i++)
    if (list_append(th, l, v) < 0) return NULL;
  return th->pending == EMPTY ? l : NULL;
}

static Str *to_text(RpThread *th, NumArray *a) {
  uint64_t n;
  char *p = snapshot(th, a, &n);
  Str *s = p ? str_from_ucs4(th, (uint32_t *)(void *)p, n) : NULL;
  free(p);
  return s;
}

static Value repr(RpThread *th, Value self) {
  NumArray *a = as_array(self);
  Str *name = type_of(self)->name;
  if (load_relaxed(&a->n) == 0) return V(str_fmt(th, "%S('%c')", name, a->code->code));
  Value body = a->code->code == 'u' ? V(to_text(th, a)) : V(to_list(th, a));
  return body == EMPTY ? EMPTY : V(str_fmt(th, "%S('%c', %V)", name, a->code->code, body));
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!array_check(a) || !array_check(b)) return NOT_IMPLEMENTED;
  List *x = to_list(th, as_array(a)), *y = x ? to_list(th, as_array(b)) : NULL;
  return y ? op_compare(th, V(x), V(y), op) : EMPTY;
}

static int64_t len(RpThread *th, Value self) { return (int64_t)load_relaxed(&as_array(self)->n); }

static Value getitem(RpThread *th, Value self, Value key) {
  NumArray *a = as_array(self);
  int64_t i;
  if (has_kind(key, K_SLICE)) {
    int64_t lo, hi, step, count;
    if (slice_unpack(th, (Slice *)as_object(key), len(th, self), &lo, &hi, &step, &count) < 0) return EMPTY;
    NumArray *r = make(th, &type_NumArray, a->code);
    if (!r || reserve(th, r, (uint64_t)count) < 0) return EMPTY;
    size_t size = a->code->size;
    obj_lock(th, a);
    for (i = 0; i < count && (uint64_t)(lo + i * step) < a->n; i++) memcpy(r->data + i * (int64_t)size, a->data + (lo + i * step) * (int64_t)size, size);
    obj_unlock(th, a);
    r->n = (uint64_t)i;
    return V(r);
  }
  if (!is_int(key) && !int_check(key) && !type_of(key)->slots.index) return raise_type(th, "array indices must be integers");
  if (!cont_index(th, key, NULL, &i)) return EMPTY;
  if (i < 0) i += len(th, self);
  Value v = item(th, a, i);
  return v != EMPTY || th->pending != EMPTY ? v : raise_index(th, "array index out of range");
}

static int set_slice(RpThread *th, NumArray *a, Slice *s, Value v) {
  int64_t lo, hi, step, count;
  if (slice_unpack(th, s, (int64_t)load_relaxed(&a->n), &lo, &hi, &step, &count) < 0) return -1;
  uint64_t n = 0;
  char *p = NULL;
  if (v != EMPTY) {
    if (!array_check(v)) return raise_type(th, "can only assign array (not \"%T\") to array slice", v), -1;
    if (as_array(v)->code != a->code) return raise_type(th, "bad argument type for built-in operation"), -1;
    if (!(p = snapshot(th, as_array(v), &n))) return -1;
  }
  int r = 0;
  size_t size = a->code->size;
  if (step == 1) r = splice(th, a, (uint64_t)lo, (uint64_t)(lo + count), p, n);
  else if (v == EMPTY) {
    if (step < 0) lo += (count - 1) * step, step = -step;
    for (int64_t i = count - 1; r == 0 && i >= 0; i--) r = splice(th, a, (uint64_t)(lo + i * step), (uint64_t)(lo + i * step + 1), NULL, 0);
  } else if ((int64_t)n != count) {
    raise_value(th, "attempt to assign array of size %lld to extended slice of size %lld", (long long)n, (long long)count);
    r = -1;
  } else {
    obj_lock(th, a);
    for (int64_t i = 0; i < count; i++)
      if ((uint64_t)(lo + i * step) < a->n) memcpy(a->data + (lo + i * step) * (int64_t)size, p + i * (int64_t)size, size);
    obj_unlock(th, a);
  }
  free(p);
  return r;
}

static int setitem(RpThread *th, Value self, Value key, Value v) {
  NumArray *a = as_array(self);
  if (has_kind(key, K_SLICE)) return set_slice(th, a, (Slice *)as_object(key), v);
  int64_t i;
  char word[8];
  if (!is_int(key) && !int_check(key) && !type_of(key)->slots.index) return raise_type(th, "array indices must be integers"), -1;
  if (!cont_index(th, key, NULL, &i)) return -1;
  if (i < 0) i += len(th, self);
  if ((uint64_t)i >= (uint64_t)len(th, self)) return raise_index(th, "array assignment index out of range"), -1;
  if (v == EMPTY) return splice(th, a, (uint64_t)i, (uint64_t)i + 1, NULL, 0);
  if (!a->code->store(th, v, word)) return -1;
  obj_lock(th, a);
  bool ok = (uint64_t)i < a->n;
  if (ok) memcpy(a->data + (uint64_t)i * a->code->size, word, a->code->size);
  obj_unlock(th, a);
  return ok ? 0 : (raise_index(th, "array assignment index out of range"), -1);
}

/* Index of the first item equal to v in [lo, hi); -1 absent, -2 error. */
static int64_t find(RpThread *th, NumArray *a, Value v, int64_t lo, int64_t hi) {
  Value x;
  for (int64_t i = lo; i < hi && (x = item(th, a, i)) != EMPTY; i++) {
    int eq = op_equal(th, x, v);
    if (eq) return eq < 0 ? -2 : i;
  }
  return th->pending == EMPTY ? -1 : -2;
}
static int contains(RpThread *th, Value self, Value v) {
  int64_t i = find(th, as_array(self), v, 0, INT64_MAX);
  return i == -2 ? -1 : i >= 0;
}

static Value copy(RpThread *th, Value self) {
  NumArray *r = make(th, &type_NumArray, as_array(self)->code);
  return r && extend(th, r, self) == 0 ? V(r) : EMPTY;
}
static Value concat(RpThread *th, Value a, Value b) {
  if (!array_check(b)) return raise_type(th, "can only append array (not \"%T\") to array", b);
  if (as_array(a)->code != as_array(b)->code) return raise_type(th, "bad argument type for built-in operation");
  Value r = copy(th, a);
  return r != EMPTY && extend(th, as_array(r), b) == 0 ? r : EMPTY;
}
static Value iconcat(RpThread *th, Value a, Value b) {
  if (!array_check(b)) return raise_type(th, "can only extend with array (not \"%T\")", b);
  return extend(th, as_array(a), b) < 0 ? EMPTY : a;
}
static Value repeat_into(RpThread *th, Value r, int64_t n) {
  if (n <= 0) return splice(th, as_array(r), 0, as_array(r)->n, NULL, 0) < 0 ? EMPTY : r;
  Value once = n > 1 ? copy(th, r) : r;
  if (once == EMPTY) return EMPTY;
  for (int64_t i = 1; i < n && as_array(once)->n; i++)
    if (extend(th, as_array(r), once) < 0) return EMPTY;
  return r;
}
static Value repeat(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!cont_index(th, count, NULL, &n)) return EMPTY;
  Value r = copy(th, self);
  return r == EMPTY ? EMPTY : repeat_into(th, r, n);
}
static Value imul(RpThread *th, Value self, Value count) {
  int64_t n;
  if (!is_int(count) && !type_of(count)->slots.index) return NOT_IMPLEMENTED;
  return cont_index(th, count, NULL, &n) ? repeat_into(th, self, n) : EMPTY;
}

static Value iter(RpThread *th, Value self) { return V(iter_new(th, SHAPE_arrayiterator, self)); }
static Value it_next(RpThread *th, Value self) {
  Iter *it = (Iter *)as_object(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value v = item(th, as_array(seq), i);
  if (v != EMPTY) store_relaxed(&it->index, i + 1);
  else if (th->pending == EMPTY) store_relaxed(&it->seq, EMPTY);
  return v;
}
const TypeSpec spec_arrayiterator = {.size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = it_next}};

static int buffer_get(RpThread *th, Object *o, Buffer *out, bool writable) {
  NumArray *a = (NumArray *)o;
  BufferPin *pin = load_acquire(&a->pin) ? NULL : buffer_pin_new();
  obj_lock(th, a);
  if (pin && !a->pin) {
    store_release(&a->pin, pin);
    pin = NULL;
  }
  if (a->pin) buffer_pin(a->pin);
  *out = (Buffer){.pin = a->pin, .data = a->data ? a->data : (char *)&a->n, .size = (int64_t)(a->n * a->code->size),
                  .itemsize = a->code->size, .format = formats[a->code - codes], .ndim = 1, .shape = {(int64_t)a->n},
                  .strides = {a->code->size}, .owner = o};
  obj_unlock(th, a);
  buffer_pin_drop(pin);
  return out->pin ? 0 : (raise_memory(th), -1);
}
static void buffer_drop(RpThread *th, Buffer *b) { buffer_unpin(b->pin); }
static const BufferProcs buffer = {buffer_get, buffer_drop};

/* -- Methods --------------------------------------------------------------------------- */

static Value m_append(RpThread *th, const Value *a) { return append(th, as_array(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_extend(RpThread *th, const Value *a) { return extend(th, as_array(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_frombytes(RpThread *th, const Value *a) { return from_bytes(th, as_array(a[0]), a[1]) < 0 ? EMPTY : NONE; }
static Value m_tolist(RpThread *th, const Value *a) { return V(to_list(th, as_array(a[0]))); }
static Value m_copy(RpThread *th, const Value *a) { return copy(th, a[0]); }
static Value m_fromlist(RpThread *th, const Value *a) {
  if (!list_check(a[1])) return raise_type(th, "arg must be list");
  uint64_t n = as_array(a[0])->n;
  if (extend(th, as_array(a[0]), a[1]) == 0) return NONE;
  store_relaxed(&as_array(a[0])->n, n); /* all or nothing */
  return EMPTY;
}
static Value m_tobytes(RpThread *th, const Value *a) {
  uint64_t n;
  char *p = snapshot(th, as_array(a[0]), &n);
  Bytes *b = p ? bytes_new(th, p, n * as_array(a[0])->code->size) : NULL;
  free(p);
  return V(b);
}
static Value m_tounicode(RpThread *th, const Value *a) {
  if (as_array(a[0])->code->code != 'u') return raise_value(th, "tounicode() may only be called on unicode type arrays");
  return V(to_text(th, as_array(a[0])));
}
static Value m_fromunicode(RpThread *th, const Value *a) {
  if (as_array(a[0])->code->code != 'u') return raise_value(th, "fromunicode() may only be called on unicode type arrays");
  return m_extend(th, a);
}
static Value m_insert(RpThread *th, const Value *a) {
  int64_t i, n = len(th, a[0]);
  char word[8];
  if (!op_as_i64(th, a[1], &i) || !as_array(a[0])->code->store(th, a[2], word)) return EMPTY;
  if (i < 0 && (i += n) < 0) i = 0;
  if (i > n) i = n;
  return splice(th, as_array(a[0]), (uint64_t)i, (uint64_t)i, word, 1) < 0 ? EMPTY : NONE;
}
static Value m_pop(RpThread *th, const Value *a) {
  int64_t i = -1, n = len(th, a[0]);
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &i)) return EMPTY;
  if (n == 0) return raise_index(th, "pop from empty array");
  if (i < 0) i += n;
  Value v = item(th, as_array(a[0]), i);
  if (v == EMPTY) return th->pending != EMPTY ? EMPTY : raise_index(th, "pop index out of range");
  return splice(th, as_array(a[0]), (uint64_t)i, (uint64_t)i + 1, NULL, 0) < 0 ? EMPTY : v;
}
static Value m_remove(RpThread *th, const Value *a) {
  int64_t i = find(th, as_array(a[0]), a[1], 0, INT64_MAX);
  if (i < 0) return i == -2 ? EMPTY : raise_value(th, "array.remove(x): x not in array");
  return splice(th, as_array(a[0]), (uint64_t)i, (uint64_t)i + 1, NULL, 0) < 0 ? EMPTY : NONE;
}
static Value m_index(RpThread *th, const Value *a) {
  int64_t lo = 0, hi = INT64_MAX, n = len(th, a[0]);
  if ((a[2] != EMPTY && !cont_bound(th, a[2], &lo)) || (a[3] != EMPTY && !cont_bound(th, a[3], &hi))) return EMPTY;
  if (lo < 0 && (lo += n) < 0) lo = 0;
  if (hi < 0) hi += n;
  int64_t i = find(th, as_array(a[0]), a[1], lo, hi);
  return i >= 0 ? value_int(i) : i == -2 ? EMPTY : raise_value(th, "array.index(x): x not in array");
}
static Value m_count(RpThread *th, const Value *a) {
  int64_t n = 0;
  Value x;
  for (int64_t i = 0; (x = item(th, as_array(a[0]), i)) != EMPTY; i++) {
    int eq = op_equal(th, x, a[1]);
    if (eq < 0) return EMPTY;
    n += eq;
  }
  return th->pending == EMPTY ? value_int(n) : EMPTY;
}
static Value m_reverse(RpThread *th, const Value *args) {
  NumArray *a = as_array(args[0]);
  size_t size = a->code->size;
  obj_lock(th, a);
  for (uint64_t i = 0, j = a->n; i + 1 < j; i++) {
    char t[8], *p = a->data + i * size, *q = a->data + --j * size;
    memcpy(t, p, size);
    memcpy(p, q, size);
    memcpy(q, t, size);
  }
  obj_unlock(th, a);
  return NONE;
}
static Value m_byteswap(RpThread *th, const Value *args) {
  NumArray *a = as_array(args[0]);
  size_t size = a->code->size;
  obj_lock(th, a);
  for (uint64_t i = 0; i < a->n; i++)
    for (size_t j = 0; j < size / 2; j++) {
      char *p = a->data + i * size, t = p[j];
      p[j] = p[size - 1 - j];
      p[size - 1 - j] = t;
    }
  obj_unlock(th, a);
  return NONE;
}
static Value m_buffer_info(RpThread *th, const Value *a) {
  Value at = int_from_u64(th, (uint64_t)(uintptr_t)as_array(a[0])->data);
  return at == EMPTY ? EMPTY : V(tuple_of(th, 2, at, value_int(len(th, a[0]))));
}
static Value m_reduce(RpThread *th, const Value *a) {
  List *l = to_list(th, as_array(a[0]));
  Str *code = l ? str_from_char(th, (uint32_t)as_array(a[0])->code->code) : NULL;
  Tuple *args = code ? tuple_of(th, 2, V(code), V(l)) : NULL;
  return args ? V(tuple_of(th, 3, V(type_of(a[0])), V(args), NONE)) : EMPTY;
}
static Value get_typecode(RpThread *th, Value self) { return V(str_from_char(th, (uint32_t)as_array(self)->code->code)); }
static Value get_itemsize(RpThread *th, Value self) { return value_int(as_array(self)->code->size); }

static const NativeDef methods[] = {
    {"append", m_append, "(self, v, /)", 0, "Append new value v to the end of the array."},
    {"buffer_info", m_buffer_info, "(self, /)", 0, "Return a tuple (address, length) giving the current memory address and the length in items."},
    {"byteswap", m_byteswap, "(self, /)", 0, "Byteswap all items of the array."},
    {"__copy__", m_copy, "(self, /)", 0, "Return a copy of the array."},
    {"__deepcopy__", m_copy, "(self, unused, /)", 0, "Return a copy of the array."},
    {"count", m_count, "(self, v, /)", 0, "Return number of occurrences of v in the array."},
    {"extend", m_extend, "(self, bb, /)", 0, "Append items to the end of the array."},
    {"frombytes", m_frombytes, "(self, buffer, /)", 0, "Appends items from the string, interpreting it as an array of machine values."},
    {"fromlist", m_fromlist, "(self, list, /)", 0, "Append items to array from list."},
    {"fromunicode", m_fromunicode, "(self, ustr, /)", 0, "Extends this array with data from the unicode string ustr."},
    {"index", m_index, "(self, v, start=0, stop=9223372036854775807, /)", 0, "Return index of first occurrence of v in the array."},
    {"insert", m_insert, "(self, i, v, /)", 0, "Insert a new item v into the array before position i."},
    {"pop", m_pop, "(self, i=-1, /)", 0, "Return the i-th element and delete it from the array."},
    {"__reduce_ex__", m_reduce, "(self, value, /)", 0, "Return state information for pickling."},
    {"remove", m_remove, "(self, v, /)", 0, "Remove the first occurrence of v in the array."},
    {"reverse", m_reverse, "(self, /)", 0, "Reverse the order of the items in the array."},
    {"tobytes", m_tobytes, "(self, /)", 0, "Convert the array to an array of machine values and return the bytes representation."},
    {"tolist", m_tolist, "(self, /)", 0, "Convert array to an ordinary list with the same items."},
    {"tounicode", m_tounicode, "(self, /)", 0, "Convert the array to a unicode string."},
    CLASS_GETITEM,
    {0},
};
static const GetSetDef getsets[] = {
    {"typecode", get_typecode, NULL, "the typecode character used to create the array"},
    {"itemsize", get_itemsize, NULL, "the size, in bytes, of one array item"},
    {0},
};

const TypeSpec spec_NumArray = {
    .doc = "array(typecode [, initializer]) -> array\n\nReturn a new array whose items are restricted by typecode, and\ninitialized from the "
           "optional initializer value, which must be a list,\nstring or iterable over elements of the appropriate type.",
    .size = sizeof(NumArray),
    .flags = TYPE_SEQUENCE,
    .slots = {.free_ = free_, .repr = repr, .compare = compare, .iter = iter, .new_ = new_, .len = len, .getitem = getitem, .setitem = setitem,
              .contains = contains, .imul = imul, .seq_concat = concat, .seq_iconcat = iconcat, .seq_repeat = repeat, .buffer = &buffer},
    .methods = methods,
    .getsets = getsets,
};

/* -- Storage on its way to another array --------------------------------------------- */

bool array_check_exact(Value v) { return has_shape(v, SHAPE_NumArray); }

bool array_store_take(RpThread *th, Value v, ArrayStore *out) {
  NumArray *a = as_array(v);
  obj_lock(th, a);
  bool ok = !pinned(a);
  if (ok) {
    *out = (ArrayStore){a->code, a->data, a->n, a->capacity};
    a->data = NULL;
    store_relaxed(&a->n, 0);
    store_relaxed(&a->capacity, 0);
  }
  obj_unlock(th, a);
  if (!ok) return raise_error(th, &type_BufferError, "cannot move an array that is exporting buffers"), false;
  heap_external_sub(th->ctx, out->capacity * out->code->size);
  return true;
}

bool array_store_copy(RpThread *th, Value v, ArrayStore *out) {
  NumArray *a = as_array(v);
  uint64_t n;
  char *data = snapshot(th, a, &n);
  *out = (ArrayStore){a->code, data, n, n};
  return data != NULL;
}

void array_store_put_back(RpThread *th, Value v, ArrayStore *s) {
  NumArray *a = as_array(v);
  size_t bytes = s->capacity * s->code->size;
  bool counted = heap_external_add(th, bytes);
  if (!counted) error_clear(th);
  obj_lock(th, a);
  bool ok = counted && !a->data;
  if (ok) {
    a->data = s->data;
    store_relaxed(&a->capacity, s->capacity);
    store_relaxed(&a->n, s->n);
  }
  obj_unlock(th, a);
  if (ok) return;
  if (counted) heap_external_sub(th->ctx, bytes);
  array_store_drop(s);
}

Value array_from_store(RpThread *th, ArrayStore *s) {
  size_t bytes = s->capacity * s->code->size;
  bool counted = heap_external_add(th, bytes);
  NumArray *a = counted ? make(th, &type_NumArray, s->code) : NULL;
  if (!a) {
    if (counted) heap_external_sub(th->ctx, bytes);
    array_store_drop(s);
    return EMPTY;
  }
  a->data = s->data;
  a->n = s->n;
  a->capacity = s->capacity;
  s->data = NULL;
  return V(a);
}

void array_store_drop(ArrayStore *s) {
  free(s->data);
  s->data = NULL;
}

static int init(RpThread *th, Dict *dict) {
  Str *all = str_from_c(th, "bBuhHiIlLqQfd");
  return !all || dict_set_c(th, dict, "typecodes", V(all)) < 0 || dict_set_c(th, dict, "array", V(&type_NumArray)) < 0 ||
                 dict_set_c(th, dict, "ArrayType", V(&type_NumArray)) < 0
             ? -1
             : 0;
}

const ModuleSpec mod_array = {.doc = "This module defines an object type which can efficiently represent\nan array of basic values: characters, "
                                     "integers, floating point\nnumbers.  Arrays are sequence types and behave very much like lists,\nexcept that "
                                     "the type of objects stored in them is constrained.\n",
                              .init = init};
