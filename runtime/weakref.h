/* weakref.h: weak references. The context's side table maps the address of each referent to the list of its references; the header flag
** OBJ_HAS_WEAKREF says whether it is worth looking. Neither the table nor `referent` nor `next` keeps anything alive: the collector clears
** and unlinks (weakref_census). All changes to lists happen under the table's lock. */
#ifndef RP_WEAKREF_H
#define RP_WEAKREF_H

#include "runtime/ablate.h"
#include "runtime/error.h"

/* A test may have the collector go on in the middle of a read. */
#ifndef WEAKREF_WINDOW
#define WEAKREF_WINDOW() ((void)0)
#endif

/* weakref.ref, proxy, callable proxy: by type. */
typedef struct WeakRef {
  Object hdr;
  _Atomic Value referent;   /* EMPTY: dead. Not traced */
  Value callback;           /* EMPTY: none */
  struct WeakRef *next;     /* same referent. Not traced */
  struct WeakRef *next_list; /* of the first one with this referent: the first one with another, in the same bucket of the table. Not traced */
  int64_t hash;             /* of the referent; -1: not asked yet */
} WeakRef;

ALWAYS_INLINE bool weakref_check(Value v) { return has_kind(v, K_WEAKREF); }
/* The referent, or EMPTY. The state of the collector is read first: no poll lies between, so it cannot begin to clear references in between.
** While it clears them, the referent is read once more after the mark bit: one that is revived for its __del__ is marked before what it refers
** to is, and the state may have moved on; but its references are cleared before either. */
ALWAYS_INLINE Value weakref_get(const WeakRef *r) {
  bool clearing = atomic_load_explicit(&heap_weak_phases, memory_order_acquire) != 0;
  Value v = atomic_load_explicit(&r->referent, memory_order_relaxed);
  WEAKREF_WINDOW();
  if (RP_GC_ABLATE == ABLATE_WEAK_STATE) clearing = atomic_load_explicit(&heap_weak_phases, memory_order_acquire) != 0;
  if (likely(!clearing) || v == EMPTY) return v;
  if (heap_weak_dead(v)) return EMPTY;
  if (RP_GC_ABLATE == ABLATE_WEAK_AGAIN) return v;
  atomic_thread_fence(memory_order_acquire);
  return atomic_load_explicit(&r->referent, memory_order_relaxed);
}
/* weakref.ref(o, callback) of type `type`; callback EMPTY: none, then the canonical one is shared. NULL + TypeError. */
WeakRef *weakref_new(RpThread *th, Type *type, Value o, Value callback);
/* A plain internal reference without callback. */
ALWAYS_INLINE WeakRef *weakref_plain(RpThread *th, Value o) { return weakref_new(th, &type_weakref, o, EMPTY); }
/* One that the table does not know: who makes it clears it when v has died, before the memory is used again. NULL + MemoryError. */
WeakRef *weakref_unlisted(RpThread *th, Value v);
/* The references to v: stores at most max, returns how many there are. */
size_t weakref_list(RpThread *th, Value v, WeakRef **out, size_t max);

int weakref_context_init(RpThread *th);
void weakref_context_free(RpContext *ctx);
/* For the collector, when marking is complete: references to the dead and dead references leave the table. Looks at about so many (not 0) while holding its lock.
** True: there is more to do; before that is done too nothing dead may be revived. */
bool weakref_census(RpContext *ctx, uint32_t looks);
/* What it was at is given up: the context goes. */
void weakref_census_cancel(RpContext *ctx);
void weakref_trace_due(RpContext *ctx, Tracer *tr);
/* For the verifier: something that marking did not reach, in the table or among callbacks that are due; NULL. */
const Object *weakref_find_dead(RpContext *ctx);
size_t weakref_callbacks_due(RpContext *ctx);
/* Runs the next one; false: none is due. */
bool weakref_run_callback(RpThread *th);

#endif
