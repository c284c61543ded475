/* rp_front.c: the front end alone, for tests.
**   rp_front [--dump=ast|tokens|none] [--indent=N] [--attributes] [--mode=exec|eval|single|func_type] FILE
**   rp_front --batch [--attributes]   reads "FILE\n..." from stdin, writes one line per file:
**       ok <crc32 of the dump> <length>   or   error <kind> <lineno> <offset> <end_lineno> <end_offset> <message>
**   rp_front --snippets [--attributes]  the same for texts given as "<letter> <length>\n<bytes>" on stdin:
**       letter x e s f for the mode, a capital one for the text of a str
**   rp_front --snippets-text          prints SyntaxError.text for the text of a str on stdin
**   --warnings: warnings follow on stdout as "<line> <category>: <message>"
**   rp_front --unicode                one line per code point: flags, case mappings, normal forms
**   rp_front --time FILE...           parses each file 5 times and reports the best speed of all together
** Errors go to stderr as CPython prints them; exit status 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/parse.h"
#include "runtime/unicode.h"

typedef struct Options {
  const char *dump;
  AstDumpOptions ast;
  ParseMode mode;
  int flags; /* of parse_source */
  bool warnings;
} Options;

static char *read_all(FILE *f, size_t *n) {
  size_t cap = 1 << 16;
  char *s = malloc(cap);
  *n = 0;
  for (size_t k; s && (k = fread(s + *n, 1, cap - *n - 1, f)) > 0;) {
    *n += k;
    if (cap - *n < 2) s = realloc(s, cap *= 2);
  }
  if (!s) abort();
  s[*n] = 0;
  return s;
}

static char *read_file(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *s = read_all(f, n);
  fclose(f);
  return s;
}

static uint32_t crc32(const char *s, size_t n) {
  uint32_t table[256], crc = 0xFFFFFFFFu;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  for (size_t i = 0; i < n; i++) crc = table[(crc ^ (uint8_t)s[i]) & 0xFF] ^ crc >> 8;
  return ~crc;
}

static void print_escaped(const char *s) {
  for (; *s; s++) {
    if (*s == '\n') fputs("\\n", stdout);
    else if (*s == '\\') fputs("\\\\", stdout);
    else putchar(*s);
  }
}

static void report(const char *bytes, size_t n, const char *name, const Options *o) {
  Compile cc;
  compile_init(&cc);
  AstNode *tree = parse_source(&cc, bytes, n, name, o->mode, o->flags);
  if (tree) {
    TextBuf out = {0};
    if (strcmp(o->dump, "none")) ast_dump(&out, tree, o->ast);
    printf("ok %u %zu\n", crc32(out.s, out.n), out.n);
    text_fini(&out);
  } else {
    const Diag *d = cc.error;
    printf("error %s %d %d %d %d ", diag_kind_name(d->kind), d->lineno, d->offset, d->end_lineno, d->end_offset);
    print_escaped(d->msg);
    putchar('\n');
  }
  compile_fini(&cc);
}

static int batch(const Options *o) {
  char *line = NULL;
  size_t cap = 0;
  for (ssize_t len; (len = getline(&line, &cap, stdin)) > 0;) {
    line[len - 1] = 0;
    size_t n;
    char *s = read_file(line, &n);
    if (s) report(s, n, "<unknown>", o);
    else printf("missing\n");
    free(s);
  }
  free(line);
  return 0;
}

/* SyntaxError.text of the text of a str on stdin. */
static int snippets_text(void) {
  size_t n;
  char *s = read_all(stdin, &n);
  Compile cc;
  compile_init(&cc);
  if (!parse_source(&cc, s, n, "<unknown>", PARSE_EXEC, PARSE_FROM_STR))
    printf("%s", cc.error->text ? cc.error->text : "(null)");
  compile_fini(&cc);
  free(s);
  return 0;
}

static int snippets(Options o) {
  char letter;
  size_t n;
  while (scanf("%c %zu", &letter, &n) == 2 && getchar() == '\n') {
    char *s = malloc(n + 1);
    if (!s || fread(s, 1, n, stdin) != n) return 1;
    s[n] = 0;
    o.flags = letter >= 'A' && letter <= 'Z' ? PARSE_FROM_STR : 0;
    letter |= 0x20;
    o.mode = letter == 'e' ? PARSE_EVAL : letter == 's' ? PARSE_SINGLE : letter == 'f' ? PARSE_FUNC_TYPE : PARSE_EXEC;
    report(s, n, "<unknown>", &o);
    free(s);
  }
  return 0;
}

