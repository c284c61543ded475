/* generic_alias.c: types.GenericAlias (list[int]), types.UnionType (int | str), types.SimpleNamespace. */
#include "runtime/gen.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/set.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/type_impl.h"

/* -- GenericAlias ---------------------------------------------------------------------------------------------------------- */

typedef struct GenericAlias { Object hdr; Value origin; Tuple *args; Value parameters; bool starred; } GenericAlias;
#define GA(v) ((GenericAlias *)as_object(v))

static void ga_trace(Tracer *tr, Object *o) {
  GenericAlias *g = (GenericAlias *)o;
  trace_value(tr, g->origin);
  trace_ref(tr, g->args);
  trace_value(tr, load_consume(&g->parameters));
}

static Value alias_make(RpThread *th, Type *type, Value origin, Tuple *args, bool starred) {
  GenericAlias *g = (GenericAlias *)type_alloc(th, type);
  if (!g) return EMPTY;
  g->origin = origin;
  g->args = args;
  g->starred = starred;
  return value_object(g);
}

Value generic_alias_new(RpThread *th, Value origin, Value args) {
  Tuple *t = tuple_check(args) ? as_tuple(args) : tuple_of(th, 1, args);
  return t ? alias_make(th, &type_generic_alias, origin, t, false) : EMPTY;
}

/* cls[item] of builtin generic classes. */
Value generic_alias_getitem(RpThread *th, const Value *a) { return generic_alias_new(th, a[0], a[1]); }

static Value ga_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "GenericAlias() takes no keyword arguments");
  if (n_pos != 2) return raise_type(th, "GenericAlias expected 2 arguments, got %d", n_pos);
  Tuple *t = tuple_check(args[1]) ? as_tuple(args[1]) : tuple_of(th, 1, args[1]);
  return t ? alias_make(th, type, args[0], t, false) : EMPTY;
}

/* Type variables of one argument: itself when it is one (it has __typing_subst__), else its __parameters__. */
static int collect(RpThread *th, List *out, Value arg) {
  if (has_kind(arg, K_TYPE)) return 0;
  Value subst = op_getattr_opt(th, arg, str_intern_c(th, "__typing_subst__"));
  if (subst == EMPTY && th->pending != EMPTY) return -1;
  Tuple *vars = NULL;
  if (subst != EMPTY) vars = tuple_of(th, 1, arg);
  else {
    Value p = op_getattr_opt(th, arg, str_intern_c(th, "__parameters__"));
    if (p == EMPTY) return th->pending == EMPTY ? 0 : -1;
    if (!tuple_check(p)) return 0;
    vars = as_tuple(p);
  }
  for (uint64_t i = 0; vars && i < vars->length; i++) {
    int has = op_contains(th, value_object(out), vars->items[i]);
    if (has < 0 || (!has && list_append(th, out, vars->items[i]) < 0)) return -1;
  }
  return vars ? 0 : -1;
}

static Tuple *parameters_of(RpThread *th, Tuple *args) {
  List *out = list_new(th, 0);
  for (uint64_t i = 0; out && i < args->length; i++)
    if (collect(th, out, args->items[i]) < 0) return NULL;
  return out ? list_to_tuple(th, out) : NULL;
}

static Value ga_parameters(RpThread *th, Value self) {
  if (GA(self)->parameters == EMPTY) {
    Tuple *t = parameters_of(th, GA(self)->args);
    if (!t) return EMPTY;
    obj_store_ref(th, GA(self), &GA(self)->parameters, t);
  }
  return GA(self)->parameters;
}

static bool sb_type(StrBuilder *sb, RpThread *th, Value v) {
  if (v == ELLIPSIS) return sb_ascii(sb, "..."), true;
  if (has_kind(v, K_TYPE) || func_check(v)) {
    bool alias = has_shape(v, SHAPE_generic_alias);
    Value q = alias ? EMPTY : op_getattr_opt(th, v, S(__qualname__));
    Value m = q == EMPTY ? EMPTY : op_getattr_opt(th, v, S(__module__));
    error_clear(th);
    if (q != EMPTY && str_check(q)) {
      if (m != EMPTY && str_check(m) && !str_eq_c(as_str(m), "builtins")) {
        sb_str(sb, as_str(m));
        sb_char(sb, '.');
      }
      sb_str(sb, as_str(q));
      return true;
    }
  }
  if (list_check(v)) {
    sb_char(sb, '[');
    for (uint32_t i = 0; i < list_len(as_list(v)); i++) {
      if (i) sb_ascii(sb, ", ");
      if (!sb_type(sb, th, list_get(th, as_list(v), i))) return false;
    }
    sb_char(sb, ']');
    return true;
  }
  Str *s = op_repr(th, v);
  if (s) sb_str(sb, s);
  return s != NULL;
}

