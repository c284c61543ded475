/* viz_draw.c: the drawing functions of viz: each checks its arguments and calls one function of the painter. */
#include "script/viz.h"
#include "runtime/list.h"
#include "runtime/ops.h"

/* The pen and n numbers, or return. */
#define PEN(fn) \
  Painter *p = viz_painter(th, fn); \
  if (unlikely(!p)) return EMPTY
#define NUMBERS(call, n) \
  float f[n]; \
  if (unlikely(viz_numbers(th, call, a, n, f) < 0)) return EMPTY

/* -- Shapes -------------------------------------------------------------------------------- */

static Value f_circle(RpThread *th, const Value *a) {
  PEN("circle");
  NUMBERS("circle(x, y, radius)", 3);
  paint_circle(p, f[0], f[1], f[2]);
  return NONE;
}
static Value f_ellipse(RpThread *th, const Value *a) {
  PEN("ellipse");
  NUMBERS("ellipse(x, y, rx, ry)", 4);
  paint_ellipse(p, f[0], f[1], f[2], f[3]);
  return NONE;
}
static Value f_rect(RpThread *th, const Value *a) {
  PEN("rect");
  float f[5];
  int n = viz_numbers(th, "rect(x, y, w, h, radius)", a, 5, f);
  if (n < 0) return EMPTY;
  paint_rect(p, f[0], f[1], f[2], f[3], n == 5 ? f[4] : 0);
  return NONE;
}
static Value f_line(RpThread *th, const Value *a) {
  PEN("line");
  NUMBERS("line(x1, y1, x2, y2)", 4);
  paint_line(p, f[0], f[1], f[2], f[3]);
  return NONE;
}
static Value f_triangle(RpThread *th, const Value *a) {
  PEN("triangle");
  NUMBERS("triangle(x1, y1, x2, y2, x3, y3)", 6);
  paint_triangle(p, f[0], f[1], f[2], f[3], f[4], f[5]);
  return NONE;
}

/* -- Points ------------------------------------------------------------------------------------ */

static bool point(RpThread *th, const char *fn, Value v, float *xy) {
  const Value *items = NULL;
  uint64_t n = 0;
  if (tuple_check(v)) items = as_tuple(v)->items, n = as_tuple(v)->length;
  else if (list_check(v)) {
    Array *a = list_array(as_list(v));
    items = a->items, n = load_acquire(&a->length);
  }
  Value pair[2];
  for (int i = 0; n == 2 && i < 2; i++) pair[i] = load_relaxed(&items[i]);
  if (n != 2 || pair[0] == EMPTY || pair[1] == EMPTY) return raise_type(th, "%s(): a point is a pair (x, y), not %V", fn, v), false;
  return viz_numbers(th, "point(x, y)", pair, 2, xy) == 2;
}

/* malloc'ed pairs; NULL + pending. */
static float *points(RpThread *th, const char *fn, Value v, size_t *n) {
  Tuple *t = op_to_tuple(th, v);
  if (!t) return NULL;
  if (t->length > (1u << 20)) return raise_value(th, "%s(): at most %d points, not %lld", fn, 1 << 20, (long long)t->length), NULL;
  float *xy = malloc((t->length ? t->length : 1) * 2 * sizeof *xy);
  if (!xy) return raise_memory(th), NULL;
  for (*n = 0; *n < t->length; ++*n)
    if (!point(th, fn, t->items[*n], xy + 2 * *n)) return free(xy), NULL;
  return xy;
}

static Value f_polyline(RpThread *th, const Value *a) {
  PEN("polyline");
  size_t n;
  int closed = a[1] == EMPTY ? 0 : op_truth(th, a[1]);
  float *xy = closed < 0 ? NULL : points(th, "polyline", a[0], &n);
  if (!xy) return EMPTY;
  paint_polyline(p, xy, n, closed);
  free(xy);
  return NONE;
}
static Value f_polygon(RpThread *th, const Value *a) {
  PEN("polygon");
  size_t n;
  float *xy = points(th, "polygon", a[0], &n);
  if (!xy) return EMPTY;
  paint_polygon(p, xy, n);
  free(xy);
  return NONE;
}

/* -- Text -------------------------------------------------------------------------------------- */

static Value f_text(RpThread *th, const Value *a) {
  PEN("text");
  float xy[2];
  size_t n;
  if (viz_numbers(th, "text(s, x, y)", a + 1, 2, xy) < 0) return EMPTY;
  Str *s = op_str(th, a[0]);
  const char *utf8 = s ? str_utf8(th, s, &n) : NULL;
  if (!utf8) return EMPTY;
  paint_text(p, utf8, n, xy[0], xy[1]);
  return NONE;
}
static Value f_text_width(RpThread *th, const Value *a) {
  PEN("text_width");
  size_t n;
  Str *s = op_str(th, a[0]);
  const char *utf8 = s ? str_utf8(th, s, &n) : NULL;
  return utf8 ? value_double_canon((double)paint_text_width(p, utf8, n)) : EMPTY;
}
static Value f_text_size(RpThread *th, const Value *a) {
  PEN("text_size");
  NUMBERS("text_size(size)", 1);
  paint_text_size(p, f[0]);
  return NONE;
}

