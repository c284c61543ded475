/* mod__sre.c: module _sre: Pattern, Match and Scanner objects around the matcher of sre.h. */
#include "runtime/bytes_util.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/module.h"
#include "runtime/sre.h"

typedef struct Pattern {
  Object hdr;
  Value pattern;       /* str, bytes or None (compiled from a parsed pattern) */
  Dict *groupindex;
  Tuple *indexgroup;
  uint32_t *code;      /* malloc'ed */
  uint32_t n_code, groups;
  int64_t flags;
} Pattern;

typedef struct Match {
  Object hdr;
  Value string;
  Value regs;          /* cached tuple or EMPTY */
  Pattern *re;
  int64_t pos, endpos;
  int32_t lastindex;   /* -1: None */
  uint32_t groups;     /* group 0 included */
  int64_t *marks;      /* malloc'ed, 2 per group, -1: unset */
} Match;

typedef struct Scanner { Object hdr; Pattern *re; Value string; int64_t pos, endpos, at; bool must_advance, done; } Scanner;

static Pattern *as_pattern(Value v) { return (Pattern *)as_object(v); }
static Match *as_match(Value v) { return (Match *)as_object(v); }

static Value no_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return raise_type(th, "cannot create '%s' instances", type == &type_re_Pattern ? "re.Pattern" : type == &type_re_Match ? "re.Match" : "_sre.SRE_Scanner");
}

/* -- Subjects --------------------------------------------------------------------------------------------------- */

/* A pattern at work on a string: the matcher and what keeps its data alive. */
typedef struct Subject { Sre sre; Value string; Buffer buf; int64_t pos, endpos; } Subject;

static bool subject_take(RpThread *th, Subject *su, Pattern *p, Value string, Value pos, Value endpos) {
  int64_t lo, hi, n;
  su->buf.owner = NULL;
  su->string = string;
  if (!arg_ssize(th, pos, 0, &lo) || !arg_ssize(th, endpos, INT64_MAX, &hi)) return false;
  if (str_check(string)) {
    if (bytes_check(p->pattern)) return raise_type(th, "cannot use a bytes pattern on a string-like object"), false;
    n = as_str(string)->length;
  } else {
    if (!has_buffer(string)) return raise_type(th, "expected string or bytes-like object, got '%T'", string), false;
    if (str_check(p->pattern)) return raise_type(th, "cannot use a string pattern on a bytes-like object"), false;
    if (buffer_acquire(th, string, &su->buf, false) < 0) return false;
    n = su->buf.size;
  }
  if (!sre_init(&su->sre, th, p->code, p->groups)) {
    if (su->buf.owner) buffer_release(th, &su->buf);
    return false;
  }
  su->sre.data = su->buf.owner ? su->buf.data : (void *)as_str(string)->u1;
  su->sre.width = su->buf.owner ? 0 : str_width(as_str(string));
  lo = lo < 0 ? 0 : lo > n ? n : lo;
  hi = hi < 0 ? 0 : hi > n ? n : hi;
  su->pos = lo;
  su->endpos = hi;
  su->sre.start = su->sre.ptr = lo;
  su->sre.length = hi;
  return true;
}
static void subject_drop(Subject *su) {
  RpThread *th = su->sre.th;
  sre_fini(&su->sre);
  if (su->buf.owner) buffer_release(th, &su->buf);
}

/* string[lo:hi] as groups show it: str, or bytes for any buffer. */
static Value piece(RpThread *th, Value string, int64_t lo, int64_t hi) {
  if (lo < 0) lo = 0;
  if (hi < lo) hi = lo;
  if (str_check(string)) {
    uint32_t n = as_str(string)->length;
    return vstr(str_slice(th, as_str(string), lo > n ? n : (uint32_t)lo, hi > n ? n : (uint32_t)hi));
  }
  Buffer b;
  if (buffer_acquire(th, string, &b, false) < 0) return EMPTY;
  if (hi > b.size) hi = b.size;
  if (lo > hi) lo = hi;
  Value v = lo == 0 && hi == b.size && has_shape(string, SHAPE_bytes) ? string : vstr(bytes_new(th, (char *)b.data + lo, (size_t)(hi - lo)));
  buffer_release(th, &b);
  return v;
}

