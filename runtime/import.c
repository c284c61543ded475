/* import.c: the import statement: sys.modules, packages, native and source modules found along a path, one lock per module being loaded.
**
** The finder and loader are native so that nothing of importlib is needed to start. Finders that a program puts on sys.meta_path are asked
** first; importlib, once imported, works beside this machinery on the same sys.modules. Design: runtime/import.md. */
#include "runtime/import.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/interp.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/sched.h"

#include <errno.h>
#include <fcntl.h>

/* -- Modules being loaded ---------------------------------------------------------------------------------------------------- */

/* One entry per load in progress. Another thread that wants the module waits for it, unless that would close a ring of waiting threads: then
** it goes on with the half-made module, as within one thread. */
typedef struct Loading { struct Loading *next; char *name; RpThread *owner; int depth; } Loading;
typedef struct Waiter { struct Waiter *next; RpThread *th; Loading *on; /* NULL: that load is over */ } Waiter;
typedef struct ImportState {
  pthread_mutex_t mutex;
  pthread_cond_t done;
  Loading *loading;
  Waiter *waiters;
  _Atomic int n_loading; /* 0: no import needs to look at the list */
} ImportState;

int import_context_init(RpThread *th) {
  ImportState *st = calloc(1, sizeof *st);
  if (!st) return raise_memory(th), -1;
  pthread_mutex_init(&st->mutex, NULL);
  pthread_cond_init(&st->done, NULL);
  th->ctx->import_state = st;
  return 0;
}

void import_context_free(RpContext *ctx) {
  ImportState *st = ctx->import_state;
  if (!st) return;
  pthread_mutex_destroy(&st->mutex);
  pthread_cond_destroy(&st->done);
  free(st);
  ctx->import_state = NULL;
}

static Loading *find_loading(ImportState *st, const char *name) {
  for (Loading *l = st->loading; l; l = l->next)
    if (strcmp(l->name, name) == 0) return l;
  return NULL;
}

static bool would_deadlock(const ImportState *st, const Loading *l, const RpThread *th) {
  for (int steps = 0; steps < 1000; steps++) {
    if (l->owner == th) return true;
    const Waiter *w = st->waiters;
    while (w && w->th != l->owner) w = w->next;
    if (!w || !w->on) return false;
    l = w->on;
  }
  return true;
}

static void wait_for(RpThread *th, ImportState *st, const char *name) {
  Waiter me = {.th = th};
  Loading *l;
  if (unlikely(th->ctx->sched != NULL)) {
    for (;;) {
      pthread_mutex_lock(&st->mutex);
      l = find_loading(st, name);
      bool wait = l && !would_deadlock(st, l, th);
      me.on = l;
      me.next = st->waiters;
      if (wait) st->waiters = &me;
      pthread_mutex_unlock(&st->mutex);
      if (!wait) return;
      sched_yield_now(th);
      pthread_mutex_lock(&st->mutex);
      Waiter **p = &st->waiters;
      while (*p != &me) p = &(*p)->next;
      *p = me.next;
      pthread_mutex_unlock(&st->mutex);
    }
  }
  thread_enter_safe(th);
  pthread_mutex_lock(&st->mutex);
  while ((l = find_loading(st, name)) && !would_deadlock(st, l, th)) {
    me.on = l;
    me.next = st->waiters;
    st->waiters = &me;
    pthread_cond_wait(&st->done, &st->mutex);
    Waiter **p = &st->waiters;
    while (*p != &me) p = &(*p)->next;
    *p = me.next;
  }
  pthread_mutex_unlock(&st->mutex);
  thread_leave_safe(th);
}

/* Starts loading: true when this thread is to do it. */
static bool begin_loading(RpThread *th, ImportState *st, const char *name) {
  pthread_mutex_lock(&st->mutex);
  bool mine = !find_loading(st, name);
  if (mine) {
    Loading *l = calloc(1, sizeof *l);
    if (l) {
      l->name = strdup(name);
      l->owner = th;
      l->next = st->loading;
      st->loading = l;
      atomic_fetch_add(&st->n_loading, 1);
    }
  }
  pthread_mutex_unlock(&st->mutex);
  return mine;
}

