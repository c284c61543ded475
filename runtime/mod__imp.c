/* mod__imp.c: _imp and marshal as far as importlib needs them to be importable: nothing is frozen, no extension modules, no byte code files. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/import.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"

static Value nothing(RpThread *th, const Value *a) { return NONE; }
static Value no(RpThread *th, const Value *a) { return FALSE_V; }
static Value is_builtin(RpThread *th, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "is_builtin() argument must be str, not %T", a[0]);
  return value_int(module_is_native(as_str(a[0])));
}
static Value create_builtin(RpThread *th, const Value *a) {
  Value name = op_getattr(th, a[0], S(name));
  if (name == EMPTY) return EMPTY;
  if (!str_check(name)) return raise_type(th, "name must be string, not %T", name);
  Value m = module_import_native(th, str_intern(th, as_str(name)));
  return m != EMPTY || th->pending != EMPTY ? m : NONE;
}
static Value exec_builtin(RpThread *th, const Value *a) { return value_int(0); }
static Value extension_suffixes(RpThread *th, const Value *a) { return value_object(list_new(th, 0)); }
static Value no_frozen(RpThread *th, const Value *a) { return raise_error(th, &type_ImportError, "No such frozen object named %V", a[0]); }
static Value no_dynamic(RpThread *th, const Value *a) { return raise_error(th, &type_ImportError, "extension modules of CPython cannot be loaded"); }
static Value fix_co_filename(RpThread *th, const Value *a) { return NONE; }
static Value source_hash(RpThread *th, const Value *a) { return raise_todo(th, "_imp.source_hash()"); }

static const NativeDef functions[] = {{"acquire_lock", nothing, "()", 0, NULL, NULL},
                                      {"release_lock", nothing, "()", 0, NULL, NULL},
                                      {"lock_held", no, "()", 0, NULL, NULL},
                                      {"is_builtin", is_builtin, "(name, /)", 0, NULL, NULL},
                                      {"is_frozen", no, "(name, /)", 0, NULL, NULL},
                                      {"is_frozen_package", no, "(name, /)", 0, NULL, NULL},
                                      {"find_frozen", nothing, "(name, /, *, withdata=False)", 0, NULL, NULL},
                                      {"get_frozen_object", no_frozen, "(name, data=None, /)", 0, NULL, NULL},
                                      {"_find_and_load", import_find_and_load, "(name, import_, /)", 0, NULL, NULL},
                                      {"init_frozen", nothing, "(name, /)", 0, NULL, NULL},
                                      {"create_builtin", create_builtin, "(spec, /)", 0, NULL, NULL},
                                      {"exec_builtin", exec_builtin, "(mod, /)", 0, NULL, NULL},
                                      {"create_dynamic", no_dynamic, "(spec, file=None, /)", 0, NULL, NULL},
                                      {"exec_dynamic", no_dynamic, "(mod, /)", 0, NULL, NULL},
                                      {"extension_suffixes", extension_suffixes, "()", 0, NULL, NULL},
                                      {"_fix_co_filename", fix_co_filename, "(code, path, /)", 0, NULL, NULL},
                                      {"_frozen_module_names", extension_suffixes, "()", 0, NULL, NULL},
                                      {"_override_frozen_modules_for_tests", nothing, "(override, /)", 0, NULL, NULL},
                                      {"source_hash", source_hash, "(key, source)", 0, NULL, NULL},
                                      {0}};

static int init(RpThread *th, Dict *d) {
  Str *never = str_from_c(th, "never");
  return never ? dict_set_c(th, d, "check_hash_based_pycs", value_object(never)) : -1;
}
const ModuleSpec mod__imp = {"The low-level import machinery.", functions, init};

static Value no_marshal(RpThread *th, const Value *a) { return raise_todo(th, "marshal: there is no byte code format"); }
static const NativeDef marshal_functions[] = {{"dump", no_marshal, "(value, file, version=4, /)", 0, NULL, NULL},
                                              {"load", no_marshal, "(file, /)", 0, NULL, NULL},
                                              {"dumps", no_marshal, "(value, version=4, /)", 0, NULL, NULL},
                                              {"loads", no_marshal, "(bytes, /)", 0, NULL, NULL},
                                              {0}};
static int marshal_init(RpThread *th, Dict *d) { return dict_set_c(th, d, "version", value_int(4)); }
const ModuleSpec mod_marshal = {"Byte code is never written: importable, but every function raises NotImplementedError.", marshal_functions, marshal_init};
