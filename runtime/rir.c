/* rir.c: the operation table as C, operand walk, dump. The verifier is rir_verify.c. */
#include "runtime/rir.h"

#include "runtime/bytes.h"
#include "runtime/code.h"
#include "runtime/num.h"
#include "runtime/rir_text.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* The flag names of rir.def. */
enum { RAISE = RIRF_RAISE, CALLS = RIRF_CALLS, ALLOC = RIRF_ALLOC, STOP = RIRF_STOP, JUMP = RIRF_JUMP, PURE = RIRF_PURE };

const RirOpInfo rir_ops[N_RIR_OPS] = {
#define OP(name, a, b, c, d, f, e, flags, feedback) \
  [RIR_##name] = {#name, {OPND_##a, OPND_##b, OPND_##c, OPND_##d, OPND_##f, OPND_##e}, flags, RFB_##feedback},
#include "runtime/rir.def"
#undef OP
};

static unsigned operand(const Instr *i, int n) {
  switch (n) {
    case 0: return i->a;
    case 1: return i->b;
    case 2: return i->c;
    case 3: return i->d;
    case 4: return i->f;
    default: return (unsigned)i->e;
  }
}

/* Length of the run that starts at operand n. */
static unsigned run_length(const Instr *i, int n) {
  switch (i->op) {
    case RIR_BUILD_DICT: return 2u * i->c;
    case RIR_CALL:
    case RIR_CALL_METHOD: return i->c + 1u;
    case RIR_CALL_BOUND: return i->c + 2u;
    case RIR_UNPACK_EX: return i->c + 1u + i->d;
    case RIR_EXC_GROUP_MATCH:
    case RIR_WITH_ENTER:
    case RIR_AWITH_ENTER:
    case RIR_LOAD_METHOD:
    case RIR_LOAD_SUPER: return 2;
    default: return operand(i, n + 1);
  }
}

void rir_operands(const Instr *i, void (*fn)(void *user, unsigned reg, unsigned n, bool write), void *user) {
  const RirOpInfo *info = &rir_ops[i->op];
  for (int pass = 0; pass < 2; pass++) { /* reads first: an instruction reads all before it writes */
    for (int n = 0; n < 5; n++) {
      unsigned r = operand(i, n);
      switch (info->operand[n]) {
        case OPND_R: if (!pass) fn(user, r, 1, false); break;
        case OPND_O: if (!pass && r != NO_REG) fn(user, r, 1, false); break;
        case OPND_X: fn(user, r, 1, pass); break;
        case OPND_L: if (!pass && run_length(i, n)) fn(user, r, run_length(i, n), false); break;
        case OPND_W: if (pass) fn(user, r, 1, true); break;
        case OPND_M: if (pass && run_length(i, n)) fn(user, r, run_length(i, n), true); break;
        default: break;
      }
    }
  }
}

/* -- Text --------------------------------------------------------------------------------------------------------- */

void rir_text(RirText *t, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char small[256];
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(small, sizeof small, fmt, ap);
  va_end(ap);
  if (t->n + (size_t)n + 1 > t->cap) {
    t->cap = (t->n + (size_t)n + 1) * 2 + 256;
    t->s = realloc(t->s, t->cap);
    if (!t->s) RP_FATAL("out of memory");
  }
  if (n < (int)sizeof small) memcpy(t->s + t->n, small, (size_t)n + 1);
  else vsnprintf(t->s + t->n, (size_t)n + 1, fmt, again);
  va_end(again);
  t->n += (size_t)n;
}

static void text_chars(RirText *t, const Str *s) {
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c == '\n') rir_text(t, "\\n");
    else if (c == '\\' || c == '\'') rir_text(t, "\\%c", c);
    else if (c >= 32 && c < 127) rir_text(t, "%c", c);
    else rir_text(t, c < 256 ? "\\x%02x" : c < 65536 ? "\\u%04x" : "\\U%08x", c);
  }
}

void rir_text_str(RirText *t, const Str *s) {
  if (!s) return;
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (c >= 32 && c < 127) rir_text(t, "%c", c);
    else rir_text(t, "\\u%04x", c);
  }
}

