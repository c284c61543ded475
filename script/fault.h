/* fault.h: what went wrong in a content script, said in a few lines that can be read from two metres: where, what, the source line.
**
**     city.py:14  IndexError in build(): list index out of range     [still showing the version from 21:04:32]
**         h = 0.2 + 9.0 * bands[int(d * 1.4 * 63)]
**                         ^^^^^^^^^^^^^^^^^^^^^^^^ */
#ifndef RP_SCRIPT_FAULT_H
#define RP_SCRIPT_FAULT_H
#include "runtime/error.h"

#define FAULTS_KEPT 16
/* Which faults were already said: the same one sixty times a second is one. */
typedef struct FaultLog {
  uint64_t seen[FAULTS_KEPT];
  uint32_t n;
} FaultLog;

typedef struct Fault {
  const char *script, *folder; /* path of the script; the folder that counts as the author's own code */
  const char *callback;        /* what was called: "draw"; NULL: the file was being loaded */
  bool stopped;                /* by the watchdog */
  Value exc;                   /* EMPTY: none */
} Fault;

/* Prints the fault to stderr unless it was said since fault_forget(); `after` says what is shown now. line gets the first line without the file name.
** True: it is a new one. */
bool fault_say(RpThread *th, FaultLog *log, const Fault *f, const char *after, char *line, size_t line_size);
void fault_forget(FaultLog *log);
#endif
