/* weakref.c: weak references and proxies, and the context's table of them (weakref.h). */
#include "runtime/weakref.h"
#include "runtime/context.h"
#include "runtime/gen.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- The table ------------------------------------------------------------------------------------------------------------------------- */

typedef struct WeakEntry { Object *referent; WeakRef *head; } WeakEntry; /* referent NULL: empty */
typedef struct WeakState {
  pthread_mutex_t lock;      /* leaf; nothing is allocated on the heap and nobody polls while holding it */
  WeakEntry *v;
  size_t n, mask;            /* open addressing, mask + 1 slots; v NULL at first */
  WeakRef **due;             /* callbacks to run, in order; a root */
  size_t n_due, cap_due, next_due;
} WeakState;

static size_t slot_of(const Object *o) { return (size_t)(((uintptr_t)o >> 4) * 0x9E3779B97F4A7C15ull >> 20); }

static WeakEntry *find(WeakState *ws, const Object *o) {
  if (!ws->v) return NULL;
  for (size_t i = slot_of(o);; i++) {
    WeakEntry *e = &ws->v[i & ws->mask];
    if (e->referent == o) return e;
    if (!e->referent) return NULL;
  }
}
static void put(WeakEntry *v, size_t mask, WeakEntry e) {
  size_t i = slot_of(e.referent);
  while (v[i & mask].referent) i++;
  v[i & mask] = e;
}
static bool resize(WeakState *ws, size_t slots) {
  WeakEntry *v = calloc(slots, sizeof *v);
  if (!v) return false;
  for (size_t i = 0; ws->v && i <= ws->mask; i++)
    if (ws->v[i].referent) put(v, slots - 1, ws->v[i]);
  free(ws->v);
  ws->v = v;
  ws->mask = slots - 1;
  return true;
}
static WeakEntry *find_or_add(WeakState *ws, Object *o) {
  WeakEntry *e = find(ws, o);
  if (e) return e;
  if ((!ws->v || ws->n * 4 >= ws->mask * 3) && !resize(ws, ws->v ? (ws->mask + 1) * 2 : 64)) return NULL;
  ws->n++;
  put(ws->v, ws->mask, (WeakEntry){o, NULL});
  return find(ws, o);
}

int weakref_context_init(RpThread *th) {
  WeakState *ws = calloc(1, sizeof *ws);
  if (!ws) return -1;
  pthread_mutex_init(&ws->lock, NULL);
  th->ctx->weak_state = ws;
  return 0;
}
void weakref_context_free(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return;
  pthread_mutex_destroy(&ws->lock);
  free(ws->v);
  free(ws->due);
  free(ws);
  ctx->weak_state = NULL;
}

/* -- Collection ------------------------------------------------------------------------------------------------------------------------- */

static void queue_due(WeakState *ws, WeakRef *r) {
  if (ws->n_due == ws->cap_due) {
    size_t cap = ws->cap_due ? ws->cap_due * 2 : 32;
    WeakRef **v = realloc(ws->due, cap * sizeof *v);
    if (!v) return; /* the callback is lost: no memory to remember it */
    ws->due = v;
    ws->cap_due = cap;
  }
  r->due = true;
  ws->due[ws->n_due++] = r;
}

/* The references to a dead object are cleared; live ones with a callback become due. */
static void clear_all(WeakState *ws, RpContext *ctx, WeakRef *r) {
  for (WeakRef *next; r; r = next) {
    next = r->next;
    r->next = NULL;
    atomic_store_explicit(&r->referent, EMPTY, memory_order_relaxed);
    if (r->callback != EMPTY && heap_marked(ctx, r)) queue_due(ws, r);
  }
}
/* References that are dead themselves leave the list; a finalizer may yet revive them, so they are cleared, too. */
static WeakRef *keep_live(RpContext *ctx, WeakRef *head) {
  WeakRef **p = &head;
  while (*p) {
    WeakRef *r = *p;
    if (heap_marked(ctx, r)) {
      p = &r->next;
      continue;
    }
    *p = r->next;
    r->next = NULL;
    atomic_store_explicit(&r->referent, EMPTY, memory_order_relaxed);
  }
  return head;
}

