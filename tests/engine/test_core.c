/* test_core.c: the parts of the engine that need neither window nor threads of layers. */
#include "tests/unit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/batch.h"
#include "engine/capture.h"
#include "engine/clock.h"
#include "engine/cmdlist.h"
#include "engine/colour.h"
#include "engine/gfx.h"
#include "engine/image.h"
#include "engine/input.h"
#include "engine/noise.h"
#include "engine/paint.h"
#include "engine/pool.h"
#include "engine/stats.h"
#include "engine/watch.h"

/* -- clock ------------------------------------------------------------------------------------- */

TEST(clock_due_is_exact_after_a_million_frames) {
  VirtualClock vc = {.now_ns = 5 * NS_PER_S};
  FrameClock fc;
  frameclock_init(&fc, clock_virtual(&vc), 60.0);
  CHECK_EQ(frameclock_due(&fc, 0), 5 * NS_PER_S);
  CHECK_EQ(frameclock_due(&fc, 60), 6 * NS_PER_S);
  CHECK_EQ(frameclock_due(&fc, 60000000), 5 * NS_PER_S + 1000000 * NS_PER_S);
  CHECK_EQ(frameclock_due(&fc, 1) - frameclock_due(&fc, 0), 16666666);
  CHECK_NEAR(frameclock_time(&fc, 90), 1.5, 0.0);
}

TEST(clock_fractional_rate) {
  VirtualClock vc = {0};
  FrameClock fc;
  frameclock_init(&fc, clock_virtual(&vc), 59.94);
  CHECK_EQ(frameclock_due(&fc, 59940), 1000 * NS_PER_S);
}

TEST(clock_next_sleeps_to_the_schedule) {
  VirtualClock vc = {0};
  FrameClock fc;
  frameclock_init(&fc, clock_virtual(&vc), 50.0);
  for (int i = 1; i <= 10; i++) {
    vc.now_ns += (i * 1234567) % (19 * NS_PER_MS); /* work of any length inside the period */
    CHECK_EQ(frameclock_next(&fc), 0);
    CHECK_EQ(fc.n, i);
    CHECK_EQ(vc.now_ns, i * 20 * NS_PER_MS);
  }
}

TEST(clock_catches_up_a_little_and_skips_a_lot) {
  VirtualClock vc = {0};
  FrameClock fc;
  frameclock_init(&fc, clock_virtual(&vc), 50.0);
  vc.now_ns = 50 * NS_PER_MS; /* 1.5 periods after frame 1 was due: catch up, no sleep */
  CHECK_EQ(frameclock_next(&fc), 0);
  CHECK_EQ(vc.now_ns, 50 * NS_PER_MS);
  vc.now_ns = 10 * NS_PER_S;
  int64_t skipped = frameclock_next(&fc);
  CHECK(skipped > 490);
  CHECK_EQ(fc.n_skipped, skipped);
  CHECK(vc.now_ns >= 10 * NS_PER_S && vc.now_ns <= 10 * NS_PER_S + 20 * NS_PER_MS);
}

TEST(clock_bad_rates_are_clamped) {
  VirtualClock vc = {0};
  FrameClock fc;
  frameclock_init(&fc, clock_virtual(&vc), -3.0);
  CHECK_EQ(frameclock_period(&fc), NS_PER_S);
  frameclock_init(&fc, clock_virtual(&vc), NAN);
  CHECK_EQ(frameclock_period(&fc), NS_PER_S);
  frameclock_init(&fc, clock_virtual(&vc), 1e30);
  CHECK_EQ(frameclock_period(&fc), NS_PER_MS);
}

/* -- input ------------------------------------------------------------------------------------- */

static void feed_key(InputState *st, EventKind kind, Key key) {
  input_feed(st, &(InputEvent){.kind = kind, .key = (int16_t)key});
}

TEST(input_snapshot_never_changes) {
  InputState st;
  AudioSnapshot audio = AUDIO_SNAPSHOT_REST;
  input_init(&st);
  feed_key(&st, EVENT_KEY_PRESSED, KEY_LEFT);
  input_feed(&st,
             &(InputEvent){.kind = EVENT_MOUSE_PRESSED, .key = KEY_NONE, .x = 10, .y = 20, .button = BUTTON_RIGHT});
  InputSnapshot *a = input_publish(&st, 7, 0.5, 0.1, 320, 180, &audio);
  feed_key(&st, EVENT_KEY_RELEASED, KEY_LEFT);
  feed_key(&st, EVENT_KEY_PRESSED, KEY_SPACE);
  InputSnapshot *b = input_publish(&st, 8, 0.6, 0.1, 320, 180, &audio);
  CHECK(input_down(a, KEY_LEFT) && !input_down(a, KEY_SPACE));
  CHECK(!input_down(b, KEY_LEFT) && input_down(b, KEY_SPACE));
  CHECK_EQ(a->n_events, 2);
  CHECK_EQ(a->frame, 7);
  CHECK_EQ(a->clicked, 1 << BUTTON_RIGHT);
  CHECK_EQ(b->clicked, 0);
  CHECK_EQ(b->buttons, 1 << BUTTON_RIGHT);
  CHECK_NEAR(b->mouse_px, 10, 0);
  CHECK_NEAR(a->audio.bass_att, 1.0, 0);
  input_release(input_retain(a));
  input_release(a);
  input_release(b);
  input_release(NULL);
}

