/* str.c: the string object itself: allocation, widths, hash, interning, comparison, searching, joining. Methods of the type are in
** str_type.c, str_methods.c and str_case.c. Design: runtime/str.md. */
#include "runtime/str_util.h"

#include "runtime/context.h"
#include "runtime/heap_fast.h"
#include "runtime/lock.h"
#include "runtime/perm.h"

#include <pthread.h>

/* -- Process-wide strings --------------------------------------------------------------------------------- */

typedef struct StaticStr { _Alignas(16) Object hdr; uint32_t length; _Atomic uint32_t hash; uint8_t u1[8]; } StaticStr;
_Static_assert(offsetof(StaticStr, u1) == STR_HEADER, "StaticStr is a Str");

#define CHAR1(c) {{SHAPE_str, K_STR, OBJ_IMMUTABLE | STR_INTERNED | ((c) < 128 ? STR_ASCII : 0), 0, 0}, 1, 0, {(c), 0}},
#define CHAR4(c) CHAR1(c) CHAR1((c) + 1) CHAR1((c) + 2) CHAR1((c) + 3)
#define CHAR16(c) CHAR4(c) CHAR4((c) + 4) CHAR4((c) + 8) CHAR4((c) + 12)
#define CHAR64(c) CHAR16(c) CHAR16((c) + 16) CHAR16((c) + 32) CHAR16((c) + 48)
static StaticStr latin1_chars[256] = {CHAR64(0) CHAR64(64) CHAR64(128) CHAR64(192)}; /* only their hash words are ever written */
static StaticStr empty_str = {{SHAPE_str, K_STR, OBJ_IMMUTABLE | STR_INTERNED | STR_ASCII, 0, 0}, 0, 0, {0}};
Str *const str_empty_ = (Str *)&empty_str;

/* Names known to the C code. Filled while the process starts, then read without locks. */
#define PERM_SLOTS 4096
static Str *perm_table[PERM_SLOTS];
static uint32_t perm_used;
static pthread_mutex_t perm_lock = PTHREAD_MUTEX_INITIALIZER;

/* Where the string with these units is or would be; flags: its width and whether it is ASCII. */
static Str **perm_slot(const void *units, uint32_t length, uint8_t flags, uint32_t hash) {
  for (uint32_t i = hash;; i++) {
    Str **slot = &perm_table[i & (PERM_SLOTS - 1)], *t = load_acquire(slot);
    if (!t) return slot;
    if (atomic_load_explicit(&t->hash, memory_order_relaxed) != hash || t->length != length) continue;
    if (((t->hdr.flags ^ flags) & (STR_WIDTH_MASK | STR_ASCII)) == 0 && memcmp(t->u1, units, (size_t)length << str_width(t)) == 0) return slot;
  }
}

static Str *perm_add(const void *units, uint32_t length, uint8_t flags, uint32_t hash) {
  size_t size = (size_t)length << (flags & STR_WIDTH_MASK);
  pthread_mutex_lock(&perm_lock);
  Str **slot = perm_slot(units, length, flags, hash), *s = *slot;
  if (!s) {
    if (++perm_used > PERM_SLOTS / 4 * 3) RP_FATAL("too many builtin names: raise PERM_SLOTS");
    s = (Str *)perm_object(SHAPE_str, K_STR, str_data_size(length, flags & STR_WIDTH_MASK));
    s->hdr.flags |= STR_INTERNED | flags;
    s->length = length;
    memcpy(s->u1, units, size);
    atomic_store_explicit(&s->hash, hash, memory_order_relaxed);
    store_release(slot, s);
  }
  pthread_mutex_unlock(&perm_lock);
  return s;
}

static size_t utf8_measure(const char *s, size_t n, uint32_t *max) {
  size_t count = 0;
  uint32_t m = 0;
  for (size_t i = 0; i < n; count++) m |= unicode_utf8_next(s, &i);
  *max = m;
  return count;
}

static uint8_t flags_for(uint32_t max_char) { return (uint8_t)(width_for(max_char) | (max_char < 0x80 ? STR_ASCII : 0)); }

static bool is_ascii(const char *s, size_t n) {
  uint8_t all = 0;
  for (size_t i = 0; i < n; i++) all |= (uint8_t)s[i];
  return all < 0x80;
}

