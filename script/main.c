/* main.c: the replicant command.
**
**     replicant [OPTIONS] FILE.py [ARGS]      replicant [OPTIONS] -c CODE [ARGS]      replicant [OPTIONS] - [ARGS]
**     replicant [OPTIONS] -m MODULE [ARGS]
**     replicant [OPTIONS] show FILE.py... [SHOW OPTIONS]
** Exit status as python3: 0, 1 for an uncaught exception, SystemExit's code, 2 for wrong usage; after an uncaught KeyboardInterrupt the process ends by
** SIGINT. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/stat.h>
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/signals.h"
#include "runtime/str.h"
#include "script/dump.h"
#include "script/run.h"
#include "script/show.h"
#include "script/stats.h"

typedef struct Args {
  struct ContextOptions opt;
  const char *dump;   /* comma-separated stages, or NULL */
  bool stats;
  const char *x_options[16]; /* -X NAME[=VALUE], for sys._xoptions; NULL ends them */
  int first;          /* index of FILE, -c, - or show */
} Args;

static const struct { const char *name, *arg, *help; } options[] = {
#define OPTION(name, arg, help) {name, arg, help},
#include "script/options.def"
#undef OPTION
};

static void usage(FILE *f) {
  fputs("usage: replicant [OPTIONS] FILE.py [ARGS] | -c CODE [ARGS] | -m MODULE [ARGS] | - [ARGS]\n"
        "       replicant [OPTIONS] show FILE.py... [--frames N] [--size WxH] [--fps F] [--out DIR] [--workers N] [--stats]\n"
        "options:\n", f);
  for (size_t i = 0; i < countof(options); i++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].arg ? "=" : "", options[i].arg ? options[i].arg : "");
    fprintf(f, "  %-46s %s\n", left, options[i].help);
  }
}

NORETURN static void bad_usage(const char *fmt, const char *what) {
  fputs("replicant: ", stderr);
  fprintf(stderr, fmt, what);
  fputs("\n", stderr);
  usage(stderr);
  exit(2);
}

/* Word w (n bytes) in a list of names: its bit. */
static uint32_t bit_of(const char *w, size_t n, const char *const *names, const char *option) {
  for (int i = 0; names[i]; i++)
    if (strlen(names[i]) == n && memcmp(names[i], w, n) == 0) return 1u << i;
  char text[128];
  snprintf(text, sizeof text, "--%s: unknown word '%.*s'", option, (int)n, w);
  bad_usage("%s", text);
}

static uint32_t parse_words(const char *list, const char *const *names, const char *option, struct ContextOptions *numbers) {
  uint32_t bits = 0;
  while (*list) {
    size_t n = strcspn(list, ",");
    const char *eq = memchr(list, '=', n);
    uint32_t bit = bit_of(list, eq ? (size_t)(eq - list) : n, names, option);
    if (eq && numbers) *(bit == STRESS_DEOPT ? &numbers->stress_deopt_n : &numbers->stress_n) = (uint32_t)strtoul(eq + 1, NULL, 10);
    bits |= bit;
    list += n + (list[n] == ',');
  }
  return bits;
}

static const char *const trace_words[] = {"calls", "gc", "compile", "deopt", "frames", NULL};
static const char *const stress_words[] = {"gc", "deopt", "threads", "alloc-fail", "scribble", "quarantine", "gc-continuous", "gc-stw",
                                            "gc-verify", NULL};

static void parse_option(Args *a, const char *name, size_t n, const char *value) {
#define IS(s) (n == strlen(s) && memcmp(name, s, n) == 0)
  if (IS("help")) {
    usage(stdout);
    exit(0);
  } else if (IS("version")) {
    puts("Replicant 0.1 (Python 3.11)");
    exit(0);
  } else if (IS("stats")) {
    a->stats = a->opt.stats = true;
  } else if (IS("tier") && value) {
    a->opt.tier = strcmp(value, "auto") == 0 ? 0 : strcmp(value, "interp") == 0 ? 1 : strcmp(value, "native") == 0 ? 2 : -1;
    if (a->opt.tier < 0) bad_usage("--tier: auto, interp or native, not '%s'", value);
  } else if (IS("dump") && value) {
    a->opt.native_dump = strstr(value, "llvm") ? 1 : 0;
    if (strstr(value, "asm")) a->opt.native_dump |= 2;
    a->dump = a->opt.native_dump ? NULL : value; /* native code exists only once the program has run hot */
  } else if (IS("trace") && value) {
    a->opt.trace = parse_words(value, trace_words, "trace", NULL);
  } else if (IS("stress") && value) {
    a->opt.stress_n = 1;
    a->opt.stress_deopt_n = 13;
    a->opt.stress = parse_words(value, stress_words, "stress", &a->opt);
  } else if (IS("workers") && value) {
    a->opt.workers = atoi(value);
    if (a->opt.workers < 1 || a->opt.workers > 256) bad_usage("--workers: 1..256, not '%s'", value);
  } else if (IS("memory-limit") && value) {
    a->opt.memory_limit = (size_t)strtoull(value, NULL, 10) << 20;
  } else {
    char text[64];
    snprintf(text, sizeof text, "--%.*s", (int)n, name);
    bad_usage("unknown option or missing value: %s", text);
  }
#undef IS
}

