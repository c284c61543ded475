/* int_type.c: the type int: constructor, methods, slots. Arithmetic: int.c. */
#include "runtime/bytes.h"
#include "runtime/format_num.h"
#include "runtime/int.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <gmp.h>

/* -- Construction --------------------------------------------------------------- */

/* An instance of a subclass with the value of v: its limbs, then the overflow word (obj_trailing_word). */
static Value subclass_instance(RpThread *th, Type *type, Value v) {
  IntView a;
  int_view(v, &a);
  Int *o = (Int *)heap_alloc(th, type->root_shape_id, K_INT, sizeof(Int) + (size_t)a.n * 8 + 8);
  if (!o) return EMPTY;
  o->n_limbs = (int32_t)(a.negative ? -a.n : a.n);
  memcpy(o->limbs, a.l, (size_t)a.n * 8);
  return value_object(o);
}

static Value raise_literal(RpThread *th, Value v, int base) {
  Str *repr = op_repr(th, v);
  if (repr && repr->length > 200) repr = str_slice(th, repr, 0, 200);
  return repr ? raise_value(th, "invalid literal for int() with base %d: %S", base, repr) : EMPTY;
}

static Value from_str(RpThread *th, Value v, int base) {
  size_t n;
  char *text = num_ascii(th, as_str(v), &n);
  if (!text) return EMPTY;
  Value r = int_parse_text(th, text, n, base);
  free(text);
  return r || th->pending ? r : raise_literal(th, v, base);
}

static bool has_buffer(Value v) { return is_object(v) && type_of(v)->slots.buffer; }
static Value from_buffer(RpThread *th, Value v, int base) {
  Buffer b;
  if (buffer_acquire(th, v, &b, false) < 0) return EMPTY;
  Value r = int_parse_text(th, b.data, (size_t)b.size, base);
  Bytes *copy = r || th->pending ? NULL : bytes_new(th, b.data, (size_t)b.size);
  buffer_release(th, &b);
  if (!copy) return r;
  return raise_literal(th, bytes_check(v) || has_kind(v, K_BYTEARRAY) ? v : value_object(copy), base);
}

/* The result of a conversion method, which must be an int; subclass instances become plain ints. */
static Value checked_int(RpThread *th, Value r, const char *method) {
  if (!r) return EMPTY;
  if (!int_check(r)) return raise_type(th, "%s returned non-int (type %T)", method, r);
  return int_plain(th, r);
}

Value int_from_object(RpThread *th, Value v) {
  if (int_check(v) && (is_int(v) || is_bool(v) || has_shape(v, SHAPE_int))) return int_plain(th, v);
  if (is_double(v)) return int_from_double(th, as_double(v));
  Type *t = type_of(v);
  if (t->slots.int_) return checked_int(th, t->slots.int_(th, v), "__int__");
  if (t->slots.index) return checked_int(th, t->slots.index(th, v), "__index__");
  Value trunc = op_lookup_special(th, v, S(__trunc__));
  if (trunc) {
    Value r = op_call0(th, trunc);
    if (!r || int_check(r)) return r ? int_plain(th, r) : EMPTY;
    Type *rt = type_of(r);
    if (rt->slots.index) return checked_int(th, rt->slots.index(th, r), "__index__");
    return raise_type(th, "__trunc__ returned non-Integral (type %T)", r);
  }
  if (th->pending) return EMPTY;
  if (str_check(v)) return from_str(th, v, 10);
  if (has_buffer(v)) return from_buffer(th, v, 10);
  return raise_type(th, "int() argument must be a string, a bytes-like object or a real number, not '%T'", v);
}

static Value from_based(RpThread *th, Value v, Value base_value) {
  Value index = op_index(th, base_value);
  if (!index) return EMPTY;
  int64_t base;
  if (!int_as_i64(index, &base) || (base != 0 && (base < 2 || base > 36)))
    return raise_value(th, "int() base must be >= 2 and <= 36, or 0");
  if (str_check(v)) return from_str(th, v, (int)base);
  if (bytes_check(v) || has_kind(v, K_BYTEARRAY)) return from_buffer(th, v, (int)base);
  return raise_type(th, "int() can't convert non-string with explicit base");
}

