/* image.c: see image.h. */
#include "engine/image.h"

#include <errno.h>
#include <stb_image.h>
#include <stb_image_write.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- Pixel buffers ----------------------------------------------------------------------------- */

static PixBuf *pixbuf_new(int w, int h) {
  PixBuf *pb = malloc(sizeof *pb + (size_t)w * (size_t)h * 4);
  if (pb) atomic_init(&pb->refs, 1), pb->w = w, pb->h = h, pb->image_id = pb->version = 0;
  return pb;
}

PixBuf *pixbuf_retain(PixBuf *pb) {
  atomic_fetch_add_explicit(&pb->refs, 1, memory_order_relaxed);
  return pb;
}

void pixbuf_release(PixBuf *pb) {
  if (pb && atomic_fetch_sub_explicit(&pb->refs, 1, memory_order_acq_rel) == 1) free(pb);
}

/* -- Life -------------------------------------------------------------------------------------- */

Image *image_sharing(PixBuf *pb) {
  static atomic_uint_fast64_t next_id = 1; /* a counter, not state: ids only have to differ */
  Image *img = calloc(1, sizeof *img);
  if (!img) return NULL;
  atomic_init(&img->refs, 1);
  img->id = atomic_fetch_add_explicit(&next_id, 1, memory_order_relaxed);
  img->w = pb->w, img->h = pb->h;
  img->cur = pixbuf_retain(pb);
  return img;
}

Image *image_new(int w, int h) {
  if (w < 1 || h < 1 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX) return NULL;
  PixBuf *pb = pixbuf_new(w, h);
  Image *img = pb ? image_sharing(pb) : NULL;
  pixbuf_release(pb);
  if (!img) return NULL;
  img->cur->image_id = img->id;
  memset(img->cur->pixels, 0, (size_t)w * (size_t)h * 4);
  return img;
}

Image *image_retain(Image *img) {
  atomic_fetch_add_explicit(&img->refs, 1, memory_order_relaxed);
  return img;
}

void image_drop(Image *img) {
  if (!img || atomic_fetch_sub_explicit(&img->refs, 1, memory_order_acq_rel) != 1) return;
  pixbuf_release(img->cur);
  for (int i = 0; i < img->n_spare; i++) pixbuf_release(img->spare[i]);
  free(img->spare);
  free(img);
}

/* -- Writing ----------------------------------------------------------------------------------- */

static bool is_private(PixBuf *pb) { return atomic_load_explicit(&pb->refs, memory_order_acquire) == 1; }

/* A buffer that nobody else sees: a spare whose list is done with it, or a new one. In a steady state three lists
** (recording, waiting, being replayed) hold one each and the fourth is written. */
static PixBuf *take_spare(Image *img) {
  for (int i = 0; i < img->n_spare; i++)
    if (is_private(img->spare[i])) {
      PixBuf *pb = img->spare[i];
      img->spare[i] = img->spare[--img->n_spare];
      return pb;
    }
  return pixbuf_new(img->w, img->h);
}

/* Keeps at most four retired buffers; beyond that (a layer far ahead of a stuck screen) the references alone keep
** them alive. */
static void retire(Image *img, PixBuf *pb) {
  if (!img->spare) img->spare = malloc(4 * sizeof *img->spare), img->cap_spare = img->spare ? 4 : 0;
  if (img->n_spare < img->cap_spare)
    img->spare[img->n_spare++] = pb;
  else
    pixbuf_release(pb);
}

uint32_t *image_write(Image *img, bool keep_old) {
  if (!is_private(img->cur)) {
    PixBuf *fresh = take_spare(img);
    if (!fresh) return NULL;
    if (keep_old) memcpy(fresh->pixels, img->cur->pixels, (size_t)img->w * (size_t)img->h * 4);
    retire(img, img->cur);
    img->cur = fresh;
  }
  img->cur->image_id = img->id;
  img->cur->version = ++img->version;
  return img->cur->pixels;
}

const uint32_t *image_read(const Image *img) { return img->cur->pixels; }
PixBuf *image_draw_ref(Image *img) { return pixbuf_retain(img->cur); }

void image_set(Image *img, int x, int y, Colour c) {
  if ((unsigned)x >= (unsigned)img->w || (unsigned)y >= (unsigned)img->h) return;
  uint32_t *pixels = image_write(img, true);
  if (pixels) pixels[(size_t)y * (size_t)img->w + (size_t)x] = colour_pack(c);
}

void image_fill(Image *img, Colour c) {
  uint32_t *pixels = image_write(img, false), packed = colour_pack(c);
  size_t n = (size_t)img->w * (size_t)img->h;
  for (size_t i = 0; pixels && i < n; i++) pixels[i] = packed;
}

/* -- Files ------------------------------------------------------------------------------------- */

static uint32_t premultiply(uint32_t p) {
  uint32_t a = p >> 24;
  if (a == 255) return p;
  uint32_t r = ((p & 255) * a + 127) / 255, g = ((p >> 8 & 255) * a + 127) / 255, b = ((p >> 16 & 255) * a + 127) / 255;
  return r | g << 8 | b << 16 | a << 24;
}

