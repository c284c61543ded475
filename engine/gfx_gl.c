/* gfx_gl.c: gfx.h on OpenGL 3.3 core. The only file that calls GL.
** Two programs: `shapes` computes coverage from distance formulas (formulas after Inigo Quilez, "2D distance
** functions"), `texture` samples an image or the letter atlas. They are two because a software rasteriser pays for
** both sides of every branch. Upload goes straight through glTexSubImage2D in RGBA order: the one path that is fast
** everywhere. */
#include <glad/gl.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/gfx.h"
#include "engine/log.h"

#define TEXTURE_IDLE_MAX                                                                                               \
  600 /* replays after which an image that was not drawn loses its texture (it comes back by itself) */

struct GfxTarget {
  GLuint fbo, texture;
  int w, h;
};

typedef struct CachedTexture {
  uint64_t image_id, version, last_used;
  GLuint texture;
  int w, h;
} CachedTexture;

typedef struct Program {
  GLuint id;
  GLint view;
} Program;

typedef struct GlGfx {
  Gfx base;
  Program shapes, texture;
  GLuint vao, vbo, ibo, atlas;
  Batch batch;
  Glyphs *glyphs;
  CachedTexture *cache;
  uint32_t n_cache, cap_cache;
  uint64_t now; /* counts replays */
  uint64_t n_errors;
  int side_max;
} GlGfx;

/* -- Shaders ----------------------------------------------------------------------------------- */

static const char vertex_source[] = "#version 330 core\n"
                                    "layout(location = 0) in vec2 pos;\n"
                                    "layout(location = 1) in vec2 local;\n"
                                    "layout(location = 2) in vec4 shape;\n" /* a b shape half */
                                    "layout(location = 3) in vec4 fill;\n"
                                    "layout(location = 4) in vec4 stroke;\n"
                                    "uniform vec4 view;\n"
                                    "out vec2 p;\n"
                                    "flat out vec4 s, f, k;\n"
                                    "void main() {\n"
                                    "  p = local; s = shape; f = fill; k = stroke;\n"
                                    "  gl_Position = vec4(pos * view.xy + view.zw, 0.0, 1.0);\n"
                                    "}\n";

static const char shapes_source[] = "#version 330 core\n"
                                    "in vec2 p;\n"
                                    "flat in vec4 s, f, k;\n"
                                    "out vec4 col;\n"
                                    "void main() {\n"
                                    "  if (s.z < -1.5) { col = f * p.x; return; }\n"
                                    "  float d;\n"
                                    "  if (s.z < -0.5) {\n"
                                    "    vec2 q = p / s.xy;\n"
                                    "    float k1 = length(q), k2 = length(q / s.xy);\n"
                                    "    d = k1 * (k1 - 1.0) / max(k2, 1e-6);\n"
                                    "    if (k2 < 1e-6) d = -min(s.x, s.y);\n" /* the very centre */
                                    "  } else {\n"
                                    "    vec2 q = abs(p) - s.xy + s.z;\n"
                                    "    d = min(max(q.x, q.y), 0.0) + length(max(q, 0.0)) - s.z;\n"
                                    "  }\n"
                                    "  float on_stroke = s.w > 0.0 ? clamp(s.w + 0.5 - abs(d), 0.0, 1.0) : 0.0;\n"
                                    "  vec4 over = k * on_stroke;\n"
                                    "  col = f * clamp(0.5 - d, 0.0, 1.0) * (1.0 - over.a) + over;\n"
                                    "}\n";

static const char texture_source[] = "#version 330 core\n"
                                     "in vec2 p;\n"
                                     "flat in vec4 s, f, k;\n"
                                     "uniform sampler2D image;\n"
                                     "out vec4 col;\n"
                                     "void main() {\n"
                                     "  vec4 t = texture(image, p);\n"
                                     "  col = f * (s.z < -3.5 ? vec4(t.r) : t);\n"
                                     "}\n";

static GLuint compile(GLenum kind, const char *source, char *err, size_t err_size) {
  GLuint shader = glCreateShader(kind);
  GLint ok = 0;
  glShaderSource(shader, 1, &source, NULL);
  glCompileShader(shader);
  glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
  if (ok) return shader;
  glGetShaderInfoLog(shader, (GLsizei)err_size, NULL, err);
  glDeleteShader(shader);
  return 0;
}

