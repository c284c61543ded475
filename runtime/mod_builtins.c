/* mod_builtins.c: the module builtins: every builtin function, and the names of the builtin types. */
#include "runtime/frame.h"
#include "runtime/attr.h"
#include "runtime/bytes.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/exc.h"
#include "runtime/interp.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/io.h"
#include "runtime/str.h"
#include "runtime/tuple.h"
#include "runtime/type_impl.h"

/* -- Numbers ---------------------------------------------------------------------------------------------------------------- */

static Value b_abs(RpThread *th, const Value *a) { return op_abs(th, a[0]); }
static Value b_divmod(RpThread *th, const Value *a) { return op_divmod(th, a[0], a[1]); }
static Value b_pow(RpThread *th, const Value *a) { return op_pow(th, a[0], a[1], a[2] == EMPTY ? NONE : a[2]); }

static Value b_round(RpThread *th, const Value *a) {
  Value f = op_lookup_special(th, a[0], S(__round__));
  if (f == EMPTY) return th->pending != EMPTY ? EMPTY : raise_type(th, "type %T doesn't define __round__ method", a[0]);
  return a[1] == EMPTY || a[1] == NONE ? op_call0(th, f) : op_call1(th, f, a[1]);
}

static Value based(RpThread *th, Value v, int base, const char *prefix) {
  v = op_index(th, v);
  Str *digits = v == EMPTY ? NULL : int_to_str(th, v, base);
  if (!digits) return EMPTY;
  bool neg = digits->length && str_at(digits, 0) == '-';
  Str *tail = neg ? str_slice(th, digits, 1, digits->length) : digits;
  return value_object(tail ? str_fmt(th, "%s%s%S", neg ? "-" : "", prefix, tail) : NULL);
}
static Value b_bin(RpThread *th, const Value *a) { return based(th, a[0], 2, "0b"); }
static Value b_oct(RpThread *th, const Value *a) { return based(th, a[0], 8, "0o"); }
static Value b_hex(RpThread *th, const Value *a) { return based(th, a[0], 16, "0x"); }

static Value b_chr(RpThread *th, const Value *a) {
  Value v = op_index(th, a[0]);
  int64_t c;
  if (v == EMPTY) return EMPTY;
  if (!int_as_i64(v, &c)) return raise_overflow(th, "Python int too large to convert to C int");
  if (c < INT32_MIN || c > INT32_MAX) return raise_overflow(th, c < 0 ? "signed integer is less than minimum" : "signed integer is greater than maximum");
  if (c < 0 || c > 0x10FFFF) return raise_value(th, "chr() arg not in range(0x110000)");
  return value_object(str_from_char(th, (uint32_t)c));
}

static Value b_ord(RpThread *th, const Value *a) {
  size_t n;
  if (str_check(a[0])) {
    n = as_str(a[0])->length;
    if (n == 1) return value_int(str_at(as_str(a[0]), 0));
  } else if (bytes_check(a[0])) {
    n = as_bytes(a[0])->length;
    if (n == 1) return value_int(as_bytes(a[0])->data[0]);
  } else if (has_kind(a[0], K_BYTEARRAY)) {
    ByteArray *b = (ByteArray *)as_object(a[0]);
    n = b->length;
    if (n == 1) return value_int(b->store->data[0]);
  } else return raise_type(th, "ord() expected string of length 1, but %T found", a[0]);
  return raise_type(th, "ord() expected a character, but string of length %zu found", n);
}

/* -- Iteration ------------------------------------------------------------------------------------------------------------------- */

static Value b_iter(RpThread *th, const Value *a) {
  if (a[1] == EMPTY) return op_iter(th, a[0]);
  if (!op_callable(a[0])) return raise_type(th, "iter(v, w): v must be callable");
  Iter *it = iter_new(th, SHAPE_callable_iterator, a[0]);
  if (!it) return EMPTY;
  obj_store(th, it, &it->extra, a[1]);
  return value_object(it);
}

