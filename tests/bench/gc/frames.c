/* frames.c: a host that runs frames.py by a clock: wakes at absolute times, calls the script, gives the rest of the frame to the context (rp_idle).
** Stretches of frames that make garbage alternate with stretches of the control, which does the same stores into objects that are there already.
** A frame is late when it ends after the next one should have begun; it is measured from the moment at which it should have begun.
**
**   bench_gc_frames SCRIPT OUT [--frames N] [--live MB] [--garbage MB_PER_S] [--hz N] [--survivors N] [--segment FRAMES] [--cycle FRAMES]
**
** N frames of each kind. --cycle: a whole cycle is begun each so many frames, due or not. Added to OUT: a line "F kind intended_ns woke_ns done_ns cpu_ns idle_ns switches" per frame, kind 1: garbage, 0: control;
** the script adds "P start_ns wall_ns cpu_ns kind" per stretch of collector's work, and "C name value" for its counters. */
#include <replicant.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct Frame { int64_t intended, woke, done, cpu, idle; long switches; int kind; } Frame;

static struct Options { long frames, live, garbage, hz, survivors, segment, cycle; } opt = {2400, 256, 100, 240, 64, 480, 0};

static int64_t clock_ns(clockid_t c) {
  struct timespec t;
  clock_gettime(c, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}
static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
static void sleep_until(int64_t ns) {
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)) {}
}
static long involuntary(void) {
  struct rusage u;
  getrusage(RUSAGE_THREAD, &u);
  return u.ru_nivcsw;
}

static void check(RpContext *ctx, bool ok) {
  if (ok) return;
  fputs(rp_error(ctx)->text, stderr);
  exit(1);
}
static RpRef call(RpContext *ctx, const char *name, const int64_t *args, int n) {
  RpRef a[4];
  for (int i = 0; i < n; i++) a[i] = rp_int(ctx, args[i]);
  RpRef r = rp_call(ctx, rp_get(ctx, RP_MAIN, name), a, n);
  check(ctx, r != RP_NULL);
  return r;
}

static bool options(int argc, char **argv) {
  static const struct { const char *name; long *at; } rows[] = {{"--frames", &opt.frames}, {"--live", &opt.live}, {"--garbage", &opt.garbage},
    {"--hz", &opt.hz}, {"--survivors", &opt.survivors}, {"--segment", &opt.segment}, {"--cycle", &opt.cycle}};
  for (int i = 3; i < argc; i += 2) {
    size_t k = 0;
    while (k < sizeof rows / sizeof *rows && strcmp(rows[k].name, argv[i])) k++;
    if (k == sizeof rows / sizeof *rows || i + 1 == argc) return false;
    *rows[k].at = atol(argv[i + 1]);
  }
  return argc >= 3 && opt.frames > 0 && opt.hz > 0 && opt.segment > 0;
}

/* Frames of one kind, by the clock from now on. */
static void segment(RpContext *ctx, Frame *v, long n, int kind, long first) {
  int64_t period = 1000000000 / opt.hz, start = now_ns() + 2 * period;
  const char *name = kind ? "draw" : "control";
  for (long k = 0; k < n; k++) {
    Frame *f = &v[k];
    RpRef mark = rp_mark(ctx);
    f->kind = kind;
    f->intended = start + k * period;
    sleep_until(f->intended);
    f->woke = now_ns();
    long switches = involuntary();
    int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    call(ctx, name, &(int64_t){first + k}, 1);
    f->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    f->done = now_ns();
    f->switches = involuntary() - switches;
    if (kind && opt.cycle && (first + k) % opt.cycle == 0) call(ctx, "begin_cycle", NULL, 0);
    rp_release(ctx, mark, RP_NULL);
    int64_t left = f->intended + period - now_ns();
    if (left > 0) rp_idle(ctx, left);
    f->idle = now_ns() - f->done;
    if (f->intended + period < now_ns()) start = now_ns() - k * period; /* late: the next one begins at once, and is not blamed */
  }
}

/* The running cycle ends before the control begins; the log is written. */
static void settle(RpContext *ctx) {
  RpRef mark = rp_mark(ctx);
  while (rp_to_bool(ctx, call(ctx, "busy", NULL, 0), false)) {
    rp_idle(ctx, 20000000);
    sleep_until(now_ns() + 1000000);
  }
  call(ctx, "note", NULL, 0);
  rp_release(ctx, mark, RP_NULL);
}

int main(int argc, char **argv) {
  if (!options(argc, argv)) {
    fprintf(stderr, "usage: bench_gc_frames SCRIPT OUT [--frames N] [--live MB] [--garbage MB_PER_S] [--hz N] [--survivors N] [--segment FRAMES] [--cycle FRAMES]\n");
    return 2;
  }
  FILE *out = fopen(argv[2], "a");
  Frame *v = calloc((size_t)opt.frames * 2, sizeof *v);
  const char *args[] = {argv[1], argv[2], NULL};
  RpContext *ctx = rp_new(&(RpConfig){.argv = args});
  if (!out || !v || !ctx) return 1;
  memset(v, 1, (size_t)opt.frames * 2 * sizeof *v); /* no page is new when a frame is noted */
  check(ctx, rp_run_file(ctx, argv[1]));
  call(ctx, "setup", (int64_t[]){opt.live << 20, (opt.garbage << 20) / opt.hz, opt.survivors}, 3);
  long n = 0;
  for (long first = 0; first < opt.frames; first += opt.segment) {
    long k = opt.frames - first < opt.segment ? opt.frames - first : opt.segment;
    for (int kind = 1; kind >= 0; kind--) {
      settle(ctx);
      if (kind) call(ctx, "begin", NULL, 0);
      segment(ctx, v + n, k, kind, first);
      if (kind) call(ctx, "end", NULL, 0);
      n += k;
    }
  }
  settle(ctx);
  call(ctx, "finish", NULL, 0);
  for (long i = 0; i < n; i++)
    fprintf(out, "F %d %lld %lld %lld %lld %lld %ld\n", v[i].kind, (long long)v[i].intended, (long long)v[i].woke, (long long)v[i].done, (long long)v[i].cpu,
            (long long)v[i].idle, v[i].switches);
  rp_free(ctx);
  fclose(out);
  free(v);
  return 0;
}
