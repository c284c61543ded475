/* mod_sys.c: the module sys. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/frame.h"
#include "runtime/import.h"
#include "runtime/int.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/perm.h"
#include "runtime/set.h"
#include "runtime/shape.h"
#include "runtime/std_stream.h"
#include "runtime/str.h"
#include "runtime/structseq.h"
#include "runtime/tuple.h"

#include <float.h>
#include <unistd.h>

#define VERSION_TEXT "3.11.2 (Replicant) [C17]"
#define HEXVERSION 0x030b02f0

/* -- Structures ------------------------------------------------------------------------------------------------------------- */

#define F(i, name) STRUCTSEQ_FIELD(i, name, NULL)
static const NativeDef seq_methods[] = {{"__reduce__", structseq_reduce, "(self, /)", 0, NULL, NULL}, {0}};
static Value refuse_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return raise_type(th, "cannot create '%s' instances", type_full_name(t)); }
#define SEQ_TYPE(type, ...)                                                                                                                \
  const TypeSpec spec_##type = {.slots = {.repr = structseq_repr, .trace = structseq_trace, .new_ = refuse_new},                            \
                                .methods = seq_methods,                                                                                    \
                                .getsets = (const GetSetDef[]){__VA_ARGS__, {0}}};
SEQ_TYPE(sys_version_info, F(0, "major"), F(1, "minor"), F(2, "micro"), F(3, "releaselevel"), F(4, "serial"))
SEQ_TYPE(sys_flags, F(0, "debug"), F(1, "inspect"), F(2, "interactive"), F(3, "optimize"), F(4, "dont_write_bytecode"), F(5, "no_user_site"), F(6, "no_site"),
         F(7, "ignore_environment"), F(8, "verbose"), F(9, "bytes_warning"), F(10, "quiet"), F(11, "hash_randomization"), F(12, "isolated"), F(13, "dev_mode"),
         F(14, "utf8_mode"), F(15, "warn_default_encoding"), F(16, "safe_path"), F(17, "int_max_str_digits"))
SEQ_TYPE(sys_float_info, F(0, "max"), F(1, "max_exp"), F(2, "max_10_exp"), F(3, "min"), F(4, "min_exp"), F(5, "min_10_exp"), F(6, "dig"), F(7, "mant_dig"),
         F(8, "epsilon"), F(9, "radix"), F(10, "rounds"))
SEQ_TYPE(sys_int_info, F(0, "bits_per_digit"), F(1, "sizeof_digit"), F(2, "default_max_str_digits"), F(3, "str_digits_check_threshold"))
SEQ_TYPE(sys_hash_info, F(0, "width"), F(1, "modulus"), F(2, "inf"), F(3, "nan"), F(4, "imag"), F(5, "algorithm"), F(6, "hash_bits"), F(7, "seed_bits"), F(8, "cutoff"))
SEQ_TYPE(sys_thread_info, F(0, "name"), F(1, "lock"), F(2, "version"))
SEQ_TYPE(unraisable_hook_args, F(0, "exc_type"), F(1, "exc_value"), F(2, "exc_traceback"), F(3, "err_msg"), F(4, "object"))

static Value text(RpThread *th, const char *s) { return value_object(str_intern_c(th, s)); }
static Value seq(RpThread *th, Type *t, const Value *v, int n) { return structseq_new(th, t, v, n, n); }

static Value none(Value v) { return v == EMPTY ? NONE : v; }

Value unraisable_args(RpThread *th, Value exc, Str *message, Value where) {
  Value v[5] = {value_object(type_of(exc)), exc, none(as_exc(exc)->traceback), message ? value_object(message) : NONE, none(where)};
  return seq(th, &type_unraisable_hook_args, v, 5);
}

/* -- Exceptions and frames ------------------------------------------------------------------------------------------------------ */

static Value m_exc_info(RpThread *th, const Value *a) {
  Value e = thread_handled(th);
  if (e == EMPTY) return value_object(tuple_of(th, 3, NONE, NONE, NONE));
  return value_object(tuple_of(th, 3, value_object(type_of(e)), e, none(as_exc(e)->traceback)));
}
static Value m_exception(RpThread *th, const Value *a) { return none(thread_handled(th)); }