static Value int_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  int n_kw = kwnames ? (int)kwnames->length : 0;
  if (n_pos + n_kw > 2) return raise_type(th, "int() takes at most 2 arguments (%d given)", n_pos + n_kw);
  Value x = n_pos > 0 ? args[0] : EMPTY, base = n_pos > 1 ? args[1] : EMPTY;
  for (int i = 0; i < n_kw; i++) {
    if (!str_eq_c(as_str(kwnames->items[i]), "base"))
      return raise_type(th, "'%S' is an invalid keyword argument for int()", as_str(kwnames->items[i]));
    base = args[n_pos + i];
  }
  if (!x && base) return raise_type(th, "int() missing string argument");
  Value v = !x ? value_int(0) : base ? from_based(th, x, base) : int_from_object(th, x);
  return !v || type == &type_int ? v : subclass_instance(th, type, v);
}

/* -- Slots -------------------------------------------------------------------------- */

static Value int_repr(RpThread *th, Value self) {
  Str *s = int_to_str(th, self, 10);
  return s ? value_object(s) : EMPTY;
}
static int64_t slot_hash(RpThread *th, Value self) { return int_hash(self); }
static int slot_bool(RpThread *th, Value self) { return int_sign(self) != 0; }
static Value slot_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!int_check(a) || !int_check(b)) return NOT_IMPLEMENTED;
  return compare_answer(int_cmp(a, b), op);
}
#define BINARY(name)                                                                                \
  static Value slot_##name(RpThread *th, Value a, Value b) {                                        \
    return int_check(a) && int_check(b) ? int_##name(th, a, b) : NOT_IMPLEMENTED;                   \
  }
BINARY(add) BINARY(sub) BINARY(mul) BINARY(floordiv) BINARY(mod) BINARY(truediv)
BINARY(lshift) BINARY(rshift) BINARY(and) BINARY(or) BINARY(xor)
#undef BINARY
static Value slot_divmod(RpThread *th, Value a, Value b) {
  if (!int_check(a) || !int_check(b)) return NOT_IMPLEMENTED;
  if (int_sign(b) == 0) return raise_error(th, &type_ZeroDivisionError, "integer division or modulo by zero");
  Value pair[2];
  if (int_divmod(th, a, b, &pair[0], &pair[1]) < 0) return EMPTY;
  Tuple *t = tuple_new(th, pair, 2);
  return t ? value_object(t) : EMPTY;
}
static Value slot_pow(RpThread *th, Value a, Value b, Value mod) {
  if (!int_check(a) || !int_check(b) || (mod != NONE && !int_check(mod))) return NOT_IMPLEMENTED;
  return int_pow(th, a, b, mod);
}
static Value slot_float(RpThread *th, Value self) {
  double d = int_as_double(th, self);
  return th->pending ? EMPTY : value_double(d);
}

/* -- Methods ---------------------------------------------------------------------------- */

static Value m_plain(RpThread *th, const Value *a) { return int_plain(th, a[0]); }
static Value m_bit_length(RpThread *th, const Value *a) { return value_int(int_bits(a[0])); }
static Value m_bit_count(RpThread *th, const Value *a) {
  IntView x;
  int_view(a[0], &x);
  return value_int(x.n ? (int64_t)mpn_popcount(x.l, x.n) : 0);
}

static Value m_as_integer_ratio(RpThread *th, const Value *a) {
  Value v = int_plain(th, a[0]);
  Tuple *t = v ? tuple_of(th, 2, v, value_int(1)) : NULL;
  return t ? value_object(t) : EMPTY;
}

/* "big" is 1, "little" 0; -1 + pending. EMPTY is the default, big. */
static int byte_order(RpThread *th, Value v, const char *function) {
  if (!v) return 1;
  if (!str_check(v)) return raise_type(th, "%s() argument 'byteorder' must be str, not %T", function, v), -1;
  if (str_eq_c(as_str(v), "big")) return 1;
  if (str_eq_c(as_str(v), "little")) return 0;
  return raise_value(th, "byteorder must be either 'little' or 'big'"), -1;
}

/* Byte i of the two's complement form, least significant first; carry as in negation, starting at 1. */
static uint8_t twos_byte(const IntView *x, int64_t i, unsigned *carry) {
  uint8_t b = i / 8 < x->n ? (uint8_t)(x->l[i / 8] >> i % 8 * 8) : 0;
  if (!x->negative) return b;
  unsigned r = (unsigned)(uint8_t)~b + *carry;
  *carry = r >> 8;
  return (uint8_t)r;
}

