/* frame.c: see frame.h. Read engine_run and one_frame first: they are the life of a show and the life of a frame. */
#include "engine/frame.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/audio.h"
#include "engine/backends.h"
#include "engine/capture.h"
#include "engine/clock.h"
#include "engine/input.h"
#include "engine/log.h"
#include "engine/overlay.h"

#define LAYERS_MAX 64
#define OVERLAY_EVERY_NS (100 * NS_PER_MS)
#define FILES_EVERY_NS (5 * NS_PER_MS)
#define STUCK_AFTER_MS 2000
#define RESERVE_MARGIN_NS (1 * NS_PER_MS)

typedef struct Slot { /* a layer and its picture */
  LayerCallbacks cb;
  void *user;
  char *name;
  double budget_ms;
  Layer *layer;
  GfxTarget *target;
  LayerStats stats; /* final, once the layer is gone */
} Slot;

struct Engine {
  EngineConfig cfg;
  Slot slots[LAYERS_MAX];
  Layer *layers[LAYERS_MAX]; /* slots[i].layer without gaps, for layers_wait */
  int n_slots, n_layers;
  Pool *pool;
  Win *win;
  Gfx *gfx;
  GfxTarget *canvas;
  int canvas_w, canvas_h, win_w, win_h;
  Audio *audio;
  InputState input;
  InputSnapshot *in; /* of the current frame */
  FrameClock clock;
  VirtualClock virtual_clock;
  Bell *bell;
  Capture *capture;
  atomic_bool stop;
  bool gave_up; /* offline: a layer never answered */
  pthread_mutex_t shot_lock;
  char *shot_path; /* guarded by shot_lock: a picture was asked for */

  CmdList *overlay_list;
  bool overlay_on;
  int64_t overlay_at_ns, files_at_ns;

  int64_t reserve_ns;  /* what the part after the deadline is expected to take */
  int64_t shown_at_ns; /* last present */
  double hz;           /* smoothed */
  EngineStats stats;
};

/* -- Making and adding ------------------------------------------------------------------------- */

static int pick(int given, int otherwise) { return given ? (given < 0 ? 0 : given) : otherwise; }

static GfxRect shown_rect(const Engine *eng) { return gfx_fit(eng->canvas_w, eng->canvas_h, eng->win_w, eng->win_h); }
static char *copy_or_null(const char *s) { return s ? strdup(s) : NULL; }

Engine *engine_new(const EngineConfig *config) {
  Engine *eng = calloc(1, sizeof *eng);
  if (!eng) return NULL;
  EngineConfig *c = &eng->cfg;
  *c = *config;
  c->title = copy_or_null(config->title);
  c->out_dir = copy_or_null(config->out_dir);
  c->w = c->w > 0 ? c->w : 1280, c->h = c->h > 0 ? c->h : 720;
  if (c->w > IMAGE_SIDE_MAX) c->w = IMAGE_SIDE_MAX;
  if (c->h > IMAGE_SIDE_MAX) c->h = IMAGE_SIDE_MAX;
  if (!(c->fps > 0)) c->fps = 60.0;
  c->watchdog_ms = pick(c->watchdog_ms, c->offline ? 10000 : 250);
  c->setup_watchdog_ms = pick(c->setup_watchdog_ms, 10000);
  c->setup_wait_ms = pick(c->setup_wait_ms, 3000);
  c->shutdown_ms = pick(c->shutdown_ms, 500);
  eng->canvas_w = c->w, eng->canvas_h = c->h;
  eng->overlay_on = c->overlay;
  eng->stats.worst_what = "-";
  eng->pool = pool_new(c->workers);
  eng->bell = bell_new();
  pthread_mutex_init(&eng->shot_lock, NULL);
  input_init(&eng->input);
  if (eng->pool && eng->bell) return eng;
  engine_free(eng);
  return NULL;
}

bool engine_add_layer(Engine *eng, const LayerCallbacks *cb, void *user, const char *name) {
  char *copy = eng->n_slots < LAYERS_MAX ? strdup(name) : NULL;
  if (!copy) return false;
  eng->slots[eng->n_slots++] = (Slot){.cb = *cb, .user = user, .name = copy};
  return true;
}

