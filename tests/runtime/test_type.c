/* test_type.c: builtin types, shapes and classes without the interpreter. */
#include "tests/runtime/cont_test.h"

#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/shape.h"

static Type *new_class(RpThread *th, const char *name, Type *a, Type *b, Dict *ns) {
  Tuple *bases = b ? tuple_of(th, 2, value_object(a), value_object(b)) : tuple_of(th, 1, value_object(a));
  Value v = type_new_class(th, &type_type, str_from_c(th, name), bases, ns ? ns : dict_new(th), NULL, NULL);
  return v == EMPTY ? NULL : (Type *)as_object(v);
}

TEST(builtin_types_are_complete) {
  types_init();
  CHECK(type_of(value_int(1)) == &type_int && type_of(TRUE_V) == &type_bool && type_of(NONE) == &type_NoneType);
  CHECK(type_is_subtype(&type_bool, &type_int) && !type_is_subtype(&type_int, &type_bool));
  CHECK(type_is_subtype(&type_ExceptionGroup, &type_Exception));
  CHECK(dict_get_str(type_int.dict, SLOT_NAME(__add__)) != EMPTY && dict_get_str(type_int.dict, SLOT_NAME(__radd__)) != EMPTY);
  CHECK(dict_get_str(type_list.dict, SLOT_NAME(__hash__)) == NONE);
  CHECK(type_int.hdr.flags & OBJ_IMMUTABLE);
}

TEST(mro_is_c3) {
  RpThread *th = open_context();
  Type *a = new_class(th, "A", &type_object, NULL, NULL), *b = new_class(th, "B", a, NULL, NULL), *c = new_class(th, "C", a, NULL, NULL);
  Type *d = new_class(th, "D", b, c, NULL);
  Type *want[] = {d, b, c, a, &type_object};
  CHECK(d && d->mro->length == 5);
  for (int i = 0; i < 5; i++) CHECK(d->mro->items[i] == value_object(want[i]));
  CHECK(new_class(th, "E", a, b, NULL) == NULL && error_is(th, &type_TypeError));
  error_clear(th);
  close_context(th);
}

TEST(versions_change_with_attributes_of_bases) {
  RpThread *th = open_context();
  Type *a = new_class(th, "A", &type_object, NULL, NULL), *b = new_class(th, "B", a, NULL, NULL);
  Str *x = str_intern_c(th, "x");
  CHECK(type_lookup(th, b, x) == EMPTY);
  uint32_t before = b->version;
  CHECK(op_setattr(th, value_object(a), x, value_int(5)) == 0);
  CHECK(b->version != before && type_lookup(th, b, x) == value_int(5));
  close_context(th);
}

TEST(shapes_are_shared_and_grow) {
  RpThread *th = open_context();
  Type *a = new_class(th, "A", &type_object, NULL, NULL);
  Value o = op_call0(th, value_object(a)), p = op_call0(th, value_object(a));
  char name[8];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "n%d", i);
    Str *s = str_intern_c(th, name);
    CHECK(op_setattr(th, o, s, value_int(i)) == 0 && op_setattr(th, p, s, value_int(-i)) == 0);
    CHECK(obj_shape_id(as_object(o)) == obj_shape_id(as_object(p)));
  }
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "n%d", i);
    CHECK(op_getattr(th, o, str_intern_c(th, name)) == value_int(i));
  }
  CHECK(a->n_predicted > 2);
  Dict *d = object_dict(th, o);
  CHECK(d && dict_len(d) == 40 && (obj_shape(as_object(o))->flags & SHAPE_DICT));
  CHECK(op_getattr(th, o, str_intern_c(th, "n39")) == value_int(39) && op_delattr(th, o, str_intern_c(th, "n0")) == 0);
  CHECK(op_getattr_opt(th, o, str_intern_c(th, "n0")) == EMPTY && th->pending == EMPTY);
  close_context(th);
}

TEST(subclass_keeps_c_slots_of_its_builtin_base) {
  RpThread *th = open_context();
  Type *l = new_class(th, "L", &type_list, NULL, NULL);
  CHECK(l && l->slots.len == type_list.slots.len && l->slots.getitem == type_list.slots.getitem && l->inst_kind == K_LIST);
  Value v = op_call0(th, value_object(l));
  CHECK(v != EMPTY && op_setattr(th, v, str_intern_c(th, "tag"), TRUE_V) == 0 && op_len(th, v) == 0);
  close_context(th);
}

TEST(signature_binds_as_cpython) {
  RpThread *th = open_context();
  static const NativeDef def = {"f", NULL, "(a, b=1, /, c=2, *, d=3)", 0, NULL, NULL};
  Value out[4], args[5] = {value_int(1), value_int(2), value_int(3), value_int(4), value_int(5)};
  CHECK(native_bind(th, &def, args, 3, NULL, out) && out[2] == value_int(3) && out[3] == EMPTY);
  Tuple *kw = tuple_of(th, 1, value_object(str_from_c(th, "d")));
  CHECK(native_bind(th, &def, args, 1, kw, out) && out[1] == EMPTY && out[3] == value_int(2));
  CHECK(!native_bind(th, &def, args, 0, NULL, out) && error_is(th, &type_TypeError));
  error_clear(th);
  CHECK(!native_bind(th, &def, args, 4, NULL, out) && error_is(th, &type_TypeError));
  error_clear(th);
  close_context(th);
}

UNIT_MAIN()
