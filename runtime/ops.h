/* ops.h: the generic operations of the language on any values: what the interpreter's slow paths, builtins and native code call.
** All raise by returning EMPTY / -1 with th->pending set. Fast paths for small ints and doubles are inlined by callers; these are complete
** by themselves. */
#ifndef RP_OPS_H
#define RP_OPS_H

#include "runtime/error.h"

/* -- Arithmetic ---------------------------------------------------- */
typedef enum BinOp { /* ORDER BINOP: rir.def's ADD.. and IADD.. follow this order */
  OP_ADD, OP_SUB, OP_MUL, OP_TRUEDIV, OP_FLOORDIV, OP_MOD, OP_POW, OP_LSHIFT, OP_RSHIFT, OP_AND, OP_OR, OP_XOR, OP_MATMUL, N_BINOPS
} BinOp;
Value op_binary(RpThread *th, BinOp op, Value a, Value b);
/* The TypeError when nobody implements it; EMPTY. */
Value op_binary_refused(RpThread *th, BinOp op, bool inplace, Value a, Value b);
Value op_inplace(RpThread *th, BinOp op, Value a, Value b);
Value op_pow(RpThread *th, Value a, Value b, Value mod);
Value op_divmod(RpThread *th, Value a, Value b);
Value op_neg(RpThread *th, Value v);
Value op_pos(RpThread *th, Value v);
Value op_invert(RpThread *th, Value v);
Value op_abs(RpThread *th, Value v);

/* -- Comparison, truth, identity of hashing ------------------------- */
Value op_compare(RpThread *th, Value a, Value b, CompareOp op); /* any value */
/* The rest of it, when a and b have one type and its method has passed on a op b. */
Value op_compare_reflected(RpThread *th, Value a, Value b, CompareOp op);
int op_equal(RpThread *th, Value a, Value b);                   /* identity or ==; 1, 0, -1 */
int op_compare_bool(RpThread *th, Value a, Value b, CompareOp op);
int op_truth_slow(RpThread *th, Value v);
ALWAYS_INLINE int op_truth(RpThread *th, Value v) {
  if (is_bool(v)) return v == TRUE_V;
  if (v == NONE) return 0;
  if (is_int(v)) return v != INT_BIAS;
  return op_truth_slow(th, v);
}
int op_contains(RpThread *th, Value container, Value item);
int64_t op_hash(RpThread *th, Value v);
int64_t raise_unhashable(RpThread *th, Value v);

/* -- Containers ------------------------------------------------------ */
Value op_getitem(RpThread *th, Value o, Value key);
int op_setitem(RpThread *th, Value o, Value key, Value v);
int op_delitem(RpThread *th, Value o, Value key);
int64_t op_len(RpThread *th, Value o);
int64_t op_length_hint(RpThread *th, Value o, int64_t dflt);
Value op_iter(RpThread *th, Value o);
Value op_next(RpThread *th, Value it);          /* EMPTY without pending: exhausted */
/* Any iterable into a fresh list / tuple; List* and Tuple* as they are when exact. NULL on failure. */
List *op_to_list(RpThread *th, Value iterable);
Tuple *op_to_tuple(RpThread *th, Value iterable);

/* -- Attributes ------------------------------------------------------ */
Value op_getattr(RpThread *th, Value o, Str *name);
Value op_getattr_opt(RpThread *th, Value o, Str *name); /* EMPTY without pending when absent */
int op_setattr(RpThread *th, Value o, Str *name, Value v);
int op_delattr(RpThread *th, Value o, Str *name);
/* Special method lookup: on the type, bound by descriptor; EMPTY without pending when absent. */
Value op_lookup_special(RpThread *th, Value o, Str *name);
/* The default object.__getattribute__ / __setattr__ / __delattr__ with slots, shapes and dict mode. */
Value object_getattr(RpThread *th, Value self, Str *name);
Value object_getattr_opt(RpThread *th, Value self, Str *name); /* EMPTY without pending when absent */
int object_setattr(RpThread *th, Value self, Str *name, Value v);
/* The instance's __dict__ as a live Dict (turns the object to dict mode); NULL + pending. */
Dict *object_dict(RpThread *th, Value self);

/* -- Calls (call.c) --------------------------------------------------- */
Value op_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames);
Value op_call0(RpThread *th, Value callee);
Value op_call1(RpThread *th, Value callee, Value a);
Value op_call2(RpThread *th, Value callee, Value a, Value b);
Value op_call3(RpThread *th, Value callee, Value a, Value b, Value c);
Value op_call_ex(RpThread *th, Value callee, Tuple *args, Dict *kwargs /* NULL */);
Value op_call_method(RpThread *th, Value self, Str *name, const Value *args, int n);
bool op_callable(Value v);

/* -- Text -------------------------------------------------------------- */
Str *op_repr(RpThread *th, Value v);
Str *op_str(RpThread *th, Value v);
Str *op_ascii(RpThread *th, Value v);
Str *op_format(RpThread *th, Value v, Str *spec /* NULL: empty */);

/* -- Numbers ------------------------------------------------------------ */
Value op_index(RpThread *th, Value v);                          /* an int (small or Int), via __index__ */
bool op_as_i64(RpThread *th, Value v, int64_t *out);            /* via __index__; OverflowError beyond 64 bits */
bool op_as_size(RpThread *th, Value v, int64_t *out);           /* index clamped to int64 range as CPython clamps slices */
bool op_as_double(RpThread *th, Value v, double *out);          /* via __float__, __index__ */

/* repr recursion: 1 when v is already being printed by this thread; leave in LIFO order. -1 error. */
int op_repr_enter(RpThread *th, Value v);
void op_repr_leave(RpThread *th, Value v);
int op_isinstance(RpThread *th, Value v, Value cls);            /* with __instancecheck__, tuples, unions */
int op_issubclass(RpThread *th, Value c, Value cls);
/* type.__instancecheck__ and type.__subclasscheck__: no special methods asked. */
int type_instance_check(RpThread *th, Value v, Value cls);
int type_subclass_check(RpThread *th, Value c, Value cls);

#endif
