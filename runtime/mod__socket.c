/* mod__socket.c: the module _socket: TCP, UDP and Unix sockets. A socket with a timeout is non-blocking underneath and waits with poll(); all waiting runs
** in SAFE state. Names are resolved by the C library, also in SAFE state. */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/num.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Socket {
  Object hdr;
  _Atomic int fd;      /* -1: closed; the cell starts zeroed, so `open` says whether it means anything */
  bool open;
  int family, type, proto;
  double timeout_s;    /* < 0: wait for ever; 0: never */
} Socket;
#define SOCK(v) ((Socket *)as_object(v))
typedef union Address { struct sockaddr any; struct sockaddr_in in; struct sockaddr_in6 in6; struct sockaddr_un un; struct sockaddr_storage room; } Address;

static int64_t now_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
static Value module_error(RpThread *th, const char *name, int code, const char *text) {
  Value m = import_module_c(th, "_socket"), cls = m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, name));
  Value e = cls == EMPTY ? EMPTY : op_call2(th, cls, value_int(code), os_text(th, text, false));
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static Value gai_failed(RpThread *th, int code) {
  return code == EAI_SYSTEM ? raise_os(th, errno, EMPTY) : module_error(th, "gaierror", code, gai_strerror(code));
}

/* -- Addresses ------------------------------------------------------------------------------------------------------------------------------------ */

static int resolve(RpThread *th, const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  thread_enter_safe(th);
  int r = getaddrinfo(host, service, hints, out);
  thread_leave_safe(th);
  return r;
}
/* A host name or number into out; the family is set. */
static bool host_arg(RpThread *th, Value v, int family, Address *out) {
  PathArg p;
  if (!str_check(v) && !bytes_check(v)) return raise_type(th, "str, bytes or bytearray expected, not %T", v), false;
  if (!path_arg(th, v, 0, "socket", &p)) return false;
  bool broadcast = family == AF_INET && !strcmp(p.name, "<broadcast>");
  struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM, .ai_flags = *p.name ? 0 : AI_PASSIVE}, *list = NULL;
  int r = resolve(th, broadcast ? "255.255.255.255" : *p.name ? p.name : NULL, *p.name ? NULL : "0", &hints, &list);
  if (r) return gai_failed(th, r), false;
  memcpy(out, list->ai_addr, list->ai_addrlen);
  freeaddrinfo(list);
  return true;
}
static bool port_arg(RpThread *th, Value v, const char *function, in_port_t *out) {
  int64_t port;
  if (!op_as_i64(th, v, &port)) return false;
  if (port < 0 || port > 0xFFFF) return raise_overflow(th, "%s(): port must be 0-65535.", function), false;
  *out = htons((uint16_t)port);
  return true;
}
static bool address_arg(RpThread *th, const Socket *s, Value v, const char *function, Address *out, socklen_t *len) {
  memset(out, 0, sizeof *out);
  if (s->family == AF_UNIX) {
    Span path;
    Value hold = v;
    PathArg p;
    if (!bytes_check(v)) {
      if (!str_check(v) || !path_arg(th, v, 0, function, &p)) return th->pending == EMPTY && raise_type(th, "a bytes-like object is required, not '%T'", v), false;
      hold = p.hold;
    }
    path = bytes_span(hold);
    if (path.n >= sizeof out->un.sun_path + (path.n && !path.p[0])) return raise_error(th, &type_OSError, "AF_UNIX path too long"), false;
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path.p, path.n);
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + (path.n && path.p[0] ? 1 : 0));
    return true;
  }
  bool v6 = s->family == AF_INET6;
  if (s->family != AF_INET && !v6) return raise_error(th, &type_OSError, "%s(): bad family", function), false;
  if (!tuple_check(v)) return raise_type(th, v6 ? "%s(): AF_INET6 address must be tuple, not %T" : "%s(): AF_INET address must be tuple, not %T", function, v), false;
  Tuple *t = as_tuple(v);
  if (t->length < 2 || t->length > (v6 ? 4 : 2))
    return raise_type(th, v6 ? "%s(): AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])" : "%s(): AF_INET address must be a pair (host, port)", function), false;
  in_port_t port;
  if (!host_arg(th, t->items[0], s->family, out) || !port_arg(th, t->items[1], function, &port)) return false;
  if (!v6) {
    out->in.sin_port = port;
    *len = sizeof out->in;
    return true;
  }
  int flow = 0, scope = (int)out->in6.sin6_scope_id;
  if ((t->length > 2 && !int_arg(th, t->items[2], 0, &flow)) || (t->length > 3 && !int_arg(th, t->items[3], 0, &scope))) return false;
  out->in6.sin6_port = port;
  out->in6.sin6_flowinfo = htonl((uint32_t)flow);
  out->in6.sin6_scope_id = (uint32_t)scope;
  *len = sizeof out->in6;
  return true;
}
static Value address_value(RpThread *th, const Address *a, socklen_t len) {
  char host[INET6_ADDRSTRLEN + 32];
  Tuple *t = NULL;
  if (len == 0) return NONE;
  switch (a->any.sa_family) {
  case AF_INET:
    inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof host);
    t = tuple_of(th, 2, os_text(th, host, false), value_int(ntohs(a->in.sin_port)));
    break;
  case AF_INET6:
    inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host);
    t = tuple_of(th, 4, os_text(th, host, false), value_int(ntohs(a->in6.sin6_port)), value_int(ntohl(a->in6.sin6_flowinfo)), value_int(a->in6.sin6_scope_id));
    break;
  case AF_UNIX: {
    size_t n = len - offsetof(struct sockaddr_un, sun_path);
    if (len <= offsetof(struct sockaddr_un, sun_path)) return value_object(str_empty_);
    if (a->un.sun_path[0]) {
      char path[sizeof a->un.sun_path + 1] = {0};
      memcpy(path, a->un.sun_path, n < sizeof a->un.sun_path ? n : sizeof a->un.sun_path);
      return os_text(th, path, false);
    }
    Bytes *b = bytes_new(th, a->un.sun_path, n);
    return b ? value_object(b) : EMPTY;
  }
  default: t = tuple_of(th, 1, value_int(a->any.sa_family));
  }
  return t ? value_object(t) : EMPTY;
}

