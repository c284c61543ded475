/* show.c: see show.h. */
#include "script/show.h"
#include "engine/backends.h"
#include "engine/clock.h"
#include "engine/frame.h"
#include "runtime/channel.h"
#include "script/layer_script.h"
#include "script/native.h"
#include "script/plugin.h"
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 64
#define RATES_EVERY_NS (500 * NS_PER_MS)
#define DEFAULT_OUT "replicant-frames"
#define DEFAULT_OFFSCREEN_FRAMES 60 /* there is no window to close */

typedef struct HeapSum { /* over all layers */
  double worst_ms;
  uint64_t live, allocated, n_stops, pause_ns, n_lost;
  uint64_t marker_ns; /* CPU time of the collector's threads, and of frames' edges */
} HeapSum;

typedef struct Show {
  EngineConfig cfg;
  const char *files[FILES_MAX];
  int n_files;
  double budgets_ms[FILES_MAX], budget_ms; /* of each layer; of the files still to come */
  bool stats;
  LayerReport reports[FILES_MAX];
  ChannelSpace *channels; /* of all layers */
  /* the collector's line: sums at rates_at_ns, and what came of them; engine thread */
  HeapSum before;
  int64_t began_ns, rates_at_ns;
  double garbage_mb_s, busy, marker; /* allocation; the collector's share of one core: in runs, beside them */
} Show;

static const char usage_text[] =
    "usage: replicant [OPTIONS] show FILE.py... [--frames N] [--size WxH] [--fps F] [--out DIR] [--workers N] [--budget MS] [--layer-budget MS] [--stats]\n"
    "  FILE.py...      content scripts, bottom layer first\n"
    "  --frames N      stop after N frames (60 when there is no window)\n"
    "  --size WxH      canvas; scripts' size() is then ignored\n"
    "  --fps F         frames per second (60)\n"
    "  --out DIR       write every frame there as a picture, on a virtual clock: no frame is late, none is lost\n"
    "  --workers N     threads that fill images, the calling one included (one per core)\n"
    "  --layer-budget MS   what a run of each of the files after it may take on average; a script that takes more runs in fewer frames\n"
    "  --budget MS     a script's run that takes longer is stopped (250; 10000 with --out)\n"
    "  --stats         numbers at the end, on standard error\n";

/* -- Arguments ------------------------------------------------------------------ */

static bool bad(const char *what, const char *value) {
  fprintf(stderr, "replicant show: %s%s%s\n%s", what, value ? ": " : "", value ? value : "", usage_text);
  return false;
}

static bool parse_int(const char *option, const char *text, long lo, long hi, long *out) {
  char *end;
  errno = 0;
  *out = strtol(text, &end, 10);
  if (*text && !*end && !errno && *out >= lo && *out <= hi) return true;
  char what[96];
  snprintf(what, sizeof what, "%s wants a number from %ld to %ld, not", option, lo, hi);
  return bad(what, text);
}

static bool parse_size(const char *text, EngineConfig *cfg) {
  int w = 0, h = 0, used = 0;
  if (sscanf(text, "%dx%d%n", &w, &h, &used) != 2 || text[used] || w < 1 || h < 1 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX)
    return bad("--size wants WIDTHxHEIGHT, as 1280x720, not", text);
  cfg->w = w;
  cfg->h = h;
  return cfg->size_fixed = true;
}

static bool parse_fps(const char *text, EngineConfig *cfg) {
  char *end;
  cfg->fps = strtod(text, &end);
  if (*text && !*end && cfg->fps >= 1 && cfg->fps <= 1000) return true;
  return bad("--fps wants a number from 1 to 1000, not", text);
}

static bool parse_budget(const char *text, double *out) {
  char *end;
  *out = strtod(text, &end);
  if (*text && !*end && *out >= 0 && *out <= 10000) return true;
  return bad("--layer-budget wants milliseconds from 0 (no limit) to 10000, not", text);
}

static bool parse_option(Show *s, const char *name, const char *value) {
  long n;
  if (strcmp(name, "--size") == 0) return parse_size(value, &s->cfg);
  if (strcmp(name, "--fps") == 0) return parse_fps(value, &s->cfg);
  if (strcmp(name, "--out") == 0) return (s->cfg.out_dir = value) && *value ? true : bad("--out wants a folder", NULL);
  if (strcmp(name, "--frames") == 0) return parse_int(name, value, 1, 1000000000, &n) && (s->cfg.n_frames = n);
  if (strcmp(name, "--workers") == 0) return parse_int(name, value, 1, 256, &n) && (s->cfg.workers = (int)n);
  if (strcmp(name, "--budget") == 0)
    return parse_int(name, value, 1, 3600000, &n) && (s->cfg.watchdog_ms = (int)n, s->cfg.setup_watchdog_ms = (int)(n < 1000 ? n * 8 : n), true);
  if (strcmp(name, "--layer-budget") == 0) return parse_budget(value, &s->budget_ms);
  return bad("unknown option", name);
}