TEST(input_tap_inside_one_frame_is_seen) {
  InputState st;
  AudioSnapshot audio = AUDIO_SNAPSHOT_REST;
  input_init(&st);
  input_feed(&st, &(InputEvent){.kind = EVENT_MOUSE_PRESSED, .key = KEY_NONE, .button = BUTTON_LEFT});
  input_feed(&st, &(InputEvent){.kind = EVENT_MOUSE_RELEASED, .key = KEY_NONE, .button = BUTTON_LEFT});
  InputSnapshot *in = input_publish(&st, 0, 0, 0, 1, 1, &audio);
  CHECK_EQ(in->buttons, 0);
  CHECK_EQ(in->clicked, 1);
  CHECK_EQ(in->n_events, 2);
  input_release(in);
}

TEST(input_flood_of_events) {
  InputState st;
  AudioSnapshot audio = AUDIO_SNAPSHOT_REST;
  input_init(&st);
  for (int i = 0; i < 1000; i++)
    input_feed(&st, &(InputEvent){.kind = EVENT_MOUSE_MOVED, .key = KEY_NONE, .x = (float)i});
  CHECK_EQ(st.n_events, 1);
  CHECK_NEAR(st.events[0].dx, 999, 0);
  for (int i = 0; i < 1000; i++) feed_key(&st, i & 1 ? EVENT_KEY_RELEASED : EVENT_KEY_PRESSED, KEY_A);
  InputSnapshot *in = input_publish(&st, 0, 0, 0, 1, 1, &audio);
  CHECK_EQ(in->n_events, INPUT_EVENTS_MAX);
  CHECK_EQ(in->n_dropped, 1001 - INPUT_EVENTS_MAX);
  CHECK(!input_down(in, KEY_A));
  input_release(in);
}

TEST(input_blur_releases_everything) {
  InputState st;
  input_init(&st);
  feed_key(&st, EVENT_KEY_PRESSED, KEY_W);
  input_feed(&st, &(InputEvent){.kind = EVENT_MOUSE_PRESSED, .key = KEY_NONE, .button = BUTTON_LEFT});
  input_blur(&st);
  CHECK_EQ(st.n_events, 4);
  CHECK_EQ(st.buttons, 0);
  CHECK_EQ(st.keys[0] | st.keys[1], 0);
}

TEST(input_unknown_keys_and_buttons) {
  InputState st;
  input_init(&st);
  input_feed(&st, &(InputEvent){.kind = EVENT_KEY_PRESSED, .key = KEY_NONE});
  input_feed(&st, &(InputEvent){.kind = EVENT_KEY_PRESSED, .key = 9999});
  input_feed(&st, &(InputEvent){.kind = EVENT_MOUSE_PRESSED, .key = KEY_NONE, .button = 77});
  CHECK_EQ(st.keys[0] | st.keys[1] | st.buttons, 0);
  CHECK_EQ(st.n_events, 3);
}

TEST(input_key_names) {
  for (int i = 0; i < N_KEYS; i++) CHECK_EQ(input_key_find(input_key_name((Key)i)), i);
  CHECK_EQ(input_key_find("return"), KEY_ENTER);
  CHECK_EQ(input_key_find("nonsense"), KEY_NONE);
  CHECK_STR(input_key_name(KEY_NONE), "");
}

/* -- colour, noise ----------------------------------------------------------------------------- */

TEST(colour_hsv_round_trip) {
  for (int i = 0; i < 360; i++) {
    float h, s, v;
    Colour c = colour_hsv((float)i / 360.0f, 0.7f, 0.9f, 1.0f);
    colour_to_hsv(c, &h, &s, &v);
    CHECK_NEAR(h, i / 360.0, 1e-4);
    CHECK_NEAR(s, 0.7, 1e-4);
    CHECK_NEAR(v, 0.9, 1e-4);
  }
  Colour red = colour_hsv(-3.0f, 1, 1, 1);
  CHECK(red.r == 1 && red.g == 0 && red.b == 0);
  CHECK_NEAR(colour_hsv(NAN, 1, 1, 1).r, 1.0, 0);
}

TEST(colour_parse_forms) {
  Colour c = {9, 9, 9, 9};
  CHECK(colour_parse("#66ccff", 7, &c));
  CHECK_EQ(colour_pack(c), 0xFFFFCC66u);
  CHECK(colour_parse("f00", 3, &c) && colour_pack(c) == 0xFF0000FFu);
  CHECK(colour_parse("#00ff0080", 9, &c) && (colour_pack(c) >> 24) == 128);
  CHECK(!colour_parse("#12345", 6, &c) && !colour_parse("#ggg", 4, &c) && !colour_parse("", 0, &c));
}

