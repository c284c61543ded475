/* win_sdl.c: win.h on SDL2. The only file that includes SDL. SDL is process-wide: one SDL window per process at a
** time is what the engine uses; further engines in the same process run offscreen or null. */
#include "engine/win.h"

#include <SDL.h>
#include <stdlib.h>
#include <string.h>

typedef struct SdlWin {
  Win base;
  SDL_Window *window;
  SDL_GLContext gl;
} SdlWin;

static const WinApi sdl_api;

/* -- Opening ----------------------------------------------------------------------------------- */

static void sdl_close(Win *win) {
  SdlWin *w = (SdlWin *)win;
  if (w->gl) SDL_GL_DeleteContext(w->gl);
  if (w->window) SDL_DestroyWindow(w->window);
  SDL_QuitSubSystem(SDL_INIT_VIDEO);
  free(w);
}

static SDL_Window *make_window(const WinConfig *config) {
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 3);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
  SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
  SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
  Uint32 flags = SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_HIDDEN;
  return SDL_CreateWindow(config->title ? config->title : "Replicant", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                          config->w, config->h, flags);
}

/* The driver is named, never guessed: where a display does not answer SDL goes on to drivers that show nothing. */
static const char *driver_name(bool offscreen) {
  bool x = getenv("DISPLAY"), wayland = getenv("WAYLAND_DISPLAY");
  return offscreen ? "offscreen" : x && wayland ? "x11,wayland" : wayland ? "wayland" : "x11";
}

static bool open_driver(bool offscreen, char *err, size_t err_size) {
  if (offscreen || !getenv("SDL_VIDEODRIVER"))
    SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, driver_name(offscreen), SDL_HINT_OVERRIDE);
  else
    SDL_ResetHint(SDL_HINT_VIDEODRIVER);
  SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
  SDL_SetMainReady();
  if (SDL_InitSubSystem(SDL_INIT_VIDEO) == 0) return true;
  SDL_strlcpy(err, SDL_GetError(), err_size);
  return false;
}

bool win_sdl_has_screen(char *err, size_t err_size) {
  if (!open_driver(false, err, err_size)) return false;
  SDL_QuitSubSystem(SDL_INIT_VIDEO);
  return true;
}

Win *win_sdl_new(const WinConfig *config, char *err, size_t err_size) {
  if (!open_driver(config->offscreen, err, err_size)) return NULL;
  SdlWin *w = calloc(1, sizeof *w);
  if (!w) {
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    return NULL;
  }
  w->base.api = &sdl_api;
  w->base.visible = !config->offscreen;
  w->window = make_window(config);
  w->gl = w->window ? SDL_GL_CreateContext(w->window) : NULL;
  if (!w->gl) {
    SDL_strlcpy(err, SDL_GetError(), err_size);
    sdl_close(&w->base);
    return NULL;
  }
  SDL_GL_SetSwapInterval(config->vsync ? 1 : 0); /* a refusal is fine: pacing is ours */
  SDL_StartTextInput();
  return &w->base;
}

static GfxProc sdl_gl_proc(const char *name) { return (GfxProc)SDL_GL_GetProcAddress(name); }

static void sdl_size(Win *win, int *w, int *h) { SDL_GL_GetDrawableSize(((SdlWin *)win)->window, w, h); }
static void sdl_reveal(Win *win) { SDL_ShowWindow(((SdlWin *)win)->window); }

