/* attr.c: attributes of instances: shapes and slots, dict mode, descriptors; the default __getattribute__ and __setattr__. */
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/attr.h"

/* -- Errors -------------------------------------------------------------------------------------------------------------- */

Value attr_missing(RpThread *th, Value self, Str *name) {
  if (has_kind(self, K_TYPE)) raise_attribute(th, "type object '%S' has no attribute '%S'", ((Type *)as_object(self))->name, name);
  else raise_attribute(th, "'%T' object has no attribute '%S'", self, name);
  attr_error_fields(th, self, name);
  return EMPTY;
}

/* -- Reading --------------------------------------------------------------------------------------------------------------- */

Value descr_bind(RpThread *th, Value attr, Value obj, Type *type) {
  Type *t = type_of(attr);
  if (t == &type_function && obj != EMPTY) return method_new(th, attr, obj);
  if (!t->slots.descr_get) return attr;
  return t->slots.descr_get(th, attr, obj, value_object(type));
}

/* The instance's own attribute, no class involved. EMPTY: none. */
static Value own_attr(Value self, Str *name) {
  if (!is_object(self)) return EMPTY;
  Object *o = as_object(self);
  while (true) {
    uint32_t id = load_acquire(&o->shape_id);
    Shape *s = rp_shapes[id];
    if (s->flags & SHAPE_DICT) {
      Value d = load_acquire(obj_overflow_word(o, s));
      return d == EMPTY ? EMPTY : dict_get_str(as_dict(d), name);
    }
    int i = shape_find(s, name);
    if (i < s->n_members) return EMPTY; /* -1, or a __slots__ member: only its descriptor reads it */
    Value v = obj_slot_load(o, s, i);
    if (v != EMPTY || obj_shape_id(o) == id) return v;
  }
}

Value object_getattr_opt(RpThread *th, Value self, Str *name) {
  Type *t = type_of(self);
  Value attr = type_lookup(th, t, name);
  Type *at = attr == EMPTY ? NULL : type_of(attr);
  if (at && at->slots.descr_get && at->slots.descr_set) {
    Value v = at->slots.descr_get(th, attr, self, value_object(t));
    if (v == EMPTY && error_is(th, &type_AttributeError)) error_clear(th);
    return v;
  }
  Value v = own_attr(self, name);
  if (v != EMPTY) return v;
  if (!at) return EMPTY;
  if (at == &type_function) return method_new(th, attr, self);
  if (!at->slots.descr_get) return attr;
  v = at->slots.descr_get(th, attr, self, value_object(t));
  if (v == EMPTY && error_is(th, &type_AttributeError)) error_clear(th);
  return v;
}

Value object_getattr(RpThread *th, Value self, Str *name) {
  Type *t = type_of(self);
  Value attr = type_lookup(th, t, name);
  Type *at = attr == EMPTY ? NULL : type_of(attr);
  if (at && at->slots.descr_get && at->slots.descr_set) return at->slots.descr_get(th, attr, self, value_object(t));
  Value v = own_attr(self, name);
  if (v != EMPTY) return v;
  if (!at) return attr_missing(th, self, name);
  if (at == &type_function) return method_new(th, attr, self);
  return at->slots.descr_get ? at->slots.descr_get(th, attr, self, value_object(t)) : attr;
}

Value op_getattr(RpThread *th, Value o, Str *name) {
  if (unlikely(!name)) return EMPTY; /* it could not be made: the error is pending */
  if (unlikely(!(name->hdr.flags & STR_INTERNED)) && !(name = str_intern(th, name))) return EMPTY;
  return type_of(o)->slots.getattr(th, o, name);
}

Value op_getattr_opt(RpThread *th, Value o, Str *name) {
  if (unlikely(!name)) return EMPTY; /* it could not be made: the error is pending */
  if (unlikely(!(name->hdr.flags & STR_INTERNED)) && !(name = str_intern(th, name))) return EMPTY;
  Type *t = type_of(o);
  if (!(t->flags & TYPE_CUSTOM_GETATTR)) return object_getattr_opt(th, o, name);
  if (t->slots.getattr == type_type.slots.getattr) return type_getattr_opt(th, o, name);
  Value v = t->slots.getattr(th, o, name);
  if (v == EMPTY && error_is(th, &type_AttributeError)) error_clear(th);
  return v;
}

