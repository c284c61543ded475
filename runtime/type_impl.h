/* type_impl.h: between type_new.c and type_type.c. */
#ifndef RP_TYPE_IMPL_H
#define RP_TYPE_IMPL_H
#include "runtime/error.h"
#include "runtime/type.h"
/* The most derived metaclass of meta and the bases'; NULL + TypeError. */
Type *type_winner(RpThread *th, Type *meta, Tuple *bases);
Tuple *type_c3(RpThread *th, Type *type);
Tuple *type_compute_mro(RpThread *th, Type *type);
/* Around each change of bases, one at a time in a context. Recursive; false + pending: interrupted. */
bool type_bases_lock(RpThread *th);
void type_bases_unlock(RpThread *th);
/* New MROs for the class and everything below it. What it changes goes to `undo` (NULL: nobody asks): the class, the MRO it had, the new one. */
bool type_remake_mro(RpThread *th, Type *t, List *undo);
Tuple *type_resolve_bases(RpThread *th, Tuple *bases);
Value type_build_class(RpThread *th, const Value *args, int n_pos, Tuple *kwnames);
Value type_dir(RpThread *th, Type *t);
Str *mangle(RpThread *th, Str *cls, Str *name);
/* X | Y on types: types.UnionType. */
Value union_or(RpThread *th, Value a, Value b);
#endif
