/* frame_object.c: the type `frame`: what scripts see of an activation. While it runs the object reads through to it; afterwards it keeps the
** position and the locals that frame_object_detach() left. */
#include "runtime/block.h"
#include "runtime/code.h"
#include "runtime/dict.h"
#include "runtime/frame.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/str.h"

#define FO(v) ((FrameObject *)as_object(v))

/* A generator's frame lies inside its object, which must live as long as it is pointed to; other frames are on a scanned stack. */
static void trace(Tracer *tr, Object *o) {
  FrameObject *fo = (FrameObject *)o;
  trace_value(tr, load_consume(&fo->overflow));
  trace_ref(tr, fo->code);
  trace_ref(tr, fo->globals);
  trace_ref(tr, fo->builtins);
  trace_value(tr, load_consume(&fo->locals));
  trace_ref(tr, load_consume(&fo->back));
  trace_value(tr, load_consume(&fo->trace));
  trace_values(tr, fo->values, fo->n_values);
  /* Not looked into: it may be gone by now. */
  char *f = (char *)load_relaxed(&fo->frame);
  if (block_in_arena((uintptr_t)f)) trace_ref(tr, f - offsetof(Generator, frame));
}

static uint32_t position(const FrameObject *fo) {
  Frame *f = load_relaxed(&fo->frame);
  return f ? (uint32_t)(frame_pc(f) - fo->code->instrs) : fo->pc;
}

static Value or_none(void *o) { return o ? value_object(o) : NONE; }

static Value get_back(RpThread *th, Value self) {
  FrameObject *fo = FO(self);
  Frame *f = load_relaxed(&fo->frame);
  if (!f) return or_none(load_relaxed(&fo->back));
  /* A generator has a caller only while it runs, and another one each time. */
  if ((f->flags & FRAME_GENERATOR) && atomic_load(&f->gen->state) != GEN_RUNNING) return NONE;
  if (fo->owner != th || !f->prev) return NONE; /* another thread's stack changes under our eyes */
  FrameObject *back = frame_object_back(th, f);
  return back ? value_object(back) : EMPTY;
}
static Value get_code(RpThread *th, Value self) { return value_object(FO(self)->code); }
static Value get_globals(RpThread *th, Value self) { return value_object(FO(self)->globals); }
static Value get_builtins(RpThread *th, Value self) { return value_object(FO(self)->builtins); }
static Value get_locals(RpThread *th, Value self) { return frame_object_locals(th, FO(self)); }
static Value get_lineno(RpThread *th, Value self) {
  int line = code_line(FO(self)->code, position(FO(self)) & ~PC_LOOKUP);
  return line > 0 ? value_int(line) : NONE;
}
static Value get_lasti(RpThread *th, Value self) { return value_int((int64_t)(position(FO(self)) & ~PC_LOOKUP) * 2); }
static Value get_trace(RpThread *th, Value self) { return FO(self)->trace == EMPTY ? NONE : FO(self)->trace; }
static int set_trace(RpThread *th, Value self, Value v) {
  return obj_store(th, FO(self), &FO(self)->trace, v == NONE ? EMPTY : v), 0;
}
static Value get_true(RpThread *th, Value self) { return TRUE_V; }
static Value get_false(RpThread *th, Value self) { return FALSE_V; }

static Value repr(RpThread *th, Value self) {
  FrameObject *fo = FO(self);
  Value line = get_lineno(th, self);
  return value_object(str_fmt(th, "<frame at %p, file %V, line %V, code %S>", (void *)fo, value_object(fo->code->filename), line, fo->code->name));
}

/* frame.clear(): an activation that is over lets go of its locals; a suspended generator is closed. */
static Value m_clear(RpThread *th, const Value *a) {
  FrameObject *fo = FO(a[0]);
  Frame *f = load_relaxed(&fo->frame);
  if (f) {
    if (!(f->flags & FRAME_GENERATOR) || atomic_load(&f->gen->state) == GEN_RUNNING)
      return raise_runtime(th, "cannot clear an executing frame");
    if (gen_close(th, f->gen) == EMPTY) return EMPTY;
  }
  store_relaxed(&fo->locals, EMPTY);
  for (uint32_t i = 0; i < fo->n_values; i++) store_relaxed(&fo->values[i], EMPTY);
  return NONE;
}

static const NativeDef methods[] = {
    {"clear", m_clear, "(self, /)", 0, "F.clear(): clear most references held by the frame", NULL},
    {NULL, NULL, NULL, 0, NULL, NULL},
};

const TypeSpec spec_frame = {
    .size = sizeof(FrameObject),
    .slots = {.trace = trace, .repr = repr},
    .methods = methods,
    .getsets = (const GetSetDef[]){{"f_back", get_back, NULL, NULL},
                                   {"f_code", get_code, NULL, NULL},
                                   {"f_globals", get_globals, NULL, NULL},
                                   {"f_builtins", get_builtins, NULL, NULL},
                                   {"f_locals", get_locals, NULL, NULL},
                                   {"f_lineno", get_lineno, NULL, NULL},
                                   {"f_lasti", get_lasti, NULL, NULL},
                                   {"f_trace", get_trace, set_trace, NULL},
                                   {"f_trace_lines", get_true, NULL, NULL},
                                   {"f_trace_opcodes", get_false, NULL, NULL},
                                   {NULL, NULL, NULL, NULL}},
};
