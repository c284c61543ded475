/* test_gc.c: collection beside running threads. Each thread changes a graph of arrays at random and keeps a mirror of it in plain C; whatever the mirror
** reaches must be there, untouched: freed cells are scribbled over, and a second trace checks every cycle. References hide for a while where only a
** stack scan, a barrier, a re-grey after a bulk copy, or a weak reference can find them. Each object with a __del__ has it run once, whole.
** `unit_gc SEED` runs with another seed. */
#include "tests/unit.h"

static void weak_read_window(void);
#define WEAKREF_WINDOW() weak_read_window()

#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/heap_impl.h"
#include "runtime/list.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/set.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/weakref.h"

#include <semaphore.h>

#define N_NODES 400   /* of one mirror */
#define N_EDGES 7
#define N_BOARD 16
#define N_WIDE 400    /* slots of a board that is too long to be scanned for one store */

static uint64_t base_seed = 1;

/* -- Objects with a __del__ ------------------------------------------------------------------------------------------------------------- */

/* Each holds its number in an array that nobody else refers to. Its __del__ takes that away and puts it into `taken`. */
typedef struct Ward { Object hdr; Value number, held; } Ward; /* held: NONE, or something that lives by it alone */
#define N_WARDS 100000
static _Atomic uint32_t n_wards;
static _Atomic uint8_t wards_done[N_WARDS]; /* how often its __del__ ran; 9: it found something else */
enum { WARD = MAX_SHAPES - 1 };
#define N_TAKEN 64
static Array *volatile taken; /* the boards' owner looks after it */

static void ward_trace(Tracer *tr, Object *o) {
  trace_value(tr, load_relaxed(&((Ward *)o)->number));
  trace_value(tr, load_relaxed(&((Ward *)o)->held));
}
static uint32_t number_of(Value v) { /* N_WARDS: it is none */
  Array *a = is_object(v) ? (Array *)as_object(v) : NULL;
  return a && a->hdr.kind == K_ARRAY && a->length == 1 ? (uint32_t)as_int(a->items[0]) : N_WARDS;
}
static Value ward_del(RpThread *th, Value self) {
  Ward *w = (Ward *)as_object(self);
  Value v = w->number;
  uint32_t i = number_of(v);
  if (i >= N_WARDS) return atomic_fetch_add(&wards_done[0], 9), NONE;
  store_relaxed(&w->number, NONE);
  Value *at = &taken->items[i % N_TAKEN], before = load_consume(at);
  if (before != NONE && number_of(before) >= N_WARDS) atomic_fetch_add(&wards_done[0], 9);
  obj_store(th, taken, at, v);
  atomic_fetch_add(&wards_done[i], 1);
  return NONE;
}
static void add_ward_type(void) {
  static Type type;
  static Shape shape;
  if (shape.type) return;
  type.hdr = (Object){SHAPE_type, K_TYPE, OBJ_IMMUTABLE, 0, 0};
  type.slots.trace = ward_trace;
  type.slots.finalize_py = ward_del;
  type.inst_kind = K_NATIVE_OBJECT;
  shape = (Shape){.hdr = {SHAPE_shape, K_SHAPE, OBJ_IMMUTABLE, 0, 0}, .type = &type, .id = WARD, .flags = SHAPE_BUILTIN | SHAPE_SLOTS_ONLY};
  rp_shapes[WARD] = &shape;
}
static Ward *ward_new(RpThread *th) {
  if (load_relaxed((uint32_t *)&n_wards) >= N_WARDS - 8) return NULL;
  Array *volatile a = heap_alloc_array(th, 1);
  Ward *w = a ? (Ward *)heap_alloc(th, WARD, K_NATIVE_OBJECT, sizeof(Ward)) : NULL;
  if (!w) return NULL;
  w->number = value_object(a);
  w->held = NONE;
  store_relaxed(&a->items[0], value_int(atomic_fetch_add(&n_wards, 1))); /* a marker may have it from the stack by now */
  store_release(&a->length, 1);
  return w;
}
static bool wards_are_done(void) {
  uint32_t bad = 0;
  for (uint32_t i = 0; i < n_wards; i++) {
    if (wards_done[i] == 1) continue;
    if (!bad++) fprintf(stderr, "object %u with a __del__: it ran %u times\n", i, wards_done[i]);
  }
  if (bad > 1) fprintf(stderr, "and %u more, of %u\n", bad - 1, n_wards);
  return !bad;
}

/* -- Worlds ------------------------------------------------------------------------------------------------------------------------------ */