void engine_set_budget(Engine *eng, double budget_ms) {
  if (eng->n_slots) eng->slots[eng->n_slots - 1].budget_ms = budget_ms;
}

void engine_stop(Engine *eng) { atomic_store(&eng->stop, true); }
Pool *engine_pool(Engine *eng) { return eng->pool; }

bool engine_screenshot(Engine *eng, const char *path) {
  char *copy = strdup(path);
  if (!copy) return false;
  pthread_mutex_lock(&eng->shot_lock);
  free(eng->shot_path);
  eng->shot_path = copy;
  pthread_mutex_unlock(&eng->shot_lock);
  return true;
}

/* -- Opening and closing ----------------------------------------------------------------------- */

static void open_video(Engine *eng) {
  WinConfig wc = {eng->canvas_w, eng->canvas_h, eng->cfg.title, eng->cfg.offscreen, eng->cfg.vsync};
  const EngineBackends *backends = eng->cfg.backends;
  char err[512];
  eng->win = eng->cfg.null_video ? win_null_new(&wc) : win_open(&wc, backends);
  if (eng->win && eng->win->api->has_gl && !(eng->gfx = backends->gfx_new(eng->win->api->gl_proc, err, sizeof err)))
    englog_line("%s: scripts run, nothing is drawn", err);
  if (!eng->gfx) eng->gfx = gfx_null_new();
  if (eng->win) eng->win->api->size(eng->win, &eng->win_w, &eng->win_h);
  eng->canvas = eng->gfx->api->target_new(eng->gfx, eng->canvas_w, eng->canvas_h);
  eng->stats.drew = eng->gfx->api->draws;
  if (eng->stats.drew && !eng->canvas)
    englog_line("a canvas of %dx%d is too large for this OpenGL: nothing is drawn", eng->canvas_w, eng->canvas_h);
  eng->stats.visible = eng->win && eng->win->visible;
}

/* Every program and pixel format once, before the clock starts: drivers compile at first use, for tens of
** milliseconds. */
static void warm_up(Engine *eng) {
  CmdList *list = cmdlist_new();
  Painter *p = malloc(sizeof *p);
  Image *img = image_new(1, 1);
  if (list && p && img && eng->canvas) {
    paint_init(p);
    paint_begin(p, list, eng->canvas_w, eng->canvas_h);
    paint_circle(p, 1, 1, 1);
    paint_text(p, "a", 1, 1, 1);
    paint_image(p, img, 0, 0, 1, 1);
    eng->gfx->api->replay(eng->gfx, eng->canvas, list);
    eng->gfx->api->compose(eng->gfx, eng->canvas, &(GfxView){NULL, BLEND_NORMAL, 0}, 1);
    eng->gfx->api->show(eng->gfx, eng->canvas, shown_rect(eng), eng->win_w, eng->win_h, list);
    eng->gfx->api->finish(eng->gfx);
  }
  image_drop(img);
  free(p);
  cmdlist_free(list);
}

static bool open_out(Engine *eng) {
  const char *dir = eng->cfg.out_dir;
  struct stat st;
  if (!dir) return true;
  if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
    englog_line("cannot make folder %s: %s", dir, strerror(errno));
    return false;
  }
  if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
    englog_line("cannot write pictures: %s is not a folder", dir);
    return false;
  }
  if (!eng->gfx->api->draws) englog_line("no pictures will be written: nothing is drawn");
  return true;
}

static void publish(Engine *eng, uint64_t frame, double t, double dt) {
  AudioSnapshot audio;
  audio_snapshot(eng->audio, &audio);
  InputSnapshot *in = input_publish(&eng->input, frame, t, dt, eng->canvas_w, eng->canvas_h, &audio);
  if (!in) return; /* out of memory: the layers see the last frame's once more */
  input_release(eng->in);
  eng->in = in;
}

