/* heap_impl.h: the inside of a context's heap, shared by heap.c (allocation), mark.c (tracing), cycle.c (the on-the-fly cycle), collector.c (its
** thread), collect.c (stopping, collections on demand, what happens to the dead) and heap_verify.c. Nobody else includes it.
** The protocol is in heap.md. */
#ifndef RP_HEAP_IMPL_H
#define RP_HEAP_IMPL_H

#include "runtime/ablate.h"
#include "runtime/block.h"
#include "runtime/context.h"

/* The block a thread allocates from, per class; its open run is in RpThread.runs (fine classes) or HeapThread.coarse. */
typedef struct AllocSlot {
  Block *block;
  char *run_start;
  uint32_t next_cell;        /* where to look for the next free run */
} AllocSlot;

typedef struct BlockList { Block **v; uint32_t n, cap; } BlockList;

#define ROOM_WORTH 8 /* a block with less than this part of its cells free is left alone: N_ROOMS */

/* How much of a block is free: all, half of it or more, at least a part in ROOM_WORTH. What survives a young collection was allocated just before it, so it gathers in the blocks that are
** taken last; and short runs are slow to allocate from, and their holes waste the cache: empty blocks come first. */
enum { ROOM_ALL, ROOM_HALF, ROOM_SOME, N_ROOMS };
ALWAYS_INLINE int heap_room(const Block *b) {
  uint32_t n_free = b->n_cells - b->n_live;
  return n_free == b->n_cells ? ROOM_ALL : n_free * 2 >= b->n_cells ? ROOM_HALF : n_free * ROOM_WORTH >= b->n_cells ? ROOM_SOME : N_ROOMS;
}

typedef struct HeapThread {
  /* What whoever makes a young collection looks at: few lines, which are asked for together (heap_prefetch_thread). */
  _Alignas(THREAD_ALIGN) _Atomic uint32_t sweep; /* SweepState of `young`, in the stop of a young collection; futex */
  bool looks;                /* while there are several threads: it has added to Heap.allocated, and looks whether a collection is due. Nobody else need look (only adding makes one due) unless a cycle is behind */
  bool collecting;           /* this thread stops the others */
  bool at_cycle;             /* it works on the cycle */
  bool in_finalizers;
  bool gives_up;             /* it waits for longer: others shall have its blocks, and those in `young` of a thread that is gone */
  bool has_recycled;         /* there may be some in `recycled` */
  uint8_t n_stood;           /* so many young collections the thread has stood through, at most STOOD_LONG */
  uint64_t *log;             /* for the next young collection: old objects stored into (| 2), and values stored into long ones. young.c */
  uint32_t n_log, cap_log, n_log_values;
  uint32_t n_stack_words;
  uint64_t *stack_words;     /* while it STANDS_LOOKED: of its stack and the like, all words that may refer to young objects. trace_kept() */
  size_t uncounted;          /* bytes of its runs that are not in Heap.allocated yet, while there are several threads; */
  size_t count_at;           /* they are added when they reach this */
  /* A second line. */
  BlockList young;           /* it has allocated from since all was old */
  uint32_t n_left;           /* of these, blocks that the last young collection has left there: with cells that stay young, or with dead that wait for free_ */
  size_t swept_dead;         /* objects, by the sweep of these; */
  Block *emptied;            /* blocks that the heap does not keep. Chained by `next` */
  uint32_t cap_stack_words;
  _Atomic uint32_t hs_seen;  /* the last handshake it acknowledged; by the thread while it runs, else by who has taken it */
  uint32_t window_assists;   /* bounds the thread's share of collector's work: so often it has helped since */
  uint64_t window_ns;        /* the window began */
  /* The thread's own. */
  _Alignas(THREAD_ALIGN) AllocSlot slots[N_CLASSES];
  AllocRun coarse[N_CLASSES - N_FINE_CLASSES];
  Block *recycled[N_ROOMS][N_CLASSES]; /* with room, for it alone: what it allocated from before the last young collection, and batches it took. Chained by `next`; it takes them first */
  uint8_t n_few[N_CLASSES];  /* objects that went into cells of another class, while there were few */
  uint64_t *grey;            /* shaded by this thread's barrier while marking, not scanned yet: words for a Tracer's stack */
  uint32_t n_grey, cap_grey;
  struct WhiteStore { Object *owner; Value v; } *white_stores; /* while marking: white objects that were stored into white ones. WHITE_STORES */
  uint32_t n_white_stores;
  uint64_t finalizers_ns;    /* since when it is in_finalizers */
  ThreadPauses pauses;
} HeapThread;

