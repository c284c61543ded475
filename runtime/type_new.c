/* type_new.c: making Python classes: type(name, bases, dict), class statements. The type `type` itself is type_type.c. */
#include "runtime/type_impl.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/interp.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/ops.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#define MAX_SLOTS 200

/* -- Metaclass and bases ------------------------------------------------------------------------------------------------------ */

Type *type_winner(RpThread *th, Type *meta, Tuple *bases) {
  for (uint64_t i = 0; i < bases->length; i++) {
    Type *m = type_of(bases->items[i]);
    if (type_is_subtype(meta, m)) continue;
    if (type_is_subtype(m, meta)) {
      meta = m;
      continue;
    }
    raise_type(th, "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases");
    return NULL;
  }
  return meta;
}

/* The ancestor that decided the layout last: a builtin struct of its own, or __slots__. */
static Type *solid_base(Type *t) {
  for (; t->base; t = t->base) {
    Type *b = t->base;
    if (t->flags & TYPE_HEAP) {
      if (type_root_shape(t)->n_members > type_root_shape(b)->n_members) return t;
    } else if (t->inst_kind != b->inst_kind || t->inst_size != b->inst_size) return t;
  }
  return t;
}

static Type *best_base(RpThread *th, Tuple *bases) {
  Type *best = NULL, *winner = NULL;
  for (uint64_t i = 0; i < bases->length; i++) {
    if (!has_kind(bases->items[i], K_TYPE)) return raise_type(th, "bases must be types"), NULL;
    Type *b = (Type *)as_object(bases->items[i]);
    if (!type_is_made(b)) return raise_type(th, "Cannot extend an incomplete type '%S'", b->name), NULL;
    if (!(b->flags & TYPE_BASETYPE)) return raise_type(th, "type '%S' is not an acceptable base type", b->name), NULL;
    Type *solid = solid_base(b);
    if (!winner || (solid != winner && type_is_subtype(solid, winner))) winner = solid, best = b;
    else if (!type_is_subtype(winner, solid)) return raise_type(th, "multiple bases have instance lay-out conflict"), NULL;
  }
  return best;
}

/* -- C3 linearisation (K. Barrett et al., 1996) ---------------------------------------------------------------------------------- */

static bool in_tail(const Array *list, uint32_t from, Value v) {
  for (uint32_t i = from + 1; i < list->length; i++)
    if (list->items[i] == v) return true;
  return false;
}

static void *mro_conflict(RpThread *th, Array **lists, const uint32_t *at, size_t n) {
  StrBuilder sb;
  sb_init(&sb, th);
  Value shown[64];
  size_t n_shown = 0;
  for (size_t i = 0; i < n; i++) {
    if (at[i] >= lists[i]->length) continue;
    Value v = lists[i]->items[at[i]];
    bool again = false;
    for (size_t k = 0; k < n_shown; k++) again |= shown[k] == v;
    if (again || n_shown == countof(shown)) continue;
    sb_ascii(&sb, n_shown ? ", " : " ");
    sb_str(&sb, ((Type *)as_object(v))->name);
    shown[n_shown++] = v;
  }
  Str *names = sb_finish(&sb);
  if (names) raise_type(th, "Cannot create a consistent method resolution\norder (MRO) for bases%S", names);
  return NULL;
}

