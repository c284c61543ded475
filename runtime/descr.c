/* descr.c: property, classmethod, staticmethod, super, member and getset descriptors, mappingproxy. */
#include "runtime/descr.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/frame.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/perm.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/weakref.h"

#define DESCR(v) ((Descr *)as_object(v))

static void trace(Tracer *tr, Object *o) {
  Descr *d = (Descr *)o;
  trace_value(tr, load_consume(&d->overflow));
  trace_value(tr, load_consume(&d->a));
  trace_value(tr, load_consume(&d->b));
  trace_value(tr, load_consume(&d->c));
  trace_value(tr, load_consume(&d->doc));
  trace_ref(tr, d->owner);
  trace_ref(tr, load_consume(&d->name));
}

Value descr_new(RpThread *th, Type *type, Value a, Value b, Value c) {
  Descr *d = (Descr *)type_alloc(th, type);
  if (!d) return EMPTY;
  d->a = a;
  d->b = b;
  d->c = c;
  return value_object(d);
}

Value descr_getset_new(RpThread *th, const GetSetDef *g, Type *owner) {
  Str *name = str_intern_c(th, g->name);
  Descr *d = name ? (Descr *)type_alloc(th, &type_getset_descriptor) : NULL;
  if (!d) return EMPTY;
  d->owner = owner;
  d->name = name;
  d->getset = g;
  return value_object(d);
}

Value descr_member_new(RpThread *th, Type *owner, Str *name, int slot) {
  Descr *d = (Descr *)type_alloc(th, &type_member_descriptor);
  if (!d) return EMPTY;
  d->owner = owner;
  d->name = name;
  d->slot = slot;
  return value_object(d);
}

Descr *descr_perm_static(Native *f) {
  Descr *d = (Descr *)perm_object(SHAPE_staticmethod, K_DESCR, sizeof *d);
  d->a = value_object(f);
  return d;
}

Descr *descr_perm_getset(const GetSetDef *g, Type *owner) {
  Descr *d = (Descr *)perm_object(SHAPE_getset_descriptor, K_DESCR, sizeof *d);
  d->owner = owner;
  d->name = str_perm(g->name);
  d->getset = g;
  return d;
}

static bool no_keywords(RpThread *th, const char *name, Tuple *kwnames) {
  if (!kwnames || !kwnames->length) return true;
  raise_type(th, "%s() takes no keyword arguments", name);
  return false;
}

static Value get_weakref(RpThread *th, Value self) {
  WeakRef *first;
  return weakref_list(th, self, &first, 1) ? value_object(first) : NONE;
}
const GetSetDef getset_weakref = {"__weakref__", get_weakref, NULL, "list of weak references to the object"};

/* -- Getset and member descriptors ------------------------------------------------------------------------------------------- */

static bool applies(RpThread *th, Descr *d, Value obj) {
  if (value_is_instance(obj, d->owner)) return true;
  raise_type(th, "descriptor '%S' for '%S' objects doesn't apply to a '%T' object", d->name, d->owner->name, obj);
  return false;
}

static Value getset_get(RpThread *th, Value self, Value obj, Value type) {
  Descr *d = DESCR(self);
  if (obj == EMPTY) return self;
  return applies(th, d, obj) ? d->getset->get(th, obj) : EMPTY;
}

static int getset_set(RpThread *th, Value self, Value obj, Value v) {
  Descr *d = DESCR(self);
  if (!applies(th, d, obj)) return -1;
  if (d->getset->set) return d->getset->set(th, obj, v);
  raise_attribute(th, "attribute '%S' of '%S' objects is not writable", d->name, d->owner->name);
  return -1;
}

