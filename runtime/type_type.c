/* type_type.c: the type `type`: calling a class, attributes of classes, its methods. */
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/type_impl.h"

#define TYPEV(v) ((Type *)as_object(v))

static void trace(Tracer *tr, Object *o) {
  Type *t = (Type *)o;
  trace_ref(tr, load_consume(&t->name));
  trace_ref(tr, load_consume(&t->qualname));
  trace_ref(tr, load_consume(&t->base));
  trace_ref(tr, load_consume(&t->bases));
  trace_ref(tr, load_consume(&t->mro));
  trace_ref(tr, load_consume(&t->dict));
  trace_value(tr, load_consume(&t->subclasses));
  trace_value(tr, load_consume(&t->self_ref));
  if (load_relaxed(&t->root_shape_id)) trace_ref(tr, type_root_shape(t));
}

/* -- Calling a class -------------------------------------------------------------------------------------------------------- */

static bool has_kw(Tuple *kwnames) { return kwnames && kwnames->length; }

static Value call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  Type *t = TYPEV(callee);
  if (t == &type_type) {
    if (n_pos == 1 && !has_kw(kwnames)) return value_object(type_of(args[0]));
    if (n_pos != 3) return raise_type(th, "type() takes 1 or 3 arguments");
  }
  if (!(t->flags & (TYPE_HEAP | TYPE_BASETYPE)) && t->slots.new_ == type_object.slots.new_)
    return raise_type(th, "cannot create '%s' instances", type_full_name(t));
  if (!t->slots.new_) return raise_type(th, "cannot create '%S' instances", t->name); /* being made */
  Value o = t->slots.new_(th, t, args, n_pos, kwnames);
  if (o == EMPTY) return EMPTY;
  Type *ot = type_of(o);
  if (ot != t && !type_is_subtype(ot, t)) return o;
  if (ot->slots.init && ot->slots.init(th, o, args, n_pos, kwnames) < 0) return EMPTY;
  return o;
}

static Value new_(RpThread *th, Type *meta, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos != 3) {
    if (n_pos == 1 && meta == &type_type && !has_kw(kwnames)) return value_object(type_of(args[0]));
    return raise_type(th, "type.__new__() takes exactly 3 arguments (%d given)", n_pos);
  }
  if (!str_check(args[0])) return raise_type(th, "type.__new__() argument 1 must be str, not %T", args[0]);
  if (!tuple_check(args[1])) return raise_type(th, "type.__new__() argument 2 must be tuple, not %T", args[1]);
  if (!dict_check(args[2])) return raise_type(th, "type.__new__() argument 3 must be dict, not %T", args[2]);
  Tuple *bases = as_tuple(args[1]);
  for (uint64_t i = 0; i < bases->length; i++) {
    if (has_kind(bases->items[i], K_TYPE)) continue;
    Value f = op_getattr_opt(th, bases->items[i], S(__mro_entries__));
    if (f != EMPTY)
      return raise_type(th, "type() doesn't support MRO entry resolution; use types.new_class()");
    if (th->pending != EMPTY) return EMPTY;
  }
  Type *winner = type_winner(th, meta, bases);
  if (!winner) return EMPTY;
  if (winner != meta && winner->slots.new_ != type_type.slots.new_) return winner->slots.new_(th, winner, args, n_pos, kwnames);
  return type_new_class(th, winner, as_str(args[0]), bases, as_dict(args[2]), args + n_pos, kwnames);
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos == 1 && has_kw(kwnames)) return raise_type(th, "type.__init__() takes no keyword arguments"), -1;
  if (n_pos != 1 && n_pos != 3) return raise_type(th, "type.__init__() takes 1 or 3 arguments"), -1;
  return 0;
}

/* -- Attributes of classes ----------------------------------------------------------------------------------------------------- */

