/* cycle.c: the cycle that runs beside the program, as a state machine that any thread may push on. The protocol and its reasons are in heap.md.
**
** Who may do what: markers and sweepers work in parallel on packets and blocks they claim. Whoever holds `job` takes the cycle from one state to the
** next. Marking is declared complete in a stop that a mutator makes at its own poll. Mutators never wait for a lock that the collector's thread holds,
** except in cycle_finish, where they have asked for it. */
#include "runtime/heap_impl.h"
#include "runtime/exc.h"
#include "runtime/futex.h"
#include "runtime/weakref.h"

#include <sched.h>

#define MARK_BATCH 512            /* references between looks at the clock */
#define KEEP_MAX 256              /* words that a marker keeps to itself between batches */
#define KEEP_MIN 64
#define SWEEP_BATCH 8             /* blocks claimed at a time by the collector's threads; */
#define SWEEP_BATCH_SCRIPT 2      /* by the program's, in a frame or close to the end of its slack: each can take 7 us, if its header and the lock are far away */
#define CLOSE_BUDGET_NS 25000     /* for what is white when closing; doubled from the CLOSE_PATIENCE-th failure on */
#define CLOSE_PATIENCE 3
#define CLOSE_SHIFT_MAX 10
#define CLOSE_SHIFT_FRAME 2       /* within a frame, for the first CLOSE_FRAME_TRIES attempts: 0.1 ms */
#define CLOSE_FRAME_TRIES 40
#define CLOSE_BATCH 128           /* references between looks at the clock: few of them are in the cache */
#define STRESS_CLOSES 8           /* attempts in stress modes that look at STRESS_BATCH objects */
#define STRESS_BATCH 16
#define EDGE_GUARD_NS 50000       /* of a frame's slack are left by a cycle that is behind; */
#define EDGE_SHARE 4              /* others take a part of it, since a thread that runs may lose the processor: then there is time left to get it back; */
#define EDGE_SHARE_LATE 2         /* when the cycle should soon be over: */
#define EDGE_LATE_PERCENT 125
#define EDGE_PERCENT 90           /* of the trigger: cycles begin at an edge, if there are any */
#define ALL_SAFE_NS 2000000       /* nobody polls for so long: the collector's thread closes itself */
#define ALL_SAFE_EDGE_NS 20000000 /* where frames end, one of the edges will come first */
#define ASK_NS 300000             /* so often threads are asked to close */
#define RENDEZVOUS_NS 50000       /* so long the one that closes waits for the others; doubled every ABORTS_STEP attempts that failed in a row */
#define ABORTS_STEP 4
#define ABORTS_MAX 32             /* then it waits until they are there */
#define CLEAR_BATCH 256           /* blocks */
#define LOCK_TRIES 100
#define LAG_NS 1000000
#define WEAK_BATCH 256            /* weak references judged while holding the lock of their table: 25 us */

_Atomic uint32_t heap_weak_phases;

static CycleState state_of(Heap *h) { return (CycleState)atomic_load(&h->state); }
static void enter(Heap *h, CycleState s) {
  atomic_store(&h->state, s);
  futex_wake(&h->state, INT32_MAX);
}

/* -- Handshakes -------------------------------------------------------------------------------------------------------------------------- */

/* The list of threads without waiting: its holder may be in a stop. */
static bool lock_threads_soon(RpContext *ctx) {
  for (int i = 0; pthread_mutex_trylock(&ctx->thread_lock); i++) {
    if (i == LOCK_TRIES) return false;
    cpu_relax();
  }
  return true;
}

/* For t, which is the caller or taken. */
static void acknowledge(Heap *h, RpThread *t, uint32_t number) {
  heap_publish_runs(t);
  t->marking = h->marking;
  atomic_fetch_and(&t->poll, ~(uint32_t)POLL_ACK); /* before the acknowledgement: afterwards the next handshake may set it again */
  atomic_store(&t->heap_th->hs_seen, number);
}

void cycle_handshake_ack(RpThread *th) {
  Heap *h = th->ctx->heap;
  uint32_t number = atomic_load(&h->handshake);
  if (atomic_load_explicit(&th->heap_th->hs_seen, memory_order_relaxed) == number) return;
  PauseStart start = pause_begin(th);
  acknowledge(h, th, number);
  pause_end(th, PAUSE_ack, start);
}

void heap_thread_join(RpThread *th) {
  Heap *h = th->ctx->heap;
  th->marking = h->marking;
  atomic_store(&th->heap_th->hs_seen, atomic_load(&h->handshake));
  pauses_join(&h->pauses, &th->heap_th->pauses);
  heap_young_take_over(th);
}

