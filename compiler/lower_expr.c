/* lower_expr.c: expressions. A value is asked for in a register or anywhere; a local is used where it is, without a copy. */
#include "compiler/lower_impl.h"

#include "runtime/set.h"

/* -- What an expression does ------------------------------------------------------------------------------------------ */

static int find_walrus(AstNode *n, void *unused) {
  if (n->kind == AST_NamedExpr) return 1;
  if (n->kind == AST_Lambda) return 0;
  return ast_children(n, find_walrus, unused);
}

/* May evaluating n give another value to a plain local? (Captured locals are cells and are read at once.) */
static bool rebinds_locals(Lower *L, AstNode *n) { return n && L->unit->scope->has_walrus && find_walrus(n, NULL); }

bool writes_once(Lower *L, AstNode *n) {
  switch (n->kind) {
    case AST_BoolOp: case AST_NamedExpr: case AST_Await: case AST_YieldFrom: return fold(L, n) != EMPTY;
    case AST_Compare: return ast_as(Compare, n)->ops.n == 1;
    case AST_IfExp: return writes_once(L, ast_as(IfExp, n)->body) && writes_once(L, ast_as(IfExp, n)->orelse);
    /* asynchronous comprehensions are awaited */
    case AST_ListComp: case AST_SetComp: case AST_DictComp: return !scope_of(L->scopes, n)->is_coroutine;
    default: return true;
  }
}

bool has_star(AstSeq s) {
  for (uint32_t i = 0; i < s.n; i++)
    if (s.items[i]->kind == AST_Starred) return true;
  return false;
}

static Reg dest(Lower *L, Reg want) { return want == ANY ? temp(L) : want; }

Reg expr_temp(Lower *L, AstNode *n) { return expr(L, n, temp(L)); }

void expr_effect(Lower *L, AstNode *n) {
  Reg mark = temp_mark(L);
  expr(L, n, ANY);
  temp_release(L, mark);
}

Reg expr_stable(Lower *L, AstNode *n, AstNode *later) {
  Reg r = expr(L, n, ANY);
  if (r >= L->unit->first_temp || !rebinds_locals(L, later)) return r;
  Reg t = temp(L);
  move(L, t, r);
  return t;
}

/* -- Warnings about expressions that cannot work ------------------------------------------------------------------------- */

static const char *const_type_name(Value v) {
  if (v == NONE) return "NoneType";
  if (v == ELLIPSIS) return "ellipsis";
  if (is_bool(v)) return "bool";
  if (is_int(v) || has_kind(v, K_INT)) return "int";
  if (is_double(v)) return "float";
  if (complex_check(v)) return "complex";
  if (str_check(v)) return "str";
  return "bytes";
}

static const char *static_type(Lower *L, AstNode *n) {
  switch (n->kind) {
    case AST_Tuple: return "tuple";
    case AST_List: case AST_ListComp: return "list";
    case AST_Dict: case AST_DictComp: return "dict";
    case AST_Set: case AST_SetComp: return "set";
    case AST_GeneratorExp: return "generator";
    case AST_Lambda: return "function";
    case AST_JoinedStr: case AST_FormattedValue: return "str";
    case AST_Constant: return const_type_name(fold(L, n));
    default: return NULL;
  }
}

static void check_subscripted(Lower *L, AstNode *n) {
  switch (n->kind) {
    case AST_Constant: {
      Value v = fold(L, n);
      if (!(v == NONE || v == ELLIPSIS || is_bool(v) || is_int(v) || is_double(v) || has_kind(v, K_INT) || complex_check(v))) return;
      break;
    }
    case AST_Set: case AST_SetComp: case AST_GeneratorExp: case AST_Lambda: break;
    default: return;
  }
  lower_warn(L, L->unit->pos, "'%s' object is not subscriptable; perhaps you missed a comma?", static_type(L, n));
}

