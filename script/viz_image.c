/* viz_image.c: the type Image. Its map runs on all cores: viz_parallel.c. */
#include "script/viz.h"
#include "runtime/dict.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/names.h"
#include "runtime/native_rt.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/parcel.h"
#include <math.h>
#include <unistd.h>

#define IMG(v) ((VizImage *)as_object(v))

void viz_lock_images(RpThread *th, Viz *viz) {
  VizThread *vt = th->host_data;
  if (vt && vt->in_map) return; /* the map holds it */
  if (pthread_mutex_trylock(&viz->image_lock) == 0) return;
  thread_enter_safe(th);
  pthread_mutex_lock(&viz->image_lock);
  thread_leave_safe(th);
}
void viz_unlock_images(Viz *viz) { pthread_mutex_unlock(&viz->image_lock); }

static bool in_map(RpThread *th) {
  VizThread *vt = th->host_data;
  return vt && vt->in_map;
}

VizImage *viz_image_arg(RpThread *th, const char *call, Value v) {
  if (has_shape(v, SHAPE_viz_Image)) return IMG(v);
  raise_type(th, "%s: img must be an Image, not %V (%T)", call, v, v);
  return NULL;
}

/* Takes img over. */
static Value wrap(RpThread *th, Image *img) {
  if (!img) return raise_memory(th);
  size_t bytes = (size_t)img->w * (size_t)img->h * 4 * 2; /* it and what is being shown */
  VizImage *o = heap_external_add(th, bytes) ? (VizImage *)heap_alloc(th, SHAPE_viz_Image, K_NATIVE_OBJECT, sizeof *o) : NULL;
  if (!o) return image_drop(img), EMPTY;
  o->img = img;
  o->counted = bytes;
  return value_object(o);
}

/* -- Between contexts: the pixels as they are now, shared until somebody writes ------------- */

static Value open_pixels(RpThread *th, void *data) {
  Image *img = image_sharing(data);
  pixbuf_release(data);
  return wrap(th, img);
}
static void drop_pixels(void *data) { pixbuf_release(data); }

int viz_pack_object(RpThread *th, Value v, ParcelItem *out) {
  static const ParcelKind kind = {open_pixels, drop_pixels};
  if (!has_shape(v, SHAPE_viz_Image)) return 0;
  Viz *viz = viz_of(th);
  if (!viz) return -1;
  bool inside_map = in_map(th);
  if (!inside_map) viz_lock_images(th, viz);
  PixBuf *shown = IMG(v)->before ? IMG(v)->before : IMG(v)->img->cur;
  *out = (ParcelItem){&kind, pixbuf_retain(shown)};
  if (!inside_map) viz_unlock_images(viz);
  return 1;
}

static void image_free_(RpContext *ctx, Object *o) {
  VizImage *im = (VizImage *)o;
  if (im->img) image_drop(im->img);
  if (im->before) pixbuf_release(im->before);
  heap_external_sub(ctx, im->counted);
}

static Value image_new_(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"Image", NULL, "(w, h)", 0, NULL, NULL};
  Value a[2];
  int64_t n[2];
  if (!native_bind(th, &def, args, n_pos, kwnames, a)) return EMPTY;
  for (int i = 0; i < 2; i++) {
    if (!int_check(a[i])) return raise_type(th, "Image(w, h): %s must be a whole number of pixels, not %V (%T)", i ? "h" : "w", a[i], a[i]);
    if (!int_as_i64(a[i], &n[i]) || n[i] < 1 || n[i] > IMAGE_SIDE_MAX)
      return raise_value(th, "Image(w, h): %s must be 1..%d, not %V", i ? "h" : "w", IMAGE_SIDE_MAX, a[i]);
  }
  return wrap(th, image_new((int)n[0], (int)n[1]));
}

/* -- Files ----------------------------------------------------------------------------------- */

/* As given, or beside the script. malloc'ed. */
static char *find_file(Viz *viz, const char *path) {
  if (path[0] == '/' || !viz->folder || access(path, F_OK) == 0) return strdup(path);
  char *full = NULL;
  if (asprintf(&full, "%s/%s", viz->folder, path) < 0) return NULL;
  if (access(full, F_OK) == 0) return full;
  free(full);
  return strdup(path);
}