/* What the last thread that went knew of young objects, until the next one comes: hosts may attach and detach for each call. */
typedef struct YoungRest {
  uint64_t *log;
  uint32_t n_log, cap_log, n_log_values;
  BlockList young;
} YoungRest;

#define N_COLLECTORS 3

typedef struct Root { RootFn fn; void *data; } Root;

/* What survives a young collection and stays young: nothing but the stack of that thread, which had come to a poll, refers to it. */
typedef struct Held { Object *o; RpThread *by; } Held;
#define HELD_MOST 32 /* more at once become old, all of them */

/* A collection's record in the event ring, for --stats and the pause histogram. */
typedef struct GcEvent {
  uint64_t start_ns;
  uint32_t stop_ns, mark_ns, census_ns, pause_ns;
  size_t bytes_before, bytes_after;
} GcEvent;
#define N_GC_EVENTS 64

/* What the cycle is at: heap.md. */
typedef enum CycleState { CYCLE_IDLE, CYCLE_CLEAR, CYCLE_MARK, CYCLE_WEAK, CYCLE_DEAD, CYCLE_SWEEP } CycleState;

/* Grey work that any marker may take: words as on a Tracer's stack. */
typedef struct MarkPool {
  pthread_mutex_t lock;        /* short; mutators only try it */
  uint64_t *v;
  size_t cap;
  _Atomic size_t n;
  _Atomic uint32_t n_busy;     /* markers that may have work of their own; goes up under the lock */
} MarkPool;

struct Heap {
  RpContext *ctx;
  _Atomic uint32_t cycle;      /* number of the last or running collection */
  _Atomic uint32_t state;      /* CycleState; futex */
  bool marking;                /* what threads that attach now must know; under the context's thread_lock */
  _Atomic size_t allocated;    /* bytes of runs and large objects taken since marking was last complete */
  _Atomic size_t external;     /* heap_external_add */
  _Atomic size_t block_bytes;
  size_t trigger;              /* a cycle is due when allocated + growth of external reach this: PACE_PERCENT of live, more while the last cycle is not long ago; */
  size_t trigger_most;         /* up to this. They, external_mark, live_bytes are written by who ends a cycle, read relaxed */
  size_t external_mark;        /* external when the last collection ended */
  uint64_t cycle_began_ns;     /* the last or running one; relaxed */
  uint64_t cycle_cpu_ns;       /* processor time that it took, or took so far; relaxed */
  size_t limit;                /* 0: none */
  size_t live_bytes;           /* by the last census */
  size_t allocated_before;     /* of all finished cycles */
  bool disabled;               /* gc.disable(): no automatic collection */
  bool stop_the_world;         /* GC_STW=1: no cycle runs beside the program */
  _Atomic bool closing;
  _Atomic uint32_t hold;       /* no cycle begins while not 0 */

  pthread_mutex_t lock;        /* block lists, queue of finalizers; short, leaf, never held over anything that may wait */
  _Atomic(Block *) unlisted;   /* of the heap's, not in blocks yet: by threads that did not get the lock; heap_gather */
  BlockList blocks;            /* all of the heap's but those in sweep and unlisted, in no order */
  BlockList avail[N_ROOMS][N_CLASSES]; /* have free cells, by their room */
  BlockList sweep;             /* CYCLE_SWEEP: all that were there when marking was complete */
  _Atomic uint64_t next_sweep; /* the first block that nobody has claimed; above it, from bit 32 on, the number of the cycle */
  _Atomic uint32_t n_swept;