/* -- Waiting --------------------------------------------------------------------------------------------------------------------------------------- */

static int wait_ready(int fd, int events, int64_t deadline) {
  struct pollfd p = {fd, (short)events, 0};
  int64_t left = deadline - now_ns();
  struct timespec ts = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
  return ppoll(&p, 1, &ts, NULL);
}
static int64_t deadline_of(const Socket *s) { return now_ns() + (int64_t)(s->timeout_s * 1e9); }
/* 1 ready, 0 timed out, -1; the last two with pending. */
static int wait_for(RpThread *th, const Socket *s, int events, int64_t deadline) {
  int r;
  OS_BLOCKING(th, r, wait_ready(s->fd, events, deadline));
  if (r < 0) os_done(th, r, EMPTY);
  else if (r == 0) raise_error(th, &type_TimeoutError, "timed out");
  return r;
}
/* r = call; sockets with a timeout wait for `events` when it would block. r < 0: pending or errno. */
#define SOCK_CALL(th, s, r, events, call)                                                    \
  do {                                                                                       \
    int64_t deadline_ = (s)->timeout_s > 0 ? deadline_of(s) : 0;                             \
    do OS_BLOCKING(th, r, call);                                                             \
    while ((r) < 0 && th->pending == EMPTY && (errno == EAGAIN || errno == EWOULDBLOCK) && (s)->timeout_s > 0 && wait_for(th, s, events, deadline_) > 0); \
  } while (0)

/* -- Making ------------------------------------------------------------------------------------------------------------------------------------------ */

static double default_timeout(RpThread *th) {
  Value m = import_module_c(th, "_socket"), v = m == EMPTY ? EMPTY : dict_get_c(th, ((Module *)as_object(m))->dict, "_default_timeout");
  return is_double(v) ? as_double(v) : -1;
}
static bool set_blocking(int fd, bool on) {
  int one = !on;
  return ioctl(fd, FIONBIO, &one) == 0;
}
static void sock_free(RpContext *ctx, Object *o) {
  Socket *s = (Socket *)o;
  int fd = s->open ? atomic_exchange(&s->fd, -1) : -1;
  if (fd >= 0) close(fd);
}
static Value sock_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Socket *s = (Socket *)(type == &type_socket ? heap_alloc(th, SHAPE_socket, K_NATIVE_OBJECT, sizeof(Socket)) : type_alloc(th, type));
  if (!s) return EMPTY;
  s->fd = -1;
  s->timeout_s = -1;
  return value_object(s);
}
static int socket_option(int fd, int option, int fallback) {
  int v;
  socklen_t n = sizeof v;
  return getsockopt(fd, SOL_SOCKET, option, &v, &n) == 0 ? v : fallback;
}
static int sock_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"socket", NULL, "(family=-1, type=-1, proto=-1, fileno=None)", 0, NULL, NULL};
  Value a[4];
  int family, type, proto, fd = -1;
  Socket *s = SOCK(self);
  if (!native_bind(th, &def, args, n_pos, kwnames, a) || !int_arg(th, a[0], -1, &family) || !int_arg(th, a[1], -1, &type) || !int_arg(th, a[2], -1, &proto)) return -1;
  if (!os_may(th, OS_NETWORK)) return -1;
  if (a[3] != EMPTY && a[3] != NONE) {
    if (!int_arg(th, a[3], 0, &fd)) return -1;
    if (fd < 0) return raise_value(th, "negative file descriptor"), -1;
    Address addr;
    socklen_t n = sizeof addr;
    if (getsockname(fd, &addr.any, &n) < 0 && (errno == EBADF || errno == ENOTSOCK)) return os_done(th, -1, EMPTY), -1;
    if (family == -1) family = addr.any.sa_family;
    if (type == -1) type = socket_option(fd, SO_TYPE, SOCK_STREAM);
    if (proto == -1) proto = socket_option(fd, SO_PROTOCOL, 0);
  } else {
    if (family == -1) family = AF_INET;
    if (type == -1) type = SOCK_STREAM;
    if (proto == -1) proto = 0;
    fd = socket(family, type | SOCK_CLOEXEC, proto);
    if (fd < 0) return os_done(th, fd, EMPTY), -1;
  }
  s->family = family;
  s->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  s->proto = proto;
  s->timeout_s = type & SOCK_NONBLOCK ? 0 : default_timeout(th);
  s->open = true;
  s->fd = fd;
  if (s->timeout_s >= 0) set_blocking(fd, false);
  return th->pending == EMPTY ? 0 : -1;
}

/* -- Methods ------------------------------------------------------------------------------------------------------------------------------------------ */

