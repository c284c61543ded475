/* rt_ops.c: what RIR operations mean, when no fast path applies. Chapters follow rir.def. */
#include "runtime/rt_ops.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/func.h"
#include "runtime/ic.h"
#include "runtime/interp.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/rt_exc.h"
#include "runtime/rt_match.h"
#include "runtime/set.h"
#include "runtime/str.h"

/* Every operation: `static int op_NAME(...)` with R the registers. SET writes the result register or passes the failure on. */
#define RT(name) static int rt_##name(RpThread *th, Frame *f, const Instr *i)
#define R (f->regs)
#define SET(expr)                     \
  do {                                \
    Value v_ = (expr);                \
    if (v_ == EMPTY) return RT_RAISE; \
    R[i->a] = v_;                     \
    return RT_OK;                     \
  } while (0)
#define SET_REF(expr) SET(value_object(expr))
#define SET_BOOL(expr)              \
  do {                              \
    int b_ = (expr);                \
    if (b_ < 0) return RT_RAISE;    \
    R[i->a] = value_bool(b_);       \
    return RT_OK;                   \
  } while (0)
#define CHECK_RC(expr) return (expr) < 0 ? RT_RAISE : RT_OK

static Ic *ic_of(Frame *f, const Instr *i) { return &f->code->ics[i->e]; }

/* -- Cells and namespaces ------------------------------------------------ */

RT(CHECK_LOCAL) {
  if (likely(R[i->a] != EMPTY)) return RT_OK;
  raise_error(th, &type_UnboundLocalError, "cannot access local variable '%S' where it is not associated with a value",
              instr_name(f, (unsigned)i->e));
  return RT_RAISE;
}

RT(MAKE_CELL) {
  Cell *c = heap_new(th, Cell, SHAPE_cell, K_CELL);
  if (!c) return RT_RAISE;
  c->v = i->b == NO_REG ? EMPTY : R[i->b];
  SET_REF(c);
}

RT(LOAD_CLOSURE) {
  RP_ASSERT(f->func->closure && (uint64_t)i->e < f->func->closure->length);
  R[i->a] = f->func->closure->items[i->e];
  return RT_OK;
}

/* Own cells are unbound locals; free variables say so. */
static int raise_unbound_cell(RpThread *th, Frame *f, Str *name) {
  Tuple *own = f->code->cellvars;
  for (uint64_t k = 0; k < own->length; k++)
    if (own->items[k] == value_object(name)) {
      raise_error(th, &type_UnboundLocalError, "cannot access local variable '%S' where it is not associated with a value", name);
      return RT_RAISE;
    }
  raise_error(th, &type_NameError, "cannot access free variable '%S' where it is not associated with a value in enclosing scope", name);
  return RT_RAISE;
}

RT(LOAD_DEREF) {
  Value v = load_relaxed(&((Cell *)as_object(R[i->b]))->v);
  if (unlikely(v == EMPTY)) return raise_unbound_cell(th, f, instr_name(f, (unsigned)i->e));
  R[i->a] = v;
  return RT_OK;
}

RT(STORE_DEREF) {
  Cell *c = (Cell *)as_object(R[i->a]);
  obj_store(th, c, &c->v, R[i->b]);
  return RT_OK;
}

RT(DELETE_DEREF) {
  Cell *c = (Cell *)as_object(R[i->a]);
  if (load_relaxed(&c->v) == EMPTY) return raise_unbound_cell(th, f, instr_name(f, (unsigned)i->e));
  store_relaxed(&c->v, EMPTY);
  return RT_OK;
}

/* Namespace read: exact dicts directly, other mappings by item, KeyError meaning absent. EMPTY without pending: absent. */
static Value namespace_get(RpThread *th, Value ns, Str *name) {
  if (has_shape(ns, SHAPE_dict)) return dict_get_str(as_dict(ns), name);
  Value v = op_getitem(th, ns, value_object(name));
  if (v == EMPTY && error_is(th, &type_KeyError)) error_clear(th);
  return v;
}

RT(LOAD_CLASSDEREF) {
  Value v = namespace_get(th, f->locals, instr_name(f, (unsigned)i->e));
  if (v == EMPTY) return th->pending != EMPTY ? RT_RAISE : rt_LOAD_DEREF(th, f, i);
  R[i->a] = v;
  return RT_OK;
}

