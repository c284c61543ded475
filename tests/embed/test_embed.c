/* test_embed.c: every function of replicant.h, as a stranger would use it. */
#include <malloc.h>
#include <pthread.h>
#include <replicant.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit.h"

static double eval_float(RpContext *ctx, const char *text) {
  RpRef mark = rp_mark(ctx);
  double d = rp_to_float(ctx, rp_eval(ctx, text), -1e9);
  rp_release(ctx, mark, RP_NULL);
  return d;
}

TEST(values_go_in_and_out) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  size_t n = 0;
  CHECK_EQ(rp_to_int(ctx, rp_int(ctx, -5), 0), -5);
  CHECK_EQ(rp_to_int(ctx, rp_int(ctx, INT64_MIN), 0), INT64_MIN);
  CHECK(rp_to_float(ctx, rp_float(ctx, 0.5), 0) == 0.5);
  CHECK(rp_to_float(ctx, rp_int(ctx, 3), 0) == 3.0);
  CHECK(rp_to_bool(ctx, rp_bool(ctx, true), false));
  CHECK_STR(rp_to_str(ctx, rp_str(ctx, "h\xc3\xa9llo", (size_t)-1), &n), "h\xc3\xa9llo");
  CHECK_EQ(n, 6);
  CHECK_STR(rp_to_str(ctx, rp_str(ctx, "abcdef", 3), NULL), "abc");
  CHECK_STR(rp_to_str(ctx, rp_int(ctx, 12), NULL), "12");
  CHECK(memcmp(rp_to_bytes(ctx, rp_bytes(ctx, "a\0b", 3), &n), "a\0b", 3) == 0 && n == 3);
  CHECK(memcmp(rp_to_bytes(ctx, rp_eval(ctx, "bytearray(b'xyz')"), &n), "xyz", 3) == 0 && n == 3);
  RpRef two[2] = {rp_int(ctx, 1), rp_str(ctx, "b", 1)};
  RpRef list = rp_list(ctx, two, 2), tuple = rp_tuple(ctx, two, 2), dict = rp_dict(ctx);
  CHECK_STR(rp_to_str(ctx, list, NULL), "[1, 'b']");
  CHECK_STR(rp_to_str(ctx, tuple, NULL), "(1, 'b')");
  CHECK(rp_set_item(ctx, dict, two[1], two[0]));
  CHECK_EQ(rp_to_int(ctx, rp_item(ctx, dict, two[1]), 0), 1);
  CHECK_EQ(rp_len(ctx, dict), 1);
  CHECK_EQ(rp_len(ctx, two[0]), -1);
  CHECK_STR(rp_error(ctx)->type, "TypeError");
  struct { RpRef r; RpType t; } types[] = {
      {RP_NONE, RP_T_NONE}, {rp_bool(ctx, 0), RP_T_BOOL}, {two[0], RP_T_INT}, {rp_eval(ctx, "1<<99"), RP_T_INT}, {rp_float(ctx, 1), RP_T_FLOAT},
      {two[1], RP_T_STR}, {rp_bytes(ctx, "", 0), RP_T_BYTES}, {list, RP_T_LIST}, {tuple, RP_T_TUPLE}, {dict, RP_T_DICT},
      {rp_eval(ctx, "len"), RP_T_CALLABLE}, {rp_eval(ctx, "object()"), RP_T_OTHER}, {RP_MAIN, RP_T_OTHER}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) CHECK_EQ(rp_type(ctx, types[i].r), types[i].t);
  CHECK(strlen(rp_version()) > 0);
  rp_free(ctx);
}

