/* viz.c: the module viz: its state per context, live objects (clock, canvas, mouse, keys, audio), error texts, the module itself. */
#include "script/viz.h"
#include "engine/frame.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "script/host.h"

/* -- State ------------------------------------------------------------------------ */

static void trace_viz(Tracer *tr, void *data) {
  Viz *viz = data;
  trace_value(tr, viz->kept);
  trace_value(tr, viz->old_kept);
  trace_value(tr, viz->kept_counts);
  trace_value(tr, viz->migrations);
  trace_value(tr, viz->put_pixel);
  kernels_trace(tr, &viz->kernels);
}

static Viz *viz_new(RpThread *th) {
  Viz *viz = calloc(1, sizeof *viz);
  if (!viz) return NULL;
  viz->ctx = th->ctx;
  viz->main.viz = viz;
  viz->live = (VizLive){.dt = 1.0 / 60, .w = 1280, .h = 720, .audio = AUDIO_SNAPSHOT_REST};
  atomic_store(&viz->rand_state, 1);
  pthread_mutex_init(&viz->image_lock, NULL);
  heap_root_add(th->ctx, trace_viz, viz);
  return viz;
}

Viz *viz_of(RpThread *th) {
  VizThread *vt = th->host_data;
  if (likely(vt)) return vt->viz;
  ScriptHost *h = script_host(th->ctx);
  Viz *viz = load_acquire(&h->viz);
  if (viz) return viz;
  viz = viz_new(th);
  if (!viz) return raise_memory(th), NULL;
  Viz *none = NULL;
  if (__atomic_compare_exchange_n(&h->viz, &none, viz, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return viz;
  heap_root_remove(th->ctx, trace_viz, viz);
  viz_free(viz);
  return none;
}

void viz_begin_run(Viz *viz, RpThread *th, const InputSnapshot *in, Painter *paint) {
  VizLive *l = &viz->live;
  l->t = in->t, l->dt = in->dt, l->frame = in->frame;
  l->w = in->canvas_w, l->h = in->canvas_h;
  l->mouse_x = in->mouse_x, l->mouse_y = in->mouse_y, l->mouse_px = in->mouse_px, l->mouse_py = in->mouse_py;
  l->wheel_x = in->wheel_x, l->wheel_y = in->wheel_y;
  l->buttons = in->buttons, l->clicked = in->clicked, l->mouse_inside = in->mouse_inside;
  memcpy(l->keys, in->keys, sizeof l->keys);
  l->audio = in->audio;
  viz->main.paint = paint;
  th->host_data = &viz->main;
}

void viz_end_run(Viz *viz, RpThread *th) { viz->main.paint = NULL; }

void viz_free(Viz *viz) {
  if (!viz) return;
  pool_drop(viz->pool);
  if (viz->scratch) cmdlist_free(viz->scratch);
  pthread_mutex_destroy(&viz->image_lock);
  free(viz->folder);
  free(viz);
}

/* -- Arguments and errors --------------------------------------------------------------- */

/* Outside `show`, the main thread draws into a list that nobody takes. */
static Painter *scratch_painter(RpThread *th, Viz *viz) {
  if (!(viz->scratch = cmdlist_new())) return raise_memory(th), NULL;
  paint_init(&viz->scratch_paint);
  paint_begin(&viz->scratch_paint, viz->scratch, viz->live.w, viz->live.h);
  th->host_data = &viz->main;
  return viz->main.paint = &viz->scratch_paint;
}

Painter *viz_painter_slow(RpThread *th, const char *fn) {
  VizThread *vt = th->host_data;
  if (vt && vt->in_map) return raise_runtime(th, "%s(): a function that map() runs cannot draw; it returns its pixel's colour", fn), NULL;
  Viz *viz = viz_of(th);
  if (!viz) return NULL;
  if (viz->layer || th != th->ctx->main_thread)
    return raise_runtime(th, "%s(): drawing is for the layer's own thread, in setup(), update(), draw() and event functions", fn), NULL;
  return scratch_painter(th, viz);
}

int viz_numbers_slow(RpThread *th, const char *call, const Value *a, int i, Value v, float *out) {
  double d;
  Type *t = type_of(v);
  if (int_check(v) || float_check(v) || t->slots.float_ || t->slots.index) {
    if (!op_as_double(th, v, &d)) return -1;
    return *out = (float)d, 0;
  }
  const char *open = strchr(call, '('), *word = open ? open + 1 : call;
  for (int k = 0; k < i && *word; k++) {
    word += strcspn(word, ",");
    word += strspn(word, ", ");
  }
  char name[32];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word, ",)"), word);
  raise_type(th, "%s: %s must be a number, not %V (%T)", call, name, v, v);
  return -1;
}

