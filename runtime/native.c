/* native.c: functions written in C as Python sees them: signatures parsed once, arguments laid out in signature order, CPython's error texts,
** and the types builtin_function_or_method, method_descriptor, classmethod_descriptor. */
#include "runtime/native.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/context.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/perm.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <pthread.h>

enum { POS_ONLY, POS_OR_KW, VARARGS, KW_ONLY, VARKW };
#define MAX_PARAMS 32

/* -- Signatures --------------------------------------------------------------------------------------------------------- */

static const char *skip_space(const char *p) {
  while (*p == ' ') p++;
  return p;
}

/* To the comma or closing parenthesis that ends a default value. */
static const char *skip_default(const char *p) {
  int depth = 0;
  for (; *p; p++) {
    if (*p == '\'' || *p == '"') {
      char q = *p++;
      while (*p && *p != q) p += *p == '\\' && p[1] ? 2 : 1;
    } else if (strchr("([{", *p)) depth++;
    else if (strchr(")]}", *p)) {
      if (depth-- == 0) return p;
    } else if (*p == ',' && depth == 0) return p;
  }
  return p;
}

static bool name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

static NativeSig *parse(const NativeDef *def) {
  NativeParam params[MAX_PARAMS];
  int n = 0, kind = POS_OR_KW;
  NativeSig head = {.def = def, .varargs = -1, .varkw = -1};
  const char *p = def->signature;
  if (*p != '(') RP_FATAL("signature of %s: %s", def->name, def->signature);
  for (p = skip_space(p + 1); *p && *p != ')'; p = skip_space(p)) {
    int k = kind;
    if (*p == '/') {
      for (int i = 0; i < n; i++) params[i].kind = POS_ONLY;
      p++;
    } else if (*p == '*' && (p[1] == ',' || p[1] == ')')) {
      kind = KW_ONLY;
      p++;
    } else {
      if (p[0] == '*' && p[1] == '*') k = VARKW, p += 2;
      else if (*p == '*') k = VARARGS, kind = KW_ONLY, p++;
      else if (*p == '$') p++;
      const char *start = p;
      while (name_char(*p)) p++;
      if (n == MAX_PARAMS || p == start) RP_FATAL("signature of %s: %s", def->name, def->signature);
      params[n] = (NativeParam){perm_name(start, (size_t)(p - start)), (uint8_t)k, k == VARARGS || k == VARKW};
      if (*p == ':') p = skip_default(p);
      if (*p == '=') {
        params[n].optional = true;
        p = skip_default(p + 1);
      }
      if (k == VARARGS) head.varargs = (int8_t)n;
      if (k == VARKW) head.varkw = (int8_t)n;
      n++;
    }
    p = skip_space(p);
    if (*p == ',') p++;
  }
  NativeSig *sig = perm_alloc(sizeof *sig + (size_t)n * sizeof(NativeParam));
  *sig = head;
  sig->n_params = (uint8_t)n;
  for (int i = 0; i < n; i++) {
    sig->params[i] = params[i];
    if (params[i].kind > POS_OR_KW) continue;
    sig->n_pos++;
    if (params[i].kind == POS_ONLY) sig->n_pos_only++;
    if (!params[i].optional) sig->n_required_pos = sig->n_pos;
  }
  return sig;
}

/* Parsed signatures by definition, for the whole process: an open-addressing table that only grows. */
static pthread_mutex_t sig_lock = PTHREAD_MUTEX_INITIALIZER;
static const NativeSig **sig_table;
static size_t sig_mask, n_sigs;

static const NativeSig **sig_slot(const NativeDef *def) {
  size_t i = ((uintptr_t)def >> 4) * 0x9E3779B97F4A7C15ull >> 20;
  while (sig_table[i & sig_mask] && sig_table[i & sig_mask]->def != def) i++;
  return &sig_table[i & sig_mask];
}

static void sig_grow(void) {
  const NativeSig **old = sig_table;
  size_t old_size = old ? sig_mask + 1 : 0, size = old ? old_size * 2 : 2048;
  sig_table = calloc(size, sizeof *sig_table);
  if (!sig_table) RP_FATAL("no memory for the builtin functions");
  sig_mask = size - 1;
  for (size_t i = 0; i < old_size; i++)
    if (old[i]) *sig_slot(old[i]->def) = old[i];
  free(old);
}

