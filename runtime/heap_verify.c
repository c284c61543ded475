/* heap_verify.c: checks of the whole heap, for debug builds, tests and stress runs. */
#include "runtime/heap_impl.h"
#include "runtime/gen.h"
#include "runtime/shape.h"
#include "runtime/weakref.h"

static void check_ref(Tracer *tr, Value v, void *data) {
  Heap *h = tr->heap;
  if (!block_in_arena(v)) {
    if (v & 7) RP_FATAL("object %p (kind %d) holds a misaligned reference %p", (void *)tr->from, tr->from->kind, (void *)as_object(v));
    return;
  }
  Block *b = block_of(v);
  if (!b || load_relaxed((Heap **)&b->heap) != h)
    RP_FATAL("object %p (kind %d, shape %u) refers to %p, which is not in its heap", (void *)tr->from, tr->from->kind,
             obj_shape_id(tr->from), (void *)as_object(v));
  uint32_t i = block_cell_index(b, v);
  Object *o = i < b->n_cells ? block_cell(b, i) : NULL;
  if (o != as_object(v))
    RP_FATAL("object %p (kind %d) refers into the middle of %p", (void *)tr->from, tr->from->kind, (void *)o);
  uint64_t live = b->alloc[i >> 6];
  if (!(live >> (i & 63) & 1) || o->kind == K_FREE)
    RP_FATAL("object %p (kind %d, shape %u) refers to the freed cell %p (kind %d)", (void *)tr->from, tr->from->kind,
             obj_shape_id(tr->from), (void *)o, o->kind);
}

static void check_object(Heap *h, Object *o, const Block *b) {
  if (o->kind == K_FREE) return;
  if (o->kind >= N_KINDS) RP_FATAL("object %p has kind %d", (void *)o, o->kind);
  uint32_t id = obj_shape_id(o);
  const Shape *s = id < MAX_SHAPES ? rp_shapes[id] : NULL;
  if (!s) RP_FATAL("object %p (kind %d) has the unknown shape %u", (void *)o, o->kind, id);
  if (s->id && s->id != id) RP_FATAL("shape %u says it is %u", id, s->id);
  if (s->overflow_offset && id >= N_BUILTIN_SHAPES && s->overflow_offset + 8u + 8u * s->n_inline > block_cell_bytes(b))
    RP_FATAL("object %p is smaller than its shape %u says", (void *)o, id);
  Tracer tr = {.heap = h, .visit = check_ref};
  trace_object(&tr, o);
}

/* Every live object is sound and refers only to live objects of this heap. All threads stopped, runs published. */
void heap_verify_stopped(Heap *h) {
  heap_gather(h);
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    if (load_relaxed((Heap **)&b->heap) != h) RP_FATAL("block %p is in the list of a heap that does not own it", (void *)b->start);
    if (block_of((uintptr_t)b->start) != b) RP_FATAL("the block table does not know block %p", (void *)b->start);
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->alloc[w]; bits; bits &= bits - 1) check_object(h, block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits)), b);
  }
}

/* -- After marking beside the program ------------------------------------------------------------------------------------------------------ */

bool heap_wants_verify(Heap *h) {
  if (h->ctx->opt.stress & STRESS_GC_VERIFY) return true;
#ifdef RP_DEBUG
  /* The verifier costs as much as marking: in collections of small heaps always, of big ones at times. */
  return h->live_bytes < (1 << 20) || h->cycle % 16 == 0;
#else
  return false;
#endif
}

static void check_marked(Tracer *tr, Value v, void *data) {
  Heap *h = tr->heap;
  if (!block_in_arena(v) || has_mark(as_object(v))) return;
  const Object *o = as_object(v), *from = tr->from;
  if (!from) RP_FATAL("cycle %u: %s holds %p (kind %d), which is not marked", (unsigned)h->cycle, (const char *)data, (void *)o, o->kind);
  RP_FATAL("cycle %u: the marked object %p (kind %d, shape %u) refers to %p (kind %d, shape %u), which is not", (unsigned)h->cycle, (void *)from,
           from->kind, obj_shape_id(from), (void *)o, o->kind, obj_shape_id(o));
}

static void check_old(Heap *h, Tracer *tr) {
  tr->from = NULL;
  heap_gather(h);
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->mark[w]; bits; bits &= bits - 1) {
        uint64_t bit = bits & -bits;
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        if (!(b->alloc[w] & bit)) RP_FATAL("cycle %u: the free cell %p is marked", (unsigned)h->cycle, (void *)o);
        if (o->kind == K_FREE && h->condemned.n) continue;
        if (!(load_relaxed(&o->gc) & GC_OLD) && !heap_is_leaf(o))
          RP_FATAL("cycle %u: %p (kind %d) is old and does not know", (unsigned)h->cycle, (void *)o, o->kind);
        trace_object(tr, o);
      }
  }
}

void heap_verify_marked(Heap *h, bool young) {
  Tracer tr = {.heap = h, .visit = check_marked, .visit_data = "a root or a stack", .past_standing = young};
  heap_trace_roots(&tr);
  check_old(h, &tr);
}

/* -- At the other steps of a cycle ------------------------------------------------------------------------------------------------------------ */

