/* mod_hash.c: the modules _md5, _sha1, _sha256, _sha512, _sha3, _blake2 behind hashlib: one object type over hash_fn.h. */
#include "runtime/hash_fn.h"
#include "runtime/io.h"

typedef struct Hash { Object hdr; const HashAlgo *algo; HashState state; uint16_t digest; WaitLock lock; } Hash;
#define HASH(v) ((Hash *)as_object(v))
#define STEP ((size_t)1 << 20) /* bytes between two looks at the poll word */

static bool feed(RpThread *th, Hash *h, Value data) {
  Buffer b;
  if (str_check(data)) return raise_type(th, "Strings must be encoded before hashing"), false;
  if (!has_buffer(data)) return raise_type(th, "object supporting the buffer API required"), false;
  if (buffer_acquire(th, data, &b, false) < 0) return false;
  bool ok = wait_lock(th, &h->lock);
  if (ok) {
    for (size_t at = 0; ok && at < (size_t)b.size; at += STEP) {
      size_t n = (size_t)b.size - at;
      hash_update(&h->state, h->algo, (const uint8_t *)b.data + at, n < STEP ? n : STEP);
      ok = thread_poll(th);
    }
    wait_unlock(th, &h->lock);
  }
  buffer_release(th, &b);
  return ok;
}
static Hash *hash_new(RpThread *th, HashId id) {
  Hash *h = heap_new(th, Hash, SHAPE_hash_object, K_NATIVE_OBJECT);
  if (!h) return NULL;
  h->algo = &hash_algos[id];
  h->digest = h->algo->digest;
  h->algo->start(&h->state);
  return h;
}
static Value make(RpThread *th, HashId id, const Value *a) {
  Hash *h = hash_new(th, id);
  return !h || (a[0] != EMPTY && !feed(th, h, a[0])) ? EMPTY : V(h);
}
static Value make_blake2(RpThread *th, HashId id, const Value *a) {
  Hash *h = hash_new(th, id);
  if (!h) return EMPTY;
  int64_t size = h->digest, max = h->digest, quarter = max / 4;
  Blake2Params p = {0};
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &size)) return EMPTY;
  if (size <= 0 || size > max) return raise_value(th, "digest_size must be between 1 and %d bytes", (int)max);
  p.digest = (uint8_t)size;
  h->digest = (uint16_t)size;
  const struct { Value v; uint8_t *to; int64_t max; const char *name; } parts[] = {
      {a[2], p.key, max, "key"}, {a[3], p.salt, quarter, "salt"}, {a[4], p.person, quarter, "person"}};
  for (size_t i = 0; i < countof(parts); i++) {
    if (parts[i].v == EMPTY) continue;
    Buffer b;
    if (buffer_acquire(th, parts[i].v, &b, false) < 0) return EMPTY;
    bool fits = b.size <= parts[i].max;
    if (fits) memcpy(parts[i].to, b.data, (size_t)b.size);
    if (fits && i == 0) p.n_key = (uint8_t)b.size;
    buffer_release(th, &b);
    if (!fits) return raise_value(th, "maximum %s length is %d bytes", parts[i].name, (int)parts[i].max);
  }
  blake2_start(&h->state, h->algo, &p);
  return a[0] != EMPTY && !feed(th, h, a[0]) ? EMPTY : V(h);
}

