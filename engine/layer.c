/* layer.c: see layer.h. */
#include "engine/layer.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/watch.h"

#define WAITING_EVENTS_MAX 1024
#define INTERRUPT_AGAIN_NS (50 * NS_PER_MS)       /* a script may swallow an interrupt: it gets another */
#define PENDING_WORDS_MAX (CMDLIST_WORDS_MAX / 4) /* an untaken picture is continued only up to here, then replaced */

struct Bell {
  atomic_uint refs; /* the engine and every live layer */
  pthread_mutex_t lock;
  pthread_cond_t rung;
};

struct Layer {
  atomic_uint refs; /* the engine and the worker thread */
  LayerCallbacks cb;
  void *user;
  LayerConfig config;
  char name[128];
  Bell *bell;
  Watch *watch;
  pthread_t thread;

  pthread_mutex_t lock;
  pthread_cond_t woken;
  /* Guarded by lock. */
  const InputSnapshot *in; /* newest; one reference */
  uint64_t n_wanted;
  int64_t slack_ns, busy_since_ns; /* busy_since: 0 = no run in progress */
  int64_t interrupted_at_ns;       /* in this run; 0: not yet */
  bool quit, cold;                 /* cold: this run has the setup time limit */
  InputEvent *events;
  uint32_t n_events, cap_events;
  char **changed; /* paths for reload */
  int n_changed;
  LayerStats stats;
  int n_spare;    /* frames until the next run: over budget */

  _Atomic(CmdList *) mailbox;         /* newest complete picture, not taken yet */
  _Atomic(CmdList *) returned;        /* an empty list to record into */
  atomic_uint_fast64_t n_done;        /* == n_wanted: idle */
  atomic_uint_fast64_t n_wanted_seen; /* copy of n_wanted for lock-free questions */
  atomic_bool ready;
  atomic_bool done;  /* no callback but thread_end is called any more */
  atomic_bool ended; /* not even that */
  atomic_uint_fast64_t size_request; /* w << 32 | h, 0: none */
  _Atomic float opacity;
  atomic_int blend;

  /* Worker thread only. */
  CmdList *recording;
  Painter paint;
  LayerFrame frame;
  uint64_t n_updates;
  bool overflow_told;
};

/* -- The bell ---------------------------------------------------------------------------------- */

Bell *bell_new(void) {
  Bell *bell = calloc(1, sizeof *bell);
  if (!bell) return NULL;
  atomic_init(&bell->refs, 1);
  pthread_mutex_init(&bell->lock, NULL);
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&bell->rung, &attr);
  pthread_condattr_destroy(&attr);
  return bell;
}

void bell_drop(Bell *bell) {
  if (!bell || atomic_fetch_sub(&bell->refs, 1) != 1) return;
  pthread_mutex_destroy(&bell->lock);
  pthread_cond_destroy(&bell->rung);
  free(bell);
}

static void ring(Bell *bell) {
  pthread_mutex_lock(&bell->lock);
  pthread_cond_broadcast(&bell->rung);
  pthread_mutex_unlock(&bell->lock);
}

/* -- Life of the shared part ------------------------------------------------------------------- */

static void drop_layer(Layer *layer) {
  if (atomic_fetch_sub(&layer->refs, 1) != 1) return;
  input_release(layer->in);
  free(layer->events);
  for (int i = 0; i < layer->n_changed; i++) free(layer->changed[i]);
  free(layer->changed);
  cmdlist_free(atomic_load(&layer->mailbox));
  cmdlist_free(atomic_load(&layer->returned));
  cmdlist_free(layer->recording);
  watch_free(layer->watch);
  pool_drop(layer->config.pool);
  bell_drop(layer->bell);
  pthread_mutex_destroy(&layer->lock);
  pthread_cond_destroy(&layer->woken);
  free(layer);
}

/* -- Worker: lists ----------------------------------------------------------------------------- */

static bool begin_list(Layer *layer) {
  if (!layer->recording) layer->recording = atomic_exchange(&layer->returned, NULL);
  if (!layer->recording) layer->recording = cmdlist_new();
  if (!layer->recording) return false;
  cmdlist_reset(layer->recording);
  paint_begin(&layer->paint, layer->recording, layer->frame.in->canvas_w, layer->frame.in->canvas_h);
  return true;
}

