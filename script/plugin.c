/* plugin.c: see plugin.h. */
#include "script/plugin.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *open_at(const char *path, char *err, size_t err_size) {
  void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!lib) snprintf(err, err_size, "%s", dlerror());
  return lib;
}

static void *find(const char *library, char *err, size_t err_size) {
  static const char *const places[] = {"", "../lib/replicant/"};
  char folder[4096], path[4096 + 128];
  ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
  while (n > 0 && folder[n - 1] != '/') n--;
  folder[n > 0 ? n : 0] = 0;
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s%s%s", folder, places[i], library);
    if (access(path, F_OK) == 0) return open_at(path, err, err_size);
  }
  snprintf(path, sizeof path, "%s/%s", RP_INSTALLED_LIB, library); /* a host's program lies anywhere */
  return open_at(access(path, F_OK) == 0 ? path : library, err, err_size);
}

const void *plugin_open(const char *library, const char *variable, const char *symbol, char *err, size_t err_size) {
  const char *named = getenv(variable);
  void *lib = named ? open_at(named, err, err_size) : find(library, err, err_size);
  const void *table = lib ? dlsym(lib, symbol) : NULL;
  if (lib && !table) snprintf(err, err_size, "%s has no %s", named ? named : library, symbol);
  return table;
}
