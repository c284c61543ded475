/* test_draw.c: pictures. Each test draws with the painter, replays through OpenGL (offscreen) and compares with
** golden/NAME.png, 320x180. Tolerance: mean difference per channel at most 0.6 of 255 and at most 0.5 % of the
** pixels off by more than 24, so that another driver's rounding passes and a missing shape does not. A failure
** leaves NAME.actual.png, NAME.expected.png and NAME.diff.png (differences x8) in the build folder's out/.
** RP_GOLDEN_WRITE=1 writes the golden files instead: look at them before committing. */
#include "tests/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/backends.h"
#include "engine/frame.h"
#include "engine/gfx.h"
#include "engine/overlay.h"
#include "engine/paint.h"
#include "engine/win.h"
#include "tests/engine/gl_sanitize.h"

#define W 320
#define H 180

static Win *win;
static Gfx *gfx;
static CmdList *list;
static Painter paint;
static uint32_t pixels[W * H];

static bool open_gl(void) {
  char err[300];
  WinConfig wc = {.w = W, .h = H, .offscreen = true};
  win = win_sdl_new(&wc, err, sizeof err);
  gfx = win ? gfx_gl_new(win->api->gl_proc, err, sizeof err) : NULL;
  list = cmdlist_new();
  if (!gfx) fprintf(stderr, "no OpenGL here: %s\n", err);
  return gfx != NULL;
}

/* -- Comparing --------------------------------------------------------------------------------- */

static int channel(uint32_t p, int k) { return (int)(p >> (8 * k) & 255); }

static void save(const uint32_t *p, const char *name, const char *what) {
  char path[512], err[300];
  mkdir(RP_TEST_OUT, 0777);
  snprintf(path, sizeof path, "%s/%s.%s.png", RP_TEST_OUT, name, what);
  if (!image_save_rgba(p, W, H, path, err, sizeof err))
    fprintf(stderr, "%s\n", err);
  else
    fprintf(stderr, "    see %s\n", path);
}

static void save_diff(const uint32_t *a, const uint32_t *b, const char *name) {
  static uint32_t diff[W * H];
  for (int i = 0; i < W * H; i++) {
    diff[i] = 0xFF000000u;
    for (int k = 0; k < 3; k++) {
      int d = abs(channel(a[i], k) - channel(b[i], k)) * 8;
      diff[i] |= (uint32_t)(d > 255 ? 255 : d) << (8 * k);
    }
  }
  save(diff, name, "diff");
}

static void compare(const char *name) {
  char path[512], err[300] = "";
  snprintf(path, sizeof path, "%s/%s.png", RP_GOLDEN_DIR, name);
  if (getenv("RP_GOLDEN_WRITE")) {
    CHECK(image_save_rgba(pixels, W, H, path, err, sizeof err));
    return;
  }
  Image *want = image_load(path, err, sizeof err);
  if (err[0]) fprintf(stderr, "%s\n", err);
  REQUIRE(want && !err[0] && want->w == W && want->h == H);
  double sum = 0;
  int n_off = 0;
  for (int i = 0; i < W * H; i++) {
    int worst = 0;
    for (int k = 0; k < 3; k++) {
      int d = abs(channel(pixels[i], k) - channel(image_read(want)[i], k));
      sum += d;
      if (d > worst) worst = d;
    }
    n_off += worst > 24;
  }
  bool good = sum / (W * H * 3) <= 0.6 && n_off <= W * H / 200;
  CHECK(good);
  if (!good) {
    fprintf(stderr, "    %s: mean difference %.3f, %d pixels off\n", name, sum / (W * H * 3), n_off);
    save(pixels, name, "actual");
    save(image_read(want), name, "expected");
    save_diff(pixels, image_read(want), name);
  }
  image_drop(want);
}

/* -- Drawing ----------------------------------------------------------------------------------- */

static void begin(void) {
  cmdlist_reset(list);
  paint_init(&paint);
  paint_no_stroke(&paint);
  paint_begin(&paint, list, W, H);
}

