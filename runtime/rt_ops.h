/* rt_ops.h: RIR operations as C functions, one per operation that is more than a register move: the interpreter calls them when its inline fast path
** does not apply, native code calls them for everything it has no specialised code for. Both see the same meaning because there is only this one.
**
** They read and write f->regs, and never change f->pc, th->frame or the control flow; the caller has stored f->pc. */
#ifndef RP_RT_OPS_H
#define RP_RT_OPS_H

#include "runtime/frame.h"
#include "runtime/ops.h"
#include "runtime/tuple.h"

typedef enum RtStatus { RT_RAISE = -1, RT_OK = 0, RT_JUMP = 1 /* the operation's jump is taken */ } RtStatus;
typedef int (*RtOp)(RpThread *th, Frame *f, const Instr *i);
/* By opcode; NULL for operations that only an execution engine can do: moves, plain jumps, RETURN, RETURN_GENERATOR, YIELD, RERAISE. */
extern const RtOp rt_ops[N_RIR_OPS];

/* Names an operation uses. */
ALWAYS_INLINE Str *instr_name(const Frame *f, unsigned i) { return (Str *)as_object(f->code->names->items[i]); }

#endif