const NativeSig *native_sig(const NativeDef *def) {
  pthread_mutex_lock(&sig_lock);
  if (!sig_table || n_sigs * 2 > sig_mask) sig_grow();
  const NativeSig **slot = sig_slot(def);
  if (!*slot) {
    *slot = parse(def);
    n_sigs++;
  }
  const NativeSig *sig = *slot;
  pthread_mutex_unlock(&sig_lock);
  return sig;
}

/* -- Errors ---------------------------------------------------------------------------------------------------------------- */

/* What the messages call the function. For methods counts leave out self. */
typedef struct Callee { const char *type; Str *name; const char *module; int skip; } Callee;

static Str *full_name(RpThread *th, const Callee *c) {
  if (c->type) return str_fmt(th, "%s.%S()", c->type, c->name);
  if (c->module) return str_fmt(th, "%s.%S()", c->module, c->name);
  return str_fmt(th, "%S()", c->name);
}

static bool all_pos_only(const NativeSig *sig) { return sig->n_pos_only == sig->n_params; }

COLD static void bad_count(RpThread *th, const NativeSig *sig, const Callee *c, int n) {
  int min = sig->n_required_pos - c->skip, max = sig->n_pos - c->skip;
  n -= c->skip;
  Str *full = full_name(th, c);
  if (!full) return;
  if (sig->n_params == c->skip) raise_type(th, "%S takes no arguments (%d given)", full, n);
  else if (all_pos_only(sig) && min == 1 && max == 1) raise_type(th, "%S takes exactly one argument (%d given)", full, n);
  else if (all_pos_only(sig)) {
    if (min == max) raise_type(th, "%S expected %d argument%s, got %d", c->name, min, min == 1 ? "" : "s", n);
    else if (n < min) raise_type(th, "%S expected at least %d argument%s, got %d", c->name, min, min == 1 ? "" : "s", n);
    else raise_type(th, "%S expected at most %d argument%s, got %d", c->name, max, max == 1 ? "" : "s", n);
  } else if (n < min) raise_type(th, "%S() takes %s %d positional argument%s (%d given)", c->name, min == max ? "exactly" : "at least", min, min == 1 ? "" : "s", n);
  else if (max == 0) raise_type(th, "%S() takes no positional arguments", c->name);
  else if (sig->n_params == sig->n_pos)
    raise_type(th, "%S() takes %s %d argument%s (%d given)", c->name, min == max ? "exactly" : "at most", max, max == 1 ? "" : "s", n);
  else raise_type(th, "%S() takes %s %d positional argument%s (%d given)", c->name, min == max ? "exactly" : "at most", max, max == 1 ? "" : "s", n);
}

COLD static void missing(RpThread *th, const NativeSig *sig, const Callee *c, int i, int n_pos) {
  if (sig->params[i].kind == POS_ONLY) bad_count(th, sig, c, n_pos);
  else if (sig->params[i].kind == KW_ONLY) raise_type(th, "%S() missing required keyword-only argument '%S'", c->name, sig->params[i].name);
  else raise_type(th, "%S() missing required argument '%S' (pos %d)", c->name, sig->params[i].name, i - c->skip + 1);
}

/* -- Binding ------------------------------------------------------------------------------------------------------------------ */

static int find_param(const NativeSig *sig, const Str *name) {
  for (int i = 0; i < sig->n_params; i++)
    if (sig->params[i].name == name && (sig->params[i].kind == POS_OR_KW || sig->params[i].kind == KW_ONLY)) return i;
  for (int i = 0; i < sig->n_params; i++)
    if ((sig->params[i].kind == POS_OR_KW || sig->params[i].kind == KW_ONLY) && str_eq(sig->params[i].name, name)) return i;
  return -1;
}