TEST(colour_pack_clamps_and_premultiplies) {
  CHECK_EQ(colour_pack((Colour){5, -1, NAN, 2}), 0xFF0000FFu);
  CHECK_EQ(colour_pack((Colour){1, 1, 1, 0.5f}), 0x80808080u);
  CHECK_EQ(colour_pack((Colour){1, 1, 1, 0}), 0);
  Colour c = colour_unpack(0x80408020u);
  CHECK_NEAR(c.r, 0.25, 0.01);
  CHECK_NEAR(c.g, 1.0, 0.01);
  CHECK_NEAR(c.a, 0.5, 0.01);
}

TEST(noise_is_smooth_bounded_and_repeatable) {
  double lo = 1, hi = 0, step = 0;
  for (int i = 0; i < 20000; i++) {
    double x = i * 0.013, v = noise_fractal(1, x, x * 0.7, 3.3, 4, 0.5),
           w = noise_fractal(1, x + 1e-4, x * 0.7, 3.3, 4, 0.5);
    lo = fmin(lo, v), hi = fmax(hi, v), step = fmax(step, fabs(v - w));
  }
  CHECK(lo >= 0.0 && lo < 0.25 && hi <= 1.0 && hi > 0.75);
  CHECK(step < 1e-3);
  CHECK(noise_perlin(1, 0.5, 0.5, 0.5) == noise_perlin(1, 0.5, 0.5, 0.5));
  CHECK(noise_perlin(1, 0.5, 0.25, 0.5) != noise_perlin(2, 0.5, 0.25, 0.5));
  CHECK_NEAR(noise_perlin(3, 5, -7, 9), 0, 0);
  CHECK_NEAR(noise_perlin(3, INFINITY, NAN, 1e300), 0, 0);
}

/* -- command lists, painter -------------------------------------------------------------------- */

static char *dump(const CmdList *list) {
  static char text[4096];
  FILE *f = fmemopen(text, sizeof text, "w");
  cmdlist_dump(list, f);
  fputc(0, f);
  fclose(f);
  return text;
}

TEST(cmdlist_round_trip) {
  CmdList *list = cmdlist_new();
  Painter p;
  Image *img = image_new(4, 2);
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 320, 180);
  paint_fill(&p, (Colour){1, 0, 0, 1});
  paint_circle(&p, 10, 20, 5);
  paint_stroke(&p, (Colour){0, 0, 1, 1});
  paint_polyline(&p, (float[]){0, 0, 1, 1, NAN, 3, 4, 5}, 4, true);
  paint_text(&p, "h\xC3\xA9llo", 6, 1, 2);
  paint_image(&p, img, 0, 0, 8, 4);
  paint_end(&p);
  CHECK_STR(cmdlist_check(list) ? cmdlist_check(list) : "ok", "ok");
  CHECK_EQ(list->n_cmds, 4);
  CHECK_STR(dump(list),
            "ELLIPSE cx=10 cy=20 ux=5 uy=0 vx=0 vy=5 fill=#ff0000ff stroke=#00000000 half=0\n"
            "POLYLINE stroke=#0000ffff half=0.5 closed=1 n_points=3 (0, 0) (1, 1) (4, 5)\n"
            "TEXT x=1 y=2 ux=1 uy=0 vx=0 vy=1 size=16 fill=#ff0000ff face=0 align=0 n_bytes=6 \"h\xC3\xA9llo\"\n"
            "IMAGE buf=0 x=0 y=0 ux=8 uy=0 vx=0 vy=4 s0=0 t0=0 s1=1 t1=1 tint=#ffffffff\n");
  image_drop(img); /* the list keeps its pixels */
  CHECK_EQ(list->bufs[0]->w, 4);
  cmdlist_free(list);
}

TEST(cmdlist_recycles_its_memory) {
  CmdList *list = cmdlist_new();
  Painter p;
  uint32_t *words = NULL;
  for (int frame = 0; frame < 5; frame++) {
    cmdlist_reset(list);
    paint_init(&p);
    paint_no_stroke(&p);
    paint_begin(&p, list, 100, 100);
    for (int i = 0; i < 10000; i++) paint_circle(&p, (float)i, 5, 3);
    CHECK_EQ(list->n_cmds, 10000);
    if (frame) CHECK(words == list->words);
    words = list->words;
  }
  cmdlist_free(list);
}

TEST(cmdlist_full_drops_and_says_so) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  float *xy = calloc(1u << 20, 8);
  paint_stroke(&p, (Colour){1, 1, 1, 1});
  for (int i = 0; i < 40 && !list->overflow; i++) paint_polyline(&p, xy, 1u << 20, false);
  CHECK(list->overflow);
  CHECK(list->n_words <= CMDLIST_WORDS_MAX);
  CHECK(!cmdlist_check(list));
  free(xy);
  cmdlist_free(list);
}