static Value match_new(RpThread *th, Pattern *p, Subject *su) {
  const Sre *s = &su->sre;
  Match *m = heap_new(th, Match, SHAPE_re_Match, K_NATIVE_OBJECT);
  if (!m) return EMPTY;
  m->marks = malloc(((size_t)p->groups + 1) * 2 * sizeof *m->marks);
  if (!m->marks) return raise_memory(th);
  m->string = su->string;
  m->re = p;
  m->pos = su->pos;
  m->endpos = su->endpos;
  m->lastindex = s->lastindex;
  m->groups = p->groups + 1;
  m->marks[0] = s->start;
  m->marks[1] = s->ptr;
  for (uint32_t i = 0; i < p->groups; i++) {
    bool set = s->marks[2 * i] >= 0 && s->marks[2 * i + 1] >= 0;
    m->marks[2 * i + 2] = set ? s->marks[2 * i] : -1;
    m->marks[2 * i + 3] = set ? s->marks[2 * i + 1] : -1;
  }
  return value_object(m);
}

/* -- Pattern: matching -------------------------------------------------------------------------------------------- */

typedef enum How { HOW_MATCH, HOW_FULL, HOW_SEARCH } How;

static int attempt(Sre *s, How how) {
  s->match_all = how == HOW_FULL;
  s->lastindex = -1;
  return how == HOW_SEARCH ? sre_search(s) : sre_match(s);
}

static Value match_one(RpThread *th, const Value *a, How how) {
  Pattern *p = as_pattern(a[0]);
  Subject su;
  if (!subject_take(th, &su, p, a[1], a[2], a[3])) return EMPTY;
  int r = attempt(&su.sre, how);
  Value v = r < 0 ? EMPTY : r ? match_new(th, p, &su) : NONE;
  subject_drop(&su);
  return v;
}
static Value p_match(RpThread *th, const Value *a) { return match_one(th, a, HOW_MATCH); }
static Value p_fullmatch(RpThread *th, const Value *a) { return match_one(th, a, HOW_FULL); }
static Value p_search(RpThread *th, const Value *a) { return match_one(th, a, HOW_SEARCH); }

static Value group_text(RpThread *th, const Sre *s, Value string, uint32_t g, Value unset) {
  int64_t lo = s->marks[2 * g], hi = s->marks[2 * g + 1];
  return lo < 0 || hi < 0 ? unset : piece(th, string, lo, hi);
}

static void go_on(Sre *s) {
  s->must_advance = s->ptr == s->start;
  s->start = s->ptr;
}

static Value found_item(RpThread *th, Pattern *p, Subject *su) {
  Sre *s = &su->sre;
  Value empty = str_check(su->string) ? value_object(str_empty_) : piece(th, su->string, 0, 0);
  if (empty == EMPTY) return EMPTY;
  if (p->groups == 0) return piece(th, su->string, s->start, s->ptr);
  if (p->groups == 1) return group_text(th, s, su->string, 0, empty);
  Tuple *t = tuple_alloc(th, p->groups);
  for (uint32_t g = 0; t && g < p->groups; g++) {
    Value v = group_text(th, s, su->string, g, empty);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[g], v);
  }
  return vstr(t);
}

static Value p_findall(RpThread *th, const Value *a) {
  Pattern *p = as_pattern(a[0]);
  Subject su;
  if (!subject_take(th, &su, p, a[1], a[2], a[3])) return EMPTY;
  List *l = list_new(th, 0);
  int r = l ? 1 : -1;
  while (r > 0 && (r = attempt(&su.sre, HOW_SEARCH)) > 0) {
    Value v = found_item(th, p, &su);
    if (v == EMPTY || list_append(th, l, v) < 0) r = -1;
    go_on(&su.sre);
  }
  subject_drop(&su);
  return r < 0 ? EMPTY : value_object(l);
}

