/* test_layer.c: what layers may and may not do to each other, to the frame and to the shutdown. Runs without GL.
** Times here are generous bounds that a loaded machine keeps, never measurements. */
#include "tests/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/frame.h"
#include "engine/layer.h"

typedef struct Script { /* a layer as a test writes it */
  atomic_int n_setup, n_draw, n_update, n_event, n_reload, n_interrupt, n_end, n_slack;
  atomic_bool gate, stuck; /* draw waits while gate is set; stuck: ignores interrupts, too */
  atomic_bool interrupted;
  _Atomic double last_t;
  bool clears, fails, loops;
  int size_w;
} Script;

static void wait_gate(Script *s) {
  while (atomic_load(&s->gate) && !(atomic_load(&s->interrupted) && !atomic_load(&s->stuck))) usleep(500);
}

static bool script_setup(void *user, LayerFrame *fr) {
  Script *s = user;
  atomic_fetch_add(&s->n_setup, 1);
  if (s->size_w) layer_request_size(fr->layer, s->size_w, 77);
  return true;
}

static bool script_draw(void *user, LayerFrame *fr) {
  Script *s = user;
  int n = atomic_fetch_add(&s->n_draw, 1);
  if (s->clears) paint_background(fr->paint, (Colour){0, 0, 0, 1});
  paint_circle(fr->paint, (float)n, 0, 1);
  atomic_store(&s->last_t, fr->in->t);
  wait_gate(s);
  return !s->fails;
}

static void script_update(void *user, LayerFrame *fr, double dt) {
  atomic_fetch_add(&((Script *)user)->n_update, 1);
  CHECK_NEAR(dt, 1.0 / 60.0, 1e-9);
}

static void script_event(void *user, LayerFrame *fr, const InputEvent *ev) {
  atomic_fetch_add(&((Script *)user)->n_event, 1);
}
static void script_run_begin(void *user) { atomic_store(&((Script *)user)->interrupted, false); }
static void script_end(void *user) { atomic_fetch_add(&((Script *)user)->n_end, 1); }
static void script_slack(void *user, int64_t deadline) { atomic_fetch_add(&((Script *)user)->n_slack, 1); }
static void script_reload(void *user, LayerFrame *fr, const char *path) {
  atomic_fetch_add(&((Script *)user)->n_reload, 1);
}

static void script_interrupt(void *user) {
  atomic_fetch_add(&((Script *)user)->n_interrupt, 1);
  atomic_store(&((Script *)user)->interrupted, true);
}

static const LayerCallbacks callbacks = {
    .thread_end = script_end,
    .run_begin = script_run_begin,
    .setup = script_setup,
    .reload = script_reload,
    .event = script_event,
    .update = script_update,
    .draw = script_draw,
    .gc_slack = script_slack,
    .interrupt = script_interrupt,
};

typedef struct Rig { /* the engine's side, by hand */
  Bell *bell;
  InputState st;
  InputSnapshot *in;
  int64_t n;
} Rig;

static void rig_publish(Rig *r) {
  AudioSnapshot audio = AUDIO_SNAPSHOT_REST;
  input_release(r->in);
  r->in = input_publish(&r->st, (uint64_t)r->n, (double)r->n / 60.0, 1.0 / 60.0, 320, 180, &audio);
  r->n++;
}

static void rig_init(Rig *r) {
  *r = (Rig){.bell = bell_new()};
  input_init(&r->st);
  rig_publish(r);
}

static void rig_fini(Rig *r) {
  input_release(r->in);
  bell_drop(r->bell);
}

static Layer *rig_start(Rig *r, Script *s, int watchdog_ms) {
  LayerConfig lc = {.name = "test", .watchdog_ms = watchdog_ms, .setup_watchdog_ms = watchdog_ms};
  Layer *layer = layer_start(&callbacks, s, &lc, r->bell, r->in);
  CHECK(layers_wait(r->bell, &layer, 1, clock_now_ns() + 5 * NS_PER_S));
  return layer;
}

static int64_t soon(int ms) { return clock_now_ns() + ms * NS_PER_MS; }

