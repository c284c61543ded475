/* mod_pwd.c: the modules pwd and grp: the system's users and groups. */
#include "runtime/posix.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/str.h"
#include "runtime/structseq.h"

#include <grp.h>
#include <pwd.h>

#define TEXT 65536 /* of one entry */

enum { N_PASSWD = 7, N_GROUP = 4 };
static Value passwd_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_PASSWD, N_PASSWD); }
const TypeSpec spec_struct_passwd = {
    .doc = "pwd.struct_passwd: Results from getpw*() routines.",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = passwd_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "pw_name", "user name"), STRUCTSEQ_FIELD(1, "pw_passwd", "password"), STRUCTSEQ_FIELD(2, "pw_uid", "user id"),
                                   STRUCTSEQ_FIELD(3, "pw_gid", "group id"), STRUCTSEQ_FIELD(4, "pw_gecos", "real name"),
                                   STRUCTSEQ_FIELD(5, "pw_dir", "home directory"), STRUCTSEQ_FIELD(6, "pw_shell", "shell program"), {0}},
};
static Value group_new(RpThread *th, Type *t, const Value *args, int n, Tuple *kw) { return structseq_construct(th, t, args, n, kw, N_GROUP, N_GROUP); }
const TypeSpec spec_struct_group = {
    .doc = "grp.struct_group: Results from getgr*() routines.",
    .slots = {.trace = structseq_trace, .repr = structseq_repr, .new_ = group_new},
    .getsets = (const GetSetDef[]){STRUCTSEQ_FIELD(0, "gr_name", "group name"), STRUCTSEQ_FIELD(1, "gr_passwd", "password"), STRUCTSEQ_FIELD(2, "gr_gid", "group id"),
                                   STRUCTSEQ_FIELD(3, "gr_mem", "group members"), {0}},
};

static Value passwd_value(RpThread *th, const struct passwd *p) {
  const Value f[N_PASSWD] = {os_text(th, p->pw_name, false), os_text(th, p->pw_passwd, false), value_int(p->pw_uid), value_int(p->pw_gid),
                             os_text(th, p->pw_gecos, false), os_text(th, p->pw_dir, false), os_text(th, p->pw_shell, false)};
  return th->pending != EMPTY ? EMPTY : structseq_new(th, &type_struct_passwd, f, N_PASSWD, N_PASSWD);
}
static Value group_value(RpThread *th, const struct group *g) {
  List *members = list_new(th, 0);
  for (char **m = g->gr_mem; members && *m; m++) {
    Value name = os_text(th, *m, false);
    if (name == EMPTY || list_append(th, members, name) < 0) return EMPTY;
  }
  const Value f[N_GROUP] = {os_text(th, g->gr_name, false), os_text(th, g->gr_passwd, false), value_int(g->gr_gid), members ? value_object(members) : EMPTY};
  return th->pending != EMPTY ? EMPTY : structseq_new(th, &type_struct_group, f, N_GROUP, N_GROUP);
}

