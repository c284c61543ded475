/* ops.c: the generic operations on any values: small ints and doubles first, then the slots of the types, then CPython's error texts.
** Calls are call.c, attributes attr.c, type checks ops_type.c. */
#include "runtime/ops.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <math.h>

/* -- Binary operations ---------------------------------------------------------------------------------------------------- */

typedef struct OpInfo { uint16_t slot, islot; const char *sign; const char *isign; } OpInfo;
#define ROW(field, sign) {offsetof(TypeSlots, field), offsetof(TypeSlots, i##field), sign, sign "="}
static const OpInfo infos[N_BINOPS] = { /* ORDER BINOP */
    ROW(add, "+"), ROW(sub, "-"), ROW(mul, "*"), ROW(truediv, "/"), ROW(floordiv, "//"), ROW(mod, "%"),
    {offsetof(TypeSlots, pow), offsetof(TypeSlots, ipow), "** or pow()", "**="},
    ROW(lshift, "<<"), ROW(rshift, ">>"),
    {offsetof(TypeSlots, and_), offsetof(TypeSlots, iand), "&", "&="},
    {offsetof(TypeSlots, or_), offsetof(TypeSlots, ior), "|", "|="},
    {offsetof(TypeSlots, xor_), offsetof(TypeSlots, ixor), "^", "^="},
    ROW(matmul, "@")};
_Static_assert(OP_POW == 6 && OP_AND == 9 && OP_MATMUL == 12, "ORDER BINOP");

#define SLOT_AT(t, offset) (*(BinaryFn *)((char *)&(t)->slots + (offset)))

/* Both slots by the reflected rules; a right operand of a subclass goes first. NOT_IMPLEMENTED when neither knows. */
static Value number_op(RpThread *th, Value a, Value b, size_t offset) {
  Type *ta = type_of(a), *tb = type_of(b);
  BinaryFn fa = SLOT_AT(ta, offset), fb = ta == tb ? NULL : SLOT_AT(tb, offset);
  if (fb == fa) fb = NULL;
  if (fa) {
    if (fb && type_is_subtype(tb, ta)) {
      Value r = fb(th, a, b);
      if (r != NOT_IMPLEMENTED) return r;
      fb = NULL;
    }
    Value r = fa(th, a, b);
    if (r != NOT_IMPLEMENTED) return r;
  }
  return fb ? fb(th, a, b) : NOT_IMPLEMENTED;
}

static Value pow_op(RpThread *th, Value a, Value b, Value mod) {
  Type *ta = type_of(a), *tb = type_of(b), *tm = type_of(mod);
  TernaryFn fa = ta->slots.pow, fb = ta == tb ? NULL : tb->slots.pow;
  if (fb == fa) fb = NULL;
  if (fa) {
    if (fb && type_is_subtype(tb, ta)) {
      Value r = fb(th, a, b, mod);
      if (r != NOT_IMPLEMENTED) return r;
      fb = NULL;
    }
    Value r = fa(th, a, b, mod);
    if (r != NOT_IMPLEMENTED) return r;
  }
  if (fb) {
    Value r = fb(th, a, b, mod);
    if (r != NOT_IMPLEMENTED) return r;
  }
  TernaryFn fm = mod == NONE ? NULL : tm->slots.pow;
  return fm && fm != fa && fm != fb ? fm(th, a, b, mod) : NOT_IMPLEMENTED;
}

COLD static Value no_op(RpThread *th, Value a, Value b, const char *sign) {
  bool print_shift = sign[0] == '>' && sign[1] == '>' && has_kind(a, K_NATIVE) && str_eq_c(((Native *)as_object(a))->name, "print");
  if (print_shift && sign[2] == 0)
    return raise_type(th, "unsupported operand type(s) for %s: '%T' and '%T'. Did you mean \"print(<message>, file=<output_stream>)\"?", sign, a, b);
  return raise_type(th, "unsupported operand type(s) for %s: '%T' and '%T'", sign, a, b);
}