const char *viz_text(RpThread *th, const char *call, const char *what, Value v, size_t *n) {
  if (has_kind(v, K_STR)) return str_utf8(th, as_str(v), n);
  raise_type(th, "%s: %s must be a str, not %V (%T)", call, what, v, v);
  return NULL;
}

/* -- Live objects ------------------------------------------------------------------------------- */

#define LIVE(expr) \
  Viz *viz = viz_of(th); \
  if (unlikely(!viz)) return EMPTY; \
  const VizLive *l = &viz->live; \
  return expr
#define FLOAT(object, name, field) \
  static Value object##_##name(RpThread *th, Value self) { LIVE(value_double_canon((double)(l->field))); }

FLOAT(clock, time, t)
FLOAT(clock, dt, dt)
static Value clock_frame(RpThread *th, Value self) { LIVE(value_int((int64_t)l->frame)); }
/* Promised, and not there yet. */
#define LATER(object, name) \
  static Value object##_##name(RpThread *th, Value self) { return raise_todo(th, "viz." #object "." #name " is not there yet (docs/missing.md)"); }
LATER(clock, bpm)
LATER(clock, beat)
LATER(clock, bar)
LATER(clock, phase)
const TypeSpec spec_viz_clock = {
    .doc = "Time: t seconds since the start, dt since the frame before, frame its number.",
    .size = sizeof(NativeObject),
    .getsets = (const GetSetDef[]){{"t", clock_time, NULL, "seconds since the start"},
                                   {"dt", clock_dt, NULL, "seconds since the frame before"},
                                   {"frame", clock_frame, NULL, "number of the frame, from 0"},
                                   {"bpm", clock_bpm, NULL, NULL},
                                   {"beat", clock_beat, NULL, NULL},
                                   {"bar", clock_bar, NULL, NULL},
                                   {"phase", clock_phase, NULL, NULL},
                                   {0}},
};

static Value canvas_width(RpThread *th, Value self) { LIVE(value_int(l->w)); }
static Value canvas_height(RpThread *th, Value self) { LIVE(value_int(l->h)); }
static Value canvas_aspect(RpThread *th, Value self) { LIVE(value_double((double)l->w / (double)l->h)); }
static Value canvas_size(RpThread *th, const Value *a) {
  for (const NativeDef *d = viz_draw_functions; d->name; d++)
    if (strcmp(d->name, "size") == 0) return d->fn(th, a + 1);
  return EMPTY;
}
const TypeSpec spec_viz_canvas = {
    .doc = "The picture being drawn: width, height in pixels, aspect = width / height.",
    .size = sizeof(NativeObject),
    .methods = (const NativeDef[]){{"size", canvas_size, "(self, w, h)", 0, "As size(w, h)."}, {0}},
    .getsets = (const GetSetDef[]){{"width", canvas_width, NULL, "pixels"},
                                   {"height", canvas_height, NULL, "pixels"},
                                   {"aspect", canvas_aspect, NULL, "width / height"},
                                   {0}},
};

FLOAT(mouse, x, mouse_x)
FLOAT(mouse, y, mouse_y)
FLOAT(mouse, px, mouse_px)
FLOAT(mouse, py, mouse_py)
FLOAT(mouse, wheel, wheel_y)
FLOAT(mouse, wheel_x, wheel_x)
#define BUTTON(name, field, button) \
  static Value mouse_##name(RpThread *th, Value self) { LIVE(value_bool(l->field >> button & 1)); }
