/* rp_api.c: replicant.h.
**
** A thread of the host is *parked* (thread.h) whenever host code runs: it then delays no collection, and may use other contexts. Every function
** begins with enter() and ends with leave(). References are indices into a table of the calling thread: the high byte says whose, so that mark and
** release of one thread leave another's alone. */
#include "script/include/replicant.h"
#include "runtime/bytes.h"
#include "runtime/channel.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/interp.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "script/host.h"
#include "script/run.h"
#include <errno.h>
#include <time.h>

#define REF_BITS 24
#define CHUNK 128
#define MAX_CHUNKS ((1u << REF_BITS) / CHUNK)
#define MAX_THREADS 255
#define FIRST_REF 3 /* below: null, None, __main__ */

/* Text or bytes that a reference lent out. */
typedef struct Lent { uint32_t ref; void *data; } Lent;

typedef struct ApiThread {
  RpThread *th;
  pthread_t os;
  uint32_t slot, n_refs, n_chunks, n_lent, cap_lent;
  Value **chunks;
  Lent *lent;
  Value failure;              /* the exception behind `error`, or EMPTY */
  RpError error;
  char *owned[4];             /* the texts of `error` */
  bool borrowed;              /* th was attached by somebody else (a thread that a script started) */
  int depth;                  /* calls into the context, nested through callbacks */
  char *host_sp;              /* what is scanned of the stack while the host runs: see callbacks */
  uint64_t host_regs[N_SAVED_REGS];
} ApiThread;

typedef struct Api {
  RpContext *ctx;
  uint64_t serial;            /* tells contexts apart that had the same address */
  void *user;
  pthread_mutex_t lock;       /* of `threads` */
  _Atomic(ApiThread *) threads[MAX_THREADS];
  char **argv;
} Api;

static _Thread_local struct { uint64_t serial; ApiThread *at; } last_used;

static Api *api_of(RpContext *ctx) { return ((ScriptHost *)ctx->host_data)->api; }

/* -- Threads ---------------------------------------------------------------------- */

static ApiThread *find_thread(Api *api) {
  if (last_used.serial == api->serial) return last_used.at;
  for (int i = 0; i < MAX_THREADS; i++) {
    ApiThread *at = atomic_load(&api->threads[i]);
    if (!at || !pthread_equal(at->os, pthread_self())) continue;
    last_used.serial = api->serial;
    last_used.at = at;
    return at;
  }
  return NULL;
}

static ApiThread *add_thread(Api *api, RpThread *th, bool borrowed) {
  ApiThread *at = calloc(1, sizeof *at);
  if (!at) return NULL;
  *at = (ApiThread){.th = th, .os = pthread_self(), .borrowed = borrowed, .n_refs = FIRST_REF, .error = {"", "", "", 0, ""}};
  pthread_mutex_lock(&api->lock);
  uint32_t i = 0;
  while (i < MAX_THREADS && atomic_load(&api->threads[i])) i++;
  at->slot = i;
  if (i < MAX_THREADS) atomic_store(&api->threads[i], at);
  pthread_mutex_unlock(&api->lock);
  if (i < MAX_THREADS) return at;
  free(at);
  return NULL;
}

static void drop_lent(ApiThread *at, uint32_t from) {
  while (at->n_lent && at->lent[at->n_lent - 1].ref >= from) free(at->lent[--at->n_lent].data);
}

static void free_thread(Api *api, ApiThread *at) {
  pthread_mutex_lock(&api->lock);
  atomic_store(&api->threads[at->slot], NULL);
  pthread_mutex_unlock(&api->lock);
  for (uint32_t i = 0; i < at->n_chunks; i++) free(at->chunks[i]);
  free(at->chunks);
  drop_lent(at, 0);
  free(at->lent);
  for (int i = 0; i < 4; i++) free(at->owned[i]);
  free(at);
  last_used.serial = 0;
}

/* All references of all threads. The threads are stopped. */
static void trace_refs(Tracer *tr, void *data) {
  Api *api = data;
  for (int i = 0; i < MAX_THREADS; i++) {
    ApiThread *at = atomic_load(&api->threads[i]);
    if (!at) continue;
    trace_value(tr, at->failure);
    for (uint32_t r = 0; r < at->n_refs; r += CHUNK) {
      uint32_t n = at->n_refs - r < CHUNK ? at->n_refs - r : CHUNK;
      if (r / CHUNK < at->n_chunks) trace_values(tr, at->chunks[r / CHUNK], n);
    }
  }
}

