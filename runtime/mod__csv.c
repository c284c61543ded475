/* mod__csv.c: the module _csv: rows of delimited text. A Dialect is immutable; a reader is a state machine over the characters of its lines. */
#include "runtime/cont.h"
#include "runtime/context.h"

typedef enum Quoting { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE } Quoting;
#define NO_CHAR 0x110000u

typedef struct Dialect {
  Object hdr;
  Value overflow;
  uint32_t delimiter, quote, escape;
  Str *terminator;
  bool doublequote, skip_space, strict;
  uint8_t quoting;
} Dialect;
#define DIALECT(v) ((Dialect *)as_object(v))

static Value csv_state(RpThread *th, const char *name) {
  Value m = module_import_native(th, str_intern_c(th, "_csv"));
  return m == EMPTY ? EMPTY : dict_get_c(th, ((Module *)as_object(m))->dict, name);
}
static Value csv_error(RpThread *th, const char *text) {
  Value cls = csv_state(th, "Error"), e = cls == EMPTY ? EMPTY : op_call1(th, cls, V(str_from_c(th, text)));
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}

/* -- Dialect ------------------------------------------------------------------------------------------------------------------------------ */

static const char *const option_names[] = {"delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"};
enum { O_DELIMITER, O_DOUBLE, O_ESCAPE, O_TERMINATOR, O_QUOTE, O_QUOTING, O_SKIP, O_STRICT, N_OPTIONS };

