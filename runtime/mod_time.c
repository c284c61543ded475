/* mod_time.c: the module time. Clocks and sleep go through the context's OS table; calendar arithmetic is the C library's. */
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/int.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/os.h"
#include "runtime/str.h"
#include "runtime/structseq.h"
#include "runtime/sched.h"

#include <errno.h>
#include <math.h>
#include <time.h>

/* -- Clocks --------------------------------------------------------------------------- */

static bool read_clock(RpThread *th, int id, struct timespec *ts) {
  if (th->ctx->os->clock(th->ctx->os_data, id, ts) == 0) return true;
  raise_os(th, errno, EMPTY);
  return false;
}
static Value clock_seconds(RpThread *th, int id) {
  struct timespec ts;
  return read_clock(th, id, &ts) ? value_double((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9) : EMPTY;
}
static Value clock_ns(RpThread *th, int id) {
  struct timespec ts;
  return read_clock(th, id, &ts) ? int_from_i64(th, ts.tv_sec * 1000000000 + ts.tv_nsec) : EMPTY;
}
#define CLOCK(name, id)                                                                             \
  static Value m_##name(RpThread *th, const Value *a) { return clock_seconds(th, id); }             \
  static Value m_##name##_ns(RpThread *th, const Value *a) { return clock_ns(th, id); }
CLOCK(time, CLOCK_REALTIME) CLOCK(monotonic, CLOCK_MONOTONIC) CLOCK(perf_counter, CLOCK_MONOTONIC)
CLOCK(process_time, CLOCK_PROCESS_CPUTIME_ID) CLOCK(thread_time, CLOCK_THREAD_CPUTIME_ID)
#undef CLOCK

static bool clock_arg(RpThread *th, Value v, int *id) {
  int64_t i;
  if (!op_as_i64(th, v, &i)) return false;
  *id = (int)i;
  return true;
}
static Value m_clock_gettime(RpThread *th, const Value *a) {
  int id;
  return clock_arg(th, a[0], &id) ? clock_seconds(th, id) : EMPTY;
}
static Value m_clock_gettime_ns(RpThread *th, const Value *a) {
  int id;
  return clock_arg(th, a[0], &id) ? clock_ns(th, id) : EMPTY;
}
static Value m_clock_getres(RpThread *th, const Value *a) {
  int id;
  struct timespec ts;
  if (!clock_arg(th, a[0], &id)) return EMPTY;
  if (clock_getres(id, &ts) < 0) return raise_os(th, errno, EMPTY);
  return value_double((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9);
}

static Value m_get_clock_info(RpThread *th, const Value *a) {
  static const struct { const char *name, *id; bool monotonic, adjustable; } clocks[] = {
      {"time", "CLOCK_REALTIME", false, true},
      {"monotonic", "CLOCK_MONOTONIC", true, false},
      {"perf_counter", "CLOCK_MONOTONIC", true, false},
      {"process_time", "CLOCK_PROCESS_CPUTIME_ID", true, false},
      {"thread_time", "CLOCK_THREAD_CPUTIME_ID", true, false},
  };
  static const char *const fields[] = {"implementation", "monotonic", "adjustable", "resolution"};
  if (!str_check(a[0])) return raise_type(th, "get_clock_info() argument 1 must be str, not %T", a[0]);
  for (size_t i = 0; i < countof(clocks); i++) {
    if (!str_eq_c(as_str(a[0]), clocks[i].name)) continue;
    Str *impl = str_fmt(th, "clock_gettime(%s)", clocks[i].id);
    Tuple *names = impl ? tuple_alloc(th, 4) : NULL;
    if (!names) return EMPTY;
    for (int k = 0; k < 4; k++) {
      Str *s = str_intern_c(th, fields[k]);
      if (!s) return EMPTY;
      names->items[k] = value_object(s);
    }
    Value values[] = {value_object(impl), value_bool(clocks[i].monotonic), value_bool(clocks[i].adjustable), value_double(1e-9)};
    return op_call(th, value_object(&type_simple_namespace), values, 0, names);
  }
  return raise_value(th, "unknown clock");
}

/* -- Sleep -------------------------------------------------------------------------------- */

/* Seconds as a number into nanoseconds, rounded away from zero as CPython rounds timeouts. */
static bool duration_ns(RpThread *th, Value v, int64_t *ns) {
  if (float_check(v)) {
    double d = float_value(v);
    if (d != d) return raise_value(th, "Invalid value NaN (not a number)"), false;
    d *= 1e9;
    d = d >= 0 ? ceil(d) : floor(d);
    if (!(d >= -0x1p63 && d < 0x1p63)) return raise_overflow(th, "timestamp too large to convert to C _PyTime_t"), false;
    *ns = (int64_t)d;
    return true;
  }
  int64_t s;
  Value i = op_index(th, v);
  if (!i) return false;
  if (!int_as_i64(i, &s) || __builtin_mul_overflow(s, (int64_t)1000000000, ns))
    return raise_overflow(th, "timestamp too large to convert to C _PyTime_t"), false;
  return true;
}

/* Sleeps in slices, so that stopping the script or a signal never waits for a long one. */
#define SLICE_NS 50000000
static Value m_sleep(RpThread *th, const Value *a) {
  int64_t left;
  struct timespec now;
  if (!duration_ns(th, a[0], &left)) return EMPTY;
  if (left < 0) return raise_value(th, "sleep length must be non-negative");
  if (unlikely(th->ctx->sched != NULL)) { /* time goes by turns */
    for (int64_t end = sched_now_ns(th) + left; sched_now_ns(th) < end;) {
      sched_yield_now(th);
      if (!thread_poll(th)) return EMPTY;
    }
    return NONE;
  }
  if (!read_clock(th, CLOCK_MONOTONIC, &now)) return EMPTY;
  int64_t t = now.tv_sec * 1000000000 + now.tv_nsec, end;
  if (__builtin_add_overflow(t, left, &end)) end = INT64_MAX;
  do {
    int64_t until = end - t > SLICE_NS ? t + SLICE_NS : end;
    struct timespec ts = {until / 1000000000, until % 1000000000};
    thread_enter_safe(th);
    int r = th->ctx->os->sleep(th->ctx->os_data, &ts), err = errno;
    thread_leave_safe(th);
    if (r < 0 && err != EINTR) return raise_os(th, err, EMPTY);
    if (!thread_poll(th)) return EMPTY;
    if (r == 0) t = until;
    else if (!read_clock(th, CLOCK_MONOTONIC, &now)) return EMPTY;
    else t = now.tv_sec * 1000000000 + now.tv_nsec;
  } while (t < end);
  return NONE;
}

/* -- struct_time ----------------------------------------------------------------------------- */

enum { N_VISIBLE = 9, N_FIELDS = 11 };

static Value from_tm(RpThread *th, const struct tm *tm) {
  Str *zone = str_from_c(th, tm->tm_zone ? tm->tm_zone : "");
  if (!zone) return EMPTY;
  Value f[N_FIELDS] = {value_int((int64_t)tm->tm_year + 1900), value_int(tm->tm_mon + 1),        value_int(tm->tm_mday),
                       value_int(tm->tm_hour),                 value_int(tm->tm_min),            value_int(tm->tm_sec),
                       value_int((tm->tm_wday + 6) % 7),       value_int(tm->tm_yday + 1),       value_int(tm->tm_isdst),
                       value_object(zone),                     value_int(tm->tm_gmtoff)};
  return structseq_new(th, &type_struct_time, f, N_VISIBLE, N_FIELDS);
}

static Value struct_time_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  return structseq_construct(th, type, args, n_pos, kwnames, N_VISIBLE, N_FIELDS);
}
static const GetSetDef struct_time_fields[] = {
    STRUCTSEQ_FIELD(0, "tm_year", "year, for example, 1993"),
    STRUCTSEQ_FIELD(1, "tm_mon", "month of year, range [1, 12]"),
    STRUCTSEQ_FIELD(2, "tm_mday", "day of month, range [1, 31]"),
    STRUCTSEQ_FIELD(3, "tm_hour", "hours, range [0, 23]"),
    STRUCTSEQ_FIELD(4, "tm_min", "minutes, range [0, 59]"),
    STRUCTSEQ_FIELD(5, "tm_sec", "seconds, range [0, 61])"),
    STRUCTSEQ_FIELD(6, "tm_wday", "day of week, range [0, 6], Monday is 0"),
    STRUCTSEQ_FIELD(7, "tm_yday", "day of year, range [1, 366]"),
    STRUCTSEQ_FIELD(8, "tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"),
    STRUCTSEQ_FIELD(9, "tm_zone", "abbreviation of timezone name"),
    STRUCTSEQ_FIELD(10, "tm_gmtoff", "offset from UTC in seconds"),
    {0},
};
static const NativeDef struct_time_methods[] = {{"__reduce__", structseq_reduce, "(self, /)"}, {0}};
const TypeSpec spec_struct_time = {
    .doc = "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = struct_time_new},
    .methods = struct_time_methods,
    .getsets = struct_time_fields,
};

/* The tuple argument of asctime, mktime, strftime. *zone, when given, receives tm_zone text or NULL. */
static bool tuple_to_tm(RpThread *th, Value v, const char *function, struct tm *tm) {
  if (!tuple_check(v)) return raise_type(th, "Tuple or struct_time argument required"), false;
  Tuple *t = as_tuple(v);
  if (t->length != N_VISIBLE) return raise_type(th, "%s(): illegal time tuple argument", function), false;
  int64_t f[N_VISIBLE];
  for (int i = 0; i < N_VISIBLE; i++) {
    Value n = op_index(th, t->items[i]);
    if (!n) return false;
    if (!int_as_i64(n, &f[i]) || f[i] > INT32_MAX || f[i] < INT32_MIN)
      return raise_overflow(th, "Python int too large to convert to C int"), false;
  }
  if (f[0] < (int64_t)INT32_MIN + 1900) return raise_overflow(th, "year out of range"), false;
  *tm = (struct tm){.tm_year = (int)(f[0] - 1900), .tm_mon = (int)f[1] - 1, .tm_mday = (int)f[2], .tm_hour = (int)f[3], .tm_min = (int)f[4],
                    .tm_sec = (int)f[5], .tm_wday = (int)((f[6] + 1) % 7), .tm_yday = (int)f[7] - 1, .tm_isdst = (int)f[8]};
  if (type_of(v) == &type_struct_time) {
    Value zone = structseq_get_9(th, v), off = structseq_get_10(th, v);
    if (str_check(zone) && str_is_ascii(as_str(zone))) tm->tm_zone = as_str(zone)->c; /* alive as long as v */
    if (is_int(off)) tm->tm_gmtoff = as_int(off);
  }
  return true;
}

/* Values the C library would read out of bounds with. Zero means unknown for month, day and day of year. */
static bool check_tm(RpThread *th, struct tm *tm) {
  const char *bad = NULL;
  if (tm->tm_mon == -1) tm->tm_mon = 0;
  if (tm->tm_mday == 0) tm->tm_mday = 1;
  if (tm->tm_yday == -1) tm->tm_yday = 0;
  if (tm->tm_mon < 0 || tm->tm_mon > 11) bad = "month";
  else if (tm->tm_mday < 0 || tm->tm_mday > 31) bad = "day of month";
  else if (tm->tm_hour < 0 || tm->tm_hour > 23) bad = "hour";
  else if (tm->tm_min < 0 || tm->tm_min > 59) bad = "minute";
  else if (tm->tm_sec < 0 || tm->tm_sec > 61) bad = "seconds";
  else if (tm->tm_wday < 0) bad = "day of week";
  else if (tm->tm_yday < 0 || tm->tm_yday > 365) bad = "day of year";
  if (bad) raise_value(th, "%s out of range", bad);
  return !bad;
}

/* -- Calendar ---------------------------------------------------------------------------------- */

static bool time_arg(RpThread *th, Value v, time_t *t) {
  if (!v || v == NONE) {
    struct timespec ts;
    if (!read_clock(th, CLOCK_REALTIME, &ts)) return false;
    *t = ts.tv_sec;
    return true;
  }
  int64_t s;
  if (float_check(v)) {
    double d = floor(float_value(v));
    if (d != d) return raise_value(th, "Invalid value NaN (not a number)"), false;
    if (!(d >= -0x1p63 && d < 0x1p63)) return raise_overflow(th, "timestamp out of range for platform time_t"), false;
    s = (int64_t)d;
  } else {
    Value i = op_index(th, v);
    if (!i) return false;
    if (!int_as_i64(i, &s)) return raise_overflow(th, "timestamp out of range for platform time_t"), false;
  }
  *t = (time_t)s;
  return true;
}
static bool broken_down(RpThread *th, Value v, bool local, struct tm *tm) {
  time_t t;
  if (!time_arg(th, v, &t)) return false;
  if (local ? localtime_r(&t, tm) : gmtime_r(&t, tm)) {
    if (!local) tm->tm_zone = "UTC";
    return true;
  }
  raise_os(th, errno ? errno : EOVERFLOW, EMPTY);
  return false;
}
static Value m_gmtime(RpThread *th, const Value *a) {
  struct tm tm;
  if (!broken_down(th, a[0], false, &tm)) return EMPTY;
  tm.tm_zone = "GMT";
  return from_tm(th, &tm);
}
static Value m_localtime(RpThread *th, const Value *a) {
  struct tm tm;
  return broken_down(th, a[0], true, &tm) ? from_tm(th, &tm) : EMPTY;
}

static Value m_mktime(RpThread *th, const Value *a) {
  struct tm tm;
  if (!tuple_to_tm(th, a[0], "mktime", &tm)) return EMPTY;
  tm.tm_wday = -1; /* still -1 afterwards: -1 was an error and not one second before the epoch */
  time_t t = mktime(&tm);
  if (t == -1 && tm.tm_wday == -1) return raise_overflow(th, "mktime argument out of range");
  return value_double((double)t);
}

static Value ascii_time(RpThread *th, const struct tm *tm) {
  static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  Str *s = str_fmt(th, "%.3s %.3s%3d %.2d:%.2d:%.2d %d", days + 3 * tm->tm_wday, months + 3 * tm->tm_mon, tm->tm_mday, tm->tm_hour,
                   tm->tm_min, tm->tm_sec, tm->tm_year + 1900);
  return s ? value_object(s) : EMPTY;
}
static Value m_asctime(RpThread *th, const Value *a) {
  struct tm tm;
  if (a[0] ? !tuple_to_tm(th, a[0], "asctime", &tm) || !check_tm(th, &tm) : !broken_down(th, EMPTY, true, &tm)) return EMPTY;
  return ascii_time(th, &tm);
}
static Value m_ctime(RpThread *th, const Value *a) {
  struct tm tm;
  return broken_down(th, a[0], true, &tm) ? ascii_time(th, &tm) : EMPTY;
}

static Value m_strftime(RpThread *th, const Value *a) {
  struct tm tm;
  size_t n;
  if (!str_check(a[0])) return raise_type(th, "strftime() argument 1 must be str, not %T", a[0]);
  if (a[1] ? !tuple_to_tm(th, a[1], "strftime", &tm) || !check_tm(th, &tm) : !broken_down(th, EMPTY, true, &tm)) return EMPTY;
  if (tm.tm_isdst < -1) tm.tm_isdst = -1;
  else if (tm.tm_isdst > 1) tm.tm_isdst = 1;
  const char *format = str_utf8(th, as_str(a[0]), &n);
  if (!format) return EMPTY;
  if (n == 0) return value_object(str_empty_);
  if (memchr(format, 0, n)) return raise_value(th, "embedded null character");
  for (size_t size = 1024;; size *= 2) {
    char *buf = malloc(size);
    if (!buf) return raise_memory(th);
    size_t len = strftime(buf, size, format, &tm);
    if (len || size > 256 * n + 1024) { /* nothing that large: the result really is empty */
      Str *s = str_from_utf8(th, buf, len);
      free(buf);
      return s ? value_object(s) : EMPTY;
    }
    free(buf);
  }
}

static Value m_strptime(RpThread *th, const Value *a) {
  Str *name = str_intern_c(th, "_strptime"), *fn = name ? str_intern_c(th, "_strptime_time") : NULL;
  Value module = fn ? import_name(th, name, NONE, NONE, 0) : EMPTY, f = module ? op_getattr(th, module, fn) : EMPTY;
  if (!f) return EMPTY;
  return a[1] ? op_call2(th, f, a[0], a[1]) : op_call1(th, f, a[0]);
}

/* -- The module ------------------------------------------------------------------------------------ */

/* timezone, altzone, daylight, tzname: from the offsets in winter and summer of this year. */
static int put_zone(RpThread *th, Dict *dict) {
  time_t now = time(NULL), half_year = 182 * 24 * 3600;
  struct tm jan, jul;
  now -= now % 86400;
  localtime_r(&now, &jan);
  time_t january = now - (time_t)jan.tm_yday * 86400, july = january + half_year;
  localtime_r(&january, &jan);
  localtime_r(&july, &jul);
  long east_jan = jan.tm_gmtoff, east_jul = jul.tm_gmtoff;
  bool south = east_jan > east_jul; /* there July is winter */
  const struct tm *winter = south ? &jul : &jan, *summer = south ? &jan : &jul;
  Str *w = str_from_c(th, winter->tm_zone), *s = w ? str_from_c(th, summer->tm_zone) : NULL;
  Tuple *names = s ? tuple_of(th, 2, value_object(w), value_object(s)) : NULL;
  if (!names) return -1;
  return dict_set_c(th, dict, "timezone", value_int(-winter->tm_gmtoff)) < 0 || dict_set_c(th, dict, "altzone", value_int(-summer->tm_gmtoff)) < 0 ||
                 dict_set_c(th, dict, "daylight", value_int(east_jan != east_jul)) < 0 ||
                 dict_set_c(th, dict, "tzname", value_object(names)) < 0
             ? -1
             : 0;
}
static Value m_tzset(RpThread *th, const Value *a) {
  Str *name = str_intern_c(th, "time");
  Value m = name ? module_import_native(th, name) : EMPTY;
  if (!m) return EMPTY;
  tzset();
  return put_zone(th, ((Module *)as_object(m))->dict) < 0 ? EMPTY : NONE;
}

#define CLOCKS(name, what) {#name, m_##name, "()", 0, what}, {#name "_ns", m_##name##_ns, "()", 0, what " as nanoseconds"}
static const NativeDef time_functions[] = {
    CLOCKS(time, "Return the current time in seconds since the Epoch."),
    CLOCKS(monotonic, "Monotonic clock, cannot go backward."),
    CLOCKS(perf_counter, "Performance counter for benchmarking."),
    CLOCKS(process_time, "Process time for profiling: sum of the kernel and user-space CPU time."),
    CLOCKS(thread_time, "Thread time for profiling: sum of the kernel and user-space CPU time."),
    {"clock_gettime", m_clock_gettime, "(clk_id, /)", 0, "Return the time of the specified clock clk_id as a float."},
    {"clock_gettime_ns", m_clock_gettime_ns, "(clk_id, /)", 0, "Return the time of the specified clock clk_id as nanoseconds (int)."},
    {"clock_getres", m_clock_getres, "(clk_id, /)", 0, "Return the resolution (precision) of the specified clock clk_id."},
    {"get_clock_info", m_get_clock_info, "(name, /)", 0, "Get information of the specified clock."},
    {"sleep", m_sleep, "(seconds, /)", 0, "Delay execution for a given number of seconds."},
    {"gmtime", m_gmtime, "(seconds=None, /)", 0, "Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT)."},
    {"localtime", m_localtime, "(seconds=None, /)", 0, "Convert seconds since the Epoch to a time tuple expressing local time."},
    {"mktime", m_mktime, "(tuple, /)", 0, "Convert a time tuple in local time to seconds since the Epoch."},
    {"asctime", m_asctime, "(tuple=None, /)", 0, "Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'."},
    {"ctime", m_ctime, "(seconds=None, /)", 0, "Convert a time in seconds since the Epoch to a string in local time."},
    {"strftime", m_strftime, "(format, tuple=None, /)", 0, "Convert a time tuple to a string according to a format specification."},
    {"strptime", m_strptime, "(string, format='%a %b %d %H:%M:%S %Y', /)", 0, "Parse a string to a time tuple according to a format."},
    {"tzset", m_tzset, "()", 0, "Initialize, or reinitialize, the local timezone."},
    {0},
};

static int time_init(RpThread *th, Dict *dict) {
  static const struct { const char *name; int v; } constants[] = {
      {"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC}, {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
      {"CLOCK_BOOTTIME", CLOCK_BOOTTIME}, {"CLOCK_TAI", CLOCK_TAI}, {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
      {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID}, {"_STRUCT_TM_ITEMS", N_FIELDS}};
  for (size_t i = 0; i < countof(constants); i++)
    if (dict_set_c(th, dict, constants[i].name, value_int(constants[i].v)) < 0) return -1;
  if (dict_set_c(th, dict, "struct_time", value_object(&type_struct_time)) < 0) return -1;
  return put_zone(th, dict);
}

const ModuleSpec mod_time = {
    .doc = "This module provides various functions to manipulate time values.",
    .functions = time_functions,
    .init = time_init,
};
