/* nat_state.c: what is known along a path, versions of blocks, and the edges between them. */
#include "compiler/native/nat.h"

/* -- States and activations ------------------------------------------------ */

State *state_copy(Nat *n, const State *s) {
  State *c = arena_new(n->arena, State);
  *c = *s;
  c->regs = arena_alloc(n->arena, s->n_regs * sizeof(RegState));
  memcpy(c->regs, s->regs, s->n_regs * sizeof(RegState));
  return c;
}

Inst *inst_new(Nat *n, Inst *parent, Code *code, Function *func, const Instr *call) {
  Inst *i = arena_new(n->arena, Inst);
  i->parent = parent;
  i->code = code;
  i->func = func;
  i->call = call;
  i->flow = nat_flow(n, code);
  i->depth = parent ? parent->depth + 1 : 0;
  i->base = parent ? parent->base + parent->n_regs : 0;
  i->n_regs = code->n_regs + 1;
  i->homes = arena_alloc(n->arena, i->n_regs * sizeof(Home));
  i->versions = arena_alloc(n->arena, code->n_instrs * sizeof(Version *));
  i->n_versions = arena_alloc(n->arena, code->n_instrs);
  i->calls = arena_alloc(n->arena, code->n_instrs);
  i->fuel = arena_alloc(n->arena, code->n_instrs * sizeof(LLVMValueRef));
  i->next_inst = n->insts;
  n->insts = i;
  return i;
}

RegState *nat_reg(Nat *n, unsigned r) { return &n->st->regs[n->st->inst->base + r]; }
Type *nat_type(Nat *n, unsigned r) {
  const RegState *rs = nat_reg(n, r);
  switch (rs->rep) {
  case REP_INT: return &type_int;
  case REP_FLOAT: return &type_float;
  case REP_BOOL: return &type_bool;
  case REP_COMPLEX: return &type_complex;
  case REP_CONST: return type_of(rs->k);
  case REP_VIRTUAL: return n->st->virtuals[rs->virt].type;
  default: return rs->rep == REP_BOXED && rs->shape ? rp_shapes[rs->shape]->type : NULL;
  }
}

Home *nat_home(Nat *n, unsigned r) { return &n->st->inst->homes[r]; }

/* Home of the register at index k of a whole state. */
static Home *home_at(Inst *inst, uint32_t k) {
  while (k < inst->base) inst = inst->parent;
  return &inst->homes[k - inst->base];
}

/* Shapes of objects that others can reach may have changed, and so may classes and globals. */
void nat_forget(Nat *n) {
  for (uint32_t k = 0; k < n->st->n_regs; k++)
    if (n->st->regs[k].rep == REP_BOXED) n->st->regs[k].shape = 0;
  for (int v = 0; v < MAX_VIRTUALS; v++)
    if (n->st->virtuals[v].live)
      for (int k = 0; k < VIRT_FIELDS; k++)
        if (n->st->virtuals[v].fields[k].rep == REP_BOXED) n->st->virtuals[v].fields[k].shape = 0;
  n->st->n_checked = 0;
  n->st->fresh = false;
}

bool nat_checked(Nat *n, const void *what) {
  State *s = n->st;
  for (int i = 0; i < s->n_checked; i++)
    if (s->checked[i] == what) return true;
  if (s->n_checked < MAX_CHECKED) s->checked[s->n_checked++] = what;
  return false;
}

/* -- Comparing ---------------------------------------------------------------- */

static bool same_virtual(const Virtual *a, const Virtual *b) {
  if (a->shape != b->shape) return false;
  for (int i = 0; i < a->shape->n_slots; i++) {
    const RegState *x = &a->fields[i], *y = &b->fields[i];
    if (x->rep != y->rep || (x->rep == REP_CONST && x->k != y->k) || (x->rep == REP_BOXED && y->shape && x->shape != y->shape)) return false;
  }
  return true;
}

