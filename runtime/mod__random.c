/* mod__random.c: the module _random: the Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura, 1998) with CPython's seeding and output
** functions, so that a seed gives the same numbers. The state of a generator changes under its object lock. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/int.h"
#include "runtime/lock.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/tuple.h"

enum { N = 624, M = 397 };
typedef struct Random { Object hdr; Value overflow; uint32_t index; uint32_t state[N]; } Random;

static Random *as_random(Value v) { return (Random *)as_object(v); }

/* -- The generator ------------------------------------------------------------------------ */

static uint32_t twist(uint32_t hi, uint32_t lo) {
  uint32_t y = (hi & 0x80000000u) | (lo & 0x7FFFFFFFu);
  return y >> 1 ^ (y & 1 ? 0x9908B0DFu : 0);
}
static void refill(uint32_t *s) {
  int i = 0;
  for (; i < N - M; i++) s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
  for (; i < N - 1; i++) s[i] = s[i + M - N] ^ twist(s[i], s[i + 1]);
  s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
}
static uint32_t next_word(Random *r) {
  if (r->index >= N) refill(r->state), r->index = 0;
  uint32_t y = r->state[r->index++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9D2C5680u;
  y ^= y << 15 & 0xEFC60000u;
  return y ^ y >> 18;
}

static void init_word(uint32_t *s, uint32_t seed) {
  s[0] = seed;
  for (uint32_t i = 1; i < N; i++) s[i] = 1812433253u * (s[i - 1] ^ s[i - 1] >> 30) + i;
}
static void init_words(uint32_t *s, const uint32_t *key, size_t n) {
  init_word(s, 19650218u);
  size_t i = 1, j = 0;
  for (size_t k = N > n ? N : n; k; k--) {
    s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
    if (++i >= N) s[0] = s[N - 1], i = 1;
    if (++j >= n) j = 0;
  }
  for (size_t k = N - 1; k; k--) {
    s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
    if (++i >= N) s[0] = s[N - 1], i = 1;
  }
  s[0] = 0x80000000u;
}

static void install(RpThread *th, Random *r, const uint32_t *state, uint32_t index) {
  obj_lock(th, r);
  memcpy(r->state, state, sizeof r->state);
  r->index = index;
  obj_unlock(th, r);
}

/* -- Seeding --------------------------------------------------------------------------------- */

static bool seed_from_os(RpThread *th, uint32_t *state) {
  uint32_t key[N];
  const OsTable *os = th->ctx->os;
  if (os->random(th->ctx->os_data, key, sizeof key) < 0) { /* no entropy to be had: the clock will do */
    struct timespec wall = {0, 0}, cpu = {0, 0};
    os->clock(th->ctx->os_data, CLOCK_REALTIME, &wall);
    os->clock(th->ctx->os_data, CLOCK_MONOTONIC, &cpu);
    uint32_t few[] = {(uint32_t)wall.tv_sec, (uint32_t)wall.tv_nsec, (uint32_t)cpu.tv_sec, (uint32_t)cpu.tv_nsec, (uint32_t)th->id};
    init_words(state, few, countof(few));
    return true;
  }
  init_words(state, key, N);
  return true;
}

/* The magnitude of an int, or any object's hash, as 32-bit words. */
static bool seed_from_value(RpThread *th, Value v, uint32_t *state) {
  uint64_t hash;
  IntView x;
  if (int_check(v)) int_view(v, &x);
  else {
    int64_t h = op_hash(th, v);
    if (h == -1 && th->pending) return false;
    hash = (uint64_t)h;
    x.l = &hash, x.n = hash != 0;
  }
  size_t n = (size_t)x.n * 2;
  uint32_t few[64], *key = n <= countof(few) ? few : malloc(n * 4);
  if (!key) return raise_memory(th), false;
  for (int64_t i = 0; i < x.n; i++) key[2 * i] = (uint32_t)x.l[i], key[2 * i + 1] = (uint32_t)(x.l[i] >> 32);
  if (n == 0) key[n++] = 0;
  else if (key[n - 1] == 0) n--;
  init_words(state, key, n);
  if (key != few) free(key);
  return true;
}

static bool seed(RpThread *th, Random *r, Value v) {
  uint32_t state[N];
  bool ok = !v || v == NONE ? seed_from_os(th, state) : seed_from_value(th, v, state);
  if (ok) install(th, r, state, N);
  return ok;
}

static Value random_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (type == &type_random && kwnames && kwnames->length) return raise_type(th, "Random() takes no keyword arguments");
  if (n_pos > 1) return raise_type(th, "Random() requires 0 or 1 argument");
  Random *r = (Random *)type_alloc(th, type);
  return r && seed(th, r, n_pos ? args[0] : EMPTY) ? value_object(r) : EMPTY;
}

