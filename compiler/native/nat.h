/* nat.h: the native tier's compiler: one function (or one loop of it) from RIR + feedback to LLVM IR.
**
** Method: *basic block versioning* (Chevalier-Boisvert and Feeley, ECOOP 2015). Blocks are compiled along with what is known of each register on the way
** there: unboxed int, unboxed double, an object of known shape, a constant, an instance that was never allocated. A block reached with different knowledge
** gets another version, up to a limit; beyond it knowledge is dropped. There is no separate type inference, no fixpoint: knowledge flows forward from entry
** guards, constants and the feedback of each instruction, and every assumption is a guard with a side exit.
**
** A side exit writes the live registers, boxed, into interpreter frames (pushing frames for inlined calls) and returns NATIVE_EXIT; the interpreter goes on at
** f->pc. Registers are allocas, one per representation; LLVM's sroa turns them into SSA.
** LLVM appears in this folder only. Design: native.md. */
#ifndef RP_NAT_H
#define RP_NAT_H

#include <llvm-c/Core.h>
#include "compiler/arena.h"
#include "compiler/native/nat_request.h"
#include "runtime/ic.h"

typedef struct Nat Nat;
typedef struct Inst Inst;
typedef struct Leave Leave;
#define arena_new(arena, T) ((T *)arena_alloc((arena), sizeof(T)))

/* Where a register (or a virtual's field) lives, by representation; made on first use, in the function's entry block. */
typedef struct Home {
  LLVMValueRef word, f0, f1;
  LLVMValueRef tag; /* i32, a Rep: REP_PAST only */
} Home;

/* An instance whose fields are in homes. Only ever read and written by this activation and inlined ones; any other use allocates it (materialise). */
#define VIRT_FIELDS 8
#define MAX_VIRTUALS 8
typedef struct Virtual {
  bool live;
  Type *type;
  Shape *shape;          /* current shape: n_slots fields are set */
  Home *homes;           /* VIRT_FIELDS of them */
  RegState fields[VIRT_FIELDS];
} Virtual;

/* A set of checks already made on this path and still true: no call or poll since. */
#define MAX_CHECKED 12

typedef struct Version Version;
typedef struct Loop Loop;

typedef struct State {
  Inst *inst;            /* innermost activation */
  uint32_t n_regs;       /* registers of it and all its callers: inst->base + inst->n_regs */
  Virtual virtuals[MAX_VIRTUALS];
  const void *checked[MAX_CHECKED];
  uint8_t n_checked;
  bool framed;           /* direct: the frame has been opened on this path */
  bool fresh;            /* nothing since the head of `lap` could have changed shapes, classes or globals */
  bool straight;         /* every iteration comes here */
  Version *lap;          /* of the LOOP_HEAD at which the current iteration of the innermost loop began; NULL: none, or not known */
  RegState *regs;
} State;

/* -- Code and activations ------------------------------------------------------ */

/* Per code object, shared by its activations: jump targets and live registers. */
typedef struct Flow {
  Code *code;
  uint32_t n_words;      /* per bitset */
  uint64_t *live;        /* live-in before each instruction, exceptional successors included */
  bool *named;           /* by register: a local or cell variable, which f_locals shows */
  bool *target;          /* is a jump target, handler or loop head */
  Value *constant;       /* by register: what the prologue loads into a temporary that nothing else writes; EMPTY: varies */
  bool inlinable;
  bool recursive;        /* has been seen to call itself */
  struct Flow *next;
} Flow;

struct Version {
  Inst *inst;
  uint32_t pc;
  State *state;
  LLVMBasicBlockRef block;
  Loop *loop;                /* of a LOOP_HEAD; NULL elsewhere */
  Version *next_at;          /* other versions at this pc */
  Version *next_work;        /* not emitted yet */
};