static void census(RpContext *ctx, WeakState *ws) {
  size_t dropped = 0;
  for (size_t i = 0; i <= ws->mask; i++) {
    WeakEntry *e = &ws->v[i];
    if (!e->referent) continue;
    if (heap_marked(ctx, e->referent)) {
      e->head = keep_live(ctx, e->head);
      if (e->head) continue;
      __atomic_fetch_and(&e->referent->flags, (uint8_t)~OBJ_HAS_WEAKREF, __ATOMIC_RELAXED);
    } else {
      clear_all(ws, ctx, e->head);
    }
    e->head = NULL;
    e->referent = NULL; /* breaks probe chains: repaired below before anyone looks */
    dropped++;
  }
  if (!dropped) return;
  ws->n -= dropped;
  size_t slots = 64;
  while (slots < ws->n * 2) slots *= 2;
  if (resize(ws, slots)) return;
  /* No memory for a fresh table: repair in place, moving each entry to where a probe finds it, until none moves. */
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t i = 0; i <= ws->mask; i++) {
      WeakEntry e = ws->v[i];
      if (!e.referent || find(ws, e.referent) == &ws->v[i]) continue;
      ws->v[i] = (WeakEntry){0};
      put(ws->v, ws->mask, e);
      moved = true;
    }
  }
}

void weakref_census(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return;
  pthread_mutex_lock(&ws->lock);
  if (ws->n) census(ctx, ws);
  pthread_mutex_unlock(&ws->lock);
}

static const Object *find_dead(RpContext *ctx, WeakState *ws) {
  for (size_t i = 0; ws->n && i <= ws->mask; i++) {
    const WeakEntry *e = &ws->v[i];
    if (!e->referent) continue;
    if (!heap_marked(ctx, e->referent)) return e->referent;
    for (const WeakRef *r = e->head; r; r = r->next)
      if (!heap_marked(ctx, r)) return &r->hdr;
  }
  for (size_t i = ws->next_due; i < ws->n_due; i++)
    if (!heap_marked(ctx, ws->due[i])) return &ws->due[i]->hdr;
  return NULL;
}
const Object *weakref_find_dead(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return NULL;
  pthread_mutex_lock(&ws->lock);
  const Object *o = find_dead(ctx, ws);
  pthread_mutex_unlock(&ws->lock);
  return o;
}

void weakref_trace_due(RpContext *ctx, Tracer *tr) {
  WeakState *ws = ctx->weak_state;
  for (size_t i = ws ? ws->next_due : 0; ws && i < ws->n_due; i++) trace_ref(tr, ws->due[i]);
}
size_t weakref_callbacks_due(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return 0;
  pthread_mutex_lock(&ws->lock);
  size_t due = ws->n_due - ws->next_due;
  pthread_mutex_unlock(&ws->lock);
  return due;
}
bool weakref_run_callback(RpThread *th) {
  WeakState *ws = th->ctx->weak_state;
  pthread_mutex_lock(&ws->lock);
  WeakRef *r = ws->next_due < ws->n_due ? ws->due[ws->next_due++] : NULL;
  if (!r) ws->next_due = ws->n_due = 0;
  pthread_mutex_unlock(&ws->lock);
  if (!r) return false;
  Value f = load_relaxed(&r->callback);
  store_relaxed(&r->callback, EMPTY);
  r->due = false;
  if (f != EMPTY && op_call1(th, f, value_object(r)) == EMPTY && th->pending != EMPTY) error_unraisable(th, f);
  return true;
}

/* -- Making ------------------------------------------------------------------------------------------------------------------------------ */

/* Which objects may be referred to weakly: as in CPython. */
static bool may_refer(Value v) {
  if (!is_object(v)) return false;
  const Type *t = type_of(v);
  if (t->flags & TYPE_HAS_WEAKREF) return true;
  switch (as_object(v)->kind) {
  case K_TYPE: case K_FUNCTION: case K_BOUND: case K_GENERATOR: case K_SET: case K_FROZENSET: case K_MODULE: case K_CODE: case K_MEMORYVIEW:
  case K_SHAPE: return true;
  case K_NATIVE: return obj_shape_id(as_object(v)) == SHAPE_builtin_function;
  default: return false;
  }
}

static WeakRef *find_shared(RpContext *ctx, WeakState *ws, Object *o, const Type *type) {
  WeakEntry *e = find(ws, o);
  for (WeakRef *r = e ? e->head : NULL; r; r = r->next)
    if (!heap_dying(ctx, &r->hdr) && type_of(value_object(r)) == type && load_relaxed(&r->callback) == EMPTY && !r->due) return r;
  return NULL;
}