static bool bind_keywords(RpThread *th, const NativeSig *sig, const Callee *c, const Value *kwargs, Tuple *kwnames, int n_pos, Value *out) {
  bool takes = sig->varkw >= 0;
  for (int i = 0; i < sig->n_params; i++) takes |= sig->params[i].kind == POS_OR_KW || sig->params[i].kind == KW_ONLY;
  if (!takes) {
    Str *full = full_name(th, c);
    if (full) raise_type(th, "%S takes no keyword arguments", full);
    return false;
  }
  for (uint64_t k = 0; k < kwnames->length; k++) {
    Str *name = as_str(kwnames->items[k]);
    int i = find_param(sig, name);
    if (i < 0 && sig->varkw >= 0) {
      if (dict_set_str(th, (Dict *)as_object(out[sig->varkw]), name, kwargs[k]) < 0) return false;
    } else if (i < 0) return raise_type(th, "'%S' is an invalid keyword argument for %S()", name, c->name), false;
    else if (out[i] != EMPTY)
      return raise_type(th, "argument for %S() given by name ('%S') and position (%d)", c->name, name, i - c->skip + 1), false;
    else out[i] = kwargs[k];
  }
  return true;
}

/* args: n_pos values, then one per keyword. */
static bool bind(RpThread *th, const NativeSig *sig, const Callee *c, const Value *args, int n_pos, Tuple *kwnames, Value *out) {
  int n_kw = kwnames ? (int)kwnames->length : 0;
  if (n_pos > sig->n_pos && sig->varargs < 0) return bad_count(th, sig, c, n_pos + (all_pos_only(sig) ? 0 : n_kw)), false;
  int given = n_pos < sig->n_pos ? n_pos : sig->n_pos;
  for (int i = 0; i < sig->n_params; i++) out[i] = i < given ? args[i] : EMPTY;
  if (sig->varargs >= 0) {
    Tuple *rest = tuple_new(th, args + given, (size_t)(n_pos - given));
    if (!rest) return false;
    out[sig->varargs] = value_object(rest);
  }
  if (sig->varkw >= 0) {
    Dict *d = dict_new(th);
    if (!d) return false;
    out[sig->varkw] = value_object(d);
  }
  if (n_kw && !bind_keywords(th, sig, c, args + n_pos, kwnames, n_pos, out)) return false;
  for (int i = given; i < sig->n_params; i++)
    if (out[i] == EMPTY && !sig->params[i].optional) return missing(th, sig, c, i, n_pos), false;
  return true;
}

bool native_bind(RpThread *th, const NativeDef *def, const Value *args, int n_pos, Tuple *kwnames, Value *out) {
  Str *name = str_from_c(th, def->name);
  if (!name) return false;
  Callee c = {NULL, name, NULL, 0};
  return bind(th, native_sig(def), &c, args, n_pos, kwnames, out);
}

static Callee callee_of(const Native *f, bool has_self) {
  Callee c = {NULL, f->name, NULL, has_self};
  if (f->type) c.type = f->self != EMPTY && has_kind(f->self, K_TYPE) && f->sig && (f->sig->def->flags & NATIVE_CLASSMETHOD) ? ((Type *)as_object(f->self))->name->c : f->type->name->c;
  else if (str_check(f->module) && !str_eq_c(as_str(f->module), "builtins")) c.module = as_str(f->module)->c;
  return c;
}

/* The signature's first parameter is the receiver. */
static bool has_receiver(const Native *f) { return f->type && !(f->sig->def->flags & NATIVE_STATIC); }

COLD static Value call_slow(RpThread *th, Native *f, const Value *args, int n_pos, Tuple *kwnames) {
  Value out[MAX_PARAMS];
  Callee c = callee_of(f, has_receiver(f));
  if (!bind(th, f->sig, &c, args, n_pos, kwnames, out)) return EMPTY;
  return f->sig->def->fn(th, out);
}

/* Arrays no larger than needed, and filled: the collector takes what old calls left in an unused part for references. */
static NOINLINE Value call_padded_to_8(RpThread *th, const NativeSig *sig, const Value *args, int n) {
  Value out[8] = {EMPTY};
  for (int i = 0; i < n; i++) out[i] = args[i];
  return sig->def->fn(th, out);
}
Value native_call_padded(RpThread *th, const NativeSig *sig, const Value *args, int n) {
  if (sig->n_params > 4) return call_padded_to_8(th, sig, args, n);
  Value out[4] = {EMPTY};
  for (int i = 0; i < n; i++) out[i] = args[i];
  return sig->def->fn(th, out);
}

