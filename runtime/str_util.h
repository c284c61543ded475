/* str_util.h: what the files behind str, bytes and the codecs share: raw access by width, argument helpers. Nothing here is for others. */
#ifndef RP_STR_UTIL_H
#define RP_STR_UTIL_H

#include "runtime/bytes.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/unicode.h"

ALWAYS_INLINE Value vstr(const void *s) { return value_object(s); } /* NULL becomes EMPTY: the error passes through */
ALWAYS_INLINE bool is_exact_str(Value v) { return has_shape(v, SHAPE_str); }
ALWAYS_INLINE int width_for(uint32_t max_char) { return max_char < 0x100 ? 0 : max_char < 0x10000 ? 1 : 2; }
ALWAYS_INLINE size_t str_data_size(uint32_t n, int w) { return STR_HEADER + (((size_t)n + 1) << w); }

ALWAYS_INLINE uint32_t unit_get(const void *data, int w, size_t i) {
  return w == 0 ? ((const uint8_t *)data)[i] : w == 1 ? ((const uint16_t *)data)[i] : ((const uint32_t *)data)[i];
}
ALWAYS_INLINE void unit_put(void *data, int w, size_t i, uint32_t c) {
  if (w == 0) ((uint8_t *)data)[i] = (uint8_t)c;
  else if (w == 1) ((uint16_t *)data)[i] = (uint16_t)c;
  else ((uint32_t *)data)[i] = c;
}
ALWAYS_INLINE void str_put(Str *s, uint32_t i, uint32_t c) { unit_put(s->u1, str_width(s), i, c); } /* while being built */

/* Copies n units between widths; narrowing is the caller's promise that they fit. */
void unit_copy(void *dst, int dw, size_t at, const void *src, int sw, size_t from, size_t n);
/* An upper bound class of the units: 0x7f, 0xff, 0xffff or 0x10ffff. */
uint32_t unit_max(const void *data, int w, size_t from, size_t n);
ALWAYS_INLINE uint32_t str_max(const Str *s) {
  return str_is_ascii(s) ? 0x7f : str_width(s) == 0 ? 0xff : str_width(s) == 1 ? 0xffff : 0x10ffff;
}
/* Whole contents as freshly malloc'ed UCS-4; NULL + MemoryError. */
uint32_t *str_to_ucs4(RpThread *th, const Str *s);

Str *str_from_units(RpThread *th, const void *data, int w, size_t n); /* narrowed as needed */
uint32_t mem_hash(const void *data, size_t n);                         /* never 0 */

/* The context's one Value for the text files (codec registry): what is there, or `fresh` installed if nothing is (EMPTY: just look). */
Value text_state(RpThread *th, Value fresh);

/* Byte searches: first / last occurrence of sub in s, or -1. */
int64_t mem_find(const uint8_t *s, size_t n, const uint8_t *sub, size_t m);
int64_t mem_rfind(const uint8_t *s, size_t n, const uint8_t *sub, size_t m);

/* Optional start and end arguments of find(), count(), ...: clamped to [0, n]; lo > hi is possible. */
bool arg_range(RpThread *th, Value start, Value end, int64_t n, int64_t *lo, int64_t *hi);
/* An index-like argument as int64, clamped; OverflowError when `exact`. dflt for EMPTY. */
bool arg_ssize(RpThread *th, Value v, int64_t dflt, int64_t *out);
/* The count of a sequence repetition: any value. "can't multiply sequence by non-int of type ..." */
bool arg_repeat(RpThread *th, Value count, int64_t *n);
void mem_repeat(void *dst, const void *src, size_t size, size_t n); /* dst holds size * n bytes */
/* Binds the arguments of a constructor. names are positional-or-keyword; absent ones EMPTY. */
bool args_by_name(RpThread *th, const char *fn, const Value *args, int n_pos, Tuple *kwnames, const char *const *names, int n_names,
               int n_required, Value *out);
/* The number of elements of one native allocation overflowed. */
#define TOO_BIG(n) ((uint64_t)(n) > STR_MAX_LENGTH)

#endif
