/* mod_select.c: the module select: select, poll, epoll. Waiting runs in SAFE state; after EINTR it goes on with the time that is left. */
#include "runtime/posix.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/lock.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static int64_t now_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
#define FOREVER INT64_MAX
/* A timeout in units of unit_ns as a point of time; None and absent (and, if so asked, negative ones): FOREVER. */
static bool deadline_arg(RpThread *th, Value v, double unit_ns, bool negative_forever, int64_t *out) {
  *out = FOREVER;
  if (v == EMPTY || v == NONE) return true;
  double d;
  if (!op_as_double(th, v, &d)) {
    if (error_is(th, &type_TypeError)) {
      error_clear(th);
      raise_type(th, "timeout must be a real number or None");
    }
    return false;
  }
  if (d != d) return raise_value(th, "Invalid value NaN (not a number)"), false;
  if (d < 0 && negative_forever) return true;
  if (d < 0) return raise_value(th, "timeout must be non-negative"), false;
  if (d * unit_ns > 9e18) return raise_overflow(th, "timestamp too large to convert to C _PyTime_t"), false;
  *out = now_ns() + (int64_t)__builtin_ceil(d * unit_ns);
  return true;
}
static struct timespec *time_left(int64_t deadline, struct timespec *ts) {
  if (deadline == FOREVER) return NULL;
  int64_t left = deadline - now_ns();
  if (left < 0) left = 0;
  *ts = (struct timespec){left / 1000000000, left % 1000000000};
  return ts;
}
static int wait_poll(struct pollfd *fds, nfds_t n, int64_t deadline) {
  struct timespec ts;
  return ppoll(fds, n, time_left(deadline, &ts), NULL);
}

/* -- select: by poll, without a limit on descriptors -------------------------------------------------------------------------------------- */

static const struct { short events, ready; const char *name; } select_kinds[3] = {
    {POLLIN | POLLRDHUP, POLLIN | POLLHUP | POLLERR | POLLRDHUP, "input"}, {POLLOUT, POLLOUT | POLLERR, "output"}, {POLLPRI, POLLPRI, "exceptional"}};

static Value select_select(RpThread *th, const Value *a) {
  List *lists[3];
  int64_t deadline;
  uint32_t n = 0;
  for (int k = 0; k < 3; k++) {
    if (!type_of(a[k])->slots.iter && !type_of(a[k])->slots.getitem) return raise_type(th, "arguments 1-3 must be sequences");
    if (!(lists[k] = op_to_list(th, a[k]))) return EMPTY;
    n += list_len(lists[k]);
  }
  if (!deadline_arg(th, a[3], 1e9, false, &deadline)) return EMPTY;
  struct pollfd *fds = calloc(n + 1, sizeof *fds);
  if (!fds) return raise_memory(th);
  uint32_t at = 0;
  Value result = EMPTY;
  for (int k = 0; k < 3; k++)
    for (uint32_t i = 0; i < list_len(lists[k]); i++) {
      int fd;
      if (!fd_arg(th, list_get_fast(lists[k], i), &fd)) goto done;
      fds[at++] = (struct pollfd){fd, select_kinds[k].events, 0};
    }
  int r;
  OS_BLOCKING(th, r, wait_poll(fds, n, deadline));
  if (r < 0) {
    os_done(th, r, EMPTY);
    goto done;
  }
  List *out[3];
  at = 0;
  for (int k = 0; k < 3; k++) {
    if (!(out[k] = list_new(th, 0))) goto done;
    for (uint32_t i = 0; i < list_len(lists[k]); i++, at++) {
      if (fds[at].revents & POLLNVAL) {
        raise_os(th, EBADF, EMPTY);
        goto done;
      }
      if ((fds[at].revents & select_kinds[k].ready) && list_append(th, out[k], list_get_fast(lists[k], i)) < 0) goto done;
    }
  }
  Tuple *t = tuple_of(th, 3, value_object(out[0]), value_object(out[1]), value_object(out[2]));
  if (t) result = value_object(t);
done:
  free(fds);
  return result;
}