/* Positional arguments for more parameters than native_call_padded() takes, or some that may not be absent. */
static NOINLINE Value call_filled(RpThread *th, Native *f, const Value *args, int n_pos) {
  const NativeSig *sig = f->sig;
  Value out[MAX_PARAMS];
  int i = 0;
  for (; i < n_pos; i++) out[i] = args[i];
  for (; i < sig->n_params; i++) {
    if (unlikely(!sig->params[i].optional)) return call_slow(th, f, args, n_pos, NULL);
    out[i] = EMPTY;
  }
  return sig->def->fn(th, out);
}

/* args in the caller's array, receiver included. */
static Value call_flat(RpThread *th, Native *f, const Value *args, int n_pos, Tuple *kwnames) {
  const NativeSig *sig = f->sig;
  if (likely(!kwnames && sig->varargs < 0 && sig->varkw < 0)) {
    if (n_pos == sig->n_params && sig->n_pos == n_pos) return sig->def->fn(th, args);
    if (n_pos >= sig->n_required_pos && n_pos <= sig->n_pos)
      return sig->n_params <= 8 && sig->n_params == sig->n_pos ? native_call_padded(th, sig, args, n_pos) : call_filled(th, f, args, n_pos);
  }
  return call_slow(th, f, args, n_pos, kwnames && kwnames->length ? kwnames : NULL);
}

Value slots_new_call(RpThread *th, Native *f, const Value *args, int n_pos, Tuple *kwnames);
Value slots_wrapper_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames);

#define MAX_STACK_ARGS 24

/* callee(first, *args): through the C stack, or for very many a tuple. */
static Value with_first(RpThread *th, Value first, const Value *args, int n_pos, Tuple *kwnames,
                        Value (*then)(RpThread *, void *, const Value *, int, Tuple *), void *data) {
  int n = n_pos + (kwnames ? (int)kwnames->length : 0);
  if (n < MAX_STACK_ARGS) {
    Value all[MAX_STACK_ARGS];
    all[0] = first;
    for (int i = 0; i < n; i++) all[i + 1] = args[i];
    return then(th, data, all, n_pos + 1, kwnames);
  }
  Tuple *t = tuple_alloc(th, (size_t)n + 1);
  if (!t) return EMPTY;
  t->items[0] = first;
  for (int i = 0; i < n; i++) t->items[i + 1] = args[i];
  Value r = then(th, data, t->items, n_pos + 1, kwnames);
  __asm__ volatile("" : : "r"(t)); /* keeps the tuple visible to the stack scan until here */
  return r;
}

static Value then_flat(RpThread *th, void *f, const Value *args, int n_pos, Tuple *kw) { return call_flat(th, f, args, n_pos, kw); }
static Value then_call(RpThread *th, void *callee, const Value *args, int n_pos, Tuple *kw) {
  return op_call(th, *(Value *)callee, args, n_pos, kw);
}

Value call_prepend(RpThread *th, Value callee, Value first, const Value *args, int n_pos, Tuple *kwnames) {
  return with_first(th, first, args, n_pos, kwnames, then_call, &callee);
}

Value native_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  Native *f = (Native *)as_object(callee);
  if (unlikely(f->slot_wrapper != NULL))
    return f->hdr.shape_id == SHAPE_wrapper_descriptor ? slots_wrapper_call(th, callee, args, n_pos, kwnames) : slots_new_call(th, f, args, n_pos, kwnames);
  if (!f->type || (f->sig->def->flags & NATIVE_STATIC)) return call_flat(th, f, args, n_pos, kwnames);
  if (f->hdr.shape_id == SHAPE_method_descriptor) {
    if (unlikely(n_pos < 1)) return raise_type(th, "unbound method %S.%S() needs an argument", f->type->name, f->name);
    if (unlikely(!value_is_instance(args[0], f->type)))
      return raise_type(th, "descriptor '%S' for '%S' objects doesn't apply to a '%T' object", f->name, f->type->name, args[0]);
    return call_flat(th, f, args, n_pos, kwnames);
  }
  if (f->self != EMPTY) return with_first(th, f->self, args, n_pos, kwnames, then_flat, f);
  /* classmethod descriptor called through the type's dict */
  if (n_pos < 1) return raise_type(th, "descriptor '%S' of '%S' object needs an argument", f->name, f->type->name);
  if (!has_kind(args[0], K_TYPE)) return raise_type(th, "descriptor '%S' for type '%S' needs a type, not a '%T' as arg 2", f->name, f->type->name, args[0]);
  return call_flat(th, f, args, n_pos, kwnames);
}

