/* mod_itertools.c: the module itertools. Simple iterators are Iter structs like the builtin ones (iter.h); those with more state have their own
** struct. Iterators shared by threads may hand an item out twice or skip one; count is exact. */
#include "runtime/cont.h"

ALWAYS_INLINE Iter *as_iter(Value v) { return (Iter *)as_object(v); }

#define ALLOC_ITER(th, type, name) ((Iter *)cont_alloc(th, type, &type_itertools_##name, SHAPE_itertools_##name, K_ITER, sizeof(Iter)))
#define REDUCE(fn) {"__reduce__", fn, "(self, /)", 0, "Return state information for pickling."}
#define SETSTATE(fn) {"__setstate__", fn, "(self, object, /)", 0, "Set state information for unpickling."}
#define SPEC(name, prefix, doc_text)                                                                                                       \
  const TypeSpec spec_itertools_##name = {                                                                                                 \
      .doc = doc_text,                                                                                                                     \
      .size = sizeof(Iter),                                                                                                                \
      .slots = {.trace = iter_trace, .iter = iter_self, .next = prefix##_next, .new_ = prefix##_new},                                      \
      .methods = prefix##_methods,                                                                                                         \
  }

/* (type, args) for __reduce__. */
static Value reduce2(RpThread *th, Value self, Tuple *args) { return args ? V(tuple_of(th, 2, V(type_of(self)), V(args))) : EMPTY; }
static Value reduce3(RpThread *th, Value self, Tuple *args, Value state) {
  return args && state != EMPTY ? V(tuple_of(th, 3, V(type_of(self)), V(args), state)) : EMPTY;
}

/* seq = iter(iterable), extra = func: filterfalse, takewhile, dropwhile, starmap. */
static Value new_with_func(RpThread *th, Type *type, Type *exact, uint32_t shape, const char *fname, const Value *args, int n_pos,
                           Tuple *kwnames) {
  if (type == exact && !cont_no_keywords(th, fname, n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, fname, n_pos, 2, 2)) return EMPTY;
  Value it = op_iter(th, args[1]);
  Iter *r = it == EMPTY ? NULL : (Iter *)cont_alloc(th, type, exact, shape, K_ITER, sizeof(Iter));
  if (!r) return EMPTY;
  r->seq = it;
  r->extra = args[0];
  return V(r);
}
#define NEW_WITH_FUNC(prefix, name)                                                                                                        \
  static Value prefix##_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {                                      \
    return new_with_func(th, type, &type_itertools_##name, SHAPE_itertools_##name, #name, args, n_pos, kwnames);                           \
  }
static Value func_reduce(RpThread *th, const Value *a) { return reduce2(th, a[0], tuple_of(th, 2, as_iter(a[0])->extra, as_iter(a[0])->seq)); }

/* -- count: index and step; once a step leaves small ints, extra is the next value and extra2 the step ------------ */

static Value count_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"count", NULL, "(start=0, step=1)"};
  Value a[2];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  for (int i = 0; i < 2; i++) {
    if (a[i] == EMPTY) a[i] = value_int(i);
    const TypeSlots *s = &type_of(a[i])->slots;
    if (!int_check(a[i]) && !float_check(a[i]) && !complex_check(a[i]) && !s->index && !s->int_ && !s->float_)
      return raise_type(th, "a number is required");
  }
  Iter *it = ALLOC_ITER(th, type, count);
  if (!it) return EMPTY;
  it->extra2 = a[1];
  if (is_int(a[0]) && is_int(a[1])) {
    it->index = as_int(a[0]);
    it->step = as_int(a[1]);
  } else it->extra = a[0];
  return V(it);
}

static Value count_big(RpThread *th, Iter *it, Value v) {
  Value next = op_binary(th, OP_ADD, v, it->extra2);
  if (next == EMPTY) return EMPTY;
  obj_store(th, it, &it->extra, next);
  return v;
}

static Value count_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value big = load_relaxed(&it->extra);
  if (big != EMPTY) return count_big(th, it, big);
  obj_lock(th, it);
  int64_t i = it->index;
  bool fits = int_fits(i);
  if (fits) it->index = i + it->step;
  obj_unlock(th, it);
  if (fits) return value_int(i);
  Value v = int_from_i64(th, i);
  return v == EMPTY ? EMPTY : count_big(th, it, v);
}

static Value count_value(RpThread *th, Iter *it) { return it->extra != EMPTY ? it->extra : int_from_i64(th, it->index); }

static Value count_repr(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value v = count_value(th, it);
  if (v == EMPTY) return EMPTY;
  if (it->extra2 == value_int(1)) return V(str_fmt(th, "%S(%V)", type_of(self)->name, v));
  return V(str_fmt(th, "%S(%V, %V)", type_of(self)->name, v, it->extra2));
}

static Value count_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Value v = count_value(th, it);
  if (v == EMPTY) return EMPTY;
  return reduce2(th, a[0], it->extra2 == value_int(1) ? tuple_of(th, 1, v) : tuple_of(th, 2, v, it->extra2));
}

static const NativeDef count_methods[] = {REDUCE(count_reduce), {0}};
const TypeSpec spec_itertools_count = {
    .doc = "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n  "
           "      x = firstval\n        while 1:\n            yield x\n            x += step",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .repr = count_repr, .iter = iter_self, .next = count_next, .new_ = count_new},
    .methods = count_methods,
};

/* -- cycle: extra the saved items, index the next of them once seq is exhausted -------------------------------------- */

static Value cycle_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_itertools_cycle && !cont_no_keywords(th, "cycle", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "cycle", n_pos, 1, 1)) return EMPTY;
  Value seq = op_iter(th, args[0]);
  List *saved = seq == EMPTY ? NULL : list_new(th, 0);
  Iter *it = saved ? ALLOC_ITER(th, type, cycle) : NULL;
  if (!it) return EMPTY;
  it->seq = seq;
  it->extra = V(saved);
  return V(it);
}

static Value cycle_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  List *saved = as_list(it->extra);
  if (seq != EMPTY) {
    Value v = iter_step(th, seq);
    if (v != EMPTY) return it->limit || list_append(th, saved, v) == 0 ? v : EMPTY;
    if (th->pending != EMPTY) return EMPTY;
    store_relaxed(&it->seq, EMPTY);
  }
  int64_t i = load_relaxed(&it->index);
  Value v = list_get_fast(saved, i);
  if (v == EMPTY && (i = 0, v = list_get_fast(saved, 0)) == EMPTY) return EMPTY;
  store_relaxed(&it->index, i + 1 >= (int64_t)list_len(saved) ? 0 : i + 1);
  return v;
}

