/* test_linear_list.c: every operation on a list takes effect at one moment. */
#include "tests/runtime/linear.h"

#define MAX_ITEMS 60
typedef struct Model { int32_t n; int16_t v[MAX_ITEMS]; } Model;
_Static_assert(sizeof(Model) <= LIN_MODEL, "linear.h");

enum { APPEND, POP, POP_AT, INSERT, GET, SET, LEN, CONTAINS, REMOVE, INDEX, REVERSE, CLEAR, EXTEND, SET_SLICE, DEL_SLICE, COPY, SLICE, N_KINDS_OF_OP };
static const char *const names[] = {"append", "pop", "pop_at", "insert", "get", "set", "len", "contains", "remove", "index", "reverse", "clear", "extend",
                                    "set_slice", "del_slice", "copy", "slice"};

static Value make(RpThread *th, void *model, uint64_t *seed) {
  Model *m = model;
  List *l = list_new(th, 0);
  m->n = (int32_t)(rnd(seed) % 5);
  for (int i = 0; i < m->n; i++) list_append(th, l, value_int(m->v[i] = (int16_t)(rnd(seed) % 4)));
  return value_object(l);
}

static void choose(LinOp *op, uint64_t *seed) {
  static const uint8_t often[] = {APPEND, APPEND, POP, POP, POP_AT, INSERT, GET, GET, SET};
  uint32_t x = rnd(seed) % 26;
  *op = (LinOp){.kind = x < countof(often) ? often[x] : (int)(x - countof(often)), .a = rnd(seed) % 4, .b = rnd(seed) % 4};
  if (op->kind == INSERT && rnd(seed) % 3 == 0) op->a = -op->a; /* from the end */
}

static void give(LinOp *op, const Value *v, size_t n) {
  op->n_out = (int)(n < LIN_OUT ? n : LIN_OUT);
  for (int i = 0; i < op->n_out; i++) op->out[i] = (int16_t)as_int(v[i]);
}

static void run(RpThread *th, Value o, LinOp *op) {
  List *l = as_list(o);
  Value a = value_int(op->a), b = value_int(op->b), pair[2] = {a, b};
  op->result = 0;
  switch (op->kind) {
  case APPEND: list_append(th, l, a); break;
  case POP: op->result = lin_value(list_pop(th, l, -1)); break;
  case POP_AT: op->result = lin_value(list_pop(th, l, op->a)); break;
  case INSERT: list_insert(th, l, op->a, b); break;
  case GET: op->result = lin_value(list_get(th, l, op->a)); break;
  case SET: op->result = list_set(th, l, op->a, b) < 0 ? LIN_ERROR : 0; break;
  case LEN: op->result = type_list.slots.len(th, o); break;
  case CONTAINS: op->result = type_list.slots.contains(th, o, a); break;
  case REMOVE: op->result = lin_value(lin_method(th, o, "remove", &a, 1)); break;
  case INDEX: op->result = lin_value(lin_method(th, o, "index", &a, 1)); break;
  case REVERSE: list_reverse(th, l); break;
  case CLEAR: list_clear(th, l); break;
  case EXTEND: list_extend(th, l, value_object(tuple_new(th, pair, 2))); break;
  case SET_SLICE: list_splice(th, l, 0, 2, pair, 2); break;
  case DEL_SLICE: list_splice(th, l, 1, 3, NULL, 0); break;
  case COPY: {
    List *c = list_copy(th, l);
    give(op, list_array(c)->items, list_len(c));
    op->result = list_len(c);
    break;
  }
  case SLICE: {
    Tuple *t = list_to_tuple(th, l);
    give(op, t->items, t->length);
    op->result = (int64_t)t->length;
    break;
  }
  }
  lin_clear_error(th);
}

static void splice(Model *m, int lo, int hi, const int16_t *src, int n) {
  if (lo > m->n) lo = m->n;
  if (hi > m->n) hi = m->n;
  if (hi < lo) hi = lo;
  memmove(m->v + lo + n, m->v + hi, (size_t)(m->n - hi) * 2);
  for (int i = 0; i < n; i++) m->v[lo + i] = src[i];
  m->n += n - (hi - lo);
  memset(m->v + m->n, 0, (size_t)(MAX_ITEMS - m->n) * 2); /* equal lists are equal bytes */
}
static int find(const Model *m, int64_t x) {
  for (int i = 0; i < m->n; i++)
    if (m->v[i] == x) return i;
  return -1;
}