static Value m_accept(RpThread *th, const Value *a) {
  Socket *s = SOCK(a[0]);
  Address addr;
  socklen_t n = sizeof addr;
  int fd;
  SOCK_CALL(th, s, fd, POLLIN, accept4(s->fd, &addr.any, &n, SOCK_CLOEXEC));
  if (fd < 0) return os_done(th, fd, EMPTY);
  Value peer = address_value(th, &addr, n);
  Tuple *t = peer == EMPTY ? NULL : tuple_of(th, 2, value_int(fd), peer);
  if (!t) close(fd);
  return t ? value_object(t) : EMPTY;
}
static Value m_bind(RpThread *th, const Value *a) {
  Address addr;
  socklen_t n;
  return address_arg(th, SOCK(a[0]), a[1], "bind", &addr, &n) ? os_done(th, bind(SOCK(a[0])->fd, &addr.any, n), EMPTY) : EMPTY;
}
static Value m_listen(RpThread *th, const Value *a) {
  int backlog;
  return int_arg(th, a[1], 128, &backlog) ? os_done(th, listen(SOCK(a[0])->fd, backlog < 0 ? 0 : backlog), EMPTY) : EMPTY;
}
/* 0, an errno, or -1 with pending. */
static int do_connect(RpThread *th, Socket *s, const Address *addr, socklen_t n) {
  thread_enter_safe(th);
  int r = connect(s->fd, &addr->any, n), err = errno;
  thread_leave_safe(th);
  if (r == 0) return 0;
  bool interrupted = err == EINTR;
  if (interrupted && !thread_poll(th)) return -1;
  if (!interrupted && !(err == EINPROGRESS && s->timeout_s > 0)) return err;
  int64_t deadline = s->timeout_s > 0 ? deadline_of(s) : INT64_MAX;
  if (wait_for(th, s, POLLOUT, deadline) <= 0) return -1;
  return socket_option(s->fd, SO_ERROR, 0);
}
static Value m_connect(RpThread *th, const Value *a) {
  Address addr;
  socklen_t n;
  if (!address_arg(th, SOCK(a[0]), a[1], "connect", &addr, &n)) return EMPTY;
  int err = do_connect(th, SOCK(a[0]), &addr, n);
  return err == 0 ? NONE : err < 0 ? EMPTY : raise_os(th, err, EMPTY);
}
static Value m_connect_ex(RpThread *th, const Value *a) {
  Address addr;
  socklen_t n;
  if (!address_arg(th, SOCK(a[0]), a[1], "connect_ex", &addr, &n)) return EMPTY;
  int err = do_connect(th, SOCK(a[0]), &addr, n);
  if (err >= 0) return value_int(err);
  if (!error_is(th, &type_TimeoutError)) return EMPTY;
  error_clear(th);
  return value_int(EAGAIN);
}
static Value m_close(RpThread *th, const Value *a) {
  int fd = atomic_exchange(&SOCK(a[0])->fd, -1);
  if (fd < 0) return NONE;
  int r;
  thread_enter_safe(th);
  r = close(fd);
  thread_leave_safe(th);
  return r < 0 && errno != ECONNRESET ? os_done(th, r, EMPTY) : NONE;
}
static Value m_detach(RpThread *th, const Value *a) { return value_int(atomic_exchange(&SOCK(a[0])->fd, -1)); }
static Value m_fileno(RpThread *th, const Value *a) { return value_int(SOCK(a[0])->fd); }
static Value m_getsockname(RpThread *th, const Value *a) {
  Address addr;
  socklen_t n = sizeof addr;
  return getsockname(SOCK(a[0])->fd, &addr.any, &n) < 0 ? os_done(th, -1, EMPTY) : address_value(th, &addr, n);
}
static Value m_getpeername(RpThread *th, const Value *a) {
  Address addr;
  socklen_t n = sizeof addr;
  return getpeername(SOCK(a[0])->fd, &addr.any, &n) < 0 ? os_done(th, -1, EMPTY) : address_value(th, &addr, n);
}
static Value m_gettimeout(RpThread *th, const Value *a) { return SOCK(a[0])->timeout_s < 0 ? NONE : value_double(SOCK(a[0])->timeout_s); }
static bool timeout_arg(RpThread *th, Value v, double *out) {
  *out = -1;
  if (v == NONE) return true;
  if (!op_as_double(th, v, out)) return false;
  if (*out < 0) return raise_value(th, "Timeout value out of range"), false;
  if (*out != *out) return raise_value(th, "Invalid value NaN (not a number)"), false;
  if (*out > 9e9) return raise_overflow(th, "timestamp too large to convert to C _PyTime_t"), false;
  return true;
}
static Value change_timeout(RpThread *th, Socket *s, double t) {
  s->timeout_s = t;
  return set_blocking(s->fd, t < 0) ? NONE : os_done(th, -1, EMPTY);
}
static Value m_settimeout(RpThread *th, const Value *a) {
  double t;
  return timeout_arg(th, a[1], &t) ? change_timeout(th, SOCK(a[0]), t) : EMPTY;
}
static Value m_setblocking(RpThread *th, const Value *a) {
  bool on;
  return truth_arg(th, a[1], false, &on) ? change_timeout(th, SOCK(a[0]), on ? -1 : 0) : EMPTY;
}
static Value m_getblocking(RpThread *th, const Value *a) { return value_bool(SOCK(a[0])->timeout_s != 0); }
static Value m_shutdown(RpThread *th, const Value *a) {
  int how;
  return int_arg(th, a[1], 0, &how) ? os_done(th, shutdown(SOCK(a[0])->fd, how), EMPTY) : EMPTY;
}
static Value m_getsockopt(RpThread *th, const Value *a) {
  int level, name, size, v = 0;
  if (!int_arg(th, a[1], 0, &level) || !int_arg(th, a[2], 0, &name) || !int_arg(th, a[3], 0, &size)) return EMPTY;
  socklen_t n = sizeof v;
  if (size == 0) return getsockopt(SOCK(a[0])->fd, level, name, &v, &n) < 0 ? os_done(th, -1, EMPTY) : value_int(v);
  if (size < 0 || size > 1024) return raise_error(th, &type_OSError, "getsockopt buflen out of range");
  char buf[1024];
  n = (socklen_t)size;
  if (getsockopt(SOCK(a[0])->fd, level, name, buf, &n) < 0) return os_done(th, -1, EMPTY);
  Bytes *b = bytes_new(th, buf, n);
  return b ? value_object(b) : EMPTY;
}
static Value m_setsockopt(RpThread *th, const Value *a) {
  int level, name, v;
  if (!int_arg(th, a[1], 0, &level) || !int_arg(th, a[2], 0, &name)) return EMPTY;
  if (a[3] == NONE) {
    int n;
    return int_arg(th, a[4], 0, &n) ? os_done(th, setsockopt(SOCK(a[0])->fd, level, name, NULL, (socklen_t)n), EMPTY) : EMPTY;
  }
  if (is_int(a[3]) || is_bool(a[3])) return int_arg(th, a[3], 0, &v) ? os_done(th, setsockopt(SOCK(a[0])->fd, level, name, &v, sizeof v), EMPTY) : EMPTY;
  Buffer b;
  if (buffer_acquire(th, a[3], &b, false) < 0) return EMPTY;
  int r = setsockopt(SOCK(a[0])->fd, level, name, b.data, (socklen_t)b.size), err = errno;
  buffer_release(th, &b);
  errno = err;
  return os_done(th, r, EMPTY);
}

