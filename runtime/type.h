/* type.h: the Python type: what instances can do (TypeSlots), where they look for attributes (mro, dict), how they start (root shape).
**
** Builtin types are process-wide and immutable, made once from their TypeSpec (type.c, types_init). Python classes live in their
** context's heap. A type's slots are complete: inherited ones are copied in when the type is made, and again when a class attribute
** changes, so nobody ever walks bases to find one. NULL in a slot means: the operation is not supported (TypeError).
**
** Failure: every slot that returns Value returns EMPTY with th->pending set; int/bool-like ones return -1.
** Design, and how to add a type: runtime/type.md. */
#ifndef RP_TYPE_H
#define RP_TYPE_H

#include "runtime/object.h"

typedef enum CompareOp { CMP_LT, CMP_LE, CMP_EQ, CMP_NE, CMP_GT, CMP_GE } CompareOp;

/* What a comparison says of a and b where `order` is negative for a < b, 0 for equal ones, positive for a > b. */
ALWAYS_INLINE Value compare_answer(int64_t order, CompareOp op) {
  switch (op) {
  case CMP_LT: return value_bool(order < 0);
  case CMP_LE: return value_bool(order <= 0);
  case CMP_EQ: return value_bool(order == 0);
  case CMP_NE: return value_bool(order != 0);
  case CMP_GT: return value_bool(order > 0);
  default: return value_bool(order >= 0);
  }
}

typedef Value (*UnaryFn)(RpThread *th, Value self);
typedef Value (*BinaryFn)(RpThread *th, Value left, Value right);
typedef Value (*TernaryFn)(RpThread *th, Value a, Value b, Value c);

/* Call slot and every call in the runtime: `args` are n_pos positional values followed by one value per name in `kwnames`
** (a Tuple of Str or NULL). `args` may be read only during the call and is never kept. */
typedef Value (*CallFn)(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames);

/* Calls f for every Value / Object field inside the object. Runs on a collector thread: reads words relaxed, allocates nothing. */
typedef void (*TraceFn)(Tracer *tr, Object *o);

typedef struct TypeSlots {
  TraceFn trace;                                 /* NULL: no references inside */
  void (*free_)(RpContext *ctx, Object *o);      /* releases malloc'ed parts and external bytes when the cell is swept; NULL: none.
                                                    Touches no other heap object. Any thread. */
  UnaryFn repr, str;
  int64_t (*hash)(RpThread *th, Value self);     /* -1 with pending set on failure; a valid hash is never -1 */
  CallFn call;
  Value (*getattr)(RpThread *th, Value self, Str *name);                 /* full lookup; NULL only inside object itself */
  int (*setattr)(RpThread *th, Value self, Str *name, Value value);      /* EMPTY deletes */
  Value (*compare)(RpThread *th, Value a, Value b, CompareOp op);        /* NOT_IMPLEMENTED to pass */
  UnaryFn iter;
  UnaryFn next;                                  /* EMPTY without pending = exhausted */
  Value (*descr_get)(RpThread *th, Value self, Value obj, Value type);   /* obj EMPTY when looked up on the class */
  int (*descr_set)(RpThread *th, Value self, Value obj, Value value);    /* value EMPTY deletes */
  int (*init)(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames);
  Value (*new_)(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames);
  UnaryFn finalize_py;                           /* __del__ */
  int (*bool_)(RpThread *th, Value self);
  int64_t (*len)(RpThread *th, Value self);      /* -1 with pending set */
  BinaryFn getitem;
  int (*setitem)(RpThread *th, Value self, Value key, Value value);      /* value EMPTY deletes */
  int (*contains)(RpThread *th, Value self, Value item);
  UnaryFn await_, aiter, anext;
  BinaryFn add, sub, mul, mod, divmod, lshift, rshift, and_, xor_, or_, floordiv, truediv, matmul;
  TernaryFn pow;                                 /* third operand NONE when absent */
  BinaryFn iadd, isub, imul, imod, ipow, ilshift, irshift, iand, ixor, ior, ifloordiv, itruediv, imatmul;
  UnaryFn neg, pos, abs, invert, int_, float_, index;
  /* Sequence forms of + and *, used only when both number slots passed (so that [1] + X() tries X.__radd__ first); for
  ** types without them NULL. The dunder is the same __add__/__mul__/__iadd__/__imul__. */
  BinaryFn seq_concat, seq_iconcat;
  Value (*seq_repeat)(RpThread *th, Value self, Value count);
  /* Buffer access: fills *data,*size; NULL: no buffer. Pinning rules: buffer.h. */
  const struct BufferProcs *buffer;
} TypeSlots;

