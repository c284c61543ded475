/* sort.c: list.sort. Timsort (T. Peters, 2002) with the powersort merge order (J. I. Munro and S. Wild, 2018).
**
** The sort works on malloc'ed copies of keys and values. The collector sees the originals: the list's own array, which stays untouched until the
** end, and the array of computed keys. So no barrier is needed while sorting, whatever the comparisons do.
** A comparison that raises leaves both copies a permutation of the input. */
#include "runtime/cont.h"

typedef enum Mode { M_INT, M_DOUBLE, M_STR, M_TUPLE, M_ANY } Mode;

#define MAX_RUNS 85
#define MIN_GALLOP 7
typedef struct Run { size_t base, len; int power; } Run;
typedef struct Sort {
  RpThread *th;
  Mode mode;
  Value *k, *v;       /* keys; values moved along with them, or NULL */
  Value *tk, *tv;     /* room for half of them */
  size_t n;
  size_t min_gallop;
  int n_runs;
  Run runs[MAX_RUNS];
} Sort;

/* -- Comparing --------------------------------------------------------------- */

/* Tuples differ mostly in their first item, which is mostly a number. */
static int tuple_less(RpThread *th, Value a, Value b) {
  Tuple *x = as_tuple(a), *y = as_tuple(b);
  if (x->length && y->length) {
    Value p = x->items[0], q = y->items[0];
    if (is_int(p) && is_int(q) && p != q) return p < q;
    if (is_double(p) && is_double(q) && as_double(p) != as_double(q)) {
      if (as_double(p) < as_double(q)) return 1;
      if (as_double(p) > as_double(q)) return 0;
    }
  }
  return op_compare_bool(th, a, b, CMP_LT);
}

/* a < b: 1, 0, -1. */
ALWAYS_INLINE int less(Sort *s, Value a, Value b) {
  switch (s->mode) {
  case M_INT: return a < b;
  case M_DOUBLE: return as_double(a) < as_double(b);
  case M_STR: return str_cmp(as_str(a), as_str(b)) < 0;
  case M_TUPLE: return tuple_less(s->th, a, b);
  default: return op_compare_bool(s->th, a, b, CMP_LT);
  }
}

static Mode pick_mode(const Value *k, size_t n) {
  Mode m = is_int(k[0]) ? M_INT : is_double(k[0]) ? M_DOUBLE : has_shape(k[0], SHAPE_str) ? M_STR : has_shape(k[0], SHAPE_tuple) ? M_TUPLE : M_ANY;
  for (size_t i = 1; i < n && m != M_ANY; i++) {
    bool fits = m == M_INT      ? is_int(k[i])
                : m == M_DOUBLE ? is_double(k[i])
                : m == M_STR    ? has_shape(k[i], SHAPE_str)
                                : has_shape(k[i], SHAPE_tuple);
    if (!fits) m = M_ANY;
  }
  return m;
}

/* -- Moving keys and values together --------------------------------------------- */

static void reverse_values(Value *p, size_t lo, size_t hi) {
  while (lo + 1 < hi) {
    Value t = p[lo];
    p[lo++] = p[--hi];
    p[hi] = t;
  }
}
static void reverse_range(Sort *s, size_t lo, size_t hi) {
  reverse_values(s->k, lo, hi);
  if (s->v) reverse_values(s->v, lo, hi);
}
static void move_items(Sort *s, size_t to, size_t from, size_t n) {
  memmove(s->k + to, s->k + from, n * sizeof(Value));
  if (s->v) memmove(s->v + to, s->v + from, n * sizeof(Value));
}
static void to_temp(Sort *s, size_t from, size_t n) {
  memcpy(s->tk, s->k + from, n * sizeof(Value));
  if (s->v) memcpy(s->tv, s->v + from, n * sizeof(Value));
}
static void from_temp(Sort *s, size_t to, size_t from, size_t n) {
  memcpy(s->k + to, s->tk + from, n * sizeof(Value));
  if (s->v) memcpy(s->v + to, s->tv + from, n * sizeof(Value));
}
ALWAYS_INLINE void put(Sort *s, size_t to, size_t from) {
  s->k[to] = s->k[from];
  if (s->v) s->v[to] = s->v[from];
}
ALWAYS_INLINE void put_temp(Sort *s, size_t to, size_t from) {
  s->k[to] = s->tk[from];
  if (s->v) s->v[to] = s->tv[from];
}

/* -- Runs ------------------------------------------------------------------------------ */

