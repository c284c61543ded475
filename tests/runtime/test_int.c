/* Ints against CPython: /usr/bin/python3 makes random cases with their answers, one per line; argv[2] or a fixed number is the seed. Skipped
** with a note where there is no such interpreter. Then the edges of the small form, and formatting. */
#include "runtime/context.h"
#include "runtime/format_num.h"
#include "runtime/int.h"
#include "runtime/str.h"
#include "tests/unit.h"

#include <unistd.h>

static RpThread *th;
static unsigned seed = 12345;

static const char generator[] =
    "import random, math, sys\n"
    "sys.set_int_max_str_digits(0)\n"
    "r = random.Random(%u)\n"
    "def num():\n"
    "    k = r.choice((3, 20, 47, 48, 49, 63, 64, 65, 127, 128, 129, 200, 500, 3000))\n"
    "    x = r.choice((r.getrandbits(k), 1 << k, (1 << k) - 1, (1 << k) + 1, r.getrandbits(k) << r.randrange(100)))\n"
    "    return r.choice((x, -x))\n"
    "def fx(x): return ('-' if x < 0 else '') + format(abs(x), 'x')\n"
    "for i in range(%d):\n"
    "    a, b = num(), num()\n"
    "    if i %% 7 == 0: b = a + r.choice((-1, 0, 1))\n"
    "    out = []\n"
    "    out += [('add', a, b, fx(a + b)), ('sub', a, b, fx(a - b)), ('mul', a, b, fx(a * b)), ('and', a, b, fx(a & b)),\n"
    "            ('or', a, b, fx(a | b)), ('xor', a, b, fx(a ^ b)), ('cmp', a, b, fx((a > b) - (a < b))), ('gcd', a, b, fx(math.gcd(a, b))),\n"
    "            ('hash', a, 0, fx(hash(a))), ('str', a, 0, str(a)), ('isqrt', abs(a), 0, fx(math.isqrt(abs(a)))), ('inv', a, 0, fx(~a)),\n"
    "            ('sq', a, 0, fx(a * a))]\n"
    "    if b: out += [('floordiv', a, b, fx(a // b)), ('mod', a, b, fx(a %% b))]\n"
    "    s = r.randrange(300)\n"
    "    out += [('shl', a, s, fx(a << s)), ('shr', a, s, fx(a >> s))]\n"
    "    e = r.randrange(20)\n"
    "    out += [('pow', a, e, fx(a ** e))]\n"
    "    m = num() or 7\n"
    "    e = abs(num()) %% (1 << 200)\n"
    "    try: out += [('powmod:' + fx(m), a, e, fx(pow(a, e, m))), ('powmod:' + fx(m), a, -3, fx(pow(a, -3, m)))]\n"
    "    except ValueError: pass\n"
    "    try: out += [('float', a, 0, repr(float(a)))]\n"
    "    except OverflowError: out += [('float', a, 0, 'error')]\n"
    "    try: out += [('truediv', a, b, repr(a / b))]\n"
    "    except (OverflowError, ZeroDivisionError): out += [('truediv', a, b, 'error')]\n"
    "    for o in out: print(o[0], fx(o[1]), fx(o[2]), o[3])\n";

static Value hex(const char *s) { return int_parse_text(th, s, strlen(s), 16); }

static Value powmod(const char *m, Value a, Value b) { return int_pow(th, a, b, hex(m)); }

/* The answer as text, in a static buffer. */
static const char *answer(const char *op, Value a, Value b) {
  static char buf[20000];
  static const struct { const char *name; Value (*fn)(RpThread *, Value, Value); } binary[] = {
      {"add", int_add}, {"sub", int_sub}, {"mul", int_mul}, {"and", int_and}, {"or", int_or}, {"xor", int_xor}, {"gcd", int_gcd},
      {"floordiv", int_floordiv}, {"mod", int_mod}, {"shl", int_lshift}, {"shr", int_rshift}};
  Value r = EMPTY;
  int base = 16;
  for (size_t i = 0; i < countof(binary); i++)
    if (!strcmp(op, binary[i].name)) r = binary[i].fn(th, a, b);
  if (!strcmp(op, "cmp")) r = value_int(int_cmp(a, b));
  else if (!strcmp(op, "hash")) r = int_from_i64(th, int_hash(a));
  else if (!strcmp(op, "str")) r = a, base = 10;
  else if (!strcmp(op, "isqrt")) r = int_isqrt(th, a);
  else if (!strcmp(op, "inv")) r = int_invert(th, a);
  else if (!strcmp(op, "sq")) r = int_mul(th, a, a);
  else if (!strcmp(op, "pow")) r = int_pow(th, a, b, NONE);
  else if (!strncmp(op, "powmod:", 7)) r = powmod(op + 7, a, b);
  else if (!strcmp(op, "float") || !strcmp(op, "truediv")) {
    Value d = *op == 'f' ? value_double(int_as_double(th, a)) : int_truediv(th, a, b);
    if (th->pending) {
      error_clear(th);
      return "error";
    }
    char *text = double_text(as_double(d), 'r', 0, DOUBLE_DOT_0);
    strcpy(buf, text);
    free(text);
    return buf;
  }
  if (!r) return "no result";
  if (has_kind(r, K_INT)) { /* normal form: wide only when it must be */
    Int *o = (Int *)as_object(r);
    int64_t i;
    CHECK(o->n_limbs != 0 && o->limbs[abs(o->n_limbs) - 1] != 0);
    CHECK(!int_as_i64(r, &i) || !int_fits(i));
  }
  Str *s = int_to_str(th, r, base);
  snprintf(buf, sizeof buf, "%s", s ? s->c : "no text");
  return buf;
}

