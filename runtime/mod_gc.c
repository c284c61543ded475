/* mod_gc.c: the module gc. Objects have two ages: 0, made since the last collection, and 2; every gc.collect() is whole. Thresholds and debug flags are kept
** for programs that set and print them. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/int.h"
#include "runtime/list.h"
#include "runtime/native.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* The runtime's own parts, which scripts never see: their references count as their owner's. */
static bool internal(const Object *o) {
  switch (o->kind) {
  case K_FREE: case K_SHAPE: case K_ARRAY: case K_DICT_TABLE: case K_SET_TABLE: case K_IC_ENTRY: return true;
  default: return false;
  }
}

/* What CPython would track. */
static bool tracked(Value v) {
  if (!is_object(v) || internal(as_object(v))) return false;
  const Object *o = as_object(v);
  bool python_class = obj_shape(o)->type->flags & TYPE_HEAP;
  switch (o->kind) {
  case K_STR: case K_BYTES: case K_INT: case K_FLOAT: case K_COMPLEX: case K_BYTEARRAY: case K_RANGE: return python_class;
  case K_INSTANCE: return python_class;
  case K_TUPLE: return python_class || ((const Tuple *)o)->length > 0;
  case K_DICT: {
    if (python_class) return true;
    uint32_t pos = 0;
    Value key, value;
    while (dict_next((Dict *)o, &pos, &key, &value))
      if ((is_object(key) && tracked(key)) || (is_object(value) && (as_object(value)->kind == K_DICT || tracked(value)))) return true;
    return false;
  }
  default: return true;
  }
}

/* -- Collecting --------------------------------------------------------------------------------------------------------------------------- */

static int run_callbacks(RpThread *th, const char *phase, int64_t generation, size_t collected) {
  Value list = th->ctx->gc_callbacks;
  if (!list_check(list) || list_len(as_list(list)) == 0) return 0;
  Dict *info = dict_new(th);
  Str *ph = str_from_c(th, phase);
  if (!info || !ph || dict_set_c(th, info, "generation", value_int(generation)) < 0 ||
      dict_set_c(th, info, "collected", value_int((int64_t)collected)) < 0 || dict_set_c(th, info, "uncollectable", value_int(0)) < 0)
    return -1;
  for (uint32_t i = 0; i < list_len(as_list(list)); i++) {
    Value f = list_array(as_list(list))->items[i];
    if (op_call2(th, f, value_object(ph), value_object(info)) == EMPTY) error_unraisable(th, f);
  }
  return 0;
}

/* What calls that are over left in this part of the stack would be seen through the holes in the frames of the collection. */
static NOINLINE void clear_dead_stack(void) {
  char dead[8192];
  memset(dead, 0, sizeof dead);
  __asm__ volatile("" : : "r"(dead) : "memory");
}

static Value gc_collect(RpThread *th, const Value *a) {
  clear_dead_stack();
  int64_t generation = 2;
  if (a[0] != EMPTY && !op_as_i64(th, a[0], &generation)) return EMPTY;
  if (generation < 0 || generation > 2) return raise_value(th, "invalid generation");
  if (run_callbacks(th, "start", generation, 0) < 0) return EMPTY;
  if (generation < 2) th->ctx->gc_asked[generation]++;
  size_t n = heap_collect(th);
  heap_finalize_due(th);
  return run_callbacks(th, "stop", generation, n) < 0 ? EMPTY : value_int((int64_t)n);
}
static Value gc_enable(RpThread *th, const Value *a) { return heap_enable(th->ctx, true), NONE; }
static Value gc_disable(RpThread *th, const Value *a) { return heap_enable(th->ctx, false), NONE; }
static Value gc_isenabled(RpThread *th, const Value *a) { return value_bool(heap_enabled(th->ctx)); }

