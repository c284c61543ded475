/* rt_match.h: the pattern matching operations behind rt_ops.c. NONE: no match. */
#ifndef RP_RT_MATCH_H
#define RP_RT_MATCH_H
#include "runtime/tuple.h"
Value rt_match_keys(RpThread *th, Value subject, Tuple *keys);
Value rt_match_class(RpThread *th, Value subject, Value cls, int n_positional, Tuple *names);
Value rt_copy_dict_without(RpThread *th, Value subject, Tuple *keys);
#endif