/* How s can reach version v: 0 as it is (virtuals renamed by map), 1 after conversions, -1 not at all. Heads of loops: shapes that registers which the loop
** never writes should have are tested on the way, with `again` those of all registers. */
static int reach(const State *s, const Version *v, bool again, int8_t map[MAX_VIRTUALS]) {
  const State *want = v->state;
  int8_t back[MAX_VIRTUALS];
  memset(map, -1, MAX_VIRTUALS);
  memset(back, -1, MAX_VIRTUALS);
  if (s->framed && !want->framed) return -1;
  int how = want->framed && !s->framed;
  if (!v->loop && want->lap != s->lap) {
    if (want->lap) return -1;
    how = 1;
  }
  for (uint32_t k = 0; k < s->n_regs; k++) {
    const RegState *a = &s->regs[k], *b = &want->regs[k];
    if (b->rep == REP_DEAD) continue;
    if (a->rep == REP_VIRTUAL && b->rep == REP_VIRTUAL) {
      if (map[a->virt] < 0 && back[b->virt] < 0) {
        if (!same_virtual(&s->virtuals[a->virt], &want->virtuals[b->virt])) return -1;
        map[a->virt] = (int8_t)b->virt;
        back[b->virt] = (int8_t)a->virt;
      } else if (map[a->virt] != b->virt) {
        return -1;
      }
      continue;
    }
    if (a->rep == b->rep) {
      if (a->rep == REP_CONST && a->k != b->k) return -1;
      if (a->rep == REP_BOXED && b->shape && a->shape != b->shape && (a->shape || !v->loop || !(again || b->origin))) return -1;
      if (a->rep == REP_BOXED && a->shape && !b->shape && how == 0) how = 1; /* loses knowledge: another version may be better */
      continue;
    }
    if (b->rep != REP_BOXED || b->shape || a->rep == REP_DEAD) return -1;
    how = 1;
  }
  /* A virtual both mapped and boxed elsewhere would be two objects. */
  for (uint32_t k = 0; k < s->n_regs; k++)
    if (s->regs[k].rep == REP_VIRTUAL && want->regs[k].rep == REP_BOXED && map[s->regs[k].virt] >= 0) return -1;
  return how;
}

/* -- Conversions on an edge (emitted at the builder's position, n->st is what holds now) ---------- */

static void box_register(Nat *n, uint32_t k) {
  RegState *rs = &n->st->regs[k];
  if (rs->rep == REP_BOXED || rs->rep == REP_DEAD || rs->rep == REP_PAST) return;
  if (rs->rep == REP_VIRTUAL) {
    nat_materialise(n, rs->virt);
    return;
  }
  Home *h = home_at(n->st->inst, k);
  LLVMValueRef v = nat_load_boxed(n, rs, h);
  if (!h->word) {
    h->word = LLVMBuildAlloca(n->eb, n->i64, "");
  }
  /* INT and BOOL share the word home with BOXED: the value changes form in place */
  LLVMBuildStore(n->b, v, h->word);
  *rs = (RegState){.rep = REP_BOXED};
}

/* Copies of virtuals' fields into the homes of the version's virtuals, all read before any is written. */
static void move_virtuals(Nat *n, const State *want, const int8_t map[MAX_VIRTUALS]) {
  struct { LLVMValueRef a, b; Home *to; uint8_t rep; } moves[MAX_VIRTUALS * VIRT_FIELDS];
  int n_moves = 0;
  for (int v = 0; v < MAX_VIRTUALS; v++) {
    if (map[v] < 0) continue;
    const Virtual *from = &n->st->virtuals[v], *to = &want->virtuals[(int)map[v]];
    if (from->homes == to->homes) continue;
    for (int f = 0; f < from->shape->n_slots; f++) {
      Home *h = &from->homes[f];
      uint8_t rep = from->fields[f].rep;
      if (rep == REP_CONST || rep == REP_DEAD) continue;
      bool two = rep == REP_COMPLEX, fl = rep == REP_FLOAT || two;
      moves[n_moves].a = LLVMBuildLoad2(n->b, fl ? n->f64 : n->i64, fl ? h->f0 : h->word, "");
      moves[n_moves].b = two ? LLVMBuildLoad2(n->b, n->f64, h->f1, "") : NULL;
      moves[n_moves].to = &to->homes[f];
      moves[n_moves++].rep = rep;
    }
  }
  for (int m = 0; m < n_moves; m++) {
    Home *h = moves[m].to;
    bool fl = moves[m].rep == REP_FLOAT || moves[m].rep == REP_COMPLEX;
    if (fl && !h->f0) h->f0 = LLVMBuildAlloca(n->eb, n->f64, "");
    if (!fl && !h->word) h->word = LLVMBuildAlloca(n->eb, n->i64, "");
    if (moves[m].b && !h->f1) h->f1 = LLVMBuildAlloca(n->eb, n->f64, "");
    LLVMBuildStore(n->b, moves[m].a, fl ? h->f0 : h->word);
    if (moves[m].b) LLVMBuildStore(n->b, moves[m].b, h->f1);
  }
}