/* Replays into a layer target, composes, reads back. */
static void render_onto(GfxTarget *layer) {
  GfxTarget *canvas = gfx->api->target_new(gfx, W, H);
  paint_end(&paint);
  CHECK(!cmdlist_check(list));
  gfx->api->replay(gfx, layer, list);
  gfx->api->compose(gfx, canvas, &(GfxView){layer, BLEND_NORMAL, 1.0f}, 1);
  CHECK(gfx->api->read(gfx, canvas, pixels));
  gfx->api->target_free(gfx, canvas);
  CHECK_EQ(gfx->api->n_errors(gfx), 0);
}

static void render(void) {
  GfxTarget *layer = gfx->api->target_new(gfx, W, H);
  render_onto(layer);
  gfx->api->target_free(gfx, layer);
}

static Colour grey(float v) { return (Colour){v, v, v, 1}; }
static Colour hsv(float h) { return colour_hsv(h, 0.75f, 1.0f, 1.0f); }
static uint32_t at(int x, int y) { return pixels[y * W + x]; }

TEST(shapes) {
  begin();
  paint_background(&paint, grey(0.1f));
  for (int i = 0; i < 8; i++) {
    paint_push(&paint);
    paint_translate(&paint, 22.0f + 39.0f * (float)i, 25);
    paint_fill(&paint, hsv((float)i / 8));
    if (i & 1) paint_stroke(&paint, grey(1)), paint_stroke_weight(&paint, 0.4f * (float)i);
    paint_circle(&paint, 0, 0, 2.0f + 2.0f * (float)i);
    paint_translate(&paint, 0, 45);
    paint_rotate(&paint, 0.2f * (float)i);
    paint_rect(&paint, -14, -9, 28, 18, (float)i);
    paint_translate(&paint, 0, 0);
    paint_reset_transform(&paint);
    paint_translate(&paint, 22.0f + 39.0f * (float)i, 112);
    paint_transform(&paint, (float[6]){1, 0.1f * (float)i, 0.15f * (float)i, 1, 0, 0});
    paint_ellipse(&paint, 0, 0, 17, 8);
    paint_reset_transform(&paint);
    paint_translate(&paint, 22.0f + 39.0f * (float)i, 152);
    paint_rotate(&paint, (float)i * 0.4f);
    paint_triangle(&paint, -14, 10, 14, 10, 0, -16);
    paint_pop(&paint);
  }
  render();
  CHECK_EQ(at(0, 0), 0xFF1A1A1Au);
  compare("shapes");
}

TEST(rect_on_pixel_edges_is_exact) {
  begin();
  paint_background(&paint, grey(0));
  paint_rect(&paint, 10, 20, 30, 40, 0);
  render();
  CHECK_EQ(at(10, 20), 0xFFFFFFFFu);
  CHECK_EQ(at(39, 59), 0xFFFFFFFFu);
  CHECK_EQ(at(9, 20), 0xFF000000u);
  CHECK_EQ(at(40, 59), 0xFF000000u);
  CHECK_EQ(at(10, 19), 0xFF000000u);
  CHECK_EQ(at(39, 60), 0xFF000000u);
}

