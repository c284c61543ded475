/* native.c: the native tier's life outside the compiler: requests from hot code, the compile thread, the plugin with LLVM inside, publishing, statistics.
**
** One compile thread per process, started with the first hot code; it opens the plugin then, so a program that never gets hot pays nothing. A request
** carries what the hot frame's registers held. The thread attaches to the request's context as a service thread while it reads the heap: a millisecond, at
** normal priority, since the collector and a closing context wait for it. Then LLVM works, detached, for contexts that owe frames on a second thread at idle
** priority: nobody ever waits for that one. A context that goes meanwhile abandons the job. Publishing is one store of an entry pointer; replaced code
** stays as long as its code object, since it may be running. What a unit refers to is traced through that object (trace_code), and for its first cycles as a root: the object may have
** been looked at already. When the object has died nobody runs its units: frames name it, open or not yet (hold_code, nat_build.c). The compile thread takes them away.
** Lock order: tier.lock is a leaf and is never held over a poll, an allocation on a Python heap, or a compilation. */
#include "script/native.h"
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>
#include "compiler/native/plugin.h"
#include "runtime/func.h"
#include "runtime/hooks.h"
#include "runtime/native_rt.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "script/plugin.h"

/* When code is hot. A function that is called from loops should be compiled after them, since it will be part of their code; and one that is called often,
** with short loops inside, at its entry, which covers the loops. */
#define HOT_ITERATIONS 2048
#define HOT_CALLS 8192
#define SHORT_LOOP 4096       /* iterations per call */
#define LONG_ACTIVATION 32    /* looks at a loop of a function whose entry is compiled already */
#define MAX_TRIES 6           /* versions of one entry point before it stays as it is */
#define MAX_COMPILED_INSTRS 3000
#define QUICK_INSTRS 60

typedef enum EntryState { ENTRY_NONE, ENTRY_QUEUED, ENTRY_READY, ENTRY_REFUSED } EntryState;

/* One place where native code can be entered: index 0 the function's start, 1 + k loop k. */
typedef struct EntryPoint {
  EntryState state;
  uint8_t tries;
  uint8_t looks;              /* loops: while the function has code for its entry */
  uint32_t n_types;
  RegState *types;            /* what registers held at every request so far: disagreements are BOXED */
} EntryPoint;

typedef struct Unit Unit;

/* Per code object, from its first request on. Freed some time after it, at the latest with the context. A job's is alive. */
typedef struct CodeInfo {
  struct CodeInfo *next;
  RpContext *ctx;
  Code *code;                 /* NULL once the code object is dead */
  Unit *units;                /* linked machine code for it, newest first. Published with one store: traced without the lock */
  NativeCode pub;
  bool entry_wanted;          /* at the next call */
  bool resumed;               /* a generator or coroutine */
  uint32_t n_entries;
  EntryPoint entries[];
} CodeInfo;

struct Unit {                 /* linked machine code */
  Unit *next;                 /* of the same code object */
  Unit *next_fresh;
  CodeInfo *info;
  uint32_t cycle;             /* of the collector, when it was published */
  void *engine, *handle;
  NativeTables tables;
  NativeTyped typed;
};

typedef struct Job {
  struct Job *next;
  RpContext *ctx;
  CodeInfo *info;
  Function *func;
  uint32_t entry, pc;
  uint32_t n_regs;
  RegState *types;
  bool done, taken;
  bool generating;            /* LLVM has it: nothing of the context is touched any more */
  bool abandoned;             /* the context is gone: drop the result */
  void *built;
  NatResult r;                /* r.tables: traced from here until they are a unit's */
  int64_t asked_ns;
} Job;

