/* test_heap.c: the heap by itself: contexts without modules, graphs of arrays and of objects of two test types. */
#include "tests/unit.h"

#include "runtime/block.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/heap_fast.h"
#include "runtime/heap_impl.h"
#include "runtime/set.h"
#include "runtime/shape.h"
#include "runtime/tuple.h"
#include "runtime/weakref.h"

#include <time.h>

/* -- Bare contexts, test types ------------------------------------------------------------------------------------------------------- */

typedef struct Node { Object hdr; Value ref; uint64_t id; } Node;

static _Atomic int n_freed, n_deleted;
static Value keep_revived;
static bool resurrect;

static void node_trace(Tracer *tr, Object *o) { trace_value(tr, load_relaxed(&((Node *)o)->ref)); }
static void node_free(RpContext *ctx, Object *o) { n_freed++; }
static Value node_del(RpThread *th, Value self) {
  n_deleted++;
  if (resurrect) keep_revived = self;
  return NONE;
}
static void trace_revived(Tracer *tr, void *data) { trace_value(tr, keep_revived); }

static Type type_node, type_freed, type_deleted;
static Shape shape_node, shape_freed, shape_deleted;
enum { NODE = MAX_SHAPES - 3, FREED, DELETED };

static void add_type(Type *t, Shape *s, uint32_t id) {
  t->hdr = (Object){SHAPE_type, K_TYPE, OBJ_IMMUTABLE, 0, 0};
  t->slots.trace = node_trace;
  t->flags = TYPE_HAS_WEAKREF;
  t->inst_kind = K_NATIVE_OBJECT;
  s->hdr = (Object){SHAPE_shape, K_SHAPE, OBJ_IMMUTABLE, 0, 0};
  s->type = t;
  s->id = id;
  s->flags = SHAPE_BUILTIN | SHAPE_SLOTS_ONLY;
  rp_shapes[id] = s;
}
static void add_types(void) {
  types_init();
  add_type(&type_node, &shape_node, NODE);
  add_type(&type_freed, &shape_freed, FREED);
  add_type(&type_deleted, &shape_deleted, DELETED);
  type_freed.slots.free_ = node_free;
  type_deleted.slots.finalize_py = node_del;
}

static void setup(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, add_types);
}

static RpThread *open_context(size_t limit, uint32_t stress, uint32_t stress_n) {
  setup();
  RpContext *ctx = calloc(1, sizeof *ctx);
  ctx->opt.recursion_limit = 1000;
  ctx->opt.stress = stress;
  ctx->opt.stress_n = stress_n;
  pthread_mutex_init(&ctx->thread_lock, NULL);
  ctx->heap = heap_create(ctx, limit);
  RpThread *th = thread_attach(ctx);
  weakref_context_init(th);
  ctx->memory_error = exc_new(th, &type_MemoryError, EMPTY);
  return th;
}
static void close_context(RpThread *th) {
  RpContext *ctx = th->ctx;
  thread_detach(th);
  heap_free(ctx->heap);
  weakref_context_free(ctx);
  pthread_mutex_destroy(&ctx->thread_lock);
  free(ctx);
}
static Node *node_new(RpThread *th, uint32_t shape, uint64_t id) {
  Node *n = (Node *)heap_alloc(th, shape, K_NATIVE_OBJECT, sizeof(Node));
  if (n) n->id = id;
  return n;
}
/* Overwrites what earlier calls left on the C stack, so that "nobody refers to it any more" is true. */
static NOINLINE void clean_stack(void) {
  volatile char junk[8192];
  for (size_t i = 0; i < sizeof junk; i++) junk[i] = 0;
}

/* -- The random mutator ---------------------------------------------------------------------------------------------------------------- */

/* Every node is an Array whose item 0 is its number and whose other items are references to nodes or numbers. The mirror knows the same graph
** as plain C: a node the mirror can reach must still be there with the same items. */
#define MAX_MIRROR 4000
#define N_ROOTS 24
typedef struct Mirror { Array *at; uint32_t n; int32_t *edges; bool live; } Mirror; /* edges: node, or -1 */
typedef struct World {
  RpThread *th;
  uint64_t seed;
  Value roots[N_ROOTS];
  int32_t root_ids[N_ROOTS];
  Mirror m[MAX_MIRROR];
  uint32_t n;
} World;

