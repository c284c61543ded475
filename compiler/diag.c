/* diag.c: see diag.h. */
#include "compiler/diag.h"

#include <stdarg.h>
#include <string.h>

#include "compiler/compile.h"

const char *diag_kind_name(DiagKind kind) {
  static const char *const names[] = {
#define X(Name) #Name,
      DIAG_KINDS(X)
#undef X
  };
  return names[kind];
}

static char *format(Compile *cc, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, ap);
  char *s = arena_alloc(&cc->arena, (size_t)n + 1);
  vsnprintf(s, (size_t)n + 1, fmt, again);
  va_end(again);
  return s;
}

static const char *line_text(Compile *cc, int lineno) {
  if (lineno < 1 || (uint32_t)lineno > cc->src.n_lines) return NULL;
  size_t n;
  const char *s = source_line(&cc->src, lineno, &n);
  return arena_printf(&cc->arena, "%.*s\n", (int)n, s);
}

/* Byte column, from 0, to character offset, from 1. */
static int char_offset(Compile *cc, int lineno, int col) {
  if (col < 0) return 0;
  size_t n;
  const char *s = source_line(&cc->src, lineno, &n);
  int k = 1;
  for (size_t i = 0; i < n && i < (size_t)col; i++) k += (s[i] & 0xC0) != 0x80;
  return k;
}

void *diag_at(Compile *cc, DiagKind kind, int lineno, int col, int end_lineno, int end_col, const char *fmt, ...) {
  if (cc->error) return NULL;
  Diag *d = arena_alloc(&cc->arena, sizeof *d);
  va_list ap;
  va_start(ap, fmt);
  d->msg = format(cc, fmt, ap);
  va_end(ap);
  d->kind = kind;
  d->filename = cc->src.filename;
  d->lineno = lineno;
  d->end_lineno = end_lineno;
  d->offset = char_offset(cc, lineno, col);
  d->end_offset = char_offset(cc, end_lineno, end_col);
  d->text = line_text(cc, lineno);
  cc->error = d;
  return NULL;
}

void diag_warn(Compile *cc, DiagKind kind, int lineno, const char *fmt, ...) {
  Diag *d = arena_alloc(&cc->arena, sizeof *d);
  va_list ap;
  va_start(ap, fmt);
  d->msg = format(cc, fmt, ap);
  va_end(ap);
  d->kind = kind;
  d->filename = cc->src.filename;
  d->lineno = lineno;
  /* The lexer is ahead of the parser, but the list is in the order of lines. */
  Diag **link = &cc->warnings;
  if (cc->last_warning && cc->last_warning->lineno <= lineno) link = &cc->last_warning->next;
  while (*link && (*link)->lineno <= lineno) link = &(*link)->next;
  d->next = *link;
  *link = d;
  if (!d->next) cc->last_warning = d;
}

/* -- Printing ---------------------------------------------------------------------------------------------- */

/* The line without its indentation and a row of carets below. Offsets count from 1; the arithmetic, which
** subtracts bytes of newlines from character offsets, is CPython's. */
static void print_text(FILE *f, long offset, long end_offset, const char *text) {
  long carets = end_offset > 0 && end_offset > offset ? end_offset - offset : 1;
  offset--;
  while (*text == ' ' || *text == '\t' || *text == '\f') text++, offset--;
  long len = (long)strlen(text);
  if (len > 0 && text[len - 1] == '\n') len--;
  if (offset > len) offset = len;
  for (const char *nl; (nl = strchr(text, '\n')) && nl - text < offset;) {
    long skip = nl - text + 1;
    text += skip, len -= skip, offset -= skip;
  }
  fprintf(f, "    %s%s", text, len >= 0 && text[len] == '\n' ? "" : "\n");
  if (offset < 0) return;
  fprintf(f, "    %*s", (int)offset, "");
  while (carets-- > 0) fputc('^', f);
  fputc('\n', f);
}

void diag_print(FILE *f, const Diag *d) {
  if (d->lineno > 0) {
    fprintf(f, "  File \"%s\", line %d\n", d->filename, d->lineno);
    if (d->text) {
      long size = (long)strlen(d->text), end = d->end_offset;
      if (d->end_lineno > d->lineno) end = size;
      if (end > size + 1) end = size + 1;
      if (d->kind != DIAG_SyntaxError) end = d->offset; /* CPython asks only SyntaxError itself for its end */
      print_text(f, d->offset, end, d->text);
    }
  }
  fprintf(f, *d->msg ? "%s: %s\n" : "%s\n", diag_kind_name(d->kind), d->msg);
}