/* -- Methods --------------------------------------------------------------------------------------- */

static Value m_random(RpThread *th, const Value *a) {
  Random *r = as_random(a[0]);
  obj_lock(th, r);
  uint32_t hi = next_word(r) >> 5, lo = next_word(r) >> 6;
  obj_unlock(th, r);
  return value_double((hi * 67108864.0 + lo) * (1.0 / 9007199254740992.0));
}
static Value m_seed(RpThread *th, const Value *a) { return seed(th, as_random(a[0]), a[1]) ? NONE : EMPTY; }

static Value m_getrandbits(RpThread *th, const Value *a) {
  int64_t k;
  if (!op_as_i64(th, a[1], &k)) return EMPTY;
  if (k < 0) return raise_value(th, "number of bits must be non-negative");
  if (k == 0) return value_int(0);
  Random *r = as_random(a[0]);
  if (k <= 32) {
    obj_lock(th, r);
    uint32_t w = next_word(r) >> (32 - k);
    obj_unlock(th, r);
    return value_int(w);
  }
  int64_t limbs = (k - 1) / 64 + 1;
  Int *v = int_alloc(th, limbs);
  if (!v) return EMPTY;
  for (int64_t i = 0; k > 0; i++, k -= 32) {
    obj_lock(th, r);
    uint32_t w = next_word(r);
    obj_unlock(th, r);
    if (k < 32) w >>= 32 - k;
    v->limbs[i / 2] |= (uint64_t)w << i % 2 * 32;
  }
  return int_finish(v, limbs, false);
}

static Value m_getstate(RpThread *th, const Value *a) {
  Random *r = as_random(a[0]);
  Tuple *t = tuple_alloc(th, N + 1);
  if (!t) return EMPTY;
  obj_lock(th, r);
  for (int i = 0; i < N; i++) t->items[i] = value_int(r->state[i]);
  t->items[N] = value_int(r->index);
  obj_unlock(th, r);
  return value_object(t);
}
static Value m_setstate(RpThread *th, const Value *a) {
  uint32_t state[N];
  int64_t w;
  if (!tuple_check(a[1])) return raise_type(th, "state vector must be a tuple");
  Tuple *t = as_tuple(a[1]);
  if (t->length != N + 1) return raise_value(th, "state vector is the wrong size");
  for (int i = 0; i <= N; i++) {
    if (!int_check(t->items[i])) return raise_type(th, "an integer is required");
    if (int_sign(t->items[i]) < 0) return raise_overflow(th, "can't convert negative value to unsigned int");
    if (!int_as_i64(t->items[i], &w)) return raise_overflow(th, "Python int too large to convert to C unsigned long");
    if (i < N) state[i] = (uint32_t)w;
    else if (w > N) return raise_value(th, "invalid state");
  }
  install(th, as_random(a[0]), state, (uint32_t)w);
  return NONE;
}

static const NativeDef random_methods[] = {
    {"random", m_random, "(self, /)", 0, "random() -> x in the interval [0, 1)."},
    {"seed", m_seed, "(self, n=None, /)", 0, "seed([n]) -> None."},
    {"getstate", m_getstate, "(self, /)", 0, "getstate() -> tuple containing the current state."},
    {"setstate", m_setstate, "(self, state, /)", 0, "setstate(state) -> None.  Restores generator state."},
    {"getrandbits", m_getrandbits, "(self, k, /)", 0, "getrandbits(k) -> x.  Generates an int with k random bits."},
    {0},
};

const TypeSpec spec_random = {
    .doc = "Random() -> create a random number generator with its own internal state.",
    .size = sizeof(Random),
    .slots = {.new_ = random_new},
    .methods = random_methods,
};

static int random_init(RpThread *th, Dict *dict) { return dict_set_c(th, dict, "Random", value_object(&type_random)); }

const ModuleSpec mod__random = {.doc = "Module implements the Mersenne Twister random number generator.", .init = random_init};