/* Length of the run at lo: ascending, or strictly descending and then reversed. 0 on error. */
static size_t count_run(Sort *s, size_t lo, size_t hi) {
  size_t i = lo + 1;
  if (i == hi) return 1;
  int down = less(s, s->k[i], s->k[lo]);
  if (down < 0) return 0;
  for (i++; i < hi; i++) {
    int l = less(s, s->k[i], s->k[i - 1]);
    if (l < 0) return 0;
    if (l != down) break;
  }
  if (down) reverse_range(s, lo, i);
  return i - lo;
}

/* Sorts [lo, hi), of which [lo, start) is sorted. */
static int insertion_sort(Sort *s, size_t lo, size_t hi, size_t start) {
  for (; start < hi; start++) {
    Value key = s->k[start];
    size_t l = lo, r = start;
    while (l < r) {
      size_t m = l + (r - l) / 2;
      int c = less(s, key, s->k[m]);
      if (c < 0) return -1;
      if (c) r = m;
      else l = m + 1;
    }
    Value val = s->v ? s->v[start] : EMPTY;
    move_items(s, l + 1, l, start - l);
    s->k[l] = key;
    if (s->v) s->v[l] = val;
  }
  return 0;
}

static size_t min_run(size_t n) {
  size_t r = 0;
  while (n >= 64) {
    r |= n & 1;
    n >>= 1;
  }
  return n + r;
}

/* -- Galloping ------------------------------------------------------------------------------ */

/* Where key goes in the sorted k[0..n), before (left) or behind equal keys, looking from hint outwards. -1 on error. */
ALWAYS_INLINE int64_t gallop(Sort *s, Value key, const Value *k, size_t n, size_t hint, bool left) {
  /* goes_right(i): key belongs to the right of k[i] */
#define GOES_RIGHT(i, r)                                                                                                                   \
  int r = left ? less(s, k[i], key) : less(s, key, k[i]);                                                                                  \
  if (r < 0) return -1;                                                                                                                    \
  if (!left) r = !r
  int64_t last, ofs = 1, lo, hi;
  GOES_RIGHT(hint, right);
  if (right) {
    int64_t max = (int64_t)(n - hint);
    last = 0;
    while (ofs < max) {
      GOES_RIGHT(hint + ofs, on);
      if (!on) break;
      last = ofs;
      ofs = ofs * 2 + 1;
    }
    if (ofs > max) ofs = max;
    lo = (int64_t)hint + last + 1;
    hi = (int64_t)hint + ofs;
  } else {
    int64_t max = (int64_t)hint + 1;
    last = 0;
    while (ofs < max) {
      GOES_RIGHT(hint - ofs, on);
      if (on) break;
      last = ofs;
      ofs = ofs * 2 + 1;
    }
    if (ofs > max) ofs = max;
    lo = (int64_t)hint - ofs + 1;
    hi = (int64_t)hint - last;
  }
  while (lo < hi) {
    int64_t m = lo + (hi - lo) / 2;
    GOES_RIGHT(m, on);
    if (on) lo = m + 1;
    else hi = m;
  }
  return lo;
#undef GOES_RIGHT
}
static NOINLINE int64_t gallop_left(Sort *s, Value key, const Value *k, size_t n, size_t hint) { return gallop(s, key, k, n, hint, true); }
static NOINLINE int64_t gallop_right(Sort *s, Value key, const Value *k, size_t n, size_t hint) { return gallop(s, key, k, n, hint, false); }

/* -- Merging ---------------------------------------------------------------------------------- */

/* Merges the neighbours [a, a+na) and [b, b+nb), na <= nb, b's first < a's first, a's last > b's last. A goes to temp; fill from the left. */
static int merge_lo(Sort *s, size_t a, size_t na, size_t b, size_t nb) {
  size_t ta = 0, dest = a, gallop_at = s->min_gallop;
  int result = -1;
  to_temp(s, a, na);
  put(s, dest++, b++);
  if (--nb == 0) goto done;
  if (na == 1) goto copy_b;
  for (;;) {
    size_t wins_a = 0, wins_b = 0;
    for (;;) {
      int c = less(s, s->k[b], s->tk[ta]);
      if (c < 0) goto fail;
      if (c) {
        put(s, dest++, b++);
        wins_b++;
        wins_a = 0;
        if (--nb == 0) goto done;
        if (wins_b >= gallop_at) break;
      } else {
        put_temp(s, dest++, ta++);
        wins_a++;
        wins_b = 0;
        if (--na == 1) goto copy_b;
        if (wins_a >= gallop_at) break;
      }
    }
    gallop_at++;
    do {
      gallop_at -= gallop_at > 1;
      s->min_gallop = gallop_at;
      int64_t n = gallop_right(s, s->k[b], s->tk + ta, na, 0);
      if (n < 0) goto fail;
      wins_a = (size_t)n;
      from_temp(s, dest, ta, wins_a);
      dest += wins_a;
      ta += wins_a;
      na -= wins_a;
      if (na == 1) goto copy_b;
      if (na == 0) goto done; /* only when < is inconsistent */
      put(s, dest++, b++);
      if (--nb == 0) goto done;
      n = gallop_left(s, s->tk[ta], s->k + b, nb, 0);
      if (n < 0) goto fail;
      wins_b = (size_t)n;
      move_items(s, dest, b, wins_b);
      dest += wins_b;
      b += wins_b;
      nb -= wins_b;
      if (nb == 0) goto done;
      put_temp(s, dest++, ta++);
      if (--na == 1) goto copy_b;
    } while (wins_a >= MIN_GALLOP || wins_b >= MIN_GALLOP);
    gallop_at++;
    s->min_gallop = gallop_at;
  }
done:
  result = 0;
fail:
  from_temp(s, dest, ta, na);
  return result;
copy_b: /* the last of A goes behind all of B */
  move_items(s, dest, b, nb);
  put_temp(s, dest + nb, ta);
  return 0;
}