/* Node i of a thread's world: an array with its number in items[0] and edges behind it. edges[k] < 0: none. */
typedef struct World {
  RpThread *th;
  RpContext *ctx;
  uint64_t seed;
  int steps;
  int32_t edges[N_NODES][N_EDGES];
  bool live[N_NODES];
  Array *volatile board, *volatile wide; /* shared by the threads: each takes what others left there */
  bool ok, helps;             /* helps: in slices, beside the collector's thread */
} World;

static uint32_t rnd(World *w, uint32_t n) {
  w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(w->seed >> 33) % n;
}

/* The table of a world's nodes is a heap array on the thread's C stack; nodes refer to each other, the table holds node 0 only, so that
** the rest lives by its edges. Found by walking along with the mirror. */
static void reach(World *w, Array *root, Array **at) {
  int32_t stack[N_NODES];
  int n = 0;
  memset(w->live, 0, sizeof w->live);
  at[0] = root;
  w->live[0] = true;
  stack[n++] = 0;
  while (n) {
    int32_t i = stack[--n];
    w->ok = w->ok && at[i]->hdr.kind == K_ARRAY && at[i]->length == 1 + N_EDGES && at[i]->items[0] == value_int(i);
    if (!w->ok) return;
    for (int k = 0; k < N_EDGES; k++) {
      int32_t e = w->edges[i][k];
      Value v = at[i]->items[1 + k];
      if (e < 0) {
        w->ok = w->ok && v == NONE;
        continue;
      }
      w->ok = w->ok && is_object(v);
      if (!w->ok) return;
      if (w->live[e]) {
        w->ok = w->ok && at[e] == (Array *)as_object(v);
        continue;
      }
      w->live[e] = true;
      at[e] = (Array *)as_object(v);
      stack[n++] = e;
    }
  }
}

static Array *node_new(World *w, int32_t id) {
  Array *a = heap_alloc_array(w->th, 1 + N_EDGES);
  if (!a) return NULL;
  a->items[0] = value_int(id);
  for (int k = 0; k < N_EDGES; k++) {
    a->items[1 + k] = NONE;
    w->edges[id][k] = -1;
  }
  a->length = 1 + N_EDGES;
  return a;
}

static int32_t pick(World *w) {
  uint32_t from = rnd(w, N_NODES);
  for (uint32_t k = 0; k < N_NODES; k++)
    if (w->live[(from + k) % N_NODES]) return (int32_t)((from + k) % N_NODES);
  return 0;
}
static int32_t unused(World *w) {
  for (int32_t k = 1; k < N_NODES; k++)
    if (!w->live[k]) return k;
  return -1;
}

/* Garbage, so that there are polls, sweeps and cells used again. */
static void churn(World *w) {
  for (uint32_t i = rnd(w, 40); i; i--) heap_alloc_array(w->th, rnd(w, 20));
  thread_poll(w->th);
  if (w->helps && !rnd(w, 30)) heap_step(w->th, 20000);
  if (w->helps && !rnd(w, 60)) heap_collect(w->th);
}

static void set_edge(World *w, Array **at, int32_t from, int k, int32_t to) {
  obj_store(w->th, at[from], &at[from]->items[1 + k], to < 0 ? NONE : value_object(at[to]));
  w->edges[from][k] = to;
}