static Value three(RpThread *th, int64_t x, int64_t y, int64_t z) {
  Tuple *t = tuple_of(th, 3, value_int(x), value_int(y), value_int(z));
  return t ? value_object(t) : EMPTY;
}
static Value gc_get_count(RpThread *th, const Value *a) { return three(th, (int64_t)(heap_young_bytes(th->ctx) / 64), 0, 0); }
static Value gc_get_threshold(RpThread *th, const Value *a) {
  const int *t = th->ctx->gc_thresholds;
  return three(th, t[0], t[1], t[2]);
}
static Value gc_set_threshold(RpThread *th, const Value *a) {
  int64_t t[3];
  for (int i = 0; i < 3; i++) {
    t[i] = th->ctx->gc_thresholds[i];
    if (a[i] != EMPTY && !op_as_i64(th, a[i], &t[i])) return EMPTY;
  }
  for (int i = 0; i < 3; i++) th->ctx->gc_thresholds[i] = (int)t[i];
  return NONE;
}
static Value gc_get_debug(RpThread *th, const Value *a) { return value_int(th->ctx->gc_debug); }
static Value gc_set_debug(RpThread *th, const Value *a) {
  int64_t flags;
  if (!op_as_i64(th, a[0], &flags)) return EMPTY;
  th->ctx->gc_debug = (int)flags;
  return NONE;
}
static Value gc_get_stats(RpThread *th, const Value *a) {
  HeapStats s;
  heap_stats(th->ctx, &s);
  const int64_t *asked = th->ctx->gc_asked;
  int64_t n[] = {(int64_t)(s.pauses[PAUSE_young].n + s.pauses[PAUSE_young_edge].n) + asked[0], asked[1], (int64_t)s.n_collections - asked[0] - asked[1]};
  List *list = list_new(th, 3);
  for (int i = 0; list && i < 3; i++) {
    Dict *d = dict_new(th);
    if (!d || dict_set_c(th, d, "collections", value_int(n[i])) < 0 ||
        dict_set_c(th, d, "collected", value_int(i == 2 ? (int64_t)s.freed_objects : 0)) < 0 ||
        dict_set_c(th, d, "uncollectable", value_int(0)) < 0 || list_append(th, list, value_object(d)) < 0)
      return EMPTY;
  }
  return list ? value_object(list) : EMPTY;
}

/* -- The collector that runs beside the program ------------------------------------------------------------------------------------------- */

/* [(microseconds, count), ...]: stretches of collector's work on script threads shorter than that (and not in the bucket before). */
static Value gc_pause_histogram(RpThread *th, const Value *a) {
  uint32_t counts[N_PAUSE_BUCKETS];
  const Pauses *p = heap_pauses(th->ctx);
  bool cpu = a[0] != EMPTY && str_check(a[0]) && str_eq_c(as_str(a[0]), "cpu"), own = a[0] != EMPTY && str_check(a[0]) && str_eq_c(as_str(a[0]), "thread");
  if (!cpu && !own && a[0] != EMPTY && !(str_check(a[0]) && str_eq_c(as_str(a[0]), "wall")))
    return raise_value(th, "what must be 'wall', 'cpu' or 'thread'");
  if (own) heap_thread_pauses(th, counts);
  else
    for (int i = 0; i < N_PAUSE_BUCKETS; i++) counts[i] = pauses_in_bucket(p, i, cpu);
  List *list = list_new(th, 0);
  for (int i = 0; list && i < N_PAUSE_BUCKETS; i++) {
    if (!counts[i]) continue;
    Tuple *t = tuple_of(th, 2, value_double((double)pause_bound_ns(i) / 1e3), value_int(counts[i]));
    if (!t || list_append(th, list, value_object(t)) < 0) return EMPTY;
  }
  return list ? value_object(list) : EMPTY;
}