static void end_loading(ImportState *st, const char *name) {
  pthread_mutex_lock(&st->mutex);
  for (Loading **p = &st->loading; *p; p = &(*p)->next) {
    if (strcmp((*p)->name, name) != 0) continue;
    Loading *l = *p;
    *p = l->next;
    for (Waiter *w = st->waiters; w; w = w->next)
      if (w->on == l) w->on = NULL;
    free(l->name);
    free(l);
    atomic_fetch_sub(&st->n_loading, 1);
    break;
  }
  pthread_cond_broadcast(&st->done);
  pthread_mutex_unlock(&st->mutex);
}

/* -- ModuleSpec ------------------------------------------------------------------------------------------------------------------ */

static int put_attr(RpThread *th, Value spec, const char *name, Value v) {
  Str *s = str_intern_c(th, name);
  return s ? object_setattr(th, spec, s, v) : -1;
}

Value import_spec_new(RpThread *th, Str *name, List *search, const char *origin, bool has_location) {
  Value spec = value_object(type_alloc(th, &type_module_spec));
  if (spec == EMPTY) return EMPTY;
  Value where = origin ? value_object(str_from_utf8(th, origin, strlen(origin))) : NONE;
  if (where == EMPTY || object_setattr(th, spec, S(name), value_object(name)) < 0 || put_attr(th, spec, "loader", NONE) < 0 ||
      put_attr(th, spec, "origin", where) < 0 || put_attr(th, spec, "loader_state", NONE) < 0 ||
      put_attr(th, spec, "submodule_search_locations", search ? value_object(search) : NONE) < 0 ||
      put_attr(th, spec, "_set_fileattr", value_bool(has_location)) < 0 || put_attr(th, spec, "_cached", NONE) < 0 ||
      put_attr(th, spec, "_initializing", FALSE_V) < 0 || put_attr(th, spec, "_uninitialized_submodules", value_object(list_new(th, 0))) < 0)
    return EMPTY;
  return spec;
}

static int ms_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"ModuleSpec", NULL, "(name, loader, *, origin=None, loader_state=None, is_package=None)", 0, NULL, NULL};
  Value a[5];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return -1;
  int package = a[4] == EMPTY ? 0 : op_truth(th, a[4]);
  if (package < 0) return -1;
  Value search = package ? value_object(list_new(th, 0)) : NONE;
  if (search == EMPTY || object_setattr(th, self, S(name), a[0]) < 0 || put_attr(th, self, "loader", a[1]) < 0 ||
      put_attr(th, self, "origin", a[2] == EMPTY ? NONE : a[2]) < 0 || put_attr(th, self, "loader_state", a[3] == EMPTY ? NONE : a[3]) < 0 ||
      put_attr(th, self, "submodule_search_locations", search) < 0 || put_attr(th, self, "_set_fileattr", FALSE_V) < 0 ||
      put_attr(th, self, "_initializing", FALSE_V) < 0 || put_attr(th, self, "_uninitialized_submodules", value_object(list_new(th, 0))) < 0)
    return -1;
  return put_attr(th, self, "_cached", NONE);
}

static Value get_attr(RpThread *th, Value self, const char *name) { return op_getattr(th, self, str_intern_c(th, name)); }

static Value ms_repr(RpThread *th, Value self) {
  Value name = get_attr(th, self, "name"), origin = name == EMPTY ? EMPTY : get_attr(th, self, "origin");
  if (origin == EMPTY) return EMPTY;
  if (origin == NONE) return value_object(str_fmt(th, "ModuleSpec(name=%V, loader=%V)", name, get_attr(th, self, "loader")));
  return value_object(str_fmt(th, "ModuleSpec(name=%V, loader=%V, origin=%V)", name, get_attr(th, self, "loader"), origin));
}