TEST(errors_are_data) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK_STR(rp_error(ctx)->type, "");
  CHECK(!rp_run(ctx, "def f():\n    return 1 / 0\n\nf()\n", "calc.py"));
  CHECK_STR(rp_error(ctx)->type, "ZeroDivisionError");
  CHECK_STR(rp_error(ctx)->message, "division by zero");
  CHECK_STR(rp_error(ctx)->file, "calc.py");
  CHECK_EQ(rp_error(ctx)->line, 2);
  CHECK(strncmp(rp_error(ctx)->text, "Traceback (most recent call last):\n", 35) == 0);
  CHECK(strstr(rp_error(ctx)->text, "line 4, in <module>"));
  CHECK(!rp_run(ctx, "x = = 1", "bad.py"));
  CHECK_STR(rp_error(ctx)->type, "SyntaxError");
  CHECK_EQ(rp_error(ctx)->line, 1);
  CHECK(rp_call(ctx, rp_get(ctx, RP_MAIN, "missing"), NULL, 0) == RP_NULL); /* the first error of a chain stays */
  CHECK_STR(rp_error(ctx)->type, "AttributeError");
  CHECK_EQ(rp_to_int(ctx, rp_str(ctx, "no", 2), 42), 42);
  CHECK_STR(rp_error(ctx)->type, "TypeError");
  CHECK(rp_to_str(ctx, 12345, NULL) == NULL); /* no such reference: what failed before is what is told */
  CHECK(!rp_run(ctx, "import sys; sys.exit(3)", "exit.py"));
  CHECK_STR(rp_error(ctx)->type, "SystemExit");
  CHECK(rp_run(ctx, "x = 1", "good.py"));
  CHECK_STR(rp_error(ctx)->type, "");
  rp_free(ctx);
}

TEST(attributes_and_modules) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx, "class Dog:\n  legs = 4\n  def bark(self, n): return 'wuff' * n\nd = Dog()", "dog.py"));
  RpRef d = rp_get(ctx, RP_MAIN, "d"), two = rp_int(ctx, 2);
  CHECK(rp_has(ctx, d, "legs") && !rp_has(ctx, d, "wings"));
  CHECK(rp_set(ctx, d, "name", rp_str(ctx, "Rex", 3)));
  CHECK_STR(rp_to_str(ctx, rp_get(ctx, d, "name"), NULL), "Rex");
  CHECK_STR(rp_to_str(ctx, rp_call(ctx, rp_get(ctx, d, "bark"), &two, 1), NULL), "wuffwuff");
  CHECK(rp_to_float(ctx, rp_get(ctx, rp_import(ctx, "math"), "pi"), 0) > 3.14);
  CHECK(rp_import(ctx, "no_such_module") == RP_NULL);
  CHECK_STR(rp_error(ctx)->type, "ModuleNotFoundError");
  CHECK(rp_set(ctx, RP_MAIN, "answer", rp_int(ctx, 42)));
  CHECK(eval_float(ctx, "answer + 1") == 43.0);
  RpRef many[20];
  for (int i = 0; i < 20; i++) many[i] = rp_int(ctx, i);
  CHECK(rp_run(ctx, "def total(*a): return sum(a)", "t.py"));
  CHECK_EQ(rp_to_int(ctx, rp_call(ctx, rp_get(ctx, RP_MAIN, "total"), many, 20), -1), 190);
  rp_free(ctx);
}

TEST(argv_and_user) {
  int mine = 7;
  RpConfig cfg = {.argv = (const char *const[]){"prog", "one", NULL}, .user = &mine};
  RpContext *ctx = rp_new(&cfg);
  REQUIRE(ctx);
  CHECK(rp_user(ctx) == &mine);
  CHECK_STR(rp_to_str(ctx, rp_get(ctx, rp_import(ctx, "sys"), "argv"), NULL), "['prog', 'one']");
  rp_free(ctx);
}

TEST(references_are_dropped_together) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  RpRef mark = rp_mark(ctx);
  for (int i = 0; i < 5000; i++) CHECK(rp_int(ctx, i) != RP_NULL);
  RpRef last = rp_str(ctx, "last", 4);
  RpRef kept = rp_release(ctx, mark, last);
  CHECK_EQ(kept, mark);
  CHECK_STR(rp_to_str(ctx, kept, NULL), "last");
  CHECK(rp_run(ctx, "import gc\nclass C:\n  def __del__(self): global gone; gone = True\ngone = False", "c.py"));
  mark = rp_mark(ctx);
  CHECK(rp_eval(ctx, "C()") != RP_NULL);
  CHECK(rp_run(ctx, "gc.collect()", "gc.py"));
  CHECK(eval_float(ctx, "gone") == 0.0); /* the reference holds it */
  rp_release(ctx, mark, RP_NULL);
  CHECK(rp_run(ctx, "def clear(n): return n and clear(n - 1)\nclear(50); gc.collect(); gc.collect()", "gc.py"));
  CHECK(eval_float(ctx, "gone") == 1.0);
  rp_free(ctx);
}

