/* mod_errno.c: the module errno. */
#include "runtime/dict.h"
#include "runtime/native.h"
#include "runtime/str.h"

#include <errno.h>

static const struct { const char *name; int value; } names[] = {
#define ERRNO(e) {#e, e},
#include "runtime/errno_names.def"
#undef ERRNO
};

static int init(RpThread *th, Dict *d) {
  Dict *codes = dict_new(th);
  if (!codes) return -1;
  for (size_t i = 0; i < countof(names); i++) {
    Str *s = str_intern_c(th, names[i].name);
    Value code = value_int(names[i].value);
    if (!s || dict_set_str(th, d, s, code) < 0) return -1;
    Value first = dict_get(th, codes, code);
    if (first == EMPTY && dict_set(th, codes, code, value_object(s)) < 0) return -1;
  }
  return dict_set_c(th, d, "errorcode", value_object(codes));
}

const ModuleSpec mod_errno_ = {"This module makes available standard errno system symbols.", NULL, init};
