/* mod__operator.c: the module _operator: the operators as functions; attrgetter, itemgetter, methodcaller. */
#include "runtime/bytes.h"
#include "runtime/cont.h"
#include "runtime/module.h"

/* -- Operators ---------------------------------------------------------------- */

#define BIN(name, op)                                                                                                                      \
  static Value fn_##name(RpThread *th, const Value *a) { return op_binary(th, OP_##op, a[0], a[1]); }                                      \
  static Value fn_i##name(RpThread *th, const Value *a) { return op_inplace(th, OP_##op, a[0], a[1]); }
BIN(add, ADD) BIN(sub, SUB) BIN(mul, MUL) BIN(truediv, TRUEDIV) BIN(floordiv, FLOORDIV) BIN(mod, MOD) BIN(pow, POW) BIN(lshift, LSHIFT)
BIN(rshift, RSHIFT) BIN(and, AND) BIN(or, OR) BIN(xor, XOR) BIN(matmul, MATMUL)

#define CMP(name, op) static Value fn_##name(RpThread *th, const Value *a) { return op_compare(th, a[0], a[1], CMP_##op); }
CMP(lt, LT) CMP(le, LE) CMP(eq, EQ) CMP(ne, NE) CMP(ge, GE) CMP(gt, GT)

static Value fn_neg(RpThread *th, const Value *a) { return op_neg(th, a[0]); }
static Value fn_pos(RpThread *th, const Value *a) { return op_pos(th, a[0]); }
static Value fn_abs(RpThread *th, const Value *a) { return op_abs(th, a[0]); }
static Value fn_invert(RpThread *th, const Value *a) { return op_invert(th, a[0]); }
static Value fn_index(RpThread *th, const Value *a) { return is_bool(a[0]) ? value_int(a[0] == TRUE_V) : op_index(th, a[0]); }
static Value fn_is(RpThread *th, const Value *a) { return value_bool(a[0] == a[1]); }
static Value fn_is_not(RpThread *th, const Value *a) { return value_bool(a[0] != a[1]); }
static Value boolean(int r) { return r < 0 ? EMPTY : value_bool(r); }
static Value fn_truth(RpThread *th, const Value *a) { return boolean(op_truth(th, a[0])); }
static Value fn_not(RpThread *th, const Value *a) {
  int r = op_truth(th, a[0]);
  return r < 0 ? EMPTY : value_bool(!r);
}
static Value fn_contains(RpThread *th, const Value *a) { return boolean(op_contains(th, a[0], a[1])); }
static Value fn_getitem(RpThread *th, const Value *a) { return op_getitem(th, a[0], a[1]); }
static Value fn_setitem(RpThread *th, const Value *a) { return op_setitem(th, a[0], a[1], a[2]) < 0 ? EMPTY : NONE; }
static Value fn_delitem(RpThread *th, const Value *a) { return op_delitem(th, a[0], a[1]) < 0 ? EMPTY : NONE; }

static bool is_sequence(Value v) { return type_of(v)->slots.getitem && !has_kind(v, K_DICT); }
static Value fn_concat(RpThread *th, const Value *a) {
  const TypeSlots *s = &type_of(a[0])->slots;
  if (s->seq_concat) return s->seq_concat(th, a[0], a[1]);
  if (!is_sequence(a[0]) || !is_sequence(a[1])) return raise_type(th, "'%T' object can't be concatenated", a[0]);
  return op_binary(th, OP_ADD, a[0], a[1]);
}
static Value fn_iconcat(RpThread *th, const Value *a) {
  const TypeSlots *s = &type_of(a[0])->slots;
  if (s->seq_iconcat) return s->seq_iconcat(th, a[0], a[1]);
  if (s->seq_concat) return s->seq_concat(th, a[0], a[1]);
  if (!is_sequence(a[0]) || !is_sequence(a[1])) return raise_type(th, "'%T' object can't be concatenated", a[0]);
  return op_inplace(th, OP_ADD, a[0], a[1]);
}

