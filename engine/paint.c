/* paint.c: see paint.h. */
#include "engine/paint.h"

#include <math.h>
#include <string.h>

#define POINTS_MAX (1u << 20)

/* The sum of finite floats may overflow to infinity, which is as undrawable; one test serves all operands. */
#define FINITE4(a, b, c, d) (__builtin_isfinite((a) + (b) + (c) + (d)))

/* -- State ------------------------------------------------------------------------------------- */

static void update_half(PaintState *s) { s->half = s->stroke ? s->weight * s->scale * 0.5f : 0.0f; }

static void update_scale(PaintState *s) {
  s->scale = sqrtf(fabsf(s->m[0] * s->m[3] - s->m[1] * s->m[2]));
  update_half(s);
}

static const PaintState fresh_state = {
    .m = {1, 0, 0, 1, 0, 0},
    .scale = 1,
    .half = 0.5f,
    .fill = 0xFFFFFFFFu,
    .stroke = 0xFF000000u,
    .tint = 0xFFFFFFFFu,
    .weight = 1,
    .text_size = 16,
    .clip = {0, 0, -1, -1},
};

void paint_init(Painter *p) {
  p->list = NULL;
  p->s = fresh_state;
  p->depth = 0;
}

void paint_begin(Painter *p, CmdList *list, int canvas_w, int canvas_h) {
  p->list = list;
  p->depth = 0;
  memcpy(p->s.m, fresh_state.m, sizeof p->s.m);
  memcpy(p->s.clip, fresh_state.clip, sizeof p->s.clip);
  p->s.blend = BLEND_NORMAL;
  update_scale(&p->s);
  list->canvas_w = canvas_w, list->canvas_h = canvas_h;
}

void paint_end(Painter *p) {
  while (paint_pop(p)) {}
}

bool paint_push(Painter *p) {
  if (p->depth == PAINT_DEPTH_MAX) return false;
  p->stack[p->depth++] = p->s;
  return true;
}

static void record_clip(Painter *p) {
  CmdClip *c = CMD_PUSH(p->list, CLIP, CmdClip, 0);
  if (c) memcpy(&c->x, p->s.clip, sizeof p->s.clip);
}

static void record_blend(Painter *p) {
  CmdBlend *c = CMD_PUSH(p->list, BLEND, CmdBlend, 0);
  if (c) c->mode = p->s.blend;
}

bool paint_pop(Painter *p) {
  if (p->depth == 0) return false;
  BlendMode blend = p->s.blend;
  float clip[4];
  memcpy(clip, p->s.clip, sizeof clip);
  p->s = p->stack[--p->depth];
  if (memcmp(clip, p->s.clip, sizeof clip) != 0) record_clip(p);
  if (blend != p->s.blend) record_blend(p);
  return true;
}

void paint_translate(Painter *p, float x, float y) {
  float *m = p->s.m;
  if (!isfinite(x + y)) return;
  m[4] += m[0] * x + m[2] * y;
  m[5] += m[1] * x + m[3] * y;
}

void paint_transform(Painter *p, const float k[6]) {
  float a[6];
  if (!FINITE4(k[0], k[1], k[2], k[3]) || !isfinite(k[4] + k[5])) return;
  memcpy(a, p->s.m, sizeof a);
  p->s.m[0] = a[0] * k[0] + a[2] * k[1], p->s.m[1] = a[1] * k[0] + a[3] * k[1];
  p->s.m[2] = a[0] * k[2] + a[2] * k[3], p->s.m[3] = a[1] * k[2] + a[3] * k[3];
  p->s.m[4] = a[0] * k[4] + a[2] * k[5] + a[4], p->s.m[5] = a[1] * k[4] + a[3] * k[5] + a[5];
  update_scale(&p->s);
}

void paint_rotate(Painter *p, float radians) {
  float c = cosf(radians), s = sinf(radians);
  paint_transform(p, (float[6]){c, s, -s, c, 0, 0});
}

void paint_scale(Painter *p, float sx, float sy) { paint_transform(p, (float[6]){sx, 0, 0, sy, 0, 0}); }

void paint_reset_transform(Painter *p) {
  memcpy(p->s.m, fresh_state.m, sizeof p->s.m);
  update_scale(&p->s);
}

void paint_fill(Painter *p, Colour c) { p->s.fill = colour_pack(c); }
void paint_no_fill(Painter *p) { p->s.fill = 0; }

void paint_stroke(Painter *p, Colour c) {
  p->s.stroke = colour_pack(c);
  update_half(&p->s);
}

void paint_no_stroke(Painter *p) { p->s.stroke = 0, p->s.half = 0; }

void paint_stroke_weight(Painter *p, float weight) {
  p->s.weight = weight > 0.0f && isfinite(weight) ? weight : 0.0f;
  update_half(&p->s);
}

