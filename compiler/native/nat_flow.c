/* nat_flow.c: what must be known of a code object before it is compiled: jump targets, live registers, whether it may be inlined. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/names.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

typedef struct LiveUpdate { uint64_t *set; bool write_phase; } LiveUpdate;

static void kill_writes(void *user, unsigned reg, unsigned n, bool write) {
  uint64_t *set = user;
  if (!write) return;
  for (unsigned r = reg; r < reg + n; r++) set[r / 64] &= ~(1ull << (r % 64));
}
static void gen_reads(void *user, unsigned reg, unsigned n, bool write) {
  uint64_t *set = user;
  if (write) return;
  for (unsigned r = reg; r < reg + n; r++) set[r / 64] |= 1ull << (r % 64);
}

static void join(uint64_t *into, const uint64_t *from, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) into[i] |= from[i];
}

/* Code that can see its registers by name (locals() and its kin) needs them in the frame at every call: it stays interpreted. */
bool nat_sees_locals(const Code *co) {
  if (co->uses_namespace) return false;
  static const char *const names[] = {"locals", "vars", "eval", "exec", "dir", "_getframe"};
  for (uint64_t i = 0; i < co->names->length; i++)
    for (size_t k = 0; k < countof(names); k++)
      if (str_eq_c(as_str(co->names->items[i]), names[k])) return true;
  return false;
}

bool nat_uses_globals(const Code *co) {
  for (uint32_t pc = 0; pc < co->n_instrs; pc++)
    if (co->instrs[pc].op == RIR_LOAD_GLOBAL) return true;
  return false;
}

/* Backward to a fixpoint; loops make two or three rounds. */
static void compute_live(Flow *f) {
  Code *co = f->code;
  uint32_t w = f->n_words;
  uint64_t set[w];
  bool changed = true;
  while (changed) {
    changed = false;
    for (uint32_t pc = co->n_instrs; pc-- > 0;) {
      const Instr *i = &co->instrs[pc];
      const RirOpInfo *op = &rir_ops[i->op];
      memset(set, 0, sizeof set);
      if (!(op->flags & RIRF_STOP) && pc + 1 < co->n_instrs) join(set, f->live + (size_t)(pc + 1) * w, w);
      if (op->flags & RIRF_JUMP) join(set, f->live + (size_t)i->e * w, w);
      /* FOR_ITER leaves its result alone when exhausted, SEND writes it on both ways: keep what the jump needs */
      if (i->op != RIR_FOR_ITER) rir_operands(i, kill_writes, set);
      else {
        uint64_t jump[w];
        memcpy(jump, f->live + (size_t)i->e * w, sizeof jump);
        rir_operands(i, kill_writes, set);
        join(set, jump, w);
      }
      rir_operands(i, gen_reads, set);
      for (uint32_t h = 0; h < co->n_handlers; h++)
        if (pc >= co->handlers[h].start && pc < co->handlers[h].end) {
          uint64_t in[w];
          memcpy(in, f->live + (size_t)co->handlers[h].handler * w, sizeof in);
          in[co->handlers[h].reg / 64] &= ~(1ull << (co->handlers[h].reg % 64));
          join(set, in, w);
        }
      uint64_t *old = f->live + (size_t)pc * w;
      if (memcmp(old, set, sizeof set) != 0) {
        memcpy(old, set, sizeof set);
        changed = true;
      }
    }
  }
}

#ifdef RP_DEBUG
/* The lowering's word on when temporaries are dead (Code.tops), by which the collector goes, against the data flow. */
static void check_tops(const Flow *f) {
  const Code *co = f->code;
  for (uint32_t pc = 0; pc < co->n_instrs; pc++)
    for (uint32_t r = co->tops[pc]; r < co->const_reg; r++)
      if (flow_live(f, pc, r)) RP_FATAL("%s: r%u is wanted at %u, where tops says %u", (const char *)co->qualname->c, r, pc, co->tops[pc]);
}
#endif

static void count_writes(void *user, unsigned reg, unsigned n, bool write) {
  uint8_t *writes = user;
  if (!write) return;
  for (unsigned r = reg; r < reg + n; r++)
    if (writes[r] < 2) writes[r]++;
}