/* One activation: the function being compiled (depth 0) or an inlined call. */
struct Inst {
  Inst *parent;
  Flow *flow;
  Code *code;
  Function *func;
  const Instr *call;     /* in the parent */
  uint32_t depth, base;  /* base: index of its register 0 in State.regs */
  uint32_t n_regs;       /* code->n_regs + 1: the last is the new instance of an inlined __init__ */
  bool init;             /* inlined __init__: result is the instance */
  Home *homes;
  Version **versions;    /* by pc */
  uint8_t *n_versions;
  bool *calls;           /* by pc: what takes its time without a poll, or polls itself, is called there */
  LLVMValueRef *fuel;    /* by pc of LOOP_HEADs: i32 alloca, iterations until the next poll */
  Inst *next_inst;       /* all of this compilation */
};

/* -- What a register surely is, or can still turn out to be ----------------------- */

ALWAYS_INLINE bool reg_is_float(const RegState *rs) { return rs->rep == REP_FLOAT || (rs->rep == REP_CONST && is_double(rs->k)); }
ALWAYS_INLINE bool reg_is_whole(const RegState *rs) { return rs->rep == REP_INT || (rs->rep == REP_CONST && is_int(rs->k)); }
ALWAYS_INLINE bool reg_is_int(const RegState *rs) { /* bools are ints */
  return reg_is_whole(rs) || rs->rep == REP_BOOL || (rs->rep == REP_CONST && is_bool(rs->k));
}
ALWAYS_INLINE bool reg_is_number(const RegState *rs) { return reg_is_int(rs) || reg_is_float(rs); }
ALWAYS_INLINE bool reg_is_complex(const RegState *rs) {
  return rs->rep == REP_COMPLEX || (rs->rep == REP_BOXED && rs->shape == SHAPE_complex) || (rs->rep == REP_CONST && has_shape(rs->k, SHAPE_complex));
}
ALWAYS_INLINE bool reg_is_open(const RegState *rs) { return rs->rep == REP_BOXED && !rs->shape; } /* anything */
ALWAYS_INLINE bool reg_may_be_int(const RegState *rs) { return reg_is_int(rs) || reg_is_open(rs); }
ALWAYS_INLINE bool reg_may_be_float(const RegState *rs) { return reg_is_float(rs) || reg_is_open(rs); }

/* -- Memory ---------------------------------------------------------------------- */

/* Words of the heap that compiled code loads and stores in line, in classes that never overlap: the optimiser may keep one in a machine register across a
** store to another. A call, a poll or a fence may change all of them. Accesses that name no class may touch anything. */
#define NAT_MEM(X) \
  X(SHAPE)   /* shape id in an object's header */ \
  X(VERSION) /* of classes and functions */ \
  X(SLOT)    /* attributes of instances, the overflow word */ \
  X(ITEM)    /* items of lists and tuples */ \
  X(ARRAY)   /* a list's array */ \
  X(LENGTH)  /* of arrays and tuples */ \
  X(CELL)    /* what a cell holds */ \
  X(SEQ)     /* what a builtin iterator goes over */ \
  X(INDEX)   /* where it stands */ \
  X(LIMIT)   /* range_iterator: how many are left */ \
  X(STEP) \
  X(DICT)    /* a dict's table, its number of entries */ \
  X(ENTRY)   /* values in dicts of globals */ \
  X(PART)    /* of complex numbers, of bound methods */ \
  X(THREAD)  /* what only handshakes change: marking, multi */
typedef enum NatMem {
#define MEM(name) MEM_##name,
  NAT_MEM(MEM)
#undef MEM
  N_MEM
} NatMem;

/* -- One compilation --------------------------------------------------------------- */