static void d_trace(Tracer *tr, Object *o) {
  Dialect *d = (Dialect *)o;
  trace_value(tr, load_consume(&d->overflow));
  if (d->terminator) trace_ref(tr, d->terminator);
}
static bool char_option(RpThread *th, const char *name, Value v, uint32_t dflt, bool none_ok, uint32_t *out) {
  *out = dflt;
  if (v == EMPTY) return true;
  if (v == NONE && none_ok) {
    *out = NO_CHAR;
    return true;
  }
  const char *or_none = none_ok ? " or None" : "";
  if (!str_check(v)) return raise_type(th, "\"%s\" must be string%s, not %T", name, or_none, v), false;
  if (as_str(v)->length != 1) return raise_type(th, "\"%s\" must be a 1-character string", name), false;
  *out = str_at(as_str(v), 0);
  return true;
}
static bool bool_option(RpThread *th, Value v, bool dflt, bool *out) {
  int t = v == EMPTY ? dflt : op_truth(th, v);
  *out = t > 0;
  return t >= 0;
}
/* A Dialect from another one (class, instance or name) with options over it. */
static Value dialect_make(RpThread *th, Type *type, Value from, const Value *given) {
  Value o[N_OPTIONS];
  if (from == NONE) from = EMPTY;
  if (from != EMPTY && str_check(from)) {
    Value all = csv_state(th, "_dialects"), found = all == EMPTY ? EMPTY : dict_get(th, as_dict(all), from);
    if (found == EMPTY) return th->pending != EMPTY ? EMPTY : csv_error(th, "unknown dialect");
    from = found;
  }
  bool any = false;
  for (int i = 0; i < N_OPTIONS; i++) any |= given[i] != EMPTY;
  if (from != EMPTY && !any && type_of(from) == &type_csv_Dialect && type == &type_csv_Dialect) return from;
  for (int i = 0; i < N_OPTIONS; i++) {
    o[i] = given[i];
    if (o[i] == EMPTY && from != EMPTY) o[i] = op_getattr_opt(th, from, str_intern_c(th, option_names[i]));
    if (th->pending != EMPTY) return EMPTY;
  }
  Dialect *d = (Dialect *)type_alloc(th, type);
  if (!d) return EMPTY;
  if (!bool_option(th, o[O_DOUBLE], true, &d->doublequote) || !bool_option(th, o[O_SKIP], false, &d->skip_space) ||
      !bool_option(th, o[O_STRICT], false, &d->strict) || !char_option(th, "delimiter", o[O_DELIMITER], ',', false, &d->delimiter) ||
      !char_option(th, "escapechar", o[O_ESCAPE], NO_CHAR, true, &d->escape) || !char_option(th, "quotechar", o[O_QUOTE], '"', true, &d->quote))
    return EMPTY;
  int64_t quoting = QUOTE_MINIMAL;
  if (o[O_QUOTING] != EMPTY) {
    if (!is_int(o[O_QUOTING])) return raise_type(th, "\"quoting\" must be an integer");
    quoting = as_int(o[O_QUOTING]);
  }
  if (quoting < 0 || quoting > QUOTE_NONE) return raise_type(th, "bad \"quoting\" value");
  if (o[O_QUOTE] == NONE && o[O_QUOTING] == EMPTY) quoting = QUOTE_NONE;
  d->quoting = (uint8_t)quoting;
  if (o[O_TERMINATOR] != EMPTY && !str_check(o[O_TERMINATOR])) return raise_type(th, "\"lineterminator\" must be a string");
  obj_store_ref(th, d, &d->terminator, o[O_TERMINATOR] == EMPTY ? str_intern_c(th, "\r\n") : as_str(o[O_TERMINATOR]));
  if (quoting != QUOTE_NONE && d->quote == NO_CHAR) return raise_type(th, "quotechar must be set if quoting enabled");
  return V(d);
}
#define OPTIONS "delimiter=',', doublequote=True, escapechar=None, lineterminator='\\r\\n', quotechar='\"', quoting=0, skipinitialspace=False, strict=False"
static Value d_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  static const NativeDef def = {"Dialect", NULL, "(dialect=None, " OPTIONS ")"};
  Value a[1 + N_OPTIONS];
  return native_bind(th, &def, args, n_pos, kwnames, a) ? dialect_make(th, type, a[0], a + 1) : EMPTY;
}
static int d_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) { return 0; }
static Value char_value(RpThread *th, uint32_t c) { return c == NO_CHAR ? NONE : V(str_from_char(th, c)); }
static Value get_delimiter(RpThread *th, Value v) { return char_value(th, DIALECT(v)->delimiter); }
static Value get_quotechar(RpThread *th, Value v) { return char_value(th, DIALECT(v)->quote); }
static Value get_escapechar(RpThread *th, Value v) { return char_value(th, DIALECT(v)->escape); }
static Value get_terminator(RpThread *th, Value v) { return V(DIALECT(v)->terminator); }
static Value get_doublequote(RpThread *th, Value v) { return value_bool(DIALECT(v)->doublequote); }
static Value get_skip(RpThread *th, Value v) { return value_bool(DIALECT(v)->skip_space); }
static Value get_strict(RpThread *th, Value v) { return value_bool(DIALECT(v)->strict); }
static Value get_quoting(RpThread *th, Value v) { return value_int(DIALECT(v)->quoting); }
const TypeSpec spec_csv_Dialect = {
    .doc = "CSV dialect",
    .size = sizeof(Dialect),
    .slots = {.trace = d_trace, .new_ = d_new, .init = d_init},
    .getsets = (const GetSetDef[]){{"delimiter", get_delimiter, NULL, NULL}, {"quotechar", get_quotechar, NULL, NULL},
                                   {"escapechar", get_escapechar, NULL, NULL}, {"lineterminator", get_terminator, NULL, NULL},
                                   {"doublequote", get_doublequote, NULL, NULL}, {"skipinitialspace", get_skip, NULL, NULL},
                                   {"strict", get_strict, NULL, NULL}, {"quoting", get_quoting, NULL, NULL}, {0}},
};

/* -- reader ---------------------------------------------------------------------------------------------------------------------------------- */

