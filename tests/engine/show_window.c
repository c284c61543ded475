/* show_window.c: the program under test_window.sh: a real window that shows what it was told. A key press changes
** the colour, a click leaves a square, F1 brings the overlay. Prints each event as a line. Ends on SIGTERM, ctrl+q
** or after 600 frames. */
#include <stdio.h>
#include <string.h>

#include "engine/backends.h"
#include "engine/frame.h"
#include "tests/engine/gl_sanitize.h"

typedef struct Show {
  float hue, x, y;
} Show;

static bool setup(void *user, LayerFrame *fr) {
  layer_request_size(fr->layer, 400, 300);
  return true;
}

static void event(void *user, LayerFrame *fr, const InputEvent *ev) {
  Show *s = user;
  if (ev->kind == EVENT_KEY_PRESSED) printf("key %s\n", input_key_name((Key)ev->key));
  if (ev->kind == EVENT_TEXT) printf("text %s\n", ev->text);
  if (ev->kind == EVENT_MOUSE_PRESSED)
    printf("mouse %.0f %.0f %s\n", (double)ev->x, (double)ev->y, input_button_name(ev->button));
  if (ev->kind == EVENT_RESIZED) printf("resized %.0f %.0f\n", (double)ev->x, (double)ev->y);
  if (ev->kind == EVENT_KEY_PRESSED && ev->key == KEY_G) s->hue = 1.0f / 3;
  if (ev->kind == EVENT_MOUSE_PRESSED) s->x = ev->x, s->y = ev->y;
  fflush(stdout);
}

static bool draw(void *user, LayerFrame *fr) {
  Show *s = user;
  paint_background(fr->paint, colour_hsv(s->hue, 1, 1, 1));
  paint_no_stroke(fr->paint);
  paint_fill(fr->paint, (Colour){1, 1, 1, 1});
  if (s->x > 0) paint_rect(fr->paint, s->x - 10, s->y - 10, 20, 20, 0);
  return true;
}

int main(void) {
  Show s = {0};
  EngineConfig cfg = {.backends = &replicant_engine_backends, .title = "replicant-test", .n_frames = 600, .no_audio = true};
  Engine *eng = engine_new(&cfg);
  EngineStats st;
  engine_add_layer(eng, &(LayerCallbacks){.setup = setup, .event = event, .draw = draw}, &s, "show");
  int rc = engine_run(eng);
  engine_stats(eng, &st);
  printf("frames %lld visible %d errors %llu\n", (long long)st.n_frames, st.visible, (unsigned long long)st.gl_errors);
  engine_print_stats(eng, stdout);
  engine_free(eng);
  return rc;
}