static Str *perm_units(const void *units, size_t length, uint8_t flags) {
  uint32_t hash = mem_hash(units, length << (flags & STR_WIDTH_MASK));
  Str *s = load_acquire(perm_slot(units, (uint32_t)length, flags, hash));
  return s ? s : perm_add(units, (uint32_t)length, flags, hash);
}

void str_perm_init(void) { perm_prefault(perm_table, sizeof perm_table); }

Str *str_perm(const char *utf8) {
  size_t n = strlen(utf8);
  if (n == 0) return str_empty_;
  if (n == 1) return (Str *)&latin1_chars[(uint8_t)utf8[0]];
  if (is_ascii(utf8, n)) return perm_units(utf8, n, flags_for(0x7F));
  uint32_t max;
  size_t length = utf8_measure(utf8, n, &max), i = 0;
  if (length == 1 && max < 256) return (Str *)&latin1_chars[max];
  uint32_t *units = malloc(length * sizeof *units); /* wide enough for any width */
  if (!units) RP_FATAL("no memory for the builtin names");
  for (uint32_t k = 0; k < length; k++) unit_put(units, width_for(max), k, unicode_utf8_next(utf8, &i));
  Str *s = perm_units(units, length, flags_for(max));
  free(units);
  return s;
}

/* -- Units -------------------------------------------------------------------------------------------------- */

void unit_copy(void *dst, int dw, size_t at, const void *src, int sw, size_t from, size_t n) {
  if (dw == sw) {
    memcpy((char *)dst + (at << dw), (const char *)src + (from << sw), n << dw);
    return;
  }
#define COPY(D, T) for (size_t i = 0; i < n; i++) ((D *)dst)[at + i] = (D)((const T *)src)[from + i]
  switch (dw * 3 + sw) {
  case 1: COPY(uint8_t, uint16_t); break;
  case 2: COPY(uint8_t, uint32_t); break;
  case 3: COPY(uint16_t, uint8_t); break;
  case 5: COPY(uint16_t, uint32_t); break;
  case 6: COPY(uint32_t, uint8_t); break;
  case 7: COPY(uint32_t, uint16_t); break;
  }
#undef COPY
}

static bool bytes_all_ascii(const uint8_t *p, size_t n) {
  size_t i = 0;
  uint64_t w;
  for (; i + 8 <= n; i += 8) {
    memcpy(&w, p + i, 8);
    if (w & 0x8080808080808080ull) return false;
  }
  for (; i < n; i++)
    if (p[i] & 0x80) return false;
  return true;
}

uint32_t unit_max(const void *data, int w, size_t from, size_t n) {
  uint32_t m = 0;
  if (w == 0) return bytes_all_ascii((const uint8_t *)data + from, n) ? 0x7f : 0xff;
  if (w == 1) {
    const uint16_t *p = (const uint16_t *)data + from;
    for (size_t i = 0; i < n; i++) m |= p[i];
  } else {
    const uint32_t *p = (const uint32_t *)data + from;
    for (size_t i = 0; i < n; i++) m |= p[i];
  }
  return m < 0x80 ? 0x7f : m < 0x100 ? 0xff : m < 0x10000 ? 0xffff : 0x10ffff;
}

uint32_t *str_to_ucs4(RpThread *th, const Str *s) {
  uint32_t *p = malloc(((size_t)s->length + 1) * 4);
  if (!p) return raise_memory(th), NULL;
  unit_copy(p, 2, 0, s->u1, str_width(s), 0, s->length);
  p[s->length] = 0;
  return p;
}

/* -- Making strings ------------------------------------------------------------------------------------------ */

Str *str_alloc(RpThread *th, uint32_t n, uint32_t max_char) {
  int w = width_for(max_char);
  if (n > STR_MAX_LENGTH) return raise_memory(th), NULL;
  size_t size = (str_data_size(n, w) + 7) & ~(size_t)7;
  Str *s = (Str *)(likely(size <= SMALL_MAX) ? heap_alloc_fast(th, SHAPE_str, K_STR, size) : heap_alloc(th, SHAPE_str, K_STR, size));
  if (!s) return NULL;
  s->hdr.flags |= flags_for(max_char);
  s->length = n;
  return s; /* the cell is zeroed: the terminator is there */
}