static bool link_program(Program *out, const char *fragment_source, char *err, size_t err_size) {
  GLuint vs = compile(GL_VERTEX_SHADER, vertex_source, err, err_size);
  GLuint fs = vs ? compile(GL_FRAGMENT_SHADER, fragment_source, err, err_size) : 0;
  GLint ok = 0;
  if (fs) {
    out->id = glCreateProgram();
    glAttachShader(out->id, vs);
    glAttachShader(out->id, fs);
    glLinkProgram(out->id);
    glGetProgramiv(out->id, GL_LINK_STATUS, &ok);
    if (!ok) glGetProgramInfoLog(out->id, (GLsizei)err_size, NULL, err);
    out->view = glGetUniformLocation(out->id, "view");
  }
  glDeleteShader(vs);
  glDeleteShader(fs);
  return ok;
}

/* -- Set-up ------------------------------------------------------------------------------------ */

static void GLAD_API_PTR on_debug(GLenum source, GLenum type, GLuint id, GLenum severity, GLsizei size,
                                  const GLchar *text, const void *user) {
  GlGfx *gl = (GlGfx *)user;
  if (type != GL_DEBUG_TYPE_ERROR) return;
  if (gl->n_errors++ < 10) englog_line("OpenGL: %.*s", (int)size, text);
}

static void make_vertex_format(GlGfx *gl) {
  static const struct {
    GLint n;
    GLenum type;
    GLboolean normalized;
    size_t offset;
  } fields[5] = {
      {2, GL_FLOAT, GL_FALSE, offsetof(BatchVertex, x)},
      {2, GL_FLOAT, GL_FALSE, offsetof(BatchVertex, u)},
      {4, GL_FLOAT, GL_FALSE, offsetof(BatchVertex, a)},
      {4, GL_UNSIGNED_BYTE, GL_TRUE, offsetof(BatchVertex, fill)},
      {4, GL_UNSIGNED_BYTE, GL_TRUE, offsetof(BatchVertex, stroke)},
  };
  glGenVertexArrays(1, &gl->vao);
  glGenBuffers(1, &gl->vbo);
  glGenBuffers(1, &gl->ibo);
  glBindVertexArray(gl->vao);
  glBindBuffer(GL_ARRAY_BUFFER, gl->vbo);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, gl->ibo);
  for (GLuint i = 0; i < 5; i++) {
    glEnableVertexAttribArray(i);
    glVertexAttribPointer(i, fields[i].n, fields[i].type, fields[i].normalized, sizeof(BatchVertex),
                          (void *)fields[i].offset);
  }
}

static GLuint make_texture(GLint internal, GLenum format, int w, int h, const void *pixels) {
  GLuint texture;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  glTexImage2D(GL_TEXTURE_2D, 0, internal, w, h, 0, format, GL_UNSIGNED_BYTE, pixels);
  return texture;
}

static void gl_free(Gfx *gfx);
static const GfxApi gl_api;

Gfx *gfx_gl_new(GfxLookup lookup, char *err, size_t err_size) {
  int version = gladLoadGL(lookup);
  if (version < GLAD_MAKE_VERSION(3, 3)) {
    snprintf(err, err_size, "OpenGL %d.%d is too old, 3.3 is needed", GLAD_VERSION_MAJOR(version),
             GLAD_VERSION_MINOR(version));
    return NULL;
  }
  GlGfx *gl = calloc(1, sizeof *gl);
  if (!gl) return NULL;
  gl->base.api = &gl_api;
  if (GLAD_GL_KHR_debug) {
    glEnable(GL_DEBUG_OUTPUT);
    glDebugMessageCallback(on_debug, gl);
  }
  char log[400] = "";
  if (!link_program(&gl->shapes, shapes_source, log, sizeof log) ||
      !link_program(&gl->texture, texture_source, log, sizeof log)) {
    snprintf(err, err_size, "OpenGL refused a shader: %s", log);
    gl_free(&gl->base);
    return NULL;
  }
  gl->glyphs = glyphs_new();
  make_vertex_format(gl);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  gl->atlas = make_texture(GL_R8, GL_RED, ATLAS_SIDE, ATLAS_SIDE, NULL);
  glGetIntegerv(GL_MAX_TEXTURE_SIZE, &gl->side_max);
  glDisable(GL_DEPTH_TEST);
  glDisable(GL_CULL_FACE);
  glEnable(GL_BLEND);
  return &gl->base;
}

