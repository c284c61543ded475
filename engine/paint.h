/* paint.h: the pen: what a script's drawing calls talk to. Holds style and transform, resolves both at once into
** records of a CmdList. Pure CPU, no GL; one thread at a time.
** Every call takes any floats: what is not finite is not drawn. Recording never fails loudly: a full list sets
** list->overflow. Lengths and positions are script units (canvas pixels until the transform changes); colours
** straight 0..1. */
#ifndef RP_ENGINE_PAINT_H
#define RP_ENGINE_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cmdlist.h"
#include "engine/colour.h"
#include "engine/font.h"
#include "engine/image.h"

#define PAINT_DEPTH_MAX 64

typedef struct PaintState {
  float m[6];            /* x' = m0 x + m2 y + m4, y' = m1 x + m3 y + m5 */
  float scale;           /* sqrt |det m|: what a stroke weight grows by */
  uint32_t fill, stroke; /* packed; 0 = none */
  uint32_t tint;         /* multiplies images; all ones = unchanged */
  float weight;          /* stroke width, script units */
  float half;            /* weight * scale / 2 when stroking, else 0: ready for the record */
  float text_size;
  FontFace text_face;
  TextAlign text_align;
  BlendMode blend;
  float clip[4]; /* x y w h in canvas pixels; w < 0: none */
} PaintState;

typedef struct Painter {
  CmdList *list;
  PaintState s;
  int depth;
  PaintState stack[PAINT_DEPTH_MAX];
} Painter;

/* Once, before the first frame: white fill, black stroke of weight 1, no tint, text size 16 sans left. */
void paint_init(Painter *p);
/* A new frame into `list` (must be reset): identity transform, no clip, normal blend. The style stays as the last
** frame left it, as in Processing: what setup() sets holds in draw(). */
void paint_begin(Painter *p, CmdList *list, int canvas_w, int canvas_h);
void paint_end(Painter *p); /* unwinds forgotten pushes */

bool paint_push(Painter *p); /* saves everything below; false (and nothing saved) when PAINT_DEPTH_MAX deep */
bool paint_pop(Painter *p);  /* false when there is nothing to pop */

void paint_translate(Painter *p, float x, float y);
void paint_rotate(Painter *p, float radians); /* clockwise on screen, y being down */
void paint_scale(Painter *p, float sx, float sy);
void paint_transform(Painter *p, const float m[6]); /* current transform := current * m */
void paint_reset_transform(Painter *p);

void paint_fill(Painter *p, Colour c);
void paint_no_fill(Painter *p);
void paint_stroke(Painter *p, Colour c);
void paint_no_stroke(Painter *p);
void paint_stroke_weight(Painter *p, float weight); /* below 0 is 0 = no stroke */
void paint_tint(Painter *p, Colour c);              /* white, alpha 1: unchanged */
void paint_text_size(Painter *p, float size);
void paint_text_face(Painter *p, FontFace face);
void paint_text_align(Painter *p, TextAlign align);
void paint_blend(Painter *p, BlendMode mode);
/* the box around it under the transform; replaces the last one */
void paint_clip(Painter *p, float x, float y, float w, float h);
void paint_no_clip(Painter *p);

/* the whole layer, whatever transform, clip and blend; alpha < 1 shows layers below */
void paint_background(Painter *p, Colour c);
void paint_ellipse(Painter *p, float cx, float cy, float rx, float ry); /* radii */
static inline void paint_circle(Painter *p, float cx, float cy, float r) { paint_ellipse(p, cx, cy, r, r); }
/* x y: top left; negative sizes go the other way */
void paint_rect(Painter *p, float x, float y, float w, float h, float radius);
void paint_line(Painter *p, float x0, float y0, float x1, float y1);
void paint_triangle(Painter *p, float x0, float y0, float x1, float y1, float x2, float y2);
/* xy: n_points pairs. Points that are not finite are left out. Up to 1 << 20 points. */
void paint_polyline(Painter *p, const float *xy, size_t n_points, bool closed);
void paint_polygon(Painter *p, const float *xy, size_t n_points);
float paint_text_width(const Painter *p, const char *utf8, size_t size);      /* of the widest line, script units */
void paint_text(Painter *p, const char *utf8, size_t size, float x, float y); /* baseline; '\n' starts a line */
void paint_image(Painter *p, Image *img, float x, float y, float w, float h);
/* Part of the image: sx sy sw sh in its pixels. */
void paint_image_part(Painter *p, Image *img, float x, float y, float w, float h, float sx, float sy, float sw,
                      float sh);

#endif
