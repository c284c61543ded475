/* base.c: the end of the line for our own mistakes. */
#include "runtime/base.h"
#include <stdarg.h>

#ifdef RP_DEBUG
void (*rp_race_hook)(void);
#endif

void rp_fatal(const char *file, int line, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  fprintf(stderr, "replicant: internal error at %s:%d: ", file, line);
  vfprintf(stderr, fmt, ap);
  fputc('\n', stderr);
  va_end(ap);
  abort();
}
