/* ic.h: inline caches: the hit tests (inlined here, used by the interpreter; native code emits the same tests) and the slow paths that look up and
** teach. An entry is immutable and published by one pointer store, so a racing reader sees an old or a new entry, both right as guarded.
** Layout of entries: code.h. */
#ifndef RP_IC_H
#define RP_IC_H

#include "runtime/code.h"
#include "runtime/dict.h"
#include "runtime/lock.h"
#include "runtime/module.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/tuple.h"

/* Root shape id of any value, immediates included. */
uint32_t value_shape_id(Value v);

/* Slow paths: complete lookups that also fill the cache. */
Value ic_getattr_miss(RpThread *th, Ic *ic, Value o, Str *name);
int ic_setattr_miss(RpThread *th, Ic *ic, Value o, Str *name, Value v);
/* Method load: returns 1 when *callee is to be called with o as first argument, 0 when it is complete by itself, -1 on failure. */
int ic_method_miss(RpThread *th, Ic *ic, Value o, Str *name, Value *callee);
/* The same for super(cls, o).name: entries are IC_METHOD with the class in object2. */
int ic_super_miss(RpThread *th, Ic *ic, Type *cls, Value o, Str *name, Value *callee);
Value ic_global_miss(RpThread *th, Ic *ic, Dict *globals, Dict *builtins, Str *name);
/* Records the callee of a call site. */
void ic_call_miss(RpThread *th, Ic *ic, Value callee);

ALWAYS_INLINE IcEntry *ic_entry(const Ic *ic) { return load_acquire(&ic->entry); }
ALWAYS_INLINE bool ic_version_ok(const IcEntry *e) {
  return load_relaxed(e->version_at) == e->type_version;
}
/* IC_SLOT entries: index is the byte offset of the slot in the object, or, when index2 is not 0, of the overflow word, whose Array holds
** the value at index2 - 1. IC_SLOT_ADD the same. */
ALWAYS_INLINE Value *ic_slot_address(Object *o, const IcEntry *e) {
  Value *p = (Value *)((char *)o + e->index);
  if (likely(e->index2 == 0)) return p;
  return ((Array *)as_object(load_acquire(p)))->items + (e->index2 - 1);
}

/* e (or NULL) holds for v and is an inline slot: at offset e->slot. */
ALWAYS_INLINE bool ic_inline_slot_hit(const IcEntry *e, Value v) {
  return likely(e != NULL) && likely(is_object(v)) && likely(e->slot_shape == obj_shape_id(as_object(v))) &&
         likely(load_relaxed(e->version_at) == e->type_version);
}
/* An IC_CALL_TYPE entry still says what calling the type does. */
ALWAYS_INLINE bool ic_type_call_fresh(const IcEntry *e) {
  const Type *t = (const Type *)e->object;
  return load_relaxed(e->version_at) == e->type_version && (e->slot == 0 || load_relaxed(&t->root_shape_id) == e->shape_id2);
}

/* EMPTY: miss (nothing pending). */
ALWAYS_INLINE Value ic_getattr_hit(const Ic *ic, Value v) {
  if (unlikely(!is_object(v))) return EMPTY;
  Object *o = as_object(v);
  uint32_t sid = obj_shape_id(o);
  for (IcEntry *e = ic_entry(ic); e; e = e->next) {
    if (e->shape_id != sid) continue;
    switch (e->kind) {
    case IC_SLOT:
      if (likely(ic_version_ok(e))) return load_consume(ic_slot_address(o, e));
      return EMPTY;
    case IC_CLASS_VALUE:
      if (likely(ic_version_ok(e))) return e->value;
      return EMPTY;
    case IC_MODULE: {
      if (e->value != v) continue;
      DictTable *t = load_acquire(&((Module *)o)->dict->table);
      if (likely((Object *)t == e->object)) return load_acquire(&t->entries[e->index].value);
      return EMPTY;
    }
    case IC_ITEM: return likely(ic_version_ok(e)) ? tuple_get_fast((Tuple *)o, e->index) : EMPTY;
    case IC_TYPE_ATTR:
      if (e->object != o) continue;
      if (likely(load_relaxed(&((Type *)o)->version) == e->type_version)) return e->value;
      return EMPTY;
    default: return EMPTY;
    }
  }
  return EMPTY;
}

