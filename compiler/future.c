/* future.c: `from __future__ import ...` at the head of a module. Only annotations (and the lexer's own FLUFL) still change anything. */
#include "compiler/lower.h"

static int feature(Compile *cc, AstNode *at, const char *name) {
  static const char *const known[] = {"nested_scopes", "generators", "division", "absolute_import", "with_statement", "print_function",
                                      "unicode_literals", "generator_stop"};
  if (!strcmp(name, "annotations")) return CO_FUTURE_ANNOTATIONS;
  if (!strcmp(name, "barry_as_FLUFL")) return CO_FUTURE_BARRY_AS_BDFL;
  for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(name, known[i])) return 0;
  if (!strcmp(name, "braces")) diag_at(cc, DIAG_SyntaxError, at->pos.lineno, at->pos.col_offset, at->pos.lineno, -1, "not a chance");
  else diag_at(cc, DIAG_SyntaxError, at->pos.lineno, at->pos.col_offset, at->pos.lineno, -1, "future feature %.100s is not defined", name);
  return 0;
}

static bool is_docstring(const AstNode *n) {
  if (n->kind != AST_Expr) return false;
  const AstNode *e = ast_as(Expr, n)->value;
  return e->kind == AST_Constant && ast_as(Constant, e)->value.kind == CONST_STR;
}

int future_flags(Compile *cc, AstNode *mod, int *last_line) {
  AstSeq body;
  *last_line = -1;
  if (mod->kind == AST_Module) body = ast_as(Module, mod)->body;
  else if (mod->kind == AST_Interactive) body = ast_as(Interactive, mod)->body;
  else return 0;
  int flags = 0, prev_line = 0;
  bool done = false;
  for (uint32_t i = body.n && is_docstring(body.items[0]) ? 1 : 0; i < body.n && !cc->error; i++) {
    AstNode *n = body.items[i];
    if (done && n->pos.lineno > prev_line) break;
    prev_line = n->pos.lineno;
    AstImportFrom *f = n->kind == AST_ImportFrom ? ast_as(ImportFrom, n) : NULL;
    if (!f || f->level > 0 || !f->module || strcmp(f->module->s, "__future__")) {
      done = true;
      continue;
    }
    if (done) {
      diag_at(cc, DIAG_SyntaxError, n->pos.lineno, n->pos.col_offset, n->pos.lineno, -1, "from __future__ imports must occur at the beginning of the file");
      break;
    }
    for (uint32_t k = 0; k < f->names.n && !cc->error; k++) flags |= feature(cc, n, ast_as(alias, f->names.items[k])->name->s);
    *last_line = n->pos.lineno;
  }
  return flags;
}
