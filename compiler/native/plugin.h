/* plugin.h: what the native tier's shared object offers: one function, found by name. script/native.c opens it on the compile thread. */
#ifndef RP_NATIVE_PLUGIN_H
#define RP_NATIVE_PLUGIN_H

#include "compiler/native/nat_request.h"

typedef struct NatResult {
  void *entry;          /* machine code, or NULL: see why */
  bool direct;          /* by the direct convention; else a NativeEntry */
  void *typed;          /* direct: the entry of the typed convention, or NULL */
  uint64_t signature;
  void *unit;           /* for remove */
  NativeTables tables;  /* keep them alive as long as the unit, then native_tables_free() */
  uint32_t n_instrs, n_versions;
  int64_t build_ns, llvm_ns;
  const char *why;
} NatResult;

typedef struct NatPlugin {
  void *(*start)(void); /* an engine, or NULL */
  /* First half: reads the heap; th: attached service thread. NULL: refused, see r->why. Else r->tables are set, and from here on the caller's to keep alive. */
  void *(*build)(RpThread *th, const NatRequest *req, uint32_t flags, NatResult *r);
  /* Second half, LLVM's, which takes most of the time: on any thread, attached or not; touches nothing of the context. Frees `built`. */
  void (*finish)(void *engine, void *built, NatResult *r);
  void (*drop)(void *built);      /* instead of finish */
  void (*remove)(void *engine, void *unit);
  bool survives_exit;             /* may go on working while the process exits */
} NatPlugin;
#define NAT_PLUGIN_LIBRARY "libreplicant_native.so"
#define NAT_PLUGIN_SYMBOL "replicant_native_plugin"

#endif