Str *str_from_units(RpThread *th, const void *data, int w, size_t n) {
  if (n == 0) return str_empty_;
  if (n == 1) return str_from_char(th, unit_get(data, w, 0));
  if (TOO_BIG(n)) return raise_memory(th), NULL;
  uint32_t max = unit_max(data, w, 0, n);
  Str *s = str_alloc(th, (uint32_t)n, max);
  if (s) unit_copy(s->u1, str_width(s), 0, data, w, 0, n);
  return s;
}

Str *str_from_latin1(RpThread *th, const uint8_t *s, size_t n) { return str_from_units(th, s, 0, n); }
Str *str_from_ucs4(RpThread *th, const uint32_t *s, size_t n) { return str_from_units(th, s, 2, n); }
Str *str_from_c(RpThread *th, const char *s) { return str_from_utf8(th, s, strlen(s)); }

Str *str_from_char(RpThread *th, uint32_t c) {
  if (c < 256) return (Str *)&latin1_chars[c];
  Str *s = str_alloc(th, 1, c);
  if (s) str_put(s, 0, c);
  return s;
}

/* Valid UTF-8, in which surrogates may be encoded too. */
static bool wtf8_check(const char *s, size_t n, Utf8Error *e) {
  size_t at = 0;
  while (!unicode_utf8_check(s + at, n - at, e)) {
    const uint8_t *p = (const uint8_t *)s + at + e->start;
    if (n - at - e->start < 3 || p[0] != 0xED || (p[1] & 0xE0) != 0xA0 || (p[2] & 0xC0) != 0x80) {
      e->start += at;
      e->end += at;
      return false;
    }
    at += e->start + 3;
  }
  return true;
}

Str *str_from_utf8(RpThread *th, const char *s, size_t n) {
  if (bytes_all_ascii((const uint8_t *)s, n)) return str_from_latin1(th, (const uint8_t *)s, n);
  Utf8Error e;
  if (!wtf8_check(s, n, &e)) {
    char text[200];
    unicode_utf8_error_text(s, &e, text, sizeof text);
    return raise_value(th, "%s", text), NULL;
  }
  uint32_t max;
  size_t length = utf8_measure(s, n, &max), i = 0;
  if (length == 1) return str_from_char(th, max);
  if (TOO_BIG(length)) return raise_memory(th), NULL;
  Str *out = str_alloc(th, (uint32_t)length, max);
  if (!out) return NULL;
  int w = str_width(out);
  for (size_t k = 0; k < length; k++) unit_put(out->u1, w, k, unicode_utf8_next(s, &i));
  return out;
}

Str *str_as_type(RpThread *th, Type *t, Str *s) {
  if (t == &type_str) {
    if (s->hdr.shape_id == SHAPE_str) return s;
    Str *copy = str_alloc(th, s->length, str_max(s));
    if (copy) memcpy(copy->u1, s->u1, (size_t)s->length << str_width(s));
    return copy;
  }
  int w = str_width(s);
  size_t size = ((str_data_size(s->length, w) + 7) & ~(size_t)7) + 8; /* and the overflow word: obj_trailing_word() */
  Str *o = (Str *)heap_alloc(th, t->root_shape_id, K_STR, size);
  if (!o) return NULL;
  o->hdr.flags |= s->hdr.flags & (STR_WIDTH_MASK | STR_ASCII);
  o->length = s->length;
  memcpy(o->u1, s->u1, (size_t)s->length << w);
  return o;
}

const char *str_utf8(RpThread *th, Str *s, size_t *n) {
  if (str_is_ascii(s)) {
    if (n) *n = s->length;
    return s->c;
  }
  int w = str_width(s);
  size_t size = 0;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = unit_get(s->u1, w, i);
    if (c >= 0xD800 && c < 0xE000) {
      raise_value(th, "'utf-8' codec can't encode character '\\u%04x' in position %u: surrogates not allowed", c, i);
      return NULL;
    }
    size += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
  Bytes *b = bytes_new(th, NULL, size);
  if (!b) return NULL;
  char *p = (char *)b->data;
  for (uint32_t i = 0; i < s->length; i++) p += unicode_utf8_put(unit_get(s->u1, w, i), p);
  if (n) *n = size;
  return (const char *)b->data;
}

/* -- Hash, equality, order ------------------------------------------------------------------------------------- */