/* Walks b's matches in a: counts them, or gives the index of the first. */
static Value search(RpThread *th, const Value *a, bool first) {
  Value it = op_iter(th, a[0]), v;
  int64_t n = 0;
  if (it == EMPTY) {
    if (error_is(th, &type_TypeError)) {
      error_clear(th);
      raise_type(th, "argument of type '%T' is not iterable", a[0]);
    }
    return EMPTY;
  }
  for (int64_t i = 0; (v = iter_step(th, it)) != EMPTY; i++) {
    int eq = op_equal(th, v, a[1]);
    if (eq < 0) return EMPTY;
    if (eq && first) return value_int(i);
    n += eq;
  }
  if (th->pending != EMPTY) return EMPTY;
  return first ? raise_value(th, "sequence.index(x): x not in sequence") : value_int(n);
}
static Value fn_countOf(RpThread *th, const Value *a) { return search(th, a, false); }
static Value fn_indexOf(RpThread *th, const Value *a) { return search(th, a, true); }

static Value fn_length_hint(RpThread *th, const Value *a) {
  int64_t dflt = 0;
  if (a[1] != EMPTY) {
    if (!int_check(a[1])) return raise_type(th, "'%T' object cannot be interpreted as an integer", a[1]);
    if (!op_as_i64(th, a[1], &dflt)) return EMPTY;
  }
  int64_t n = op_length_hint(th, a[0], dflt);
  return n < 0 && th->pending != EMPTY ? EMPTY : int_from_i64(th, n);
}

static Value fn_call(RpThread *th, const Value *a) { return op_call_ex(th, a[0], as_tuple(a[1]), as_dict(a[2])); }

/* Takes time that depends on the length of b only. */
static Value fn_compare_digest(RpThread *th, const Value *a) {
  uint32_t diff = 0;
  if (str_check(a[0]) && str_check(a[1])) {
    Str *x = as_str(a[0]), *y = as_str(a[1]);
    if (!str_is_ascii(x) || !str_is_ascii(y)) return raise_type(th, "comparing strings with non-ASCII characters is not supported");
    diff = x->length != y->length;
    for (uint32_t i = 0; i < y->length; i++) diff |= (uint32_t)(y->u1[i] ^ (diff ? y->u1[i] ^ 1 : x->u1[i]));
    return value_bool(!diff);
  }
  Buffer x, y;
  if (str_check(a[0]) || str_check(a[1])) return raise_type(th, "unsupported operand types(s) or combination of types: '%T' and '%T'", a[0], a[1]);
  if (buffer_acquire(th, a[0], &x, false) < 0) return EMPTY;
  if (buffer_acquire(th, a[1], &y, false) < 0) return buffer_release(th, &x), EMPTY;
  const uint8_t *p = x.data, *q = y.data;
  diff = x.size != y.size;
  if (diff) p = q;
  for (int64_t i = 0; i < y.size; i++) diff |= (uint32_t)(p[i] ^ q[i]);
  buffer_release(th, &x);
  buffer_release(th, &y);
  return value_bool(!diff);
}

/* -- attrgetter, itemgetter, methodcaller: what they were made with ---------------------------------- */

/* what: attrgetter: names, those with dots as a tuple of parts; itemgetter: the keys; methodcaller: the arguments. */
typedef struct Getter { Object hdr; Tuple *made_with, *what; Value name; Dict *kw; } Getter;
ALWAYS_INLINE Getter *as_getter(Value v) { return (Getter *)as_object(v); }

static void getter_trace(Tracer *tr, Object *o) {
  Getter *g = (Getter *)o;
  trace_ref(tr, g->made_with);
  trace_ref(tr, g->what);
  trace_value(tr, g->name);
  trace_ref(tr, g->kw);
}

static Getter *getter_make(RpThread *th, Type *type, Type *exact, uint32_t shape, Tuple *made_with, Tuple *what) {
  if (!made_with || !what) return NULL;
  Getter *g = (Getter *)cont_alloc(th, type, exact, shape, K_NATIVE_OBJECT, sizeof(Getter));
  if (!g) return NULL;
  g->made_with = made_with;
  g->what = what;
  return g;
}