/* Every thread is to publish its runs and learn the new value of `marking`, at its own poll. False: the list of threads is in use just now. */
static bool handshake_begin(Heap *h, RpThread *self, bool marking) {
  RpContext *ctx = h->ctx;
  if (!lock_threads_soon(ctx)) return false;
  h->marking = marking;
  uint32_t number = atomic_fetch_add(&h->handshake, 1) + 1;
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (t == self) acknowledge(h, t, number);
    else atomic_fetch_or(&t->poll, POLL_ACK);
  }
  pthread_mutex_unlock(&ctx->thread_lock);
  return true;
}

/* Have all acknowledged? For threads in SAFE it is done here. Nobody is waited for. */
static bool handshake_done(Heap *h, RpThread *self) {
  RpContext *ctx = h->ctx;
  if (!lock_threads_soon(ctx)) return false;
  uint32_t number = atomic_load(&h->handshake);
  bool done = true;
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (atomic_load(&t->heap_th->hs_seen) == number) continue;
    int safe = TH_SAFE;
    if (t == self) {
      acknowledge(h, t, number);
    } else if (atomic_compare_exchange_strong(&t->state, &safe, TH_BUSY_BY_GC)) {
      if (atomic_load(&t->heap_th->hs_seen) != number) acknowledge(h, t, number);
      thread_give_back(t);
    } else {
      done = false;
    }
  }
  if (done && heap_wants_verify(h)) heap_verify_acknowledged(h);
  pthread_mutex_unlock(&ctx->thread_lock);
  return done;
}

/* -- Beginning --------------------------------------------------------------------------------------------------------------------------- */

/* Some blocks from *at on; false: there are no more. New blocks have no marks. */
static bool clear_marks(Heap *h, uint32_t *at, uint32_t n) {
  pthread_mutex_lock(&h->lock);
  heap_gather(h);
  uint32_t end = h->blocks.n - *at < n ? h->blocks.n : *at + n;
  for (; *at < end; ++*at) {
    Block *b = h->blocks.v[*at];
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++) atomic_store_explicit(&b->mark[w], 0, memory_order_relaxed);
  }
  bool more = *at < h->blocks.n;
  pthread_mutex_unlock(&h->lock);
  return more;
}

static void begin_event(Heap *h) {
  uint64_t now = heap_clock_ns();
  store_relaxed(&h->cycle_began_ns, now);
  store_relaxed(&h->cycle_cpu_ns, 0);
  h->event = (GcEvent){.start_ns = now, .bytes_before = h->live_bytes + load_relaxed((size_t *)&h->allocated)};
  h->n_close = 0;
  store_relaxed(&h->marked, 0);
  store_relaxed(&h->close_asked_ns, 0);
}

static bool try_begin(Heap *h) {
  if (atomic_load(&h->closing) || atomic_load(&h->hold) || h->stop_the_world) return false;
  uint32_t idle = CYCLE_IDLE;
  return atomic_compare_exchange_strong(&h->state, &idle, CYCLE_CLEAR);
}

void cycle_request(Heap *h) {
  if (try_begin(h) || state_of(h) != CYCLE_IDLE) collector_wake(h);
}

/* -- Closing ------------------------------------------------------------------------------------------------------------------------------- */

/* Nothing to trace, and nobody who traces. False also when the pool is in use just now. */
static bool pool_idle(Heap *h) {
  if (pthread_mutex_trylock(&h->pool.lock)) return false;
  bool idle = h->pool.n == 0 && atomic_load(&h->pool.n_busy) == 0;
  pthread_mutex_unlock(&h->pool.lock);
  return idle;
}

static void take_grey(Tracer *tr, RpThread *t) {
  HeapThread *ht = t->heap_th;
  heap_judge_stores(t);
  for (uint32_t i = 0; i < ht->n_grey && RP_GC_ABLATE != ABLATE_GREY; i++) tracer_push(tr, ht->grey[i]);
  ht->n_grey = 0;
}

/* Marking is complete: what was allocated so far is judged, what comes from now on is born alive. In the stop. */
static void complete(Heap *h) {
  RpContext *ctx = h->ctx;
  h->marking = false;
  store_relaxed(&h->marked_last, load_relaxed(&h->marked));
  for (RpThread *t = ctx->threads; t; t = t->next) {
    if (RP_GC_ABLATE != ABLATE_FLIP) t->marking = false;
    if (RP_GC_ABLATE != ABLATE_RUNS) heap_retire_runs(t);
  }
  heap_gather(h);
  BlockList empty = h->sweep;
  atomic_store(&h->next_sweep, (uint64_t)h->cycle << 32); /* first: a claim by the word of an earlier cycle fails before there are blocks to claim */
  h->sweep.v = h->blocks.v;
  h->sweep.cap = h->blocks.cap;
  store_relaxed(&h->sweep.n, h->blocks.n);
  h->blocks = (BlockList){empty.v, 0, empty.cap};
  for (uint32_t c = 0; c < N_ROOMS * N_CLASSES; c++) h->avail[c / N_CLASSES][c % N_CLASSES].n = 0;
  atomic_store(&h->n_swept, 0);
  h->swept_live = h->swept_dead = 0;
  store_relaxed(&h->allocated_before, h->allocated_before + load_relaxed((size_t *)&h->allocated));
  store_relaxed((size_t *)&h->allocated, 0);
  heap_young_reset(h);
  finalize_pace(h);
}

