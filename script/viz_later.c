/* viz_later.c: the names that scripts may expect and that are not there yet: calling one, an attribute of one, a class made from one raises. */
#include "runtime/dict.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "script/viz.h"

static Value refuse(RpThread *th, Value self) {
  const char *name = ((NativeObject *)as_object(self))->data;
  return raise_todo(th, "viz.%s is not there yet (docs/missing.md)", name);
}

static Value later_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) { return refuse(th, self); }

/* Special names are looked up on everything; only the one that `class P(Params)` asks for means a use. */
static Value later_getattr(RpThread *th, Value self, Str *name) {
  bool special = name->length > 2 && str_at(name, 0) == '_';
  return special && !str_eq_c(name, "__mro_entries__") ? object_getattr(th, self, name) : refuse(th, self);
}

const TypeSpec spec_viz_later = {
    .doc = "Something that is not there yet.",
    .size = sizeof(NativeObject),
    .flags = TYPE_CUSTOM_GETATTR,
    .slots = {.call = later_call, .getattr = later_getattr},
};

int viz_add_later(RpThread *th, Dict *dict) {
  static const char *const names[] = {
#define LATER(name) #name,
#include "script/viz_later.def"
#undef LATER
  };
  for (size_t i = 0; i < countof(names); i++) {
    NativeObject *o = heap_new(th, NativeObject, SHAPE_viz_later, K_NATIVE_OBJECT);
    if (o) o->data = (void *)names[i];
    if (!o || dict_set_c(th, dict, names[i], value_object(o)) < 0) return -1;
  }
  return 0;
}
