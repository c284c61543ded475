/* viz_parallel.c: Python functions on all cores: the job that Image.map and parallel_for share, and parallel_for itself. Design: script.md. */
#include "runtime/dict.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/names.h"
#include "runtime/native_rt.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "script/viz.h"

/* -- Jobs ------------------------------------------------------------------------------------- */

bool viz_job_failed(RpThread *th, VizJob *job, int64_t at) {
  Value exc = error_take(th);
  if (atomic_exchange(&job->has_failed, true)) return false;
  job->fail_at = at;
  job->failure = exc;
  if (is_object(exc)) heap_shade(th, as_object(exc)); /* the job lies on the stack of the caller, who rests: young collections look at that once */
  return false;
}

/* The calling pool thread's own attachment to the context; NULL: no memory. */
static RpThread *worker_thread(Viz *viz, int worker) {
  RpThread *th = viz->workers[worker];
  if (th) {
    thread_unpark(th, __builtin_frame_address(0));
    atomic_fetch_and(&th->poll, ~(uint32_t)POLL_STOP);
    return th;
  }
  th = thread_attach_at(viz->ctx, __builtin_frame_address(0));
  if (!th) return NULL;
  viz->worker_data[worker] = (VizThread){.viz = viz, .in_map = true};
  th->host_data = &viz->worker_data[worker];
  viz->workers[worker] = th;
  atomic_fetch_add(&viz->n_workers, 1);
  return th;
}

static NOINLINE bool run_on_worker(RpThread *th, VizJob *job, int64_t begin, int64_t end) { return job->body(th, job, begin, end); }

static bool run_chunk(void *user, int64_t begin, int64_t end, int worker) {
  VizJob *job = user;
  if (worker == 0) {
    thread_unpark(job->caller, NULL);
    bool ok = job->body(job->caller, job, begin, end);
    thread_park(job->caller, job->sp, job->regs);
    return ok;
  }
  RpThread *th = worker_thread(job->viz, worker);
  if (!th) {
    atomic_store(&job->has_failed, true); /* without an exception: memory */
    return false;
  }
  bool ok = run_on_worker(th, job, begin, end);
  thread_park(th, NULL, NULL);
  return ok;
}

/* While only parked threads stand beside this one nobody else touches objects: it need not lock. */
static void set_multi(Viz *viz, RpThread *th, bool on) {
  if (atomic_load(&th->ctx->n_threads) != 1 + atomic_load(&viz->n_workers)) return;
  th->multi = on;
}

bool viz_job_begin(RpThread *th, VizJob *job, const char *call) {
  Viz *viz = job->viz = viz_of(th);
  job->caller = th;
  if (!viz) return false;
  if (!th->host_data) {
    if (th != th->ctx->main_thread || viz->layer) return raise_runtime(th, "%s is for the layer's own thread", call), false;
    th->host_data = &viz->main;
  }
  if (!viz->layer && !viz->pool && !(viz->pool = pool_new(th->ctx->opt.workers))) return raise_memory(th), false;
  viz_lock_images(th, viz);
  return true;
}
void viz_job_end(VizJob *job) { viz_unlock_images(job->viz); }

NOINLINE bool viz_job_run(RpThread *th, VizJob *job, int64_t n, int64_t grain) {
  Viz *viz = job->viz;
  Pool *pool = viz->layer ? layer_pool(viz->layer) : viz->pool;
  VizThread *vt = th->host_data;
  Painter *paint = vt->paint;
  vt->in_map = true;
  vt->paint = NULL;
  bool alone = !pool || pool_size(pool) == 1;
  if (!alone) set_multi(viz, th, true);
  job->sp = thread_spill_registers(job->regs);
  thread_park(th, job->sp, job->regs);
  bool ok = pool ? pool_for(pool, n, grain, run_chunk, job) : run_chunk(job, 0, n, 0);
  thread_unpark(th, NULL);
  if (!alone) set_multi(viz, th, false);
  vt->in_map = false;
  vt->paint = paint;
  return ok;
}

static void add_note(RpThread *th, Value exc, Value fn, const char *where) {
  Value name = op_getattr_opt(th, fn, S(__name__));
  bool has_name = has_kind(name, K_STR);
  Str *note = str_fmt(th, "in %s%S() %s", has_name ? "" : "the function", has_name ? as_str(name) : str_empty_, where);
  Value arg = note ? value_object(note) : EMPTY;
  if (arg != EMPTY) op_call_method(th, exc, S(add_note), &arg, 1);
  error_clear(th);
}

Value viz_job_raise(RpThread *th, VizJob *job, Value fn, const char *where) {
  Value exc = job->failure;
  if (exc == EMPTY) return raise_memory(th);
  if (!(atomic_load(&th->poll) & POLL_STOP)) add_note(th, exc, fn, where);
  th->pending = exc;
  return EMPTY;
}

void viz_end_workers(Viz *viz) {
  RpThread *self = thread_current();
  for (int i = 0; i < VIZ_WORKERS_MAX; i++) {
    if (!viz->workers[i]) continue;
    if (self) thread_park(self, NULL, NULL); /* nothing runs above: only script/'s own frames */
    thread_unpark(viz->workers[i], __builtin_frame_address(0));
    thread_detach(viz->workers[i]);
    viz->workers[i] = NULL;
    if (self) thread_unpark(self, NULL);
  }
  atomic_store(&viz->n_workers, 0);
}

