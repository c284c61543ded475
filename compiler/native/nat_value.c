/* nat_value.c: registers in and out of their representations: boxing, unboxing with guards, constants, allocation of virtuals. */
#include "compiler/native/nat.h"
#include "runtime/num.h"

/* -- Constants ------------------------------------------------------------ */

void nat_note_const(Nat *n, Value v) {
  NativeTables *t = &n->tables;
  for (uint32_t i = 0; i < t->n_consts; i++)
    if (t->consts[i] == v) return;
  if (t->n_consts == n->cap_consts) {
    n->cap_consts = n->cap_consts ? n->cap_consts * 2 : 16;
    t->consts = realloc(t->consts, n->cap_consts * sizeof(Value));
  }
  t->consts[t->n_consts++] = v;
}

/* Nothing moves in the heap, so an object's address is part of the code, and the table, which the collector traces, is there to keep it alive. Loads from
** the table would cost a third of the optimiser's time, since it proves of each that nothing in between has changed it. */
LLVMValueRef nat_const_value(Nat *n, Value v) {
  if (is_object(v)) nat_note_const(n, v);
  return LLVMConstInt(n->i64, v, false);
}

LLVMValueRef nat_const_object(Nat *n, const void *object) { return nat_const_value(n, value_object(object)); }
LLVMValueRef nat_const_shape(Nat *n, uint32_t shape) {
  if (shape >= N_BUILTIN_SHAPES) nat_note_const(n, value_object(rp_shapes[shape]));
  return LLVMConstInt(n->i32, shape, false);
}

/* -- Homes -------------------------------------------------------------------- */

static LLVMValueRef home_word(Nat *n, Home *h) { return h->word ? h->word : (h->word = LLVMBuildAlloca(n->eb, n->i64, "")); }
static LLVMValueRef home_f0(Nat *n, Home *h) { return h->f0 ? h->f0 : (h->f0 = LLVMBuildAlloca(n->eb, n->f64, "")); }
static LLVMValueRef home_f1(Nat *n, Home *h) { return h->f1 ? h->f1 : (h->f1 = LLVMBuildAlloca(n->eb, n->f64, "")); }
static LLVMValueRef load_word(Nat *n, Home *h) { return LLVMBuildLoad2(n->b, n->i64, home_word(n, h), ""); }

LLVMValueRef nat_either(Nat *n, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b, LLVMBasicBlockRef from_b) {
  LLVMValueRef phi = LLVMBuildPhi(n->b, LLVMTypeOf(a), "");
  LLVMAddIncoming(phi, &a, &from_a, 1);
  LLVMAddIncoming(phi, &b, &from_b, 1);
  return phi;
}

/* -- Boxing ---------------------------------------------------------------------- */

static LLVMValueRef k64(Nat *n, uint64_t v) { return LLVMConstInt(n->i64, v, false); }

LLVMValueRef nat_box_float(Nat *n, LLVMValueRef v) {
  return LLVMBuildAdd(n->b, LLVMBuildBitCast(n->b, v, n->i64, ""), k64(n, DOUBLE_OFFSET), "box");
}

/* Fits 49 bits: one addition; else an Int is allocated out of line. */
LLVMValueRef nat_box_int(Nat *n, LLVMValueRef v) {
  LLVMValueRef quick = LLVMBuildAdd(n->b, v, k64(n, INT_BIAS), "box");
  if (LLVMIsAConstantInt(v) && int_fits(LLVMConstIntGetSExtValue(v))) return quick;
  LLVMValueRef fits = LLVMBuildICmp(n->b, LLVMIntUGE, quick, k64(n, INT_TAG_MIN), "");
  LLVMBasicBlockRef here = LLVMGetInsertBlock(n->b);
  LLVMBasicBlockRef wide = LLVMAppendBasicBlockInContext(n->lc, n->fn, "wide"), done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "boxed");
  LLVMBuildCondBr(n->b, fits, done, wide);
  LLVMPositionBuilderAtEnd(n->b, wide);
  LLVMValueRef args[] = {n->arg_th, v};
  LLVMValueRef big = nat_call_rt(n, "int_from_i64", n->i64, args, 2);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, quick, here, big, wide);
}

