/* fold.c: constant expressions. The rules are CPython's (what folds, up to which size), so that code behaves the same where it shows:
** identity of constants, MemoryError-free compile times, warnings. Folding evaluates lazily and remembers the answer per node. */
#include "compiler/lower_impl.h"
#include "runtime/bytes.h"
#include "runtime/set.h"

enum { MAX_INT_BITS = 128, MAX_COLLECTION = 256, MAX_TEXT = 4096 };

bool const_same(Value a, Value b) {
  if (a == b) return true;
  if (!is_object(a) || !is_object(b) || as_object(a)->kind != as_object(b)->kind) return false;
  switch (as_object(a)->kind) {
    case K_STR: return str_eq(as_str(a), as_str(b));
    case K_BYTES: return as_bytes(a)->length == as_bytes(b)->length && !memcmp(as_bytes(a)->data, as_bytes(b)->data, as_bytes(a)->length);
    case K_INT: return int_cmp(a, b) == 0;
    case K_COMPLEX: {
      Complex *x = (Complex *)as_object(a), *y = (Complex *)as_object(b);
      return !memcmp(&x->re, &y->re, 8) && !memcmp(&x->im, &y->im, 8);
    }
    case K_TUPLE:
      if (as_tuple(a)->length != as_tuple(b)->length) return false;
      for (uint64_t i = 0; i < as_tuple(a)->length; i++)
        if (!const_same(as_tuple(a)->items[i], as_tuple(b)->items[i])) return false;
      return true;
    default: return false;
  }
}

/* Strings that look like names are interned, as CPython does: `is` on them behaves the same. */
static bool looks_like_name(const char *s, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_')) return false;
  return true;
}

Value const_value(Lower *L, const AstConst *c) {
  switch ((AstConstKind)c->kind) {
    case CONST_NONE: return NONE;
    case CONST_TRUE: return TRUE_V;
    case CONST_FALSE: return FALSE_V;
    case CONST_ELLIPSIS: return ELLIPSIS;
    case CONST_INT: return lower_pin(L, int_from_u64(L->th, c->u));
    case CONST_BIGINT: return lower_pin(L, int_from_limbs(L->th, c->limbs, (int)c->n, false));
    case CONST_FLOAT: return value_double_canon(c->f);
    case CONST_IMAG: return lower_pin(L, complex_new(L->th, 0.0, c->f));
    case CONST_STR: {
      Str *s = str_from_utf8(L->th, c->bytes, c->n);
      if (s && looks_like_name(c->bytes, c->n)) s = str_intern(L->th, s);
      return lower_pin(L, s ? value_object(s) : EMPTY);
    }
    case CONST_BYTES: {
      Bytes *b = bytes_new(L->th, c->bytes, c->n);
      return lower_pin(L, b ? value_object(b) : EMPTY);
    }
  }
  return NONE;
}

/* -- Sizes --------------------------------------------------------------------------------------------------------- */

static int64_t int_bits(Value v) {
  if (is_bool(v)) return v == TRUE_V;
  if (is_int(v)) {
    int64_t i = as_int(v);
    return i ? 64 - __builtin_clzll((uint64_t)(i < 0 ? -i : i)) : 0;
  }
  Int *b = (Int *)as_object(v);
  int n = b->n_limbs < 0 ? -b->n_limbs : b->n_limbs;
  return n ? n * 64 - __builtin_clzll(b->limbs[n - 1]) : 0;
}

static bool is_text(Value v, uint64_t *length) {
  if (str_check(v)) *length = as_str(v)->length;
  else if (bytes_check(v)) *length = as_bytes(v)->length;
  else return false;
  return true;
}

/* Leaves of a nested tuple, bounded. */
static int64_t complexity_left(Value v, int64_t limit) {
  if (!tuple_check(v)) return limit;
  limit -= (int64_t)as_tuple(v)->length;
  for (uint64_t i = 0; limit >= 0 && i < as_tuple(v)->length; i++) limit = complexity_left(as_tuple(v)->items[i], limit);
  return limit;
}

static bool repeat_allowed(Value seq, Value count) {
  int64_t n;
  uint64_t length;
  if (!int_check(count)) return true;
  if (!int_as_i64(count, &n)) return false;
  if (tuple_check(seq)) {
    uint64_t size = as_tuple(seq)->length;
    if (!size) return true;
    if (n < 0 || n > MAX_COLLECTION / (int64_t)size) return false;
    return !n || complexity_left(seq, MAX_COLLECTION / n) >= 0;
  }
  if (is_text(seq, &length)) return !length || (n >= 0 && n <= MAX_TEXT / (int64_t)length);
  return true;
}

static bool mult_allowed(Value a, Value b) {
  if (int_check(a) && int_check(b)) return !int_bits(a) || !int_bits(b) || int_bits(a) + int_bits(b) <= MAX_INT_BITS;
  return repeat_allowed(a, b) && repeat_allowed(b, a);
}

