/* backends.c: see backends.h. The one symbol of the shared object that is looked up by name. */
#include "engine/backends.h"

const EngineBackends replicant_engine_backends = {
    .has_screen = win_sdl_has_screen, .win_new = win_sdl_new, .gfx_new = gfx_gl_new, .audio = &audio_pa};
