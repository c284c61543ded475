/* source.c: see source.h. The order of checks is that of CPython 3.11's tokenizer on a bytes object, or, for
** script files, on a file. */
#include "compiler/source.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compiler/compile.h"
#include "compiler/parse.h"
#include "runtime/unicode.h"

/* -- Lines -------------------------------------------------------------------------------------------------- */

static void index_lines(Compile *cc, Source *src) {
  uint32_t cap = (uint32_t)src->n / 32 + 4;
  uint32_t *lines = arena_alloc(&cc->arena, (cap + 2) * sizeof *lines);
  for (const char *s = src->text, *end = s + src->n, *nl; s < end; s = nl + 1) {
    nl = memchr(s, '\n', (size_t)(end - s));
    if (!nl) nl = end;
    if (src->n_lines == cap) {
      uint32_t *more = arena_alloc(&cc->arena, ((cap *= 2) + 2) * sizeof *lines);
      memcpy(more, lines, (src->n_lines + 1) * sizeof *lines);
      lines = more;
    }
    lines[++src->n_lines] = (uint32_t)(nl + 1 - src->text);
  }
  src->lines = lines;
}

const char *source_line(const Source *src, int lineno, size_t *n) {
  if (!src->lines || lineno < 1 || (uint32_t)lineno > src->n_lines) {
    *n = 0;
    return "";
  }
  const char *s = src->text + src->lines[lineno - 1];
  *n = src->lines[lineno] - src->lines[lineno - 1] - 1;
  return s;
}

/* CRLF and CR to LF, and, for a module, a LF at the very end. */
static void translate_newlines(Compile *cc, const char *s, size_t n, bool module, Source *src) {
  char *out = arena_alloc(&cc->arena, n + 2), *w = out;
  for (size_t i = 0; i < n;) {
    const char *cr = memchr(s + i, '\r', n - i);
    size_t run = cr ? (size_t)(cr - s) - i : n - i;
    memcpy(w, s + i, run);
    w += run;
    i += run;
    if (!cr) break;
    *w++ = '\n';
    i += i + 1 < n && s[i + 1] == '\n' ? 2 : 1;
  }
  src->added_newline = module && (w == out || w[-1] != '\n');
  if (src->added_newline) *w++ = '\n';
  *w = 0;
  src->text = out;
  src->n = (size_t)(w - out);
}

/* -- Coding cookie (PEP 263) --------------------------------------------------------------------------------- */

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* The encoding named in a comment line, or NULL. *code: the line has something else than a comment. */
static char *cookie_in(Compile *cc, const char *s, size_t n, bool *code) {
  size_t i = 0;
  *code = false;
  while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\f')) i++;
  if (i < n && s[i] != '#') {
    *code = s[i] != '\n' && s[i] != '\r';
    return NULL;
  }
  for (; i + 6 < n; i++) {
    if (memcmp(s + i, "coding", 6)) continue;
    size_t k = i + 6;
    if (s[k] != ':' && s[k] != '=') continue;
    do k++;
    while (k < n && (s[k] == ' ' || s[k] == '\t'));
    size_t begin = k;
    while (k < n && is_name_char(s[k])) k++;
    if (k > begin) return arena_strndup(&cc->arena, s + begin, k - begin);
  }
  return NULL;
}

/* Looks at complete lines only; a module's last line counts as complete. */
static char *find_cookie(Compile *cc, const char *s, size_t n, bool module) {
  for (int line = 0; line < 2; line++) {
    const char *nl = memchr(s, '\n', n), *cr = memchr(s, '\r', n);
    if (!nl || (cr && cr < nl)) nl = cr;
    if (!nl && !module) return NULL;
    size_t len = nl ? (size_t)(nl - s) : n;
    bool code;
    char *name = cookie_in(cc, s, len, &code);
    if (name || code || !nl) return name;
    s += len + 1;
    n -= len + 1;
  }
  return NULL;
}

static bool starts(const char *s, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(s, prefix, n) == 0 && (s[n] == 0 || s[n] == '-');
}