static struct Tier {
  pthread_mutex_t lock;
  pthread_cond_t work, finished;
  bool started, refused;      /* refused: no plugin, no engine: said once */
  bool opening, exiting;
  pthread_t thread;
  const NatPlugin *plugin;
  void *engine;
  Job *queue, **tail;
  Job *running;               /* at the compile thread */
  /* The second thread, for code generation in the background. */
  bool background_started;
  pthread_cond_t more;
  Job *later, **later_tail;
  Job *later_running;
  CodeInfo *infos;
  Unit *fresh;                /* units that are roots */
  uint32_t n_dead;            /* of infos; at least */
  bool burying;
  NativeStats stats;
} tier = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* -- What the hot frame holds ------------------------------------------------- */

static RegState observe(Value v) {
  if (is_int(v)) return (RegState){.rep = REP_INT};
  if (is_double(v)) return (RegState){.rep = REP_FLOAT};
  RegState boxed = {.rep = REP_BOXED};
  if (!is_object(v)) return boxed;
  uint32_t id = obj_shape_id(as_object(v));
  const Shape *s = rp_shapes[id];
  bool instance = as_object(v)->kind == K_INSTANCE && !(s->flags & SHAPE_DICT) && (s->type->flags & TYPE_HEAP);
  if (instance || id == SHAPE_complex) boxed.shape = id;
  return boxed;
}

static RegState agree(RegState a, RegState b) {
  if (a.rep == b.rep && a.shape == b.shape) return a;
  return (RegState){.rep = REP_BOXED};
}

/* Merges the frame's registers into the entry point's record and returns a copy for the request. */
static RegState *snapshot(EntryPoint *ep, const Frame *f, uint32_t n) {
  bool first = ep->types == NULL;
  if (first && !(ep->types = calloc(n, sizeof(RegState)))) return NULL;
  ep->n_types = n;
  for (uint32_t r = 0; r < n; r++) {
    RegState now = observe(f->regs[r]);
    ep->types[r] = first ? now : agree(ep->types[r], now);
  }
  RegState *copy = malloc((n ? n : 1) * sizeof(RegState));
  if (copy) memcpy(copy, ep->types, n * sizeof(RegState));
  return copy;
}

/* -- The compile thread ----------------------------------------------------------- */

static const NatPlugin *open_plugin(void) {
  char err[512];
  const NatPlugin *p = plugin_open(NAT_PLUGIN_LIBRARY, "REPLICANT_NATIVE", NAT_PLUGIN_SYMBOL, err, sizeof err);
  if (!p) fprintf(stderr, "replicant: no native code in this run, everything is interpreted: %s\n", err);
  return p;
}

static void set_entry(CodeInfo *info, uint32_t e, NativeEntry entry) {
  if (e > 0) {
    atomic_store_explicit(&info->pub.loops[e - 1], entry, memory_order_release);
  } else if (!info->resumed) {
    atomic_store_explicit(&info->pub.entry, entry, memory_order_release);
  } else {
    for (uint32_t k = 0; k < info->pub.n_loops; k++) atomic_store_explicit(&info->pub.loops[k], entry, memory_order_release);
    atomic_store_explicit(&info->pub.resume, entry, memory_order_release);
  }
}

static void publish(CodeInfo *info, const Job *j, const NatResult *r, void *engine) {
  EntryPoint *ep = &info->entries[j->entry];
  if (r->entry) {
    Unit *u = calloc(1, sizeof *u);
    *u = (Unit){.next = info->units, .next_fresh = tier.fresh, .info = info, .cycle = heap_cycle(info->ctx), .engine = engine, .handle = r->unit, .tables = r->tables};
    tier.fresh = u;
    store_release(&info->units, u);
    if (r->direct && info->code) {
      u->typed = (NativeTyped){r->signature, r->typed};
      atomic_store_explicit(&info->code->typed, r->typed ? &u->typed : NULL, memory_order_release);
      atomic_store_explicit(&info->code->direct, r->entry, memory_order_release);
      set_entry(info, 0, native_enter_direct);
    } else set_entry(info, j->entry, (NativeEntry)r->entry);
    ep->state = ENTRY_READY;
    if (info->code) atomic_store_explicit(&info->code->native, &info->pub, memory_order_release);
  } else {
    ep->state = ENTRY_REFUSED;
  }
  tier.stats.compiled += r->entry != NULL;
  tier.stats.refused += r->entry == NULL;
  tier.stats.build_ns += r->build_ns;
  tier.stats.llvm_ns += r->llvm_ns;
  int64_t wait = now_ns() - j->asked_ns;
  if (wait > tier.stats.worst_ns) tier.stats.worst_ns = wait;
}