static RpRef add_up(RpContext *ctx, void *user, const RpRef *args, int n) {
  int64_t sum = 0;
  for (int i = 0; i < n; i++) sum += rp_to_int(ctx, args[i], 0);
  *(int *)user += 1;
  return rp_int(ctx, sum);
}
static RpRef refuse(RpContext *ctx, void *user, const RpRef *args, int n) { return rp_raise(ctx, "ValueError", "not today"); }
static RpRef call_back(RpContext *ctx, void *user, const RpRef *args, int n) { return n ? rp_call(ctx, args[0], args + 1, n - 1) : RP_NULL; }
static RpRef collect(RpContext *ctx, void *user, const RpRef *args, int n) {
  rp_run(ctx, "import gc; gc.collect()", "gc");
  return args[0];
}

TEST(callbacks) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  int calls = 0;
  CHECK(rp_define(ctx, "host", "add", add_up, &calls));
  CHECK(rp_define(ctx, "host", "refuse", refuse, NULL));
  CHECK(rp_define(ctx, "host", "back", call_back, NULL));
  CHECK(rp_define(ctx, "__main__", "collect", collect, NULL));
  CHECK(rp_define(ctx, "builtins", "plus", add_up, &calls));
  CHECK(rp_run(ctx, "import host\nassert host.add(1, 2, 3) == 6\nassert plus(4) == 4", "h.py"));
  CHECK_EQ(calls, 2);
  CHECK(rp_run(ctx, "try: host.refuse()\nexcept ValueError as e: assert str(e) == 'not today'\nelse: assert 0", "h.py"));
  CHECK(!rp_run(ctx, "def f():\n  host.refuse()\nf()", "h.py"));
  CHECK_STR(rp_error(ctx)->message, "not today");
  CHECK_EQ(rp_error(ctx)->line, 2);
  CHECK(rp_run(ctx, "assert host.back(lambda a, b: a * b, 6, 7) == 42", "h.py")); /* script, host, script */
  CHECK(!rp_run(ctx, "host.back(lambda: 1 / 0)", "h.py"));                         /* what failed inside goes on through the host */
  CHECK_STR(rp_error(ctx)->type, "ZeroDivisionError");
  CHECK(!rp_run(ctx, "host.back()", "h.py"));
  CHECK_STR(rp_error(ctx)->type, "RuntimeError");
  CHECK(!rp_run(ctx, "host.add(a=1)", "h.py"));
  CHECK_STR(rp_error(ctx)->type, "TypeError");
  CHECK(rp_run(ctx, "assert collect([str(i) for i in range(9)]) == list('012345678')", "h.py"));
  CHECK(rp_run(ctx, "import threading\nr = []\nt = threading.Thread(target=lambda: r.append(host.add(2, 2)))\nt.start(); t.join()\nassert r == [4]",
               "h.py")); /* from a thread that the script started */
  rp_free(ctx);
}

/* -- Threads -------------------------------------------------------------------- */

static void *count_alone(void *arg) {
  RpContext *ctx = rp_new(NULL);
  char text[100];
  snprintf(text, sizeof text, "n = 0\nfor i in range(200000): n += %d\nbox = [n]", (int)(intptr_t)arg);
  bool ok = ctx && rp_run(ctx, text, "loop.py") && eval_float(ctx, "box[0]") == 200000.0 * (double)(intptr_t)arg;
  rp_free(ctx);
  return (void *)(intptr_t)ok;
}

TEST(two_contexts_on_two_threads) {
  pthread_t t[2];
  void *ok;
  for (intptr_t i = 0; i < 2; i++) pthread_create(&t[i], NULL, count_alone, (void *)(i + 1));
  for (int i = 0; i < 2; i++) {
    pthread_join(t[i], &ok);
    CHECK(ok);
  }
}

static void *append_1000(void *arg) {
  RpContext *ctx = arg;
  if (!rp_attach(ctx)) return NULL;
  bool ok = true;
  for (int i = 0; i < 1000; i++) {
    RpRef mark = rp_mark(ctx), v = rp_int(ctx, i);
    ok &= rp_call(ctx, rp_get(ctx, rp_get(ctx, RP_MAIN, "seen"), "append"), &v, 1) == RP_NONE;
    rp_release(ctx, mark, RP_NULL);
  }
  rp_detach(ctx);
  return (void *)(intptr_t)ok;
}

