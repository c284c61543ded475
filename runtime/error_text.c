/* error_text.c: the report of an exception: causes and contexts, traceback, SyntaxError's own form, groups, notes, suggestions. */
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#define MAX_GROUP_WIDTH 15
#define MAX_GROUP_DEPTH 10

typedef struct Report {
  RpThread *th;
  StrBuilder sb;
  List *seen;         /* exceptions printed: chains and groups may meet again */
  int depth;          /* nested groups */
  bool need_close;
} Report;

static void margin_of(const Report *r, char *buf) {
  int n = 0;
  for (int i = 0; i < r->depth * 2 && n < 60; i++) buf[n++] = ' ';
  if (r->depth) {
    buf[n++] = '|';
    buf[n++] = ' ';
  }
  buf[n] = 0;
}

/* -- Suggestions ----------------------------------------------------------------------------------------------------------- */

/* Weighted Levenshtein distance as CPython's: 2 for an edit, 1 for a change of case; max + 1 when it is more than max. */
#define MOVE_COST 2
#define CASE_COST 1
#define MAX_NAME 40
#define MAX_CANDIDATES 750

static uint32_t lower(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }
static int substitution(uint32_t a, uint32_t b) { return a == b ? 0 : lower(a) == lower(b) ? CASE_COST : MOVE_COST; }

static int distance(const Str *a, const Str *b, int max) {
  uint32_t i0 = 0, na = a->length, nb = b->length;
  while (i0 < na && i0 < nb && str_at(a, i0) == str_at(b, i0)) i0++;
  while (na > i0 && nb > i0 && str_at(a, na - 1) == str_at(b, nb - 1)) na--, nb--;
  int n = (int)(na - i0), m = (int)(nb - i0);
  if (n == 0 || m == 0) return (n + m) * MOVE_COST;
  if (n > MAX_NAME || m > MAX_NAME) return max + 1;
  if ((n > m ? n - m : m - n) * MOVE_COST > max) return max + 1;
  int row[MAX_NAME + 1];
  for (int j = 0; j < n; j++) row[j] = (j + 1) * MOVE_COST;
  int result = 0;
  for (int k = 0; k < m; k++) {
    uint32_t c = str_at(b, i0 + (uint32_t)k);
    int dist = result = k * MOVE_COST, least = max + 1;
    for (int j = 0; j < n; j++) {
      int sub = dist + substitution(c, str_at(a, i0 + (uint32_t)j));
      dist = row[j];
      int edit = (result < dist ? result : dist) + MOVE_COST;
      result = sub < edit ? sub : edit;
      row[j] = result;
      if (result < least) least = result;
    }
    if (least > max) return max + 1;
  }
  return result;
}

typedef struct Best { const Str *wrong; Str *name; int d; int n; } Best;

static void consider(Best *b, Value candidate) {
  if (!str_check(candidate) || ++b->n > MAX_CANDIDATES || as_str(candidate) == b->wrong) return;
  Str *s = as_str(candidate);
  int max = (int)(b->wrong->length + s->length + 3) * MOVE_COST / 6;
  if (b->d - 1 < max) max = b->d - 1;
  int d = distance(b->wrong, s, max);
  if (d <= max && (!b->name || d < b->d)) b->name = s, b->d = d;
}

static void consider_list(RpThread *th, Best *b, Value list) {
  if (list_check(list))
    for (uint32_t i = 0; i < list_len(as_list(list)); i++) consider(b, list_array(as_list(list))->items[i]);
}

static void consider_dict(Best *b, Value d) {
  uint32_t pos = 0;
  Value k, v;
  if (dict_check(d))
    while (dict_next(as_dict(d), &pos, &k, &v)) consider(b, k);
}

static void attribute_candidates(RpThread *th, Best *b, Value exc) {
  Value obj = as_exc(exc)->fields[EXC_AttributeError_obj];
  if (obj == EMPTY || !th->ctx->builtins) return; /* no builtins: the start of a context failed */
  Value dir = op_call1(th, dict_get_c(th, th->ctx->builtins, "dir"), obj);
  if (dir == EMPTY) return error_clear(th);
  consider_list(th, b, dir);
}