/* -- The end of code ------------------------------------------------------------ */

static void units_free(Unit *u) {
  for (Unit *next; u; u = next) {
    next = u->next;
    tier.plugin->remove(u->engine, u->handle);
    native_tables_free(&u->tables);
    free(u);
  }
}
/* Those in the list, which nobody knows any more. Takes some time; no lock is needed. */
static void infos_free(CodeInfo *i) {
  for (CodeInfo *next; i; i = next) {
    next = i->next;
    units_free(i->units);
    for (uint32_t e = 0; e < i->n_entries; e++) free(i->entries[e].types);
    free(i->pub.loops);
    free(i);
  }
}
/* Takes those of a context out, or (NULL) those whose code object is dead. With tier.lock. */
static CodeInfo *infos_take(const RpContext *ctx) {
  CodeInfo *taken = NULL;
  for (CodeInfo **p = &tier.infos; *p;) {
    CodeInfo *i = *p;
    if (ctx ? i->ctx != ctx : i->code != NULL) {
      p = &i->next;
      continue;
    }
    *p = i->next;
    i->next = taken;
    taken = i;
  }
  return taken;
}
/* With tier.lock, let go meanwhile. No unit of a dead code object is fresh: while it was, it kept the object. */
static void bury(void) {
  if (!tier.n_dead) return;
  tier.n_dead = 0;
  tier.burying = true;
  CodeInfo *dead = infos_take(NULL);
  for (const CodeInfo *i = dead; i; i = i->next)
    for (const Unit *u = i->units; u; u = u->next) tier.stats.removed++;
  pthread_mutex_unlock(&tier.lock);
  infos_free(dead);
  pthread_mutex_lock(&tier.lock);
  tier.burying = false;
  pthread_cond_broadcast(&tier.finished);
}

/* -- The threads ---------------------------------------------------------------- */

static void report(const RpContext *ctx, const Job *j, const NatResult *r) {
  if (!(ctx->opt.trace & TRACE_COMPILE)) return;
  const Code *co = j->info->code;
  if (r->entry)
    fprintf(stderr, "compile: %.120s %s%u: %u operations, %u blocks, %.2f ms build + %.2f ms llvm, ready after %.2f ms\n", co->qualname->c,
            j->entry ? "loop " : "entry ", j->entry ? j->entry - 1 : 0, r->n_instrs, r->n_versions, r->build_ns / 1e6, r->llvm_ns / 1e6,
            (now_ns() - j->asked_ns) / 1e6);
  else fprintf(stderr, "compile: %.120s: refused: %s\n", co->qualname->c, r->why);
}

static pthread_attr_t big_stack(void) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 16 << 20); /* LLVM recurses */
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  return attr;
}

/* With tier.lock. */
static void job_done(Job *j) {
  j->done = true;
  if (!j->taken) {
    free(j->types);
    free(j);
  }
  pthread_cond_broadcast(&tier.finished);
}

static void build_job(Job *j, void *stack_base) {
  NatResult r = {.why = "the context does not let the compiler in"};
  void *built = NULL;
  RpThread *th = thread_attach_service(j->ctx, stack_base);
  if (th) {
    NatRequest req = {.code = j->info->code, .pc = j->pc, .loop = j->entry > 0, .func = j->func, .n_regs = j->n_regs, .types = j->types};
    /* --tier=native compiles everything once, cold: large code quickly. */
    bool quick = j->ctx->opt.tier == 2 && j->info->code->n_instrs > QUICK_INSTRS;
    built = tier.plugin->build(th, &req, j->ctx->opt.native_dump | (quick ? NAT_QUICK : 0), &r);
  }
  pthread_mutex_lock(&tier.lock);
  j->r = r;
  j->built = built;
  pthread_mutex_unlock(&tier.lock);
  if (th) thread_detach(th);
}

