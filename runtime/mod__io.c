/* mod__io.c: the module _io: open() and the types of the io_*.c files. */
#include "runtime/context.h"
#include "runtime/io.h"
#include "runtime/os.h"

#include <errno.h>

/* -- open -------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Mode { bool creating, reading, writing, appending, updating, text, binary; } Mode;

static bool parse_mode(RpThread *th, Value v, Mode *m) {
  *m = (Mode){0};
  if (v == EMPTY) {
    m->reading = true;
    return true;
  }
  Str *s = as_str(v);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    bool *flag = c == 'x' ? &m->creating : c == 'r' ? &m->reading : c == 'w' ? &m->writing : c == 'a' ? &m->appending : c == '+' ? &m->updating
                 : c == 't' ? &m->text : c == 'b' ? &m->binary : NULL;
    if (!flag || *flag) return raise_value(th, "invalid mode: '%S'", s), false;
    *flag = true;
  }
  if (m->text && m->binary) return raise_value(th, "can't have text and binary mode at once"), false;
  if (m->creating + m->reading + m->writing + m->appending > 1) return raise_value(th, "must have exactly one of create/read/write/append mode"), false;
  return true;
}
static bool given(Value v) { return v != EMPTY && v != NONE; }
static Value make(RpThread *th, Type *type, const Value *args, int n) { return op_call(th, V(type), args, n, NULL); }

static Value layers(RpThread *th, const Value *a, const Mode *m, Value raw, Value *outer, int64_t buffering, Value mode) {
  int tty = io_ask(th, raw, "isatty");
  if (tty < 0) return EMPTY;
  bool line_buffering = !m->binary && (buffering == 1 || (buffering < 0 && tty));
  if (buffering == 1 || (buffering < 0 && tty)) buffering = -1;
  if (buffering < 0) {
    Value size = io_attr(th, raw, "_blksize");
    if (size == EMPTY || !op_as_i64(th, size, &buffering)) return EMPTY;
  }
  if (buffering == 0) return m->binary ? raw : raise_value(th, "can't have unbuffered text I/O");
  Type *type = m->updating ? &type_io_BufferedRandom : m->creating || m->writing || m->appending ? &type_io_BufferedWriter
               : m->reading ? &type_io_BufferedReader : NULL;
  if (!type) return raise_value(th, "unknown mode: '%S'", as_str(mode));
  const Value args[2] = {raw, int_from_i64(th, buffering)};
  Value buffered = make(th, type, args, 2);
  if (buffered == EMPTY || m->binary) return buffered;
  *outer = buffered;
  const Value text_args[5] = {buffered, a[3] == EMPTY ? NONE : a[3], a[4] == EMPTY ? NONE : a[4], a[5] == EMPTY ? NONE : a[5], value_bool(line_buffering)};
  Value text = make(th, &type_io_TextIOWrapper, text_args, 5);
  if (text == EMPTY) return EMPTY;
  *outer = text;
  return object_setattr(th, text, S(mode), mode) < 0 ? EMPTY : text;
}
Value io_open(RpThread *th, const Value *a) {
  Mode m;
  int64_t buffering = -1;
  Value file = a[0], mode = a[1];
  if (!int_check(file) && !str_check(file) && !bytes_check(file)) {
    Value fn = is_object(file) ? op_lookup_special(th, file, str_intern_c(th, "__fspath__")) : EMPTY;
    if (fn == EMPTY) return th->pending != EMPTY ? EMPTY : raise_type(th, "expected str, bytes or os.PathLike object, not %T", file);
    Value of = file;
    file = op_call0(th, fn);
    if (file == EMPTY) return EMPTY;
    if (!str_check(file) && !bytes_check(file)) return raise_type(th, "expected %T.__fspath__() to return str or bytes, not %T", of, file);
  }
  if (mode != EMPTY && !str_check(mode)) return raise_type(th, "open() argument 'mode' must be str, not %T", mode);
  for (int i = 3; i < 6; i++) {
    static const char *const names[] = {"encoding", "errors", "newline"};
    if (given(a[i]) && !str_check(a[i])) return raise_type(th, "open() argument '%s' must be str or None, not %T", names[i - 3], a[i]);
  }
  if (a[2] != EMPTY) {
    if (float_check(a[2])) return raise_type(th, "'float' object cannot be interpreted as an integer");
    if (!op_as_i64(th, a[2], &buffering)) return EMPTY;
  }
  if (!parse_mode(th, mode, &m)) return EMPTY;
  if (m.binary && given(a[3])) return raise_value(th, "binary mode doesn't take an encoding argument");
  if (m.binary && given(a[4])) return raise_value(th, "binary mode doesn't take an errors argument");
  if (m.binary && given(a[5])) return raise_value(th, "binary mode doesn't take a newline argument");
  if (mode == EMPTY) mode = V(str_intern_c(th, "r"));
  char raw_mode[8], *p = raw_mode;
  if (m.creating) *p++ = 'x';
  if (m.reading) *p++ = 'r';
  if (m.writing) *p++ = 'w';
  if (m.appending) *p++ = 'a';
  if (m.updating) *p++ = '+';
  *p = 0;
  const Value args[4] = {file, V(str_intern_c(th, raw_mode)), a[6] == EMPTY ? TRUE_V : a[6], a[7] == EMPTY ? NONE : a[7]};
  Value raw = make(th, &type_io_FileIO, args, 4);
  if (raw == EMPTY) return EMPTY;
  Value outer = raw, result = layers(th, a, &m, raw, &outer, buffering, mode);
  if (result != EMPTY) return result;
  Value error = error_take(th); /* do not leave the file open until a collection */
  io_call0(th, outer, "close");
  th->pending = error;
  return EMPTY;
}
static Value m_open_code(RpThread *th, const Value *a) {
  const Value args[8] = {a[0], V(str_intern_c(th, "rb"))};
  return io_open(th, args);
}
static Value m_text_encoding(RpThread *th, const Value *a) { return given(a[0]) ? a[0] : V(str_intern_c(th, "locale")); }

