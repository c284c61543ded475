/* type.c: the builtin types, made once per process from types.def and their TypeSpecs; attribute lookup along the MRO with the context's
** method cache; versions; allocation of instances. Python classes are made in type_new.c. Design: runtime/type.md. */
#include "runtime/type.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/bytes.h"
#include "runtime/perm.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/type_impl.h"
#include "runtime/weakref.h"

#include <sys/mman.h>

/* -- The table ------------------------------------------------------------------------------------------------------ */

#define TYPE(name, pyname, base, kind, flags)                                                                                              \
  _Alignas(16) Type type_##name;                                                                                                           \
  _Alignas(16) Shape shape_##name;
#include "runtime/types.def"
#undef TYPE

typedef struct Row { Type *type; Shape *shape; const TypeSpec *spec; Type *base; const char *name; Kind kind; uint32_t flags; } Row;

enum { F = 1, D = 2, H = 4 }; /* the flag letters of types.def */
static const Row rows[] = {
#define TYPE(name, pyname, base, kind, flags) {&type_##name, &shape_##name, &spec_##name, &type_##base, pyname, kind, flags},
#include "runtime/types.def"
#undef TYPE
};
_Static_assert(countof(rows) == N_BUILTIN_SHAPES - 1, "one root shape per builtin type");

/* -- Versions ---------------------------------------------------------------------------------------------------------- */

static _Atomic uint32_t last_version = 1;

/* Process-wide unique, so that a version alone names a state of one type. After 2^32 changes nothing is cached any more. */
uint32_t type_new_version(void) {
  uint32_t v = atomic_load_explicit(&last_version, memory_order_relaxed);
  do {
    if (v == UINT32_MAX) return 0;
  } while (!atomic_compare_exchange_weak(&last_version, &v, v + 1));
  return v + 1;
}

/* -- Builtin types: making -------------------------------------------------------------------------------------------------- */

static const char *short_name(const char *pyname) {
  const char *dot = strrchr(pyname, '.');
  return dot ? dot + 1 : pyname;
}

static uint32_t inherited_flags(const Type *base) { return base->flags & (TYPE_HAS_DICT | TYPE_SEQUENCE | TYPE_MAPPING); }

static void make_type(const Row *r, uint32_t id) {
  Type *t = r->type, *base = t == &type_object ? NULL : r->base;
  t->hdr = (Object){SHAPE_type, K_TYPE, OBJ_IMMUTABLE, 0, 0};
  t->name = t->qualname = str_perm(short_name(r->name));
  t->base = base;
  t->spec = r->spec;
  t->flags = r->spec->flags | (base ? inherited_flags(base) : 0) | (r->flags & F ? TYPE_BASETYPE : 0);
  if ((r->flags & D) || r->kind == K_EXCEPTION || r->kind == K_MODULE) t->flags |= TYPE_HAS_DICT;
  t->inst_kind = (uint8_t)r->kind;
  t->inst_size = r->spec->size ? r->spec->size : base ? base->inst_size : 16;
  if (t->inst_size < 16) t->inst_size = 16;
  t->root_shape_id = id;
  t->version = type_new_version();
  Shape *s = r->shape;
  s->hdr = (Object){SHAPE_shape, K_SHAPE, OBJ_IMMUTABLE, 0, 0};
  s->type = t;
  s->id = id;
  s->flags = SHAPE_BUILTIN | (t->flags & TYPE_HAS_DICT ? SHAPE_DICT : SHAPE_SLOTS_ONLY);
  s->overflow_offset = shape_overflow_offset(r->kind, t->inst_size);
  if (s->overflow_offset && (t->flags & TYPE_HAS_DICT)) s->overflow_offset = 8; /* the struct has the word itself */
  rp_shapes[id] = s;
}

static void make_mro(Type *t) {
  Value mro[16];
  int n = 0;
  for (Type *p = t; p; p = p->base) {
    if (p == &type_BaseException && t == &type_ExceptionGroup) mro[n++] = value_object(&type_Exception);
    mro[n++] = value_object(p);
  }
  t->mro = tuple_perm(mro, (size_t)n);
  Value bases[2] = {value_object(t->base), value_object(&type_Exception)};
  t->bases = t->base ? tuple_perm(bases, t == &type_ExceptionGroup ? 2 : 1) : tuple_empty_;
}

