/* input.c: see input.h. */
#include "engine/input.h"

#include <stdlib.h>
#include <string.h>

static const char *const key_names[N_KEYS] = {
#define KEY(id, name, sdl) [KEY_##id] = name,
#include "engine/keys.def"
#undef KEY
};

static const struct {
  const char *name;
  Key key;
} key_aliases[] = {
    {"return", KEY_ENTER}, {"shift", KEY_LSHIFT}, {"ctrl", KEY_LCTRL},  {"alt", KEY_LALT}, {"meta", KEY_LMETA},
    {"-", KEY_MINUS},      {"=", KEY_EQUALS},     {",", KEY_COMMA},     {".", KEY_PERIOD}, {"/", KEY_SLASH},
    {" ", KEY_SPACE},      {"esc", KEY_ESCAPE},   {";", KEY_SEMICOLON},
};

const char *input_key_name(Key key) { return key >= 0 && key < N_KEYS ? key_names[key] : ""; }

Key input_key_find(const char *name) {
  for (int i = 0; i < N_KEYS; i++)
    if (strcmp(key_names[i], name) == 0) return (Key)i;
  for (size_t i = 0; i < sizeof key_aliases / sizeof *key_aliases; i++)
    if (strcmp(key_aliases[i].name, name) == 0) return key_aliases[i].key;
  return KEY_NONE;
}

const char *input_button_name(MouseButton button) {
  static const char *const names[N_BUTTONS] = {"left", "middle", "right", "x1", "x2"};
  return button < N_BUTTONS ? names[button] : "";
}

InputSnapshot *input_retain(const InputSnapshot *in) {
  InputSnapshot *mine = (InputSnapshot *)in; /* the count is the one mutable field of a const snapshot */
  atomic_fetch_add_explicit(&mine->refs, 1, memory_order_relaxed);
  return mine;
}

void input_release(const InputSnapshot *in) {
  InputSnapshot *mine = (InputSnapshot *)in;
  if (mine && atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1) free(mine);
}

void input_init(InputState *st) { *st = (InputState){.focused = true}; }

static void queue(InputState *st, const InputEvent *ev) {
  if (st->n_events == INPUT_EVENTS_MAX) {
    st->n_dropped++;
    return;
  }
  /* A mouse can move a thousand times per second: moves in a row become one, with the whole distance. */
  InputEvent *last = st->n_events ? &st->events[st->n_events - 1] : NULL;
  if (ev->kind == EVENT_MOUSE_MOVED && last && last->kind == EVENT_MOUSE_MOVED) {
    last->x = ev->x, last->y = ev->y, last->dx += ev->dx, last->dy += ev->dy;
    return;
  }
  st->events[st->n_events++] = *ev;
}

void input_feed(InputState *st, const InputEvent *ev) {
  InputEvent e = *ev;
  e.text[sizeof e.text - 1] = 0;
  bool has_key = e.key >= 0 && e.key < N_KEYS;
  uint64_t key_bit = has_key ? 1ull << (e.key % 64) : 0, *key_word = &st->keys[has_key ? e.key / 64 : 0];
  uint8_t button_bit = e.button < N_BUTTONS ? (uint8_t)(1u << e.button) : 0;
  switch (e.kind) {
  case EVENT_KEY_PRESSED: *key_word |= key_bit; break;
  case EVENT_KEY_RELEASED: *key_word &= ~key_bit; break;
  case EVENT_MOUSE_PRESSED: st->buttons |= button_bit, st->clicked |= button_bit; break;
  case EVENT_MOUSE_RELEASED: st->buttons &= (uint8_t)~button_bit; break;
  case EVENT_MOUSE_MOVED: e.dx = e.x - st->mouse_x, e.dy = e.y - st->mouse_y; break;
  case EVENT_MOUSE_WHEEL: st->wheel_x += e.dx, st->wheel_y += e.dy; break;
  case EVENT_TEXT:
  case EVENT_RESIZED: break;
  }
  if (e.kind == EVENT_MOUSE_PRESSED || e.kind == EVENT_MOUSE_RELEASED || e.kind == EVENT_MOUSE_MOVED) {
    st->mouse_x = e.x, st->mouse_y = e.y;
    st->mouse_inside = true;
  }
  queue(st, &e);
}

void input_blur(InputState *st) {
  st->focused = false;
  for (int i = 0; i < N_KEYS; i++)
    if (st->keys[i / 64] >> (i % 64) & 1) input_feed(st, &(InputEvent){.kind = EVENT_KEY_RELEASED, .key = (int16_t)i});
  for (int i = 0; i < N_BUTTONS; i++)
    if (st->buttons >> i & 1)
      input_feed(
          st,
          &(InputEvent){
              .kind = EVENT_MOUSE_RELEASED, .key = KEY_NONE, .button = (uint8_t)i, .x = st->mouse_x, .y = st->mouse_y});
}

InputSnapshot *input_publish(InputState *st, uint64_t frame, double t, double dt, int canvas_w, int canvas_h,
                             const AudioSnapshot *audio) {
  InputSnapshot *in = malloc(sizeof *in + st->n_events * sizeof *in->events);
  if (!in) return NULL;
  *in = (InputSnapshot){
      .frame = frame,
      .t = t,
      .dt = dt,
      .canvas_w = canvas_w,
      .canvas_h = canvas_h,
      .mouse_x = st->mouse_x,
      .mouse_y = st->mouse_y,
      .mouse_px = st->last_x,
      .mouse_py = st->last_y,
      .wheel_x = st->wheel_x,
      .wheel_y = st->wheel_y,
      .buttons = st->buttons,
      .clicked = st->clicked,
      .mouse_inside = st->mouse_inside,
      .focused = st->focused,
      .audio = *audio,
      .n_events = st->n_events,
      .n_dropped = st->n_dropped,
      .refs = 1,
  };
  memcpy(in->keys, st->keys, sizeof in->keys);
  memcpy(in->events, st->events, st->n_events * sizeof *in->events);
  st->last_x = st->mouse_x, st->last_y = st->mouse_y;
  st->wheel_x = st->wheel_y = 0.0f;
  st->clicked = 0;
  st->n_events = st->n_dropped = 0;
  return in;
}
