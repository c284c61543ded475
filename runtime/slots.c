/* slots.c: the two directions of slots.def. A C slot of a builtin type is shown to Python as a wrapper descriptor (`int.__add__`); a dunder
** method of a Python class is called for the C slot by a generic function (`slot_add`). slots_update() decides which one a class gets. */
#include "runtime/frame.h"
#include "runtime/context.h"
#include "runtime/descr.h"
#include "runtime/dict.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/perm.h"
#include "runtime/shape.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

/* -- The table -------------------------------------------------------------------------------------------------------- */

typedef enum SlotSig {
  SIG_UNARY, SIG_HASH, SIG_CALL, SIG_GETATTR, SIG_GETATTR_FALLBACK, SIG_SETATTR, SIG_DELATTR, SIG_LT, SIG_LE, SIG_EQ, SIG_NE, SIG_GT, SIG_GE,
  SIG_NEXT, SIG_DESCR_GET, SIG_DESCR_SET, SIG_DESCR_DELETE, SIG_INIT, SIG_NEW, SIG_DEL, SIG_BOOL, SIG_LEN, SIG_BINARY_SUBSCR, SIG_SETITEM,
  SIG_DELITEM, SIG_CONTAINS, SIG_BINARY, SIG_RBINARY, SIG_IBINARY, SIG_POW, SIG_RPOW, SIG_SEQ_REPEAT
} SlotSig;

typedef struct SlotRow { uint16_t offset; uint8_t sig; uint16_t name; void *generic; } SlotRow;

/* Names of the special methods, as Str; rows name them by id so that the table can be constant. */
#define DUNDER(id) (rp_names[id])

/* -- Calling a special method ------------------------------------------------------------------------------------------ */

/* Looks `name` up on the type of self and calls it. *absent tells "no such method" (nothing pending then). */
static Value special(RpThread *th, Value self, Str *name, const Value *args, int n, bool *absent) {
  Type *t = type_of(self);
  Value f = type_lookup(th, t, name);
  *absent = f == EMPTY;
  if (f == EMPTY) return EMPTY;
  Type *ft = type_of(f);
  if (ft != &type_function && ft != &type_method_descriptor && ft != &type_wrapper_descriptor) {
    f = descr_bind(th, f, self, t);
    return f == EMPTY ? EMPTY : op_call(th, f, args, n, NULL);
  }
  Value argv[4];
  RP_ASSERT(n < 4);
  argv[0] = self;
  for (int i = 0; i < n; i++) argv[i + 1] = args[i];
  return op_call(th, f, argv, n + 1, NULL);
}

/* The same where the slot is only set when the method exists; it may have gone meanwhile. */
static Value special_must(RpThread *th, Value self, Str *name, const Value *args, int n) {
  bool absent;
  Value r = special(th, self, name, args, n, &absent);
  return absent ? raise_attribute(th, "%S", name) : r;
}

static Value special_or_pass(RpThread *th, Value self, Str *name, Value arg) {
  bool absent;
  Value r = special(th, self, name, &arg, 1, &absent);
  return absent ? NOT_IMPLEMENTED : r;
}

Value op_lookup_special(RpThread *th, Value o, Str *name) {
  Type *t = type_of(o);
  Value f = type_lookup(th, t, name);
  return f == EMPTY ? EMPTY : descr_bind(th, f, o, t);
}

/* -- Generic slot functions: C calls Python ---------------------------------------------------------------------------- */

#define FIELD(t, offset) (*(void **)((char *)&(t)->slots + (offset)))

/* Reflected rules between two Python classes; between a class and a builtin type op_binary already chose the order. */
static Value slot_binary(RpThread *th, Value a, Value b, size_t offset, void *me, Str *name, Str *rname) {
  Type *ta = type_of(a), *tb = type_of(b);
  bool other = ta != tb && FIELD(tb, offset) == me;
  if (FIELD(ta, offset) == me) {
    if (other && type_is_subtype(tb, ta) && type_lookup(th, ta, rname) != type_lookup(th, tb, rname)) {
      Value r = special_or_pass(th, b, rname, a);
      if (r != NOT_IMPLEMENTED) return r;
      other = false;
    }
    Value r = special_or_pass(th, a, name, b);
    if (r != NOT_IMPLEMENTED || ta == tb) return r;
  }
  return other ? special_or_pass(th, b, rname, a) : NOT_IMPLEMENTED;
}

static int truth_result(RpThread *th, Value r) { return r == EMPTY ? -1 : op_truth(th, r); }