static void name_candidates(RpThread *th, Best *b, Value exc) {
  Value tb = as_exc(exc)->traceback;
  if (tb == EMPTY) return;
  Traceback *t = (Traceback *)as_object(tb);
  while (t->next) t = t->next;
  for (uint64_t i = 0; i < t->code->varnames->length; i++) consider(b, t->code->varnames->items[i]);
  for (uint64_t i = 0; i < t->code->freevars->length; i++) consider(b, t->code->freevars->items[i]);
  if (b->name) return;
  b->n = 0;
  consider_dict(b, t->globals);
  if (b->name) return;
  b->n = 0;
  if (th->ctx->builtins) consider_dict(b, value_object(th->ctx->builtins));
}

Str *error_suggestion(RpThread *th, Value exc) {
  bool attr = value_is_instance(exc, &type_AttributeError);
  if (!attr && !value_is_instance(exc, &type_NameError)) return NULL;
  Value name = as_exc(exc)->fields[0];
  if (name == EMPTY || !str_check(name)) return NULL;
  Best b = {as_str(name), NULL, 1 << 20, 0};
  if (attr) attribute_candidates(th, &b, exc);
  else name_candidates(th, &b, exc);
  return b.name && b.n <= MAX_CANDIDATES ? str_fmt(th, ". Did you mean: '%S'?", b.name) : NULL;
}

/* -- SyntaxError ---------------------------------------------------------------------------------------------------------------- */

static Value field(Value exc, int i) {
  Value v = as_exc(exc)->fields[i];
  return v == EMPTY ? NONE : v;
}

/* File line, the source line and carets. The message line is printed by the caller. */
static void put_syntax(Report *r, Value exc, const char *margin) {
  Value file = field(exc, EXC_SyntaxError_filename), line = field(exc, EXC_SyntaxError_lineno), text = field(exc, EXC_SyntaxError_text);
  Value offset = field(exc, EXC_SyntaxError_offset), end_line = field(exc, EXC_SyntaxError_end_lineno), end_offset = field(exc, EXC_SyntaxError_end_offset);
  StrBuilder *sb = &r->sb;
  if (!is_int(line)) return;
  if (str_check(file)) sb_fmt(sb, "%s  File \"%S\", line %ld\n", margin, as_str(file), (long)as_int(line));
  else sb_fmt(sb, "%s  File \"<string>\", line %ld\n", margin, (long)as_int(line));
  Str *s = str_check(text) ? as_str(text) : NULL;
  if (!s && str_check(file)) s = source_text_line(r->th, as_str(file), (int)as_int(line));
  if (!s) return;
  /* Only the last line before a final newline is shown; leading blanks go, and the offset with them. */
  int64_t at = is_int(offset) ? as_int(offset) : -1;
  int64_t end = is_int(end_line) && as_int(end_line) != as_int(line) ? -2 : is_int(end_offset) ? as_int(end_offset) : -1;
  uint32_t lo = 0, hi = s->length;
  while (hi > lo && (str_at(s, hi - 1) == '\n' || str_at(s, hi - 1) == '\r')) hi--;
  if (end == -2) end = (int64_t)hi + 1;
  for (uint32_t i = 0; i < hi; i++)
    if (str_at(s, i) == '\n') lo = i + 1;
  while (lo < hi && strchr(" \t\f", (int)str_at(s, lo)) && str_at(s, lo) < 128) lo++;
  sb_fmt(sb, "%s    ", margin);
  sb_slice(sb, s, lo, hi);
  sb_char(sb, '\n');
  if (at < 0) return;
  at -= 1 + (int64_t)lo;
  end -= 1 + (int64_t)lo;
  if (at < 0) at = -1;
  if (end < at + 1) end = at + 1;
  if (at < 0) return;
  sb_fmt(sb, "%s    ", margin);
  for (int64_t i = 0; i < at; i++) {
    uint32_t c = lo + i < hi ? str_at(s, lo + (uint32_t)i) : ' ';
    sb_char(sb, c == '\t' || c == '\f' ? c : ' ');
  }
  for (int64_t i = at; i < end; i++) sb_char(sb, '^');
  sb_char(sb, '\n');
}

