/* format_num.h: numbers as text under a format spec. */
#ifndef RP_FORMAT_NUM_H
#define RP_FORMAT_NUM_H

#include "runtime/format_spec.h"

/* format(v, spec) of an int, float or complex (subclass instances too). NULL + pending. */
Str *format_int(RpThread *th, Value v, const FormatSpec *spec);
Str *format_float(RpThread *th, Value v, const FormatSpec *spec);
Str *format_complex(RpThread *th, Value v, const FormatSpec *spec);
/* The __format__ method of the three: empty spec is str(v). */
Value format_num_method(RpThread *th, Value v, Value spec);

/* A double as 'e' 'E' 'f' 'F' 'g' 'G' or 'r' (repr; precision ignored) with so many digits, exactly as CPython prints it. '-' in front of
** negatives. malloc'ed, NUL-terminated; NULL: out of memory. */
#define DOUBLE_ALT 1         /* keep the point and trailing zeros: '#' */
#define DOUBLE_DOT_0 2       /* "1" becomes "1.0" (of 'g' and 'r') */
#define DOUBLE_NO_NEG_ZERO 4 /* what rounds to zero loses its '-' */
#define DOUBLE_SIGN 8        /* '+' in front of positives */
char *double_text(double v, char type, int64_t precision, unsigned flags);

#endif
