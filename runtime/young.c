/* young.c: the young collection: frees what was allocated since the last collection and is dead already, without a look at the rest of the heap.
**
** Mark bits stay set between cycles: marked = old. What old objects may hold of young ones is in the threads' logs (heap.c), so tracing from roots and
** logs finds all young objects that live; the blocks that were allocated from are swept. One stop, whose marking is given up after a given time, made by
** a running thread while no cycle runs. Rules and reasons: heap.md. */
#include "runtime/heap_impl.h"
#include "runtime/futex.h"
#include "runtime/shape.h"

#define TRACE_BATCH 1024           /* references between looks at the clock */
#define SURVIVORS_MANY 30          /* percent of what was allocated: it does not pay */
#define BAD_MAX 3                  /* so many times running: no more of them before the next whole cycle */
#define TOO_MUCH ((size_t)32 << 20)
#define TOO_MUCH_FRAME ((size_t)12 << 20)
#define EDEN_BYTES_FRAME ((size_t)8 << 20) /* within a frame */
#define EDEN_BYTES_EDGE ((size_t)512 << 10) /* least to look for at the edge of one */
#define EDEN_BYTES_LATE ((size_t)4 << 20) /* where the frame has left less than EDGE_NS */
#define EDGE_NS 200000
#define KEEP_EMPTY ((size_t)8 << 20) /* bytes of empty blocks that stay with the heap for the next time */
#define MARK_IN_FRAME_NS 100000    /* of processor time */
#define MARK_ELSEWHERE_NS 500000   /* at the edge of a frame, or in a program without frames */
#define FREE_NS 50000              /* for free_ of the dead at a time, */
#define FREE_EDGE_NS 150000        /* at the edge of a frame; */
#define FREE_STEP ((size_t)64 << 10) /* from one time to the next */
#define FREE_BATCH 16              /* objects between looks at the clock */
#define EXTERNAL_SHARE 4           /* so much external memory is as good a reason to collect as a byte in cells: what an object has outside is larger than itself */
#define RENDEZVOUS_NS 50000        /* so long the others are waited for; */
#define LATE_WAIT_SHIFT 2          /* four times as long with each attempt in a row that some were late for, in a program without frames: */
#define LATE_WAITS_MAX 2           /* at most 0.8 ms */
#define LATE_SHIFT_MAX 4

/* -- The log ----------------------------------------------------------------------------------------------------------------------------- */

#define LOG_VALUES 4096   /* stored values remembered one by one, of long owners */
#define LONG_CELL 2048    /* bytes: scanning such an owner costs more than remembering what is stored */

static void log_push(RpThread *th, uint64_t word) {
  HeapThread *ht = th->heap_th;
  if (ht->n_log == ht->cap_log) {
    uint32_t cap = ht->cap_log ? ht->cap_log * 2 : 64;
    uint64_t *v = realloc(ht->log, cap * sizeof *v);
    if (!v) {
      store_relaxed(&th->ctx->heap->log_lost, true);
      return;
    }
    ht->log = v;
    ht->cap_log = cap;
  }
  ht->log[ht->n_log++] = word;
}

static void log_owner(RpThread *th, Object *owner) {
  if (__atomic_fetch_and(&owner->gc, (uint8_t)~GC_OLD, __ATOMIC_RELAXED) & GC_OLD) log_push(th, value_object(owner) | 2);
}

void heap_log_store(RpThread *th, Object *owner, Value v) {
  if (RP_GC_ABLATE == ABLATE_LOG || !block_in_arena(v)) return;
  HeapThread *ht = th->heap_th;
  if (owner && (ht->n_log_values >= LOG_VALUES || block_cell_bytes(block_of_cell(owner)) < LONG_CELL)) {
    log_owner(th, owner);
  } else if (!has_mark(as_object(v)) && RP_GC_ABLATE != ABLATE_LOG_VALUES) {
    ht->n_log_values++;
    log_push(th, v);
  }
}
void heap_log_bulk(RpThread *th, Object *owner) {
  if (RP_GC_ABLATE != ABLATE_LOG && (load_relaxed(&owner->gc) & GC_OLD)) log_owner(th, owner);
}