/* -- The message ----------------------------------------------------------------------------------------------------------------- */

static void put_type(Report *r, Value exc) {
  Type *t = type_of(exc);
  Value module = op_getattr_opt(r->th, value_object(t), S(__module__));
  error_clear(r->th);
  if (module == EMPTY || !str_check(module)) sb_ascii(&r->sb, "<unknown>.");
  else if (!str_eq_c(as_str(module), "builtins") && !str_eq_c(as_str(module), "__main__")) sb_fmt(&r->sb, "%S.", as_str(module));
  sb_str(&r->sb, t->qualname);
}

/* Lines of s, each behind the margin; the first one continues the current line. */
static void put_lines(Report *r, Str *s, const char *margin, bool first_open) {
  uint32_t from = 0;
  for (uint32_t i = 0; i <= s->length; i++) {
    if (i < s->length && str_at(s, i) != '\n') continue;
    if (!(first_open && from == 0)) sb_ascii(&r->sb, margin);
    sb_slice(&r->sb, s, from, i);
    sb_char(&r->sb, '\n');
    from = i + 1;
  }
}

static void put_notes(Report *r, Value exc, const char *margin) {
  RpThread *th = r->th;
  Value notes = op_getattr_opt(th, exc, S(__notes__));
  if (notes == EMPTY) return error_clear(th);
  bool seq = list_check(notes) || tuple_check(notes);
  if (!seq) {
    Str *s = op_repr(th, notes);
    if (!s) return error_clear(th);
    put_lines(r, s, margin, false);
    return;
  }
  Tuple *t = op_to_tuple(th, notes);
  if (!t) return error_clear(th);
  for (uint64_t i = 0; i < t->length; i++) {
    Str *s = op_str(th, t->items[i]);
    if (!s) {
      error_clear(th);
      sb_fmt(&r->sb, "%s<note str() failed>\n", margin);
    } else put_lines(r, s, margin, false);
  }
}

static void put_message(Report *r, Value exc, const char *margin) {
  RpThread *th = r->th;
  Value shown = op_getattr_opt(th, exc, S(print_file_and_line));
  error_clear(th);
  if (shown != EMPTY && value_is_instance(exc, &type_SyntaxError)) put_syntax(r, exc, margin);
  sb_ascii(&r->sb, margin);
  put_type(r, exc);
  Str *s = value_is_instance(exc, &type_SyntaxError) && str_check(field(exc, EXC_SyntaxError_msg)) ? as_str(field(exc, EXC_SyntaxError_msg)) : op_str(th, exc);
  if (!s) {
    error_clear(th);
    sb_ascii(&r->sb, ": <exception str() failed>\n");
  } else {
    if (s->length) sb_ascii(&r->sb, ": ");
    Str *more = error_suggestion(th, exc);
    error_clear(th);
    if (more) s = str_concat(th, s, more);
    if (s) put_lines(r, s, margin, true);
  }
  put_notes(r, exc, margin);
}

/* -- Chains and groups --------------------------------------------------------------------------------------------------------------- */

static bool seen(Report *r, Value exc) {
  Array *a = list_array(r->seen);
  for (uint32_t i = 0; i < a->length; i++)
    if (a->items[i] == exc) return true;
  return false;
}

static void report(Report *r, Value exc);

static void put_traceback(Report *r, Value exc, const char *margin) {
  Value tb = as_exc(exc)->traceback;
  if (tb != EMPTY) traceback_text(r->th, &r->sb, tb, margin);
}

