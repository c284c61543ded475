/* audio.h: sound in and out. Two backends: PortAudio (audio_pa.c) and none (audio_null.c).
** Invariant: a missing sound card is normal. audio_open always returns something that works; why it is silent is
** said in one line. No analysis is done yet: the levels of a snapshot stay at their resting value, `live` and
** `n_frames_in` are true.
** Threads: all functions are for the engine thread; the device callback allocates, locks and logs nothing. */
#ifndef RP_ENGINE_AUDIO_H
#define RP_ENGINE_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

/* Levels are relative to this song's recent average: 1.0 is average, about 0.7 quiet, 1.3 loud. */
typedef struct AudioSnapshot {
  float bass, mid, treb, vol;
  float bass_att, mid_att, treb_att, vol_att; /* attenuated: smoothed over time */
  float peak;                                 /* of the input since the snapshot before, 0..1 linear */
  bool live;                                  /* a device delivers input */
  uint64_t n_frames_in;                       /* sample frames heard so far: the audio clock */
} AudioSnapshot;

#define AUDIO_SNAPSHOT_REST                                                                                            \
  ((AudioSnapshot){.bass = 1, .mid = 1, .treb = 1, .vol = 1, .bass_att = 1, .mid_att = 1, .treb_att = 1, .vol_att = 1})

typedef struct Audio Audio;

struct AudioBackend;
/* Opens the default devices on a thread of its own (initialisation takes up to half a second) and returns at once;
** until it is done, and for good when there is no device, snapshots are at rest. No backend is the null backend. NULL
** only when out of memory, and every function takes NULL. */
Audio *audio_open(const struct AudioBackend *backend);
void audio_snapshot(Audio *au, AudioSnapshot *out);
/* "48000 Hz in+out", "no sound device", ... : a static or owned string, for the overlay */
const char *audio_status(Audio *au);
void audio_close(Audio *au); /* waits for the device at most as long as its own close takes */

#endif