  BlockList condemned;         /* with dead young objects whose free_ is still to be called; in no other list but `blocks` and some thread's `young`. In stops, else under `job` */
  YoungRest rest;              /* empty while a thread is attached; under the context's thread_lock */
  bool young_off;              /* whole cycles only */
  uint32_t epoch;              /* counts how often everything became old; written in stops. Block.epoch */
  bool young_fin;              /* fin bits were set since the last one: there may be young objects whose death matters; relaxed */
  bool log_lost;               /* the logs do not tell all: no young collection until marking is complete the next time */
  size_t young_due;            /* when `allocated` reaches this, within a frame */
  size_t young_from, young_external; /* `allocated` and `external` at the last one */
  uint32_t n_bad_young;        /* running, of which too much survived */
  uint32_t n_late_young;       /* running, to which some thread did not come in time */
  uint32_t n_eden;             /* threads that allocate, by the last one: eden_bytes */
  size_t keep_empty;           /* bytes of empty blocks that each thread keeps, in the sweep of a young collection */
  uint64_t *young_stack;       /* kept from one to the next: a Tracer's */
  size_t cap_young_stack;
  Held held[HELD_MOST];
  uint32_t n_held;
  uint64_t n_young_failed;     /* relaxed atomics */
  size_t young_promoted;

  pthread_mutex_t parts_lock;
  Root *roots;
  uint32_t n_roots, cap_roots;

  MarkPool pool;
  pthread_mutex_t job;         /* who takes the cycle from one state to the next; only ever tried by mutators */
  _Atomic bool mark_overflow;  /* a marker had no memory for its stack: all marked objects are scanned again when closing */
  uint32_t n_asks;             /* since the last attempt */
  uint32_t n_close;            /* CLOSE steps of this cycle that found work left over */
  uint64_t close_asked_ns;     /* since when the collector's thread waits for a mutator to close; 0: it does not */
  uint32_t part, at;           /* of the state, and how far it is; under the job */
  bool classes_died;           /* the cycle found classes that nothing reached; some may have been revived since. Under the job */
  uint64_t marked, marked_last; /* objects marked in this cycle, relaxed; in the one before */
  uint32_t n_aborted;          /* rendezvous in a row that were given up; relaxed */
  uint64_t last_ask_ns;
  _Atomic uint32_t n_waiting;  /* threads that wait for the cycle's end */
  Heap *next_job[N_COLLECTORS]; /* collector.c: their lists */
  _Atomic uint32_t with_collector[N_COLLECTORS]; /* 1: that thread knows of this heap; futex */

  _Atomic uint32_t collecting; /* not 0: a thread stops the others; futex. COLLECTING_AWAITED: and somebody sleeps until that is over */
  bool stop_is_young;          /* which is for a young collection; by that thread, relaxed */
  _Atomic bool awaits_safe;    /* it sleeps until the next one is there */
  _Atomic uint32_t stopped;    /* bumped when a thread becomes SAFE or acknowledges while that is wanted; futex */
  _Atomic uint32_t handshake;  /* number of the last one */
  struct FinBatch *reviving;   /* by whoever judges the dead; what they refer to is not marked yet */
  _Atomic(struct FinBatch *) revived; /* their __del__ is due; newest first; a root */
  pthread_mutex_t finalize_lock; /* taken by mutators alone, for a moment */
  struct FinBatch *finalize;   /* of these they take, from next_finalize on; a root */
  uint32_t next_finalize;
  _Atomic size_t n_finalizers; /* objects in these batches */
  uint32_t finalizers_behind;  /* goes up when a cycle finds those of the last one still waiting, and down when not; written in stops, relaxed */
  size_t finalizers_found;     /* so many waited, with callbacks, when the last cycle had judged the dead; relaxed */
  _Atomic uint64_t edge_ns;    /* the last frame edge: such contexts have their finalizers run there */
  _Atomic uint32_t n_has_del;  /* objects with __del__ ever allocated: none, nothing to do at the end */

  _Atomic size_t swept_live, swept_dead; /* bytes, objects: of the running sweep */
  size_t freed_objects, freed_total;
  GcEvent event;               /* of the running cycle */
  uint64_t n_collections;
  Pauses pauses;
  GcEvent events[N_GC_EVENTS];
  uint64_t n_stalls, n_closes, n_failed_closes, n_aborted_closes, n_assists; /* relaxed atomics */
  _Atomic uint32_t slow_allocs, n_lock_tries, n_lags, n_batches; /* stress counters */
};

#define PACE_MIN ((size_t)8 << 20)   /* bytes allocated from one cycle to the next, at least; */
#define PACE_MIN_MOST ((size_t)32 << 20) /* where cycles would come one upon the other */
#define PACE_PERCENT 15              /* of live; */
#define PACE_PERCENT_MOST 70
#define PACE_SHARE 20                /* they come one upon the other when the last one took more than this part of the time since it began */
#define EDEN_BYTES ((size_t)1 << 20) /* from one young collection to the next, in a program without frames: by one thread, */
#define EDEN_TOGETHER ((size_t)4 << 20) /* by several together: each stop is one for all of them */
#define COLLECTING_AWAITED 2
#define COUNT_BYTES ((size_t)64 << 10) /* with several threads each adds at least so much at a time to the common count */