/* EMPTY without pending: there is none. */
static Value lookup(RpThread *th, Value self, Str *name) {
  Type *t = TYPEV(self), *meta = type_of(self);
  Value on_meta = type_lookup(th, meta, name);
  Type *mt = on_meta == EMPTY ? NULL : type_of(on_meta);
  if (mt && mt->slots.descr_get && mt->slots.descr_set) return mt->slots.descr_get(th, on_meta, self, value_object(meta));
  Value v = type_lookup(th, t, name);
  if (v != EMPTY) {
    Type *vt = type_of(v);
    if (vt == &type_function || !vt->slots.descr_get) return v;
    return vt->slots.descr_get(th, v, EMPTY, self);
  }
  if (!mt) return EMPTY;
  return mt->slots.descr_get ? mt->slots.descr_get(th, on_meta, self, value_object(meta)) : on_meta;
}

static Value type_getattr(RpThread *th, Value self, Str *name) {
  Value v = lookup(th, self, name);
  return v != EMPTY || th->pending != EMPTY ? v : attr_missing(th, self, name);
}

Value type_getattr_opt(RpThread *th, Value self, Str *name) {
  Value v = lookup(th, self, name);
  if (v == EMPTY && error_is(th, &type_AttributeError)) error_clear(th);
  return v;
}

static bool is_dunder(const Str *s) { return s->length > 4 && str_at(s, 0) == '_' && str_at(s, 1) == '_' && str_at(s, s->length - 1) == '_'; }

static int type_setattr(RpThread *th, Value self, Str *name, Value v) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP))
    return raise_type(th, "cannot %s '%S' attribute of immutable type '%s'", v == EMPTY ? "delete" : "set", name, type_full_name(t)), -1;
  Value on_meta = type_lookup(th, type_of(self), name);
  if (on_meta != EMPTY && type_of(on_meta)->slots.descr_set) return type_of(on_meta)->slots.descr_set(th, on_meta, self, v);
  if (v == EMPTY) {
    int r = dict_del_str(th, t->dict, name);
    if (r == 0) attr_missing(th, self, name);
    if (r <= 0) return -1;
  } else if (dict_set_str(th, t->dict, name, v) < 0) return -1;
  bool first_del = v != EMPTY && name == SLOT_NAME(__del__) && !t->slots.finalize_py;
  if (first_del) heap_collect(th); /* what is dead already dies without it */
  if (is_dunder(name)) type_modified(th, t);
  else type_attr_changed(th, t);
  if (v != EMPTY && name == SLOT_NAME(__init__) && func_check(v)) type_learn_init(th, t, (Function *)as_object(v)); /* dataclasses do that */
  if (first_del) heap_add_finalizers(th);
  return 0;
}

static Value repr(RpThread *th, Value self) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return value_object(str_fmt(th, "<class '%s'>", type_full_name(t)));
  Value module = dict_get_str(t->dict, S(__module__));
  if (module != EMPTY && str_check(module) && !str_eq_c(as_str(module), "builtins"))
    return value_object(str_fmt(th, "<class '%S.%S'>", as_str(module), t->qualname));
  return value_object(str_fmt(th, "<class '%S'>", t->qualname));
}

static Value or_(RpThread *th, Value a, Value b) { return union_or(th, a, b); }

/* -- Getsets ---------------------------------------------------------------------------------------------------------------------- */

