/* collect.c: stopping the threads of a context; roots; what happens to the dead; collections on demand; walks of the heap.
** The order of events for the dead is PEP 442's: weak references to them are cleared, then callbacks of the references that live are
** queued, then those with a __del__ are revived and queued; both run later (finalize.c). What a __del__ leaves behind dies next time. */
#include "runtime/heap_impl.h"
#include "runtime/frame.h"
#include "runtime/futex.h"
#include "runtime/shape.h"
#include "runtime/weakref.h"

#include <time.h>

uint64_t heap_clock_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* -- Stopping ------------------------------------------------------------------------------------------------------------------------- */

/* In stops each call of the kernel counts: nobody is woken who does not sleep. The state was written before; who is about to sleep says so before its last look at that. */
void heap_note_safe(RpContext *ctx) {
  Heap *h = ctx->heap;
  if (!atomic_load(&h->awaits_safe)) return;
  atomic_fetch_add(&h->stopped, 1);
  futex_wake(&h->stopped, 1);
}

static void await_end_of_stop(Heap *h) {
  for (uint32_t busy; (busy = atomic_load(&h->collecting)) != 0;)
    if (busy == COLLECTING_AWAITED || atomic_compare_exchange_strong(&h->collecting, &busy, COLLECTING_AWAITED)) futex_wait(&h->collecting, COLLECTING_AWAITED, -1);
}
static void end_stop(Heap *h, RpThread *self) {
  if (self) self->heap_th->collecting = false;
  store_relaxed(&h->stop_is_young, false);
  if (atomic_exchange(&h->collecting, 0) == COLLECTING_AWAITED) futex_wake(&h->collecting, INT32_MAX);
}

/* So long a thread that allocates keeps its processor: most young collections are over by then, and sleeping and waking take as long again. What the others
** do not use is free for the collector's threads and the compiler's. */
#define SPIN_NS 100000
#define SPINS_PER_LOOK 16 /* at the clock */

static bool spun_enough(uint32_t spins, uint64_t *until_ns, uint64_t deadline_ns) {
  cpu_relax();
  if (spins % SPINS_PER_LOOK) return false;
  uint64_t now = heap_clock_ns();
  if (!spins) *until_ns = now + SPIN_NS < deadline_ns ? now + SPIN_NS : deadline_ns;
  return now >= *until_ns;
}

static void stand_still(Heap *h, RpThread *th) {
  bool kept = th->keeps_baton;
  th->keeps_baton = true; /* when stops come is no business of the scheduler's (sched.h) */
  uint64_t until, deadline = th->heap_th->young.n ? UINT64_MAX : 0;
  heap_publish_stack(th);
  if (load_relaxed(&h->stop_is_young)) heap_look_through_stack(th);
  thread_enter_safe(th);
  PauseStart start = heap_has_edges(h) ? pause_begin(th) : pause_begin_brief(th);
  for (uint32_t i = 0; atomic_load_explicit(&h->collecting, memory_order_relaxed) && !spun_enough(i, &until, deadline); i++) heap_young_help(th);
  await_end_of_stop(h);
  thread_leave_safe(th);
  pause_end(th, PAUSE_stop, start);
  th->keeps_baton = kept;
}

/* Each takes the bit back itself: whoever stops the others need not touch its line again. True: the next stop has begun, and the bit may have been its. */
static bool forget_stop(Heap *h, RpThread *th) {
  if (!(atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_GC)) return false;
  atomic_fetch_and(&th->poll, ~(uint32_t)POLL_GC);
  if (!atomic_load(&h->collecting)) return false;
  atomic_fetch_or(&th->poll, POLL_GC);
  return true;
}

void heap_poll_gc(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting) return;
  cycle_handshake_ack(th);
  if (atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_CLOSE) cycle_close_poll(th);
  while (atomic_load(&h->collecting) || forget_stop(h, th)) stand_still(h, th);
}

/* One thread at a time may stop the others. False: somebody else did meanwhile, and waited for. */
static bool stop_begin(RpContext *ctx, RpThread *self) {
  uint32_t idle = 0;
  if (!atomic_compare_exchange_strong(&ctx->heap->collecting, &idle, 1)) {
    if (self) heap_poll_gc(self);
    else await_end_of_stop(ctx->heap);
    return false;
  }
  return true;
}

void heap_lock_threads(RpContext *ctx, RpThread *self) {
  if (pthread_mutex_trylock(&ctx->thread_lock) == 0) return;
  bool kept = self && self->keeps_baton;
  if (self) self->keeps_baton = true;
  if (self) thread_enter_safe(self);
  pthread_mutex_lock(&ctx->thread_lock);
  if (self) thread_leave_safe(self); /* nobody takes threads without the lock */
  if (self) self->keeps_baton = kept;
}

