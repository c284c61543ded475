# Variables shared by functions, in code that has become hot: reads, writes, unbound ones, closures made again and again, super() in inlined methods.
import sys

N = 2000


def make(k):
    count = 0

    def step(x):
        nonlocal count
        count += 1
        return x * k + count

    def total():
        return count
    return step, total


def counters(n):
    step, total = make(3)
    s = 0
    for i in range(n):
        s += step(i)
    return s, total()


def made_again(n):
    s = 0
    for i in range(n):
        f = lambda y: y + i
        s += f(1)
        i += 1
        s += f(1)
    return s


def floats(n):
    x = 0.0
    limit = 10.0

    def add(v):
        nonlocal x
        x = x + v
        if x > limit:
            x = 0.0
        return x
    s = 0.0
    for i in range(n):
        s += add(i * 0.25)
        if i == n - 10:
            limit = 3
            x = 2
    return s, x


def unbound(n):
    def read():
        return later

    errors = 0
    for i in range(n):
        if i == n // 2:
            later = 5
        if i == n - 5:
            del later
        try:
            errors += read() - 4
        except NameError as e:
            errors += 1000
            text = str(e)
    try:
        later
    except UnboundLocalError as e:
        text += "|" + str(e)
    return errors, text


class A:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x


class B(A):
    def __init__(self, x):
        super().__init__(x + 1)
        self.y = x

    def get(self):
        return super().get() * 2


class C(B):
    def __init__(self, x):
        super().__init__(x)
        self.z = x

    def get(self):
        s = super
        return s().get() + __class__.tag

    tag = 7


def supers(n):
    total = 0
    for i in range(n):
        total += C(i).get() + B(i).get()
        if i == n // 2:
            A.get = lambda self: 1
    A.get = None
    try:
        B(1).get()
    except TypeError as e:
        print(e)
    A.get = lambda self: self.x
    return total


def frames(n):
    a = 1

    def look():
        b = a + 1
        return sys._getframe().f_locals, (lambda: b)()
    for i in range(n):
        a = i
        r = look()
    return sorted((k, v) for k, v in r[0].items()), r[1]


def shared_by_many(n):
    total = 0
    adders = []
    for k in range(5):
        def add(x, k=k):
            nonlocal total
            total += x * k
            return total
        adders.append(add)
    for i in range(n):
        adders[i % 5](i)
    return total


for f in (counters, made_again, floats, unbound, supers, frames, shared_by_many):
    print(f.__name__, f(N))
