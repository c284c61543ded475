/* mod__thread.c: threads as Python sees them: start_new_thread, lock, RLock, _local. Real threads: all of them run Python at once.
** A lock is one futex word in its object (0 free, 1 held, 2 held and somebody sleeps). Sleeping threads are SAFE, and look at their poll word
** whenever they wake, so that signals and the host's stop reach them. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/futex.h"
#include "runtime/list.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/sched.h"
#include "runtime/signals.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/weakref.h"

#include <signal.h>

/* -- Waiting ------------------------------------------------------------------------------------------------------------------------- */

typedef enum Wait { WAIT_GOT, WAIT_TIMEOUT, WAIT_RAISED } Wait;

#define FOREVER ((int64_t)-1)
#define SLICE_NS 100000000 /* a wake-up that comes between the look at the poll word and the sleep is made up for after this */

static int64_t now_ns(RpThread *th) {
  if (unlikely(th->ctx->sched != NULL)) return sched_now_ns(th);
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool try_lock(_Atomic uint32_t *word) {
  uint32_t free_ = 0;
  return atomic_compare_exchange_strong(word, &free_, 1);
}

/* The same by the turns of the deterministic scheduler. */
static Wait lock_wait_turn(RpThread *th, _Atomic uint32_t *word, int64_t deadline) {
  while (!try_lock(word)) {
    if (deadline != FOREVER && now_ns(th) >= deadline) return WAIT_TIMEOUT;
    sched_yield_now(th);
    if (!thread_poll(th)) return WAIT_RAISED;
  }
  return WAIT_GOT;
}

/* Takes the lock at `word`, waiting until `deadline` (monotonic; FOREVER; 0: not at all). */
static Wait lock_wait(RpThread *th, _Atomic uint32_t *word, int64_t deadline) {
  if (try_lock(word)) return WAIT_GOT;
  if (deadline == 0) return WAIT_TIMEOUT;
  if (unlikely(th->ctx->sched != NULL)) return lock_wait_turn(th, word, deadline);
  for (int i = 0; i < 100; i++) {
    if (try_lock(word)) return WAIT_GOT;
    cpu_relax();
  }
  while (atomic_exchange(word, 2) != 0) {
    int64_t left = SLICE_NS;
    if (deadline != FOREVER) {
      left = deadline - now_ns(th);
      if (left <= 0) return WAIT_TIMEOUT;
      if (left > SLICE_NS) left = SLICE_NS;
    }
    atomic_store(&th->waiting_on, word);
    thread_enter_safe(th);
    if (!(atomic_load(&th->poll) & (POLL_STOP | POLL_SIGNAL))) futex_wait(word, 2, left);
    thread_leave_safe(th);
    atomic_store(&th->waiting_on, NULL);
    if (!thread_poll(th)) return WAIT_RAISED;
  }
  return WAIT_GOT;
}
static void lock_release(_Atomic uint32_t *word) {
  if (atomic_exchange(word, 0) == 2) futex_wake(word, 1);
}

#define MAX_TIMEOUT_S 9223372036.0

/* acquire(blocking=True, timeout=-1) to a deadline. False + pending. */
static bool read_deadline(RpThread *th, Value blocking, Value timeout, int64_t *deadline) {
  int block = blocking == EMPTY ? 1 : op_truth(th, blocking);
  double t = -1;
  if (block < 0 || (timeout != EMPTY && !op_as_double(th, timeout, &t))) return false;
  if (!block && t != -1) return raise_value(th, "can't specify a timeout for a non-blocking call"), false;
  if (t < 0 && t != -1) return raise_value(th, "timeout value must be a non-negative number"), false;
  if (t != t) return raise_value(th, "Invalid value NaN (not a number)"), false;
  if (t > MAX_TIMEOUT_S) return raise_overflow(th, "timeout value is too large"), false;
  *deadline = !block ? 0 : t < 0 ? FOREVER : t == 0 ? 0 : now_ns(th) + (int64_t)(t * 1e9);
  return true;
}

/* -- lock ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct LockObject { Object hdr; _Atomic uint32_t word; } LockObject;

static LockObject *as_lock(Value v) { return (LockObject *)as_object(v); }

static Value lock_make(RpThread *th) {
  Object *o = heap_alloc(th, SHAPE_thread_lock, K_NATIVE_OBJECT, sizeof(LockObject));
  return o ? value_object(o) : EMPTY;
}
static Value wait_result(Wait w) { return w == WAIT_RAISED ? EMPTY : value_bool(w == WAIT_GOT); }

static Value lock_acquire(RpThread *th, const Value *a) {
  int64_t deadline;
  return read_deadline(th, a[1], a[2], &deadline) ? wait_result(lock_wait(th, &as_lock(a[0])->word, deadline)) : EMPTY;
}
static Value lock_enter(RpThread *th, const Value *a) { return wait_result(lock_wait(th, &as_lock(a[0])->word, FOREVER)); }
static Value lock_release_method(RpThread *th, const Value *a) {
  if (atomic_load(&as_lock(a[0])->word) == 0) return raise_runtime(th, "release unlocked lock");
  lock_release(&as_lock(a[0])->word);
  return NONE;
}
static Value lock_exit(RpThread *th, const Value *a) { return lock_release_method(th, a); }
static Value lock_locked(RpThread *th, const Value *a) { return value_bool(atomic_load(&as_lock(a[0])->word) != 0); }
static Value lock_reinit(RpThread *th, const Value *a) {
  atomic_store(&as_lock(a[0])->word, 0);
  return NONE;
}
static Value lock_repr(RpThread *th, Value self) {
  Str *s = str_fmt(th, "<%s _thread.lock object at %p>", atomic_load(&as_lock(self)->word) ? "locked" : "unlocked", (void *)as_object(self));
  return s ? value_object(s) : EMPTY;
}

#define ACQUIRE_DOC "Lock the lock."
static const NativeDef lock_methods[] = {
    {"acquire", lock_acquire, "(self, blocking=True, timeout=-1)", 0, ACQUIRE_DOC},
    {"acquire_lock", lock_acquire, "(self, blocking=True, timeout=-1)", 0, ACQUIRE_DOC},
    {"release", lock_release_method, "(self, /)", 0, "Release the lock."},
    {"release_lock", lock_release_method, "(self, /)", 0, "Release the lock."},
    {"locked", lock_locked, "(self, /)", 0, "Return whether the lock is in the locked state."},
    {"locked_lock", lock_locked, "(self, /)", 0, "Return whether the lock is in the locked state."},
    {"__enter__", lock_enter, "(self, /)", 0, ACQUIRE_DOC},
    {"__exit__", lock_exit, "(self, /, *args)", 0, "Release the lock."},
    {"_at_fork_reinit", lock_reinit, "(self, /)", 0, NULL},
    {0},
};
const TypeSpec spec_thread_lock = {
    .size = sizeof(LockObject),
    .flags = TYPE_HAS_WEAKREF,
    .doc = "A lock object is a synchronization primitive.",
    .slots = {.repr = lock_repr},
    .methods = lock_methods,
};

/* -- RLock ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct RLockObject { Object hdr; _Atomic uint32_t word; _Atomic uint64_t owner; uint64_t count; } RLockObject; /* count: the owner's */

static RLockObject *as_rlock(Value v) { return (RLockObject *)as_object(v); }

static Value rlock_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!(type->flags & TYPE_HEAP)) {
    Object *o = heap_alloc(th, SHAPE_thread_rlock, K_NATIVE_OBJECT, sizeof(RLockObject));
    return o ? value_object(o) : EMPTY;
  }
  Object *o = type_alloc(th, type);
  return o ? value_object(o) : EMPTY;
}
static Wait rlock_take(RpThread *th, RLockObject *l, int64_t deadline) {
  if (atomic_load_explicit(&l->owner, memory_order_relaxed) == th->id) {
    l->count++;
    return WAIT_GOT;
  }
  Wait w = lock_wait(th, &l->word, deadline);
  if (w == WAIT_GOT) {
    atomic_store_explicit(&l->owner, th->id, memory_order_relaxed);
    l->count = 1;
  }
  return w;
}
static Value rlock_acquire(RpThread *th, const Value *a) {
  int64_t deadline;
  return read_deadline(th, a[1], a[2], &deadline) ? wait_result(rlock_take(th, as_rlock(a[0]), deadline)) : EMPTY;
}
static Value rlock_enter(RpThread *th, const Value *a) { return wait_result(rlock_take(th, as_rlock(a[0]), FOREVER)); }
static void rlock_give(RLockObject *l) {
  atomic_store_explicit(&l->owner, 0, memory_order_relaxed);
  lock_release(&l->word);
}
static Value rlock_release(RpThread *th, const Value *a) {
  RLockObject *l = as_rlock(a[0]);
  if (atomic_load_explicit(&l->owner, memory_order_relaxed) != th->id) return raise_runtime(th, "cannot release un-acquired lock");
  if (--l->count == 0) rlock_give(l);
  return NONE;
}
static Value rlock_is_owned(RpThread *th, const Value *a) { return value_bool(atomic_load(&as_rlock(a[0])->owner) == th->id); }
static Value rlock_release_save(RpThread *th, const Value *a) {
  RLockObject *l = as_rlock(a[0]);
  if (atomic_load(&l->owner) != th->id) return raise_runtime(th, "cannot release un-acquired lock");
  Tuple *t = tuple_of(th, 2, value_int((int64_t)l->count), value_int((int64_t)th->id));
  if (!t) return EMPTY;
  l->count = 0;
  rlock_give(l);
  return value_object(t);
}
static Value rlock_acquire_restore(RpThread *th, const Value *a) {
  RLockObject *l = as_rlock(a[0]);
  int64_t count;
  if (!tuple_check(a[1]) || as_tuple(a[1])->length != 2) return raise_type(th, "_acquire_restore() argument must be a 2-tuple");
  if (!op_as_i64(th, as_tuple(a[1])->items[0], &count)) return EMPTY;
  /* Waits for ever: the caller holds to what it had, whatever exception is on its way. */
  Value pending = EMPTY;
  while (lock_wait(th, &l->word, FOREVER) == WAIT_RAISED) pending = error_take(th);
  atomic_store(&l->owner, th->id);
  l->count = (uint64_t)count;
  if (pending != EMPTY) return raise_value_object(th, pending);
  return NONE;
}
static Value rlock_reinit(RpThread *th, const Value *a) {
  RLockObject *l = as_rlock(a[0]);
  atomic_store(&l->owner, 0);
  l->count = 0;
  atomic_store(&l->word, 0);
  return NONE;
}
static Value rlock_repr(RpThread *th, Value self) {
  RLockObject *l = as_rlock(self);
  uint64_t owner = atomic_load(&l->owner);
  Str *s = str_fmt(th, "<%s %T object owner=%llu count=%llu at %p>", owner ? "locked" : "unlocked", self, (unsigned long long)owner,
                   (unsigned long long)(owner ? l->count : 0), (void *)l);
  return s ? value_object(s) : EMPTY;
}
static const NativeDef rlock_methods[] = {
    {"acquire", rlock_acquire, "(self, blocking=True, timeout=-1)", 0, ACQUIRE_DOC},
    {"release", rlock_release, "(self, /)", 0, "Release the lock."},
    {"__enter__", rlock_enter, "(self, /)", 0, ACQUIRE_DOC},
    {"__exit__", rlock_release, "(self, /, *args)", 0, "Release the lock."},
    {"_is_owned", rlock_is_owned, "(self, /)", 0, "For internal use by `threading.Condition`."},
    {"_release_save", rlock_release_save, "(self, /)", 0, "For internal use by `threading.Condition`."},
    {"_acquire_restore", rlock_acquire_restore, "(self, state, /)", 0, "For internal use by `threading.Condition`."},
    {"_at_fork_reinit", rlock_reinit, "(self, /)", 0, NULL},
    {0},
};
const TypeSpec spec_thread_rlock = {
    .size = sizeof(RLockObject),
    .flags = TYPE_HAS_WEAKREF | TYPE_BASETYPE,
    .slots = {.repr = rlock_repr, .new_ = rlock_new},
    .methods = rlock_methods,
};