/* -- In and out --------------------------------------------------------------------- */

static ApiThread *enter(RpContext *ctx) {
  Api *api = api_of(ctx);
  ApiThread *at = find_thread(api);
  if (unlikely(!at)) RP_FATAL("replicant.h: this thread is not attached to the context (rp_attach)");
  thread_unpark(at->th, NULL);
  return at;
}
static void leave(ApiThread *at) { thread_park(at->th, at->host_sp, at->host_regs); }

static Value *ref_cell(ApiThread *at, uint32_t i) { return &at->chunks[i / CHUNK][i % CHUNK]; }

static RpRef push(ApiThread *at, Value v) {
  if (v == NONE) return RP_NONE;
  if (at->n_refs >= CHUNK * MAX_CHUNKS) return RP_NULL;
  uint32_t c = at->n_refs / CHUNK;
  while (c >= at->n_chunks) {
    Value **more = realloc(at->chunks, (at->n_chunks + 1) * sizeof *more);
    if (!more) return RP_NULL;
    at->chunks = more;
    if (!(more[at->n_chunks] = calloc(CHUNK, sizeof(Value)))) return RP_NULL;
    at->n_chunks++;
  }
  *ref_cell(at, at->n_refs) = v;
  return at->slot << REF_BITS | at->n_refs++;
}

static Value main_module(RpThread *th) {
  Value m = dict_get_str(th->ctx->sys_modules, S(__main__));
  if (m != EMPTY) return m;
  Module *fresh = module_new(th, S(__main__));
  if (!fresh || dict_set_str(th, th->ctx->sys_modules, S(__main__), value_object(fresh)) < 0) return EMPTY;
  if (dict_set_str(th, fresh->dict, S(__builtins__), value_object(th->ctx->builtins_module)) < 0) return EMPTY;
  return value_object(fresh);
}

/* The value behind a reference; EMPTY: RP_NULL or none of this context. */
static Value deref(ApiThread *at, RpRef r) {
  if (r == RP_NONE) return NONE;
  if (r == RP_MAIN) return main_module(at->th);
  uint32_t i = r & ((1u << REF_BITS) - 1), slot = r >> REF_BITS;
  Api *api = api_of(at->th->ctx);
  ApiThread *owner = slot == at->slot ? at : slot < MAX_THREADS ? atomic_load(&api->threads[slot]) : NULL;
  if (!owner || i < FIRST_REF || i >= owner->n_refs) return EMPTY;
  return *ref_cell(owner, i);
}

/* -- Errors ------------------------------------------------------------------------------ */

static const char *own(ApiThread *at, int i, const char *text, size_t n) {
  free(at->owned[i]);
  at->owned[i] = text ? strndup(text, n) : NULL;
  return at->owned[i] ? at->owned[i] : "";
}
static const char *own_str(ApiThread *at, int i, Str *s) {
  size_t n = 0;
  const char *text = s ? str_utf8(at->th, s, &n) : NULL;
  error_clear(at->th);
  return own(at, i, text, n);
}

static void forget(ApiThread *at) {
  at->failure = EMPTY;
  at->error = (RpError){"", "", "", 0, ""};
}

static void describe(ApiThread *at, Value exc, bool stopped) {
  RpThread *th = at->th;
  forget(at);
  at->failure = exc;
  at->error.type = stopped ? "Stopped" : own_str(at, 0, type_of(exc)->name);
  at->error.message = own_str(at, 1, op_str(th, exc));
  Value tb = exc_check(exc) ? as_exc(exc)->traceback : EMPTY;
  for (Traceback *t = tb == EMPTY ? NULL : (Traceback *)as_object(tb); t; t = t->next) {
    if (t->next) continue;
    at->error.file = own_str(at, 2, t->code->filename);
    at->error.line = t->lineno;
  }
  if (value_is_instance(exc, &type_SyntaxError)) {
    Value file = as_exc(exc)->fields[EXC_SyntaxError_filename], line = as_exc(exc)->fields[EXC_SyntaxError_lineno];
    if (str_check(file)) at->error.file = own_str(at, 2, as_str(file));
    if (is_int(line)) at->error.line = (int)as_int(line);
  }
  at->error.text = own_str(at, 3, error_text(th, exc));
}