static Value repeat(RpThread *th, Value seq, Value count, Value (*fn)(RpThread *, Value, Value)) {
  if (!type_of(count)->slots.index) return raise_type(th, "can't multiply sequence by non-int of type '%T'", count);
  return fn(th, seq, count);
}

/* The number slots passed: sequence forms of + and *. */
static Value sequence_op(RpThread *th, BinOp op, Value a, Value b, const char *sign) {
  Type *ta = type_of(a), *tb = type_of(b);
  if (op == OP_ADD && ta->slots.seq_concat) return ta->slots.seq_concat(th, a, b);
  if (op == OP_MUL) {
    if (ta->slots.seq_repeat) return repeat(th, a, b, ta->slots.seq_repeat);
    if (tb->slots.seq_repeat) return repeat(th, b, a, tb->slots.seq_repeat);
  }
  return no_op(th, a, b, sign);
}

static Value binary_slow(RpThread *th, BinOp op, Value a, Value b) {
  Value r = op == OP_POW ? pow_op(th, a, b, NONE) : number_op(th, a, b, infos[op].slot);
  return r != NOT_IMPLEMENTED ? r : sequence_op(th, op, a, b, infos[op].sign);
}

static Value small_ints(RpThread *th, BinOp op, Value a, Value b) {
  int64_t x = as_int(a), y = as_int(b), r;
  switch (op) {
  case OP_ADD: r = x + y; break;
  case OP_SUB: r = x - y; break;
  case OP_MUL:
    if (__builtin_mul_overflow(x, y, &r)) return int_mul(th, a, b);
    break;
  case OP_AND: r = x & y; break;
  case OP_OR: r = x | y; break;
  case OP_XOR: r = x ^ y; break;
  case OP_TRUEDIV: return int_truediv(th, a, b);
  case OP_FLOORDIV:
    if (y == 0) return int_floordiv(th, a, b);
    r = x / y;
    if ((x % y != 0) && ((x < 0) != (y < 0))) r--;
    break;
  case OP_MOD:
    if (y == 0) return int_mod(th, a, b);
    r = x % y;
    if (r != 0 && ((r < 0) != (y < 0))) r += y;
    break;
  case OP_LSHIFT: return int_lshift(th, a, b);
  case OP_RSHIFT: return int_rshift(th, a, b);
  case OP_POW: return int_pow(th, a, b, NONE);
  default: return binary_slow(th, op, a, b);
  }
  return int_fits(r) ? value_int(r) : int_from_i64(th, r);
}

Value op_binary_refused(RpThread *th, BinOp op, bool inplace, Value a, Value b) {
  return no_op(th, a, b, inplace ? infos[op].isign : infos[op].sign);
}

Value op_binary(RpThread *th, BinOp op, Value a, Value b) {
  if (is_int(a) && is_int(b)) return small_ints(th, op, a, b);
  if (is_double(a) && is_double(b)) {
    double x = as_double(a), y = as_double(b);
    switch (op) {
    case OP_ADD: return value_double(x + y);
    case OP_SUB: return value_double(x - y);
    case OP_MUL: return value_double(x * y);
    case OP_TRUEDIV:
      if (y != 0) return value_double(x / y);
      break;
    default: break;
    }
  }
  return binary_slow(th, op, a, b);
}

Value op_inplace(RpThread *th, BinOp op, Value a, Value b) {
  if ((is_int(a) && is_int(b)) || (is_double(a) && is_double(b))) return op_binary(th, op, a, b);
  Type *ta = type_of(a);
  BinaryFn f = SLOT_AT(ta, infos[op].islot);
  if (f) {
    Value r = f(th, a, b);
    if (r != NOT_IMPLEMENTED) return r;
  }
  Value r = op == OP_POW ? pow_op(th, a, b, NONE) : number_op(th, a, b, infos[op].slot);
  if (r != NOT_IMPLEMENTED) return r;
  if (op == OP_ADD && ta->slots.seq_iconcat) return ta->slots.seq_iconcat(th, a, b);
  return sequence_op(th, op, a, b, infos[op].isign);
}