int op_setattr(RpThread *th, Value o, Str *name, Value v) {
  if (unlikely(!(name->hdr.flags & STR_INTERNED)) && !(name = str_intern(th, name))) return -1;
  return type_of(o)->slots.setattr(th, o, name, v);
}

int op_delattr(RpThread *th, Value o, Str *name) { return op_setattr(th, o, name, EMPTY); }

/* -- Dict mode ---------------------------------------------------------------------------------------------------------------- */

/* All attributes of o (shape s, slot mode) as a fresh Dict. */
static Dict *slots_to_dict(RpThread *th, Object *o, const Shape *s) {
  Dict *d = dict_new_sized(th, s->n_slots);
  if (!d) return NULL;
  const Shape *order[512];
  int n = 0;
  for (; s->parent && s->n_slots > s->n_members; s = s->parent) order[n++] = s;
  while (n-- > 0) {
    Value v = obj_slot_load(o, order[n], order[n]->n_slots - 1);
    if (v != EMPTY && dict_set_str(th, d, order[n]->name, v) < 0) return NULL;
  }
  return d;
}

/* Slots that the dict has taken over keep nothing alive. Readers that still hold the old shape find EMPTY and look again. */
static void clear_slots(Object *o, const Shape *s) {
  Value *slots = obj_inline_slots(o, s);
  for (int i = s->n_members; i < s->n_inline; i++) store_relaxed(&slots[i], EMPTY);
}

/* Moves o to dict mode; `dict` NULL: its own attributes so far. Returns the dict in effect. */
static Dict *enter_dict_mode(RpThread *th, Object *o, Dict *dict) {
  while (true) {
    uint32_t id = load_acquire(&o->shape_id);
    Shape *s = rp_shapes[id];
    if (s->flags & SHAPE_DICT) {
      Value *word = obj_overflow_word(o, s);
      Value old = load_acquire(word);
      if (old != EMPTY && !dict) return as_dict(old);
      Dict *d = dict ? dict : dict_new(th);
      if (!d) return NULL;
      obj_lock(th, o);
      if (dict || load_relaxed(word) == EMPTY) obj_store_ref(th, o, word, d);
      Value now = load_relaxed(word);
      obj_unlock(th, o);
      return as_dict(now);
    }
    Shape *to = shape_to_dict(th, s);
    if (!to) return NULL;
    Dict *d = dict ? dict : slots_to_dict(th, o, s);
    if (!d) return NULL;
    /* Caches and native code test the shape and store without a lock: so that no store is lost, the others stand at safepoints, past both. */
    bool stop = thread_multi(th);
    if (stop) heap_stop(th->ctx, th);
    bool same = obj_shape_id(o) == id;
    if (same && !dict && thread_multi(th))
      for (const Shape *p = s; same && p->parent && p->n_slots > p->n_members; p = p->parent) {
        Value v = obj_slot_load(o, p, p->n_slots - 1), copied = dict_get_str(d, p->name);
        if (v == EMPTY || v == copied) continue;
        same = copied != EMPTY && dict_set_str(th, d, p->name, v) == 0; /* stored since the copy; needs no memory */
      }
    if (same) {
      obj_store_ref(th, o, obj_overflow_word(o, to), d); /* before the shape: a dict shape always has a dict */
      __atomic_thread_fence(__ATOMIC_RELEASE);
      store_release(&o->shape_id, to->id);
      if (s->overflow_offset) clear_slots(o, s);
    }
    if (stop) heap_resume(th->ctx, th);
    if (same) return d;
  }
}

static bool has_dict(Value self) {
  if (!is_object(self) || !(type_of(self)->flags & TYPE_HAS_DICT)) return false;
  return !(obj_shape(as_object(self))->flags & SHAPE_SLOTS_ONLY);
}

Dict *object_dict(RpThread *th, Value self) {
  if (has_kind(self, K_MODULE)) return ((Module *)as_object(self))->dict;
  if (!has_dict(self)) return attr_missing(th, self, S(__dict__)), NULL;
  return enter_dict_mode(th, as_object(self), NULL);
}

