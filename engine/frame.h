/* frame.h: the engine: window, layers, and the loop that makes frames of them.
** Invariant: nothing a layer does can delay a frame. Live, each frame has a deadline computed from its number;
** offline, the same loop runs on a virtual clock and every frame waits until all layers are complete. Nothing else
** differs. engine_new, engine_add_layer, engine_run, engine_free: one thread, the one that may own a window (the
** process' main thread).
** Design note: README.md in this folder. */
#ifndef RP_ENGINE_FRAME_H
#define RP_ENGINE_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/layer.h"
#include "engine/pool.h"
#include "engine/stats.h"

typedef struct Engine Engine;

struct EngineBackends;

typedef struct EngineConfig { /* zero is a sensible default everywhere */
  const char *title;
  const struct EngineBackends *backends; /* see backends.h; NULL: nothing is drawn or heard */
  int w, h;         /* canvas at the start; 0: 1280x720 */
  bool size_fixed;  /* scripts' size() is ignored */
  double fps;       /* 0: 60 */
  int64_t n_frames; /* stop after so many; 0: until closed */
  bool offline;     /* virtual clock; every frame complete before the next */
  bool offscreen;   /* no visible window */
  bool null_video;  /* no GL at all */
  bool no_audio;    /* do not open a sound device */
  bool no_watch;    /* do not look at files */
  bool vsync;
  int workers; /* size of the pool, with the thread that calls it; 0: one per core */
  /* every frame is written there as frame_000000.png ..., and pictures taken with F12; made if missing */
  const char *out_dir;
  bool out_ppm;          /* .ppm instead of .png: much faster */
  bool overlay;          /* shown from the start */
  bool overlay_in_out;   /* also in written pictures */
  int watchdog_ms;       /* 0: 250 live, 10 000 offline. Negative: none */
  int setup_watchdog_ms; /* 0: 10 000. Negative: none */
  int setup_wait_ms;     /* live: the first frame waits so long for setup; 0: 3000 */
  int shutdown_ms;       /* stuck layers are left behind after this; 0: 500 */
  /* Engine thread; a short text for the overlay and --stats about the collector. May be NULL. */
  void (*collector_line)(void *user, char *out, size_t size);
  /* Engine thread, after frame n was composed. pixels is NULL unless want_pixels. May be NULL. */
  void (*frame_done)(void *user, Engine *eng, int64_t n, const uint32_t *pixels, int w, int h);
  bool want_pixels;
  void *user;
} EngineConfig;

typedef struct EngineStats {
  int64_t n_frames;
  int64_t n_late_frames;  /* presented more than half a period after they were due */
  int64_t n_skipped;      /* given up because the machine was away */
  Hist interval;          /* between presents */
  Hist work;              /* engine thread, from the deadline to the present: replay, compose, show */
  int64_t worst_ns;       /* longest interval */
  const char *worst_what; /* where most of it went: "layers", "draw", "present", "wait" */
  uint64_t n_pictures, n_pictures_lost;
  uint64_t gl_errors;
  int n_stuck;  /* layers left behind at the end: leave the program through _exit, their threads run on */
  int n_leaving; /* layers that ran nothing any more but were still freeing what they had: the same */
  bool drew;    /* false: null backend, nothing was drawn */
  bool visible; /* there was a window */
} EngineStats;

Engine *engine_new(const EngineConfig *config); /* copies it, strings too; NULL when out of memory */
/* Bottom layer first, before engine_run. The layer's thread starts in engine_run. The name is copied; when it is
** the path of a file it is watched. user belongs to the layer from here on: thread_end frees it (see layer.h).
** False when out of memory. */
bool engine_add_layer(Engine *eng, const LayerCallbacks *cb, void *user, const char *name);
/* LayerConfig.budget_ms of the layer added last. Not minded offline, where no frame waits. */
void engine_set_budget(Engine *eng, double budget_ms);
/* Runs until the window closes, n_frames are done or engine_stop. 0; or 1 when pictures were asked for and could
** not be written, or when offline a layer ignored its interrupts. */
int engine_run(Engine *eng);
void engine_stop(Engine *eng);                          /* any thread, signal handlers too */
bool engine_screenshot(Engine *eng, const char *path);  /* any thread: the next frame, by the name's ending */
Pool *engine_pool(Engine *eng);                         /* any thread */
void engine_stats(const Engine *eng, EngineStats *out); /* engine thread, or after engine_run */
void engine_print_stats(const Engine *eng, FILE *out);  /* a few lines; also after engine_run */
void engine_free(Engine *eng);                          /* after engine_run */

#endif
