/* hash_fn.c: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), SHA-3 and SHAKE (FIPS 202), BLAKE2 (RFC 7693). Constants that are square or cube roots
** and sines are computed from their definitions where that is exact. */
#include "runtime/hash_fn.h"

#include <math.h>

static uint32_t rotl32(uint32_t x, int n) { return x << n | x >> (32 - n); }
static uint32_t rotr32(uint32_t x, int n) { return x >> n | x << (32 - n); }
static uint64_t rotr64(uint64_t x, int n) { return x >> n | x << (64 - n); }
static uint64_t rotl64(uint64_t x, int n) { return n ? x << n | x >> (64 - n) : x; }
static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }
static uint32_t le32(const uint8_t *p) { return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]; }
static uint64_t le64(const uint8_t *p) { return (uint64_t)le32(p + 4) << 32 | le32(p); }

void hash_update(HashState *s, const HashAlgo *a, const uint8_t *p, size_t n) {
  bool lazy = a->take == hash_algos[H_BLAKE2B].take || a->take == hash_algos[H_BLAKE2S].take; /* its last block is special: keep one */
  while (n) {
    if (lazy && s->n_part == a->block) {
      s->length += a->block;
      a->take(s, s->part);
      s->n_part = 0;
    }
    size_t part = a->block - s->n_part;
    if (part > n) part = n;
    memcpy(s->part + s->n_part, p, part);
    s->n_part += (uint32_t)part;
    if (!lazy) s->length += part;
    p += part;
    n -= part;
    if (!lazy && s->n_part == a->block) {
      a->take(s, s->part);
      s->n_part = 0;
    }
  }
}
/* 0x80, zeros, the length in bits at the end of a block. */
static void pad_length(HashState *s, const HashAlgo *a, int size, bool big_endian) {
  uint64_t bits = s->length * 8;
  uint8_t tail[128 + 16] = {0x80};
  size_t zeros = (size_t)(2 * a->block - 1 - size - (int)s->n_part) % a->block;
  size_t n = 1 + zeros + (size_t)size;
  for (int i = 0; i < 8; i++) tail[big_endian ? n - 1 - (size_t)i : n - 8 + (size_t)i] = (uint8_t)(bits >> 8 * i);
  hash_update(s, a, tail, n);
}

/* -- MD5 --------------------------------------------------------------------------------------------------------------------------------- */

static void md5_start(HashState *s) { s->w[0] = 0x67452301, s->w[1] = 0xefcdab89, s->w[2] = 0x98badcfe, s->w[3] = 0x10325476; }
static void md5_take(HashState *s, const uint8_t *p) {
  static const uint8_t shift[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t a = (uint32_t)s->w[0], b = (uint32_t)s->w[1], c = (uint32_t)s->w[2], d = (uint32_t)s->w[3];
  for (int i = 0; i < 64; i++) {
    uint32_t f;
    int k;
    switch (i / 16) {
    case 0: f = (b & c) | (~b & d), k = i; break;
    case 1: f = (d & b) | (~d & c), k = (5 * i + 1) & 15; break;
    case 2: f = b ^ c ^ d, k = (3 * i + 5) & 15; break;
    default: f = c ^ (b | ~d), k = (7 * i) & 15; break;
    }
    f += a + (uint32_t)(int64_t)floor(fabs(sin(i + 1)) * 4294967296.0) + le32(p + 4 * k);
    a = d, d = c, c = b;
    b += rotl32(f, shift[i / 16][i & 3]);
  }
  s->w[0] = (uint32_t)(s->w[0] + a), s->w[1] = (uint32_t)(s->w[1] + b), s->w[2] = (uint32_t)(s->w[2] + c), s->w[3] = (uint32_t)(s->w[3] + d);
}
static void md5_finish(HashState *s, const HashAlgo *a, uint8_t *out, size_t n) {
  pad_length(s, a, 8, false);
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(s->w[i / 4] >> 8 * (i & 3));
}

/* -- SHA-1, SHA-2 ---------------------------------------------------------------------------------------------------------------------------- */

static void sha1_start(HashState *s) {
  md5_start(s);
  s->w[4] = 0xc3d2e1f0;
}
static void sha1_take(HashState *s, const uint8_t *p) {
  static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32_t w[80], v[5];
  for (int i = 0; i < 80; i++) w[i] = i < 16 ? be32(p + 4 * i) : rotl32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 5; i++) v[i] = (uint32_t)s->w[i];
  for (int i = 0; i < 80; i++) {
    uint32_t f = i < 20 ? (v[1] & v[2]) | (~v[1] & v[3]) : i >= 40 && i < 60 ? (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]) : v[1] ^ v[2] ^ v[3];
    uint32_t t = rotl32(v[0], 5) + f + v[4] + k[i / 20] + w[i];
    v[4] = v[3], v[3] = v[2], v[2] = rotl32(v[1], 30), v[1] = v[0], v[0] = t;
  }
  for (int i = 0; i < 5; i++) s->w[i] = (uint32_t)(s->w[i] + v[i]);
}
static void sha32_finish(HashState *s, const HashAlgo *a, uint8_t *out, size_t n) {
  pad_length(s, a, 8, true);
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(s->w[i / 4] >> (24 - 8 * (i & 3)));
}
static void sha64_finish(HashState *s, const HashAlgo *a, uint8_t *out, size_t n) {
  pad_length(s, a, 16, true);
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(s->w[i / 8] >> (56 - 8 * (i & 7)));
}

