/* mod__contextvars.c: the module _contextvars: ContextVar, Token, Context (PEP 567). A Context is a Dict from variables to values, shared with its
** copies until one of them writes: copy_context() costs nothing. A thread's current context is th->context_vars, made when first needed; contexts
** that are being run form a stack through `outer`. */
#include "runtime/dict.h"
#include "runtime/gen.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

typedef struct ContextObject { Object hdr; Dict *vars; Value outer; bool shared, entered; } ContextObject;
typedef struct ContextVar { Object hdr; Str *name; Value dflt; } ContextVar;
typedef struct Token { Object hdr; Value context, var, old; bool used; } Token;
#define CONTEXT(v) ((ContextObject *)as_object(v))
#define VAR(v) ((ContextVar *)as_object(v))
#define TOKEN(v) ((Token *)as_object(v))

/* -- Context ------------------------------------------------------------------------------------------------------------------------------- */

static void context_trace_(Tracer *tr, Object *o) {
  trace_ref(tr, load_consume(&((ContextObject *)o)->vars));
  trace_value(tr, load_consume(&((ContextObject *)o)->outer));
}
static ContextObject *context_make(RpThread *th, Dict *vars) {
  ContextObject *c = heap_new(th, ContextObject, SHAPE_context_vars, K_NATIVE_OBJECT);
  if (!c) return NULL;
  obj_store_ref(th, c, &c->vars, vars);
  return c;
}
static ContextObject *context_current(RpThread *th) {
  if (th->context_vars == EMPTY) {
    Dict *d = dict_new(th);
    ContextObject *c = d ? context_make(th, d) : NULL;
    if (!c) return NULL;
    th->context_vars = value_object(c);
  }
  return CONTEXT(th->context_vars);
}
/* The dict to write to. */
static Dict *context_own(RpThread *th, ContextObject *c) {
  if (c->shared) {
    Dict *d = dict_copy(th, c->vars);
    if (!d) return NULL;
    obj_store_ref(th, c, &c->vars, d);
    c->shared = false;
  }
  return c->vars;
}
static Value context_copy(RpThread *th, ContextObject *c) {
  c->shared = true;
  ContextObject *copy = context_make(th, c->vars);
  if (!copy) return EMPTY;
  copy->shared = true;
  return value_object(copy);
}
static Value context_new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos || kwnames) return raise_type(th, "Context() does not accept any arguments");
  Dict *d = dict_new(th);
  ContextObject *c = d ? context_make(th, d) : NULL;
  return c ? value_object(c) : EMPTY;
}
static Value m_run(RpThread *th, const Value *a) {
  ContextObject *c = CONTEXT(a[0]);
  Tuple *args = as_tuple(a[1]);
  if (args->length == 0) return raise_type(th, "run() missing 1 required positional argument");
  if (c->entered) return raise_runtime(th, "cannot enter context: %V is already entered", a[0]);
  ContextObject *before = context_current(th);
  if (!before) return EMPTY;
  c->entered = true;
  obj_store_ref(th, c, &c->outer, before);
  th->context_vars = a[0];
  Tuple *rest = tuple_new(th, args->items + 1, args->length - 1);
  Value r = rest ? op_call_ex(th, args->items[0], rest, as_dict(a[2])) : EMPTY;
  th->context_vars = value_object(before);
  store_relaxed(&c->outer, EMPTY);
  c->entered = false;
  return r;
}
static Value m_copy(RpThread *th, const Value *a) { return context_copy(th, CONTEXT(a[0])); }
static bool var_arg(RpThread *th, Value v) {
  if (has_shape(v, SHAPE_context_var)) return true;
  raise_type(th, "a ContextVar key was expected, got %V", v);
  return false;
}
static Value context_getitem(RpThread *th, Value self, Value key) {
  if (!var_arg(th, key)) return EMPTY;
  Value v = dict_get(th, CONTEXT(self)->vars, key);
  return v == EMPTY && th->pending == EMPTY ? raise_key(th, key) : v;
}
static Value m_get(RpThread *th, const Value *a) {
  if (!var_arg(th, a[1])) return EMPTY;
  Value v = dict_get(th, CONTEXT(a[0])->vars, a[1]);
  return v != EMPTY || th->pending != EMPTY ? v : a[2] == EMPTY ? NONE : a[2];
}
static int context_contains(RpThread *th, Value self, Value key) { return var_arg(th, key) ? dict_has(th, CONTEXT(self)->vars, key) : -1; }
static int64_t context_len(RpThread *th, Value self) { return (int64_t)dict_len(CONTEXT(self)->vars); }
/* Views of a copy: what is set meanwhile is not seen. */
static Value view(RpThread *th, Value self, const char *what) {
  Dict *d = dict_copy(th, CONTEXT(self)->vars);
  return d ? op_call_method(th, value_object(d), str_intern_c(th, what), NULL, 0) : EMPTY;
}
static Value context_iter(RpThread *th, Value self) {
  Value keys = view(th, self, "keys");
  return keys == EMPTY ? EMPTY : op_iter(th, keys);
}
static Value m_keys(RpThread *th, const Value *a) { return view(th, a[0], "keys"); }
static Value m_values(RpThread *th, const Value *a) { return view(th, a[0], "values"); }
static Value m_items(RpThread *th, const Value *a) { return view(th, a[0], "items"); }
static Value context_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_shape(b, SHAPE_context_vars) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  int eq = dict_equal(th, CONTEXT(a)->vars, CONTEXT(b)->vars);
  return eq < 0 ? EMPTY : value_bool(eq == (op == CMP_EQ));
}
static int64_t no_hash(RpThread *th, Value self) { return raise_unhashable(th, self); }