static Value p_split(RpThread *th, const Value *a) {
  Pattern *p = as_pattern(a[0]);
  Subject su;
  int64_t max, n = 0, last;
  if (!arg_ssize(th, a[2], 0, &max) || !subject_take(th, &su, p, a[1], EMPTY, EMPTY)) return EMPTY;
  List *l = list_new(th, 0);
  int r = l ? 1 : -1;
  last = su.sre.start;
  while (r > 0 && (!max || n < max) && (r = attempt(&su.sre, HOW_SEARCH)) > 0) {
    Value v = piece(th, a[1], last, su.sre.start);
    if (v == EMPTY || list_append(th, l, v) < 0) r = -1;
    for (uint32_t g = 0; r > 0 && g < p->groups; g++) {
      v = group_text(th, &su.sre, a[1], g, NONE);
      if (v == EMPTY || list_append(th, l, v) < 0) r = -1;
    }
    n++;
    last = su.sre.ptr;
    go_on(&su.sre);
  }
  if (r >= 0) {
    Value v = piece(th, a[1], last, su.endpos);
    if (v == EMPTY || list_append(th, l, v) < 0) r = -1;
  }
  subject_drop(&su);
  return r < 0 ? EMPTY : value_object(l);
}

/* A function of module re: the template language lives there. */
static Value re_function(RpThread *th, const char *name) {
  Str *re = str_intern_c(th, "re"), *fn = re ? str_intern_c(th, name) : NULL;
  if (!fn) return EMPTY;
  Value module = import_name(th, re, NONE, NONE, 0);
  return module == EMPTY ? EMPTY : op_getattr(th, module, fn);
}

/* The replacement as text, or as a function of the match (*is_fn). */
static Value replacement(RpThread *th, Pattern *p, Value repl, bool *is_fn) {
  *is_fn = op_callable(repl);
  if (*is_fn) return repl;
  bool literal = false;
  if (str_check(repl)) {
    const Str *s = as_str(repl);
    literal = str_find(s, 0, s->length, str_from_char(th, '\\')) < 0;
  } else if (has_buffer(repl)) {
    Buffer b;
    if (buffer_acquire(th, repl, &b, false) < 0) return EMPTY;
    literal = b.size == 0 || !memchr(b.data, '\\', (size_t)b.size);
    buffer_release(th, &b);
  }
  if (literal) return repl;
  Value f = re_function(th, "_subx");
  Value v = f == EMPTY ? EMPTY : op_call2(th, f, value_object(p), repl);
  *is_fn = v != EMPTY && op_callable(v);
  return v;
}

static bool add_part(RpThread *th, List *parts, Value v) { return v != EMPTY && (v == NONE || list_append(th, parts, v) == 0); }

static Value join_parts(RpThread *th, Value string, List *parts) {
  if (str_check(string)) {
    Array *items = list_array(parts);
    return vstr(str_join(th, str_empty_, items->items, items->length));
  }
  Bytes *empty = bytes_new(th, NULL, 0);
  return empty ? bytes_m_join(th, (Value[]){value_object(empty), value_object(parts)}) : EMPTY;
}

static Value substitute(RpThread *th, const Value *a, bool with_count) {
  Pattern *p = as_pattern(a[0]);
  Value string = a[2];
  Subject su;
  int64_t max, n = 0;
  bool is_fn;
  if (!arg_ssize(th, a[3], 0, &max)) return EMPTY;
  Value repl = replacement(th, p, a[1], &is_fn);
  if (repl == EMPTY || !subject_take(th, &su, p, string, EMPTY, EMPTY)) return EMPTY;
  List *parts = list_new(th, 0);
  int64_t last = su.sre.start;
  int r = parts ? 1 : -1;
  while (r > 0 && (!max || n < max) && (r = attempt(&su.sre, HOW_SEARCH)) > 0) {
    bool ok = last >= su.sre.start || add_part(th, parts, piece(th, string, last, su.sre.start));
    Value item = repl;
    if (ok && is_fn) {
      Value m = match_new(th, p, &su);
      item = m == EMPTY ? EMPTY : op_call1(th, repl, m);
    }
    if (!ok || !add_part(th, parts, item)) r = -1;
    last = su.sre.ptr;
    n++;
    go_on(&su.sre);
  }
  if (r >= 0 && last < su.endpos && !add_part(th, parts, piece(th, string, last, su.endpos))) r = -1;
  subject_drop(&su);
  Value v = r < 0 ? EMPTY : join_parts(th, string, parts);
  return v == EMPTY || !with_count ? v : vstr(tuple_of(th, 2, v, value_int(n)));
}
static Value p_sub(RpThread *th, const Value *a) { return substitute(th, a, false); }
static Value p_subn(RpThread *th, const Value *a) { return substitute(th, a, true); }