LLVMValueRef nat_load_boxed(Nat *n, RegState *rs, Home *h) {
  switch (rs->rep) {
  case REP_BOXED: return load_word(n, h);
  case REP_INT: return nat_box_int(n, load_word(n, h));
  case REP_BOOL: return LLVMBuildOr(n->b, load_word(n, h), k64(n, FALSE_V), "");
  case REP_FLOAT: return nat_box_float(n, LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), ""));
  case REP_COMPLEX: {
    LLVMValueRef args[] = {n->arg_th, LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), ""), LLVMBuildLoad2(n->b, n->f64, home_f1(n, h), "")};
    return nat_call_rt(n, "complex_new", n->i64, args, 3);
  }
  case REP_CONST: return nat_const_value(n, rs->k);
  case REP_PAST: { /* code that is not emitted yet may come here with any representation */
    LLVMValueRef args[] = {n->arg_th, LLVMBuildLoad2(n->b, n->i32, h->tag, ""), load_word(n, h), LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), ""),
                           LLVMBuildLoad2(n->b, n->f64, home_f1(n, h), "")};
    return nat_call_rt(n, "native_past", n->i64, args, 5);
  }
  default: return k64(n, EMPTY);
  }
}

void nat_make_past(Nat *n, RegState *rs, Home *h) {
  if (rs->rep == REP_PAST) return;
  uint8_t rep = rs->rep;
  if (rep == REP_VIRTUAL || rep == REP_DEAD) *rs = (RegState){.rep = rep = REP_CONST, .k = EMPTY};
  if (rep == REP_CONST) {
    LLVMBuildStore(n->b, nat_const_value(n, rs->k), home_word(n, h));
    rep = REP_BOXED;
  }
  if (!h->tag) h->tag = LLVMBuildAlloca(n->eb, n->i32, "");
  LLVMBuildStore(n->b, LLVMConstInt(n->i32, rep, false), h->tag);
  *rs = (RegState){.rep = REP_PAST};
}

LLVMValueRef nat_load_raw(Nat *n, const RegState *rs, Home *h) {
  return rs->rep == REP_FLOAT ? LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), "") : load_word(n, h);
}

LLVMValueRef nat_get_boxed(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_VIRTUAL) nat_materialise(n, rs->virt);
  return nat_load_boxed(n, rs, nat_home(n, r));
}

LLVMValueRef nat_get_word(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_CONST) return k64(n, is_bool(rs->k) ? rs->k == TRUE_V : (uint64_t)as_int(rs->k));
  return load_word(n, nat_home(n, r));
}

/* -- Writing --------------------------------------------------------------------------- */

void nat_set_boxed(Nat *n, unsigned r, LLVMValueRef v, uint32_t shape) {
  LLVMBuildStore(n->b, v, home_word(n, nat_home(n, r)));
  *nat_reg(n, r) = (RegState){.rep = REP_BOXED, .shape = shape};
}
void nat_set_int(Nat *n, unsigned r, LLVMValueRef v) {
  LLVMBuildStore(n->b, v, home_word(n, nat_home(n, r)));
  *nat_reg(n, r) = (RegState){.rep = REP_INT};
}
void nat_set_bool(Nat *n, unsigned r, LLVMValueRef i1) {
  LLVMBuildStore(n->b, LLVMBuildZExt(n->b, i1, n->i64, ""), home_word(n, nat_home(n, r)));
  *nat_reg(n, r) = (RegState){.rep = REP_BOOL};
}
void nat_set_float(Nat *n, unsigned r, LLVMValueRef v) {
  LLVMBuildStore(n->b, v, home_f0(n, nat_home(n, r)));
  *nat_reg(n, r) = (RegState){.rep = REP_FLOAT};
}
void nat_set_complex(Nat *n, unsigned r, LLVMValueRef re, LLVMValueRef im) {
  Home *h = nat_home(n, r);
  LLVMBuildStore(n->b, re, home_f0(n, h));
  LLVMBuildStore(n->b, im, home_f1(n, h));
  *nat_reg(n, r) = (RegState){.rep = REP_COMPLEX};
}
void nat_set_const(Nat *n, unsigned r, Value v) { *nat_reg(n, r) = (RegState){.rep = REP_CONST, .k = v}; }

