/* log.c: see log.h. */
#include "engine/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void englog_line(const char *fmt, ...) {
  char line[512] = "replicant: ";
  size_t at = strlen(line);
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line + at, sizeof line - at - 1, fmt, ap);
  va_end(ap);
  if (n < 0) return;
  size_t size = at + (size_t)n;
  if (size > sizeof line - 2) size = sizeof line - 2;
  for (size_t i = at; i < size; i++)
    if (line[i] == '\n' || line[i] == '\r') line[i] = ' ';
  line[size++] = '\n';
  if (write(STDERR_FILENO, line, size) < 0) return; /* nobody left to tell */
}