/* A constant, without running any code of the language. */
static void text_const(RirText *t, Value v) {
  if (v == NONE) rir_text(t, "None");
  else if (is_bool(v)) rir_text(t, v == TRUE_V ? "True" : "False");
  else if (v == ELLIPSIS) rir_text(t, "Ellipsis");
  else if (is_int(v)) rir_text(t, "%lld", (long long)as_int(v));
  else if (is_double(v)) rir_text(t, "%.17gf", as_double(v));
  else if (str_check(v)) {
    rir_text(t, "'");
    text_chars(t, as_str(v));
    rir_text(t, "'");
  } else if (bytes_check(v)) {
    rir_text(t, "b'");
    for (uint64_t i = 0; i < as_bytes(v)->length; i++) rir_text(t, "\\x%02x", as_bytes(v)->data[i]);
    rir_text(t, "'");
  } else if (tuple_check(v)) {
    rir_text(t, "(");
    for (uint64_t i = 0; i < as_tuple(v)->length; i++) {
      if (i) rir_text(t, ", ");
      text_const(t, as_tuple(v)->items[i]);
    }
    rir_text(t, ")");
  } else if (complex_check(v)) {
    rir_text(t, "(%.17g%+.17gj)", ((Complex *)as_object(v))->re, ((Complex *)as_object(v))->im);
  } else if (code_check(v)) {
    rir_text(t, "<code ");
    rir_text_str(t, ((Code *)as_object(v))->qualname);
    rir_text(t, ">");
  } else if (has_kind(v, K_INT)) {
    Int *b = (Int *)as_object(v);
    int n = b->n_limbs < 0 ? -b->n_limbs : b->n_limbs;
    rir_text(t, b->n_limbs < 0 ? "-0x" : "0x");
    for (int i = n; i-- > 0;) rir_text(t, i == n - 1 ? "%llx" : "%016llx", (unsigned long long)b->limbs[i]);
  } else if (is_object(v)) {
    rir_text(t, as_object(v)->kind == K_FROZENSET ? "<frozenset>" : "<object>");
  } else {
    rir_text(t, "<%llx>", (unsigned long long)v);
  }
}

static void text_reg(RirText *t, const Code *c, unsigned r) {
  if (r == NO_REG) rir_text(t, "-");
  else if (r < c->n_locals && c->varnames && r < c->varnames->length) {
    rir_text(t, "r%u:", r);
    rir_text_str(t, as_str(c->varnames->items[r]));
  } else {
    rir_text(t, "r%u", r);
  }
}

static void text_operand(RirText *t, const Code *c, const Instr *i, int n) {
  unsigned v = operand(i, n), len;
  switch (rir_ops[i->op].operand[n]) {
    case OPND_W: case OPND_R: case OPND_X: case OPND_O: text_reg(t, c, v); break;
    case OPND_L: case OPND_M:
      len = run_length(i, n);
      if (len) rir_text(t, "r%u..r%u", v, v + len - 1);
      else rir_text(t, "()");
      break;
    case OPND_K: if (v < c->consts->length) text_const(t, c->consts->items[v]); break;
    case OPND_K1:
      if (!v) rir_text(t, "-");
      else if (v - 1 < c->consts->length) text_const(t, c->consts->items[v - 1]);
      break;
    case OPND_N: if (v < c->names->length) rir_text_str(t, as_str(c->names->items[v])); break;
    case OPND_I: rir_text(t, "%d", n == 5 ? i->e : (int)v); break;
    case OPND_J: rir_text(t, "-> %d", i->e); break;
    case OPND_C: rir_text(t, "#%d", i->e); break;
    default: break;
  }
}

void rir_text_instr(RirText *t, const Code *code, uint32_t pc) {
  const Instr *i = &code->instrs[pc];
  if (i->op >= N_RIR_OPS) { /* the verifier names what it rejects */
    rir_text(t, "%5u operation %d", pc, i->op);
    return;
  }
  rir_text(t, "%5u %-16s", pc, rir_ops[i->op].name);
  for (int n = 0; n < 6; n++) {
    if (rir_ops[i->op].operand[n] == OPND__) continue;
    rir_text(t, " ");
    text_operand(t, code, i, n);
  }
}

char *rir_dump(const Code *code) {
  RirText t = {0};
  rir_text(&t, "code ");
  rir_text_str(&t, code->qualname);
  rir_text(&t, ": line %d, %u parameters, %u locals, %u registers, %u loops, flags 0x%x\n", code->firstlineno, code->n_params,
           code->n_locals, code->n_regs, code->n_loops, code->flags);
  uint64_t n_cells = code->cellvars->length;
  for (uint64_t i = 0; i < n_cells + code->freevars->length; i++) {
    rir_text(&t, i < n_cells ? "  cell r%u " : "  free r%u ", code->cell_regs[i]);
    rir_text_str(&t, as_str(i < n_cells ? code->cellvars->items[i] : code->freevars->items[i - n_cells]));
    rir_text(&t, "\n");
  }
  int32_t line = -1;
  for (uint32_t pc = 0; pc < code->n_instrs; pc++) {
    if (code->positions[pc].line != line) {
      line = code->positions[pc].line;
      rir_text(&t, "%4d", line);
    } else {
      rir_text(&t, "    ");
    }
    rir_text_instr(&t, code, pc);
    rir_text(&t, "\n");
  }
  for (uint32_t i = 0; i < code->n_handlers; i++) {
    const Handler *h = &code->handlers[i];
    rir_text(&t, "  handler %u..%u -> %u in r%u\n", h->start, h->end, h->handler, h->reg);
  }
  return t.s;
}