/* Takes the pending exception as the last failure. */
static RpRef failed(ApiThread *at) {
  RpThread *th = at->th;
  bool stopped = atomic_load(&th->poll) & POLL_STOP;
  Value exc = th->pending == EMPTY ? EMPTY : error_take(th);
  if (stopped) atomic_fetch_and(&th->poll, ~(uint32_t)POLL_STOP); /* or describing it would be stopped, too */
  if (exc != EMPTY) describe(at, exc, stopped);
  if (stopped && at->depth > 0) atomic_fetch_or(&th->poll, POLL_STOP); /* the callers below are to stop as well */
  return RP_NULL;
}
static RpRef result(ApiThread *at, Value v) {
  if (v == EMPTY) return failed(at);
  RpRef r = push(at, v);
  if (r != RP_NULL) return r;
  raise_memory(at->th);
  return failed(at);
}

/* An argument that must be there: a null one keeps the error that made it null. */
static bool need(ApiThread *at, RpRef r, Value *out) {
  *out = deref(at, r);
  if (likely(*out != EMPTY)) return true;
  if (at->failure == EMPTY) {
    raise_error(at->th, &type_ReferenceError, r == RP_NULL ? "null reference" : "reference %u is not valid here", r);
    failed(at);
  }
  return false;
}
static bool need_all(ApiThread *at, const RpRef *refs, int n, Value *out) {
  for (int i = 0; i < n; i++)
    if (!need(at, refs[i], &out[i])) return false;
  return true;
}

const RpError *rp_error(RpContext *ctx) {
  ApiThread *at = find_thread(api_of(ctx));
  static const RpError none = {"", "", "", 0, ""};
  return at ? &at->error : &none;
}

RpRef rp_raise(RpContext *ctx, const char *type, const char *message) {
  ApiThread *at = enter(ctx);
  Value t = dict_get_c(at->th, ctx->builtins, type);
  bool good = has_kind(t, K_TYPE) && type_is_subtype((Type *)as_object(t), &type_BaseException);
  raise_error(at->th, good ? (Type *)as_object(t) : &type_RuntimeError, "%s", message ? message : "");
  failed(at);
  leave(at);
  return RP_NULL;
}

/* -- Contexts ------------------------------------------------------------------------------- */

static char **copy_argv(const char *const *argv, int *n) {
  *n = 0;
  while (argv && argv[*n]) ++*n;
  char **copy = calloc((size_t)*n + 1, sizeof *copy);
  for (int i = 0; copy && i < *n; i++) copy[i] = strdup(argv[i]);
  return copy;
}
static void free_argv(char **argv) {
  for (int i = 0; argv && argv[i]; i++) free(argv[i]);
  free(argv);
}

static bool add_argv(RpThread *th, Api *api, const RpConfig *config) {
  int n;
  if (!(api->argv = copy_argv(config ? config->argv : NULL, &n))) return false;
  List *l = list_new(th, (size_t)n);
  for (int i = 0; l && i < n; i++) {
    Str *s = str_from_c(th, api->argv[i]);
    if (!s || list_append(th, l, value_object(s)) < 0) return false;
  }
  if (l && n == 0 && list_append(th, l, value_object(str_empty_)) < 0) return false;
  return l && dict_set_str(th, th->ctx->sys_dict, S(argv), value_object(l)) == 0;
}

RpContext *rp_new(const RpConfig *config) {
  static _Atomic uint64_t serials;
  script_install_hooks();
  struct ContextOptions opt = {0};
  if (config) {
    opt.memory_limit = config->memory_limit;
    opt.recursion_limit = config->recursion_limit;
    opt.tier = (int)config->tier;
    opt.sandbox = config->sandbox;
  }
  RpContext *ctx = context_new(&opt);
  if (!ctx) return NULL;
  RpThread *th = ctx->main_thread;
  Api *api = calloc(1, sizeof *api);
  if (api) {
    *api = (Api){.ctx = ctx, .serial = atomic_fetch_add(&serials, 1) + 1, .user = config ? config->user : NULL};
    pthread_mutex_init(&api->lock, NULL);
    script_host(ctx)->api = api;
    ApiThread *at = add_thread(api, th, false);
    if (at && add_argv(th, api, config) && main_module(th) != EMPTY) {
      heap_root_add(ctx, trace_refs, api);
      leave(at);
      return ctx;
    }
    if (at) free_thread(api, at);
    free_argv(api->argv);
    free(api);
  }
  script_context_free(ctx);
  return NULL;
}

void rp_free(RpContext *ctx) {
  if (!ctx) return;
  Api *api = api_of(ctx);
  ApiThread *at = enter(ctx);
  error_clear(at->th);
  flush_std_streams(at->th);
  heap_root_remove(ctx, trace_refs, api);
  script_context_free(ctx);
  for (int i = 0; i < MAX_THREADS; i++)
    if ((at = atomic_load(&api->threads[i]))) free_thread(api, at);
  pthread_mutex_destroy(&api->lock);
  free_argv(api->argv);
  free(api);
}

