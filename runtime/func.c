/* func.c: Python functions, cells and bound methods as objects. Calling them is call.c and interp.c. */
#include "runtime/func.h"
#include "runtime/code.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/interp.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#define FUNC(v) ((Function *)as_object(v))
#define BOUND(v) ((BoundMethod *)as_object(v))

static _Atomic uint32_t last_version = 1; /* process-wide unique, like type versions */
static uint32_t new_version(void) { return atomic_fetch_add_explicit(&last_version, 1, memory_order_relaxed) + 1; }

/* The namespace for names that globals lack: globals' __builtins__ (a module or a dict), else the context's. */
static Dict *builtins_of(RpThread *th, Dict *globals) {
  Value b = dict_get_str(globals, S(__builtins__));
  if (has_kind(b, K_MODULE)) return ((Module *)as_object(b))->dict;
  if (has_kind(b, K_DICT)) return as_dict(b);
  return th->ctx->builtins;
}

Function *func_new(RpThread *th, Code *code, Dict *globals) {
  Dict *builtins = builtins_of(th, globals);
  Value module = dict_get_str(globals, S(__name__));
  Function *f = heap_new(th, Function, SHAPE_function, K_FUNCTION);
  if (!f) return NULL;
  f->code = code;
  f->globals = globals;
  f->builtins = builtins;
  f->name = value_object(code->name);
  f->qualname = value_object(code->qualname);
  f->module = module == EMPTY ? NONE : module;
  f->doc = code->doc == EMPTY ? NONE : code->doc;
  f->version = new_version();
  return f;
}

static void trace_func(Tracer *tr, Object *o) {
  Function *f = (Function *)o;
  trace_value(tr, load_consume(&f->overflow));
  trace_ref(tr, load_consume(&f->code));
  trace_ref(tr, f->globals);
  trace_ref(tr, f->builtins);
  trace_ref(tr, f->closure);
  trace_ref(tr, load_consume(&f->defaults));
  trace_ref(tr, load_consume(&f->kwdefaults));
  trace_value(tr, load_consume(&f->name));
  trace_value(tr, load_consume(&f->qualname));
  trace_value(tr, load_consume(&f->module));
  trace_value(tr, load_consume(&f->doc));
  trace_value(tr, load_consume(&f->annotations));
}

static Value func_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<function %S at %p>", as_str(FUNC(self)->qualname), (void *)FUNC(self)));
}

static Value func_get(RpThread *th, Value self, Value obj, Value type) { return obj == EMPTY ? self : method_new(th, self, obj); }

static Value func_new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"function", NULL, "(code, globals, name=None, argdefs=None, closure=None)", 0, NULL, NULL};
  Value a[5];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  if (!code_check(a[0])) return raise_type(th, "function() argument 'code' must be code, not %T", a[0]);
  if (!dict_check(a[1])) return raise_type(th, "function() argument 'globals' must be dict, not %T", a[1]);
  if (a[2] != EMPTY && a[2] != NONE && !str_check(a[2])) return raise_type(th, "arg 3 (name) must be None or string");
  if (a[3] != EMPTY && a[3] != NONE && !tuple_check(a[3])) return raise_type(th, "arg 4 (defaults) must be None or tuple");
  Code *code = (Code *)as_object(a[0]);
  uint64_t n_free = code->freevars ? code->freevars->length : 0;
  bool no_closure = a[4] == EMPTY || a[4] == NONE;
  if (no_closure ? n_free > 0 : !tuple_check(a[4])) return raise_type(th, no_closure ? "arg 5 (closure) must be tuple" : "arg 5 (closure) must be None or tuple");
  uint64_t n = no_closure ? 0 : as_tuple(a[4])->length;
  if (n != n_free) return raise_value(th, "%S requires closure of length %zu, not %zu", code->name, (size_t)n_free, (size_t)n);
  for (uint64_t i = 0; i < n; i++)
    if (!has_kind(as_tuple(a[4])->items[i], K_CELL)) return raise_type(th, "arg 5 (closure) expected cell, found %T", as_tuple(a[4])->items[i]);
  Function *f = func_new(th, code, as_dict(a[1]));
  if (!f) return EMPTY;
  if (a[2] != EMPTY && a[2] != NONE) obj_store(th, f, &f->name, a[2]);
  if (a[3] != EMPTY && a[3] != NONE) obj_store_ref(th, f, &f->defaults, as_tuple(a[3]));
  if (n) obj_store_ref(th, f, &f->closure, as_tuple(a[4]));
  return value_object(f);
}