/* [(start_ns, wall_ns, cpu_ns, kind, thread), ...]: the stretches since the last call, oldest first; start_ns as of time.monotonic_ns(). The first
** call starts the log. Only the last 16384 are kept: the second value counts those that were lost. */
static Value gc_pause_log(RpThread *th, const Value *a) {
  enum { AT_ONCE = 256 };
  Pause got[AT_ONCE];
  uint64_t *cursor = &th->ctx->gc_log_cursor, lost = 0;
  List *list = list_new(th, 0);
  size_t n;
  do {
    if (!list) return EMPTY;
    n = pause_log_read(heap_pauses(th->ctx), cursor, got, AT_ONCE, &lost);
    for (size_t i = 0; i < n; i++) {
      Str *kind = str_intern_c(th, pause_kind_names[got[i].kind]);
      Tuple *t = kind ? tuple_of(th, 5, value_int((int64_t)got[i].start_ns), value_int((int64_t)got[i].wall_ns), value_int((int64_t)got[i].cpu_ns),
                                 value_object(kind), value_int((int64_t)got[i].thread)) : NULL;
      if (!t || list_append(th, list, value_object(t)) < 0) return EMPTY;
    }
  } while (n == AT_ONCE);
  Tuple *t = tuple_of(th, 2, value_object(list), value_int((int64_t)lost));
  return t ? value_object(t) : EMPTY;
}

/* Works on the running cycle, or begins one, for at most budget seconds; true while there is more to do. */
static Value gc_step(RpThread *th, const Value *a) {
  double budget = 0;
  if (!op_as_double(th, a[0], &budget)) return EMPTY;
  return value_bool(heap_step(th, budget > 0 ? (int64_t)(budget * 1e9) : 0));
}

static Value gc_counters(RpThread *th, const Value *a) {
  HeapStats s;
  heap_stats(th->ctx, &s);
  PauseSum all = pauses_all(heap_pauses(th->ctx));
  const struct { const char *name; uint64_t v; } rows[] = {
      {"cycles", s.n_collections}, {"state", s.state}, {"live_bytes", s.live_bytes}, {"allocated_bytes", s.allocated_bytes},
      {"block_bytes", s.block_bytes}, {"external_bytes", s.external_bytes}, {"limit_bytes", s.limit_bytes}, {"freed_objects", s.freed_objects},
      {"pauses", s.n_pauses}, {"pause_ns", s.pause_ns_total}, {"worst_pause_ns", s.pause_ns_max}, {"closes", s.n_closes},
      {"failed_closes", s.n_failed_closes}, {"aborted_closes", s.n_aborted_closes}, {"assists", s.n_assists}, {"stalls", s.n_stalls}, {"edge_ns", s.edge_ns},
      {"edge_cpu_ns", s.pauses[PAUSE_edge].cpu_ns}, {"collector_cpu_ns", s.collector_cpu_ns}, {"pause_cpu_ns", all.cpu_ns},
      {"worst_pause_cpu_ns", all.worst_cpu_ns}, {"finalizers_waiting", s.n_finalizers}, {"finalizers_behind", s.finalizers_behind}};
  Dict *d = dict_new(th);
  for (size_t i = 0; d && i < countof(rows); i++)
    if (dict_set_c(th, d, rows[i].name, value_int((int64_t)rows[i].v)) < 0) return EMPTY;
  for (int k = 0; d && k < N_PAUSE_KINDS; k++) { /* worst_close_cpu_ns and so on */
    char name[64];
    snprintf(name, sizeof name, "worst_%s_cpu_ns", pause_kind_names[k]);
    if (dict_set_c(th, d, name, value_int((int64_t)s.pauses[k].worst_cpu_ns)) < 0) return EMPTY;
  }
  return d ? value_object(d) : EMPTY;
}

/* -- Looking around ---------------------------------------------------------------------------------------------------------------------- */

/* Objects found while the heap is walked, where nothing may be allocated: a traced array made before. */
typedef struct Found { Array *out; size_t n; const Value *targets; size_t n_targets; bool hit; RpContext *ctx; Object *skip; int generation; } Found;

static void found_add(Found *f, Value v) {
  if (f->out && f->n < f->out->capacity) {
    f->out->items[f->n] = v;
    f->out->length = (uint32_t)f->n + 1;
  }
  f->n++;
}
static Value found_list(RpThread *th, Found *f) {
  heap_barrier_bulk(th, f->out);
  List *list = list_from(th, f->out->items, f->out->length);
  return list ? value_object(list) : EMPTY;
}

