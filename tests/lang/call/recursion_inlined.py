# Functions whose own calls compiled code inlines: the stack that scripts see, how deep recursion may go, exceptions and changes in the middle.
import sys, traceback, warnings

def stack():
    f = sys._getframe(1)
    out = []
    while f is not None:
        out.append(f.f_code.co_name + ":" + str(f.f_lineno))
        f = f.f_back
    return out

def descend(n):
    if n == 0:
        return stack()
    return descend(n - 1)

def helper(x):
    return stack()

def through(x):
    y = helper(x)
    return y

def ping(n):
    if n == 0:
        return len(stack())
    return pong(n - 1)

def pong(n):
    if n == 0:
        return len(stack())
    return ping(n - 1)

class Tree:
    def __init__(self, depth):
        self.left = Tree(depth - 1) if depth else None
        self.right = Tree(depth - 1) if depth else None

    def count(self):
        if self.left is None:
            return 1
        return self.left.count() + 1 + self.right.count()

    def fail(self, n):
        if n == 0:
            raise LookupError(n)
        return self.fail(n - 1)

def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))

moves = []
def hanoi(n, a, b, c):
    if n == 0:
        return 0
    return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)

def deep(n):
    if n == 0:
        return 0
    return 1 + deep(n - 1)

def deep_tail(n, k):
    if n == k:
        return k
    return deep_tail(n, k + 1)

def even(n):
    if n == 0:
        return True
    return odd(n - 1)

def odd(n):
    if n == 0:
        return False
    return even(n - 1)

def endless(n):
    return endless(n + 1) + 1

def divide(n, by):
    if n == 0:
        return 1 // by
    return divide(n - 1, by) + 1

def swap(n, at):
    global swap
    if n == at:
        swap = swapped
    if n == 0:
        return 0
    return swap(n - 1, at) + 1
original = swap
def swapped(n, at):
    return 1000

def kinds(n, x):
    if n == 0:
        return x
    return kinds(n - 1, x) + x

def warn_here(n):
    if n == 0:
        warnings.warn("deep", stacklevel=3)
        return 0
    return warn_here(n - 1)

class Cell:
    def __init__(self, stack_at=None):
        self.at = stack_at

    @property
    def rest(self):
        return self.at if self.at is not None else stack()

def chain(cell, n):
    if n == 0:
        return cell.rest
    return chain(cell, n - 1)

# the caller of a frame stays the same object
def callers():
    f = sys._getframe()
    return f.f_back is f.f_back, f.f_back.f_back is f.f_back.f_back, f.f_back.f_code.co_name, sorted(f.f_globals)[:1] == sorted(f.f_back.f_globals)[:1]
def nest(n):
    if n == 0:
        return callers()
    return nest(n - 1)

def limit_of(f, *before):
    """The largest n that f can recurse to from here."""
    low, high = 1, 400
    while low < high:
        mid = (low + high + 1) // 2
        try:
            f(*before, mid)
            low = mid
        except RecursionError:
            high = mid - 1
    return low

def heat(f, *args):
    """Other kinds of arguments first, so that compiled code is made again, with what the first has seen."""
    floats = [float(a) if type(a) is int else a for a in args]
    for i in range(600):
        f(*floats)
    for i in range(1500):
        r = f(*args)
    return r

print(heat(descend, 5))
print(heat(through, 1))
print(heat(ping, 6), heat(pong, 5))
tree = Tree(5)
print(heat(tree.count), Tree(7).count())
for i in range(300):
    tree = Tree(4)
print(tree.count())
for i in range(5):
    print(ackermann(2, 40), hanoi(10, 1, 2, 3))
print(heat(deep, 10), heat(deep_tail, 10, 0), heat(even, 10), heat(odd, 9), heat(nest, 5), heat(deep, 10), heat(even, 9))

# exactly as deep as the interpreter goes
sys.setrecursionlimit(220)
here = len(stack())
for k in range(3):
    n = limit_of(deep)
    print(here + n + 1, limit_of(even) - n, limit_of(odd) - n)
def deep_last(n):
    return deep_tail(n, 0)
heat(deep_last, 9)
print(limit_of(deep_last) - n)
for k in range(40):
    try:
        endless(0)
    except RecursionError as e:
        tb, count = e.__traceback__, 0
        while tb:
            count, tb = count + 1, tb.tb_next
print(count + here)
sys.setrecursionlimit(1000)

# exceptions: every activation is in the traceback with its line
heat(divide, 7, 1)
for i in range(300):
    try:
        tree.fail(6)
    except LookupError as e:
        if i % 299 == 0:
            print([(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)])
for i in range(300):
    try:
        divide(6, 0)
    except ZeroDivisionError as e:
        if i % 299 == 0:
            print([(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)])
            print([(f.name, f.lineno) for f in traceback.extract_stack(e.__traceback__.tb_next.tb_next.tb_frame)])

# the function is another one from some level on
heat(original, 8, -1)
for at in range(9):
    swap = original
    print(original(8, at), end=" ")
print()

# other kinds of values
print(heat(kinds, 6, 1), kinds(6, 0.5), kinds(6, "a"), kinds(5, [1]), kinds(6, 10 ** 30), kinds(6, 2 ** 62), kinds(6, True))
for x in (1, 2.5, "b", (1,), 2 ** 60):
    print(heat(kinds, 3, x), end=" ")
print()

# who looks from a property, from warnings
heat(chain, Cell(3), 5)
print(chain(Cell(), 5))
heat(chain, Cell(), 4)
print(chain(Cell(), 5))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    heat(warn_here, 5)
print({w.lineno for w in caught}, len(caught))

print(heat(nest, 5))
