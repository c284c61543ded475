#include "measure.h"

typedef struct Point { double re, im; } Point;
static Point add(Point a, Point b) { return (Point){a.re + b.re, a.im + b.im}; }
static Point multiply(Point a, Point b) { return (Point){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
static double square(Point a) { return a.re * a.re + a.im * a.im; }

static int escape(Point c, int limit) {
  Point z = {0, 0};
  int i = 0;
  for (; i < limit && !(square(z) > 4.0); i++) z = add(multiply(z, z), c);
  return i;
}
static long mandel(int width, int height, int limit) {
  long total = 0;
  for (int row = 0; row < height; row++) {
    double cy = row * 2.5 / height - 1.25;
    for (int col = 0; col < width; col++) total += escape((Point){col * 3.5 / width - 2.5, cy}, limit);
  }
  return total;
}
MEASURE_PICTURE("mandel_class", mandel, 400, 300)
