/* rp_lower.c: driver of the lowering tests.
**   rp_lower dump FILE      RIR of every code object, outer ones first
**   rp_lower scope FILE     scopes and where their names live
**   rp_lower errors FILE    FILE holds snippets, each behind a line "### n"; prints "n ok" or "n Kind: message (line, offset, end_line, end_offset)"
**   rp_lower positions FILES  where calls, attributes, operators, comparisons and items of each code object come from
**   rp_lower check FILES... compiles each, verifies its code (debug builds do so themselves too); prints what fails
*/
#include <stdio.h>
#include <stdlib.h>

#include "compiler/lower.h"
#include "compiler/parse.h"
#include "compiler/scope.h"
#include "runtime/context.h"
#include "runtime/error.h"
#include "runtime/exc.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static char *read_all(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  size_t cap = 1 << 16;
  char *s = malloc(cap);
  *n = 0;
  for (size_t got; (got = fread(s + *n, 1, cap - *n - 1, f)) > 0;) {
    *n += got;
    if (cap - *n < 4096) s = realloc(s, cap *= 2);
  }
  s[*n] = 0;
  fclose(f);
  return s;
}

static void dump(const Code *code) {
  char *text = rir_dump(code);
  puts(text);
  free(text);
  for (uint64_t i = 0; i < code->consts->length; i++)
    if (code_check(code->consts->items[i])) dump((Code *)as_object(code->consts->items[i]));
}

static int verify(const Code *code, const char *path) {
  char *message = rir_verify(code);
  int bad = message != NULL;
  if (message) printf("%s: %s\n", path, message);
  free(message);
  for (uint64_t i = 0; i < code->consts->length; i++)
    if (code_check(code->consts->items[i])) bad += verify((Code *)as_object(code->consts->items[i]), path);
  return bad;
}

static void print_error(RpThread *th) {
  Value e = error_take(th);
  Str *s = e == EMPTY ? NULL : op_repr(th, e);
  const char *text = s ? str_utf8(th, s, NULL) : "<no message>";
  printf("%s\n", text ? text : "?");
  if (th->pending) error_clear(th);
}

/* What CPython's instruction of the same meaning is called here: letters as in positions.py. */
static char kind_of(const Instr *i) {
  switch (i->op) {
    case RIR_CALL: case RIR_CALL_METHOD: case RIR_CALL_BOUND: case RIR_CALL_EX: return 'c';
    case RIR_WITH_EXIT: return i->c == NO_REG ? 'c' : 0;
    case RIR_MOD: return 'p';
    case RIR_GET_ATTR: case RIR_LOAD_METHOD: case RIR_LOAD_SUPER: return 'a';
    case RIR_SET_ATTR: return 's';
    case RIR_GET_ITEM: case RIR_GET_SLICE: return 'i';
    case RIR_SET_ITEM: case RIR_SET_SLICE: return 'j';
    case RIR_ADD_IMM: case RIR_SUB_IMM: return 'b';
    case RIR_IN: case RIR_NOT_IN: return 'n';
    case RIR_RAISE: return 'r';
    case RIR_UNPACK_SEQ: case RIR_UNPACK_EX: return 'u';
    case RIR_GET_ITER: return 'g';
    case RIR_IMPORT_NAME: return 'm';
    case RIR_IMPORT_FROM: return 'f';
    default: break;
  }
  if (i->op >= RIR_ADD && i->op <= RIR_IMATMUL) return 'b';
  if ((i->op >= RIR_LT && i->op <= RIR_GE) || (i->op >= RIR_JUMP_LT && i->op <= RIR_JUMP_NOT_GE)) return 'k';
  return 0;
}

static void positions(const Code *code) {
  printf("@%s %d\n", str_utf8(thread_current(), code->qualname, NULL), code->firstlineno);
  for (uint32_t pc = 0; pc < code->n_instrs; pc++) {
    char kind = kind_of(&code->instrs[pc]);
    Position p = code->positions[pc];
    if (kind) printf("%c %d %d %d %d\n", kind, p.line, p.end_line, p.col, p.end_col);
  }
  for (uint32_t i = 0; i < code->n_method_positions; i++) {
    Position p = code->method_positions[i].pos;
    bool super = code->instrs[code->method_positions[i].pc].op == RIR_LOAD_SUPER; /* there the call of super(), not the lookup */
    printf("%c %d %d %d %d\n", super ? 'c' : 'a', p.line, p.end_line, p.col, p.end_col);
  }
  for (uint64_t i = 0; i < code->consts->length; i++)
    if (code_check(code->consts->items[i])) positions((Code *)as_object(code->consts->items[i]));
}

