/* spec_missing.c: an empty spec for every type in types.def whose file does not exist yet. Weak: the real one replaces it. Last in the list of
** sources, so that the linker looks into the types' own files first. */
#include "runtime/type.h"

#define TYPE(name, pyname, base, kind, flags) __attribute__((weak)) const TypeSpec spec_##name = {0};
#include "runtime/types.def"
#undef TYPE
