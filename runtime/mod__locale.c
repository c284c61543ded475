/* mod__locale.c: the module _locale. The runtime's locale is C with UTF-8, for good: number formats and case do not depend on the environment. Asking for
** "C", "POSIX" or the environment's locale is granted and changes nothing. */
#include "runtime/posix.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>

static Value text(RpThread *th, const char *s) {
  Str *t = str_from_c(th, s);
  return t ? value_object(t) : EMPTY;
}
static Value locale_error(RpThread *th, const char *why) {
  Value m = import_module_c(th, "_locale");
  Value cls = m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, "Error"));
  Value e = cls == EMPTY ? EMPTY : op_call1(th, cls, text(th, why));
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static Value m_setlocale(RpThread *th, const Value *a) {
  int category;
  if (!int_arg(th, a[0], 0, &category)) return EMPTY;
  if (category < 0 || category > LC_ALL) return locale_error(th, "invalid locale category");
  if (a[1] == EMPTY || a[1] == NONE) return text(th, "C");
  if (!str_check(a[1])) return raise_type(th, "setlocale() argument 2 must be str or None, not %T", a[1]);
  static const char *const granted[] = {"", "C", "POSIX", "C.UTF-8", "C.utf8"};
  for (size_t i = 0; i < countof(granted); i++)
    if (str_eq_c(as_str(a[1]), granted[i])) return text(th, "C");
  return locale_error(th, "unsupported locale setting");
}
static Value m_localeconv(RpThread *th, const Value *a) {
  static const char *const texts[] = {"int_curr_symbol", "currency_symbol", "mon_decimal_point", "mon_thousands_sep", "positive_sign", "negative_sign", "thousands_sep"};
  static const char *const numbers[] = {"int_frac_digits", "frac_digits", "p_cs_precedes", "p_sep_by_space", "n_cs_precedes", "n_sep_by_space", "p_sign_posn", "n_sign_posn"};
  Dict *d = dict_new(th);
  List *grouping = list_new(th, 0), *mon = list_new(th, 0);
  if (!d || !grouping || !mon) return EMPTY;
  for (size_t i = 0; i < countof(texts); i++)
    if (dict_set_c(th, d, texts[i], value_object(str_empty_)) < 0) return EMPTY;
  for (size_t i = 0; i < countof(numbers); i++)
    if (dict_set_c(th, d, numbers[i], value_int(CHAR_MAX)) < 0) return EMPTY;
  if (dict_set_c(th, d, "grouping", value_object(grouping)) < 0 || dict_set_c(th, d, "mon_grouping", value_object(mon)) < 0 ||
      dict_set_c(th, d, "decimal_point", text(th, ".")) < 0)
    return EMPTY;
  return value_object(d);
}
/* By code point, as the C locale orders. */
static Value m_strcoll(RpThread *th, const Value *a) {
  if (!str_check(a[0]) || !str_check(a[1])) return raise_type(th, "strcoll() argument %d must be str, not %T", str_check(a[0]) ? 2 : 1, str_check(a[0]) ? a[1] : a[0]);
  return value_int(str_cmp(as_str(a[0]), as_str(a[1])));
}
static Value m_strxfrm(RpThread *th, const Value *a) { return str_check(a[0]) ? a[0] : raise_type(th, "strxfrm() argument 1 must be str, not %T", a[0]); }
static Value m_nl_langinfo(RpThread *th, const Value *a) {
  int key;
  if (!int_arg(th, a[0], 0, &key)) return EMPTY;
  return text(th, key == CODESET ? "UTF-8" : nl_langinfo(key));
}
static Value m_getencoding(RpThread *th, const Value *a) { return text(th, "utf-8"); }

static const NativeDef functions[] = {
    {"setlocale", m_setlocale, "(category, locale=None, /)", 0, "Activates/queries locale processing."},
    {"localeconv", m_localeconv, "()", 0, "Returns numeric and monetary locale-specific parameters."},
    {"strcoll", m_strcoll, "(os1, os2, /)", 0, "Compares two strings according to the locale."},
    {"strxfrm", m_strxfrm, "(string, /)", 0, "Return a string that can be used as a key for locale-aware comparisons."},
    {"nl_langinfo", m_nl_langinfo, "(key, /)", 0, "Return the value for the locale information associated with key."},
    {"getencoding", m_getencoding, "()", 0, "Get the current locale encoding."},
    {0},
};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {C(LC_CTYPE), C(LC_TIME), C(LC_COLLATE), C(LC_MONETARY), C(LC_MESSAGES), C(LC_NUMERIC), C(LC_ALL), {"CHAR_MAX", CHAR_MAX},
      C(DAY_1), C(DAY_2), C(DAY_3), C(DAY_4), C(DAY_5), C(DAY_6), C(DAY_7), C(ABDAY_1), C(ABDAY_2), C(ABDAY_3), C(ABDAY_4), C(ABDAY_5), C(ABDAY_6), C(ABDAY_7),
      C(MON_1), C(MON_2), C(MON_3), C(MON_4), C(MON_5), C(MON_6), C(MON_7), C(MON_8), C(MON_9), C(MON_10), C(MON_11), C(MON_12),
      C(ABMON_1), C(ABMON_2), C(ABMON_3), C(ABMON_4), C(ABMON_5), C(ABMON_6), C(ABMON_7), C(ABMON_8), C(ABMON_9), C(ABMON_10), C(ABMON_11), C(ABMON_12),
      C(RADIXCHAR), C(THOUSEP), C(YESEXPR), C(NOEXPR), C(CRNCYSTR), C(D_T_FMT), C(D_FMT), C(T_FMT), C(AM_STR), C(PM_STR), C(CODESET), C(T_FMT_AMPM),
      C(ERA), C(ERA_D_FMT), C(ERA_D_T_FMT), C(ERA_T_FMT), C(ALT_DIGITS)};
#undef C
  Tuple *bases = tuple_of(th, 1, value_object(&type_Exception));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_c(th, ns, "__module__", text(th, "locale")) < 0) return -1;
  Value error = type_new_class(th, &type_type, str_intern_c(th, "Error"), bases, ns, NULL, NULL);
  if (error == EMPTY || dict_set_c(th, dict, "Error", error) < 0) return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod__locale = {.doc = "Support for POSIX locales.", .functions = functions, .init = init};
