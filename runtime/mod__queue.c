/* mod__queue.c: the module _queue: SimpleQueue, an unbounded FIFO whose put never blocks. Items sit in a ring under the object's lock; getters
** sleep on a word that every put changes, in SAFE state, and look at their polls between sleeps. */
#include "runtime/cont.h"
#include "runtime/futex.h"
#include "runtime/context.h"
#include "runtime/module.h"
#include "runtime/sched.h"

typedef struct SimpleQueue {
  Object hdr;
  Array *ring;              /* length == capacity: a power of two, or the shared empty array */
  uint64_t head, n;         /* under the lock */
  _Atomic uint32_t puts;    /* futex word */
  _Atomic uint32_t waiting;
} SimpleQueue;
ALWAYS_INLINE SimpleQueue *as_queue(Value v) { return (SimpleQueue *)as_object(v); }

static void trace(Tracer *tr, Object *o) { trace_ref(tr, load_acquire(&((SimpleQueue *)o)->ring)); }

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  if (!cont_arity(th, "SimpleQueue", n_pos + n_keywords(kwnames), 0, 0)) return EMPTY;
  SimpleQueue *q = (SimpleQueue *)cont_alloc(th, type, &type_SimpleQueue, SHAPE_SimpleQueue, K_NATIVE_OBJECT, sizeof(SimpleQueue));
  if (q) q->ring = list_empty_array_;
  return V(q);
}

static int grow(RpThread *th, SimpleQueue *q) {
  Array *old = load_acquire(&q->ring);
  uint64_t cap = old->capacity ? (uint64_t)old->capacity * 2 : 8;
  Array *a = cap > (uint64_t)1 << 31 ? NULL : heap_alloc_array(th, (uint32_t)cap);
  if (!a) return th->pending == EMPTY ? (raise_memory(th), -1) : -1;
  obj_lock(th, q);
  if (q->ring == old) {
    for (uint64_t i = 0; i < q->n; i++) a->items[i] = old->items[(q->head + i) & (old->capacity - 1)];
    store_release(&a->length, (uint32_t)cap);
    heap_barrier_bulk(th, a);
    obj_publish(th, q, &q->ring, a);
    q->head = 0;
  }
  obj_unlock(th, q);
  return 0;
}

static int put(RpThread *th, SimpleQueue *q, Value v) {
  for (;;) {
    obj_lock(th, q);
    bool room = q->n < q->ring->capacity;
    if (room) {
      obj_store(th, q->ring, &q->ring->items[(q->head + q->n) & (q->ring->capacity - 1)], v);
      store_relaxed(&q->n, q->n + 1);
    }
    obj_unlock(th, q);
    if (!room) {
      if (grow(th, q) < 0) return -1;
      continue;
    }
    q->puts++;
    if (q->waiting) futex_wake(&q->puts, 1);
    return 0;
  }
}

static Value take(RpThread *th, SimpleQueue *q) {
  obj_lock(th, q);
  Value v = EMPTY;
  if (q->n) {
    Value *p = &q->ring->items[q->head];
    v = *p;
    store_relaxed(p, EMPTY);
    q->head = (q->head + 1) & (q->ring->capacity - 1);
    store_relaxed(&q->n, q->n - 1);
  }
  obj_unlock(th, q);
  return v;
}

