/* mark.c: precise tracing of objects, conservative reading of stacks.
**
** References go onto an explicit stack and from there, if they are not to marked objects, through a queue of 16 that prefetches the object, so that a cache
** miss is waited for in company. An object is marked when it leaves the queue, then scanned. Arrays are scanned 1024 slots at a time. What most objects are
** (short tuples and arrays, lists, instances of one class after another of it) is scanned on the spot (scan), all else by trace_object. */
#include "runtime/heap_impl.h"
#include "runtime/code.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/set.h"
#include "runtime/shape.h"
#include "runtime/tuple.h"

#define CHUNK 1024
#define CHUNK_REF 16 /* to scan so many words takes as long as to follow a reference */

/* -- Mark bits ------------------------------------------------------------------------------------------------------------------- */

bool mark_object(Heap *h, Object *o) {
  Block *b = block_of_cell(o);
  RP_ASSERTF(load_relaxed((Heap **)&b->heap) == h, "an object of another context's heap is reachable: %p", (void *)o);
  uint32_t i = block_cell_index(b, (uintptr_t)o);
  uint64_t bit = 1ull << (i & 63);
  if (atomic_load_explicit(&b->mark[i >> 6], memory_order_relaxed) & bit) return false;
  return !(atomic_fetch_or_explicit(&b->mark[i >> 6], bit, memory_order_seq_cst) & bit);
}

/* An object that was not marked when it was met, and its mark bit. */
typedef struct Waiting {
  Object *o;
  Block *b;
  uint32_t cell;
} Waiting;

ALWAYS_INLINE bool is_marked(const Waiting *w) {
  return atomic_load_explicit(&w->b->mark[w->cell >> 6], memory_order_relaxed) >> (w->cell & 63) & 1;
}
/* mark_object; while nobody else marks, without a locked instruction. */
ALWAYS_INLINE bool mark_waiting(Tracer *tr, const Waiting *w) {
  RP_ASSERTF(load_relaxed((Heap **)&w->b->heap) == tr->heap, "an object of another context's heap is reachable: %p", (void *)w->o);
  _Atomic uint64_t *word = &w->b->mark[w->cell >> 6];
  uint64_t bit = 1ull << (w->cell & 63), had = atomic_load_explicit(word, memory_order_relaxed);
  if (had & bit) return false;
  if (!tr->alone) return !(atomic_fetch_or_explicit(word, bit, memory_order_seq_cst) & bit);
  atomic_store_explicit(word, had | bit, memory_order_relaxed);
  tr->n_bytes += block_cell_bytes(w->b);
  return true;
}

bool object_marked(Heap *h, const Object *o) {
  return load_relaxed(&block_of_cell(o)->born) == h->cycle || has_mark(o);
}

bool heap_is_old(const Object *o) { return !block_in_arena(value_object(o)) || has_mark(o); }
bool heap_marked(RpContext *ctx, const void *o) { return !block_in_arena((uintptr_t)o) || object_marked(ctx->heap, o); }

/* -- The stack -------------------------------------------------------------------------------------------------------------------- */

void tracer_init(Tracer *tr, Heap *h) { *tr = (Tracer){.heap = h}; }
void tracer_free(Tracer *tr) { free(tr->stack); }

static NOINLINE bool grow(Tracer *tr) {
  size_t cap = tr->cap ? tr->cap * 2 : 1024;
  uint64_t *v = realloc(tr->stack, cap * sizeof *v);
  if (!v) {
    tr->failed = true;
    atomic_store(&tr->heap->mark_overflow, true); /* what is dropped here is found again by trace_drain's recovery */
    return false;
  }
  tr->stack = v;
  tr->cap = cap;
  return true;
}
ALWAYS_INLINE void push(Tracer *tr, uint64_t word) {
  if (unlikely(tr->n == tr->cap) && !grow(tr)) return;
  tr->stack[tr->n++] = word;
}
ALWAYS_INLINE void reach(Tracer *tr, Value v) {
  if (unlikely(tr->visit != NULL)) {
    if (is_object(v) || (tr->immediates && v != EMPTY)) tr->visit(tr, v, tr->visit_data);
  } else if (block_in_arena(v)) {
    push(tr, v);
  }
}