static uint32_t rnd(World *w, uint32_t n) {
  w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(w->seed >> 33) % n;
}
static void trace_world(Tracer *tr, void *data) { trace_values(tr, ((World *)data)->roots, N_ROOTS); }

static void reach(World *w, int32_t id, int32_t *stack) {
  int32_t n = 0;
  if (id < 0 || w->m[id].live) return;
  stack[n++] = id;
  w->m[id].live = true;
  while (n) {
    Mirror *m = &w->m[stack[--n]];
    for (uint32_t i = 1; i < m->n; i++) {
      int32_t e = m->edges[i];
      if (e >= 0 && !w->m[e].live) {
        w->m[e].live = true;
        stack[n++] = e;
      }
    }
  }
}
/* Compares all that is reachable, forgets the rest. */
static bool check_world(World *w) {
  int32_t *stack = malloc(MAX_MIRROR * sizeof *stack);
  for (uint32_t i = 0; i < w->n; i++) w->m[i].live = false;
  for (int i = 0; i < N_ROOTS; i++) reach(w, w->root_ids[i], stack);
  bool ok = true;
  for (uint32_t i = 0; i < w->n; i++) {
    Mirror *m = &w->m[i];
    if (!m->live) {
      m->at = NULL;
      continue;
    }
    Array *a = m->at;
    ok = ok && a->hdr.kind == K_ARRAY && a->length == m->n && a->items[0] == value_int(i);
    for (uint32_t k = 1; ok && k < m->n; k++)
      ok = a->items[k] == (m->edges[k] < 0 ? value_int(m->edges[k]) : value_object(w->m[m->edges[k]].at));
    if (!ok) fprintf(stderr, "node %u differs\n", i);
  }
  free(stack);
  return ok;
}
static int32_t random_live(World *w) {
  int32_t id = w->root_ids[rnd(w, N_ROOTS)];
  for (uint32_t steps = rnd(w, 6); id >= 0 && steps; steps--) {
    Mirror *m = &w->m[id];
    if (m->n < 2) break;
    int32_t e = m->edges[1 + rnd(w, m->n - 1)];
    if (e < 0) break;
    id = e;
  }
  return id;
}
static NOINLINE void mutate(World *w) {
  RpThread *th = w->th;
  uint32_t what = rnd(w, 100);
  if (what < 50 && w->n < MAX_MIRROR) { /* a new node into a root or a field */
    uint32_t size = rnd(w, 100), n = 1 + (size < 80 ? rnd(w, 8) : size < 95 ? rnd(w, 70) : size < 99 ? rnd(w, 900) : rnd(w, 6000));
    Array *a = heap_alloc_array(th, n);
    int32_t id = (int32_t)w->n++;
    Mirror *m = &w->m[id];
    m->edges = malloc(n * sizeof *m->edges);
    m->n = n;
    m->at = a;
    a->items[0] = value_int(id);
    for (uint32_t i = 1; i < n; i++) {
      int32_t e = rnd(w, 3) ? -1 - (int32_t)rnd(w, 1000) : random_live(w);
      m->edges[i] = e;
      a->items[i] = e < 0 ? value_int(e) : value_object(w->m[e].at);
    }
    a->length = n;
    heap_barrier_bulk(th, a);
    int32_t owner = rnd(w, 2) ? random_live(w) : -1;
    if (owner >= 0 && w->m[owner].n > 1) {
      uint32_t k = 1 + rnd(w, w->m[owner].n - 1);
      w->m[owner].edges[k] = id;
      obj_store(th, w->m[owner].at, &w->m[owner].at->items[k], value_object(a));
    } else {
      uint32_t r = rnd(w, N_ROOTS);
      w->roots[r] = value_object(a);
      w->root_ids[r] = id;
    }
  } else if (what < 75) { /* change an edge */
    int32_t owner = random_live(w), to = random_live(w);
    if (owner < 0 || w->m[owner].n < 2) return;
    uint32_t k = 1 + rnd(w, w->m[owner].n - 1);
    w->m[owner].edges[k] = to >= 0 ? to : -7;
    obj_store(th, w->m[owner].at, &w->m[owner].at->items[k], to >= 0 ? value_object(w->m[to].at) : value_int(-7));
  } else if (what < 80) { /* drop or copy a root */
    uint32_t r = rnd(w, N_ROOTS);
    int32_t id = rnd(w, 2) ? random_live(w) : -1;
    w->root_ids[r] = id;
    w->roots[r] = id < 0 ? EMPTY : value_object(w->m[id].at);
  } else { /* garbage */
    for (uint32_t i = rnd(w, 50); i > 0; i--) heap_alloc(th, NODE, K_NATIVE_OBJECT, 24 + 8 * rnd(w, 40));
  }
}
static bool run_world(uint64_t seed, uint32_t stress, uint32_t stress_n, int rounds) {
  World *w = calloc(1, sizeof *w);
  w->th = open_context(0, stress, stress_n);
  w->seed = seed;
  heap_root_add(w->th->ctx, trace_world, w);
  bool ok = true;
  for (int round = 0; ok && round < rounds; round++) {
    for (int i = 0; i < N_ROOTS; i++) w->root_ids[i] = -1, w->roots[i] = EMPTY;
    w->n = 0;
    for (int step = 0; ok && step < 6000; step++) {
      mutate(w);
      if (step % 1000 == 999) {
        heap_collect(w->th);
        heap_verify(w->th->ctx);
        ok = check_world(w);
      }
    }
    for (uint32_t i = 0; i < w->n; i++) free(w->m[i].edges);
  }
  close_context(w->th);
  free(w);
  if (!ok) fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
  return ok;
}