static void sdl_resize(Win *win, int w, int h) {
  SDL_Window *window = ((SdlWin *)win)->window;
  SDL_SetWindowSize(window, w, h);
  SDL_SetWindowPosition(window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
}

static void sdl_swap(Win *win) { SDL_GL_SwapWindow(((SdlWin *)win)->window); }

/* -- Events ------------------------------------------------------------------------------------ */

static int16_t key_of(SDL_Keycode code) {
  switch (code) {
#define KEY(id, name, sdl)                                                                                             \
  case sdl: return KEY_##id;
#include "engine/keys.def"
#undef KEY
  default: return KEY_NONE;
  }
}

static int button_of(Uint8 button) {
  switch (button) {
  case SDL_BUTTON_LEFT: return BUTTON_LEFT;
  case SDL_BUTTON_MIDDLE: return BUTTON_MIDDLE;
  case SDL_BUTTON_RIGHT: return BUTTON_RIGHT;
  case SDL_BUTTON_X1: return BUTTON_X1;
  case SDL_BUTTON_X2: return BUTTON_X2;
  default: return -1;
  }
}

typedef struct Map { /* window to canvas */
  float x, y, sx, sy;
} Map;

static void feed_mouse(InputState *st, EventKind kind, int x, int y, int button, const Map *map) {
  if (button < 0) return;
  input_feed(st, &(InputEvent){.kind = kind,
                               .key = KEY_NONE,
                               .button = (uint8_t)button,
                               .x = ((float)x - map->x) * map->sx,
                               .y = ((float)y - map->y) * map->sy});
}

static void feed_text(InputState *st, const char *text) {
  InputEvent ev = {.kind = EVENT_TEXT, .key = KEY_NONE};
  size_t n = strlen(text);
  if (n >= sizeof ev.text) {
    n = sizeof ev.text - 1;
    while (n && (text[n] & 0xC0) == 0x80) n--; /* not through the middle of a character */
  }
  memcpy(ev.text, text, n);
  input_feed(st, &ev);
}

static void feed_window(SdlWin *w, InputState *st, const SDL_WindowEvent *ev, bool *resized) {
  switch (ev->event) {
  case SDL_WINDOWEVENT_SIZE_CHANGED: *resized = true; break;
  case SDL_WINDOWEVENT_FOCUS_LOST: input_blur(st); break;
  case SDL_WINDOWEVENT_FOCUS_GAINED: st->focused = true; break;
  case SDL_WINDOWEVENT_LEAVE: st->mouse_inside = false; break;
  case SDL_WINDOWEVENT_ENTER: st->mouse_inside = true; break;
  case SDL_WINDOWEVENT_CLOSE: st->quit = true; break;
  default: break;
  }
}

static void sdl_pump(Win *win, InputState *st, GfxRect shown, int canvas_w, int canvas_h, bool *resized) {
  Map map = {(float)shown.x, (float)shown.y, shown.w > 0 ? (float)canvas_w / (float)shown.w : 1.0f,
             shown.h > 0 ? (float)canvas_h / (float)shown.h : 1.0f};
  SDL_Event ev;
  *resized = false;
  while (SDL_PollEvent(&ev)) {
    switch (ev.type) {
    case SDL_QUIT: st->quit = true; break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
      input_feed(st, &(InputEvent){.kind = ev.type == SDL_KEYDOWN ? EVENT_KEY_PRESSED : EVENT_KEY_RELEASED,
                                   .key = key_of(ev.key.keysym.sym),
                                   .repeat = ev.key.repeat != 0});
      break;
    case SDL_TEXTINPUT: feed_text(st, ev.text.text); break;
    case SDL_MOUSEMOTION: feed_mouse(st, EVENT_MOUSE_MOVED, ev.motion.x, ev.motion.y, BUTTON_LEFT, &map); break;
    case SDL_MOUSEBUTTONDOWN:
      feed_mouse(st, EVENT_MOUSE_PRESSED, ev.button.x, ev.button.y, button_of(ev.button.button), &map);
      break;
    case SDL_MOUSEBUTTONUP:
      feed_mouse(st, EVENT_MOUSE_RELEASED, ev.button.x, ev.button.y, button_of(ev.button.button), &map);
      break;
    case SDL_MOUSEWHEEL:
      input_feed(st, &(InputEvent){.kind = EVENT_MOUSE_WHEEL,
                                   .key = KEY_NONE,
                                   .x = st->mouse_x,
                                   .y = st->mouse_y,
                                   .dx = ev.wheel.preciseX,
                                   .dy = ev.wheel.preciseY});
      break;
    case SDL_WINDOWEVENT: feed_window((SdlWin *)win, st, &ev.window, resized); break;
    default: break;
    }
  }
}

static const WinApi sdl_api = {
    .name = "SDL",
    .has_gl = true,
    .gl_proc = sdl_gl_proc,
    .close = sdl_close,
    .reveal = sdl_reveal,
    .size = sdl_size,
    .resize = sdl_resize,
    .pump = sdl_pump,
    .swap = sdl_swap,
};
