/* import.h: between module.c, import.c and the modules sys and _imp. The public face is module.h. */
#ifndef RP_IMPORT_H
#define RP_IMPORT_H
#include "runtime/module.h"
int import_context_init(RpThread *th);
/* importlib._bootstrap._find_and_load(name, import_): what importlib.import_module and the import statement load goes one way, once. */
Value import_find_and_load(RpThread *th, const Value *args);
/* A ModuleSpec. search: __path__ of a package or NULL; origin NULL: None. */
Value import_spec_new(RpThread *th, Str *name, List *search, const char *origin, bool has_location);
bool module_is_native(const Str *name);
Tuple *module_native_names(RpThread *boot); /* permanent; before perm_seal() */
bool module_initializing(RpThread *th, Value module);
/* The global import lock of `_imp`: only counted, modules have their own. */
#endif