/* -- Attributes of functions ----------------------------------------------------------------------------------------------- */

static Value ref_or_none(const void *p) { return p ? value_object(p) : NONE; }
static Value get_code(RpThread *th, Value self) { return value_object(FUNC(self)->code); }
static Value get_globals(RpThread *th, Value self) { return value_object(FUNC(self)->globals); }
static Value get_builtins(RpThread *th, Value self) { return value_object(FUNC(self)->builtins); }
static Value get_closure(RpThread *th, Value self) { return ref_or_none(FUNC(self)->closure); }
static Value get_defaults(RpThread *th, Value self) { return ref_or_none(FUNC(self)->defaults); }
static Value get_kwdefaults(RpThread *th, Value self) { return ref_or_none(FUNC(self)->kwdefaults); }
static Value get_name(RpThread *th, Value self) { return FUNC(self)->name; }
static Value get_qualname(RpThread *th, Value self) { return FUNC(self)->qualname; }
static Value get_module(RpThread *th, Value self) { return FUNC(self)->module; }
static Value get_doc(RpThread *th, Value self) { return FUNC(self)->doc; }

static int set_code(RpThread *th, Value self, Value v) {
  if (v == EMPTY || !code_check(v)) return raise_type(th, "__code__ must be set to a code object"), -1;
  Code *c = (Code *)as_object(v);
  uint64_t want = FUNC(self)->closure ? FUNC(self)->closure->length : 0, have = c->freevars ? c->freevars->length : 0;
  if (want != have)
    return raise_value(th, "%S() requires a code object with %zu free vars, not %zu", as_str(FUNC(self)->name), (size_t)want, (size_t)have), -1;
  obj_store_ref(th, FUNC(self), &FUNC(self)->code, c);
  store_release(&FUNC(self)->version, new_version());
  return 0;
}
static int set_defaults(RpThread *th, Value self, Value v) {
  if (v != EMPTY && v != NONE && !tuple_check(v)) return raise_type(th, "__defaults__ must be set to a tuple object"), -1;
  obj_store(th, FUNC(self), (Value *)(void *)&FUNC(self)->defaults, v == NONE ? EMPTY : v);
  store_release(&FUNC(self)->version, new_version());
  return 0;
}
static int set_kwdefaults(RpThread *th, Value self, Value v) {
  if (v != EMPTY && v != NONE && !dict_check(v)) return raise_type(th, "__kwdefaults__ must be set to a dict object"), -1;
  obj_store(th, FUNC(self), (Value *)(void *)&FUNC(self)->kwdefaults, v == NONE ? EMPTY : v);
  store_release(&FUNC(self)->version, new_version());
  return 0;
}
static int set_name(RpThread *th, Value self, Value v) {
  if (v == EMPTY || !str_check(v)) return raise_type(th, "__name__ must be set to a string object"), -1;
  return obj_store(th, FUNC(self), &FUNC(self)->name, v), 0;
}
static int set_qualname(RpThread *th, Value self, Value v) {
  if (v == EMPTY || !str_check(v)) return raise_type(th, "__qualname__ must be set to a string object"), -1;
  return obj_store(th, FUNC(self), &FUNC(self)->qualname, v), 0;
}
static int set_module(RpThread *th, Value self, Value v) { return obj_store(th, FUNC(self), &FUNC(self)->module, v == EMPTY ? NONE : v), 0; }
static int set_doc(RpThread *th, Value self, Value v) { return obj_store(th, FUNC(self), &FUNC(self)->doc, v == EMPTY ? NONE : v), 0; }

