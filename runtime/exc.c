/* exc.c: exception instances and the builtin exception types. Exception groups are in exc_group.c. */
#include "runtime/exc.h"
#include "runtime/attr.h"
#include "runtime/bytes.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/list.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <errno.h>

/* -- Making ------------------------------------------------------------------------------------------------------------- */

static void trace(Tracer *tr, Object *o) {
  Exception *e = (Exception *)o;
  trace_ref(tr, load_consume(&e->args));
  trace_value(tr, load_consume(&e->overflow));
  trace_value(tr, load_consume(&e->traceback));
  trace_value(tr, load_consume(&e->cause));
  trace_value(tr, load_consume(&e->context));
  trace_values(tr, e->fields, N_EXC_FIELDS);
}

Value exc_alloc(RpThread *th, Type *t, const Value *args, int n) {
  Tuple *tuple = tuple_new(th, args, (size_t)n);
  Exception *e = tuple ? (Exception *)type_alloc(th, t) : NULL;
  if (!e) return EMPTY;
  obj_store_ref(th, e, &e->args, tuple);
  return value_object(e);
}

void exc_set_field(RpThread *th, Value exc, int field, Value v) { obj_store(th, as_exc(exc), &as_exc(exc)->fields[field], v); }

Value exc_new(RpThread *th, Type *t, Value arg) {
  if (t->flags & TYPE_HEAP) return arg == EMPTY ? op_call0(th, value_object(t)) : op_call1(th, value_object(t), arg);
  Value e = exc_alloc(th, t, &arg, arg != EMPTY);
  if (e == EMPTY || t->slots.init == type_BaseException.slots.init) return e;
  return t->slots.init(th, e, &arg, arg != EMPTY, NULL) < 0 ? EMPTY : e;
}

static Value base_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) { return exc_alloc(th, type, args, n_pos); }

static int set_args(RpThread *th, Value self, const Value *args, int n) {
  Tuple *old = as_exc(self)->args;
  if (old && old->length == (uint64_t)n && (n == 0 || memcmp(old->items, args, (size_t)n * 8) == 0)) return 0;
  Tuple *t = tuple_new(th, args, (size_t)n);
  if (!t) return -1;
  obj_store_ref(th, as_exc(self), &as_exc(self)->args, t);
  return 0;
}

static int base_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  if (kwnames && kwnames->length) return raise_type(th, "%T() takes no keyword arguments", self), -1;
  return set_args(th, self, args, n_pos);
}

/* -- Text ----------------------------------------------------------------------------------------------------------------- */

static Value str(RpThread *th, Value self) {
  Tuple *args = as_exc(self)->args;
  if (args->length == 0) return value_object(str_empty_);
  return value_object(args->length == 1 ? op_str(th, args->items[0]) : op_str(th, value_object(args)));
}

static Value repr(RpThread *th, Value self) {
  Tuple *args = as_exc(self)->args;
  if (args->length == 1) return value_object(str_fmt(th, "%T(%V)", self, args->items[0]));
  return value_object(str_fmt(th, "%T%V", self, value_object(args)));
}

/* -- Attributes ------------------------------------------------------------------------------------------------------------ */

static Value none(Value v) { return v == EMPTY ? NONE : v; }
static Value get_args(RpThread *th, Value self) { return value_object(as_exc(self)->args); }
static int put_args(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "args may not be deleted"), -1;
  Tuple *t = op_to_tuple(th, v);
  if (!t) return -1;
  obj_store_ref(th, as_exc(self), &as_exc(self)->args, t);
  return 0;
}
static Value get_traceback(RpThread *th, Value self) { return none(as_exc(self)->traceback); }
static int put_traceback(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "__traceback__ may not be deleted"), -1;
  if (v != NONE && !has_kind(v, K_TRACEBACK)) return raise_type(th, "__traceback__ must be a traceback or None"), -1;
  return obj_store(th, as_exc(self), &as_exc(self)->traceback, v == NONE ? EMPTY : v), 0;
}
static Value get_cause(RpThread *th, Value self) { return none(as_exc(self)->cause); }
static int put_cause(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "__cause__ may not be deleted"), -1;
  if (v != NONE && !exc_check(v)) return raise_type(th, "exception cause must be None or derive from BaseException"), -1;
  obj_store(th, as_exc(self), &as_exc(self)->cause, v == NONE ? EMPTY : v);
  as_exc(self)->suppress_context = true;
  return 0;
}
static Value get_context(RpThread *th, Value self) { return none(as_exc(self)->context); }
static int put_context(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "__context__ may not be deleted"), -1;
  if (v != NONE && !exc_check(v)) return raise_type(th, "exception context must be None or derive from BaseException"), -1;
  return obj_store(th, as_exc(self), &as_exc(self)->context, v == NONE ? EMPTY : v), 0;
}
static Value get_suppress(RpThread *th, Value self) { return value_bool(as_exc(self)->suppress_context); }
static int put_suppress(RpThread *th, Value self, Value v) {
  if (v == EMPTY) return raise_type(th, "can't delete numeric/char attribute"), -1;
  int t = op_truth(th, v);
  if (t < 0) return -1;
  as_exc(self)->suppress_context = t;
  return 0;
}