static Value ga_repr(RpThread *th, Value self) {
  StrBuilder sb;
  sb_init(&sb, th);
  if (GA(self)->starred) sb_char(&sb, '*');
  bool ok = sb_type(&sb, th, GA(self)->origin);
  sb_char(&sb, '[');
  Tuple *t = GA(self)->args;
  for (uint64_t i = 0; ok && i < t->length; i++) {
    if (i) sb_ascii(&sb, ", ");
    ok = sb_type(&sb, th, t->items[i]);
  }
  if (!ok) return sb_drop(&sb), EMPTY;
  if (t->length == 0) sb_ascii(&sb, "()");
  sb_char(&sb, ']');
  return value_object(sb_finish(&sb));
}

static int64_t ga_hash(RpThread *th, Value self) {
  int64_t a = op_hash(th, GA(self)->origin), b = a == -1 ? -1 : op_hash(th, value_object(GA(self)->args));
  if (b == -1) return -1;
  a ^= b;
  return a == -1 ? -2 : a;
}

static Value ga_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_kind(b, K_NATIVE_OBJECT) || !value_is_instance(b, &type_generic_alias) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  int eq = GA(a)->starred == GA(b)->starred ? op_equal(th, GA(a)->origin, GA(b)->origin) : 0;
  if (eq > 0) eq = op_equal(th, value_object(GA(a)->args), value_object(GA(b)->args));
  return eq < 0 ? EMPTY : value_bool(eq == (op == CMP_EQ));
}

static Value ga_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Value o = op_call(th, GA(self)->origin, args, n_pos, kwnames);
  if (o == EMPTY) return EMPTY;
  if (is_object(o) && op_setattr(th, o, str_intern_c(th, "__orig_class__"), self) < 0) {
    if (!error_is(th, &type_AttributeError) && !error_is(th, &type_TypeError)) return EMPTY;
    error_clear(th);
  }
  return o;
}

static Value ga_getattr(RpThread *th, Value self, Str *name) {
  static const char *const own[] = {"__class__", "__origin__", "__args__", "__unpacked__", "__parameters__", "__typing_unpacked_tuple_args__",
                                    "__mro_entries__", "__reduce_ex__", "__reduce__", "__copy__", "__deepcopy__"};
  for (size_t i = 0; i < countof(own); i++)
    if (str_eq_c(name, own[i])) return object_getattr(th, self, name);
  if (name->length > 4 && str_at(name, 0) == '_' && str_at(name, 1) == '_' && (name == S(__bases__) || name == S(__module__) || 0) == 0) {
    Value v = type_lookup(th, type_of(self), name);
    if (v != EMPTY && name != S(__doc__) && name != S(__module__) && name != SLOT_NAME(__init__)) return object_getattr(th, self, name);
  }
  return op_getattr(th, GA(self)->origin, name);
}

/* arg with the variables in params replaced by items. */
static Value substitute(RpThread *th, Value arg, Tuple *params, Tuple *items) {
  for (uint64_t k = 0; k < params->length; k++)
    if (params->items[k] == arg) {
      Value f = op_getattr_opt(th, arg, str_intern_c(th, "__typing_subst__"));
      if (f == EMPTY) return th->pending == EMPTY ? items->items[k] : EMPTY;
      return op_call1(th, f, items->items[k]);
    }
  if (has_kind(arg, K_TYPE)) return arg;
  Value p = op_getattr_opt(th, arg, str_intern_c(th, "__parameters__"));
  if (p == EMPTY) return th->pending == EMPTY ? arg : EMPTY;
  if (!tuple_check(p) || as_tuple(p)->length == 0) return arg;
  Tuple *sub = tuple_alloc(th, as_tuple(p)->length);
  if (!sub) return EMPTY;
  for (uint64_t i = 0; i < sub->length; i++) {
    Value v = as_tuple(p)->items[i];
    int64_t at = tuple_find(th, params, v);
    if (at < -1) return EMPTY;
    obj_store(th, sub, &sub->items[i], at >= 0 ? items->items[at] : v);
  }
  return op_getitem(th, arg, value_object(sub));
}