static Value p_scanner(RpThread *th, const Value *a) {
  Subject su; /* checks the arguments */
  if (!subject_take(th, &su, as_pattern(a[0]), a[1], a[2], a[3])) return EMPTY;
  Scanner *sc = heap_new(th, Scanner, SHAPE_sre_scanner, K_NATIVE_OBJECT);
  if (sc) {
    sc->re = as_pattern(a[0]);
    sc->string = a[1];
    sc->pos = sc->at = su.pos;
    sc->endpos = su.endpos;
  }
  subject_drop(&su);
  return vstr(sc);
}

static Value p_finditer(RpThread *th, const Value *a) {
  Value sc = p_scanner(th, a);
  Str *search = sc == EMPTY ? NULL : str_intern_c(th, "search");
  Value method = search ? op_getattr(th, sc, search) : EMPTY;
  Value iter = method == EMPTY ? EMPTY : dict_get_c(th, th->ctx->builtins, "iter");
  return iter == EMPTY ? EMPTY : op_call2(th, iter, method, NONE);
}

static Value copy_self(RpThread *th, const Value *a) { return a[0]; }
static Value class_getitem(RpThread *th, const Value *a) { return generic_alias_new(th, a[0], a[1]); }

/* -- Pattern: object --------------------------------------------------------------------------------------------------- */

static void p_trace(Tracer *tr, Object *o) {
  Pattern *p = (Pattern *)o;
  trace_value(tr, load_consume(&p->pattern));
  trace_ref(tr, p->groupindex);
  trace_ref(tr, p->indexgroup);
}
static void p_free(RpContext *ctx, Object *o) { free(((Pattern *)o)->code); }

static Value p_repr(RpThread *th, Value self) {
  static const struct { int bit; const char *name; } names[] = {
      {1, "re.TEMPLATE"}, {2, "re.IGNORECASE"}, {4, "re.LOCALE"}, {8, "re.MULTILINE"}, {16, "re.DOTALL"},
      {32, "re.UNICODE"}, {64, "re.VERBOSE"}, {128, "re.DEBUG"}, {256, "re.ASCII"}};
  Pattern *p = as_pattern(self);
  int64_t flags = p->flags;
  if (!bytes_check(p->pattern) && (flags & (SRE_FLAG_LOCALE | SRE_FLAG_UNICODE | 256)) == SRE_FLAG_UNICODE) flags &= ~SRE_FLAG_UNICODE;
  StrBuilder sb;
  sb_init(&sb, th);
  sb_fmt(&sb, "re.compile(%.200V", p->pattern);
  const char *sep = ", ";
  for (size_t i = 0; i < countof(names); i++) {
    if (!(flags & names[i].bit)) continue;
    sb_fmt(&sb, "%s%s", sep, names[i].name);
    flags &= ~(int64_t)names[i].bit;
    sep = "|";
  }
  if (flags) sb_fmt(&sb, "%s0x%llx", sep, (long long)flags);
  sb_char(&sb, ')');
  return vstr(sb_finish(&sb));
}

static int64_t p_hash(RpThread *th, Value self) {
  Pattern *p = as_pattern(self);
  int64_t h = op_hash(th, p->pattern);
  if (h == -1) return -1;
  h ^= (int64_t)mem_hash(p->code, (size_t)p->n_code * 4) ^ p->flags ^ ((int64_t)p->groups << 20);
  return h == -1 ? -2 : h;
}

static Value p_compare(RpThread *th, Value x, Value y, CompareOp op) {
  if (!has_shape(x, SHAPE_re_Pattern) || !has_shape(y, SHAPE_re_Pattern) || (op != CMP_EQ && op != CMP_NE)) return NOT_IMPLEMENTED;
  Pattern *a = as_pattern(x), *b = as_pattern(y);
  int eq = a == b;
  if (!eq && a->flags == b->flags && a->n_code == b->n_code && bytes_check(a->pattern) == bytes_check(b->pattern) &&
      !memcmp(a->code, b->code, (size_t)a->n_code * 4))
    eq = op_equal(th, a->pattern, b->pattern);
  return eq < 0 ? EMPTY : value_bool(eq == (op == CMP_EQ));
}

