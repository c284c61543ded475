/* heap.h: a context's memory: cells in blocks, bump allocation over free runs, non-moving, traced precisely; stacks are scanned
** conservatively (interior pointers count). One context's heap never touches another's.
**
** Rules for C code, all there is:
**  1. Object pointers in C locals are safe: stacks and registers are scanned. Nothing moves.
**  2. A pointer stored into a heap object goes through obj_store() (or heap_barrier_bulk() after a bulk copy). Initialising stores into
**     an object that no other code has seen yet, with no allocation or poll in between, may be plain. Nor is there any between obj_store() to a place that the
**     owner's trace does not report yet and what makes it report it (a length, a shape).
**  3. A pointer kept in malloc'ed memory must be reachable by some object's trace, or be registered with heap_root_add().
** Design: runtime/heap.md.  See inside: --stress=gc, heap_verify(), --trace=gc, --stats. */
#ifndef RP_HEAP_H
#define RP_HEAP_H

#include "runtime/object.h"
#include "runtime/pauses.h"

typedef struct Heap Heap;

/* gc header byte */
#define GC_OLD 0x01    /* marked, and what is stored into it is in no log yet: the barrier's test */
#define GC_QUEUED 0x04 /* waits in some grey buffer to be scanned again */

/* A zeroed cell of `size` bytes (multiple of 8, header included) with its header set: shape, kind of the shape's type. Never fails
** softly by itself: returns NULL with MemoryError pending when the context's limit or the machine is exhausted. May collect. */
Object *heap_alloc(RpThread *th, uint32_t shape_id, Kind kind, size_t size);
/* The size to ask for, of something whose elements C code walks by pointer up to its end, `bytes` being what they need. A pointer one past the last one, the only one
** that a register may hold, must keep it; so what is not small leaves a word of its cell free, and that pointer is still inside. Of what is small the elements may fill
** the cell: then each pointer to the start of the next one counts for both (may_end_at in mark.c), and keeps alive what may be dead. */
ALWAYS_INLINE size_t heap_walked_size(size_t bytes) { return bytes < 256 ? bytes : bytes + sizeof(Value); }
#define heap_new(th, T, shape_id, kind) ((T *)heap_alloc((th), (shape_id), (kind), sizeof(T)))
/* The inlined fast path, for types without free_ and finalize_py only, is heap_alloc_fast() in heap_fast.h.
** Classes that have instances were given a __del__: lets it run for all instances of any class that has one. */
void heap_add_finalizers(RpThread *th);
/* The same for o alone, which is about to become an instance of a class with a __del__. */
void heap_add_finalizer(RpThread *th, Object *o);
/* Something besides o's own memory goes by its death: only whole cycles let it die (a weak reference, what it refers to). */
void heap_note_death(Object *o);
/* Array of values, all EMPTY, length 0. */
Array *heap_alloc_array(RpThread *th, uint32_t capacity);

/* Store with write barrier. `owner` is the object that contains the word at `slot`. A release store: it publishes a new
** object; whoever loads it with load_consume() sees it whole. */
void heap_barrier_slow(RpThread *th, Object *owner, Value v);
ALWAYS_INLINE void obj_store(RpThread *th, void *owner, Value *slot, Value v);
/* After a bulk copy of values into owner (memmove, sort, resize, extend), and after the length that makes them a part of it. */
ALWAYS_INLINE void heap_barrier_bulk(RpThread *th, void *owner);
void heap_barrier_bulk_slow(RpThread *th, Object *owner);
/* Before `into`, which no other thread knows yet, takes the place of `from`: it holds values of `from`, which nobody changes any more, and the n values `more`. While marking
** it need not be scanned once more. Under the lock of their owner: no poll since the copy (since `into` was allocated there may have been: it may be old, or marked). */
ALWAYS_INLINE void heap_barrier_copy(RpThread *th, void *into, void *from, const Value *more, size_t n);
bool heap_barrier_copy_slow(RpThread *th, Object *into, Object *from, const Value *more, size_t n);
ALWAYS_INLINE void heap_shade(RpThread *th, void *o);
#define obj_store_ref(th, owner, field, ptr) obj_store((th), (owner), (Value *)(void *)(field), value_object(ptr))

/* Memory outside the heap that an object owns (pixel buffers, bigint scratch, code): counted towards pacing and the limit. */
bool heap_external_add(RpThread *th, size_t bytes);   /* false + MemoryError if over the limit */
void heap_external_sub(RpContext *ctx, size_t bytes); /* any thread */

/* For places that cannot fail: the limit moves up by `bytes`. */
void heap_raise_limit(RpContext *ctx, size_t bytes);

/* Extra roots. */
typedef void (*RootFn)(Tracer *tr, void *data);
void heap_root_add(RpContext *ctx, RootFn fn, void *data);
void heap_root_remove(RpContext *ctx, RootFn fn, void *data);

/* The context is about to go, and so is its last thread, in SAFE state: no collection begins any more, and the collector's threads have left when this returns. */
void heap_retire(RpContext *ctx);
uint32_t heap_cycle(const RpContext *ctx); /* the number of the whole cycle that runs, or ran last. Any thread */
bool heap_marked(RpContext *ctx, const void *o); /* true for everything outside the heap */

/* For trace functions. */
void trace_value(Tracer *tr, Value v);
ALWAYS_INLINE void trace_ref(Tracer *tr, const void *o) { trace_value(tr, value_object(o)); }
void trace_values(Tracer *tr, const Value *v, size_t n);
bool trace_reports(const Tracer *tr); /* the references are asked for, nothing is marked */
/* A root may leave out what it has held ever since it was last traced for marking: that is old. */
bool trace_only_young(const Tracer *tr);
void trace_conservative(Tracer *tr, const void *lo, const void *hi);