static Value m_to_bytes(RpThread *th, const Value *a) { /* (self, length=1, byteorder='big', *, signed=False) */
  int64_t length = 1;
  if (a[1] && !op_as_i64(th, a[1], &length)) return EMPTY;
  int big = byte_order(th, a[2], "to_bytes"), is_signed = a[3] ? op_truth(th, a[3]) : 0;
  if (big < 0 || is_signed < 0) return EMPTY;
  if (length < 0) return raise_value(th, "length argument must be non-negative");
  IntView x;
  int_view(a[0], &x);
  if (x.negative && !is_signed) return raise_overflow(th, "can't convert negative int to unsigned");
  int64_t bits = int_bits(a[0]);
  if (is_signed && x.n) { /* one more for the sign, but -2^k needs k + 1 in all */
    bool power = x.negative && mpn_popcount(x.l, x.n) == 1;
    bits += !power;
  }
  if (length < (int64_t)1 << 56 && bits > length * 8) return raise_overflow(th, "int too big to convert");
  Bytes *out = bytes_new(th, NULL, (size_t)length);
  if (!out) return EMPTY;
  unsigned carry = 1;
  for (int64_t i = 0; i < length; i++) out->data[big ? length - 1 - i : i] = twos_byte(&x, i, &carry);
  return value_object(out);
}

static Value limbs_from_bytes(RpThread *th, const uint8_t *p, int64_t n, bool big, bool is_signed) {
  int64_t limbs = (n + 7) / 8;
  bool negative = is_signed && n && (p[big ? 0 : n - 1] & 0x80);
  Int *r = int_alloc(th, limbs ? limbs : 1);
  if (!r) return EMPTY;
  if (negative && limbs) r->limbs[limbs - 1] = ~(uint64_t)0;
  for (int64_t i = 0; i < n; i++) {
    uint64_t b = p[big ? n - 1 - i : i], shift = (uint64_t)(i % 8 * 8);
    r->limbs[i / 8] = (r->limbs[i / 8] & ~((uint64_t)0xFF << shift)) | b << shift;
  }
  if (negative) mpn_neg(r->limbs, r->limbs, limbs);
  return int_finish(r, limbs, negative);
}

static Value m_from_bytes(RpThread *th, const Value *a) { /* (cls, bytes, byteorder='big', *, signed=False) */
  int big = byte_order(th, a[2], "from_bytes"), is_signed = a[3] ? op_truth(th, a[3]) : 0;
  if (big < 0 || is_signed < 0) return EMPTY;
  Value src = a[1];
  if (!has_buffer(src)) {
    Type *t = type_of(src);
    if (str_check(src) || (!t->slots.iter && !t->slots.getitem && !type_lookup(th, t, S(__bytes__))))
      return raise_type(th, "cannot convert '%T' object to bytes", src);
    src = op_call1(th, value_object(&type_bytes), src);
    if (!src) return EMPTY;
  }
  Buffer b;
  if (buffer_acquire(th, src, &b, false) < 0) return EMPTY;
  Value v = limbs_from_bytes(th, b.data, b.size, big, is_signed);
  buffer_release(th, &b);
  if (!v || a[0] == value_object(&type_int)) return v;
  return op_call1(th, a[0], v);
}

/* round(self, n) for negative n: to the nearest multiple of 10^-n, ties to the even multiple. */
static Value round_to_power(RpThread *th, Value self, int64_t digits) {
  if (digits > int_bits(self) / 3 + 2) return value_int(0); /* 10^digits > 2 |self| */
  Value unit = int_pow(th, value_int(10), value_int(digits), NONE), q, r;
  if (!unit || int_divmod(th, self, unit, &q, &r) < 0) return EMPTY;
  Value twice = int_add(th, r, r);
  if (!twice) return EMPTY;
  int c = int_cmp(twice, unit);
  Value low = int_sub(th, self, r);
  return low && (c > 0 || (c == 0 && int_is_odd(q))) ? int_add(th, low, unit) : low;
}
static Value m_round(RpThread *th, const Value *a) {
  if (!a[1]) return int_plain(th, a[0]);
  Value n = op_index(th, a[1]);
  if (!n) return EMPTY;
  if (int_sign(n) >= 0) return int_plain(th, a[0]);
  int64_t digits;
  if (!int_as_i64(n, &digits) || digits == INT64_MIN) return value_int(0);
  return round_to_power(th, a[0], -digits);
}

