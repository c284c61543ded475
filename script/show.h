/* show.h: `replicant show FILE.py...`: content scripts as layers of one picture, in a window or offscreen. */
#ifndef RP_SCRIPT_SHOW_H
#define RP_SCRIPT_SHOW_H
#include "runtime/context.h"
/* argv: what follows the word `show`. Exit status: 0; 1 when a script never drew a frame or pictures could not be written; 2 for wrong usage. */
int show_main(const struct ContextOptions *opt, bool stats, int argc, char **argv);
#endif
