/* code.c: the code object: creation, line tables, and what scripts see of it (co_*). */
#include "runtime/code.h"

#include "runtime/bytes.h"
#include "runtime/context.h"
#include "runtime/hooks.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static size_t external_size(const Code *c) {
  size_t seen = atomic_load_explicit(&c->seen, memory_order_relaxed) ? c->n_instrs * sizeof(uint32_t) : 0;
  return seen + c->n_instrs * (sizeof(Instr) + sizeof(Position) + sizeof *c->tops) + c->n_handlers * sizeof(Handler) + c->n_ics * sizeof(Ic) +
         c->n_method_positions * sizeof(MethodPosition);
}

Code *code_new(RpThread *th, const Code *spec) {
  Code *c = heap_new(th, Code, SHAPE_code, K_CODE);
  if (!c) return NULL;
  Object hdr = c->hdr;
  *c = *spec;
  c->hdr = hdr;
  c->n_plain = c->n_params == c->argcount ? (int32_t)c->argcount : -1;
  if (th->ctx->opt.tier == 2) c->hot = c->calls = UINT32_MAX; /* --tier=native: hot at the first call */
  heap_barrier_bulk(th, c);
  heap_external_add(th, external_size(c));
#ifdef RP_DEBUG
  char *message = rir_verify(c);
  if (message) RP_FATAL("%s", message);
#endif
  return c;
}

static void code_trace(Tracer *tr, Object *o) {
  Code *c = (Code *)o;
  trace_ref(tr, c->name);
  trace_ref(tr, c->qualname);
  trace_ref(tr, c->filename);
  trace_ref(tr, c->consts);
  trace_ref(tr, c->names);
  trace_ref(tr, c->varnames);
  trace_ref(tr, c->cellvars);
  trace_ref(tr, c->freevars);
  trace_value(tr, c->doc);
  for (uint32_t i = 0; i < c->n_ics; i++) trace_ref(tr, load_acquire(&c->ics[i].entry));
  const uint32_t *seen = atomic_load_explicit(&c->seen, memory_order_acquire);
  for (uint32_t i = 0; seen && i < c->n_instrs; i++) {
    uint32_t id = load_relaxed(&seen[i]);
    if (id && id != SEEN_MANY) trace_ref(tr, load_consume(&rp_shapes[id & ~SEEN_CLASS]));
  }
  if (rt_hooks.trace_code) rt_hooks.trace_code(tr, c);
}

static void code_free(RpContext *ctx, Object *o) {
  Code *c = (Code *)o;
  if (rt_hooks.code_free) rt_hooks.code_free(ctx, c);
  heap_external_sub(ctx, external_size(c));
  free(c->instrs);
  free(c->positions);
  free(c->tops);
  free(c->method_positions);
  free(c->handlers);
  free(c->ics);
  free(c->cell_regs);
  free(atomic_load_explicit(&c->seen, memory_order_relaxed));
}

static uint32_t *seen_array(RpThread *th, Code *co) {
  uint32_t *seen = atomic_load_explicit(&co->seen, memory_order_acquire);
  if (seen) return seen;
  uint32_t *fresh = calloc(co->n_instrs, sizeof *fresh);
  if (!fresh) return NULL;
  if (!atomic_compare_exchange_strong_explicit(&co->seen, &seen, fresh, memory_order_acq_rel, memory_order_acquire)) {
    free(fresh);
    return seen;
  }
  heap_external_add(th, co->n_instrs * sizeof *fresh);
  return fresh;
}

/* Threads may overwrite each other's notes: what is lost comes again. */
void code_see_object(RpThread *th, Code *co, const Instr *pc, uint32_t id) {
  uint32_t *seen = seen_array(th, co), *at = seen ? &seen[pc - co->instrs] : NULL, before = at ? load_relaxed(at) : SEEN_MANY;
  uint32_t one = before & ~SEEN_CLASS;
  if (before == SEEN_MANY || one == id) return;
  if (before && id >= N_BUILTIN_SHAPES && rp_shapes[one]->type == rp_shapes[id]->type) id = one | SEEN_CLASS;
  else if (before) id = SEEN_MANY;
  else if (id < N_BUILTIN_SHAPES) return;
  else heap_shade(th, rp_shapes[id]); /* the array is malloc'ed memory traced through its Code, as caches are */
  store_relaxed(at, id);
}

Position code_position(const Code *code, uint32_t pc) {
  bool lookup = pc & PC_LOOKUP;
  pc &= ~PC_LOOKUP;
  if (lookup) {
    for (uint32_t lo = 0, hi = code->n_method_positions; lo < hi;) {
      uint32_t mid = (lo + hi) / 2, at = code->method_positions[mid].pc;
      if (at == pc) return code->method_positions[mid].pos;
      if (at < pc) lo = mid + 1;
      else hi = mid;
    }
  }
  if (pc < code->n_instrs) return code->positions[pc];
  return (Position){code->firstlineno, code->firstlineno, -1, -1};
}

