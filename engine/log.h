/* log.h: what the engine has to say to people: one line on stderr, never more. Any thread. A missing resource is
** said once and the show goes on; nothing here ever ends the program. */
#ifndef RP_ENGINE_LOG_H
#define RP_ENGINE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

/* Prints "replicant: " + the formatted text + newline in one write, so that lines of several threads do not mix. */
void englog_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says it only the first time for this flag (zero-initialised, usually a field of the object concerned). */
#define ENGLOG_ONCE(flag, ...)                                                                                         \
  do {                                                                                                                 \
    if (!atomic_exchange(&(flag), true)) englog_line(__VA_ARGS__);                                                     \
  } while (0)

#endif
