/* shape.c: the tree of hidden classes. Readers take no lock: a shape never changes what it says, children are only added in front of a
** list whose head is published with one store. */
#include "runtime/shape.h"
#include "runtime/context.h"
#include "runtime/lock.h"
#include "runtime/str.h"

#define MAX_CHILDREN 64  /* more kinds of "next attribute" than this: the instances are used as dicts */
#define MAX_ATTRS 256
#define INDEX_FROM 8     /* slots; below, walking the parents is as fast as a table */

Shape *rp_shapes[MAX_SHAPES];

/* -- Ids: process-wide, reused after a shape has died ------------------------------------------------------------- */

static pthread_mutex_t id_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t id_top = N_BUILTIN_SHAPES;
static uint32_t *id_free;
static uint32_t n_id_free, id_free_cap;

static uint32_t id_take(void) {
  pthread_mutex_lock(&id_lock);
  uint32_t id = n_id_free ? id_free[--n_id_free] : id_top < MAX_SHAPES ? id_top++ : 0;
  pthread_mutex_unlock(&id_lock);
  return id;
}

static void id_give(uint32_t id) {
  pthread_mutex_lock(&id_lock);
  if (n_id_free == id_free_cap) {
    uint32_t cap = id_free_cap ? id_free_cap * 2 : 256;
    uint32_t *p = realloc(id_free, cap * sizeof *p);
    if (p) id_free = p, id_free_cap = cap;
  }
  if (n_id_free < id_free_cap) id_free[n_id_free++] = id; /* else the id is lost, which harms nobody */
  pthread_mutex_unlock(&id_lock);
}

/* -- Life ---------------------------------------------------------------------------------------------------------- */

uint16_t shape_overflow_offset(Kind kind, size_t builtin_size) {
  switch (kind) {
  case K_INSTANCE: case K_MODULE: return 8;
  case K_INT: case K_STR: case K_BYTES: case K_TUPLE: return 0;
  default: return (uint16_t)((builtin_size + 7) & ~(size_t)7);
  }
}

static Shape *shape_new(RpThread *th, Type *type, Shape *parent, Str *name) {
  Shape *s = heap_new(th, Shape, SHAPE_shape, K_SHAPE);
  if (!s) return NULL;
  uint32_t id = id_take();
  if (!id) return raise_memory(th), NULL;
  s->id = id;
  s->type = type;
  if (parent) {
    s->flags = parent->flags;
    s->n_slots = parent->n_slots + 1;
    s->n_inline = parent->n_inline;
    s->n_members = parent->n_members;
    s->overflow_offset = parent->overflow_offset;
    s->parent = parent;
    s->name = name;
  }
  store_release(&rp_shapes[id], s);
  return s;
}

void shape_trace(Tracer *tr, Object *o) {
  Shape *s = (Shape *)o;
  trace_ref(tr, s->type);
  trace_ref(tr, s->parent);
  trace_ref(tr, s->name);
  trace_ref(tr, load_consume(&s->children));
  trace_ref(tr, load_consume(&s->sibling));
  trace_ref(tr, load_consume(&s->dict_twin));
}

void shape_free(RpContext *ctx, Object *o) {
  Shape *s = (Shape *)o;
  if (!s->id) return;
  free(atomic_load_explicit(&s->index, memory_order_relaxed));
  store_release(&rp_shapes[s->id], NULL);
  id_give(s->id);
  s->id = 0;
}

const TypeSpec spec_shape = {.size = sizeof(Shape), .slots = {.trace = shape_trace, .free_ = shape_free}};

/* -- Lookup -------------------------------------------------------------------------------------------------------- */

typedef struct ShapeIndex {
  uint32_t mask;
  struct { const Str *name; int slot; } at[];
} ShapeIndex;

static ShapeIndex *index_build(const Shape *s) {
  uint32_t size = 32;
  while (size < 2u * s->n_slots) size *= 2;
  ShapeIndex *x = calloc(1, sizeof *x + size * sizeof x->at[0]);
  if (!x) return NULL;
  x->mask = size - 1;
  for (const Shape *p = s; p->parent; p = p->parent) {
    uint32_t i = str_hash(p->name) & x->mask;
    while (x->at[i].name) i = (i + 1) & x->mask;
    x->at[i].name = p->name;
    x->at[i].slot = p->n_slots - 1;
  }
  ShapeIndex *none = NULL;
  if (!atomic_compare_exchange_strong(&((Shape *)s)->index, &none, x)) {
    free(x);
    x = none;
  }
  return x;
}

static int find_linear(const Shape *s, const Str *name) {
  for (; s->parent; s = s->parent)
    if (s->name == name) return s->n_slots - 1;
  return -1;
}

