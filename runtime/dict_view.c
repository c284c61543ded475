/* dict_view.c: dict_keys, dict_values, dict_items and the iterators over dicts in both directions. */
#include "runtime/cont.h"

ALWAYS_INLINE Dict *view_dict(Value v) { return ((DictView *)as_object(v))->dict; }
ALWAYS_INLINE Iter *as_iter(Value v) { return (Iter *)as_object(v); }

/* -- Iterators: seq the dict, index the position, limit the size it expects, step how many are left ---------- */

/* What one step hands out. */
typedef enum Part { KEYS, VALUES, ITEMS } Part;

ALWAYS_INLINE Value part(RpThread *th, Part p, Value k, Value v) {
  if (p == KEYS) return k;
  if (p == VALUES) return v;
  Tuple *t = tuple_alloc(th, 2);
  if (!t) return EMPTY;
  t->items[0] = k;
  t->items[1] = v;
  return V(t);
}

static bool check_size(RpThread *th, Iter *it, Dict *d) {
  if (likely(load_relaxed(&it->limit) == (int64_t)dict_len(d))) return true;
  store_relaxed(&it->limit, -1); /* stays an error */
  if (value_is_instance(V(d), &type_OrderedDict)) return raise_runtime(th, "OrderedDict mutated during iteration"), false;
  return raise_runtime(th, "dictionary changed size during iteration"), false;
}

ALWAYS_INLINE Value forward(RpThread *th, Value self, Part p) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq), k, v;
  if (seq == EMPTY) return EMPTY;
  Dict *d = as_dict(seq);
  if (!check_size(th, it, d)) return EMPTY;
  uint32_t pos = (uint32_t)load_relaxed(&it->index);
  if (!dict_next(d, &pos, &k, &v)) return store_relaxed(&it->seq, EMPTY), EMPTY;
  int64_t left = load_relaxed(&it->step);
  if (unlikely(left == 0)) {
    store_relaxed(&it->seq, EMPTY);
    return raise_runtime(th, "dictionary keys changed during iteration");
  }
  store_relaxed(&it->index, (int64_t)pos);
  store_relaxed(&it->step, left - 1);
  return part(th, p, k, v);
}

/* index: one above the entry to look at next. */
static Value backward(RpThread *th, Value self, Part p) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  Dict *d = as_dict(seq);
  if (!check_size(th, it, d)) return EMPTY;
  DictTable *t = dict_table(d);
  int64_t i = load_relaxed(&it->index), n = load_acquire(&t->n_entries);
  if (i > n) i = n;
  while (i-- > 0) {
    Value v = load_acquire(&t->entries[i].value);
    if (v == EMPTY) continue;
    store_relaxed(&it->index, i);
    store_relaxed(&it->step, load_relaxed(&it->step) - 1);
    return part(th, p, t->entries[i].key, v);
  }
  store_relaxed(&it->seq, EMPTY);
  return EMPTY;
}

static Value key_next(RpThread *th, Value self) { return forward(th, self, KEYS); }
static Value value_next(RpThread *th, Value self) { return forward(th, self, VALUES); }
static Value item_next(RpThread *th, Value self) { return forward(th, self, ITEMS); }
static Value rkey_next(RpThread *th, Value self) { return backward(th, self, KEYS); }
static Value rvalue_next(RpThread *th, Value self) { return backward(th, self, VALUES); }
static Value ritem_next(RpThread *th, Value self) { return backward(th, self, ITEMS); }

static Value m_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  bool live = it->seq != EMPTY && it->limit == (int64_t)dict_len(as_dict(it->seq));
  return value_int(live ? it->step : 0);
}

/* (iter, (list of what is left,)): walks a copy. */
static Value m_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]), *copy = iter_new(th, obj_shape_id(&it->hdr), it->seq);
  if (!copy) return EMPTY;
  copy->index = it->index;
  copy->limit = it->limit;
  copy->step = it->step;
  List *rest = op_to_list(th, V(copy));
  return rest ? reduce_iter(th, "iter", V(rest), EMPTY) : EMPTY;
}

static const NativeDef iter_methods[] = {
    {"__length_hint__", m_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."},
    {"__reduce__", m_reduce, "(self, /)", 0, "Return state information for pickling."},
    {0},
};
#define ITER_SPEC(name, next_fn)                                                                                                           \
  const TypeSpec spec_##name = {                                                                                                           \
      .size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = next_fn}, .methods = iter_methods}
ITER_SPEC(dict_keyiterator, key_next);
ITER_SPEC(dict_valueiterator, value_next);
ITER_SPEC(dict_itemiterator, item_next);
ITER_SPEC(dict_reversekeyiterator, rkey_next);
ITER_SPEC(dict_reversevalueiterator, rvalue_next);
ITER_SPEC(dict_reverseitemiterator, ritem_next);

