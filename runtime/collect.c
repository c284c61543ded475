/* collect.c: a full collection: stop the context's other threads by handshake, mark, weak tables, finalizers, census, go on.
** The order of events for the dead is PEP 442's: weak references to them are cleared, then callbacks of the references that live are
** queued, then those with a __del__ are revived and queued; both run later, at a poll. What a __del__ leaves behind dies next time. */
#include "runtime/heap_impl.h"
#include "runtime/error.h"
#include "runtime/futex.h"
#include "runtime/names.h"
#include "runtime/shape.h"
#include "runtime/weakref.h"

#include <time.h>

uint64_t heap_clock_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* -- Stopping ------------------------------------------------------------------------------------------------------------------------- */

void heap_note_safe(RpContext *ctx) {
  atomic_fetch_add(&ctx->heap->stopped, 1);
  futex_wake(&ctx->heap->stopped, 1);
}

void heap_poll_gc(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting) return;
  thread_enter_safe(th);
  uint32_t busy;
  while ((busy = atomic_load(&h->collecting)) != 0) futex_wait(&h->collecting, busy, -1);
  thread_leave_safe(th);
}

/* One thread at a time may stop the others. False: somebody else did meanwhile, and waited for. */
static bool stop_begin(RpContext *ctx, RpThread *self) {
  uint32_t idle = 0;
  if (!atomic_compare_exchange_strong(&ctx->heap->collecting, &idle, 1)) {
    if (self) heap_poll_gc(self);
    else futex_wait(&ctx->heap->collecting, 1, -1);
    return false;
  }
  return true;
}

void heap_stop(RpContext *ctx, RpThread *self) {
  Heap *h = ctx->heap;
  while (!stop_begin(ctx, self)) {}
  if (self) self->heap_th->collecting = true;
  pthread_mutex_lock(&ctx->thread_lock); /* no thread comes or goes until heap_resume */
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (t != self) atomic_fetch_or(&t->poll, POLL_GC);
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (t == self) continue;
    for (int tries = 0;; tries++) {
      uint32_t seen = atomic_load(&h->stopped);
      int safe = TH_SAFE;
      if (atomic_compare_exchange_strong(&t->state, &safe, TH_BUSY_BY_GC)) break;
      if (tries < 100) __builtin_ia32_pause();
      else futex_wait(&h->stopped, seen, 1000000);
    }
  }
}

void heap_resume(RpContext *ctx, RpThread *self) {
  Heap *h = ctx->heap;
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (t == self) continue;
    atomic_fetch_and(&t->poll, ~(uint32_t)POLL_GC);
    atomic_store(&t->state, TH_SAFE);
    futex_wake((_Atomic uint32_t *)&t->state, 1);
  }
  pthread_mutex_unlock(&ctx->thread_lock);
  if (self) self->heap_th->collecting = false;
  atomic_store(&h->collecting, 0);
  futex_wake(&h->collecting, INT32_MAX);
}

/* -- Roots ------------------------------------------------------------------------------------------------------------------------------ */

static NOINLINE void scan_own_stack(Tracer *tr, RpThread *self) {
  uint64_t regs[N_SAVED_REGS] = {0};
  char *sp = thread_spill_registers(regs);
  trace_conservative(tr, regs, regs + N_SAVED_REGS);
  trace_conservative(tr, sp, self->stack_base);
}

void heap_trace_thread(Tracer *tr, RpThread *t, RpThread *self) {
  Value own[] = {t->pending, t->handled, t->repr_guard, t->thread_locals, t->context_vars, t->async_hooks, t->native_result, t->sentinel};
  for (size_t i = 0; i < countof(own); i++) trace_conservative(tr, &own[i], &own[i] + 1);
  trace_conservative(tr, t->vm_base, t->vm_top);
  if (t == self) {
    scan_own_stack(tr, t);
  } else if (t->safe_sp) {
    trace_conservative(tr, t->safe_regs, t->safe_regs + N_SAVED_REGS);
    trace_conservative(tr, t->safe_sp, t->stack_base);
  }
}

