/* std_stream.h: sys.stdin, sys.stdout, sys.stderr: text over a buffer over the descriptors 0, 1, 2 (io.h), which are never closed by themselves. */
#ifndef RP_STD_STREAM_H
#define RP_STD_STREAM_H
#include "runtime/error.h"
/* NONE when the descriptor is closed; EMPTY + pending. */
Value std_stream_new(RpThread *th, int fd);
#endif