void nat_move(Nat *n, RegState *to, Home *th_, const RegState *from, Home *fh) {
  if (to != from) *to = *from;
  if (th_ == fh) return;
  switch (from->rep) {
  case REP_BOXED: case REP_INT: case REP_BOOL: LLVMBuildStore(n->b, load_word(n, fh), home_word(n, th_)); break;
  case REP_COMPLEX:
    LLVMBuildStore(n->b, LLVMBuildLoad2(n->b, n->f64, home_f1(n, fh), ""), home_f1(n, th_));
    /* fall through */
  case REP_FLOAT: LLVMBuildStore(n->b, LLVMBuildLoad2(n->b, n->f64, home_f0(n, fh), ""), home_f0(n, th_)); break;
  default: break;
  }
}

/* -- Guards --------------------------------------------------------------------------------- */

/* The instruction can never go on with this: leave, and let code that cannot be reached follow. */
static LLVMValueRef hopeless(Nat *n, LLVMTypeRef t) {
  nat_guard(n, LLVMConstInt(n->i1, 0, false));
  return LLVMGetUndef(t);
}

/* Unboxing converts the register itself, so the next use finds it unboxed. INT shares the word home with BOXED, which an exit of
** this same instruction may still want boxed: the exit block, if not made yet, is made first. */
LLVMValueRef nat_need_int(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  Home *h = nat_home(n, r);
  switch (rs->rep) {
  case REP_INT: return load_word(n, h);
  case REP_BOOL: return load_word(n, h); /* True + 1 */
  case REP_CONST:
    if (is_int(rs->k)) return k64(n, (uint64_t)as_int(rs->k));
    if (is_bool(rs->k)) return k64(n, rs->k == TRUE_V);
    return hopeless(n, n->i64);
  case REP_BOXED: {
    if (rs->shape) return hopeless(n, n->i64);
    LLVMValueRef v = load_word(n, h);
    nat_guard(n, LLVMBuildICmp(n->b, LLVMIntUGE, v, k64(n, INT_TAG_MIN), "isint"));
    return LLVMBuildSub(n->b, v, k64(n, INT_BIAS), "int");
  }
  default: return hopeless(n, n->i64);
  }
}

LLVMValueRef nat_is_double(Nat *n, LLVMValueRef v) {
  return LLVMBuildICmp(n->b, LLVMIntULT, LLVMBuildSub(n->b, v, k64(n, DOUBLE_OFFSET), ""), k64(n, INT_TAG_MIN - DOUBLE_OFFSET), "isdbl");
}
LLVMValueRef nat_unbox_double(Nat *n, LLVMValueRef v) {
  return LLVMBuildBitCast(n->b, LLVMBuildSub(n->b, v, k64(n, DOUBLE_OFFSET), ""), n->f64, "dbl");
}

LLVMValueRef nat_need_float(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  Home *h = nat_home(n, r);
  switch (rs->rep) {
  case REP_FLOAT: return LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), "");
  case REP_CONST:
    if (is_double(rs->k)) return LLVMConstReal(n->f64, as_double(rs->k));
    return hopeless(n, n->f64);
  case REP_BOXED: {
    if (rs->shape) return hopeless(n, n->f64);
    LLVMValueRef v = load_word(n, h);
    nat_guard(n, nat_is_double(n, v));
    LLVMValueRef d = nat_unbox_double(n, v);
    LLVMBuildStore(n->b, d, home_f0(n, h));
    rs->rep = REP_FLOAT; /* the boxed home keeps its value for this instruction's exits */
    return d;
  }
  default: return hopeless(n, n->f64);
  }
}