static Value get_annotations(RpThread *th, Value self) {
  Function *f = FUNC(self);
  Value old = load_acquire(&f->annotations);
  if (is_object(old) && as_object(old)->kind == K_DICT) return old;
  Dict *d = dict_new(th);
  if (!d) return EMPTY;
  if (old != EMPTY)
    for (uint64_t i = 0; i + 1 < as_tuple(old)->length; i += 2)
      if (dict_set(th, d, as_tuple(old)->items[i], as_tuple(old)->items[i + 1]) < 0) return EMPTY;
  obj_lock(th, f);
  if (f->annotations == old) obj_store_ref(th, f, &f->annotations, d);
  obj_unlock(th, f);
  return load_acquire(&f->annotations);
}
static int set_annotations(RpThread *th, Value self, Value v) {
  if (v != EMPTY && v != NONE && !dict_check(v)) return raise_type(th, "__annotations__ must be set to a dict object"), -1;
  return obj_store(th, FUNC(self), &FUNC(self)->annotations, v == NONE ? EMPTY : v), 0;
}

const TypeSpec spec_function = {
    .doc = "Create a function object.",
    .size = sizeof(Function),
    .slots = {.trace = trace_func, .repr = func_repr, .call = func_call, .descr_get = func_get, .new_ = func_new_slot},
    .getsets = (const GetSetDef[]){{"__code__", get_code, set_code, NULL},
                                   {"__globals__", get_globals, NULL, NULL},
                                   {"__builtins__", get_builtins, NULL, NULL},
                                   {"__closure__", get_closure, NULL, NULL},
                                   {"__defaults__", get_defaults, set_defaults, NULL},
                                   {"__kwdefaults__", get_kwdefaults, set_kwdefaults, NULL},
                                   {"__name__", get_name, set_name, NULL},
                                   {"__qualname__", get_qualname, set_qualname, NULL},
                                   {"__module__", get_module, set_module, NULL},
                                   {"__doc__", get_doc, set_doc, NULL},
                                   {"__annotations__", get_annotations, set_annotations, NULL},
                                   {0}},
};

/* -- Bound methods ------------------------------------------------------------------------------------------------------------ */

Value method_new(RpThread *th, Value func, Value self) {
  BoundMethod *m = heap_new(th, BoundMethod, SHAPE_method, K_BOUND);
  if (!m) return EMPTY;
  m->func = func;
  m->self = self;
  return value_object(m);
}

static void trace_method(Tracer *tr, Object *o) {
  trace_value(tr, ((BoundMethod *)o)->func);
  trace_value(tr, ((BoundMethod *)o)->self);
}

static Value method_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  return call_prepend(th, BOUND(callee)->func, BOUND(callee)->self, args, n_pos, kwnames);
}

static Value method_new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "method() takes no keyword arguments");
  if (n_pos != 2) return raise_type(th, "method expected 2 arguments, got %d", n_pos);
  if (!op_callable(args[0])) return raise_type(th, "first argument must be callable");
  if (args[1] == NONE) return raise_type(th, "self must not be None");
  return method_new(th, args[0], args[1]);
}

static Value method_repr(RpThread *th, Value self) {
  Value f = BOUND(self)->func;
  Value name = op_getattr_opt(th, f, S(__qualname__));
  if (name == EMPTY && th->pending == EMPTY) name = op_getattr_opt(th, f, S(__name__));
  if (name == EMPTY && th->pending != EMPTY) return EMPTY;
  Str *s = name != EMPTY && str_check(name) ? as_str(name) : NULL;
  if (s) return value_object(str_fmt(th, "<bound method %S of %V>", s, BOUND(self)->self));
  return value_object(str_fmt(th, "<bound method ? of %V>", BOUND(self)->self));
}

static Value method_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if ((op != CMP_EQ && op != CMP_NE) || !has_shape(b, SHAPE_method)) return NOT_IMPLEMENTED;
  bool same = BOUND(a)->self == BOUND(b)->self;
  if (same) {
    int eq = op_equal(th, BOUND(a)->func, BOUND(b)->func);
    if (eq < 0) return EMPTY;
    same = eq;
  }
  return value_bool(same == (op == CMP_EQ));
}

