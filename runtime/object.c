/* object.c: the type `object`, the common base: identity comparison, default repr, pickling protocol; None, Ellipsis, NotImplemented. */
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- Slots --------------------------------------------------------------------------------------------------------------- */

static Value repr(RpThread *th, Value self) {
  Type *t = type_of(self);
  Value module = op_getattr_opt(th, value_object(t), S(__module__));
  if (module == EMPTY && th->pending != EMPTY) return EMPTY;
  void *at = (void *)(uintptr_t)self;
  if (module != EMPTY && str_check(module) && !str_eq_c(as_str(module), "builtins"))
    return value_object(str_fmt(th, "<%S.%S object at %p>", as_str(module), t->qualname, at));
  return value_object(str_fmt(th, "<%S object at %p>", t->qualname, at));
}

static Value str(RpThread *th, Value self) {
  Str *s = op_repr(th, self);
  return s ? value_object(s) : EMPTY;
}

static int64_t hash(RpThread *th, Value self) {
  uint64_t p = self;
  int64_t h = (int64_t)((p >> 4) | (p << 60));
  return h == -1 ? -2 : h;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (op == CMP_EQ) return a == b ? TRUE_V : NOT_IMPLEMENTED;
  if (op != CMP_NE) return NOT_IMPLEMENTED;
  /* != is the inverse of == unless the type says otherwise */
  Value r = type_of(a)->slots.compare(th, a, b, CMP_EQ);
  if (r == EMPTY || r == NOT_IMPLEMENTED) return r;
  int t = op_truth(th, r);
  return t < 0 ? EMPTY : value_bool(!t);
}

static bool has_args(int n_pos, Tuple *kwnames) { return n_pos > 0 || (kwnames && kwnames->length); }

static Value abstract_error(RpThread *th, Type *type) {
  Value names = op_getattr(th, value_object(type), S(__abstractmethods__));
  if (names == EMPTY) return EMPTY;
  List *l = op_to_list(th, names);
  if (!l || list_sort(th, l, EMPTY, false) < 0) return EMPTY;
  Array *a = list_array(l);
  Str *sep = str_from_c(th, ", ");
  Str *joined = sep ? str_join(th, sep, a->items, a->length) : NULL;
  if (!joined) return EMPTY;
  return raise_type(th, "Can't instantiate abstract class %S with abstract method%s %S", type->name, a->length > 1 ? "s" : "", joined);
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (has_args(n_pos, kwnames)) {
    if (type->slots.new_ != type_object.slots.new_) return raise_type(th, "object.__new__() takes exactly one argument (the type to instantiate)");
    if (type->slots.init == type_object.slots.init) return raise_type(th, "%S() takes no arguments", type->name);
  }
  if (type->flags & TYPE_ABSTRACT) return abstract_error(th, type);
  return value_object(type_alloc(th, type));
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Type *t = type_of(self);
  if (!has_args(n_pos, kwnames)) return 0;
  if (t->slots.init != type_object.slots.init) return raise_type(th, "object.__init__() takes exactly one argument (the instance to initialize)"), -1;
  if (t->slots.new_ == type_object.slots.new_) return raise_type(th, "%S.__init__() takes exactly one argument (the instance to initialize)", t->name), -1;
  return 0;
}

/* -- Methods ----------------------------------------------------------------------------------------------------------------- */

static Value m_format(RpThread *th, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "__format__() argument must be str, not %T", a[1]);
  if (as_str(a[1])->length) return raise_type(th, "unsupported format string passed to %T.__format__", a[0]);
  return value_object(op_str(th, a[0]));
}

static int merge_dir(RpThread *th, Dict *d, Value from) {
  if (dict_check(from)) {
    uint32_t pos = 0;
    Value k, v;
    while (dict_next(as_dict(from), &pos, &k, &v))
      if (dict_set(th, d, k, NONE) < 0) return -1;
  }
  return 0;
}

int object_dir_type(RpThread *th, Dict *d, Type *t) {
  const Tuple *mro = load_consume(&t->mro);
  for (uint64_t i = 0; i < mro->length; i++)
    if (merge_dir(th, d, value_object(((Type *)as_object(mro->items[i]))->dict)) < 0) return -1;
  return 0;
}