static Value get_pattern(RpThread *th, Value self) { return as_pattern(self)->pattern; }
static Value get_flags(RpThread *th, Value self) { return value_int(as_pattern(self)->flags); }
static Value get_groups(RpThread *th, Value self) { return value_int(as_pattern(self)->groups); }
static Value get_groupindex(RpThread *th, Value self) { return mapping_proxy_new(th, value_object(as_pattern(self)->groupindex)); }

static const NativeDef p_methods[] = {
    {"match", p_match, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, "Matches zero or more characters at the beginning of the string.", NULL},
    {"fullmatch", p_fullmatch, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, "Matches against all of the string.", NULL},
    {"search", p_search, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, "Scan through string looking for a match.", NULL},
    {"findall", p_findall, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, "Return a list of all non-overlapping matches of pattern in string.", NULL},
    {"finditer", p_finditer, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, "Return an iterator over all non-overlapping matches.", NULL},
    {"scanner", p_scanner, "(self, /, string, pos=0, endpos=9223372036854775807)", 0, NULL, NULL},
    {"split", p_split, "(self, /, string, maxsplit=0)", 0, "Split string by the occurrences of pattern.", NULL},
    {"sub", p_sub, "(self, /, repl, string, count=0)", 0, "Return the string obtained by replacing occurrences of pattern by repl.", NULL},
    {"subn", p_subn, "(self, /, repl, string, count=0)", 0, "Return the tuple (new_string, number_of_subs_made).", NULL},
    {"__copy__", copy_self, "(self, /)", 0, NULL, NULL},
    {"__deepcopy__", copy_self, "(self, memo, /)", 0, NULL, NULL},
    {"__class_getitem__", class_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, "See PEP 585", NULL},
    {NULL}};
static const GetSetDef p_getsets[] = {{"pattern", get_pattern, NULL, "The pattern string from which the RE object was compiled."},
                                      {"flags", get_flags, NULL, "The regex matching flags."},
                                      {"groups", get_groups, NULL, "The number of capturing groups in the pattern."},
                                      {"groupindex", get_groupindex, NULL, "A dictionary mapping group names to group numbers."},
                                      {NULL}};
const TypeSpec spec_re_Pattern = {
    .doc = "Compiled regular expression object.",
    .size = sizeof(Pattern),
    .slots = {.trace = p_trace, .free_ = p_free, .new_ = no_new, .repr = p_repr, .hash = p_hash, .compare = p_compare},
    .methods = p_methods,
    .getsets = p_getsets,
};

/* -- Match ------------------------------------------------------------------------------------------------------------- */

static void m_trace(Tracer *tr, Object *o) {
  Match *m = (Match *)o;
  trace_value(tr, load_consume(&m->string));
  trace_value(tr, load_consume(&m->regs));
  trace_ref(tr, m->re);
}
static void m_free(RpContext *ctx, Object *o) { free(((Match *)o)->marks); }

/* Group number of an int or a name; -1 + IndexError. */
static int64_t group_number(RpThread *th, Match *m, Value v) {
  int64_t i = -1;
  if (int_check(v) || (is_object(v) && type_of(v)->slots.index)) {
    Value n = op_index(th, v);
    if (n == EMPTY) return -1;
    if (!int_as_i64(n, &i)) i = -1;
  } else {
    Value n = dict_get(th, m->re->groupindex, v);
    if (n == EMPTY) error_clear(th);
    else if (!int_as_i64(n, &i)) i = -1;
  }
  if (i >= 0 && i < m->groups) return i;
  raise_index(th, "no such group");
  return -1;
}

static Value match_slice(RpThread *th, Match *m, int64_t g, Value dflt) {
  return m->marks[2 * g] < 0 ? dflt : piece(th, m->string, m->marks[2 * g], m->marks[2 * g + 1]);
}
static Value match_group(RpThread *th, Match *m, Value v, Value dflt) {
  int64_t g = group_number(th, m, v);
  return g < 0 ? EMPTY : match_slice(th, m, g, dflt);
}

