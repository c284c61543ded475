/* host.h: what script/ hangs on a context: ctx->host_data is a ScriptHost, made at first use. */
#ifndef RP_SCRIPT_HOST_H
#define RP_SCRIPT_HOST_H
#include "runtime/context.h"
typedef struct ScriptHost {
  struct Api *api;   /* rp_api.c; NULL: not embedded */
  struct Viz *viz;   /* viz.c; NULL: `viz` was not imported */
} ScriptHost;
/* Never NULL; on an attached thread. */
ScriptHost *script_host(RpContext *ctx);
/* Instead of context_free for contexts that script/ made: also frees what hangs here. */
void script_context_free(RpContext *ctx);
/* Nobody needs this thread for budget_ns and no script runs on it: the context's own work (finalizers, collector). */
void script_idle(RpThread *th, int64_t budget_ns);
/* The native modules that script/ adds: rt_hooks.modules. */
extern const HostModule host_modules[];
#endif