/* A file that cannot be read is said once, in one line, and shows as magenta squares: the show goes on. */
static Value load(RpThread *th, Value path) {
  size_t n;
  Viz *viz = viz_of(th);
  const char *text = viz ? viz_text(th, "load_image(path)", "path", path, &n) : NULL;
  if (!text) return EMPTY;
  if (th->ctx->opt.sandbox) return raise_error(th, &type_PermissionError, "load_image(): a sandboxed script reads no files");
  if (strlen(text) != n) return raise_value(th, "load_image(path): embedded null character");
  char *file = find_file(viz, text), err[512] = "";
  if (!file) return raise_memory(th);
  thread_enter_safe(th);
  Image *img = image_load(file, err, sizeof err);
  thread_leave_safe(th);
  if (img && img->is_placeholder) fprintf(stderr, "%s\n", err);
  free(file);
  return wrap(th, img);
}
static Value f_load_image(RpThread *th, const Value *a) { return load(th, a[0]); }
static Value m_load(RpThread *th, const Value *a) { return load(th, a[1]); }

static Value m_save(RpThread *th, const Value *a) {
  size_t n;
  const char *path = viz_text(th, "Image.save(path)", "path", a[1], &n);
  Viz *viz = path ? viz_of(th) : NULL;
  char err[512] = "";
  if (!viz) return EMPTY;
  if (th->ctx->opt.sandbox) return raise_error(th, &type_PermissionError, "Image.save(): a sandboxed script writes no files");
  if (in_map(th)) return raise_runtime(th, "Image.save() inside map()");
  viz_lock_images(th, viz);
  Image *img = IMG(a[0])->img;
  thread_enter_safe(th);
  bool ok = image_save(img, path, err, sizeof err);
  thread_leave_safe(th);
  viz_unlock_images(viz);
  return ok ? NONE : raise_error(th, &type_OSError, "%s", err);
}

const NativeDef viz_image_functions[] = {
    {"load_image", f_load_image, "(path)", 0, "An Image from a png, jpg, bmp, gif, tga, psd or pnm file, beside the script or at path."},
    {0},
};

/* -- Pixels --------------------------------------------------------------------------------------- */

static bool pixel_args(RpThread *th, const char *call, const Value *a, int *x, int *y) {
  float f[2];
  if (viz_numbers(th, call, a, 2, f) < 0) return false;
  *x = f[0] >= -1e6f && f[0] <= 1e6f ? (int)floorf(f[0]) : -1;
  *y = f[1] >= -1e6f && f[1] <= 1e6f ? (int)floorf(f[1]) : -1;
  return true;
}

static Value m_get(RpThread *th, const Value *a) {
  int x, y;
  Viz *viz = viz_of(th);
  if (!viz || !pixel_args(th, "Image.get(x, y)", a + 1, &x, &y)) return EMPTY;
  bool inside_map = in_map(th);
  VizImage *im = IMG(a[0]);
  Colour c = {0, 0, 0, 0};
  if (!inside_map) viz_lock_images(th, viz);
  const PixBuf *pb = im->before ? im->before : im->img->cur;
  if ((unsigned)x < (unsigned)pb->w && (unsigned)y < (unsigned)pb->h) c = colour_unpack(pb->pixels[(size_t)y * (size_t)pb->w + (size_t)x]);
  if (!inside_map) viz_unlock_images(viz);
  return viz_colour_new(th, (double)c.r, (double)c.g, (double)c.b, (double)c.a);
}

static Value m_set(RpThread *th, const Value *a) {
  int x, y;
  Colour c;
  Viz *viz = viz_of(th);
  if (!viz || !pixel_args(th, "Image.set(x, y)", a + 1, &x, &y) || !viz_colour_args(th, "Image.set", a + 3, &c)) return EMPTY;
  if (in_map(th)) return raise_runtime(th, "Image.set() inside map(): a pixel function writes its own pixel, by returning it");
  viz_lock_images(th, viz);
  image_set(IMG(a[0])->img, x, y, c);
  viz_unlock_images(viz);
  return NONE;
}

