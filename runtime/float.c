/* float.c: arithmetic, methods and the type float. A float is an immediate; only subclass instances are objects (Float). */
#include "runtime/float.h"
#include "runtime/bytes.h"
#include "runtime/complex.h"
#include "runtime/dtoa.h"
#include "runtime/format_num.h"
#include "runtime/int.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <errno.h>
#include <math.h>

double float_value(Value v) { return is_double(v) ? as_double(v) : ((Float *)as_object(v))->v; }

int num_as_double(RpThread *th, Value v, double *out) {
  if (is_double(v)) return *out = as_double(v), 1;
  if (is_int(v)) return *out = (double)as_int(v), 1;
  if (float_check(v)) return *out = float_value(v), 1;
  if (!int_check(v)) return 0;
  *out = int_as_double(th, v);
  return th->pending ? -1 : 1;
}

/* -- Arithmetic -------------------------------------------------------------- */

double float_mod(double a, double b) {
  double m = fmod(a, b);
  if (m == 0) return copysign(0.0, b);
  return (b < 0) != (m < 0) ? m + b : m;
}

static double floor_quotient(double a, double b, double *mod) {
  double m = fmod(a, b), q = (a - m) / b;
  if (m == 0) m = copysign(0.0, b);
  else if ((b < 0) != (m < 0)) m += b, q -= 1.0;
  *mod = m;
  if (q == 0) return copysign(0.0, a / b);
  double f = floor(q);
  return q - f > 0.5 ? f + 1.0 : f;
}
double float_floordiv(double a, double b) {
  double mod;
  return floor_quotient(a, b, &mod);
}
Value float_divmod_pair(RpThread *th, double a, double b) {
  double mod, q = floor_quotient(a, b, &mod);
  Tuple *t = tuple_of(th, 2, value_double(q), value_double(mod));
  return t ? value_object(t) : EMPTY;
}

Value raise_range(RpThread *th) {
  Str *text = str_from_c(th, "Numerical result out of range");
  Value exc = text ? op_call2(th, value_object(&type_OverflowError), value_int(ERANGE), value_object(text)) : EMPTY;
  return exc ? raise_value_object(th, exc) : EMPTY;
}

static bool is_odd(double d) { return fmod(fabs(d), 2.0) == 1.0; }

Value float_pow(RpThread *th, double a, double b) {
  if (b == 0) return value_double(1.0);
  if (a != a) return value_double(a);
  if (b != b) return value_double(a == 1.0 ? 1.0 : b);
  if (isinf(b)) {
    a = fabs(a);
    if (a == 1.0) return value_double(1.0);
    return value_double((b > 0) == (a > 1.0) ? fabs(b) : 0.0);
  }
  if (isinf(a)) {
    bool odd = is_odd(b);
    if (b > 0) return value_double(odd ? a : fabs(a));
    return value_double(odd ? copysign(0.0, a) : 0.0);
  }
  if (a == 0) {
    if (b < 0) return raise_error(th, &type_ZeroDivisionError, "0.0 cannot be raised to a negative power");
    return value_double(is_odd(b) ? a : 0.0);
  }
  bool negative = false;
  if (a < 0) {
    if (b != floor(b)) return complex_pow_value(th, (Cplx){a, 0}, (Cplx){b, 0});
    a = -a;
    negative = is_odd(b);
  }
  double r = a == 1.0 ? 1.0 : pow(a, b);
  if (isinf(r)) return raise_range(th);
  return value_double(negative ? -r : r);
}

/* -- Hash and comparison --------------------------------------------------------- */

#define HASH_BITS 61
#define HASH_MOD (((uint64_t)1 << HASH_BITS) - 1)

int64_t float_hash(double d) {
  if (d > -0x1p47 && d < 0x1p47 && d == (double)(int64_t)d) return (int64_t)d == -1 ? -2 : (int64_t)d;
  if (isinf(d)) return d > 0 ? 314159 : -314159;
  if (d != d) return 0x7FF8000; /* CPython hashes the object's address: anything goes */
  int e;
  double m = frexp(fabs(d), &e);
  uint64_t x = 0;
  while (m != 0) {
    x = ((x << 28) & HASH_MOD) | x >> (HASH_BITS - 28);
    m *= 0x1p28;
    e -= 28;
    uint64_t y = (uint64_t)m;
    m -= (double)y;
    x += y;
    if (x >= HASH_MOD) x -= HASH_MOD;
  }
  e = e >= 0 ? e % HASH_BITS : HASH_BITS - 1 - (-1 - e) % HASH_BITS;
  x = ((x << e) & HASH_MOD) | x >> (HASH_BITS - e);
  int64_t h = d < 0 ? -(int64_t)x : (int64_t)x;
  return h == -1 ? -2 : h;
}

