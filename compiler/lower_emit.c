/* lower_emit.c: writing one unit: instructions, registers, labels, protected regions, tables, and the Code made of them. */
#include "compiler/lower_impl.h"

#include <stdlib.h>

/* Room for one more element in an arena array. */
#define GROW(L, array, n, cap)                                                               \
  do {                                                                                       \
    if ((n) < (cap)) break;                                                                  \
    uint32_t cap_ = (cap) ? (cap) * 2 : 16;                                                  \
    void *p_ = arena_alloc(&(L)->cc->arena, cap_ * sizeof *(array));                         \
    if (n) memcpy(p_, (array), (n) * sizeof *(array));                                       \
    (array) = p_;                                                                            \
    (cap) = cap_;                                                                            \
  } while (0)

static NORETURN void too_big(Lower *L, const char *what) {
  diag_at(L->cc, DIAG_NotImplementedError, 0, -1, 0, -1, "code with too many %s", what);
  lower_fail(L);
}

/* -- Sets of bound locals ------------------------------------------------------------------------------------------- */

static uint64_t *bound_copy(Lower *L, const uint64_t *from) {
  uint64_t *to = arena_alloc(&L->cc->arena, L->unit->n_words * 8 + 8);
  memcpy(to, from, L->unit->n_words * 8);
  return to;
}
static void bound_and(Unit *u, uint64_t *to, const uint64_t *from) {
  for (uint32_t i = 0; i < u->n_words; i++) to[i] &= from[i];
}
static void bound_forget_deletable(Unit *u, uint64_t *set) {
  for (uint32_t i = 0; i < u->n_words; i++) set[i] &= ~u->deletable[i];
}
bool local_bound(Lower *L, Reg r) { return L->unit->dead || L->unit->bound[r / 64] >> (r % 64) & 1; }
void local_set_bound(Lower *L, Reg r, bool bound) {
  uint64_t *w = &L->unit->bound[r / 64], bit = (uint64_t)1 << (r % 64);
  *w = bound ? *w | bit : *w & ~bit;
}

/* -- Instructions ----------------------------------------------------------------------------------------------------- */

uint32_t emit(Lower *L, Instr i) {
  Unit *u = L->unit;
  if (u->dead) return u->n_instrs;
  uint32_t cap = u->cap_instrs, cap_tops = u->cap_instrs;
  GROW(L, u->instrs, u->n_instrs, cap);
  GROW(L, u->tops, u->n_instrs, cap_tops);
  GROW(L, u->positions, u->n_instrs, u->cap_instrs);
  u->instrs[u->n_instrs] = i;
  AstPos p = u->pos;
  u->tops[u->n_instrs] = (uint16_t)u->top;
  u->positions[u->n_instrs] = (Position){p.lineno, p.end_lineno, p.col_offset, p.end_col_offset};
  if (rir_ops[i.op].flags & RIRF_STOP) u->dead = true;
  return u->n_instrs++;
}

uint32_t emit_cached(Lower *L, Instr i) {
  if (!L->unit->dead) i.e = (int32_t)L->unit->n_ics++;
  return emit(L, i);
}

void method_position(Lower *L, uint32_t pc, AstPos p) {
  Unit *u = L->unit;
  if (pc >= u->n_instrs) return;
  GROW(L, u->methods, u->n_methods, u->cap_methods);
  u->methods[u->n_methods++] = (MethodPosition){pc, {p.lineno, p.end_lineno, p.col_offset, p.end_col_offset}};
}

void emit_jump(Lower *L, Instr i, Label *to) {
  Unit *u = L->unit;
  if (u->dead) return;
  GROW(L, u->fixups, u->n_fixups, u->cap_fixups);
  u->fixups[u->n_fixups++] = (Fixup){u->n_instrs, to};
  if (to->pc < 0) {
    if (to->used) bound_and(u, to->bound, u->bound);
    else to->bound = bound_copy(L, u->bound);
  }
  to->used = true;
  emit(L, i);
}

Label *label_new(Lower *L) {
  Label *l = arena_alloc(&L->cc->arena, sizeof *l);
  l->pc = -1;
  return l;
}

