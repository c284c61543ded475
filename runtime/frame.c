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

/* The activation is over: the frame object, if anyone holds it, keeps what locals() said. */
void frame_object_detach(RpThread *th, Frame *f) {
  FrameObject *fo = f->object;
  Value saved = th->pending;
  th->pending = EMPTY;
  Value locals = frame_locals(th, f);
  if (locals != EMPTY) obj_store(th, fo, &fo->locals, locals);
  th->pending = saved;
  fo->pc = (uint32_t)(f->pc - f->code->instrs);
  fo->frame = NULL;
  f->object = NULL;
}

void frame_pop(RpThread *th, Frame *f) { frame_pop_fast(th, f); }

FrameObject *frame_object(RpThread *th, Frame *f) {
  if (f->object) return f->object;
  FrameObject *fo = heap_new(th, FrameObject, SHAPE_frame, K_FRAME_OBJECT);
  if (!fo) return NULL;
  fo->frame = f;
  fo->code = f->code;
  fo->globals = f->globals;
  fo->builtins = f->builtins;
  fo->owner = th;
  fo->pc = (uint32_t)(f->pc - f->code->instrs);
  f->object = fo;
  if (f->prev) {
    FrameObject *back = frame_object(th, f->prev);
    if (!back) return NULL;
    obj_store_ref(th, fo, &fo->back, back);
  }
  return fo;
}

/* Name and current value of each local: plain registers and cells. */
static int add_local(RpThread *th, Dict *d, Value name, Value v) {
  if (has_kind(v, K_CELL)) v = load_relaxed(&((Cell *)as_object(v))->v);
  if (v == EMPTY) return dict_del_str(th, d, as_str(name)) < 0 ? -1 : 0;
  return dict_set_str(th, d, as_str(name), v);
}

Value frame_locals(RpThread *th, Frame *f) {
  if (f->locals != EMPTY && !(f->flags & FRAME_INIT)) return f->locals;
  Code *co = f->code;
  if (!f->regs) return raise_todo(th, "locals() of a frame that runs as native code");
  Dict *d;
  if (f->object && f->object->locals != EMPTY) d = as_dict(f->object->locals);
  else if (!(d = dict_new(th))) return EMPTY;
  for (uint32_t i = 0; i < co->n_locals; i++)
    if (add_local(th, d, co->varnames->items[i], f->regs[i]) < 0) return EMPTY;
  uint64_t n_cells = co->cellvars->length;
  for (uint64_t i = 0; i < n_cells + co->freevars->length; i++) {
    Value name = i < n_cells ? co->cellvars->items[i] : co->freevars->items[i - n_cells];
    if (add_local(th, d, name, f->regs[co->cell_regs[i]]) < 0) return EMPTY;
  }
  if (f->object) obj_store(th, f->object, &f->object->locals, value_object(d));
  return value_object(d);
}
