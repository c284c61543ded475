/* lower_match.c: the match statement. A pattern is a run of tests that jump to `fail`; names it captures are stored only when all of it
** has matched. Temporaries of a pattern live until the end of its case, so captured values stay where they were found. */
#include "compiler/lower_impl.h"

#include "runtime/set.h"

typedef struct Captures { AstIdent **names; Reg *regs; uint32_t n, cap; } Captures;
typedef struct Match {
  Captures caps;
  bool allow_irrefutable; /* false: something that always matches makes later patterns unreachable */
} Match;

static void pattern(Lower *L, Match *m, AstNode *p, Reg subject, Label *fail);

static void capture(Lower *L, Match *m, AstIdent *name, Reg r) {
  if (!name) return;
  check_name(L, name, ASTOP_Store, L->unit->pos);
  Captures *c = &m->caps;
  for (uint32_t i = 0; i < c->n; i++)
    if (c->names[i] == name) lower_error(L, L->unit->pos, "multiple assignments to name '%s' in pattern", name->s);
  if (c->n == c->cap) {
    c->cap = c->cap ? c->cap * 2 : 8;
    AstIdent **names = arena_alloc(&L->cc->arena, c->cap * sizeof *names);
    Reg *regs = arena_alloc(&L->cc->arena, c->cap * sizeof *regs);
    if (c->n) memcpy(names, c->names, c->n * sizeof *names), memcpy(regs, c->regs, c->n * sizeof *regs);
    c->names = names;
    c->regs = regs;
  }
  c->names[c->n] = name;
  c->regs[c->n++] = r;
}

static bool is_wildcard(const AstNode *p) {
  return p->kind == AST_MatchAs && !((const AstMatchAs *)p)->name && !((const AstMatchAs *)p)->pattern;
}

static void subpattern(Lower *L, Match *m, AstNode *p, Reg subject, Label *fail) {
  bool outer = m->allow_irrefutable;
  m->allow_irrefutable = true;
  pattern(L, m, p, subject, fail);
  m->allow_irrefutable = outer;
}

static void fail_if_false(Lower *L, Reg r, Label *fail) { EMIT_JUMP(JUMP_IF_FALSE, fail, .a = (uint16_t)r); }

/* -- Sequences ------------------------------------------------------------------------------------------------------- */

/* Items are fetched one by one when the rest is not wanted: [a, *_, b]. */
static void sequence_items(Lower *L, Match *m, AstSeq ps, uint32_t star, Reg subject, Reg length, Label *fail) {
  for (uint32_t i = 0; i < ps.n; i++) {
    if (is_wildcard(ps.items[i]) || i == star) continue;
    Reg v = temp(L), index;
    if (i < star) {
      index = const_operand(L, value_int(i));
    } else {
      index = temp(L);
      EMIT(SUB_IMM, .a = (uint16_t)index, .b = (uint16_t)length, .e = (int32_t)(ps.n - i));
    }
    EMIT(GET_ITEM, .a = (uint16_t)v, .b = (uint16_t)subject, .c = (uint16_t)index);
    subpattern(L, m, ps.items[i], v, fail);
  }
}

static void match_sequence(Lower *L, Match *m, AstNode *node, Reg subject, Label *fail) {
  AstSeq ps = ast_as(MatchSequence, node)->patterns;
  uint32_t star = UINT32_MAX;
  bool only_wild = true, star_wild = false;
  for (uint32_t i = 0; i < ps.n; i++) {
    AstNode *p = ps.items[i];
    if (p->kind == AST_MatchStar) {
      if (star != UINT32_MAX) lower_error(L, node->pos, "multiple starred names in sequence pattern");
      star = i;
      star_wild = !ast_as(MatchStar, p)->name;
      only_wild &= star_wild;
    } else {
      only_wild &= is_wildcard(p);
    }
  }
  Reg t = temp(L), length = temp(L);
  EMIT(MATCH_SEQUENCE, .a = (uint16_t)t, .b = (uint16_t)subject);
  fail_if_false(L, t, fail);
  bool starred = star != UINT32_MAX;
  if (!starred || ps.n > 1) {
    EMIT(GET_LEN, .a = (uint16_t)length, .b = (uint16_t)subject);
    Reg want = const_operand(L, value_int((int64_t)ps.n - starred));
    if (starred) EMIT_JUMP(JUMP_NOT_GE, fail, .a = (uint16_t)length, .b = (uint16_t)want);
    else EMIT_JUMP(JUMP_NOT_EQ, fail, .a = (uint16_t)length, .b = (uint16_t)want);
  }
  if (only_wild) return;
  if (star_wild) {
    sequence_items(L, m, ps, star, subject, length, fail);
    return;
  }
  Reg run = temps(L, ps.n);
  if (starred) {
    if (star >= 256 || ps.n - star - 1 >= INT32_MAX >> 8) lower_error(L, node->pos, "too many expressions in star-unpacking sequence pattern");
    EMIT(UNPACK_EX, .a = (uint16_t)subject, .b = (uint16_t)run, .c = (uint16_t)star, .d = (uint16_t)(ps.n - star - 1));
  } else {
    EMIT(UNPACK_SEQ, .a = (uint16_t)subject, .b = (uint16_t)run, .c = (uint16_t)ps.n);
  }
  for (uint32_t i = 0; i < ps.n; i++) subpattern(L, m, ps.items[i], run + i, fail);
}