static int check(RpThread *th, const char *path) {
  size_t n;
  char *src = read_all(path, &n);
  Str *name = str_from_c(th, path);
  Value code = compile_source(th, src, n, name, COMPILE_EXEC, 0);
  free(src);
  if (code != EMPTY) return verify((Code *)as_object(code), path);
  printf("%s: ", path);
  print_error(th);
  return 1;
}

/* One snippet: parse and lower without a thread's exceptions, so that positions print as they are. */
static void snippet(RpThread *th, const char *number, const char *src, size_t n) {
  Compile cc;
  compile_init(&cc);
  AstNode *tree = parse_source(&cc, src, n, "<test>", PARSE_EXEC, PARSE_FROM_STR);
  if (tree) compile_module(th, &cc, tree, str_from_c(th, "<test>"), COMPILE_EXEC, 0);
  if (cc.error) {
    printf("%s %s: %s (%d, %d, %d, %d)\n", number, diag_kind_name(cc.error->kind), cc.error->msg, cc.error->lineno, cc.error->offset,
           cc.error->end_lineno, cc.error->end_offset);
  } else if (th->pending) {
    printf("%s ", number);
    print_error(th);
  } else {
    printf("%s ok\n", number);
  }
  for (Diag *d = cc.warnings; d; d = d->next)
    if (d->kind == DIAG_SyntaxWarning) printf("%s warning %d: %s\n", number, d->lineno, d->msg);
  if (th->pending) error_clear(th);
  compile_fini(&cc);
}

static void snippets(RpThread *th, char *text) {
  char *at = text;
  while (at && !strncmp(at, "### ", 4)) {
    char *line_end = strchr(at, '\n'), *body = line_end + 1;
    *line_end = 0;
    char *next = strncmp(body, "### ", 4) ? strstr(body, "\n### ") : body - 1;
    size_t n = next ? (size_t)(next + 1 - body) : strlen(body);
    snippet(th, at + 4, body, n);
    at = next ? next + 1 : NULL;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  types_init();
  struct ContextOptions opt = {.recursion_limit = 1000};
  RpContext *ctx = context_new(&opt);
  RpThread *th = ctx->main_thread;
  int bad = 0;
  size_t n;
  if (!strcmp(argv[1], "check")) {
    for (int i = 2; i < argc; i++) bad += check(th, argv[i]);
    printf("%d files, %d bad\n", argc - 2, bad);
  } else if (!strcmp(argv[1], "errors")) {
    snippets(th, read_all(argv[2], &n));
  } else if (!strcmp(argv[1], "positions")) {
    for (int i = 2; i < argc; i++) {
      char *src = read_all(argv[i], &n);
      Value code = compile_source(th, src, n, str_from_c(th, argv[i]), COMPILE_EXEC, 0);
      printf("!%s\n", argv[i]);
      if (code == EMPTY) error_clear(th);
      else positions((Code *)as_object(code));
      free(src);
    }
  } else if (!strcmp(argv[1], "dump")) {
    char *src = read_all(argv[2], &n);
    Value code = compile_source(th, src, n, str_from_c(th, "test.py"), COMPILE_EXEC, 0);
    if (code == EMPTY) print_error(th), bad = 1;
    else dump((Code *)as_object(code));
  } else if (!strcmp(argv[1], "scope")) {
    char *src = read_all(argv[2], &n);
    Compile cc;
    compile_init(&cc);
    AstNode *tree = parse_source(&cc, src, n, argv[2], PARSE_EXEC, 0);
    ScopeTable *t = tree ? scope_build(&cc, tree, false) : NULL;
    TextBuf out = {0};
    if (t) scope_dump(&out, t->module);
    fwrite(out.s, 1, out.n, stdout);
    bad = !t;
  } else {
    bad = 2;
  }
  fflush(stdout);
  return bad != 0;
}