void *rp_user(RpContext *ctx) { return api_of(ctx)->user; }

bool rp_attach(RpContext *ctx) {
  Api *api = api_of(ctx);
  if (find_thread(api)) return true;
  RpThread *th = thread_attach(ctx);
  if (!th) return false;
  ApiThread *at = add_thread(api, th, false);
  if (at) leave(at);
  else thread_detach(th);
  return at != NULL;
}

void rp_detach(RpContext *ctx) {
  Api *api = api_of(ctx);
  ApiThread *at = find_thread(api);
  if (!at || at->borrowed) return;
  thread_unpark(at->th, NULL);
  thread_detach(at->th);
  free_thread(api, at);
}

void rp_stop(RpContext *ctx) {
  pthread_mutex_lock(&ctx->thread_lock);
  for (RpThread *t = ctx->threads; t; t = t->next)
    if (!t->service) thread_ask_stop(t);
  pthread_mutex_unlock(&ctx->thread_lock);
}

/* -- Loading and calling ------------------------------------------------------------------------ */

/* Frames have holes, in which words of the calls that failed are still to be found. */
static NOINLINE void wipe_stack(void) {
  volatile char below[16384];
  for (size_t i = 0; i < sizeof below; i++) below[i] = 0;
}

/* Around everything that runs scripts: the outermost call forgets a stop that came when nothing ran. What a MemoryError has left is collected before
** anything is allocated among it: C code's pointers to new objects could keep dead neighbours alive, and all memory with them. */
static void begin(ApiThread *at) {
  bool outermost = at->depth++ == 0, was_full = at->failure != EMPTY && value_is_instance(at->failure, &type_MemoryError);
  if (outermost) atomic_fetch_and(&at->th->poll, ~(uint32_t)POLL_STOP);
  forget(at);
  if (!outermost || !was_full) return;
  wipe_stack();
  heap_collect(at->th);
}
static void end(ApiThread *at) { at->depth--; }

/* Not inlined: what it leaves on the stack lies below the caller's frame, where begin() wipes it away. */
static NOINLINE Value exec_text(RpThread *th, const char *src, const char *name, CompileMode mode) {
  Str *file = str_from_c(th, name);
  Value m = main_module(th);
  if (!file || m == EMPTY) return EMPTY;
  Value code = rt_hooks.compile(th, src, strlen(src), file, mode, CF_SOURCE_IS_STR);
  return code == EMPTY ? EMPTY : code_exec(th, (Code *)as_object(code), ((Module *)as_object(m))->dict, EMPTY);
}

bool rp_run(RpContext *ctx, const char *source, const char *name) {
  ApiThread *at = enter(ctx);
  begin(at);
  bool ok = exec_text(at->th, source, name ? name : "<host>", COMPILE_EXEC) != EMPTY;
  end(at);
  if (!ok) failed(at);
  leave(at);
  return ok;
}

bool rp_run_file(RpContext *ctx, const char *path) {
  ApiThread *at = enter(ctx);
  RpThread *th = at->th;
  begin(at);
  size_t n = 0;
  char *src = read_file(path, &n);
  bool ok = false;
  if (src) ok = run_main_source(th, src, n, path, path);
  else {
    int err = errno;
    Str *name = str_from_c(th, path);
    if (name) raise_os(th, err, value_object(name));
  }
  free(src);
  end(at);
  if (!ok) failed(at);
  leave(at);
  return ok;
}

RpRef rp_eval(RpContext *ctx, const char *expression) {
  ApiThread *at = enter(ctx);
  begin(at);
  Value v = exec_text(at->th, expression, "<host>", COMPILE_EVAL);
  end(at);
  RpRef r = result(at, v);
  leave(at);
  return r;
}

RpRef rp_import(RpContext *ctx, const char *module) {
  ApiThread *at = enter(ctx);
  begin(at);
  Value v = import_module_c(at->th, module);
  end(at);
  RpRef r = result(at, v);
  leave(at);
  return r;
}

RpRef rp_call(RpContext *ctx, RpRef callable, const RpRef *args, int n) {
  ApiThread *at = enter(ctx);
  RpRef r = RP_NULL;
  Value few[16], f;
  Tuple *many = NULL;
  Value *argv = few;
  if (n > 16) argv = (many = tuple_alloc(at->th, (size_t)n)) ? many->items : NULL;
  if (!argv) failed(at);
  else if (need(at, callable, &f) && need_all(at, args, n, argv)) {
    begin(at);
    Value v = op_call(at->th, f, argv, n, NULL);
    end(at);
    r = result(at, v);
  }
  __asm__ volatile("" : : "r"(many));
  leave(at);
  return r;
}

