/* lower_stmt.c: simple statements, branches, loops, and the ways out of them. */
#include "compiler/lower_impl.h"

void block_push(Lower *L, Block *b) {
  b->outer = L->unit->blocks;
  if (L->unit->n_blocks++ >= MAX_BLOCKS) lower_error(L, L->unit->pos, "too many statically nested blocks");
  L->unit->blocks = b;
}
void block_pop(Lower *L, Block *b) {
  RP_ASSERT(L->unit->blocks == b);
  L->unit->blocks = b->outer;
  L->unit->n_blocks--;
}

void stmts(Lower *L, AstSeq body) {
  for (uint32_t i = 0; i < body.n; i++) stmt(L, body.items[i]);
}

/* -- Ways out ---------------------------------------------------------------------------------------------------------- */

static void unbind_name(Lower *L, AstIdent *name) {
  if (!name) return;
  if (name_register(L, name) != ANY) { /* nobody sees the None in between */
    local_set_bound(L, name_register(L, name), true);
    name_delete(L, name);
    return;
  }
  Reg mark = temp_mark(L), r = temp(L);
  EMIT(LOAD_NONE, .a = (uint16_t)r);
  name_store(L, name, r);
  name_delete(L, name);
  temp_release(L, mark);
}

/* Writes what leaving b needs. The code is not protected by b any more. */
void unwind_block(Lower *L, Block *b) {
  Unit *u = L->unit;
  Reg mark = temp_mark(L);
  AstPos outer_pos = u->pos;
  switch ((BlockKind)b->kind) {
    case BLOCK_WHILE: case BLOCK_FOR: case BLOCK_ASYNC_FOR: case BLOCK_TRY: break;
    case BLOCK_FINALLY: {
      Block *saved = u->blocks;
      int depth = u->loop_depth, n = u->n_blocks;
      for (Block *i = saved; i != b->outer; i = i->outer) u->n_blocks--;
      u->blocks = b->outer;
      stmts(L, b->finally);
      u->blocks = saved;
      u->n_blocks = n;
      u->loop_depth = depth;
      break;
    }
    case BLOCK_WITH: case BLOCK_ASYNC_WITH: {
      Reg t = temp(L);
      u->pos = b->pos;
      EMIT(WITH_EXIT, .a = (uint16_t)t, .b = (uint16_t)b->reg, .c = NO_REG);
      if (b->kind == BLOCK_ASYNC_WITH) await_register(L, t, 2);
      break;
    }
    case BLOCK_HANDLED: EMIT(POP_HANDLED, .a = (uint16_t)b->reg); break;
    case BLOCK_HANDLER_NAME: unbind_name(L, b->name); break;
    case BLOCK_TRY_STAR:
      lower_error(L, u->pos, "'break', 'continue' and 'return' cannot appear in an except* block");
  }
  u->pos = outer_pos;
  temp_release(L, mark);
}

/* Leaves every block inside of `until` (NULL: all). Regions stay suspended: the caller jumps away and calls unwound(). */
static void unwind(Lower *L, Block *until) {
  for (Block *b = L->unit->blocks; b != until; b = b->outer) {
    if (b->region) region_suspend(L, b->region);
    unwind_block(L, b);
  }
}
static void unwound(Lower *L, Block *until) {
  for (Block *b = L->unit->blocks; b != until; b = b->outer)
    if (b->region) region_resume(L, b->region);
}

bool unwinding_runs_code(Lower *L) {
  for (Block *b = L->unit->blocks; b; b = b->outer)
    if (b->kind == BLOCK_FINALLY || b->kind == BLOCK_WITH || b->kind == BLOCK_ASYNC_WITH || b->kind == BLOCK_HANDLER_NAME) return true;
  return false;
}

