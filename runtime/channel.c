/* channel.c: see channel.h. The module that scripts import is mod_replicant.c. */
#include "runtime/channel.h"
#include "runtime/cont.h"
#include "runtime/futex.h"
#include "runtime/sched.h"

struct Channel {
  _Atomic uint32_t refs;
  _Atomic uint32_t changes;   /* futex: grows with every put, take and close */
  _Atomic uint32_t n_waiting;
  pthread_mutex_t lock;       /* everything below */
  uint32_t n, first, n_coming; /* parcels; places that are promised to a put */
  uint32_t n_users;
  bool closed, was_shared;
  uint32_t capacity;
  Parcel *ring[];
};

Channel *channel_new(uint32_t capacity) {
  Channel *ch = calloc(1, sizeof *ch + capacity * sizeof ch->ring[0]);
  if (!ch) return NULL;
  atomic_store(&ch->refs, 1);
  ch->capacity = capacity;
  pthread_mutex_init(&ch->lock, NULL);
  return ch;
}
Channel *channel_retain(Channel *ch) {
  atomic_fetch_add_explicit(&ch->refs, 1, memory_order_relaxed);
  return ch;
}
void channel_release(Channel *ch) {
  if (!ch || atomic_fetch_sub_explicit(&ch->refs, 1, memory_order_acq_rel) != 1) return;
  for (uint32_t i = 0; i < ch->n; i++) parcel_drop(ch->ring[(ch->first + i) % ch->capacity]);
  pthread_mutex_destroy(&ch->lock);
  free(ch);
}

/* After a change, outside of the lock. */
static void tell(Channel *ch) {
  atomic_fetch_add(&ch->changes, 1);
  if (atomic_load(&ch->n_waiting)) futex_wake(&ch->changes, INT32_MAX);
}

static void set_closed(Channel *ch) { /* locked */ ch->closed = true; }

void channel_close(Channel *ch) {
  pthread_mutex_lock(&ch->lock);
  set_closed(ch);
  pthread_mutex_unlock(&ch->lock);
  tell(ch);
}
void channel_join(Channel *ch) {
  pthread_mutex_lock(&ch->lock);
  if (++ch->n_users > 1) ch->was_shared = true;
  pthread_mutex_unlock(&ch->lock);
}
void channel_leave(Channel *ch) {
  pthread_mutex_lock(&ch->lock);
  ch->n_users--;
  if (ch->was_shared && ch->n_users <= 1) set_closed(ch);
  pthread_mutex_unlock(&ch->lock);
  tell(ch);
}
bool channel_closed(Channel *ch) {
  pthread_mutex_lock(&ch->lock);
  bool closed = ch->closed;
  pthread_mutex_unlock(&ch->lock);
  return closed;
}
uint32_t channel_len(Channel *ch) {
  pthread_mutex_lock(&ch->lock);
  uint32_t n = ch->n;
  pthread_mutex_unlock(&ch->lock);
  return n;
}
uint32_t channel_capacity(const Channel *ch) { return ch->capacity; }

/* -- Waiting ----------------------------------------------------------------------------------------------------------------------------------- */

#define SLICE_NS 50000000 /* between looks at the poll word */

