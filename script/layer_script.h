/* layer_script.h: one layer of a show = one script = one context on the layer's worker thread. Fills engine/layer.h's callbacks.
**
** Versions. Each save makes a *trial*: the file is compiled and its body run in a fresh namespace, keep() objects carried over (viz_keep.c). setup()
** runs again only if its own text changed; otherwise the global names it had bound keep their present values. The trial receives updates and events;
** its first draw() decides: when it returns, the trial becomes the *good* version; when anything before or in it fails, the good version goes on as if
** nothing had happened. Once good, a version stays: an exception costs that frame's picture (the last one keeps showing) and is said once per place; three
** runs in a row stopped by the watchdog suspend the layer until the next save.
** Design: script.md. */
#ifndef RP_SCRIPT_LAYER_SCRIPT_H
#define RP_SCRIPT_LAYER_SCRIPT_H

#include "engine/layer.h"
#include "runtime/context.h"

/* What the engine thread may look at, also after the layer's end. Belongs to whoever made the layer. */
typedef struct LayerReport {
  pthread_mutex_t lock;
  bool drew;          /* some draw() returned */
  LayerStatus status;
  HeapStats heap;     /* after the last run */
  uint64_t n_lost;    /* runs that would have been on time without the collector's stretches inside them */
} LayerReport;

typedef struct LayerScript LayerScript;
extern const LayerCallbacks layer_script_callbacks;

/* For engine_add_layer's user; freed by the layer's thread_end. path is copied; report outlives the layer. NULL: no memory. */
LayerScript *layer_script_new(const char *path, const struct ContextOptions *opt, bool size_fixed, LayerReport *report);

#endif
