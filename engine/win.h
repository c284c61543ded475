/* win.h: a place on the screen, or offscreen, with a GL context, and the events that happen to it. Backends: SDL2
** (win_sdl.c) and nothing (win_null.c), behind one table.
** Invariant: opening never fails. No display: an offscreen GL context; no GL either: the null window, where
** everything but pictures works. Which one it became is said in one line. All functions: the thread that opened it.
** */
#ifndef RP_ENGINE_WIN_H
#define RP_ENGINE_WIN_H

#include <stdbool.h>

#include "engine/gfx.h"
#include "engine/input.h"

typedef struct Win Win;

typedef struct WinConfig {
  int w, h;
  const char *title;
  bool offscreen; /* no visible window even if there is a display */
  bool vsync;     /* ask the driver to wait for the screen; pacing never relies on it */
} WinConfig;

typedef struct WinApi {
  const char *name;
  bool has_gl;
  GfxLookup gl_proc; /* NULL without GL */
  void (*close)(Win *win);
  void (*reveal)(Win *win);               /* a window opens hidden: shown once its size is known */
  void (*size)(Win *win, int *w, int *h); /* pixels */
  void (*resize)(Win *win, int w, int h); /* and centred on the screen */
  /* Feeds all waiting events; mouse positions are mapped from `shown`, the part of the window that shows the
  ** canvas, to canvas pixels. Sets *resized when the user changed the size. st->quit on close. */
  void (*pump)(Win *win, InputState *st, GfxRect shown, int canvas_w, int canvas_h, bool *resized);
  void (*swap)(Win *win);
} WinApi;

struct Win { /* backends embed it as their first member */
  const WinApi *api;
  bool visible;
};

struct EngineBackends;
/* backends NULL: the null window. NULL only when out of memory; says in one line what is missing. */
Win *win_open(const WinConfig *config, const struct EngineBackends *backends);
Win *win_null_new(const WinConfig *config);
/* Whether a display answers; false with one line in err. Makes no window. */
bool win_sdl_has_screen(char *err, size_t err_size);
/* NULL with one line in err. */
Win *win_sdl_new(const WinConfig *config, char *err, size_t err_size);

#endif