/* One change. Pointers in `at` are found anew after it: malloc'ed memory and the mirror keep nothing alive, the C stack does. */
static NOINLINE void change(World *w, Array **at) {
  int32_t i = pick(w), k = (int32_t)rnd(w, N_EDGES), j;
  switch (rnd(w, 6)) {
  case 0: case 1: /* a new node */
    if ((j = unused(w)) < 0) {
      set_edge(w, at, i, k, -1);
    } else if ((at[j] = node_new(w, j))) { /* between a node and what it refers to */
      int32_t e = w->edges[i][k];
      if (e >= 0) at[j]->items[1] = value_object(at[e]); /* fresh: an initialising store */
      w->edges[j][0] = e;
      set_edge(w, at, i, k, j);
    }
    break;
  case 2: { /* an edge hides on this stack, then moves */
    int32_t e = w->edges[i][k];
    if (e < 0) break;
    int32_t to = pick(w), m = (int32_t)rnd(w, N_EDGES);
    Array *volatile hidden = at[e], *volatile owner = at[to];
    set_edge(w, at, i, k, -1);
    churn(w);
    obj_store(w->th, owner, &owner->items[1 + m], value_object(hidden));
    w->edges[to][m] = e;
    break;
  }
  case 3: { /* two nodes exchange all their edges */
    j = pick(w);
    Array *a = at[i], *c = at[j];
    if (a == c) break;
    for (int q = 1; q <= N_EDGES; q++) {
      Value v = a->items[q];
      store_relaxed(&a->items[q], c->items[q]);
      store_relaxed(&c->items[q], v);
    }
    heap_barrier_bulk(w->th, a);
    heap_barrier_bulk(w->th, c);
    for (int q = 0; q < N_EDGES; q++) {
      int32_t e = w->edges[i][q];
      w->edges[i][q] = w->edges[j][q];
      w->edges[j][q] = e;
    }
    break;
  }
  case 4: { /* only a weak reference remembers it: it is there whole, or gone */
    Set *s = set_new(w->th);
    WeakRef *r = s ? weakref_new(w->th, &type_weakref, value_object(s), EMPTY) : NULL;
    w->ok = w->ok && (!r || weakref_get(r) == value_object(s));
    s = NULL;
    churn(w);
    Value v = r ? weakref_get(r) : EMPTY;
    churn(w);
    w->ok = w->ok && (v == EMPTY || has_shape(v, SHAPE_set));
    break;
  }
  default: { /* gives a fresh object to the board, reads somebody else's */
    Ward *ward = ward_new(w->th);
    Array *mine = ward ? heap_alloc_array(w->th, 2) : NULL;
    if (!mine) break;
    mine->items[0] = value_int(77);
    mine->items[1] = value_object(ward);
    mine->length = 2;
    Array *board = rnd(w, 2) ? w->board : w->wide;
    uint32_t slot = rnd(w, board->length);
    Value other = load_consume(&board->items[slot]);
    obj_store(w->th, board, &board->items[slot], value_object(mine));
    churn(w);
    if (is_object(other)) {
      Array *o = (Array *)as_object(other);
      w->ok = w->ok && o->hdr.kind == K_ARRAY && o->length == 2 && o->items[0] == value_int(77) && has_shape(o->items[1], WARD);
    }
  }
  }
}

static NOINLINE void run(World *w) {
  Array **at = calloc(N_NODES, sizeof *at);
  Array *volatile root = node_new(w, 0);
  for (int step = 0; w->ok && step < w->steps; step++) {
    reach(w, root, at);
    if (w->ok) change(w, at);
    churn(w);
  }
  reach(w, root, at);
  free(at);
}

static void *world_main(void *arg) {
  World *w = arg;
  w->th = thread_attach_at(w->ctx, __builtin_frame_address(0));
  run(w);
  thread_detach(w->th);
  return NULL;
}

static void trace_board(Tracer *tr, void *data) {
  trace_ref(tr, ((World *)data)->board);
  trace_ref(tr, ((World *)data)->wide);
  trace_ref(tr, taken);
}
static void trace_taken(Tracer *tr, void *data) { trace_ref(tr, taken); }
static Array *board_new(RpThread *th, uint32_t n) {
  Array *board = heap_alloc_array(th, n);
  for (uint32_t i = 0; i < n; i++) board->items[i] = NONE;
  board->length = n;
  return board;
}

/* The calling thread and n_threads - 1 others, in one context. */
static bool run_worlds(int n_threads, int steps, uint32_t stress, uint32_t stress_n) {
  struct ContextOptions opt = {.stress = stress, .stress_n = stress_n, .tier = 1};
  RpContext *ctx = context_new(&opt);
  RpThread *th = thread_current();
  add_ward_type();
  n_wards = 0;
  memset((void *)wards_done, 0, sizeof wards_done);
  World *w = calloc((size_t)n_threads, sizeof *w);
  pthread_t t[8];
  taken = NULL;
  heap_root_add(ctx, trace_board, w); /* first: a collection may come with any allocation */
  w[0].board = board_new(th, N_BOARD);
  w[0].wide = board_new(th, N_WIDE);
  taken = board_new(th, N_TAKEN);
  for (int i = 0; i < n_threads; i++) {
    w[i].ctx = ctx;
    w[i].seed = base_seed * 1000 + (uint64_t)i + stress_n;
    w[i].steps = steps;
    w[i].board = w[0].board;
    w[i].wide = w[0].wide;
    w[i].ok = true;
    w[i].helps = stress & STRESS_GC_CONTINUOUS;
    if (i) pthread_create(&t[i], NULL, world_main, &w[i]);
  }
  w[0].th = th;
  run(&w[0]);
  thread_enter_safe(th);
  for (int i = 1; i < n_threads; i++) pthread_join(t[i], NULL);
  thread_leave_safe(th);
  bool ok = true;
  for (int i = 0; i < n_threads; i++) ok = ok && w[i].ok;
  HeapStats s;
  heap_collect(th);
  heap_finalize_all(th); /* `taken` is a root as yet */
  ok = ok && wards_are_done();
  heap_stats(ctx, &s);
  printf("%d threads: %llu cycles, %llu steps to close, %llu young collections\n", n_threads, (unsigned long long)s.n_collections,
         (unsigned long long)s.n_closes, (unsigned long long)s.pauses[PAUSE_young].n);
  ok = ok && s.n_collections > 0 && (!(stress & STRESS_GC) || s.pauses[PAUSE_young].n > 0);
  heap_verify(ctx);
  heap_root_remove(ctx, trace_board, w);
  free(w);
  context_free(ctx);
  if (!ok) fprintf(stderr, "seed %llu\n", (unsigned long long)base_seed);
  return ok;
}