void paint_tint(Painter *p, Colour c) { p->s.tint = colour_pack(c); }
void paint_text_size(Painter *p, float size) { p->s.text_size = size > 0.0f && isfinite(size) ? size : 0.0f; }
void paint_text_face(Painter *p, FontFace face) { p->s.text_face = face; }
void paint_text_align(Painter *p, TextAlign align) { p->s.text_align = align; }

void paint_blend(Painter *p, BlendMode mode) {
  if (mode == p->s.blend || (unsigned)mode >= N_BLENDS) return;
  p->s.blend = mode;
  record_blend(p);
}

void paint_clip(Painter *p, float x, float y, float w, float h) {
  const float *m = p->s.m;
  if (!FINITE4(x, y, w, h)) return;
  float lo_x = INFINITY, lo_y = INFINITY, hi_x = -INFINITY, hi_y = -INFINITY;
  for (int i = 0; i < 4; i++) {
    float px = x + (i & 1 ? w : 0), py = y + (i & 2 ? h : 0);
    float tx = m[0] * px + m[2] * py + m[4], ty = m[1] * px + m[3] * py + m[5];
    lo_x = fminf(lo_x, tx), hi_x = fmaxf(hi_x, tx), lo_y = fminf(lo_y, ty), hi_y = fmaxf(hi_y, ty);
  }
  p->s.clip[0] = lo_x, p->s.clip[1] = lo_y, p->s.clip[2] = hi_x - lo_x, p->s.clip[3] = hi_y - lo_y;
  record_clip(p);
}

void paint_no_clip(Painter *p) {
  if (p->s.clip[2] < 0) return;
  memcpy(p->s.clip, fresh_state.clip, sizeof p->s.clip);
  record_clip(p);
}

/* -- Shapes ------------------------------------------------------------------------------------ */

void paint_background(Painter *p, Colour colour) {
  CmdList *list = p->list;
  uint32_t at = list->n_words;
  CmdBackground *c = CMD_PUSH(list, BACKGROUND, CmdBackground, 0);
  if (!c) return;
  c->rgba = colour_pack(colour);
  list->start = at, list->clears = true;
  /* Replay starts at this record and would miss what was set before it. */
  if (p->s.clip[2] >= 0) record_clip(p);
  if (p->s.blend != BLEND_NORMAL) record_blend(p);
}

void paint_ellipse(Painter *p, float cx, float cy, float rx, float ry) {
  const PaintState *s = &p->s;
  if (!(s->fill | s->stroke) || !FINITE4(cx, cy, rx, ry)) return;
  CmdEllipse *c = CMD_PUSH(p->list, ELLIPSE, CmdEllipse, 0);
  if (!c) return;
  const float *m = s->m;
  c->cx = m[0] * cx + m[2] * cy + m[4], c->cy = m[1] * cx + m[3] * cy + m[5];
  c->ux = m[0] * rx, c->uy = m[1] * rx;
  c->vx = m[2] * ry, c->vy = m[3] * ry;
  c->fill = s->fill, c->stroke = s->stroke, c->half = s->half;
}

void paint_rect(Painter *p, float x, float y, float w, float h, float radius) {
  const PaintState *s = &p->s;
  if (!(s->fill | s->stroke) || !FINITE4(x, y, w, h)) return;
  CmdRect *c = CMD_PUSH(p->list, RECT, CmdRect, 0);
  if (!c) return;
  const float *m = s->m;
  w *= 0.5f, h *= 0.5f, x += w, y += h;
  c->cx = m[0] * x + m[2] * y + m[4], c->cy = m[1] * x + m[3] * y + m[5];
  c->ux = m[0] * w, c->uy = m[1] * w;
  c->vx = m[2] * h, c->vy = m[3] * h;
  c->radius = radius > 0.0f ? fminf(radius, fminf(fabsf(w), fabsf(h))) * s->scale : 0.0f;
  c->fill = s->fill, c->stroke = s->stroke, c->half = s->half;
}

void paint_line(Painter *p, float x0, float y0, float x1, float y1) {
  const PaintState *s = &p->s;
  if (!(s->half > 0.0f) || !FINITE4(x0, y0, x1, y1)) return;
  CmdLine *c = CMD_PUSH(p->list, LINE, CmdLine, 0);
  if (!c) return;
  const float *m = s->m;
  c->x0 = m[0] * x0 + m[2] * y0 + m[4], c->y0 = m[1] * x0 + m[3] * y0 + m[5];
  c->x1 = m[0] * x1 + m[2] * y1 + m[4], c->y1 = m[1] * x1 + m[3] * y1 + m[5];
  c->stroke = s->stroke, c->half = s->half;
}