/* The state of t becomes BUSY_BY_GC; false: it still runs at deadline_ns. */
static bool take_thread(Heap *h, RpThread *t, uint64_t deadline_ns) {
  uint64_t until;
  for (uint32_t tries = 0; atomic_load_explicit(&t->state, memory_order_relaxed) != TH_SAFE && !spun_enough(tries, &until, deadline_ns); tries++) {}
  bool taken, waits = false;
  for (;;) {
    uint32_t seen = atomic_load(&h->stopped);
    int safe = TH_SAFE;
    if ((taken = atomic_compare_exchange_strong(&t->state, &safe, TH_BUSY_BY_GC))) {
      heap_prefetch_thread(t->heap_th);
      break;
    }
    uint64_t now = deadline_ns == UINT64_MAX ? 0 : heap_clock_ns();
    if (deadline_ns != UINT64_MAX && now >= deadline_ns) break;
    if (!waits) waits = true, atomic_store(&h->awaits_safe, true); /* and look again */
    else futex_wait(&h->stopped, seen, deadline_ns - now < 1000000 ? (int64_t)(deadline_ns - now) : 1000000);
  }
  if (waits) atomic_store(&h->awaits_safe, false);
  return taken;
}

/* For both, `collecting` and thread_lock are held. */
static void ask_threads(RpContext *ctx, RpThread *self) {
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (t != self) atomic_fetch_or(&t->poll, POLL_GC);
}
static bool take_threads(RpContext *ctx, RpThread *self, uint64_t deadline_ns) {
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (t != self && (RP_GC_ABLATE != ABLATE_RENDEZVOUS || deadline_ns == UINT64_MAX) && !take_thread(ctx->heap, t, deadline_ns)) return false;
  return true;
}

/* Those that were taken go on. */
void heap_resume(RpContext *ctx, RpThread *self) {
  Heap *h = ctx->heap;
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (t == self) continue;
    int s = atomic_load(&t->state);
    if (s == TH_BUSY_BY_GC || s == TH_AWAITED) thread_give_back(t); /* not who was not there in time */
  }
  pthread_mutex_unlock(&ctx->thread_lock);
  end_stop(h, self);
}

bool heap_stop_ask(RpContext *ctx, RpThread *self, bool young) {
  Heap *h = ctx->heap;
  uint32_t idle = 0;
  if (!atomic_compare_exchange_strong(&h->collecting, &idle, 1)) return false;
  if (self) self->heap_th->collecting = true;
  if (pthread_mutex_trylock(&ctx->thread_lock)) return end_stop(h, self), false; /* no thread comes or goes until heap_resume */
  store_relaxed(&h->stop_is_young, young);
  ask_threads(ctx, self);
  return true;
}
bool heap_stop_await(RpContext *ctx, RpThread *self, uint64_t wait_ns) {
  if (take_threads(ctx, self, heap_clock_ns() + wait_ns)) return true;
  heap_resume(ctx, self);
  return false;
}
bool heap_stop_soon(RpContext *ctx, RpThread *self, uint64_t wait_ns) {
  if (wait_ns == UINT64_MAX) return heap_stop(ctx, self), true;
  return heap_stop_ask(ctx, self, false) && heap_stop_await(ctx, self, wait_ns);
}

void heap_stop(RpContext *ctx, RpThread *self) {
  while (!stop_begin(ctx, self)) {}
  if (self) self->heap_th->collecting = true;
  heap_lock_threads(ctx, self);
  ask_threads(ctx, self);
  take_threads(ctx, self, UINT64_MAX);
}

/* -- Roots ------------------------------------------------------------------------------------------------------------------------------ */

/* The VM stack, newest frame first, without temporaries that are not wanted any more: what has been dropped is not kept alive by the
** register that it was computed in. Generators' registers are in the heap, compiled functions' on the C stack. */
static void trace_vm_stack(Tracer *tr, RpThread *t) {
  Value *end = t->vm_top;
  for (Frame *f = t->frame; f; f = f->prev) {
    if (f->regs < t->vm_base || f->regs >= end) continue;
    trace_conservative(tr, f->regs + f->code->const_reg, end);
    end = f->regs + f->code->tops[frame_pc(f) - f->code->instrs];
  }
  trace_conservative(tr, t->vm_base, end);
}