/* A JUMP to the very next instruction says nothing: take it back, unless something else already counts on its place. */
static void drop_jump_to(Unit *u, Label *l) {
  uint32_t n = u->n_instrs;
  if (!u->n_fixups || !n || u->instrs[n - 1].op != RIR_JUMP) return;
  Fixup f = u->fixups[u->n_fixups - 1];
  if (f.pc != n - 1 || f.to != l || u->last_place == n) return;
  for (Region *r = u->regions; r; r = r->outer)
    if (r->open && r->start >= n) return;
  if (u->n_pieces && u->pieces[u->n_pieces - 1].end >= n) return;
  u->n_instrs--;
  u->n_fixups--;
}

void label_place(Lower *L, Label *l) {
  Unit *u = L->unit;
  if (l->used) {
    if (u->dead) {
      drop_jump_to(u, l);
      memcpy(u->bound, l->bound, u->n_words * 8);
    } else {
      bound_and(u, u->bound, l->bound);
    }
    u->dead = false;
  }
  l->pc = (int32_t)u->n_instrs;
  u->last_place = u->n_instrs;
}

Label *loop_head(Lower *L) {
  Unit *u = L->unit;
  Label *l = label_new(L);
  bound_forget_deletable(u, u->bound);
  u->last_place = u->n_instrs;
  l->pc = (int32_t)emit(L, (Instr){.op = RIR_LOOP_HEAD, .e = (int32_t)u->n_loops});
  if (!u->dead) u->n_loops++;
  return l;
}

/* -- Registers ---------------------------------------------------------------------------------------------------------- */

Reg temps(Lower *L, unsigned n) {
  Unit *u = L->unit;
  Reg r = u->top;
  u->top += n;
  if (u->top > u->max_top) u->max_top = u->top;
  if (u->top > MAX_REGS) too_big(L, "values at once");
  return r;
}
Reg temp(Lower *L) { return temps(L, 1); }

bool is_temp(Lower *L, Reg r) { return r < CONST_REG && r >= L->unit->first_temp; }

void move(Lower *L, Reg to, Reg from) {
  if (to != from) EMIT(MOVE, .a = (uint16_t)to, .b = (uint16_t)from);
}

/* -- Protected regions --------------------------------------------------------------------------------------------------- */

static void piece_end(Lower *L, Region *r) {
  Unit *u = L->unit;
  if (!r->open || r->start >= u->n_instrs) return;
  GROW(L, u->pieces, u->n_pieces, u->cap_pieces);
  u->pieces[u->n_pieces] = (Piece){r->start, u->n_instrs, r->handler, r->reg, r->depth, u->n_pieces};
  u->n_pieces++;
  r->handler->used = true;
}

Region *region_open(Lower *L, Label *handler, Reg reg) {
  Unit *u = L->unit;
  Region *r = arena_alloc(&L->cc->arena, sizeof *r);
  *r = (Region){.handler = handler, .reg = reg, .start = u->n_instrs, .open = true, .depth = ++u->region_depth, .outer = u->regions};
  r->bound = bound_copy(L, u->bound);
  bound_forget_deletable(u, r->bound);
  u->regions = r;
  return r;
}
void region_suspend(Lower *L, Region *r) {
  piece_end(L, r);
  r->open = false;
}
void region_resume(Lower *L, Region *r) {
  r->start = L->unit->n_instrs;
  r->open = true;
}
void region_close(Lower *L, Region *r) {
  RP_ASSERT(L->unit->regions == r);
  region_suspend(L, r);
  L->unit->regions = r->outer;
  L->unit->region_depth--;
}
void handler_place(Lower *L, Region *r) {
  Unit *u = L->unit;
  RP_ASSERT(u->dead);
  r->handler->pc = (int32_t)u->n_instrs;
  u->last_place = u->n_instrs;
  if (!r->handler->used) return;
  u->dead = false;
  memcpy(u->bound, r->bound, u->n_words * 8);
  bound_forget_deletable(u, u->bound);
}

/* -- Constants and names --------------------------------------------------------------------------------------------------- */