static void log_clear(HeapThread *ht) { ht->n_log = ht->n_log_values = 0; }

/* Becomes that of a fresh thread. */
static void rest_take(HeapThread *ht, YoungRest *r) {
  ht->log = r->log;
  ht->n_log = r->n_log;
  ht->cap_log = r->cap_log;
  ht->n_log_values = r->n_log_values;
  ht->young = r->young;
  *r = (YoungRest){0};
}
static void rest_leave(HeapThread *ht, YoungRest *r) {
  *r = (YoungRest){ht->log, ht->n_log, ht->cap_log, ht->n_log_values, ht->young};
  ht->log = NULL;
  ht->young = (BlockList){0};
  ht->cap_log = 0;
  log_clear(ht);
}

static void give_to(RpThread *t, HeapThread *ht) {
  for (uint32_t i = 0; i < ht->n_log; i++) log_push(t, ht->log[i]);
  log_clear(ht);
  for (uint32_t k = 0; k < ht->young.n; k++)
    if (!list_push_block(&t->heap_th->young, ht->young.v[k])) t->ctx->heap->log_lost = true;
  ht->young.n = 0;
}

#define STOOD_LONG 16   /* young collections: who waits for a moment keeps its blocks */
#define GIVE_UP_MOST 64 /* blocks in one stop: each is a cache miss */
#define SORT_MOST 512   /* at the end of a list */

static int by_address(const void *a, const void *b) {
  const Block *const *x = a, *const *y = b;
  return *x < *y ? -1 : 1;
}

/* In a stop; what is left follows in the next one, or is found by the next whole cycle. By address, for batches that lie together (batch_of). */
static void give_up_recycled(Heap *h, HeapThread *ht, uint32_t most) {
  if (!heap_lock_soon(h)) return;
  for (int room = 0; room < N_ROOMS; room++)
    for (uint32_t c = 0; c < N_CLASSES; c++) {
      BlockList *l = &h->avail[room][c];
      if (!most || !ht->recycled[room][c]) continue;
      for (Block *b; most && (b = heap_young_recycled(ht, room, c)); most--) list_push_block(l, b);
      uint32_t n = l->n < SORT_MOST ? l->n : SORT_MOST;
      if (n) qsort(l->v + l->n - n, n, sizeof *l->v, by_address);
    }
  pthread_mutex_unlock(&h->lock);
  ht->has_recycled = !most;
}

void heap_young_hand_over(RpThread *th) {
  Heap *h = th->ctx->heap;
  RpThread *t = h->ctx->threads;
  if (t == th) t = t->next;
  if (t) give_to(t, th->heap_th);
  else rest_leave(th->heap_th, &h->rest);
  give_up_recycled(h, th->heap_th, UINT32_MAX);
}

void heap_young_take_over(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (h->rest.cap_log || h->rest.young.cap) rest_take(th->heap_th, &h->rest);
}

void heap_young_free(Heap *h) {
  free(h->rest.log);
  free(h->rest.young.v);
  free(h->condemned.v);
  free(h->young_stack);
}

/* -- Where young objects are ----------------------------------------------------------------------------------------------------------------- */

void heap_note_young(RpThread *th, Block *b) {
  Heap *h = th->ctx->heap;
  if (b->epoch == h->epoch) return;
  b->epoch = h->epoch;
  if (!list_push_block(&th->heap_th->young, b)) store_relaxed(&h->log_lost, true);
}

static void set_due(Heap *h, size_t after) {
  size_t now = load_relaxed((size_t *)&h->allocated);
  store_relaxed(&h->young_due, h->young_off ? SIZE_MAX : now + after);
}

static size_t eden_bytes(Heap *h) { return h->n_eden <= 1 ? EDEN_BYTES : EDEN_TOGETHER; }

void heap_young_reset(Heap *h) {
  h->epoch++; /* thousands of blocks may be in the lists: they are not looked at */
  h->rest.young.n = h->rest.n_log = h->rest.n_log_values = 0;
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    HeapThread *ht = t->heap_th;
    ht->young.n = 0;
    memset(ht->recycled, 0, sizeof ht->recycled);
    ht->has_recycled = false;
    log_clear(ht);
    if (t->standing) t->standing = STANDS_OLD; /* what it found and is not in its stack any more may be free in a moment */
  }
  h->log_lost = false;
  h->n_bad_young = 0;
  h->young_from = 0;
  h->young_external = load_relaxed((size_t *)&h->external);
  set_due(h, eden_bytes(h));
}