static Value not_found(RpThread *th, const char *what, Value key) {
  Str *s = str_fmt(th, "%s: %s %S", what, str_check(key) ? "name not found:" : strstr(what, "pw") ? "uid not found:" : "gid not found:",
                   str_check(key) ? op_repr(th, key) : op_str(th, key));
  return s ? raise_key(th, value_object(s)) : EMPTY;
}
/* By name, or by number when name is NULL, with TEXT bytes of scratch: an error number, and *out when there is one. */
typedef int (*Look)(RpThread *th, const char *name, int64_t id, char *buf, Value *out);
static int look_for_user(RpThread *th, const char *name, int64_t id, char *buf, Value *out) {
  struct passwd p, *found = NULL;
  int err = name ? getpwnam_r(name, &p, buf, TEXT, &found) : getpwuid_r((uid_t)id, &p, buf, TEXT, &found);
  if (found) *out = passwd_value(th, &p);
  return err;
}
static int look_for_group(RpThread *th, const char *name, int64_t id, char *buf, Value *out) {
  struct group g, *found = NULL;
  int err = name ? getgrnam_r(name, &g, buf, TEXT, &found) : getgrgid_r((gid_t)id, &g, buf, TEXT, &found);
  if (found) *out = group_value(th, &g);
  return err;
}
/* One entry, by name (a str) or number. */
static Value find(RpThread *th, const char *what, Value key, Look look) {
  PathArg name = {0};
  int64_t id = 0;
  bool by_name = str_check(key);
  if (!os_may(th, OS_USERS) || (by_name ? !path_arg(th, key, 0, what, &name) : !op_as_i64(th, key, &id))) return EMPTY;
  char *buf = malloc(TEXT);
  if (!buf) return raise_memory(th);
  Value r = EMPTY;
  int err = look(th, by_name ? name.name : NULL, id, buf, &r);
  free(buf);
  if (r != EMPTY || th->pending != EMPTY) return r;
  return err && err != ENOENT ? raise_os(th, err, EMPTY) : not_found(th, what, key);
}
static Value name_arg(RpThread *th, Value v, const char *function) {
  return str_check(v) ? v : raise_type(th, "%s() argument must be str, not %T", function, v);
}
static Value m_getpwnam(RpThread *th, const Value *a) { return name_arg(th, a[0], "getpwnam") == EMPTY ? EMPTY : find(th, "getpwnam()", a[0], look_for_user); }
static Value m_getgrnam(RpThread *th, const Value *a) { return name_arg(th, a[0], "getgrnam") == EMPTY ? EMPTY : find(th, "getgrnam()", a[0], look_for_group); }
static Value m_getpwuid(RpThread *th, const Value *a) {
  Value id = op_index(th, a[0]);
  return id == EMPTY ? EMPTY : find(th, "getpwuid()", id, look_for_user);
}
static Value m_getgrgid(RpThread *th, const Value *a) {
  Value id = op_index(th, a[0]);
  return id == EMPTY ? EMPTY : find(th, "getgrgid()", id, look_for_group);
}
/* The next entry, EMPTY and *more false behind the last one. */
typedef Value (*NextEntry)(RpThread *th, bool *more);
static Value next_user(RpThread *th, bool *more) {
  struct passwd *p = getpwent();
  return (*more = p != NULL) ? passwd_value(th, p) : EMPTY;
}
static Value next_group(RpThread *th, bool *more) {
  struct group *g = getgrent();
  return (*more = g != NULL) ? group_value(th, g) : EMPTY;
}
/* All entries. The C library's iteration is one per process: its lock is held over the whole loop. */
static pthread_mutex_t iteration = PTHREAD_MUTEX_INITIALIZER;
static Value all_entries(RpThread *th, void (*begin)(void), NextEntry next, void (*end)(void)) {
  List *l = os_may(th, OS_USERS) ? list_new(th, 16) : NULL;
  if (!l) return EMPTY;
  thread_enter_safe(th);
  pthread_mutex_lock(&iteration);
  thread_leave_safe(th);
  begin();
  bool more = true, ok = true;
  while (ok) {
    Value v = next(th, &more);
    if (!more) break;
    ok = v != EMPTY && list_append(th, l, v) == 0;
  }
  end();
  pthread_mutex_unlock(&iteration);
  return ok ? value_object(l) : EMPTY;
}
static Value m_getpwall(RpThread *th, const Value *a) { return all_entries(th, setpwent, next_user, endpwent); }
static Value m_getgrall(RpThread *th, const Value *a) { return all_entries(th, setgrent, next_group, endgrent); }

static const NativeDef pwd_functions[] = {
    {"getpwnam", m_getpwnam, "(name, /)", 0, "Return the password database entry for the given user name."},
    {"getpwuid", m_getpwuid, "(uidobj, /)", 0, "Return the password database entry for the given numeric user ID."},
    {"getpwall", m_getpwall, "()", 0, "Return a list of all available password database entries, in arbitrary order."},
    {0},
};
static const NativeDef grp_functions[] = {
    {"getgrnam", m_getgrnam, "(name)", 0, "Return the group database entry for the given group name."},
    {"getgrgid", m_getgrgid, "(id)", 0, "Return the group database entry for the given numeric group ID."},
    {"getgrall", m_getgrall, "()", 0, "Return a list of all available group entries, in arbitrary order."},
    {0},
};
static int pwd_init(RpThread *th, Dict *d) { return dict_set_c(th, d, "struct_passwd", value_object(&type_struct_passwd)); }
static int grp_init(RpThread *th, Dict *d) { return dict_set_c(th, d, "struct_group", value_object(&type_struct_group)); }
const ModuleSpec mod_pwd = {.doc = "This module provides access to the Unix password database.", .functions = pwd_functions, .init = pwd_init};
const ModuleSpec mod_grp = {.doc = "Access to the Unix group database.", .functions = grp_functions, .init = grp_init};