/* -- Making -------------------------------------------------------------------------------------------------------------------- */

Native *native_perm(const NativeDef *def, uint32_t shape_id, Type *owner) {
  Native *f = (Native *)perm_object(shape_id, K_NATIVE, sizeof *f);
  f->sig = native_sig(def);
  f->type = owner;
  f->name = str_perm(def->name);
  f->module = NONE;
  return f;
}

Native *native_perm_slot(const void *row, const char *dunder, Type *owner, bool is_new) {
  Native *f = (Native *)perm_object(is_new ? SHAPE_builtin_function : SHAPE_wrapper_descriptor, K_NATIVE, sizeof *f);
  f->slot_wrapper = (void *)(uintptr_t)row;
  f->type = owner;
  f->self = is_new ? value_object(owner) : EMPTY;
  f->module = NONE;
  return f;
}

Native *native_new(RpThread *th, uint32_t shape_id, const NativeDef *def, Type *type, Value self, Str *module) {
  const NativeSig *sig = native_sig(def);
  Str *name = str_intern_c(th, def->name);
  Native *f = name ? heap_new(th, Native, shape_id, K_NATIVE) : NULL;
  if (!f) return NULL;
  f->sig = sig;
  f->self = self;
  f->type = type;
  f->name = name;
  f->module = module ? value_object(module) : NONE;
  return f;
}

static Value bound(RpThread *th, Native *f, Value self) {
  Native *b = heap_new(th, Native, SHAPE_builtin_function, K_NATIVE);
  if (!b) return EMPTY;
  b->sig = f->sig;
  b->self = self;
  b->type = f->type;
  b->name = f->name;
  b->module = NONE;
  return value_object(b);
}

int native_add_all(RpThread *th, Dict *dict, const NativeDef *defs, Str *module) {
  for (const NativeDef *d = defs; d && d->name; d++) {
    Native *f = native_new(th, SHAPE_builtin_function, d, NULL, EMPTY, module);
    if (!f || dict_set_str(th, dict, f->name, value_object(f)) < 0) return -1;
  }
  return 0;
}

/* -- The types ------------------------------------------------------------------------------------------------------------------- */

#define NATIVE(v) ((Native *)as_object(v))

static void trace(Tracer *tr, Object *o) {
  Native *f = (Native *)o;
  trace_value(tr, f->self);
  trace_ref(tr, f->type);
  trace_ref(tr, f->name);
  trace_value(tr, load_consume(&f->module));
}

static Value get_name(RpThread *th, Value self) { return value_object(NATIVE(self)->name); }
static Value get_module(RpThread *th, Value self) { return NATIVE(self)->module; }
static Value get_objclass(RpThread *th, Value self) { return value_object(NATIVE(self)->type); }

static Value get_qualname(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  Type *t = f->type;
  if (t && f->self != EMPTY && has_kind(f->self, K_TYPE) && (!f->sig || (f->sig->def->flags & NATIVE_CLASSMETHOD))) t = (Type *)as_object(f->self);
  return value_object(t ? str_fmt(th, "%S.%S", t->qualname, f->name) : f->name);
}

static Value get_self(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  if (f->self != EMPTY) return f->self;
  if (f->type || !str_check(f->module)) return NONE;
  Value m = module_find(th, as_str(f->module));
  return m == EMPTY ? NONE : m;
}

static Value get_doc(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  if (!f->sig) return value_object(str_from_c(th, "Create and return a new object.  See help(type) for accurate signature."));
  return f->sig->def->doc ? value_object(str_from_c(th, f->sig->def->doc)) : NONE;
}

/* "($self, x, /)": a receiver is marked so that inspect leaves it out. */
static Value get_text_signature(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  if (!f->sig) return value_object(str_from_c(th, "($type, *args, **kwargs)"));
  const char *sig = f->sig->def->signature;
  return value_object(has_receiver(f) ? str_fmt(th, "($%s", sig + 1) : str_fmt(th, "%s", sig));
}

