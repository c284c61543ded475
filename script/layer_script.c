/* layer_script.c: see layer_script.h. Between callbacks the layer's thread is parked (thread.h): it holds no references and delays no collection. */
#include "script/layer_script.h"
#include "engine/clock.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/func.h"
#include "runtime/interp.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "script/fault.h"
#include "script/host.h"
#include "script/native.h"
#include "script/run.h"
#include "script/viz.h"
#include <errno.h>
#include <time.h>

#define STOPS_TO_SUSPEND 3

typedef struct Version {
  Module *module;     /* NULL: no such version */
  Str *setup_text;    /* source lines of setup(), or NULL */
  List *setup_names;  /* globals that setup() bound, or NULL */
  time_t saved_at;
} Version;

struct LayerScript {
  char *path, *folder;
  struct ContextOptions opt;
  bool size_fixed;
  LayerReport *report;
  Layer *layer;
  RpContext *ctx;     /* NULL: could not be made */
  RpThread *th;
  Viz *viz;
  Version good, trial;
  FaultLog faults;
  bool spoiled;       /* this run's picture is not to be shown */
  int n_stops;        /* runs in a row that the watchdog ended */
  uint64_t paused_ns; /* collector's work on our threads until the last run ended */
  bool suspended;
};

LayerScript *layer_script_new(const char *path, const struct ContextOptions *opt, bool size_fixed, LayerReport *report) {
  LayerScript *ls = calloc(1, sizeof *ls);
  if (!ls) return NULL;
  ls->path = strdup(path);
  char *real = realpath(path, NULL), *slash = real ? strrchr(real, '/') : NULL;
  ls->folder = slash ? strndup(real, slash == real ? 1 : (size_t)(slash - real)) : strdup(".");
  free(real);
  ls->opt = *opt;
  ls->size_fixed = size_fixed;
  ls->report = report;
  return ls;
}

/* -- Versions ------------------------------------------------------------------------- */

static void trace_versions(Tracer *tr, void *data) {
  LayerScript *ls = data;
  for (int i = 0; i < 2; i++) {
    Version *v = i ? &ls->trial : &ls->good;
    trace_ref(tr, v->module);
    trace_ref(tr, v->setup_text);
    trace_ref(tr, v->setup_names);
  }
}

static Version *current(LayerScript *ls) { return ls->trial.module ? &ls->trial : ls->good.module ? &ls->good : NULL; }

static int make_main(LayerScript *ls, Module *m) {
  return m ? dict_set_str(ls->th, ls->ctx->sys_modules, S(__main__), value_object(m)) : 0;
}

static void set_status(LayerScript *ls, const char *state, const char *fault) {
  LayerReport *r = ls->report;
  pthread_mutex_lock(&r->lock);
  if (state) snprintf(r->status.state, sizeof r->status.state, "%s", state);
  if (fault) {
    snprintf(r->status.last_fault, sizeof r->status.last_fault, "%s", fault);
    r->status.n_faults++;
  }
  pthread_mutex_unlock(&r->lock);
}

static void accept_trial(LayerScript *ls) {
  ls->good = ls->trial;
  ls->trial = (Version){0};
  viz_keep_commit(ls->th, ls->viz);
  set_status(ls, "running", NULL);
}

static void drop_trial(LayerScript *ls) {
  ls->trial = (Version){0};
  viz_keep_rollback(ls->th, ls->viz);
  make_main(ls, ls->good.module);
  error_clear(ls->th);
}

/* -- Failure --------------------------------------------------------------------------------- */

/* The pending exception came out of a callback (NULL: while loading): says so, once, and goes back to the good version from a trial. */
static void fail(LayerScript *ls, const char *callback) {
  RpThread *th = ls->th;
  bool stopped = atomic_fetch_and(&th->poll, ~(uint32_t)POLL_STOP) & POLL_STOP;
  bool on_trial = ls->trial.module || !callback;
  if (on_trial || stopped || strcmp(callback, "draw") == 0) ls->spoiled = true;
  if (stopped && !on_trial && ++ls->n_stops >= STOPS_TO_SUSPEND) ls->suspended = true;
  Fault f = {.script = ls->path, .folder = ls->folder, .callback = callback, .stopped = stopped};
  f.exc = th->pending == EMPTY ? EMPTY : error_take(th);
  char after[96] = "nothing to show yet";
  struct tm tm;
  time_t shown = ls->good.saved_at;
  if (ls->suspended) snprintf(after, sizeof after, "stopped %d times in a row: waiting for the next save", ls->n_stops);
  else if (ls->good.module && on_trial) strftime(after, sizeof after, "still showing the version from %H:%M:%S", localtime_r(&shown, &tm));
  else if (ls->good.module) snprintf(after, sizeof after, "showing its last picture");
  char line[sizeof ls->report->status.last_fault];
  if (fault_say(th, &ls->faults, &f, after, line, sizeof line))
    set_status(ls, ls->suspended ? "stopped" : on_trial && ls->good.module ? "rolled back" : "failing", line);
  else if (ls->suspended) set_status(ls, "stopped", NULL);
  if (ls->trial.module) drop_trial(ls);
}