/* -- parallel_for -------------------------------------------------------------------------------- */

#define FOR_ARGS_MAX 31

typedef struct ForJob {
  VizJob job;
  Value fn;
  Value args[FOR_ARGS_MAX];
  int n_args;
  const Kernel *kernel; /* or NULL */
  int64_t start, step;
} ForJob;

static const KernelSpec for_kernel = {"<parallel_for>",
                                      "def loop(fn, i, end, step%s):\n"
                                      "  while i != end:\n"
                                      "    fn(%si%s)\n"
                                      "    i += step\n",
                                      1};

static Value item(const ForJob *job, int64_t i) { return value_int(job->start + i * job->step); }

static bool for_plain(RpThread *th, ForJob *job, int64_t begin, int64_t end) {
  Value argv[1 + FOR_ARGS_MAX];
  memcpy(argv + 1, job->args, (size_t)job->n_args * sizeof(Value));
  for (int64_t i = begin; i < end; i++) {
    argv[0] = item(job, i);
    if (unlikely(native_call_any(th, job->fn, argv, 1 + (uint32_t)job->n_args) == EMPTY)) return viz_job_failed(th, &job->job, i);
    if (!thread_poll(th)) return viz_job_failed(th, &job->job, i);
  }
  return true;
}

static bool for_items(RpThread *th, VizJob *base, int64_t begin, int64_t end) {
  ForJob *job = (ForJob *)base;
  if (!kernel_ready(job->kernel)) return for_plain(th, job, begin, end);
  Value own[] = {item(job, begin), item(job, end), value_int(job->step)};
  if (likely(kernel_run(th, job->kernel, job->fn, own, 3, job->args) != EMPTY)) return true;
  Value at = kernel_left(th, job->kernel, "i");
  return viz_job_failed(th, base, is_int(at) ? (as_int(at) - job->start) / job->step : begin);
}

#define SMALL_MAX_INT ((int64_t)1 << 47)

static bool small_attr(RpThread *th, Value range, const char *name, int64_t *out) {
  Value v = op_getattr(th, range, str_intern_c(th, name));
  if (v == EMPTY || !op_as_i64(th, v, out)) return false;
  if (*out > -SMALL_MAX_INT && *out < SMALL_MAX_INT) return true;
  return raise_overflow(th, "parallel_for(fn, range): the range goes beyond 2**47"), false;
}
/* A count, or a range. */
static bool items_arg(RpThread *th, Value v, int64_t *start, int64_t *step, int64_t *n) {
  int64_t stop;
  *start = 0;
  *step = 1;
  if (has_kind(v, K_RANGE)) {
    if (!small_attr(th, v, "start", start) || !small_attr(th, v, "stop", &stop) || !small_attr(th, v, "step", step)) return false;
    *n = *step > 0 ? (stop - *start + *step - 1) / *step : (*start - stop - *step - 1) / -*step;
    return true;
  }
  if (!int_check(v)) return raise_type(th, "parallel_for(fn, range): a range or a count, not %V (%T)", v, v), false;
  if (!int_as_i64(v, n) || *n >= SMALL_MAX_INT) return raise_overflow(th, "parallel_for(fn, range): the range goes beyond 2**47"), false;
  return true;
}

static Value f_parallel_for(RpThread *th, const Value *a) {
  ForJob job = {.job.body = for_items, .fn = a[0]};
  Tuple *rest = as_tuple(a[2]);
  int64_t n;
  if (!op_callable(a[0])) return raise_type(th, "parallel_for(fn, range): fn must be a function, not %V (%T)", a[0], a[0]);
  if (rest->length > FOR_ARGS_MAX) return raise_type(th, "parallel_for(fn, range, *args): at most %d arguments", FOR_ARGS_MAX);
  if (!items_arg(th, a[1], &job.start, &job.step, &n)) return EMPTY;
  if (n <= 0) return NONE;
  job.n_args = (int)rest->length;
  for (uint64_t i = 0; i < rest->length; i++) job.args[i] = rest->items[i];
  VizThread *vt = th->host_data;
  bool inside = vt && vt->in_map, ok; /* already on all cores: a plain loop */
  if (!inside && !viz_job_begin(th, &job.job, "parallel_for()")) return EMPTY;
  if (!inside) job.kernel = kernel_find(th, &job.job.viz->kernels, &for_kernel, job.fn, job.n_args);
  ok = inside ? for_items(th, &job.job, 0, n) : viz_job_run(th, &job.job, n, 0);
  if (!inside) viz_job_end(&job.job);
  if (ok) return NONE;
  char where[80];
  snprintf(where, sizeof where, "for %lld in parallel_for", (long long)(job.start + job.job.fail_at * job.step));
  return viz_job_raise(th, &job.job, job.fn, where);
}

const NativeDef viz_parallel_functions[] = {
    {"parallel_for", f_parallel_for, "(fn, range, /, *args)", 0,
     "Calls fn(i, *args) for every i of a range (or a count) on all cores, in no order, and returns when all are done. fn may read and compute, and write into "
     "elements that are its own; it does not draw."},
    {0},
};
