/* overlay.c: see overlay.h. Readable from two metres on a dark stage: large monospaced letters, one colour for
** trouble. */
#include "engine/overlay.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PANEL ((Colour){0.02f, 0.03f, 0.05f, 0.82f})
#define PLAIN ((Colour){0.88f, 0.92f, 0.96f, 1.0f})
#define FAINT ((Colour){0.55f, 0.62f, 0.70f, 1.0f})
#define TROUBLE ((Colour){1.0f, 0.62f, 0.25f, 1.0f})

#define COLUMNS 72          /* widest ordinary line */
#define MONO_ADVANCE 0.602f /* of DejaVu Sans Mono, per em */

typedef struct Pad { /* where the next line goes */
  Painter *p;
  float x, y, line;
} Pad;

static void put(Pad *pad, Colour c, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void put(Pad *pad, Colour c, const char *fmt, ...) {
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  if (n >= (int)sizeof text) n = sizeof text - 1;
  if (n > 0) {
    paint_fill(pad->p, c);
    paint_text(pad->p, text, (size_t)n, pad->x, pad->y);
  }
  pad->y += pad->line;
}

static void put_layer(Pad *pad, const OverlayLayer *l) {
  char budget[16] = "-";
  const char *base = strrchr(l->name, '/');
  if (l->budget_ms > 0) snprintf(budget, sizeof budget, "%.3g ms", l->budget_ms);
  bool over = l->budget_ms > 0 && (double)l->stats.script_average > l->budget_ms * 1e6;
  bool trouble = l->status.n_faults || l->stats.late_now || over;
  put(pad, trouble ? TROUBLE : PLAIN, "%-12.12s %5.1f ms %7s  %-12.12s %-9.9s %4u %5llu %6llu", base ? base + 1 : l->name,
      l->script_ms, budget, l->status.compiled, l->status.state, l->status.n_faults,
      (unsigned long long)l->stats.n_late, (unsigned long long)l->stats.n_spared);
  if (l->status.last_fault[0]) put(pad, TROUBLE, "  %s", l->status.last_fault);
}

static float panel_lines(const OverlayInfo *info) {
  float n = 4.0f + (info->collector[0] ? 1.0f : 0.0f);
  for (int i = 0; i < info->n_layers; i++) n += info->layers[i].status.last_fault[0] ? 2.0f : 1.0f;
  return n;
}

void overlay_paint(Painter *p, const OverlayInfo *info, int w, int h) {
  float size = (float)w / (COLUMNS * MONO_ADVANCE);
  size = (float)(int)(size < 8.0f ? 8.0f : size > 18.0f ? 18.0f : size);
  Pad pad = {p, size, size * 1.6f, size * 1.35f};
  paint_no_stroke(p);
  paint_fill(p, PANEL);
  paint_rect(p, size * 0.4f, size * 0.4f, (float)w - size * 0.8f, panel_lines(info) * pad.line + size * 0.6f,
             size * 0.4f);
  paint_text_size(p, size);
  paint_text_face(p, FONT_MONO);
  put(&pad, info->n_late + info->n_lost ? TROUBLE : PLAIN, "%.1f Hz  late %llu  lost %llu / %llu   worst %.1f ms (%s)   %s", info->hz,
      (unsigned long long)info->n_late, (unsigned long long)info->n_lost, (unsigned long long)info->n_frames, info->worst_ms, info->worst_what,
      info->renderer);
  put(&pad, FAINT, "%-12s %8s %7s  %-12s %-9s %4s %5s %6s", "layer", "script", "budget", "compiled", "state", "flts",
      "late", "spared");
  for (int i = 0; i < info->n_layers; i++) put_layer(&pad, &info->layers[i]);
  if (info->collector[0]) put(&pad, PLAIN, "GC  %s", info->collector);
  put(&pad, PLAIN, "in  bass %.2f  mid %.2f  treb %.2f  peak %.2f   %s", (double)info->levels.bass,
      (double)info->levels.mid, (double)info->levels.treb, (double)info->levels.peak, info->audio);
  put(&pad, FAINT, "F1 this panel   F12 save a picture   ctrl+q quit");
}
