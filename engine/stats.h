/* stats.h: durations counted into buckets, so that quantiles of a whole show cost three kilobytes. One thread. */
#ifndef RP_ENGINE_STATS_H
#define RP_ENGINE_STATS_H

#include <stdint.h>

#define HIST_PER_OCTAVE 32
#define HIST_BUCKETS (24 * HIST_PER_OCTAVE) /* 1 us .. 16 s */

typedef struct Hist {
  uint64_t n;
  int64_t sum_ns, max_ns;
  uint32_t bucket[HIST_BUCKETS];
} Hist;

void hist_add(Hist *h, int64_t ns);
int64_t hist_quantile(const Hist *h, double q); /* upper edge of the bucket, at most 2 % too high; 0 when empty */
int64_t hist_mean(const Hist *h);

#endif
