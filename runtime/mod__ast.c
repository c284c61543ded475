/* mod__ast.c: the module _ast: the node classes as ordinary Python classes of this context, from one table. The tree itself comes from the
** compiler through rt_hooks.parse_ast. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

typedef struct Node { const char *name, *base, *fields, *attributes; } Node;
static const Node nodes[] = {
#define AST_NODE(name, base, fields, attributes) {#name, #base, fields, attributes},
#include "runtime/ast_nodes.def"
#undef AST_NODE
};

/* Blank-separated words as a tuple of str. */
static Tuple *words(RpThread *th, const char *s) {
  Value v[16];
  size_t n = 0;
  while (*s) {
    const char *end = strchr(s, ' ');
    if (!end) end = s + strlen(s);
    Str *w = str_from_utf8(th, s, (size_t)(end - s));
    if (!w || !(w = str_intern(th, w))) return NULL;
    v[n++] = value_object(w);
    s = *end ? end + 1 : end;
  }
  return tuple_new(th, v, n);
}

/* AST.__init__: positional arguments are the fields in order, keywords any attribute. */
static Value ast_init(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[1]);
  Dict *kw = (Dict *)as_object(a[2]);
  Str *fields_name = str_intern_c(th, "_fields");
  Value fv = fields_name ? op_getattr(th, a[0], fields_name) : EMPTY;
  Tuple *fields = fv == EMPTY ? NULL : op_to_tuple(th, fv);
  if (!fields) return EMPTY;
  if (args->length > fields->length)
    return raise_type(th, "%T constructor takes at most %zu positional argument%s", a[0], (size_t)fields->length, fields->length == 1 ? "" : "s");
  for (uint64_t i = 0; i < args->length; i++)
    if (!str_check(fields->items[i]) || op_setattr(th, a[0], as_str(fields->items[i]), args->items[i]) < 0) return EMPTY;
  uint32_t pos = 0;
  Value k, v;
  while (dict_next(kw, &pos, &k, &v)) {
    for (uint64_t i = 0; i < args->length; i++)
      if (str_eq(as_str(fields->items[i]), as_str(k))) return raise_type(th, "%T got multiple values for argument '%S'", a[0], as_str(k));
    if (op_setattr(th, a[0], as_str(k), v) < 0) return EMPTY;
  }
  return NONE;
}
static const NativeDef init_def = {"__init__", ast_init, "(self, /, *args, **kwargs)", 0, NULL, NULL};

static Value make(RpThread *th, const Node *n, Type *base) {
  Dict *ns = dict_new(th);
  Str *name = str_intern_c(th, n->name);
  Tuple *bases = tuple_of(th, 1, value_object(base)), *fields = words(th, n->fields);
  if (!ns || !name || !bases || !fields) return EMPTY;
  if (dict_set_c(th, ns, "_fields", value_object(fields)) < 0 || dict_set_c(th, ns, "__match_args__", value_object(fields)) < 0 ||
      dict_set_c(th, ns, "__module__", value_object(str_intern_c(th, "ast"))) < 0)
    return EMPTY;
  if (*n->attributes || base == &type_object) {
    Tuple *attrs = words(th, n->attributes);
    if (!attrs || dict_set_c(th, ns, "_attributes", value_object(attrs)) < 0) return EMPTY;
  }
  /* Fields and attributes that may be missing read as None. */
  static const char *const optional[] = {"end_lineno", "end_col_offset", "type_comment", "returns", "kind", "annotation", "asname", "msg", "cause", "level"};
  for (size_t i = 0; i < countof(optional); i++) {
    bool has = strstr(n->fields, optional[i]) || strstr(n->attributes, optional[i]);
    if (has && dict_set_c(th, ns, optional[i], NONE) < 0) return EMPTY;
  }
  return type_new_class(th, &type_type, name, bases, ns, NULL, NULL);
}

static int init(RpThread *th, Dict *d) {
  static const Node root = {"AST", "object", "", ""};
  Value ast = make(th, &root, &type_object);
  if (ast == EMPTY || dict_set_c(th, d, "AST", ast) < 0) return -1;
  Native *f = native_new(th, SHAPE_method_descriptor, &init_def, (Type *)as_object(ast), EMPTY, NULL);
  if (!f || op_setattr(th, ast, SLOT_NAME(__init__), value_object(f)) < 0) return -1;
  for (size_t i = 0; i < countof(nodes); i++) {
    Value base = dict_get_c(th, d, nodes[i].base);
    Value t = base == EMPTY ? EMPTY : make(th, &nodes[i], (Type *)as_object(base));
    if (t == EMPTY || dict_set_c(th, d, nodes[i].name, t) < 0) return -1;
  }
  static const struct { const char *name; int value; } flags[] = {{"PyCF_ONLY_AST", 0x400}, {"PyCF_TYPE_COMMENTS", 0x1000}, {"PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000}};
  for (size_t i = 0; i < countof(flags); i++)
    if (dict_set_c(th, d, flags[i].name, value_int(flags[i].value)) < 0) return -1;
  return 0;
}

const ModuleSpec mod__ast = {NULL, NULL, init};
