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
  Value children;           /* EMPTY, one Shape, or a Dict name -> Shape; under the shape lock */
  _Atomic(struct ShapeIndex *) index; /* lazily built name -> slot table for n_slots > 8; malloc'ed, freed with the shape */
  Shape *dict_twin;         /* the dict-mode shape of the same class, lazily made */
};

/* Slot of `name` (interned) or -1. Any thread, no lock. */
int shape_find(const Shape *s, const Str *name);
/* The child of s with `name` added; NULL + MemoryError. */
Shape *shape_add(RpThread *th, Shape *s, Str *name);
Shape *shape_to_dict(RpThread *th, Shape *s);
/* Root shape for a class with n inline slots (each capacity has its own tree). */
Shape *shape_root(RpThread *th, Type *type, int n_inline);

/* The overflow word of a variable-sized subclass instance (allocated with one extra word behind its data). */
Value *obj_trailing_word(Object *o);
ALWAYS_INLINE Value *obj_overflow_word(Object *o, const Shape *s) {
  return likely(s->overflow_offset) ? (Value *)((char *)o + s->overflow_offset) : obj_trailing_word(o);
}
ALWAYS_INLINE Value *obj_inline_slots(Object *o, const Shape *s) { return (Value *)((char *)o + s->overflow_offset + 8); }
/* Address of slot i of o, whose shape s has it. */
ALWAYS_INLINE Value *obj_slot(Object *o, const Shape *s, int i) {
  if (likely(i < s->n_inline)) return obj_inline_slots(o, s) + i;
  return ((Array *)as_object(load_relaxed(obj_overflow_word(o, s))))->items + (i - s->n_inline);
}
#endif