static Value function_repr(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  if (!f->type || f->self == EMPTY) return value_object(str_fmt(th, "<built-in function %S>", f->name));
  return value_object(str_fmt(th, "<built-in method %S of %T object at %p>", f->name, f->self, (void *)(uintptr_t)f->self));
}

static Value function_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if ((op != CMP_EQ && op != CMP_NE) || !has_shape(b, SHAPE_builtin_function)) return NOT_IMPLEMENTED;
  Native *x = NATIVE(a), *y = NATIVE(b);
  bool same = x == y || (x->sig && x->sig == y->sig && x->self == y->self);
  return value_bool(same == (op == CMP_EQ));
}

static int64_t function_hash(RpThread *th, Value self) {
  Native *f = NATIVE(self);
  uint64_t h = ((uintptr_t)f->sig >> 4) ^ (f->self >> 4) * 31 ^ ((uintptr_t)f->slot_wrapper >> 4) ^ ((uintptr_t)f->type >> 4);
  return (int64_t)(h & INT64_MAX);
}

/* copyreg and pickle: by name in its module, or (getattr, (self, name)). */
static Value reduce(RpThread *th, const Value *a) {
  Native *f = NATIVE(a[0]);
  if (!f->type || f->self == EMPTY || has_kind(f->self, K_MODULE)) return value_object(f->name);
  Value getattr = dict_get_str(th->ctx->builtins, str_perm("getattr"));
  Tuple *args = tuple_of(th, 2, f->self, value_object(f->name));
  return args ? value_object(tuple_of(th, 2, getattr, value_object(args))) : EMPTY;
}

static const GetSetDef function_getsets[] = {{"__name__", get_name, NULL, NULL},
                                             {"__qualname__", get_qualname, NULL, NULL},
                                             {"__module__", get_module, NULL, NULL},
                                             {"__self__", get_self, NULL, NULL},
                                             {"__doc__", get_doc, NULL, NULL},
                                             {"__text_signature__", get_text_signature, NULL, NULL},
                                             {0}};

const TypeSpec spec_builtin_function = {
    .size = sizeof(Native),
    .slots = {.trace = trace, .repr = function_repr, .call = native_call, .compare = function_compare, .hash = function_hash},
    .methods = (const NativeDef[]){{"__reduce__", reduce, "(self, /)", 0, NULL, NULL}, {0}},
    .getsets = function_getsets,
};

static Value method_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<method '%S' of '%S' objects>", NATIVE(self)->name, NATIVE(self)->type->name));
}

static Value method_get(RpThread *th, Value self, Value obj, Value type) {
  if (obj == EMPTY) return self;
  Native *f = NATIVE(self);
  if (!value_is_instance(obj, f->type))
    return raise_type(th, "descriptor '%S' for '%S' objects doesn't apply to a '%T' object", f->name, f->type->name, obj);
  return bound(th, f, obj);
}

static const GetSetDef method_getsets[] = {{"__name__", get_name, NULL, NULL},
                                           {"__qualname__", get_qualname, NULL, NULL},
                                           {"__objclass__", get_objclass, NULL, NULL},
                                           {"__doc__", get_doc, NULL, NULL},
                                           {"__text_signature__", get_text_signature, NULL, NULL},
                                           {0}};

const TypeSpec spec_method_descriptor = {
    .size = sizeof(Native),
    .slots = {.trace = trace, .repr = method_repr, .call = native_call, .descr_get = method_get},
    .getsets = method_getsets,
};

static Value classmethod_get(RpThread *th, Value self, Value obj, Value type) {
  if (type == EMPTY) type = value_object(type_of(obj));
  Native *f = NATIVE(self);
  if (!has_kind(type, K_TYPE)) return raise_type(th, "descriptor '%S' for type '%S' needs a type, not a '%T' as arg 2", f->name, f->type->name, type);
  if (!type_is_subtype((Type *)as_object(type), f->type))
    return raise_type(th, "descriptor '%S' requires a subtype of '%S' but received '%S'", f->name, f->type->name, ((Type *)as_object(type))->name);
  return bound(th, f, type);
}

const TypeSpec spec_classmethod_descriptor = {
    .size = sizeof(Native),
    .slots = {.trace = trace, .repr = method_repr, .call = native_call, .descr_get = classmethod_get},
    .getsets = method_getsets,
};
