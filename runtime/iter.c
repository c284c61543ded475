/* iter.c: the iterators of lists and tuples, of the sequence protocol and of callables, and the builtin iterator functions (enumerate, zip,
** map, filter, reversed). All are one struct, Iter. */
#include "runtime/cont.h"

ALWAYS_INLINE Iter *as_iter(Value v) { return (Iter *)as_object(v); }

void iter_trace(Tracer *tr, Object *o) {
  Iter *it = (Iter *)o;
  trace_value(tr, load_consume(&it->seq));
  trace_value(tr, load_consume(&it->extra));
  trace_value(tr, load_consume(&it->extra2));
}

Value iter_self(RpThread *th, Value self) { return self; }

Iter *iter_new(RpThread *th, uint32_t shape_id, Value seq) {
  Iter *it = heap_new(th, Iter, shape_id, K_ITER);
  if (it) it->seq = seq;
  return it;
}

/* An iterator whose constructor can be subclassed. */
static Iter *alloc(RpThread *th, Type *type, Type *exact, uint32_t shape) {
  return (Iter *)cont_alloc(th, type, exact, shape, K_ITER, sizeof(Iter));
}

/* Drops the container: the iterator stays exhausted even if the container grows. */
static Value finish(Iter *it) { return store_relaxed(&it->seq, EMPTY), EMPTY; }

static Value empty_list_iter(RpThread *th) {
  List *l = list_new(th, 0);
  return l ? reduce_iter(th, "iter", V(l), EMPTY) : EMPTY;
}

#define HINT_DOC "Private method returning an estimate of len(list(it))."
#define REDUCE_DOC "Return state information for pickling."
#define SETSTATE_DOC "Set state information for unpickling."
#define ITER_METHODS(p)                                                                                                                    \
  {{"__length_hint__", p##_hint, "(self, /)", 0, HINT_DOC},                                                                                \
   {"__reduce__", p##_reduce, "(self, /)", 0, REDUCE_DOC},                                                                                 \
   {"__setstate__", p##_setstate, "(self, object, /)", 0, SETSTATE_DOC},                                                                   \
   {0}}
#define ITER_SPEC(p) {.size = sizeof(Iter), .slots = {.trace = iter_trace, .iter = iter_self, .next = p##_next}, .methods = p##_methods}

/* -- list_iterator ------------------------------------------------------------- */

static Value li_next(RpThread *th, Value self) { return iter_list_next(as_iter(self)); }

static Value li_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Value seq = load_relaxed(&it->seq);
  int64_t n = seq == EMPTY ? 0 : (int64_t)list_len(as_list(seq)) - load_relaxed(&it->index);
  return value_int(n < 0 ? 0 : n);
}

static Value li_reduce(RpThread *th, const Value *a) {
  Value seq = as_iter(a[0])->seq;
  return seq == EMPTY ? empty_list_iter(th) : reduce_iter(th, "iter", seq, value_int(as_iter(a[0])->index));
}

static Value li_setstate(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (it->seq == EMPTY) return NONE;
  int64_t n = list_len(as_list(it->seq));
  store_relaxed(&it->index, i < 0 ? 0 : i > n ? n : i);
  return NONE;
}

static const NativeDef li_methods[] = ITER_METHODS(li);
const TypeSpec spec_list_iterator = ITER_SPEC(li);

/* -- list_reverseiterator -------------------------------------------------------- */

static Value lr_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value v = list_get_fast(as_list(seq), i);
  if (v == EMPTY) return finish(it);
  store_relaxed(&it->index, i - 1);
  return v;
}

static Value lr_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  int64_t n = it->seq == EMPTY ? 0 : it->index + 1;
  return value_int(it->seq != EMPTY && n > list_len(as_list(it->seq)) ? 0 : n);
}

static Value lr_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  return it->seq == EMPTY ? empty_list_iter(th) : reduce_iter(th, "reversed", it->seq, value_int(it->index));
}

static Value lr_setstate(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (it->seq == EMPTY) return NONE;
  int64_t n = list_len(as_list(it->seq));
  it->index = i < -1 ? -1 : i > n - 1 ? n - 1 : i;
  return NONE;
}