#define CHECKED (STRESS_GC_VERIFY | STRESS_SCRIBBLE)

TEST(steps_of_a_cycle_between_changes) {
  CHECK(run_worlds(1, 4000, CHECKED | STRESS_GC, 1));
  CHECK(run_worlds(1, 20000, CHECKED | STRESS_GC, 13));
}
static NOINLINE WeakRef *ref_to_garbage(RpThread *th) {
  return weakref_plain(th, value_object(set_new(th)));
}
static NOINLINE void clean_stack(void) {
  volatile char junk[16384];
  for (size_t i = 0; i < sizeof junk; i++) junk[i] = 0;
}

/* While references are being cleared, they hand out nothing that is dead. */
TEST(weak_references_to_the_dead) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1});
  RpThread *th = thread_current();
  Heap *h = ctx->heap;
  WeakRef *volatile refs[16];
  int n_dead = 0, n_wrong = 0;
  for (int turn = 0; turn < 2000 && n_dead < 50; turn++) {
    for (int i = 0; i < 16; i++) refs[i] = ref_to_garbage(th);
    clean_stack();
    do {
      cycle_step(h, th, 1000);
      for (int i = 0; i < 16 && atomic_load(&h->state) == CYCLE_WEAK; i++) {
        Value v = atomic_load(&refs[i]->referent);
        if (v == EMPTY || object_marked(h, as_object(v))) continue;
        n_dead++;
        n_wrong += weakref_get(refs[i]) != EMPTY;
      }
    } while (atomic_load(&h->state) != CYCLE_IDLE);
  }
  CHECK(n_dead > 0);
  CHECK(n_wrong == 0);
  context_free(ctx);
}

/* What the collector does in the middle of a read of a weak reference: all that it can while this thread does not acknowledge. */
static Heap *goes_on; /* NULL: nothing */
static bool swept_meanwhile;
static void weak_read_window(void) {
  Heap *h = goes_on;
  if (!h) return; /* other threads read references at the same time */
  goes_on = NULL;
  for (int i = 0; i < 100; i++) {
    cycle_work(h, NULL, CYCLE_LONG | CYCLE_SHORT, UINT64_MAX);
    swept_meanwhile |= atomic_load(&h->state) == CYCLE_SWEEP || atomic_load(&h->state) == CYCLE_IDLE;
  }
}
/* Something dead; revived: it will be marked again, since an object with a __del__ refers to it. */
static NOINLINE WeakRef *ref_to_dead(RpThread *th, bool revived) {
  Ward *volatile w = revived ? ward_new(th) : NULL;
  Value s = value_object(set_new(th));
  if (w) obj_store(th, (Object *)w, &w->held, s);
  return weakref_plain(th, s);
}
static bool read_while_it_goes_on(bool revived) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1});
  RpThread *th = thread_current();
  Heap *h = ctx->heap;
  WeakRef *volatile refs[16];
  bool ok = true;
  int n_dead = 0;
  add_ward_type();
  n_wards = 0;
  memset((void *)wards_done, 0, sizeof wards_done);
  heap_root_add(ctx, trace_taken, NULL);
  taken = board_new(th, N_TAKEN);
  swept_meanwhile = false;
  for (int turn = 0; turn < 200 && n_dead < 20; turn++) {
    for (int i = 0; i < 16; i++) refs[i] = ref_to_dead(th, revived);
    clean_stack();
    int i = turn % 16;
    do {
      cycle_step(h, th, 1000);
      if (atomic_load(&h->state) != CYCLE_WEAK || h->part || goes_on) continue;
      Value v = atomic_load(&refs[i]->referent);
      if (v == EMPTY || object_marked(h, as_object(v))) continue;
      goes_on = h;
      n_dead++;
      ok = ok && weakref_get(refs[i]) == EMPTY && !swept_meanwhile;
    } while (atomic_load(&h->state) != CYCLE_IDLE);
    heap_finalize_all(th);
  }
  heap_root_remove(ctx, trace_taken, NULL);
  context_free(ctx);
  return ok && n_dead > 0;
}
TEST(reads_of_weak_references_while_it_goes_on) {
  CHECK(read_while_it_goes_on(false));
  CHECK(read_while_it_goes_on(true));
}