/* -- Moving bytes --------------------------------------------------------------------------------------------------------------------------------------- */

static Value receive(RpThread *th, const Value *a, const char *function, bool with_address) {
  Socket *s = SOCK(a[0]);
  int64_t size;
  int flags;
  if (!op_as_i64(th, a[1], &size) || !int_arg(th, a[2], 0, &flags)) return EMPTY;
  if (size < 0) return raise_value(th, "negative buffersize in %s", function);
  char *buf = malloc((size_t)size + 1);
  if (!buf) return raise_memory(th);
  Address addr;
  socklen_t n = sizeof addr;
  ssize_t r;
  addr.any.sa_family = AF_UNSPEC;
  SOCK_CALL(th, s, r, POLLIN, recvfrom(s->fd, buf, (size_t)size, flags, &addr.any, &n));
  int err = errno;
  Bytes *b = r < 0 ? NULL : bytes_new(th, buf, (size_t)r);
  free(buf);
  errno = err;
  if (!b) return os_done(th, -1, EMPTY);
  if (!with_address) return value_object(b);
  Value from = address_value(th, &addr, n);
  Tuple *t = from == EMPTY ? NULL : tuple_of(th, 2, value_object(b), from);
  return t ? value_object(t) : EMPTY;
}
static Value m_recv(RpThread *th, const Value *a) { return receive(th, a, "recv", false); }
static Value m_recvfrom(RpThread *th, const Value *a) { return receive(th, a, "recvfrom", true); }
static Value receive_into(RpThread *th, const Value *a, const char *function, bool with_address) {
  Socket *s = SOCK(a[0]);
  int64_t size = 0;
  int flags;
  Buffer b;
  if ((a[2] != EMPTY && !op_as_i64(th, a[2], &size)) || !int_arg(th, a[3], 0, &flags)) return EMPTY;
  if (size < 0) return raise_value(th, "negative buffersize in %s", function);
  if (buffer_acquire(th, a[1], &b, true) < 0) return EMPTY;
  if (size > b.size) {
    buffer_release(th, &b);
    return raise_value(th, "nbytes is greater than the length of the buffer");
  }
  Address addr;
  socklen_t n = sizeof addr;
  ssize_t r;
  SOCK_CALL(th, s, r, POLLIN, recvfrom(s->fd, b.data, (size_t)(size ? size : b.size), flags, &addr.any, &n));
  int err = errno;
  buffer_release(th, &b);
  errno = err;
  if (r < 0 || !with_address) return os_int(th, r);
  Value from = address_value(th, &addr, n);
  Tuple *t = from == EMPTY ? NULL : tuple_of(th, 2, value_int(r), from);
  return t ? value_object(t) : EMPTY;
}
static Value m_recv_into(RpThread *th, const Value *a) { return receive_into(th, a, "recv_into", false); }
static Value m_recvfrom_into(RpThread *th, const Value *a) { return receive_into(th, a, "recvfrom_into", true); }
static Value m_send(RpThread *th, const Value *a) {
  Socket *s = SOCK(a[0]);
  int flags;
  Buffer b;
  ssize_t r;
  if (!int_arg(th, a[2], 0, &flags) || buffer_acquire(th, a[1], &b, false) < 0) return EMPTY;
  SOCK_CALL(th, s, r, POLLOUT, send(s->fd, b.data, (size_t)b.size, flags));
  int err = errno;
  buffer_release(th, &b);
  errno = err;
  return os_int(th, r);
}
static Value m_sendall(RpThread *th, const Value *a) {
  Socket *s = SOCK(a[0]);
  int flags;
  Buffer b;
  ssize_t r = 0;
  if (!int_arg(th, a[2], 0, &flags) || buffer_acquire(th, a[1], &b, false) < 0) return EMPTY;
  for (int64_t at = 0; at < b.size && r >= 0; at += r) SOCK_CALL(th, s, r, POLLOUT, send(s->fd, (char *)b.data + at, (size_t)(b.size - at), flags));
  int err = errno;
  buffer_release(th, &b);
  errno = err;
  return os_done(th, r, EMPTY);
}
static Value m_sendto(RpThread *th, const Value *a) {
  Socket *s = SOCK(a[0]);
  int flags;
  bool with_flags = a[3] != EMPTY;
  Buffer b;
  Address addr;
  socklen_t n;
  ssize_t r;
  if (!int_arg(th, with_flags ? a[2] : EMPTY, 0, &flags) || !address_arg(th, s, with_flags ? a[3] : a[2], "sendto", &addr, &n)) return EMPTY;
  if (buffer_acquire(th, a[1], &b, false) < 0) return EMPTY;
  SOCK_CALL(th, s, r, POLLOUT, sendto(s->fd, b.data, (size_t)b.size, flags, &addr.any, n));
  int err = errno;
  buffer_release(th, &b);
  errno = err;
  return os_int(th, r);
}

