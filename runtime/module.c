/* module.c: module objects, native modules. Finding and loading source modules is import.c. */
#include "runtime/module.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/import.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/perm.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#define MODULE_OF(v) ((Module *)as_object(v))

/* -- Module objects ------------------------------------------------------------------------------------------------------ */

static bool add_standard_names(RpThread *th, Dict *d, Str *name) {
  return dict_set_str(th, d, S(__name__), value_object(name)) == 0 && dict_set_str(th, d, S(__doc__), NONE) == 0 &&
         dict_set_str(th, d, S(__package__), NONE) == 0 && dict_set_str(th, d, S(__loader__), NONE) == 0 && dict_set_str(th, d, S(__spec__), NONE) == 0;
}

static Module *module_with_dict(RpThread *th, Str *name, Dict *d) {
  Module *m = heap_new(th, Module, SHAPE_module, K_MODULE);
  if (!m) return NULL;
  m->dict = d;
  m->overflow = value_object(d);
  m->name = name;
  return m;
}

Module *module_new(RpThread *th, Str *name) {
  Dict *d = dict_new_sized(th, 16);
  return d && add_standard_names(th, d, name) ? module_with_dict(th, name, d) : NULL;
}

static void trace(Tracer *tr, Object *o) {
  Module *m = (Module *)o;
  trace_value(tr, load_consume(&m->overflow));
  trace_ref(tr, load_consume(&m->dict));
  trace_ref(tr, m->name);
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Dict *d = dict_new(th);
  Module *m = d ? (Module *)type_alloc(th, type) : NULL;
  if (!m) return EMPTY;
  obj_store_ref(th, m, &m->dict, d);
  obj_store(th, m, &m->overflow, value_object(d));
  return value_object(m);
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"module", NULL, "(name, doc=None)", 0, NULL, NULL};
  Value a[2];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return -1;
  if (!str_check(a[0])) return raise_type(th, "module() argument 'name' must be str, not %T", a[0]), -1;
  Module *m = MODULE_OF(self);
  Dict *d = m->dict;
  obj_store(th, m, (Value *)(void *)&m->name, a[0]);
  if (dict_set_str(th, d, S(__name__), a[0]) < 0 || dict_set_str(th, d, S(__doc__), a[1] == EMPTY ? NONE : a[1]) < 0 ||
      dict_set_str(th, d, S(__package__), NONE) < 0 || dict_set_str(th, d, S(__loader__), NONE) < 0)
    return -1;
  return dict_set_str(th, d, S(__spec__), NONE);
}

bool module_initializing(RpThread *th, Value module) {
  if (!has_kind(module, K_MODULE)) return false;
  Value spec = dict_get_str(MODULE_OF(module)->dict, S(__spec__));
  if (spec == EMPTY || spec == NONE) return false;
  Value v = op_getattr_opt(th, spec, str_intern_c(th, "_initializing"));
  error_clear(th);
  return v == TRUE_V;
}

/* What is left out on purpose: hasattr says no, so that the standard library takes another way; whoever insists learns why. */
static const struct { const char *module, *name, *why; } left_out[] = {
    {"os", "fork", "threads of this process would stand still in the copy; start programs with subprocess"},
    {"os", "forkpty", "threads of this process would stand still in the copy; start programs with subprocess"},
};
static const char *why_missing(Str *module, Str *name) {
  for (size_t i = 0; i < countof(left_out); i++)
    if (str_eq_c(module, left_out[i].module) && str_eq_c(name, left_out[i].name)) return left_out[i].why;
  return NULL;
}

static Value missing(RpThread *th, Value self, Str *name) {
  Value own = dict_get_str(MODULE_OF(self)->dict, S(__name__));
  if (own == EMPTY || !str_check(own)) raise_attribute(th, "module has no attribute '%S'", name);
  else if (module_initializing(th, self))
    raise_attribute(th, "partially initialized module '%S' has no attribute '%S' (most likely due to a circular import)", as_str(own), name);
  else if (why_missing(as_str(own), name))
    raise_attribute(th, "module '%S' has no attribute '%S': %s", as_str(own), name, why_missing(as_str(own), name));
  else raise_attribute(th, "module '%S' has no attribute '%S'", as_str(own), name);
  attr_error_fields(th, self, name);
  return EMPTY;
}