static Value ms_parent(RpThread *th, Value self) {
  Value name = get_attr(th, self, "name"), search = name == EMPTY ? EMPTY : get_attr(th, self, "submodule_search_locations");
  if (search == EMPTY || !str_check(name)) return EMPTY;
  if (search != NONE) return name;
  uint32_t dot = as_str(name)->length;
  while (dot > 0 && str_at(as_str(name), dot - 1) != '.') dot--;
  return value_object(dot ? str_slice(th, as_str(name), 0, dot - 1) : str_empty_);
}
static Value ms_cached(RpThread *th, Value self) { return get_attr(th, self, "_cached"); }
static int ms_set_cached(RpThread *th, Value self, Value v) { return put_attr(th, self, "_cached", v); }
static Value ms_has_location(RpThread *th, Value self) { return get_attr(th, self, "_set_fileattr"); }
static int ms_set_has_location(RpThread *th, Value self, Value v) {
  int t = v == EMPTY ? 0 : op_truth(th, v);
  return t < 0 ? -1 : put_attr(th, self, "_set_fileattr", value_bool(t));
}

const TypeSpec spec_module_spec = {
    .doc = "The specification for a module, used for loading.",
    .size = sizeof(Instance),
    .slots = {.init = ms_init, .repr = ms_repr, .new_ = NULL},
    .getsets = (const GetSetDef[]){{"parent", ms_parent, NULL, "The name of the module's parent."},
                                   {"cached", ms_cached, ms_set_cached, NULL},
                                   {"has_location", ms_has_location, ms_set_has_location, NULL},
                                   {0}},
};

/* -- Finding --------------------------------------------------------------------------------------------------------------------------- */

typedef enum FoundKind { FOUND_NONE, FOUND_NATIVE, FOUND_SOURCE, FOUND_PACKAGE, FOUND_NAMESPACE } FoundKind;
typedef struct Found { FoundKind kind; char *file; char *dir; List *portions; } Found;

static char *join(const char *dir, size_t n, const char *name, const char *tail) {
  size_t size = n + strlen(name) + strlen(tail) + 2;
  char *p = malloc(size);
  if (p) snprintf(p, size, "%.*s%s%s%s", (int)n, dir, n && dir[n - 1] != '/' ? "/" : "", name, tail);
  return p;
}

static bool is_file(RpContext *ctx, const char *path) {
  struct stat st;
  return ctx->os->stat(ctx->os_data, path, &st, 1) == 0 && S_ISREG(st.st_mode);
}
static bool is_dir(RpContext *ctx, const char *path) {
  struct stat st;
  return ctx->os->stat(ctx->os_data, path, &st, 1) == 0 && S_ISDIR(st.st_mode);
}

/* One folder. 1 found, 0 not, -1 pending. */
static int find_in(RpThread *th, const char *dir, const char *name, Found *out) {
  RpContext *ctx = th->ctx;
  size_t n = strlen(dir);
  char *pkg = join(dir, n, name, "");
  char *init = join(dir, n, name, "/__init__.py"), *file = join(dir, n, name, ".py");
  int r = 0;
  if (!pkg || !init || !file) {
    raise_memory(th);
    r = -1;
  } else if (is_dir(ctx, pkg)) {
    if (is_file(ctx, init)) {
      *out = (Found){FOUND_PACKAGE, init, pkg, NULL};
      init = pkg = NULL;
      r = 1;
    } else if (!is_file(ctx, file)) {
      if (!out->portions && !(out->portions = list_new(th, 1))) r = -1;
      Str *s = r < 0 ? NULL : str_from_utf8(th, pkg, strlen(pkg));
      if (r == 0 && (!s || list_append(th, out->portions, value_object(s)) < 0)) r = -1;
    }
  }
  if (r == 0 && file && is_file(ctx, file)) {
    *out = (Found){FOUND_SOURCE, file, NULL, NULL};
    file = NULL;
    r = 1;
  }
  free(pkg);
  free(init);
  free(file);
  return r;
}