static bool settable(RpThread *th, Value self, const char *name, Value v) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return raise_type(th, "cannot set '%s' attribute of immutable type '%s'", name, type_full_name(t)), false;
  if (v == EMPTY) return raise_type(th, "cannot delete '%s' attribute of type '%S'", name, t->name), false;
  return true;
}
static Value get_name(RpThread *th, Value self) { return value_object(TYPEV(self)->name); }
static int set_name(RpThread *th, Value self, Value v) {
  if (!settable(th, self, "__name__", v)) return -1;
  if (!str_check(v)) return raise_type(th, "can only assign string to %S.__name__, not '%T'", TYPEV(self)->name, v), -1;
  return obj_store(th, TYPEV(self), (Value *)(void *)&TYPEV(self)->name, v), 0;
}
static Value get_qualname(RpThread *th, Value self) { return value_object(TYPEV(self)->qualname); }
static int set_qualname(RpThread *th, Value self, Value v) {
  if (!settable(th, self, "__qualname__", v)) return -1;
  if (!str_check(v)) return raise_type(th, "can only assign string to %S.__qualname__, not '%T'", TYPEV(self)->name, v), -1;
  return obj_store(th, TYPEV(self), (Value *)(void *)&TYPEV(self)->qualname, v), 0;
}
static Value get_module(RpThread *th, Value self) {
  Type *t = TYPEV(self);
  if (t->flags & TYPE_HEAP) {
    Value m = dict_get_str(t->dict, S(__module__));
    return m == EMPTY ? raise_attribute(th, "__module__") : m;
  }
  const char *full = type_full_name(t), *dot = strrchr(full, '.');
  return value_object(dot ? str_intern(th, str_from_utf8(th, full, (size_t)(dot - full))) : S(builtins));
}
static int set_module(RpThread *th, Value self, Value v) {
  if (!settable(th, self, "__module__", v) || dict_set_str(th, TYPEV(self)->dict, S(__module__), v) < 0) return -1;
  return type_attr_changed(th, TYPEV(self)), 0;
}
static Value get_bases(RpThread *th, Value self) { return value_object(TYPEV(self)->bases); }
static Value get_base(RpThread *th, Value self) { return TYPEV(self)->base ? value_object(TYPEV(self)->base) : NONE; }
static Value get_mro(RpThread *th, Value self) {
  Tuple *mro = load_consume(&TYPEV(self)->mro);
  return mro->length ? value_object(mro) : NONE;
}
static Value get_dict(RpThread *th, Value self) { return mapping_proxy_new(th, value_object(TYPEV(self)->dict)); }

#define MRO_ROUNDS 100 /* a metaclass's mro() may itself make subclasses come and go, each time */

bool type_remake_mro(RpThread *th, Type *t, List *undo) {
  Tuple *mro = type_compute_mro(th, t);
  if (!mro) return false;
  Value change[] = {value_object(t), value_object(load_relaxed(&t->mro)), value_object(mro)};
  for (size_t i = 0; undo && i < countof(change); i++)
    if (list_append(th, undo, change[i]) < 0) return false;
  obj_store_ref(th, t, &t->mro, mro);
  Value subs = load_consume(type_subclasses_cell(th, t));
  Array *a = NULL;
  Type *sub;
  for (int n = 0; subs != EMPTY && a != list_array(as_list(subs)) && n < (thread_multi(th) ? MRO_ROUNDS : 1); n++) { /* others may come or go: then again */
    a = list_array(as_list(subs));
    for (uint32_t i = 0; (sub = type_next_subclass(th, a, &i, SUBCLASS_MRO));)
      if (!type_remake_mro(th, sub, undo)) return false;
  }
  return true;
}

/* Takes back what type_remake_mro() noted, without asking any mro() again, which could go on without end; not where it was changed since. */
static void restore_mros(RpThread *th, List *undo) {
  const Array *a = list_array(undo);
  for (uint32_t i = a->length; i >= 3; i -= 3) {
    Type *t = TYPEV(a->items[i - 3]);
    if (value_object(load_relaxed(&t->mro)) == a->items[i - 1]) obj_store_ref(th, t, &t->mro, as_tuple(a->items[i - 2]));
  }
}

