/* image.h: pixel images on the CPU: RGBA8, premultiplied alpha (filtering and blending need it so; an opaque image
** is the same either way), rows top to bottom, no padding.
** Invariant: pixels that a command list refers to never change. An Image is a changing name for an
** immutable-once-shared PixBuf: recording a draw retains the current PixBuf, and the next write, seeing it shared,
** goes to another one (copied over first unless the writer says that it overwrites all). So a script never waits
** for an upload and an upload never sees half a frame.
** Threads: one writer thread per Image at a time (pixel rows may be filled by many between image_write and the next
** draw); PixBuf references may be dropped on any thread. */
#ifndef RP_ENGINE_IMAGE_H
#define RP_ENGINE_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/colour.h"

#define IMAGE_SIDE_MAX 16384 /* what GL 3.3 class hardware takes as one texture */

typedef struct PixBuf {
  atomic_uint refs;
  int w, h;
  uint64_t image_id; /* never reused in this process: a texture cached under it cannot be stale */
  uint64_t version;  /* grows with every write to the image; equal id and version mean equal pixels */
  uint32_t pixels[]; /* w * h, R in the lowest byte */
} PixBuf;

typedef struct Image {
  atomic_uint refs;
  uint64_t id;
  int w, h;
  uint64_t version;
  PixBuf *cur;    /* what a draw recorded now would show */
  PixBuf **spare; /* our other buffers, each reusable when its refs are back at 1 */
  int n_spare, cap_spare;
  bool is_placeholder; /* the file could not be read */
} Image;

/* Transparent black. NULL when a side is not in 1..IMAGE_SIDE_MAX or memory is out. One reference. */
Image *image_new(int w, int h);
/* A new Image that shows pb until it is written (then it has pixels of its own): how a picture goes to another layer without a copy. NULL: no memory. */
Image *image_sharing(PixBuf *pb);
/* png jpg bmp gif tga psd pnm. A file that cannot be read gives a 64x64 magenta and black chequered placeholder and
** says why: one line, "cannot read image PATH: reason", in err (never empty then). NULL only when out of memory. */
Image *image_load(const char *path, char *err, size_t err_size);
/* By the name's end: .png .ppm (no alpha) .bmp .tga. Writes a neighbour file first and renames: nothing
** half-written. */
bool image_save(const Image *img, const char *path, char *err, size_t err_size);
bool image_save_rgba(const uint32_t *pixels, int w, int h, const char *path, char *err, size_t err_size);
Image *image_retain(Image *img); /* any thread */
void image_drop(Image *img);     /* any thread; command lists that still show it keep their pixels */

/* Pixels to write, private until the next image_draw_ref. keep_old false: every pixel will be overwritten, skip the
** copy. The pointer is good until the next image_draw_ref or image_write. NULL when out of memory (the old picture
** stays). */
uint32_t *image_write(Image *img, bool keep_old);
const uint32_t *image_read(const Image *img); /* the current pixels */
/* The current pixels as an immutable buffer with one more reference, for a command list. */
PixBuf *image_draw_ref(Image *img);

static inline Colour image_get(const Image *img, int x, int y) { /* outside is transparent */
  if ((unsigned)x >= (unsigned)img->w || (unsigned)y >= (unsigned)img->h) return (Colour){0, 0, 0, 0};
  return colour_unpack(img->cur->pixels[(size_t)y * (size_t)img->w + (size_t)x]);
}
void image_set(Image *img, int x, int y, Colour c); /* outside is ignored */
void image_fill(Image *img, Colour c);

PixBuf *pixbuf_retain(PixBuf *pb);
void pixbuf_release(PixBuf *pb); /* NULL is nothing */

#endif