TEST(two_threads_in_one_context) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx, "seen = []", "s.py"));
  pthread_t t[2];
  void *ok;
  for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, append_1000, ctx);
  for (int i = 0; i < 2; i++) {
    pthread_join(t[i], &ok);
    CHECK(ok);
  }
  CHECK_EQ(rp_len(ctx, rp_get(ctx, RP_MAIN, "seen")), 2000);
  rp_free(ctx);
}

TEST(two_contexts_on_one_thread) {
  RpContext *a = rp_new(NULL), *b = rp_new(NULL);
  REQUIRE(a && b);
  CHECK(rp_run(a, "x = 1", "a.py") && rp_run(b, "x = 2", "b.py"));
  CHECK(eval_float(a, "x") == 1.0 && eval_float(b, "x") == 2.0);
  rp_free(a);
  CHECK(eval_float(b, "x") == 2.0);
  rp_free(b);
}

static void *stop_soon(void *arg) {
  usleep(50000);
  rp_stop(arg);
  return NULL;
}

TEST(stop_from_another_thread) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  pthread_t t;
  pthread_create(&t, NULL, stop_soon, ctx);
  CHECK(!rp_run(ctx, "while True:\n  try:\n    while True: pass\n  except BaseException: pass", "loop.py")); /* cannot be caught */
  CHECK_STR(rp_error(ctx)->type, "Stopped");
  pthread_join(t, NULL);
  rp_stop(ctx); /* nothing runs: forgotten */
  CHECK(rp_run(ctx, "x = sum(range(100000))", "after.py"));
  rp_free(ctx);
}

/* -- Limits ----------------------------------------------------------------------- */

TEST(memory_limit_of_one_context) {
  RpConfig cfg = {.memory_limit = 16 << 20};
  RpContext *small = rp_new(&cfg), *big = rp_new(NULL);
  REQUIRE(small && big);
  const char *hungry = "data = []\nfor i in range(1000):\n  data.append(bytes(100000))\n";
  CHECK(!rp_run(small, hungry, "hungry.py"));
  CHECK_STR(rp_error(small)->type, "MemoryError");
  CHECK(rp_run(big, hungry, "hungry.py"));
  CHECK(rp_run(small, "data = None\nx = [0] * 100", "after.py")); /* it lives on */
  CHECK(eval_float(small, "len(x)") == 100.0);
  rp_free(small);
  rp_free(big);
}

/* Bytes of blocks and buffers, after a collection. */
static double memory_held(RpContext *ctx) {
  CHECK(rp_run(ctx, "import gc\nfor i in range(3): gc.collect()\nc = gc.counters()\nheld = c['block_bytes'] + c['external_bytes']", "held.py"));
  return eval_float(ctx, "held");
}

TEST(memory_beyond_the_limit_comes_back) {
  RpConfig cfg = {.memory_limit = 24 << 20};
  RpContext *small = rp_new(&cfg), *other = rp_new(&cfg);
  REQUIRE(small && other);
  CHECK(rp_run(other, "kept = [[i, (i, str(i))] for i in range(50000)]", "other.py"));
  double before = memory_held(small);
  static const char *const hungry[] = {
    "def f():\n  data = []\n  while True: data.append([len(data), {'a': data}])\nf()",
    "def f():\n  data = ['x']\n  while True: data[0] += 'yyyyyyyy' * 1000 + data[0]\nf()",
    "def f():\n  data = None\n  while True: data = (data, bytearray(1000))\nf()",
    "def f():\n  data = {}\n  while True: data[len(data)] = object()\nf()",
  };
  for (size_t i = 0; i < sizeof hungry / sizeof *hungry; i++) {
    CHECK(!rp_run(small, hungry[i], "hungry.py"));
    CHECK_STR(rp_error(small)->type, "MemoryError");
    CHECK(rp_run(small, "x = [[i] for i in range(1000)]\ny = sum(map(len, x))\nx = None", "after.py"));
    CHECK(eval_float(small, "y") == 1000.0);
    CHECK(memory_held(small) < before + (1 << 20));
    CHECK(eval_float(other, "sum(a == b[0] and str(a) == b[1] for a, b in kept)") == 50000.0); /* the other one has noticed nothing */
  }
  CHECK(rp_run(small, "try:\n  [0] * (1 << 40)\nexcept MemoryError: caught = 1", "caught.py"));
  CHECK(eval_float(small, "caught") == 1.0);
  rp_free(small);
  rp_free(other);
}

