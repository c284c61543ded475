/* viz_color.c: the type Color (a tuple r, g, b, a with names), and arguments that mean colours. */
#include "script/viz.h"
#include "engine/colour.h"
#include "runtime/heap_fast.h"
#include "runtime/list.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/structseq.h"

Value viz_colour_new(RpThread *th, double r, double g, double b, double a) {
  Tuple *t = (Tuple *)heap_alloc_fast(th, SHAPE_viz_Color, K_TUPLE, sizeof(Tuple) + 4 * sizeof(Value));
  if (unlikely(!t)) return EMPTY;
  double parts[4] = {r, g, b, a}, sum = r + g + b + a;
  for (int i = 0; i < 4; i++) t->items[i] = likely(sum == sum) ? value_double(parts[i]) : value_double_canon(parts[i]);
  t->length = 4;
  return value_object(t);
}
static Value from_colour(RpThread *th, Colour c) { return viz_colour_new(th, c.r, c.g, c.b, c.a); }

/* -- Reading ------------------------------------------------------------------------- */

static bool is_number(Value v) { return is_double(v) || is_int(v) || float_check(v) || int_check(v); }

static int number(RpThread *th, Value v, float *out) {
  if (likely(is_double(v))) return *out = (float)as_double(v), 1;
  if (is_int(v)) return *out = (float)as_int(v), 1;
  double d;
  if (!is_number(v)) return 0;
  if (!op_as_double(th, v, &d)) return -1;
  return *out = (float)d, 1;
}

static int from_items(RpThread *th, const Value *items, uint64_t n, Colour *out) {
  float f[4] = {0, 0, 0, 1};
  if (n != 3 && n != 4) return 0;
  for (uint64_t i = 0; i < n; i++) {
    int rc = items[i] == EMPTY ? 0 : number(th, items[i], &f[i]);
    if (rc <= 0) return rc;
  }
  *out = (Colour){f[0], f[1], f[2], f[3]};
  return 1;
}

int viz_to_colour(RpThread *th, Value v, Colour *out) {
  if (tuple_check(v)) return from_items(th, as_tuple(v)->items, as_tuple(v)->length, out);
  if (list_check(v)) {
    Array *a = list_array(as_list(v));
    return from_items(th, a->items, load_acquire(&a->length), out);
  }
  if (has_kind(v, K_STR)) {
    size_t n;
    const char *text = str_utf8(th, as_str(v), &n);
    return !text ? -1 : colour_parse(text, n, out);
  }
  float grey;
  int rc = number(th, v, &grey);
  if (rc > 0) *out = (Colour){grey, grey, grey, 1};
  return rc;
}

static bool bad(RpThread *th, const char *fn, Value v) {
  if (has_kind(v, K_STR)) raise_value(th, "%s(): %V is not a colour; write \"#rgb\", \"#rrggbb\" or \"#rrggbbaa\"", fn, v);
  else raise_type(th, "%s(): a colour is a grey level, r g b numbers, a Color or \"#rrggbb\", not %V", fn, v);
  return false;
}

bool viz_colour_args(RpThread *th, const char *fn, const Value *a, Colour *out) {
  int n = 0;
  while (n < 4 && a[n] != EMPTY) n++;
  float f[4];
  bool numbers = true;
  for (int i = 0; numbers && i < n; i++) {
    int rc = number(th, a[i], &f[i]);
    if (rc < 0) return false;
    numbers = rc;
  }
  if (numbers) {
    if (n == 0) return raise_type(th, "%s() needs a colour", fn), false;
    if (n <= 2) *out = (Colour){f[0], f[0], f[0], n == 2 ? f[1] : 1};
    else *out = (Colour){f[0], f[1], f[2], n == 4 ? f[3] : 1};
    return true;
  }
  int rc = viz_to_colour(th, a[0], out);
  if (rc < 0) return false;
  if (rc == 0 || is_number(a[0])) {
    for (int i = 1; rc && i < n; i++)
      if (!is_number(a[i])) return bad(th, fn, a[i]);
    return bad(th, fn, a[0]);
  }
  if (n > 2) return raise_type(th, "%s(): after a Color only an alpha may follow, not %V", fn, a[2]), false;
  if (n == 2) {
    rc = number(th, a[1], &f[1]);
    if (rc <= 0) return rc < 0 ? false : (raise_type(th, "%s(): alpha must be a number, not %V", fn, a[1]), false);
    out->a = f[1];
  }
  return true;
}

/* -- Functions --------------------------------------------------------------------------- */