const TypeSpec spec_context_vars = {
    .size = sizeof(ContextObject),
    .flags = TYPE_HAS_WEAKREF,
    .slots = {.trace = context_trace_, .new_ = context_new_, .getitem = context_getitem, .contains = context_contains, .len = context_len,
              .iter = context_iter, .compare = context_compare, .hash = no_hash},
    .methods = (const NativeDef[]){
        {"run", m_run, "(self, /, *args, **kwargs)", 0, NULL, NULL},
        {"copy", m_copy, "(self, /)", 0, "Return a shallow copy of the context object.", NULL},
        {"get", m_get, "(self, key, default=None, /)", 0, "Return the value for `key` if `key` has the value in the context object.", NULL},
        {"keys", m_keys, "(self, /)", 0, "Return a list of all variables in the context object.", NULL},
        {"values", m_values, "(self, /)", 0, "Return a list of all variables' values in the context object.", NULL},
        {"items", m_items, "(self, /)", 0, "Return all variables and their values in the context object.", NULL},
        {0}},
};

/* -- ContextVar ---------------------------------------------------------------------------------------------------------------------------- */

static void var_trace(Tracer *tr, Object *o) {
  trace_ref(tr, ((ContextVar *)o)->name);
  trace_value(tr, ((ContextVar *)o)->dflt);
}
static Value var_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"ContextVar", NULL, "(name, /, *, default=None)", 0, NULL, NULL};
  Value a[2];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  if (!str_check(a[0])) return raise_type(th, "context variable name must be a str");
  ContextVar *v = heap_new(th, ContextVar, SHAPE_context_var, K_NATIVE_OBJECT);
  if (!v) return EMPTY;
  obj_store(th, v, (Value *)(void *)&v->name, a[0]);
  obj_store(th, v, &v->dflt, a[1]);
  return value_object(v);
}
static Value var_get(RpThread *th, const Value *a) {
  ContextObject *c = context_current(th);
  Value v = c ? dict_get(th, c->vars, a[0]) : EMPTY;
  if (v != EMPTY || th->pending != EMPTY) return v;
  if (a[1] != EMPTY) return a[1];
  if (VAR(a[0])->dflt != EMPTY) return VAR(a[0])->dflt;
  Value e = op_call1(th, value_object(&type_LookupError), a[0]);
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static Value var_set(RpThread *th, const Value *a) {
  ContextObject *c = context_current(th);
  Dict *d = c ? context_own(th, c) : NULL;
  if (!d) return EMPTY;
  Value old = dict_get(th, d, a[0]);
  Token *t = th->pending == EMPTY ? heap_new(th, Token, SHAPE_context_token, K_NATIVE_OBJECT) : NULL;
  if (!t) return EMPTY;
  obj_store_ref(th, t, &t->context, c);
  obj_store(th, t, &t->var, a[0]);
  obj_store(th, t, &t->old, old);
  return dict_set(th, d, a[0], a[1]) < 0 ? EMPTY : value_object(t);
}
static Value var_reset(RpThread *th, const Value *a) {
  if (!has_shape(a[1], SHAPE_context_token)) return raise_type(th, "expected an instance of Token, got %V", a[1]);
  Token *t = TOKEN(a[1]);
  if (t->used) return raise_runtime(th, "%V has already been used once", a[1]);
  if (t->var != a[0]) return raise_value(th, "%V was created by a different ContextVar", a[1]);
  ContextObject *c = context_current(th);
  if (!c) return EMPTY;
  if (t->context != value_object(c)) return raise_value(th, "%V was created in a different Context", a[1]);
  Dict *d = context_own(th, c);
  if (!d) return EMPTY;
  t->used = true;
  int r = t->old != EMPTY ? dict_set(th, d, a[0], t->old) : dict_del(th, d, a[0]);
  return r < 0 ? EMPTY : NONE;
}
static Value var_repr(RpThread *th, Value self) {
  ContextVar *v = VAR(self);
  Str *dflt = v->dflt == EMPTY ? str_empty_ : str_fmt(th, " default=%V", v->dflt);
  Str *s = dflt ? str_fmt(th, "<ContextVar name=%V%S at %p>", value_object(v->name), dflt, (void *)v) : NULL;
  return s ? value_object(s) : EMPTY;
}
static Value var_name(RpThread *th, Value self) { return value_object(VAR(self)->name); }

const TypeSpec spec_context_var = {
    .size = sizeof(ContextVar),
    .slots = {.trace = var_trace, .new_ = var_new, .repr = var_repr},
    .methods = (const NativeDef[]){
        {"get", var_get, "(self, default=None, /)", 0, "Return a value for the context variable for the current context.", NULL},
        {"set", var_set, "(self, value, /)", 0, "Call to set a new value for the context variable in the current context.", NULL},
        {"reset", var_reset, "(self, token, /)", 0, "Reset the context variable.", NULL},
        {"__class_getitem__", generic_alias_getitem, "(cls, object, /)", NATIVE_CLASSMETHOD, "See PEP 585", NULL},
        {0}},
    .getsets = (const GetSetDef[]){{"name", var_name, NULL, NULL}, {0}},
};

/* -- Token ----------------------------------------------------------------------------------------------------------------------------------- */

static void token_trace(Tracer *tr, Object *o) {
  Token *t = (Token *)o;
  trace_value(tr, t->context);
  trace_value(tr, t->var);
  trace_value(tr, t->old);
}
static Value token_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return raise_runtime(th, "Tokens can only be created by ContextVars");
}
static Value token_repr(RpThread *th, Value self) {
  Token *t = TOKEN(self);
  Str *s = str_fmt(th, "<Token%s var=%V at %p>", t->used ? " used" : "", t->var, (void *)t);
  return s ? value_object(s) : EMPTY;
}
static Value missing_repr(RpThread *th, Value self) { return value_object(str_intern_c(th, "<Token.MISSING>")); }
const TypeSpec spec_token_missing = {.size = sizeof(Object), .slots = {.repr = missing_repr}};
static Object missing = {.shape_id = SHAPE_token_missing, .kind = K_NATIVE_OBJECT, .flags = OBJ_IMMUTABLE};
static Value token_var(RpThread *th, Value self) { return TOKEN(self)->var; }
static Value token_old(RpThread *th, Value self) { return TOKEN(self)->old != EMPTY ? TOKEN(self)->old : value_object(&missing); }
const TypeSpec spec_context_token = {
    .size = sizeof(Token),
    .slots = {.trace = token_trace, .new_ = token_new, .repr = token_repr, .hash = no_hash},
    .methods = (const NativeDef[]){{"__class_getitem__", generic_alias_getitem, "(cls, object, /)", NATIVE_CLASSMETHOD, "See PEP 585", NULL}, {0}},
    .getsets = (const GetSetDef[]){{"var", token_var, NULL, NULL}, {"old_value", token_old, NULL, NULL}, {0}},
    .constants = (const TypeConstant[]){{"MISSING", &missing}, {0}},
};

static Value m_copy_context(RpThread *th, const Value *a) {
  ContextObject *c = context_current(th);
  return c ? context_copy(th, c) : EMPTY;
}
static const NativeDef functions[] = {{"copy_context", m_copy_context, "()", 0, NULL, NULL}, {0}};

static int init(RpThread *th, Dict *dict) {
  return dict_set_c(th, dict, "ContextVar", value_object(&type_context_var)) < 0 || dict_set_c(th, dict, "Context", value_object(&type_context_vars)) < 0 ||
                 dict_set_c(th, dict, "Token", value_object(&type_context_token)) < 0
             ? -1
             : 0;
}
const ModuleSpec mod__contextvars = {.doc = "Context Variables", .functions = functions, .init = init};
