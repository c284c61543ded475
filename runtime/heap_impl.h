/* heap_impl.h: the inside of a context's heap, shared by heap.c (allocation), mark.c (tracing), collect.c (the collection) and
** heap_verify.c. Nobody else includes it.
**
** Life of a cycle (all of it inside one stop for now):
**   IDLE phase 2c-1 -> stop the context's threads, close their runs -> phase 2c, cycle c -> mark roots, drain -> weak tables ->
**   dead objects with __del__ are revived and marked -> census: free_ of the dead, empty blocks returned, class lists rebuilt ->
**   phase 2c+1 (drops all newly bits) -> threads go on -> finalizers at the next poll of the collecting thread. */
#ifndef RP_HEAP_IMPL_H
#define RP_HEAP_IMPL_H

#include "runtime/block.h"
#include "runtime/context.h"

/* The block a thread allocates from, per class; its open run is in RpThread.runs (fine classes) or HeapThread.coarse. */
typedef struct AllocSlot {
  Block *block;
  char *run_start;
  uint32_t next_cell;        /* where to look for the next free run */
} AllocSlot;

typedef struct HeapThread {
  AllocSlot slots[N_CLASSES];
  AllocRun coarse[N_CLASSES - N_FINE_CLASSES];
  Object **grey;             /* shaded by this thread's barrier while marking, not scanned yet */
  uint32_t n_grey, cap_grey;
  bool collecting;           /* this thread runs the collection */
  bool in_finalizers;
} HeapThread;

typedef struct BlockList { Block **v; uint32_t n, cap; } BlockList;
typedef struct Root { RootFn fn; void *data; } Root;
typedef struct WeakPart { HeapWeakFn fn; void *data; } WeakPart;

/* A collection's record in the event ring, for --stats and the pause histogram. */
typedef struct GcEvent {
  uint64_t start_ns;
  uint32_t stop_ns, mark_ns, census_ns, pause_ns;
  size_t bytes_before, bytes_after;
} GcEvent;
#define N_GC_EVENTS 64
#define N_PAUSE_BUCKETS 24     /* bucket i: below 2^i microseconds */

struct Heap {
  RpContext *ctx;
  uint32_t cycle;              /* number of the last or running collection */
  uint32_t phase;              /* 2 * cycle while marking, 2 * cycle + 1 while idle */
  _Atomic size_t allocated;    /* bytes of runs and large objects taken since the last collection */
  _Atomic size_t external;     /* heap_external_add */
  _Atomic size_t block_bytes;
  size_t trigger;              /* collect when allocated + growth of external reaches this */
  size_t external_mark;        /* external when the last collection ended */
  size_t limit;                /* 0: none */
  size_t live_bytes;           /* by the last census */
  size_t allocated_before;     /* of all finished cycles */
  bool disabled;               /* gc.disable(): no automatic collection */
  bool closing;

  pthread_mutex_t lock;        /* block lists; short, leaf, never held over anything that may wait */
  BlockList blocks;            /* all of the heap's, in no order */
  BlockList avail[N_CLASSES];  /* have free cells by the last census; the fullest last, which are taken first */

  pthread_mutex_t parts_lock;
  Root *roots;
  uint32_t n_roots, cap_roots;
  WeakPart *weak;
  uint32_t n_weak, cap_weak;

  _Atomic uint32_t collecting; /* 1: a thread collects; futex */
  _Atomic uint32_t stopped;    /* bumped by every thread that becomes SAFE while a stop is wanted; futex */
  Object **finalize;           /* revived, their __del__ is due; a root */
  uint32_t n_finalize, cap_finalize, next_finalize; /* from next_finalize on: not yet taken */
  _Atomic uint32_t n_has_del;  /* objects with __del__ ever allocated: none, nothing to do at the end */

  size_t freed_objects, freed_total;
  uint64_t n_collections, pause_ns_total, pause_ns_max;
  GcEvent events[N_GC_EVENTS];
  uint32_t pauses[N_PAUSE_BUCKETS];
  _Atomic uint32_t slow_allocs; /* stress counters */
};

#define PACE_MIN ((size_t)8 << 20)
#define PACE_PERCENT 70

/* -- heap.c -- */
AllocRun *heap_run(RpThread *th, uint32_t cls);
/* Newly bits for what the thread has allocated in its open runs; the runs stay open. */
void heap_publish_runs(RpThread *th);
/* Publishes and gives up all runs. */
void heap_close_runs(RpThread *th);
bool list_push_block(BlockList *l, Block *b);
void heap_set_trigger(Heap *h);

/* Allocated cells of b, word w of the bitmap. */
ALWAYS_INLINE uint64_t block_allocated_word(const Heap *h, Block *b, uint32_t w) {
  uint64_t bits = b->newly_phase == h->phase ? b->newly[w] : 0;
  if (b->mark_cycle == h->cycle && !(h->phase == 2 * h->cycle)) bits |= load_relaxed((uint64_t *)&b->mark[w]);
  return bits;
}
/* Object that contains address p in this heap, allocated; NULL. Only while no thread of the context allocates, or for the own runs. */
Object *heap_resolve(Heap *h, uint64_t p);
/* Makes the bitmaps of b those of the present phase: the owner of b, or the collector in a stop. */
void block_prepare(Heap *h, Block *b);

/* -- mark.c -- */
#define PREFETCH_QUEUE 16
struct Tracer {
  Heap *heap;
  void (*visit)(Tracer *tr, Value v, void *data); /* not NULL: report references instead of marking (verifier, gc module) */
  void *visit_data;
  uint64_t *stack;           /* objects; or a pair object | 1, cursor: the rest of a big array */
  size_t n, cap;
  bool failed;               /* no memory for the stack: the collection is given up */
  uint32_t last_shape;
  uint64_t n_marked;
  Object *from;              /* being traced: for messages */
};
void tracer_init(Tracer *tr, Heap *h);
void tracer_free(Tracer *tr);
void trace_drain(Tracer *tr);
/* All references inside o, through tr. */
void trace_object(Tracer *tr, Object *o);
void trace_cell_conservative(Tracer *tr, uint64_t word, bool past_end);
/* Sets the mark bit of an object in this heap; true if it was clear. */
bool mark_object(Heap *h, Object *o);
bool object_marked(Heap *h, const Object *o);

/* -- collect.c -- */
size_t heap_collect_full(RpThread *th, const char *why);
void heap_trace_thread(Tracer *tr, RpThread *t, RpThread *self);
/* Runs what is due: weakref callbacks, then __del__. On a thread at a safe point; keeps th->pending. */
void heap_run_finalizers(RpThread *th);
uint64_t heap_clock_ns(void);

/* -- heap_verify.c -- */
void heap_verify_stopped(Heap *h);


#endif