static Value slot_getattr(RpThread *th, Value self, Str *name) {
  Type *t = type_of(self);
  Value hook = type_lookup(th, t, SLOT_NAME(__getattr__));
  Value own = type_lookup(th, t, SLOT_NAME(__getattribute__));
  Value v;
  bool absent;
  Value arg = value_object(name);
  if (own != EMPTY && type_of(own) != &type_wrapper_descriptor) v = special(th, self, SLOT_NAME(__getattribute__), &arg, 1, &absent);
  else {
    Type *owner = own != EMPTY ? ((Native *)as_object(own))->type : &type_object;
    if (hook != EMPTY && owner == &type_object) {
      v = object_getattr_opt(th, self, name);
      if (v == EMPTY && th->pending == EMPTY) return special(th, self, SLOT_NAME(__getattr__), &arg, 1, &absent);
    } else v = owner->slots.getattr(th, self, name);
  }
  if (v != EMPTY || hook == EMPTY || !error_is(th, &type_AttributeError)) return v;
  error_clear(th);
  return special(th, self, SLOT_NAME(__getattr__), &arg, 1, &absent);
}

static int slot_setattr(RpThread *th, Value self, Str *name, Value v) {
  Value args[2] = {value_object(name), v};
  Value r = v == EMPTY ? special_must(th, self, SLOT_NAME(__delattr__), args, 1) : special_must(th, self, SLOT_NAME(__setattr__), args, 2);
  return r == EMPTY ? -1 : 0;
}

static Value slot_compare(RpThread *th, Value a, Value b, CompareOp op) {
  Str *name = DUNDER(NAME_slot___lt__ + op);
  Type *t = type_of(a);
  Value f = type_lookup(th, t, name);
  if (f == EMPTY) return NOT_IMPLEMENTED;
  if (type_of(f) == &type_wrapper_descriptor) return ((Native *)as_object(f))->type->slots.compare(th, a, b, op);
  return special_or_pass(th, a, name, b);
}

static int64_t hash_refused(RpThread *th, Value self) {
  return raise_unhashable(th, self);
}

static int64_t slot_hash(RpThread *th, Value self) {
  Value f = type_lookup(th, type_of(self), SLOT_NAME(__hash__));
  if (f == EMPTY || f == NONE) return hash_refused(th, self);
  Value r = special_must(th, self, SLOT_NAME(__hash__), NULL, 0);
  if (r == EMPTY) return -1;
  if (!int_check(r)) return raise_type(th, "__hash__ method should return an integer"), -1;
  int64_t h;
  if (!int_as_i64(r, &h)) h = int_hash(r);
  return h == -1 ? -2 : h;
}

static Value slot_call(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Type *t = type_of(self);
  Value f = type_lookup(th, t, SLOT_NAME(__call__));
  if (f == EMPTY) return raise_type(th, "'%T' object is not callable", self);
  if (!thread_check_stack(th, " while calling a Python object")) return EMPTY;
  Type *ft = type_of(f);
  if (ft != &type_function && ft != &type_method_descriptor) {
    f = descr_bind(th, f, self, t);
    Value r = f == EMPTY ? EMPTY : op_call(th, f, args, n_pos, kwnames);
    __asm__ volatile("" ::: "memory"); /* no tail call: an instance that is its own class's __call__ must find the end of the stack */
    return r;
  }
  return call_prepend(th, f, self, args, n_pos, kwnames);
}

static Value slot_iter(RpThread *th, Value self) {
  Value f = type_lookup(th, type_of(self), SLOT_NAME(__iter__));
  if (f == NONE) return raise_type(th, "'%T' object is not iterable", self);
  return special_must(th, self, SLOT_NAME(__iter__), NULL, 0);
}

static Value slot_next(RpThread *th, Value self) {
  Value r = special_must(th, self, SLOT_NAME(__next__), NULL, 0);
  if (r == EMPTY && error_is(th, &type_StopIteration)) error_clear(th);
  return r;
}

static Value slot_descr_get(RpThread *th, Value self, Value obj, Value type) {
  Value args[2] = {obj == EMPTY ? NONE : obj, type == EMPTY ? NONE : type};
  bool absent;
  Value r = special(th, self, SLOT_NAME(__get__), args, 2, &absent);
  return absent ? self : r;
}

static int slot_descr_set(RpThread *th, Value self, Value obj, Value v) {
  Value args[2] = {obj, v};
  Str *name = v == EMPTY ? SLOT_NAME(__delete__) : SLOT_NAME(__set__);
  bool absent;
  Value r = special(th, self, name, args, v == EMPTY ? 1 : 2, &absent);
  if (absent) raise_attribute(th, "%S", name);
  return r == EMPTY ? -1 : 0;
}