int code_line(const Code *code, uint32_t pc) { return code_position(code, pc).line; }

/* -- co_* ------------------------------------------------------------------------------------------------------------ */

#define SELF ((Code *)as_object(self))
#define GET(field, expr) \
  static Value get_##field(RpThread *th, Value self) { return (expr); }
GET(name, value_object(SELF->name))
GET(qualname, value_object(SELF->qualname))
GET(filename, value_object(SELF->filename))
GET(consts, value_object(SELF->consts))
GET(names, value_object(SELF->names))
GET(varnames, value_object(SELF->varnames))
GET(cellvars, value_object(SELF->cellvars))
GET(freevars, value_object(SELF->freevars))
GET(argcount, value_int(SELF->argcount))
GET(posonlyargcount, value_int(SELF->posonlyargcount))
GET(kwonlyargcount, value_int(SELF->kwonlyargcount))
GET(nlocals, value_int(SELF->n_locals))
GET(stacksize, value_int(SELF->n_regs - SELF->n_locals))
GET(flags, value_int(SELF->flags))
GET(firstlineno, value_int(SELF->firstlineno))

/* The instructions as bytes: 16 per operation, feedback left out so that equal code has equal bytes. */
static Value get_code(RpThread *th, Value self) {
  Bytes *b = bytes_new(th, NULL, SELF->n_instrs * sizeof(Instr));
  if (!b) return EMPTY;
  for (uint32_t i = 0; i < SELF->n_instrs; i++) {
    Instr instr = SELF->instrs[i];
    instr.fb = 0;
    memcpy(b->data + i * sizeof instr, &instr, sizeof instr);
  }
  return value_object(b);
}

/* Line and exception tables have a form of their own here: the bytes only tell apart code that differs. */
static Value get_linetable(RpThread *th, Value self) {
  return value_object(bytes_new(th, SELF->positions, SELF->n_instrs * sizeof(Position)));
}
static Value get_exceptiontable(RpThread *th, Value self) {
  Bytes *b = bytes_new(th, NULL, SELF->n_handlers * 16u);
  if (!b) return EMPTY;
  for (uint32_t i = 0; i < SELF->n_handlers; i++) {
    const Handler *h = &SELF->handlers[i];
    uint32_t row[4] = {h->start, h->end, h->handler, h->reg};
    memcpy(b->data + i * 16u, row, 16);
  }
  return value_object(b);
}