static Value m_fill(RpThread *th, const Value *a) {
  Colour c;
  Viz *viz = viz_of(th);
  if (!viz || !viz_colour_args(th, "Image.fill", a + 1, &c)) return EMPTY;
  if (in_map(th)) return raise_runtime(th, "Image.fill() inside map()");
  viz_lock_images(th, viz);
  image_fill(IMG(a[0])->img, c);
  viz_unlock_images(viz);
  return NONE;
}

/* -- Map ---------------------------------------------------------------------------------------------- */

#define MAP_ARGS_MAX 30

typedef struct MapJob {
  VizJob job;
  Value fn;
  Value args[MAP_ARGS_MAX];
  int n_args;
  const Kernel *kernel; /* or NULL */
  uint32_t *pixels;
  int w, h;
} MapJob;

/* fn's callee puts what it returns where VizThread.pixel points. */
static const KernelSpec map_kernel = {"<Image.map>",
                                      "def loop(fn, put, y, end, width%s):\n"
                                      "  while y < end:\n"
                                      "    x = 0.0\n"
                                      "    while x < width:\n"
                                      "      put(fn(%sx, y%s))\n"
                                      "      x += 1.0\n"
                                      "    y += 1.0\n",
                                      2};

static bool pack(RpThread *th, Value v, uint32_t *out) {
  Colour c;
  if (likely(is_object(v) && obj_shape_id(as_object(v)) == SHAPE_viz_Color)) {
    const Value *i = as_tuple(v)->items;
    c = (Colour){(float)as_double(i[0]), (float)as_double(i[1]), (float)as_double(i[2]), (float)as_double(i[3])};
  } else {
    int rc = viz_to_colour(th, v, &c);
    if (rc == 0) raise_type(th, "Image.map: the function must return a Color, (r, g, b[, a]) or a grey level, not %V", v);
    if (rc <= 0) return false;
  }
  *out = colour_pack(c);
  return true;
}

static Value put_pixel(RpThread *th, const Value *a) {
  VizThread *vt = th->host_data;
  /* A script can find this function in the loop's frame, and call it from anywhere. */
  if (unlikely(!vt || vt->pixel == vt->pixel_end)) return raise_runtime(th, "a pixel outside of Image.map()");
  if (!pack(th, a[0], vt->pixel)) return EMPTY;
  vt->pixel++;
  return NONE;
}
static const NativeDef def_put_pixel = {"put", put_pixel, "(colour, /)", 0, NULL, NULL};

/* Pixel by pixel; *pixel: the next one, where it failed. */
static bool map_plain(RpThread *th, const MapJob *job, int64_t begin, int64_t end, uint32_t **pixel) {
  Value argv[2 + MAP_ARGS_MAX];
  memcpy(argv + 2, job->args, (size_t)job->n_args * sizeof(Value));
  for (int64_t y = begin; y < end; y++) {
    argv[1] = value_double((double)y);
    for (int x = 0; x < job->w; x++, ++*pixel) {
      argv[0] = value_double(x);
      Value v = native_call_any(th, job->fn, argv, 2 + (uint32_t)job->n_args);
      if (unlikely(v == EMPTY || !pack(th, v, *pixel))) return false;
    }
    if (!thread_poll(th)) return false;
  }
  return true;
}

static bool map_kernel_rows(RpThread *th, const MapJob *job, int64_t begin, int64_t end, uint32_t **pixel) {
  VizThread *vt = th->host_data;
  Value own[] = {job->job.viz->put_pixel, value_double((double)begin), value_double((double)end), value_double(job->w)};
  vt->pixel = *pixel;
  vt->pixel_end = *pixel + (size_t)(end - begin) * (size_t)job->w;
  bool ok = kernel_run(th, job->kernel, job->fn, own, 4, job->args) != EMPTY;
  *pixel = vt->pixel;
  vt->pixel_end = vt->pixel;
  return ok;
}

/* Rows begin..end-1. */
static bool map_rows(RpThread *th, VizJob *base, int64_t begin, int64_t end) {
  MapJob *job = (MapJob *)base;
  uint32_t *pixel = job->pixels + (size_t)begin * (size_t)job->w;
  bool compiled = kernel_ready(job->kernel);
  if (likely(compiled ? map_kernel_rows(th, job, begin, end, &pixel) : map_plain(th, job, begin, end, &pixel))) return true;
  if (compiled) kernel_left(th, job->kernel, "x");
  return viz_job_failed(th, base, pixel - job->pixels);
}

