/* stats.c: see stats.h. */
#include "script/stats.h"
#include "script/native.h"

void stats_print(FILE *f, RpContext *ctx) {
  HeapStats h;
  heap_stats(ctx, &h);
  fprintf(f, "heap: live %.1f MB in %zu blocks, allocated %.1f MB, external %.1f MB\n", h.live_bytes / 1e6, h.n_blocks, h.allocated_bytes / 1e6,
          h.external_bytes / 1e6);
  fprintf(f, "gc: %lu collections; on script threads %lu stretches, %.3f ms in all, %.3f ms worst; %lu steps to close (%lu not the last), %lu assists, "
          "%lu stalls; %.3f ms at frame edges\n", (unsigned long)h.n_collections, (unsigned long)h.n_pauses, h.pause_ns_total / 1e6, h.pause_ns_max / 1e6,
          (unsigned long)h.n_closes, (unsigned long)h.n_failed_closes, (unsigned long)h.n_assists, (unsigned long)h.n_stalls, h.edge_ns / 1e6);
  const PauseSum *y = &h.pauses[PAUSE_young], *e = &h.pauses[PAUSE_young_edge];
  fprintf(f, "gc: %lu young collections and %lu at frame edges; %.3f ms CPU in all, %.3f ms worst; %.1f MB survived; %lu became whole ones, %lu came to nothing\n",
          (unsigned long)y->n, (unsigned long)e->n, (y->cpu_ns + e->cpu_ns) / 1e6, (y->worst_cpu_ns > e->worst_cpu_ns ? y->worst_cpu_ns : e->worst_cpu_ns) / 1e6,
          h.young_promoted / 1e6, (unsigned long)h.n_young_failed, (unsigned long)h.pauses[PAUSE_young_late].n);
  NativeStats n;
  native_stats(&n);
  fprintf(f, "native: %u compiled, %u refused, %u again, %u removed; %.1f ms building, %.1f ms in LLVM, longest wait %.1f ms\n", n.compiled, n.refused, n.recompiled, n.removed,
          n.build_ns / 1e6, n.llvm_ns / 1e6, n.worst_ns / 1e6);
}