/* -- _local ------------------------------------------------------------------------------------------------------------------------------ */

/* `table` holds pairs: the thread (its address as an int), its Dict. A thread remembers weakly which locals it has a dict in, and takes its
** dicts out when it ends. Changed under the object's lock, always by publishing a new array. */
typedef struct LocalObject { Object hdr; Array *table; Value args, kwargs; } LocalObject;

static void local_trace(Tracer *tr, Object *o) {
  LocalObject *l = (LocalObject *)o;
  trace_ref(tr, load_consume(&l->table));
  trace_value(tr, l->args);
  trace_value(tr, l->kwargs);
}
static Value thread_key(RpThread *th) { return value_int((int64_t)(uintptr_t)th); }

static Dict *local_find(RpThread *th, LocalObject *l) {
  Array *t = load_acquire(&l->table);
  for (uint32_t i = 0; t && i < t->length; i += 2)
    if (t->items[i] == thread_key(th)) return as_dict(t->items[i + 1]);
  return NULL;
}
/* Replaces the table by one with the thread's entry added (d) or removed (NULL). */
static bool local_change(RpThread *th, LocalObject *l, Dict *d) {
  for (;;) {
    Array *old = load_acquire(&l->table);
    uint32_t n = old ? old->length : 0, k = 0;
    Array *t = heap_alloc_array(th, n + 2);
    if (!t) return false;
    for (uint32_t i = 0; i < n; i += 2) {
      if (old->items[i] == thread_key(th)) continue;
      t->items[k++] = old->items[i];
      t->items[k++] = old->items[i + 1];
    }
    if (d) {
      t->items[k++] = thread_key(th);
      t->items[k++] = value_object(d);
    }
    t->length = k;
    obj_lock(th, l);
    bool same = load_relaxed(&l->table) == old;
    if (same) obj_store_ref(th, l, &l->table, t);
    obj_unlock(th, l);
    if (same) return true;
  }
}
/* The thread's list of weak references to its locals; the dead are dropped when it has doubled. */
static bool remember_local(RpThread *th, LocalObject *l) {
  if (th->thread_locals == EMPTY) {
    List *fresh = list_new(th, 4);
    if (!fresh) return false;
    th->thread_locals = value_object(fresh);
  }
  List *list = as_list(th->thread_locals);
  uint32_t n = list_len(list);
  if (n >= 32 && (n & (n - 1)) == 0) {
    List *fresh = list_new(th, n);
    for (uint32_t i = 0; fresh && i < n; i++) {
      Value r = list_array(list)->items[i];
      if (weakref_get((WeakRef *)as_object(r)) != EMPTY && list_append(th, fresh, r) < 0) return false;
    }
    if (!fresh) return false;
    list = fresh;
    th->thread_locals = value_object(list);
  }
  WeakRef *r = weakref_plain(th, value_object(l));
  return r && list_append(th, list, value_object(r)) == 0;
}
static Dict *local_add(RpThread *th, LocalObject *l) {
  Dict *d = dict_new(th);
  return d && remember_local(th, l) && local_change(th, l, d) ? d : NULL;
}
/* This thread's dict; made, and __init__ called for it, when the thread meets the object for the first time. */
static Dict *local_dict(RpThread *th, LocalObject *l) {
  Dict *d = local_find(th, l);
  if (d) return d;
  d = local_add(th, l);
  if (!d) return NULL;
  Type *t = type_of(value_object(l));
  if (t->slots.init == type_object.slots.init) return d;
  Value init = op_getattr(th, value_object(l), SLOT_NAME(__init__));
  Tuple *args = l->args == EMPTY ? tuple_empty_ : as_tuple(l->args);
  Value r = init == EMPTY ? EMPTY : op_call_ex(th, init, args, l->kwargs == EMPTY ? NULL : as_dict(l->kwargs));
  if (r != EMPTY) return d;
  Value pending = error_take(th);
  local_change(th, l, NULL); /* the next access tries again */
  error_clear(th);
  raise_value_object(th, pending);
  return NULL;
}
/* The thread ends: its dicts leave the locals it has met. */
static void forget_locals(RpThread *th) {
  if (th->thread_locals == EMPTY) return;
  List *list = as_list(th->thread_locals);
  for (uint32_t i = 0; i < list_len(list); i++) {
    Value l = weakref_get((WeakRef *)as_object(list_array(list)->items[i]));
    if (l != EMPTY) local_change(th, (LocalObject *)as_object(l), NULL);
  }
  error_clear(th);
  th->thread_locals = EMPTY;
}

