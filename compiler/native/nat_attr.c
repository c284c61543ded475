/* nat_attr.c: attributes, globals and methods from what inline caches have learned. */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/iter.h"
#include "runtime/names.h"
#include "runtime/tuple.h"

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }
static Str *name_of(Nat *n, unsigned i) { return (Str *)as_object(n->st->inst->code->names->items[i]); }
static Ic *ic_at(Nat *n) { return &n->st->inst->code->ics[n->pc->e]; }

void nat_guard_version(Nat *n, const Type *t, uint32_t version) {
  if (version) nat_check(n, &(Check){.kind = CHECK_TYPE, .what = t, .version = version});
}

LLVMValueRef nat_slot_address(Nat *n, LLVMValueRef o, const IcEntry *e) {
  if (e->index2 == 0) return nat_slot_ptr(n, o, e->index);
  LLVMValueRef array = nat_load(n, n->i64, o, e->index, MEM_SLOT, "overflow");
  return nat_slot_ptr(n, array, offsetof(Array, items) + 8 * (e->index2 - 1));
}

/* Anything the cache does not tell: the interpreter's own cached lookup, out of line. */
static void get_attr_call(Nat *n) {
  nat_store_pc(n);
  LLVMValueRef o = nat_get_boxed(n, n->pc->b);
  LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->code), LLVMConstInt(n->i32, (uint32_t)n->pc->e, false), o,
                         nat_const_object(n, name_of(n, n->pc->d))};
  LLVMValueRef v = nat_call_rt(n, "native_getattr", n->i64, args, 5);
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* z.real, z.imag of an unboxed complex or float. */
static bool get_complex_part(Nat *n) {
  RegState *rs = nat_reg(n, n->pc->b);
  Str *name = name_of(n, n->pc->d);
  if (!reg_is_complex(rs) || (name != S(real) && name != S(imag))) return false;
  LLVMValueRef re, im;
  if (!nat_need_complex(n, n->pc->b, &re, &im)) return false;
  nat_set_float(n, n->pc->a, name == S(real) ? re : im);
  return true;
}

bool nat_wanted_as_float(Nat *n) {
  const Code *co = n->st->inst->code;
  unsigned r = n->pc->a;
  for (const Instr *i = n->pc + 1; i < co->instrs + co->n_instrs && i < n->pc + 6; i++) {
    switch (i->op) {
    case RIR_ADD: case RIR_SUB: case RIR_MUL: case RIR_TRUEDIV: case RIR_IADD: case RIR_ISUB: case RIR_IMUL: case RIR_ITRUEDIV:
      if (i->b == r || i->c == r) return load_relaxed(&i->fb) == FB_FLOAT;
      if (i->a == r) return false;
      break;
    case RIR_NEG:
      if (i->b == r) return load_relaxed(&i->fb) == FB_FLOAT;
      if (i->a == r) return false;
      break;
    case RIR_JUMP_LT: case RIR_JUMP_LE: case RIR_JUMP_GT: case RIR_JUMP_GE: case RIR_JUMP_EQ: case RIR_JUMP_NE:
    case RIR_JUMP_NOT_LT: case RIR_JUMP_NOT_LE: case RIR_JUMP_NOT_GT: case RIR_JUMP_NOT_GE: case RIR_JUMP_NOT_EQ: case RIR_JUMP_NOT_NE:
      return (i->a == r || i->b == r) && load_relaxed(&i->fb) == FB_FLOAT;
    case RIR_GET_ATTR: case RIR_LOAD_CONST: case RIR_LOAD_INT: case RIR_LOAD_GLOBAL: case RIR_MOVE:
      if (i->a == r || (i->op == RIR_MOVE && i->b == r)) return false;
      break;
    default: return false;
    }
  }
  return false;
}