/* Same with na >= nb: B goes to temp, fill from the right. Positions are one past the item. */
static int merge_hi(Sort *s, size_t a, size_t na, size_t b, size_t nb) {
  size_t base = a, dest = b + nb, gallop_at = s->min_gallop;
  size_t ea = a + na, tb = nb;
  int result = -1;
  to_temp(s, b, nb);
  put(s, --dest, --ea);
  if (--na == 0) goto done;
  if (nb == 1) goto copy_a;
  for (;;) {
    size_t wins_a = 0, wins_b = 0;
    for (;;) {
      int c = less(s, s->tk[tb - 1], s->k[ea - 1]);
      if (c < 0) goto fail;
      if (c) {
        put(s, --dest, --ea);
        wins_a++;
        wins_b = 0;
        if (--na == 0) goto done;
        if (wins_a >= gallop_at) break;
      } else {
        put_temp(s, --dest, --tb);
        wins_b++;
        wins_a = 0;
        if (--nb == 1) goto copy_a;
        if (wins_b >= gallop_at) break;
      }
    }
    gallop_at++;
    do {
      gallop_at -= gallop_at > 1;
      s->min_gallop = gallop_at;
      int64_t n = gallop_right(s, s->tk[tb - 1], s->k + base, na, na - 1);
      if (n < 0) goto fail;
      wins_a = na - (size_t)n;
      dest -= wins_a;
      ea -= wins_a;
      move_items(s, dest, ea, wins_a);
      na -= wins_a;
      if (na == 0) goto done;
      put_temp(s, --dest, --tb);
      if (--nb == 1) goto copy_a;
      n = gallop_left(s, s->k[ea - 1], s->tk, nb, nb - 1);
      if (n < 0) goto fail;
      wins_b = nb - (size_t)n;
      dest -= wins_b;
      tb -= wins_b;
      from_temp(s, dest, tb, wins_b);
      nb -= wins_b;
      if (nb == 1) goto copy_a;
      if (nb == 0) goto done; /* only when < is inconsistent */
      put(s, --dest, --ea);
      if (--na == 0) goto done;
    } while (wins_a >= MIN_GALLOP || wins_b >= MIN_GALLOP);
    gallop_at++;
    s->min_gallop = gallop_at;
  }
done:
  result = 0;
fail:
  from_temp(s, dest - nb, 0, nb);
  return result;
copy_a: /* the first of B goes in front of all of A */
  dest -= na;
  move_items(s, dest, base, na);
  put_temp(s, dest - 1, 0);
  return 0;
}

/* Merges the two runs on top of the stack. */
static int merge_top(Sort *s) {
  Run *x = &s->runs[s->n_runs - 2], *y = x + 1;
  size_t a = x->base, na = x->len, b = y->base, nb = y->len;
  x->len += nb;
  s->n_runs--;
  int64_t skip = gallop_right(s, s->k[b], s->k + a, na, 0); /* already in place at the left */
  if (skip < 0) return -1;
  a += (size_t)skip;
  na -= (size_t)skip;
  if (na == 0) return 0;
  int64_t keep = gallop_left(s, s->k[a + na - 1], s->k + b, nb, nb - 1); /* what is beyond is in place at the right */
  if (keep <= 0) return (int)keep;
  nb = (size_t)keep;
  return na <= nb ? merge_lo(s, a, na, b, nb) : merge_hi(s, a, na, b, nb);
}

/* The depth, in the ideal merge tree, of the boundary between runs of length n1 (at s1) and n2. */
static int power_of(size_t s1, size_t n1, size_t n2, size_t n) {
  int power = 0;
  size_t a = 2 * s1 + n1, b = a + n1 + n2;
  for (;;) {
    power++;
    if (a >= n) {
      a -= n;
      b -= n;
    } else if (b >= n) return power;
    a <<= 1;
    b <<= 1;
  }
}