/* Along a path (any iterable of str). */
static int find_on_path(RpThread *th, Value path, const char *name, Found *out) {
  List *l = op_to_list(th, path);
  if (!l) return -1;
  for (uint32_t i = 0; i < list_len(l); i++) {
    Value v = list_get_fast(l, i);
    if (v == EMPTY || !str_check(v)) continue;
    const char *dir = str_utf8(th, as_str(v), NULL);
    if (!dir) {
      error_clear(th);
      continue;
    }
    char cwd[4096];
    if (!*dir) {
      if (!th->ctx->os->getcwd(th->ctx->os_data, cwd, sizeof cwd)) continue;
      dir = cwd;
    }
    int r = find_in(th, dir, name, out);
    if (r) return r;
  }
  if (out->portions) out->kind = FOUND_NAMESPACE;
  return 0;
}

/* -- Loading ------------------------------------------------------------------------------------------------------------------------------ */

static char *read_all(RpThread *th, const char *path, size_t *n) {
  RpContext *ctx = th->ctx;
  int fd = ctx->os->open(ctx->os_data, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return raise_os(th, errno, value_object(str_from_c(th, path))), NULL;
  size_t cap = 1 << 15, len = 0;
  char *buf = malloc(cap + 1);
  while (buf) {
    ssize_t r = ctx->os->read(ctx->os_data, fd, buf + len, cap - len);
    if (r < 0) {
      int err = errno;
      free(buf);
      ctx->os->close(ctx->os_data, fd);
      return raise_os(th, err, value_object(str_from_c(th, path))), NULL;
    }
    if (r == 0) break;
    len += (size_t)r;
    if (len == cap) {
      char *bigger = realloc(buf, (cap *= 2) + 1);
      if (!bigger) free(buf);
      buf = bigger;
    }
  }
  ctx->os->close(ctx->os_data, fd);
  if (!buf) return raise_memory(th), NULL;
  buf[len] = 0;
  *n = len;
  return buf;
}

static int fill_module(RpThread *th, Module *m, Str *name, const Found *f, Str *file) {
  Dict *d = m->dict;
  List *search = NULL;
  if (f->kind == FOUND_PACKAGE) {
    Str *dir = str_from_utf8(th, f->dir, strlen(f->dir));
    Value v = value_object(dir);
    search = dir ? list_from(th, &v, 1) : NULL;
    if (!search) return -1;
  } else if (f->kind == FOUND_NAMESPACE) search = f->portions;
  Value spec = import_spec_new(th, name, search, f->file, file != NULL);
  if (spec == EMPTY || dict_set_str(th, d, S(__spec__), spec) < 0) return -1;
  Value package = ms_parent(th, spec);
  if (package == EMPTY || dict_set_str(th, d, S(__package__), package) < 0) return -1;
  if (search && dict_set_str(th, d, S(__path__), value_object(search)) < 0) return -1;
  if (file && (dict_set_str(th, d, S(__file__), value_object(file)) < 0 || dict_set_str(th, d, S(__cached__), NONE) < 0)) return -1;
  if (dict_set_str(th, d, S(__builtins__), value_object(th->ctx->builtins_module)) < 0) return -1;
  return put_attr(th, spec, "_initializing", TRUE_V);
}

static int run_module(RpThread *th, Module *m, Str *file, const char *path) {
  size_t n;
  char *src = read_all(th, path, &n);
  if (!src) return -1;
  Value code = rt_hooks.compile(th, src, n, file, COMPILE_EXEC, 0);
  free(src);
  if (code == EMPTY) return -1;
  return code_exec(th, (Code *)as_object(code), m->dict, EMPTY) == EMPTY ? -1 : 0;
}

static Value load_found(RpThread *th, Str *name, const Found *f) {
  Dict *modules = th->ctx->sys_modules;
  Module *m = module_new(th, name);
  Str *file = f->file ? str_from_utf8(th, f->file, strlen(f->file)) : NULL;
  if (!m || (f->file && !file) || fill_module(th, m, name, f, file) < 0) return EMPTY;
  if (dict_set_str(th, modules, name, value_object(m)) < 0) return EMPTY;
  if (f->kind != FOUND_NAMESPACE && run_module(th, m, file, f->file) < 0) {
    Value e = error_take(th);
    dict_del_str(th, modules, name);
    th->pending = e;
    return EMPTY;
  }
  Value spec = dict_get_str(m->dict, S(__spec__));
  if (spec != EMPTY && spec != NONE && put_attr(th, spec, "_initializing", FALSE_V) < 0) error_clear(th);
  Value now = dict_get_str(modules, name);
  if (now != EMPTY) return now;
  return raise_key(th, value_object(name));
}

COLD static Value not_found(RpThread *th, Str *name, Str *parent) {
  if (parent) raise_error(th, &type_ModuleNotFoundError, "No module named '%S'; '%S' is not a package", name, parent);
  else raise_error(th, &type_ModuleNotFoundError, "No module named '%S'", name);
  if (th->pending != EMPTY) exc_set_field(th, th->pending, EXC_ImportError_name, value_object(name));
  return EMPTY;
}

/* Finders of the program on sys.meta_path, asked in order; those that importlib installs itself are skipped: this file is their equal. */
static Value ask_meta_path(RpThread *th, Str *name, Value path) {
  Value list = dict_get_c(th, th->ctx->sys_dict, "meta_path");
  if (list == EMPTY || !list_check(list)) return EMPTY;
  for (uint32_t i = 0; i < list_len(as_list(list)); i++) {
    Value finder = list_get_fast(as_list(list), i);
    if (finder == EMPTY) break;
    if (has_kind(finder, K_TYPE)) {
      Str *t = ((Type *)as_object(finder))->name;
      if (str_eq_c(t, "BuiltinImporter") || str_eq_c(t, "FrozenImporter") || str_eq_c(t, "PathFinder")) continue;
    }
    Value find = op_getattr_opt(th, finder, str_intern_c(th, "find_spec"));
    if (find == EMPTY) {
      if (th->pending != EMPTY) return EMPTY;
      continue;
    }
    Value spec = op_call3(th, find, value_object(name), path, NONE);
    if (spec == EMPTY) return EMPTY;
    if (spec == NONE) continue;
    Value bootstrap = import_module_c(th, "importlib._bootstrap");
    Value load = bootstrap == EMPTY ? EMPTY : op_getattr(th, bootstrap, str_intern_c(th, "_load_unlocked"));
    return load == EMPTY ? EMPTY : op_call1(th, load, spec);
  }
  return EMPTY;
}

/* Once importlib is there, its own finders are put on sys.meta_path so that importlib.import_module works through them. */
static int after_load(RpThread *th, Str *name) {
  if (!str_eq_c(name, "importlib")) return 0;
  Value b = import_module_c(th, "importlib._bootstrap"), e = b == EMPTY ? EMPTY : import_module_c(th, "importlib._bootstrap_external");
  Value imp = e == EMPTY ? EMPTY : import_module_c(th, "_imp");
  if (imp == EMPTY) return -1;
  Str *install = str_intern_c(th, "_install");
  Value args[2] = {value_object(th->ctx->sys_module), imp};
  if (op_call_method(th, b, install, args, 2) == EMPTY) return -1;
  Str *ours = str_intern_c(th, "_find_and_load"); /* one list of what is being loaded: importlib's own locks know nothing of ours */
  Value find = op_getattr(th, imp, ours);
  if (find == EMPTY || op_setattr(th, b, ours, find) < 0) return -1;
  return op_call_method(th, e, install, &b, 1) == EMPTY ? -1 : 0;
}

static Value find_and_load(RpThread *th, Str *name, Value path, const char *tail, Str *parent) {
  Value m = ask_meta_path(th, name, path);
  if (m != EMPTY || th->pending != EMPTY) return m;
  if (path == NONE) {
    m = module_import_native(th, name);
    if (m != EMPTY || th->pending != EMPTY) return m;
    path = dict_get_str(th->ctx->sys_dict, S(path));
    if (path == EMPTY) return raise_runtime(th, "sys.path must be a list of directory names");
  } else {
    m = module_import_native(th, name); /* a native submodule */
    if (m != EMPTY || th->pending != EMPTY) return m;
  }
  Found f = {0};
  int r = find_on_path(th, path, tail, &f);
  if (r < 0) return EMPTY;
  m = f.kind == FOUND_NONE ? not_found(th, name, parent) : load_found(th, name, &f);
  free(f.file);
  free(f.dir);
  if (m != EMPTY && after_load(th, name) < 0) return EMPTY;
  return m;
}

static Value import_absolute(RpThread *th, Str *name);

/* name is not in sys.modules: its parent first, then itself, bound as the parent's attribute. */
static Value load_new(RpThread *th, Str *name) {
  uint32_t dot = name->length;
  while (dot > 0 && str_at(name, dot - 1) != '.') dot--;
  Value parent = EMPTY, path = NONE;
  Str *tail = name;
  if (dot) {
    Str *pname = str_slice(th, name, 0, dot - 1);
    pname = pname ? str_intern(th, pname) : NULL;
    parent = pname ? import_absolute(th, pname) : EMPTY;
    if (parent == EMPTY) return EMPTY;
    Value again = dict_get_str(th->ctx->sys_modules, name);
    if (again != EMPTY) return again;
    path = op_getattr_opt(th, parent, S(__path__));
    if (path == EMPTY) {
      if (th->pending != EMPTY) return EMPTY;
      return not_found(th, name, pname);
    }
    tail = str_slice(th, name, dot, name->length);
    if (!tail || !(tail = str_intern(th, tail))) return EMPTY;
  }
  const char *utf8 = str_utf8(th, tail, NULL);
  if (!utf8) return EMPTY;
  Value m = find_and_load(th, name, path, utf8, NULL);
  if (m != EMPTY && parent != EMPTY && op_setattr(th, parent, tail, m) < 0) {
    if (!error_is(th, &type_AttributeError)) return EMPTY;
    error_clear(th);
  }
  return m;
}

static Value import_absolute(RpThread *th, Str *name) {
  ImportState *st = th->ctx->import_state;
  const char *utf8 = NULL;
  while (true) {
    Value m = dict_get_str(th->ctx->sys_modules, name);
    if (m == NONE) {
      raise_error(th, &type_ModuleNotFoundError, "import of %S halted; None in sys.modules", name);
      if (th->pending != EMPTY) exc_set_field(th, th->pending, EXC_ImportError_name, value_object(name));
      return EMPTY;
    }
    if (m != EMPTY && (!thread_multi(th) || atomic_load(&st->n_loading) == 0)) return m;
    if (!utf8 && !(utf8 = str_utf8(th, name, NULL))) return EMPTY;
    if (m != EMPTY) {
      wait_for(th, st, utf8);
      m = dict_get_str(th->ctx->sys_modules, name);
      if (m != EMPTY) return m;
      continue;
    }
    if (begin_loading(th, st, utf8)) {
      m = dict_get_str(th->ctx->sys_modules, name);
      if (m == EMPTY) m = load_new(th, name);
      end_loading(st, utf8);
      return m;
    }
    wait_for(th, st, utf8);
    if (dict_get_str(th->ctx->sys_modules, name) == EMPTY) return load_new(th, name); /* a ring, or the other's load failed */
  }
}

Value import_find_and_load(RpThread *th, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "module name must be str, not %T", a[0]);
  Str *name = str_intern(th, as_str(a[0]));
  Value m = name ? import_absolute(th, name) : EMPTY;
  if (m != EMPTY || !error_is(th, &type_ModuleNotFoundError)) return m;
  Value pending = error_take(th), missing = op_getattr_opt(th, pending, S(name));
  if (missing != value_object(name)) return error_clear(th), raise_value_object(th, pending);
  Value bootstrap = import_module_c(th, "importlib._bootstrap"); /* knows sys.path_hooks */
  return bootstrap == EMPTY ? EMPTY : op_call_method(th, bootstrap, str_intern_c(th, "_find_and_load_unlocked"), a, 2);
}

