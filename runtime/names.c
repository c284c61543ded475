/* names.c: the interned strings that C code spells as S(append) and SLOT_NAME(__add__). */
#include "runtime/names.h"
#include "runtime/str.h"

Str *rp_names[N_NAMES];

static const char *const texts[N_NAMES] = {
#define NAME(x) #x,
#include "runtime/names.def"
#undef NAME
#define SLOT(field, sig, dunder) #dunder,
#include "runtime/slots.def"
#undef SLOT
};

void names_init(void) {
  for (int i = 0; i < N_NAMES; i++) rp_names[i] = str_perm(texts[i]);
}
