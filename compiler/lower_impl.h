/* lower_impl.h: what the chapters of lowering share (lower*.c). One Lower per compilation, one Unit per code object being written.
** Everything lives in cc->arena; heap values are pinned in L->pins. Errors longjmp out of the whole compilation.
**
** Registers of a unit:  parameters | other locals | own cells | free variables | temporaries | constants
** Constants used in loops get numbers from CONST_REG up while code is written and real ones behind the temporaries at the end. */
#ifndef COMPILER_LOWER_IMPL_H
#define COMPILER_LOWER_IMPL_H

#include <setjmp.h>

#include "compiler/lower.h"
#include "compiler/scope.h"
#include "runtime/list.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

enum {
  CONST_REG = 0xF000,    /* first provisional number of a constant register */
  MAX_CONST_REGS = 64,   /* per unit: each costs an operation at entry */
  MAX_REGS = 0xE000,     /* locals and temporaries */
  MAX_BLOCKS = 20,       /* statically nested: the language's own limit, which CPython sets */
  ANY = 0xFFFF           /* as wanted register: anywhere */
};
typedef unsigned Reg;

/* A place to jump to. `bound` is what holds on every jump recorded so far: which locals are surely bound. */
typedef struct Label {
  int32_t pc;            /* -1 until placed */
  bool used;
  uint64_t *bound;
} Label;

typedef struct Fixup { uint32_t pc; Label *to; } Fixup;

/* Instructions whose exceptions go to one handler: the pieces [start, end) of the region seen so far. */
typedef struct Region {
  Label *handler;
  Reg reg;
  uint32_t start;        /* of the piece that is open */
  bool open;
  int depth;
  uint64_t *bound;       /* what is bound wherever inside an exception happens */
  struct Region *outer;
} Region;
typedef struct Piece { uint32_t start, end; Label *handler; Reg reg; int depth; uint32_t order; } Piece;

/* What a return, break or continue has to pass on its way out, innermost first. */
typedef enum BlockKind {
  BLOCK_WHILE, BLOCK_FOR, BLOCK_ASYNC_FOR,
  BLOCK_TRY,             /* protected body of try/except: nothing to do */
  BLOCK_FINALLY,         /* protected body of try/finally: run the finally suite */
  BLOCK_WITH, BLOCK_ASYNC_WITH,
  BLOCK_HANDLED,         /* an exception is being handled: stop handling it */
  BLOCK_HANDLER_NAME,    /* body of `except ... as name`: unbind the name */
  BLOCK_TRY_STAR         /* inside except*: break, continue, return are refused */
} BlockKind;
typedef struct Block {
  uint8_t kind;
  struct Block *outer;
  Region *region;        /* protected region of this block, or NULL */
  Label *on_break, *on_continue; /* loops */
  bool head_placed;      /* on_continue is a LOOP_HEAD already placed: use JUMP_BACK */
  Reg reg;               /* BLOCK_HANDLED: saved handled exception; BLOCK_WITH: bound exit */
  AstSeq finally;        /* BLOCK_FINALLY */
  AstIdent *name;        /* BLOCK_HANDLER_NAME */
  AstPos pos;            /* BLOCK_WITH: the statement */
} Block;

typedef enum UnitKind { UNIT_MODULE, UNIT_CLASS, UNIT_FUNCTION, UNIT_ASYNC_FUNCTION, UNIT_LAMBDA, UNIT_COMPREHENSION } UnitKind;

typedef struct Unit {
  struct Unit *outer;
  Scope *scope;
  UnitKind kind;
  AstIdent *name;        /* as shown; NULL: <module> */
  Str *qualname;
  int firstlineno;
  /* code */
  Instr *instrs;
  Position *positions;
  uint16_t *tops;        /* Code.tops */
  uint32_t n_instrs, cap_instrs;
  MethodPosition *methods;
  uint32_t n_methods, cap_methods;
  Fixup *fixups;
  uint32_t n_fixups, cap_fixups;
  Piece *pieces;
  uint32_t n_pieces, cap_pieces;
  uint32_t n_loops, n_ics;
  int loop_depth;
  AstPos pos;            /* of the instructions written next */
  bool dead;             /* no path leads here: nothing is written */
  /* registers */
  Reg top, max_top;      /* temporaries */
  Reg n_locals, next_local; /* room for locals; locals that have a register so far */
  Value const_regs[MAX_CONST_REGS];
  uint32_t n_const_regs;
  uint64_t *bound;       /* locals surely bound here */
  uint64_t *deletable;   /* locals that some del or except clause unbinds */
  uint32_t n_words;
  /* tables */
  Value *consts;
  uint32_t n_consts, cap_consts, *const_hash, cap_const_hash;
  AstIdent **names;
  uint32_t n_names, cap_names;
  IdentSet name_index;   /* ident -> index + 1 */
  Block *blocks;
  int n_blocks;
  Region *regions;
  int region_depth;
  Symbol **cells, **frees;
  uint32_t n_cells, n_frees;
  Value doc;
  Reg comp_result;       /* comprehension: the list, set or dict being filled */
  Str *shown_name;
  uint32_t argcount, posonlyargcount, kwonlyargcount, arg_flags; /* arg_flags: CO_VARARGS, CO_VARKEYWORDS */
  Reg class_cell;        /* class: register of the cell __class__ */
  Reg free_reg;          /* first free variable's register */
  Reg first_temp;
  uint32_t last_place;   /* where a label was placed last */
} Unit;

