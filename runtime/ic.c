/* ic.c: inline cache misses: the full lookup, and what it teaches the cache. */
#include "runtime/ic.h"
#include "runtime/cont.h"
#include "runtime/descr.h"
#include "runtime/func.h"
#include "runtime/names.h"
#include "runtime/native.h"

uint32_t value_shape_id(Value v) {
  if (is_object(v)) return obj_shape_id(as_object(v));
  if (is_int(v)) return SHAPE_int;
  if (is_double(v)) return SHAPE_float;
  if (is_bool(v)) return SHAPE_bool;
  if (v == NONE) return SHAPE_NoneType;
  return v == ELLIPSIS ? SHAPE_ellipsis : SHAPE_NotImplementedType;
}

/* -- Teaching ---------------------------------------------------------- */

/* Everything but the header, which the collector may be writing to. */
static void fill(IcEntry *to, const IcEntry *from) {
  memcpy((char *)to + sizeof to->hdr, (const char *)from + sizeof from->hdr, sizeof *to - sizeof to->hdr);
  to->next = NULL;
}

/* Puts a filled copy of `proto` in front of the chain; entries of the same shape (they are stale, or we would not be here) and the oldest beyond
** the limit go. The chain is rebuilt: entries are immutable for readers. */
static void ic_teach(RpThread *th, Ic *ic, const IcEntry *proto) {
  store_relaxed(&ic->misses, load_relaxed(&ic->misses) + 1);
  if (load_relaxed(&ic->misses) > 64) return; /* megamorphic: leave it alone */
  IcEntry *head = heap_new(th, IcEntry, SHAPE_ic_entry, K_IC_ENTRY);
  if (!head) {
    error_clear(th);
    return;
  }
  fill(head, proto);
  static const uint32_t no_version = 0;
  head->version_at = proto->type_version ? &((Type *)proto->object)->version : &no_version;
  if (proto->kind == IC_SLOT && proto->index2 == 0) {
    head->slot_shape = proto->shape_id;
    head->slot = proto->index;
  }
  IcEntry *last = head;
  int n = 1;
  for (IcEntry *e = ic_entry(ic); e && n < IC_MAX_ENTRIES; e = e->next) {
    bool same = e->shape_id == proto->shape_id && (e->kind != IC_METHOD || e->object2 == proto->object2) && (e->kind != IC_MODULE || e->value == proto->value) &&
                (e->kind != IC_TYPE_ATTR || e->object == proto->object);
    if (same) continue;
    IcEntry *copy = heap_new(th, IcEntry, SHAPE_ic_entry, K_IC_ENTRY);
    if (!copy) {
      error_clear(th);
      break;
    }
    fill(copy, e);
    obj_store_ref(th, last, &last->next, copy);
    last = copy;
    n++;
  }
  /* The cell is malloc'ed memory traced through its Code; a black Code would miss this store while marking, so shade it by hand. */
  heap_shade(th, head);
  store_release(&ic->entry, head);
}

static void slot_place(IcEntry *e, const Shape *s, int slot) {
  RP_ASSERT(s->overflow_offset != 0);
  if (slot < s->n_inline) {
    e->index = s->overflow_offset + 8 + 8 * (uint32_t)slot;
    e->index2 = 0;
  } else {
    e->index = s->overflow_offset;
    e->index2 = (uint32_t)(slot - s->n_inline) + 1;
  }
}

static uint32_t guard_version(const Type *t) { return t->flags & TYPE_HEAP ? load_relaxed(&t->version) : 0; }

/* Instances of types with the default attribute access only; a shape in dict mode has no slots to cache. */
static bool cacheable(const Type *t) { return !(t->flags & TYPE_CUSTOM_GETATTR) && (!(t->flags & TYPE_HEAP) || load_relaxed(&t->version) != 0); }