/* The exception made beforehand, once all else is marked. If nobody else has it, it is over, and so is what its traceback would keep alive. Its few words are
** traced here. */
static void keep_memory_error(Tracer *tr) {
  Value e = tr->heap->ctx->memory_error;
  if (e == EMPTY || object_marked(tr->heap, as_object(e))) return;
  as_exc(e)->traceback = as_exc(e)->cause = as_exc(e)->context = EMPTY;
  trace_value(tr, e);
  trace_drain(tr);
}

/* Frames end, and in the slack of one there is more time than within one: closing waits for that, unless the cycle has fallen behind. */
bool cycle_waits_for_edge(Heap *h) { return heap_has_edges(h) && !heap_behind_in_frame(h) && !atomic_load(&h->n_waiting); }

/* Until when the one that closes may trace, the others being stopped. slack_ns: the end of the time that it was given, or 0. */
static uint64_t close_deadline(Heap *h, uint64_t slack_ns) {
  uint32_t shift = h->n_close < CLOSE_PATIENCE ? 0 : h->n_close - CLOSE_PATIENCE + 1;
  if (shift > CLOSE_SHIFT_FRAME && h->n_close < CLOSE_FRAME_TRIES && heap_has_edges(h)) shift = CLOSE_SHIFT_FRAME;
  if (shift > CLOSE_SHIFT_MAX) return UINT64_MAX;
  uint64_t until = heap_clock_ns() + ((uint64_t)CLOSE_BUDGET_NS << shift);
  bool alone = atomic_load(&h->ctx->n_threads) == 1;
  return alone && slack_ns > until ? slack_ns : until;
}

/* One attempt, all mutators stopped. False: there is work left, and it is in the pool. */
static NOINLINE bool close_stopped(Heap *h, RpThread *self, uint64_t slack_ns) {
  if (!pool_idle(h)) return false;
  Tracer tr;
  tracer_init(&tr, h);
  RpThread *spill = self ? self : h->ctx->threads;
  if (spill) tr.spill = spill->heap_th;
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    heap_publish_runs(t);
    take_grey(&tr, t);
  }
  if (RP_GC_ABLATE != ABLATE_RESCAN || !h->n_close) heap_trace_roots(&tr);
  bool small = h->ctx->opt.stress & (STRESS_GC | STRESS_GC_CONTINUOUS) && h->n_close < STRESS_CLOSES; /* leave some for the markers */
  uint64_t limit = small ? 0 : close_deadline(h, slack_ns);
  bool done;
  while (!(done = trace_some(&tr, small ? STRESS_BATCH : CLOSE_BATCH)) && heap_clock_ns() < limit) {}
  store_relaxed(&h->n_asks, 0);
  if (!done) {
    h->n_close++;
    heap_count(&h->n_failed_closes, 1);
    pool_give(&tr, 0);
  } else {
    trace_drain(&tr); /* looks after an overflow, too */
    keep_memory_error(&tr);
    h->event.mark_ns = (uint32_t)(heap_clock_ns() - h->event.start_ns);
    if (heap_wants_verify(h)) heap_verify_marked(h, false);
    complete(h);
    atomic_fetch_add(&heap_weak_phases, 1);
    enter(h, CYCLE_WEAK);
  }
  tracer_free(&tr);
  return done;
}

/* A step to close marking. slack_ns: as above. False: the other threads could not be stopped in the time given, or somebody else stops them; nothing was done. */
static NOINLINE bool close_marking(Heap *h, RpThread *self, uint64_t slack_ns) {
  PauseStart start = pause_begin(self);
  uint64_t t0 = heap_clock_ns();
  uint32_t aborted = load_relaxed(&h->n_aborted);
  bool stopped = heap_stop_soon(h->ctx, self, aborted < ABORTS_MAX ? (uint64_t)RENDEZVOUS_NS << (aborted / ABORTS_STEP) : UINT64_MAX);
  if (stopped) {
    if (self) heap_publish_stack(self);
    bool marks = state_of(h) == CYCLE_MARK;
    store_relaxed(&h->n_aborted, 0);
    if (marks) close_stopped(h, self, slack_ns);
    heap_count(&h->n_closes, 1);
    uint64_t ns = heap_clock_ns() - t0;
    if (marks && ns > h->event.pause_ns) h->event.pause_ns = (uint32_t)ns; /* in the stop: the event may be another cycle's afterwards */
    heap_resume(h->ctx, self);
  } else {
    store_relaxed(&h->n_aborted, aborted + 1);
    heap_count(&h->n_aborted_closes, 1);
  }
  pause_end(self, PAUSE_close, start);
  return stopped;
}