LLVMValueRef nat_need_number(Nat *n, unsigned r) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_INT || rs->rep == REP_BOOL || (rs->rep == REP_CONST && !is_double(rs->k)))
    return LLVMBuildSIToFP(n->b, nat_need_int(n, r), n->f64, "");
  if (rs->rep != REP_BOXED || rs->shape) return nat_need_float(n, r);
  LLVMValueRef v = load_word(n, nat_home(n, r));
  LLVMBasicBlockRef as_int_ = LLVMAppendBasicBlockInContext(n->lc, n->fn, "num.int");
  LLVMBasicBlockRef as_dbl = LLVMAppendBasicBlockInContext(n->lc, n->fn, "num.dbl");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "num");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntUGE, v, k64(n, INT_TAG_MIN), ""), as_int_, as_dbl);
  LLVMPositionBuilderAtEnd(n->b, as_int_);
  LLVMValueRef di = LLVMBuildSIToFP(n->b, LLVMBuildSub(n->b, v, k64(n, INT_BIAS), ""), n->f64, "");
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, as_dbl);
  nat_guard(n, nat_is_double(n, v));
  LLVMValueRef dd = nat_unbox_double(n, v);
  LLVMBasicBlockRef from = LLVMGetInsertBlock(n->b);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, di, as_int_, dd, from);
}

LLVMValueRef nat_slot_ptr(Nat *n, LLVMValueRef object, uint32_t offset) {
  LLVMValueRef p = LLVMBuildIntToPtr(n->b, object, n->ptr, "");
  LLVMValueRef off = k64(n, offset);
  return LLVMBuildGEP2(n->b, n->i8, p, &off, 1, "");
}

static const char *const mem_names[] = {
#define MEM(name) #name,
  NAT_MEM(MEM)
#undef MEM
};

static LLVMMetadataRef text_node(Nat *n, const char *text) { return LLVMMDStringInContext2(n->lc, text, strlen(text)); }

/* Scalar types of one tree: siblings do not alias. */
static LLVMValueRef mem_tag(Nat *n, NatMem mem) {
  if (n->mem_tags[mem]) return n->mem_tags[mem];
  LLVMMetadataRef name = text_node(n, "replicant"), root = LLVMMDNodeInContext2(n->lc, &name, 1);
  LLVMMetadataRef zero = LLVMValueAsMetadata(k64(n, 0)), type[] = {text_node(n, mem_names[mem]), root, zero};
  LLVMMetadataRef node = LLVMMDNodeInContext2(n->lc, type, 3), tag[] = {node, node, zero};
  return n->mem_tags[mem] = LLVMMetadataAsValue(n->lc, LLVMMDNodeInContext2(n->lc, tag, 3));
}

LLVMValueRef nat_tagged(Nat *n, LLVMValueRef access, NatMem mem) {
  LLVMSetMetadata(access, LLVMGetMDKindIDInContext(n->lc, "tbaa", 4), mem_tag(n, mem));
  return access;
}
LLVMValueRef nat_load(Nat *n, LLVMTypeRef t, LLVMValueRef object, uint32_t offset, NatMem mem, const char *name) {
  return nat_tagged(n, LLVMBuildLoad2(n->b, t, nat_slot_ptr(n, object, offset), name), mem);
}
void nat_store(Nat *n, LLVMValueRef v, LLVMValueRef object, uint32_t offset, NatMem mem) {
  nat_tagged(n, LLVMBuildStore(n->b, v, nat_slot_ptr(n, object, offset)), mem);
}