TEST(against_cpython) {
  char path[] = "/tmp/test_int_XXXXXX", command[64];
  static char line[80000], op[2000], a[20000], b[20000], want[20000];
  int fd = mkstemp(path), n = 0;
  REQUIRE(fd >= 0);
  FILE *script = fdopen(fd, "w");
  fprintf(script, generator, seed, 400);
  fclose(script);
  snprintf(command, sizeof command, "/usr/bin/python3 %s 2>/dev/null", path);
  FILE *f = popen(command, "r");
  while (f && fgets(line, sizeof line, f)) {
    if (sscanf(line, "%1999s %19999s %19999s %19999s", op, a, b, want) != 4) continue;
    Value va = hex(a), vb = hex(b);
    const char *got = answer(op, va, vb);
    if (strcmp(got, want)) {
      CHECK(!"differs from CPython");
      fprintf(stderr, "    seed %u: %s %s %s = %.300s, not %.300s\n", seed, op, a, b, want, got);
    }
    if (!strcmp(op, "str")) CHECK(int_cmp(int_parse(th, want, strlen(want), 10), va) == 0);
    n++;
  }
  if (f) pclose(f);
  unlink(path);
  if (!n) fprintf(stderr, "note: no /usr/bin/python3, nothing compared\n");
}

TEST(small_edges) {
  Value max = value_int(SMALL_INT_MAX), min = value_int(SMALL_INT_MIN), one = value_int(1);
  Value over = int_add(th, max, one), under = int_sub(th, min, one);
  CHECK(has_kind(over, K_INT) && has_kind(under, K_INT));
  CHECK(int_sub(th, over, one) == max);
  CHECK(int_add(th, under, one) == min);
  CHECK(int_neg(th, min) == int_neg(th, min) || has_kind(int_neg(th, min), K_INT));
  CHECK(int_cmp(int_neg(th, min), over) == 0);
  CHECK(int_floordiv(th, over, value_int(-1)) == min);
  CHECK(int_mul(th, value_int(1 << 24), value_int(1 << 24)) != EMPTY);
  CHECK(int_rshift(th, over, one) == value_int((int64_t)1 << 47));
  int64_t i;
  CHECK(int_as_i64(int_from_i64(th, INT64_MIN), &i) && i == INT64_MIN);
  CHECK(int_as_i64(int_from_i64(th, INT64_MAX), &i) && i == INT64_MAX);
  CHECK(!int_as_i64(int_from_u64(th, (uint64_t)INT64_MAX + 1), &i));
  CHECK(int_add(th, TRUE_V, TRUE_V) == value_int(2));
}

TEST(from_doubles) {
  CHECK(int_from_double(th, -1.9) == value_int(-1));
  CHECK(int_from_double(th, 0x1p47) == value_int((int64_t)1 << 47));
  for (int e = 40; e < 1024; e += 7) {
    double d = ldexp(1.37, e);
    CHECK(int_as_double(th, int_from_double(th, d)) == trunc(d));
    CHECK(int_as_double(th, int_from_double(th, -d)) == -trunc(d));
  }
  CHECK(int_from_double(th, INFINITY) == EMPTY && error_is(th, &type_OverflowError));
  error_clear(th);
  CHECK(int_from_double(th, NAN) == EMPTY && error_is(th, &type_ValueError));
  error_clear(th);
}

static const char *format(Value v, const char *spec) {
  Value r = format_num_method(th, v, value_object(str_from_c(th, spec)));
  if (!r) {
    error_clear(th);
    return "error";
  }
  return as_str(r)->c;
}
TEST(formats) {
  CHECK_STR(format(value_int(1234567), ","), "1,234,567");
  CHECK_STR(format(value_int(1234567), "020,"), "0,000,000,001,234,567");
  CHECK_STR(format(value_int(-5), "#010x"), "-0x0000005");
  CHECK_STR(format(value_int(1234567), "012_x"), "00_0012_d687");
  CHECK_STR(format(value_int(97), "^5c"), "  a  ");
  CHECK_STR(format(value_double(3.7), "#.0f"), "4.");
  CHECK_STR(format(value_double(1e16), ","), "1e+16");
  CHECK_STR(format(value_double(-0.001), "z.1f"), "0.0");
  CHECK_STR(format(value_double(0.15), "%"), "15.000000%");
  CHECK_STR(format(value_double(INFINITY), "010,"), "0000000inf");
  CHECK_STR(format(value_int(1), ".3"), "error");
  CHECK_STR(format(value_int(1), "q"), "error");
}

int main(int argc, char **argv) {
  if (argc > 2) seed = (unsigned)atoi(argv[2]);
  struct ContextOptions opt = {0};
  types_init();
  RpContext *ctx = context_new(&opt);
  th = thread_current();
  if (!th) return 1;
  int r = unit_run(argc > 1 && !*argv[1] ? 1 : argc, argv);
  fflush(stdout);
  context_free(ctx);
  return r;
}
