/* unicode_names.c: character names (unicode.h). A file of its own, for its half megabyte of tables.
** A name is a list of words; NAME_SLOTS is an open-addressing hash table of name indices (FNV-1a). */
#include <stdio.h>
#include <string.h>

#include "runtime/unicode.h"

#include "unicode_names.inc"

enum { MAX_NAME = 128 };

/* -- Names made by rule ------------------------------------------------------------------------------- */

static const char *const hangul[3][28] = {
    {"G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"},
    {"A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU",
     "YI", "I"},
    {"", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S", "SS",
     "NG", "J", "C", "K", "T", "P", "H"},
};
static const int hangul_n[3] = {19, 21, 28};

/* Index of the longest part that s starts with; *s moves behind it. -1: none. */
static int hangul_part(int column, const char **s, const char *end) {
  int best = -1;
  size_t best_len = 0;
  for (int i = 0; i < hangul_n[column]; i++) {
    size_t len = strlen(hangul[column][i]);
    if (len > (size_t)(end - *s) || memcmp(*s, hangul[column][i], len)) continue;
    if (best < 0 || len > best_len) best = i, best_len = len;
  }
  *s += best_len;
  return best;
}

static bool is_cjk(uint32_t cp) {
  return (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x20000 && cp <= 0x2A6DF) ||
         (cp >= 0x2A700 && cp <= 0x2B738) || (cp >= 0x2B740 && cp <= 0x2B81D) || (cp >= 0x2B820 && cp <= 0x2CEA1) ||
         (cp >= 0x2CEB0 && cp <= 0x2EBE0) || (cp >= 0x30000 && cp <= 0x3134A);
}

static const char HANGUL_PREFIX[] = "HANGUL SYLLABLE ", CJK_PREFIX[] = "CJK UNIFIED IDEOGRAPH-";

static bool starts(const char *s, size_t n, const char *prefix) {
  size_t m = strlen(prefix);
  return n >= m && memcmp(s, prefix, m) == 0;
}

static int32_t lookup_hangul(const char *s, const char *end) {
  int l = hangul_part(0, &s, end), v = hangul_part(1, &s, end), t = hangul_part(2, &s, end);
  if (l < 0 || v < 0 || t < 0 || s != end) return -1;
  return 0xAC00 + (l * 21 + v) * 28 + t;
}

static int32_t lookup_cjk(const char *s, const char *end) {
  if (end - s != 4 && end - s != 5) return -1;
  uint32_t cp = 0;
  for (; s < end; s++) {
    if (*s >= '0' && *s <= '9') cp = cp * 16 + (uint32_t)(*s - '0');
    else if (*s >= 'A' && *s <= 'F') cp = cp * 16 + (uint32_t)(*s - 'A' + 10);
    else return -1;
  }
  return is_cjk(cp) ? (int32_t)cp : -1;
}

/* -- Names in the table ------------------------------------------------------------------------------- */

static size_t name_text(uint32_t i, char *buf) {
  size_t n = 0;
  for (uint32_t k = name_start[i]; k < name_start[i + 1]; k++) {
    uint32_t w = name_words[k], len = word_offset[w + 1] - word_offset[w];
    if (k > name_start[i]) buf[n++] = ' ';
    memcpy(buf + n, word_text + word_offset[w], len);
    n += len;
  }
  return n;
}

int32_t unicode_lookup_name(const char *name, size_t n) {
  if (starts(name, n, HANGUL_PREFIX)) return lookup_hangul(name + sizeof HANGUL_PREFIX - 1, name + n);
  if (starts(name, n, CJK_PREFIX)) return lookup_cjk(name + sizeof CJK_PREFIX - 1, name + n);
  if (n == 0 || n >= MAX_NAME) return -1;
  char upper[MAX_NAME], text[MAX_NAME];
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < n; i++) {
    char c = name[i];
    upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    h = (h ^ (uint8_t)upper[i]) * 16777619u;
  }
  for (h &= NAME_SLOTS - 1; name_slots[h] != 0xFFFF; h = (h + 1) & (NAME_SLOTS - 1)) {
    uint32_t i = name_slots[h];
    if (name_text(i, text) == n && memcmp(text, upper, n) == 0) return (int32_t)name_cp[i];
  }
  return -1;
}

/* Names come before aliases in the table, ordered by code point up to the first alias. */
int unicode_name(uint32_t cp, char *buf, size_t size) {
  if (cp >= 0xAC00 && cp < 0xAC00 + 11172) {
    uint32_t s = cp - 0xAC00;
    return snprintf(buf, size, "%s%s%s%s", HANGUL_PREFIX, hangul[0][s / 588], hangul[1][s % 588 / 28], hangul[2][s % 28]);
  }
  if (is_cjk(cp)) return snprintf(buf, size, "%s%X", CJK_PREFIX, cp);
  for (uint32_t lo = 0, hi = N_PROPER_NAMES; lo < hi;) {
    uint32_t mid = (lo + hi) / 2;
    if (name_cp[mid] == cp) {
      char text[MAX_NAME];
      size_t n = name_text(mid, text);
      return snprintf(buf, size, "%.*s", (int)n, text);
    }
    if (name_cp[mid] < cp) lo = mid + 1;
    else hi = mid;
  }
  if (size) buf[0] = 0;
  return 0;
}
