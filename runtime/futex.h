/* futex.h: waiting on a word. */
#ifndef RP_FUTEX_H
#define RP_FUTEX_H

#include "runtime/base.h"
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleeps while *word == seen, at most timeout_ns (< 0: for ever). 0 woken or changed, ETIMEDOUT, EINTR. Spurious wake-ups happen. */
ALWAYS_INLINE int futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout_ns) {
  struct timespec ts = {timeout_ns / 1000000000, timeout_ns % 1000000000};
  long r = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, timeout_ns < 0 ? NULL : &ts, NULL, 0);
  return r == 0 || errno == EAGAIN ? 0 : errno;
}
ALWAYS_INLINE void futex_wake(_Atomic uint32_t *word, int n) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0); }

#endif