/* Multiply-and-fold over 8-byte words (the idea of wyhash, Wang Yi). Equal strings have equal width, so the bytes decide. */
static uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 m = (unsigned __int128)a * b;
  return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint32_t mem_hash(const void *data, size_t n) {
  const uint8_t *p = data;
  uint64_t h = 0x9E3779B97F4A7C15ull ^ n, w = 0;
  for (; n >= 8; n -= 8, p += 8) {
    memcpy(&w, p, 8);
    h = fold(h ^ w, 0xD6E8FEB86659FD93ull);
  }
  w = 0;
  memcpy(&w, p, n);
  h = fold(h ^ w, 0xA0761D6478BD642Full);
  h = fold(h, 0xE7037ED1A0B428DBull);
  uint32_t r = (uint32_t)h ^ (uint32_t)(h >> 32);
  return r ? r : 1;
}

uint32_t str_hash(Str *s) {
  uint32_t h = atomic_load_explicit(&s->hash, memory_order_relaxed);
  if (likely(h)) return h;
  h = mem_hash(s->u1, (size_t)s->length << str_width(s));
  atomic_store_explicit(&s->hash, h, memory_order_relaxed);
  return h;
}

bool str_eq(const Str *a, const Str *b) {
  if (a == b) return true;
  if (a->length != b->length || (a->hdr.flags ^ b->hdr.flags) & (STR_WIDTH_MASK | STR_ASCII)) return false;
  uint32_t ha = atomic_load_explicit(&((Str *)a)->hash, memory_order_relaxed);
  uint32_t hb = atomic_load_explicit(&((Str *)b)->hash, memory_order_relaxed);
  if (ha != hb && ha && hb) return false;
  return memcmp(a->u1, b->u1, (size_t)a->length << str_width(a)) == 0;
}

bool str_eq_c(const Str *a, const char *ascii) {
  return str_is_ascii(a) && strlen(ascii) == a->length && memcmp(a->c, ascii, a->length) == 0;
}

int str_cmp(const Str *a, const Str *b) {
  uint32_t n = a->length < b->length ? a->length : b->length;
  int wa = str_width(a), wb = str_width(b);
  if (wa == 0 && wb == 0) {
    int c = memcmp(a->u1, b->u1, n);
    if (c) return c;
  } else {
    for (uint32_t i = 0; i < n; i++) {
      uint32_t x = unit_get(a->u1, wa, i), y = unit_get(b->u1, wb, i);
      if (x != y) return x < y ? -1 : 1;
    }
  }
  return a->length < b->length ? -1 : a->length > b->length;
}

/* -- Interning -------------------------------------------------------------------------------------------------- */

/* ctx->interned is an Array used as an open-addressing table: items[0] counts, items[1] is the codecs' state (text_state), the others are Strs
** or EMPTY, of a power-of-two number. Readers take no lock: an entry is stored whole, a grown table is published with one store. */
#define TABLE_HEAD 2

static Str *table_find(Array *t, Str *s, uint32_t *at) {
  uint32_t mask = t->capacity - TABLE_HEAD - 1, i = str_hash(s);
  while (true) {
    Value v = load_acquire(&t->items[TABLE_HEAD + (i & mask)]);
    *at = TABLE_HEAD + (i & mask);
    if (v == EMPTY) return NULL;
    if (str_eq(as_str(v), s)) return as_str(v);
    i++;
  }
}

static Array *table_new(RpThread *th, uint32_t slots) {
  Array *t = heap_alloc_array(th, slots + TABLE_HEAD);
  if (!t) return NULL;
  t->capacity = slots + TABLE_HEAD; /* whatever the allocator rounded it to */
  t->length = slots + TABLE_HEAD;
  t->items[0] = value_int(0);
  return t;
}

static bool table_grow(RpThread *th, Array *old) {
  RpContext *ctx = th->ctx;
  Array *t = table_new(th, old ? (old->capacity - TABLE_HEAD) * 2 : 128);
  if (!t) return false;
  if (old) obj_lock(th, old);
  if (load_acquire(&ctx->interned) == value_object(old)) {
    for (uint32_t i = TABLE_HEAD; old && i < old->capacity; i++) {
      uint32_t at;
      if (old->items[i] == EMPTY) continue;
      table_find(t, as_str(old->items[i]), &at);
      t->items[at] = old->items[i];
    }
    for (int i = 0; old && i < TABLE_HEAD; i++) t->items[i] = old->items[i];
    heap_barrier_bulk(th, t);
    store_release(&ctx->interned, value_object(t));
  }
  if (old) obj_unlock(th, old);
  return true;
}