static const NativeDef functions[] = {
    {"open", io_open, "(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)", 0,
     "Open file and return a stream.  Raise OSError upon failure."},
    {"open_code", m_open_code, "(path)", 0, "Opens the provided file with the intent to import the contents."},
    {"text_encoding", m_text_encoding, "(encoding, stacklevel=2, /)", 0, "A helper function to choose the text encoding."},
    {0},
};

static bool add_unsupported(RpThread *th, Dict *dict) {
  Tuple *bases = tuple_of(th, 2, V(&type_OSError), V(&type_ValueError));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_str(th, ns, S(__module__), V(str_intern_c(th, "io"))) < 0) return false;
  Value cls = type_new_class(th, &type_type, str_intern_c(th, "UnsupportedOperation"), bases, ns, NULL, NULL);
  return cls != EMPTY && dict_set_c(th, dict, "UnsupportedOperation", cls) == 0;
}
static int init(RpThread *th, Dict *dict) {
  static const struct { const char *name; Type *type; } types[] = {
      {"_IOBase", &type_io_IOBase}, {"_RawIOBase", &type_io_RawIOBase}, {"_BufferedIOBase", &type_io_BufferedIOBase},
      {"_TextIOBase", &type_io_TextIOBase}, {"FileIO", &type_io_FileIO}, {"BytesIO", &type_io_BytesIO}, {"StringIO", &type_io_StringIO},
      {"BufferedReader", &type_io_BufferedReader}, {"BufferedWriter", &type_io_BufferedWriter}, {"BufferedRandom", &type_io_BufferedRandom},
      {"BufferedRWPair", &type_io_BufferedRWPair}, {"TextIOWrapper", &type_io_TextIOWrapper},
      {"IncrementalNewlineDecoder", &type_io_NewlineDecoder}, {"BlockingIOError", &type_BlockingIOError}};
  for (size_t i = 0; i < countof(types); i++)
    if (dict_set_c(th, dict, types[i].name, V(types[i].type)) < 0) return -1;
  if (dict_set_c(th, dict, "DEFAULT_BUFFER_SIZE", value_int(IO_BUFFER_SIZE)) < 0) return -1;
  return add_unsupported(th, dict) ? 0 : -1;
}
const ModuleSpec mod__io = {.doc = "The io module provides the Python interfaces to stream handling.", .functions = functions, .init = init};
