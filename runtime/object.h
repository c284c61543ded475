/* object.h: the one-word object header, kinds, and the accessors everything else is made of.
**
**   63      56 55     48 47     40 39     32 31                              0
**   |   gc    |   lock  |  flags  |  kind   |            shape_id             |
**
** shape_id  index into rp_shapes[]: the hidden class, which knows the type. Stored release, read relaxed: an object may move to
**           another shape (attribute added) but never to another kind.
** kind      memory layout (kind.def), constant for life.
** flags     OBJ_* bits that belong to the object's type (string width, ...), or to everyone (below).
** lock      per-object writer lock (lock.h); untouched while the context has one thread.
** gc        the collector's byte (heap.h).
** Design: runtime/object.md. */
#ifndef RP_OBJECT_H
#define RP_OBJECT_H

#include "runtime/value.h"

typedef struct RpThread RpThread;
typedef struct RpContext RpContext;
typedef struct Type Type;
typedef struct Shape Shape;
typedef struct Tuple Tuple;
typedef struct Str Str;
typedef struct Dict Dict;
typedef struct List List;
typedef struct Code Code;
typedef struct Function Function;
typedef struct Frame Frame;
typedef struct Tracer Tracer;

typedef enum Kind {
#define KIND(name, T) K_##name,
#include "runtime/kind.def"
#undef KIND
  N_KINDS
} Kind;

struct Object {
  uint32_t shape_id;
  uint8_t kind;
  uint8_t flags;
  uint8_t lock;
  uint8_t gc;
};
_Static_assert(sizeof(Object) == 8, "the header is one word");

/* flags common to all kinds: high bits; the low four belong to the kind (str.h, ...). */
#define OBJ_HAS_WEAKREF 0x80 /* the context's weak table knows this address */
#define OBJ_FINALIZED 0x40   /* __del__ has run (PEP 442) */
#define OBJ_IMMUTABLE 0x20   /* shared by contexts, never written, never collected */

/* Every shape of the process, by id. Ids below N_BUILTIN_SHAPES are the root shapes of builtin types (types.def), link-time
** constants that native code may embed. The table is zero pages until used. */
#define MAX_SHAPES (1u << 22)
extern Shape *rp_shapes[MAX_SHAPES];

typedef enum BuiltinShape {
  SHAPE_none_, /* id 0 is never used */
#define TYPE(name, pyname, base, kind, flags) SHAPE_##name,
#include "runtime/types.def"
#undef TYPE
  N_BUILTIN_SHAPES
} BuiltinShape;

ALWAYS_INLINE uint32_t obj_shape_id(const Object *o) { return load_consume(&o->shape_id); }
ALWAYS_INLINE Shape *obj_shape(const Object *o) { return load_consume(&rp_shapes[obj_shape_id(o)]); }
ALWAYS_INLINE bool has_kind(Value v, Kind k) { return is_object(v) && as_object(v)->kind == k; }
ALWAYS_INLINE bool has_shape(Value v, uint32_t id) { return is_object(v) && obj_shape_id(as_object(v)) == id; }

/* The type of any value but EMPTY; never fails. */
Type *type_of(Value v);

/* The instance of a Python class: attributes in slots, at the indices its shape says. Attributes beyond the inline capacity
** (fixed at allocation, from the class's prediction) live in `overflow` (K_ARRAY); if the shape is a dict-mode shape, `overflow` is
** the instance's Dict itself. Subclass instances of builtin kinds have the same two parts behind their builtin struct: see
** Shape.overflow_offset. */
typedef struct Instance {
  Object hdr;
  Value overflow; /* EMPTY, Array, or Dict */
  Value slots[];
} Instance;

/* A traced array of values: the backing store of lists and overflow slots. Length and items are published together: a reader
** loads the array pointer once and sees a consistent pair. Items at and above `length` are EMPTY or stale, and are traced
** up to `length` only. */
typedef struct Array {
  Object hdr;
  uint32_t length;   /* store release after the item */
  uint32_t capacity;
  Value items[];
} Array;

#endif