Tuple *type_c3(RpThread *th, Type *type) {
  Tuple *bases = load_consume(&type->bases);
  size_t n = bases->length;
  for (size_t i = 0; i < n; i++)
    for (size_t k = i + 1; k < n; k++)
      if (bases->items[i] == bases->items[k])
        return raise_type(th, "duplicate base class %S", ((Type *)as_object(bases->items[i]))->name), NULL;
  if (n == 1) {
    Tuple *up = load_consume(&((Type *)as_object(bases->items[0]))->mro);
    Tuple *t = tuple_alloc(th, up->length + 1);
    if (!t) return NULL;
    obj_store(th, t, &t->items[0], value_object(type));
    for (uint64_t i = 0; i < up->length; i++) obj_store(th, t, &t->items[i + 1], up->items[i]);
    return t;
  }
  /* The bases' MROs and the list of bases, merged. */
  Array **lists = calloc(n + 1, sizeof *lists);
  uint32_t *at = calloc(n + 1, sizeof *at);
  List *keep = list_new(th, n + 1), *out = list_new(th, 8);
  Tuple *result = NULL;
  if (!lists || !at || !keep || !out || list_append(th, out, value_object(type)) < 0) goto done;
  for (size_t i = 0; i <= n; i++) {
    Tuple *from = i < n ? load_consume(&((Type *)as_object(bases->items[i]))->mro) : bases;
    lists[i] = heap_alloc_array(th, (uint32_t)from->length);
    if (!lists[i] || list_append(th, keep, value_object(lists[i])) < 0) goto done;
    for (uint64_t k = 0; k < from->length; k++) obj_store(th, lists[i], &lists[i]->items[k], from->items[k]);
    lists[i]->length = (uint32_t)from->length;
  }
  while (true) {
    Value next = EMPTY;
    bool empty = true;
    for (size_t i = 0; i <= n && next == EMPTY; i++) {
      if (at[i] >= lists[i]->length) continue;
      empty = false;
      Value head = lists[i]->items[at[i]];
      bool ok = true;
      for (size_t k = 0; k <= n && ok; k++) ok = !in_tail(lists[k], at[k], head);
      if (ok) next = head;
    }
    if (empty) break;
    if (next == EMPTY) {
      mro_conflict(th, lists, at, n + 1);
      goto done;
    }
    if (list_append(th, out, next) < 0) goto done;
    for (size_t i = 0; i <= n; i++)
      if (at[i] < lists[i]->length && lists[i]->items[at[i]] == next) at[i]++;
  }
  result = list_to_tuple(th, out);
done:
  free(lists);
  free(at);
  return result;
}

/* C3, or what the metaclass's own mro() says. */
/* The type whose C struct the instances have. */
static Type *builtin_base(Type *t) {
  while ((t->flags & TYPE_HEAP) && t->base) t = t->base;
  return t;
}
Tuple *type_compute_mro(RpThread *th, Type *type) {
  Type *meta = type_of(value_object(type));
  if (meta == &type_type || type_lookup(th, meta, S(mro)) == type_lookup(th, &type_type, S(mro))) return type_c3(th, type);
  Value r = op_call_method(th, value_object(type), S(mro), NULL, 0);
  Tuple *t = r == EMPTY ? NULL : op_to_tuple(th, r);
  for (uint64_t i = 0; t && i < t->length; i++) {
    if (!has_kind(t->items[i], K_TYPE)) return raise_type(th, "mro() returned a non-class ('%T')", t->items[i]), NULL;
    Type *base = (Type *)as_object(t->items[i]);
    if (!type_is_subtype(builtin_base(type), builtin_base(base)))
      return raise_type(th, "mro() returned base with unsuitable layout ('%S')", base->name), NULL;
  }
  return t;
}

/* -- __slots__ --------------------------------------------------------------------------------------------------------------------- */

typedef struct Members { Str *names[MAX_SLOTS]; int n, n_inherited; bool dict, weakref, given; } Members;

static void inherit_members(Members *m, Type *base) {
  Shape *chain[MAX_SLOTS];
  int n = 0;
  for (Shape *s = type_root_shape(base); s->parent && n < MAX_SLOTS; s = s->parent) chain[n++] = s;
  while (n-- > 0) m->names[m->n++] = chain[n]->name;
  m->n_inherited = m->n;
}

