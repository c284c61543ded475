/* scope.c: see scope.h. Two walks: scan() collects what each scope does with each name; resolve() finds where each name lives. */
#include "compiler/scope.h"

#include <setjmp.h>
#include <stdlib.h>

enum { MAX_DEPTH = 3000 }; /* nesting of nodes; CPython: three times the recursion limit */

typedef struct Scan {
  Compile *cc;
  ScopeTable *table;
  Scope *cur;
  AstIdent *id_super, *id_class, *id_dot0, *id_lambda, *id_listcomp, *id_setcomp, *id_dictcomp, *id_genexpr;
  bool future_annotations;
  int depth;
  jmp_buf failed;
} Scan;

static void visit(Scan *s, AstNode *n);

/* -- Small tools ------------------------------------------------------------------------------------------------ */

static uint32_t ident_slot(const IdentSet *s, const AstIdent *name) {
  uint32_t i = (name->id * 2654435761u) & (s->cap - 1);
  while (s->names[i] && s->names[i] != name) i = (i + 1) & (s->cap - 1);
  return i;
}

void *ident_get(const IdentSet *s, const AstIdent *name) {
  if (!s->cap) return NULL;
  uint32_t i = ident_slot(s, name);
  return s->names[i] ? s->values[i] : NULL;
}

void ident_put(Compile *cc, IdentSet *s, AstIdent *name, void *value) {
  if ((s->n + 1) * 4 > s->cap * 3) {
    IdentSet old = *s;
    s->cap = old.cap ? old.cap * 2 : 8;
    s->names = arena_alloc(&cc->arena, s->cap * sizeof *s->names);
    s->values = arena_alloc(&cc->arena, s->cap * sizeof *s->values);
    for (uint32_t i = 0; i < old.cap; i++) {
      if (!old.names[i]) continue;
      uint32_t k = ident_slot(s, old.names[i]);
      s->names[k] = old.names[i];
      s->values[k] = old.values[i];
    }
  }
  uint32_t i = ident_slot(s, name);
  if (!s->names[i]) s->n++;
  s->names[i] = name;
  s->values[i] = value;
}

AstIdent *scope_mangle(Compile *cc, AstIdent *class_name, AstIdent *name) {
  if (!class_name || name->n < 3 || name->s[0] != '_' || name->s[1] != '_') return name;
  if (name->s[name->n - 1] == '_' && name->s[name->n - 2] == '_') return name;
  if (memchr(name->s, '.', name->n)) return name;
  const char *c = class_name->s;
  while (*c == '_') c++;
  if (!*c) return name;
  char *m = arena_printf(&cc->arena, "_%s%s", c, name->s);
  return name_intern(cc, m, strlen(m));
}

Symbol *scope_find(const Scope *s, const AstIdent *mangled) { return ident_get(&s->symbols, mangled); }

static __attribute__((noreturn)) void give_up(Scan *s) { longjmp(s->failed, 1); }

#define error_at(s, p, ...)                                                                              \
  (diag_at((s)->cc, DIAG_SyntaxError, (p).lineno, (p).col_offset, (p).end_lineno, (p).end_col_offset, __VA_ARGS__), give_up(s))

/* -- Scopes and symbols ------------------------------------------------------------------------------------------- */

static Symbol *symbol_get(Scan *s, Scope *sc, AstIdent *mangled) {
  Symbol *y = scope_find(sc, mangled);
  if (y) return y;
  y = arena_alloc(&s->cc->arena, sizeof *y);
  y->name = mangled;
  y->reg = SYMBOL_NO_REG;
  ident_put(s->cc, &sc->symbols, mangled, y);
  if (sc->last) sc->last->next = y;
  else sc->first = y;
  return sc->last = y;
}

