#include "measure.h"
#include <stdint.h>

enum { WIDTH = 640, HEIGHT = 360, FRAMES = 4 };
static uint32_t pixels[WIDTH * HEIGHT];

static float clamp01(float x) {
  x = x > 0.0f ? x : 0.0f;
  return x < 1.0f ? x : 1.0f;
}
static uint32_t pack(float r, float g, float b) {
  return (uint32_t)(int)(clamp01(r) * 255.0f + 0.5f) | (uint32_t)(int)(clamp01(g) * 255.0f + 0.5f) << 8 | (uint32_t)(int)(clamp01(b) * 255.0f + 0.5f) << 16 |
         255u << 24;
}
static uint32_t hsv(float h, float s, float v) {
  s = clamp01(s), v = clamp01(v);
  h = (h - floorf(h)) * 6.0f;
  int sector = (int)h;
  float f = h - (float)sector;
  float p = v * (1.0f - s), q = v * (1.0f - s * f), t = v * (1.0f - s * (1.0f - f));
  switch (sector) {
  case 1: return pack(q, v, p);
  case 2: return pack(p, v, t);
  case 3: return pack(p, q, v);
  case 4: return pack(t, p, v);
  case 5: return pack(v, p, q);
  default: return pack(v, t, p);
  }
}

static uint32_t point(double x, double y, double cx, double cy, double step, int limit) {
  double cr = cx + (x - 320.0) * step, ci = cy + (y - 180.0) * step, zr = 0, zi = 0;
  int n = 0;
  while (n < limit) {
    double rr = zr * zr, ii = zi * zi;
    if (rr + ii > 256.0) break;
    zi = 2.0 * zr * zi + ci;
    zr = rr - ii + cr;
    n++;
  }
  if (n == limit) return pack(0.0f, 0.0f, 0.02f);
  double smooth = n + 1.0 - log2(log2(zr * zr + zi * zi) * 0.5), wave = 0.5 + 0.5 * cos(smooth * 0.14), bright = 0.35 + 0.65 * wave;
  bright = bright > 1.0 ? 1.0 : bright < 0.0 ? 0.0 : bright;
  return hsv((float)(0.58 + 0.012 * smooth), (float)(0.45 + 0.4 * wave), (float)bright);
}

int main(int argc, char **argv) {
  volatile int limit = 120;
  for (int rep = 0; rep < repetitions(argc, argv); rep++) {
    Stopwatch s = start_watch();
    for (int k = 0; k < FRAMES; k++)
      for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) pixels[y * WIDTH + x] = point(x, y, -0.743643887037151, 0.131825904205330, 3.2 / WIDTH, limit);
    s = stop_watch(s);
    long sum = 0;
    for (int x = 5; x < WIDTH; x += 40)
      for (int y = 5; y < HEIGHT; y += 40) sum += pixels[y * WIDTH + x] >> 8 & 255;
    report("mandel_image", rep, s, "%.0f", (double)sum);
  }
}
