/* noise.c: Ken Perlin's improved noise ("Improving Noise", SIGGRAPH 2002): quintic fade and the 12 edge gradients.
** His permutation table is replaced by an integer hash, so that every seed is a different field and no table is
** shared. */
#include "engine/noise.h"

#include <math.h>

static uint32_t hash3(uint32_t seed, int64_t x, int64_t y, int64_t z) {
  uint32_t h = seed * 0x9E3779B1u ^ (uint32_t)x * 0x85EBCA6Bu ^ (uint32_t)y * 0xC2B2AE35u ^ (uint32_t)z * 0x27D4EB2Fu;
  h ^= h >> 15, h *= 0x2C1B3C6Du;
  h ^= h >> 12, h *= 0x297A2D39u;
  return h ^ h >> 15;
}

static double grad(uint32_t h, double x, double y, double z) {
  h &= 15;
  double u = h < 8 ? x : y, v = h < 4 ? y : (h == 12 || h == 14 ? x : z);
  return (h & 1 ? -u : u) + (h & 2 ? -v : v);
}

static double fade(double t) { return t * t * t * (t * (t * 6.0 - 15.0) + 10.0); }
static double mix(double t, double a, double b) { return a + t * (b - a); }

double noise_perlin(uint32_t seed, double x, double y, double z) {
  /* Beyond 2^62 a lattice cell has no inside any more, and the conversion would be undefined. */
  if (!(fabs(x) < 4e18 && fabs(y) < 4e18 && fabs(z) < 4e18)) return 0.0;
  double fx = floor(x), fy = floor(y), fz = floor(z);
  int64_t ix = (int64_t)fx, iy = (int64_t)fy, iz = (int64_t)fz;
  x -= fx, y -= fy, z -= fz;
  double u = fade(x), v = fade(y), w = fade(z), plane[2];
  for (int k = 0; k < 2; k++) {
    double zk = z - k, row[2];
    for (int j = 0; j < 2; j++) {
      double a = grad(hash3(seed, ix, iy + j, iz + k), x, y - j, zk);
      double b = grad(hash3(seed, ix + 1, iy + j, iz + k), x - 1, y - j, zk);
      row[j] = mix(u, a, b);
    }
    plane[k] = mix(v, row[0], row[1]);
  }
  return mix(w, plane[0], plane[1]);
}

double noise_fractal(uint32_t seed, double x, double y, double z, int octaves, double falloff) {
  double sum = 0.0, amp = 1.0, total = 0.0;
  if (octaves < 1) octaves = 1;
  if (octaves > 16) octaves = 16;
  for (int i = 0; i < octaves; i++) {
    /* 17.17: keep integer coordinates, where every octave is 0, from meeting in all octaves at once. */
    sum += amp * noise_perlin(seed + (uint32_t)i, x + i * 17.17, y + i * 31.31, z + i * 7.77);
    total += amp;
    amp *= falloff;
    x *= 2.0, y *= 2.0, z *= 2.0;
  }
  double v = 0.5 + 0.6 * sum / total; /* 0.6 spreads the middle-heavy sum over 0..1; the tails are clamped */
  return v < 0.0 ? 0.0 : v > 1.0 ? 1.0 : v;
}
