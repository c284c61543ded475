/* Doubles to text and back: known values, and random bit patterns checked against the definition of "shortest" and against printf. */
#include "runtime/base.h"
#include "runtime/dtoa.h"
#include "tests/unit.h"

static uint64_t rng_state = 0x9E3779B97F4A7C15ull;
static uint64_t rng(void) {
  rng_state ^= rng_state << 13, rng_state ^= rng_state >> 7, rng_state ^= rng_state << 17;
  return rng_state;
}
static double random_double(void) {
  double d;
  do {
    uint64_t bits = rng();
    memcpy(&d, &bits, 8);
  } while (!isfinite(d) || d == 0);
  return d;
}

static const char *repr(double d) {
  static char buf[40];
  int n = dtoa_repr(d, buf);
  return n == (int)strlen(buf) ? buf : "bad length";
}

TEST(repr_known) {
  CHECK_STR(repr(0.0), "0.0");
  CHECK_STR(repr(-0.0), "-0.0");
  CHECK_STR(repr(1.0), "1.0");
  CHECK_STR(repr(0.1), "0.1");
  CHECK_STR(repr(0.1 + 0.2), "0.30000000000000004");
  CHECK_STR(repr(1e16), "1e+16");
  CHECK_STR(repr(1e15), "1000000000000000.0");
  CHECK_STR(repr(123456789012345680.0), "1.2345678901234568e+17");
  CHECK_STR(repr(1e-4), "0.0001");
  CHECK_STR(repr(1e-5), "1e-05");
  CHECK_STR(repr(5e-324), "5e-324");
  CHECK_STR(repr(1e-323), "1e-323");
  CHECK_STR(repr(2.2250738585072014e-308), "2.2250738585072014e-308");
  CHECK_STR(repr(1.7976931348623157e308), "1.7976931348623157e+308");
  CHECK_STR(repr(9007199254740993.0), "9007199254740992.0");
  CHECK_STR(repr(1e23), "1e+23");
  CHECK_STR(repr(9.5e-7), "9.5e-07");
  CHECK_STR(repr(INFINITY), "inf");
  CHECK_STR(repr(-INFINITY), "-inf");
  CHECK_STR(repr(NAN), "nan");
}

/* Round trip; one digit less does not round trip; and no closer decimal of the same length. */
static void check_shortest(double d) {
  char digits[32], text[48], other[64];
  int point, n = dtoa_shortest(fabs(d), digits, &point);
  snprintf(text, sizeof text, "0.%.*se%d", n, digits, point);
  if (strtod(text, NULL) != fabs(d)) { CHECK(!"round trip"); fprintf(stderr, "%.17g %s\n", d, text); }
  if (n > 1) {
    snprintf(other, sizeof other, "%.*e", n - 2, fabs(d));
    if (strtod(other, NULL) == fabs(d)) { CHECK(!"not shortest"); fprintf(stderr, "%.17g %s\n", d, text); }
  }
  snprintf(other, sizeof other, "%.*e", n - 1, fabs(d)); /* the closest with n digits, when it round-trips, is ours */
  if (strtod(other, NULL) == fabs(d)) {
    char flat[32];
    int m = 0;
    for (char *p = other; *p && *p != 'e'; p++)
      if (*p != '.') flat[m++] = *p;
    if (m != n || memcmp(flat, digits, (size_t)n)) { CHECK(!"not closest"); fprintf(stderr, "%.17g %s %s\n", d, text, other); }
  }
  CHECK(dtoa_parse(text, strlen(text)) == fabs(d));
}
TEST(shortest_random) {
  for (int i = 0; i < 100000; i++) check_shortest(random_double());
}
TEST(shortest_powers_of_two) {
  for (int e = -1074; e < 1024; e++) {
    check_shortest(ldexp(1, e));
    check_shortest(nextafter(ldexp(1, e), INFINITY));
    if (e > -1074) check_shortest(nextafter(ldexp(1, e), 0));
  }
}
TEST(shortest_short) {
  for (int i = 0; i < 20000; i++) {
    char text[40];
    snprintf(text, sizeof text, "%llde%d", (long long)(rng() % 1000000) + 1, (int)(rng() % 600) - 310);
    double d = strtod(text, NULL);
    if (isfinite(d)) check_shortest(d);
  }
}

