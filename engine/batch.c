/* batch.c: see batch.h. */
#include "engine/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MITER_MAX 4.0f /* sharper corners than this many half widths are cut off */
#define EARS_MAX 4096  /* concave polygons beyond this are filled as a fan: ear clipping is quadratic */
#define CAP_STEPS_MAX 16

/* -- Arrays ------------------------------------------------------------------------------------ */

static bool grow(void **array, uint32_t *cap, uint32_t need, size_t size) {
  uint64_t n = *cap ? *cap : 256;
  while (n < need) n *= 2;
  void *fresh = n * size < 1ull << 31 ? realloc(*array, n * size) : NULL;
  if (!fresh) return false;
  *array = fresh, *cap = (uint32_t)n;
  return true;
}

static bool reserve(Batch *b, uint32_t n_vertices, uint32_t n_indices) {
  uint32_t nv = b->n_vertices + n_vertices, ni = b->n_indices + n_indices;
  if (nv > b->cap_vertices && !grow((void **)&b->vertices, &b->cap_vertices, nv, sizeof *b->vertices)) return false;
  return ni <= b->cap_indices || grow((void **)&b->indices, &b->cap_indices, ni, sizeof *b->indices);
}

void batch_fini(Batch *b) {
  free(b->vertices);
  free(b->indices);
  free(b->runs);
  free(b->points);
  *b = (Batch){0};
}

void batch_begin(Batch *b, int w, int h) {
  b->n_vertices = b->n_indices = b->n_runs = 0;
  b->w = w, b->h = h;
  b->blend = BLEND_NORMAL;
  b->clipped = false;
}

static bool same_state(const Batch *b, const BatchRun *r) {
  return r->blend == b->blend && r->clipped == b->clipped &&
         (!b->clipped || memcmp(r->clip, b->clip, sizeof b->clip) == 0);
}

static BatchRun *new_run(Batch *b, RunKind kind, const PixBuf *buf) {
  if (b->n_runs == b->cap_runs && !grow((void **)&b->runs, &b->cap_runs, b->n_runs + 1, sizeof *b->runs)) return NULL;
  BatchRun *r = &b->runs[b->n_runs++];
  *r = (BatchRun){.kind = kind, .blend = b->blend, .clipped = b->clipped, .buf = buf, .first = b->n_indices};
  memcpy(r->clip, b->clip, sizeof b->clip);
  return r;
}

/* Continues the last run or begins one, and reserves room. False: leave the shape out. */
static bool begin(Batch *b, RunKind kind, const PixBuf *buf, uint32_t n_vertices, uint32_t n_indices) {
  if (!reserve(b, n_vertices, n_indices)) return false;
  BatchRun *last = b->n_runs ? &b->runs[b->n_runs - 1] : NULL;
  if (last && last->kind == kind && last->buf == buf && same_state(b, last)) return true;
  return new_run(b, kind, buf) != NULL;
}

static void end_indices(Batch *b) {
  BatchRun *last = &b->runs[b->n_runs - 1];
  last->count = b->n_indices - last->first;
}

static void put_quad_indices(Batch *b, uint32_t i0, uint32_t i1, uint32_t i2, uint32_t i3) {
  uint32_t *at = b->indices + b->n_indices;
  at[0] = i0, at[1] = i1, at[2] = i2, at[3] = i0, at[4] = i2, at[5] = i3;
  b->n_indices += 6;
}

/* -- Shapes that know their distance ----------------------------------------------------------- */

/* A stroke thinner than a pixel is drawn one pixel wide and fainter. */
static uint32_t thin(uint32_t rgba, float *half) {
  if (*half >= 0.5f) return rgba;
  uint32_t k = (uint32_t)(*half * 512.0f), out = 0; /* 0..256 */
  for (int shift = 0; shift < 32; shift += 8) out |= ((rgba >> shift & 255) * k >> 8) << shift;
  *half = 0.5f;
  return out;
}

typedef struct Frame2 { /* where a quad lies: centre, unit axes, half sizes */
  float cx, cy, ex, ey, fx, fy, a, b;
} Frame2;