static Value local_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  size_t n_kw = kwnames ? kwnames->length : 0;
  if ((n_pos || n_kw) && type->slots.init == type_object.slots.init) return raise_type(th, "Initialization arguments are not supported");
  LocalObject *l = (LocalObject *)(type->flags & TYPE_HEAP ? type_alloc(th, type)
                                                          : heap_alloc(th, SHAPE_thread_local, K_NATIVE_OBJECT, sizeof(LocalObject)));
  if (!l) return EMPTY;
  if (n_pos) {
    Tuple *t = tuple_new(th, args, (size_t)n_pos);
    if (!t) return EMPTY;
    obj_store_ref(th, l, &l->args, t);
  }
  if (n_kw) {
    Dict *kw = dict_new(th);
    if (!kw) return EMPTY;
    obj_store_ref(th, l, &l->kwargs, kw);
    for (size_t i = 0; i < n_kw; i++)
      if (dict_set(th, kw, kwnames->items[i], args[(size_t)n_pos + i]) < 0) return EMPTY;
  }
  return local_add(th, l) ? value_object(l) : EMPTY;
}
static Value raise_no_attribute(RpThread *th, Value self, Str *name) {
  return raise_attribute(th, "'%T' object has no attribute '%S'", self, name);
}
static Value local_getattr(RpThread *th, Value self, Str *name) {
  Dict *d = local_dict(th, (LocalObject *)as_object(self));
  if (!d) return EMPTY;
  if (str_eq(name, S(__dict__))) return value_object(d);
  Type *t = type_of(self);
  Value on_class = type_lookup(th, t, name);
  const TypeSlots *slots = on_class == EMPTY ? NULL : &type_of(on_class)->slots;
  if (slots && slots->descr_get && slots->descr_set) return slots->descr_get(th, on_class, self, value_object(t));
  Value v = dict_get_str(d, name);
  if (v != EMPTY) return v;
  if (slots) return slots->descr_get ? slots->descr_get(th, on_class, self, value_object(t)) : on_class;
  return raise_no_attribute(th, self, name);
}
static int local_setattr(RpThread *th, Value self, Str *name, Value v) {
  Dict *d = local_dict(th, (LocalObject *)as_object(self));
  if (!d) return -1;
  if (str_eq(name, S(__dict__))) return raise_attribute(th, "'%T' object attribute '__dict__' is read-only", self), -1;
  Value on_class = type_lookup(th, type_of(self), name);
  if (on_class != EMPTY && type_of(on_class)->slots.descr_set) return type_of(on_class)->slots.descr_set(th, on_class, self, v);
  if (v != EMPTY) return dict_set_str(th, d, name, v);
  int r = dict_del_str(th, d, name);
  if (r == 0) raise_no_attribute(th, self, name);
  return r == 1 ? 0 : -1;
}
const TypeSpec spec_thread_local = {
    .size = sizeof(LocalObject),
    .flags = TYPE_HAS_WEAKREF | TYPE_BASETYPE,
    .doc = "Thread-local data",
    .slots = {.trace = local_trace, .new_ = local_new, .getattr = local_getattr, .setattr = local_setattr},
};