static Value m_update(RpThread *th, const Value *a) { return feed(th, HASH(a[0]), a[1]) ? NONE : EMPTY; }
static Value m_copy(RpThread *th, const Value *a) {
  Hash *from = HASH(a[0]), *h = heap_new(th, Hash, SHAPE_hash_object, K_NATIVE_OBJECT);
  if (!h || !wait_lock(th, &from->lock)) return EMPTY;
  h->algo = from->algo;
  h->digest = from->digest;
  h->state = from->state;
  wait_unlock(th, &from->lock);
  return V(h);
}
/* The digest as bytes; the state goes on as it was. */
static Bytes *digest(RpThread *th, const Value *a) {
  Hash *h = HASH(a[0]);
  int64_t n = h->digest;
  if (!h->algo->digest) {
    if (a[1] == EMPTY) return raise_type(th, "digest() missing required argument 'length' (pos 1)"), NULL;
    if (!op_as_i64(th, a[1], &n)) return NULL;
    if (n < 0 || n >= 1 << 29) return raise_value(th, "length is too large"), NULL;
  } else if (a[1] != EMPTY) return raise_type(th, "digest() takes no arguments (1 given)"), NULL;
  if (!wait_lock(th, &h->lock)) return NULL;
  HashState s = h->state;
  wait_unlock(th, &h->lock);
  Bytes *out = bytes_new(th, NULL, (size_t)n);
  if (out) h->algo->finish(&s, h->algo, out->data, (size_t)n);
  return out;
}
static Value m_digest(RpThread *th, const Value *a) { return V(digest(th, a)); }
static Value m_hexdigest(RpThread *th, const Value *a) {
  Bytes *b = digest(th, a);
  return b ? bytes_hex(th, b->data, b->length, EMPTY, EMPTY) : EMPTY;
}
static Value get_name(RpThread *th, Value self) { return V(str_from_c(th, HASH(self)->algo->name)); }
static Value get_digest_size(RpThread *th, Value self) { return value_int(HASH(self)->digest); }
static Value get_block_size(RpThread *th, Value self) { return value_int(HASH(self)->algo->block); }
static Value repr(RpThread *th, Value self) {
  return V(str_fmt(th, "<%s _hashlib.HASH object @ %p>", HASH(self)->algo->name, (void *)as_object(self)));
}
const TypeSpec spec_hash_object = {
    .doc = "A hash function at work.",
    .size = sizeof(Hash),
    .slots = {.repr = repr},
    .methods = (const NativeDef[]){{"update", m_update, "(self, obj, /)", 0, "Update this hash object's state with the provided string."},
                                   {"digest", m_digest, "(self, length=-1)", 0, "Return the digest value as a bytes object."},
                                   {"hexdigest", m_hexdigest, "(self, length=-1)", 0, "Return the digest value as a string of hexadecimal digits."},
                                   {"copy", m_copy, "(self, /)", 0, "Return a copy of the hash object."},
                                   {0}},
    .getsets = (const GetSetDef[]){{"name", get_name, NULL, NULL}, {"digest_size", get_digest_size, NULL, NULL},
                                   {"block_size", get_block_size, NULL, NULL}, {0}},
};

#define MAKER(fn, id) \
  static Value fn(RpThread *th, const Value *a) { return make(th, id, a); }
MAKER(md5, H_MD5) MAKER(sha1, H_SHA1) MAKER(sha224, H_SHA224) MAKER(sha256, H_SHA256) MAKER(sha384, H_SHA384) MAKER(sha512, H_SHA512)
MAKER(sha3_224, H_SHA3_224) MAKER(sha3_256, H_SHA3_256) MAKER(sha3_384, H_SHA3_384) MAKER(sha3_512, H_SHA3_512)
MAKER(shake_128, H_SHAKE_128) MAKER(shake_256, H_SHAKE_256)
static Value blake2b(RpThread *th, const Value *a) { return make_blake2(th, H_BLAKE2B, a); }
static Value blake2s(RpThread *th, const Value *a) { return make_blake2(th, H_BLAKE2S, a); }

#define ROW(fn) {#fn, fn, "(string=b'', *, usedforsecurity=True)", 0, NULL}
#define MODULE_OF(name, text, ...) const ModuleSpec mod_##name = {.doc = text, .functions = (const NativeDef[]){__VA_ARGS__, {0}}};
MODULE_OF(_md5, "MD5", ROW(md5))
MODULE_OF(_sha1, "SHA-1", ROW(sha1))
MODULE_OF(_sha256, "SHA-224 and SHA-256", ROW(sha224), ROW(sha256))
MODULE_OF(_sha512, "SHA-384 and SHA-512", ROW(sha384), ROW(sha512))
MODULE_OF(_sha3, "SHA-3 and SHAKE", ROW(sha3_224), ROW(sha3_256), ROW(sha3_384), ROW(sha3_512), ROW(shake_128), ROW(shake_256))
#define BLAKE_ROW(fn) {#fn, fn, "(data=b'', /, *, digest_size=64, key=b'', salt=b'', person=b'', usedforsecurity=True)", 0, NULL}
MODULE_OF(_blake2, "BLAKE2b and BLAKE2s", BLAKE_ROW(blake2b), BLAKE_ROW(blake2s))
