/* interp.h: the RIR interpreter. */
#ifndef RP_INTERP_H
#define RP_INTERP_H

#include "runtime/frame.h"
#include "runtime/ops.h"

/* Runs `f` (complete: registers, pc at the instruction to execute first) until it returns; pops it. EMPTY + pending on exception. Native code's side
** exits come here too. */
Value interp_run(RpThread *th, Frame *f);
/* The same for a frame at its start whose compiled code has refused it: that is not asked again. */
Value interp_run_plain(RpThread *th, Frame *f);
/* A frame on the VM stack for func with all registers EMPTY; NULL + RecursionError/MemoryError. */
Frame *frame_push(RpThread *th, Function *func);
void frame_pop(RpThread *th, Frame *f);
/* Binds arguments into the registers of a frame of `code`, the code func had when the frame was made, by Python's rules: defaults, keywords, *args, **kw, and raises CPython's TypeErrors. 0 / -1. */
int args_bind(RpThread *th, Function *func, Code *code, Value *regs, const Value *args, int n_pos, Tuple *kwnames);
/* CallFn of functions. */
Value func_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames);
/* exec/eval/import of a code object. locals EMPTY: globals. */
Value code_exec(RpThread *th, Code *code, Dict *globals, Value locals);

#endif