static Value dir_keys(RpThread *th, Dict *d) {
  List *l = list_new(th, dict_len(d));
  uint32_t pos = 0;
  Value k, v;
  while (l && dict_next(d, &pos, &k, &v))
    if (list_append(th, l, k) < 0) return EMPTY;
  return value_object(l);
}

static Value m_dir(RpThread *th, const Value *a) {
  Dict *d = dict_new(th);
  if (!d) return EMPTY;
  Value own = op_getattr_opt(th, a[0], S(__dict__));
  if (own == EMPTY && th->pending != EMPTY) return EMPTY;
  if (own != EMPTY && merge_dir(th, d, own) < 0) return EMPTY;
  Value cls = op_getattr_opt(th, a[0], S(__class__));
  if (cls == EMPTY && th->pending != EMPTY) return EMPTY;
  if (has_kind(cls, K_TYPE) && object_dir_type(th, d, (Type *)as_object(cls)) < 0) return EMPTY;
  return dir_keys(th, d);
}

Value type_dir(RpThread *th, Type *t) {
  Dict *d = dict_new(th);
  return d && object_dir_type(th, d, t) == 0 ? dir_keys(th, d) : EMPTY;
}

static Value m_sizeof(RpThread *th, const Value *a) { return value_int(type_of(a[0])->inst_size); }
static Value m_init_subclass(RpThread *th, const Value *a) { return NONE; }
static Value m_subclasshook(RpThread *th, const Value *a) { return NOT_IMPLEMENTED; }

/* -- Pickling: copyreg does protocols 0 and 1, the rest is object.__reduce_ex__(2+) as PEP 307 defines it ------------------------------------ */

static Value copyreg_attr(RpThread *th, const char *name) {
  Value m = import_module_c(th, "copyreg");
  return m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, name));
}

/* __slots__ values by name through copyreg._slotnames(cls); NONE when there are none. */
static Value slot_state(RpThread *th, Value self, Type *t) {
  Value fn = copyreg_attr(th, "_slotnames");
  Value names = fn == EMPTY ? EMPTY : op_call1(th, fn, value_object(t));
  if (names == EMPTY) return EMPTY;
  if (names == NONE || !list_check(names)) return NONE;
  Dict *d = dict_new(th);
  for (uint32_t i = 0; d && i < list_len(as_list(names)); i++) {
    Value name = list_get(th, as_list(names), i);
    if (name == EMPTY || !str_check(name)) return EMPTY;
    Value v = op_getattr_opt(th, self, as_str(name));
    if (v == EMPTY && th->pending != EMPTY) return EMPTY;
    if (v != EMPTY && dict_set(th, d, name, v) < 0) return EMPTY;
  }
  if (!d) return EMPTY;
  return dict_len(d) ? value_object(d) : NONE;
}

static Value default_state(RpThread *th, Value self, bool required) {
  Type *t = type_of(self);
  if (required && t->inst_kind != K_INSTANCE && !(t->flags & TYPE_HEAP)) return raise_type(th, "cannot pickle '%S' object", t->name);
  Value state = op_getattr_opt(th, self, S(__dict__));
  if (state == EMPTY && th->pending != EMPTY) return EMPTY;
  if (state != EMPTY && dict_check(state)) {
    Dict *copy = dict_copy(th, as_dict(state));
    if (!copy) return EMPTY;
    state = dict_len(copy) ? value_object(copy) : NONE;
  }
  if (state == EMPTY) state = NONE;
  if (!(t->flags & TYPE_HEAP)) return state;
  Value slots = slot_state(th, self, t);
  if (slots == EMPTY) return EMPTY;
  return slots == NONE ? state : value_object(tuple_of(th, 2, state, slots));
}

static Value m_getstate(RpThread *th, const Value *a) { return default_state(th, a[0], false); }

static Value get_state(RpThread *th, Value self, bool required) {
  Value f = op_getattr(th, self, S(__getstate__));
  if (f == EMPTY) return EMPTY;
  if (has_kind(f, K_NATIVE) && ((Native *)as_object(f))->type == &type_object) return default_state(th, self, required);
  return op_call0(th, f);
}