/* A property's getter is called like any function; a builtin type's is C. */
static bool get_computed(Nat *n, const IcEntry *e) {
  if (!is_object(e->value) || nat_reg(n, n->pc->b)->rep == REP_VIRTUAL) return false;
  if (e->kind == IC_PROPERTY) {
    Function *fn = (Function *)as_object(e->value);
    if (fn->hdr.kind != K_FUNCTION || fn->code->n_params != 1) return false;
    nat_need_shape(n, n->pc->b, e->shape_id);
    nat_guard_version(n, (Type *)e->object, e->type_version);
    unsigned self = n->pc->b;
    return nat_call_function(n, fn, &self, 1);
  }
  LLVMValueRef o = nat_need_shape(n, n->pc->b, e->shape_id);
  nat_guard_version(n, (Type *)e->object, e->type_version);
  nat_store_pc(n);
  LLVMValueRef def = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, nat_const_value(n, e->value), offsetof(Descr, getset)), "");
  LLVMValueRef get = LLVMBuildLoad2(n->b, n->ptr, nat_slot_ptr(n, def, offsetof(GetSetDef, get)), "get"), args[] = {n->arg_th, o};
  LLVMTypeRef types[] = {n->ptr, n->i64};
  LLVMValueRef v = LLVMBuildCall2(n->b, LLVMFunctionType(n->i64, types, 2, false), get, args, 2, "");
  nat_check_raise(n, v);
  nat_forget(n);
  nat_set_boxed(n, n->pc->a, v, 0);
  return true;
}

/* A loaded word into R[a]; EMPTY leaves. */
static void set_loaded(Nat *n, LLVMValueRef v) {
  if (nat_wanted_as_float(n)) { /* one test instead of two */
    nat_guard(n, nat_is_double(n, v));
    nat_set_float(n, n->pc->a, nat_unbox_double(n, v));
    return;
  }
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
  nat_set_boxed(n, n->pc->a, v, 0);
}

static void get_tuple_field(Nat *n, const IcEntry *e) {
  LLVMValueRef o = nat_need_shape(n, n->pc->b, e->shape_id);
  nat_guard_version(n, (Type *)e->object, e->type_version);
  LLVMValueRef len = nat_load(n, n->i64, o, offsetof(Tuple, length), MEM_LENGTH, "len");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntUGT, len, k64(n, e->index), ""));
  set_loaded(n, nat_load(n, n->i64, o, (uint32_t)offsetof(Tuple, items) + 8 * e->index, MEM_ITEM, "field"));
}

/* What a global or a module's attribute must be for code to rely on it. */
static bool worth_constant(Value v) {
  if (!is_object(v)) return false;
  switch (as_object(v)->kind) {
  case K_FUNCTION: case K_NATIVE: case K_TYPE: case K_MODULE: return true;
  default: return false;
  }
}

/* A module's attribute, where the cache found it. */
static Check module_attribute(Nat *n, const IcEntry *e) {
  const DictEntry *at = &((DictTable *)e->object)->entries[e->index];
  return (Check){.kind = CHECK_GLOBAL, .what = at, .dict = ((Module *)as_object(e->value))->dict, .name = name_of(n, n->pc->d), .table = e->object,
                 .index = e->index, .value = load_relaxed(&at->value)};
}

bool nat_module_constant(Nat *n, const IcEntry *e, Value *v) {
  Check c = module_attribute(n, e);
  *v = c.value;
  if (!worth_constant(c.value)) return false;
  nat_check(n, &c);
  return true;
}