/* The barrier sees a white owner, the marker scans that, and only then the value is stored, which nobody else refers to. Addresses are kept as their complement: no word of the stack
** may be a reference, or CLOSE marks at once what the chain leads to. */
typedef struct Hidden { uintptr_t bits; } Hidden;
static Hidden hide(const void *o) { return (Hidden){~(uintptr_t)o}; }
static Array *shown(Hidden x) { return (Array *)~x.bits; }

#define N_CHAIN 50000 /* more than CLOSE traces itself */
static NOINLINE Hidden append(RpThread *th, Hidden last) {
  Array *a = board_new(th, 1);
  obj_store(th, shown(last), &shown(last)->items[0], value_object(a));
  return hide(a);
}
static NOINLINE Hidden remembered(RpThread *th, Hidden owner, int number) {
  Array *v = heap_alloc_array(th, 1);
  v->items[0] = value_int(number);
  v->length = 1;
  heap_barrier_slow(th, (Object *)shown(owner), value_object(v));
  return hide(v);
}
static NOINLINE void store_now(Hidden owner, Hidden v) { store_relaxed(&shown(owner)->items[0], value_object(shown(v))); }
static NOINLINE bool was_scanned(Hidden owner) { return has_mark((Object *)shown(owner)) && (load_relaxed(&shown(owner)->hdr.gc) & GC_OLD); }
static NOINLINE bool holds(Heap *h, Hidden owner, int number) {
  Object *o = heap_resolve(h, shown(owner)->items[0]);
  return o && o->kind == K_ARRAY && ((Array *)o)->length == 1 && ((Array *)o)->items[0] == value_int(number);
}

TEST(stores_into_what_is_scanned_meanwhile) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1});
  RpThread *th = thread_current();
  Heap *h = ctx->heap;
  int n_late = 0, n_lost = 0;
  heap_root_add(ctx, trace_taken, NULL);
  taken = board_new(th, 1);
  Hidden last = hide(taken);
  for (int i = 0; i < N_CHAIN; i++) last = append(th, last);
  for (int turn = 0; turn < 20; turn++) {
    Hidden owner = append(th, last);
    clean_stack();
    while (atomic_load(&h->state) != CYCLE_MARK || !h->n_close) cycle_step(h, th, 1); /* the roots are found */
    Hidden v = was_scanned(owner) ? hide(NULL) : remembered(th, owner, turn);
    clean_stack();
    for (int i = 0; i < 10000 && !was_scanned(owner); i++) cycle_work(h, NULL, CYCLE_LONG, heap_clock_ns() + 10000); /* a marker: this thread is in the middle of its store */
    if (shown(v) && was_scanned(owner)) {
      store_now(owner, v);
      clean_stack();
      cycle_finish(h, th);
      n_late++;
      n_lost += !holds(h, owner, turn);
    }
    cycle_finish(h, th);
  }
  CHECK(n_late > 0);
  CHECK(n_lost == 0);
  heap_root_remove(ctx, trace_taken, NULL);
  context_free(ctx);
}

/* Two threads, a step each in turn: the other one rests (SAFE) while this one works. */
typedef struct Other {
  RpContext *ctx;
  pthread_t thread;
  sem_t go, done;
  _Atomic uintptr_t handed; /* Hidden.bits of what it has allocated */
  bool kept;                /* what it held itself was there afterwards */
} Other;