static void check_fixed(double d, int mode, int ndigits) {
  char *want = NULL, got[2600];
  int n, point;
  char *digits = dtoa_fixed(d, mode, ndigits, &n, &point);
  REQUIRE(digits);
  if (mode == 3) {
    int k = 0;
    if (signbit(d)) got[k++] = '-';
    if (point <= 0) got[k++] = '0';
    for (int i = 0; i < point; i++) got[k++] = i < n ? digits[i] : '0';
    if (ndigits > 0) got[k++] = '.';
    for (int i = 0; i < ndigits; i++) got[k++] = point + i >= 0 && point + i < n ? digits[point + i] : '0';
    got[k] = 0;
    CHECK(asprintf(&want, "%.*f", ndigits, d) >= 0);
  } else {
    int k = 0;
    if (signbit(d)) got[k++] = '-';
    for (int i = 0; i < ndigits; i++) {
      got[k++] = i < n ? digits[i] : '0';
      if (i == 0 && ndigits > 1) got[k++] = '.';
    }
    snprintf(got + k, 16, "e%+03d", point - 1);
    CHECK(asprintf(&want, "%.*e", ndigits - 1, d) >= 0);
  }
  CHECK_STR(got, want);
  free(want);
  free(digits);
}
TEST(fixed_random) {
  for (int i = 0; i < 4000; i++) {
    double d = random_double();
    check_fixed(d, 2, 1 + (int)(rng() % 25));
    check_fixed(d, 3, (int)(rng() % 25));
    d = (double)(int64_t)rng() / (1 << rng() % 30);
    check_fixed(d, 2, 1 + (int)(rng() % 25));
    check_fixed(d, 3, (int)(rng() % 25));
  }
}
TEST(fixed_edges) {
  check_fixed(5e-324, 3, 1100);
  check_fixed(5e-324, 2, 800);
  check_fixed(1.7976931348623157e308, 3, 3);
  check_fixed(1.7976931348623157e308, 2, 400);
  check_fixed(1.7976931348623157e308, 2, 1);
  check_fixed(0.5, 3, 0);
  check_fixed(1.5, 3, 0);
  check_fixed(2.5, 3, 0);
  check_fixed(9.995, 3, 2);
  check_fixed(99.99999, 2, 3);
  check_fixed(0.0, 3, 2);
  check_fixed(0.001, 3, 2);
  check_fixed(0.006, 3, 2);
  int n, point;
  char *s = dtoa_fixed(15678.0, 3, -2, &n, &point); /* round(15678.0, -2) */
  CHECK_STR(s, "157");
  CHECK_EQ(point, 5);
  free(s);
  s = dtoa_fixed(49.0, 3, -2, &n, &point);
  CHECK_EQ(n, 0);
  free(s);
}

static double parse(const char *s) { return dtoa_parse(s, strlen(s)); }
TEST(parse_known) {
  CHECK(parse("1") == 1 && parse("-1.5") == -1.5 && parse(".5") == 0.5 && parse("5.") == 5);
  CHECK(parse("1e400") == INFINITY && parse("-1e400") == -INFINITY && parse("1e-400") == 0 && signbit(parse("-0.0")));
  CHECK(parse("1e99999999999999999999") == INFINITY && parse("1e-99999999999999999999") == 0);
  CHECK(parse("9007199254740993") == 9007199254740992.0 && parse("9007199254740993.00000000000000000000001") == 9007199254740994.0);
  CHECK(parse("0.000001e6") == 1 && parse("1000000e-6") == 1 && parse("0e999999") == 0);
  CHECK(parse("2.4703282292062327e-324") == 0 && parse("2.4703282292062328e-324") == 5e-324);
}
TEST(parse_long) {
  char text[3000];
  memset(text, '0', sizeof text);
  text[0] = '1';
  memcpy(text + 2000, "e-2000", 7);
  CHECK(parse(text) == 0.1 * 1 || parse(text) == 0.1);
  memset(text, '0', sizeof text);
  memcpy(text, "0.", 2);
  memcpy(text + 2500, "1e2499", 7);
  CHECK(parse(text) == 1);
}
TEST(parse_random) {
  for (int i = 0; i < 50000; i++) {
    char text[80];
    snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(rng() >> rng() % 64), (unsigned long long)(rng() >> rng() % 64),
             (int)(rng() % 700) - 360);
    if (parse(text) != strtod(text, NULL)) { CHECK(!"parse"); fprintf(stderr, "%s\n", text); }
  }
}
UNIT_MAIN()
