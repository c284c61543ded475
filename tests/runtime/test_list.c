/* test_list.c: lists against a plain array, sorting, and several threads on one list. */
#include "tests/runtime/cont_test.h"

#define MAX 400
typedef struct Model { int64_t v[MAX]; int n; } Model;

static void model_splice(Model *m, int lo, int hi, const int64_t *src, int n) {
  memmove(m->v + lo + n, m->v + hi, (size_t)(m->n - hi) * sizeof(int64_t));
  if (n) memcpy(m->v + lo, src, (size_t)n * sizeof(int64_t));
  m->n += n - (hi - lo);
}

static bool same(List *l, const Model *m) {
  if ((int)list_len(l) != m->n) return false;
  for (int i = 0; i < m->n; i++)
    if (list_get_fast(l, i) != value_int(m->v[i])) return false;
  return true;
}

TEST(random_against_model) {
  RpThread *th = open_context();
  for (uint64_t seed = 1; seed <= 20; seed++) {
    uint64_t s = seed * 7919;
    List *l = list_new(th, 0);
    Model m = {.n = 0};
    for (int step = 0; step < 3000; step++) {
      int64_t x = rnd(&s) % 1000;
      int i = m.n ? (int)(rnd(&s) % (uint32_t)m.n) : 0;
      switch (rnd(&s) % 8) {
      case 0: case 1: case 2:
        if (m.n < MAX - 10) list_append(th, l, value_int(x)), m.v[m.n++] = x;
        break;
      case 3:
        if (m.n < MAX - 10) list_insert(th, l, i, value_int(x)), model_splice(&m, i, i, &x, 1);
        break;
      case 4:
        if (m.n) {
          CHECK(list_pop(th, l, i) == value_int(m.v[i]));
          model_splice(&m, i, i + 1, NULL, 0);
        }
        break;
      case 5:
        if (m.n) list_set(th, l, i, value_int(x)), m.v[i] = x;
        break;
      case 6: {
        int hi = i + (int)(rnd(&s) % 5), n = (int)(rnd(&s) % 5);
        int64_t src[5];
        Value vals[5];
        for (int k = 0; k < n; k++) vals[k] = value_int(src[k] = x + k);
        if (hi > m.n) hi = m.n;
        if (m.n > MAX - 10) break;
        list_splice(th, l, (uint64_t)i, (uint64_t)hi, vals, (size_t)n);
        model_splice(&m, i, hi, src, n);
        break;
      }
      case 7:
        if (rnd(&s) % 50 == 0) list_clear(th, l), m.n = 0;
        else if (m.n) {
          CHECK(list_pop(th, l, -1) == value_int(m.v[m.n - 1]));
          m.n--;
        }
      }
      if (!same(l, &m)) {
        fprintf(stderr, "seed %llu step %d\n", (unsigned long long)seed, step);
        CHECK(false);
        break;
      }
    }
  }
  close_context(th);
}