static int64_t method_hash(RpThread *th, Value self) {
  int64_t h = op_hash(th, BOUND(self)->func);
  if (h == -1) return -1;
  h ^= (int64_t)(BOUND(self)->self >> 4);
  return h == -1 ? -2 : h;
}

/* A method shows the attributes of its function. */
static Value method_getattr(RpThread *th, Value self, Str *name) {
  Value own = type_lookup(th, &type_method, name);
  if (own != EMPTY) return descr_bind(th, own, self, &type_method);
  return op_getattr(th, BOUND(self)->func, name);
}

static Value m_func(RpThread *th, Value self) { return BOUND(self)->func; }
static Value m_self(RpThread *th, Value self) { return BOUND(self)->self; }
static Value m_doc(RpThread *th, Value self) { return op_getattr(th, BOUND(self)->func, S(__doc__)); }
static Value m_reduce(RpThread *th, const Value *a) {
  Value getattr = dict_get_c(th, th->ctx->builtins, "getattr");
  Value name = op_getattr(th, BOUND(a[0])->func, S(__name__));
  Tuple *args = name == EMPTY ? NULL : tuple_of(th, 2, BOUND(a[0])->self, name);
  return args ? value_object(tuple_of(th, 2, getattr, value_object(args))) : EMPTY;
}

const TypeSpec spec_method = {
    .doc = "Create a bound instance method object.",
    .size = sizeof(BoundMethod),
    .slots = {.trace = trace_method, .repr = method_repr, .call = method_call, .compare = method_compare, .hash = method_hash,
              .getattr = method_getattr, .new_ = method_new_slot},
    .methods = (const NativeDef[]){{"__reduce__", m_reduce, "(self, /)", 0, NULL, NULL}, {0}},
    .getsets = (const GetSetDef[]){{"__func__", m_func, NULL, "the function (or other callable) implementing a method"},
                                   {"__self__", m_self, NULL, "the instance to which a method is bound"},
                                   {"__doc__", m_doc, NULL, NULL},
                                   {0}},
};

/* -- Cells ----------------------------------------------------------------------------------------------------------------------- */

static void trace_cell(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((Cell *)o)->v)); }

static Value cell_new_slot(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "cell() takes no keyword arguments");
  if (n_pos > 1) return raise_type(th, "cell expected at most 1 argument, got %d", n_pos);
  Cell *c = heap_new(th, Cell, SHAPE_cell, K_CELL);
  if (!c) return EMPTY;
  if (n_pos) c->v = args[0];
  return value_object(c);
}

static Value cell_repr(RpThread *th, Value self) {
  Value v = load_relaxed(&((Cell *)as_object(self))->v);
  void *at = as_object(self);
  if (v == EMPTY) return value_object(str_fmt(th, "<cell at %p: empty>", at));
  return value_object(str_fmt(th, "<cell at %p: %T object at %p>", at, v, (void *)(uintptr_t)v));
}

static Value cell_get(RpThread *th, Value self) {
  Value v = load_relaxed(&((Cell *)as_object(self))->v);
  return v == EMPTY ? raise_value(th, "Cell is empty") : v;
}
static int cell_set(RpThread *th, Value self, Value v) { return obj_store(th, as_object(self), &((Cell *)as_object(self))->v, v), 0; }

static Value cell_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_shape(b, SHAPE_cell)) return NOT_IMPLEMENTED;
  Value x = load_relaxed(&((Cell *)as_object(a))->v), y = load_relaxed(&((Cell *)as_object(b))->v);
  if (x != EMPTY && y != EMPTY) return op_compare(th, x, y, op);
  return compare_answer((x != EMPTY) - (y != EMPTY), op);
}

const TypeSpec spec_cell = {
    .doc = "Create a new cell object.",
    .size = sizeof(Cell),
    .slots = {.trace = trace_cell, .repr = cell_repr, .new_ = cell_new_slot, .compare = cell_compare},
    .getsets = (const GetSetDef[]){{"cell_contents", cell_get, cell_set, NULL}, {0}},
};
