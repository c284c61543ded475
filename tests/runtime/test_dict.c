/* test_dict.c: dicts against a plain model that keeps insertion order, the contract of inline caches, and several threads on one dict. */
#include "tests/runtime/cont_test.h"

/* -- Model: keys in order of insertion ------------------------------------------ */

#define N_KEYS 300
typedef struct Model { int key[N_KEYS * 2]; int64_t value[N_KEYS * 2]; int n; } Model;

static int model_find(const Model *m, int k) {
  for (int i = 0; i < m->n; i++)
    if (m->key[i] == k) return i;
  return -1;
}
static void model_del(Model *m, int i) {
  memmove(m->key + i, m->key + i + 1, (size_t)(m->n - i - 1) * sizeof(int));
  memmove(m->value + i, m->value + i + 1, (size_t)(m->n - i - 1) * sizeof(int64_t));
  m->n--;
}
static void model_set(Model *m, int k, int64_t v) {
  int i = model_find(m, k);
  if (i < 0) m->key[i = m->n++] = k;
  m->value[i] = v;
}

static Value keys[N_KEYS]; /* a mix of ints, floats, strings and tuples; kept alive by a list */

static List *make_keys(RpThread *th) {
  List *l = list_new(th, 0);
  for (int i = 0; i < N_KEYS; i++) {
    char name[20];
    snprintf(name, sizeof name, "key%d", i);
    switch (i % 5) {
    case 0: keys[i] = value_int(i); break;
    case 1: keys[i] = value_double(i + 0.5); break;
    case 2: keys[i] = V(str_from_c(th, name)); break;
    case 3: keys[i] = V(str_intern_c(th, name)); break;
    case 4: keys[i] = V(tuple_of(th, 2, value_int(i), V(str_from_c(th, name)))); break;
    }
    list_append(th, l, keys[i]);
  }
  return l;
}

static bool same(RpThread *th, Dict *d, const Model *m) {
  if ((int)dict_len(d) != m->n) return false;
  uint32_t pos = 0;
  Value k, v;
  for (int i = 0; i < m->n; i++) {
    if (!dict_next(d, &pos, &k, &v)) return false;
    if (k != keys[m->key[i]] || v != value_int(m->value[i])) return false;
  }
  return !dict_next(d, &pos, &k, &v);
}

TEST(random_against_model) {
  RpThread *th = open_context();
  List *alive = make_keys(th);
  for (uint64_t seed = 1; seed <= 30; seed++) {
    uint64_t s = seed * 6151;
    Dict *d = dict_new(th);
    Model m = {.n = 0};
    uint32_t range = seed % 3 == 0 ? 8 : seed % 3 == 1 ? 60 : N_KEYS;
    for (int step = 0; step < 4000; step++) {
      int k = (int)(rnd(&s) % range), at = model_find(&m, k);
      int64_t x = rnd(&s) % 1000;
      switch (rnd(&s) % 10) {
      case 0: case 1: case 2: case 3:
        dict_set(th, d, keys[k], value_int(x)), model_set(&m, k, x);
        break;
      case 4: case 5: {
        Value v = dict_pop(th, d, keys[k], NONE);
        CHECK(v == (at < 0 ? NONE : value_int(m.value[at])));
        if (at >= 0) model_del(&m, at);
        break;
      }
      case 6: {
        Value v = dict_get(th, d, keys[k]);
        CHECK(v == (at < 0 ? EMPTY : value_int(m.value[at])));
        break;
      }
      case 7: {
        bool last = rnd(&s) % 2;
        Value kk, v;
        bool got = dict_pop_end(th, d, last, &kk, &v);
        CHECK(got == (m.n > 0));
        if (got) {
          int i = last ? m.n - 1 : 0;
          CHECK(kk == keys[m.key[i]] && v == value_int(m.value[i]));
          model_del(&m, i);
        }
        break;
      }
      case 8:
        if (at >= 0) {
          int64_t old = m.value[at];
          bool front = rnd(&s) % 4 == 0;
          CHECK((front ? dict_move_to_front(th, d, keys[k]) : dict_move_to_end(th, d, keys[k])) == 1);
          model_del(&m, at);
          if (front) {
            memmove(m.key + 1, m.key, (size_t)m.n * sizeof(int));
            memmove(m.value + 1, m.value, (size_t)m.n * sizeof(int64_t));
            m.key[0] = k, m.value[0] = old, m.n++;
          } else model_set(&m, k, old);
        }
        break;
      case 9:
        if (rnd(&s) % 40 == 0) dict_clear(th, d), m.n = 0;
        else if (rnd(&s) % 10 == 0) d = dict_copy(th, d);
        else {
          Value v = dict_setdefault(th, d, keys[k], value_int(x));
          CHECK(v == value_int(at < 0 ? x : m.value[at]));
          if (at < 0) model_set(&m, k, x);
        }
      }
      if (!same(th, d, &m)) {
        fprintf(stderr, "seed %llu step %d\n", (unsigned long long)seed, step);
        CHECK(false);
        break;
      }
    }
  }
  CHECK(list_len(alive) == N_KEYS);
  close_context(th);
}

