# Keywords, defaults and callees that vary, in calls from loops that are compiled; what is relied on changes while they run.
import traceback


def f(a, b=1, c=2):
    return a + b * c


def only(a, *, k=3, m):
    return a * k - m


def posonly(a, /, b=2):
    return a - b


class Point:
    def __init__(self, x, y=0.5, *, z=1.0):
        self.x = x
        self.y = y
        self.z = z

    def dot(self, dx=1.0, dy=2.0, *, dz=0.25):
        return self.x * dx + self.y * dy + self.z * dz


def sums(n):
    s = 0
    for i in range(n):
        s += f(i, c=3) + f(i) + f(c=i, a=2) + f(i, 5)
        s += only(i, m=1) + only(i, k=i & 3, m=2) + only(m=3, a=i)
        s += posonly(i) + posonly(i, b=7)
    return s


def points(n):
    s = 0.0
    for i in range(n):
        p = Point(1.0 * i, z=2.0)
        s += p.dot(dy=3.0) + Point(y=2.0, x=1.0).dot(dz=i * 0.5) + p.dot(1.0, 2.0, dz=0.0)
    return s


for _ in range(3):
    print(sums(4000), points(4000))

# -- Defaults change, __code__ too, in the middle of a loop -----------------------------------------


def change(n, when, what):
    s = 0
    for i in range(n):
        if i == when:
            what()
        s += f(i) + only(i, m=1)
    return s


def set_defaults():
    f.__defaults__ = (10, 20)


def set_one():
    only.__kwdefaults__["k"] = -1


def drop_one():
    del only.__kwdefaults__["k"]


def other_code():
    def g(a, b=1, c=2):
        return a - b - c

    f.__code__ = g.__code__


for what in (set_defaults, set_one, other_code):
    print(what.__name__, change(6000, 5000, what), change(100, 1000, what))
try:
    change(6000, 5000, drop_one)
except TypeError as e:
    print(e)
only.__kwdefaults__ = {"k": 8}
print(change(6000, 6001, None))

# -- Callees in variables: one function, closures of one code, many ------------------------------------


def apply(fn, n, **how):
    s = 0
    for i in range(n):
        s += fn(i, b=2) if how else fn(i)
    return s


def make(k):
    def inner(x, b=1):
        return x * k + b

    return inner


class Times:
    def __init__(self, k):
        self.k = k

    def __call__(self, x, b=3):
        return x * self.k + b

    def method(self, x, b=4):
        return x * self.k - b


print(apply(f, 5000), apply(f, 5000, b=1))
print([apply(make(k), 1500, b=1) for k in range(8)])
print([apply(fn, 3000) for fn in (f, make(3), Times(2), Times(2).method, abs, float, lambda x: x + 1)])
print(apply(lambda x, b: x * b, 3000, b=1), apply(lambda *a, **k: len(a) + len(k), 3000, b=1))

# -- Errors -------------------------------------------------------------------------------------------


def wrong(which, n):
    for i in range(n):
        if which == 0 and i == n - 1:
            f(i, d=1)
        elif which == 1 and i == n - 1:
            f(i, a=1)
        elif which == 2 and i == n - 1:
            f(b=1)
        elif which == 3 and i == n - 1:
            posonly(a=i)
        elif which == 4 and i == n - 1:
            Point(z=1)
        elif which == 5 and i == n - 1:
            f(i, 1, 2, 3)
        elif which == 6 and i == n - 1:
            Point(1).dot(q=1)
        else:
            f(i, b=i)


for which in range(7):
    try:
        wrong(which, 3000)
    except TypeError as e:
        print(e)


def fails(a, b=0):
    return a // b if a > 2900 else a


def within(n):
    s = 0
    for i in range(n):
        s += fails(i, b=0)
    return s


try:
    within(3000)
except ZeroDivisionError as e:
    print([(s.name, s.lineno) for s in traceback.extract_tb(e.__traceback__)])