static int slot_init(RpThread *th, Value self, const Value *args, int n_pos, Tuple *kwnames) {
  Type *t = type_of(self);
  Value f = type_lookup(th, t, SLOT_NAME(__init__));
  if (f == EMPTY) return 0;
  Value r;
  if (type_of(f) == &type_function) r = call_prepend(th, f, self, args, n_pos, kwnames);
  else {
    f = descr_bind(th, f, self, t);
    r = f == EMPTY ? EMPTY : op_call(th, f, args, n_pos, kwnames);
  }
  if (r == EMPTY) return -1;
  if (r != NONE) return raise_type(th, "__init__() should return None, not '%T'", r), -1;
  return 0;
}

static Value slot_new(RpThread *th, Type *type, const Value *args, int n_pos, Tuple *kwnames) {
  Value f = op_getattr(th, value_object(type), SLOT_NAME(__new__));
  return f == EMPTY ? EMPTY : call_prepend(th, f, value_object(type), args, n_pos, kwnames);
}

static Value slot_del(RpThread *th, Value self) {
  bool absent;
  Value r = special(th, self, SLOT_NAME(__del__), NULL, 0, &absent);
  return absent ? NONE : r;
}

static int slot_bool(RpThread *th, Value self) {
  Value r = special_must(th, self, SLOT_NAME(__bool__), NULL, 0);
  if (r == EMPTY) return -1;
  if (!is_bool(r)) return raise_type(th, "__bool__ should return bool, returned %T", r), -1;
  return r == TRUE_V;
}

static int64_t slot_len(RpThread *th, Value self) {
  Value r = special_must(th, self, SLOT_NAME(__len__), NULL, 0);
  if (r == EMPTY) return -1;
  r = op_index(th, r);
  if (r == EMPTY) return -1;
  int64_t n;
  bool fits = int_as_i64(r, &n);
  if (int_sign(r) < 0) return raise_value(th, "__len__() should return >= 0"), -1;
  if (!fits) return raise_overflow(th, "cannot fit 'int' into an index-sized integer"), -1;
  return n;
}

static int slot_setitem(RpThread *th, Value self, Value key, Value v) {
  Value args[2] = {key, v};
  Value r = v == EMPTY ? special_must(th, self, SLOT_NAME(__delitem__), args, 1) : special_must(th, self, SLOT_NAME(__setitem__), args, 2);
  return r == EMPTY ? -1 : 0;
}

static int slot_contains(RpThread *th, Value self, Value item) {
  Value f = type_lookup(th, type_of(self), SLOT_NAME(__contains__));
  if (f == NONE) return raise_type(th, "'%T' object is not a container", self), -1;
  return truth_result(th, special_must(th, self, SLOT_NAME(__contains__), &item, 1));
}

static Value slot_pow(RpThread *th, Value a, Value b, Value mod) {
  void *me = (void *)slot_pow;
  if (mod == NONE) return slot_binary(th, a, b, offsetof(TypeSlots, pow), me, SLOT_NAME(__pow__), SLOT_NAME(__rpow__));
  if (type_of(a)->slots.pow != slot_pow) return NOT_IMPLEMENTED;
  Value args[2] = {b, mod};
  return special_must(th, a, SLOT_NAME(__pow__), args, 2);
}

/* One function per unary, binary and in-place row; the special rows above need none. */
#define GEN_UNARY(field, dunder)                                                                                                           \
  __attribute__((unused)) static Value gslot_##field(RpThread *th, Value self) { return special_must(th, self, SLOT_NAME(dunder), NULL, 0); }
#define GEN_BINARY(field, dunder)                                                                                                          \
  static Value gslot_##field(RpThread *th, Value a, Value b) {                                                                             \
    return slot_binary(th, a, b, offsetof(TypeSlots, field), (void *)gslot_##field, SLOT_NAME(dunder), DUNDER(NAME_slot_##dunder + 1));    \
  }
#define GEN_BINARY_SUBSCR(field, dunder)                                                                                                   \
  static Value gslot_##field(RpThread *th, Value a, Value b) { return special_must(th, a, SLOT_NAME(dunder), &b, 1); }