/* Only the engine takes out of the mailbox and only the worker puts in, so between our exchange and our store it
** stays empty. */
static void publish(Layer *layer) {
  CmdList *fresh = layer->recording, *old = atomic_exchange(&layer->mailbox, NULL);
  layer->recording = NULL;
  if (old && !fresh->clears && old->n_words < PENDING_WORDS_MAX && cmdlist_append(old, fresh)) {
    CmdList *swap = fresh;
    fresh = old, old = swap;
  }
  layer->recording = old; /* recycled, or NULL */
  atomic_store(&layer->mailbox, fresh);
}

static void end_list(Layer *layer, bool good, int64_t began_ns) {
  CmdList *list = layer->recording;
  if (!list) return;
  paint_end(&layer->paint);
  list->frame = layer->frame.in->frame;
  list->script_ns = clock_now_ns() - began_ns;
  if (list->overflow && !layer->overflow_told) {
    englog_line("%s: too many draw calls in one frame, the rest is not shown", layer->name);
    layer->overflow_told = true;
  }
  if (good && list->n_words) publish(layer);
}

/* -- Worker: one run --------------------------------------------------------------------------- */

typedef struct Work { /* what a run has to do, taken out under the lock */
  InputEvent *events;
  uint32_t n_events;
  char **changed;
  int n_changed;
  uint64_t seq;
} Work;

static void begin_run(Layer *layer, bool cold) { /* lock held */
  layer->busy_since_ns = clock_now_ns();
  layer->interrupted_at_ns = 0;
  layer->cold = cold;
  if (layer->cb.run_begin) layer->cb.run_begin(layer->user);
}

static void run_updates(Layer *layer) {
  double hz = layer->config.update_hz;
  /* Counted from time zero like the frames: 60 Hz updates on 60 Hz frames are exactly one each. */
  uint64_t target = (uint64_t)floor(layer->frame.in->t * hz + 1e-6) + 1;
  if (target > layer->n_updates + LAYER_CATCHUP_MAX) layer->n_updates = target - LAYER_CATCHUP_MAX;
  for (; layer->n_updates < target; layer->n_updates++)
    if (layer->cb.update) layer->cb.update(layer->user, &layer->frame, 1.0 / hz);
}

static bool run_callbacks(Layer *layer, const Work *work) {
  const LayerCallbacks *cb = &layer->cb;
  for (int i = 0; i < work->n_changed; i++)
    if (cb->reload) cb->reload(layer->user, &layer->frame, work->changed[i]);
  for (uint32_t i = 0; i < work->n_events; i++)
    if (cb->event) cb->event(layer->user, &layer->frame, &work->events[i]);
  run_updates(layer);
  return !cb->draw || cb->draw(layer->user, &layer->frame);
}

/* lock held. The average over frames is kept within the budget by running in every n-th only. */
static void mind_budget(Layer *layer, int64_t took) {
  int64_t *average = &layer->stats.script_average;
  *average = *average ? *average + (took - *average) / 8 : took;
  double budget_ns = layer->config.budget_ms * 1e6;
  int every = budget_ns > 0 ? (int)fmin(ceil((double)*average / budget_ns), LAYER_CATCHUP_MAX) : 1;
  layer->n_spare = every > 1 ? every - 1 : 0;
}

static void end_run(Layer *layer, bool good, int64_t began_ns) {
  int64_t took = clock_now_ns() - began_ns;
  pthread_mutex_lock(&layer->lock);
  LayerStats *st = &layer->stats;
  st->n_runs++;
  st->late_since = 0;
  st->n_failed += !good;
  st->script_last = took;
  st->script_sum += took;
  if (took > st->script_worst) st->script_worst = took;
  if (!layer->cold) mind_budget(layer, took);
  layer->busy_since_ns = 0;
  pthread_mutex_unlock(&layer->lock);
}

static void free_work(Work *work) {
  for (int i = 0; i < work->n_changed; i++) free(work->changed[i]);
  free(work->changed);
  free(work->events);
}

static void run(Layer *layer, Work *work) {
  int64_t began_ns = clock_now_ns();
  bool good = begin_list(layer) && run_callbacks(layer, work);
  end_list(layer, good, began_ns);
  end_run(layer, good, began_ns);
  atomic_store(&layer->n_done, work->seq);
  ring(layer->bell);
}

