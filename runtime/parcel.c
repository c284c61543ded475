/* parcel.c: see parcel.h. A parcel is a row of words, written and read in the same recursive order: a tag with a length, then what it counts. Every object gets a
** number where it first comes; a second reference to it is that number. Items are what travels as it is. */
#include "runtime/parcel.h"
#include "runtime/block.h"
#include "runtime/channel.h"
#include "runtime/cont.h"
#include "runtime/int.h"
#include "runtime/memoryview.h"
#include "runtime/num_array.h"
#include "runtime/str_util.h"

typedef enum Tag { P_VALUE, P_REF, P_INT, P_COMPLEX, P_STR, P_BYTES, P_BYTEARRAY, P_VIEW, P_LIST, P_TUPLE, P_SET, P_FROZENSET, P_DICT, P_ITEM } Tag;
/* The first word of a record: tag in the low byte, a small number in the second, a length above. */
ALWAYS_INLINE uint64_t head(Tag tag, unsigned small, uint64_t n) { return (uint64_t)tag | (uint64_t)small << 8 | n << 16; }

struct Parcel {
  uint64_t *words;
  size_t n, cap;
  ParcelItem *items;
  uint32_t n_items, cap_items;
  uint32_t n_objects;
};

void parcel_drop(Parcel *p) {
  if (!p) return;
  for (uint32_t i = 0; i < p->n_items; i++)
    if (p->items[i].data) p->items[i].kind->drop(p->items[i].data);
  free(p->items);
  free(p->words);
  free(p);
}

/* -- Arrays and channels as items ---------------------------------------------------------------------------------------------------------- */

static Value open_array(RpThread *th, void *data) {
  Value v = array_from_store(th, data);
  free(data);
  return v;
}
static void drop_array(void *data) {
  array_store_drop(data);
  free(data);
}
static const ParcelKind array_item = {open_array, drop_array};

static Value open_channel(RpThread *th, void *data) {
  Value v = channel_object(th, data);
  channel_release(data);
  return v;
}
static void drop_channel(void *data) { channel_release(data); }
static const ParcelKind channel_item = {open_channel, drop_channel};

/* -- Packing ------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Seen { const Object *o; uint32_t number; } Seen;
/* An array whose storage is taken when everything else is packed. */
typedef struct Pending { Value array; uint32_t item; } Pending;
typedef struct Packer {
  RpThread *th;
  Parcel *p;
  bool move;
  Seen *seen; /* open addressing; o NULL: free */
  uint32_t n_seen, cap_seen;
  Pending *arrays;
  uint32_t n_arrays, cap_arrays;
} Packer;

/* Room for one more in a malloc'ed row. false + MemoryError. */
static bool more(RpThread *th, void **v, uint32_t n, uint32_t *cap, size_t size) {
  if (n < *cap) return true;
  uint32_t bigger = *cap ? *cap * 2 : 8;
  void *p = realloc(*v, bigger * size);
  if (!p) return raise_memory(th), false;
  *v = p;
  *cap = bigger;
  return true;
}

static uint64_t *put_words(Packer *k, size_t n) {
  Parcel *p = k->p;
  if (p->cap - p->n < n) {
    size_t cap = p->cap * 2 > p->n + n ? p->cap * 2 : p->n + n + 16;
    uint64_t *w = cap < SIZE_MAX / 16 ? realloc(p->words, cap * 8) : NULL;
    if (!w) return raise_memory(k->th), NULL;
    p->words = w;
    p->cap = cap;
  }
  p->n += n;
  return p->words + p->n - n;
}
static bool put(Packer *k, uint64_t word) {
  uint64_t *w = put_words(k, 1);
  if (w) *w = word;
  return w != NULL;
}
static bool put_bytes(Packer *k, const void *data, size_t n) {
  uint64_t *w = put_words(k, (n + 7) / 8);
  if (!w) return false;
  if (n % 8) w[n / 8] = 0;
  memcpy(w, data, n);
  return true;
}

static Seen *seen_slot(const Packer *k, const Object *o) {
  uint32_t mask = k->cap_seen - 1, i = (uint32_t)(((uintptr_t)o >> 4) * 0x9E3779B97F4A7C15ull >> 32);
  while (k->seen[i & mask].o && k->seen[i & mask].o != o) i++;
  return &k->seen[i & mask];
}
/* 1 a reference was written, 0 the object is new and has its number now, -1. */
static int see(Packer *k, const Object *o) {
  if (k->n_seen * 2 >= k->cap_seen) {
    Packer old = *k;
    k->cap_seen = old.cap_seen ? old.cap_seen * 2 : 32;
    k->seen = calloc(k->cap_seen, sizeof *k->seen);
    if (!k->seen) {
      *k = old;
      return raise_memory(k->th), -1;
    }
    for (uint32_t i = 0; i < old.cap_seen; i++)
      if (old.seen[i].o) *seen_slot(k, old.seen[i].o) = old.seen[i];
    free(old.seen);
  }
  Seen *s = seen_slot(k, o);
  if (s->o) return put(k, head(P_REF, 0, s->number)) ? 1 : -1;
  *s = (Seen){o, k->p->n_objects++};
  k->n_seen++;
  return 0;
}

