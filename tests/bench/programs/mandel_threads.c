#include "measure.h"
#include <pthread.h>

enum { WIDTH = 800, HEIGHT = 600, LIMIT = 200, THREADS_MAX = 2 };
typedef struct Share { int first, step; long total; } Share;

static int escape(double cx, double cy) {
  double x = 0, y = 0;
  int i = 0;
  for (; i < LIMIT; i++) {
    double x2 = x * x, y2 = y * y;
    if (x2 + y2 > 4.0) break;
    y = 2.0 * x * y + cy;
    x = x2 - y2 + cx;
  }
  return i;
}
static void *rows(void *data) {
  Share *s = data;
  for (int row = s->first; row < HEIGHT; row += s->step)
    for (int col = 0; col < WIDTH; col++) s->total += escape(col * 3.5 / WIDTH - 2.5, row * 2.5 / HEIGHT - 1.25);
  return NULL;
}
int main(int argc, char **argv) {
  for (int rep = 0; rep < repetitions(argc, argv); rep++)
    for (int n = 1; n <= THREADS_MAX; n++) {
      pthread_t threads[THREADS_MAX];
      Share shares[THREADS_MAX];
      char name[32];
      double total = 0;
      Stopwatch s = start_watch();
      for (int k = 0; k < n; k++) {
        shares[k] = (Share){k, n, 0};
        pthread_create(&threads[k], NULL, rows, &shares[k]);
      }
      for (int k = 0; k < n; k++) {
        pthread_join(threads[k], NULL);
        total += (double)shares[k].total;
      }
      snprintf(name, sizeof name, "mandel_threads_%d", n);
      report(name, rep, stop_watch(s), "%.0f", total);
    }
}
