/* mod__functools.c: the module _functools: partial, reduce, cmp_to_key, the cache behind lru_cache. */
#include "runtime/cont.h"
#include "runtime/func.h"

/* -- partial ------------------------------------------------------------------- */

typedef struct Partial { Object hdr; Value overflow; Value fn; Tuple *args; Dict *kw; } Partial;
ALWAYS_INLINE Partial *as_partial(Value v) { return (Partial *)as_object(v); }

static void partial_trace(Tracer *tr, Object *o) {
  Partial *p = (Partial *)o;
  trace_value(tr, load_consume(&p->overflow));
  trace_value(tr, p->fn);
  trace_ref(tr, p->args);
  trace_ref(tr, p->kw);
}

static Tuple *join_args(RpThread *th, Tuple *a, const Value *b, size_t n) {
  if (!a->length) return tuple_new(th, b, n);
  if (!n && has_shape(V(a), SHAPE_tuple)) return a;
  Tuple *t = tuple_alloc(th, a->length + n);
  if (!t) return NULL;
  values_copy(t->items, a->items, a->length);
  values_copy(t->items + a->length, b, n);
  return t;
}

static Dict *join_keywords(RpThread *th, Dict *base, const Value *values, Tuple *kwnames) {
  Dict *d = base ? dict_copy(th, base) : dict_new(th);
  for (int i = 0; d && i < n_keywords(kwnames); i++)
    if (dict_set(th, d, kwnames->items[i], values[i]) < 0) return NULL;
  return d;
}

static Value partial_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos < 1) return raise_type(th, "type 'partial' takes at least one argument");
  Value fn = args[0];
  if (!op_callable(fn)) return raise_type(th, "the first argument must be callable");
  Tuple *pargs = tuple_empty_;
  Dict *pkw = NULL;
  if (has_shape(fn, SHAPE_partial) && as_partial(fn)->overflow == EMPTY) { /* partial of partial: one object */
    pargs = as_partial(fn)->args;
    pkw = as_partial(fn)->kw;
    fn = as_partial(fn)->fn;
  }
  Tuple *all = join_args(th, pargs, args + 1, (size_t)n_pos - 1);
  Dict *kw = all ? join_keywords(th, pkw, args + n_pos, kwnames) : NULL;
  Partial *p = kw ? (Partial *)cont_alloc(th, type, &type_partial, SHAPE_partial, K_NATIVE_OBJECT, sizeof(Partial)) : NULL;
  if (!p) return EMPTY;
  p->fn = fn;
  p->args = all;
  p->kw = kw;
  return V(p);
}

#define FEW_ARGS 16
static Value partial_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  Partial *p = as_partial(callee);
  size_t n = p->args->length, m = (size_t)n_pos + (size_t)n_keywords(kwnames);
  if (dict_len(p->kw) == 0) {
    if (n == 0) return op_call(th, p->fn, args, n_pos, kwnames);
    if (n + m <= FEW_ARGS) {
      Value all[FEW_ARGS];
      memcpy(all, p->args->items, n * sizeof(Value));
      memcpy(all + n, args, m * sizeof(Value));
      return op_call(th, p->fn, all, (int)n + n_pos, kwnames);
    }
  }
  Tuple *all = join_args(th, p->args, args, (size_t)n_pos);
  Dict *kw = all ? join_keywords(th, p->kw, args + n_pos, kwnames) : NULL;
  return kw ? op_call_ex(th, p->fn, all, kw) : EMPTY;
}

static Value partial_repr(RpThread *th, Value self) {
  Partial *p = as_partial(self);
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_from_c(th, "..."));
  StrBuilder sb;
  sb_init(&sb, th);
  if (type_of(self) == &type_partial) sb_ascii(&sb, "functools.");
  sb_str(&sb, type_of(self)->name);
  sb_char(&sb, '(');
  bool ok = sb_repr(&sb, th, p->fn);
  for (uint64_t i = 0; ok && i < p->args->length; i++) {
    sb_ascii(&sb, ", ");
    ok = sb_repr(&sb, th, p->args->items[i]);
  }
  uint32_t pos = 0;
  Value k, v;
  while (ok && dict_next(p->kw, &pos, &k, &v)) {
    sb_ascii(&sb, ", ");
    Str *key = op_str(th, k);
    if (!key) {
      ok = false;
      break;
    }
    sb_str(&sb, key);
    sb_char(&sb, '=');
    ok = sb_repr(&sb, th, v);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_char(&sb, ')');
  return V(sb_finish(&sb));
}