static Value sock_repr(RpThread *th, Value self) {
  Socket *s = SOCK(self);
  Str *t = str_fmt(th, "<socket object, fd=%d, family=%d, type=%d, proto=%d>", s->fd, s->family, s->type, s->proto);
  return t ? value_object(t) : EMPTY;
}
static Value get_family(RpThread *th, Value self) { return value_int(SOCK(self)->family); }
static Value get_type(RpThread *th, Value self) { return value_int(SOCK(self)->type); }
static Value get_proto(RpThread *th, Value self) { return value_int(SOCK(self)->proto); }
static Value get_timeout(RpThread *th, Value self) { return m_gettimeout(th, &self); }

const TypeSpec spec_socket = {
    .size = sizeof(Socket),
    .doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object",
    .slots = {.new_ = sock_new, .init = sock_init, .repr = sock_repr, .free_ = sock_free},
    .methods = (const NativeDef[]){
        {"_accept", m_accept, "(self, /)", 0, NULL},
        {"bind", m_bind, "(self, address, /)", 0, "Bind the socket to a local address."},
        {"listen", m_listen, "(self, backlog=128, /)", 0, "Enable a server to accept connections."},
        {"connect", m_connect, "(self, address, /)", 0, "Connect the socket to a remote address."},
        {"connect_ex", m_connect_ex, "(self, address, /)", 0, "Like connect(), but returns an error code instead of raising an exception."},
        {"close", m_close, "(self, /)", 0, "Close the socket.  It cannot be used after this call."},
        {"detach", m_detach, "(self, /)", 0, "Close the socket object without closing the underlying file descriptor."},
        {"fileno", m_fileno, "(self, /)", 0, "Return the integer file descriptor of the socket."},
        {"getsockname", m_getsockname, "(self, /)", 0, "Return the address of the local endpoint."},
        {"getpeername", m_getpeername, "(self, /)", 0, "Return the address of the remote endpoint."},
        {"gettimeout", m_gettimeout, "(self, /)", 0, "Returns the timeout in seconds (float) associated with socket operations."},
        {"settimeout", m_settimeout, "(self, timeout, /)", 0, "Set a timeout on socket operations."},
        {"setblocking", m_setblocking, "(self, flag, /)", 0, "Set the socket to blocking (flag is true) or non-blocking (false)."},
        {"getblocking", m_getblocking, "(self, /)", 0, "Returns True if socket is in blocking mode, or False if it is in non-blocking mode."},
        {"shutdown", m_shutdown, "(self, how, /)", 0, "Shut down one or both halves of the connection."},
        {"getsockopt", m_getsockopt, "(self, level, option, buffersize=0, /)", 0, "Get a socket option."},
        {"setsockopt", m_setsockopt, "(self, level, option, value, optlen=0, /)", 0, "Set a socket option."},
        {"recv", m_recv, "(self, buffersize, flags=0, /)", 0, "Receive up to buffersize bytes from the socket."},
        {"recvfrom", m_recvfrom, "(self, buffersize, flags=0, /)", 0, "Like recv(buffersize, flags) but also return the sender's address info."},
        {"recv_into", m_recv_into, "(self, buffer, nbytes=0, flags=0)", 0, "A version of recv() that stores its data into a buffer."},
        {"recvfrom_into", m_recvfrom_into, "(self, buffer, nbytes=0, flags=0)", 0, "Like recv_into() but also return the sender's address info."},
        {"send", m_send, "(self, data, flags=0, /)", 0, "Send a data string to the socket."},
        {"sendall", m_sendall, "(self, data, flags=0, /)", 0, "Send a data string to the socket."},
        {"sendto", m_sendto, "(self, data, flags_or_address, address=None, /)", 0, "Like send(data, flags) but allows specifying the destination address."},
        {0}},
    .getsets = (const GetSetDef[]){{"family", get_family, NULL, "the socket family"}, {"type", get_type, NULL, "the socket type"},
                                   {"proto", get_proto, NULL, "the socket protocol"}, {"timeout", get_timeout, NULL, "the socket timeout"}, {0}},
};

/* -- The module ------------------------------------------------------------------------------------------------------------------------------------------- */