/* Constants that the first instructions load once for all. */
static void find_constants(Flow *f) {
  const Code *co = f->code;
  uint8_t writes[co->n_regs + 1];
  memset(writes, 0, sizeof writes);
  for (uint32_t pc = 0; pc < co->n_instrs; pc++) rir_operands(&co->instrs[pc], count_writes, writes);
  for (uint32_t r = 0; r < co->n_regs; r++) f->constant[r] = EMPTY;
  for (uint32_t pc = 0; pc < co->n_instrs; pc++) {
    const Instr *i = &co->instrs[pc];
    bool once = i->a >= co->n_locals && i->a < co->n_regs && writes[i->a] == 1;
    if (i->op == RIR_RETURN_GENERATOR || i->op == RIR_MAKE_CELL || i->op == RIR_LOAD_CLOSURE) continue;
    if (i->op == RIR_LOAD_CONST) { if (once) f->constant[i->a] = co->consts->items[i->e]; }
    else if (i->op == RIR_LOAD_INT) { if (once) f->constant[i->a] = value_int(i->e); }
    else if (i->op == RIR_LOAD_NONE) { if (once) f->constant[i->a] = NONE; }
    else break;
  }
}

const Handler *code_handler(const Code *co, uint32_t pc) {
  for (uint32_t h = 0; h < co->n_handlers; h++)
    if (pc >= co->handlers[h].start && pc < co->handlers[h].end) return &co->handlers[h];
  return NULL;
}

bool flow_live_over(const Flow *f, uint32_t pc, uint32_t reg) {
  const Code *co = f->code;
  const Instr *i = &co->instrs[pc];
  if (rir_is_operator(i) && (reg == i->b || reg == i->c)) return true; /* the error names them, should the method return NotImplemented */
  if (pc + 1 < co->n_instrs && flow_live(f, pc + 1, reg) && reg != co->instrs[pc].a) return true;
  const Handler *h = code_handler(co, pc);
  return h && reg != h->reg && flow_live(f, h->handler, reg);
}

/* Operations that need no interpreter frame of their own, so that a function made of them can be inlined. */
static bool frameless(const Instr *i) {
  switch (i->op) {
  case RIR_NOP: case RIR_MOVE: case RIR_LOAD_CONST: case RIR_LOAD_INT: case RIR_LOAD_NONE: case RIR_LOAD_EMPTY: case RIR_CHECK_LOCAL:
  case RIR_LOAD_GLOBAL: case RIR_GET_ATTR: case RIR_SET_ATTR: case RIR_GET_ITEM: case RIR_SET_ITEM:
  case RIR_UNPACK_SEQ: case RIR_LOAD_CLOSURE: case RIR_LOAD_DEREF: case RIR_STORE_DEREF: case RIR_LOAD_SUPER:
  case RIR_ADD: case RIR_SUB: case RIR_MUL: case RIR_TRUEDIV: case RIR_FLOORDIV: case RIR_MOD: case RIR_POW:
  case RIR_LSHIFT: case RIR_RSHIFT: case RIR_AND: case RIR_OR: case RIR_XOR:
  case RIR_IADD: case RIR_ISUB: case RIR_IMUL: case RIR_ITRUEDIV: case RIR_IFLOORDIV: case RIR_IMOD: case RIR_IPOW:
  case RIR_ILSHIFT: case RIR_IRSHIFT: case RIR_IAND: case RIR_IOR: case RIR_IXOR:
  case RIR_ADD_IMM: case RIR_SUB_IMM: case RIR_NEG: case RIR_POS: case RIR_NOT: case RIR_TO_BOOL:
  case RIR_LT: case RIR_LE: case RIR_EQ: case RIR_NE: case RIR_GT: case RIR_GE: case RIR_IS: case RIR_IS_NOT: case RIR_IN: case RIR_NOT_IN:
  case RIR_JUMP: case RIR_JUMP_BACK: case RIR_LOOP_HEAD: case RIR_JUMP_IF_TRUE: case RIR_JUMP_IF_FALSE: case RIR_JUMP_IF_NONE:
  case RIR_JUMP_IF_NOT_NONE: case RIR_JUMP_IF_IS: case RIR_JUMP_IF_IS_NOT:
  case RIR_JUMP_LT: case RIR_JUMP_LE: case RIR_JUMP_EQ: case RIR_JUMP_NE: case RIR_JUMP_GT: case RIR_JUMP_GE:
  case RIR_JUMP_NOT_LT: case RIR_JUMP_NOT_LE: case RIR_JUMP_NOT_EQ: case RIR_JUMP_NOT_NE: case RIR_JUMP_NOT_GT: case RIR_JUMP_NOT_GE:
  case RIR_CALL: case RIR_CALL_METHOD: case RIR_LOAD_METHOD: case RIR_CALL_BOUND: case RIR_BUILD_TUPLE: case RIR_RETURN:
  case RIR_RAISE: case RIR_LOAD_ASSERTION_ERROR: return true; /* rare: left to the interpreter */
  default: return false;
  }
}

