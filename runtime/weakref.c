/* weakref.c: weak references and proxies, and the context's table of them (weakref.h). */
#include "runtime/weakref.h"
#include "runtime/context.h"
#include "runtime/gen.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <sched.h>

/* -- The table ------------------------------------------------------------------------------------------------------------------------- */

/* Each bucket is a chain of lists, through the first reference of each (`next_list`); a list has all references to one object (`next`). There is one more bucket
** whenever there are more lists than buckets: the first half of them is split in turn (linear hashing), so no operation ever moves more than a few chains. Buckets
** lie in segments, of which each but the first is as long as all before it; a bucket is first written when it is made, so a long segment costs nothing at once. */
#define FEW_BUCKETS 64
#define N_SEGMENTS 28
#define SPLITS 2 /* at most, each time something is added: what could not be split during a census is made up for */
#define SPARSE 4 /* so many buckets to a list are too many */
#define GIVE_WAY_NS 50000

/* Callbacks to run, in order. In pieces, so that there is never much to copy. */
#define DUE_MIN 32
#define DUE_MAX 1024
typedef struct DueChunk {
  struct DueChunk *next;
  uint32_t n, cap;
  WeakRef *v[];
} DueChunk;

typedef struct WeakState {
  pthread_mutex_t lock;      /* leaf; nothing is allocated on the heap and nobody polls while holding it; held for some microseconds */
  _Atomic uint32_t n_waiting; /* threads that wait for it, other than the census */
  WeakRef **segments[N_SEGMENTS];
  size_t n_lists, n_buckets; /* no buckets at first */
  /* The census. Buckets below `at` are judged, those from `end` on were split off judged ones. */
  size_t at, end;            /* end 0: there is none just now */
  Object *list;              /* not NULL: in the middle of the references to this object; */
  WeakRef *kept;             /* the last of those that were kept; NULL: none yet */
  DueChunk *due, *last_due;  /* a root */
  size_t next_due, n_found;  /* index in `due`; found by the running census, which takes all references to the dead away before the first callback runs */
  _Atomic size_t n_due;      /* callbacks that may run */
} WeakState;

/* A census takes the lock again and again, and mutexes are not fair: it looks whether somebody waits. */
static void lock(WeakState *ws) {
  if (likely(!pthread_mutex_trylock(&ws->lock))) return;
  atomic_fetch_add(&ws->n_waiting, 1);
  pthread_mutex_lock(&ws->lock);
  atomic_fetch_sub(&ws->n_waiting, 1);
}
static void unlock(WeakState *ws) { pthread_mutex_unlock(&ws->lock); }

static Object *referent_of(const WeakRef *r) { return as_object(atomic_load_explicit(&r->referent, memory_order_relaxed)); } /* of one in a list */
static size_t hash_of(const Object *o) { return (size_t)(((uintptr_t)o >> 4) * 0x9E3779B97F4A7C15ull >> 20); }
static size_t highest_bit(size_t i) { return (size_t)1 << (63 - __builtin_clzll(i)); }

static uint32_t segment_of(size_t bucket) { return bucket < FEW_BUCKETS ? 0 : 63 - (uint32_t)__builtin_clzll(bucket / (FEW_BUCKETS / 2)); }
static WeakRef **bucket_at(WeakState *ws, size_t i) {
  uint32_t k = segment_of(i);
  return &ws->segments[k][k ? i - highest_bit(i) : i];
}
static size_t bucket_of(const WeakState *ws, const Object *o) {
  size_t half = highest_bit(ws->n_buckets), i = hash_of(o) & (2 * half - 1);
  return i < ws->n_buckets ? i : i - half;
}

/* Where o's list is, or the end of the chain in which it would be. NULL: there are no buckets. */
static WeakRef **find(WeakState *ws, const Object *o) {
  if (!ws->n_buckets) return NULL;
  WeakRef **at = bucket_at(ws, bucket_of(ws, o));
  while (*at && referent_of(*at) != o) at = &(*at)->next_list;
  return at;
}
static WeakRef *first_of(WeakState *ws, const Object *o) {
  WeakRef **at = find(ws, o);
  return at ? *at : NULL;
}

