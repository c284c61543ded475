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
  trace_values(tr, n->tables.consts, n->tables.n_consts);
}

typedef struct Built {
  LLVMContextRef lc;
  LLVMModuleRef mod;
  uint32_t flags;
  char name[160];
} Built;

static void unmake(Nat *n) {
  native_tables_free(&n->tables);
  LLVMDisposeModule(n->mod);
  LLVMContextDispose(n->lc);
}

/* One build. n: zero, or an earlier one, of which only what it found about results stays. */
static bool build_once(Nat *n, RpThread *th, const NatRequest *req, uint32_t flags, Arena *arena) {
  uint8_t result = n->found_result;
  *n = (Nat){.th = th, .req = req, .arena = arena, .write_through = flags & NAT_QUICK, .result = result};
  n->lc = LLVMContextCreate();
  n->mod = LLVMModuleCreateWithNameInContext("replicant", n->lc);
  return nat_build(n);
}

static void *build(RpThread *th, const NatRequest *req, uint32_t flags, NatResult *r) {
  Built *b = calloc(1, sizeof *b);
  if (!b) {
    r->why = "no memory";
    return NULL;
  }
  Arena arena;
  arena_init(&arena);
  Nat n = {0};
  int64_t t0 = cpu_ns();
  b->flags = flags;
  snprintf(b->name, sizeof b->name, "%.*s:%u", 120, req->code->qualname->c, req->pc);
  heap_root_add(th->ctx, trace_consts, &n);
  bool ok = build_once(&n, th, req, flags, &arena);
  if (ok && n.direct && !n.write_through && n.found_result != REP_BOXED) { /* all returns give one kind of number: so does the function */
    unmake(&n);
    ok = build_once(&n, th, req, flags, &arena);
  }
  b->lc = n.lc;
  b->mod = n.mod;
  r->build_ns = cpu_ns() - t0;
  r->n_instrs = n.n_emitted;
  r->n_versions = n.n_versions;
  r->direct = n.direct;
  r->signature = n.signature;
  if (ok) {
    r->tables = n.tables;
  } else {
    r->why = n.refused;
    unmake(&n);
    free(b);
  }
  /* No poll between this and the caller's own root: nothing is collected meanwhile. */
  heap_root_remove(th->ctx, trace_consts, &n);
  arena_fini(&arena);
  return ok ? b : NULL;
}

static void finish(void *engine, void *built, NatResult *r) {
  Built *b = built;
  int64_t t0 = cpu_ns();
  r->entry = nat_engine_add(engine, b->mod, b->lc, b->name, b->flags, &r->unit, &r->typed);
  r->llvm_ns = cpu_ns() - t0;
  if (!r->entry) r->why = "code generation failed";
  free(b);
}

static void drop(void *built) {
  Built *b = built;
  LLVMDisposeModule(b->mod);
  LLVMContextDispose(b->lc);
  free(b);
}

static void remove_unit(void *engine, void *unit) { nat_engine_remove(engine, unit); }

#ifdef NAT_STATIC_LLVM
/* LLVM's static objects live in this shared object and are never destroyed: so the process can exit while a compile thread, perhaps one that gets hardly
** any processor time, is at work. */
#define SURVIVES_EXIT true
__attribute__((visibility("hidden"))) int __cxa_atexit(void (*f)(void *), void *arg, void *dso);
int __cxa_atexit(void (*f)(void *), void *arg, void *dso) { return 0; }
#else
#define SURVIVES_EXIT false
#endif

__attribute__((visibility("default"))) const NatPlugin replicant_native_plugin = {start, build, finish, drop, remove_unit, SURVIVES_EXIT};
