/* audio_pa.c: the default sound devices through PortAudio. The only file that includes it. */
#include "engine/audio_backend.h"

#include <dlfcn.h>
#include <math.h>
#include <portaudio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"

#define RATE 48000.0

typedef struct PaDevice {
  PaStream *stream;
  AudioInput *in;
  int64_t began_ns; /* first callback */
  uint64_t n_frames;
} PaDevice;

/* -- The libraries under PortAudio complain on stderr about every device that is not there ----- */

static void quiet_alsa(const char *file, int line, const char *function, int err, const char *fmt, ...) {}
static void quiet_jack(const char *text) {}

static void silence(void) {
  typedef void AlsaHandler(const char *, int, const char *, int, const char *, ...);
  typedef void JackHandler(const char *);
  int (*alsa)(AlsaHandler *) = (int (*)(AlsaHandler *))dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler");
  void (*jack_error)(JackHandler *) = (void (*)(JackHandler *))dlsym(RTLD_DEFAULT, "jack_set_error_function");
  void (*jack_info)(JackHandler *) = (void (*)(JackHandler *))dlsym(RTLD_DEFAULT, "jack_set_info_function");
  if (alsa) alsa(quiet_alsa);
  if (jack_error) jack_error(quiet_jack);
  if (jack_info) jack_info(quiet_jack);
}

/* -- The callback: allocates, locks, logs nothing ---------------------------------------------- */

static bool is_unclocked(PaDevice *d) { /* some device emulations call as fast as they can */
  int64_t now = clock_now_ns();
  if (!d->began_ns) d->began_ns = now;
  int64_t elapsed = now - d->began_ns;
  return elapsed > 100 * NS_PER_MS && (double)d->n_frames > 4.0 * RATE * (double)elapsed * 1e-9;
}

static int on_audio(const void *input, void *output, unsigned long n, const PaStreamCallbackTimeInfo *time,
                    PaStreamCallbackFlags flags, void *user) {
  PaDevice *d = user;
  if (output) memset(output, 0, n * 2 * sizeof(float));
  d->n_frames += n;
  if (is_unclocked(d)) {
    atomic_store(&d->in->broken, true);
    return paAbort;
  }
  if (!input) return paContinue;
  float peak = 0;
  for (unsigned long i = 0; i < n; i++) peak = fmaxf(peak, fabsf(((const float *)input)[i]));
  unsigned level = peak < 1.0f ? (unsigned)(peak * 16777216.0f) : 16777216u, old = atomic_load(&d->in->peak);
  while (level > old && !atomic_compare_exchange_weak(&d->in->peak, &old, level)) {}
  atomic_fetch_add(&d->in->n_frames, n);
  return paContinue;
}

/* -- Open and close ---------------------------------------------------------------------------- */

static void *pa_open(AudioInput *in, char *status, size_t size) {
  silence();
  PaError err = Pa_Initialize();
  if (err != paNoError) {
    snprintf(status, size, "no sound: %s", Pa_GetErrorText(err));
    return NULL;
  }
  PaDevice *d = calloc(1, sizeof *d);
  bool has_in = Pa_GetDefaultInputDevice() != paNoDevice, has_out = Pa_GetDefaultOutputDevice() != paNoDevice;
  if (!d || (!has_in && !has_out)) {
    snprintf(status, size, "no sound device; running without sound");
    goto fail;
  }
  d->in = in;
  err = Pa_OpenDefaultStream(&d->stream, has_in ? 1 : 0, has_out ? 2 : 0, paFloat32, RATE, 256, on_audio, d);
  if (err == paNoError && (err = Pa_StartStream(d->stream)) != paNoError) Pa_CloseStream(d->stream);
  if (err != paNoError) {
    snprintf(status, size, "no sound: %s", Pa_GetErrorText(err));
    goto fail;
  }
  snprintf(status, size, "48000 Hz %s", has_in && has_out ? "in+out" : has_in ? "in" : "out");
  return d;
fail:
  free(d);
  Pa_Terminate();
  return NULL;
}

static void pa_close(void *device) {
  PaDevice *d = device;
  Pa_AbortStream(d->stream);
  Pa_CloseStream(d->stream);
  Pa_Terminate();
  free(d);
}

const AudioBackend audio_pa = {.open = pa_open, .close = pa_close};
