/* heap.c: allocation: bump runs found in the block bitmaps, large objects, limits, external bytes; the heap's life. */
#include "runtime/heap_impl.h"
#include "runtime/error.h"
#include "runtime/heap_fast.h"
#include "runtime/perm.h"
#include "runtime/shape.h"

/* -- Runs ------------------------------------------------------------------------------------------------------------------------ */

AllocRun *heap_run(RpThread *th, uint32_t cls) {
  return cls < N_FINE_CLASSES ? &th->runs[cls] : &th->heap_th->coarse[cls - N_FINE_CLASSES];
}

static void set_bits(_Atomic uint64_t *bits, uint32_t lo, uint32_t hi) {
  while (lo < hi) {
    uint32_t w = lo >> 6, n = 64 - (lo & 63);
    if (n > hi - lo) n = hi - lo;
    uint64_t mask = (n == 64 ? ~0ull : (1ull << n) - 1) << (lo & 63);
    atomic_store_explicit(&bits[w], atomic_load_explicit(&bits[w], memory_order_relaxed) | mask, memory_order_release); /* whoever sees the bit sees the object */
    lo += n;
  }
}

static uint64_t used_word(const Block *b, uint32_t w) { return atomic_load_explicit(&b->alloc[w], memory_order_relaxed); }

/* The next free cells at or above `from`: [lo, hi). */
static bool find_free(const Block *b, uint32_t from, uint32_t *lo, uint32_t *hi) {
  uint32_t n = b->n_cells, w = from >> 6;
  if (from >= n) return false;
  uint64_t used = used_word(b, w) | ((1ull << (from & 63)) - 1);
  while (used == ~0ull) {
    if (++w * 64 >= n) return false;
    used = used_word(b, w);
  }
  *lo = w * 64 + (uint32_t)__builtin_ctzll(~used);
  if (*lo >= n) return false;
  used &= ~((1ull << (*lo & 63)) - 1); /* bits below lo: not asked */
  while (used == 0 && (w + 1) * 64 < n) used = used_word(b, ++w);
  *hi = used ? w * 64 + (uint32_t)__builtin_ctzll(used) : n;
  if (*hi > n) *hi = n;
  return true;
}

static void publish_run(RpThread *th, uint32_t cls) {
  AllocSlot *s = &th->heap_th->slots[cls];
  AllocRun *r = heap_run(th, cls);
  if (!s->block || r->cur == s->run_start) return;
  uint32_t lo = block_cell_index(s->block, (uintptr_t)s->run_start), n = block_cell_index(s->block, (uintptr_t)r->cur) - lo;
  set_bits(s->block->alloc, lo, lo + n);
  s->run_start = r->cur;
}

void heap_publish_runs(RpThread *th) {
  for (uint32_t c = 1; c < N_CLASSES; c++) publish_run(th, c);
}

/* Each thread's part of what is left until the next young collection: the common count and what is looked at with it travel between the cores. Where frames end or a cycle runs, things are
** looked at more often. */
static size_t count_portion(Heap *h, size_t allocated) {
  size_t due = load_relaxed(&h->young_due), part = due > allocated ? (due - allocated) / load_relaxed(&h->n_eden) : 0;
  if (part < COUNT_BYTES || heap_has_edges(h) || atomic_load_explicit(&h->state, memory_order_relaxed) != CYCLE_IDLE) return COUNT_BYTES;
  return part < EDEN_BYTES ? part : EDEN_BYTES;
}

void heap_count_allocated(Heap *h, HeapThread *ht) {
  atomic_fetch_add_explicit(&h->allocated, ht->uncounted, memory_order_relaxed);
  ht->uncounted = 0;
}
void heap_count_next(Heap *h, HeapThread *ht, bool looks) {
  ht->count_at = count_portion(h, load_relaxed((size_t *)&h->allocated));
  ht->looks = looks;
}

void heap_close_runs(RpThread *th) {
  for (uint32_t c = 1; c < N_CLASSES; c++) {
    AllocSlot *s = &th->heap_th->slots[c];
    if (!s->block) continue;
    publish_run(th, c);
    s->block->owned = false;
    *s = (AllocSlot){0};
    *heap_run(th, c) = (AllocRun){0};
  }
}
void heap_retire_runs(RpThread *th) {
  heap_close_runs(th);
  heap_count_allocated(th->ctx->heap, th->heap_th);
  heap_count_next(th->ctx->heap, th->heap_th, true);
}

