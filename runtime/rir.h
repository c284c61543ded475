/* rir.h: RIR instructions, their table as C, feedback bits, and the verifier. Definition: rir.def. Design and "how to add": rir.md. */
#ifndef RP_RIR_H
#define RP_RIR_H

#include "runtime/base.h"

typedef enum RirOp {
#define OP(name, ...) RIR_##name,
#include "runtime/rir.def"
#undef OP
  N_RIR_OPS
} RirOp;
_Static_assert(N_RIR_OPS <= 256, "op is one byte");

#define NO_REG 0xFFFFu

/* One operation: 16 bytes. fb is written by the interpreter while it runs (relaxed byte stores: a lost update only delays native code). */
typedef struct Instr {
  uint8_t op;
  uint8_t fb;
  uint16_t a, b, c, d, f;
  int32_t e;
} Instr;
_Static_assert(sizeof(Instr) == 16, "instruction size");

/* -- Feedback bits: what an operation has seen --------------------------- */
/* ARITH, ARITH1, compare: operand pairs */
#define FB_INT 0x01       /* both small ints (result small too) */
#define FB_FLOAT 0x02     /* both doubles */
#define FB_INT_FLOAT 0x04 /* left int, right double */
#define FB_FLOAT_INT 0x08
#define FB_OVERFLOW 0x10  /* small ints whose result did not fit */
#define FB_COMPLEX 0x20   /* at least one complex, the other a number */
#define FB_STR 0x40
#define FB_OTHER 0x80
/* TRUTH */
#define FB_T_BOOL 0x01
#define FB_T_INT 0x02
#define FB_T_OTHER 0x80
/* ITEM: container and key */
#define FB_I_LIST 0x01    /* exact list, small int */
#define FB_I_TUPLE 0x02
#define FB_I_DICT 0x04    /* exact dict */
#define FB_I_STR 0x08
#define FB_I_BYTES 0x10
#define FB_I_NATIVE 0x20  /* typed buffers */
#define FB_I_INSTANCE 0x40
#define FB_I_OTHER 0x80
/* ITER */
#define FB_IT_RANGE 0x01
#define FB_IT_LIST 0x02
#define FB_IT_TUPLE 0x04
#define FB_IT_DICT 0x08
#define FB_IT_GENERATOR 0x10
#define FB_IT_OTHER 0x80
/* Every kind: native code left at this instruction before; do not assume again what fb does not show. */

typedef enum RirOperand { OPND__, OPND_W, OPND_R, OPND_X, OPND_O, OPND_L, OPND_M, OPND_K, OPND_K1, OPND_N, OPND_I, OPND_J, OPND_C } RirOperand;
#define RIRF_RAISE 0x01
#define RIRF_CALLS 0x02
#define RIRF_ALLOC 0x04
#define RIRF_STOP 0x08
#define RIRF_JUMP 0x10
#define RIRF_PURE 0x20
typedef enum RirFeedback { RFB_NONE, RFB_ARITH, RFB_ARITH1, RFB_TRUTH, RFB_ITEM, RFB_ITER, RFB_CALL, RFB_LOOP } RirFeedback;

typedef struct RirOpInfo {
  const char *name;
  uint8_t operand[6]; /* RirOperand of a b c d f e */
  uint8_t flags, feedback;
} RirOpInfo;
extern const RirOpInfo rir_ops[N_RIR_OPS];

/* x + y and its kin, in place or not: two operands that may have methods. */
ALWAYS_INLINE bool rir_is_operator(const Instr *i) { return i->op >= RIR_ADD && i->op <= RIR_IMATMUL; }

/* Registers an instruction reads / writes, as runs: calls fn(user, first, count, is_write). Knows the L/M run lengths. */
void rir_operands(const Instr *i, void (*fn)(void *user, unsigned reg, unsigned n, bool write), void *user);

struct Code;
/* Checks operand ranges, jump targets, handler table, that every backward jump is JUMP_BACK to a LOOP_HEAD, and that no path falls off the end.
** NULL, or a static-lifetime-free malloc'ed message (caller frees). Debug builds run it on every Code. */
char *rir_verify(const struct Code *code);
/* Stable text, one line per instruction. Caller frees. */
char *rir_dump(const struct Code *code);

#endif