static const NativeDef lr_methods[] = ITER_METHODS(lr);
const TypeSpec spec_list_reverseiterator = ITER_SPEC(lr);

/* -- tuple_iterator ---------------------------------------------------------------- */

static Value ti_next(RpThread *th, Value self) { return iter_tuple_next(as_iter(self)); }

static Value ti_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  return value_int(it->seq == EMPTY ? 0 : (int64_t)as_tuple(it->seq)->length - it->index);
}

static Value ti_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return reduce_iter(th, "iter", V(tuple_empty_), EMPTY);
  return reduce_iter(th, "iter", it->seq, value_int(it->index));
}

static Value ti_setstate(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (it->seq == EMPTY) return NONE;
  int64_t n = (int64_t)as_tuple(it->seq)->length;
  store_relaxed(&it->index, i < 0 ? 0 : i > n ? n : i);
  return NONE;
}

static const NativeDef ti_methods[] = ITER_METHODS(ti);
const TypeSpec spec_tuple_iterator = ITER_SPEC(ti);

/* -- iterator: the sequence protocol ------------------------------------------------ */

/* IndexError and StopIteration end a sequence; anything else is an error. */
static Value end_of_sequence(RpThread *th, Iter *it) {
  if (error_is(th, &type_IndexError) || error_is(th, &type_StopIteration)) {
    error_clear(th);
    finish(it);
  }
  return EMPTY;
}

static Value si_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  if (seq == EMPTY) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value v = op_getitem(th, seq, value_int(i));
  if (v == EMPTY) return end_of_sequence(th, it);
  store_relaxed(&it->index, i + 1);
  return v;
}

static Value si_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return value_int(0);
  if (!type_of(it->seq)->slots.len) return NOT_IMPLEMENTED;
  int64_t n = op_len(th, it->seq);
  if (n < 0) return EMPTY;
  n -= it->index;
  return value_int(n < 0 ? 0 : n);
}

static Value si_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return reduce_iter(th, "iter", V(tuple_empty_), EMPTY);
  return reduce_iter(th, "iter", it->seq, value_int(it->index));
}

static Value si_setstate(RpThread *th, const Value *a) {
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (as_iter(a[0])->seq != EMPTY) store_relaxed(&as_iter(a[0])->index, i < 0 ? 0 : i);
  return NONE;
}

static const NativeDef si_methods[] = ITER_METHODS(si);
const TypeSpec spec_iterator = ITER_SPEC(si);

/* -- callable_iterator: seq the callable, extra the sentinel ------------------------- */

static Value ci_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value fn = load_relaxed(&it->seq);
  if (fn == EMPTY) return EMPTY;
  Value v = op_call0(th, fn);
  if (v == EMPTY) {
    if (error_is(th, &type_StopIteration)) {
      error_clear(th);
      finish(it);
    }
    return EMPTY;
  }
  if (load_relaxed(&it->seq) == EMPTY) return EMPTY; /* the call ran this iterator to its end */
  int eq = op_equal(th, it->extra, v);
  if (eq == 0) return v;
  if (eq > 0) finish(it);
  return EMPTY;
}

static Value ci_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return reduce_iter(th, "iter", V(tuple_empty_), EMPTY);
  Value fn = cont_builtin(th, "iter");
  Tuple *args = fn == EMPTY ? NULL : tuple_of(th, 2, it->seq, it->extra);
  return args ? V(tuple_of(th, 2, fn, V(args))) : EMPTY;
}

static const NativeDef ci_methods[] = {{"__reduce__", ci_reduce, "(self, /)", 0, REDUCE_DOC}, {0}};
const TypeSpec spec_callable_iterator = ITER_SPEC(ci);

/* -- reversed: seq, index of the next item -------------------------------------------- */