RpRef rp_get(RpContext *ctx, RpRef object, const char *attribute) {
  ApiThread *at = enter(ctx);
  RpRef r = RP_NULL;
  Value o;
  if (need(at, object, &o)) {
    begin(at);
    Str *name = str_intern_c(at->th, attribute);
    Value v = name ? op_getattr(at->th, o, name) : EMPTY;
    end(at);
    r = result(at, v);
  }
  leave(at);
  return r;
}

bool rp_has(RpContext *ctx, RpRef object, const char *attribute) {
  ApiThread *at = enter(ctx);
  bool has = false;
  Value o;
  if (need(at, object, &o)) {
    begin(at);
    Str *name = str_intern_c(at->th, attribute);
    has = name && op_getattr_opt(at->th, o, name) != EMPTY;
    end(at);
    if (at->th->pending != EMPTY) failed(at);
  }
  leave(at);
  return has;
}

bool rp_set(RpContext *ctx, RpRef object, const char *attribute, RpRef value) {
  ApiThread *at = enter(ctx);
  bool ok = false;
  Value o, v;
  if (need(at, object, &o) && need(at, value, &v)) {
    begin(at);
    Str *name = str_intern_c(at->th, attribute);
    ok = name && op_setattr(at->th, o, name, v) == 0;
    end(at);
    if (!ok) failed(at);
  }
  leave(at);
  return ok;
}

RpRef rp_item(RpContext *ctx, RpRef container, RpRef key) {
  ApiThread *at = enter(ctx);
  RpRef r = RP_NULL;
  Value o, k;
  if (need(at, container, &o) && need(at, key, &k)) {
    begin(at);
    Value v = op_getitem(at->th, o, k);
    end(at);
    r = result(at, v);
  }
  leave(at);
  return r;
}

bool rp_set_item(RpContext *ctx, RpRef container, RpRef key, RpRef value) {
  ApiThread *at = enter(ctx);
  bool ok = false;
  Value o, k, v;
  if (need(at, container, &o) && need(at, key, &k) && need(at, value, &v)) {
    begin(at);
    ok = op_setitem(at->th, o, k, v) == 0;
    end(at);
    if (!ok) failed(at);
  }
  leave(at);
  return ok;
}

int64_t rp_len(RpContext *ctx, RpRef object) {
  ApiThread *at = enter(ctx);
  int64_t n = -1;
  Value o;
  if (need(at, object, &o)) {
    begin(at);
    n = op_len(at->th, o);
    end(at);
    if (n < 0) failed(at);
  }
  leave(at);
  return n;
}

/* -- Values --------------------------------------------------------------------------------------- */

/* Makes a reference to a new value, or records why there is none. */
#define MAKE(expr)                                                                                                     \
  do {                                                                                                                 \
    ApiThread *at = enter(ctx);                                                                                        \
    RpThread *th = at->th;                                                                                             \
    (void)th;                                                                                                          \
    RpRef made = result(at, (expr));                                                                                   \
    leave(at);                                                                                                         \
    return made;                                                                                                       \
  } while (0)

RpRef rp_bool(RpContext *ctx, bool v) { MAKE(value_bool(v)); }
RpRef rp_int(RpContext *ctx, int64_t v) { MAKE(int_from_i64(th, v)); }
RpRef rp_float(RpContext *ctx, double v) { MAKE(value_double_canon(v)); }
RpRef rp_str(RpContext *ctx, const char *utf8, size_t n) {
  MAKE(value_object(str_from_utf8(th, utf8, n == (size_t)-1 ? strlen(utf8) : n)));
}
RpRef rp_bytes(RpContext *ctx, const void *data, size_t n) { MAKE(value_object(bytes_new(th, data, n))); }
RpRef rp_dict(RpContext *ctx) { MAKE(value_object(dict_new(th))); }