static Value m_getaddrinfo(RpThread *th, const Value *a) {
  PathArg host = {0}, port = {0};
  struct addrinfo hints = {0}, *list = NULL;
  char number[24];
  if (!os_may(th, OS_NETWORK) || !int_arg(th, a[2], 0, &hints.ai_family) || !int_arg(th, a[3], 0, &hints.ai_socktype) || !int_arg(th, a[4], 0, &hints.ai_protocol) ||
      !int_arg(th, a[5], 0, &hints.ai_flags))
    return EMPTY;
  if (a[0] != NONE && !str_check(a[0]) && !bytes_check(a[0])) return raise_type(th, "getaddrinfo() argument 1 must be string or None");
  if (a[0] != NONE && !path_arg(th, a[0], 0, "getaddrinfo", &host)) return EMPTY;
  if (int_check(a[1])) {
    int64_t n;
    if (!op_as_i64(th, a[1], &n)) return EMPTY;
    snprintf(number, sizeof number, "%lld", (long long)n);
    port.name = number;
  } else if (str_check(a[1]) || bytes_check(a[1])) {
    if (!path_arg(th, a[1], 0, "getaddrinfo", &port)) return EMPTY;
  } else if (a[1] != NONE) {
    return raise_error(th, &type_OSError, "Int or String expected");
  }
  int r = resolve(th, host.name, port.name, &hints, &list);
  if (r) return gai_failed(th, r);
  List *l = list_new(th, 4);
  for (struct addrinfo *i = list; l && i; i = i->ai_next) {
    Address addr;
    memcpy(&addr, i->ai_addr, i->ai_addrlen);
    Value where = address_value(th, &addr, i->ai_addrlen), name = os_text(th, i->ai_canonname ? i->ai_canonname : "", false);
    Tuple *t = where == EMPTY || name == EMPTY ? NULL : tuple_of(th, 5, value_int(i->ai_family), value_int(i->ai_socktype), value_int(i->ai_protocol), name, where);
    if (!t || list_append(th, l, value_object(t)) < 0) l = NULL;
  }
  freeaddrinfo(list);
  return l ? value_object(l) : EMPTY;
}
static Value m_gethostbyname(RpThread *th, const Value *a) {
  Address addr;
  char host[INET_ADDRSTRLEN];
  if (!os_may(th, OS_NETWORK) || !host_arg(th, a[0], AF_INET, &addr)) return EMPTY;
  return os_text(th, inet_ntop(AF_INET, &addr.in.sin_addr, host, sizeof host), false);
}
static Value m_getnameinfo(RpThread *th, const Value *a) {
  int flags;
  char host[NI_MAXHOST], service[NI_MAXSERV];
  if (!os_may(th, OS_NETWORK) || !int_arg(th, a[1], 0, &flags)) return EMPTY;
  if (!tuple_check(a[0]) || as_tuple(a[0])->length < 2) return raise_type(th, "getnameinfo() argument 1 must be a tuple");
  Socket like = {.family = as_tuple(a[0])->length > 2 ? AF_INET6 : AF_INET};
  Address addr;
  socklen_t n;
  if (!address_arg(th, &like, a[0], "getnameinfo", &addr, &n)) return EMPTY;
  thread_enter_safe(th);
  int r = getnameinfo(&addr.any, n, host, sizeof host, service, sizeof service, flags);
  thread_leave_safe(th);
  if (r) return gai_failed(th, r);
  Tuple *t = tuple_of(th, 2, os_text(th, host, false), os_text(th, service, false));
  return t ? value_object(t) : EMPTY;
}
static Value m_gethostname(RpThread *th, const Value *a) {
  char buf[256];
  return gethostname(buf, sizeof buf) < 0 ? os_done(th, -1, EMPTY) : os_text(th, buf, false);
}
static Value m_socketpair(RpThread *th, const Value *a) {
  int family, type, proto, fd[2];
  if (!os_may(th, OS_NETWORK) || !int_arg(th, a[0], AF_UNIX, &family) || !int_arg(th, a[1], SOCK_STREAM, &type) || !int_arg(th, a[2], 0, &proto)) return EMPTY;
  if (socketpair(family, type | SOCK_CLOEXEC, proto, fd) < 0) return os_done(th, -1, EMPTY);
  Value pair[2];
  for (int i = 0; i < 2; i++) {
    const Value args[4] = {value_int(family), value_int(type), value_int(proto), value_int(fd[i])};
    pair[i] = op_call(th, value_object(&type_socket), args, 4, NULL);
    if (pair[i] == EMPTY) {
      for (; i < 2; i++) close(fd[i]);
      return EMPTY;
    }
  }
  Tuple *t = tuple_of(th, 2, pair[0], pair[1]);
  return t ? value_object(t) : EMPTY;
}
static Value m_close_fd(RpThread *th, const Value *a) {
  int fd;
  return int_arg(th, a[0], 0, &fd) ? os_done(th, OS_CALL(th, close, fd), EMPTY) : EMPTY;
}
static Value m_dup(RpThread *th, const Value *a) {
  int fd;
  return os_may(th, OS_NETWORK) && int_arg(th, a[0], 0, &fd) ? os_int(th, fcntl(fd, F_DUPFD_CLOEXEC, 0)) : EMPTY;
}
static Value m_inet_pton(RpThread *th, const Value *a) {
  int family;
  PathArg p;
  uint8_t buf[16];
  if (!int_arg(th, a[0], 0, &family) || !path_arg(th, a[1], 0, "inet_pton", &p)) return EMPTY;
  int r = inet_pton(family, p.name, buf);
  if (r < 0) return os_done(th, -1, EMPTY);
  if (r == 0) return raise_error(th, &type_OSError, "illegal IP address string passed to inet_pton");
  Bytes *b = bytes_new(th, buf, family == AF_INET ? 4 : 16);
  return b ? value_object(b) : EMPTY;
}
static Value number_text(RpThread *th, int family, Value v, const char *function) {
  Buffer b;
  char text[INET6_ADDRSTRLEN];
  if (family != AF_INET && family != AF_INET6) return raise_value(th, "unknown address family %d", family);
  if (buffer_acquire(th, v, &b, false) < 0) return EMPTY;
  bool fits = b.size == (family == AF_INET ? 4 : 16);
  if (fits) inet_ntop(family, b.data, text, sizeof text);
  buffer_release(th, &b);
  if (fits) return os_text(th, text, false);
  return *function == 'n' ? raise_error(th, &type_OSError, "packed IP wrong length") : raise_value(th, "invalid length of packed IP address string");
}
static Value m_inet_ntop(RpThread *th, const Value *a) {
  int family;
  return int_arg(th, a[0], 0, &family) ? number_text(th, family, a[1], "pton") : EMPTY;
}
static Value m_inet_ntoa(RpThread *th, const Value *a) { return number_text(th, AF_INET, a[0], "ntoa"); }
static Value m_inet_aton(RpThread *th, const Value *a) {
  PathArg p;
  struct in_addr addr;
  if (!path_arg(th, a[0], 0, "inet_aton", &p)) return EMPTY;
  if (!inet_aton(p.name, &addr)) return raise_error(th, &type_OSError, "illegal IP address string passed to inet_aton");
  Bytes *b = bytes_new(th, &addr, 4);
  return b ? value_object(b) : EMPTY;
}
static Value swap(RpThread *th, Value v, const char *name, int64_t max, bool wide) {
  int64_t n;
  if (!op_as_i64(th, v, &n)) return EMPTY;
  if (n < 0) return raise_overflow(th, "%s: can't convert negative Python int to C %d-bit unsigned integer", name, wide ? 32 : 16);
  if (n > max) return raise_overflow(th, "%s: Python int too large to convert to C %d-bit unsigned integer", name, wide ? 32 : 16);
  return value_int(wide ? (int64_t)htonl((uint32_t)n) : (int64_t)htons((uint16_t)n));
}
static Value m_htons(RpThread *th, const Value *a) { return swap(th, a[0], "htons", 0xFFFF, false); }
static Value m_ntohs(RpThread *th, const Value *a) { return swap(th, a[0], "ntohs", 0xFFFF, false); }
static Value m_htonl(RpThread *th, const Value *a) { return swap(th, a[0], "htonl", 0xFFFFFFFF, true); }
static Value m_ntohl(RpThread *th, const Value *a) { return swap(th, a[0], "ntohl", 0xFFFFFFFF, true); }
static Dict *own_dict(RpThread *th) {
  Value m = import_module_c(th, "_socket");
  return m == EMPTY ? NULL : ((Module *)as_object(m))->dict;
}
static Value m_getdefaulttimeout(RpThread *th, const Value *a) {
  double t = default_timeout(th);
  return t < 0 ? NONE : value_double(t);
}
static Value m_setdefaulttimeout(RpThread *th, const Value *a) {
  double t;
  Dict *d = timeout_arg(th, a[0], &t) ? own_dict(th) : NULL;
  return d && dict_set_c(th, d, "_default_timeout", value_double(t)) == 0 ? NONE : EMPTY;
}
static Value m_getservbyname(RpThread *th, const Value *a) {
  PathArg name, proto = {0};
  struct servent s, *found = NULL;
  char buf[1024];
  if (!path_arg(th, a[0], 0, "getservbyname", &name) || (a[1] != EMPTY && !path_arg(th, a[1], 0, "getservbyname", &proto))) return EMPTY;
  getservbyname_r(name.name, proto.name, &s, buf, sizeof buf, &found);
  return found ? value_int(ntohs((uint16_t)found->s_port)) : raise_error(th, &type_OSError, "service/proto not found");
}
static Value m_getprotobyname(RpThread *th, const Value *a) {
  PathArg name;
  struct protoent p, *found = NULL;
  char buf[1024];
  if (!path_arg(th, a[0], 0, "getprotobyname", &name)) return EMPTY;
  getprotobyname_r(name.name, &p, buf, sizeof buf, &found);
  return found ? value_int(found->p_proto) : raise_error(th, &type_OSError, "protocol not found");
}