/* Sleeps until there is something to do. False: the layer is to end. */
static bool take_work(Layer *layer, Work *work, int64_t *slack_ns) {
  bool cold = false;
  pthread_mutex_lock(&layer->lock);
  while (!layer->quit && layer->n_wanted == atomic_load(&layer->n_done)) pthread_cond_wait(&layer->woken, &layer->lock);
  if (layer->quit) {
    pthread_mutex_unlock(&layer->lock);
    return false;
  }
  *work = (Work){layer->events, layer->n_events, layer->changed, layer->n_changed, layer->n_wanted};
  layer->events = NULL, layer->n_events = layer->cap_events = 0;
  layer->changed = NULL, layer->n_changed = 0;
  input_release(layer->frame.in);
  layer->frame.in = input_retain(layer->in);
  *slack_ns = layer->slack_ns;
  cold = layer->stats.n_runs <= 1 || work->n_changed; /* n_runs counts setup as the first */
  begin_run(layer, cold);
  pthread_mutex_unlock(&layer->lock);
  return true;
}

static void run_setup(Layer *layer) {
  pthread_mutex_lock(&layer->lock);
  layer->frame.in = input_retain(layer->in);
  if (layer->quit) { /* stopped before it began */
    pthread_mutex_unlock(&layer->lock);
    return;
  }
  begin_run(layer, true);
  pthread_mutex_unlock(&layer->lock);
  int64_t began_ns = clock_now_ns();
  bool good = begin_list(layer) && (!layer->cb.setup || layer->cb.setup(layer->user, &layer->frame));
  end_list(layer, good, began_ns);
  end_run(layer, good, began_ns);
  atomic_store(&layer->ready, true);
  ring(layer->bell);
}

static void *layer_main(void *arg) {
  Layer *layer = arg;
  Work work;
  int64_t slack_ns;
  if (layer->cb.thread_begin) layer->cb.thread_begin(layer->user, layer);
  run_setup(layer);
  while (take_work(layer, &work, &slack_ns)) {
    run(layer, &work);
    free_work(&work);
    if (layer->cb.gc_slack && slack_ns > clock_now_ns()) layer->cb.gc_slack(layer->user, slack_ns);
  }
  input_release(layer->frame.in);
  atomic_store(&layer->done, true);
  if (layer->cb.thread_end) layer->cb.thread_end(layer->user);
  atomic_store(&layer->ended, true);
  ring(layer->bell);
  drop_layer(layer);
  return NULL;
}

/* -- Engine: start and stop -------------------------------------------------------------------- */

Layer *layer_start(const LayerCallbacks *cb, void *user, const LayerConfig *config, Bell *bell,
                   const InputSnapshot *in) {
  Layer *layer = calloc(1, sizeof *layer);
  Watch *watch = layer ? watch_new() : NULL;
  if (!watch) {
    free(layer);
    englog_line("no memory for layer %s", config->name);
    return NULL;
  }
  layer->cb = *cb;
  layer->user = user;
  layer->config = *config;
  strncpy(layer->name, config->name ? config->name : "layer", sizeof layer->name - 1);
  layer->config.name = layer->name;
  if (!(layer->config.update_hz >= 1.0)) layer->config.update_hz = 60.0;
  if (config->pool) pool_retain(config->pool);
  layer->watch = watch;
  layer->bell = bell;
  atomic_fetch_add(&bell->refs, 1);
  layer->in = input_retain(in);
  layer->frame = (LayerFrame){.layer = layer, .paint = &layer->paint};
  paint_init(&layer->paint);
  atomic_store(&layer->opacity, 1.0f);
  atomic_store(&layer->refs, 2);
  pthread_mutex_init(&layer->lock, NULL);
  pthread_cond_init(&layer->woken, NULL);
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 16u << 20); /* deep recursion in a script must be its error, not ours */
  int rc = pthread_create(&layer->thread, &attr, layer_main, layer);
  pthread_attr_destroy(&attr);
  if (rc == 0) return layer;
  englog_line("cannot start a thread for layer %s: %s", layer->name, strerror(rc));
  drop_layer(layer);
  drop_layer(layer);
  return NULL;
}