static const Type *first_base(const Type *t) {
  const Tuple *bases = load_consume(&t->bases);
  return bases->length ? TYPEV(bases->items[0]) : NULL;
}
/* By the lists of subclasses, where a class also stands below bases that it is just about to leave, and may come back to. They must form no ring: changes go down along them. */
static bool is_listed_below(RpThread *th, const Type *b, Type *t) {
  Value subs = load_consume(type_subclasses_cell(th, t));
  const Array *a = subs != EMPTY ? list_array(as_list(subs)) : NULL;
  Type *sub;
  for (uint32_t i = 0; a && (sub = type_next_subclass(th, a, &i, SUBCLASS_SHOW));)
    if (sub == b || is_listed_below(th, b, sub)) return true;
  return false;
}
/* Also true for what a metaclass's mro() assigned meanwhile, which the MROs do not show yet. */
static bool is_below(RpThread *th, const Type *b, Type *t) {
  if (type_is_subtype(b, t)) return true;
  for (const Type *up = b; up; up = first_base(up))
    if (up == t) return true;
  return (b->flags & TYPE_HEAP) && is_listed_below(th, b, t);
}
static int change_bases(RpThread *th, Value self, Value v) {
  Type *t = TYPEV(self);
  if (!settable(th, self, "__bases__", v)) return -1;
  if (!tuple_check(v)) return raise_type(th, "can only assign tuple to %S.__bases__, not %T", t->name, v), -1;
  if (as_tuple(v)->length == 0) return raise_type(th, "can only assign non-empty tuple to %S.__bases__, not ()", t->name), -1;
  Tuple *old = t->bases, *fresh = as_tuple(v);
  for (uint64_t i = 0; i < fresh->length; i++) {
    if (!has_kind(fresh->items[i], K_TYPE)) return raise_type(th, "%S.__bases__ must be tuple of classes, not '%T'", t->name, fresh->items[i]), -1;
    Type *b = TYPEV(fresh->items[i]);
    if (!type_is_made(b)) return raise_type(th, "Cannot extend an incomplete type '%S'", b->name), -1;
    if (is_below(th, b, t)) return raise_type(th, "a __bases__ item causes an inheritance cycle"), -1;
    if (b->inst_kind != t->inst_kind && b != &type_object)
      return raise_type(th, "__bases__ assignment: '%S' object layout differs from '%S'", b->name, t->base->name), -1;
  }
  List *undo = list_new(th, 3);
  if (!undo) return -1;
  obj_store_ref(th, t, &t->bases, fresh);
  bool ok = type_remake_mro(th, t, undo);
  if (ok && load_relaxed(&t->bases) != fresh) return 0; /* a metaclass's mro() assigned again: that stands */
  for (uint64_t i = 0; ok && i < fresh->length; i++)
    if (is_below(th, TYPEV(fresh->items[i]), t)) ok = raise_type(th, "a __bases__ item causes an inheritance cycle");
  if (!ok) {
    if (load_relaxed(&t->bases) == fresh) obj_store_ref(th, t, &t->bases, old);
    restore_mros(th, undo);
    return -1;
  }
  for (uint64_t i = 0; type_is_made(t) && i < old->length; i++)
    if (type_remove_subclass(th, TYPEV(old->items[i]), t) < 0) return -1;
  for (uint64_t i = 0; type_is_made(t) && i < fresh->length; i++)
    if (type_add_subclass(th, TYPEV(fresh->items[i]), t) < 0) return -1;
  if (TYPEV(fresh->items[0])->inst_kind == t->inst_kind && type_root_shape(t->base)->n_members == type_root_shape(TYPEV(fresh->items[0]))->n_members)
    obj_store_ref(th, t, &t->base, TYPEV(fresh->items[0]));
  bool had_del = t->slots.finalize_py;
  type_modified(th, t);
  if (t->slots.finalize_py && !had_del) heap_add_finalizers(th);
  return 0;
}

static int set_bases(RpThread *th, Value self, Value v) {
  if (!type_bases_lock(th)) return -1;
  int r = change_bases(th, self, v);
  type_bases_unlock(th);
  return r;
}

