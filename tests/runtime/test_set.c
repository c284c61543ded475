/* test_set.c: sets against a bitmap, order and hashes as in CPython, and several threads on one set. */
#include "tests/runtime/cont_test.h"

#define N_KEYS 500

TEST(random_against_model) {
  RpThread *th = open_context();
  for (uint64_t seed = 1; seed <= 30; seed++) {
    uint64_t s = seed * 31337;
    uint32_t range = seed % 2 ? N_KEYS : 20;
    Set *set = set_new(th);
    bool in[N_KEYS] = {false};
    uint64_t n = 0;
    for (int step = 0; step < 4000; step++) {
      int k = (int)(rnd(&s) % range);
      switch (rnd(&s) % 4) {
      case 0: case 1:
        CHECK(set_add(th, set, value_int(k)) == !in[k]);
        n += !in[k], in[k] = true;
        break;
      case 2:
        CHECK(set_discard(th, set, value_int(k)) == in[k]);
        n -= in[k], in[k] = false;
        break;
      case 3:
        CHECK(set_has(th, set, value_int(k)) == in[k]);
        if (rnd(&s) % 300 == 0) set_clear(th, set), n = 0, memset(in, 0, sizeof in);
      }
      CHECK_EQ(set_len(set), n);
    }
    uint32_t pos = 0;
    Value k;
    uint64_t seen = 0;
    while (set_next(set, &pos, &k)) seen++, CHECK(in[as_int(k)]);
    CHECK_EQ(seen, n);
  }
  close_context(th);
}

static void order_is(RpThread *th, Set *s, const int *want, int n) {
  uint32_t pos = 0;
  Value k;
  for (int i = 0; i < n; i++) CHECK(set_next(s, &pos, &k) && k == value_int(want[i]));
  CHECK(!set_next(s, &pos, &k));
}

TEST(order_of_numbers) { /* as CPython 3.11 prints them */
  RpThread *th = open_context();
  Set *s = set_new(th);
  const int add[] = {100, 3, 8, 16, 1, 50, 33};
  for (size_t i = 0; i < countof(add); i++) set_add(th, s, value_int(add[i]));
  order_is(th, s, (const int[]){1, 33, 3, 100, 8, 16, 50}, 7);
  close_context(th);
}

TEST(frozenset_hash) {
  RpThread *th = open_context();
  Set *e = frozenset_new(th, EMPTY);
  CHECK_EQ(op_hash(th, V(e)), 133146708735736);
  Tuple *t = tuple_of(th, 3, value_int(1), value_int(2), value_int(3));
  CHECK_EQ(op_hash(th, V(frozenset_new(th, V(t)))), -272375401224217160);
  CHECK_EQ(op_hash(th, V(t)), 529344067295497451);
  close_context(th);
}

#define N_THREADS 3
#define N_OPS 20000
static void worker(RpThread *th, void *data, int i) {
  for (int k = 0; k < N_OPS; k++) {
    Value own = value_int(k * N_THREADS + i), shared = value_int(-1 - k % 50);
    CHECK(set_add(th, data, own) == 1);
    if (set_has(th, data, own) != 1) CHECK(!"own key lost");
    if (k % 3 == 0) CHECK(set_discard(th, data, own) == 1);
    if (k % 2) set_add(th, data, shared);
    else set_discard(th, data, shared);
    if (k % 1000 == 0) {
      uint32_t pos = 0;
      Value v;
      while (set_next(data, &pos, &v))
        if (!is_int(v)) CHECK(!"foreign value");
    }
    thread_poll(th);
  }
}

TEST(threads) {
  RpThread *th = open_context();
  Set *s = set_new(th);
  run_threads(th, N_THREADS, worker, s);
  bool ok = true;
  for (int k = 0; k < N_OPS * N_THREADS; k++) ok = ok && set_has(th, s, value_int(k)) == ((k / N_THREADS) % 3 != 0);
  CHECK(ok);
  close_context(th);
}

UNIT_MAIN()