/* __x of class C is _C__x. */
Str *mangle(RpThread *th, Str *cls, Str *name) {
  uint32_t n = name->length;
  if (n < 3 || str_at(name, 0) != '_' || str_at(name, 1) != '_' || (str_at(name, n - 1) == '_' && str_at(name, n - 2) == '_')) return name;
  uint32_t skip = 0;
  while (skip < cls->length && str_at(cls, skip) == '_') skip++;
  if (skip == cls->length) return name;
  Str *bare = str_slice(th, cls, skip, cls->length);
  Str *s = bare ? str_fmt(th, "_%S%S", bare, name) : NULL;
  return s ? str_intern(th, s) : NULL;
}

static bool is_identifier(RpThread *th, Str *s) {
  Value r = op_call_method(th, value_object(s), str_intern_c(th, "isidentifier"), NULL, 0);
  return r == TRUE_V;
}

static bool read_slots(RpThread *th, Members *m, Type *base, Str *cls, Dict *ns) {
  Value slots = dict_get_str(ns, S(__slots__));
  if (slots == EMPTY) {
    m->dict = m->weakref = true;
    return true;
  }
  m->given = true;
  Tuple *list = str_check(slots) ? tuple_of(th, 1, slots) : op_to_tuple(th, slots);
  if (!list) return false;
  const Shape *root = type_root_shape(base);
  if (list->length && root->overflow_offset == 0) return raise_type(th, "nonempty __slots__ not supported for subtype of '%S'", base->name), false;
  for (uint64_t i = 0; i < list->length; i++) {
    Value v = list->items[i];
    if (!str_check(v)) return raise_type(th, "__slots__ items must be strings, not '%T'", v), false;
    if (!is_identifier(th, as_str(v))) return th->pending == EMPTY ? raise_type(th, "__slots__ must be identifiers"), false : false;
    Str *name = str_intern(th, as_str(v));
    if (!name) return false;
    if (name == S(__dict__)) {
      if (m->dict || (base->flags & TYPE_HAS_DICT)) return raise_type(th, "__dict__ slot disallowed: we already got one"), false;
      m->dict = true;
      continue;
    }
    if (name == S(__weakref__)) {
      if (m->weakref || (base->flags & TYPE_HAS_WEAKREF)) return raise_type(th, "__weakref__ slot disallowed: we already got one"), false;
      m->weakref = true;
      continue;
    }
    name = mangle(th, cls, name);
    if (!name) return false;
    if (dict_get_str(ns, name) != EMPTY && name != S(__qualname__) && name != S(__classcell__))
      return raise_value(th, "%V in __slots__ conflicts with class variable", value_object(name)), false;
    if (m->n == MAX_SLOTS) return raise_todo(th, "more than %d __slots__", MAX_SLOTS), false;
    bool again = false;
    for (int k = m->n_inherited; k < m->n; k++) again |= m->names[k] == name;
    if (!again) m->names[m->n++] = name;
  }
  /* A second base may bring a __dict__ of its own. */
  return true;
}

/* -- How many inline slots ------------------------------------------------------------------------------------------------------------ */

#define MAX_PREDICTED 32

/* Adds the distinct names that a method stores into its first parameter to the n that are there. */
static int add_stored(const Code *c, Str *names[MAX_PREDICTED], int n) {
  if (c->argcount == 0) return n;
  for (uint32_t i = 0; i < c->n_instrs && n < MAX_PREDICTED; i++) {
    if (c->instrs[i].op != RIR_SET_ATTR || c->instrs[i].a != 0) continue;
    Str *name = as_str(c->names->items[c->instrs[i].d]);
    int j = 0;
    while (j < n && names[j] != name) j++;
    if (j == n) names[n++] = name;
  }
  return n;
}

/* Of all methods of a class body. */
static int predict(const Type *base, Dict *ns) {
  Str *names[MAX_PREDICTED];
  int n = 0;
  uint32_t pos = 0;
  Value k, v;
  while (dict_next(ns, &pos, &k, &v)) {
    if (func_check(v)) n = add_stored(((Function *)as_object(v))->code, names, n);
  }
  n += base->flags & TYPE_HEAP ? base->n_predicted : 0;
  return n > 64 ? 64 : n;
}

