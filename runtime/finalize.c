/* finalize.c: __del__ of the dead and callbacks of weak references: queued by the cycle, run by a thread of the context between two operations, or at
** a frame's edge under a budget. A __del__ that raises is reported, what it revives lives on, what it leaves behind dies in a later cycle.
**
** The queue: whoever judges the dead fills a batch of its own and publishes it whole; mutators take from the oldest. The collector's thread never holds a
** lock that a mutator wants. */
#include "runtime/heap_impl.h"
#include "runtime/error.h"
#include "runtime/frame.h"
#include "runtime/names.h"
#include "runtime/shape.h"
#include "runtime/weakref.h"

/* -- The queue ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct FinBatch {
  struct FinBatch *next;
  uint32_t n, cap;
  Object *v[];
} FinBatch;

/* For stress modes: there is no memory at times. */
static bool lacks(Heap *h) {
  return unlikely(h->ctx->opt.stress & STRESS_GC_CONTINUOUS) && atomic_fetch_add_explicit(&h->n_batches, 1, memory_order_relaxed) % 4 == 3;
}

bool finalize_add(Heap *h, Object *o) {
  FinBatch *b = h->reviving;
  if (!b || b->n == b->cap) {
    uint32_t cap = b ? b->cap * 2 : 64;
    FinBatch *more = lacks(h) ? NULL : realloc(b, sizeof *b + cap * sizeof *b->v);
    if (!more) return false;
    if (!b) *more = (FinBatch){0};
    more->cap = cap;
    h->reviving = b = more;
  }
  b->v[b->n++] = o;
  return true;
}

void finalize_push_new(Tracer *tr) {
  const FinBatch *b = tr->heap->reviving;
  for (uint32_t i = 0; b && i < b->n; i++) tracer_push(tr, value_object(b->v[i]));
}

void finalize_publish(Heap *h) {
  FinBatch *b = h->reviving;
  if (!b) return;
  h->reviving = NULL;
  atomic_fetch_add_explicit(&h->n_finalizers, b->n, memory_order_relaxed);
  FinBatch *top = atomic_load_explicit(&h->revived, memory_order_relaxed);
  do b->next = top;
  while (!atomic_compare_exchange_weak_explicit(&h->revived, &top, b, memory_order_release, memory_order_relaxed));
}

/* The published batches behind those that are being taken, oldest first. Under finalize_lock. */
static void append_revived(Heap *h) {
  FinBatch *b = atomic_exchange_explicit(&h->revived, NULL, memory_order_acquire), *oldest = NULL;
  while (b) {
    FinBatch *next = b->next;
    b->next = oldest;
    oldest = b;
    b = next;
  }
  FinBatch **end = &h->finalize;
  while (*end) end = &(*end)->next;
  store_relaxed(end, oldest); /* others look whether there are any */
}

/* The next object whose __del__ is due, or NULL. */
static Object *take(Heap *h) {
  Object *o = NULL;
  pthread_mutex_lock(&h->finalize_lock);
  if (atomic_load_explicit(&h->revived, memory_order_relaxed)) append_revived(h);
  FinBatch *b = h->finalize;
  if (b) {
    o = b->v[h->next_finalize++];
    atomic_fetch_sub_explicit(&h->n_finalizers, 1, memory_order_relaxed);
    if (h->next_finalize == b->n) {
      store_relaxed(&h->finalize, b->next);
      h->next_finalize = 0;
      free(b);
    }
  }
  pthread_mutex_unlock(&h->finalize_lock);
  return o;
}

bool finalize_pending(Heap *h) {
  return load_relaxed(&h->finalize) || atomic_load_explicit(&h->revived, memory_order_relaxed) || weakref_callbacks_due(h->ctx);
}

static void trace_batches(Tracer *tr, const FinBatch *b, uint32_t from) {
  for (; b; b = b->next, from = 0)
    for (uint32_t i = from; i < b->n; i++) trace_ref(tr, b->v[i]);
}
void finalize_trace(Tracer *tr) {
  Heap *h = tr->heap;
  trace_batches(tr, h->finalize, h->next_finalize);
  trace_batches(tr, atomic_load(&h->revived), 0);
}

static void free_batches(FinBatch *b) {
  for (FinBatch *next; b; b = next) {
    next = b->next;
    free(b);
  }
}
void finalize_free(Heap *h) {
  free(h->reviving);
  free_batches(h->finalize);
  free_batches(atomic_load(&h->revived));
}

