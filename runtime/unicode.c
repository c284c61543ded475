/* unicode.c: see unicode.h. Tables are two-level: cp / 128 picks a block, equal blocks are stored once. */
#include "runtime/unicode.h"

#include <stdio.h>
#include <string.h>

typedef struct CharRecord {
  uint16_t flags;             /* CHAR_... */
  int32_t upper, lower, title; /* simple mappings, as differences */
  uint16_t full;              /* index into fulls, 0: the simple mappings are all there is */
  int8_t decimal, digit;
} CharRecord;

typedef struct CharFull {
  int32_t upper, lower, title, fold; /* positions in case_pool: a length, then code points */
} CharFull;

typedef struct ComposePair {
  uint32_t a, b, composed;
} ComposePair;

#include "unicode_tables.inc"

#define LOOKUP(table, cp) table##_data[table##_index[(cp) / BLOCK] * BLOCK + (cp) % BLOCK]

static const CharRecord *record(uint32_t cp) {
  if (cp > UNICODE_MAX) cp = UNICODE_MAX; /* a noncharacter: no properties */
  return &records[LOOKUP(record, cp)];
}

/* -- Types -------------------------------------------------------------------------------------------- */

static bool has(uint32_t cp, int flags) { return record(cp)->flags & flags; }

bool unicode_is_alpha(uint32_t cp) { return has(cp, CHAR_ALPHA); }
bool unicode_is_alnum(uint32_t cp) { return has(cp, CHAR_ALPHA | CHAR_DECIMAL | CHAR_DIGIT | CHAR_NUMERIC); }
bool unicode_is_decimal(uint32_t cp) { return has(cp, CHAR_DECIMAL); }
bool unicode_is_digit(uint32_t cp) { return has(cp, CHAR_DIGIT); }
bool unicode_is_numeric(uint32_t cp) { return has(cp, CHAR_NUMERIC); }
bool unicode_is_space(uint32_t cp) { return has(cp, CHAR_SPACE); }
bool unicode_is_linebreak(uint32_t cp) { return has(cp, CHAR_LINEBREAK); }
bool unicode_is_upper(uint32_t cp) { return has(cp, CHAR_UPPER); }
bool unicode_is_lower(uint32_t cp) { return has(cp, CHAR_LOWER); }
bool unicode_is_title(uint32_t cp) { return has(cp, CHAR_TITLE); }
bool unicode_is_printable(uint32_t cp) { return has(cp, CHAR_PRINTABLE); }
bool unicode_is_xid_start(uint32_t cp) { return has(cp, CHAR_XID_START); }
bool unicode_is_xid_continue(uint32_t cp) { return has(cp, CHAR_XID_CONTINUE); }
bool unicode_is_cased(uint32_t cp) { return has(cp, CHAR_CASED); }
bool unicode_is_case_ignorable(uint32_t cp) { return has(cp, CHAR_CASE_IGNORABLE); }

int unicode_decimal(uint32_t cp) { return record(cp)->decimal; }
int unicode_digit(uint32_t cp) { return record(cp)->digit; }

/* -- Case --------------------------------------------------------------------------------------------- */

uint32_t unicode_simple_upper(uint32_t cp) { return cp + (uint32_t)record(cp)->upper; }
uint32_t unicode_simple_lower(uint32_t cp) { return cp + (uint32_t)record(cp)->lower; }
uint32_t unicode_simple_title(uint32_t cp) { return cp + (uint32_t)record(cp)->title; }

static int expand(const uint32_t *pool, uint32_t *out) {
  int n = (int)pool[0];
  memcpy(out, pool + 1, (size_t)n * sizeof *out);
  return n;
}

#define FULL_MAPPING(name, full_field, simple_field)                    \
  int name(uint32_t cp, uint32_t out[3]) {                              \
    const CharRecord *r = record(cp);                                   \
    if (r->full) return expand(case_pool + fulls[r->full].full_field, out); \
    out[0] = cp + (uint32_t)r->simple_field;                            \
    return 1;                                                           \
  }
FULL_MAPPING(unicode_upper, upper, upper)
FULL_MAPPING(unicode_lower, lower, lower)
FULL_MAPPING(unicode_title, title, title)
FULL_MAPPING(unicode_casefold, fold, lower)

/* -- Normal forms (Unicode Standard, chapter 3.11) ---------------------------------------------------- */

enum { S_BASE = 0xAC00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7, L_N = 19, V_N = 21, T_N = 28,
       S_N = L_N * V_N * T_N };

uint8_t unicode_combining(uint32_t cp) { return cp > UNICODE_MAX ? 0 : LOOKUP(ccc, cp); }

