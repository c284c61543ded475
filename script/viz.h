/* viz.h: the module `viz`: what content scripts draw with. One Viz per context that imported it.
**
** Who may do what: drawing functions work on the layer's own thread, while one of its callbacks runs; live values (clock, mouse, ...) may be read on
** any thread; the functions that Image.map runs, on all cores, read and compute but do not draw. Outside `replicant show` the module works the same,
** into a picture that nobody sees.
** Wrappers only: arguments in, one engine call, result out. How to add a function: script.md. */
#ifndef RP_SCRIPT_VIZ_H
#define RP_SCRIPT_VIZ_H

#include "engine/layer.h"
#include "runtime/context.h"
#include "runtime/native.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "script/kernel.h"

#define VIZ_WORKERS_MAX 256

typedef struct Viz Viz;

/* th->host_data of the layer's thread and of the threads that run a map. */
typedef struct VizThread {
  Viz *viz;
  Painter *paint; /* NULL: may not draw now */
  bool in_map;
  uint32_t *pixel, *pixel_end; /* during a map: the next one that the pixel function returns, and the end of these rows; else equal */
} VizThread;

/* The newest inputs, copied from the snapshot at the start of each run: readable by any thread at any time (torn at worst). */
typedef struct VizLive {
  double t, dt;
  uint64_t frame;
  int w, h;
  float mouse_x, mouse_y, mouse_px, mouse_py, wheel_x, wheel_y;
  uint8_t buttons, clicked;
  bool mouse_inside;
  uint64_t keys[(N_KEYS + 63) / 64];
  AudioSnapshot audio;
} VizLive;

struct Viz {
  RpContext *ctx;
  VizThread main;                 /* of the layer's thread */
  VizLive live;
  Layer *layer;                   /* NULL outside `show` */
  bool size_fixed;                /* size() asks for nothing */
  Pool *pool;                     /* made at the first map when there is no layer */
  _Atomic uint64_t rand_state;
  uint32_t noise_seed;
  char *folder;                   /* of the script, for files named relative to it; may be NULL */
  pthread_mutex_t image_lock;     /* one writer of pixels at a time; a map holds it to its end */
  Kernels kernels;                /* with image_lock */
  Value put_pixel;                /* Native, made at the first map */
  RpThread *workers[VIZ_WORKERS_MAX]; /* by pool index, made by the pool's thread at its first map; parked in between */
  VizThread worker_data[VIZ_WORKERS_MAX];
  _Atomic uint32_t n_workers;
  Value kept, old_kept;           /* Dicts (name, ordinal) -> object, of this version of the script and of the one before */
  Value kept_counts;              /* Dict name -> how many of it so far */
  Value migrations;               /* List of (object, old class, old attributes): undone when the version fails */
  CmdList *scratch;               /* outside `show` */
  Painter scratch_paint;
};

extern const ModuleSpec mod_viz;

/* The context's Viz, made at need. NULL + MemoryError. */
Viz *viz_of(RpThread *th);
/* Called by the layer: inputs and pen of this run; NULL, NULL: it is over. */
void viz_begin_run(Viz *viz, RpThread *th, const InputSnapshot *in, Painter *paint);
void viz_end_run(Viz *viz, RpThread *th);
void viz_end_workers(Viz *viz);   /* detaches the parked threads; on an attached thread */
void viz_free(Viz *viz);          /* after the context; NULL is nothing */

/* keep(): a new version begins to run, becomes the current one, or never happened. 0 / -1. */
int viz_keep_begin(RpThread *th, Viz *viz);
void viz_keep_commit(RpThread *th, Viz *viz);
void viz_keep_rollback(RpThread *th, Viz *viz);

/* -- Between the viz files --------------------------------------------------------- */

extern const NativeDef viz_draw_functions[], viz_colour_functions[], viz_number_functions[], viz_image_functions[], viz_parallel_functions[];
Value viz_keep(RpThread *th, const Value *a);