struct Nat {
  RpThread *th;          /* service thread: attached while it reads the heap */
  const NatRequest *req;
  Arena *arena;
  LLVMContextRef lc;
  LLVMModuleRef mod;
  LLVMBuilderRef b;
  LLVMBuilderRef eb;     /* positioned in the entry block: allocas */
  LLVMValueRef fn, arg_th, arg_frame, regs; /* regs: i64* of the frame's registers */
  LLVMTypeRef i1, i8, i16, i32, i64, f64, ptr, void_;
  Flow *flows;
  Inst *root;
  Version *work;
  bool write_through;    /* every local goes to the frame as it is written: the code looks at them by name (locals() and its kin), or is compiled cold,
                            where that keeps exits small. There are no virtual instances then */
  Inst *insts;
  Leave *leaves;         /* nat_exit.c */
  LLVMValueRef leave_pc; /* i32 alloca: the instruction that branches to a leave */
  uint32_t n_versions, n_emitted;   /* RIR instructions emitted: budget */
  NativeTables tables;   /* become the unit's */
  LLVMValueRef spare;    /* in the boxed entry: a word of its C stack that holds nothing; NULL: there is none, and none is needed */
  uint32_t cap_consts;
  LLVMValueRef mem_tags[N_MEM]; /* TBAA */
  const char *refused;   /* why this function is not compiled */
  /* current position */
  State *st;
  const Instr *pc;
  bool direct;           /* by the direct convention: arg_frame is this function's own, on the C stack */
  uint64_t signature;    /* of the typed convention; 0: boxed words. result: in, what a build before this one has found */
  uint8_t result, found_result;     /* Rep: REP_INT, REP_FLOAT, REP_BOOL, else REP_BOXED */
  uint32_t n_results;    /* returns that found_result speaks for */
  LLVMValueRef boxed_fn; /* the boxed entry of typed code */
  LLVMBasicBlockRef out_block; /* returns out_word, a phi: nat_return_word() */
  LLVMValueRef out_word;
  bool lazy_frame;       /* opened where it is first needed, not at the entry */
  LLVMValueRef depth;    /* an alloca: RpThread.depth of the caller */
  LLVMValueRef peek_fn;  /* what calls of the function itself call: nat_self(); NULL: there are none, or they call it as it is */
  bool peek;             /* that is what is being built, */
  LLVMValueRef whole_fn; /* of this function */
  LLVMBasicBlockRef exit_block; /* shared by the guards of this instruction, made on first use */
  LLVMBasicBlockRef raise_block;
  LLVMBasicBlockRef stopping;   /* shared by all handlers */
  bool stop;             /* the current block has ended */
};

#define NAT_MAX_EMITTED 2500
#define NAT_VERSION_BUDGET 700 /* beyond this many operations no new versions: code size over specialisation */
#define NAT_UNROLL_BUDGET 120  /* the same for calls of a function within itself that are inlined */
#define NAT_MAX_INLINE_DEPTH (NATIVE_UNTESTED - 1)
#define NAT_MAX_INLINE_INSTRS 60
#define NAT_MAX_INLINE_LOOP 48      /* the same for functions with a loop */
#define NAT_VERSIONS_PER_PC 4

/* nat_flow.c */
Flow *nat_flow(Nat *n, Code *code);
bool nat_sees_locals(const Code *co);
bool nat_uses_globals(const Code *co);
ALWAYS_INLINE bool flow_live(const Flow *f, uint32_t pc, uint32_t reg) {
  return f->live[(size_t)pc * f->n_words + reg / 64] >> (reg % 64) & 1;
}

/* Is the register wanted after the call at pc, which does not write it, or by the handler of an exception that the callee raises? */
bool flow_live_over(const Flow *f, uint32_t pc, uint32_t reg);
const Handler *code_handler(const Code *co, uint32_t pc); /* of an exception raised at pc; NULL: none */