static Value b_next(RpThread *th, const Value *a) {
  Type *t = type_of(a[0]);
  if (!t->slots.next) return raise_type(th, "'%T' object is not an iterator", a[0]);
  if (a[1] == EMPTY && (t->flags & TYPE_HEAP)) { /* keep the StopIteration that a Python __next__ raises, with its value */
    Value f = op_lookup_special(th, a[0], SLOT_NAME(__next__));
    if (f == EMPTY) return EMPTY;
    return op_call0(th, f);
  }
  Value v = has_kind(a[0], K_GENERATOR) ? gen_next(th, a[0]) : t->slots.next(th, a[0]);
  if (v != EMPTY) return v;
  if (th->pending != EMPTY) {
    if (a[1] == EMPTY || !error_is(th, &type_StopIteration)) return EMPTY;
    error_clear(th);
  }
  return a[1] != EMPTY ? a[1] : raise_stop_iteration(th, NONE);
}

static Value any_all(RpThread *th, Value iterable, int stop) {
  Value it = op_iter(th, iterable), v;
  if (it == EMPTY) return EMPTY;
  while ((v = op_next(th, it)) != EMPTY) {
    int t = op_truth(th, v);
    if (t < 0) return EMPTY;
    if (t == stop) return value_bool(stop);
  }
  return th->pending != EMPTY ? EMPTY : value_bool(!stop);
}
static Value b_all(RpThread *th, const Value *a) { return any_all(th, a[0], 0); }
static Value b_any(RpThread *th, const Value *a) { return any_all(th, a[0], 1); }

static Value b_sum(RpThread *th, const Value *a) {
  Value total = a[1] == EMPTY ? value_int(0) : a[1], v;
  if (str_check(total)) return raise_type(th, "sum() can't sum strings [use ''.join(seq) instead]");
  if (bytes_check(total)) return raise_type(th, "sum() can't sum bytes [use b''.join(seq) instead]");
  if (has_kind(total, K_BYTEARRAY)) return raise_type(th, "sum() can't sum bytearray [use b''.join(seq) instead]");
  Value it = op_iter(th, a[0]);
  if (it == EMPTY) return EMPTY;
  while ((v = op_next(th, it)) != EMPTY) {
    total = op_binary(th, OP_ADD, total, v);
    if (total == EMPTY) return EMPTY;
  }
  return th->pending != EMPTY ? EMPTY : total;
}

/* min and max: op is the comparison that makes a candidate win. */
static Value extreme(RpThread *th, const Value *a, CompareOp op, const char *name) {
  Tuple *args = as_tuple(a[0]);
  Value key = a[1] == EMPTY ? NONE : a[1], dflt = a[2];
  if (args->length == 0) return raise_type(th, "%s expected at least 1 argument, got 0", name);
  if (args->length > 1 && dflt != EMPTY) return raise_type(th, "Cannot specify a default for %s() with multiple positional arguments", name);
  Value it = op_iter(th, args->length > 1 ? a[0] : args->items[0]);
  if (it == EMPTY) return EMPTY;
  Value best = EMPTY, best_key = EMPTY, v;
  while ((v = op_next(th, it)) != EMPTY) {
    Value k = key == NONE ? v : op_call1(th, key, v);
    if (k == EMPTY) return EMPTY;
    if (best != EMPTY) {
      int win = op_compare_bool(th, k, best_key, op);
      if (win < 0) return EMPTY;
      if (!win) continue;
    }
    best = v;
    best_key = k;
  }
  if (th->pending != EMPTY) return EMPTY;
  if (best != EMPTY) return best;
  return dflt != EMPTY ? dflt : raise_value(th, "%s() arg is an empty sequence", name);
}
static Value b_min(RpThread *th, const Value *a) { return extreme(th, a, CMP_LT, "min"); }
static Value b_max(RpThread *th, const Value *a) { return extreme(th, a, CMP_GT, "max"); }

static Value b_sorted(RpThread *th, const Value *a) {
  List *l = list_new(th, 0);
  if (!l || list_extend(th, l, a[0]) < 0) return EMPTY;
  int reverse = a[2] == EMPTY ? 0 : op_truth(th, a[2]);
  if (reverse < 0) return EMPTY;
  return list_sort(th, l, a[1] == NONE ? EMPTY : a[1], reverse) < 0 ? EMPTY : value_object(l);
}

static Value b_len(RpThread *th, const Value *a) {
  int64_t n = op_len(th, a[0]);
  return n < 0 ? EMPTY : int_from_i64(th, n);
}