static uint32_t n_words(const Block *b) { return (b->n_cells + 63) / 64; }
static uint64_t marks(const Block *b, uint32_t w) { return atomic_load_explicit(&b->mark[w], memory_order_relaxed); }
static uint64_t allocs(const Block *b, uint32_t w) { return atomic_load_explicit(&b->alloc[w], memory_order_relaxed); }

void heap_verify_cleared(Heap *h) {
  if (h->condemned.n) RP_FATAL("cycle %u begins with condemned blocks", (unsigned)h->cycle);
  pthread_mutex_lock(&h->lock);
  heap_gather(h);
  for (uint32_t k = 0; k < h->blocks.n; k++)
    for (uint32_t w = 0; w < n_words(h->blocks.v[k]); w++)
      if (marks(h->blocks.v[k], w)) RP_FATAL("cycle %u: block %p has marks before marking", (unsigned)h->cycle, (void *)h->blocks.v[k]->start);
  pthread_mutex_unlock(&h->lock);
}

void heap_verify_acknowledged(Heap *h) {
  for (RpThread *t = h->ctx->threads; t; t = t->next)
    if (t->marking != h->marking) RP_FATAL("cycle %u: a thread has acknowledged, and its barrier is %s", (unsigned)h->cycle, t->marking ? "on" : "off");
}

/* Those that are in no table, too. Nobody allocates in blocks that are to be swept. */
static void check_weakrefs(Heap *h, const Block *b) {
  for (uint32_t w = 0; w < n_words(b); w++)
    for (uint64_t bits = marks(b, w) & allocs(b, w); bits; bits &= bits - 1) {
      WeakRef *r = (WeakRef *)block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
      if (r->hdr.kind != K_WEAKREF) continue;
      Value v = atomic_load_explicit(&r->referent, memory_order_relaxed);
      if (v != EMPTY && !heap_marked(h->ctx, as_object(v))) RP_FATAL("cycle %u: the weak reference %p refers to %p, which is dead", (unsigned)h->cycle, (void *)r, (void *)as_object(v));
    }
}
void heap_verify_weak(Heap *h) {
  const Object *o = weakref_find_dead(h->ctx);
  if (o) RP_FATAL("cycle %u: %p (kind %d) is dead, and a weak reference or its callback knows it", (unsigned)h->cycle, (void *)o, o->kind);
  for (uint32_t k = 0; k < h->sweep.n; k++) check_weakrefs(h, h->sweep.v[k]);
}

static void check_room(Heap *h, const Block *b) {
  uint32_t used = 0;
  for (uint32_t w = 0; w < n_words(b); w++) used += (uint32_t)__builtin_popcountll(allocs(b, w));
  if (b->owned || used == b->n_cells) RP_FATAL("cycle %u: block %p in a list has no room", (unsigned)h->cycle, (void *)b->start);
}

void heap_verify_swept(Heap *h) {
  pthread_mutex_lock(&h->lock);
  heap_gather(h);
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    const Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < n_words(b); w++)
      if (marks(b, w) & ~allocs(b, w)) RP_FATAL("cycle %u: block %p has marks at free cells after the sweep", (unsigned)h->cycle, (void *)b->start);
  }
  for (uint32_t c = 0; c < N_ROOMS * N_CLASSES; c++) {
    const BlockList *l = &h->avail[c / N_CLASSES][c % N_CLASSES];
    for (uint32_t k = 0; k < l->n; k++) check_room(h, l->v[k]);
  }
  pthread_mutex_unlock(&h->lock);
}

void heap_verify_young_swept(Heap *h) {
  if (h->ctx->opt.stress & STRESS_QUARANTINE) return; /* the dead stay allocated */
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    const Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < n_words(b); w++)
      if (marks(b, w) != allocs(b, w)) RP_FATAL("block %p has young cells after a young collection", (void *)b->start);
  }
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    const HeapThread *ht = t->heap_th;
    if (ht->n_log) RP_FATAL("a log is not empty after a young collection");
    for (uint32_t c = 0; c < N_ROOMS * N_CLASSES; c++)
      for (const Block *b = ht->recycled[c / N_CLASSES][c % N_CLASSES]; b; b = b->next) check_room(h, b);
  }
}

/* A running generator's registers are part of its thread's stack, and it is logged when it is left. */
static void check_not_held(Tracer *tr, Value v, void *data) {
  if (tr->from->kind != K_GENERATOR || atomic_load(&((const Generator *)tr->from)->state) != GEN_RUNNING) check_marked(tr, v, data);
}

void heap_verify_held(Heap *h) {
  check_old(h, &(Tracer){.heap = h, .visit = check_not_held});
  if (h->ctx->opt.stress & STRESS_QUARANTINE) return;
  for (uint32_t k = 0; k < h->blocks.n; k++) {
    const Block *b = h->blocks.v[k];
    for (uint32_t w = 0; w < n_words(b); w++)
      if (marks(b, w) != allocs(b, w) && b->epoch != h->epoch) RP_FATAL("block %p has young cells, and nobody knows", (void *)b->start);
  }
}

void heap_verify(RpContext *ctx) {
  RpThread *th = thread_current();
  if (th && th->ctx != ctx) th = NULL;
  heap_stop_idle(ctx, th);
  for (RpThread *t = ctx->threads; t; t = t->next) heap_publish_runs(t);
  heap_verify_stopped(ctx->heap);
  heap_resume_idle(ctx, th);
}