static void trace_roots(Tracer *tr, RpThread *self) {
  Heap *h = tr->heap;
  RpContext *ctx = h->ctx;
  context_trace(ctx, tr);
  for (uint32_t i = 0; i < h->n_roots; i++) h->roots[i].fn(tr, h->roots[i].data);
  for (uint32_t i = h->next_finalize; i < h->n_finalize; i++) trace_ref(tr, h->finalize[i]);
  weakref_trace_due(ctx, tr);
  for (RpThread *t = ctx->threads; t; t = t->next) heap_trace_thread(tr, t, self);
}

/* -- The dead ---------------------------------------------------------------------------------------------------------------------------- */

/* Words of dead objects that have something to do. Only after marking. */
ALWAYS_INLINE uint64_t dead_fin_word(Heap *h, Block *b, uint32_t w) {
  if (b->mark_cycle != h->cycle) block_prepare(h, b);
  return b->fin[w] & b->newly[w] & ~b->mark[w];
}

static bool queue_finalizer(Heap *h, Object *o) {
  if (h->n_finalize == h->cap_finalize) {
    uint32_t cap = h->cap_finalize ? h->cap_finalize * 2 : 64;
    Object **v = realloc(h->finalize, cap * sizeof *v);
    if (!v) return false; /* it dies without its __del__: there is no memory to remember it */
    h->finalize = v;
    h->cap_finalize = cap;
  }
  h->finalize[h->n_finalize++] = o;
  return true;
}

static void revive_finalizable(Heap *h, Tracer *tr) {
  uint32_t first = h->n_finalize;
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    if (!b->has_fin) continue;
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = dead_fin_word(h, b, w); bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if (o->kind == K_FREE || (o->flags & OBJ_FINALIZED) || !obj_shape(o)->type->slots.finalize_py) continue;
        queue_finalizer(h, o);
      }
  }
  for (uint32_t i = first; i < h->n_finalize; i++) trace_ref(tr, h->finalize[i]);
  trace_drain(tr);
}

/* free_ of the dead; in a second round for shapes and types, through which the others are read. */
static void free_dead(Heap *h, bool shapes) {
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    if (!b->has_fin) continue;
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = dead_fin_word(h, b, w); bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if (o->kind == K_FREE) continue;
        if ((o->kind == K_SHAPE || o->kind == K_TYPE) != shapes) continue;
        const Type *t = obj_shape(o)->type;
        if (t->slots.free_) t->slots.free_(h->ctx, o);
      }
  }
}

static void scribble(Heap *h, Block *b, bool quarantine) {
  for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
    for (uint64_t bits = b->newly[w] & ~b->mark[w]; bits; bits &= bits - 1) {
      Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
      size_t n = b->cell_size ? b->cell_size : (size_t)b->n_units << UNIT_SHIFT;
      memset(o, 0xac, n);
      o->kind = K_FREE;
      o->shape_id = 0;
      if (quarantine) atomic_fetch_or_explicit(&b->mark[w], bits & -bits, memory_order_relaxed); /* never handed out again */
    }
}

