/* context.c: making and dropping an interpreter instance, and all that its collector must know of it. */
#include "runtime/context.h"
#include "runtime/channel.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/sched.h"
#include "runtime/signals.h"
#include "runtime/str.h"
#include "runtime/weakref.h"

RtHooks rt_hooks;

#define DEFAULT_RECURSION_LIMIT 1000

static bool init_parts(RpThread *th) {
  RpContext *ctx = th->ctx;
  if (types_context_init(th) < 0 || weakref_context_init(th) < 0) return false;
  ctx->memory_error = exc_new(th, &type_MemoryError, EMPTY);
  return ctx->memory_error != EMPTY && modules_init(th) == 0;
}

static void drop(RpContext *ctx) {
  channels_context_free(ctx);
  import_context_free(ctx);
  types_context_free(ctx);
  if (ctx->main_thread) thread_detach(ctx->main_thread);
  if (ctx->heap) heap_free(ctx->heap);
  weakref_context_free(ctx);
  sched_free(ctx->sched);
  channel_space_release(ctx->opt.channels);
  pthread_mutex_destroy(&ctx->thread_lock);
  free(ctx);
}

RpContext *context_new(const struct ContextOptions *opt) {
  types_init();
  RpContext *ctx = calloc(1, sizeof *ctx);
  if (!ctx) return NULL;
  if (opt) ctx->opt = *opt;
  if (ctx->opt.channels) channel_space_retain(ctx->opt.channels);
  if (ctx->opt.recursion_limit <= 0) ctx->opt.recursion_limit = DEFAULT_RECURSION_LIMIT;
  memcpy(ctx->gc_thresholds, (int[]){700, 10, 10}, sizeof ctx->gc_thresholds);
  ctx->os = ctx->opt.sandbox ? &os_deny : &os_posix;
  pthread_mutex_init(&ctx->thread_lock, NULL);
  if (ctx->opt.stress & STRESS_THREADS) ctx->sched = sched_new(ctx->opt.stress_n);
  ctx->heap = heap_create(ctx, ctx->opt.memory_limit);
  RpThread *th = ctx->heap ? thread_attach(ctx) : NULL;
  if (th && init_parts(th)) return ctx;
  if (th && th->pending != EMPTY && ctx->memory_error != EMPTY) error_print(th, th->pending);
  drop(ctx);
  return NULL;
}

void context_trace(RpContext *ctx, Tracer *tr) {
  const void *refs[] = {ctx->builtins, ctx->sys_modules, ctx->sys_dict, ctx->builtins_module, ctx->sys_module};
  for (size_t i = 0; i < countof(refs); i++) trace_ref(tr, refs[i]);
  trace_value(tr, ctx->interned);
  trace_value(tr, ctx->import_builtin);
  /* Not memory_error: cycle.c, keep_memory_error. */
  trace_value(tr, ctx->gc_callbacks);
  trace_value(tr, ctx->signal_handlers);
  trace_value(tr, ctx->atexit_callbacks);
  trace_value(tr, ctx->queue_empty);
  if (rt_hooks.trace_native) rt_hooks.trace_native(ctx, tr);
}

/* -- The end ---------------------------------------------------------------------------------------------------------------------------- */

static void call_quietly(RpThread *th, const char *module, const char *function) {
  Str *name = str_from_c(th, module), *fn = str_from_c(th, function);
  Value m = name && fn ? dict_get_str(th->ctx->sys_modules, name) : EMPTY;
  if (m != EMPTY) {
    Value r = op_call_method(th, m, fn, NULL, 0);
    if (r == EMPTY && th->pending != EMPTY) error_unraisable(th, m);
  }
  error_clear(th);
}

/* Objects that live to the end get their __del__ now, with all modules still whole: garbage first, then what the names of __main__ hold, in the
** order in which they were bound, then all others. */
static void finalize_world(RpThread *th) {
  RpContext *ctx = th->ctx;
  if (!heap_has_finalizers(ctx)) return;
  heap_collect(th);
  heap_finalize_due(th);
  Value main_ = dict_get_str(ctx->sys_modules, S(__main__)), key, v;
  uint32_t pos = 0;
  if (has_kind(main_, K_MODULE))
    while (dict_next(((Module *)as_object(main_))->dict, &pos, &key, &v))
      if (is_object(v) && type_of(v)->slots.finalize_py) heap_finalize_object(th, as_object(v));
  heap_finalize_all(th);
  error_clear(th);
}

/* What finalizers and exit functions have printed. */
static void flush_stream(RpThread *th, Str *name) {
  Value f = th->ctx->sys_dict ? dict_get_str(th->ctx->sys_dict, name) : EMPTY;
  if (is_object(f)) op_call_method(th, f, S(flush), NULL, 0);
  error_clear(th);
}

void context_finish(RpContext *ctx) {
  RpThread *th = thread_current();
  if (ctx->finished) return;
  ctx->finished = true;
  RP_ASSERT(th && th->ctx == ctx);
  error_clear(th);
  atomic_fetch_and(&th->poll, ~(uint32_t)(POLL_STOP | POLL_SIGNAL));
  call_quietly(th, "threading", "_shutdown");
  call_quietly(th, "atexit", "_run_exitfuncs");
  finalize_world(th);
  flush_stream(th, S(stdout));
  flush_stream(th, S(stderr));
  signals_release(ctx);
}

void context_free(RpContext *ctx) {
  RpThread *th = thread_current();
  context_finish(ctx);
  ctx->main_thread = th;
  if (thread_stop_others(th)) {
    thread_enter_safe(th);
    heap_retire(ctx); /* the collector's threads look at what goes now without a lock */
    if (rt_hooks.context_closing) rt_hooks.context_closing(ctx); /* nobody runs its native code any more */
    thread_leave_safe(th);
    drop(ctx);
  }
  else thread_detach(th); /* a thread is stuck in foreign code: what it may still touch stays */
}