/* -- Running ------------------------------------------------------------------------------------------------------------------------------- */

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

#define PATIENCE_NS 1000000000ull /* an endless __del__ can be interrupted */
bool heap_defers_signals(RpThread *th) {
  return th->heap_th->in_finalizers && heap_clock_ns() - th->heap_th->finalizers_ns < PATIENCE_NS;
}

static size_t waiting(Heap *h) { return atomic_load_explicit(&h->n_finalizers, memory_order_relaxed) + weakref_callbacks_due(h->ctx); }

/* Until the deadline has come and no more than may_wait are left. */
static void run(RpThread *th, uint64_t deadline_ns, size_t may_wait) {
  Heap *h = th->ctx->heap;
  if (th->heap_th->in_finalizers) return;
  th->heap_th->in_finalizers = true;
  th->heap_th->finalizers_ns = heap_clock_ns();
  volatile Value pending = th->pending; /* on the stack: a root */
  th->pending = EMPTY;
  do { /* what a cycle finds meanwhile, too: this thread's poll for it may have come already */
    if (weakref_run_callback(th)) continue;
    Object *o = take(h);
    if (!o) break;
    type_catch_up(th);
    heap_finalize_object(th, o);
  } while (deadline_ns == UINT64_MAX || heap_clock_ns() < deadline_ns || waiting(h) > may_wait);
  th->pending = pending;
  th->heap_th->in_finalizers = false;
}

void heap_finalize_due(RpThread *th) { run(th, UINT64_MAX, 0); }

/* -- At edges -------------------------------------------------------------------------------------------------------------------------------- */

#define EDGE_NS 200000  /* for finalizers at a frame's edge, of its slack; the rest is the collector's */
#define BEHIND_MAX 3
#define CYCLES 4        /* until the next so many cycles are due all should be over; half as many each time a cycle finds some that wait */

void finalize_pace(Heap *h) {
  uint32_t n = h->finalizers_behind;
  if (!finalize_pending(h)) store_relaxed(&h->finalizers_behind, n ? n - 1 : 0);
  else if (n < BEHIND_MAX) store_relaxed(&h->finalizers_behind, n + 1);
}
void finalize_found(Heap *h) { store_relaxed(&h->finalizers_found, waiting(h)); }

/* In step with allocation, so that what makes them faster than they run does not make the heap endless. */
static size_t may_wait(Heap *h) {
  size_t found = load_relaxed(&h->finalizers_found), done = (heap_pressure(h) << load_relaxed(&h->finalizers_behind)) / CYCLES;
  return done < 100 ? found - found / 100 * done : 0;
}

#define EDGES_NS 1000000000ull /* a context whose last frame ended longer ago has no edges */
void heap_finalize_some(RpThread *th, int64_t slack_ns) {
  Heap *h = th->ctx->heap;
  uint64_t now = heap_clock_ns();
  atomic_store_explicit(&h->edge_ns, now, memory_order_relaxed);
  if (finalize_pending(h)) run(th, now + (uint64_t)(slack_ns < 0 ? 0 : slack_ns < EDGE_NS ? slack_ns : EDGE_NS), may_wait(h));
}
bool heap_has_edges(Heap *h) {
  uint64_t last = atomic_load_explicit(&h->edge_ns, memory_order_relaxed);
  return last && heap_clock_ns() - last < EDGES_NS;
}

/* -- At the end of a context ----------------------------------------------------------------------------------------------------------------- */

typedef struct Living { Heap *heap; Object *missed; } Living; /* missed: there was no memory to remember it; on the stack, a root */

static void queue_if_due(Object *o, void *data) {
  Living *l = data;
  Block *b = block_of_cell(o);
  uint32_t i = block_cell_index(b, (uintptr_t)o);
  if (!(b->fin[i >> 6] >> (i & 63) & 1) || (o->flags & OBJ_FINALIZED)) return;
  if (!obj_shape(o)->type->slots.finalize_py) return;
  if (!finalize_add(l->heap, o)) l->missed = o;
}
void heap_finalize_all(RpThread *th) {
  Living l;
  do {
    l = (Living){.heap = th->ctx->heap};
    heap_each(th, queue_if_due, &l);
    finalize_publish(l.heap);
    heap_finalize_due(th);
    if (l.missed) heap_finalize_object(th, l.missed);
  } while (l.missed);
}