#define COUNTS_FINALIZERS         \
  "import gc\n"                   \
  "ran = 0\n"                     \
  "class C:\n"                    \
  "  def __del__(self):\n"        \
  "    global ran\n"              \
  "    ran += 1\n"                \
  "    sum(range(200))\n"

/* At frame edges finalizers run for a while, the rest at the next edge; between them, in a script, none. */
TEST(finalizers_have_a_budget_at_edges) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx,
               COUNTS_FINALIZERS
               "def make(): return [C() for i in range(20000)]\n"
               "gc.disable()\n"
               "x = make()", "del.py"));
  rp_idle(ctx, 2000000);
  CHECK(rp_run(ctx, "x = None\nwhile gc.step(1): pass", "drop.py")); /* a cycle beside the program: nothing is run here */
  double ran = eval_float(ctx, "ran");
  CHECK(ran == 0.0);
  int edges = 0;
  while (edges++ < 20000 && ran < 19990) { /* the last ones may be held by a stale word of the stack */
    double had = ran;
    rp_idle(ctx, 2000000);
    CHECK(rp_run(ctx, "between = ran\nfor i in range(1000): pass\nquiet = between == ran", "frame.py"));
    CHECK(eval_float(ctx, "quiet") == 1.0);
    ran = eval_float(ctx, "ran");
    if (ran == had) rp_run(ctx, "while gc.step(1): pass", "again.py");
  }
  CHECK(ran >= 19990);
  CHECK(edges > 5);
  rp_free(ctx);
}

/* Garbage with a __del__ that comes faster than the usual time at edges allows for: more run, so that what waits does not grow without end. */
TEST(finalizers_keep_up) {
  enum { FRAMES = 400, EACH = 1000 };
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx,
               COUNTS_FINALIZERS
               "class Cycle(C):\n"
               "  def __init__(self): self.me, self.data = self, [0] * 100\n"
               "def frame():\n"
               "  for i in range(1000): Cycle()", "del.py"));
  double most = 0, ran = 0;
  int n = 0;
  for (; n < FRAMES || (n < 20 * FRAMES && (ran <= n * EACH / 2.0 || most >= n * EACH / 4.0)); n++) { /* on a busy machine a cycle may take many of them */
    CHECK(rp_run(ctx, "frame()", "frame.py"));
    rp_idle(ctx, 2000000);
    double waiting = eval_float(ctx, "gc.counters()['finalizers_waiting']");
    most = waiting > most ? waiting : most;
    ran = eval_float(ctx, "ran");
  }
  CHECK(most > 1000 && most < n * EACH / 4.0);
  CHECK(ran > n * EACH / 2.0);
  rp_free(ctx);
}

/* A host's own pool may attach another thread for each frame, and have none attached between frames: young collections at the edges go on, and know what the
** thread before stored into old objects. */
static void *one_frame(void *arg) {
  RpContext *ctx = arg;
  bool ok = rp_attach(ctx) && rp_run(ctx, "frame()", "frame.py");
  rp_idle(ctx, 2000000);
  ok &= rp_run(ctx, "late()", "late.py");
  rp_detach(ctx);
  return (void *)(intptr_t)ok;
}
TEST(threads_that_come_for_a_frame_keep_young_collections) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx,
               "import gc\n"
               "kept = [[[0]] for i in range(10000)]\n"
               "n = 0\n"
               "def frame():\n"
               "  for i in range(20000): x = [i]\n"
               "def late():\n"
               "  global n\n"
               "  n += 1\n"
               "  kept[n][0] = [n]\n"
               "gc.collect()\n"
               "gc.pause_log()", "frame.py"));
  rp_detach(ctx);
  for (int i = 0; i < 100; i++) {
    pthread_t t;
    void *ok = NULL;
    REQUIRE(pthread_create(&t, NULL, one_frame, ctx) == 0);
    pthread_join(t, &ok);
    CHECK(ok);
  }
  REQUIRE(rp_attach(ctx));
  CHECK(eval_float(ctx, "sum(p[3] == 'young_edge' for p in gc.pause_log()[0])") >= 10);
  CHECK(eval_float(ctx, "sum(k[0][0] for k in kept)") == 5050.0);
  rp_free(ctx);
}

