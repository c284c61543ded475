/* peg.c: see peg.h. First the grammar text is compiled to items, then items are interpreted. */
#include "compiler/peg.h"

/* -- Grammar ------------------------------------------------------------------------------------------------- */

enum { F_NONE = 0, F_MEMO = 1, F_LEFT = 2, F_NO_INVALID = 4 };
enum { MAX_ITEMS = 16 };

typedef enum ItemKind { I_TOKEN, I_SOFT, I_SOFT_ANY, I_RULE, I_GROUP, I_CUT } ItemKind;

typedef struct Item {
  uint8_t kind;  /* ItemKind */
  char mod;      /* 0, '?', '*', '+', '.' separated by sep, '&', '!', 'f' forced */
  char name;     /* 'a', 'b' or 0 */
  uint8_t token, sep;
  const char *text; /* soft keyword */
  uint32_t text_n;
  PegRule *rule;
  PegAlt *alts;
} Item;

struct PegAlt {
  PegAlt *next;
  Item *items;
  uint32_t n;
  const char *action; /* text behind "{", or NULL */
  bool cuts;
};

struct PegRule {
  const char *name;
  const char *text;
  uint8_t flags;
  bool invalid;  /* named invalid_... */
  PegAlt *alts;  /* compiled at first use */
};

#define M F_MEMO
#define L (F_LEFT | F_MEMO)
#define N F_NO_INVALID
static const struct {
  const char *name, *text;
  uint8_t flags;
} rule_table[] = {
#define RULE(name, flags, text) {#name, text, flags},
#include "compiler/diagnose.def"
};
#undef M
#undef L
#undef N
enum { N_RULES = sizeof rule_table / sizeof *rule_table };

static PegRule *find_rule(Peg *g, const char *s, size_t n) {
  for (int i = 0; i < N_RULES; i++)
    if (!strncmp(g->rules[i].name, s, n) && !g->rules[i].name[n]) return &g->rules[i];
  return NULL;
}

static uint8_t token_spelled(const char *s, size_t n) {
  for (int t = 0; t < T_N_TYPES; t++) {
    const char *text = tok_spelling((TokType)t);
    if (text && strlen(text) == n && !memcmp(text, s, n)) return (uint8_t)t;
  }
  return T_UNKNOWN;
}

static void skip_space(const char **s) {
  while (**s == ' ') (*s)++;
}

static PegAlt *read_alts(Peg *g, const char **s, char end);

static void read_name(Peg *g, const char **s, Item *it) {
  const char *begin = *s;
  while (**s == '_' || (**s >= 'a' && **s <= 'z') || (**s >= 'A' && **s <= 'Z')) (*s)++;
  size_t n = (size_t)(*s - begin);
  static const uint8_t classes[] = {T_NAME, T_NUMBER, T_STRING, T_NEWLINE, T_INDENT, T_DEDENT, T_ENDMARKER};
  for (size_t i = 0; i < sizeof classes; i++) {
    const char *name = tok_name((TokType)classes[i]);
    if (strlen(name) == n && !memcmp(name, begin, n)) {
      it->kind = I_TOKEN;
      it->token = classes[i];
      return;
    }
  }
  it->kind = I_RULE;
  if (n == 12 && !memcmp(begin, "SOFT_KEYWORD", n)) it->kind = I_SOFT_ANY;
  else it->rule = find_rule(g, begin, n);
  assert(it->kind == I_SOFT_ANY || it->rule);
}

static void read_atom(Peg *g, const char **s, Item *it) {
  char c = **s;
  if (c == '\'' || c == '`') {
    const char *begin = ++*s;
    while (**s != c) (*s)++;
    it->text = begin;
    it->text_n = (uint32_t)(*s - begin);
    it->kind = c == '`' ? I_SOFT : I_TOKEN;
    if (c == '\'') it->token = token_spelled(begin, it->text_n);
    ++*s;
  } else if (c == '(' || c == '[') {
    ++*s;
    it->kind = I_GROUP;
    it->alts = read_alts(g, s, c == '(' ? ')' : ']');
    if (c == '[') it->mod = '?';
  } else {
    read_name(g, s, it);
  }
}

