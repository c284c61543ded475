/* float.h: what float.c, float_text.c, complex.c and the math modules share. */
#ifndef RP_FLOAT_H
#define RP_FLOAT_H

#include "runtime/num.h"

/* Longest float at s: sign, digits with underscores, point, exponent, inf, nan; returns its end, or NULL if there is none. */
const char *float_scan(const char *s, const char *end, double *out);
/* The whole text, blanks around it allowed. */
bool float_parse_text(const char *s, size_t n, double *out);
void float_to_hex(double v, char *buf /* 32 */);
Value float_from_hex(RpThread *th, const char *s, size_t n);

/* A float or int operand as a double: 1; 0 for anything else; -1 + OverflowError. */
int num_as_double(RpThread *th, Value v, double *out);
/* Exact: -1, 0, 1, or 2 when d is a nan. */
int float_cmp_int(double d, Value i);
Value float_divmod_pair(RpThread *th, double a, double b);
/* OverflowError(34, 'Numerical result out of range'), as pow raises. EMPTY. */
Value raise_range(RpThread *th);
Value float_from_object(RpThread *th, Value v); /* float(v) */
Value float_round_digits(RpThread *th, double x, int64_t ndigits);

#endif