static uint32_t const_hash(Value v) {
  if (!is_object(v)) return (uint32_t)(v * 0x9E3779B97F4A7C15ull >> 32);
  if (str_check(v)) return str_hash(as_str(v));
  if (tuple_check(v)) {
    uint32_t h = 77;
    for (uint64_t i = 0; i < as_tuple(v)->length; i++) h = h * 31 + const_hash(as_tuple(v)->items[i]);
    return h;
  }
  return as_object(v)->kind; /* rare kinds share a chain */
}

unsigned const_index(Lower *L, Value v) {
  Unit *u = L->unit;
  if ((u->n_consts + 1) * 4 > u->cap_const_hash * 3) {
    uint32_t cap = u->cap_const_hash ? u->cap_const_hash * 2 : 32, *hash = arena_alloc(&L->cc->arena, cap * sizeof *hash);
    for (uint32_t i = 0; i < u->n_consts; i++) {
      uint32_t k = const_hash(u->consts[i]) & (cap - 1);
      while (hash[k]) k = (k + 1) & (cap - 1);
      hash[k] = i + 1;
    }
    u->const_hash = hash;
    u->cap_const_hash = cap;
  }
  uint32_t k = const_hash(v) & (u->cap_const_hash - 1);
  for (; u->const_hash[k]; k = (k + 1) & (u->cap_const_hash - 1))
    if (const_same(u->consts[u->const_hash[k] - 1], v)) return u->const_hash[k] - 1;
  GROW(L, u->consts, u->n_consts, u->cap_consts);
  u->consts[u->n_consts] = v;
  u->const_hash[k] = ++u->n_consts;
  return u->n_consts - 1;
}

Str *ident_str(Lower *L, AstIdent *name) {
  if (name->id >= L->n_ident_strs) {
    uint32_t cap = (L->cc->n_names + 64) * 2;
    Value *v = arena_alloc(&L->cc->arena, cap * sizeof *v);
    if (L->n_ident_strs) memcpy(v, L->ident_strs, L->n_ident_strs * sizeof *v);
    L->ident_strs = v;
    L->n_ident_strs = cap;
  }
  Value *slot = &L->ident_strs[name->id];
  if (!*slot) {
    Str *s = str_from_utf8(L->th, name->s, name->n);
    if (s) s = str_intern(L->th, s);
    *slot = lower_pin(L, s ? value_object(s) : EMPTY);
  }
  return as_str(*slot);
}

unsigned name_index(Lower *L, AstIdent *name) {
  Unit *u = L->unit;
  uintptr_t known = (uintptr_t)ident_get(&u->name_index, name);
  if (known) return (unsigned)known - 1;
  GROW(L, u->names, u->n_names, u->cap_names);
  u->names[u->n_names++] = name;
  if (u->n_names > 0xFFFF) too_big(L, "names");
  ident_put(L->cc, &u->name_index, name, (void *)(uintptr_t)u->n_names);
  return u->n_names - 1;
}

static Instr const_load(Lower *L, Reg to, Value v) {
  if (v == NONE) return (Instr){.op = RIR_LOAD_NONE, .a = (uint16_t)to};
  if (is_int(v) && as_int(v) >= INT32_MIN && as_int(v) <= INT32_MAX)
    return (Instr){.op = RIR_LOAD_INT, .a = (uint16_t)to, .e = (int32_t)as_int(v)};
  return (Instr){.op = RIR_LOAD_CONST, .a = (uint16_t)to, .e = (int32_t)const_index(L, v)};
}

void load_const(Lower *L, Reg to, Value v) { emit(L, const_load(L, to, v)); }

Reg const_operand(Lower *L, Value v) {
  Unit *u = L->unit;
  if (u->loop_depth && !u->dead) {
    for (uint32_t i = 0; i < u->n_const_regs; i++)
      if (const_same(u->const_regs[i], v)) return CONST_REG + i;
    if (u->n_const_regs < MAX_CONST_REGS) {
      u->const_regs[u->n_const_regs] = v;
      return CONST_REG + u->n_const_regs++;
    }
  }
  Reg r = temp(L);
  load_const(L, r, v);
  return r;
}

/* -- Unit: begin ------------------------------------------------------------------------------------------------------------ */

