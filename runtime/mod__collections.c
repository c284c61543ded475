/* mod__collections.c: the module _collections: defaultdict, namedtuple's field getter, Counter's loop. deque is in deque.c, OrderedDict in
** ordered_dict.c. */
#include "runtime/cont.h"

/* -- defaultdict ------------------------------------------------------------- */

typedef struct DefaultDict { Dict d; Value factory; /* NONE: no default */ } DefaultDict;
ALWAYS_INLINE DefaultDict *as_dd(Value v) { return (DefaultDict *)as_object(v); }

static void dd_trace(Tracer *tr, Object *o) {
  trace_ref(tr, dict_table((Dict *)o));
  trace_value(tr, load_consume(&((DefaultDict *)o)->factory));
}

static Value dd_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  DefaultDict *d = (DefaultDict *)cont_alloc(th, type, &type_defaultdict, SHAPE_defaultdict, K_DICT, sizeof(DefaultDict));
  if (!d) return EMPTY;
  dict_init_empty(&d->d);
  d->factory = NONE;
  return V(d);
}

static int dd_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos) {
    if (args[0] != NONE && !op_callable(args[0])) return raise_type(th, "first argument must be callable or None"), -1;
    obj_store(th, as_dd(self), &as_dd(self)->factory, args[0]);
    args++;
    n_pos--;
  }
  return type_dict.slots.init(th, self, args, n_pos, kwnames);
}

static Value dd_missing(RpThread *th, Value self, Value key) {
  Value f = load_relaxed(&as_dd(self)->factory);
  if (f == NONE) return raise_key(th, key);
  Value v = op_call0(th, f);
  if (v == EMPTY) return EMPTY;
  if (has_shape(self, SHAPE_defaultdict)) return dict_set(th, as_dict(self), key, v) < 0 ? EMPTY : v;
  return op_setitem(th, self, key, v) < 0 ? EMPTY : v;
}

static Value dd_getitem(RpThread *th, Value self, Value key) {
  if (!has_shape(self, SHAPE_defaultdict)) return type_dict.slots.getitem(th, self, key); /* may have its own __missing__ */
  Value v = dict_get(th, as_dict(self), key);
  if (likely(v != EMPTY) || th->pending != EMPTY) return v;
  return dd_missing(th, self, key);
}

static Value dd_repr(RpThread *th, Value self) {
  Value base = type_dict.slots.repr(th, self), f = as_dd(self)->factory;
  if (base == EMPTY) return EMPTY;
  int busy = op_repr_enter(th, f);
  if (busy < 0) return EMPTY;
  Value r = busy ? V(str_fmt(th, "%S(..., %S)", type_of(self)->name, as_str(base)))
                 : V(str_fmt(th, "%S(%V, %S)", type_of(self)->name, f, as_str(base)));
  if (!busy) op_repr_leave(th, f);
  return r;
}

static Value dd_or(RpThread *th, Value a, Value b) {
  bool left = value_is_instance(a, &type_defaultdict);
  Value self = left ? a : b;
  if (!dict_check(a) || !dict_check(b) || !value_is_instance(self, &type_defaultdict)) return NOT_IMPLEMENTED;
  Value r = op_call2(th, V(type_of(self)), as_dd(self)->factory, a);
  return r == EMPTY || dict_update(th, as_dict(r), b, true) < 0 ? EMPTY : r;
}

static Value m_missing(RpThread *th, const Value *a) { return dd_missing(th, a[0], a[1]); }
static Value m_copy(RpThread *th, const Value *a) { return op_call2(th, V(type_of(a[0])), as_dd(a[0])->factory, a[0]); }

static Value m_reduce(RpThread *th, const Value *a) {
  Value f = as_dd(a[0])->factory;
  Tuple *args = f == NONE ? tuple_empty_ : tuple_of(th, 1, f);
  Value items = args ? op_call_method(th, a[0], S(items), NULL, 0) : EMPTY;
  Value it = items == EMPTY ? EMPTY : op_iter(th, items);
  return it == EMPTY ? EMPTY : V(tuple_of(th, 5, V(type_of(a[0])), V(args), NONE, NONE, it));
}

static Value get_factory(RpThread *th, Value self) { return as_dd(self)->factory; }
static int set_factory(RpThread *th, Value self, Value v) { return obj_store(th, as_dd(self), &as_dd(self)->factory, v == EMPTY ? NONE : v), 0; }

static const NativeDef dd_methods[] = {
    {"__missing__", m_missing, "(self, key, /)", 0,
     "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n  if self.default_factory is None: raise KeyError((key,))\n  "
     "self[key] = value = self.default_factory()\n  return value\n"},
    {"copy", m_copy, "(self, /)", 0, "D.copy() -> a shallow copy of D."},
    {"__copy__", m_copy, "(self, /)", 0, "D.copy() -> a shallow copy of D."},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling."},
    CLASS_GETITEM,
    {0},
};
static const GetSetDef dd_getsets[] = {
    {"default_factory", get_factory, set_factory, "Factory for default value called by __missing__()."}, {0}};

const TypeSpec spec_defaultdict = {
    .doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to "
           "produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll "
           "remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.",
    .size = sizeof(DefaultDict),
    .slots = {.trace = dd_trace, .repr = dd_repr, .init = dd_init, .new_ = dd_new, .getitem = dd_getitem, .or_ = dd_or},
    .methods = dd_methods,
    .getsets = dd_getsets,
};

/* -- _tuplegetter: what namedtuple puts into the class for each field ---------------------- */

typedef struct TupleGetter { Object hdr; Value doc; int64_t index; } TupleGetter;
ALWAYS_INLINE TupleGetter *as_tg(Value v) { return (TupleGetter *)as_object(v); }