typedef struct Reader { Object hdr; Value overflow, lines; Dialect *dialect; int64_t line_num; } Reader;
#define READER(v) ((Reader *)as_object(v))
typedef enum State { START_RECORD, START_FIELD, ESCAPED, IN_FIELD, IN_QUOTED, ESCAPE_IN_QUOTED, QUOTE_IN_QUOTED, EAT_NL, AFTER_ESCAPED_NL } State;
typedef struct Parse { RpThread *th; Dialect *d; State state; StrBuilder field; List *row; bool numeric; int64_t limit; } Parse;

static void r_trace(Tracer *tr, Object *o) {
  trace_value(tr, load_consume(&((Reader *)o)->lines));
  if (((Reader *)o)->dialect) trace_ref(tr, ((Reader *)o)->dialect);
}
static bool save_field(Parse *p) {
  Str *s = sb_finish(&p->field);
  sb_init(&p->field, p->th);
  Value v = V(s);
  if (s && p->numeric) v = op_call1(p->th, V(&type_float), v);
  p->numeric = false;
  return v != EMPTY && list_append(p->th, p->row, v) == 0;
}
static bool add_char(Parse *p, uint32_t c) {
  if ((int64_t)p->field.len >= p->limit) {
    char text[80];
    snprintf(text, sizeof text, "field larger than field limit (%ld)", (long)p->limit);
    return csv_error(p->th, text), false;
  }
  sb_char(&p->field, c);
  return true;
}
/* One character; c is NO_CHAR at the end of a line. */
static bool step(Parse *p, uint32_t c) {
  Dialect *d = p->d;
  bool end = c == NO_CHAR, nl = c == '\n' || c == '\r';
  switch (p->state) {
  case START_RECORD:
    if (end) return true; /* an empty line is an empty row */
    if (nl) return p->state = EAT_NL, true;
    p->state = START_FIELD;
    /* fall through */
  case START_FIELD:
    if (nl || end) return p->state = end ? START_RECORD : EAT_NL, save_field(p);
    if (c == d->quote && d->quoting != QUOTE_NONE) return p->state = IN_QUOTED, true;
    if (c == d->escape) return p->state = ESCAPED, true;
    if (c == ' ' && d->skip_space) return true;
    if (c == d->delimiter) return save_field(p);
    p->numeric = d->quoting == QUOTE_NONNUMERIC;
    p->state = IN_FIELD;
    return add_char(p, c);
  case ESCAPED:
    if (nl) return p->state = AFTER_ESCAPED_NL, add_char(p, c);
    p->state = IN_FIELD;
    return add_char(p, end ? '\n' : c);
  case AFTER_ESCAPED_NL:
    if (end) return true;
    /* fall through */
  case IN_FIELD:
    if (nl || end) return p->state = end ? START_RECORD : EAT_NL, save_field(p);
    if (c == d->escape) return p->state = ESCAPED, true;
    if (c == d->delimiter) return p->state = START_FIELD, save_field(p);
    return add_char(p, c);
  case IN_QUOTED:
    if (end) return true;
    if (c == d->escape) return p->state = ESCAPE_IN_QUOTED, true;
    if (c == d->quote && d->quoting != QUOTE_NONE) return p->state = d->doublequote ? QUOTE_IN_QUOTED : IN_FIELD, true;
    return add_char(p, c);
  case ESCAPE_IN_QUOTED:
    p->state = IN_QUOTED;
    return add_char(p, end ? '\n' : c);
  case QUOTE_IN_QUOTED:
    if (d->quoting != QUOTE_NONE && c == d->quote) return p->state = IN_QUOTED, add_char(p, c);
    if (c == d->delimiter) return p->state = START_FIELD, save_field(p);
    if (nl || end) return p->state = end ? START_RECORD : EAT_NL, save_field(p);
    if (!d->strict) return p->state = IN_FIELD, add_char(p, c);
    Str *text = str_fmt(p->th, "'%S' expected after '%S'", str_from_char(p->th, d->delimiter), str_from_char(p->th, d->quote));
    if (text) csv_error(p->th, str_utf8(p->th, text, NULL));
    return false;
  case EAT_NL:
    if (nl) return true;
    if (end) return p->state = START_RECORD, true;
    return csv_error(p->th, "new-line character seen in unquoted field - do you need to open the file in universal-newline mode?"), false;
  }
  return false;
}
static Value r_next(RpThread *th, Value self) {
  Reader *r = READER(self);
  Value limit = csv_state(th, "_limit");
  Parse p = {.th = th, .d = r->dialect, .row = list_new(th, 8), .limit = is_int(limit) ? as_int(limit) : 131072};
  if (!p.row) return EMPTY;
  sb_init(&p.field, th);
  do {
    Value line = op_next(th, r->lines);
    if (line == EMPTY) {
      if (th->pending == EMPTY && (p.field.len || p.state == IN_QUOTED)) {
        if (p.d->strict) csv_error(th, "unexpected end of data");
        else if (save_field(&p)) return V(p.row);
      }
      goto fail;
    }
    if (!str_check(line)) {
      Str *text = str_fmt(th, "iterator should return strings, not %T (the file should be opened in text mode)", line);
      if (text) csv_error(th, str_utf8(th, text, NULL));
      goto fail;
    }
    r->line_num++;
    Str *s = as_str(line);
    for (uint32_t i = 0; i < s->length; i++)
      if (!step(&p, str_at(s, i))) goto fail;
    if (!step(&p, NO_CHAR)) goto fail;
  } while (p.state != START_RECORD);
  sb_drop(&p.field);
  return V(p.row);
fail:
  sb_drop(&p.field);
  return EMPTY;
}
static Value self_iter(RpThread *th, Value self) { return self; }
static Value r_dialect(RpThread *th, Value self) { return V(READER(self)->dialect); }
static Value r_line_num(RpThread *th, Value self) { return value_int(READER(self)->line_num); }
const TypeSpec spec_csv_reader = {
    .doc = "CSV reader",
    .size = sizeof(Reader),
    .slots = {.trace = r_trace, .iter = self_iter, .next = r_next},
    .getsets = (const GetSetDef[]){{"dialect", r_dialect, NULL, NULL}, {"line_num", r_line_num, NULL, NULL}, {0}},
};