static Value getset_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<attribute '%S' of '%S' objects>", DESCR(self)->name, DESCR(self)->owner->name));
}
static Value member_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<member '%S' of '%S' objects>", DESCR(self)->name, DESCR(self)->owner->name));
}
static Value d_name(RpThread *th, Value self) { return value_object(DESCR(self)->name); }
static Value d_objclass(RpThread *th, Value self) { return value_object(DESCR(self)->owner); }
static Value d_qualname(RpThread *th, Value self) {
  return value_object(str_fmt(th, "%S.%S", DESCR(self)->owner->qualname, DESCR(self)->name));
}
static Value d_doc(RpThread *th, Value self) {
  const GetSetDef *g = DESCR(self)->getset;
  return g && g->doc ? value_object(str_from_c(th, g->doc)) : NONE;
}
static Value d_reduce(RpThread *th, const Value *a) {
  Value getattr = dict_get_c(th, th->ctx->builtins, "getattr");
  Tuple *args = tuple_of(th, 2, value_object(DESCR(a[0])->owner), value_object(DESCR(a[0])->name));
  return args ? value_object(tuple_of(th, 2, getattr, value_object(args))) : EMPTY;
}

static const GetSetDef descr_getsets[] = {{"__name__", d_name, NULL, NULL},
                                          {"__objclass__", d_objclass, NULL, NULL},
                                          {"__qualname__", d_qualname, NULL, NULL},
                                          {"__doc__", d_doc, NULL, NULL},
                                          {0}};
static const NativeDef descr_methods[] = {{"__reduce__", d_reduce, "(self, /)", 0, NULL, NULL}, {0}};

const TypeSpec spec_getset_descriptor = {
    .size = sizeof(Descr),
    .slots = {.trace = trace, .repr = getset_repr, .descr_get = getset_get, .descr_set = getset_set},
    .methods = descr_methods,
    .getsets = descr_getsets,
};

static Value member_get(RpThread *th, Value self, Value obj, Value type) {
  Descr *d = DESCR(self);
  if (obj == EMPTY) return self;
  if (!applies(th, d, obj)) return EMPTY;
  Object *o = as_object(obj);
  Value v = obj_slot_load(o, obj_shape(o), d->slot);
  return v != EMPTY ? v : attr_missing(th, obj, d->name);
}

static int member_set(RpThread *th, Value self, Value obj, Value v) {
  Descr *d = DESCR(self);
  if (!applies(th, d, obj)) return -1;
  Object *o = as_object(obj);
  obj_lock(th, o);
  Shape *s = obj_shape(o);
  Value *slot = obj_inline_slots(o, s) + d->slot;
  Value old = *slot;
  obj_store(th, o, slot, v);
  obj_unlock(th, o);
  if (v == EMPTY && old == EMPTY) return attr_missing(th, obj, d->name), -1;
  return 0;
}

const TypeSpec spec_member_descriptor = {
    .size = sizeof(Descr),
    .slots = {.trace = trace, .repr = member_repr, .descr_get = member_get, .descr_set = member_set},
    .methods = descr_methods,
    .getsets = descr_getsets,
};

/* -- property --------------------------------------------------------------------------------------------------------------------- */

static Value opt(Value v) { return v == EMPTY ? NONE : v; }

static int property_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"property", NULL, "(fget=None, fset=None, fdel=None, doc=None)", 0, NULL, NULL};
  Value a[4];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return -1;
  Descr *d = DESCR(self);
  for (int i = 0; i < 4; i++)
    if (a[i] == NONE) a[i] = EMPTY;
  bool from_getter = a[3] == EMPTY && a[0] != EMPTY;
  if (from_getter) {
    a[3] = op_getattr_opt(th, a[0], S(__doc__));
    if (a[3] == EMPTY && th->pending != EMPTY) return -1;
    if (a[3] == NONE) a[3] = EMPTY;
  }
  obj_store(th, d, &d->a, a[0]);
  obj_store(th, d, &d->b, a[1]);
  obj_store(th, d, &d->c, a[2]);
  obj_store(th, d, &d->doc, a[3]);
  d->slot = from_getter;
  if (type_of(self) != &type_property && a[3] != EMPTY && from_getter) return op_setattr(th, self, S(__doc__), a[3]);
  return 0;
}