/* Unknown names of builtins that is not an exact dict (a module's __builtins__ replaced) go by item as well. */
RT(LOAD_GLOBAL) {
  Str *name = instr_name(f, i->d);
  if (likely(has_shape(value_object(f->globals), SHAPE_dict))) SET(ic_global_miss(th, ic_of(f, i), f->globals, f->builtins, name));
  Value v = namespace_get(th, value_object(f->globals), name);
  if (v == EMPTY && th->pending == EMPTY) v = dict_get_str(f->builtins, name);
  if (v == EMPTY && th->pending == EMPTY) raise_name(th, name);
  SET(v);
}

RT(STORE_GLOBAL) { CHECK_RC(dict_set_str(th, f->globals, instr_name(f, i->d), R[i->a])); }

RT(DELETE_GLOBAL) {
  Str *name = instr_name(f, i->d);
  int rc = dict_del_str(th, f->globals, name);
  if (rc == 0) raise_name(th, name);
  return rc == 1 ? RT_OK : RT_RAISE;
}

RT(LOAD_NAME) {
  Value v = f->locals == value_object(f->globals) ? EMPTY : namespace_get(th, f->locals, instr_name(f, i->d));
  if (v == EMPTY) return th->pending != EMPTY ? RT_RAISE : rt_LOAD_GLOBAL(th, f, i);
  R[i->a] = v;
  return RT_OK;
}

RT(STORE_NAME) {
  Value ns = f->locals;
  Str *name = instr_name(f, i->d);
  if (likely(has_shape(ns, SHAPE_dict))) CHECK_RC(dict_set_str(th, as_dict(ns), name, R[i->a]));
  CHECK_RC(op_setitem(th, ns, value_object(name), R[i->a]));
}

RT(DELETE_NAME) {
  Str *name = instr_name(f, i->d);
  if (op_delitem(th, f->locals, value_object(name)) == 0) return RT_OK;
  if (error_is(th, &type_KeyError)) {
    error_clear(th);
    raise_name(th, name);
  }
  return RT_RAISE;
}

RT(LOAD_LOCALS) { SET(f->locals); }

RT(SETUP_ANNOTATIONS) {
  Value v = namespace_get(th, f->locals, S(__annotations__));
  if (v != EMPTY) return RT_OK;
  if (th->pending != EMPTY) return RT_RAISE;
  Dict *d = dict_new(th);
  if (!d) return RT_RAISE;
  CHECK_RC(op_setitem(th, f->locals, value_object(S(__annotations__)), value_object(d)));
}

RT(LOAD_BUILD_CLASS) {
  Value v = dict_get_str(f->builtins, S(__build_class__));
  if (v == EMPTY) raise_error(th, &type_NameError, "__build_class__ not found");
  SET(v);
}

/* -- Arithmetic ------------------------------------------------------------ */

