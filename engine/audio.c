/* audio.c: see audio.h. The device is opened on a thread of its own; until `opened` is set nobody else looks at
** `device` or `status`. */
#include "engine/audio.h"

#include <pthread.h>
#include <stdlib.h>

#include "engine/audio_backend.h"
#include "engine/log.h"

struct Audio {
  const AudioBackend *backend;
  AudioInput in;
  void *device;
  char status[160];
  atomic_bool opened, broken_told;
  bool has_thread;
  pthread_t opener;
};

static void *open_main(void *arg) {
  Audio *au = arg;
  au->device = au->backend->open(&au->in, au->status, sizeof au->status);
  if (!au->device) englog_line("%s", au->status);
  atomic_store(&au->opened, true);
  return NULL;
}

Audio *audio_open(const AudioBackend *backend) {
  Audio *au = calloc(1, sizeof *au);
  if (!au) return NULL;
  au->backend = backend ? backend : &audio_null;
  if (!backend) {
    au->device = au->backend->open(&au->in, au->status, sizeof au->status);
    atomic_store(&au->opened, true);
    return au;
  }
  au->has_thread = pthread_create(&au->opener, NULL, open_main, au) == 0;
  return au;
}

void audio_snapshot(Audio *au, AudioSnapshot *out) {
  *out = AUDIO_SNAPSHOT_REST;
  if (!au || !atomic_load(&au->opened) || !au->device) return;
  if (atomic_load(&au->in.broken)) {
    ENGLOG_ONCE(au->broken_told, "the sound device runs without a clock; continuing without it");
    return;
  }
  out->live = true;
  out->n_frames_in = atomic_load(&au->in.n_frames);
  out->peak = (float)atomic_exchange(&au->in.peak, 0) / 16777216.0f;
}

const char *audio_status(Audio *au) {
  if (!au) return "no sound";
  if (!atomic_load(&au->opened)) return "opening sound";
  return atomic_load(&au->in.broken) ? "sound device has no clock" : au->status;
}

void audio_close(Audio *au) {
  if (!au) return;
  if (au->has_thread) pthread_join(au->opener, NULL);
  if (au->device) au->backend->close(au->device);
  free(au);
}
