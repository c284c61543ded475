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
  for (uint32_t i = 0; i < fo->n_values; i++) fo->values[i] = shown(f, i);
  heap_barrier_bulk(th, fo);
  if (f->prev) {
    FrameObject *back = frame_object(th, f->prev);
    if (back) obj_store_ref(th, fo, &fo->back, back);
  }
  th->pending = saved;
  fo->pc = (uint32_t)(f->pc - f->code->instrs);
  store_relaxed(&fo->frame, NULL);
  f->object = NULL;
  f->flags &= (uint8_t)~FRAME_SEEN;
}

void frame_pop(RpThread *th, Frame *f) { frame_pop_fast(th, f); }

FrameObject *frame_object(RpThread *th, Frame *f) {
  if (f->object) return f->object;
  bool mapping = f->locals != EMPTY && !(f->flags & FRAME_INIT);
  uint32_t n = mapping || !f->regs ? 0 : n_shown(f->code);
  FrameObject *fo = (FrameObject *)heap_alloc(th, SHAPE_frame, K_FRAME_OBJECT, sizeof(FrameObject) + n * sizeof(Value));
  if (!fo) return NULL;
  fo->frame = f;
  fo->code = f->code;
  fo->globals = f->globals;
  fo->builtins = f->builtins;
  fo->locals = mapping ? f->locals : EMPTY;
  fo->owner = th;
  fo->pc = (uint32_t)(f->pc - f->code->instrs);
  fo->n_values = n;
  for (uint32_t i = 0; i < n; i++) fo->values[i] = EMPTY;
  if (f->flags & FRAME_GENERATOR) heap_shade(th, fo); /* the frame is a part of the generator */
  f->flags |= FRAME_SEEN;
  return f->object = fo;
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
