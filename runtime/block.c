/* block.c: the reserved range of addresses and the provider of blocks: process-wide, shared by all contexts.
**
** Freed units stay committed for a second, and the newest are given out first, so that contexts recycle each other's warm memory; then they
** go back to the system. When the process takes fresh memory at a rate, the provider's thread touches it beforehand: a page
** fault costs a mutator more than anything the collector does to it. The same thread gives memory back: that, too, takes long.
** Small heaps are left out: they begin a block per size class and touch a page or two of it, so touched whole it would be most of what an idle context
** holds.
**
** Nobody waits for the lock for long: its holder may be a thread of the lowest priority that has lost the processor. Who does not get it takes units
** that never were in use (`top` moves by CAS), and leaves units that are free in a list without lock for the next holder. */
#include "runtime/block.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

BlockArena block_arena;

#define SIZE_(s) s,
const uint16_t block_class_size[N_CLASSES] = {
  0,   16,  32,  48,  64,  80,  96,  112, 128, 144, 160, 176, 192, 208, 224, 240, 256,
  272, 288, 304, 320, 336, 352, 368, 384, 400, 416, 432, 448, 464, 480, 496, 512, COARSE_CLASSES(SIZE_)};

uint32_t block_class_of(size_t size) {
  if (size <= 512) return (uint32_t)(size + 15) / 16;
  uint32_t c = N_FINE_CLASSES;
  while (block_class_size[c] < size) c++;
  return c;
}

/* -- Free units --------------------------------------------------------------------------------------------------------------- */

/* Free blocks of one length, newest last. `fresh` ones are known to be zero and may be uncommitted. */
typedef struct UnitRing {
  struct FreeUnit { uint32_t unit, freed_ms; } *v; /* ring of cap (power of two) */
  uint32_t cap, head, n;
} UnitRing;

typedef struct FreeRun { uint32_t unit, n; } FreeRun; /* large: sorted by address, merged, decommitted */

#define KEEP_MS 1000
#define KEEP_UNITS 256          /* 4 MB stay committed for good */
#define PREFAULT_START 512      /* units taken before the prefault thread is worth having */
#define PREFAULT_MAX 2048
#define PREFAULT_MS 100         /* so long what was touched beforehand should last */
#define N_KEPT_LARGE 32         /* freed large objects that stay committed a while */
#define KEPT_LARGE_MAX 4096     /* units, all together */
#define DROP_BATCH 64           /* given back to the system at a time */
#define PIECE_UNITS 64          /* 1 MB: touched or given back without a rest */
#define PIECE_REST_US 300

