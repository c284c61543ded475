/* stats.c: see stats.h. */
#include "engine/stats.h"

#include <math.h>

void hist_add(Hist *h, int64_t ns) {
  int i = ns > 1000 ? (int)(log2((double)ns / 1000.0) * HIST_PER_OCTAVE) : 0;
  if (i >= HIST_BUCKETS) i = HIST_BUCKETS - 1;
  h->bucket[i]++;
  h->n++;
  h->sum_ns += ns;
  if (ns > h->max_ns) h->max_ns = ns;
}

int64_t hist_quantile(const Hist *h, double q) {
  uint64_t rank = (uint64_t)ceil(q * (double)h->n), seen = 0;
  if (!h->n) return 0;
  for (int i = 0; i < HIST_BUCKETS; i++) {
    seen += h->bucket[i];
    if (seen < rank || !seen) continue;
    int64_t edge = (int64_t)(1000.0 * exp2((double)(i + 1) / HIST_PER_OCTAVE));
    return edge < h->max_ns ? edge : h->max_ns;
  }
  return h->max_ns;
}

int64_t hist_mean(const Hist *h) { return h->n ? h->sum_ns / (int64_t)h->n : 0; }