void heap_drop_block(Heap *h, Block *b) {
  Block *last = h->blocks.v[--h->blocks.n];
  last->place = b->place;
  h->blocks.v[b->place] = last;
  atomic_fetch_sub_explicit(&h->block_bytes, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
  block_return(b);
}

bool list_push_block(BlockList *l, Block *b) {
  if (l->n == l->cap) {
    uint32_t cap = l->cap ? l->cap * 2 : 16;
    Block **v = realloc(l->v, cap * sizeof *v);
    if (!v) return false;
    l->v = v;
    l->cap = cap;
  }
  l->v[l->n] = b;
  store_relaxed(&l->n, l->n + 1); /* some are looked at without the lock that writers hold */
  return true;
}

/* -- The lists of blocks --------------------------------------------------------------------------------------------------------------- */

#define LOCK_TRIES 100

bool heap_lock_soon(Heap *h) {
  if (unlikely(h->ctx->opt.stress & STRESS_GC_CONTINUOUS) && atomic_fetch_add_explicit(&h->n_lock_tries, 1, memory_order_relaxed) % 3 == 0) return false;
  for (int i = 0; pthread_mutex_trylock(&h->lock); i++) {
    if (i == LOCK_TRIES) return false;
    cpu_relax();
  }
  heap_gather(h);
  return true;
}

/* Under the lock, or in a stop. */
static void list_block(Heap *h, Block *b, bool swept) {
  b->place = h->blocks.n;
  if (!list_push_block(&h->blocks, b)) RP_FATAL("no memory for the list of blocks");
  /* Fuller ones would be found again and again for a cell or two, and each then swept as young. */
  int room = heap_room(b);
  if (swept && b->cls != CLASS_LARGE && room < N_ROOMS) list_push_block(&h->avail[room][b->cls], b);
}

void heap_gather(Heap *h) {
  if (likely(!atomic_load_explicit(&h->unlisted, memory_order_relaxed))) return;
  for (Block *b = atomic_exchange_explicit(&h->unlisted, NULL, memory_order_acquire), *next; b; b = next) {
    next = b->next;
    list_block(h, b, b->swept);
  }
}

static void list_later(Heap *h, Block *b, bool swept) {
  b->swept = swept;
  Block *top = atomic_load_explicit(&h->unlisted, memory_order_relaxed);
  do b->next = top;
  while (!atomic_compare_exchange_weak_explicit(&h->unlisted, &top, b, memory_order_release, memory_order_relaxed));
}

bool heap_list_blocks(Heap *h, Block **blocks, uint32_t n, bool swept) {
  bool locked = heap_lock_soon(h);
  for (uint32_t k = 0; k < n; k++) {
    if (locked) list_block(h, blocks[k], swept);
    else list_later(h, blocks[k], swept);
  }
  if (locked) pthread_mutex_unlock(&h->lock);
  return locked;
}

/* -- Pacing and limits --------------------------------------------------------------------------------------------------------------- */

static size_t percent_of_live(Heap *h, size_t percent, size_t least) {
  size_t pace = (h->live_bytes + h->external_mark) / 100 * percent;
  return pace > least ? pace : least;
}
void heap_set_trigger(Heap *h) {
  store_relaxed(&h->trigger_most, percent_of_live(h, PACE_PERCENT_MOST, PACE_MIN_MOST));
  store_relaxed(&h->trigger, percent_of_live(h, PACE_PERCENT, PACE_MIN));
}

/* Since the last cycle. */
static size_t grown(Heap *h) {
  size_t cells = load_relaxed((size_t *)&h->allocated), ext = load_relaxed((size_t *)&h->external), mark = load_relaxed(&h->external_mark);
  return ext > mark ? cells + ext - mark : cells;
}

size_t heap_pressure(Heap *h) {
  if (h->disabled || atomic_load_explicit(&h->closing, memory_order_relaxed)) return 0;
  size_t n = grown(h), trigger = load_relaxed(&h->trigger);
  return n < trigger ? n * 100 / trigger : 100 + (n - trigger) * 100 / load_relaxed(&h->trigger_most);
}
static bool collection_due(Heap *h) {
  return grown(h) >= load_relaxed(&h->trigger) && !h->disabled && !atomic_load_explicit(&h->closing, memory_order_relaxed);
}

bool heap_too_soon(Heap *h) {
  return load_relaxed(&h->trigger) < load_relaxed(&h->trigger_most) &&
         heap_clock_ns() - load_relaxed(&h->cycle_began_ns) < load_relaxed(&h->cycle_cpu_ns) * PACE_SHARE;
}

#define WAIT_STEPS 8

/* A cycle is due, too soon: it waits until some more is allocated. */
static void wait_for_more(Heap *h) {
  size_t most = load_relaxed(&h->trigger_most), next = grown(h) + most / WAIT_STEPS;
  store_relaxed(&h->trigger, next < most ? next : most);
}

static bool over_limit(Heap *h, size_t more) {
  return h->limit && load_relaxed((size_t *)&h->block_bytes) + load_relaxed((size_t *)&h->external) + more > h->limit;
}

/* Room for `more` bytes of blocks or external memory; collects once at the limit. */
static bool make_room(RpThread *th, size_t more) {
  Heap *h = th->ctx->heap;
  if (!over_limit(h, more)) return true;
  if (!atomic_load(&h->closing)) heap_collect_full(th, "limit");
  return !over_limit(h, more);
}

#define STRESS_YOUNG 16

/* True: the allocation must fail (stress mode). */
static bool stress(RpThread *th) {
  Heap *h = th->ctx->heap;
  const struct ContextOptions *opt = &th->ctx->opt;
  uint32_t n = atomic_fetch_add_explicit(&h->slow_allocs, 1, memory_order_relaxed) + 1, every = opt->stress_n ? opt->stress_n : 1;
  if ((opt->stress & STRESS_GC) && !h->disabled && n % every == 0) {
    /* Steps of a cycle, small enough to find the program in every state; at times the collection that is one stop, and young ones after it. */
    uint32_t k = n / every % 64;
    if (h->stop_the_world || k == 0) heap_collect_full(th, "stress");
    else if (k > STRESS_YOUNG || !heap_young_now(th)) cycle_step(h, th, n / every % 7 * 48);
  }
  return (opt->stress & STRESS_ALLOC_FAIL) && n == opt->stress_n;
}

#define DONE_PERCENT 120     /* of the trigger: marking should be over by then; in a cycle that falls behind, allocating threads help. */
#define DONE_PERCENT_EDGES 150 /* Where frames end, their slack is tried first */
#define SWEPT_PERCENT 25     /* of what is allocated from then on: what follows is little, but nothing is freed before it, and young collections wait for its end */
#define HURRY_PERCENT 200    /* with up to half of their time, not a tenth; */
#define DESPERATE_PERCENT 300 /* without such a bound; */
#define STALL_PERCENT 800    /* they take the cycle to its end before they go on */
#define ASSIST_NS 25000
#define WINDOW_NS 1000000    /* shares of time are those of windows so long */

static size_t done_percent(Heap *h) { return heap_has_edges(h) ? DONE_PERCENT_EDGES : DONE_PERCENT; }

bool heap_behind(Heap *h) {
  size_t p = heap_pressure(h);
  uint32_t s = atomic_load_explicit(&h->state, memory_order_relaxed);
  size_t done = done_percent(h), last = load_relaxed(&h->marked_last);
  if (s == CYCLE_IDLE) return false;
  if (s > CYCLE_MARK) return p >= (heap_has_edges(h) ? done : SWEPT_PERCENT);
  if (p < 100) return false;
  if (s == CYCLE_CLEAR) return p >= 110;
  if (p >= done || !last) return p >= 100 + (done - 100) / 2;
  return load_relaxed(&h->marked) * (done - 100) < last * (p - 100);
}

bool heap_behind_in_frame(Heap *h) { return heap_behind(h) && (!heap_has_edges(h) || heap_pressure(h) >= DONE_PERCENT_EDGES); }

/* May this thread help now? Bounds its share of the time. */
static bool may_assist(HeapThread *ht, size_t p) {
  uint64_t now = heap_clock_ns();
  if (now - ht->window_ns > WINDOW_NS) {
    ht->window_ns = now;
    ht->window_assists = 0;
  }
  uint32_t most = p >= DESPERATE_PERCENT ? UINT32_MAX : (p >= HURRY_PERCENT ? WINDOW_NS / 2 : WINDOW_NS / 10) / ASSIST_NS;
  return ht->window_assists++ < most;
}

/* The collection that is due, beside the program; with more of it done here the further it has fallen behind. */
static void pace(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting || th->heap_th->at_cycle) return;
  if (heap_young_instead(th)) return;
  if (atomic_load_explicit(&h->state, memory_order_relaxed) == CYCLE_IDLE && heap_too_soon(h)) {
    wait_for_more(h);
    return;
  }
  if (h->stop_the_world) {
    heap_collect_full(th, "pace");
    return;
  }
  cycle_request(h);
  size_t p = heap_pressure(h);
  if (!heap_behind_in_frame(h)) return;
  th->heap_th->looks = true; /* at the next occasion, too: what each thread may help is bounded by time */
  if (p < STALL_PERCENT && !may_assist(th->heap_th, p)) return;
  PauseStart start = pause_begin(th);
  if (p < STALL_PERCENT) {
    heap_count(&h->n_assists, 1);
    bool did = cycle_work(h, th, CYCLE_LONG | CYCLE_SHORT, heap_clock_ns() + ASSIST_NS);
    if (did) pause_end(th, PAUSE_assist, start);
    else pause_cancel(th);
  } else {
    heap_count(&h->n_stalls, 1);
    cycle_finish(h, th);
    pause_end(th, PAUSE_stall, start);
  }
}

