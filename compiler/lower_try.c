/* lower_try.c: try, except, finally, with. A protected body costs nothing: its range goes into the handler table. A finally suite is
** written once per way out of its body: behind it, in the handler, and before every return, break and continue that leaves it. */
#include "compiler/lower_impl.h"

/* Puts back what was handled before and lets the exception in r go on: the end of every handler. */
static void reraise(Lower *L, Reg handled, Reg r) {
  EMIT(POP_HANDLED, .a = (uint16_t)handled);
  EMIT(RERAISE, .a = (uint16_t)r);
}

/* Code between protect and unprotect, in block b: what it raises goes to b's handler, with the exception in R[exc]. */
static void protect(Lower *L, Block *b, Reg exc) {
  b->region = region_open(L, label_new(L), exc);
  block_push(L, b);
}
static void unprotect(Lower *L, Block *b) {
  block_pop(L, b);
  region_close(L, b->region);
}

/* Code between handling_begin and handling_end runs while exception R[exc] is being handled. */
typedef struct Handling { Block block; Reg handled, exc; } Handling;

static void handling_begin(Lower *L, Handling *h, Region *from, Reg handled, Reg exc) {
  handler_place(L, from);
  EMIT(PUSH_HANDLED, .a = (uint16_t)handled, .b = (uint16_t)exc);
  *h = (Handling){.block = {.kind = BLOCK_HANDLED, .reg = handled}, .handled = handled, .exc = exc};
  protect(L, &h->block, exc);
}

/* The code in between has jumped away or raised. */
static void handling_end(Lower *L, Handling *h) {
  unprotect(L, &h->block);
  handler_place(L, h->block.region);
  reraise(L, h->handled, h->exc);
}

static void try_except(Lower *L, AstTry *n);

static void try_finally(Lower *L, AstTry *n, void (*inner)(Lower *, AstTry *)) {
  Reg mark = temp_mark(L), exc = temp(L), handled = temp(L);
  Label *exit = label_new(L);
  Block b = {.kind = BLOCK_FINALLY, .finally = n->finalbody};
  protect(L, &b, exc);
  if (n->handlers.n) inner(L, n);
  else stmts(L, n->body);
  unprotect(L, &b);
  stmts(L, n->finalbody);
  EMIT_JUMP(JUMP, exit);

  Handling h;
  handling_begin(L, &h, b.region, handled, exc);
  stmts(L, n->finalbody);
  EMIT(RERAISE, .a = (uint16_t)exc);
  handling_end(L, &h);
  label_place(L, exit);
  temp_release(L, mark);
}

static void unbind(Lower *L, AstIdent *name) {
  Block b = {.kind = BLOCK_HANDLER_NAME, .name = name};
  unwind_block(L, &b);
}

/* Body of `except ... as name`: the name is unbound on every way out. Falls through at its normal end. */
static void named_handler_body(Lower *L, AstExceptHandler *n, Reg exc, Reg value) {
  Label *done = label_new(L);
  name_store(L, n->name, value);
  Block b = {.kind = BLOCK_HANDLER_NAME, .name = n->name};
  protect(L, &b, exc);
  stmts(L, n->body);
  unprotect(L, &b);
  unbind(L, n->name);
  EMIT_JUMP(JUMP, done);
  handler_place(L, b.region);
  unbind(L, n->name);
  EMIT(RERAISE, .a = (uint16_t)exc);
  label_place(L, done);
}

/* The suites of try and else, which go on at exit. -> the region whose handler comes next. */
static Region *try_body(Lower *L, AstTry *n, Reg exc, Label *exit) {
  Block b = {.kind = BLOCK_TRY};
  protect(L, &b, exc);
  stmts(L, n->body);
  unprotect(L, &b);
  stmts(L, n->orelse);
  EMIT_JUMP(JUMP, exit);
  return b.region;
}

static void try_except(Lower *L, AstTry *n) {
  Unit *u = L->unit;
  Reg mark = temp_mark(L), exc = temp(L), handled = temp(L);
  Label *exit = label_new(L);
  Region *body = try_body(L, n, exc, exit);

  Handling h;
  handling_begin(L, &h, body, handled, exc);
  AstPos outer = u->pos;
  for (uint32_t i = 0; i < n->handlers.n; i++) {
    AstExceptHandler *c = ast_as(ExceptHandler, n->handlers.items[i]);
    Label *next = label_new(L);
    u->pos = c->base.pos;
    if (!c->type && i + 1 < n->handlers.n) lower_error(L, u->pos, "default 'except:' must be last");
    if (c->type) {
      Reg inner = temp_mark(L), t = expr(L, c->type, ANY);
      temp_release(L, inner);
      Reg match = temp(L);
      EMIT(EXC_MATCH, .a = (uint16_t)match, .b = (uint16_t)exc, .c = (uint16_t)t);
      EMIT_JUMP(JUMP_IF_FALSE, next, .a = (uint16_t)match);
      temp_release(L, inner);
    }
    if (c->name) named_handler_body(L, c, exc, exc);
    else stmts(L, c->body);
    EMIT(POP_HANDLED, .a = (uint16_t)handled);
    EMIT_JUMP(JUMP, exit);
    label_place(L, next);
  }
  u->pos = outer;
  EMIT(RERAISE, .a = (uint16_t)exc);
  handling_end(L, &h);
  label_place(L, exit);
  temp_release(L, mark);
}

void try_stmt(Lower *L, AstNode *node) {
  AstTry *n = ast_as(Try, node);
  if (n->finalbody.n) try_finally(L, n, try_except);
  else try_except(L, n);
}

/* -- except* --------------------------------------------------------------------------------------------------------------- */