static int decompose(bool compat, uint32_t cp, uint32_t *out) {
  if (cp > UNICODE_MAX) return out[0] = cp, 1;
  if (cp >= S_BASE && cp < S_BASE + S_N) {
    uint32_t s = cp - S_BASE, t = s % T_N;
    out[0] = L_BASE + s / (V_N * T_N);
    out[1] = V_BASE + s % (V_N * T_N) / T_N;
    if (!t) return 2;
    out[2] = T_BASE + t;
    return 3;
  }
  uint32_t at = compat ? LOOKUP(nfkd, cp) : LOOKUP(nfd, cp);
  if (at) return expand(decomp_pool + at, out);
  out[0] = cp;
  return 1;
}

/* Stable sort of every run of combining marks by class. */
static void reorder(uint32_t *s, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint8_t c = unicode_combining(s[i]);
    if (!c) continue;
    uint32_t ch = s[i];
    size_t j = i;
    for (; j > 0 && unicode_combining(s[j - 1]) > c; j--) s[j] = s[j - 1];
    s[j] = ch;
  }
}

/* The composite of a pair, or 0. */
static uint32_t compose_pair(uint32_t a, uint32_t b) {
  if (a >= L_BASE && a < L_BASE + L_N && b >= V_BASE && b < V_BASE + V_N)
    return S_BASE + ((a - L_BASE) * V_N + (b - V_BASE)) * T_N;
  if (a >= S_BASE && a < S_BASE + S_N && (a - S_BASE) % T_N == 0 && b > T_BASE && b < T_BASE + T_N)
    return a + (b - T_BASE);
  size_t lo = 0, hi = sizeof pairs / sizeof pairs[0];
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    const ComposePair *p = &pairs[mid];
    if (p->a == a && p->b == b) return p->composed;
    if (p->a < a || (p->a == a && p->b < b)) lo = mid + 1;
    else hi = mid;
  }
  return 0;
}

static size_t compose(uint32_t *s, size_t n) {
  size_t w = 0;
  size_t starter = SIZE_MAX; /* index in the output */
  int last_class = -1;       /* of the newest character kept after the starter; -1: none */
  for (size_t i = 0; i < n; i++) {
    uint32_t c = s[i];
    int cl = unicode_combining(c);
    if (starter != SIZE_MAX && last_class < cl) {
      uint32_t composite = compose_pair(s[starter], c);
      if (composite) {
        s[starter] = composite;
        continue;
      }
    }
    s[w] = c;
    if (cl == 0) starter = w, last_class = -1;
    else last_class = cl;
    w++;
  }
  return w;
}

size_t unicode_normalize(UnicodeForm form, const uint32_t *in, size_t n, uint32_t *out) {
  bool compat = form == UNICODE_NFKC || form == UNICODE_NFKD;
  size_t m = 0;
  for (size_t i = 0; i < n; i++) m += (size_t)decompose(compat, in[i], out + m);
  reorder(out, m);
  return form == UNICODE_NFC || form == UNICODE_NFKC ? compose(out, m) : m;
}

/* -- UTF-8 -------------------------------------------------------------------------------------------- */

static bool is_tail(uint8_t c) { return (c & 0xC0) == 0x80; }

/* Number of bytes of the valid character at p, or 0 with the error's length and reason. */
static int check_one(const uint8_t *p, size_t left, size_t *bad, const char **reason) {
  uint8_t c = p[0];
  *bad = 1;
  if (c < 0x80) return 1;
  *reason = "invalid start byte";
  if (c < 0xC2 || c > 0xF4) return 0;
  int n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  uint8_t lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < n; i++, *bad += 1) {
    if ((size_t)i >= left) return *reason = "unexpected end of data", 0;
    bool ok = i == 1 ? p[1] >= lo && p[1] <= hi : is_tail(p[i]);
    if (!ok) return *reason = "invalid continuation byte", 0;
  }
  return n;
}

bool unicode_utf8_check(const char *s, size_t n, Utf8Error *e) {
  const uint8_t *p = (const uint8_t *)s;
  for (size_t i = 0; i < n;) {
    while (i + 8 <= n) {
      uint64_t w;
      memcpy(&w, p + i, 8);
      if (w & 0x8080808080808080u) break;
      i += 8;
    }
    if (i >= n) break;
    size_t bad;
    const char *reason;
    int len = check_one(p + i, n - i, &bad, &reason);
    if (!len) {
      if (e) *e = (Utf8Error){i, i + bad, reason};
      return false;
    }
    i += (size_t)len;
  }
  return true;
}

void unicode_utf8_error_text(const char *s, const Utf8Error *e, char *buf, size_t size) {
  if (e->end - e->start == 1)
    snprintf(buf, size, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s", (uint8_t)s[e->start], e->start,
             e->reason);
  else
    snprintf(buf, size, "'utf-8' codec can't decode bytes in position %zu-%zu: %s", e->start, e->end - 1, e->reason);
}
