/* traceback.c: traceback objects and their text as CPython 3.11 prints it: source lines, carets (PEP 657), repeated frames. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/frame.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>

#define TB(v) ((Traceback *)as_object(v))

/* -- Making ------------------------------------------------------------------------------------------------------------- */

void exc_add_traceback(RpThread *th, Code *code, uint32_t pc, Dict *globals, Frame *frame) {
  if (unlikely(th->pending == EMPTY)) raise_error(th, &type_SystemError, "an operation failed without an exception"); /* a mistake of ours, which the program need not die of */
  Value exc = th->pending;
  if (!exc_check(exc)) return;
  th->pending = EMPTY; /* the allocation below may fail and raise: then the entry is lost, not the exception */
  FrameObject *fo = frame ? frame_object(th, frame) : NULL;
  Traceback *tb = heap_new(th, Traceback, SHAPE_traceback, K_TRACEBACK);
  th->pending = exc;
  if (!tb) return;
  Value next = as_exc(exc)->traceback;
  tb->next = next == EMPTY ? NULL : TB(next);
  tb->code = code;
  tb->pc = pc;
  tb->lineno = code_line(code, pc);
  tb->globals = globals ? value_object(globals) : EMPTY;
  tb->frame = fo ? value_object(fo) : EMPTY;
  obj_store_ref(th, as_exc(exc), &as_exc(exc)->traceback, tb);
}

static void trace(Tracer *tr, Object *o) {
  Traceback *t = (Traceback *)o;
  trace_ref(tr, load_consume(&t->next));
  trace_value(tr, load_consume(&t->frame));
  trace_ref(tr, t->code);
  trace_value(tr, t->globals);
}

static Value get_next(RpThread *th, Value self) { return TB(self)->next ? value_object(TB(self)->next) : NONE; }
static int set_next(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "can't delete tb_next attribute"), -1;
  if (v != NONE && !has_kind(v, K_TRACEBACK)) return raise_type(th, "expected traceback object or None, got '%T'", v), -1;
  for (Traceback *t = v == NONE ? NULL : TB(v); t; t = t->next)
    if (t == TB(self)) return raise_value(th, "traceback loop detected"), -1;
  return obj_store(th, TB(self), (Value *)(void *)&TB(self)->next, v == NONE ? EMPTY : v), 0;
}
static Value get_lineno(RpThread *th, Value self) { return value_int(TB(self)->lineno); }
static Value get_lasti(RpThread *th, Value self) { return value_int((int64_t)(TB(self)->pc & ~PC_LOOKUP) * 2); }

static Value get_frame(RpThread *th, Value self) {
  Traceback *t = TB(self);
  if (t->frame != EMPTY) return t->frame;
  FrameObject *f = heap_new(th, FrameObject, SHAPE_frame, K_FRAME_OBJECT);
  Dict *locals = f ? dict_new(th) : NULL;
  if (!locals) return EMPTY;
  f->code = t->code;
  f->globals = t->globals == EMPTY ? th->ctx->builtins : as_dict(t->globals);
  f->builtins = th->ctx->builtins;
  f->pc = t->pc & ~PC_LOOKUP;
  obj_store_ref(th, f, &f->locals, locals);
  obj_store_ref(th, t, &t->frame, f);
  return value_object(f);
}

static Value new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"traceback", NULL, "(tb_next, tb_frame, tb_lasti, tb_lineno)", 0, NULL, NULL};
  Value a[4];
  int64_t lasti, line;
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  if (a[0] != NONE && !has_kind(a[0], K_TRACEBACK)) return raise_type(th, "expected traceback object or None, got '%T'", a[0]);
  if (!has_kind(a[1], K_FRAME_OBJECT)) return raise_type(th, "traceback() argument 'tb_frame' must be frame, not %T", a[1]);
  if (!op_as_i64(th, a[2], &lasti) || !op_as_i64(th, a[3], &line)) return EMPTY;
  Traceback *t = heap_new(th, Traceback, SHAPE_traceback, K_TRACEBACK);
  if (!t) return EMPTY;
  t->next = a[0] == NONE ? NULL : TB(a[0]);
  t->frame = a[1];
  t->code = ((FrameObject *)as_object(a[1]))->code;
  t->globals = value_object(((FrameObject *)as_object(a[1]))->globals);
  t->pc = (uint32_t)(lasti < 0 ? 0 : lasti / 2);
  t->lineno = (int32_t)line;
  return value_object(t);
}