static void start_layers(Engine *eng) {
  LayerConfig lc = {
      .pool = eng->pool, .watchdog_ms = eng->cfg.watchdog_ms, .setup_watchdog_ms = eng->cfg.setup_watchdog_ms};
  for (int i = 0; i < eng->n_slots; i++) {
    Slot *s = &eng->slots[i];
    lc.name = s->name;
    lc.budget_ms = eng->cfg.offline ? 0 : s->budget_ms;
    s->layer = layer_start(&s->cb, s->user, &lc, eng->bell, eng->in);
    if (!s->layer) continue;
    eng->layers[eng->n_layers++] = s->layer;
    if (!eng->cfg.no_watch) layer_watch(s->layer, s->name);
    s->target = eng->gfx->api->target_new(eng->gfx, eng->canvas_w, eng->canvas_h);
  }
}

static void stop_layers(Engine *eng) {
  int64_t deadline = clock_now_ns() + eng->cfg.shutdown_ms * NS_PER_MS;
  for (int i = 0; i < eng->n_slots; i++) /* before the stop counts as an interrupt */
    if (eng->slots[i].layer) eng->slots[i].stats = layer_stats(eng->slots[i].layer);
  for (int i = 0; i < eng->n_layers; i++) layer_ask_stop(eng->layers[i]);
  for (int i = 0; i < eng->n_slots; i++) {
    Slot *s = &eng->slots[i];
    if (!s->layer) continue;
    LayerEnd end = layer_stop(s->layer, deadline);
    eng->stats.n_stuck += end == LAYER_STUCK;
    eng->stats.n_leaving += end == LAYER_LEAVING;
    s->layer = NULL;
    eng->gfx->api->target_free(eng->gfx, s->target);
    s->target = NULL;
  }
  eng->n_layers = 0;
}

static void close_video(Engine *eng) {
  eng->stats.gl_errors = eng->gfx->api->n_errors(eng->gfx);
  eng->gfx->api->target_free(eng->gfx, eng->canvas);
  eng->gfx->api->free(eng->gfx);
  if (eng->win) eng->win->api->close(eng->win);
  eng->canvas = NULL, eng->gfx = NULL, eng->win = NULL;
}

void engine_free(Engine *eng) {
  if (!eng) return;
  for (int i = 0; i < eng->n_slots; i++) free(eng->slots[i].name);
  pool_drop(eng->pool);
  bell_drop(eng->bell);
  pthread_mutex_destroy(&eng->shot_lock);
  free(eng->shot_path);
  cmdlist_free(eng->overlay_list);
  free((char *)eng->cfg.title);
  free((char *)eng->cfg.out_dir);
  free(eng);
}

/* -- Input and size ---------------------------------------------------------------------------- */

static void set_canvas_size(Engine *eng, int w, int h) {
  if (w == eng->canvas_w && h == eng->canvas_h) return;
  if (eng->canvas && !eng->gfx->api->target_resize(eng->gfx, eng->canvas, w, h)) {
    englog_line("a canvas of %dx%d is too large for this OpenGL: size unchanged", w, h);
    return;
  }
  for (int i = 0; i < eng->n_slots; i++)
    if (eng->slots[i].target) eng->gfx->api->target_resize(eng->gfx, eng->slots[i].target, w, h);
  eng->canvas_w = w, eng->canvas_h = h;
  input_feed(&eng->input, &(InputEvent){.kind = EVENT_RESIZED, .key = KEY_NONE, .x = (float)w, .y = (float)h});
}

/* A script's size() sizes the window too; a user's drag sizes the canvas unless the size was fixed. */
static void follow_sizes(Engine *eng, bool resized) {
  int w, h;
  if (resized) {
    eng->win->api->size(eng->win, &eng->win_w, &eng->win_h);
    if (!eng->cfg.size_fixed && eng->win_w > 0 && eng->win_h > 0) set_canvas_size(eng, eng->win_w, eng->win_h);
  }
  for (int i = 0; i < eng->n_slots; i++) {
    if (!eng->slots[i].layer || !layer_take_size(eng->slots[i].layer, &w, &h) || eng->cfg.size_fixed) continue;
    set_canvas_size(eng, w, h);
    if (!eng->win) continue;
    eng->win->api->resize(eng->win, eng->canvas_w, eng->canvas_h);
    eng->win->api->size(eng->win, &eng->win_w, &eng->win_h);
  }
}

