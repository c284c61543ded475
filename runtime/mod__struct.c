/* mod__struct.c: module _struct: numbers to bytes and back by format string. */
#include "runtime/bytes_util.h"
#include "runtime/dict.h"
#include "runtime/mod_error.h"

typedef struct Item { char code; int64_t size, offset, repeat; } Item; /* 's' and 'p': one item of `size` bytes */

typedef struct Struct {
  Object hdr;
  Value overflow;
  Value format;         /* str, EMPTY before __init__ */
  Item *items;          /* malloc'ed */
  int64_t n_items, n_values, size;
  bool native, big;
} Struct;

typedef struct UnpackIter { Object hdr; Struct *st; Value source; int64_t at; } UnpackIter;

#define ERROR(...) module_error_raise(th, "_struct", "error", __VA_ARGS__)

/* -- Format strings -------------------------------------------------------------------------------------------------- */

static int64_t code_size(char c, bool native) {
  switch (c) {
  case 'x': case 'c': case 'b': case 'B': case '?': case 's': case 'p': return 1;
  case 'h': case 'H': case 'e': return 2;
  case 'i': case 'I': case 'f': return 4;
  case 'l': case 'L': return native ? 8 : 4;
  case 'q': case 'Q': case 'd': return 8;
  case 'n': case 'N': case 'P': return native ? 8 : 0;
  default: return 0;
  }
}

static bool bad(RpThread *th, const char *text) { return ERROR("%s", text), false; }

/* Fills st from the format; items hold no references, so a failed parse just frees them. */
static bool parse(RpThread *th, Struct *st, const char *f, size_t n) {
  st->native = true;
  size_t i = 0;
  bool align = true;
  if (n && strchr("@=<>!", f[0]) && f[0]) {
    align = st->native = f[0] == '@';
    st->big = f[0] == '>' || f[0] == '!';
    i = 1;
  }
  free(st->items);
  st->items = malloc((n + 1) * sizeof *st->items);
  if (!st->items) return raise_memory(th), false;
  st->n_items = st->n_values = st->size = 0;
  while (i < n) {
    char c = f[i++];
    if (c == ' ' || (c >= 9 && c <= 13)) continue;
    int64_t num = 1;
    if (c >= '0' && c <= '9') {
      for (num = 0; c >= '0' && c <= '9'; c = f[i++]) {
        if (num > (INT64_MAX - 9) / 10) return bad(th, "total struct size too long");
        num = num * 10 + c - '0';
        if (i >= n) return bad(th, "repeat count given without format specifier");
      }
    }
    int64_t size = code_size(c, st->native), total;
    if (!size) return bad(th, c ? "bad char in struct format" : "embedded null character");
    if (align && size > 1 && __builtin_add_overflow(st->size, -st->size & (size - 1), &st->size)) return bad(th, "total struct size too long");
    if (__builtin_mul_overflow(num, size, &total) || __builtin_add_overflow(st->size, total, &total)) return bad(th, "total struct size too long");
    if (c == 's' || c == 'p') {
      st->items[st->n_items++] = (Item){c, num, st->size, 1};
      st->n_values++;
    } else if (c != 'x' && num) {
      st->items[st->n_items++] = (Item){c, size, st->size, num};
      st->n_values += num;
    }
    st->size = total;
  }
  return true;
}

/* -- One value --------------------------------------------------------------------------------------------------------- */

