/* mod_error.h: exception classes that native modules define (struct.error, binascii.Error, csv.Error). They are ordinary classes of the context,
** kept in their module's dict. */
#ifndef RP_MOD_ERROR_H
#define RP_MOD_ERROR_H

#include "runtime/str_util.h"

/* Adds class `name` (base: builtin exception) with __module__ = shown_module to the module dict d. -1 + pending. */
int module_error_add(RpThread *th, Dict *d, const char *shown_module, const char *name, Type *base);
/* Raises it: the class called `name` in native module `module`. EMPTY. */
Value module_error_raise(RpThread *th, const char *module, const char *name, const char *fmt, ...);

#endif