static void tg_trace(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((TupleGetter *)o)->doc)); }

static Value tg_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_no_keywords(th, "_tuplegetter", n_keywords(kwnames)) || !cont_arity(th, "_tuplegetter", n_pos, 2, 2)) return EMPTY;
  int64_t i;
  if (!op_as_i64(th, args[0], &i)) return EMPTY;
  TupleGetter *g = heap_new(th, TupleGetter, SHAPE__tuplegetter, K_NATIVE_OBJECT);
  if (!g) return EMPTY;
  g->index = i;
  g->doc = args[1];
  return V(g);
}

int64_t tuplegetter_index(Value v) { return has_shape(v, SHAPE__tuplegetter) ? as_tg(v)->index : -1; }

static Value tg_get(RpThread *th, Value self, Value obj, Value type) {
  TupleGetter *g = as_tg(self);
  if (obj == EMPTY) return self;
  if (!tuple_check(obj)) {
    if (obj == NONE) return self;
    return raise_type(th, "descriptor for index '%lld' for tuple subclasses doesn't apply to '%T' object", (long long)g->index, obj);
  }
  Value v = tuple_get_fast(as_tuple(obj), g->index);
  return v != EMPTY ? v : raise_index(th, "tuple index out of range");
}

static int tg_set(RpThread *th, Value self, Value obj, Value v) {
  return raise_attribute(th, v == EMPTY ? "can't delete attribute" : "can't set attribute"), -1;
}

static Value tg_repr(RpThread *th, Value self) {
  return V(str_fmt(th, "%S(%lld, %V)", type_of(self)->name, (long long)as_tg(self)->index, as_tg(self)->doc));
}
static Value tg_reduce(RpThread *th, const Value *a) {
  Tuple *args = tuple_of(th, 2, value_int(as_tg(a[0])->index), as_tg(a[0])->doc);
  return args ? V(tuple_of(th, 2, V(type_of(a[0])), V(args))) : EMPTY;
}
static Value tg_doc(RpThread *th, Value self) { return as_tg(self)->doc; }
static int tg_set_doc(RpThread *th, Value self, Value v) { return obj_store(th, as_tg(self), &as_tg(self)->doc, v == EMPTY ? NONE : v), 0; }

static const NativeDef tg_methods[] = {{"__reduce__", tg_reduce, "(self, /)"}, {0}};
static const GetSetDef tg_getsets[] = {{"__doc__", tg_doc, tg_set_doc}, {0}};
const TypeSpec spec__tuplegetter = {
    .size = sizeof(TupleGetter),
    .slots = {.trace = tg_trace, .repr = tg_repr, .new_ = tg_new, .descr_get = tg_get, .descr_set = tg_set},
    .methods = tg_methods,
    .getsets = tg_getsets,
};

/* -- _count_elements --------------------------------------------------------------------------- */

/* mapping[x] = mapping.get(x, 0) + 1 where neither get nor __setitem__ is anything but dict's. */
static int count_one(RpThread *th, Dict *d, Value key) {
  int64_t hash = op_hash(th, key);
  if (hash == -1) return -1;
  Value old = dict_get_hash(th, d, key, hash);
  if (old == EMPTY && th->pending != EMPTY) return -1;
  Value n = old == EMPTY ? value_int(1) : op_binary(th, OP_ADD, old, value_int(1));
  return n == EMPTY ? -1 : dict_set_hash(th, d, key, hash, n);
}

static bool plain_mapping(RpThread *th, Value m) {
  if (!dict_check(m)) return false;
  Type *t = type_of(m);
  if (t == &type_dict) return true;
  return type_lookup(th, t, S(get)) == type_lookup(th, &type_dict, S(get)) && t->slots.setitem == type_dict.slots.setitem;
}

static Value fn_count_elements(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[1]), k;
  if (it == EMPTY) return EMPTY;
  if (plain_mapping(th, a[0])) {
    while ((k = iter_step(th, it)) != EMPTY)
      if (count_one(th, as_dict(a[0]), k) < 0) return EMPTY;
    return th->pending == EMPTY ? NONE : EMPTY;
  }
  Value get = op_getattr(th, a[0], S(get));
  if (get == EMPTY) return EMPTY;
  while ((k = iter_step(th, it)) != EMPTY) {
    Value old = op_call2(th, get, k, value_int(0)), n = old == EMPTY ? EMPTY : op_binary(th, OP_ADD, old, value_int(1));
    if (n == EMPTY || op_setitem(th, a[0], k, n) < 0) return EMPTY;
  }
  return th->pending == EMPTY ? NONE : EMPTY;
}

/* -- The module --------------------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"_count_elements", fn_count_elements, "(mapping, iterable, /)", 0, "Count elements in the iterable, updating the mapping"},
    {0},
};

static int init(RpThread *th, Dict *dict) {
  return dict_set_c(th, dict, "deque", V(&type_deque)) < 0 || dict_set_c(th, dict, "defaultdict", V(&type_defaultdict)) < 0 ||
                 dict_set_c(th, dict, "OrderedDict", V(&type_OrderedDict)) < 0 ||
                 dict_set_c(th, dict, "_deque_iterator", V(&type__deque_iterator)) < 0 ||
                 dict_set_c(th, dict, "_deque_reverse_iterator", V(&type__deque_reverse_iterator)) < 0 ||
                 dict_set_c(th, dict, "_tuplegetter", V(&type__tuplegetter)) < 0
             ? -1
             : 0;
}

const ModuleSpec mod__collections = {
    .doc = "High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass "
           "with a default value factory\n",
    .functions = functions,
    .init = init,
};
