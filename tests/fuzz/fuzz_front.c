/* fuzz_front.c: damages source files and feeds them to the front end. Build with asan and ubsan.
**   fuzz_front [--runs=N] [--seed=S] FILE...
** Deterministic: run i with seed S is the same text everywhere. On a crash, the last "run" line on stderr (--verbose)
** or --runs=1 --seed=(S + i) repeats it. Every text is parsed in one of the modes; the result is dumped, or the error
** is printed to /dev/null. Checked beyond memory: an error has a kind, a message and sane positions, and a text that
** was accepted is accepted again with the same tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse.h"

enum { MEMORY = 256 << 20 };

typedef struct Corpus {
  char *text;
  size_t n;
} Corpus;

static uint64_t rng_state;

static uint32_t rnd(uint32_t below) {
  rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((rng_state >> 33) % below);
}

static const char *const pieces[] = {
    "(", ")", "[", "]", "{", "}", "\"", "'", "\"\"\"", "'''", "f'{", "f\"\"\"", "rb'", "\\", "\\\n", "\n", "\r\n", "\t",
    "        ", " ", ":", ":=", "=", "==", ",", ";", ".", "...", "*", "**", "->", "@", "!", "!=", "<>", "$", "?", "0x", "0b2",
    "0777", "1e", "1_", "1j", ".5", "if ", "else:", "for x in ", "match x:\n case ", "async ", "await ", "lambda ", "lambda:",
    "yield ", "print x", "def f(a, /, *, b=1, **c):", "class C(", "try:\n", "except* ", "finally:", "with (a as b):", "import ",
    "from . import ", "global x", "not ", "in ", "is ", "del ", "\\N{DASH}", "\\x4", "\\u12", "{{", "}}", "!r}", ":>{w}}",
    "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xFF", "\xC3", "\xED\xA0\x80", "#", "# coding: latin-1\n", "\xEF\xBB\xBF",
    "\f", "_", "case ", "match ", "0", "None", "((((((((((((((((", "[[[[[[[[[[[[[[[[", "------------------------", "not not not ",
    "lambda: lambda: ", "x if y else ", "{**a, *b: c}", "a b", "1 2",
};

static size_t insert(char *s, size_t n, size_t cap, size_t at, const char *piece, size_t len) {
  if (n + len >= cap) return n;
  memmove(s + at + len, s + at, n - at);
  memcpy(s + at, piece, len);
  return n + len;
}

/* A window of a corpus file with a few injuries. */
static size_t make_text(const Corpus *files, int n_files, char *s, size_t cap) {
  const Corpus *c = &files[rnd((uint32_t)n_files)];
  size_t n = 1 + rnd(rnd(20) ? 600 : 20000);
  if (n > c->n) n = c->n;
  size_t start = rnd((uint32_t)(c->n - n + 1));
  while (start > 0 && c->text[start - 1] != '\n') start--;
  if (start + n > c->n) n = c->n - start;
  memcpy(s, c->text + start, n);
  for (uint32_t k = rnd(6); k-- > 0;) {
    size_t at = rnd((uint32_t)n + 1);
    const char *piece = pieces[rnd(sizeof pieces / sizeof *pieces)];
    switch (rnd(7)) {
      case 0: if (at < n) s[at] = (char)rnd(256); break;
      case 1: {
        size_t len = rnd(30);
        if (at + len > n) len = n - at;
        memmove(s + at, s + at + len, n - at - len);
        n -= len;
        break;
      }
      case 2: {
        uint32_t times = rnd(20) ? 1 : 1 + rnd(2000);
        while (times--) n = insert(s, n, cap, at, piece, strlen(piece));
        break;
      }
      case 3: n = insert(s, n, cap, at, s + rnd((uint32_t)(at + 1)) / 2, rnd((uint32_t)(at / 2 + 1)) % 200); break;
      case 4: n = at; break;
      default: n = insert(s, n, cap, at, piece, strlen(piece)); break;
    }
  }
  return n;
}

static void fail(const char *why, const char *s, size_t n) {
  fprintf(stderr, "fuzz_front: %s\n", why);
  FILE *f = fopen("fuzz_front.crash", "wb");
  if (f) {
    fwrite(s, 1, n, f);
    fclose(f);
  }
  abort();
}

/* Length of the dump, or 0 for an error. */
static size_t parse_once(const char *s, size_t n, ParseMode mode, int flags, size_t memory, FILE *null) {
  Compile cc;
  compile_init(&cc);
  cc.arena.limit = memory;
  AstNode *tree = parse_source(&cc, s, n, "fuzz.py", mode, flags);
  TextBuf out = {0};
  if (tree) {
    if (cc.error) fail("tree and error", s, n);
    ast_dump(&out, tree, (AstDumpOptions){.indent = -1, .attributes = true});
  } else {
    if (!cc.error || !cc.error->msg) fail("neither tree nor error", s, n);
    if (cc.error->lineno < 0 || cc.error->offset < -1) fail("bad position", s, n);
    diag_print(null, cc.error);
  }
  size_t length = out.n;
  text_fini(&out);
  compile_fini(&cc);
  return length;
}

int main(int argc, char **argv) {
  long runs = 1000, seed = 1;
  int n_files = 0;
  bool verbose = false;
  Corpus *files = calloc((size_t)argc, sizeof *files);
  for (int i = 1; i < argc; i++) {
    if (!strncmp(argv[i], "--runs=", 7)) runs = atol(argv[i] + 7);
    else if (!strncmp(argv[i], "--seed=", 7)) seed = atol(argv[i] + 7);
    else if (!strcmp(argv[i], "--verbose")) verbose = true;
    else {
      FILE *f = fopen(argv[i], "rb");
      if (!f) continue;
      fseek(f, 0, SEEK_END);
      Corpus *c = &files[n_files++];
      c->n = (size_t)ftell(f);
      rewind(f);
      c->text = malloc(c->n + 1);
      if (fread(c->text, 1, c->n, f) != c->n) return 2;
      fclose(f);
    }
  }
  if (!n_files) return fprintf(stderr, "fuzz_front: no corpus\n"), 2;
  FILE *null = fopen("/dev/null", "w");
  size_t cap = 1 << 20;
  char *s = malloc(cap);
  long accepted = 0;
  for (long i = 0; i < runs; i++) {
    rng_state = (uint64_t)(seed + i) * 0x9E3779B97F4A7C15u;
    if (verbose) fprintf(stderr, "run %ld\n", seed + i);
    size_t n = make_text(files, n_files, s, cap);
    ParseMode mode = rnd(4) ? PARSE_EXEC : (ParseMode)rnd(4);
    int flags = rnd(2) ? 0 : PARSE_FROM_FILE;
    char *exact = malloc(n ? n : 1); /* no byte behind the text may be read */
    memcpy(exact, s, n);
    if (!rnd(8)) parse_once(exact, n, mode, flags, 1 + rnd(400 << 10), null); /* must end in MemoryError or well */
    size_t length = parse_once(exact, n, mode, flags, MEMORY, null);
    if (length) accepted++;
    if (length && parse_once(exact, n, mode, flags, MEMORY, null) != length) fail("two trees for one text", exact, n);
    free(exact);
  }
  printf("fuzz_front: %ld runs from seed %ld, %ld texts accepted\n", runs, seed, accepted);
  for (int i = 0; i < n_files; i++) free(files[i].text);
  free(files);
  free(s);
  fclose(null);
  return 0;
}