/* Arguments for cls.__new__: from __getnewargs_ex__, __getnewargs__, or nothing. */
static bool new_args(RpThread *th, Value self, Value *args, Value *kwargs) {
  *args = *kwargs = EMPTY;
  Value f = op_getattr_opt(th, self, S(__getnewargs_ex__));
  if (f != EMPTY) {
    Value r = op_call0(th, f);
    if (r == EMPTY) return false;
    if (!tuple_check(r) || as_tuple(r)->length != 2) return raise_type(th, "__getnewargs_ex__ should return a tuple of length 2"), false;
    *args = as_tuple(r)->items[0];
    *kwargs = as_tuple(r)->items[1];
    return true;
  }
  if (th->pending != EMPTY) return false;
  f = op_getattr_opt(th, self, S(__getnewargs__));
  if (f == EMPTY) return th->pending == EMPTY;
  *args = op_call0(th, f);
  if (*args == EMPTY) return false;
  if (!tuple_check(*args)) return raise_type(th, "__getnewargs__ should return a tuple, not '%T'", *args), false;
  return true;
}

static Value iter_or_none(RpThread *th, Value self, bool is, bool items) {
  if (!is) return NONE;
  if (!items) return op_iter(th, self);
  Value view = op_call_method(th, self, S(items), NULL, 0);
  return view == EMPTY ? EMPTY : op_iter(th, view);
}

static Value reduce_new(RpThread *th, Value self) {
  Type *t = type_of(self);
  if (!t->slots.new_) return raise_type(th, "cannot pickle '%S' object", t->name);
  Value args, kwargs;
  if (!new_args(th, self, &args, &kwargs)) return EMPTY;
  Value fn, fargs;
  if (kwargs == EMPTY || !dict_check(kwargs) || dict_len(as_dict(kwargs)) == 0) {
    fn = copyreg_attr(th, "__newobj__");
    uint64_t n = args == EMPTY ? 0 : as_tuple(args)->length;
    Tuple *ft = tuple_alloc(th, n + 1);
    if (fn == EMPTY || !ft) return EMPTY;
    obj_store(th, ft, &ft->items[0], value_object(t));
    for (uint64_t i = 0; i < n; i++) obj_store(th, ft, &ft->items[i + 1], as_tuple(args)->items[i]);
    fargs = value_object(ft);
  } else {
    fn = copyreg_attr(th, "__newobj_ex__");
    fargs = fn == EMPTY ? EMPTY : value_object(tuple_of(th, 3, value_object(t), args, kwargs));
    if (fargs == EMPTY) return EMPTY;
  }
  bool has_new_args = args != EMPTY;
  Value state = get_state(th, self, !has_new_args && !has_kind(self, K_LIST) && !has_kind(self, K_DICT));
  if (state == EMPTY) return EMPTY;
  Value listitems = iter_or_none(th, self, has_kind(self, K_LIST), false);
  Value dictitems = listitems == EMPTY ? EMPTY : iter_or_none(th, self, has_kind(self, K_DICT), true);
  if (dictitems == EMPTY) return EMPTY;
  return value_object(tuple_of(th, 5, fn, fargs, state, listitems, dictitems));
}

static Value reduce_common(RpThread *th, Value self, int64_t protocol) {
  if (protocol >= 2) return reduce_new(th, self);
  Value fn = copyreg_attr(th, "_reduce_ex");
  return fn == EMPTY ? EMPTY : op_call2(th, fn, self, value_int(protocol));
}

static Value m_reduce(RpThread *th, const Value *a) { return reduce_common(th, a[0], 0); }

static Value m_reduce_ex(RpThread *th, const Value *a) {
  int64_t protocol;
  if (!op_as_i64(th, a[1], &protocol)) return EMPTY;
  Value own = type_lookup(th, type_of(a[0]), S(__reduce__));
  if (own != type_lookup(th, &type_object, S(__reduce__))) return op_call_method(th, a[0], S(__reduce__), NULL, 0);
  return reduce_common(th, a[0], protocol);
}

/* -- Attributes ------------------------------------------------------------------------------------------------------------------- */