Value import_module_c(RpThread *th, const char *name) {
  Str *s = str_intern_c(th, name);
  return s ? import_absolute(th, s) : EMPTY;
}

/* -- Names ------------------------------------------------------------------------------------------------------------------------------------ */

/* The package that a relative import in these globals starts from. */
static Str *package_of(RpThread *th, Value globals) {
  if (globals == EMPTY || !dict_check(globals)) return raise_type(th, "globals must be a dict"), NULL;
  Dict *g = as_dict(globals);
  Value package = dict_get_str(g, S(__package__)), spec = dict_get_str(g, S(__spec__));
  if (package != EMPTY && package != NONE) {
    if (!str_check(package)) return raise_type(th, "package must be a string"), NULL;
    return as_str(package);
  }
  if (spec != EMPTY && spec != NONE) {
    Value parent = op_getattr(th, spec, str_intern_c(th, "parent"));
    if (parent == EMPTY) return NULL;
    if (!str_check(parent)) return raise_type(th, "__spec__.parent must be a string"), NULL;
    return as_str(parent);
  }
  Value name = dict_get_str(g, S(__name__));
  if (name == EMPTY) return raise_key(th, value_object(str_from_c(th, "'__name__' not in globals"))), NULL;
  if (!str_check(name)) return raise_type(th, "__name__ must be a string"), NULL;
  if (dict_get_str(g, S(__path__)) != EMPTY) return as_str(name);
  uint32_t dot = as_str(name)->length;
  while (dot > 0 && str_at(as_str(name), dot - 1) != '.') dot--;
  return dot ? str_slice(th, as_str(name), 0, dot - 1) : str_empty_;
}