/* nat_state.c: states, versions, edges */
State *state_copy(Nat *n, const State *s);
Inst *inst_new(Nat *n, Inst *parent, Code *code, Function *func, const Instr *call);
Version *nat_edge(Nat *n, Inst *inst, uint32_t pc); /* current block -> a version of pc fit for n->st, which is returned; ends the block */
bool nat_edge_back(Nat *n, uint32_t pc);         /* the same within a strip; false, and nothing emitted, where no version fits yet */
void nat_edge_again(Nat *n, Version *head);      /* to the head of a loop where anything but representations may have changed */
LLVMBasicBlockRef nat_target(Nat *n, uint32_t pc); /* block that goes there from the current state, for conditional branches */
RegState *nat_reg(Nat *n, unsigned r);           /* of the innermost activation */
Type *nat_type(Nat *n, unsigned r);               /* of the value in the register; NULL: not known */
Home *nat_home(Nat *n, unsigned r);
void nat_forget(Nat *n);                         /* after a call: shapes and checks are no longer known */
bool nat_checked(Nat *n, const void *what);      /* was it checked on this path? if not, note that it is now */

/* nat_loop.c */
typedef enum CheckKind {
  CHECK_TYPE,     /* Type.version */
  CHECK_FUNCTION, /* Function.version */
  CHECK_GLOBAL,   /* what a name stands for */
  CHECK_ALONE,    /* the context has one thread */
} CheckKind;
typedef struct Check {
  CheckKind kind;
  const void *what;      /* identifies it: the Type, the Function, the global's entry in its dict, the context */
  uint32_t version;
  /* CHECK_GLOBAL: `dict` (of a module) has the value at table[index], or, with a fallback, not the name among n_entries, and that one has it */
  Dict *dict, *fallback;
  const Object *table, *fallback_table;
  uint32_t index, n_entries;
  Str *name;
  Value value;
} Check;
/* Goes on if it holds, else exits: here, or at the head of the loop. */
void nat_check(Nat *n, const Check *c);
LLVMValueRef nat_global_now(Nat *n, const Check *c); /* nat_attr.c: EMPTY: no such name */
/* A register that the loop never writes, which rs (in n->st) is a copy of, has this shape at the loop's head; false: test it here. */
bool nat_raise_shape(Nat *n, RegState *rs, uint32_t shape);
bool nat_in_lap(const State *s, const Inst *inst, uint32_t pc); /* is this place inside the loop of s->lap? */
void nat_loop_new(Nat *n, Version *v);           /* v is of a LOOP_HEAD */
void nat_loop_begin(Nat *n, Version *v);         /* its block begins */
LLVMBasicBlockRef nat_loop_strip(const Version *v);
LLVMValueRef nat_fuel(Nat *n, Inst *inst, uint32_t pc);
/* The builder's block is about to jump to `to`, which belongs to target: the head of a loop, or what trusts the facts of one. */
void nat_note_way(Nat *n, Version *target, LLVMBasicBlockRef to);
void nat_jump_back(Nat *n);                      /* the instruction at n->pc: a poll when the strip is over */
void nat_finish_loops(Nat *n);                   /* when everything is emitted */

