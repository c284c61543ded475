/* input.h: what the outside world did. The engine thread folds window events into one InputState and publishes,
** once per frame, an InputSnapshot.
** Invariant: a published snapshot never changes. It is reference counted (not triple buffered): a stuck reader may
** hold an old one for as long as it likes and costs one block of memory, never a wait.
** State is kept from events alone: the window library's own key table does not see injected or replayed events. */
#ifndef RP_ENGINE_INPUT_H
#define RP_ENGINE_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/audio.h"

typedef enum Key {
#define KEY(id, name, sdl) KEY_##id,
#include "engine/keys.def"
#undef KEY
  N_KEYS,
  KEY_NONE = -1,
} Key;

const char *input_key_name(Key key); /* "left"; "" for KEY_NONE */
/* also "return" and "shift" "ctrl" "alt" (their left key); KEY_NONE when unknown */
Key input_key_find(const char *name);

typedef enum EventKind {
  EVENT_KEY_PRESSED,    /* key, text: what it would type, "" when nothing; repeat */
  EVENT_KEY_RELEASED,   /* key */
  EVENT_TEXT,           /* text, UTF-8 */
  EVENT_MOUSE_PRESSED,  /* x, y, button */
  EVENT_MOUSE_RELEASED, /* x, y, button */
  EVENT_MOUSE_MOVED,    /* x, y: dx, dy since the last one */
  EVENT_MOUSE_WHEEL,    /* x, y: where; dx, dy: notches, up and right positive */
  EVENT_RESIZED,        /* x, y: the new canvas size */
} EventKind;

typedef enum MouseButton { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, BUTTON_X1, BUTTON_X2, N_BUTTONS } MouseButton;
const char *input_button_name(MouseButton button); /* "left" "middle" "right" "x1" "x2" */

typedef struct InputEvent {
  EventKind kind;
  int16_t key;        /* Key or KEY_NONE */
  uint8_t button;     /* MouseButton */
  bool repeat;        /* the keyboard's auto-repeat */
  float x, y, dx, dy; /* canvas pixels, y down */
  char text[16];      /* NUL-terminated UTF-8, cut at a character */
} InputEvent;

#define INPUT_EVENTS_MAX 256 /* per frame; more are dropped, oldest kept: state (keys down, mouse) is still right */

typedef struct InputSnapshot {
  uint64_t frame; /* number of the frame, from 0 */
  double t, dt;   /* seconds on the frame schedule; dt since the frame before (frame 0: one period) */
  int canvas_w, canvas_h;
  float mouse_x, mouse_y, mouse_px, mouse_py; /* p: in the snapshot before */
  float wheel_x, wheel_y;                     /* notches in this frame */
  uint8_t buttons;                            /* bit per MouseButton: held now */
  uint8_t clicked;                            /* bit per MouseButton: went down in this frame */
  bool mouse_inside, focused;
  uint64_t keys[(N_KEYS + 63) / 64];
  AudioSnapshot audio;
  uint32_t n_events, n_dropped;
  atomic_uint refs;    /* the one field that changes */
  InputEvent events[]; /* of this frame, in order */
} InputSnapshot;

static inline bool input_down(const InputSnapshot *in, Key key) {
  return key >= 0 && key < N_KEYS && (in->keys[key / 64] >> (key % 64) & 1);
}

InputSnapshot *input_retain(const InputSnapshot *in); /* any thread; returns its argument */
void input_release(const InputSnapshot *in);          /* any thread; the last one frees it; NULL is nothing */

/* -- Engine thread only ------------------------------------------------------------------------ */

typedef struct InputState {
  float mouse_x, mouse_y, last_x, last_y, wheel_x, wheel_y;
  uint8_t buttons, clicked;
  bool mouse_inside, focused, quit;
  uint64_t keys[(N_KEYS + 63) / 64];
  uint32_t n_events, n_dropped;
  InputEvent events[INPUT_EVENTS_MAX];
} InputState;

void input_init(InputState *st);
/* Folds one event into the state and queues it for the next snapshot. Coordinates are canvas pixels. */
void input_feed(InputState *st, const InputEvent *ev);
void input_blur(InputState *st); /* focus lost: every key and button goes up, their release events included */
/* Freezes the state into a new snapshot with one reference and starts the next frame's. NULL when out of memory:
** the caller keeps the one before. */
InputSnapshot *input_publish(InputState *st, uint64_t frame, double t, double dt, int canvas_w, int canvas_h,
                             const AudioSnapshot *audio);

#endif