static void define_in(Scan *s, Scope *sc, AstIdent *name, int flags, AstPos pos) {
  Symbol *y = symbol_get(s, sc, scope_mangle(s->cc, sc->private_name, name));
  if (flags & y->flags & SYM_PARAM) error_at(s, pos, "duplicate argument '%s' in function definition", name->s);
  if (sc->in_iter_target) {
    if (y->flags & (SYM_GLOBAL | SYM_NONLOCAL))
      error_at(s, pos, "comprehension inner loop cannot rebind assignment expression target '%s'", name->s);
    flags |= SYM_COMP_ITER;
  }
  if (flags & SYM_PARAM) y->index = (uint16_t)sc->n_params++;
  y->flags |= (uint16_t)flags;
}
static void define(Scan *s, AstIdent *name, int flags, AstPos pos) { define_in(s, s->cur, name, flags, pos); }

static Scope *scope_new(Scan *s, ScopeKind kind, AstNode *node, AstIdent *name) {
  Scope *sc = arena_alloc(&s->cc->arena, sizeof *sc), *up = s->cur;
  sc->kind = (uint8_t)kind;
  sc->node = node;
  sc->name = name;
  sc->parent = up;
  if (!up) return sc;
  sc->private_name = up->private_name;
  sc->nested = up->nested || up->kind == SCOPE_FUNCTION;
  sc->in_iter_expr = up->in_iter_expr;
  if (kind == SCOPE_ANNOTATION) return sc; /* names in it do not count: nobody resolves it */
  if (up->last_child) up->last_child->next = sc;
  else up->first_child = sc;
  up->last_child = sc;
  s->table->by_node[node->id] = sc;
  return sc;
}
static void enter(Scan *s, ScopeKind kind, AstNode *node, AstIdent *name) { s->cur = scope_new(s, kind, node, name); }
static void leave(Scan *s) { s->cur = s->cur->parent; }

/* -- Scan: what the text does ---------------------------------------------------------------------------------------- */

static void visit_seq(Scan *s, AstSeq seq) {
  for (uint32_t i = 0; i < seq.n; i++)
    if (seq.items[i]) visit(s, seq.items[i]);
}
static void visit_opt(Scan *s, AstNode *n) {
  if (n) visit(s, n);
}
static int visit_child(AstNode *n, void *s) {
  visit(s, n);
  return 0;
}

static void annotation(Scan *s, AstNode *n) {
  if (!n) return;
  if (s->future_annotations) enter(s, SCOPE_ANNOTATION, n, NULL);
  visit(s, n);
  if (s->future_annotations) leave(s);
}

static void annotations_of(Scan *s, AstSeq args) {
  for (uint32_t i = 0; i < args.n; i++) annotation(s, ast_as(arg, args.items[i])->annotation);
}

static void parameter(Scan *s, AstNode *n) {
  if (n) define(s, ast_as(arg, n)->arg, SYM_PARAM, n->pos);
}
static void parameter_list(Scan *s, AstSeq args) {
  for (uint32_t i = 0; i < args.n; i++) parameter(s, args.items[i]);
}
static void parameters_of(Scan *s, Astarguments *a) {
  parameter_list(s, a->posonlyargs);
  parameter_list(s, a->args);
  parameter_list(s, a->kwonlyargs);
  parameter(s, a->vararg);
  parameter(s, a->kwarg);
}

static void function(Scan *s, AstNode *n, AstIdent *name, AstNode *args, AstSeq body, AstSeq decorators, AstNode *returns, bool async) {
  Astarguments *a = ast_as(arguments, args);
  define(s, name, SYM_LOCAL, n->pos);
  visit_seq(s, a->defaults);
  visit_seq(s, a->kw_defaults);
  annotations_of(s, a->posonlyargs);
  annotations_of(s, a->args);
  if (a->vararg) annotation(s, ast_as(arg, a->vararg)->annotation);
  if (a->kwarg) annotation(s, ast_as(arg, a->kwarg)->annotation);
  annotations_of(s, a->kwonlyargs);
  annotation(s, returns);
  visit_seq(s, decorators);
  enter(s, SCOPE_FUNCTION, n, name);
  s->cur->is_coroutine = async;
  if (s->cur->parent->kind == SCOPE_CLASS) {
    AstSeq first = a->posonlyargs.n ? a->posonlyargs : a->args;
    if (first.n) s->cur->self_name = ast_as(arg, first.items[0])->arg;
  }
  parameters_of(s, a);
  visit_seq(s, body);
  leave(s);
}