static bool one_argument(RpThread *th, const char *name, int n_pos, Tuple *kwnames) {
  return cont_no_keywords(th, name, n_keywords(kwnames)) && cont_arity(th, name, n_pos, 1, 1);
}

static Value getter_repr(RpThread *th, Value self) {
  Getter *g = as_getter(self);
  int busy = op_repr_enter(th, self);
  if (busy) return busy < 0 ? EMPTY : V(str_fmt(th, "operator.%S(...)", type_of(self)->name));
  StrBuilder sb;
  sb_init(&sb, th);
  bool ok = true;
  sb_ascii(&sb, type_of(self)->flags & TYPE_HEAP ? "" : "operator.");
  sb_str(&sb, type_of(self)->name);
  sb_char(&sb, '(');
  for (uint64_t i = 0; ok && i < g->made_with->length; i++) {
    if (i) sb_ascii(&sb, ", ");
    ok = sb_repr(&sb, th, g->made_with->items[i]);
  }
  uint32_t pos = 0;
  Value k, v;
  while (ok && g->kw && dict_next(g->kw, &pos, &k, &v)) {
    sb_ascii(&sb, ", ");
    sb_str(&sb, as_str(k));
    sb_char(&sb, '=');
    ok = sb_repr(&sb, th, v);
  }
  op_repr_leave(th, self);
  if (!ok) return sb_drop(&sb), EMPTY;
  sb_char(&sb, ')');
  return V(sb_finish(&sb));
}

static Value getter_reduce(RpThread *th, const Value *a) {
  Getter *g = as_getter(a[0]);
  if (!g->kw || !dict_len(g->kw)) return V(tuple_of(th, 2, V(type_of(a[0])), V(g->made_with)));
  /* keywords do not fit into the arguments: a partial of the type with them */
  Value functools = module_import_native(th, str_intern_c(th, "_functools"));
  Value partial = functools == EMPTY ? EMPTY : op_getattr(th, functools, str_intern_c(th, "partial"));
  Tuple *args = partial == EMPTY ? NULL : tuple_of(th, 2, V(type_of(a[0])), g->made_with->items[0]);
  Value p = args ? op_call_ex(th, partial, args, g->kw) : EMPTY;
  return p == EMPTY ? EMPTY : V(tuple_of(th, 2, p, V(g->what)));
}

/* "a.b" to ("a", "b"); a name without dots to itself, interned. */
static Value split_name(RpThread *th, Str *name) {
  uint32_t n = 1;
  for (uint32_t i = 0; i < name->length; i++) n += str_at(name, i) == '.';
  if (n == 1) return V(str_intern(th, name));
  Tuple *t = tuple_alloc(th, n);
  uint32_t from = 0, at = 0;
  for (uint32_t i = 0; t && i <= name->length; i++) {
    if (i < name->length && str_at(name, i) != '.') continue;
    Str *part = str_slice(th, name, from, i);
    if (!part || !(part = str_intern(th, part))) return EMPTY;
    obj_store(th, t, &t->items[at++], V(part));
    from = i + 1;
  }
  return V(t);
}

static Value attrgetter_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_no_keywords(th, "attrgetter", n_keywords(kwnames)) || !cont_arity(th, "attrgetter", n_pos, 1, n_pos > 1 ? n_pos : 1)) return EMPTY;
  Tuple *names = tuple_alloc(th, n_pos);
  for (int i = 0; names && i < n_pos; i++) {
    if (!str_check(args[i])) return raise_type(th, "attribute name must be a string");
    Value name = split_name(th, as_str(args[i]));
    if (name == EMPTY) return EMPTY;
    obj_store(th, names, &names->items[i], name);
  }
  return V(getter_make(th, type, &type_attrgetter, SHAPE_attrgetter, tuple_new(th, args, n_pos), names));
}

static Value get_path(RpThread *th, Value o, Value name) {
  if (!tuple_check(name)) return op_getattr(th, o, as_str(name));
  for (uint64_t i = 0; o != EMPTY && i < as_tuple(name)->length; i++) o = op_getattr(th, o, as_str(as_tuple(name)->items[i]));
  return o;
}

