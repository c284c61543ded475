/* nat_method.c: method calls: what the lookup finds is known from the class or the inline cache, the call is one of a known callee. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static Str *name_of(Nat *n) { return (Str *)as_object(n->st->inst->code->names->items[n->pc->d]); }

/* R[r].name, guarded: what to call, and whether with R[r] before the arguments. */
typedef struct Method {
  Value callee;
  bool self;
} Method;

/* By the class of an instance that this activation made, or whose shape is known already: no cache is needed. */
static bool find_by_class(Nat *n, unsigned r, Str *name, Method *m) {
  RegState *rs = nat_reg(n, r);
  Shape *s = rs->rep == REP_VIRTUAL ? n->st->virtuals[rs->virt].shape : rs->rep == REP_BOXED && rs->shape ? rp_shapes[rs->shape] : NULL;
  Function *fn;
  if (!s || !(s->type->flags & TYPE_HEAP) || shape_find(s, name) >= 0 || !nat_method_on(n, r, name, &fn)) return false;
  *m = (Method){value_object(fn), true};
  return true;
}

/* By the only entry of the operation's inline cache. */
static bool find_by_cache(Nat *n, unsigned r, Method *m) {
  Ic *ic = &n->st->inst->code->ics[n->pc->e];
  IcEntry *e = ic_entry(ic);
  RegState *rs = nat_reg(n, r);
  if (!e || e->next || load_relaxed(&ic->misses) >= 8) return false;
  switch (e->kind) {
  case IC_METHOD: case IC_CLASS_VALUE:
    if (e->shape_id < SHAPE_none_ + 1 || (rs->rep != REP_BOXED && rs->rep != REP_VIRTUAL && rs->rep != REP_CONST) || e->shape_id == SHAPE_int ||
        e->shape_id == SHAPE_float || e->shape_id == SHAPE_bool || e->shape_id == SHAPE_NoneType)
      return false;
    nat_need_shape(n, r, e->shape_id);
    nat_guard_version(n, (Type *)e->object, e->type_version);
    *m = (Method){e->value, e->kind == IC_METHOD};
    return true;
  case IC_MODULE:
    m->self = false;
    return rs->rep == REP_CONST && e->value == rs->k && nat_module_constant(n, e, &m->callee);
  case IC_TYPE_ATTR:
    if (rs->rep != REP_CONST || !is_object(rs->k) || as_object(rs->k) != e->object) return false;
    nat_guard_version(n, (Type *)e->object, e->type_version);
    *m = (Method){e->value, false};
    return true;
  default: return false;
  }
}

static bool find_method(Nat *n, unsigned r, Method *m) {
  return (find_by_class(n, r, name_of(n), m) || find_by_cache(n, r, m)) && is_object(m->callee);
}

/* The operation's cache, when R[r] may be of several shapes and each is known to have a method of Python code or C. */
static const IcEntry *several(Nat *n, unsigned r) {
  const Ic *ic = &n->st->inst->code->ics[n->pc->e];
  const IcEntry *first = ic_entry(ic);
  if (!first || !first->next || load_relaxed(&ic->misses) >= 16 || !reg_is_open(nat_reg(n, r))) return NULL;
  for (const IcEntry *e = first; e; e = e->next)
    if (e->kind != IC_METHOD || !ic_version_ok(e) || e->shape_id < SHAPE_none_ + 1 || e->shape_id == SHAPE_int || e->shape_id == SHAPE_float ||
        e->shape_id == SHAPE_bool || e->shape_id == SHAPE_NoneType)
      return NULL;
  return first;
}

/* One call per shape; each goes on by itself, so that what it returned stays known where the ways meet, if it is the same. */
static bool call_by_shape(Nat *n) {
  const Instr *i = n->pc;
  const IcEntry *first = several(n, i->b);
  if (!first) return false;
  unsigned args[NAT_MAX_ARGS + 1];
  for (unsigned k = 0; k <= i->c; k++) args[k] = i->b + k;
  Inst *inst = n->st->inst;
  uint32_t next = (uint32_t)(i - inst->code->instrs) + 1;
  LLVMValueRef object = nat_need_object(n, i->b);
  for (const IcEntry *e = first; e; e = e->next) nat_guard_version(n, (Type *)e->object, e->type_version);
  LLVMValueRef id = nat_load(n, n->i32, object, 0, MEM_SHAPE, "shape");
  State *st = n->st;
  for (const IcEntry *e = first; e; e = e->next) {
    LLVMValueRef hit = LLVMBuildICmp(n->b, LLVMIntEQ, id, nat_const_shape(n, e->shape_id), "");
    LLVMBasicBlockRef other = e->next ? LLVMAppendBasicBlockInContext(n->lc, n->fn, "other") : NULL;
    n->st = st;
    n->exit_block = n->raise_block = NULL;
    if (other) {
      LLVMBasicBlockRef here = LLVMAppendBasicBlockInContext(n->lc, n->fn, "shape");
      LLVMBuildCondBr(n->b, hit, here, other);
      LLVMPositionBuilderAtEnd(n->b, here);
    } else {
      nat_guard(n, hit);
    }
    n->st = state_copy(n, st);
    n->exit_block = n->raise_block = NULL;
    nat_reg(n, i->b)->shape = e->shape_id;
    nat_call_known(n, e->value, &(CallArgs){.reg = args, .n = i->c + 1u, .names = nat_call_names(n)});
    if (n->st->inst != inst) {
      n->pc = n->st->inst->code->instrs; /* into what is inlined */
      nat_edge(n, n->st->inst, 0);
    } else if (!n->stop) {
      if (!inst->parent) nat_write_through(n, i);
      nat_edge(n, inst, next);
    }
    n->pc = i;
    n->stop = false;
    if (other) LLVMPositionBuilderAtEnd(n->b, other);
  }
  n->stop = true;
  return true;
}

