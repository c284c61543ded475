/* str.h: str in CPython's three-width form: O(1) index, hash cached, always NUL-terminated data. Immutable after publication. */
#ifndef RP_STR_H
#define RP_STR_H

#include "runtime/error.h"

#define STR_WIDTH_MASK 0x03 /* 0: 1 byte per code point, 1: 2 bytes, 2: 4 bytes; always the narrowest that fits */
#define STR_ASCII 0x04
#define STR_INTERNED 0x08

struct Str {
  Object hdr;
  uint32_t length;          /* code points */
  _Atomic uint32_t hash;    /* 0: not computed yet */
  union { uint8_t u1[]; uint16_t u2[]; uint32_t u4[]; char c[]; }; /* length + 1 units */
};
#define STR_MAX_LENGTH 0xFFFFFFF0u
#define STR_HEADER offsetof(Str, u1)

ALWAYS_INLINE bool str_check(Value v) { return has_kind(v, K_STR); }
ALWAYS_INLINE Str *as_str(Value v) { return (Str *)as_object(v); }
ALWAYS_INLINE int str_width(const Str *s) { return s->hdr.flags & STR_WIDTH_MASK; }
ALWAYS_INLINE bool str_is_ascii(const Str *s) { return s->hdr.flags & STR_ASCII; }
ALWAYS_INLINE uint32_t str_at(const Str *s, uint32_t i) {
  const uint8_t *u1 = s->u1; /* by pointer: the arrays' declared size is not their real one */
  const uint16_t *u2 = s->u2;
  const uint32_t *u4 = s->u4;
  int w = str_width(s);
  return w == 0 ? u1[i] : w == 1 ? u2[i] : u4[i];
}
/* Uninitialised string of n code points for the given maximum code point. */
Str *str_alloc(RpThread *th, uint32_t n, uint32_t max_char);
Str *str_from_utf8(RpThread *th, const char *s, size_t n);         /* WTF-8 accepted: lone surrogates survive; invalid bytes raise */
Str *str_from_c(RpThread *th, const char *s);                      /* NUL-terminated UTF-8 */
Str *str_from_ucs4(RpThread *th, const uint32_t *s, size_t n);
Str *str_from_latin1(RpThread *th, const uint8_t *s, size_t n);
Str *str_from_char(RpThread *th, uint32_t c);                      /* cached for < 256 */
/* UTF-8 form: *n bytes, NUL-terminated, valid while s lives (cached or allocated as a Bytes); NULL + UnicodeEncodeError for surrogates. */
const char *str_utf8(RpThread *th, Str *s, size_t *n);
/* The one Str with these contents in this context (or process-wide if builtin). Interned strings compare by pointer. */
Str *str_intern(RpThread *th, Str *s);
Str *str_intern_c(RpThread *th, const char *s);
uint32_t str_hash(Str *s);                                          /* never 0 */
bool str_eq(const Str *a, const Str *b);
bool str_eq_c(const Str *a, const char *ascii);
int str_cmp(const Str *a, const Str *b);                            /* by code point: <0, 0, >0 */
Str *str_concat(RpThread *th, Str *a, Str *b);
Str *str_slice(RpThread *th, Str *s, uint32_t lo, uint32_t hi);
Str *str_join(RpThread *th, Str *sep, const Value *parts, size_t n);
extern Str *const str_empty_;
/* Process-wide interned string with these contents, outside of every heap, hash computed. Only while types_init() runs, before the first
** context exists (a context's own interned strings must not get a twin later). Never fails. */
Str *str_perm(const char *utf8);
void str_perm_init(void); /* before the first str_perm() */
/* A copy of s as an instance of a subclass of str; s itself when t is str. */
Str *str_as_type(RpThread *th, Type *t, Str *s);
/* Searches in s[lo, hi): index of the first / last occurrence, or -1. */
int64_t str_find(const Str *s, uint32_t lo, uint32_t hi, const Str *sub);
int64_t str_rfind(const Str *s, uint32_t lo, uint32_t hi, const Str *sub);
/* repr() of a str; hash, quotes and escapes as CPython chooses them. */
Str *str_repr(RpThread *th, const Str *s);

/* Growing text: init, append, finish (takes the buffer) or drop. Lives on the C stack; its buffer is malloc'ed. */
typedef struct StrBuilder { RpThread *th; void *data; size_t len, cap; uint32_t max_char; uint8_t width; bool failed; } StrBuilder;
void sb_init(StrBuilder *sb, RpThread *th);
void sb_char(StrBuilder *sb, uint32_t c);
void sb_str(StrBuilder *sb, const Str *s);
void sb_slice(StrBuilder *sb, const Str *s, uint32_t lo, uint32_t hi);
void sb_ascii(StrBuilder *sb, const char *s);
void sb_fmt(StrBuilder *sb, const char *fmt, ...);
void sb_vfmt(StrBuilder *sb, const char *fmt, va_list ap);
Str *sb_finish(StrBuilder *sb); /* NULL + MemoryError if any append failed */
void sb_drop(StrBuilder *sb);

#endif
