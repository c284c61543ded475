/* rt_exc.h: the exception, with-statement and delegation operations behind rt_ops.c. */
#ifndef RP_RT_EXC_H
#define RP_RT_EXC_H
#include "runtime/code.h"
#include "runtime/list.h"
/* raise exc [from cause]: leaves it pending. cause EMPTY: no from part. */
void rt_raise(RpThread *th, Value exc, Value cause);
int rt_exc_match(RpThread *th, Value exc, Value cls);
int rt_exc_group_match(RpThread *th, Value exc, Value cls, Value *match, Value *rest);
Value rt_exc_group_merge(RpThread *th, Value orig, List *excs);
int rt_with_enter(RpThread *th, Value mgr, bool async, Value *result, Value *exit);
Value rt_with_exit(RpThread *th, Value exit, Value exc);
Value rt_yield_from_iter(RpThread *th, Code *code, Value v);
/* RtStatus: RT_OK with *out the value to yield, RT_JUMP with *out the final value. */
int rt_send(RpThread *th, Value it, Value v, Value *out);
int rt_yield_from_throw(RpThread *th, Value it, Value exc, Value *out);
Value rt_get_awaitable(RpThread *th, Value v, int how);
Value rt_get_aiter(RpThread *th, Value v);
Value rt_get_anext(RpThread *th, Value v);
Value rt_async_gen_wrap(RpThread *th, Value v);
#endif
