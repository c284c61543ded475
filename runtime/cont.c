/* cont.c: see cont.h. */
#include "runtime/cont.h"

bool cont_index(RpThread *th, Value v, const char *what, int64_t *out) {
  if (likely(is_int(v))) return *out = as_int(v), true;
  if (what && !int_check(v) && !type_of(v)->slots.index)
    return raise_type(th, "%s indices must be integers or slices, not %T", what, v), false;
  Value i = op_index(th, v);
  if (i == EMPTY) return false;
  if (int_as_i64(i, out)) return true;
  return raise_index(th, "cannot fit '%T' into an index-sized integer", v), false;
}

bool cont_bound(RpThread *th, Value v, int64_t *out) {
  if (is_int(v)) return *out = as_int(v), true;
  if (!int_check(v) && !type_of(v)->slots.index)
    return raise_type(th, "slice indices must be integers or have an __index__ method"), false;
  return op_as_size(th, v, out);
}

bool cont_no_keywords(RpThread *th, const char *fname, int n_kw) {
  return n_kw == 0 || (raise_type(th, "%s() takes no keyword arguments", fname), false);
}

bool cont_arity(RpThread *th, const char *fname, int n, int min, int max) {
  if (n >= min && n <= max) return true;
  int bound = n < min ? min : max;
  raise_type(th, "%s expected %s%d argument%s, got %d", fname, min == max ? "" : n < min ? "at least " : "at most ", bound,
             bound == 1 ? "" : "s", n);
  return false;
}

static int name_index(const char *const *names, int n, const Str *name) {
  for (int i = 0; i < n; i++)
    if (names[i][0] && str_eq_c(name, names[i])) return i;
  return -1;
}

bool cont_bind(RpThread *th, const char *fname, const char *const *names, int n_names, int n_required, int n_pos_max, const Value *args,
               int n_pos, Tuple *kwnames, Value *out) {
  int n_kw = n_keywords(kwnames);
  if (n_pos > n_pos_max) {
    if (n_pos_max == 0) return raise_type(th, "%s() takes no positional arguments", fname), false;
    return raise_type(th, "%s() takes at most %d %sargument%s (%d given)", fname, n_pos_max, n_pos_max < n_names ? "positional " : "",
                      n_pos_max == 1 ? "" : "s", n_pos + (n_pos_max < n_names ? 0 : n_kw)),
           false;
  }
  for (int i = 0; i < n_names; i++) out[i] = i < n_pos ? args[i] : EMPTY;
  for (int k = 0; k < n_kw; k++) {
    Str *name = as_str(kwnames->items[k]);
    int i = name_index(names, n_names, name);
    if (i < 0) return raise_type(th, "'%S' is an invalid keyword argument for %s()", name, fname), false;
    if (out[i] != EMPTY) return raise_type(th, "argument for %s() given by name ('%s') and position (%d)", fname, names[i], i + 1), false;
    out[i] = args[n_pos + k];
  }
  for (int i = 0; i < n_required; i++)
    if (out[i] == EMPTY) {
      if (names[i][0]) return raise_type(th, "%s() missing required argument '%s' (pos %d)", fname, names[i], i + 1), false;
      return raise_type(th, "%s() takes at least %d positional argument%s (%d given)", fname, n_required, n_required == 1 ? "" : "s", n_pos), false;
    }
  return true;
}

Value cont_builtin(RpThread *th, const char *name) {
  Value v = dict_get_c(th, th->ctx->builtins, name);
  if (v == EMPTY && th->pending == EMPTY) raise_attribute(th, "module 'builtins' has no attribute '%s'", name);
  return v;
}

Value reduce_iter(RpThread *th, const char *builtin, Value arg, Value state) {
  Value fn = cont_builtin(th, builtin);
  if (fn == EMPTY) return EMPTY;
  Tuple *args = tuple_of(th, 1, arg);
  if (!args) return EMPTY;
  return V(state == EMPTY ? tuple_of(th, 2, fn, V(args)) : tuple_of(th, 3, fn, V(args), state));
}

bool sb_repr(StrBuilder *sb, RpThread *th, Value v) {
  Str *s = op_repr(th, v);
  if (!s) return false;
  sb_str(sb, s);
  return true;
}