static Str *intern_slow(RpThread *th, Str *s) {
  RpContext *ctx = th->ctx;
  uint32_t at;
  if (s->hdr.shape_id != SHAPE_str) {
    s = str_as_type(th, &type_str, s);
    if (!s) return NULL;
  }
  while (true) {
    Array *t = (Array *)as_object(load_acquire(&ctx->interned));
    if (!t || (uint64_t)as_int(load_relaxed(&t->items[0])) * 4 >= (uint64_t)(t->capacity - TABLE_HEAD) * 3) {
      if (!table_grow(th, t)) return NULL;
      continue;
    }
    obj_lock(th, t);
    if (load_acquire(&ctx->interned) != value_object(t)) {
      obj_unlock(th, t);
      continue;
    }
    Str *found = table_find(t, s, &at);
    if (!found) {
      __atomic_fetch_or(&s->hdr.flags, STR_INTERNED, __ATOMIC_RELAXED);
      store_relaxed(&t->items[0], value_int(as_int(t->items[0]) + 1));
      __atomic_thread_fence(__ATOMIC_RELEASE);
      obj_store(th, t, &t->items[at], value_object(s));
      found = s;
    }
    obj_unlock(th, t);
    return found;
  }
}

Value text_state(RpThread *th, Value fresh) {
  RpContext *ctx = th->ctx;
  while (true) {
    Array *t = (Array *)as_object(load_acquire(&ctx->interned));
    if (!t) {
      if (!table_grow(th, NULL)) return EMPTY;
      continue;
    }
    Value v = load_acquire(&t->items[1]);
    if (v != EMPTY || fresh == EMPTY) return v;
    obj_lock(th, t);
    if (load_acquire(&ctx->interned) == value_object(t) && t->items[1] == EMPTY) obj_store(th, t, &t->items[1], fresh);
    obj_unlock(th, t);
  }
}

/* The interned twin of s, or NULL. */
static Str *intern_find(RpThread *th, Str *s) {
  if (s->hdr.flags & STR_INTERNED) return s;
  if (s->length == 0) return str_empty_;
  if (s->length == 1 && str_width(s) == 0) return (Str *)&latin1_chars[s->u1[0]];
  Str *p = load_acquire(perm_slot(s->u1, s->length, s->hdr.flags, str_hash(s)));
  if (p) return p;
  uint32_t at;
  Value t = load_acquire(&th->ctx->interned);
  return t == EMPTY ? NULL : table_find((Array *)as_object(t), s, &at);
}

Str *str_intern(RpThread *th, Str *s) {
  if (likely(s->hdr.flags & STR_INTERNED)) return s;
  Str *found = intern_find(th, s);
  return found ? found : intern_slow(th, s);
}

Str *str_intern_c(RpThread *th, const char *s) {
  size_t n = strlen(s);
  if (n > 1 && is_ascii(s, n)) { /* mostly a builtin name: nothing is allocated */
    uint8_t flags = flags_for(0x7F);
    Str *p = load_acquire(perm_slot(s, (uint32_t)n, flags, mem_hash(s, n)));
    if (p) return p;
  }
  Str *o = str_from_c(th, s);
  return o ? str_intern(th, o) : NULL;
}

/* -- Concatenation, slices, join ---------------------------------------------------------------------------------- */

Str *str_concat(RpThread *th, Str *a, Str *b) {
  if (a->length == 0 && b->hdr.shape_id == SHAPE_str) return b;
  if (b->length == 0 && a->hdr.shape_id == SHAPE_str) return a;
  uint64_t n = (uint64_t)a->length + b->length;
  if (TOO_BIG(n)) return raise_memory(th), NULL;
  uint32_t ma = str_max(a), mb = str_max(b);
  Str *s = str_alloc(th, (uint32_t)n, ma > mb ? ma : mb);
  if (!s) return NULL;
  int w = str_width(s);
  unit_copy(s->u1, w, 0, a->u1, str_width(a), 0, a->length);
  unit_copy(s->u1, w, a->length, b->u1, str_width(b), 0, b->length);
  return s;
}