/* -- Calling the script ---------------------------------------------------------------------------- */

static Value callback_of(LayerScript *ls, const Version *v, const char *name) { return dict_get_c(ls->th, v->module->dict, name); }

/* Calls the current version's function `name`, when it has one. */
static bool call(LayerScript *ls, const char *name, const Value *args, int n) {
  Version *v = current(ls);
  Value fn = v && !ls->suspended && !ls->spoiled ? callback_of(ls, v, name) : EMPTY;
  if (fn == EMPTY || !op_callable(fn)) return !ls->spoiled;
  if (op_call(ls->th, fn, args, n, NULL) != EMPTY) return true;
  fail(ls, name);
  return false;
}

/* -- Loading ------------------------------------------------------------------------------------------- */

/* The source lines of a function: from its def to the end of its last instruction. */
static Str *text_of(RpThread *th, Value fn, const char *src, size_t n) {
  if (!has_kind(fn, K_FUNCTION)) return str_empty_;
  const Code *co = ((Function *)as_object(fn))->code;
  int first = co->firstlineno, last = first;
  for (uint32_t i = 0; i < co->n_instrs; i++)
    if (co->positions && co->positions[i].end_line > last) last = co->positions[i].end_line;
  const char *at = src, *end = src + n, *from = src;
  for (int line = 1; at < end; line++) {
    if (line == first) from = at;
    const char *nl = memchr(at, '\n', (size_t)(end - at));
    at = nl ? nl + 1 : end;
    if (line == last) break;
  }
  return str_from_latin1(th, (const uint8_t *)from, (size_t)(at - from)); /* only ever compared */
}

/* Names whose global value differs from what `before` says. */
static List *names_bound(RpThread *th, Dict *before, Dict *after) {
  List *names = list_new(th, 0);
  uint32_t pos = 0;
  Value k, v;
  while (names && dict_next(after, &pos, &k, &v)) {
    Value was = dict_get(th, before, k);
    if (was != v && list_append(th, names, k) < 0) return NULL;
  }
  return names;
}

static bool run_setup(LayerScript *ls, Version *v) {
  Value fn = callback_of(ls, v, "setup");
  Dict *before = dict_copy(ls->th, v->module->dict);
  if (!before) return false;
  if (fn != EMPTY && op_call0(ls->th, fn) == EMPTY) return false;
  return (v->setup_names = names_bound(ls->th, before, v->module->dict)) != NULL;
}

/* The new version's setup() reads as the old one's: what the old one made stays. */
static bool inherit_setup(LayerScript *ls, Version *v, const Version *old) {
  for (uint32_t i = 0; i < list_len(old->setup_names); i++) {
    Value name = list_get_fast(old->setup_names, i), value = dict_get(ls->th, old->module->dict, name);
    if (value != EMPTY && dict_set(ls->th, v->module->dict, name, value) < 0) return false;
  }
  v->setup_names = old->setup_names;
  return true;
}

static Module *new_main(LayerScript *ls, Str *filename) {
  RpThread *th = ls->th;
  Module *m = module_new(th, S(__main__));
  if (!m || dict_set_str(th, m->dict, S(__builtins__), value_object(ls->ctx->builtins_module)) < 0) return NULL;
  return dict_set_str(th, m->dict, S(__file__), value_object(filename)) < 0 ? NULL : m;
}

static bool run_source(LayerScript *ls, const char *src, size_t n) {
  RpThread *th = ls->th;
  Str *filename = str_from_c(th, ls->path);
  Value code = filename ? rt_hooks.compile(th, src, n, filename, COMPILE_EXEC, CF_SOURCE_IS_FILE) : EMPTY;
  if (code == EMPTY) return false;
  Version *v = &ls->trial, *old = ls->good.module ? &ls->good : NULL;
  *v = (Version){.module = new_main(ls, filename), .saved_at = time(NULL)};
  if (!v->module || make_main(ls, v->module) < 0 || viz_keep_begin(th, ls->viz) < 0) return false;
  if (code_exec(th, (Code *)as_object(code), v->module->dict, EMPTY) == EMPTY) return false;
  if (!(v->setup_text = text_of(th, callback_of(ls, v, "setup"), src, n))) return false;
  return old && old->setup_names && str_eq(old->setup_text, v->setup_text) ? inherit_setup(ls, v, old) : run_setup(ls, v);
}

