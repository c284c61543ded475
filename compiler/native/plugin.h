/* plugin.h: what the native tier's shared object offers: one function, found by name. script/native.c opens it on the compile thread. */
#ifndef RP_NATIVE_PLUGIN_H
#define RP_NATIVE_PLUGIN_H

#include "compiler/native/nat_request.h"

typedef struct NatResult {
  void *entry;          /* machine code, or NULL: see why */
  bool direct;          /* by the direct convention; else a NativeEntry */
  void *unit;           /* for remove */
  Value *consts;        /* malloc'ed: objects the code refers to; keep them alive as long as the unit, then free */
  uint32_t n_consts, n_instrs, n_versions;
  int64_t build_ns, llvm_ns;
  const char *why;
} NatResult;

typedef struct NatPlugin {
  void *(*start)(void); /* an engine, or NULL */
  /* th: attached service thread; leaves managed state (SAFE) around the LLVM part. */
  NatResult (*compile)(void *engine, RpThread *th, const NatRequest *req, uint32_t dump_flags);
  void (*remove)(void *engine, void *unit);
} NatPlugin;
#define NAT_PLUGIN_LIBRARY "libreplicant_native.so"
#define NAT_PLUGIN_SYMBOL "replicant_native_plugin"

#endif
