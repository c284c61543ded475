/* exc_impl.h: between exc.c, exc_group.c, error.c. */
#ifndef RP_EXC_IMPL_H
#define RP_EXC_IMPL_H
#include "runtime/exc.h"
#include "runtime/native.h"
#include "runtime/ops.h"
/* An instance with args set, __init__ not run. */
Value exc_alloc(RpThread *th, Type *t, const Value *args, int n);
/* The OSError subclass for an errno. */
Type *exc_errno_type(int err);
/* list[int] as types.GenericAlias (generic_alias.c). */
Value generic_alias_new(RpThread *th, Value origin, Value args);
/* The argument of sys.unraisablehook (mod_sys.c), and the default hook. */
Value unraisable_args(RpThread *th, Value exc, Str *message /* or NULL */, Value where);
void error_unraisable_text(RpThread *th, Value exc, Str *message, Value where);
Value exc_get_field_0(RpThread *th, Value self);
Value exc_get_field_1(RpThread *th, Value self);
#endif
