/* bench_paint.c: what drawing costs. Prints ns per recorded circle (best of several), and CPU ms per frame for
** 10,000 circles at 640x360 split into recording, batching and everything with OpenGL. A measurement, never a test.
** */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/batch.h"
#include "engine/gfx.h"
#include "engine/paint.h"
#include "engine/win.h"

#define N 10000

static double cpu_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static float xs[N], ys[N];

static void record(Painter *p, CmdList *list) {
  cmdlist_reset(list);
  paint_begin(p, list, 640, 360);
  paint_background(p, (Colour){0, 0, 0, 1});
  for (int i = 0; i < N; i++) {
    paint_fill(p, (Colour){(float)(i & 255) / 255, 0.5f, 0.7f, 1});
    paint_circle(p, xs[i], ys[i], 3);
  }
}

static void print_best(const char *what, double best, double per) { printf("%-38s %9.2f\n", what, best / per); }

int main(void) {
  CmdList *list = cmdlist_new();
  Painter *p = malloc(sizeof *p);
  Batch batch = {0};
  double best = 1e18, t;
  paint_init(p);
  paint_no_stroke(p);
  for (int i = 0; i < N; i++) xs[i] = (float)(rand() % 640), ys[i] = (float)(rand() % 360);
  for (int round = 0; round < 50; round++) {
    t = cpu_ns(), record(p, list), t = cpu_ns() - t;
    if (t < best) best = t;
  }
  print_best("ns to record a circle with its fill", best, N);
  best = 1e18;
  for (int round = 0; round < 50; round++) {
    cmdlist_reset(list);
    paint_begin(p, list, 640, 360);
    t = cpu_ns();
    for (int i = 0; i < N; i++) paint_circle(p, xs[i], ys[i], 3);
    t = cpu_ns() - t;
    if (t < best) best = t;
  }
  print_best("ns to record a circle", best, N);
  record(p, list);
  best = 1e18;
  for (int round = 0; round < 50; round++) {
    t = cpu_ns(), batch_begin(&batch, 640, 360), batch_list(&batch, list, NULL), t = cpu_ns() - t;
    if (t < best) best = t;
  }
  print_best("ns to batch a circle", best, N);
  char err[300];
  Win *win = win_sdl_new(&(WinConfig){.w = 640, .h = 360, .offscreen = true}, err, sizeof err);
  Gfx *gfx = win ? gfx_gl_new(win->api->gl_proc, err, sizeof err) : NULL;
  if (!gfx) return printf("no OpenGL: %s\n", err), 0;
  GfxTarget *layer = gfx->api->target_new(gfx, 640, 360), *canvas = gfx->api->target_new(gfx, 640, 360);
  best = 1e18;
  for (int round = 0; round < 40; round++) {
    t = cpu_ns();
    record(p, list);
    gfx->api->replay(gfx, layer, list);
    gfx->api->compose(gfx, canvas, &(GfxView){layer, BLEND_NORMAL, 1}, 1);
    gfx->api->show(gfx, canvas, (GfxRect){0, 0, 640, 360}, 640, 360, NULL);
    win->api->swap(win);
    gfx->api->finish(gfx);
    t = cpu_ns() - t;
    if (t < best) best = t;
  }
  print_best("CPU ms for a frame of 10,000 circles", best, 1e6);
  best = 1e18;
  Image *img = image_new(640, 360);
  for (int round = 0; round < 40; round++) {
    image_write(img, false);
    t = cpu_ns();
    cmdlist_reset(list);
    paint_begin(p, list, 640, 360);
    paint_background(p, (Colour){0, 0, 0, 1});
    paint_image(p, img, 0, 0, 640, 360);
    gfx->api->replay(gfx, layer, list);
    gfx->api->compose(gfx, canvas, &(GfxView){layer, BLEND_NORMAL, 1}, 1);
    gfx->api->show(gfx, canvas, (GfxRect){0, 0, 640, 360}, 640, 360, NULL);
    win->api->swap(win);
    gfx->api->finish(gfx);
    t = cpu_ns() - t;
    if (t < best) best = t;
  }
  print_best("CPU ms for a frame of one 640x360 image", best, 1e6);
  gfx->api->free(gfx), win->api->close(win);
  return 0;
}
