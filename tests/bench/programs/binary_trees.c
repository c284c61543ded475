#include "measure.h"

typedef struct Tree { struct Tree *left, *right; } Tree;

static Tree *grow(int depth) {
  Tree *t = calloc(1, sizeof *t);
  if (depth) t->left = grow(depth - 1), t->right = grow(depth - 1);
  return t;
}
static long count(const Tree *t) { return t->left ? 1 + count(t->left) + count(t->right) : 1; }
static void fell(Tree *t) {
  if (t->left) fell(t->left), fell(t->right);
  free(t);
}
static long count_once(int depth) {
  Tree *t = grow(depth);
  long n = count(t);
  fell(t);
  return n;
}
static long forest(int depth) {
  long total = count_once(depth + 1);
  Tree *keeper = grow(depth);
  for (int d = 4; d <= depth; d += 4)
    for (int i = 0; i < 1 << (depth - d + 4); i++) total += count_once(d);
  total += count(keeper);
  fell(keeper);
  return total;
}
int main(int argc, char **argv) {
  volatile int depth = 16;
  for (int rep = 0; rep < repetitions(argc, argv); rep++) {
    Stopwatch s = start_watch();
    long total = forest(depth);
    report("binary_trees", rep, stop_watch(s), "%.0f", (double)total);
  }
}