/* Values with a key in the high part and the original place in the low part: order and stability in one check. */
static int by_key(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

TEST(sort_numbers) {
  RpThread *th = open_context();
  for (uint64_t seed = 1; seed <= 60; seed++) {
    uint64_t s = seed * 104729;
    int n = (int)(rnd(&s) % (seed % 3 ? 300 : 5000));
    int64_t *ref = malloc(((size_t)n + 1) * sizeof(int64_t));
    List *l = list_new(th, 0), *d = list_new(th, 0);
    for (int i = 0; i < n; i++) {
      int shape = (int)(seed % 4); /* random, few values, rising runs, falling runs */
      int64_t x = shape == 0 ? rnd(&s) % 100000 : shape == 1 ? rnd(&s) % 5 : shape == 2 ? i % 70 : -(i % 90) + (int)(rnd(&s) % 3);
      ref[i] = x;
      list_append(th, l, value_int(x));
      list_append(th, d, value_double((double)x));
    }
    qsort(ref, (size_t)n, sizeof(int64_t), by_key);
    CHECK(list_sort(th, l, EMPTY, false) == 0);
    CHECK(list_sort(th, d, EMPTY, true) == 0);
    bool ok = (int)list_len(l) == n;
    for (int i = 0; i < n; i++) {
      ok = ok && list_get_fast(l, i) == value_int(ref[i]);
      ok = ok && as_double(list_get_fast(d, i)) == (double)ref[n - 1 - i];
    }
    CHECK(ok);
    free(ref);
  }
  close_context(th);
}

TEST(sort_is_stable) {
  RpThread *th = open_context();
  uint64_t s = 42;
  for (int round = 0; round < 20; round++) {
    List *l = list_new(th, 0);
    int n = 50 + round * 60;
    for (int i = 0; i < n; i++) { /* doubles and ints mixed: equal by ==, told apart by form */
      int64_t k = rnd(&s) % 20;
      list_append(th, l, i % 2 ? value_int(k) : value_double((double)k));
    }
    Tuple *before = list_to_tuple(th, l);
    CHECK(list_sort(th, l, EMPTY, false) == 0);
    int64_t at = 0;
    for (int64_t k = 0; k < 20; k++)
      for (uint64_t i = 0; i < before->length; i++)
        if (before->items[i] == value_int(k) || before->items[i] == value_double((double)k))
          CHECK(list_get_fast(l, at++) == before->items[i]);
  }
  close_context(th);
}

/* -- Threads ----------------------------------------------------------------------------- */

#define N_THREADS 3
#define N_OPS 20000

static void appender(RpThread *th, void *data, int i) {
  for (int k = 0; k < N_OPS; k++) {
    list_append(th, data, value_int(i * N_OPS + k));
    thread_poll(th);
  }
}

TEST(threads_append_all_arrive) {
  RpThread *th = open_context();
  List *l = list_new(th, 0);
  run_threads(th, N_THREADS, appender, l);
  CHECK_EQ(list_len(l), N_THREADS * N_OPS);
  list_sort(th, l, EMPTY, false);
  bool ok = true;
  for (int i = 0; i < N_THREADS * N_OPS; i++) ok = ok && list_get_fast(l, i) == value_int(i);
  CHECK(ok);
  close_context(th);
}

/* Writers do everything at once; readers only ever see small ints or EMPTY. */
static void mixed(RpThread *th, void *data, int i) {
  List *l = data;
  uint64_t s = 77 + (uint64_t)i;
  for (int k = 0; k < N_OPS / 2; k++) {
    thread_poll(th);
    if (i == 0) {
      for (int64_t j = 0; j < 20; j++) {
        Value v = list_get_fast(l, j);
        if (v != EMPTY && !is_int(v)) CHECK(!"foreign value");
      }
      Tuple *t = list_to_tuple(th, l);
      for (uint64_t j = 0; t && j < t->length; j++)
        if (!is_int(t->items[j])) CHECK(!"foreign value");
      continue;
    }
    switch (rnd(&s) % 6) {
    case 0: case 1: list_append(th, l, value_int(k)); break;
    case 2: list_insert(th, l, rnd(&s) % 10, value_int(k)); break;
    case 3:
      if (list_pop(th, l, -1) == EMPTY) error_clear(th);
      break;
    case 4:
      if (list_pop(th, l, 0) == EMPTY) error_clear(th);
      break;
    case 5:
      if (rnd(&s) % 100 == 0) list_clear(th, l);
      else list_splice(th, l, rnd(&s) % 10, rnd(&s) % 20, (Value[]){value_int(1), value_int(2)}, 2);
    }
  }
}

TEST(threads_mixed) {
  RpThread *th = open_context();
  List *l = list_new(th, 0);
  run_threads(th, N_THREADS, mixed, l);
  for (int64_t i = 0; i < (int64_t)list_len(l); i++) CHECK(is_int(list_get_fast(l, i)));
  close_context(th);
}

/* What is appended is popped exactly once. */
static _Atomic int64_t popped_sum, popped_n;
static void pusher_popper(RpThread *th, void *data, int i) {
  for (int k = 1; k <= N_OPS; k++) {
    list_append(th, data, value_int(k));
    Value v = list_pop(th, data, -1);
    if (v == EMPTY) error_clear(th);
    else popped_sum += as_int(v), popped_n++;
    thread_poll(th);
  }
}

TEST(threads_push_pop) {
  RpThread *th = open_context();
  List *l = list_new(th, 0);
  popped_sum = popped_n = 0;
  run_threads(th, N_THREADS, pusher_popper, l);
  Value v;
  while (list_len(l) && (v = list_pop(th, l, -1)) != EMPTY) popped_sum += as_int(v), popped_n++;
  CHECK_EQ(popped_n, N_THREADS * N_OPS);
  CHECK_EQ(popped_sum, (int64_t)N_THREADS * N_OPS * (N_OPS + 1) / 2);
  close_context(th);
}

UNIT_MAIN()
