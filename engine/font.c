/* font.c: see font.h. Outlines are read and drawn by stb_truetype, which trusts its input: only fonts from the list
** of defaults or named by the user are opened, never data from a script. */
#include "engine/font.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stb_truetype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/log.h"

/* The list of defaults: the one place that names font files. First hit wins. */
static const char *const default_fonts[N_FONTS][4] = {
    [FONT_SANS] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
                   "/usr/share/fonts/dejavu/DejaVuSans.ttf",
                   "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"},
    [FONT_MONO] = {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
                   "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
                   "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf"},
};

struct Font {
  stbtt_fontinfo info;
  unsigned char *data;
  float line_height; /* per em */
};

static unsigned char *read_file(const char *path, const char **why) {
  struct stat st;
  FILE *f = fopen(path, "rb");
  unsigned char *data = NULL;
  *why = strerror(errno);
  if (!f) return NULL;
  if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
    *why = "not a regular file";
  else if (st.st_size < 64 || st.st_size > 64 << 20)
    *why = "not a font";
  else if (!(data = malloc((size_t)st.st_size)))
    *why = "out of memory";
  else if (fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
    *why = "read error";
    free(data);
    data = NULL;
  }
  fclose(f);
  return data;
}

Font *font_load(const char *path, char *err, size_t err_size) {
  const char *why;
  unsigned char *data = read_file(path, &why);
  Font *font = data ? calloc(1, sizeof *font) : NULL;
  int offset = font ? stbtt_GetFontOffsetForIndex(data, 0) : -1;
  if (data && !font) why = "out of memory";
  if (font && (offset < 0 || !stbtt_InitFont(&font->info, data, offset))) {
    why = "not a TrueType or OpenType font";
    free(font);
    font = NULL;
  }
  if (!font) {
    snprintf(err, err_size, "cannot read font %s: %s", path, why);
    free(data);
    return NULL;
  }
  int ascent, descent, gap;
  stbtt_GetFontVMetrics(&font->info, &ascent, &descent, &gap);
  font->data = data;
  font->line_height = (float)(ascent - descent + gap) * stbtt_ScaleForMappingEmToPixels(&font->info, 1.0f);
  return font;
}

static Font *load_default(FontFace face) {
  char err[256];
  for (size_t i = 0; i < sizeof default_fonts[face] / sizeof *default_fonts[face]; i++) {
    Font *font = font_load(default_fonts[face][i], err, sizeof err);
    if (font) return font;
  }
  englog_line("no %s font found (package fonts-dejavu-core); text is not drawn",
              face == FONT_MONO ? "monospace" : "text");
  return NULL;
}

static Font *defaults[N_FONTS]; /* written once, under the once flag */

static void load_defaults(void) {
  for (int i = 0; i < N_FONTS; i++) defaults[i] = load_default((FontFace)i);
}

const Font *font_default(FontFace face) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load_defaults);
  return defaults[face];
}

void font_free(Font *font) {
  if (!font) return;
  free(font->data);
  free(font);
}

uint32_t utf8_next(const char *text, size_t size, size_t *at) {
  const unsigned char *s = (const unsigned char *)text + *at;
  size_t left = size - *at;
  int n = s[0] < 0x80                   ? 1
          : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
          : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
          : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
                                        : 0;
  if (n == 1) return (*at)++, s[0];
  uint32_t cp = n ? s[0] & (0x7Fu >> n) : 0;
  bool good = n && (size_t)n <= left;
  for (int i = 1; good && i < n; i++) good = (s[i] & 0xC0) == 0x80, cp = cp << 6 | (s[i] & 0x3F);
  if (!good) return (*at)++, 0xFFFD;
  *at += (size_t)n;
  return cp;
}

static float advance_em(const Font *font, uint32_t cp) {
  if (!font) return 0.5f;
  int advance, bearing;
  stbtt_GetCodepointHMetrics(&font->info, (int)cp, &advance, &bearing);
  return (float)advance * stbtt_ScaleForMappingEmToPixels(&font->info, 1.0f);
}

float font_measure(const Font *font, const char *utf8, size_t size, float px) {
  float widest = 0, line = 0;
  for (size_t at = 0; at < size;) {
    uint32_t cp = utf8_next(utf8, size, &at);
    line = cp == '\n' ? 0 : line + advance_em(font, cp);
    widest = fmaxf(widest, line);
  }
  return widest * px;
}