static Value getattr(RpThread *th, Value self, Str *name) {
  Value v = object_getattr_opt(th, self, name);
  if (v != EMPTY || th->pending != EMPTY) return v;
  Value hook = dict_get_str(MODULE_OF(self)->dict, SLOT_NAME(__getattr__));
  return hook != EMPTY ? op_call1(th, hook, value_object(name)) : missing(th, self, name);
}

static Value repr(RpThread *th, Value self) {
  Dict *d = MODULE_OF(self)->dict;
  Value name = dict_get_str(d, S(__name__)), file = dict_get_str(d, S(__file__)), spec = dict_get_str(d, S(__spec__));
  if (name == EMPTY) return value_object(str_fmt(th, "<module '?'>"));
  if (file != EMPTY && file != NONE) return value_object(str_fmt(th, "<module %V from %V>", name, file));
  Value origin = spec == EMPTY || spec == NONE ? EMPTY : op_getattr_opt(th, spec, str_intern_c(th, "origin"));
  error_clear(th);
  if (origin != EMPTY && str_check(origin)) return value_object(str_fmt(th, "<module %V (%S)>", name, as_str(origin)));
  Value path = dict_get_str(d, S(__path__));
  if (path != EMPTY && spec != EMPTY && spec != NONE) return value_object(str_fmt(th, "<module %V (namespace)>", name));
  return value_object(str_fmt(th, "<module %V>", name));
}

static Value m_dir(RpThread *th, const Value *a) {
  Value dict = op_getattr(th, a[0], S(__dict__)); /* a property in subclasses that have one */
  if (dict == EMPTY) return EMPTY;
  if (!dict_check(dict)) return raise_type(th, "<module>.__dict__ is not a dictionary");
  Dict *d = as_dict(dict);
  Value hook = dict_get_str(d, S(__dir__));
  if (hook != EMPTY) return op_call0(th, hook);
  return value_object(op_to_list(th, value_object(d)));
}

static Value get_dict(RpThread *th, Value self) { return value_object(MODULE_OF(self)->dict); }
static Value get_annotations(RpThread *th, Value self) {
  Dict *d = MODULE_OF(self)->dict;
  Value v = dict_get_str(d, S(__annotations__));
  if (v != EMPTY) return v;
  Dict *fresh = dict_new(th);
  return fresh && dict_set_str(th, d, S(__annotations__), value_object(fresh)) == 0 ? value_object(fresh) : EMPTY;
}
static int set_annotations(RpThread *th, Value self, Value v) {
  Dict *d = MODULE_OF(self)->dict;
  if (v != EMPTY) return dict_set_str(th, d, S(__annotations__), v);
  int r = dict_del_str(th, d, S(__annotations__));
  if (r == 0) raise_attribute(th, "__annotations__");
  return r > 0 ? 0 : -1;
}

const TypeSpec spec_module = {
    .doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    .size = sizeof(Module),
    .slots = {.trace = trace, .new_ = new_, .init = init, .getattr = getattr, .repr = repr},
    .methods = (const NativeDef[]){{"__dir__", m_dir, "(self, /)", 0, "__dir__() -> list\nspecialized dir() implementation", NULL}, {0}},
    .getsets = (const GetSetDef[]){{"__dict__", get_dict, NULL, NULL}, {"__annotations__", get_annotations, set_annotations, NULL}, {0}},
};

/* -- Native modules ---------------------------------------------------------------------------------------------------------- */

#define MODULE(name, suffix) extern const ModuleSpec mod_##suffix;
#include "runtime/modules.def"
#undef MODULE

typedef struct ModuleRow { const char *name; const ModuleSpec *spec; } ModuleRow;
static const ModuleRow rows[] = {
#define MODULE(name, suffix) {name, &mod_##suffix},
#include "runtime/modules.def"
#undef MODULE
};

static const ModuleSpec *find_spec(const Str *name) {
  for (size_t i = 0; i < countof(rows); i++)
    if (str_eq_c(name, rows[i].name)) return rows[i].spec;
  for (const HostModule *m = rt_hooks.modules; m && m->name; m++)
    if (str_eq_c(name, m->name)) return m->spec;
  return NULL;
}

bool module_is_native(const Str *name) { return find_spec(name) != NULL; }

Tuple *module_native_names(RpThread *boot) {
  Value names[countof(rows)];
  for (size_t i = 0; i < countof(rows); i++) names[i] = value_object(str_perm(rows[i].name));
  return tuple_new(boot, names, countof(rows));
}

