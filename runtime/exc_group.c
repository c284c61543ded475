/* exc_group.c: BaseExceptionGroup and ExceptionGroup (PEP 654): split, subgroup, derive. */
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static bool is_group(Value v) { return value_is_instance(v, &type_BaseExceptionGroup); }
static Tuple *members(Value group) { return as_tuple(as_exc(group)->fields[EXC_BaseExceptionGroup_exceptions]); }

static Value new_(RpThread *th, Type *type, const Value *args, int n, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "%S() takes no keyword arguments", type->name);
  if (n != 2) return raise_type(th, "BaseExceptionGroup.__new__() takes exactly 2 arguments (%d given)", n);
  if (!str_check(args[0])) return raise_type(th, "BaseExceptionGroup.__new__() argument 1 must be str, not %T", args[0]);
  if (!type_of(args[1])->slots.getitem && !type_of(args[1])->slots.len) return raise_type(th, "second argument (exceptions) must be a sequence");
  Tuple *excs = op_to_tuple(th, args[1]);
  if (!excs) return EMPTY;
  if (excs->length == 0) return raise_value(th, "second argument (exceptions) must be a non-empty sequence");
  bool all_exceptions = true;
  for (uint64_t i = 0; i < excs->length; i++) {
    if (!exc_check(excs->items[i])) return raise_value(th, "Item %zu of second argument (exceptions) is not an exception", (size_t)i);
    all_exceptions &= value_is_instance(excs->items[i], &type_Exception);
  }
  if (type == &type_BaseExceptionGroup && all_exceptions) type = &type_ExceptionGroup;
  else if (!all_exceptions && type == &type_ExceptionGroup) return raise_type(th, "Cannot nest BaseExceptions in an ExceptionGroup");
  else if (!all_exceptions && type_is_subtype(type, &type_Exception)) return raise_type(th, "Cannot nest BaseExceptions in '%S'", type->name);
  Value e = exc_alloc(th, type, args, n);
  if (e == EMPTY) return EMPTY;
  exc_set_field(th, e, EXC_BaseExceptionGroup_message, args[0]);
  exc_set_field(th, e, EXC_BaseExceptionGroup_exceptions, value_object(excs));
  return e;
}

static Value str(RpThread *th, Value self) {
  size_t n = members(self)->length;
  return value_object(str_fmt(th, "%S (%zu sub-exception%s)", as_str(as_exc(self)->fields[EXC_BaseExceptionGroup_message]), n, n > 1 ? "s" : ""));
}

/* -- Matching ------------------------------------------------------------------------------------------------------------- */

/* condition: an exception class, a tuple of them, or a callable. */
static int matches(RpThread *th, Value exc, Value condition, bool by_type) {
  if (by_type) return op_isinstance(th, exc, condition);
  Value r = op_call1(th, condition, exc);
  return r == EMPTY ? -1 : op_truth(th, r);
}

static int by_type(RpThread *th, Value c, bool *yes) {
  *yes = has_kind(c, K_TYPE) && type_is_subtype((Type *)as_object(c), &type_BaseException);
  if (*yes) return 0;
  if (tuple_check(c)) {
    for (uint64_t i = 0; i < as_tuple(c)->length; i++) {
      Value t = as_tuple(c)->items[i];
      if (!has_kind(t, K_TYPE) || !type_is_subtype((Type *)as_object(t), &type_BaseException)) goto bad;
    }
    *yes = true;
    return 0;
  }
  if (op_callable(c) && !has_kind(c, K_TYPE)) return 0;
bad:
  raise_type(th, "expected a function, exception type or tuple of exception types");
  return -1;
}

/* A group like orig around other members: derive(), then metadata. NONE for no members. */
static Value derived(RpThread *th, Value orig, List *excs) {
  if (list_len(excs) == 0) return NONE;
  Value arg = value_object(excs);
  Value g = op_call_method(th, orig, S(derive), &arg, 1);
  if (g == EMPTY) return EMPTY;
  if (!is_group(g)) return raise_type(th, "derive must return an instance of BaseExceptionGroup");
  Exception *from = as_exc(orig), *to = as_exc(g);
  obj_store(th, to, &to->traceback, from->traceback);
  obj_store(th, to, &to->context, from->context);
  obj_store(th, to, &to->cause, from->cause);
  to->suppress_context = from->suppress_context;
  Value notes = op_getattr_opt(th, orig, S(__notes__));
  if (notes == EMPTY) return th->pending == EMPTY ? g : EMPTY;
  List *copy = op_to_list(th, notes);
  if (copy && value_object(copy) == notes) copy = list_from(th, list_array(copy)->items, list_len(copy));
  return copy && op_setattr(th, g, S(__notes__), value_object(copy)) == 0 ? g : EMPTY;
}

/* Splits exc into matching and other part (NONE when empty). `rest` NULL: not wanted. */
static bool split(RpThread *th, Value exc, Value condition, bool types, Value *match, Value *rest) {
  if (!thread_check_stack(th, " in exceptiongroup_split_recursive")) return false;
  int m = matches(th, exc, condition, types);
  if (m < 0) return false;
  *match = m ? exc : NONE;
  *rest = m ? NONE : exc;
  if (m || !is_group(exc)) return true;
  List *in = list_new(th, 0), *out = list_new(th, 0);
  if (!in || !out) return false;
  Tuple *t = members(exc);
  for (uint64_t i = 0; i < t->length; i++) {
    Value a, b;
    if (!split(th, t->items[i], condition, types, &a, &b)) return false;
    if (a != NONE && list_append(th, in, a) < 0) return false;
    if (b != NONE && list_append(th, out, b) < 0) return false;
  }
  *match = derived(th, exc, in);
  *rest = *match == EMPTY ? EMPTY : derived(th, exc, out);
  return *rest != EMPTY;
}

static Value m_split(RpThread *th, const Value *a) {
  bool types;
  Value match, rest;
  if (by_type(th, a[1], &types) < 0 || !split(th, a[0], a[1], types, &match, &rest)) return EMPTY;
  return value_object(tuple_of(th, 2, match, rest));
}

static Value m_subgroup(RpThread *th, const Value *a) {
  bool types;
  Value match, rest;
  if (by_type(th, a[1], &types) < 0 || !split(th, a[0], a[1], types, &match, &rest)) return EMPTY;
  return match;
}

static Value m_derive(RpThread *th, const Value *a) {
  Value args[2] = {as_exc(a[0])->fields[EXC_BaseExceptionGroup_message], a[1]};
  return op_call(th, value_object(&type_BaseExceptionGroup), args, 2, NULL);
}

static Value class_getitem(RpThread *th, const Value *a) { return generic_alias_new(th, a[0], a[1]); }

const TypeSpec spec_BaseExceptionGroup = {
    .doc = "A combination of multiple unrelated exceptions.",
    .slots = {.new_ = new_, .str = str},
    .methods = (const NativeDef[]){{"split", m_split, "(self, condition, /)", 0, NULL, NULL},
                                   {"subgroup", m_subgroup, "(self, condition, /)", 0, NULL, NULL},
                                   {"derive", m_derive, "(self, excs, /)", 0, NULL, NULL},
                                   {"__class_getitem__", class_getitem, "(cls, object, /)", NATIVE_CLASSMETHOD, "See PEP 585", NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"message", exc_get_field_0, NULL, "exception message"}, {"exceptions", exc_get_field_1, NULL, "nested exceptions"}, {0}},
};
const TypeSpec spec_ExceptionGroup = {.doc = NULL};
