/* context.h: one interpreter instance: heap, modules, threads, limits, OS interfaces. Nothing in it is reachable from another context. */
#ifndef RP_CONTEXT_H
#define RP_CONTEXT_H
#include "runtime/thread.h"
#include "runtime/hooks.h"
#include "runtime/module.h"

struct RpContext {
  Heap *heap;
  RpThread *threads;        /* list, under thread_lock */
  pthread_mutex_t thread_lock;
  RpThread *main_thread;    /* signals' handlers run there: the first to attach, or the next after that one has gone; NULL: none just now */
  _Atomic uint32_t n_threads;
  _Atomic uint32_t n_transit; /* threads that start or end just now: not (or no longer) among `threads`, but they touch the context */
  _Atomic bool stopping;
  Dict *builtins, *sys_modules, *sys_dict;
  Module *builtins_module, *sys_module;
  Value interned;             /* intern table: owned by str.c. What is in it lives as long as the context */
  void *str_state;            /* str.c */
  void *type_state;           /* type.c: method cache, subclasses of builtin types, locks */
  void *weak_state;           /* weakref.c */
  void *import_state;
  Value import_builtin;       /* the unreplaced builtins.__import__ */
  const struct OsTable *os;   /* every way to the operating system: os.h */
  void *os_data;
  Value memory_error;         /* pre-made */
  int argc; char **argv;      /* for sys.argv */
  struct ContextOptions {
    int tier;                 /* 0 auto, 1 interp, 2 native */
    size_t memory_limit;      /* bytes, 0: none */
    int recursion_limit;
    uint32_t stress;          /* STRESS_* */
    uint32_t stress_n;        /* gc: collect at every Nth slow-path allocation; alloc-fail: fail the Nth */
    uint32_t stress_deopt_n;  /* deopt: about one guard in N fails; N is the seed as well */
    uint32_t trace;           /* TRACE_* */
    bool background_compile;  /* this context owes frames: the compile thread gets only idle processor time */
    int workers;              /* threads of parallel_for outside of a show, the calling one included; 0: one per core */
    uint32_t native_dump;     /* NAT_DUMP_* */
    bool stats, no_site, isolated, sandbox;
    struct ChannelSpace *channels; /* names of channels, shared with other contexts; the context retains it. NULL: its own */
  } opt;
  struct ChannelUses *channels; /* channel.c */
  void *native_state;         /* script/: code registry of the native tier */
  int int_max_str_digits;     /* sys.set_int_max_str_digits: 0 the default, -1 no limit; relaxed (int_text.c) */
  size_t thread_stack_size;   /* of new threads; 0: the system's default */
  Value signal_handlers;      /* of the owner of the signals: List by number, or EMPTY (mod__signal.c) */
  struct Sched *sched;        /* --stress=threads: threads run one at a time; else NULL (sched.h) */
  Value gc_callbacks;         /* gc.callbacks */
  Value atexit_callbacks;     /* mod_atexit.c */
  Value queue_empty;          /* mod__queue.c: the class _queue.Empty, one for all who import the module; EMPTY: not made */
  int gc_thresholds[3], gc_debug; /* kept for scripts that ask */
  int64_t gc_frozen;        /* objects there were at gc.freeze() */
  int64_t gc_asked[2];      /* gc.collect(0), (1); each is whole */
  uint64_t gc_log_cursor;    /* gc.pause_log() has told of the stretches below */
  void *host_data;
  bool finished;              /* context_finish() has run */
};
#define STRESS_GC 1
#define STRESS_DEOPT 2
#define STRESS_THREADS 4        /* stress_n: the seed of the deterministic scheduler */
#define STRESS_ALLOC_FAIL 8
#define STRESS_SCRIBBLE 16
#define STRESS_QUARANTINE 32    /* with SCRIBBLE: freed cells are never used again */
#define STRESS_GC_CONTINUOUS 64 /* a cycle begins whenever none runs */
#define STRESS_GC_STW 128       /* collections are one stop: also GC_STW=1 in the environment */
#define STRESS_GC_VERIFY 256    /* every cycle is checked by a second trace */
#define TRACE_CALLS 1
#define TRACE_GC 2
#define TRACE_COMPILE 4
#define TRACE_DEOPT 8
#define TRACE_FRAMES 16

/* Creates a context with builtins and sys ready; the calling thread becomes its main thread (attached). NULL when out of memory. */
RpContext *context_new(const struct ContextOptions *opt);
/* What Python does at exit: joins threads, runs exit handlers and remaining __del__, flushes the standard streams. Once; on an attached thread. */
void context_finish(RpContext *ctx);
/* Runs atexit-like finalisation, stops the other threads (bounded), returns all memory. Called on an attached thread. */
void context_free(RpContext *ctx);
/* Traces everything a context holds. */
void context_trace(RpContext *ctx, Tracer *tr);
#endif