TEST(equal_keys_of_different_types) {
  RpThread *th = open_context();
  Dict *d = dict_new(th);
  dict_set(th, d, value_int(1), value_int(10));
  CHECK(dict_get(th, d, value_double(1.0)) == value_int(10));
  CHECK(dict_get(th, d, TRUE_V) == value_int(10));
  dict_set(th, d, TRUE_V, value_int(11));
  CHECK_EQ(dict_len(d), 1);
  CHECK(dict_get(th, d, value_int(1)) == value_int(11));
  dict_set(th, d, value_int(-1), value_int(1));
  dict_set(th, d, value_int(-2), value_int(2)); /* the same hash */
  CHECK(dict_get(th, d, value_int(-1)) == value_int(1));
  CHECK(dict_get(th, d, value_double(-2.0)) == value_int(2));
  close_context(th);
}

TEST(many_keys) {
  RpThread *th = open_context();
  Dict *d = dict_new(th);
  int n = 100000; /* through all three index widths */
  for (int i = 0; i < n; i++) dict_set(th, d, value_int(i * 37), value_int(i));
  bool ok = dict_len(d) == (uint64_t)n;
  for (int i = 0; i < n; i++) ok = ok && dict_get(th, d, value_int(i * 37)) == value_int(i);
  for (int i = 0; i < n; i++) ok = ok && dict_get(th, d, value_int(i * 37 + 1)) == EMPTY;
  for (int i = 0; i < n; i += 2) ok = ok && dict_del(th, d, value_int(i * 37)) == 0;
  for (int i = 0; i < n; i++) ok = ok && dict_get(th, d, value_int(i * 37)) == (i % 2 ? value_int(i) : EMPTY);
  CHECK(ok);
  Value k, v;
  int64_t last = INT64_MAX;
  while (dict_pop_end(th, d, true, &k, &v)) {
    ok = ok && as_int(v) < last;
    last = as_int(v);
  }
  CHECK(ok);
  CHECK_EQ(dict_len(d), 0);
  close_context(th);
}

/* -- What inline caches count on ------------------------------------------------------ */

TEST(index_is_stable_in_a_table) {
  RpThread *th = open_context();
  Dict *d = dict_new_sized(th, 64);
  Str *a = str_intern_c(th, "cache_a"), *b = str_intern_c(th, "cache_b"), *c = str_intern_c(th, "cache_c");
  dict_set_str(th, d, a, value_int(1));
  dict_set_str(th, d, b, value_int(2));
  DictTable *t, *t2;
  int i = dict_find_index(d, b, &t);
  CHECK(i == 1 && t->entries[i].value == value_int(2));
  dict_set_str(th, d, b, value_int(3));
  dict_del_str(th, d, a);
  CHECK(dict_find_index(d, b, &t2) == i && t2 == t && t->entries[i].value == value_int(3));
  dict_del_str(th, d, b);
  CHECK(t->entries[i].value == EMPTY);
  CHECK(!dict_store_index(th, d, t, (uint32_t)i, value_int(9)));
  dict_set_str(th, d, b, value_int(4)); /* a new entry: the old one stays dead */
  CHECK(t->entries[i].value == EMPTY && dict_find_index(d, b, &t2) == 2 && t2 == t);
  CHECK(dict_store_index(th, d, t, 2, value_int(5)) && dict_lookup_interned(d, b) == value_int(5));
  uint32_t n;
  CHECK(dict_find_absent(d, c, &t, &n) == -1 && n == t->n_entries);
  dict_set_str(th, d, c, value_int(6));
  CHECK(dict_table(d) != t || t->n_entries != n);
  DictTable *before = dict_table(d);
  dict_clear(th, d);
  CHECK(dict_table(d) != before);
  close_context(th);
}