/* |d| and a magnitude with as many bits: limb by limb. */
static int cmp_same_bits(double m, int e, const IntView *x) {
  uint64_t mant = (uint64_t)ldexp(m, 53);
  int64_t shift = e - 53;
  for (int64_t i = x->n - 1; i >= 0; i--) {
    int64_t up = shift - 64 * i;
    uint64_t limb = up >= 64 || up <= -64 ? 0 : up >= 0 ? mant << up : mant >> -up;
    if (limb != x->l[i]) return limb < x->l[i] ? -1 : 1;
  }
  return shift < 0 && (mant & (((uint64_t)1 << -shift) - 1)) ? 1 : 0; /* e > 0 here, so -shift < 53 */
}
int float_cmp_int(double d, Value i) {
  int64_t small;
  if (d != d) return 2;
  if (int_as_i64(i, &small) && int_fits(small)) return (d > (double)small) - (d < (double)small);
  IntView x;
  int_view(i, &x);
  if (isinf(d) || d < 0 != x.negative || d == 0) return d == 0 ? (x.negative ? 1 : -1) : d > 0 ? 1 : -1;
  int e, c;
  double m = frexp(fabs(d), &e);
  int64_t bits = int_bits(i);
  c = e != bits ? (e < bits ? -1 : 1) : cmp_same_bits(m, e, &x);
  return x.negative ? -c : c;
}

static Value slot_compare(RpThread *th, Value a, Value b, CompareOp op) {
  double x = float_value(a), y;
  if (float_check(b)) y = float_value(b);
  else if (int_check(b)) {
    int c = float_cmp_int(x, b);
    x = c == 2 ? NAN : c;
    y = 0;
  } else {
    return NOT_IMPLEMENTED;
  }
  switch (op) {
  case CMP_LT: return value_bool(x < y);
  case CMP_LE: return value_bool(x <= y);
  case CMP_EQ: return value_bool(x == y);
  case CMP_NE: return value_bool(x != y);
  case CMP_GT: return value_bool(x > y);
  case CMP_GE: return value_bool(x >= y);
  }
  return NOT_IMPLEMENTED;
}

/* -- Slots ---------------------------------------------------------------------------- */

/* Both operands as doubles in x and y, or leave: NOT_IMPLEMENTED or error. */
#define OPERANDS(a, b)                                                                              \
  double x, y;                                                                                      \
  int ok = num_as_double(th, a, &x);                                                                \
  if (ok > 0) ok = num_as_double(th, b, &y);                                                        \
  if (ok <= 0) return ok == 0 ? NOT_IMPLEMENTED : EMPTY

static Value slot_add(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return value_double(x + y);
}
static Value slot_sub(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return value_double(x - y);
}
static Value slot_mul(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return value_double(x * y);
}
static Value slot_truediv(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise_error(th, &type_ZeroDivisionError, "float division by zero");
  return value_double(x / y);
}
static Value slot_floordiv(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise_error(th, &type_ZeroDivisionError, "float floor division by zero");
  return value_double(float_floordiv(x, y));
}
static Value slot_mod(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise_error(th, &type_ZeroDivisionError, "float modulo");
  return value_double(float_mod(x, y));
}
static Value slot_divmod(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise_error(th, &type_ZeroDivisionError, "float divmod()");
  return float_divmod_pair(th, x, y);
}
static Value slot_pow(RpThread *th, Value a, Value b, Value mod) {
  if (mod != NONE) return raise_type(th, "pow() 3rd argument not allowed unless all arguments are integers");
  OPERANDS(a, b);
  return float_pow(th, x, y);
}
#undef OPERANDS

static Value slot_neg(RpThread *th, Value v) { return value_double(-float_value(v)); }
static Value slot_pos(RpThread *th, Value v) { return value_double(float_value(v)); }
static Value slot_abs(RpThread *th, Value v) { return value_double(fabs(float_value(v))); }
static int slot_bool(RpThread *th, Value v) { return float_value(v) != 0; }
static int64_t slot_hash(RpThread *th, Value v) { return float_hash(float_value(v)); }
static Value slot_int(RpThread *th, Value v) { return int_from_double(th, float_value(v)); }
static Value slot_repr(RpThread *th, Value v) {
  char buf[40];
  int n = dtoa_repr(float_value(v), buf);
  Str *s = str_alloc(th, (uint32_t)n, 127);
  if (!s) return EMPTY;
  memcpy(s->c, buf, (size_t)n);
  return value_object(s);
}