WeakRef *weakref_new(RpThread *th, Type *type, Value v, Value callback) {
  if (!may_refer(v)) {
    raise_type(th, "cannot create weak reference to '%T' object", v);
    return NULL;
  }
  WeakState *ws = th->ctx->weak_state;
  Object *o = as_object(v);
  bool shared = callback == EMPTY && !(type->flags & TYPE_HEAP);
  if (shared && (load_relaxed(&o->flags) & OBJ_HAS_WEAKREF)) {
    pthread_mutex_lock(&ws->lock);
    WeakRef *r = find_shared(th->ctx, ws, o, type);
    pthread_mutex_unlock(&ws->lock);
    if (r) return r;
  }
  WeakRef *fresh = type->flags & TYPE_HEAP ? (WeakRef *)type_alloc(th, type)
                                           : (WeakRef *)heap_alloc(th, type->root_shape_id, K_WEAKREF, sizeof(WeakRef));
  if (!fresh) return NULL;
  heap_note_death(&fresh->hdr);
  fresh->callback = callback;
  fresh->hash = -1;
  atomic_store_explicit(&fresh->referent, v, memory_order_relaxed);
  if (load_relaxed(&o->flags) & OBJ_IMMUTABLE) return fresh; /* lives for ever */
  pthread_mutex_lock(&ws->lock);
  WeakRef *r = shared ? find_shared(th->ctx, ws, o, type) : NULL;
  WeakEntry *e = r ? NULL : find_or_add(ws, o);
  if (e) {
    /* References without callback first, then the newest: the order in which callbacks run. */
    WeakRef **at = &e->head;
    while (!shared && *at && (*at)->callback == EMPTY && !(type_of(value_object(*at))->flags & TYPE_HEAP)) at = &(*at)->next;
    fresh->next = *at;
    *at = fresh;
    heap_note_death(o);
    __atomic_fetch_or(&o->flags, OBJ_HAS_WEAKREF, __ATOMIC_RELAXED);
    r = fresh;
  }
  pthread_mutex_unlock(&ws->lock);
  if (!r) raise_memory(th);
  return r;
}

size_t weakref_list(RpThread *th, Value v, WeakRef **out, size_t max) {
  if (!is_object(v) || !(load_relaxed(&as_object(v)->flags) & OBJ_HAS_WEAKREF)) return 0;
  WeakState *ws = th->ctx->weak_state;
  size_t n = 0;
  pthread_mutex_lock(&ws->lock);
  WeakEntry *e = find(ws, as_object(v));
  for (WeakRef *r = e ? e->head : NULL; r; r = r->next)
    if (!heap_dying(th->ctx, &r->hdr) && n++ < max) out[n - 1] = r;
  pthread_mutex_unlock(&ws->lock);
  return n;
}

/* -- weakref.ref --------------------------------------------------------------------------------------------------------------------------- */

static void ref_trace(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((WeakRef *)o)->callback)); }

static Value make(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames, const char *name) {
  if (kwnames && kwnames->length) return raise_type(th, "%s() takes no keyword arguments", name);
  if (n_pos < 1) return raise_type(th, "%s expected at least 1 argument, got 0", name);
  if (n_pos > 2) return raise_type(th, "%s expected at most 2 arguments, got %d", name, n_pos);
  WeakRef *r = weakref_new(th, type, args[0], n_pos == 2 && args[1] != NONE ? args[1] : EMPTY);
  return r ? value_object(r) : EMPTY;
}
static Value ref_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return make(th, type, args, n_pos, kwnames, "__new__");
}
static int ref_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "ref() takes no keyword arguments"), -1;
  if (n_pos < 1 || n_pos > 2) return raise_type(th, "__init__ expected at least 1 argument, got %d", n_pos), -1;
  return 0;
}
static Value ref_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos || (kwnames && kwnames->length)) return raise_type(th, "__call__() takes no arguments (%d given)", n_pos);
  Value v = weakref_get((WeakRef *)as_object(self));
  return v == EMPTY ? NONE : v;
}
static Value ref_repr(RpThread *th, Value self) {
  Value v = weakref_get((WeakRef *)as_object(self));
  void *at = as_object(self);
  if (v == EMPTY) return value_object(str_fmt(th, "<weakref at %p; dead>", at));
  Value name = op_getattr_opt(th, v, str_intern_c(th, "__name__"));
  if (th->pending != EMPTY) error_clear(th);
  Str *s = str_check(name) ? str_fmt(th, "<weakref at %p; to '%T' at %p (%S)>", at, v, (void *)as_object(v), as_str(name))
                           : str_fmt(th, "<weakref at %p; to '%T' at %p>", at, v, (void *)as_object(v));
  return s ? value_object(s) : EMPTY;
}
static int64_t ref_hash(RpThread *th, Value self) {
  WeakRef *r = (WeakRef *)as_object(self);
  int64_t h = load_relaxed(&r->hash);
  if (h != -1) return h;
  Value v = weakref_get(r);
  if (v == EMPTY) return raise_type(th, "weak object has gone away"), -1;
  h = op_hash(th, v);
  if (h != -1) store_relaxed(&r->hash, h);
  return h;
}
static Value ref_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if ((op != CMP_EQ && op != CMP_NE) || !value_is_instance(a, &type_weakref) || !value_is_instance(b, &type_weakref)) return NOT_IMPLEMENTED;
  Value x = weakref_get((WeakRef *)as_object(a)), y = weakref_get((WeakRef *)as_object(b));
  if (x == EMPTY || y == EMPTY) return value_bool((a == b) == (op == CMP_EQ));
  return op_compare(th, x, y, op);
}
static Value ref_callback(RpThread *th, Value self) {
  Value f = load_relaxed(&((WeakRef *)as_object(self))->callback);
  return f == EMPTY ? NONE : f;
}