/* The entry of a computed attribute (IC_GETSET, IC_PROPERTY) that holds for v, or NULL. ic_getattr_hit() does not know these: they run code. */
ALWAYS_INLINE const IcEntry *ic_computed_hit(const Ic *ic, Value v) {
  if (unlikely(!is_object(v))) return NULL;
  uint32_t sid = obj_shape_id(as_object(v));
  for (const IcEntry *e = ic_entry(ic); e; e = e->next)
    if (e->shape_id == sid) return (e->kind == IC_GETSET || e->kind == IC_PROPERTY) && ic_version_ok(e) ? e : NULL;
  return NULL;
}

/* true: done. */
ALWAYS_INLINE bool ic_setattr_hit(RpThread *th, const Ic *ic, Value ov, Value v) {
  if (unlikely(!is_object(ov))) return false;
  Object *o = as_object(ov);
  uint32_t sid = obj_shape_id(o);
  for (IcEntry *e = ic_entry(ic); e; e = e->next) {
    if (e->shape_id != sid) continue;
    if (unlikely(!ic_version_ok(e))) return false;
    if (likely(e->kind == IC_SLOT)) {
      obj_store(th, o, ic_slot_address(o, e), v);
      return true;
    }
    if (e->kind == IC_SLOT_ADD && e->index2 == 0) {
      obj_lock(th, o);
      bool same = likely(!thread_multi(th)) || obj_shape_id(o) == sid;
      if (likely(same)) {
        obj_store(th, o, (Value *)((char *)o + e->index), v);
        store_release(&o->shape_id, e->shape_id2);
      }
      obj_unlock(th, o);
      return same;
    }
    return false;
  }
  return false;
}

/* 1 / 0 as ic_method_miss; -1: miss (nothing pending). */
ALWAYS_INLINE int ic_method_hit(const Ic *ic, Value v, Value *callee) {
  uint32_t sid = likely(is_object(v)) ? obj_shape_id(as_object(v)) : value_shape_id(v);
  for (IcEntry *e = ic_entry(ic); e; e = e->next) {
    if (e->shape_id != sid) continue;
    switch (e->kind) {
    case IC_METHOD:
      if (unlikely(!ic_version_ok(e))) return -1;
      *callee = e->value;
      return 1;
    case IC_SLOT: case IC_CLASS_VALUE: case IC_MODULE: case IC_TYPE_ATTR:
      *callee = ic_getattr_hit(ic, v);
      return *callee == EMPTY ? -1 : 0;
    default: return -1;
    }
  }
  return -1;
}

ALWAYS_INLINE int ic_super_hit(const Ic *ic, const Object *cls, Value v, Value *callee) {
  if (unlikely(!is_object(v))) return -1;
  uint32_t sid = obj_shape_id(as_object(v));
  for (IcEntry *e = ic_entry(ic); e; e = e->next)
    if (e->shape_id == sid && e->object2 == cls) return ic_version_ok(e) ? (*callee = e->value, 1) : -1;
  return -1;
}

/* EMPTY: miss. */
ALWAYS_INLINE Value ic_global_hit(const Ic *ic, const Dict *globals, const Dict *builtins) {
  IcEntry *e = ic_entry(ic);
  if (unlikely(!e)) return EMPTY;
  DictTable *t = load_acquire(&globals->table);
  if (unlikely((Object *)t != e->object)) return EMPTY;
  if (likely(e->kind == IC_GLOBAL)) return load_acquire(&t->entries[e->index].value);
  if (load_acquire(&t->n_entries) != e->index2) return EMPTY;
  DictTable *b = load_acquire(&builtins->table);
  if (unlikely((Object *)b != e->object2)) return EMPTY;
  return load_acquire(&b->entries[e->index].value);
}

#endif