TEST(cmdlist_background_hides_what_came_before) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  paint_blend(&p, BLEND_ADD);
  paint_circle(&p, 1, 1, 1);
  paint_background(&p, (Colour){0, 0, 0, 1});
  paint_rect(&p, 0, 0, 1, 1, 0);
  const uint32_t *at = cmdlist_first(list);
  CHECK_EQ(cmd_op(at), CMD_BACKGROUND);
  CHECK_EQ(cmd_op(at = cmdlist_next(list, at)), CMD_BLEND); /* restated, replay starts here */
  CHECK_EQ(cmd_op(at = cmdlist_next(list, at)), CMD_RECT);
  CHECK(!cmdlist_next(list, at));
  cmdlist_free(list);
}

TEST(cmdlist_append_joins_two_pictures) {
  CmdList *a = cmdlist_new(), *b = cmdlist_new();
  Image *one = image_new(1, 1), *two = image_new(2, 2);
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, a, 10, 10);
  paint_image(&p, one, 0, 0, 1, 1);
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, b, 10, 10);
  paint_image(&p, two, 0, 0, 1, 1);
  CHECK(cmdlist_append(a, b));
  CHECK(!cmdlist_check(a));
  CHECK_EQ(a->n_cmds, 2);
  const CmdImage *second = (const CmdImage *)cmdlist_next(a, cmdlist_first(a));
  CHECK_EQ(a->bufs[second->buf]->w, 2);
  cmdlist_free(b);
  image_drop(one), image_drop(two);
  CHECK_EQ(a->bufs[second->buf]->w, 2);
  cmdlist_free(a);
}

TEST(cmdlist_check_finds_damage) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 10, 10);
  paint_text(&p, "abc", 3, 0, 0);
  CHECK(!cmdlist_check(list));
  list->words[0] += 1 << 8;
  CHECK(cmdlist_check(list) != NULL);
  list->words[0] = 200 | 2 << 8;
  CHECK_STR(cmdlist_check(list), "unknown command");
  cmdlist_free(list);
}

TEST(paint_state_stack) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  paint_fill(&p, (Colour){1, 0, 0, 1});
  CHECK(paint_push(&p));
  paint_translate(&p, 10, 20);
  paint_scale(&p, 2, 2);
  paint_fill(&p, (Colour){0, 1, 0, 1});
  paint_blend(&p, BLEND_SCREEN);
  paint_circle(&p, 1, 1, 3);
  CHECK(paint_pop(&p));
  paint_circle(&p, 1, 1, 3);
  CHECK(!paint_pop(&p));
  CHECK_STR(dump(list), "BLEND mode=2\n"
                        "ELLIPSE cx=12 cy=22 ux=6 uy=0 vx=0 vy=6 fill=#00ff00ff stroke=#00000000 half=0\n"
                        "BLEND mode=0\n"
                        "ELLIPSE cx=1 cy=1 ux=3 uy=0 vx=0 vy=3 fill=#ff0000ff stroke=#00000000 half=0\n");
  for (int i = 0; i < PAINT_DEPTH_MAX; i++) CHECK(paint_push(&p));
  CHECK(!paint_push(&p));
  paint_end(&p);
  CHECK_EQ(p.depth, 0);
  cmdlist_free(list);
}

TEST(paint_rotation_and_stroke_scale) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  paint_stroke(&p, (Colour){1, 1, 1, 1});
  paint_stroke_weight(&p, 4);
  paint_rotate(&p, (float)M_PI / 2);
  paint_scale(&p, 3, 3);
  paint_line(&p, 0, 0, 10, 0);
  const CmdLine *c = (const CmdLine *)cmdlist_first(list);
  CHECK_NEAR(c->x1, 0, 1e-4);
  CHECK_NEAR(c->y1, 30, 1e-4);
  CHECK_NEAR(c->half, 6, 1e-4);
  paint_reset_transform(&p);
  CHECK_NEAR(p.s.half, 2, 1e-6);
  cmdlist_free(list);
}

TEST(paint_nothing_from_nonsense) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  paint_circle(&p, NAN, 0, 1);
  paint_rect(&p, 0, INFINITY, 1, 1, 0);
  paint_line(&p, 0, 0, 1, 1); /* no stroke set */
  paint_text(&p, "", 0, 0, 0);
  paint_no_fill(&p);
  paint_circle(&p, 0, 0, 1);
  paint_polygon(&p, (float[]){0, 0, 1, 1, NAN, NAN}, 3);
  paint_stroke(&p, (Colour){1, 1, 1, 1});
  paint_stroke_weight(&p, -5);
  paint_line(&p, 0, 0, 1, 1);
  paint_translate(&p, NAN, 0);
  paint_rotate(&p, INFINITY);
  paint_scale(&p, NAN, 1);
  CHECK_NEAR(p.s.m[0], 1, 0);
  CHECK_EQ(list->n_cmds, 0);
  cmdlist_free(list);
}

TEST(paint_clip_is_state) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 100, 100);
  paint_push(&p);
  paint_translate(&p, 10, 10);
  paint_clip(&p, 20, 20, -10, 5);
  paint_pop(&p);
  CHECK_STR(dump(list), "CLIP x=20 y=30 w=10 h=5\nCLIP x=0 y=0 w=-1 h=-1\n");
  cmdlist_free(list);
}