/* -- _ExceptHookArgs, _excepthook ------------------------------------------------------------------------------------------------------- */

static Value hook_args_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos != 1) return raise_type(th, "_ExceptHookArgs() missing required argument 'sequence' (pos 1)");
  Tuple *t = op_to_tuple(th, args[0]);
  if (!t) return EMPTY;
  if (t->length != 4) return raise_type(th, "_thread._ExceptHookArgs() takes a 4-sequence (%llu-sequence given)", (unsigned long long)t->length);
  Tuple *r = tuple_alloc_type(th, type, 4);
  if (!r) return EMPTY;
  for (int i = 0; i < 4; i++) r->items[i] = t->items[i];
  heap_barrier_bulk(th, r);
  return value_object(r);
}
static Value hook_args_repr(RpThread *th, Value self) {
  const Value *v = as_tuple(self)->items;
  Str *s = str_fmt(th, "_thread._ExceptHookArgs(exc_type=%V, exc_value=%V, exc_traceback=%V, thread=%V)", v[0], v[1], v[2], v[3]);
  return s ? value_object(s) : EMPTY;
}
static Value hook_type(RpThread *th, Value self) { return as_tuple(self)->items[0]; }
static Value hook_value(RpThread *th, Value self) { return as_tuple(self)->items[1]; }
static Value hook_traceback(RpThread *th, Value self) { return as_tuple(self)->items[2]; }
static Value hook_thread(RpThread *th, Value self) { return as_tuple(self)->items[3]; }
static const GetSetDef hook_args_getsets[] = {{"exc_type", hook_type, NULL, "Exception type"},
                                              {"exc_value", hook_value, NULL, "Exception value"},
                                              {"exc_traceback", hook_traceback, NULL, "Exception traceback"},
                                              {"thread", hook_thread, NULL, "Thread"},
                                              {0}};