static void convert(Nat *n, const State *want, const Instr *target) {
  if (want->framed && !n->st->framed) { /* leaves, if it does, at the target: what only the current instruction reads is gone already */
    const Instr *pc = n->pc;
    n->pc = target;
    nat_open_direct(n);
    n->pc = pc;
    n->exit_block = n->raise_block = NULL;
  }
  for (uint32_t k = 0; k < n->st->n_regs; k++)
    if (want->regs[k].rep == REP_BOXED) box_register(n, k);
}

/* -- Versions -------------------------------------------------------------------- */

/* Is register k of all activations a temporary of its own one? */
static bool is_temporary(Inst *inst, uint32_t k) {
  while (k < inst->base) inst = inst->parent;
  return !inst->flow->named[k - inst->base];
}

/* Forgets what the target does not need: dead registers, constants that will vary, checks. */
static void tidy(Nat *n, Inst *inst, uint32_t pc) {
  State *s = n->st;
  for (uint32_t r = 0; r < inst->n_regs; r++) {
    RegState *rs = &s->regs[inst->base + r];
    bool self = inst->init && r == inst->n_regs - 1;
    if (self || (r < inst->n_regs - 1 && flow_live(inst->flow, pc, r))) continue;
    if (inst->flow->named[r] && (inst->parent || !n->write_through)) nat_make_past(n, rs, &inst->homes[r]);
    else rs->rep = REP_DEAD;
  }
  for (uint32_t k = 0; k < s->n_regs; k++) {
    RegState *rs = &s->regs[k];
    if (rs->rep != REP_CONST) continue;
    Home *h = home_at(inst, k);
    if (is_int(rs->k)) {
      if (!h->word) h->word = LLVMBuildAlloca(n->eb, n->i64, "");
      LLVMBuildStore(n->b, LLVMConstInt(n->i64, (uint64_t)as_int(rs->k), true), h->word);
      rs->rep = REP_INT;
    } else if (is_double(rs->k)) {
      if (!h->f0) h->f0 = LLVMBuildAlloca(n->eb, n->f64, "");
      LLVMBuildStore(n->b, LLVMConstReal(n->f64, as_double(rs->k)), h->f0);
      rs->rep = REP_FLOAT;
    } else if (is_bool(rs->k)) {
      if (!h->word) h->word = LLVMBuildAlloca(n->eb, n->i64, "");
      LLVMBuildStore(n->b, LLVMConstInt(n->i64, rs->k == TRUE_V, false), h->word);
      rs->rep = REP_BOOL;
    } else if (!is_object(rs->k) && !(rs->k == EMPTY && is_temporary(inst, k))) { /* a method that LOAD_METHOD found complete stays so */
      box_register(n, k);
    }
  }
  for (int v = 0; v < MAX_VIRTUALS; v++) {
    if (!s->virtuals[v].live) continue;
    bool used = false;
    for (uint32_t k = 0; k < s->n_regs && !used; k++) used = s->regs[k].rep == REP_VIRTUAL && s->regs[k].virt == v;
    s->virtuals[v].live = used;
    if (!used) continue;
    for (int f = 0; f < s->virtuals[v].shape->n_slots; f++) { /* constants in fields vary as well */
      RegState *rs = &s->virtuals[v].fields[f];
      Home *h = &s->virtuals[v].homes[f];
      if (rs->rep == REP_CONST) {
        RegState to = {0};
        if (is_double(rs->k)) {
          if (!h->f0) h->f0 = LLVMBuildAlloca(n->eb, n->f64, "");
          LLVMBuildStore(n->b, LLVMConstReal(n->f64, as_double(rs->k)), h->f0);
          to.rep = REP_FLOAT;
        } else {
          if (!h->word) h->word = LLVMBuildAlloca(n->eb, n->i64, "");
          to.rep = is_int(rs->k) ? REP_INT : REP_BOXED;
          LLVMBuildStore(n->b, is_int(rs->k) ? LLVMConstInt(n->i64, (uint64_t)as_int(rs->k), true) : nat_const_value(n, rs->k), h->word);
        }
        *rs = to;
      }
    }
  }
  s->n_checked = 0;
  if (!nat_in_lap(s, inst, pc)) s->lap = NULL;
  s->fresh &= s->lap != NULL;
  for (uint32_t k = 0; k < s->n_regs; k++)
    if (s->regs[k].origin != k + 1) s->regs[k].origin = 0;
}

