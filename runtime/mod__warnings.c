/* mod__warnings.c: the module _warnings: filters and delivery of warnings, so that the runtime can warn without loading anything. Once the module
** warnings is loaded, its filters and its way of showing a warning are used. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/frame.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static Dict *own_dict(RpThread *th) {
  Value m = import_module_c(th, "_warnings");
  return m == EMPTY ? NULL : ((Module *)as_object(m))->dict;
}

/* An attribute of the Python module when it is loaded, else our own of that name. EMPTY without pending: neither. */
static Value setting(RpThread *th, const char *python_name, const char *name) {
  Str *w = str_intern_c(th, "warnings"), *attr = str_intern_c(th, python_name);
  Value m = w && attr ? module_find(th, w) : EMPTY;
  Value v = m == EMPTY ? EMPTY : op_getattr_opt(th, m, attr);
  if (v != EMPTY || th->pending != EMPTY) return v;
  Dict *d = name ? own_dict(th) : NULL;
  return d ? dict_get_c(th, d, name) : EMPTY;
}

/* -- Filters ------------------------------------------------------------------------------------------------------------------ */

static int text_matches(RpThread *th, Value pattern, Value text) {
  if (pattern == NONE) return 1;
  if (str_check(pattern)) return str_check(text) && str_eq(as_str(pattern), as_str(text));
  Value r = op_call_method(th, pattern, str_intern_c(th, "match"), &text, 1);
  return r == EMPTY ? -1 : op_truth(th, r);
}

/* The action of the first filter that fits; EMPTY + pending. */
static Value find_action(RpThread *th, Value category, Value text, Value module, int64_t line) {
  Value filters = setting(th, "filters", "filters");
  if (filters == EMPTY || !list_check(filters)) return th->pending != EMPTY ? EMPTY : raise_value(th, "_warnings.filters must be a list");
  for (uint32_t i = 0; i < list_len(as_list(filters)); i++) {
    Value f = list_get_fast(as_list(filters), i);
    if (f == EMPTY || !tuple_check(f) || as_tuple(f)->length != 5) return raise_value(th, "_warnings.filters item %u isn't a 5-tuple", i);
    Value *it = as_tuple(f)->items;
    int64_t at;
    int ok = text_matches(th, it[1], text);
    if (ok > 0) ok = op_issubclass(th, category, it[2]);
    if (ok > 0) ok = text_matches(th, it[3], module);
    if (ok < 0 || !op_as_i64(th, it[4], &at)) return EMPTY;
    if (ok && (at == 0 || at == line)) return it[0];
  }
  Value dflt = setting(th, "defaultaction", "_defaultaction");
  return dflt != EMPTY || th->pending != EMPTY ? dflt : raise_value(th, "_warnings.defaultaction not found");
}

static Value filters_version(RpThread *th) {
  Dict *d = own_dict(th);
  Value v = d ? dict_get_c(th, d, "_filters_version") : EMPTY;
  return v == EMPTY ? value_int(0) : v;
}

/* 1: this registry has seen the key since the filters last changed; with `set` it has now. */
static int seen(RpThread *th, Value registry, Value key, bool set) {
  if (registry == EMPTY || registry == NONE) return 0;
  if (!dict_check(registry)) return raise_type(th, "'registry' must be a dict or None"), -1;
  Dict *d = as_dict(registry);
  Value version = filters_version(th), have = dict_get_c(th, d, "version");
  if (have != version) {
    dict_clear(th, d);
    if (dict_set_c(th, d, "version", version) < 0) return -1;
  } else {
    Value v = dict_get(th, d, key);
    if (v != EMPTY) return op_truth(th, v);
    if (th->pending != EMPTY) return -1;
  }
  return set ? dict_set(th, d, key, TRUE_V) : 0;
}

/* -- Showing --------------------------------------------------------------------------------------------------------------------- */

