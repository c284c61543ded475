/* complex.c: the type complex: arithmetic as CPython's (Smith's division, repeated squaring for small integer powers), text, methods. */
#include "runtime/complex.h"
#include "runtime/float.h"
#include "runtime/format_num.h"
#include "runtime/int.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <math.h>

Value complex_new(RpThread *th, double re, double im) {
  Complex *z = heap_new(th, Complex, SHAPE_complex, K_COMPLEX);
  if (unlikely(!z)) return EMPTY;
  z->re = re;
  z->im = im;
  return value_object(z);
}
static Value from_cplx(RpThread *th, Cplx z) { return complex_new(th, z.re, z.im); }

int num_as_complex(RpThread *th, Value v, Cplx *out) {
  if (complex_check(v)) return *out = complex_value(v), 1;
  out->im = 0;
  return num_as_double(th, v, &out->re);
}

/* -- Arithmetic --------------------------------------------------------------- */

Cplx cplx_div(Cplx a, Cplx b) {
  if (fabs(b.re) >= fabs(b.im)) {
    double ratio = b.im / b.re, denom = b.re + b.im * ratio;
    return (Cplx){(a.re + a.im * ratio) / denom, (a.im - a.re * ratio) / denom};
  }
  if (fabs(b.im) >= fabs(b.re)) {
    double ratio = b.re / b.im, denom = b.re * ratio + b.im;
    return (Cplx){(a.re * ratio + a.im) / denom, (a.im * ratio - a.re) / denom};
  }
  return (Cplx){NAN, NAN}; /* b has a nan */
}

static bool is_zero(Cplx z) { return z.re == 0 && z.im == 0; }

static Cplx pow_natural(Cplx x, long n) {
  Cplx r = {1, 0}, p = x;
  for (long mask = 1; mask > 0 && n >= mask; mask <<= 1) {
    if (n & mask) r = cplx_mul(r, p);
    p = cplx_mul(p, p);
  }
  return r;
}
/* False when the angle is infinite, which CPython reports as it does a zero base (its C library says EDOM). */
static bool pow_polar(Cplx a, Cplx b, Cplx *r) {
  double size = hypot(a.re, a.im), len = pow(size, b.re), angle = atan2(a.im, a.re), phase = angle * b.re;
  if (b.im != 0) {
    len /= exp(angle * b.im);
    phase += b.im * log(size);
  }
  *r = (Cplx){len * cos(phase), len * sin(phase)};
  return !isinf(phase);
}

Value complex_pow_value(RpThread *th, Cplx a, Cplx b) {
  Cplx r = {1, 0};
  bool small = b.im == 0 && b.re == floor(b.re) && fabs(b.re) <= 100;
  if (small && b.re > 0) {
    r = pow_natural(a, (long)b.re);
  } else if (small && b.re < 0) {
    Cplx p = pow_natural(a, -(long)b.re);
    if (is_zero(p)) goto zero;
    r = cplx_div(r, p);
  } else if (is_zero(b)) {
    r = (Cplx){1, 0};
  } else if (is_zero(a)) {
    if (b.im != 0 || b.re < 0) goto zero;
    r = (Cplx){0, 0};
  } else if (!pow_polar(a, b, &r)) {
    goto zero;
  }
  if (isinf(r.re) || isinf(r.im)) return raise_overflow(th, "complex exponentiation");
  return from_cplx(th, r);
zero:
  return raise_error(th, &type_ZeroDivisionError, "0.0 to a negative or complex power");
}

#define OPERANDS(a, b)                                                                              \
  Cplx x, y;                                                                                        \
  int ok = num_as_complex(th, a, &x);                                                               \
  if (ok > 0) ok = num_as_complex(th, b, &y);                                                       \
  if (unlikely(ok <= 0)) return ok == 0 ? NOT_IMPLEMENTED : EMPTY

static Value slot_add(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return from_cplx(th, cplx_add(x, y));
}
static Value slot_sub(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return from_cplx(th, cplx_sub(x, y));
}
static Value slot_mul(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  return from_cplx(th, cplx_mul(x, y));
}
static Value slot_truediv(RpThread *th, Value a, Value b) {
  OPERANDS(a, b);
  if (is_zero(y)) return raise_error(th, &type_ZeroDivisionError, "complex division by zero");
  return from_cplx(th, cplx_div(x, y));
}
static Value slot_pow(RpThread *th, Value a, Value b, Value mod) {
  OPERANDS(a, b);
  if (mod != NONE) return raise_value(th, "complex modulo");
  return complex_pow_value(th, x, y);
}
#undef OPERANDS

