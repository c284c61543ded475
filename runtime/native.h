/* native.h: functions written in C that scripts can call. One table row per function, with a Python signature from which arity checks,
** keyword binding, defaults and __text_signature__ all come.
**
** The C function sees its parameters laid out in signature order, one Value each: absent optional ones are EMPTY, `*args` arrives as a
** Tuple, `**kw` as a Dict (never EMPTY). The caller's argument array is passed through uncopied when it already has that layout.
** For methods a[0] is self, checked by the call machinery to be an instance of the type. Return EMPTY with th->pending set to raise. */
#ifndef RP_NATIVE_H
#define RP_NATIVE_H

#include "runtime/type.h"

typedef Value (*NativeFn)(RpThread *th, const Value *a);

#define NATIVE_STATIC 0x1      /* staticmethod of a type */
#define NATIVE_CLASSMETHOD 0x2 /* a[0] is the class */
#define NATIVE_PURE 0x4        /* no side effect, result depends on arguments only: native code may hoist it (math.sin) */
#define NATIVE_FLOATS 0x8      /* `unboxed` speaks for floats alone: of ints the function makes something else */

struct NativeDef {
  const char *name;      /* NULL ends a table */
  NativeFn fn;
  const char *signature; /* "(self, object, /)", "(iterable, /, *, key=None, reverse=False)", "(*args, sep=' ')" */
  uint32_t flags;
  const char *doc;
  /* For functions from doubles to a double: native code calls this unboxed. NULL otherwise. */
  void *unboxed;         /* double (*)(double), double (*)(double, double): as many as the signature has */
};

/* The callable object: builtin function (self EMPTY or the module), method descriptor (type set), bound builtin method (self set). */
typedef struct NativeParam { Str *name; uint8_t kind; /* 0 pos-only, 1 pos-or-kw, 2 *args, 3 kw-only, 4 **kw */ bool optional; } NativeParam;
typedef struct NativeSig {   /* parsed once per NativeDef at process start, immutable */
  const NativeDef *def;
  uint8_t n_params, n_pos, n_pos_only, n_required_pos;
  int8_t varargs, varkw;     /* param index or -1 */
  NativeParam params[];
} NativeSig;
typedef struct Native {
  Object hdr;
  const NativeSig *sig;
  Value self;                /* EMPTY, or the bound receiver / module */
  Type *type;                /* owner, for descriptors; NULL for functions */
  Str *name;
  Value module;              /* Str or NONE */
  void *slot_wrapper;        /* wrapper_descriptor: which slot (slots.c) */
} Native;

/* Parses and interns the signature; process start or module creation. */
const NativeSig *native_sig(const NativeDef *def);
Native *native_new(RpThread *th, uint32_t shape_id, const NativeDef *def, Type *type, Value self, Str *module);
/* The CallFn of K_NATIVE types. */
Value native_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames);
/* The C function with EMPTY for the parameters beyond args[0..n-1]; all of them are positional and at most 8. */
Value native_call_padded(RpThread *th, const NativeSig *sig, const Value *args, int n);
/* Builtin functions, and methods called with an exact receiver, when the arguments are the whole signature: one call of the C function.
** false: not of this form, nothing done. */
ALWAYS_INLINE bool native_call_fast(RpThread *th, const Native *f, const Value *args, int n_pos, Value *result) {
  const NativeSig *sig = f->sig;
  if (unlikely(f->slot_wrapper != NULL)) return false;
  if (unlikely((sig->varargs & sig->varkw) != -1 || sig->n_params > 8 || n_pos > sig->n_pos || n_pos < sig->n_required_pos)) return false;
  if (f->type && !(sig->def->flags & NATIVE_STATIC)) {
    if (obj_shape_id(&f->hdr) != SHAPE_method_descriptor || n_pos < 1 || type_of(args[0]) != f->type) return false;
  }
  if (n_pos == sig->n_params) {
    *result = sig->def->fn(th, args);
    return true;
  }
  if (unlikely(sig->n_pos != sig->n_params)) return false;
  *result = native_call_padded(th, sig, args, n_pos);
  return true;
}
/* callee(first, *args, **kw): for bound things. */
Value call_prepend(RpThread *th, Value callee, Value first, const Value *args, int n_pos, Tuple *kwnames);
/* Binds the arguments of a constructor or of any CallFn by a signature, with CPython's TypeErrors. `sig` is parsed once per NativeDef (fn may be
** NULL; `def` static). out[] gets one Value per parameter, absent ones EMPTY; false + pending. */
bool native_bind(RpThread *th, const NativeDef *def, const Value *args, int n_pos, Tuple *kwnames, Value *out);
/* Adds every row of a table to a module's dict. */
int native_add_all(RpThread *th, Dict *dict, const NativeDef *defs, Str *module);

/* A native module: one table row in modules.def and a ModuleSpec in its file (mod_<name>.c). */
typedef struct ModuleSpec {
  const char *doc;
  const NativeDef *functions;
  int (*init)(RpThread *th, Dict *dict); /* constants, types, anything else; may be NULL */
  /* For modules that every context has (module.c): functions and what `shared` adds are made once per process, immutable. `boot` has no context; what is
  ** made with it is permanent. NULL: everything is made per context. */
  int (*shared)(RpThread *boot, Dict *dict);
} ModuleSpec;

/* For K_NATIVE_OBJECT and other C-implemented types that need no struct of their own: define a struct that starts with Object. */
typedef struct NativeObject { Object hdr; Value overflow; void *data; } NativeObject;

#endif