static Value b_aiter(RpThread *th, const Value *a) {
  UnaryFn f = type_of(a[0])->slots.aiter;
  if (!f) return raise_type(th, "'%T' object is not an async iterable", a[0]);
  Value it = f(th, a[0]);
  if (it != EMPTY && !type_of(it)->slots.anext) return raise_type(th, "aiter() returned not an async iterator of type '%T'", it);
  return it;
}
static Value b_anext(RpThread *th, const Value *a) {
  UnaryFn f = type_of(a[0])->slots.anext;
  if (!f) return raise_type(th, "'%T' object is not an async iterator", a[0]);
  if (a[1] != EMPTY) return raise_todo(th, "anext() with a default");
  return f(th, a[0]);
}

/* -- Objects ---------------------------------------------------------------------------------------------------------------------- */

/* Immediates have no address: their word serves, moved away from small addresses. */
static Value b_id(RpThread *th, const Value *a) { return int_from_u64(th, a[0]); }
static Value b_hash(RpThread *th, const Value *a) {
  int64_t h = op_hash(th, a[0]);
  return h == -1 ? EMPTY : int_from_i64(th, h);
}
static Value b_repr(RpThread *th, const Value *a) { return value_object(op_repr(th, a[0])); }
static Value b_ascii(RpThread *th, const Value *a) { return value_object(op_ascii(th, a[0])); }
static Value b_callable(RpThread *th, const Value *a) { return value_bool(op_callable(a[0])); }
static Value b_format(RpThread *th, const Value *a) {
  if (a[1] != EMPTY && !str_check(a[1])) return raise_type(th, "format() argument 2 must be str, not %T", a[1]);
  return value_object(op_format(th, a[0], a[1] == EMPTY ? NULL : as_str(a[1])));
}

static Str *attr_arg(RpThread *th, Value v, const char *fn) {
  if (str_check(v)) return str_intern(th, as_str(v));
  if (fn) raise_type(th, "%s(): attribute name must be string", fn);
  else raise_type(th, "attribute name must be string, not '%T'", v);
  return NULL;
}
static Value b_getattr(RpThread *th, const Value *a) {
  Str *name = attr_arg(th, a[1], NULL);
  if (!name) return EMPTY;
  if (a[2] == EMPTY) return op_getattr(th, a[0], name);
  Value v = op_getattr_opt(th, a[0], name);
  return v != EMPTY || th->pending != EMPTY ? v : a[2];
}
static Value b_hasattr(RpThread *th, const Value *a) {
  Str *name = attr_arg(th, a[1], NULL);
  if (!name) return EMPTY;
  Value v = op_getattr_opt(th, a[0], name);
  return v == EMPTY && th->pending != EMPTY ? EMPTY : value_bool(v != EMPTY);
}
static Value b_setattr(RpThread *th, const Value *a) {
  Str *name = attr_arg(th, a[1], NULL);
  return !name || op_setattr(th, a[0], name, a[2]) < 0 ? EMPTY : NONE;
}
static Value b_delattr(RpThread *th, const Value *a) {
  Str *name = attr_arg(th, a[1], NULL);
  return !name || op_setattr(th, a[0], name, EMPTY) < 0 ? EMPTY : NONE;
}
static Value b_isinstance(RpThread *th, const Value *a) {
  int r = op_isinstance(th, a[0], a[1]);
  return r < 0 ? EMPTY : value_bool(r);
}
static Value b_issubclass(RpThread *th, const Value *a) {
  int r = op_issubclass(th, a[0], a[1]);
  return r < 0 ? EMPTY : value_bool(r);
}

/* -- Namespaces --------------------------------------------------------------------------------------------------------------------- */