static int show_plain(RpThread *th, Value category, Value text, Str *filename, int64_t line) {
  Value err = dict_get_str(th->ctx->sys_dict, S(stderr));
  if (err == EMPTY || err == NONE) return 0;
  Str *name = ((Type *)as_object(category))->name;
  Str *out = str_fmt(th, "%S:%ld: %S: %S\n", filename, (long)line, name, op_str(th, text));
  Str *src = out ? source_text_line(th, filename, (int)line) : NULL;
  if (src) {
    uint32_t lo = 0, hi = src->length;
    while (lo < hi && (str_at(src, lo) == ' ' || str_at(src, lo) == '\t')) lo++;
    while (hi > lo && (str_at(src, hi - 1) == ' ' || str_at(src, hi - 1) == '\t')) hi--;
    Str *bare = str_slice(th, src, lo, hi);
    if (bare && lo < hi) out = str_fmt(th, "%S  %S\n", out, bare);
  }
  Value arg = value_object(out);
  return out && op_call_method(th, err, S(write), &arg, 1) != EMPTY ? 0 : -1;
}

static int show(RpThread *th, Value instance, Value category, Value text, Value filename, int64_t line, Value source) {
  Value fn = setting(th, "_showwarnmsg", NULL), cls = fn == EMPTY ? EMPTY : setting(th, "WarningMessage", NULL);
  if (th->pending != EMPTY) return -1;
  if (cls == EMPTY) return show_plain(th, category, text, str_check(filename) ? as_str(filename) : str_from_c(th, "sys"), line);
  Value args[7] = {instance, category, filename, value_int(line), NONE, NONE, source == EMPTY ? NONE : source};
  Value msg = op_call(th, cls, args, 7, NULL);
  return msg == EMPTY || op_call1(th, fn, msg) == EMPTY ? -1 : 0;
}

/* -- warn_explicit -------------------------------------------------------------------------------------------------------------------- */

static bool text_is(Value v, const char *s) { return str_check(v) && str_eq_c(as_str(v), s); }

static int warn_explicit(RpThread *th, Value message, Value category, Value filename, int64_t line, Value module, Value registry, Value source) {
  Value text = message, instance;
  if (value_is_instance(message, &type_Warning)) {
    text = value_object(op_str(th, message));
    category = value_object(type_of(message));
    instance = message;
  } else instance = op_call1(th, category, message);
  if (text == EMPTY || instance == EMPTY) return -1;
  Tuple *key = tuple_of(th, 3, text, category, value_int(line));
  int was = key ? seen(th, registry, value_object(key), false) : -1;
  if (was) return was < 0 ? -1 : 0;
  Value action = find_action(th, category, text, module, line);
  if (action == EMPTY) return -1;
  if (text_is(action, "error")) return raise_value_object(th, instance), -1;
  if (text_is(action, "ignore")) return 0;
  if (!text_is(action, "always") && seen(th, registry, value_object(key), true) < 0) return -1;
  if (text_is(action, "once")) {
    Value once = setting(th, "onceregistry", "_onceregistry");
    Tuple *k = once == EMPTY ? NULL : tuple_of(th, 2, text, category);
    was = k ? seen(th, once, value_object(k), true) : -1;
  } else if (text_is(action, "module")) {
    Tuple *k = tuple_of(th, 3, text, category, value_int(0));
    was = k ? seen(th, registry, value_object(k), true) : -1;
  } else if (!text_is(action, "always") && !text_is(action, "default"))
    return raise_runtime(th, "Unrecognized action (%V) in warnings.filters:\n %V", action, action), -1;
  if (was) return was < 0 ? -1 : 0;
  return show(th, instance, category, text, filename, line, source);
}

static Value module_name(RpThread *th, Value filename) {
  if (!str_check(filename) || as_str(filename)->length == 0) return value_object(str_from_c(th, "<unknown>"));
  Str *s = as_str(filename);
  uint32_t n = s->length;
  bool py = n >= 3 && str_at(s, n - 1) == 'y' && str_at(s, n - 2) == 'p' && str_at(s, n - 3) == '.';
  return value_object(py ? str_slice(th, s, 0, n - 3) : s);
}

static Value m_warn_explicit(RpThread *th, const Value *a) {
  int64_t line;
  if (!op_as_i64(th, a[3], &line)) return EMPTY;
  Value module = a[4] == EMPTY || a[4] == NONE ? module_name(th, a[2]) : a[4];
  if (module == EMPTY) return EMPTY;
  return warn_explicit(th, a[0], a[1], a[2], line, module, a[5] == EMPTY ? NONE : a[5], a[7]) < 0 ? EMPTY : NONE;
}