static Value slot_neg(RpThread *th, Value v) {
  Cplx z = complex_value(v);
  return complex_new(th, -z.re, -z.im);
}
static Value slot_pos(RpThread *th, Value v) { return has_shape(v, SHAPE_complex) ? v : from_cplx(th, complex_value(v)); }
static Value slot_abs(RpThread *th, Value v) {
  Cplx z = complex_value(v);
  double r = hypot(z.re, z.im);
  if (isinf(r) && isfinite(z.re) && isfinite(z.im)) return raise_overflow(th, "absolute value too large");
  return value_double(r);
}
static int slot_bool(RpThread *th, Value v) { return !is_zero(complex_value(v)); }
static int64_t slot_hash(RpThread *th, Value v) {
  Cplx z = complex_value(v);
  int64_t h = (int64_t)((uint64_t)float_hash(z.re) + 1000003u * (uint64_t)float_hash(z.im));
  return h == -1 ? -2 : h;
}

static Value slot_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (op != CMP_EQ && op != CMP_NE) return NOT_IMPLEMENTED;
  Cplx x = complex_value(a);
  bool equal;
  if (complex_check(b)) {
    Cplx y = complex_value(b);
    equal = x.re == y.re && x.im == y.im;
  } else if (int_check(b)) {
    equal = x.im == 0 && float_cmp_int(x.re, b) == 0;
  } else if (float_check(b)) {
    equal = x.im == 0 && x.re == float_value(b);
  } else {
    return NOT_IMPLEMENTED;
  }
  return value_bool(equal == (op == CMP_EQ));
}

/* -- Text ------------------------------------------------------------------------- */

static Value slot_repr(RpThread *th, Value v) {
  Cplx z = complex_value(v);
  bool only_imag = z.re == 0 && !signbit(z.re);
  char *re = double_text(z.re, 'r', 0, 0), *im = double_text(z.im, 'r', 0, only_imag ? 0 : DOUBLE_SIGN);
  Str *s = !re || !im ? (raise_memory(th), NULL) : only_imag ? str_fmt(th, "%sj", im) : str_fmt(th, "(%s%sj)", re, im);
  free(re);
  free(im);
  return s ? value_object(s) : EMPTY;
}

/* Takes the underscores out of text in place; false if one is not between two digits. */
static bool drop_underscores(char *s, size_t *n) {
  char *out = s;
  for (size_t i = 0; i < *n; i++) {
    if (s[i] != '_') {
      *out++ = s[i];
      continue;
    }
    bool before = i > 0 && out[-1] >= '0' && out[-1] <= '9', after = i + 1 < *n && s[i + 1] >= '0' && s[i + 1] <= '9';
    if (!before || !after) return false;
  }
  *n = (size_t)(out - s);
  *out = 0;
  return true;
}

static bool is_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }
static const char *skip_space(const char *s, const char *end) {
  while (s < end && is_space(*s)) s++;
  return s;
}

/* s ends with a NUL, which no form accepts. */
static bool parse_complex(const char *s, const char *end, Cplx *z) {
  *z = (Cplx){0, 0};
  s = skip_space(s, end);
  bool bracket = *s == '(';
  if (bracket) s = skip_space(s + 1, end);
  double first;
  const char *after = float_scan(s, end, &first);
  if (after) {
    s = after;
    if (*s == '+' || *s == '-') { /* <float><signed float>j, or <float><sign>j */
      z->re = first;
      after = float_scan(s, end, &z->im);
      if (!after) z->im = *s == '+' ? 1 : -1;
      s = after ? after : s + 1;
      if ((*s | 32) != 'j') return false;
      s++;
    } else if ((*s | 32) == 'j') {
      z->im = first;
      s++;
    } else {
      z->re = first;
    }
  } else { /* <sign>j or j */
    z->im = *s == '-' ? -1 : 1;
    if (*s == '+' || *s == '-') s++;
    if ((*s | 32) != 'j') return false;
    s++;
  }
  s = skip_space(s, end);
  if (bracket) {
    if (*s != ')') return false;
    s = skip_space(s + 1, end);
  }
  return s == end;
}

static bool from_str(RpThread *th, Value v, Cplx *z) {
  size_t n;
  char *text = num_ascii(th, as_str(v), &n);
  if (!text) return false;
  bool underscores = drop_underscores(text, &n), ok = underscores && parse_complex(text, text + n, z);
  free(text);
  if (!underscores) raise_value(th, "could not convert string to complex: %V", v);
  else if (!ok) raise_value(th, "complex() arg is a malformed string");
  return ok;
}

/* -- Construction --------------------------------------------------------------------- */

/* 1: *out is __complex__()'s result; 0: no such method; -1. */
static int call_complex_method(RpThread *th, Value v, Cplx *out) {
  if (has_shape(v, SHAPE_complex)) return *out = complex_value(v), 1;
  if (!is_object(v)) return 0; /* int, float and the like have none */
  Value m = op_lookup_special(th, v, S(__complex__));
  if (!m) return th->pending ? -1 : 0;
  Value r = op_call0(th, m);
  if (!r) return -1;
  if (!complex_check(r)) return raise_type(th, "__complex__ returned non-complex (type %T)", r), -1;
  *out = complex_value(r);
  return 1;
}

static bool has_float(Value v) {
  const TypeSlots *s = &type_of(v)->slots;
  return s->float_ || s->index || complex_check(v);
}
static bool real_part(RpThread *th, Value v, Cplx *out) {
  if (complex_check(v)) return *out = complex_value(v), true;
  Value f = float_from_object(th, v);
  if (!f) return false;
  *out = (Cplx){as_double(f), 0};
  return true;
}

