/* dump.h: --dump: what the compiler makes of a source text, stage by stage. */
#ifndef RP_SCRIPT_DUMP_H
#define RP_SCRIPT_DUMP_H
#include <stddef.h>
/* stages: comma-separated from tokens, ast, scope, rir. Exit status. */
int dump_stages(const char *stages, const char *src, size_t n, const char *filename);
#endif
