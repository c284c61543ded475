/* hooks.h: where the runtime reaches up. script/ installs these once per process, before the first context. */
#ifndef RP_HOOKS_H
#define RP_HOOKS_H
#include "runtime/object.h"
typedef enum CompileMode { COMPILE_EXEC, COMPILE_EVAL, COMPILE_SINGLE } CompileMode;
typedef struct RtHooks {
  /* Source text (bytes, undecoded) to a Code object; raises SyntaxError and friends. flags: CO_FUTURE_* and CF_* bits. */
  Value (*compile)(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode, int flags);
  /* ast.parse support: returns the AST as Python objects; NULL: not built. */
  Value (*parse_ast)(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode);
  /* The interpreter's counters found code hot (pc: the loop head, or 0 for the entry). Must return quickly; on any thread. */
  void (*code_hot)(RpThread *th, Code *code, uint32_t pc);
  /* Code object dies: drop its native code. Any thread, from sweep: touches no heap object. */
  void (*code_free)(RpContext *ctx, Code *code);
} RtHooks;
extern RtHooks rt_hooks;
#endif