COLD static void property_refuse(RpThread *th, Descr *d, Value obj, const char *what) {
  Str *qual = type_of(obj)->qualname;
  if (d->name) raise_attribute(th, "property '%S' of '%S' object has no %s", d->name, qual, what);
  else raise_attribute(th, "property of '%S' object has no %s", qual, what);
}

static Value property_get(RpThread *th, Value self, Value obj, Value type) {
  if (obj == EMPTY) return self;
  Descr *d = DESCR(self);
  Value f = load_relaxed(&d->a);
  if (f == EMPTY) return property_refuse(th, d, obj, "getter"), EMPTY;
  return op_call1(th, f, obj);
}

static int property_set(RpThread *th, Value self, Value obj, Value v) {
  Descr *d = DESCR(self);
  Value f = load_relaxed(v == EMPTY ? &d->c : &d->b);
  if (f == EMPTY) return property_refuse(th, d, obj, v == EMPTY ? "deleter" : "setter"), -1;
  return (v == EMPTY ? op_call1(th, f, obj) : op_call2(th, f, obj, v)) == EMPTY ? -1 : 0;
}

/* A copy of the property (of the same class) with one function replaced. */
static Value property_with(RpThread *th, Value self, Value get, Value set, Value del) {
  Descr *d = DESCR(self);
  if (get == EMPTY || get == NONE) get = opt(d->a);
  if (set == EMPTY || set == NONE) set = opt(d->b);
  if (del == EMPTY || del == NONE) del = opt(d->c);
  Value doc = d->slot && get != NONE ? NONE : opt(d->doc);
  Value args[4] = {get, set, del, doc};
  Value r = op_call(th, value_object(type_of(self)), args, 4, NULL);
  if (r != EMPTY && has_kind(r, K_DESCR) && d->name) obj_store_ref(th, DESCR(r), &DESCR(r)->name, d->name);
  return r;
}
static Value p_getter(RpThread *th, const Value *a) { return property_with(th, a[0], a[1], EMPTY, EMPTY); }
static Value p_setter(RpThread *th, const Value *a) { return property_with(th, a[0], EMPTY, a[1], EMPTY); }
static Value p_deleter(RpThread *th, const Value *a) { return property_with(th, a[0], EMPTY, EMPTY, a[1]); }
static Value p_set_name(RpThread *th, const Value *a) {
  if (str_check(a[2])) obj_store(th, DESCR(a[0]), (Value *)(void *)&DESCR(a[0])->name, a[2]);
  return NONE;
}
static Value p_fget(RpThread *th, Value self) { return opt(DESCR(self)->a); }
static Value p_fset(RpThread *th, Value self) { return opt(DESCR(self)->b); }
static Value p_fdel(RpThread *th, Value self) { return opt(DESCR(self)->c); }
static Value p_doc(RpThread *th, Value self) { return opt(DESCR(self)->doc); }
static int p_set_doc(RpThread *th, Value self, Value v) { return obj_store(th, DESCR(self), &DESCR(self)->doc, v), 0; }

static int is_abstract(RpThread *th, Value v) {
  if (v == EMPTY || v == NONE) return 0;
  Value flag = op_getattr_opt(th, v, S(__isabstractmethod__));
  if (flag == EMPTY) return th->pending == EMPTY ? 0 : -1;
  return op_truth(th, flag);
}
static Value p_abstract(RpThread *th, Value self) {
  int r = is_abstract(th, DESCR(self)->a);
  if (!r) r = is_abstract(th, DESCR(self)->b);
  if (!r) r = is_abstract(th, DESCR(self)->c);
  return r < 0 ? EMPTY : value_bool(r);
}