TEST(mutator_keeps_what_the_mirror_keeps) {
  for (uint64_t seed = 1; seed <= 4; seed++) CHECK(run_world(seed, 0, 0, 3));
}
TEST(mutator_under_stress) {
  CHECK(run_world(11, STRESS_GC | STRESS_SCRIBBLE, 997, 1));
  CHECK(run_world(12, STRESS_GC | STRESS_SCRIBBLE | STRESS_QUARANTINE, 1999, 1));
}

/* -- Two contexts at once ---------------------------------------------------------------------------------------------------------------- */

static void *world_main(void *arg) { return run_world((uint64_t)(uintptr_t)arg, 0, 0, 3) ? arg : NULL; }
TEST(two_contexts_on_two_threads) {
  pthread_t a, b;
  void *ra = NULL, *rb = NULL;
  pthread_create(&a, NULL, world_main, (void *)21);
  pthread_create(&b, NULL, world_main, (void *)22);
  pthread_join(a, &ra);
  pthread_join(b, &rb);
  CHECK(ra && rb);
}

/* -- Allocation --------------------------------------------------------------------------------------------------------------------------- */

TEST(cells_are_zeroed_aligned_and_found) {
  RpThread *th = open_context(0, 0, 0);
  for (size_t size = 16; size < 40000; size += size < 600 ? 8 : 1000) {
    char *o = (char *)heap_alloc(th, NODE, K_NATIVE_OBJECT, size);
    CHECK(((uintptr_t)o & 15) == 0);
    bool zero = true;
    for (size_t i = 8; i < size; i++) zero = zero && o[i] == 0;
    CHECK(zero);
    memset(o + 8, 0xff, size - 8);
    ((Node *)o)->ref = EMPTY;
    CHECK(heap_find(th->ctx, o) == (Object *)o);
    CHECK(heap_find(th->ctx, o + size - 1) == (Object *)o);
    CHECK(heap_find(th->ctx, o + size / 2) == (Object *)o);
  }
  CHECK(heap_find(th->ctx, th) == NULL);
  for (int i = 0; i < 1000; i++) CHECK(heap_alloc_fast(th, NODE, K_NATIVE_OBJECT, 32) != NULL);
  heap_verify(th->ctx);
  close_context(th);
}