TEST(paint_style_lasts_but_transform_does_not) {
  CmdList *list = cmdlist_new();
  Painter p;
  paint_init(&p);
  CHECK_EQ(p.s.stroke, 0xFF000000u);
  paint_begin(&p, list, 100, 100);
  paint_line(&p, 0, 0, 1, 1); /* visible without asking for a stroke */
  CHECK_EQ(list->n_cmds, 1);
  paint_fill(&p, (Colour){1, 0, 0, 1});
  paint_scale(&p, 4, 4);
  paint_clip(&p, 0, 0, 1, 1);
  paint_blend(&p, BLEND_ADD);
  paint_push(&p);
  paint_end(&p);
  cmdlist_reset(list);
  paint_begin(&p, list, 100, 100);
  CHECK_EQ(p.s.fill, 0xFF0000FFu);
  CHECK_NEAR(p.s.m[0], 1, 0);
  CHECK_NEAR(p.s.half, 0.5, 0);
  CHECK(p.s.clip[2] < 0 && p.s.blend == BLEND_NORMAL && p.depth == 0);
  CHECK_NEAR(paint_text_width(&p, "", 0), 0, 0);
  cmdlist_free(list);
}

/* -- batch ------------------------------------------------------------------------------------- */

static double batch_area(const Batch *b) { /* of triangles with full coverage */
  double sum = 0;
  for (uint32_t i = 0; i < b->n_indices; i += 3) {
    const BatchVertex *p = &b->vertices[b->indices[i]], *q = &b->vertices[b->indices[i + 1]],
                      *r = &b->vertices[b->indices[i + 2]];
    if (p->u == 1 && q->u == 1 && r->u == 1)
      sum += fabs((double)(q->x - p->x) * (r->y - p->y) - (double)(q->y - p->y) * (r->x - p->x)) / 2;
  }
  return sum;
}

TEST(batch_fills_concave_polygons) {
  CmdList *list = cmdlist_new();
  Painter p;
  Batch b = {0};
  float star[20], want = 0;
  for (int i = 0; i < 10; i++) {
    float r = i & 1 ? 20 : 60, t = (float)M_PI * (float)i / 5;
    star[i * 2] = 100 + r * cosf(t), star[i * 2 + 1] = 100 + r * sinf(t);
  }
  for (int i = 0; i < 10; i++) {
    const float *q = star + 2 * i, *r = star + 2 * ((i + 1) % 10);
    want += (q[0] * r[1] - r[0] * q[1]) / 2;
  }
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 200, 200);
  paint_polygon(&p, star, 10);
  batch_begin(&b, 200, 200);
  batch_list(&b, list, NULL);
  CHECK_EQ(b.n_runs, 1);
  CHECK_NEAR(batch_area(&b), want, want * 0.12); /* less a border of half a pixel */
  for (uint32_t i = 0; i < b.n_indices; i++) CHECK(b.indices[i] < b.n_vertices);
  batch_fini(&b);
  cmdlist_free(list);
}

TEST(batch_survives_any_contour) {
  CmdList *list = cmdlist_new();
  Painter p;
  Batch b = {0};
  srand(12345);
  for (int round = 0; round < 300; round++) {
    float xy[64];
    size_t n = (size_t)(rand() % 32);
    for (size_t i = 0; i < n * 2; i++) {
      int kind = rand() % 10;
      xy[i] = kind == 0 ? 1e30f : kind == 1 ? 50.0f : kind == 2 && i > 1 ? xy[i - 2] : (float)(rand() % 400 - 100);
    }
    cmdlist_reset(list);
    paint_init(&p);
    paint_no_stroke(&p);
    paint_begin(&p, list, 200, 200);
    paint_stroke(&p, (Colour){1, 1, 1, 1});
    paint_stroke_weight(&p, (float)(rand() % 40) * 0.3f);
    paint_polygon(&p, xy, n);
    paint_polyline(&p, xy, n, rand() & 1);
    if (n >= 3) paint_triangle(&p, xy[0], xy[1], xy[2], xy[3], xy[4], xy[5]);
    paint_transform(&p, (float[6]){1, 0.5f, 0.7f, -2, 3, 4});
    paint_rect(&p, 10, 10, 30, 40, 5);
    paint_ellipse(&p, 10, 10, 30, (float)(rand() % 3));
    CHECK(!cmdlist_check(list));
    batch_begin(&b, 200, 200);
    batch_list(&b, list, NULL);
    CHECK(b.n_vertices <= b.cap_vertices && b.n_indices <= b.cap_indices);
    for (uint32_t i = 0; i < b.n_indices; i++)
      if (b.indices[i] >= b.n_vertices) CHECK(!"index outside");
    for (uint32_t i = 0; i < b.n_vertices; i++)
      if (!isfinite(b.vertices[i].x + b.vertices[i].y)) CHECK(!"vertex not finite");
  }
  batch_fini(&b);
  cmdlist_free(list);
}