const TypeSpec spec_property = {
    .doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an "
           "attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed "
           "attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): "
           "del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying "
           "existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return "
           "self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    .size = sizeof(Descr),
    .slots = {.trace = trace, .init = property_init, .descr_get = property_get, .descr_set = property_set},
    .methods = (const NativeDef[]){{"getter", p_getter, "(self, object, /)", 0, "Descriptor to obtain a copy of the property with a different getter.", NULL},
                                   {"setter", p_setter, "(self, object, /)", 0, "Descriptor to obtain a copy of the property with a different setter.", NULL},
                                   {"deleter", p_deleter, "(self, object, /)", 0, "Descriptor to obtain a copy of the property with a different deleter.", NULL},
                                   {"__set_name__", p_set_name, "(self, owner, name, /)", 0, "Method to set name of a property.", NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"fget", p_fget, NULL, NULL},
                                   {"fset", p_fset, NULL, NULL},
                                   {"fdel", p_fdel, NULL, NULL},
                                   {"__doc__", p_doc, p_set_doc, NULL},
                                   {"__isabstractmethod__", p_abstract, NULL, NULL},
                                   {0}},
};

/* -- classmethod and staticmethod --------------------------------------------------------------------------------------------------- */

static int wrap_init(RpThread *th, Value self, const char *name, const Value *args, int n_pos, Tuple *kwnames) {
  if (!no_keywords(th, name, kwnames)) return -1;
  if (n_pos != 1) return raise_type(th, "%s expected 1 argument, got %d", name, n_pos), -1;
  obj_store(th, DESCR(self), &DESCR(self)->a, args[0]);
  return 0;
}
static int classmethod_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kw) { return wrap_init(th, self, "classmethod", args, n_pos, kw); }
static int staticmethod_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kw) { return wrap_init(th, self, "staticmethod", args, n_pos, kw); }

static Value classmethod_get(RpThread *th, Value self, Value obj, Value type) {
  if (type == EMPTY) type = value_object(type_of(obj));
  Value f = load_relaxed(&DESCR(self)->a);
  Type *ft = type_of(f);
  if (ft != &type_function && ft->slots.descr_get) return ft->slots.descr_get(th, f, type, type);
  return method_new(th, f, type);
}

static Value staticmethod_get(RpThread *th, Value self, Value obj, Value type) {
  Value f = load_relaxed(&DESCR(self)->a);
  return f == EMPTY ? raise_runtime(th, "uninitialized staticmethod object") : f;
}

static Value staticmethod_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  return op_call(th, DESCR(callee)->a, args, n_pos, kwnames);
}

static Value wrap_repr(RpThread *th, Value self) { return value_object(str_fmt(th, "<%T(%V)>", self, opt(DESCR(self)->a))); }
static Value w_func(RpThread *th, Value self) { return opt(DESCR(self)->a); }
static Value w_abstract(RpThread *th, Value self) {
  int r = is_abstract(th, DESCR(self)->a);
  return r < 0 ? EMPTY : value_bool(r);
}
/* The function's own __name__ and so on, unless this object was given one. */
static Value wrapped_attr(RpThread *th, Value self, Str *name) {
  Value d = load_relaxed(obj_overflow_word(as_object(self), obj_shape(as_object(self))));
  Value own = has_kind(d, K_DICT) ? dict_get_str(as_dict(d), name) : EMPTY;
  return own != EMPTY ? own : op_getattr(th, opt(DESCR(self)->a), name);
}
static int set_wrapped_attr(RpThread *th, Value self, Str *name, Value v) {
  Dict *d = object_dict(th, self);
  if (!d) return -1;
  if (v != EMPTY) return dict_set_str(th, d, name, v);
  return dict_del_str(th, d, name) < 0 ? -1 : 0;
}
#define WRAPPED(id, attr)                                                                                                                  \
  static Value w_get_##id(RpThread *th, Value self) { return wrapped_attr(th, self, S(attr)); }                                            \
  static int w_set_##id(RpThread *th, Value self, Value v) { return set_wrapped_attr(th, self, S(attr), v); }
WRAPPED(name, __name__)
WRAPPED(qualname, __qualname__)
WRAPPED(module, __module__)
WRAPPED(doc, __doc__)
WRAPPED(annotations, __annotations__)