void tracer_push(Tracer *tr, uint64_t word) { push(tr, word); }
bool trace_reports(const Tracer *tr) { return tr->visit != NULL; }
bool trace_only_young(const Tracer *tr) { return tr->only_young; }
void trace_value(Tracer *tr, Value v) { reach(tr, v); }
void trace_values(Tracer *tr, const Value *v, size_t n) {
  for (size_t i = 0; i < n; i++) reach(tr, load_consume(&v[i]));
}

/* A marked object is old from now on, and in no log. A byte that was 0 is simply written: should the owner be queued (GC_QUEUED) just now, that is forgotten, and
** at worst it is queued twice. */
ALWAYS_INLINE void set_old(Tracer *tr, Object *o) {
  uint8_t gc = load_relaxed(&o->gc);
  if ((gc & GC_OLD) || RP_GC_ABLATE == ABLATE_LOG_AGAIN) return;
  if (tr->alone || !gc) store_relaxed(&o->gc, (uint8_t)(gc | GC_OLD));
  else __atomic_fetch_or(&o->gc, GC_OLD, __ATOMIC_RELAXED);
}

/* -- Objects ----------------------------------------------------------------------------------------------------------------------- */

/* Words of a big array from `cursor`; stride and count in words. The rest waits on the stack. */
static void trace_chunk(Tracer *tr, Object *o, const Value *words, size_t n, size_t cursor) {
  if (cursor > n) return; /* it has become shorter meanwhile */
  size_t end = n - cursor > CHUNK && !tr->visit ? cursor + CHUNK : n;
  if (end < n) {
    push(tr, end);
    push(tr, value_object(o) | 1);
  }
  trace_values(tr, words + cursor, end - cursor);
}

/* The part of o that may be long, as words. Hashes among the entries of tables look like numbers or are not in the arena: those that are
** by chance must not be taken for references, so tables are walked by entry. */
static void trace_entries(Tracer *tr, Object *o, size_t cursor) {
  if (o->kind == K_DICT_TABLE) {
    const DictTable *t = (const DictTable *)o;
    size_t n = load_acquire(&t->n_entries);
    if (cursor > n) return;
    size_t end = n - cursor > CHUNK && !tr->visit ? cursor + CHUNK : n;
    if (end < n) {
      push(tr, end);
      push(tr, value_object(o) | 1);
    }
    for (size_t i = cursor; i < end; i++) {
      reach(tr, load_consume(&t->entries[i].key));
      reach(tr, load_consume(&t->entries[i].value));
    }
  } else {
    const SetTable *t = (const SetTable *)o;
    size_t n = (size_t)t->mask + 1, end = n - cursor > CHUNK && !tr->visit ? cursor + CHUNK : n;
    if (end < n) {
      push(tr, end);
      push(tr, value_object(o) | 1);
    }
    for (size_t i = cursor; i < end; i++) reach(tr, load_consume(&t->entries[i].key));
  }
}

static void trace_from(Tracer *tr, Object *o, size_t cursor) {
  switch (o->kind) {
  case K_ARRAY: trace_chunk(tr, o, ((Array *)o)->items, load_acquire(&((Array *)o)->length), cursor); break;
  case K_TUPLE: trace_chunk(tr, o, ((Tuple *)o)->items, ((Tuple *)o)->length, cursor); break;
  default: trace_entries(tr, o, cursor);
  }
}

/* All items of an array or a tuple; most are short. */
ALWAYS_INLINE void trace_items(Tracer *tr, Object *o, const Value *items, size_t n) {
  if (unlikely(n > CHUNK)) {
    trace_chunk(tr, o, items, n, 0);
    return;
  }
  for (size_t i = 0; i < n; i++) reach(tr, load_consume(&items[i]));
}