void nat_get_attr(Nat *n) {
  RegState *rs = nat_reg(n, n->pc->b);
  if (rs->rep == REP_VIRTUAL) {
    Virtual *v = &n->st->virtuals[rs->virt];
    int slot = shape_find(v->shape, name_of(n, n->pc->d));
    if (slot >= 0 && !(v->fields[slot].rep == REP_CONST && v->fields[slot].k == EMPTY)) {
      nat_guard_version(n, v->type, load_relaxed(&v->type->version));
      Home *from = &v->homes[slot];
      RegState fs = v->fields[slot];
      if (slot < v->shape->n_members && fs.rep == REP_BOXED && !fs.shape) /* one of __slots__ that may not have been set */
        nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, nat_load_boxed(n, &fs, from), k64(n, EMPTY), ""));
      nat_move(n, nat_reg(n, n->pc->a), nat_home(n, n->pc->a), &fs, from);
      return;
    }
  }
  if (get_complex_part(n)) return;
  IcEntry *e = ic_entry(ic_at(n));
  bool single = e && !e->next && load_relaxed(&ic_at(n)->misses) < 8;
  if (single && rs->rep == REP_CONST && e->kind == IC_MODULE && e->value == rs->k) {
    Value now;
    if (nat_module_constant(n, e, &now)) {
      nat_set_const(n, n->pc->a, now);
      return;
    }
    Check c = module_attribute(n, e);
    LLVMValueRef v = nat_global_now(n, &c);
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
    nat_set_boxed(n, n->pc->a, v, 0);
    return;
  }
  if (single && (e->kind == IC_PROPERTY || e->kind == IC_GETSET) && get_computed(n, e)) return;
  if (single && e->kind == IC_ITEM) {
    get_tuple_field(n, e);
    return;
  }
  LLVMValueRef o, slot = NULL, v;
  if (single && (e->kind == IC_SLOT || e->kind == IC_CLASS_VALUE)) {
    o = nat_need_shape(n, n->pc->b, e->shape_id);
    nat_guard_version(n, (Type *)e->object, e->type_version);
    if (e->kind == IC_CLASS_VALUE) {
      nat_set_const(n, n->pc->a, e->value);
      return;
    }
    slot = nat_slot_address(n, o, e);
  } else if (!(slot = nat_slot_by_shape(n, n->pc->b, &o)) && !nat_get_by_shape(n, &v)) {
    get_attr_call(n);
    return;
  }
  if (slot) v = nat_tagged(n, LLVMBuildLoad2(n->b, n->i64, slot, "attr"), MEM_SLOT);
  set_loaded(n, v);
}

/* A slot more: plain stores in a context of one thread, else under the object's lock, unless somebody else has changed it: then the interpreter looks. */
void nat_add_slot(Nat *n, LLVMValueRef o, const IcEntry *e) {
  LLVMValueRef v = nat_get_boxed(n, n->pc->b), after = nat_const_shape(n, e->shape_id2);
  LLVMBasicBlockRef alone = LLVMAppendBasicBlockInContext(n->lc, n->fn, "alone"), shared = LLVMAppendBasicBlockInContext(n->lc, n->fn, "shared");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "added");
  LLVMValueRef moff = k64(n, offsetof(RpThread, multi));
  LLVMValueRef multi = LLVMBuildLoad2(n->b, n->i8, LLVMBuildGEP2(n->b, n->i8, n->arg_th, &moff, 1, ""), "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, multi, LLVMConstInt(n->i8, 0, false), ""), alone, shared);
  LLVMPositionBuilderAtEnd(n->b, shared);
  LLVMValueRef args[] = {n->arg_th, o, LLVMConstInt(n->i32, e->index, false), nat_const_shape(n, e->shape_id), after, v};
  LLVMValueRef ok = nat_call_rt(n, "native_add_slot", n->i32, args, 6);
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, ok, LLVMConstInt(n->i32, 0, false), ""));
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, alone);
  nat_store_value(n, o, nat_slot_address(n, o, e), n->pc->b, v, MEM_SLOT);
  nat_store(n, after, o, 0, MEM_SHAPE);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
}

/* An object has left this shape: other registers may hold it, too. */
void nat_forget_shape(Nat *n, uint32_t shape) {
  for (uint32_t k = 0; k < n->st->n_regs; k++)
    if (n->st->regs[k].rep == REP_BOXED && n->st->regs[k].shape == shape) n->st->regs[k].shape = 0;
}

static void set_attr_call(Nat *n) {
  nat_store_pc(n);
  LLVMValueRef o = nat_get_boxed(n, n->pc->a), v = nat_get_boxed(n, n->pc->b);
  LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->code), LLVMConstInt(n->i32, (uint32_t)n->pc->e, false), o,
                         nat_const_object(n, name_of(n, n->pc->d)), v};
  nat_check_status(n, nat_call_rt(n, "native_setattr", n->i32, args, 6));
  nat_forget(n);
}