/* -- heap.c -- */
AllocRun *heap_run(RpThread *th, uint32_t cls);
/* Newly bits for what the thread has allocated in its open runs; the runs stay open. */
void heap_publish_runs(RpThread *th);
/* Publishes and gives up all runs; and counts what was allocated in them. */
void heap_close_runs(RpThread *th);
void heap_retire_runs(RpThread *th);
/* Adds what the thread has allocated to Heap.allocated; says when to do so the next time, and whether it looks then and there if a collection is due. */
void heap_count_allocated(Heap *h, HeapThread *ht);
void heap_count_next(Heap *h, HeapThread *ht, bool looks);
/* What was allocated or added outside since the last cycle, in percent of what triggers the next one; beyond that in percent of the most that ever does. 0 while
** collections are off. */
size_t heap_pressure(Heap *h);
/* Would the next cycle come too soon after the last one? */
bool heap_too_soon(Heap *h);
/* Takes h->lock, but does not wait for a holder that has probably lost the processor (the collector's thread has the lowest priority): then false. */
bool heap_lock_soon(Heap *h);
/* The running cycle will not be over when it should: allocation is too fast, or the collector gets too little of the processor. */
bool heap_behind(Heap *h);
/* So far that what calls for it is done within frames. Where frames end, their slack, all of it, is tried for a while first. */
bool heap_behind_in_frame(Heap *h);
/* A word for the markers, in a thread's own buffer. */
void heap_grey_push(HeapThread *ht, uint64_t word);
/* The thread's white stores are judged: of those whose owner was marked since, the value goes to `grey`. By the thread at a slow allocation, or in a stop. */
void heap_judge_stores(RpThread *th);
/* Under the lock, or in a stop: unlisted blocks go into the lists. */
void heap_gather(Heap *h);
/* Blocks of this heap from now on; swept: with room in them. False: the lock was in use, and they are chained by `next` until heap_gather. */
bool heap_list_blocks(Heap *h, Block **blocks, uint32_t n, bool swept);
bool list_push_block(BlockList *l, Block *b);
/* In a stop: b goes back to the provider. */
void heap_drop_block(Heap *h, Block *b);
void heap_set_trigger(Heap *h);