LLVMValueRef nat_is_object(Nat *n, LLVMValueRef v) {
  LLVMValueRef at = LLVMBuildSub(n->b, v, k64(n, 4096), "");
  return LLVMBuildICmp(n->b, LLVMIntULT, at, k64(n, DOUBLE_OFFSET - 4096), "isobj");
}
static void guard_object(Nat *n, LLVMValueRef v) { nat_guard(n, nat_is_object(n, v)); }
LLVMValueRef nat_need_object(Nat *n, unsigned r) {
  LLVMValueRef v = nat_get_boxed(n, r);
  RegState *rs = nat_reg(n, r);
  if (!(rs->rep == REP_BOXED && rs->shape) && !(rs->rep == REP_CONST && is_object(rs->k))) guard_object(n, v);
  return v;
}
static void guard_id(Nat *n, LLVMValueRef object, uint32_t shape) {
  LLVMValueRef id = nat_load(n, n->i32, object, 0, MEM_SHAPE, "shape");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, id, nat_const_shape(n, shape), ""));
}

void nat_guard_shape(Nat *n, uint32_t k, uint32_t shape) {
  Inst *inst = n->st->inst;
  while (k < inst->base) inst = inst->parent;
  LLVMValueRef v = load_word(n, &inst->homes[k - inst->base]);
  guard_object(n, v);
  guard_id(n, v, shape);
}

LLVMValueRef nat_need_shape(Nat *n, unsigned r, uint32_t shape) {
  RegState *rs = nat_reg(n, r);
  if (rs->rep == REP_CONST) {
    if (is_object(rs->k) && obj_shape_id(as_object(rs->k)) == shape) {
      LLVMValueRef v = nat_const_value(n, rs->k);
      if (rp_shapes[shape]->flags & SHAPE_BUILTIN) return v;
    } else {
      return hopeless(n, n->i64);
    }
  }
  if (rs->rep == REP_VIRTUAL) nat_materialise(n, rs->virt); /* its shape is known then, and need not be the wanted one */
  if (rs->rep != REP_BOXED && rs->rep != REP_CONST) return hopeless(n, n->i64);
  LLVMValueRef v = nat_get_boxed(n, r);
  if (rs->rep == REP_BOXED && rs->shape == shape) return v;
  bool raised = rs->rep == REP_BOXED && !rs->shape && nat_raise_shape(n, rs, shape);
  if (!raised) {
    if (!(rs->rep == REP_BOXED && rs->shape) && rs->rep != REP_CONST) guard_object(n, v);
    guard_id(n, v, shape);
  }
  if (rs->rep == REP_BOXED) {
    rs->shape = shape;
    /* copies of the same value in other registers are not followed: their own guard is one compare */
  }
  return v;
}

LLVMValueRef nat_need_class(Nat *n, unsigned r, const Type *t) {
  LLVMValueRef v = nat_need_object(n, r), id = nat_load(n, n->i32, v, 0, MEM_SHAPE, "shape"), shapes = LLVMGetNamedGlobal(n->mod, "rp_shapes");
  if (!shapes) shapes = LLVMAddGlobal(n->mod, n->ptr, "rp_shapes");
  LLVMValueRef at = LLVMBuildZExt(n->b, id, n->i64, ""), shape = LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i64, shapes, &at, 1, ""), "");
  LLVMValueRef type = LLVMBuildLoad2(n->b, n->i64, nat_slot_ptr(n, shape, offsetof(Shape, type)), "type");
  nat_guard(n, LLVMBuildICmp(n->b, LLVMIntEQ, type, nat_const_object(n, t), ""));
  return v;
}