static Value get_class(RpThread *th, Value self) { return value_object(type_of(self)); }
static int set_class(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "can't delete __class__ attribute"), -1;
  if (!has_kind(v, K_TYPE)) return raise_type(th, "__class__ must be set to a class, not '%T' object", v), -1;
  return object_set_class(th, self, (Type *)as_object(v));
}

const TypeSpec spec_object = {
    .doc = "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no "
           "instance attributes and cannot be given any.\n",
    .size = sizeof(Instance),
    .slots = {.repr = repr, .str = str, .hash = hash, .compare = compare, .getattr = object_getattr, .setattr = object_setattr, .init = init, .new_ = new_},
    .methods = (const NativeDef[]){{"__format__", m_format, "(self, format_spec, /)", 0, "Default object formatter.", NULL},
                                   {"__dir__", m_dir, "(self, /)", 0, "Default dir() implementation.", NULL},
                                   {"__sizeof__", m_sizeof, "(self, /)", 0, "Size of object in memory, in bytes.", NULL},
                                   {"__reduce__", m_reduce, "(self, /)", 0, "Helper for pickle.", NULL},
                                   {"__reduce_ex__", m_reduce_ex, "(self, protocol, /)", 0, "Helper for pickle.", NULL},
                                   {"__getstate__", m_getstate, "(self, /)", 0, "Helper for pickle.", NULL},
                                   {"__init_subclass__", m_init_subclass, "(cls, /)", NATIVE_CLASSMETHOD, "This method is called when a class is subclassed.", NULL},
                                   {"__subclasshook__", m_subclasshook, "(cls, object, /)", NATIVE_CLASSMETHOD, "Abstract classes can override this to customize issubclass().", NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"__class__", get_class, set_class, "the object's class"}, {0}},
};

/* -- None, Ellipsis, NotImplemented ------------------------------------------------------------------------------------------------------ */

static Value no_args(RpThread *th, const char *name, int n_pos, Tuple *kwnames, Value v) {
  return has_args(n_pos, kwnames) ? raise_type(th, "%s takes no arguments", name) : v;
}
static Value none_repr(RpThread *th, Value self) { return value_object(str_intern_c(th, "None")); }
static int none_bool(RpThread *th, Value self) { return 0; }
static int64_t none_hash(RpThread *th, Value self) { return 0xfca86420; }
static Value none_new(RpThread *th, Type *t, const Value *args, int n_pos, Tuple *kwnames) { return no_args(th, "NoneType", n_pos, kwnames, NONE); }
const TypeSpec spec_NoneType = {.slots = {.repr = none_repr, .bool_ = none_bool, .hash = none_hash, .compare = compare, .new_ = none_new}};

static Value ellipsis_repr(RpThread *th, Value self) { return value_object(str_intern_c(th, "Ellipsis")); }
static Value ellipsis_new(RpThread *th, Type *t, const Value *args, int n_pos, Tuple *kwnames) { return no_args(th, "EllipsisType", n_pos, kwnames, ELLIPSIS); }
static Value ellipsis_reduce(RpThread *th, const Value *a) { return value_object(str_intern_c(th, "Ellipsis")); }
const TypeSpec spec_ellipsis = {.slots = {.repr = ellipsis_repr, .new_ = ellipsis_new},
                                .methods = (const NativeDef[]){{"__reduce__", ellipsis_reduce, "(self, /)", 0, NULL, NULL}, {0}}};

static Value ni_repr(RpThread *th, Value self) { return value_object(str_intern_c(th, "NotImplemented")); }
static int ni_bool(RpThread *th, Value self) { return 1; }
static Value ni_new(RpThread *th, Type *t, const Value *args, int n_pos, Tuple *kwnames) { return no_args(th, "NotImplementedType", n_pos, kwnames, NOT_IMPLEMENTED); }
static Value ni_reduce(RpThread *th, const Value *a) { return value_object(str_intern_c(th, "NotImplemented")); }
const TypeSpec spec_NotImplementedType = {.slots = {.repr = ni_repr, .bool_ = ni_bool, .new_ = ni_new},
                                          .methods = (const NativeDef[]){{"__reduce__", ni_reduce, "(self, /)", 0, NULL, NULL}, {0}}};