static void gl_free(Gfx *gfx) {
  GlGfx *gl = (GlGfx *)gfx;
  for (uint32_t i = 0; i < gl->n_cache; i++) glDeleteTextures(1, &gl->cache[i].texture);
  glDeleteTextures(1, &gl->atlas);
  glDeleteProgram(gl->shapes.id);
  glDeleteProgram(gl->texture.id);
  glDeleteBuffers(1, &gl->vbo);
  glDeleteBuffers(1, &gl->ibo);
  glDeleteVertexArrays(1, &gl->vao);
  if (GLAD_GL_KHR_debug) glDebugMessageCallback(NULL, NULL);
  batch_fini(&gl->batch);
  glyphs_free(gl->glyphs);
  free(gl->cache);
  free(gl);
}

/* -- Targets ----------------------------------------------------------------------------------- */

static void clear_bound(uint32_t rgba) {
  glDisable(GL_SCISSOR_TEST);
  glClearColor((float)(rgba & 255) / 255.0f, (float)(rgba >> 8 & 255) / 255.0f, (float)(rgba >> 16 & 255) / 255.0f,
               (float)(rgba >> 24) / 255.0f);
  glClear(GL_COLOR_BUFFER_BIT);
}

static bool make_storage(GlGfx *gl, GfxTarget *t, int w, int h) {
  if (w < 1 || h < 1 || w > gl->side_max || h > gl->side_max) return false;
  *t = (GfxTarget){.w = w, .h = h};
  t->texture = make_texture(GL_RGBA8, GL_RGBA, w, h, NULL);
  glGenFramebuffers(1, &t->fbo);
  glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->texture, 0);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE) {
    clear_bound(0);
    return true;
  }
  glDeleteFramebuffers(1, &t->fbo);
  glDeleteTextures(1, &t->texture);
  return false;
}

static GfxTarget *gl_target_new(Gfx *gfx, int w, int h) {
  GfxTarget *t = malloc(sizeof *t);
  if (t && make_storage((GlGfx *)gfx, t, w, h)) return t;
  free(t);
  return NULL;
}

static void gl_target_free(Gfx *gfx, GfxTarget *t) {
  if (!t) return;
  glDeleteFramebuffers(1, &t->fbo);
  glDeleteTextures(1, &t->texture);
  free(t);
}

static bool gl_target_resize(Gfx *gfx, GfxTarget *t, int w, int h) {
  GfxTarget fresh;
  if (t->w == w && t->h == h) return true;
  if (!make_storage((GlGfx *)gfx, &fresh, w, h)) return false;
  glBindFramebuffer(GL_READ_FRAMEBUFFER, t->fbo);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, fresh.fbo);
  glBlitFramebuffer(0, 0, t->w, t->h, 0, 0, w, h, GL_COLOR_BUFFER_BIT, GL_LINEAR);
  glDeleteFramebuffers(1, &t->fbo);
  glDeleteTextures(1, &t->texture);
  *t = fresh;
  return true;
}

/* -- Textures of images ------------------------------------------------------------------------ */

static CachedTexture *find_texture(GlGfx *gl, const PixBuf *pb) {
  for (uint32_t i = 0; i < gl->n_cache; i++)
    if (gl->cache[i].image_id == pb->image_id) return &gl->cache[i];
  if (gl->n_cache == gl->cap_cache) {
    uint32_t cap = gl->cap_cache ? gl->cap_cache * 2 : 32;
    CachedTexture *cache = realloc(gl->cache, cap * sizeof *cache);
    if (!cache) return NULL;
    gl->cache = cache, gl->cap_cache = cap;
  }
  CachedTexture *c = &gl->cache[gl->n_cache++];
  *c = (CachedTexture){.image_id = pb->image_id, .version = UINT64_MAX};
  return c;
}

/* The texture bound and showing exactly these pixels. */
static bool bind_image(GlGfx *gl, const PixBuf *pb) {
  if (pb->w > gl->side_max || pb->h > gl->side_max) return false;
  CachedTexture *c = find_texture(gl, pb);
  if (!c) return false;
  c->last_used = gl->now;
  if (!c->texture) {
    c->texture = make_texture(GL_RGBA8, GL_RGBA, pb->w, pb->h, pb->pixels);
  } else {
    glBindTexture(GL_TEXTURE_2D, c->texture);
    if (c->version != pb->version)
      glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, pb->w, pb->h, GL_RGBA, GL_UNSIGNED_BYTE, pb->pixels);
  }
  c->version = pb->version;
  return true;
}

