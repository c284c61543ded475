/* exc.h: exception instances, tracebacks. */
#ifndef RP_EXC_H
#define RP_EXC_H
#include "runtime/error.h"
typedef struct Traceback { Object hdr; struct Traceback *next; Value frame /* FrameObject or EMPTY */; Code *code; uint32_t pc; int32_t lineno; Value globals; } Traceback;
/* Fixed attributes of particular exceptions (StopIteration.value, OSError.errno, SyntaxError.lineno, ...) live in `fields`, at indices given by
** exc_fields.def; other attributes in slots. */
typedef struct Exception {
  Object hdr; Value overflow;
  Tuple *args;
  Value traceback, cause, context; /* EMPTY: none */
  Value notes_unused;
  bool suppress_context;
  Value fields[6];
} Exception;
ALWAYS_INLINE bool exc_check(Value v) { return has_kind(v, K_EXCEPTION); }
/* Instance of builtin or Python exception type from one argument (EMPTY: none), without calling Python for builtin types. */
Value exc_new(RpThread *th, Type *t, Value arg);
/* Adds a traceback entry for code at pc to the pending exception. Called by each frame as it unwinds. */
void exc_add_traceback(RpThread *th, Code *code, uint32_t pc, Dict *globals, Frame *frame);
#endif
