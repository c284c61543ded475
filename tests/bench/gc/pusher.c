/* pusher.c: the control of pusher.py: the same window with malloc and free. Prints PUSHER c worst_wall_us p99.9_wall_us. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { W = 200000 };

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000l + t.tv_nsec;
}
static int order(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 1000000, *times = calloc((size_t)n, sizeof *times);
  char **window = calloc(W, sizeof *window);
  if (!times || !window) return 1;
  for (long i = 0; i < n; i++) {
    long t = now_ns();
    free(window[i % W]);
    window[i % W] = memset(malloc(1024), 0, 1024);
    times[i] = now_ns() - t;
  }
  qsort(times, (size_t)n, sizeof *times, order);
  printf("PUSHER c %.1f %.1f\n", (double)times[n - 1] / 1e3, (double)times[n * 999 / 1000] / 1e3);
  return 0;
}