static Value new_iter(RpThread *th, Dict *d, uint32_t shape, bool reverse) {
  Iter *it = iter_new(th, shape, V(d));
  if (!it) return EMPTY;
  it->limit = it->step = (int64_t)dict_len(d);
  if (reverse) it->index = (int64_t)load_acquire(&dict_table(d)->n_entries);
  return V(it);
}

/* -- Views ------------------------------------------------------------------------------ */

static void trace(Tracer *tr, Object *o) { trace_ref(tr, ((DictView *)o)->dict); }

static Value repr(RpThread *th, Value self) {
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "..."));
  List *l = op_to_list(th, self);
  Value r = l ? V(str_fmt(th, "%S(%V)", type_of(self)->name, V(l))) : EMPTY;
  op_repr_leave(th, self);
  return r;
}

static int64_t len(RpThread *th, Value self) { return (int64_t)dict_len(view_dict(self)); }

static Value keys_iter(RpThread *th, Value self) { return new_iter(th, view_dict(self), SHAPE_dict_keyiterator, false); }
static Value values_iter(RpThread *th, Value self) { return new_iter(th, view_dict(self), SHAPE_dict_valueiterator, false); }
static Value items_iter(RpThread *th, Value self) { return new_iter(th, view_dict(self), SHAPE_dict_itemiterator, false); }
static Value keys_reversed(RpThread *th, const Value *a) { return new_iter(th, view_dict(a[0]), SHAPE_dict_reversekeyiterator, true); }
static Value values_reversed(RpThread *th, const Value *a) { return new_iter(th, view_dict(a[0]), SHAPE_dict_reversevalueiterator, true); }
static Value items_reversed(RpThread *th, const Value *a) { return new_iter(th, view_dict(a[0]), SHAPE_dict_reverseitemiterator, true); }

static int keys_contains(RpThread *th, Value self, Value key) { return dict_has(th, view_dict(self), key); }

static int items_contains(RpThread *th, Value self, Value item) {
  if (!tuple_check(item) || as_tuple(item)->length != 2) return 0;
  Value v = dict_get(th, view_dict(self), as_tuple(item)->items[0]);
  if (v == EMPTY) return th->pending == EMPTY ? 0 : -1;
  return op_equal(th, v, as_tuple(item)->items[1]);
}

/* -- Set operations of keys and items ------------------------------------------------------ */

/* Sets, and the views that are like sets: keys and items. */
static bool set_like(Value v) { return set_check(v) || (has_kind(v, K_DICT_VIEW) && type_of(v)->slots.contains); }

/* Is every element of a in b? */
static int all_in(RpThread *th, Value a, Value b) {
  Value it = op_iter(th, a), v;
  if (it == EMPTY) return -1;
  while ((v = iter_step(th, it)) != EMPTY) {
    int in = op_contains(th, b, v);
    if (in <= 0) return in;
  }
  return th->pending == EMPTY ? 1 : -1;
}

static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!set_like(a) || !set_like(b)) return NOT_IMPLEMENTED;
  int64_t n = op_len(th, a), m = op_len(th, b);
  if (n < 0 || m < 0) return EMPTY;
  int r = 0;
  switch (op) {
  case CMP_EQ: r = n == m ? all_in(th, a, b) : 0; break;
  case CMP_NE: r = n == m ? all_in(th, a, b) : 0; r = r < 0 ? r : !r; break;
  case CMP_LT: r = n < m ? all_in(th, a, b) : 0; break;
  case CMP_LE: r = n <= m ? all_in(th, a, b) : 0; break;
  case CMP_GT: r = n > m ? all_in(th, b, a) : 0; break;
  case CMP_GE: r = n >= m ? all_in(th, b, a) : 0; break;
  }
  return r < 0 ? EMPTY : value_bool(r);
}

static Set *set_of(RpThread *th, Value v) {
  Set *s = set_new(th);
  return s && set_update(th, s, v) == 0 ? s : NULL;
}

/* The operators take any iterable on the other side, and work the same from either side. */
static bool either_view(Value a, Value b) { return has_kind(a, K_DICT_VIEW) || has_kind(b, K_DICT_VIEW); }

static Value sub(RpThread *th, Value a, Value b) {
  if (!either_view(a, b)) return NOT_IMPLEMENTED;
  Set *s = set_of(th, a);
  if (!s) return EMPTY;
  Value it = op_iter(th, b), v;
  if (it == EMPTY) return EMPTY;
  while ((v = iter_step(th, it)) != EMPTY)
    if (set_discard(th, s, v) < 0) return EMPTY;
  return th->pending == EMPTY ? V(s) : EMPTY;
}

