/* batch.h: from draw commands to triangles. Pure CPU; the backend uploads the two arrays and draws the runs in
** order.
** Invariant: order of drawing is the order of commands; a run ends only when texture, program, blend or clip
** changes. Everything with a simple distance formula (ellipse, rectangle, line, dot) is one quad whose pixels
** compute their own coverage; polygons and polylines are triangles with a one-pixel border that fades out. No
** multisampling anywhere. Engine thread; buffers are kept from frame to frame. */
#ifndef RP_ENGINE_BATCH_H
#define RP_ENGINE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cmdlist.h"
#include "engine/font.h"

/* shape >= 0: box with that corner radius */
#define SHAPE_ELLIPSE (-1.0f)
#define SHAPE_SOLID (-2.0f) /* coverage comes in u */
#define SHAPE_IMAGE (-3.0f) /* u v are texture coordinates; fill is the tint */
#define SHAPE_GLYPH (-4.0f) /* the same, the texture holds coverage */

typedef struct BatchVertex {
  float x, y; /* canvas pixels */
  float u, v; /* pixels from the shape's centre along its axes, or as above */
  float a, b; /* half size along the axes */
  float shape;
  float half; /* half stroke width, at least 0.5 when there is a stroke; 0: none */
  uint32_t fill, stroke;
} BatchVertex;

typedef enum RunKind { RUN_CLEAR, RUN_SHAPES, RUN_GLYPHS, RUN_IMAGE } RunKind;

typedef struct BatchRun {
  RunKind kind;
  BlendMode blend;
  bool clipped;
  int clip[4];           /* x y w h, pixels, inside the target */
  uint32_t rgba;         /* RUN_CLEAR */
  const PixBuf *buf;     /* RUN_IMAGE; borrowed from the command list */
  uint32_t first, count; /* indices */
} BatchRun;

typedef struct Batch {
  BatchVertex *vertices;
  uint32_t *indices;
  BatchRun *runs;
  float *points; /* scratch for contours */
  uint32_t n_vertices, cap_vertices, n_indices, cap_indices, n_runs, cap_runs, cap_points;
  int w, h;        /* target size, for clip and for leaving out what is outside */
  BlendMode blend; /* current state while building */
  bool clipped;
  int clip[4];
} Batch;

void batch_fini(Batch *b);                /* a zeroed Batch is a valid empty one */
void batch_begin(Batch *b, int w, int h); /* empty, no clip, normal blend */
/* Adds the visible part of a list. Out of memory leaves shapes out. glyphs may be NULL: no text. */
void batch_list(Batch *b, const CmdList *list, Glyphs *glyphs);
/* A textured rectangle: for the compositor, which sets `buf` to NULL and binds its own texture. */
void batch_texture(Batch *b, float x, float y, float w, float h, uint32_t tint);

#endif