static void check_index(Lower *L, AstNode *n, AstNode *index) {
  const char *type = static_type(L, index);
  if (!type || !strcmp(type, "int") || !strcmp(type, "bool") || index->kind == AST_Slice) return;
  Value v;
  switch (n->kind) {
    case AST_Constant:
      v = fold(L, n);
      if (!is_object(v) || !(has_kind(v, K_STR) || has_kind(v, K_BYTES))) return;
      break;
    case AST_Tuple: case AST_List: case AST_ListComp: case AST_JoinedStr: case AST_FormattedValue: break;
    default: return;
  }
  lower_warn(L, L->unit->pos, "%s indices must be integers or slices, not %s; perhaps you missed a comma?", static_type(L, n), type);
}

/* -- Operators -------------------------------------------------------------------------------------------------------------- */

RirOp binary_op(AstOp op, bool inplace) {
  static const uint8_t ops[AST_N_OPS] = {
      [ASTOP_Add] = RIR_ADD, [ASTOP_Sub] = RIR_SUB, [ASTOP_Mult] = RIR_MUL, [ASTOP_MatMult] = RIR_MATMUL, [ASTOP_Div] = RIR_TRUEDIV,
      [ASTOP_Mod] = RIR_MOD, [ASTOP_Pow] = RIR_POW, [ASTOP_LShift] = RIR_LSHIFT, [ASTOP_RShift] = RIR_RSHIFT, [ASTOP_BitOr] = RIR_OR,
      [ASTOP_BitXor] = RIR_XOR, [ASTOP_BitAnd] = RIR_AND, [ASTOP_FloorDiv] = RIR_FLOORDIV};
  _Static_assert(RIR_IADD - RIR_ADD == RIR_IMATMUL - RIR_MATMUL, "ORDER BINOP");
  return (RirOp)(ops[op] + (inplace ? RIR_IADD - RIR_ADD : 0));
}

static Reg binary(Lower *L, AstBinOp *n, Reg want) {
  Reg mark = temp_mark(L);
  Reg a = expr_stable(L, n->left, n->right);
  Value k = fold(L, n->right);
  if ((n->op == ASTOP_Add || n->op == ASTOP_Sub) && k != EMPTY && is_int(k) && as_int(k) >= INT32_MIN && as_int(k) <= INT32_MAX) {
    temp_release(L, mark);
    Reg to = dest(L, want);
    emit(L, (Instr){.op = n->op == ASTOP_Add ? RIR_ADD_IMM : RIR_SUB_IMM, .a = (uint16_t)to, .b = (uint16_t)a, .e = (int32_t)as_int(k)});
    return to;
  }
  Reg b = expr(L, n->right, ANY);
  temp_release(L, mark);
  Reg to = dest(L, want);
  emit(L, (Instr){.op = (uint8_t)binary_op(n->op, false), .a = (uint16_t)to, .b = (uint16_t)a, .c = (uint16_t)b});
  return to;
}

static Reg unary(Lower *L, AstUnaryOp *n, Reg want) {
  Reg mark = temp_mark(L), v = expr(L, n->operand, ANY);
  temp_release(L, mark);
  Reg to = dest(L, want);
  RirOp op = n->op == ASTOP_USub ? RIR_NEG : n->op == ASTOP_UAdd ? RIR_POS : n->op == ASTOP_Invert ? RIR_INVERT : RIR_NOT;
  emit(L, (Instr){.op = (uint8_t)op, .a = (uint16_t)to, .b = (uint16_t)v});
  return to;
}

static Reg walrus(Lower *L, AstNamedExpr *n, Reg want) {
  AstIdent *name = ast_as(Name, n->target)->id;
  Reg local = name_register(L, name);
  check_name(L, name, ASTOP_Store, n->target->pos);
  if (local != ANY && writes_once(L, n->value)) {
    expr(L, n->value, local);
    local_set_bound(L, local, true);
    if (want == ANY) return local;
    move(L, want, local);
    return want;
  }
  Reg to = dest(L, want);
  expr(L, n->value, to);
  name_store(L, name, to);
  return to;
}