static Value partial_reduce(RpThread *th, const Value *a) {
  Partial *p = as_partial(a[0]);
  Value attrs = p->overflow == EMPTY ? NONE : op_getattr_opt(th, a[0], S(__dict__));
  if (attrs == EMPTY && th->pending != EMPTY) return EMPTY;
  Tuple *args = tuple_of(th, 1, p->fn), *state = args ? tuple_of(th, 4, p->fn, V(p->args), V(p->kw), attrs == EMPTY ? NONE : attrs) : NULL;
  return state ? V(tuple_of(th, 3, V(type_of(a[0])), V(args), V(state))) : EMPTY;
}

static Value partial_setstate(RpThread *th, const Value *a) {
  Partial *p = as_partial(a[0]);
  Tuple *t = tuple_check(a[1]) ? as_tuple(a[1]) : NULL;
  bool ok = t && t->length == 4 && op_callable(t->items[0]) && tuple_check(t->items[1]) && (t->items[2] == NONE || dict_check(t->items[2]));
  if (!ok) return raise_type(th, "invalid partial state");
  Tuple *args = tuple_new(th, as_tuple(t->items[1])->items, as_tuple(t->items[1])->length);
  Dict *kw = t->items[2] == NONE ? dict_new(th) : dict_copy(th, as_dict(t->items[2]));
  if (!args || !kw) return EMPTY;
  obj_store(th, p, &p->fn, t->items[0]);
  obj_store_ref(th, p, &p->args, args);
  obj_store_ref(th, p, &p->kw, kw);
  return t->items[3] == NONE || op_setattr(th, a[0], S(__dict__), t->items[3]) == 0 ? NONE : EMPTY;
}

static Value get_func(RpThread *th, Value self) { return as_partial(self)->fn; }
static Value get_args(RpThread *th, Value self) { return V(as_partial(self)->args); }
static Value get_keywords(RpThread *th, Value self) { return V(as_partial(self)->kw); }

static const NativeDef partial_methods[] = {
    {"__reduce__", partial_reduce, "(self, /)"}, {"__setstate__", partial_setstate, "(self, state, /)"}, CLASS_GETITEM, {0}};
static const GetSetDef partial_getsets[] = {
    {"func", get_func, NULL, "function object to use in future partial calls"},
    {"args", get_args, NULL, "tuple of arguments to future partial calls"},
    {"keywords", get_keywords, NULL, "dictionary of keyword arguments to future partial calls"},
    {0},
};
const TypeSpec spec_partial = {
    .doc = "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n",
    .size = sizeof(Partial),
    .slots = {.trace = partial_trace, .repr = partial_repr, .call = partial_call, .new_ = partial_new},
    .methods = partial_methods,
    .getsets = partial_getsets,
};

/* -- cmp_to_key ------------------------------------------------------------------------ */

typedef struct Key { Object hdr; Value cmp, object; /* EMPTY: the class-like callable itself */ } Key;
ALWAYS_INLINE Key *as_key(Value v) { return (Key *)as_object(v); }

static void key_trace(Tracer *tr, Object *o) { trace_values(tr, &((Key *)o)->cmp, 2); }

static Value key_make(RpThread *th, Value cmp, Value object) {
  Key *k = heap_new(th, Key, SHAPE_KeyWrapper, K_NATIVE_OBJECT);
  if (!k) return EMPTY;
  k->cmp = cmp;
  k->object = object;
  return V(k);
}

static Value key_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"K", NULL, "(obj)"};
  Value a[1];
  if (n_pos == 1 && !kwnames) a[0] = args[0];
  else if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  return key_make(th, as_key(callee)->cmp, a[0]);
}

static Value key_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_shape(a, SHAPE_KeyWrapper) || !has_shape(b, SHAPE_KeyWrapper)) return raise_type(th, "other argument must be K instance");
  Value x = as_key(a)->object, y = as_key(b)->object;
  if (x == EMPTY || y == EMPTY) return raise_attribute(th, "object");
  Value r = op_call2(th, as_key(a)->cmp, x, y);
  return r == EMPTY ? EMPTY : op_compare(th, r, value_int(0), op);
}