#define TYPE_BASETYPE 0x001     /* may be subclassed */
#define TYPE_HAS_DICT 0x002     /* instances have __dict__ (slots may overflow; dict mode allowed) */
#define TYPE_HEAP 0x004         /* a Python class: mutable, collected */
#define TYPE_ABSTRACT 0x008     /* has abstract methods */
#define TYPE_HAS_FINALIZER 0x010
#define TYPE_HAS_WEAKREF 0x020
#define TYPE_SEQUENCE 0x040     /* match sequence pattern */
#define TYPE_MAPPING 0x080
#define TYPE_CUSTOM_GETATTR 0x100 /* getattr slot is not object_getattr: no inline caching of instance attributes */
#define TYPE_CUSTOM_SETATTR 0x200
#define TYPE_SIMPLE_NEW 0x400   /* __new__ is object.__new__: an instance is just allocated, then __init__ */

/* A Type is also an instance of its metaclass: attributes of user metaclass slots live behind the struct as for any other kind. */
struct Type {
  Object hdr;
  Str *name;              /* __name__ */
  Str *qualname;
  Type *base;             /* layout base; NULL for object only */
  Tuple *bases;
  Tuple *mro;             /* this type first. Empty: it is being made */
  Dict *dict;             /* __dict__ (shown through a mappingproxy) */
  uint32_t flags;
  uint32_t version;       /* changes whenever a lookup on this type or any of its subclasses could answer differently; process-wide
                             unique; 0: never cache. Read relaxed by inline caches, written under the context's type lock. */
  uint8_t inst_kind;      /* Kind */
  uint16_t inst_size;     /* bytes of the builtin struct in front of the slots part (16 for K_INSTANCE incl. overflow word) */
  uint16_t n_predicted;   /* inline slots given to new instances: predicted from the class body, grows when instances overflow */
  uint32_t root_shape_id; /* shape of a fresh instance with n_predicted inline slots */
  const struct TypeSpec *spec; /* builtin types only */
  Value subclasses;       /* list of weak references, or EMPTY; for builtin types the context's table holds it */
  Value self_ref;         /* the one that the lists of its bases hold; EMPTY: none yet */
  TypeSlots slots;
};

/* What a builtin type's file exports, one static const per type, last in its file. */
typedef struct NativeDef NativeDef;   /* native.h */
typedef struct GetSetDef {
  const char *name;                   /* NULL ends the table */
  Value (*get)(RpThread *th, Value self);
  int (*set)(RpThread *th, Value self, Value value); /* NULL: read-only; value EMPTY deletes */
  const char *doc;
} GetSetDef;
typedef struct TypeConstant { const char *name; Object *value; /* static, OBJ_IMMUTABLE */ } TypeConstant;
typedef struct TypeSpec {
  const char *doc;
  uint16_t size;                      /* sizeof the instance struct, 0: inherit */
  uint32_t flags;                     /* extra TYPE_* */
  TypeSlots slots;                    /* designated initialisers; NULLs are inherited from the base */
  const NativeDef *methods;           /* NULL-name terminated, or NULL */
  const GetSetDef *getsets;           /* same */
  const TypeConstant *constants;      /* class attributes; same */
} TypeSpec;

