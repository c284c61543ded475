/* colour.c: see colour.h. */
#include "engine/colour.h"

#include <math.h>
#include <string.h>

/* NaN gives 0. Two selections, no branches. */
static inline float clamp01(float x) {
  x = x > 0.0f ? x : 0.0f;
  return x < 1.0f ? x : 1.0f;
}

Colour colour_hsv(float h, float s, float v, float a) {
  s = clamp01(s), v = clamp01(v);
  if (!isfinite(h)) h = 0.0f;
  h = (h - floorf(h)) * 6.0f;
  int sector = (int)h;
  float f = h - (float)sector;
  float p = v * (1.0f - s), q = v * (1.0f - s * f), t = v * (1.0f - s * (1.0f - f));
  switch (sector) {
  case 0: return (Colour){v, t, p, a};
  case 1: return (Colour){q, v, p, a};
  case 2: return (Colour){p, v, t, a};
  case 3: return (Colour){p, q, v, a};
  case 4: return (Colour){t, p, v, a};
  case 5: return (Colour){v, p, q, a};
  default: return (Colour){v, t, p, a}; /* h rounded up to exactly 6 */
  }
}

void colour_to_hsv(Colour c, float *h, float *s, float *v) {
  float hi = fmaxf(c.r, fmaxf(c.g, c.b)), lo = fminf(c.r, fminf(c.g, c.b)), d = hi - lo;
  *v = hi;
  *s = hi > 0.0f ? d / hi : 0.0f;
  if (d <= 0.0f)
    *h = 0.0f;
  else if (hi == c.r)
    *h = (c.g - c.b) / d / 6.0f;
  else if (hi == c.g)
    *h = ((c.b - c.r) / d + 2.0f) / 6.0f;
  else
    *h = ((c.r - c.g) / d + 4.0f) / 6.0f;
  if (*h < 0.0f) *h += 1.0f;
}

static int hex_digit(char ch) {
  if (ch >= '0' && ch <= '9') return ch - '0';
  ch |= 0x20;
  return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

bool colour_parse(const char *text, size_t size, Colour *out) {
  if (size && text[0] == '#') text++, size--;
  if (size != 3 && size != 4 && size != 6 && size != 8) return false;
  size_t step = size <= 4 ? 1 : 2;
  float channel[4] = {0, 0, 0, 1};
  for (size_t i = 0; i < size / step; i++) {
    int hi = hex_digit(text[i * step]), lo = hex_digit(text[i * step + step - 1]);
    if (hi < 0 || lo < 0) return false;
    channel[i] = (float)(hi * 16 + lo) / 255.0f; /* one digit is doubled: f is ff */
  }
  *out = (Colour){channel[0], channel[1], channel[2], channel[3]};
  return true;
}

Colour colour_lerp(Colour a, Colour b, float t) {
  return (Colour){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t, a.a + (b.a - a.a) * t};
}

Colour colour_unpack(uint32_t rgba) {
  float a = (float)(rgba >> 24);
  if (a == 0.0f) return (Colour){0, 0, 0, 0};
  return (Colour){(float)(rgba & 255) / a, (float)(rgba >> 8 & 255) / a, (float)(rgba >> 16 & 255) / a, a / 255.0f};
}