/* -- writer ------------------------------------------------------------------------------------------------------------------------------------ */

typedef struct Writer { Object hdr; Value overflow, write; Dialect *dialect; } Writer;
#define WRITER(v) ((Writer *)as_object(v))
static void w_trace(Tracer *tr, Object *o) {
  trace_value(tr, load_consume(&((Writer *)o)->write));
  if (((Writer *)o)->dialect) trace_ref(tr, ((Writer *)o)->dialect);
}
static bool special(const Dialect *d, uint32_t c) {
  if (c == d->delimiter || c == d->escape || c == d->quote || c == '\n' || c == '\r') return true;
  for (uint32_t i = 0; i < d->terminator->length; i++)
    if (str_at(d->terminator, i) == c) return true;
  return false;
}
/* Appends one field. False + pending. */
static bool put_field(RpThread *th, Dialect *d, StrBuilder *sb, Value v, bool only) {
  bool number = int_check(v) || float_check(v);
  Str *s = v == NONE ? str_empty_ : op_str(th, v);
  if (!s) return false;
  bool quoted = d->quoting == QUOTE_ALL || (d->quoting == QUOTE_NONNUMERIC && !number);
  for (uint32_t i = 0; i < s->length && !quoted; i++)
    if (special(d, str_at(s, i))) quoted = d->quoting != QUOTE_NONE && str_at(s, i) != d->escape && (str_at(s, i) != d->quote || d->doublequote);
  if (only && !s->length) {
    if (d->quoting == QUOTE_NONE) return csv_error(th, "single empty field record must be quoted"), false;
    quoted = true;
  }
  if (quoted) sb_char(sb, d->quote);
  for (uint32_t i = 0; i < s->length; i++) {
    uint32_t c = str_at(s, i);
    if (special(d, c)) {
      bool escape = d->quoting == QUOTE_NONE || c == d->escape;
      if (!escape && c == d->quote) {
        if (d->doublequote) sb_char(sb, d->quote);
        else escape = true;
      }
      if (escape) {
        if (d->escape == NO_CHAR) return csv_error(th, "need to escape, but no escapechar set"), false;
        sb_char(sb, d->escape);
      }
    }
    sb_char(sb, c);
  }
  if (quoted) sb_char(sb, d->quote);
  return true;
}
static Value m_writerow(RpThread *th, const Value *a) {
  Writer *w = WRITER(a[0]);
  Value it = op_iter(th, a[1]);
  if (it == EMPTY) {
    if (!error_is(th, &type_TypeError)) return EMPTY;
    error_clear(th);
    Str *text = str_fmt(th, "iterable expected, not %T", a[1]);
    return text ? csv_error(th, str_utf8(th, text, NULL)) : EMPTY;
  }
  List *row = op_to_list(th, it);
  if (!row) return EMPTY;
  StrBuilder sb;
  sb_init(&sb, th);
  uint32_t n = list_len(row);
  for (uint32_t i = 0; i < n; i++) {
    if (i) sb_char(&sb, w->dialect->delimiter);
    if (!put_field(th, w->dialect, &sb, list_get_fast(row, i), n == 1)) {
      sb_drop(&sb);
      return EMPTY;
    }
  }
  sb_str(&sb, w->dialect->terminator);
  Str *line = sb_finish(&sb);
  return line ? op_call1(th, w->write, V(line)) : EMPTY;
}
static Value m_writerows(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[1]), row;
  if (it == EMPTY) return EMPTY;
  while ((row = op_next(th, it)) != EMPTY) {
    const Value args[2] = {a[0], row};
    if (m_writerow(th, args) == EMPTY) return EMPTY;
  }
  return th->pending != EMPTY ? EMPTY : NONE;
}
static Value w_dialect(RpThread *th, Value self) { return V(WRITER(self)->dialect); }
const TypeSpec spec_csv_writer = {
    .doc = "CSV writer",
    .size = sizeof(Writer),
    .slots = {.trace = w_trace},
    .methods = (const NativeDef[]){{"writerow", m_writerow, "(self, row, /)", 0, NULL}, {"writerows", m_writerows, "(self, rows, /)", 0, NULL}, {0}},
    .getsets = (const GetSetDef[]){{"dialect", w_dialect, NULL, NULL}, {0}},
};