static Item read_item(Peg *g, const char **s) {
  Item it = {0};
  if (**s == '~') {
    ++*s;
    it.kind = I_CUT;
    return it;
  }
  if ((**s == 'a' || **s == 'b') && (*s)[1] == '=') {
    it.name = **s;
    *s += 2;
  }
  char prefix = 0;
  if (**s == '&' || **s == '!') {
    prefix = *(*s)++;
    if (**s == '&') prefix = 'f', ++*s;
  }
  read_atom(g, s, &it);
  if (prefix) it.mod = prefix;
  else if (**s == '*' || **s == '+') it.mod = *(*s)++;
  else if (**s == '.') {
    Item sep = it;
    ++*s;
    it = (Item){.name = sep.name};
    read_atom(g, s, &it);
    ++*s; /* '+' */
    it.mod = '.';
    it.sep = sep.token;
  }
  return it;
}

static PegAlt *read_alt(Peg *g, const char **s, char end) {
  Item items[MAX_ITEMS];
  PegAlt *alt = arena_alloc(&g->grammar, sizeof *alt);
  for (;;) {
    skip_space(s);
    if (**s == '{') {
      alt->action = *s + 1;
      while (**s != '}') ++*s;
      ++*s;
      skip_space(s);
    }
    if (**s == '|' || **s == end || !**s) break;
    assert(alt->n < MAX_ITEMS);
    items[alt->n++] = read_item(g, s);
    alt->cuts |= items[alt->n - 1].kind == I_CUT;
  }
  alt->items = arena_alloc(&g->grammar, alt->n * sizeof(Item));
  memcpy(alt->items, items, alt->n * sizeof(Item));
  return alt;
}

static PegAlt *read_alts(Peg *g, const char **s, char end) {
  PegAlt *first = NULL, **link = &first;
  for (;;) {
    *link = read_alt(g, s, end);
    link = &(*link)->next;
    if (**s != '|') break;
    ++*s;
  }
  if (end) ++*s;
  return first;
}

/* -- Results --------------------------------------------------------------------------------------------------- */

PegNode *peg_node(Peg *g, uint8_t kind, uint32_t start, uint32_t end) {
  PegNode *n = arena_alloc(&g->results, sizeof *n);
  n->kind = kind;
  n->start = start;
  n->end = end;
  return n;
}

static void set_kids(Peg *g, PegNode *n, PegNode **kids, uint32_t n_kids) {
  n->n = n_kids;
  n->kids = arena_alloc(&g->results, (n_kids + 1) * sizeof *kids);
  if (n_kids) memcpy(n->kids, kids, n_kids * sizeof *kids);
}

/* A growing row of parts. */
typedef struct Row {
  PegNode **items;
  uint32_t n, cap;
} Row;

static void row_push(Peg *g, Row *r, PegNode *n) {
  if (r->n == r->cap) {
    PegNode **more = arena_alloc(&g->results, (r->cap * 2 + 4) * sizeof *more);
    if (r->n) memcpy(more, r->items, r->n * sizeof *more);
    r->items = more;
    r->cap = r->cap * 2 + 4;
  }
  r->items[r->n++] = n;
}

/* Nothing before the current token will be looked at again. */
static void forget(Peg *g) {
  for (uint32_t i = g->memo_from; i < g->at; i++) g->memo[i] = NULL;
  for (uint32_t i = g->at; i < g->p->fill; i++) g->memo[i] = NULL;
  g->memo_from = g->at;
  jmp_buf *on_oom = g->results.on_oom;
  arena_fini(&g->results);
  g->results.on_oom = on_oom;
}

/* -- Matching ---------------------------------------------------------------------------------------------------- */

static PegNode *match_alts(Peg *g, PegAlt *alts);
static PegNode *match_rule(Peg *g, PegRule *rule);

/* The current token, as CPython fetches it: reaching the lexer's error ends everything. */
static const Token *fetch(Peg *g) {
  Parser *p = g->p;
  if (g->at >= p->fill) p->fill = g->at + 1;
  const Token *t = &p->toks[g->at];
  if (t->type != T_ERROR) return t;
  raise_lex_error(p);
  g->failed = true;
  return NULL;
}

static PegNode *match_token(Peg *g, const Item *it) {
  const Token *t = fetch(g);
  if (!t) return NULL;
  bool ok = it->kind == I_TOKEN ? t->type == it->token : tok_is(g->p, g->at, it->text, it->text_n);
  if (!ok) return NULL;
  PegNode *n = peg_node(g, t->type == T_NAME && it->kind == I_TOKEN ? AST_Name : t->type == T_NUMBER ? AST_Constant : 0,
                        g->at, g->at + 1);
  g->at++;
  return n;
}