static Value rev_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_reversed && !cont_no_keywords(th, "reversed", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "reversed", n_pos, 1, 1)) return EMPTY;
  Value seq = args[0], m = op_lookup_special(th, seq, S(__reversed__));
  if (m == EMPTY && th->pending != EMPTY) return EMPTY;
  if (m != EMPTY && m != NONE) return op_call0(th, m);
  bool sequence = type_of(seq)->slots.getitem && !has_kind(seq, K_DICT) && !has_kind(seq, K_MAPPING_PROXY);
  if (m == NONE || !sequence) return raise_type(th, "'%T' object is not reversible", seq);
  int64_t n = op_len(th, seq);
  if (n < 0) return EMPTY;
  Iter *it = alloc(th, type, &type_reversed, SHAPE_reversed);
  if (!it) return EMPTY;
  it->seq = seq;
  it->index = n - 1;
  return V(it);
}

static Value rev_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value seq = load_relaxed(&it->seq);
  int64_t i = load_relaxed(&it->index);
  if (seq == EMPTY || i < 0) return finish(it);
  Value v = op_getitem(th, seq, value_int(i));
  if (v == EMPTY) return end_of_sequence(th, it);
  store_relaxed(&it->index, i - 1);
  return v;
}

static Value rev_hint(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  if (it->seq == EMPTY) return value_int(0);
  int64_t n = op_len(th, it->seq);
  if (n < 0) return EMPTY;
  return value_int(n < it->index + 1 ? 0 : it->index + 1);
}

static Value rev_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Value cls = V(type_of(a[0]));
  Tuple *args = it->seq != EMPTY ? tuple_of(th, 1, it->seq) : tuple_of(th, 1, V(tuple_empty_));
  if (!args) return EMPTY;
  return V(it->seq != EMPTY ? tuple_of(th, 3, cls, V(args), value_int(it->index)) : tuple_of(th, 2, cls, V(args)));
}

static Value rev_setstate(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  int64_t i;
  if (!op_as_i64(th, a[1], &i)) return EMPTY;
  if (it->seq == EMPTY) return NONE;
  int64_t n = op_len(th, it->seq);
  if (n < 0) return EMPTY;
  it->index = i < -1 ? -1 : i > n - 1 ? n - 1 : i;
  return NONE;
}

static const NativeDef rev_methods[] = ITER_METHODS(rev);
const TypeSpec spec_reversed = {
    .doc = "Return a reverse iterator over the values of the given sequence.",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .iter = iter_self, .next = rev_next, .new_ = rev_new},
    .methods = rev_methods,
};

/* -- enumerate: seq the iterator, index the next number, extra that number once it needs a big int ------ */

static Value enum_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const char *const names[] = {"iterable", "start"};
  Value a[2];
  if (n_pos + n_keywords(kwnames) == 0) return raise_type(th, "enumerate() missing required argument 'iterable'");
  if (!cont_bind(th, "enumerate", names, 2, 1, 2, args, n_pos, kwnames, a)) return EMPTY;
  Value start = a[1] == EMPTY ? value_int(0) : op_index(th, a[1]);
  if (start == EMPTY) return EMPTY;
  Value seq = op_iter(th, a[0]);
  if (seq == EMPTY) return EMPTY;
  Iter *it = alloc(th, type, &type_enumerate, SHAPE_enumerate);
  if (!it) return EMPTY;
  it->seq = seq;
  if (is_int(start)) it->index = as_int(start);
  else it->extra = start;
  return V(it);
}

static Value enum_big(RpThread *th, Iter *it) {
  Value n = it->extra != EMPTY ? it->extra : int_from_i64(th, it->index);
  if (n == EMPTY) return EMPTY;
  Value next = int_add(th, n, value_int(1));
  if (next == EMPTY) return EMPTY;
  obj_store(th, it, &it->extra, next);
  return n;
}

static Value enum_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Value v = iter_step(th, it->seq);
  if (v == EMPTY) return EMPTY;
  int64_t i = load_relaxed(&it->index);
  Value n;
  if (likely(it->extra == EMPTY && i < SMALL_INT_MAX)) {
    store_relaxed(&it->index, i + 1);
    n = value_int(i);
  } else if ((n = enum_big(th, it)) == EMPTY) return EMPTY;
  Tuple *t = tuple_alloc(th, 2);
  if (!t) return EMPTY;
  t->items[0] = n;
  t->items[1] = v;
  return V(t);
}

