/* module.h: module objects; import. A module is in dict mode for life: `overflow` is its dict. */
#ifndef RP_MODULE_H
#define RP_MODULE_H
#include "runtime/error.h"
typedef struct Module { Object hdr; Value overflow; Dict *dict; Str *name; } Module;
Module *module_new(RpThread *th, Str *name);
/* sys.modules[name], or EMPTY without pending. */
Value module_find(RpThread *th, Str *name);
/* The native module called name, made and put into sys.modules on first use; EMPTY without pending when there is none. */
Value module_import_native(RpThread *th, Str *name);
/* Once per process, at the end of types_init(): what all contexts share of builtins and sys. */
void modules_init_shared(RpThread *boot);
/* builtins, sys, sys.modules: what context_new calls after types_context_init(). -1 + pending. */
int modules_init(RpThread *th);
/* import machinery: __import__ as the language defines it. */
Value import_name(RpThread *th, Str *name, Value globals, Value fromlist, int level);
Value import_from(RpThread *th, Value module, Str *name);
int import_star(RpThread *th, Value module, Value locals_mapping);
/* Full name imported absolutely, e.g. "os.path": returns the named module itself. */
Value import_module_c(RpThread *th, const char *name);
void import_context_free(RpContext *ctx);
#endif