/* lock held: the run cannot end, and the next not begin, under our hands */
static void interrupt_run(Layer *layer) {
  int64_t now = clock_now_ns();
  if (!layer->busy_since_ns || (layer->interrupted_at_ns && now - layer->interrupted_at_ns < INTERRUPT_AGAIN_NS))
    return;
  if (!layer->interrupted_at_ns) layer->stats.n_interrupted++;
  layer->interrupted_at_ns = now;
  if (layer->cb.interrupt) layer->cb.interrupt(layer->user);
}

void layer_ask_stop(Layer *layer) {
  pthread_mutex_lock(&layer->lock);
  layer->quit = true;
  interrupt_run(layer);
  pthread_cond_broadcast(&layer->woken);
  pthread_mutex_unlock(&layer->lock);
}

LayerEnd layer_stop(Layer *layer, int64_t deadline_ns) {
  Bell *bell = layer->bell;
  layer_ask_stop(layer);
  pthread_mutex_lock(&bell->lock);
  for (int64_t now; !atomic_load(&layer->ended) && (now = clock_now_ns()) < deadline_ns;) {
    int64_t until = now + INTERRUPT_AGAIN_NS < deadline_ns ? now + INTERRUPT_AGAIN_NS : deadline_ns;
    struct timespec ts = {until / NS_PER_S, until % NS_PER_S};
    pthread_cond_timedwait(&bell->rung, &bell->lock, &ts);
    pthread_mutex_unlock(&bell->lock);
    layer_ask_stop(layer);
    pthread_mutex_lock(&bell->lock);
  }
  pthread_mutex_unlock(&bell->lock);
  LayerEnd end = atomic_load(&layer->ended) ? LAYER_ENDED : atomic_load(&layer->done) ? LAYER_LEAVING : LAYER_STUCK;
  if (end == LAYER_STUCK) englog_line("%s does not stop; leaving it behind", layer->name);
  if (end == LAYER_ENDED) pthread_join(layer->thread, NULL);
  else pthread_detach(layer->thread);
  drop_layer(layer);
  return end;
}

/* -- Engine: each frame ------------------------------------------------------------------------ */

static void queue_events(Layer *layer, const InputSnapshot *in) {
  uint32_t need = layer->n_events + in->n_events;
  if (need > WAITING_EVENTS_MAX) return; /* nobody is there to read them */
  if (need > layer->cap_events) {
    InputEvent *events = realloc(layer->events, need * sizeof *events);
    if (!events) return;
    layer->events = events, layer->cap_events = need;
  }
  if (in->n_events) memcpy(layer->events + layer->n_events, in->events, in->n_events * sizeof *in->events);
  layer->n_events = need;
}

void layer_wake(Layer *layer, const InputSnapshot *in, int64_t slack_ns) {
  pthread_mutex_lock(&layer->lock);
  queue_events(layer, in);
  input_release(layer->in);
  layer->in = input_retain(in);
  if (layer->n_spare > 0 && layer->n_wanted == atomic_load(&layer->n_done)) {
    layer->n_spare--;
    layer->stats.n_spared++;
  } else {
    layer->slack_ns = slack_ns;
    layer->n_wanted++;
    atomic_store(&layer->n_wanted_seen, layer->n_wanted);
    pthread_cond_signal(&layer->woken);
  }
  pthread_mutex_unlock(&layer->lock);
}

bool layer_is_ready(const Layer *layer) { return atomic_load(&layer->ready); }

bool layer_is_idle(const Layer *layer) {
  return layer_is_ready(layer) && atomic_load(&layer->n_done) == atomic_load(&layer->n_wanted_seen);
}

void layer_check_watchdog(Layer *layer, int64_t now_ns) {
  pthread_mutex_lock(&layer->lock);
  int64_t limit_ms = layer->cold ? layer->config.setup_watchdog_ms : layer->config.watchdog_ms;
  bool over = layer->busy_since_ns && limit_ms > 0 && now_ns - layer->busy_since_ns > limit_ms * NS_PER_MS;
  if (over) interrupt_run(layer);
  pthread_mutex_unlock(&layer->lock);
}

static bool all_idle(Layer *const *layers, int n_layers) {
  for (int i = 0; i < n_layers; i++)
    if (!layer_is_idle(layers[i])) return false;
  return true;
}