bool cycle_compiler_runs(RpContext *ctx, RpThread *self) {
  bool run = false;
  if (pthread_mutex_trylock(&ctx->thread_lock)) return true;
  for (RpThread *t = ctx->threads; t; t = t->next)
    run = run || (t != self && t->service && atomic_load(&t->state) == TH_RUN);
  pthread_mutex_unlock(&ctx->thread_lock);
  return run;
}

/* The mutators are asked; the first to poll does it. */
static void ask_to_close(Heap *h, RpThread *self) {
  RpContext *ctx = h->ctx;
  heap_lock_threads(ctx, self);
  __atomic_fetch_add(&h->n_asks, 1, __ATOMIC_RELAXED);
  for (RpThread *t = ctx->threads; t; t = t->next) atomic_fetch_or(&t->poll, POLL_CLOSE);
  pthread_mutex_unlock(&ctx->thread_lock);
}

#define RESTS 4       /* of 2 ms */
#define RESTS_EDGE 10 /* until the next edge, where frames end */

/* The compile thread has idle priority: a mutator that waited for it would wait long. It comes to rest instead, for a while. */
static void rest(Heap *h, RpThread *th) {
  thread_enter_safe(th);
  for (int i = 0; i < (heap_has_edges(h) ? RESTS_EDGE : RESTS) && state_of(h) == CYCLE_MARK; i++) futex_wait(&h->state, CYCLE_MARK, 2000000);
  thread_leave_safe(th);
}

#define PATIENT_ASKS 20 /* so often a running compile thread is a reason not to close */

/* With a thread that compiles nearby, closing is better left for a moment later. */
static bool should_wait(Heap *h, RpThread *self) {
  if (load_relaxed(&h->n_asks) >= PATIENT_ASKS || !cycle_compiler_runs(h->ctx, self)) return false;
  ask_to_close(h, self);
  return true;
}

void cycle_close_poll(RpThread *th) {
  Heap *h = th->ctx->heap;
  atomic_fetch_and(&th->poll, ~(uint32_t)POLL_CLOSE);
  if (th->heap_th->collecting || th->heap_th->at_cycle || state_of(h) != CYCLE_MARK) return;
  if (th->service) {
    rest(h, th);
    return;
  }
  if (cycle_waits_for_edge(h) || !pool_idle(h) || (load_relaxed(&h->n_asks) < PATIENT_ASKS && cycle_compiler_runs(h->ctx, th))) return; /* asked again soon */
  close_marking(h, th, 0);
  collector_wake(h);
}

static bool all_safe(RpContext *ctx) {
  bool safe = true;
  pthread_mutex_lock(&ctx->thread_lock);
  for (RpThread *t = ctx->threads; t; t = t->next) safe = safe && atomic_load(&t->state) != TH_RUN;
  pthread_mutex_unlock(&ctx->thread_lock);
  return safe;
}

/* By a thread of the collector's: nothing is left to mark. */
static bool worker_closes(Heap *h) {
  uint64_t now = heap_clock_ns(), since = load_relaxed(&h->close_asked_ns);
  if (!since) store_relaxed(&h->close_asked_ns, since = now);
  if (now - since > (heap_has_edges(h) ? ALL_SAFE_EDGE_NS : ALL_SAFE_NS) && all_safe(h->ctx)) {
    store_relaxed(&h->close_asked_ns, 0);
    return close_marking(h, NULL, 0);
  }
  if (cycle_waits_for_edge(h) || now - load_relaxed(&h->last_ask_ns) < ASK_NS) return false;
  store_relaxed(&h->last_ask_ns, now);
  ask_to_close(h, NULL);
  return false;
}

/* -- Marking ------------------------------------------------------------------------------------------------------------------------------- */

/* False: there was nothing to take. */
static bool mark_slice(Heap *h, RpThread *self, uint64_t deadline_ns, uint32_t batch) {
  Tracer tr;
  tracer_init(&tr, h);
  if (self) tr.spill = self->heap_th;
  bool any = false;
  uint64_t counted = 0;
  while (pool_take(&tr)) {
    any = true;
    store_relaxed(&h->close_asked_ns, 0);
    while (!trace_some(&tr, batch)) {
      heap_count(&h->marked, tr.n_marked - counted);
      counted = tr.n_marked;
      if (heap_clock_ns() >= deadline_ns) goto out;
      if (tr.n > KEEP_MAX) pool_give(&tr, KEEP_MIN); /* others may help, and need it if this thread loses the processor */
    }
    if (heap_clock_ns() >= deadline_ns) break;
  }
out:
  heap_count(&h->marked, tr.n_marked - counted);
  pool_leave(&tr);
  tracer_free(&tr);
  return any;
}