TEST(batch_runs_break_only_on_state) {
  CmdList *list = cmdlist_new();
  Painter p;
  Batch b = {0};
  paint_init(&p);
  paint_no_stroke(&p);
  paint_begin(&p, list, 200, 200);
  for (int i = 0; i < 100; i++) paint_circle(&p, 50, 50, 5), paint_rect(&p, 5, 5, 5, 5, 0);
  paint_circle(&p, -500, 50, 5); /* outside: left out */
  paint_blend(&p, BLEND_ADD);
  paint_circle(&p, 50, 50, 5);
  batch_begin(&b, 200, 200);
  batch_list(&b, list, NULL);
  CHECK_EQ(b.n_runs, 2);
  CHECK_EQ(b.runs[0].count, 200 * 6);
  CHECK_EQ(b.runs[1].blend, BLEND_ADD);
  batch_fini(&b);
  cmdlist_free(list);
}

/* -- images ------------------------------------------------------------------------------------ */

TEST(image_shared_pixels_never_change) {
  Image *img = image_new(2, 2);
  image_fill(img, (Colour){1, 0, 0, 1});
  PixBuf *shown = image_draw_ref(img);
  image_set(img, 0, 0, (Colour){0, 1, 0, 1});
  CHECK_EQ(shown->pixels[0], 0xFF0000FFu);
  CHECK_EQ(image_read(img)[0], 0xFF00FF00u);
  CHECK_EQ(image_read(img)[1], 0xFF0000FFu); /* the rest was kept */
  CHECK(img->cur->version > shown->version);
  CHECK_EQ(img->cur->image_id, shown->image_id);
  pixbuf_release(shown);
  image_drop(img);
}

TEST(image_steady_state_allocates_nothing) {
  Image *img = image_new(8, 8);
  PixBuf *held[3] = {0};
  const void *seen[16];
  int n_seen = 0;
  for (int i = 0; i < 50; i++) {
    const void *pixels = image_write(img, false);
    bool known = false;
    for (int k = 0; k < n_seen; k++) known |= seen[k] == pixels;
    if (!known && n_seen < 16) seen[n_seen++] = pixels;
    pixbuf_release(held[i % 3]);
    held[i % 3] = image_draw_ref(img);
  }
  CHECK(n_seen <= 4);
  for (int i = 0; i < 3; i++) pixbuf_release(held[i]);
  image_drop(img);
}

TEST(image_bad_sizes) {
  CHECK(!image_new(0, 5));
  CHECK(!image_new(5, -1));
  CHECK(!image_new(20000, 1));
}

static void write_file(const char *path, const void *data, size_t size) {
  FILE *f = fopen(path, "wb");
  fwrite(data, 1, size, f);
  fclose(f);
}

static void check_placeholder(const char *path, const char *why) {
  char err[300] = "";
  Image *img = image_load(path, err, sizeof err);
  REQUIRE(img);
  CHECK(img->is_placeholder && img->w == 64 && img->h == 64);
  if (!strstr(err, why)) fprintf(stderr, "    message: %s\n", err);
  CHECK(strstr(err, why) && strstr(err, path));
  CHECK(!strchr(err, '\n'));
  image_drop(img);
}

static char tmp_dir[64];

static const char *tmp_path(const char *name) {
  static char path[4][256];
  static int k;
  if (!tmp_dir[0]) {
    strcpy(tmp_dir, "/tmp/rp_engine_XXXXXX");
    if (!mkdtemp(tmp_dir)) abort();
  }
  k = (k + 1) % 4;
  snprintf(path[k], sizeof path[k], "%s/%s", tmp_dir, name);
  return path[k];
}

TEST(image_unreadable_files_give_a_placeholder) {
  static const unsigned char truncated[] = {0x89, 'P', 'N', 'G', 13,  10,  26, 10, 0, 0,
                                            0,    13,  'I', 'H', 'D', 'R', 0,  0,  0, 9};
  check_placeholder(tmp_path("missing.png"), "No such file");
  check_placeholder("/tmp", "is a directory");
  write_file(tmp_path("empty.png"), "", 0);
  check_placeholder(tmp_path("empty.png"), "empty");
  write_file(tmp_path("text.png"), "this is not an image at all", 27);
  check_placeholder(tmp_path("text.png"), "unknown or damaged");
  write_file(tmp_path("cut.png"), truncated, sizeof truncated);
  check_placeholder(tmp_path("cut.png"), "unknown or damaged");
  check_placeholder("/dev/null", "not a regular file");
}

TEST(image_cut_off_at_every_length) {
  char err[300];
  Image *img = image_new(16, 16);
  for (int i = 0; i < 256; i++) image_set(img, i % 16, i / 16, colour_hsv((float)i / 256, 1, 1, 1));
  CHECK(image_save(img, tmp_path("full.png"), err, sizeof err));
  FILE *f = fopen(tmp_path("full.png"), "rb");
  unsigned char data[4096];
  size_t size = fread(data, 1, sizeof data, f);
  fclose(f);
  for (size_t n = 1; n < size; n += 3) {
    write_file(tmp_path("part.png"), data, n);
    Image *part = image_load(tmp_path("part.png"), err, sizeof err);
    CHECK(part != NULL);
    image_drop(part);
  }
  image_drop(img);
}