static NOINLINE const Value *interior(RpThread *th, uint32_t n, bool end) {
  Array *a = heap_alloc_array(th, n);
  for (uint32_t i = 0; i < n; i++) {
    Node *x = node_new(th, NODE, 1000 + i);
    obj_store(th, a, &a->items[i], value_object(x));
    a->length = i + 1;
  }
  return end ? a->items + n : a->items + n / 2;
}
TEST(interior_and_end_pointers_keep_objects) {
  RpThread *th = open_context(0, STRESS_SCRIBBLE, 0);
  for (int end = 0; end < 2; end++)
    for (uint32_t n = 2; n < 5000; n = n * 2) {
      const Value *volatile p = interior(th, n, end);
      clean_stack();
      heap_collect(th);
      CHECK(((Node *)as_object(p[-1]))->id == 1000u + (end ? n : n / 2) - 1);
    }
  close_context(th);
}

/* A word where a's cell ends keeps it only if its items reach that far. */
static void note_reached(Tracer *tr, Value v, void *data) { *(bool *)data |= v == value_object(tr->from); }
static bool kept_by_end(RpThread *th, Object *o) {
  bool kept = false;
  heap_publish_runs(th);
  Tracer tr = {.heap = th->ctx->heap, .visit = note_reached, .visit_data = &kept, .from = o};
  trace_cell_conservative(&tr, (uintptr_t)o + block_cell_bytes(block_of_cell(o)), true);
  return kept;
}
TEST(end_pointers_count_where_items_fill_the_cell) {
  RpThread *th = open_context(0, 0, 0);
  for (int i = 0; i < 100; i++) heap_alloc_array(th, 8); /* past the first few, whose cells are larger */
  for (int i = 0; i < 100; i++) heap_alloc_array(th, 9);
  Array *full = heap_alloc_array(th, 8), *loose = heap_alloc_array(th, 9);
  CHECK(kept_by_end(th, &full->hdr));
  CHECK(!kept_by_end(th, &loose->hdr));
  /* What is not small never fills its cell. */
  for (uint32_t n = 30; n < 1200; n++) {
    CHECK(!kept_by_end(th, &heap_alloc_array(th, n)->hdr));
    CHECK(!kept_by_end(th, &tuple_alloc(th, n)->hdr));
  }
  Dict *d = dict_new(th);
  Set *s = set_new(th);
  for (int i = 0; i < 3000; i++) {
    CHECK_EQ(dict_set(th, d, value_int(i), NONE), 0);
    CHECK_EQ(set_add(th, s, value_int(i)), 1);
    CHECK(i < 6 || !kept_by_end(th, &d->table->hdr));
    CHECK(i < 16 || !kept_by_end(th, &s->table->hdr));
  }
  CHECK(!kept_by_end(th, &node_new(th, NODE, 1)->hdr));
  close_context(th);
}

static NOINLINE void make_large(RpThread *th, Value *keep) {
  Array *a = heap_alloc_array(th, 1 << 20);
  Node *last = node_new(th, NODE, 77);
  obj_store(th, a, &a->items[a->capacity - 1], value_object(last));
  a->length = a->capacity;
  *keep = value_object(a);
  for (int i = 0; i < 40; i++) heap_alloc_array(th, 100000);
}
TEST(large_objects) {
  RpThread *th = open_context(0, 0, 0);
  th->thread_locals = EMPTY;
  make_large(th, &th->thread_locals);
  HeapStats s;
  heap_collect(th);
  heap_stats(th->ctx, &s);
  CHECK(s.live_bytes >= 8 << 20 && s.live_bytes < 10 << 20);
  Array *a = (Array *)as_object(th->thread_locals);
  CHECK(((Node *)as_object(a->items[a->capacity - 1]))->id == 77);
  a = NULL;
  th->thread_locals = EMPTY;
  clean_stack();
  heap_collect(th);
  heap_stats(th->ctx, &s);
  CHECK(s.live_bytes < 1 << 20);
  close_context(th);
}

/* -- The dead --------------------------------------------------------------------------------------------------------------------------- */

/* Objects with memory outside the heap, counted. */
static size_t outside = 100;
static void node_free_outside(RpContext *ctx, Object *o) {
  n_freed++;
  heap_external_sub(ctx, outside);
}