typedef struct Lower {
  RpThread *th;
  Compile *cc;
  ScopeTable *scopes;
  Unit *unit;
  Str *filename;
  List *pins;            /* keeps heap values alive that only the arena refers to */
  Value *ident_strs;     /* AstIdent.id -> Str */
  uint32_t n_ident_strs;
  uint8_t *fold_state;   /* AstNode.id -> 0 unknown, 1 not constant, 2 constant */
  Value *fold_value;
  CompileMode mode;
  int flags;             /* CO_FUTURE_*, LOWER_* */
  int future_line;       /* of the last valid `from __future__` statement */
  jmp_buf failed;
  AstIdent *id_class, *id_classcell, *id_module, *id_name, *id_qualname, *id_doc, *id_annotations, *id_debug, *id_dot0, *id_empty;
} Lower;

#define CO_FUTURE_ALL 0x1fe0000 /* CPython's co_flags of the __future__ features */

/* -- lower.c: driver, failure --------------------------------------------------------------------------------------- */
__attribute__((noreturn)) void lower_fail(Lower *L);          /* cc->error or th->pending is set */
__attribute__((noreturn, format(printf, 3, 4))) void lower_error(Lower *L, AstPos pos, const char *fmt, ...); /* SyntaxError */
void lower_warn(Lower *L, AstPos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));            /* SyntaxWarning */
Value lower_pin(Lower *L, Value v);                           /* EMPTY fails; returns v */
void lower_check_depth(Lower *L);
void namespace_body(Lower *L, AstSeq body);                     /* module and class bodies */

/* -- lower_emit.c: instructions, registers, labels, regions, constants -------------------------------------------------- */
Unit *unit_begin(Lower *L, UnitKind kind, AstNode *node, AstIdent *name, int firstlineno);
Code *unit_end(Lower *L);                                      /* pops L->unit */
uint32_t emit(Lower *L, Instr i);                              /* index; of no meaning while dead */
#define EMIT(op_, ...) emit(L, (Instr){.op = RIR_##op_, ##__VA_ARGS__})
void emit_jump(Lower *L, Instr i, Label *to);
#define EMIT_JUMP(op_, to, ...) emit_jump(L, (Instr){.op = RIR_##op_, ##__VA_ARGS__}, to)
uint32_t emit_cached(Lower *L, Instr i);                       /* with an inline cache in e */
#define EMIT_IC(op_, ...) emit_cached(L, (Instr){.op = RIR_##op_, ##__VA_ARGS__})
void method_position(Lower *L, uint32_t pc, AstPos pos);
Label *label_new(Lower *L);
void label_place(Lower *L, Label *l);
Label *loop_head(Lower *L);                                    /* places a LOOP_HEAD; back edges are EMIT_JUMP(JUMP_BACK, head) */
Reg temp(Lower *L);                                            /* next temporary */
Reg temps(Lower *L, unsigned n);                               /* first of n contiguous ones */
static inline Reg temp_mark(Lower *L) { return L->unit->top; }
static inline void temp_release(Lower *L, Reg mark) { L->unit->top = mark; }
void move(Lower *L, Reg to, Reg from);                         /* nothing when equal */
Region *region_open(Lower *L, Label *handler, Reg reg);
void region_close(Lower *L, Region *r);                        /* r is the innermost one */
void region_suspend(Lower *L, Region *r);
void region_resume(Lower *L, Region *r);
void handler_place(Lower *L, Region *r);                       /* places r->handler: reached by exceptions */
unsigned const_index(Lower *L, Value v);
unsigned name_index(Lower *L, AstIdent *name);                 /* unmangled form is the caller's business */
Str *ident_str(Lower *L, AstIdent *name);
void load_const(Lower *L, Reg to, Value v);
Reg const_operand(Lower *L, Value v);                          /* a register that holds v: shared in loops, else a temporary */
bool local_bound(Lower *L, Reg r);
void local_set_bound(Lower *L, Reg r, bool bound);
bool is_temp(Lower *L, Reg r);

/* -- fold.c ---------------------------------------------------------------------------------------------------------- */
Value fold(Lower *L, AstNode *n);                              /* the constant value of an expression, or EMPTY */
Value const_value(Lower *L, const AstConst *c);
bool const_same(Value a, Value b);                             /* same type and value: -0.0, 1 / 1.0 / True are apart */