TEST(lines) {
  float wave[200], zig[16], star[20];
  begin();
  paint_background(&paint, grey(0.05f));
  for (int i = 0; i < 12; i++) {
    float a = (float)i * (float)M_PI / 6;
    paint_stroke(&paint, hsv((float)i / 12));
    paint_stroke_weight(&paint, 0.25f + 0.7f * (float)i);
    paint_line(&paint, 55 + 14 * cosf(a), 55 + 14 * sinf(a), 55 + 42 * cosf(a), 55 + 42 * sinf(a));
  }
  for (int i = 0; i < 100; i++) wave[i * 2] = 110 + 2.0f * (float)i, wave[i * 2 + 1] = 35 + 25 * sinf((float)i * 0.15f);
  paint_stroke(&paint, (Colour){0.4f, 0.8f, 1, 1});
  paint_stroke_weight(&paint, 3);
  paint_polyline(&paint, wave, 100, false);
  for (int i = 0; i < 8; i++) zig[i * 2] = 120 + 24.0f * (float)i, zig[i * 2 + 1] = i & 1 ? 75 : 105;
  paint_stroke(&paint, (Colour){1, 0.7f, 0.2f, 1});
  paint_stroke_weight(&paint, 9);
  paint_polyline(&paint, zig, 8, false);
  for (int i = 0; i < 10; i++) {
    float r = i & 1 ? 14 : 34, a = (float)M_PI * (float)i / 5 - 0.3f;
    star[i * 2] = 60 + r * cosf(a), star[i * 2 + 1] = 142 + r * sinf(a);
  }
  paint_fill(&paint, (Colour){0.9f, 0.2f, 0.4f, 1});
  paint_stroke(&paint, grey(1));
  paint_stroke_weight(&paint, 2);
  paint_polygon(&paint, star, 10);
  paint_no_fill(&paint);
  paint_stroke_weight(&paint, 1);
  for (int i = 0; i < 10; i++) paint_rect(&paint, 130 + 6.0f * (float)i, 125 + 3.0f * (float)i, 60, 24, 0);
  paint_stroke(&paint, (Colour){1, 1, 1, 0.4f});
  paint_stroke_weight(&paint, 12);
  paint_polyline(&paint, (float[]){270, 130, 300, 130, 300, 165, 275, 165}, 4, false);
  render();
  compare("lines");
}

TEST(text) {
  begin();
  paint_background(&paint, grey(0.08f));
  float y = 18;
  for (int px = 8; px <= 26; px += 6) {
    paint_text_size(&paint, (float)px);
    paint_text(&paint, "Replicant 0123 \xC3\xA4\xC3\xB6\xC3\xBC \xCF\x80", 24, 8, y);
    y += (float)px * 1.4f;
  }
  paint_text_face(&paint, FONT_MONO);
  paint_text_size(&paint, 12);
  paint_fill(&paint, (Colour){1, 0.7f, 0.3f, 1});
  paint_text(&paint, "two\nlines", 9, 8, 125);
  paint_text_align(&paint, ALIGN_RIGHT);
  paint_text(&paint, "right\naligned", 13, 312, 125);
  paint_text_align(&paint, ALIGN_CENTRE);
  paint_translate(&paint, 180, 135);
  paint_rotate(&paint, -0.35f);
  paint_scale(&paint, 2, 2);
  paint_fill(&paint, (Colour){0.5f, 0.9f, 1, 1});
  paint_text(&paint, "turned", 6, 0, 0);
  render();
  compare("text");
}

TEST(images_and_clip) {
  Image *img = image_new(16, 16), *bad;
  char err[200];
  for (int i = 0; i < 256; i++)
    image_set(img, i % 16, i / 16, colour_hsv((float)(i % 16) / 16, 0.8f, (float)(i / 16) / 15, i % 3 ? 1.0f : 0.5f));
  begin();
  paint_background(&paint, grey(0.3f));
  paint_image(&paint, img, 10, 10, 16, 16);
  paint_image(&paint, img, 36, 10, 80, 60);
  paint_tint(&paint, (Colour){1, 0.5f, 0.5f, 0.6f});
  paint_image_part(&paint, img, 126, 10, 60, 60, 4, 4, 8, 8);
  paint_tint(&paint, grey(1));
  paint_push(&paint);
  paint_translate(&paint, 240, 45);
  paint_rotate(&paint, 0.5f);
  paint_image(&paint, img, -30, -25, 60, 50);
  paint_pop(&paint);
  bad = image_load("/nonexistent.png", err, sizeof err);
  paint_push(&paint);
  paint_clip(&paint, 10, 90, 100, 50);
  paint_image(&paint, bad, 0, 80, 90, 90);
  paint_fill(&paint, (Colour){1, 1, 0, 1});
  paint_circle(&paint, 100, 120, 30);
  paint_pop(&paint);
  paint_circle(&paint, 160, 130, 25);
  render();
  CHECK_EQ(at(9, 100), 0xFF4D4D4Du);
  CHECK_EQ(at(111, 120), 0xFF4D4D4Du);
  compare("images");
  image_drop(img);
  image_drop(bad);
}