void type_learn_init(RpThread *th, Type *t, const Function *init) {
  Str *names[MAX_PREDICTED];
  type_learn_size(th, t, add_stored(init->code, names, 0));
}

/* -- The namespace -------------------------------------------------------------------------------------------------------------------- */

static bool wrap(RpThread *th, Dict *d, Str *name, Type *wrapper) {
  Value f = dict_get_str(d, name);
  if (f == EMPTY || !func_check(f)) return true;
  Value w = descr_new(th, wrapper, f, EMPTY, EMPTY);
  return w != EMPTY && dict_set_str(th, d, name, w) == 0;
}

static bool set_default(RpThread *th, Dict *d, Str *name, Value v) {
  return dict_get_str(d, name) != EMPTY || dict_set_str(th, d, name, v) == 0;
}

static Value calling_module(RpThread *th) {
  Dict *globals = th->frame ? activation_globals(activation_of(th->frame)) : NULL;
  return globals ? dict_get_str(globals, S(__name__)) : EMPTY;
}

static bool finish_dict(RpThread *th, Type *t, const Members *m) {
  Dict *d = t->dict;
  Value q = dict_get_str(d, S(__qualname__));
  if (q != EMPTY) {
    if (!str_check(q)) return raise_type(th, "type __qualname__ must be a str, not %T", q), false;
    obj_store(th, t, (Value *)(void *)&t->qualname, q);
    if (dict_del_str(th, d, S(__qualname__)) < 0) return false;
  }
  Value module = calling_module(th);
  if (module != EMPTY && !set_default(th, d, S(__module__), module)) return false;
  if (!wrap(th, d, SLOT_NAME(__new__), &type_staticmethod) || !wrap(th, d, S(__init_subclass__), &type_classmethod) ||
      !wrap(th, d, S(__class_getitem__), &type_classmethod))
    return false;
  for (int i = m->n_inherited; i < m->n; i++) {
    Value descr = descr_member_new(th, t, m->names[i], i);
    if (descr == EMPTY || dict_set_str(th, d, m->names[i], descr) < 0) return false;
  }
  bool base_dict = t->inst_kind == K_TYPE, base_weak = base_dict; /* what `type` says of both is so for classes of a metaclass, too */
  for (uint64_t i = 0; i < t->bases->length; i++) {
    base_dict |= (((Type *)as_object(t->bases->items[i]))->flags & TYPE_HAS_DICT) != 0;
    base_weak |= (((Type *)as_object(t->bases->items[i]))->flags & TYPE_HAS_WEAKREF) != 0;
  }
  if (m->dict && !base_dict) {
    Value descr = descr_getset_new(th, &getset_dict, t);
    if (descr == EMPTY || !set_default(th, d, S(__dict__), descr)) return false;
  }
  if (m->weakref && !base_weak) {
    Value descr = descr_getset_new(th, &getset_weakref, t);
    if (descr == EMPTY || !set_default(th, d, S(__weakref__), descr)) return false;
  }
  return set_default(th, d, S(__doc__), NONE) && (dict_get_str(d, SLOT_NAME(__eq__)) == EMPTY || set_default(th, d, SLOT_NAME(__hash__), NONE));
}

static bool set_classcell(RpThread *th, Type *t) {
  Value cell = dict_get_str(t->dict, S(__classcell__));
  if (cell == EMPTY) return true;
  if (!has_kind(cell, K_CELL)) return raise_type(th, "__classcell__ must be a nonlocal cell, not <class '%T'>", cell), false;
  obj_store(th, as_object(cell), &((Cell *)as_object(cell))->v, value_object(t));
  return dict_del_str(th, t->dict, S(__classcell__)) >= 0;
}

