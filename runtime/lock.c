/* lock.c: the contended paths of the object lock, and the lock that may be held for long. The object's lock byte: 0 free, 1 held, 2 held and somebody may sleep. The futex is the header's
** upper word, which holds the byte; changes of its neighbours only cause spurious wake-ups. */
#include "runtime/lock.h"
#include "runtime/futex.h"

#define SPINS 60

static _Atomic uint32_t *lock_word(Object *o) { return (_Atomic uint32_t *)((char *)o + 4); }

void obj_lock_slow(RpThread *th, Object *o) {
  for (int i = 0; i < SPINS; i++) {
    uint8_t free_ = 0;
    if (load_relaxed(&o->lock) == 0 && __atomic_compare_exchange_n(&o->lock, &free_, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    cpu_relax();
  }
  while (__atomic_exchange_n(&o->lock, 2, __ATOMIC_ACQUIRE) != 0) {
    uint32_t word = atomic_load(lock_word(o));
    if ((word >> 16 & 0xff) != 2) continue;
    thread_enter_safe(th);
    futex_wait(lock_word(o), word, -1);
    thread_leave_safe(th);
  }
}

void obj_unlock_slow(Object *o) {
  __atomic_store_n(&o->lock, 0, __ATOMIC_RELEASE);
  futex_wake(lock_word(o), 1);
}
_Static_assert(offsetof(Object, lock) == 6, "lock_word()");

/* -- WaitLock ------------------------------------------------------------------------------------------------------------------------- */

#define SLICE_NS 100000000

static bool wait_slow(RpThread *th, WaitLock *l) {
  while (atomic_exchange(&l->word, 2) != 0) {
    atomic_store(&th->waiting_on, &l->word);
    thread_enter_safe(th);
    if (!(atomic_load(&th->poll) & (POLL_STOP | POLL_SIGNAL))) futex_wait(&l->word, 2, SLICE_NS);
    thread_leave_safe(th);
    atomic_store(&th->waiting_on, NULL);
    if (!thread_poll(th)) return false;
  }
  return true;
}
bool wait_lock(RpThread *th, WaitLock *l) {
  if (atomic_load_explicit(&l->owner, memory_order_relaxed) == th) {
    l->depth++;
    return true;
  }
  uint32_t free_ = 0;
  if (!atomic_compare_exchange_strong(&l->word, &free_, 1) && !wait_slow(th, l)) return false;
  atomic_store_explicit(&l->owner, th, memory_order_relaxed);
  l->depth = 1;
  return true;
}
void wait_unlock(RpThread *th, WaitLock *l) {
  if (--l->depth) return;
  atomic_store_explicit(&l->owner, NULL, memory_order_relaxed);
  if (atomic_exchange(&l->word, 0) == 2) futex_wake(&l->word, 1);
}
