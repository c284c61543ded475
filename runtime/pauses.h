/* pauses.h: the record of what the collector does on script threads: counters and histograms always, a log of single stretches when somebody
** reads it (pause_log_read). Both clocks are noted: wall time, in which a thread may have lost the processor to other programs, and the
** thread's CPU time, which knows nothing of waiting.
** Stretches do not nest: of one inside another only the outer counts. Everything here is lock-free; any thread may read. */
#ifndef RP_PAUSES_H
#define RP_PAUSES_H

#include "runtime/base.h"

typedef struct RpThread RpThread;

typedef enum PauseKind {
#define PAUSE(name, text) PAUSE_##name,
#include "runtime/pauses.def"
#undef PAUSE
  N_PAUSE_KINDS
} PauseKind;
extern const char *const pause_kind_names[N_PAUSE_KINDS];

/* Four buckets per octave of nanoseconds, from 256 on. */
#define N_PAUSE_BUCKETS 96
uint64_t pause_bound_ns(int bucket); /* what lies in it is shorter */

typedef struct PauseSum { uint64_t n, wall_ns, cpu_ns, worst_wall_ns, worst_cpu_ns; } PauseSum;

/* One stretch of the log. */
typedef struct Pause {
  uint64_t start_ns;         /* CLOCK_MONOTONIC */
  uint64_t wall_ns, cpu_ns;
  uint64_t thread;           /* RpThread.id */
  uint64_t kind;             /* PauseKind */
} Pause;

/* What some of a heap's threads count. */
typedef struct PauseTally {
  PauseSum sums[N_PAUSE_KINDS];
  _Atomic uint32_t wall[N_PAUSE_BUCKETS]; /* all kinds but those at edges of frames */
  _Atomic uint32_t cpu[N_PAUSE_BUCKETS];
} PauseTally;

/* A heap's record; zero at first. Threads take the tallies by turns: in a stop all record at once, and a line that several write travels between their cores. */
#define N_PAUSE_TALLIES 4
typedef struct PauseLog PauseLog;
typedef struct Pauses {
  _Atomic(PauseTally *) tallies[N_PAUSE_TALLIES];
  _Atomic uint32_t n_joined;
  _Atomic(PauseLog *) log;   /* NULL: nobody has asked yet */
} Pauses;

/* The part of a thread. */
typedef struct ThreadPauses {
  PauseTally *tally;         /* NULL: no memory for one, what it does is not counted */
  uint32_t depth;
  uint64_t looked_wall_ns, looked_cpu_ns; /* both clocks when a brief stretch last looked at them */
  uint32_t wall[N_PAUSE_BUCKETS]; /* written by the thread alone */
} ThreadPauses;

uint64_t pause_cpu_ns(void); /* CPU time of the calling thread */

typedef struct PauseStart {
  uint64_t wall_ns;
  uint64_t cpu_ns;           /* 0: nobody looked at that clock */
} PauseStart;
/* Around a stretch, by the thread that does it. th NULL (no script thread): nothing is recorded. */
PauseStart pause_begin(RpThread *th);
/* For those that come by the thousand and take a few microseconds: a look at the thread's CPU clock is a call of the kernel, which takes one (measured). As CPU time counts the wall time; of stretches
** of 50 us and more without what the thread was off its processor in them, or in the millisecond before. */
PauseStart pause_begin_brief(RpThread *th);
void pause_end(RpThread *th, PauseKind kind, PauseStart start);
void pause_cancel(RpThread *th); /* nothing was done */

/* Once, before the thread's first stretch. */
void pauses_join(Pauses *p, ThreadPauses *t);

/* The stretches of a kind; of all kinds but those at edges of frames; of these, how many lie in a bucket, by one clock or the other. */
PauseSum pauses_sum(const Pauses *p, PauseKind kind);
PauseSum pauses_all(const Pauses *p);
uint32_t pauses_in_bucket(const Pauses *p, int bucket, bool cpu);
/* Up to max of the stretches logged since *cursor (0 at first), oldest first, and moves it on; *lost counts those that were overwritten
** before anybody read them. The first call starts the log. */
size_t pause_log_read(Pauses *p, uint64_t *cursor, Pause *out, size_t max, uint64_t *lost);
void pauses_free(Pauses *p);

#endif