/* Attributes: the overflow word and the inline slots behind it. */
static void trace_attributes(Tracer *tr, Object *o, const Shape *s) {
  if (s->overflow_offset) {
    if ((s->flags & SHAPE_BUILTIN) && !(s->flags & SHAPE_DICT)) return; /* exact builtin: no such word */
    const Value *words = (const Value *)((char *)o + s->overflow_offset);
    trace_values(tr, words, 1 + (size_t)s->n_inline);
  } else if (!(s->flags & SHAPE_BUILTIN)) {
    reach(tr, load_consume(obj_trailing_word(o)));
  }
}

/* An inline cache's entry keeps the shapes alive that it names, so that their numbers are not used again under a reader. */
static void trace_ic_entry(Tracer *tr, const IcEntry *e) {
  const uint32_t ids[] = {e->shape_id, e->shape_id2};
  for (int i = 0; i < 2; i++)
    if (ids[i] >= N_BUILTIN_SHAPES && ids[i] < MAX_SHAPES && rp_shapes[ids[i]]) trace_ref(tr, rp_shapes[ids[i]]);
  reach(tr, e->value);
  trace_ref(tr, e->object);
  trace_ref(tr, e->object2);
  trace_ref(tr, load_consume(&e->next));
}

void trace_object(Tracer *tr, Object *o) {
  uint32_t id = obj_shape_id(o);
  const Shape *s = load_consume(&rp_shapes[id]);
  tr->from = o;
  if (!tr->visit) set_old(tr, o);
  if (unlikely(o->kind == K_FREE || !s)) RP_FATAL("the collector reached a freed cell at %p (shape %u, kind %d)", (void *)o, id, o->kind);
  if (id >= N_BUILTIN_SHAPES && (id != tr->last_shape || tr->visit)) {
    tr->last_shape = id;
    tr->n_plain = o->kind == K_INSTANCE && s->overflow_offset == offsetof(Instance, overflow) && !s->type->slots.trace ? 1u + s->n_inline : 0;
    reach(tr, value_object(s));
  }
  switch (o->kind) {
  case K_TUPLE:
    trace_items(tr, o, ((Tuple *)o)->items, ((Tuple *)o)->length);
    if (unlikely(id != SHAPE_tuple) && id < N_BUILTIN_SHAPES && s->type->slots.trace) s->type->slots.trace(tr, o); /* structseq.h */
    break;
  case K_ARRAY: trace_items(tr, o, ((Array *)o)->items, load_acquire(&((Array *)o)->length)); break;
  case K_DICT_TABLE: case K_SET_TABLE: trace_entries(tr, o, 0); break;
  case K_IC_ENTRY: trace_ic_entry(tr, (const IcEntry *)o); break;
  case K_STR: case K_BYTES: case K_INT: case K_FLOAT: case K_COMPLEX: break;
  default: {
    TraceFn fn = s->type->slots.trace;
    if (fn) fn(tr, o);
  }
  }
  if (o->kind == K_INSTANCE || id >= N_BUILTIN_SHAPES || (s->flags & SHAPE_DICT)) trace_attributes(tr, o, s);
}

/* What follows is trace_object for what most objects are, in few instructions. False: trace_object must do it. */
ALWAYS_INLINE bool push_few(Tracer *tr, Object *o, const Value *items, size_t n) {
  if (unlikely(n > CHUNK) || (unlikely(tr->cap - tr->n < n) && !grow(tr))) return false;
  set_old(tr, o);
  uintptr_t base = block_arena.base;
  size_t bytes = block_arena.bytes;
  uint64_t *top = tr->stack + tr->n;
  for (size_t i = 0; i < n; i++) {
    Value v = load_consume(&items[i]);
    *top = v;
    top += v - base < bytes;
  }
  tr->n = (size_t)(top - tr->stack);
  return true;
}

