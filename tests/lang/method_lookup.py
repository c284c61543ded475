# The lookup of a method comes before its arguments; what it found stays, whatever the arguments do.
import math


class P:
    def __init__(self):
        self.x = 0

    def add(self, v):
        self.x += v
        return self

    @staticmethod
    def two(v):
        return v + 2

    @classmethod
    def three(cls, v):
        return v + 3


def missing(o, v):
    try:
        o.nothing(1 / v)
    except (AttributeError, ZeroDivisionError) as e:
        return type(e).__name__


print([missing(o, 0) for o in (None, 1, "s", P(), math, P)])


def change_class(n):
    """An argument replaces the method that has been looked up."""
    p = P()
    out = []

    def swap(i):
        if i == n // 2:
            P.add = lambda self, v: out.append(v) or self
        return i

    for i in range(n):
        p.add(swap(i) + 1)
    return p.x, len(out)


old = P.add
print(change_class(6))
P.add = old
print(change_class(4000))
P.add = old


def change_module(n):
    sqrt, seen = math.sqrt, []

    def swap(i):
        if i == n // 2:
            math.sqrt = lambda v: seen.append(v) or 1.0
        return i * 1.0

    total = 0.0
    for i in range(n):
        total += math.sqrt(swap(i) + 1.0)
    math.sqrt = sqrt
    return total, len(seen)


print(change_module(8), change_module(3000))


def mixed(objects, n):
    """Complete callees and methods from one place in the code."""
    total = 0
    for i in range(n):
        o = objects[i % len(objects)]
        total += o.f(i + 1)
    return total


class A:
    def f(self, v):
        return v


class B:
    f = staticmethod(lambda v: -v)


class C:
    def __init__(self):
        self.f = lambda v: v * 2


for objects in ([A()], [B()], [C()], [B], [A(), B()], [A(), B(), C(), B]):
    print(mixed(objects, 2500))


def cls_calls(n):
    s = 0
    for i in range(n):
        s += P.two(i + 1) + P.three(i - 1) % 5
    return s


print(cls_calls(3000))


def keywords(n):
    s = ""
    for i in range(n):
        s = "{a}-{b}".format(a=i + 1, b=s[:2])
    return s


print(keywords(2000))


def deep(n):
    """The object of an outer call waits while an inner one of the same kind runs."""
    a = []
    for i in range(n):
        a.append(len(str(i).zfill(abs(i % 7 - 3) + 1)))
    return sum(a)


print(deep(3000))