/* -- After marking --------------------------------------------------------------------------------------------------------------------------- */

/* All threads are told, since any may wait for long: the first to poll runs them. Where there are frame edges, they wait for one. False: the threads' list
** is in use just now. */
static bool finalizers_due(RpContext *ctx) {
  if (!finalize_pending(ctx->heap) || heap_has_edges(ctx->heap)) return true;
  if (!lock_threads_soon(ctx)) return false;
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (!t->service) atomic_fetch_or(&t->poll, POLL_FINALIZE);
  pthread_mutex_unlock(&ctx->thread_lock);
  return true;
}

/* What finalizers will see is marked through. False: not yet all. */
static bool mark_revived(Heap *h, uint64_t deadline_ns, uint32_t batch) {
  if (mark_slice(h, NULL, deadline_ns, batch) || !pool_idle(h)) return false;
  if (atomic_load(&h->mark_overflow)) {
    Tracer tr;
    tracer_init(&tr, h);
    trace_drain(&tr);
    tracer_free(&tr);
  }
  return true;
}
static void push_revived(Heap *h) {
  Tracer tr;
  tracer_init(&tr, h);
  finalize_push_new(&tr);
  pool_give(&tr, 0);
  tracer_free(&tr);
}

/* `next`: Heap.next_sweep as it was when the blocks were there to be swept. False: none are left. */
static bool sweep_blocks(Heap *h, uint64_t next, uint32_t batch) {
  uint32_t n = load_relaxed(&h->sweep.n), from = (uint32_t)next;
  if (RP_GC_ABLATE == ABLATE_SWEEP) from = (uint32_t)(next = atomic_load(&h->next_sweep));
  if (from >= n) return false;
  if (!atomic_compare_exchange_strong(&h->next_sweep, &next, next + batch)) return true; /* somebody else has them */
  uint32_t to = from + batch < n ? from + batch : n, kept = 0;
  size_t dead = 0, live = 0;
  Block *keep[SWEEP_BATCH];
  for (uint32_t k = from; k < to; k++) {
    Block *b = h->sweep.v[k];
    if (heap_sweep_block(h, b, &dead)) {
      atomic_fetch_sub_explicit(&h->block_bytes, (size_t)b->n_units << UNIT_SHIFT, memory_order_relaxed);
      block_return(b);
    } else {
      keep[kept++] = b;
      live += b->n_live * block_cell_bytes(b);
    }
  }
  atomic_fetch_add_explicit(&h->swept_dead, dead, memory_order_relaxed);
  atomic_fetch_add_explicit(&h->swept_live, live, memory_order_relaxed);
  heap_list_blocks(h, keep, kept, true);
  atomic_fetch_add(&h->n_swept, to - from);
  return true;
}

/* In this stress mode one of the collector's threads at times seems to have lost the processor, until the blocks of another cycle are there. */
static void stress_lag(Heap *h) {
  if (likely(!(h->ctx->opt.stress & STRESS_GC_CONTINUOUS)) || atomic_fetch_add_explicit(&h->n_lags, 1, memory_order_relaxed) % 2) return;
  for (uint64_t end = heap_clock_ns() + LAG_NS; heap_clock_ns() < end && (state_of(h) == CYCLE_SWEEP || !load_relaxed(&h->sweep.n));) sched_yield();
}

/* The collector's threads are stopped by nobody: whoever loses the processor between the look at the state and the claim must not get blocks of a later
** cycle, whose dead have not been judged. The claim tells: next_sweep was read first, and holds the cycle's number. */
static bool sweep_some(Heap *h, RpThread *self) {
  uint64_t next = atomic_load(&h->next_sweep);
  if (state_of(h) != CYCLE_SWEEP) return false;
  if (!self) stress_lag(h);
  return sweep_blocks(h, next, self ? SWEEP_BATCH_SCRIPT : SWEEP_BATCH);
}
void cycle_sweep_some(Heap *h, RpThread *self) { sweep_some(h, self); }

static void finish(Heap *h) {
  store_relaxed(&h->sweep.n, 0);
  if (heap_wants_verify(h)) heap_verify_swept(h);
  h->event.census_ns = (uint32_t)(heap_clock_ns() - h->event.start_ns) - h->event.mark_ns;
  heap_finish_cycle(h, "beside");
  enter(h, CYCLE_IDLE);
}

/* -- Pushing on ------------------------------------------------------------------------------------------------------------------------------ */

