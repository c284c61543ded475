/* lower.c: the driver of lowering: entry points, module bodies, failure. */
#include "compiler/lower.h"

#include <stdarg.h>

#include "compiler/lower_impl.h"
#include "runtime/context.h"
#include "runtime/exc.h"
#include "runtime/names.h"

/* -- Failure ------------------------------------------------------------------------------------------------------- */

void lower_fail(Lower *L) { longjmp(L->failed, 1); }

void lower_error(Lower *L, AstPos p, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char msg[512];
  vsnprintf(msg, sizeof msg, fmt, ap);
  va_end(ap);
  diag_at(L->cc, DIAG_SyntaxError, p.lineno, p.col_offset, p.end_lineno, p.end_col_offset, "%s", msg);
  lower_fail(L);
}

void lower_warn(Lower *L, AstPos p, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char msg[512];
  vsnprintf(msg, sizeof msg, fmt, ap);
  va_end(ap);
  /* finally suites are written several times */
  for (Diag *d = L->cc->warnings; d; d = d->next)
    if (d->lineno == p.lineno && !strcmp(d->msg, msg)) return;
  diag_warn(L->cc, DIAG_SyntaxWarning, p.lineno, "%s", msg);
}

Value lower_pin(Lower *L, Value v) {
  if (v == EMPTY) lower_fail(L);
  if (is_object(v) && list_append(L->th, L->pins, v) < 0) lower_fail(L);
  return v;
}

/* Lowering recurses as deep as the tree: leave room for the rest of the runtime. */
void lower_check_depth(Lower *L) {
  if ((char *)__builtin_frame_address(0) > L->th->stack_limit) return;
  diag_at(L->cc, DIAG_RecursionError, 0, -1, 0, -1, "maximum recursion depth exceeded during compilation");
  lower_fail(L);
}

/* -- Modules -------------------------------------------------------------------------------------------------------- */

static bool has_annotations(AstSeq body);

static bool stmt_has_annotations(AstNode *n) {
  switch (n->kind) {
    case AST_AnnAssign: return true;
    case AST_For: return has_annotations(ast_as(For, n)->body) || has_annotations(ast_as(For, n)->orelse);
    case AST_AsyncFor: return has_annotations(ast_as(AsyncFor, n)->body) || has_annotations(ast_as(AsyncFor, n)->orelse);
    case AST_While: return has_annotations(ast_as(While, n)->body) || has_annotations(ast_as(While, n)->orelse);
    case AST_If: return has_annotations(ast_as(If, n)->body) || has_annotations(ast_as(If, n)->orelse);
    case AST_With: return has_annotations(ast_as(With, n)->body);
    case AST_AsyncWith: return has_annotations(ast_as(AsyncWith, n)->body);
    case AST_Match:
      for (uint32_t i = 0; i < ast_as(Match, n)->cases.n; i++)
        if (has_annotations(ast_as(match_case, ast_as(Match, n)->cases.items[i])->body)) return true;
      return false;
    case AST_Try:
    case AST_TryStar: {
      _Static_assert(offsetof(AstTry, body) == offsetof(AstTryStar, body), "same fields");
      AstTry *t = (AstTry *)n;
      for (uint32_t i = 0; i < t->handlers.n; i++)
        if (has_annotations(ast_as(ExceptHandler, t->handlers.items[i])->body)) return true;
      return has_annotations(t->body) || has_annotations(t->orelse) || has_annotations(t->finalbody);
    }
    default: return false;
  }
}
static bool has_annotations(AstSeq body) {
  for (uint32_t i = 0; i < body.n; i++)
    if (stmt_has_annotations(body.items[i])) return true;
  return false;
}

/* Module and class bodies: __annotations__ and __doc__, then the statements. */
void namespace_body(Lower *L, AstSeq body) {
  if (has_annotations(body)) EMIT(SETUP_ANNOTATIONS);
  uint32_t first = 0;
  if (body.n && body.items[0]->kind == AST_Expr && !(L->flags & LOWER_NO_DOCSTRINGS)) {
    AstNode *e = ast_as(Expr, body.items[0])->value;
    if (e->kind == AST_Constant && ast_as(Constant, e)->value.kind == CONST_STR) {
      Reg mark = temp_mark(L);
      L->unit->pos = e->pos;
      L->unit->doc = const_value(L, &ast_as(Constant, e)->value);
      const_index(L, L->unit->doc);
      Reg r = temp(L);
      load_const(L, r, L->unit->doc);
      name_store(L, L->id_doc, r);
      temp_release(L, mark);
      first = 1;
    }
  }
  for (uint32_t i = first; i < body.n; i++) stmt(L, body.items[i]);
}

static Code *module_code(Lower *L, AstNode *mod) {
  unit_begin(L, UNIT_MODULE, mod, NULL, 1);
  L->unit->pos = (AstPos){1, 0, 1, 0};
  if (mod->kind == AST_Expression) {
    Reg r = expr(L, ast_as(Expression, mod)->body, ANY);
    EMIT(RETURN, .a = (uint16_t)r);
    return unit_end(L);
  }
  if (mod->kind == AST_Interactive) {
    AstSeq body = ast_as(Interactive, mod)->body;
    if (has_annotations(body)) EMIT(SETUP_ANNOTATIONS);
    stmts(L, body);
  } else {
    namespace_body(L, ast_as(Module, mod)->body);
  }
  Reg r = temp(L);
  EMIT(LOAD_NONE, .a = (uint16_t)r);
  EMIT(RETURN, .a = (uint16_t)r);
  return unit_end(L);
}

Code *compile_module(RpThread *th, Compile *cc, AstNode *mod, Str *filename, CompileMode mode, int flags) {
  Lower L = {.th = th, .cc = cc, .filename = filename, .mode = mode};
  L.flags = flags | future_flags(cc, mod, &L.future_line);
  L.pins = list_new(th, 64);
  if (!L.pins) return NULL;
#define ID(field, text) L.field = name_intern(cc, text, sizeof text - 1)
  ID(id_class, "__class__"), ID(id_classcell, "__classcell__"), ID(id_module, "__module__"), ID(id_name, "__name__");
  ID(id_qualname, "__qualname__"), ID(id_doc, "__doc__"), ID(id_annotations, "__annotations__"), ID(id_debug, "__debug__");
  ID(id_dot0, ".0"), ID(id_empty, "");
#undef ID
  if (!cc->error && (L.scopes = scope_build(cc, mod, L.flags & CO_FUTURE_ANNOTATIONS)) && !setjmp(L.failed)) {
    L.fold_state = arena_alloc(&cc->arena, cc->n_nodes + 1);
    L.fold_value = arena_alloc(&cc->arena, (cc->n_nodes + 1) * sizeof(Value));
    return module_code(&L, mod);
  }
  if (!th->pending && cc->error) compile_raise(th, cc);
  return NULL;
}