/* Object that contains address p in this heap, allocated; NULL. While threads of the context allocate NULL may mean that it lies in an open run. */
Object *heap_resolve(Heap *h, uint64_t p);
/* -- mark.c -- */
#define PREFETCH_QUEUE 16
struct Tracer {
  Heap *heap;
  void (*visit)(Tracer *tr, Value v, void *data); /* not NULL: report references instead of marking (verifier, gc module) */
  void *visit_data;
  bool immediates;           /* visit sees numbers, None and the like, too */
  /* Objects; or a pair cursor, object | 1: the rest of a big array; or object | 2: marked, to be scanned again (GC_QUEUED). */
  uint64_t *stack;
  size_t n, cap;
  bool failed;               /* no memory for the stack: references were dropped */
  bool busy;                 /* counted in the pool */
  HeapThread *spill;         /* a mutator's: it does not wait for the pool's lock; what it cannot give goes into its grey buffer */
  uint32_t last_shape;       /* of the last object of a Python class that was traced; */
  uint32_t n_plain;          /* its instances are so many words and nothing else; 0: more than that is to be traced */
  uint64_t n_marked;
  size_t n_bytes;            /* marked, if alone */
  bool alone;                /* nobody else marks or runs */
  bool only_young;           /* what was reached before is old, and marked */
  bool past_standing;        /* roots: what is known of threads that stand (Standing) is made use of */
  bool ahead;                /* other threads run: words of stacks are kept for trace_kept(), unless they are known to refer to what is old */
  Object *from;              /* being traced: for messages */
};
void tracer_init(Tracer *tr, Heap *h);
void tracer_free(Tracer *tr);
/* Traces until the stack is empty; all mutators stopped (it may have to look at all marked objects again). */
void trace_drain(Tracer *tr);
/* Looks at about max_refs references; true: the stack is empty. Any thread. */
bool trace_some(Tracer *tr, uint32_t max_refs);
void tracer_push(Tracer *tr, uint64_t word);
/* Has no reference inside, and never will: GC_OLD does not matter to it. */
ALWAYS_INLINE bool heap_is_leaf(const Object *o) {
  const uint64_t kinds = 1ull << K_STR | 1ull << K_BYTES | 1ull << K_INT | 1ull << K_FLOAT | 1ull << K_COMPLEX;
  return (kinds >> o->kind & 1) && obj_shape_id(o) < N_BUILTIN_SHAPES;
}
/* All references inside o, through tr. */
void trace_object(Tracer *tr, Object *o);
void trace_cell_conservative(Tracer *tr, uint64_t word, bool past_end);
/* Words that were kept by a tracer that was `ahead`; all threads stand now. */
void trace_kept(Tracer *tr, const uint64_t *words, uint32_t n);
/* Sets the mark bit of an object in this heap; true if it was clear. */
bool mark_object(Heap *h, Object *o);
bool object_marked(Heap *h, const Object *o);
/* By the bit alone: what was born after the last cycle's marking is young. */
ALWAYS_INLINE bool has_mark(const Object *o) {
  const Block *b = block_of_cell(o);
  uint32_t i = block_cell_index(b, (uintptr_t)o);
  return atomic_load_explicit(&b->mark[i >> 6], memory_order_relaxed) >> (i & 63) & 1;
}
/* Moves work between a tracer and the pool. pool_take counts the caller as busy until pool_leave. */
bool pool_take(Tracer *tr);
void pool_give(Tracer *tr, size_t keep);
void pool_leave(Tracer *tr);
/* A mutator's grey words; false: the pool is in use just now, or there is no memory. */
bool pool_donate(Heap *h, const uint64_t *words, size_t n);

/* -- young.c -- */
/* A thread was taken for a young collection: what its core has written last. */
ALWAYS_INLINE void heap_prefetch_thread(const HeapThread *ht) {
  __builtin_prefetch(ht, 1);
  __builtin_prefetch(&ht->young, 1);
}
/* `owner` is old and not in the log, or NULL: a root that is not scanned by itself. */
void heap_log_store(RpThread *th, Object *owner, Value v);
void heap_log_bulk(RpThread *th, Object *owner);
/* The thread goes, its log and its blocks stay: with another thread, or with the heap, whose next thread takes them. In a stop; under the thread_lock. */
void heap_young_hand_over(RpThread *th);
void heap_young_take_over(RpThread *th);
void heap_young_free(Heap *h);
/* th is going to allocate from b. */
void heap_note_young(RpThread *th, Block *b);
/* Marking is complete: nothing is young any more. In the stop. */
void heap_young_reset(Heap *h);
/* b is the thread's, which has room there. */
ALWAYS_INLINE void heap_young_recycle(HeapThread *ht, Block *b) {
  Block **top = &ht->recycled[heap_room(b)][b->cls];
  b->next = *top;
  *top = b;
  if (!ht->has_recycled) ht->has_recycled = true;
}
/* The next block of the thread's own with room by the last young collection; NULL: none. */
ALWAYS_INLINE Block *heap_young_recycled(HeapThread *ht, int room, uint32_t cls) {
  Block *b = ht->recycled[room][cls];
  if (!b) return NULL;
  Block *next = ht->recycled[room][cls] = b->next;
  if (next) { /* it will be wanted when this one is full: all that is written meanwhile drives its header out of the first cache */
    __builtin_prefetch(next, 1);
    __builtin_prefetch(&next->alloc[0], 1);
  }
  return b;
}
/* At a slow allocation, Heap.young_due being reached; at the edge of a frame, with so much slack. Either does nothing while it cannot. */
void heap_young_in_frame(RpThread *th);
void heap_young_at_edge(RpThread *th, int64_t slack_ns);
bool heap_young_now(RpThread *th);
/* By a thread that waits for the end of a stop, in SAFE: sweeps what it has allocated, if that is due. */
typedef enum SweepState { SWEEP_NONE, SWEEP_DUE, SWEEP_TAKEN, SWEEP_AWAITED } SweepState;
void heap_young_sweep_own(RpThread *th);
ALWAYS_INLINE void heap_young_help(RpThread *th) {
  if (atomic_load_explicit(&th->heap_th->sweep, memory_order_relaxed) == SWEEP_DUE) heap_young_sweep_own(th);
}
/* A cycle is due. True: because of what was allocated while the last one came to its end, most of which was dead and is free now. */
bool heap_young_instead(RpThread *th);
/* Enough external memory for a young collection was added since the last one; or what that one condemned is not yet released. */
bool heap_young_external_due(Heap *h);
/* free_ of what died young, until deadline_ns; true: there is more. In a stop, or holding `job`. */
bool heap_free_condemned(Heap *h, uint64_t deadline_ns);