Str *str_slice(RpThread *th, Str *s, uint32_t lo, uint32_t hi) {
  if (lo >= hi) return str_empty_;
  if (lo == 0 && hi == s->length && s->hdr.shape_id == SHAPE_str) return s;
  int w = str_width(s);
  uint32_t n = hi - lo;
  if (n == 1) return str_from_char(th, unit_get(s->u1, w, lo));
  if (str_is_ascii(s)) {
    Str *out = str_alloc(th, n, 0x7f);
    if (out) memcpy(out->u1, s->u1 + lo, n);
    return out;
  }
  Str *out = str_alloc(th, n, unit_max(s->u1, w, lo, n));
  if (out) unit_copy(out->u1, str_width(out), 0, s->u1, w, lo, n);
  return out;
}

Str *str_join(RpThread *th, Str *sep, const Value *parts, size_t n) {
  if (n == 0) return str_empty_;
  uint64_t total = sep ? (uint64_t)sep->length * (n - 1) : 0;
  uint32_t max = sep && n > 1 ? str_max(sep) : 0;
  for (size_t i = 0; i < n; i++) {
    if (!str_check(parts[i])) {
      raise_type(th, "sequence item %zu: expected str instance, %T found", i, parts[i]);
      return NULL;
    }
    const Str *p = as_str(parts[i]);
    uint32_t m = p->length ? str_max(p) : 0;
    if (m > max) max = m;
    total += p->length;
  }
  if (n == 1 && is_exact_str(parts[0])) return as_str(parts[0]);
  if (total == 0) return str_empty_;
  if (TOO_BIG(total)) return raise_overflow(th, "join() result is too long for a Python string"), NULL;
  Str *s = str_alloc(th, (uint32_t)total, max);
  if (!s) return NULL;
  int w = str_width(s);
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    const Str *p = as_str(parts[i]);
    if (i && sep) {
      unit_copy(s->u1, w, at, sep->u1, str_width(sep), 0, sep->length);
      at += sep->length;
    }
    unit_copy(s->u1, w, at, p->u1, str_width(p), 0, p->length);
    at += p->length;
  }
  return s;
}

/* -- Search ------------------------------------------------------------------------------------------------------------ */

int64_t mem_find(const uint8_t *s, size_t n, const uint8_t *sub, size_t m) {
  if (m > n) return -1;
  if (m == 0) return 0;
  const uint8_t *p = m == 1 ? memchr(s, sub[0], n) : memmem(s, n, sub, m);
  return p ? p - s : -1;
}

int64_t mem_rfind(const uint8_t *s, size_t n, const uint8_t *sub, size_t m) {
  if (m > n) return -1;
  if (m == 0) return (int64_t)n;
  for (size_t end = n - m + 1; end > 0;) {
    const uint8_t *p = memrchr(s, sub[0], end);
    if (!p) return -1;
    if (memcmp(p, sub, m) == 0) return p - s;
    end = (size_t)(p - s);
  }
  return -1;
}

static bool units_match(const Str *s, uint32_t at, const Str *sub) {
  int ws = str_width(s), wb = str_width(sub);
  if (ws == wb) return memcmp(s->u1 + ((size_t)at << ws), sub->u1, (size_t)sub->length << ws) == 0;
  for (uint32_t i = 0; i < sub->length; i++)
    if (unit_get(s->u1, ws, at + i) != unit_get(sub->u1, wb, i)) return false;
  return true;
}

int64_t str_find(const Str *s, uint32_t lo, uint32_t hi, const Str *sub) {
  uint32_t m = sub->length;
  if (lo > hi || m > hi - lo) return -1;
  if (m == 0) return lo;
  int w = str_width(s);
  if (str_width(sub) > w) return -1;
  if (w == 0) {
    int64_t r = mem_find(s->u1 + lo, hi - lo, sub->u1, m);
    return r < 0 ? -1 : r + lo;
  }
  uint32_t first = str_at(sub, 0), last = hi - m;
  for (uint32_t i = lo; w == 1 && i <= last; i++)
    if (s->u2[i] == first && units_match(s, i, sub)) return i;
  for (uint32_t i = lo; w == 2 && i <= last; i++)
    if (s->u4[i] == first && units_match(s, i, sub)) return i;
  return -1;
}

