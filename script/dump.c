/* dump.c: see dump.h. */
#include "script/dump.h"
#include <string.h>
#include "compiler/lower.h"
#include "compiler/parse.h"
#include "compiler/scope.h"
#include "runtime/context.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static void put(TextBuf *out) {
  fwrite(out->s, 1, out->n, stdout);
  if (out->n && out->s[out->n - 1] != '\n') putchar('\n');
  text_fini(out);
}

/* The stages that need no context. -1: the source is wrong, said on stderr. */
static int dump_front(const char *stage, size_t len, const char *src, size_t n, const char *filename) {
  Compile cc;
  compile_init(&cc);
  TextBuf out = {0};
  bool ok;
  if (len == 6 && !memcmp(stage, "tokens", 6)) {
    ok = tokens_dump(&out, &cc, src, n, filename);
  } else {
    AstNode *tree = parse_source(&cc, src, n, filename, PARSE_EXEC, PARSE_FROM_FILE);
    if (tree && len == 3) ast_dump(&out, tree, (AstDumpOptions){.indent = -1});
    else if (tree) {
      int last;
      ScopeTable *t = scope_build(&cc, tree, (future_flags(&cc, tree, &last) & CO_FUTURE_ANNOTATIONS) != 0);
      if (t) scope_dump(&out, scope_of(t, tree));
    }
    ok = tree && !cc.error;
  }
  if (ok) put(&out);
  else if (cc.error) diag_print(stderr, cc.error);
  compile_fini(&cc);
  return ok ? 0 : -1;
}

static void dump_code(const Code *code) {
  char *text = rir_dump(code);
  if (text) fputs(text, stdout);
  free(text);
  for (uint64_t i = 0; i < code->consts->length; i++)
    if (code_check(code->consts->items[i])) {
      putchar('\n');
      dump_code((Code *)as_object(code->consts->items[i]));
    }
}

static int dump_rir(const char *src, size_t n, const char *filename) {
  RpContext *ctx = context_new(NULL);
  if (!ctx) return 1;
  RpThread *th = ctx->main_thread;
  Str *name = str_from_c(th, filename);
  Value code = name ? rt_hooks.compile(th, src, n, name, COMPILE_EXEC, 0) : EMPTY;
  if (code == EMPTY) error_print(th, error_take(th));
  else dump_code((Code *)as_object(code));
  context_free(ctx);
  return code == EMPTY;
}

int dump_stages(const char *stages, const char *src, size_t n, const char *filename) {
  while (*stages) {
    size_t len = strcspn(stages, ",");
    int rc;
    if (len == 3 && !memcmp(stages, "rir", 3)) rc = dump_rir(src, n, filename);
    else if ((len == 6 && !memcmp(stages, "tokens", 6)) || (len == 3 && !memcmp(stages, "ast", 3)) || (len == 5 && !memcmp(stages, "scope", 5)))
      rc = dump_front(stages, len, src, n, filename);
    else {
      fprintf(stderr, "replicant: --dump: unknown stage '%.*s' (tokens, ast, scope, rir, llvm, asm)\n", (int)len, stages);
      return 2;
    }
    if (rc) return 1;
    stages += len + (stages[len] == ',');
  }
  return 0;
}
