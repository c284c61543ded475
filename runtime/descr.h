/* descr.h: making descriptors and the functions that builtin types show; the types themselves are in descr.c and native.c. */
#ifndef RP_DESCR_H
#define RP_DESCR_H

#include "runtime/func.h"
#include "runtime/native.h"

/* Process start: permanent objects (perm.h). */
Native *native_perm(const NativeDef *def, uint32_t shape_id, Type *owner);
Native *native_perm_slot(const void *row, const char *dunder, Type *owner, bool is_new);
Descr *descr_perm_static(Native *f);
Descr *descr_perm_getset(const GetSetDef *g, Type *owner);

extern const GetSetDef getset_dict;     /* __dict__ of instances */
extern const GetSetDef getset_weakref;  /* __weakref__ */

Value descr_new(RpThread *th, Type *type, Value a, Value b, Value c);
/* getset / member descriptors of a Python class. */
Value descr_getset_new(RpThread *th, const GetSetDef *g, Type *owner);
Value descr_member_new(RpThread *th, Type *owner, Str *name, int slot);
/* super(type, obj); type and obj checked. */
/* What the classes behind cls in t's order of resolution have under the name, as it stands there; EMPTY: nothing. */
Value super_lookup(const Type *t, const Type *cls, Str *name);
Value super_new(RpThread *th, Type *type, Value obj);
Value mapping_proxy_new(RpThread *th, Value mapping);
/* Binds `attr` found on the type of obj: functions, methods, classmethods, ... Calls __get__ when it has one. */
Value descr_bind(RpThread *th, Value attr, Value obj, Type *type);

typedef struct MappingProxy { Object hdr; Value mapping; } MappingProxy;
#endif