int64_t str_rfind(const Str *s, uint32_t lo, uint32_t hi, const Str *sub) {
  uint32_t m = sub->length;
  if (lo > hi || m > hi - lo) return -1;
  if (m == 0) return hi;
  int w = str_width(s);
  if (str_width(sub) > w) return -1;
  if (w == 0) {
    int64_t r = mem_rfind(s->u1 + lo, hi - lo, sub->u1, m);
    return r < 0 ? -1 : r + lo;
  }
  uint32_t first = str_at(sub, 0);
  for (uint32_t i = hi - m + 1; i-- > lo;)
    if (unit_get(s->u1, w, i) == first && units_match(s, i, sub)) return i;
  return -1;
}

/* -- Arguments ----------------------------------------------------------------------------------------------------------- */

static bool arg_bound(RpThread *th, Value v, int64_t n, int64_t dflt, int64_t *out) {
  *out = dflt;
  if (v == EMPTY || v == NONE) return true;
  if (is_int(v)) *out = as_int(v);
  else if (!int_check(v) && !type_of(v)->slots.index)
    return raise_type(th, "slice indices must be integers or None or have an __index__ method"), false;
  else if (!op_as_size(th, v, out)) return false;
  if (*out < 0 && (*out += n) < 0) *out = 0;
  return true;
}

bool arg_range(RpThread *th, Value start, Value end, int64_t n, int64_t *lo, int64_t *hi) {
  if (!arg_bound(th, start, n, 0, lo) || !arg_bound(th, end, n, n, hi)) return false;
  if (*hi > n) *hi = n;
  return true;
}

bool arg_ssize(RpThread *th, Value v, int64_t dflt, int64_t *out) {
  *out = dflt;
  if (v == EMPTY) return true;
  if (is_int(v)) return *out = as_int(v), true;
  Value i = op_index(th, v);
  if (i == EMPTY) return false;
  if (!int_as_i64(i, out)) return raise_overflow(th, "Python int too large to convert to C ssize_t"), false;
  return true;
}

bool arg_repeat(RpThread *th, Value count, int64_t *n) {
  if (is_int(count)) return *n = as_int(count), true;
  if (!int_check(count) && !type_of(count)->slots.index)
    return raise_type(th, "can't multiply sequence by non-int of type '%T'", count), false;
  Value v = op_index(th, count);
  if (v == EMPTY) return false;
  if (!int_as_i64(v, n)) return raise_overflow(th, "cannot fit '%T' into an index-sized integer", count), false;
  return true;
}

void mem_repeat(void *dst, const void *src, size_t size, size_t n) {
  if (size == 1) {
    memset(dst, *(const uint8_t *)src, n);
    return;
  }
  size_t total = size * n, done = size;
  memcpy(dst, src, size);
  while (done < total) { /* doubling */
    size_t k = done < total - done ? done : total - done;
    memcpy((char *)dst + done, dst, k);
    done += k;
  }
}

bool args_by_name(RpThread *th, const char *fn, const Value *args, int n_pos, Tuple *kwnames, const char *const *names, int n_names,
               int n_required, Value *out) {
  int n_kw = kwnames ? (int)kwnames->length : 0;
  for (int i = 0; i < n_names; i++) out[i] = EMPTY;
  if (n_pos + n_kw > n_names) {
    raise_type(th, "%s() takes at most %d argument%s (%d given)", fn, n_names, n_names == 1 ? "" : "s", n_pos + n_kw);
    return false;
  }
  for (int i = 0; i < n_pos; i++) out[i] = args[i];
  for (int k = 0; k < n_kw; k++) {
    Str *name = as_str(kwnames->items[k]);
    int i = 0;
    while (i < n_names && !str_eq_c(name, names[i])) i++;
    if (i == n_names) return raise_type(th, "'%S' is an invalid keyword argument for %s()", name, fn), false;
    if (out[i] != EMPTY) {
      raise_type(th, "argument for %s() given by name ('%S') and position (%d)", fn, name, i + 1);
      return false;
    }
    out[i] = args[n_pos + k];
  }
  for (int i = 0; i < n_required; i++) {
    if (out[i] != EMPTY) continue;
    raise_type(th, "%s() missing required argument '%s' (pos %d)", fn, names[i], i + 1);
    return false;
  }
  return true;
}
