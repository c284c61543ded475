/* unparse.c: expression -> source text, for annotations under `from __future__ import annotations`. Same text as CPython's. */
#include "compiler/lower.h"

typedef enum Level { /* binds tighter downwards */
  P_TUPLE, P_TEST, P_OR, P_AND, P_NOT, P_CMP, P_EXPR, P_BOR = P_EXPR, P_BXOR, P_BAND, P_SHIFT, P_ARITH, P_TERM, P_FACTOR, P_POWER, P_AWAIT, P_ATOM
} Level;

static void write(TextBuf *o, const AstNode *n, int level);
static void put(TextBuf *o, const char *s) { text_put(o, s, strlen(s)); }

static void write_list(TextBuf *o, AstSeq s, int level) {
  for (uint32_t i = 0; i < s.n; i++) {
    if (i) put(o, ", ");
    write(o, s.items[i], level);
  }
}

static void write_binary(TextBuf *o, const AstBinOp *n, int level) {
  const char *op = " + ";
  int p = P_ARITH, right_assoc = 0;
  switch ((int)n->op) {
    case ASTOP_Sub: op = " - "; break;
    case ASTOP_Mult: op = " * ", p = P_TERM; break;
    case ASTOP_MatMult: op = " @ ", p = P_TERM; break;
    case ASTOP_Div: op = " / ", p = P_TERM; break;
    case ASTOP_Mod: op = " % ", p = P_TERM; break;
    case ASTOP_FloorDiv: op = " // ", p = P_TERM; break;
    case ASTOP_LShift: op = " << ", p = P_SHIFT; break;
    case ASTOP_RShift: op = " >> ", p = P_SHIFT; break;
    case ASTOP_BitOr: op = " | ", p = P_BOR; break;
    case ASTOP_BitXor: op = " ^ ", p = P_BXOR; break;
    case ASTOP_BitAnd: op = " & ", p = P_BAND; break;
    case ASTOP_Pow: op = " ** ", p = P_POWER, right_assoc = 1; break;
    default: break;
  }
  if (level > p) put(o, "(");
  write(o, n->left, p + right_assoc);
  put(o, op);
  write(o, n->right, p + !right_assoc);
  if (level > p) put(o, ")");
}

static void write_unary(TextBuf *o, const AstUnaryOp *n, int level) {
  int p = n->op == ASTOP_Not ? P_NOT : P_FACTOR;
  if (level > p) put(o, "(");
  put(o, n->op == ASTOP_Not ? "not " : n->op == ASTOP_USub ? "-" : n->op == ASTOP_UAdd ? "+" : "~");
  write(o, n->operand, p);
  if (level > p) put(o, ")");
}

static void write_params(TextBuf *o, const Astarguments *a) {
  bool first = true;
  uint32_t n_pos = a->posonlyargs.n + a->args.n;
#define COMMA() (first ? (void)(first = false) : put(o, ", "))
  for (uint32_t i = 0; i < n_pos; i++) {
    COMMA();
    AstNode *arg = i < a->posonlyargs.n ? a->posonlyargs.items[i] : a->args.items[i - a->posonlyargs.n];
    put(o, ast_as(arg, arg)->arg->s);
    if (i + a->defaults.n >= n_pos) {
      put(o, "=");
      write(o, a->defaults.items[i + a->defaults.n - n_pos], P_TEST);
    }
    if (a->posonlyargs.n && i + 1 == a->posonlyargs.n) put(o, ", /");
  }
  if (a->vararg || a->kwonlyargs.n) {
    COMMA();
    put(o, "*");
    if (a->vararg) put(o, ast_as(arg, a->vararg)->arg->s);
  }
  for (uint32_t i = 0; i < a->kwonlyargs.n; i++) {
    COMMA();
    put(o, ast_as(arg, a->kwonlyargs.items[i])->arg->s);
    if (a->kw_defaults.items[i]) {
      put(o, "=");
      write(o, a->kw_defaults.items[i], P_TEST);
    }
  }
  if (a->kwarg) {
    COMMA();
    put(o, "**");
    put(o, ast_as(arg, a->kwarg)->arg->s);
  }
#undef COMMA
}

static void write_lambda(TextBuf *o, const AstLambda *n, int level) {
  const Astarguments *a = ast_as(arguments, n->args);
  bool any = a->posonlyargs.n || a->args.n || a->vararg || a->kwonlyargs.n || a->kwarg;
  if (level > P_TEST) put(o, "(");
  put(o, any ? "lambda " : "lambda");
  write_params(o, a);
  put(o, ": ");
  write(o, n->body, P_TEST);
  if (level > P_TEST) put(o, ")");
}

static void write_dict(TextBuf *o, const AstDict *n) {
  put(o, "{");
  for (uint32_t i = 0; i < n->values.n; i++) {
    if (i) put(o, ", ");
    if (n->keys.items[i]) {
      write(o, n->keys.items[i], P_TEST);
      put(o, ": ");
      write(o, n->values.items[i], P_TEST);
    } else {
      put(o, "**");
      write(o, n->values.items[i], P_EXPR);
    }
  }
  put(o, "}");
}

