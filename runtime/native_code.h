/* native_code.h: what the interpreter needs to know of compiled code. The rest belongs to compiler/native/.
**
** A frame entry runs the code of interpreter frame `f`: arguments (or, for a loop, all registers) are in f->regs. It ends in one of three ways:
**   NATIVE_RETURN  th->native_result holds the value; f still pushed (the interpreter pops it)
**   NATIVE_RAISE   th->pending set, traceback entry for the innermost frame *not* yet added; its pc names the raising instruction, registers that
**                  handlers may read are written back: the interpreter looks for the handler
**   NATIVE_EXIT    a guard failed: live registers are written back, pc is the next instruction to interpret
** In the last two cases th->frame may be above f: inlined calls that had no frames have them now. See compiler/native/native.md. */
#ifndef RP_NATIVE_CODE_H
#define RP_NATIVE_CODE_H
#include "runtime/frame.h"
typedef enum NativeStatus { NATIVE_RETURN, NATIVE_RAISE, NATIVE_EXIT } NativeStatus;
typedef NativeStatus (*NativeEntry)(RpThread *th, Frame *f);
struct NativeCode {
  _Atomic(NativeEntry) entry;  /* at the function's start; NULL: none */
  uint32_t n_loops;
  _Atomic(NativeEntry) *loops; /* by loop number; NULL entries: cannot enter there */
};
#endif
