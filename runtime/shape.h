/* shape.h: hidden classes. A shape maps attribute names to slot numbers for all instances that got the same attributes in the same
** order. Shapes form a tree per class and inline capacity; adding an attribute moves the object to a child shape.
**
** Invariants: a shape never changes what it already says (n_slots, names); readers need no lock. Transitions are added under the
** context's shape lock. The shape id in an object's header and in an inline cache is enough to know type, slot and presence. A shape
** named by an inline cache or by native code is kept alive by it, so ids are never reused under a reader.
** Dict mode (SHAPE_DICT): after `obj.__dict__` was written to as a whole, an attribute deleted, or too many attributes, the instance's
** overflow word holds its Dict and slots are unused. Design: runtime/object.md. */
#ifndef RP_SHAPE_H
#define RP_SHAPE_H

#include "runtime/type.h"

#define SHAPE_DICT 0x01       /* attributes live in the Dict in the overflow word */
#define SHAPE_SLOTS_ONLY 0x02 /* no __dict__: __slots__ class or builtin; unknown names raise AttributeError */
#define SHAPE_BUILTIN 0x04    /* root shape of a builtin type: immutable, process-wide */

struct Shape {
  Object hdr;
  Type *type;
  uint32_t id;
  uint8_t flags;
  uint16_t n_slots;         /* attributes this shape knows */
  uint16_t n_inline;        /* inline capacity; slot i >= n_inline is overflow->items[i - n_inline] */
  uint16_t overflow_offset; /* byte offset of the overflow word in the object; inline slots follow it. 8 for K_INSTANCE. 0 for
                               variable-sized layouts (int, str, bytes, tuple subclasses): no inline slots, always dict mode, and
                               the overflow word is the last word of the cell's variable part: obj_trailing_word() */
  Shape *parent;
  Str *name;                /* the attribute added last (slot n_slots-1); NULL for a root */
  uint16_t n_members;       /* the first n_members slots are __slots__ members: not part of __dict__, and inline even in dict mode */
  uint16_t n_children;      /* transitions so far: too many send the instance to dict mode */
  Shape *children;          /* first child; grows at the front under the parent's object lock, readers need none */
  Shape *sibling;           /* next child of the same parent; for a root: the type's previous root (another inline capacity) */
  _Atomic(struct ShapeIndex *) index; /* lazily built name -> slot table for n_slots > 8; malloc'ed, freed with the shape */
  Shape *dict_twin;         /* the dict-mode shape of the same class, lazily made */
};

/* Slot of `name` (interned) or -1. Any thread, no lock. */
int shape_find(const Shape *s, const Str *name);
/* The child of s with `name` added; NULL + MemoryError. */
Shape *shape_add(RpThread *th, Shape *s, Str *name);
Shape *shape_to_dict(RpThread *th, Shape *s);
/* Root shape for a class with n inline slots (each capacity has its own tree); made at need. NULL + MemoryError. */
Shape *shape_root(RpThread *th, Type *type, int n_inline);
/* The first root of a class being made: its __slots__ members take the first slots. */
Shape *shape_first_root(RpThread *th, Type *type, uint8_t flags, uint16_t overflow_offset, int n_inline, Str *const *members, int n_members);
/* The shape of `type` that has the same attributes at the same places as s: for obj.__class__ = type. */
Shape *shape_for_type(RpThread *th, Shape *s, Type *type);
void shape_trace(Tracer *tr, Object *o);
void shape_free(RpContext *ctx, Object *o);
/* type_of() inlined: most values asked are objects. */
ALWAYS_INLINE Type *type_of_inline(Value v) { return likely(is_object(v)) ? obj_shape(as_object(v))->type : (type_of)(v); }
#define type_of(v) type_of_inline(v)
/* The shape of a fresh instance of t. */
ALWAYS_INLINE Shape *type_root_shape(const Type *t) { return load_consume(&rp_shapes[load_consume(&t->root_shape_id)]); }
/* False: it is being made, or was given up. Only its metaclass's mro() has seen it, which may have given it to others. It has no MRO (the tuple is empty) and no shape, can be
** neither called nor extended, and takes part in no change of its bases. */
ALWAYS_INLINE bool type_is_made(const Type *t) { return load_consume(&t->root_shape_id) != 0; }
/* Where the overflow word of a class's instances is: see Shape.overflow_offset. */
uint16_t shape_overflow_offset(Kind kind, size_t builtin_size);

/* The overflow word of a variable-sized subclass instance (allocated with one extra word behind its data). */
Value *obj_trailing_word(Object *o);
ALWAYS_INLINE Value *obj_overflow_word(Object *o, const Shape *s) {
  return likely(s->overflow_offset) ? (Value *)((char *)o + s->overflow_offset) : obj_trailing_word(o);
}
ALWAYS_INLINE Value *obj_inline_slots(Object *o, const Shape *s) { return (Value *)((char *)o + s->overflow_offset + 8); }
/* Slot i of o as s says; EMPTY also when the object has just moved to dict mode under us: then look again. */
ALWAYS_INLINE Value obj_slot_load(Object *o, const Shape *s, int i) {
  if (likely(i < s->n_inline)) return load_consume(obj_inline_slots(o, s) + i);
  Value over = load_acquire(obj_overflow_word(o, s));
  if (!is_object(over) || as_object(over)->kind != K_ARRAY) return EMPTY;
  Array *a = (Array *)as_object(over);
  return (uint32_t)(i - s->n_inline) < load_acquire(&a->length) ? load_consume(&a->items[i - s->n_inline]) : EMPTY;
}
/* Address of slot i of o, whose shape s has it. */
ALWAYS_INLINE Value *obj_slot(Object *o, const Shape *s, int i) {
  if (likely(i < s->n_inline)) return obj_inline_slots(o, s) + i;
  return ((Array *)as_object(load_relaxed(obj_overflow_word(o, s))))->items + (i - s->n_inline);
}
#endif
