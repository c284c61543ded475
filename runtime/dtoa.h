/* dtoa.h: doubles to text and back, exactly as CPython does it. No allocation, no locale, any thread. */
#ifndef RP_DTOA_H
#define RP_DTOA_H
#include <stddef.h>
/* repr(float): shortest digits that round-trip, into buf (at least 32 bytes, NUL-terminated); returns the length. "1.0", "1e+16", "nan", "inf". */
int dtoa_repr(double v, char *buf);
/* Shortest digits: decimal digits without point into buf (>= 20), *exp10 so that v = 0.d1d2... * 10^*exp10; returns n digits. v finite, > 0. */
int dtoa_shortest(double v, char *buf, int *exp10);
/* Correctly rounded with `ndigits` significant (mode 2) or after the point (mode 3) digits; arbitrary counts. Buffer is malloc'ed; caller frees. */
char *dtoa_fixed(double v, int mode, int ndigits, int *n_digits, int *exp10);
/* Correctly rounded value of an ASCII decimal literal without underscores. */
double dtoa_parse(const char *s, size_t n);
#endif
