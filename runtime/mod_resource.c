/* mod_resource.c: the module resource. */
#include "runtime/posix.h"
#include "runtime/dict.h"
#include "runtime/structseq.h"

#include <sys/resource.h>
#include <unistd.h>

#define N_RUSAGE 16
static Value rusage_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_RUSAGE, N_RUSAGE); }
#define F(i, name) STRUCTSEQ_FIELD(i, name, NULL)
const TypeSpec spec_struct_rusage = {
    .doc = "struct_rusage: Result from getrusage.",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = rusage_new},
    .getsets = (const GetSetDef[]){F(0, "ru_utime"), F(1, "ru_stime"), F(2, "ru_maxrss"), F(3, "ru_ixrss"), F(4, "ru_idrss"), F(5, "ru_isrss"),
                                   F(6, "ru_minflt"), F(7, "ru_majflt"), F(8, "ru_nswap"), F(9, "ru_inblock"), F(10, "ru_oublock"), F(11, "ru_msgsnd"),
                                   F(12, "ru_msgrcv"), F(13, "ru_nsignals"), F(14, "ru_nvcsw"), F(15, "ru_nivcsw"), {0}},
};
#undef F
static Value seconds(struct timeval t) { return value_double((double)t.tv_sec + 1e-6 * (double)t.tv_usec); }
static Value m_getrusage(RpThread *th, const Value *a) {
  int who;
  struct rusage u;
  if (!int_arg(th, a[0], 0, &who)) return EMPTY;
  if (getrusage((__rusage_who_t)who, &u) < 0) return errno == EINVAL ? raise_value(th, "invalid who parameter") : os_done(th, -1, EMPTY);
  const Value f[N_RUSAGE] = {seconds(u.ru_utime), seconds(u.ru_stime), value_int(u.ru_maxrss), value_int(u.ru_ixrss), value_int(u.ru_idrss), value_int(u.ru_isrss),
                             value_int(u.ru_minflt), value_int(u.ru_majflt), value_int(u.ru_nswap), value_int(u.ru_inblock), value_int(u.ru_oublock),
                             value_int(u.ru_msgsnd), value_int(u.ru_msgrcv), value_int(u.ru_nsignals), value_int(u.ru_nvcsw), value_int(u.ru_nivcsw)};
  return structseq_new(th, &type_struct_rusage, f, N_RUSAGE, N_RUSAGE);
}
static Value limit_value(rlim_t l) { return value_int(l == RLIM_INFINITY ? -1 : (int64_t)l); }
static Value m_getrlimit(RpThread *th, const Value *a) {
  int what;
  struct rlimit l;
  if (!int_arg(th, a[0], 0, &what)) return EMPTY;
  if (what < 0 || what >= RLIM_NLIMITS) return raise_value(th, "invalid resource specified");
  if (getrlimit((__rlimit_resource_t)what, &l) < 0) return os_done(th, -1, EMPTY);
  Tuple *t = tuple_of(th, 2, limit_value(l.rlim_cur), limit_value(l.rlim_max));
  return t ? value_object(t) : EMPTY;
}
static Value m_setrlimit(RpThread *th, const Value *a) {
  int what;
  int64_t soft, hard;
  if (!os_may(th, OS_PROCESS) || !int_arg(th, a[0], 0, &what)) return EMPTY;
  if (what < 0 || what >= RLIM_NLIMITS) return raise_value(th, "invalid resource specified");
  Tuple *t = op_to_tuple(th, a[1]);
  if (!t) return EMPTY;
  if (t->length != 2) return raise_value(th, "expected a tuple of 2 integers");
  if (!op_as_i64(th, t->items[0], &soft) || !op_as_i64(th, t->items[1], &hard)) return EMPTY;
  struct rlimit l = {(rlim_t)soft, (rlim_t)hard};
  if (setrlimit((__rlimit_resource_t)what, &l) == 0) return NONE;
  return errno == EINVAL ? raise_value(th, "current limit exceeds maximum limit") : errno == EPERM ? raise_value(th, "not allowed to raise maximum limit") : os_done(th, -1, EMPTY);
}
static Value m_getpagesize(RpThread *th, const Value *a) { return value_int(sysconf(_SC_PAGESIZE)); }
static const NativeDef functions[] = {{"getrusage", m_getrusage, "(who, /)", 0, NULL, NULL},
                                      {"getrlimit", m_getrlimit, "(resource, /)", 0, NULL, NULL},
                                      {"setrlimit", m_setrlimit, "(resource, limits, /)", 0, NULL, NULL},
                                      {"getpagesize", m_getpagesize, "()", 0, NULL, NULL},
                                      {0}};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {C(RLIMIT_CPU), C(RLIMIT_FSIZE), C(RLIMIT_DATA), C(RLIMIT_STACK), C(RLIMIT_CORE), C(RLIMIT_NOFILE), C(RLIMIT_AS),
                                          C(RLIMIT_RSS), C(RLIMIT_NPROC), C(RLIMIT_MEMLOCK), C(RUSAGE_SELF), C(RUSAGE_CHILDREN), C(RUSAGE_THREAD),
                                          {"RLIM_INFINITY", -1}};
#undef C
  if (dict_set_c(th, dict, "struct_rusage", value_object(&type_struct_rusage)) < 0 || dict_set_c(th, dict, "error", value_object(&type_OSError)) < 0) return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod_resource = {.functions = functions, .init = init};