static void lambda(Scan *s, AstNode *n) {
  Astarguments *a = ast_as(arguments, ast_as(Lambda, n)->args);
  visit_seq(s, a->defaults);
  visit_seq(s, a->kw_defaults);
  enter(s, SCOPE_FUNCTION, n, s->id_lambda);
  parameters_of(s, a);
  visit(s, ast_as(Lambda, n)->body);
  leave(s);
}

static void class(Scan *s, AstNode *n) {
  AstClassDef *c = ast_as(ClassDef, n);
  define(s, c->name, SYM_LOCAL, n->pos);
  visit_seq(s, c->bases);
  visit_seq(s, c->keywords);
  visit_seq(s, c->decorator_list);
  enter(s, SCOPE_CLASS, n, c->name);
  s->cur->private_name = c->name;
  visit_seq(s, c->body);
  leave(s);
}

static void comp_target(Scan *s, AstNode *target) {
  s->cur->in_iter_target = true;
  visit(s, target);
  s->cur->in_iter_target = false;
}

static void comp_iter(Scan *s, AstNode *iter) {
  s->cur->in_iter_expr++;
  visit(s, iter);
  s->cur->in_iter_expr--;
}

/* The first iterable belongs to the enclosing scope, all the rest to a function of one argument named ".0". */
static void comprehension(Scan *s, AstNode *n, ScopeComp kind, AstIdent *name, AstSeq generators, AstNode *elt, AstNode *value) {
  Astcomprehension *first = ast_as(comprehension, generators.items[0]);
  comp_iter(s, first->iter);
  enter(s, SCOPE_FUNCTION, n, name);
  s->cur->comp = (uint8_t)kind;
  if (first->is_async) s->cur->is_coroutine = true;
  define(s, s->id_dot0, SYM_PARAM, n->pos);
  comp_target(s, first->target);
  visit_seq(s, first->ifs);
  for (uint32_t i = 1; i < generators.n; i++) {
    Astcomprehension *g = ast_as(comprehension, generators.items[i]);
    comp_target(s, g->target);
    comp_iter(s, g->iter);
    visit_seq(s, g->ifs);
    if (g->is_async) s->cur->is_coroutine = true;
  }
  visit_opt(s, value);
  visit(s, elt);
  s->cur->is_generator = kind == COMP_GENERATOR;
  bool async = s->cur->is_coroutine && kind != COMP_GENERATOR;
  leave(s);
  if (async) s->cur->is_coroutine = true;
}

static void refuse_in_annotation(Scan *s, AstNode *n, const char *what) {
  if (s->cur->kind == SCOPE_ANNOTATION) error_at(s, n->pos, "'%s' can not be used within an annotation", what);
}

static void declare(Scan *s, Scope *sc, AstIdent *name, int flag, AstPos pos) {
  define_in(s, sc, name, flag, pos);
  Symbol *y = scope_find(sc, scope_mangle(s->cc, sc->private_name, name));
  if (!y->directive.lineno) y->directive = pos;
}