ALWAYS_INLINE void scan(Tracer *tr, Object *o) {
  RP_ASSERT(!tr->visit);
  if (heap_is_leaf(o)) return;
  uint32_t id = obj_shape_id(o);
  bool done = false;
  switch (o->kind) {
  case K_TUPLE: done = id == SHAPE_tuple && push_few(tr, o, ((Tuple *)o)->items, ((Tuple *)o)->length); break;
  case K_ARRAY: done = push_few(tr, o, ((Array *)o)->items, load_acquire(&((Array *)o)->length)); break;
  case K_INSTANCE: done = id == tr->last_shape && tr->n_plain && push_few(tr, o, &((Instance *)o)->overflow, tr->n_plain); break;
  case K_LIST: {
    Value array = value_object(list_array((List *)o));
    done = id == SHAPE_list && push_few(tr, o, &array, 1);
  }
  }
  if (unlikely(!done)) trace_object(tr, o);
}

/* -- Draining ------------------------------------------------------------------------------------------------------------------------ */

/* A word with a tag: the rest of a big array, or an object that is marked but must be scanned (again). */
static void trace_tagged(Tracer *tr, uint64_t word) {
  if (word & 1) {
    size_t cursor = tr->stack[--tr->n];
    trace_from(tr, as_object(word & ~(uint64_t)3), cursor);
    return;
  }
  Object *o = as_object(word & ~(uint64_t)3);
  if (__atomic_load_n(&o->gc, __ATOMIC_RELAXED) & GC_QUEUED) __atomic_fetch_and(&o->gc, (uint8_t)~GC_QUEUED, __ATOMIC_SEQ_CST);
  tr->n_marked++;
  trace_object(tr, o);
}

bool trace_some(Tracer *tr, uint32_t max_refs) {
  Waiting queue[PREFETCH_QUEUE];
  uint32_t oldest = 0, n = 0;
  for (uint32_t seen = 0; seen < max_refs;) { /* those to marked objects, too: a long array may hold nothing else */
    Waiting w;
    if (likely(tr->n)) {
      uint64_t word = tr->stack[--tr->n];
      if (unlikely(word & 3)) {
        trace_tagged(tr, word);
        seen += word & 1 ? CHUNK / CHUNK_REF : 1;
        continue;
      }
      w.o = as_object(word);
      w.b = block_of_cell(w.o);
      w.cell = block_cell_index(w.b, word);
      if (is_marked(&w)) {
        seen++;
        continue;
      }
      __builtin_prefetch(w.o);
      __builtin_prefetch((char *)w.o + 64); /* most are longer than a line, or lie across two */
      if (n < PREFETCH_QUEUE) {
        queue[(oldest + n++) & (PREFETCH_QUEUE - 1)] = w;
        continue;
      }
      Waiting next = queue[oldest];
      queue[oldest] = w;
      w = next;
    } else if (n) {
      w = queue[oldest];
      n--;
    } else {
      break;
    }
    oldest = (oldest + 1) & (PREFETCH_QUEUE - 1);
    seen++;
    if (!mark_waiting(tr, &w)) continue;
    tr->n_marked++;
    scan(tr, w.o);
  }
  for (; n; n--, oldest = (oldest + 1) & (PREFETCH_QUEUE - 1)) push(tr, value_object(queue[oldest].o));
  return !tr->n;
}

/* Instead of reach() while the dead are judged: mutators run, and what they allocate is young and stays so (it refers to nothing that is white). */
static void rescue(Tracer *tr, Value v, void *data) {
  Object *o = as_object(v);
  if (!block_in_arena(v) || load_relaxed(&block_of_cell(o)->born) == tr->heap->cycle || !mark_object(tr->heap, o)) return;
  set_old(tr, o);
  push(tr, v | 2);
}

/* Some mark stack could not grow: references were dropped. Everything marked is scanned again until nothing is dropped. */
static NOINLINE void recover(Tracer *tr) {
  Heap *h = tr->heap;
  atomic_store(&h->mark_overflow, false);
  tr->failed = false;
  bool judging = load_relaxed(&h->sweep.n) != 0;
  if (judging) tr->visit = rescue;
  else heap_gather(h);
  const BlockList *l = judging ? &h->sweep : &h->blocks;
  for (uint32_t k = 0; k < l->n; k++) {
    Block *b = l->v[k];
    for (uint32_t w = 0; w < (b->n_cells + 63) / 64; w++)
      for (uint64_t bits = b->mark[w]; bits; bits &= bits - 1) {
        Object *o = block_cell(b, w * 64 + (uint32_t)__builtin_ctzll(bits));
        set_old(tr, o);
        trace_object(tr, o);
        while (!trace_some(tr, UINT32_MAX / 2)) {}
      }
  }
  tr->visit = NULL;
}

