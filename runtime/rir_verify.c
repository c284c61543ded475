/* rir_verify.c: what must hold for every Code before anything runs it. See rir.h.
** Besides ranges and targets it proves that every temporary is written on all paths before it is read: a forward data flow over
** instructions, with an edge from each instruction of a protected range to its handler. */
#include "runtime/rir_text.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

typedef struct Verify {
  const Code *code;
  RirText msg;
  uint32_t pc;
  uint64_t *state;   /* registers known to be written, while one instruction is looked at */
  uint32_t n_words;
} Verify;

static bool fail(Verify *v, const char *what) {
  if (v->msg.n) return false;
  rir_text(&v->msg, "RIR of ");
  rir_text_str(&v->msg, v->code->qualname);
  rir_text(&v->msg, " (line %d), at", v->code->firstlineno);
  if (v->pc < v->code->n_instrs) rir_text_instr(&v->msg, v->code, v->pc);
  rir_text(&v->msg, ": %s", what);
  return false;
}

static void check_range(void *user, unsigned reg, unsigned n, bool write) {
  Verify *v = user;
  if (reg + n > v->code->n_regs) fail(v, "register out of range");
}

static bool check_instr(Verify *v) {
  const Code *c = v->code;
  const Instr *i = &c->instrs[v->pc];
  if (i->op >= N_RIR_OPS) return fail(v, "no such operation");
  const RirOpInfo *info = &rir_ops[i->op];
  rir_operands(i, check_range, v);
  const unsigned operands[6] = {i->a, i->b, i->c, i->d, i->f, (unsigned)i->e};
  for (int n = 0; n < 6; n++) {
    unsigned x = operands[n];
    switch (info->operand[n]) {
      case OPND_K: if (x >= c->consts->length) return fail(v, "constant out of range"); break;
      case OPND_K1: if (x > c->consts->length) return fail(v, "constant out of range"); break;
      case OPND_N: if (x >= c->names->length) return fail(v, "name out of range"); break;
      case OPND_C:
        if (x >= c->n_ics) return fail(v, "inline cache out of range");
        if (c->ics[x].pc != v->pc) return fail(v, "inline cache belongs to another instruction");
        break;
      case OPND_J:
        if (x >= c->n_instrs) return fail(v, "jump out of range");
        if (i->op == RIR_JUMP_BACK) {
          if (x > v->pc || c->instrs[x].op != RIR_LOOP_HEAD) return fail(v, "back edge to something else than a LOOP_HEAD");
        } else if (x <= v->pc) {
          return fail(v, "backward jump that is not JUMP_BACK");
        }
        break;
      default: break;
    }
  }
  if (i->op == RIR_LOOP_HEAD && (unsigned)i->e >= c->n_loops) return fail(v, "loop number out of range");
  return !v->msg.n;
}

static bool check_handlers(Verify *v) {
  const Code *c = v->code;
  for (uint32_t i = 0; i < c->n_handlers; i++) {
    const Handler *h = &c->handlers[i];
    v->pc = h->start;
    if (h->start >= h->end || h->end > c->n_instrs || h->handler >= c->n_instrs) return fail(v, "handler range");
    if (h->handler < h->end) return fail(v, "handler in front of the end of its range");
    if (h->reg >= c->n_regs) return fail(v, "handler register");
  }
  return true;
}

/* -- Written before read ------------------------------------------------------------------------------------------ */

static bool has(const uint64_t *s, unsigned r) { return s[r / 64] >> (r % 64) & 1; }

static void flow(void *user, unsigned reg, unsigned n, bool write) {
  Verify *v = user;
  for (unsigned r = reg; r < reg + n; r++) {
    if (write) v->state[r / 64] |= (uint64_t)1 << (r % 64);
    else if (!has(v->state, r)) fail(v, "register read before it is written");
  }
}

/* Intersects `from` into the state at pc; puts pc on the list when that changed something. */
static void join(uint64_t *states, uint8_t *reached, uint32_t n_words, uint32_t pc, const uint64_t *from, uint32_t *list, uint32_t *n) {
  uint64_t *to = states + (size_t)pc * n_words;
  bool changed = !(reached[pc] & 1);
  for (uint32_t w = 0; w < n_words; w++) {
    uint64_t x = reached[pc] & 1 ? to[w] & from[w] : from[w];
    if (x != to[w]) changed = true;
    to[w] = x;
  }
  reached[pc] |= 1;
  if (changed && !(reached[pc] & 2)) {
    reached[pc] |= 2;
    list[(*n)++] = pc;
  }
}

static void check_flow(Verify *v) {
  const Code *c = v->code;
  uint32_t n_words = c->n_regs / 64 + 1, n_list = 0;
  uint64_t *states = calloc((size_t)(c->n_instrs + 2) * n_words, 8);
  uint8_t *reached = calloc(c->n_instrs, 1);
  uint32_t *list = malloc(sizeof *list * (c->n_instrs + 1));
  if (!states || !reached || !list) RP_FATAL("out of memory");
  uint64_t *state = states + (size_t)c->n_instrs * n_words, *at_raise = state + n_words;
  for (unsigned r = 0; r < c->n_locals; r++) state[r / 64] |= (uint64_t)1 << (r % 64);
  join(states, reached, n_words, 0, state, list, &n_list);
  while (n_list && !v->msg.n) {
    uint32_t pc = v->pc = list[--n_list];
    const Instr *i = &c->instrs[pc];
    const RirOpInfo *info = &rir_ops[i->op];
    reached[pc] &= (uint8_t)~2;
    memcpy(state, states + (size_t)pc * n_words, 8u * n_words);
    v->state = state;
    if (info->flags & RIRF_RAISE || i->op == RIR_YIELD) {
      for (uint32_t k = 0; k < c->n_handlers; k++) {
        const Handler *h = &c->handlers[k];
        if (pc < h->start || pc >= h->end) continue;
        memcpy(at_raise, state, 8u * n_words);
        at_raise[h->reg / 64] |= (uint64_t)1 << (h->reg % 64);
        join(states, reached, n_words, h->handler, at_raise, list, &n_list);
        break; /* the innermost one takes it */
      }
    }
    /* FOR_ITER leaves its target alone when it jumps. */
    if (i->op == RIR_FOR_ITER) join(states, reached, n_words, (uint32_t)i->e, state, list, &n_list);
    rir_operands(i, flow, v);
    if (info->flags & RIRF_JUMP && i->op != RIR_FOR_ITER) join(states, reached, n_words, (uint32_t)i->e, state, list, &n_list);
    if (!(info->flags & RIRF_STOP) || i->op == RIR_RETURN_GENERATOR) {
      if (pc + 1 >= c->n_instrs) fail(v, "falls off the end");
      else join(states, reached, n_words, pc + 1, state, list, &n_list);
    }
  }
  free(states);
  free(reached);
  free(list);
}

char *rir_verify(const Code *code) {
  Verify v = {.code = code};
  if (!code->n_instrs) fail(&v, "no instructions");
  if (code->n_params > code->n_locals || code->n_locals > code->n_regs) fail(&v, "register counts");
  for (v.pc = 0; !v.msg.n && v.pc < code->n_instrs; v.pc++)
    if (!check_instr(&v)) break;
  if (!v.msg.n && check_handlers(&v)) check_flow(&v);
  return v.msg.s;
}