typedef enum Encoding { ENC_UTF8, ENC_LATIN1, ENC_OTHER } Encoding;

/* CPython compares the first twelve letters, in lower case and with "-" for "_". */
static Encoding normal_encoding(const char *name) {
  char buf[13];
  int i = 0;
  for (; name[i] && i < 12; i++) {
    char c = name[i];
    buf[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
  }
  buf[i] = 0;
  if (starts(buf, "utf-8")) return ENC_UTF8;
  if (starts(buf, "latin-1") || starts(buf, "iso-8859-1") || starts(buf, "iso-latin-1")) return ENC_LATIN1;
  return ENC_OTHER;
}

/* -- Decoding ------------------------------------------------------------------------------------------------- */

static void *bad_encoding(Compile *cc, DiagKind kind, const char *fmt, const char *arg) {
  Diag *d = arena_alloc(&cc->arena, sizeof *d);
  d->kind = kind;
  d->msg = arena_printf(&cc->arena, fmt, arg);
  d->filename = cc->src.filename;
  d->offset = kind == DIAG_SyntaxError ? -1 : 0;
  cc->error = d;
  return NULL;
}

static char *from_latin1(Compile *cc, const char *s, size_t n, size_t *out_n) {
  char *out = arena_alloc(&cc->arena, 2 * n + 1), *w = out;
  for (size_t i = 0; i < n; i++) w += unicode_utf8_put((uint8_t)s[i], w);
  *out_n = (size_t)(w - out);
  return out;
}

/* Python's name -> iconv's: "-" for "_", a dash behind iso2022, and those that are spelled otherwise. */
static const char *iconv_name(Compile *cc, const char *name) {
  static const char *const table[][2] = {
      {"ascii", "ASCII"}, {"us-ascii", "ASCII"}, {"646", "ASCII"}, {"iso646-us", "ASCII"}, {"cp367", "ASCII"},
      {"latin1", "ISO-8859-1"}, {"latin", "ISO-8859-1"}, {"l1", "ISO-8859-1"}, {"iso8859", "ISO-8859-1"},
      {"8859", "ISO-8859-1"}, {"latin9", "ISO-8859-15"}, {"utf8", "UTF-8"}, {"u8", "UTF-8"}, {"cp65001", "UTF-8"},
      {"mac-roman", "MACINTOSH"}, {"macroman", "MACINTOSH"}, {"shift-jis", "SHIFT_JIS"}, {"sjis", "SHIFT_JIS"},
      {"shiftjis", "SHIFT_JIS"}, {"s-jis", "SHIFT_JIS"}, {"ms-kanji", "CP932"}, {"windows-31j", "CP932"},
      {"ujis", "EUC-JP"}, {"korean", "EUC-KR"}, {"chinese", "GB2312"}, {"euc-cn", "GB2312"}, {"big5-hkscs", "BIG5-HKSCS"},
      {"hkscs", "BIG5-HKSCS"}, {"big5-tw", "BIG5"}, {"csbig5", "BIG5"}, {"ms936", "CP936"}, {"ms949", "CP949"},
  };
  size_t n = strlen(name);
  char *norm = arena_strndup(&cc->arena, name, n);
  for (size_t i = 0; i < n; i++)
    if (norm[i] == '_') norm[i] = '-';
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!strcasecmp(table[i][0], norm)) return table[i][1];
  bool digits = n && strspn(norm, "0123456789") == n;
  if (digits) return arena_printf(&cc->arena, "CP%s", norm);
  if (!strncasecmp(norm, "iso2022", 7)) return arena_printf(&cc->arena, "ISO-2022%s%s", norm[7] == '-' ? "" : "-", norm + 7);
  return norm;
}