/* First 64 bits of the fractional part of the square (root 2) or cube (3) root of p: the largest x with x^root <= p * 2^(64*root), by bits. */
static uint64_t root_fraction(unsigned p, int root) {
  uint64_t whole = 1;
  while ((root == 2 ? (whole + 1) * (whole + 1) : (whole + 1) * (whole + 1) * (whole + 1)) <= p) whole++;
  uint64_t frac = 0;
  for (int bit = 63; bit >= 0; bit--) {
    uint64_t x[2] = {frac | 1ull << bit, whole}, acc[8] = {1}; /* little-endian limbs */
    for (int r = 0; r < root; r++) {
      uint64_t next[8] = {0};
      for (int i = 0; i < 6; i++) {
        unsigned __int128 carry = 0;
        for (int j = 0; j < 2 && i + j < 8; j++) {
          carry += (unsigned __int128)acc[i] * x[j] + next[i + j];
          next[i + j] = (uint64_t)carry;
          carry >>= 64;
        }
        for (int j = i + 2; carry && j < 8; j++) carry += next[j], next[j] = (uint64_t)carry, carry >>= 64;
      }
      memcpy(acc, next, sizeof acc);
    }
    bool below = acc[root + 1] == 0 && acc[root] < p; /* roots of primes are never exact */
    if (below) frac |= 1ull << bit;
  }
  return frac;
}
static struct { uint64_t cube[80], square[16]; _Atomic int state; } roots;
static void make_roots(void) {
  if (atomic_load_explicit(&roots.state, memory_order_acquire) == 2) return;
  int fresh = 0;
  if (!atomic_compare_exchange_strong(&roots.state, &fresh, 1)) {
    while (atomic_load_explicit(&roots.state, memory_order_acquire) != 2) {}
    return;
  }
  int n = 0;
  for (unsigned p = 2; n < 80; p++) {
    bool prime = true;
    for (unsigned d = 2; d * d <= p; d++) prime &= p % d != 0;
    if (!prime) continue;
    roots.cube[n] = root_fraction(p, 3);
    if (n < 16) roots.square[n] = root_fraction(p, 2);
    n++;
  }
  atomic_store_explicit(&roots.state, 2, memory_order_release);
}
static void sha224_start(HashState *s) {
  make_roots();
  for (int i = 0; i < 8; i++) s->w[i] = (uint32_t)roots.square[i + 8];
}
static void sha256_start(HashState *s) {
  make_roots();
  for (int i = 0; i < 8; i++) s->w[i] = roots.square[i] >> 32;
}
static void sha384_start(HashState *s) {
  make_roots();
  for (int i = 0; i < 8; i++) s->w[i] = roots.square[i + 8];
}
static void sha512_start(HashState *s) {
  make_roots();
  for (int i = 0; i < 8; i++) s->w[i] = roots.square[i];
}
#define SHA2(name, T, ROUNDS, LOAD, ROT, SHIFT, A, B, C, D, E, F, G, H, I, J, K_)                                                     \
  static void name(HashState *s, const uint8_t *p) {                                                                                  \
    T w[ROUNDS], v[8];                                                                                                                \
    for (int i = 0; i < ROUNDS; i++) {                                                                                                \
      if (i < 16) w[i] = LOAD(p + sizeof(T) * (size_t)i);                                                                             \
      else {                                                                                                                          \
        T x = w[i - 15], y = w[i - 2];                                                                                                \
        w[i] = w[i - 16] + w[i - 7] + (ROT(x, A) ^ ROT(x, B) ^ x >> C) + (ROT(y, D) ^ ROT(y, E) ^ y >> F);                            \
      }                                                                                                                               \
    }                                                                                                                                 \
    for (int i = 0; i < 8; i++) v[i] = (T)s->w[i];                                                                                    \
    for (int i = 0; i < ROUNDS; i++) {                                                                                                \
      T e = v[4], a = v[0];                                                                                                           \
      T t = v[7] + (ROT(e, G) ^ ROT(e, H) ^ ROT(e, I)) + ((e & v[5]) ^ (~e & v[6])) + (T)(roots.cube[i] >> SHIFT) + w[i];             \
      T u = (ROT(a, J) ^ ROT(a, K_) ^ ROT(a, (sizeof(T) == 8 ? 39 : 22))) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));                \
      for (int k = 7; k > 0; k--) v[k] = v[k - 1];                                                                                    \
      v[4] += t;                                                                                                                      \
      v[0] = t + u;                                                                                                                   \
    }                                                                                                                                 \
    for (int i = 0; i < 8; i++) s->w[i] = (T)(s->w[i] + v[i]);                                                                        \
  }
