/* kernel.h: C code that calls one Python function very often (a pixel function) does so from a *kernel*: a loop written in Python, compiled like any other function,
** with the calls inlined or unboxed. Polls, side exits, exceptions, threads: nothing is special about it. Each function that is called gets a
** kernel of its own, by its code, so that the loop's feedback knows its callee; lambdas made again and again share one.
** Kernels are found by a thread that owns the table at that moment, and run by any. Design: script.md. */
#ifndef RP_SCRIPT_KERNEL_H
#define RP_SCRIPT_KERNEL_H

#include "runtime/func.h"
#include "runtime/heap.h"

/* A kind of kernel: the source of `def loop(fn, ...)`, a format for three texts: further parameters (", self, a0, a1"), arguments that go before the loop's own
** ("self, ") and behind (", a0, a1"). */
typedef struct KernelSpec {
  const char *name;      /* of the file that tracebacks would show */
  const char *source;
  int n_own;             /* arguments of the call that are the loop's */
} KernelSpec;

typedef struct Kernel {
  const KernelSpec *spec;
  Code *code;            /* what it calls: any function of this code, `bound` as a method */
  bool bound;
  int n_args;
  Function *loop;
} Kernel;
#define KERNELS_MAX 32
typedef struct Kernels { Kernel slots[KERNELS_MAX]; uint32_t next; } Kernels; /* the oldest is replaced */

/* A kernel for calls of fn with n_args arguments besides the loop's own. NULL, nothing pending: fn is no Python function with just these parameters, or no memory. */
const Kernel *kernel_find(RpThread *th, Kernels *ks, const KernelSpec *spec, Value fn, int n_args);
/* Is the callee compiled by now? Before that, a loop around it would be compiled without knowing how to call it. */
bool kernel_ready(const Kernel *k);
/* Runs loop(fn, own..., [self,] args...). EMPTY + pending. */
Value kernel_run(RpThread *th, const Kernel *k, Value fn, const Value *own, int n_own, const Value *args);
/* What the loop's variable held when the pending exception left it, which then forgets the loop's entry in its traceback. EMPTY: not known. */
Value kernel_left(RpThread *th, const Kernel *k, const char *variable);
void kernels_trace(Tracer *tr, Kernels *ks);

#endif
