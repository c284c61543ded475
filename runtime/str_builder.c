/* str_builder.c: growing text in a malloc'ed buffer that widens when it must. A failed append is remembered and reported by sb_finish(). */
#include "runtime/str_util.h"

void sb_init(StrBuilder *sb, RpThread *th) { *sb = (StrBuilder){.th = th}; }

static COLD bool sb_fail(StrBuilder *sb) {
  sb->failed = true;
  return false;
}

/* Room for n more units of width w. */
static bool sb_reserve(StrBuilder *sb, size_t n, int w) {
  if (sb->failed) return false;
  if (w < sb->width) w = sb->width;
  if (likely(w == sb->width && sb->len + n <= sb->cap)) return true;
  size_t cap = sb->cap;
  if (sb->len + n > cap) {
    cap = cap * 2 > sb->len + n ? cap * 2 : sb->len + n;
    if (cap < 64) cap = 64;
  }
  if (TOO_BIG(sb->len + n)) return sb_fail(sb);
  if (w == sb->width) {
    void *p = realloc(sb->data, cap << w);
    if (!p) return sb_fail(sb);
    sb->data = p;
  } else {
    void *p = malloc(cap << w);
    if (!p) return sb_fail(sb);
    if (sb->len) unit_copy(p, w, 0, sb->data, sb->width, 0, sb->len);
    free(sb->data);
    sb->data = p;
    sb->width = (uint8_t)w;
  }
  sb->cap = cap;
  return true;
}

void sb_char(StrBuilder *sb, uint32_t c) {
  if (!sb_reserve(sb, 1, width_for(c))) return;
  unit_put(sb->data, sb->width, sb->len++, c);
  sb->max_char |= c;
}

static void sb_units(StrBuilder *sb, const void *data, int w, size_t from, size_t n, uint32_t max) {
  if (n == 0 || !sb_reserve(sb, n, width_for(max))) return;
  unit_copy(sb->data, sb->width, sb->len, data, w, from, n);
  sb->len += n;
  sb->max_char |= max;
}

void sb_str(StrBuilder *sb, const Str *s) {
  if (!s) sb->failed = true;
  else sb_units(sb, s->u1, str_width(s), 0, s->length, str_max(s));
}

void sb_slice(StrBuilder *sb, const Str *s, uint32_t lo, uint32_t hi) {
  if (lo >= hi) return;
  int w = str_width(s);
  sb_units(sb, s->u1, w, lo, hi - lo, str_is_ascii(s) ? 0x7f : unit_max(s->u1, w, lo, hi - lo));
}

void sb_ascii(StrBuilder *sb, const char *s) { sb_units(sb, s, 0, 0, strlen(s), 0x7f); }

void sb_fmt(StrBuilder *sb, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  sb_vfmt(sb, fmt, ap);
  va_end(ap);
}

Str *sb_finish(StrBuilder *sb) {
  Str *s = NULL;
  if (!sb->failed) {
    if (sb->len < 2) s = sb->len ? str_from_char(sb->th, unit_get(sb->data, sb->width, 0)) : str_empty_;
    else if ((s = str_alloc(sb->th, (uint32_t)sb->len, sb->max_char)))
      unit_copy(s->u1, str_width(s), 0, sb->data, sb->width, 0, sb->len);
  } else if (sb->th->pending == EMPTY) {
    raise_memory(sb->th);
  }
  sb_drop(sb);
  return s;
}

void sb_drop(StrBuilder *sb) {
  free(sb->data);
  sb->data = NULL;
  sb->len = sb->cap = 0;
}