static Value cycle_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Value seq = it->seq;
  if (seq == EMPTY) {
    seq = op_iter(th, it->extra);
    if (seq == EMPTY) return EMPTY;
    as_iter(seq)->index = it->index;
    return reduce3(th, a[0], tuple_of(th, 1, seq), V(tuple_of(th, 2, it->extra, TRUE_V)));
  }
  return reduce3(th, a[0], tuple_of(th, 1, seq), V(tuple_of(th, 2, it->extra, value_bool(it->limit))));
}

static Value cycle_setstate(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (!tuple_check(a[1])) return raise_type(th, "state is not a tuple");
  Tuple *t = as_tuple(a[1]);
  int64_t first;
  if (t->length != 2 || !list_check(t->items[0])) return raise_type(th, "function takes exactly 2 arguments (%d given)", (int)t->length);
  if (!op_as_i64(th, t->items[1], &first)) return EMPTY;
  obj_store(th, it, &it->extra, t->items[0]);
  it->limit = first != 0;
  return NONE;
}

static const NativeDef cycle_methods[] = {REDUCE(cycle_reduce), SETSTATE(cycle_setstate), {0}};
SPEC(cycle, cycle,
     "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.");

/* -- repeat: seq the object, limit how many are left, -1 for ever --------------------------------------------------------- */

static Value repeat_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"repeat", NULL, "(object, times=None)"};
  Value a[2];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  int64_t n = -1;
  if (a[1] != EMPTY) {
    if (!op_as_i64(th, a[1], &n)) return EMPTY;
    if (n < 0) n = 0;
  }
  Iter *it = ALLOC_ITER(th, type, repeat);
  if (!it) return EMPTY;
  it->seq = a[0];
  it->limit = n;
  return V(it);
}

static Value repeat_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  int64_t n = load_relaxed(&it->limit);
  if (n == 0) return EMPTY;
  if (n > 0) store_relaxed(&it->limit, n - 1);
  return it->seq;
}

static Value repeat_repr(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  if (it->limit < 0) return V(str_fmt(th, "%S(%V)", type_of(self)->name, it->seq));
  return V(str_fmt(th, "%S(%V, %lld)", type_of(self)->name, it->seq, (long long)it->limit));
}

static Value repeat_hint(RpThread *th, const Value *a) {
  int64_t n = as_iter(a[0])->limit;
  return n < 0 ? raise_type(th, "len() of unsized object") : value_int(n);
}

static Value repeat_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  return reduce2(th, a[0], it->limit < 0 ? tuple_of(th, 1, it->seq) : tuple_of(th, 2, it->seq, value_int(it->limit)));
}

static const NativeDef repeat_methods[] = {
    {"__length_hint__", repeat_hint, "(self, /)", 0, "Private method returning an estimate of len(list(it))."}, REDUCE(repeat_reduce), {0}};
const TypeSpec spec_itertools_repeat = {
    .doc = "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns "
           "the object\nendlessly.",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .repr = repeat_repr, .iter = iter_self, .next = repeat_next, .new_ = repeat_new},
    .methods = repeat_methods,
};

/* -- chain: seq the iterator of iterables, extra the running one ------------------------------------------------------------- */

static Value chain_of(RpThread *th, Type *type, Value source) {
  Iter *it = source == EMPTY ? NULL : ALLOC_ITER(th, type, chain);
  if (!it) return EMPTY;
  it->seq = source;
  return V(it);
}

static Value chain_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_itertools_chain && !cont_no_keywords(th, "chain", n_keywords(kwnames))) return EMPTY;
  Tuple *t = tuple_new(th, args, n_pos);
  return t ? chain_of(th, type, op_iter(th, V(t))) : EMPTY;
}

static Value chain_from_iterable(RpThread *th, const Value *a) { return chain_of(th, (Type *)as_object(a[0]), op_iter(th, a[1])); }

static Value chain_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  if (!thread_check_stack(th, "")) return EMPTY;
  for (;;) {
    Value source = load_relaxed(&it->seq), active = load_relaxed(&it->extra);
    if (source == EMPTY) return EMPTY;
    if (active == EMPTY) {
      Value next = iter_step(th, source);
      if (next == EMPTY || (active = op_iter(th, next)) == EMPTY) {
        store_relaxed(&it->seq, EMPTY);
        return EMPTY;
      }
      obj_store(th, it, &it->extra, active);
    }
    Value v = iter_step(th, active);
    if (v != EMPTY || th->pending != EMPTY) return v;
    store_relaxed(&it->extra, EMPTY);
    if (!thread_poll(th)) return EMPTY;
  }
}

static Value chain_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return V(tuple_of(th, 2, V(type_of(a[0])), V(tuple_empty_)));
  Tuple *state = it->extra != EMPTY ? tuple_of(th, 2, it->seq, it->extra) : tuple_of(th, 1, it->seq);
  return reduce3(th, a[0], tuple_empty_, V(state));
}

static Value chain_setstate(RpThread *th, const Value *a) {
  if (!tuple_check(a[1])) return raise_type(th, "state is not a tuple");
  Tuple *t = as_tuple(a[1]);
  if (t->length < 1 || t->length > 2) return raise_type(th, "function takes at least 1 argument (%d given)", (int)t->length);
  for (uint64_t i = 0; i < t->length; i++)
    if (!type_of(t->items[i])->slots.next) return raise_type(th, "Arguments must be iterators.");
  obj_store(th, as_iter(a[0]), &as_iter(a[0])->seq, t->items[0]);
  obj_store(th, as_iter(a[0]), &as_iter(a[0])->extra, t->length > 1 ? t->items[1] : EMPTY);
  return NONE;
}

static const NativeDef chain_methods[] = {
    {"from_iterable", chain_from_iterable, "(cls, iterable, /)", NATIVE_CLASSMETHOD,
     "Alternative chain() constructor taking a single iterable argument that evaluates lazily."},
    REDUCE(chain_reduce),
    SETSTATE(chain_setstate),
    CLASS_GETITEM,
    {0},
};
SPEC(chain, chain,
     "chain(*iterables) --> chain object\n\nReturn a chain object whose .__next__() method returns elements from the\nfirst iterable until it is "
     "exhausted, then elements from the next\niterable, until all of the iterables are exhausted.");