static void write_comp(TextBuf *o, const char *open, const AstNode *elt, const AstNode *value, AstSeq generators, const char *close) {
  put(o, open);
  write(o, elt, P_TEST);
  if (value) {
    put(o, ": ");
    write(o, value, P_TEST);
  }
  for (uint32_t i = 0; i < generators.n; i++) {
    const Astcomprehension *g = ast_as(comprehension, generators.items[i]);
    put(o, g->is_async ? " async for " : " for ");
    write(o, g->target, P_TUPLE);
    put(o, " in ");
    write(o, g->iter, P_TEST + 1);
    for (uint32_t k = 0; k < g->ifs.n; k++) {
      put(o, " if ");
      write(o, g->ifs.items[k], P_TEST + 1);
    }
  }
  put(o, close);
}

static void write_compare(TextBuf *o, const AstCompare *n, int level) {
  if (level > P_CMP) put(o, "(");
  write(o, n->left, P_CMP + 1);
  for (uint32_t i = 0; i < n->ops.n; i++) {
    static const char *const text[AST_N_OPS] = {
        [ASTOP_Eq] = " == ", [ASTOP_NotEq] = " != ", [ASTOP_Lt] = " < ", [ASTOP_LtE] = " <= ", [ASTOP_Gt] = " > ", [ASTOP_GtE] = " >= ",
        [ASTOP_Is] = " is ", [ASTOP_IsNot] = " is not ", [ASTOP_In] = " in ", [ASTOP_NotIn] = " not in "};
    put(o, text[n->ops.items[i]]);
    write(o, n->comparators.items[i], P_CMP + 1);
  }
  if (level > P_CMP) put(o, ")");
}

static void write_call(TextBuf *o, const AstCall *n) {
  write(o, n->func, P_ATOM);
  if (n->args.n == 1 && !n->keywords.n && n->args.items[0]->kind == AST_GeneratorExp) {
    write(o, n->args.items[0], P_TUPLE);
    return;
  }
  put(o, "(");
  write_list(o, n->args, P_TEST);
  for (uint32_t i = 0; i < n->keywords.n; i++) {
    const Astkeyword *k = ast_as(keyword, n->keywords.items[i]);
    if (i || n->args.n) put(o, ", ");
    put(o, k->arg ? k->arg->s : "**");
    if (k->arg) put(o, "=");
    write(o, k->value, P_TEST);
  }
  put(o, ")");
}

/* -- Formatted strings -------------------------------------------------------------------------------------------------- */

static void fstring_body(TextBuf *o, const AstNode *n);

static void fstring_field(TextBuf *o, const AstFormattedValue *n) {
  TextBuf inner = {0};
  write(&inner, n->value, P_TEST + 1);
  put(o, inner.n && inner.s[0] == '{' ? "{ " : "{");
  if (inner.n) text_put(o, inner.s, inner.n);
  text_fini(&inner);
  if (n->conversion > 0) {
    char c[3] = {'!', (char)n->conversion, 0};
    put(o, c);
  }
  if (n->format_spec) {
    put(o, ":");
    fstring_body(o, n->format_spec);
  }
  put(o, "}");
}

static void fstring_body(TextBuf *o, const AstNode *n) {
  if (n->kind == AST_Constant) {
    const AstConst *c = &ast_as(Constant, n)->value;
    for (uint32_t i = 0; i < c->n; i++) {
      text_put(o, c->bytes + i, 1);
      if (c->bytes[i] == '{' || c->bytes[i] == '}') text_put(o, c->bytes + i, 1);
    }
  } else if (n->kind == AST_FormattedValue) {
    fstring_field(o, ast_as(FormattedValue, n));
  } else if (n->kind == AST_JoinedStr) {
    for (uint32_t i = 0; i < ast_as(JoinedStr, n)->values.n; i++) fstring_body(o, ast_as(JoinedStr, n)->values.items[i]);
  }
}

static void write_fstring(TextBuf *o, const AstNode *n) {
  TextBuf body = {0};
  fstring_body(&body, n);
  AstConst c = {.kind = CONST_STR, .n = (uint32_t)body.n};
  c.bytes = body.s ? body.s : "";
  put(o, "f");
  ast_const_repr(o, &c);
  text_fini(&body);
}

/* Infinities have no literal: the smallest power of ten that overflows stands for them. */
static void write_constant(TextBuf *o, const AstConstant *n) {
  if (n->kind && n->kind[0] == 'u') put(o, "u");
  if (n->value.kind == CONST_ELLIPSIS) {
    put(o, "...");
    return;
  }
  TextBuf text = {0};
  ast_const_repr(&text, &n->value);
  bool number = n->value.kind == CONST_FLOAT || n->value.kind == CONST_IMAG;
  for (size_t i = 0; i < text.n; i++) {
    if (number && text.n - i >= 3 && !memcmp(text.s + i, "inf", 3)) {
      put(o, "1e309");
      i += 2;
    } else {
      text_put(o, text.s + i, 1);
    }
  }
  text_fini(&text);
}

