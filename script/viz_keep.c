/* viz_keep.c: keep(): objects that live through a save of the script. They are known by the name of their class and the how-many-th of that name
** they are in the file. An object of a class that changed moves over to the new class: attributes that a fresh one has and it lacks are added, those
** that a fresh one lacks go. When the new version fails, all that is undone. */
#include "script/viz.h"
#include "runtime/attr.h"
#include "runtime/dict.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"

static Value fresh_dict(RpThread *th) { return value_object(dict_new(th)); }

int viz_keep_begin(RpThread *th, Viz *viz) {
  viz->old_kept = viz->kept;
  Value kept = fresh_dict(th), counts = kept ? fresh_dict(th) : EMPTY;
  List *undo = counts ? list_new(th, 0) : NULL;
  if (!undo) return -1;
  viz->kept = kept;
  viz->kept_counts = counts;
  viz->migrations = value_object(undo);
  return 0;
}

void viz_keep_commit(RpThread *th, Viz *viz) { viz->old_kept = viz->migrations = EMPTY; }

/* Sets obj's class and attributes to what they were. */
static void undo_one(RpThread *th, Tuple *m) {
  Value obj = m->items[0];
  if (object_set_class(th, obj, (Type *)as_object(m->items[1])) == 0) {
    Dict *d = object_dict(th, obj);
    if (d) {
      dict_clear(th, d);
      dict_update(th, d, m->items[2], true);
    }
  }
  error_clear(th);
}

void viz_keep_rollback(RpThread *th, Viz *viz) {
  List *undo = viz->migrations == EMPTY ? NULL : as_list(viz->migrations);
  for (uint32_t i = undo ? list_len(undo) : 0; i-- > 0;) undo_one(th, as_tuple(list_get_fast(undo, i)));
  if (viz->old_kept != EMPTY) viz->kept = viz->old_kept;
  viz->old_kept = viz->migrations = EMPTY;
}

/* (name, ordinal) of this call. */
static Value next_key(RpThread *th, Viz *viz, Value cls) {
  Value name = op_getattr_opt(th, cls, S(__qualname__));
  if (name == EMPTY && th->pending != EMPTY) return EMPTY;
  if (!has_kind(name, K_STR)) name = value_object(type_of(cls)->name);
  Dict *counts = as_dict(viz->kept_counts);
  Value n = dict_get(th, counts, name);
  Value count = n == EMPTY ? value_int(0) : value_int(as_int(n) + 1);
  if (th->pending != EMPTY || dict_set(th, counts, name, count) < 0) return EMPTY;
  Tuple *key = tuple_of(th, 2, name, count);
  return key ? value_object(key) : EMPTY;
}

static int take_attributes(RpThread *th, Dict *have, Dict *fresh) {
  Tuple *names = op_to_tuple(th, value_object(have));
  if (!names) return -1;
  for (uint64_t i = 0; i < names->length; i++) {
    int keep = dict_has(th, fresh, names->items[i]);
    if (keep < 0 || (!keep && dict_del(th, have, names->items[i]) < 0)) return -1;
  }
  return dict_update(th, have, value_object(fresh), false);
}

/* obj, of a class that had cls's name: becomes an instance of cls. */
static int migrate(RpThread *th, Viz *viz, Value obj, Value cls) {
  Type *old = type_of(obj);
  if (old == (Type *)as_object(cls) || !(old->flags & TYPE_HEAP) || !has_kind(cls, K_TYPE)) return 0;
  Value fresh = op_call0(th, cls);
  Dict *have = fresh == EMPTY ? NULL : object_dict(th, obj), *was = have ? dict_copy(th, have) : NULL, *want = was ? object_dict(th, fresh) : NULL;
  if (!want) return -1;
  Tuple *m = tuple_of(th, 3, obj, value_object(old), value_object(was));
  if (!m || list_append(th, as_list(viz->migrations), value_object(m)) < 0) return -1;
  if (object_set_class(th, obj, (Type *)as_object(cls)) < 0) return -1;
  have = object_dict(th, obj);
  return have ? take_attributes(th, have, want) : -1;
}

Value viz_keep(RpThread *th, const Value *a) {
  Viz *viz = viz_of(th);
  if (!viz) return EMPTY;
  if (!op_callable(a[0])) return raise_type(th, "keep(cls): a class (or a function that makes the object), not %V (%T)", a[0], a[0]);
  if (viz->kept_counts == EMPTY && viz_keep_begin(th, viz) < 0) return EMPTY;
  Value key = next_key(th, viz, a[0]);
  if (key == EMPTY) return EMPTY;
  Value obj = viz->old_kept == EMPTY ? EMPTY : dict_get(th, as_dict(viz->old_kept), key);
  if (th->pending != EMPTY) return EMPTY;
  if (obj == EMPTY) obj = op_call0(th, a[0]);
  else if (migrate(th, viz, obj, a[0]) < 0) return EMPTY;
  return obj == EMPTY || dict_set(th, as_dict(viz->kept), key, obj) < 0 ? EMPTY : obj;
}
