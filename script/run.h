/* run.h: running programs as python3 does: a file, -c text, standard input. */
#ifndef RP_SCRIPT_RUN_H
#define RP_SCRIPT_RUN_H
#include "runtime/context.h"
/* Installs the runtime's hooks (compiler, native tier). Once per process; idempotent and thread-safe. */
void script_install_hooks(void);
/* sys.argv. false with th->pending set. */
bool set_argv(RpThread *th, int argc, char **argv);
/* Reads a whole file; malloc'ed, NUL-terminated. NULL with errno set. */
char *read_file(const char *path, size_t *n);
/* Runs source bytes as module __main__ under file name `name`. true, or false with th->pending set. path: its folder becomes sys.path[0] and __file__ is
** set; NULL: sys.path[0] is "". */
bool run_main_source(RpThread *th, const char *src, size_t n, const char *name, const char *path);
/* After a failed run: prints what python3 would print and returns the exit status (SystemExit included); clears pending. */
int report_exit(RpThread *th);
#define STATUS_INTERRUPTED 0x182 /* an uncaught KeyboardInterrupt: 130, and different from sys.exit(130) */
/* Runs a module as __main__, as python3 -m: sys.path[0] is the current folder, sys.argv[0] the module's file. */
bool run_main_module(RpThread *th, const char *name);
/* Flushes sys.stdout and sys.stderr as at exit; false if flushing failed. */
bool flush_std_streams(RpThread *th);
#endif
