/* audio_backend.h: between audio.c and the device backends; nobody else includes it. */
#ifndef RP_ENGINE_AUDIO_BACKEND_H
#define RP_ENGINE_AUDIO_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a device callback leaves what it heard. Only lock-free atomics: the callback may not wait. */
typedef struct AudioInput {
  atomic_uint_fast64_t n_frames;
  atomic_uint peak;   /* 0..2^24, largest since it was last taken */
  atomic_bool broken; /* the device misbehaves (runs without a clock): treat it as absent */
} AudioInput;

typedef struct AudioBackend {
  /* Opens and starts; may take half a second. NULL when there is nothing to open. status: one line either way. */
  void *(*open)(AudioInput *in, char *status, size_t size);
  void (*close)(void *device);
} AudioBackend;

extern const AudioBackend audio_pa, audio_null;

#endif
