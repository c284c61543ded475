/* ordered_dict.c: collections.OrderedDict. dict keeps insertion order already; this type adds comparing and moving by order. It is a Dict inside
** (kind K_DICT), with its own views so that they print as odict_keys and so on. */
#include "runtime/cont.h"

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Dict *d = (Dict *)cont_alloc(th, type, &type_OrderedDict, SHAPE_OrderedDict, K_DICT, sizeof(Dict));
  if (d) dict_init_empty(d);
  return V(d);
}

/* Are a subclass's own accessors in play? */
static bool plain(Value self) { return has_shape(self, SHAPE_OrderedDict) || type_of(self)->slots.setitem == type_dict.slots.setitem; }

static int store(RpThread *th, Value self, Value k, Value v) {
  return plain(self) ? dict_set(th, as_dict(self), k, v) : op_setitem(th, self, k, v);
}

/* MutableMapping.update through self's own __setitem__. */
static int update(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames, const Value *kwvalues) {
  if (n_pos > 1) return raise_type(th, "update() takes at most 1 positional argument (%d given)", n_pos), -1;
  if (n_pos && plain(self)) {
    if (dict_update(th, as_dict(self), args[0], true) < 0) return -1;
  } else if (n_pos) {
    Dict *d = dict_new(th);
    if (!d || dict_update(th, d, args[0], true) < 0) return -1;
    uint32_t pos = 0;
    Value k, v;
    while (dict_next(d, &pos, &k, &v))
      if (op_setitem(th, self, k, v) < 0) return -1;
  }
  for (int i = 0; i < n_keywords(kwnames); i++)
    if (store(th, self, kwnames->items[i], kwvalues[i]) < 0) return -1;
  return 0;
}

static int init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos > 1) return raise_type(th, "expected at most 1 arguments, got %d", n_pos), -1;
  return update(th, self, args, n_pos, kwnames, kwnames ? args + n_pos : NULL);
}

static Value repr(RpThread *th, Value self) {
  if (dict_len(as_dict(self)) == 0) return V(str_fmt(th, "%S()", type_of(self)->name));
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "..."));
  Value items = op_call_method(th, self, S(items), NULL, 0);
  List *l = items == EMPTY ? NULL : op_to_list(th, items);
  Value r = l ? V(str_fmt(th, "%S(%V)", type_of(self)->name, V(l))) : EMPTY;
  op_repr_leave(th, self);
  return r;
}

static int same_order(RpThread *th, Dict *a, Dict *b) {
  uint32_t i = 0, j = 0;
  Value x, y, v;
  while (dict_next(a, &i, &x, &v)) {
    if (!dict_next(b, &j, &y, &v)) return 0;
    int eq = op_equal(th, x, y);
    if (eq != 1) return eq;
  }
  return 1;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!dict_check(a) || !dict_check(b) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  int eq = dict_equal(th, as_dict(a), as_dict(b));
  if (eq == 1 && value_is_instance(a, &type_OrderedDict) && value_is_instance(b, &type_OrderedDict))
    eq = same_order(th, as_dict(a), as_dict(b));
  return eq < 0 ? EMPTY : value_bool(eq == (op == CMP_EQ));
}

static Value or_(RpThread *th, Value a, Value b) {
  if (!dict_check(a) || !dict_check(b)) return NOT_IMPLEMENTED;
  Value self = value_is_instance(a, &type_OrderedDict) ? a : b;
  Value r = op_call1(th, V(type_of(self)), a);
  return r != EMPTY && update(th, r, &b, 1, NULL, NULL) == 0 ? r : EMPTY;
}

static Value ior(RpThread *th, Value a, Value b) { return update(th, a, &b, 1, NULL, NULL) < 0 ? EMPTY : a; }

/* -- Methods ------------------------------------------------------------------- */

static Value m_update(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[1]);
  if (update(th, a[0], args->items, (int)args->length, NULL, NULL) < 0) return EMPTY;
  uint32_t pos = 0;
  Value k, v;
  while (dict_next(as_dict(a[2]), &pos, &k, &v))
    if (store(th, a[0], k, v) < 0) return EMPTY;
  return NONE;
}

static Value m_popitem(RpThread *th, const Value *a) {
  int last = a[1] == EMPTY ? 1 : op_truth(th, a[1]);
  if (last < 0) return EMPTY;
  Value k, v;
  if (!dict_pop_end(th, as_dict(a[0]), last, &k, &v)) return raise_key(th, V(str_from_c(th, "dictionary is empty")));
  return V(tuple_of(th, 2, k, v));
}

