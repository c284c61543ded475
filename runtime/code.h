/* code.h: a code object: RIR with its constants, names, tables, inline caches, and what the native tier hangs on it.
**
** Immutable after code_finish() except: fb bytes in instructions, inline cache cells, counters and the native entry, which are atomics or
** relaxed bytes that can only be stale, never wrong. */
#ifndef RP_CODE_H
#define RP_CODE_H

#include "runtime/error.h"
#include "runtime/rir.h"

/* co_flags, CPython's values where it has them */
#define CO_OPTIMIZED 0x1
#define CO_NEWLOCALS 0x2
#define CO_VARARGS 0x4
#define CO_VARKEYWORDS 0x8
#define CO_NESTED 0x10
#define CO_GENERATOR 0x20
#define CO_COROUTINE 0x80
#define CO_ITERABLE_COROUTINE 0x100
#define CO_ASYNC_GENERATOR 0x200
#define CO_RESUMED (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR) /* its frame lives on the heap and is left and entered in the middle */
#define CO_FUTURE_ANNOTATIONS 0x1000000
#define CO_KERNEL 0x40000000 /* a loop around calls of one function, entered often: the native tier compiles it at its start (script/kernel.h) */

/* Where instructions come from, parallel to code->instrs; columns are UTF-8 byte offsets, -1 unknown. */
typedef struct Position { int32_t line, end_line; int32_t col, end_col; } Position;
/* Where the lookup half of a CALL_METHOD comes from: `obj.name` without the arguments. Sorted by pc. */
typedef struct MethodPosition { uint32_t pc; Position pos; } MethodPosition;
/* Exceptions raised in [start, end) go to `handler` with the exception in register `reg`. Inner ranges come first. */
typedef struct Handler { uint32_t start, end, handler; uint16_t reg; } Handler;

/* What one inline cache has learned: immutable, published by one pointer store; `next` chains up to IC_MAX_ENTRIES more. ic.h. */
typedef enum IcKind {
  IC_NONE,
  IC_SLOT,          /* shape -> slot `index` */
  IC_SLOT_ADD,      /* SET_ATTR: shape -> new shape `shape2`, value goes to slot `index` */
  IC_CLASS_VALUE,   /* shape + type_version: attribute is `value` on the class, not a descriptor to bind (or a static one) */
  IC_METHOD,        /* shape + type_version: `value` is a Function or method descriptor: call with self */
  IC_PROPERTY,      /* shape + type_version: `value` is the getter (or setter) Function */
  IC_TYPE_ATTR,     /* object is itself the Type `object` at type_version: value */
  IC_MODULE,        /* object is Module; its dict's table is `object`, entry `index` */
  IC_GLOBAL,        /* globals' table is `object`, entry `index` */
  IC_BUILTIN,       /* globals' table is `object` with n_entries == index2 (name absent); builtins' table `object2`, entry `index` */
  IC_CALL_FUNCTION, /* callee seen: Function with code `object` (value: the Function if always the same, else EMPTY) */
  IC_CALL_NATIVE,   /* callee seen: Native `object` */
  IC_CALL_TYPE,     /* callee seen: Type `object` at type_version; value: its __init__ Function or EMPTY */
  IC_CALL_OTHER,
  IC_ITEM,          /* shape + type_version: item `index` of the tuple, a field of a namedtuple */
  IC_GETSET,        /* shape + type_version: `value` is a getset descriptor of a builtin type that applies */
} IcKind;
typedef struct IcEntry {
  Object hdr;
  uint8_t kind;             /* IcKind */
  uint32_t shape_id, shape_id2;
  uint32_t type_version;
  uint32_t index, index2;
  uint32_t slot_shape;      /* shape_id of an IC_SLOT entry for an inline slot, else 0, which no object has */
  uint32_t slot;            /* its byte offset. IC_CALL_TYPE: size of a new instance of shape shape_id2 whose making is only that and __init__, 0: it
                               is not */
  Value value;
  Object *object, *object2;
  const uint32_t *version_at; /* where type_version is to be found; never NULL */
  struct IcEntry *next;
} IcEntry;
#define IC_MAX_ENTRIES 4
typedef struct Ic {
  IcEntry *entry;           /* store release, load acquire (dependent) */
  uint32_t misses;          /* relaxed */
  uint32_t pc;              /* instruction it belongs to */
} Ic;

