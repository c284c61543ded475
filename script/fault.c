/* fault.c: see fault.h. */
#include "script/fault.h"
#include "runtime/exc.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/str.h"

typedef struct Place {
  Str *file, *text;            /* text: the source line, or NULL */
  int line;
  const char *function;
  int col, end_col;            /* UTF-8 byte offsets; -1 unknown */
} Place;

void fault_forget(FaultLog *log) { log->n = 0; }

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}
static const char *utf8_or(RpThread *th, Str *s, const char *fallback) {
  size_t n;
  const char *text = s ? str_utf8(th, s, &n) : NULL;
  error_clear(th);
  return text ? text : fallback;
}

/* The innermost line of the author's own code; of any code when none is his. */
static void place_of_traceback(RpThread *th, const Fault *f, Place *p) {
  Value tb = exc_check(f->exc) ? as_exc(f->exc)->traceback : EMPTY;
  const Traceback *own = NULL, *last = NULL;
  for (const Traceback *t = tb == EMPTY ? NULL : (Traceback *)as_object(tb); t; t = t->next) {
    const char *file = utf8_or(th, t->code->filename, "");
    last = t;
    if (strcmp(file, f->script) == 0 || strncmp(file, f->folder, strlen(f->folder)) == 0) own = t;
  }
  if (!own) own = last;
  if (!own) return;
  Position pos = code_position(own->code, own->pc & ~PC_LOOKUP);
  p->file = own->code->filename;
  p->line = own->lineno;
  p->function = utf8_or(th, own->code->name, "?");
  if (pos.line == pos.end_line) p->col = pos.col, p->end_col = pos.end_col;
}

static void place_of_syntax(RpThread *th, const Fault *f, Place *p) {
  const Value *v = as_exc(f->exc)->fields;
  if (str_check(v[EXC_SyntaxError_filename])) p->file = as_str(v[EXC_SyntaxError_filename]);
  if (is_int(v[EXC_SyntaxError_lineno])) p->line = (int)as_int(v[EXC_SyntaxError_lineno]);
  if (is_int(v[EXC_SyntaxError_offset])) p->col = (int)as_int(v[EXC_SyntaxError_offset]) - 1, p->end_col = p->col + 1;
  p->function = NULL;
}

static void put_source(RpThread *th, StrBuilder *sb, const Place *p) {
  const char *text = utf8_or(th, p->text, "");
  size_t indent = strspn(text, " \t"), n = strlen(text);
  if (!text[indent]) return;
  sb_fmt(sb, "    %s\n", text + indent);
  if (p->col < (int)indent || p->end_col <= p->col || (size_t)p->col > n) return;
  int end = p->end_col < (int)n ? p->end_col : (int)n;
  sb_ascii(sb, "    ");
  for (int i = (int)indent; i < end || i == p->col; i++) /* one column per character, not per byte */
    if ((text[i] & 0xC0) != 0x80) sb_ascii(sb, i < p->col ? (text[i] == '\t' ? "\t" : " ") : "^");
  sb_char(sb, '\n');
}

static void put_notes(RpThread *th, StrBuilder *sb, Value exc) {
  Value notes = op_getattr_opt(th, exc, S(__notes__));
  if (notes == EMPTY || !list_check(notes)) return error_clear(th);
  for (uint32_t i = 0; i < list_len(as_list(notes)); i++) {
    Value v = list_get_fast(as_list(notes), i);
    if (has_kind(v, K_STR)) sb_fmt(sb, "    %S\n", as_str(v));
  }
}

static bool is_new(FaultLog *log, const char *text) {
  uint64_t h = 1469598103934665603ull; /* FNV-1a */
  for (const char *c = text; *c; c++) h = (h ^ (uint8_t)*c) * 1099511628211ull;
  for (uint32_t i = 0; i < log->n && i < FAULTS_KEPT; i++)
    if (log->seen[i] == h) return false;
  log->seen[log->n++ % FAULTS_KEPT] = h;
  return true;
}

/* "ValueError", or "SyntaxError"; "stopped" for the watchdog. */
static void describe(RpThread *th, const Fault *f, Place *p, char *what, size_t size) {
  bool syntax = f->exc != EMPTY && value_is_instance(f->exc, &type_SyntaxError);
  if (f->exc == EMPTY) {
    snprintf(what, size, "failed");
  } else if (f->stopped) {
    place_of_traceback(th, f, p);
    snprintf(what, size, "took too long and was stopped");
  } else {
    if (syntax) place_of_syntax(th, f, p);
    else place_of_traceback(th, f, p);
    Value msg = syntax ? as_exc(f->exc)->fields[EXC_SyntaxError_msg] : EMPTY;
    Str *text = has_kind(msg, K_STR) ? as_str(msg) : op_str(th, f->exc);
    error_clear(th);
    const char *message = utf8_or(th, text, "");
    char in[128] = "";
    if (p->function && p->function[0] != '<') snprintf(in, sizeof in, " in %s()", p->function);
    snprintf(what, size, "%s%s%s%.*s", utf8_or(th, type_of(f->exc)->name, "?"), in, *message ? ": " : "", (int)strcspn(message, "\n"), message);
  }
}

bool fault_say(RpThread *th, FaultLog *log, const Fault *f, const char *after, char *line, size_t line_size) {
  Place p = {.function = f->callback, .col = -1, .end_col = -1};
  char what[400], where[300];
  describe(th, f, &p, what, sizeof what);
  const char *file = base_name(p.file ? utf8_or(th, p.file, f->script) : f->script);
  if (p.line > 0) snprintf(where, sizeof where, "%s:%d", file, p.line);
  else snprintf(where, sizeof where, "%s", file);
  snprintf(line, line_size, "%.40s  %.150s", p.line > 0 ? where : "", what);
  char key[800];
  snprintf(key, sizeof key, "%s %s", where, f->stopped ? "stopped" : what);
  if (!is_new(log, f->stopped ? "stopped" : key)) return false;
  if (p.file && p.line > 0) p.text = source_text_line(th, p.file, p.line);
  error_clear(th);
  StrBuilder sb;
  sb_init(&sb, th);
  sb_fmt(&sb, "%s  %s     [%s]\n", where, what, after);
  put_source(th, &sb, &p);
  if (f->exc != EMPTY && !f->stopped) put_notes(th, &sb, f->exc);
  fputs(utf8_or(th, sb_finish(&sb), "a script failed, and there is no memory to say how\n"), stderr);
  return true;
}