static Value make_method(const Type *t, const NativeDef *d) {
  uint32_t shape = d->flags & NATIVE_STATIC ? SHAPE_builtin_function : d->flags & NATIVE_CLASSMETHOD ? SHAPE_classmethod_descriptor : SHAPE_method_descriptor;
  Native *f = native_perm(d, shape, (Type *)t);
  return value_object(d->flags & NATIVE_STATIC ? (Object *)descr_perm_static(f) : (Object *)f);
}

static void put(RpThread *boot, Dict *d, Str *name, Value v) {
  if (dict_set_str(boot, d, name, v) < 0) RP_FATAL("no memory for the builtin types");
}

/* What the type itself defines; its own methods win over the wrappers of its slots. */
static void make_dict(RpThread *boot, Type *t) {
  const TypeSpec *spec = t->spec;
  size_t n = slots_count_wrappers(spec) + 2; /* and __dict__, __doc__ */
  for (const NativeDef *d = spec->methods; d && d->name; d++) n++;
  for (const GetSetDef *g = spec->getsets; g && g->name; g++) n++;
  for (const TypeConstant *c = spec->constants; c && c->name; c++) n++;
  Dict *dict = t->dict = dict_new_sized(boot, n);
  if (!dict) RP_FATAL("no memory for the builtin types");
  slots_add_wrappers(boot, t, spec, dict);
  for (const NativeDef *d = spec->methods; d && d->name; d++) put(boot, dict, str_perm(d->name), make_method(t, d));
  for (const GetSetDef *g = spec->getsets; g && g->name; g++) put(boot, dict, str_perm(g->name), value_object(descr_perm_getset(g, t)));
  for (const TypeConstant *c = spec->constants; c && c->name; c++) put(boot, dict, str_perm(c->name), value_object(c->value));
  if ((t->flags & TYPE_HAS_DICT) && !(t->base && (t->base->flags & TYPE_HAS_DICT)) && dict_get_str(dict, S(__dict__)) == EMPTY)
    put(boot, dict, S(__dict__), value_object(descr_perm_getset(&getset_dict, t)));
  if (dict_get_str(dict, S(__doc__)) == EMPTY) put(boot, dict, S(__doc__), spec->doc ? value_object(str_perm(spec->doc)) : NONE);
  dict->hdr.flags |= OBJ_IMMUTABLE;
  dict->table->hdr.flags |= OBJ_IMMUTABLE;
}

static void finish_flags(Type *t) {
  if (t->slots.getattr != object_getattr) t->flags |= TYPE_CUSTOM_GETATTR;
  if (t->slots.setattr != object_setattr) t->flags |= TYPE_CUSTOM_SETATTR;
  if (t->slots.new_ == type_object.slots.new_) t->flags |= TYPE_SIMPLE_NEW;
  if (t->slots.finalize_py) t->flags |= TYPE_HAS_FINALIZER;
}

/* The types lie side by side; each is written from end to end now. */
static void prefault_types(void) {
  uintptr_t lo = UINTPTR_MAX, hi = 0;
  for (uint32_t i = 0; i < countof(rows); i++) {
    uintptr_t first = (uintptr_t)rows[i].type, last = (uintptr_t)(rows[i].shape + 1);
    if (first < lo) lo = first;
    if (last > hi) hi = last;
  }
  if (hi - lo < 4 * countof(rows) * sizeof(Type)) perm_prefault((void *)lo, hi - lo);
}