static void put_bytes(uint8_t *p, uint64_t v, int64_t size, bool big) {
  for (int64_t i = 0; i < size; i++) p[big ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
}
static uint64_t get_bytes(const uint8_t *p, int64_t size, bool big) {
  uint64_t v = 0;
  for (int64_t i = 0; i < size; i++) v |= (uint64_t)p[big ? size - 1 - i : i] << 8 * i;
  return v;
}

static bool pack_int(RpThread *th, const Struct *st, const Item *it, uint8_t *p, Value v) {
  static const struct { char code; const char *name; } names[] = {{'b', "byte"}, {'B', "ubyte"}, {'h', "short"}, {'H', "ushort"}};
  if (!int_check(v) && !type_of(v)->slots.index) return bad(th, "required argument is not an integer");
  Value n = op_index(th, v);
  if (n == EMPTY) return false;
  int64_t i;
  bool is_signed = it->code >= 'a', pointer = it->code == 'P';
  if (!int_as_i64(n, &i)) {
    if (it->size == 8 && !is_signed && int_sign(n) > 0) {
      Value hi = int_rshift(th, n, value_int(32)), lo = int_and(th, n, value_int(0xFFFFFFFF));
      int64_t h, l;
      if (hi == EMPTY || lo == EMPTY) return false;
      if (int_as_i64(hi, &h) && int_as_i64(lo, &l) && h <= 0xFFFFFFFF)
        return put_bytes(p, (uint64_t)h << 32 | (uint64_t)l, 8, st->big), true;
    }
    return bad(th, pointer ? "int too large to convert" : "argument out of range");
  }
  int bits = (int)it->size * 8;
  int64_t lo = is_signed ? (bits == 64 ? INT64_MIN : -((int64_t)1 << (bits - 1))) : pointer ? INT64_MIN : 0;
  int64_t hi = bits == 64 ? INT64_MAX : is_signed ? ((int64_t)1 << (bits - 1)) - 1 : ((int64_t)1 << bits) - 1;
  if (i < lo || i > hi) {
    for (size_t k = 0; k < countof(names); k++)
      if (names[k].code == it->code)
        return ERROR("%s format requires %lld <= number <= %lld", names[k].name, (long long)lo, (long long)hi), false;
    if (it->size == 8) return bad(th, "argument out of range");
    return ERROR("'%c' format requires %lld <= number <= %lld", it->code, (long long)lo, (long long)hi), false;
  }
  put_bytes(p, (uint64_t)i, it->size, st->big);
  return true;
}

static bool pack_float(RpThread *th, const Struct *st, const Item *it, uint8_t *p, Value v) {
  double d;
  if (!op_as_double(th, v, &d)) {
    if (!error_is(th, &type_TypeError)) return false;
    error_clear(th);
    return bad(th, "required argument is not a float");
  }
  uint64_t bits = 0;
  float f = (float)d;
  _Float16 h = (_Float16)d;
  if (it->code == 'd') memcpy(&bits, &d, 8);
  else if (it->code == 'f') memcpy(&bits, &f, 4);
  else memcpy(&bits, &h, 2);
  bool finite = d - d == 0;
  if (finite && ((it->code == 'f' && !st->native && f - f != 0) || (it->code == 'e' && h - h != 0)))
    return raise_overflow(th, "float too large to pack with %c format", it->code), false;
  put_bytes(p, bits, it->size, st->big);
  return true;
}

static bool pack_text(RpThread *th, const Item *it, uint8_t *p, Value v) {
  if (!bytes_or_bytearray(v)) return ERROR("argument for '%c' must be a bytes object", it->code), false;
  Span s = bytes_span(v);
  size_t n = s.n;
  if (it->code == 's') {
    if (n > (size_t)it->size) n = (size_t)it->size;
    memcpy(p, s.p, n);
    return true;
  }
  if (it->size == 0) return true;
  if (n > (size_t)it->size - 1) n = (size_t)it->size - 1;
  memcpy(p + 1, s.p, n);
  p[0] = n > 255 ? 255 : (uint8_t)n;
  return true;
}

static bool pack_one(RpThread *th, const Struct *st, const Item *it, uint8_t *p, Value v) {
  switch (it->code) {
  case 's': case 'p': return pack_text(th, it, p, v);
  case 'c':
    if (!bytes_check(v) || as_bytes(v)->length != 1) return bad(th, "char format requires a bytes object of length 1");
    *p = as_bytes(v)->data[0];
    return true;
  case '?': {
    int t = op_truth(th, v);
    *p = t > 0;
    return t >= 0;
  }
  case 'e': case 'f': case 'd': return pack_float(th, st, it, p, v);
  default: return pack_int(th, st, it, p, v);
  }
}

static Value unpack_one(RpThread *th, const Struct *st, const Item *it, const uint8_t *p) {
  if (it->code == 's' || it->code == 'c') return vstr(bytes_new(th, p, (size_t)it->size));
  if (it->code == 'p') {
    size_t n = it->size ? p[0] : 0;
    if (it->size && n > (size_t)it->size - 1) n = (size_t)it->size - 1;
    return vstr(bytes_new(th, p + (it->size > 0), n));
  }
  uint64_t v = get_bytes(p, it->size, st->big);
  switch (it->code) {
  case '?': return value_bool(v != 0);
  case 'd': { double d; memcpy(&d, &v, 8); return value_double_canon(d); }
  case 'f': { float f; memcpy(&f, &v, 4); return value_double_canon((double)f); }
  case 'e': { _Float16 h; memcpy(&h, &v, 2); return value_double_canon((double)h); }
  case 'b': return value_int((int8_t)v);
  case 'h': return value_int((int16_t)v);
  case 'i': return value_int((int32_t)v);
  case 'l': case 'q': case 'n': return int_from_i64(th, it->size == 4 ? (int32_t)v : (int64_t)v);
  default: return int_from_u64(th, v);
  }
}

static Tuple *unpack_all(RpThread *th, const Struct *st, const uint8_t *p) {
  Tuple *t = st->n_values ? tuple_alloc(th, (size_t)st->n_values) : tuple_empty_;
  int64_t k = 0;
  for (int64_t i = 0; t && i < st->n_items; i++)
    for (int64_t r = 0; r < st->items[i].repeat; r++) {
      Value v = unpack_one(th, st, &st->items[i], p + st->items[i].offset + r * st->items[i].size);
      if (v == EMPTY) return NULL;
      obj_store(th, t, &t->items[k++], v);
    }
  return t;
}

static bool pack_all(RpThread *th, const Struct *st, uint8_t *p, const Value *values) {
  memset(p, 0, (size_t)st->size);
  for (int64_t i = 0; i < st->n_items; i++)
    for (int64_t r = 0; r < st->items[i].repeat; r++)
      if (!pack_one(th, st, &st->items[i], p + st->items[i].offset + r * st->items[i].size, *values++)) return false;
  return true;
}

/* -- Struct objects --------------------------------------------------------------------------------------------------------- */

static bool set_format(RpThread *th, Struct *st, Value format) {
  Str *text;
  if (str_check(format)) text = as_str(format);
  else if (bytes_or_bytearray(format)) text = str_from_latin1(th, bytes_span(format).p, bytes_span(format).n);
  else return raise_type(th, "Struct() argument 1 must be a str or bytes object, not %T", format), false;
  if (!text) return false;
  if (!str_is_ascii(text)) return raise_value(th, "non-ASCII character in struct format"), false;
  obj_store(th, st, &st->format, value_object(text));
  return parse(th, st, text->c, text->length);
}

static Struct *struct_of(RpThread *th, Value format) {
  if (format != EMPTY && value_is_instance(format, &type_struct_Struct)) return (Struct *)as_object(format);
  Struct *st = heap_new(th, Struct, SHAPE_struct_Struct, K_NATIVE_OBJECT);
  return st && set_format(th, st, format) ? st : NULL;
}

static void s_trace(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((Struct *)o)->format)); }
static void s_free(RpContext *ctx, Object *o) { free(((Struct *)o)->items); }
static Value s_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return vstr(type == &type_struct_Struct ? (Object *)heap_new(th, Struct, SHAPE_struct_Struct, K_NATIVE_OBJECT) : type_alloc(th, type));
}
static int s_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"format"};
  Value a[1];
  Struct *st = (Struct *)as_object(self);
  if (!args_by_name(th, "Struct", args, n_pos, kwnames, names, 1, 1, a)) return -1;
  return set_format(th, st, a[0]) ? 0 : -1;
}
static bool ready(RpThread *th, const Struct *st) {
  if (st->items) return true;
  raise_runtime(th, "Struct object is not initialized");
  return false;
}