/* -- Mappings and classes ------------------------------------------------------------------------------------------------ */

static void check_keys(Lower *L, AstMatchMapping *n) {
  Set *seen = set_new(L->th);
  if (!seen) lower_fail(L);
  for (uint32_t i = 0; i < n->keys.n; i++) {
    AstNode *key = n->keys.items[i];
    Value k = fold(L, key);
    if (k == EMPTY && key->kind != AST_Attribute)
      lower_error(L, n->base.pos, "mapping pattern keys may only match literals and attribute lookups");
    if (k == EMPTY) continue;
    int added = set_add(L->th, seen, k);
    if (added < 0) lower_fail(L);
    if (added) continue;
    Str *repr = op_repr(L->th, k);
    const char *s = repr ? str_utf8(L->th, repr, NULL) : NULL;
    if (!s) lower_fail(L);
    lower_error(L, n->base.pos, "mapping pattern checks duplicate key (%s)", s);
  }
}

static void match_mapping(Lower *L, Match *m, AstNode *node, Reg subject, Label *fail) {
  AstMatchMapping *n = ast_as(MatchMapping, node);
  uint32_t size = n->keys.n;
  Reg t = temp(L);
  EMIT(MATCH_MAPPING, .a = (uint16_t)t, .b = (uint16_t)subject);
  fail_if_false(L, t, fail);
  if (!size && !n->rest) return;
  if (size) {
    EMIT(GET_LEN, .a = (uint16_t)t, .b = (uint16_t)subject);
    EMIT_JUMP(JUMP_NOT_GE, fail, .a = (uint16_t)t, .b = (uint16_t)const_operand(L, value_int(size)));
  }
  check_keys(L, n);
  Reg keys = temp(L), mark = temp_mark(L), run = L->unit->top;
  for (uint32_t i = 0; i < size; i++) expr_temp(L, n->keys.items[i]);
  EMIT(BUILD_TUPLE, .a = (uint16_t)keys, .b = (uint16_t)(size ? run : 0), .c = (uint16_t)size);
  temp_release(L, mark);
  Reg values = temp(L);
  EMIT(MATCH_KEYS, .a = (uint16_t)values, .b = (uint16_t)subject, .c = (uint16_t)keys);
  EMIT_JUMP(JUMP_IF_NONE, fail, .a = (uint16_t)values);
  Reg items = temps(L, size);
  EMIT(UNPACK_SEQ, .a = (uint16_t)values, .b = (uint16_t)(size ? items : 0), .c = (uint16_t)size);
  for (uint32_t i = 0; i < size; i++) subpattern(L, m, n->patterns.items[i], items + i, fail);
  if (n->rest) {
    Reg rest = temp(L);
    EMIT(COPY_DICT_WITHOUT, .a = (uint16_t)rest, .b = (uint16_t)subject, .c = (uint16_t)keys);
    capture(L, m, n->rest, rest);
  }
}

static void match_class(Lower *L, Match *m, AstNode *node, Reg subject, Label *fail) {
  AstMatchClass *n = ast_as(MatchClass, node);
  uint32_t n_pos = n->patterns.n, n_kw = n->kwd_attrs.n;
  Tuple *names = tuple_alloc(L->th, n_kw);
  if (!names) lower_fail(L);
  lower_pin(L, value_object(names));
  for (uint32_t i = 0; i < n_kw; i++) {
    AstIdent *a = n->kwd_attrs.items[i];
    check_name(L, a, ASTOP_Store, node->pos);
    for (uint32_t j = i + 1; j < n_kw; j++)
      if (n->kwd_attrs.items[j] == a) lower_error(L, n->kwd_patterns.items[j]->pos, "attribute name repeated in class pattern: %s", a->s);
    names->items[i] = value_object(ident_str(L, a));
    heap_barrier_bulk(L->th, names);
  }
  if (n_pos + n_kw > 0xFFFF) lower_error(L, node->pos, "too many sub-patterns in class pattern");
  Reg cls = temp(L), found = temp(L);
  expr(L, n->cls, cls);
  EMIT(MATCH_CLASS, .a = (uint16_t)found, .b = (uint16_t)subject, .c = (uint16_t)cls, .f = (uint16_t)n_pos,
       .e = (int32_t)const_index(L, value_object(names)));
  EMIT_JUMP(JUMP_IF_NONE, fail, .a = (uint16_t)found);
  if (!(n_pos + n_kw)) return;
  Reg items = temps(L, n_pos + n_kw);
  EMIT(UNPACK_SEQ, .a = (uint16_t)found, .b = (uint16_t)items, .c = (uint16_t)(n_pos + n_kw));
  for (uint32_t i = 0; i < n_pos + n_kw; i++) {
    AstNode *p = i < n_pos ? n->patterns.items[i] : n->kwd_patterns.items[i - n_pos];
    if (!is_wildcard(p)) subpattern(L, m, p, items + i, fail);
  }
}