static bool put_item(Packer *k, const ParcelKind *kind, void *data) {
  Parcel *p = k->p;
  if (!put(k, head(P_ITEM, 0, p->n_items)) || !more(k->th, (void **)&p->items, p->n_items, &p->cap_items, sizeof *p->items)) {
    if (data) kind->drop(data);
    return false;
  }
  p->items[p->n_items++] = (ParcelItem){kind, data};
  return true;
}

static bool pack(Packer *k, Value v);

/* Between counting and writing another thread may change the container: the length is written last. */
static bool pack_list(Packer *k, List *l) {
  size_t at = k->p->n;
  if (!put(k, 0)) return false;
  uint64_t n = 0;
  for (Value v; (v = list_get_fast(l, (int64_t)n)) != EMPTY; n++)
    if (!pack(k, v)) return false;
  k->p->words[at] = head(P_LIST, 0, n);
  return true;
}
static bool pack_dict(Packer *k, Value v) {
  Value now = cont_snapshot(k->th, v), key, value;
  if (now == EMPTY) return false;
  size_t at = k->p->n;
  uint64_t n = 0;
  uint32_t pos = 0;
  if (!put(k, 0)) return false;
  for (; dict_next(as_dict(now), &pos, &key, &value); n++)
    if (!pack(k, key) || !pack(k, value)) return false;
  k->p->words[at] = head(P_DICT, 0, n);
  return true;
}
static bool pack_set(Packer *k, Value v, Tag tag) {
  Value now = cont_snapshot(k->th, v), key;
  if (now == EMPTY) return false;
  size_t at = k->p->n;
  uint64_t n = 0;
  uint32_t pos = 0;
  if (!put(k, 0)) return false;
  for (; set_next(as_set(now), &pos, &key); n++)
    if (!pack(k, key)) return false;
  k->p->words[at] = head(tag, 0, n);
  return true;
}
static bool pack_str(Packer *k, const Str *s) {
  return put(k, head(P_STR, (unsigned)str_width(s), s->length)) && put_bytes(k, s->u1, (size_t)s->length << str_width(s));
}
static bool pack_int(Packer *k, const Int *i) {
  size_t n = (size_t)(i->n_limbs < 0 ? -i->n_limbs : i->n_limbs);
  return put(k, head(P_INT, i->n_limbs < 0, n)) && put_bytes(k, i->limbs, n * 8);
}
static bool pack_complex(Packer *k, const Complex *z) { return put(k, head(P_COMPLEX, 0, 0)) && put_bytes(k, &z->re, 16); }
static bool pack_span(Packer *k, Value v, Tag tag) {
  Span s = bytes_span(v);
  return put(k, head(tag, 0, s.n)) && put_bytes(k, s.p, s.n);
}
/* Format (two words), shape, bytes in C order. */
static bool pack_view(Packer *k, Value v) {
  Buffer b;
  char format[16] = "";
  if (buffer_acquire(k->th, v, &b, false) < 0) return false;
  snprintf(format, sizeof format, "%s", b.format ? b.format : "B");
  bool ok = put(k, head(P_VIEW, (unsigned)b.ndim * 2 + b.readonly, (uint64_t)b.size)) && put_bytes(k, format, 16) && put_bytes(k, b.shape, (size_t)b.ndim * 8);
  uint64_t *w = ok ? put_words(k, ((size_t)b.size + 7) / 8) : NULL;
  if (w) buffer_copy_out(&b, w);
  buffer_release(k->th, &b);
  return w != NULL;
}
static bool pack_array(Packer *k, Value v) {
  if (!more(k->th, (void **)&k->arrays, k->n_arrays, &k->cap_arrays, sizeof *k->arrays)) return false;
  k->arrays[k->n_arrays++] = (Pending){v, k->p->n_items};
  return put_item(k, &array_item, NULL);
}