static Value b_globals(RpThread *th, const Value *a) { return th->frame ? value_object(activation_globals(activation_of(th->frame))) : NONE; }
static Value b_locals(RpThread *th, const Value *a) {
  if (!th->frame) return raise_error(th, &type_SystemError, "frame does not exist");
  return frame_locals(th, th->frame);
}
static Value b_vars(RpThread *th, const Value *a) {
  if (a[0] == EMPTY) return b_locals(th, a);
  Value d = op_getattr_opt(th, a[0], S(__dict__));
  return d != EMPTY || th->pending != EMPTY ? d : raise_type(th, "vars() argument must have __dict__ attribute");
}
static Value b_dir(RpThread *th, const Value *a) {
  Value names;
  if (a[0] == EMPTY) {
    Value locals = b_locals(th, a);
    names = locals == EMPTY ? EMPTY : op_call_method(th, locals, S(keys), NULL, 0);
  } else {
    Value f = op_lookup_special(th, a[0], S(__dir__));
    if (f == EMPTY) return th->pending != EMPTY ? EMPTY : raise_type(th, "object does not provide __dir__");
    names = op_call0(th, f);
  }
  List *l = names == EMPTY ? NULL : list_new(th, 0);
  if (!l || list_extend(th, l, names) < 0) return EMPTY;
  return list_sort(th, l, EMPTY, false) < 0 ? EMPTY : value_object(l);
}

/* -- Code ----------------------------------------------------------------------------------------------------------------------------- */

#define CF_ONLY_AST 0x400
#define CF_KNOWN_FLAGS (0x400 | 0x1000000 | 0x100000 | 0x80000 | 0x40000 | 0x20000 | 0x200000 | 0x400000 | 0x800000 | 0x2000 | 0x1000 | 0x200 | 0x10 | 0x4000 | 0x8000)

/* Source as bytes that stay valid while *keep lives. */
static bool source_bytes(RpThread *th, Value v, const char *what, const char *expected, const char **src, size_t *n, Value *keep) {
  *keep = v;
  if (str_check(v)) {
    *src = str_utf8(th, as_str(v), n);
    if (!*src) return false;
  } else if (bytes_check(v) || has_kind(v, K_BYTEARRAY) || has_kind(v, K_MEMORYVIEW)) {
    Buffer b;
    if (buffer_acquire(th, v, &b, false) < 0) return false;
    Bytes *copy = bytes_new(th, b.data, (size_t)b.size);
    buffer_release(th, &b);
    if (!copy) return false;
    *keep = value_object(copy);
    *src = (const char *)copy->data;
    *n = copy->length;
  } else return raise_type(th, "%s() arg 1 must be a %s object", what, expected), false;
  if (memchr(*src, 0, *n)) return raise_value(th, "source code string cannot contain null bytes"), false;
  return true;
}