static struct Provider {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  uint32_t n_units;             /* of the range */
  _Atomic uint32_t top;         /* below, all were given out once */
  _Atomic(Block *) returned;    /* by threads that did not get the lock */
  UnitRing used1, used4;        /* committed, dirty */
  UnitRing fresh1;              /* zero; the ones pre-faulted last are taken first */
  UnitRing cold1;               /* zero, never touched: for small heaps */
  struct KeptLarge { uint32_t unit, n, freed_ms; } kept[N_KEPT_LARGE]; /* dirty; oldest first */
  uint32_t n_kept, kept_units;
  FreeRun *drop;                /* dirty, to be given back to the system by the thread */
  uint32_t n_drop, cap_drop;
  FreeRun *runs;                /* zero, uncommitted */
  uint32_t n_runs, cap_runs;
  _Atomic size_t used_units;
  uint32_t taken_fresh;         /* since the prefault thread looked: */
  uint32_t looked_ms;
  uint32_t n_prefaulted;        /* of fresh1 */
  bool has_thread, sleeps;      /* sleeps: until it is woken, not for a second */
} provider = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static uint32_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
  return (uint32_t)((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

static bool ring_push(UnitRing *r, uint32_t unit, uint32_t ms) {
  if (r->n == r->cap) {
    uint32_t cap = r->cap ? r->cap * 2 : 64;
    struct FreeUnit *v = malloc(cap * sizeof *v);
    if (!v) return false; /* the unit is lost to the process: harmless */
    for (uint32_t i = 0; i < r->n; i++) v[i] = r->v[(r->head + i) & (r->cap - 1)];
    free(r->v);
    *r = (UnitRing){v, cap, 0, r->n};
  }
  r->v[(r->head + r->n++) & (r->cap - 1)] = (struct FreeUnit){unit, ms};
  return true;
}
static uint32_t ring_pop(UnitRing *r) { return r->v[(r->head + --r->n) & (r->cap - 1)].unit; }
static struct FreeUnit *ring_oldest(UnitRing *r) { return &r->v[r->head & (r->cap - 1)]; }
static uint32_t ring_pop_oldest(UnitRing *r) {
  uint32_t u = ring_oldest(r)->unit;
  r->head = (r->head + 1) & (r->cap - 1);
  r->n--;
  return u;
}

static char *unit_address(uint32_t unit) { return (char *)block_arena.base + ((size_t)unit << UNIT_SHIFT); }
static void decommit(uint32_t unit, uint32_t n) { madvise(unit_address(unit), (size_t)n << UNIT_SHIFT, MADV_DONTNEED); }

/* Inserts a zero, uncommitted run, merging neighbours. */
static void runs_add(uint32_t unit, uint32_t n) {
  struct Provider *p = &provider;
  uint32_t lo = 0, hi = p->n_runs;
  while (lo < hi) {
    uint32_t mid = (lo + hi) / 2;
    if (p->runs[mid].unit < unit) lo = mid + 1;
    else hi = mid;
  }
  bool left = lo > 0 && p->runs[lo - 1].unit + p->runs[lo - 1].n == unit;
  bool right = lo < p->n_runs && unit + n == p->runs[lo].unit;
  if (left) {
    p->runs[lo - 1].n += n;
    if (!right) return;
    p->runs[lo - 1].n += p->runs[lo].n;
    memmove(p->runs + lo, p->runs + lo + 1, (--p->n_runs - lo) * sizeof *p->runs);
    return;
  }
  if (right) {
    p->runs[lo].unit = unit;
    p->runs[lo].n += n;
    return;
  }
  if (p->n_runs == p->cap_runs) {
    uint32_t cap = p->cap_runs ? p->cap_runs * 2 : 64;
    FreeRun *v = realloc(p->runs, cap * sizeof *v);
    if (!v) return; /* address space lost, memory not */
    p->runs = v;
    p->cap_runs = cap;
  }
  memmove(p->runs + lo + 1, p->runs + lo, (p->n_runs++ - lo) * sizeof *p->runs);
  p->runs[lo] = (FreeRun){unit, n};
}

/* n units that never were in use, at a multiple of `align`; *from: where the gap before them begins. Any thread, without the lock. */
static uint32_t top_take(uint32_t n, uint32_t align, uint32_t *from) {
  struct Provider *p = &provider;
  for (uint32_t top = atomic_load_explicit(&p->top, memory_order_relaxed);;) {
    uint32_t unit = (top + align - 1) & ~(align - 1);
    if (n > p->n_units || unit > p->n_units - n) return UINT32_MAX;
    *from = top;
    if (atomic_compare_exchange_weak_explicit(&p->top, &top, unit + n, memory_order_relaxed, memory_order_relaxed)) return unit;
  }
}

/* n zero units at a multiple of `align`, or UINT32_MAX. First fit keeps large objects low and together. */
static uint32_t runs_take(uint32_t n, uint32_t align) {
  struct Provider *p = &provider;
  for (uint32_t i = 0; i < p->n_runs; i++) {
    FreeRun r = p->runs[i];
    uint32_t unit = (r.unit + align - 1) & ~(align - 1);
    if (r.n < n || unit + n > r.unit + r.n) continue;
    uint32_t before = unit - r.unit, after = r.n - n - before;
    if (before) {
      p->runs[i].n = before;
      if (after) runs_add(unit + n, after);
    } else if (after) {
      p->runs[i] = (FreeRun){unit + n, after};
    } else {
      memmove(p->runs + i, p->runs + i + 1, (--p->n_runs - i) * sizeof *p->runs);
    }
    return unit;
  }
  uint32_t from, unit = top_take(n, align, &from);
  if (unit != UINT32_MAX && unit > from) runs_add(from, unit - from);
  return unit;
}

/* -- Giving back to the system ------------------------------------------------------------------------------------------------------ */

/* Dirty units nobody wants any more. */
static void drop_add(uint32_t unit, uint32_t n) {
  struct Provider *p = &provider;
  if (p->n_drop == p->cap_drop) {
    uint32_t cap = p->cap_drop ? p->cap_drop * 2 : 64;
    FreeRun *v = realloc(p->drop, cap * sizeof *v);
    if (!v) { /* then here and now */
      decommit(unit, n);
      runs_add(unit, n);
      return;
    }
    p->drop = v;
    p->cap_drop = cap;
  }
  p->drop[p->n_drop++] = (FreeRun){unit, n};
}

static void kept_remove(uint32_t i) {
  struct Provider *p = &provider;
  p->kept_units -= p->kept[i].n;
  memmove(p->kept + i, p->kept + i + 1, (--p->n_kept - i) * sizeof p->kept[0]);
}
static void kept_drop_oldest(void) {
  struct KeptLarge k = provider.kept[0];
  kept_remove(0);
  drop_add(k.unit, k.n);
}
static void kept_add(uint32_t unit, uint32_t n, uint32_t ms) {
  struct Provider *p = &provider;
  if (n > KEPT_LARGE_MAX / 2) {
    drop_add(unit, n);
    return;
  }
  while (p->n_kept && (p->n_kept == N_KEPT_LARGE || p->kept_units + n > KEPT_LARGE_MAX)) kept_drop_oldest();
  p->kept[p->n_kept++] = (struct KeptLarge){unit, n, ms};
  p->kept_units += n;
}
/* The tightest kept run of at least *n units that wastes at most a quarter; *n becomes its length. UINT32_MAX: none. */
static uint32_t kept_take(size_t *n) {
  struct Provider *p = &provider;
  uint32_t best = UINT32_MAX;
  for (uint32_t i = p->n_kept; i-- > 0;)
    if (p->kept[i].n >= *n && p->kept[i].n <= *n + *n / 4 && (best == UINT32_MAX || p->kept[i].n < p->kept[best].n)) best = i;
  if (best == UINT32_MAX) return UINT32_MAX;
  uint32_t unit = p->kept[best].unit;
  *n = p->kept[best].n;
  kept_remove(best);
  return unit;
}

/* What has lain idle is dropped. Under the lock. */
static void find_idle(uint32_t ms) {
  struct Provider *p = &provider;
  while (p->n_kept && ms - p->kept[0].freed_ms > KEEP_MS) kept_drop_oldest();
  for (int left = DROP_BATCH; left > 0 && p->used4.n > KEEP_UNITS / QUAD_UNITS && ms - ring_oldest(&p->used4)->freed_ms > KEEP_MS; left--)
    drop_add(ring_pop_oldest(&p->used4), QUAD_UNITS);
  for (int left = DROP_BATCH; left > 0 && p->used1.n > KEEP_UNITS && ms - ring_oldest(&p->used1)->freed_ms > KEEP_MS; left--)
    drop_add(ring_pop_oldest(&p->used1), 1);
}
static bool keeps_much(void) {
  struct Provider *p = &provider;
  return p->n_drop || p->n_kept || p->used1.n > KEEP_UNITS || p->used4.n > KEEP_UNITS / QUAD_UNITS || p->n_prefaulted > KEEP_UNITS;
}

#define HEADERS_PER_PAGE (4096 / sizeof(Block))

/* A run that was just filed: where all units of a page of headers are free, the page goes back, too. Under the lock, or somebody could take such a unit meanwhile. */
static void drop_headers(uint32_t unit, uint32_t n) {
  struct Provider *p = &provider;
  uint32_t lo = 0, hi = p->n_runs, per = HEADERS_PER_PAGE;
  while (hi - lo > 1) {
    uint32_t mid = (lo + hi) / 2;
    if (p->runs[mid].unit <= unit) lo = mid;
    else hi = mid;
  }
  if (lo == hi || p->runs[lo].unit > unit || p->runs[lo].unit + p->runs[lo].n < unit + n) return; /* there was no memory to file it */
  uint32_t from = unit / per * per, to = (unit + n + per - 1) / per * per;
  if (from < p->runs[lo].unit) from += per;
  if (to > p->runs[lo].unit + p->runs[lo].n) to -= per;
  if (from < to) madvise(&block_arena.headers[from], (to - from) * sizeof(Block), MADV_DONTNEED);
}

/* By the provider's thread, without the lock: in pieces of a tenth of a millisecond, with rests. */
static void advise_gently(uint32_t unit, uint32_t n, int advice) {
  static uint32_t done; /* since the last rest */
  for (uint32_t at = 0; at < n; at += PIECE_UNITS) {
    uint32_t some = n - at < PIECE_UNITS ? n - at : PIECE_UNITS;
    madvise(unit_address(unit + at), (size_t)some << UNIT_SHIFT, advice);
    if ((done += some) < PIECE_UNITS) continue;
    done = 0;
    usleep(PIECE_REST_US);
  }
}

/* Some of what was dropped goes back; the lock is not held while the memory does, which is long. False: nothing was left. */
static bool give_back(void) {
  struct Provider *p = &provider;
  FreeRun some[DROP_BATCH];
  uint32_t n = 0;
  while (n < DROP_BATCH && p->n_drop) some[n++] = p->drop[--p->n_drop];
  if (!n) return false;
  pthread_mutex_unlock(&p->lock);
  for (uint32_t i = 0; i < n; i++) advise_gently(some[i].unit, some[i].n, MADV_DONTNEED);
  pthread_mutex_lock(&p->lock);
  for (uint32_t i = 0; i < n; i++) {
    runs_add(some[i].unit, some[i].n);
    drop_headers(some[i].unit, some[i].n);
  }
  return true;
}

/* -- The lock ----------------------------------------------------------------------------------------------------------------------- */

static void file_free(uint32_t unit, uint32_t n, uint32_t ms) {
  struct Provider *p = &provider;
  if (n > QUAD_UNITS) kept_add(unit, n, ms);
  else if (n == QUAD_UNITS && !(unit & (QUAD_UNITS - 1))) ring_push(&p->used4, unit, ms);
  else
    for (uint32_t i = n; i-- > 0;) ring_push(&p->used1, unit + i, ms);
  if (p->sleeps && keeps_much()) pthread_cond_signal(&p->wake);
}

/* Under the lock. */
static void take_returned(void) {
  struct Provider *p = &provider;
  if (likely(!atomic_load_explicit(&p->returned, memory_order_relaxed))) return;
  Block *b = atomic_exchange_explicit(&p->returned, NULL, memory_order_acquire);
  for (uint32_t ms = now_ms(); b;) {
    Block *next = b->next;
    file_free((uint32_t)(b - block_arena.headers), b->n_units, ms);
    b = next;
  }
}

#define LOCK_TRIES 200 /* some microseconds: its holder, if it runs, is through by then */

/* False: its holder has probably lost the processor. */
static bool lock_soon(void) {
  for (int i = 0; pthread_mutex_trylock(&provider.lock); i++) {
    if (i == LOCK_TRIES) return false;
    cpu_relax();
  }
  take_returned();
  return true;
}

/* -- Pre-faulting --------------------------------------------------------------------------------------------------------------- */

#define PREFAULT_BATCH 16

/* How many units to have ready, by the rate of late; at first twice as many each time. Begins a new count. */
static uint32_t prefault_target(uint32_t ms) {
  struct Provider *p = &provider;
  uint64_t passed = ms - p->looked_ms, twice = (uint64_t)p->taken_fresh * 2, target = passed ? (uint64_t)p->taken_fresh * PREFAULT_MS / passed : twice;
  if (target > twice) target = twice;
  p->taken_fresh = 0;
  p->looked_ms = ms;
  return target < PREFAULT_MAX ? (uint32_t)target : PREFAULT_MAX;
}

/* What is ready was not half used in a second: the program has grown, and does no longer. */
static void drop_prefaulted(uint32_t target) {
  struct Provider *p = &provider;
  for (; p->n_prefaulted > target; p->n_prefaulted--) drop_add(ring_pop(&p->fresh1), 1);
}

/* Not at idle priority: madvise holds the kernel's lock of the address space, and who loses the processor in the middle keeps it: for a second, while all cores compute, every
** malloc that grows, every mmap and each new thread of the process would wait. */
static void *prefault_main(void *arg) {
  struct Provider *p = arg;
  pthread_mutex_lock(&p->lock);
  for (;;) {
    uint32_t ms = now_ms();
    bool long_ago = ms - p->looked_ms >= KEEP_MS;
    uint32_t target = prefault_target(ms);
    if (long_ago) drop_prefaulted(target > KEEP_UNITS ? target : KEEP_UNITS);
    while (p->n_prefaulted < target) {
      uint32_t u = runs_take(PREFAULT_BATCH, QUAD_UNITS);
      if (u == UINT32_MAX) break;
      pthread_mutex_unlock(&p->lock);
      advise_gently(u, PREFAULT_BATCH, MADV_POPULATE_WRITE);
      pthread_mutex_lock(&p->lock);
      for (uint32_t i = PREFAULT_BATCH; i-- > 0;)
        if (ring_push(&p->fresh1, u + i, 0)) p->n_prefaulted++;
    }
    take_returned();
    find_idle(now_ms());
    if (give_back()) continue;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    if (keeps_much()) {
      pthread_cond_timedwait(&p->wake, &p->lock, &until);
    } else {
      p->sleeps = true;
      pthread_cond_wait(&p->wake, &p->lock);
      p->sleeps = false;
    }
  }
  return NULL;
}

/* Under the lock. */
static void start_thread(void) {
  struct Provider *p = &provider;
  pthread_t t;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 64 * 1024);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  if (pthread_create(&t, &attr, prefault_main, p)) pthread_attr_setstacksize(&attr, 1 << 20);
  p->has_thread = true; /* or there will be none: faults are then taken where they come */
  pthread_attr_destroy(&attr);
}

/* Under the lock: a mutator took fresh memory. */
static void note_fresh(uint32_t n) {
  struct Provider *p = &provider;
  p->taken_fresh += n;
  if (p->has_thread) {
    if (p->n_prefaulted < p->taken_fresh) pthread_cond_signal(&p->wake);
  } else if (atomic_load_explicit(&p->top, memory_order_relaxed) > PREFAULT_START) {
    start_thread();
  }
}

/* -- The range ------------------------------------------------------------------------------------------------------------------- */

static void *reserve(size_t bytes) {
  void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return m == MAP_FAILED ? NULL : m;
}

static void init_once(void) {
  for (size_t bytes = (size_t)256 << 30; bytes >= (size_t)1 << 28; bytes /= 4) {
    const size_t align = QUAD_UNITS * UNIT_BYTES;
    size_t units = bytes >> UNIT_SHIFT;
    char *m = reserve(bytes + align), *headers = reserve(units * sizeof(Block)), *heads = reserve(units * 4);
    if (m && headers && heads) {
      uintptr_t base = ((uintptr_t)m + align - 1) & ~(uintptr_t)(align - 1);
      madvise((void *)base, bytes, MADV_NOHUGEPAGE);
      madvise(headers, units * sizeof(Block), MADV_NOHUGEPAGE);
      madvise(heads, units * 4, MADV_NOHUGEPAGE);
      block_arena = (BlockArena){base, bytes, (Block *)headers, (_Atomic uint32_t *)heads};
      provider.n_units = (uint32_t)units;
      return;
    }
    if (m) munmap(m, bytes + align);
    if (headers) munmap(headers, units * sizeof(Block));
    if (heads) munmap(heads, units * 4);
  }
}

bool block_arena_init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_once);
  return block_arena.bytes != 0;
}

