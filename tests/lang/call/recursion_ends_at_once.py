# Recursion whose end is looked at before the call: results, exceptions, tracebacks, limits, changes of the function in the middle.
import sys, traceback

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def grow(depth):
    if depth == 0:
        return (None, None)
    return (grow(depth - 1), grow(depth - 1))

def count(tree):
    left, right = tree
    if left is None:
        return 1
    return 1 + count(left) + count(right)

def mixed(n, x):
    if n == 0:
        return x
    return mixed(n - 1, x)

def last(items, i):
    if i == 3:
        return items[i]
    return last(items, i + 1)

class Node:
    def __init__(self, value, next):
        self.value = value
        self.next = next

def total(node):
    if node is None:
        return 0
    return node.value + total(node.next)

def deep(n):
    if n == 0:
        return 0
    return 1 + deep(n - 1)

def fails(n):
    if n == 0:
        return 1 // n
    return fails(n - 1) + 1

def shown(n):
    if n == 0:
        return sorted(sys._getframe().f_locals), sys._getframe(1).f_locals["n"]
    return shown(n - 1)

def double(x):
    if x > 100:
        return x
    return double(x + x)

def later(n):
    if n == 0:
        return "old"
    if n == 3:
        globals()["later"] = lambda n: "new %d" % n
    return later(n - 1)

old_later = later
for _ in range(3000):
    fib(5); count(grow(3)); mixed(3, 1); last([1, 2, 3, 4], 0); deep(5); double(1)
    try:
        fails(3)
    except ZeroDivisionError:
        pass
chain = None
for i in range(50):
    chain = Node(i, chain)
for _ in range(300):
    total(chain)
print(fib(20), count(grow(10)), total(chain))
print(mixed(3, "s"), mixed(3, 2.5), mixed(2, None), mixed(0, fib) is fib)
print(double(1), double(1.5), double(True), double(1 << 60))
print(last([1, 2, 3, [4]], 0), last("abcd", 0), last((1, 2, 3, 4), 2))
for bad in (lambda: last([1, 2], 0), lambda: count((1, 2)), lambda: count(((None, None), 5)), lambda: count(((None,), None)), lambda: total(7), lambda: fails(2),
            lambda: mixed("a", 1), lambda: fib("x"), lambda: grow(None)):
    try:
        print(bad())
    except Exception as e:
        frames = traceback.extract_tb(e.__traceback__)
        print(type(e).__name__, e, [(f.name, f.lineno) for f in frames])
print(fib(True), fib(2.0), fib(-5))
sys.setrecursionlimit(400)
try:
    deep(1000)
except RecursionError as e:
    print("RecursionError", len(traceback.extract_tb(e.__traceback__)) > 300)
print(deep(300))
sys.setrecursionlimit(1000)
for i in range(600):
    shown(2)
print(shown(2))
for i in range(600):
    globals()["later"] = old_later
    later(2)
print(later(2), later(5))
globals()["later"] = old_later
print(later(4), later(9))