static Value with_traceback(RpThread *th, const Value *a) { return put_traceback(th, a[0], a[1]) < 0 ? EMPTY : a[0]; }

static Value add_note(RpThread *th, const Value *a) {
  if (!str_check(a[1])) return raise_type(th, "note must be a str, not '%T'", a[1]);
  Value notes = op_getattr_opt(th, a[0], S(__notes__));
  if (notes == EMPTY) {
    if (th->pending != EMPTY) return EMPTY;
    notes = value_object(list_new(th, 1));
    if (notes == EMPTY || op_setattr(th, a[0], S(__notes__), notes) < 0) return EMPTY;
  }
  if (!list_check(notes)) return raise_type(th, "Cannot add note: __notes__ is not a list");
  return list_append(th, as_list(notes), a[1]) < 0 ? EMPTY : NONE;
}

static Value own_dict(Value self) {
  Object *o = as_object(self);
  Shape *s = obj_shape(o);
  if (!(s->flags & SHAPE_DICT)) return s->n_slots > s->n_members ? NONE : EMPTY;
  return load_relaxed(obj_overflow_word(o, s));
}

static Value reduce(RpThread *th, const Value *a) {
  Value type = value_object(type_of(a[0])), args = value_object(as_exc(a[0])->args);
  if (own_dict(a[0]) == EMPTY) return value_object(tuple_of(th, 2, type, args));
  Dict *d = object_dict(th, a[0]);
  return d ? value_object(tuple_of(th, 3, type, args, value_object(d))) : EMPTY;
}

static Value set_state(RpThread *th, const Value *a) {
  if (a[1] == NONE) return NONE;
  if (!dict_check(a[1])) return raise_type(th, "state is not a dictionary");
  uint32_t pos = 0;
  Value k, v;
  while (dict_next(as_dict(a[1]), &pos, &k, &v)) {
    if (!str_check(k)) return raise_type(th, "attribute name must be string, not '%T'", k);
    if (op_setattr(th, a[0], as_str(k), v) < 0) return EMPTY;
  }
  return NONE;
}

const TypeSpec spec_BaseException = {
    .doc = "Common base class for all exceptions",
    .size = sizeof(Exception),
    .slots = {.trace = trace, .new_ = base_new, .init = base_init, .str = str, .repr = repr},
    .methods = (const NativeDef[]){
        {"with_traceback", with_traceback, "(self, tb, /)", 0, "Exception.with_traceback(tb) --\n    set self.__traceback__ to tb and return self.", NULL},
        {"add_note", add_note, "(self, note, /)", 0, "Exception.add_note(note) --\n    add a note to the exception", NULL},
        {"__reduce__", reduce, "(self, /)", 0, NULL, NULL},
        {"__setstate__", set_state, "(self, state, /)", 0, NULL, NULL},
        {0}},
    .getsets = (const GetSetDef[]){{"args", get_args, put_args, NULL},
                                   {"__traceback__", get_traceback, put_traceback, NULL},
                                   {"__cause__", get_cause, put_cause, "exception cause"},
                                   {"__context__", get_context, put_context, "exception context"},
                                   {"__suppress_context__", get_suppress, put_suppress, NULL},
                                   {0}},
};

/* -- Fields -------------------------------------------------------------------------------------------------------------------- */

#define FIELD_ACCESS(i)                                                                                                                    \
  Value exc_get_field_##i(RpThread *th, Value self) { return none(load_relaxed(&as_exc(self)->fields[i])); }                               \
  static int put_field_##i(RpThread *th, Value self, Value v) { return obj_store(th, as_exc(self), &as_exc(self)->fields[i], v), 0; }
