/* overlay.h: what the operator sees over the picture (F1): frame rate, what was late, per layer its script,
** compiler state and faults, the collector, the inputs. Painted as ordinary draw commands, ten times a second;
** never part of exported pictures unless asked. Pure CPU. */
#ifndef RP_ENGINE_OVERLAY_H
#define RP_ENGINE_OVERLAY_H

#include "engine/layer.h"

#define OVERLAY_LAYERS_MAX 16

typedef struct OverlayLayer {
  const char *name;
  double script_ms; /* last run */
  double budget_ms; /* what its runs may take; 0: no limit */
  LayerStats stats;
  LayerStatus status;
} OverlayLayer;

typedef struct OverlayInfo {
  double hz, worst_ms;
  const char *worst_what; /* "present", "layers", ... */
  uint64_t n_frames, n_late, n_lost; /* lost: never made */
  int n_layers;
  OverlayLayer layers[OVERLAY_LAYERS_MAX];
  char collector[200]; /* "stops 0.08 ms worst, ..." */
  const char *audio;   /* audio_status */
  AudioSnapshot levels;
  const char *renderer;
} OverlayInfo;

/* Onto a window of w x h pixels. */
void overlay_paint(Painter *p, const OverlayInfo *info, int w, int h);

#endif