/* -- young_held.c: all in the stop of a young collection -- */
/* All that becomes old for other reasons is marked. Marks what running threads' stacks alone refer to, and remembers it in Heap.held. False: it is too much, all becomes old, and what is not
** marked yet is on the tracer's stack. */
bool held_find(Heap *h, Tracer *tr);
/* After the sweep: it is young again. */
void held_stay_young(Heap *h);

/* -- cycle.c -- */
/* Does a thread of the context that compiles run just now? It would have to be waited for. */
bool cycle_compiler_runs(RpContext *ctx, RpThread *self);
/* A cycle is wanted: begins one if none runs and none is forbidden, and tells the collector thread. Any thread, at once. */
void cycle_request(Heap *h);
/* Works on the running cycle until deadline_ns (heap_clock_ns) or until it is over. self: the calling thread, running Python at a safe point, or NULL
** (a thread of the collector's). what: which work it may do. False: there was nothing this thread could do now. */
enum { CYCLE_LONG = 1 /* work in which nobody is kept waiting */, CYCLE_SHORT = 2 /* moments in which others may be */, CYCLE_PATIENT = 4 /* waits for others itself */,
       CYCLE_SLACK = 8 /* time that was given, until the deadline: in the slack of a frame, or by gc.step */ };
bool cycle_work(Heap *h, RpThread *self, uint32_t what, uint64_t deadline_ns);
/* One small step, for stress modes: deterministic with one thread. Begins a cycle when none runs. */
void cycle_step(Heap *h, RpThread *self, uint32_t refs);
/* Takes a running cycle to its end; the caller may wait in SAFE for another thread's part. */
void cycle_finish(Heap *h, RpThread *self);
/* A cycle from its beginning to its end, beside the other threads. False: none may begin now. */
bool cycle_whole(Heap *h, RpThread *self);
/* A few blocks are swept by a thread that needs one. */
void cycle_sweep_some(Heap *h, RpThread *self);
/* Marking is left to the next edge of a frame to close. */
bool cycle_waits_for_edge(Heap *h);
/* At a poll, POLL_CLOSE. */
void cycle_close_poll(RpThread *th);
/* The context goes: nobody else works on it, or will. What the cycle was at is given up. */
void cycle_cancel(Heap *h);
/* The running thread acknowledges a handshake that waits for it. */
void cycle_handshake_ack(RpThread *th);
/* The collection that is all one stop. In a stop. */
void cycle_all(Heap *h, RpThread *self);

/* -- collector.c -- */
/* Puts h into the queues of the process-wide collector's threads, which are started when first needed. */
void collector_wake(Heap *h);
/* There is work of the kind CYCLE_SHORT. */
void collector_prompt(void);
/* Waits until the threads work on h no more. */
void collector_forget(Heap *h);
/* CPU time of the thread so far, for all heaps. */
uint64_t collector_cpu_ns(void);

