/* args.c: binding call arguments to a Python function's parameter registers, by the rules and with the messages of CPython 3.11. */
#include "runtime/dict.h"
#include "runtime/func.h"
#include "runtime/interp.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

static Str *param_name(const Code *co, uint32_t i) { return as_str(co->varnames->items[i]); }

static Value qualname(Function *fn) { return fn->qualname; }

/* "f() missing 2 required positional arguments: 'a' and 'b'" */
static int raise_missing(RpThread *th, Function *fn, Code *co, const Value *regs, uint32_t lo, uint32_t hi, const char *kind) {
  uint32_t missing[hi - lo + 1], n = 0;
  for (uint32_t i = lo; i < hi; i++)
    if (regs[i] == EMPTY) missing[n++] = i;
  StrBuilder sb;
  sb_init(&sb, th);
  for (uint32_t k = 0; k < n; k++) {
    if (k > 0) sb_ascii(&sb, n == 2 ? " and " : k == n - 1 ? ", and " : ", ");
    sb_ascii(&sb, "'");
    sb_str(&sb, param_name(co, missing[k]));
    sb_ascii(&sb, "'");
  }
  Str *list = sb_finish(&sb);
  if (!list) return -1;
  raise_type(th, "%S() missing %u required %s argument%s: %S", as_str(qualname(fn)), n, kind, n == 1 ? "" : "s", list);
  return -1;
}

static int raise_too_many(RpThread *th, Function *fn, Code *co, const Value *regs, int given) {
  Tuple *defaults = load_consume(&fn->defaults);
  uint32_t n_defaults = defaults ? (uint32_t)defaults->length : 0;
  uint32_t kw_given = 0;
  for (uint32_t i = co->argcount; i < co->argcount + co->kwonlyargcount; i++) kw_given += regs[i] != EMPTY;
  bool plural = n_defaults ? true : co->argcount != 1;
  char takes[64], kwpart[80] = "";
  if (n_defaults) snprintf(takes, sizeof takes, "from %d to %u", (int)co->argcount - (int)n_defaults, co->argcount);
  else snprintf(takes, sizeof takes, "%u", co->argcount);
  if (kw_given)
    snprintf(kwpart, sizeof kwpart, " positional argument%s (and %u keyword-only argument%s)", given != 1 ? "s" : "", kw_given,
             kw_given != 1 ? "s" : "");
  raise_type(th, "%S() takes %s positional argument%s but %d%s %s given", as_str(qualname(fn)), takes, plural ? "s" : "", given, kwpart,
             given == 1 && !kw_given ? "was" : "were");
  return -1;
}

/* Positional-only parameters passed by keyword, all of them in one message. 1: raised. */
static int check_posonly(RpThread *th, Function *fn, Code *co, Tuple *kwnames) {
  StrBuilder sb;
  sb_init(&sb, th);
  int n = 0;
  for (uint32_t i = 0; i < co->posonlyargcount; i++)
    for (uint64_t k = 0; k < kwnames->length; k++)
      if (str_eq(param_name(co, i), as_str(kwnames->items[k]))) {
        if (n++) sb_ascii(&sb, ", ");
        sb_str(&sb, param_name(co, i));
      }
  if (!n) {
    sb_drop(&sb);
    return 0;
  }
  Str *list = sb_finish(&sb);
  if (list) raise_type(th, "%S() got some positional-only arguments passed as keyword arguments: '%S'", as_str(qualname(fn)), list);
  return 1;
}

static int bind_keyword(RpThread *th, Function *fn, Code *co, Value *regs, Dict *extra, Tuple *kwnames, Value name, Value v) {
  uint32_t n_named = co->argcount + co->kwonlyargcount;
  if (!str_check(name)) {
    raise_type(th, "%S() keywords must be strings", as_str(qualname(fn)));
    return -1;
  }
  Str *key = as_str(name);
  uint32_t i = co->posonlyargcount;
  for (; i < n_named; i++) /* interned names almost always match by pointer */
    if (value_object(param_name(co, i)) == name) goto found;
  for (i = co->posonlyargcount; i < n_named; i++)
    if (str_eq(param_name(co, i), key)) goto found;
  if (extra) return dict_set(th, extra, name, v);
  if (co->posonlyargcount && check_posonly(th, fn, co, kwnames)) return -1;
  raise_type(th, "%S() got an unexpected keyword argument '%S'", as_str(qualname(fn)), key);
  return -1;
found:
  if (regs[i] != EMPTY) {
    raise_type(th, "%S() got multiple values for argument '%S'", as_str(qualname(fn)), key);
    return -1;
  }
  regs[i] = v;
  return 0;
}

static int fill_defaults(RpThread *th, Function *fn, Code *co, Value *regs, uint32_t n_given) {
  Tuple *defaults = load_consume(&fn->defaults); /* once: another thread may set __defaults__ */
  Dict *kwdefaults = load_consume(&fn->kwdefaults);
  int64_t argcount = co->argcount, first_default = argcount - (defaults ? (int64_t)defaults->length : 0);
  for (int64_t i = n_given; i < first_default; i++)
    if (regs[i] == EMPTY) return raise_missing(th, fn, co, regs, n_given, (uint32_t)first_default, "positional");
  for (int64_t i = (int64_t)n_given > first_default ? (int64_t)n_given : first_default; i < argcount; i++)
    if (regs[i] == EMPTY) regs[i] = defaults->items[i - first_default];
  bool missing = false;
  for (uint32_t i = co->argcount; i < co->argcount + co->kwonlyargcount; i++) {
    if (regs[i] != EMPTY) continue;
    if (kwdefaults) regs[i] = dict_get_str(kwdefaults, param_name(co, i));
    missing |= regs[i] == EMPTY;
  }
  if (missing) return raise_missing(th, fn, co, regs, co->argcount, co->argcount + co->kwonlyargcount, "keyword-only");
  return 0;
}

int args_bind(RpThread *th, Function *fn, Code *co, Value *regs, const Value *args, int n_pos, Tuple *kwnames) {
  uint32_t n_named = co->argcount + co->kwonlyargcount, n = (uint32_t)n_pos;
  uint32_t varargs_reg = n_named, kw_reg = n_named + ((co->flags & CO_VARARGS) != 0);
  uint32_t n_copy = n < co->argcount ? n : co->argcount;
  for (uint32_t i = 0; i < n_copy; i++) regs[i] = args[i];
  Dict *extra = NULL;
  if (co->flags & CO_VARKEYWORDS) {
    if (!(extra = dict_new(th))) return -1;
    regs[kw_reg] = value_object(extra);
  }
  if (co->flags & CO_VARARGS) {
    Tuple *rest = n > n_copy ? tuple_new(th, args + n_copy, n - n_copy) : tuple_empty_;
    if (!rest) return -1;
    regs[varargs_reg] = value_object(rest);
  }
  if (kwnames)
    for (uint64_t k = 0; k < kwnames->length; k++)
      if (bind_keyword(th, fn, co, regs, extra, kwnames, kwnames->items[k], args[n + k]) < 0) return -1;
  if (n > co->argcount && !(co->flags & CO_VARARGS)) return raise_too_many(th, fn, co, regs, n_pos);
  return fill_defaults(th, fn, co, regs, n_copy);
}