TEST(image_save_and_load) {
  char err[300];
  Image *img = image_new(3, 2), *back;
  image_fill(img, (Colour){0.2f, 0.4f, 0.6f, 1});
  image_set(img, 1, 1, (Colour){1, 0.5f, 0, 0.5f});
  CHECK(image_save(img, tmp_path("a.png"), err, sizeof err));
  back = image_load(tmp_path("a.png"), err, sizeof err);
  CHECK_STR(err, "");
  CHECK_EQ(image_read(back)[0], image_read(img)[0]);
  CHECK_NEAR(image_get(back, 1, 1).g, 0.5, 0.02);
  CHECK_EQ(image_get(back, 99, 0).a, 0);
  image_drop(back);
  CHECK(image_save(img, tmp_path("a.ppm"), err, sizeof err));
  back = image_load(tmp_path("a.ppm"), err, sizeof err);
  CHECK_EQ(image_read(back)[0], image_read(img)[0]);
  image_drop(back);
  CHECK(!image_save(img, tmp_path("no_ending"), err, sizeof err) && strstr(err, "must end in"));
  CHECK(!image_save(img, "/nonexistent/x.png", err, sizeof err) && strstr(err, "No such file"));
  image_drop(img);
}

/* -- fonts ------------------------------------------------------------------------------------- */

TEST(font_bad_files_and_text) {
  char err[300];
  CHECK(!font_load("/nonexistent.ttf", err, sizeof err) && strstr(err, "No such file"));
  write_file(tmp_path("bad.ttf"), "0123456789012345678901234567890123456789012345678901234567890123456789", 70);
  CHECK(!font_load(tmp_path("bad.ttf"), err, sizeof err) && strstr(err, "not a TrueType"));
  CHECK(!font_load("/tmp", err, sizeof err));
  size_t at = 0;
  CHECK_EQ(utf8_next("\xF0\x9F\x98\x80", 4, &at), 0x1F600);
  CHECK_EQ(at, 4);
  at = 0;
  CHECK_EQ(utf8_next("\xE2\x82", 2, &at), 0xFFFD);
  CHECK_EQ(at, 1);
  CHECK_NEAR(font_measure(NULL, "ab\ncde", 6, 10), 15, 1e-4);
}

TEST(font_atlas_fills_and_starts_over) {
  Glyphs *g = glyphs_new();
  REQUIRE(g && g->fonts[FONT_SANS]);
  const Glyph *a = glyph_get(g, FONT_SANS, 'A', 24), *again = glyph_get(g, FONT_SANS, 'A', 24);
  CHECK(a && a == again && a->w > 8 && a->advance > 8);
  CHECK_EQ(glyph_get(g, FONT_SANS, ' ', 24)->w, 0);
  uint32_t cp;
  for (cp = 33; cp < 3000 && glyph_get(g, FONT_SANS, cp, 128); cp++) {}
  CHECK(g->full && cp < 3000);
  CHECK(!glyph_get(g, FONT_SANS, 'A', 24));
  glyphs_begin(g);
  CHECK(glyph_get(g, FONT_SANS, 'A', 24) != NULL);
  glyphs_free(g);
}

/* -- pool -------------------------------------------------------------------------------------- */

typedef struct PoolCase {
  Pool *pool;
  atomic_uchar *hit;
  atomic_llong sum;
  int64_t stop_at;
} PoolCase;

static bool mark(void *user, int64_t begin, int64_t end, int worker) {
  PoolCase *c = user;
  if (worker < 0 || worker >= pool_size(c->pool)) return false;
  for (int64_t i = begin; i < end; i++) {
    atomic_fetch_add(&c->hit[i], 1);
    if (i == c->stop_at) return false;
  }
  return true;
}

TEST(pool_does_every_item_once) {
  for (int threads = 1; threads <= 4; threads++) {
    PoolCase c = {.pool = pool_new(threads), .hit = calloc(10000, 1), .stop_at = -1};
    CHECK_EQ(pool_size(c.pool), threads);
    for (int grain = 0; grain < 30; grain += 7) {
      memset(c.hit, 0, 10000);
      CHECK(pool_for(c.pool, 10000, grain, mark, &c));
      for (int i = 0; i < 10000; i++)
        if (c.hit[i] != 1) CHECK(!"item not done exactly once");
    }
    CHECK(pool_for(c.pool, 0, 1, mark, &c));
    CHECK(pool_for(c.pool, -5, 1, mark, &c));
    pool_drop(c.pool);
    free(c.hit);
  }
}

TEST(pool_stops_when_told) {
  PoolCase c = {.pool = pool_new(3), .hit = calloc(1000000, 1), .stop_at = 5};
  CHECK(!pool_for(c.pool, 1000000, 10, mark, &c));
  int n = 0;
  for (int i = 0; i < 1000000; i++) n += c.hit[i];
  CHECK(n < 1000000);
  pool_drop(c.pool);
  free(c.hit);
}