static Value tuple_of_refs(ApiThread *at, const RpRef *items, int n) {
  Tuple *t = tuple_alloc(at->th, (size_t)n);
  if (!t) failed(at);
  return t && need_all(at, items, n, t->items) ? value_object(t) : EMPTY;
}
RpRef rp_tuple(RpContext *ctx, const RpRef *items, int n) {
  ApiThread *at = enter(ctx);
  Value t = tuple_of_refs(at, items, n);
  RpRef r = t == EMPTY ? RP_NULL : result(at, t);
  leave(at);
  return r;
}
RpRef rp_list(RpContext *ctx, const RpRef *items, int n) {
  ApiThread *at = enter(ctx);
  Value t = tuple_of_refs(at, items, n);
  List *l = t == EMPTY ? NULL : list_from(at->th, ((Tuple *)as_object(t))->items, (size_t)n);
  RpRef r = t == EMPTY ? RP_NULL : result(at, value_object(l));
  leave(at);
  return r;
}

RpType rp_type(RpContext *ctx, RpRef ref) {
  ApiThread *at = enter(ctx);
  Value v = deref(at, ref);
  RpType t = v == NONE                                  ? RP_T_NONE
             : v != EMPTY && is_bool(v)                 ? RP_T_BOOL
             : v != EMPTY && int_check(v)               ? RP_T_INT
             : v != EMPTY && float_check(v)             ? RP_T_FLOAT
             : has_kind(v, K_STR)                       ? RP_T_STR
             : has_kind(v, K_BYTES)                     ? RP_T_BYTES
             : has_kind(v, K_LIST)                      ? RP_T_LIST
             : has_kind(v, K_TUPLE)                     ? RP_T_TUPLE
             : has_kind(v, K_DICT)                      ? RP_T_DICT
             : v != EMPTY && op_callable(v)             ? RP_T_CALLABLE
                                                        : RP_T_OTHER;
  leave(at);
  return t;
}

/* false + pending. *out keeps its value, the fallback, when that happens. */
typedef bool (*Convert)(RpThread *th, Value v, void *out);
static bool as_bool(RpThread *th, Value v, void *out) {
  int t = op_truth(th, v);
  if (t >= 0) *(bool *)out = t;
  return t >= 0;
}
static bool as_i64(RpThread *th, Value v, void *out) {
  int64_t n;
  return op_as_i64(th, v, &n) && (*(int64_t *)out = n, true);
}
static bool as_number(RpThread *th, Value v, void *out) {
  double d;
  return op_as_double(th, v, &d) && (*(double *)out = d, true);
}
static void convert(RpContext *ctx, RpRef ref, Convert how, void *out) {
  ApiThread *at = enter(ctx);
  Value v;
  if (need(at, ref, &v)) {
    begin(at);
    bool ok = how(at->th, v, out);
    end(at);
    if (!ok) failed(at);
  }
  leave(at);
}

bool rp_to_bool(RpContext *ctx, RpRef ref, bool fallback) {
  convert(ctx, ref, as_bool, &fallback);
  return fallback;
}
int64_t rp_to_int(RpContext *ctx, RpRef ref, int64_t fallback) {
  convert(ctx, ref, as_i64, &fallback);
  return fallback;
}
double rp_to_float(RpContext *ctx, RpRef ref, double fallback) {
  convert(ctx, ref, as_number, &fallback);
  return fallback;
}

/* A copy that lives until the calling thread releases `ref` (or, if that is another thread's, anything made from now on). */
static void *lend(ApiThread *at, RpRef ref, const void *data, size_t n) {
  if (at->n_lent == at->cap_lent) {
    uint32_t cap = at->cap_lent ? at->cap_lent * 2 : 16;
    Lent *more = realloc(at->lent, cap * sizeof *more);
    if (!more) return NULL;
    at->lent = more;
    at->cap_lent = cap;
  }
  char *copy = malloc(n + 1);
  if (!copy) return NULL;
  memcpy(copy, data, n);
  copy[n] = 0;
  bool mine = ref >> REF_BITS == at->slot;
  uint32_t key = mine ? ref & ((1u << REF_BITS) - 1) : at->n_refs;
  uint32_t i = at->n_lent++; /* kept sorted by reference: drop_lent takes from the end */
  for (; i > 0 && at->lent[i - 1].ref > key; i--) at->lent[i] = at->lent[i - 1];
  at->lent[i] = (Lent){key, copy};
  return copy;
}

const char *rp_to_str(RpContext *ctx, RpRef ref, size_t *n) {
  ApiThread *at = enter(ctx);
  const char *out = NULL;
  Value v;
  if (need(at, ref, &v)) {
    begin(at);
    Str *s = op_str(at->th, v);
    size_t size = 0;
    const char *text = s ? str_utf8(at->th, s, &size) : NULL;
    end(at);
    if (text && !(out = lend(at, ref, text, size))) raise_memory(at->th);
    if (!out) failed(at);
    else if (n) *n = size;
  }
  leave(at);
  return out;
}