/* Generation 0 is what was allocated since the last collection, 2 is all else; -1 is both. */
static void add_tracked(Object *o, void *data) {
  Found *f = data;
  if (o == (Object *)f->out || !tracked(value_object(o))) return;
  if (f->generation < 0 || f->generation == (heap_is_old(o) ? 2 : 0)) found_add(f, value_object(o));
}
static Value gc_get_objects(RpThread *th, const Value *a) {
  int64_t generation = -1;
  if (a[0] != EMPTY && a[0] != NONE) {
    if (!int_check(a[0])) return raise_type(th, "argument should be integer or None, not '%T'", a[0]);
    if (!op_as_i64(th, a[0], &generation)) return EMPTY;
    if (generation >= 3) return raise_value(th, "generation parameter must be less than the number of available generations (3)");
    if (generation < -1) return raise_value(th, "generation parameter cannot be negative");
  }
  Found f = {.generation = (int)generation};
  heap_each(th, add_tracked, &f);
  f.out = heap_alloc_array(th, (uint32_t)f.n + 64);
  if (!f.out) return EMPTY;
  f.n = 0;
  heap_each(th, add_tracked, &f);
  return found_list(th, &f);
}
/* The collector has nothing that it looks at each time and could leave out: what is old is passed over by young collections anyhow. */
static Value gc_freeze(RpThread *th, const Value *a) {
  Found f = {.generation = -1};
  heap_each(th, add_tracked, &f);
  th->ctx->gc_frozen = (int64_t)f.n;
  return NONE;
}
static Value gc_unfreeze(RpThread *th, const Value *a) { return th->ctx->gc_frozen = 0, NONE; }
static Value gc_get_freeze_count(RpThread *th, const Value *a) { return value_int(th->ctx->gc_frozen); }

static void look_for_target(Value v, void *data) {
  Found *f = data;
  for (size_t i = 0; i < f->n_targets; i++)
    if (v == f->targets[i]) f->hit = true;
  if (is_object(v) && internal(as_object(v)) && as_object(v)->kind != K_SHAPE) heap_refs(f->ctx, as_object(v), look_for_target, f);
}
static void add_referrer(Object *o, void *data) {
  Found *f = data;
  if (internal(o) || o == f->skip || o == (Object *)f->out) return;
  f->hit = false;
  heap_refs(f->ctx, o, look_for_target, f);
  if (f->hit) found_add(f, value_object(o));
}
static Value gc_get_referrers(RpThread *th, const Value *a) {
  Tuple *objs = as_tuple(a[0]);
  Found f = {.targets = objs->items, .n_targets = objs->length, .ctx = th->ctx, .skip = (Object *)objs};
  heap_each(th, add_referrer, &f);
  f.out = heap_alloc_array(th, (uint32_t)f.n + 64);
  if (!f.out) return EMPTY;
  f.n = 0;
  heap_each(th, add_referrer, &f);
  return found_list(th, &f);
}

static void add_referent(Value v, void *data) {
  Found *f = data;
  Object *o = is_object(v) ? as_object(v) : NULL;
  if (!o) {
    found_add(f, v);
  } else if (o->kind == K_SHAPE) { /* stands for the class */
    Type *t = ((Shape *)o)->type;
    if (t->flags & TYPE_HEAP) found_add(f, value_object(t));
  } else if (internal(o)) {
    heap_refs(f->ctx, o, add_referent, f);
  } else {
    found_add(f, v);
  }
}
static void add_referents_of(Tuple *objs, Found *f) {
  for (uint64_t i = 0; i < objs->length; i++)
    if (is_object(objs->items[i])) heap_refs(f->ctx, as_object(objs->items[i]), add_referent, f);
}
static Value gc_get_referents(RpThread *th, const Value *a) {
  Tuple *objs = as_tuple(a[0]);
  Found f = {.ctx = th->ctx};
  add_referents_of(objs, &f);
  f.out = heap_alloc_array(th, (uint32_t)f.n);
  if (!f.out) return EMPTY;
  f.n = 0;
  add_referents_of(objs, &f);
  return found_list(th, &f);
}
static Value gc_is_tracked(RpThread *th, const Value *a) { return value_bool(tracked(a[0])); }
static Value gc_is_finalized(RpThread *th, const Value *a) {
  return value_bool(is_object(a[0]) && (as_object(a[0])->flags & OBJ_FINALIZED));
}