static const GetSetDef ref_getsets[] = {{"__callback__", ref_callback, NULL, NULL}, {0}};

static const NativeDef ref_methods[] = {
  {"__class_getitem__", generic_alias_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, "See PEP 585"},
  {0},
};

const TypeSpec spec_weakref = {
  .size = sizeof(WeakRef),
  .flags = TYPE_BASETYPE,
  .slots = {.trace = ref_trace, .new_ = ref_new, .init = ref_init, .call = ref_call, .repr = ref_repr, .hash = ref_hash,
            .compare = ref_compare},
  .methods = ref_methods,
  .getsets = ref_getsets,
};

/* -- Proxies ------------------------------------------------------------------------------------------------------------------------------- */

static bool is_proxy(Value v) {
  return is_object(v) && (obj_shape_id(as_object(v)) == SHAPE_weakproxy || obj_shape_id(as_object(v)) == SHAPE_weakcallableproxy);
}
/* What a value stands for; EMPTY + ReferenceError when it is a proxy of something dead. */
static Value unwrap(RpThread *th, Value v) {
  if (!is_proxy(v)) return v;
  Value o = weakref_get((WeakRef *)as_object(v));
  return o != EMPTY ? o : raise_error(th, &type_ReferenceError, "weakly-referenced object no longer exists");
}

static Value proxy_repr(RpThread *th, Value self) {
  Value v = weakref_get((WeakRef *)as_object(self));
  Str *s = str_fmt(th, "<weakproxy at %p to %T at %p>", (void *)as_object(self), v == EMPTY ? NONE : v, (void *)as_object(v));
  return s ? value_object(s) : EMPTY;
}
static Value proxy_getattr(RpThread *th, Value self, Str *name) {
  Value v = unwrap(th, self);
  return v == EMPTY ? EMPTY : op_getattr(th, v, name);
}
static int proxy_setattr(RpThread *th, Value self, Str *name, Value value) {
  Value v = unwrap(th, self);
  if (v == EMPTY) return -1;
  return value == EMPTY ? op_delattr(th, v, name) : op_setattr(th, v, name, value);
}
static Value proxy_compare(RpThread *th, Value a, Value b, CompareOp op) {
  Value x = unwrap(th, a), y = x == EMPTY ? EMPTY : unwrap(th, b);
  return y == EMPTY ? EMPTY : op_compare(th, x, y, op);
}
static int64_t proxy_hash(RpThread *th, Value self) { return raise_type(th, "unhashable type: '%T'", self), -1; }
static int proxy_bool(RpThread *th, Value self) {
  Value v = unwrap(th, self);
  return v == EMPTY ? -1 : op_truth(th, v);
}
static int64_t proxy_len(RpThread *th, Value self) {
  Value v = unwrap(th, self);
  return v == EMPTY ? -1 : op_len(th, v);
}
static Value proxy_getitem(RpThread *th, Value self, Value key) {
  Value v = unwrap(th, self);
  return v == EMPTY ? EMPTY : op_getitem(th, v, key);
}
static int proxy_setitem(RpThread *th, Value self, Value key, Value value) {
  Value v = unwrap(th, self);
  if (v == EMPTY) return -1;
  return value == EMPTY ? op_delitem(th, v, key) : op_setitem(th, v, key, value);
}
static int proxy_contains(RpThread *th, Value self, Value item) {
  Value v = unwrap(th, self);
  return v == EMPTY ? -1 : op_contains(th, v, item);
}
static Value proxy_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Value v = unwrap(th, self);
  return v == EMPTY ? EMPTY : op_call(th, v, args, n_pos, kwnames);
}
static Value proxy_next(RpThread *th, Value self) {
  Value v = unwrap(th, self);
  if (v == EMPTY) return EMPTY;
  if (!type_of(v)->slots.next) return raise_type(th, "Weakref proxy referenced a non-iterator '%T' object", v);
  return op_next(th, v);
}
static Value proxy_str(RpThread *th, Value self) {
  Value v = unwrap(th, self);
  Str *s = v == EMPTY ? NULL : op_str(th, v);
  return s ? value_object(s) : EMPTY;
}