/* -- Alternatives ------------------------------------------------------------------------------------------------------------ */

static void match_or(Lower *L, Match *m, AstNode *node, Reg subject, Label *fail) {
  AstSeq ps = ast_as(MatchOr, node)->patterns;
  Match outer = *m;
  Captures common = {0};
  Reg regs = 0;
  Label *end = label_new(L);
  for (uint32_t i = 0; i < ps.n; i++) {
    bool last = i + 1 == ps.n;
    Label *next = last ? fail : label_new(L);
    *m = (Match){.allow_irrefutable = last && outer.allow_irrefutable};
    pattern(L, m, ps.items[i], subject, next);
    if (!i) {
      common = m->caps;
      regs = temps(L, common.n);
    }
    bool same = m->caps.n == common.n;
    for (uint32_t k = 0; same && k < common.n; k++) {
      uint32_t j = 0;
      while (j < m->caps.n && m->caps.names[j] != common.names[k]) j++;
      same = j < m->caps.n;
      if (same) move(L, regs + k, m->caps.regs[j]);
    }
    if (!same) lower_error(L, L->unit->pos, "alternative patterns bind different names");
    if (!last) {
      EMIT_JUMP(JUMP, end);
      label_place(L, next);
    }
  }
  label_place(L, end);
  *m = outer;
  for (uint32_t k = 0; k < common.n; k++) capture(L, m, common.names[k], regs + k);
}

static void pattern(Lower *L, Match *m, AstNode *p, Reg subject, Label *fail) {
  lower_check_depth(L);
  L->unit->pos = p->pos; /* stays with what follows, as in CPython */
  switch (p->kind) {
    case AST_MatchValue: {
      AstNode *value = ast_as(MatchValue, p)->value;
      if (fold(L, value) == EMPTY && value->kind != AST_Attribute)
        lower_error(L, p->pos, "patterns may only match literals and attribute lookups");
      Reg v = expr(L, value, ANY);
      EMIT_JUMP(JUMP_NOT_EQ, fail, .a = (uint16_t)subject, .b = (uint16_t)v);
      break;
    }
    case AST_MatchSingleton: {
      Value k = const_value(L, &ast_as(MatchSingleton, p)->value);
      if (k == NONE) EMIT_JUMP(JUMP_IF_NOT_NONE, fail, .a = (uint16_t)subject);
      else EMIT_JUMP(JUMP_IF_IS_NOT, fail, .a = (uint16_t)subject, .b = (uint16_t)const_operand(L, k));
      break;
    }
    case AST_MatchSequence: match_sequence(L, m, p, subject, fail); break;
    case AST_MatchMapping: match_mapping(L, m, p, subject, fail); break;
    case AST_MatchClass: match_class(L, m, p, subject, fail); break;
    case AST_MatchStar: capture(L, m, ast_as(MatchStar, p)->name, subject); break;
    case AST_MatchAs: {
      AstMatchAs *a = ast_as(MatchAs, p);
      if (a->pattern) {
        pattern(L, m, a->pattern, subject, fail);
      } else if (!m->allow_irrefutable) {
        if (a->name) lower_error(L, p->pos, "name capture '%s' makes remaining patterns unreachable", a->name->s);
        lower_error(L, p->pos, "wildcard makes remaining patterns unreachable");
      }
      capture(L, m, a->name, subject);
      break;
    }
    case AST_MatchOr: match_or(L, m, p, subject, fail); break;
    default: RP_FATAL("unexpected pattern: %s", ast_info((AstKind)p->kind)->name);
  }
}

void match_stmt(Lower *L, AstNode *node) {
  AstMatch *n = ast_as(Match, node);
  Reg mark = temp_mark(L), subject = temp(L);
  Label *end = label_new(L);
  expr(L, n->subject, subject);
  for (uint32_t i = 0; i < n->cases.n; i++) {
    Astmatch_case *c = ast_as(match_case, n->cases.items[i]);
    bool last = i + 1 == n->cases.n;
    Label *next = label_new(L);
    Reg inner = temp_mark(L);
    Match m = {.allow_irrefutable = c->guard || last};
    L->unit->pos = c->pattern->pos;
    pattern(L, &m, c->pattern, subject, next);
    for (uint32_t k = 0; k < m.caps.n; k++) name_store(L, m.caps.names[k], m.caps.regs[k]);
    temp_release(L, inner);
    if (c->guard) jump_if(L, c->guard, false, next);
    stmts(L, c->body);
    EMIT_JUMP(JUMP, end);
    label_place(L, next);
  }
  label_place(L, end);
  temp_release(L, mark);
}