/* "outer.<locals>.inner", "C.method"; a name declared global in the enclosing scope stands alone. */
static Str *qualified_name(Lower *L, Unit *u, Str *name) {
  Unit *up = u->outer;
  if (!up || !up->outer) return name;
  if (u->kind == UNIT_FUNCTION || u->kind == UNIT_ASYNC_FUNCTION || u->kind == UNIT_CLASS) {
    Symbol *y = scope_find(up->scope, scope_mangle(L->cc, up->scope->private_name, u->name));
    if (y && y->place == PLACE_GLOBAL_EXPLICIT) return name;
  }
  Str *q = str_fmt(L->th, up->kind == UNIT_CLASS || up->kind == UNIT_COMPREHENSION ? "%S.%S" : "%S.<locals>.%S", up->qualname, name);
  return as_str(lower_pin(L, q ? value_object(q) : EMPTY));
}

static void give_registers(Lower *L, Unit *u) {
  Scope *sc = u->scope;
  bool function = sc->kind == SCOPE_FUNCTION;
  u->n_locals = u->next_local = sc->n_params;
  for (Symbol *y = sc->first; y; y = y->next) {
    y->reg = SYMBOL_NO_REG;
    if (y->flags & SYM_PARAM) y->reg = y->index;
    else if (function && y->place == PLACE_LOCAL) u->n_locals++;
  }
  u->top = u->n_locals;
  u->cells = scope_cells(L->cc, sc, &u->n_cells);
  u->frees = scope_frees(L->cc, sc, &u->n_frees);
  if (sc->needs_class_cell) {
    Symbol *y = arena_alloc(&L->cc->arena, sizeof *y);
    y->name = L->id_class;
    y->place = PLACE_CELL;
    y->reg = SYMBOL_NO_REG;
    u->cells = arena_alloc(&L->cc->arena, sizeof *u->cells);
    u->cells[u->n_cells++] = y;
  }
  for (uint32_t i = 0; i < u->n_cells; i++)
    if (u->cells[i]->reg == SYMBOL_NO_REG) u->cells[i]->reg = (uint16_t)u->top++;
  if (sc->needs_class_cell) u->class_cell = u->cells[0]->reg;
  u->free_reg = u->top;
  for (uint32_t i = 0; i < u->n_frees; i++) {
    Reg r = u->top++;
    if (!u->frees[i]->class_free) u->frees[i]->reg = (uint16_t)r;
  }
  u->first_temp = u->max_top = u->top;
  if (u->top > MAX_REGS) too_big(L, "variables");
  u->n_words = u->n_locals / 64 + 1;
  u->bound = arena_alloc(&L->cc->arena, u->n_words * 8);
  u->deletable = arena_alloc(&L->cc->arena, u->n_words * 8);
  for (Reg r = 0; r < sc->n_params; r++) u->bound[r / 64] |= (uint64_t)1 << (r % 64);
  for (Symbol *y = sc->first; y; y = y->next)
    if (y->flags & SYM_PARAM && y->flags & SYM_DELETED) u->deletable[y->reg / 64] |= (uint64_t)1 << (y->reg % 64);
}

Unit *unit_begin(Lower *L, UnitKind kind, AstNode *node, AstIdent *name, int firstlineno) {
  Unit *u = arena_alloc(&L->cc->arena, sizeof *u);
  u->outer = L->unit;
  u->scope = scope_of(L->scopes, node);
  u->kind = kind;
  u->name = name;
  u->firstlineno = firstlineno;
  u->doc = NONE;
  u->pos = (AstPos){firstlineno, 0, firstlineno, 0};
  u->last_place = UINT32_MAX;
  Str *shown = name ? ident_str(L, name) : str_intern_c(L->th, "<module>");
  lower_pin(L, shown ? value_object(shown) : EMPTY);
  u->shown_name = shown;
  u->qualname = qualified_name(L, u, shown);
  give_registers(L, u);
  L->unit = u;
  return u;
}

/* -- Unit: end ---------------------------------------------------------------------------------------------------------------- */

static uint32_t code_flags(Lower *L, const Unit *u) {
  const Scope *sc = u->scope;
  uint32_t f = (uint32_t)L->flags & CO_FUTURE_ALL;
  if (sc->kind != SCOPE_FUNCTION) return f;
  f |= CO_OPTIMIZED | CO_NEWLOCALS | u->arg_flags;
  if (sc->nested) f |= CO_NESTED;
  if (sc->is_generator) f |= sc->is_coroutine ? CO_ASYNC_GENERATOR : CO_GENERATOR;
  else if (sc->is_coroutine) f |= CO_COROUTINE;
  return f;
}

