/* hash_fn.h: the hash functions of hashlib as plain C. A HashAlgo says how big everything is and how a block is taken in. */
#ifndef RP_HASH_FN_H
#define RP_HASH_FN_H
#include "runtime/base.h"
typedef struct HashState {
  uint64_t w[25];          /* chaining value; 32-bit functions use the low halves */
  uint64_t length;         /* bytes taken in so far, those of `part` included */
  uint32_t n_part;
  uint8_t part[168];       /* an unfinished block */
} HashState;
typedef struct HashAlgo {
  const char *name;
  uint16_t block, digest;  /* bytes; digest 0: as many as asked for */
  void (*start)(HashState *s);
  void (*take)(HashState *s, const uint8_t *block);                  /* one block */
  void (*finish)(HashState *s, const struct HashAlgo *a, uint8_t *out, size_t n);
  uint8_t pad;             /* SHA-3: domain bits */
} HashAlgo;
typedef enum HashId { H_MD5, H_SHA1, H_SHA224, H_SHA256, H_SHA384, H_SHA512, H_SHA3_224, H_SHA3_256, H_SHA3_384, H_SHA3_512, H_SHAKE_128, H_SHAKE_256,
                      H_BLAKE2B, H_BLAKE2S, N_HASHES } HashId;
extern const HashAlgo hash_algos[N_HASHES];
void hash_update(HashState *s, const HashAlgo *a, const uint8_t *p, size_t n);
/* BLAKE2 with its parameter block: key, salt, person (lengths checked by the caller; salt and person zero-padded to a quarter of 8 words). */
typedef struct Blake2Params { uint8_t digest, n_key; uint8_t key[64], salt[16], person[16]; } Blake2Params;
void blake2_start(HashState *s, const HashAlgo *a, const Blake2Params *p);
#endif