bool complex_from_object(RpThread *th, Value v, Cplx *out) {
  int got = call_complex_method(th, v, out);
  if (got) return got > 0;
  if (!has_float(v)) return raise_type(th, "must be real number, not %T", v), false;
  return real_part(th, v, out);
}

static bool construct(RpThread *th, Value re, Value im, Cplx *z) {
  *z = (Cplx){0, 0};
  if (re && str_check(re)) {
    if (im) return raise_type(th, "complex() can't take second arg if first is a string"), false;
    return from_str(th, re, z);
  }
  if (im && str_check(im)) return raise_type(th, "complex() second arg can't be a string"), false;
  int got = re ? call_complex_method(th, re, z) : 1;
  if (got < 0) return false;
  if (!got && !has_float(re)) return raise_type(th, "complex() first argument must be a string or a number, not '%T'", re), false;
  if (im && !has_float(im)) return raise_type(th, "complex() second argument must be a number, not '%T'", im), false;
  if (!got && !real_part(th, re, z)) return false;
  if (!im) return true;
  Cplx i;
  if (!real_part(th, im, &i)) return false;
  if (complex_check(im)) z->re -= i.im; /* a real second argument leaves the sign of a zero alone */
  z->im = got || (re && complex_check(re)) ? z->im + i.re : i.re;
  return true;
}

static Value complex_new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  int n_kw = kwnames ? (int)kwnames->length : 0;
  if (n_pos + n_kw > 2) return raise_type(th, "complex() takes at most 2 arguments (%d given)", n_pos + n_kw);
  Value part[2] = {n_pos > 0 ? args[0] : EMPTY, n_pos > 1 ? args[1] : EMPTY};
  for (int i = 0; i < n_kw; i++) {
    Str *name = as_str(kwnames->items[i]);
    int k = str_eq_c(name, "real") ? 0 : str_eq_c(name, "imag") ? 1 : -1;
    if (k < 0) return raise_type(th, "'%S' is an invalid keyword argument for complex()", name);
    if (k < n_pos) return raise_type(th, "argument for complex() given by name ('%S') and position (%d)", name, k + 1);
    part[k] = args[n_pos + i];
  }
  if (type == &type_complex && !part[1] && part[0] && has_shape(part[0], SHAPE_complex)) return part[0];
  Cplx z;
  if (!construct(th, part[0], part[1], &z)) return EMPTY;
  if (type == &type_complex) return from_cplx(th, z);
  Complex *o = (Complex *)type_alloc(th, type);
  if (!o) return EMPTY;
  o->re = z.re;
  o->im = z.im;
  return value_object(o);
}

/* -- Methods ---------------------------------------------------------------------------- */

static Value m_conjugate(RpThread *th, const Value *a) {
  Cplx z = complex_value(a[0]);
  return complex_new(th, z.re, -z.im);
}
static Value m_complex(RpThread *th, const Value *a) { return slot_pos(th, a[0]); }
static Value m_format(RpThread *th, const Value *a) { return format_num_method(th, a[0], a[1]); }
static Value m_getnewargs(RpThread *th, const Value *a) {
  Cplx z = complex_value(a[0]);
  Tuple *t = tuple_of(th, 2, value_double(z.re), value_double(z.im));
  return t ? value_object(t) : EMPTY;
}
static const NativeDef complex_methods[] = {
    {"conjugate", m_conjugate, "(self, /)", 0, "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j."},
    {"__complex__", m_complex, "(self, /)", 0, "Convert this value to exact type complex."},
    {"__getnewargs__", m_getnewargs, "(self, /)", 0, NULL},
    {"__format__", m_format, "(self, format_spec, /)", 0, "Convert to a string according to format_spec."},
    {0},
};

static Value get_real(RpThread *th, Value self) { return value_double_canon(complex_value(self).re); }
static Value get_imag(RpThread *th, Value self) { return value_double_canon(complex_value(self).im); }
static const GetSetDef complex_getsets[] = {
    {"real", get_real, NULL, "the real part of a complex number"},
    {"imag", get_imag, NULL, "the imaginary part of a complex number"},
    {0},
};

const TypeSpec spec_complex = {
    .doc = "Create a complex number from a real part and an optional imaginary part.\n\n"
           "This is equivalent to (real + imag*1j) where imag defaults to 0.",
    .size = sizeof(Complex),
    .slots =
        {
            .repr = slot_repr,
            .hash = slot_hash,
            .compare = slot_compare,
            .new_ = complex_new_slot,
            .bool_ = slot_bool,
            .add = slot_add,
            .sub = slot_sub,
            .mul = slot_mul,
            .truediv = slot_truediv,
            .pow = slot_pow,
            .neg = slot_neg,
            .pos = slot_pos,
            .abs = slot_abs,
        },
    .methods = complex_methods,
    .getsets = complex_getsets,
};