void heap_pace(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (heap_young_external_due(h)) heap_young_in_frame(th);
  if (collection_due(h)) pace(th);
}

/* What every slow allocation does first: it is a safepoint of the collector. */
static bool slow_entry(RpThread *th) {
  Heap *h = th->ctx->heap;
  RP_ASSERTF(atomic_load(&th->state) == TH_RUN, "allocation on a thread that is not running Python");
  uint32_t poll = atomic_load_explicit(&th->poll, memory_order_relaxed);
  if (unlikely(poll & (POLL_GC | POLL_ACK | POLL_CLOSE))) heap_poll_gc(th);
  if (unlikely(th->marking)) heap_judge_stores(th);
  if (unlikely(th->ctx->opt.stress & (STRESS_GC | STRESS_ALLOC_FAIL)) && stress(th)) return false;
  if (unlikely(th->ctx->opt.stress & STRESS_GC_CONTINUOUS)) cycle_request(h);
  if (thread_multi(th) && !th->heap_th->looks) return true; /* the word that tells travels between the cores */
  th->heap_th->looks = false;
  if (load_relaxed((size_t *)&h->allocated) >= load_relaxed(&h->young_due)) heap_young_in_frame(th);
  if (collection_due(h)) pace(th);
  return true;
}

/* -- Slow paths ------------------------------------------------------------------------------------------------------------------------ */

