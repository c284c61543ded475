/* backends.h: SDL, OpenGL and PortAudio as one table, so that the rest of the engine links none of them. The three drag
** in some fifty libraries: a program that shows nothing must not load those. They are built as a shared object
** (libreplicant_engine.so) that defines ENGINE_BACKENDS_SYMBOL; a host opens it when it wants an engine and hands the
** table over in EngineConfig. Programs that always want pictures link rp_engine_backends instead and pass
** &replicant_engine_backends. No table at all: null backends, everything runs, nothing is drawn or heard.
** What the shared object uses of the engine (batches, images, letters, input) comes from the process that opens it. */
#ifndef RP_ENGINE_BACKENDS_H
#define RP_ENGINE_BACKENDS_H

#include "engine/audio_backend.h"
#include "engine/gfx.h"
#include "engine/win.h"

typedef struct EngineBackends {
  bool (*has_screen)(char *err, size_t err_size); /* a display answers; false with one line in err */
  Win *(*win_new)(const WinConfig *config, char *err, size_t err_size);  /* NULL with one line in err */
  Gfx *(*gfx_new)(GfxLookup lookup, char *err, size_t err_size);         /* the same; the window's context is current */
  const AudioBackend *audio;
} EngineBackends;

extern const EngineBackends replicant_engine_backends;
#define ENGINE_BACKENDS_LIBRARY "libreplicant_engine.so"
#define ENGINE_BACKENDS_SYMBOL "replicant_engine_backends"

#endif