/* Finds the kernel; without one the function is called pixel by pixel. With the images' lock. */
static void find_kernel(RpThread *th, MapJob *job) {
  Viz *viz = job->job.viz;
  if (viz->put_pixel == EMPTY) {
    Native *put = native_new(th, SHAPE_builtin_function, &def_put_pixel, NULL, EMPTY, NULL);
    if (!put) {
      error_clear(th);
      return;
    }
    heap_shade(th, put);
    viz->put_pixel = value_object(put);
  }
  job->kernel = kernel_find(th, &viz->kernels, &map_kernel, job->fn, job->n_args);
}

static Value m_map(RpThread *th, const Value *a) {
  VizImage *im = IMG(a[0]);
  Viz *viz = viz_of(th);
  if (!viz) return EMPTY;
  Tuple *rest = as_tuple(a[2]);
  if (!op_callable(a[1])) return raise_type(th, "Image.map(fn, *args): fn must be a function, not %V (%T)", a[1], a[1]);
  if (rest->length > MAP_ARGS_MAX) return raise_type(th, "Image.map(fn, *args): at most %d arguments", MAP_ARGS_MAX);
  if (in_map(th)) return raise_runtime(th, "Image.map() inside map()");
  MapJob job = {.job.body = map_rows, .fn = a[1], .n_args = (int)rest->length, .w = im->img->w, .h = im->img->h};
  for (uint64_t i = 0; i < rest->length; i++) job.args[i] = rest->items[i];
  if (!viz_job_begin(th, &job.job, "Image.map()")) return EMPTY;
  find_kernel(th, &job);
  im->before = image_draw_ref(im->img);
  job.pixels = image_write(im->img, false);
  int64_t grain = 4096 / job.w;
  bool ok = job.pixels && viz_job_run(th, &job.job, job.h, grain < 1 ? 1 : grain);
  pixbuf_release(im->before);
  im->before = NULL;
  viz_job_end(&job.job);
  if (ok) return a[0];
  char where[80];
  snprintf(where, sizeof where, "at pixel (%d, %d) of Image.map", (int)(job.job.fail_at % job.w), (int)(job.job.fail_at / job.w));
  return viz_job_raise(th, &job.job, job.fn, where);
}

/* -- The type --------------------------------------------------------------------------------------------- */

static Value get_width(RpThread *th, Value self) { return value_int(IMG(self)->img->w); }
static Value get_height(RpThread *th, Value self) { return value_int(IMG(self)->img->h); }
static Value image_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "Image(%d, %d)", IMG(self)->img->w, IMG(self)->img->h));
}

const TypeSpec spec_viz_Image = {
    .doc = "Image(w, h): pixels, at first transparent. Draw it with image(), fill it with map() or set().",
    .size = sizeof(VizImage),
    .slots = {.free_ = image_free_, .new_ = image_new_, .repr = image_repr},
    .methods =
        (const NativeDef[]){
            {"map", m_map, "(self, fn, /, *args)", 0,
             "Sets every pixel to what fn(x, y, *args) returns, on all cores: a Color, (r, g, b[, a]) or a grey level. get() inside fn reads "
             "the picture as it was before."},
            {"get", m_get, "(self, x, y)", 0, "The Color at x, y; transparent outside."},
            {"set", m_set, "(self, x, y, v1, v2=None, v3=None, alpha=None, /)", 0, "Sets the pixel at x, y; outside nothing happens."},
            {"fill", m_fill, "(self, v1, v2=None, v3=None, alpha=None, /)", 0, "Sets all pixels."},
            {"save", m_save, "(self, path)", 0, "Writes a .png, .ppm, .bmp or .tga file."},
            {"load", m_load, "(cls, path)", NATIVE_CLASSMETHOD, "As load_image(path)."},
            {0}},
    .getsets = (const GetSetDef[]){{"width", get_width, NULL, "pixels"}, {"height", get_height, NULL, "pixels"}, {0}},
};
