/* test_linear_set.c: every operation on a set takes effect at one moment. */
#include "tests/runtime/linear.h"

typedef struct Model { uint64_t members; } Model;

enum { ADD, DISCARD, HAS, POP, LEN, CLEAR, COPY, N_KINDS_OF_OP };
static const char *const names[] = {"add", "discard", "has", "pop", "len", "clear", "copy"};

static Value make(RpThread *th, void *model, uint64_t *seed) {
  Set *s = set_new(th);
  for (int i = 0; i < 4; i++)
    if (rnd(seed) % 2) set_add(th, s, value_int(i)), ((Model *)model)->members |= 1ull << i;
  return value_object(s);
}
static void choose(LinOp *op, uint64_t *seed) {
  uint32_t x = rnd(seed) % 18;
  *op = (LinOp){.kind = x < N_KINDS_OF_OP ? (int)x : x < 11 ? ADD : x < 15 ? HAS : DISCARD, .a = rnd(seed) % 4};
  if (rnd(seed) % 5 == 0) op->a = 8 * (rnd(seed) % 8); /* collide, and make it grow */
}
static void run(RpThread *th, Value o, LinOp *op) {
  Set *s = as_set(o);
  Value k = value_int(op->a);
  op->result = 0;
  switch (op->kind) {
  case ADD: op->result = set_add(th, s, k); break;
  case DISCARD: op->result = set_discard(th, s, k); break;
  case HAS: op->result = set_has(th, s, k); break;
  case POP: op->result = lin_value(lin_method(th, o, "pop", NULL, 0)); break;
  case LEN: op->result = type_set.slots.len(th, o); break;
  case CLEAR: set_clear(th, s); break;
  case COPY: {
    Set *c = set_snapshot(th, s);
    uint32_t pos = 0;
    Value v;
    while (c != s && set_next(c, &pos, &v)) op->result |= 1ll << as_int(v);
    break;
  }
  }
  lin_clear_error(th);
}
static bool step(void *model, const LinOp *op) {
  Model *m = model;
  uint64_t bit = 1ull << op->a;
  bool in = m->members & bit;
  switch (op->kind) {
  case ADD: m->members |= bit; return op->result == !in;
  case DISCARD: m->members &= ~bit; return op->result == in;
  case HAS: return op->result == in;
  case POP:
    if (!m->members) return op->result == LIN_ERROR;
    if (op->result < 0 || !(m->members >> op->result & 1)) return false;
    m->members &= ~(1ull << op->result);
    return true;
  case LEN: return op->result == __builtin_popcountll(m->members);
  case COPY: return (uint64_t)op->result == m->members;
  default: m->members = 0; return true;
  }
}
static void print(const LinOp *op) { fprintf(stderr, "%s(%lld) -> %llx", names[op->kind], (long long)op->a, (long long)op->result); }

static const LinSpec spec = {make, choose, run, step, print};
TEST(two_threads) { lin_test(&spec, 2, 10, 1500); }
TEST(three_threads) { lin_test(&spec, 3, 6, 300); }
TEST(four_threads) { lin_test(&spec, 4, 5, 200); }
TEST(eight_threads) { lin_test(&spec, 8, 3, 40); }
UNIT_MAIN()