int object_set_dict(RpThread *th, Value self, Value v) {
  if (v == EMPTY) {
    Dict *fresh = dict_new(th);
    if (!fresh) return -1;
    v = value_object(fresh);
  }
  if (!dict_check(v)) return raise_type(th, "__dict__ must be set to a dictionary, not a '%T'", v), -1;
  if (!has_dict(self)) return attr_missing(th, self, S(__dict__)), -1;
  return enter_dict_mode(th, as_object(self), as_dict(v)) ? 0 : -1;
}

static Value get_dict(RpThread *th, Value self) {
  Dict *d = object_dict(th, self);
  return d ? value_object(d) : EMPTY;
}

const GetSetDef getset_dict = {"__dict__", get_dict, object_set_dict, "dictionary for instance variables"};

/* -- Writing -------------------------------------------------------------------------------------------------------------------- */

#define MAX_PREDICTED 64

void type_learn_size(RpThread *th, Type *t, int n_slots) {
  if (!(t->flags & TYPE_HEAP) || n_slots > MAX_PREDICTED || n_slots <= load_relaxed(&t->n_predicted)) return;
  int n = (n_slots + 1) & ~1;
  Shape *root = shape_root(th, t, n);
  if (!root) {
    error_clear(th);
    return;
  }
  store_relaxed(&t->n_predicted, (uint16_t)n);
  heap_shade(th, root);
  store_release(&t->root_shape_id, root->id);
}

/* An overflow array with room for slot i; *grown when it is a new one, still to be published. */
static Array *overflow_room(RpThread *th, Object *o, const Shape *s, int i, bool *grown) {
  uint32_t at = (uint32_t)(i - s->n_inline);
  Value old = load_acquire(obj_overflow_word(o, s));
  Array *a = old == EMPTY ? NULL : (Array *)as_object(old);
  *grown = false;
  if (a && at < a->capacity) return a;
  Array *b = heap_alloc_array(th, at < 4 ? 4 : at * 2);
  if (!b) return NULL;
  if (a) {
    for (uint32_t k = 0; k < a->length; k++) b->items[k] = load_relaxed(&a->items[k]);
    b->length = a->length;
    heap_barrier_bulk(th, b);
  }
  *grown = true;
  return b;
}

/* 1 done, 0 somebody else changed the shape: look again, -1 pending. */
static int add_attr(RpThread *th, Object *o, Shape *s, Str *name, Value v) {
  Shape *to = shape_add(th, s, name);
  if (!to) return -1;
  if (to->flags & SHAPE_DICT) return enter_dict_mode(th, o, NULL) ? 0 : -1;
  int i = to->n_slots - 1;
  Array *a = NULL;
  bool grown = false;
  if (i >= s->n_inline) {
    if (s->overflow_offset == 0) return enter_dict_mode(th, o, NULL) ? 0 : -1;
    type_learn_size(th, s->type, to->n_slots);
    a = overflow_room(th, o, s, i, &grown);
    if (!a) return -1;
  }
  obj_lock(th, o);
  bool same = obj_shape_id(o) == s->id;
  Value now = a && same ? load_relaxed(obj_overflow_word(o, s)) : EMPTY;
  if (same && a && !grown && now != value_object(a)) same = false;
  if (same && grown && thread_multi(th) && now != EMPTY) /* values stored since the copy */
    for (uint32_t k = 0; k < a->length; k++) obj_store(th, a, &a->items[k], load_relaxed(&((Array *)as_object(now))->items[k]));
  if (same) {
    if (a) {
      uint32_t at = (uint32_t)(i - s->n_inline);
      obj_store(th, a, &a->items[at], v);
      if (a->length <= at) store_release(&a->length, at + 1);
      if (grown) obj_store_ref(th, o, obj_overflow_word(o, s), a);
    } else obj_store(th, o, obj_inline_slots(o, s) + i, v);
    store_release(&o->shape_id, to->id);
  }
  obj_unlock(th, o);
  return same;
}

static int store_slot(RpThread *th, Object *o, Shape *s, int i, Value v) {
  obj_lock(th, o);
  bool same = obj_shape_id(o) == s->id;
  if (same) {
    if (i < s->n_inline) obj_store(th, o, obj_inline_slots(o, s) + i, v);
    else {
      Array *a = (Array *)as_object(load_relaxed(obj_overflow_word(o, s)));
      obj_store(th, a, &a->items[i - s->n_inline], v);
    }
  }
  obj_unlock(th, o);
  return same;
}

