/* lower_assign.c: targets: plain, augmented, annotated assignment, unpacking, del. */
#include "compiler/lower_impl.h"

static uint32_t count_stars(AstSeq s, uint32_t *where) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < s.n; i++)
    if (s.items[i]->kind == AST_Starred && !n++) *where = i;
  return n;
}

static void unpack(Lower *L, AstNode *target, AstSeq elts, Reg value) {
  uint32_t star = 0, n_stars = count_stars(elts, &star);
  if (n_stars > 1) lower_error(L, target->pos, "multiple starred expressions in assignment");
  if (n_stars && (star >= 256 || elts.n - star - 1 >= INT32_MAX >> 8))
    lower_error(L, target->pos, "too many expressions in star-unpacking assignment");
  Reg run = temps(L, elts.n);
  if (n_stars) EMIT(UNPACK_EX, .a = (uint16_t)value, .b = (uint16_t)run, .c = (uint16_t)star, .d = (uint16_t)(elts.n - star - 1));
  else EMIT(UNPACK_SEQ, .a = (uint16_t)value, .b = (uint16_t)(elts.n ? run : 0), .c = (uint16_t)elts.n);
  for (uint32_t i = 0; i < elts.n; i++) {
    AstNode *e = elts.items[i];
    assign(L, e->kind == AST_Starred ? ast_as(Starred, e)->value : e, run + i);
  }
}

void assign(Lower *L, AstNode *target, Reg value) {
  lower_check_depth(L);
  Unit *u = L->unit;
  AstPos outer = u->pos;
  Reg mark = temp_mark(L);
  u->pos = target->pos;
  switch (target->kind) {
    case AST_Name: name_store(L, ast_as(Name, target)->id, value); break;
    case AST_Attribute: {
      AstAttribute *a = ast_as(Attribute, target);
      Reg o = expr(L, a->value, ANY);
      check_name(L, a->attr, ASTOP_Store, target->pos);
      attribute_position(L, target);
      EMIT_IC(SET_ATTR, .a = (uint16_t)o, .b = (uint16_t)value, .d = (uint16_t)name_index(L, mangled(L, a->attr)));
      break;
    }
    case AST_Subscript: {
      AstSubscript *s = ast_as(Subscript, target);
      Reg o = expr_stable(L, s->value, s->slice);
      if (is_two_part_slice(s->slice)) {
        AstSlice *p = ast_as(Slice, s->slice);
        Reg lo = p->lower ? expr_stable(L, p->lower, p->upper) : const_operand(L, NONE), hi = slice_bound(L, p->upper);
        EMIT(SET_SLICE, .a = (uint16_t)o, .b = (uint16_t)lo, .c = (uint16_t)hi, .d = (uint16_t)value);
      } else {
        Reg i = expr(L, s->slice, ANY);
        EMIT(SET_ITEM, .a = (uint16_t)o, .b = (uint16_t)i, .c = (uint16_t)value);
      }
      break;
    }
    case AST_Tuple: unpack(L, target, ast_as(Tuple, target)->elts, value); break;
    case AST_List: unpack(L, target, ast_as(List, target)->elts, value); break;
    case AST_Starred: lower_error(L, target->pos, "starred assignment target must be in a list or tuple");
    default: RP_FATAL("unexpected target: %s", ast_info((AstKind)target->kind)->name);
  }
  temp_release(L, mark);
  u->pos = outer;
}

static bool elements(AstNode *n, AstSeq *out) {
  if (n->kind == AST_Tuple) *out = ast_as(Tuple, n)->elts;
  else if (n->kind == AST_List) *out = ast_as(List, n)->elts;
  else return false;
  return true;
}

static bool plain_locals(Lower *L, AstSeq targets) {
  for (uint32_t i = 0; i < targets.n; i++)
    if (targets.items[i]->kind != AST_Name || name_register(L, ast_as(Name, targets.items[i])->id) == ANY) return false;
  return true;
}

/* a, b = x, y without building a tuple: all values first, then the targets from left to right. */
static bool assign_pairwise(Lower *L, AstNode *target, AstNode *value) {
  AstSeq to, from;
  if (!elements(target, &to) || !elements(value, &from) || to.n != from.n || !to.n || to.n > 16) return false;
  if (has_star(to) || has_star(from) || fold(L, value) != EMPTY) return false;
  Reg run = L->unit->top;
  uint32_t last = to.n - 1;
  AstNode *end = to.items[last];
  /* The last value may go straight into its variable: nothing is evaluated after it. But the earlier targets are stored later,
  ** which shows when one of them is the same variable. */
  bool direct = plain_locals(L, to) && writes_once(L, from.items[last]);
  for (uint32_t i = 0; direct && i < last; i++) direct = ast_as(Name, to.items[i])->id != ast_as(Name, end)->id;
  for (uint32_t i = 0; i < to.n - direct; i++) expr_temp(L, from.items[i]);
  if (direct) {
    Reg local = name_register(L, ast_as(Name, end)->id);
    check_name(L, ast_as(Name, end)->id, ASTOP_Store, end->pos);
    expr(L, from.items[last], local);
    local_set_bound(L, local, true);
  }
  for (uint32_t i = 0; i < to.n - direct; i++) assign(L, to.items[i], run + i);
  return true;
}