static Tuple *substitute_all(RpThread *th, Value self, Tuple *args, Tuple *params, Value item) {
  if (params->length == 0) return raise_type(th, "%V is not a generic class", self), NULL;
  Tuple *items = tuple_check(item) ? as_tuple(item) : tuple_of(th, 1, item);
  if (!items) return NULL;
  for (uint64_t i = 0; i < params->length; i++) {
    Value prep = op_getattr_opt(th, params->items[i], str_intern_c(th, "__typing_prepare_subst__"));
    if (prep == EMPTY) {
      if (th->pending != EMPTY) return NULL;
      continue;
    }
    Value r = op_call2(th, prep, self, value_object(items));
    if (r == EMPTY) return NULL;
    items = tuple_check(r) ? as_tuple(r) : tuple_of(th, 1, r);
    if (!items) return NULL;
  }
  if (items->length != params->length)
    return raise_type(th, "Too %s arguments for %V; actual %zu, expected %zu", items->length > params->length ? "many" : "few", self, (size_t)items->length, (size_t)params->length), NULL;
  Tuple *out = tuple_alloc(th, args->length);
  for (uint64_t i = 0; out && i < args->length; i++) {
    Value v = substitute(th, args->items[i], params, items);
    if (v == EMPTY) return NULL;
    obj_store(th, out, &out->items[i], v);
  }
  return out;
}

static Value ga_getitem(RpThread *th, Value self, Value item) {
  Value p = ga_parameters(th, self);
  Tuple *args = p == EMPTY ? NULL : substitute_all(th, self, GA(self)->args, as_tuple(p), item);
  return args ? alias_make(th, type_of(self), GA(self)->origin, args, GA(self)->starred) : EMPTY;
}

static Value ga_iter(RpThread *th, Value self) {
  Value starred = alias_make(th, type_of(self), GA(self)->origin, GA(self)->args, true);
  Tuple *t = starred == EMPTY ? NULL : tuple_of(th, 1, starred);
  return t ? op_iter(th, value_object(t)) : EMPTY;
}

static Value ga_or(RpThread *th, Value a, Value b) { return union_or(th, a, b); }
static Value ga_origin(RpThread *th, Value self) { return GA(self)->origin; }
static Value ga_args(RpThread *th, Value self) { return value_object(GA(self)->args); }
static Value ga_unpacked(RpThread *th, Value self) { return value_bool(GA(self)->starred); }
static Value ga_unpacked_args(RpThread *th, Value self) {
  return GA(self)->starred && GA(self)->origin == value_object(&type_tuple) ? value_object(GA(self)->args) : NONE;
}
static Value ga_mro_entries(RpThread *th, const Value *a) { return value_object(tuple_of(th, 1, GA(a[0])->origin)); }
static Value ga_instancecheck(RpThread *th, const Value *a) { return raise_type(th, "isinstance() argument 2 cannot be a parameterized generic"); }
static Value ga_subclasscheck(RpThread *th, const Value *a) { return raise_type(th, "issubclass() argument 2 cannot be a parameterized generic"); }
static Value ga_reduce(RpThread *th, const Value *a) {
  Tuple *args = tuple_of(th, 2, GA(a[0])->origin, value_object(GA(a[0])->args));
  return args ? value_object(tuple_of(th, 2, value_object(&type_generic_alias), value_object(args))) : EMPTY;
}

const TypeSpec spec_generic_alias = {
    .doc = "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    .size = sizeof(GenericAlias),
    .slots = {.trace = ga_trace, .new_ = ga_new, .repr = ga_repr, .hash = ga_hash, .compare = ga_compare, .call = ga_call, .getattr = ga_getattr,
              .getitem = ga_getitem, .iter = ga_iter, .or_ = ga_or},
    .methods = (const NativeDef[]){{"__mro_entries__", ga_mro_entries, "(self, bases, /)", 0, NULL, NULL},
                                   {"__instancecheck__", ga_instancecheck, "(self, instance, /)", 0, NULL, NULL},
                                   {"__subclasscheck__", ga_subclasscheck, "(self, cls, /)", 0, NULL, NULL},
                                   {"__reduce__", ga_reduce, "(self, /)", 0, NULL, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"__origin__", ga_origin, NULL, NULL},
                                   {"__args__", ga_args, NULL, NULL},
                                   {"__parameters__", ga_parameters, NULL, NULL},
                                   {"__unpacked__", ga_unpacked, NULL, NULL},
                                   {"__typing_unpacked_tuple_args__", ga_unpacked_args, NULL, NULL},
                                   {0}},
};

