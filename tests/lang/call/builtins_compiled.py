# Builtin functions with code of their own, powers, and fields of namedtuples, in code that has become hot; with all that they refuse.
import collections
import math

N = 3000
nan, inf = float("nan"), float("inf")


class Sized:
    def __len__(self):
        return 4


class Wrong:
    def __len__(self):
        return -1


class Base:
    pass


class Derived(Base):
    pass


class Pretends:
    __class__ = Base


class Meta(type):
    def __instancecheck__(cls, o):
        return o == 3


class Odd(metaclass=Meta):
    pass


def lengths(n):
    log, things = {}, [[1, 2], (1,), "abc", {1: 2}, {4, 5}, b"xy", range(7), Sized(), Wrong(), 5, None, len]
    total = 0
    for i in range(n):
        total += len(things[0]) + len((i, i)) + len("x" * (i & 3))
        t = things[i % len(things)]
        try:
            k = len(t)
        except (TypeError, ValueError) as e:
            k = str(e)
        log[k] = log.get(k, 0) + 1
    return total, log


def classes(n):
    things = [1, 2.5, True, None, "s", (1,), [1], Base(), Derived(), Pretends(), Base, 3, 10 ** 30, 1j]
    count = [0] * 9
    for i in range(n):
        x = things[i % len(things)]
        f, k = i * 0.5, i
        count[0] += isinstance(x, int)
        count[1] += isinstance(x, (float, str))
        count[2] += isinstance(x, Base)
        count[3] += isinstance(x, Derived) + isinstance(Derived(), Base) + isinstance(Base(), Derived)
        count[4] += isinstance(x, Odd)
        count[5] += isinstance(f, float) and not isinstance(k, float)
        count[6] += isinstance(k > 3, int) + isinstance(x, object)
        count[7] += isinstance(x, type)
        if i == n // 2:
            Derived.__bases__ = (Odd.__mro__[0].__class__("Other", (), {}),)
        try:
            isinstance(x, 5 if i % 100 == 7 else int)
        except TypeError as e:
            count[8] += len(str(e))
    return count


def rounding(n):
    log = {}
    total = 0
    for i in range(n):
        x = (i - n // 2) * 0.25
        total += round(x) * 3 + math.floor(x) * 5 + math.ceil(x) * 7 + round(i) + math.floor(i)
    for i in range(n):
        x = (0.5, 1.5, 2.5, -0.5, -1.5, 1e300, nan, inf, -inf, 2.0 ** 62, 2.0 ** 63, -(2.0 ** 63))[i % 12] * 1.0
        for f in (round, math.floor, math.ceil):
            try:
                k = f(x)
            except (ValueError, OverflowError) as e:
                k = str(e)
            log[k] = log.get(k, 0) + 1
    return total, sorted(map(str, log.items()))


def division(n):
    total = 0
    for i in range(n):
        q, r = divmod(i - n // 2, 7 if i & 1 else -7)
        total += q * 10 + r
        try:
            if i % 300 == 5:
                divmod(i, 0)
        except ZeroDivisionError as e:
            total += len(str(e))
    return total, divmod(-(2 ** 63), -1), divmod(7.5, 2)


def power_of(x, y):
    return x ** y


def powers(n):
    s, total, big = 0.0, 0, 0
    for i in range(n):
        x = i * 0.5
        s += x ** 2 + x ** 0.5 + 2.0 ** (i & 7) + x ** 3 + 2 ** -x
        total += i ** 2 + i ** 3 - i ** 1 + (i & 3) ** 4
        big += (i * 3000000) ** 3 + i ** 5
    log = {}
    pairs = [(2.0, 3), (-8.0, 1 / 3), (0.0, -1.0), (1e300, 2.0), (nan, 2.0), (inf, 2.0), (2, -1), (2, 100), (-1.0, inf), (3, 2), (1.5, 2), (2, 0.5), (True, 2), (0, 0)]
    for i in range(n):
        x, y = pairs[i % len(pairs)]
        for f in (power_of, lambda a, b: a ** b):
            try:
                k = f(x, y)
            except (OverflowError, ZeroDivisionError) as e:
                k = str(e)
            log[str(k)] = log.get(str(k), 0) + 1
    return round(s, 6), total, big, log


Point = collections.namedtuple("Point", "x y z", defaults=(5,))


class Labelled(Point):
    @property
    def y(self):
        return "label"


def fields(n):
    points = [Point(i, i * 0.5) for i in range(10)]
    others = [Point(1, 2.0), Labelled(1, 2), Point(0, 1)._replace(z="z")]
    total, seen = 0, {}
    for i in range(n):
        p = points[i % 10]
        total += p.x + p.y + p.z
        q = others[i % 3]
        k = q.x, q.y, q.z
        seen[k] = seen.get(k, 0) + 1
        if i == n - 5:
            Point.x = property(lambda self: 1000)
        try:
            p.y = 3
        except AttributeError as e:
            total += len(str(e))
    short = tuple.__new__(Point, (1,))
    try:
        for i in range(n):
            total += points[0].z if i < n - 3 else short.z
    except IndexError as e:
        seen["short"] = str(e)
    return total, seen


for f in (lengths, classes, rounding, division, powers, fields):
    print(f.__name__, f(N))