/* -- compress: seq the data, extra the selectors ---------------------------------------------------------------------------------- */

static Value compress_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"compress", NULL, "(data, selectors)"};
  Value a[2];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  Value data = op_iter(th, a[0]), sel = data == EMPTY ? EMPTY : op_iter(th, a[1]);
  Iter *it = sel == EMPTY ? NULL : ALLOC_ITER(th, type, compress);
  if (!it) return EMPTY;
  it->seq = data;
  it->extra = sel;
  return V(it);
}

static Value compress_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  for (;;) {
    Value v = iter_step(th, it->seq);
    if (v == EMPTY) return EMPTY;
    Value s = iter_step(th, it->extra);
    int truth = s == EMPTY ? -1 : op_truth(th, s);
    if (truth) return truth < 0 ? EMPTY : v;
    if (!thread_poll(th)) return EMPTY;
  }
}

static Value compress_reduce(RpThread *th, const Value *a) { return reduce2(th, a[0], tuple_of(th, 2, as_iter(a[0])->seq, as_iter(a[0])->extra)); }
static const NativeDef compress_methods[] = {REDUCE(compress_reduce), {0}};
SPEC(compress, compress,
     "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors "
     "to\nchoose the data elements.");

/* -- filterfalse, takewhile, dropwhile, starmap: extra the function; limit: the state --------------------------------------------------- */

NEW_WITH_FUNC(ff, filterfalse)
static Value ff_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  bool plain = it->extra == NONE || it->extra == V(&type_bool);
  for (;;) {
    Value v = iter_step(th, it->seq);
    if (v == EMPTY) return EMPTY;
    Value good = plain ? v : op_call1(th, it->extra, v);
    int truth = good == EMPTY ? -1 : op_truth(th, good);
    if (truth <= 0) return truth < 0 ? EMPTY : v;
    if (!thread_poll(th)) return EMPTY;
  }
}
static const NativeDef ff_methods[] = {REDUCE(func_reduce), {0}};
SPEC(filterfalse, ff,
     "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.");

/* State as (type, args, done). */
static Value state_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  return reduce3(th, a[0], tuple_of(th, 2, it->extra, it->seq), value_bool(it->limit));
}
static Value state_setstate(RpThread *th, const Value *a) {
  int truth = op_truth(th, a[1]);
  if (truth < 0) return EMPTY;
  as_iter(a[0])->limit = truth;
  return NONE;
}

NEW_WITH_FUNC(tw, takewhile)
static Value tw_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  if (load_relaxed(&it->limit)) return EMPTY;
  Value v = iter_step(th, it->seq);
  if (v == EMPTY) return EMPTY;
  Value good = op_call1(th, it->extra, v);
  int truth = good == EMPTY ? -1 : op_truth(th, good);
  if (truth > 0) return v;
  if (truth == 0) store_relaxed(&it->limit, 1);
  return EMPTY;
}
static const NativeDef tw_methods[] = {REDUCE(state_reduce), SETSTATE(state_setstate), {0}};
SPEC(takewhile, tw, "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.");

NEW_WITH_FUNC(dw, dropwhile)
static Value dw_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  for (;;) {
    Value v = iter_step(th, it->seq);
    if (v == EMPTY || load_relaxed(&it->limit)) return v;
    Value good = op_call1(th, it->extra, v);
    int truth = good == EMPTY ? -1 : op_truth(th, good);
    if (truth < 0) return EMPTY;
    if (truth == 0) return store_relaxed(&it->limit, 1), v;
    if (!thread_poll(th)) return EMPTY;
  }
}
static const NativeDef dw_methods[] = {REDUCE(state_reduce), SETSTATE(state_setstate), {0}};
SPEC(dropwhile, dw,
     "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.");

NEW_WITH_FUNC(sm, starmap)
static Value sm_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value v = iter_step(th, it->seq);
  if (v == EMPTY) return EMPTY;
  Tuple *args = op_to_tuple(th, v);
  return args ? op_call(th, it->extra, args->items, (int)args->length, NULL) : EMPTY;
}
static const NativeDef sm_methods[] = {REDUCE(func_reduce), {0}};
SPEC(starmap, sm, "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.");

/* -- pairwise: extra the previous item ------------------------------------------------------------------------------------------------------- */

static Value pairwise_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_itertools_pairwise && !cont_no_keywords(th, "pairwise", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "pairwise", n_pos, 1, 1)) return EMPTY;
  Value seq = op_iter(th, args[0]);
  Iter *it = seq == EMPTY ? NULL : ALLOC_ITER(th, type, pairwise);
  if (it) it->seq = seq;
  return V(it);
}

static Value pairwise_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq), old = load_relaxed(&it->extra);
  if (seq == EMPTY) return EMPTY;
  if (old == EMPTY) {
    old = iter_step(th, seq);
    if (old == EMPTY) return store_relaxed(&it->seq, EMPTY), EMPTY;
    obj_store(th, it, &it->extra, old);
    seq = load_relaxed(&it->seq);
    if (seq == EMPTY) return EMPTY;
  }
  Value v = iter_step(th, seq);
  if (v == EMPTY) {
    store_relaxed(&it->seq, EMPTY);
    store_relaxed(&it->extra, EMPTY);
    return EMPTY;
  }
  obj_store(th, it, &it->extra, v);
  return V(tuple_of(th, 2, old, v));
}
static const NativeDef pairwise_methods[] = {{0}};
SPEC(pairwise, pairwise,
     "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...");

/* -- accumulate: extra the function (NONE: +), extra2 the total; limit 1 while `initial` has not been handed out ---------------------------------- */

static Value accumulate_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"accumulate", NULL, "(iterable, func=None, *, initial=None)"};
  Value a[3];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  Value seq = op_iter(th, a[0]);
  Iter *it = seq == EMPTY ? NULL : ALLOC_ITER(th, type, accumulate);
  if (!it) return EMPTY;
  it->seq = seq;
  it->extra = a[1] == EMPTY ? NONE : a[1];
  if (a[2] != EMPTY && a[2] != NONE) {
    it->extra2 = a[2];
    it->limit = 1;
  }
  return V(it);
}