void trace_drain(Tracer *tr) {
  do {
    while (!trace_some(tr, UINT32_MAX / 2)) {}
    if (unlikely(atomic_load(&tr->heap->mark_overflow))) recover(tr);
  } while (tr->n || atomic_load(&tr->heap->mark_overflow));
}

/* -- The pool ------------------------------------------------------------------------------------------------------------------------ */

#define PACKET 256

/* One entry (two words if it is a cursor's) from the top of a stack. */
static size_t pop_entry(const uint64_t *v, size_t n) { return n >= 2 && (v[n - 1] & 1) ? 2 : 1; }

/* A mutator's tracer only tries: the lock's holder may be a marker that has lost the processor. */
static bool pool_lock(Tracer *tr) {
  MarkPool *p = &tr->heap->pool;
  if (tr->spill) return pthread_mutex_trylock(&p->lock) == 0;
  pthread_mutex_lock(&p->lock);
  return true;
}

bool pool_take(Tracer *tr) {
  MarkPool *p = &tr->heap->pool;
  if (!atomic_load_explicit(&p->n, memory_order_relaxed) || !pool_lock(tr)) return false;
  size_t n = p->n, k = 0;
  while (k < n && k < PACKET) k += pop_entry(p->v, n - k);
  if (k) {
    while (tr->cap - tr->n < k && grow(tr)) {}
    if (tr->cap - tr->n < k) {
      pthread_mutex_unlock(&p->lock);
      return false;
    }
    memcpy(tr->stack + tr->n, p->v + n - k, k * sizeof *p->v);
    tr->n += k;
    atomic_store_explicit(&p->n, n - k, memory_order_relaxed);
    if (!tr->busy) atomic_fetch_add(&p->n_busy, 1);
    tr->busy = true;
  }
  pthread_mutex_unlock(&p->lock);
  return k != 0;
}

/* All but about `keep` words go to the pool. */
void pool_give(Tracer *tr, size_t keep) {
  MarkPool *p = &tr->heap->pool;
  if (tr->n <= keep) return;
  if (!pool_lock(tr)) {
    if (keep) return; /* another time */
    for (size_t i = 0; i < tr->n; i++) heap_grey_push(tr->spill, tr->stack[i]);
    tr->n = 0;
    return;
  }
  size_t n = p->n, need = n + tr->n - keep + 1;
  if (need > p->cap) {
    size_t cap = need * 2;
    uint64_t *v = realloc(p->v, cap * sizeof *v);
    if (v) {
      p->v = v;
      p->cap = cap;
    } else {
      atomic_store(&tr->heap->mark_overflow, true);
    }
  }
  while (tr->n > keep) {
    size_t k = pop_entry(tr->stack, tr->n);
    tr->n -= k;
    if (n + k > p->cap) continue;
    memcpy(p->v + n, tr->stack + tr->n, k * sizeof *p->v);
    n += k;
  }
  atomic_store_explicit(&p->n, n, memory_order_relaxed);
  pthread_mutex_unlock(&p->lock);
}

bool pool_donate(Heap *h, const uint64_t *words, size_t n) {
  MarkPool *p = &h->pool;
  if (pthread_mutex_trylock(&p->lock)) return false;
  size_t had = p->n;
  if (had + n > p->cap) {
    uint64_t *v = realloc(p->v, (had + n) * 2 * sizeof *v);
    if (v) {
      p->v = v;
      p->cap = (had + n) * 2;
    }
  }
  bool room = had + n <= p->cap;
  if (room) {
    memcpy(p->v + had, words, n * sizeof *words);
    atomic_store_explicit(&p->n, had + n, memory_order_relaxed);
  }
  pthread_mutex_unlock(&p->lock);
  return room;
}