TEST(layer_draws_each_frame) {
  Rig r;
  Script s = {.clears = true};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  CHECK_EQ(s.n_setup, 1);
  for (int i = 0; i < 10; i++) {
    rig_publish(&r);
    layer_wake(layer, r.in, soon(5));
    CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
    CmdList *list = layer_take_list(layer);
    REQUIRE(list);
    CHECK_EQ(list->frame, r.in->frame);
    CHECK_EQ(list->n_cmds, 2);
    layer_return_list(layer, list);
    CHECK(!layer_take_list(layer));
  }
  CHECK_EQ(s.n_draw, 10);
  CHECK_EQ(s.n_update, 11);
  CHECK(layer_stop(layer, soon(5000)));
  CHECK_EQ(s.n_end, 1);
  rig_fini(&r);
}

static bool draw_2_ms(void *user, LayerFrame *fr) {
  for (int64_t until = soon(2); clock_now_ns() < until;) {}
  return script_draw(user, fr);
}

/* Twice to eight times the budget: it runs in half the frames, or less often on a busy machine, never late, and misses no update. */
TEST(over_its_budget_a_layer_runs_less_often) {
  LayerCallbacks slow = callbacks;
  slow.draw = draw_2_ms;
  for (int limited = 0; limited < 2; limited++) {
    Rig r;
    Script s = {.clears = true};
    rig_init(&r);
    Layer *layer = layer_start(&slow, &s, &(LayerConfig){.name = "slow", .budget_ms = limited ? 1 : 1e9}, r.bell, r.in);
    CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
    for (int i = 0; i < 34; i++) {
      rig_publish(&r);
      layer_wake(layer, r.in, 0);
      CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
      layer_count_late(layer);
    }
    LayerStats st = layer_stats(layer);
    CHECK_EQ(st.n_late, 0);
    CHECK_EQ(st.n_runs - 1 + st.n_spared, 34); /* setup is the first run */
    if (limited) CHECK(s.n_draw <= 18 && s.n_draw >= 4 && st.script_average >= 2 * NS_PER_MS);
    else CHECK_EQ(s.n_draw, 34);
    CHECK(s.n_update >= 35 - LAYER_CATCHUP_MAX);
    CHECK(layer_stop(layer, soon(5000)));
    rig_fini(&r);
  }
}

