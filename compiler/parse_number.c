/* parse_number.c: the value of a NUMBER token. */
#include <gmp.h>
#include <stdlib.h>

#include "compiler/parse_impl.h"
#include "runtime/dtoa.h"

enum { MAX_DECIMAL_DIGITS = 4300 }; /* sys.int_info.default_max_str_digits: longer ones cost quadratic time */

_Static_assert(sizeof(mp_limb_t) == 8, "limbs of constants are GMP's");

static int digit_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* digits: values, not characters; most significant first. */
static bool big_int(Parser *p, const unsigned char *digits, size_t n, int base, AstConst *out) {
  size_t bits = base == 10 ? n * 10 / 3 + 64 : n * 4 + 64;
  mp_limb_t *limbs = arena_alloc(&p->cc->arena, (bits / 64 + 2) * sizeof *limbs);
  mp_size_t k = mpn_set_str(limbs, digits, n, base);
  while (k > 0 && limbs[k - 1] == 0) k--;
  if (k <= 1) *out = (AstConst){.kind = CONST_INT, .u = k ? limbs[0] : 0};
  else *out = (AstConst){.kind = CONST_BIGINT, .n = (uint32_t)k, .limbs = (uint64_t *)limbs};
  return true;
}

/* s: digits of the base without prefix and underscores. */
static bool int_const(Parser *p, const Token *t, const char *s, size_t n, int base, AstConst *out) {
  uint64_t v = 0;
  size_t i = 0;
  while (i < n && s[i] == '0') i++;
  for (; i < n; i++)
    if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, (uint64_t)digit_value(s[i]), &v))
      break;
  if (i == n) {
    *out = (AstConst){.kind = CONST_INT, .u = v};
    return true;
  }
  if (base == 10 && n > MAX_DECIMAL_DIGITS) {
    raise_at(p, DIAG_SyntaxError, t->lineno, -1, t->end_lineno, -1,
             "Exceeds the limit (%d digits) for integer string conversion: value has %zu digits; use "
             "sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals to "
             "avoid decimal conversion limits.", MAX_DECIMAL_DIGITS, n);
    return false;
  }
  unsigned char *values = arena_alloc(&p->cc->arena, n + 1);
  for (i = 0; i < n; i++) values[i] = (unsigned char)digit_value(s[i]);
  return big_int(p, values, n, base, out);
}

bool parse_number(Parser *p, const Token *t, AstConst *out) {
  const char *s = p->text + t->start;
  size_t n = t->end - t->start;
  char local[64], *buf = n < sizeof local ? local : arena_alloc(&p->cc->arena, n + 1);
  size_t m = 0;
  bool is_float = false;
  char letter = n > 1 && s[0] == '0' ? s[1] | 0x20 : 0;
  int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  for (size_t i = base == 10 ? 0 : 2; i < n; i++) {
    if (s[i] == '_') continue;
    if (base == 10 && (s[i] == '.' || (s[i] | 0x20) == 'e')) is_float = true;
    buf[m++] = s[i];
  }
  buf[m] = 0;
  if (base == 10 && (buf[m - 1] | 0x20) == 'j') {
    *out = (AstConst){.kind = CONST_IMAG, .f = dtoa_parse(buf, m - 1)};
    return true;
  }
  if (is_float) {
    *out = (AstConst){.kind = CONST_FLOAT, .f = dtoa_parse(buf, m)};
    return true;
  }
  return int_const(p, t, buf, m, base, out);
}