/* -- UnionType ---------------------------------------------------------------------------------------------------------------------- */

typedef struct Union { Object hdr; Tuple *args; Value parameters; } Union;
#define UN(v) ((Union *)as_object(v))

static void un_trace(Tracer *tr, Object *o) {
  trace_ref(tr, ((Union *)o)->args);
  trace_value(tr, load_consume(&((Union *)o)->parameters));
}

static bool unionable(Value v) { return v == NONE || has_kind(v, K_TYPE) || has_shape(v, SHAPE_union_type) || (has_kind(v, K_NATIVE_OBJECT) && value_is_instance(v, &type_generic_alias)); }

static int add_member(RpThread *th, List *out, Value v) {
  if (v == NONE) v = value_object(&type_NoneType);
  if (has_shape(v, SHAPE_union_type)) {
    for (uint64_t i = 0; i < UN(v)->args->length; i++)
      if (add_member(th, out, UN(v)->args->items[i]) < 0) return -1;
    return 0;
  }
  for (uint32_t i = 0; i < list_len(out); i++) {
    Value have = list_get(th, out, i);
    if (has_kind(have, K_TYPE) && has_kind(v, K_TYPE)) {
      if (have == v) return 0;
      continue;
    }
    int eq = op_equal(th, have, v);
    if (eq) return eq < 0 ? -1 : 0;
  }
  return list_append(th, out, v);
}

static Value union_make(RpThread *th, List *members) {
  if (list_len(members) == 1) return list_get(th, members, 0);
  Tuple *t = list_to_tuple(th, members);
  Union *u = t ? heap_new(th, Union, SHAPE_union_type, K_NATIVE_OBJECT) : NULL;
  if (!u) return EMPTY;
  u->args = t;
  return value_object(u);
}

Value union_or(RpThread *th, Value a, Value b) {
  if (!unionable(a) || !unionable(b)) return NOT_IMPLEMENTED;
  List *out = list_new(th, 2);
  if (!out || add_member(th, out, a) < 0 || add_member(th, out, b) < 0) return EMPTY;
  return union_make(th, out);
}

static Value un_repr(RpThread *th, Value self) {
  StrBuilder sb;
  sb_init(&sb, th);
  Tuple *t = UN(self)->args;
  for (uint64_t i = 0; i < t->length; i++) {
    if (i) sb_ascii(&sb, " | ");
    if (t->items[i] == value_object(&type_NoneType)) sb_ascii(&sb, "None");
    else if (!sb_type(&sb, th, t->items[i])) return sb_drop(&sb), EMPTY;
  }
  return value_object(sb_finish(&sb));
}

static Set *un_set(RpThread *th, Value self) {
  Value s = op_call1(th, value_object(&type_frozenset), value_object(UN(self)->args));
  return s == EMPTY ? NULL : (Set *)as_object(s);
}
static int64_t un_hash(RpThread *th, Value self) {
  Set *s = un_set(th, self);
  return s ? op_hash(th, value_object(s)) : -1;
}
static Value un_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_shape(b, SHAPE_union_type) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  Set *x = un_set(th, a), *y = x ? un_set(th, b) : NULL;
  return y ? op_compare(th, value_object(x), value_object(y), op) : EMPTY;
}
static Value un_args(RpThread *th, Value self) { return value_object(UN(self)->args); }
static Value un_parameters(RpThread *th, Value self) {
  if (UN(self)->parameters == EMPTY) {
    Tuple *t = parameters_of(th, UN(self)->args);
    if (!t) return EMPTY;
    obj_store_ref(th, UN(self), &UN(self)->parameters, t);
  }
  return UN(self)->parameters;
}
static Value un_getitem(RpThread *th, Value self, Value item) {
  Value p = un_parameters(th, self);
  Tuple *args = p == EMPTY ? NULL : substitute_all(th, self, UN(self)->args, as_tuple(p), item);
  if (!args) return EMPTY;
  Value r = args->items[0];
  for (uint64_t i = 1; i < args->length && r != EMPTY; i++) r = op_binary(th, OP_OR, r, args->items[i]);
  return r;
}
static bool checkable(RpThread *th, Tuple *args, const char *what) {
  for (uint64_t i = 0; i < args->length; i++)
    if (!has_kind(args->items[i], K_TYPE)) return raise_type(th, "%s() argument 2 cannot be a parameterized generic", what), false;
  return true;
}
static Value un_instancecheck(RpThread *th, const Value *a) {
  if (!checkable(th, UN(a[0])->args, "isinstance")) return EMPTY;
  int r = op_isinstance(th, a[1], value_object(UN(a[0])->args));
  return r < 0 ? EMPTY : value_bool(r);
}
static Value un_subclasscheck(RpThread *th, const Value *a) {
  if (!has_kind(a[1], K_TYPE)) return raise_type(th, "issubclass() arg 1 must be a class");
  if (!checkable(th, UN(a[0])->args, "issubclass")) return EMPTY;
  int r = op_issubclass(th, a[1], value_object(UN(a[0])->args));
  return r < 0 ? EMPTY : value_bool(r);
}