static Value get_doc(RpThread *th, Value self) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return t->spec->doc ? value_object(str_from_c(th, t->spec->doc)) : NONE;
  Value doc = dict_get_str(t->dict, S(__doc__));
  if (doc == EMPTY) return NONE;
  if (type_of(doc)->slots.descr_get) return type_of(doc)->slots.descr_get(th, doc, EMPTY, self);
  return doc;
}
static int set_doc(RpThread *th, Value self, Value v) {
  if (!settable(th, self, "__doc__", v) || dict_set_str(th, TYPEV(self)->dict, S(__doc__), v) < 0) return -1;
  return type_attr_changed(th, TYPEV(self)), 0;
}
static Value get_abstract(RpThread *th, Value self) {
  Value v = self == value_object(&type_type) ? EMPTY : dict_get_str(TYPEV(self)->dict, S(__abstractmethods__));
  return v == EMPTY ? raise_attribute(th, "__abstractmethods__") : v;
}
static int set_abstract(RpThread *th, Value self, Value v) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return raise_type(th, "cannot set '__abstractmethods__' attribute of immutable type '%s'", type_full_name(t)), -1;
  int yes = 0;
  if (v != EMPTY) {
    yes = op_truth(th, v);
    if (yes < 0 || dict_set_str(th, t->dict, S(__abstractmethods__), v) < 0) return -1;
  } else {
    int r = dict_del_str(th, t->dict, S(__abstractmethods__));
    if (r == 0) raise_attribute(th, "__abstractmethods__");
    if (r <= 0) return -1;
  }
  store_relaxed(&t->flags, yes ? t->flags | TYPE_ABSTRACT : t->flags & ~(uint32_t)TYPE_ABSTRACT);
  type_attr_changed(th, t);
  return 0;
}
static Value get_annotations(RpThread *th, Value self) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return raise_attribute(th, "type object '%S' has no attribute '__annotations__'", t->name);
  Value a = dict_get_str(t->dict, S(__annotations__));
  if (a != EMPTY) return type_of(a)->slots.descr_get ? type_of(a)->slots.descr_get(th, a, EMPTY, self) : a;
  Dict *d = dict_new(th);
  if (!d || dict_set_str(th, t->dict, S(__annotations__), value_object(d)) < 0) return EMPTY;
  type_attr_changed(th, t);
  return value_object(d);
}
static int set_annotations(RpThread *th, Value self, Value v) {
  Type *t = TYPEV(self);
  if (!(t->flags & TYPE_HEAP)) return raise_type(th, "cannot set '__annotations__' attribute of immutable type '%s'", type_full_name(t)), -1;
  if (v != EMPTY) {
    if (dict_set_str(th, t->dict, S(__annotations__), v) < 0) return -1;
  } else {
    int r = dict_del_str(th, t->dict, S(__annotations__));
    if (r == 0) raise_attribute(th, "__annotations__");
    if (r <= 0) return -1;
  }
  type_attr_changed(th, t);
  return 0;
}
static Value get_text_signature(RpThread *th, Value self) { return NONE; }
/* The bits of CPython's tp_flags that scripts test: IMMUTABLETYPE, HEAPTYPE, BASETYPE, READY, IS_ABSTRACT, sub-class bits. */
static Value get_flags(RpThread *th, Value self) {
  Type *t = TYPEV(self);
  int64_t f = 1 << 12 | 1 << 14;
  f |= t->flags & TYPE_HEAP ? 1 << 9 : 1 << 8;
  if (t->flags & TYPE_BASETYPE) f |= 1 << 10;
  if (t->flags & TYPE_ABSTRACT) f |= 1 << 20;
  if (t->flags & TYPE_SEQUENCE) f |= 1 << 5;
  if (t->flags & TYPE_MAPPING) f |= 1 << 6;
  static const struct { Kind kind; int bit; } bits[] = {{K_INT, 24}, {K_LIST, 25}, {K_TUPLE, 26}, {K_BYTES, 27}, {K_STR, 28}, {K_DICT, 29}, {K_EXCEPTION, 30}, {K_TYPE, 31}};
  for (size_t i = 0; i < countof(bits); i++)
    if (t->inst_kind == bits[i].kind) f |= (int64_t)1 << bits[i].bit;
  return value_int(f);
}
static Value get_basicsize(RpThread *th, Value self) { return value_int(TYPEV(self)->inst_size); }
static Value get_itemsize(RpThread *th, Value self) {
  Kind k = (Kind)TYPEV(self)->inst_kind;
  return value_int(k == K_TUPLE ? 8 : k == K_INT ? 4 : k == K_BYTES ? 1 : 0);
}
static Value get_dictoffset(RpThread *th, Value self) { return value_int(TYPEV(self)->flags & TYPE_HAS_DICT ? 8 : 0); }
static Value get_weakrefoffset(RpThread *th, Value self) { return value_int(TYPEV(self)->flags & TYPE_HAS_WEAKREF ? 8 : 0); }

/* -- Methods -------------------------------------------------------------------------------------------------------------------------- */