/* -- collect.c -- */
size_t heap_collect_full(RpThread *th, const char *why);
/* Everything that is reachable by itself, all threads stopped, the stack of the one that stopped them published. */
void heap_trace_roots(Tracer *tr);
/* By the thread that has stopped the others: from here upwards its stack matters, the collector's own frames do not. */
ALWAYS_INLINE void heap_publish_stack(RpThread *self) { self->safe_sp = thread_spill_registers(self->safe_regs); }
/* heap_stop, but the others are waited for at most so long; false: nobody is stopped. */
bool heap_stop_soon(RpContext *ctx, RpThread *self, uint64_t wait_ns);
/* The same in two steps: between them the others are on their way. False: nothing was begun. young: for a young collection, they look through their stacks first. */
bool heap_stop_ask(RpContext *ctx, RpThread *self, bool young);
bool heap_stop_await(RpContext *ctx, RpThread *self, uint64_t wait_ns);
/* By a thread that will not run again before the young collection that it is asked to stop for, its stack published: looks through it itself, while others are still on their way
** and the lines are in its own cache. A deep stack is left to who collects: a stop is not waited for long. */
void heap_look_through_stack(RpThread *self);
/* heap_stop when no cycle runs, and none begins until heap_resume_idle. */
void heap_stop_idle(RpContext *ctx, RpThread *self);
void heap_resume_idle(RpContext *ctx, RpThread *self);
/* thread_lock by a thread of the context that may have to acknowledge a handshake meanwhile. */
void heap_lock_threads(RpContext *ctx, RpThread *self);
/* The bits of dead objects; of those among them that have something to do. Only after marking. */
ALWAYS_INLINE uint64_t heap_dead_word(const Block *b, uint32_t w) {
  return atomic_load_explicit(&b->alloc[w], memory_order_relaxed) & ~atomic_load_explicit(&b->mark[w], memory_order_relaxed);
}
ALWAYS_INLINE uint64_t heap_dead_fin_word(const Block *b, uint32_t w) {
  return atomic_load_explicit(&b->fin[w], memory_order_relaxed) & heap_dead_word(b, w);
}
/* After marking, from block *at on until deadline_ns; false: no blocks are left. Dead objects with __del__ are queued, to be revived. */
bool heap_find_finalizable(Heap *h, const BlockList *blocks, uint32_t *at, uint64_t deadline_ns);
/* When what is revived is marked: lists of subclasses forget the dead ones. */
bool heap_forget_classes(Heap *h, const BlockList *blocks, uint32_t *at, uint64_t deadline_ns);
/* free_ of an object whose bit in fin is set, in the round that is its own; false: it is not. Shapes come in a second round, since the
   others are read through them; a type, whose metaclass's shape may be gone, has none. */
bool heap_free_object(Heap *h, Object *o, bool shapes);
/* Of all the dead, in that round. */
bool heap_free_dead(Heap *h, const BlockList *blocks, uint32_t *at, bool shapes, uint64_t deadline_ns);
/* alloc &= mark, and what follows; adds how many objects died to *dead. True: the block is empty. */
bool heap_sweep_block(Heap *h, Block *b, size_t *dead);
void heap_finish_cycle(Heap *h, const char *why);
ALWAYS_INLINE void heap_count(uint64_t *counter, uint64_t n) { __atomic_fetch_add(counter, n, __ATOMIC_RELAXED); }

/* -- finalize.c -- */
/* Queues a dead object that is being revived: by whoever judges the dead, who publishes them when all that they see is marked. */
bool finalize_add(Heap *h, Object *o); /* false: no memory */
void finalize_push_new(Tracer *tr); /* those not published yet */
void finalize_publish(Heap *h);
/* Marking is complete: are those of the last cycle over? */
void finalize_pace(Heap *h);
/* The dead are judged: how much waits? */
void finalize_found(Heap *h);
/* Frames have ended here of late. */
bool heap_has_edges(Heap *h);
bool finalize_pending(Heap *h); /* or a callback of a weak reference is */
void finalize_trace(Tracer *tr); /* in a stop */
void finalize_free(Heap *h);

/* -- heap_verify.c -- */
void heap_verify_stopped(Heap *h);
bool heap_wants_verify(Heap *h);
/* Marking is complete, mutators stopped: no marked object and no root refers to an unmarked one. young: by a young collection. */
void heap_verify_marked(Heap *h, bool young);
/* Marks are cleared, no thread's barrier is on: there is no mark, and nothing is condemned. */
void heap_verify_cleared(Heap *h);
/* All have acknowledged, thread_lock is held: every thread's barrier is as the heap says. */
void heap_verify_acknowledged(Heap *h);
/* The dead are judged: weak references that are known, and callbacks that are due, name nothing dead. */
void heap_verify_weak(Heap *h);
/* Every block is swept, no young collection has been made since: what is marked is allocated; blocks with room have it. */
void heap_verify_swept(Heap *h);
/* After the sweep of a young collection, in its stop: all that is allocated is old; no log, no open run; blocks with room have it. */
void heap_verify_young_swept(Heap *h);
/* Then some is young again: nothing old refers to it, and its blocks are in some thread's list. */
void heap_verify_held(Heap *h);

#endif
