/* math, cmath and float arithmetic against CPython: /usr/bin/python3 makes random cases with their answers; argv[2] is the seed. */
#include "runtime/complex.h"
#include "runtime/context.h"
#include "runtime/float.h"
#include "runtime/format_num.h"
#include "runtime/int.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "tests/unit.h"

#include <unistd.h>

static RpThread *th;
static unsigned seed = 12345;
extern const ModuleSpec mod_math, mod_cmath;

/* Lines: module function n_args args... answer; numbers as float.hex(), complex ones as re,im; an error is its type's name. */
static const char generator[] =
    "import random, math, cmath, operator\n"
    "r = random.Random(%u)\n"
    "one = 'acos acosh asin asinh atan atanh cbrt cos cosh degrees erf erfc exp exp2 expm1 fabs gamma lgamma log log10 log1p log2 radians sin sinh sqrt '\\\n"
    "      'tan tanh ulp'.split()\n"
    "two = 'atan2 copysign fmod nextafter pow remainder log'.split()\n"
    "cone = 'acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh'.split()\n"
    "ops = 'add sub mul truediv floordiv mod pow'.split()\n"
    "def num():\n"
    "    k = r.randrange(10)\n"
    "    if k == 0: return r.choice((0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 0.5, 2.0, 1e308, 5e-324, 1e-310))\n"
    "    if k < 3: return float(r.randrange(-30, 30))\n"
    "    if k < 7: return r.uniform(-5, 5)\n"
    "    if k < 9: return r.uniform(-200, 200)\n"
    "    return r.choice((1, -1)) * 10.0 ** r.uniform(-300, 300)\n"
    "def show(v):\n"
    "    return v.real.hex() + ',' + v.imag.hex() if isinstance(v, complex) else float(v).hex()\n"
    "def case(mod, name, f, *args):\n"
    "    try: a = show(f(*args))\n"
    "    except Exception as e: a = type(e).__name__\n"
    "    print(mod, name, len(args), *[show(x) for x in args], a)\n"
    "for i in range(%d):\n"
    "    for n in one: case('math', n, getattr(math, n), num())\n"
    "    for n in two: case('math', n, getattr(math, n), num(), num())\n"
    "    case('math', 'hypot', math.hypot, *[num() for k in range(r.randrange(5))])\n"
    "    for n in ops: case('float', n, getattr(operator, n), num(), num())\n"
    "    def fin():\n"
    "        x = num()\n"
    "        return x if math.isfinite(x) else 0.25\n"
    "    for n in cone: case('cmath', n, getattr(cmath, n), complex(fin(), fin()))\n"
    "    for n in ('add', 'sub', 'mul', 'truediv', 'pow'): case('float', n, getattr(operator, n), complex(fin(), fin()), complex(fin(), r.choice((0.0, fin()))))\n";

static const NativeDef *find(const ModuleSpec *m, const char *name) {
  for (const NativeDef *d = m->functions; d->name; d++)
    if (!strcmp(d->name, name)) return d;
  return NULL;
}

static Value read_number(const char *s) {
  const char *comma = strchr(s, ',');
  if (!comma) return float_from_hex(th, s, strlen(s));
  return complex_new(th, as_double(float_from_hex(th, s, (size_t)(comma - s))), as_double(float_from_hex(th, comma + 1, strlen(comma + 1))));
}

static Value compute(const char *mod, const char *name, Value *args, int n) {
  static const char *const ops[] = {"add", "sub", "mul", "truediv", "floordiv", "mod", "pow"};
  if (!strcmp(mod, "float")) {
    for (int i = 0; i < 7; i++)
      if (!strcmp(name, ops[i])) return op_binary(th, (BinOp)(OP_ADD + i), args[0], args[1]);
    return EMPTY;
  }
  const NativeDef *d = find(!strcmp(mod, "math") ? &mod_math : &mod_cmath, name);
  if (!d) return EMPTY;
  if (d->signature[1] == '*') {
    Tuple *t = tuple_new(th, args, (size_t)n);
    Value v = value_object(t);
    return d->fn(th, &v);
  }
  return d->fn(th, args); /* the slots behind are EMPTY: absent */
}

static const char *show(Value v) {
  static char buf[100];
  if (complex_check(v)) {
    Cplx z = complex_value(v);
    float_to_hex(z.re, buf);
    strcat(buf, ",");
    float_to_hex(z.im, buf + strlen(buf));
  } else if (v) {
    float_to_hex(float_value(v), buf);
  } else {
    snprintf(buf, sizeof buf, "%s", type_of(th->pending)->name->c);
    error_clear(th);
  }
  return buf;
}

TEST(against_cpython) {
  char path[] = "/tmp/test_math_XXXXXX", command[64], line[1000];
  int fd = mkstemp(path), n = 0;
  REQUIRE(fd >= 0);
  FILE *script = fdopen(fd, "w");
  fprintf(script, generator, seed, 1000);
  fclose(script);
  snprintf(command, sizeof command, "/usr/bin/python3 %s", path);
  FILE *f = popen(command, "r");
  while (f && fgets(line, sizeof line, f)) {
    char copy[1000];
    strcpy(copy, line);
    char *save, *mod = strtok_r(line, " \n", &save), *name = strtok_r(NULL, " \n", &save), *count = strtok_r(NULL, " \n", &save);
    Value args[8] = {0};
    int n_args = atoi(count);
    for (int i = 0; i < n_args; i++) args[i] = read_number(strtok_r(NULL, " \n", &save));
    const char *want = strtok_r(NULL, " \n", &save), *got = show(compute(mod, name, args, n_args));
    if (strcmp(got, want)) {
      CHECK(!"differs from CPython");
      fprintf(stderr, "    seed %u: got %s: %s", seed, got, copy);
    }
    n++;
  }
  if (f) pclose(f);
  unlink(path);
  if (!n) fprintf(stderr, "note: no /usr/bin/python3, nothing compared\n");
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