/* -- Attributes and items ------------------------------------------------------------------------------------------------------ */

static Reg attribute(Lower *L, AstNode *node, Reg want) {
  AstAttribute *n = ast_as(Attribute, node);
  Reg mark = temp_mark(L), v = expr(L, n->value, ANY);
  temp_release(L, mark);
  Reg to = dest(L, want);
  attribute_position(L, node);
  EMIT_IC(GET_ATTR, .a = (uint16_t)to, .b = (uint16_t)v, .d = (uint16_t)name_index(L, mangled(L, n->attr)));
  return to;
}

bool is_two_part_slice(AstNode *n) { return n->kind == AST_Slice && !ast_as(Slice, n)->step; }

Reg slice_bound(Lower *L, AstNode *n) {
  return n ? expr(L, n, ANY) : const_operand(L, NONE);
}

static Reg slice(Lower *L, AstSlice *n, Reg want) {
  Reg mark = temp_mark(L);
  Reg run[3];
  AstNode *parts[3] = {n->lower, n->upper, n->step};
  for (int i = 0; i < 3; i++) {
    run[i] = slice_bound(L, parts[i]);
    if (run[i] < L->unit->first_temp && ((i < 2 && rebinds_locals(L, parts[i + 1])) || (i < 1 && rebinds_locals(L, parts[2])))) {
      Reg t = temp(L);
      move(L, t, run[i]);
      run[i] = t;
    }
  }
  temp_release(L, mark);
  Reg to = dest(L, want);
  EMIT(BUILD_SLICE, .a = (uint16_t)to, .b = (uint16_t)run[0], .c = (uint16_t)run[1], .d = (uint16_t)run[2]);
  return to;
}

static Reg subscript(Lower *L, AstSubscript *n, Reg want) {
  check_subscripted(L, n->value);
  check_index(L, n->value, n->slice);
  Reg mark = temp_mark(L);
  Reg v = expr_stable(L, n->value, n->slice);
  if (is_two_part_slice(n->slice)) {
    AstSlice *s = ast_as(Slice, n->slice);
    Reg lo = s->lower ? expr_stable(L, s->lower, s->upper) : const_operand(L, NONE);
    Reg hi = slice_bound(L, s->upper);
    temp_release(L, mark);
    Reg to = dest(L, want);
    EMIT(GET_SLICE, .a = (uint16_t)to, .b = (uint16_t)v, .c = (uint16_t)lo, .d = (uint16_t)hi);
    return to;
  }
  Reg i = expr(L, n->slice, ANY);
  temp_release(L, mark);
  Reg to = dest(L, want);
  EMIT(GET_ITEM, .a = (uint16_t)to, .b = (uint16_t)v, .c = (uint16_t)i);
  return to;
}

/* -- Displays -------------------------------------------------------------------------------------------------------------------- */

enum { MAX_RUN = 64 }; /* elements evaluated before building; longer displays grow one by one */

static bool all_constant(Lower *L, AstSeq s) {
  for (uint32_t i = 0; i < s.n; i++)
    if (fold(L, s.items[i]) == EMPTY) return false;
  return true;
}

static Value const_tuple(Lower *L, AstSeq s) {
  Tuple *t = tuple_alloc(L->th, s.n);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (uint32_t i = 0; i < s.n; i++) obj_store(L->th, t, &t->items[i], fold(L, s.items[i])); /* folding allocates: it may be scanned meanwhile */
  return value_object(t);
}

