/* nat_llvm.c: IR to machine code in memory: passes, code generation to an object, linking with ORC. One engine per compile thread.
**
** The pass list is light (measured: as fast as O2 on such code, half the time) plus the loop vectoriser; never the SLP vectoriser, which seeds on the
** spill stores of side exits and slows hot loops down by half. */
#include <stdio.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/LLJITUtils.h>
#include <llvm-c/Orc.h>
#include <llvm-c/OrcEE.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include "compiler/native/nat.h"

struct NatEngine {
  LLVMOrcLLJITRef jit;
  LLVMTargetMachineRef tm, quick; /* quick: unoptimised code ten times faster, for large code that is compiled cold */
  uint64_t n_units;
};

/* What licm has moved out of a loop can make a test of its head one that never changes, which then moves out as well and lets more follow. */
static const char PASSES[] =
    "always-inline,function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm,simple-loop-unswitch,licm),gvn,correlated-propagation,simplifycfg,instcombine<no-verify-fixpoint>,dse,adce,simplifycfg)";

static const char QUICK_PASSES[] = "function(sroa,early-cse,simplifycfg)";

static bool failed(LLVMErrorRef e, const char *what) {
  if (!e) return false;
  char *msg = LLVMGetErrorMessage(e);
  fprintf(stderr, "replicant: native tier: %s: %s\n", what, msg);
  LLVMDisposeErrorMessage(msg);
  return true;
}

NatEngine *nat_engine_new(void) {
  LLVMInitializeNativeTarget();
  LLVMInitializeNativeAsmPrinter();
  NatEngine *e = calloc(1, sizeof *e);
  char *triple = LLVMGetDefaultTargetTriple(), *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures(), *err = NULL;
  LLVMTargetRef target;
  if (!e || LLVMGetTargetFromTriple(triple, &target, &err)) {
    fprintf(stderr, "replicant: native tier: %s\n", err ? err : "out of memory");
    free(e);
    return NULL;
  }
  e->tm = LLVMCreateTargetMachine(target, triple, cpu, features, LLVMCodeGenLevelLess, LLVMRelocPIC, LLVMCodeModelDefault);
  e->quick = LLVMCreateTargetMachine(target, triple, cpu, features, LLVMCodeGenLevelNone, LLVMRelocPIC, LLVMCodeModelDefault);
  LLVMDisposeMessage(triple);
  LLVMDisposeMessage(cpu);
  LLVMDisposeMessage(features);
  if (failed(LLVMOrcCreateLLJIT(&e->jit, NULL), "cannot start the linker")) {
    free(e);
    return NULL;
  }
  LLVMOrcDefinitionGeneratorRef process;
  if (failed(LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, LLVMOrcLLJITGetGlobalPrefix(e->jit), NULL, NULL), "symbols")) {
    free(e);
    return NULL;
  }
  LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(e->jit), process);
  return e;
}

static void dump_asm(NatEngine *e, LLVMModuleRef mod) {
  LLVMMemoryBufferRef buf;
  char *err = NULL;
  if (LLVMTargetMachineEmitToMemoryBuffer(e->tm, mod, LLVMAssemblyFile, &err, &buf)) {
    LLVMDisposeMessage(err);
    return;
  }
  fwrite(LLVMGetBufferStart(buf), 1, LLVMGetBufferSize(buf), stderr);
  LLVMDisposeMemoryBuffer(buf);
}

/* Names that are unique in the library of all units. */
static void name_unit(NatEngine *e, LLVMModuleRef mod, char entry[32], char typed[32]) {
  LLVMValueRef t = LLVMGetNamedFunction(mod, "typed");
  snprintf(typed, 32, "typed%lu", (unsigned long)e->n_units);
  if (t) LLVMSetValueName2(t, typed, strlen(typed));
  else typed[0] = 0;
  snprintf(entry, 32, "unit%lu", (unsigned long)e->n_units++);
  LLVMSetValueName2(LLVMGetNamedFunction(mod, "entry"), entry, strlen(entry));
}

void *nat_engine_add(NatEngine *e, LLVMModuleRef mod, LLVMContextRef lc, const char *symbol, uint32_t flags, void **unit, void **typed) {
  void *address = NULL;
  char entry[32], typed_name[32], *err = NULL;
  LLVMMemoryBufferRef object = NULL;
  LLVMTargetMachineRef tm = flags & NAT_QUICK ? e->quick : e->tm;
  LLVMSetTarget(mod, LLVMGetTargetMachineTriple(e->tm));
  LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(e->tm);
  LLVMSetModuleDataLayout(mod, layout);
  LLVMDisposeTargetData(layout);
#ifdef RP_DEBUG
  if (LLVMVerifyModule(mod, LLVMPrintMessageAction, &err)) {
    LLVMDumpModule(mod);
    RP_FATAL("native tier made a bad module for %s", symbol);
  }
  LLVMDisposeMessage(err);
  err = NULL;
#endif
  name_unit(e, mod, entry, typed_name);
  LLVMPassBuilderOptionsRef opts = LLVMCreatePassBuilderOptions();
  bool bad = failed(LLVMRunPasses(mod, flags & NAT_QUICK ? QUICK_PASSES : PASSES, tm, opts), "passes");
  LLVMDisposePassBuilderOptions(opts);
  if (bad) goto out;
  if (flags & NAT_DUMP_LLVM) {
    char *text = LLVMPrintModuleToString(mod);
    fprintf(stderr, "; %s\n%s", symbol, text);
    LLVMDisposeMessage(text);
  }
  if (flags & NAT_DUMP_ASM) dump_asm(e, mod);
  if (LLVMTargetMachineEmitToMemoryBuffer(tm, mod, LLVMObjectFile, &err, &object)) {
    fprintf(stderr, "replicant: native tier: %s\n", err);
    LLVMDisposeMessage(err);
    goto out;
  }
  LLVMOrcJITDylibRef lib = LLVMOrcLLJITGetMainJITDylib(e->jit);
  LLVMOrcResourceTrackerRef tracker = LLVMOrcJITDylibCreateResourceTracker(lib);
  if (failed(LLVMOrcLLJITAddObjectFileWithRT(e->jit, tracker, object), "link")) goto out;
  LLVMOrcExecutorAddress addr = 0;
  *typed = NULL;
  if (typed_name[0]) {
    if (failed(LLVMOrcLLJITLookup(e->jit, &addr, typed_name), "link")) goto out;
    *typed = (void *)(uintptr_t)addr;
  }
  if (failed(LLVMOrcLLJITLookup(e->jit, &addr, entry), "link")) goto out;
  address = (void *)(uintptr_t)addr;
  *unit = tracker;
out:
  LLVMDisposeModule(mod);
  LLVMContextDispose(lc);
  return address;
}

void nat_engine_remove(NatEngine *e, void *unit) {
  LLVMOrcResourceTrackerRef t = unit;
  failed(LLVMOrcResourceTrackerRemove(t), "removal");
  LLVMOrcReleaseResourceTracker(t);
}
