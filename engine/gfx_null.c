/* gfx_null.c: draws nothing, so that everything else runs without a screen. */
#include <stdlib.h>

#include "engine/gfx.h"

static void null_free(Gfx *gfx) { free(gfx); }
static GfxTarget *null_target_new(Gfx *gfx, int w, int h) { return NULL; }
static void null_target_free(Gfx *gfx, GfxTarget *t) {}
static bool null_target_resize(Gfx *gfx, GfxTarget *t, int w, int h) { return false; }
static void null_replay(Gfx *gfx, GfxTarget *t, const CmdList *list) {}
static void null_compose(Gfx *gfx, GfxTarget *canvas, const GfxView *views, int n_views) {}
static void null_show(Gfx *gfx, GfxTarget *canvas, GfxRect at, int win_w, int win_h, const CmdList *overlay) {}
static bool null_read(Gfx *gfx, GfxTarget *t, uint32_t *pixels) { return false; }
static void null_finish(Gfx *gfx) {}
static uint64_t null_n_errors(Gfx *gfx) { return 0; }

static const GfxApi null_api = {
    .name = "null",
    .draws = false,
    .free = null_free,
    .target_new = null_target_new,
    .target_free = null_target_free,
    .target_resize = null_target_resize,
    .replay = null_replay,
    .compose = null_compose,
    .show = null_show,
    .read = null_read,
    .finish = null_finish,
    .n_errors = null_n_errors,
};

Gfx *gfx_null_new(void) {
  Gfx *gfx = malloc(sizeof *gfx);
  if (gfx) gfx->api = &null_api;
  return gfx;
}

GfxRect gfx_fit(int canvas_w, int canvas_h, int win_w, int win_h) {
  if (canvas_w < 1 || canvas_h < 1 || win_w < 1 || win_h < 1) return (GfxRect){0, 0, win_w, win_h};
  int w = win_w, h = (int)((int64_t)win_w * canvas_h / canvas_w);
  if (h > win_h) h = win_h, w = (int)((int64_t)win_h * canvas_w / canvas_h);
  if (w < 1) w = 1;
  if (h < 1) h = 1;
  return (GfxRect){(win_w - w) / 2, (win_h - h) / 2, w, h};
}
