/* std_stream.c: see std_stream.h. */
#include "runtime/std_stream.h"
#include "runtime/context.h"
#include "runtime/io.h"
#include "runtime/os.h"

static const struct { const char *name, *mode, *raw_mode, *errors; } streams[3] = {
    {"<stdin>", "r", "rb", "strict"}, {"<stdout>", "w", "wb", "strict"}, {"<stderr>", "w", "wb", "backslashreplace"}};

static Value text(RpThread *th, const char *s) {
  Str *t = str_intern_c(th, s);
  return t ? V(t) : EMPTY;
}
static bool set(RpThread *th, Value o, const char *name, Value v) {
  Str *n = str_intern_c(th, name);
  return n && v != EMPTY && op_setattr(th, o, n, v) == 0;
}

/* Input and output in the C locale take any bytes, as python3 has it. */
static bool c_locale(RpThread *th) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < countof(names); i++) {
    const char *v = th->ctx->os->getenv(th->ctx->os_data, names[i]);
    if (v && *v) return !strcmp(v, "C") || !strcmp(v, "POSIX") || !strcmp(v, "C.UTF-8") || !strcmp(v, "C.utf8");
  }
  return true;
}

Value std_stream_new(RpThread *th, int fd) {
  struct stat st;
  if (th->ctx->os->fstat(th->ctx->os_data, fd, &st) < 0) return NONE;
  Tuple *closefd = tuple_of(th, 1, text(th, "closefd"));
  const Value file[3] = {value_int(fd), text(th, streams[fd].raw_mode), FALSE_V};
  Value raw = closefd ? op_call(th, V(&type_io_FileIO), file, 2, closefd) : EMPTY;
  if (raw == EMPTY || !set(th, raw, "name", text(th, streams[fd].name))) return EMPTY;
  Value buffer = op_call1(th, V(fd ? &type_io_BufferedWriter : &type_io_BufferedReader), raw);
  bool lines = fd == 2 || th->ctx->os->isatty(th->ctx->os_data, fd);
  const Value args[5] = {buffer, text(th, "utf-8"), text(th, fd < 2 && c_locale(th) ? "surrogateescape" : streams[fd].errors), fd ? text(th, "\n") : NONE, value_bool(lines)};
  Value stream = buffer == EMPTY ? EMPTY : op_call(th, V(&type_io_TextIOWrapper), args, 5, NULL);
  if (stream == EMPTY || !set(th, stream, "mode", text(th, streams[fd].mode))) return EMPTY;
  store_relaxed(&IO_BASE(stream)->owned, true); /* by the process: finalizers that print come after it */
  return stream;
}