static void rest_until_told(RpThread *th, Other *o) {
  thread_enter_safe(th);
  sem_post(&o->done);
  while (sem_wait(&o->go)) {}
  thread_leave_safe(th);
}
static NOINLINE Array *numbered(RpThread *th, int number) {
  Array *a = heap_alloc_array(th, 1);
  a->items[0] = value_int(number);
  a->length = 1;
  return a;
}
static NOINLINE bool is_there(Heap *h, Array *a, int number) {
  return heap_resolve(h, (uintptr_t)a) == (Object *)a && a->hdr.kind == K_ARRAY && a->length == 1 && a->items[0] == value_int(number);
}
static NOINLINE void allocate_for_other(RpThread *th, Other *o) { atomic_store(&o->handed, hide(numbered(th, 1)).bits); }
static NOINLINE void hold_one(RpThread *th, Other *o) {
  Array *volatile mine = numbered(th, 2);
  rest_until_told(th, o);
  o->kept = is_there(o->ctx->heap, mine, 2);
}
static void *other_main(void *arg) {
  Other *o = arg;
  RpThread *th = thread_attach(o->ctx);
  allocate_for_other(th, o);
  clean_stack();
  rest_until_told(th, o); /* its run is open */
  rest_until_told(th, o); /* it stands since a young collection */
  hold_one(th, o);
  thread_detach(th);
  return NULL;
}
static void await_other(RpThread *th, Other *o) {
  thread_enter_safe(th);
  while (sem_wait(&o->done)) {}
  thread_leave_safe(th);
}
static void step_of(RpThread *th, Other *o) {
  sem_post(&o->go);
  await_other(th, o);
}
/* All that is there is old when it begins; returns when it waits for the first time. */
static Other *other_begin(uint32_t stress, void *(*main)(void *)) {
  static Other other;
  other = (Other){.ctx = context_new(&(struct ContextOptions){.tier = 1, .stress = stress})};
  sem_init(&other.go, 0, 0), sem_init(&other.done, 0, 0);
  heap_collect(thread_current());
  pthread_create(&other.thread, NULL, main, &other);
  await_other(thread_current(), &other);
  return &other;
}
static void other_goes_on(RpThread *th, Other *o) {
  thread_enter_safe(th);
  sem_post(&o->go);
  pthread_join(o->thread, NULL);
  thread_leave_safe(th);
}
static void other_end(Other *o) {
  sem_destroy(&o->go), sem_destroy(&o->done);
  context_free(o->ctx);
}
static NOINLINE bool collect_holding(RpThread *th, Other *o) {
  Array *volatile theirs = shown((Hidden){atomic_load(&o->handed)});
  return heap_young_now(th) && is_there(o->ctx->heap, theirs, 1);
}

TEST(stacks_of_threads_that_stand) {
  Other *o = other_begin(0, other_main);
  RpThread *th = thread_current();
  CHECK(collect_holding(th, o)); /* in the other's run, which is not published yet, and in this stack alone */
  step_of(th, o);
  CHECK(heap_young_now(th));
  step_of(th, o); /* it holds something young now */
  CHECK(heap_young_now(th));
  other_goes_on(th, o);
  CHECK(o->kept);
  other_end(o);
}

/* What running threads alone hold stays young. */
static NOINLINE Hidden hold_young(RpThread *th, Heap *h) {
  Array *volatile a = numbered(th, 3);
  for (int i = 0; i < 5; i++) CHECK(heap_young_now(th) && is_there(h, a, 3) && !has_mark((Object *)a) && !(load_relaxed(&a->hdr.gc) & GC_OLD));
  return hide(a);
}
static NOINLINE bool hold_big(RpThread *th, Heap *h) {
  Array *volatile a = heap_alloc_array(th, 3000);
  return heap_young_now(th) && heap_resolve(h, (uintptr_t)a) && has_mark((Object *)a);
}
static NOINLINE bool hold_stored(RpThread *th, Array *owner) {
  Array *volatile a = numbered(th, 5);
  obj_store(th, owner, &owner->items[0], value_object(a));
  return heap_young_now(th) && a; /* no call in place of the return: the frame must be there */
}
#define N_HELD (HELD_MOST + 16)
static Hidden held_ring[N_HELD]; /* each refers to the next and to the first one */
static NOINLINE bool hold_ring(RpThread *th) {
  Array *volatile first = numbered(th, 6);
  Array *volatile last = first;
  held_ring[0] = hide(first);
  for (int i = 1; i < N_HELD; i++) {
    Array *volatile a = heap_alloc_array(th, 2);
    a->items[0] = value_object(first);
    a->length = 2;
    if (i == 1) store_relaxed(&first->items[0], value_object(a)); /* all are young */
    else store_relaxed(&last->items[1], value_object(a));
    held_ring[i] = hide(last = a);
  }
  last = NULL;
  return heap_young_now(th) && first;
}
static NOINLINE bool ring_is_there(RpThread *th, Heap *h) {
  int old = 0;
  while (old < N_HELD - 1 && !has_mark((Object *)shown(held_ring[old]))) old++;
  Array *volatile one = shown(held_ring[old]);
  if (!heap_young_now(th)) return false;
  for (int i = 0; i < N_HELD; i++)
    if (heap_resolve(h, (uintptr_t)shown(held_ring[i])) != (Object *)shown(held_ring[i]) || shown(held_ring[i])->hdr.kind != K_ARRAY) return false;
  return one->hdr.kind == K_ARRAY;
}