const TypeSpec spec_union_type = {
    .doc = "Represent a PEP 604 union type\n\nE.g. for int | str",
    .size = sizeof(Union),
    .slots = {.trace = un_trace, .repr = un_repr, .hash = un_hash, .compare = un_compare, .or_ = ga_or, .getitem = un_getitem},
    .methods = (const NativeDef[]){{"__instancecheck__", un_instancecheck, "(self, instance, /)", 0, NULL, NULL},
                                   {"__subclasscheck__", un_subclasscheck, "(self, cls, /)", 0, NULL, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"__args__", un_args, NULL, NULL}, {"__parameters__", un_parameters, NULL, NULL}, {0}},
};

/* -- SimpleNamespace ------------------------------------------------------------------------------------------------------------------------- */

static int ns_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos) return raise_type(th, "no positional arguments expected"), -1;
  for (uint64_t i = 0; kwnames && i < kwnames->length; i++)
    if (object_setattr(th, self, str_intern(th, as_str(kwnames->items[i])), args[i]) < 0) return -1;
  return 0;
}
static Value ns_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) { return value_object(type_alloc(th, type)); }
static Value ns_repr(RpThread *th, Value self) {
  Str *name = type_of(self) == &type_simple_namespace ? str_from_c(th, "namespace") : type_of(self)->name;
  int busy = op_repr_enter(th, self);
  if (busy || !name) return busy < 0 ? EMPTY : value_object(str_fmt(th, "%S(...)", name));
  Dict *d = object_dict(th, self);
  StrBuilder sb;
  sb_init(&sb, th);
  sb_str(&sb, name);
  sb_char(&sb, '(');
  uint32_t pos = 0;
  Value k, v;
  bool first = true, ok = d != NULL;
  while (ok && dict_next(d, &pos, &k, &v)) {
    if (!str_check(k) || as_str(k)->length == 0) continue;
    Str *r = op_repr(th, v);
    ok = r != NULL;
    if (!ok) break;
    if (!first) sb_ascii(&sb, ", ");
    first = false;
    sb_str(&sb, as_str(k));
    sb_char(&sb, '=');
    sb_str(&sb, r);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_char(&sb, ')');
  return value_object(sb_finish(&sb));
}
static Value ns_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!value_is_instance(a, &type_simple_namespace) || !value_is_instance(b, &type_simple_namespace)) return NOT_IMPLEMENTED;
  Dict *x = object_dict(th, a), *y = x ? object_dict(th, b) : NULL;
  return y ? op_compare(th, value_object(x), value_object(y), op) : EMPTY;
}
static Value ns_reduce(RpThread *th, const Value *a) {
  Dict *d = object_dict(th, a[0]);
  return d ? value_object(tuple_of(th, 3, value_object(type_of(a[0])), value_object(tuple_empty_), value_object(d))) : EMPTY;
}

const TypeSpec spec_simple_namespace = {
    .doc = "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)",
    .size = sizeof(Instance),
    .slots = {.new_ = ns_new, .init = ns_init, .repr = ns_repr, .compare = ns_compare},
    .methods = (const NativeDef[]){{"__reduce__", ns_reduce, "(self, /)", 0, "Return state information for pickling", NULL}, {0}},
};