static void handle_own_keys(Engine *eng) {
  const InputState *st = &eng->input;
  bool ctrl = (st->keys[KEY_LCTRL / 64] >> (KEY_LCTRL % 64) & 1) || (st->keys[KEY_RCTRL / 64] >> (KEY_RCTRL % 64) & 1);
  for (uint32_t i = 0; i < st->n_events; i++) {
    const InputEvent *ev = &st->events[i];
    if (ev->kind != EVENT_KEY_PRESSED || ev->repeat) continue;
    if (ev->key == KEY_F1) eng->overlay_on = !eng->overlay_on, eng->overlay_at_ns = 0;
    if (ev->key == KEY_Q && ctrl) engine_stop(eng);
    if (ev->key == KEY_F12) {
      char path[4096];
      const char *dir = eng->cfg.out_dir ? eng->cfg.out_dir : ".";
      snprintf(path, sizeof path, "%s/replicant_%06lld.png", dir, (long long)eng->clock.n);
      if (engine_screenshot(eng, path)) englog_line("picture: %s", path);
    }
  }
}

static void pump(Engine *eng) {
  bool resized = false;
  if (eng->win) eng->win->api->pump(eng->win, &eng->input, shown_rect(eng), eng->canvas_w, eng->canvas_h, &resized);
  if (eng->input.quit) engine_stop(eng);
  handle_own_keys(eng);
  follow_sizes(eng, resized);
}

/* -- Pictures ---------------------------------------------------------------------------------- */

/* Lists that are ready go into their layers' targets. Taken at the deadline, and once more at the next frame's
** start, so that a late picture shows as soon as it can. */
static void replay_ready(Engine *eng) {
  for (int i = 0; i < eng->n_slots; i++) {
    Slot *s = &eng->slots[i];
    CmdList *list = s->layer ? layer_take_list(s->layer) : NULL;
    if (!list) continue;
    if (s->target) eng->gfx->api->replay(eng->gfx, s->target, list);
    layer_return_list(s->layer, list);
  }
}

static void compose(Engine *eng) {
  GfxView views[LAYERS_MAX];
  int n = 0;
  for (int i = 0; i < eng->n_slots; i++)
    if (eng->slots[i].target && eng->slots[i].layer)
      views[n++] =
          (GfxView){eng->slots[i].target, layer_blend(eng->slots[i].layer), layer_opacity(eng->slots[i].layer)};
  if (eng->canvas) eng->gfx->api->compose(eng->gfx, eng->canvas, views, n);
}

static void fill_overlay(Engine *eng, OverlayInfo *info) {
  *info = (OverlayInfo){
      .hz = eng->hz,
      .worst_ms = (double)eng->stats.worst_ns * 1e-6,
      .worst_what = eng->stats.worst_what,
      .n_frames = (uint64_t)eng->stats.n_frames,
      .n_late = (uint64_t)eng->stats.n_late_frames,
      .n_lost = (uint64_t)eng->stats.n_skipped,
      .audio = audio_status(eng->audio),
      .levels = eng->in->audio,
      .renderer = eng->gfx->api->name,
  };
  if (eng->cfg.collector_line) eng->cfg.collector_line(eng->cfg.user, info->collector, sizeof info->collector);
  for (int i = 0; i < eng->n_slots && info->n_layers < OVERLAY_LAYERS_MAX; i++) {
    Slot *s = &eng->slots[i];
    if (!s->layer) continue;
    OverlayLayer *l = &info->layers[info->n_layers++];
    l->name = s->name;
    l->budget_ms = s->budget_ms;
    l->stats = layer_stats(s->layer);
    l->script_ms = (double)l->stats.script_last * 1e-6;
    layer_status(s->layer, &l->status);
  }
}