/* nat_value.c: reading and writing registers in a wanted representation */
void nat_note_const(Nat *n, Value v);           /* keeps it alive with the code */
LLVMValueRef nat_const_object(Nat *n, const void *object);
LLVMValueRef nat_const_value(Nat *n, Value v);
LLVMValueRef nat_const_shape(Nat *n, uint32_t shape); /* its number, 32 bits: the shape lives as long as the code, so that it means no other one */
LLVMValueRef nat_get_boxed(Nat *n, unsigned r);
/* Where two ways meet: a when it was reached from from_a, else b. First thing in its block. */
LLVMValueRef nat_either(Nat *n, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b, LLVMBasicBlockRef from_b);
LLVMValueRef nat_load_boxed(Nat *n, RegState *rs, Home *h);
LLVMValueRef nat_get_word(Nat *n, unsigned r);   /* REP_INT, REP_BOOL */
void nat_set_boxed(Nat *n, unsigned r, LLVMValueRef v, uint32_t shape);
void nat_set_int(Nat *n, unsigned r, LLVMValueRef v);
void nat_set_float(Nat *n, unsigned r, LLVMValueRef v);
void nat_set_bool(Nat *n, unsigned r, LLVMValueRef i1);
void nat_set_complex(Nat *n, unsigned r, LLVMValueRef re, LLVMValueRef im);
void nat_set_const(Nat *n, unsigned r, Value v);
void nat_move(Nat *n, RegState *to, Home *th_, const RegState *from, Home *fh);
/* Guards: make the register an unboxed int / double, or leave through the exit. */
LLVMValueRef nat_need_int(Nat *n, unsigned r);
LLVMValueRef nat_need_float(Nat *n, unsigned r);     /* exactly a float */
LLVMValueRef nat_need_number(Nat *n, unsigned r);    /* int or float, as double */
LLVMValueRef nat_need_object(Nat *n, unsigned r);    /* boxed; no number, None or other immediate */
LLVMValueRef nat_need_shape(Nat *n, unsigned r, uint32_t shape); /* boxed value of an object of that shape */
LLVMValueRef nat_need_class(Nat *n, unsigned r, const Type *t);  /* boxed instance of exactly t, in whatever shape */
bool nat_need_complex(Nat *n, unsigned r, LLVMValueRef *re, LLVMValueRef *im); /* from float, int too */
void nat_guard_shape(Nat *n, uint32_t k, uint32_t shape); /* of the boxed register at index k of the whole state */
LLVMValueRef nat_is_double(Nat *n, LLVMValueRef boxed);
LLVMValueRef nat_is_object(Nat *n, LLVMValueRef boxed);
LLVMValueRef nat_unbox_double(Nat *n, LLVMValueRef boxed);
LLVMValueRef nat_box_int(Nat *n, LLVMValueRef v);
LLVMValueRef nat_box_float(Nat *n, LLVMValueRef v);
/* As it is, unboxed; REP_BOXED, REP_INT, REP_FLOAT, REP_BOOL. */
LLVMValueRef nat_load_raw(Nat *n, const RegState *rs, Home *h);
/* A named local that is dead from here on: only its tag is set. */
void nat_make_past(Nat *n, RegState *rs, Home *h);
void nat_materialise(Nat *n, int virt);
void nat_materialise_all(Nat *n);
LLVMValueRef nat_slot_ptr(Nat *n, LLVMValueRef object, uint32_t offset);
/* A field of a heap object. */
LLVMValueRef nat_load(Nat *n, LLVMTypeRef t, LLVMValueRef object, uint32_t offset, NatMem mem, const char *name);
void nat_store(Nat *n, LLVMValueRef v, LLVMValueRef object, uint32_t offset, NatMem mem);
/* v, which is register r boxed, into a slot of owner; references pass the write barrier. */
void nat_store_value(Nat *n, LLVMValueRef owner, LLVMValueRef slot, unsigned r, LLVMValueRef v, NatMem mem);
/* Is the value that this instruction loads used as a float next, as far as feedback knows? Then one test does for two. */
bool nat_wanted_as_float(Nat *n);
LLVMValueRef nat_tagged(Nat *n, LLVMValueRef access, NatMem mem); /* a load or store */

/* A fresh cell with its header, taken from the thread's run as heap_alloc_fast() does: an i64. The caller fills *all* of its other words with plain
** stores before anything that may call or poll. size <= SMALL_MAX. */
LLVMValueRef nat_alloc(Nat *n, uint32_t shape, Kind kind, size_t size);

