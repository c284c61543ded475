/* stats.h: what --stats prints. */
#ifndef RP_SCRIPT_STATS_H
#define RP_SCRIPT_STATS_H
#include "runtime/context.h"
void stats_print(FILE *f, RpContext *ctx);
#endif