#define GEN_IBINARY(field, dunder) GEN_BINARY_SUBSCR(field, dunder)
#define GEN_HASH(field, dunder)
#define GEN_CALL(field, dunder)
#define GEN_GETATTR(field, dunder)
#define GEN_GETATTR_FALLBACK(field, dunder)
#define GEN_SETATTR(field, dunder)
#define GEN_DELATTR(field, dunder)
#define GEN_LT(field, dunder)
#define GEN_LE(field, dunder)
#define GEN_EQ(field, dunder)
#define GEN_NE(field, dunder)
#define GEN_GT(field, dunder)
#define GEN_GE(field, dunder)
#define GEN_NEXT(field, dunder)
#define GEN_DESCR_GET(field, dunder)
#define GEN_DESCR_SET(field, dunder)
#define GEN_DESCR_DELETE(field, dunder)
#define GEN_INIT(field, dunder)
#define GEN_NEW(field, dunder)
#define GEN_DEL(field, dunder)
#define GEN_BOOL(field, dunder)
#define GEN_LEN(field, dunder)
#define GEN_SETITEM(field, dunder)
#define GEN_DELITEM(field, dunder)
#define GEN_CONTAINS(field, dunder)
#define GEN_RBINARY(field, dunder)
#define GEN_POW(field, dunder)
#define GEN_RPOW(field, dunder)
#define SLOT(field, sig, dunder) GEN_##sig(field, dunder)
#include "runtime/slots.def"
#undef SLOT

#define FN_UNARY(field) (void *)gslot_##field
#define FN_BINARY(field) (void *)gslot_##field
#define FN_RBINARY(field) (void *)gslot_##field
#define FN_IBINARY(field) (void *)gslot_##field
#define FN_BINARY_SUBSCR(field) (void *)gslot_##field
#define FN_HASH(field) (void *)slot_hash
#define FN_CALL(field) (void *)slot_call
#define FN_GETATTR(field) (void *)slot_getattr
#define FN_GETATTR_FALLBACK(field) (void *)slot_getattr
#define FN_SETATTR(field) (void *)slot_setattr
#define FN_DELATTR(field) (void *)slot_setattr
#define FN_LT(field) (void *)slot_compare
#define FN_LE(field) (void *)slot_compare
#define FN_EQ(field) (void *)slot_compare
#define FN_NE(field) (void *)slot_compare
#define FN_GT(field) (void *)slot_compare
#define FN_GE(field) (void *)slot_compare
#define FN_NEXT(field) (void *)slot_next
#define FN_DESCR_GET(field) (void *)slot_descr_get
#define FN_DESCR_SET(field) (void *)slot_descr_set
#define FN_DESCR_DELETE(field) (void *)slot_descr_set
#define FN_INIT(field) (void *)slot_init
#define FN_NEW(field) (void *)slot_new
#define FN_DEL(field) (void *)slot_del
#define FN_BOOL(field) (void *)slot_bool
#define FN_LEN(field) (void *)slot_len
#define FN_SETITEM(field) (void *)slot_setitem
#define FN_DELITEM(field) (void *)slot_setitem
#define FN_CONTAINS(field) (void *)slot_contains
#define FN_POW(field) (void *)slot_pow
#define FN_RPOW(field) (void *)slot_pow

/* slots.def, and the sequence forms, which only builtin types have. Rows of one field stand together. */
static const SlotRow rows[] = {
#define SLOT(field, sig, dunder) {offsetof(TypeSlots, field), SIG_##sig, NAME_slot_##dunder, FN_##sig(field)},
#include "runtime/slots.def"
#undef SLOT
    {offsetof(TypeSlots, seq_concat), SIG_BINARY, NAME_slot___add__, NULL},
    {offsetof(TypeSlots, seq_repeat), SIG_BINARY, NAME_slot___mul__, NULL},
    {offsetof(TypeSlots, seq_repeat), SIG_SEQ_REPEAT, NAME_slot___rmul__, NULL},
    {offsetof(TypeSlots, seq_iconcat), SIG_IBINARY, NAME_slot___iadd__, NULL},
};

static void *generic_of(const SlotRow *r) {
  if (r->name == NAME_slot___iter__) return (void *)slot_iter;
  return r->generic;
}

/* -- Builtin types -------------------------------------------------------------------------------------------------------- */

void slots_inherit_builtin(Type *type, const Type *base, const TypeSpec *spec) {
  type->slots = spec->slots;
  if (!base) return;
  bool own_compare = spec->slots.compare || spec->slots.hash;
  void **dst = (void **)&type->slots;
  void *const *src = (void *const *)&base->slots;
  for (size_t i = 0; i < sizeof(TypeSlots) / sizeof(void *); i++)
    if (!dst[i]) dst[i] = src[i];
  if (own_compare && !spec->slots.hash) type->slots.hash = hash_refused;
}
_Static_assert(sizeof(TypeSlots) % sizeof(void *) == 0, "slots are pointers only");

