/* std_stream.h: sys.stdin, sys.stdout, sys.stderr as native text files over the descriptors 0, 1, 2. */
#ifndef RP_STD_STREAM_H
#define RP_STD_STREAM_H
#include "runtime/error.h"
Value std_stream_new(RpThread *th, int fd);
/* Appends text; written out at newlines when the stream is a terminal or stderr, else when the buffer is full. */
int std_stream_write(RpThread *th, Value stream, Str *s);
int std_stream_flush(RpThread *th, Value stream);
#endif