TEST(what_running_threads_hold) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1});
  RpThread *th = thread_current();
  Heap *h = ctx->heap;
  heap_root_add(ctx, trace_taken, NULL);
  taken = board_new(th, 1);
  heap_collect(th);
  Hidden young = hold_young(th, h);
  clean_stack();
  CHECK(heap_young_now(th));
  CHECK(!heap_resolve(h, (uintptr_t)shown(young))); /* became old in no stop */
  CHECK(hold_big(th, h)); /* too long to look through each time */
  CHECK(hold_stored(th, taken)); /* something old refers to it, too */
  clean_stack();
  CHECK(heap_young_now(th));
  CHECK(holds(h, hide(taken), 5));
  CHECK(hold_ring(th)); /* too much: all of it becomes old */
  clean_stack();
  CHECK(ring_is_there(th, h));
  heap_root_remove(ctx, trace_taken, NULL);
  context_free(ctx);
}

/* What is published is this function's caller, and all above. */
ALWAYS_INLINE void look_as_in_a_stop(RpThread *th) {
  heap_publish_stack(th);
  heap_look_through_stack(th);
}
static NOINLINE void hold_standing(RpThread *th, Other *o) {
  Array *volatile mine = numbered(th, 2);
  look_as_in_a_stop(th);
  rest_until_told(th, o);
  o->kept = is_there(o->ctx->heap, mine, 2);
}
static void *standing_main(void *arg) {
  Other *o = arg;
  RpThread *th = thread_attach(o->ctx);
  hold_standing(th, o);
  thread_detach(th);
  return NULL;
}

TEST(what_threads_hold_that_do_not_go_on) {
  Other *o = other_begin(0, standing_main);
  RpThread *th = thread_current();
  for (int i = 0; i < 3; i++) CHECK(heap_young_now(th));
  other_goes_on(th, o);
  CHECK(o->kept);
  other_end(o);
}

/* What was found may be in no word of the stack any more: in a register. */
static NOINLINE void stand_without(RpThread *th, Other *o) {
  Array *volatile mine = numbered(th, 8);
  look_as_in_a_stop(th);
  atomic_store(&o->handed, hide(mine).bits);
  mine = NULL;
  clean_stack();
  rest_until_told(th, o);
}
static void *without_main(void *arg) {
  Other *o = arg;
  RpThread *th = thread_attach(o->ctx);
  stand_without(th, o);
  thread_detach(th);
  return NULL;
}
static NOINLINE bool is_allocated(Heap *h, Other *o) { return heap_resolve(h, (uintptr_t)shown((Hidden){atomic_load(&o->handed)})) != NULL; }
TEST(what_was_held_dies_in_a_whole_cycle) {
  Other *o = other_begin(STRESS_SCRIBBLE, without_main);
  RpThread *th = thread_current();
  CHECK(heap_young_now(th));
  CHECK(is_allocated(o->ctx->heap, o)); /* it stands, with what it found */
  clean_stack();
  heap_collect(th);
  CHECK(!is_allocated(o->ctx->heap, o));
  for (int i = 0; i < 3; i++) CHECK(heap_young_now(th));
  other_goes_on(th, o);
  other_end(o);
}

/* The one that is found first goes on, and lets go of it. */
static NOINLINE void hold_for_a_moment(RpThread *th, Other *o) {
  Array *volatile theirs = shown((Hidden){atomic_load(&o->handed)});
  heap_young_now(th);
  o->kept = is_there(o->ctx->heap, theirs, 7);
}
static void *moment_main(void *arg) {
  Other *o = arg;
  RpThread *th = thread_attach(o->ctx);
  rest_until_told(th, o);
  hold_for_a_moment(th, o);
  clean_stack();
  for (int i = 0; i < 2; i++) heap_young_now(th);
  thread_detach(th);
  return NULL;
}
static NOINLINE bool stand_meanwhile(RpThread *th, Other *o) {
  Array *volatile mine = numbered(th, 7);
  atomic_store(&o->handed, hide(mine).bits);
  look_as_in_a_stop(th);
  other_goes_on(th, o);
  return is_there(o->ctx->heap, mine, 7);
}
TEST(what_two_threads_hold) {
  Other *o = other_begin(0, moment_main);
  RpThread *th = thread_current();
  CHECK(stand_meanwhile(th, o));
  CHECK(o->kept);
  other_end(o);
}

