/* str_methods.h: the C functions of str_methods.def. */
#ifndef RP_STR_METHODS_H
#define RP_STR_METHODS_H
#include "runtime/str_util.h"
#define METHOD(name, signature, flags, doc) Value str_m_##name(RpThread *th, const Value *a);
#include "runtime/str_methods.def"
#undef METHOD
/* str % args */
Value str_percent(RpThread *th, Value fmt, Value args);
#endif