static int64_t now_ns(RpThread *th) {
  if (unlikely(th->ctx->sched != NULL)) return sched_now_ns(th);
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* A queue made through one import of the module raises what another import calls Empty, too. */
static Value empty_class(RpThread *th) {
  if (th->ctx->queue_empty != EMPTY) return th->ctx->queue_empty;
  Dict *ns = dict_new(th);
  Str *name = str_intern_c(th, "Empty");
  Tuple *bases = tuple_of(th, 1, V(&type_Exception));
  if (!ns || !name || !bases || dict_set_str(th, ns, S(__module__), V(str_from_c(th, "_queue"))) < 0) return EMPTY;
  Value args[3] = {V(name), V(bases), V(ns)};
  return th->ctx->queue_empty = op_call(th, V(&type_type), args, 3, NULL);
}
static Value raise_empty(RpThread *th) {
  Value cls = empty_class(th);
  return cls == EMPTY ? EMPTY : raise_value_object(th, cls);
}

#define SLICE_NS 50000000 /* between looks at the poll word */

static Value get(RpThread *th, SimpleQueue *q, int64_t timeout_ns /* < 0: for ever */) {
  int64_t end = timeout_ns >= 0 ? now_ns(th) + timeout_ns : 0;
  for (;;) {
    uint32_t seen = q->puts;
    Value v = take(th, q);
    if (v != EMPTY) return v;
    int64_t left = timeout_ns < 0 ? SLICE_NS : end - now_ns(th);
    if (left <= 0) return raise_empty(th);
    if (unlikely(th->ctx->sched != NULL)) {
      sched_yield_now(th);
    } else {
      q->waiting++;
      thread_enter_safe(th);
      futex_wait(&q->puts, seen, left < SLICE_NS ? left : SLICE_NS);
      thread_leave_safe(th);
      q->waiting--;
    }
    if (!thread_poll(th)) return EMPTY;
  }
}

static Value m_put(RpThread *th, const Value *a) { return put(th, as_queue(a[0]), a[1]) < 0 ? EMPTY : NONE; }

static Value m_get(RpThread *th, const Value *a) {
  int block = a[1] == EMPTY ? 1 : op_truth(th, a[1]);
  if (block < 0) return EMPTY;
  if (!block) return get(th, as_queue(a[0]), 0);
  if (a[2] == EMPTY || a[2] == NONE) return get(th, as_queue(a[0]), -1);
  double s;
  if (!op_as_double(th, a[2], &s)) return EMPTY;
  if (s < 0) return raise_value(th, "'timeout' must be a non-negative number");
  if (s > 9e9) return raise_overflow(th, "timeout value is too large");
  return get(th, as_queue(a[0]), (int64_t)(s * 1e9));
}

static Value m_get_nowait(RpThread *th, const Value *a) { return get(th, as_queue(a[0]), 0); }
static Value m_empty(RpThread *th, const Value *a) { return value_bool(load_relaxed(&as_queue(a[0])->n) == 0); }
static Value m_qsize(RpThread *th, const Value *a) { return value_int((int64_t)load_relaxed(&as_queue(a[0])->n)); }

static const NativeDef methods[] = {
    {"put", m_put, "(self, item, block=True, timeout=None)", 0, "Put the item on the queue."},
    {"put_nowait", m_put, "(self, item)", 0, "Put an item into the queue without blocking."},
    {"get", m_get, "(self, block=True, timeout=None)", 0, "Remove and return an item from the queue."},
    {"get_nowait", m_get_nowait, "(self)", 0, "Remove and return an item from the queue without blocking."},
    {"empty", m_empty, "(self)", 0, "Return True if the queue is empty, False otherwise (not reliable!)."},
    {"qsize", m_qsize, "(self)", 0, "Return the approximate size of the queue (not reliable!)."},
    CLASS_GETITEM,
    {0},
};

const TypeSpec spec_SimpleQueue = {
    .doc = "Simple, unbounded, reentrant FIFO queue.",
    .size = sizeof(SimpleQueue),
    .slots = {.trace = trace, .new_ = new_},
    .methods = methods,
};

static int init(RpThread *th, Dict *dict) {
  if (dict_set_c(th, dict, "SimpleQueue", V(&type_SimpleQueue)) < 0) return -1;
  Value cls = empty_class(th);
  return cls == EMPTY ? -1 : dict_set_c(th, dict, "Empty", cls);
}

const ModuleSpec mod__queue = {
    .doc = "C implementation of the Python queue module.\nThis module is an implementation detail, please do not use it directly.", .init = init};