static Value key_get(RpThread *th, Value self) { return as_key(self)->object == EMPTY ? NONE : as_key(self)->object; }
static int key_set(RpThread *th, Value self, Value v) { return obj_store(th, as_key(self), &as_key(self)->object, v), 0; }
static const GetSetDef key_getsets[] = {{"obj", key_get, key_set, "Value wrapped by a key function."}, {0}};
const TypeSpec spec_KeyWrapper = {
    .size = sizeof(Key), .slots = {.trace = key_trace, .call = key_call, .compare = key_compare}, .getsets = key_getsets};

static Value fn_cmp_to_key(RpThread *th, const Value *a) { return key_make(th, a[0], EMPTY); }

/* -- reduce -------------------------------------------------------------------------------- */

static Value fn_reduce(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[1]), total = a[2], v;
  if (it == EMPTY) {
    if (error_is(th, &type_TypeError)) {
      error_clear(th);
      raise_type(th, "reduce() arg 2 must support iteration");
    }
    return EMPTY;
  }
  while ((v = iter_step(th, it)) != EMPTY) {
    total = total == EMPTY ? v : op_call2(th, a[0], total, v);
    if (total == EMPTY) return EMPTY;
  }
  if (th->pending != EMPTY) return EMPTY;
  return total != EMPTY ? total : raise_type(th, "reduce() of empty iterable with no initial value");
}

/* -- lru_cache: the dict's order is the order of use ---------------------------------------------- */

typedef struct Lru {
  Object hdr;
  Value overflow;
  Value fn, info_type;
  Dict *cache;
  int64_t maxsize;          /* -1: unbounded; 0: only counts */
  int64_t hits, misses;     /* under the object's lock */
  bool typed;
} Lru;
ALWAYS_INLINE Lru *as_lru(Value v) { return (Lru *)as_object(v); }

static void lru_trace(Tracer *tr, Object *o) {
  Lru *l = (Lru *)o;
  trace_value(tr, load_consume(&l->overflow));
  trace_value(tr, l->fn);
  trace_value(tr, l->info_type);
  trace_ref(tr, l->cache);
}

static Value lru_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"_lru_cache_wrapper", NULL, "(user_function, maxsize, typed, cache_info_type)"};
  Value a[4];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  if (!op_callable(a[0])) return raise_type(th, "the first argument must be callable");
  int64_t max = -1;
  if (a[1] != NONE) {
    if (!int_check(a[1]) && !type_of(a[1])->slots.index) return raise_type(th, "maxsize should be integer or None");
    if (!op_as_i64(th, a[1], &max)) return EMPTY;
    if (max < 0) max = 0;
  }
  int typed = op_truth(th, a[2]);
  Dict *cache = typed < 0 ? NULL : dict_new(th);
  Lru *l = cache ? (Lru *)cont_alloc(th, type, &type__lru_cache_wrapper, SHAPE__lru_cache_wrapper, K_NATIVE_OBJECT, sizeof(Lru)) : NULL;
  if (!l) return EMPTY;
  l->fn = a[0];
  l->info_type = a[3];
  l->cache = cache;
  l->maxsize = max;
  l->typed = typed;
  return V(l);
}

/* One exact int or str stands for itself; anything else becomes (args..., mark, name, value, ..., types...). */
static Value lru_key(RpThread *th, Lru *l, const Value *args, int n_pos, Tuple *kwnames) {
  int n_kw = n_keywords(kwnames);
  if (!l->typed && !n_kw && n_pos == 1 && (is_int(args[0]) || has_shape(args[0], SHAPE_str))) return args[0];
  size_t n = (size_t)n_pos + (n_kw ? 1 + 2 * (size_t)n_kw : 0) + (l->typed ? (size_t)(n_pos + n_kw) : 0), at = 0;
  Tuple *t = tuple_alloc(th, n);
  if (!t) return EMPTY;
  for (int i = 0; i < n_pos; i++) t->items[at++] = args[i];
  if (n_kw) t->items[at++] = V(&type__lru_cache_wrapper); /* nobody's argument by accident */
  for (int i = 0; i < n_kw; i++) {
    t->items[at++] = kwnames->items[i];
    t->items[at++] = args[n_pos + i];
  }
  for (int i = 0; l->typed && i < n_pos + n_kw; i++) t->items[at++] = V(type_of(args[i]));
  return V(t);
}

