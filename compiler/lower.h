/* lower.h: source text or syntax tree -> Code objects (RIR). The last pass of the front end; the first that knows the runtime.
** Any attached thread may compile; nothing is shared. Failure: NULL / EMPTY with an exception pending. Design: lower.md. */
#ifndef COMPILER_LOWER_H
#define COMPILER_LOWER_H

#include "compiler/ast.h"
#include "runtime/code.h"
#include "runtime/hooks.h"

/* Bits of `flags` besides CO_FUTURE_*. */
#define LOWER_OPTIMIZE 0x1     /* -O: no assert, __debug__ is False */
#define LOWER_NO_DOCSTRINGS 0x2 /* -OO */
#define CO_FUTURE_BARRY_AS_BDFL 0x400000

/* The code object of a parsed module (Module, Interactive or Expression). cc->error is raised when set. Warnings that this pass adds go to cc. */
Code *compile_module(RpThread *th, Compile *cc, AstNode *mod, Str *filename, CompileMode mode, int flags);
/* All of it: decode, parse, lower, issue warnings. What rt_hooks.compile is. */
Value compile_source(RpThread *th, const char *src, size_t n, Str *filename, CompileMode mode, int flags);
/* Raises cc->error as a Python exception with CPython's arguments: (msg, (filename, lineno, offset, text, end_lineno, end_offset)). EMPTY. */
Value compile_raise(RpThread *th, const Compile *cc);
/* CO_FUTURE_* bits of the module's own `from __future__` statements; sets cc->error on unknown or misplaced ones.
** *last_line: where the last one stands, -1 without. */
int future_flags(Compile *cc, AstNode *mod, int *last_line);
/* Appends the source text of an expression as CPython's ast.unparse-like annotation strings write it. */
void unparse_expr(TextBuf *out, const AstNode *n);

#endif