static Value accumulate_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  if (it->limit) return it->limit = 0, it->extra2;
  Value v = iter_step(th, it->seq), total = load_relaxed(&it->extra2);
  if (v == EMPTY) return EMPTY;
  if (total != EMPTY) {
    v = it->extra == NONE ? op_binary(th, OP_ADD, total, v) : op_call2(th, it->extra, total, v);
    if (v == EMPTY) return EMPTY;
  }
  obj_store(th, it, &it->extra2, v);
  return v;
}

static Value accumulate_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  return reduce3(th, a[0], tuple_of(th, 2, it->seq, it->extra), it->extra2 == EMPTY ? NONE : it->extra2);
}
static Value accumulate_setstate(RpThread *th, const Value *a) { return obj_store(th, as_iter(a[0]), &as_iter(a[0])->extra2, a[1]), NONE; }
static const NativeDef accumulate_methods[] = {REDUCE(accumulate_reduce), SETSTATE(accumulate_setstate), {0}};
SPEC(accumulate, accumulate, "Return series of accumulated sums (or other binary function results).");

/* -- islice: index the next position wanted, limit the stop (-1 none), extra the position reached ---------------------------------------------------- */

static bool islice_number(RpThread *th, Value v, int64_t dflt, int64_t *out) {
  *out = dflt;
  if (v == NONE) return true;
  if (!int_check(v) && !type_of(v)->slots.index) return *out = -2, true;
  Value i = op_index(th, v);
  if (i == EMPTY) return false;
  if (!int_as_i64(i, out) || *out < 0) *out = -2;
  return true;
}

static Value islice_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_itertools_islice && !cont_no_keywords(th, "islice", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "islice", n_pos, 2, 4)) return EMPTY;
  int64_t start = 0, stop, step = 1;
  if (!islice_number(th, args[n_pos == 2 ? 1 : 2], -1, &stop)) return EMPTY;
  if (stop == -2) {
    if (n_pos == 2) return raise_value(th, "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
    return raise_value(th, "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
  }
  if (n_pos > 2) {
    if (!islice_number(th, args[1], 0, &start)) return EMPTY;
    if (start == -2) return raise_value(th, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
  }
  if (n_pos > 3) {
    if (!islice_number(th, args[3], 1, &step)) return EMPTY;
    if (step < 1) return raise_value(th, "Step for islice() must be a positive integer or None.");
  }
  Value seq = op_iter(th, args[0]);
  Iter *it = seq == EMPTY ? NULL : ALLOC_ITER(th, type, islice);
  if (!it) return EMPTY;
  it->seq = seq;
  it->index = start;
  it->limit = stop;
  it->step = step;
  it->extra = value_int(0);
  return V(it);
}

static Value islice_end(Iter *it) { return store_relaxed(&it->seq, EMPTY), EMPTY; }

static Value islice_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  int64_t at = as_int(load_relaxed(&it->extra)), want = load_relaxed(&it->index), stop = it->limit;
  for (; at < want; at++) {
    if (iter_step(th, seq) == EMPTY) return islice_end(it);
    store_relaxed(&it->extra, value_int(at + 1));
    if (!thread_poll(th)) return EMPTY;
  }
  if (stop >= 0 && at >= stop) return islice_end(it);
  Value v = iter_step(th, seq);
  if (v == EMPTY) return islice_end(it);
  store_relaxed(&it->extra, value_int(at + 1));
  int64_t next;
  if (__builtin_add_overflow(want, it->step, &next)) next = stop >= 0 ? stop : INT64_MAX;
  if (stop >= 0 && next > stop) next = stop;
  store_relaxed(&it->index, next);
  return v;
}

static Value islice_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) {
    Value empty = op_iter(th, V(tuple_empty_));
    return empty == EMPTY ? EMPTY : reduce3(th, a[0], tuple_of(th, 2, empty, value_int(0)), value_int(0));
  }
  Value stop = it->limit < 0 ? NONE : value_int(it->limit);
  return reduce3(th, a[0], tuple_of(th, 4, it->seq, value_int(it->index), stop, value_int(it->step)), it->extra);
}
static Value islice_setstate(RpThread *th, const Value *a) {
  int64_t n;
  if (!op_as_i64(th, a[1], &n)) return EMPTY;
  as_iter(a[0])->extra = value_int(n);
  return NONE;
}
static const NativeDef islice_methods[] = {REDUCE(islice_reduce), SETSTATE(islice_setstate), {0}};
SPEC(islice, islice,
     "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method "
     "returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  "
     "Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a "
     "slice() on a list\nbut returns an iterator.");

/* -- zip_longest: seq a Tuple of iterators (EMPTY once exhausted), extra the fill value, limit how many run ------------------------------------------------ */

static Value zl_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Value fill = NONE;
  for (int k = 0; k < n_keywords(kwnames); k++) {
    if (!str_eq_c(as_str(kwnames->items[k]), "fillvalue")) return raise_type(th, "zip_longest() got an unexpected keyword argument");
    fill = args[n_pos + k];
  }
  Tuple *t = tuple_alloc(th, n_pos);
  for (int i = 0; t && i < n_pos; i++) {
    Value it = op_iter(th, args[i]);
    if (it == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[i], it);
  }
  Iter *it = t ? ALLOC_ITER(th, type, zip_longest) : NULL;
  if (!it) return EMPTY;
  it->seq = V(t);
  it->extra = fill;
  it->limit = n_pos;
  return V(it);
}

static Value zl_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Tuple *its = as_tuple(it->seq);
  if (its->length == 0 || load_relaxed(&it->limit) == 0) return EMPTY;
  Tuple *r = tuple_alloc(th, its->length);
  if (!r) return EMPTY;
  for (uint64_t i = 0; i < its->length; i++) {
    Value src = load_relaxed(&its->items[i]), v = it->extra;
    if (src != EMPTY && (v = iter_step(th, src)) == EMPTY) {
      int64_t left = load_relaxed(&it->limit) - 1;
      store_relaxed(&it->limit, th->pending != EMPTY ? 0 : left);
      if (left <= 0 || th->pending != EMPTY) return EMPTY;
      store_relaxed(&its->items[i], EMPTY);
      v = it->extra;
    }
    obj_store(th, r, &r->items[i], v);
  }
  return V(r);
}