/* A field of a virtual: only known shapes and plain data; anything else gives the object an address first. */
static bool set_virtual(Nat *n, RegState *rs) {
  Virtual *v = &n->st->virtuals[rs->virt];
  Str *name = name_of(n, n->pc->d);
  Value attr = type_lookup(n->th, v->type, name);
  bool member = attr != EMPTY && type_of(attr) == &type_member_descriptor && ((Descr *)as_object(attr))->slot == shape_find(v->shape, name);
  if (attr != EMPTY && type_of(attr)->slots.descr_set && !member) return false;
  RegState *vs = nat_reg(n, n->pc->b);
  if (vs->rep == REP_VIRTUAL) nat_materialise(n, vs->virt);
  if (rs->rep != REP_VIRTUAL) return false; /* x.a = x */
  int slot = shape_find(v->shape, name);
  Shape *after = v->shape;
  if (slot < 0) {
    if (v->shape->n_slots >= VIRT_FIELDS || v->shape->n_slots >= v->shape->n_inline) return false;
    IcEntry *e = ic_entry(ic_at(n));
    for (; e; e = e->next)
      if (e->kind == IC_SLOT_ADD && e->shape_id == v->shape->id) break;
    if (!e) return false;
    after = rp_shapes[e->shape_id2];
    slot = shape_find(after, name);
    if (slot < 0 || slot != v->shape->n_slots) return false;
  }
  nat_guard_version(n, v->type, load_relaxed(&v->type->version));
  RegState fs = *nat_reg(n, n->pc->b);
  nat_move(n, &v->fields[slot], &v->homes[slot], &fs, nat_home(n, n->pc->b));
  v->shape = after;
  return true;
}

void nat_set_attr(Nat *n) {
  RegState *rs = nat_reg(n, n->pc->a);
  if (rs->rep == REP_VIRTUAL) {
    if (set_virtual(n, rs)) return;
    if (rs->rep == REP_VIRTUAL) nat_materialise(n, rs->virt);
  }
  IcEntry *e = ic_entry(ic_at(n));
  bool single = e && !e->next && load_relaxed(&ic_at(n)->misses) < 8;
  LLVMValueRef o, slot;
  if (!single || (e->kind != IC_SLOT && !(e->kind == IC_SLOT_ADD && e->index2 == 0))) {
    if ((slot = nat_slot_by_shape(n, n->pc->a, &o))) nat_store_value(n, o, slot, n->pc->b, nat_get_boxed(n, n->pc->b), MEM_SLOT);
    else if (!nat_set_by_shape(n)) set_attr_call(n);
    return;
  }
  o = nat_need_shape(n, n->pc->a, e->shape_id);
  nat_guard_version(n, (Type *)e->object, e->type_version);
  if (e->kind == IC_SLOT) {
    LLVMValueRef v = nat_get_boxed(n, n->pc->b);
    nat_store_value(n, o, nat_slot_address(n, o, e), n->pc->b, v, MEM_SLOT);
    return;
  }
  nat_add_slot(n, o, e);
  nat_forget_shape(n, e->shape_id);
  if (rs->rep == REP_BOXED) rs->shape = e->shape_id2;
}

/* -- Globals ------------------------------------------------------------------ */

static LLVMValueRef globals_table(Nat *n, Dict *d) {
  return nat_load(n, n->i64, nat_const_object(n, d), offsetof(Dict, table), MEM_DICT, "table");
}
static LLVMValueRef entry_value(Nat *n, LLVMValueRef table, uint32_t index) {
  return nat_load(n, n->i64, table, offsetof(DictTable, entries) + index * sizeof(DictEntry) + offsetof(DictEntry, value), MEM_ENTRY, "global");
}