/* The stopping thread's stack was published like that of a SAFE one, before the collector's own frames with their stale words. */
static void trace_thread(Tracer *tr, RpThread *t) {
  Value own[] = {t->pending, t->handled, t->repr_guard, t->thread_locals, t->context_vars, t->async_hooks, t->sentinel};
  for (size_t i = 0; i < countof(own); i++) trace_conservative(tr, &own[i], &own[i] + 1);
  trace_vm_stack(tr, t);
  for (Frame *f = t->frame; f; f = f->prev)
    if (f->flags & FRAME_GENERATOR) { /* runs: its registers change without barrier */
      trace_ref(tr, f->gen);
      gen_trace_registers(tr, f->gen);
    }
  if (t->safe_sp) {
    trace_conservative(tr, t->safe_regs, t->safe_regs + N_SAVED_REGS);
    trace_conservative(tr, t->safe_sp, t->stack_base);
  }
}

#define LOOK_THROUGH_BYTES ((size_t)16 << 10) /* of both stacks, at most */

void heap_look_through_stack(RpThread *self) {
  HeapThread *ht = self->heap_th;
  if ((size_t)(self->stack_base - self->safe_sp) + (size_t)((char *)self->vm_top - (char *)self->vm_base) > LOOK_THROUGH_BYTES) return;
  if (RP_GC_ABLATE != ABLATE_ALL_RUNS || ht->collecting) heap_publish_runs(self);
  Tracer tr = {.heap = self->ctx->heap, .only_young = true, .ahead = true, .stack = ht->stack_words, .cap = ht->cap_stack_words};
  trace_thread(&tr, self);
  ht->stack_words = tr.stack;
  ht->cap_stack_words = (uint32_t)tr.cap;
  ht->n_stack_words = (uint32_t)tr.n;
  self->standing = tr.failed ? STANDS_NOT : STANDS_LOOKED;
}

void heap_trace_roots(Tracer *tr) {
  Heap *h = tr->heap;
  RpContext *ctx = h->ctx;
  context_trace(ctx, tr);
  for (uint32_t i = 0; i < h->n_roots; i++) h->roots[i].fn(tr, h->roots[i].data);
  finalize_trace(tr);
  weakref_trace_due(ctx, tr);
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (!tr->past_standing || t->standing == STANDS_NOT || (t->standing == STANDS_LOOKED && tr->visit)) trace_thread(tr, t);
}

/* -- The dead ---------------------------------------------------------------------------------------------------------------------------- */

#define WORK_PER_LOOK 64 /* at the clock: blocks, and dead objects in them */

typedef void (*DeadFn)(Heap *h, Block *b, uint32_t cell, Object *o);

/* How many there were. */
static uint32_t each_dead(Heap *h, Block *b, DeadFn fn) {
  uint32_t n = 0;
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
    for (uint64_t bits = heap_dead_fin_word(b, w); bits; bits &= bits - 1, n++) {
      uint32_t cell = w * 64 + (uint32_t)__builtin_ctzll(bits);
      fn(h, b, cell, block_cell(b, cell));
    }
  return n;
}

/* True: there is more to do. */
static bool walk_dead(Heap *h, const BlockList *blocks, uint32_t *at, DeadFn fn, uint64_t deadline_ns) {
  for (uint32_t work = 0; *at < blocks->n;) {
    Block *b = blocks->v[(*at)++];
    work += 1 + (atomic_load_explicit(&b->has_fin, memory_order_relaxed) ? each_dead(h, b, fn) : 0);
    if (work < WORK_PER_LOOK) continue;
    if (heap_clock_ns() >= deadline_ns) return true;
    work = 0;
  }
  return false;
}

/* They are marked only when all are found: a dead one may be reached from another. */
static void find_one(Heap *h, Block *b, uint32_t cell, Object *o) {
  (void)b, (void)cell;
  if (o->kind == K_TYPE) h->classes_died = true;
  if (o->kind == K_FREE || (o->flags & OBJ_FINALIZED) || !obj_shape(o)->type->slots.finalize_py) return;
  if (finalize_add(h, o)) return;
  mark_object(h, o); /* no memory to remember it: it lives until the next cycle, and what it refers to, by the recovery of mark.c */
  atomic_store(&h->mark_overflow, true);
}
bool heap_find_finalizable(Heap *h, const BlockList *blocks, uint32_t *at, uint64_t deadline_ns) {
  if (*at == 0) h->classes_died = false;
  return walk_dead(h, blocks, at, find_one, deadline_ns);
}

/* When all that is revived is marked. */
static void forget_one(Heap *h, Block *b, uint32_t cell, Object *o) {
  (void)h, (void)b, (void)cell;
  if (o->kind == K_TYPE) type_died((Type *)o);
}
bool heap_forget_classes(Heap *h, const BlockList *blocks, uint32_t *at, uint64_t deadline_ns) {
  return h->classes_died && RP_GC_ABLATE != ABLATE_CLASSES && walk_dead(h, blocks, at, forget_one, deadline_ns);
}