/* LLVM's part, and the end of the job. Without tier.lock; returns with it. */
static void generate(Job *j, void *engine, Job **running) {
  if (j->built) tier.plugin->finish(engine, j->built, &j->r);
  pthread_mutex_lock(&tier.lock);
  *running = NULL;
  if (j->abandoned) {
    if (j->r.unit) tier.plugin->remove(engine, j->r.unit);
  } else {
    report(j->ctx, j, &j->r);
    publish(j->info, j, &j->r, engine);
  }
  if (j->abandoned || !j->r.entry) native_tables_free(&j->r.tables);
  job_done(j);
}

/* For contexts that owe frames: at normal priority one compiler breaks 60 Hz on a small machine. The priority cannot be raised again without privileges,
** so this thread never does anything that somebody waits for. */
static void *background_main(void *unused) {
  struct sched_param p = {0};
  pthread_setname_np(pthread_self(), "rp-codegen");
  sched_setscheduler(0, SCHED_IDLE, &p);
  void *engine = tier.plugin->start();
  pthread_mutex_lock(&tier.lock);
  for (;;) {
    while (!tier.later || tier.exiting) pthread_cond_wait(&tier.more, &tier.lock);
    Job *j = tier.later_running = tier.later;
    if (!(tier.later = j->next)) tier.later_tail = &tier.later;
    pthread_mutex_unlock(&tier.lock);
    if (!engine) {
      tier.plugin->drop(j->built);
      j->built = NULL;
      j->r.why = "no second code generator";
    }
    generate(j, engine, &tier.later_running);
  }
  return NULL;
}

/* With tier.lock. false: there is no second thread. */
static bool hand_over(Job *j) {
  if (!tier.background_started) {
    tier.later_tail = &tier.later;
    pthread_attr_t attr = big_stack();
    pthread_t t;
    tier.background_started = pthread_create(&t, &attr, background_main, NULL) == 0;
    pthread_attr_destroy(&attr);
    if (!tier.background_started) return false;
  }
  j->next = NULL;
  *tier.later_tail = j;
  tier.later_tail = &j->next;
  pthread_cond_signal(&tier.more);
  return true;
}

#define LONG_WAIT_NS 5000000

/* It does not run any more in the interpreter: its callers have become native with it inside, or it is over. Only a look at two moments can tell, so a
** job that has waited long waits a millisecond more. Hot again, it asks again. With tier.lock, let go meanwhile; the job is tier.running. */
static bool out_of_date(const Job *j) {
  const Code *co = j->info->code;
  if (!co) return true;
  if (j->taken || now_ns() - j->asked_ns < LONG_WAIT_NS) return false;
  uint32_t calls = atomic_load(&co->calls), iterations = atomic_load(&co->hot);
  pthread_mutex_unlock(&tier.lock);
  usleep(1000);
  pthread_mutex_lock(&tier.lock);
  if (j->abandoned || !(co = j->info->code)) return true;
  return !j->taken && atomic_load(&co->calls) - calls < 16 && atomic_load(&co->hot) - iterations < 16;
}

