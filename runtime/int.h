/* int.h: what the files of int (int.c int_pow.c int_text.c int_type.c) and other numbers code share. Design: runtime/num.md. */
#ifndef RP_INT_H
#define RP_INT_H

#include "runtime/num.h"

/* Any int form seen as limbs. Points into itself for small values: not copyable. No leading zero limb; n 0 is zero. The limbs live in
** the (non-moving, immutable) Int, which the holder's stack keeps alive through the Value. */
typedef struct IntView { const uint64_t *l; int64_t n; bool negative; uint64_t small; } IntView;
void int_view(Value v, IntView *out);

#define INT_MAX_LIMBS ((int64_t)1 << 30)
/* An exact Int with n limbs to be filled, and its finish: leading zeros cut, small values made immediate. NULL + MemoryError. */
Int *int_alloc(RpThread *th, int64_t n);
Value int_finish(Int *r, int64_t n, bool negative);
/* Scratch limbs: on the C stack when few, else malloc'ed. NULL + MemoryError. */
typedef struct Scratch { uint64_t *l; uint64_t few[64]; } Scratch;
uint64_t *scratch_get(RpThread *th, Scratch *s, int64_t n);
void scratch_drop(Scratch *s);
/* Work above this many limbs is done in SAFE state, so that a collection need not wait for it. */
#define INT_LONG_WORK 4000

Value int_plain(RpThread *th, Value v);   /* the exact int of any int form */
Value int_neg(RpThread *th, Value v);
Value int_abs(RpThread *th, Value v);
Value int_invert(RpThread *th, Value v);
int int_divmod(RpThread *th, Value a, Value b, Value *q, Value *r); /* floor; b not zero; -1 + MemoryError. q or r may be NULL */
int64_t int_bits(Value v);                /* bit_length */
bool int_is_odd(Value v);
double int_frexp(Value v, int64_t *exp);  /* v = result * 2^*exp, 0.5 <= |result| <= 1, correctly rounded; 0 for 0 */
Value int_gcd(RpThread *th, Value a, Value b);
Value int_isqrt(RpThread *th, Value v);   /* v >= 0 */
/* q * 2^shift correctly rounded; q's bit 0 is sticky when q has over 54 bits. Infinity on overflow. */
double round_scaled(uint64_t q, int64_t shift);

/* Parses a literal of int(str, base) given as n characters after conversion of Unicode digits and spaces to ASCII. EMPTY without pending:
** not a literal. EMPTY with pending: too many digits, no memory. */
Value int_parse_text(RpThread *th, const char *s, size_t n, int base);
/* int(v) for any v: __int__, __index__, __trunc__, text; TypeError. */
Value int_from_object(RpThread *th, Value v);
/* The characters of a Str as ASCII (decimal digits of any script to 0-9, any white space to ' ', anything else to '?'); malloc'ed. */
char *num_ascii(RpThread *th, Str *s, size_t *n);
/* sys.set_int_max_str_digits: 0 is no limit. */
int int_max_str_digits(RpThread *th);
int int_set_max_str_digits(RpThread *th, int64_t n);

#endif
