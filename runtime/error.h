/* error.h: raising. Every function here sets th->pending and returns the error value of its kind, so that callers write
** `return raise_type(th, "...")`. printf formats plus, through value_fmt: %V repr of a Value (next argument), %S str of a Str*, %T the
** type name of a Value. Long reprs are cut as CPython does nowhere: messages equal CPython's. */
#ifndef RP_ERROR_H
#define RP_ERROR_H

#include <stdarg.h>
#include "runtime/thread.h"
#include "runtime/type.h"

/* EMPTY. */
Value raise_error(RpThread *th, Type *exc, const char *fmt, ...);
#define raise_type(th, ...) raise_error((th), &type_TypeError, __VA_ARGS__)
#define raise_value(th, ...) raise_error((th), &type_ValueError, __VA_ARGS__)
#define raise_index(th, ...) raise_error((th), &type_IndexError, __VA_ARGS__)
#define raise_overflow(th, ...) raise_error((th), &type_OverflowError, __VA_ARGS__)
#define raise_attribute(th, ...) raise_error((th), &type_AttributeError, __VA_ARGS__)
#define raise_runtime(th, ...) raise_error((th), &type_RuntimeError, __VA_ARGS__)
/* What is not built yet: names the construct; file and line come with the traceback. */
#define raise_todo(th, ...) raise_error((th), &type_NotImplementedError, __VA_ARGS__)
Value raise_key(RpThread *th, Value key);
Value raise_name(RpThread *th, Str *name);   /* NameError "name 'x' is not defined", with its name attribute */
Value raise_memory(RpThread *th);            /* the pre-made MemoryError; allocates nothing */
Value raise_stop_iteration(RpThread *th, Value value);
Value raise_os(RpThread *th, int err, Value filename);  /* the right OSError subclass for errno; filename EMPTY if none */
/* Sets an exception instance (or class: instantiated) as pending; __context__ is chained from th->handled. */
Value raise_value_object(RpThread *th, Value exc);
/* pending is an instance of t? */
bool error_is(RpThread *th, const Type *t);
Value error_take(RpThread *th);              /* returns pending and clears it */
void error_clear(RpThread *th);
/* Like raise_error, chained: the current pending becomes __cause__ (from) of the new one. */
Value raise_from_pending(RpThread *th, Type *exc, const char *fmt, ...);
/* Prints a pending error that cannot propagate ("Exception ignored in: ..."), clears it. */
void error_unraisable(RpThread *th, Value where);
/* The same with another text than "Exception ignored in" (NULL). */
void error_unraisable_as(RpThread *th, Value where, const char *text);
/* Formats with the extra conversions. NULL on failure. */
Str *str_fmt(RpThread *th, const char *fmt, ...);
Str *str_vfmt(RpThread *th, const char *fmt, va_list ap);
/* Prints exception with traceback, cause, context, groups, notes, carets and suggestions, exactly as CPython 3.11, to fd 2 through
** sys.stderr when it exists. */
void error_print(RpThread *th, Value exc);

#endif
