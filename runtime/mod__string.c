/* mod__string.c: module _string, what string.Formatter is made of. */
#include "runtime/format_fields.h"

static Value part_str(RpThread *th, Str *s, Part p) { return vstr(str_slice(th, s, p.lo, p.hi)); }

static bool check_str(RpThread *th, Value v) {
  return str_check(v) || (raise_type(th, "expected str, got %T", v), false);
}

static Value field_tuple(RpThread *th, Str *s, const Field *f) {
  Value literal = part_str(th, s, f->literal);
  if (literal == EMPTY) return EMPTY;
  if (!f->present) return vstr(tuple_of(th, 4, literal, NONE, NONE, NONE));
  Value name = part_str(th, s, f->name), spec = part_str(th, s, f->spec);
  Value conversion = f->conversion ? vstr(str_from_char(th, f->conversion)) : NONE;
  if (name == EMPTY || spec == EMPTY || conversion == EMPTY) return EMPTY;
  return vstr(tuple_of(th, 4, literal, name, spec, conversion));
}

/* The iterator runs over a list parsed at once; an error in the text therefore shows up front. */
static Value formatter_parser(RpThread *th, const Value *a) {
  if (!check_str(th, a[0])) return EMPTY;
  Str *s = as_str(a[0]);
  List *l = list_new(th, 0);
  FieldIter it = {s, 0, s->length};
  Field f;
  int r;
  if (!l) return EMPTY;
  while ((r = field_next(th, &it, &f)) == 1) {
    Value t = field_tuple(th, s, &f);
    if (t == EMPTY || list_append(th, l, t) < 0) return EMPTY;
  }
  return r < 0 ? EMPTY : op_iter(th, value_object(l));
}

static Value formatter_field_name_split(RpThread *th, const Value *a) {
  if (!check_str(th, a[0])) return EMPTY;
  Str *s = as_str(a[0]);
  Part rest, part, first = name_first(s, (Part){0, s->length}, &rest);
  int64_t n = part_integer(th, s, first);
  if (n == -2) return EMPTY;
  Value head = n >= 0 ? int_from_i64(th, n) : part_str(th, s, first);
  List *l = head == EMPTY ? NULL : list_new(th, 0);
  bool is_attr;
  int r;
  if (!l) return EMPTY;
  while ((r = name_next(th, s, &rest, &is_attr, &part)) == 1) {
    int64_t i = is_attr ? -1 : part_integer(th, s, part);
    if (i == -2) return EMPTY;
    Value v = i >= 0 ? int_from_i64(th, i) : part_str(th, s, part);
    Tuple *t = v == EMPTY ? NULL : tuple_of(th, 2, value_bool(is_attr), v);
    if (!t || list_append(th, l, value_object(t)) < 0) return EMPTY;
  }
  Value it = r < 0 ? EMPTY : op_iter(th, value_object(l));
  return it == EMPTY ? EMPTY : vstr(tuple_of(th, 2, head, it));
}

static const NativeDef functions[] = {
    {"formatter_parser", formatter_parser, "(text, /)", 0, "parse the argument as a format string", NULL},
    {"formatter_field_name_split", formatter_field_name_split, "(text, /)", 0, "split the argument as a field name", NULL},
    {NULL}};

const ModuleSpec mod__string = {.doc = "string helper module", .functions = functions};