/* Every clause takes its part out of the group; what the clauses raise and what nobody took is merged and raised at the end. */
static void try_except_star(Lower *L, AstTry *n) {
  Unit *u = L->unit;
  Reg mark = temp_mark(L), exc = temp(L), handled = temp(L), raised = temp(L), rest = temp(L), match = temps(L, 2);
  Reg inner_handled = temp(L), inner_exc = temp(L);
  Label *exit = label_new(L);
  Region *body = try_body(L, n, exc, exit);

  Reg original = temp(L), error = temp(L);
  handler_place(L, body);
  move(L, original, exc);
  EMIT(PUSH_HANDLED, .a = (uint16_t)handled, .b = (uint16_t)exc);
  Block star = {.kind = BLOCK_TRY_STAR};
  protect(L, &star, error);
  EMIT(BUILD_LIST, .a = (uint16_t)raised);
  move(L, rest, exc);
  AstPos outer = u->pos;
  for (uint32_t i = 0; i < n->handlers.n; i++) {
    AstExceptHandler *c = ast_as(ExceptHandler, n->handlers.items[i]);
    Label *next = label_new(L);
    u->pos = c->base.pos;
    Reg inner = temp_mark(L), t = expr(L, c->type, ANY);
    EMIT(EXC_GROUP_MATCH, .a = (uint16_t)match, .b = (uint16_t)rest, .c = (uint16_t)t);
    temp_release(L, inner);
    move(L, rest, match + 1);
    EMIT_JUMP(JUMP_IF_NONE, next, .a = (uint16_t)match);
    EMIT(PUSH_HANDLED, .a = (uint16_t)inner_handled, .b = (uint16_t)match);
    Region *clause = region_open(L, label_new(L), inner_exc);
    if (c->name) named_handler_body(L, c, inner_exc, match);
    else stmts(L, c->body);
    region_close(L, clause);
    EMIT(POP_HANDLED, .a = (uint16_t)inner_handled);
    EMIT_JUMP(JUMP, next);
    handler_place(L, clause);
    EMIT(POP_HANDLED, .a = (uint16_t)inner_handled);
    EMIT(LIST_APPEND, .a = (uint16_t)raised, .b = (uint16_t)inner_exc);
    label_place(L, next);
  }
  u->pos = outer;
  EMIT(LIST_APPEND, .a = (uint16_t)raised, .b = (uint16_t)rest);
  EMIT(EXC_GROUP_MERGE, .a = (uint16_t)error, .b = (uint16_t)original, .c = (uint16_t)raised);
  unprotect(L, &star);
  EMIT(POP_HANDLED, .a = (uint16_t)handled);
  EMIT_JUMP(JUMP_IF_NONE, exit, .a = (uint16_t)error);
  EMIT(RERAISE, .a = (uint16_t)error);
  handler_place(L, star.region);
  reraise(L, handled, error);
  label_place(L, exit);
  temp_release(L, mark);
}

void try_star_stmt(Lower *L, AstNode *node) {
  AstTryStar *s = ast_as(TryStar, node);
  AstTry n = {.body = s->body, .handlers = s->handlers, .orelse = s->orelse, .finalbody = s->finalbody};
  if (s->finalbody.n) try_finally(L, &n, try_except_star);
  else try_except_star(L, &n);
}

/* -- with ---------------------------------------------------------------------------------------------------------------------- */

static void with_items(Lower *L, AstNode *node, AstSeq items, uint32_t i, AstSeq body, bool async) {
  if (i == items.n) {
    stmts(L, body);
    return;
  }
  Unit *u = L->unit;
  Astwithitem *item = ast_as(withitem, items.items[i]);
  Reg mark = temp_mark(L), entered = temps(L, 2), exit_fn = entered + 1, exc = temp(L), handled = temp(L), answer = temp(L);
  Label *exit = label_new(L), *swallow = label_new(L);
  Reg inner = temp_mark(L), manager = expr(L, item->context_expr, ANY);
  temp_release(L, inner);
  if (async) {
    EMIT(AWITH_ENTER, .a = (uint16_t)entered, .b = (uint16_t)manager);
    await_register(L, entered, 1);
  } else {
    EMIT(WITH_ENTER, .a = (uint16_t)entered, .b = (uint16_t)manager);
  }
  Block b = {.kind = async ? BLOCK_ASYNC_WITH : BLOCK_WITH, .reg = exit_fn, .pos = node->pos};
  protect(L, &b, exc);
  if (item->optional_vars) assign(L, item->optional_vars, entered);
  with_items(L, node, items, i + 1, body, async);
  unprotect(L, &b);
  u->pos = node->pos;
  unwind_block(L, &b);
  EMIT_JUMP(JUMP, exit);

  Handling h;
  handling_begin(L, &h, b.region, handled, exc);
  EMIT(WITH_EXIT, .a = (uint16_t)answer, .b = (uint16_t)exit_fn, .c = (uint16_t)exc);
  if (async) await_register(L, answer, 2);
  EMIT_JUMP(JUMP_IF_TRUE, swallow, .a = (uint16_t)answer);
  EMIT(RERAISE, .a = (uint16_t)exc);
  handling_end(L, &h);
  label_place(L, swallow);
  EMIT(POP_HANDLED, .a = (uint16_t)handled);
  label_place(L, exit);
  temp_release(L, mark);
}

void with_stmt(Lower *L, AstNode *n) {
  if (n->kind == AST_With) {
    with_items(L, n, ast_as(With, n)->items, 0, ast_as(With, n)->body, false);
  } else {
    if (!is_async_unit(L->unit)) lower_error(L, n->pos, "'async with' outside async function");
    with_items(L, n, ast_as(AsyncWith, n)->items, 0, ast_as(AsyncWith, n)->body, true);
  }
}