bool layers_wait(Bell *bell, Layer *const *layers, int n_layers, int64_t deadline_ns) {
  bool idle;
  pthread_mutex_lock(&bell->lock);
  while (!(idle = all_idle(layers, n_layers))) {
    int64_t now = clock_now_ns(), until = now + 20 * NS_PER_MS; /* the watchdogs want a look now and then */
    if (deadline_ns && now >= deadline_ns) break;
    if (deadline_ns && until > deadline_ns) until = deadline_ns;
    struct timespec ts = {until / NS_PER_S, until % NS_PER_S};
    pthread_cond_timedwait(&bell->rung, &bell->lock, &ts);
    pthread_mutex_unlock(&bell->lock);
    for (int i = 0; i < n_layers; i++) layer_check_watchdog(layers[i], clock_now_ns());
    pthread_mutex_lock(&bell->lock);
  }
  pthread_mutex_unlock(&bell->lock);
  return idle;
}

void layer_count_late(Layer *layer) {
  bool late = !layer_is_idle(layer);
  pthread_mutex_lock(&layer->lock);
  layer->stats.n_late += late;
  layer->stats.late_now = late;
  if (late && !layer->stats.late_since) layer->stats.late_since = clock_now_ns();
  pthread_mutex_unlock(&layer->lock);
}

int64_t layer_late_ns(Layer *layer) {
  pthread_mutex_lock(&layer->lock);
  int64_t since = layer->stats.late_since;
  pthread_mutex_unlock(&layer->lock);
  return since ? clock_now_ns() - since : 0;
}

CmdList *layer_take_list(Layer *layer) { return atomic_exchange(&layer->mailbox, NULL); }

void layer_return_list(Layer *layer, CmdList *list) {
  if (!list) return;
  cmdlist_reset(list); /* pixel references go back now, not when the layer next draws */
  cmdlist_free(atomic_exchange(&layer->returned, list));
}

static void file_changed(void *user, const char *path) {
  Layer *layer = user;
  char *copy = strdup(path);
  pthread_mutex_lock(&layer->lock);
  char **changed = copy ? realloc(layer->changed, ((size_t)layer->n_changed + 1) * sizeof *changed) : NULL;
  if (changed) {
    layer->changed = changed;
    layer->changed[layer->n_changed++] = copy;
  } else {
    free(copy);
  }
  pthread_mutex_unlock(&layer->lock);
}

void layer_poll_files(Layer *layer, int64_t now_ns) { watch_poll(layer->watch, now_ns, file_changed, layer); }

bool layer_take_size(Layer *layer, int *w, int *h) {
  uint64_t request = atomic_exchange(&layer->size_request, 0);
  *w = (int)(request >> 32), *h = (int)(request & 0xFFFFFFFFu);
  return request != 0;
}

const char *layer_name(const Layer *layer) { return layer->name; }

LayerStats layer_stats(Layer *layer) {
  pthread_mutex_lock(&layer->lock);
  LayerStats stats = layer->stats;
  pthread_mutex_unlock(&layer->lock);
  return stats;
}

void layer_status(Layer *layer, LayerStatus *out) {
  *out = (LayerStatus){0};
  if (layer->cb.status) layer->cb.status(layer->user, out);
}

/* -- Any thread -------------------------------------------------------------------------------- */

void layer_set_opacity(Layer *layer, float opacity) {
  atomic_store(&layer->opacity, opacity > 0.0f ? (opacity < 1.0f ? opacity : 1.0f) : 0.0f);
}
void layer_set_blend(Layer *layer, BlendMode blend) { atomic_store(&layer->blend, (int)blend); }
float layer_opacity(const Layer *layer) { return atomic_load(&layer->opacity); }
BlendMode layer_blend(const Layer *layer) { return (BlendMode)atomic_load(&layer->blend); }
Pool *layer_pool(const Layer *layer) { return layer->config.pool; }
void layer_watch(Layer *layer, const char *path) { watch_add(layer->watch, path); }

void layer_request_size(Layer *layer, int w, int h) {
  if (w < 1 || h < 1 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX) return;
  atomic_store(&layer->size_request, (uint64_t)w << 32 | (uint32_t)h);
}