/* Fills `e` for reading `name` of o, if it is one of the plain cases. attr is what type_lookup found (EMPTY: nothing). */
static bool learn_instance(RpThread *th, IcEntry *e, Value v, Str *name, Value attr, bool for_method) {
  Type *t = type_of(v);
  if (!cacheable(t)) return false;
  e->shape_id = value_shape_id(v);
  e->object = (Object *)t;
  e->type_version = guard_version(t);
  bool has_own = is_object(v);
  Shape *s = rp_shapes[e->shape_id];
  if (has_own && (s->flags & SHAPE_DICT)) return false;
  Type *at = attr == EMPTY ? NULL : type_of(attr);
  if (at && at->slots.descr_set) { /* property, getset, member, ...: not a slot read */
    Descr *d = (Descr *)as_object(attr);
    if (at == &type_getset_descriptor && type_is_subtype(t, d->owner)) e->kind = IC_GETSET;
    else if (at == &type_property && func_check(d->a)) e->kind = IC_PROPERTY;
    else return false;
    e->value = e->kind == IC_PROPERTY ? d->a : attr;
    return has_own; /* hits ask objects only */
  }
  int slot = has_own ? shape_find(s, name) : -1;
  if (slot >= 0) {
    if (s->overflow_offset == 0) return false;
    e->kind = IC_SLOT;
    slot_place(e, s, slot);
    return true;
  }
  if (!at) return false;
  if (has_own && s->overflow_offset == 0 && (t->flags & TYPE_HEAP)) return false; /* variable-sized: may have a dict */
  /* Functions have their attribute dict in the overflow word, never in slots: an own attribute could hide the class's. */
  if (has_own && as_object(v)->kind == K_FUNCTION) return false;
  if (has_own && as_object(v)->kind == K_MODULE) return false;
  e->value = attr;
  if (!at->slots.descr_get) {
    e->kind = IC_CLASS_VALUE;
    return true;
  }
  bool method = at == &type_function || at == &type_method_descriptor;
  if (method && for_method) {
    e->kind = IC_METHOD;
    return true;
  }
  return false;
}

/* A field of a namedtuple. */
static bool learn_item(IcEntry *e, Value v, Value attr) {
  int64_t i = attr != EMPTY && has_kind(v, K_TUPLE) ? tuplegetter_index(attr) : -1;
  Type *t = type_of(v);
  if (i < 0 || i > INT32_MAX || !cacheable(t)) return false;
  *e = (IcEntry){.kind = IC_ITEM, .shape_id = value_shape_id(v), .object = (Object *)t, .type_version = guard_version(t), .index = (uint32_t)i};
  return true;
}

/* __slots__ members: a member descriptor of exactly this layout is a slot read/write. */
static bool learn_member(IcEntry *e, Value v, Value attr) {
  if (attr == EMPTY || !is_object(v) || type_of(attr) != &type_member_descriptor) return false;
  Descr *d = (Descr *)as_object(attr);
  Type *t = type_of(v);
  Shape *s = obj_shape(as_object(v));
  if (!cacheable(t) || s->overflow_offset == 0 || (s->flags & SHAPE_DICT)) return false;
  int slot = shape_find(s, d->name);
  if (slot < 0 || slot != d->slot) return false;
  e->shape_id = obj_shape_id(as_object(v));
  e->object = (Object *)t;
  e->type_version = guard_version(t);
  e->kind = IC_SLOT;
  slot_place(e, s, slot);
  return true;
}

static bool learn_module(IcEntry *e, Value v, Str *name) {
  if (!has_shape(v, SHAPE_module)) return false;
  Module *m = (Module *)as_object(v);
  DictTable *table;
  int index = dict_find_index(m->dict, name, &table);
  if (index < 0) return false;
  e->kind = IC_MODULE;
  e->shape_id = SHAPE_module;
  e->value = v;
  e->object = (Object *)table;
  e->index = (uint32_t)index;
  return true;
}

/* Cls.name where the metaclass is plain `type` and the value needs no binding. */
static bool learn_type_attr(RpThread *th, IcEntry *e, Value v, Str *name, Value *bound_ok) {
  if (!has_shape(v, SHAPE_type)) return false;
  Type *t = (Type *)as_object(v);
  if (load_relaxed(&t->version) == 0) return false;
  Value meta = type_lookup(th, &type_type, name);
  if (meta != EMPTY && type_of(meta)->slots.descr_set) return false;
  uint32_t version = load_relaxed(&t->version);
  Value attr = type_lookup(th, t, name);
  if (attr == EMPTY) return false;
  Type *at = type_of(attr);
  if (at == &type_staticmethod) attr = ((Descr *)as_object(attr))->a;
  else if (at != &type_function && at->slots.descr_get) return false;
  e->kind = IC_TYPE_ATTR;
  e->shape_id = SHAPE_type;
  e->object = &t->hdr;
  e->type_version = version;
  e->value = attr;
  *bound_ok = attr;
  return true;
}

/* -- Attributes --------------------------------------------------------- */