static const NativeDef gc_functions[] = {
    {"collect", gc_collect, "(generation=2)", 0, "Run the garbage collector."},
    {"enable", gc_enable, "()", 0, "Enable automatic garbage collection."},
    {"disable", gc_disable, "()", 0, "Disable automatic garbage collection."},
    {"isenabled", gc_isenabled, "()", 0, "Returns true if automatic garbage collection is enabled."},
    {"get_count", gc_get_count, "()", 0, "Return a three-tuple of the current collection counts."},
    {"get_threshold", gc_get_threshold, "()", 0, "Return the current collection thresholds."},
    {"set_threshold", gc_set_threshold, "(threshold0, threshold1=10, threshold2=10, /)", 0, "Set the collection thresholds."},
    {"get_debug", gc_get_debug, "()", 0, "Get the garbage collection debugging flags."},
    {"set_debug", gc_set_debug, "(flags, /)", 0, "Set the garbage collection debugging flags."},
    {"get_stats", gc_get_stats, "()", 0, "Return a list of dictionaries containing per-generation statistics."},
    {"get_objects", gc_get_objects, "(generation=None)", 0, "Return a list of objects tracked by the collector."},
    {"get_referrers", gc_get_referrers, "(*objs)", 0, "Return the list of objects that directly refer to any of objs."},
    {"get_referents", gc_get_referents, "(*objs)", 0, "Return the list of objects that are directly referred to by objs."},
    {"is_tracked", gc_is_tracked, "(obj, /)", 0, "Returns true if the object is tracked by the garbage collector."},
    {"is_finalized", gc_is_finalized, "(obj, /)", 0, "Returns true if the object has been already finalized by the GC."},
    {"pause_histogram", gc_pause_histogram, "(what='wall')", 0,
     "Stretches of collector's work on this context's threads: a list of (upper bound in microseconds, count). what: 'wall' or 'cpu' time, or "
     "'thread': wall time of the calling thread's alone."},
    {"pause_log", gc_pause_log, "()", 0,
     "The stretches since the last call, as ([(start_ns, wall_ns, cpu_ns, kind, thread), ...], number lost). The first call starts the log."},
    {"step", gc_step, "(budget)", 0, "Work on a collection for at most budget seconds; True while there is more to do."},
    {"counters", gc_counters, "()", 0, "What the collector has counted, as a dict."},
    {"freeze", gc_freeze, "()", 0, "Freeze all current tracked objects and ignore them for future collections."},
    {"unfreeze", gc_unfreeze, "()", 0, "Unfreeze all objects in the permanent generation."},
    {"get_freeze_count", gc_get_freeze_count, "()", 0, "Return the number of objects in the permanent generation."},
    {0},
};
static int gc_init(RpThread *th, Dict *dict) {
  static const struct { const char *name; int v; } flags[] = {
      {"DEBUG_STATS", 1}, {"DEBUG_COLLECTABLE", 2}, {"DEBUG_UNCOLLECTABLE", 4}, {"DEBUG_SAVEALL", 32}, {"DEBUG_LEAK", 38}};
  List *callbacks = list_new(th, 0), *garbage = list_new(th, 0);
  if (!callbacks || !garbage) return -1;
  th->ctx->gc_callbacks = value_object(callbacks);
  for (size_t i = 0; i < countof(flags); i++)
    if (dict_set_c(th, dict, flags[i].name, value_int(flags[i].v)) < 0) return -1;
  if (dict_set_c(th, dict, "callbacks", value_object(callbacks)) < 0) return -1;
  return dict_set_c(th, dict, "garbage", value_object(garbage));
}
const ModuleSpec mod_gc = {.doc = "This module provides access to the garbage collector for reference cycles.", .functions = gc_functions,
                           .init = gc_init};