static Value enum_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Tuple *args = tuple_of(th, 2, it->seq, it->extra != EMPTY ? it->extra : value_int(it->index));
  return args ? V(tuple_of(th, 2, V(type_of(a[0])), V(args))) : EMPTY;
}

static const NativeDef enum_methods[] = {{"__reduce__", enum_reduce, "(self, /)", 0, REDUCE_DOC}, CLASS_GETITEM, {0}};
const TypeSpec spec_enumerate = {
    .doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a "
           "count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an "
           "indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .iter = iter_self, .next = enum_next, .new_ = enum_new},
    .methods = enum_methods,
};

/* -- Several iterators at once: seq a Tuple of them ------------------------------------------ */

static Tuple *iterators(RpThread *th, const Value *args, int n) {
  Tuple *t = tuple_alloc(th, n);
  for (int i = 0; t && i < n; i++) {
    Value it = op_iter(th, args[i]);
    if (it == EMPTY) return NULL;
    obj_store(th, t, &t->items[i], it);
  }
  return t;
}

/* -- zip: limit is strict ------------------------------------------------------------------------ */

static Value zip_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  bool strict = false;
  for (int k = 0; k < n_keywords(kwnames); k++) {
    if (!str_eq_c(as_str(kwnames->items[k]), "strict")) {
      if (type != &type_zip) continue;
      return raise_type(th, "'%S' is an invalid keyword argument for zip()", as_str(kwnames->items[k]));
    }
    int truth = op_truth(th, args[n_pos + k]);
    if (truth < 0) return EMPTY;
    strict = truth;
  }
  Tuple *t = iterators(th, args, n_pos);
  Iter *it = t ? alloc(th, type, &type_zip, SHAPE_zip) : NULL;
  if (!it) return EMPTY;
  it->seq = V(t);
  it->limit = strict;
  return V(it);
}

static Value zip_uneven(RpThread *th, int i, const char *how) {
  return raise_value(th, "zip() argument %d is %s than argument%s%d", i + 1, how, i == 1 ? " " : "s 1-", i);
}

/* Iterator i ended first: with strict that must have been the first, and all the others must end as well. */
static Value zip_end(RpThread *th, Tuple *t, uint64_t i, bool strict) {
  if (!strict || th->pending != EMPTY) return EMPTY;
  if (i) return zip_uneven(th, (int)i, "shorter");
  for (i = 1; i < t->length; i++) {
    if (iter_step(th, t->items[i]) != EMPTY) return zip_uneven(th, (int)i, "longer");
    if (th->pending != EMPTY) return EMPTY;
  }
  return EMPTY;
}

static Value zip_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Tuple *t = as_tuple(it->seq);
  uint64_t n = t->length;
  if (n == 0 || !thread_check_stack(th, "")) return EMPTY;
  Tuple *r = tuple_alloc(th, n);
  if (!r) return EMPTY;
  for (uint64_t i = 0; i < n; i++) {
    Value v = iter_step(th, t->items[i]);
    if (v == EMPTY) return zip_end(th, t, i, it->limit);
    obj_store(th, r, &r->items[i], v);
  }
  return V(r);
}

static Value zip_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Value cls = V(type_of(a[0]));
  return V(it->limit ? tuple_of(th, 3, cls, it->seq, TRUE_V) : tuple_of(th, 2, cls, it->seq));
}

static Value zip_setstate(RpThread *th, const Value *a) {
  int strict = op_truth(th, a[1]);
  if (strict < 0) return EMPTY;
  as_iter(a[0])->limit = strict;
  return NONE;
}

static const NativeDef zip_methods[] = {
    {"__reduce__", zip_reduce, "(self, /)", 0, REDUCE_DOC}, {"__setstate__", zip_setstate, "(self, object, /)", 0, SETSTATE_DOC}, {0}};
const TypeSpec spec_zip = {
    .doc = "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n  "
           " [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\nThe zip object yields n-length tuples, where n is the number of iterables\npassed as "
           "positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th iterable argument to zip().  This continues "
           "until the\nshortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a "
           "ValueError.",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .iter = iter_self, .next = zip_next, .new_ = zip_new},
    .methods = zip_methods,
};

/* -- map: extra the function ------------------------------------------------------------------------ */