SHA2(sha256_take, uint32_t, 64, be32, rotr32, 32, 7, 18, 3, 17, 19, 10, 6, 11, 25, 2, 13)
SHA2(sha512_take, uint64_t, 80, be64, rotr64, 0, 1, 8, 7, 19, 61, 6, 14, 18, 41, 28, 34)

/* -- SHA-3 ---------------------------------------------------------------------------------------------------------------------------------------- */

static void nothing(HashState *s) {}
static void keccak(uint64_t a[25]) {
  uint8_t lfsr = 1;
  for (int round = 0; round < 24; round++) {
    uint64_t c[5], b[25];
    for (int x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int i = 0; i < 25; i++) a[i] ^= c[(i + 4) % 5] ^ rotl64(c[(i + 1) % 5], 1);
    b[0] = a[0];
    for (int t = 0, x = 1, y = 0; t < 24; t++) {
      int nx = y, ny = (2 * x + 3 * y) % 5;
      b[nx + 5 * ny] = rotl64(a[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
      x = nx, y = ny;
    }
    for (int i = 0; i < 25; i++) a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] & b[i / 5 * 5 + (i + 2) % 5]);
    for (int j = 0; j < 7; j++) {
      if (lfsr & 1) a[0] ^= 1ull << ((1 << j) - 1);
      lfsr = (uint8_t)(lfsr << 1 ^ (lfsr >> 7) * 0x71);
    }
  }
}
#define KECCAK_TAKE(rate)                                                 \
  static void keccak_take_##rate(HashState *s, const uint8_t *p) {        \
    for (int i = 0; i < rate / 8; i++) s->w[i] ^= le64(p + 8 * i);        \
    keccak(s->w);                                                         \
  }
KECCAK_TAKE(144) KECCAK_TAKE(136) KECCAK_TAKE(104) KECCAK_TAKE(72) KECCAK_TAKE(168)
static void keccak_finish(HashState *s, const HashAlgo *a, uint8_t *out, size_t n) {
  memset(s->part + s->n_part, 0, a->block - s->n_part);
  s->part[s->n_part] ^= a->pad;
  s->part[a->block - 1] ^= 0x80;
  a->take(s, s->part);
  for (size_t i = 0; i < n; i++) {
    size_t k = i % a->block;
    if (i && k == 0) keccak(s->w);
    out[i] = (uint8_t)(s->w[k / 8] >> 8 * (k & 7));
  }
}

/* -- BLAKE2 ------------------------------------------------------------------------------------------------------------------------------------------ */