static Value m_group(RpThread *th, const Value *a) {
  Match *m = as_match(a[0]);
  Tuple *args = as_tuple(a[1]);
  if (args->length == 0) return match_slice(th, m, 0, NONE);
  if (args->length == 1) return match_group(th, m, args->items[0], NONE);
  Tuple *t = tuple_alloc(th, args->length);
  for (uint64_t i = 0; t && i < args->length; i++) {
    Value v = match_group(th, m, args->items[i], NONE);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[i], v);
  }
  return vstr(t);
}
static Value m_getitem(RpThread *th, Value self, Value key) { return match_group(th, as_match(self), key, NONE); }

static Value m_groups(RpThread *th, const Value *a) {
  Match *m = as_match(a[0]);
  Tuple *t = m->groups == 1 ? tuple_empty_ : tuple_alloc(th, m->groups - 1);
  for (uint32_t g = 1; t && g < m->groups; g++) {
    Value v = match_slice(th, m, g, a[1] == EMPTY ? NONE : a[1]);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[g - 1], v);
  }
  return vstr(t);
}

static Value m_groupdict(RpThread *th, const Value *a) {
  Match *m = as_match(a[0]);
  Dict *d = dict_new(th);
  uint32_t pos = 0;
  Value key, n;
  while (d && dict_next(m->re->groupindex, &pos, &key, &n)) {
    Value v = match_group(th, m, key, a[1] == EMPTY ? NONE : a[1]);
    if (v == EMPTY || dict_set(th, d, key, v) < 0) return EMPTY;
  }
  return vstr(d);
}

static Value pair(RpThread *th, int64_t x, int64_t y) { return vstr(tuple_of(th, 2, value_int(x), value_int(y))); }

#define SPAN(name, expr) \
  static Value name(RpThread *th, const Value *a) { \
    Match *m = as_match(a[0]); \
    int64_t g = a[1] == EMPTY ? 0 : group_number(th, m, a[1]); \
    return g < 0 ? EMPTY : (expr); \
  }
SPAN(m_start, value_int(m->marks[2 * g]))
SPAN(m_end, value_int(m->marks[2 * g + 1]))
SPAN(m_span, pair(th, m->marks[2 * g], m->marks[2 * g + 1]))

static Value m_expand(RpThread *th, const Value *a) {
  Value f = re_function(th, "_expand");
  return f == EMPTY ? EMPTY : op_call3(th, f, value_object(as_match(a[0])->re), a[0], a[1]);
}

static Value get_regs(RpThread *th, Value self) {
  Match *m = as_match(self);
  Value regs = load_acquire(&m->regs);
  if (regs != EMPTY) return regs;
  Tuple *t = tuple_alloc(th, m->groups);
  for (uint32_t g = 0; t && g < m->groups; g++) {
    Value v = pair(th, m->marks[2 * g], m->marks[2 * g + 1]);
    if (v == EMPTY) return EMPTY;
    obj_store(th, t, &t->items[g], v);
  }
  if (!t) return EMPTY;
  obj_store(th, m, &m->regs, value_object(t));
  return value_object(t);
}

static Value get_string(RpThread *th, Value self) { return as_match(self)->string; }
static Value get_re(RpThread *th, Value self) { return value_object(as_match(self)->re); }
static Value get_pos(RpThread *th, Value self) { return value_int(as_match(self)->pos); }
static Value get_endpos(RpThread *th, Value self) { return value_int(as_match(self)->endpos); }
static Value get_lastindex(RpThread *th, Value self) {
  int32_t i = as_match(self)->lastindex;
  return i < 0 ? NONE : value_int(i);
}
static Value get_lastgroup(RpThread *th, Value self) {
  Match *m = as_match(self);
  Tuple *names = m->re->indexgroup;
  return m->lastindex >= 0 && (uint64_t)m->lastindex < names->length ? names->items[m->lastindex] : NONE;
}