typedef struct NativeCode NativeCode; /* the native tier's own; opaque here */

struct Code {
  Object hdr;
  Str *name, *qualname, *filename;
  Tuple *consts, *names;
  Tuple *varnames, *cellvars, *freevars;  /* as co_* report them */
  Instr *instrs;            /* malloc'ed, owned */
  Position *positions;
  uint16_t *tops;           /* by pc: while that instruction runs, registers from here to const_reg hold nothing that is still wanted */
  MethodPosition *method_positions;
  Handler *handlers;
  Ic *ics;
  uint32_t n_instrs, n_handlers, n_ics, n_method_positions;
  uint32_t n_regs;          /* registers a frame needs */
  uint32_t const_reg;       /* registers from here on hold constants */
  uint32_t n_locals;        /* registers 0..n_locals-1 are varnames in order */
  uint32_t n_params;        /* positional + keyword-only + *args + **kw */
  uint32_t argcount, posonlyargcount, kwonlyargcount;
  int32_t n_plain;          /* n_params when all of them are positional without more, else -1: for calls (set by code_new) */
  uint32_t flags;           /* CO_* */
  int32_t firstlineno;
  uint32_t n_loops;
  uint32_t n_self_attrs;    /* class bodies: distinct `self.NAME = ` in its methods: the first guess of Type.n_predicted */
  uint16_t *cell_regs;      /* register of each cellvar, then of each freevar: for locals(), super() */
  bool uses_namespace;      /* has LOAD_NAME etc.: needs a frame namespace */
  Value doc;                /* first constant string or NONE */
  /* -- changing -- */
  _Atomic uint32_t hot;     /* back edges taken by the interpreter */
  _Atomic uint32_t calls;   /* entries, the same */
  _Atomic uint32_t exits;   /* side exits taken from native code */
  _Atomic(NativeCode *) native;   /* native entries, or NULL while there are none */
  _Atomic(void *) direct;         /* the same function by the direct convention (native_code.h), or NULL */
  _Atomic(struct NativeTyped *) typed; /* and by the typed one, or NULL */
  _Atomic(uint32_t *) seen;       /* by pc: the object of a Python class that the operation works on, see code_see(); NULL: none yet */
  void *native_info;              /* the native tier's own record: written under its lock */
  _Atomic uint8_t native_state;   /* 0 none, 1 queued, 2 ready, 3 refused */
};

/* CodeSpec: everything the lowering pass computed, moved into a new Code (arrays are taken over, malloc'ed). NULL + pending. */
Code *code_new(RpThread *th, const Code *spec);
/* Feedback of operations that call special methods: v is what the operation at pc, of co, works on. Noted is its shape, SEEN_CLASS and one of its shapes
** when objects of one class came in several, or SEEN_MANY. Shapes noted stay alive with the code. */
#define SEEN_MANY UINT32_MAX
#define SEEN_CLASS 0x80000000u
void code_see_object(RpThread *th, Code *co, const Instr *pc, uint32_t shape_id);
ALWAYS_INLINE void code_see(RpThread *th, Code *co, const Instr *pc, Value v) {
  uint32_t id = is_object(v) ? obj_shape_id(as_object(v)) : 0;
  const uint32_t *seen = atomic_load_explicit(&co->seen, memory_order_acquire);
  uint32_t before = seen ? load_relaxed(&seen[pc - co->instrs]) : 0;
  if (unlikely(before ? before != id && before != SEEN_MANY : id >= N_BUILTIN_SHAPES)) code_see_object(th, co, pc, id);
}
/* A pc in a traceback may carry PC_LOOKUP: the attribute lookup of the CALL_METHOD at that pc failed, not the call. */
#define PC_LOOKUP 0x80000000u
int code_line(const Code *code, uint32_t pc);
Position code_position(const Code *code, uint32_t pc);
ALWAYS_INLINE bool code_check(Value v) { return has_kind(v, K_CODE); }

#endif