/* -- Marking -------------------------------------------------------------------------------------------------------------------------------- */

/* Its death is more than a cell that becomes free: judged by the next whole cycle. */
static bool must_stay(const Object *o) {
  switch (o->kind) {
  case K_FREE: return false;
  case K_SHAPE: case K_TYPE: case K_CODE: case K_WEAKREF: return true;
  default: return (o->flags & OBJ_HAS_WEAKREF) || (!(o->flags & OBJ_FINALIZED) && obj_shape(o)->type->slots.finalize_py);
  }
}

static void push_staying(Tracer *tr, Block *b) {
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++) {
    uint64_t bits = atomic_load_explicit(&b->fin[w], memory_order_relaxed) & atomic_load_explicit(&b->alloc[w], memory_order_relaxed) &
                    ~atomic_load_explicit(&b->mark[w], memory_order_relaxed);
    for (; bits; bits &= bits - 1) {
      Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
      if (must_stay(o)) tracer_push(tr, value_object(o));
    }
  }
}

/* How much of the thread's processor time marking may take. It counts from the last look at that clock on, a call of the kernel; if there was none, from the first one here: most
** young collections are over before. */
typedef struct MarkLimit {
  uint64_t ns;               /* UINT64_MAX: as much as it takes */
  uint64_t from_ns;          /* 0: no look yet */
} MarkLimit;

static bool is_over(MarkLimit *l) {
  if (l->ns == UINT64_MAX) return false;
  uint64_t now = pause_cpu_ns();
  if (!l->from_ns) l->from_ns = now;
  return now - l->from_ns > l->ns;
}

/* False: the limit is passed, or memory is out. */
static bool drain(Heap *h, Tracer *tr, MarkLimit *limit) {
  while (!trace_some(tr, TRACE_BATCH))
    if (is_over(limit)) return false;
  return !atomic_load(&h->mark_overflow);
}

/* False: as drain(). */
static bool mark_young(Heap *h, RpThread *self, Tracer *tr, MarkLimit *limit) {
  heap_gather(h);
  if (h->log_lost) return false;
  if (RP_GC_ABLATE == ABLATE_HELD_LAST) held_find(h, tr);
  bool fin = load_relaxed(&h->young_fin);
  store_relaxed(&h->young_fin, false);
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    HeapThread *ht = t->heap_th;
    if (!t->standing && (RP_GC_ABLATE != ABLATE_ALL_RUNS || t == self)) heap_close_runs(t);
    for (uint32_t k = 0; fin && k < ht->young.n; k++)
      if (atomic_load_explicit(&ht->young.v[k]->has_fin, memory_order_relaxed)) push_staying(tr, ht->young.v[k]);
    for (uint32_t i = 0; i < ht->n_log && (RP_GC_ABLATE != ABLATE_ALL_LOGS || t == self); i++) tracer_push(tr, ht->log[i]);
    log_clear(ht);
  }
  heap_trace_roots(tr);
  trace_value(tr, h->ctx->memory_error);
  return drain(h, tr, limit) && (held_find(h, tr) || drain(h, tr, limit));
}

/* -- What dies with free_ --------------------------------------------------------------------------------------------------------------------- */

static bool has_dead_with_free(const Block *b) {
  if (!atomic_load_explicit(&b->has_fin, memory_order_relaxed)) return false;
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
    if (heap_dead_fin_word(b, w)) return true;
  return false;
}

/* Its dead objects with free_ stay allocated and count as old until that was called, and are free cells for all who look: nobody refers to them but, by chance,
** a word of some stack. When memory is out it is called here and now. */
static void condemn(Heap *h, Block *b) {
  if (!list_push_block(&h->condemned, b)) {
    uint32_t at = 0;
    heap_free_dead(h, &(BlockList){&b, 1, 1}, &at, false, UINT64_MAX); /* no shapes: must_stay */
    return;
  }
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++) {
    uint64_t dead = heap_dead_fin_word(b, w);
    for (uint64_t bits = dead; bits; bits &= bits - 1) block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits))->kind = K_FREE;
    atomic_fetch_or_explicit(&b->mark[w], dead, memory_order_relaxed);
  }
}

