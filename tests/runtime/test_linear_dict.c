/* test_linear_dict.c: every operation on a dict takes effect at one moment; its order is part of its state. */
#include "tests/runtime/linear.h"

#define MAX_KEYS 24
typedef struct Model { int32_t n; struct { int16_t key, value; } e[MAX_KEYS]; } Model;
_Static_assert(sizeof(Model) <= LIN_MODEL, "linear.h");

enum { GET, SET, DEL, SETDEFAULT, POP, POPITEM, LEN, HAS, COPY, CLEAR, UPDATE_ONE, N_KINDS_OF_OP };
static const char *const names[] = {"get", "set", "del", "setdefault", "pop", "popitem", "len", "has", "copy", "clear", "update"};

/* Half of the keys are strings, which have a way of their own. */
static Value key_of(RpThread *th, int64_t k) {
  char name[8];
  if (k % 2 == 0) return value_int(k);
  snprintf(name, sizeof name, "k%d", (int)k);
  return value_object(str_intern_c(th, name));
}
static int64_t key_back(Value k) { return is_int(k) ? as_int(k) : as_str(k)->c[1] - '0'; }

static Value make(RpThread *th, void *model, uint64_t *seed) {
  Model *m = model;
  Dict *d = dict_new(th);
  int n = (int)(rnd(seed) % 4);
  for (int i = 0; i < n; i++) {
    dict_set(th, d, key_of(th, i), value_int(i));
    m->e[m->n].key = m->e[m->n].value = (int16_t)i;
    m->n++;
  }
  return value_object(d);
}

static void choose(LinOp *op, uint64_t *seed) {
  uint32_t x = rnd(seed) % 22;
  *op = (LinOp){.kind = x < N_KINDS_OF_OP ? (int)x : x < 16 ? SET : x < 19 ? GET : DEL, .a = rnd(seed) % 4, .b = rnd(seed) % 100};
  if (rnd(seed) % 5 == 0) op->a = rnd(seed) % 10; /* now and then the table has to grow */
}

static void run(RpThread *th, Value o, LinOp *op) {
  Dict *d = as_dict(o);
  Value k = key_of(th, op->a), v = value_int(op->b), key;
  op->result = 0;
  switch (op->kind) {
  case GET: op->result = lin_value(dict_get(th, d, k)); break;
  case SET: dict_set(th, d, k, v); break;
  case UPDATE_ONE: {
    Dict *one = dict_new(th);
    dict_set(th, one, k, v);
    dict_update(th, d, value_object(one), true);
    break;
  }
  case DEL: op->result = dict_del(th, d, k) < 0 ? LIN_ERROR : 0; break;
  case SETDEFAULT: op->result = lin_value(dict_setdefault(th, d, k, v)); break;
  case POP: op->result = lin_value(dict_pop(th, d, k, EMPTY)); break;
  case POPITEM:
    if (!dict_pop_end(th, d, true, &key, &v)) op->result = LIN_ERROR;
    else op->result = key_back(key) * 1000 + as_int(v);
    break;
  case LEN: op->result = type_dict.slots.len(th, o); break;
  case HAS: op->result = dict_has(th, d, k); break;
  case COPY: {
    Dict *c = dict_copy(th, d);
    uint32_t pos = 0;
    while (op->n_out + 2 <= LIN_OUT && dict_next(c, &pos, &key, &v)) {
      op->out[op->n_out++] = (int16_t)key_back(key);
      op->out[op->n_out++] = (int16_t)as_int(v);
    }
    op->result = (int64_t)dict_len(c);
    break;
  }
  case CLEAR: dict_clear(th, d); break;
  }
  lin_clear_error(th);
}

static int find(const Model *m, int64_t k) {
  for (int i = 0; i < m->n; i++)
    if (m->e[i].key == k) return i;
  return -1;
}
static void take(Model *m, int i) {
  memmove(&m->e[i], &m->e[i + 1], (size_t)(m->n - i - 1) * sizeof m->e[0]);
  memset(&m->e[--m->n], 0, sizeof m->e[0]);
}
static void put(Model *m, int at, int64_t k, int64_t v) {
  if (at < 0) at = m->n++;
  m->e[at].key = (int16_t)k;
  m->e[at].value = (int16_t)v;
}

static bool step(void *model, const LinOp *op) {
  Model *m = model;
  int at = find(m, op->a);
  int64_t now = at < 0 ? LIN_ERROR : m->e[at].value;
  switch (op->kind) {
  case GET: return op->result == now;
  case SET: case UPDATE_ONE: put(m, at, op->a, op->b); return true;
  case DEL:
    if (at >= 0) take(m, at);
    return op->result == (at < 0 ? LIN_ERROR : 0);
  case SETDEFAULT:
    if (at < 0) put(m, at, op->a, op->b);
    return op->result == (at < 0 ? op->b : now);
  case POP:
    if (at >= 0) take(m, at);
    return op->result == now;
  case POPITEM:
    if (!m->n) return op->result == LIN_ERROR;
    if (op->result != m->e[m->n - 1].key * 1000 + m->e[m->n - 1].value) return false;
    take(m, m->n - 1);
    return true;
  case LEN: return op->result == m->n;
  case HAS: return op->result == (at >= 0);
  case COPY:
    if (op->result != m->n) return false;
    for (int i = 0; i < op->n_out / 2; i++)
      if (op->out[2 * i] != m->e[i].key || op->out[2 * i + 1] != m->e[i].value) return false;
    return true;
  default: memset(m, 0, sizeof *m); return true;
  }
}

static void print(const LinOp *op) {
  fprintf(stderr, "%s(%lld, %lld) -> %lld", names[op->kind], (long long)op->a, (long long)op->b, (long long)op->result);
  for (int i = 0; i < op->n_out; i += 2) fprintf(stderr, " %d:%d", op->out[i], op->out[i + 1]);
}

static const LinSpec spec = {make, choose, run, step, print};
TEST(two_threads) { lin_test(&spec, 2, 10, 1500); }
TEST(three_threads) { lin_test(&spec, 3, 6, 300); }
TEST(four_threads) { lin_test(&spec, 4, 5, 200); }
TEST(eight_threads) { lin_test(&spec, 8, 3, 40); }
UNIT_MAIN()
