/* ast.c: constructors and reflection, expanded from ast.def. */
#include "compiler/ast.h"

#include <stddef.h>
#include <string.h>

/* -- Reflection tables -------------------------------------------------------------------------------- */

/* One function per node kind, because offsetof needs the name of the struct that the field list does not know. */
#define FIELD(f, k) {#f, k, offsetof(T, f)},
#define A_NODE(f) FIELD(f, AF_NODE)
#define A_OPT(f) FIELD(f, AF_OPT)
#define A_LIST(f) FIELD(f, AF_LIST)
#define A_NAME(f) FIELD(f, AF_NAME)
#define A_OPTNAME(f) FIELD(f, AF_OPTNAME)
#define A_NAMES(f) FIELD(f, AF_NAMES)
#define A_INT(f) FIELD(f, AF_INT)
#define A_OPTINT(f) FIELD(f, AF_OPTINT)
#define A_CONST(f) FIELD(f, AF_CONST)
#define A_STR(f) FIELD(f, AF_STR)
#define A_ENUM(f, E) FIELD(f, AF_ENUM)
#define A_ENUMS(f, E) FIELD(f, AF_ENUMS)
#define NODE(Name, CAT, FIELDS)                                                                    \
  static const AstInfo *info_##Name(void) {                                                        \
    typedef Ast##Name T;                                                                           \
    static const AstField fields[] = {FIELDS{0}};                                                  \
    static const AstInfo info = {#Name, AST_CAT_##CAT, sizeof fields / sizeof *fields - 1, sizeof(T), fields}; \
    return &info;                                                                                  \
  }
#include "compiler/ast.def"
#undef FIELD
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

const AstInfo *ast_info(AstKind kind) {
  static const AstInfo *(*const infos[])(void) = {
#define NODE(Name, CAT, FIELDS) [AST_##Name] = info_##Name,
#include "compiler/ast.def"
  };
  return infos[kind]();
}

const char *ast_op_name(AstOp op) {
  static const char *const names[] = {
#define OP(Enum, Name) #Name,
#include "compiler/ast.def"
  };
  return names[op];
}

/* -- Making nodes -------------------------------------------------------------------------------------- */

AstNode *ast_put(Compile *cc, const void *node, size_t size) {
  AstNode *n = arena_alloc(&cc->arena, size);
  memcpy(n, node, size);
  n->id = ++cc->n_nodes;
  return n;
}

/* -- Walking ------------------------------------------------------------------------------------------ */

int ast_children(AstNode *n, int (*fn)(AstNode *child, void *arg), void *arg) {
  const AstInfo *info = ast_info((AstKind)n->kind);
  for (int i = 0; i < info->n_fields; i++) {
    const AstField *f = &info->fields[i];
    void *at = (char *)n + f->offset;
    int r = 0;
    if (f->kind == AF_NODE || f->kind == AF_OPT) {
      AstNode *child = *(AstNode **)at;
      if (child) r = fn(child, arg);
    } else if (f->kind == AF_LIST) {
      AstSeq *list = at;
      for (uint32_t k = 0; k < list->n && !r; k++)
        if (list->items[k]) r = fn(list->items[k], arg);
    }
    if (r) return r;
  }
  return 0;
}