TEST(image_exact_pixels_at_own_size) {
  Image *img = image_new(64, 32);
  for (int i = 0; i < 64 * 32; i++)
    image_set(img, i % 64, i / 64, (Colour){(float)(i % 64) / 63, (float)(i / 64) / 31, 0.5f, 1});
  begin();
  paint_background(&paint, grey(0));
  paint_image(&paint, img, 5, 7, 64, 32);
  render();
  for (int i = 0; i < 64 * 32; i++)
    if (at(5 + i % 64, 7 + i / 64) != image_read(img)[i]) CHECK(!"pixel differs");
  image_drop(img);
}

TEST(same_image_changed_between_two_draws) {
  Image *img = image_new(4, 4);
  image_fill(img, (Colour){1, 0, 0, 1});
  begin();
  paint_background(&paint, grey(0));
  paint_image(&paint, img, 0, 0, 10, 10);
  image_fill(img, (Colour){0, 1, 0, 1});
  paint_image(&paint, img, 20, 0, 10, 10);
  image_fill(img, (Colour){0, 0, 1, 1}); /* after recording: must not show */
  render();
  CHECK_EQ(at(5, 5), 0xFF0000FFu);
  CHECK_EQ(at(25, 5), 0xFF00FF00u);
  image_drop(img);
}

TEST(blends) {
  begin();
  paint_background(&paint, grey(0.25f));
  for (int mode = 0; mode < N_BLENDS; mode++) {
    float x = 42.0f + 78.0f * (float)mode;
    paint_blend(&paint, BLEND_NORMAL);
    paint_fill(&paint, (Colour){0.2f, 0.5f, 0.8f, 1});
    paint_rect(&paint, x - 34, 20, 34, 140, 0);
    paint_blend(&paint, (BlendMode)mode);
    paint_fill(&paint, (Colour){0.9f, 0.4f, 0.1f, 1});
    paint_circle(&paint, x, 60, 28);
    paint_fill(&paint, (Colour){0.9f, 0.4f, 0.1f, 0.5f});
    paint_circle(&paint, x, 125, 28);
  }
  render();
  compare("blends");
}

TEST(layers_compose) {
  GfxTarget *t[3], *canvas = gfx->api->target_new(gfx, W, H);
  GfxView views[3];
  for (int i = 0; i < 3; i++) {
    t[i] = gfx->api->target_new(gfx, W, H);
    begin();
    if (i == 0) paint_background(&paint, (Colour){0, 0.2f, 0.3f, 1});
    paint_fill(&paint, hsv((float)i / 3));
    paint_circle(&paint, 100.0f + 60.0f * (float)i, 90, 60);
    gfx->api->replay(gfx, t[i], list);
    views[i] = (GfxView){t[i], i == 1 ? BLEND_ADD : BLEND_NORMAL, i == 2 ? 0.5f : 1.0f};
  }
  gfx->api->compose(gfx, canvas, views, 3);
  CHECK(gfx->api->read(gfx, canvas, pixels));
  CHECK_EQ(gfx->api->n_errors(gfx), 0);
  for (int i = 0; i < 3; i++) gfx->api->target_free(gfx, t[i]);
  gfx->api->target_free(gfx, canvas);
  compare("layers");
}

TEST(no_background_keeps_the_picture) {
  GfxTarget *layer = gfx->api->target_new(gfx, W, H);
  begin();
  paint_background(&paint, grey(0));
  paint_rect(&paint, 0, 0, 20, 20, 0);
  render_onto(layer);
  begin();
  paint_rect(&paint, 40, 0, 20, 20, 0);
  render_onto(layer);
  CHECK_EQ(at(10, 10), 0xFFFFFFFFu);
  CHECK_EQ(at(50, 10), 0xFFFFFFFFu);
  CHECK(gfx->api->target_resize(gfx, layer, 160, 90)); /* and survives a new size */
  CHECK(gfx->api->target_resize(gfx, layer, W, H));
  begin();
  render_onto(layer);
  CHECK_EQ(at(10, 10), 0xFFFFFFFFu);
  CHECK_EQ(at(100, 100), 0xFF000000u);
  gfx->api->target_free(gfx, layer);
}