static Value mouse_down(RpThread *th, Value self) { LIVE(value_bool(l->buttons != 0)); }
static Value mouse_clicked(RpThread *th, Value self) { LIVE(value_bool(l->clicked != 0)); }
static Value mouse_inside(RpThread *th, Value self) { LIVE(value_bool(l->mouse_inside)); }
BUTTON(left, buttons, BUTTON_LEFT)
BUTTON(middle, buttons, BUTTON_MIDDLE)
BUTTON(right, buttons, BUTTON_RIGHT)
const TypeSpec spec_viz_mouse = {
    .doc = "The mouse: x, y on the canvas, down while a button is held, clicked in the frame in which it went down.",
    .size = sizeof(NativeObject),
    .getsets = (const GetSetDef[]){{"x", mouse_x, NULL, "canvas pixels"},
                                   {"y", mouse_y, NULL, "canvas pixels, down"},
                                   {"px", mouse_px, NULL, "x in the frame before"},
                                   {"py", mouse_py, NULL, "y in the frame before"},
                                   {"down", mouse_down, NULL, "a button is held"},
                                   {"clicked", mouse_clicked, NULL, "a button went down in this frame"},
                                   {"left", mouse_left, NULL, "the left button is held"},
                                   {"middle", mouse_middle, NULL, "the middle button is held"},
                                   {"right", mouse_right, NULL, "the right button is held"},
                                   {"wheel", mouse_wheel, NULL, "notches in this frame, up is positive"},
                                   {"wheel_x", mouse_wheel_x, NULL, "notches in this frame, right is positive"},
                                   {"inside", mouse_inside, NULL, "the mouse is over the window"},
                                   {0}},
};

/* keys.left, keys["left"], "left" in keys: 1 while held, else 0, so that keys.right - keys.left is a direction. */
static Value key_state(RpThread *th, Str *name) {
  size_t n;
  const char *text = str_utf8(th, name, &n);
  if (!text) return EMPTY;
  Key key = input_key_find(text);
  if (key == KEY_NONE) return NOT_IMPLEMENTED;
  LIVE(value_int(key < N_KEYS && (l->keys[key / 64] >> (key % 64) & 1)));
}
static Value keys_getattr(RpThread *th, Value self, Str *name) {
  Value v = name->length && str_at(name, 0) == '_' ? NOT_IMPLEMENTED : key_state(th, name);
  return v == NOT_IMPLEMENTED ? object_getattr(th, self, name) : v;
}
static Value keys_getitem(RpThread *th, Value self, Value key) {
  Value v = has_kind(key, K_STR) ? key_state(th, as_str(key)) : NOT_IMPLEMENTED;
  return v == NOT_IMPLEMENTED ? raise_key(th, key) : v;
}
static int keys_contains(RpThread *th, Value self, Value key) {
  Value v = keys_getitem(th, self, key);
  return v == EMPTY ? -1 : v == value_int(1);
}
const TypeSpec spec_viz_keys = {
    .doc = "The keyboard: keys.left, keys.space, keys.a, keys[\"1\"] are 1 while held, else 0.",
    .size = sizeof(NativeObject),
    .flags = TYPE_CUSTOM_GETATTR,
    .slots = {.getattr = keys_getattr, .getitem = keys_getitem, .contains = keys_contains},
};

FLOAT(audio, bass, audio.bass)
FLOAT(audio, mid, audio.mid)
FLOAT(audio, treb, audio.treb)
FLOAT(audio, vol, audio.vol)
FLOAT(audio, bass_att, audio.bass_att)
FLOAT(audio, mid_att, audio.mid_att)
FLOAT(audio, treb_att, audio.treb_att)
FLOAT(audio, vol_att, audio.vol_att)
FLOAT(audio, peak, audio.peak)
static Value audio_live(RpThread *th, Value self) { LIVE(value_bool(l->audio.live)); }
LATER(audio, wave)
LATER(audio, left)
LATER(audio, right)
LATER(audio, bands)
LATER(audio, at)
LATER(audio, fft)
LATER(audio, onset)
LATER(audio, beat)
LATER(audio, bpm)
LATER(audio, texture)
const TypeSpec spec_viz_audio = {
    .doc = "The sound: bass, mid, treb, vol are 1.0 at this song's recent average; *_att are smoothed.",
    .size = sizeof(NativeObject),
    .getsets = (const GetSetDef[]){{"bass", audio_bass, NULL, NULL},
                                   {"mid", audio_mid, NULL, NULL},
                                   {"treb", audio_treb, NULL, NULL},
                                   {"vol", audio_vol, NULL, NULL},
                                   {"bass_att", audio_bass_att, NULL, NULL},
                                   {"mid_att", audio_mid_att, NULL, NULL},
                                   {"treb_att", audio_treb_att, NULL, NULL},
                                   {"vol_att", audio_vol_att, NULL, NULL},
                                   {"peak", audio_peak, NULL, "of the input, 0..1"},
                                   {"live", audio_live, NULL, "a device delivers sound"},
                                   {"wave", audio_wave, NULL, NULL},
                                   {"left", audio_left, NULL, NULL},
                                   {"right", audio_right, NULL, NULL},
                                   {"bands", audio_bands, NULL, NULL},
                                   {"at", audio_at, NULL, NULL},
                                   {"fft", audio_fft, NULL, NULL},
                                   {"onset", audio_onset, NULL, NULL},
                                   {"beat", audio_beat, NULL, NULL},
                                   {"bpm", audio_bpm, NULL, NULL},
                                   {"texture", audio_texture, NULL, NULL},
                                   {0}},
};

