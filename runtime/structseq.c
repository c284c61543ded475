/* structseq.c: tuples with named fields. Hidden fields lie behind the tuple's items and are counted by the word before them. */
#include "runtime/structseq.h"
#include "runtime/dict.h"
#include "runtime/ops.h"
#include "runtime/str.h"

/* Cell: header, length, visible items, number of hidden fields (a small int), hidden fields. */
static int n_hidden(const Tuple *t) { return (int)as_int(t->items[t->length]); }
static Value *hidden(Tuple *t) { return t->items + t->length + 1; }
static Value field(Tuple *t, int i) { return i < (int)t->length ? t->items[i] : hidden(t)[i - (int)t->length]; }

Value structseq_new(RpThread *th, Type *type, const Value *fields, int n_visible, int n_fields) {
  Tuple *t = (Tuple *)heap_alloc(th, type->root_shape_id, K_TUPLE, sizeof(Tuple) + 8 * (size_t)(n_fields + 1));
  if (!t) return EMPTY;
  t->length = (uint64_t)n_visible;
  t->items[n_visible] = value_int(n_fields - n_visible);
  for (int i = 0; i < n_fields; i++) *(i < n_visible ? t->items + i : hidden(t) + i - n_visible) = fields[i] ? fields[i] : NONE;
  return value_object(t);
}

void structseq_trace(Tracer *tr, Object *o) {
  Tuple *t = (Tuple *)o;
  if (is_int(t->items[t->length])) trace_values(tr, hidden(t), (size_t)n_hidden(t)); /* else not filled in yet */
}

Value structseq_construct(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames, int n_visible, int n_fields) {
  int n_kw = kwnames ? (int)kwnames->length : 0;
  if (n_pos < 1 || n_pos + n_kw > 2) return raise_type(th, "%S() takes a sequence and an optional dict", type->name);
  Value v = args[0];
  if (!type_of(v)->slots.iter && !type_of(v)->slots.getitem) return raise_type(th, "constructor requires a sequence");
  Tuple *seq = op_to_tuple(th, v);
  if (!seq) return EMPTY;
  int n = (int)seq->length;
  const char *bound = n < n_visible ? "least" : n > n_fields ? "most" : NULL;
  if (bound) {
    int limit = n < n_visible ? n_visible : n_fields;
    if (n_visible == n_fields) return raise_type(th, "%V takes a %d-sequence (%d-sequence given)", value_object(type), limit, n);
    Value module = op_getattr(th, value_object(type), str_intern_c(th, "__module__"));
    if (!module) return EMPTY;
    return raise_type(th, "%S.%S() takes an at %s %d-sequence (%d-sequence given)", as_str(module), type->name, bound, limit, n);
  }
  Value fields[32] = {0};
  memcpy(fields, seq->items, (size_t)n * 8);
  if (n_pos + n_kw == 2) {
    if (!dict_check(args[1])) return raise_type(th, "%S() takes a dict as second arg, if any", type->name);
    for (int i = n; i < n_fields; i++) {
      fields[i] = dict_get_c(th, as_dict(args[1]), type->spec->getsets[i].name);
      if (!fields[i] && th->pending) return EMPTY;
    }
  }
  return structseq_new(th, type, fields, n_visible, n_fields);
}

Value structseq_repr(RpThread *th, Value self) {
  Tuple *t = as_tuple(self);
  Type *type = type_of(self);
  Value module = op_getattr(th, value_object(type), str_intern_c(th, "__module__"));
  if (!module) return EMPTY;
  StrBuilder sb;
  sb_init(&sb, th);
  sb_fmt(&sb, "%S.%S(", as_str(module), type->name);
  for (uint64_t i = 0; i < t->length; i++) {
    Str *r = op_repr(th, t->items[i]);
    if (!r) return sb_drop(&sb), EMPTY;
    sb_fmt(&sb, "%s%s=%S", i ? ", " : "", type->spec->getsets[i].name, r);
  }
  sb_char(&sb, ')');
  Str *s = sb_finish(&sb);
  return s ? value_object(s) : EMPTY;
}

Value structseq_reduce(RpThread *th, const Value *a) {
  Tuple *t = as_tuple(a[0]), *plain = tuple_new(th, t->items, t->length);
  Type *type = type_of(a[0]);
  Dict *d = plain ? dict_new(th) : NULL;
  if (!d) return EMPTY;
  for (int i = 0; i < n_hidden(t); i++)
    if (dict_set_c(th, d, type->spec->getsets[t->length + (uint64_t)i].name, hidden(t)[i]) < 0) return EMPTY;
  Tuple *args = tuple_of(th, 2, value_object(plain), value_object(d));
  Tuple *r = args ? tuple_of(th, 2, value_object(type), value_object(args)) : NULL;
  return r ? value_object(r) : EMPTY;
}

#define X(i) Value structseq_get_##i(RpThread *th, Value self) { return field(as_tuple(self), i); }
STRUCTSEQ_EACH(X)
#undef X