static void spaces(Report *r, int n) {
  while (n-- > 0) sb_char(&r->sb, ' ');
}

/* Each member in a box of its own. */
static void put_group(Report *r, Value exc) {
  char margin[80];
  if (r->depth > MAX_GROUP_DEPTH) {
    margin_of(r, margin);
    sb_fmt(&r->sb, "%s... (max_group_depth is %d)\n", margin, MAX_GROUP_DEPTH);
    return;
  }
  bool outermost = r->depth == 0;
  if (outermost) r->depth = 1;
  margin_of(r, margin);
  Value tb = as_exc(exc)->traceback;
  if (tb != EMPTY) {
    StrBuilder tmp;
    sb_init(&tmp, r->th);
    traceback_text(r->th, &tmp, tb, margin);
    Str *s = sb_finish(&tmp);
    if (s) {
      spaces(r, r->depth * 2);
      sb_ascii(&r->sb, outermost ? "+ " : "| ");
      sb_ascii(&r->sb, "Exception Group ");
      sb_slice(&r->sb, s, (uint32_t)strlen(margin), s->length);
    }
  }
  put_message(r, exc, margin);
  Tuple *members = as_tuple(as_exc(exc)->fields[EXC_BaseExceptionGroup_exceptions]);
  uint64_t n = members->length > MAX_GROUP_WIDTH ? MAX_GROUP_WIDTH + 1 : members->length;
  r->need_close = false;
  for (uint64_t i = 0; i < n; i++) {
    bool last = i == n - 1, truncated = members->length > MAX_GROUP_WIDTH && last;
    if (last) r->need_close = true;
    spaces(r, r->depth * 2);
    sb_ascii(&r->sb, i == 0 ? "+-" : "  ");
    if (truncated) sb_ascii(&r->sb, "+---------------- ... ----------------\n");
    else sb_fmt(&r->sb, "+---------------- %zu ----------------\n", (size_t)i + 1);
    r->depth++;
    if (!truncated) report(r, members->items[i]);
    else {
      char inner[80];
      margin_of(r, inner);
      size_t more = members->length - MAX_GROUP_WIDTH;
      sb_fmt(&r->sb, "%sand %zu more exception%s\n", inner, more, more > 1 ? "s" : "");
    }
    if (last && r->need_close) {
      spaces(r, r->depth * 2);
      sb_ascii(&r->sb, "+------------------------------------\n");
      r->need_close = false;
    }
    r->depth--;
  }
  if (outermost) r->depth = 0;
}

static void put_link(Report *r, Value other, const char *text) {
  char margin[80];
  report(r, other);
  margin_of(r, margin);
  sb_fmt(&r->sb, "%s\n%s%s\n%s\n", margin, margin, text, margin);
}

static void report(Report *r, Value exc) {
  RpThread *th = r->th;
  if (!thread_check_stack(th, " in print_exception")) return error_clear(th);
  Value saved = value_object(r->seen);
  (void)saved;
  if (list_append(th, r->seen, exc) < 0) return error_clear(th);
  Exception *e = as_exc(exc);
  bool close = r->need_close;
  r->need_close = false;
  if (e->cause != EMPTY) {
    if (!seen(r, e->cause)) put_link(r, e->cause, "The above exception was the direct cause of the following exception:");
  } else if (e->context != EMPTY && !e->suppress_context) {
    if (!seen(r, e->context)) put_link(r, e->context, "During handling of the above exception, another exception occurred:");
  }
  r->need_close = close;
  if (value_is_instance(exc, &type_BaseExceptionGroup)) put_group(r, exc);
  else {
    char margin[80];
    margin_of(r, margin);
    put_traceback(r, exc, margin);
    put_message(r, exc, margin);
  }
}

Str *error_text(RpThread *th, Value exc) {
  Report r = {.th = th, .seen = list_new(th, 4)};
  if (!r.seen) return NULL;
  sb_init(&r.sb, th);
  report(&r, exc);
  return sb_finish(&r.sb);
}