static const GetSetDef wrap_getsets[] = {{"__func__", w_func, NULL, NULL},
                                         {"__wrapped__", w_func, NULL, NULL},
                                         {"__isabstractmethod__", w_abstract, NULL, NULL},
                                         {"__name__", w_get_name, w_set_name, NULL},
                                         {"__qualname__", w_get_qualname, w_set_qualname, NULL},
                                         {"__module__", w_get_module, w_set_module, NULL},
                                         {"__doc__", w_get_doc, w_set_doc, NULL},
                                         {"__annotations__", w_get_annotations, w_set_annotations, NULL},
                                         {0}};

const TypeSpec spec_classmethod = {
    .doc = "classmethod(function) -> method\n\nConvert a function to be a class method.",
    .size = sizeof(Descr),
    .slots = {.trace = trace, .init = classmethod_init, .descr_get = classmethod_get, .repr = wrap_repr},
    .getsets = wrap_getsets,
};

const TypeSpec spec_staticmethod = {
    .doc = "staticmethod(function) -> method\n\nConvert a function to be a static method.",
    .size = sizeof(Descr),
    .slots = {.trace = trace, .init = staticmethod_init, .descr_get = staticmethod_get, .call = staticmethod_call, .repr = wrap_repr},
    .getsets = wrap_getsets,
};

/* -- super ------------------------------------------------------------------------------------------------------------------------------ */

/* Descr.a the class, b the object (or class), c the class whose MRO is searched; b and c EMPTY when unbound. */

static Value super_check(RpThread *th, Type *type, Value obj) {
  if (has_kind(obj, K_TYPE) && type_is_subtype((Type *)as_object(obj), type)) return obj;
  if (value_is_instance(obj, type)) return value_object(type_of(obj));
  Value cls = op_getattr_opt(th, obj, S(__class__));
  if (cls == EMPTY && th->pending != EMPTY) return EMPTY;
  if (has_kind(cls, K_TYPE) && type_is_subtype((Type *)as_object(cls), type)) return cls;
  return raise_type(th, "super(type, obj): obj must be an instance or subtype of type");
}

/* super(): the class from the caller's __class__ cell, the object from its first argument. */
static bool super_from_frame(RpThread *th, Value *type, Value *obj) {
  Frame *f = th->frame;
  if (!f) return raise_runtime(th, "super(): no current frame"), false;
  Code *co = f->code;
  if (co->argcount == 0) return raise_runtime(th, "super(): no arguments"), false;
  if (!f->regs) return raise_todo(th, "super() without arguments in native code"), false;
  Value first = f->regs[0];
  for (uint64_t i = 0; i < co->cellvars->length; i++)
    if (co->cell_regs[i] == 0 && has_kind(first, K_CELL)) first = load_relaxed(&((Cell *)as_object(first))->v);
  if (first == EMPTY) return raise_runtime(th, "super(): arg[0] deleted"), false;
  *obj = first;
  for (uint64_t i = 0; i < co->freevars->length; i++) {
    if (!str_eq_c(as_str(co->freevars->items[i]), "__class__")) continue;
    Value v = load_relaxed(&((Cell *)as_object(f->func->closure->items[i]))->v);
    if (v == EMPTY) return raise_runtime(th, "super(): empty __class__ cell"), false;
    if (!has_kind(v, K_TYPE)) return raise_runtime(th, "super(): __class__ is not a type (%T)", v), false;
    *type = v;
    return true;
  }
  return raise_runtime(th, "super(): __class__ cell not found"), false;
}

static int super_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (!no_keywords(th, "super", kwnames)) return -1;
  if (n_pos > 2) return raise_type(th, "super expected at most 2 arguments, got %d", n_pos), -1;
  Value type = n_pos ? args[0] : EMPTY, obj = n_pos > 1 ? args[1] : EMPTY;
  if (!n_pos && !super_from_frame(th, &type, &obj)) return -1;
  if (!has_kind(type, K_TYPE)) return raise_type(th, "super() argument 1 must be a type, not %T", type), -1;
  if (obj == NONE) obj = EMPTY;
  Value in = EMPTY;
  if (obj != EMPTY && (in = super_check(th, (Type *)as_object(type), obj)) == EMPTY) return -1;
  Descr *d = DESCR(self);
  obj_store(th, d, &d->a, type);
  obj_store(th, d, &d->b, obj);
  obj_store(th, d, &d->c, in);
  return 0;
}

