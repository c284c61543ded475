/* host.c: see host.h. */
#include "script/host.h"
#include "runtime/error.h"
#include "script/viz.h"

ScriptHost *script_host(RpContext *ctx) {
  ScriptHost *h = load_acquire((ScriptHost **)&ctx->host_data);
  if (h) return h;
  h = calloc(1, sizeof *h);
  if (!h) RP_FATAL("no memory for a context");
  void *none = NULL;
  if (__atomic_compare_exchange_n(&ctx->host_data, &none, h, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return h;
  free(h); /* another thread was first */
  return none;
}

void script_context_free(RpContext *ctx) {
  ScriptHost *h = ctx->host_data;
  if (h && h->viz) viz_end_workers(h->viz); /* parked threads count as running ones */
  context_free(ctx);
  if (h) viz_free(h->viz);
  free(h);
}

void script_idle(RpThread *th, int64_t budget_ns) {
  uint64_t t0 = heap_clock_ns();
  heap_finalize_some(th, budget_ns);
  if (th->pending != EMPTY) error_unraisable(th, EMPTY);
  heap_frame_edge(th, budget_ns - (int64_t)(heap_clock_ns() - t0));
}

const HostModule host_modules[] = {{"viz", &mod_viz}, {0}};