static NOINLINE void litter(RpThread *th, uint32_t shape, int n) {
  for (int i = 0; i < n; i++) node_new(th, shape, (uint64_t)i);
}
TEST(free_is_called_for_the_dead_once) {
  RpThread *th = open_context(0, 0, 0);
  n_freed = 0;
  litter(th, FREED, 5000);
  Node *volatile live = node_new(th, FREED, 1);
  clean_stack();
  heap_collect(th);
  int first = n_freed;
  CHECK(first > 4900 && first <= 5000);
  heap_collect(th);
  CHECK(n_freed <= 5000);
  CHECK(live->id == 1);
  close_context(th);
  CHECK_EQ(n_freed, 5001);
}

/* The context ends when the dead have been freed, and their blocks are not swept yet. */
TEST(free_runs_once_when_a_cycle_is_cut_short) {
  RpThread *th = open_context(0, STRESS_GC, UINT32_MAX); /* steps come from here alone */
  n_freed = 0;
  litter(th, FREED, 5000);
  clean_stack();
  Heap *h = th->ctx->heap;
  for (int i = 0; i < 100000 && atomic_load(&h->state) != CYCLE_SWEEP; i++) cycle_step(h, th, 100);
  CHECK_EQ(atomic_load(&h->state), CYCLE_SWEEP);
  CHECK(n_freed > 4000);
  close_context(th);
  CHECK_EQ(n_freed, 5000);
}
/* What dies young is freed in steps after the collection; each once, whatever comes in between. */
enum { IN_STEPS, BY_A_CYCLE, IN_ONE_STOP, AT_THE_END };
static void free_after_young(int how) {
  RpThread *th = open_context(0, STRESS_GC, UINT32_MAX); /* steps come from here alone */
  Heap *h = th->ctx->heap;
  const int n = 5000;
  n_freed = 0;
  outside = 100;
  type_freed.slots.free_ = node_free_outside;
  Node *volatile live = node_new(th, FREED, 1);
  CHECK(heap_external_add(th, outside * (n + 1)));
  litter(th, FREED, n);
  clean_stack();
  CHECK(heap_young_now(th));
  CHECK_EQ(n_freed, 0);
  CHECK(h->condemned.n > 0);
  int n_steps = 0, before = 0;
  for (; n_steps < 20 && h->condemned.n; n_steps++, before = n_freed) {
    pthread_mutex_lock(&h->job);
    heap_free_condemned(h, 0);
    pthread_mutex_unlock(&h->job);
    CHECK(n_freed > before && n_freed - before < 100);
  }
  CHECK(n_freed < n - 100);
  heap_verify(th->ctx);
  if (how == IN_STEPS) { /* the next one waits until all are freed, and gets their cells back */
    CHECK(heap_young_now(th));
    CHECK(n_freed >= n - 20);
    CHECK(h->condemned.n == 0);
    litter(th, NODE, 3 * n);
    HeapStats s;
    heap_stats(th->ctx, &s);
    CHECK_EQ(s.external_bytes, outside * (size_t)(n + 1 - n_freed));
  } else if (how == BY_A_CYCLE) {
    for (int i = 0; i < 100000 && atomic_load(&h->state) != CYCLE_SWEEP; i++) cycle_step(h, th, 100);
    CHECK_EQ(atomic_load(&h->state), CYCLE_SWEEP);
    CHECK(n_freed >= n - 20 && n_freed <= n);
  } else if (how == IN_ONE_STOP) {
    heap_collect(th);
    CHECK(n_freed >= n - 20 && n_freed <= n);
    heap_verify(th->ctx);
  }
  CHECK_EQ(live->id, 1);
  close_context(th);
  CHECK_EQ(n_freed, n + 1);
  type_freed.slots.free_ = node_free;
}
TEST(what_dies_young_is_freed_in_steps) { free_after_young(IN_STEPS); }
TEST(what_dies_young_is_freed_before_a_cycle) { free_after_young(BY_A_CYCLE); }
TEST(what_dies_young_is_freed_in_a_whole_stop) { free_after_young(IN_ONE_STOP); }
TEST(what_dies_young_is_freed_when_its_context_ends) { free_after_young(AT_THE_END); }