static Value zl_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Tuple *its = as_tuple(it->seq), *args = tuple_alloc(th, its->length);
  if (!args) return EMPTY;
  for (uint64_t i = 0; i < its->length; i++) obj_store(th, args, &args->items[i], its->items[i] == EMPTY ? V(tuple_empty_) : its->items[i]);
  return reduce3(th, a[0], args, it->extra);
}
static Value zl_setstate(RpThread *th, const Value *a) { return obj_store(th, as_iter(a[0]), &as_iter(a[0])->extra, a[1]), NONE; }
static const NativeDef zl_methods[] = {REDUCE(zl_reduce), SETSTATE(zl_setstate), {0}};
SPEC(zip_longest, zl,
     "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\nReturn a zip_longest object whose .__next__() method returns a "
     "tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the "
     "argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in "
     "their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.");

/* -- product, permutations, combinations: positions in pools --------------------------------------------------------------------------------------------------- */

typedef struct Combo {
  Object hdr;
  Tuple *pool;              /* product: a tuple of tuples */
  Array *indices, *cycles;  /* small ints; cycles for permutations only */
  int64_t r;
  bool started, stopped;
} Combo;

ALWAYS_INLINE Combo *as_combo(Value v) { return (Combo *)as_object(v); }
ALWAYS_INLINE int64_t get(const Array *a, int64_t i) { return as_int(load_relaxed(&a->items[i])); }
ALWAYS_INLINE void set(Array *a, int64_t i, int64_t v) { store_relaxed(&a->items[i], value_int(v)); }

static void combo_trace(Tracer *tr, Object *o) {
  Combo *c = (Combo *)o;
  trace_ref(tr, c->pool);
  trace_ref(tr, c->indices);
  trace_ref(tr, c->cycles);
}

static Array *int_array(RpThread *th, int64_t n) {
  if (n > UINT32_MAX) return raise_memory(th), NULL;
  Array *a = heap_alloc_array(th, (uint32_t)n);
  if (!a) return NULL;
  for (int64_t i = 0; i < n; i++) a->items[i] = value_int(i);
  a->length = (uint32_t)n;
  return a;
}

static Combo *combo_make(RpThread *th, Type *type, Type *exact, uint32_t shape, Tuple *pool, int64_t n_indices, int64_t n_cycles, int64_t r) {
  Array *indices = int_array(th, n_indices), *cycles = indices ? int_array(th, n_cycles) : NULL;
  Combo *c = cycles ? (Combo *)cont_alloc(th, type, exact, shape, K_NATIVE_OBJECT, sizeof(Combo)) : NULL;
  if (!c) return NULL;
  c->pool = pool;
  c->indices = indices;
  c->cycles = cycles;
  c->r = r;
  return c;
}

/* The tuple of pool items at the first r indices. */
static Value combo_pick(RpThread *th, Combo *c) {
  Tuple *t = tuple_alloc(th, c->r);
  if (!t) return EMPTY;
  for (int64_t i = 0; i < c->r; i++) t->items[i] = c->pool->items[get(c->indices, i)];
  return V(t);
}

static Value combo_reduce_state(RpThread *th, Value self, Tuple *args) {
  Combo *c = as_combo(self);
  if (!args) return EMPTY;
  if (c->stopped) {
    Tuple *none = tuple_of(th, 2, V(tuple_empty_), value_int(c->r));
    return reduce2(th, self, none);
  }
  if (!c->started) return reduce2(th, self, args);
  return reduce3(th, self, args, V(tuple_new(th, c->indices->items, c->indices->length)));
}

static Value combo_setstate(RpThread *th, const Value *a) {
  Combo *c = as_combo(a[0]);
  if (!tuple_check(a[1]) || as_tuple(a[1])->length != c->indices->length) return raise_value(th, "invalid arguments");
  for (uint32_t i = 0; i < c->indices->length; i++) {
    int64_t v;
    if (!op_as_i64(th, as_tuple(a[1])->items[i], &v)) return EMPTY;
    int64_t max = (int64_t)c->pool->length - 1;
    set(c->indices, i, v < 0 ? 0 : v > max ? max : v);
  }
  c->started = true;
  return NONE;
}

#define COMBO_SPEC(name, prefix, doc_text)                                                                                                 \
  const TypeSpec spec_itertools_##name = {                                                                                                 \
      .doc = doc_text,                                                                                                                     \
      .size = sizeof(Combo),                                                                                                               \
      .slots = {.trace = combo_trace, .iter = iter_self, .next = prefix##_next, .new_ = prefix##_new},                                     \
      .methods = prefix##_methods,                                                                                                         \
  }

/* product: indices[i] in pool[i] */
static Value product_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  int64_t repeat = 1;
  for (int k = 0; k < n_keywords(kwnames); k++) {
    if (!str_eq_c(as_str(kwnames->items[k]), "repeat"))
      return raise_type(th, "'%S' is an invalid keyword argument for product()", as_str(kwnames->items[k]));
    if (!op_as_i64(th, args[n_pos + k], &repeat)) return EMPTY;
    if (repeat < 0) return raise_value(th, "repeat argument cannot be negative");
  }
  if (n_pos && repeat > UINT32_MAX / n_pos) return raise_overflow(th, "repeat argument too large");
  if (n_pos == 0) repeat = 0;
  int64_t n = n_pos * repeat;
  Tuple *pools = tuple_alloc(th, n);
  if (!pools) return EMPTY;
  for (int64_t i = 0; i < n_pos; i++) {
    Tuple *p = op_to_tuple(th, args[i]);
    if (!p) return EMPTY;
    for (int64_t j = i; j < n; j += n_pos) obj_store(th, pools, &pools->items[j], V(p));
  }
  Combo *c = combo_make(th, type, &type_itertools_product, SHAPE_itertools_product, pools, n, 0, n);
  if (!c) return EMPTY;
  for (int64_t i = 0; i < n; i++) {
    set(c->indices, i, 0);
    if (as_tuple(pools->items[i])->length == 0) c->stopped = true;
  }
  return V(c);
}

static Value product_next(RpThread *th, Value self) {
  Combo *c = as_combo(self);
  if (c->stopped) return EMPTY;
  int64_t i = c->r - 1;
  if (c->started) {
    for (; i >= 0; i--) {
      int64_t next = get(c->indices, i) + 1;
      bool room = next < (int64_t)as_tuple(c->pool->items[i])->length;
      set(c->indices, i, room ? next : 0);
      if (room) break;
    }
    if (i < 0) return c->stopped = true, EMPTY;
  }
  c->started = true;
  Tuple *t = tuple_alloc(th, c->r);
  if (!t) return EMPTY;
  for (i = 0; i < c->r; i++) t->items[i] = as_tuple(c->pool->items[i])->items[get(c->indices, i)];
  return V(t);
}