/* No gamepads yet: a centred stick. */
static Value pad_zero(RpThread *th, Value self) { return value_double(0); }
static Value pad_up(RpThread *th, Value self) { return value_int(0); }
const TypeSpec spec_viz_pad = {
    .doc = "The gamepad: sticks lx ly rx ry -1..1, buttons a b x y. At rest while there is none.",
    .size = sizeof(NativeObject),
    .getsets = (const GetSetDef[]){{"lx", pad_zero, NULL, NULL},
                                   {"ly", pad_zero, NULL, NULL},
                                   {"rx", pad_zero, NULL, NULL},
                                   {"ry", pad_zero, NULL, NULL},
                                   {"a", pad_up, NULL, NULL},
                                   {"b", pad_up, NULL, NULL},
                                   {"x", pad_up, NULL, NULL},
                                   {"y", pad_up, NULL, NULL},
                                   {0}},
};

/* -- The module ------------------------------------------------------------------------------------- */

static const NativeDef own_functions[] = {
    {"keep", viz_keep, "(cls, /)", 0,
     "cls() at the first run of this script; when the file is saved, the object of the version before: new attributes are added, removed ones go."},
    {0},
};

/* Of math, without names that hide a builtin. The very same functions: native code knows them. */
static const char *const math_names[] = {"sin",  "cos",  "tan", "asin", "acos",  "atan", "atan2",   "sinh",    "cosh", "tanh",
                                         "sqrt", "hypot", "floor", "ceil", "exp", "log",  "log2",  "fmod", "radians", "degrees", "pi",   "tau"};

static int add_math(RpThread *th, Dict *dict) {
  Value m = module_import_native(th, str_intern_c(th, "math"));
  if (m == EMPTY) return -1;
  for (size_t i = 0; i < countof(math_names); i++) {
    Value v = dict_get_c(th, ((Module *)as_object(m))->dict, math_names[i]);
    if (v == EMPTY || dict_set_c(th, dict, math_names[i], v) < 0) return -1;
  }
  return 0;
}

static int add_live(RpThread *th, Dict *dict) {
  static const struct { const char *name; uint32_t shape; } rows[] = {
      {"clock", SHAPE_viz_clock}, {"canvas", SHAPE_viz_canvas}, {"mouse", SHAPE_viz_mouse},
      {"keys", SHAPE_viz_keys},   {"audio", SHAPE_viz_audio},   {"pad", SHAPE_viz_pad}};
  for (size_t i = 0; i < countof(rows); i++) {
    NativeObject *o = heap_new(th, NativeObject, rows[i].shape, K_NATIVE_OBJECT);
    if (!o || dict_set_c(th, dict, rows[i].name, value_object(o)) < 0) return -1;
  }
  return 0;
}

static int viz_init(RpThread *th, Dict *dict) {
  const NativeDef *const tables[] = {viz_draw_functions, viz_colour_functions, viz_number_functions, viz_image_functions, viz_parallel_functions, own_functions};
  Str *name = str_intern_c(th, "viz");
  if (!name || !viz_of(th)) return -1;
  for (size_t i = 0; i < countof(tables); i++)
    if (native_add_all(th, dict, tables[i], name) < 0) return -1;
  if (dict_set_c(th, dict, "Color", value_object(&type_viz_Color)) < 0 || dict_set_c(th, dict, "Image", value_object(&type_viz_Image)) < 0)
    return -1;
  return add_math(th, dict) < 0 || add_live(th, dict) < 0 || viz_add_later(th, dict) < 0 ? -1 : 0;
}

const ModuleSpec mod_viz = {
    .doc = "Drawing for content scripts: shapes, images, colours, time and inputs. `from viz import *`, then define draw().",
    .init = viz_init,
};