/* NULL when it is off. Repainted ten times a second, from the frame clock, so that offline pictures with it are
** repeatable. */
static const CmdList *overlay(Engine *eng, int w, int h) {
  if (!eng->overlay_on || !eng->gfx->api->draws) return NULL;
  if (!eng->overlay_list) eng->overlay_list = cmdlist_new();
  if (!eng->overlay_list) return NULL;
  int64_t now = frameclock_due(&eng->clock, eng->clock.n);
  bool same_size = eng->overlay_list->canvas_w == w && eng->overlay_list->canvas_h == h;
  if (eng->overlay_at_ns && now - eng->overlay_at_ns < OVERLAY_EVERY_NS && same_size) return eng->overlay_list;
  Painter *p = malloc(sizeof *p);
  OverlayInfo *info = malloc(sizeof *info);
  if (p && info) {
    fill_overlay(eng, info);
    cmdlist_reset(eng->overlay_list);
    paint_init(p);
    paint_begin(p, eng->overlay_list, w, h);
    overlay_paint(p, info, w, h);
    paint_end(p);
    eng->overlay_at_ns = now;
  }
  free(p);
  free(info);
  return eng->overlay_list;
}

static char *take_shot_path(Engine *eng) {
  pthread_mutex_lock(&eng->shot_lock);
  char *path = eng->shot_path;
  eng->shot_path = NULL;
  pthread_mutex_unlock(&eng->shot_lock);
  return path;
}

static void put_picture(Engine *eng, const uint32_t *pixels, const char *path, bool may_wait) {
  size_t size = (size_t)eng->canvas_w * (size_t)eng->canvas_h * 4;
  uint32_t *copy = malloc(size);
  if (!eng->capture) eng->capture = capture_new();
  if (copy) memcpy(copy, pixels, size);
  if (!copy || !capture_put(eng->capture, copy, eng->canvas_w, eng->canvas_h, path, may_wait))
    eng->stats.n_pictures_lost++;
}

/* Reads the composed canvas back when somebody wants it. */
static void capture(Engine *eng) {
  char *shot = take_shot_path(eng);
  bool wanted = shot || eng->cfg.out_dir || eng->cfg.want_pixels;
  uint32_t *pixels = wanted && eng->canvas ? malloc((size_t)eng->canvas_w * (size_t)eng->canvas_h * 4) : NULL;
  if (pixels && eng->cfg.overlay_in_out) {
    const CmdList *list = overlay(eng, eng->canvas_w, eng->canvas_h);
    if (list) eng->gfx->api->replay(eng->gfx, eng->canvas, list);
  }
  if (pixels && !eng->gfx->api->read(eng->gfx, eng->canvas, pixels)) {
    free(pixels);
    pixels = NULL;
  }
  if (pixels && eng->cfg.out_dir) {
    char path[4096];
    snprintf(path, sizeof path, "%s/frame_%06lld.%s", eng->cfg.out_dir, (long long)eng->clock.n,
             eng->cfg.out_ppm ? "ppm" : "png");
    put_picture(eng, pixels, path, eng->cfg.offline);
  }
  if (pixels && shot) put_picture(eng, pixels, shot, true);
  if (shot && !pixels) englog_line("no picture: nothing is drawn");
  if (eng->cfg.frame_done) eng->cfg.frame_done(eng->cfg.user, eng, eng->clock.n, pixels, eng->canvas_w, eng->canvas_h);
  free(pixels);
  free(shot);
}

/* -- Time -------------------------------------------------------------------------------------- */

/* When the layers' pictures are taken: early enough that what follows fits before the frame is due. */
static int64_t deadline_of(const Engine *eng) {
  if (eng->cfg.offline) return 0;
  int64_t period = frameclock_period(&eng->clock), reserve = eng->reserve_ns + RESERVE_MARGIN_NS;
  if (reserve > period * 6 / 10) reserve = period * 6 / 10;
  return frameclock_due(&eng->clock, eng->clock.n + 1) - reserve;
}

typedef struct Stamps { /* CLOCK_MONOTONIC along one frame */
  int64_t begin, taken, drawn, waited, shown;
} Stamps;