static void init_once(void) {
  RpThread *boot = calloc(1, sizeof *boot); /* no context: heap_alloc() serves it from permanent memory */
  if (!boot) RP_FATAL("no memory for the builtin types");
  prefault_types();
  str_perm_init();
  names_init();
  for (uint32_t i = 0; i < countof(rows); i++) make_type(&rows[i], i + 1);
  for (uint32_t i = 0; i < countof(rows); i++) {
    Type *t = rows[i].type;
    make_mro(t);
    slots_inherit_builtin(t, t->base, t->spec);
    finish_flags(t);
  }
  for (uint32_t i = 0; i < countof(rows); i++) make_dict(boot, rows[i].type);
  modules_init_shared(boot);
  free(boot);
  perm_seal();
}

void types_init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_once);
}

const char *type_full_name(const Type *type) { return rows[type->root_shape_id - 1].name; }

/* -- type_of ------------------------------------------------------------------------------------------------------------------ */

Type *(type_of)(Value v) {
  if (is_object(v)) return obj_shape(as_object(v))->type;
  if (is_int(v)) return &type_int;
  if (is_double(v)) return &type_float;
  switch (v) {
  case NONE: return &type_NoneType;
  case FALSE_V: case TRUE_V: return &type_bool;
  case ELLIPSIS: return &type_ellipsis;
  default: return &type_NotImplementedType;
  }
}

bool type_is_subtype(const Type *a, const Type *b) {
  if (a == b || b == &type_object) return true;
  const Tuple *mro = load_consume(&a->mro);
  for (uint64_t i = 0; i < mro->length; i++)
    if (mro->items[i] == value_object(b)) return true;
  if (unlikely(!mro->length)) /* being made */
    for (a = a->base; a; a = a->base)
      if (a == b) return true;
  return false;
}

bool value_is_instance(Value v, const Type *t) {
  const Type *vt = type_of(v);
  return vt == t || type_is_subtype(vt, t);
}

/* -- Per context: method cache, subclasses of builtin types ---------------------------------------------------------------------- */

#define CACHE_SMALL 64
#define CACHE_BIG 2048

/* Written under a sequence count: odd while changing. A reader that sees the count change takes the slow way. */
typedef struct CacheEntry { _Atomic uint32_t seq; uint32_t version; Str *name; Value value; } CacheEntry;
typedef struct TypeState {
  Object lock;                         /* its lock byte guards versions and slots of this context's classes */
  Value subclasses[N_BUILTIN_SHAPES];  /* by root shape id: List of weak references, or EMPTY */
  _Atomic uint32_t n_missed[SUBCLASS_SHOW]; /* classes that were passed over though they may be revived, ever: by SubclassUse */
  _Atomic uint32_t n_caught[SUBCLASS_SHOW]; /* of these, made up for by type_catch_up() */
  WaitLock bases;                      /* held while __bases__ of some class change, mro() methods included: else two threads could each put a class below the other's */
  uint32_t n_stored;                   /* in `small`, about */
  bool has_new;                        /* names in the cache since they were last traced for marking; relaxed */
  CacheEntry *big;                     /* NULL: the context has done little so far and `small` is the cache. Never goes again */
  CacheEntry small[CACHE_SMALL];
} TypeState;

static void trace_state(Tracer *tr, void *data) {
  TypeState *ts = data;
  trace_values(tr, ts->subclasses, N_BUILTIN_SHAPES);
  /* Names in the cache stay alive, so that an entry's name cannot come to mean another string at the same address. They are many, and nearly always the same. */
  if (trace_only_young(tr) && !load_relaxed(&ts->has_new)) return;
  if (!trace_reports(tr)) store_relaxed(&ts->has_new, false);
  for (int i = 0; i < CACHE_SMALL; i++)
    if (ts->small[i].name) trace_ref(tr, load_consume(&ts->small[i].name));
  CacheEntry *big = load_acquire(&ts->big);
  for (int i = 0; big && i < CACHE_BIG; i++)
    if (big[i].name) trace_ref(tr, load_consume(&big[i].name));
}

int types_context_init(RpThread *th) {
  TypeState *ts = calloc(1, sizeof *ts);
  if (!ts) return -1;
  th->ctx->type_state = ts;
  heap_root_add(th->ctx, trace_state, ts);
  return 0;
}

