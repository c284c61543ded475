/* mod__heapq.c: the module _heapq: binary heaps in lists. Comparisons may run Python and change the list; that is an error, never a crash. */
#include "runtime/cont.h"

/* `where`: the function, and which of its arguments when it has several. */
static List *heap_list(RpThread *th, Value v, const char *where) {
  return list_check(v) ? as_list(v) : (raise_type(th, "%s must be list, not %T", where, v), NULL);
}

/* Does a go above b? max: a heap with the largest on top. */
ALWAYS_INLINE int above(RpThread *th, Value a, Value b, bool max) {
  if (is_int(a) && is_int(b)) return max ? b < a : a < b;
  if (is_double(a) && is_double(b)) return max ? as_double(b) < as_double(a) : as_double(a) < as_double(b);
  return max ? op_compare_bool(th, b, a, CMP_LT) : op_compare_bool(th, a, b, CMP_LT);
}

static int changed(RpThread *th) { return raise_runtime(th, "list changed size during iteration"), -1; }

/* Lets the item at pos rise towards start. 0 / -1. */
static int sift_down(RpThread *th, List *h, int64_t start, int64_t pos, bool max) {
  int64_t n = list_len(h);
  if (pos >= n) return raise_index(th, "index out of range"), -1;
  Value v = list_get_fast(h, pos);
  while (pos > start) {
    int64_t up = (pos - 1) >> 1;
    Value parent = list_get_fast(h, up);
    if (parent == EMPTY) return changed(th);
    int r = above(th, v, parent, max);
    if (r < 0) return -1;
    if (n != (int64_t)list_len(h)) return changed(th);
    if (!r) break;
    if (!list_set_fast(th, h, pos, parent) || !list_set_fast(th, h, up, v)) return changed(th);
    pos = up;
  }
  return 0;
}

/* Sinks the item at pos to a leaf along the better children, then lets it rise: cheaper than comparing it on the way down. */
static int sift_up(RpThread *th, List *h, int64_t pos, bool max) {
  int64_t n = list_len(h), start = pos, half = n >> 1;
  if (pos >= n) return raise_index(th, "index out of range"), -1;
  while (pos < half) {
    int64_t child = 2 * pos + 1;
    Value c = list_get_fast(h, child);
    if (child + 1 < n) {
      Value d = list_get_fast(h, child + 1);
      if (c == EMPTY || d == EMPTY) return changed(th);
      int r = above(th, c, d, max);
      if (r < 0) return -1;
      if (n != (int64_t)list_len(h)) return changed(th);
      if (!r) child++;
    }
    Value x = list_get_fast(h, child), y = list_get_fast(h, pos);
    if (x == EMPTY || y == EMPTY) return changed(th);
    if (!list_set_fast(th, h, child, y) || !list_set_fast(th, h, pos, x)) return changed(th);
    pos = child;
  }
  return sift_down(th, h, start, pos, max);
}

static Value pop(RpThread *th, Value heap, bool max) {
  List *h = heap_list(th, heap, max ? "_heappop_max() argument" : "heappop() argument");
  if (!h) return EMPTY;
  if (list_len(h) == 0) return raise_index(th, "index out of range");
  Value last = list_pop(th, h, -1);
  if (last == EMPTY || list_len(h) == 0) return last;
  Value top = list_get_fast(h, 0);
  if (!list_set_fast(th, h, 0, last)) return changed(th), EMPTY;
  return sift_up(th, h, 0, max) < 0 ? EMPTY : top;
}

static Value replace(RpThread *th, const Value *a, bool max) {
  List *h = heap_list(th, a[0], max ? "_heapreplace_max() argument 1" : "heapreplace() argument 1");
  if (!h) return EMPTY;
  Value top = list_get_fast(h, 0);
  if (top == EMPTY) return raise_index(th, "index out of range");
  list_set_fast(th, h, 0, a[1]);
  return sift_up(th, h, 0, max) < 0 ? EMPTY : top;
}

static Value heapify(RpThread *th, Value heap, bool max) {
  List *h = heap_list(th, heap, max ? "_heapify_max() argument" : "heapify() argument");
  if (!h) return EMPTY;
  for (int64_t i = (int64_t)list_len(h) / 2 - 1; i >= 0; i--)
    if (sift_up(th, h, i, max) < 0) return EMPTY;
  return NONE;
}

static Value fn_heappush(RpThread *th, const Value *a) {
  List *h = heap_list(th, a[0], "heappush() argument 1");
  if (!h || list_append(th, h, a[1]) < 0) return EMPTY;
  return sift_down(th, h, 0, (int64_t)list_len(h) - 1, false) < 0 ? EMPTY : NONE;
}
static Value fn_heappop(RpThread *th, const Value *a) { return pop(th, a[0], false); }
static Value fn_heapreplace(RpThread *th, const Value *a) { return replace(th, a, false); }
static Value fn_heapify(RpThread *th, const Value *a) { return heapify(th, a[0], false); }
static Value fn_heappop_max(RpThread *th, const Value *a) { return pop(th, a[0], true); }
static Value fn_heapreplace_max(RpThread *th, const Value *a) { return replace(th, a, true); }
static Value fn_heapify_max(RpThread *th, const Value *a) { return heapify(th, a[0], true); }

static Value fn_heappushpop(RpThread *th, const Value *a) {
  List *h = heap_list(th, a[0], "heappushpop() argument 1");
  if (!h) return EMPTY;
  Value top = list_get_fast(h, 0);
  if (top == EMPTY) return a[1];
  int r = above(th, top, a[1], false);
  if (r < 0) return EMPTY;
  if (!r) return a[1];
  if (list_len(h) == 0) return raise_index(th, "index out of range");
  return replace(th, a, false);
}

static const NativeDef functions[] = {
    {"heappush", fn_heappush, "(heap, item, /)", 0, "Push item onto heap, maintaining the heap invariant."},
    {"heappushpop", fn_heappushpop, "(heap, item, /)", 0,
     "Push item on the heap, then pop and return the smallest item from the heap.\n\nThe combined action runs more efficiently than heappush() followed "
     "by\na separate call to heappop()."},
    {"heappop", fn_heappop, "(heap, /)", 0, "Pop the smallest item off the heap, maintaining the heap invariant."},
    {"heapreplace", fn_heapreplace, "(heap, item, /)", 0, "Pop and return the current smallest value, and add the new item."},
    {"heapify", fn_heapify, "(heap, /)", 0, "Transform list into a heap, in-place, in O(len(heap)) time."},
    {"_heappop_max", fn_heappop_max, "(heap, /)", 0, "Maxheap variant of heappop."},
    {"_heapify_max", fn_heapify_max, "(heap, /)", 0, "Maxheap variant of heapify."},
    {"_heapreplace_max", fn_heapreplace_max, "(heap, item, /)", 0, "Maxheap variant of heapreplace."},
    {0},
};

static int init(RpThread *th, Dict *dict) {
  Str *about = str_from_c(th, "Heap queues\n\nAn array kept so that a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for all k: a[0] is the smallest.\n");
  return about ? dict_set_c(th, dict, "__about__", V(about)) : -1;
}

const ModuleSpec mod__heapq = {.doc = "Heap queue algorithm (a.k.a. priority queue).", .functions = functions, .init = init};