static void count_frame(Engine *eng, const Stamps *at, int64_t due_ns) {
  EngineStats *st = &eng->stats;
  st->n_frames++;
  hist_add(&st->work, (at->drawn - at->taken) + (at->shown - at->waited));
  int64_t cost = (at->drawn - at->taken) + (at->shown - at->waited);
  eng->reserve_ns = cost > eng->reserve_ns ? cost : eng->reserve_ns - eng->reserve_ns / 16 + cost / 16;
  if (!eng->cfg.offline && at->shown > due_ns + frameclock_period(&eng->clock) / 2) st->n_late_frames++;
  if (eng->shown_at_ns) {
    int64_t interval = at->shown - eng->shown_at_ns;
    hist_add(&st->interval, interval);
    eng->hz += (1e9 / (double)(interval > 0 ? interval : 1) - eng->hz) *
               (st->n_frames < 30 ? 1.0 / (double)st->n_frames : 1.0 / 30);
    if (interval > st->worst_ns && st->n_frames > 2) { /* the first frames compile shaders and touch cold memory */
      int64_t part[4] = {at->taken - at->begin, at->drawn - at->taken, at->waited - at->drawn, at->shown - at->waited};
      static const char *const name[4] = {"layers", "draw", "wait", "present"};
      int worst = 0;
      for (int i = 1; i < 4; i++)
        if (part[i] > part[worst]) worst = i;
      st->worst_ns = interval;
      st->worst_what = name[worst];
    }
  }
  eng->shown_at_ns = at->shown;
}

/* -- The frame --------------------------------------------------------------------------------- */

static void poll_files(Engine *eng) {
  int64_t now = clock_now_ns();
  if (eng->cfg.no_watch || now - eng->files_at_ns < FILES_EVERY_NS) return;
  eng->files_at_ns = now;
  for (int i = 0; i < eng->n_layers; i++) layer_poll_files(eng->layers[i], now);
}

static void wake_layers(Engine *eng) {
  int64_t slack = eng->cfg.offline ? 0 : frameclock_due(&eng->clock, eng->clock.n + 1);
  for (int i = 0; i < eng->n_layers; i++) layer_wake(eng->layers[i], eng->in, slack);
}

/* Offline a frame waits for every layer, but not for one that has ignored its interrupts for long: that ends the
** run. */
static void wait_layers(Engine *eng) {
  int64_t deadline = deadline_of(eng), limit_ms = eng->cfg.watchdog_ms;
  if (eng->cfg.setup_watchdog_ms > limit_ms) limit_ms = eng->cfg.setup_watchdog_ms;
  bool bounded = eng->cfg.watchdog_ms > 0 && eng->cfg.setup_watchdog_ms > 0;
  if (eng->cfg.offline && bounded) deadline = clock_now_ns() + (limit_ms + STUCK_AFTER_MS) * NS_PER_MS;
  bool idle = layers_wait(eng->bell, eng->layers, eng->n_layers, deadline);
  if (idle || !eng->cfg.offline) return;
  for (int i = 0; i < eng->n_layers; i++)
    if (!layer_is_idle(eng->layers[i])) englog_line("%s does not answer; giving up", layer_name(eng->layers[i]));
  eng->gave_up = true;
  engine_stop(eng);
}

static void one_frame(Engine *eng) {
  FrameClock *fc = &eng->clock;
  Stamps at = {.begin = clock_now_ns()};
  replay_ready(eng);
  pump(eng);
  publish(eng, (uint64_t)fc->n, frameclock_time(fc, fc->n),
          frameclock_time(fc, fc->n + 1) - frameclock_time(fc, fc->n));
  poll_files(eng);
  wake_layers(eng);
  wait_layers(eng);
  for (int i = 0; i < eng->n_layers; i++) layer_count_late(eng->layers[i]);
  at.taken = clock_now_ns();
  replay_ready(eng);
  compose(eng);
  capture(eng);
  if (eng->canvas && eng->stats.visible)
    eng->gfx->api->show(eng->gfx, eng->canvas, shown_rect(eng), eng->win_w, eng->win_h,
                        overlay(eng, eng->win_w, eng->win_h));
  at.drawn = clock_now_ns();
  int64_t due = frameclock_due(fc, fc->n + 1);
  eng->stats.n_skipped += frameclock_next(fc);
  at.waited = clock_now_ns();
  if (eng->win) eng->win->api->swap(eng->win);
  at.shown = clock_now_ns();
  count_frame(eng, &at, due);
}

