/* unicode.h: the Unicode 14.0 character database, as CPython 3.11's str and unicodedata know it.
** The tables are generated at build time (gen_unicode.py) from CPython itself. Pure functions, any thread,
** nothing here raises. A code point above 0x10FFFF has no property. */
#ifndef RUNTIME_UNICODE_H
#define RUNTIME_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNICODE_MAX 0x10FFFFu

/* -- Character types (the predicate that the str method of the same name applies to each character) --- */

bool unicode_is_alpha(uint32_t cp);
bool unicode_is_alnum(uint32_t cp);
bool unicode_is_decimal(uint32_t cp);
bool unicode_is_digit(uint32_t cp);
bool unicode_is_numeric(uint32_t cp);
bool unicode_is_space(uint32_t cp);
bool unicode_is_linebreak(uint32_t cp); /* str.splitlines */
bool unicode_is_upper(uint32_t cp);
bool unicode_is_lower(uint32_t cp);
bool unicode_is_title(uint32_t cp);     /* category Lt */
bool unicode_is_printable(uint32_t cp);
bool unicode_is_xid_start(uint32_t cp); /* first character of an identifier: "_" included */
bool unicode_is_xid_continue(uint32_t cp);
bool unicode_is_cased(uint32_t cp);     /* what str.title looks at; false for characters that are case-ignorable
                                           as well, where it makes no difference */
bool unicode_is_case_ignorable(uint32_t cp);

int unicode_decimal(uint32_t cp); /* value 0..9 of a decimal digit, else -1 */
int unicode_digit(uint32_t cp);   /* the same for str.isdigit characters */

/* -- Case --------------------------------------------------------------------------------------------- */

/* One character to one character. */
uint32_t unicode_simple_upper(uint32_t cp);
uint32_t unicode_simple_lower(uint32_t cp);
uint32_t unicode_simple_title(uint32_t cp);

/* Full mappings: write 1 to 3 code points, return how many. The rule for a final capital sigma, which needs
** its neighbours, is for str.lower to apply (is_cased, is_case_ignorable). */
int unicode_upper(uint32_t cp, uint32_t out[3]);
int unicode_lower(uint32_t cp, uint32_t out[3]);
int unicode_title(uint32_t cp, uint32_t out[3]);
int unicode_casefold(uint32_t cp, uint32_t out[3]);

/* -- Normal forms ------------------------------------------------------------------------------------- */

typedef enum UnicodeForm { UNICODE_NFC, UNICODE_NFD, UNICODE_NFKC, UNICODE_NFKD } UnicodeForm;

enum { UNICODE_MAX_DECOMPOSITION = 18 }; /* no character becomes longer than this */

/* Normalises n code points. `out` holds at least n * UNICODE_MAX_DECOMPOSITION; returns the length. */
size_t unicode_normalize(UnicodeForm form, const uint32_t *in, size_t n, uint32_t *out);
uint8_t unicode_combining(uint32_t cp); /* canonical combining class */

/* -- Names -------------------------------------------------------------------------------------------- */

/* Code point of a character name or alias (letter case does not matter), or -1. No named sequences. */
int32_t unicode_lookup_name(const char *name, size_t n);
/* Writes the name of cp, NUL-terminated, returns its length; 0 when it has none. 100 bytes are enough. */
int unicode_name(uint32_t cp, char *buf, size_t size);

/* -- UTF-8 -------------------------------------------------------------------------------------------- */

typedef struct Utf8Error {
  size_t start, end;  /* the offending bytes */
  const char *reason; /* "invalid start byte", ... as in UnicodeDecodeError */
} Utf8Error;

/* True when s[0..n) is valid UTF-8 (no surrogates). Else fills *e, when given, as CPython's decoder does. */
bool unicode_utf8_check(const char *s, size_t n, Utf8Error *e);
/* str() of the UnicodeDecodeError for that error. */
void unicode_utf8_error_text(const char *s, const Utf8Error *e, char *buf, size_t size);

/* Decodes one character of valid UTF-8 or WTF-8 at s[*i] and advances *i. */
static inline uint32_t unicode_utf8_next(const char *s, size_t *i) {
  const uint8_t *p = (const uint8_t *)s + *i;
  if (p[0] < 0x80) return *i += 1, p[0];
  if (p[0] < 0xE0) return *i += 2, (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
  if (p[0] < 0xF0) return *i += 3, (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
  *i += 4;
  return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

/* Encodes one code point (a surrogate as three bytes); returns 1 to 4. */
static inline int unicode_utf8_put(uint32_t cp, char *out) {
  if (cp < 0x80) return out[0] = (char)cp, 1;
  if (cp < 0x800) return out[0] = (char)(0xC0 | cp >> 6), out[1] = (char)(0x80 | (cp & 0x3F)), 2;
  if (cp < 0x10000) {
    out[0] = (char)(0xE0 | cp >> 12);
    out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[2] = (char)(0x80 | (cp & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | cp >> 18);
  out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
  out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
  out[3] = (char)(0x80 | (cp & 0x3F));
  return 4;
}

#endif