static bool call_set_names(RpThread *th, Type *t, Dict *ns) {
  Dict *copy = dict_copy(th, ns);
  uint32_t pos = 0;
  Value k, v;
  while (copy && dict_next(copy, &pos, &k, &v)) {
    if (is_object(v) && as_object(v)->kind == K_FUNCTION) continue;
    Value f = op_lookup_special(th, v, S(__set_name__));
    if (f == EMPTY) {
      if (th->pending != EMPTY) return false;
      continue;
    }
    if (op_call2(th, f, value_object(t), k) == EMPTY)
      return raise_from_pending(th, &type_RuntimeError, "Error calling __set_name__ on '%T' instance %V in '%S'", v, k, t->name), false;
  }
  return copy != NULL;
}

static bool call_init_subclass(RpThread *th, Type *t, const Value *kwargs, Tuple *kwnames) {
  Value inherited = t->mro->length > 1 ? EMPTY : NONE;
  for (uint64_t i = 1; i < t->mro->length && inherited == EMPTY; i++)
    inherited = dict_get_str(((Type *)as_object(t->mro->items[i]))->dict, S(__init_subclass__));
  if (inherited == EMPTY) return true;
  if (inherited == type_lookup(th, &type_object, S(__init_subclass__)) && (!kwnames || !kwnames->length)) return true;
  Value sup = super_new(th, t, value_object(t));
  Value f = sup == EMPTY ? EMPTY : op_getattr(th, sup, S(__init_subclass__));
  if (f == EMPTY) return false;
  if (kwnames && kwnames->length && has_kind(f, K_NATIVE) && ((Native *)as_object(f))->type == &type_object)
    return raise_type(th, "%S.__init_subclass__() takes no keyword arguments", t->name), false;
  return op_call(th, f, kwargs, 0, kwnames) != EMPTY;
}

/* -- type.__new__ ------------------------------------------------------------------------------------------------------------------------ */

static bool check_dict_bases(Members *m, Tuple *bases) {
  for (uint64_t i = 0; i < bases->length; i++)
    if (((Type *)as_object(bases->items[i]))->flags & TYPE_HAS_DICT) return true;
  return m->dict;
}

static uint32_t collection_flags(Tuple *mro) {
  for (uint64_t i = 1; i < mro->length; i++) {
    uint32_t f = ((Type *)as_object(mro->items[i]))->flags & (TYPE_SEQUENCE | TYPE_MAPPING);
    if (f) return f;
  }
  return 0;
}

static bool make_root(RpThread *th, Type *t, Type *base, const Members *m, bool has_dict) {
  const Shape *up = type_root_shape(base);
  Type *builtin = base;
  while (builtin->flags & TYPE_HEAP) builtin = builtin->base;
  uint16_t offset = base->flags & TYPE_HEAP ? up->overflow_offset : shape_overflow_offset((Kind)builtin->inst_kind, builtin->inst_size);
  uint8_t flags = has_dict ? 0 : SHAPE_SLOTS_ONLY;
  int n_inline = m->n;
  if (builtin->inst_kind == K_MODULE || offset == 0) {
    flags = has_dict ? SHAPE_DICT : SHAPE_SLOTS_ONLY;
    n_inline = 0;
  } else if (has_dict) {
    int predicted = predict(base, t->dict);
    n_inline += predicted ? predicted : builtin->inst_kind == K_INSTANCE && !m->n ? 2 : 0;
  }
  t->n_predicted = (uint16_t)n_inline;
  Shape *root = shape_first_root(th, t, flags, offset, n_inline, m->names, m->n);
  if (!root) return false;
  heap_shade(th, root);
  store_release(&t->root_shape_id, root->id);
  return true;
}