/* One word of the command line, and the next when it is the option's value. 0: wrong; else how many words were used. */
static int parse_word(Show *s, char **argv, int left) {
  char *word = argv[0], name[32];
  if (strncmp(word, "--", 2) != 0) {
    if (s->n_files == FILES_MAX) return bad("too many files", word);
    s->budgets_ms[s->n_files] = s->budget_ms;
    s->files[s->n_files++] = word;
    return 1;
  }
  if (strcmp(word, "--stats") == 0) return s->stats = true, 1;
  const char *eq = strchr(word, '=');
  snprintf(name, sizeof name, "%.*s", eq ? (int)(eq - word) : 31, word);
  if (eq) return parse_option(s, name, eq + 1);
  if (left < 2) return bad("unknown option, or its value is missing", word);
  return parse_option(s, name, argv[1]) ? 2 : 0;
}

/* A file that is not there or is no script is said now, in one line; a script with errors is shown, and its errors with it. */
static bool check_file(const char *path) {
  struct stat st;
  const char *why = NULL;
  if (stat(path, &st) != 0) why = strerror(errno);
  else if (S_ISDIR(st.st_mode)) why = "it is a folder";
  else if (access(path, R_OK) != 0) why = strerror(errno);
  if (why) fprintf(stderr, "replicant show: cannot open %s: %s\n", path, why);
  return !why;
}

/* -- What the engine asks ------------------------------------------------------------ */

static HeapSum sum_heaps(Show *s) {
  HeapSum sum = {0};
  uint64_t collector_ns = 0;
  for (int i = 0; i < s->n_files; i++) {
    LayerReport *r = &s->reports[i];
    pthread_mutex_lock(&r->lock);
    const HeapStats *h = &r->heap;
    if ((double)h->pause_ns_max * 1e-6 > sum.worst_ms) sum.worst_ms = (double)h->pause_ns_max * 1e-6;
    sum.live += h->live_bytes + h->external_bytes;
    sum.allocated += h->allocated_bytes;
    sum.n_stops += h->n_pauses;
    sum.pause_ns += h->pause_ns_total;
    sum.n_lost += r->n_lost;
    sum.marker_ns += h->edge_ns;
    if (h->collector_cpu_ns > collector_ns) collector_ns = h->collector_cpu_ns; /* of all contexts together */
    pthread_mutex_unlock(&r->lock);
  }
  sum.marker_ns += collector_ns;
  return sum;
}

/* Rates are those since half a second ago or more; a show that ends before has those of its whole life. */
static void collector_line(void *user, char *out, size_t size) {
  Show *s = user;
  HeapSum now = sum_heaps(s);
  int64_t t = clock_now_ns(), dt = t - s->rates_at_ns;
  if (dt > RATES_EVERY_NS || s->rates_at_ns == s->began_ns) {
    s->garbage_mb_s = dt > 0 ? (double)(now.allocated - s->before.allocated) / 1048576.0 / ((double)dt * 1e-9) : 0;
    s->busy = dt > 0 ? (double)(now.pause_ns - s->before.pause_ns) / (double)dt : 0;
    s->marker = dt > 0 ? (double)(now.marker_ns - s->before.marker_ns) / (double)dt : 0;
  }
  if (dt > RATES_EVERY_NS) s->before = now, s->rates_at_ns = t;
  snprintf(out, size, "stops %llu worst %.2f ms lost %llu  heap %.1f MB  garbage %.1f MB/s  in %.1f %% beside %.1f %%", (unsigned long long)now.n_stops,
           now.worst_ms, (unsigned long long)now.n_lost, (double)now.live / 1048576.0, s->garbage_mb_s, s->busy * 100.0, s->marker * 100.0);
}

static Engine *running; /* for the signal handler alone */
static void on_signal(int sig) { engine_stop(running); }

/* -- The show ------------------------------------------------------------------------------ */

/* False with a word about why in `why`. */
static bool has_display(const EngineBackends *backends, char *why, size_t size) {
  const char *driver = getenv("SDL_VIDEODRIVER"), *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
  snprintf(why, size, "no display");
  if (driver && *driver ? strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0 : !(x && *x) && !(wayland && *wayland)) return false;
  char err[256];
  if (backends->has_screen(err, sizeof err)) return true;
  snprintf(why, size, "no display answers (%s)", err);
  return false;
}

