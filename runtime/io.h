/* io.h: what the files of the module _io share. Streams are objects over ctx->os or over other streams; every layer has a lock of its own that may be
** held while Python runs or the system blocks, so it is not the object's header lock but a WaitLock (lock.h).
** Design: runtime/io.md. */
#ifndef RP_IO_H
#define RP_IO_H

#include "runtime/cont.h"
#include "runtime/codecs.h"

#define IO_BUFFER_SIZE 8192

/* Every stream starts like this. */
typedef struct IoBase {
  Object hdr;
  Value overflow;  /* the instance's dict or EMPTY */
  bool closed;     /* what _IOBase.close sets; streams with a state of their own answer `closed` themselves */
  bool owned;      /* a live wrapper closes this one: its own finalizer has nothing to do */
  bool ready;      /* __init__ is through */
} IoBase;
#define IO_BASE(v) ((IoBase *)as_object(v))
ALWAYS_INLINE void io_trace_base(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((IoBase *)o)->overflow)); }

/* -- Raising and calling ------------------------------------------------------------------------------------------------------------ */
Value io_unsupported(RpThread *th, const char *what);              /* io.UnsupportedOperation; EMPTY */
Value io_call(RpThread *th, Value self, const char *name, const Value *args, int n);
ALWAYS_INLINE Value io_call0(RpThread *th, Value self, const char *name) { return io_call(th, self, name, NULL, 0); }
ALWAYS_INLINE Value io_call1(RpThread *th, Value self, const char *name, Value a) { return io_call(th, self, name, &a, 1); }
Value io_attr(RpThread *th, Value self, const char *name);
/* io_attr, EMPTY without pending when absent. */
Value io_attr_opt(RpThread *th, Value self, const char *name);
int io_closed(RpThread *th, Value self);                           /* truth of .closed; -1 */
bool io_check_closed(RpThread *th, Value self);                    /* false + ValueError */
bool io_check_closed_text(RpThread *th, Value self, const char *message);
int io_ask(RpThread *th, Value self, const char *method);          /* truth of self.method(); -1 */
/* A size argument: None and absent are -1. */
bool io_size_arg(RpThread *th, Value v, int64_t *out);
Value io_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames); /* the new_ slot */
Value io_finalize(RpThread *th, Value self);                       /* the finalize_py slot */
Value io_self_iter(RpThread *th, Value self);
/* A file name, descriptor or path-like as the bytes the system takes; NULL + pending. *hold keeps them alive. */
const char *io_path(RpThread *th, Value path, Value *hold);
bool io_whence(RpThread *th, Value v, int *out);

/* -- FileIO, for the layers above ----------------------------------------------------------------------------------------------------- */
#define IO_WOULD_BLOCK (-2)
/* Bytes moved, 0 at the end, IO_WOULD_BLOCK, -1 with pending. f is an exact FileIO. p must stay alive without the collector's help moving it. */
int64_t file_read_into(RpThread *th, Value f, void *p, size_t n);
int64_t file_write_from(RpThread *th, Value f, const void *p, size_t n);

bool file_is_open(Value f);                                        /* f is a FileIO */
/* An exact buffer over an exact FileIO, open; `clean`: nothing to write. False says nothing. */
bool buffered_is_open(Value v);
bool buffered_is_clean(Value v);

/* -- TextIOWrapper (io_text.c), for print() and the end of a frame ------------------------------------------------------------------------ */
/* write(s) of an exact TextIOWrapper. 0; -1 + pending. */
int text_write(RpThread *th, Value stream, Str *s);
bool text_is_clean(Value stream);                                  /* an exact TextIOWrapper with nothing to flush */

/* -- Newlines (io_newline.c) ------------------------------------------------------------------------------------------------------------ */
#define SEEN_CR 1
#define SEEN_LF 2
#define SEEN_CRLF 4
typedef struct NewlineState { bool pending_cr, translate; uint8_t seen; } NewlineState;
/* Universal newlines over a piece of text; a \r at its end is kept back unless final. NULL + pending. */
Str *newline_decode(RpThread *th, NewlineState *st, Str *text, bool final);
Value newline_seen(RpThread *th, uint8_t seen);                    /* the attribute `newlines` */
/* End of the first line in s[from, length), as an index behind it, or -1. `nl`: what ends a line, NULL: any of \n \r \r\n. */
int64_t newline_find(const Str *s, uint32_t from, const Str *nl);
/* Position of code point c in s[from, length), or -1. */
int64_t str_find_char(const Str *s, uint32_t from, uint32_t c);
/* Checks a newline= argument: NONE or Str; false + ValueError / TypeError. */
bool newline_arg(RpThread *th, Value v);
Str *newline_replace(RpThread *th, Str *s, Str *nl);               /* every \n by nl */

/* -- Makers ------------------------------------------------------------------------------------------------------------------------------ */
Value io_open(RpThread *th, const Value *a);                       /* file, mode, buffering, encoding, errors, newline, closefd, opener */

#define BIND(th, def, args, n_pos, kwnames, out) native_bind((th), (def), (args), (n_pos), (kwnames), (out))

#endif