Value type_new_class(RpThread *th, Type *meta, Str *name, Tuple *bases, Dict *ns, const Value *kwargs, Tuple *kwnames) {
  if (bases->length == 0) bases = tuple_of(th, 1, value_object(&type_object));
  Type *base = bases ? best_base(th, bases) : NULL;
  if (!base) return EMPTY;
  Members m = {.n = 0};
  inherit_members(&m, base);
  if (!read_slots(th, &m, base, name, ns)) return EMPTY;
  bool has_dict = check_dict_bases(&m, bases);
  Dict *dict = dict_copy(th, ns);
  name = str_intern(th, name);
  Type *t = dict && name ? (Type *)type_alloc(th, meta) : NULL;
  if (!t) return EMPTY;
  obj_store_ref(th, t, &t->name, name);
  obj_store_ref(th, t, &t->qualname, name);
  obj_store_ref(th, t, &t->base, base);
  obj_store_ref(th, t, &t->bases, bases);
  obj_store_ref(th, t, &t->dict, dict);
  obj_store_ref(th, t, &t->mro, tuple_empty_);
  t->inst_kind = base->inst_kind;
  t->inst_size = base->inst_size;
  t->flags = TYPE_HEAP | TYPE_BASETYPE | (has_dict ? TYPE_HAS_DICT : 0) | (m.weakref ? TYPE_HAS_WEAKREF : base->flags & TYPE_HAS_WEAKREF);
  Tuple *mro = type_compute_mro(th, t);
  if (!mro) return EMPTY;
  obj_store_ref(th, t, &t->mro, mro);
  base = load_consume(&t->base); /* the metaclass's mro() may have assigned others */
  bases = load_consume(&t->bases);
  t->flags |= collection_flags(mro);
  if (!finish_dict(th, t, &m) || !make_root(th, t, base, &m, has_dict)) return EMPTY;
  t->version = type_new_version();
  slots_update(th, t);
  if (!set_classcell(th, t)) return EMPTY;
  for (uint64_t i = 0; i < bases->length; i++)
    if (type_add_subclass(th, (Type *)as_object(bases->items[i]), t) < 0) return EMPTY;
  if (thread_multi(th)) type_modified(th, t); /* what another thread changed in a base just before did not find it there */
  if (!call_set_names(th, t, ns) || !call_init_subclass(th, t, kwargs, kwnames)) return EMPTY;
  return value_object(t);
}

/* -- class statements ----------------------------------------------------------------------------------------------------------------------- */

/* Bases that are no classes may name others (PEP 560). NULL + pending. */
Tuple *type_resolve_bases(RpThread *th, Tuple *bases) {
  bool plain = true;
  for (uint64_t i = 0; i < bases->length; i++) plain &= has_kind(bases->items[i], K_TYPE);
  if (plain) return bases;
  List *out = list_new(th, bases->length);
  for (uint64_t i = 0; out && i < bases->length; i++) {
    Value b = bases->items[i];
    Value f = has_kind(b, K_TYPE) ? EMPTY : op_getattr_opt(th, b, S(__mro_entries__));
    if (f == EMPTY) {
      if (th->pending != EMPTY || list_append(th, out, b) < 0) return NULL;
      continue;
    }
    Value r = op_call1(th, f, value_object(bases));
    if (r == EMPTY) return NULL;
    if (!tuple_check(r)) return raise_type(th, "__mro_entries__ must return a tuple"), NULL;
    if (list_extend(th, out, r) < 0) return NULL;
  }
  return out ? list_to_tuple(th, out) : NULL;
}

/* Runs the class body with `ns` as its namespace. */
static Value run_body(RpThread *th, Function *body, Value ns) {
  if (!thread_check_stack(th, "")) return EMPTY;
  Frame *f = frame_push(th, body);
  if (!f) return EMPTY;
  f->locals = ns;
  f->flags = FRAME_ENTRY;
  return interp_run(th, f);
}