#define BINARY(NAME, OP)                                                    \
  RT(NAME) { SET(op_binary(th, OP_##OP, R[i->b], R[i->c])); }              \
  RT(I##NAME) { SET(op_inplace(th, OP_##OP, R[i->b], R[i->c])); }
BINARY(ADD, ADD)
BINARY(SUB, SUB)
BINARY(MUL, MUL)
BINARY(TRUEDIV, TRUEDIV)
BINARY(FLOORDIV, FLOORDIV)
BINARY(MOD, MOD)
BINARY(POW, POW)
BINARY(LSHIFT, LSHIFT)
BINARY(RSHIFT, RSHIFT)
BINARY(AND, AND)
BINARY(OR, OR)
BINARY(XOR, XOR)
BINARY(MATMUL, MATMUL)
RT(ADD_IMM) { SET(i->f ? op_inplace(th, OP_ADD, R[i->b], value_int(i->e)) : op_binary(th, OP_ADD, R[i->b], value_int(i->e))); }
RT(SUB_IMM) { SET(i->f ? op_inplace(th, OP_SUB, R[i->b], value_int(i->e)) : op_binary(th, OP_SUB, R[i->b], value_int(i->e))); }
RT(NEG) { SET(op_neg(th, R[i->b])); }
RT(POS) { SET(op_pos(th, R[i->b])); }
RT(INVERT) { SET(op_invert(th, R[i->b])); }
RT(NOT) {
  int t = op_truth(th, R[i->b]);
  SET_BOOL(t < 0 ? t : !t);
}
RT(TO_BOOL) { SET_BOOL(op_truth(th, R[i->b])); }

/* -- Comparison --------------------------------------------------------------- */

#define COMPARE(NAME)                                                                      \
  RT(NAME) { SET(op_compare(th, R[i->b], R[i->c], CMP_##NAME)); }                          \
  RT(JUMP_##NAME) { return op_compare_bool(th, R[i->a], R[i->b], CMP_##NAME); }            \
  RT(JUMP_NOT_##NAME) {                                                                    \
    int b = op_compare_bool(th, R[i->a], R[i->b], CMP_##NAME);                             \
    return b < 0 ? RT_RAISE : !b;                                                          \
  }
COMPARE(LT)
COMPARE(LE)
COMPARE(EQ)
COMPARE(NE)
COMPARE(GT)
COMPARE(GE)
_Static_assert(RT_JUMP == 1 && RT_OK == 0 && RT_RAISE == -1, "truth values are statuses");

RT(IN) { SET_BOOL(op_contains(th, R[i->c], R[i->b])); }
RT(NOT_IN) {
  int b = op_contains(th, R[i->c], R[i->b]);
  SET_BOOL(b < 0 ? b : !b);
}
RT(JUMP_IF_TRUE) { return op_truth(th, R[i->a]); }
RT(JUMP_IF_FALSE) {
  int t = op_truth(th, R[i->a]);
  return t < 0 ? RT_RAISE : !t;
}

/* -- Attributes and items -------------------------------------------------------- */

RT(GET_ATTR) {
  Value v = ic_getattr_hit(ic_of(f, i), R[i->b]);
  if (v == EMPTY) v = ic_getattr_miss(th, ic_of(f, i), R[i->b], instr_name(f, i->d));
  SET(v);
}
RT(SET_ATTR) {
  if (ic_setattr_hit(th, ic_of(f, i), R[i->a], R[i->b])) return RT_OK;
  CHECK_RC(ic_setattr_miss(th, ic_of(f, i), R[i->a], instr_name(f, i->d), R[i->b]));
}
RT(DEL_ATTR) { CHECK_RC(op_delattr(th, R[i->a], instr_name(f, i->d))); }
RT(GET_ITEM) { SET(op_getitem(th, R[i->b], R[i->c])); }
RT(SET_ITEM) { CHECK_RC(op_setitem(th, R[i->a], R[i->b], R[i->c])); }
RT(DEL_ITEM) { CHECK_RC(op_delitem(th, R[i->a], R[i->b])); }

RT(GET_SLICE) {
  Slice *s = slice_new(th, R[i->c], R[i->d], NONE);
  if (!s) return RT_RAISE;
  SET(op_getitem(th, R[i->b], value_object(s)));
}
RT(SET_SLICE) {
  Slice *s = slice_new(th, R[i->b], R[i->c], NONE);
  if (!s) return RT_RAISE;
  CHECK_RC(op_setitem(th, R[i->a], value_object(s), R[i->d]));
}
RT(BUILD_SLICE) { SET_REF(slice_new(th, R[i->b], R[i->c], R[i->d])); }

/* -- Building ---------------------------------------------------------------------- */

RT(BUILD_TUPLE) { SET_REF(i->c ? tuple_new(th, &R[i->b], i->c) : tuple_empty_); }
RT(BUILD_LIST) { SET_REF(list_from(th, &R[i->b], i->c)); }
RT(BUILD_SET) {
  Set *s = set_new(th);
  if (!s) return RT_RAISE;
  for (unsigned k = 0; k < i->c; k++)
    if (set_add(th, s, R[i->b + k]) < 0) return RT_RAISE;
  SET_REF(s);
}
RT(BUILD_DICT) {
  Dict *d = dict_new_sized(th, i->c);
  if (!d) return RT_RAISE;
  for (unsigned k = 0; k < i->c; k++)
    if (dict_set(th, d, R[i->b + 2 * k], R[i->b + 2 * k + 1]) < 0) return RT_RAISE;
  SET_REF(d);
}
RT(BUILD_DICT_CONST_KEYS) {
  Tuple *keys = as_tuple(f->code->consts->items[i->e]);
  Dict *d = i->c - 1u < 16 ? dict_from_names(th, keys->items, &R[i->b], i->c) : NULL;
  if (likely(d != NULL)) SET_REF(d);
  if (th->pending != EMPTY) return RT_RAISE;
  d = dict_new_sized(th, i->c);
  if (!d) return RT_RAISE;
  for (unsigned k = 0; k < i->c; k++)
    if (dict_set(th, d, keys->items[k], R[i->b + k]) < 0) return RT_RAISE;
  SET_REF(d);
}
RT(BUILD_STRING) { SET_REF(str_join(th, str_empty_, &R[i->b], i->c)); }

RT(FORMAT_VALUE) {
  Value v = R[i->b];
  if (i->f) {
    Str *s = i->f == 's' ? op_str(th, v) : i->f == 'r' ? op_repr(th, v) : op_ascii(th, v);
    if (!s) return RT_RAISE;
    v = value_object(s);
  }
  SET_REF(op_format(th, v, i->c == NO_REG ? NULL : as_str(R[i->c])));
}

RT(LIST_APPEND) { CHECK_RC(list_append(th, as_list(R[i->a]), R[i->b])); }
RT(LIST_EXTEND) {
  if (list_extend(th, as_list(R[i->a]), R[i->b]) == 0) return RT_OK;
  /* f(*x) and [*x]: the message says what the star was applied to */
  Value v = R[i->b];
  if (error_is(th, &type_TypeError) && !type_of(v)->slots.iter && !type_of(v)->slots.getitem) {
    error_clear(th);
    raise_type(th, "Value after * must be an iterable, not %T", v);
  }
  return RT_RAISE;
}
RT(SET_ADD) { CHECK_RC(set_add(th, as_set(R[i->a]), R[i->b])); }
RT(SET_UPDATE) { CHECK_RC(set_update(th, as_set(R[i->a]), R[i->b])); }
RT(DICT_SET) { CHECK_RC(dict_set(th, as_dict(R[i->a]), R[i->b], R[i->c])); }

RT(DICT_UPDATE) {
  if (dict_update(th, as_dict(R[i->a]), R[i->b], true) == 0) return RT_OK;
  if (error_is(th, &type_AttributeError)) {
    error_clear(th);
    raise_type(th, "'%T' object is not a mapping", R[i->b]);
  }
  return RT_RAISE;
}

/* How error messages of ** name the callee: "module.qualname()" as CPython's _PyObject_FunctionStr. */
static Str *function_str(RpThread *th, Value fn) {
  Value qn = op_getattr_opt(th, fn, S(__qualname__));
  if (qn == EMPTY || !str_check(qn)) {
    error_clear(th);
    return op_str(th, fn);
  }
  Value mod = op_getattr_opt(th, fn, S(__module__));
  if (mod == EMPTY) error_clear(th);
  if (mod != EMPTY && str_check(mod) && !str_eq(as_str(mod), S(builtins))) return str_fmt(th, "%S.%S()", as_str(mod), as_str(qn));
  return str_fmt(th, "%S()", as_str(qn));
}

RT(DICT_MERGE) {
  Dict *d = as_dict(R[i->a]);
  Value other = R[i->b];
  uint64_t before = dict_len(d);
  Value keys = dict_check(other) ? EMPTY : op_getattr_opt(th, other, S(keys));
  if (!dict_check(other) && keys == EMPTY) {
    if (th->pending != EMPTY) return RT_RAISE;
    Str *fs = function_str(th, R[i->c]);
    if (fs) raise_type(th, "%S argument after ** must be a mapping, not %T", fs, other);
    return RT_RAISE;
  }
  Dict *add = dict_new(th);
  if (!add || dict_update(th, add, other, true) < 0) return RT_RAISE;
  uint32_t pos = 0;
  Value key, value;
  while (dict_next(add, &pos, &key, &value)) {
    if (!str_check(key)) {
      Str *fs = function_str(th, R[i->c]);
      if (fs) raise_type(th, "%S keywords must be strings", fs);
      return RT_RAISE;
    }
    if (before && dict_get_str(d, as_str(key)) != EMPTY) {
      Str *fs = function_str(th, R[i->c]);
      if (fs) raise_type(th, "%S got multiple values for keyword argument '%S'", fs, as_str(key));
      return RT_RAISE;
    }
    if (dict_set(th, d, key, value) < 0) return RT_RAISE;
  }
  return RT_OK;
}

RT(STAR_TUPLE) {
  Value v = R[i->b];
  if (type_of(v)->slots.iter || type_of(v)->slots.getitem) SET_REF(op_to_tuple(th, v));
  Str *fs = function_str(th, R[i->c]);
  if (fs) raise_type(th, "%S argument after * must be an iterable, not %T", fs, v);
  return RT_RAISE;
}
RT(LIST_TO_TUPLE) { SET_REF(list_to_tuple(th, as_list(R[i->b]))); }

/* -- Unpacking ----------------------------------------------------------------------- */

static Value unpack_iter(RpThread *th, Value v) {
  Type *t = type_of(v);
  if (!t->slots.iter && !t->slots.getitem) return raise_type(th, "cannot unpack non-iterable %T object", v);
  return op_iter(th, v);
}

RT(UNPACK_SEQ) {
  Value v = R[i->a];
  unsigned n = i->c;
  const Value *items = NULL;
  uint64_t have = 0;
  if (has_shape(v, SHAPE_tuple)) items = as_tuple(v)->items, have = as_tuple(v)->length;
  else if (has_shape(v, SHAPE_list)) {
    Array *a = list_array(as_list(v));
    items = a->items, have = load_acquire(&a->length);
  }
  if (items) {
    if (have < n) raise_value(th, "not enough values to unpack (expected %u, got %u)", n, (unsigned)have);
    if (have > n) raise_value(th, "too many values to unpack (expected %u)", n);
    if (have != n) return RT_RAISE;
    for (unsigned k = 0; k < n; k++) R[i->b + k] = load_relaxed(&items[k]);
    return RT_OK;
  }
  Value it = unpack_iter(th, v);
  if (it == EMPTY) return RT_RAISE;
  for (unsigned k = 0; k < n; k++) {
    Value x = op_next(th, it);
    if (x == EMPTY) {
      if (th->pending == EMPTY) raise_value(th, "not enough values to unpack (expected %u, got %u)", n, k);
      return RT_RAISE;
    }
    R[i->b + k] = x;
  }
  if (op_next(th, it) != EMPTY) raise_value(th, "too many values to unpack (expected %u)", n);
  return th->pending != EMPTY ? RT_RAISE : RT_OK;
}

RT(UNPACK_EX) {
  unsigned before = i->c, after = i->d;
  Value it = unpack_iter(th, R[i->a]);
  if (it == EMPTY) return RT_RAISE;
  for (unsigned k = 0; k < before; k++) {
    Value x = op_next(th, it);
    if (x == EMPTY) {
      if (th->pending == EMPTY) raise_value(th, "not enough values to unpack (expected at least %u, got %u)", before + after, k);
      return RT_RAISE;
    }
    R[i->b + k] = x;
  }
  List *rest = list_new(th, 0);
  if (!rest || list_extend(th, rest, it) < 0) return RT_RAISE;
  uint32_t len = list_len(rest);
  if (len < after) {
    raise_value(th, "not enough values to unpack (expected at least %u, got %u)", before + after, before + len);
    return RT_RAISE;
  }
  for (unsigned k = 0; k < after; k++) R[i->b + before + 1 + k] = list_array(rest)->items[len - after + k];
  for (unsigned k = 0; k < after; k++)
    if (list_pop(th, rest, -1) == EMPTY) return RT_RAISE;
  R[i->b + before] = value_object(rest);
  return RT_OK;
}

/* -- Calls ------------------------------------------------------------------------------ */

static Tuple *instr_kwnames(const Frame *f, const Instr *i) { return i->f ? as_tuple(f->code->consts->items[i->f - 1]) : NULL; }

RT(CALL) {
  Tuple *kw = instr_kwnames(f, i);
  int n_kw = kw ? (int)kw->length : 0;
  SET(op_call(th, R[i->b], &R[i->b + 1], i->c - n_kw, kw));
}
RT(CALL_METHOD) {
  Tuple *kw = instr_kwnames(f, i);
  int n_pos = i->c - (kw ? (int)kw->length : 0);
  Value callee;
  int method = ic_method_hit(ic_of(f, i), R[i->b], &callee);
  if (method < 0) method = ic_method_miss(th, ic_of(f, i), R[i->b], instr_name(f, i->d), &callee);
  if (method < 0) {
    th->lookup_failed = true;
    return RT_RAISE;
  }
  SET(method ? op_call(th, callee, &R[i->b], n_pos + 1, kw) : op_call(th, callee, &R[i->b + 1], n_pos, kw));
}
RT(LOAD_METHOD) {
  Value callee, self = R[i->b];
  int method = ic_method_hit(ic_of(f, i), self, &callee);
  if (method < 0) method = ic_method_miss(th, ic_of(f, i), self, instr_name(f, i->d), &callee);
  if (method < 0) return RT_RAISE;
  R[i->a] = callee;
  R[i->a + 1] = method ? self : EMPTY;
  return RT_OK;
}
RT(LOAD_SUPER) {
  Value cls = load_relaxed(&((Cell *)as_object(R[i->c]))->v), self = R[i->f], callee;
  int method = 0;
  if (likely(R[i->b] == value_object(&type_super) && has_kind(cls, K_TYPE) && self != EMPTY)) {
    method = ic_super_hit(ic_of(f, i), as_object(cls), self, &callee);
    if (method < 0) method = ic_super_miss(th, ic_of(f, i), (Type *)as_object(cls), self, instr_name(f, i->d), &callee);
    if (method < 0) return RT_RAISE;
  } else { /* another `super`, or one that says what is wrong */
    Value s = op_call(th, R[i->b], NULL, 0, NULL);
    if (s == EMPTY || (callee = op_getattr(th, s, instr_name(f, i->d))) == EMPTY) return RT_RAISE;
  }
  R[i->a] = callee;
  R[i->a + 1] = method ? self : EMPTY;
  return RT_OK;
}
RT(CALL_BOUND) {
  Tuple *kw = instr_kwnames(f, i);
  int n_pos = i->c - (kw ? (int)kw->length : 0);
  SET(R[i->b + 1] != EMPTY ? op_call(th, R[i->b], &R[i->b + 1], n_pos + 1, kw) : op_call(th, R[i->b], &R[i->b + 2], n_pos, kw));
}
RT(CALL_EX) { SET(op_call_ex(th, R[i->b], as_tuple(R[i->c]), i->d == NO_REG ? NULL : as_dict(R[i->d]))); }

RT(MAKE_FUNCTION) {
  Code *code = (Code *)as_object(f->code->consts->items[i->e]);
  Function *fn = func_new(th, code, f->globals);
  if (!fn) return RT_RAISE;
  fn->builtins = f->builtins;
  if (i->b != NO_REG) obj_store(th, fn, (Value *)&fn->defaults, R[i->b]);
  if (i->c != NO_REG) obj_store(th, fn, (Value *)&fn->kwdefaults, R[i->c]);
  if (i->d != NO_REG) obj_store(th, fn, &fn->annotations, R[i->d]);
  if (i->f != NO_REG) obj_store(th, fn, (Value *)&fn->closure, R[i->f]);
  SET_REF(fn);
}

/* -- Iteration ------------------------------------------------------------------------------ */

RT(GET_ITER) { SET(op_iter(th, R[i->b])); }
RT(FOR_ITER) {
  Value v = op_next(th, R[i->b]);
  if (v == EMPTY) return th->pending != EMPTY ? RT_RAISE : RT_JUMP;
  R[i->a] = v;
  return RT_OK;
}
RT(GET_LEN) {
  int64_t n = op_len(th, R[i->b]);
  if (n < 0) return RT_RAISE;
  SET(value_int(n));
}

/* -- Imports, display ---------------------------------------------------------------------------- */

RT(IMPORT_NAME) {
  /* A replaced builtins.__import__ is honoured; the plain one is called directly. */
  Str *name = instr_name(f, i->d);
  Value imp = dict_get_str(f->builtins, S(__import__));
  if (imp == EMPTY) {
    raise_error(th, &type_ImportError, "__import__ not found");
    return RT_RAISE;
  }
  if (imp == th->ctx->import_builtin) SET(import_name(th, name, value_object(f->globals), R[i->c], (int)as_int(R[i->b])));
  Value args[5] = {value_object(name), value_object(f->globals), f->locals == EMPTY ? NONE : f->locals, R[i->c], R[i->b]};
  SET(op_call(th, imp, args, 5, NULL));
}
RT(IMPORT_FROM) { SET(import_from(th, R[i->b], instr_name(f, i->d))); }
RT(IMPORT_STAR) { CHECK_RC(import_star(th, R[i->a], f->locals)); }

RT(PRINT_EXPR) {
  Value hook = dict_get_str(th->ctx->sys_dict, S(displayhook));
  if (hook == EMPTY) {
    raise_runtime(th, "lost sys.displayhook");
    return RT_RAISE;
  }
  return op_call1(th, hook, R[i->a]) == EMPTY ? RT_RAISE : RT_OK;
}

/* -- Exceptions and generators: rt_exc.c; patterns: rt_match.c ---------------------------------------- */

RT(RAISE) {
  rt_raise(th, R[i->a], i->b == NO_REG ? EMPTY : R[i->b]);
  return RT_RAISE;
}
RT(RERAISE_CURRENT) {
  Value v = thread_handled(th);
  if (v == EMPTY) raise_runtime(th, "No active exception to reraise");
  else th->pending = v;
  return RT_RAISE;
}
RT(PUSH_HANDLED) {
  Value exc = R[i->b];
  R[i->a] = th->handled;
  th->handled = exc;
  return RT_OK;
}
RT(POP_HANDLED) {
  th->handled = R[i->a];
  return RT_OK;
}
RT(EXC_MATCH) { SET_BOOL(rt_exc_match(th, R[i->b], R[i->c])); }
RT(EXC_GROUP_MATCH) { CHECK_RC(rt_exc_group_match(th, R[i->b], R[i->c], &R[i->a], &R[i->a + 1])); }
RT(EXC_GROUP_MERGE) { SET(rt_exc_group_merge(th, R[i->b], as_list(R[i->c]))); }
RT(WITH_ENTER) { CHECK_RC(rt_with_enter(th, R[i->b], false, &R[i->a], &R[i->a + 1])); }
RT(AWITH_ENTER) { CHECK_RC(rt_with_enter(th, R[i->b], true, &R[i->a], &R[i->a + 1])); }
RT(WITH_EXIT) { SET(rt_with_exit(th, R[i->b], i->c == NO_REG ? EMPTY : R[i->c])); }
RT(LOAD_ASSERTION_ERROR) { SET_REF(&type_AssertionError); }

RT(GET_YIELD_FROM_ITER) { SET(rt_yield_from_iter(th, f->code, R[i->b])); }
RT(SEND) { return rt_send(th, R[i->b], R[i->c], &R[i->a]); }
RT(YIELD_FROM_THROW) { return rt_yield_from_throw(th, R[i->b], R[i->a], &R[i->a]); }
RT(GET_AWAITABLE) { SET(rt_get_awaitable(th, R[i->b], i->f)); }
RT(GET_AITER) { SET(rt_get_aiter(th, R[i->b])); }
RT(GET_ANEXT) { SET(rt_get_anext(th, R[i->b])); }
RT(ASYNC_GEN_WRAP) { SET(rt_async_gen_wrap(th, R[i->b])); }
RT(END_ASYNC_FOR) {
  if (value_is_instance(R[i->a], &type_StopAsyncIteration)) return RT_OK;
  th->pending = R[i->a];
  return RT_RAISE;
}

RT(MATCH_SEQUENCE) { SET(value_bool(type_of(R[i->b])->flags & TYPE_SEQUENCE)); }
RT(MATCH_MAPPING) { SET(value_bool(type_of(R[i->b])->flags & TYPE_MAPPING)); }
RT(MATCH_KEYS) { SET(rt_match_keys(th, R[i->b], as_tuple(R[i->c]))); }
RT(MATCH_CLASS) { SET(rt_match_class(th, R[i->b], R[i->c], i->f, as_tuple(f->code->consts->items[i->e]))); }
RT(COPY_DICT_WITHOUT) { SET(rt_copy_dict_without(th, R[i->b], as_tuple(R[i->c]))); }

/* -- Table ------------------------------------------------------------------------------------------------ */

/* Operations of the execution engines themselves. */
#define rt_NOP NULL
#define rt_MOVE NULL
#define rt_LOAD_CONST NULL
#define rt_LOAD_INT NULL
#define rt_LOAD_NONE NULL
#define rt_LOAD_EMPTY NULL
#define rt_IS NULL
#define rt_IS_NOT NULL
#define rt_JUMP NULL
#define rt_JUMP_BACK NULL
#define rt_LOOP_HEAD NULL
#define rt_JUMP_IF_NONE NULL
#define rt_JUMP_IF_NOT_NONE NULL
#define rt_JUMP_IF_EMPTY NULL
#define rt_JUMP_IF_IS NULL
#define rt_JUMP_IF_IS_NOT NULL
#define rt_RETURN NULL
#define rt_RETURN_GENERATOR NULL
#define rt_YIELD NULL
#define rt_RERAISE NULL

const RtOp rt_ops[N_RIR_OPS] = {
#define OP(name, ...) [RIR_##name] = rt_##name,
#include "runtime/rir.def"
#undef OP
};
