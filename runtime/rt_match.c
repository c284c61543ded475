/* rt_match.c: class and mapping patterns (PEP 634). */
#include "runtime/rt_match.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/set.h"
#include "runtime/str.h"

/* One result per key, by the mapping's get(key, sentinel) so that __missing__ is not triggered. */
Value rt_match_keys(RpThread *th, Value subject, Tuple *keys) {
  Set *seen = set_new(th);
  Tuple *values = tuple_alloc(th, keys->length);
  if (!seen || !values) return EMPTY;
  bool plain = has_shape(subject, SHAPE_dict);
  Value get = plain ? EMPTY : op_getattr(th, subject, S(get));
  if (!plain && get == EMPTY) return EMPTY;
  Value sentinel = value_object(seen); /* any fresh object */
  for (uint64_t i = 0; i < keys->length; i++) {
    Value key = keys->items[i];
    int added = set_add(th, seen, key);
    if (added < 0) return EMPTY;
    if (!added) return raise_value(th, "mapping pattern checks duplicate key (%V)", key);
    Value v = plain ? dict_get(th, as_dict(subject), key) : op_call2(th, get, key, sentinel);
    if (v == EMPTY && th->pending != EMPTY) return EMPTY;
    if (v == EMPTY || v == sentinel) return NONE;
    obj_store(th, values, &values->items[i], v);
  }
  return value_object(values);
}

Value rt_copy_dict_without(RpThread *th, Value subject, Tuple *keys) {
  Dict *d = dict_new(th);
  if (!d || dict_update(th, d, subject, true) < 0) return EMPTY;
  for (uint64_t i = 0; i < keys->length; i++)
    if (dict_del(th, d, keys->items[i]) < 0) return EMPTY;
  return value_object(d);
}

/* Types whose single positional sub-pattern matches the whole subject. */
static bool matches_self(const Type *t) {
  static const Type *const types[] = {&type_bool, &type_bytearray, &type_bytes, &type_dict,  &type_float, &type_frozenset,
                                      &type_int,  &type_list,      &type_set,   &type_str,   &type_tuple};
  for (size_t i = 0; i < countof(types); i++)
    if (type_is_subtype(t, types[i])) return true;
  return false;
}

/* subject.name into the result; 1 done, 0 no such attribute: no match, -1 error. */
static int take_attr(RpThread *th, Value subject, Type *t, Value name, List *seen, List *out) {
  Array *a = list_array(seen);
  for (uint32_t i = 0; i < a->length; i++)
    if (str_eq(as_str(a->items[i]), as_str(name))) {
      raise_type(th, "%S() got multiple sub-patterns for attribute %V", t->name, name);
      return -1;
    }
  if (list_append(th, seen, name) < 0) return -1;
  Value v = op_getattr_opt(th, subject, as_str(name));
  if (v == EMPTY) return th->pending != EMPTY ? -1 : 0;
  return list_append(th, out, v) < 0 ? -1 : 1;
}

Value rt_match_class(RpThread *th, Value subject, Value cls, int n_positional, Tuple *names) {
  if (!has_kind(cls, K_TYPE)) return raise_type(th, "called match pattern must be a class");
  Type *t = (Type *)as_object(cls);
  int is = op_isinstance(th, subject, cls);
  if (is <= 0) return is < 0 ? EMPTY : NONE;
  List *out = list_new(th, 0), *seen = list_new(th, 0);
  if (!out || !seen) return EMPTY;
  if (n_positional) {
    Value ma = op_getattr_opt(th, cls, S(__match_args__));
    if (ma == EMPTY && th->pending != EMPTY) return EMPTY;
    bool self = ma == EMPTY && matches_self(t);
    if (ma != EMPTY && !has_shape(ma, SHAPE_tuple))
      return raise_type(th, "%S.__match_args__ must be a tuple (got %T)", t->name, ma);
    int allowed = self ? 1 : ma == EMPTY ? 0 : (int)as_tuple(ma)->length;
    if (n_positional > allowed)
      return raise_type(th, "%S() accepts %d positional sub-pattern%s (%d given)", t->name, allowed, allowed == 1 ? "" : "s", n_positional);
    if (self && list_append(th, out, subject) < 0) return EMPTY;
    for (int i = 0; !self && i < n_positional; i++) {
      Value name = as_tuple(ma)->items[i];
      if (!str_check(name)) return raise_type(th, "__match_args__ elements must be strings (got %T)", name);
      int rc = take_attr(th, subject, t, name, seen, out);
      if (rc <= 0) return rc < 0 ? EMPTY : NONE;
    }
  }
  for (uint64_t i = 0; i < names->length; i++) {
    int rc = take_attr(th, subject, t, names->items[i], seen, out);
    if (rc <= 0) return rc < 0 ? EMPTY : NONE;
  }
  Tuple *r = list_to_tuple(th, out);
  return r ? value_object(r) : EMPTY;
}
