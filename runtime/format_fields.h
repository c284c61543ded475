/* format_fields.h: the replacement-field syntax of str.format: "text {name.attr[key]!r:spec}". Shared by str.format and module _string. */
#ifndef RP_FORMAT_FIELDS_H
#define RP_FORMAT_FIELDS_H

#include "runtime/str_util.h"

typedef struct Part { uint32_t lo, hi; } Part; /* of the string being parsed */

/* One step through a format string: literal text, then perhaps a field. */
typedef struct FieldIter { Str *s; uint32_t at, end; } FieldIter;
typedef struct Field {
  Part literal, name, spec;
  bool present;      /* a field follows the literal */
  bool nested;       /* the spec has fields itself */
  uint32_t conversion; /* code point, 0: none */
} Field;
/* 1: a step, 0: the end, -1: ValueError. */
int field_next(RpThread *th, FieldIter *it, Field *f);

/* name = first [.attr | [key]]... ; part as int >= 0 when it is all digits, -1 when not, -2 + ValueError when too big. */
int64_t part_integer(RpThread *th, Str *s, Part p);
Part name_first(Str *s, Part name, Part *rest);
/* 1: *part is the next access, 0: the end, -1: ValueError. */
int name_next(RpThread *th, Str *s, Part *rest, bool *is_attr, Part *part);

#endif
