/* lock.h: the writer lock in every object's header. Readers of lists, dicts, sets, attributes never take it; writers do, once the
** context has a second thread (th->multi, switched by a handshake). Not recursive. Held for bounded time: no call into Python, no
** allocation that may collect, no blocking while held. Waiters spin briefly, then sleep on a futex in SAFE state. */
#ifndef RP_LOCK_H
#define RP_LOCK_H

#include "runtime/thread.h"

void obj_lock_slow(RpThread *th, Object *o);
void obj_unlock_slow(Object *o);

ALWAYS_INLINE void obj_lock(RpThread *th, void *obj) {
  Object *o = obj;
  if (likely(!thread_multi(th))) return;
  th->n_locked++;
  uint8_t free_ = 0;
  if (unlikely(!__atomic_compare_exchange_n(&o->lock, &free_, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))) obj_lock_slow(th, o);
}
/* Does not wait; false: it is taken. */
ALWAYS_INLINE bool obj_trylock(RpThread *th, void *obj) {
  Object *o = obj;
  uint8_t free_ = 0;
  if (likely(!thread_multi(th))) return true;
  if (unlikely(!__atomic_compare_exchange_n(&o->lock, &free_, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))) return false;
  th->n_locked++;
  return true;
}
ALWAYS_INLINE void obj_unlock(RpThread *th, void *obj) {
  Object *o = obj;
  if (likely(!thread_multi(th))) return;
  if (th->n_locked) th->n_locked--; /* 0: locks began to count after this one was taken */
  uint8_t held = 1;
  if (unlikely(!__atomic_compare_exchange_n(&o->lock, &held, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))) obj_unlock_slow(o);
}
/* For short operations, in which two tests are felt: the operation is written once, inline, with `multi` as its last parameter, and made twice of it, so that
** thread_multi() is asked once. It changes at safepoints, so none may come between that question and the operation. */
ALWAYS_INLINE void obj_lock_if(bool multi, RpThread *th, void *obj) {
  if (multi) obj_lock(th, obj);
}
ALWAYS_INLINE void obj_unlock_if(bool multi, RpThread *th, void *obj) {
  if (multi) obj_unlock(th, obj);
}
/* A count that writers change under obj's lock together with what they count: not that of a writer halfway. */
ALWAYS_INLINE uint64_t obj_count(RpThread *th, void *obj, const uint64_t *count) {
  if (unlikely(thread_multi(th)) && unlikely(load_acquire(&((Object *)obj)->lock))) {
    obj_lock(th, obj);
    obj_unlock(th, obj);
  }
  return load_acquire(count);
}

/* -- WaitLock ------------------------------------------------------------------------------------------------------------------------- */

/* Recursive, and may be held while Python runs or the system blocks: of streams, and of what calls back in the midst of a change. Waits in SAFE state and can be interrupted:
** false with an exception pending. All zero: free. */
typedef struct WaitLock { _Atomic uint32_t word; uint32_t depth; _Atomic(RpThread *) owner; } WaitLock;
bool wait_lock(RpThread *th, WaitLock *l);
void wait_unlock(RpThread *th, WaitLock *l);
#endif