TEST(recursion_limit) {
  RpConfig cfg = {.recursion_limit = 100};
  RpContext *ctx = rp_new(&cfg);
  REQUIRE(ctx);
  CHECK(rp_run(ctx, "def f(n): return n and f(n - 1)", "r.py"));
  CHECK(eval_float(ctx, "f(80)") == 0.0);
  CHECK(rp_eval(ctx, "f(200)") == RP_NULL);
  CHECK_STR(rp_error(ctx)->type, "RecursionError");
  rp_free(ctx);
}

TEST(sandbox_has_no_files) {
  RpConfig cfg = {.sandbox = true};
  RpContext *ctx = rp_new(&cfg);
  REQUIRE(ctx);
  CHECK(!rp_run(ctx, "open('/etc/passwd')", "s.py"));
  CHECK(rp_run(ctx, "x = sum(range(10))", "s.py"));
  rp_free(ctx);
}

TEST(files) {
  char path[] = "/tmp/embedXXXXXX";
  int fd = mkstemp(path);
  REQUIRE(fd >= 0);
  const char *text = "value = 11\nname = __name__\n";
  CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run_file(ctx, path));
  CHECK_STR(rp_to_str(ctx, rp_eval(ctx, "f'{name} {value}'"), NULL), "__main__ 11");
  unlink(path);
  CHECK(!rp_run_file(ctx, path));
  CHECK_STR(rp_error(ctx)->type, "FileNotFoundError");
  CHECK(!rp_run_file(ctx, "/tmp"));
  CHECK_STR(rp_error(ctx)->type, "IsADirectoryError");
  rp_free(ctx);
}

TEST(idle_collects) {
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx);
  CHECK(rp_run(ctx, "for i in range(300000): x = [i]", "g.py"));
  CHECK(rp_idle(ctx, 1000000000) >= 0);
  rp_free(ctx);
}

TEST(two_hundred_contexts) {
  for (int i = 0; i < 200; i++) {
    RpContext *ctx = rp_new(NULL);
    REQUIRE(ctx);
    CHECK(eval_float(ctx, "6 * 7") == 42.0);
    rp_free(ctx);
  }
  RpContext *many[50];
  for (int i = 0; i < 50; i++) REQUIRE((many[i] = rp_new(NULL)));
  for (int i = 0; i < 50; i++) CHECK(rp_set(many[i], RP_MAIN, "i", rp_int(many[i], i)));
  for (int i = 0; i < 50; i++) CHECK(eval_float(many[i], "i") == (double)i);
  for (int i = 0; i < 50; i++) rp_free(many[i]);
}

/* -- Channels -- */

TEST(channels_carry_values) {
  RpContext *a = rp_new(NULL);
  REQUIRE(a);
  rp_detach(a);
  RpContext *b = rp_new(NULL);
  REQUIRE(b && rp_attach(a));
  CHECK(!rp_channel_new(0));
  RpChannel *ch = rp_channel_new(2);
  REQUIRE(ch);
  CHECK(rp_channel_give(a, ch, "wire") && rp_channel_give(b, ch, "wire"));
  CHECK(rp_run(a, "from replicant import channel\nimport array\nwire = channel('wire')\ndata = array.array('d', range(1000))\n"
                  "wire.put({'name': 'h\u00e9', 'data': data, 'same': data}, move=True)", "a.py"));
  CHECK(eval_float(a, "len(data)") == 0.0);
  RpRef got = rp_channel_get(b, ch, 0);
  REQUIRE(got != RP_NULL);
  CHECK(rp_set(b, RP_MAIN, "got", got));
  CHECK(eval_float(b, "sum(got['data']) + (got['data'] is got['same']) + (got['name'] == 'h\u00e9')") == 499502.0);
  CHECK(rp_channel_get(b, ch, 1000000) == RP_NULL);
  CHECK_STR(rp_error(b)->type, "TimeoutError");
  RpRef f = rp_eval(b, "lambda: 0");
  CHECK(!rp_channel_put(b, ch, f, false, 0));
  CHECK_STR(rp_error(b)->type, "TypeError");
  CHECK(rp_channel_put(b, ch, rp_int(b, 1), false, 0) && rp_channel_put(b, ch, rp_int(b, 2), false, 0));
  CHECK(!rp_channel_put(b, ch, rp_int(b, 3), false, 0));
  CHECK_STR(rp_error(b)->type, "TimeoutError");
  CHECK_EQ(rp_channel_len(ch), 2);
  rp_channel_close(ch);
  CHECK(eval_float(a, "sum(wire)") == 3.0);
  CHECK(rp_channel_get(a, ch, -1) == RP_NULL);
  CHECK_STR(rp_error(a)->type, "EOFError");
  CHECK(!rp_channel_put(a, ch, RP_NONE, false, -1));
  CHECK_STR(rp_error(a)->type, "BrokenPipeError");
  rp_channel_drop(ch);
  rp_free(a);
  rp_free(b);
}

