/* sre.c: see sre.h. The machine itself is sre_match.inc, compiled once per character width. */
#include "runtime/sre.h"

/* -- Characters ------------------------------------------------------------------------------------------------- */

uint32_t sre_lower_ascii(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }
static uint32_t upper_ascii(uint32_t c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
/* The first character of the full mapping: what CPython's Py_UNICODE_TOUPPER answers ('S' for the sharp s). */
uint32_t sre_upper_unicode(uint32_t c) {
  uint32_t out[3];
  unicode_upper(c, out);
  return out[0];
}

static bool ascii_space(uint32_t c) { return c == ' ' || (c >= 9 && c <= 13); }
static bool ascii_digit(uint32_t c) { return c >= '0' && c <= '9'; }
static bool ascii_word(uint32_t c) { return ascii_digit(c) || (c | 32) - 'a' < 26u || c == '_'; }
static bool unicode_word(uint32_t c) { return c < 128 ? ascii_word(c) : unicode_is_alnum(c); }

/* Order of CHCODES: each category is followed by its negation. */
static bool category(uint32_t code, uint32_t c) {
  bool in;
  switch (code >> 1) {
  case 0: in = ascii_digit(c); break;
  case 1: in = ascii_space(c); break;
  case 2: case 4: in = ascii_word(c); break; /* locale: always "C" here */
  case 3: in = c == '\n'; break;
  case 5: in = unicode_is_decimal(c); break;
  case 6: in = unicode_is_space(c); break;
  case 7: in = unicode_word(c); break;
  default: in = unicode_is_linebreak(c); break;
  }
  return in != (bool)(code & 1);
}

static bool in_charset(const uint32_t *set, uint32_t c) {
  bool ok = true;
  while (true) {
    switch (*set++) {
    case SRE_FAILURE: return !ok;
    case SRE_LITERAL:
      if (c == *set++) return ok;
      break;
    case SRE_CATEGORY:
      if (category(*set++, c)) return ok;
      break;
    case SRE_CHARSET:
      if (c < 256 && set[c / 32] >> (c & 31) & 1) return ok;
      set += 8;
      break;
    case SRE_RANGE_UNI_IGNORE: {
      uint32_t up = sre_upper_unicode(c);
      if (up >= set[0] && up <= set[1]) return ok;
    } /* fall through */
    case SRE_RANGE:
      if (c >= set[0] && c <= set[1]) return ok;
      set += 2;
      break;
    case SRE_NEGATE: ok = !ok; break;
    case SRE_BIGCHARSET: {
      uint32_t n = *set++;
      const uint8_t *blocks = (const uint8_t *)set;
      set += 64;
      if (c < 0x10000 && set[blocks[c >> 8] * 8 + (c & 255) / 32] >> (c & 31) & 1) return ok;
      set += n * 8;
      break;
    }
    default: return false;
    }
  }
}

static bool in_charset_loc(const uint32_t *set, uint32_t c) {
  uint32_t lo = sre_lower_ascii(c), up = upper_ascii(c);
  return in_charset(set, lo) || (up != lo && in_charset(set, up));
}

/* Does the one-character operator at code[] accept c? */
static bool accepts(const uint32_t *code, uint32_t c) {
  switch (code[0]) {
  case SRE_ANY: return c != '\n';
  case SRE_ANY_ALL: return true;
  case SRE_LITERAL: return c == code[1];
  case SRE_NOT_LITERAL: return c != code[1];
  case SRE_LITERAL_IGNORE: return sre_lower_ascii(c) == code[1];
  case SRE_NOT_LITERAL_IGNORE: return sre_lower_ascii(c) != code[1];
  case SRE_LITERAL_UNI_IGNORE: return unicode_simple_lower(c) == code[1];
  case SRE_NOT_LITERAL_UNI_IGNORE: return unicode_simple_lower(c) != code[1];
  case SRE_LITERAL_LOC_IGNORE: return c == code[1] || sre_lower_ascii(c) == code[1] || upper_ascii(c) == code[1];
  case SRE_NOT_LITERAL_LOC_IGNORE: return !(c == code[1] || sre_lower_ascii(c) == code[1] || upper_ascii(c) == code[1]);
  case SRE_CATEGORY: return category(code[1], c);
  case SRE_IN: return in_charset(code + 2, c);
  case SRE_IN_IGNORE: return in_charset(code + 2, sre_lower_ascii(c));
  case SRE_IN_UNI_IGNORE: return in_charset(code + 2, unicode_simple_lower(c));
  case SRE_IN_LOC_IGNORE: return in_charset_loc(code + 2, c);
  default: return false;
  }
}

/* -- Memory -------------------------------------------------------------------------------------------------------- */

bool sre_init(Sre *s, RpThread *th, const uint32_t *code, uint32_t n_groups) {
  *s = (Sre){.th = th, .code = code, .n_marks = n_groups * 2, .lastindex = -1, .cur_rep = -1, .fuel = 1 << 14};
  s->marks = malloc(((size_t)s->n_marks + 1) * sizeof *s->marks);
  if (!s->marks) return raise_memory(th), false;
  for (uint32_t i = 0; i < s->n_marks; i++) s->marks[i] = -1;
  return true;
}

void sre_fini(Sre *s) {
  free(s->marks);
  free(s->stack);
  free(s->reps);
}

static COLD bool grow_stack(Sre *s) {
  size_t cap = s->stack_cap ? s->stack_cap * 2 : 64;
  SreFrame *p = realloc(s->stack, cap * sizeof *p);
  if (!p) return raise_memory(s->th), false;
  s->stack = p;
  s->stack_cap = cap;
  return true;
}

static int32_t new_rep(Sre *s, uint32_t pc) {
  if (s->n_reps == s->reps_cap) {
    int32_t cap = s->reps_cap ? s->reps_cap * 2 : 16;
    SreRepeat *p = realloc(s->reps, (size_t)cap * sizeof *p);
    if (!p) return raise_memory(s->th), -1;
    s->reps = p;
    s->reps_cap = cap;
  }
  s->reps[s->n_reps] = (SreRepeat){pc, s->cur_rep, -1, -1};
  return s->n_reps++;
}

/* -- The stack's entries ----------------------------------------------------------------------------------------------- */

typedef enum FrameKind {
  /* choices: where to go on after a failure */
  F_BRANCH,         /* pc: next alternative's skip word; x: position */
  F_GREEDY,         /* REPEAT_ONE: pc tail; x position tried, y lowest position */
  F_LAZY,           /* MIN_REPEAT_ONE: pc operands; x position, y repetitions left (-1: any) */
  F_STOP_LOOP,      /* MAX_UNTIL: pc tail; x position: leave the loop here */
  F_MORE_LOOP,      /* MIN_UNTIL: x position, y count: run the body once more */
  /* marks of sub-matches; pc: operands of the operator; x: position; y: the enclosing one */
  F_ASSERT, F_ASSERT_NOT, F_ATOMIC,
  F_POSSESSIVE,     /* followed, one below, by an F_COUNT */
  /* undo entries */
  F_COUNT,          /* not undone: x repetitions so far, y position before the previous one */
  F_UNDO_MARK,      /* pc mark, x old position, y old lastindex */
  F_UNDO_REP,       /* pc repeat index, x count, y last */
  F_UNDO_CUR        /* x old current repeat, y old number of repeats */
} FrameKind;

static inline bool is_choice(uint32_t kind) { return kind <= F_COUNT; }

static bool push(Sre *s, FrameKind kind, uint32_t pc, int64_t x, int64_t y) {
  if (s->depth == s->stack_cap && !grow_stack(s)) return false;
  s->stack[s->depth++] = (SreFrame){kind, pc, x, y};
  return true;
}

/* A sub-match succeeded: its choices go, what they would have undone stays for the choices before it. */
static void commit(Sre *s, size_t from) {
  size_t to = from;
  for (size_t i = from; i < s->depth; i++)
    if (!is_choice(s->stack[i].kind)) s->stack[to++] = s->stack[i];
  s->depth = to;
}

static void undo(Sre *s, const SreFrame *f) {
  switch (f->kind) {
  case F_UNDO_MARK:
    s->marks[f->pc] = f->x;
    s->lastindex = (int32_t)f->y;
    break;
  case F_UNDO_REP:
    s->reps[f->pc].count = f->x;
    s->reps[f->pc].last = f->y;
    break;
  case F_UNDO_CUR:
    s->cur_rep = (int32_t)f->x;
    s->n_reps = (int32_t)f->y;
    break;
  default: break;
  }
}

static void undo_to(Sre *s, size_t depth) {
  while (s->depth > depth) undo(s, &s->stack[--s->depth]);
}

static bool set_mark(Sre *s, uint32_t i, int64_t ptr) {
  if (!push(s, F_UNDO_MARK, i, s->marks[i], s->lastindex)) return false;
  s->marks[i] = ptr;
  if (i & 1) s->lastindex = (int32_t)(i / 2 + 1);
  return true;
}

static bool set_rep(Sre *s, int32_t r, int64_t count, int64_t last) {
  if (!push(s, F_UNDO_REP, (uint32_t)r, s->reps[r].count, s->reps[r].last)) return false;
  s->reps[r].count = count;
  s->reps[r].last = last;
  return true;
}

static bool set_cur(Sre *s, int32_t r) {
  if (!push(s, F_UNDO_CUR, 0, s->cur_rep, s->n_reps)) return false;
  s->cur_rep = r;
  return true;
}

static void reset(Sre *s);

#define CHAR uint8_t
#define FN(name) name##_1
#include "runtime/sre_match.inc"
#define CHAR uint16_t
#define FN(name) name##_2
#include "runtime/sre_match.inc"
#define CHAR uint32_t
#define FN(name) name##_4
#include "runtime/sre_match.inc"

/* Forgets what a former attempt left. */
static void reset(Sre *s) {
  undo_to(s, 0);
  s->cur_rep = -1;
  s->n_reps = 0;
}

int sre_match(Sre *s) {
  reset(s);
  if (s->start > s->length) return 0;
  return s->width == 0 ? run_1(s, 0) : s->width == 1 ? run_2(s, 0) : run_4(s, 0);
}

int sre_search(Sre *s) {
  if (s->start > s->length) return 0;
  return s->width == 0 ? search_1(s) : s->width == 1 ? search_2(s) : search_4(s);
}

/* -- Validation ----------------------------------------------------------------------------------------------------------- */

/* The operators nest: every construct gives its own length in a skip word, checked against the enclosing end. */
typedef struct Checker { const uint32_t *code; uint32_t n_groups; int depth; } Checker;

static bool check_charset(const uint32_t *c, size_t lo, size_t hi) {
  while (lo < hi) {
    size_t words;
    switch (c[lo++]) {
    case SRE_FAILURE: return lo == hi;
    case SRE_NEGATE: words = 0; break;
    case SRE_LITERAL: words = 1; break;
    case SRE_CATEGORY:
      if (lo < hi && c[lo] > 17) return false;
      words = 1;
      break;
    case SRE_RANGE: case SRE_RANGE_UNI_IGNORE: words = 2; break;
    case SRE_CHARSET: words = 8; break;
    case SRE_BIGCHARSET:
      if (hi - lo < 65 || c[lo] > 256) return false;
      for (int i = 0; i < 256; i++)
        if (((const uint8_t *)(c + lo + 1))[i] >= c[lo]) return false;
      words = 65 + (size_t)c[lo] * 8;
      break;
    default: return false;
    }
    if (words > hi - lo) return false;
    lo += words;
  }
  return false;
}

static bool check_code(Checker *k, size_t lo, size_t hi);

/* A construct with its skip word at `at`: its end, 0 when it does not fit. */
static size_t skip_end(const Checker *k, size_t at, size_t hi, size_t least) {
  if (at >= hi) return 0;
  uint32_t skip = k->code[at];
  return skip < least || skip > hi - at ? 0 : at + skip;
}

static bool check_one(Checker *k, size_t *at, size_t hi) {
  const uint32_t *c = k->code;
  size_t i = *at, end;
  uint32_t op = c[i++];
#define NEED(n) if (hi - i < (n)) return false
  switch (op) {
  case SRE_SUCCESS: case SRE_FAILURE: case SRE_ANY: case SRE_ANY_ALL: break;
  case SRE_LITERAL: case SRE_NOT_LITERAL: case SRE_LITERAL_IGNORE: case SRE_NOT_LITERAL_IGNORE: case SRE_LITERAL_LOC_IGNORE:
  case SRE_NOT_LITERAL_LOC_IGNORE: case SRE_LITERAL_UNI_IGNORE: case SRE_NOT_LITERAL_UNI_IGNORE:
    NEED(1);
    i++;
    break;
  case SRE_MARK:
    NEED(1);
    if (c[i++] >= k->n_groups * 2) return false;
    break;
  case SRE_GROUPREF: case SRE_GROUPREF_IGNORE: case SRE_GROUPREF_LOC_IGNORE: case SRE_GROUPREF_UNI_IGNORE:
    NEED(1);
    if (c[i++] >= k->n_groups) return false;
    break;
  case SRE_AT:
    NEED(1);
    if (c[i++] > AT_UNI_NON_BOUNDARY) return false;
    break;
  case SRE_CATEGORY:
    NEED(1);
    if (c[i++] > 17) return false;
    break;
  case SRE_IN: case SRE_IN_IGNORE: case SRE_IN_LOC_IGNORE: case SRE_IN_UNI_IGNORE:
    if (!(end = skip_end(k, i, hi, 2)) || !check_charset(c, i + 1, end)) return false;
    i = end;
    break;
  case SRE_INFO:
    if (!(end = skip_end(k, i, hi, 4))) return false;
    if (c[i + 1] & SRE_INFO_PREFIX) {
      if (end - i < 6 || (end - i - 6) / 2 < c[i + 4] || c[i + 4] == 0) return false;
    } else if (c[i + 1] & SRE_INFO_CHARSET && !check_charset(c, i + 4, end)) {
      return false;
    }
    i = end;
    break;
  case SRE_BRANCH:
    while (true) {
      NEED(1);
      if (c[i] == 0) break;
      if (!(end = skip_end(k, i, hi, 3)) || c[end - 2] != SRE_JUMP || !check_code(k, i + 1, end - 2)) return false;
      if (c[end - 1] == 0 || c[end - 1] > hi - (end - 1)) return false;
      i = end;
    }
    i++;
    break;
  case SRE_REPEAT_ONE: case SRE_MIN_REPEAT_ONE: case SRE_POSSESSIVE_REPEAT_ONE: case SRE_POSSESSIVE_REPEAT: case SRE_REPEAT:
    if (!(end = skip_end(k, i, hi, 3)) || c[i + 1] > c[i + 2]) return false;
    if (op == SRE_REPEAT || op == SRE_POSSESSIVE_REPEAT) {
      if (!check_code(k, i + 3, end) || end >= hi) return false;
      if (op == SRE_REPEAT ? c[end] != SRE_MAX_UNTIL && c[end] != SRE_MIN_UNTIL : c[end] != SRE_SUCCESS) return false;
      end++;
    } else if (end < i + 4 || c[end - 1] != SRE_SUCCESS || !check_code(k, i + 3, end - 1)) {
      return false;
    }
    i = end;
    break;
  case SRE_ATOMIC_GROUP:
    if (!(end = skip_end(k, i, hi, 2)) || c[end - 1] != SRE_SUCCESS || !check_code(k, i + 1, end - 1)) return false;
    i = end;
    break;
  case SRE_ASSERT: case SRE_ASSERT_NOT:
    if (!(end = skip_end(k, i, hi, 3)) || c[end - 1] != SRE_SUCCESS || !check_code(k, i + 2, end - 1)) return false;
    i = end;
    break;
  case SRE_GROUPREF_EXISTS: {
    NEED(2);
    uint32_t skip = c[i + 1];
    if (c[i] >= k->n_groups || skip < 2 || skip > hi - i) return false;
    size_t no = i + skip; /* the other branch, or what follows */
    i += 2;
    if (no >= i + 2 && c[no - 2] == SRE_JUMP && no - 1 + c[no - 1] <= hi && c[no - 1] >= 1 && check_code(k, i, no - 2)) {
      end = no - 1 + c[no - 1];
      if (!check_code(k, no, end)) return false;
      i = end;
    } else {
      if (!check_code(k, i, no)) return false;
      i = no;
    }
    break;
  }
  default: return false;
  }
#undef NEED
  *at = i;
  return true;
}

static bool check_code(Checker *k, size_t lo, size_t hi) {
  if (lo > hi || k->depth > 1000) return false;
  k->depth++;
  while (lo < hi)
    if (!check_one(k, &lo, hi)) return k->depth--, false;
  k->depth--;
  return lo == hi;
}

bool sre_check(const uint32_t *code, size_t n, uint32_t n_groups) {
  Checker k = {code, n_groups, 0};
  return n > 0 && n_groups <= SRE_MAXGROUPS && code[n - 1] == SRE_SUCCESS && check_code(&k, 0, n - 1);
}