FIELD_ACCESS(0)
FIELD_ACCESS(1)
FIELD_ACCESS(2)
FIELD_ACCESS(3)
FIELD_ACCESS(4)
FIELD_ACCESS(5)
FIELD_ACCESS(6)
FIELD_ACCESS(7)
#define FIELD(name, i) {name, exc_get_field_##i, put_field_##i, NULL}

/* -- StopIteration, SystemExit, KeyError ------------------------------------------------------------------------------------------ */

static int stop_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  if (base_init(th, self, args, n, kwnames) < 0) return -1;
  exc_set_field(th, self, EXC_StopIteration_value, n ? args[0] : NONE);
  return 0;
}
const TypeSpec spec_StopIteration = {.doc = "Signal the end from iterator.__next__().", .slots = {.init = stop_init}, .getsets = (const GetSetDef[]){FIELD("value", 0), {0}}};

static int exit_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  if (base_init(th, self, args, n, kwnames) < 0) return -1;
  exc_set_field(th, self, EXC_SystemExit_code, n == 0 ? NONE : n == 1 ? args[0] : value_object(as_exc(self)->args));
  return 0;
}
const TypeSpec spec_SystemExit = {.doc = "Request to exit from the interpreter.", .slots = {.init = exit_init}, .getsets = (const GetSetDef[]){FIELD("code", 0), {0}}};

static Value key_str(RpThread *th, Value self) {
  Tuple *args = as_exc(self)->args;
  return args->length == 1 ? value_object(op_repr(th, args->items[0])) : str(th, self);
}
const TypeSpec spec_KeyError = {.doc = "Mapping key not found.", .slots = {.str = key_str}};

/* -- ImportError, NameError, AttributeError: keyword-only fields --------------------------------------------------------------------- */

/* Positional arguments become args; the named ones go to fields[first...]. */
static int keyword_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames, const char *const *names, int n_names, int first) {
  if (set_args(th, self, args, n) < 0) return -1;
  for (uint64_t k = 0; kwnames && k < kwnames->length; k++) {
    Str *name = as_str(kwnames->items[k]);
    int i = 0;
    while (i < n_names && !str_eq_c(name, names[i])) i++;
    if (i == n_names) {
      Type *t = type_of(self);
      while (t->flags & TYPE_HEAP) t = t->base;
      return raise_type(th, "'%S' is an invalid keyword argument for %S()", name, t->name), -1;
    }
    exc_set_field(th, self, first + i, args[n + (int)k]);
  }
  return 0;
}

static int import_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  static const char *const names[] = {"name", "path"};
  if (keyword_init(th, self, args, n, kwnames, names, 2, EXC_ImportError_name) < 0) return -1;
  exc_set_field(th, self, EXC_ImportError_msg, n == 1 ? args[0] : EMPTY);
  return 0;
}
static Value import_str(RpThread *th, Value self) {
  Value msg = as_exc(self)->fields[EXC_ImportError_msg];
  return msg != EMPTY && has_shape(msg, SHAPE_str) ? msg : str(th, self);
}
static Value import_reduce(RpThread *th, const Value *a) {
  Exception *e = as_exc(a[0]);
  Value name = e->fields[EXC_ImportError_name], path = e->fields[EXC_ImportError_path];
  if (name == EMPTY && path == EMPTY) return reduce(th, a);
  Dict *d = own_dict(a[0]) == EMPTY ? dict_new(th) : object_dict(th, a[0]);
  if (d) d = dict_copy(th, d);
  if (!d || (name != EMPTY && dict_set_str(th, d, S(name), name) < 0) || (path != EMPTY && dict_set_str(th, d, S(path), path) < 0)) return EMPTY;
  return value_object(tuple_of(th, 3, value_object(type_of(a[0])), value_object(e->args), value_object(d)));
}
const TypeSpec spec_ImportError = {
    .doc = "Import can't find module, or can't find name in module.",
    .slots = {.init = import_init, .str = import_str},
    .methods = (const NativeDef[]){{"__reduce__", import_reduce, "(self, /)", 0, NULL, NULL}, {0}},
    .getsets = (const GetSetDef[]){FIELD("msg", 0), FIELD("name", 1), FIELD("path", 2), {0}},
};