static Value m_getframe(RpThread *th, const Value *a) {
  int64_t depth = 0;
  if (a[0] != EMPTY && !op_as_i64(th, a[0], &depth)) return EMPTY;
  Activation at = activation_of(th->frame);
  while (at.f && depth-- > 0) at = activation_caller(at);
  if (!at.f) return raise_value(th, "call stack is not deep enough");
  FrameObject *fo = activation_object(th, at);
  return fo ? value_object(fo) : EMPTY;
}

static Value m_current_frames(RpThread *th, const Value *a) { return raise_todo(th, "sys._current_frames()"); }

static Value m_excepthook(RpThread *th, const Value *a) {
  if (exc_check(a[1])) error_print(th, a[1]);
  return th->pending != EMPTY ? EMPTY : NONE;
}

static Value m_unraisablehook(RpThread *th, const Value *a) {
  Value exc = op_getattr(th, a[0], str_intern_c(th, "exc_value"));
  Value msg = exc == EMPTY ? EMPTY : op_getattr(th, a[0], str_intern_c(th, "err_msg"));
  Value obj = msg == EMPTY ? EMPTY : op_getattr(th, a[0], S(object));
  if (obj == EMPTY) return EMPTY;
  if (exc_check(exc)) error_unraisable_text(th, exc, str_check(msg) ? as_str(msg) : NULL, obj);
  return NONE;
}

static Value m_displayhook(RpThread *th, const Value *a) {
  if (a[0] == NONE) return NONE;
  Dict *b = th->ctx->builtins;
  Value out = dict_get_str(th->ctx->sys_dict, S(stdout));
  Str *s = dict_set_str(th, b, S(_), NONE) < 0 ? NULL : op_repr(th, a[0]);
  if (!s) return EMPTY;
  if (out == EMPTY || out == NONE) return raise_runtime(th, "lost sys.stdout");
  Str *line = str_fmt(th, "%S\n", s);
  Value arg = value_object(line);
  if (!line || op_call_method(th, out, S(write), &arg, 1) == EMPTY) return EMPTY;
  return dict_set_str(th, b, S(_), a[0]) < 0 ? EMPTY : NONE;
}

static Value m_exit(RpThread *th, const Value *a) {
  Value e = a[0] == EMPTY || a[0] == NONE   ? exc_new(th, &type_SystemExit, EMPTY)
            : has_kind(a[0], K_TUPLE) ? op_call_ex(th, value_object(&type_SystemExit), as_tuple(a[0]), NULL)
                                      : exc_new(th, &type_SystemExit, a[0]);
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}

/* sys.breakpointhook: pdb.set_trace, or what PYTHONBREAKPOINT says is not asked for. */
static Value m_breakpointhook(RpThread *th, const Value *a) {
  Value pdb = import_module_c(th, "pdb");
  Value f = pdb == EMPTY ? EMPTY : op_getattr(th, pdb, str_intern_c(th, "set_trace"));
  return f == EMPTY ? EMPTY : op_call_ex(th, f, as_tuple(a[0]), (Dict *)as_object(a[1]));
}

/* -- Limits -------------------------------------------------------------------------------------------------------------------------- */

static Value m_getrecursionlimit(RpThread *th, const Value *a) { return value_int(th->recursion_limit); }
static Value m_setrecursionlimit(RpThread *th, const Value *a) {
  int64_t n;
  if (!op_as_i64(th, a[0], &n)) return EMPTY;
  if (n < 1) return raise_value(th, "recursion limit must be greater or equal than 1");
  if (n > INT32_MAX) return raise_overflow(th, "signed integer is greater than maximum");
  if ((uint32_t)n <= th->depth)
    return raise_error(th, &type_RecursionError, "cannot set the recursion limit to %ld at the recursion depth %u: the limit is too low", (long)n, th->depth);
  th->recursion_limit = (int)n;
  th->ctx->opt.recursion_limit = (int)n;
  return NONE;
}

static Value m_getsizeof(RpThread *th, const Value *a) {
  Value f = op_lookup_special(th, a[0], S(__sizeof__));
  if (f == EMPTY) return th->pending != EMPTY ? EMPTY : raise_type(th, "Type %T doesn't define __sizeof__", a[0]);
  Value n = op_call0(th, f);
  if (n == EMPTY && a[1] != EMPTY && error_is(th, &type_TypeError)) {
    error_clear(th);
    return a[1];
  }
  return n;
}

static Value m_getrefcount(RpThread *th, const Value *a) { return value_int(1); }
static Value m_intern(RpThread *th, const Value *a) {
  if (!has_shape(a[0], SHAPE_str)) return raise_type(th, str_check(a[0]) ? "can't intern %T" : "intern() argument must be str, not %T", a[0]);
  return value_object(str_intern(th, as_str(a[0])));
}
static Value m_getdefaultencoding(RpThread *th, const Value *a) { return text(th, "utf-8"); }
static Value m_getfilesystemencoding(RpThread *th, const Value *a) { return text(th, "utf-8"); }
static Value m_getfilesystemencodeerrors(RpThread *th, const Value *a) { return text(th, "surrogateescape"); }
static Value m_is_finalizing(RpThread *th, const Value *a) { return value_bool(atomic_load(&th->ctx->stopping)); }
static Value m_getswitchinterval(RpThread *th, const Value *a) { return value_double(0.005); }
static Value m_setswitchinterval(RpThread *th, const Value *a) { return NONE; } /* threads run at once: nothing to switch */
static Value m_getallocatedblocks(RpThread *th, const Value *a) { return value_int(0); }
static Value m_gettrace(RpThread *th, const Value *a) { return NONE; }
static Value m_settrace(RpThread *th, const Value *a) { return a[0] == NONE ? NONE : raise_todo(th, "sys.settrace()"); }
static Value m_setprofile(RpThread *th, const Value *a) { return a[0] == NONE ? NONE : raise_todo(th, "sys.setprofile()"); }
static Value m_audit(RpThread *th, const Value *a) { return NONE; }
static Value m_addaudithook(RpThread *th, const Value *a) { return raise_todo(th, "sys.addaudithook()"); }
static Value m_call_tracing(RpThread *th, const Value *a) {
  if (!tuple_check(a[1])) return raise_type(th, "call_tracing() argument 2 must be tuple, not %T", a[1]);
  return op_call_ex(th, a[0], as_tuple(a[1]), NULL);
}
static Value m_clear_type_cache(RpThread *th, const Value *a) { return NONE; }

static Value m_get_int_max_str_digits(RpThread *th, const Value *a) { return value_int(int_max_str_digits(th)); }
static Value m_set_int_max_str_digits(RpThread *th, const Value *a) {
  int64_t n;
  return op_as_i64(th, a[0], &n) && int_set_max_str_digits(th, n) == 0 ? NONE : EMPTY;
}

static Value m_asyncgen_hooks(RpThread *th, const Value *a) {
  return th->async_hooks != EMPTY ? th->async_hooks : value_object(tuple_of(th, 2, NONE, NONE));
}
static Value m_set_asyncgen_hooks(RpThread *th, const Value *a) {
  Value old = m_asyncgen_hooks(th, NULL);
  if (old == EMPTY) return EMPTY;
  Tuple *t = tuple_of(th, 2, a[0] == EMPTY ? as_tuple(old)->items[0] : a[0], a[1] == EMPTY ? as_tuple(old)->items[1] : a[1]);
  if (!t) return EMPTY;
  th->async_hooks = value_object(t);
  return NONE;
}
static Value m_get_origin_depth(RpThread *th, const Value *a) { return value_int(0); }
static Value m_set_origin_depth(RpThread *th, const Value *a) { return NONE; }

static const NativeDef functions[] = {
    {"exc_info", m_exc_info, "()", 0, "Return current exception information: (type, value, traceback).", NULL},
    {"exception", m_exception, "()", 0, "Return the current exception.", NULL},
    {"_getframe", m_getframe, "(depth=0, /)", 0, "Return a frame object from the call stack.", NULL},
    {"_current_frames", m_current_frames, "()", 0, NULL, NULL},
    {"excepthook", m_excepthook, "(exctype, value, traceback, /)", 0, "Handle an exception by displaying it with a traceback on sys.stderr.", NULL},
    {"__excepthook__", m_excepthook, "(exctype, value, traceback, /)", 0, NULL, NULL},
    {"unraisablehook", m_unraisablehook, "(unraisable, /)", 0, "Handle an unraisable exception.", NULL},
    {"__unraisablehook__", m_unraisablehook, "(unraisable, /)", 0, NULL, NULL},
    {"displayhook", m_displayhook, "(object, /)", 0, "Print an object to sys.stdout and also save it in builtins._", NULL},
    {"__displayhook__", m_displayhook, "(object, /)", 0, NULL, NULL},
    {"breakpointhook", m_breakpointhook, "(*args, **kws)", 0, NULL, NULL},
    {"__breakpointhook__", m_breakpointhook, "(*args, **kws)", 0, NULL, NULL},
    {"exit", m_exit, "(status=None, /)", 0, "Exit the interpreter by raising SystemExit(status).", NULL},
    {"getrecursionlimit", m_getrecursionlimit, "()", 0, "Return the current value of the recursion limit.", NULL},
    {"setrecursionlimit", m_setrecursionlimit, "(limit, /)", 0, "Set the maximum depth of the Python interpreter stack to n.", NULL},
    {"getsizeof", m_getsizeof, "(object, default=None)", 0, "getsizeof(object [, default]) -> int\n\nReturn the size of object in bytes.", NULL},
    {"getrefcount", m_getrefcount, "(object, /)", 0, NULL, NULL},
    {"intern", m_intern, "(string, /)", 0, "``Intern'' the given string.", NULL},
    {"getdefaultencoding", m_getdefaultencoding, "()", 0, NULL, NULL},
    {"getfilesystemencoding", m_getfilesystemencoding, "()", 0, NULL, NULL},
    {"getfilesystemencodeerrors", m_getfilesystemencodeerrors, "()", 0, NULL, NULL},
    {"is_finalizing", m_is_finalizing, "()", 0, NULL, NULL},
    {"getswitchinterval", m_getswitchinterval, "()", 0, NULL, NULL},
    {"setswitchinterval", m_setswitchinterval, "(interval, /)", 0, NULL, NULL},
    {"getallocatedblocks", m_getallocatedblocks, "()", 0, NULL, NULL},
    {"gettrace", m_gettrace, "()", 0, NULL, NULL},
    {"getprofile", m_gettrace, "()", 0, NULL, NULL},
    {"settrace", m_settrace, "(function, /)", 0, NULL, NULL},
    {"setprofile", m_setprofile, "(function, /)", 0, NULL, NULL},
    {"audit", m_audit, "(event, /, *args)", 0, NULL, NULL},
    {"addaudithook", m_addaudithook, "(hook)", 0, NULL, NULL},
    {"call_tracing", m_call_tracing, "(func, args, /)", 0, NULL, NULL},
    {"_clear_type_cache", m_clear_type_cache, "()", 0, NULL, NULL},
    {"get_int_max_str_digits", m_get_int_max_str_digits, "()", 0, NULL, NULL},
    {"set_int_max_str_digits", m_set_int_max_str_digits, "(maxdigits)", 0, NULL, NULL},
    {"get_asyncgen_hooks", m_asyncgen_hooks, "()", 0, NULL, NULL},
    {"set_asyncgen_hooks", m_set_asyncgen_hooks, "(firstiter=None, finalizer=None)", 0, NULL, NULL},
    {"get_coroutine_origin_tracking_depth", m_get_origin_depth, "()", 0, NULL, NULL},
    {"set_coroutine_origin_tracking_depth", m_set_origin_depth, "(depth)", 0, NULL, NULL},
    {0}};

/* -- Constants ------------------------------------------------------------------------------------------------------------------------ */

static int put(RpThread *th, Dict *d, const char *name, Value v) { return v == EMPTY ? -1 : dict_set_c(th, d, name, v); }

static Value name(const char *s) { return value_object(str_perm(s)); }
static Value version_info(RpThread *boot) {
  Value v[5] = {value_int(3), value_int(11), value_int(2), name("final"), value_int(0)};
  return seq(boot, &type_sys_version_info, v, 5);
}

static Value flags(RpThread *th) {
  const struct ContextOptions *o = &th->ctx->opt;
  Value v[18];
  for (int i = 0; i < 18; i++) v[i] = value_int(0);
  v[4] = value_int(1); /* dont_write_bytecode: there is none to write */
  v[5] = v[7] = value_int(o->isolated);
  v[6] = value_int(o->no_site);
  v[12] = value_int(o->isolated);
  v[13] = FALSE_V;
  v[14] = value_int(1);
  v[16] = FALSE_V;
  v[17] = value_int(4300);
  return structseq_new(th, &type_sys_flags, v, 18, 18);
}

static Value float_info(RpThread *boot) {
  Value v[11] = {value_double(DBL_MAX), value_int(DBL_MAX_EXP), value_int(DBL_MAX_10_EXP), value_double(DBL_MIN), value_int(DBL_MIN_EXP),
                 value_int(DBL_MIN_10_EXP), value_int(DBL_DIG), value_int(DBL_MANT_DIG), value_double(DBL_EPSILON), value_int(FLT_RADIX), value_int(1)};
  return seq(boot, &type_sys_float_info, v, 11);
}
static Value int_info(RpThread *boot) {
  Value v[4] = {value_int(30), value_int(4), value_int(4300), value_int(640)};
  return seq(boot, &type_sys_int_info, v, 4);
}
static Value hash_info(RpThread *boot) {
  Value v[9] = {value_int(64), int_from_i64(boot, (1ll << 61) - 1), value_int(314159), value_int(0), value_int(1000003), name("siphash13"),
                value_int(64), value_int(128), value_int(0)};
  return seq(boot, &type_sys_hash_info, v, 9);
}
static Value thread_info(RpThread *boot) {
  Value v[3] = {name("pthread"), name("semaphore"), NONE};
  return seq(boot, &type_sys_thread_info, v, 3);
}

static bool set_field(RpThread *th, Value ns, const char *name, Value v) {
  Str *s = v == EMPTY ? NULL : str_intern_c(th, name);
  return s && op_setattr(th, ns, s, v) == 0;
}
static Value implementation(RpThread *th, Value version) {
  Value ns = op_call0(th, value_object(&type_simple_namespace));
  bool ok = ns != EMPTY && set_field(th, ns, "name", text(th, "replicant")) && set_field(th, ns, "cache_tag", NONE) && set_field(th, ns, "version", version) &&
            set_field(th, ns, "hexversion", value_int(HEXVERSION)) && set_field(th, ns, "_multiarch", text(th, "x86_64-linux-gnu"));
  return ok ? ns : EMPTY;
}

static int append(RpThread *th, List *l, const char *s, size_t n) {
  Str *str = str_from_utf8(th, s, n);
  return str ? list_append(th, l, value_object(str)) : -1;
}

/* PYTHONPATH, then the standard library. The script's folder is put in front by the program. */
static Value search_path(RpThread *th) {
  RpContext *ctx = th->ctx;
  List *l = list_new(th, 4);
  if (!l) return EMPTY;
  const char *env = ctx->opt.isolated ? NULL : ctx->os->getenv(ctx->os_data, "PYTHONPATH");
  while (env && *env) {
    const char *colon = strchr(env, ':'), *end = colon ? colon : env + strlen(env);
    if (end > env && append(th, l, env, (size_t)(end - env)) < 0) return EMPTY;
    env = *end ? end + 1 : end;
  }
  static const char *const folders[] = {"/usr/lib/python3.11", "/usr/local/lib/python3.11"};
  for (size_t i = 0; i < countof(folders); i++) {
    struct stat st;
    if (ctx->os->stat(ctx->os_data, folders[i], &st, 1) == 0 && S_ISDIR(st.st_mode)) {
      if (append(th, l, folders[i], strlen(folders[i])) < 0) return EMPTY;
      break;
    }
  }
  return value_object(l);
}

static Value arguments(RpThread *th) {
  RpContext *ctx = th->ctx;
  List *l = list_new(th, 4);
  for (int i = 0; l && i < ctx->argc; i++)
    if (append(th, l, ctx->argv[i], strlen(ctx->argv[i])) < 0) return EMPTY;
  if (l && ctx->argc == 0 && append(th, l, "", 0) < 0) return EMPTY;
  return value_object(l);
}

static Value executable(RpThread *th) {
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 && !th->ctx->opt.sandbox ? value_object(str_from_utf8(th, path, (size_t)n)) : value_object(str_empty_);
}

static Value stdlib_names(RpThread *boot) {
  static const char *const names[] = {
#define STDLIB(name) #name,
#include "runtime/stdlib_names.def"
#undef STDLIB
  };
  Set *set = frozenset_new(boot, EMPTY);
  for (size_t i = 0; set && i < countof(names); i++)
    if (set_add(boot, set, value_object(perm_str_private(names[i], strlen(names[i])))) < 0) return EMPTY;
  return value_object(set);
}

static int streams(RpThread *th, Dict *d) {
  static const char *const names[][2] = {{"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}};
  for (int fd = 0; fd < 3; fd++) {
    Value f = std_stream_new(th, fd);
    if (put(th, d, names[fd][0], f) < 0 || put(th, d, names[fd][1], f) < 0) return -1;
  }
  heap_forget_finalizers(th->ctx);
  return 0;
}

/* What is the same in all contexts and never changes. */
static int shared(RpThread *boot, Dict *d) {
  static const char *const texts[][2] = {{"version", VERSION_TEXT}, {"platform", "linux"}, {"byteorder", "little"}, {"prefix", "/usr"}, {"exec_prefix", "/usr"},
                                         {"base_prefix", "/usr"}, {"base_exec_prefix", "/usr"}, {"platlibdir", "lib"}, {"float_repr_style", "short"},
                                         {"copyright", "Copyright (c) the Replicant authors."}, {"abiflags", ""}, {"_framework", ""}, {"_home", ""}};
  const struct { const char *name; Value v; } values[] = {
      {"version_info", version_info(boot)}, {"hexversion", value_int(HEXVERSION)}, {"api_version", value_int(1013)}, {"float_info", float_info(boot)},
      {"int_info", int_info(boot)}, {"hash_info", hash_info(boot)}, {"thread_info", thread_info(boot)}, {"maxsize", int_from_i64(boot, INT64_MAX)},
      {"maxunicode", value_int(0x10FFFF)}, {"builtin_module_names", value_object(module_native_names(boot))}, {"dont_write_bytecode", TRUE_V},
      {"pycache_prefix", NONE}, {"stdlib_module_names", stdlib_names(boot)},
      {"_git", value_object(tuple_of(boot, 3, name("Replicant"), name(""), name("")))}};
  static const char *const own[] = {"modules", "path", "argv", "orig_argv", "implementation", "flags", "executable", "_base_executable", "meta_path",
                                    "path_hooks", "path_importer_cache", "warnoptions", "_xoptions", "stdin", "stdout", "stderr", "__stdin__", "__stdout__",
                                    "__stderr__"}; /* of each context: init() fills them in */
  for (size_t i = 0; i < countof(own); i++)
    if (dict_set_str(boot, d, str_perm(own[i]), NONE) < 0) return -1;
  for (size_t i = 0; i < countof(texts); i++)
    if (dict_set_str(boot, d, str_perm(texts[i][0]), name(texts[i][1])) < 0) return -1;
  for (size_t i = 0; i < countof(values); i++)
    if (values[i].v == EMPTY || dict_set_str(boot, d, str_perm(values[i].name), values[i].v) < 0) return -1;
  return 0;
}

static int init(RpThread *th, Dict *d) {
  RpContext *ctx = th->ctx;
  if (put(th, d, "modules", value_object(ctx->sys_modules)) < 0 || put(th, d, "path", search_path(th)) < 0 || put(th, d, "argv", arguments(th)) < 0 ||
      put(th, d, "orig_argv", arguments(th)) < 0 || put(th, d, "implementation", implementation(th, dict_get_c(th, d, "version_info"))) < 0 ||
      put(th, d, "flags", flags(th)) < 0 || put(th, d, "executable", executable(th)) < 0 || put(th, d, "_base_executable", executable(th)) < 0 ||
      put(th, d, "meta_path", value_object(list_new(th, 0))) < 0 || put(th, d, "path_hooks", value_object(list_new(th, 0))) < 0 ||
      put(th, d, "path_importer_cache", value_object(dict_new(th))) < 0 || put(th, d, "warnoptions", value_object(list_new(th, 0))) < 0 ||
      put(th, d, "_xoptions", value_object(dict_new(th))) < 0)
    return -1;
  return streams(th, d);
}

const ModuleSpec mod_sys = {"This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter.", functions, init, shared};
