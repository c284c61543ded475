/* capture.c: see capture.h. */
#include "engine/capture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image.h"
#include "engine/log.h"

#define QUEUE_MAX 4

typedef struct Picture {
  uint32_t *pixels;
  int w, h;
  char *path;
} Picture;

struct Capture {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  Picture queue[QUEUE_MAX];
  int first, n;
  bool stop;
  uint64_t n_written, n_failed;
};

static void write_picture(Capture *cap, const Picture *p) {
  char err[512];
  bool ok = image_save_rgba(p->pixels, p->w, p->h, p->path, err, sizeof err);
  if (!ok && cap->n_failed == 0) englog_line("%s", err);
  pthread_mutex_lock(&cap->lock);
  if (ok)
    cap->n_written++;
  else
    cap->n_failed++;
  pthread_mutex_unlock(&cap->lock);
  free(p->pixels);
  free(p->path);
}

static void *writer_main(void *arg) {
  Capture *cap = arg;
  for (;;) {
    pthread_mutex_lock(&cap->lock);
    while (!cap->n && !cap->stop) pthread_cond_wait(&cap->changed, &cap->lock);
    if (!cap->n) break;
    Picture p = cap->queue[cap->first];
    cap->first = (cap->first + 1) % QUEUE_MAX;
    cap->n--;
    pthread_cond_broadcast(&cap->changed);
    pthread_mutex_unlock(&cap->lock);
    write_picture(cap, &p);
  }
  pthread_mutex_unlock(&cap->lock);
  return NULL;
}

Capture *capture_new(void) {
  Capture *cap = calloc(1, sizeof *cap);
  if (!cap) return NULL;
  pthread_mutex_init(&cap->lock, NULL);
  pthread_cond_init(&cap->changed, NULL);
  if (pthread_create(&cap->thread, NULL, writer_main, cap) == 0) return cap;
  free(cap);
  return NULL;
}

bool capture_put(Capture *cap, uint32_t *pixels, int w, int h, const char *path, bool may_wait) {
  char *copy = cap ? strdup(path) : NULL;
  if (!copy) {
    free(pixels);
    return false;
  }
  pthread_mutex_lock(&cap->lock);
  while (may_wait && cap->n == QUEUE_MAX) pthread_cond_wait(&cap->changed, &cap->lock);
  bool room = cap->n < QUEUE_MAX;
  if (room) cap->queue[(cap->first + cap->n++) % QUEUE_MAX] = (Picture){pixels, w, h, copy};
  pthread_cond_broadcast(&cap->changed);
  pthread_mutex_unlock(&cap->lock);
  if (!room) free(pixels), free(copy);
  return room;
}

void capture_free(Capture *cap, uint64_t *n_written, uint64_t *n_failed) {
  if (n_written) *n_written = 0;
  if (n_failed) *n_failed = 0;
  if (!cap) return;
  pthread_mutex_lock(&cap->lock);
  cap->stop = true;
  pthread_cond_broadcast(&cap->changed);
  pthread_mutex_unlock(&cap->lock);
  pthread_join(cap->thread, NULL);
  if (n_written) *n_written = cap->n_written;
  if (n_failed) *n_failed = cap->n_failed;
  pthread_mutex_destroy(&cap->lock);
  pthread_cond_destroy(&cap->changed);
  free(cap);
}
