# Methods of operators return NotImplemented, from compiled and inlined code, in loops that are left half way, too.
import time


class A:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        if other is None:
            return NotImplemented
        return A(self.x + other.x)

    def __mul__(self, other):
        if other.x < 0:
            return NotImplemented
        return A(self.x * other.x)

    def __sub__(self, other):
        return self.minus(other)

    def minus(self, other):
        return A(self.x - other) if other < 1000 else NotImplemented

    def __truediv__(self, other):
        self = [other]
        other = self[0]
        return NotImplemented if other > 3 else other


class B(A):
    def __radd__(self, other):
        return B(-1)


def products(n, bad):
    a, t = A(1), 0
    for i in range(n):
        b = A(-2) if i == bad else A(2)
        try:
            c = a * b
            t += c.x
        except TypeError as e:
            print(i, e)
    return t


def sums(n, bad):
    a, t = A(1), 0
    for i in range(n):
        b = None if i == bad else a
        try:
            c = a + b
            t += c.x
        except TypeError as e:
            print(i, e)
    return t


def in_place(n, bad):
    t = 0
    for i in range(n):
        a = A(i)
        try:
            a *= A(-1 if i == bad else 1)
            a -= 1000 if i == bad + 1 else 1
        except TypeError as e:
            print(i, e, a.x)
        t += a.x
    return t


def times(a, b):
    return a * b


def minus(a, b):
    return a - b


def over(a, b):
    return a / b


def attempt(fn, *args):
    try:
        r = fn(*args)
        return r.x if isinstance(r, A) else r
    except TypeError as e:
        return str(e)


for wait in (0.3, 0):
    for k in range(2):
        products(3000, -1), sums(3000, -1), in_place(3000, -9)
        for j in range(800):
            times(A(1), A(2)), minus(A(1), 2), minus(A(1), 2.5), over(A(1), 2)
    time.sleep(wait)
print(products(3000, 2000), sums(3000, 2000), in_place(3000, 1500))
print(attempt(times, A(3), A(4)), attempt(times, A(1), A(-1)), attempt(times, B(1), B(-1)))
print(attempt(minus, A(3), 1), attempt(minus, A(3), 2000), attempt(minus, A(3), 2000.5), attempt(minus, A(3), True))
print(attempt(over, A(3), 1), attempt(over, A(3), 4), attempt(over, A(3), 4.5))
print((A(1) + B(2)).x, attempt(lambda: A(1) + None))
