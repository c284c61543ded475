/* capture.h: pictures to files, on a thread of their own: compressing one takes longer than a frame. Engine thread
** calls; the writer thread touches only the queue. */
#ifndef RP_ENGINE_CAPTURE_H
#define RP_ENGINE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Capture Capture;

Capture *capture_new(void); /* NULL when there is no memory or thread */
/* Takes `pixels` (malloc'd, opaque or premultiplied RGBA8, top row first) and writes it to path, by its ending.
** With the queue full: waits when `may_wait`, else throws the picture away and returns false. Errors of writing are
** said once. */
bool capture_put(Capture *cap, uint32_t *pixels, int w, int h, const char *path, bool may_wait);
/* Waits for everything to be written, frees. n_written, n_failed may be NULL. */
void capture_free(Capture *cap, uint64_t *n_written, uint64_t *n_failed);

#endif