const TypeSpec spec_except_hook_args = {
    .doc = "Type used to pass arguments to threading.excepthook.",
    .slots = {.new_ = hook_args_new, .repr = hook_args_repr},
    .getsets = hook_args_getsets,
};

static Value thread_excepthook(RpThread *th, const Value *a) {
  if (!has_shape(a[0], SHAPE_except_hook_args)) return raise_type(th, "_thread.excepthook argument type must be ExceptHookArgs");
  const Value *v = as_tuple(a[0])->items;
  if (v[0] == value_object(&type_SystemExit)) return NONE;
  Value err = dict_get_str(th->ctx->sys_dict, S(stderr));
  if ((err == EMPTY || err == NONE) && v[3] != NONE) err = op_getattr_opt(th, v[3], str_intern_c(th, "_stderr")); /* as it was when the thread was made */
  if (th->pending != EMPTY) return EMPTY;
  if (err == EMPTY || err == NONE) return NONE;
  Value out = dict_get_str(th->ctx->sys_dict, S(stdout));
  if (is_object(out) && op_call_method(th, out, S(flush), NULL, 0) == EMPTY) error_clear(th); /* keeps the order of what a log shows */
  Value name = v[3] == NONE ? EMPTY : op_getattr_opt(th, v[3], S(name));
  Str *head = name != EMPTY ? str_fmt(th, "Exception in thread %S:\n", op_str(th, name))
                            : str_fmt(th, "Exception in thread %llu:\n", (unsigned long long)th->id);
  if (!head) return EMPTY;
  Value text = value_object(head);
  if (op_call_method(th, err, S(write), &text, 1) == EMPTY) return EMPTY;
  Str *report = error_text(th, v[1]);
  text = report ? value_object(report) : EMPTY;
  if (!report || op_call_method(th, err, S(write), &text, 1) == EMPTY) return EMPTY;
  return op_call_method(th, err, S(flush), NULL, 0) == EMPTY ? EMPTY : NONE;
}