/* python3's own switches, as programs pass them on to sys.executable: letters may stand together. Those that only turn off what is not there are taken and
** mean nothing: no byte code is written (-B), there is no banner (-q), no folder of the user's (-s). False: not one of them. */
static bool parse_letters(Args *a, int argc, char **argv, int *i) {
  const char *p = argv[*i] + 1;
  if (argv[*i][0] != '-' || !*p || strspn(p, "EIBqsSX") == 0) return false;
  for (; *p && *p != 'X'; p++) {
    if (!strchr("EIBqsS", *p)) bad_usage("unknown option: %s", argv[*i]);
    if (*p == 'E' || *p == 'I') a->opt.isolated = true;
    if (*p == 'S') a->opt.no_site = true;
  }
  if (!*p) return true;
  size_t n = 0;
  while (n < countof(a->x_options) - 1 && a->x_options[n]) n++;
  a->x_options[n] = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
  if (!a->x_options[n]) bad_usage("%s", "argument expected for the -X option");
  return true;
}

static bool set_x_options(RpThread *th, const Args *a) {
  Value all = dict_get_c(th, th->ctx->sys_dict, "_xoptions");
  for (size_t i = 0; all != EMPTY && i < countof(a->x_options) && a->x_options[i]; i++) {
    const char *eq = strchr(a->x_options[i], '=');
    Str *name = eq ? str_from_utf8(th, a->x_options[i], (size_t)(eq - a->x_options[i])) : str_from_c(th, a->x_options[i]);
    Str *value = eq ? str_from_c(th, eq + 1) : NULL;
    if (!name || (eq && !value) || dict_set_str(th, as_dict(all), name, value ? value_object(value) : TRUE_V) < 0) return false;
  }
  return true;
}

static Args parse_args(int argc, char **argv) {
  Args a = {0};
  int i = 1;
  for (; i < argc && ((strncmp(argv[i], "--", 2) == 0 && argv[i][2]) || parse_letters(&a, argc, argv, &i)); i++) {
    if (strncmp(argv[i], "--", 2) != 0) continue;
    const char *eq = strchr(argv[i], '=');
    size_t n = eq ? (size_t)(eq - argv[i]) - 2 : strlen(argv[i]) - 2;
    parse_option(&a, argv[i] + 2, n, eq ? eq + 1 : NULL);
  }
  a.first = i;
  return a;
}

static char *read_stdin(size_t *n) { return read_file("/dev/stdin", n); }

/* One clear line, exit status 2, as python3 words it. */
static int cannot_open(const char *path, int err) {
  fprintf(stderr, "replicant: can't open file '%s': [Errno %d] %s\n", path, err, strerror(err));
  return 2;
}

static int run_program(Args *a, int argc, char **argv) {
  const char *what = argv[a->first];
  char *src = NULL;
  size_t n = 0;
  const char *name = what, *path = NULL, *module = NULL;
  if (strcmp(what, "-c") == 0) {
    if (a->first + 1 >= argc) bad_usage("%s", "argument expected for the -c option");
    src = strdup(argv[a->first + 1]);
    n = strlen(src);
    name = "<string>";
    argv[a->first + 1] = (char *)"-c";
    a->first++;
  } else if (strcmp(what, "-m") == 0) {
    if (a->first + 1 >= argc) bad_usage("%s", "argument expected for the -m option");
    module = argv[a->first + 1];
    argv[++a->first] = (char *)"-m";
    src = strdup("");
  } else if (strcmp(what, "-") == 0) {
    src = read_stdin(&n);
    name = "<stdin>";
  } else {
    struct stat st;
    path = what;
    if (stat(what, &st) == 0 && S_ISDIR(st.st_mode)) {
      fprintf(stderr, "replicant: can't find '__main__' module in '%s'\n", what);
      return 1;
    }
    src = read_file(what, &n);
  }
  if (!src) return cannot_open(what, errno);
  if (a->dump) {
    int rc = dump_stages(a->dump, src, n, name);
    free(src);
    return rc;
  }
  a->opt.recursion_limit = 1000;
  RpContext *ctx = context_new(&a->opt);
  if (!ctx) {
    fputs("replicant: out of memory\n", stderr);
    return 1;
  }
  RpThread *th = ctx->main_thread;
  int status = 0;
  signals_start(ctx);
  if (!set_x_options(th, a) || !set_argv(th, argc - a->first, argv + a->first) || !(module ? run_main_module(th, module) : run_main_source(th, src, n, name, path))) status = report_exit(th);
  free(src);
  if (!flush_std_streams(th) && status == 0) status = 120;
  context_finish(ctx);
  if (a->stats) stats_print(stderr, ctx);
#ifdef RP_DEBUG
  context_free(ctx); /* checks the way down */
#endif
  /* The operating system returns the memory faster, and nobody waits for a compilation that is under way. */
  fflush(NULL);
  if (status == STATUS_INTERRUPTED) { /* so that the shell sees what ended us */
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
  }
  _exit(status & 0xFF);
}

int main(int argc, char **argv) {
  Args a = parse_args(argc, argv);
  if (a.first >= argc) {
    if (isatty(0)) {
      usage(stderr);
      return 2;
    }
    argv[--a.first] = (char *)"-";
  }
  script_install_hooks();
  if (strcmp(argv[a.first], "show") == 0) return show_main(&a.opt, a.stats, argc - a.first - 1, argv + a.first + 1);

  return run_program(&a, argc, argv);
}
