/* measure.h: clocks, and the line that programs print, as measure.py. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct Stopwatch { double wall, cpu; } Stopwatch;
static Stopwatch start_watch(void) { return (Stopwatch){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)}; }
static Stopwatch stop_watch(Stopwatch s) {
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  return (Stopwatch){seconds(CLOCK_MONOTONIC) - s.wall, cpu - s.cpu};
}

static inline int repetitions(int argc, char **argv) { return argc > 1 ? atoi(argv[1]) : 3; }

static inline void report(const char *name, int rep, Stopwatch s, const char *format, double check) {
  printf("RESULT %s %d %.9f %.9f ", name, rep, s.wall, s.cpu);
  printf(format, check);
  putchar('\n');
}

/* The size is volatile, so that no compiler computes the picture beforehand. */
#define MEASURE_PICTURE(name, work, w, h)                                  \
  int main(int argc, char **argv) {                                        \
    volatile int width = w, height = h, limit = 200;                       \
    for (int rep = 0; rep < repetitions(argc, argv); rep++) {              \
      Stopwatch s = start_watch();                                         \
      long total = work(width, height, limit);                             \
      report(name, rep, stop_watch(s), "%.0f", (double)total);             \
    }                                                                      \
  }