static void forget_idle_textures(GlGfx *gl) {
  for (uint32_t i = 0; i < gl->n_cache;) {
    if (gl->now - gl->cache[i].last_used < TEXTURE_IDLE_MAX) {
      i++;
      continue;
    }
    glDeleteTextures(1, &gl->cache[i].texture);
    gl->cache[i] = gl->cache[--gl->n_cache];
  }
}

static void upload_atlas(GlGfx *gl) {
  Glyphs *g = gl->glyphs;
  if (!g || !g->dirty) return;
  glBindTexture(GL_TEXTURE_2D, gl->atlas);
  glTexSubImage2D(GL_TEXTURE_2D, 0, 0, g->dirty_y0, ATLAS_SIDE, g->dirty_y1 - g->dirty_y0, GL_RED, GL_UNSIGNED_BYTE,
                  g->pixels + g->dirty_y0 * ATLAS_SIDE);
  g->dirty = false;
}

/* -- Drawing ----------------------------------------------------------------------------------- */

/* Premultiplied colours throughout. The alpha channel always accumulates as in `normal`. */
static void set_blend(BlendMode mode) {
  switch (mode) {
  case BLEND_ADD: glBlendFuncSeparate(GL_ONE, GL_ONE, GL_ONE, GL_ONE_MINUS_SRC_ALPHA); break;
  case BLEND_SCREEN: glBlendFuncSeparate(GL_ONE, GL_ONE_MINUS_SRC_COLOR, GL_ONE, GL_ONE_MINUS_SRC_ALPHA); break;
  case BLEND_MULTIPLY: glBlendFuncSeparate(GL_DST_COLOR, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA); break;
  default: glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA); break;
  }
}

static void set_scissor(const BatchRun *r, int h, bool flipped) {
  if (!r->clipped) {
    glDisable(GL_SCISSOR_TEST);
    return;
  }
  glEnable(GL_SCISSOR_TEST);
  glScissor(r->clip[0], flipped ? h - r->clip[1] - r->clip[3] : r->clip[1], r->clip[2], r->clip[3]);
}

static void use_program(const Program *p, const Program **current, const float view[4]) {
  if (*current == p) return;
  *current = p;
  glUseProgram(p->id);
  glUniform4fv(p->view, 1, view);
}

/* Sends gl->batch into the bound framebuffer. `textures`: for runs of images without pixels of their own, one each,
** in order. */
static void draw_batch(GlGfx *gl, bool flipped, const GLuint *textures) {
  Batch *b = &gl->batch;
  float sy = flipped ? -2.0f / (float)b->h : 2.0f / (float)b->h;
  const float view[4] = {2.0f / (float)b->w, sy, -1.0f, flipped ? 1.0f : -1.0f};
  const Program *current = NULL;
  glViewport(0, 0, b->w, b->h);
  glBindVertexArray(gl->vao);
  glBindBuffer(GL_ARRAY_BUFFER, gl->vbo);
  if (b->n_vertices)
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(b->n_vertices * sizeof *b->vertices), b->vertices, GL_STREAM_DRAW);
  if (b->n_indices)
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(b->n_indices * sizeof *b->indices), b->indices, GL_STREAM_DRAW);
  upload_atlas(gl);
  for (uint32_t i = 0; i < b->n_runs; i++) {
    const BatchRun *r = &b->runs[i];
    if (r->kind == RUN_CLEAR) {
      clear_bound(r->rgba);
      continue;
    }
    if (r->kind == RUN_IMAGE && r->buf && !bind_image(gl, r->buf)) continue;
    if (r->kind == RUN_IMAGE && !r->buf) glBindTexture(GL_TEXTURE_2D, *textures++);
    if (r->kind == RUN_GLYPHS) glBindTexture(GL_TEXTURE_2D, gl->atlas);
    use_program(r->kind == RUN_SHAPES ? &gl->shapes : &gl->texture, &current, view);
    set_scissor(r, b->h, flipped);
    set_blend(r->blend);
    glDrawElements(GL_TRIANGLES, (GLsizei)r->count, GL_UNSIGNED_INT, (void *)(r->first * sizeof(uint32_t)));
  }
  glDisable(GL_SCISSOR_TEST);
}

static void check_errors(GlGfx *gl) {
  if (GLAD_GL_KHR_debug) return; /* the callback counts */
  for (int i = 0; i < 8 && glGetError() != GL_NO_ERROR; i++) gl->n_errors++;
}

