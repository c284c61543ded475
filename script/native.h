/* native.h: the native tier's side in script/: hooks, the compile thread, the plugin. A build or installation without the plugin interprets everything. */
#ifndef RP_SCRIPT_NATIVE_H
#define RP_SCRIPT_NATIVE_H
#include "runtime/context.h"
void native_install_hooks(void);
typedef struct NativeStats {
  uint32_t compiled, refused, recompiled, removed; /* removed: machine code of dead code objects */
  int64_t build_ns, llvm_ns, worst_ns; /* totals; longest from request to ready */
} NativeStats;
void native_stats(NativeStats *out);
#endif