Value super_lookup(const Type *t, const Type *cls, Str *name) {
  const Tuple *mro = load_consume(&t->mro);
  uint64_t i = 0;
  while (i < mro->length && mro->items[i] != value_object(cls)) i++;
  for (i++; i < mro->length; i++) {
    Value v = dict_get_str(((Type *)as_object(mro->items[i]))->dict, name);
    if (v != EMPTY) return v;
  }
  return EMPTY;
}

static Value super_getattr(RpThread *th, Value self, Str *name) {
  Descr *d = DESCR(self);
  if (d->c != EMPTY && name != S(__class__)) {
    Value v = super_lookup((Type *)as_object(d->c), (Type *)as_object(d->a), name);
    Type *t = v == EMPTY ? NULL : type_of(v);
    if (t) return t->slots.descr_get ? t->slots.descr_get(th, v, d->b == d->c ? EMPTY : d->b, d->c) : v;
  }
  return object_getattr(th, self, name);
}

Value super_new(RpThread *th, Type *type, Value obj) {
  Value in = super_check(th, type, obj);
  return in == EMPTY ? EMPTY : descr_new(th, &type_super, value_object(type), obj, in);
}

static Value super_get(RpThread *th, Value self, Value obj, Value type) {
  Descr *d = DESCR(self);
  if (obj == EMPTY || obj == NONE || d->b != EMPTY) return self;
  if (type_of(self) != &type_super) return op_call2(th, value_object(type_of(self)), d->a, obj);
  return super_new(th, (Type *)as_object(d->a), obj);
}

static Value super_repr(RpThread *th, Value self) {
  Descr *d = DESCR(self);
  Str *name = d->a == EMPTY ? NULL : ((Type *)as_object(d->a))->name;
  if (!name) return value_object(str_fmt(th, "<super: <class 'NULL'>, NULL>"));
  if (d->c == EMPTY) return value_object(str_fmt(th, "<super: <class '%S'>, NULL>", name));
  return value_object(str_fmt(th, "<super: <class '%S'>, <%S object>>", name, ((Type *)as_object(d->c))->name));
}
static Value s_thisclass(RpThread *th, Value self) { return opt(DESCR(self)->a); }
static Value s_self(RpThread *th, Value self) { return opt(DESCR(self)->b); }
static Value s_self_class(RpThread *th, Value self) { return opt(DESCR(self)->c); }

const TypeSpec spec_super = {
    .doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; "
           "requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a "
           "cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods "
           "too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n",
    .size = sizeof(Descr),
    .slots = {.trace = trace, .init = super_init, .getattr = super_getattr, .descr_get = super_get, .repr = super_repr},
    .getsets = (const GetSetDef[]){{"__thisclass__", s_thisclass, NULL, "the class invoking super()"},
                                   {"__self__", s_self, NULL, "the instance invoking super(); may be None"},
                                   {"__self_class__", s_self_class, NULL, "the type of the instance invoking super(); may be None"},
                                   {0}},
};

/* -- mappingproxy ---------------------------------------------------------------------------------------------------------------------------- */

#define MAPPING(v) (((MappingProxy *)as_object(v))->mapping)

Value mapping_proxy_new(RpThread *th, Value mapping) {
  MappingProxy *p = heap_new(th, MappingProxy, SHAPE_mappingproxy, K_MAPPING_PROXY);
  if (!p) return EMPTY;
  p->mapping = mapping;
  return value_object(p);
}

