/* mod__weakref.c: what weakref.py builds on. The objects are weakref.c's. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/weakref.h"

static Value get_count(RpThread *th, const Value *a) { return value_int((int64_t)weakref_list(th, a[0], NULL, 0)); }

static Value get_refs(RpThread *th, const Value *a) {
  size_t n = weakref_list(th, a[0], NULL, 0), got;
  List *list = list_new(th, n);
  Array *hold = heap_alloc_array(th, (uint32_t)n); /* not malloc'ed memory: the collector must see them */
  if (!list || !hold) return EMPTY;
  got = weakref_list(th, a[0], (WeakRef **)hold->items, n);
  if (got > n) got = n; /* more were made meanwhile */
  store_release(&hold->length, (uint32_t)got);
  heap_barrier_bulk(th, hold);
  for (size_t i = 0; i < got; i++)
    if (list_append(th, list, hold->items[i]) < 0) return EMPTY;
  return value_object(list);
}

static Value make_proxy(RpThread *th, const Value *a) {
  Type *t = op_callable(a[0]) ? &type_weakcallableproxy : &type_weakproxy;
  WeakRef *r = weakref_new(th, t, a[0], a[1] == NONE ? EMPTY : a[1]);
  return r ? value_object(r) : EMPTY;
}

static Value remove_dead(RpThread *th, const Value *a) {
  if (!dict_check(a[0])) return raise_type(th, "_remove_dead_weakref() argument 1 must be dict, not %T", a[0]);
  Value v = dict_get(th, as_dict(a[0]), a[1]);
  if (v == EMPTY) return th->pending == EMPTY ? NONE : EMPTY;
  if (!weakref_check(v)) return raise_type(th, "not a weakref");
  if (weakref_get((WeakRef *)as_object(v)) != EMPTY) return NONE;
  return dict_del_if(th, as_dict(a[0]), a[1], v) < 0 ? EMPTY : NONE; /* not what somebody has put there since */
}

static const NativeDef weakref_functions[] = {
    {"getweakrefcount", get_count, "(object, /)", 0, "Return the number of weak references to 'object'."},
    {"getweakrefs", get_refs, "(object, /)", 0, "Return a list of all weak reference objects pointing to 'object'."},
    {"proxy", make_proxy, "(object, callback=None, /)", 0, "Create a proxy object that weakly references 'object'."},
    {"_remove_dead_weakref", remove_dead, "(dct, key, /)", 0, "Atomically remove key from dict if it points to a dead weakref."},
    {0},
};
static int weakref_init(RpThread *th, Dict *dict) {
  const struct { const char *name; Type *t; } rows[] = {{"ref", &type_weakref},
                                                        {"ReferenceType", &type_weakref},
                                                        {"ProxyType", &type_weakproxy},
                                                        {"CallableProxyType", &type_weakcallableproxy}};
  for (size_t i = 0; i < countof(rows); i++)
    if (dict_set_c(th, dict, rows[i].name, value_object(rows[i].t)) < 0) return -1;
  return 0;
}
const ModuleSpec mod__weakref = {.doc = "Weak-reference support module.", .functions = weakref_functions, .init = weakref_init};