static Value attrgetter_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (!one_argument(th, "attrgetter", n_pos, kwnames)) return EMPTY;
  Tuple *names = as_getter(self)->what;
  if (names->length == 1) return get_path(th, args[0], names->items[0]);
  Tuple *t = tuple_alloc(th, names->length);
  for (uint64_t i = 0; t && i < names->length; i++) {
    Value v = get_path(th, args[0], names->items[i]);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[i], v);
  }
  return V(t);
}

static Value itemgetter_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_no_keywords(th, "itemgetter", n_keywords(kwnames)) || !cont_arity(th, "itemgetter", n_pos, 1, n_pos > 1 ? n_pos : 1)) return EMPTY;
  Tuple *t = tuple_new(th, args, n_pos);
  return V(getter_make(th, type, &type_itemgetter, SHAPE_itemgetter, t, t));
}

static Value itemgetter_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (!one_argument(th, "itemgetter", n_pos, kwnames)) return EMPTY;
  Tuple *keys = as_getter(self)->what;
  if (keys->length == 1) return op_getitem(th, args[0], keys->items[0]);
  Tuple *t = tuple_alloc(th, keys->length);
  for (uint64_t i = 0; t && i < keys->length; i++) {
    Value v = op_getitem(th, args[0], keys->items[i]);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[i], v);
  }
  return V(t);
}

static Value methodcaller_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos < 1) return raise_type(th, "methodcaller needs at least one argument, the method name");
  if (!str_check(args[0])) return raise_type(th, "method name must be a string");
  Str *name = str_intern(th, as_str(args[0]));
  Dict *kw = name ? dict_new(th) : NULL;
  for (int i = 0; kw && i < n_keywords(kwnames); i++)
    if (dict_set(th, kw, kwnames->items[i], args[n_pos + i]) < 0) return EMPTY;
  Getter *g = kw ? getter_make(th, type, &type_methodcaller, SHAPE_methodcaller, tuple_new(th, args, n_pos),
                               tuple_new(th, args + 1, (size_t)n_pos - 1))
                 : NULL;
  if (!g) return EMPTY;
  g->name = V(name);
  g->kw = kw;
  return V(g);
}

static Value methodcaller_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (!one_argument(th, "methodcaller", n_pos, kwnames)) return EMPTY;
  Getter *g = as_getter(self);
  if (!dict_len(g->kw)) return op_call_method(th, args[0], as_str(g->name), g->what->items, (int)g->what->length);
  Value m = op_getattr(th, args[0], as_str(g->name));
  return m == EMPTY ? EMPTY : op_call_ex(th, m, g->what, g->kw);
}

static const NativeDef getter_methods[] = {{"__reduce__", getter_reduce, "(self, /)", 0, "Return state information for pickling"}, {0}};
#define GETTER_SPEC(name, doc_text)                                                                                                        \
  const TypeSpec spec_##name = {                                                                                                           \
      .doc = doc_text,                                                                                                                     \
      .size = sizeof(Getter),                                                                                                              \
      .slots = {.trace = getter_trace, .repr = getter_repr, .call = name##_call, .new_ = name##_new},                                      \
      .methods = getter_methods,                                                                                                           \
  }
GETTER_SPEC(attrgetter, "attrgetter(attr, ...) --> attrgetter object\n\nReturn a callable object that fetches the given attribute(s) from its "
                        "operand.\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) "
                        "returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, "
                        "r.name.last).");
GETTER_SPEC(itemgetter, "itemgetter(item, ...) --> itemgetter object\n\nReturn a callable object that fetches the given item(s) from its "
                        "operand.\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], "
                        "r[5], r[3])");
GETTER_SPEC(methodcaller, "methodcaller(name, ...) --> methodcaller object\n\nReturn a callable object that calls the given method on its "
                          "operand.\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), "
                          "the call g(r) returns\nr.name('date', foo=1).");

/* -- The module --------------------------------------------------------------------------------------------- */