/* The parts of the states that one thread at a time goes through, holding the job. what: which kind of work it is. SHORT work may keep others waiting for a
** moment (it takes threads, or locks that mutators take): the thread of lowest priority leaves it alone. */
enum { CLEAR_CONDEMNED, CLEAR_MARKS, CLEAR_BEGIN, CLEAR_WAIT };
enum { WEAK_CENSUS, WEAK_FIND, WEAK_MARK, WEAK_CLASSES };
enum { DEAD_BEGIN, DEAD_WAIT, DEAD_FREE, DEAD_FREE_SHAPES, DEAD_TELL };
static const uint8_t clear_parts[] = {CYCLE_LONG, CYCLE_LONG, CYCLE_SHORT, CYCLE_SHORT}, weak_parts[] = {CYCLE_SHORT, CYCLE_LONG, CYCLE_LONG, CYCLE_LONG},
                     dead_parts[] = {CYCLE_SHORT, CYCLE_SHORT, CYCLE_LONG, CYCLE_LONG, CYCLE_SHORT};

static void next_part(Heap *h) {
  h->at = 0;
  h->part++;
}
static void next_state(Heap *h, CycleState s) {
  h->at = 0;
  h->part = 0;
  enter(h, s);
}

/* False: not now. */
static bool do_clear(Heap *h, RpThread *self, uint64_t deadline_ns) {
  switch (h->part) {
  case CLEAR_CONDEMNED:
    if (!heap_free_condemned(h, deadline_ns)) next_part(h);
    return true;
  case CLEAR_MARKS:
    if (h->at == 0) begin_event(h);
    if (clear_marks(h, &h->at, CLEAR_BATCH)) return true;
    if (heap_wants_verify(h)) heap_verify_cleared(h);
    next_part(h);
    return true;
  case CLEAR_BEGIN:
    if (RP_GC_ABLATE != ABLATE_HANDSHAKE && !handshake_begin(h, self, true)) return false;
    atomic_fetch_add(&h->cycle, 1);
    next_part(h);
    return true;
  default:
    if (RP_GC_ABLATE != ABLATE_HANDSHAKE && !handshake_done(h, self) && RP_GC_ABLATE != ABLATE_ACK) return false;
    next_state(h, CYCLE_MARK);
    return true;
  }
}

/* Clears references to the dead and revives what has a __del__. */
static bool do_weak(Heap *h, uint64_t deadline_ns, uint32_t batch) {
  switch (h->part) {
  case WEAK_CENSUS:
    if (weakref_census(h->ctx, batch < WEAK_BATCH ? batch : WEAK_BATCH)) return true;
    next_part(h);
    return true;
  case WEAK_FIND:
    if (heap_find_finalizable(h, &h->sweep, &h->at, deadline_ns)) return true;
    push_revived(h);
    if (RP_GC_ABLATE == ABLATE_DEL) finalize_publish(h), finalizers_due(h->ctx);
    next_part(h);
    return true;
  case WEAK_MARK:
    if (mark_revived(h, deadline_ns, batch)) next_part(h);
    return true;
  default:
    if (heap_forget_classes(h, &h->sweep, &h->at, deadline_ns)) return true;
    if (heap_wants_verify(h)) heap_verify_weak(h);
    finalize_publish(h);
    finalize_found(h);
    next_state(h, CYCLE_DEAD);
    atomic_fetch_sub(&heap_weak_phases, 1);
    return true;
  }
}

static bool do_dead(Heap *h, RpThread *self, uint64_t deadline_ns) {
  switch (h->part) {
  case DEAD_BEGIN: if (!handshake_begin(h, self, false)) return false; break;
  case DEAD_WAIT: if (!handshake_done(h, self) && RP_GC_ABLATE != ABLATE_HS2) return false; break;
  case DEAD_FREE: if (heap_free_dead(h, &h->sweep, &h->at, false, deadline_ns)) return true; break;
  case DEAD_FREE_SHAPES: if (heap_free_dead(h, &h->sweep, &h->at, true, deadline_ns)) return true; break;
  default:
    if (!finalizers_due(h->ctx)) return false;
    next_state(h, CYCLE_SWEEP);
    return true;
  }
  next_part(h);
  return true;
}

static uint32_t kind_of_part(Heap *h, CycleState s) {
  return s == CYCLE_CLEAR ? clear_parts[h->part] : s == CYCLE_WEAK ? weak_parts[h->part] : s == CYCLE_DEAD ? dead_parts[h->part] : CYCLE_LONG;
}