void assign_stmt(Lower *L, AstNode *node) {
  AstAssign *n = ast_as(Assign, node);
  AstNode *target = n->targets.items[0];
  if (n->targets.n == 1) {
    if (assign_pairwise(L, target, n->value)) return;
    if (target->kind == AST_Name) {
      AstIdent *name = ast_as(Name, target)->id;
      Reg local = name_register(L, name);
      if (local != ANY && writes_once(L, n->value)) {
        check_name(L, name, ASTOP_Store, target->pos);
        expr(L, n->value, local);
        local_set_bound(L, local, true);
        return;
      }
    }
    assign(L, target, expr_stable(L, n->value, target));
    return;
  }
  Reg r = expr(L, n->value, ANY);
  if (r < L->unit->first_temp) { /* a variable that one of the targets may be */
    Reg t = temp(L);
    move(L, t, r);
    r = t;
  }
  for (uint32_t i = 0; i < n->targets.n; i++) assign(L, n->targets.items[i], r);
}

/* -- Augmented ------------------------------------------------------------------------------------------------------------- */

static void inplace(Lower *L, AstAugAssign *n, Reg to, Reg left) {
  Value k = fold(L, n->value);
  if ((n->op == ASTOP_Add || n->op == ASTOP_Sub) && k != EMPTY && is_int(k) && as_int(k) >= INT32_MIN && as_int(k) <= INT32_MAX) {
    emit(L, (Instr){.op = n->op == ASTOP_Add ? RIR_ADD_IMM : RIR_SUB_IMM, .a = (uint16_t)to, .b = (uint16_t)left, .f = 1,
                    .e = (int32_t)as_int(k)});
    return;
  }
  Reg v = expr(L, n->value, ANY);
  emit(L, (Instr){.op = (uint8_t)binary_op(n->op, true), .a = (uint16_t)to, .b = (uint16_t)left, .c = (uint16_t)v});
}

/* An operand that must survive everything up to the store. */
static Reg kept(Lower *L, AstNode *n) {
  return L->unit->scope->has_walrus ? expr_temp(L, n) : expr(L, n, ANY);
}

void aug_assign(Lower *L, AstNode *node) {
  AstAugAssign *n = ast_as(AugAssign, node);
  Unit *u = L->unit;
  AstPos whole = u->pos;
  AstNode *target = n->target;
  switch (target->kind) {
    case AST_Name: {
      AstIdent *name = ast_as(Name, target)->id;
      Reg local = name_register(L, name);
      u->pos = target->pos;
      check_name(L, name, ASTOP_Store, target->pos);
      Reg left = name_load(L, name, ANY);
      if (left < u->first_temp && u->scope->has_walrus) {
        Reg t = temp(L);
        move(L, t, left);
        left = t;
      }
      u->pos = whole;
      if (local != ANY) {
        inplace(L, n, local, left);
        local_set_bound(L, local, true);
      } else {
        inplace(L, n, left, left);
        u->pos = target->pos;
        name_store(L, name, left);
      }
      break;
    }
    case AST_Attribute: {
      AstAttribute *a = ast_as(Attribute, target);
      u->pos = target->pos;
      Reg o = kept(L, a->value), v = temp(L);
      attribute_position(L, target);
      AstPos at = u->pos;
      uint16_t name = (uint16_t)name_index(L, mangled(L, a->attr));
      EMIT_IC(GET_ATTR, .a = (uint16_t)v, .b = (uint16_t)o, .d = name);
      u->pos = whole;
      check_name(L, a->attr, ASTOP_Store, target->pos);
      inplace(L, n, v, v);
      u->pos = at;
      EMIT_IC(SET_ATTR, .a = (uint16_t)o, .b = (uint16_t)v, .d = name);
      break;
    }
    case AST_Subscript: {
      AstSubscript *s = ast_as(Subscript, target);
      u->pos = target->pos;
      Reg o = kept(L, s->value), i = kept(L, s->slice), v = temp(L);
      EMIT(GET_ITEM, .a = (uint16_t)v, .b = (uint16_t)o, .c = (uint16_t)i);
      u->pos = whole;
      inplace(L, n, v, v);
      u->pos = target->pos;
      EMIT(SET_ITEM, .a = (uint16_t)o, .b = (uint16_t)i, .c = (uint16_t)v);
      break;
    }
    default: RP_FATAL("unexpected target: %s", ast_info((AstKind)target->kind)->name);
  }
  u->pos = whole;
}