/* -- poll ------------------------------------------------------------------------------------------------------------------------------------ */

typedef struct Poll { Object hdr; Dict *fds; /* descriptor -> events */ } Poll;

static void poll_trace(Tracer *tr, Object *o) { trace_ref(tr, ((Poll *)o)->fds); }
static Dict *poll_fds(Value v) { return ((Poll *)as_object(v))->fds; }
static Value select_poll(RpThread *th, const Value *a) {
  Dict *d = dict_new(th);
  Poll *p = d ? heap_new(th, Poll, SHAPE_select_poll, K_NATIVE_OBJECT) : NULL;
  if (!p) return EMPTY;
  obj_store_ref(th, p, &p->fds, d);
  return value_object(p);
}
static bool events_arg(RpThread *th, Value v, int64_t dflt, int64_t limit, int64_t *out) {
  *out = dflt;
  if (v != EMPTY && !op_as_i64(th, v, out)) return false;
  if (*out < 0) return raise_value(th, "value must be positive"), false;
  if (*out > limit) return raise_overflow(th, limit == 0xFFFF ? "Python int too large for C unsigned short" : "Python int too large to convert to C unsigned int"), false;
  return true;
}
static Value poll_register(RpThread *th, const Value *a) {
  int fd;
  int64_t events;
  if (!fd_arg(th, a[1], &fd) || !events_arg(th, a[2], POLLIN | POLLPRI | POLLOUT, 0xFFFF, &events)) return EMPTY;
  return dict_set(th, poll_fds(a[0]), value_int(fd), value_int(events)) < 0 ? EMPTY : NONE;
}
static Value poll_modify(RpThread *th, const Value *a) {
  int fd;
  int64_t events;
  if (!fd_arg(th, a[1], &fd) || !events_arg(th, a[2], 0, 0xFFFF, &events)) return EMPTY;
  int has = dict_has(th, poll_fds(a[0]), value_int(fd));
  if (has == 0) raise_os(th, ENOENT, EMPTY);
  return has == 1 && dict_set(th, poll_fds(a[0]), value_int(fd), value_int(events)) == 0 ? NONE : EMPTY;
}
static Value poll_unregister(RpThread *th, const Value *a) {
  int fd;
  return fd_arg(th, a[1], &fd) && dict_del(th, poll_fds(a[0]), value_int(fd)) == 0 ? NONE : EMPTY;
}
static Value poll_poll(RpThread *th, const Value *a) {
  int64_t deadline;
  if (!deadline_arg(th, a[1], 1e6, true, &deadline)) return EMPTY;
  Dict *d = poll_fds(a[0]);
  struct pollfd *fds = calloc(dict_len(d) + 1, sizeof *fds);
  if (!fds) return raise_memory(th);
  nfds_t n = 0, cap = dict_len(d);
  uint32_t pos = 0;
  Value k, v;
  while (n < cap && dict_next(d, &pos, &k, &v)) fds[n++] = (struct pollfd){(int)as_int(k), (short)as_int(v), 0};
  int r;
  OS_BLOCKING(th, r, wait_poll(fds, n, deadline));
  List *l = r < 0 ? NULL : list_new(th, (size_t)r);
  if (r < 0) os_done(th, r, EMPTY);
  for (nfds_t i = 0; l && i < n; i++) {
    if (!fds[i].revents) continue;
    Tuple *t = tuple_of(th, 2, value_int(fds[i].fd), value_int((uint16_t)fds[i].revents));
    if (!t || list_append(th, l, value_object(t)) < 0) l = NULL;
  }
  free(fds);
  return l ? value_object(l) : EMPTY;
}
const TypeSpec spec_select_poll = {
    .size = sizeof(Poll),
    .slots = {.trace = poll_trace},
    .methods = (const NativeDef[]){{"register", poll_register, "(self, fd, eventmask=7, /)", 0, "Register a file descriptor with the polling object."},
                                   {"modify", poll_modify, "(self, fd, eventmask, /)", 0, "Modify an already registered file descriptor."},
                                   {"unregister", poll_unregister, "(self, fd, /)", 0, "Remove a file descriptor being tracked by the polling object."},
                                   {"poll", poll_poll, "(self, timeout=None, /)", 0, "Polls the set of registered file descriptors."},
                                   {0}},
};