static uint32_t unpremultiply(uint32_t p) {
  uint32_t a = p >> 24, out = a << 24;
  if (a == 255 || a == 0) return a ? p : 0;
  for (int shift = 0; shift < 24; shift += 8) {
    uint32_t v = ((p >> shift & 255) * 255 + a / 2) / a;
    out |= (v > 255 ? 255 : v) << shift;
  }
  return out;
}

static Image *placeholder(void) {
  Image *img = image_new(64, 64);
  if (!img) return NULL;
  for (int i = 0; i < 64 * 64; i++) img->cur->pixels[i] = ((i >> 3) ^ (i >> 9)) & 1 ? 0xFFFF00FFu : 0xFF000000u;
  img->is_placeholder = true;
  return img;
}

/* Why a path cannot even be opened as a file; NULL when it can. */
static const char *file_problem(const char *path, struct stat *st) {
  if (stat(path, st) != 0) return strerror(errno);
  if (S_ISDIR(st->st_mode)) return "is a directory";
  if (!S_ISREG(st->st_mode)) return "not a regular file";
  if (st->st_size == 0) return "the file is empty";
  if (st->st_size > 512LL * 1024 * 1024) return "the file is larger than 512 MB";
  return access(path, R_OK) != 0 ? strerror(errno) : NULL;
}

Image *image_load(const char *path, char *err, size_t err_size) {
  struct stat st;
  int w = 0, h = 0, n = 0;
  unsigned char *data = NULL;
  Image *img = NULL;
  const char *why = file_problem(path, &st);
  if (err_size) err[0] = 0;
  if (why) goto bad;
  if (!stbi_info(path, &w, &h, &n)) {
    why = "unknown or damaged image format";
    goto bad;
  }
  if (w < 1 || h < 1 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX) {
    why = "larger than 16384 pixels on a side";
    goto bad;
  }
  data = stbi_load(path, &w, &h, &n, 4);
  if (!data) {
    why = stbi_failure_reason();
    if (!why) why = "damaged image data";
    goto bad;
  }
  img = image_new(w, h);
  if (img) {
    memcpy(img->cur->pixels, data, (size_t)w * (size_t)h * 4);
    for (size_t i = 0; i < (size_t)w * (size_t)h; i++) img->cur->pixels[i] = premultiply(img->cur->pixels[i]);
  }
  stbi_image_free(data);
  return img;
bad:
  snprintf(err, err_size, "cannot read image %s: %s", path, why);
  return placeholder();
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcasecmp(text + n - m, end) == 0;
}

static bool write_ppm(const char *path, const uint32_t *pixels, int w, int h) {
  FILE *f = fopen(path, "wb");
  if (!f) return false;
  fprintf(f, "P6\n%d %d\n255\n", w, h);
  unsigned char row[3 * 1024];
  bool ok = true;
  for (size_t i = 0, total = (size_t)w * (size_t)h; i < total && ok;) {
    size_t n = total - i < 1024 ? total - i : 1024;
    for (size_t j = 0; j < n; j++, i++)
      row[j * 3] = pixels[i] & 255, row[j * 3 + 1] = pixels[i] >> 8 & 255, row[j * 3 + 2] = pixels[i] >> 16 & 255;
    ok = fwrite(row, 3, n, f) == n;
  }
  return (fclose(f) == 0) && ok;
}

static bool write_stb(const char *path, const char *name, const uint32_t *pixels, int w, int h) {
  size_t n = (size_t)w * (size_t)h;
  uint32_t *straight = malloc(n * 4);
  if (!straight) return false;
  for (size_t i = 0; i < n; i++) straight[i] = unpremultiply(pixels[i]);
  int ok = ends_with(name, ".png")   ? stbi_write_png(path, w, h, 4, straight, w * 4)
           : ends_with(name, ".bmp") ? stbi_write_bmp(path, w, h, 4, straight)
                                     : stbi_write_tga(path, w, h, 4, straight);
  free(straight);
  return ok != 0;
}

bool image_save_rgba(const uint32_t *pixels, int w, int h, const char *path, char *err, size_t err_size) {
  char tmp[4096];
  bool is_ppm = ends_with(path, ".ppm");
  if (err_size) err[0] = 0;
  if (!is_ppm && !ends_with(path, ".png") && !ends_with(path, ".bmp") && !ends_with(path, ".tga")) {
    snprintf(err, err_size, "cannot write image %s: the name must end in .png, .ppm, .bmp or .tga", path);
    return false;
  }
  if ((size_t)snprintf(tmp, sizeof tmp, "%s.%d.part", path, (int)getpid()) >= sizeof tmp) {
    snprintf(err, err_size, "cannot write image: the path is too long");
    return false;
  }
  errno = 0;
  bool ok = is_ppm ? write_ppm(tmp, pixels, w, h) : write_stb(tmp, path, pixels, w, h);
  if (ok) ok = rename(tmp, path) == 0;
  if (ok) return true;
  snprintf(err, err_size, "cannot write image %s: %s", path, errno ? strerror(errno) : "out of space or memory");
  unlink(tmp);
  return false;
}

bool image_save(const Image *img, const char *path, char *err, size_t err_size) {
  return image_save_rgba(img->cur->pixels, img->w, img->h, path, err, err_size);
}