/* nat_exit.c */
LLVMBasicBlockRef nat_exit_block(Nat *n);
LLVMBasicBlockRef nat_raise_block(Nat *n);
LLVMBasicBlockRef nat_quiet_exit_block(Nat *n);  /* as nat_exit_block, of its own, and not counted as a failed guard */
void nat_guard(Nat *n, LLVMValueRef ok);         /* go on if ok (i1), else exit before the current instruction */
void nat_exit_now(Nat *n);
void nat_raise_now(Nat *n, LLVMValueRef traceback);   /* th->pending is raised; i32: does it need a traceback entry for this frame? */
void nat_yield(Nat *n);                          /* the frame suspends at the current instruction, YIELD */
void nat_check_raise(Nat *n, LLVMValueRef boxed);     /* EMPTY: raise */
void nat_check_status(Nat *n, LLVMValueRef i32_status); /* < 0: raise */

/* nat_ops.c */
void nat_emit(Nat *n);                           /* the instruction at n->pc */
void nat_generic(Nat *n);                        /* through rt_ops */
void nat_branch(Nat *n, LLVMValueRef cond, uint32_t target); /* to pc `target` if cond (i1), else on to the next instruction */

/* nat_num.c: the instruction at n->pc */
void nat_binary(Nat *n);
LLVMValueRef nat_int_divide(Nat *n, bool mod, LLVMValueRef x, LLVMValueRef y); /* guarded: y is not 0 */
void nat_binary_imm(Nat *n, bool sub);
void nat_negate(Nat *n);
void nat_compare_value(Nat *n);
LLVMValueRef nat_compare(Nat *n, CompareOp op, unsigned ra, unsigned rb); /* i1 */

/* nat_item.c: the instruction at n->pc */
void nat_get_item(Nat *n);
void nat_set_item(Nat *n);
void nat_unpack(Nat *n);
void nat_build_tuple(Nat *n);
void nat_get_iter(Nat *n);
void nat_for_iter(Nat *n);

/* nat_args.c: calls of Python functions. */
#define NAT_MAX_ARGS 64
typedef struct CallArgs { /* as the instruction has them */
  unsigned n;
  const unsigned *reg;   /* of the innermost activation */
  const Tuple *names;    /* the last names->length are keywords; NULL: none */
  Value self;            /* before them; EMPTY: none */
} CallArgs;
typedef struct Callee {
  Code *code;
  Function *fn;          /* NULL: any function of this code */
  uint32_t version;      /* of fn, when code and defaults were looked at */
  unsigned reg;          /* fn NULL: holds it */
} Callee;
typedef struct Arg {     /* of one parameter */
  unsigned reg;          /* or ARG_CONST */
  Value k;               /* ARG_CONST: a default */
  DictTable *table;      /* where it stands, if the parameter is keyword-only */
  uint32_t index;
} Arg;
#define ARG_CONST 0x20000u
ALWAYS_INLINE bool nat_plain_params(const Code *co) { return co->n_params == co->argcount + co->kwonlyargcount; } /* no *args, **kw */
Callee nat_callee(Function *fn);
/* One Arg per parameter; false: not possible, or an error. Emits nothing. */
bool nat_bind(const Callee *c, const CallArgs *args, Arg *out);
void nat_guard_bound(Nat *n, const Callee *c, const Arg *args); /* what nat_bind() found still holds */
LLVMValueRef nat_callee_value(Nat *n, const Callee *c);
RegState nat_arg_state(Nat *n, const Arg *a);
LLVMValueRef nat_arg_boxed(Nat *n, const Arg *a);
LLVMValueRef nat_arg_int(Nat *n, const Arg *a);  /* of that representation, or open: guards */
LLVMValueRef nat_arg_float(Nat *n, const Arg *a);