static bool refuse(Packer *k, Value v) {
  raise_type(k->th, "cannot send %V (%T) to another context: numbers, str, bytes, bytearray, memoryview, list, tuple, dict, set, frozenset, array.array, viz.Image, "
             "Channel, None and builtin types can be sent", v, v);
  return false;
}

static bool pack_other(Packer *k, Value v) {
  if (array_check_exact(v)) return pack_array(k, v);
  if (has_shape(v, SHAPE_channel)) return put_item(k, &channel_item, channel_retain(channel_of(v)));
  ParcelItem item;
  int rc = rt_hooks.pack_object ? rt_hooks.pack_object(k->th, v, &item) : 0;
  if (rc == 0) return refuse(k, v);
  return rc > 0 && put_item(k, item.kind, item.data);
}

static bool pack_object(Packer *k, Value v) {
  Object *o = as_object(v);
  switch (obj_shape_id(o)) {
  case SHAPE_str: return pack_str(k, as_str(v));
  case SHAPE_int: return pack_int(k, (Int *)o);
  case SHAPE_complex: return pack_complex(k, (Complex *)o);
  case SHAPE_bytes: return pack_span(k, v, P_BYTES);
  case SHAPE_bytearray: return pack_span(k, v, P_BYTEARRAY);
  case SHAPE_memoryview: return pack_view(k, v);
  case SHAPE_list: return pack_list(k, as_list(v));
  case SHAPE_dict: return pack_dict(k, v);
  case SHAPE_set: return pack_set(k, v, P_SET);
  case SHAPE_frozenset: return pack_set(k, v, P_FROZENSET);
  case SHAPE_tuple:
    if (!put(k, head(P_TUPLE, 0, as_tuple(v)->length))) return false;
    for (uint64_t i = 0; i < as_tuple(v)->length; i++)
      if (!pack(k, as_tuple(v)->items[i])) return false;
    return true;
  default: return pack_other(k, v);
  }
}

static bool pack(Packer *k, Value v) {
  /* What is no object means the same everywhere, and so do objects outside of all heaps: builtin types, names, (). */
  if (!is_object(v) || !block_in_arena(v)) return put(k, head(P_VALUE, 0, 0)) && put(k, v);
  if (!thread_check_stack(k->th, " while sending to another context")) return false;
  int rc = see(k, as_object(v));
  return rc ? rc > 0 : pack_object(k, v);
}

/* The contents of arrays, last of all, since from here on nothing else can fail. */
static bool take_arrays(Packer *k) {
  for (uint32_t i = 0; i < k->n_arrays; i++) {
    ArrayStore *s = malloc(sizeof *s);
    bool ok = s ? (k->move ? array_store_take : array_store_copy)(k->th, k->arrays[i].array, s) : (raise_memory(k->th), false);
    if (ok) {
      k->p->items[k->arrays[i].item].data = s;
      continue;
    }
    free(s);
    Value error = error_take(k->th);
    while (k->move && i-- > 0) {
      ParcelItem *item = &k->p->items[k->arrays[i].item];
      array_store_put_back(k->th, k->arrays[i].array, item->data);
      free(item->data);
      item->data = NULL;
    }
    k->th->pending = error;
    return false;
  }
  return true;
}

Parcel *parcel_pack(RpThread *th, Value v, bool move) {
  Packer k = {.th = th, .p = calloc(1, sizeof(Parcel)), .move = move};
  if (!k.p) return raise_memory(th), NULL;
  bool ok = pack(&k, v) && take_arrays(&k);
  free(k.seen);
  free(k.arrays);
  if (ok) return k.p;
  parcel_drop(k.p);
  return NULL;
}

/* -- Opening -------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Opener {
  RpThread *th;
  Parcel *p;
  size_t at;
  Array *objects;     /* by number; on the heap, so that they stay alive */
  uint32_t n_objects;
} Opener;

static uint64_t next(Opener *u) { return u->p->words[u->at++]; }
static const void *next_bytes(Opener *u, size_t n) {
  const void *p = u->p->words + u->at;
  u->at += (n + 7) / 8;
  return p;
}
/* v is the object whose record has just begun. */
static Value number(Opener *u, Value v) {
  if (v != EMPTY) obj_store(u->th, u->objects, &u->objects->items[u->n_objects], v);
  u->n_objects++;
  return v;
}
static Value open_value(Opener *u);