/* For comparison with CPython's str methods and unicodedata. */
static int unicode(void) {
  for (uint32_t cp = 0; cp <= UNICODE_MAX; cp++) {
    const bool flags[] = {unicode_is_alpha(cp), unicode_is_alnum(cp), unicode_is_decimal(cp), unicode_is_digit(cp),
                          unicode_is_numeric(cp), unicode_is_space(cp), unicode_is_upper(cp), unicode_is_lower(cp),
                          unicode_is_printable(cp), unicode_is_xid_start(cp), unicode_is_xid_continue(cp),
                          unicode_is_linebreak(cp)};
    int (*const maps[])(uint32_t, uint32_t[3]) = {unicode_upper, unicode_lower, unicode_title, unicode_casefold};
    for (size_t i = 0; i < sizeof flags; i++) putchar('0' + flags[i]);
    uint32_t out[UNICODE_MAX_DECOMPOSITION];
    for (int i = 0; i < 4; i++) {
      putchar(' ');
      int n = maps[i](cp, out);
      for (int k = 0; k < n; k++) printf("%x.", out[k]);
    }
    for (int form = UNICODE_NFC; form <= UNICODE_NFKD; form++) {
      putchar(' ');
      size_t n = unicode_normalize((UnicodeForm)form, &cp, 1, out);
      for (size_t k = 0; k < n; k++) printf("%x.", out[k]);
    }
    char name[128];
    int n = unicode_name(cp, name, sizeof name);
    if (n && unicode_lookup_name(name, (size_t)n) != (int32_t)cp) printf(" lookup-failed");
    printf(" %d %s\n", unicode_combining(cp), name);
  }
  return 0;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int time_files(char **paths, int n_paths) {
  size_t total = 0, memory = 0;
  double best = 1e9;
  char **texts = calloc((size_t)n_paths, sizeof *texts);
  size_t *sizes = calloc((size_t)n_paths, sizeof *sizes);
  for (int i = 0; i < n_paths; i++) {
    texts[i] = read_file(paths[i], &sizes[i]);
    if (texts[i]) total += sizes[i];
  }
  for (int round = 0; round < 5; round++) {
    double start = now();
    memory = 0;
    for (int i = 0; i < n_paths; i++) {
      Compile cc;
      compile_init(&cc);
      if (texts[i] && !parse_source(&cc, texts[i], sizes[i], paths[i], PARSE_EXEC, 0)) diag_print(stderr, cc.error);
      memory += cc.arena.used;
      compile_fini(&cc);
    }
    double t = now() - start;
    if (t < best) best = t;
  }
  printf("%d files, %.2f MB: %.1f ms, %.1f ms per MB, %.1f bytes of arena per byte\n", n_paths, (double)total / 1e6,
         best * 1e3, best * 1e9 / (double)total, (double)memory / (double)total);
  return 0;
}

static int one(const char *path, const Options *o) {
  size_t n;
  char *s = read_file(path, &n);
  if (!s) {
    perror(path);
    return 2;
  }
  Compile cc;
  compile_init(&cc);
  TextBuf out = {0};
  int status = 0;
  if (!strcmp(o->dump, "tokens")) {
    if (tokens_dump(&out, &cc, s, n, path)) fwrite(out.s, 1, out.n, stdout);
  } else {
    AstNode *tree = parse_source(&cc, s, n, path, o->mode, PARSE_FROM_FILE);
    if (tree && strcmp(o->dump, "none")) {
      ast_dump(&out, tree, o->ast);
      text_put(&out, "\n", 1);
      fwrite(out.s, 1, out.n, stdout);
    }
  }
  for (Diag *w = o->warnings ? cc.warnings : NULL; w; w = w->next)
    printf("%d %s: %s\n", w->lineno, diag_kind_name(w->kind), w->msg);
  if (cc.error) {
    diag_print(stderr, cc.error);
    status = 1;
  }
  text_fini(&out);
  compile_fini(&cc);
  free(s);
  return status;
}

int main(int argc, char **argv) {
  Options o = {.dump = "ast", .ast = {.indent = -1}};
  for (int i = 1; i < argc; i++) {
    const char *a = argv[i];
    if (!strncmp(a, "--dump=", 7)) o.dump = a + 7;
    else if (!strncmp(a, "--indent=", 9)) o.ast.indent = atoi(a + 9);
    else if (!strcmp(a, "--attributes")) o.ast.attributes = true;
    else if (!strcmp(a, "--warnings")) o.warnings = true;
    else if (!strcmp(a, "--unicode")) return unicode();
    else if (!strcmp(a, "--mode=eval")) o.mode = PARSE_EVAL;
    else if (!strcmp(a, "--mode=single")) o.mode = PARSE_SINGLE;
    else if (!strcmp(a, "--mode=func_type")) o.mode = PARSE_FUNC_TYPE;
    else if (!strcmp(a, "--batch")) { if (i == argc - 1) return batch(&o); }
    else if (!strcmp(a, "--snippets")) { if (i == argc - 1) return snippets(o); }
    else if (!strcmp(a, "--snippets-text")) return snippets_text();
    else if (!strcmp(a, "--time")) return time_files(argv + i + 1, argc - i - 1);
    else return one(a, &o);
  }
  fprintf(stderr, "usage: see the top of rp_front.c\n");
  return 2;
}