Value ic_getattr_miss(RpThread *th, Ic *ic, Value o, Str *name) {
  const IcEntry *hit = ic_computed_hit(ic, o);
  if (hit && hit->kind == IC_GETSET) return ((Descr *)as_object(hit->value))->getset->get(th, o);
  if (hit) return op_call1(th, hit->value, o);
  IcEntry e = {0};
  Value unused;
  Type *t = type_of(o);
  uint32_t version = load_relaxed(&t->version);
  Value attr = type_lookup(th, t, name);
  bool learned = learn_module(&e, o, name) || learn_type_attr(th, &e, o, name, &unused) || learn_member(&e, o, attr) || learn_item(&e, o, attr) ||
                 learn_instance(th, &e, o, name, attr, false);
  Value v = op_getattr(th, o, name);
  if (v == EMPTY || !learned) return v;
  /* The lookup may have run Python code that changed the class: do not teach what may no longer be true. */
  if (load_relaxed(&t->version) == version) ic_teach(th, ic, &e);
  return v;
}

/* A static or class method called through an instance: what the call needs is known from the class, bound once for all calls. */
static bool learn_bound_method(RpThread *th, IcEntry *e, Value v, Str *name, Value attr) {
  if (attr == EMPTY || !is_object(v) || as_object(v)->kind != K_INSTANCE) return false;
  Type *t = type_of(v), *at = type_of(attr);
  const Shape *s = obj_shape(as_object(v));
  if (!cacheable(t) || (s->flags & SHAPE_DICT) || shape_find(s, name) >= 0) return false;
  Value f = at == &type_staticmethod || at == &type_classmethod ? ((Descr *)as_object(attr))->a : EMPTY;
  if (f == EMPTY || (at == &type_classmethod && !func_check(f))) return false;
  if (at == &type_classmethod && (f = method_new(th, f, value_object(t))) == EMPTY) return error_clear(th), false;
  *e = (IcEntry){.kind = IC_CLASS_VALUE, .shape_id = obj_shape_id(as_object(v)), .object = (Object *)t, .type_version = guard_version(t), .value = f};
  return true;
}

int ic_method_miss(RpThread *th, Ic *ic, Value o, Str *name, Value *callee) {
  IcEntry e = {0};
  Type *t = type_of(o);
  uint32_t version = load_relaxed(&t->version);
  Value attr = type_lookup(th, t, name);
  if (learn_instance(th, &e, o, name, attr, true) && e.kind == IC_METHOD) {
    if (load_relaxed(&t->version) == version) ic_teach(th, ic, &e);
    *callee = attr;
    return 1;
  }
  if (learn_bound_method(th, &e, o, name, attr)) {
    if (load_relaxed(&t->version) == version) ic_teach(th, ic, &e);
    *callee = e.value;
    return 0;
  }
  *callee = ic_getattr_miss(th, ic, o, name);
  return *callee == EMPTY ? -1 : 0;
}

int ic_super_miss(RpThread *th, Ic *ic, Type *cls, Value o, Str *name, Value *callee) {
  Type *t = type_of(o);
  uint32_t version = load_relaxed(&t->version);
  bool instance = is_object(o) && as_object(o)->kind != K_TYPE && cacheable(t) && type_is_subtype(t, cls) && name != S(__class__);
  Value attr = instance ? super_lookup(t, cls, name) : EMPTY;
  if (attr != EMPTY && (type_of(attr) == &type_function || type_of(attr) == &type_method_descriptor)) {
    IcEntry e = {.kind = IC_METHOD, .shape_id = obj_shape_id(as_object(o)), .object = (Object *)t, .object2 = (Object *)cls, .value = attr, .type_version = guard_version(t)};
    if (load_relaxed(&t->version) == version) ic_teach(th, ic, &e);
    *callee = attr;
    return 1;
  }
  Value s = super_new(th, cls, o);
  *callee = s == EMPTY ? EMPTY : op_getattr(th, s, name);
  return *callee == EMPTY ? -1 : 0;
}

