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

static void set_bits(uint64_t *bits, uint32_t lo, uint32_t hi) {
  while (lo < hi) {
    uint32_t w = lo >> 6, n = 64 - (lo & 63);
    if (n > hi - lo) n = hi - lo;
    bits[w] |= (n == 64 ? ~0ull : (1ull << n) - 1) << (lo & 63);
    lo += n;
  }
}

/* The next zero bits at or above `from` and below n. */
static bool find_free(const Heap *h, Block *b, uint32_t from, uint32_t *lo, uint32_t *hi) {
  uint32_t n = b->n_cells, w = from >> 6;
  if (from >= n) return false;
  uint64_t used = block_allocated_word(h, b, w) | ((1ull << (from & 63)) - 1);
  while (used == ~0ull) {
    if (++w * 64 >= n) return false;
    used = block_allocated_word(h, b, w);
  }
  *lo = w * 64 + (uint32_t)__builtin_ctzll(~used);
  if (*lo >= n) return false;
  used &= ~((1ull << (*lo & 63)) - 1); /* bits below lo: not asked */
  while (used == 0 && (w + 1) * 64 < n) used = block_allocated_word(h, b, ++w);
  *hi = used ? w * 64 + (uint32_t)__builtin_ctzll(used) : n;
  if (*hi > n) *hi = n;
  return true;
}

/* Sweeping: makes the bitmaps of b those of the present phase. Only the owner of b, or the collector in a stop. */
void block_prepare(Heap *h, Block *b) {
  uint32_t words = (b->n_cells + 63) / 64;
  bool marking = h->phase == 2 * h->cycle;
  if (!marking) {
    if (b->newly_phase != h->phase) memset(b->newly, 0, words * 8);
    if (b->mark_cycle != h->cycle) memset(b->mark, 0, words * 8);
  } else if (b->mark_cycle != h->cycle) {
    for (uint32_t w = 0; w < words; w++) {
      uint64_t bits = b->newly_phase == h->phase - 1 ? b->newly[w] : 0;
      if (b->mark_cycle == h->cycle - 1) bits |= load_relaxed((uint64_t *)&b->mark[w]);
      b->newly[w] = bits;
      store_relaxed((uint64_t *)&b->mark[w], 0);
    }
  }
  b->newly_phase = h->phase;
  b->mark_cycle = h->cycle;
}

static void publish_run(RpThread *th, uint32_t cls) {
  AllocSlot *s = &th->heap_th->slots[cls];
  AllocRun *r = heap_run(th, cls);
  if (!s->block || r->cur == s->run_start) return;
  uint32_t lo = block_cell_index(s->block, (uintptr_t)s->run_start), n = (uint32_t)(r->cur - s->run_start) / s->block->cell_size;
  set_bits(s->block->newly, lo, lo + n);
  s->run_start = r->cur;
}

