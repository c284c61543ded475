/* font.h: letters. A Font is an outline file, immutable once loaded; Glyphs is the atlas of letters already drawn
** as pixels. Text sizes are pixels per em. Fonts may be measured on any thread; an atlas belongs to the thread that
** replays. A missing font is said once; text is then not drawn and measures as half an em per letter. */
#ifndef RP_ENGINE_FONT_H
#define RP_ENGINE_FONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Font Font;

typedef enum FontFace { FONT_SANS, FONT_MONO, N_FONTS } FontFace;

/* NULL with one line in err ("cannot read font PATH: reason") when it is not a readable TrueType/OpenType file. */
Font *font_load(const char *path, char *err, size_t err_size);
/* The default face: loaded at the first call by any thread, shared by the whole process, never changed or freed.
** NULL when none is installed (said in one line, once). The list of files is in font.c. */
const Font *font_default(FontFace face);
void font_free(Font *font);
/* Widest line of the text, in pixels. font may be NULL. */
float font_measure(const Font *font, const char *utf8, size_t size, float px);
/* Distance between baselines. */
float font_line_height(const Font *font, float px);
/* Next code point; broken UTF-8 gives U+FFFD and steps one byte. *at < size on entry. */
uint32_t utf8_next(const char *text, size_t size, size_t *at);

/* -- The atlas: one 8-bit coverage picture that letters of all sizes share --------------------- */

#define ATLAS_SIDE 1024

typedef struct Glyph {
  uint64_t key;       /* 0: free slot */
  int16_t x, y, w, h; /* in the atlas; w == 0: nothing to draw (space) */
  int16_t left, top;  /* from the pen on the baseline to the corner, pixels, y down */
  float advance;      /* pixels */
} Glyph;

#define GLYPH_SLOTS 4096

typedef struct Glyphs {
  const Font *fonts[N_FONTS]; /* the defaults; entries may be NULL */
  uint8_t *pixels;            /* ATLAS_SIDE squared */
  bool dirty, full;           /* dirty: upload again. full: letters were left out, start over at glyphs_begin */
  int dirty_y0, dirty_y1;     /* rows changed since the last upload */
  int shelf_x, shelf_y, shelf_h;
  int n_glyphs;
  Glyph slots[GLYPH_SLOTS];
} Glyphs;

Glyphs *glyphs_new(void); /* NULL when out of memory */
void glyphs_free(Glyphs *g);
void glyphs_begin(Glyphs *g); /* once per frame, before the first glyph_get: empties a full atlas */
/* The letter at an integral pixel size; drawn into the atlas on first use. NULL: no font, or the atlas is full. The
** pointer is good until the next call. */
const Glyph *glyph_get(Glyphs *g, FontFace face, uint32_t code_point, int px);
/* The size at which text of this effective size is kept: exact when small, in steps when large, so that growing
** text does not flood the atlas. */
int glyph_size_for(float px);

#endif