static bool free_in_block(Heap *h, Block *b, uint64_t deadline_ns) {
  uint32_t n = 0;
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
    for (uint64_t bits = atomic_load_explicit(&b->fin[w], memory_order_relaxed); bits; bits &= bits - 1) {
      Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
      if (o->kind != K_FREE) continue; /* it lives */
      const Type *t = obj_shape(o)->type;
      atomic_fetch_and_explicit(&b->fin[w], ~(bits & -bits), memory_order_relaxed);
      atomic_fetch_and_explicit(&b->mark[w], ~(bits & -bits), memory_order_relaxed); /* the next young collection sweeps the cell */
      if (t->slots.free_) t->slots.free_(h->ctx, o);
      if (++n % FREE_BATCH == 0 && heap_clock_ns() >= deadline_ns) return true;
    }
  return false;
}

bool heap_free_condemned(Heap *h, uint64_t deadline_ns) {
  for (; h->condemned.n; store_relaxed(&h->condemned.n, h->condemned.n - 1))
    if (free_in_block(h, h->condemned.v[h->condemned.n - 1], deadline_ns)) return true;
  return false;
}

/* False: there is nothing to do, or somebody else is at it. */
static bool free_some(RpThread *th, uint64_t ns, PauseKind kind) {
  Heap *h = th->ctx->heap;
  if (!load_relaxed(&h->condemned.n) || pthread_mutex_trylock(&h->job)) return false;
  PauseStart start = pause_begin(th);
  heap_free_condemned(h, ns == UINT64_MAX ? ns : heap_clock_ns() + ns);
  pthread_mutex_unlock(&h->job);
  pause_end(th, kind, start);
  return true;
}

/* -- Sweeping ------------------------------------------------------------------------------------------------------------------------------- */

#define SWEEP_AHEAD 4 /* blocks whose headers are asked for: what was allocated since the last time has driven them out of the first caches */

ALWAYS_INLINE void prefetch_header(const Block *b) {
  __builtin_prefetch(b, 1);
  __builtin_prefetch(&b->mark[0]);
  __builtin_prefetch(&b->alloc[0], 1);
}

/* Blocks that were not used in this round come last: they will be taken first, and so there are no more in use than a round needs. */
static void put_left_last(HeapThread *ht) {
  BlockList *l = &ht->young;
  uint32_t n = l->n, left = ht->n_left < n ? ht->n_left : n;
  if (!left) return;
  for (uint32_t k = 0; k < left; k++)
    if (!list_push_block(l, l->v[k])) return l->n = n, (void)0;
  memmove(l->v, l->v + left, n * sizeof *l->v);
  l->n = n;
}

/* Blocks with room stay with their thread: its core has them in its cache. What is left in `young` has dead with free_. */
static void sweep_blocks(Heap *h, RpThread *th) {
  HeapThread *ht = th->heap_th;
  heap_close_runs(th);
  put_left_last(ht);
  uint32_t n = ht->young.n, waiting = 0;
  size_t kept = 0, dead = 0;
  for (uint32_t k = 0; k < n; k++) { /* what was written last, and is in the caches, is taken first */
    Block *b = ht->young.v[k];
    if (k + SWEEP_AHEAD < n) prefetch_header(ht->young.v[k + SWEEP_AHEAD]);
    size_t bytes = (size_t)b->n_units << UNIT_SHIFT;
    store_relaxed(&b->born, 0);
    if (has_dead_with_free(b)) {
      ht->young.v[waiting++] = b;
      continue;
    }
    b->epoch = 0;
    if (!heap_sweep_block(h, b, &dead)) {
      if (b->holds) continue; /* unused until the next time, when it is swept again */
      if (b->cls != CLASS_LARGE && heap_room(b) < N_ROOMS) heap_young_recycle(ht, b);
    } else if (b->cls != CLASS_LARGE && kept + bytes <= h->keep_empty) {
      kept += bytes;
      heap_young_recycle(ht, b);
    } else {
      b->next = ht->emptied;
      ht->emptied = b;
    }
  }
  ht->young.n = waiting;
  ht->swept_dead = dead;
}