/* -- Operations: the method form and the function form share these ------------------------------------------------------------ */

static Value do_pack(RpThread *th, Struct *st, const Value *v, int64_t n) {
  if (!ready(th, st)) return EMPTY;
  if (n != st->n_values) return ERROR("pack expected %lld items for packing (got %lld)", (long long)st->n_values, (long long)n);
  Bytes *b = bytes_new(th, NULL, (size_t)st->size);
  return b && pack_all(th, st, b->data, v) ? value_object(b) : EMPTY;
}

/* Where `size` bytes at `offset` of a buffer of n begin; -1 after raising. */
static int64_t place(RpThread *th, int64_t offset, int64_t n, int64_t size, bool packing) {
  if (offset < 0) {
    if (offset + size > 0)
      return ERROR(packing ? "no space to pack %lld bytes at offset %lld" : "not enough data to unpack %lld bytes at offset %lld",
                   (long long)size, (long long)offset), -1;
    if (offset + n < 0) return ERROR("offset %lld out of range for %lld-byte buffer", (long long)offset, (long long)n), -1;
    offset += n;
  }
  if (n - offset >= size) return offset;
  ERROR("%s requires a buffer of at least %llu bytes for %s %lld bytes at offset %lld (actual buffer size is %lld)",
        packing ? "pack_into" : "unpack_from", (unsigned long long)size + (unsigned long long)offset, packing ? "packing" : "unpacking",
        (long long)size, (long long)offset, (long long)n);
  return -1;
}