/* super() other than in super().name, under whatever name, needs a frame to look for the class in. */
static bool calls_super(const Code *co) {
  int named = 0, known = 0;
  for (uint32_t pc = 0; pc < co->n_instrs; pc++) {
    const Instr *i = &co->instrs[pc];
    named += i->op == RIR_LOAD_GLOBAL && str_eq_c(as_str(co->names->items[i->d]), "super");
    known += i->op == RIR_LOAD_SUPER;
  }
  for (uint64_t k = 0; k < co->freevars->length; k++)
    if (str_eq_c(as_str(co->freevars->items[k]), "__class__")) return named != known || known == 0;
  return false;
}

/* By what its call sites have seen. */
static bool calls_itself(const Code *co) {
  for (uint32_t pc = 0; pc < co->n_instrs; pc++) {
    const Instr *i = &co->instrs[pc];
    if (i->op != RIR_CALL && i->op != RIR_CALL_METHOD) continue;
    const IcEntry *e = ic_entry(&co->ics[i->e]);
    if (!e) continue;
    if (e->kind == IC_CALL_FUNCTION && e->object == (const Object *)co) return true;
    if (e->kind == IC_METHOD && func_check(e->value) && load_relaxed(&((Function *)as_object(e->value))->code) == co) return true;
  }
  return false;
}

Flow *nat_flow(Nat *n, Code *code) {
  for (Flow *f = n->flows; f; f = f->next)
    if (f->code == code) return f;
  Flow *f = arena_new(n->arena, Flow);
  f->code = code;
  f->n_words = (code->n_regs + 1 + 63) / 64;
  f->live = arena_alloc(n->arena, (size_t)code->n_instrs * f->n_words * sizeof(uint64_t));
  memset(f->live, 0, (size_t)code->n_instrs * f->n_words * sizeof(uint64_t));
  f->named = arena_alloc(n->arena, code->n_regs + 1);
  for (uint32_t r = 0; r <= code->n_regs; r++) f->named[r] = r < code->n_locals;
  for (uint64_t i = 0; i < code->cellvars->length + code->freevars->length; i++) f->named[code->cell_regs[i]] = true;
  f->target = arena_alloc(n->arena, code->n_instrs);
  memset(f->target, 0, code->n_instrs);
  f->inlinable = code->n_handlers == 0 && code->cellvars->length == 0 && !calls_super(code) && code->n_instrs <= NAT_MAX_INLINE_INSTRS &&
                 !(code->flags & (CO_RESUMED | CO_VARARGS | CO_VARKEYWORDS)) && !code->uses_namespace &&
                 !nat_sees_locals(code);
  bool loops = false, calls = false;
  for (uint32_t pc = 0; pc < code->n_instrs; pc++) {
    const Instr *i = &code->instrs[pc];
    if (rir_ops[i->op].flags & RIRF_JUMP) f->target[i->e] = true;
    if (i->op == RIR_LOOP_HEAD) f->target[pc] = loops = true;
    if (i->op == RIR_CALL || i->op == RIR_CALL_METHOD || i->op == RIR_CALL_BOUND) calls = true;
    if (!frameless(i)) f->inlinable = false;
  }
  /* A loop with calls outweighs the call of its function, and is compiled once for all callers. A loop of mere arithmetic is short work for the
  ** compiler and gains most from arguments that stay unboxed. */
  if (loops && (calls || code->n_instrs > NAT_MAX_INLINE_LOOP)) f->inlinable = false;
  f->recursive = calls_itself(code);
  for (uint32_t h = 0; h < code->n_handlers; h++) f->target[code->handlers[h].handler] = true;
  compute_live(f);
#ifdef RP_DEBUG
  check_tops(f);
#endif
  f->constant = arena_alloc(n->arena, (code->n_regs + 1) * sizeof(Value));
  find_constants(f);
  f->next = n->flows;
  return n->flows = f;
}
