# super().name(...): found once for objects of one shape, right whatever changes.
class A:
    def __init__(self, a):
        self.a = a

    def f(self, x):
        return x + self.a

    @classmethod
    def make(cls, *args):
        return cls(*args)

    @staticmethod
    def plain(x):
        return -x

    @property
    def prop(self):
        return lambda v: (self.a, v)


class B(A):
    def __init__(self, a, b=2):
        super().__init__(a)
        self.b = b

    def f(self, x):
        return super().f(x) * self.b

    @classmethod
    def make(cls, *args):
        return super().make(1, *args)

    def others(self, v):
        return super().plain(v), super().prop(v)


class M(A):
    def f(self, x):
        return super().f(x) + 1000


class C(B, M):
    def f(self, x):
        return super().f(x) + 1


def hot(objects, n):
    s = 0
    for i in range(n):
        for o in objects:
            s += o.f(i)
    return s


def create(n):
    s = 0
    for i in range(n):
        b = B(i)
        s += b.a * b.b
    return s


for objects in ([B(1)], [C(1)], [B(1), C(2)], [B(1), C(2), B(3, 4)]):
    print(hot(objects, 3), hot(objects, 1500))
print(create(3), create(2500), B.make().a, B.make(7).b, B(5).others(3))


def replaced(n):
    """The base's method changes while the loop runs, then the order of bases."""
    b, s, old = B(1), 0, A.f
    for i in range(n):
        if i == n // 2:
            A.f = lambda self, x: -1
        s += b.f(i)
    A.f = old
    return s


print(replaced(10), replaced(3000))


class X:
    def f(self):
        return "X"


class Y:
    def f(self):
        return "Y"


def family(base):
    class Z(base):
        def f(self):
            return "Z" + super().f()

    return Z


def families(n):
    zs = [family(X)(), family(Y)()]
    out = []
    for i in range(n):
        out.append(zs[i // 100 % 2].f())
    return out[0], out[100], len(set(out)), set(out) == {"ZX", "ZY"}


print(families(150), families(3000))
Zx = family(X)
z = Zx()
print(z.f())
Zx.__bases__ = (Y,)
print(z.f())


class Bad(A):
    def nothing(self):
        return super().nothing(1 / 0)

    def deleted(self):
        del self
        return super().f(1)

    def wrong(self):
        return super().f(1)

    def rebound(self):
        self = B(10)
        return super().f(1)

    def captured(self):
        g = lambda: self
        return super().f(2), g() is self

    def gen(self):
        yield super().f(3)
        yield super().f(4)

    def in_comprehension(self):
        return [super().f(i) for i in range(2)]

    def keywords(self):
        return super().f(x=5)


b = Bad(1)
for name in ("nothing", "deleted", "wrong", "rebound", "captured", "in_comprehension", "keywords"):
    for k in range(2):
        try:
            print(name, getattr(b, name)())
        except Exception as e:
            print(name, type(e).__name__, e)
print(list(b.gen()))
try:
    Bad.wrong(3)
except TypeError as e:
    print(e)


def shadow(n):
    global super
    old, out = super, []
    b = B(1)
    for i in range(n):
        out.append(b.f(i))
        if i == n - 3:
            super = lambda: X()
            X.f = lambda self, x: 5000
    del super
    return sum(out)


class Chain(B):
    def other(self, k):
        """The object is another one than usual, of another class below the same."""
        if k % 500 == 499:
            self = Chain2(k)
        return super().f(1)


class Chain2(Chain, M):
    pass


chain = Chain(1)
print(sum(chain.other(k) for k in range(10)), sum(chain.other(k) for k in range(4000)))
print(shadow(10), shadow(2500))
del X.f
