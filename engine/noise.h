/* noise.h: smooth repeatable randomness. The same seed and coordinates give the same value on every machine and
** thread count. Pure functions, any thread. */
#ifndef RP_ENGINE_NOISE_H
#define RP_ENGINE_NOISE_H

#include <stdint.h>

/* Gradient noise, about -1..1, 0 at integer points. Continuous first and second derivatives. Not finite gives 0. */
double noise_perlin(uint32_t seed, double x, double y, double z);
/* Sum of `octaves` (1..16) layers, each `falloff` times as strong and twice as fine; scaled and clamped to 0..1 as
** scripts expect. */
double noise_fractal(uint32_t seed, double x, double y, double z, int octaves, double falloff);

#endif