static bool add_inner(void *user, int64_t begin, int64_t end, int worker) {
  atomic_fetch_add(&((PoolCase *)user)->sum, end - begin);
  return true;
}

static bool add_outer(void *user, int64_t begin, int64_t end, int worker) {
  for (int64_t i = begin; i < end; i++) pool_for(((PoolCase *)user)->pool, 100, 1, add_inner, user);
  return true;
}

TEST(pool_nested_runs_inline) {
  PoolCase c = {.pool = pool_new(3)};
  CHECK(pool_for(c.pool, 50, 1, add_outer, &c));
  CHECK_EQ(atomic_load(&c.sum), 5000);
  pool_drop(c.pool);
}

static void *call_pool(void *user) {
  for (int i = 0; i < 200; i++) pool_for(((PoolCase *)user)->pool, 64, 1, add_inner, user);
  return NULL;
}

TEST(pool_many_callers) {
  PoolCase c = {.pool = pool_new(2)};
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, call_pool, &c);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  CHECK_EQ(atomic_load(&c.sum), 4 * 200 * 64);
  pool_drop(c.pool);
}

/* -- files, numbers, capture ------------------------------------------------------------------- */

static void count_change(void *user, const char *path) { ++*(int *)user; }

TEST(watch_sees_saves_once_and_settled) {
  Watch *w = watch_new();
  int n = 0;
  int64_t t = 0;
  char path[256];
  snprintf(path, sizeof path, "%s", tmp_path("script.py"));
  write_file(path, "a", 1);
  CHECK(watch_add(w, path) && watch_add(w, path));
  watch_poll(w, t, count_change, &n);
  CHECK_EQ(n, 0);
  write_file(path, "ab", 2); /* plain write */
  watch_poll(w, t += 1, count_change, &n);
  CHECK_EQ(n, 0); /* not settled */
  watch_poll(w, t += WATCH_SETTLE_NS, count_change, &n);
  CHECK_EQ(n, 1);
  watch_poll(w, t += WATCH_SETTLE_NS, count_change, &n);
  CHECK_EQ(n, 1);
  write_file(tmp_path("script.tmp"), "xy", 2); /* save by rename */
  rename(tmp_path("script.tmp"), path);
  watch_poll(w, t += 1, count_change, &n);
  watch_poll(w, t += WATCH_SETTLE_NS, count_change, &n);
  CHECK_EQ(n, 2);
  unlink(path); /* gone: not ready */
  watch_poll(w, t += 1, count_change, &n);
  watch_poll(w, t += WATCH_SETTLE_NS, count_change, &n);
  CHECK_EQ(n, 2);
  write_file(path, "back", 4);
  watch_poll(w, t += 1, count_change, &n);
  watch_poll(w, t += WATCH_SETTLE_NS, count_change, &n);
  CHECK_EQ(n, 3);
  watch_free(w);
}

TEST(hist_quantiles) {
  Hist h = {0};
  CHECK_EQ(hist_quantile(&h, 0.5), 0);
  for (int i = 1; i <= 1000; i++) hist_add(&h, i * 10000);
  CHECK_NEAR((double)hist_quantile(&h, 0.5) / 5e6, 1.0, 0.1);
  CHECK_NEAR((double)hist_quantile(&h, 0.99) / 9.9e6, 1.0, 0.1);
  CHECK_EQ(h.max_ns, 10000000);
  hist_add(&h, 0);
  hist_add(&h, 1ll << 50);
  CHECK_EQ(h.n, 1002);
}

TEST(gfx_fit_letterbox) {
  GfxRect r = gfx_fit(320, 180, 640, 480);
  CHECK(r.w == 640 && r.h == 360 && r.x == 0 && r.y == 60);
  r = gfx_fit(100, 400, 300, 200);
  CHECK(r.w == 50 && r.h == 200 && r.x == 125);
}

TEST(capture_writes_all_it_accepted) {
  Capture *cap = capture_new();
  uint64_t written, failed;
  for (int i = 0; i < 10; i++) {
    char name[32];
    snprintf(name, sizeof name, "c%d.ppm", i);
    CHECK(capture_put(cap, calloc(16, 4), 4, 4, tmp_path(name), true));
  }
  capture_put(cap, calloc(16, 4), 4, 4, "/nonexistent/dir/x.png", true);
  capture_free(cap, &written, &failed);
  CHECK_EQ(written, 10);
  CHECK_EQ(failed, 1);
  CHECK_EQ(access(tmp_path("c9.ppm"), R_OK), 0);
}

static void remove_tmp_dir(void) {
  DIR *dir = tmp_dir[0] ? opendir(tmp_dir) : NULL;
  for (struct dirent *e; dir && (e = readdir(dir));) unlink(tmp_path(e->d_name));
  if (dir) closedir(dir);
  if (tmp_dir[0]) rmdir(tmp_dir);
}

int main(int argc, char **argv) {
  int rc = unit_run(argc, argv);
  remove_tmp_dir();
  return rc;
}