static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
#define BLAKE2(name, T, ROUNDS, LOAD, ROT, SHIFT, A, B, C, D)                                                         \
  static void name##_block(HashState *s, const uint8_t *p, bool last) {                                               \
    T v[16], m[16];                                                                                                   \
    for (int i = 0; i < 16; i++) m[i] = LOAD(p + sizeof(T) * (size_t)i);                                              \
    for (int i = 0; i < 8; i++) v[i] = (T)s->w[i], v[i + 8] = (T)(roots.square[i] >> SHIFT);                          \
    v[12] ^= (T)s->length;                                                                                            \
    if (sizeof(T) == 4) v[13] ^= (T)(s->length >> 32);                                                                \
    if (last) v[14] = ~v[14];                                                                                         \
    for (int r = 0; r < ROUNDS; r++)                                                                                  \
      for (int g = 0; g < 8; g++) {                                                                                   \
        T *a = &v[g & 3], *b = &v[4 + (g < 4 ? g : (g + 1) & 3)], *c = &v[8 + (g < 4 ? g : (g + 2) & 3)],             \
          *d = &v[12 + (g < 4 ? g : (g + 3) & 3)];                                                                    \
        *a += *b + m[sigma[r % 10][2 * g]], *d = ROT(*d ^ *a, A), *c += *d, *b = ROT(*b ^ *c, B);                     \
        *a += *b + m[sigma[r % 10][2 * g + 1]], *d = ROT(*d ^ *a, C), *c += *d, *b = ROT(*b ^ *c, D);                 \
      }                                                                                                               \
    for (int i = 0; i < 8; i++) s->w[i] = (T)(s->w[i] ^ v[i] ^ v[i + 8]);                                             \
  }                                                                                                                   \
  static void name##_take(HashState *s, const uint8_t *p) { name##_block(s, p, false); }                              \
  static void name##_finish(HashState *s, const HashAlgo *a, uint8_t *out, size_t n) {                                \
    s->length += s->n_part;                                                                                           \
    memset(s->part + s->n_part, 0, a->block - s->n_part);                                                             \
    name##_block(s, s->part, true);                                                                                   \
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(s->w[i / sizeof(T)] >> 8 * (i % sizeof(T)));                    \
  }
BLAKE2(blake2b, uint64_t, 12, le64, rotr64, 0, 32, 24, 16, 63)
BLAKE2(blake2s, uint32_t, 10, le32, rotr32, 32, 16, 12, 8, 7)

void blake2_start(HashState *s, const HashAlgo *a, const Blake2Params *p) {
  make_roots();
  bool big = a->block == 128;
  int word = big ? 8 : 4;
  uint8_t params[64] = {p->digest, p->n_key, 1, 1};
  memcpy(params + 4 * word, p->salt, (size_t)word * 2);
  memcpy(params + 6 * word, p->person, (size_t)word * 2);
  for (int i = 0; i < 8; i++) s->w[i] = big ? roots.square[i] ^ le64(params + 8 * i) : (uint32_t)(roots.square[i] >> 32) ^ le32(params + 4 * i);
  if (!p->n_key) return;
  memset(s->part, 0, a->block);
  memcpy(s->part, p->key, p->n_key);
  s->n_part = a->block;
}

const HashAlgo hash_algos[N_HASHES] = {
    [H_MD5] = {"md5", 64, 16, md5_start, md5_take, md5_finish, 0},
    [H_SHA1] = {"sha1", 64, 20, sha1_start, sha1_take, sha32_finish, 0},
    [H_SHA224] = {"sha224", 64, 28, sha224_start, sha256_take, sha32_finish, 0},
    [H_SHA256] = {"sha256", 64, 32, sha256_start, sha256_take, sha32_finish, 0},
    [H_SHA384] = {"sha384", 128, 48, sha384_start, sha512_take, sha64_finish, 0},
    [H_SHA512] = {"sha512", 128, 64, sha512_start, sha512_take, sha64_finish, 0},
    [H_SHA3_224] = {"sha3_224", 144, 28, nothing, keccak_take_144, keccak_finish, 0x06},
    [H_SHA3_256] = {"sha3_256", 136, 32, nothing, keccak_take_136, keccak_finish, 0x06},
    [H_SHA3_384] = {"sha3_384", 104, 48, nothing, keccak_take_104, keccak_finish, 0x06},
    [H_SHA3_512] = {"sha3_512", 72, 64, nothing, keccak_take_72, keccak_finish, 0x06},
    [H_SHAKE_128] = {"shake_128", 168, 0, nothing, keccak_take_168, keccak_finish, 0x1f},
    [H_SHAKE_256] = {"shake_256", 136, 0, nothing, keccak_take_136, keccak_finish, 0x1f},
    [H_BLAKE2B] = {"blake2b", 128, 64, nothing, blake2b_take, blake2b_finish, 0},
    [H_BLAKE2S] = {"blake2s", 64, 32, nothing, blake2s_take, blake2s_finish, 0},
};