/* -- Threads ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Start { RpContext *ctx; Value func, args, kwargs; } Start;

static void trace_start(Tracer *tr, void *data) {
  Start *s = data;
  trace_value(tr, s->func);
  trace_value(tr, s->args);
  trace_value(tr, s->kwargs);
}

static NOINLINE void run_thread(RpThread *th, Start *s) {
  Value func = s->func, args = s->args, kwargs = s->kwargs;
  heap_root_remove(s->ctx, trace_start, s);
  free(s);
  if (op_call_ex(th, func, as_tuple(args), kwargs == EMPTY ? NULL : as_dict(kwargs)) == EMPTY) {
    if (error_is(th, &type_SystemExit)) error_clear(th);
    else error_unraisable_as(th, func, "Exception ignored in thread started by");
  }
  forget_locals(th);
}
static void *thread_main(void *arg) {
  Start *s = arg;
  RpContext *ctx = s->ctx;
  RpThread *th = thread_attach_at(ctx, __builtin_frame_address(0));
  if (!th && ctx->sched) sched_arrived(ctx->sched); /* its starter waits */
  atomic_fetch_sub(&ctx->n_transit, 1);
  if (!th) return NULL;
  run_thread(th, s);
  if (th->sentinel != EMPTY) lock_release(&as_lock(th->sentinel)->word);
  thread_detach(th);
  return NULL;
}