TEST(late_layer_keeps_its_last_picture) {
  Rig r;
  Script s = {.clears = true};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  layer_return_list(layer, layer_take_list(layer));
  atomic_store(&s.gate, true);
  for (int i = 0; i < 3; i++) {
    rig_publish(&r);
    layer_wake(layer, r.in, 0);
    CHECK(!layers_wait(r.bell, &layer, 1, soon(10)));
    layer_count_late(layer);
    CHECK(!layer_take_list(layer)); /* nothing new: the engine's target still shows the last one */
  }
  CHECK_EQ(layer_stats(layer).n_late, 3);
  CHECK(layer_stats(layer).late_now);
  atomic_store(&s.gate, false);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CmdList *list = layer_take_list(layer);
  CHECK(list != NULL);
  layer_return_list(layer, list);
  layer_count_late(layer);
  CHECK(!layer_stats(layer).late_now);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

TEST(untaken_pictures_are_continued) {
  Rig r;
  Script s = {.clears = false};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  for (int i = 0; i < 4; i++) {
    rig_publish(&r);
    layer_wake(layer, r.in, 0);
    CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  }
  CmdList *list = layer_take_list(layer);
  REQUIRE(list);
  CHECK_EQ(list->n_cmds, 4); /* a trail without background loses nothing */
  CHECK(!cmdlist_check(list));
  CHECK_NEAR(((const CmdEllipse *)cmdlist_first(list))->cx, 0, 0);
  layer_return_list(layer, list);
  s.clears = true;
  for (int i = 0; i < 3; i++) {
    rig_publish(&r);
    layer_wake(layer, r.in, 0);
    CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  }
  list = layer_take_list(layer);
  CHECK_EQ(list->n_cmds, 2); /* a clearing one replaces */
  layer_return_list(layer, list);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

TEST(failed_draw_publishes_nothing) {
  Rig r;
  Script s = {.fails = true};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CHECK(!layer_take_list(layer));
  CHECK_EQ(layer_stats(layer).n_failed, 1);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

TEST(events_of_missed_frames_are_not_lost) {
  Rig r;
  Script s = {0};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  atomic_store(&s.gate, true);
  for (int i = 0; i < 5; i++) {
    input_feed(&r.st, &(InputEvent){.kind = EVENT_KEY_PRESSED, .key = KEY_A});
    rig_publish(&r);
    layer_wake(layer, r.in, 0);
    usleep(2000);
  }
  atomic_store(&s.gate, false);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CHECK_EQ(s.n_event, 5);
  CHECK(s.n_draw < 5);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

TEST(updates_catch_up_within_a_bound) {
  Rig r;
  Script s = {0};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  r.n = 6; /* 0.1 s later */
  rig_publish(&r);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CHECK_EQ(s.n_update, 7);
  r.n = 60000;
  rig_publish(&r);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CHECK_EQ(s.n_update, 7 + LAYER_CATCHUP_MAX);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

TEST(watchdog_interrupts_an_endless_draw) {
  Rig r;
  Script s = {0};
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 30);
  atomic_store(&s.gate, true);
  rig_publish(&r);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000))); /* ends although the gate never opens */
  CHECK_EQ(s.n_interrupt, 1);
  CHECK_EQ(layer_stats(layer).n_interrupted, 1);
  atomic_store(&s.gate, false);
  CHECK(layer_stop(layer, soon(5000)));
  rig_fini(&r);
}

/* Script memory of a stuck layer must outlive the test that left it behind. */
TEST(stuck_layer_neither_delays_others_nor_the_shutdown) {
  static Script stuck = {.gate = true, .stuck = true};
  Script good = {.clears = true};
  Rig r;
  rig_init(&r);
  Layer *layers[2] = {rig_start(&r, &stuck, 20), rig_start(&r, &good, 0)};
  for (int i = 0; i < 5; i++) {
    rig_publish(&r);
    layer_wake(layers[0], r.in, 0);
    layer_wake(layers[1], r.in, 0);
    CHECK(layers_wait(r.bell, &layers[1], 1, soon(5000)));
    CHECK(!layers_wait(r.bell, layers, 2, soon(15)));
    CmdList *list = layer_take_list(layers[1]);
    CHECK(list && list->frame == r.in->frame);
    layer_return_list(layers[1], list);
  }
  CHECK(stuck.n_interrupt >= 1);
  int64_t began = clock_now_ns();
  CHECK(!layer_stop(layers[0], soon(60)));
  CHECK(clock_now_ns() - began < 3 * NS_PER_S);
  CHECK(layer_stop(layers[1], soon(5000)));
  rig_fini(&r);
  CHECK_EQ(stuck.n_end, 0);
  atomic_store(&stuck.gate, false); /* it may end now, with everything else long gone */
  for (int i = 0; i < 2000 && !atomic_load(&stuck.n_end); i++) usleep(1000);
  CHECK_EQ(stuck.n_end, 1);
  usleep(20000);
}

static atomic_bool end_gate = true, end_begun;
static void slow_end(void *user) {
  atomic_store(&end_begun, true);
  while (atomic_load(&end_gate)) usleep(500);
  script_end(user);
}

TEST(a_layer_that_only_frees_is_not_stuck) {
  static Script s = {.clears = true};
  LayerCallbacks slow = callbacks;
  slow.thread_end = slow_end;
  Rig r;
  rig_init(&r);
  Layer *layer = layer_start(&slow, &s, &(LayerConfig){.name = "slow"}, r.bell, r.in);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  layer_ask_stop(layer);
  while (!atomic_load(&end_begun)) usleep(500);
  CHECK_EQ(layer_stop(layer, soon(1)), LAYER_LEAVING);
  rig_fini(&r);
  atomic_store(&end_gate, false);
  for (int i = 0; i < 5000 && !atomic_load(&s.n_end); i++) usleep(1000);
  CHECK_EQ(s.n_end, 1);
  usleep(20000);
}

TEST(saved_file_reaches_reload) {
  Rig r;
  Script s = {0};
  char path[] = "/tmp/rp_layer_XXXXXX";
  close(mkstemp(path));
  rig_init(&r);
  Layer *layer = rig_start(&r, &s, 0);
  layer_watch(layer, path);
  FILE *f = fopen(path, "w");
  fputs("new text", f);
  fclose(f);
  layer_poll_files(layer, 0);
  layer_poll_files(layer, NS_PER_S);
  layer_wake(layer, r.in, 0);
  CHECK(layers_wait(r.bell, &layer, 1, soon(5000)));
  CHECK_EQ(s.n_reload, 1);
  CHECK(layer_stop(layer, soon(5000)));
  unlink(path);
  rig_fini(&r);
}

/* -- the whole loop, without video ------------------------------------------------------------- */

TEST(engine_offline_waits_for_every_layer) {
  EngineConfig cfg = {.w = 320, .h = 180, .offline = true, .null_video = true, .n_frames = 90, .fps = 60, .workers = 1};
  Engine *eng = engine_new(&cfg);
  Script a = {.clears = true}, b = {.size_w = 99};
  engine_add_layer(eng, &callbacks, &a, "a");
  engine_add_layer(eng, &callbacks, &b, "b");
  CHECK_EQ(engine_run(eng), 0);
  EngineStats st;
  engine_stats(eng, &st);
  CHECK_EQ(st.n_frames, 90);
  CHECK_EQ(st.n_stuck, 0);
  CHECK_EQ(a.n_draw, 90);
  CHECK_EQ(b.n_draw, 90);
  CHECK_EQ(a.n_update, 90);
  CHECK_NEAR(a.last_t, 89.0 / 60.0, 1e-12);
  CHECK_EQ(a.n_event, 1); /* resized, by b's size() */
  engine_free(eng);
}

TEST(engine_live_is_not_delayed_by_a_stuck_layer) {
  static Script stuck = {.gate = true, .stuck = true};
  Script good = {.clears = true};
  EngineConfig cfg = {.null_video = true,
                      .no_audio = true,
                      .n_frames = 12,
                      .fps = 60,
                      .watchdog_ms = 20,
                      .setup_watchdog_ms = 20,
                      .shutdown_ms = 50,
                      .workers = 1};
  Engine *eng = engine_new(&cfg);
  engine_add_layer(eng, &callbacks, &stuck, "stuck");
  engine_add_layer(eng, &callbacks, &good, "good");
  int64_t began = clock_now_ns();
  CHECK_EQ(engine_run(eng), 0);
  CHECK(clock_now_ns() - began < 5 * NS_PER_S);
  EngineStats st;
  engine_stats(eng, &st);
  CHECK_EQ(st.n_frames, 12);
  CHECK_EQ(st.n_stuck, 1);
  CHECK(good.n_draw >= 6);
  CHECK(good.n_slack >= 1);
  engine_free(eng);
  atomic_store(&stuck.gate, false);
  for (int i = 0; i < 2000 && !atomic_load(&stuck.n_end); i++) usleep(1000);
  CHECK_EQ(stuck.n_end, 1);
  usleep(20000);
}

TEST(engine_offline_gives_up_on_a_stuck_layer) {
  static Script stuck = {.gate = true, .stuck = true};
  EngineConfig cfg = {.null_video = true,
                      .offline = true,
                      .n_frames = 5,
                      .watchdog_ms = 20,
                      .setup_watchdog_ms = 20,
                      .shutdown_ms = 20,
                      .workers = 1};
  Engine *eng = engine_new(&cfg);
  engine_add_layer(eng, &callbacks, &stuck, "stuck");
  CHECK_EQ(engine_run(eng), 1);
  CHECK(stuck.n_interrupt > 2);
  engine_free(eng);
  atomic_store(&stuck.gate, false);
  for (int i = 0; i < 2000 && !atomic_load(&stuck.n_end); i++) usleep(1000);
  CHECK_EQ(stuck.n_end, 1);
  usleep(20000);
}

static void *stop_later(void *eng) {
  usleep(50000);
  engine_stop(eng);
  return NULL;
}

TEST(engine_stop_from_another_thread) {
  EngineConfig cfg = {.null_video = true, .no_audio = true, .fps = 200, .workers = 1};
  Engine *eng = engine_new(&cfg);
  Script s = {0};
  pthread_t t;
  engine_add_layer(eng, &callbacks, &s, "s");
  pthread_create(&t, NULL, stop_later, eng);
  CHECK_EQ(engine_run(eng), 0);
  pthread_join(t, NULL);
  engine_free(eng);
}

TEST(engine_with_no_layers_at_all) {
  EngineConfig cfg = {.null_video = true, .offline = true, .n_frames = 3};
  Engine *eng = engine_new(&cfg);
  CHECK_EQ(engine_run(eng), 0);
  engine_free(eng);
}

UNIT_MAIN()