TEST(sizes_that_are_refused) {
  CHECK(!gfx->api->target_new(gfx, 0, 10));
  CHECK(!gfx->api->target_new(gfx, 1 << 20, 10));
  CHECK_EQ(gfx->api->n_errors(gfx), 0);
}

TEST(overlay_panel) {
  OverlayInfo info = {
      .hz = 60.0,
      .worst_ms = 17.1,
      .worst_what = "present",
      .n_frames = 36412,
      .n_late = 0,
      .n_lost = 2,
      .n_layers = 2,
      .collector = "stops 0.08 ms worst, frames lost 0   heap 41 MB",
      .audio = "48000 Hz in+out",
      .levels = AUDIO_SNAPSHOT_REST,
      .renderer = "OpenGL 3.3",
      .layers =
          {{.name = "demos/tunnel.py",
            .script_ms = 1.2,
            .budget_ms = 8,
            .status = {.compiled = "O2  11 ms", .state = "kept"}},
           {.name = "city.py",
            .script_ms = 3.9,
            .budget_ms = 2.5,
            .stats = {.n_late = 3, .n_spared = 120, .script_average = 3800000},
            .status = {.compiled = "O0->O2", .state = "kept", .n_faults = 1, .last_fault = "line 14, rolled back"}}},
  };
  begin();
  paint_background(&paint, (Colour){0.2f, 0.1f, 0.3f, 1});
  overlay_paint(&paint, &info, W, H);
  render();
  compare("overlay");
}

/* -- The loop with pictures -------------------------------------------------------------------- */

static bool orbit(void *user, LayerFrame *fr) {
  Painter *p = fr->paint;
  paint_background(p, grey(0.05f));
  paint_no_stroke(p);
  paint_translate(p, (float)fr->in->canvas_w / 2, (float)fr->in->canvas_h / 2);
  for (int i = 0; i < 120; i++) {
    float a = (float)i * 0.1f + (float)fr->in->t * 0.7f, r = 10 + (float)i * 0.6f;
    paint_fill(p, colour_hsv((float)i / 120 + (float)fr->in->t * 0.05f, 0.7f, 1, 1));
    paint_circle(p, r * cosf(a), r * sinf(a), 3);
  }
  return true;
}

static void keep_last(void *user, Engine *eng, int64_t n, const uint32_t *p, int w, int h) {
  if (p && w == W && h == H) memcpy(pixels, p, sizeof pixels);
}

static void run_engine(int fps, int n_frames) {
  EngineConfig cfg = {.backends = &replicant_engine_backends,
                      .w = W,
                      .h = H,
                      .offline = true,
                      .offscreen = true,
                      .fps = fps,
                      .n_frames = n_frames,
                      .want_pixels = true,
                      .frame_done = keep_last,
                      .workers = 1};
  Engine *eng = engine_new(&cfg);
  EngineStats st;
  engine_add_layer(eng, &(LayerCallbacks){.draw = orbit}, NULL, "orbit");
  CHECK_EQ(engine_run(eng), 0);
  engine_stats(eng, &st);
  CHECK_EQ(st.n_frames, n_frames);
  CHECK_EQ(st.gl_errors, 0);
  engine_free(eng);
}

/* Last of the GL tests: the loop opens its own window, so the shared one goes first. */
TEST(zz_loop_draws_the_same_at_any_rate) {
  gfx->api->free(gfx), win->api->close(win), gfx = NULL, win = NULL;
  static uint32_t first[W * H];
  run_engine(60, 61); /* frame 60 is second 1 */
  compare("orbit");
  memcpy(first, pixels, sizeof first);
  run_engine(30, 31);
  CHECK(memcmp(first, pixels, sizeof first) == 0);
}

