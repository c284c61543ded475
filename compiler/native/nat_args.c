/* nat_args.c: the arguments of calls of known Python functions. Keywords and absent arguments find their parameters while code is made, so that calls with and
** without them are the same code; what they rely on is guarded by nat_guard_bound(). */
#include "compiler/native/nat.h"
#include "runtime/func.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* Parameters are registers 0..n_params-1 in this order: positional, keyword-only. */
static int find_param(const Code *co, const Str *name) {
  for (uint32_t i = co->posonlyargcount; i < co->n_params; i++)
    if (str_eq(as_str(co->varnames->items[i]), name)) return (int)i;
  return -1;
}

/* A keyword-only parameter's default lies in a dict, which may change without the function's knowing. */
static Arg keyword_default(const Callee *c, uint32_t param) {
  Arg a = {.reg = ARG_CONST, .k = EMPTY};
  int i = c->fn && c->fn->kwdefaults ? dict_find_index(c->fn->kwdefaults, as_str(c->code->varnames->items[param]), &a.table) : -1;
  if (i < 0) return a;
  a.index = (uint32_t)i;
  a.k = load_acquire(&a.table->entries[i].value);
  return a;
}

static Arg default_of(const Callee *c, uint32_t param) {
  uint32_t argcount = c->code->argcount, n = c->fn && c->fn->defaults ? (uint32_t)c->fn->defaults->length : 0;
  if (param >= argcount) return keyword_default(c, param);
  bool has = param + n >= argcount && n <= argcount;
  return (Arg){.reg = ARG_CONST, .k = has ? c->fn->defaults->items[param - (argcount - n)] : EMPTY};
}

bool nat_bind(const Callee *c, const CallArgs *args, Arg *out) {
  const Code *co = c->code;
  unsigned n_names = args->names ? (unsigned)args->names->length : 0, n_self = args->self != EMPTY, n_pos = n_self + args->n - n_names;
  if (!nat_plain_params(co) || n_pos > co->argcount || co->n_params > NAT_MAX_ARGS) return false;
  for (uint32_t i = 0; i < co->n_params; i++)
    out[i] = i < n_self ? (Arg){.reg = ARG_CONST, .k = args->self} : i < n_pos ? (Arg){.reg = args->reg[i - n_self]} : default_of(c, i);
  for (unsigned k = 0; k < n_names; k++) {
    int i = find_param(co, as_str(args->names->items[k]));
    if (i < (int)n_pos || out[i].reg != ARG_CONST) return false; /* unknown, or given twice */
    out[i] = (Arg){.reg = args->reg[n_pos - n_self + k]};
  }
  for (uint32_t i = 0; i < co->n_params; i++)
    if (out[i].reg == ARG_CONST && out[i].k == EMPTY) return false;
  return true;
}

void nat_guard_bound(Nat *n, const Callee *c, const Arg *args) {
  if (!c->fn) return; /* found by its code */
  nat_check(n, &(Check){.kind = CHECK_FUNCTION, .what = c->fn, .version = c->version});
  for (uint32_t i = c->code->argcount; i < c->code->n_params; i++) {
    const Arg *a = &args[i];
    if (a->reg == ARG_CONST)
      nat_check(n, &(Check){.kind = CHECK_GLOBAL, .what = &a->table->entries[a->index], .dict = c->fn->kwdefaults,
                            .name = as_str(c->code->varnames->items[i]), .table = (Object *)a->table, .index = a->index, .value = a->k});
  }
}

Callee nat_callee(Function *fn) {
  uint32_t version = load_acquire(&fn->version); /* first: what changes afterwards makes the guard fail */
  return (Callee){.fn = fn, .version = version, .code = load_consume(&fn->code)};
}
LLVMValueRef nat_callee_value(Nat *n, const Callee *c) { return c->fn ? nat_const_object(n, c->fn) : nat_get_boxed(n, c->reg); }

RegState nat_arg_state(Nat *n, const Arg *a) { return a->reg == ARG_CONST ? (RegState){.rep = REP_CONST, .k = a->k} : *nat_reg(n, a->reg); }
LLVMValueRef nat_arg_boxed(Nat *n, const Arg *a) { return a->reg == ARG_CONST ? nat_const_value(n, a->k) : nat_get_boxed(n, a->reg); }
LLVMValueRef nat_arg_int(Nat *n, const Arg *a) {
  return a->reg == ARG_CONST ? LLVMConstInt(n->i64, (uint64_t)as_int(a->k), true) : nat_need_int(n, a->reg);
}
LLVMValueRef nat_arg_float(Nat *n, const Arg *a) { return a->reg == ARG_CONST ? LLVMConstReal(n->f64, as_double(a->k)) : nat_need_float(n, a->reg); }
