/* viz_number.c: lerp, remap, clamp, noise, rand. Random numbers are repeatable: a script drawn twice gives the same pictures. */
#include "script/viz.h"
#include "engine/noise.h"
#include "runtime/num.h"
#include "runtime/ops.h"

/* Like viz_numbers, in doubles. */
static int doubles(RpThread *th, const char *call, const Value *a, int n, double *out) {
  for (int i = 0; i < n; i++) {
    float f;
    if (likely(is_double(a[i]))) out[i] = as_double(a[i]);
    else if (is_int(a[i])) out[i] = (double)as_int(a[i]);
    else if (a[i] == EMPTY) return i;
    else if (viz_numbers_slow(th, call, a, i, a[i], &f) < 0 || !op_as_double(th, a[i], &out[i])) return -1;
  }
  return n;
}

static Value f_lerp(RpThread *th, const Value *a) {
  double d[3];
  if (tuple_check(a[0]) && tuple_check(a[1])) {
    Colour x, y;
    float t;
    if (viz_to_colour(th, a[0], &x) > 0 && viz_to_colour(th, a[1], &y) > 0) {
      if (viz_numbers(th, "lerp(t)", a + 2, 1, &t) < 0) return EMPTY;
      Colour c = colour_lerp(x, y, t);
      return viz_colour_new(th, c.r, c.g, c.b, c.a);
    }
    if (th->pending != EMPTY) return EMPTY;
  }
  if (doubles(th, "lerp(a, b, t)", a, 3, d) < 0) return EMPTY;
  return value_double_canon(d[0] + (d[1] - d[0]) * d[2]);
}

static Value f_remap(RpThread *th, const Value *a) {
  double d[5] = {0, 0, 1, 0, 1};
  if (doubles(th, "remap(x, lo, hi, to_lo, to_hi)", a, 5, d) < 0) return EMPTY;
  if (d[2] == d[1]) return value_double_canon(d[3]);
  return value_double_canon(d[3] + (d[0] - d[1]) / (d[2] - d[1]) * (d[4] - d[3]));
}

/* Keeps the type of what it returns: ints stay ints. */
static Value f_clamp(RpThread *th, const Value *a) {
  double d[3] = {0, 0, 1};
  if (doubles(th, "clamp(x, lo, hi)", a, 3, d) < 0) return EMPTY;
  if (d[0] > d[2]) return a[2] == EMPTY ? value_double(1.0) : a[2];
  if (!(d[0] >= d[1])) return a[1] == EMPTY ? value_double(0.0) : a[1];
  return a[0];
}

static double clamp_floats(double x, double lo, double hi) { return x > hi ? hi : !(x >= lo) ? lo : x; }

static Value f_noise(RpThread *th, const Value *a) {
  double d[3] = {0, 0, 0};
  Viz *viz = viz_of(th);
  if (!viz || doubles(th, "noise(x, y, z)", a, 3, d) < 0) return EMPTY;
  return value_double_canon(noise_fractal(viz->noise_seed, d[0], d[1], d[2], 4, 0.5));
}

static bool seed_of(RpThread *th, const char *call, Value v, uint64_t *out) {
  double d;
  if (doubles(th, call, &v, 1, &d) < 0) return false;
  memcpy(out, &d, 8);
  return true;
}
static Value f_noise_seed(RpThread *th, const Value *a) {
  uint64_t seed;
  Viz *viz = viz_of(th);
  if (!viz || !seed_of(th, "noise_seed(seed)", a[0], &seed)) return EMPTY;
  viz->noise_seed = (uint32_t)(seed ^ seed >> 32) * 0x9E3779B1u;
  return NONE;
}

/* SplitMix64 (Steele, Lea, Flood 2014): a counter, hashed; threads draw from one sequence without a lock. */
static double next_random(Viz *viz) {
  uint64_t z = atomic_fetch_add_explicit(&viz->rand_state, 0x9E3779B97F4A7C15ull, memory_order_relaxed);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ z >> 27) * 0x94D049BB133111EBull;
  return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static Value f_rand(RpThread *th, const Value *a) {
  double d[2];
  Viz *viz = viz_of(th);
  int n = viz ? doubles(th, "rand(lo, hi)", a, 2, d) : -1;
  if (n < 0) return EMPTY;
  double lo = n == 2 ? d[0] : 0, hi = n == 2 ? d[1] : n == 1 ? d[0] : 1;
  return value_double_canon(lo + (hi - lo) * next_random(viz));
}
static Value f_rand_seed(RpThread *th, const Value *a) {
  uint64_t seed;
  Viz *viz = viz_of(th);
  if (!viz || !seed_of(th, "rand_seed(seed)", a[0], &seed)) return EMPTY;
  atomic_store(&viz->rand_state, seed * 0x9E3779B97F4A7C15ull + 1);
  return NONE;
}

const NativeDef viz_number_functions[] = {
    {"lerp", f_lerp, "(a, b, t)", NATIVE_PURE, "From a (t = 0) to b (t = 1), of numbers or of colours."},
    {"remap", f_remap, "(x, lo, hi, to_lo=0.0, to_hi=1.0)", NATIVE_PURE, "Where x stands between lo and hi, carried over to to_lo .. to_hi."},
    {"clamp", f_clamp, "(x, lo=0.0, hi=1.0)", NATIVE_PURE | NATIVE_FLOATS, "x, kept within lo .. hi.", clamp_floats},
    {"noise", f_noise, "(x, y=0.0, z=0.0)", 0, "Smooth repeatable noise 0..1; nearby arguments give similar values."},
    {"noise_seed", f_noise_seed, "(seed)", 0, "Chooses another noise."},
    {"rand", f_rand, "(lo=None, hi=None, /)", 0, "A random number: rand() 0..1, rand(hi) 0..hi, rand(lo, hi). The same sequence in every run."},
    {"rand_seed", f_rand_seed, "(seed)", 0, "Starts the sequence of rand() anew."},
    {0},
};
