/* win_null.c: no window, no events, no GL; and the choice between the backends. */
#include <stdlib.h>

#include "engine/backends.h"
#include "engine/log.h"

typedef struct NullWin {
  Win base;
  int w, h;
} NullWin;

static void null_close(Win *win) { free(win); }

static void null_reveal(Win *win) {}
static void null_size(Win *win, int *w, int *h) { *w = ((NullWin *)win)->w, *h = ((NullWin *)win)->h; }
static void null_resize(Win *win, int w, int h) { ((NullWin *)win)->w = w, ((NullWin *)win)->h = h; }
static void null_pump(Win *win, InputState *st, GfxRect shown, int canvas_w, int canvas_h, bool *resized) {
  *resized = false;
}
static void null_swap(Win *win) {}

static const WinApi null_api = {
    .name = "null",
    .has_gl = false,
    .close = null_close,
    .reveal = null_reveal,
    .size = null_size,
    .resize = null_resize,
    .pump = null_pump,
    .swap = null_swap,
};

Win *win_null_new(const WinConfig *config) {
  NullWin *win = calloc(1, sizeof *win);
  if (!win) return NULL;
  win->base.api = &null_api;
  win->w = config->w, win->h = config->h;
  return &win->base;
}

Win *win_open(const WinConfig *config, const EngineBackends *backends) {
  char err[256] = "", first[256] = "";
  bool has_display = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
  WinConfig cfg = *config;
  Win *win = NULL;
  if (!backends) return win_null_new(config);
  if (!cfg.offscreen && has_display && !(win = backends->win_new(&cfg, first, sizeof first)))
    englog_line("cannot open a window (%s); trying offscreen", first);
  if (win) return win;
  if (!cfg.offscreen && !has_display) englog_line("no display; drawing offscreen");
  cfg.offscreen = true;
  if ((win = backends->win_new(&cfg, err, sizeof err))) return win;
  englog_line("no OpenGL (%s): scripts run, nothing is drawn", err);
  return win_null_new(config);
}