static bool step(void *model, const LinOp *op) {
  Model *m = model;
  int16_t a = (int16_t)op->a, b = (int16_t)op->b, pair[2] = {a, b};
  int at;
  switch (op->kind) {
  case APPEND: splice(m, m->n, m->n, &a, 1); return true;
  case POP: case POP_AT:
    at = op->kind == POP ? m->n - 1 : (int)op->a;
    if (at < 0 || at >= m->n) return op->result == LIN_ERROR;
    if (op->result != m->v[at]) return false;
    splice(m, at, at + 1, NULL, 0);
    return true;
  case INSERT:
    at = (int)op->a;
    if (at < 0 && (at += m->n) < 0) at = 0;
    splice(m, at, at, &b, 1);
    return true;
  case GET: return op->a >= m->n ? op->result == LIN_ERROR : op->result == m->v[op->a];
  case SET:
    if (op->a >= m->n) return op->result == LIN_ERROR;
    m->v[op->a] = b;
    return op->result == 0;
  case LEN: return op->result == m->n;
  case CONTAINS: return op->result == (find(m, op->a) >= 0);
  case REMOVE:
    at = find(m, op->a);
    if (at < 0) return op->result == LIN_ERROR;
    splice(m, at, at + 1, NULL, 0);
    return op->result == -1;
  case INDEX: at = find(m, op->a); return at < 0 ? op->result == LIN_ERROR : op->result == at;
  case REVERSE:
    for (int i = 0, j = m->n - 1; i < j; i++, j--) {
      int16_t x = m->v[i];
      m->v[i] = m->v[j];
      m->v[j] = x;
    }
    return true;
  case CLEAR: splice(m, 0, m->n, NULL, 0); return true;
  case EXTEND: splice(m, m->n, m->n, pair, 2); return true;
  case SET_SLICE: splice(m, 0, 2, pair, 2); return true;
  case DEL_SLICE: splice(m, 1, 3, NULL, 0); return true;
  default: /* COPY, SLICE */
    if (op->result != m->n) return false;
    for (int i = 0; i < op->n_out; i++)
      if (op->out[i] != m->v[i]) return false;
    return true;
  }
}

static void print(const LinOp *op) {
  fprintf(stderr, "%s(%lld, %lld) -> %lld", names[op->kind], (long long)op->a, (long long)op->b, (long long)op->result);
  for (int i = 0; i < op->n_out; i++) fprintf(stderr, "%s%d", i ? " " : "  [", op->out[i]);
  if (op->n_out) fputc(']', stderr);
}

static const LinSpec spec = {make, choose, run, step, print};
TEST(two_threads) { lin_test(&spec, 2, 10, 1500); }
TEST(three_threads) { lin_test(&spec, 3, 6, 300); }
TEST(four_threads) { lin_test(&spec, 4, 5, 200); }
TEST(eight_threads) { lin_test(&spec, 8, 3, 40); }

/* The checker itself: a history that has no order is found out. */
TEST(checker_finds_a_lost_item) {
  Model m = {0};
  bool undecided;
  _Alignas(8) char model[LIN_MODEL] = {0};
  memcpy(model, &m, sizeof m);
  LinOp lost[] = {{.kind = APPEND, .a = 1, .call = 0, .ret = 3}, {.kind = APPEND, .a = 2, .call = 1, .ret = 2}, {.kind = LEN, .result = 1, .call = 4, .ret = 5}};
  CHECK(!lin_check(&spec, lost, 3, model, &undecided));
  lost[2].result = 2;
  CHECK(lin_check(&spec, lost, 3, model, &undecided));
  LinOp stale[] = {{.kind = APPEND, .a = 1, .call = 0, .ret = 1}, {.kind = GET, .a = 0, .result = LIN_ERROR, .call = 2, .ret = 3}};
  CHECK(!lin_check(&spec, stale, 2, model, &undecided));
  stale[1].call = 0; /* began before the append had ended */
  CHECK(lin_check(&spec, stale, 2, model, &undecided));
}
UNIT_MAIN()
