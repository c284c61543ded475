/* control.c: what cases.py does to memory, in C: the same reads of shared memory, the same allocations of a thread's own. What this program loses with
** a second thread is the machine's loss. Prints the same lines; argv: rounds, names of cases. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_THREADS 2
#define SAMPLE 0.15 /* seconds */
#define N_KEYS 1000
#define N_PARTICLES 20000

typedef struct Point { long x, y; } Point;
typedef struct Particle { double x, y, vx, vy; } Particle;
typedef double (*Case)(int k, int n);

static Particle *swarm[N_PARTICLES], places[N_PARTICLES];
static const char *keys[N_KEYS];
static struct { const char *key; uint64_t hash; long value; } table[4096];
static Point *volatile shared;

static int escape(double cx, double cy, int limit) {
  double x = 0, y = 0;
  for (int i = 0; i < limit; i++) {
    double x2 = x * x, y2 = y * y;
    if (x2 + y2 > 4.0) return i;
    y = 2.0 * x * y + cy;
    x = x2 - y2 + cx;
  }
  return limit;
}
static double mandelbrot(int k, int n) {
  long total = 0;
  for (int row = k; row < 200; row += n)
    for (int col = 0; col < 300; col++) total += escape(col * 3.5 / 300 - 2.5, row * 2.5 / 200 - 1.25, 200);
  return (double)total;
}

static double particles(int k, int n) {
  int low = N_PARTICLES * k / n, high = N_PARTICLES * (k + 1) / n;
  double dt = 1.0 / 60.0;
  for (int i = low; i < high; i++) *swarm[i] = places[i]; /* each unit begins anew: cases.py */
  for (int step = 0; step < 60; step++)
    for (int i = low; i < high; i++) {
      Particle *p = swarm[i];
      p->vy -= 0.5 * dt;
      p->x += p->vx * dt;
      p->y += p->vy * dt;
      if (p->x < 0 || p->x > 1) p->vx = -p->vx;
      if (p->y < 0 || p->y > 1) p->vy = -p->vy;
    }
  return high - low;
}

static uint64_t hash_of(const char *s) { /* read from the key, as strings keep theirs */
  uint64_t h;
  memcpy(&h, s, sizeof h);
  return h;
}
static long look_up(const char *key) {
  uint64_t h = hash_of(key);
  for (uint64_t i = h;; i++)
    if (table[i & 4095].hash == h && table[i & 4095].key == key) return table[i & 4095].value;
}
static double dict_readers(int k, int n) {
  long total = 0;
  for (int round = 0; round < 1200 / n; round++)
    for (int i = 0; i < N_KEYS; i++) total += look_up(keys[i]);
  return (double)total;
}
static double attribute_readers(int k, int n) {
  long total = 0;
  for (int i = 0; i < 4000000 / n; i++) {
    volatile Point *p = shared;
    total += p->x + p->y;
  }
  return (double)total;
}
static double list_readers(int k, int n) {
  long total = 0;
  for (int round = 0; round < 2000 / n; round++)
    for (int i = 0; i < N_KEYS; i++) total += *(const char *volatile *)&keys[i] == NULL;
  return (double)total + 2000 / n * N_KEYS;
}

/* Objects of 32 bytes each, out of a megabyte that is gone through again and again: what is left of a collector that costs nothing. (malloc and free would hand out the same
** two cells each time: that is no memory traffic.) */
#define ARENA_BYTES (1 << 20)
typedef struct Object { long header, length, items[2]; } Object;

static double allocation(int k, int n) {
  static _Alignas(64) char arenas[MAX_THREADS][ARENA_BYTES];
  char *arena = arenas[k];
  long total = 0;
  for (size_t i = 0, at = 0; i < 6000000 / (size_t)n; i++, at = (at + 2 * sizeof(Object)) % ARENA_BYTES) {
    Object *p = (Object *)(arena + at), *pair = p + 1;
    *p = (Object){1, 2, {(long)i, 1}};
    *pair = (Object){2, 2, {(long)i, (long)p}};
    __asm__ volatile("" ::: "memory"); /* they are really written */
    total += ((Object *)pair->items[1])->items[1];
  }
  return (double)total;
}

