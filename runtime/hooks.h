/* hooks.h: where the runtime reaches up. script/ installs these once per process, before the first context. */
#ifndef RP_HOOKS_H
#define RP_HOOKS_H
#include "runtime/object.h"
struct ModuleSpec;
struct ParcelItem;
/* A native module that script/ adds to those of modules.def. */
typedef struct HostModule { const char *name; const struct ModuleSpec *spec; } HostModule;
typedef enum CompileMode { COMPILE_EXEC, COMPILE_EVAL, COMPILE_SINGLE } CompileMode;
/* What `src` of the compile hook is, in its flags. */
#define CF_SOURCE_IS_STR 0x0800  /* UTF-8 of a str: a coding cookie means nothing */
#define CF_SOURCE_IS_FILE 0x4000 /* the main script's bytes: checked to their end, as `python3 FILE` does */
typedef struct RtHooks {
  /* Source text (bytes, undecoded) to a Code object; raises SyntaxError and friends. flags: CO_FUTURE_* and CF_* bits. */
  Value (*compile)(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode, int flags);
  /* ast.parse support: returns the AST as Python objects; NULL: not built. */
  Value (*parse_ast)(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode);
  /* The interpreter's counters found code hot (pc: the loop head, or 0 for the entry). Must return quickly; on any thread. */
  void (*code_hot)(RpThread *th, Code *code, uint32_t pc);
  /* Native code of `code` keeps leaving early (last at pc): compile it again, with what has been seen since. */
  void (*code_exits)(RpThread *th, Code *code, uint32_t pc);
  /* Code object dies: drop its native code. Any thread, from sweep: touches no heap object. */
  void (*code_free)(RpContext *ctx, Code *code);
  /* The context is about to go: let go of it (waits for a running compilation). Called on its last attached thread, in SAFE state. */
  void (*context_closing)(RpContext *ctx);
  /* Marks what the native tier holds for this context: a root. On a collector thread. */
  void (*trace_native)(RpContext *ctx, Tracer *tr);
  /* Marks what the native code of `code` refers to. On any marker's thread; takes no lock. */
  void (*trace_code)(Tracer *tr, const Code *code);
  /* An object of script/'s types that may travel to another context (parcel.h): 1 and *out, 0 it may not, -1 + pending. NULL: there are none. */
  int (*pack_object)(RpThread *th, Value v, struct ParcelItem *out);
  /* Ends with a NULL name; NULL: none. */
  const HostModule *modules;
} RtHooks;
extern RtHooks rt_hooks;
#endif