void return_stmt(Lower *L, AstNode *node) {
  AstReturn *n = ast_as(Return, node);
  Unit *u = L->unit;
  if (u->scope->kind != SCOPE_FUNCTION) lower_error(L, node->pos, "'return' outside function");
  if (n->value && u->scope->is_generator && u->scope->is_coroutine) lower_error(L, node->pos, "'return' with value in async generator");
  Reg r;
  if (n->value) {
    r = expr(L, n->value, ANY);
    if (r < u->first_temp && unwinding_runs_code(L)) {
      Reg t = temp(L);
      move(L, t, r);
      r = t;
    }
    if (fold(L, n->value) != EMPTY && n->value->pos.lineno == node->pos.lineno) u->pos = n->value->pos;
  } else {
    EMIT(LOAD_NONE, .a = (uint16_t)(r = temp(L)));
  }
  unwind(L, NULL);
  EMIT(RETURN, .a = (uint16_t)r);
  unwound(L, NULL);
}

void break_or_continue(Lower *L, AstNode *node, bool is_break) {
  Block *b = L->unit->blocks;
  while (b && b->kind > BLOCK_ASYNC_FOR) {
    if (b->kind == BLOCK_TRY_STAR) unwind_block(L, b);
    b = b->outer;
  }
  if (!b) lower_error(L, node->pos, is_break ? "'break' outside loop" : "'continue' not properly in loop");
  unwind(L, b);
  if (is_break) EMIT_JUMP(JUMP, b->on_break);
  else EMIT_JUMP(JUMP_BACK, b->on_continue);
  unwound(L, b);
}

/* -- Branches and loops ------------------------------------------------------------------------------------------------------ */

static void if_stmt(Lower *L, AstIf *n) {
  Label *orelse = label_new(L);
  jump_if(L, n->test, false, orelse);
  stmts(L, n->body);
  if (n->orelse.n) {
    Label *end = label_new(L);
    EMIT_JUMP(JUMP, end);
    label_place(L, orelse);
    stmts(L, n->orelse);
    label_place(L, end);
  } else {
    label_place(L, orelse);
  }
}

/* What a loop repeats, and the way back to its head; loop_head() and loop_depth++ came before. */
static void loop_body(Lower *L, BlockKind kind, AstSeq body, Label *head, Label *end) {
  Block b = {.kind = kind, .on_break = end, .on_continue = head};
  block_push(L, &b);
  stmts(L, body);
  block_pop(L, &b);
  EMIT_JUMP(JUMP_BACK, head);
  L->unit->loop_depth--;
}

void while_stmt(Lower *L, AstNode *node) {
  AstWhile *n = ast_as(While, node);
  Unit *u = L->unit;
  Label *orelse = label_new(L), *end = label_new(L);
  u->loop_depth++;
  Label *head = loop_head(L);
  jump_if(L, n->test, false, orelse);
  loop_body(L, BLOCK_WHILE, n->body, head, end);
  label_place(L, orelse);
  stmts(L, n->orelse);
  label_place(L, end);
}

void for_stmt(Lower *L, AstNode *node) {
  AstFor *n = ast_as(For, node);
  Unit *u = L->unit;
  Reg mark = temp_mark(L), it = temp(L);
  Label *orelse = label_new(L), *end = label_new(L);
  EMIT(GET_ITER, .a = (uint16_t)it, .b = (uint16_t)expr(L, n->iter, ANY));
  temp_release(L, it + 1);
  u->loop_depth++;
  Label *head = loop_head(L);
  Reg local = n->target->kind == AST_Name ? name_register(L, ast_as(Name, n->target)->id) : ANY;
  if (local != ANY) {
    check_name(L, ast_as(Name, n->target)->id, ASTOP_Store, n->target->pos);
    EMIT_JUMP(FOR_ITER, orelse, .a = (uint16_t)local, .b = (uint16_t)it);
    local_set_bound(L, local, true);
  } else {
    Reg v = temp(L);
    EMIT_JUMP(FOR_ITER, orelse, .a = (uint16_t)v, .b = (uint16_t)it);
    assign(L, n->target, v);
    temp_release(L, v);
  }
  loop_body(L, BLOCK_FOR, n->body, head, end);
  label_place(L, orelse);
  stmts(L, n->orelse);
  label_place(L, end);
  temp_release(L, mark);
}