static int name_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  static const char *const names[] = {"name"};
  return keyword_init(th, self, args, n, kwnames, names, 1, EXC_NameError_name);
}
const TypeSpec spec_NameError = {.doc = "Name not found globally.", .slots = {.init = name_init}, .getsets = (const GetSetDef[]){FIELD("name", 0), {0}}};

static int attribute_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  static const char *const names[] = {"name", "obj"};
  return keyword_init(th, self, args, n, kwnames, names, 2, EXC_AttributeError_name);
}
const TypeSpec spec_AttributeError = {.doc = "Attribute not found.", .slots = {.init = attribute_init}, .getsets = (const GetSetDef[]){FIELD("name", 0), FIELD("obj", 1), {0}}};

void attr_error_fields(RpThread *th, Value obj, Str *name) {
  if (th->pending == EMPTY || !value_is_instance(th->pending, &type_AttributeError)) return;
  exc_set_field(th, th->pending, EXC_AttributeError_name, value_object(name));
  exc_set_field(th, th->pending, EXC_AttributeError_obj, obj);
}

void name_error_field(RpThread *th, Str *name) {
  if (th->pending != EMPTY && value_is_instance(th->pending, &type_NameError)) exc_set_field(th, th->pending, EXC_NameError_name, value_object(name));
}

/* -- OSError ----------------------------------------------------------------------------------------------------------------------- */

Type *exc_errno_type(int err) {
  switch (err) {
#define ERRNO_TYPE(e, t) case e: return &type_##t;
#include "runtime/errno_types.def"
#undef ERRNO_TYPE
#if EWOULDBLOCK != EAGAIN
  case EWOULDBLOCK: return &type_BlockingIOError;
#endif
  default: return &type_OSError;
  }
}

/* errno, strerror[, filename[, winerror[, filename2]]]: two to five arguments fill the fields; args keeps the first two. */
static int os_fill(RpThread *th, Value self, const Value *args, int n) {
  bool structured = n >= 2 && n <= 5;
  if (structured) {
    exc_set_field(th, self, EXC_OSError_errno, args[0]);
    exc_set_field(th, self, EXC_OSError_strerror, args[1]);
    bool blocking_count = n >= 3 && value_is_instance(self, &type_BlockingIOError) && int_check(args[2]);
    if (blocking_count) exc_set_field(th, self, EXC_OSError_characters_written, args[2]);
    else if (n >= 3 && args[2] != NONE) exc_set_field(th, self, EXC_OSError_filename, args[2]);
    if (n == 5 && args[4] != NONE) exc_set_field(th, self, EXC_OSError_filename2, args[4]);
    if (n >= 3 && !blocking_count && args[2] != NONE) n = 2;
  }
  return set_args(th, self, args, n);
}

static bool os_init_in_new(const Type *t) { return t->slots.init == type_OSError.slots.init || t->slots.new_ == type_OSError.slots.new_; }

static Value os_new(RpThread *th, Type *type, const Value *args, int n, Tuple *kwnames) {
  int64_t err;
  if (type == &type_OSError && n >= 2 && int_check(args[0]) && int_as_i64(args[0], &err)) type = exc_errno_type((int)err);
  bool own_init = type->slots.init != type_OSError.slots.init;
  if (!own_init && kwnames && kwnames->length) return raise_type(th, "%S() takes no keyword arguments", type->name);
  Value e = exc_alloc(th, type, args, n);
  if (e == EMPTY || own_init) return e;
  return os_fill(th, e, args, n) < 0 ? EMPTY : e;
}

static int os_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  Type *t = type_of(self);
  if (os_init_in_new(t) && t->slots.init == type_OSError.slots.init) return 0; /* os_new has done it */
  if (kwnames && kwnames->length) return raise_type(th, "%T() takes no keyword arguments", self), -1;
  return os_fill(th, self, args, n);
}

static Value os_str(RpThread *th, Value self) {
  Value *f = as_exc(self)->fields;
  Value no = none(f[EXC_OSError_errno]), text = none(f[EXC_OSError_strerror]);
  if (f[EXC_OSError_filename] != EMPTY) {
    if (f[EXC_OSError_filename2] != EMPTY)
      return value_object(str_fmt(th, "[Errno %S] %S: %V -> %V", op_str(th, no), op_str(th, text), f[EXC_OSError_filename], f[EXC_OSError_filename2]));
    return value_object(str_fmt(th, "[Errno %S] %S: %V", op_str(th, no), op_str(th, text), f[EXC_OSError_filename]));
  }
  if (f[EXC_OSError_errno] != EMPTY && f[EXC_OSError_strerror] != EMPTY)
    return value_object(str_fmt(th, "[Errno %S] %S", op_str(th, no), op_str(th, text)));
  return str(th, self);
}

