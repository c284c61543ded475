/* rir_text.h: growing text shared by the dump and the verifier's messages. Internal to rir*.c. */
#ifndef RP_RIR_TEXT_H
#define RP_RIR_TEXT_H
#include <stdarg.h>
#include "runtime/code.h"
typedef struct RirText { char *s; size_t n, cap; } RirText; /* s malloc'ed, NUL-terminated once anything was added */
void rir_text(RirText *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void rir_text_str(RirText *t, const Str *s);
void rir_text_instr(RirText *t, const Code *code, uint32_t pc);
#endif