Value op_pow(RpThread *th, Value a, Value b, Value mod) {
  if (mod == NONE) return op_binary(th, OP_POW, a, b);
  Value r = pow_op(th, a, b, mod);
  if (r != NOT_IMPLEMENTED) return r;
  return raise_type(th, "unsupported operand type(s) for ** or pow(): '%T', '%T', '%T'", a, b, mod);
}

Value op_divmod(RpThread *th, Value a, Value b) {
  Value r = number_op(th, a, b, offsetof(TypeSlots, divmod));
  return r != NOT_IMPLEMENTED ? r : no_op(th, a, b, "divmod()");
}

/* -- Unary operations ---------------------------------------------------------------------------------------------------------- */

static Value unary(RpThread *th, Value v, UnaryFn f, const char *what) { return f ? f(th, v) : raise_type(th, "bad operand type for %s: '%T'", what, v); }

Value op_neg(RpThread *th, Value v) {
  if (is_double(v)) return value_double(-as_double(v));
  if (is_int(v) && v != value_int(SMALL_INT_MIN)) return value_int(-as_int(v));
  return unary(th, v, type_of(v)->slots.neg, "unary -");
}
Value op_pos(RpThread *th, Value v) { return is_int(v) || is_double(v) ? v : unary(th, v, type_of(v)->slots.pos, "unary +"); }
Value op_invert(RpThread *th, Value v) { return is_int(v) ? value_int(~as_int(v)) : unary(th, v, type_of(v)->slots.invert, "unary ~"); }
Value op_abs(RpThread *th, Value v) {
  if (is_double(v)) return value_double(fabs(as_double(v)));
  if (is_int(v) && v != value_int(SMALL_INT_MIN)) return value_int(as_int(v) < 0 ? -as_int(v) : as_int(v));
  return unary(th, v, type_of(v)->slots.abs, "abs()");
}

/* -- Comparison ------------------------------------------------------------------------------------------------------------------ */

static const CompareOp swapped[] = {CMP_GT, CMP_GE, CMP_EQ, CMP_NE, CMP_LT, CMP_LE};
static const char *const compare_signs[] = {"<", "<=", "==", "!=", ">", ">="};

#define COMPARE(x, y, op) \
  ((op) == CMP_LT ? (x) < (y) : (op) == CMP_LE ? (x) <= (y) : (op) == CMP_EQ ? (x) == (y) : (op) == CMP_NE ? (x) != (y) : (op) == CMP_GT ? (x) > (y) : (x) >= (y))

static Value compare_default(RpThread *th, Value a, Value b, CompareOp op) {
  if (op == CMP_EQ) return value_bool(a == b);
  if (op == CMP_NE) return value_bool(a != b);
  return raise_type(th, "'%s' not supported between instances of '%T' and '%T'", compare_signs[op], a, b);
}

static Value compare_slots(RpThread *th, Value a, Value b, CompareOp op) {
  Type *ta = type_of(a), *tb = type_of(b);
  bool reflected = false;
  if (ta != tb && tb->slots.compare && type_is_subtype(tb, ta)) {
    Value r = tb->slots.compare(th, b, a, swapped[op]);
    if (r != NOT_IMPLEMENTED) return r;
    reflected = true;
  }
  if (ta->slots.compare) {
    Value r = ta->slots.compare(th, a, b, op);
    if (r != NOT_IMPLEMENTED) return r;
  }
  return reflected ? compare_default(th, a, b, op) : op_compare_reflected(th, a, b, op);
}

Value op_compare_reflected(RpThread *th, Value a, Value b, CompareOp op) {
  Type *tb = type_of(b);
  if (tb->slots.compare) {
    Value r = tb->slots.compare(th, b, a, swapped[op]);
    if (r != NOT_IMPLEMENTED) return r;
  }
  return compare_default(th, a, b, op);
}

