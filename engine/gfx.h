/* gfx.h: from command lists to pixels. One table of functions per backend: OpenGL 3.3 core (gfx_gl.c) or nothing
** (gfx_null.c). Picture of one frame: every layer has a target that keeps its content; a list is replayed into it
** when there is a new one; the targets are composed onto the canvas target; the canvas is shown in the window or
** read back.
** Targets hold premultiplied RGBA8, row 0 at the top. All functions: the thread whose GL context it is (the engine
** thread). */
#ifndef RP_ENGINE_GFX_H
#define RP_ENGINE_GFX_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cmdlist.h"

typedef struct Gfx Gfx;
typedef struct GfxTarget GfxTarget; /* made and freed by the engine only; scripts never see one */

typedef struct GfxView { /* one layer of a composition, bottom first */
  GfxTarget *target;
  BlendMode blend;
  float opacity; /* 0..1 */
} GfxView;

typedef struct GfxRect {
  int x, y, w, h;
} GfxRect;

typedef struct GfxApi {
  const char *name;
  bool draws; /* false: nothing is drawn and nothing can be read */
  void (*free)(Gfx *gfx);
  GfxTarget *(*target_new)(Gfx *gfx, int w, int h); /* transparent; NULL when the size is refused */
  void (*target_free)(Gfx *gfx, GfxTarget *t);
  bool (*target_resize)(Gfx *gfx, GfxTarget *t, int w, int h); /* old picture stretched; false: unchanged */
  void (*replay)(Gfx *gfx, GfxTarget *t, const CmdList *list); /* on top of what is there, unless the list clears */
  void (*compose)(Gfx *gfx, GfxTarget *canvas, const GfxView *views, int n_views); /* over opaque black */
  /* The canvas into the part `at` of a window win_w x win_h (black around), then the overlay list, in window
  ** pixels, or NULL. */
  void (*show)(Gfx *gfx, GfxTarget *canvas, GfxRect at, int win_w, int win_h, const CmdList *overlay);
  bool (*read)(Gfx *gfx, GfxTarget *t, uint32_t *pixels); /* w * h, top row first, opaque (as over black) */
  void (*finish)(Gfx *gfx);                               /* waits until the hardware is done: for measuring */
  uint64_t (*n_errors)(Gfx *gfx);                         /* GL errors so far: a test fails on any */
} GfxApi;

struct Gfx { /* backends embed it as their first member */
  const GfxApi *api;
};

typedef void (*GfxProc)(void);
typedef GfxProc (*GfxLookup)(const char *name);

/* OpenGL through the current context; lookup finds its functions. NULL with one line in err when it is below 3.3. */
Gfx *gfx_gl_new(GfxLookup lookup, char *err, size_t err_size);
Gfx *gfx_null_new(void);

/* Largest w x h picture with the canvas' aspect inside a window, centred. */
GfxRect gfx_fit(int canvas_w, int canvas_h, int win_w, int win_h);

#endif