static void put_wrapper(RpThread *boot, Type *type, Dict *dict, const SlotRow *r) {
  if (dict_get_str(dict, DUNDER(r->name)) != EMPTY) return;
  Native *f = native_perm_slot(r, NULL, type, r->sig == SIG_NEW);
  f->name = DUNDER(r->name);
  if (dict_set_str(boot, dict, f->name, value_object(f)) < 0) RP_FATAL("no memory for the builtin types");
}

static bool has_slot(const TypeSpec *spec, const SlotRow *r) { return *(void *const *)((const char *)&spec->slots + r->offset) != NULL; }

size_t slots_count_wrappers(const TypeSpec *spec) {
  size_t n = spec->slots.compare != NULL; /* __hash__ = None */
  for (size_t i = 0; i < countof(rows); i++) n += has_slot(spec, &rows[i]);
  return n;
}

void slots_add_wrappers(RpThread *boot, Type *type, const TypeSpec *spec, Dict *dict) {
  for (size_t i = 0; i < countof(rows); i++) {
    const SlotRow *r = &rows[i];
    if (has_slot(spec, r) && r->sig != SIG_GETATTR_FALLBACK && r->sig != SIG_DEL) put_wrapper(boot, type, dict, r);
  }
  if (spec->slots.compare && !spec->slots.hash) dict_set_str(boot, dict, SLOT_NAME(__hash__), NONE);
}

/* -- Python classes --------------------------------------------------------------------------------------------------------- */

/* What `found` (in the MRO, for row r) means for the slot: a C function to take over, or NULL: must be called as Python. */
static void *specific(const SlotRow *r, Value found) {
  if (found == NONE) return r->sig == SIG_HASH ? (void *)hash_refused : NULL;
  if (!has_kind(found, K_NATIVE)) return NULL;
  Native *n = (Native *)as_object(found);
  const SlotRow *w = n->slot_wrapper;
  if (!w || w->offset != r->offset) return NULL;
  if (w->sig == SIG_NEW) return (void *)n->type->slots.new_;
  return w->sig == r->sig ? FIELD(n->type, r->offset) : NULL;
}

/* The same special method in another slot's form (list.__add__ is seq_concat). One under another name (__str__ = int.__repr__) is called. */
static bool is_other_slots_wrapper(const SlotRow *r, Value found) {
  if (!has_shape(found, SHAPE_wrapper_descriptor)) return false;
  const SlotRow *w = ((Native *)as_object(found))->slot_wrapper;
  return w->offset != r->offset && w->name == r->name;
}

/* The slots and flags that the class should have now. */
static void compute_slots(RpThread *th, Type *type, TypeSlots *slots, uint32_t *flags) {
  *slots = type->slots;
  for (size_t i = 0; i < countof(rows);) {
    const SlotRow *r = &rows[i];
    uint16_t offset = r->offset;
    void *chosen = NULL;
    bool generic = false;
    for (; i < countof(rows) && rows[i].offset == offset; i++) {
      Value found = type_lookup(th, type, DUNDER(rows[i].name));
      if (found == EMPTY || is_other_slots_wrapper(&rows[i], found)) continue;
      void *c = specific(&rows[i], found);
      if (!c || (chosen && chosen != c)) generic = true;
      chosen = c;
    }
    *(void **)((char *)slots + offset) = generic ? generic_of(r) : chosen;
  }
  slots->trace = type->base->slots.trace;
  slots->free_ = type->base->slots.free_;
  slots->buffer = type->base->slots.buffer;
  *flags = type->flags & ~(uint32_t)(TYPE_CUSTOM_GETATTR | TYPE_CUSTOM_SETATTR | TYPE_SIMPLE_NEW | TYPE_HAS_FINALIZER);
  if (slots->getattr != object_getattr) *flags |= TYPE_CUSTOM_GETATTR;
  if (slots->setattr != object_setattr) *flags |= TYPE_CUSTOM_SETATTR;
  if (slots->new_ == type_object.slots.new_) *flags |= TYPE_SIMPLE_NEW;
  if (slots->finalize_py) *flags |= TYPE_HAS_FINALIZER;
}

/* Slots are read everywhere as plain words, tested and then called. So those of a class that others may be using change only while all of them stand
** at a safepoint, which is never between a test and its call. */
void slots_update(RpThread *th, Type *type) {
  TypeSlots slots;
  uint32_t flags;
  compute_slots(th, type, &slots, &flags);
  if (flags == type->flags && memcmp(&slots, &type->slots, sizeof slots) == 0) return;
  bool stop = thread_multi(th) && th->ctx;
  if (stop) heap_stop(th->ctx, th);
  type->slots = slots;
  type->flags = flags;
  if (stop) heap_resume(th->ctx, th);
}