static Str *absolute_name(RpThread *th, Str *name, Value globals, int level) {
  Str *package = package_of(th, globals);
  if (!package) return NULL;
  if (package->length == 0) {
    raise_error(th, &type_ImportError, "attempted relative import with no known parent package");
    return NULL;
  }
  uint32_t end = package->length;
  for (int i = 1; i < level; i++) {
    while (end > 0 && str_at(package, end - 1) != '.') end--;
    if (end == 0) {
      raise_error(th, &type_ImportError, "attempted relative import beyond top-level package");
      return NULL;
    }
    end--;
  }
  Str *base = str_slice(th, package, 0, end);
  if (!base) return NULL;
  Str *full = name->length ? str_fmt(th, "%S.%S", base, name) : base;
  return full ? str_intern(th, full) : NULL;
}

/* from package import a, b: submodules that are not attributes yet are imported. */
static int import_fromlist(RpThread *th, Value module, Value fromlist, bool recursive) {
  Tuple *names = op_to_tuple(th, fromlist);
  Value own = names ? op_getattr(th, module, S(__name__)) : EMPTY;
  if (own == EMPTY) return -1;
  for (uint64_t i = 0; i < names->length; i++) {
    Value v = names->items[i];
    if (!str_check(v)) {
      if (recursive) return raise_type(th, "Item in %V.__all__ must be str, not %T", own, v), -1;
      return raise_type(th, "Item in ``from list'' must be str, not %T", v), -1;
    }
    if (str_eq_c(as_str(v), "*")) {
      Value all = recursive ? EMPTY : op_getattr_opt(th, module, S(__all__));
      if (all == EMPTY && th->pending != EMPTY) return -1;
      if (all != EMPTY && import_fromlist(th, module, all, true) < 0) return -1;
      continue;
    }
    Value have = op_getattr_opt(th, module, as_str(v));
    if (have != EMPTY) continue;
    if (th->pending != EMPTY || !str_check(own)) return -1;
    Str *full = str_fmt(th, "%S.%S", as_str(own), as_str(v));
    full = full ? str_intern(th, full) : NULL;
    if (!full) return -1;
    if (import_absolute(th, full) != EMPTY) continue;
    if (!error_is(th, &type_ModuleNotFoundError)) return -1;
    Value missing = as_exc(th->pending)->fields[EXC_ImportError_name];
    if (missing == EMPTY || !str_check(missing) || !str_eq(as_str(missing), full)) return -1;
    error_clear(th);
  }
  return 0;
}