static const GetSetDef getsets[] = {
    {"co_name", get_name, NULL, NULL},
    {"co_qualname", get_qualname, NULL, NULL},
    {"co_filename", get_filename, NULL, NULL},
    {"co_consts", get_consts, NULL, NULL},
    {"co_names", get_names, NULL, NULL},
    {"co_varnames", get_varnames, NULL, NULL},
    {"co_cellvars", get_cellvars, NULL, NULL},
    {"co_freevars", get_freevars, NULL, NULL},
    {"co_argcount", get_argcount, NULL, NULL},
    {"co_posonlyargcount", get_posonlyargcount, NULL, NULL},
    {"co_kwonlyargcount", get_kwonlyargcount, NULL, NULL},
    {"co_nlocals", get_nlocals, NULL, NULL},
    {"co_stacksize", get_stacksize, NULL, NULL},
    {"co_flags", get_flags, NULL, NULL},
    {"co_firstlineno", get_firstlineno, NULL, NULL},
    {"co_code", get_code, NULL, NULL},
    {"co_linetable", get_linetable, NULL, NULL},
    {"co_lnotab", get_linetable, NULL, NULL},
    {"co_exceptiontable", get_exceptiontable, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

/* Offsets count bytes of co_code. Lists rather than lazy iterators: their length is bounded by the code's. */
static Value co_lines(RpThread *th, const Value *a) {
  Code *c = (Code *)as_object(a[0]);
  List *out = list_new(th, 0);
  if (!out) return EMPTY;
  for (uint32_t pc = 0, next; pc < c->n_instrs; pc = next) {
    int32_t line = c->positions[pc].line;
    for (next = pc + 1; next < c->n_instrs && c->positions[next].line == line;) next++;
    Tuple *row = tuple_of(th, 3, value_int(pc * 16), value_int(next * 16), line >= 0 ? value_int(line) : NONE);
    if (!row || list_append(th, out, value_object(row)) < 0) return EMPTY;
  }
  return op_iter(th, value_object(out));
}

static Value number_or_none(int32_t n) { return n >= 0 ? value_int(n) : NONE; }

static Value co_positions(RpThread *th, const Value *a) {
  Code *c = (Code *)as_object(a[0]);
  List *out = list_new(th, 0);
  if (!out) return EMPTY;
  for (uint32_t pc = 0; pc < c->n_instrs; pc++) {
    Position p = c->positions[pc];
    Tuple *row = tuple_of(th, 4, number_or_none(p.line), number_or_none(p.end_line), number_or_none(p.col), number_or_none(p.end_col));
    if (!row || list_append(th, out, value_object(row)) < 0) return EMPTY;
  }
  return op_iter(th, value_object(out));
}

static void *copy_array(const void *p, size_t n, size_t size) {
  void *q = malloc(n * size + 1);
  if (!q) RP_FATAL("out of memory");
  if (n) memcpy(q, p, n * size);
  return q;
}

/* A copy of c with its own arrays, empty caches and counters. */
static Code copy_of(const Code *c) {
  Code n = *c;
  n.instrs = copy_array(c->instrs, c->n_instrs, sizeof(Instr));
  n.positions = copy_array(c->positions, c->n_instrs, sizeof(Position));
  n.tops = copy_array(c->tops, c->n_instrs, sizeof *c->tops);
  n.method_positions = copy_array(c->method_positions, c->n_method_positions, sizeof(MethodPosition));
  n.handlers = copy_array(c->handlers, c->n_handlers, sizeof(Handler));
  n.ics = copy_array(c->ics, c->n_ics, sizeof(Ic));
  n.cell_regs = copy_array(c->cell_regs, c->cellvars->length + c->freevars->length, sizeof(uint16_t));
  for (uint32_t i = 0; i < n.n_ics; i++) n.ics[i] = (Ic){.pc = c->ics[i].pc};
  for (uint32_t i = 0; i < n.n_instrs; i++) n.instrs[i].fb = 0;
  atomic_init(&n.hot, 0);
  atomic_init(&n.calls, 0);
  atomic_init(&n.direct, NULL);
  atomic_init(&n.typed, NULL);
  atomic_init(&n.seen, NULL);
  n.native_info = NULL;
  atomic_init(&n.exits, 0);
  atomic_init(&n.native, NULL);
  atomic_init(&n.native_state, 0);
  return n;
}

/* replace(): everything but what would need other instructions. */
static Value co_replace(RpThread *th, const Value *a) {
  Code *c = (Code *)as_object(a[0]);
  static const char *const strs[] = {"co_name", "co_qualname", "co_filename"};
  for (int i = 0; i < 3; i++)
    if (a[1 + i] && !str_check(a[1 + i])) return raise_type(th, "replace() argument '%s' must be str, not %T", strs[i], a[1 + i]);
  int64_t line = c->firstlineno, flags = c->flags;
  if (a[4] && !op_as_i64(th, a[4], &line)) return EMPTY;
  if (a[5] && !op_as_i64(th, a[5], &flags)) return EMPTY;
  if (a[6] && (!tuple_check(a[6]) || as_tuple(a[6])->length != c->consts->length))
    return raise_value(th, "replace() argument 'co_consts' must be a tuple of %llu items", (unsigned long long)c->consts->length);
  for (int i = 7; i <= 8; i++) {
    Tuple *old = i == 7 ? c->names : c->varnames;
    if (a[i] && (!tuple_check(a[i]) || as_tuple(a[i])->length != old->length))
      return raise_value(th, "code: names cannot be added or removed");
  }
  if (a[9] && !op_equal(th, a[9], get_code(th, a[0]))) return raise_todo(th, "code.replace(co_code=...)");
  Code n = copy_of(c);
  if (a[1]) n.name = as_str(a[1]);
  if (a[2]) n.qualname = as_str(a[2]);
  if (a[3]) n.filename = as_str(a[3]);
  n.firstlineno = (int32_t)line;
  n.flags = (uint32_t)flags;
  if (a[6]) n.consts = as_tuple(a[6]);
  if (a[7]) n.names = as_tuple(a[7]);
  if (a[8]) n.varnames = as_tuple(a[8]);
  return value_object(code_new(th, &n));
}

static const NativeDef methods[] = {
    {"co_lines", co_lines, "(self, /)", 0, NULL, NULL},
    {"co_positions", co_positions, "(self, /)", 0, NULL, NULL},
    {"replace", co_replace,
     "(self, /, *, co_name=None, co_qualname=None, co_filename=None, co_firstlineno=None, co_flags=None, co_consts=None, co_names=None, "
     "co_varnames=None, co_code=None)",
     0, NULL, NULL},
    {NULL, NULL, NULL, 0, NULL, NULL},
};

static Value code_repr(RpThread *th, Value self) {
  return value_object(str_fmt(th, "<code object %S at %p, file \"%S\", line %d>", SELF->name, (void *)SELF, SELF->filename, SELF->firstlineno));
}

const TypeSpec spec_code = {
    .doc = "Create a code object.  Not for mere mortals.",
    .size = sizeof(Code),
    .slots = {.trace = code_trace, .free_ = code_free, .repr = code_repr},
    .methods = methods,
    .getsets = getsets,
};
