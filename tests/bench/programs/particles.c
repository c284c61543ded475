#include "measure.h"

/* Separately allocated objects with a header word, as a runtime has them. */
typedef struct Particle { void *header; double x, y, vx, vy; } Particle;
enum { COUNT = 100000, STEPS = 60 };

static unsigned long seed;
static double next_random(void) {
  seed = (seed * 1103515245ul + 12345) % 2147483648ul;
  return (double)seed / 2147483648.0;
}
static Particle *make(void) {
  Particle *p = malloc(sizeof *p);
  p->x = next_random();
  p->y = next_random();
  p->vx = next_random() - 0.5;
  p->vy = next_random() - 0.5;
  return p;
}
static void step(Particle **swarm, int n, double dt) {
  for (int i = 0; i < n; i++) {
    Particle *p = swarm[i];
    p->vy -= 0.5 * dt;
    p->x += p->vx * dt;
    p->y += p->vy * dt;
    if (p->x < 0.0) p->x = -p->x, p->vx = -p->vx;
    else if (p->x > 1.0) p->x = 2.0 - p->x, p->vx = -p->vx;
    if (p->y < 0.0) p->y = -p->y, p->vy = -p->vy;
    else if (p->y > 1.0) p->y = 2.0 - p->y, p->vy = -p->vy;
  }
}
int main(int argc, char **argv) {
  static Particle *swarm[COUNT];
  volatile int n = COUNT;
  for (int rep = 0; rep < repetitions(argc, argv); rep++) {
    seed = 12345;
    for (int i = 0; i < n; i++) swarm[i] = make();
    Stopwatch s = start_watch();
    for (int k = 0; k < STEPS; k++) step(swarm, n, 1.0 / 60.0);
    s = stop_watch(s);
    double where = 0;
    for (int i = 0; i < n; i++) {
      where += swarm[i]->x + swarm[i]->y;
      free(swarm[i]);
    }
    report("particles", rep, s, "%.9f", where);
  }
}