static PegNode *match_soft_any(Peg *g) {
  static const char *const words[] = {"match", "case", "_"};
  for (int i = 0; i < 3; i++) {
    Item it = {.kind = I_SOFT, .text = words[i], .text_n = (uint32_t)strlen(words[i])};
    PegNode *n = match_token(g, &it);
    if (n || g->failed) return n;
  }
  return NULL;
}

static bool enter(Peg *g) {
  if (g->level++ < PEG_MAX_LEVEL) return true;
  diag_memory_error(g->p->cc);
  g->failed = true;
  return false;
}

static PegNode *match_plain(Peg *g, const Item *it) {
  switch ((ItemKind)it->kind) {
    case I_TOKEN:
    case I_SOFT: return match_token(g, it);
    case I_SOFT_ANY: return match_soft_any(g);
    case I_RULE: return match_rule(g, it->rule);
    case I_GROUP: {
      PegNode *n = enter(g) ? match_alts(g, it->alts) : NULL;
      g->level--;
      return n;
    }
    case I_CUT: break;
  }
  return NULL;
}

/* item* item+ sep.item+ */
static PegNode *match_loop(Peg *g, const Item *it) {
  Row row = {0};
  uint32_t start = g->at;
  if (!enter(g)) return NULL;
  bool statements = g->level <= 3 && it->kind == I_RULE && !strcmp(it->rule->name, "statement");
  for (;;) {
    uint32_t before = g->at;
    if (it->mod == '.' && row.n) {
      const Token *t = fetch(g);
      if (!t) return NULL;
      if (t->type != it->sep) break;
      g->at++;
    }
    PegNode *n = match_plain(g, it);
    if (g->failed) return NULL;
    if (!n) {
      g->at = before;
      break;
    }
    if (statements) {
      forget(g);
      row = (Row){0};
      n = peg_node(g, 0, before, g->at);
    }
    row_push(g, &row, n);
  }
  g->level--;
  if (!row.n && it->mod != '*') return NULL;
  PegNode *n = peg_node(g, 0, start, g->at);
  set_kids(g, n, row.items, row.n);
  return n;
}

static PegNode *match_forced(Peg *g, const Item *it) {
  const Token *t = fetch(g);
  if (!t) return NULL;
  if (t->type == it->token) return match_token(g, it);
  raise_at(g->p, DIAG_SyntaxError, t->lineno, t->col_offset, t->end_lineno, t->end_col_offset, "expected '%s'",
           tok_spelling((TokType)it->token));
  g->failed = true;
  return NULL;
}

/* NULL: no match. Parts without a value are empty nodes. */
static PegNode *match_item(Peg *g, const Item *it) {
  uint32_t before = g->at;
  PegNode *n;
  switch (it->mod) {
    case 0: return match_plain(g, it);
    case '?':
      n = match_plain(g, it);
      if (n || g->failed) return n;
      g->at = before;
      return peg_node(g, 0, before, before);
    case '&':
    case '!':
      n = match_plain(g, it);
      g->at = before;
      if (g->failed || (n != NULL) != (it->mod == '&')) return NULL;
      return peg_node(g, 0, before, before);
    case 'f': return match_forced(g, it);
    default: return match_loop(g, it);
  }
}

static bool has_value(const Item *it) { return it->mod != '&' && it->mod != '!' && it->kind != I_CUT; }

static PegNode *finish(Peg *g, const PegAlt *alt, PegNode **parts, uint32_t n_parts, uint32_t start, PegNode *a,
                       PegNode *b) {
  if (!alt->action && n_parts == 1) return parts[0];
  PegNode *n = peg_node(g, 0, start, g->at);
  set_kids(g, n, parts, n_parts);
  return alt->action ? g->action(g, alt->action, n, a, b) : n;
}