Value op_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (is_int(a) && is_int(b)) {
    int64_t x = as_int(a), y = as_int(b);
    return value_bool(COMPARE(x, y, op));
  }
  if (is_double(a) && is_double(b)) {
    double x = as_double(a), y = as_double(b);
    return value_bool(COMPARE(x, y, op));
  }
  if (has_shape(a, SHAPE_str) && has_shape(b, SHAPE_str)) {
    if (op == CMP_EQ || op == CMP_NE) return value_bool(str_eq(as_str(a), as_str(b)) == (op == CMP_EQ));
    int c = str_cmp(as_str(a), as_str(b));
    return value_bool(COMPARE(c, 0, op));
  }
  if (is_object(a) && !thread_check_stack(th, " in comparison")) return EMPTY;
  return compare_slots(th, a, b, op);
}

int op_compare_bool(RpThread *th, Value a, Value b, CompareOp op) {
  Value r = op_compare(th, a, b, op);
  if (likely(is_bool(r))) return r == TRUE_V;
  return r == EMPTY ? -1 : op_truth(th, r);
}

int op_equal(RpThread *th, Value a, Value b) {
  if (a == b) return 1;
  if (is_int(a) && is_int(b)) return 0;
  if (has_shape(a, SHAPE_str) && has_shape(b, SHAPE_str)) return str_eq(as_str(a), as_str(b));
  return op_compare_bool(th, a, b, CMP_EQ);
}

int op_truth_slow(RpThread *th, Value v) {
  if (is_double(v)) return as_double(v) != 0;
  if (!is_object(v)) return 1; /* Ellipsis, NotImplemented */
  Type *t = type_of(v);
  if (t->slots.bool_) return t->slots.bool_(th, v);
  if (!t->slots.len) return 1;
  int64_t n = t->slots.len(th, v);
  return n < 0 ? -1 : n > 0;
}

/* Types of native modules are named with their module, as CPython's static types. -1. */
int64_t raise_unhashable(RpThread *th, Value v) {
  if (type_of(v)->flags & TYPE_HEAP) raise_type(th, "unhashable type: '%T'", v);
  else raise_type(th, "unhashable type: '%s'", type_full_name(type_of(v)));
  return -1;
}

int64_t op_hash(RpThread *th, Value v) {
  if (has_shape(v, SHAPE_str)) return str_hash(as_str(v));
  Type *t = type_of(v);
  if (t->slots.hash) return t->slots.hash(th, v);
  return raise_unhashable(th, v);
}

/* -- Containers --------------------------------------------------------------------------------------------------------------------- */

static int contains_by_iteration(RpThread *th, Value container, Value item) {
  Type *t = type_of(container);
  if (!t->slots.iter && !t->slots.getitem) return raise_type(th, "argument of type '%T' is not iterable", container), -1;
  Value it = op_iter(th, container);
  if (it == EMPTY) {
    if (error_is(th, &type_TypeError)) {
      error_clear(th);
      raise_type(th, "argument of type '%T' is not iterable", container);
    }
    return -1;
  }
  while (true) {
    Value v = op_next(th, it);
    if (v == EMPTY) return th->pending == EMPTY ? 0 : -1;
    int eq = op_equal(th, v, item);
    if (eq) return eq;
  }
}

int op_contains(RpThread *th, Value container, Value item) {
  Type *t = type_of(container);
  return t->slots.contains ? t->slots.contains(th, container, item) : contains_by_iteration(th, container, item);
}

static Value class_getitem(RpThread *th, Value cls, Value key) {
  Value f = op_getattr_opt(th, cls, S(__class_getitem__));
  if (f != EMPTY) return op_call1(th, f, key);
  if (th->pending != EMPTY) return EMPTY;
  if (as_object(cls) == &type_type.hdr) return generic_alias_new(th, cls, key);
  return raise_type(th, "type '%S' is not subscriptable", ((Type *)as_object(cls))->name);
}

Value op_getitem(RpThread *th, Value o, Value key) {
  Type *t = type_of(o);
  if (t->slots.getitem) return t->slots.getitem(th, o, key);
  if (has_kind(o, K_TYPE)) return class_getitem(th, o, key);
  return raise_type(th, "'%T' object is not subscriptable", o);
}

