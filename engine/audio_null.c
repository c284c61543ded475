/* audio_null.c: no sound device. */
#include "engine/audio_backend.h"

#include <stdio.h>

static void *null_open(AudioInput *in, char *status, size_t size) {
  snprintf(status, size, "no sound");
  return NULL;
}

static void null_close(void *device) {}

const AudioBackend audio_null = {.open = null_open, .close = null_close};
