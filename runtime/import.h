/* import.h: between module.c, import.c and the modules sys and _imp. The public face is module.h. */
#ifndef RP_IMPORT_H
#define RP_IMPORT_H
#include "runtime/module.h"
int import_context_init(RpThread *th);
/* A ModuleSpec. search: __path__ of a package or NULL; origin NULL: None. */
Value import_spec_new(RpThread *th, Str *name, List *search, const char *origin, bool has_location);
bool module_is_native(const Str *name);
Tuple *module_native_names(RpThread *boot); /* permanent; before perm_seal() */
bool module_initializing(RpThread *th, Value module);
/* The global import lock of `_imp`: only counted, modules have their own. */
#endif