/* Without it the heap would be as small as 100 KB: nothing else makes a collection due. */
TEST(external_memory_is_a_reason_for_a_young_collection) {
  RpThread *th = open_context(0, 0, 0);
  const int n = 3000;
  n_freed = 0;
  outside = 20000;
  type_freed.slots.free_ = node_free_outside;
  for (int i = 0; i < n; i++) {
    CHECK(heap_external_add(th, outside));
    litter(th, FREED, 1);
    CHECK(thread_poll(th));
  }
  HeapStats s;
  heap_stats(th->ctx, &s);
  CHECK(s.pauses[PAUSE_young].n > 5);
  CHECK(s.external_bytes < (size_t)10 << 20);
  CHECK_EQ(s.external_bytes, outside * (size_t)(n - n_freed));
  close_context(th);
  CHECK_EQ(n_freed, n);
  type_freed.slots.free_ = node_free;
}

TEST(del_runs_once_and_may_revive) {
  RpThread *th = open_context(0, 0, 0);
  n_deleted = 0;
  resurrect = true;
  keep_revived = EMPTY;
  heap_root_add(th->ctx, trace_revived, NULL);
  litter(th, DELETED, 100);
  clean_stack();
  heap_collect(th);
  CHECK_EQ(n_deleted, 0); /* not inside the collection */
  CHECK(thread_poll(th));
  CHECK(n_deleted >= 95);
  heap_verify(th->ctx);
  heap_collect(th);
  CHECK(thread_poll(th));
  CHECK(has_shape(keep_revived, DELETED));
  int n = n_deleted;
  keep_revived = EMPTY;
  resurrect = false;
  clean_stack();
  heap_collect(th);
  CHECK(thread_poll(th));
  heap_collect(th);
  CHECK(thread_poll(th));
  CHECK(n_deleted <= 100 && n_deleted >= n);
  close_context(th);
}

static NOINLINE WeakRef *ref_to_garbage(RpThread *th) { return weakref_plain(th, value_object(node_new(th, NODE, 5))); }
TEST(weak_references_are_cleared_and_shared) {
  RpThread *th = open_context(0, 0, 0);
  Node *volatile live = node_new(th, NODE, 6);
  WeakRef *volatile a = weakref_plain(th, value_object(live));
  CHECK(weakref_plain(th, value_object(live)) == a);
  WeakRef *refs[50];
  for (int i = 0; i < 50; i++) refs[i] = ref_to_garbage(th);
  clean_stack();
  heap_collect(th);
  int dead = 0;
  for (int i = 0; i < 50; i++) dead += weakref_get(refs[i]) == EMPTY;
  CHECK(dead >= 48);
  CHECK(weakref_get(a) == value_object(live));
  CHECK(weakref_plain(th, value_object(live)) == a);
  close_context(th);
}

/* -- Limits ----------------------------------------------------------------------------------------------------------------------------- */

TEST(limit_fails_in_one_context_only) {
  RpThread *th = open_context(4 << 20, 0, 0);
  Value *chain = &th->thread_locals;
  *chain = EMPTY;
  int n = 0;
  for (; n < 100000; n++) {
    Node *x = node_new(th, NODE, (uint64_t)n);
    if (!x) break;
    x->ref = *chain;
    *chain = value_object(x);
  }
  CHECK(n > 60000 && n < 100000 * 2);
  Array *big = n == 100000 ? heap_alloc_array(th, 1 << 20) : NULL;
  CHECK(big == NULL);
  CHECK(th->pending == th->ctx->memory_error);
  th->pending = EMPTY;
  *chain = EMPTY;
  clean_stack();
  CHECK(heap_alloc_array(th, 100000) != NULL); /* collects and goes on */
  CHECK(!heap_external_add(th, 5 << 20));
  th->pending = EMPTY;
  CHECK(heap_external_add(th, 1 << 20));
  heap_external_sub(th->ctx, 1 << 20);
  close_context(th);
}
TEST(nth_allocation_fails) {
  RpThread *th = open_context(0, 0, 0);
  th->ctx->opt.stress = STRESS_ALLOC_FAIL;
  th->ctx->opt.stress_n = 500;
  int failed = 0;
  for (int i = 0; i < 1000; i++)
    if (!node_new(th, NODE, 0)) failed++, th->pending = EMPTY;
  CHECK_EQ(failed, 1);
  close_context(th);
}