int op_setitem(RpThread *th, Value o, Value key, Value v) {
  Type *t = type_of(o);
  if (t->slots.setitem) return t->slots.setitem(th, o, key, v);
  raise_type(th, "'%T' object does not support item assignment", o);
  return -1;
}

int op_delitem(RpThread *th, Value o, Value key) {
  Type *t = type_of(o);
  if (t->slots.setitem) return t->slots.setitem(th, o, key, EMPTY);
  raise_type(th, "'%T' object doesn't support item deletion", o);
  return -1;
}

int64_t op_len(RpThread *th, Value o) {
  Type *t = type_of(o);
  if (t->slots.len) return t->slots.len(th, o);
  raise_type(th, "object of type '%T' has no len()", o);
  return -1;
}

int64_t op_length_hint(RpThread *th, Value o, int64_t dflt) {
  Type *t = type_of(o);
  if (t->slots.len) {
    int64_t n = t->slots.len(th, o);
    if (n >= 0) return n;
    if (!error_is(th, &type_TypeError)) return -1;
    error_clear(th);
  }
  Value f = op_lookup_special(th, o, S(__length_hint__));
  if (f == EMPTY) return th->pending == EMPTY ? dflt : -1;
  Value r = op_call0(th, f);
  if (r == EMPTY) {
    if (!error_is(th, &type_TypeError)) return -1;
    error_clear(th);
    return dflt;
  }
  if (r == NOT_IMPLEMENTED) return dflt;
  if (!int_check(r)) return raise_type(th, "__length_hint__ must be an integer, not %T", r), -1;
  int64_t n;
  if (!int_as_i64(r, &n)) return raise_overflow(th, "Python int too large to convert to C ssize_t"), -1;
  if (n < 0) return raise_value(th, "__length_hint__() should return >= 0"), -1;
  return n;
}

Value op_iter(RpThread *th, Value o) {
  Type *t = type_of(o);
  if (t->slots.iter) {
    Value it = t->slots.iter(th, o);
    if (it != EMPTY && !type_of(it)->slots.next) return raise_type(th, "iter() returned non-iterator of type '%T'", it);
    return it;
  }
  if (t->slots.getitem && !(t->inst_kind == K_DICT) && !has_kind(o, K_MAPPING_PROXY)) return value_object(iter_new(th, SHAPE_iterator, o));
  return raise_type(th, "'%T' object is not iterable", o);
}

Value op_next(RpThread *th, Value it) {
  Type *t = type_of(it);
  return t->slots.next ? t->slots.next(th, it) : raise_type(th, "'%T' object is not an iterator", it);
}

List *op_to_list(RpThread *th, Value iterable) {
  if (has_shape(iterable, SHAPE_list)) return as_list(iterable);
  List *l = list_new(th, 0);
  return l && list_extend(th, l, iterable) == 0 ? l : NULL;
}

Tuple *op_to_tuple(RpThread *th, Value iterable) {
  if (has_shape(iterable, SHAPE_tuple)) return as_tuple(iterable);
  if (has_shape(iterable, SHAPE_list)) return list_to_tuple(th, as_list(iterable));
  List *l = op_to_list(th, iterable);
  return l ? list_to_tuple(th, l) : NULL;
}

/* -- Text ------------------------------------------------------------------------------------------------------------------------------ */

static Str *text_result(RpThread *th, Value r, const char *method) {
  if (r == EMPTY) return NULL;
  if (str_check(r)) return as_str(r);
  raise_type(th, "%s returned non-string (type %T)", method, r);
  return NULL;
}

Str *op_repr(RpThread *th, Value v) {
  if (!thread_check_stack(th, " while getting the repr of an object")) return NULL;
  return text_result(th, type_of(v)->slots.repr(th, v), "__repr__");
}

Str *op_str(RpThread *th, Value v) {
  if (has_shape(v, SHAPE_str)) return as_str(v);
  if (!thread_check_stack(th, " while getting the str of an object")) return NULL;
  return text_result(th, type_of(v)->slots.str(th, v), "__str__");
}