/* -- Wrappers: Python calls C ---------------------------------------------------------------------------------------------- */

static bool want(RpThread *th, int n, int min, int max) {
  if (n >= min && n <= max) return true;
  if (min == max) raise_type(th, "expected %d argument%s, got %d", min, min == 1 ? "" : "s", n);
  else if (n < min) raise_type(th, "expected at least %d argument%s, got %d", min, min == 1 ? "" : "s", n);
  else raise_type(th, "expected at most %d arguments, got %d", max, n);
  return false;
}

static Value none_or(int r) { return r < 0 ? EMPTY : NONE; }
static Value bool_or(int r) { return r < 0 ? EMPTY : value_bool(r); }

static Str *attr_name(RpThread *th, Value v) {
  if (!str_check(v)) return raise_type(th, "attribute name must be string, not '%T'", v), NULL;
  return str_intern(th, as_str(v));
}

/* object.__setattr__(SomeClass, ...) would go round the checks of classes. */
static bool setattr_allowed(RpThread *th, const Type *owner, Value self, const char *what) {
  if (owner != &type_object || !has_kind(self, K_TYPE)) return true;
  raise_type(th, "can't apply this %s to %T object", what, self);
  return false;
}

static Value wrapper_apply(RpThread *th, const SlotRow *r, Type *owner, Value self, const Value *a, int n, Tuple *kwnames) {
  void *fn = FIELD(owner, r->offset);
  Str *name;
  switch ((SlotSig)r->sig) {
  case SIG_CALL: return ((CallFn)fn)(th, self, a, n, kwnames);
  case SIG_INIT: return none_or(owner->slots.init(th, self, a, n, kwnames));
  default: break;
  }
  if (kwnames && kwnames->length) return raise_type(th, "wrapper %S() takes no keyword arguments", DUNDER(r->name));
  switch ((SlotSig)r->sig) {
  case SIG_UNARY: return want(th, n, 0, 0) ? ((UnaryFn)fn)(th, self) : EMPTY;
  case SIG_HASH: {
    if (!want(th, n, 0, 0)) return EMPTY;
    int64_t h = owner->slots.hash(th, self);
    return h == -1 ? EMPTY : int_from_i64(th, h);
  }
  case SIG_GETATTR: return want(th, n, 1, 1) && (name = attr_name(th, a[0])) ? owner->slots.getattr(th, self, name) : EMPTY;
  case SIG_SETATTR:
    if (!want(th, n, 2, 2) || !(name = attr_name(th, a[0])) || !setattr_allowed(th, owner, self, "__setattr__")) return EMPTY;
    return none_or(owner->slots.setattr(th, self, name, a[1]));
  case SIG_DELATTR:
    if (!want(th, n, 1, 1) || !(name = attr_name(th, a[0])) || !setattr_allowed(th, owner, self, "__delattr__")) return EMPTY;
    return none_or(owner->slots.setattr(th, self, name, EMPTY));
  case SIG_LT: case SIG_LE: case SIG_EQ: case SIG_NE: case SIG_GT: case SIG_GE:
    return want(th, n, 1, 1) ? owner->slots.compare(th, self, a[0], (CompareOp)(r->sig - SIG_LT)) : EMPTY;
  case SIG_NEXT: {
    if (!want(th, n, 0, 0)) return EMPTY;
    Value v = has_kind(self, K_GENERATOR) ? gen_next(th, self) : owner->slots.next(th, self);
    return v == EMPTY && th->pending == EMPTY ? raise_stop_iteration(th, NONE) : v;
  }
  case SIG_DESCR_GET: {
    if (!want(th, n, 1, 2)) return EMPTY;
    Value obj = a[0] == NONE ? EMPTY : a[0], type = n < 2 || a[1] == NONE ? EMPTY : a[1];
    if (obj == EMPTY && type == EMPTY) return raise_type(th, "__get__(None, None) is invalid");
    return owner->slots.descr_get(th, self, obj, type);
  }
  case SIG_DESCR_SET: return want(th, n, 2, 2) ? none_or(owner->slots.descr_set(th, self, a[0], a[1])) : EMPTY;
  case SIG_DESCR_DELETE: return want(th, n, 1, 1) ? none_or(owner->slots.descr_set(th, self, a[0], EMPTY)) : EMPTY;
  case SIG_BOOL: return want(th, n, 0, 0) ? bool_or(owner->slots.bool_(th, self)) : EMPTY;
  case SIG_LEN: {
    if (!want(th, n, 0, 0)) return EMPTY;
    int64_t len = owner->slots.len(th, self);
    return len < 0 ? EMPTY : int_from_i64(th, len);
  }
  case SIG_BINARY: case SIG_BINARY_SUBSCR: case SIG_IBINARY: return want(th, n, 1, 1) ? ((BinaryFn)fn)(th, self, a[0]) : EMPTY;
  case SIG_SEQ_REPEAT: return want(th, n, 1, 1) ? ((BinaryFn)fn)(th, self, a[0]) : EMPTY;
  case SIG_RBINARY: return want(th, n, 1, 1) ? ((BinaryFn)fn)(th, a[0], self) : EMPTY;
  case SIG_SETITEM: return want(th, n, 2, 2) ? none_or(owner->slots.setitem(th, self, a[0], a[1])) : EMPTY;
  case SIG_DELITEM: return want(th, n, 1, 1) ? none_or(owner->slots.setitem(th, self, a[0], EMPTY)) : EMPTY;
  case SIG_CONTAINS: return want(th, n, 1, 1) ? bool_or(owner->slots.contains(th, self, a[0])) : EMPTY;
  case SIG_POW: return want(th, n, 1, 2) ? ((TernaryFn)fn)(th, self, a[0], n > 1 ? a[1] : NONE) : EMPTY;
  case SIG_RPOW: return want(th, n, 1, 2) ? ((TernaryFn)fn)(th, a[0], self, n > 1 ? a[1] : NONE) : EMPTY;
  default: RP_FATAL("slot row without a wrapper");
  }
}