static Value do_pack_into(RpThread *th, Struct *st, const Value *v, int64_t n) {
  if (!ready(th, st)) return EMPTY;
  if (n < 1) return ERROR("pack_into expected buffer argument");
  if (n < 2) return ERROR("pack_into expected offset argument");
  if (n - 2 != st->n_values) return ERROR("pack_into expected %lld items for packing (got %lld)", (long long)st->n_values, (long long)n - 2);
  Buffer b;
  int64_t offset;
  if (!arg_ssize(th, v[1], 0, &offset) || buffer_acquire(th, v[0], &b, true) < 0) return EMPTY;
  offset = place(th, offset, b.size, st->size, true);
  bool ok = offset >= 0 && pack_all(th, st, (uint8_t *)b.data + offset, v + 2);
  buffer_release(th, &b);
  return ok ? NONE : EMPTY;
}

static Value do_unpack(RpThread *th, Struct *st, Value source) {
  Buffer b;
  if (!ready(th, st) || buffer_acquire(th, source, &b, false) < 0) return EMPTY;
  Tuple *t = NULL;
  if (b.size != st->size) ERROR("unpack requires a buffer of %lld bytes", (long long)st->size);
  else t = unpack_all(th, st, b.data);
  buffer_release(th, &b);
  return vstr(t);
}

static Value do_unpack_from(RpThread *th, Struct *st, Value source, Value at) {
  Buffer b;
  int64_t offset;
  if (!ready(th, st) || !arg_ssize(th, at, 0, &offset) || buffer_acquire(th, source, &b, false) < 0) return EMPTY;
  offset = place(th, offset, b.size, st->size, false);
  Tuple *t = offset < 0 ? NULL : unpack_all(th, st, (uint8_t *)b.data + offset);
  buffer_release(th, &b);
  return vstr(t);
}

static Value do_iter(RpThread *th, Struct *st, Value source) {
  Buffer b;
  if (!ready(th, st)) return EMPTY;
  if (st->size == 0) return ERROR("cannot iteratively unpack with a struct of length 0");
  if (buffer_acquire(th, source, &b, false) < 0) return EMPTY;
  int64_t n = b.size;
  buffer_release(th, &b);
  if (n % st->size) return ERROR("iterative unpacking requires a buffer of a multiple of %lld bytes", (long long)st->size);
  UnpackIter *it = heap_new(th, UnpackIter, SHAPE_struct_iter, K_NATIVE_OBJECT);
  if (!it) return EMPTY;
  it->st = st;
  it->source = source;
  return value_object(it);
}

static void i_trace(Tracer *tr, Object *o) {
  trace_ref(tr, ((UnpackIter *)o)->st);
  trace_value(tr, load_consume(&((UnpackIter *)o)->source));
}
static Value i_next(RpThread *th, Value self) {
  UnpackIter *it = (UnpackIter *)as_object(self);
  Buffer b;
  if (buffer_acquire(th, it->source, &b, false) < 0) return EMPTY;
  int64_t at = load_relaxed(&it->at);
  Tuple *t = NULL;
  if (b.size - at >= it->st->size) {
    t = unpack_all(th, it->st, (uint8_t *)b.data + at);
    store_relaxed(&it->at, at + it->st->size);
  }
  buffer_release(th, &b);
  return vstr(t);
}
static Value i_hint(RpThread *th, const Value *a) {
  UnpackIter *it = (UnpackIter *)as_object(a[0]);
  int64_t n = op_len(th, it->source);
  return n < 0 ? EMPTY : value_int((n - it->at) / it->st->size);
}
static const NativeDef i_methods[] = {{"__length_hint__", i_hint, "(self, /)", 0, NULL, NULL}, {NULL}};
const TypeSpec spec_struct_iter = {.size = sizeof(UnpackIter), .slots = {.trace = i_trace, .iter = iter_self, .next = i_next}, .methods = i_methods};