TEST(permanent) {
  RpThread *th = open_context();
  Dict *d = dict_perm_new(0);
  char name[20];
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "perm%d", i);
    dict_perm_set(d, str_intern_c(th, name), value_int(i));
  }
  CHECK_EQ(dict_len(d), 100);
  CHECK(dict_get_c(th, d, "perm77") == value_int(77));
  CHECK(dict_get_c(th, d, "perm100") == EMPTY);
  CHECK(d->hdr.flags & OBJ_IMMUTABLE && d->table->hdr.flags & OBJ_IMMUTABLE);
  close_context(th);
}

/* -- Threads ------------------------------------------------------------------------------ */

#define N_THREADS 3
#define N_OPS 20000

static void own_keys(RpThread *th, void *data, int i) {
  for (int k = 0; k < N_OPS; k++) {
    Value key = value_int(k * N_THREADS + i);
    dict_set(th, data, key, value_int(k));
    if (dict_get(th, data, key) != value_int(k)) CHECK(!"own key lost");
    if (k % 3 == 0) CHECK(dict_del(th, data, key) == 0);
    thread_poll(th);
  }
}

TEST(threads_own_keys) {
  RpThread *th = open_context();
  Dict *d = dict_new(th);
  run_threads(th, N_THREADS, own_keys, d);
  bool ok = true;
  for (int k = 0; k < N_OPS * N_THREADS; k++)
    ok = ok && dict_get(th, d, value_int(k)) == ((k / N_THREADS) % 3 ? value_int(k / N_THREADS) : EMPTY);
  CHECK(ok);
  close_context(th);
}

/* All threads fight over few keys; a reader checks that a key is only ever seen with its own values. */
static void few_keys(RpThread *th, void *data, int i) {
  uint64_t s = 5 + (uint64_t)i;
  for (int k = 0; k < N_OPS; k++) {
    int key = (int)(rnd(&s) % 12);
    Value v;
    thread_poll(th);
    switch (rnd(&s) % 6) {
    case 0: case 1: dict_set(th, data, value_int(key), value_int(key * 1000 + k % 1000)); break;
    case 2:
      dict_pop(th, data, value_int(key), NONE);
      break;
    case 3:
      v = dict_get(th, data, value_int(key));
      if (v != EMPTY && as_int(v) / 1000 != key) CHECK(!"value of another key");
      break;
    case 4: {
      uint32_t pos = 0;
      Value kk;
      while (dict_next(data, &pos, &kk, &v))
        if (as_int(v) / 1000 != as_int(kk)) CHECK(!"value of another key");
      break;
    }
    case 5:
      if (rnd(&s) % 50 == 0) dict_clear(th, data);
      else {
        Value kk;
        if (dict_pop_end(th, data, rnd(&s) % 2, &kk, &v) && as_int(v) / 1000 != as_int(kk)) CHECK(!"value of another key");
      }
    }
  }
}

TEST(threads_few_keys) {
  RpThread *th = open_context();
  Dict *d = dict_new(th);
  run_threads(th, N_THREADS, few_keys, d);
  uint32_t pos = 0;
  uint64_t n = 0;
  Value k, v;
  while (dict_next(d, &pos, &k, &v)) n++;
  CHECK_EQ(n, dict_len(d));
  close_context(th);
}

/* setdefault is atomic: all threads agree on who was first. */
static _Atomic int64_t firsts;
static void setdefaults(RpThread *th, void *data, int i) {
  for (int k = 0; k < N_OPS; k++) {
    if (dict_setdefault(th, data, value_int(k), value_int(i)) == value_int(i)) firsts++;
    thread_poll(th);
  }
}

TEST(threads_setdefault) {
  RpThread *th = open_context();
  Dict *d = dict_new(th);
  firsts = 0;
  run_threads(th, N_THREADS, setdefaults, d);
  CHECK_EQ(dict_len(d), N_OPS);
  CHECK_EQ(firsts, N_OPS);
  close_context(th);
}

UNIT_MAIN()