bool heap_free_object(Heap *h, Object *o, bool shapes) {
  if (o->kind == K_FREE || o->kind == K_TYPE || (o->kind == K_SHAPE) != shapes) return false;
  const Type *t = obj_shape(o)->type;
  if (t->slots.free_) t->slots.free_(h->ctx, o);
  return true;
}

/* free_ once only: a context that ends before the block is swept frees what has the bit. */
static void free_one(Heap *h, Block *b, uint32_t cell, Object *o, bool shapes) {
  if (heap_free_object(h, o, shapes)) atomic_fetch_and_explicit(&b->fin[cell >> 6], ~(1ull << (cell & 63)), memory_order_relaxed);
}
static void free_other(Heap *h, Block *b, uint32_t cell, Object *o) { free_one(h, b, cell, o, false); }
static void free_shape(Heap *h, Block *b, uint32_t cell, Object *o) { free_one(h, b, cell, o, true); }
bool heap_free_dead(Heap *h, const BlockList *blocks, uint32_t *at, bool shapes, uint64_t deadline_ns) {
  return walk_dead(h, blocks, at, shapes ? free_shape : free_other, deadline_ns);
}

static void scribble(Block *b, uint32_t w, uint64_t dead) {
  for (; dead; dead &= dead - 1) {
    Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(dead));
    memset(o, 0xac, b->cell_size ? b->cell_size : (size_t)b->n_units << UNIT_SHIFT);
    o->kind = K_FREE;
    o->shape_id = 0;
  }
}

/* has_fin again, of a block whose live objects may be given fin bits meanwhile. */
static void look_for_fin(Block *b) {
  atomic_store(&b->has_fin, false);
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
    if (atomic_load(&b->fin[w])) {
      atomic_store(&b->has_fin, true);
      return;
    }
}

/* __builtin_popcountll; most words are all dead or all alive. */
ALWAYS_INLINE uint32_t count_bits(uint64_t bits) { return !bits ? 0 : !~bits ? 64 : (uint32_t)__builtin_popcountll(bits); }

/* Nothing in the block has anything to do when it dies: how many live. */
static uint32_t sweep_plain(Block *b, size_t *dead) {
  uint32_t had = 0, n = 0;
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++) {
    uint64_t cells = atomic_load_explicit(&b->alloc[w], memory_order_relaxed), live = cells & atomic_load_explicit(&b->mark[w], memory_order_relaxed);
    had += count_bits(cells);
    n += count_bits(live);
    atomic_store_explicit(&b->alloc[w], live, memory_order_relaxed);
  }
  *dead += had - n;
  return n;
}

static uint32_t sweep_cells(Heap *h, Block *b, size_t *dead) {
  bool scrib = h->ctx->opt.stress & STRESS_SCRIBBLE, quarantine = h->ctx->opt.stress & STRESS_QUARANTINE;
  uint32_t n = 0;
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++) {
    uint64_t bits = heap_dead_word(b, w), live = atomic_load_explicit(&b->alloc[w], memory_order_relaxed) & ~bits;
    n += count_bits(live);
    *dead += count_bits(bits);
    if (atomic_load_explicit(&b->fin[w], memory_order_relaxed) & ~live) atomic_fetch_and_explicit(&b->fin[w], live, memory_order_relaxed);
    if (scrib && bits) scribble(b, w, bits);
    if (quarantine) n += bits != 0; /* never handed out again */
    else atomic_store_explicit(&b->alloc[w], live, memory_order_relaxed);
  }
  return n;
}

bool heap_sweep_block(Heap *h, Block *b, size_t *dead) {
  bool has_fin = atomic_load_explicit(&b->has_fin, memory_order_relaxed);
  if (likely(!has_fin && !(h->ctx->opt.stress & (STRESS_SCRIBBLE | STRESS_QUARANTINE)))) {
    b->n_live = sweep_plain(b, dead);
  } else {
    b->n_live = sweep_cells(h, b, dead);
    if (has_fin) look_for_fin(b);
  }
  return b->n_live == 0;
}

/* -- Records --------------------------------------------------------------------------------------------------------------------------- */