#define SELF ((Struct *)as_object(a[0]))
static Value s_pack(RpThread *th, const Value *a) { return do_pack(th, SELF, as_tuple(a[1])->items, (int64_t)as_tuple(a[1])->length); }
static Value s_pack_into(RpThread *th, const Value *a) { return do_pack_into(th, SELF, as_tuple(a[1])->items, (int64_t)as_tuple(a[1])->length); }
static Value s_unpack(RpThread *th, const Value *a) { return do_unpack(th, SELF, a[1]); }
static Value s_unpack_from(RpThread *th, const Value *a) { return do_unpack_from(th, SELF, a[1], a[2]); }
static Value s_iter_unpack(RpThread *th, const Value *a) { return do_iter(th, SELF, a[1]); }
static Value s_format(RpThread *th, Value self) {
  Value f = ((Struct *)as_object(self))->format;
  return f == EMPTY ? raise_attribute(th, "format") : f;
}
static Value s_size(RpThread *th, Value self) { return int_from_i64(th, ((Struct *)as_object(self))->size); }
static const NativeDef s_methods[] = {
    {"pack", s_pack, "(self, *args)", 0, "S.pack(v1, v2, ...) -> bytes", NULL},
    {"pack_into", s_pack_into, "(self, *args)", 0, "S.pack_into(buffer, offset, v1, v2, ...)", NULL},
    {"unpack", s_unpack, "(self, buffer, /)", 0, "Return a tuple containing unpacked values.", NULL},
    {"unpack_from", s_unpack_from, "(self, /, buffer, offset=0)", 0, "Return a tuple containing unpacked values.", NULL},
    {"iter_unpack", s_iter_unpack, "(self, buffer, /)", 0, "Return an iterator yielding tuples.", NULL},
    {NULL}};
static const GetSetDef s_getsets[] = {{"format", s_format, NULL, "struct format string"}, {"size", s_size, NULL, "struct size in bytes"}, {NULL}};
const TypeSpec spec_struct_Struct = {
    .doc = "Struct(fmt) --> compiled struct object",
    .size = sizeof(Struct),
    .slots = {.trace = s_trace, .free_ = s_free, .new_ = s_new, .init = s_init},
    .methods = s_methods,
    .getsets = s_getsets,
};

static Value f_calcsize(RpThread *th, const Value *a) {
  Struct *st = struct_of(th, a[0]);
  return st ? int_from_i64(th, st->size) : EMPTY;
}
static Value f_pack(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]);
  if (!t->length) return raise_type(th, "missing format argument");
  Struct *st = struct_of(th, t->items[0]);
  return st ? do_pack(th, st, t->items + 1, (int64_t)t->length - 1) : EMPTY;
}
static Value f_pack_into(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]);
  if (!t->length) return raise_type(th, "missing format argument");
  Struct *st = struct_of(th, t->items[0]);
  return st ? do_pack_into(th, st, t->items + 1, (int64_t)t->length - 1) : EMPTY;
}
static Value f_unpack(RpThread *th, const Value *a) {
  Struct *st = struct_of(th, a[0]);
  return st ? do_unpack(th, st, a[1]) : EMPTY;
}
static Value f_unpack_from(RpThread *th, const Value *a) {
  Struct *st = struct_of(th, a[0]);
  return st ? do_unpack_from(th, st, a[1], a[2]) : EMPTY;
}
static Value f_iter_unpack(RpThread *th, const Value *a) {
  Struct *st = struct_of(th, a[0]);
  return st ? do_iter(th, st, a[1]) : EMPTY;
}
static Value f_clearcache(RpThread *th, const Value *a) { return NONE; } /* nothing is cached */

static const NativeDef functions[] = {
    {"calcsize", f_calcsize, "(format, /)", 0, "Return size in bytes of the struct described by the format string.", NULL},
    {"pack", f_pack, "(*args)", 0, "pack(format, v1, v2, ...) -> bytes", NULL},
    {"pack_into", f_pack_into, "(*args)", 0, "pack_into(format, buffer, offset, v1, v2, ...)", NULL},
    {"unpack", f_unpack, "(format, buffer, /)", 0, "Return a tuple containing values unpacked according to the format string.", NULL},
    {"unpack_from", f_unpack_from, "(format, /, buffer, offset=0)", 0, "Return a tuple containing values unpacked according to the format string.", NULL},
    {"iter_unpack", f_iter_unpack, "(format, buffer, /)", 0, "Return an iterator yielding tuples unpacked from the given bytes.", NULL},
    {"_clearcache", f_clearcache, "()", 0, "Clear the internal cache.", NULL},
    {NULL}};

static int init(RpThread *th, Dict *d) {
  if (dict_set_c(th, d, "Struct", value_object(&type_struct_Struct)) < 0) return -1;
  return module_error_add(th, d, "struct", "error", &type_Exception);
}

const ModuleSpec mod__struct = {.doc = "Functions to convert between Python values and C structs.", .functions = functions, .init = init};
