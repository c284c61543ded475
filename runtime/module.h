/* module.h: module objects; import. */
#ifndef RP_MODULE_H
#define RP_MODULE_H
#include "runtime/error.h"
typedef struct Module { Object hdr; Value overflow; Dict *dict; Str *name; } Module;
Module *module_new(RpThread *th, Str *name);
/* The native module called name, made and put into sys.modules on first use; EMPTY without pending when there is none. */
Value module_import_native(RpThread *th, Str *name);
/* import machinery: __import__ as the language defines it. */
Value import_name(RpThread *th, Str *name, Value globals, Value fromlist, int level);
Value import_from(RpThread *th, Value module, Str *name);
int import_star(RpThread *th, Value module, Value locals_mapping);
#endif