/* := inside a comprehension binds in the nearest scope that is none. */
static void walrus_target_scope(Scan *s, AstNode *target) {
  AstIdent *name = ast_as(Name, target)->id;
  for (Scope *sc = s->cur; sc; sc = sc->parent) {
    Symbol *y = scope_find(sc, scope_mangle(s->cc, sc->private_name, name));
    int flags = y ? y->flags : 0;
    if (sc->comp) {
      if (flags & SYM_COMP_ITER && flags & SYM_LOCAL)
        error_at(s, target->pos, "assignment expression cannot rebind comprehension iteration variable '%s'", name->s);
    } else if (sc->kind == SCOPE_FUNCTION) {
      declare(s, s->cur, name, flags & SYM_GLOBAL ? SYM_GLOBAL : SYM_NONLOCAL, target->pos);
      define_in(s, sc, name, SYM_LOCAL, target->pos);
      return;
    } else if (sc->kind == SCOPE_MODULE) {
      declare(s, s->cur, name, SYM_GLOBAL, target->pos);
      define_in(s, sc, name, SYM_GLOBAL, target->pos);
      return;
    } else if (sc->kind == SCOPE_CLASS) {
      error_at(s, target->pos, "assignment expression within a comprehension cannot be used in a class body");
    }
  }
}

static void walrus(Scan *s, AstNode *n) {
  AstNamedExpr *e = ast_as(NamedExpr, n);
  refuse_in_annotation(s, n, "named expression");
  if (s->cur->in_iter_expr)
    error_at(s, n->pos, "assignment expression cannot be used in a comprehension iterable expression");
  if (s->cur->comp) walrus_target_scope(s, e->target);
  else s->cur->has_walrus = true;
  visit(s, e->value);
  visit(s, e->target);
}

static void yield(Scan *s, AstNode *n, AstNode *value) {
  static const char *const where[] = {"", "list comprehension", "set comprehension", "dict comprehension", "generator expression"};
  refuse_in_annotation(s, n, "yield expression");
  visit_opt(s, value);
  s->cur->is_generator = true;
  if (s->cur->comp) error_at(s, n->pos, "'yield' inside %s", where[s->cur->comp]);
}

static void global_or_nonlocal(Scan *s, AstNode *n, AstIdents names, int flag) {
  const char *word = flag == SYM_GLOBAL ? "global" : "nonlocal";
  for (uint32_t i = 0; i < names.n; i++) {
    AstIdent *name = names.items[i];
    Symbol *y = scope_find(s->cur, scope_mangle(s->cc, s->cur->private_name, name));
    int f = y ? y->flags : 0;
    if (f & SYM_PARAM) error_at(s, n->pos, "name '%s' is parameter and %s", name->s, word);
    if (f & SYM_USE) error_at(s, n->pos, "name '%s' is used prior to %s declaration", name->s, word);
    if (f & SYM_ANNOT) error_at(s, n->pos, "annotated name '%s' can't be %s", name->s, word);
    if (f & SYM_LOCAL) error_at(s, n->pos, "name '%s' is assigned to before %s declaration", name->s, word);
    declare(s, s->cur, name, flag, n->pos);
  }
}

static void annotated(Scan *s, AstNode *n) {
  AstAnnAssign *a = ast_as(AnnAssign, n);
  if (a->target->kind == AST_Name) {
    AstIdent *name = ast_as(Name, a->target)->id;
    Symbol *y = scope_find(s->cur, scope_mangle(s->cc, s->cur->private_name, name));
    if (y && y->flags & (SYM_GLOBAL | SYM_NONLOCAL) && s->cur->kind != SCOPE_MODULE && a->simple)
      error_at(s, n->pos, "annotated name '%s' can't be %s", name->s, y->flags & SYM_GLOBAL ? "global" : "nonlocal");
    if (a->simple) define(s, name, SYM_ANNOT | SYM_LOCAL, a->target->pos);
    else if (a->value) define(s, name, SYM_LOCAL, a->target->pos);
  } else {
    visit(s, a->target);
  }
  annotation(s, a->annotation);
  visit_opt(s, a->value);
}

static void import_alias(Scan *s, AstNode *n) {
  Astalias *a = ast_as(alias, n);
  AstIdent *name = a->asname ? a->asname : a->name;
  if (!strcmp(name->s, "*")) {
    if (s->cur->kind != SCOPE_MODULE) error_at(s, n->pos, "import * only allowed at module level");
    return;
  }
  const char *dot = a->asname ? NULL : strchr(name->s, '.');
  if (dot) name = name_intern(s->cc, name->s, (size_t)(dot - name->s));
  define(s, name, SYM_IMPORT, n->pos);
}