#define SMALL_HEAP ((size_t)1 << 20)

/* One thread needs no locked instruction, which would wait for all its stores into fresh memory. */
ALWAYS_INLINE void count_allocated(RpThread *th, size_t bytes) {
  Heap *h = th->ctx->heap;
  HeapThread *ht = th->heap_th;
  if (unlikely(th->multi)) {
    if ((ht->uncounted += bytes) < ht->count_at) return;
    heap_count_allocated(h, ht);
    heap_count_next(h, ht, true);
  } else {
    atomic_store_explicit(&h->allocated, atomic_load_explicit(&h->allocated, memory_order_relaxed) + bytes, memory_order_relaxed);
  }
}

/* In none of the heap's lists yet. */
static Block *new_block(RpThread *th, uint32_t cls, size_t bytes, bool *zeroed) {
  Heap *h = th->ctx->heap;
  size_t need = cls == CLASS_LARGE ? (bytes + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1) : block_class_units(cls) * UNIT_BYTES;
  if (!make_room(th, need)) return NULL;
  Block *b = block_take(h, cls, bytes, load_relaxed((size_t *)&h->block_bytes) < SMALL_HEAP, zeroed);
  if (!b) return NULL;
  if (atomic_load_explicit(&h->state, memory_order_relaxed) >= CYCLE_WEAK && RP_GC_ABLATE != ABLATE_BORN)
    store_relaxed(&b->born, (uint32_t)h->cycle);
  atomic_fetch_add_explicit(&h->block_bytes, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
  return b;
}

#define BATCH_BYTES ((size_t)512 << 10)

/* How many blocks like b the thread takes at once, of n, if it has just used up one. Where several allocate, or may in a moment, those of each shall lie together: two threads whose blocks alternated
** took a tenth longer, on cores that do not share a cache twice as long (measured: heap.md). */
static uint32_t batch_of(const RpThread *th, const Block *b, uint32_t n) {
  uint32_t eden = load_relaxed(&th->ctx->heap->n_eden), threads = eden > 2 ? eden : 2, most = (uint32_t)(BATCH_BYTES >> UNIT_SHIFT) / b->n_units;
  if (!thread_multi(th) || n <= threads) return 1;
  return n / threads < most ? n / threads : most;
}

/* One to allocate from, and more for later. The lock only if there is something: it would travel between the cores for each block of a thread's own. */
static Block *take_avail(RpThread *th, BlockList *avail, bool again) {
  Heap *h = th->ctx->heap;
  if (!load_relaxed(&avail->n) && !atomic_load_explicit(&h->unlisted, memory_order_relaxed)) return NULL;
  if (!heap_lock_soon(h)) return NULL;
  uint32_t n = avail->n;
  Block *b = n ? avail->v[n - 1] : NULL;
  if (b) {
    uint32_t left = n - (again ? batch_of(th, b, n) : 1);
    for (uint32_t k = left; k < n - 1; k++) heap_young_recycle(th->heap_th, avail->v[k]);
    store_relaxed(&avail->n, left);
  }
  pthread_mutex_unlock(&h->lock);
  return b;
}

/* A block with room by the last sweep; NULL also when the lists are in use just now. */
static Block *swept_block(RpThread *th, uint32_t cls, bool again) {
  Heap *h = th->ctx->heap;
  Block *b = NULL;
  for (int room = ROOM_ALL; !b && room <= ROOM_HALF; room++) b = heap_young_recycled(th->heap_th, room, cls);
  for (int room = ROOM_ALL; !b && room <= ROOM_HALF; room++) b = take_avail(th, &h->avail[room][cls], again);
  if (!b) b = heap_young_recycled(th->heap_th, ROOM_SOME, cls);
  if (!b) b = take_avail(th, &h->avail[ROOM_SOME][cls], again);
  return b;
}

#define FRESH_UNITS 8

/* A block that never was in use, and, of several threads, more for later: those of each lie together. */
static Block *take_fresh(RpThread *th, uint32_t cls, bool again) {
  bool zeroed, several = again && thread_multi(th) && !th->ctx->opt.stress && !th->ctx->heap->limit;
  Block *some[FRESH_UNITS];
  uint32_t n = 0, most = several ? FRESH_UNITS / block_class_units(cls) : 1;
  while (n < most && (some[n] = new_block(th, cls, 0, &zeroed))) n++;
  if (!n) return NULL;
  bool listed = heap_list_blocks(th->ctx->heap, some, n, false);
  for (uint32_t k = n; k-- > 1 && listed;) heap_young_recycle(th->heap_th, some[k]); /* else the next whole cycle finds them */
  return some[0];
}

/* Opens the next run of a class. False: no memory. */
static bool refill(RpThread *th, uint32_t cls) {
  Heap *h = th->ctx->heap;
  AllocSlot *s = &th->heap_th->slots[cls];
  AllocRun *r = heap_run(th, cls);
  bool again = s->block != NULL;
  for (;;) {
    if (s->block) {
      publish_run(th, cls);
      uint32_t lo, hi;
      if (find_free(s->block, s->next_cell, &lo, &hi)) {
        /* Stress modes count allocations: one cell at a time. */
        if (unlikely(th->ctx->opt.stress & (STRESS_GC | STRESS_ALLOC_FAIL))) hi = lo + 1;
        s->next_cell = hi;
        s->run_start = r->cur = (char *)block_cell(s->block, lo);
        r->end = r->cur + (size_t)(hi - lo) * s->block->cell_size;
        count_allocated(th, (size_t)(r->end - r->cur));
        return true;
      }
      s->block->owned = false;
      *s = (AllocSlot){0};
      *r = (AllocRun){0};
    }
    Block *b = swept_block(th, cls, again);
    if (!b && atomic_load_explicit(&h->state, memory_order_relaxed) == CYCLE_SWEEP) {
      PauseStart start = pause_begin(th);
      cycle_sweep_some(h, th);
      pause_end(th, PAUSE_sweep, start);
      b = swept_block(th, cls, again);
    }
    if (!b) b = take_fresh(th, cls, again);
    if (!b) return false;
    b->owned = true;
    heap_note_young(th, b);
    *s = (AllocSlot){b, b->start, 0};
    *r = (AllocRun){b->start, b->start};
  }
}

static Object *alloc_large(RpThread *th, size_t size) {
  bool zeroed;
  if (size > block_arena.bytes / 2) return NULL;
  Block *b = new_block(th, CLASS_LARGE, size, &zeroed);
  if (!b) return NULL;
  heap_list_blocks(th->ctx->heap, &b, 1, false);
  heap_note_young(th, b);
  if (!zeroed) memset(b->start, 0, size);
  atomic_store_explicit(&b->alloc[0], 1, memory_order_relaxed);
  count_allocated(th, (size_t)b->n_units << UNIT_SHIFT);
  return (Object *)b->start;
}

static void set_fin(Object *o) {
  Block *b = block_of_cell(o);
  uint32_t i = block_cell_index(b, (uintptr_t)o);
  atomic_fetch_or(&b->fin[i >> 6], 1ull << (i & 63)); /* then the look at has_fin, which a sweeper clears before it looks at the bits again */
  if (!atomic_load(&b->has_fin)) atomic_store(&b->has_fin, true);
  Heap *h = load_relaxed((Heap **)&b->heap);
  if (!load_relaxed(&h->young_fin)) store_relaxed(&h->young_fin, true);
}

void heap_note_death(Object *o) {
  if (block_in_arena((uintptr_t)o)) set_fin(o);
}

static Object *no_memory(RpThread *th) {
  raise_memory(th);
  return NULL;
}

#define FEW 24

/* A thread's first few objects of a class go into bigger cells that other classes share: a block per class would be most of what an idle context holds. */
static uint32_t class_for_few(HeapThread *ht, uint32_t cls) {
  static const uint16_t sizes[] = {32, 64, 160, 416, 1024};
  if (ht->slots[cls].block || ht->n_few[cls] == FEW) return cls;
  for (size_t i = 0; i < countof(sizes); i++)
    if (block_class_size[cls] <= sizes[i]) return ht->n_few[cls]++, block_class_of(sizes[i]);
  return cls;
}

static NOINLINE char *alloc_slow(RpThread *th, size_t size) {
  if (!slow_entry(th)) return NULL;
  if (size > CELL_MAX) return (char *)alloc_large(th, size);
  uint32_t cls = class_for_few(th->heap_th, block_class_of(size));
  AllocRun *r = heap_run(th, cls);
  if ((size_t)(r->end - r->cur) < block_class_size[cls] && !refill(th, cls)) return NULL;
  char *p = r->cur;
  r->cur += block_class_size[cls];
  memset(p, 0, block_class_size[cls]);
  return p;
}

Object *heap_alloc(RpThread *th, uint32_t shape_id, Kind kind, size_t size) {
  if (unlikely(!th->ctx)) return perm_object(shape_id, kind, size); /* types_init */
  Object *o;
  size_t cls = (size + 15) >> 4;
  AllocRun *r = cls < N_FINE_CLASSES ? &th->runs[cls] : NULL;
  if (likely(r && (size_t)(r->end - r->cur) >= cls << 4)) {
    o = (Object *)r->cur;
    r->cur += cls << 4;
    heap_zero_cell((char *)o, cls << 4);
  } else {
    o = (Object *)alloc_slow(th, size);
    if (!o) return no_memory(th);
  }
  *o = (Object){shape_id, (uint8_t)kind, 0, 0, 0};
  const Shape *s = rp_shapes[shape_id];
  if (unlikely(s->type->slots.free_ || s->type->slots.finalize_py)) {
    set_fin(o);
    if (s->type->slots.finalize_py) atomic_fetch_add_explicit(&th->ctx->heap->n_has_del, 1, memory_order_relaxed);
  }
  return o;
}

Array *heap_alloc_array(RpThread *th, uint32_t capacity) {
  Array *a = (Array *)heap_alloc(th, SHAPE_array, K_ARRAY, heap_walked_size(sizeof(Array) + (size_t)capacity * sizeof(Value)));
  if (a) a->capacity = capacity;
  return a;
}

void heap_add_finalizer(RpThread *th, Object *o) {
  atomic_fetch_add_explicit(&th->ctx->heap->n_has_del, 1, memory_order_relaxed);
  if (!(o->flags & OBJ_FINALIZED)) heap_note_death(o);
}
static void add_finalizer(Object *o, void *th) {
  if (obj_shape(o)->type->slots.finalize_py) heap_add_finalizer(th, o);
}
void heap_add_finalizers(RpThread *th) { heap_each(th, add_finalizer, th); }

/* -- External bytes ------------------------------------------------------------------------------------------------------------------- */

bool heap_external_add(RpThread *th, size_t bytes) {
  Heap *h = th->ctx->heap;
  if (!make_room(th, bytes)) {
    raise_memory(th);
    return false;
  }
  atomic_fetch_add_explicit(&h->external, bytes, memory_order_relaxed);
  if (collection_due(h) || heap_young_external_due(h)) atomic_fetch_or_explicit(&th->poll, POLL_COLLECT, memory_order_relaxed);
  return true;
}
void heap_external_sub(RpContext *ctx, size_t bytes) {
  atomic_fetch_sub_explicit(&ctx->heap->external, bytes, memory_order_relaxed);
}

void heap_raise_limit(RpContext *ctx, size_t bytes) {
  if (ctx->heap->limit) ctx->heap->limit += bytes;
}

/* -- Looking up ------------------------------------------------------------------------------------------------------------------------ */

Object *heap_resolve(Heap *h, uint64_t p) {
  if (!block_in_arena(p)) return NULL;
  Block *b = block_of(p);
  if (!b || load_acquire((Heap **)&b->heap) != h) return NULL;
  uint32_t i = block_cell_index(b, p);
  if (i >= b->n_cells) return NULL;
  return atomic_load_explicit(&b->alloc[i >> 6], memory_order_acquire) >> (i & 63) & 1 ? block_cell(b, i) : NULL;
}

Object *heap_find(RpContext *ctx, const void *p) {
  RpThread *th = thread_current();
  if (th && th->ctx == ctx) heap_publish_runs(th);
  return heap_resolve(ctx->heap, (uintptr_t)p);
}

/* -- Roots ---------------------------------------------------------------------------------------------------------------------------- */

void heap_root_add(RpContext *ctx, RootFn fn, void *data) {
  Heap *h = ctx->heap;
  pthread_mutex_lock(&h->parts_lock);
  if (h->n_roots == h->cap_roots) {
    h->cap_roots = h->cap_roots ? h->cap_roots * 2 : 16;
    h->roots = realloc(h->roots, h->cap_roots * sizeof *h->roots);
    if (!h->roots) RP_FATAL("no memory for a root");
  }
  h->roots[h->n_roots++] = (Root){fn, data};
  pthread_mutex_unlock(&h->parts_lock);
}
void heap_root_remove(RpContext *ctx, RootFn fn, void *data) {
  Heap *h = ctx->heap;
  pthread_mutex_lock(&h->parts_lock);
  for (uint32_t i = h->n_roots; i-- > 0;)
    if (h->roots[i].fn == fn && h->roots[i].data == data) {
      h->roots[i] = h->roots[--h->n_roots];
      break;
    }
  pthread_mutex_unlock(&h->parts_lock);
}
/* -- Barrier slow paths ------------------------------------------------------------------------------------------------------------- */

#define GREY_DONATE 512 /* a buffer of that length goes to the markers, so that closing finds little */

/* Puts a word on the thread's grey buffer: the collector takes the buffers over when it closes. */
void heap_grey_push(HeapThread *ht, uint64_t word) {
  if (ht->n_grey == ht->cap_grey) {
    uint32_t cap = ht->cap_grey ? ht->cap_grey * 2 : 64;
    uint64_t *v = realloc(ht->grey, cap * sizeof *v);
    if (!v) RP_FATAL("no memory for the collector's grey buffer");
    ht->grey = v;
    ht->cap_grey = cap;
  }
  ht->grey[ht->n_grey++] = word;
}
static void shade(RpThread *th, uint64_t word) {
  HeapThread *ht = th->heap_th;
  heap_grey_push(ht, word);
  if (ht->n_grey >= GREY_DONATE && pool_donate(th->ctx->heap, ht->grey, ht->n_grey)) ht->n_grey = 0;
}

static void shade_white(RpThread *th, Value v) {
  if (mark_object(th->ctx->heap, as_object(v))) shade(th, v | 2);
}

#define WHITE_STORES 512 /* more of them between two slow allocations are shaded at once */

/* False: no room, or the owner is none that marking finds by its mark bit, or marked. */
static bool store_is_white(RpThread *th, Object *owner, Value v) {
  HeapThread *ht = th->heap_th;
  if (!owner || !block_in_arena(value_object(owner)) || has_mark(owner) || ht->n_white_stores == WHITE_STORES) return RP_GC_ABLATE == ABLATE_OWNER;
  if (!ht->white_stores && !(ht->white_stores = malloc(WHITE_STORES * sizeof *ht->white_stores))) return false;
  ht->white_stores[ht->n_white_stores++] = (struct WhiteStore){owner, v};
  return true;
}

/* Dijkstra, while marking: shades the stored value before it is stored, if the owner is marked. A white owner may be marked, and scanned, before the store is done, or before the word is
** written (a length, a shape) by which a marker finds it: that is looked at when the whole operation is over. Were values shaded whatever the owner, all garbage made of more than one
** object while a cycle runs would survive it. */
void heap_barrier_slow(RpThread *th, Object *owner, Value v) {
  if (RP_GC_ABLATE == ABLATE_BARRIER && th->marking) return;
  if (!th->marking) heap_log_store(th, owner, v);
  else if (block_in_arena(v) && !has_mark(as_object(v)) && !store_is_white(th, owner, v)) shade_white(th, v);
}

/* The fence stands between the stores and the look at the owners' marks, markers set a mark with a locked instruction before they read: an owner that is white here is not scanned yet. */
void heap_judge_stores(RpThread *th) {
  HeapThread *ht = th->heap_th;
  if (!ht->n_white_stores) return;
  atomic_thread_fence(memory_order_seq_cst);
  for (uint32_t i = 0; i < ht->n_white_stores && RP_GC_ABLATE != ABLATE_JUDGE; i++) {
    struct WhiteStore s = ht->white_stores[i];
    if (has_mark(s.owner) && mark_object(th->ctx->heap, as_object(s.v))) heap_grey_push(ht, s.v | 2);
  }
  ht->n_white_stores = 0;
}

/* The owner was filled by a bulk copy: one that is marked already is scanned again. A white one is not scanned yet: the fence stands between the copy and
** the look at its mark, markers set the mark with a locked instruction before they read. */
void heap_barrier_bulk_slow(RpThread *th, Object *owner) {
  if (!th->marking) heap_log_bulk(th, owner);
  if (!th->marking || !block_in_arena(value_object(owner)) || RP_GC_ABLATE == ABLATE_BULK) return;
  atomic_thread_fence(memory_order_seq_cst);
  if (!object_marked(th->ctx->heap, owner) || (__atomic_fetch_or(&owner->gc, GC_QUEUED, __ATOMIC_SEQ_CST) & GC_QUEUED)) return;
  shade(th, value_object(owner) | 2);
}
#define COPY_MORE 16 /* values shaded one by one; more of them are scanned with the rest */

/* If `from` is marked, it was scanned, or will be, and what was stored into it since was shaded: all that it holds will be marked, and `into` is as good as scanned. Else (false) `into`
** is a bulk copy like others. So a list that changes all the time costs the cycle one scan, not one each time. */
bool heap_barrier_copy_slow(RpThread *th, Object *into, Object *from, const Value *more, size_t n) {
  Heap *h = th->ctx->heap;
  if (n > COPY_MORE || !block_in_arena(value_object(from)) || !object_marked(h, from)) return false;
  for (size_t i = 0; i < n; i++)
    if (block_in_arena(more[i])) shade_white(th, more[i]);
  mark_object(h, into);
  __atomic_fetch_or(&into->gc, GC_OLD, __ATOMIC_RELAXED);
  return true;
}

/* -- Life -------------------------------------------------------------------------------------------------------------------------- */

bool heap_thread_init(RpThread *th) {
  th->heap_th = thread_part_alloc(sizeof *th->heap_th);
  return th->heap_th != NULL;
}
void heap_thread_free(RpThread *th) {
  if (!th->heap_th) return;
  free(th->heap_th->grey);
  free(th->heap_th->white_stores);
  free(th->heap_th->log);
  free(th->heap_th->stack_words);
  free(th->heap_th->young.v);
  free(th->heap_th);
  th->heap_th = NULL;
}

void heap_retire_thread(RpThread *th) {
  HeapThread *ht = th->heap_th;
  heap_retire_runs(th);
  Tracer tr;
  tracer_init(&tr, th->ctx->heap);
  for (RpThread *t = th->ctx->threads; t && !tr.spill; t = t->next) /* in a stop nobody waits for the pool's lock, either */
    if (t != th) tr.spill = t->heap_th;
  heap_judge_stores(th);
  for (uint32_t i = 0; i < ht->n_grey; i++) tracer_push(&tr, ht->grey[i]);
  ht->n_grey = 0;
  heap_young_hand_over(th);
  pool_give(&tr, 0);
  tracer_free(&tr);
}
void heap_forget_finalizers(RpContext *ctx) { atomic_store(&ctx->heap->n_has_del, 0); }
bool heap_has_finalizers(RpContext *ctx) { return atomic_load(&ctx->heap->n_has_del) != 0; }

Heap *heap_create(RpContext *ctx, size_t limit) {
  if (!block_arena_init()) return NULL;
  Heap *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->ctx = ctx;
  h->limit = limit;
  h->cycle = 1;
  h->stop_the_world = (ctx->opt.stress & STRESS_GC_STW) || getenv("GC_STW");
  heap_set_trigger(h);
  h->n_eden = 1;
  h->epoch = 1;
  h->young_off = h->stop_the_world || getenv("GC_NO_YOUNG");
  h->young_due = h->young_off ? SIZE_MAX : EDEN_BYTES;
  pthread_mutex_init(&h->lock, NULL);
  pthread_mutex_init(&h->parts_lock, NULL);
  pthread_mutex_init(&h->finalize_lock, NULL);
  pthread_mutex_init(&h->pool.lock, NULL);
  pthread_mutex_init(&h->job, NULL);
  return h;
}

static void free_all(Heap *h, const BlockList *list, bool shapes) {
  for (uint32_t i = 0; i < list->n; i++) {
    Block *b = list->v[i];
    if (!b->has_fin) continue;
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->fin[w] & used_word(b, w); bits; bits &= bits - 1)
        heap_free_object(h, block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits)), shapes);
  }
}

