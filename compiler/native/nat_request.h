/* nat_request.h: what is asked of the native tier, in terms that need no LLVM. */
#ifndef RP_NAT_REQUEST_H
#define RP_NAT_REQUEST_H

#include "runtime/native_code.h"

/* -- What is known of a register ------------------------------------------- */

typedef enum Rep { /* ORDER REP: native_rt.c */
  REP_BOXED,   /* any Value, also EMPTY. shape != 0: certainly an object of that exact shape */
  REP_INT,     /* i64, any 64-bit value (a small int when boxed if it fits, else an Int) */
  REP_FLOAT,   /* double */
  REP_BOOL,    /* i64 0 or 1 */
  REP_COMPLEX, /* two doubles */
  REP_CONST,   /* the Value k */
  REP_VIRTUAL, /* an instance not allocated: State.virtuals[virt] */
  REP_DEAD,    /* nothing */
  REP_PAST,    /* a local that the code no longer needs but f_locals shows: in the home of the representation that Home.tag names at run time */
} Rep;

typedef struct RegState {
  uint8_t rep;
  uint8_t virt;
  bool own;       /* REP_BOXED: what a call of the function being compiled returned */
  uint16_t origin; /* REP_BOXED inside a loop: 1 + index of the register that holds the same value in every iteration; 0: none is known */
  uint32_t shape;  /* REP_BOXED */
  Value k;        /* REP_CONST */
} RegState;

/* Bits of what is asked besides the code. */
#define NAT_DUMP_LLVM 1
#define NAT_DUMP_ASM 2
#define NAT_QUICK 4      /* fast to compile rather than fast to run */

typedef struct NatRequest {
  Code *code;
  uint32_t pc;           /* 0: function entry, else a LOOP_HEAD */
  bool loop;
  Function *func;        /* whose frame asked */
  uint32_t n_regs;
  RegState *types;       /* per register, what it held (BOXED with shape, INT, FLOAT, BOOL); n_regs of them */
} NatRequest;


#endif
