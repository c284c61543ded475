/* beside.c: the control of beside.py: arithmetic beside a thread that sleeps, computes, or runs through malloc, memset and free flat out. Prints BESIDE
** mode cpu_ms per turn. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int mode, end;
static const char *const names[] = {"nothing", "arithmetic", "allocating"};

static double cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}
static long arithmetic(long n) {
  long inside = 0;
  for (long k = 0; k < n; k++) {
    double cr = -2.0 + 2.5 * (double)(k % 499) / 499.0, ci = -1.0 + 2.0 * (double)(k % 503) / 503.0, x = 0, y = 0;
    int i = 0;
    for (; i < 200 && x * x + y * y < 4.0; i++) {
      double nx = x * x - y * y + cr;
      y = 2.0 * x * y + ci;
      x = nx;
    }
    inside += i;
  }
  return inside;
}
static void *other(void *arg) {
  enum { KEPT = 1 << 16 };
  static void *kept[KEPT];
  volatile long sum = 0;
  unsigned seed = 1;
  while (!end) {
    if (mode == 0) usleep(1000);
    if (mode == 1) sum += arithmetic(2000);
    for (int i = 0; mode == 2 && i < 20000; i++) {
      seed = seed * 1103515245u + 12345u;
      void **at = &kept[seed >> 8 & (KEPT - 1)];
      free(*at);
      *at = memset(malloc(32 + (seed >> 24 & 127)), 0, 32);
    }
  }
  return NULL;
}

int main(int argc, char **argv) {
  int turns = argc > 1 ? atoi(argv[1]) : 5;
  long work = argc > 2 ? atol(argv[2]) : 400000;
  pthread_t t;
  pthread_create(&t, NULL, other, NULL);
  volatile long sum = arithmetic(20000);
  for (int turn = 0; turn < turns; turn++)
    for (int m = 0; m < 3; m++) {
      mode = m;
      usleep(50000);
      double c = cpu_ms();
      sum += arithmetic(work);
      printf("BESIDE %s %f\n", names[m], cpu_ms() - c);
    }
  end = 1;
  pthread_join(t, NULL);
  return 0;
}