static void load_global_call(Nat *n) {
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_const_object(n, n->st->inst->func), nat_const_object(n, n->st->inst->code),
                         LLVMConstInt(n->i32, (uint32_t)n->pc->e, false), nat_const_object(n, name_of(n, n->pc->d))};
  LLVMValueRef v = nat_call_rt(n, "native_global", n->i64, args, 5);
  nat_check_raise(n, v);
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* The cached place, or, when the dict has been rebuilt or has grown since, a lookup: names come and go while the value stays. */
LLVMValueRef nat_global_now(Nat *n, const Check *c) {
  LLVMBasicBlockRef fast = LLVMAppendBasicBlockInContext(n->lc, n->fn, "cached"), slow = LLVMAppendBasicBlockInContext(n->lc, n->fn, "lookup");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "global");
  LLVMValueRef table = globals_table(n, c->dict);
  LLVMValueRef same = LLVMBuildICmp(n->b, LLVMIntEQ, table, nat_const_object(n, c->table), "");
  if (c->fallback) {
    LLVMBasicBlockRef next = LLVMAppendBasicBlockInContext(n->lc, n->fn, "");
    LLVMBuildCondBr(n->b, same, next, slow);
    LLVMPositionBuilderAtEnd(n->b, next);
    LLVMValueRef count = nat_load(n, n->i32, table, offsetof(DictTable, n_entries), MEM_DICT, "");
    table = globals_table(n, c->fallback);
    same = LLVMBuildAnd(n->b, LLVMBuildICmp(n->b, LLVMIntEQ, count, LLVMConstInt(n->i32, c->n_entries, false), ""),
                        LLVMBuildICmp(n->b, LLVMIntEQ, table, nat_const_object(n, c->fallback_table), ""), "");
  }
  LLVMBuildCondBr(n->b, same, fast, slow);
  LLVMPositionBuilderAtEnd(n->b, fast);
  LLVMValueRef v = entry_value(n, table, c->index);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, slow);
  LLVMValueRef args[] = {nat_const_object(n, c->dict), nat_const_object(n, c->fallback ? c->fallback : c->dict), nat_const_object(n, c->name)};
  LLVMValueRef found = nat_call_rt(n, "native_global_value", n->i64, args, 3);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, v, fast, found, slow);
}

void nat_load_global(Nat *n) {
  IcEntry *e = ic_entry(ic_at(n));
  Function *fn = n->st->inst->func;
  bool usable = e && load_relaxed(&ic_at(n)->misses) < 16 && (e->kind == IC_GLOBAL || e->kind == IC_BUILTIN) &&
                (Object *)load_acquire(&fn->globals->table) == e->object;
  if (!usable) {
    load_global_call(n);
    return;
  }
  bool builtin = e->kind == IC_BUILTIN;
  DictTable *holder = (DictTable *)(builtin ? e->object2 : e->object);
  Check c = {.kind = CHECK_GLOBAL, .what = &holder->entries[e->index], .dict = fn->globals, .name = name_of(n, n->pc->d), .table = e->object,
             .index = e->index, .value = load_relaxed(&holder->entries[e->index].value)};
  if (builtin) c.fallback = fn->builtins, c.fallback_table = e->object2, c.n_entries = e->index2;
  if (worth_constant(c.value)) {
    nat_check(n, &c);
    nat_set_const(n, n->pc->a, c.value);
    return;
  }
  LLVMValueRef v = nat_global_now(n, &c);
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), ""));
  nat_set_boxed(n, n->pc->a, v, 0);
}

/* -- Methods --------------------------------------------------------------------- */

bool nat_method_on(Nat *n, unsigned r, Str *name, Function **fn) {
  RegState *rs = nat_reg(n, r);
  Type *t;
  Shape *s;
  if (rs->rep == REP_VIRTUAL) {
    t = n->st->virtuals[rs->virt].type;
    s = n->st->virtuals[rs->virt].shape;
  } else if (rs->rep == REP_BOXED && rs->shape && !(rp_shapes[rs->shape]->flags & SHAPE_DICT)) {
    s = rp_shapes[rs->shape];
    t = s->type;
  } else {
    return false;
  }
  uint32_t version = load_relaxed(&t->version);
  if (!(t->flags & TYPE_HEAP) || version == 0 || (t->flags & TYPE_CUSTOM_GETATTR)) return false;
  Value attr = type_lookup(n->th, t, name);
  if (attr == EMPTY || type_of(attr) != &type_function) return false;
  *fn = (Function *)as_object(attr);
  nat_guard_version(n, t, version);
  return true;
}
