/* ast.h: the syntax tree, expanded from ast.def. One struct per node kind, all beginning with AstNode.
**
**   AstBinOp *b = ast_as(BinOp, node);          checked cast (debug builds assert the kind)
**   switch (node->kind) { case AST_BinOp: ... }
**   AstNode *n = ast_make(BinOp, cc, pos, l, ASTOP_Add, r);  fields in table order
**
** Nodes live in cc->arena and are never freed alone. A node has one parent (no sharing). */
#ifndef COMPILER_AST_H
#define COMPILER_AST_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler/compile.h"

/* -- Enumerations ------------------------------------------------------------------------------------ */

typedef enum AstKind {
  AST_NONE_, /* never the kind of a node */
#define NODE(Name, CAT, FIELDS) AST_##Name,
#include "compiler/ast.def"
  AST_N_KINDS
} AstKind;

typedef enum AstCategory {
  AST_CAT_MOD, AST_CAT_STMT, AST_CAT_EXPR, AST_CAT_COMPREHENSION, AST_CAT_HANDLER, AST_CAT_ARGUMENTS, AST_CAT_ARG,
  AST_CAT_KEYWORD, AST_CAT_ALIAS, AST_CAT_WITHITEM, AST_CAT_CASE, AST_CAT_PATTERN, AST_CAT_IGNORE
} AstCategory;

/* Every enumeration of operators shares one numbering (so that one name table serves all): Add, Store, NotIn ...
** Spelled ASTOP_Add and so on (RIR owns OP_). */
typedef enum AstOp {
#define OP(Enum, Name) ASTOP_##Name,
#include "compiler/ast.def"
  AST_N_OPS
} AstOp;
typedef AstOp AstContext, AstBoolop, AstOperator, AstUnaryop, AstCmpop;

/* The parser refuses a deeper tree (RecursionError), so that passes may walk it by recursion; CPython's compiler has
** the same limit. */
enum { AST_MAX_DEPTH = 3000 };

/* -- Parts of nodes ---------------------------------------------------------------------------------- */

typedef struct AstPos {
  int lineno, col_offset;         /* lineno from 1; col_offset in bytes of the UTF-8 line, from 0 */
  int end_lineno, end_col_offset; /* one past the last byte */
} AstPos;

typedef struct AstNode {
  uint8_t kind;    /* AstKind */
  uint8_t parens;  /* 1: an expression written in its own parentheses (the position excludes them) */
  uint16_t spare;
  uint32_t id;     /* dense number, from 1, within one compilation: index for side tables of later passes */
  AstPos pos;      /* all zero for nodes without position (Module, arguments, comprehension, withitem, match_case) */
} AstNode;

typedef struct AstSeq {
  AstNode **items;
  uint32_t n;
} AstSeq;

typedef struct AstIdents {
  AstIdent **items;
  uint32_t n;
} AstIdents;

typedef struct AstOps {
  uint8_t *items; /* AstOp */
  uint32_t n;
} AstOps;

typedef enum AstConstKind {
  CONST_NONE, CONST_TRUE, CONST_FALSE, CONST_ELLIPSIS,
  CONST_INT,    /* u: value below 2^64 */
  CONST_BIGINT, /* limbs, n: magnitude, least significant 64-bit limb first, top limb not zero */
  CONST_FLOAT,  /* f */
  CONST_IMAG,   /* f: imaginary part of a complex whose real part is 0 */
  CONST_STR,    /* bytes, n: WTF-8 (a lone surrogate is 3 bytes); NUL-terminated beyond n */
  CONST_BYTES   /* bytes, n */
} AstConstKind;

typedef struct AstConst {
  uint8_t kind; /* AstConstKind */
  uint32_t n;   /* bytes or limbs */
  union {
    uint64_t u;
    double f;
    const uint64_t *limbs;
    const char *bytes;
  };
} AstConst;

/* -- One struct per node kind ------------------------------------------------------------------------ */

#define A_NODE(f) AstNode *f;
#define A_OPT(f) AstNode *f;
#define A_LIST(f) AstSeq f;
#define A_NAME(f) AstIdent *f;
#define A_OPTNAME(f) AstIdent *f;
#define A_NAMES(f) AstIdents f;
#define A_INT(f) int f;
#define A_OPTINT(f) int f;
#define A_CONST(f) AstConst f;
#define A_STR(f) const char *f;
#define A_ENUM(f, E) E f;
#define A_ENUMS(f, E) AstOps f;
#define NODE(Name, CAT, FIELDS) typedef struct Ast##Name { AstNode base; FIELDS } Ast##Name;
#include "compiler/ast.def"
#undef A_NODE
#undef A_OPT
#undef A_LIST
#undef A_NAME
#undef A_OPTNAME
#undef A_NAMES
#undef A_INT
#undef A_OPTINT
#undef A_CONST
#undef A_STR
#undef A_ENUM
#undef A_ENUMS

/* Makes a node in cc->arena: ast_make(BinOp, cc, pos, left, op, right), fields in table order or designated. */
#define ast_make(Name, cc, position, ...) \
  ast_put((cc), &(Ast##Name){{.kind = AST_##Name, .pos = (position)}, __VA_ARGS__}, sizeof(Ast##Name))
AstNode *ast_put(Compile *cc, const void *node, size_t size);

#ifndef NDEBUG
#define ast_as(Name, node) (assert((node)->kind == AST_##Name), (Ast##Name *)(node))
#else
#define ast_as(Name, node) ((Ast##Name *)(node))
#endif

/* -- Reflection -------------------------------------------------------------------------------------- */

typedef enum AstFieldKind {
  AF_NODE, AF_OPT, AF_LIST, AF_NAME, AF_OPTNAME, AF_NAMES, AF_INT, AF_OPTINT, AF_CONST, AF_STR, AF_ENUM, AF_ENUMS
} AstFieldKind;

typedef struct AstField {
  const char *name;
  uint8_t kind;    /* AstFieldKind: type of the member at `offset`, as in ast.def */
  uint16_t offset; /* from the start of the node */
} AstField;

typedef struct AstInfo {
  const char *name; /* "BinOp" */
  uint8_t category; /* AstCategory */
  uint8_t n_fields;
  uint16_t size;
  const AstField *fields;
} AstInfo;

const AstInfo *ast_info(AstKind kind);
const char *ast_op_name(AstOp op); /* "Add" */

static inline AstCategory ast_category(const AstNode *n) { return (AstCategory)ast_info((AstKind)n->kind)->category; }

/* Calls fn(child, arg) for each non-NULL direct child node, in field order. Stops and returns the first
** non-zero result of fn; 0 when all children were visited. */
int ast_children(AstNode *n, int (*fn)(AstNode *child, void *arg), void *arg);

/* -- Dump -------------------------------------------------------------------------------------------- */

typedef struct AstDumpOptions {
  int indent;      /* -1: one line, as ast.dump(tree); else as ast.dump(tree, indent=N) */
  bool attributes; /* as include_attributes=True */
} AstDumpOptions;

/* Growing text on the heap; owner calls text_fini. */
typedef struct TextBuf {
  char *s;
  size_t n, cap;
} TextBuf;
void text_put(TextBuf *b, const char *s, size_t n);
void text_fini(TextBuf *b);

/* Appends exactly what CPython 3.11 prints for ast.dump(tree). Lone surrogates inside strings print escaped. */
void ast_dump(TextBuf *out, const AstNode *n, AstDumpOptions opt);
/* repr() of one constant. */
void ast_const_repr(TextBuf *out, const AstConst *c);

#endif