/* -- Taking and returning --------------------------------------------------------------------------------------------------------- */

static uint32_t take_single(bool small, bool *zeroed) {
  struct Provider *p = &provider;
  if (p->used1.n) {
    *zeroed = false;
    return ring_pop(&p->used1);
  }
  *zeroed = true;
  UnitRing *from = small ? &p->cold1 : &p->fresh1;
  if (!small) note_fresh(1);
  if (!from->n) {
    uint32_t u = runs_take(QUAD_UNITS, QUAD_UNITS);
    if (u == UINT32_MAX) return runs_take(1, 1);
    for (uint32_t i = QUAD_UNITS; i-- > 1;) ring_push(from, u + i, 0);
    return u;
  }
  if (!small && p->n_prefaulted) p->n_prefaulted--;
  return ring_pop(from);
}

/* *n units, or some more, under the lock. UINT32_MAX: there are none. */
static uint32_t take_units(size_t *n, bool small, bool *zeroed) {
  struct Provider *p = &provider;
  if (*n == 1) return take_single(small, zeroed);
  if (*n == QUAD_UNITS && p->used4.n) {
    *zeroed = false;
    return ring_pop(&p->used4);
  }
  uint32_t unit = *n > QUAD_UNITS ? kept_take(n) : UINT32_MAX;
  if (unit != UINT32_MAX) *zeroed = false;
  else unit = runs_take((uint32_t)*n, *n == QUAD_UNITS ? QUAD_UNITS : 1);
  return unit;
}

