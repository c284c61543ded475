/* run.c: see run.h. */
#include "script/run.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include "compiler/lower.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/interp.h"
#include "runtime/io.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/str.h"
#include "script/host.h"
#include "script/native.h"
#include "script/viz.h"

static void install(void) {
  rt_hooks.compile = compile_source;
  rt_hooks.modules = host_modules;
  rt_hooks.pack_object = viz_pack_object;
  native_install_hooks();
}

void script_install_hooks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

char *read_file(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  size_t cap = 1 << 16, len = 0;
  char *buf = malloc(cap + 1);
  while (buf) {
    len += fread(buf + len, 1, cap - len, f);
    if (len < cap) break;
    char *bigger = realloc(buf, (cap *= 2) + 1);
    if (!bigger) free(buf);
    buf = bigger;
  }
  int err = ferror(f) ? errno ? errno : EIO : 0;
  fclose(f);
  if (!buf || err) {
    free(buf);
    errno = buf ? err : ENOMEM;
    return NULL;
  }
  buf[len] = 0;
  *n = len;
  return buf;
}

bool set_argv(RpThread *th, int argc, char **argv) {
  List *list = list_new(th, (size_t)argc);
  for (int i = 0; list && i < argc; i++) {
    Str *s = str_from_utf8(th, argv[i], strlen(argv[i]));
    if (!s || list_append(th, list, value_object(s)) < 0) return false;
  }
  return list && dict_set_str(th, th->ctx->sys_dict, S(argv), value_object(list)) == 0;
}

/* sys.path[0]: the script's folder, as python3 (symbolic links resolved), or "". */
static int set_path0(RpThread *th, const char *path) {
  Str *s;
  if (path) {
    char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    s = slash ? str_from_utf8(th, real, slash == real ? 1 : (size_t)(slash - real)) : str_empty_;
    free(real);
  } else {
    s = str_empty_;
  }
  Value list = dict_get_str(th->ctx->sys_dict, S(path));
  if (!s || list == EMPTY || !list_check(list)) return -1;
  return list_insert(th, as_list(list), 0, value_object(s));
}

/* As python3 names its script since 3.9: absolute, links kept. */
static Str *absolute_path(RpThread *th, const char *path) {
  char cwd[4096];
  if (path[0] == '/' || !getcwd(cwd, sizeof cwd)) return str_from_utf8(th, path, strlen(path));
  if (strncmp(path, "./", 2) == 0) path += 2;
  return str_fmt(th, "%s/%s", cwd, path);
}

bool run_main_source(RpThread *th, const char *src, size_t n, const char *name, const char *path) {
  RpContext *ctx = th->ctx;
  Str *filename = path ? absolute_path(th, path) : str_from_utf8(th, name, strlen(name));
  if (!filename || set_path0(th, path) < 0) return false;
  Value main_v = dict_get_str(ctx->sys_modules, S(__main__));
  Module *m = main_v == EMPTY ? module_new(th, S(__main__)) : (Module *)as_object(main_v);
  if (!m || dict_set_str(th, ctx->sys_modules, S(__main__), value_object(m)) < 0) return false;
  Dict *d = m->dict;
  if (dict_set_str(th, d, S(__builtins__), value_object(ctx->builtins_module)) < 0) return false;
  if (path && (dict_set_str(th, d, S(__file__), value_object(filename)) < 0 || dict_set_str(th, d, S(__cached__), NONE) < 0)) return false;
  bool is_text = !path && strcmp(name, "<string>") == 0; /* -c CODE */
  Value code = rt_hooks.compile(th, src, n, filename, COMPILE_EXEC, is_text ? CF_SOURCE_IS_STR : CF_SOURCE_IS_FILE);
  if (code == EMPTY) return false;
  return code_exec(th, (Code *)as_object(code), d, EMPTY) != EMPTY;
}

bool run_main_module(RpThread *th, const char *name) {
  char cwd[4096];
  Value path = dict_get_str(th->ctx->sys_dict, S(path)), main_v = dict_get_str(th->ctx->sys_modules, S(__main__));
  Str *folder = str_from_c(th, getcwd(cwd, sizeof cwd) ? cwd : ""), *module = str_from_c(th, name);
  if (!folder || !module || path == EMPTY || !list_check(path) || list_insert(th, as_list(path), 0, value_object(folder)) < 0) return false;
  Module *m = main_v == EMPTY ? module_new(th, S(__main__)) : (Module *)as_object(main_v);
  if (!m || dict_set_str(th, th->ctx->sys_modules, S(__main__), value_object(m)) < 0) return false;
  if (dict_set_str(th, m->dict, S(__builtins__), value_object(th->ctx->builtins_module)) < 0) return false;
  Value runpy = import_module_c(th, "runpy");
  Value run = runpy == EMPTY ? EMPTY : op_getattr(th, runpy, str_intern_c(th, "_run_module_as_main"));
  return run != EMPTY && op_call1(th, run, value_object(module)) != EMPTY;
}

static bool is_closed(RpThread *th, Value f) {
  Value c = op_getattr_opt(th, f, str_intern_c(th, "closed"));
  bool yes = c != EMPTY && op_truth(th, c) == 1;
  error_clear(th);
  return yes;
}
bool flush_std_streams(RpThread *th) {
  bool ok = true;
  Str *const streams[] = {S(stdout), S(stderr)};
  Value saved = th->pending;
  th->pending = EMPTY;
  for (int i = 0; i < 2; i++) {
    Value f = dict_get_str(th->ctx->sys_dict, streams[i]);
    if (f == EMPTY || f == NONE || text_is_clean(f) || is_closed(th, f)) continue;
    if (op_call_method(th, f, S(flush), NULL, 0) == EMPTY) {
      error_clear(th);
      ok = false;
    }
  }
  th->pending = saved;
  return ok;
}

/* SystemExit: None 0, an int its low byte, anything else is printed and means 1. */
static int exit_status(RpThread *th, Value exc) {
  Value code = op_getattr_opt(th, exc, S(code));
  error_clear(th);
  if (code == EMPTY || code == NONE) return 0;
  int64_t n;
  if (int_check(code)) return int_as_i64(code, &n) ? (int)(n & 0xFF) : 255;
  Str *s = op_str(th, code);
  size_t len;
  const char *text = s ? str_utf8(th, s, &len) : NULL;
  if (text) fprintf(stderr, "%s\n", text);
  error_clear(th);
  return 1;
}

int report_exit(RpThread *th) {
  Value exc = error_take(th);
  if (value_is_instance(exc, &type_SystemExit)) {
    int status = exit_status(th, exc);
    flush_std_streams(th);
    return status;
  }
  flush_std_streams(th);
  Value hook = dict_get_c(th, th->ctx->sys_dict, "excepthook");
  Value tb = ((Exception *)as_object(exc))->traceback;
  if (hook == EMPTY || op_call3(th, hook, value_object(type_of(exc)), exc, tb == EMPTY ? NONE : tb) == EMPTY) {
    error_clear(th);
    error_print(th, exc);
  }
  flush_std_streams(th);
  return value_is_instance(exc, &type_KeyboardInterrupt) ? STATUS_INTERRUPTED : 1;
}
