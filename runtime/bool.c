/* bool.c: the type bool: an int that prints its name, and keeps &, |, ^ among bools. Values are the immediates FALSE_V and TRUE_V. */
#include "runtime/int.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static Value bool_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "bool() takes no keyword arguments");
  if (n_pos > 1) return raise_type(th, "bool expected at most 1 argument, got %d", n_pos);
  int t = n_pos ? op_truth(th, args[0]) : 0;
  return t < 0 ? EMPTY : value_bool(t);
}
static Value bool_repr(RpThread *th, Value self) {
  Str *s = str_intern_c(th, self == TRUE_V ? "True" : "False");
  return s ? value_object(s) : EMPTY;
}
#define BITS(name, op)                                                                              \
  static Value bool_##name(RpThread *th, Value a, Value b) {                                        \
    if (is_bool(a) && is_bool(b)) return value_bool((a == TRUE_V) op (b == TRUE_V));                \
    return int_check(a) && int_check(b) ? int_##name(th, a, b) : NOT_IMPLEMENTED;                   \
  }
BITS(and, &) BITS(or, |) BITS(xor, ^)
#undef BITS

const TypeSpec spec_bool = {
    .doc = "bool(x) -> bool\n\nReturns True when the argument x is true, False otherwise.\nThe builtins True and False are the only two "
           "instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed.",
    .size = sizeof(Int),
    .slots = {.repr = bool_repr, .new_ = bool_new, .and_ = bool_and, .xor_ = bool_xor, .or_ = bool_or},
};