void nat_call_method(Nat *n) {
  const Instr *i = n->pc;
  unsigned args[NAT_MAX_ARGS + 1];
  Method m;
  if (i->c >= NAT_MAX_ARGS || !find_method(n, i->b, &m)) {
    if (i->c >= NAT_MAX_ARGS || !call_by_shape(n)) nat_generic(n);
    return;
  }
  for (unsigned k = 0; k <= i->c; k++) args[k] = i->b + k;
  nat_call_known(n, m.callee, &(CallArgs){.reg = m.self ? args : args + 1, .n = i->c + m.self, .names = nat_call_names(n)});
}

void nat_load_method(Nat *n) {
  const Instr *i = n->pc;
  Method m;
  if (!find_method(n, i->b, &m)) {
    nat_generic(n);
    return;
  }
  if (m.self) {
    RegState from = *nat_reg(n, i->b);
    nat_move(n, nat_reg(n, i->a + 1u), nat_home(n, i->a + 1u), &from, nat_home(n, i->b));
  } else {
    nat_set_const(n, i->a + 1u, EMPTY);
  }
  nat_set_const(n, i->a, m.callee);
}

/* super().name: what the cache found for objects of this shape, from the class that is still in the cell. */
void nat_load_super(Nat *n) {
  const Instr *i = n->pc;
  const Ic *ic = &n->st->inst->code->ics[i->e];
  const IcEntry *e = ic_entry(ic);
  const RegState *callee = nat_reg(n, i->b), *cell = nat_reg(n, i->c), *self = nat_reg(n, i->f);
  bool known = e && !e->next && e->kind == IC_METHOD && e->object2 && load_relaxed(&ic->misses) < 8 && callee->rep == REP_CONST &&
               callee->k == value_object(&type_super) && (cell->rep == REP_BOXED || cell->rep == REP_CONST) && (self->rep == REP_BOXED || self->rep == REP_VIRTUAL);
  if (!known) {
    nat_generic(n);
    return;
  }
  LLVMValueRef cls = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, nat_get_boxed(n, i->c), offsetof(Cell, v)), "class");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, cls, nat_const_object(n, e->object2), ""));
  if (!(self->rep == REP_VIRTUAL && n->st->virtuals[self->virt].type == (Type *)e->object)) nat_need_shape(n, i->f, e->shape_id); /* own attributes do not count */
  nat_guard_version(n, (Type *)e->object, e->type_version);
  RegState from = *nat_reg(n, i->f);
  nat_move(n, nat_reg(n, i->a + 1u), nat_home(n, i->a + 1u), &from, nat_home(n, i->f));
  nat_set_const(n, i->a, e->value);
}

/* The callee that nat_load_method() found is still a constant here. Whether it takes the object was known there, too, but not necessarily on this path's
** state: one compare tells. */
void nat_call_bound(Nat *n) {
  const Instr *i = n->pc;
  RegState *callee = nat_reg(n, i->b), *self = nat_reg(n, i->b + 1u);
  unsigned args[NAT_MAX_ARGS + 1];
  if (i->c >= NAT_MAX_ARGS || callee->rep != REP_CONST || !is_object(callee->k)) {
    nat_generic(n);
    return;
  }
  bool bound = !(self->rep == REP_CONST && self->k == EMPTY);
  Value k = callee->k;
  if (bound && self->rep == REP_BOXED && !self->shape)
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, nat_get_boxed(n, i->b + 1u), k64(n, EMPTY), ""));
  for (unsigned j = 0; j <= i->c; j++) args[j] = i->b + 1u + j;
  nat_call_known(n, k, &(CallArgs){.reg = bound ? args : args + 1, .n = i->c + bound, .names = nat_call_names(n)});
}