static Value start_new_thread(RpThread *th, const Value *a) {
  RpContext *ctx = th->ctx;
#ifdef RP_ONE_THREAD
  return raise_error(th, &type_NotImplementedError, "threads: this program was built with RP_THREADS=OFF");
#endif
  if (!op_callable(a[0])) return raise_type(th, "first arg must be callable");
  if (!tuple_check(a[1])) return raise_type(th, "2nd arg must be a tuple");
  if (a[2] != EMPTY && !dict_check(a[2])) return raise_type(th, "optional 3rd arg must be a dictionary");
  Start *s = malloc(sizeof *s);
  if (!s) return raise_memory(th);
  *s = (Start){ctx, a[0], a[1], a[2]};
  heap_root_add(ctx, trace_start, s);
  pthread_t t;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  if (ctx->thread_stack_size) pthread_attr_setstacksize(&attr, ctx->thread_stack_size);
  uint32_t arrivals = ctx->sched ? sched_arrivals(ctx->sched) : 0;
  atomic_fetch_add(&ctx->n_transit, 1);
  int err = atomic_load(&ctx->stopping) ? EAGAIN : pthread_create(&t, &attr, thread_main, s);
  pthread_attr_destroy(&attr);
  if (err) {
    atomic_fetch_sub(&ctx->n_transit, 1);
    heap_root_remove(ctx, trace_start, s);
    free(s);
    return raise_runtime(th, "can't start new thread");
  }
  if (ctx->sched) sched_await_arrival(th, arrivals);
  return value_int((int64_t)t);
}
static Value thread_exit(RpThread *th, const Value *a) { return raise_value_object(th, value_object(&type_SystemExit)); }
static Value thread_get_ident(RpThread *th, const Value *a) { return value_int((int64_t)th->id); }
static Value thread_get_native_id(RpThread *th, const Value *a) { return value_int(gettid()); }
static Value thread_count(RpThread *th, const Value *a) { return value_int((int64_t)atomic_load(&th->ctx->n_threads) - 1); }
static Value allocate_lock(RpThread *th, const Value *a) { return lock_make(th); }
static Value set_sentinel(RpThread *th, const Value *a) { return th->sentinel = lock_make(th); }

