/* posix_dir.c: listdir, scandir and its entries. A folder is read as a whole when it is opened: nothing stays open, close() has nothing to do. */
#include "runtime/posix.h"
#include "runtime/gen.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/str.h"

#include <dirent.h>
#include <sys/stat.h>

/* Calls fn(name, type) for every name but . and .. until it returns false. -1 + OSError, or what fn left pending. */
static int each_name(RpThread *th, PathArg *p, bool (*fn)(RpThread *, void *, const char *, int), void *data) {
  if (!p->name) return raise_todo(th, "listing a folder by its descriptor"), -1;
  void *dir = OS_CALL(th, opendir, p->name);
  if (!dir) return raise_os(th, errno, p->given), -1;
  const char *name;
  int type = DT_UNKNOWN;
  bool ok = true;
  while (ok && (name = OS_CALL(th, readdir, dir, &type)))
    if (strcmp(name, ".") && strcmp(name, "..")) ok = fn(th, data, name, type);
  int err = ok ? errno : 0;
  OS_CALL(th, closedir, dir);
  if (err) return raise_os(th, err, p->given), -1;
  return ok ? 0 : -1;
}

typedef struct Listing { List *list; PathArg *path; } Listing;

static bool add_name(RpThread *th, void *data, const char *name, int type) {
  Listing *l = data;
  Value v = os_text(th, name, l->path->bytes);
  return v != EMPTY && list_append(th, l->list, v) == 0;
}
static Value posix_listdir(RpThread *th, const Value *a) {
  PathArg p;
  if (!path_arg(th, a[0], PATH_FD | PATH_NONE, "listdir", &p)) return EMPTY;
  Listing l = {list_new(th, 16), &p};
  return l.list && each_name(th, &p, add_name, &l) == 0 ? value_object(l.list) : EMPTY;
}

/* -- DirEntry ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct DirEntry { Object hdr; Value name, path, stat[2]; /* not followed, followed: when asked for */ int type; } DirEntry;
#define ENTRY(v) ((DirEntry *)as_object(v))

static void entry_trace(Tracer *tr, Object *o) {
  DirEntry *e = (DirEntry *)o;
  trace_value(tr, e->name);
  trace_value(tr, e->path);
  trace_value(tr, load_consume(&e->stat[0]));
  trace_value(tr, load_consume(&e->stat[1]));
}
static bool add_entry(RpThread *th, void *data, const char *name, int type) {
  Listing *l = data;
  DirEntry *e = heap_new(th, DirEntry, SHAPE_dir_entry, K_NATIVE_OBJECT);
  if (!e) return false;
  e->type = type;
  const char *folder = l->path->name;
  size_t n = strlen(folder), m = strlen(name);
  char *joined = malloc(n + m + 2);
  if (!joined) return raise_memory(th), false;
  memcpy(joined, folder, n);
  if (n && folder[n - 1] != '/') joined[n++] = '/';
  memcpy(joined + n, name, m + 1);
  Value path = os_text(th, joined, l->path->bytes);
  free(joined);
  Value text = os_text(th, name, l->path->bytes);
  if (path == EMPTY || text == EMPTY) return false;
  obj_store(th, e, &e->path, path);
  obj_store(th, e, &e->name, text);
  return list_append(th, l->list, value_object(e)) == 0;
}

/* 0 and *st; -1 with errno. */
static int entry_lookup(RpThread *th, Value self, bool follow, struct stat *st) {
  PathArg p;
  if (!path_arg(th, ENTRY(self)->path, 0, "DirEntry", &p)) return -1;
  return OS_CALL(th, stat, p.name, st, follow);
}
static Value entry_stat(RpThread *th, const Value *a) {
  bool follow;
  if (!truth_arg(th, a[1], true, &follow)) return EMPTY;
  DirEntry *e = ENTRY(a[0]);
  if (follow && e->type != DT_LNK && e->type != DT_UNKNOWN) follow = false;
  if (e->stat[follow] != EMPTY) return e->stat[follow];
  struct stat st;
  if (entry_lookup(th, a[0], follow, &st) < 0) return os_done(th, -1, e->path);
  Value v = posix_stat_value(th, &st);
  if (v != EMPTY) obj_store(th, e, &e->stat[follow], v);
  return v;
}
/* Is it of this type? A file that is gone is of none. */
static Value entry_is(RpThread *th, const Value *a, int type, mode_t mode, bool follow) {
  DirEntry *e = ENTRY(a[0]);
  if (e->type != DT_UNKNOWN && !(follow && e->type == DT_LNK)) return value_bool(e->type == type);
  struct stat st;
  if (entry_lookup(th, a[0], follow, &st) == 0) return value_bool((st.st_mode & S_IFMT) == mode);
  return th->pending == EMPTY && errno == ENOENT ? FALSE_V : os_done(th, -1, e->path);
}
static Value entry_is_dir(RpThread *th, const Value *a) {
  bool follow;
  return truth_arg(th, a[1], true, &follow) ? entry_is(th, a, DT_DIR, S_IFDIR, follow) : EMPTY;
}
static Value entry_is_file(RpThread *th, const Value *a) {
  bool follow;
  return truth_arg(th, a[1], true, &follow) ? entry_is(th, a, DT_REG, S_IFREG, follow) : EMPTY;
}
static Value entry_is_symlink(RpThread *th, const Value *a) { return entry_is(th, a, DT_LNK, S_IFLNK, false); }
static Value entry_inode(RpThread *th, const Value *a) {
  struct stat st;
  return entry_lookup(th, a[0], false, &st) < 0 ? os_done(th, -1, ENTRY(a[0])->path) : value_int((int64_t)st.st_ino);
}
static Value entry_fspath(RpThread *th, const Value *a) { return ENTRY(a[0])->path; }
static Value entry_repr(RpThread *th, Value self) {
  Str *s = str_fmt(th, "<DirEntry %V>", ENTRY(self)->name);
  return s ? value_object(s) : EMPTY;
}
static Value entry_name(RpThread *th, Value self) { return ENTRY(self)->name; }
static Value entry_path(RpThread *th, Value self) { return ENTRY(self)->path; }