Block *block_take(Heap *heap, uint32_t cls, size_t bytes, bool small, bool *zeroed) {
  struct Provider *p = &provider;
  size_t n = cls == CLASS_LARGE ? (bytes + UNIT_BYTES - 1) >> UNIT_SHIFT : block_class_units(cls);
  if (n >= p->n_units) return NULL;
  *zeroed = true;
  uint32_t unit = UINT32_MAX, from;
  if (!lock_soon()) {
    unit = top_take((uint32_t)n, n == QUAD_UNITS ? QUAD_UNITS : 1, &from); /* the gap before it is lost: it costs addresses, not memory */
    if (unit == UINT32_MAX) pthread_mutex_lock(&p->lock);
  }
  if (unit == UINT32_MAX) {
    unit = take_units(&n, small, zeroed);
    pthread_mutex_unlock(&p->lock);
  }
  if (unit == UINT32_MAX) return NULL;
  atomic_fetch_add_explicit(&p->used_units, n, memory_order_relaxed);

  Block *b = &block_arena.headers[unit];
  b->start = unit_address(unit);
  b->cls = (uint8_t)cls;
  b->n_units = (uint32_t)n;
  b->cell_size = cls == CLASS_LARGE ? 0 : block_class_size[cls];
  b->n_cells = cls == CLASS_LARGE ? 1 : (uint32_t)((n << UNIT_SHIFT) / b->cell_size);
  b->div_magic = cls == CLASS_LARGE ? 0 : (uint32_t)(((1ull << 32) + b->cell_size - 1) / b->cell_size);
  b->owned = false;
  b->epoch = 0;
  b->has_fin = false;
  b->n_live = 0;
  store_relaxed(&b->born, 0);
  size_t words = (b->n_cells + 63) / 64 * 8;
  memset((void *)b->mark, 0, words);
  memset((void *)b->alloc, 0, words);
  memset((void *)b->fin, 0, words);
  store_release((Heap **)&b->heap, heap); /* whoever finds the block by a stale word looks at this first (known_old) */
  for (size_t i = 0; i < n; i++) atomic_store_explicit(&block_arena.heads[unit + i], unit + 1, memory_order_release);
  return b;
}