void types_context_free(RpContext *ctx) {
  TypeState *ts = ctx->type_state;
  if (!ts) return;
  heap_root_remove(ctx, trace_state, ts);
  ctx->type_state = NULL;
  if (ts->big) munmap(ts->big, CACHE_BIG * sizeof(CacheEntry));
  free(ts);
}

/* The small cache has served its time: pages of its own for a big one, of which only what is used costs memory. Without memory all stays as it is. */
static void cache_grow(TypeState *ts) {
  void *m = mmap(NULL, CACHE_BIG * sizeof(CacheEntry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CacheEntry *none = NULL;
  if (m != MAP_FAILED && !__atomic_compare_exchange_n(&ts->big, &none, m, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) munmap(m, CACHE_BIG * sizeof(CacheEntry));
}

static Value lookup_slow(const Type *type, Str *name) {
  const Tuple *mro = load_consume(&type->mro);
  for (uint64_t i = 0; i < mro->length; i++) {
    Dict *d = load_relaxed(&((Type *)as_object(mro->items[i]))->dict);
    Value v = d ? dict_get_str(d, name) : EMPTY; /* a class that a metaclass's mro() handed out while it was being made */
    if (v != EMPTY) return v;
  }
  return EMPTY;
}

Value type_lookup(RpThread *th, Type *type, Str *name) {
  uint32_t version = load_relaxed(&type->version);
  TypeState *ts = th->ctx ? th->ctx->type_state : NULL;
  if (!version || !ts) return lookup_slow(type, name);
  CacheEntry *big = load_acquire(&ts->big);
  uint32_t h = str_hash(name) ^ version * 31u;
  CacheEntry *e = likely(big != NULL) ? &big[h & (CACHE_BIG - 1)] : &ts->small[h & (CACHE_SMALL - 1)];
  uint32_t seq = atomic_load_explicit(&e->seq, memory_order_acquire);
  if (load_relaxed(&e->version) == version && load_relaxed(&e->name) == name && !(seq & 1)) {
    Value v = load_relaxed(&e->value);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&e->seq, memory_order_relaxed) == seq) return v;
  }
  Value v = lookup_slow(type, name);
  if (!(name->hdr.flags & STR_INTERNED) || load_relaxed(&type->version) != version) return v;
  seq = atomic_load_explicit(&e->seq, memory_order_relaxed);
  if (!(seq & 1) && atomic_compare_exchange_strong(&e->seq, &seq, seq + 1)) {
    atomic_thread_fence(memory_order_release);
    store_relaxed(&e->version, version);
    store_relaxed(&e->name, name);
    store_relaxed(&e->value, v);
    atomic_store_explicit(&e->seq, seq + 2, memory_order_release);
    if (!load_relaxed(&ts->has_new)) store_relaxed(&ts->has_new, true);
  }
  if (unlikely(!big)) {
    uint32_t n = load_relaxed(&ts->n_stored) + 1;
    store_relaxed(&ts->n_stored, n);
    if (n == 2 * CACHE_SMALL) cache_grow(ts);
  }
  return v;
}

/* -- Subclasses and change -------------------------------------------------------------------------------------------------------- */

Value *type_subclasses_cell(RpThread *th, Type *type) {
  if (type->flags & TYPE_HEAP) return &type->subclasses;
  return &((TypeState *)th->ctx->type_state)->subclasses[type->root_shape_id];
}

/* The list that base's subclasses are in: of several threads that make the first ones at once, one puts it there. */
static Value put_once(RpThread *th, Type *owner, Value *cell, Value v) {
  Value had = EMPTY;
  if ((owner->flags & TYPE_HEAP) && heap_barrier_due(th, owner, v)) heap_barrier_slow(th, &owner->hdr, v);
  return __atomic_compare_exchange_n(cell, &had, v, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE) ? v : had;
}
static List *subclasses_of(RpThread *th, Type *base) {
  Value *cell = type_subclasses_cell(th, base), had = load_consume(cell);
  if (had != EMPTY) return as_list(had);
  List *l = list_new(th, 4);
  return l ? as_list(put_once(th, base, cell, value_object(l))) : NULL;
}
/* In no table: type_died() clears it, later than the census, which does not know yet what is revived for a __del__. A revived class is still where its bases look for it. */
static Value self_ref(RpThread *th, Type *t) {
  Value had = load_consume(&t->self_ref);
  if (had != EMPTY) return had;
  WeakRef *r = weakref_unlisted(th, value_object(t));
  heap_note_death(&t->hdr);
  return r ? put_once(th, t, &t->self_ref, value_object(r)) : EMPTY;
}

void type_died(Type *t) {
  Value r = load_relaxed(&t->self_ref);
  if (r != EMPTY) atomic_store_explicit(&((WeakRef *)as_object(r))->referent, EMPTY, memory_order_relaxed);
}

static bool refers(Value ref) { return atomic_load_explicit(&((WeakRef *)as_object(ref))->referent, memory_order_relaxed) != EMPTY; }

Type *type_next_subclass(RpThread *th, const Array *refs, uint32_t *at, SubclassUse use) {
  TypeState *ts = th->ctx->type_state;
  for (Value ref; (ref = array_get_fast(refs, *at)) != EMPTY;) {
    ++*at;
    const WeakRef *r = (const WeakRef *)as_object(ref);
    Value t = weakref_get(r);
    if (t == EMPTY && use != SUBCLASS_SHOW && refers(ref)) { /* being judged. If it is revived, who sees it first sees this count: the mark is read once more behind it */
      atomic_fetch_add(&ts->n_missed[use], 1);
      t = weakref_get(r);
    }
    if (t != EMPTY) return (Type *)as_object(t);
  }
  return NULL;
}

#define FEW_SUBCLASSES 8
int type_add_subclass(RpThread *th, Type *base, Type *sub) {
  Value ref = self_ref(th, sub);
  List *l = ref != EMPTY ? subclasses_of(th, base) : NULL;
  if (!l || list_append(th, l, ref) < 0) return -1;
  const Array *a = list_array(l);
  uint32_t n = load_acquire(&a->length);
  Value before = n >= FEW_SUBCLASSES ? array_get_fast(a, n - 2) : EMPTY;
  /* The dead leave the list when it has doubled, or when the one that came before this one is dead: then most are, as a rule. */
  if (before == EMPTY || ((n & (n - 1)) && refers(before))) return 0;
  if (list_keep(th, l, refers) < 0) error_clear(th); /* it is longer than need be, then */
  return 0;
}

int type_remove_subclass(RpThread *th, Type *base, Type *sub) {
  Value subs = load_consume(type_subclasses_cell(th, base)), v = load_consume(&sub->self_ref);
  while (subs != EMPTY) {
    Array *a = list_array(as_list(subs));
    uint32_t i = 0, n = load_acquire(&a->length);
    while (i < n && load_acquire(&a->items[i]) != v) i++;
    int r = i < n ? list_remove_at(th, as_list(subs), i, v) : 0;
    if (r) return r < 0 ? -1 : 0;
    if (i == n && list_array(as_list(subs)) == a) return 0; /* else others came or went meanwhile */
  }
  return 0;
}

static void modified(RpThread *th, Type *type, bool slots) {
  if (!type_is_made(type)) return;
  if (type->flags & TYPE_HEAP) {
    store_relaxed(&type->version, type_new_version());
    if (slots) slots_update(th, type);
  }
  Value subs = load_consume(type_subclasses_cell(th, type));
  Type *sub;
  for (Array *a = NULL; subs != EMPTY && a != list_array(as_list(subs));) { /* others may come or go: then again */
    a = list_array(as_list(subs));
    for (uint32_t i = 0; (sub = type_next_subclass(th, a, &i, SUBCLASS_CHANGE));) modified(th, sub, slots);
  }
}

static void modified_locked(RpThread *th, Type *type, bool slots) {
  TypeState *ts = th->ctx->type_state;
  obj_lock(th, &ts->lock);
  modified(th, type, slots);
  obj_unlock(th, &ts->lock);
}

void type_modified(RpThread *th, Type *type) { modified_locked(th, type, true); }
void type_attr_changed(RpThread *th, Type *type) { modified_locked(th, type, false); }

bool type_bases_lock(RpThread *th) { return wait_lock(th, &((TypeState *)th->ctx->type_state)->bases); }
void type_bases_unlock(RpThread *th) { wait_unlock(th, &((TypeState *)th->ctx->type_state)->bases); }

static bool is_behind(TypeState *ts, SubclassUse use, uint32_t *missed) {
  *missed = atomic_load(&ts->n_missed[use]);
  return atomic_load(&ts->n_caught[use]) != *missed;
}
/* Threads may catch up side by side: the count only rises, so who was slow takes nothing for made up that was missed since. */
static void caught_up(TypeState *ts, SubclassUse use, uint32_t missed) {
  uint32_t had = atomic_load(&ts->n_caught[use]);
  while ((int32_t)(missed - had) > 0 && !atomic_compare_exchange_weak(&ts->n_caught[use], &had, missed)) {}
}

void type_catch_up(RpThread *th) {
  TypeState *ts = th->ctx->type_state;
  if (unlikely(!ts)) return; /* a test's bare heap */
  uint32_t changes, mros;
  bool behind_mros = is_behind(ts, SUBCLASS_MRO, &mros);
  if (likely(!is_behind(ts, SUBCLASS_CHANGE, &changes) && !behind_mros)) return;
  for (uint32_t k = 0; k < N_BUILTIN_SHAPES; k++) {
    Value subs = load_consume(&ts->subclasses[k]);
    const Array *a = subs != EMPTY ? list_array(as_list(subs)) : NULL;
    Type *sub;
    for (uint32_t i = 0; a && (sub = type_next_subclass(th, a, &i, SUBCLASS_CHANGE));) {
      if (behind_mros && !type_remake_mro(th, sub, NULL)) error_clear(th); /* it keeps the one that it has */
      type_modified(th, sub);
    }
  }
  /* Not before: other threads, too, come here before they see anything that was revived. */
  caught_up(ts, SUBCLASS_CHANGE, changes);
  caught_up(ts, SUBCLASS_MRO, mros);
}

int type_builtin_subclasses(RpThread *th, const Type *base, List *out) {
  for (size_t i = 0; i < countof(rows); i++)
    if (rows[i].type->base == base && !(rows[i].flags & H) && list_append(th, out, value_object(rows[i].type)) < 0) return -1;
  return 0;
}

/* -- Allocation --------------------------------------------------------------------------------------------------------------------- */

Object *type_alloc(RpThread *th, Type *type) {
  const Shape *s = type_root_shape(type);
  size_t size;
  if (!(type->flags & TYPE_HEAP)) size = type->inst_size;
  else if (s->overflow_offset) size = s->overflow_offset + 8 + 8 * (size_t)s->n_inline;
  else size = type->inst_size + 8;
  if (size < type->inst_size) size = type->inst_size; /* modules: the overflow word is inside the struct */
  return heap_alloc(th, s->id, type->inst_kind, size);
}

Object *type_alloc_var(RpThread *th, Type *type, size_t size) {
  size = (size + 7) & ~(size_t)7;
  if (type->flags & TYPE_HEAP) size += 8;
  return heap_alloc(th, type->root_shape_id, type->inst_kind, size);
}

Value *obj_trailing_word(Object *o) {
  size_t size;
  switch ((Kind)o->kind) {
  case K_INT: {
    int32_t n = ((Int *)o)->n_limbs;
    size = sizeof(Int) + 8 * (size_t)(n < 0 ? -n : n);
    break;
  }
  case K_STR: size = STR_HEADER + (((size_t)((Str *)o)->length + 1) << str_width((Str *)o)); break;
  case K_BYTES: size = sizeof(Bytes) + ((Bytes *)o)->length + 1; break;
  case K_TUPLE: size = sizeof(Tuple) + 8 * ((Tuple *)o)->length; break;
  default: RP_FATAL("no trailing word in an object of kind %d", o->kind);
  }
  return (Value *)((char *)o + ((size + 7) & ~(size_t)7));
}