/* After the sweep: what the next cycle goes by. */
void heap_finish_cycle(Heap *h, const char *why) {
  GcEvent *e = &h->event;
  store_relaxed(&h->live_bytes, h->swept_live);
  h->freed_objects = h->swept_dead;
  store_relaxed(&h->freed_total, h->freed_total + h->swept_dead);
  store_relaxed(&h->external_mark, load_relaxed((size_t *)&h->external));
  heap_set_trigger(h);
  e->bytes_after = h->live_bytes;
  h->events[h->n_collections % N_GC_EVENTS] = *e;
  store_relaxed(&h->n_collections, h->n_collections + 1);
  if (h->ctx->opt.trace & TRACE_GC)
    fprintf(stderr, "gc: #%u %s: %zu KB -> %zu KB in %u blocks, %zu objects freed, %u steps to close; mark %u sweep %u worst stop %u us\n",
            (unsigned)h->cycle, why, e->bytes_before >> 10, e->bytes_after >> 10, h->blocks.n, h->freed_objects,
            h->n_close + 1, e->mark_ns / 1000, e->census_ns / 1000, e->pause_ns / 1000);
}

/* -- Collections on demand ------------------------------------------------------------------------------------------------------------- */

void heap_stop_idle(RpContext *ctx, RpThread *self) {
  Heap *h = ctx->heap;
  atomic_fetch_add(&h->hold, 1);
  for (;;) {
    cycle_finish(h, self);
    heap_stop(ctx, self);
    if (atomic_load(&h->state) == CYCLE_IDLE) return;
    heap_resume(ctx, self); /* one was begun just before */
  }
}
void heap_resume_idle(RpContext *ctx, RpThread *self) {
  heap_resume(ctx, self);
  atomic_fetch_sub(&ctx->heap->hold, 1);
}

size_t heap_collect_full(RpThread *th, const char *why) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting || th->heap_th->at_cycle) return 0;
  uint32_t before = h->cycle;
  PauseStart start = pause_begin(th);
  uint64_t t0 = heap_clock_ns();
  heap_stop_idle(th->ctx, th);
  if (why[0] == 'p' && h->cycle != before) { /* another thread's collection made this one needless */
    heap_resume_idle(th->ctx, th);
    pause_end(th, PAUSE_collect, start);
    return 0;
  }
  h->event = (GcEvent){.start_ns = t0, .bytes_before = h->live_bytes + load_relaxed((size_t *)&h->allocated)};
  heap_publish_stack(th);
  uint64_t cpu = pause_cpu_ns();
  store_relaxed(&h->cycle_began_ns, t0);
  cycle_all(h, th);
  store_relaxed(&h->cycle_cpu_ns, pause_cpu_ns() - cpu);
  h->event.pause_ns = (uint32_t)(heap_clock_ns() - t0);
  heap_finish_cycle(h, why);
  size_t freed = h->freed_objects;
  if (finalize_pending(h)) atomic_fetch_or_explicit(&th->poll, POLL_FINALIZE, memory_order_relaxed);
  heap_resume_idle(th->ctx, th);
  pause_end(th, PAUSE_collect, start);
  return freed;
}

/* Nobody is stopped. */
static bool collect_beside(RpThread *th) {
  Heap *h = th->ctx->heap;
  PauseStart start = pause_begin(th);
  bool done = cycle_whole(h, th);
  pause_end(th, PAUSE_collect, start);
  if (done && finalize_pending(h)) atomic_fetch_or_explicit(&th->poll, POLL_FINALIZE, memory_order_relaxed);
  return done;
}

size_t heap_collect(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting || th->heap_th->at_cycle) return 0;
  bool alone = atomic_load(&th->ctx->n_threads) == 1 || h->stop_the_world || (th->ctx->opt.stress & STRESS_GC);
  if (!alone && collect_beside(th)) return load_relaxed(&h->freed_objects);
  return heap_collect_full(th, "asked");
}

/* -- Walks for the gc module ------------------------------------------------------------------------------------------------------------ */

void heap_each(RpThread *th, void (*fn)(Object *o, void *data), void *data) {
  RpContext *ctx = th->ctx;
  Heap *h = ctx->heap;
  heap_stop_idle(ctx, th);
  for (RpThread *t = ctx->threads; t; t = t->next) heap_publish_runs(t);
  heap_gather(h);
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->alloc[w]; bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if (o->kind != K_FREE) fn(o, data);
      }
  }
  heap_resume_idle(ctx, th);
}

typedef struct RefVisit { void (*fn)(Value v, void *data); void *data; } RefVisit;
static void visit_ref(Tracer *tr, Value v, void *data) {
  RefVisit *r = data;
  r->fn(v, r->data);
}
void heap_refs(RpContext *ctx, Object *o, void (*fn)(Value v, void *data), void *data) {
  RefVisit r = {fn, data};
  Tracer tr = {.heap = ctx->heap, .visit = visit_ref, .visit_data = &r, .immediates = true};
  trace_object(&tr, o);
}