static const struct { const char *name; Case run; } cases[] = {
    {"mandelbrot", mandelbrot}, {"particles", particles},     {"dict_readers", dict_readers},
    {"attribute_readers", attribute_readers}, {"list_readers", list_readers}, {"allocation", allocation},
};

static void set_up(void) {
  for (int i = 0; i < N_PARTICLES; i++) {
    swarm[i] = malloc(sizeof(Particle));
    places[i] = (Particle){i * 7919 % 1000 / 1000.0, i * 104729l % 1000 / 1000.0, i * 31 % 100 / 100.0 - 0.5, i * 57 % 100 / 100.0 - 0.5};
  }
  for (int i = 0; i < N_KEYS; i++) {
    uint64_t h = (uint64_t)(i + 1) * 0x9E3779B97F4A7C15ull, at = h;
    char *key = malloc(24);
    memcpy(key, &h, sizeof h);
    keys[i] = key;
    while (table[at & 4095].key) at++;
    table[at & 4095].key = key;
    table[at & 4095].hash = h;
    table[at & 4095].value = i;
  }
  shared = malloc(sizeof(Point));
  *shared = (Point){1, 2};
}

static double seconds(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double repeat(Case run, int k, int n, int units) {
  double sum = 0;
  for (int i = 0; i < units * n; i++) sum += run(k, n);
  return sum;
}

typedef struct Worker { pthread_t os; pthread_barrier_t *gate; Case run; int k, n, units; double cpu, sum; char apart[128]; } Worker;

static void *work(void *arg) {
  Worker *w = arg;
  pthread_barrier_wait(w->gate);
  double t = seconds(CLOCK_THREAD_CPUTIME_ID);
  w->sum = repeat(w->run, w->k, w->n, w->units);
  w->cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - t;
  return NULL;
}
static long blocked(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_nvcsw;
}
static void measure(const char *name, Case run, int n, int units) {
  Worker w[MAX_THREADS] = {0};
  pthread_barrier_t gate;
  pthread_barrier_init(&gate, NULL, (unsigned)n + 1);
  for (int k = 0; k < n; k++) {
    w[k].gate = &gate, w[k].run = run, w[k].k = k, w[k].n = n, w[k].units = units;
    pthread_create(&w[k].os, NULL, work, &w[k]);
  }
  long before = blocked();
  double wall = seconds(CLOCK_MONOTONIC), process = seconds(CLOCK_PROCESS_CPUTIME_ID), cpu = 0, sum = 0;
  pthread_barrier_wait(&gate);
  for (int k = 0; k < n; k++) {
    pthread_join(w[k].os, NULL);
    cpu += w[k].cpu;
    sum += w[k].sum;
  }
  int done = units * n;
  printf("CASE %s %d %.9f %.9f %.9f %ld %.0f\n", name, n, cpu / done, (seconds(CLOCK_MONOTONIC) - wall) / units,
         (seconds(CLOCK_PROCESS_CPUTIME_ID) - process) / done, blocked() - before, sum / done);
  pthread_barrier_destroy(&gate);
}

static int units_in_a_sample(Case run) {
  int units = 1;
  for (;; units *= 2) {
    double t = seconds(CLOCK_THREAD_CPUTIME_ID);
    repeat(run, 0, 1, units);
    t = seconds(CLOCK_THREAD_CPUTIME_ID) - t;
    if (t >= SAMPLE / 2) return (int)(units * SAMPLE / t) + 1;
  }
}

static int wanted(const char *name, int argc, char **argv) {
  int yes = argc < 3;
  for (int i = 2; i < argc; i++) yes |= strcmp(argv[i], name) == 0;
  return yes;
}
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 3;
  set_up();
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    if (!wanted(cases[c].name, argc, argv)) continue;
    int units = units_in_a_sample(cases[c].run);
    for (int r = 0; r < rounds; r++)
      for (int n = 1; n <= MAX_THREADS; n++) measure(cases[c].name, cases[c].run, n, units);
  }
}
