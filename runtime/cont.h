/* cont.h: what the container files (tuple, list, dict, set, iterators, itertools, ...) share among themselves: publishing a backing store,
** copying value ranges that other threads may read, constructor arguments, index arguments. Private to them.
** The memory model these helpers serve: runtime/containers.md. */
#ifndef RP_CONT_H
#define RP_CONT_H

#include "runtime/context.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/dict.h"
#include "runtime/gen.h"
#include "runtime/lock.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/num.h"
#include "runtime/ops.h"
#include "runtime/set.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RP_TSAN 1
#endif
#endif

#define V(p) value_object(p)

/* Publishes a filled backing store: everything written before is visible to whoever loads the pointer with acquire. */
ALWAYS_INLINE void obj_publish(RpThread *th, void *owner, void *field, void *p) {
  if (unlikely(th->marking | (load_relaxed(&((Object *)owner)->gc) & GC_OLD))) heap_barrier_slow(th, (Object *)owner, value_object(p));
  __atomic_store_n((void **)field, p, __ATOMIC_RELEASE);
}

/* Copies of values that other threads may be reading or writing. Aligned words do not tear in a vector copy on any machine we run on; the race
** detector cannot know that, so it gets the word loop. */
ALWAYS_INLINE void values_copy(Value *dst, const Value *src, size_t n) {
#ifdef RP_TSAN
  for (size_t i = 0; i < n; i++) store_relaxed(&dst[i], load_acquire(&src[i]));
#else
  if (n) memcpy(dst, src, n * sizeof(Value));
#endif
}
ALWAYS_INLINE void values_move(Value *dst, const Value *src, size_t n) {
#ifdef RP_TSAN
  if (dst <= src) for (size_t i = 0; i < n; i++) store_release(&dst[i], load_acquire(&src[i]));
  else for (size_t i = n; i-- > 0;) store_release(&dst[i], load_acquire(&src[i]));
#else
  if (n) memmove(dst, src, n * sizeof(Value));
#endif
}
ALWAYS_INLINE void values_clear(Value *dst, size_t n) {
  for (size_t i = 0; i < n; i++) store_relaxed(&dst[i], EMPTY);
}

/* With several threads: what a plain dict, set or dict view holds at one moment, as a private one of its type; anything else is itself. EMPTY +
** pending. */
Value cont_snapshot(RpThread *th, Value v);

/* An index argument as __getitem__ takes it: IndexError when it does not fit. `what` NULL, or the container's name for
** "<what> indices must be integers or slices, not T". */
bool cont_index(RpThread *th, Value v, const char *what, int64_t *out);
/* A slice bound argument (list.index(x, start, stop)): None is not allowed; clamped to int64. */
bool cont_bound(RpThread *th, Value v, int64_t *out);

/* Constructor arguments. All return false with TypeError pending. */
bool cont_no_keywords(RpThread *th, const char *fname, int n_kw);
bool cont_arity(RpThread *th, const char *fname, int n, int min, int max);
/* Binds by name: names[i] for parameter i, the first n_required must be given, the first n_pos_max may be positional, names of positional-only
** parameters are "". Absent ones are EMPTY in out[]. */
bool cont_bind(RpThread *th, const char *fname, const char *const *names, int n_names, int n_required, int n_pos_max, const Value *args,
               int n_pos, Tuple *kwnames, Value *out);
ALWAYS_INLINE int n_keywords(const Tuple *kwnames) { return kwnames ? (int)kwnames->length : 0; }

/* op_next without its call, of what was an iterator a moment ago: its class may have lost __next__ since. */
ALWAYS_INLINE Value iter_step(RpThread *th, Value it) {
  UnaryFn next = type_of(it)->slots.next;
  return likely(next != NULL) ? next(th, it) : op_next(th, it);
}

/* "(iter, (arg,), state)" and friends for __reduce__ of iterators. state EMPTY: two-tuple. */
Value cont_builtin(RpThread *th, const char *name);
Value reduce_iter(RpThread *th, const char *builtin, Value arg, Value state);

/* A fresh instance: exact types through `shape`, subclasses through type_alloc. */
ALWAYS_INLINE Object *cont_alloc(RpThread *th, Type *type, Type *exact, uint32_t shape, Kind kind, size_t size) {
  return type == exact ? heap_alloc(th, shape, kind, size) : type_alloc(th, type);
}
/* classmethod __class_getitem__ of generic containers. */
#define CLASS_GETITEM                                                                                                                      \
  {"__class_getitem__", generic_alias_getitem, "(cls, object, /)", NATIVE_CLASSMETHOD, "See PEP 585"}

/* Which item a _tuplegetter gets; -1: v is none. */
int64_t tuplegetter_index(Value v);
/* Joins reprs of items: what list, tuple, set, deque reprs share. */
bool sb_repr(StrBuilder *sb, RpThread *th, Value v);

#endif