/* The blocks of a thread are swept by itself, if it stands at a poll and has nothing else to do, or by whoever made the stop: by who comes first. */
static bool sweep_thread(Heap *h, RpThread *th) {
  HeapThread *ht = th->heap_th;
  uint32_t due = SWEEP_DUE;
  if (atomic_load_explicit(&ht->sweep, memory_order_relaxed) != SWEEP_DUE || !atomic_compare_exchange_strong(&ht->sweep, &due, SWEEP_TAKEN)) return false;
  sweep_blocks(h, th);
  if (atomic_exchange(&ht->sweep, SWEEP_NONE) == SWEEP_AWAITED) futex_wake(&ht->sweep, 1);
  return true;
}
void heap_young_sweep_own(RpThread *th) { sweep_thread(th->ctx->heap, th); }

#define SWEEP_SPINS 1000 /* some times as long as it takes */

/* Until th has swept, which it has begun. */
static void await_sweep(HeapThread *ht) {
  for (uint32_t i = 0; i < SWEEP_SPINS && atomic_load_explicit(&ht->sweep, memory_order_relaxed) != SWEEP_NONE; i++) cpu_relax();
  uint32_t taken = SWEEP_TAKEN;
  atomic_compare_exchange_strong(&ht->sweep, &taken, SWEEP_AWAITED);
  while (atomic_load(&ht->sweep) != SWEEP_NONE) futex_wait(&ht->sweep, SWEEP_AWAITED, -1);
}

/* What concerns the whole heap, once all are done. */
static void finish_sweep(Heap *h, HeapThread *ht) {
  h->swept_dead += ht->swept_dead;
  for (Block *b; (b = ht->emptied) != NULL;) {
    ht->emptied = b->next;
    heap_drop_block(h, b);
  }
  for (uint32_t k = 0; k < ht->young.n; k++) { /* it waits, unused, to be swept again by the next one */
    size_t dead = 0;
    condemn(h, ht->young.v[k]);
    heap_sweep_block(h, ht->young.v[k], &dead);
    h->swept_dead += dead;
  }
}

static void sweep_young(Heap *h, RpThread *self) {
  uint32_t n = 0;
  h->swept_dead = 0;
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    HeapThread *ht = t->heap_th;
    ht->n_stood = t->standing < STANDS_HOLDING ? 0 : ht->n_stood < STOOD_LONG ? ht->n_stood + 1 : STOOD_LONG;
    ht->gives_up = ht->n_stood == STOOD_LONG && (ht->young.n || ht->has_recycled);
    n += ht->young.n && !ht->gives_up;
  }
  h->n_eden = n ? n : 1;
  h->keep_empty = KEEP_EMPTY / h->n_eden;
  for (RpThread *t = h->ctx->threads; t; t = t->next) atomic_store(&t->heap_th->sweep, SWEEP_DUE);
  sweep_thread(h, self);
  for (RpThread *t = h->ctx->threads; t; t = t->next) sweep_thread(h, t);
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    await_sweep(t->heap_th);
    finish_sweep(h, t->heap_th);
    if (t->heap_th->gives_up) give_up_recycled(h, t->heap_th, GIVE_UP_MOST);
  }
}

/* -- All of it ------------------------------------------------------------------------------------------------------------------------------- */

/* What was promoted counts towards the next cycle, what was freed does not. */
static void account(Heap *h, const Tracer *tr) {
  for (RpThread *t = h->ctx->threads; t; t = t->next) heap_count_allocated(h, t->heap_th);
  size_t now = load_relaxed((size_t *)&h->allocated), fresh = now - h->young_from, promoted = tr->n_bytes < fresh ? tr->n_bytes : fresh;
  atomic_fetch_sub_explicit(&h->allocated, fresh - promoted, memory_order_relaxed);
  h->allocated_before += fresh - promoted;
  h->freed_total += h->swept_dead;
  h->young_from += promoted;
  h->young_external = load_relaxed((size_t *)&h->external);
  heap_count(&h->young_promoted, promoted);
  if (promoted * 100 / (fresh + 1) < SURVIVORS_MANY) h->n_bad_young = 0;
  else h->n_bad_young++;
  set_due(h, h->condemned.n ? FREE_STEP : eden_bytes(h));
  for (RpThread *t = h->ctx->threads; t; t = t->next) heap_count_next(h, t->heap_th, false);
}