static void mp_trace(Tracer *tr, Object *o) { trace_value(tr, ((MappingProxy *)o)->mapping); }
static Value mp_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"mappingproxy", NULL, "(mapping)", 0, NULL, NULL};
  Value a[1];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  if (!type_of(a[0])->slots.getitem || has_kind(a[0], K_LIST) || has_kind(a[0], K_TUPLE)) return raise_type(th, "mappingproxy() argument must be a mapping, not %T", a[0]);
  return mapping_proxy_new(th, a[0]);
}
static Value mp_getitem(RpThread *th, Value self, Value key) { return op_getitem(th, MAPPING(self), key); }
static int64_t mp_len(RpThread *th, Value self) { return op_len(th, MAPPING(self)); }
static int mp_contains(RpThread *th, Value self, Value item) { return op_contains(th, MAPPING(self), item); }
static Value mp_iter(RpThread *th, Value self) { return op_iter(th, MAPPING(self)); }
static Value mp_repr(RpThread *th, Value self) { return value_object(str_fmt(th, "mappingproxy(%V)", MAPPING(self))); }
static Value mp_str(RpThread *th, Value self) { return value_object(op_str(th, MAPPING(self))); }
static int64_t mp_hash(RpThread *th, Value self) { return op_hash(th, MAPPING(self)); }
static Value mp_compare(RpThread *th, Value a, Value b, CompareOp op) { return op_compare(th, MAPPING(a), b, op); }
static Value unproxy(Value v) { return has_kind(v, K_MAPPING_PROXY) ? MAPPING(v) : v; }
static Value mp_or(RpThread *th, Value a, Value b) { return op_binary(th, OP_OR, unproxy(a), unproxy(b)); }
static Value mp_ior(RpThread *th, Value a, Value b) { return raise_type(th, "'|=' is not supported by %T; use '|' instead", a); }
static Value mp_keys(RpThread *th, const Value *a) { return op_call_method(th, MAPPING(a[0]), S(keys), NULL, 0); }
static Value mp_values(RpThread *th, const Value *a) { return op_call_method(th, MAPPING(a[0]), S(values), NULL, 0); }
static Value mp_items(RpThread *th, const Value *a) { return op_call_method(th, MAPPING(a[0]), S(items), NULL, 0); }
static Value mp_copy(RpThread *th, const Value *a) { return op_call_method(th, MAPPING(a[0]), S(copy), NULL, 0); }
static Value mp_reversed(RpThread *th, const Value *a) { return op_call_method(th, MAPPING(a[0]), S(__reversed__), NULL, 0); }
static Value mp_get(RpThread *th, const Value *a) {
  Value args[2] = {a[1], a[2] == EMPTY ? NONE : a[2]};
  return op_call_method(th, MAPPING(a[0]), S(get), args, 2);
}

const TypeSpec spec_mappingproxy = {
    .size = sizeof(MappingProxy),
    .flags = TYPE_MAPPING,
    .slots = {.trace = mp_trace, .new_ = mp_new, .getitem = mp_getitem, .len = mp_len, .contains = mp_contains, .iter = mp_iter, .repr = mp_repr,
              .str = mp_str, .hash = mp_hash, .compare = mp_compare, .or_ = mp_or, .ior = mp_ior},
    .methods = (const NativeDef[]){{"get", mp_get, "(self, key, default=None, /)", 0, "Return the value for key if key is in the mapping, else default.", NULL},
                                   {"keys", mp_keys, "(self, /)", 0, "D.keys() -> a set-like object providing a view on D's keys", NULL},
                                   {"values", mp_values, "(self, /)", 0, "D.values() -> an object providing a view on D's values", NULL},
                                   {"items", mp_items, "(self, /)", 0, "D.items() -> a set-like object providing a view on D's items", NULL},
                                   {"copy", mp_copy, "(self, /)", 0, "D.copy() -> a shallow copy of D", NULL},
                                   {"__reversed__", mp_reversed, "(self, /)", 0, "D.__reversed__() -> reverse iterator", NULL},
                                   {0}},
};