/* kind: AST_List, AST_Tuple or AST_Set. */
Reg build_sequence(Lower *L, AstSeq elts, AstKind kind, Reg want) {
  Reg mark = temp_mark(L);
  bool star = has_star(elts), set = kind == AST_Set;
  if (!star && elts.n <= MAX_RUN && !(kind == AST_List && elts.n > 2 && all_constant(L, elts))) {
    Reg run = L->unit->top;
    for (uint32_t i = 0; i < elts.n; i++) expr_temp(L, elts.items[i]);
    temp_release(L, mark);
    Reg to = dest(L, want);
    RirOp op = set ? RIR_BUILD_SET : kind == AST_List ? RIR_BUILD_LIST : RIR_BUILD_TUPLE;
    emit(L, (Instr){.op = (uint8_t)op, .a = (uint16_t)to, .b = (uint16_t)(elts.n ? run : 0), .c = (uint16_t)elts.n});
    return to;
  }
  Reg box = temp(L);
  emit(L, (Instr){.op = set ? RIR_BUILD_SET : RIR_BUILD_LIST, .a = (uint16_t)box});
  if (!star && !set && all_constant(L, elts)) {
    Reg k = temp(L);
    load_const(L, k, const_tuple(L, elts));
    EMIT(LIST_EXTEND, .a = (uint16_t)box, .b = (uint16_t)k);
  } else {
    for (uint32_t i = 0; i < elts.n; i++) {
      AstNode *e = elts.items[i];
      bool starred = e->kind == AST_Starred;
      Reg inner = temp_mark(L), v = expr(L, starred ? ast_as(Starred, e)->value : e, ANY);
      RirOp op = set ? (starred ? RIR_SET_UPDATE : RIR_SET_ADD) : (starred ? RIR_LIST_EXTEND : RIR_LIST_APPEND);
      emit(L, (Instr){.op = (uint8_t)op, .a = (uint16_t)box, .b = (uint16_t)v});
      temp_release(L, inner);
    }
  }
  temp_release(L, mark);
  Reg to = dest(L, want);
  if (kind == AST_Tuple) EMIT(LIST_TO_TUPLE, .a = (uint16_t)to, .b = (uint16_t)box);
  else move(L, to, box);
  return to;
}

static Reg dict(Lower *L, AstDict *n, Reg want) {
  Reg mark = temp_mark(L);
  bool star = false, const_keys = n->keys.n > 1;
  for (uint32_t i = 0; i < n->keys.n; i++) {
    if (!n->keys.items[i]) star = true, const_keys = false;
    else if (fold(L, n->keys.items[i]) == EMPTY) const_keys = false;
  }
  if (!star && n->keys.n <= MAX_RUN / 2) {
    Reg run = L->unit->top;
    for (uint32_t i = 0; i < n->keys.n; i++) {
      if (!const_keys) expr_temp(L, n->keys.items[i]);
      expr_temp(L, n->values.items[i]);
    }
    temp_release(L, mark);
    Reg to = dest(L, want);
    uint16_t first = (uint16_t)(n->keys.n ? run : 0), count = (uint16_t)n->keys.n;
    if (const_keys) EMIT(BUILD_DICT_CONST_KEYS, .a = (uint16_t)to, .b = first, .c = count, .e = (int32_t)const_index(L, const_tuple(L, n->keys)));
    else EMIT(BUILD_DICT, .a = (uint16_t)to, .b = first, .c = count);
    return to;
  }
  Reg box = temp(L);
  EMIT(BUILD_DICT, .a = (uint16_t)box);
  for (uint32_t i = 0; i < n->keys.n; i++) {
    Reg inner = temp_mark(L);
    AstNode *key = n->keys.items[i], *value = n->values.items[i];
    if (key) {
      Reg k = expr_stable(L, key, value), v = expr(L, value, ANY);
      EMIT(DICT_SET, .a = (uint16_t)box, .b = (uint16_t)k, .c = (uint16_t)v);
    } else {
      EMIT(DICT_UPDATE, .a = (uint16_t)box, .b = (uint16_t)expr(L, value, ANY));
    }
    temp_release(L, inner);
  }
  temp_release(L, mark);
  Reg to = dest(L, want);
  move(L, to, box);
  return to;
}