/* -- Pixels written on all cores while earlier ones are shown ------------------------------------ */

typedef struct Filler {
  Image *img;
  uint32_t *out; /* of the frame being made */
  uint32_t colour;
  int64_t n_mixed, n_shown;
  int64_t last;
} Filler;

static bool fill_rows(void *user, int64_t begin, int64_t end, int worker) {
  Filler *f = user;
  for (int64_t i = begin * W; i < end * W; i++) f->out[i] = f->colour;
  return true;
}

static bool fill_draw(void *user, LayerFrame *fr) {
  Filler *f = user;
  f->colour = 0xFF000000u | (uint32_t)(fr->in->frame + 1) * 0x010305u;
  f->out = image_write(f->img, false);
  if (!f->out) return false;
  pool_for(layer_pool(fr->layer), H, 4, fill_rows, f);
  paint_background(fr->paint, grey(0));
  paint_image(fr->paint, f->img, 0, 0, W, H);
  return true;
}

static void fill_check(void *user, Engine *eng, int64_t n, const uint32_t *p, int w, int h) {
  Filler *f = user;
  if (!p) return;
  f->n_shown++;
  f->last = p[0];
  for (int i = 1; i < W * H; i++)
    if (p[i] != p[0]) {
      f->n_mixed++;
      return;
    }
}

static void run_filler(bool offline, Filler *f) {
  EngineConfig cfg = {.backends = &replicant_engine_backends,
                      .w = W,
                      .h = H,
                      .offline = offline,
                      .offscreen = true,
                      .n_frames = 30,
                      .fps = 120,
                      .want_pixels = true,
                      .frame_done = fill_check,
                      .user = f,
                      .workers = 3,
                      .no_audio = true};
  *f = (Filler){.img = image_new(W, H)};
  Engine *eng = engine_new(&cfg);
  engine_add_layer(eng, &(LayerCallbacks){.draw = fill_draw}, f, "filler");
  CHECK_EQ(engine_run(eng), 0);
  engine_free(eng);
  image_drop(f->img);
  CHECK_EQ(f->n_shown, 30);
  CHECK_EQ(f->n_mixed, 0); /* never half of one frame and half of another */
}

TEST(zz_loop_shows_whole_images_only) {
  Filler f;
  run_filler(true, &f);
  CHECK_EQ(f.last, 0xFF000000u | 30u * 0x010305u);
  run_filler(false, &f);
}

TEST(zz_loop_writes_pictures) {
  EngineConfig cfg = {.backends = &replicant_engine_backends,
                      .w = W,
                      .h = H,
                      .offline = true,
                      .offscreen = true,
                      .n_frames = 3,
                      .out_dir = RP_TEST_OUT "/frames",
                      .out_ppm = true};
  mkdir(RP_TEST_OUT, 0777);
  Engine *eng = engine_new(&cfg);
  EngineStats st;
  engine_add_layer(eng, &(LayerCallbacks){.draw = orbit}, NULL, "orbit");
  engine_screenshot(eng, RP_TEST_OUT "/shot.png");
  CHECK_EQ(engine_run(eng), 0);
  engine_stats(eng, &st);
  CHECK_EQ(st.n_pictures, 4);
  CHECK_EQ(access(RP_TEST_OUT "/frames/frame_000002.ppm", R_OK), 0);
  CHECK_EQ(access(RP_TEST_OUT "/shot.png", R_OK), 0);
  engine_free(eng);
  cfg.out_dir = "/dev/null/x";
  eng = engine_new(&cfg);
  CHECK_EQ(engine_run(eng), 1);
  engine_free(eng);
}

int main(int argc, char **argv) {
  if (!open_gl()) return 77;
  int rc = unit_run(argc, argv);
  cmdlist_free(list);
  if (gfx) gfx->api->free(gfx), win->api->close(win);
  return rc;
}