/* One more bucket. False: not now. Those that a census has still to judge are left as they are: it would have to follow. */
static bool split(WeakState *ws) {
  size_t fresh = ws->n_buckets, half = highest_bit(fresh), from = fresh - half;
  uint32_t k = segment_of(fresh);
  if (k == N_SEGMENTS || (ws->end && from >= ws->at)) return false;
  if (!ws->segments[k] && !(ws->segments[k] = malloc(half * sizeof **ws->segments))) return false; /* chains are longer, then */
  WeakRef **stay = bucket_at(ws, from), **go = bucket_at(ws, fresh);
  ws->n_buckets++;
  for (WeakRef *r = *stay, *next; r; r = next) {
    next = r->next_list;
    WeakRef ***to = hash_of(referent_of(r)) & half ? &go : &stay;
    **to = r;
    *to = &r->next_list;
  }
  *stay = *go = NULL;
  return true;
}
/* One bucket less; the segment that is empty then, for the caller to free. */
static WeakRef **merge(WeakState *ws) {
  size_t last = ws->n_buckets - 1, half = highest_bit(last);
  WeakRef **to = bucket_at(ws, last - half);
  while (*to) to = &(*to)->next_list;
  *to = *bucket_at(ws, last);
  ws->n_buckets = last;
  if (last != half) return NULL;
  uint32_t k = segment_of(last);
  WeakRef **empty = ws->segments[k];
  ws->segments[k] = NULL;
  return empty;
}

/* For a list that is new. False: no memory. */
static bool make_room(WeakState *ws) {
  if (!ws->n_buckets) {
    if (!(ws->segments[0] = calloc(FEW_BUCKETS, sizeof **ws->segments))) return false;
    ws->n_buckets = FEW_BUCKETS;
  }
  ws->n_lists++;
  for (int i = 0; i < SPLITS && ws->n_lists > ws->n_buckets && split(ws); i++) {}
  return true;
}
/* r becomes the first of the references to its object; *at is where these are. */
static void put_first(WeakRef **at, WeakRef *r, bool is_new) {
  r->next = is_new ? NULL : *at;
  r->next_list = is_new ? *at : (*at)->next_list;
  *at = r;
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
  for (int k = 0; k < N_SEGMENTS; k++) free(ws->segments[k]);
  for (DueChunk *c = ws->due, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  free(ws);
  ctx->weak_state = NULL;
}

/* -- Collection ------------------------------------------------------------------------------------------------------------------------- */

static void queue_due(WeakState *ws, WeakRef *r) {
  DueChunk *c = ws->last_due;
  if (!c || c->n == c->cap) {
    uint32_t cap = !c ? DUE_MIN : c->cap < DUE_MAX ? c->cap * 2 : DUE_MAX;
    DueChunk *more = malloc(sizeof *more + cap * sizeof *more->v);
    if (!more) return; /* the callback is lost: no memory to remember it */
    *more = (DueChunk){.cap = cap};
    if (c) c->next = more;
    else ws->due = more;
    ws->last_due = c = more;
  }
  c->v[c->n++] = r;
  ws->n_found++;
}

/* r, the one behind `kept` or the first of the list at *at, is cleared and leaves it. */
static void take_out(WeakRef **at, WeakRef *kept, WeakRef *r) {
  if (kept) {
    kept->next = r->next;
  } else if (r->next) {
    r->next->next_list = r->next_list;
    *at = r->next;
  } else {
    *at = r->next_list;
  }
  r->next = r->next_list = NULL;
  atomic_store_explicit(&r->referent, EMPTY, memory_order_relaxed);
}

/* The list at *at. Of a dead object: its references are cleared, live ones with a callback become due. Of one that lives: references that are dead themselves leave; a
** finalizer may yet revive them, so they are cleared, too. Returns where the next list is; NULL: no looks are left, and it is remembered how far this is. */
static WeakRef **judge_list(RpContext *ctx, WeakState *ws, WeakRef **at, uint32_t *looks) {
  Object *o = referent_of(*at);
  bool lives = heap_marked(ctx, o);
  WeakRef *kept = ws->kept;
  for (WeakRef *r = kept ? kept->next : *at, *next; r; r = next) {
    if (!*looks) {
      ws->list = o;
      ws->kept = kept;
      return NULL;
    }
    --*looks;
    next = r->next;
    bool r_lives = heap_marked(ctx, r);
    if (lives && r_lives) {
      kept = r;
      continue;
    }
    take_out(at, kept, r);
    if (!lives && r_lives && r->callback != EMPTY) queue_due(ws, r);
  }
  ws->list = NULL;
  ws->kept = NULL;
  if (kept) return &(*at)->next_list;
  ws->n_lists--;
  if (lives) __atomic_fetch_and(&o->flags, (uint8_t)~OBJ_HAS_WEAKREF, __ATOMIC_RELAXED);
  return at;
}

/* Between two holds of the lock references may be added, to what lives. They are fresh and count as marked: it does not matter whether they are judged. Lists are
** in the order in which they were, but for new ones: those are put at the end of a chain. */
static bool judge_bucket(RpContext *ctx, WeakState *ws, uint32_t *looks) {
  WeakRef **at = ws->list ? find(ws, ws->list) : bucket_at(ws, ws->at);
  while (at && *at) at = judge_list(ctx, ws, at, looks);
  return at != NULL;
}

/* Then buckets that are too many go. True: there is more to do; *empty is to be freed without the lock. */
static bool census(RpContext *ctx, WeakState *ws, uint32_t looks, WeakRef ***empty) {
  if (!ws->end) ws->end = ws->n_buckets;
  while (ws->at < ws->end) {
    if (!looks || !judge_bucket(ctx, ws, &looks)) return true;
    ws->at++;
    if (looks) looks--;
  }
  for (; ws->n_buckets > FEW_BUCKETS && ws->n_buckets / SPARSE > ws->n_lists; looks--)
    if (!looks || (*empty = merge(ws))) return true;
  ws->at = ws->end = 0;
  atomic_fetch_add_explicit(&ws->n_due, ws->n_found, memory_order_relaxed);
  ws->n_found = 0;
  return false;
}

/* Whoever waits gets the lock before the next hold, as a rule: unless it takes long to wake up. */
static void give_way(WeakState *ws) {
  if (likely(!atomic_load(&ws->n_waiting))) return;
  for (uint64_t end = heap_clock_ns() + GIVE_WAY_NS; atomic_load(&ws->n_waiting) && heap_clock_ns() < end;) sched_yield();
}

bool weakref_census(RpContext *ctx, uint32_t looks) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return false;
  WeakRef **empty = NULL;
  pthread_mutex_lock(&ws->lock);
  bool more = census(ctx, ws, looks, &empty);
  pthread_mutex_unlock(&ws->lock);
  free(empty);
  if (more) give_way(ws);
  return more;
}
void weakref_census_cancel(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return;
  ws->at = ws->end = 0;
  ws->list = NULL;
  ws->kept = NULL;
}

