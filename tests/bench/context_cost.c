/* context_cost.c: what a context costs: milliseconds to create and destroy one, kilobytes that an idle one holds.
** Prints CONTEXT create_destroy_ms M memory_kb K. */
#include <replicant.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TIMED = 40, HELD = 40 };

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Pages of ours alone: resident minus shared. */
static double private_kb(void) {
  long size = 0, resident = 0, shared = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%ld %ld %ld", &size, &resident, &shared) != 3) resident = shared = 0;
  if (f) fclose(f);
  return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) / 1024;
}

int main(void) {
  static RpContext *held[HELD];
  rp_free(rp_new(NULL)); /* what is made once per process */
  double best = 1e9, sum = 0;
  for (int i = 0; i < TIMED; i++) {
    double t = now_ms();
    rp_free(rp_new(NULL));
    t = now_ms() - t;
    sum += t;
    if (t < best) best = t;
  }
  double before = private_kb();
  for (int i = 0; i < HELD; i++) {
    if (!(held[i] = rp_new(NULL))) return 1;
    rp_detach(held[i]);
  }
  double kb = (private_kb() - before) / HELD;
  for (int i = 0; i < HELD; i++) {
    rp_attach(held[i]);
    rp_free(held[i]);
  }
  printf("CONTEXT create_destroy_ms %.4f best_ms %.4f memory_kb %.1f\n", sum / TIMED, best, kb);
  return 0;
}