Str *op_ascii(RpThread *th, Value v) {
  Str *s = op_repr(th, v);
  if (!s || str_is_ascii(s)) return s;
  StrBuilder sb;
  sb_init(&sb, th);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c < 0x80) sb_char(&sb, c);
    else sb_fmt(&sb, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }
  return sb_finish(&sb);
}

Str *op_format(RpThread *th, Value v, Str *spec) {
  if (!spec || spec->length == 0) {
    if (has_shape(v, SHAPE_str)) return as_str(v);
    if (is_int(v) || is_double(v)) return op_str(th, v);
    if (!spec) spec = str_empty_;
  }
  Value f = op_lookup_special(th, v, S(__format__));
  if (f == EMPTY) return th->pending == EMPTY ? (raise_type(th, "Type %T doesn't define __format__", v), NULL) : NULL;
  Value r = op_call1(th, f, value_object(spec));
  if (r == EMPTY) return NULL;
  if (str_check(r)) return as_str(r);
  raise_type(th, "__format__ must return a str, not %T", r);
  return NULL;
}

int op_repr_enter(RpThread *th, Value v) {
  if (th->repr_guard == EMPTY) {
    List *fresh = list_new(th, 8);
    if (!fresh) return -1;
    th->repr_guard = value_object(fresh);
  }
  List *l = as_list(th->repr_guard);
  Array *a = list_array(l);
  for (uint32_t i = a->length; i-- > 0;)
    if (a->items[i] == v) return 1;
  return list_append(th, l, v) < 0 ? -1 : 0;
}

void op_repr_leave(RpThread *th, Value v) {
  Value saved = error_take(th);
  List *l = as_list(th->repr_guard);
  if (list_len(l)) list_pop(th, l, -1);
  th->pending = saved;
}

/* -- Numbers ------------------------------------------------------------------------------------------------------------------------------ */

Value op_index(RpThread *th, Value v) {
  if (int_check(v)) return v;
  Type *t = type_of(v);
  if (!t->slots.index) return raise_type(th, "'%T' object cannot be interpreted as an integer", v);
  Value r = t->slots.index(th, v);
  if (r == EMPTY || int_check(r)) return r;
  return raise_type(th, "__index__ returned non-int (type %T)", r);
}

bool op_as_i64(RpThread *th, Value v, int64_t *out) {
  if (is_int(v)) {
    *out = as_int(v);
    return true;
  }
  v = op_index(th, v);
  if (v == EMPTY) return false;
  if (int_as_i64(v, out)) return true;
  raise_overflow(th, "Python int too large to convert to C long");
  return false;
}

bool op_as_size(RpThread *th, Value v, int64_t *out) {
  v = op_index(th, v);
  if (v == EMPTY) return false;
  if (!int_as_i64(v, out)) *out = int_sign(v) < 0 ? INT64_MIN : INT64_MAX;
  return true;
}

bool op_as_double(RpThread *th, Value v, double *out) {
  if (is_double(v)) return *out = as_double(v), true;
  if (is_int(v)) return *out = (double)as_int(v), true;
  if (float_check(v)) return *out = float_value(v), true;
  Type *t = type_of(v);
  if (t->slots.float_) {
    Value r = t->slots.float_(th, v);
    if (r == EMPTY) return false;
    if (!float_check(r)) return raise_type(th, "%T.__float__ returned non-float (type %T)", v, r), false;
    *out = float_value(r);
    return true;
  }
  if (t->slots.index) {
    v = op_index(th, v);
    if (v == EMPTY) return false;
    *out = int_as_double(th, v);
    return th->pending == EMPTY;
  }
  raise_type(th, "must be real number, not %T", v);
  return false;
}

/* -- isinstance, issubclass ------------------------------------------------------------------------------------------------------------------ */

/* __bases__ of something that acts as a class; NULL without pending when it does not. */
static Tuple *bases_of(RpThread *th, Value c) {
  Value b = op_getattr_opt(th, c, S(__bases__));
  return b != EMPTY && tuple_check(b) ? as_tuple(b) : NULL;
}

