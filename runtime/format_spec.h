/* format_spec.h: the format-spec mini-language, [[fill]align][sign][z][#][0][width][grouping][.precision][type], parsed once for numbers
** (format_num.c) and strings (format.c). */
#ifndef RP_FORMAT_SPEC_H
#define RP_FORMAT_SPEC_H

#include "runtime/error.h"

typedef struct FormatSpec {
  uint32_t fill;      /* code point; ' ' by default */
  char align;         /* '<' '>' '^' '=': the type's default when not given */
  char sign;          /* '+' '-' ' ', 0 not given */
  char grouping;      /* ',' or '_', 0 none */
  bool alt;           /* '#' */
  bool no_neg_zero;   /* 'z' */
  bool align_given, fill_given;
  int64_t width;      /* -1 not given */
  int64_t precision;  /* -1 not given */
  uint32_t type;      /* code point; default_type when not given */
} FormatSpec;

/* v is what is being formatted: error texts name its type. False + ValueError. */
bool format_spec_parse(RpThread *th, Str *spec, Value v, uint32_t default_type, char default_align, FormatSpec *out);
/* "Unknown format code 'x' for object of type 'y'". EMPTY. */
Value format_unknown_code(RpThread *th, uint32_t type, Value v);
/* Splits the padding of content of n characters to the spec's width; '=' counts as left. */
void format_padding(const FormatSpec *spec, int64_t n, int64_t *left, int64_t *right);

#endif
