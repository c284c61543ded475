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

uint32_t colour_pack(Colour c);      /* clamps (NaN is 0), premultiplies, rounds */
Colour colour_unpack(uint32_t rgba); /* back to straight alpha; a == 0 gives all zero */

#endif