static const NativeDef functions[] = {
    {"getaddrinfo", m_getaddrinfo, "(host, port, family=0, type=0, proto=0, flags=0)", 0, "Resolve host and port into addrinfo struct."},
    {"gethostbyname", m_gethostbyname, "(host, /)", 0, "Return the IP address (a string of the form '255.255.255.255') for a host."},
    {"getnameinfo", m_getnameinfo, "(sockaddr, flags, /)", 0, "Get host and port for a sockaddr."},
    {"gethostname", m_gethostname, "()", 0, "Return the current host name."},
    {"socketpair", m_socketpair, "(family=1, type=1, proto=0, /)", 0, "Create a pair of socket objects."},
    {"close", m_close_fd, "(fd, /)", 0, "Close an integer socket file descriptor."},
    {"dup", m_dup, "(fd, /)", 0, "Duplicate an integer socket file descriptor."},
    {"inet_pton", m_inet_pton, "(af, ip, /)", 0, "Convert an IP address from string format to a packed string."},
    {"inet_ntop", m_inet_ntop, "(af, packed_ip, /)", 0, "Convert a packed IP address of the given family to string format."},
    {"inet_aton", m_inet_aton, "(ip, /)", 0, "Convert an IP address in string format to the 32-bit packed binary format."},
    {"inet_ntoa", m_inet_ntoa, "(packed_ip, /)", 0, "Convert an IP address from 32-bit packed binary format to string format."},
    {"htons", m_htons, "(x, /)", 0, NULL},
    {"ntohs", m_ntohs, "(x, /)", 0, NULL},
    {"htonl", m_htonl, "(x, /)", 0, NULL},
    {"ntohl", m_ntohl, "(x, /)", 0, NULL},
    {"getdefaulttimeout", m_getdefaulttimeout, "()", 0, "Returns the default timeout in seconds (float) for new socket objects."},
    {"setdefaulttimeout", m_setdefaulttimeout, "(timeout, /)", 0, "Set the default timeout in seconds (float) for new socket objects."},
    {"getservbyname", m_getservbyname, "(servicename, protocolname=None, /)", 0, "Return a port number from a service name and protocol name."},
    {"getprotobyname", m_getprotobyname, "(name, /)", 0, "Return the protocol number for the named protocol."},
    {0},
};
static int add_error(RpThread *th, Dict *dict, const char *name) {
  Tuple *bases = tuple_of(th, 1, value_object(&type_OSError));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_c(th, ns, "__module__", value_object(str_intern_c(th, "socket"))) < 0) return -1;
  Value cls = type_new_class(th, &type_type, str_intern_c(th, name), bases, ns, NULL, NULL);
  return cls == EMPTY ? -1 : dict_set_c(th, dict, name, cls);
}
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {
      C(AF_UNSPEC), C(AF_UNIX), C(AF_INET), C(AF_INET6), C(SOCK_STREAM), C(SOCK_DGRAM), C(SOCK_RAW), C(SOCK_SEQPACKET), C(SOCK_RDM), C(SOCK_CLOEXEC), C(SOCK_NONBLOCK),
      C(SOL_SOCKET), {"SOL_IP", 0}, {"SOL_TCP", 6}, {"SOL_UDP", 17}, C(SO_REUSEADDR), C(SO_REUSEPORT), C(SO_KEEPALIVE), C(SO_BROADCAST), C(SO_ERROR), C(SO_TYPE),
      C(SO_RCVBUF), C(SO_SNDBUF), C(SO_LINGER), C(SO_OOBINLINE), C(SO_RCVTIMEO), C(SO_SNDTIMEO), C(SO_ACCEPTCONN), C(SO_DOMAIN), C(SO_PROTOCOL), C(SO_DEBUG),
      C(SO_DONTROUTE), C(SO_RCVLOWAT), C(SO_SNDLOWAT), C(SO_PRIORITY), C(SO_PASSCRED), C(SO_PEERCRED), C(SO_BINDTODEVICE), C(SOMAXCONN), C(MSG_OOB), C(MSG_PEEK), C(MSG_DONTROUTE), C(MSG_DONTWAIT), C(MSG_WAITALL),
      C(MSG_TRUNC), C(MSG_CTRUNC), C(MSG_NOSIGNAL), C(MSG_MORE), C(MSG_EOR), C(IPPROTO_IP), C(IPPROTO_ICMP), C(IPPROTO_TCP), C(IPPROTO_UDP), C(IPPROTO_IPV6), C(IPPROTO_RAW),
      C(IPPROTO_ICMPV6), C(IPV6_V6ONLY), C(IPV6_UNICAST_HOPS), C(IPV6_MULTICAST_HOPS), C(IPV6_MULTICAST_IF), C(IPV6_MULTICAST_LOOP), C(IPV6_JOIN_GROUP), C(IPV6_LEAVE_GROUP),
      C(IP_TTL), C(IP_TOS), C(IP_MULTICAST_TTL), C(IP_MULTICAST_LOOP), C(IP_MULTICAST_IF), C(IP_ADD_MEMBERSHIP), C(IP_DROP_MEMBERSHIP), C(TCP_NODELAY), C(TCP_KEEPIDLE),
      C(TCP_KEEPINTVL), C(TCP_KEEPCNT), C(TCP_MAXSEG), C(TCP_CORK), C(TCP_QUICKACK), C(TCP_USER_TIMEOUT), C(TCP_FASTOPEN), C(SHUT_RD), C(SHUT_WR), C(SHUT_RDWR),
      C(AI_PASSIVE), C(AI_CANONNAME), C(AI_NUMERICHOST), C(AI_NUMERICSERV), C(AI_ADDRCONFIG), C(AI_V4MAPPED), C(AI_ALL), C(EAI_AGAIN), C(EAI_BADFLAGS), C(EAI_FAIL),
      C(EAI_FAMILY), C(EAI_MEMORY), C(EAI_NODATA), C(EAI_NONAME), C(EAI_OVERFLOW), C(EAI_SERVICE), C(EAI_SOCKTYPE), C(EAI_SYSTEM), C(EAI_ADDRFAMILY), C(NI_MAXHOST),
      C(NI_MAXSERV), C(NI_NUMERICHOST), C(NI_NUMERICSERV), C(NI_DGRAM), C(NI_NAMEREQD), C(NI_NOFQDN), {"INADDR_ANY", 0}, {"INADDR_BROADCAST", 0xFFFFFFFF},
      {"INADDR_LOOPBACK", 0x7F000001}, {"INADDR_NONE", 0xFFFFFFFF}, {"IPPORT_RESERVED", 1024}, {"IPPORT_USERRESERVED", 5000}};
#undef C
  if (dict_set_c(th, dict, "socket", value_object(&type_socket)) < 0 || dict_set_c(th, dict, "SocketType", value_object(&type_socket)) < 0 ||
      dict_set_c(th, dict, "error", value_object(&type_OSError)) < 0 || dict_set_c(th, dict, "timeout", value_object(&type_TimeoutError)) < 0 ||
      dict_set_c(th, dict, "has_ipv6", TRUE_V) < 0 || add_error(th, dict, "gaierror") < 0 || add_error(th, dict, "herror") < 0)
    return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod__socket = {.doc = "Implementation module for socket operations.", .functions = functions, .init = init};