/* Full collection now, on the calling thread: all in one stop, or, when other threads run Python, too, a cycle beside them. Returns objects freed. */
size_t heap_collect(RpThread *th);
/* External memory grew (POLL_COLLECT): a collection of young objects, or a cycle, may be due. At a safe point. */
void heap_pace(RpThread *th);
/* The slack of a frame, by its thread, with no Python frame on its stack (the cheapest place to look at it): works on the running cycle for at most
** budget_ns, begins one that will soon be due. Waits for nobody. */
void heap_frame_edge(RpThread *th, int64_t budget_ns);
/* gc.step: like that, wherever the thread is; begins a cycle in any case. True: there is more to do. */
bool heap_step(RpThread *th, int64_t budget_ns);
/* gc.enable / gc.disable / gc.isenabled: only automatic collections are meant. */
void heap_enable(RpContext *ctx, bool on);
bool heap_enabled(RpContext *ctx);
uint64_t heap_clock_ns(void); /* CLOCK_MONOTONIC */
size_t heap_young_bytes(RpContext *ctx); /* allocated since the last collection */
/* Every allocated object of the heap, in address order of blocks; other threads are stopped meanwhile. fn allocates nothing. */
void heap_each(RpThread *th, void (*fn)(Object *o, void *data), void *data);
/* Has o outlived a collection? What lies outside of the heap has. */
bool heap_is_old(const Object *o);
/* The values inside o, one call each: references, numbers, None; no EMPTY. */
void heap_refs(RpContext *ctx, Object *o, void (*fn)(Value v, void *data), void *data);
/* Runs the finalizers and weakref callbacks that are due; th->pending is kept. At points where any Python code may run. */
void heap_finalize_due(RpThread *th);
/* The same at a frame's edge, for 0.2 ms of the slack, longer only where so many wait that allocation is ahead of them: what is left waits for the next edge. While
** frames end at least once a second, finalizers run only there. */
void heap_finalize_some(RpThread *th, int64_t slack_ns);
/* True while th runs finalizers and callbacks (for at most a second): what a signal's handler raises there would be reported and lost, so it waits. */
bool heap_defers_signals(RpThread *th);
/* The same for every object that has a __del__, alive or not: at the end of a context. */
void heap_finalize_all(RpThread *th);
/* __del__ of one object, once. */
void heap_finalize_object(RpThread *th, Object *o);

/* Debug: walks everything reachable and every block; RP_FATAL with the path on the first violation. */
void heap_verify(RpContext *ctx);
/* Conservative resolve: the object that contains address p, or NULL. */
Object *heap_find(RpContext *ctx, const void *p);

typedef struct HeapStats {
  size_t live_bytes, limit_bytes, external_bytes, allocated_bytes /* ever */, block_bytes, n_blocks;
  uint64_t n_collections, freed_objects;
  uint64_t n_pauses, pause_ns_total, pause_ns_max; /* stretches of collector's work on script threads: pauses.h; wall time */
  PauseSum pauses[N_PAUSE_KINDS];
  uint64_t collector_cpu_ns;  /* of the process's collector thread, for all contexts */
  uint64_t n_closes, n_failed_closes; /* steps to close marking; of these, such as found work left over */
  uint64_t n_aborted_closes;          /* and those that did not come about, since a thread was not there in time */
  uint64_t n_assists, n_stalls;       /* allocations that helped; that took a cycle to its end */
  uint64_t edge_ns;                   /* in the slack of frames, not among the pauses; wall time */
  uint64_t n_young_failed;            /* young collections that met too much and became a whole cycle */
  size_t young_promoted;              /* bytes that survived one */
  size_t n_finalizers;                /* objects whose __del__ is due */
  uint32_t finalizers_behind;         /* doublings of how fast they run at edges */
  uint32_t state;                     /* of the running cycle; 0: none */
} HeapStats;
void heap_stats(RpContext *ctx, HeapStats *out);
Pauses *heap_pauses(RpContext *ctx);
/* The pauses of the calling thread alone: a histogram of wall time. */
void heap_thread_pauses(RpThread *th, uint32_t out[N_PAUSE_BUCKETS]);

/* A context's heap: made and dropped by context.c. heap_free runs free_ of everything left, no __del__. */
Heap *heap_create(RpContext *ctx, size_t limit);
void heap_free(Heap *h);
/* Stops the other threads of ctx at their polls, until heap_resume(). self: the calling thread, or NULL when it is not attached. Nobody comes
** or goes meanwhile. Not recursive. */
void heap_stop(RpContext *ctx, RpThread *self);
void heap_resume(RpContext *ctx, RpThread *self);
/* A thread has come into the list: what it must know of the running cycle. Under the context's thread_lock. */
void heap_thread_join(RpThread *th);
/* Weak references: while those to the dead are being cleared (some heap of the process is at it: heap_weak_phases), a referent that is dead. */
extern _Atomic uint32_t heap_weak_phases;
bool heap_weak_dead(Value v);
/* The same for an object that a weak table still lists. */
bool heap_dying(RpContext *ctx, const Object *o);
/* Per-thread part. */
bool heap_thread_init(RpThread *th);
void heap_thread_free(RpThread *th);
/* Gives up the thread's runs and buffers: it is about to go. In a stop. */
void heap_retire_thread(RpThread *th);
/* Has any object with a __del__ ever been made? */
bool heap_has_finalizers(RpContext *ctx);
/* Those made so far do not count: the standard streams, which have nothing to do at the end. */
void heap_forget_finalizers(RpContext *ctx);
/* A thread became SAFE while a stop is wanted. */
void heap_note_safe(RpContext *ctx);
/* Called by thread_poll_slow and the SAFE transitions: waits until the running collection of this context is over. */
void heap_poll_gc(RpThread *th);

#endif