Value module_find(RpThread *th, Str *name) { return dict_get_str(th->ctx->sys_modules, name); }

/* -- What contexts share of builtins and sys: most of their names, as dicts that every context copies */

static Dict *shared_dicts[countof(rows)]; /* by row; NULL: the module has none */

static Dict *shared_dict(const ModuleSpec *spec) {
  for (size_t i = 0; i < countof(rows); i++)
    if (rows[i].spec == spec) return shared_dicts[i];
  return NULL;
}

static Dict *make_shared(RpThread *boot, const char *name, const ModuleSpec *spec) {
  Str *module = str_perm(name);
  size_t n = 96;
  for (const NativeDef *f = spec->functions; f->name; f++) n++;
  Dict *d = dict_new_sized(boot, n);
  if (!d || !add_standard_names(boot, d, module)) return NULL;
  if (dict_set_str(boot, d, S(__doc__), value_object(perm_str_private(spec->doc, strlen(spec->doc)))) < 0) return NULL;
  if (dict_set_str(boot, d, S(__package__), value_object(str_empty_)) < 0) return NULL;
  for (const NativeDef *def = spec->functions; def->name; def++) {
    Native *f = native_perm(def, SHAPE_builtin_function, NULL);
    f->module = value_object(module);
    if (dict_set_str(boot, d, f->name, value_object(f)) < 0) return NULL;
  }
  return spec->shared(boot, d) < 0 ? NULL : d;
}

void modules_init_shared(RpThread *boot) {
  for (size_t i = 0; i < countof(rows); i++)
    if (rows[i].spec->shared && !(shared_dicts[i] = make_shared(boot, rows[i].name, rows[i].spec))) RP_FATAL("no memory for the builtin modules");
}

/* The names of a module's dict that are there before its init runs. */
static Dict *new_dict(RpThread *th, Str *name, const ModuleSpec *spec) {
  Dict *shared = shared_dict(spec);
  if (shared) return dict_copy_sized(th, shared, 4);
  Dict *d = dict_new_sized(th, 16);
  if (!d || !add_standard_names(th, d, name) || dict_set_str(th, d, S(__package__), value_object(str_empty_)) < 0) return NULL;
  if (spec->doc) {
    Str *doc = str_from_c(th, spec->doc);
    if (!doc || dict_set_str(th, d, S(__doc__), value_object(doc)) < 0) return NULL;
  }
  return spec->functions && native_add_all(th, d, spec->functions, name) < 0 ? NULL : d;
}

static Module *make(RpThread *th, Str *name, const ModuleSpec *spec) {
  Dict *d = new_dict(th, name, spec);
  Module *m = d ? module_with_dict(th, name, d) : NULL;
  if (!m) return NULL;
  Value mspec = import_spec_new(th, name, NULL, "built-in", false);
  if (mspec == EMPTY || dict_set_str(th, m->dict, S(__spec__), mspec) < 0) return NULL;
  if (dict_set_str(th, th->ctx->sys_modules, name, value_object(m)) < 0) return NULL;
  if (spec->init && spec->init(th, m->dict) < 0) {
    Value e = error_take(th);
    dict_del_str(th, th->ctx->sys_modules, name);
    th->pending = e;
    return NULL;
  }
  return m;
}

Value module_import_native(RpThread *th, Str *name) {
  Value have = module_find(th, name);
  if (have != EMPTY) return have;
  const ModuleSpec *spec = find_spec(name);
  return spec ? value_object(make(th, str_intern(th, name), spec)) : EMPTY;
}

int modules_init(RpThread *th) {
  RpContext *ctx = th->ctx;
  ctx->sys_modules = dict_new_sized(th, 8);
  if (!ctx->sys_modules || import_context_init(th) < 0) return -1;
  Value b = module_import_native(th, S(builtins));
  if (b == EMPTY) return -1;
  ctx->builtins_module = MODULE_OF(b);
  ctx->builtins = ctx->builtins_module->dict;
  ctx->import_builtin = dict_get_str(ctx->builtins, S(__import__));
  Value s = module_import_native(th, S(sys));
  if (s == EMPTY) return -1;
  ctx->sys_module = MODULE_OF(s);
  ctx->sys_dict = ctx->sys_module->dict;
  return 0;
}