/* One of a list of words: its index, -1 + ValueError. */
static int word(RpThread *th, const char *call, Value v, const char *const *words, int n_words) {
  size_t n;
  const char *text = viz_text(th, call, "the word", v, &n);
  if (!text) return -1;
  StrBuilder sb;
  sb_init(&sb, th);
  for (int i = 0; i < n_words; i++) {
    if (strcmp(words[i], text) == 0) return sb_drop(&sb), i;
    sb_fmt(&sb, "%s\"%s\"", i ? ", " : "", words[i]);
  }
  Str *all = sb_finish(&sb);
  if (all) raise_value(th, "%s: one of %S, not %V", call, all, v);
  return -1;
}
static Value f_text_align(RpThread *th, const Value *a) {
  static const char *const words[] = {"left", "center", "right"};
  PEN("text_align");
  int i = word(th, "text_align(side)", a[0], words, 3);
  if (i < 0) return EMPTY;
  paint_text_align(p, (TextAlign)i);
  return NONE;
}
static Value f_text_font(RpThread *th, const Value *a) {
  static const char *const words[] = {"sans", "mono"};
  PEN("text_font");
  int i = word(th, "text_font(face)", a[0], words, 2);
  if (i < 0) return EMPTY;
  paint_text_face(p, (FontFace)i);
  return NONE;
}

/* -- Pictures ------------------------------------------------------------------------------------ */

static Value f_image(RpThread *th, const Value *a) {
  PEN("image");
  VizImage *im = viz_image_arg(th, "image(img, x, y, w, h)", a[0]);
  float f[4];
  int n = im ? viz_numbers(th, "image(x, y, w, h)", a + 1, 4, f) : -1;
  if (n < 0) return EMPTY;
  if (n < 1) f[0] = 0;
  if (n < 2) f[1] = 0;
  if (n < 3) f[2] = (float)im->img->w;
  if (n < 4) f[3] = n < 3 ? (float)im->img->h : f[2] * (float)im->img->h / (float)im->img->w;
  Viz *viz = ((VizThread *)th->host_data)->viz;
  viz_lock_images(th, viz);
  paint_image(p, im->img, f[0], f[1], f[2], f[3]);
  viz_unlock_images(viz);
  return NONE;
}

/* -- Style ------------------------------------------------------------------------------------------ */