/* Lists of subclasses forget the dead, by a cycle beside the program and by one in a stop, and are not longer than what lives for ever. */
#define N_CLASSES_MADE 200
static NOINLINE Type *make_class(RpThread *th, Type *base, Dict *names) {
  Value v = type_new_class(th, &type_type, str_from_c(th, "C"), tuple_of(th, 1, value_object(base)), names, NULL, NULL);
  if (v == EMPTY) RP_FATAL("no class");
  return (Type *)as_object(v);
}
static NOINLINE void make_classes(RpThread *th, Type *base, int n) {
  for (int i = 0; i < n; i++) make_class(th, base, dict_new(th));
}
static NOINLINE int subclasses(RpThread *th, Type *base, uint32_t *listed) {
  const List *l = as_list(load_relaxed(&base->subclasses));
  const Array *a = list_array(l);
  int n = 0;
  for (uint32_t i = 0; type_next_subclass(th, a, &i, SUBCLASS_SHOW); n++) {}
  *listed = list_len(l);
  return n;
}
TEST(classes_die) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1, .stress = CHECKED});
  RpThread *th = thread_current();
  Type *volatile base = make_class(th, &type_object, dict_new(th));
  uint32_t listed;
  for (int turn = 0; turn < 2; turn++) {
    make_classes(th, base, N_CLASSES_MADE);
    CHECK(subclasses(th, base, &listed) >= N_CLASSES_MADE);
    clean_stack();
    for (int i = 0; i < 2; i++) {
      if (turn) {
        heap_collect(th);
        continue;
      }
      while (atomic_load(&ctx->heap->state) == CYCLE_IDLE) cycle_step(ctx->heap, th, 1);
      cycle_finish(ctx->heap, th);
    }
    CHECK(subclasses(th, base, &listed) < N_CLASSES_MADE / 10);
    make_classes(th, base, 1);
    subclasses(th, base, &listed);
    CHECK(listed < N_CLASSES_MADE / 10);
  }
  context_free(ctx);
}

/* A class that only a dead object with a __del__ uses, while its base changes: revived, it knows. */
static Str *volatile asked_name;
static Value answer;
static Hidden mortal;
static Value late_del(RpThread *th, const Value *a) {
  answer = type_lookup(th, (Type *)shown(mortal), asked_name);
  return NONE;
}
static NOINLINE void make_mortal(RpThread *th, Type *base) {
  static const NativeDef def = {"__del__", late_del, "()", 0, ""};
  Dict *names = dict_new(th);
  Native *del = native_new(th, SHAPE_builtin_function, &def, NULL, EMPTY, NULL);
  if (dict_set_c(th, names, "__del__", value_object(del)) < 0) RP_FATAL("no __del__");
  Type *c = make_class(th, base, names);
  if (!type_alloc(th, c) || type_lookup(th, c, asked_name) != EMPTY) RP_FATAL("no instance"); /* now the cache knows that there is no such attribute */
  mortal = hide(c);
}
TEST(revived_classes_know_their_bases) {
  RpContext *ctx = context_new(&(struct ContextOptions){.tier = 1, .stress = CHECKED});
  RpThread *th = thread_current();
  Heap *h = ctx->heap;
  asked_name = str_intern_c(th, "x");
  Type *volatile base = make_class(th, &type_object, dict_new(th));
  int n_revived = 0, n_wrong = 0;
  for (int turn = 0; turn < 20; turn++) {
    answer = NONE;
    make_mortal(th, base);
    clean_stack();
    while (atomic_load(&h->state) != CYCLE_WEAK && answer == NONE) cycle_step(h, th, 1);
    if (op_setattr(th, value_object(base), asked_name, value_int(turn)) < 0) RP_FATAL("no attribute");
    for (int i = 0; i < 3 && answer == NONE; i++) {
      cycle_finish(h, th);
      thread_poll(th);
    }
    if (answer != NONE) {
      n_revived++;
      n_wrong += answer != value_int(turn);
    }
    if (op_setattr(th, value_object(base), asked_name, EMPTY) < 0) RP_FATAL("no attribute");
  }
  CHECK(n_revived > 0);
  CHECK(n_wrong == 0);
  context_free(ctx);
}

TEST(beside_one_thread) { CHECK(run_worlds(1, 20000, CHECKED | STRESS_GC_CONTINUOUS, 1)); }
TEST(beside_three_threads) { CHECK(run_worlds(3, 6000, CHECKED | STRESS_GC_CONTINUOUS, 1)); }
TEST(threads_that_step_themselves) { CHECK(run_worlds(3, 3000, CHECKED | STRESS_GC, 5)); }

int main(int argc, char **argv) {
  if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9') {
    base_seed = strtoull(argv[1], NULL, 10);
    argc = 1;
  }
  return unit_run(argc, argv);
}