/* Marks are half set: a whole cycle begins with clearing them. It comes when it is due: what lives now will not be dead a moment later. */
static void give_up(Heap *h) {
  h->log_lost = true;
  atomic_store(&h->mark_overflow, false);
  heap_count(&h->n_young_failed, 1);
  store_relaxed(&h->young_due, SIZE_MAX);
}

/* All that lives is old: as long as a thread does not go on, its stack holds nothing young. But for what is held, if anything is: several may hold the same. */
static void all_stand(Heap *h) {
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    bool found = t->standing == STANDS_LOOKED || t->standing == STANDS_HOLDING;
    t->standing = found && h->n_held && RP_GC_ABLATE != ABLATE_HELD_STANDS ? STANDS_HOLDING : STANDS_OLD;
  }
}

#define KEEP_STACK 4096 /* words */

static void keep_stack(Heap *h, Tracer *tr) {
  if (tr->cap > KEEP_STACK) tracer_free(tr), tr->stack = NULL, tr->cap = 0;
  h->young_stack = tr->stack;
  h->cap_young_stack = tr->cap;
}

/* In the stop. */
static NOINLINE void collect(Heap *h, RpThread *self, MarkLimit limit) {
  Tracer tr;
  tracer_init(&tr, h);
  tr.alone = tr.only_young = tr.past_standing = true;
  tr.stack = h->young_stack;
  tr.cap = h->cap_young_stack;
  bool ok = mark_young(h, self, &tr, &limit);
  keep_stack(h, &tr);
  if (!ok) {
    give_up(h);
    return;
  }
  if (heap_wants_verify(h)) heap_verify_marked(h, true);
  sweep_young(h, self);
  if (heap_wants_verify(h)) heap_verify_young_swept(h);
  all_stand(h);
  held_stay_young(h);
  for (RpThread *t = h->ctx->threads; t; t = t->next) t->heap_th->n_left = t->heap_th->young.n;
  if (heap_wants_verify(h)) heap_verify_held(h);
  account(h, &tr);
  if (h->ctx->opt.stress & STRESS_GC_VERIFY) heap_verify_stopped(h);
}

static bool possible(Heap *h) {
  return !h->young_off && !load_relaxed(&h->log_lost) && h->n_bad_young < BAD_MAX && !h->disabled && atomic_load(&h->state) == CYCLE_IDLE &&
         !atomic_load(&h->closing) && !load_relaxed(&h->condemned.n);
}

typedef enum Outcome { TRIED, IMPOSSIBLE, LATE } Outcome;

/* Who is late has mostly lost the processor: to wait means to sleep, and gives it ours. Two threads that allocate as fast as they can make 8 MB, for which a whole cycle is begun,
** in half a millisecond. */
static uint64_t rendezvous_ns(Heap *h) {
  uint32_t late = load_relaxed(&h->n_late_young);
  return heap_has_edges(h) ? RENDEZVOUS_NS : (uint64_t)RENDEZVOUS_NS << LATE_WAIT_SHIFT * (late < LATE_WAITS_MAX ? late : LATE_WAITS_MAX);
}