static void gl_replay(Gfx *gfx, GfxTarget *t, const CmdList *list) {
  GlGfx *gl = (GlGfx *)gfx;
  gl->now++;
  if (gl->glyphs) glyphs_begin(gl->glyphs);
  batch_begin(&gl->batch, t->w, t->h);
  batch_list(&gl->batch, list, gl->glyphs);
  glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
  draw_batch(gl, false, NULL);
  if (gl->now % 64 == 0) forget_idle_textures(gl);
  check_errors(gl);
}

/* Over black, a premultiplied picture is its own colour channels: the bottom layer can be copied, a tenth of the
** cost of blending. The canvas' alpha is then the layer's; nothing reads it, and gl_read makes it opaque. */
static bool is_plain(const GfxView *v, const GfxTarget *canvas) {
  return v->blend == BLEND_NORMAL && v->opacity >= 1.0f && v->target->w == canvas->w && v->target->h == canvas->h;
}

static void copy_target(GfxTarget *dst, const GfxTarget *src) {
  glDisable(GL_SCISSOR_TEST);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, src->fbo);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, dst->fbo);
  glBlitFramebuffer(0, 0, src->w, src->h, 0, 0, dst->w, dst->h, GL_COLOR_BUFFER_BIT, GL_NEAREST);
}

static void gl_compose(Gfx *gfx, GfxTarget *canvas, const GfxView *views, int n_views) {
  GlGfx *gl = (GlGfx *)gfx;
  int first = 0;
  while (first < n_views && !views[first].target) first++;
  if (first < n_views && is_plain(&views[first], canvas)) {
    copy_target(canvas, views[first++].target);
  } else {
    glBindFramebuffer(GL_FRAMEBUFFER, canvas->fbo);
    clear_bound(0xFF000000u);
  }
  glBindFramebuffer(GL_FRAMEBUFFER, canvas->fbo);
  for (int i = first; i < n_views; i++) {
    uint32_t k = (uint32_t)lroundf(views[i].opacity * 255.0f);
    if (!k || !views[i].target) continue;
    batch_begin(&gl->batch, canvas->w, canvas->h);
    gl->batch.blend = views[i].blend;
    batch_texture(&gl->batch, 0, 0, (float)canvas->w, (float)canvas->h, k * 0x01010101u);
    draw_batch(gl, false, &views[i].target->texture);
  }
  check_errors(gl);
}

static void gl_show(Gfx *gfx, GfxTarget *canvas, GfxRect at, int win_w, int win_h, const CmdList *overlay) {
  GlGfx *gl = (GlGfx *)gfx;
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  if (at.w != win_w || at.h != win_h) clear_bound(0xFF000000u);
  glDisable(GL_SCISSOR_TEST);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, canvas->fbo);
  glBlitFramebuffer(0, 0, canvas->w, canvas->h, at.x, win_h - at.y, at.x + at.w, win_h - at.y - at.h,
                    GL_COLOR_BUFFER_BIT, at.w == canvas->w && at.h == canvas->h ? GL_NEAREST : GL_LINEAR);
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  if (overlay) {
    batch_begin(&gl->batch, win_w, win_h);
    batch_list(&gl->batch, overlay, gl->glyphs);
    draw_batch(gl, true, NULL);
  }
  glFlush(); /* the caller sleeps now: let the hardware work meanwhile */
  check_errors(gl);
}

static bool gl_read(Gfx *gfx, GfxTarget *t, uint32_t *pixels) {
  glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
  glReadPixels(0, 0, t->w, t->h, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
  for (size_t i = 0, n = (size_t)t->w * (size_t)t->h; i < n; i++) pixels[i] |= 0xFF000000u;
  return true;
}

static void gl_finish(Gfx *gfx) { glFinish(); }
static uint64_t gl_n_errors(Gfx *gfx) { return ((GlGfx *)gfx)->n_errors; }

static const GfxApi gl_api = {
    .name = "OpenGL 3.3",
    .draws = true,
    .free = gl_free,
    .target_new = gl_target_new,
    .target_free = gl_target_free,
    .target_resize = gl_target_resize,
    .replay = gl_replay,
    .compose = gl_compose,
    .show = gl_show,
    .read = gl_read,
    .finish = gl_finish,
    .n_errors = gl_n_errors,
};