int ic_setattr_miss(RpThread *th, Ic *ic, Value ov, Str *name, Value v) {
  if (!is_object(ov)) return op_setattr(th, ov, name, v);
  Object *o = as_object(ov);
  Type *t = type_of(ov);
  uint32_t before = obj_shape_id(o), version = load_relaxed(&t->version);
  bool plain = !(t->flags & TYPE_CUSTOM_SETATTR) && (t->flags & TYPE_HEAP) && version != 0;
  Shape *s = rp_shapes[before];
  plain = plain && !(s->flags & SHAPE_DICT) && s->overflow_offset != 0;
  Value attr = plain ? type_lookup(th, t, name) : EMPTY;
  bool member = attr != EMPTY && type_of(attr) == &type_member_descriptor && ((Descr *)as_object(attr))->slot == shape_find(s, name);
  if (attr != EMPTY && type_of(attr)->slots.descr_set && !member) plain = false;
  if (op_setattr(th, ov, name, v) < 0) return -1;
  if (!plain || load_relaxed(&t->version) != version) return 0;
  IcEntry e = {.shape_id = before, .object = (Object *)t, .type_version = version};
  int slot = shape_find(s, name);
  if (slot >= 0) {
    e.kind = IC_SLOT;
    slot_place(&e, s, slot);
  } else {
    uint32_t after = obj_shape_id(o);
    Shape *s2 = rp_shapes[after];
    if (after == before || s2->parent != s || (s2->flags & SHAPE_DICT)) return 0;
    slot = shape_find(s2, name);
    if (slot < 0) return 0;
    e.kind = IC_SLOT_ADD;
    e.shape_id2 = after;
    slot_place(&e, s2, slot);
  }
  ic_teach(th, ic, &e);
  return 0;
}

/* -- Globals -------------------------------------------------------------- */

Value ic_global_miss(RpThread *th, Ic *ic, Dict *globals, Dict *builtins, Str *name) {
  IcEntry e = {0};
  DictTable *t, *b;
  uint32_t n;
  int i = dict_find_absent(globals, name, &t, &n); /* n is read before the lookup: a key added meanwhile changes it */
  if (i >= 0) {
    Value v = load_acquire(&t->entries[i].value);
    if (v != EMPTY) {
      e.kind = IC_GLOBAL;
      e.object = (Object *)t;
      e.index = (uint32_t)i;
      ic_teach(th, ic, &e);
      return v;
    }
  }
  int j = dict_find_index(builtins, name, &b);
  Value v = j >= 0 ? load_acquire(&b->entries[j].value) : EMPTY;
  if (v == EMPTY) return raise_name(th, name);
  if (i < 0) { /* a deleted global's entry may come back in place: not cacheable as absent */
    e.kind = IC_BUILTIN;
    e.object = (Object *)t;
    e.index2 = n;
    e.object2 = (Object *)b;
    e.index = (uint32_t)j;
    ic_teach(th, ic, &e);
  }
  return v;
}

/* -- Calls ------------------------------------------------------------------ */

/* A plain class: its new instances are cells of one size until the class predicts more slots. */
static void learn_instance_size(IcEntry *e, const Type *t) {
  bool plain = t->inst_kind == K_INSTANCE && (t->flags & TYPE_SIMPLE_NEW) && !t->slots.free_ && !t->slots.finalize_py && obj_shape_id(&t->hdr) == SHAPE_type;
  uint32_t id = load_consume(&t->root_shape_id);
  if (!id) return;
  const Shape *s = load_consume(&rp_shapes[id]);
  size_t bytes = (s->overflow_offset + 8 + 8 * (size_t)s->n_inline + 15) & ~(size_t)15;
  if (!plain || bytes > SMALL_MAX || s->overflow_offset != offsetof(Instance, overflow)) return;
  e->shape_id2 = id;
  e->slot = (uint32_t)bytes;
}

void ic_call_miss(RpThread *th, Ic *ic, Value callee) {
  IcEntry e = {.kind = IC_CALL_OTHER};
  IcEntry *old = ic_entry(ic);
  if (!is_object(callee)) return;
  Object *o = as_object(callee);
  e.shape_id = obj_shape_id(o);
  e.value = callee;
  switch (o->kind) {
  case K_FUNCTION:
    e.kind = IC_CALL_FUNCTION;
    e.object = (Object *)load_consume(&((Function *)o)->code);
    /* Closures made again and again share the code: keep that much. */
    if (old && old->kind == IC_CALL_FUNCTION && old->object == e.object) {
      if (old->value == EMPTY) return;
      e.value = EMPTY;
    }
    break;
  case K_NATIVE: e.kind = IC_CALL_NATIVE; e.object = o; break;
  case K_TYPE: {
    Type *t = (Type *)o;
    e.kind = IC_CALL_TYPE;
    e.object = o;
    e.type_version = load_relaxed(&t->version);
    Value init = type_lookup(th, t, SLOT_NAME(__init__));
    e.value = init != EMPTY && type_of(init) == &type_function ? init : EMPTY;
    if (e.value != EMPTY) learn_instance_size(&e, t);
    break;
  }
  default: break;
  }
  ic_teach(th, ic, &e);
}
