/* posix_path.c: see posix.h: arguments and results of system calls. */
#include "runtime/posix.h"
#include "runtime/bytes.h"
#include "runtime/codecs.h"
#include "runtime/dict.h"
#include "runtime/names.h"
#include "runtime/str.h"

static bool wrong_path(RpThread *th, Value v, int allow, const char *function) {
  static const char *const kinds[] = {"string, bytes or os.PathLike", "string, bytes, os.PathLike or integer", "string, bytes, os.PathLike or None",
                                      "string, bytes, os.PathLike, integer or None"};
  raise_type(th, "%s: path should be %s, not %T", function, kinds[allow], v);
  return false;
}

bool path_arg(RpThread *th, Value v, int allow, const char *function, PathArg *out) {
  *out = (PathArg){.fd = -1, .given = v, .hold = v};
  if (v == EMPTY || v == NONE) {
    if (!(allow & PATH_NONE)) return wrong_path(th, v, allow, function);
    out->name = ".";
    out->given = EMPTY;
    return true;
  }
  if (!str_check(v) && !bytes_check(v)) {
    Value fn = is_object(v) ? op_lookup_special(th, v, S(__fspath__)) : EMPTY;
    if (fn == EMPTY) {
      if (th->pending != EMPTY) return false;
      if (!(allow & PATH_FD) || !(is_int(v) || is_bool(v) || type_of(v)->slots.index)) return wrong_path(th, v, allow, function);
      out->given = EMPTY;
      return int_arg(th, v, 0, &out->fd);
    }
    v = op_call0(th, fn);
    if (v == EMPTY) return false;
    if (!str_check(v) && !bytes_check(v)) return raise_type(th, "expected %T.__fspath__() to return str or bytes, not %T", out->given, v), false;
  }
  out->bytes = bytes_check(v);
  out->hold = out->bytes ? v : encode_utf8(th, as_str(v), "surrogateescape");
  if (out->hold == EMPTY) return false;
  Bytes *b = as_bytes(out->hold);
  out->name = (const char *)b->data;
  if (memchr(b->data, 0, b->length)) return raise_value(th, "embedded null byte"), false;
  return true;
}

Value os_text(RpThread *th, const char *name, bool bytes) {
  if (!bytes) return decode_utf8(th, (const uint8_t *)name, strlen(name), "surrogateescape", NULL);
  Bytes *b = bytes_new(th, name, strlen(name));
  return b ? value_object(b) : EMPTY;
}

Value os_done(RpThread *th, int64_t r, Value path) {
  if (r >= 0) return NONE;
  return th->pending != EMPTY ? EMPTY : raise_os(th, errno, path);
}
Value os_int(RpThread *th, int64_t r) { return r < 0 ? os_done(th, r, EMPTY) : value_int(r); }

bool int_arg(RpThread *th, Value v, int64_t dflt, int *out) {
  int64_t n = dflt;
  if (v != EMPTY && !op_as_i64(th, v, &n)) return false;
  if (n > INT32_MAX) return raise_overflow(th, "signed integer is greater than maximum"), false;
  if (n < INT32_MIN) return raise_overflow(th, "signed integer is less than minimum"), false;
  *out = (int)n;
  return true;
}
bool truth_arg(RpThread *th, Value v, bool dflt, bool *out) {
  int t = v == EMPTY ? dflt : op_truth(th, v);
  *out = t > 0;
  return t >= 0;
}

bool fd_arg(RpThread *th, Value v, int *fd) {
  if (!is_int(v) && !is_bool(v) && !type_of(v)->slots.index) {
    Value fn = op_getattr_opt(th, v, S(fileno));
    if (fn == EMPTY) return th->pending == EMPTY && raise_type(th, "argument must be an int, or have a fileno() method."), false;
    v = op_call0(th, fn);
    if (v == EMPTY) return false;
    if (!is_int(v)) return raise_type(th, "fileno() returned a non-integer"), false;
  }
  if (!int_arg(th, v, 0, fd)) return false;
  if (*fd < 0) return raise_value(th, "file descriptor cannot be a negative integer (%i)", *fd), false;
  return true;
}

bool os_may(RpThread *th, OsCapability what) {
  static const char *const names[] = {"files", "processes", "the network", "the user database", "the terminal"};
  if (OS_CALL(th, allow, what) == 0) return true;
  Str *why = str_fmt(th, "this context has no access to %s", names[what]);
  if (why) raise_value_object(th, op_call2(th, value_object(&type_PermissionError), value_int(errno), value_object(why)));
  return false;
}

bool no_dir_fd(RpThread *th, Value v) {
  if (v == EMPTY || v == NONE) return true;
  raise_todo(th, "dir_fd unavailable on this platform");
  return false;
}

int add_int_constants(RpThread *th, Dict *dict, const IntConstant *rows, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (dict_set_c(th, dict, rows[i].name, value_int(rows[i].value)) < 0) return -1;
  return 0;
}