/* What the calling thread draws with; NULL + RuntimeError naming fn. */
Painter *viz_painter_slow(RpThread *th, const char *fn);
ALWAYS_INLINE Painter *viz_painter(RpThread *th, const char *fn) {
  VizThread *vt = th->host_data;
  return likely(vt && vt->paint) ? vt->paint : viz_painter_slow(th, fn);
}

/* Arguments a[0..n) as numbers. `call` is what the error says: "circle(x, y, radius)". Absent (EMPTY) ones stop the reading: the number read comes
** back; -1 + TypeError. */
int viz_numbers_slow(RpThread *th, const char *call, const Value *a, int i, Value v, float *out);
ALWAYS_INLINE int viz_numbers(RpThread *th, const char *call, const Value *a, int n, float *out) {
  for (int i = 0; i < n; i++) {
    if (likely(is_double(a[i]))) out[i] = (float)as_double(a[i]);
    else if (is_int(a[i])) out[i] = (float)as_int(a[i]);
    else if (a[i] == EMPTY) return i;
    else if (viz_numbers_slow(th, call, a, i, a[i], &out[i]) < 0) return -1;
  }
  return n;
}
/* One colour from up to four arguments: grey, (grey, alpha), (r, g, b), (r, g, b, alpha), Color or tuple, (Color, alpha), "#rrggbb". */
bool viz_colour_args(RpThread *th, const char *fn, const Value *a, Colour *out);
/* What a pixel function returned, or any one value that means a colour. 1; 0 it is none (nothing raised); -1 raised. */
int viz_to_colour(RpThread *th, Value v, Colour *out);
Value viz_colour_new(RpThread *th, double r, double g, double b, double a);
/* Text argument as UTF-8; NULL + TypeError. */
const char *viz_text(RpThread *th, const char *call, const char *what, Value v, size_t *n);

/* Instances of the type viz.Image. */
typedef struct VizImage {
  Object hdr;
  Value overflow;
  Image *img;
  PixBuf *before;  /* during a map of it: what get() reads */
  size_t counted;  /* bytes told to the heap */
} VizImage;
/* RtHooks.pack_object: images travel. */
int viz_pack_object(RpThread *th, Value v, struct ParcelItem *out);
/* NULL + TypeError naming `call`. */
VizImage *viz_image_arg(RpThread *th, const char *call, Value v);

/* The names of viz_later.def into the module. -1 + exception. */
int viz_add_later(RpThread *th, Dict *dict);

/* Something done for 0..n on all cores by Python functions. First field of the job's own struct, which lives in the calling thread's frame: the collector scans
** that, so fn, args and failure need no other root. */
typedef struct VizJob {
  /* By several threads at once, each attached: the items begin..end-1. false: viz_job_failed() was called. */
  bool (*body)(RpThread *th, struct VizJob *job, int64_t begin, int64_t end);
  Viz *viz;
  RpThread *caller;
  char *sp;                        /* what is scanned of the caller's stack while it is parked */
  uint64_t regs[N_SAVED_REGS];
  atomic_bool has_failed;
  Value failure;                   /* the first exception, and where */
  int64_t fail_at;
} VizJob;
/* Takes the images' lock until viz_job_end(): nobody else writes pixels meanwhile. false + pending; `call` is what the error says. */
bool viz_job_begin(RpThread *th, VizJob *job, const char *call);
/* false: some item failed, or memory. grain: items of a chunk, 0: chosen. */
bool viz_job_run(RpThread *th, VizJob *job, int64_t n, int64_t grain);
void viz_job_end(VizJob *job);
/* From a body: takes the pending exception for item `at`, unless another was first. Returns false. */
bool viz_job_failed(RpThread *th, VizJob *job, int64_t at);
/* Raises what failed with a note "in fn() WHERE". EMPTY. */
Value viz_job_raise(RpThread *th, VizJob *job, Value fn, const char *where);

void viz_lock_images(RpThread *th, Viz *viz);
void viz_unlock_images(Viz *viz);

#endif