static bool is_local(LayerScript *ls, Value module, const char **file) {
  if (!has_kind(module, K_MODULE)) return false;
  Value f = dict_get_str(((Module *)as_object(module))->dict, S(__file__));
  size_t n, folder = strlen(ls->folder);
  if (!has_kind(f, K_STR) || !(*file = str_utf8(ls->th, as_str(f), &n))) return error_clear(ls->th), false;
  return n > folder && memcmp(*file, ls->folder, folder) == 0 && (*file)[folder] == '/';
}

/* Modules beside the script reload it as well. */
static void watch_imports(LayerScript *ls) {
  uint32_t pos = 0;
  Value k, v;
  const char *file;
  while (dict_next(ls->ctx->sys_modules, &pos, &k, &v))
    if (is_local(ls, v, &file)) layer_watch(ls->layer, file);
}
static void forget_imports(LayerScript *ls) {
  uint32_t pos = 0;
  Value k, v;
  const char *file;
  while (dict_next(ls->ctx->sys_modules, &pos, &k, &v))
    if (k != value_object(S(__main__)) && is_local(ls, v, &file)) dict_del(ls->th, ls->ctx->sys_modules, k);
  error_clear(ls->th);
}

static bool load(LayerScript *ls) {
  if (ls->trial.module) drop_trial(ls); /* saved again before its first draw */
  fault_forget(&ls->faults);
  ls->suspended = false;
  ls->n_stops = 0;
  size_t n;
  char *src = read_file(ls->path, &n);
  bool ok = src && run_source(ls, src, n);
  if (!src) {
    int err = errno;
    Str *name = str_from_c(ls->th, ls->path);
    if (name) raise_os(ls->th, err, value_object(name));
  }
  free(src);
  if (!ok) fail(ls, NULL);
  watch_imports(ls);
  return ok;
}

/* -- Callbacks of the engine -------------------------------------------------------------------------------- */

static bool enter(LayerScript *ls, LayerFrame *fr) {
  if (!ls->ctx) return false;
  thread_unpark(ls->th, NULL);
  if (fr) viz_begin_run(ls->viz, ls->th, fr->in, fr->paint);
  return true;
}
static void leave(LayerScript *ls) {
  viz_end_run(ls->viz, ls->th);
  thread_park(ls->th, NULL, NULL);
}

static bool add_path(RpThread *th, const char *folder) {
  Value list = dict_get_str(th->ctx->sys_dict, S(path));
  Str *s = str_from_c(th, folder);
  return s && list != EMPTY && list_check(list) && list_insert(th, as_list(list), 0, value_object(s)) == 0;
}

static void on_thread_begin(void *user, Layer *layer) {
  LayerScript *ls = user;
  ls->layer = layer;
  RpContext *ctx = context_new(&ls->opt);
  if (!ctx) {
    fprintf(stderr, "%s: no memory for its context\n", ls->path);
    return;
  }
  ls->th = ctx->main_thread;
  ls->viz = viz_of(ls->th);
  if (!ls->viz || !add_path(ls->th, ls->folder)) {
    fprintf(stderr, "%s: no memory for its context\n", ls->path);
    script_context_free(ctx);
    return;
  }
  ls->viz->layer = layer;
  ls->viz->size_fixed = ls->size_fixed;
  ls->viz->folder = strdup(ls->folder);
  heap_root_add(ctx, trace_versions, ls);
  thread_park(ls->th, NULL, NULL);
  ls->ctx = ctx;
}

static void on_thread_end(void *user) {
  LayerScript *ls = user;
  if (ls->ctx) {
    thread_unpark(ls->th, NULL);
    heap_root_remove(ls->ctx, trace_versions, ls);
    flush_std_streams(ls->th);
    error_clear(ls->th);
    script_context_free(ls->ctx);
  }
  free(ls->path);
  free(ls->folder);
  free(ls);
}

static void on_run_begin(void *user) {
  LayerScript *ls = user;
  if (ls->ctx) atomic_fetch_and(&ls->th->poll, ~(uint32_t)POLL_STOP);
  ls->spoiled = false;
}

static bool on_setup(void *user, LayerFrame *fr) {
  LayerScript *ls = user;
  if (!enter(ls, fr)) return false;
  bool ok = load(ls);
  flush_std_streams(ls->th);
  leave(ls);
  return ok;
}

static void on_reload(void *user, LayerFrame *fr, const char *path) {
  LayerScript *ls = user;
  if (!enter(ls, fr)) return;
  if (strcmp(path, ls->path) != 0) forget_imports(ls);
  ls->spoiled = false;
  if (load(ls)) set_status(ls, "reloaded", NULL);
  ls->spoiled = false; /* the good version draws on in this run */
  leave(ls);
}