static Value b_compile(RpThread *th, const Value *a) {
  int64_t flags = 0;
  const char *src;
  size_t n;
  Value keep;
  if (a[3] != EMPTY && !op_as_i64(th, a[3], &flags)) return EMPTY;
  if (flags & ~(int64_t)CF_KNOWN_FLAGS) return raise_value(th, "compile(): unrecognised flags");
  Value file = a[1];
  if (bytes_check(file)) file = value_object(str_from_utf8(th, (const char *)as_bytes(file)->data, as_bytes(file)->length));
  if (file == EMPTY) return EMPTY;
  if (!str_check(file)) {
    file = op_call_method(th, file, S(__fspath__), NULL, 0);
    if (file == EMPTY || !str_check(file)) return th->pending != EMPTY && !error_is(th, &type_AttributeError) ? EMPTY : (error_clear(th), raise_type(th, "expected str, bytes or os.PathLike object, not %T", a[1]));
  }
  if (!str_check(a[2])) return raise_type(th, "compile() argument 'mode' must be str, not %T", a[2]);
  Str *mode = as_str(a[2]);
  CompileMode m;
  if (str_eq_c(mode, "exec")) m = COMPILE_EXEC;
  else if (str_eq_c(mode, "eval")) m = COMPILE_EVAL;
  else if (str_eq_c(mode, "single")) m = COMPILE_SINGLE;
  else return raise_value(th, flags & CF_ONLY_AST ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'" : "compile() mode must be 'exec', 'eval' or 'single'");
  if (!source_bytes(th, a[0], "compile", "string, bytes or AST", &src, &n, &keep)) return EMPTY;
  if (flags & CF_ONLY_AST) {
    if (!rt_hooks.parse_ast) return raise_todo(th, "compile() to an AST");
    return rt_hooks.parse_ast(th, src, n, as_str(file), m);
  }
  /* the caller's `from __future__` statements hold for what it compiles */
  int dont = a[4] == EMPTY ? 0 : op_truth(th, a[4]);
  if (dont < 0) return EMPTY;
  if (!dont && th->frame) flags |= th->frame->code->flags & CO_FUTURE_ANNOTATIONS;
  return rt_hooks.compile(th, src, n, as_str(file), m, (int)flags);
}

/* globals and locals of eval and exec; *locals EMPTY: the globals. */
static bool eval_namespaces(RpThread *th, const char *fn, Value g, Value l, Dict **globals, Value *locals) {
  if (g == NONE) g = EMPTY;
  if (l == NONE) l = EMPTY;
  if (g != EMPTY && !dict_check(g)) {
    if (str_eq_c(str_from_c(th, fn), "eval"))
      return raise_type(th, type_of(g)->slots.getitem ? "globals must be a real dict; try eval(code, {}, mapping)" : "globals must be a dict"), false;
    return raise_type(th, "exec() globals must be a dict, not %T", g), false;
  }
  if (l != EMPTY && !type_of(l)->slots.getitem) return raise_type(th, "%s must be a mapping%s", fn[0] == 'e' && fn[1] == 'v' ? "locals" : "locals", ""), false;
  *locals = l;
  if (g == EMPTY) {
    if (!th->frame) return raise_error(th, &type_SystemError, "globals and locals cannot be NULL"), false;
    *globals = activation_globals(activation_of(th->frame));
    if (l == EMPTY && (*locals = frame_locals(th, th->frame)) == EMPTY) return false;
  } else *globals = as_dict(g);
  if (dict_get_str(*globals, S(__builtins__)) == EMPTY)
    return dict_set_str(th, *globals, S(__builtins__), value_object(th->ctx->builtins_module)) == 0;
  return true;
}

static Value run_code(RpThread *th, const char *fn, Value source, Dict *globals, Value locals, CompileMode mode) {
  if (code_check(source)) {
    Code *c = (Code *)as_object(source);
    if (c->freevars && c->freevars->length) return raise_type(th, "code object passed to %s() may not contain free variables", fn);
    return code_exec(th, c, globals, locals);
  }
  const char *src;
  size_t n;
  Value keep;
  if (!source_bytes(th, source, fn, "string, bytes or code", &src, &n, &keep)) return EMPTY;
  if (mode == COMPILE_EVAL)
    while (n && (*src == ' ' || *src == '\t')) src++, n--;
  int flags = th->frame ? (int)(th->frame->code->flags & CO_FUTURE_ANNOTATIONS) : 0;
  Value code = rt_hooks.compile(th, src, n, str_from_c(th, "<string>"), mode, flags);
  if (code == EMPTY) return EMPTY;
  Value r = code_exec(th, (Code *)as_object(code), globals, locals);
  __asm__ volatile("" : : "r"(keep));
  return r;
}

static Value b_eval(RpThread *th, const Value *a) {
  Dict *globals;
  Value locals;
  if (!eval_namespaces(th, "eval", a[1], a[2], &globals, &locals)) return EMPTY;
  return run_code(th, "eval", a[0], globals, locals, COMPILE_EVAL);
}

static Value b_exec(RpThread *th, const Value *a) {
  Dict *globals;
  Value locals;
  if (a[3] != EMPTY && a[3] != NONE) return raise_todo(th, "exec() with a closure");
  if (!eval_namespaces(th, "exec", a[1], a[2], &globals, &locals)) return EMPTY;
  return run_code(th, "exec", a[0], globals, locals, COMPILE_EXEC) == EMPTY ? EMPTY : NONE;
}

static Value b_import(RpThread *th, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "__import__() argument 1 must be str, not %T", a[0]);
  int64_t level = 0;
  if (a[4] != EMPTY && !op_as_i64(th, a[4], &level)) return EMPTY;
  return import_name(th, as_str(a[0]), a[1] == EMPTY ? NONE : a[1], a[3] == EMPTY ? NONE : a[3], (int)level);
}

