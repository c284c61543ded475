/* mod_termios.c: the module termios, as far as tty, getpass and pty use it. */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <sys/ioctl.h>
#include <termios.h>

static Value term_error(RpThread *th) {
  int err = errno;
  Value m = import_module_c(th, "termios");
  Value cls = m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, "error"));
  Value e = cls == EMPTY ? EMPTY : op_call2(th, cls, value_int(err), os_text(th, strerror(err), false));
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static bool terminal(RpThread *th, Value v, int *fd) { return os_may(th, OS_TERMINAL) && fd_arg(th, v, fd); }

static Value m_tcgetattr(RpThread *th, const Value *a) {
  int fd;
  struct termios t;
  if (!terminal(th, a[0], &fd)) return EMPTY;
  if (tcgetattr(fd, &t) < 0) return term_error(th);
  List *cc = list_new(th, NCCS);
  bool raw = !(t.c_lflag & ICANON);
  for (int i = 0; cc && i < NCCS; i++) {
    Bytes *b = raw && (i == VMIN || i == VTIME) ? NULL : bytes_new(th, &t.c_cc[i], 1);
    if (list_append(th, cc, b ? value_object(b) : value_int(t.c_cc[i])) < 0) return EMPTY;
  }
  const Value f[] = {value_int(t.c_iflag), value_int(t.c_oflag), value_int(t.c_cflag), value_int(t.c_lflag), value_int(cfgetispeed(&t)),
                     value_int(cfgetospeed(&t)), cc ? value_object(cc) : EMPTY};
  List *l = cc ? list_from(th, f, countof(f)) : NULL;
  return l ? value_object(l) : EMPTY;
}
static Value m_tcsetattr(RpThread *th, const Value *a) {
  int fd, when;
  struct termios t;
  if (!terminal(th, a[0], &fd) || !int_arg(th, a[1], 0, &when)) return EMPTY;
  if (!list_check(a[2]) || list_len(as_list(a[2])) != 7) return raise_type(th, "tcsetattr, arg 3: must be 7 element list");
  if (tcgetattr(fd, &t) < 0) return term_error(th);
  int64_t f[6];
  for (int i = 0; i < 6; i++)
    if (!op_as_i64(th, list_get_fast(as_list(a[2]), i), &f[i])) return EMPTY;
  t.c_iflag = (tcflag_t)f[0], t.c_oflag = (tcflag_t)f[1], t.c_cflag = (tcflag_t)f[2], t.c_lflag = (tcflag_t)f[3];
  Value cc = list_get_fast(as_list(a[2]), 6);
  if (!list_check(cc) || list_len(as_list(cc)) != NCCS) return raise_type(th, "tcsetattr: attributes[6] must be %d element list", NCCS);
  for (int i = 0; i < NCCS; i++) {
    Value v = list_get_fast(as_list(cc), i);
    if (bytes_check(v) && as_bytes(v)->length == 1) t.c_cc[i] = as_bytes(v)->data[0];
    else if (is_int(v)) t.c_cc[i] = (cc_t)as_int(v);
    else return raise_type(th, "tcsetattr: elements of attributes must be characters or integers");
  }
  if (cfsetispeed(&t, (speed_t)f[4]) < 0 || cfsetospeed(&t, (speed_t)f[5]) < 0 || tcsetattr(fd, when, &t) < 0) return term_error(th);
  return NONE;
}
static Value m_tcflush(RpThread *th, const Value *a) {
  int fd, q;
  return !terminal(th, a[0], &fd) || !int_arg(th, a[1], 0, &q) ? EMPTY : tcflush(fd, q) < 0 ? term_error(th) : NONE;
}
static Value m_tcdrain(RpThread *th, const Value *a) {
  int fd, r;
  if (!terminal(th, a[0], &fd)) return EMPTY;
  OS_BLOCKING(th, r, tcdrain(fd));
  return r < 0 ? th->pending != EMPTY ? EMPTY : term_error(th) : NONE;
}
static Value m_tcsendbreak(RpThread *th, const Value *a) {
  int fd, n;
  return !terminal(th, a[0], &fd) || !int_arg(th, a[1], 0, &n) ? EMPTY : tcsendbreak(fd, n) < 0 ? term_error(th) : NONE;
}
static const NativeDef functions[] = {
    {"tcgetattr", m_tcgetattr, "(fd, /)", 0, "Get the tty attributes for file descriptor fd."},
    {"tcsetattr", m_tcsetattr, "(fd, when, attributes, /)", 0, "Set the tty attributes for file descriptor fd."},
    {"tcflush", m_tcflush, "(fd, queue, /)", 0, "Discard queued data on file descriptor fd."},
    {"tcdrain", m_tcdrain, "(fd, /)", 0, "Wait until all output written to file descriptor fd has been transmitted."},
    {"tcsendbreak", m_tcsendbreak, "(fd, duration, /)", 0, "Send a break on file descriptor fd."},
    {0},
};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {
      C(TCSANOW), C(TCSADRAIN), C(TCSAFLUSH), C(TCIFLUSH), C(TCOFLUSH), C(TCIOFLUSH), C(ECHO), C(ECHOE), C(ECHOK), C(ECHONL), C(ICANON), C(ISIG), C(IEXTEN),
      C(NOFLSH), C(TOSTOP), C(BRKINT), C(ICRNL), C(IGNBRK), C(IGNCR), C(IGNPAR), C(INLCR), C(INPCK), C(ISTRIP), C(IXOFF), C(IXON), C(PARMRK), C(OPOST),
      C(ONLCR), C(CSIZE), C(CS5), C(CS6), C(CS7), C(CS8), C(CSTOPB), C(CREAD), C(PARENB), C(PARODD), C(HUPCL), C(CLOCAL), C(VEOF), C(VEOL), C(VERASE),
      C(VINTR), C(VKILL), C(VMIN), C(VQUIT), C(VSTART), C(VSTOP), C(VSUSP), C(VTIME), C(NCCS), C(TIOCGWINSZ), C(TIOCSWINSZ), C(TIOCSCTTY), C(TIOCNOTTY),
      C(FIONREAD), C(FIONBIO), C(B0), C(B9600), C(B19200), C(B38400), C(B57600), C(B115200)};
#undef C
  Tuple *bases = tuple_of(th, 1, value_object(&type_Exception));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_c(th, ns, "__module__", value_object(str_intern_c(th, "termios"))) < 0) return -1;
  Value error = type_new_class(th, &type_type, str_intern_c(th, "error"), bases, ns, NULL, NULL);
  if (error == EMPTY || dict_set_c(th, dict, "error", error) < 0) return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod_termios = {.doc = "This module provides an interface to the Posix calls for tty I/O control.", .functions = functions, .init = init};
