/* clock.h: when frames happen. All times are int64_t nanoseconds of one monotonic source.
** Invariant: the time of frame n is computed from n alone, t0 + n / fps, never by adding periods: no drift, no
** rounding walk. The source is injected, so that offline rendering and tests run on a virtual clock. Used by the
** engine thread only. */
#ifndef RP_ENGINE_CLOCK_H
#define RP_ENGINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

typedef struct ClockSource {
  int64_t (*now)(void *user);
  void (*sleep_until)(void *user, int64_t when_ns); /* returns at once when that moment has passed */
  void *user;
} ClockSource;

/* The kernel's CLOCK_MONOTONIC; sleeps with clock_nanosleep(TIMER_ABSTIME). */
ClockSource clock_system(void);
int64_t clock_now_ns(void); /* CLOCK_MONOTONIC, any thread */

/* A clock that moves only when somebody sleeps on it: offline rendering, tests. */
typedef struct VirtualClock {
  int64_t now_ns;
} VirtualClock;
ClockSource clock_virtual(VirtualClock *vc);

typedef struct FrameClock {
  ClockSource src;
  int64_t fps_milli; /* frames per 1000 s: 60000 is 60 Hz, 59940 is 59.94 Hz */
  int64_t t0_ns;     /* due time of frame 0 */
  int64_t n;         /* the frame being made */
  int64_t n_skipped; /* frames given up because the machine was away (suspend, debugger) */
} FrameClock;

#define FRAME_BEHIND_MAX 4 /* more than this many periods behind: skip to the present instead of catching up */

/* fps outside 1..1000 is clamped. Frame 0 is due now. */
void frameclock_init(FrameClock *fc, ClockSource src, double fps);
int64_t frameclock_due(const FrameClock *fc, int64_t n); /* absolute due time of frame n, ns */
double frameclock_time(const FrameClock *fc, int64_t n); /* seconds of frame n since frame 0 */
/* about one frame, ns (for budgets, never for adding up) */
int64_t frameclock_period(const FrameClock *fc);
/* Sleeps until frame n+1 is due and makes it current. Far behind, whole frames are skipped. Returns how many were
** skipped. */
int64_t frameclock_next(FrameClock *fc);

#endif