/* Counts what lives, returns empty blocks, rebuilds the lists of blocks with room. */
static void census(Heap *h) {
  bool scrib = h->ctx->opt.stress & STRESS_SCRIBBLE, quarantine = h->ctx->opt.stress & STRESS_QUARANTINE;
  size_t live = 0, freed = 0;
  for (uint32_t c = 0; c < N_CLASSES; c++) h->avail[c].n = 0;
  for (uint32_t k = 0; k < h->blocks.n;) {
    Block *b = h->blocks.v[k];
    if (b->mark_cycle != h->cycle) block_prepare(h, b);
    uint32_t words = (b->n_cells + 63) / 64, n = 0, had = 0;
    uint64_t fin = 0;
    for (uint32_t w = 0; w < words; w++) {
      n += (uint32_t)__builtin_popcountll(b->mark[w]);
      had += (uint32_t)__builtin_popcountll(b->newly[w]);
      if (b->has_fin) fin |= b->fin[w] = b->fin[w] & b->mark[w];
    }
    b->has_fin = fin != 0;
    b->n_live = n;
    freed += had - n;
    if (scrib && had != n) scribble(h, b, quarantine);
    if (n == 0 && !(quarantine && had)) {
      atomic_fetch_sub_explicit(&h->block_bytes, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
      h->blocks.v[k] = h->blocks.v[--h->blocks.n];
      block_return(b);
      continue;
    }
    b->index = k++;
    live += (size_t)n * block_cell_bytes(b);
  }
  /* Well-filled blocks go to the end of the lists, from where they are taken. Nearly full ones are not worth taking at all. */
  for (int full = 0; full < 2; full++)
    for (uint32_t k = 0; k < h->blocks.n; k++) {
      Block *b = h->blocks.v[k];
      uint32_t room = b->n_cells - b->n_live;
      if (b->cls == CLASS_LARGE || room == 0 || room * 16 < b->n_cells) continue;
      if ((b->n_live * 2 > b->n_cells) == full) list_push_block(&h->avail[b->cls], b);
    }
  h->live_bytes = live;
  h->freed_objects = freed;
  h->freed_total += freed;
}

/* -- The cycle -------------------------------------------------------------------------------------------------------------------------- */

static void record(Heap *h, GcEvent e, const char *why, bool trace) {
  h->events[h->n_collections++ % N_GC_EVENTS] = e;
  h->pause_ns_total += e.pause_ns;
  if (e.pause_ns > h->pause_ns_max) h->pause_ns_max = e.pause_ns;
  int i = 0;
  while (i < N_PAUSE_BUCKETS - 1 && e.pause_ns >> i >= 1000) i++;
  h->pauses[i]++;
  if (trace)
    fprintf(stderr, "gc: #%u %s: %zu KB in %u blocks -> %zu KB, %zu objects freed, %u finalizers; stop %u mark %u census %u pause %u us\n",
            h->cycle, why, e.bytes_before >> 10, h->blocks.n, e.bytes_after >> 10, h->freed_objects, h->n_finalize - h->next_finalize, e.stop_ns / 1000,
            e.mark_ns / 1000, e.census_ns / 1000, e.pause_ns / 1000);
}

static NOINLINE void collect_stopped(RpThread *th, GcEvent *e) {
  RpContext *ctx = th->ctx;
  Heap *h = ctx->heap;
  uint64_t t0 = heap_clock_ns();
  for (RpThread *t = ctx->threads; t; t = t->next) heap_close_runs(t);
  h->cycle++;
  h->phase = 2 * h->cycle;
  Tracer tr;
  tracer_init(&tr, h);
  trace_roots(&tr, th);
  trace_drain(&tr);
  weakref_census(ctx);
  revive_finalizable(h, &tr);
  for (uint32_t i = 0; i < h->n_weak; i++) h->weak[i].fn(ctx, h->weak[i].data);
  tracer_free(&tr);
  uint64_t t1 = heap_clock_ns();
  free_dead(h, false);
  free_dead(h, true);
  census(h);
  h->phase = 2 * h->cycle + 1;
  h->allocated_before += load_relaxed((size_t *)&h->allocated);
  store_relaxed((size_t *)&h->allocated, 0);
  h->external_mark = load_relaxed((size_t *)&h->external);
  heap_set_trigger(h);
#ifdef RP_DEBUG
  /* The verifier costs as much as marking: in collections of small heaps always, of big ones at times. */
  if (h->live_bytes < (1 << 20) || h->cycle % 16 == 0) heap_verify_stopped(h);
#endif
  e->mark_ns = (uint32_t)(t1 - t0);
  e->census_ns = (uint32_t)(heap_clock_ns() - t1);
}

size_t heap_collect_full(RpThread *th, const char *why) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->collecting) return 0;
  uint32_t before = h->cycle;
  GcEvent e = {.start_ns = heap_clock_ns(), .bytes_before = h->live_bytes + load_relaxed((size_t *)&h->allocated)};
  heap_stop(th->ctx, th);
  if (why[0] == 'p' && h->cycle != before) { /* another thread's collection made this one needless */
    heap_resume(th->ctx, th);
    return 0;
  }
  e.stop_ns = (uint32_t)(heap_clock_ns() - e.start_ns);
  collect_stopped(th, &e);
  e.bytes_after = h->live_bytes;
  e.pause_ns = (uint32_t)(heap_clock_ns() - e.start_ns);
  record(h, e, why, th->ctx->opt.trace & TRACE_GC);
  size_t freed = h->freed_objects;
  if (h->n_finalize || weakref_callbacks_due(th->ctx)) atomic_fetch_or_explicit(&th->poll, POLL_FINALIZE, memory_order_relaxed);
  heap_resume(th->ctx, th);
  return freed;
}

size_t heap_collect(RpThread *th) { return heap_collect_full(th, "asked"); }

/* -- Finalizers ------------------------------------------------------------------------------------------------------------------------- */

/* The next object whose __del__ is due, or NULL. */
static Object *take_finalizer(Heap *h) {
  pthread_mutex_lock(&h->lock);
  Object *o = h->next_finalize < h->n_finalize ? h->finalize[h->next_finalize++] : NULL;
  if (!o) h->next_finalize = h->n_finalize = 0;
  pthread_mutex_unlock(&h->lock);
  return o;
}

void heap_finalize_object(RpThread *th, Object *o) {
  UnaryFn fn = type_of(value_object(o))->slots.finalize_py;
  if (!fn || (__atomic_fetch_or(&o->flags, OBJ_FINALIZED, __ATOMIC_RELAXED) & OBJ_FINALIZED)) return;
  if (fn(th, value_object(o)) != EMPTY || th->pending == EMPTY) return;
  /* As CPython: the function is named, not the object. */
  Value pending = error_take(th);
  Value method = type_lookup(th, type_of(value_object(o)), SLOT_NAME(__del__));
  error_clear(th);
  th->pending = pending;
  error_unraisable(th, method != EMPTY ? method : value_object(o));
}

void heap_finalize_due(RpThread *th) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->in_finalizers) return;
  th->heap_th->in_finalizers = true;
  volatile Value pending = th->pending; /* on the stack: a root */
  th->pending = EMPTY;
  weakref_run_callbacks(th);
  for (Object *o; (o = take_finalizer(h)) != NULL;) heap_finalize_object(th, o);
  th->pending = pending;
  th->heap_th->in_finalizers = false;
}

static void queue_if_due(Object *o, void *data) {
  Block *b = block_of_cell(o);
  uint32_t i = b->cell_size ? block_cell_index(b, (uintptr_t)o) : 0;
  if (!(b->fin[i >> 6] >> (i & 63) & 1) || (o->flags & OBJ_FINALIZED)) return;
  if (obj_shape(o)->type->slots.finalize_py) queue_finalizer(data, o);
}
void heap_finalize_all(RpThread *th) {
  heap_each(th, queue_if_due, th->ctx->heap);
  heap_finalize_due(th);
}

/* -- Walks for the gc module ------------------------------------------------------------------------------------------------------------ */

void heap_each(RpThread *th, void (*fn)(Object *o, void *data), void *data) {
  RpContext *ctx = th->ctx;
  Heap *h = ctx->heap;
  heap_stop(ctx, th);
  for (RpThread *t = ctx->threads; t; t = t->next) heap_publish_runs(t);
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = block_allocated_word(h, b, w); bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if (o->kind != K_FREE) fn(o, data);
      }
  }
  heap_resume(ctx, th);
}

typedef struct RefVisit { void (*fn)(Value v, void *data); void *data; } RefVisit;
static void visit_ref(Tracer *tr, Value v, void *data) {
  RefVisit *r = data;
  r->fn(v, r->data);
}
void heap_refs(RpContext *ctx, Object *o, void (*fn)(Value v, void *data), void *data) {
  RefVisit r = {fn, data};
  Tracer tr = {.heap = ctx->heap, .visit = visit_ref, .visit_data = &r};
  trace_object(&tr, o);
}