static void settle(Show *s) {
  EngineConfig *cfg = &s->cfg;
  cfg->title = "Replicant";
  cfg->user = s;
  cfg->collector_line = collector_line;
  s->began_ns = s->rates_at_ns = clock_now_ns();
  char err[512];
  cfg->backends = plugin_open(ENGINE_BACKENDS_LIBRARY, "REPLICANT_ENGINE", ENGINE_BACKENDS_SYMBOL, err, sizeof err);
  if (!cfg->backends) {
    cfg->null_video = cfg->offscreen = true;
    fprintf(stderr, "replicant show: scripts run, nothing is drawn or heard: %s\n", err);
  }
  char why[300];
  bool told = cfg->null_video || cfg->out_dir || has_display(cfg->backends, why, sizeof why);
  if (!told) cfg->out_dir = DEFAULT_OUT; /* without a screen the frames become pictures */
  if (cfg->out_dir) cfg->offline = cfg->offscreen = true;
  if (!cfg->n_frames && cfg->offscreen) cfg->n_frames = DEFAULT_OFFSCREEN_FRAMES;
  if (!told) fprintf(stderr, "replicant show: %s: %lld frames go to the folder %s\n", why, (long long)cfg->n_frames, cfg->out_dir);
}

static bool add_layers(Show *s, Engine *eng, const struct ContextOptions *given) {
  struct ContextOptions opt = *given;
  if (!(opt.channels = s->channels = channel_space_new())) return false; /* layers meet there; it lasts as long as the process may have layers */
  opt.background_compile = !s->cfg.offline; /* on a virtual clock no frame is lost to the compiler */
  for (int i = 0; i < s->n_files; i++) {
    pthread_mutex_init(&s->reports[i].lock, NULL);
    LayerScript *ls = layer_script_new(s->files[i], &opt, s->cfg.size_fixed, &s->reports[i]);
    if (!ls || !engine_add_layer(eng, &layer_script_callbacks, ls, s->files[i])) return false;
    engine_set_budget(eng, s->budgets_ms[i]);
  }
  return true;
}

static int status_of(Show *s, int rc) {
  for (int i = 0; i < s->n_files; i++) {
    LayerReport *r = &s->reports[i];
    pthread_mutex_lock(&r->lock);
    if (!r->drew) rc = 1;
    pthread_mutex_unlock(&r->lock);
  }
  return rc;
}

static void print_stats(Engine *eng) {
  NativeStats n;
  native_stats(&n);
  engine_print_stats(eng, stderr);
  fprintf(stderr, "native    %u compiled, %u refused, %u again, %u removed  build %.1f ms  llvm %.1f ms  worst wait %.1f ms\n", n.compiled, n.refused,
          n.recompiled, n.removed, (double)n.build_ns * 1e-6, (double)n.llvm_ns * 1e-6, (double)n.worst_ns * 1e-6);
}

int show_main(const struct ContextOptions *opt, bool stats, int argc, char **argv) {
  static Show show; /* a layer that was left behind may still write its report */
  Show *s = &show;
  s->stats = stats;
  for (int i = 0; i < argc;) {
    if (strcmp(argv[i], "--help") == 0) return fputs(usage_text, stdout), 0;
    int used = parse_word(s, argv + i, argc - i);
    if (!used) return 2;
    i += used;
  }
  if (s->n_files == 0) return bad("which script?", NULL), 2;
  for (int i = 0; i < s->n_files; i++)
    if (!check_file(s->files[i])) return 2;
  settle(s);
  Engine *eng = engine_new(&s->cfg);
  if (!eng || !add_layers(s, eng, opt)) return fputs("replicant show: out of memory\n", stderr), 1;
  running = eng;
  struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
  sigaction(SIGINT, &sa, NULL);
  sigaction(SIGTERM, &sa, NULL);
  int rc = status_of(s, engine_run(eng));
  if (s->stats) print_stats(eng);
  EngineStats st;
  engine_stats(eng, &st);
  if (s->cfg.out_dir && st.n_pictures) fprintf(stderr, "replicant show: %llu pictures in %s\n", (unsigned long long)st.n_pictures, s->cfg.out_dir);
  fflush(NULL);
  if (st.n_stuck + st.n_leaving > 0) _exit(rc); /* their threads still use all this */
  engine_free(eng);
  channel_space_release(s->channels);
  return rc;
}