static int push_run(Sort *s, size_t base, size_t len) {
  if (s->n_runs) {
    Run *top = &s->runs[s->n_runs - 1];
    int power = power_of(top->base, top->len, len, s->n);
    while (s->n_runs > 1 && s->runs[s->n_runs - 2].power > power)
      if (merge_top(s) < 0) return -1;
    s->runs[s->n_runs - 1].power = power;
  }
  s->runs[s->n_runs++] = (Run){base, len, 0};
  return 0;
}

static int timsort(Sort *s) {
  size_t lo = 0, min = min_run(s->n);
  while (lo < s->n) {
    size_t len = count_run(s, lo, s->n);
    if (len == 0) return -1;
    if (len < min) {
      size_t want = s->n - lo < min ? s->n - lo : min;
      if (insertion_sort(s, lo, lo + want, lo + len) < 0) return -1;
      len = want;
    }
    if (push_run(s, lo, len) < 0) return -1;
    lo += len;
    if (!thread_poll(s->th)) return -1;
  }
  while (s->n_runs > 1)
    if (merge_top(s) < 0) return -1;
  return 0;
}

/* -- The list ------------------------------------------------------------------------------------ */

/* The keys of n items as an array; NULL + pending. */
static Array *compute_keys(RpThread *th, Value key, const Array *items, size_t n) {
  Array *keys = heap_alloc_array(th, (uint32_t)n);
  if (!keys) return NULL;
  for (size_t i = 0; i < n; i++) {
    Value k = op_call1(th, key, items->items[i]);
    if (k == EMPTY) return NULL;
    obj_store(th, keys, &keys->items[i], k);
    store_release(&keys->length, (uint32_t)i + 1);
  }
  return keys;
}

/* Sorts copies of `keys` (and `items` along with them, if they are not the same) and leaves the outcome in out[]. */
static int sort_copies(RpThread *th, const Value *keys, const Value *items, size_t n, bool reverse, Value *out) {
  bool paired = keys != items;
  Value *mem = malloc((paired ? 2 : 1) * (n + n / 2 + 1) * sizeof(Value));
  if (!mem) return raise_memory(th), -1;
  Sort s = {.th = th, .n = n, .min_gallop = MIN_GALLOP, .k = mem, .tk = mem + n};
  memcpy(s.k, keys, n * sizeof(Value));
  if (paired) {
    s.v = mem + n + n / 2 + 1;
    s.tv = s.v + n;
    memcpy(s.v, items, n * sizeof(Value));
  }
  s.mode = pick_mode(s.k, n);
  if (reverse) reverse_range(&s, 0, n);
  int r = timsort(&s);
  if (reverse) reverse_range(&s, 0, n);
  memcpy(out, paired ? s.v : s.k, n * sizeof(Value));
  free(mem);
  return r;
}

/* Takes the items away: the list looks empty while it is sorted. *out: the array to put the result into. NULL + pending. */
static Array *take_items(RpThread *th, List *l, Array **out) {
  for (;;) {
    Array *a = list_array(l), *spare = a;
    uint32_t n = load_acquire(&a->length);
    if (thread_multi(th) && !(spare = heap_alloc_array(th, n))) return NULL; /* others may still read the old one */
    obj_lock(th, l);
    bool ok = l->array == a && a->length == n;
    if (ok) obj_publish(th, l, &l->array, list_empty_array_);
    obj_unlock(th, l);
    *out = spare;
    if (ok) return a;
  }
}

int list_sort(RpThread *th, List *l, Value key, bool reverse) {
  if (list_len(l) == 0) return 0;
  Array *out, *a = take_items(th, l, &out);
  if (!a) return -1;
  size_t n = a->length;
  Array *keys = key == EMPTY ? a : compute_keys(th, key, a, n);
  Value *sorted = keys && n ? malloc(n * sizeof(Value)) : NULL;
  int r = -1;
  if (sorted) r = sort_copies(th, keys->items, a->items, n, reverse, sorted);
  else if (keys && n) raise_memory(th);
  else if (keys) r = 0;
  if (!sorted || (r < 0 && error_is(th, &type_MemoryError))) values_copy(out->items, a->items, n);
  else values_copy(out->items, sorted, n);
  free(sorted);
  store_release(&out->length, (uint32_t)n);
  heap_barrier_bulk(th, out);
  obj_lock(th, l);
  bool modified = l->array != list_empty_array_;
  obj_publish(th, l, &l->array, out);
  obj_unlock(th, l);
  if (modified && r == 0) return raise_value(th, "list modified during sort"), -1;
  return r;
}
