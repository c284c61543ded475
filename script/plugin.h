/* plugin.h: the parts that are opened only when they are needed, because what they link is large: the native tier (LLVM) and the engine's backends
** (SDL, OpenGL, PortAudio). What they use of this process they find by name, so the program exports its symbols (-rdynamic). */
#ifndef RP_SCRIPT_PLUGIN_H
#define RP_SCRIPT_PLUGIN_H
#include <stddef.h>

/* The table that `library` defines as `symbol`, or NULL with one line in err. Looked for at the place that the environment variable `variable` names,
** if it is set; else beside the program, then in ../lib/replicant from there (as installed), in lib/replicant of the prefix
** that this was built for, and where the system looks. Stays open. Any thread. */
const void *plugin_open(const char *library, const char *variable, const char *symbol, char *err, size_t err_size);
#endif
