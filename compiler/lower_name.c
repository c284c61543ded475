/* lower_name.c: loading, storing and deleting a name, wherever it lives. */
#include "compiler/lower_impl.h"

AstIdent *mangled(Lower *L, AstIdent *name) { return scope_mangle(L->cc, L->unit->scope->private_name, name); }

Symbol *name_symbol(Lower *L, AstIdent *name) { return scope_find(L->unit->scope, mangled(L, name)); }

static bool in_function(const Unit *u) { return u->scope->kind == SCOPE_FUNCTION; }

/* Locals get their registers in order of first use, as CPython numbers its varnames. */
static Reg local_register(Lower *L, Symbol *y) {
  Unit *u = L->unit;
  if (y->reg == SYMBOL_NO_REG) {
    y->reg = (uint16_t)u->next_local++;
    RP_ASSERT(u->next_local <= u->n_locals);
    if (y->flags & SYM_DELETED) u->deletable[y->reg / 64] |= (uint64_t)1 << (y->reg % 64);
  }
  return y->reg;
}

void check_name(Lower *L, AstIdent *name, AstOp ctx, AstPos pos) {
  if (name != L->id_debug || ctx == ASTOP_Load) return;
  lower_error(L, pos, ctx == ASTOP_Store ? "cannot assign to __debug__" : "cannot delete __debug__");
}

Reg name_register(Lower *L, AstIdent *name) {
  Symbol *y = name_symbol(L, name);
  if (!y || !in_function(L->unit) || y->place != PLACE_LOCAL) return ANY;
  return local_register(L, y);
}

Reg name_load(Lower *L, AstIdent *name, Reg want) {
  Unit *u = L->unit;
  AstIdent *m = mangled(L, name);
  Symbol *y = scope_find(u->scope, m);
  if (y && y->place == PLACE_LOCAL && in_function(u)) {
    Reg r = local_register(L, y);
    if (!local_bound(L, r)) {
      EMIT(CHECK_LOCAL, .a = (uint16_t)r, .e = (int32_t)name_index(L, m));
      local_set_bound(L, r, true);
    }
    if (want == ANY) return r;
    move(L, want, r);
    return want;
  }
  Reg to = want == ANY ? temp(L) : want;
  SymbolPlace place = y ? y->place : PLACE_GLOBAL_IMPLICIT;
  uint16_t n = (uint16_t)name_index(L, m);
  if (place == PLACE_CELL) EMIT(LOAD_DEREF, .a = (uint16_t)to, .b = y->reg, .e = n);
  else if (place == PLACE_FREE && u->kind == UNIT_CLASS) EMIT(LOAD_CLASSDEREF, .a = (uint16_t)to, .b = y->reg, .e = n);
  else if (place == PLACE_FREE) EMIT(LOAD_DEREF, .a = (uint16_t)to, .b = y->reg, .e = n);
  else if (place == PLACE_GLOBAL_EXPLICIT || in_function(u)) EMIT_IC(LOAD_GLOBAL, .a = (uint16_t)to, .d = n);
  else EMIT_IC(LOAD_NAME, .a = (uint16_t)to, .d = n);
  return to;
}

void name_store(Lower *L, AstIdent *name, Reg value) {
  Unit *u = L->unit;
  AstIdent *m = mangled(L, name);
  Symbol *y = scope_find(u->scope, m);
  check_name(L, name, ASTOP_Store, u->pos);
  if (y && y->place == PLACE_LOCAL && in_function(u)) {
    Reg r = local_register(L, y);
    move(L, r, value);
    local_set_bound(L, r, true);
  } else if (y && (y->place == PLACE_CELL || y->place == PLACE_FREE)) {
    EMIT(STORE_DEREF, .a = y->reg, .b = (uint16_t)value);
  } else if (y && (y->place == PLACE_GLOBAL_EXPLICIT || in_function(u))) {
    EMIT_IC(STORE_GLOBAL, .a = (uint16_t)value, .d = (uint16_t)name_index(L, m));
  } else {
    EMIT_IC(STORE_NAME, .a = (uint16_t)value, .d = (uint16_t)name_index(L, m));
  }
}

void name_delete(Lower *L, AstIdent *name) {
  Unit *u = L->unit;
  AstIdent *m = mangled(L, name);
  Symbol *y = scope_find(u->scope, m);
  check_name(L, name, ASTOP_Del, u->pos);
  if (y && y->place == PLACE_LOCAL && in_function(u)) {
    Reg r = local_register(L, y);
    if (!local_bound(L, r)) EMIT(CHECK_LOCAL, .a = (uint16_t)r, .e = (int32_t)name_index(L, m));
    EMIT(LOAD_EMPTY, .a = (uint16_t)r);
    local_set_bound(L, r, false);
  } else if (y && (y->place == PLACE_CELL || y->place == PLACE_FREE)) {
    EMIT(DELETE_DEREF, .a = y->reg, .e = (int32_t)name_index(L, m));
  } else if (y && (y->place == PLACE_GLOBAL_EXPLICIT || in_function(u))) {
    EMIT(DELETE_GLOBAL, .d = (uint16_t)name_index(L, m));
  } else {
    EMIT(DELETE_NAME, .d = (uint16_t)name_index(L, m));
  }
}
