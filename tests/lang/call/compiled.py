# Calls between compiled functions: results, recursion, exceptions with their tracebacks, what callees see of their callers.
import sys, traceback, types


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(18), fib(2.5), fib(True))


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


print(even(300), odd(301), even(7))


# An argument of another kind, once it is compiled for ints.
def grow(depth, leaf):
    if depth == 0:
        return (leaf, leaf)
    return (grow(depth - 1, leaf), grow(depth - 1, leaf))


def count(tree):
    left, right = tree
    if left is None or isinstance(left, str):
        return 1
    return 1 + count(left) + count(right)


print(count(grow(8, None)), count(grow(5, "x")), grow(1, 2.0), grow(True, False))

# Overflow on the way up.
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


print([factorial(i) for i in (3, 10, 25, 40)])


# Exceptions.
def fail(n):
    if n == 0:
        return [][1]
    return 1 + fail(n - 1)


def catch(n):
    try:
        return fail(n)
    except IndexError as e:
        return [f.name + ":" + str(f.lineno - fail.__code__.co_firstlineno) for f in traceback.extract_tb(e.__traceback__)]


for n in (0, 1, 3):
    print(catch(n))


def deep_catch(n):
    if n == 0:
        return fail(2)
    try:
        return deep_catch(n - 1) + 1
    except IndexError:
        if n < 3:
            raise
        return 100
    finally:
        seen.append(n)


seen = []
print(deep_catch(5), seen)


def endless(n):
    return endless(n + 1) + 1


try:
    endless(0)
except RecursionError as e:
    tb = traceback.extract_tb(e.__traceback__)
    print(str(e), sorted({f.name for f in tb}), len(tb) > 900)


def depth_reached(n):
    try:
        return depth_reached(n + 1)
    except RecursionError:
        return n


a = depth_reached(0)
sys.setrecursionlimit(500)
b = depth_reached(0)
sys.setrecursionlimit(1000)
print(900 < a <= 1000, 400 < b <= 500, depth_reached(0) == a)

# Deeper than the C stack.
sys.setrecursionlimit(60000)


def down(n):
    return 0 if n == 0 else down(n - 1) + 1


print(down(40000), down(10))
sys.setrecursionlimit(1000)


# What a callee sees.
def who(levels):
    f, names = sys._getframe(1), []
    while f and len(names) < levels:
        names.append((f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno))
        f = f.f_back
    return names


def asks(n):
    if n:
        return asks(n - 1)

    return who(3)


print(asks(4))


def holder(x):
    return frame_of(x)


def frame_of(y):
    return sys._getframe(1)


f = holder(42)
print(f.f_code.co_name, f.f_locals, f.f_globals is globals())


# One code object, several functions.
def adder(k):
    def add(x):
        return x + k

    return add


adders = [adder(i) for i in range(4)]
print([add(10) for add in adders for _ in range(3)])
scale = 2


def scaled(x):
    return x * scale


other = types.FunctionType(scaled.__code__, {"scale": 100})
print(scaled(3), other(3), scaled(4), other(4), [g(5) for g in (scaled, other)])


# Replaced while in use.
def step(x):
    return x + 1


def run(n):
    total = 0
    for i in range(n):
        total = step(total)
        if i == 50:
            step.__code__ = (lambda x: x + 1000).__code__
    return total


print(run(60))


def with_default(a, b=7):
    return a * b


def calls_default(n):
    return with_default(n) + with_default(n, 1) + with_default(b=2, a=n)


print(calls_default(3), calls_default(4))
with_default.__defaults__ = (1,)
print(calls_default(3))


# Recursion through a method and a constructor.
class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def check(self):
        if self.left is None:
            return 1
        return 1 + self.left.check() + self.right.check()


def make(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make(depth - 1), make(depth - 1))


print(make(9).check(), [make(d).check() for d in range(5)])
try:
    make(2, 3)
except TypeError as e:
    print(e)


class Odd:
    def __init__(self, v):
        self.v = v
        if v > 3:
            self.extra = v
        if v == 6:
            return 5


def odds(n):
    out = []
    for i in range(n):
        out.append(Odd(i))
    return [sorted(o.__dict__) for o in out]


print(odds(6))
try:
    odds(8)
except TypeError as e:
    print(e)


def generator(n):
    if n:
        yield n
        yield from generator(n - 1)


def drain(n):
    return sum(generator(n))


print(drain(30), drain(3))


class Celsius:
    def __init__(self, degrees):
        self._degrees = degrees

    @property
    def kelvin(self):
        return self._degrees + 273.15

    @property
    def steps(self):
        total = 0
        for i in range(3):
            total += self._degrees
        return total

    @property
    def broken(self):
        return self._missing


def warm(n):
    c = Celsius(4)
    total = 0
    for i in range(n):
        total += c.kelvin + c.steps + (2 + 3j).real + warm.__code__.co_argcount
    return round(total, 3)


def ask(c):
    try:
        return c.broken
    except AttributeError as e:
        return e.name, [f.name for f in traceback.extract_tb(e.__traceback__)]


print(warm(20), ask(Celsius(1)), ask(Celsius(1)))
Celsius.steps = property(lambda self: 1000)
print(warm(3))
