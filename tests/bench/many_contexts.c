/* many_contexts.c: N contexts alive in one process. Prints MANY contexts N create_s S memory_mb M call_s C destroy_s D left_mb L.
**   many_contexts [N [THREADS]] */
#include <pthread.h>
#include <replicant.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static RpContext **held;
static int n_contexts, n_threads;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
/* Pages of ours alone: resident minus shared. */
static double private_mb(void) {
  long size = 0, resident = 0, shared = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%ld %ld %ld", &size, &resident, &shared) != 3) resident = shared = 0;
  if (f) fclose(f);
  return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void *create(void *arg) {
  for (int i = (int)(size_t)arg; i < n_contexts; i += n_threads) {
    RpContext *ctx = held[i] = rp_new(NULL);
    if (!ctx) {
      fprintf(stderr, "no context number %d\n", i);
      exit(1);
    }
    rp_detach(ctx);
  }
  return NULL;
}
static void *call(void *arg) {
  for (int i = (int)(size_t)arg; i < n_contexts; i += n_threads) {
    char text[64];
    snprintf(text, sizeof text, "%d + 1", i);
    if (!rp_attach(held[i])) exit(1);
    RpRef r = rp_eval(held[i], text);
    if (rp_to_int(held[i], r, -1) != i + 1) {
      fprintf(stderr, "context %d: %s\n", i, rp_error(held[i])->text);
      exit(1);
    }
    rp_detach(held[i]);
  }
  return NULL;
}
static void *destroy(void *arg) {
  for (int i = (int)(size_t)arg; i < n_contexts; i += n_threads) {
    if (!rp_attach(held[i])) exit(1);
    rp_free(held[i]);
  }
  return NULL;
}
static double on_all_threads(void *(*fn)(void *)) {
  double t = now_s();
  pthread_t *os = calloc((size_t)n_threads, sizeof *os);
  for (int i = 0; i < n_threads; i++) pthread_create(&os[i], NULL, fn, (void *)(size_t)i);
  for (int i = 0; i < n_threads; i++) pthread_join(os[i], NULL);
  free(os);
  return now_s() - t;
}

int main(int argc, char **argv) {
  n_contexts = argc > 1 ? atoi(argv[1]) : 10000;
  n_threads = argc > 2 ? atoi(argv[2]) : 2;
  held = calloc((size_t)n_contexts, sizeof *held);
  rp_free(rp_new(NULL)); /* what is made once per process */
  double before = private_mb(), create_s = on_all_threads(create), mb = private_mb() - before;
  double call_s = on_all_threads(call), destroy_s = on_all_threads(destroy);
  /* Freed blocks are kept for a second, then a thread of the lowest priority gives them back: on a busy machine that takes as long as it takes. */
  for (int s = 0, same = 0; s < 30 && same < 3; s++) {
    double was = private_mb();
    sleep(1);
    same = s > 1 && was - private_mb() < 1 ? same + 1 : 0;
  }
  printf("MANY contexts %d create_s %.2f memory_mb %.1f call_s %.2f destroy_s %.2f left_mb %.1f\n", n_contexts, create_s, mb, call_s, destroy_s,
         private_mb() - before);
  return 0;
}