float font_line_height(const Font *font, float px) { return (font ? font->line_height : 1.2f) * px; }

/* -- Atlas ------------------------------------------------------------------------------------- */

Glyphs *glyphs_new(void) {
  Glyphs *g = calloc(1, sizeof *g);
  if (!g) return NULL;
  g->pixels = calloc(ATLAS_SIDE, ATLAS_SIDE);
  if (!g->pixels) {
    free(g);
    return NULL;
  }
  for (int i = 0; i < N_FONTS; i++) g->fonts[i] = font_default((FontFace)i);
  g->full = true; /* so that the first begin sets everything up */
  glyphs_begin(g);
  return g;
}

void glyphs_free(Glyphs *g) {
  if (!g) return;
  free(g->pixels);
  free(g);
}

void glyphs_begin(Glyphs *g) {
  if (!g->full) return;
  memset(g->slots, 0, sizeof g->slots);
  memset(g->pixels, 0, ATLAS_SIDE * ATLAS_SIDE);
  g->n_glyphs = g->shelf_x = g->shelf_y = g->shelf_h = 0;
  g->full = false;
  g->dirty = true;
  g->dirty_y0 = 0, g->dirty_y1 = ATLAS_SIDE;
}

int glyph_size_for(float px) {
  if (!(px > 4.0f)) return 4;
  int n = (int)lroundf(px);
  if (n > 128) return 128;
  return n <= 32 ? n : (n + 3) / 4 * 4;
}

/* Room for w x h with one empty pixel to the right and below, so that filtering never sees a neighbour. */
static bool place(Glyphs *g, int w, int h, int *x, int *y) {
  if (g->shelf_x + w + 1 > ATLAS_SIDE) g->shelf_y += g->shelf_h, g->shelf_x = g->shelf_h = 0;
  if (w + 1 > ATLAS_SIDE || g->shelf_y + h + 1 > ATLAS_SIDE) return false;
  *x = g->shelf_x, *y = g->shelf_y;
  g->shelf_x += w + 1;
  if (h + 1 > g->shelf_h) g->shelf_h = h + 1;
  return true;
}

static bool draw_glyph(Glyphs *g, const Font *font, uint32_t cp, int px, Glyph *out) {
  float scale = stbtt_ScaleForMappingEmToPixels(&font->info, (float)px);
  int x0, y0, x1, y1, x = 0, y = 0, index = stbtt_FindGlyphIndex(&font->info, (int)cp), advance, bearing;
  stbtt_GetGlyphHMetrics(&font->info, index, &advance, &bearing);
  stbtt_GetGlyphBitmapBox(&font->info, index, scale, scale, &x0, &y0, &x1, &y1);
  int w = x1 - x0, h = y1 - y0;
  if (w <= 0 || h <= 0) w = h = 0;
  if (w && !place(g, w, h, &x, &y)) return false;
  if (w) {
    stbtt_MakeGlyphBitmap(&font->info, g->pixels + y * ATLAS_SIDE + x, w, h, ATLAS_SIDE, scale, scale, index);
    if (!g->dirty) g->dirty_y0 = y, g->dirty_y1 = y + h;
    if (y < g->dirty_y0) g->dirty_y0 = y;
    if (y + h > g->dirty_y1) g->dirty_y1 = y + h;
    g->dirty = true;
  }
  *out = (Glyph){out->key,   (int16_t)x,  (int16_t)y,  (int16_t)w,
                 (int16_t)h, (int16_t)x0, (int16_t)y0, (float)advance * scale};
  return true;
}

const Glyph *glyph_get(Glyphs *g, FontFace face, uint32_t cp, int px) {
  const Font *font = g->fonts[face];
  if (!font || g->full) return NULL;
  uint64_t key = 1ull << 63 | (uint64_t)face << 40 | (uint64_t)px << 24 | cp;
  uint32_t i = (uint32_t)(key * 0x9E3779B97F4A7C15ull >> 52);
  while (g->slots[i].key && g->slots[i].key != key) i = (i + 1) % GLYPH_SLOTS;
  Glyph *slot = &g->slots[i];
  if (slot->key) return slot;
  Glyph fresh = {.key = key};
  if (g->n_glyphs >= GLYPH_SLOTS * 3 / 4 || !draw_glyph(g, font, cp, px, &fresh)) {
    g->full = true;
    return NULL;
  }
  g->n_glyphs++;
  *slot = fresh;
  return slot;
}
