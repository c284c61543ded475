/* layer.h: one layer = one content program on one worker thread, seen by the engine as a table of callbacks.
** Invariants:
** - A layer never makes anybody wait. It publishes complete command lists into a mailbox by one atomic exchange; at
**   its deadline the engine takes what is there, and shows the previous picture when there is nothing.
** - A list that was not taken in time is not lost: the next one continues it, unless it begins by clearing the
**   layer.
** - Callbacks of one layer run one after the other on its own thread (the exceptions are marked). A run is: changed
**   files, events, updates, draw.
** - A stuck layer cannot hang the shutdown: it is interrupted, waited for within a bound, then left behind,
**   detached. Everything it can still touch is reference counted and stays alive as long as its thread does. */
#ifndef RP_ENGINE_LAYER_H
#define RP_ENGINE_LAYER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/cmdlist.h"
#include "engine/input.h"
#include "engine/paint.h"
#include "engine/pool.h"

typedef struct Layer Layer;
typedef struct Bell Bell;

typedef struct LayerFrame { /* valid until the callback returns */
  Layer *layer;
  const InputSnapshot *in; /* input_retain it to keep it longer */
  Painter *paint;          /* draw in any callback: all of one run goes into one picture, in order */
} LayerFrame;

typedef struct LayerStatus { /* filled by the status callback, for the overlay; empty strings are fine */
  char compiled[24];         /* "O2  11 ms" */
  char state[24];            /* "kept" */
  uint32_t n_faults;
  char last_fault[200]; /* one line: "line 14, rolled back" */
} LayerStatus;

/* Any entry may be NULL. */
typedef struct LayerCallbacks {
  void (*thread_begin)(void *user, Layer *layer); /* first on the worker thread */
  /* last on the worker thread; free user here. Never called for a stuck layer */
  void (*thread_end)(void *user);
  /* each run starts with it: forget an interrupt that came too late. Quick, takes no lock */
  void (*run_begin)(void *user);
  /* once, before the first frame; false: it failed and has said so */
  bool (*setup)(void *user, LayerFrame *fr);
  void (*reload)(void *user, LayerFrame *fr, const char *path); /* a watched file has new content */
  void (*event)(void *user, LayerFrame *fr, const InputEvent *ev);
  void (*update)(void *user, LayerFrame *fr, double dt); /* fixed rate: as often as time passed asks for */
  bool (*draw)(void *user, LayerFrame *fr);              /* false: throw this picture away, keep showing the last one */
  /* the run is published; until then (CLOCK_MONOTONIC) nobody needs this thread */
  void (*gc_slack)(void *user, int64_t deadline_ns);
  /* ANY THREAD, only during a run, again every 50 ms until it ends: make it return soon. Quick, takes no lock that
  ** a run holds long */
  void (*interrupt)(void *user);
  void (*status)(void *user, LayerStatus *out); /* ENGINE THREAD, also during a run: must not wait for it */
} LayerCallbacks;

typedef struct LayerConfig {
  const char *name; /* copied; for overlay and messages */
  double update_hz; /* 0: 60 */
  Pool *pool;       /* kept alive as long as the layer's thread; may be NULL */
  /* What a run may take on average, wall time; 0: no limit. A layer above it runs less often, in one of 2 to LAYER_CATCHUP_MAX frames, so that on average
  ** over frames it stays within; the others show its last picture and are not late. */
  double budget_ms;
  int watchdog_ms;  /* a run longer than this is interrupted; 0: never */
  /* the same for the start, and for the first run after start or reload (code is cold then); 0: never */
  int setup_watchdog_ms;
} LayerConfig;

typedef struct LayerStats { /* times in ns */
  uint64_t n_runs, n_late, n_failed, n_interrupted;
  uint64_t n_spared; /* frames without a run: over its budget */
  int64_t script_last, script_worst, script_sum;
  int64_t script_average; /* of about the last eight runs, without those after start or reload */
  bool late_now; /* missed the last deadline */
  int64_t late_since; /* the first deadline that the present run missed; 0: none */
} LayerStats;

#define LAYER_CATCHUP_MAX 8 /* updates in one run; a layer that was away longer loses the time in between */

/* -- Engine thread ----------------------------------------------------------------------------- */

/* Rings whenever some layer finishes something. One per engine. */
Bell *bell_new(void);
void bell_drop(Bell *bell);

/* Makes the thread and starts setup on it. `in` is the snapshot that setup sees. NULL: no memory or no thread (said
** in one line). */
Layer *layer_start(const LayerCallbacks *cb, void *user, const LayerConfig *config, Bell *bell,
                   const InputSnapshot *in);
/* Asks for one run with this snapshot; its events are queued even when the layer is busy, none is lost (up to 1024
** waiting). slack_ns: until when gc_slack may work afterwards. */
void layer_wake(Layer *layer, const InputSnapshot *in, int64_t slack_ns);
bool layer_is_ready(const Layer *layer); /* setup has ended */
bool layer_is_idle(const Layer *layer);  /* every wake was answered */
/* Waits until all are idle or the monotonic clock says deadline_ns (0: however long it takes); enforces the
** watchdogs while it waits. True: all idle. */
bool layers_wait(Bell *bell, Layer *const *layers, int n_layers, int64_t deadline_ns);
void layer_check_watchdog(Layer *layer, int64_t now_ns);
void layer_count_late(Layer *layer); /* the deadline is here: counts it when it is not idle */
/* By how much the present run is late, 0: not at all. Worker thread, in a callback. */
int64_t layer_late_ns(Layer *layer);
/* The newest picture since the last take, or NULL. Give it back with layer_return_list after replay. */
CmdList *layer_take_list(Layer *layer);
void layer_return_list(Layer *layer, CmdList *list);
void layer_poll_files(Layer *layer, int64_t now_ns);
bool layer_take_size(Layer *layer, int *w, int *h); /* a size() call since the last question */
const char *layer_name(const Layer *layer);
LayerStats layer_stats(Layer *layer);
void layer_status(Layer *layer, LayerStatus *out);
/* Asks a layer to end, without waiting: all of them first, then layer_stop each, so that they share one bound. */
void layer_ask_stop(Layer *layer);
typedef enum LayerEnd {
  LAYER_STUCK,   /* ignored its interrupts: said, and left behind */
  LAYER_LEAVING, /* runs nothing any more and is still in thread_end: left to end by itself */
  LAYER_ENDED
} LayerEnd;
/* Stops and frees. Waits until deadline_ns for a run in progress, interrupting it. */
LayerEnd layer_stop(Layer *layer, int64_t deadline_ns);

/* -- Any thread -------------------------------------------------------------------------------- */

void layer_set_opacity(Layer *layer, float opacity); /* 0..1 */
void layer_set_blend(Layer *layer, BlendMode blend); /* how its picture goes onto the ones below */
float layer_opacity(const Layer *layer);
BlendMode layer_blend(const Layer *layer);
Pool *layer_pool(const Layer *layer);             /* for pool_for from the layer's callbacks */
void layer_watch(Layer *layer, const char *path); /* report changes of this file through reload */
/* script's size(): the canvas follows at the next frame unless it is fixed */
void layer_request_size(Layer *layer, int w, int h);

#endif
