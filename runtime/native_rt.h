/* native_rt.h: what compiled code calls, beyond the functions of the runtime it uses as they are. Found by name when code is linked. */
#ifndef RP_NATIVE_RT_H
#define RP_NATIVE_RT_H
#include "runtime/native_code.h"
/* A frame for an inlined call that becomes real at a side exit: pushed without limit checks (the call had none). flags: FRAME_INIT, with the instance in
** `self`, or FRAME_BINARY, or 0. */
Frame *native_push_frame(RpThread *th, Value func, uint32_t ret_reg, uint32_t flags, Value self);
/* An instance with all slots EMPTY, already in the given shape. Never fails: see native_rt.c. */
Value native_new_instance(RpThread *th, Value type, uint32_t shape_id);
Value native_getattr(RpThread *th, Value code, uint32_t ic, Value o, Value name);
int native_setattr(RpThread *th, Value code, uint32_t ic, Value o, Value name, Value v);
/* With several threads: adds the slot at byte `offset`, from shape `before` to `after`. 0: the object has another shape, or somebody else is at it. */
int native_add_slot(RpThread *th, Value o, uint32_t offset, uint32_t before, uint32_t after, Value v);
Value native_global(RpThread *th, Value func, Value code, uint32_t ic, Value name);
/* What a name stands for now; EMPTY: nothing. Never raises. */
Value native_global_value(Value globals, Value builtins, Value name);
int native_list_set(RpThread *th, Value list, Value index, Value v);
Value native_tuple(RpThread *th, const Value *items, uint64_t n);
int native_truth(RpThread *th, Value v);
int native_poll(RpThread *th);
int native_rt_op(RpThread *th, Frame *f, uint32_t pc);
/* The code behind Code.direct, with all parameters. The caller has tested the C stack if it is not compiled code. */
Value native_call_direct(RpThread *th, void *code, Function *fn, const Value *args, uint32_t n);
Value native_call_function(RpThread *th, Value func, const Value *args, uint32_t n);
/* Arguments that the code of fn was not made for: in the interpreter. */
Value native_refuse(RpThread *th, Value fn, Value code, const Value *args);
Value native_call_any(RpThread *th, Value callee, const Value *args, uint32_t n);
/* The last of n arguments are keywords: as many as the tuple `names` has. */
Value native_call_names(RpThread *th, Value callee, const Value *args, uint32_t n, Value names);
/* Code that the function had a moment ago, with one argument per parameter. */
Value native_call_bound(RpThread *th, Value func, Value code, const Value *args);
NativeStatus native_enter_direct(RpThread *th, Frame *f);
int native_enter_slow(RpThread *th, Frame *f);
/* f, on the C stack of a direct call, becomes the thread's frame; the parameters are stored behind it, other registers are EMPTY. */
void native_fill_frame(RpThread *th, Frame *f, Value func, Value code);
void native_clear_registers(Frame *f, uint32_t from);
/* Next item of any iterator; EMPTY: exhausted, or native_pending() < 0. */
Value native_next(RpThread *th, Value it);
int native_pending(RpThread *th);
/* The pending exception leaves the frames above f, each with a traceback entry. */
void native_unwind(RpThread *th, Frame *f);
/* What __iter__ returned, if it is an iterator. */
Value native_checked_iter(RpThread *th, Value it);
/* __next__ has raised: StopIteration is the end of the loop. */
void native_stop_iteration(RpThread *th);
/* __bool__ has returned v, which is no bool. -1 */
int native_bad_bool(RpThread *th, Value v);
/* Takes the pending exception, raised at pc of f, to a handler in the same code, with a traceback entry if `traceback`. EMPTY: the thread is being
** stopped, no handler catches anything, the exception stays pending. */
Value native_catch(RpThread *th, Frame *f, uint32_t pc, uint32_t traceback);
/* Bare raise: makes pending what is being handled. 1: there is nothing, a new RuntimeError is pending, which needs a traceback entry. */
int native_reraise_current(RpThread *th);
/* A local that compiled code keeps for f_locals alone, in the representation `rep` (compiler/native/nat_request.h). */
Value native_past(RpThread *th, uint32_t rep, uint64_t word, double f0, double f1);
/* Finishes frame f on a way out of compiled code, at instruction pc of the innermost activation. Nothing has been allocated since the first raw register. */
void native_leave(RpThread *th, Frame *f, const NativeLeave *l, uint32_t pc);
/* --stress=deopt: how many guards hold until one is made to fail. */
uint32_t native_next_failure(RpThread *th);
/* Entry assumptions did not hold. */
void native_note_refusal(RpThread *th, Value code, uint32_t pc);
#endif
