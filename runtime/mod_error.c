/* mod_error.c: see mod_error.h. */
#include "runtime/mod_error.h"

#include "runtime/dict.h"
#include "runtime/module.h"

int module_error_add(RpThread *th, Dict *d, const char *shown_module, const char *name, Type *base) {
  Dict *ns = dict_new(th);
  Str *n = str_intern_c(th, name), *m = str_intern_c(th, shown_module);
  Tuple *bases = tuple_of(th, 1, value_object(base));
  if (!ns || !n || !m || !bases || dict_set_str(th, ns, S(__module__), value_object(m)) < 0) return -1;
  Value args[] = {value_object(n), value_object(bases), value_object(ns)};
  Value cls = op_call(th, value_object(&type_type), args, 3, NULL);
  return cls == EMPTY ? -1 : dict_set_str(th, d, n, cls);
}

Value module_error_raise(RpThread *th, const char *module, const char *name, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Str *text = str_vfmt(th, fmt, ap);
  va_end(ap);
  Str *m = text ? str_intern_c(th, module) : NULL, *n = m ? str_intern_c(th, name) : NULL;
  Value mod = n ? module_import_native(th, m) : EMPTY;
  Value cls = mod == EMPTY ? EMPTY : op_getattr(th, mod, n);
  Value exc = cls == EMPTY ? EMPTY : op_call1(th, cls, value_object(text));
  return exc == EMPTY ? EMPTY : raise_value_object(th, exc);
}