/* What runs before the body: generator, cells, closure, constants of loops. */
static uint32_t write_prologue(Lower *L, Unit *u, Instr *out) {
  uint32_t n = 0;
  if (u->scope->kind == SCOPE_FUNCTION && (u->scope->is_generator || u->scope->is_coroutine))
    out[n++] = (Instr){.op = RIR_RETURN_GENERATOR};
  for (uint32_t i = 0; i < u->n_cells; i++) {
    bool param = u->cells[i]->flags & SYM_PARAM;
    out[n++] = (Instr){.op = RIR_MAKE_CELL, .a = u->cells[i]->reg, .b = param ? u->cells[i]->reg : NO_REG};
  }
  for (uint32_t i = 0; i < u->n_frees; i++)
    out[n++] = (Instr){.op = RIR_LOAD_CLOSURE, .a = (uint16_t)(u->free_reg + i), .e = (int32_t)i};
  for (uint32_t i = 0; i < u->n_const_regs; i++) out[n++] = const_load(L, u->max_top + i, u->const_regs[i]);
  return n;
}

/* Gives constant registers their places behind the temporaries. */
static void rename_const_regs(Unit *u, Instr *i) {
  const RirOpInfo *info = &rir_ops[i->op];
  uint16_t *const operands[5] = {&i->a, &i->b, &i->c, &i->d, &i->f};
  for (int k = 0; k < 5; k++) {
    int kind = info->operand[k];
    if (kind != OPND_R && kind != OPND_O) continue;
    if (*operands[k] >= CONST_REG && *operands[k] != NO_REG) *operands[k] = (uint16_t)(*operands[k] - CONST_REG + u->max_top);
  }
}

/* Temporaries that the instruction itself names hold values while it runs, even if they have been released before it was written. */
typedef struct TopOf { uint16_t *top; uint32_t max_top; } TopOf;
static void raise_top(void *user, unsigned reg, unsigned n, bool write) {
  TopOf *t = user;
  if (reg < t->max_top && reg + n > *t->top) *t->top = (uint16_t)(reg + n);
}

static int inner_first(const void *a, const void *b) {
  const Piece *p = a, *q = b;
  if (p->depth != q->depth) return q->depth - p->depth;
  return p->order < q->order ? -1 : 1;
}

static Tuple *symbols_tuple(Lower *L, Symbol **y, uint32_t n) {
  Tuple *t = tuple_alloc(L->th, n);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (uint32_t i = 0; i < n; i++) store_release(&t->items[i], value_object(ident_str(L, y[i]->name))); /* a marker may be looking */
  heap_barrier_bulk(L->th, t);
  return t;
}

static Tuple *varnames(Lower *L, Unit *u) {
  Tuple *t = tuple_alloc(L->th, u->next_local);
  if (!t) lower_fail(L);
  lower_pin(L, value_object(t));
  for (Symbol *y = u->scope->first; y; y = y->next)
    if (y->reg < u->next_local) store_release(&t->items[y->reg], value_object(ident_str(L, y->name)));
  heap_barrier_bulk(L->th, t);
  return t;
}

static void *take(size_t n, size_t size) {
  void *p = calloc(n + 1, size);
  if (!p) RP_FATAL("out of memory");
  return p;
}