/* nat_call.c, nat_attr.c */
/* Continues with the body of fn as if the current instruction were a call of it with these registers as arguments; false: not possible (nothing emitted). */
bool nat_inline_regs(Nat *n, Function *fn, const unsigned *args, unsigned n_args);
void nat_emit_call(Nat *n);
void nat_call_known(Nat *n, Value callee, const CallArgs *args); /* a constant, guarded by whoever made it one */
const Tuple *nat_call_names(Nat *n);             /* keywords of the call at n->pc, or NULL */
/* As if the current instruction were a call of fn: inlined, or by the direct convention; false: neither is possible (nothing emitted). */
/* A call of a guarded callee with all parameters, by the direct convention: the result; EMPTY: an exception is pending. */
LLVMValueRef nat_call_direct(Nat *n, const Callee *c, const LLVMValueRef *args);
bool nat_call_function(Nat *n, Function *fn, const unsigned *args, unsigned n_args);
/* The code at hand is not native yet, or not as it was: by the runtime. args: boxed, one for each parameter. */
LLVMValueRef nat_call_bound_rt(Nat *n, const Callee *c, LLVMValueRef callee, const LLVMValueRef *args);
void nat_emit_return(Nat *n);
void nat_get_attr(Nat *n);
void nat_set_attr(Nat *n);
void nat_add_slot(Nat *n, LLVMValueRef object, const IcEntry *e); /* an IC_SLOT_ADD entry's, from R[b] */
void nat_forget_shape(Nat *n, uint32_t shape);
void nat_load_global(Nat *n);
LLVMValueRef nat_slot_address(Nat *n, LLVMValueRef object, const IcEntry *e); /* an IC_SLOT(_ADD) entry's, of a boxed object */
void nat_guard_version(Nat *n, const Type *t, uint32_t version); /* the class has not changed since the cache learned: once per path */
/* A module attribute that an inline cache's entry has found, if it is worth being a constant: guarded. */
bool nat_module_constant(Nat *n, const IcEntry *e, Value *v);
bool nat_method_on(Nat *n, unsigned r, Str *name, Function **fn); /* known instance type with a Python method of that name; guards its class version */
void nat_store_pc(Nat *n);                       /* before whatever may raise, run Python or look at frames */
void nat_write_through(Nat *n, const Instr *i);  /* the outermost activation has executed i */
void nat_returning(Nat *n);                      /* the outermost activation is about to return */

/* nat_method.c */
void nat_call_method(Nat *n);
void nat_load_method(Nat *n);
void nat_load_super(Nat *n);
void nat_call_bound(Nat *n);

LLVMValueRef nat_args_buffer(Nat *n, const LLVMValueRef *boxed, unsigned n_args); /* the C stack's, for calls that take an array */

/* nat_builtin.c: code of their own for builtin functions and types; false: none for these arguments, nothing emitted */
typedef struct Native Native;
bool nat_call_builtin(Nat *n, Native *f, const unsigned *args, unsigned n_args);
bool nat_call_builtin_type(Nat *n, Type *t, const unsigned *args, unsigned n_args);

/* nat_cell.c: the instruction at n->pc */
void nat_make_cell(Nat *n);
void nat_load_closure(Nat *n);
void nat_load_deref(Nat *n);
void nat_store_deref(Nat *n);

/* nat_special.c: special methods of Python classes; false, NULL: none is known, nothing emitted */
bool nat_special_get_item(Nat *n);
bool nat_special_set_item(Nat *n);
void nat_contains(Nat *n, bool not_);            /* R[a] = R[b] in R[c], whatever it is */
LLVMValueRef nat_special_truth(Nat *n, unsigned r); /* i1 */
LLVMValueRef nat_special_compare(Nat *n, CompareOp op, unsigned ra, unsigned rb); /* the result, boxed */
LLVMValueRef nat_truth_of(Nat *n, LLVMValueRef boxed); /* i1, of anything */
bool nat_special_call(Nat *n);                   /* R[a] = R[b](...) */
bool nat_special_iter(Nat *n);
LLVMValueRef nat_special_next(Nat *n);           /* EMPTY: exhausted, or native_pending() < 0 */
bool nat_special_enter(Nat *n);
bool nat_special_exit(Nat *n);

