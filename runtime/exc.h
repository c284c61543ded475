/* exc.h: exception instances, tracebacks. */
#ifndef RP_EXC_H
#define RP_EXC_H
#include "runtime/code.h"
#include "runtime/error.h"
/* One entry per frame the exception left; `pc` may carry PC_LOOKUP. The frame object is only kept when somebody had asked for it, otherwise
** tb_frame makes one from code and globals. */
typedef struct Traceback {
  Object hdr;
  struct Traceback *next;   /* towards the place of the error; NULL: here it was raised */
  Value frame;              /* FrameObject or EMPTY */
  Code *code;
  uint32_t pc;
  int32_t lineno;
  Value globals;
} Traceback;
#define N_EXC_FIELDS 8
/* Fixed attributes of particular exceptions (StopIteration.value, OSError.errno, SyntaxError.lineno, ...) live in `fields`, at indices given by
** exc_fields.def; other attributes as for any instance. */
typedef struct Exception {
  Object hdr;
  Value overflow;           /* of builtin exceptions; Python classes have theirs behind the struct */
  Tuple *args;
  Value traceback, cause, context; /* EMPTY: none */
  bool suppress_context;
  Value fields[N_EXC_FIELDS];
} Exception;
/* Indices into fields: EXC_OSError_errno, ... */
enum ExcField {
#define EXC_FIELD(type, name, index) EXC_##type##_##name = index,
#include "runtime/exc_fields.def"
#undef EXC_FIELD
};
ALWAYS_INLINE bool exc_check(Value v) { return has_kind(v, K_EXCEPTION); }
ALWAYS_INLINE Exception *as_exc(Value v) { return (Exception *)as_object(v); }
/* Instance of builtin or Python exception type from one argument (EMPTY: none), without calling Python for builtin types. */
Value exc_new(RpThread *th, Type *t, Value arg);
/* Adds a traceback entry for code at pc to the pending exception. Called by each frame as it unwinds. */
void exc_add_traceback(RpThread *th, Code *code, uint32_t pc, Dict *globals, Frame *frame);
/* Sets a field of an exception (index: EXC_...). */
void exc_set_field(RpThread *th, Value exc, int field, Value v);
/* The whole report, as error_print writes it. NULL + pending. */
Str *error_text(RpThread *th, Value exc);
/* "Traceback (most recent call last)" lines of a traceback into a builder; margin is printed in front of every line. */
struct StrBuilder;
void traceback_text(RpThread *th, struct StrBuilder *sb, Value tb, const char *margin);
/* ". Did you mean: 'x'?" for NameError and AttributeError, or NULL (nothing pending). */
Str *error_suggestion(RpThread *th, Value exc);
/* Line n of a source file without its newline, decoded; NULL (nothing pending) when it cannot be read. */
Str *source_text_line(RpThread *th, Str *filename, int line);
#endif