static Value m_mro(RpThread *th, const Value *a) {
  Tuple *t = TYPEV(a[0])->bases->length ? type_c3(th, TYPEV(a[0])) : load_consume(&TYPEV(a[0])->mro);
  return t ? value_object(list_from(th, t->items, t->length)) : EMPTY;
}
static Value m_subclasses(RpThread *th, const Value *a) {
  List *out = list_new(th, 4);
  Value subs = load_consume(type_subclasses_cell(th, TYPEV(a[0])));
  Type *sub;
  if (out && !(TYPEV(a[0])->flags & TYPE_HEAP) && type_builtin_subclasses(th, TYPEV(a[0]), out) < 0) return EMPTY;
  const Array *all = subs != EMPTY ? list_array(as_list(subs)) : NULL; /* one, or those behind another that goes meanwhile would be passed over */
  for (uint32_t i = 0; out && all && (sub = type_next_subclass(th, all, &i, SUBCLASS_SHOW));)
    if (list_append(th, out, value_object(sub)) < 0) return EMPTY;
  return out ? value_object(out) : EMPTY;
}
static Value m_instancecheck(RpThread *th, const Value *a) {
  int r = type_instance_check(th, a[1], a[0]);
  return r < 0 ? EMPTY : value_bool(r);
}
static Value m_subclasscheck(RpThread *th, const Value *a) {
  int r = type_subclass_check(th, a[1], a[0]);
  return r < 0 ? EMPTY : value_bool(r);
}
static Value m_prepare(RpThread *th, const Value *a) { return value_object(dict_new(th)); }
static Value m_dir(RpThread *th, const Value *a) { return type_dir(th, TYPEV(a[0])); }
static Value m_sizeof(RpThread *th, const Value *a) { return value_int((int64_t)sizeof(Type)); }

const TypeSpec spec_type = {
    .doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    .size = sizeof(Type),
    .slots = {.trace = trace, .call = call, .new_ = new_, .init = init, .getattr = type_getattr, .setattr = type_setattr, .repr = repr, .or_ = or_},
    .methods = (const NativeDef[]){{"mro", m_mro, "(self, /)", 0, "Return a type's method resolution order.", NULL},
                                   {"__subclasses__", m_subclasses, "(self, /)", 0, "Return a list of immediate subclasses.", NULL},
                                   {"__instancecheck__", m_instancecheck, "(self, instance, /)", 0, "Check if an object is an instance.", NULL},
                                   {"__subclasscheck__", m_subclasscheck, "(self, subclass, /)", 0, "Check if a class is a subclass.", NULL},
                                   {"__prepare__", m_prepare, "(cls, *args, **kwargs)", NATIVE_CLASSMETHOD, "Used to create the namespace for the class statement", NULL},
                                   {"__dir__", m_dir, "(self, /)", 0, "Specialized __dir__ implementation for types.", NULL},
                                   {"__sizeof__", m_sizeof, "(self, /)", 0, "Return memory consumption of the type object.", NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"__name__", get_name, set_name, NULL},
                                   {"__qualname__", get_qualname, set_qualname, NULL},
                                   {"__module__", get_module, set_module, NULL},
                                   {"__bases__", get_bases, set_bases, NULL},
                                   {"__base__", get_base, NULL, NULL},
                                   {"__mro__", get_mro, NULL, NULL},
                                   {"__dict__", get_dict, NULL, NULL},
                                   {"__doc__", get_doc, set_doc, NULL},
                                   {"__abstractmethods__", get_abstract, set_abstract, NULL},
                                   {"__annotations__", get_annotations, set_annotations, NULL},
                                   {"__text_signature__", get_text_signature, NULL, NULL},
                                   {"__flags__", get_flags, NULL, NULL},
                                   {"__basicsize__", get_basicsize, NULL, NULL},
                                   {"__itemsize__", get_itemsize, NULL, NULL},
                                   {"__dictoffset__", get_dictoffset, NULL, NULL},
                                   {"__weakrefoffset__", get_weakrefoffset, NULL, NULL},
                                   {0}},
};