Value import_name(RpThread *th, Str *name, Value globals, Value fromlist, int level) {
  if (level < 0) return raise_value(th, "level must be >= 0");
  if (level == 0 && name->length == 0) return raise_value(th, "Empty module name");
  Str *full = level ? absolute_name(th, name, globals, level) : str_intern(th, name);
  Value m = full ? import_absolute(th, full) : EMPTY;
  if (m == EMPTY) return EMPTY;
  int has_from = fromlist == EMPTY || fromlist == NONE ? 0 : op_truth(th, fromlist);
  if (has_from < 0) return EMPTY;
  if (has_from) {
    Value path = op_getattr_opt(th, m, S(__path__));
    if (path == EMPTY) return th->pending == EMPTY ? m : EMPTY;
    return import_fromlist(th, m, fromlist, false) < 0 ? EMPTY : m;
  }
  /* import a.b.c binds a */
  uint32_t dot = 0;
  while (dot < name->length && str_at(name, dot) != '.') dot++;
  if (dot == name->length) return m;
  Str *top = str_slice(th, full, 0, full->length - (name->length - dot));
  return top && (top = str_intern(th, top)) ? import_absolute(th, top) : EMPTY;
}

Value import_from(RpThread *th, Value module, Str *name) {
  Value v = op_getattr_opt(th, module, name);
  if (v != EMPTY || th->pending != EMPTY) return v;
  Value own = op_getattr_opt(th, module, S(__name__));
  if (own == EMPTY && th->pending != EMPTY) return EMPTY;
  if (own != EMPTY && str_check(own)) {
    Str *full = str_fmt(th, "%S.%S", as_str(own), name);
    if (!full) return EMPTY;
    v = dict_get_str(th->ctx->sys_modules, full);
    if (v != EMPTY) return v;
  }
  Value file = op_getattr_opt(th, module, S(__file__));
  error_clear(th);
  Str *shown = own != EMPTY && str_check(own) ? as_str(own) : str_from_c(th, "<unknown module name>");
  if (!shown) return EMPTY;
  if (file == EMPTY || !str_check(file)) raise_error(th, &type_ImportError, "cannot import name %V from '%S' (unknown location)", value_object(name), shown);
  else if (module_initializing(th, module))
    raise_error(th, &type_ImportError, "cannot import name %V from partially initialized module '%S' (most likely due to a circular import) (%S)",
                value_object(name), shown, as_str(file));
  else raise_error(th, &type_ImportError, "cannot import name %V from '%S' (%S)", value_object(name), shown, as_str(file));
  if (th->pending != EMPTY) {
    exc_set_field(th, th->pending, EXC_ImportError_name, own);
    exc_set_field(th, th->pending, EXC_ImportError_path, file);
  }
  return EMPTY;
}