void heap_publish_runs(RpThread *th) {
  for (uint32_t c = 1; c < N_CLASSES; c++) publish_run(th, c);
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

bool list_push_block(BlockList *l, Block *b) {
  if (l->n == l->cap) {
    uint32_t cap = l->cap ? l->cap * 2 : 16;
    Block **v = realloc(l->v, cap * sizeof *v);
    if (!v) return false;
    l->v = v;
    l->cap = cap;
  }
  l->v[l->n++] = b;
  return true;
}

/* -- Pacing and limits --------------------------------------------------------------------------------------------------------------- */

void heap_set_trigger(Heap *h) {
  size_t pace = h->live_bytes / 100 * PACE_PERCENT;
  h->trigger = pace > PACE_MIN ? pace : PACE_MIN;
}

static bool collection_due(Heap *h) {
  size_t grown = load_relaxed((size_t *)&h->allocated), ext = load_relaxed((size_t *)&h->external);
  if (ext > h->external_mark) grown += ext - h->external_mark;
  return grown >= h->trigger && !h->disabled && !h->closing;
}

static bool over_limit(Heap *h, size_t more) {
  return h->limit && load_relaxed((size_t *)&h->block_bytes) + load_relaxed((size_t *)&h->external) + more > h->limit;
}

/* Room for `more` bytes of blocks or external memory; collects once at the limit. */
static bool make_room(RpThread *th, size_t more) {
  Heap *h = th->ctx->heap;
  if (!over_limit(h, more)) return true;
  if (!h->closing) heap_collect_full(th, "limit");
  return !over_limit(h, more);
}

/* True: the allocation must fail (stress mode). */
static bool stress(RpThread *th) {
  Heap *h = th->ctx->heap;
  const struct ContextOptions *opt = &th->ctx->opt;
  uint32_t n = atomic_fetch_add_explicit(&h->slow_allocs, 1, memory_order_relaxed) + 1;
  if ((opt->stress & STRESS_GC) && !h->disabled && n % (opt->stress_n ? opt->stress_n : 1) == 0) heap_collect_full(th, "stress");
  return (opt->stress & STRESS_ALLOC_FAIL) && n == opt->stress_n;
}

/* What every slow allocation does first: it is a safepoint of the collector. */
static bool slow_entry(RpThread *th) {
  Heap *h = th->ctx->heap;
  RP_ASSERTF(atomic_load(&th->state) == TH_RUN, "allocation on a thread that is not running Python");
  if (atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_GC) heap_poll_gc(th);
  if (unlikely(th->ctx->opt.stress & (STRESS_GC | STRESS_ALLOC_FAIL)) && stress(th)) return false;
  if (collection_due(h)) heap_collect_full(th, "pace");
  return true;
}

/* -- Slow paths ------------------------------------------------------------------------------------------------------------------------ */

static Block *take_block(RpThread *th, uint32_t cls, size_t bytes, bool *zeroed) {
  Heap *h = th->ctx->heap;
  size_t need = cls == CLASS_LARGE ? (bytes + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1) : block_class_units(cls) * UNIT_BYTES;
  if (!make_room(th, need)) return NULL;
  Block *b = block_take(h, cls, bytes, zeroed);
  if (!b) return NULL;
  b->newly_phase = h->phase;
  b->mark_cycle = h->cycle;
  pthread_mutex_lock(&h->lock);
  b->index = h->blocks.n;
  bool ok = list_push_block(&h->blocks, b);
  pthread_mutex_unlock(&h->lock);
  if (!ok) {
    block_return(b);
    return NULL;
  }
  atomic_fetch_add_explicit(&h->block_bytes, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
  return b;
}

/* Opens the next run of a class. False: no memory. */
static bool refill(RpThread *th, uint32_t cls) {
  Heap *h = th->ctx->heap;
  AllocSlot *s = &th->heap_th->slots[cls];
  AllocRun *r = heap_run(th, cls);
  for (;;) {
    if (s->block) {
      publish_run(th, cls);
      uint32_t lo, hi;
      if (find_free(h, s->block, s->next_cell, &lo, &hi)) {
        /* Stress modes count allocations: one cell at a time. */
        if (unlikely(th->ctx->opt.stress & (STRESS_GC | STRESS_ALLOC_FAIL))) hi = lo + 1;
        s->next_cell = hi;
        s->run_start = r->cur = (char *)block_cell(s->block, lo);
        r->end = r->cur + (size_t)(hi - lo) * s->block->cell_size;
        if (h->phase == 2 * h->cycle) set_bits((uint64_t *)s->block->mark, lo, hi); /* black while marking */
        atomic_fetch_add_explicit(&h->allocated, (size_t)(r->end - r->cur), memory_order_relaxed);
        return true;
      }
      s->block->owned = false;
      *s = (AllocSlot){0};
      *r = (AllocRun){0};
    }
    pthread_mutex_lock(&h->lock);
    Block *b = h->avail[cls].n ? h->avail[cls].v[--h->avail[cls].n] : NULL;
    pthread_mutex_unlock(&h->lock);
    bool zeroed;
    if (!b) b = take_block(th, cls, 0, &zeroed);
    if (!b) return false;
    block_prepare(h, b);
    b->owned = true;
    *s = (AllocSlot){b, b->start, 0};
    *r = (AllocRun){b->start, b->start};
  }
}

static Object *alloc_large(RpThread *th, size_t size) {
  Heap *h = th->ctx->heap;
  bool zeroed;
  if (size > block_arena.bytes / 2) return NULL;
  Block *b = take_block(th, CLASS_LARGE, size, &zeroed);
  if (!b) return NULL;
  if (!zeroed) memset(b->start, 0, size);
  b->newly[0] = 1;
  if (h->phase == 2 * h->cycle) atomic_store_explicit(&b->mark[0], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&h->allocated, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
  return (Object *)b->start;
}

static void set_fin(Object *o) {
  Block *b = block_of_cell(o);
  uint32_t i = b->cell_size ? block_cell_index(b, (uintptr_t)o) : 0;
  atomic_fetch_or_explicit(&b->fin[i >> 6], 1ull << (i & 63), memory_order_relaxed);
  if (!atomic_load_explicit(&b->has_fin, memory_order_relaxed)) atomic_store_explicit(&b->has_fin, true, memory_order_relaxed);
}

static Object *no_memory(RpThread *th) {
  raise_memory(th);
  return NULL;
}

static NOINLINE char *alloc_slow(RpThread *th, size_t size) {
  if (!slow_entry(th)) return NULL;
  if (size > CELL_MAX) return (char *)alloc_large(th, size);
  uint32_t cls = block_class_of(size);
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
  Array *a = (Array *)heap_alloc(th, SHAPE_array, K_ARRAY, sizeof(Array) + (size_t)capacity * sizeof(Value));
  if (a) a->capacity = capacity;
  return a;
}

static void add_finalizer(Object *o, void *type) {
  if (obj_shape(o)->type == type && !(o->flags & OBJ_FINALIZED)) set_fin(o);
}
void heap_add_finalizer(RpThread *th, Type *type) {
  atomic_fetch_add_explicit(&th->ctx->heap->n_has_del, 1, memory_order_relaxed);
  heap_each(th, add_finalizer, type);
}

/* -- External bytes ------------------------------------------------------------------------------------------------------------------- */

bool heap_external_add(RpThread *th, size_t bytes) {
  Heap *h = th->ctx->heap;
  if (!make_room(th, bytes)) {
    raise_memory(th);
    return false;
  }
  atomic_fetch_add_explicit(&h->external, bytes, memory_order_relaxed);
  if (collection_due(h)) atomic_fetch_or_explicit(&th->poll, POLL_COLLECT, memory_order_relaxed);
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
  if (!b || load_relaxed((Heap **)&b->heap) != h) return NULL;
  uint32_t i = b->cell_size ? block_cell_index(b, p) : 0;
  if (i >= b->n_cells) return NULL;
  if (h->phase == 2 * h->cycle) {
    if (b->mark_cycle != h->cycle) block_prepare(h, b);
    return b->newly[i >> 6] >> (i & 63) & 1 ? block_cell(b, i) : NULL;
  }
  return block_allocated_word(h, b, i >> 6) >> (i & 63) & 1 ? block_cell(b, i) : NULL;
}

Object *heap_find(RpContext *ctx, const void *p) {
  RpThread *th = thread_current();
  if (th && th->ctx == ctx) heap_publish_runs(th);
  return heap_resolve(ctx->heap, (uintptr_t)p);
}

/* -- Roots, weak tables --------------------------------------------------------------------------------------------------------------- */

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
void heap_weak_add(RpContext *ctx, HeapWeakFn fn, void *data) {
  Heap *h = ctx->heap;
  pthread_mutex_lock(&h->parts_lock);
  if (h->n_weak == h->cap_weak) {
    h->cap_weak = h->cap_weak ? h->cap_weak * 2 : 8;
    h->weak = realloc(h->weak, h->cap_weak * sizeof *h->weak);
    if (!h->weak) RP_FATAL("no memory for a weak table");
  }
  h->weak[h->n_weak++] = (WeakPart){fn, data};
  pthread_mutex_unlock(&h->parts_lock);
}
void heap_weak_remove(RpContext *ctx, HeapWeakFn fn, void *data) {
  Heap *h = ctx->heap;
  pthread_mutex_lock(&h->parts_lock);
  for (uint32_t i = h->n_weak; i-- > 0;)
    if (h->weak[i].fn == fn && h->weak[i].data == data) {
      h->weak[i] = h->weak[--h->n_weak];
      break;
    }
  pthread_mutex_unlock(&h->parts_lock);
}

/* -- Barrier slow paths ------------------------------------------------------------------------------------------------------------- */

/* Puts o on the thread's grey buffer: the collector takes the buffers over at its next stop. */
static void grey_push(HeapThread *ht, Object *o) {
  if (ht->n_grey == ht->cap_grey) {
    uint32_t cap = ht->cap_grey ? ht->cap_grey * 2 : 64;
    Object **v = realloc(ht->grey, cap * sizeof *v);
    if (!v) RP_FATAL("no memory for the collector's grey buffer");
    ht->grey = v;
    ht->cap_grey = cap;
  }
  ht->grey[ht->n_grey++] = o;
}

/* Dijkstra: shades the stored value before it is stored. No look at the owner's colour: that test would need a fence. */
void heap_barrier_slow(RpThread *th, Object *owner, Value v) {
  if (th->marking && block_in_arena(v) && mark_object(th->ctx->heap, as_object(v))) grey_push(th->heap_th, as_object(v));
}
/* The whole owner becomes grey again: it was filled by a bulk copy. */
void heap_barrier_bulk_slow(RpThread *th, Object *owner) {
  if (!th->marking || !block_in_arena(value_object(owner))) return;
  mark_object(th->ctx->heap, owner);
  grey_push(th->heap_th, owner);
}

/* -- Life -------------------------------------------------------------------------------------------------------------------------- */

bool heap_thread_init(RpThread *th) {
  th->heap_th = calloc(1, sizeof *th->heap_th);
  return th->heap_th != NULL;
}
void heap_thread_free(RpThread *th) {
  if (!th->heap_th) return;
  free(th->heap_th->grey);
  free(th->heap_th);
  th->heap_th = NULL;
}

void heap_retire_thread(RpThread *th) {
  heap_close_runs(th);
  for (uint32_t i = 0; i < th->heap_th->n_grey; i++) RP_ASSERT(!th->marking);
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
  h->phase = 3;
  h->trigger = PACE_MIN;
  pthread_mutex_init(&h->lock, NULL);
  pthread_mutex_init(&h->parts_lock, NULL);
  return h;
}

/* free_ of every object that has one; shapes and types last, since the others are read through them. */
static void free_all(Heap *h, bool shapes) {
  for (uint32_t i = 0; i < h->blocks.n; i++) {
    Block *b = h->blocks.v[i];
    if (!b->has_fin) continue;
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->fin[w] & block_allocated_word(h, b, w); bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if ((o->kind == K_SHAPE || o->kind == K_TYPE) != shapes || o->kind == K_FREE) continue;
        const Type *t = obj_shape(o)->type;
        if (t->slots.free_) t->slots.free_(h->ctx, o);
      }
  }
}

void heap_free(Heap *h) {
  free_all(h, false);
  free_all(h, true);
  for (uint32_t i = 0; i < h->blocks.n; i++) block_return(h->blocks.v[i]);
  free(h->blocks.v);
  for (uint32_t c = 0; c < N_CLASSES; c++) free(h->avail[c].v);
  free(h->roots);
  free(h->weak);
  free(h->finalize);
  pthread_mutex_destroy(&h->lock);
  pthread_mutex_destroy(&h->parts_lock);
  free(h);
}

void heap_enable(RpContext *ctx, bool on) { ctx->heap->disabled = !on; }
bool heap_enabled(RpContext *ctx) { return !ctx->heap->disabled; }
size_t heap_young_bytes(RpContext *ctx) { return load_relaxed((size_t *)&ctx->heap->allocated); }

void heap_stats(RpContext *ctx, HeapStats *out) {
  Heap *h = ctx->heap;
  size_t now = load_relaxed((size_t *)&h->allocated);
  *out = (HeapStats){.live_bytes = h->live_bytes, .limit_bytes = h->limit, .external_bytes = load_relaxed((size_t *)&h->external),
                     .allocated_bytes = h->allocated_before + now, .n_blocks = h->blocks.n, .n_collections = h->n_collections,
                     .pause_ns_total = h->pause_ns_total, .pause_ns_max = h->pause_ns_max, .freed_objects = h->freed_total};
  memcpy(out->pauses, h->pauses, sizeof out->pauses);
}

/* The race detector and the address sanitizer must know that stacks are scanned by address: no stack frames outside the stack. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) { return "detect_stack_use_after_return=0"; }
#endif
#endif
