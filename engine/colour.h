/* colour.h: colours are four floats 0..1, straight alpha, sRGB as authored (no linear light in this pipeline).
** Packed colours are RGBA8 with premultiplied alpha, R in the lowest byte: what command lists, images and textures
** hold. Pure functions, any thread. */
#ifndef RP_ENGINE_COLOUR_H
#define RP_ENGINE_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Colour {
  float r, g, b, a;
} Colour;

/* h in turns (any value, wraps), s and v clamped to 0..1. */
Colour colour_hsv(float h, float s, float v, float a);
/* h in turns 0..1, s, v. A grey has h = 0. */
void colour_to_hsv(Colour c, float *h, float *s, float *v);
/* "#rgb" "#rgba" "#rrggbb" "#rrggbbaa", leading # optional. False and *out untouched when it is none of them. */
bool colour_parse(const char *text, size_t size, Colour *out);
Colour colour_lerp(Colour a, Colour b, float t);

Colour colour_unpack(uint32_t rgba); /* back to straight alpha; a == 0 gives all zero */

/* Clamps (NaN is 0), premultiplies, rounds. All four channels at once; alpha times itself is not wanted, so its factor is 1. In line: maps do it for each pixel. */
static inline uint32_t colour_pack(Colour c) {
  typedef float Float4 __attribute__((vector_size(16)));
  typedef int32_t Int4 __attribute__((vector_size(16)));
  typedef uint8_t Byte4 __attribute__((vector_size(4)));
  Float4 v = {c.r, c.g, c.b, c.a}, one = {1.0f, 1.0f, 1.0f, 1.0f};
  v = (Float4)((Int4)v & (v > 0.0f)); /* NaN gives 0 */
  Int4 below = v < one;
  v = (Float4)(((Int4)v & below) | ((Int4)one & ~below));
  float k = v[3] * 255.0f;
  Float4 scale = {k, k, k, 255.0f};
  Byte4 bytes = __builtin_convertvector(__builtin_convertvector(v * scale + 0.5f, Int4), Byte4);
  uint32_t packed;
  __builtin_memcpy(&packed, &bytes, 4);
  return packed;
}

#endif