static Value product_reduce(RpThread *th, const Value *a) {
  Combo *c = as_combo(a[0]);
  if (c->stopped) return reduce2(th, a[0], tuple_of(th, 1, V(tuple_empty_)));
  if (!c->started) return reduce2(th, a[0], c->pool);
  return reduce3(th, a[0], c->pool, V(tuple_new(th, c->indices->items, c->indices->length)));
}
static Value product_setstate(RpThread *th, const Value *a) {
  Combo *c = as_combo(a[0]);
  if (!tuple_check(a[1]) || (int64_t)as_tuple(a[1])->length != c->r) return raise_value(th, "invalid arguments");
  for (int64_t i = 0; i < c->r; i++) {
    int64_t v, max = (int64_t)as_tuple(c->pool->items[i])->length - 1;
    if (max < 0) return c->stopped = true, NONE;
    if (!op_as_i64(th, as_tuple(a[1])->items[i], &v)) return EMPTY;
    set(c->indices, i, v < 0 ? 0 : v > max ? max : v);
  }
  c->started = true;
  return NONE;
}
static const NativeDef product_methods[] = {REDUCE(product_reduce), SETSTATE(product_setstate), {0}};
COMBO_SPEC(product, product,
           "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops.");

/* combinations */
static bool pool_and_r(RpThread *th, const char *def, const Value *args, int n_pos, Tuple *kwnames, const NativeDef *sig, Tuple **pool, int64_t *r) {
  Value a[2];
  if (!native_bind(th, sig, args, n_pos, kwnames, a)) return false;
  if (!(*pool = op_to_tuple(th, a[0]))) return false;
  *r = (int64_t)(*pool)->length;
  if (def && (a[1] == EMPTY || a[1] == NONE)) return true;
  if (def && !int_check(a[1])) return raise_type(th, "Expected int as r"), false;
  if (!op_as_i64(th, a[1], r)) return false;
  return *r >= 0 || (raise_value(th, "r must be non-negative"), false);
}

static Value combinations_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"combinations", NULL, "(iterable, r)"};
  Tuple *pool;
  int64_t r;
  if (!pool_and_r(th, NULL, args, n_pos, kwnames, &sig, &pool, &r)) return EMPTY;
  bool none = r > (int64_t)pool->length;
  Combo *c = combo_make(th, type, &type_itertools_combinations, SHAPE_itertools_combinations, pool, none ? 0 : r, 0, r);
  if (c) c->stopped = none;
  return V(c);
}

static Value combinations_next(RpThread *th, Value self) {
  Combo *c = as_combo(self);
  if (c->stopped) return EMPTY;
  if (c->started) {
    int64_t n = (int64_t)c->pool->length, i = c->r - 1;
    while (i >= 0 && get(c->indices, i) == i + n - c->r) i--;
    if (i < 0) return c->stopped = true, EMPTY;
    int64_t v = get(c->indices, i);
    for (; i < c->r; i++) set(c->indices, i, ++v);
  }
  c->started = true;
  return combo_pick(th, c);
}
static Value combinations_reduce(RpThread *th, const Value *a) {
  return combo_reduce_state(th, a[0], tuple_of(th, 2, V(as_combo(a[0])->pool), value_int(as_combo(a[0])->r)));
}
static const NativeDef combinations_methods[] = {REDUCE(combinations_reduce), SETSTATE(combo_setstate), {0}};
COMBO_SPEC(combinations, combinations,
           "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)");

static Value cwr_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"combinations_with_replacement", NULL, "(iterable, r)"};
  Tuple *pool;
  int64_t r;
  if (!pool_and_r(th, NULL, args, n_pos, kwnames, &sig, &pool, &r)) return EMPTY;
  Combo *c = combo_make(th, type, &type_itertools_combinations_with_replacement, SHAPE_itertools_combinations_with_replacement, pool, r, 0, r);
  if (!c) return EMPTY;
  c->stopped = pool->length == 0 && r > 0;
  for (int64_t i = 0; i < r; i++) set(c->indices, i, 0);
  return V(c);
}

static Value cwr_next(RpThread *th, Value self) {
  Combo *c = as_combo(self);
  if (c->stopped) return EMPTY;
  if (c->started) {
    int64_t n = (int64_t)c->pool->length, i = c->r - 1;
    while (i >= 0 && get(c->indices, i) == n - 1) i--;
    if (i < 0) return c->stopped = true, EMPTY;
    int64_t v = get(c->indices, i) + 1;
    for (; i < c->r; i++) set(c->indices, i, v);
  }
  c->started = true;
  return combo_pick(th, c);
}
static const NativeDef cwr_methods[] = {REDUCE(combinations_reduce), SETSTATE(combo_setstate), {0}};
COMBO_SPEC(combinations_with_replacement, cwr,
           "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive "
           "repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')");

static Value permutations_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"permutations", NULL, "(iterable, r=None)"};
  Tuple *pool;
  int64_t r;
  if (!pool_and_r(th, "r", args, n_pos, kwnames, &sig, &pool, &r)) return EMPTY;
  int64_t n = (int64_t)pool->length;
  bool none = r > n;
  Combo *c = combo_make(th, type, &type_itertools_permutations, SHAPE_itertools_permutations, pool, n, none ? 0 : r, r);
  if (!c) return EMPTY;
  c->stopped = none;
  for (int64_t i = 0; !none && i < r; i++) set(c->cycles, i, n - i);
  return V(c);
}

/* Moves to the next permutation; false: that was the last. */
static bool permute(Combo *c) {
  int64_t n = (int64_t)c->pool->length;
  for (int64_t i = c->r - 1; i >= 0; i--) {
    int64_t left = get(c->cycles, i) - 1;
    if (left > 0) {
      int64_t a = get(c->indices, i), b = get(c->indices, n - left);
      set(c->cycles, i, left);
      set(c->indices, i, b);
      set(c->indices, n - left, a);
      return true;
    }
    int64_t first = get(c->indices, i);
    for (int64_t j = i; j < n - 1; j++) set(c->indices, j, get(c->indices, j + 1));
    set(c->indices, n - 1, first);
    set(c->cycles, i, n - i);
  }
  return false;
}