void heap_free(Heap *h) {
  cycle_cancel(h);
  heap_gather(h);
  heap_free_condemned(h, UINT64_MAX);
  free_all(h, &h->blocks, false);
  free_all(h, &h->blocks, true);
  for (uint32_t i = 0; i < h->blocks.n; i++) block_return(h->blocks.v[i]);
  free(h->blocks.v);
  free(h->sweep.v);
  heap_young_free(h);
  for (uint32_t c = 0; c < N_ROOMS * N_CLASSES; c++) free(h->avail[c / N_CLASSES][c % N_CLASSES].v);
  free(h->roots);
  finalize_free(h);
  free(h->pool.v);
  pauses_free(&h->pauses);
  pthread_mutex_destroy(&h->lock);
  pthread_mutex_destroy(&h->parts_lock);
  pthread_mutex_destroy(&h->finalize_lock);
  pthread_mutex_destroy(&h->pool.lock);
  pthread_mutex_destroy(&h->job);
  free(h);
}

void heap_enable(RpContext *ctx, bool on) { ctx->heap->disabled = !on; }
bool heap_enabled(RpContext *ctx) { return !ctx->heap->disabled; }
size_t heap_young_bytes(RpContext *ctx) { return load_relaxed((size_t *)&ctx->heap->allocated); }