void block_return(Block *b) {
  struct Provider *p = &provider;
  uint32_t unit = (uint32_t)(b - block_arena.headers), n = b->n_units;
  for (uint32_t i = 0; i < n; i++) atomic_store_explicit(&block_arena.heads[unit + i], 0, memory_order_relaxed);
  store_relaxed((Heap **)&b->heap, NULL);
  atomic_fetch_sub_explicit(&p->used_units, n, memory_order_relaxed);
  if (lock_soon()) {
    file_free(unit, n, now_ms());
    if (p->n_drop && !p->has_thread) give_back();
    if (!p->has_thread && (p->used1.n > KEEP_UNITS || p->used4.n > KEEP_UNITS / QUAD_UNITS)) start_thread(); /* to give it back */
    pthread_mutex_unlock(&p->lock);
    return;
  }
  Block *top = atomic_load_explicit(&p->returned, memory_order_relaxed);
  do b->next = top;
  while (!atomic_compare_exchange_weak_explicit(&p->returned, &top, b, memory_order_release, memory_order_relaxed));
}

void block_stats(BlockStats *out) {
  struct Provider *p = &provider;
  pthread_mutex_lock(&p->lock);
  take_returned();
  *out = (BlockStats){block_arena.bytes, atomic_load_explicit(&p->used_units, memory_order_relaxed) << UNIT_SHIFT,
                      ((size_t)p->used1.n + (size_t)p->used4.n * QUAD_UNITS + p->kept_units + p->n_prefaulted) << UNIT_SHIFT};
  pthread_mutex_unlock(&p->lock);
}