static void *compile_main(void *unused) {
  char base;
  pthread_setname_np(pthread_self(), "rp-compile");
  tier.plugin = open_plugin();
  tier.engine = tier.plugin ? tier.plugin->start() : NULL;
  pthread_mutex_lock(&tier.lock);
  tier.opening = false;
  pthread_cond_broadcast(&tier.finished);
  for (;;) {
    if (!tier.engine) {
      tier.refused = true;
      for (Job *j; (j = tier.queue);) {
        tier.queue = j->next;
        j->info->entries[j->entry].state = ENTRY_REFUSED;
        job_done(j);
      }
      tier.tail = &tier.queue;
      pthread_cond_broadcast(&tier.finished);
    }
    while ((!tier.queue && !tier.n_dead) || tier.exiting) pthread_cond_wait(&tier.work, &tier.lock);
    if (!tier.queue) bury(); /* code that is wanted goes first */
    if (!tier.engine || !tier.queue) continue;
    Job *j = tier.running = tier.queue;
    if (!(tier.queue = j->next)) tier.tail = &tier.queue;
    if (out_of_date(j)) {
      tier.running = NULL;
      j->info->entries[j->entry].state = ENTRY_NONE;
      j->info->entries[j->entry].tries--;
      free(j->types);
      free(j);
      pthread_cond_broadcast(&tier.finished);
      continue;
    }
    pthread_mutex_unlock(&tier.lock);
    build_job(j, &base);
    pthread_mutex_lock(&tier.lock);
    j->generating = true;
    if (j->built && !j->taken && j->ctx->opt.background_compile && hand_over(j)) {
      tier.running = NULL;
      pthread_cond_broadcast(&tier.finished);
      continue;
    }
    pthread_cond_broadcast(&tier.finished);
    pthread_mutex_unlock(&tier.lock);
    generate(j, tier.engine, &tier.running);
  }
  return NULL;
}

/* A host calls exit() while the compiler works: LLVM's static objects may be about to go, then let the compiler come to rest first. */
static void rest_at_exit(void) {
  pthread_mutex_lock(&tier.lock);
  tier.exiting = true;
  bool survives = tier.plugin && tier.plugin->survives_exit;
  while (tier.opening || (tier.burying && !survives) || (tier.running && !(survives && tier.running->generating)) || (tier.later_running && !survives))
    pthread_cond_wait(&tier.finished, &tier.lock);
  pthread_mutex_unlock(&tier.lock);
}

static bool start_thread(void) {
  if (tier.started) return !tier.refused;
  tier.started = tier.opening = true;
  atexit(rest_at_exit);
  tier.tail = &tier.queue;
  pthread_attr_t attr = big_stack();
  tier.refused = pthread_create(&tier.thread, &attr, compile_main, NULL) != 0;
  if (tier.refused) tier.opening = false;
  pthread_attr_destroy(&attr);
  return !tier.refused;
}

/* -- Hooks ------------------------------------------------------------------------------ */

static CodeInfo *info_of(RpContext *ctx, Code *co) {
  CodeInfo *info = co->native_info;
  if (info) return info;
  uint32_t n = 1 + co->n_loops;
  info = calloc(1, sizeof *info + n * sizeof(EntryPoint));
  if (!info) return NULL;
  info->pub.n_loops = co->n_loops;
  info->pub.loops = calloc(co->n_loops ? co->n_loops : 1, sizeof *info->pub.loops);
  info->ctx = ctx;
  info->code = co;
  info->resumed = co->flags & CO_RESUMED;
  info->n_entries = n;
  info->next = tier.infos;
  tier.infos = info;
  store_release(&co->native_info, info);
  return info;
}

static bool worth_compiling(const Code *co) { return co->n_instrs <= MAX_COMPILED_INSTRS; }

/* Is it worth compiling now? With tier.lock. */
static bool hot_enough(CodeInfo *info, Code *co, uint32_t entry) {
  uint32_t calls = atomic_load_explicit(&co->calls, memory_order_relaxed), iterations = atomic_load_explicit(&co->hot, memory_order_relaxed);
  if (info->resumed) return iterations >= HOT_ITERATIONS; /* resumes count as such */
  if (entry == 0) return info->entry_wanted || calls >= HOT_CALLS;
  if (iterations < HOT_ITERATIONS) return false;
  bool short_ = (calls >= 4 && iterations / calls < SHORT_LOOP) || (co->flags & CO_KERNEL);
  if (info->entries[0].state == ENTRY_NONE && short_ && info->entries[0].tries < MAX_TRIES) {
    info->entry_wanted = true;
    atomic_store_explicit(&co->calls, calls | 511, memory_order_relaxed); /* asks at the next call */
    return false;
  }
  bool covered = info->entries[0].state == ENTRY_QUEUED || info->entries[0].state == ENTRY_READY;
  return !covered || (!(co->flags & CO_KERNEL) && ++info->entries[entry].looks >= LONG_ACTIVATION);
}