/* -- The module ------------------------------------------------------------------------------------------------------------------------------------- */

static Value m_reader(RpThread *th, const Value *a) {
  Value it = op_iter(th, a[0]), d = it == EMPTY ? EMPTY : dialect_make(th, &type_csv_Dialect, a[1], a + 2);
  Reader *r = d == EMPTY ? NULL : heap_new(th, Reader, SHAPE_csv_reader, K_NATIVE_OBJECT);
  if (!r) return EMPTY;
  r->lines = it;
  r->dialect = DIALECT(d);
  return V(r);
}
static Value m_writer(RpThread *th, const Value *a) {
  Value write = op_getattr_opt(th, a[0], S(write));
  if (write == EMPTY || !op_callable(write)) return th->pending != EMPTY ? EMPTY : raise_type(th, "argument 1 must have a \"write\" method");
  Value d = dialect_make(th, &type_csv_Dialect, a[1], a + 2);
  Writer *w = d == EMPTY ? NULL : heap_new(th, Writer, SHAPE_csv_writer, K_NATIVE_OBJECT);
  if (!w) return EMPTY;
  w->write = write;
  w->dialect = DIALECT(d);
  return V(w);
}
static Value dialects(RpThread *th) { return csv_state(th, "_dialects"); }
static Value m_register(RpThread *th, const Value *a) {
  if (!str_check(a[0])) return raise_type(th, "dialect name must be a string");
  Value d = dialect_make(th, &type_csv_Dialect, a[1], a + 2), all = d == EMPTY ? EMPTY : dialects(th);
  return all == EMPTY || dict_set(th, as_dict(all), a[0], d) < 0 ? EMPTY : NONE;
}
static Value m_unregister(RpThread *th, const Value *a) {
  Value all = dialects(th), d = all == EMPTY ? EMPTY : dict_get(th, as_dict(all), a[0]);
  if (d == EMPTY) return th->pending != EMPTY ? EMPTY : csv_error(th, "unknown dialect");
  return dict_del(th, as_dict(all), a[0]) < 0 ? EMPTY : NONE;
}
static Value m_get(RpThread *th, const Value *a) {
  Value all = dialects(th), d = all == EMPTY ? EMPTY : dict_get(th, as_dict(all), a[0]);
  return d != EMPTY || th->pending != EMPTY ? d : csv_error(th, "unknown dialect");
}
static Value m_list(RpThread *th, const Value *a) {
  Value all = dialects(th);
  return all == EMPTY ? EMPTY : V(op_to_list(th, all));
}
static Value m_limit(RpThread *th, const Value *a) {
  Value old = csv_state(th, "_limit"), m = module_import_native(th, str_intern_c(th, "_csv"));
  if (old == EMPTY || a[0] == EMPTY) return old;
  if (!is_int(a[0])) return raise_type(th, "limit must be an integer");
  return dict_set_c(th, ((Module *)as_object(m))->dict, "_limit", a[0]) < 0 ? EMPTY : old;
}
static const NativeDef functions[] = {
    {"reader", m_reader, "(iterable, dialect='excel', /, *, " OPTIONS ")", 0, NULL},
    {"writer", m_writer, "(fileobj, dialect='excel', /, *, " OPTIONS ")", 0, NULL},
    {"register_dialect", m_register, "(name, dialect=None, /, *, " OPTIONS ")", 0, NULL},
    {"unregister_dialect", m_unregister, "(name, /)", 0, NULL},
    {"get_dialect", m_get, "(name, /)", 0, NULL},
    {"list_dialects", m_list, "()", 0, NULL},
    {"field_size_limit", m_limit, "(limit=None, /)", 0, NULL},
    {0},
};
static int init(RpThread *th, Dict *dict) {
  Dict *all = dict_new(th), *ns = all ? dict_new(th) : NULL;
  Value base = V(&type_Exception);
  Tuple *bases = ns ? tuple_new(th, &base, 1) : NULL;
  if (!bases || dict_set_str(th, ns, S(__module__), V(str_intern_c(th, "_csv"))) < 0) return -1;
  Value error = type_new_class(th, &type_type, str_intern_c(th, "Error"), bases, ns, NULL, NULL);
  if (error == EMPTY || dict_set_c(th, dict, "Error", error) < 0 || dict_set_c(th, dict, "_dialects", V(all)) < 0) return -1;
  static const char *const names[] = {"QUOTE_MINIMAL", "QUOTE_ALL", "QUOTE_NONNUMERIC", "QUOTE_NONE"};
  for (int i = 0; i < 4; i++)
    if (dict_set_c(th, dict, names[i], value_int(i)) < 0) return -1;
  return dict_set_c(th, dict, "_limit", value_int(131072)) < 0 || dict_set_c(th, dict, "Dialect", V(&type_csv_Dialect)) < 0 ||
                 dict_set_c(th, dict, "__version__", V(str_intern_c(th, "1.0"))) < 0
             ? -1
             : 0;
}
const ModuleSpec mod__csv = {.doc = "CSV parsing and writing.\n", .functions = functions, .init = init};
