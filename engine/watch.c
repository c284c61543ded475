/* watch.c: see watch.h. */
#include "engine/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Sig { /* what a save changes */
  int64_t size, mtime_s, mtime_ns;
  uint64_t inode;
  bool exists;
} Sig;

typedef struct Item {
  char *path;
  Sig told, seen;     /* the state last reported; the state of the last poll */
  int64_t seen_at_ns; /* since when it looks like `seen` */
} Item;

struct Watch {
  pthread_mutex_t lock;
  Item *items;
  int n, cap;
};

static Sig look(const char *path) {
  struct stat st;
  if (stat(path, &st) != 0) return (Sig){0};
  return (Sig){st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ino, true};
}

static bool same(const Sig *a, const Sig *b) {
  return a->exists == b->exists && a->size == b->size && a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns &&
         a->inode == b->inode;
}

Watch *watch_new(void) {
  Watch *w = calloc(1, sizeof *w);
  if (w) pthread_mutex_init(&w->lock, NULL);
  return w;
}

void watch_free(Watch *w) {
  if (!w) return;
  for (int i = 0; i < w->n; i++) free(w->items[i].path);
  free(w->items);
  pthread_mutex_destroy(&w->lock);
  free(w);
}

static bool add_locked(Watch *w, const char *path) {
  for (int i = 0; i < w->n; i++)
    if (strcmp(w->items[i].path, path) == 0) return true;
  if (w->n == w->cap) {
    int cap = w->cap ? w->cap * 2 : 8;
    Item *items = realloc(w->items, (size_t)cap * sizeof *items);
    if (!items) return false;
    w->items = items, w->cap = cap;
  }
  char *copy = strdup(path);
  if (!copy) return false;
  Sig sig = look(path);
  w->items[w->n++] = (Item){copy, sig, sig, 0};
  return true;
}

bool watch_add(Watch *w, const char *path) {
  pthread_mutex_lock(&w->lock);
  bool ok = add_locked(w, path);
  pthread_mutex_unlock(&w->lock);
  return ok;
}

void watch_poll(Watch *w, int64_t now_ns, WatchFn fn, void *user) {
  pthread_mutex_lock(&w->lock);
  for (int i = 0; i < w->n; i++) {
    Item *it = &w->items[i];
    Sig sig = look(it->path);
    if (!same(&sig, &it->seen)) it->seen = sig, it->seen_at_ns = now_ns;
    if (!sig.exists || same(&sig, &it->told) || now_ns - it->seen_at_ns < WATCH_SETTLE_NS) continue;
    it->told = sig;
    fn(user, it->path);
  }
  pthread_mutex_unlock(&w->lock);
}