Code *unit_end(Lower *L) {
  Unit *u = L->unit;
  RP_ASSERT(u->dead);
  Instr *prologue = arena_alloc(&L->cc->arena, (1 + u->n_cells + u->n_frees + u->n_const_regs) * sizeof *prologue);
  uint32_t n_pro = write_prologue(L, u, prologue);
  Code c = {.name = u->shown_name, .qualname = u->qualname, .filename = L->filename, .firstlineno = u->firstlineno, .doc = u->doc};
  c.n_regs = u->max_top + u->n_const_regs;
  c.const_reg = u->max_top;
  c.n_locals = u->next_local;
  c.n_params = u->scope->kind == SCOPE_FUNCTION ? u->scope->n_params : 0;
  c.argcount = u->argcount, c.posonlyargcount = u->posonlyargcount, c.kwonlyargcount = u->kwonlyargcount;
  c.flags = code_flags(L, u);
  c.n_loops = u->n_loops;
  c.n_self_attrs = u->scope->self_attrs.n;
  c.uses_namespace = u->scope->kind != SCOPE_FUNCTION;
  c.consts = tuple_new(L->th, u->consts, u->n_consts);
  if (!c.consts) lower_fail(L);
  lower_pin(L, value_object(c.consts));
  c.names = tuple_alloc(L->th, u->n_names);
  if (!c.names) lower_fail(L);
  lower_pin(L, value_object(c.names));
  for (uint32_t i = 0; i < u->n_names; i++) store_release(&c.names->items[i], value_object(ident_str(L, u->names[i])));
  heap_barrier_bulk(L->th, c.names);
  c.varnames = varnames(L, u);
  c.cellvars = symbols_tuple(L, u->cells, u->n_cells);
  c.freevars = symbols_tuple(L, u->frees, u->n_frees);

  c.n_instrs = n_pro + u->n_instrs;
  c.instrs = take(c.n_instrs, sizeof(Instr));
  c.positions = take(c.n_instrs, sizeof(Position));
  c.tops = take(c.n_instrs, sizeof(uint16_t));
  memcpy(c.instrs, prologue, n_pro * sizeof(Instr));
  for (uint32_t i = 0; i < n_pro; i++) {
    c.positions[i] = (Position){u->firstlineno, u->firstlineno, -1, -1};
    c.tops[i] = (uint16_t)u->first_temp;
  }
  memcpy(c.instrs + n_pro, u->instrs, u->n_instrs * sizeof(Instr));
  memcpy(c.positions + n_pro, u->positions, u->n_instrs * sizeof(Position));
  memcpy(c.tops + n_pro, u->tops, u->n_instrs * sizeof(uint16_t));
  for (uint32_t i = 0; i < u->n_fixups; i++)
    c.instrs[u->fixups[i].pc + n_pro].e = u->fixups[i].to->pc + (int32_t)n_pro;
  if (u->n_const_regs)
    for (uint32_t i = n_pro; i < c.n_instrs; i++) rename_const_regs(u, &c.instrs[i]);

  for (uint32_t i = n_pro; i < c.n_instrs; i++) rir_operands(&c.instrs[i], raise_top, &(TopOf){&c.tops[i], u->max_top});

  c.n_ics = u->n_ics;
  c.ics = take(c.n_ics, sizeof(Ic));
  for (uint32_t i = 0; i < c.n_instrs; i++)
    if (rir_ops[c.instrs[i].op].operand[5] == OPND_C) c.ics[c.instrs[i].e].pc = i;
  c.n_method_positions = u->n_methods;
  c.method_positions = take(u->n_methods, sizeof(MethodPosition));
  for (uint32_t i = 0; i < u->n_methods; i++) {
    c.method_positions[i] = u->methods[i];
    c.method_positions[i].pc += n_pro;
  }
  if (u->n_pieces) qsort(u->pieces, u->n_pieces, sizeof(Piece), inner_first);
  c.n_handlers = u->n_pieces;
  c.handlers = take(u->n_pieces, sizeof(Handler));
  for (uint32_t i = 0; i < u->n_pieces; i++) {
    Piece *p = &u->pieces[i];
    c.handlers[i] = (Handler){p->start + n_pro, p->end + n_pro, (uint32_t)p->handler->pc + n_pro, (uint16_t)p->reg};
  }
  c.cell_regs = take(u->n_cells + u->n_frees, sizeof(uint16_t));
  for (uint32_t i = 0; i < u->n_cells; i++) c.cell_regs[i] = u->cells[i]->reg;
  for (uint32_t i = 0; i < u->n_frees; i++) c.cell_regs[u->n_cells + i] = (uint16_t)(u->free_reg + i);

  Code *code = code_new(L->th, &c);
  if (!code) {
    free(c.instrs), free(c.positions), free(c.tops), free(c.method_positions), free(c.handlers), free(c.ics), free(c.cell_regs);
    lower_fail(L);
  }
  lower_pin(L, value_object(code));
  L->unit = u->outer;
  return code;
}