/* -- Several threads of one context --------------------------------------------------------------------------------------------------- */

typedef struct Team { RpContext *ctx; _Atomic int bad, done; } Team;
static NOINLINE bool build_and_check(RpThread *th, uint64_t seed) {
  Node *head = NULL;
  for (uint64_t i = 0; i < 200; i++) {
    Node *n = node_new(th, NODE, seed + i);
    n->ref = head ? value_object(head) : EMPTY;
    head = n;
    if (!thread_poll(th)) return false;
  }
  for (uint64_t i = 200; i-- > 0; head = (Node *)as_object(head->ref))
    if (head->id != seed + i) return false;
  return true;
}
static void *team_main(void *arg) {
  Team *t = arg;
  RpThread *th = thread_attach(t->ctx);
  for (uint64_t i = 0; i < 1500; i++) {
    if (!build_and_check(th, i << 32 | th->id)) t->bad++;
    if (i % 100 == 0) {
      thread_enter_safe(th);
      struct timespec ts = {0, 200000};
      nanosleep(&ts, NULL);
      thread_leave_safe(th);
    }
  }
  thread_detach(th);
  t->done++;
  return NULL;
}
TEST(threads_stop_for_a_collection) {
  RpThread *th = open_context(0, STRESS_SCRIBBLE, 0);
  Team team = {.ctx = th->ctx};
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, team_main, &team);
  while (team.done < 4) {
    heap_collect(th);
    CHECK(build_and_check(th, 5));
  }
  thread_enter_safe(th);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  thread_leave_safe(th);
  CHECK_EQ(team.bad, 0);
  heap_verify(th->ctx);
  close_context(th);
}

/* -- Figures (RP_BENCH=1; never part of a verdict) --------------------------------------------------------------------------------------- */

static double now_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}
TEST(figures) {
  if (!getenv("RP_BENCH")) return;
  RpThread *th = open_context(0, 0, 0);
  const int n = 20 * 1000 * 1000;
  double t0 = now_ns();
  for (int i = 0; i < n; i++) ((Node *)heap_alloc_fast(th, NODE, K_NATIVE_OBJECT, 32))->id = (uint64_t)i;
  printf("allocate 32 bytes, inlined: %.2f ns\n", (now_ns() - t0) / n);
  t0 = now_ns();
  for (int i = 0; i < n; i++) node_new(th, NODE, (uint64_t)i);
  printf("allocate 32 bytes, called: %.2f ns\n", (now_ns() - t0) / n);
  const uint32_t live = 1 << 20;
  Array *a = heap_alloc_array(th, live);
  th->thread_locals = value_object(a);
  for (uint32_t i = 0; i < live; i++) {
    Node *x = node_new(th, NODE, i);
    obj_store(th, a, &a->items[i], value_object(x));
    a->length = i + 1;
    x->ref = a->items[(uint64_t)i * 2654435761u % (i + 1)];
  }
  t0 = now_ns();
  heap_collect(th);
  printf("collect with %u live objects: %.1f ms, %.1f ns per object\n", live, (now_ns() - t0) / 1e6, (now_ns() - t0) / live);
  HeapStats s;
  heap_stats(th->ctx, &s);
  printf("%llu collections, %.1f ms in all, longest %.1f ms\n", (unsigned long long)s.n_collections, (double)s.pause_ns_total / 1e6,
         (double)s.pause_ns_max / 1e6);
  close_context(th);
  t0 = now_ns();
  for (int i = 0; i < 1000; i++) close_context(open_context(0, 0, 0));
  printf("bare context, create and destroy: %.1f us\n", (now_ns() - t0) / 1e6);
}

UNIT_MAIN()