#define COLOUR_FUNCTION(name) \
  static Value f_##name(RpThread *th, const Value *a) { \
    PEN(#name); \
    Colour c; \
    if (!viz_colour_args(th, #name, a, &c)) return EMPTY; \
    paint_##name(p, c); \
    return NONE; \
  }
COLOUR_FUNCTION(background)
COLOUR_FUNCTION(fill)
COLOUR_FUNCTION(stroke)
COLOUR_FUNCTION(tint)

static Value f_no_fill(RpThread *th, const Value *a) {
  PEN("no_fill");
  paint_no_fill(p);
  return NONE;
}
static Value f_no_stroke(RpThread *th, const Value *a) {
  PEN("no_stroke");
  paint_no_stroke(p);
  return NONE;
}
static Value f_no_tint(RpThread *th, const Value *a) {
  PEN("no_tint");
  paint_tint(p, (Colour){1, 1, 1, 1});
  return NONE;
}
static Value f_stroke_weight(RpThread *th, const Value *a) {
  PEN("stroke_weight");
  NUMBERS("stroke_weight(weight)", 1);
  paint_stroke_weight(p, f[0]);
  return NONE;
}
static Value f_blend(RpThread *th, const Value *a) {
  static const char *const words[] = {"normal", "add", "screen", "multiply"};
  PEN("blend");
  int i = word(th, "blend(mode)", a[0], words, 4);
  if (i < 0) return EMPTY;
  paint_blend(p, (BlendMode)i);
  return NONE;
}
static Value f_clip(RpThread *th, const Value *a) {
  PEN("clip");
  NUMBERS("clip(x, y, w, h)", 4);
  paint_clip(p, f[0], f[1], f[2], f[3]);
  return NONE;
}
static Value f_no_clip(RpThread *th, const Value *a) {
  PEN("no_clip");
  paint_no_clip(p);
  return NONE;
}

/* -- Transform -------------------------------------------------------------------------------------------- */

static Value f_translate(RpThread *th, const Value *a) {
  PEN("translate");
  NUMBERS("translate(x, y)", 2);
  paint_translate(p, f[0], f[1]);
  return NONE;
}
static Value f_rotate(RpThread *th, const Value *a) {
  PEN("rotate");
  NUMBERS("rotate(angle)", 1);
  paint_rotate(p, f[0]);
  return NONE;
}
static Value f_scale(RpThread *th, const Value *a) {
  PEN("scale");
  float f[2];
  int n = viz_numbers(th, "scale(sx, sy)", a, 2, f);
  if (n < 0) return EMPTY;
  paint_scale(p, f[0], n == 2 ? f[1] : f[0]);
  return NONE;
}

/* with pushed(): the object only has __enter__ and __exit__; nesting is the painter's. */
static Value f_pushed(RpThread *th, const Value *a) {
  PEN("pushed");
  return value_object(heap_new(th, NativeObject, SHAPE_viz_pushed, K_NATIVE_OBJECT));
}
static Value pushed_enter(RpThread *th, const Value *a) {
  PEN("pushed");
  if (!paint_push(p)) return raise_runtime(th, "pushed(): nested more than %d deep", PAINT_DEPTH_MAX);
  return a[0];
}
static Value pushed_exit(RpThread *th, const Value *a) {
  VizThread *vt = th->host_data;
  if (vt && vt->paint) paint_pop(vt->paint);
  return NONE;
}
const TypeSpec spec_viz_pushed = {
    .doc = "What pushed() returns, for a with statement.",
    .size = sizeof(NativeObject),
    .methods = (const NativeDef[]){{"__enter__", pushed_enter, "(self, /)", 0, NULL},
                                   {"__exit__", pushed_exit, "(self, type, value, traceback, /)", 0, NULL},
                                   {0}},
};

/* -- Canvas ----------------------------------------------------------------------------------------------------- */

static Value f_size(RpThread *th, const Value *a) {
  int64_t w, h;
  Viz *viz = viz_of(th);
  if (!viz) return EMPTY;
  for (int i = 0; i < 2; i++)
    if (!is_int(a[i])) return raise_type(th, "size(w, h): whole numbers of pixels, not %V", a[i]);
  w = as_int(a[0]), h = as_int(a[1]);
  if (w < 1 || h < 1 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX)
    return raise_value(th, "size(w, h): each 1..%d, not %lld x %lld", IMAGE_SIDE_MAX, (long long)w, (long long)h);
  if (viz->size_fixed) return NONE;
  if (viz->layer) layer_request_size(viz->layer, (int)w, (int)h);
  viz->live.w = (int)w;
  viz->live.h = (int)h;
  return NONE;
}

#define COLOUR_SIG "(v1, v2=None, v3=None, alpha=None, /)"
const NativeDef viz_draw_functions[] = {
    {"size", f_size, "(w, h)", 0, "Asks for a canvas of w x h pixels, from the next frame on."},
    {"background", f_background, COLOUR_SIG, 0, "Fills the whole layer with a colour; with an alpha below 1 layers beneath show through."},
    {"fill", f_fill, COLOUR_SIG, 0, "Colour of the inside of shapes and of text."},
    {"no_fill", f_no_fill, "()", 0, "Shapes get no inside."},
    {"stroke", f_stroke, COLOUR_SIG, 0, "Colour of lines and outlines."},
    {"no_stroke", f_no_stroke, "()", 0, "Shapes get no outline."},
    {"stroke_weight", f_stroke_weight, "(weight)", 0, "Width of lines and outlines."},
    {"tint", f_tint, COLOUR_SIG, 0, "Colour that images are multiplied with."},
    {"no_tint", f_no_tint, "()", 0, "Images keep their colours."},
    {"blend", f_blend, "(mode)", 0, "How what follows goes onto the picture: \"normal\", \"add\", \"screen\", \"multiply\"."},
    {"clip", f_clip, "(x, y, w, h)", 0, "What follows shows inside this box only."},
    {"no_clip", f_no_clip, "()", 0, "Everywhere again."},
    {"rect", f_rect, "(x, y, w, h, radius=0)", 0, "Rectangle from its top left corner; radius rounds the corners."},
    {"circle", f_circle, "(x, y, radius)", 0, "Circle around x, y."},
    {"ellipse", f_ellipse, "(x, y, rx, ry)", 0, "Ellipse around x, y with radii rx and ry."},
    {"line", f_line, "(x1, y1, x2, y2)", 0, "Line in the stroke colour."},
    {"triangle", f_triangle, "(x1, y1, x2, y2, x3, y3)", 0, "Triangle."},
    {"polyline", f_polyline, "(points, closed=False)", 0, "Line through points, an iterable of (x, y)."},
    {"polygon", f_polygon, "(points)", 0, "Filled shape with corners at points, an iterable of (x, y)."},
    {"text", f_text, "(s, x, y)", 0, "Writes str(s) in the fill colour, from x, on the base line y; \\n begins a line."},
    {"text_size", f_text_size, "(size)", 0, "Height of letters in pixels."},
    {"text_align", f_text_align, "(side)", 0, "\"left\", \"center\" or \"right\" of x."},
    {"text_font", f_text_font, "(face)", 0, "\"sans\" or \"mono\"."},
    {"text_width", f_text_width, "(s)", 0, "Width of the widest line of str(s)."},
    {"image", f_image, "(img, x=0, y=0, w=None, h=None)", 0, "Draws an Image with its top left corner at x, y, in its own size or w x h."},
    {"translate", f_translate, "(x, y)", 0, "Moves the origin."},
    {"rotate", f_rotate, "(angle)", 0, "Turns what follows around the origin, in radians, clockwise."},
    {"scale", f_scale, "(sx, sy=None)", 0, "Enlarges what follows."},
    {"pushed", f_pushed, "()", 0, "with pushed(): style and transform are as before after it."},
    {0},
};