/* One part, or some of one, of the state s. False: nothing could be done by this thread now. */
static bool advance(Heap *h, RpThread *self, CycleState s, uint32_t what, uint64_t deadline_ns, uint32_t batch) {
  if (pthread_mutex_trylock(&h->job)) return false;
  bool did = state_of(h) == s;
  uint32_t kind = did ? kind_of_part(h, s) : 0;
  if (did && !(kind & what)) {
    did = false;
    if (kind == CYCLE_SHORT) collector_prompt();
  } else if (did) {
    if (s == CYCLE_CLEAR) did = do_clear(h, self, deadline_ns);
    else if (s == CYCLE_WEAK) did = do_weak(h, deadline_ns, batch);
    else if (s == CYCLE_DEAD) did = do_dead(h, self, deadline_ns);
    else if (atomic_load(&h->n_swept) == h->sweep.n) finish(h);
    else did = false;
  }
  pthread_mutex_unlock(&h->job);
  return did;
}

static bool push_on(Heap *h, RpThread *self, uint32_t what, uint64_t deadline_ns, uint32_t batch) {
  CycleState s = state_of(h);
  switch (s) {
  case CYCLE_CLEAR: case CYCLE_WEAK: case CYCLE_DEAD: return advance(h, self, s, what, deadline_ns, batch);
  case CYCLE_MARK:
    if ((what & CYCLE_LONG) && mark_slice(h, self, deadline_ns, batch)) return true;
    if (!(what & CYCLE_SHORT)) {
      if (!atomic_load_explicit(&h->pool.n, memory_order_relaxed)) collector_prompt();
      return false;
    }
    if (!pool_idle(h)) return false; /* another marker has it */
    if (!self) return worker_closes(h);
    if (!(what & (CYCLE_SLACK | CYCLE_PATIENT)) && cycle_waits_for_edge(h)) return false;
    if (!(what & CYCLE_PATIENT) && should_wait(h, self)) return false;
    return close_marking(h, self, what & CYCLE_SLACK ? deadline_ns : 0);
  case CYCLE_SWEEP: return ((what & CYCLE_LONG) && sweep_some(h, self)) || advance(h, self, s, what, deadline_ns, batch);
  default: return false;
  }
}

/* While a thread works on the cycle no poll of its own does the same. */
static bool busy_begin(RpThread *self) {
  if (!self) return true;
  if (self->heap_th->at_cycle || self->heap_th->collecting) return false;
  return self->heap_th->at_cycle = true;
}
static void busy_end(RpThread *self) {
  if (self) self->heap_th->at_cycle = false;
}

bool cycle_work(Heap *h, RpThread *self, uint32_t what, uint64_t deadline_ns) {
  if (!busy_begin(self)) return false;
  bool did = false;
  uint64_t cpu = pause_cpu_ns();
  while (!atomic_load_explicit(&h->closing, memory_order_relaxed) && push_on(h, self, what, deadline_ns, MARK_BATCH)) {
    did = true;
    if (heap_clock_ns() >= deadline_ns) break;
  }
  heap_count(&h->cycle_cpu_ns, pause_cpu_ns() - cpu);
  busy_end(self);
  return did;
}

/* Of what is left of a frame's slack. */
static int64_t edge_share(Heap *h, int64_t slack_ns) {
  if (heap_behind(h)) return slack_ns - EDGE_GUARD_NS;
  return slack_ns / (heap_pressure(h) < EDGE_LATE_PERCENT ? EDGE_SHARE : EDGE_SHARE_LATE);
}

void heap_frame_edge(RpThread *th, int64_t budget_ns) {
  Heap *h = th->ctx->heap;
  uint64_t t0 = heap_clock_ns();
  heap_young_at_edge(th, budget_ns);
  uint64_t now = heap_clock_ns();
  int64_t share = edge_share(h, budget_ns - (int64_t)(now - t0));
  if (h->stop_the_world || share <= 0) return;
  if (state_of(h) == CYCLE_IDLE && (heap_pressure(h) < EDGE_PERCENT || heap_too_soon(h) || !try_begin(h))) return;
  PauseStart start = pause_begin(th);
  bool did = cycle_work(h, th, CYCLE_LONG | CYCLE_SHORT | CYCLE_SLACK, now + (uint64_t)share);
  if (state_of(h) != CYCLE_IDLE) collector_wake(h);
  if (did) pause_end(th, PAUSE_edge, start);
  else pause_cancel(th);
}

bool heap_step(RpThread *th, int64_t budget_ns) {
  Heap *h = th->ctx->heap;
  uint64_t t0 = heap_clock_ns();
  if (h->stop_the_world) {
    heap_collect(th);
    return false;
  }
  PauseStart start = pause_begin(th);
  try_begin(h);
  cycle_work(h, th, CYCLE_LONG | CYCLE_SHORT | CYCLE_SLACK, t0 + (uint64_t)budget_ns);
  pause_end(th, PAUSE_step, start);
  if (state_of(h) == CYCLE_IDLE) return false;
  collector_wake(h);
  return true;
}

