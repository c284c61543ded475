/* compile_source.c: the whole front end as one call, its errors as Python exceptions, its warnings through the warnings module. */
#include "compiler/lower.h"
#include "compiler/parse.h"
#include "runtime/context.h"
#include "runtime/exc.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- Errors --------------------------------------------------------------------------------------------------------- */

static Type *diag_type(DiagKind kind) {
  switch (kind) {
    case DIAG_SyntaxError: return &type_SyntaxError;
    case DIAG_IndentationError: return &type_IndentationError;
    case DIAG_TabError: return &type_TabError;
    case DIAG_ValueError: return &type_ValueError;
    case DIAG_OverflowError: return &type_OverflowError;
    case DIAG_MemoryError: return &type_MemoryError;
    case DIAG_RecursionError: return &type_RecursionError;
    case DIAG_LookupError: return &type_LookupError;
    case DIAG_NotImplementedError: return &type_NotImplementedError;
    case DIAG_SyntaxWarning: return &type_SyntaxWarning;
    case DIAG_DeprecationWarning: return &type_DeprecationWarning;
    /* Their own arguments (encoding, object, range) are not known here. */
    case DIAG_UnicodeDecodeError:
    case DIAG_UnicodeEncodeError: return &type_UnicodeError;
    case DIAG_N_KINDS: break;
  }
  return &type_SyntaxError;
}

static Value text_value(RpThread *th, const char *s) {
  if (!s) return NONE;
  Str *v = str_from_utf8(th, s, strlen(s));
  return v ? value_object(v) : EMPTY;
}

/* SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset)) */
static Value syntax_error(RpThread *th, const Diag *d, Type *type, Value filename) {
  Value msg = text_value(th, d->msg), text = text_value(th, d->text);
  if (msg == EMPTY || text == EMPTY) return EMPTY;
  if (!d->filename) return op_call1(th, value_object(type), msg);
  Tuple *where = tuple_of(th, 6, filename, value_int(d->lineno), value_int(d->offset), text, value_int(d->end_lineno), value_int(d->end_offset));
  if (!where) return EMPTY;
  return op_call2(th, value_object(type), msg, value_object(where));
}

static Value raise_diag(RpThread *th, const Diag *d, Value filename) {
  Type *type = diag_type(d->kind);
  if (d->kind == DIAG_MemoryError) return raise_memory(th);
  Value exc;
  if (type_is_subtype(type, &type_SyntaxError)) {
    exc = syntax_error(th, d, type, filename);
  } else {
    Value msg = text_value(th, d->msg);
    exc = msg == EMPTY ? EMPTY : op_call1(th, value_object(type), msg);
  }
  return exc == EMPTY ? EMPTY : raise_value_object(th, exc);
}

Value compile_raise(RpThread *th, const Compile *cc) {
  Value filename = text_value(th, cc->error->filename);
  return filename == EMPTY ? EMPTY : raise_diag(th, cc->error, filename);
}

/* -- Warnings ---------------------------------------------------------------------------------------------------------- */

/* One warning through warnings.warn_explicit(); -1 when a filter made it an error. A SyntaxWarning that is an error is a SyntaxError. */
static int warn(RpThread *th, const Diag *d, Value filename) {
  Str *module_name = str_intern_c(th, "_warnings"), *fn_name = str_intern_c(th, "warn_explicit");
  if (!module_name || !fn_name) return -1;
  Value module = import_name(th, module_name, NONE, NONE, 0);
  Value fn = module == EMPTY ? EMPTY : op_getattr(th, module, fn_name);
  if (fn == EMPTY) {
    error_clear(th); /* no warnings module: nobody listens */
    return 0;
  }
  Value msg = text_value(th, d->msg);
  if (msg == EMPTY) return -1;
  Value args[4] = {msg, value_object(diag_type(d->kind)), filename, value_int(d->lineno)};
  if (op_call(th, fn, args, 4, NULL) != EMPTY) return 0;
  if (!error_is(th, diag_type(d->kind))) {
    error_clear(th); /* the module is unfit: a warning stops nobody */
    return 0;
  }
  if (d->kind == DIAG_SyntaxWarning) {
    error_clear(th);
    Value exc = syntax_error(th, d, &type_SyntaxError, filename);
    if (exc != EMPTY) raise_value_object(th, exc);
  }
  return -1;
}

/* -- All of it ------------------------------------------------------------------------------------------------------------ */

Value compile_source(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode, int flags) {
  size_t name_size;
  const char *name = str_utf8(th, filename, &name_size);
  if (!name) return EMPTY;
  static const ParseMode modes[] = {[COMPILE_EXEC] = PARSE_EXEC, [COMPILE_EVAL] = PARSE_EVAL, [COMPILE_SINGLE] = PARSE_SINGLE};
  int how = (flags & CF_SOURCE_IS_STR ? PARSE_FROM_STR : 0) | (flags & CF_SOURCE_IS_FILE ? PARSE_FROM_FILE : 0);
  Compile cc;
  compile_init(&cc);
  AstNode *tree = parse_source(&cc, src, n, name, modes[mode], how);
  Code *code = NULL;
  if (tree) code = compile_module(th, &cc, tree, filename, mode, flags);
  else if (!th->pending) compile_raise(th, &cc);
  for (const Diag *d = cc.warnings; code && d; d = d->next)
    if (warn(th, d, value_object(filename)) < 0) code = NULL;
  compile_fini(&cc);
  return code ? value_object(code) : EMPTY;
}
