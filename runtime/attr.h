/* attr.h: what the files of the object model share about attributes. The public face is ops.h. */
#ifndef RP_ATTR_H
#define RP_ATTR_H
#include "runtime/ops.h"

/* AttributeError for a missing attribute, with .name and .obj. EMPTY. */
Value attr_missing(RpThread *th, Value self, Str *name);
/* Sets .name and .obj of the pending AttributeError. */
void attr_error_fields(RpThread *th, Value obj, Str *name);
/* Sets .name of the pending NameError. */
void name_error_field(RpThread *th, Str *name);
Value type_getattr_opt(RpThread *th, Value self, Str *name);
/* obj.__dict__ = v (EMPTY: a fresh one). */
int object_set_dict(RpThread *th, Value self, Value v);
/* obj.__class__ = to */
int object_set_class(RpThread *th, Value self, Type *to);
#endif