static int no_such(RpThread *th, Value self, Str *name, Value attr) {
  if (attr != EMPTY) raise_attribute(th, "'%T' object attribute '%S' is read-only", self, name);
  else return attr_missing(th, self, name), -1;
  attr_error_fields(th, self, name);
  return -1;
}

static int dict_store(RpThread *th, Value self, Shape *s, Str *name, Value v) {
  Object *o = as_object(self);
  if (v != EMPTY) {
    Dict *d = enter_dict_mode(th, o, NULL);
    return d ? dict_set_str(th, d, name, v) : -1;
  }
  Value d = load_acquire(obj_overflow_word(o, s));
  int r = d == EMPTY ? 0 : dict_del_str(th, as_dict(d), name);
  if (r == 0) attr_missing(th, self, name);
  return r > 0 ? 0 : -1;
}

int object_setattr(RpThread *th, Value self, Str *name, Value v) {
  Type *t = type_of(self);
  Value attr = type_lookup(th, t, name);
  if (attr != EMPTY) {
    Type *at = type_of(attr);
    if (at->slots.descr_set) return at->slots.descr_set(th, attr, self, v);
  }
  if (!is_object(self)) return no_such(th, self, name, attr);
  Object *o = as_object(self);
  while (true) {
    Shape *s = rp_shapes[load_acquire(&o->shape_id)];
    if (s->flags & SHAPE_DICT) return dict_store(th, self, s, name, v);
    if (s->flags & SHAPE_SLOTS_ONLY) return no_such(th, self, name, attr);
    int i = shape_find(s, name);
    int done;
    if (v == EMPTY) {
      if (i < s->n_members) return attr_missing(th, self, name), -1;
      if (!enter_dict_mode(th, o, NULL)) return -1;
      continue;
    }
    if (i >= s->n_members) done = store_slot(th, o, s, i, v);
    else done = add_attr(th, o, s, name, v);
    if (done) return done < 0 ? -1 : 0;
  }
}

/* -- __class__ --------------------------------------------------------------------------------------------------------------------- */

static bool same_layout(const Type *a, const Type *b) {
  if (!type_is_made(b)) return false;
  const Shape *x = type_root_shape(a), *y = type_root_shape(b);
  if (a->inst_kind != b->inst_kind || a->inst_size != b->inst_size || x->overflow_offset != y->overflow_offset) return false;
  if ((x->flags & SHAPE_SLOTS_ONLY) != (y->flags & SHAPE_SLOTS_ONLY) || x->n_members != y->n_members) return false;
  while (x->parent && y->parent) {
    if (x->name != y->name) return false;
    x = x->parent, y = y->parent;
  }
  return true;
}

int object_set_class(RpThread *th, Value self, Type *to) {
  Type *from = type_of(self);
  bool modules = has_kind(self, K_MODULE) && to->inst_kind == K_MODULE && type_is_made(to);
  if (!modules && (!(to->flags & TYPE_HEAP) || !(from->flags & TYPE_HEAP)))
    return raise_type(th, "__class__ assignment only supported for mutable types or ModuleType subclasses"), -1;
  if (!modules && !same_layout(from, to))
    return raise_type(th, "__class__ assignment: '%S' object layout differs from '%S'", to->name, from->name), -1;
  Object *o = as_object(self);
  if (to->slots.finalize_py) heap_add_finalizer(th, o);
  if (modules) {
    heap_shade(th, rp_shapes[to->root_shape_id]);
    store_release(&o->shape_id, to->root_shape_id);
    return 0;
  }
  while (true) {
    uint32_t id = obj_shape_id(o);
    Shape *s = shape_for_type(th, rp_shapes[id], to);
    if (!s) return -1;
    if ((s->flags & SHAPE_DICT) && !(rp_shapes[id]->flags & SHAPE_DICT)) {
      if (!enter_dict_mode(th, o, NULL)) return -1;
      continue;
    }
    obj_lock(th, o);
    bool same = obj_shape_id(o) == id;
    heap_shade(th, s);
    if (same) store_release(&o->shape_id, s->id);
    obj_unlock(th, o);
    if (same) return 0;
  }
}