/* -- Formatted strings ------------------------------------------------------------------------------------------------------------- */

static Reg formatted_value(Lower *L, AstFormattedValue *n, Reg want) {
  Reg mark = temp_mark(L);
  Reg v = expr_stable(L, n->value, n->format_spec);
  Reg spec = n->format_spec ? expr(L, n->format_spec, ANY) : NO_REG;
  temp_release(L, mark);
  Reg to = dest(L, want);
  EMIT(FORMAT_VALUE, .a = (uint16_t)to, .b = (uint16_t)v, .c = (uint16_t)spec, .f = (uint16_t)(n->conversion < 0 ? 0 : n->conversion));
  return to;
}

static Reg joined_str(Lower *L, AstJoinedStr *n, Reg want) {
  if (n->values.n == 1) return expr(L, n->values.items[0], want);
  Reg mark = temp_mark(L), run = L->unit->top;
  for (uint32_t i = 0; i < n->values.n; i++) expr_temp(L, n->values.items[i]);
  temp_release(L, mark);
  Reg to = dest(L, want);
  EMIT(BUILD_STRING, .a = (uint16_t)to, .b = (uint16_t)(n->values.n ? run : 0), .c = (uint16_t)n->values.n);
  return to;
}

/* -- All expressions ----------------------------------------------------------------------------------------------------------------- */

static Reg expr_node(Lower *L, AstNode *n, Reg want) {
  switch (n->kind) {
    case AST_BoolOp: return bool_op(L, n, want);
    case AST_NamedExpr: return walrus(L, ast_as(NamedExpr, n), want);
    case AST_BinOp: return binary(L, ast_as(BinOp, n), want);
    case AST_UnaryOp: return unary(L, ast_as(UnaryOp, n), want);
    case AST_Lambda: return lambda(L, n, want);
    case AST_IfExp: return if_exp(L, n, want);
    case AST_Dict: return dict(L, ast_as(Dict, n), want);
    case AST_Set: return build_sequence(L, ast_as(Set, n)->elts, AST_Set, want);
    case AST_List: return build_sequence(L, ast_as(List, n)->elts, AST_List, want);
    case AST_Tuple: return build_sequence(L, ast_as(Tuple, n)->elts, AST_Tuple, want);
    case AST_ListComp: case AST_SetComp: case AST_DictComp: case AST_GeneratorExp: return comprehension(L, n, want);
    case AST_Await: return await_expr(L, n, want);
    case AST_Yield: return yield_expr(L, n, want);
    case AST_YieldFrom: return yield_from_expr(L, n, want);
    case AST_Compare: return compare(L, n, want);
    case AST_Call: return call(L, n, want);
    case AST_FormattedValue: return formatted_value(L, ast_as(FormattedValue, n), want);
    case AST_JoinedStr: return joined_str(L, ast_as(JoinedStr, n), want);
    case AST_Attribute: return attribute(L, n, want);
    case AST_Subscript: return subscript(L, ast_as(Subscript, n), want);
    case AST_Name: return name_load(L, ast_as(Name, n)->id, want);
    case AST_Slice: return slice(L, ast_as(Slice, n), want);
    case AST_Starred: lower_error(L, n->pos, "can't use starred expression here");
    default: RP_FATAL("unexpected expression: %s", ast_info((AstKind)n->kind)->name);
  }
}

Reg expr(Lower *L, AstNode *n, Reg want) {
  lower_check_depth(L);
  Unit *u = L->unit;
  AstPos outer = u->pos;
  u->pos = n->pos;
  Reg r;
  Value k = fold(L, n);
  if (k == EMPTY) r = expr_node(L, n, want);
  else if (want == ANY) r = const_operand(L, k);
  else load_const(L, r = want, k);
  u->pos = outer;
  return r;
}