static int abstract_subclass(RpThread *th, Value c, Value cls) {
  if (c == cls) return 1;
  if (!thread_check_stack(th, " in __issubclass__")) return -1;
  Tuple *bases = bases_of(th, c);
  if (!bases) return th->pending == EMPTY ? 0 : -1;
  for (uint64_t i = 0; i < bases->length; i++) {
    int r = abstract_subclass(th, bases->items[i], cls);
    if (r) return r;
  }
  return 0;
}

/* type.__instancecheck__ */
int type_instance_check(RpThread *th, Value v, Value cls) {
  if (has_kind(cls, K_TYPE)) {
    Type *t = (Type *)as_object(cls);
    if (value_is_instance(v, t)) return 1;
    Type *x = type_of(v);
    if (is_object(v) && (x->flags & TYPE_HEAP)) { /* a proxy may say it is something else */
      if (!(x->flags & TYPE_CUSTOM_GETATTR) && type_lookup(th, x, S(__class__)) == type_lookup(th, &type_object, S(__class__))) return 0;
      Value c = op_getattr_opt(th, v, S(__class__));
      if (c == EMPTY) return th->pending == EMPTY ? 0 : -1;
      if (c != value_object(type_of(v)) && has_kind(c, K_TYPE)) return type_is_subtype((Type *)as_object(c), t);
    }
    return 0;
  }
  if (!bases_of(th, cls)) {
    if (th->pending == EMPTY) raise_type(th, "isinstance() arg 2 must be a type, a tuple of types, or a union");
    return -1;
  }
  Value c = op_getattr_opt(th, v, S(__class__));
  if (c == EMPTY) return th->pending == EMPTY ? 0 : -1;
  return abstract_subclass(th, c, cls);
}

int type_subclass_check(RpThread *th, Value c, Value cls) {
  if (has_kind(c, K_TYPE) && has_kind(cls, K_TYPE)) return type_is_subtype((Type *)as_object(c), (Type *)as_object(cls));
  if (!bases_of(th, c)) {
    if (th->pending == EMPTY) raise_type(th, "issubclass() arg 1 must be a class");
    return -1;
  }
  if (!bases_of(th, cls)) {
    if (th->pending == EMPTY) raise_type(th, "issubclass() arg 2 must be a class, a tuple of classes, or a union");
    return -1;
  }
  return abstract_subclass(th, c, cls);
}

static int over_tuple(RpThread *th, Value v, Tuple *t, int (*check)(RpThread *, Value, Value)) {
  if (!thread_check_stack(th, " in __instancecheck__")) return -1;
  for (uint64_t i = 0; i < t->length; i++) {
    int r = check(th, v, t->items[i]);
    if (r) return r;
  }
  return 0;
}

static int by_method(RpThread *th, Value v, Value cls, Str *name, bool *found) {
  Value f = op_lookup_special(th, cls, name);
  *found = f != EMPTY;
  if (f == EMPTY) return -1;
  Value r = op_call1(th, f, v);
  return r == EMPTY ? -1 : op_truth(th, r);
}

int op_isinstance(RpThread *th, Value v, Value cls) {
  if (value_object(type_of(v)) == cls) return 1;
  if (has_shape(cls, SHAPE_type)) return type_instance_check(th, v, cls);
  if (tuple_check(cls)) return over_tuple(th, v, as_tuple(cls), op_isinstance);
  bool found;
  int r = by_method(th, v, cls, S(__instancecheck__), &found);
  if (found || th->pending != EMPTY) return r;
  return type_instance_check(th, v, cls);
}

int op_issubclass(RpThread *th, Value c, Value cls) {
  if (has_shape(cls, SHAPE_type)) return c == cls ? 1 : type_subclass_check(th, c, cls);
  if (tuple_check(cls)) return over_tuple(th, c, as_tuple(cls), op_issubclass);
  bool found;
  int r = by_method(th, c, cls, S(__subclasscheck__), &found);
  if (found || th->pending != EMPTY) return r;
  return type_subclass_check(th, c, cls);
}