static Value os_written(RpThread *th, Value self) {
  Value v = as_exc(self)->fields[EXC_OSError_characters_written];
  if (v == EMPTY) return raise_attribute(th, "characters_written");
  return v;
}

static Value os_reduce(RpThread *th, const Value *a) {
  Exception *e = as_exc(a[0]);
  Value args = value_object(e->args), file = e->fields[EXC_OSError_filename], file2 = e->fields[EXC_OSError_filename2];
  if (e->args->length == 2 && file != EMPTY)
    args = value_object(file2 != EMPTY ? tuple_of(th, 5, e->args->items[0], e->args->items[1], file, NONE, file2)
                                       : tuple_of(th, 3, e->args->items[0], e->args->items[1], file));
  if (args == EMPTY) return EMPTY;
  if (own_dict(a[0]) == EMPTY) return value_object(tuple_of(th, 2, value_object(type_of(a[0])), args));
  Dict *d = object_dict(th, a[0]);
  return d ? value_object(tuple_of(th, 3, value_object(type_of(a[0])), args, value_object(d))) : EMPTY;
}

const TypeSpec spec_OSError = {
    .doc = "Base class for I/O related errors.",
    .slots = {.new_ = os_new, .init = os_init, .str = os_str},
    .methods = (const NativeDef[]){{"__reduce__", os_reduce, "(self, /)", 0, NULL, NULL}, {0}},
    .getsets = (const GetSetDef[]){FIELD("errno", 0), FIELD("strerror", 1), FIELD("filename", 2), FIELD("filename2", 3),
                                   {"characters_written", os_written, put_field_4, NULL}, {0}},
};

/* -- SyntaxError ----------------------------------------------------------------------------------------------------------------------- */

static int syntax_init(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames) {
  if (base_init(th, self, args, n, kwnames) < 0) return -1;
  if (n >= 1) exc_set_field(th, self, EXC_SyntaxError_msg, args[0]);
  if (n != 2) return 0;
  Tuple *info = op_to_tuple(th, args[1]);
  if (!info) return -1;
  if (info->length < 4) return raise_type(th, "function missing required argument (pos %d)", (int)info->length + 1), -1;
  if (info->length > 6) return raise_type(th, "function takes at most 6 arguments (%d given)", (int)info->length), -1;
  for (uint64_t i = 0; i < info->length; i++) exc_set_field(th, self, EXC_SyntaxError_filename + (int)i, info->items[i]);
  if (info->length == 5) return raise_type(th, "end_offset must be provided when end_lineno is provided"), -1;
  return 0;
}

static Value syntax_str(RpThread *th, Value self) {
  Value *f = as_exc(self)->fields;
  Str *msg = op_str(th, none(f[EXC_SyntaxError_msg]));
  if (!msg) return EMPTY;
  Value file = f[EXC_SyntaxError_filename], line = f[EXC_SyntaxError_lineno];
  bool has_line = line != EMPTY && is_int(line), has_file = file != EMPTY && str_check(file);
  if (!has_file && !has_line) return value_object(msg);
  Str *base = NULL;
  if (has_file) {
    Str *s = as_str(file);
    uint32_t from = s->length;
    while (from > 0 && str_at(s, from - 1) != '/') from--;
    base = str_slice(th, s, from, s->length);
    if (!base) return EMPTY;
  }
  if (has_file && has_line) return value_object(str_fmt(th, "%S (%S, line %ld)", msg, base, (long)as_int(line)));
  if (has_file) return value_object(str_fmt(th, "%S (%S)", msg, base));
  return value_object(str_fmt(th, "%S (line %ld)", msg, (long)as_int(line)));
}

const TypeSpec spec_SyntaxError = {
    .doc = "Invalid syntax.",
    .slots = {.init = syntax_init, .str = syntax_str},
    .getsets = (const GetSetDef[]){FIELD("msg", 0), FIELD("filename", 1), FIELD("lineno", 2), FIELD("offset", 3), FIELD("text", 4),
                                   FIELD("end_lineno", 5), FIELD("end_offset", 6), FIELD("print_file_and_line", 7), {0}},
};

/* -- Unicode errors ---------------------------------------------------------------------------------------------------------------------- */