static Value m_format(RpThread *th, const Value *a) { return format_num_method(th, a[0], a[1]); }
static Value m_getnewargs(RpThread *th, const Value *a) {
  Value v = int_plain(th, a[0]);
  Tuple *t = v ? tuple_new(th, &v, 1) : NULL;
  return t ? value_object(t) : EMPTY;
}
/* CPython's arithmetic with its 30-bit digits, so that programs that print sizes agree. */
static Value m_sizeof(RpThread *th, const Value *a) {
  int64_t digits = (int_bits(a[0]) + 29) / 30;
  return value_int(24 + 4 * (digits ? digits : 1));
}

static const NativeDef int_methods[] = {
    {"conjugate", m_plain, "(self, /)", NATIVE_PURE, "Returns self, the complex conjugate of any int."},
    {"bit_length", m_bit_length, "(self, /)", NATIVE_PURE, "Number of bits necessary to represent self in binary."},
    {"bit_count", m_bit_count, "(self, /)", NATIVE_PURE, "Number of ones in the binary representation of the absolute value of self."},
    {"to_bytes", m_to_bytes, "(self, /, length=1, byteorder='big', *, signed=False)", 0, "Return an array of bytes representing an integer."},
    {"from_bytes", m_from_bytes, "(type, /, bytes, byteorder='big', *, signed=False)", NATIVE_CLASSMETHOD,
     "Return the integer represented by the given array of bytes."},
    {"as_integer_ratio", m_as_integer_ratio, "(self, /)", 0, "Return integer ratio."},
    {"__trunc__", m_plain, "(self, /)", 0, "Truncating an Integral returns itself."},
    {"__floor__", m_plain, "(self, /)", 0, "Flooring an Integral returns itself."},
    {"__ceil__", m_plain, "(self, /)", 0, "Ceiling of an Integral returns itself."},
    {"__round__", m_round, "(self, ndigits=<unrepresentable>, /)", 0, "Rounding an Integral returns itself."},
    {"__getnewargs__", m_getnewargs, "(self, /)", 0, NULL},
    {"__format__", m_format, "(self, format_spec, /)", 0, NULL},
    {"__sizeof__", m_sizeof, "(self, /)", 0, "Returns size in memory, in bytes."},
    {0},
};

static Value get_zero(RpThread *th, Value self) { return value_int(0); }
static Value get_one(RpThread *th, Value self) { return value_int(1); }
static const GetSetDef int_getsets[] = {
    {"real", int_plain, NULL, "the real part of a complex number"},
    {"imag", get_zero, NULL, "the imaginary part of a complex number"},
    {"numerator", int_plain, NULL, "the numerator of a rational number in lowest terms"},
    {"denominator", get_one, NULL, "the denominator of a rational number in lowest terms"},
    {0},
};

const TypeSpec spec_int = {
    .doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments\n"
           "are given.  If x is a number, return x.__int__().  For floating point\nnumbers, this truncates towards zero.\n\n"
           "If x is not a number or if base is given, then x must be a string,\nbytes, or bytearray instance representing an integer "
           "literal in the\ngiven base.  The literal can be preceded by '+' or '-' and be surrounded\nby whitespace.  The base defaults "
           "to 10.  Valid bases are 0 and 2-36.\nBase 0 means to interpret the base from the string as an integer literal.\n"
           ">>> int('0b100', base=0)\n4",
    .size = sizeof(Int),
    .slots =
        {
            .repr = int_repr,
            .hash = slot_hash,
            .compare = slot_compare,
            .new_ = int_new,
            .bool_ = slot_bool,
            .add = slot_add,
            .sub = slot_sub,
            .mul = slot_mul,
            .mod = slot_mod,
            .divmod = slot_divmod,
            .lshift = slot_lshift,
            .rshift = slot_rshift,
            .and_ = slot_and,
            .xor_ = slot_xor,
            .or_ = slot_or,
            .floordiv = slot_floordiv,
            .truediv = slot_truediv,
            .pow = slot_pow,
            .neg = int_neg,
            .pos = int_plain,
            .abs = int_abs,
            .invert = int_invert,
            .int_ = int_plain,
            .float_ = slot_float,
            .index = int_plain,
        },
    .methods = int_methods,
    .getsets = int_getsets,
};