bool nat_need_complex(Nat *n, unsigned r, LLVMValueRef *re, LLVMValueRef *im) {
  RegState *rs = nat_reg(n, r);
  Home *h = nat_home(n, r);
  LLVMValueRef zero = LLVMConstReal(n->f64, 0.0);
  if (rs->rep == REP_COMPLEX) {
    *re = LLVMBuildLoad2(n->b, n->f64, home_f0(n, h), "");
    *im = LLVMBuildLoad2(n->b, n->f64, home_f1(n, h), "");
    return true;
  }
  if (rs->rep == REP_CONST && has_shape(rs->k, SHAPE_complex)) {
    Complex *c = (Complex *)as_object(rs->k);
    *re = LLVMConstReal(n->f64, c->re);
    *im = LLVMConstReal(n->f64, c->im);
    return true;
  }
  if (rs->rep == REP_FLOAT || rs->rep == REP_INT || rs->rep == REP_BOOL || rs->rep == REP_CONST) {
    *re = nat_need_number(n, r);
    *im = zero;
    return true;
  }
  if (rs->rep != REP_BOXED || (rs->shape && rs->shape != SHAPE_complex)) return false;
  LLVMValueRef v = nat_need_shape(n, r, SHAPE_complex);
  *re = nat_load(n, n->f64, v, offsetof(Complex, re), MEM_PART, "re");
  *im = nat_load(n, n->f64, v, offsetof(Complex, im), MEM_PART, "im");
  LLVMBuildStore(n->b, *re, home_f0(n, h));
  LLVMBuildStore(n->b, *im, home_f1(n, h));
  return true;
}

/* -- Stores into objects ------------------------------------------------------------------------------- */

/* Tells the optimiser what it cannot see through the boxing: a stored double is still one when it is loaded again. */
static void assume_double(Nat *n, LLVMValueRef v) {
  unsigned id = LLVMLookupIntrinsicID("llvm.assume", 11);
  LLVMValueRef f = LLVMGetIntrinsicDeclaration(n->mod, id, NULL, 0);
  LLVMTypeRef t = LLVMIntrinsicGetType(n->lc, id, NULL, 0);
  LLVMValueRef facts[] = {nat_is_double(n, v), LLVMBuildICmp(n->b, LLVMIntNE, v, k64(n, EMPTY), "")};
  for (int i = 0; i < 2; i++) LLVMBuildCall2(n->b, t, f, &facts[i], 1, "");
}

void nat_store_value(Nat *n, LLVMValueRef owner, LLVMValueRef slot, unsigned r, LLVMValueRef v, NatMem mem) {
  RegState *rs = nat_reg(n, r);
  bool number = rs->rep == REP_FLOAT || rs->rep == REP_BOOL || (rs->rep == REP_CONST && !is_object(rs->k));
  if (number) {
    if (rs->rep == REP_FLOAT) assume_double(n, v);
    nat_tagged(n, LLVMBuildStore(n->b, v, slot), mem);
    return;
  }
  LLVMBasicBlockRef barrier = LLVMAppendBasicBlockInContext(n->lc, n->fn, "barrier"), done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "stored");
  LLVMBasicBlockRef test = LLVMAppendBasicBlockInContext(n->lc, n->fn, "ptr");
  LLVMBuildCondBr(n->b, nat_is_object(n, v), test, done);
  LLVMPositionBuilderAtEnd(n->b, test);
  LLVMBuildFence(n->b, LLVMAtomicOrderingRelease, false, ""); /* who sees the reference sees the object behind it */
  LLVMValueRef moff = k64(n, offsetof(RpThread, marking));
  LLVMValueRef marking = nat_tagged(n, LLVMBuildLoad2(n->b, n->i8, LLVMBuildGEP2(n->b, n->i8, n->arg_th, &moff, 1, ""), ""), MEM_THREAD);
  LLVMValueRef gc = LLVMBuildLoad2(n->b, n->i8, nat_slot_ptr(n, owner, offsetof(Object, gc)), "");
  LLVMValueRef need = LLVMBuildOr(n->b, marking, LLVMBuildAnd(n->b, gc, LLVMConstInt(n->i8, GC_OLD, false), ""), "");
  LLVMBuildCondBr(n->b, LLVMBuildICmp(n->b, LLVMIntNE, need, LLVMConstInt(n->i8, 0, false), ""), barrier, done);
  LLVMPositionBuilderAtEnd(n->b, barrier);
  LLVMValueRef args[] = {n->arg_th, owner, v};
  nat_call_rt(n, "heap_barrier_slow", n->void_, args, 3);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  nat_tagged(n, LLVMBuildStore(n->b, v, slot), mem);
}