/* The builtin types, process-wide: type_int, type_str, ... */
#define TYPE(name, pyname, base, kind, flags) extern Type type_##name; extern Shape shape_##name; extern const TypeSpec spec_##name;
#include "runtime/types.def"
#undef TYPE

/* Makes all builtin types from their specs. Once per process, before any context; idempotent and thread-safe. */
void types_init(void);

/* type_lookup: the attribute `name` of the type along its MRO, without descriptors; EMPTY if absent, never raises. Uses the context's
** method cache. `name` is interned. Any thread. */
Value type_lookup(RpThread *th, Type *type, Str *name);
/* Same for a C-string dunder table index (names.h). */

bool type_is_subtype(const Type *a, const Type *b);
/* isinstance(v, t) for a true type t, without __instancecheck__. */
bool value_is_instance(Value v, const Type *t);
/* A class attribute changed: new versions for the type and its subclasses, slots recomputed. */
void type_modified(RpThread *th, Type *type);
/* type(name, bases, dict) incl. metaclass rules, __set_name__, __init_subclass__, __slots__, C3. */
Value type_new_class(RpThread *th, Type *meta, Str *name, Tuple *bases, Dict *ns, const Value *kwargs, Tuple *kwnames);
/* Allocates an instance with all slots EMPTY, for K_INSTANCE kinds and subclass instances of builtin kinds; `extra` bytes are for
** variable-sized builtin layouts (tuple items, string data) in which case slots are unavailable. NULL + MemoryError. */
Object *type_alloc(RpThread *th, Type *type);
/* Same for variable-sized layouts (int, str, bytes, tuple): `size` bytes of builtin struct and data; for a Python class the overflow word
** follows them (obj_trailing_word()). */
Object *type_alloc_var(RpThread *th, Type *type, size_t size);

/* -- Between the files that make types -- */
uint32_t type_new_version(void);
/* An instance needs so many slots: the next ones get them inline. For instances that run over theirs, and for an __init__ that came after the class body. */
void type_learn_size(RpThread *th, Type *t, int n_slots);
void type_learn_init(RpThread *th, Type *t, const Function *init);
/* Slots of a Python class from its MRO; slots of a builtin type and its method dict at process start (slots.c). */
void slots_update(RpThread *th, Type *type);
void slots_inherit_builtin(Type *type, const Type *base, const TypeSpec *spec);
void slots_add_wrappers(RpThread *boot, Type *type, const TypeSpec *spec, Dict *dict);
size_t slots_count_wrappers(const TypeSpec *spec); /* at most so many names are added */
/* The direct subclasses in this context: a List of WeakRefs that are in no table, or EMPTY. */
Value *type_subclasses_cell(RpThread *th, Type *type);
/* The next one from *at on, of one array of that list; NULL: there are no more. A class that is dead, and one that may yet be revived for a __del__, is passed over: what
** was to be changed in it type_catch_up() makes up for. */
typedef enum SubclassUse { SUBCLASS_CHANGE, SUBCLASS_MRO, SUBCLASS_SHOW } SubclassUse;
Type *type_next_subclass(RpThread *th, const Array *refs, uint32_t *at, SubclassUse use);
int type_add_subclass(RpThread *th, Type *base, Type *sub);
int type_remove_subclass(RpThread *th, Type *base, Type *sub);
/* For the collector: nothing refers to t, nor ever will. Before memory is used again, while weak references to the dead are not handed out. */
void type_died(Type *t);
/* Before anybody sees what was revived: classes that were passed over while one above them changed. */
void type_catch_up(RpThread *th);
/* As type_modified, for an attribute that no slot looks at: versions only. */
void type_attr_changed(RpThread *th, Type *type);
/* "collections.deque": the name in types.def of a builtin type. */
const char *type_full_name(const Type *type);
/* Appends the builtin types whose base is `base`. */
int type_builtin_subclasses(RpThread *th, const Type *base, List *out);
/* Per-context part (method cache, subclass lists): made by context_new before anything else is looked up. -1: no memory. */
int types_context_init(RpThread *th);
void types_context_free(RpContext *ctx);

#endif