/* nat_shapes.c: address of the slot that the operation's cache knows for R[r], which may have several shapes; also the object, boxed. NULL: not known. */
LLVMValueRef nat_slot_by_shape(Nat *n, unsigned r, LLVMValueRef *object);
bool nat_get_by_shape(Nat *n, LLVMValueRef *v);  /* GET_ATTR of slots or values of the class; false: not known */
bool nat_set_by_shape(Nat *n);                   /* SET_ATTR of slots, there or not yet */

/* nat_entry.c: the direct convention (runtime/native_code.h) */
bool nat_direct_possible(const Code *co);
LLVMTypeRef nat_direct_type(Nat *n, unsigned n_params);
void nat_begin_direct(Nat *n);
/* Opens the frame, if this path has not yet: fills it, makes it th->frame, polls, tests the limits; may leave at n->pc. Straight-line code only: what follows
** must be reached through here. nat_store_pc() does it too. */
void nat_open_direct(Nat *n);
void nat_fill_direct(Nat *n);                    /* the frame alone, without the tests */
void nat_fill_direct_cold(Nat *n);               /* the same in little code, on ways out; all registers are readable then */
void nat_note_depth(Nat *n);                     /* not direct: how deep this activation stands, first thing */
/* RpThread.depth has the inlined activations counted while one of them calls Python code: before and behind the call. */
void nat_count_inlined(Nat *n, bool calling);
bool nat_opens_frame(Nat *n);                    /* does the instruction at n->pc need the frame? */
LLVMValueRef nat_self(Nat *n);                   /* what calls of the function itself call */
void nat_end_peek(Nat *n);                       /* a peek cannot go on here: calls the function */
void nat_leave_direct(Nat *n);                   /* drops the frame, if there is one */
void nat_clear_direct(Nat *n);                   /* makes all registers readable, before live ones are written */
void nat_give_up_direct(Nat *n);                 /* returns what the interpreter makes of the frames as they are */

/* nat_typed.c: the typed convention (runtime/native_code.h); every direct function returns by it, with signature 0 if boxed */
uint64_t nat_signature(Nat *n, uint8_t result);
LLVMTypeRef nat_typed_type(Nat *n, uint64_t sig, unsigned n_params);
LLVMValueRef nat_param_boxed(Nat *n, unsigned r);
bool nat_take_param(Nat *n, unsigned r);         /* an unboxed parameter into its register; false: it comes boxed */
void nat_return_direct(Nat *n, unsigned r);      /* drops the frame and returns register r */
void nat_return_word(Nat *n, LLVMValueRef word); /* a boxed result or EMPTY; the frame is gone */
void nat_build_boxed_entry(Nat *n);
bool nat_args_fit(Nat *n, uint64_t sig, const Arg *args, unsigned n_args);
void nat_call_typed(Nat *n, const Callee *c, const Arg *args, uint64_t sig, bool self);

/* nat_build.c */
LLVMValueRef nat_add_function(Nat *n, const char *name, LLVMTypeRef type);
void nat_weigh(Nat *n, LLVMValueRef branch);     /* the first way is taken nearly always */
LLVMValueRef nat_call_rt(Nat *n, const char *symbol, LLVMTypeRef ret, LLVMValueRef *args, unsigned n_args);
LLVMValueRef nat_thread_field(Nat *n, size_t offset); /* address of a field of the RpThread */
void nat_note_call(Nat *n);                      /* the current instruction calls something whose time is not known: loops around it poll every time */
bool nat_build(Nat *n);                          /* the whole function into n->mod; false: n->refused */

/* nat_llvm.c: everything behind the IR */
typedef struct NatEngine NatEngine;
NatEngine *nat_engine_new(void);
/* Optimises, generates code, links; *typed: the typed entry, if the module has one. The entry's address, or NULL with a message on stderr. Consumes mod and its context. */
void *nat_engine_add(NatEngine *e, LLVMModuleRef mod, LLVMContextRef lc, const char *symbol, uint32_t flags, void **unit, void **typed);
void nat_engine_remove(NatEngine *e, void *unit);

#endif