static void name(Scan *s, AstNode *n) {
  AstName *e = ast_as(Name, n);
  int flags = e->ctx == ASTOP_Load ? SYM_USE : e->ctx == ASTOP_Del ? SYM_LOCAL | SYM_DELETED : SYM_LOCAL;
  define(s, e->id, flags, n->pos);
  /* super() without arguments finds its class through the cell __class__. */
  if (e->ctx == ASTOP_Load && s->cur->kind == SCOPE_FUNCTION && e->id == s->id_super) define(s, s->id_class, SYM_USE, n->pos);
}

static void attribute(Scan *s, AstNode *n) {
  AstAttribute *e = ast_as(Attribute, n);
  visit(s, e->value);
  AstIdent *self = s->cur->self_name;
  if (self && e->ctx == ASTOP_Store && e->value->kind == AST_Name && ast_as(Name, e->value)->id == self)
    ident_put(s->cc, &s->cur->parent->self_attrs, e->attr, e->attr);
}

#define COMP(Kind, KIND, id, elt, value)                                               \
  case AST_##Kind: {                                                                   \
    Ast##Kind *e = ast_as(Kind, n);                                                    \
    comprehension(s, n, KIND, id, e->generators, elt, value);                          \
    break;                                                                             \
  }

static void visit(Scan *s, AstNode *n) {
  if (++s->depth > MAX_DEPTH) {
    diag_at(s->cc, DIAG_RecursionError, 0, -1, 0, -1, "maximum recursion depth exceeded during compilation");
    give_up(s);
  }
  switch (n->kind) {
    case AST_FunctionDef: {
      AstFunctionDef *f = ast_as(FunctionDef, n);
      function(s, n, f->name, f->args, f->body, f->decorator_list, f->returns, false);
      break;
    }
    case AST_AsyncFunctionDef: {
      AstAsyncFunctionDef *f = ast_as(AsyncFunctionDef, n);
      function(s, n, f->name, f->args, f->body, f->decorator_list, f->returns, true);
      break;
    }
    case AST_ClassDef: class(s, n); break;
    case AST_Lambda: lambda(s, n); break;
    case AST_AnnAssign: annotated(s, n); break;
    case AST_Global: global_or_nonlocal(s, n, ast_as(Global, n)->names, SYM_GLOBAL); break;
    case AST_Nonlocal: global_or_nonlocal(s, n, ast_as(Nonlocal, n)->names, SYM_NONLOCAL); break;
    case AST_alias: import_alias(s, n); break;
    case AST_Try: {
      AstTry *t = ast_as(Try, n);
      visit_seq(s, t->body), visit_seq(s, t->orelse), visit_seq(s, t->handlers), visit_seq(s, t->finalbody);
      break;
    }
    case AST_TryStar: {
      AstTryStar *t = ast_as(TryStar, n);
      visit_seq(s, t->body), visit_seq(s, t->orelse), visit_seq(s, t->handlers), visit_seq(s, t->finalbody);
      break;
    }
    case AST_ExceptHandler: {
      AstExceptHandler *h = ast_as(ExceptHandler, n);
      visit_opt(s, h->type);
      if (h->name) define(s, h->name, SYM_LOCAL | SYM_DELETED, n->pos);
      visit_seq(s, h->body);
      break;
    }
    case AST_MatchStar:
      if (ast_as(MatchStar, n)->name) define(s, ast_as(MatchStar, n)->name, SYM_LOCAL, n->pos);
      break;
    case AST_MatchAs:
      visit_opt(s, ast_as(MatchAs, n)->pattern);
      if (ast_as(MatchAs, n)->name) define(s, ast_as(MatchAs, n)->name, SYM_LOCAL, n->pos);
      break;
    case AST_MatchMapping:
      ast_children(n, visit_child, s);
      if (ast_as(MatchMapping, n)->rest) define(s, ast_as(MatchMapping, n)->rest, SYM_LOCAL, n->pos);
      break;
    case AST_NamedExpr: walrus(s, n); break;
    case AST_Yield: yield(s, n, ast_as(Yield, n)->value); break;
    case AST_YieldFrom: yield(s, n, ast_as(YieldFrom, n)->value); break;
    case AST_Await:
      refuse_in_annotation(s, n, "await expression");
      visit(s, ast_as(Await, n)->value);
      s->cur->is_coroutine = true;
      break;
    case AST_Name: name(s, n); break;
    case AST_Attribute: attribute(s, n); break;
    COMP(ListComp, COMP_LIST, s->id_listcomp, e->elt, NULL)
    COMP(SetComp, COMP_SET, s->id_setcomp, e->elt, NULL)
    COMP(DictComp, COMP_DICT, s->id_dictcomp, e->key, e->value)
    COMP(GeneratorExp, COMP_GENERATOR, s->id_genexpr, e->elt, NULL)
    default: ast_children(n, visit_child, s); break;
  }
  s->depth--;
}