typedef struct Wire { RpChannel *to, *back; long sum; char error[32]; } Wire;
static const char echo_source[] = "from replicant import channel\nto, back = channel('to'), channel('back')\n"
                                  "for v in to: back.put((v[0], sum(v[1])))\nback.close()";
static void *echo_main(void *arg) {
  Wire *w = arg;
  RpContext *ctx = rp_new(NULL);
  if (!ctx || !rp_channel_give(ctx, w->to, "to") || !rp_channel_give(ctx, w->back, "back") || !rp_run(ctx, echo_source, "echo.py"))
    snprintf(w->error, sizeof w->error, "%s", ctx ? rp_error(ctx)->type : "memory");
  if (ctx) rp_free(ctx);
  return NULL;
}
static void *feed_main(void *arg) {
  Wire *w = arg;
  RpContext *ctx = rp_new(NULL);
  for (int i = 0; ctx && i < 500; i++) {
    RpRef mark = rp_mark(ctx), pair[2] = {rp_int(ctx, i), rp_eval(ctx, "[1.5] * 100")};
    rp_channel_put(ctx, w->to, rp_tuple(ctx, pair, 2), false, -1);
    rp_release(ctx, mark, RP_NULL);
  }
  rp_channel_close(w->to);
  if (ctx) rp_free(ctx);
  return NULL;
}
/* Three contexts on three threads, both channels much shorter than what goes through. */
TEST(channels_join_threads) {
  Wire w = {.to = rp_channel_new(3), .back = rp_channel_new(2)};
  pthread_t echo, feed;
  RpContext *ctx = rp_new(NULL);
  REQUIRE(ctx && w.to && w.back);
  pthread_create(&echo, NULL, echo_main, &w);
  pthread_create(&feed, NULL, feed_main, &w);
  for (int i = 0;; i++) {
    RpRef mark = rp_mark(ctx), pair = rp_channel_get(ctx, w.back, -1);
    if (pair == RP_NULL) break;
    CHECK_EQ(rp_to_int(ctx, rp_item(ctx, pair, rp_int(ctx, 0)), -1), i);
    w.sum += (long)rp_to_float(ctx, rp_item(ctx, pair, rp_int(ctx, 1)), 0);
    rp_release(ctx, mark, RP_NULL);
  }
  CHECK_STR(rp_error(ctx)->type, "EOFError");
  pthread_join(echo, NULL);
  pthread_join(feed, NULL);
  CHECK_STR(w.error, "");
  CHECK_EQ(w.sum, 75000);
  rp_channel_drop(w.to);
  rp_channel_drop(w.back);
  rp_free(ctx);
}