static void on_code_hot(RpThread *th, Code *co, uint32_t pc) {
  RpContext *ctx = th->ctx;
  if (ctx->opt.tier == 1 || !worth_compiling(co) || th->frame->code != co || !th->frame->regs) return;
  bool resumed = co->flags & CO_RESUMED, loop = !resumed && co->instrs[pc].op == RIR_LOOP_HEAD;
  if (resumed) pc = 0; /* one unit for every way in */
  if (!loop && pc != 0) return;
  uint32_t entry = loop ? 1 + (uint32_t)co->instrs[pc].e : 0;
  Job *j = NULL;
  pthread_mutex_lock(&tier.lock);
  CodeInfo *info = tier.refused ? NULL : info_of(ctx, co);
  if (!info || entry >= info->n_entries || info->entries[entry].state != ENTRY_NONE || info->entries[entry].tries >= MAX_TRIES) goto out;
  if (ctx->opt.tier == 0 && !hot_enough(info, co, entry)) goto out;
  if (!start_thread() || !(j = calloc(1, sizeof *j))) goto out;
  EntryPoint *ep = &info->entries[entry];
  uint32_t n = loop ? co->n_regs : resumed ? 0 : co->n_params;
  *j = (Job){.ctx = ctx, .info = info, .func = th->frame->func, .entry = entry, .pc = pc, .n_regs = n, .asked_ns = now_ns()};
  j->types = snapshot(ep, th->frame, n);
  ep->state = ENTRY_QUEUED;
  ep->tries++;
  ep->looks = 0;
  if (!loop) info->entry_wanted = false;
  j->taken = ctx->opt.tier == 2; /* compile at first call: wait for it */
  *tier.tail = j;
  tier.tail = &j->next;
  pthread_cond_signal(&tier.work);
out:
  pthread_mutex_unlock(&tier.lock);
  if (!j || ctx->opt.tier != 2) return;
  thread_enter_safe(th);
  pthread_mutex_lock(&tier.lock);
  while (!j->done) pthread_cond_wait(&tier.finished, &tier.lock);
  pthread_mutex_unlock(&tier.lock);
  thread_leave_safe(th);
  free(j->types);
  free(j);
}

/* What was assumed does not hold: run in the interpreter again, learn, and compile anew when hot again. */
static void on_code_exits(RpThread *th, Code *co, uint32_t pc) {
  pthread_mutex_lock(&tier.lock);
  CodeInfo *info = co->native_info;
  for (uint32_t e = 0; info && e < info->n_entries; e++) {
    EntryPoint *ep = &info->entries[e];
    if (ep->state != ENTRY_READY || ep->tries >= MAX_TRIES) continue;
    ep->state = ENTRY_NONE;
    if (e == 0) {
      atomic_store(&co->direct, NULL);
      atomic_store(&co->typed, NULL);
    }
    set_entry(info, e, NULL);
    tier.stats.recompiled++;
  }
  pthread_mutex_unlock(&tier.lock);
}

static void on_code_free(RpContext *ctx, Code *co) {
  if (!load_relaxed(&co->native_info)) return;
  pthread_mutex_lock(&tier.lock);
  CodeInfo *info = co->native_info; /* NULL: the context goes */
  if (info) {
    info->code = NULL;
    store_relaxed(&co->native_info, NULL);
    tier.n_dead++;
    pthread_cond_signal(&tier.work);
  }
  pthread_mutex_unlock(&tier.lock);
}

static void trace_unit(Tracer *tr, const Unit *u) { trace_values(tr, u->tables.consts, u->tables.n_consts); }
static void on_trace_code(Tracer *tr, const Code *co) {
  const CodeInfo *info = load_acquire(&co->native_info);
  for (const Unit *u = info ? load_acquire(&info->units) : NULL; u; u = u->next) trace_unit(tr, u);
}