static bool is_warning_class(Value v) { return has_kind(v, K_TYPE) && type_is_subtype((Type *)as_object(v), &type_Warning); }

static Value m_warn(RpThread *th, const Value *a) {
  Value category = a[1];
  if (value_is_instance(a[0], &type_Warning)) category = value_object(type_of(a[0]));
  else if (category == EMPTY || category == NONE) category = value_object(&type_UserWarning);
  if (!is_warning_class(category)) {
    if (has_kind(category, K_TYPE)) return raise_type(th, "category must be a Warning subclass, not '%S'", type_of(category)->name);
    return raise_type(th, "category must be a Warning subclass, not '%T'", category);
  }
  int64_t level = 1;
  if (a[2] != EMPTY && !op_as_i64(th, a[2], &level)) return EMPTY;
  Activation at = activation_of(th->frame);
  while (at.f && level-- > 1) at = activation_caller(at);
  Code *co = at.f ? activation_code(at) : NULL;
  Dict *globals = co ? activation_globals(at) : th->ctx->sys_dict;
  Value filename = co ? value_object(co->filename) : value_object(str_from_c(th, "sys"));
  int64_t line = co ? code_line(co, (uint32_t)(activation_pc(at) - co->instrs)) : 1;
  Str *key = str_intern_c(th, "__warningregistry__");
  Value registry = key ? dict_get_str(globals, key) : EMPTY;
  if (registry == EMPTY) {
    registry = value_object(dict_new(th));
    if (!key || registry == EMPTY || dict_set_str(th, globals, key, registry) < 0) return EMPTY;
  }
  Value module = dict_get_str(globals, S(__name__));
  if (module == EMPTY || !str_check(module)) module = value_object(str_from_c(th, "<string>"));
  return warn_explicit(th, a[0], category, filename, line, module, registry, a[3]) < 0 ? EMPTY : NONE;
}

static Value m_filters_mutated(RpThread *th, const Value *a) {
  Dict *d = own_dict(th);
  if (!d) return EMPTY;
  return dict_set_c(th, d, "_filters_version", value_int(as_int(filters_version(th)) + 1)) < 0 ? EMPTY : NONE;
}

static const NativeDef functions[] = {
    {"warn", m_warn, "(message, category=None, stacklevel=1, source=None)", 0, "Issue a warning, or maybe ignore it or raise an exception.", NULL},
    {"warn_explicit", m_warn_explicit, "(message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None)", 0,
     "Low-level interface to warnings functionality.", NULL},
    {"_filters_mutated", m_filters_mutated, "()", 0, NULL, NULL},
    {0}};

static int add_filter(RpThread *th, List *l, const char *action, Type *category, const char *module) {
  Str *a = str_intern_c(th, action), *m = module ? str_intern_c(th, module) : NULL;
  Tuple *t = a ? tuple_of(th, 5, value_object(a), NONE, value_object(category), m ? value_object(m) : NONE, value_int(0)) : NULL;
  return t ? list_append(th, l, value_object(t)) : -1;
}

static int init(RpThread *th, Dict *d) {
  List *l = list_new(th, 5);
  Str *action = str_intern_c(th, "default");
  Dict *once = dict_new(th);
  if (!l || !action || !once || add_filter(th, l, "default", &type_DeprecationWarning, "__main__") < 0 ||
      add_filter(th, l, "ignore", &type_DeprecationWarning, NULL) < 0 || add_filter(th, l, "ignore", &type_PendingDeprecationWarning, NULL) < 0 ||
      add_filter(th, l, "ignore", &type_ImportWarning, NULL) < 0 || add_filter(th, l, "ignore", &type_ResourceWarning, NULL) < 0)
    return -1;
  if (dict_set_c(th, d, "filters", value_object(l)) < 0 || dict_set_c(th, d, "_defaultaction", value_object(action)) < 0) return -1;
  return dict_set_c(th, d, "_onceregistry", value_object(once));
}

const ModuleSpec mod__warnings = {"_warnings provides basic warning filtering support.", functions, init};