#define UNARY_(name, call)                                    \
  static Value proxy_##name(RpThread *th, Value self) {       \
    Value v = unwrap(th, self);                               \
    return v == EMPTY ? EMPTY : call(th, v);                  \
  }
UNARY_(iter, op_iter) UNARY_(neg, op_neg) UNARY_(pos, op_pos) UNARY_(abs, op_abs) UNARY_(invert, op_invert) UNARY_(index, op_index)

#define BINARY_(name, call, op)                               \
  static Value proxy_##name(RpThread *th, Value a, Value b) { \
    Value x = unwrap(th, a);                                  \
    Value y = x == EMPTY ? EMPTY : unwrap(th, b);             \
    return y == EMPTY ? EMPTY : call(th, op, x, y);           \
  }
#define BOTH_(name, op) BINARY_(name, op_binary, op) BINARY_(i##name, op_inplace, op)
BOTH_(add, OP_ADD) BOTH_(sub, OP_SUB) BOTH_(mul, OP_MUL) BOTH_(truediv, OP_TRUEDIV) BOTH_(floordiv, OP_FLOORDIV) BOTH_(mod, OP_MOD)
BOTH_(lshift, OP_LSHIFT) BOTH_(rshift, OP_RSHIFT) BOTH_(and, OP_AND) BOTH_(or, OP_OR) BOTH_(xor, OP_XOR) BOTH_(matmul, OP_MATMUL)
BINARY_(ipow, op_inplace, OP_POW)

static Value proxy_divmod(RpThread *th, Value a, Value b) {
  Value x = unwrap(th, a), y = x == EMPTY ? EMPTY : unwrap(th, b);
  return y == EMPTY ? EMPTY : op_divmod(th, x, y);
}
static Value proxy_pow(RpThread *th, Value a, Value b, Value c) {
  Value x = unwrap(th, a), y = x == EMPTY ? EMPTY : unwrap(th, b), z = y == EMPTY ? EMPTY : unwrap(th, c);
  return z == EMPTY ? EMPTY : op_pow(th, x, y, z);
}

#define PROXY_SLOTS                                                                                                                        \
  .trace = ref_trace, .repr = proxy_repr, .str = proxy_str, .getattr = proxy_getattr, .setattr = proxy_setattr, .compare = proxy_compare,  \
  .hash = proxy_hash, .bool_ = proxy_bool, .len = proxy_len, .getitem = proxy_getitem, .setitem = proxy_setitem,                           \
  .contains = proxy_contains, .iter = proxy_iter, .next = proxy_next, .neg = proxy_neg, .pos = proxy_pos, .abs = proxy_abs,                \
  .invert = proxy_invert, .index = proxy_index, .add = proxy_add, .sub = proxy_sub, .mul = proxy_mul, .truediv = proxy_truediv,            \
  .floordiv = proxy_floordiv, .mod = proxy_mod, .lshift = proxy_lshift, .rshift = proxy_rshift, .and_ = proxy_and, .or_ = proxy_or,        \
  .xor_ = proxy_xor, .matmul = proxy_matmul, .iadd = proxy_iadd, .isub = proxy_isub, .imul = proxy_imul, .itruediv = proxy_itruediv,       \
  .ifloordiv = proxy_ifloordiv, .imod = proxy_imod, .ilshift = proxy_ilshift, .irshift = proxy_irshift, .iand = proxy_iand,                \
  .ior = proxy_ior, .ixor = proxy_ixor, .imatmul = proxy_imatmul, .ipow = proxy_ipow, .divmod = proxy_divmod, .pow = proxy_pow

const TypeSpec spec_weakproxy = {.size = sizeof(WeakRef), .slots = {PROXY_SLOTS}};
const TypeSpec spec_weakcallableproxy = {.size = sizeof(WeakRef), .slots = {PROXY_SLOTS, .call = proxy_call}};