/* wrapper_descriptor called as a function: int.__add__(1, 2). */
Value slots_wrapper_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  Native *w = (Native *)as_object(callee);
  if (n_pos < 1) return raise_type(th, "descriptor '%S' of '%S' object needs an argument", w->name, w->type->name);
  if (!value_is_instance(args[0], w->type))
    return raise_type(th, "descriptor '%S' requires a '%S' object but received a '%T'", w->name, w->type->name, args[0]);
  return wrapper_apply(th, w->slot_wrapper, w->type, args[0], args + 1, n_pos - 1, kwnames);
}

static Value method_wrapper_call(RpThread *th, Value callee, const Value *args, int n_pos, Tuple *kwnames) {
  BoundMethod *m = (BoundMethod *)as_object(callee);
  Native *w = (Native *)as_object(m->func);
  return wrapper_apply(th, w->slot_wrapper, w->type, m->self, args, n_pos, kwnames);
}

/* int.__new__(cls, ...): a builtin function bound to the type that defines the slot. */
Value slots_new_call(RpThread *th, Native *f, const Value *args, int n_pos, Tuple *kwnames) {
  Type *owner = f->type;
  if (n_pos < 1) return raise_type(th, "%S.__new__(): not enough arguments", owner->name);
  if (!has_kind(args[0], K_TYPE)) return raise_type(th, "%S.__new__(X): X is not a type object (%T)", owner->name, args[0]);
  Type *cls = (Type *)as_object(args[0]);
  if (!type_is_subtype(cls, owner))
    return raise_type(th, "%S.__new__(%S): %S is not a subtype of %S", owner->name, cls->name, cls->name, owner->name);
  Type *solid = cls;
  while (solid->flags & TYPE_HEAP) solid = solid->base;
  if (!type_is_made(cls)) solid = cls;
  if (solid->slots.new_ != owner->slots.new_)
    return raise_type(th, "%S.__new__(%S) is not safe, use %S.__new__()", owner->name, cls->name, solid->name);
  return owner->slots.new_(th, cls, args + 1, n_pos - 1, kwnames);
}

/* -- The two types ------------------------------------------------------------------------------------------------------------ */

static Value wrapper_repr(RpThread *th, Value self) {
  Native *w = (Native *)as_object(self);
  return value_object(str_fmt(th, "<slot wrapper '%S' of '%S' objects>", w->name, w->type->name));
}

static Value wrapper_get(RpThread *th, Value self, Value obj, Value type) {
  if (obj == EMPTY) return self;
  Native *w = (Native *)as_object(self);
  if (!value_is_instance(obj, w->type))
    return raise_type(th, "descriptor '%S' for '%S' objects doesn't apply to a '%T' object", w->name, w->type->name, obj);
  BoundMethod *m = heap_new(th, BoundMethod, SHAPE_method_wrapper, K_BOUND);
  if (!m) return EMPTY;
  m->func = self;
  m->self = obj;
  return value_object(m);
}