static Value text_value(LayerScript *ls, const char *utf8) {
  Str *s = str_from_c(ls->th, utf8);
  if (!s) error_clear(ls->th);
  return s ? value_object(s) : value_object(str_empty_);
}

static void deliver(LayerScript *ls, const InputEvent *ev) {
  Value x = value_double((double)ev->x), y = value_double((double)ev->y);
  Value button = text_value(ls, input_button_name((MouseButton)ev->button));
  Value key = text_value(ls, input_key_name((Key)ev->key));
  switch (ev->kind) {
  case EVENT_KEY_PRESSED:
    if (!ev->repeat) call(ls, "key_pressed", &key, 1);
    break;
  case EVENT_KEY_RELEASED: call(ls, "key_released", &key, 1); break;
  case EVENT_TEXT: call(ls, "key_typed", (Value[]){text_value(ls, ev->text)}, 1); break;
  case EVENT_MOUSE_PRESSED: call(ls, "mouse_pressed", (Value[]){x, y, button}, 3); break;
  case EVENT_MOUSE_RELEASED: call(ls, "mouse_released", (Value[]){x, y, button}, 3); break;
  case EVENT_MOUSE_MOVED: call(ls, "mouse_moved", (Value[]){x, y}, 2); break;
  case EVENT_MOUSE_WHEEL: call(ls, "mouse_wheel", (Value[]){value_double((double)ev->dx), value_double((double)ev->dy)}, 2); break;
  case EVENT_RESIZED: call(ls, "resized", (Value[]){value_int((int64_t)ev->x), value_int((int64_t)ev->y)}, 2); break;
  }
}

static void on_event(void *user, LayerFrame *fr, const InputEvent *ev) {
  LayerScript *ls = user;
  if (!current(ls) || !enter(ls, fr)) return;
  deliver(ls, ev);
  leave(ls);
}

static void on_update(void *user, LayerFrame *fr, double dt) {
  LayerScript *ls = user;
  if (!current(ls) || !enter(ls, fr)) return;
  call(ls, "update", (Value[]){value_double(dt)}, 1);
  leave(ls);
}

static void after_run(LayerScript *ls, bool drew) {
  LayerReport *r = ls->report;
  HeapStats heap;
  NativeStats native;
  flush_std_streams(ls->th);
  heap_stats(ls->ctx, &heap);
  native_stats(&native);
  int64_t late = layer_late_ns(ls->layer), stolen = (int64_t)(heap.pause_ns_total - ls->paused_ns);
  ls->paused_ns = heap.pause_ns_total;
  pthread_mutex_lock(&r->lock);
  r->drew |= drew;
  r->heap = heap;
  r->n_lost += late > 0 && stolen >= late;
  if (native.compiled) snprintf(r->status.compiled, sizeof r->status.compiled, "%u native", native.compiled);
  else snprintf(r->status.compiled, sizeof r->status.compiled, "interpreted");
  pthread_mutex_unlock(&r->lock);
}

static bool on_draw(void *user, LayerFrame *fr) {
  LayerScript *ls = user;
  if (!current(ls) || !enter(ls, fr)) return false;
  bool ok = call(ls, "draw", NULL, 0) && !ls->suspended;
  if (ok) ls->n_stops = 0;
  if (ok && ls->trial.module) accept_trial(ls);
  after_run(ls, ok);
  leave(ls);
  return ok;
}

static void on_gc_slack(void *user, int64_t deadline_ns) {
  LayerScript *ls = user;
  if (!enter(ls, NULL)) return;
  script_idle(ls->th, deadline_ns - clock_now_ns());
  leave(ls);
}

/* Any thread, during a run: the layer's own thread and those that run its maps; threads that the script started go on. */
static void on_interrupt(void *user) {
  LayerScript *ls = user;
  RpContext *ctx = ls->ctx;
  if (!ctx || pthread_mutex_trylock(&ctx->thread_lock) != 0) return; /* a collection: it comes again */
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (t->host_data) thread_ask_stop(t);
  pthread_mutex_unlock(&ctx->thread_lock);
}

static void on_status(void *user, LayerStatus *out) {
  LayerReport *r = ((LayerScript *)user)->report;
  pthread_mutex_lock(&r->lock);
  *out = r->status;
  pthread_mutex_unlock(&r->lock);
}

const LayerCallbacks layer_script_callbacks = {
    .thread_begin = on_thread_begin,
    .thread_end = on_thread_end,
    .run_begin = on_run_begin,
    .setup = on_setup,
    .reload = on_reload,
    .event = on_event,
    .update = on_update,
    .draw = on_draw,
    .gc_slack = on_gc_slack,
    .interrupt = on_interrupt,
    .status = on_status,
};