static char *from_other(Compile *cc, const char *name, const char *s, size_t n, bool file, size_t *out_n) {
  const char *codec = iconv_name(cc, name);
  iconv_t cd = iconv_open("UTF-8", codec);
  if (cd == (iconv_t)-1)
    return bad_encoding(cc, DIAG_SyntaxError, file ? "encoding problem: %s" : "unknown encoding: %s", name);
  size_t cap = n * 4 + 16, left = cap;
  char *out = arena_alloc(&cc->arena, cap), *w = out, *in = (char *)s;
  size_t in_left = n;
  bool ok = iconv(cd, &in, &in_left, &w, &left) != (size_t)-1 && iconv(cd, NULL, NULL, &w, &left) != (size_t)-1;
  iconv_close(cd);
  if (ok) {
    *out_n = (size_t)(w - out);
    return out;
  }
  if (file) return bad_encoding(cc, DIAG_SyntaxError, "encoding problem: %s", name);
  bool ascii = !strcmp(codec, "ASCII");
  return bad_encoding(cc, DIAG_SyntaxError, "%s",
                      arena_printf(&cc->arena, "'%s' codec can't decode byte 0x%02x in position %zu: %s",
                                   ascii ? "ascii" : name, (uint8_t)s[n - in_left], n - in_left,
                                   ascii ? "ordinal not in range(128)" : "illegal multibyte sequence"));
}

static int line_at(const char *s, size_t offset) {
  int line = 1;
  for (size_t i = 0; i < offset; i++) line += s[i] == '\n';
  return line;
}

/* A script file must be UTF-8 throughout when it declares nothing else. */
static bool check_file(Compile *cc, const char *s, size_t n) {
  Utf8Error e;
  if (unicode_utf8_check(s, n, &e)) return true;
  int line = line_at(s, e.start);
  bad_encoding(cc, DIAG_SyntaxError, "%s",
               arena_printf(&cc->arena,
                            "Non-UTF-8 code starting with '\\x%02x' in file %s on line %d, but no encoding declared; see "
                            "https://peps.python.org/pep-0263/ for details", (uint8_t)s[e.start], cc->src.filename, line));
  cc->error->filename = NULL; /* the message says it */
  return false;
}

bool source_decode(Compile *cc, const char *bytes, size_t n, const char *filename, int flags, Source *src) {
  memset(src, 0, sizeof *src);
  src->filename = arena_strndup(&cc->arena, filename, strlen(filename));
  const char *null = memchr(bytes, 0, n);
  if (null && (flags & PARSE_FROM_FILE)) { /* CPython 3.11 reads on with the rest of the line cut off */
    bad_encoding(cc, DIAG_SyntaxError, "%s",
                 arena_printf(&cc->arena, "Null byte in file %s on line %d: not a text", filename, line_at(bytes, (size_t)(null - bytes))));
    cc->error->filename = NULL;
    return false;
  }
  if (null) {
    bad_encoding(cc, DIAG_ValueError, "source code %s", "string cannot contain null bytes");
    return false;
  }
  if (n > INT32_MAX / 2) {
    bad_encoding(cc, DIAG_OverflowError, "source code %s", "too large");
    return false;
  }
  src->ignore_cookie = flags & PARSE_FROM_STR;
  src->from_file = flags & PARSE_FROM_FILE;
  bool bom = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
  if (bom && !src->ignore_cookie) bytes += 3, n -= 3;
  char *cookie = src->ignore_cookie ? NULL : find_cookie(cc, bytes, n, !(flags & SOURCE_NO_NEWLINE));
  Encoding enc = cookie ? normal_encoding(cookie) : ENC_UTF8;
  if (bom && enc != ENC_UTF8) {
    bad_encoding(cc, DIAG_SyntaxError, "encoding problem: %s with BOM", cookie);
    return false;
  }
  src->encoding_known = src->ignore_cookie || bom || cookie;
  const char *text = bytes;
  size_t text_n = n;
  if (enc == ENC_LATIN1) text = from_latin1(cc, bytes, n, &text_n);
  if (enc == ENC_OTHER && !(text = from_other(cc, cookie, bytes, n, flags & PARSE_FROM_FILE, &text_n))) return false;
  if (enc == ENC_UTF8 && (flags & PARSE_FROM_FILE) && !check_file(cc, bytes, n)) return false;
  translate_newlines(cc, text, text_n, !(flags & SOURCE_NO_NEWLINE), src);
  index_lines(cc, src);
  return true;
}
