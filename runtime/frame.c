/* frame.c: pushing and popping activations; frame objects and locals(). */
#include "runtime/frame_fast.h"
#include "runtime/dict.h"
#include "runtime/interp.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

Frame *frame_push_refused(RpThread *th) {
  raise_error(th, &type_RecursionError, "maximum recursion depth exceeded");
  return NULL;
}

Frame *frame_push(RpThread *th, Function *fn) { return frame_push_fast(th, fn); }

static uint32_t n_shown(const Code *co) { return co->n_locals + (uint32_t)(co->cellvars->length + co->freevars->length); }

/* Value of local, cell or free variable i. */
static Value shown(const Frame *f, uint32_t i) {
  const Code *co = f->code;
  Value v = f->regs[i < co->n_locals ? i : co->cell_regs[i - co->n_locals]];
  return has_kind(v, K_CELL) ? load_relaxed(&((Cell *)as_object(v))->v) : v;
}

/* The activation is over: the frame object, if anyone holds it, keeps the values for f_locals and the caller for f_back. */
void frame_object_detach(RpThread *th, Frame *f) {
  FrameObject *fo = f->object;
  Value saved = th->pending;
  th->pending = EMPTY;
  if (fo->locals != EMPTY) frame_locals(th, f);
  for (uint32_t i = 0; i < fo->n_values; i++) store_release(&fo->values[i], shown(f, i));
  heap_barrier_bulk(th, fo);
  FrameObject *back = frame_object_back(th, f);
  if (back) obj_store_ref(th, fo, &fo->back, back);
  th->pending = saved;
  fo->pc = (uint32_t)(frame_pc(f) - f->code->instrs);
  store_relaxed(&fo->frame, NULL);
  store_relaxed(&f->object, NULL);
  f->flags &= (uint8_t)~FRAME_SEEN;
}

void frame_pop(RpThread *th, Frame *f) { frame_pop_fast(th, f); }

static FrameObject *new_object(RpThread *th, Code *co, const Instr *pc, uint32_t n_values) {
  FrameObject *fo = (FrameObject *)heap_alloc(th, SHAPE_frame, K_FRAME_OBJECT, sizeof(FrameObject) + n_values * sizeof(Value));
  if (!fo) return NULL;
  fo->code = co;
  fo->owner = th;
  fo->pc = (uint32_t)(pc - co->instrs);
  fo->n_values = n_values;
  for (uint32_t i = 0; i < n_values; i++) fo->values[i] = EMPTY;
  return fo;
}

FrameObject *frame_object(RpThread *th, Frame *f) {
  if (f->object) return f->object;
  bool mapping = f->locals != EMPTY && !(f->flags & FRAME_INIT);
  FrameObject *fo = new_object(th, f->code, frame_pc(f), mapping || !f->regs ? 0 : n_shown(f->code));
  if (!fo) return NULL;
  fo->frame = f;
  fo->globals = f->globals;
  fo->builtins = f->builtins;
  fo->locals = mapping ? f->locals : EMPTY;
  if (f->flags & FRAME_GENERATOR) heap_shade(th, fo); /* the frame is a part of the generator */
  f->flags |= FRAME_SEEN;
  store_release(&f->object, fo); /* a marker may be looking at a generator's */
  return fo;
}

Dict *activation_globals(Activation a) { return a.in ? a.in->func->globals : a.f->globals; }

FrameObject *activation_object(RpThread *th, Activation a) {
  if (!a.in) return frame_object(th, a.f);
  FrameObject *back = activation_object(th, activation_caller(a)), *fo = back ? new_object(th, a.in->code, a.in->pc, 0) : NULL;
  if (!fo) return NULL;
  fo->globals = a.in->func->globals;
  fo->builtins = a.in->func->builtins;
  fo->locals = EMPTY;
  obj_store_ref(th, fo, &fo->back, back);
  return fo;
}

/* The callee's object remembers an inlined caller's, so that it is always the same. */
FrameObject *frame_object_back(RpThread *th, Frame *f) {
  Activation up = activation_of(f->prev);
  if (!up.f) return NULL;
  FrameObject *fo = f->object;
  bool keep = up.in && fo && !(f->flags & FRAME_GENERATOR); /* which has another caller each time */
  if (keep && fo->back) return fo->back;
  FrameObject *back = activation_object(th, up);
  if (keep && back) obj_store_ref(th, fo, &fo->back, back);
  return back;
}

static Str *shown_name(const Code *co, uint32_t i) {
  if (i < co->n_locals) return as_str(co->varnames->items[i]);
  i -= co->n_locals;
  uint32_t n_cells = (uint32_t)co->cellvars->length;
  return as_str(i < n_cells ? co->cellvars->items[i] : co->freevars->items[i - n_cells]);
}

static int show(RpThread *th, Dict *d, Str *name, Value v) {
  if (v == EMPTY) return dict_del_str(th, d, name) < 0 ? -1 : 0;
  return dict_set_str(th, d, name, v);
}

Value frame_locals(RpThread *th, Frame *f) {
  if (f->locals != EMPTY && !(f->flags & FRAME_INIT)) return f->locals;
  Code *co = f->code;
  if (!f->regs) return raise_todo(th, "locals() of a frame that runs as native code");
  Dict *d;
  if (f->object && f->object->locals != EMPTY) d = as_dict(f->object->locals);
  else if (!(d = dict_new(th))) return EMPTY;
  for (uint32_t i = 0, n = n_shown(co); i < n; i++)
    if (show(th, d, shown_name(co, i), shown(f, i)) < 0) return EMPTY;
  if (f->object) obj_store(th, f->object, &f->object->locals, value_object(d));
  return value_object(d);
}

Value frame_object_locals(RpThread *th, FrameObject *fo) {
  Frame *f = load_relaxed(&fo->frame);
  if (f) return frame_locals(th, f);
  if (fo->locals != EMPTY) return fo->locals;
  Dict *d = dict_new(th);
  if (!d) return EMPTY;
  for (uint32_t i = 0; i < fo->n_values; i++)
    if (fo->values[i] != EMPTY && dict_set_str(th, d, shown_name(fo->code, i), fo->values[i]) < 0) return EMPTY;
  obj_store_ref(th, fo, &fo->locals, d);
  return value_object(d);
}