static bool pow_allowed(Value a, Value b) {
  int64_t n;
  if (!int_check(a) || !int_check(b) || int_sign(b) <= 0) return true;
  return int_as_i64(b, &n) && int_bits(a) <= MAX_INT_BITS / n;
}

static bool shift_allowed(Value a, Value b) {
  int64_t n;
  if (!int_check(a) || !int_check(b) || int_sign(a) == 0 || int_sign(b) == 0) return true;
  return int_as_i64(b, &n) && n >= 0 && n <= MAX_INT_BITS && int_bits(a) <= MAX_INT_BITS - n;
}

/* -- Evaluation ------------------------------------------------------------------------------------------------------- */

/* An operation that raised is no constant; any other failure of the machine shows up again soon. */
static Value quiet(Lower *L, Value v) {
  if (v == EMPTY) {
    error_clear(L->th);
    return EMPTY;
  }
  return lower_pin(L, v);
}

static Value fold_binary(Lower *L, AstBinOp *n) {
  Value a = fold(L, n->left), b = a == EMPTY ? EMPTY : fold(L, n->right);
  if (b == EMPTY) return EMPTY;
  BinOp op;
  switch ((int)n->op) {
    case ASTOP_Add: op = OP_ADD; break;
    case ASTOP_Sub: op = OP_SUB; break;
    case ASTOP_Mult: op = OP_MUL; if (!mult_allowed(a, b)) return EMPTY; break;
    case ASTOP_Div: op = OP_TRUEDIV; break;
    case ASTOP_FloorDiv: op = OP_FLOORDIV; break;
    case ASTOP_Mod: op = OP_MOD; if (str_check(a) || bytes_check(a)) return EMPTY; break;
    case ASTOP_Pow: op = OP_POW; if (!pow_allowed(a, b)) return EMPTY; break;
    case ASTOP_LShift: op = OP_LSHIFT; if (!shift_allowed(a, b)) return EMPTY; break;
    case ASTOP_RShift: op = OP_RSHIFT; break;
    case ASTOP_BitAnd: op = OP_AND; break;
    case ASTOP_BitOr: op = OP_OR; break;
    case ASTOP_BitXor: op = OP_XOR; break;
    default: return EMPTY;
  }
  return quiet(L, op_binary(L->th, op, a, b));
}

static Value fold_unary(Lower *L, AstUnaryOp *n) {
  Value v = fold(L, n->operand);
  if (v == EMPTY) return EMPTY;
  switch ((int)n->op) {
    case ASTOP_USub: return quiet(L, op_neg(L->th, v));
    case ASTOP_UAdd: return quiet(L, op_pos(L->th, v));
    case ASTOP_Invert: return quiet(L, op_invert(L->th, v));
    default: return value_bool(!op_truth(L->th, v));
  }
}

static Value fold_tuple(Lower *L, AstTuple *n) {
  if (n->ctx != ASTOP_Load) return EMPTY;
  for (uint32_t i = 0; i < n->elts.n; i++)
    if (fold(L, n->elts.items[i]) == EMPTY) return EMPTY;
  Tuple *t = tuple_alloc(L->th, n->elts.n);
  if (!t) lower_fail(L);
  for (uint32_t i = 0; i < n->elts.n; i++) t->items[i] = fold(L, n->elts.items[i]);
  heap_barrier_bulk(L->th, t);
  return lower_pin(L, value_object(t));
}

static Value fold_subscript(Lower *L, AstSubscript *n) {
  if (n->ctx != ASTOP_Load) return EMPTY;
  Value a = fold(L, n->value), b = a == EMPTY ? EMPTY : fold(L, n->slice);
  return b == EMPTY ? EMPTY : quiet(L, op_getitem(L->th, a, b));
}

Value fold(Lower *L, AstNode *n) {
  if (L->fold_state[n->id]) return L->fold_value[n->id];
  lower_check_depth(L);
  Value v = EMPTY;
  switch (n->kind) {
    case AST_Constant: v = const_value(L, &ast_as(Constant, n)->value); break;
    case AST_Tuple: v = fold_tuple(L, ast_as(Tuple, n)); break;
    case AST_BinOp: v = fold_binary(L, ast_as(BinOp, n)); break;
    case AST_UnaryOp: v = fold_unary(L, ast_as(UnaryOp, n)); break;
    case AST_Subscript: v = fold_subscript(L, ast_as(Subscript, n)); break;
    case AST_Name:
      if (ast_as(Name, n)->id == L->id_debug && ast_as(Name, n)->ctx == ASTOP_Load) v = value_bool(!(L->flags & LOWER_OPTIMIZE));
      break;
    default: break;
  }
  L->fold_state[n->id] = v == EMPTY ? 1 : 2;
  L->fold_value[n->id] = v;
  return v;
}