/* Whoever finds the pool empty and nobody busy, under the lock, has seen all work: it is given back before. */
void pool_leave(Tracer *tr) {
  pool_give(tr, 0);
  if (tr->busy) atomic_fetch_sub(&tr->heap->pool.n_busy, 1);
  tr->busy = false;
}

/* -- Stacks -------------------------------------------------------------------------------------------------------------------------- */

/* Code that walks with `p < end` may have nothing but a pointer one past the last element left in a register. Can `end`, where o's cell ends, be such a pointer?
** Only if the elements reach so far (heap_walked_size: of what is not small they never do); behind those of strings stands a NUL. */
static bool may_end_at(const Object *o, uint64_t end) {
  switch (o->kind) {
  case K_ARRAY: return (uintptr_t)(((const Array *)o)->items + ((const Array *)o)->capacity) == end;
  case K_TUPLE: return (uintptr_t)(((const Tuple *)o)->items + ((const Tuple *)o)->length) == end;
  case K_DICT_TABLE: return (uintptr_t)dict_table_end((const DictTable *)o) == end;
  case K_SET_TABLE: return (uintptr_t)(((const SetTable *)o)->entries + ((const SetTable *)o)->mask + 1) == end;
  case K_INT: case K_GENERATOR: return true;
  default: return false;
  }
}

/* By its mark alone, without a look at it: that would be a cache miss for most words of a stack. (What was born since marking was complete has none: it is young.) Any thread. */
static bool known_old(Heap *h, uint64_t p) {
  if (!block_in_arena(p)) return false;
  Block *b = block_of(p);
  if (!b || load_acquire((Heap **)&b->heap) != h) return false;
  uint32_t i = block_cell_index(b, p);
  return i < b->n_cells && (atomic_load_explicit(&b->mark[i >> 6], memory_order_relaxed) >> (i & 63) & 1);
}

/* What a kept word is, which is no object: in its last bits, cells being multiples of 16 bytes. */
enum { KEPT_INSIDE = 1 /* of some cell, if there is one */, KEPT_EDGE = 2 /* a cell may begin there, and end there */ };

void trace_cell_conservative(Tracer *tr, uint64_t word, bool past_end) {
  if (tr->only_young && known_old(tr->heap, word) && (!past_end || (word & 15) || known_old(tr->heap, word - 1))) return;
  Object *o = heap_resolve(tr->heap, word);
  if (o && o->kind != K_FREE) reach(tr, value_object(o));
  bool may_be_end = past_end && !(word & 15) && (!o || (uint64_t)(uintptr_t)o == word);
  Object *before = may_be_end ? heap_resolve(tr->heap, word - 1) : NULL;
  if (before && may_end_at(before, word)) reach(tr, value_object(before));
  /* Some other thread's run that is not published yet? */
  if (tr->ahead && RP_GC_ABLATE != ABLATE_KEPT && (!o || (may_be_end && !before))) push(tr, (word & ~(uint64_t)15) | (may_be_end ? KEPT_EDGE : KEPT_INSIDE));
}

void trace_kept(Tracer *tr, const uint64_t *words, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    uint64_t word = words[i] & ~(uint64_t)15;
    switch (words[i] & 15) {
    case KEPT_INSIDE: trace_cell_conservative(tr, word | 8, false); break;
    case KEPT_EDGE: trace_cell_conservative(tr, word, true); break;
    default: push(tr, word); /* an object */
    }
  }
}

__attribute__((no_sanitize("address", "thread", "undefined"))) NOINLINE
void trace_conservative(Tracer *tr, const void *lo, const void *hi) {
  const volatile uint64_t *p = (const volatile uint64_t *)(((uintptr_t)lo + 7) & ~(uintptr_t)7);
  uintptr_t base = block_arena.base;
  size_t bytes = block_arena.bytes; /* the end itself may be one past a cell */
  for (; (const void *)(p + 1) <= hi; p++) {
    uint64_t word = *p;
    if (unlikely(word - base <= bytes)) trace_cell_conservative(tr, word, true);
  }
}
