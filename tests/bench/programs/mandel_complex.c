#include "measure.h"
#include <complex.h>

static int escape(double complex c, int limit) {
  double complex z = 0;
  int i = 0;
  for (; i < limit; i++) {
    if (creal(z) * creal(z) + cimag(z) * cimag(z) > 4.0) break;
    z = z * z + c;
  }
  return i;
}
static long mandel(int width, int height, int limit) {
  long total = 0;
  for (int row = 0; row < height; row++) {
    double cy = row * 2.5 / height - 1.25;
    for (int col = 0; col < width; col++) total += escape(__builtin_complex(col * 3.5 / width - 2.5, cy), limit);
  }
  return total;
}
MEASURE_PICTURE("mandel_complex", mandel, 800, 600)