static void trace_job(Tracer *tr, const Job *j, RpContext *ctx) {
  if (!j || j->abandoned || j->ctx != ctx) return;
  trace_ref(tr, j->info->code);
  trace_ref(tr, j->func);
  for (uint32_t r = 0; j->types && r < j->n_regs; r++)
    if (j->types[r].shape >= N_BUILTIN_SHAPES) trace_ref(tr, rp_shapes[j->types[r].shape]);
  trace_values(tr, j->r.tables.consts, j->r.tables.n_consts);
}

/* What was published in this cycle or in the one before: later the code object was white when a cycle began, and its units were there. */
static void trace_fresh(Tracer *tr, RpContext *ctx) {
  uint32_t cycle = heap_cycle(ctx);
  for (Unit **p = &tier.fresh, *u; (u = *p);) {
    bool own = u->info->ctx == ctx;
    if (own && cycle - u->cycle > 1 && !trace_reports(tr)) {
      *p = u->next_fresh;
      continue;
    }
    if (own) {
      trace_ref(tr, u->info->code);
      trace_unit(tr, u);
    }
    p = &u->next_fresh;
  }
}

static void on_trace(RpContext *ctx, Tracer *tr) {
  pthread_mutex_lock(&tier.lock);
  trace_job(tr, tier.running, ctx);
  trace_job(tr, tier.later_running, ctx);
  for (Job *j = tier.queue; j; j = j->next) trace_job(tr, j, ctx);
  for (Job *j = tier.later; j; j = j->next) trace_job(tr, j, ctx);
  trace_fresh(tr, ctx);
  pthread_mutex_unlock(&tier.lock);
}

static void drop_jobs(Job **queue, Job ***tail, RpContext *ctx) {
  for (Job **p = queue; *p;) {
    Job *j = *p;
    if (j->ctx != ctx) {
      p = &j->next;
      continue;
    }
    *p = j->next;
    if (j->built) tier.plugin->drop(j->built);
    native_tables_free(&j->r.tables);
    free(j->types);
    free(j);
  }
  *tail = queue;
  while (**tail) *tail = &(**tail)->next;
}

static void on_context_closing(RpContext *ctx) {
  pthread_mutex_lock(&tier.lock);
  drop_jobs(&tier.queue, &tier.tail, ctx);
  drop_jobs(&tier.later, &tier.later_tail, ctx);
  while (tier.running && tier.running->ctx == ctx && !tier.running->generating) pthread_cond_wait(&tier.finished, &tier.lock);
  drop_jobs(&tier.later, &tier.later_tail, ctx); /* what has been handed over meanwhile */
  if (tier.running && tier.running->ctx == ctx) tier.running->abandoned = true;
  if (tier.later_running && tier.later_running->ctx == ctx) tier.later_running->abandoned = true;
  for (Unit **p = &tier.fresh; *p;) {
    if ((*p)->info->ctx == ctx) *p = (*p)->next_fresh;
    else p = &(*p)->next_fresh;
  }
  CodeInfo *infos = infos_take(ctx);
  for (CodeInfo *i = infos; i; i = i->next) {
    if (!i->code) continue;
    atomic_store(&i->code->native, NULL);
    atomic_store(&i->code->direct, NULL);
    atomic_store(&i->code->typed, NULL);
    store_release(&i->code->native_info, NULL);
  }
  pthread_mutex_unlock(&tier.lock);
  infos_free(infos);
}

void native_stats(NativeStats *out) {
  pthread_mutex_lock(&tier.lock);
  *out = tier.stats;
  pthread_mutex_unlock(&tier.lock);
}

void native_install_hooks(void) {
  rt_hooks.code_hot = on_code_hot;
  rt_hooks.code_exits = on_code_exits;
  rt_hooks.code_free = on_code_free;
  rt_hooks.context_closing = on_context_closing;
  rt_hooks.trace_native = on_trace;
  rt_hooks.trace_code = on_trace_code;
}