static Version *new_version(Nat *n, Inst *inst, uint32_t pc) {
  Version *v = arena_new(n->arena, Version);
  v->inst = inst;
  v->pc = pc;
  v->state = state_copy(n, n->st);
  v->block = LLVMAppendBasicBlockInContext(n->lc, n->fn, "v");
  v->next_at = inst->versions[pc];
  inst->versions[pc] = v;
  inst->n_versions[pc]++;
  v->next_work = n->work;
  n->work = v;
  n->n_versions++;
  if (inst->code->instrs[pc].op == RIR_LOOP_HEAD) nat_loop_new(n, v);
  return v;
}

/* Everything boxed: fits whatever comes. */
static void generalise(Nat *n) {
  n->st->lap = NULL;
  n->st->fresh = false;
  for (uint32_t k = 0; k < n->st->n_regs; k++) {
    box_register(n, k);
    if (n->st->regs[k].rep == REP_BOXED) n->st->regs[k].shape = 0;
  }
}

/* The version that fits best, or NULL; how: see reach(). */
static Version *choose(Nat *n, Inst *inst, uint32_t pc, int *how, int8_t map[MAX_VIRTUALS]) {
  Version *best = NULL;
  int8_t m[MAX_VIRTUALS];
  *how = -1;
  for (Version *v = inst->versions[pc]; v; v = v->next_at) {
    int h = reach(n->st, v, false, m);
    if (h < 0 || (best && h >= *how)) continue;
    best = v;
    *how = h;
    memcpy(map, m, sizeof m);
  }
  return best;
}

static bool may_add_version(const Nat *n, const Inst *inst, uint32_t pc) {
  return inst->n_versions[pc] < NAT_VERSIONS_PER_PC - 1 && n->n_emitted < NAT_VERSION_BUDGET;
}

static void join(Nat *n, Version *v, const int8_t map[MAX_VIRTUALS]) {
  convert(n, v->state, v->inst->code->instrs + v->pc);
  move_virtuals(n, v->state, map);
}

/* Ends the block. */
static void jump(Nat *n, Version *v, LLVMBasicBlockRef to) {
  n->stop = true;
  if (v->loop || (v->state->lap && v->state->fresh && !n->st->fresh)) nat_note_way(n, v, to);
  LLVMBuildBr(n->b, to);
}

Version *nat_edge(Nat *n, Inst *inst, uint32_t pc) {
  tidy(n, inst, pc);
  int how;
  int8_t map[MAX_VIRTUALS];
  Version *v = choose(n, inst, pc, &how, map);
  if (how != 0 && may_add_version(n, inst, pc)) {
    v = new_version(n, inst, pc);
  } else if (!v) {
    generalise(n);
    v = new_version(n, inst, pc);
  } else {
    join(n, v, map);
  }
  jump(n, v, v->loop ? nat_loop_strip(v) : v->block);
  return v;
}

bool nat_edge_back(Nat *n, uint32_t pc) {
  Inst *inst = n->st->inst;
  tidy(n, inst, pc);
  int how;
  int8_t map[MAX_VIRTUALS];
  Version *v = choose(n, inst, pc, &how, map);
  if (!v || (how != 0 && may_add_version(n, inst, pc))) return false;
  join(n, v, map);
  jump(n, v, v->block);
  return true;
}

void nat_edge_again(Nat *n, Version *head) {
  int8_t map[MAX_VIRTUALS];
  tidy(n, head->inst, head->pc);
  if (reach(n->st, head, true, map) < 0) {
    nat_edge(n, head->inst, head->pc);
    return;
  }
  join(n, head, map);
  jump(n, head, nat_loop_strip(head));
}

LLVMBasicBlockRef nat_target(Nat *n, uint32_t pc) {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b), edge = LLVMAppendBasicBlockInContext(n->lc, n->fn, "e");
  State *saved = n->st;
  bool stop = n->stop;
  n->st = state_copy(n, saved);
  LLVMPositionBuilderAtEnd(n->b, edge);
  nat_edge(n, n->st->inst, pc);
  n->st = saved;
  n->stop = stop;
  LLVMPositionBuilderAtEnd(n->b, here);
  return edge;
}
