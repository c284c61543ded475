/* scope.h: which scope every name of a module lives in: the pass between parser and lowering.
** One Scope per code object to be: module, class body, function, lambda, comprehension. Everything lives in cc->arena.
** Failure: cc->error is set (the same SyntaxErrors as CPython's symbol table, with their positions) and scope_build returns NULL.
** Rules: Python reference, "Naming and binding"; design: lower.md. */
#ifndef COMPILER_SCOPE_H
#define COMPILER_SCOPE_H

#include "compiler/ast.h"

/* What the text of a scope does with a name. */
enum {
  SYM_LOCAL = 0x001,     /* bound here: assignment, import, def, for, except ... as, del */
  SYM_PARAM = 0x002,
  SYM_USE = 0x004,
  SYM_GLOBAL = 0x008,    /* global statement, or target of := in a comprehension at module level */
  SYM_NONLOCAL = 0x010,
  SYM_IMPORT = 0x020,
  SYM_ANNOT = 0x040,     /* x: int */
  SYM_COMP_ITER = 0x080, /* iteration variable of a comprehension */
  SYM_DELETED = 0x100,   /* unbound somewhere: del x, except ... as x */
  SYM_BOUND = SYM_LOCAL | SYM_PARAM | SYM_IMPORT
};

typedef enum SymbolPlace {
  PLACE_LOCAL,           /* function: a register; module and class: the namespace */
  PLACE_CELL,            /* own variable that an inner scope captures */
  PLACE_FREE,            /* captured from an enclosing function (or the class cell) */
  PLACE_GLOBAL_EXPLICIT, /* declared global */
  PLACE_GLOBAL_IMPLICIT  /* not found anywhere: global or builtin */
} SymbolPlace;

typedef struct Symbol {
  AstIdent *name;        /* mangled */
  uint16_t flags;        /* SYM_* */
  uint8_t place;         /* SymbolPlace */
  bool class_free;       /* class scope: bound here and also captured by an inner function from further out */
  uint16_t reg;          /* lowering: register of the variable or its cell; SYMBOL_NO_REG until given */
  uint16_t index;        /* parameters: position */
  AstPos directive;      /* of its global or nonlocal statement */
  struct Symbol *next;   /* in order of first appearance */
} Symbol;
#define SYMBOL_NO_REG 0xFFFF

typedef enum ScopeKind { SCOPE_MODULE, SCOPE_CLASS, SCOPE_FUNCTION, SCOPE_ANNOTATION } ScopeKind;
typedef enum ScopeComp { COMP_NONE, COMP_LIST, COMP_SET, COMP_DICT, COMP_GENERATOR } ScopeComp;

typedef struct IdentSet { /* open addressing by identity */
  AstIdent **names;
  void **values;
  uint32_t n, cap;
} IdentSet;

typedef struct Scope {
  struct Scope *parent, *first_child, *last_child, *next;
  AstNode *node;
  AstIdent *name;        /* NULL: module */
  AstIdent *private_name; /* class whose name mangles __x, or NULL */
  Symbol *first, *last;
  IdentSet symbols;      /* name -> Symbol */
  IdentSet self_attrs;   /* class: names stored through its methods' first parameter */
  AstIdent *self_name;   /* method: its first parameter, else NULL */
  uint8_t kind;          /* ScopeKind */
  uint8_t comp;          /* ScopeComp */
  bool nested;           /* inside a function */
  bool is_generator;     /* has a yield, or is a generator expression */
  bool is_coroutine;     /* async def, or a comprehension that awaits */
  bool has_walrus;       /* some := binds in this very scope */
  bool needs_class_cell; /* class: a method uses __class__ or super() */
  bool in_iter_target;   /* while scanning */
  int in_iter_expr;
  uint32_t n_params;
} Scope;

typedef struct ScopeTable {
  Scope *module;
  Scope **by_node;       /* AstNode.id -> its scope, NULL for most nodes */
  uint32_t n_nodes;
} ScopeTable;

/* future_annotations: annotations are not evaluated, their names do not count. */
ScopeTable *scope_build(Compile *cc, AstNode *module, bool future_annotations);
static inline Scope *scope_of(const ScopeTable *t, const AstNode *n) { return t->by_node[n->id]; }
Symbol *scope_find(const Scope *s, const AstIdent *mangled);
/* __x inside class C -> _C__x. */
AstIdent *scope_mangle(Compile *cc, AstIdent *class_name, AstIdent *name);
/* Free and cell variables of a scope sorted by name, as co_freevars and co_cellvars show them. Arena; *n counts. */
Symbol **scope_cells(Compile *cc, const Scope *s, uint32_t *n);
Symbol **scope_frees(Compile *cc, const Scope *s, uint32_t *n);
/* --dump=scope */
void scope_dump(TextBuf *out, const Scope *s);

void *ident_get(const IdentSet *s, const AstIdent *name);
void ident_put(Compile *cc, IdentSet *s, AstIdent *name, void *value);

#endif