/* -- Allocation ---------------------------------------------------------------------------------------- */

/* Cells that no young collection has given back lately are in no cache: those to come are asked for some lines ahead, of an address that need not exist. */
#define PREFETCH_AHEAD 256
static void prefetch_cells(Nat *n, LLVMValueRef cur) {
  LLVMTypeRef types[] = {n->ptr, n->i32, n->i32, n->i32}, type = LLVMFunctionType(n->void_, types, 4, false);
  LLVMValueRef fn = LLVMGetNamedFunction(n->mod, "llvm.prefetch.p0"), at = LLVMBuildAdd(n->b, cur, k64(n, PREFETCH_AHEAD), "");
  if (!fn) fn = LLVMAddFunction(n->mod, "llvm.prefetch.p0", type);
  LLVMValueRef to_write = LLVMConstInt(n->i32, 1, false), keep = LLVMConstInt(n->i32, 3, false), data_cache = LLVMConstInt(n->i32, 1, false);
  LLVMValueRef args[] = {LLVMBuildIntToPtr(n->b, at, n->ptr, ""), to_write, keep, data_cache};
  LLVMBuildCall2(n->b, type, fn, args, 4, "");
}

/* The cell from the run, or what slow(n, data) calls when it is used up. */
static LLVMValueRef bump_or(Nat *n, uint32_t shape, Kind kind, size_t size, LLVMValueRef (*slow_path)(Nat *n, const void *data), const void *data) {
  size_t cls = (size + 15) >> 4;
  uint32_t run = (uint32_t)(offsetof(RpThread, runs) + cls * sizeof(AllocRun));
  LLVMValueRef cur_off = k64(n, run + offsetof(AllocRun, cur)), end_off = k64(n, run + offsetof(AllocRun, end));
  LLVMValueRef cur_p = LLVMBuildGEP2(n->b, n->i8, n->arg_th, &cur_off, 1, "");
  LLVMValueRef cur = LLVMBuildLoad2(n->b, n->i64, cur_p, "cur");
  LLVMValueRef end = LLVMBuildLoad2(n->b, n->i64, LLVMBuildGEP2(n->b, n->i8, n->arg_th, &end_off, 1, ""), "end");
  LLVMBasicBlockRef bump = LLVMAppendBasicBlockInContext(n->lc, n->fn, "bump"), slow = LLVMAppendBasicBlockInContext(n->lc, n->fn, "refill");
  LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(n->lc, n->fn, "cell");
  LLVMValueRef room = LLVMBuildICmp(n->b, LLVMIntUGE, LLVMBuildSub(n->b, end, cur, ""), k64(n, cls << 4), "");
  LLVMValueRef br = LLVMBuildCondBr(n->b, room, bump, slow);
  LLVMValueRef w[] = {LLVMMDStringInContext(n->lc, "branch_weights", 14), LLVMConstInt(n->i32, 1000, false), LLVMConstInt(n->i32, 1, false)};
  LLVMSetMetadata(br, LLVMGetMDKindIDInContext(n->lc, "prof", 4), LLVMMDNodeInContext(n->lc, w, 3));
  LLVMPositionBuilderAtEnd(n->b, slow);
  LLVMValueRef v = slow_path(n, data);
  LLVMBasicBlockRef slow_end = LLVMGetInsertBlock(n->b);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, bump);
  LLVMBuildStore(n->b, LLVMBuildAdd(n->b, cur, k64(n, cls << 4), ""), cur_p);
  prefetch_cells(n, cur);
  nat_store(n, k64(n, shape | (uint64_t)kind << 32), cur, 0, MEM_SHAPE);
  LLVMBuildBr(n->b, done);
  LLVMPositionBuilderAtEnd(n->b, done);
  return nat_either(n, cur, bump, v, slow_end);
}