static int unicode_fill(RpThread *th, Value self, const Value *args, int n, Tuple *kwnames, bool encoding, bool bytes) {
  if (base_init(th, self, args, n, kwnames) < 0) return -1;
  int want = encoding ? 5 : 4;
  if (n != want) return raise_type(th, "function takes exactly %d arguments (%d given)", want, n), -1;
  int first = encoding ? 0 : 1;
  if (encoding && !str_check(args[0])) return raise_type(th, "argument 1 must be str, not %T", args[0]), -1;
  Value object = args[encoding];
  if (!bytes && !str_check(object)) return raise_type(th, "argument %d must be str, not %T", encoding + 1, object), -1;
  if (bytes && !bytes_check(object)) {
    Buffer b;
    if (buffer_acquire(th, object, &b, false) < 0) return -1;
    object = value_object(bytes_new(th, b.data, (size_t)b.size));
    buffer_release(th, &b);
    if (object == EMPTY) return -1;
  }
  for (int i = 0; i < want; i++) exc_set_field(th, self, first + i, i == encoding ? object : args[i]);
  for (int i = encoding + 1; i < encoding + 3; i++)
    if (!int_check(args[i])) return raise_type(th, "'%T' object cannot be interpreted as an integer", args[i]), -1;
  if (!str_check(args[want - 1])) return raise_type(th, "argument %d must be str, not %T", want, args[want - 1]), -1;
  return 0;
}
static int encode_init(RpThread *th, Value self, const Value *args, int n, Tuple *kw) { return unicode_fill(th, self, args, n, kw, true, false); }
static int decode_init(RpThread *th, Value self, const Value *args, int n, Tuple *kw) { return unicode_fill(th, self, args, n, kw, true, true); }
static int translate_init(RpThread *th, Value self, const Value *args, int n, Tuple *kw) { return unicode_fill(th, self, args, n, kw, false, false); }

static Value unicode_str(RpThread *th, Value self) {
  Value *f = as_exc(self)->fields;
  Value object = f[EXC_UnicodeError_object];
  if (object == EMPTY) return value_object(str_empty_);
  int64_t start = 0, end = 0;
  int_as_i64(none(f[EXC_UnicodeError_start]) == NONE ? value_int(0) : f[EXC_UnicodeError_start], &start);
  int_as_i64(none(f[EXC_UnicodeError_end]) == NONE ? value_int(0) : f[EXC_UnicodeError_end], &end);
  Str *reason = op_str(th, none(f[EXC_UnicodeError_reason]));
  Str *encoding = reason ? op_str(th, none(f[EXC_UnicodeError_encoding])) : NULL;
  if (!encoding) return EMPTY;
  bool decode = bytes_check(object), translate = value_is_instance(self, &type_UnicodeTranslateError);
  int64_t length = decode ? (int64_t)as_bytes(object)->length : str_check(object) ? as_str(object)->length : 0;
  bool one = end == start + 1 && start >= 0 && start < length;
  if (decode) {
    if (one) return value_object(str_fmt(th, "'%S' codec can't decode byte 0x%02x in position %ld: %S", encoding, as_bytes(object)->data[start], (long)start, reason));
    return value_object(str_fmt(th, "'%S' codec can't decode bytes in position %ld-%ld: %S", encoding, (long)start, (long)end - 1, reason));
  }
  char c[16] = "";
  if (one) {
    uint32_t ch = str_at(as_str(object), (uint32_t)start);
    snprintf(c, sizeof c, ch <= 0xff ? "\\x%02x" : ch <= 0xffff ? "\\u%04x" : "\\U%08x", ch);
  }
  if (translate) {
    if (one) return value_object(str_fmt(th, "can't translate character '%s' in position %ld: %S", c, (long)start, reason));
    return value_object(str_fmt(th, "can't translate characters in position %ld-%ld: %S", (long)start, (long)end - 1, reason));
  }
  if (one) return value_object(str_fmt(th, "'%S' codec can't encode character '%s' in position %ld: %S", encoding, c, (long)start, reason));
  return value_object(str_fmt(th, "'%S' codec can't encode characters in position %ld-%ld: %S", encoding, (long)start, (long)end - 1, reason));
}