void paint_triangle(Painter *p, float x0, float y0, float x1, float y1, float x2, float y2) {
  const PaintState *s = &p->s;
  if (!(s->fill | s->stroke) || !FINITE4(x0, y0, x1, y1) || !isfinite(x2 + y2)) return;
  CmdTriangle *c = CMD_PUSH(p->list, TRIANGLE, CmdTriangle, 0);
  if (!c) return;
  const float *m = s->m;
  c->x0 = m[0] * x0 + m[2] * y0 + m[4], c->y0 = m[1] * x0 + m[3] * y0 + m[5];
  c->x1 = m[0] * x1 + m[2] * y1 + m[4], c->y1 = m[1] * x1 + m[3] * y1 + m[5];
  c->x2 = m[0] * x2 + m[2] * y2 + m[4], c->y2 = m[1] * x2 + m[3] * y2 + m[5];
  c->fill = s->fill, c->stroke = s->stroke, c->half = s->half;
}

static size_t count_finite(const float *xy, size_t n) {
  size_t good = 0;
  if (n > POINTS_MAX) n = POINTS_MAX;
  for (size_t i = 0; i < n; i++) good += isfinite(xy[i * 2] + xy[i * 2 + 1]) != 0;
  return good;
}

static void put_points(const float m[6], const float *xy, size_t n_good, float *out) {
  for (size_t i = 0; n_good; i++) {
    float x = xy[i * 2], y = xy[i * 2 + 1];
    if (!isfinite(x + y)) continue;
    *out++ = m[0] * x + m[2] * y + m[4];
    *out++ = m[1] * x + m[3] * y + m[5];
    n_good--;
  }
}

void paint_polyline(Painter *p, const float *xy, size_t n_points, bool closed) {
  const PaintState *s = &p->s;
  size_t n = s->half > 0.0f ? count_finite(xy, n_points) : 0;
  if (n < 2) return;
  CmdPolyline *c = CMD_PUSH(p->list, POLYLINE, CmdPolyline, (uint32_t)n * 2);
  if (!c) return;
  c->stroke = s->stroke, c->half = s->half;
  c->closed = closed, c->n_points = (uint32_t)n;
  put_points(s->m, xy, n, (float *)(c + 1));
}

void paint_polygon(Painter *p, const float *xy, size_t n_points) {
  const PaintState *s = &p->s;
  size_t n = s->fill | s->stroke ? count_finite(xy, n_points) : 0;
  if (n < 3) return;
  CmdPolygon *c = CMD_PUSH(p->list, POLYGON, CmdPolygon, (uint32_t)n * 2);
  if (!c) return;
  c->fill = s->fill, c->stroke = s->stroke, c->half = s->half;
  c->n_points = (uint32_t)n;
  put_points(s->m, xy, n, (float *)(c + 1));
}

float paint_text_width(const Painter *p, const char *utf8, size_t size) {
  return font_measure(font_default(p->s.text_face), utf8, size, p->s.text_size);
}

void paint_text(Painter *p, const char *utf8, size_t size, float x, float y) {
  const PaintState *s = &p->s;
  if (!s->fill || !(s->text_size > 0.0f) || !size || !isfinite(x + y)) return;
  if (size > 1u << 20) size = 1u << 20;
  CmdText *c = CMD_PUSH(p->list, TEXT, CmdText, (uint32_t)(size + 3) / 4);
  if (!c) return;
  const float *m = s->m;
  c->x = m[0] * x + m[2] * y + m[4], c->y = m[1] * x + m[3] * y + m[5];
  c->ux = m[0], c->uy = m[1], c->vx = m[2], c->vy = m[3];
  c->size = s->text_size, c->fill = s->fill, c->face = s->text_face, c->align = s->text_align;
  c->n_bytes = (uint32_t)size;
  p->list->words[p->list->n_words - 1] = 0; /* the padding */
  memcpy(c + 1, utf8, size);
}

void paint_image_part(Painter *p, Image *img, float x, float y, float w, float h, float sx, float sy, float sw,
                      float sh) {
  const PaintState *s = &p->s;
  if (!s->tint || !FINITE4(x, y, w, h) || !FINITE4(sx, sy, sw, sh)) return;
  uint32_t buf = cmdlist_add_buf(p->list, image_draw_ref(img));
  CmdImage *c = buf == UINT32_MAX ? NULL : CMD_PUSH(p->list, IMAGE, CmdImage, 0);
  if (!c) return;
  const float *m = s->m;
  float iw = 1.0f / (float)img->w, ih = 1.0f / (float)img->h;
  c->buf = buf;
  c->x = m[0] * x + m[2] * y + m[4], c->y = m[1] * x + m[3] * y + m[5];
  c->ux = m[0] * w, c->uy = m[1] * w;
  c->vx = m[2] * h, c->vy = m[3] * h;
  c->s0 = sx * iw, c->t0 = sy * ih, c->s1 = (sx + sw) * iw, c->t1 = (sy + sh) * ih;
  c->tint = s->tint;
}

void paint_image(Painter *p, Image *img, float x, float y, float w, float h) {
  paint_image_part(p, img, x, y, w, h, 0, 0, (float)img->w, (float)img->h);
}