/* __build_class__(func, name, /, *bases, **kw) */
static Value b_build_class(RpThread *th, const Value *a) {
  Tuple *bases = as_tuple(a[2]);
  Dict *kw = (Dict *)as_object(a[3]);
  uint64_t n = bases->length, n_kw = dict_len(kw), k = 0;
  Tuple *all = tuple_alloc(th, 2 + n + n_kw), *names = n_kw ? tuple_alloc(th, n_kw) : NULL;
  if (!all || (n_kw && !names)) return EMPTY;
  obj_store(th, all, &all->items[0], a[0]);
  obj_store(th, all, &all->items[1], a[1]);
  for (uint64_t i = 0; i < n; i++) obj_store(th, all, &all->items[2 + i], bases->items[i]);
  uint32_t pos = 0;
  Value key, v;
  while (k < n_kw && dict_next(kw, &pos, &key, &v)) {
    obj_store(th, names, &names->items[k], key);
    obj_store(th, all, &all->items[2 + n + k++], v);
  }
  return type_build_class(th, all->items, (int)(2 + n), names);
}

static Value b_breakpoint(RpThread *th, const Value *a) {
  Value hook = dict_get_c(th, th->ctx->sys_dict, "breakpointhook");
  if (hook == EMPTY) return raise_runtime(th, "lost sys.breakpointhook");
  return op_call_ex(th, hook, as_tuple(a[0]), (Dict *)as_object(a[1]));
}

/* -- Input and output ------------------------------------------------------------------------------------------------------------------- */

static Value sys_stream(RpThread *th, Str *name) {
  Value f = dict_get_str(th->ctx->sys_dict, name);
  return f == EMPTY ? raise_runtime(th, "lost sys.%S", name) : f;
}

static int write_to(RpThread *th, Value file, Str *s) {
  if (type_of(file) == &type_io_TextIOWrapper) return text_write(th, file, s);
  Value arg = value_object(s);
  return op_call_method(th, file, S(write), &arg, 1) == EMPTY ? -1 : 0;
}

static bool print_option(RpThread *th, Value v, const char *name, Str **out) {
  if (v == EMPTY || v == NONE) return true;
  if (!str_check(v)) return raise_type(th, "%s must be None or a string, not %T", name, v), false;
  *out = as_str(v);
  return true;
}

static Value b_print(RpThread *th, const Value *a) {
  Tuple *args = as_tuple(a[0]);
  Str *sep = NULL, *end = NULL;
  if (!print_option(th, a[1], "sep", &sep) || !print_option(th, a[2], "end", &end)) return EMPTY;
  Value file = a[3] == EMPTY || a[3] == NONE ? sys_stream(th, S(stdout)) : a[3];
  if (file == EMPTY) return EMPTY;
  if (file == NONE) return NONE;
  for (uint64_t i = 0; i < args->length; i++) {
    if (i && write_to(th, file, sep ? sep : str_from_char(th, ' ')) < 0) return EMPTY;
    Str *s = op_str(th, args->items[i]);
    if (!s || write_to(th, file, s) < 0) return EMPTY;
  }
  if (write_to(th, file, end ? end : str_from_char(th, '\n')) < 0) return EMPTY;
  int flush = a[4] == EMPTY ? 0 : op_truth(th, a[4]);
  if (flush < 0) return EMPTY;
  if (flush && op_call_method(th, file, S(flush), NULL, 0) == EMPTY) return EMPTY;
  return NONE;
}

static Value b_input(RpThread *th, const Value *a) {
  Value out = sys_stream(th, S(stdout)), in = out == EMPTY ? EMPTY : sys_stream(th, S(stdin));
  if (in == EMPTY) return EMPTY;
  if (a[0] != EMPTY) {
    Str *prompt = op_str(th, a[0]);
    if (!prompt || write_to(th, out, prompt) < 0) return EMPTY;
  }
  if (out != NONE && op_call_method(th, out, S(flush), NULL, 0) == EMPTY) return EMPTY;
  Value line = op_call_method(th, in, str_intern_c(th, "readline"), NULL, 0);
  if (line == EMPTY) return EMPTY;
  if (!str_check(line)) return raise_type(th, "object.readline() returned non-string");
  Str *s = as_str(line);
  if (s->length == 0) return raise_error(th, &type_EOFError, "EOF when reading a line");
  if (str_at(s, s->length - 1) == '\n') s = str_slice(th, s, 0, s->length - 1);
  return value_object(s);
}

