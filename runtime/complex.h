/* complex.h: complex arithmetic on plain pairs of doubles, inline so that the interpreter and native code can use it unboxed. */
#ifndef RP_COMPLEX_H
#define RP_COMPLEX_H

#include "runtime/num.h"

typedef struct Cplx { double re, im; } Cplx;

ALWAYS_INLINE Cplx complex_value(Value v) { /* complex_check(v) */
  const Complex *z = (const Complex *)as_object(v);
  return (Cplx){z->re, z->im};
}
ALWAYS_INLINE Cplx cplx_add(Cplx a, Cplx b) { return (Cplx){a.re + b.re, a.im + b.im}; }
ALWAYS_INLINE Cplx cplx_sub(Cplx a, Cplx b) { return (Cplx){a.re - b.re, a.im - b.im}; }
ALWAYS_INLINE Cplx cplx_mul(Cplx a, Cplx b) { return (Cplx){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
/* Smith's method, as CPython does it; b is not zero. */
Cplx cplx_div(Cplx a, Cplx b);
/* a ** b: ZeroDivisionError, OverflowError. */
Value complex_pow_value(RpThread *th, Cplx a, Cplx b);
/* An int, float or complex operand: 1; 0 for anything else; -1 + OverflowError. */
int num_as_complex(RpThread *th, Value v, Cplx *out);
/* complex(v) of any object with __complex__, __float__ or __index__ (no strings): false + TypeError "must be real number, not str". */
bool complex_from_object(RpThread *th, Value v, Cplx *out);

#endif