static Value m_repr(RpThread *th, Value self) {
  Match *m = as_match(self);
  Value text = match_slice(th, m, 0, NONE);
  if (text == EMPTY) return EMPTY;
  return vstr(str_fmt(th, "<re.Match object; span=(%lld, %lld), match=%.50V>", (long long)m->marks[0], (long long)m->marks[1], text));
}

static const NativeDef m_methods[] = {
    {"group", m_group, "(self, *groups)", 0, "group([group1, ...]) -> str or tuple.", NULL},
    {"groups", m_groups, "(self, /, default=None)", 0, "Return a tuple containing all the subgroups of the match, from 1.", NULL},
    {"groupdict", m_groupdict, "(self, /, default=None)", 0, "Return a dictionary containing all the named subgroups of the match.", NULL},
    {"start", m_start, "(self, group=0, /)", 0, "Return index of the start of the substring matched by group.", NULL},
    {"end", m_end, "(self, group=0, /)", 0, "Return index of the end of the substring matched by group.", NULL},
    {"span", m_span, "(self, group=0, /)", 0, "For match object m, return the 2-tuple (m.start(group), m.end(group)).", NULL},
    {"expand", m_expand, "(self, /, template)", 0, "Return the string obtained by doing backslash substitution on the string template.", NULL},
    {"__copy__", copy_self, "(self, /)", 0, NULL, NULL},
    {"__deepcopy__", copy_self, "(self, memo, /)", 0, NULL, NULL},
    {"__class_getitem__", class_getitem, "(cls, item, /)", NATIVE_CLASSMETHOD, "See PEP 585", NULL},
    {NULL}};
static const GetSetDef m_getsets[] = {{"string", get_string, NULL, "The string passed to match() or search()."},
                                      {"re", get_re, NULL, "The regular expression object."},
                                      {"pos", get_pos, NULL, "The index into the string at which the RE engine started looking for a match."},
                                      {"endpos", get_endpos, NULL, "The index into the string beyond which the RE engine will not go."},
                                      {"lastindex", get_lastindex, NULL, "The integer index of the last matched capturing group."},
                                      {"lastgroup", get_lastgroup, NULL, "The name of the last matched capturing group."},
                                      {"regs", get_regs, NULL, NULL},
                                      {NULL}};
const TypeSpec spec_re_Match = {
    .doc = "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    .size = sizeof(Match),
    .slots = {.trace = m_trace, .free_ = m_free, .new_ = no_new, .repr = m_repr, .getitem = m_getitem},
    .methods = m_methods,
    .getsets = m_getsets,
};

/* -- Scanner ------------------------------------------------------------------------------------------------------------- */

static void s_trace(Tracer *tr, Object *o) {
  Scanner *sc = (Scanner *)o;
  trace_ref(tr, sc->re);
  trace_value(tr, load_consume(&sc->string));
}

static Value scan(RpThread *th, Value self, How how) {
  Scanner *sc = (Scanner *)as_object(self);
  Subject su;
  if (sc->done) return NONE;
  if (!subject_take(th, &su, sc->re, sc->string, value_int(sc->pos), value_int(sc->endpos))) return EMPTY;
  su.sre.start = sc->at <= su.endpos ? sc->at : su.endpos;
  su.sre.must_advance = sc->must_advance;
  int r = attempt(&su.sre, how);
  Value v = r < 0 ? EMPTY : r ? match_new(th, sc->re, &su) : NONE;
  if (r <= 0) {
    sc->done = true;
  } else {
    go_on(&su.sre);
    sc->at = su.sre.start;
    sc->must_advance = su.sre.must_advance;
  }
  subject_drop(&su);
  return v;
}
static Value s_match(RpThread *th, const Value *a) { return scan(th, a[0], HOW_MATCH); }
static Value s_search(RpThread *th, const Value *a) { return scan(th, a[0], HOW_SEARCH); }
static Value s_get_pattern(RpThread *th, Value self) { return value_object(((Scanner *)as_object(self))->re); }

static const NativeDef s_methods[] = {{"match", s_match, "(self, /)", 0, NULL, NULL}, {"search", s_search, "(self, /)", 0, NULL, NULL}, {NULL}};
static const GetSetDef s_getsets[] = {{"pattern", s_get_pattern, NULL, NULL}, {NULL}};
const TypeSpec spec_sre_scanner = {
    .size = sizeof(Scanner), .slots = {.trace = s_trace, .new_ = no_new}, .methods = s_methods, .getsets = s_getsets};