/* -- Construction ------------------------------------------------------------------------ */

static Value raise_literal(RpThread *th, Value v) {
  Str *repr = op_repr(th, v);
  return repr ? raise_value(th, "could not convert string to float: %S", repr) : EMPTY;
}
static Value from_str(RpThread *th, Value v) {
  size_t n;
  double d;
  char *text = num_ascii(th, as_str(v), &n);
  if (!text) return EMPTY;
  bool ok = float_parse_text(text, n, &d);
  free(text);
  return ok ? value_double_canon(d) : raise_literal(th, v);
}
static Value from_buffer(RpThread *th, Value v) {
  Buffer b;
  double d;
  if (buffer_acquire(th, v, &b, false) < 0) return EMPTY;
  bool ok = float_parse_text(b.data, (size_t)b.size, &d);
  buffer_release(th, &b);
  return ok ? value_double_canon(d) : raise_literal(th, v);
}

Value float_from_object(RpThread *th, Value v) {
  if (is_double(v)) return v;
  if (is_int(v)) return value_double((double)as_int(v));
  if (str_check(v)) return from_str(th, v);
  Type *t = type_of(v);
  if (t->slots.float_) {
    Value r = t->slots.float_(th, v);
    if (!r || is_double(r)) return r;
    if (!float_check(r)) return raise_type(th, "%T.__float__ returned non-float (type %T)", v, r);
    return value_double(float_value(r));
  }
  if (t->slots.index) {
    Value i = op_index(th, v);
    if (!i) return EMPTY;
    double d = int_as_double(th, i);
    return th->pending ? EMPTY : value_double(d);
  }
  if (is_object(v) && t->slots.buffer) return from_buffer(th, v);
  return raise_type(th, "float() argument must be a string or a real number, not '%T'", v);
}

static Value float_of_type(RpThread *th, Type *type, double d) {
  if (type == &type_float) return value_double_canon(d);
  Float *o = (Float *)type_alloc(th, type);
  if (!o) return EMPTY;
  o->v = d;
  return value_object(o);
}
static Value float_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length && type == &type_float) return raise_type(th, "float() takes no keyword arguments");
  if (n_pos > 1) return raise_type(th, "float expected at most 1 argument, got %d", n_pos);
  Value v = n_pos ? float_from_object(th, args[0]) : value_double(0.0);
  return v ? float_of_type(th, type, as_double(v)) : EMPTY;
}

/* -- Methods ---------------------------------------------------------------------------------- */

static Value m_conjugate(RpThread *th, const Value *a) { return value_double(float_value(a[0])); }
static Value m_trunc(RpThread *th, const Value *a) { return int_from_double(th, float_value(a[0])); }
static Value m_floor(RpThread *th, const Value *a) { return int_from_double(th, floor(float_value(a[0]))); }
static Value m_ceil(RpThread *th, const Value *a) { return int_from_double(th, ceil(float_value(a[0]))); }
static Value m_is_integer(RpThread *th, const Value *a) {
  double d = float_value(a[0]);
  return value_bool(isfinite(d) && floor(d) == d);
}

static Value m_as_integer_ratio(RpThread *th, const Value *a) {
  double d = float_value(a[0]);
  if (isinf(d)) return raise_overflow(th, "cannot convert Infinity to integer ratio");
  if (d != d) return raise_value(th, "cannot convert NaN to integer ratio");
  int e;
  double m = frexp(d, &e);
  for (int i = 0; i < 300 && m != floor(m); i++) m *= 2.0, e--;
  Value n = int_from_double(th, m), one = value_int(1), p = n ? int_lshift(th, one, value_int(abs(e))) : EMPTY;
  if (!p) return EMPTY;
  if (e > 0) n = int_mul(th, n, p), p = one;
  Tuple *t = n ? tuple_of(th, 2, n, p) : NULL;
  return t ? value_object(t) : EMPTY;
}