static void put_shape(Batch *b, const Frame2 *q, float shape, uint32_t fill, uint32_t stroke, float half) {
  if (!(half > 0.0f)) stroke = 0;
  if (stroke)
    stroke = thin(stroke, &half);
  else
    half = 0.0f;
  /* Coverage ends half a pixel outside; every further ring of pixels is paid for on a software rasteriser. */
  float pa = q->a + half + 0.5f, pb = q->b + half + 0.5f, reach = pa + pb;
  /* Also leaves out what is not finite. */
  if (!(q->cx + reach >= 0.0f && q->cy + reach >= 0.0f && q->cx - reach <= (float)b->w && q->cy - reach <= (float)b->h))
    return;
  if (!begin(b, RUN_SHAPES, NULL, 4, 6)) return;
  uint32_t i = b->n_vertices;
  BatchVertex *v = b->vertices + i,
              base = {.a = q->a, .b = q->b, .shape = shape, .half = half, .fill = fill, .stroke = stroke};
  static const float corner[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
  for (int k = 0; k < 4; k++) {
    float u = corner[k][0] * pa, w = corner[k][1] * pb;
    v[k] = base;
    v[k].x = q->cx + q->ex * u + q->fx * w, v[k].y = q->cy + q->ey * u + q->fy * w;
    v[k].u = u, v[k].v = w;
  }
  b->n_vertices += 4;
  put_quad_indices(b, i, i + 1, i + 2, i + 3);
  end_indices(b);
}

/* Axes u, v as unit vectors and lengths. False when they are not perpendicular (a sheared transform). */
static bool square_frame(float ux, float uy, float vx, float vy, Frame2 *q) {
  float a2 = ux * ux + uy * uy, b2 = vx * vx + vy * vy, dot = ux * vx + uy * vy;
  q->a = sqrtf(a2), q->b = sqrtf(b2);
  if (q->a > 0.0f)
    q->ex = ux / q->a, q->ey = uy / q->a;
  else if (q->b > 0.0f)
    q->ex = vy / q->b, q->ey = -vx / q->b;
  else
    q->ex = 1.0f, q->ey = 0.0f;
  if (q->b > 0.0f)
    q->fx = vx / q->b, q->fy = vy / q->b;
  else
    q->fx = -q->ey, q->fy = q->ex;
  return dot * dot <= 1e-6f * a2 * b2;
}

static void add_ellipse(Batch *b, const CmdEllipse *c) {
  Frame2 q = {.cx = c->cx, .cy = c->cy};
  if (!square_frame(c->ux, c->uy, c->vx, c->vy, &q)) {
    /* Any affine picture of a circle is an ellipse: its axes are the eigenvectors of M M^T, M = (u v). */
    float xx = c->ux * c->ux + c->vx * c->vx, xy = c->ux * c->uy + c->vx * c->vy, yy = c->uy * c->uy + c->vy * c->vy;
    float mean = (xx + yy) * 0.5f, diff = (xx - yy) * 0.5f, root = sqrtf(diff * diff + xy * xy);
    float angle = 0.5f * atan2f(xy, diff);
    q.ex = cosf(angle), q.ey = sinf(angle), q.fx = -q.ey, q.fy = q.ex;
    q.a = sqrtf(mean + root), q.b = sqrtf(fmaxf(mean - root, 0.0f));
  }
  q.a = fmaxf(q.a, 0.05f), q.b = fmaxf(q.b, 0.05f); /* the pixel formula divides by them */
  put_shape(b, &q, SHAPE_ELLIPSE, c->fill, c->stroke, c->half);
}

static void add_contour(Batch *b, const float *xy, uint32_t n, uint32_t fill, uint32_t stroke, float half);

static void add_rect(Batch *b, const CmdRect *c) {
  Frame2 q = {.cx = c->cx, .cy = c->cy};
  if (square_frame(c->ux, c->uy, c->vx, c->vy, &q)) {
    put_shape(b, &q, fminf(c->radius, fminf(q.a, q.b)), c->fill, c->stroke, c->half);
    return;
  }
  float xy[8] = {c->cx - c->ux - c->vx, c->cy - c->uy - c->vy, c->cx + c->ux - c->vx, c->cy + c->uy - c->vy,
                 c->cx + c->ux + c->vx, c->cy + c->uy + c->vy, c->cx - c->ux + c->vx, c->cy - c->uy + c->vy};
  add_contour(b, xy, 4, c->fill, c->stroke, c->half);
}

static void add_line(Batch *b, const CmdLine *c) {
  float dx = c->x1 - c->x0, dy = c->y1 - c->y0, len = sqrtf(dx * dx + dy * dy), half = c->half;
  uint32_t colour = thin(c->stroke, &half);
  Frame2 q = {
      .cx = (c->x0 + c->x1) * 0.5f, .cy = (c->y0 + c->y1) * 0.5f, .ex = 1.0f, .a = len * 0.5f + half, .b = half};
  if (len > 0.0f) q.ex = dx / len, q.ey = dy / len;
  q.fx = -q.ey, q.fy = q.ex;
  put_shape(b, &q, half, colour, 0, 0);
}

/* -- Contours ---------------------------------------------------------------------------------- */

static uint32_t put_vertex(Batch *b, float x, float y, float coverage, uint32_t colour) {
  b->vertices[b->n_vertices] = (BatchVertex){.x = x, .y = y, .u = coverage, .shape = SHAPE_SOLID, .fill = colour};
  return b->n_vertices++;
}

/* Copies without points that repeat their neighbour (a direction needs two different ones). Returns how many are
** left. */
static uint32_t clean_points(Batch *b, const float *xy, uint32_t n, bool closed) {
  if (n * 2 > b->cap_points && !grow((void **)&b->points, &b->cap_points, n * 2, sizeof *b->points)) return 0;
  float *out = b->points;
  uint32_t m = 0;
  for (uint32_t i = 0; i < n; i++) {
    float x = xy[i * 2], y = xy[i * 2 + 1];
    if (!(fabsf(x) < 1e7f && fabsf(y) < 1e7f)) continue;
    if (m && fabsf(x - out[m * 2 - 2]) + fabsf(y - out[m * 2 - 1]) < 1e-3f) continue;
    out[m * 2] = x, out[m * 2 + 1] = y;
    m++;
  }
  while (closed && m > 1 && fabsf(out[0] - out[m * 2 - 2]) + fabsf(out[1] - out[m * 2 - 1]) < 1e-3f) m--;
  return m;
}

static void direction(const float *p, const float *q, float *dx, float *dy) {
  float x = q[0] - p[0], y = q[1] - p[1], len = sqrtf(x * x + y * y);
  *dx = x / len, *dy = y / len;
}

static float cross3(const float *p, const float *q, const float *r) {
  return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
}

static bool in_triangle(const float *t, const float *p, const float *q, const float *r) {
  return cross3(p, q, t) >= 0.0f && cross3(q, r, t) >= 0.0f && cross3(r, p, t) >= 0.0f;
}

static bool is_ear(const float *xy, const uint32_t *ring, uint32_t n, uint32_t i) {
  const float *p = xy + 2 * ring[(i + n - 1) % n], *q = xy + 2 * ring[i], *r = xy + 2 * ring[(i + 1) % n];
  if (cross3(p, q, r) <= 0.0f) return false;
  for (uint32_t k = 0; k < n; k++) {
    const float *t = xy + 2 * ring[k];
    if (t != p && t != q && t != r && in_triangle(t, p, q, r)) return false;
  }
  return true;
}

/* Ear clipping of a contour with positive area whose inner vertex k is vertex `base` + 2 k. What it cannot clip (a
** contour that crosses itself) is left out. */
static void fill_ears(Batch *b, const float *xy, uint32_t n, uint32_t base) {
  uint32_t *ring = malloc(n * sizeof *ring), i = 0, misses = 0;
  if (!ring) return;
  for (uint32_t k = 0; k < n; k++) ring[k] = k;
  while (n >= 3 && misses < n) {
    if (n > 3 && !is_ear(xy, ring, n, i % n)) {
      i++, misses++;
      continue;
    }
    i %= n;
    uint32_t *at = b->indices + b->n_indices;
    at[0] = base + 2 * ring[(i + n - 1) % n], at[1] = base + 2 * ring[i], at[2] = base + 2 * ring[(i + 1) % n];
    b->n_indices += 3;
    memmove(ring + i, ring + i + 1, (n - i - 1) * sizeof *ring);
    n--, misses = 0;
  }
  free(ring);
}

static bool is_convex(const float *xy, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (cross3(xy + 2 * i, xy + 2 * ((i + 1) % n), xy + 2 * ((i + 2) % n)) < 0.0f) return false;
  return true;
}

static void reverse(float *xy, uint32_t n) {
  for (uint32_t i = 0, j = n - 1; i < j; i++, j--)
    for (int k = 0; k < 2; k++) {
      float t = xy[i * 2 + k];
      xy[i * 2 + k] = xy[j * 2 + k], xy[j * 2 + k] = t;
    }
}

/* Fill with a border of one pixel, half inside and half outside, that fades out. */
static void fill_contour(Batch *b, float *xy, uint32_t n, uint32_t fill) {
  float area = 0;
  for (uint32_t i = 0; i < n; i++) {
    const float *p = xy + 2 * i, *q = xy + 2 * ((i + 1) % n);
    area += p[0] * q[1] - q[0] * p[1];
  }
  if (area < 0) reverse(xy, n);
  if (!begin(b, RUN_SHAPES, NULL, n * 2, n * 9)) return;
  uint32_t base = b->n_vertices;
  for (uint32_t i = 0; i < n; i++) {
    const float *p = xy + 2 * ((i + n - 1) % n), *q = xy + 2 * i, *r = xy + 2 * ((i + 1) % n);
    float dx0, dy0, dx1, dy1;
    direction(p, q, &dx0, &dy0), direction(q, r, &dx1, &dy1);
    /* outwards: positive area, y down */
    float mx = (dy0 + dy1) * 0.5f, my = -(dx0 + dx1) * 0.5f, len2 = mx * mx + my * my;
    float k = 0.5f / fmaxf(len2, 0.25f);
    put_vertex(b, q[0] - mx * k, q[1] - my * k, 1, fill);
    put_vertex(b, q[0] + mx * k, q[1] + my * k, 0, fill);
  }
  if (n > EARS_MAX || is_convex(xy, n)) {
    for (uint32_t i = 1; i + 1 < n; i++) {
      uint32_t *at = b->indices + b->n_indices;
      at[0] = base, at[1] = base + 2 * i, at[2] = base + 2 * i + 2;
      b->n_indices += 3;
    }
  } else {
    fill_ears(b, xy, n, base);
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t j = (i + 1) % n;
    put_quad_indices(b, base + 2 * i, base + 2 * j, base + 2 * j + 1, base + 2 * i + 1);
  }
  end_indices(b);
}

/* -- Strokes of contours: a strip of four rails, the outer two with coverage 0 ----------------- */

typedef struct Pen {
  Batch *b;
  uint32_t colour;
  float in, out; /* distance of the full and of the faded rail from the middle */
} Pen;

static uint32_t put_rails(const Pen *pen, const float *p, float nx, float ny) {
  uint32_t i = put_vertex(pen->b, p[0] + nx * pen->out, p[1] + ny * pen->out, 0, pen->colour);
  put_vertex(pen->b, p[0] + nx * pen->in, p[1] + ny * pen->in, 1, pen->colour);
  put_vertex(pen->b, p[0] - nx * pen->in, p[1] - ny * pen->in, 1, pen->colour);
  put_vertex(pen->b, p[0] - nx * pen->out, p[1] - ny * pen->out, 0, pen->colour);
  return i;
}

static void join_rails(const Pen *pen, uint32_t i, uint32_t j) {
  for (uint32_t k = 0; k < 3; k++) put_quad_indices(pen->b, i + k, j + k, j + k + 1, i + k + 1);
}

/* The corner too sharp for a mitre: the wedge between the two segment ends, on the outer side. */
static void put_bevel(const Pen *pen, const float *p, float n0x, float n0y, float n1x, float n1y) {
  float side = n0x * n1y - n0y * n1x > 0.0f ? -1.0f : 1.0f;
  uint32_t c = put_vertex(pen->b, p[0], p[1], 1, pen->colour);
  put_vertex(pen->b, p[0] + side * n0x * pen->in, p[1] + side * n0y * pen->in, 1, pen->colour);
  put_vertex(pen->b, p[0] + side * n1x * pen->in, p[1] + side * n1y * pen->in, 1, pen->colour);
  put_vertex(pen->b, p[0] + side * n0x * pen->out, p[1] + side * n0y * pen->out, 0, pen->colour);
  put_vertex(pen->b, p[0] + side * n1x * pen->out, p[1] + side * n1y * pen->out, 0, pen->colour);
  put_quad_indices(pen->b, c, c + 1, c + 2, c);
  put_quad_indices(pen->b, c + 1, c + 3, c + 4, c + 2);
}

/* Half a disc; (nx, ny) is the segment's normal, the cap bulges towards -(ny, -nx) * sign. */
static void put_cap(const Pen *pen, const float *p, float nx, float ny, float sign) {
  int steps = (int)(pen->out * 1.5f) + 2;
  if (steps > CAP_STEPS_MAX) steps = CAP_STEPS_MAX;
  uint32_t centre = put_vertex(pen->b, p[0], p[1], 1, pen->colour), last = 0;
  for (int i = 0; i <= steps; i++) {
    float t = (float)M_PI * (float)i / (float)steps, c = cosf(t), s = sinf(t) * sign;
    float dx = nx * c - ny * s, dy = ny * c + nx * s;
    uint32_t at = put_vertex(pen->b, p[0] + dx * pen->in, p[1] + dy * pen->in, 1, pen->colour);
    put_vertex(pen->b, p[0] + dx * pen->out, p[1] + dy * pen->out, 0, pen->colour);
    if (i) put_quad_indices(pen->b, centre, last, at, centre), put_quad_indices(pen->b, last, last + 1, at + 1, at);
    last = at;
  }
}

/* Rails at a corner between two segments: one set when it can be mitred, else two and a bevel. *first: where the
** strip coming in ends; returns where the strip going out begins. */
static uint32_t put_corner(const Pen *pen, const float *p, float d0x, float d0y, float d1x, float d1y, float room,
                           uint32_t *first) {
  float n0x = -d0y, n0y = d0x, n1x = -d1y, n1y = d1x, mx = (n0x + n1x) * 0.5f, my = (n0y + n1y) * 0.5f;
  float len2 = mx * mx + my * my; /* cos^2 of half the turn */
  if (len2 * MITER_MAX * MITER_MAX >= 1.0f && pen->out * pen->out * (1.0f / len2 - 1.0f) <= room * room)
    return *first = put_rails(pen, p, mx / len2, my / len2);
  *first = put_rails(pen, p, n0x, n0y);
  put_bevel(pen, p, n0x, n0y, n1x, n1y);
  return put_rails(pen, p, n1x, n1y);
}

static float distance(const float *p, const float *q) { return hypotf(q[0] - p[0], q[1] - p[1]); }

static void stroke_contour(Batch *b, const float *xy, uint32_t n, bool closed, uint32_t stroke, float half) {
  if (!(half > 0.0f) || !stroke || n < 2) return;
  if (n < 3) closed = false;
  stroke = thin(stroke, &half);
  Pen pen = {b, stroke, half - 0.5f, half + 0.5f};
  uint32_t caps = CAP_STEPS_MAX + 2;
  if (n > 1u << 24 || !begin(b, RUN_SHAPES, NULL, n * 13 + caps * 4, n * 30 + caps * 24)) return;
  uint32_t strip = 0, closing = 0, first;
  uint32_t n_corners = closed ? n : n - 2, n_segments = closed ? n : n - 1;
  float d0x, d0y, d1x, d1y;
  direction(xy, xy + 2, &d0x, &d0y);
  if (!closed) {
    strip = put_rails(&pen, xy, -d0y, d0x);
    if (half >= 1.0f) put_cap(&pen, xy, -d0y, d0x, 1.0f);
  }
  for (uint32_t k = 0; k < n_corners; k++) {
    const float *p = xy + 2 * k, *q = xy + 2 * ((k + 1) % n), *r = xy + 2 * ((k + 2) % n);
    direction(q, r, &d1x, &d1y);
    uint32_t next = put_corner(&pen, q, d0x, d0y, d1x, d1y, fminf(distance(p, q), distance(q, r)), &first);
    if (closed && k == 0)
      closing = first;
    else
      join_rails(&pen, strip, first);
    strip = next, d0x = d1x, d0y = d1y;
  }
  if (closed) {
    join_rails(&pen, strip, closing);
  } else {
    const float *end = xy + 2 * n_segments;
    uint32_t last = put_rails(&pen, end, -d0y, d0x);
    join_rails(&pen, strip, last);
    if (half >= 1.0f) put_cap(&pen, end, -d0y, d0x, -1.0f);
  }
  end_indices(b);
}

static void add_contour(Batch *b, const float *xy, uint32_t n, uint32_t fill, uint32_t stroke, float half) {
  n = clean_points(b, xy, n, true);
  if (n >= 3 && fill) fill_contour(b, b->points, n, fill);
  stroke_contour(b, b->points, n, true, stroke, half);
}

/* -- Text and images --------------------------------------------------------------------------- */

static void put_textured(Batch *b, RunKind kind, const PixBuf *buf, const float xy[8], float s0, float t0, float s1,
                         float t1, uint32_t fill) {
  if (!begin(b, kind, buf, 4, 6)) return;
  uint32_t i = b->n_vertices;
  for (uint32_t k = 0; k < 4; k++)
    b->vertices[i + k] = (BatchVertex){
        .x = xy[k * 2],
        .y = xy[k * 2 + 1],
        .u = k == 1 || k == 2 ? s1 : s0,
        .v = k >= 2 ? t1 : t0,
        .shape = kind == RUN_GLYPHS ? SHAPE_GLYPH : SHAPE_IMAGE,
        .fill = fill,
    };
  b->n_vertices += 4;
  put_quad_indices(b, i, i + 1, i + 2, i + 3);
  end_indices(b);
}

static void add_image(Batch *b, const CmdImage *c, const CmdList *list) {
  float xy[8] = {c->x,         c->y,        c->x + c->ux, c->y + c->uy, c->x + c->ux + c->vx, c->y + c->uy + c->vy,
                 c->x + c->vx, c->y + c->vy};
  put_textured(b, RUN_IMAGE, list->bufs[c->buf], xy, c->s0, c->t0, c->s1, c->t1, c->tint);
}

static float line_width(Glyphs *g, FontFace face, const char *text, size_t size, size_t at, int px) {
  float width = 0;
  while (at < size) {
    uint32_t cp = utf8_next(text, size, &at);
    const Glyph *glyph = cp == '\n' ? NULL : glyph_get(g, face, cp, px);
    if (cp == '\n') break;
    if (glyph) width += glyph->advance;
  }
  return width;
}

static void add_text(Batch *b, const CmdText *c, Glyphs *g) {
  const char *text = text_bytes(c);
  FontFace face = c->face < N_FONTS ? (FontFace)c->face : FONT_SANS;
  float unit = sqrtf(fabsf(c->ux * c->vy - c->uy * c->vx)), effective = c->size * unit;
  if (!g || !(effective > 0.5f)) return;
  int px = glyph_size_for(effective);
  float k = c->size / (float)px; /* from atlas pixels to script units */
  /* Upright text at its own size sits on whole pixels: sharp as drawn by the rasteriser. */
  bool snap = fabsf(effective - (float)px) < 0.01f && fabsf(c->uy) + fabsf(c->vx) < 1e-6f && c->ux > 0 && c->vy > 0;
  float baseline = 0, inv = 1.0f / ATLAS_SIDE;
  for (size_t at = 0; at < c->n_bytes;) {
    float pen = c->align == ALIGN_LEFT
                    ? 0
                    : line_width(g, face, text, c->n_bytes, at, px) * (c->align == ALIGN_RIGHT ? -1.0f : -0.5f);
    for (uint32_t cp; at < c->n_bytes && (cp = utf8_next(text, c->n_bytes, &at)) != '\n';) {
      const Glyph *glyph = glyph_get(g, face, cp, px);
      if (!glyph) continue;
      float left = (pen + glyph->left) * k, top = (baseline + glyph->top) * k, w = glyph->w * k, h = glyph->h * k;
      float x = c->x + c->ux * left + c->vx * top, y = c->y + c->uy * left + c->vy * top;
      if (snap) x = roundf(x), y = roundf(y);
      float xy[8] = {x,
                     y,
                     x + c->ux * w,
                     y + c->uy * w,
                     x + c->ux * w + c->vx * h,
                     y + c->uy * w + c->vy * h,
                     x + c->vx * h,
                     y + c->vy * h};
      if (glyph->w)
        put_textured(b, RUN_GLYPHS, NULL, xy, glyph->x * inv, glyph->y * inv, (glyph->x + glyph->w) * inv,
                     (glyph->y + glyph->h) * inv, c->fill);
      pen += glyph->advance;
    }
    baseline += font_line_height(g->fonts[face], (float)px);
  }
}

/* -- Lists ------------------------------------------------------------------------------------- */

static int clamp_edge(float v, int hi) { return v > 0.0f ? (v < (float)hi ? (int)lroundf(v) : hi) : 0; }

static void set_clip(Batch *b, const CmdClip *c) {
  b->clipped = c->w >= 0.0f;
  int x0 = clamp_edge(c->x, b->w), x1 = clamp_edge(c->x + c->w, b->w);
  int y0 = clamp_edge(c->y, b->h), y1 = clamp_edge(c->y + c->h, b->h);
  b->clip[0] = x0, b->clip[1] = y0, b->clip[2] = x1 - x0, b->clip[3] = y1 - y0;
}

static void add_polyline(Batch *b, const CmdPolyline *c) {
  uint32_t n = clean_points(b, polyline_points(c), c->n_points, c->closed);
  if (n >= 2) {
    stroke_contour(b, b->points, n, c->closed, c->stroke, c->half);
  } else if (n == 1) {
    const float *p = b->points;
    add_line(b, &(CmdLine){.x0 = p[0], .y0 = p[1], .x1 = p[0], .y1 = p[1], .stroke = c->stroke, .half = c->half});
  }
}

void batch_list(Batch *b, const CmdList *list, Glyphs *glyphs) {
  b->blend = BLEND_NORMAL;
  b->clipped = false;
  for (const uint32_t *at = cmdlist_first(list); at; at = cmdlist_next(list, at)) {
    switch (cmd_op(at)) {
    case CMD_BACKGROUND: {
      b->blend = BLEND_NORMAL; /* the records after it restate clip and blend */
      b->clipped = false;
      BatchRun *r = new_run(b, RUN_CLEAR, NULL);
      if (r) r->rgba = ((const CmdBackground *)at)->rgba;
      break;
    }
    case CMD_ELLIPSE: add_ellipse(b, (const CmdEllipse *)at); break;
    case CMD_RECT: add_rect(b, (const CmdRect *)at); break;
    case CMD_LINE: add_line(b, (const CmdLine *)at); break;
    case CMD_TRIANGLE: {
      const CmdTriangle *c = (const CmdTriangle *)at;
      add_contour(b, &c->x0, 3, c->fill, c->stroke, c->half);
      break;
    }
    case CMD_POLYLINE: add_polyline(b, (const CmdPolyline *)at); break;
    case CMD_POLYGON: {
      const CmdPolygon *c = (const CmdPolygon *)at;
      add_contour(b, polygon_points(c), c->n_points, c->fill, c->stroke, c->half);
      break;
    }
    case CMD_TEXT: add_text(b, (const CmdText *)at, glyphs); break;
    case CMD_IMAGE: add_image(b, (const CmdImage *)at, list); break;
    case CMD_CLIP: set_clip(b, (const CmdClip *)at); break;
    case CMD_BLEND: b->blend = (BlendMode)((const CmdBlend *)at)->mode; break;
    case N_CMDS: break;
    }
  }
}

void batch_texture(Batch *b, float x, float y, float w, float h, uint32_t tint) {
  float xy[8] = {x, y, x + w, y, x + w, y + h, x, y + h};
  put_textured(b, RUN_IMAGE, NULL, xy, 0, 0, 1, 1, tint);
}