/* -- lower_name.c ------------------------------------------------------------------------------------------------------ */
Symbol *name_symbol(Lower *L, AstIdent *name);                 /* of the current scope, mangled */
AstIdent *mangled(Lower *L, AstIdent *name);
Reg name_load(Lower *L, AstIdent *name, Reg want);
void name_store(Lower *L, AstIdent *name, Reg value);
void name_delete(Lower *L, AstIdent *name);
Reg name_register(Lower *L, AstIdent *name);                   /* register of a plain local, or ANY */
void check_name(Lower *L, AstIdent *name, AstOp ctx, AstPos pos); /* __debug__ */

/* -- lower_expr.c ------------------------------------------------------------------------------------------------------ */
Reg expr(Lower *L, AstNode *n, Reg want);                      /* value of n in `want`; ANY: a local's own register or a temporary */
Reg expr_stable(Lower *L, AstNode *n, AstNode *later);         /* as ANY, but unharmed by evaluating `later` next */
Reg expr_temp(Lower *L, AstNode *n);                           /* in a new temporary */
void expr_effect(Lower *L, AstNode *n);                        /* for its effects */
bool writes_once(Lower *L, AstNode *n);                        /* its destination is written by its last operation only */
bool has_star(AstSeq s);
Reg build_sequence(Lower *L, AstSeq elts, AstKind kind, Reg want);
RirOp binary_op(AstOp op, bool inplace);
Reg slice_bound(Lower *L, AstNode *n);
bool is_two_part_slice(AstNode *n);

/* -- lower_cond.c ------------------------------------------------------------------------------------------------------ */
void jump_if(Lower *L, AstNode *n, bool sense, Label *to);     /* to `to` when truth(n) == sense, else falls through */
Reg compare(Lower *L, AstNode *n, Reg want);
Reg bool_op(Lower *L, AstNode *n, Reg want);
Reg if_exp(Lower *L, AstNode *n, Reg want);
void check_compare(Lower *L, AstNode *n);

/* -- lower_call.c ------------------------------------------------------------------------------------------------------ */
Reg call(Lower *L, AstNode *n, Reg want);
/* Calls R[callee] (already the first of a run) with arguments n_before values behind it already in place. */
void call_arguments(Lower *L, Reg callee, unsigned n_before, AstSeq args, AstSeq keywords, Reg to);
void attribute_position(Lower *L, AstNode *attribute);
void check_keywords(Lower *L, AstSeq keywords);

/* -- lower_func.c, lower_comp.c, lower_gen.c --------------------------------------------------------------------------- */
void function_def(Lower *L, AstNode *n);
void class_def(Lower *L, AstNode *n);
Reg lambda(Lower *L, AstNode *n, Reg want);
Reg make_closure(Lower *L, Code *code, Scope *inner, Reg defaults, Reg kwdefaults, Reg annotations, Reg want);
void annotation_value(Lower *L, AstNode *n, Reg want);
Reg comprehension(Lower *L, AstNode *n, Reg want);
Reg yield_expr(Lower *L, AstNode *n, Reg want);
Reg yield_from_expr(Lower *L, AstNode *n, Reg want);
Reg await_expr(Lower *L, AstNode *n, Reg want);
void await_register(Lower *L, Reg r, int kind);                /* R[r] = await R[r]; kind: as GET_AWAITABLE's f */
void delegate(Lower *L, Reg r);                                /* R[r] = yield from iterator R[r] */
bool is_async_unit(const Unit *u);

/* -- lower_stmt.c, lower_assign.c, lower_try.c, lower_match.c ------------------------------------------------------------ */
void stmt(Lower *L, AstNode *n);
void stmts(Lower *L, AstSeq body);
void assign(Lower *L, AstNode *target, Reg value);             /* target = R[value] */
void assign_stmt(Lower *L, AstNode *n);
void aug_assign(Lower *L, AstNode *n);
void ann_assign(Lower *L, AstNode *n);
void delete_target(Lower *L, AstNode *target);
void for_stmt(Lower *L, AstNode *n);
void async_for_stmt(Lower *L, AstNode *n);
void while_stmt(Lower *L, AstNode *n);
void break_or_continue(Lower *L, AstNode *n, bool is_break);
void return_stmt(Lower *L, AstNode *n);
void unwind_block(Lower *L, Block *b);                         /* what leaving b costs */
bool unwinding_runs_code(Lower *L);
void try_stmt(Lower *L, AstNode *n);
void try_star_stmt(Lower *L, AstNode *n);
void with_stmt(Lower *L, AstNode *n);
void match_stmt(Lower *L, AstNode *n);
void import_stmt(Lower *L, AstNode *n);
void import_from_stmt(Lower *L, AstNode *n);
void block_push(Lower *L, Block *b);
void block_pop(Lower *L, Block *b);

#endif
