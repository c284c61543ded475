/* fuzz_verify.c: damages instructions and handler tables of compiled files and shows them to the RIR verifier. Build with asan and ubsan.
**   fuzz_verify [--runs=N] [--seed=S] FILE...
** Checked beyond memory: untouched code is accepted; damage that can never be right (an operation that is none, a register, constant, name,
** cache or jump target out of range) is rejected; what is accepted can be dumped, and is accepted again. Deterministic in the seed. The last line
** is `N passed, N failed`; a failure prints the run, the damage and the instruction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/lower.h"
#include "runtime/code.h"
#include "runtime/context.h"
#include "runtime/error.h"
#include "runtime/rir.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

enum { MAX_CODES = 4096 };
static const Code *codes[MAX_CODES];
static unsigned n_codes;

static uint64_t rng_state;
static uint32_t rnd(uint32_t below) {
  rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
  return below ? (uint32_t)((rng_state >> 33) % below) : 0;
}

static void collect(const Code *c) {
  if (n_codes < MAX_CODES) codes[n_codes++] = c;
  for (uint64_t i = 0; i < c->consts->length; i++)
    if (code_check(c->consts->items[i])) collect((const Code *)as_object(c->consts->items[i]));
}

static bool load(RpThread *th, const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return false;
  static char text[1 << 20];
  size_t n = fread(text, 1, sizeof text - 1, f);
  text[n] = 0;
  fclose(f);
  Value code = compile_source(th, text, n, str_from_c(th, path), COMPILE_EXEC, 0);
  if (code == EMPTY) return false;
  collect((const Code *)as_object(code));
  return true;
}

/* Somewhere between slightly and wildly different. */
static uint32_t other(uint32_t x) {
  switch (rnd(4)) {
  case 0: return x + 1;
  case 1: return x - 1;
  case 2: return rnd(0x10000);
  default: return rnd(64);
  }
}

/* Injures operand k (0..5: a b c d f e; 6: the operation) of i. -> true when that can never be right. */
static bool damage(const Code *c, Instr *i, unsigned k) {
  if (k == 6) {
    i->op = (uint8_t)rnd(256);
    return i->op >= N_RIR_OPS;
  }
  uint32_t now[6] = {i->a, i->b, i->c, i->d, i->f, (uint32_t)i->e}, v = other(now[k]);
  uint16_t *fields[] = {&i->a, &i->b, &i->c, &i->d, &i->f};
  if (k < 5) *fields[k] = (uint16_t)v, v &= 0xFFFF;
  else i->e = (int32_t)v;
  switch (rir_ops[i->op].operand[k]) {
  case OPND_W: case OPND_R: case OPND_X: return v >= c->n_regs;
  case OPND_K: return v >= c->consts->length;
  case OPND_N: return v >= c->names->length;
  case OPND_C: return v >= c->n_ics || v != now[k];
  case OPND_J: return v >= c->n_instrs;
  default: return false;
  }
}

static int run(uint64_t number) {
  const Code *from = codes[rnd(n_codes)];
  Code c = *from;
  c.instrs = malloc(c.n_instrs * sizeof *c.instrs);
  c.handlers = malloc((c.n_handlers + 1) * sizeof *c.handlers);
  if (!c.instrs || !c.handlers) abort();
  memcpy(c.instrs, from->instrs, c.n_instrs * sizeof *c.instrs);
  memcpy(c.handlers, from->handlers, c.n_handlers * sizeof *c.handlers);
  uint32_t pc = rnd(c.n_instrs);
  unsigned field = rnd(7);
  bool wrong = false;
  if (c.n_handlers && rnd(5) == 0) {
    Handler *h = &c.handlers[rnd(c.n_handlers)];
    h->handler = other(h->handler);
    h->end = other(h->end);
    wrong = h->handler >= c.n_instrs || h->end > c.n_instrs;
  } else {
    wrong = damage(&c, &c.instrs[pc], field);
    /* More of it hides nothing: one wrong thing is enough to be rejected. */
    for (unsigned more = rnd(3); more-- > 0;) {
      uint32_t at = rnd(c.n_instrs);
      if (at != pc) damage(&c, &c.instrs[at], rnd(6));
    }
  }
  char *message = rir_verify(&c);
  int bad = wrong && !message;
  if (bad) printf("run %llu: accepted, though field %u of instruction %u (%s) is out of range\n", (unsigned long long)number, field, pc,
                  from->instrs[pc].op < N_RIR_OPS ? rir_ops[from->instrs[pc].op].name : "?");
  if (!message) {
    free(rir_dump(&c));
    char *again = rir_verify(&c);
    if (again) bad = 1, printf("run %llu: accepted, then rejected: %s\n", (unsigned long long)number, again);
    free(again);
  }
  free(message);
  free(c.instrs);
  free(c.handlers);
  return bad;
}

int main(int argc, char **argv) {
  uint64_t runs = 20000, seed = 1;
  types_init();
  struct ContextOptions opt = {.recursion_limit = 1000};
  RpContext *ctx = context_new(&opt);
  RpThread *th = ctx->main_thread;
  heap_enable(ctx, false); /* codes[] is no root */
  unsigned long long passed = 0, failed = 0;
  for (int i = 1; i < argc; i++) {
    if (sscanf(argv[i], "--runs=%llu", (unsigned long long *)&runs) == 1 || sscanf(argv[i], "--seed=%llu", (unsigned long long *)&seed) == 1) continue;
    if (!load(th, argv[i])) failed++, printf("%s: not compiled\n", argv[i]);
  }
  for (unsigned i = 0; i < n_codes; i++) {
    char *message = rir_verify(codes[i]);
    if (message) failed++, printf("untouched: %s\n", message);
    else passed++;
    free(message);
  }
  for (uint64_t i = 0; i < runs && n_codes; i++) {
    rng_state = (seed + i) * 0x9E3779B97F4A7C15u;
    if (run(seed + i)) failed++;
    else passed++;
  }
  if (!n_codes) failed++;
  printf("%llu passed, %llu failed\n", passed, failed);
  return failed != 0;
}