static Value permutations_next(RpThread *th, Value self) {
  Combo *c = as_combo(self);
  if (c->stopped) return EMPTY;
  if (c->started && !permute(c)) return c->stopped = true, EMPTY;
  c->started = true;
  return combo_pick(th, c);
}
static Value permutations_reduce(RpThread *th, const Value *a) {
  Combo *c = as_combo(a[0]);
  Tuple *args = tuple_of(th, 2, V(c->pool), value_int(c->r));
  if (c->stopped) return reduce2(th, a[0], tuple_of(th, 2, V(tuple_empty_), value_int(c->r)));
  if (!c->started || !args) return reduce2(th, a[0], args);
  Tuple *x = tuple_new(th, c->indices->items, c->indices->length), *y = x ? tuple_new(th, c->cycles->items, c->cycles->length) : NULL;
  return y ? reduce3(th, a[0], args, V(tuple_of(th, 2, V(x), V(y)))) : EMPTY;
}
static Value permutations_setstate(RpThread *th, const Value *a) {
  Combo *c = as_combo(a[0]);
  int64_t n = (int64_t)c->pool->length;
  if (!tuple_check(a[1]) || as_tuple(a[1])->length != 2) return raise_value(th, "invalid arguments");
  Value x = as_tuple(a[1])->items[0], y = as_tuple(a[1])->items[1];
  if (!tuple_check(x) || !tuple_check(y) || (int64_t)as_tuple(x)->length != n || (int64_t)as_tuple(y)->length != c->r || c->stopped)
    return raise_value(th, "invalid arguments");
  for (int64_t i = 0; i < n; i++) {
    int64_t v;
    if (!op_as_i64(th, as_tuple(x)->items[i], &v)) return EMPTY;
    set(c->indices, i, v < 0 ? 0 : v > n - 1 ? n - 1 : v);
  }
  for (int64_t i = 0; i < c->r; i++) {
    int64_t v;
    if (!op_as_i64(th, as_tuple(y)->items[i], &v)) return EMPTY;
    set(c->cycles, i, v < 1 ? 1 : v > n - i ? n - i : v);
  }
  c->started = true;
  return NONE;
}
static const NativeDef permutations_methods[] = {REDUCE(permutations_reduce), SETSTATE(permutations_setstate), {0}};
COMBO_SPEC(permutations, permutations,
           "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), "
           "(2,0), (2,1)");

/* -- groupby ------------------------------------------------------------------------------------------------------------------------------------------------ */

typedef struct GroupBy {
  Object hdr;
  Value it, keyfunc;        /* keyfunc NONE: the item itself */
  Value tgtkey, currkey, currvalue; /* EMPTY: none */
  Value grouper;            /* the group that may still draw: older ones are exhausted */
} GroupBy;
typedef struct Grouper { Object hdr; Value parent, tgtkey; } Grouper;

static void groupby_trace(Tracer *tr, Object *o) {
  GroupBy *g = (GroupBy *)o;
  Value *p = &g->it;
  for (int i = 0; i < 6; i++) trace_value(tr, load_consume(&p[i]));
}
static void grouper_trace(Tracer *tr, Object *o) { trace_values(tr, &((Grouper *)o)->parent, 2); }

static Value groupby_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef sig = {"groupby", NULL, "(iterable, key=None)"};
  Value a[2];
  if (!native_bind(th, &sig, args, n_pos, kwnames, a)) return EMPTY;
  Value it = op_iter(th, a[0]);
  if (it == EMPTY) return EMPTY;
  GroupBy *g = (GroupBy *)cont_alloc(th, type, &type_itertools_groupby, SHAPE_itertools_groupby, K_NATIVE_OBJECT, sizeof(GroupBy));
  if (!g) return EMPTY;
  g->it = it;
  g->keyfunc = a[1] == EMPTY ? NONE : a[1];
  return V(g);
}

static bool groupby_step(RpThread *th, GroupBy *g) {
  Value v = iter_step(th, g->it);
  if (v == EMPTY) return false;
  Value k = g->keyfunc == NONE ? v : op_call1(th, g->keyfunc, v);
  if (k == EMPTY) return false;
  obj_store(th, g, &g->currvalue, v);
  obj_store(th, g, &g->currkey, k);
  return true;
}

static Value groupby_next(RpThread *th, Value self) {
  GroupBy *g = (GroupBy *)as_object(self);
  store_relaxed(&g->grouper, EMPTY);
  for (;;) { /* skip the rest of the group */
    Value cur = load_relaxed(&g->currkey), tgt = load_relaxed(&g->tgtkey);
    if (cur != EMPTY) {
      if (tgt == EMPTY) break;
      int eq = op_equal(th, tgt, cur);
      if (eq < 0) return EMPTY;
      if (!eq) break;
    }
    if (!groupby_step(th, g)) return EMPTY;
  }
  Value key = load_relaxed(&g->currkey);
  obj_store(th, g, &g->tgtkey, key);
  Grouper *r = heap_new(th, Grouper, SHAPE_itertools__grouper, K_NATIVE_OBJECT);
  if (!r) return EMPTY;
  r->parent = self;
  r->tgtkey = key;
  obj_store(th, g, &g->grouper, V(r));
  return V(tuple_of(th, 2, key, V(r)));
}

static Value grouper_next(RpThread *th, Value self) {
  Grouper *r = (Grouper *)as_object(self);
  GroupBy *g = (GroupBy *)as_object(r->parent);
  if (load_relaxed(&g->grouper) != self) return EMPTY;
  if (load_relaxed(&g->currvalue) == EMPTY && !groupby_step(th, g)) return EMPTY;
  Value key = load_relaxed(&g->currkey);
  int eq = key == EMPTY ? 0 : op_equal(th, r->tgtkey, key);
  if (eq <= 0) return EMPTY;
  Value v = load_relaxed(&g->currvalue);
  store_relaxed(&g->currvalue, EMPTY);
  store_relaxed(&g->currkey, EMPTY);
  return v;
}

const TypeSpec spec_itertools_groupby = {
    .doc = "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups "
           "according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not "
           "specified or is None, the element itself\n    is used for grouping.",
    .size = sizeof(GroupBy),
    .slots = {.trace = groupby_trace, .iter = iter_self, .next = groupby_next, .new_ = groupby_new},
};
const TypeSpec spec_itertools__grouper = {.size = sizeof(Grouper), .slots = {.trace = grouper_trace, .iter = iter_self, .next = grouper_next}};