static const Object *find_dead(RpContext *ctx, WeakState *ws) {
  size_t n = 0;
  for (size_t i = 0; i < ws->n_buckets; i++)
    for (const WeakRef *first = *bucket_at(ws, i); first; first = first->next_list, n++) {
      const Object *o = referent_of(first);
      if (!heap_marked(ctx, o) || bucket_of(ws, o) != i) return o;
      for (const WeakRef *r = first; r; r = r->next)
        if (!heap_marked(ctx, r) || referent_of(r) != o) return &r->hdr;
    }
  if (n != ws->n_lists) RP_FATAL("there are %zu lists of weak references, and %zu were counted", n, ws->n_lists);
  size_t from = ws->next_due;
  for (const DueChunk *c = ws->due; c; c = c->next, from = 0)
    for (size_t i = from; i < c->n; i++)
      if (!heap_marked(ctx, c->v[i])) return &c->v[i]->hdr;
  return NULL;
}
const Object *weakref_find_dead(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  if (!ws) return NULL;
  lock(ws);
  const Object *o = find_dead(ctx, ws);
  unlock(ws);
  return o;
}

void weakref_trace_due(RpContext *ctx, Tracer *tr) {
  WeakState *ws = ctx->weak_state;
  size_t from = ws ? ws->next_due : 0;
  for (const DueChunk *c = ws ? ws->due : NULL; c; c = c->next, from = 0)
    for (size_t i = from; i < c->n; i++) trace_ref(tr, c->v[i]);
}
size_t weakref_callbacks_due(RpContext *ctx) {
  WeakState *ws = ctx->weak_state;
  return ws ? atomic_load_explicit(&ws->n_due, memory_order_relaxed) : 0;
}