static bool finished(const Engine *eng) {
  return atomic_load(&eng->stop) || (eng->cfg.n_frames > 0 && eng->stats.n_frames >= eng->cfg.n_frames);
}

int engine_run(Engine *eng) {
  open_video(eng);
  bool out_ok = open_out(eng);
  eng->audio = audio_open(eng->cfg.backends && !eng->cfg.no_audio && !eng->cfg.offline ? eng->cfg.backends->audio : NULL);
  publish(eng, 0, 0.0, 1.0 / eng->cfg.fps);
  if (eng->in && out_ok) start_layers(eng);
  layers_wait(eng->bell, eng->layers, eng->n_layers,
              eng->cfg.offline && eng->cfg.setup_watchdog_ms <= 0
                  ? 0
                  : clock_now_ns() +
                        (eng->cfg.offline ? eng->cfg.setup_watchdog_ms + STUCK_AFTER_MS : eng->cfg.setup_wait_ms) *
                            NS_PER_MS);
  follow_sizes(eng, false);
  warm_up(eng);
  if (eng->win) eng->win->api->reveal(eng->win);
  frameclock_init(&eng->clock, eng->cfg.offline ? clock_virtual(&eng->virtual_clock) : clock_system(), eng->cfg.fps);
  while (eng->in && out_ok && !finished(eng)) one_frame(eng);
  stop_layers(eng);
  uint64_t n_failed = 0;
  capture_free(eng->capture, &eng->stats.n_pictures, &n_failed);
  eng->capture = NULL;
  eng->stats.n_pictures_lost += n_failed;
  close_video(eng);
  audio_close(eng->audio);
  eng->audio = NULL;
  input_release(eng->in);
  eng->in = NULL;
  return out_ok && n_failed == 0 && !eng->gave_up ? 0 : 1;
}

/* -- Numbers ----------------------------------------------------------------------------------- */

void engine_stats(const Engine *eng, EngineStats *out) { *out = eng->stats; }

static void print_hist(FILE *out, const char *name, const Hist *h) {
  fprintf(out, "%-9s ms  mean %.2f  p50 %.2f  p99 %.2f  max %.2f\n", name, (double)hist_mean(h) * 1e-6,
          (double)hist_quantile(h, 0.5) * 1e-6, (double)hist_quantile(h, 0.99) * 1e-6, (double)h->max_ns * 1e-6);
}

void engine_print_stats(const Engine *eng, FILE *out) {
  const EngineStats *st = &eng->stats;
  fprintf(out, "frames    %lld  late %lld  skipped %lld  worst %.2f ms (%s)\n", (long long)st->n_frames,
          (long long)st->n_late_frames, (long long)st->n_skipped, (double)st->worst_ns * 1e-6, st->worst_what);
  print_hist(out, "interval", &st->interval);
  print_hist(out, "engine", &st->work);
  for (int i = 0; i < eng->n_slots; i++) {
    const Slot *s = &eng->slots[i];
    LayerStats ls = s->layer ? layer_stats(s->layer) : s->stats;
    fprintf(out, "layer     %s  runs %llu  late %llu  spared %llu  failed %llu  interrupted %llu  script ms mean %.2f worst %.2f\n",
            s->name, (unsigned long long)ls.n_runs, (unsigned long long)ls.n_late, (unsigned long long)ls.n_spared, (unsigned long long)ls.n_failed,
            (unsigned long long)ls.n_interrupted, ls.n_runs ? (double)ls.script_sum / (double)ls.n_runs * 1e-6 : 0.0,
            (double)ls.script_worst * 1e-6);
  }
  if (eng->cfg.collector_line) {
    char line[200] = "";
    eng->cfg.collector_line(eng->cfg.user, line, sizeof line);
    if (line[0]) fprintf(out, "collector %s\n", line);
  }
}
