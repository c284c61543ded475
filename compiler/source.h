/* source.h: one source text: raw bytes -> UTF-8 with "\n" line ends, as CPython's tokenizer sees it.
** Decoding follows PEP 263: BOM, coding cookie in the first two lines, UTF-8 otherwise. */
#ifndef COMPILER_SOURCE_H
#define COMPILER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Compile Compile;

typedef struct Source {
  const char *filename;
  const char *text; /* valid UTF-8, "\n" line ends, that of a module ends with "\n", NUL after n */
  size_t n;
  uint32_t *lines;  /* offset of each line's first byte; lines[n_lines] == n */
  uint32_t n_lines;
  bool added_newline; /* the last "\n" is not in the original */
  bool ignore_cookie; /* the text came from a str: a coding cookie means nothing */
  bool from_file;     /* PARSE_FROM_FILE */
  bool encoding_known; /* a str, a cookie or a BOM: CPython counts offsets in characters, else in bytes */
} Source;

enum { SOURCE_NO_NEWLINE = 1 << 8 }; /* do not add a newline at the end: the text is not a module */

/* Flags: PARSE_FROM_FILE, PARSE_FROM_STR (parse.h), SOURCE_NO_NEWLINE. Decodes bytes[0..n) into *src (memory of cc->arena). False with a diagnostic in cc on bad encoding or NUL. */
bool source_decode(Compile *cc, const char *bytes, size_t n, const char *filename, int flags, Source *src);

/* Line number (from 1) -> its first byte and its length without the "\n". An out-of-range line is empty. */
const char *source_line(const Source *src, int lineno, size_t *n);

#endif