void cycle_step(Heap *h, RpThread *self, uint32_t refs) {
  if (!busy_begin(self)) return;
  try_begin(h);
  push_on(h, self, CYCLE_LONG | CYCLE_SHORT | CYCLE_PATIENT, 0, refs + 1);
  busy_end(self);
}

void cycle_finish(Heap *h, RpThread *self) {
  if (!busy_begin(self)) return;
  uint64_t cpu = pause_cpu_ns();
  atomic_fetch_add(&h->n_waiting, 1);
  for (CycleState s; (s = state_of(h)) != CYCLE_IDLE;) {
    if (push_on(h, self, CYCLE_LONG | CYCLE_SHORT | CYCLE_PATIENT, UINT64_MAX, MARK_BATCH)) continue;
    if (self) thread_enter_safe(self);
    futex_wait(&h->state, s, 200000);
    if (self) thread_leave_safe(self);
  }
  atomic_fetch_sub(&h->n_waiting, 1);
  heap_count(&h->cycle_cpu_ns, pause_cpu_ns() - cpu);
  busy_end(self);
}

bool cycle_whole(Heap *h, RpThread *self) {
  cycle_finish(h, self);
  if (!try_begin(h) && state_of(h) == CYCLE_IDLE) return false;
  collector_wake(h); /* another thread's cycle is as good: it began after we were asked */
  cycle_finish(h, self);
  return true;
}

static void retire(Heap *h) {
  atomic_store(&h->closing, true);
  collector_forget(h);
}
void heap_retire(RpContext *ctx) { retire(ctx->heap); }

void cycle_cancel(Heap *h) {
  retire(h); /* a context that was never whole comes here at once */
  if (state_of(h) == CYCLE_WEAK) atomic_fetch_sub(&heap_weak_phases, 1);
  weakref_census_cancel(h->ctx);
  /* What was not swept yet joins the rest; cells that are dead and were freed have no fin bit any more. */
  uint32_t next = (uint32_t)h->next_sweep;
  if (next < h->sweep.n) heap_list_blocks(h, h->sweep.v + next, h->sweep.n - next, false);
  h->sweep.n = 0;
  atomic_store(&h->state, CYCLE_IDLE);
}

/* -- All in one stop --------------------------------------------------------------------------------------------------------------------------- */

void cycle_all(Heap *h, RpThread *self) {
  RP_ASSERT(state_of(h) == CYCLE_IDLE);
  uint64_t t0 = heap_clock_ns();
  for (RpThread *t = h->ctx->threads; t; t = t->next) heap_publish_runs(t);
  uint32_t at = 0;
  heap_free_condemned(h, UINT64_MAX);
  while (clear_marks(h, &at, UINT32_MAX)) {}
  atomic_fetch_add(&h->cycle, 1);
  Tracer tr;
  tracer_init(&tr, h);
  tr.alone = true;
  heap_trace_roots(&tr);
  trace_drain(&tr);
  keep_memory_error(&tr);
  store_relaxed(&h->marked, tr.n_marked);
  complete(h);
  while (weakref_census(h->ctx, UINT32_MAX)) {}
  at = 0;
  while (heap_find_finalizable(h, &h->sweep, &at, UINT64_MAX)) {}
  finalize_push_new(&tr);
  trace_drain(&tr);
  tracer_free(&tr);
  at = 0;
  while (heap_forget_classes(h, &h->sweep, &at, UINT64_MAX)) {}
  finalize_publish(h);
  finalize_found(h);
  h->event.mark_ns = (uint32_t)(heap_clock_ns() - t0);
  for (int shapes = 0; shapes < 2; shapes++) {
    at = 0;
    while (heap_free_dead(h, &h->sweep, &at, shapes, UINT64_MAX)) {}
  }
  while (sweep_blocks(h, atomic_load(&h->next_sweep), SWEEP_BATCH)) {}
  store_relaxed(&h->sweep.n, 0);
  if (heap_wants_verify(h)) heap_verify_stopped(h);
  h->event.census_ns = (uint32_t)(heap_clock_ns() - t0) - h->event.mark_ns;
}

uint32_t heap_cycle(const RpContext *ctx) { return (uint32_t)atomic_load(&ctx->heap->cycle); }

/* A referent that is dead while references to it are being cleared. */
bool heap_weak_dead(Value v) {
  if (!block_in_arena(v)) return false;
  Heap *h = load_relaxed((Heap **)&block_of_cell(as_object(v))->heap);
  return RP_GC_ABLATE != ABLATE_WEAK && state_of(h) == CYCLE_WEAK && !object_marked(h, as_object(v));
}

bool heap_dying(RpContext *ctx, const Object *o) {
  Heap *h = ctx->heap;
  return block_in_arena((uintptr_t)o) && state_of(h) == CYCLE_WEAK && !object_marked(h, o);
}