static void *end_other(void *arg) {
  RpContext *other = rp_new(NULL);
  if (!other || !rp_channel_give(other, arg, "c")) return arg;
  rp_run(other, "from replicant import channel\nchannel('c').put('last words')", "other.py");
  rp_free(other);
  return NULL;
}
static void *stop_later(void *arg) {
  usleep(20000);
  rp_stop(arg);
  return NULL;
}
TEST(channels_end) {
  RpContext *ctx = rp_new(NULL);
  RpChannel *ch = rp_channel_new(4);
  pthread_t t;
  REQUIRE(ctx && ch && rp_channel_give(ctx, ch, "c"));
  CHECK(rp_run(ctx, "from replicant import channel\nc = channel('c')", "c.py"));
  pthread_create(&t, NULL, stop_later, ctx); /* a wait for ever is stopped */
  CHECK(!rp_run(ctx, "c.get()", "c.py"));
  CHECK_STR(rp_error(ctx)->type, "Stopped");
  pthread_join(t, NULL);
  pthread_create(&t, NULL, end_other, ch);
  void *failed = ch;
  pthread_join(t, &failed);
  CHECK(!failed);
  CHECK(!rp_eval(ctx, "1/0") && eval_float(ctx, "c.closed") == 0.0); /* the host still has it */
  rp_channel_drop(ch);
  CHECK(eval_float(ctx, "c.closed") == 1.0); /* nobody else has it any more */
  CHECK_STR(rp_to_str(ctx, rp_eval(ctx, "list(c)"), NULL), "['last words']");
  CHECK(eval_float(ctx, "channel('c') != c and not channel('c').closed") == 1.0); /* the name is free again */
  rp_free(ctx);
}

/* -- Many contexts, made and ended by several threads. */

enum { CONTEXTS = 200, MAKERS = 4 };
typedef struct Share { RpContext *ctx[CONTEXTS]; int n_good[MAKERS]; } Share;
typedef struct Maker { Share *share; int number; } Maker;

static void *make_share(void *arg) {
  Maker *m = arg;
  for (int i = m->number; i < CONTEXTS; i += MAKERS)
    if ((m->share->ctx[i] = rp_new(NULL))) rp_detach(m->share->ctx[i]);
  return NULL;
}
/* Another thread's contexts. */
static void *use_share(void *arg) {
  Maker *m = arg;
  for (int i = (m->number + 1) % MAKERS; i < CONTEXTS; i += MAKERS) {
    RpContext *ctx = m->share->ctx[i];
    if (!ctx || !rp_attach(ctx)) continue;
    bool ok = rp_run(ctx, "import sys, math\nsys.mine = []\nfor i in range(200): sys.mine.append([i])\nn = math.factorial(5) + len(sys.mine)", "use.py");
    m->share->n_good[m->number] += ok && eval_float(ctx, "n") == 320.0 && !rp_run(ctx, "no_such_name", "use.py");
    rp_detach(ctx);
  }
  return NULL;
}
static void *end_share(void *arg) {
  Maker *m = arg;
  for (int i = (m->number + 2) % MAKERS; i < CONTEXTS; i += MAKERS)
    if (m->share->ctx[i] && rp_attach(m->share->ctx[i])) rp_free(m->share->ctx[i]);
  return NULL;
}
static void on_makers(void *(*fn)(void *), Share *share) {
  pthread_t t[MAKERS];
  Maker m[MAKERS];
  for (int i = 0; i < MAKERS; i++) {
    m[i] = (Maker){share, i};
    REQUIRE(pthread_create(&t[i], NULL, fn, &m[i]) == 0);
  }
  for (int i = 0; i < MAKERS; i++) pthread_join(t[i], NULL);
}

/* What malloc has handed out; 0 where a sanitizer's allocator stands in its place. */
static size_t malloc_used(void) {
  struct mallinfo2 m = mallinfo2();
  return m.uordblks + m.hblkhd;
}
static size_t n_mappings(void) {
  size_t n = 0;
  FILE *f = fopen("/proc/self/maps", "r");
  for (int c; f && (c = fgetc(f)) != EOF;) n += c == '\n';
  if (f) fclose(f);
  return n;
}

/* A context is made by one thread, used by another, ended by a third; what all of them held comes back, round by round. */
TEST(contexts_on_many_threads) {
  size_t used = 0, mappings = 0;
  for (int round = 0; round < 3; round++) {
    Share share = {0};
    on_makers(make_share, &share);
    for (int i = 0; i < CONTEXTS; i++) CHECK(share.ctx[i]);
    on_makers(use_share, &share);
    for (int i = 0; i < MAKERS; i++) CHECK_EQ(share.n_good[i], CONTEXTS / MAKERS);
    on_makers(end_share, &share);
    size_t now = malloc_used(), n = n_mappings();
    if (round) CHECK(now < used + CONTEXTS * 512);      /* not even half a kilobyte of each stays */
    if (round) CHECK(n < mappings + CONTEXTS / 4);      /* nor a mapping */
    used = now;
    mappings = n;
  }
}

UNIT_MAIN()