static PegNode *match_alts(Peg *g, PegAlt *alts) {
  uint32_t start = g->at;
  for (const PegAlt *alt = alts; alt; alt = alt->next) {
    PegNode *parts[MAX_ITEMS], *a = NULL, *b = NULL;
    uint32_t n_parts = 0, i = 0;
    bool cut = false;
    if (!g->invalid_on && alt->items[0].kind == I_RULE && alt->items[0].rule->invalid) continue;
    for (; i < alt->n; i++) {
      const Item *it = &alt->items[i];
      if (it->kind == I_CUT) {
        cut = true;
        continue;
      }
      PegNode *n = match_item(g, it);
      if (g->failed) return NULL;
      if (!n) break;
      if (it->name == 'a') a = n;
      if (it->name == 'b') b = n;
      if (has_value(it)) parts[n_parts++] = n;
    }
    if (i == alt->n) {
      PegNode *n = finish(g, alt, parts, n_parts, start, a, b);
      return g->failed ? NULL : n;
    }
    g->at = start;
    if (cut) return NULL;
  }
  return NULL;
}

static PegNode *match_body(Peg *g, PegRule *rule) {
  if (!rule->alts) {
    const char *s = rule->text;
    rule->alts = read_alts(g, &s, 0);
  }
  return match_alts(g, rule->alts);
}

static PegMemo *find_memo(Peg *g, const PegRule *rule) {
  for (PegMemo *m = g->memo[g->at]; m; m = m->next)
    if (m->rule == rule) return m;
  return NULL;
}

static PegMemo *new_memo(Peg *g, const PegRule *rule, uint32_t at) {
  PegMemo *m = arena_alloc(&g->results, sizeof *m);
  m->rule = rule;
  m->end = at;
  m->next = g->memo[at];
  return g->memo[at] = m;
}

/* Matches again and again, each time with the previous, shorter result for the recursive use. */
static PegNode *match_left(Peg *g, PegRule *rule) {
  uint32_t start = g->at;
  PegMemo *m = new_memo(g, rule, start);
  for (;;) {
    g->at = start;
    PegNode *n = match_body(g, rule);
    if (g->failed) return NULL;
    if (!n || g->at <= m->end) break;
    m->node = n;
    m->end = g->at;
  }
  g->at = m->end;
  return m->node;
}

static PegNode *match_rule_inner(Peg *g, PegRule *rule) {
  if (rule->flags & F_MEMO) {
    fetch(g);
    if (g->failed) return NULL;
    PegMemo *m = find_memo(g, rule);
    if (m) {
      g->at = m->end;
      return m->node;
    }
    if (rule->flags & F_LEFT) return match_left(g, rule);
    uint32_t start = g->at;
    PegNode *n = match_body(g, rule);
    if (g->failed) return NULL;
    m = new_memo(g, rule, start);
    m->node = n;
    m->end = g->at;
    return n;
  }
  if (rule->flags & F_NO_INVALID) {
    bool was_on = g->invalid_on;
    g->invalid_on = false;
    PegNode *n = match_body(g, rule);
    g->invalid_on = was_on;
    return n;
  }
  return match_body(g, rule);
}

static PegNode *match_rule(Peg *g, PegRule *rule) {
  if (rule->invalid && !g->invalid_on) return NULL;
  if (!enter(g)) return NULL;
  PegNode *n = match_rule_inner(g, rule);
  g->level--;
  return n;
}

/* -- Entry points -------------------------------------------------------------------------------------------------- */

void peg_init(Peg *g, Parser *p, PegAction *action) {
  *g = (Peg){.p = p, .action = action};
  g->grammar.on_oom = g->results.on_oom = p->cc->arena.on_oom;
  g->rules = arena_alloc(&g->grammar, N_RULES * sizeof *g->rules);
  for (int i = 0; i < N_RULES; i++)
    g->rules[i] = (PegRule){.name = rule_table[i].name, .text = rule_table[i].text, .flags = rule_table[i].flags,
                            .invalid = !strncmp(rule_table[i].name, "invalid_", 8)};
  g->memo = arena_alloc(&p->cc->arena, (p->n_toks + 1) * sizeof *g->memo);
}

void peg_fini(Peg *g) {
  arena_fini(&g->grammar);
  arena_fini(&g->results);
}

PegNode *peg_match(Peg *g, const char *rule, bool invalid_on) {
  g->at = 0;
  forget(g);
  g->level = 0;
  g->failed = false;
  g->invalid_on = invalid_on;
  return match_rule(g, find_rule(g, rule, strlen(rule)));
}