const TypeSpec spec_traceback = {
    .doc = "Create a new traceback object.",
    .size = sizeof(Traceback),
    .slots = {.trace = trace, .new_ = new_},
    .getsets = (const GetSetDef[]){{"tb_next", get_next, set_next, NULL},
                                   {"tb_frame", get_frame, NULL, NULL},
                                   {"tb_lasti", get_lasti, NULL, NULL},
                                   {"tb_lineno", get_lineno, NULL, NULL},
                                   {0}},
};

/* -- Source lines ----------------------------------------------------------------------------------------------------------- */

/* The whole file, malloc'ed; NULL when it cannot be read. */
static char *read_source(RpThread *th, const char *path, size_t *n) {
  RpContext *ctx = th->ctx;
  int fd = ctx->os->open(ctx->os_data, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return NULL;
  size_t cap = 1 << 14, len = 0;
  char *buf = malloc(cap);
  while (buf) {
    ssize_t r = ctx->os->read(ctx->os_data, fd, buf + len, cap - len);
    if (r <= 0) break;
    len += (size_t)r;
    if (len == cap) {
      char *bigger = realloc(buf, cap *= 2);
      if (!bigger) free(buf);
      buf = bigger;
    }
  }
  ctx->os->close(ctx->os_data, fd);
  *n = len;
  return buf;
}

Str *source_text_line(RpThread *th, Str *filename, int line) {
  const char *path = str_utf8(th, filename, NULL);
  if (!path) return error_clear(th), NULL;
  if (line <= 0 || (path[0] == '<' && path[filename->length - 1] == '>')) return NULL;
  size_t n;
  char *text = read_source(th, path, &n);
  if (!text) return NULL;
  char *p = text, *end = text + n;
  if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
  for (; line > 1 && p < end; line--) {
    char *nl = memchr(p, '\n', (size_t)(end - p));
    p = nl ? nl + 1 : end;
  }
  Str *out = NULL;
  if (p < end) {
    char *nl = memchr(p, '\n', (size_t)(end - p));
    size_t len = (size_t)((nl ? nl : end) - p);
    if (len && p[len - 1] == '\r') len--;
    out = str_from_utf8(th, p, len);
    if (!out) {
      error_clear(th);
      out = str_from_latin1(th, (const uint8_t *)p, len);
      if (!out) error_clear(th);
    }
  }
  free(text);
  return out;
}

/* -- Anchors ----------------------------------------------------------------------------------------------------------------- */

/* For an expression whose outermost form is a binary operation, where its operator is; for a subscript, from the bracket on. Found without a
** parser: the segment is one complete expression that compiled, so its outermost operator is the loosest one outside brackets. */

typedef struct Anchors { int left, right; } Anchors;

static bool word_char(char c) { return isalnum((unsigned char)c) || c == '_' || (c & 0x80); }

/* Past a string literal that starts at s[i] (a quote). */
static int skip_string(const char *s, int n, int i) {
  char q = s[i];
  bool triple = i + 2 < n && s[i + 1] == q && s[i + 2] == q;
  i += triple ? 3 : 1;
  for (; i < n; i++) {
    if (s[i] == '\\') i++;
    else if (s[i] == q && (!triple || (i + 2 < n && s[i + 1] == q && s[i + 2] == q))) return i + (triple ? 3 : 1);
  }
  return n;
}

static bool is_word(const char *s, int from, int to, const char *w) { return (int)strlen(w) == to - from && memcmp(s + from, w, (size_t)(to - from)) == 0; }

/* Words that make the outermost form something looser than a binary operation. */
static bool loose_word(const char *s, int from, int to) {
  static const char *const words[] = {"if", "else", "and", "or", "not", "in", "is", "lambda", "for", "yield", "return", "raise", "assert", "del",
                                      "import", "from", "with", "while", "async", "global", "nonlocal", "pass", "def", "class", "try", "except", "elif"};
  for (size_t i = 0; i < countof(words); i++)
    if (is_word(s, from, to, words[i])) return true;
  return false;
}

/* Binding strength of the operator at s[i], its length in *len; 0: none. */
static int operator_at(const char *s, int n, int i, int *len) {
  char c = s[i], d = i + 1 < n ? s[i + 1] : 0;
  *len = 1;
  switch (c) {
  case '|': return 1;
  case '^': return 2;
  case '&': return 3;
  case '<': case '>': *len = 2; return c == d ? 4 : -1;
  case '+': case '-': return 5;
  case '*':
    if (d == '*') return *len = 2, 7;
    return 6;
  case '/':
    if (d == '/') *len = 2;
    return 6;
  case '%': case '@': return 6;
  case '=': case '!': case ',': case ':': case ';': return -1;
  default: return 0;
  }
}

static bool find_anchors(const char *s, int n, Anchors *out) {
  int depth = 0, best = 99, at = -1, at_len = 0, open = -1, last_open = -1, last_close = -1;
  bool operand = false; /* an operand ended just before: an operator here is binary */
  int i = 0;
  while (i < n) {
    char c = s[i];
    if (c == ' ' || c == '\t' || c == '\f' || c == '\\') { i++; continue; }
    if (c == '#') break;
    if (c == '\'' || c == '"') {
      i = skip_string(s, n, i);
      operand = true;
      continue;
    }
    if (word_char(c) || c == '.') {
      int from = i;
      while (i < n && (word_char(s[i]) || s[i] == '.' || ((s[i] == '+' || s[i] == '-') && isdigit((unsigned char)s[from]) && (s[i - 1] | 32) == 'e' && s[from + 1] != 'x'))) i++;
      if (i < n && (s[i] == '\'' || s[i] == '"') && i - from <= 2) continue; /* a string prefix */
      if (depth == 0 && loose_word(s, from, i)) return false;
      if (depth == 0 && is_word(s, from, i, "await")) continue;
      operand = true;
      last_close = depth == 0 ? -1 : last_close;
      continue;
    }
    if (strchr("([{", c)) {
      if (depth++ == 0) open = operand && c == '[' ? i : -1;
      operand = false;
      i++;
      continue;
    }
    if (strchr(")]}", c)) {
      if (depth == 0) return false;
      if (--depth == 0) {
        last_open = c == ']' ? open : -1;
        last_close = i;
      }
      operand = true;
      i++;
      continue;
    }
    int len, strength = operator_at(s, n, i, &len);
    if (depth == 0) {
      if (strength < 0) return false;
      if (strength && operand) {
        if (len < n - i && s[i + len] == '=' && strength != 4) return false; /* augmented assignment */
        if (strength < best || (strength == best && strength != 7)) best = strength, at = i, at_len = len;
      }
      last_close = -1;
    } else len = 1;
    operand = false;
    i += len > 0 ? len : 1;
  }
  if (depth != 0) return false;
  if (at >= 0) {
    if (best == 7 || best < 7) {
      int first = 0;
      while (s[first] == ' ') first++;
      if (best == 7 && strchr("+-~", s[first])) return false; /* -a ** b is a negation */
    }
    *out = (Anchors){at, at + at_len};
    return true;
  }
  int first = 0;
  while (first < n && s[first] == ' ') first++;
  if (last_close >= 0 && last_open >= 0 && !strchr("+-~", s[first]) && last_close == n - 1 && !(n >= 6 && memcmp(s, "await ", 6) == 0)) {
    *out = (Anchors){last_open, last_close + 1};
    return true;
  }
  return false;
}

/* -- One entry ------------------------------------------------------------------------------------------------------------------ */

/* UTF-8 bytes to code points in a line. */
static int byte_to_char(const char *utf8, int bytes) {
  int n = 0;
  for (int i = 0; i < bytes && utf8[i]; i++)
    if ((utf8[i] & 0xC0) != 0x80) n++;
  return n;
}

static void put_carets(StrBuilder *sb, const char *margin, const char *line, Position p, int indent, int length) {
  if (p.line < 0 || p.col < 0 || p.end_col < 0 || p.end_line < 0) return;
  int size = (int)strlen(line);
  if (p.col > size) return;
  int start = byte_to_char(line, p.col), end;
  Anchors a = {-1, -1};
  bool anchored = false;
  if (p.line == p.end_line) {
    int end_byte = p.end_col > size ? size : p.end_col;
    end = byte_to_char(line, end_byte);
    anchored = end_byte > p.col && find_anchors(line + p.col, end_byte - p.col, &a);
    if (anchored) {
      a.left = byte_to_char(line, p.col + a.left);
      a.right = byte_to_char(line, p.col + a.right);
    }
  } else {
    end = length;
    int last = size;
    while (last > 0 && isspace((unsigned char)line[last - 1])) last--;
    end = byte_to_char(line, last);
  }
  if (!anchored && end - start == length - indent) return; /* all of the line: nothing to point out */
  if (end <= start) return;
  sb_ascii(sb, margin);
  sb_ascii(sb, "    ");
  for (int i = indent; i < start; i++) sb_char(sb, ' ');
  for (int i = start; i < end; i++) sb_char(sb, !anchored || (i >= a.left && i < a.right) ? '^' : '~');
  sb_char(sb, '\n');
}

static void put_source(RpThread *th, StrBuilder *sb, const Traceback *t, const char *margin) {
  Str *line = source_text_line(th, t->code->filename, t->lineno);
  if (!line) return;
  uint32_t indent = 0;
  while (indent < line->length && (str_at(line, indent) == ' ' || str_at(line, indent) == '\t' || str_at(line, indent) == '\f')) indent++;
  sb_ascii(sb, margin);
  sb_ascii(sb, "    ");
  sb_slice(sb, line, indent, line->length);
  sb_char(sb, '\n');
  const char *utf8 = str_utf8(th, line, NULL);
  if (!utf8) {
    error_clear(th);
    return;
  }
  Position p = code_position(t->code, t->pc);
  if (p.line == t->lineno) put_carets(sb, margin, utf8, p, (int)indent, (int)line->length);
}

#define MAX_REPEATS 3

static bool same_place(const Traceback *a, const Traceback *b) { return a->code == b->code && a->lineno == b->lineno; }

static void put_repeats(StrBuilder *sb, const char *margin, long n) {
  n -= MAX_REPEATS;
  if (n > 0) sb_fmt(sb, "%s  [Previous line repeated %ld more time%s]\n", margin, n, n > 1 ? "s" : "");
}

static long limit_of(RpThread *th) {
  Value v = dict_get_c(th, th->ctx->sys_dict, "tracebacklimit");
  return v != EMPTY && is_int(v) ? (long)as_int(v) : 1000;
}

void traceback_text(RpThread *th, StrBuilder *sb, Value tb, const char *margin) {
  long depth = 0, limit = limit_of(th), repeats = 0;
  if (limit <= 0) return;
  sb_fmt(sb, "%sTraceback (most recent call last):\n", margin);
  for (Traceback *t = TB(tb); t; t = t->next) depth++;
  Traceback *t = TB(tb), *last = NULL;
  for (; depth > limit; depth--) t = t->next;
  for (; t; last = t, t = t->next) {
    if (last && same_place(t, last)) repeats++;
    else {
      put_repeats(sb, margin, repeats);
      repeats = 1;
    }
    if (repeats > MAX_REPEATS) continue;
    sb_fmt(sb, "%s  File \"%S\", line %d, in %S\n", margin, t->code->filename, t->lineno, t->code->name);
    put_source(th, sb, t, margin);
  }
  put_repeats(sb, margin, repeats);
}
