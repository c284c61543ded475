/* young_held.c: what survives a young collection and stays young, being held by running threads.
**
** A running thread is stopped in the middle of what it does. What it has in hand is mostly dead soon; if it became old, stop after stop would leave a few dead cells in blocks that were empty
** otherwise, until the next whole cycle. So whatever nothing but the stacks of running threads refers to keeps its mark bit for the sweep alone. It is found last, when all that becomes old is
** marked: nothing old refers to it by then, and no log need say so. What rests, perhaps for long, is not worth looking at each time: what threads have that do not run, or whose stacks are deep,
** becomes old; so does everything, if it is not little. */
#include "runtime/heap_impl.h"

#define HELD_BYTES 8192 /* of cells: to look through them takes a microsecond or two */

/* All that is on the tracer's stack, and what that refers to. False: it is too much, and some of it is still there. */
static bool hold(Heap *h, Tracer *tr, RpThread *by, size_t *bytes) {
  while (tr->n) {
    uint64_t word = tr->stack[tr->n - 1];
    if ((word & 3) || h->n_held == HELD_MOST || *bytes > HELD_BYTES) return false; /* the rest of a big array would be the first */
    tr->n--;
    Object *o = as_object(word);
    if (!mark_object(h, o)) continue;
    Block *b = block_of_cell(o);
    h->held[h->n_held++] = (Held){o, by};
    b->holds = true;
    *bytes += block_cell_bytes(b);
    trace_object(tr, o);
  }
  return true;
}

/* Some of those that were not found yet may refer to them. */
static void become_old(Heap *h, Tracer *tr) {
  if (RP_GC_ABLATE == ABLATE_HELD_ALL) return;
  for (uint32_t i = 0; i < h->n_held; i++) {
    Block *b = block_of_cell(h->held[i].o);
    b->holds = false;
    tr->n_bytes += block_cell_bytes(b);
  }
  h->n_held = 0;
}

/* Running threads have looked through their stacks on their way to the stop. */
bool held_find(Heap *h, Tracer *tr) {
  bool few = true;
  size_t bytes = 0;
  for (RpThread *t = h->ctx->threads; t; t = t->next) {
    if (t->standing != STANDS_LOOKED && t->standing != STANDS_HOLDING) continue;
    trace_kept(tr, t->heap_th->stack_words, t->heap_th->n_stack_words);
    few = few && hold(h, tr, t, &bytes);
  }
  if (few && !tr->failed) return true;
  become_old(h, tr);
  return false;
}

void held_stay_young(Heap *h) {
  for (uint32_t i = 0; i < h->n_held; i++) {
    Object *o = h->held[i].o;
    Block *b = block_of_cell(o);
    uint32_t cell = block_cell_index(b, (uintptr_t)o);
    atomic_fetch_and_explicit(&b->mark[cell >> 6], ~(1ull << (cell & 63)), memory_order_relaxed);
    store_relaxed(&o->gc, (uint8_t)(load_relaxed(&o->gc) & ~GC_OLD));
    b->holds = false;
    heap_note_young(h->held[i].by, b);
  }
  h->n_held = 0;
}