int shape_find(const Shape *s, const Str *name) {
  if (s->n_slots <= INDEX_FROM) return find_linear(s, name);
  ShapeIndex *x = atomic_load_explicit(&((Shape *)s)->index, memory_order_acquire);
  if (!x && !(x = index_build(s))) return find_linear(s, name);
  for (uint32_t i = str_hash((Str *)name) & x->mask; x->at[i].name; i = (i + 1) & x->mask)
    if (x->at[i].name == name) return x->at[i].slot;
  return -1;
}

/* -- Transitions ------------------------------------------------------------------------------------------------------ */

static Shape *child_find(Shape *s, const Str *name) {
  for (Shape *c = load_acquire(&s->children); c; c = c->sibling)
    if (c->name == name) return c;
  return NULL;
}

Shape *shape_add(RpThread *th, Shape *s, Str *name) {
  Shape *c = child_find(s, name);
  if (c) return c;
  if (s->n_slots >= MAX_ATTRS || load_relaxed(&s->n_children) >= MAX_CHILDREN) return shape_to_dict(th, s);
  Shape *fresh = shape_new(th, s->type, s, name);
  if (!fresh) return NULL;
  obj_lock(th, s);
  c = child_find(s, name);
  if (!c) {
    fresh->sibling = s->children;
    obj_store_ref(th, s, &s->children, fresh);
    store_relaxed(&s->n_children, s->n_children + 1);
    c = fresh;
  }
  obj_unlock(th, s);
  return c;
}

Shape *shape_to_dict(RpThread *th, Shape *s) {
  if (s->flags & SHAPE_DICT) return s;
  Shape *root = s;
  while (root->parent && root->n_slots > root->n_members) root = root->parent;
  Shape *twin = load_acquire(&root->dict_twin);
  if (twin) return twin;
  twin = shape_new(th, s->type, NULL, NULL);
  if (!twin) return NULL;
  twin->flags = (uint8_t)((root->flags | SHAPE_DICT) & ~SHAPE_SLOTS_ONLY);
  twin->n_inline = root->n_inline;
  twin->n_slots = twin->n_members = root->n_members;
  twin->parent = root->parent;
  twin->name = root->name;
  twin->overflow_offset = root->overflow_offset;
  obj_lock(th, root);
  if (!root->dict_twin) obj_store_ref(th, root, &root->dict_twin, twin);
  obj_unlock(th, root);
  return root->dict_twin;
}

/* The type's member names come first in every root. */
static Shape *root_new(RpThread *th, Type *type, int n_inline) {
  Shape *old = type_root_shape(type);
  Shape *s = shape_new(th, type, NULL, NULL);
  if (!s) return NULL;
  s->n_inline = (uint16_t)n_inline;
  if (old && old->type == type) {
    s->flags = old->flags;
    s->overflow_offset = old->overflow_offset;
  }
  return s;
}

Shape *shape_root(RpThread *th, Type *type, int n_inline) {
  Shape *first = type_root_shape(type);
  for (Shape *r = first; r; r = load_acquire(&r->sibling))
    if (r->n_inline == n_inline && r->type == type) return r;
  Shape *s = root_new(th, type, n_inline);
  if (!s) return NULL;
  Shape *names[MAX_ATTRS];
  int n = 0;
  for (Shape *m = first; m->parent && n < MAX_ATTRS; m = m->parent) names[n++] = m;
  while (n-- > 0) { /* member slots: the new root is the end of a chain of them, as the first one is */
    Shape *next = shape_new(th, type, s, names[n]->name);
    if (!next) return NULL;
    s = next;
    s->n_members = s->n_slots;
  }
  obj_lock(th, first);
  obj_store_ref(th, s, &s->sibling, first->sibling);
  obj_store_ref(th, first, &first->sibling, s);
  obj_unlock(th, first);
  return s;
}

Shape *shape_for_type(RpThread *th, Shape *s, Type *type) {
  Shape *out = shape_root(th, type, s->n_inline);
  if (!out) return NULL;
  if (s->flags & SHAPE_DICT) return shape_to_dict(th, out);
  Shape *names[MAX_ATTRS + 1];
  int n = 0;
  for (; s->parent && s->n_slots > out->n_slots; s = s->parent) names[n++] = s;
  while (n-- > 0) {
    out = shape_add(th, out, names[n]->name);
    if (!out) return NULL;
  }
  return out;
}

Shape *shape_first_root(RpThread *th, Type *type, uint8_t flags, uint16_t overflow_offset, int n_inline, Str *const *members, int n_members) {
  Shape *s = shape_new(th, type, NULL, NULL);
  if (!s) return NULL;
  s->flags = flags;
  s->overflow_offset = overflow_offset;
  s->n_inline = (uint16_t)n_inline;
  for (int i = 0; i < n_members; i++) {
    Shape *next = shape_new(th, type, s, members[i]);
    if (!next) return NULL;
    s = next;
    s->n_members = s->n_slots;
  }
  return s;
}