static const GetSetDef unicode_getsets[] = {FIELD("encoding", 0), FIELD("object", 1), FIELD("start", 2), FIELD("end", 3), FIELD("reason", 4), {0}};
const TypeSpec spec_UnicodeEncodeError = {.doc = "Unicode encoding error.", .slots = {.init = encode_init, .str = unicode_str}, .getsets = unicode_getsets};
const TypeSpec spec_UnicodeDecodeError = {.doc = "Unicode decoding error.", .slots = {.init = decode_init, .str = unicode_str}, .getsets = unicode_getsets};
const TypeSpec spec_UnicodeTranslateError = {.doc = "Unicode translation error.", .slots = {.init = translate_init, .str = unicode_str}, .getsets = unicode_getsets};

/* -- Types that only have a name and a doc -------------------------------------------------------------------------------------------------- */

#define PLAIN(type, text) const TypeSpec spec_##type = {.doc = text, .slots = {.new_ = base_new, .init = base_init}};
#define DERIVED(type, text) const TypeSpec spec_##type = {.doc = text};
PLAIN(Exception, "Common base class for all non-exit exceptions.")
PLAIN(ArithmeticError, "Base class for arithmetic errors.")
PLAIN(FloatingPointError, "Floating point operation failed.")
PLAIN(OverflowError, "Result too large to be represented.")
PLAIN(ZeroDivisionError, "Second argument to a division or modulo operation was zero.")
PLAIN(AssertionError, "Assertion failed.")
PLAIN(BufferError, "Buffer error.")
PLAIN(EOFError, "Read beyond end of file.")
DERIVED(ModuleNotFoundError, "Module not found.")
PLAIN(LookupError, "Base class for lookup errors.")
PLAIN(IndexError, "Sequence index out of range.")
PLAIN(MemoryError, "Out of memory.")
DERIVED(UnboundLocalError, "Local name referenced but not bound to a value.")
DERIVED(BlockingIOError, "I/O operation would block.")
DERIVED(ChildProcessError, "Child process error.")
DERIVED(ConnectionError, "Connection error.")
DERIVED(BrokenPipeError, "Broken pipe.")
DERIVED(ConnectionAbortedError, "Connection aborted.")
DERIVED(ConnectionRefusedError, "Connection refused.")
DERIVED(ConnectionResetError, "Connection reset.")
DERIVED(FileExistsError, "File already exists.")
DERIVED(FileNotFoundError, "File not found.")
DERIVED(InterruptedError, "Interrupted by signal.")
DERIVED(IsADirectoryError, "Operation doesn't work on directories.")
DERIVED(NotADirectoryError, "Operation only works on directories.")
DERIVED(PermissionError, "Not enough permissions.")
DERIVED(ProcessLookupError, "Process not found.")
DERIVED(TimeoutError, "Timeout expired.")
PLAIN(ReferenceError, "Weak ref proxy used after referent went away.")
PLAIN(RuntimeError, "Unspecified run-time error.")
PLAIN(NotImplementedError, "Method or function hasn't been implemented yet.")
PLAIN(RecursionError, "Recursion limit exceeded.")
PLAIN(StopAsyncIteration, "Signal the end from iterator.__anext__().")
DERIVED(IndentationError, "Improper indentation.")
DERIVED(TabError, "Improper mixture of spaces and tabs.")
PLAIN(SystemError, "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.")
PLAIN(TypeError, "Inappropriate argument type.")
PLAIN(ValueError, "Inappropriate argument value (of correct type).")
PLAIN(UnicodeError, "Unicode related error.")
PLAIN(Warning, "Base class for warning categories.")
PLAIN(BytesWarning, "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.")
PLAIN(DeprecationWarning, "Base class for warnings about deprecated features.")
PLAIN(EncodingWarning, "Base class for warnings about encodings.")
PLAIN(FutureWarning, "Base class for warnings about constructs that will change semantically\nin the future.")
PLAIN(ImportWarning, "Base class for warnings about probable mistakes in module imports")
PLAIN(PendingDeprecationWarning, "Base class for warnings about features which will be deprecated\nin the future.")
PLAIN(ResourceWarning, "Base class for warnings about resource usage.")
PLAIN(RuntimeWarning, "Base class for warnings about dubious runtime behavior.")
PLAIN(SyntaxWarning, "Base class for warnings about dubious syntax.")
PLAIN(UnicodeWarning, "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.")
PLAIN(UserWarning, "Base class for warnings generated by user code.")
PLAIN(GeneratorExit, "Request that a generator exit.")
PLAIN(KeyboardInterrupt, "Program interrupted by user.")
