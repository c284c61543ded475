#include "measure.h"

static long mandel(int width, int height, int limit) {
  long total = 0;
  for (int row = 0; row < height; row++) {
    double cy = row * 2.5 / height - 1.25;
    for (int col = 0; col < width; col++) {
      double cx = col * 3.5 / width - 2.5, x = 0, y = 0;
      int i = 0;
      for (; i < limit; i++) {
        double x2 = x * x, y2 = y * y;
        if (x2 + y2 > 4.0) break;
        y = 2.0 * x * y + cy;
        x = x2 - y2 + cx;
      }
      total += i;
    }
  }
  return total;
}
MEASURE_PICTURE("mandel_loop", mandel, 800, 600)
