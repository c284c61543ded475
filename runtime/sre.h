/* sre.h: the regular expression matcher: a backtracking machine with its own stack, so that no pattern recurses on the C stack. It executes the
** code made by CPython's re/_compiler.py. Everything a match changes (groups, repeat counters) is undone through entries on the same stack as the
** choices, so a choice resumed sees exactly the state it was made in. Design: runtime/str.md. */
#ifndef RP_SRE_H
#define RP_SRE_H

#include "runtime/str_util.h"

#define SRE_MAGIC 20220615
#define SRE_MAXREPEAT 0xFFFFFFFFu
#define SRE_MAXGROUPS 1073741823

typedef enum SreOp {
#define SRE_OP(name, words) SRE_##name,
#include "runtime/sre.def"
#undef SRE_OP
  N_SRE_OPS
} SreOp;

typedef enum SreAt {
  AT_BEGINNING, AT_BEGINNING_LINE, AT_BEGINNING_STRING, AT_BOUNDARY, AT_NON_BOUNDARY, AT_END, AT_END_LINE, AT_END_STRING,
  AT_LOC_BOUNDARY, AT_LOC_NON_BOUNDARY, AT_UNI_BOUNDARY, AT_UNI_NON_BOUNDARY
} SreAt;

#define SRE_FLAG_TEMPLATE 1
#define SRE_FLAG_IGNORECASE 2
#define SRE_FLAG_LOCALE 4
#define SRE_FLAG_UNICODE 32
#define SRE_FLAG_DEBUG 128
#define SRE_INFO_PREFIX 1
#define SRE_INFO_LITERAL 2
#define SRE_INFO_CHARSET 4

typedef struct SreFrame { uint32_t kind, pc; int64_t x, y; } SreFrame;
typedef struct SreRepeat { uint32_t pc; int32_t prev; int64_t count, last; } SreRepeat; /* pc: operands of the REPEAT */

/* One search in one subject. Positions count characters from the subject's beginning. */
typedef struct Sre {
  RpThread *th;
  const uint32_t *code;
  const void *data;
  int width;              /* str width code of data */
  int64_t length;         /* endpos: nothing is seen beyond */
  int64_t start, ptr;     /* in: where to begin; out: the match */
  bool match_all;         /* fullmatch */
  bool must_advance;      /* an empty match at `start` does not count */
  int64_t *marks;         /* 2 per group, -1: unset */
  uint32_t n_marks;
  int32_t lastindex;      /* last group closed, -1: none */
  SreFrame *stack;
  size_t depth, stack_cap;
  SreRepeat *reps;
  int32_t n_reps, reps_cap, cur_rep;
  uint32_t fuel;          /* steps until the next poll */
} Sre;

bool sre_init(Sre *s, RpThread *th, const uint32_t *code, uint32_t n_groups);
void sre_fini(Sre *s);
/* 1: s->start and s->ptr and the marks say where; 0: no match; -1: raised. */
int sre_match(Sre *s);
int sre_search(Sre *s);
/* Case of characters as `re` sees it. */
uint32_t sre_lower_ascii(uint32_t c);
uint32_t sre_upper_unicode(uint32_t c);
/* True if the code is well formed for n_groups: no jump leads outside, no operand is missing. */
bool sre_check(const uint32_t *code, size_t n, uint32_t n_groups);

#endif