static Value thread_stack_size(RpThread *th, const Value *a) {
  int64_t old = (int64_t)th->ctx->thread_stack_size, n = 0;
  if (a[0] == EMPTY) return value_int(old);
  if (!op_as_i64(th, a[0], &n)) return EMPTY;
  if (n < 0) return raise_value(th, "size must be 0 or a positive value");
  if (n && n < 32768) return raise_value(th, "size not valid: %lld bytes", (long long)n);
  th->ctx->thread_stack_size = (size_t)(n + 4095) & ~(size_t)4095;
  return value_int(old);
}
static Value interrupt_main(RpThread *th, const Value *a) {
  int64_t sig = SIGINT;
  if (a[0] != EMPTY && !op_as_i64(th, a[0], &sig)) return EMPTY;
  if (sig < 1 || sig > 64) return raise_value(th, "signal number out of range");
  if (signals_claim(th->ctx) && signals_installed((int)sig)) signals_note(th->ctx, (int)sig);
  else if (sig == SIGINT && !th->ctx->opt.sandbox && th->ctx->signal_handlers == EMPTY && th->ctx->main_thread) thread_interrupt(th->ctx->main_thread);
  return thread_poll(th) ? NONE : EMPTY;
}

#define START_DOC "Start a new thread and return its identifier."
static const NativeDef thread_functions[] = {
    {"start_new_thread", start_new_thread, "(function, args, kwargs=None, /)", 0, START_DOC},
    {"start_new", start_new_thread, "(function, args, kwargs=None, /)", 0, START_DOC},
    {"allocate_lock", allocate_lock, "()", 0, "Create a new lock object."},
    {"allocate", allocate_lock, "()", 0, "Create a new lock object."},
    {"exit", thread_exit, "()", 0, "Raise SystemExit: the current thread ends."},
    {"exit_thread", thread_exit, "()", 0, "Raise SystemExit: the current thread ends."},
    {"get_ident", thread_get_ident, "()", 0, "A non-zero integer that uniquely identifies the current thread among those that exist."},
    {"get_native_id", thread_get_native_id, "()", 0, "The operating system's identity of the current thread."},
    {"_count", thread_count, "()", 0, "The number of Python threads, the main one excluded."},
    {"stack_size", thread_stack_size, "(size=0, /)", 0, "The stack size of new threads."},
    {"interrupt_main", interrupt_main, "(signum=2, /)", 0, "Simulate the arrival of the given signal in the main thread."},
    {"_set_sentinel", set_sentinel, "()", 0, "A lock that is released when the current thread ends."},
    {"_excepthook", thread_excepthook, "(excepthookargs, /)", 0, "Handle uncaught Thread.run() exception."},
    {0},
};
static int thread_init(RpThread *th, Dict *dict) {
  const struct { const char *name; Value v; } rows[] = {
      {"LockType", value_object(&type_thread_lock)}, {"RLock", value_object(&type_thread_rlock)},
      {"_local", value_object(&type_thread_local)},  {"_ExceptHookArgs", value_object(&type_except_hook_args)},
      {"error", value_object(&type_RuntimeError)},   {"TIMEOUT_MAX", value_double(MAX_TIMEOUT_S)}};
  for (size_t i = 0; i < countof(rows); i++)
    if (dict_set_c(th, dict, rows[i].name, rows[i].v) < 0) return -1;
  return 0;
}
const ModuleSpec mod__thread = {
    .doc = "This module provides primitive operations to write multi-threaded programs.\n"
           "The 'threading' module provides a more convenient interface.",
    .functions = thread_functions,
    .init = thread_init,
};
