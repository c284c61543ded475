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

/* A heap's record; zero at first. */
typedef struct PauseLog PauseLog;
typedef struct Pauses {
  PauseSum sums[N_PAUSE_KINDS];
  _Atomic uint32_t wall[N_PAUSE_BUCKETS]; /* all kinds but those at edges of frames */
  _Atomic uint32_t cpu[N_PAUSE_BUCKETS];
  _Atomic(PauseLog *) log;   /* NULL: nobody has asked yet */
} Pauses;

/* The part of a thread. */
typedef struct ThreadPauses {
  uint32_t depth;
  uint32_t wall[N_PAUSE_BUCKETS]; /* written by the thread alone */
} ThreadPauses;

uint64_t pause_cpu_ns(void); /* CPU time of the calling thread */

typedef struct PauseStart { uint64_t wall_ns, cpu_ns; } PauseStart;
/* Around a stretch, by the thread that does it. th NULL (no script thread): nothing is recorded. */
PauseStart pause_begin(RpThread *th);
void pause_end(RpThread *th, PauseKind kind, PauseStart start);
void pause_cancel(RpThread *th); /* nothing was done */

/* The stretches of all kinds but those at edges of frames. */
PauseSum pauses_all(const Pauses *p);
/* Up to max of the stretches logged since *cursor (0 at first), oldest first, and moves it on; *lost counts those that were overwritten
** before anybody read them. The first call starts the log. */
size_t pause_log_read(Pauses *p, uint64_t *cursor, Pause *out, size_t max, uint64_t *lost);
void pauses_free(Pauses *p);

#endif