/* The next one, or NULL. *used_up: to be freed without the lock. */
static WeakRef *take_due(WeakState *ws, DueChunk **used_up) {
  if (!ws->n_due) return NULL;
  atomic_fetch_sub_explicit(&ws->n_due, 1, memory_order_relaxed);
  DueChunk *c = ws->due;
  WeakRef *r = c->v[ws->next_due++];
  if (ws->next_due < c->n) return r;
  if (!(ws->due = c->next)) ws->last_due = NULL;
  ws->next_due = 0;
  *used_up = c;
  return r;
}
bool weakref_run_callback(RpThread *th) {
  WeakState *ws = th->ctx->weak_state;
  if (!weakref_callbacks_due(th->ctx)) return false;
  DueChunk *used_up = NULL;
  lock(ws);
  WeakRef *r = take_due(ws, &used_up);
  unlock(ws);
  free(used_up);
  if (!r) return false;
  Value f = load_relaxed(&r->callback);
  store_relaxed(&r->callback, EMPTY);
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

/* May be shared: these are the first of their list. */
static bool is_plain(const WeakRef *r) { return load_relaxed(&r->callback) == EMPTY && !(type_of(value_object(r))->flags & TYPE_HEAP); }
static WeakRef *find_shared(RpContext *ctx, WeakState *ws, Object *o, const Type *type) {
  for (WeakRef *r = first_of(ws, o); r && is_plain(r); r = r->next)
    if (!heap_dying(ctx, &r->hdr) && type_of(value_object(r)) == type) return r;
  return NULL;
}

/* Those that may be shared first, then the newest: the order in which callbacks run. False: no memory. */
static bool add(WeakState *ws, Object *o, WeakRef *r, bool shared) {
  WeakRef *before = NULL, *first = first_of(ws, o);
  if (!first && !make_room(ws)) return false;
  for (WeakRef *p = first; !shared && p && is_plain(p); p = p->next) before = p;
  if (before) {
    r->next = before->next;
    before->next = r;
  } else {
    put_first(find(ws, o), r, !first);
  }
  return true;
}

/* Of type `type`, not in the table yet. */
static WeakRef *alloc_ref(RpThread *th, Type *type, Value v) {
  WeakRef *r = type->flags & TYPE_HEAP ? (WeakRef *)type_alloc(th, type) : (WeakRef *)heap_alloc(th, type->root_shape_id, K_WEAKREF, sizeof(WeakRef));
  if (!r) return NULL;
  r->hash = -1;
  atomic_store_explicit(&r->referent, v, memory_order_relaxed);
  return r;
}
WeakRef *weakref_unlisted(RpThread *th, Value v) { return alloc_ref(th, &type_weakref, v); }

WeakRef *weakref_new(RpThread *th, Type *type, Value v, Value callback) {
  if (!may_refer(v)) {
    raise_type(th, "cannot create weak reference to '%T' object", v);
    return NULL;
  }
  WeakState *ws = th->ctx->weak_state;
  Object *o = as_object(v);
  bool shared = callback == EMPTY && !(type->flags & TYPE_HEAP);
  if (shared && (load_relaxed(&o->flags) & OBJ_HAS_WEAKREF)) {
    lock(ws);
    WeakRef *r = find_shared(th->ctx, ws, o, type);
    unlock(ws);
    if (r) return r;
  }
  WeakRef *fresh = alloc_ref(th, type, v);
  if (!fresh) return NULL;
  heap_note_death(&fresh->hdr);
  fresh->callback = callback;
  if (load_relaxed(&o->flags) & OBJ_IMMUTABLE) return fresh; /* lives for ever */
  lock(ws);
  WeakRef *r = shared ? find_shared(th->ctx, ws, o, type) : NULL;
  if (!r && add(ws, o, fresh, shared)) {
    heap_note_death(o);
    __atomic_fetch_or(&o->flags, OBJ_HAS_WEAKREF, __ATOMIC_RELAXED);
    r = fresh;
  }
  unlock(ws);
  if (!r) raise_memory(th);
  return r;
}

size_t weakref_list(RpThread *th, Value v, WeakRef **out, size_t max) {
  if (!is_object(v) || !(load_relaxed(&as_object(v)->flags) & OBJ_HAS_WEAKREF)) return 0;
  WeakState *ws = th->ctx->weak_state;
  size_t n = 0;
  lock(ws);
  for (WeakRef *r = first_of(ws, as_object(v)); r; r = r->next)
    if (!heap_dying(th->ctx, &r->hdr) && n++ < max) out[n - 1] = r;
  unlock(ws);
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