/* -- Resolve: where each name lives ------------------------------------------------------------------------------------ */

/* The enclosing function scope (or class, for __class__) that owns `name` as seen from inside of sc; NULL: it is global. */
static Scope *owner_of(Scan *s, Scope *sc, AstIdent *name) {
  for (Scope *p = sc->parent; p; p = p->parent) {
    if (p->kind == SCOPE_CLASS && name == s->id_class) return p;
    if (p->kind != SCOPE_FUNCTION) continue;
    Symbol *y = scope_find(p, name);
    if (!y) continue;
    if (y->flags & SYM_GLOBAL) return NULL;
    if (y->flags & SYM_NONLOCAL) continue;
    if (y->flags & SYM_BOUND) return p;
  }
  return NULL;
}

/* Makes `name` of `owner` reach sc: a cell there, a free variable in every scope between. */
static void capture(Scan *s, Scope *sc, Scope *owner, AstIdent *name) {
  if (owner->kind == SCOPE_CLASS) owner->needs_class_cell = true;
  else scope_find(owner, name)->place = PLACE_CELL;
  for (Scope *p = sc->parent; p != owner; p = p->parent) {
    Symbol *y = symbol_get(s, p, name);
    /* A class that binds the name itself still passes the outer one through. */
    if (p->kind == SCOPE_CLASS && y->flags & (SYM_BOUND | SYM_GLOBAL) && !(y->flags & SYM_NONLOCAL)) y->class_free = true;
    else y->place = PLACE_FREE;
  }
}

static void resolve_symbol(Scan *s, Scope *sc, Symbol *y) {
  if (y->flags & SYM_GLOBAL) {
    if (y->flags & SYM_NONLOCAL) error_at(s, y->directive, "name '%s' is nonlocal and global", y->name->s);
    y->place = PLACE_GLOBAL_EXPLICIT;
    return;
  }
  Scope *owner;
  if (y->flags & SYM_NONLOCAL) {
    if (!sc->parent) error_at(s, y->directive, "nonlocal declaration not allowed at module level");
    owner = owner_of(s, sc, y->name);
    if (!owner) error_at(s, y->directive, "no binding for nonlocal '%s' found", y->name->s);
  } else if (y->flags & SYM_BOUND) {
    if (y->place != PLACE_CELL) y->place = PLACE_LOCAL;
    return;
  } else {
    owner = owner_of(s, sc, y->name);
  }
  if (!owner) {
    if (y->place != PLACE_FREE) y->place = PLACE_GLOBAL_IMPLICIT;
    return;
  }
  y->place = PLACE_FREE;
  capture(s, sc, owner, y->name);
}

