/* unit.h: the whole C unit test framework. A test program is one file:
**
**   TEST(adds) { CHECK(1 + 1 == 2); CHECK_EQ(2 + 2, 4); }
**   UNIT_MAIN()
**
** Tests run in order of definition. A failed CHECK prints file, line and expression and the test goes on; REQUIRE
** leaves it. argv[1], when given, runs only the tests whose name contains it. Last line: "N passed, N failed"; exit
** 1 on any failure. */
#ifndef RP_TESTS_UNIT_H
#define RP_TESTS_UNIT_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct UnitTest {
  const char *name;
  void (*run)(void);
} UnitTest;

static UnitTest unit_tests[512];
static int unit_n_tests, unit_n_bad; /* unit_n_bad: failed checks of the running test */

static inline void unit_add(const char *name, void (*run)(void)) {
  if (unit_n_tests < 512) unit_tests[unit_n_tests++] = (UnitTest){name, run};
}

static inline void unit_fail(const char *file, int line, const char *what) {
  __atomic_fetch_add(&unit_n_bad, 1, __ATOMIC_RELAXED);
  fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
}

#define TEST(name)                                                                      \
  static void test_##name(void);                                                        \
  __attribute__((constructor)) static void unit_reg_##name(void) {                      \
    unit_add(#name, test_##name);                                                       \
  }                                                                                     \
  static void test_##name(void)

#define CHECK(cond) ((cond) ? (void)0 : unit_fail(__FILE__, __LINE__, #cond))

#define REQUIRE(cond)                                                                   \
  do {                                                                                  \
    if (!(cond)) { unit_fail(__FILE__, __LINE__, #cond); return; }                      \
  } while (0)

#define CHECK_EQ(a, b)                                                                  \
  do {                                                                                  \
    long long unit_a = (long long)(a), unit_b = (long long)(b);                         \
    if (unit_a != unit_b) {                                                             \
      unit_fail(__FILE__, __LINE__, #a " == " #b);                                      \
      fprintf(stderr, "    %lld != %lld\n", unit_a, unit_b);                            \
    }                                                                                   \
  } while (0)

#define CHECK_NEAR(a, b, eps)                                                           \
  do {                                                                                  \
    double unit_a = (a), unit_b = (b);                                                  \
    if (!(fabs(unit_a - unit_b) <= (eps))) {                                            \
      unit_fail(__FILE__, __LINE__, #a " ~ " #b);                                       \
      fprintf(stderr, "    %.9g != %.9g\n", unit_a, unit_b);                            \
    }                                                                                   \
  } while (0)

#define CHECK_STR(a, b)                                                                 \
  do {                                                                                  \
    const char *unit_a = (a), *unit_b = (b);                                            \
    if (!unit_a || !unit_b || strcmp(unit_a, unit_b) != 0) {                            \
      unit_fail(__FILE__, __LINE__, #a " == " #b);                                      \
      fprintf(stderr, "    \"%s\" != \"%s\"\n", unit_a ? unit_a : "(null)",              \
              unit_b ? unit_b : "(null)");                                              \
    }                                                                                   \
  } while (0)

static inline int unit_run(int argc, char **argv) {
  int passed = 0, failed = 0;
  for (int i = 0; i < unit_n_tests; i++) {
    if (argc > 1 && !strstr(unit_tests[i].name, argv[1])) continue;
    unit_n_bad = 0;
    unit_tests[i].run();
    if (unit_n_bad) fprintf(stderr, "FAIL %s\n", unit_tests[i].name);
    if (unit_n_bad) failed++;
    else passed++;
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}

#define UNIT_MAIN()                                                                     \
  int main(int argc, char **argv) {                                                     \
    return unit_run(argc, argv);                                                        \
  }

#endif