void async_for_stmt(Lower *L, AstNode *node) {
  AstAsyncFor *n = ast_as(AsyncFor, node);
  Unit *u = L->unit;
  if (!is_async_unit(u)) lower_error(L, node->pos, "'async for' outside async function");
  Reg mark = temp_mark(L), it = temp(L), v = temp(L), exc = temp(L);
  Label *end = label_new(L);
  EMIT(GET_AITER, .a = (uint16_t)it, .b = (uint16_t)expr(L, n->iter, ANY));
  u->loop_depth++;
  Label *head = loop_head(L);
  Region *r = region_open(L, label_new(L), exc);
  EMIT(GET_ANEXT, .a = (uint16_t)v, .b = (uint16_t)it);
  delegate(L, v);
  region_close(L, r);
  assign(L, n->target, v);
  loop_body(L, BLOCK_ASYNC_FOR, n->body, head, end);
  handler_place(L, r);
  EMIT(END_ASYNC_FOR, .a = (uint16_t)exc);
  stmts(L, n->orelse);
  label_place(L, end);
  temp_release(L, mark);
}

/* -- Simple statements ---------------------------------------------------------------------------------------------------------- */

static void raise_stmt(Lower *L, AstRaise *n) {
  if (!n->exc) {
    EMIT(RERAISE_CURRENT);
    return;
  }
  Reg e = n->cause ? expr_stable(L, n->exc, n->cause) : expr(L, n->exc, ANY);
  Reg c = n->cause ? expr(L, n->cause, ANY) : NO_REG;
  EMIT(RAISE, .a = (uint16_t)e, .b = (uint16_t)c);
}

static void assert_stmt(Lower *L, AstAssert *n) {
  Value k = fold(L, n->test);
  if ((n->test->kind == AST_Tuple && ast_as(Tuple, n->test)->elts.n) || (k != EMPTY && tuple_check(k) && as_tuple(k)->length))
    lower_warn(L, n->base.pos, "assertion is always true, perhaps remove parentheses?");
  if (L->flags & LOWER_OPTIMIZE) return;
  Label *end = label_new(L);
  jump_if(L, n->test, true, end);
  Reg e = temp(L);
  EMIT(LOAD_ASSERTION_ERROR, .a = (uint16_t)e);
  if (n->msg) {
    expr_temp(L, n->msg);
    EMIT_IC(CALL, .a = (uint16_t)e, .b = (uint16_t)e, .c = 1);
  }
  EMIT(RAISE, .a = (uint16_t)e, .b = NO_REG);
  label_place(L, end);
}

static void expr_stmt(Lower *L, AstNode *value) {
  if (L->mode == COMPILE_SINGLE && L->unit->kind == UNIT_MODULE) {
    Reg r = expr(L, value, ANY);
    EMIT(PRINT_EXPR, .a = (uint16_t)r);
  } else if (fold(L, value) == EMPTY) {
    expr_effect(L, value);
  }
}

static void import_name(Lower *L, Reg to, AstIdent *name, int level, Value from) {
  Reg mark = temp_mark(L);
  Reg l = const_operand(L, value_int(level)), f = const_operand(L, from);
  EMIT(IMPORT_NAME, .a = (uint16_t)to, .b = (uint16_t)l, .c = (uint16_t)f, .d = (uint16_t)name_index(L, name));
  temp_release(L, mark);
}

void import_stmt(Lower *L, AstNode *node) {
  AstImport *n = ast_as(Import, node);
  for (uint32_t i = 0; i < n->names.n; i++) {
    Astalias *a = ast_as(alias, n->names.items[i]);
    Reg mark = temp_mark(L), m = temp(L);
    import_name(L, m, a->name, 0, NONE);
    const char *dot = strchr(a->name->s, '.');
    if (!a->asname) {
      name_store(L, dot ? name_intern(L->cc, a->name->s, (size_t)(dot - a->name->s)) : a->name, m);
    } else {
      while (dot) { /* import a.b.c as m: walk from a down to c */
        const char *part = dot + 1;
        dot = strchr(part, '.');
        AstIdent *id = name_intern(L->cc, part, dot ? (size_t)(dot - part) : strlen(part));
        EMIT(IMPORT_FROM, .a = (uint16_t)m, .b = (uint16_t)m, .d = (uint16_t)name_index(L, id));
      }
      name_store(L, a->asname, m);
    }
    temp_release(L, mark);
  }
}