/* -- Annotated ---------------------------------------------------------------------------------------------------------------- */

void annotation_value(Lower *L, AstNode *n, Reg want) {
  if (!(L->flags & CO_FUTURE_ANNOTATIONS)) {
    /* *args: *Ts */
    if (n->kind == AST_Starred) {
      Reg mark = temp_mark(L), v = expr(L, ast_as(Starred, n)->value, ANY);
      EMIT(UNPACK_SEQ, .a = (uint16_t)v, .b = (uint16_t)want, .c = 1);
      temp_release(L, mark);
    } else {
      expr(L, n, want);
    }
    return;
  }
  TextBuf text = {0};
  unparse_expr(&text, n);
  Str *s = str_from_utf8(L->th, text.s ? text.s : "", text.n);
  text_fini(&text);
  load_const(L, want, lower_pin(L, s ? value_object(s) : EMPTY));
}

static bool in_namespace(Lower *L) { return L->unit->scope->kind != SCOPE_FUNCTION; }

static void check_slice_parts(Lower *L, AstNode *n) {
  if (n->kind == AST_Slice) {
    AstSlice *s = ast_as(Slice, n);
    if (s->lower) expr_effect(L, s->lower);
    if (s->upper) expr_effect(L, s->upper);
    if (s->step) expr_effect(L, s->step);
  } else if (n->kind == AST_Tuple) {
    for (uint32_t i = 0; i < ast_as(Tuple, n)->elts.n; i++) check_slice_parts(L, ast_as(Tuple, n)->elts.items[i]);
  } else {
    expr_effect(L, n);
  }
}

void ann_assign(Lower *L, AstNode *node) {
  AstAnnAssign *n = ast_as(AnnAssign, node);
  AstNode *target = n->target;
  if (n->value) {
    Reg mark = temp_mark(L);
    assign(L, target, expr_stable(L, n->value, target));
    temp_release(L, mark);
  }
  switch (target->kind) {
    case AST_Name: {
      AstIdent *name = ast_as(Name, target)->id;
      check_name(L, name, ASTOP_Store, node->pos);
      if (!n->simple || !in_namespace(L)) break;
      Reg v = temp(L), d = temp(L), k = temp(L);
      annotation_value(L, n->annotation, v);
      EMIT_IC(LOAD_NAME, .a = (uint16_t)d, .d = (uint16_t)name_index(L, L->id_annotations));
      load_const(L, k, value_object(ident_str(L, mangled(L, name))));
      EMIT(SET_ITEM, .a = (uint16_t)d, .b = (uint16_t)k, .c = (uint16_t)v);
      break;
    }
    case AST_Attribute:
      check_name(L, ast_as(Attribute, target)->attr, ASTOP_Store, node->pos);
      if (!n->value) expr_effect(L, ast_as(Attribute, target)->value);
      break;
    case AST_Subscript:
      if (!n->value) {
        expr_effect(L, ast_as(Subscript, target)->value);
        check_slice_parts(L, ast_as(Subscript, target)->slice);
      }
      break;
    default: lower_error(L, node->pos, "invalid node type (%d) for annotated assignment", target->kind);
  }
  if (!n->simple && in_namespace(L) && !(L->flags & CO_FUTURE_ANNOTATIONS)) expr_effect(L, n->annotation);
}

/* -- del -------------------------------------------------------------------------------------------------------------------------- */

void delete_target(Lower *L, AstNode *target) {
  Unit *u = L->unit;
  AstPos outer = u->pos;
  Reg mark = temp_mark(L);
  u->pos = target->pos;
  AstSeq elts;
  switch (target->kind) {
    case AST_Name: name_delete(L, ast_as(Name, target)->id); break;
    case AST_Attribute: {
      AstAttribute *a = ast_as(Attribute, target);
      Reg o = expr(L, a->value, ANY);
      attribute_position(L, target);
      EMIT(DEL_ATTR, .a = (uint16_t)o, .d = (uint16_t)name_index(L, mangled(L, a->attr)));
      break;
    }
    case AST_Subscript: {
      AstSubscript *s = ast_as(Subscript, target);
      Reg o = expr_stable(L, s->value, s->slice), i = expr(L, s->slice, ANY);
      EMIT(DEL_ITEM, .a = (uint16_t)o, .b = (uint16_t)i);
      break;
    }
    default:
      if (elements(target, &elts))
        for (uint32_t i = 0; i < elts.n; i++) delete_target(L, elts.items[i]);
      break;
  }
  temp_release(L, mark);
  u->pos = outer;
}