/* The file object is the module io's. */
static Value b_open(RpThread *th, const Value *a) {
  Value io = import_module_c(th, "_io");
  if (io == EMPTY) {
    if (!error_is(th, &type_ModuleNotFoundError)) return EMPTY;
    error_clear(th);
    return raise_todo(th, "open(): there are no file objects yet");
  }
  Value f = op_getattr(th, io, str_intern_c(th, "open"));
  if (f == EMPTY) return EMPTY;
  static const char *const names[] = {"file", "mode", "buffering", "encoding", "errors", "newline", "closefd", "opener"};
  Value args[8];
  Value kw[8];
  int n = 0;
  for (int i = 1; i < 8; i++)
    if (a[i] != EMPTY) {
      kw[n] = value_object(str_intern_c(th, names[i]));
      args[1 + n++] = a[i];
    }
  args[0] = a[0];
  Tuple *kwnames = tuple_new(th, kw, (size_t)n);
  return kwnames ? op_call(th, f, args, 1, n ? kwnames : NULL) : EMPTY;
}

/* -- The module ----------------------------------------------------------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"abs", b_abs, "(x, /)", 0, "Return the absolute value of the argument.", NULL},
    {"aiter", b_aiter, "(async_iterable, /)", 0, "Return an AsyncIterator for an AsyncIterable object.", NULL},
    {"all", b_all, "(iterable, /)", 0, "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True.", NULL},
    {"anext", b_anext, "(async_iterator, default=None, /)", 0, "Return the next item from the async iterator.", NULL},
    {"any", b_any, "(iterable, /)", 0, "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False.", NULL},
    {"ascii", b_ascii, "(obj, /)", 0, "Return an ASCII-only representation of an object.", NULL},
    {"bin", b_bin, "(number, /)", 0, "Return the binary representation of an integer.\n\n   >>> bin(2796202)\n   '0b1010101010101010101010'", NULL},
    {"breakpoint", b_breakpoint, "(*args, **kws)", 0, "Call sys.breakpointhook(*args, **kws).", NULL},
    {"callable", b_callable, "(obj, /)", 0, "Return whether the object is callable (i.e., some kind of function).", NULL},
    {"chr", b_chr, "(i, /)", 0, "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.", NULL},
    {"compile", b_compile, "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)", 0, "Compile source into a code object that can be executed by exec() or eval().", NULL},
    {"delattr", b_delattr, "(obj, name, /)", 0, "Deletes the named attribute from the given object.", NULL},
    {"dir", b_dir, "(object=None, /)", 0, "Show attributes of an object.", NULL},
    {"divmod", b_divmod, "(x, y, /)", 0, "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.", NULL},
    {"eval", b_eval, "(source, globals=None, locals=None, /)", 0, "Evaluate the given source in the context of globals and locals.", NULL},
    {"exec", b_exec, "(source, globals=None, locals=None, /, *, closure=None)", 0, "Execute the given source in the context of globals and locals.", NULL},
    {"format", b_format, "(value, format_spec='', /)", 0, "Return type(value).__format__(value, format_spec)", NULL},
    {"getattr", b_getattr, "(object, name, default=None, /)", 0, "getattr(object, name[, default]) -> value", NULL},
    {"globals", b_globals, "()", 0, "Return the dictionary containing the current scope's global variables.", NULL},
    {"hasattr", b_hasattr, "(obj, name, /)", 0, "Return whether the object has an attribute with the given name.", NULL},
    {"hash", b_hash, "(obj, /)", 0, "Return the hash value for the given object.", NULL},
    {"hex", b_hex, "(number, /)", 0, "Return the hexadecimal representation of an integer.\n\n   >>> hex(12648430)\n   '0xc0ffee'", NULL},
    {"id", b_id, "(obj, /)", 0, "Return the identity of an object.", NULL},
    {"input", b_input, "(prompt='', /)", 0, "Read a string from standard input.  The trailing newline is stripped.", NULL},
    {"isinstance", b_isinstance, "(obj, class_or_tuple, /)", 0, "Return whether an object is an instance of a class or of a subclass thereof.", NULL},
    {"issubclass", b_issubclass, "(cls, class_or_tuple, /)", 0, "Return whether 'cls' is derived from another class or is the same class.", NULL},
    {"iter", b_iter, "(object, sentinel=None, /)", 0, "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator", NULL},
    {"len", b_len, "(obj, /)", 0, "Return the number of items in a container.", NULL},
    {"locals", b_locals, "()", 0, "Return a dictionary containing the current scope's local variables.", NULL},
    {"max", b_max, "(*args, key=None, default=None)", 0, "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value", NULL},
    {"min", b_min, "(*args, key=None, default=None)", 0, "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value", NULL},
    {"next", b_next, "(iterator, default=None, /)", 0, "next(iterator[, default])", NULL},
    {"oct", b_oct, "(number, /)", 0, "Return the octal representation of an integer.\n\n   >>> oct(342391)\n   '0o1234567'", NULL},
    {"open", b_open, "(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)", 0, "Open file and return a stream.  Raise OSError upon failure.", NULL},
    {"ord", b_ord, "(c, /)", 0, "Return the Unicode code point for a one-character string.", NULL},
    {"pow", b_pow, "(base, exp, mod=None)", 0, "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.", NULL},
    {"print", b_print, "(*args, sep=' ', end='\\n', file=None, flush=False)", 0, "Prints the values to a stream, or to sys.stdout by default.", NULL},
    {"repr", b_repr, "(obj, /)", 0, "Return the canonical string representation of the object.\n\nFor many object types, including most builtins, eval() will return\nan object with the same value.", NULL},
    {"round", b_round, "(number, ndigits=None)", 0, "Round a number to a given precision in decimal digits.", NULL},
    {"setattr", b_setattr, "(obj, name, value, /)", 0, "Sets the named attribute on the given object to the specified value.", NULL},
    {"sorted", b_sorted, "(iterable, /, *, key=None, reverse=False)", 0, "Return a new list containing all items from the iterable in ascending order.", NULL},
    {"sum", b_sum, "(iterable, /, start=0)", 0, "Return the sum of a 'start' value (default: 0) plus an iterable of numbers", NULL},
    {"vars", b_vars, "(object=None, /)", 0, "vars([object]) -> dictionary", NULL},
    {"__build_class__", b_build_class, "(func, name, /, *bases, **kwds)", 0, "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class", NULL},
    {"__import__", b_import, "(name, globals=None, locals=None, fromlist=(), level=0)", 0, "Import a module.", NULL},
    {0}};

/* All of it: what a context changes is its copy of the dict. */
static int shared(RpThread *boot, Dict *d) {
  Type *const types[] = {&type_bool, &type_memoryview, &type_bytearray, &type_bytes, &type_classmethod, &type_complex, &type_dict, &type_enumerate,
                         &type_filter, &type_float, &type_frozenset, &type_property, &type_int, &type_list, &type_map, &type_object, &type_range,
                         &type_reversed, &type_set, &type_slice, &type_staticmethod, &type_str, &type_super, &type_tuple, &type_type, &type_zip,
#define TYPE(name, pyname, base, kind, flags) &type_##name,
#include "runtime/exc_types.def"
#undef TYPE
  };
  for (size_t i = 0; i < countof(types); i++)
    if (dict_set_str(boot, d, types[i]->name, value_object(types[i])) < 0) return -1;
  static const struct { const char *name; Value v; } constants[] = {{"None", NONE}, {"Ellipsis", ELLIPSIS}, {"NotImplemented", NOT_IMPLEMENTED}, {"False", FALSE_V}, {"True", TRUE_V}, {"__debug__", TRUE_V}};
  for (size_t i = 0; i < countof(constants); i++)
    if (dict_set_str(boot, d, str_perm(constants[i].name), constants[i].v) < 0) return -1;
  static const char *const old_names[] = {"EnvironmentError", "IOError"};
  for (size_t i = 0; i < countof(old_names); i++)
    if (dict_set_str(boot, d, str_perm(old_names[i]), value_object(&type_OSError)) < 0) return -1;
  return 0;
}

const ModuleSpec mod_builtins = {
    "Built-in functions, exceptions, and other objects.\n\nNoteworthy: None is the `nil' object; Ellipsis represents `...' in slices.", functions, NULL, shared};