#define F2(name, fn, text) {name, fn, "(a, b, /)", 0, text}
#define F1(name, fn, text) {name, fn, "(a, /)", 0, text}
static const NativeDef functions[] = {
    F1("truth", fn_truth, "Return True if a is true, False otherwise."),
    F2("contains", fn_contains, "Same as b in a (note reversed operands)."),
    F2("indexOf", fn_indexOf, "Return the first index of b in a."),
    F2("countOf", fn_countOf, "Return the number of items in a which are, or which equal, b."),
    F2("is_", fn_is, "Same as a is b."),
    F2("is_not", fn_is_not, "Same as a is not b."),
    F2("add", fn_add, "Same as a + b."),
    F2("sub", fn_sub, "Same as a - b."),
    F2("mul", fn_mul, "Same as a * b."),
    F2("matmul", fn_matmul, "Same as a @ b."),
    F2("floordiv", fn_floordiv, "Same as a // b."),
    F2("truediv", fn_truediv, "Same as a / b."),
    F2("mod", fn_mod, "Same as a % b."),
    F1("neg", fn_neg, "Same as -a."),
    F1("pos", fn_pos, "Same as +a."),
    F1("abs", fn_abs, "Same as abs(a)."),
    F1("inv", fn_invert, "Same as ~a."),
    F1("invert", fn_invert, "Same as ~a."),
    F2("lshift", fn_lshift, "Same as a << b."),
    F2("rshift", fn_rshift, "Same as a >> b."),
    F1("not_", fn_not, "Same as not a."),
    F2("and_", fn_and, "Same as a & b."),
    F2("xor", fn_xor, "Same as a ^ b."),
    F2("or_", fn_or, "Same as a | b."),
    F2("iadd", fn_iadd, "Same as a += b."),
    F2("isub", fn_isub, "Same as a -= b."),
    F2("imul", fn_imul, "Same as a *= b."),
    F2("imatmul", fn_imatmul, "Same as a @= b."),
    F2("ifloordiv", fn_ifloordiv, "Same as a //= b."),
    F2("itruediv", fn_itruediv, "Same as a /= b."),
    F2("imod", fn_imod, "Same as a %= b."),
    F2("ilshift", fn_ilshift, "Same as a <<= b."),
    F2("irshift", fn_irshift, "Same as a >>= b."),
    F2("iand", fn_iand, "Same as a &= b."),
    F2("ixor", fn_ixor, "Same as a ^= b."),
    F2("ior", fn_ior, "Same as a |= b."),
    F2("concat", fn_concat, "Same as a + b, for a and b sequences."),
    F2("iconcat", fn_iconcat, "Same as a += b, for a and b sequences."),
    F2("getitem", fn_getitem, "Same as a[b]."),
    {"setitem", fn_setitem, "(a, b, c, /)", 0, "Same as a[b] = c."},
    F2("delitem", fn_delitem, "Same as del a[b]."),
    F2("pow", fn_pow, "Same as a ** b."),
    F2("ipow", fn_ipow, "Same as a **= b."),
    F2("eq", fn_eq, "Same as a == b."),
    F2("ne", fn_ne, "Same as a != b."),
    F2("lt", fn_lt, "Same as a < b."),
    F2("le", fn_le, "Same as a <= b."),
    F2("gt", fn_gt, "Same as a > b."),
    F2("ge", fn_ge, "Same as a >= b."),
    F1("index", fn_index, "Same as a.__index__()"),
    {"length_hint", fn_length_hint, "(obj, default=0, /)", 0, "Return an estimate of the number of items in obj."},
    {"call", fn_call, "(obj, /, *args, **kwargs)", 0, "Same as obj(*args, **kwargs)."},
    {"_compare_digest", fn_compare_digest, "(a, b, /)", 0, "Return 'a == b'."},
    {0},
};

static int init(RpThread *th, Dict *dict) {
  return dict_set_c(th, dict, "attrgetter", V(&type_attrgetter)) < 0 || dict_set_c(th, dict, "itemgetter", V(&type_itemgetter)) < 0 ||
                 dict_set_c(th, dict, "methodcaller", V(&type_methodcaller)) < 0
             ? -1
             : 0;
}

const ModuleSpec mod__operator = {
    .doc = "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For "
           "example, operator.add(x, y)\nis equivalent to the expression x+y.",
    .functions = functions,
    .init = init,
};