void import_from_stmt(Lower *L, AstNode *node) {
  AstImportFrom *n = ast_as(ImportFrom, node);
  if (n->module && !strcmp(n->module->s, "__future__") && n->level <= 0 && node->pos.lineno > L->future_line)
    lower_error(L, node->pos, "from __future__ imports must occur at the beginning of the file");
  Tuple *names = tuple_alloc(L->th, n->names.n);
  if (!names) lower_fail(L);
  lower_pin(L, value_object(names));
  for (uint32_t i = 0; i < n->names.n; i++) store_release(&names->items[i], value_object(ident_str(L, ast_as(alias, n->names.items[i])->name)));
  heap_barrier_bulk(L->th, names);
  Reg mark = temp_mark(L), m = temp(L), v = temp(L);
  import_name(L, m, n->module ? n->module : L->id_empty, n->level > 0 ? n->level : 0, value_object(names));
  for (uint32_t i = 0; i < n->names.n; i++) {
    Astalias *a = ast_as(alias, n->names.items[i]);
    if (!strcmp(a->name->s, "*")) {
      EMIT(IMPORT_STAR, .a = (uint16_t)m);
    } else {
      EMIT(IMPORT_FROM, .a = (uint16_t)v, .b = (uint16_t)m, .d = (uint16_t)name_index(L, mangled(L, a->name)));
      name_store(L, a->asname ? a->asname : a->name, v);
    }
  }
  temp_release(L, mark);
}

void stmt(Lower *L, AstNode *n) {
  lower_check_depth(L);
  Unit *u = L->unit;
  AstPos outer = u->pos;
  Reg mark = temp_mark(L);
  u->pos = n->pos;
  switch (n->kind) {
    case AST_FunctionDef: case AST_AsyncFunctionDef: function_def(L, n); break;
    case AST_ClassDef: class_def(L, n); break;
    case AST_Return: return_stmt(L, n); break;
    case AST_Delete:
      for (uint32_t i = 0; i < ast_as(Delete, n)->targets.n; i++) delete_target(L, ast_as(Delete, n)->targets.items[i]);
      break;
    case AST_Assign: assign_stmt(L, n); break;
    case AST_AugAssign: aug_assign(L, n); break;
    case AST_AnnAssign: ann_assign(L, n); break;
    case AST_For: for_stmt(L, n); break;
    case AST_AsyncFor: async_for_stmt(L, n); break;
    case AST_While: while_stmt(L, n); break;
    case AST_If: if_stmt(L, ast_as(If, n)); break;
    case AST_With: case AST_AsyncWith: with_stmt(L, n); break;
    case AST_Match: match_stmt(L, n); break;
    case AST_Raise: raise_stmt(L, ast_as(Raise, n)); break;
    case AST_Try: try_stmt(L, n); break;
    case AST_TryStar: try_star_stmt(L, n); break;
    case AST_Assert: assert_stmt(L, ast_as(Assert, n)); break;
    case AST_Import: import_stmt(L, n); break;
    case AST_ImportFrom: import_from_stmt(L, n); break;
    case AST_Expr: expr_stmt(L, ast_as(Expr, n)->value); break;
    case AST_Break: break_or_continue(L, n, true); break;
    case AST_Continue: break_or_continue(L, n, false); break;
    case AST_Global: case AST_Nonlocal: case AST_Pass: break;
    default: RP_FATAL("unexpected statement: %s", ast_info((AstKind)n->kind)->name);
  }
  temp_release(L, mark);
  u->pos = outer;
}