/* -- tee: readers walk a linked list of blocks; the first one to arrive fetches --------------------------------------------------------------------------------- */

#define TEE_BLOCK 57
typedef struct TeeData {
  Object hdr;
  Value it;
  struct TeeData *next;
  uint32_t n;               /* items read */
  bool running;             /* it is being asked for an item */
  Value items[TEE_BLOCK];
} TeeData;
typedef struct Tee { Object hdr; TeeData *data; uint32_t index; } Tee;

static void teedata_trace(Tracer *tr, Object *o) {
  TeeData *d = (TeeData *)o;
  trace_value(tr, d->it);
  trace_ref(tr, load_acquire(&d->next));
  trace_values(tr, d->items, load_acquire(&d->n));
}
static void tee_trace(Tracer *tr, Object *o) { trace_ref(tr, load_acquire(&((Tee *)o)->data)); }

static TeeData *teedata_make(RpThread *th, Value it) {
  TeeData *d = heap_new(th, TeeData, SHAPE_itertools__tee_dataobject, K_NATIVE_OBJECT);
  if (d) d->it = it;
  return d;
}

static Value teedata_get(RpThread *th, TeeData *d, uint32_t i) {
  if (i < load_acquire(&d->n)) return d->items[i];
  if (d->running) return raise_runtime(th, "cannot re-enter the tee iterator");
  d->running = true;
  Value v = iter_step(th, d->it);
  d->running = false;
  if (v == EMPTY) return EMPTY;
  obj_lock(th, d);
  uint32_t n = d->n;
  if (n < TEE_BLOCK) {
    obj_store(th, d, &d->items[n], v);
    store_release(&d->n, n + 1);
  }
  obj_unlock(th, d);
  return v;
}

static TeeData *teedata_next(RpThread *th, TeeData *d) {
  TeeData *n = load_acquire(&d->next);
  if (n) return n;
  n = teedata_make(th, d->it);
  if (!n) return NULL;
  obj_lock(th, d);
  if (d->next) n = d->next;
  else obj_publish(th, d, &d->next, n);
  obj_unlock(th, d);
  return n;
}

static Value tee_next(RpThread *th, Value self) {
  Tee *t = (Tee *)as_object(self);
  TeeData *d = load_acquire(&t->data);
  if (t->index >= TEE_BLOCK) {
    if (!(d = teedata_next(th, d))) return EMPTY;
    obj_publish(th, t, &t->data, d);
    t->index = 0;
  }
  Value v = teedata_get(th, d, t->index);
  if (v != EMPTY) t->index++;
  return v;
}

static Value tee_make(RpThread *th, TeeData *d, uint32_t index) {
  Tee *t = d ? heap_new(th, Tee, SHAPE_itertools__tee, K_NATIVE_OBJECT) : NULL;
  if (!t) return EMPTY;
  t->data = d;
  t->index = index;
  return V(t);
}

static Value tee_copy(RpThread *th, const Value *a) {
  Tee *t = (Tee *)as_object(a[0]);
  return tee_make(th, t->data, t->index);
}

static Value tee_from(RpThread *th, Value iterable) {
  Value it = op_iter(th, iterable);
  if (it == EMPTY) return EMPTY;
  if (has_shape(it, SHAPE_itertools__tee)) return tee_copy(th, &it);
  return tee_make(th, teedata_make(th, it), 0);
}

static Value tee_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_arity(th, "_tee", n_pos, 1, 1)) return EMPTY;
  return tee_from(th, args[0]);
}

static Value tee_reduce(RpThread *th, const Value *a) {
  Tee *t = (Tee *)as_object(a[0]);
  return reduce3(th, a[0], tuple_of(th, 1, V(tuple_empty_)), V(tuple_of(th, 2, V(t->data), value_int(t->index))));
}

static const NativeDef tee_methods[] = {
    {"__copy__", tee_copy, "(self, /)", 0, "Returns an independent iterator."}, REDUCE(tee_reduce), {0}};
const TypeSpec spec_itertools__tee_dataobject = {.size = sizeof(TeeData), .slots = {.trace = teedata_trace}};
const TypeSpec spec_itertools__tee = {
    .doc = "Iterator wrapped to make it copyable.",
    .size = sizeof(Tee),
    .slots = {.trace = tee_trace, .iter = iter_self, .next = tee_next, .new_ = tee_new},
    .methods = tee_methods,
};

static Value fn_tee(RpThread *th, const Value *a) {
  int64_t n = 2;
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n < 0) return raise_value(th, "n must be >= 0");
  Tuple *r = tuple_alloc(th, n);
  if (!r || n == 0) return V(r);
  Value it = op_iter(th, a[0]);
  if (it == EMPTY) return EMPTY;
  Value copy = op_getattr_opt(th, it, S(__copy__));
  if (copy == EMPTY) {
    if (th->pending != EMPTY) return EMPTY;
    it = tee_from(th, it);
    copy = it == EMPTY ? EMPTY : op_getattr(th, it, S(__copy__));
    if (copy == EMPTY) return EMPTY;
  }
  obj_store(th, r, &r->items[0], it);
  for (int64_t i = 1; i < n; i++) {
    Value c = op_call0(th, copy);
    if (c == EMPTY) return EMPTY;
    obj_store(th, r, &r->items[i], c);
  }
  return V(r);
}

/* -- The module ---------------------------------------------------------------------------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"tee", fn_tee, "(iterable, n=2, /)", 0, "Returns a tuple of n independent iterators."},
    {0},
};

static int init(RpThread *th, Dict *dict) {
#define TYPES_OF_MODULE(X)                                                                                                                 \
  X(accumulate) X(chain) X(combinations) X(combinations_with_replacement) X(compress) X(count) X(cycle) X(dropwhile) X(filterfalse)        \
  X(groupby) X(islice) X(pairwise) X(permutations) X(product) X(repeat) X(starmap) X(takewhile) X(zip_longest) X(_grouper) X(_tee)         \
  X(_tee_dataobject)
#define X(name)                                                                                                                            \
  if (dict_set_c(th, dict, #name, V(&type_itertools_##name)) < 0) return -1;
  TYPES_OF_MODULE(X)
#undef X
  return 0;
}

const ModuleSpec mod_itertools = {
    .doc = "Functional tools for creating and using iterators.",
    .functions = functions,
    .init = init,
};