static void resolve(Scan *s, Scope *sc) {
  for (Symbol *y = sc->first; y; y = y->next) resolve_symbol(s, sc, y);
  for (Scope *c = sc->first_child; c; c = c->next) resolve(s, c);
}

ScopeTable *scope_build(Compile *cc, AstNode *module, bool future_annotations) {
  Scan *s = arena_alloc(&cc->arena, sizeof *s);
  s->cc = cc;
  s->future_annotations = future_annotations;
  s->table = arena_alloc(&cc->arena, sizeof *s->table);
  s->table->n_nodes = cc->n_nodes;
  s->table->by_node = arena_alloc(&cc->arena, (cc->n_nodes + 1) * sizeof(Scope *));
#define ID(field, text) s->field = name_intern(cc, text, sizeof text - 1)
  ID(id_super, "super"), ID(id_class, "__class__"), ID(id_dot0, ".0"), ID(id_lambda, "<lambda>"), ID(id_listcomp, "<listcomp>");
  ID(id_setcomp, "<setcomp>"), ID(id_dictcomp, "<dictcomp>"), ID(id_genexpr, "<genexpr>");
#undef ID
  if (setjmp(s->failed)) return NULL;
  s->cur = s->table->module = scope_new(s, SCOPE_MODULE, module, NULL);
  s->table->by_node[module->id] = s->cur;
  ast_children(module, visit_child, s);
  resolve(s, s->table->module);
  return s->table;
}

/* -- Lists and dump ------------------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) { return strcmp((*(Symbol *const *)a)->name->s, (*(Symbol *const *)b)->name->s); }

static Symbol **pick(Compile *cc, const Scope *s, bool cells, uint32_t *n) {
  *n = 0;
#define WANTED(y) (cells ? (y)->place == PLACE_CELL : (y)->place == PLACE_FREE || (y)->class_free)
  for (Symbol *y = s->first; y; y = y->next) *n += WANTED(y);
  Symbol **out = arena_alloc(&cc->arena, (*n + 1) * sizeof *out);
  uint32_t i = 0;
  for (Symbol *y = s->first; y; y = y->next)
    if (WANTED(y)) out[i++] = y;
#undef WANTED
  qsort(out, *n, sizeof *out, by_name);
  return out;
}
Symbol **scope_cells(Compile *cc, const Scope *s, uint32_t *n) { return pick(cc, s, true, n); }
Symbol **scope_frees(Compile *cc, const Scope *s, uint32_t *n) { return pick(cc, s, false, n); }

static void put(TextBuf *out, const char *s) { text_put(out, s, strlen(s)); }

static void dump(TextBuf *out, const Scope *s, int indent) {
  static const char *const kinds[] = {"module", "class", "function", "annotation"};
  static const char *const places[] = {"local", "cell", "free", "global", "implicit"};
  static const char *const flags[] = {"bound", "param", "use", "global", "nonlocal", "import", "annotated", "iteration", "deleted"};
  for (int i = 0; i < indent; i++) put(out, "  ");
  put(out, kinds[s->kind]);
  if (s->name) put(out, " "), put(out, s->name->s);
  if (s->is_generator) put(out, " generator");
  if (s->is_coroutine) put(out, " coroutine");
  if (s->needs_class_cell) put(out, " class-cell");
  put(out, "\n");
  for (const Symbol *y = s->first; y; y = y->next) {
    for (int i = 0; i <= indent; i++) put(out, "  ");
    put(out, y->name->s), put(out, ": "), put(out, places[y->place]);
    for (unsigned f = 0; f < sizeof flags / sizeof *flags; f++)
      if (y->flags >> f & 1) put(out, " "), put(out, flags[f]);
    put(out, "\n");
  }
  for (const Scope *c = s->first_child; c; c = c->next) dump(out, c, indent + 1);
}
void scope_dump(TextBuf *out, const Scope *s) { dump(out, s, 0); }
