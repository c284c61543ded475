/* num.h: int, float, complex, bool as objects and the operations on them that others need. */
#ifndef RP_NUM_H
#define RP_NUM_H

#include "runtime/error.h"

/* A big integer: |n_limbs| 64-bit limbs, least significant first, no leading zero limb; the sign of n_limbs is the sign. A plain int that
** fits 49 bits is never an Int; an int *subclass* instance always is (n_limbs 0 for zero). */
typedef struct Int { Object hdr; int32_t n_limbs; uint32_t hash_unused; uint64_t limbs[]; } Int;
typedef struct Float { Object hdr; Value overflow; double v; } Float; /* subclass instances only */
typedef struct Complex { Object hdr; double re, im; } Complex;

ALWAYS_INLINE bool int_check(Value v) { return is_int(v) || has_kind(v, K_INT) || is_bool(v); }
ALWAYS_INLINE bool float_check(Value v) { return is_double(v) || has_kind(v, K_FLOAT); }
double float_value(Value v); /* float_check(v) */

Value int_from_i64(RpThread *th, int64_t i);
Value int_from_u64(RpThread *th, uint64_t u);
Value int_from_limbs(RpThread *th, const uint64_t *limbs, int n, bool negative); /* normalises */
Value int_from_double(RpThread *th, double d);     /* truncates; OverflowError/ValueError for inf/nan */
Value int_parse(RpThread *th, const char *s, size_t n, int base); /* ASCII digits and underscores as int(str, base); EMPTY + ValueError */
bool int_as_i64(Value v, int64_t *out);            /* false if it does not fit; v is an int of any form (bool too) */
double int_as_double(RpThread *th, Value v);       /* OverflowError -> pending, returns -1.0 */
int int_sign(Value v);
Value int_add(RpThread *th, Value a, Value b);     /* any int forms; likewise below. ZeroDivisionError as CPython words it */
Value int_sub(RpThread *th, Value a, Value b);
Value int_mul(RpThread *th, Value a, Value b);
Value int_floordiv(RpThread *th, Value a, Value b);
Value int_mod(RpThread *th, Value a, Value b);
Value int_truediv(RpThread *th, Value a, Value b);
Value int_pow(RpThread *th, Value a, Value b, Value mod /* NONE */);
Value int_lshift(RpThread *th, Value a, Value b);
Value int_rshift(RpThread *th, Value a, Value b);
Value int_and(RpThread *th, Value a, Value b);
Value int_or(RpThread *th, Value a, Value b);
Value int_xor(RpThread *th, Value a, Value b);
int int_cmp(Value a, Value b);
Str *int_to_str(RpThread *th, Value v, int base);  /* digits only with '-' */
int64_t int_hash(Value v);
int64_t float_hash(double d);                      /* of nan: pointer-like constant */
double float_mod(double a, double b);              /* Python's sign rule; b != 0 */
double float_floordiv(double a, double b);
Value float_pow(RpThread *th, double a, double b); /* may give complex or raise */
Value complex_new(RpThread *th, double re, double im);
ALWAYS_INLINE bool complex_check(Value v) { return has_kind(v, K_COMPLEX); }

#endif
