/* plugin.c: one compilation, from request to linked code. */
#include <time.h>
#include "compiler/native/nat.h"
#include "compiler/native/plugin.h"
#include "runtime/str.h"

static int64_t cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* what it costs, not how long others kept it waiting */
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *start(void) { return nat_engine_new(); }

/* Constants found so far are only in malloc'ed memory: keep the collector informed while the code is being built. */
static void trace_consts(Tracer *tr, void *data) {
  Nat *n = data;
  trace_values(tr, n->consts, n->n_consts);
}

static NatResult compile(void *engine, RpThread *th, const NatRequest *req, uint32_t flags) {
  NatResult r = {0};
  Arena arena;
  arena_init(&arena);
  Nat n = {.th = th, .req = req, .arena = &arena, .write_through = flags & NAT_QUICK};
  int64_t t0 = cpu_ns();
  n.lc = LLVMContextCreate();
  n.mod = LLVMModuleCreateWithNameInContext("replicant", n.lc);
  heap_root_add(th->ctx, trace_consts, &n);
  bool ok = nat_build(&n);
  int64_t t1 = cpu_ns();
  r.build_ns = t1 - t0;
  r.n_instrs = n.n_emitted;
  r.n_versions = n.n_versions;
  if (!ok) {
    r.why = n.refused;
    free(n.consts);
    LLVMDisposeModule(n.mod);
    LLVMContextDispose(n.lc);
  } else {
    r.consts = n.consts;
    r.direct = n.direct;
    r.n_consts = n.n_consts;
    char name[160];
    snprintf(name, sizeof name, "%.*s:%u", 120, req->code->qualname->c, req->pc);
    thread_enter_safe(th);
    r.entry = nat_engine_add(engine, n.mod, n.lc, name, n.consts, flags, &r.unit);
    thread_leave_safe(th);
    r.llvm_ns = cpu_ns() - t1;
    if (!r.entry) {
      r.why = "code generation failed";
      free(r.consts);
      r.consts = NULL;
    }
  }
  /* No poll between this and the caller's own root: nothing is collected meanwhile. */
  heap_root_remove(th->ctx, trace_consts, &n);
  arena_fini(&arena);
  return r;
}

static void remove_unit(void *engine, void *unit) { nat_engine_remove(engine, unit); }

__attribute__((visibility("default"))) const NatPlugin replicant_native_plugin = {start, compile, remove_unit};