static void write_bracketed(TextBuf *o, int level, int own, const char *a, const AstNode *x, const char *b, const AstNode *y, int lx, int ly) {
  if (level > own) put(o, "(");
  put(o, a);
  write(o, x, lx);
  put(o, b);
  if (y) write(o, y, ly);
  if (level > own) put(o, ")");
}

static void write(TextBuf *o, const AstNode *n, int level) {
  switch (n->kind) {
    case AST_BoolOp: {
      const AstBoolOp *b = ast_as(BoolOp, n);
      int p = b->op == ASTOP_And ? P_AND : P_OR;
      if (level > p) put(o, "(");
      for (uint32_t i = 0; i < b->values.n; i++) {
        if (i) put(o, b->op == ASTOP_And ? " and " : " or ");
        write(o, b->values.items[i], p + 1);
      }
      if (level > p) put(o, ")");
      break;
    }
    case AST_BinOp: write_binary(o, ast_as(BinOp, n), level); break;
    case AST_UnaryOp: write_unary(o, ast_as(UnaryOp, n), level); break;
    case AST_Lambda: write_lambda(o, ast_as(Lambda, n), level); break;
    case AST_IfExp: {
      const AstIfExp *e = ast_as(IfExp, n);
      if (level > P_TEST) put(o, "(");
      write(o, e->body, P_TEST + 1);
      put(o, " if ");
      write(o, e->test, P_TEST + 1);
      put(o, " else ");
      write(o, e->orelse, P_TEST);
      if (level > P_TEST) put(o, ")");
      break;
    }
    case AST_Dict: write_dict(o, ast_as(Dict, n)); break;
    case AST_Set: put(o, "{"), write_list(o, ast_as(Set, n)->elts, P_TEST), put(o, "}"); break;
    case AST_List: put(o, "["), write_list(o, ast_as(List, n)->elts, P_TEST), put(o, "]"); break;
    case AST_Tuple: {
      AstSeq s = ast_as(Tuple, n)->elts;
      if (level > P_TUPLE || !s.n) put(o, "(");
      write_list(o, s, P_TEST);
      if (s.n == 1) put(o, ",");
      if (level > P_TUPLE || !s.n) put(o, ")");
      break;
    }
    case AST_ListComp: write_comp(o, "[", ast_as(ListComp, n)->elt, NULL, ast_as(ListComp, n)->generators, "]"); break;
    case AST_SetComp: write_comp(o, "{", ast_as(SetComp, n)->elt, NULL, ast_as(SetComp, n)->generators, "}"); break;
    case AST_GeneratorExp: write_comp(o, "(", ast_as(GeneratorExp, n)->elt, NULL, ast_as(GeneratorExp, n)->generators, ")"); break;
    case AST_DictComp: write_comp(o, "{", ast_as(DictComp, n)->key, ast_as(DictComp, n)->value, ast_as(DictComp, n)->generators, "}"); break;
    case AST_Await: write_bracketed(o, level, P_AWAIT, "await ", ast_as(Await, n)->value, "", NULL, P_ATOM, 0); break;
    case AST_Yield:
      if (!ast_as(Yield, n)->value) put(o, "(yield)");
      else put(o, "(yield "), write(o, ast_as(Yield, n)->value, P_TEST), put(o, ")");
      break;
    case AST_YieldFrom: put(o, "(yield from "), write(o, ast_as(YieldFrom, n)->value, P_TEST), put(o, ")"); break;
    case AST_Compare: write_compare(o, ast_as(Compare, n), level); break;
    case AST_Call: write_call(o, ast_as(Call, n)); break;
    case AST_FormattedValue: case AST_JoinedStr: write_fstring(o, n); break;
    case AST_Constant: write_constant(o, ast_as(Constant, n)); break;
    case AST_Attribute: {
      const AstAttribute *a = ast_as(Attribute, n);
      write(o, a->value, P_ATOM);
      bool digit = a->value->kind == AST_Constant &&
                   (ast_as(Constant, a->value)->value.kind == CONST_INT || ast_as(Constant, a->value)->value.kind == CONST_BIGINT);
      put(o, digit ? " ." : ".");
      put(o, a->attr->s);
      break;
    }
    case AST_Starred: put(o, "*"), write(o, ast_as(Starred, n)->value, P_EXPR); break;
    case AST_Name: put(o, ast_as(Name, n)->id->s); break;
    case AST_Subscript:
      write(o, ast_as(Subscript, n)->value, P_ATOM);
      put(o, "["), write(o, ast_as(Subscript, n)->slice, P_TUPLE), put(o, "]");
      break;
    case AST_Slice: {
      const AstSlice *s = ast_as(Slice, n);
      if (s->lower) write(o, s->lower, P_TEST);
      put(o, ":");
      if (s->upper) write(o, s->upper, P_TEST);
      if (s->step) put(o, ":"), write(o, s->step, P_TEST);
      break;
    }
    case AST_NamedExpr: {
      const AstNamedExpr *e = ast_as(NamedExpr, n);
      write_bracketed(o, level, P_TUPLE, "", e->target, " := ", e->value, P_ATOM, P_ATOM);
      break;
    }
    default: break;
  }
}

void unparse_expr(TextBuf *out, const AstNode *n) { write(out, n, P_TEST); }