static Value and_(RpThread *th, Value a, Value b) {
  if (!either_view(a, b)) return NOT_IMPLEMENTED;
  if (!has_kind(a, K_DICT_VIEW)) {
    Value t = a;
    a = b;
    b = t;
  }
  if (set_like(b) && has_kind(b, K_DICT_VIEW) && len(th, b) > len(th, a)) {
    Value t = a;
    a = b;
    b = t;
  } else if (has_shape(b, SHAPE_set) && dict_len(view_dict(a)) <= set_len(as_set(b))) {
    Value t = a; /* the larger one is asked, the smaller one walked */
    a = b;
    b = t;
  }
  Set *r = set_new(th);
  Value it = r ? op_iter(th, b) : EMPTY, v;
  if (it == EMPTY) return EMPTY;
  while ((v = iter_step(th, it)) != EMPTY) {
    int in = op_contains(th, a, v);
    if (in < 0 || (in && set_add(th, r, v) < 0)) return EMPTY;
  }
  return th->pending == EMPTY ? V(r) : EMPTY;
}

static Value or_(RpThread *th, Value a, Value b) {
  if (!either_view(a, b)) return NOT_IMPLEMENTED;
  Set *s = set_of(th, a);
  return s && set_update(th, s, b) == 0 ? V(s) : EMPTY;
}

static Value xor_(RpThread *th, Value a, Value b) {
  if (!either_view(a, b)) return NOT_IMPLEMENTED;
  Set *s = set_of(th, a), *o = s ? set_of(th, b) : NULL;
  return o ? op_binary(th, OP_XOR, V(s), V(o)) : EMPTY;
}

static Value m_isdisjoint(RpThread *th, const Value *a) {
  Value self = a[0], other = a[1], v;
  if (self == other) return value_bool(len(th, self) == 0);
  if (set_like(other) && op_len(th, other) > len(th, self)) {
    self = a[1];
    other = a[0];
  }
  Value it = op_iter(th, other);
  if (it == EMPTY) return EMPTY;
  while ((v = iter_step(th, it)) != EMPTY) {
    int in = op_contains(th, self, v);
    if (in) return in < 0 ? EMPTY : FALSE_V;
  }
  return th->pending == EMPTY ? TRUE_V : EMPTY;
}

static Value get_mapping(RpThread *th, Value self) {
  return op_call1(th, V(&type_mappingproxy), V(view_dict(self)));
}

#define DISJOINT {"isdisjoint", m_isdisjoint, "(self, other, /)", 0, "Return True if the view and the given iterable have a null intersection."}
#define REVERSED(fn, what) {"__reversed__", fn, "(self, /)", 0, "Return a reverse iterator over the dict " what "."}
static const NativeDef keys_methods[] = {DISJOINT, REVERSED(keys_reversed, "keys"), {0}};
static const NativeDef values_methods[] = {REVERSED(values_reversed, "values"), {0}};
static const NativeDef items_methods[] = {DISJOINT, REVERSED(items_reversed, "items"), {0}};
static const GetSetDef getsets[] = {{"mapping", get_mapping, NULL, "dictionary that this view refers to"}, {0}};

#define VIEW_SPEC(name, m, ...)                                                                                                            \
  const TypeSpec spec_##name = {                                                                                                           \
      .size = sizeof(DictView), .slots = {.trace = trace, .repr = repr, .len = len, __VA_ARGS__}, .methods = m, .getsets = getsets}
#define SET_SLOTS .compare = compare, .sub = sub, .and_ = and_, .or_ = or_, .xor_ = xor_
VIEW_SPEC(dict_keys, keys_methods, .iter = keys_iter, .contains = keys_contains, SET_SLOTS);
VIEW_SPEC(dict_values, values_methods, .iter = values_iter);
VIEW_SPEC(dict_items, items_methods, .iter = items_iter, .contains = items_contains, SET_SLOTS);
/* OrderedDict's views differ in name only. */
VIEW_SPEC(odict_keys, keys_methods, .iter = keys_iter, .contains = keys_contains, SET_SLOTS);
VIEW_SPEC(odict_values, values_methods, .iter = values_iter);
VIEW_SPEC(odict_items, items_methods, .iter = items_iter, .contains = items_contains, SET_SLOTS);

/* -- Snapshots ------------------------------------------------------------------------------------------------ */

Value cont_snapshot(RpThread *th, Value v) {
  if (!is_object(v)) return v;
  switch (obj_shape_id(as_object(v))) {
  case SHAPE_dict: return V(dict_copy(th, as_dict(v)));
  case SHAPE_set: return V(set_snapshot(th, as_set(v)));
  case SHAPE_dict_keys: case SHAPE_dict_values: case SHAPE_dict_items: {
    Dict *d = dict_copy(th, view_dict(v));
    DictView *view = d ? heap_new(th, DictView, obj_shape_id(as_object(v)), K_DICT_VIEW) : NULL;
    if (view) view->dict = d;
    return V(view);
  }
  default: return v;
  }
}