static Value m_move_to_end(RpThread *th, const Value *a) {
  int last = a[2] == EMPTY ? 1 : op_truth(th, a[2]);
  if (last < 0) return EMPTY;
  int r = last ? dict_move_to_end(th, as_dict(a[0]), a[1]) : dict_move_to_front(th, as_dict(a[0]), a[1]);
  return r > 0 ? NONE : r < 0 ? EMPTY : raise_key(th, a[1]);
}

static Value m_pop(RpThread *th, const Value *a) {
  Value v = dict_pop(th, as_dict(a[0]), a[1], a[2] == EMPTY ? NOT_IMPLEMENTED : a[2]);
  if (a[2] != EMPTY || v != NOT_IMPLEMENTED) return v;
  if (!has_shape(a[0], SHAPE_OrderedDict)) {
    Value m = op_lookup_special(th, a[0], S(__missing__));
    if (m != EMPTY) return op_call1(th, m, a[1]);
    if (th->pending != EMPTY) return EMPTY;
  }
  return raise_key(th, a[1]);
}

static Value m_setdefault(RpThread *th, const Value *a) {
  Value dflt = a[2] == EMPTY ? NONE : a[2];
  if (plain(a[0])) return dict_setdefault(th, as_dict(a[0]), a[1], dflt);
  int has = op_contains(th, a[0], a[1]);
  if (has < 0) return EMPTY;
  if (has) return op_getitem(th, a[0], a[1]);
  return op_setitem(th, a[0], a[1], dflt) < 0 ? EMPTY : dflt;
}

static Value m_copy(RpThread *th, const Value *a) {
  Value r = op_call0(th, V(type_of(a[0])));
  if (r == EMPTY) return EMPTY;
  return update(th, r, a, 1, NULL, NULL) < 0 ? EMPTY : r;
}

static Value m_fromkeys(RpThread *th, const Value *a) {
  Value d = op_call0(th, a[0]), v = a[2] != EMPTY ? a[2] : NONE, k;
  Value it = d == EMPTY ? EMPTY : op_iter(th, a[1]);
  if (it == EMPTY) return EMPTY;
  while ((k = iter_step(th, it)) != EMPTY)
    if (op_setitem(th, d, k, v) < 0) return EMPTY;
  return th->pending == EMPTY ? d : EMPTY;
}

static Value m_reduce(RpThread *th, const Value *a) {
  Value state = op_getattr_opt(th, a[0], S(__dict__));
  if (state == EMPTY && th->pending != EMPTY) return EMPTY;
  if (state != EMPTY && dict_check(state) && dict_len(as_dict(state)) == 0) state = NONE;
  Value items = op_call_method(th, a[0], S(items), NULL, 0);
  Value it = items == EMPTY ? EMPTY : op_iter(th, items);
  return it == EMPTY ? EMPTY : V(tuple_of(th, 5, V(type_of(a[0])), V(tuple_empty_), state == EMPTY ? NONE : state, NONE, it));
}

static Value view(RpThread *th, Value self, uint32_t shape) {
  DictView *v = heap_new(th, DictView, shape, K_DICT_VIEW);
  if (v) v->dict = as_dict(self);
  return V(v);
}
static Value m_keys(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_odict_keys); }
static Value m_values(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_odict_values); }
static Value m_items(RpThread *th, const Value *a) { return view(th, a[0], SHAPE_odict_items); }

static const NativeDef methods[] = {
    {"fromkeys", m_fromkeys, "(cls, iterable, value=None)", NATIVE_CLASSMETHOD,
     "Create a new ordered dictionary with keys from iterable and values set to value."},
    {"update", m_update, "(self, /, *args, **kwargs)"},
    {"popitem", m_popitem, "(self, last=True)", 0,
     "Remove and return a (key, value) pair from the dictionary.\n\nPairs are returned in LIFO order if last is true or FIFO order if false."},
    {"move_to_end", m_move_to_end, "(self, key, last=True)", 0,
     "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError if the element does not exist."},
    {"pop", m_pop, "(self, key, default=<unrepresentable>)", 0,
     "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if "
     "given; otherwise,\nraise a KeyError."},
    {"setdefault", m_setdefault, "(self, key, default=None)", 0,
     "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default."},
    {"copy", m_copy, "(self, /)", 0, "od.copy() -> a shallow copy of od"},
    {"keys", m_keys, "(self, /)"},
    {"values", m_values, "(self, /)"},
    {"items", m_items, "(self, /)"},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling"},
    {0},
};

const TypeSpec spec_OrderedDict = {
    .doc = "Dictionary that remembers insertion order",
    .size = sizeof(Dict),
    .slots = {.repr = repr, .compare = compare, .init = init, .new_ = new_, .or_ = or_, .ior = ior},
    .methods = methods,
};