/* -- Module ------------------------------------------------------------------------------------------------------------------ */

static Value sre_compile(RpThread *th, const Value *a) {
  int64_t flags, groups;
  if (!arg_ssize(th, a[1], 0, &flags) || !arg_ssize(th, a[3], 0, &groups)) return EMPTY;
  if (!list_check(a[2])) return raise_type(th, "compile() argument 'code' must be list, not %T", a[2]);
  if (!dict_check(a[4])) return raise_type(th, "compile() argument 'groupindex' must be dict, not %T", a[4]);
  if (!tuple_check(a[5])) return raise_type(th, "compile() argument 'indexgroup' must be tuple, not %T", a[5]);
  Tuple *code = list_to_tuple(th, as_list(a[2]));
  if (!code) return EMPTY;
  Pattern *p = heap_new(th, Pattern, SHAPE_re_Pattern, K_NATIVE_OBJECT);
  if (!p) return EMPTY;
  uint32_t *words = malloc(code->length * 4 + 4);
  if (!words) return raise_memory(th);
  p->code = words;
  p->n_code = (uint32_t)code->length;
  p->flags = flags;
  p->groups = (uint32_t)groups;
  p->pattern = a[0];
  p->groupindex = as_dict(a[4]);
  p->indexgroup = as_tuple(a[5]);
  for (uint64_t i = 0; i < code->length; i++) {
    int64_t w = -1;
    Value v = op_index(th, code->items[i]);
    if (v == EMPTY) return EMPTY;
    if (!int_as_i64(v, &w) || w < 0 || w > 0xFFFFFFFF) return raise_overflow(th, "regular expression code size limit exceeded");
    words[i] = (uint32_t)w;
  }
  if (groups < 0 || !sre_check(words, p->n_code, p->groups)) return raise_runtime(th, "invalid SRE code");
  return value_object(p);
}

static bool char_arg(RpThread *th, Value v, uint32_t *c) {
  int64_t i;
  if (!arg_ssize(th, v, 0, &i)) return false;
  *c = (uint32_t)i;
  return true;
}
#define CHAR_FN(name, expr) \
  static Value name(RpThread *th, const Value *a) { \
    uint32_t c; \
    return char_arg(th, a[0], &c) ? (expr) : EMPTY; \
  }
CHAR_FN(ascii_iscased, value_bool((c | 32) - 'a' < 26u && c < 128))
CHAR_FN(unicode_iscased, value_bool(unicode_simple_lower(c) != c || sre_upper_unicode(c) != c))
CHAR_FN(ascii_tolower, value_int(sre_lower_ascii(c)))
CHAR_FN(unicode_tolower, value_int(unicode_simple_lower(c)))
static Value getcodesize(RpThread *th, const Value *a) { return value_int(4); }

static const NativeDef functions[] = {
    {"compile", sre_compile, "(pattern, flags, code, groups, groupindex, indexgroup)", 0, NULL, NULL},
    {"getcodesize", getcodesize, "()", 0, NULL, NULL},
    {"ascii_iscased", ascii_iscased, "(character, /)", 0, NULL, NULL},
    {"unicode_iscased", unicode_iscased, "(character, /)", 0, NULL, NULL},
    {"ascii_tolower", ascii_tolower, "(character, /)", 0, NULL, NULL},
    {"unicode_tolower", unicode_tolower, "(character, /)", 0, NULL, NULL},
    {NULL}};

static int init(RpThread *th, Dict *d) {
  static const struct { const char *name; int64_t v; } constants[] = {
      {"MAGIC", SRE_MAGIC}, {"CODESIZE", 4}, {"MAXREPEAT", SRE_MAXREPEAT}, {"MAXGROUPS", SRE_MAXGROUPS}};
  for (size_t i = 0; i < countof(constants); i++)
    if (dict_set_c(th, d, constants[i].name, value_int(constants[i].v)) < 0) return -1;
  return 0;
}

const ModuleSpec mod__sre = {.functions = functions, .init = init};