/* What pixel functions end with: floats, and no alpha. */
ALWAYS_INLINE bool three_floats(const Value *a) { return likely(is_double(a[0]) && is_double(a[1]) && is_double(a[2]) && a[3] == EMPTY); }

static Value f_hsv(RpThread *th, const Value *a) {
  float f[4] = {0, 1, 1, 1};
  if (three_floats(a)) return from_colour(th, colour_hsv((float)as_double(a[0]), (float)as_double(a[1]), (float)as_double(a[2]), 1));
  if (viz_numbers(th, "hsv(h, s, v, alpha)", a, 4, f) < 0) return EMPTY;
  return from_colour(th, colour_hsv(f[0], f[1], f[2], f[3]));
}

static Value f_rgb(RpThread *th, const Value *a) {
  double d[4] = {0, 0, 0, 1};
  float f;
  if (three_floats(a)) return viz_colour_new(th, as_double(a[0]), as_double(a[1]), as_double(a[2]), 1);
  for (int i = 0; i < 4 && a[i] != EMPTY; i++) {
    if (likely(is_double(a[i]))) d[i] = as_double(a[i]);
    else if (viz_numbers_slow(th, "rgb(r, g, b, alpha)", a, i, a[i], &f) < 0) return EMPTY;
    else d[i] = is_int(a[i]) ? (double)as_int(a[i]) : (double)f;
  }
  return viz_colour_new(th, d[0], d[1], d[2], d[3]);
}

static Value f_color(RpThread *th, const Value *a) {
  Colour c;
  return viz_colour_args(th, "color", a, &c) ? from_colour(th, c) : EMPTY;
}

const NativeDef viz_colour_functions[] = {
    {"hsv", f_hsv, "(h, s=1.0, v=1.0, alpha=1.0)", NATIVE_PURE, "Colour from hue in turns (wraps around), saturation and value 0..1."},
    {"rgb", f_rgb, "(r, g, b, alpha=1.0)", NATIVE_PURE, "Colour from red, green and blue 0..1."},
    {"color", f_color, "(v1, v2=None, v3=None, alpha=None, /)", 0,
     "Colour from a grey level, (grey, alpha), r g b [alpha], another Color [alpha] or \"#rrggbb\"."},
    {0},
};

/* -- The type --------------------------------------------------------------------------------- */

static Value color_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"Color", NULL, "(r, g=None, b=None, a=None)", 0, NULL, NULL};
  Value a[4];
  Colour c;
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  return viz_colour_args(th, "Color", a, &c) ? from_colour(th, c) : EMPTY;
}

static Value color_repr(RpThread *th, Value self) {
  const Value *v = as_tuple(self)->items;
  return value_object(str_fmt(th, "Color(r=%V, g=%V, b=%V, a=%V)", v[0], v[1], v[2], v[3]));
}

static Value get_hsv(RpThread *th, Value self) {
  Colour c;
  float h, s, v;
  if (viz_to_colour(th, self, &c) <= 0) return EMPTY;
  colour_to_hsv(c, &h, &s, &v);
  return value_object(tuple_of(th, 3, value_double((double)h), value_double((double)s), value_double((double)v)));
}

static Value with_alpha(RpThread *th, const Value *a) {
  float f;
  Colour c;
  if (viz_numbers(th, "Color.alpha(a)", a + 1, 1, &f) < 0 || viz_to_colour(th, a[0], &c) <= 0) return EMPTY;
  c.a = f;
  return from_colour(th, c);
}

static Value color_getnewargs(RpThread *th, const Value *a) {
  Tuple *t = tuple_new(th, as_tuple(a[0])->items, 4);
  return t ? value_object(t) : EMPTY;
}

const TypeSpec spec_viz_Color = {
    .doc = "A colour: r, g, b and a (alpha, 1 opaque), floats 0..1. Unpacks and indexes like a tuple.",
    .slots = {.repr = color_repr, .new_ = color_new},
    .methods = (const NativeDef[]){{"alpha", with_alpha, "(self, a, /)", 0, "The same colour with another alpha."},
                                   {"__getnewargs__", color_getnewargs, "(self, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "r", "red 0..1"),
                                   STRUCTSEQ_FIELD(1, "g", "green 0..1"),
                                   STRUCTSEQ_FIELD(2, "b", "blue 0..1"),
                                   STRUCTSEQ_FIELD(3, "a", "alpha 0..1, 1 is opaque"),
                                   {"hsv", get_hsv, NULL, "(hue in turns, saturation, value)"},
                                   {0}},
};