int import_star(RpThread *th, Value module, Value locals) {
  Value all = op_getattr_opt(th, module, S(__all__));
  if (all == EMPTY && th->pending != EMPTY) return -1;
  bool public_only = all == EMPTY;
  if (public_only) {
    Value d = op_getattr_opt(th, module, S(__dict__));
    if (d == EMPTY) return th->pending != EMPTY ? -1 : (raise_error(th, &type_ImportError, "from-import-* object has no __dict__ and no __all__"), -1);
    all = value_object(op_to_list(th, d));
    if (all == EMPTY) return -1;
  }
  Tuple *names = op_to_tuple(th, all);
  if (!names) return -1;
  for (uint64_t i = 0; i < names->length; i++) {
    Value n = names->items[i];
    if (!str_check(n)) {
      Value own = op_getattr(th, module, S(__name__));
      if (own == EMPTY) return -1;
      return raise_type(th, "%s in %S.%s must be str, not %T", public_only ? "Key" : "Item", op_str(th, own), public_only ? "__dict__" : "__all__", n), -1;
    }
    if (public_only && as_str(n)->length && str_at(as_str(n), 0) == '_') continue;
    Value v = op_getattr(th, module, as_str(n));
    if (v == EMPTY) return -1;
    int r = has_shape(locals, SHAPE_dict) ? dict_set(th, as_dict(locals), n, v) : op_setitem(th, locals, n, v);
    if (r < 0) return -1;
  }
  return 0;
}