typedef struct CellSpec { uint32_t shape; Kind kind; size_t size; } CellSpec;
static LLVMValueRef alloc_out_of_line(Nat *n, const void *data) {
  const CellSpec *c = data;
  nat_store_pc(n);
  LLVMValueRef args[] = {n->arg_th, nat_const_shape(n, c->shape), LLVMConstInt(n->i32, c->kind, false), k64(n, c->size)};
  LLVMValueRef v = nat_call_rt(n, "heap_alloc", n->i64, args, 4);
  nat_check_raise(n, v);
  return v;
}

LLVMValueRef nat_alloc(Nat *n, uint32_t shape, Kind kind, size_t size) {
  return bump_or(n, shape, kind, size, alloc_out_of_line, &(CellSpec){shape, kind, size});
}

/* -- Virtual instances ---------------------------------------------------------------------------- */

static LLVMValueRef instance_out_of_line(Nat *n, const void *data) {
  const Virtual *v = data;
  LLVMValueRef args[] = {n->arg_th, nat_const_object(n, v->type), nat_const_shape(n, v->shape->id)};
  return nat_call_rt(n, "native_new_instance", n->i64, args, 3);
}

/* Allocates the object and fills its slots. The state is not changed: exits do this on their side path (in_line: not there). */
static LLVMValueRef allocate(Nat *n, const Virtual *v, bool in_line) {
  const Shape *s = v->shape;
  uint32_t first = s->overflow_offset + 8, size = (first + 8u * s->n_inline + 15) & ~15u;
  LLVMValueRef fields[VIRT_FIELDS];
  for (int f = 0; f < s->n_slots; f++) { /* boxed before the object is there: boxing may allocate */
    RegState rs = v->fields[f];
    fields[f] = nat_load_boxed(n, &rs, &v->homes[f]);
  }
  in_line = in_line && size <= 128 && v->type->inst_kind == K_INSTANCE && !v->type->slots.free_;
  LLVMValueRef o = in_line ? bump_or(n, s->id, K_INSTANCE, size, instance_out_of_line, v) : instance_out_of_line(n, v);
  for (int f = 0; f < s->n_slots; f++) nat_store(n, fields[f], o, first + 8 * (uint32_t)f, MEM_SLOT);
  if (in_line) {
    for (uint32_t at = 8; at < size; at += 8)
      if (at < first || at >= first + 8u * s->n_slots) nat_store(n, k64(n, EMPTY), o, at, MEM_SLOT);
  }
  return o;
}

LLVMValueRef nat_virtual_boxed(Nat *n, const Virtual *v) { return allocate(n, v, false); }

void nat_materialise(Nat *n, int virt) {
  State *s = n->st;
  Virtual *v = &s->virtuals[virt];
  LLVMValueRef o = allocate(n, v, true);
  for (Inst *inst = s->inst; inst; inst = inst->parent)
    for (uint32_t r = 0; r < inst->n_regs; r++) {
      RegState *rs = &s->regs[inst->base + r];
      if (rs->rep != REP_VIRTUAL || rs->virt != virt) continue;
      LLVMBuildStore(n->b, o, home_word(n, &inst->homes[r]));
      *rs = (RegState){.rep = REP_BOXED, .shape = v->shape->id};
    }
  v->live = false;
}

void nat_materialise_all(Nat *n) {
  for (int v = 0; v < MAX_VIRTUALS; v++)
    if (n->st->virtuals[v].live) nat_materialise(n, v);
}
