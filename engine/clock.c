/* clock.c: see clock.h. */
#include "engine/clock.h"

#include <errno.h>
#include <math.h>
#include <time.h>

int64_t clock_now_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t system_now(void *user) { return clock_now_ns(); }

static void system_sleep(void *user, int64_t when_ns) {
  struct timespec ts = {when_ns / NS_PER_S, when_ns % NS_PER_S};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {}
}

ClockSource clock_system(void) { return (ClockSource){system_now, system_sleep, NULL}; }

static int64_t virtual_now(void *user) { return ((VirtualClock *)user)->now_ns; }

static void virtual_sleep(void *user, int64_t when_ns) {
  VirtualClock *vc = user;
  if (when_ns > vc->now_ns) vc->now_ns = when_ns;
}

ClockSource clock_virtual(VirtualClock *vc) { return (ClockSource){virtual_now, virtual_sleep, vc}; }

void frameclock_init(FrameClock *fc, ClockSource src, double fps) {
  if (!(fps >= 1.0)) fps = 1.0;
  if (fps > 1000.0) fps = 1000.0;
  *fc = (FrameClock){.src = src, .fps_milli = llround(fps * 1000.0), .t0_ns = src.now(src.user)};
}

/* n / fps in ns; 128 bits because n * 1e12 passes 2^63 after two days at 60 Hz. */
static int64_t offset_ns(const FrameClock *fc, int64_t n) {
  return (int64_t)((__int128)n * 1000 * NS_PER_S / fc->fps_milli);
}

int64_t frameclock_due(const FrameClock *fc, int64_t n) { return fc->t0_ns + offset_ns(fc, n); }

double frameclock_time(const FrameClock *fc, int64_t n) { return (double)n * 1000.0 / (double)fc->fps_milli; }

int64_t frameclock_period(const FrameClock *fc) { return 1000 * NS_PER_S / fc->fps_milli; }

int64_t frameclock_next(FrameClock *fc) {
  int64_t skipped = 0, now = fc->src.now(fc->src.user), due = frameclock_due(fc, fc->n + 1);
  if (now > due + FRAME_BEHIND_MAX * frameclock_period(fc)) {
    skipped = (now - due) / frameclock_period(fc);
    fc->n += skipped;
    fc->n_skipped += skipped;
    due = frameclock_due(fc, fc->n + 1);
  }
  fc->n++;
  if (due > now) fc->src.sleep_until(fc->src.user, due);
  return skipped;
}