const void *rp_to_bytes(RpContext *ctx, RpRef ref, size_t *n) {
  ApiThread *at = enter(ctx);
  const void *out = NULL;
  Value v;
  if (need(at, ref, &v)) {
    begin(at);
    Buffer b;
    if (buffer_acquire(at->th, v, &b, false) == 0) {
      char *flat = malloc((size_t)b.size + 1);
      if (flat) buffer_copy_out(&b, flat);
      if (!flat || !(out = lend(at, ref, flat, (size_t)b.size))) raise_memory(at->th);
      if (out && n) *n = (size_t)b.size;
      free(flat);
      buffer_release(at->th, &b);
    }
    end(at);
    if (!out) failed(at);
  }
  leave(at);
  return out;
}

/* -- References ---------------------------------------------------------------------------------------- */

RpRef rp_mark(RpContext *ctx) {
  ApiThread *at = find_thread(api_of(ctx));
  return at ? at->slot << REF_BITS | at->n_refs : RP_NULL;
}

static void release_to(ApiThread *at, uint32_t n) {
  for (uint32_t i = n; i < at->n_refs; i++) *ref_cell(at, i) = EMPTY;
  at->n_refs = n;
  drop_lent(at, n);
}

RpRef rp_release(RpContext *ctx, RpRef mark, RpRef keep) {
  ApiThread *at = enter(ctx);
  uint32_t n = mark & ((1u << REF_BITS) - 1);
  Value kept = keep == RP_NULL ? EMPTY : deref(at, keep);
  RpRef r = keep == RP_NONE || keep == RP_MAIN ? keep : RP_NULL;
  if (mark >> REF_BITS == at->slot && n >= FIRST_REF && n <= at->n_refs) {
    bool below = keep >> REF_BITS != at->slot || (keep & ((1u << REF_BITS) - 1)) < n;
    release_to(at, n);
    if (r == RP_NULL && kept != EMPTY) r = below ? keep : push(at, kept);
  }
  leave(at);
  return r;
}

/* -- Callbacks -------------------------------------------------------------------------------------------- */

/* Instances of the type host_function. */
typedef struct HostFunction {
  Object hdr;
  Value overflow;
  RpFunction fn;
  void *user;
  Value name;
} HostFunction;

static ApiThread *thread_for_callback(RpThread *th) {
  Api *api = api_of(th->ctx);
  ApiThread *at = find_thread(api);
  return at ? at : add_thread(api, th, true);
}

static NOINLINE Value call_host(RpThread *th, HostFunction *f, ApiThread *at, const Value *args, int n) {
  uint32_t mark = at->n_refs;
  RpRef few[16], *refs = n <= 16 ? few : malloc((size_t)n * sizeof *refs);
  bool ok = refs != NULL;
  for (int i = 0; ok && i < n; i++) ok = (refs[i] = push(at, args[i])) != RP_NULL;
  Value v = EMPTY;
  if (!ok) raise_memory(th);
  else {
    /* What the interpreter holds below us stays visible while the host runs, whatever the host's functions do with the registers. */
    char *outer_sp = at->host_sp;
    uint64_t outer_regs[N_SAVED_REGS];
    memcpy(outer_regs, at->host_regs, sizeof outer_regs);
    at->host_sp = thread_spill_registers(at->host_regs);
    forget(at);
    leave(at);
    RpRef r = f->fn(th->ctx, f->user, refs, n);
    thread_unpark(th, NULL);
    at->host_sp = outer_sp;
    memcpy(at->host_regs, outer_regs, sizeof outer_regs);
    v = r == RP_NULL ? EMPTY : deref(at, r);
    if (v == EMPTY) {
      if (at->failure != EMPTY) th->pending = at->failure;
      else raise_runtime(th, "%S() returned no value and raised nothing", as_str(f->name));
      forget(at);
    }
  }
  release_to(at, mark);
  if (refs != few) free(refs);
  return v;
}

static Value host_function_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  HostFunction *f = (HostFunction *)as_object(callee);
  if (kwnames && kwnames->length) return raise_type(th, "%S() takes no keyword arguments", as_str(f->name));
  ApiThread *at = thread_for_callback(th);
  if (!at) return raise_runtime(th, "%S(): too many threads call into the host", as_str(f->name));
  bool borrowed = at->borrowed && at->depth == 0;
  at->depth++;
  Value v = call_host(th, f, at, args, n_pos);
  at->depth--;
  if (borrowed) free_thread(api_of(th->ctx), at);
  return v;
}