static int64_t now_ns(RpThread *th) {
  if (unlikely(th->ctx->sched != NULL)) return sched_now_ns(th);
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* One attempt, under the lock: CHANNEL_BUSY means wait. */
typedef ChannelResult (*Attempt)(Channel *ch, Parcel **parcel);

static ChannelResult attempt_locked(Channel *ch, Attempt attempt, Parcel **parcel, uint32_t *seen) {
  pthread_mutex_lock(&ch->lock);
  *seen = atomic_load(&ch->changes);
  ChannelResult r = attempt(ch, parcel);
  pthread_mutex_unlock(&ch->lock);
  return r;
}

static ChannelResult wait_for(RpThread *th, Channel *ch, Attempt attempt, Parcel **parcel, int64_t timeout_ns) {
  int64_t end = timeout_ns > 0 ? now_ns(th) + timeout_ns : 0;
  for (;;) {
    uint32_t seen;
    ChannelResult r = attempt_locked(ch, attempt, parcel, &seen);
    if (r != CHANNEL_BUSY || timeout_ns == 0) return r;
    int64_t left = timeout_ns < 0 ? SLICE_NS : end - now_ns(th);
    if (left <= 0) return CHANNEL_BUSY;
    if (unlikely(th->ctx->sched != NULL)) {
      sched_yield_now(th);
    } else {
      atomic_fetch_add(&ch->n_waiting, 1);
      atomic_store(&th->waiting_on, &ch->changes);
      thread_enter_safe(th);
      if (!(atomic_load(&th->poll) & (POLL_STOP | POLL_SIGNAL))) futex_wait(&ch->changes, seen, left < SLICE_NS ? left : SLICE_NS);
      thread_leave_safe(th);
      atomic_store(&th->waiting_on, NULL);
      atomic_fetch_sub(&ch->n_waiting, 1);
    }
    if (!thread_poll(th)) return CHANNEL_RAISED;
  }
}

/* -- Put, take ---------------------------------------------------------------------------------------------------------------------------------- */

static ChannelResult promise_place(Channel *ch, Parcel **parcel) {
  if (ch->closed) return CHANNEL_CLOSED;
  if (ch->n + ch->n_coming == ch->capacity) return CHANNEL_BUSY;
  ch->n_coming++;
  return CHANNEL_OK;
}
static ChannelResult take_first(Channel *ch, Parcel **parcel) {
  if (!ch->n) return ch->closed && !ch->n_coming ? CHANNEL_CLOSED : CHANNEL_BUSY;
  *parcel = ch->ring[ch->first];
  ch->first = (ch->first + 1) % ch->capacity;
  ch->n--;
  return CHANNEL_OK;
}
/* Keeps the promise; parcel NULL: takes it back. */
static void fill_place(Channel *ch, Parcel *parcel) {
  pthread_mutex_lock(&ch->lock);
  ch->n_coming--;
  if (parcel) ch->ring[(ch->first + ch->n++) % ch->capacity] = parcel;
  pthread_mutex_unlock(&ch->lock);
  tell(ch);
}

ChannelResult channel_put(RpThread *th, Channel *ch, Value v, bool move, int64_t timeout_ns) {
  ChannelResult r = wait_for(th, ch, promise_place, NULL, timeout_ns);
  if (r != CHANNEL_OK) return r;
  Parcel *p = parcel_pack(th, v, move);
  fill_place(ch, p);
  return p ? CHANNEL_OK : CHANNEL_RAISED;
}

ChannelResult channel_take(RpThread *th, Channel *ch, Value *out, int64_t timeout_ns) {
  Parcel *p = NULL;
  ChannelResult r = wait_for(th, ch, take_first, &p, timeout_ns);
  if (r != CHANNEL_OK) return r;
  tell(ch);
  *out = parcel_open(th, p);
  return *out == EMPTY ? CHANNEL_RAISED : CHANNEL_OK;
}

static Value closed_put(RpThread *th) { return raise_error(th, &type_BrokenPipeError, "the channel is closed"); }

bool channel_send(RpThread *th, Channel *ch, Value v, bool move, int64_t timeout_ns) {
  ChannelResult r = channel_put(th, ch, v, move, timeout_ns);
  if (r == CHANNEL_BUSY) raise_error(th, &type_TimeoutError, "the channel is full");
  if (r == CHANNEL_CLOSED) closed_put(th);
  return r == CHANNEL_OK;
}
Value channel_receive(RpThread *th, Channel *ch, int64_t timeout_ns) {
  Value v = EMPTY;
  ChannelResult r = channel_take(th, ch, &v, timeout_ns);
  if (r == CHANNEL_BUSY) raise_error(th, &type_TimeoutError, "nothing came through the channel");
  if (r == CHANNEL_CLOSED) raise_error(th, &type_EOFError, "the channel is closed and empty");
  return v;
}

/* -- Names --------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Named { struct Named *next; Channel *ch; char name[]; } Named;
struct ChannelSpace {
  _Atomic uint32_t refs;
  pthread_mutex_t lock;
  Named *first;
};

ChannelSpace *channel_space_new(void) {
  ChannelSpace *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  atomic_store(&s->refs, 1);
  pthread_mutex_init(&s->lock, NULL);
  return s;
}
ChannelSpace *channel_space_retain(ChannelSpace *s) {
  atomic_fetch_add(&s->refs, 1);
  return s;
}
void channel_space_release(ChannelSpace *s) {
  if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
  for (Named *n = s->first, *next; n; n = next) {
    next = n->next;
    channel_release(n->ch);
    free(n);
  }
  pthread_mutex_destroy(&s->lock);
  free(s);
}

static Named *find_name(ChannelSpace *s, const char *name) {
  Named *n = s->first;
  while (n && strcmp(n->name, name) != 0) n = n->next;
  return n;
}
static Named *add_name(ChannelSpace *s, const char *name) {
  Named *n = calloc(1, sizeof *n + strlen(name) + 1);
  if (!n) return NULL;
  memcpy(n->name, name, strlen(name));
  n->next = s->first;
  return s->first = n;
}

Channel *channel_space_find(ChannelSpace *s, const char *name, uint32_t capacity, Channel *make) {
  pthread_mutex_lock(&s->lock);
  Named *n = find_name(s, name);
  Channel *old = NULL, *found = n && !make && n->ch && !channel_closed(n->ch) ? n->ch : NULL;
  if (!found && (n || (n = add_name(s, name)))) {
    found = make ? channel_retain(make) : channel_new(capacity);
    if (found) {
      old = n->ch;
      n->ch = found;
    }
  }
  if (found) channel_retain(found);
  pthread_mutex_unlock(&s->lock);
  channel_release(old);
  return found;
}

/* -- In a context --------------------------------------------------------------------------------------------------------------------------- */

/* ctx->channels: made at first need. */
typedef struct ChannelUses {
  pthread_mutex_t lock;
  ChannelSpace *space;
  Channel **v;         /* in which the context takes part */
  uint32_t n, cap;
} ChannelUses;

static ChannelUses *uses_of(RpContext *ctx) {
  ChannelUses *u = load_acquire(&ctx->channels);
  if (u) return u;
  u = calloc(1, sizeof *u);
  if (!u) return NULL;
  pthread_mutex_init(&u->lock, NULL);
  u->space = ctx->opt.channels ? channel_space_retain(ctx->opt.channels) : channel_space_new();
  ChannelUses *none = NULL;
  if (u->space && __atomic_compare_exchange_n(&ctx->channels, &none, u, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return u;
  channel_space_release(u->space);
  pthread_mutex_destroy(&u->lock);
  free(u);
  return none;
}

ChannelSpace *channel_context_space(RpContext *ctx) {
  ChannelUses *u = uses_of(ctx);
  return u ? u->space : NULL;
}

/* ctx takes part in ch, once. */
static bool take_part(RpContext *ctx, Channel *ch) {
  ChannelUses *u = uses_of(ctx);
  if (!u) return false;
  pthread_mutex_lock(&u->lock);
  uint32_t i = 0;
  while (i < u->n && u->v[i] != ch) i++;
  bool ok = i < u->n;
  if (!ok && u->n == u->cap) {
    uint32_t cap = u->cap ? u->cap * 2 : 4;
    Channel **v = realloc(u->v, cap * sizeof *v);
    if (v) u->v = v, u->cap = cap;
  }
  if (!ok && u->n < u->cap) {
    u->v[u->n++] = channel_retain(ch);
    channel_join(ch);
    ok = true;
  }
  pthread_mutex_unlock(&u->lock);
  return ok;
}

void channels_context_free(RpContext *ctx) {
  ChannelUses *u = ctx->channels;
  ctx->channels = NULL;
  if (!u) return;
  for (uint32_t i = 0; i < u->n; i++) {
    channel_leave(u->v[i]);
    channel_release(u->v[i]);
  }
  channel_space_release(u->space);
  pthread_mutex_destroy(&u->lock);
  free(u->v);
  free(u);
}

typedef struct ChannelObject { Object hdr; Channel *ch; } ChannelObject;

Channel *channel_of(Value v) { return ((ChannelObject *)as_object(v))->ch; }

Value channel_object(RpThread *th, Channel *ch) {
  if (!take_part(th->ctx, ch)) return raise_memory(th);
  ChannelObject *o = heap_new(th, ChannelObject, SHAPE_channel, K_NATIVE_OBJECT);
  if (!o) return EMPTY;
  o->ch = channel_retain(ch);
  return V(o);
}

/* -- The type Channel ------------------------------------------------------------------------------------------------------------------------------ */

static void free_(RpContext *ctx, Object *o) { channel_release(((ChannelObject *)o)->ch); }

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"Channel", NULL, "(capacity=64)", 0, NULL, NULL};
  Value a[1];
  int64_t capacity = 64;
  if (!native_bind(th, &def, args, n_pos, kwnames, a) || (a[0] != EMPTY && !op_as_i64(th, a[0], &capacity))) return EMPTY;
  if (capacity < 1 || capacity > CHANNEL_MAX) return raise_value(th, "Channel(capacity): must be 1..%d, not %ld", CHANNEL_MAX, (long)capacity);
  Channel *ch = channel_new((uint32_t)capacity);
  Value v = ch ? channel_object(th, ch) : raise_memory(th);
  channel_release(ch);
  return v;
}

/* timeout=None: for ever. */
static bool timeout_arg(RpThread *th, Value v, int64_t *ns) {
  double s;
  *ns = -1;
  if (v == EMPTY || v == NONE) return true;
  if (!op_as_double(th, v, &s)) return false;
  if (!(s >= 0)) return raise_value(th, "'timeout' must be a non-negative number"), false;
  *ns = s > 9e9 ? -1 : (int64_t)(s * 1e9);
  return true;
}
static bool move_arg(RpThread *th, Value v, bool *move) {
  int t = v == EMPTY ? 0 : op_truth(th, v);
  *move = t > 0;
  return t >= 0;
}
static Value m_put(RpThread *th, const Value *a) {
  int64_t timeout;
  bool move;
  if (!timeout_arg(th, a[2], &timeout) || !move_arg(th, a[3], &move)) return EMPTY;
  return channel_send(th, channel_of(a[0]), a[1], move, timeout) ? NONE : EMPTY;
}
static Value m_try_put(RpThread *th, const Value *a) {
  bool move;
  if (!move_arg(th, a[2], &move)) return EMPTY;
  switch (channel_put(th, channel_of(a[0]), a[1], move, 0)) {
  case CHANNEL_OK: return TRUE_V;
  case CHANNEL_BUSY: return FALSE_V;
  case CHANNEL_CLOSED: return closed_put(th);
  default: return EMPTY;
  }
}
static Value m_get(RpThread *th, const Value *a) {
  int64_t timeout;
  return timeout_arg(th, a[1], &timeout) ? channel_receive(th, channel_of(a[0]), timeout) : EMPTY;
}
static Value m_try_get(RpThread *th, const Value *a) {
  Value v;
  ChannelResult r = channel_take(th, channel_of(a[0]), &v, 0);
  return r == CHANNEL_OK ? v : r == CHANNEL_RAISED ? EMPTY : a[1] == EMPTY ? NONE : a[1];
}
static Value m_close(RpThread *th, const Value *a) {
  channel_close(channel_of(a[0]));
  return NONE;
}
static int64_t len(RpThread *th, Value self) { return channel_len(channel_of(self)); }
static Value iter(RpThread *th, Value self) { return self; }
static Value iter_next(RpThread *th, Value self) {
  Value v;
  return channel_take(th, channel_of(self), &v, -1) == CHANNEL_OK ? v : EMPTY; /* closed: the end */
}
static Value get_closed(RpThread *th, Value self) { return value_bool(channel_closed(channel_of(self))); }
static Value get_capacity(RpThread *th, Value self) { return value_int(channel_capacity(channel_of(self))); }

/* Two objects of one channel are equal: it may have come by name and through another channel. */
static Value compare(RpThread *th, Value a, Value b, CompareOp op) {
  if (!has_shape(b, SHAPE_channel) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  return value_bool((channel_of(a) == channel_of(b)) == (op == CMP_EQ));
}
static int64_t hash(RpThread *th, Value self) { return (int64_t)((uintptr_t)channel_of(self) >> 4); }

const TypeSpec spec_channel = {
    .doc = "A bounded queue between contexts (layers of a show, contexts of a host) and between threads. What is put is copied; arrays may be moved.",
    .size = sizeof(ChannelObject),
    .slots = {.free_ = free_, .new_ = new_, .len = len, .iter = iter, .next = iter_next, .compare = compare, .hash = hash},
    .methods = (const NativeDef[]){
        {"put", m_put, "(self, value, timeout=None, *, move=False)", 0, "Puts a copy of value in; waits while the channel is full. move: arrays in it lose their contents instead of being copied."},
        {"try_put", m_try_put, "(self, value, *, move=False)", 0, "The same without waiting; False when the channel is full."},
        {"get", m_get, "(self, timeout=None)", 0, "Takes the oldest value out; waits while there is none. EOFError when the channel is closed and empty."},
        {"try_get", m_try_get, "(self, default=None)", 0, "The same without waiting; default when there is none."},
        {"close", m_close, "(self)", 0, "Nothing more can be put; what is in it can still be taken."},
        {0}},
    .getsets = (const GetSetDef[]){{"closed", get_closed, NULL, NULL}, {"capacity", get_capacity, NULL, NULL}, {0}},
};