const TypeSpec spec_dir_entry = {
    .size = sizeof(DirEntry),
    .slots = {.trace = entry_trace, .repr = entry_repr},
    .methods = (const NativeDef[]){
        {"is_dir", entry_is_dir, "(self, /, *, follow_symlinks=True)", 0, "Return True if the entry is a directory; cached per entry."},
        {"is_file", entry_is_file, "(self, /, *, follow_symlinks=True)", 0, "Return True if the entry is a file; cached per entry."},
        {"is_symlink", entry_is_symlink, "(self, /)", 0, "Return True if the entry is a symbolic link; cached per entry."},
        {"stat", entry_stat, "(self, /, *, follow_symlinks=True)", 0, "Return stat_result object for the entry; cached per entry."},
        {"inode", entry_inode, "(self, /)", 0, "Return inode of the entry; cached per entry."},
        {"__fspath__", entry_fspath, "(self, /)", 0, "Returns the path for the entry."},
        {"__class_getitem__", generic_alias_getitem, "(cls, object, /)", NATIVE_CLASSMETHOD, "See PEP 585"},
        {0}},
    .getsets = (const GetSetDef[]){{"name", entry_name, NULL, "the entry's base filename, relative to scandir() \"path\" argument"},
                                   {"path", entry_path, NULL, "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)"},
                                   {0}},
};

/* -- scandir ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct ScanDir { Object hdr; Value it; /* a list iterator; NONE: closed */ } ScanDir;

static Value posix_scandir(RpThread *th, const Value *a) {
  PathArg p;
  if (!path_arg(th, a[0], PATH_FD | PATH_NONE, "scandir", &p)) return EMPTY;
  Listing l = {list_new(th, 16), &p};
  if (!l.list || each_name(th, &p, add_entry, &l) < 0) return EMPTY;
  Value it = op_iter(th, value_object(l.list));
  ScanDir *s = it == EMPTY ? NULL : heap_new(th, ScanDir, SHAPE_scandir_iterator, K_ITER);
  if (!s) return EMPTY;
  obj_store(th, s, &s->it, it);
  return value_object(s);
}
static void scan_trace(Tracer *tr, Object *o) { trace_value(tr, load_consume(&((ScanDir *)o)->it)); }
static Value scan_iter(RpThread *th, Value self) { return self; }
static Value scan_next(RpThread *th, Value self) {
  Value it = load_relaxed(&((ScanDir *)as_object(self))->it);
  return it == NONE ? EMPTY : op_next(th, it);
}
static Value scan_close(RpThread *th, const Value *a) {
  store_relaxed(&((ScanDir *)as_object(a[0]))->it, NONE);
  return NONE;
}
static Value scan_enter(RpThread *th, const Value *a) { return a[0]; }

const TypeSpec spec_scandir_iterator = {
    .size = sizeof(ScanDir),
    .slots = {.trace = scan_trace, .iter = scan_iter, .next = scan_next},
    .methods = (const NativeDef[]){{"close", scan_close, "(self, /)", 0, NULL, NULL},
                                   {"__enter__", scan_enter, "(self, /)", 0, NULL, NULL},
                                   {"__exit__", scan_close, "(self, /, *args)", 0, NULL, NULL},
                                   {0}},
};

const NativeDef posix_dir_functions[] = {
    {"listdir", posix_listdir, "(path=None)", 0, "Return a list containing the names of the files in the directory."},
    {"scandir", posix_scandir, "(path=None)", 0, "Return an iterator of DirEntry objects for given path."},
    {0},
};