/* Whoever asks first stops the others; who asks meanwhile has waited for it. */
static NOINLINE Outcome stop_and_collect(RpThread *th, uint64_t budget_ns, PauseKind kind) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting || th->heap_th->at_cycle || !possible(h) || cycle_compiler_runs(th->ctx, th)) return IMPOSSIBLE;
  if (atomic_load(&h->collecting)) return heap_poll_gc(th), TRIED;
  atomic_fetch_add(&h->hold, 1); /* no cycle begins */
  bool asked = heap_stop_ask(th->ctx, th, true), tried = false;
  PauseStart start = heap_has_edges(h) ? pause_begin(th) : pause_begin_brief(th);
  if (asked) {
    heap_publish_stack(th);
    heap_look_through_stack(th);
  }
  bool stopped = asked && heap_stop_await(th->ctx, th, rendezvous_ns(h));
  if (stopped) {
    store_relaxed(&h->n_late_young, 0);
    tried = possible(h);
    if (tried) collect(h, th, (MarkLimit){budget_ns, start.cpu_ns});
    heap_resume(th->ctx, th);
  }
  th->standing = STANDS_NOT;
  atomic_fetch_sub(&h->hold, 1);
  bool other = !stopped && atomic_load(&h->collecting); /* the threads share what is due: they often come at once */
  if (other) pause_cancel(th), heap_poll_gc(th);
  else pause_end(th, stopped ? kind : PAUSE_young_late, start);
  return tried || other ? TRIED : stopped ? IMPOSSIBLE : LATE;
}

/* Some thread is in a long operation, or has lost the processor: the next attempt is made later each time. */
static void put_off(Heap *h) {
  uint32_t n = load_relaxed(&h->n_late_young);
  set_due(h, EDEN_BYTES / 4 << (n < LATE_SHIFT_MAX ? n : LATE_SHIFT_MAX));
  store_relaxed(&h->n_late_young, n + 1);
}

static size_t fresh_cells(Heap *h) { return load_relaxed((size_t *)&h->allocated) - load_relaxed(&h->young_from); }
static size_t fresh_external(Heap *h) {
  size_t now = load_relaxed((size_t *)&h->external);
  if (now < load_relaxed(&h->young_external)) store_relaxed(&h->young_external, now); /* it is freed after the collection */
  return now - load_relaxed(&h->young_external);
}

bool heap_young_external_due(Heap *h) {
  return load_relaxed(&h->condemned.n) || (fresh_external(h) / EXTERNAL_SHARE >= eden_bytes(h) && possible(h));
}

void heap_young_in_frame(RpThread *th) {
  Heap *h = th->ctx->heap;
  bool frames = heap_has_edges(h);
  size_t cells = fresh_cells(h), fresh = cells + fresh_external(h) / EXTERNAL_SHARE, least = frames ? EDEN_BYTES_FRAME : eden_bytes(h);
  if (free_some(th, FREE_NS, PAUSE_free)) {
    set_due(h, load_relaxed(&h->condemned.n) || fresh >= least ? FREE_STEP : least - fresh);
  } else if (frames && fresh < EDEN_BYTES_FRAME) {
    set_due(h, EDEN_BYTES_FRAME - fresh);
  } else if (cells > (frames ? TOO_MUCH_FRAME : TOO_MUCH)) { /* it gathered while a cycle ended: the next cycle is as good */
    store_relaxed(&h->young_due, SIZE_MAX);
  } else {
    switch (stop_and_collect(th, frames ? MARK_IN_FRAME_NS : MARK_ELSEWHERE_NS, PAUSE_young)) {
    case TRIED: break;
    case IMPOSSIBLE: set_due(h, EDEN_BYTES / 4); break;
    case LATE: put_off(h);
    }
  }
}

/* Else a cycle that takes long, as beside threads that leave the collector's none of the processor, is followed by the next, and there would be no more young ones. */
bool heap_young_instead(RpThread *th) {
  Heap *h = th->ctx->heap;
  size_t cells = fresh_cells(h);
  return cells >= eden_bytes(h) && cells <= TOO_MUCH && !heap_has_edges(h) && possible(h) && stop_and_collect(th, MARK_ELSEWHERE_NS, PAUSE_young) == TRIED &&
         heap_pressure(h) < 100;
}

bool heap_young_now(RpThread *th) {
  free_some(th, UINT64_MAX, PAUSE_free);
  return stop_and_collect(th, UINT64_MAX, PAUSE_young) == TRIED;
}

void heap_young_at_edge(RpThread *th, int64_t slack_ns) {
  Heap *h = th->ctx->heap;
  free_some(th, FREE_EDGE_NS, PAUSE_edge);
  if (fresh_cells(h) + fresh_external(h) >= (slack_ns < EDGE_NS ? EDEN_BYTES_LATE : EDEN_BYTES_EDGE)) stop_and_collect(th, MARK_ELSEWHERE_NS, PAUSE_young_edge);
}