static Value w_name(RpThread *th, Value self) { return value_object(((Native *)as_object(self))->name); }
static Value w_objclass(RpThread *th, Value self) { return value_object(((Native *)as_object(self))->type); }
static Value w_qualname(RpThread *th, Value self) {
  Native *w = (Native *)as_object(self);
  return value_object(str_fmt(th, "%S.%S", w->type->qualname, w->name));
}
static const char *slot_doc(const Native *w) {
  switch (((const SlotRow *)w->slot_wrapper)->sig) {
  case SIG_INIT: return "Initialize self.  See help(type(self)) for accurate signature.";
  case SIG_CALL: return "Call self as a function.";
  case SIG_GETATTR: return "Return getattr(self, name).";
  case SIG_SETATTR: return "Implement setattr(self, name, value).";
  case SIG_DELATTR: return "Implement delattr(self, name).";
  case SIG_HASH: return "Return hash(self).";
  case SIG_LEN: return "Return len(self).";
  case SIG_EQ: return "Return self==value.";
  case SIG_NE: return "Return self!=value.";
  case SIG_LT: return "Return self<value.";
  case SIG_LE: return "Return self<=value.";
  case SIG_GT: return "Return self>value.";
  case SIG_GE: return "Return self>=value.";
  default: return NULL;
  }
}
static Value w_doc(RpThread *th, Value self) {
  const char *doc = slot_doc((Native *)as_object(self));
  return doc ? value_object(str_from_c(th, doc)) : NONE;
}
static Value w_text_signature(RpThread *th, Value self) { return value_object(str_from_c(th, "($self, /, *args, **kwargs)")); }

static void wrapper_trace(Tracer *tr, Object *o) {
  Native *w = (Native *)o;
  trace_value(tr, w->self);
  trace_ref(tr, w->name);
  trace_value(tr, load_consume(&w->module));
}

const TypeSpec spec_wrapper_descriptor = {
    .size = sizeof(Native),
    .slots = {.trace = wrapper_trace, .repr = wrapper_repr, .call = slots_wrapper_call, .descr_get = wrapper_get},
    .getsets = (const GetSetDef[]){{"__name__", w_name, NULL, NULL},
                                   {"__qualname__", w_qualname, NULL, NULL},
                                   {"__objclass__", w_objclass, NULL, NULL},
                                   {"__doc__", w_doc, NULL, NULL},
                                   {"__text_signature__", w_text_signature, NULL, NULL},
                                   {0}},
};

static Native *wrapped(Value self) { return (Native *)as_object(((BoundMethod *)as_object(self))->func); }
static Value mw_repr(RpThread *th, Value self) {
  Value o = ((BoundMethod *)as_object(self))->self;
  return value_object(str_fmt(th, "<method-wrapper '%S' of %T object at %p>", wrapped(self)->name, o, (void *)(uintptr_t)o));
}
static Value mw_self(RpThread *th, Value self) { return ((BoundMethod *)as_object(self))->self; }
static Value mw_name(RpThread *th, Value self) { return value_object(wrapped(self)->name); }
static Value mw_qualname(RpThread *th, Value self) { return w_qualname(th, value_object(wrapped(self))); }
static Value mw_objclass(RpThread *th, Value self) { return value_object(wrapped(self)->type); }
static Value mw_doc(RpThread *th, Value self) { return w_doc(th, value_object(wrapped(self))); }
static void mw_trace(Tracer *tr, Object *o) {
  trace_value(tr, ((BoundMethod *)o)->func);
  trace_value(tr, ((BoundMethod *)o)->self);
}
static Value mw_compare(RpThread *th, Value a, Value b, CompareOp op) {
  if ((op != CMP_EQ && op != CMP_NE) || type_of(a) != type_of(b)) return NOT_IMPLEMENTED;
  BoundMethod *x = (BoundMethod *)as_object(a), *y = (BoundMethod *)as_object(b);
  return value_bool((x->func == y->func && x->self == y->self) == (op == CMP_EQ));
}
static int64_t mw_hash(RpThread *th, Value self) {
  BoundMethod *m = (BoundMethod *)as_object(self);
  return (int64_t)((m->func ^ (m->self >> 4) * 31) & INT64_MAX);
}

const TypeSpec spec_method_wrapper = {
    .size = sizeof(BoundMethod),
    .slots = {.trace = mw_trace, .repr = mw_repr, .call = method_wrapper_call, .compare = mw_compare, .hash = mw_hash},
    .getsets = (const GetSetDef[]){{"__self__", mw_self, NULL, NULL},
                                   {"__name__", mw_name, NULL, NULL},
                                   {"__qualname__", mw_qualname, NULL, NULL},
                                   {"__objclass__", mw_objclass, NULL, NULL},
                                   {"__doc__", mw_doc, NULL, NULL},
                                   {"__text_signature__", w_text_signature, NULL, NULL},
                                   {0}},
};
