/* func.h: Python functions, cells, bound methods; descriptors. */
#ifndef RP_FUNC_H
#define RP_FUNC_H
#include "runtime/error.h"
typedef struct Cell { Object hdr; Value v; } Cell;                  /* EMPTY: unbound */
struct Function {
  Object hdr;
  Value overflow;           /* function attributes: EMPTY or Dict (functions are always in dict mode) */
  Code *code;
  Dict *globals;
  Dict *builtins;           /* the namespace unknown globals come from; fixed at creation as CPython does */
  Tuple *closure;           /* of Cell, or NULL */
  Tuple *defaults;          /* or NULL */
  Dict *kwdefaults;         /* or NULL */
  Value name, qualname, module, doc;
  Value annotations;        /* Dict, Tuple (name, value, ...: made a dict on first access) or EMPTY */
  uint32_t version;         /* changes when code, defaults or kwdefaults are replaced: guards of inlined calls */
};
typedef struct BoundMethod { Object hdr; Value func, self; } BoundMethod;
Function *func_new(RpThread *th, Code *code, Dict *globals);
Value method_new(RpThread *th, Value func, Value self);
ALWAYS_INLINE bool func_check(Value v) { return has_kind(v, K_FUNCTION); }
/* property(fget, fset, fdel, doc), classmethod, staticmethod, super(type, obj), member and getset descriptors: by type. */
typedef struct Descr {
  Object hdr; Value overflow;
  Value a, b, c, doc;       /* property: get, set, del; classmethod/staticmethod: a callable; super: type, obj, obj's type; member: name */
  Type *owner; Str *name;
  const GetSetDef *getset;  /* getset_descriptor */
  int slot;                 /* member_descriptor of __slots__: slot number */
} Descr;
#endif