/* -- epoll ----------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Epoll { Object hdr; _Atomic int fd; /* -1: closed */ } Epoll;
static Epoll *as_epoll(Value v) { return (Epoll *)as_object(v); }

static void epoll_free(RpContext *ctx, Object *o) {
  int fd = atomic_exchange(&((Epoll *)o)->fd, -1);
  if (fd > 0) close(fd); /* 0: never opened */
}
static Value epoll_make(RpThread *th, int fd) {
  Epoll *e = heap_new(th, Epoll, SHAPE_select_epoll, K_NATIVE_OBJECT);
  if (!e) return close(fd), EMPTY;
  e->fd = fd;
  return value_object(e);
}
static Value epoll_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"epoll", NULL, "(sizehint=-1, flags=0)", 0, NULL, NULL};
  Value a[2];
  int size, flags;
  if (!native_bind(th, &def, args, n_pos, kwnames, a) || !int_arg(th, a[0], -1, &size) || !int_arg(th, a[1], 0, &flags)) return EMPTY;
  if (size < -1 || size == 0) return raise_value(th, "negative sizehint");
  if (flags & ~EPOLL_CLOEXEC) return raise_os(th, EINVAL, EMPTY);
  if (!os_may(th, OS_FILES)) return EMPTY;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? os_done(th, fd, EMPTY) : epoll_make(th, fd);
}
static Value epoll_fromfd(RpThread *th, const Value *a) {
  int fd;
  return os_may(th, OS_FILES) && int_arg(th, a[1], 0, &fd) ? epoll_make(th, fd) : EMPTY;
}
static int epoll_fd(RpThread *th, Value v) {
  int fd = as_epoll(v)->fd;
  if (fd < 0) raise_value(th, "I/O operation on closed epoll object");
  return fd;
}
static Value control(RpThread *th, const Value *a, int op, Value events) {
  int ep = epoll_fd(th, a[0]), fd;
  int64_t mask;
  if (ep < 0 || !fd_arg(th, a[1], &fd) || !events_arg(th, events, EPOLLIN | EPOLLOUT | EPOLLPRI, UINT32_MAX, &mask)) return EMPTY;
  struct epoll_event e = {.events = (uint32_t)mask, .data.fd = fd};
  return os_done(th, epoll_ctl(ep, op, fd, &e), EMPTY);
}
static Value epoll_register(RpThread *th, const Value *a) { return control(th, a, EPOLL_CTL_ADD, a[2]); }
static Value epoll_modify(RpThread *th, const Value *a) { return control(th, a, EPOLL_CTL_MOD, a[2]); }
static Value epoll_unregister(RpThread *th, const Value *a) { return control(th, a, EPOLL_CTL_DEL, EMPTY); }
static int wait_epoll(int ep, struct epoll_event *ev, int max, int64_t deadline) {
  struct timespec ts, *left = time_left(deadline, &ts);
  int64_t ms = left ? (int64_t)ts.tv_sec * 1000 + (ts.tv_nsec + 999999) / 1000000 : -1;
  return epoll_wait(ep, ev, max, ms > INT32_MAX ? INT32_MAX : (int)ms);
}
static Value epoll_poll(RpThread *th, const Value *a) {
  int ep = epoll_fd(th, a[0]), max, r;
  int64_t deadline;
  if (ep < 0 || !deadline_arg(th, a[1], 1e9, true, &deadline) || !int_arg(th, a[2], -1, &max)) return EMPTY;
  if (max == -1) max = FD_SETSIZE - 1;
  if (max < 1) return raise_value(th, "maxevents must be greater than 0, got %d", max);
  struct epoll_event *ev = calloc((size_t)max, sizeof *ev);
  if (!ev) return raise_memory(th);
  OS_BLOCKING(th, r, wait_epoll(ep, ev, max, deadline));
  List *l = r < 0 ? NULL : list_new(th, (size_t)r);
  if (r < 0) os_done(th, r, EMPTY);
  for (int i = 0; l && i < r; i++) {
    Tuple *t = tuple_of(th, 2, value_int(ev[i].data.fd), value_int(ev[i].events));
    if (!t || list_append(th, l, value_object(t)) < 0) l = NULL;
  }
  free(ev);
  return l ? value_object(l) : EMPTY;
}
static Value epoll_close(RpThread *th, const Value *a) {
  int fd = atomic_exchange(&as_epoll(a[0])->fd, -1);
  return fd < 0 ? NONE : os_done(th, close(fd), EMPTY);
}
static Value epoll_fileno(RpThread *th, const Value *a) {
  int fd = epoll_fd(th, a[0]);
  return fd < 0 ? EMPTY : value_int(fd);
}
static Value epoll_enter(RpThread *th, const Value *a) { return epoll_fd(th, a[0]) < 0 ? EMPTY : a[0]; }
static Value epoll_closed(RpThread *th, Value self) { return value_bool(as_epoll(self)->fd < 0); }
const TypeSpec spec_select_epoll = {
    .size = sizeof(Epoll),
    .doc = "select.epoll(sizehint=-1, flags=0)\n\nReturns an epolling object",
    .slots = {.new_ = epoll_new, .free_ = epoll_free},
    .methods = (const NativeDef[]){{"register", epoll_register, "(self, fd, eventmask=7)", 0, "Registers a new fd or raises an OSError if the fd is already registered."},
                                   {"modify", epoll_modify, "(self, fd, eventmask)", 0, "Modify event mask for a registered file descriptor."},
                                   {"unregister", epoll_unregister, "(self, fd)", 0, "Remove a registered file descriptor from the epoll object."},
                                   {"poll", epoll_poll, "(self, timeout=None, maxevents=-1)", 0, "Wait for events on the epoll file descriptor."},
                                   {"close", epoll_close, "(self, /)", 0, "Close the epoll control file descriptor."},
                                   {"fileno", epoll_fileno, "(self, /)", 0, "Return the epoll control file descriptor."},
                                   {"fromfd", epoll_fromfd, "(cls, fd, /)", NATIVE_CLASSMETHOD, "Create an epoll object from a given control fd."},
                                   {"__enter__", epoll_enter, "(self, /)", 0, NULL},
                                   {"__exit__", epoll_close, "(self, /, *args)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"closed", epoll_closed, NULL, "True if the epoll handler is closed"}, {0}},
};

static const NativeDef functions[] = {
    {"select", select_select, "(rlist, wlist, xlist, timeout=None, /)", 0, "Wait until one or more file descriptors are ready for some kind of I/O."},
    {"poll", select_poll, "()", 0, "Returns a polling object."},
    {0},
};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {C(POLLIN), C(POLLPRI), C(POLLOUT), C(POLLERR), C(POLLHUP), C(POLLNVAL), C(POLLRDNORM), C(POLLRDBAND), C(POLLWRNORM),
                                          C(POLLWRBAND), C(POLLMSG), C(POLLRDHUP), C(EPOLLIN), C(EPOLLOUT), C(EPOLLPRI), C(EPOLLERR), C(EPOLLHUP),
                                          C(EPOLLRDHUP), C(EPOLLET), C(EPOLLONESHOT), C(EPOLLRDNORM), C(EPOLLRDBAND), C(EPOLLWRNORM), C(EPOLLWRBAND),
                                          C(EPOLLMSG), C(EPOLL_CLOEXEC), C(EPOLLEXCLUSIVE), {"PIPE_BUF", 4096}};
#undef C
  if (dict_set_c(th, dict, "error", value_object(&type_OSError)) < 0 || dict_set_c(th, dict, "epoll", value_object(&type_select_epoll)) < 0) return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod_select_ = {.doc = "This module supports asynchronous I/O on multiple file descriptors.", .functions = functions, .init = init};