Value float_round_digits(RpThread *th, double x, int64_t ndigits) {
  if (!isfinite(x) || x == 0 || ndigits > 323) return value_double(x);
  if (ndigits < -308) return value_double(0.0 * x);
  int n, point;
  char *digits = dtoa_fixed(x, 3, (int)ndigits, &n, &point), text[1200];
  if (!digits) return raise_memory(th);
  snprintf(text, sizeof text, "%s0.%se%d", x < 0 ? "-" : "", n ? digits : "0", n ? point : 0);
  free(digits);
  double r = dtoa_parse(text, strlen(text));
  return isinf(r) ? raise_overflow(th, "rounded value too large to represent") : value_double(r);
}
static Value m_round(RpThread *th, const Value *a) {
  double x = float_value(a[0]);
  if (!a[1] || a[1] == NONE) {
    double r = round(x);
    if (fabs(x - r) == 0.5) r = 2.0 * round(x / 2.0);
    return int_from_double(th, r);
  }
  int64_t ndigits;
  if (!op_as_size(th, a[1], &ndigits)) return EMPTY;
  return float_round_digits(th, x, ndigits);
}

static Value m_hex(RpThread *th, const Value *a) {
  char buf[40];
  float_to_hex(float_value(a[0]), buf);
  Str *s = str_from_c(th, buf);
  return s ? value_object(s) : EMPTY;
}
static Value m_fromhex(RpThread *th, const Value *a) {
  size_t n;
  if (!str_check(a[1])) return raise_type(th, "bad argument type for built-in operation");
  const char *s = str_utf8(th, as_str(a[1]), &n);
  Value v = s ? float_from_hex(th, s, n) : EMPTY;
  return !v || a[0] == value_object(&type_float) ? v : op_call1(th, a[0], v);
}
static Value m_getformat(RpThread *th, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "__getformat__() argument must be str, not %T", a[1]);
  if (!str_eq_c(as_str(a[1]), "double") && !str_eq_c(as_str(a[1]), "float"))
    return raise_value(th, "__getformat__() argument 1 must be 'double' or 'float'");
  Str *s = str_from_c(th, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "IEEE, little-endian" : "IEEE, big-endian");
  return s ? value_object(s) : EMPTY;
}
static Value m_format(RpThread *th, const Value *a) { return format_num_method(th, a[0], a[1]); }
static Value m_getnewargs(RpThread *th, const Value *a) {
  Tuple *t = tuple_of(th, 1, value_double(float_value(a[0])));
  return t ? value_object(t) : EMPTY;
}

static const NativeDef float_methods[] = {
    {"conjugate", m_conjugate, "(self, /)", NATIVE_PURE, "Return self, the complex conjugate of any float."},
    {"__trunc__", m_trunc, "(self, /)", 0, "Return the Integral closest to x between 0 and x."},
    {"__floor__", m_floor, "(self, /)", 0, "Return the floor as an Integral."},
    {"__ceil__", m_ceil, "(self, /)", 0, "Return the ceiling as an Integral."},
    {"__round__", m_round, "(self, ndigits=None, /)", 0, "Return the Integral closest to x, rounding half toward even."},
    {"as_integer_ratio", m_as_integer_ratio, "(self, /)", 0, "Return integer ratio."},
    {"fromhex", m_fromhex, "(type, string, /)", NATIVE_CLASSMETHOD, "Create a floating-point number from a hexadecimal string."},
    {"hex", m_hex, "(self, /)", 0, "Return a hexadecimal representation of a floating-point number."},
    {"is_integer", m_is_integer, "(self, /)", NATIVE_PURE, "Return True if the float is an integer."},
    {"__getnewargs__", m_getnewargs, "(self, /)", 0, NULL},
    {"__getformat__", m_getformat, "(type, typestr, /)", NATIVE_CLASSMETHOD, "You probably don't want to use this function."},
    {"__format__", m_format, "(self, format_spec, /)", 0, "Formats the float according to format_spec."},
    {0},
};

static Value get_imag(RpThread *th, Value self) { return value_double(0.0); }
static const GetSetDef float_getsets[] = {
    {"real", slot_pos, NULL, "the real part of a complex number"},
    {"imag", get_imag, NULL, "the imaginary part of a complex number"},
    {0},
};

const TypeSpec spec_float = {
    .doc = "Convert a string or number to a floating point number, if possible.",
    .size = sizeof(Float),
    .slots =
        {
            .repr = slot_repr,
            .hash = slot_hash,
            .compare = slot_compare,
            .new_ = float_new,
            .bool_ = slot_bool,
            .add = slot_add,
            .sub = slot_sub,
            .mul = slot_mul,
            .mod = slot_mod,
            .divmod = slot_divmod,
            .floordiv = slot_floordiv,
            .truediv = slot_truediv,
            .pow = slot_pow,
            .neg = slot_neg,
            .pos = slot_pos,
            .abs = slot_abs,
            .int_ = slot_int,
            .float_ = slot_pos,
        },
    .methods = float_methods,
    .getsets = float_getsets,
};