static Value open_int(Opener *u, bool negative, size_t n) {
  Int *i = int_alloc(u->th, (int64_t)n);
  const void *limbs = next_bytes(u, n * 8);
  if (!i) return EMPTY;
  memcpy(i->limbs, limbs, n * 8);
  return int_finish(i, (int64_t)n, negative);
}
static Value open_complex(Opener *u) {
  double z[2];
  memcpy(z, next_bytes(u, 16), 16);
  return complex_new(u->th, z[0], z[1]);
}
static Value open_str(Opener *u, int width, size_t n) {
  Str *s = str_from_units(u->th, next_bytes(u, n << width), width, n);
  return V(s);
}
static Value open_view(Opener *u, unsigned small, size_t n) {
  RpThread *th = u->th;
  int ndim = (int)(small >> 1);
  const char *format = next_bytes(u, 16);
  const int64_t *shape = next_bytes(u, (size_t)ndim * 8);
  const void *data = next_bytes(u, n);
  Value base = small & 1 ? V(bytes_new(th, data, n)) : V(bytearray_new(th, data, n));
  Value v = base == EMPTY ? EMPTY : memoryview_new(th, base);
  if (v == EMPTY || (ndim == 1 && strcmp(format, "B") == 0)) return v;
  List *l = list_new(th, (size_t)ndim);
  Str *f = str_from_c(th, format), *cast = str_intern_c(th, "cast");
  for (int i = 0; l && i < ndim; i++)
    if (list_append(th, l, value_int(shape[i])) < 0) return EMPTY;
  const Value args[2] = {V(f), V(l)};
  return l && f && cast ? op_call_method(th, v, cast, args, ndim == 1 ? 1 : 2) : EMPTY;
}
static Value open_list(Opener *u, size_t n) {
  List *l = list_new(u->th, n);
  if (number(u, V(l)) == EMPTY) return EMPTY;
  while (n--) {
    Value v = open_value(u);
    if (v == EMPTY || list_append(u->th, l, v) < 0) return EMPTY;
  }
  return V(l);
}
static Value open_tuple(Opener *u, size_t n) {
  Tuple *t = tuple_alloc(u->th, n);
  if (number(u, V(t)) == EMPTY) return EMPTY;
  for (size_t i = 0; i < n; i++) {
    Value v = open_value(u);
    if (v == EMPTY) return EMPTY;
    obj_store(u->th, t, &t->items[i], v);
  }
  return V(t);
}
static Value open_set(Opener *u, bool frozen, size_t n) {
  Set *s = frozen ? frozenset_new(u->th, EMPTY) : set_new(u->th);
  if (number(u, V(s)) == EMPTY) return EMPTY;
  while (n--) {
    Value v = open_value(u);
    if (v == EMPTY || set_add(u->th, s, v) < 0) return EMPTY;
  }
  return V(s);
}
static Value open_dict(Opener *u, size_t n) {
  Dict *d = dict_new_sized(u->th, n);
  if (number(u, V(d)) == EMPTY) return EMPTY;
  while (n--) {
    Value key = open_value(u), v = key == EMPTY ? EMPTY : open_value(u);
    if (v == EMPTY || dict_set(u->th, d, key, v) < 0) return EMPTY;
  }
  return V(d);
}
static Value open_item(Opener *u, size_t i) {
  ParcelItem item = u->p->items[i];
  u->p->items[i].data = NULL;
  return item.kind->open(u->th, item.data);
}

static Value open_value(Opener *u) {
  if (!thread_check_stack(u->th, " while receiving from another context")) return EMPTY;
  uint64_t h = next(u);
  unsigned small = h >> 8 & 255;
  size_t n = h >> 16;
  switch ((Tag)(h & 255)) {
  case P_VALUE: return next(u);
  case P_REF: return u->objects->items[n];
  case P_INT: return number(u, open_int(u, small, n));
  case P_COMPLEX: return number(u, open_complex(u));
  case P_STR: return number(u, open_str(u, (int)small, n));
  case P_BYTES: return number(u, V(bytes_new(u->th, next_bytes(u, n), n)));
  case P_BYTEARRAY: return number(u, V(bytearray_new(u->th, next_bytes(u, n), n)));
  case P_VIEW: return number(u, open_view(u, small, n));
  case P_LIST: return open_list(u, n);
  case P_TUPLE: return open_tuple(u, n);
  case P_SET: return open_set(u, false, n);
  case P_FROZENSET: return open_set(u, true, n);
  case P_DICT: return open_dict(u, n);
  case P_ITEM: return number(u, open_item(u, n));
  }
  RP_FATAL("a damaged parcel");
}

Value parcel_open(RpThread *th, Parcel *p) {
  Opener u = {.th = th, .p = p, .objects = heap_alloc_array(th, p->n_objects)};
  if (u.objects) store_release(&u.objects->length, p->n_objects);
  Value v = u.objects ? open_value(&u) : EMPTY;
  parcel_drop(p);
  return v;
}