static Value prepare(RpThread *th, Value meta, Value name, Tuple *bases, const Value *kwargs, Tuple *kwnames) {
  if (meta == value_object(&type_type)) return value_object(dict_new(th));
  Value f = op_getattr_opt(th, meta, S(__prepare__));
  if (f == EMPTY) return th->pending == EMPTY ? value_object(dict_new(th)) : EMPTY;
  uint64_t n_kw = kwnames ? kwnames->length : 0;
  Tuple *args = tuple_alloc(th, 2 + n_kw);
  if (!args) return EMPTY;
  obj_store(th, args, &args->items[0], name);
  obj_store(th, args, &args->items[1], value_object(bases));
  for (uint64_t i = 0; i < n_kw; i++) obj_store(th, args, &args->items[2 + i], kwargs[i]);
  Value ns = op_call(th, f, args->items, 2, kwnames);
  if (ns != EMPTY && !type_of(ns)->slots.getitem) {
    if (has_kind(meta, K_TYPE)) return raise_type(th, "%S.__prepare__() must return a mapping, not %T", ((Type *)as_object(meta))->name, ns);
    return raise_type(th, "<metaclass>.__prepare__() must return a mapping, not %T", ns);
  }
  return ns;
}

/* __build_class__(body, name, *bases, metaclass=..., **kw); args as for a CallFn. */
Value type_build_class(RpThread *th, const Value *args, int n_pos, Tuple *kwnames) {
  if (n_pos < 2) return raise_type(th, "__build_class__: not enough arguments");
  if (!func_check(args[0])) return raise_type(th, "__build_class__: func must be a function");
  if (!str_check(args[1])) return raise_type(th, "__build_class__: name is not a string");
  Tuple *orig = tuple_new(th, args + 2, (size_t)n_pos - 2);
  Tuple *bases = orig ? type_resolve_bases(th, orig) : NULL;
  if (!bases) return EMPTY;
  Value meta = EMPTY;
  uint64_t n_kw = kwnames ? kwnames->length : 0;
  Tuple *kw_values = tuple_alloc(th, n_kw);
  List *names = n_kw ? list_new(th, n_kw) : NULL;
  if (!kw_values || (n_kw && !names)) return EMPTY;
  uint64_t n = 0;
  for (uint64_t i = 0; i < n_kw; i++) {
    Value v = args[n_pos + (int)i];
    if (str_eq_c(as_str(kwnames->items[i]), "metaclass")) meta = v;
    else {
      obj_store(th, kw_values, &kw_values->items[n++], v);
      if (list_append(th, names, kwnames->items[i]) < 0) return EMPTY;
    }
  }
  Tuple *rest = n ? list_to_tuple(th, names) : NULL;
  if (n && !rest) return EMPTY;
  if (meta == EMPTY) meta = value_object(bases->length ? type_of(bases->items[0]) : &type_type);
  if (has_kind(meta, K_TYPE)) {
    Type *w = type_winner(th, (Type *)as_object(meta), bases);
    if (!w) return EMPTY;
    meta = value_object(w);
  }
  Value ns = prepare(th, meta, args[1], bases, kw_values->items, rest);
  if (ns == EMPTY || run_body(th, (Function *)as_object(args[0]), ns) == EMPTY) return EMPTY;
  if (bases != orig && op_setitem(th, ns, value_object(str_intern_c(th, "__orig_bases__")), value_object(orig)) < 0) return EMPTY;
  Value cell = dict_check(ns) ? dict_get_str(as_dict(ns), S(__classcell__)) : EMPTY;
  Tuple *call = tuple_alloc(th, 3 + n);
  if (!call) return EMPTY;
  obj_store(th, call, &call->items[0], args[1]);
  obj_store(th, call, &call->items[1], value_object(bases));
  obj_store(th, call, &call->items[2], ns);
  for (uint64_t i = 0; i < n; i++) obj_store(th, call, &call->items[3 + i], kw_values->items[i]);
  Value cls = op_call(th, meta, call->items, 3, rest);
  if (cls == EMPTY || !has_kind(cls, K_TYPE) || !has_kind(cell, K_CELL)) return cls;
  Value in = ((Cell *)as_object(cell))->v;
  if (in == EMPTY)
    return raise_runtime(th, "__class__ not set defining %V as %V. Was __classcell__ propagated to type.__new__?", args[1], cls);
  if (in != cls) return raise_type(th, "__class__ set to %V defining %V as %V", in, args[1], cls);
  return cls;
}
