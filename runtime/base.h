/* base.h: the few macros that every file needs. No types of the runtime, no dependencies. */
#ifndef RP_BASE_H
#define RP_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* In a loop that waits for another processor. */
#if defined(__x86_64__)
#define cpu_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ volatile("yield")
#else
#define cpu_relax() ((void)0)
#endif
#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, T, field) ((T *)((char *)(p) - offsetof(T, field)))
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COLD __attribute__((cold, noinline))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN __attribute__((noreturn))

/* Our own mistakes: a message and a stop, in debug builds only (RP_DEBUG). */
NORETURN void rp_fatal(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
#ifdef RP_DEBUG
#define RP_ASSERT(c) ((c) ? (void)0 : rp_fatal(__FILE__, __LINE__, "assertion failed: %s", #c))
#define RP_ASSERTF(c, ...) ((c) ? (void)0 : rp_fatal(__FILE__, __LINE__, __VA_ARGS__))
#else
#define RP_ASSERT(c) ((void)0)
#define RP_ASSERTF(c, ...) ((void)0)
#endif
/* Between two steps that another thread may look between. Tests of debug builds hang a delay on it; otherwise it is nothing. */
#ifdef RP_DEBUG
extern void (*rp_race_hook)(void);
#define RACE_POINT() (unlikely(rp_race_hook) ? rp_race_hook() : (void)0)
#else
#define RACE_POINT() ((void)0)
#endif
#define RP_FATAL(...) rp_fatal(__FILE__, __LINE__, __VA_ARGS__)

/* Relaxed accesses to words that other threads may read or write at any time. On x86 and ARM they are plain moves; they
** tell the compiler (and the race detector) that the sharing is meant. */
#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
/* A pointer, or a shape id, through which the thing it names is read: ordered by the dependency. Where acquiring costs nothing (x86) it is that,
** which the race detector understands. The other side publishes with store_release() or obj_store(). */
#if defined(__x86_64__) || (defined(__has_feature) && __has_feature(thread_sanitizer))
#define load_consume(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#else
#define load_consume(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#endif
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif
