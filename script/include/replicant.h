/* replicant.h: embed Replicant, a Python 3.11 runtime, in C or C++. This is the only header a host includes; link with -lreplicant.
**
** A *context* is a complete interpreter: its own modules, heap, collector and limits. Contexts share nothing: two of them on two threads run at full
** speed on two cores. There are no globals to initialise; create as many as you like.
**
**     RpContext *ctx = rp_new(NULL);
**     if (!rp_run(ctx, "def area(r): return 3.14159 * r * r", "shapes.py")) fputs(rp_error(ctx)->text, stderr);
**     RpRef r = rp_float(ctx, 2.0);
**     RpRef a = rp_call(ctx, rp_get(ctx, RP_MAIN, "area"), &r, 1);
**     printf("%g\n", rp_to_float(ctx, a, -1.0));
**     rp_free(ctx);
**
** References. Every value a host holds is an RpRef: a small number, valid in its context until released. 0 (RP_NULL) means failure. References pile
** up in order of creation; rp_mark()/rp_release() bracket a piece of work and drop everything made in between. A reference keeps its
** object alive.
**
** Errors. A function that fails returns RP_NULL or false and leaves a description in rp_error(ctx), valid until the next call into the context. Passing
** RP_NULL as an argument makes the call fail with the error that is already there, so a chain of calls needs one check at its end. Nothing a script
** does ends the process.
**
** Threads. A context is used by the thread that made it; another thread brackets its use with rp_attach()/rp_detach() (several may be attached at
** once and run in parallel). rp_stop() may be called from any thread. */
#ifndef REPLICANT_H
#define REPLICANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RP_API __attribute__((visibility("default")))
#else
#define RP_API
#endif

typedef struct RpContext RpContext;
typedef uint32_t RpRef;
#define RP_NULL ((RpRef)0)
#define RP_NONE ((RpRef)1)   /* None, in every context */
#define RP_MAIN ((RpRef)2)   /* the __main__ module */

/* -- Contexts ------------------------------------------------------------- */

typedef enum RpTier { RP_TIER_AUTO, RP_TIER_INTERP, RP_TIER_NATIVE } RpTier;

/* What a context may do and use. Zero-initialise, then set what matters. */
typedef struct RpConfig {
  size_t memory_limit;       /* bytes of heap and buffers; 0: unlimited. Beyond it scripts get MemoryError */
  int recursion_limit;       /* Python frames; 0: 1000 */
  RpTier tier;               /* auto: interpret, compile what is hot in the background. interp: never compile. native: at first call */
  bool sandbox;              /* no files, processes, network, environment: such calls raise PermissionError */
  const char *const *argv;   /* sys.argv, NULL-terminated; may be NULL */
  void *user;                /* rp_user() gives it back */
} RpConfig;

/* NULL only when memory is out. config may be NULL. The calling thread is attached. */
RP_API RpContext *rp_new(const RpConfig *config);
/* Ends the context: stops its other threads, runs exit handlers, returns all memory. Call on an attached thread. */
RP_API void rp_free(RpContext *ctx);
RP_API void *rp_user(RpContext *ctx);
RP_API bool rp_attach(RpContext *ctx);
RP_API void rp_detach(RpContext *ctx);
/* Asks running scripts to stop at their next poll (microseconds): the running call fails with error type "Stopped". Any thread, any time. */
RP_API void rp_stop(RpContext *ctx);

/* -- Errors ------------------------------------------------------------------ */

typedef struct RpError {
  const char *type;     /* "ValueError" */
  const char *message;  /* str(exception) */
  const char *file;     /* innermost frame; "" if none */
  int line;             /* 0 if none */
  const char *text;     /* the whole report with traceback, as python3 prints it */
} RpError;
/* The last failure, never NULL; empty strings when nothing failed. */
RP_API const RpError *rp_error(RpContext *ctx);

/* -- Loading and calling -------------------------------------------------------- */

/* Runs source text as the module __main__ / a file as `python3 FILE` does (its folder joins sys.path). `name` is what tracebacks show. */
RP_API bool rp_run(RpContext *ctx, const char *source, const char *name);
RP_API bool rp_run_file(RpContext *ctx, const char *path);
/* Evaluates one expression in __main__. */
RP_API RpRef rp_eval(RpContext *ctx, const char *expression);
RP_API RpRef rp_import(RpContext *ctx, const char *module);

RP_API RpRef rp_call(RpContext *ctx, RpRef callable, const RpRef *args, int n);
RP_API RpRef rp_get(RpContext *ctx, RpRef object, const char *attribute);
RP_API bool rp_has(RpContext *ctx, RpRef object, const char *attribute);
RP_API bool rp_set(RpContext *ctx, RpRef object, const char *attribute, RpRef value);
RP_API RpRef rp_item(RpContext *ctx, RpRef container, RpRef key);
RP_API bool rp_set_item(RpContext *ctx, RpRef container, RpRef key, RpRef value);
/* -1 on failure. */
RP_API int64_t rp_len(RpContext *ctx, RpRef object);

/* -- Values ------------------------------------------------------------------------ */

RP_API RpRef rp_bool(RpContext *ctx, bool v);
RP_API RpRef rp_int(RpContext *ctx, int64_t v);
RP_API RpRef rp_float(RpContext *ctx, double v);
/* UTF-8; n bytes, or n = (size_t)-1 for NUL-terminated text. */
RP_API RpRef rp_str(RpContext *ctx, const char *utf8, size_t n);
RP_API RpRef rp_bytes(RpContext *ctx, const void *data, size_t n);
RP_API RpRef rp_list(RpContext *ctx, const RpRef *items, int n);
RP_API RpRef rp_tuple(RpContext *ctx, const RpRef *items, int n);
RP_API RpRef rp_dict(RpContext *ctx);

typedef enum RpType { RP_T_NONE, RP_T_BOOL, RP_T_INT, RP_T_FLOAT, RP_T_STR, RP_T_BYTES, RP_T_LIST, RP_T_TUPLE, RP_T_DICT, RP_T_CALLABLE, RP_T_OTHER } RpType;
RP_API RpType rp_type(RpContext *ctx, RpRef v);
/* Conversions by Python's rules (int accepts __index__, float accepts ints); on failure the fallback comes back and rp_error says why. */
RP_API bool rp_to_bool(RpContext *ctx, RpRef v, bool fallback);
RP_API int64_t rp_to_int(RpContext *ctx, RpRef v, int64_t fallback);
RP_API double rp_to_float(RpContext *ctx, RpRef v, double fallback);
/* str(v) as UTF-8, NUL-terminated, valid until the reference is released; n may be NULL. NULL on failure. */
RP_API const char *rp_to_str(RpContext *ctx, RpRef v, size_t *n);
/* Contents of a bytes-like object, valid until the reference is released. */
RP_API const void *rp_to_bytes(RpContext *ctx, RpRef v, size_t *n);

/* -- References ------------------------------------------------------------------------ */

RP_API RpRef rp_mark(RpContext *ctx);
/* Drops every reference made since `mark`, keeping `keep` (renumbered; RP_NULL: none). Returns the kept reference. */
RP_API RpRef rp_release(RpContext *ctx, RpRef mark, RpRef keep);

/* -- Callbacks ---------------------------------------------------------------------------- */

/* A host function that scripts call. Returns a reference, or RP_NULL after rp_raise(). References made inside are dropped on return. */
typedef RpRef (*RpFunction)(RpContext *ctx, void *user, const RpRef *args, int n);
/* Makes module.name callable from scripts (`import module`); the module is made if there is none. "__main__" and "builtins" work too. */
RP_API bool rp_define(RpContext *ctx, const char *module, const char *name, RpFunction fn, void *user);
/* Sets the error that a callback fails with; type is a builtin exception's name. Always returns RP_NULL. */
RP_API RpRef rp_raise(RpContext *ctx, const char *type, const char *message);

/* -- Channels ------------------------------------------------------------------------------- */

/* A bounded queue between contexts. It belongs to no context: any thread may hold and close it; putting and getting takes a context, whose value is
** copied in (numbers, str, bytes, containers, with cycles), or out into objects of the other one. array.array is moved when asked, Image pixels
** are shared. Scripts have it as replicant.Channel. */
typedef struct RpChannel RpChannel;
/* capacity: values, 1..65536. NULL: out of range or memory. The host's handle takes part in it until dropped. */
RP_API RpChannel *rp_channel_new(int capacity);
RP_API void rp_channel_drop(RpChannel *ch);
/* Scripts of ctx get this channel from replicant.channel(name). When all but one of those who share a channel (contexts, the host) have ended, it closes. */
RP_API bool rp_channel_give(RpContext *ctx, RpChannel *ch, const char *name);
/* timeout_ns: 0 do not wait, negative for ever. Waiting ends with error type "Stopped" when rp_stop() is called. Errors: "TimeoutError" (full, or empty),
** "BrokenPipeError" (put: closed), "EOFError" (get: closed and empty), "TypeError" (a value that cannot be sent). move: array.array objects in it lose their
** contents instead of being copied. */
RP_API bool rp_channel_put(RpContext *ctx, RpChannel *ch, RpRef value, bool move, int64_t timeout_ns);
RP_API RpRef rp_channel_get(RpContext *ctx, RpChannel *ch, int64_t timeout_ns);
/* Nothing more can be put; what is in it can still be taken. */
RP_API void rp_channel_close(RpChannel *ch);
RP_API int rp_channel_len(RpChannel *ch);

/* -- Time ----------------------------------------------------------------------------------- */

/* At a moment when no script of this context runs on this thread (a frame edge): lets the context do its own work (collector, finalizers, new
** native code) for at most the given time. Returns nanoseconds used. */
RP_API int64_t rp_idle(RpContext *ctx, int64_t budget_ns);

RP_API const char *rp_version(void);

#ifdef __cplusplus
}
#endif
#endif