void heap_stats(RpContext *ctx, HeapStats *out) {
  Heap *h = ctx->heap;
  size_t now = load_relaxed((size_t *)&h->allocated);
  PauseSum all = pauses_all(&h->pauses);
  pthread_mutex_lock(&h->lock);
  uint32_t n_blocks = h->blocks.n + load_relaxed(&h->sweep.n);
  pthread_mutex_unlock(&h->lock);
  *out = (HeapStats){.live_bytes = load_relaxed(&h->live_bytes), .limit_bytes = h->limit, .external_bytes = load_relaxed((size_t *)&h->external),
                     .allocated_bytes = load_relaxed(&h->allocated_before) + now, .block_bytes = load_relaxed((size_t *)&h->block_bytes), .n_blocks = n_blocks,
                     .n_collections = load_relaxed(&h->n_collections), .freed_objects = load_relaxed(&h->freed_total), .n_pauses = all.n,
                     .pause_ns_total = all.wall_ns, .pause_ns_max = all.worst_wall_ns,
                     .n_closes = load_relaxed(&h->n_closes), .n_failed_closes = load_relaxed(&h->n_failed_closes), .n_aborted_closes = load_relaxed(&h->n_aborted_closes),
                     .n_assists = load_relaxed(&h->n_assists), .n_stalls = load_relaxed(&h->n_stalls),
                     .edge_ns = pauses_sum(&h->pauses, PAUSE_edge).wall_ns, .collector_cpu_ns = collector_cpu_ns(),
                     .n_young_failed = load_relaxed(&h->n_young_failed), .young_promoted = load_relaxed(&h->young_promoted),
                     .n_finalizers = atomic_load_explicit(&h->n_finalizers, memory_order_relaxed), .finalizers_behind = load_relaxed(&h->finalizers_behind),
                     .state = atomic_load_explicit(&h->state, memory_order_relaxed)};
  for (int k = 0; k < N_PAUSE_KINDS; k++) out->pauses[k] = pauses_sum(&h->pauses, k);
}
Pauses *heap_pauses(RpContext *ctx) { return &ctx->heap->pauses; }
void heap_thread_pauses(RpThread *th, uint32_t out[N_PAUSE_BUCKETS]) { memcpy(out, th->heap_th->pauses.wall, sizeof th->heap_th->pauses.wall); }

/* The race detector and the address sanitizer must know that stacks are scanned by address: no stack frames outside the stack. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) { return "detect_stack_use_after_return=0"; }
#endif
#endif