static Value map_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_map && !cont_no_keywords(th, "map", n_keywords(kwnames))) return EMPTY;
  if (n_pos < 2) return raise_type(th, "map() must have at least two arguments.");
  Tuple *t = iterators(th, args + 1, n_pos - 1);
  Iter *it = t ? alloc(th, type, &type_map, SHAPE_map) : NULL;
  if (!it) return EMPTY;
  it->seq = V(t);
  it->extra = args[0];
  return V(it);
}

#define MAP_ARGS 8
static Value map_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  Tuple *t = as_tuple(it->seq);
  if (!thread_check_stack(th, "")) return EMPTY;
  if (likely(t->length == 1)) {
    Value v = iter_step(th, t->items[0]);
    return v == EMPTY ? EMPTY : op_call1(th, it->extra, v);
  }
  Value few[MAP_ARGS], *args = few;
  if (t->length > MAP_ARGS) {
    Tuple *many = tuple_alloc(th, t->length);
    if (!many) return EMPTY;
    args = many->items;
    for (uint64_t i = 0; i < t->length; i++) {
      Value v = iter_step(th, t->items[i]);
      if (v == EMPTY) return EMPTY;
      obj_store(th, many, &args[i], v);
    }
  } else
    for (uint64_t i = 0; i < t->length; i++)
      if ((args[i] = iter_step(th, t->items[i])) == EMPTY) return EMPTY;
  return op_call(th, it->extra, args, (int)t->length, NULL);
}

static Value map_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Tuple *t = as_tuple(it->seq), *args = tuple_alloc(th, t->length + 1);
  if (!args) return EMPTY;
  args->items[0] = it->extra;
  values_copy(args->items + 1, t->items, t->length);
  return V(tuple_of(th, 2, V(type_of(a[0])), V(args)));
}

static const NativeDef map_methods[] = {{"__reduce__", map_reduce, "(self, /)", 0, REDUCE_DOC}, {0}};
const TypeSpec spec_map = {
    .doc = "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from\neach of the iterables.  "
           "Stops when the shortest iterable is exhausted.",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .iter = iter_self, .next = map_next, .new_ = map_new},
    .methods = map_methods,
};

/* -- filter: seq the iterator, extra the function ------------------------------------------------------- */

static Value filter_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_filter && !cont_no_keywords(th, "filter", n_keywords(kwnames))) return EMPTY;
  if (!cont_arity(th, "filter", n_pos, 2, 2)) return EMPTY;
  Value seq = op_iter(th, args[1]);
  Iter *it = seq != EMPTY ? alloc(th, type, &type_filter, SHAPE_filter) : NULL;
  if (!it) return EMPTY;
  it->seq = seq;
  it->extra = args[0];
  return V(it);
}

static Value filter_next(RpThread *th, Value self) {
  Iter *it = as_iter(self);
  bool plain = it->extra == NONE || it->extra == V(&type_bool);
  if (!thread_check_stack(th, "")) return EMPTY;
  for (;;) {
    Value v = iter_step(th, it->seq);
    if (v == EMPTY) return EMPTY;
    Value good = plain ? v : op_call1(th, it->extra, v);
    int truth = good == EMPTY ? -1 : op_truth(th, good);
    if (truth) return truth < 0 ? EMPTY : v;
    if (!thread_poll(th)) return EMPTY;
  }
}

static Value filter_reduce(RpThread *th, const Value *a) {
  Iter *it = as_iter(a[0]);
  Tuple *args = tuple_of(th, 2, it->extra, it->seq);
  return args ? V(tuple_of(th, 2, V(type_of(a[0])), V(args))) : EMPTY;
}

static const NativeDef filter_methods[] = {{"__reduce__", filter_reduce, "(self, /)", 0, REDUCE_DOC}, {0}};
const TypeSpec spec_filter = {
    .doc = "filter(function or None, iterable) --> filter object\n\nReturn an iterator yielding those items of iterable for which "
           "function(item)\nis true. If function is None, return the items that are true.",
    .size = sizeof(Iter),
    .slots = {.trace = iter_trace, .iter = iter_self, .next = filter_next, .new_ = filter_new},
    .methods = filter_methods,
};
