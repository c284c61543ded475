/* names.h: S(append) is the interned Str* of "append", the same in all contexts. Filled by names_init() (types_init calls it first). */
#ifndef RP_NAMES_H
#define RP_NAMES_H
#include "runtime/object.h"
typedef enum NameId {
#define NAME(x) NAME_##x,
#include "runtime/names.def"
#undef NAME
#define SLOT(field, sig, dunder) NAME_slot_##dunder,
#include "runtime/slots.def"
#undef SLOT
  N_NAMES
} NameId;
extern Str *rp_names[N_NAMES];
#define S(x) (rp_names[NAME_##x])
#define SLOT_NAME(x) (rp_names[NAME_slot_##x]) /* the dunders of slots.def: SLOT_NAME(__add__) */
void names_init(void);
#endif