static void host_function_trace(Tracer *tr, Object *o) { trace_value(tr, ((HostFunction *)o)->name); }
static Value host_function_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<host function %S>", as_str(((HostFunction *)as_object(self))->name)));
}
static Value host_function_name(RpThread *th, Value self) { return ((HostFunction *)as_object(self))->name; }

const TypeSpec spec_host_function = {
    .doc = "A function of the program that embeds this interpreter.",
    .size = sizeof(HostFunction),
    .slots = {.trace = host_function_trace, .call = host_function_call, .repr = host_function_repr},
    .getsets = (const GetSetDef[]){{"__name__", host_function_name, NULL, NULL}, {0}},
};

static Module *module_for(RpThread *th, const char *name) {
  if (strcmp(name, "__main__") == 0) return (Module *)as_object(main_module(th));
  if (strcmp(name, "builtins") == 0) return th->ctx->builtins_module;
  Str *s = str_intern_c(th, name);
  Value m = s ? dict_get_str(th->ctx->sys_modules, s) : EMPTY;
  if (has_kind(m, K_MODULE)) return (Module *)as_object(m);
  Module *fresh = s ? module_new(th, s) : NULL;
  return fresh && dict_set_str(th, th->ctx->sys_modules, s, value_object(fresh)) == 0 ? fresh : NULL;
}

bool rp_define(RpContext *ctx, const char *module, const char *name, RpFunction fn, void *user) {
  ApiThread *at = enter(ctx);
  RpThread *th = at->th;
  Module *m = module_for(th, module);
  Str *s = str_intern_c(th, name);
  HostFunction *f = m && s ? heap_new(th, HostFunction, SHAPE_host_function, K_NATIVE_OBJECT) : NULL;
  bool ok = false;
  if (f) {
    f->fn = fn;
    f->user = user;
    f->name = value_object(s);
    ok = dict_set_str(th, m->dict, s, value_object(f)) == 0;
  }
  if (!ok) failed(at);
  leave(at);
  return ok;
}

/* -- Time ---------------------------------------------------------------------------------------------------- */

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int64_t rp_idle(RpContext *ctx, int64_t budget_ns) {
  int64_t began = now_ns();
  ApiThread *at = enter(ctx);
  begin(at);
  script_idle(at->th, budget_ns);
  end(at);
  leave(at);
  return now_ns() - began;
}

/* -- Channels ------------------------------------------------------------------------------------ */

static Channel *channel(RpChannel *ch) { return (Channel *)ch; }

RpChannel *rp_channel_new(int capacity) {
  Channel *ch = capacity >= 1 && capacity <= CHANNEL_MAX ? channel_new((uint32_t)capacity) : NULL;
  if (ch) channel_join(ch);
  return (RpChannel *)ch;
}
void rp_channel_drop(RpChannel *ch) {
  if (!ch) return;
  channel_leave(channel(ch));
  channel_release(channel(ch));
}
void rp_channel_close(RpChannel *ch) { channel_close(channel(ch)); }
int rp_channel_len(RpChannel *ch) { return (int)channel_len(channel(ch)); }

bool rp_channel_give(RpContext *ctx, RpChannel *ch, const char *name) {
  ApiThread *at = enter(ctx);
  begin(at);
  ChannelSpace *space = channel_context_space(ctx);
  Channel *found = space ? channel_space_find(space, name, 0, channel(ch)) : NULL;
  bool ok = found ? channel_object(at->th, found) != EMPTY : (raise_memory(at->th), false); /* the context takes part from now on */
  channel_release(found);
  end(at);
  if (!ok) failed(at);
  leave(at);
  return ok;
}

bool rp_channel_put(RpContext *ctx, RpChannel *ch, RpRef value, bool move, int64_t timeout_ns) {
  ApiThread *at = enter(ctx);
  Value v;
  bool ok = need(at, value, &v);
  if (ok) {
    begin(at);
    ok = channel_send(at->th, channel(ch), v, move, timeout_ns);
    end(at);
    if (!ok) failed(at);
  }
  leave(at);
  return ok;
}

RpRef rp_channel_get(RpContext *ctx, RpChannel *ch, int64_t timeout_ns) {
  ApiThread *at = enter(ctx);
  begin(at);
  Value v = channel_receive(at->th, channel(ch), timeout_ns);
  end(at);
  RpRef r = result(at, v);
  leave(at);
  return r;
}

const char *rp_version(void) { return "0.1"; }