static void lru_count(RpThread *th, Lru *l, bool hit) {
  obj_lock(th, l);
  if (hit) l->hits++;
  else l->misses++;
  obj_unlock(th, l);
}

static Value lru_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Lru *l = as_lru(self);
  if (!thread_check_stack(th, "")) return EMPTY;
  if (l->maxsize == 0) {
    lru_count(th, l, false);
    return op_call(th, l->fn, args, n_pos, kwnames);
  }
  Value key = lru_key(th, l, args, n_pos, kwnames);
  int64_t hash = key == EMPTY ? -1 : op_hash(th, key);
  if (hash == -1) return EMPTY;
  Value v = dict_get_hash(th, l->cache, key, hash);
  if (v == EMPTY && th->pending != EMPTY) return EMPTY;
  lru_count(th, l, v != EMPTY);
  if (v != EMPTY) {
    if (l->maxsize > 0 && dict_move_to_end(th, l->cache, key) < 0) return EMPTY;
    return v;
  }
  v = op_call(th, l->fn, args, n_pos, kwnames);
  if (v == EMPTY) return EMPTY;
  Value kept = dict_setdefault(th, l->cache, key, v); /* a recursive call or another thread may have been faster */
  if (kept == EMPTY) return EMPTY;
  Value k, old;
  while (l->maxsize > 0 && dict_len(l->cache) > (uint64_t)l->maxsize && dict_pop_end(th, l->cache, false, &k, &old)) {}
  return l->maxsize > 0 ? v : kept;
}

static Value lru_bind(RpThread *th, Value self, Value obj, Value type) { return obj == EMPTY || obj == NONE ? self : method_new(th, self, obj); }

static Value m_info(RpThread *th, const Value *a) {
  Lru *l = as_lru(a[0]);
  Value args[4] = {value_int(l->hits), value_int(l->misses), l->maxsize < 0 ? NONE : value_int(l->maxsize), value_int((int64_t)dict_len(l->cache))};
  return op_call(th, l->info_type, args, 4, NULL);
}

static Value m_clear(RpThread *th, const Value *a) {
  Lru *l = as_lru(a[0]);
  obj_lock(th, l);
  l->hits = l->misses = 0;
  obj_unlock(th, l);
  dict_clear(th, l->cache);
  return NONE;
}

static Value m_self(RpThread *th, const Value *a) { return a[0]; }
static Value m_reduce(RpThread *th, const Value *a) { return op_getattr(th, a[0], S(__qualname__)); }

static const NativeDef lru_methods[] = {
    {"cache_info", m_info, "(self, /)", 0, "Report cache statistics"},
    {"cache_clear", m_clear, "(self, /)", 0, "Clear the cache and cache statistics"},
    {"__reduce__", m_reduce, "(self, /)"},
    {"__copy__", m_self, "(self, /)"},
    {"__deepcopy__", m_self, "(self, memo, /)"},
    {0},
};
const TypeSpec spec__lru_cache_wrapper = {
    .doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no "
           "caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and "
           "f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the "
           "fields:\n                        hits misses currsize maxsize\n",
    .size = sizeof(Lru),
    .slots = {.trace = lru_trace, .call = lru_call, .new_ = lru_new, .descr_get = lru_bind},
    .methods = lru_methods,
};

/* -- The module --------------------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"reduce", fn_reduce, "(function, iterable, initial=<unrepresentable>, /)", 0,
     "reduce(function, iterable[, initial]) -> value\n\nApply a function of two arguments cumulatively to the items of a sequence\nor iterable, from "
     "left to right, so as to reduce the iterable to a single\nvalue.  For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5]) "
     "calculates\n((((1+2)+3)+4)+5).  If initial is present, it is placed before the items\nof the iterable in the calculation, and serves as a "
     "default when the\niterable is empty."},
    {"cmp_to_key", fn_cmp_to_key, "(mycmp)", 0, "Convert a cmp= function into a key= function."},
    {0},
};

static int init(RpThread *th, Dict *dict) {
  return dict_set_c(th, dict, "partial", V(&type_partial)) < 0 ||
                 dict_set_c(th, dict, "_lru_cache_wrapper", V(&type__lru_cache_wrapper)) < 0
             ? -1
             : 0;
}

const ModuleSpec mod__functools = {.doc = "Tools that operate on functions.", .functions = functions, .init = init};
