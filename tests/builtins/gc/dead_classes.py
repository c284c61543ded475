"""Classes die like everything else: their bases do not keep them. The caches of an operation keep the last few that it met, as long as its code lives: what must be dead
here was used by code that is dead, too, or is one of many."""
import gc
import weakref


def scrub(depth=50):
    """What calls and loops that are over left on the stack is overwritten."""
    return scrub(depth - 1) + 1 if depth else 0


def collect():
    for _ in range(4):
        scrub()
        gc.collect()


def once(source):
    """Runs source among these names; its code and its own names die with it."""
    exec(source, {**globals()})


def few(classes):
    return len(classes) < 40


class Base:
    def who(self):
        return "base"


def names():
    return sorted({c.__name__ for c in Base.__subclasses__()})


# -- What a class leaves behind

MAKE = """
def make(n):
    class C(Base):
        number = n

        def __init__(self):
            self.a = n
            self.b = [n]

        def f(self):
            return self.number + self.a

        def who(self):
            return "c%d of %s" % (n, super().who())

    return C
"""
exec(MAKE)
told = []
refs = []


def tell(ref):
    told.append(ref() is None)


once(MAKE + """
C = make(1)
refs.append(weakref.ref(C, tell))
print(names(), C().f(), C().who())
""")
collect()
print(names(), refs[0](), told)

# An instance keeps its class, a class its bases.
held = []
once(MAKE + """
held.append(make(2)())
held.append(type("D", (type(held[0]),), {}))
refs.append(weakref.ref(type(held[0])))
""")
collect()
print(names())
once("print([c.__name__ for c in type(held[0]).__subclasses__()], held[0].f()); del held[0]")
collect()
print(names())
once("print(refs[1]() is held[0].__base__, held[0]().f()); del held[0]")
collect()
print(names(), refs[1]())

# -- Many, through the same operations: what a cache or compiled code has learned of a dead class says nothing about the next one at its place


def use(c):
    o = c()
    o.extra = 3
    return o.f() + o.extra + len(o.b) + o.number


total = 0
for n in range(3000):
    total += use(make(n))
    if n % 500 == 499:
        collect()
print(total)


def shaped(n):
    """Attributes in as many orders as there are: the shapes of one class are not those of the next."""
    class S:
        pass
    s = S()
    for k in range(5):
        setattr(s, "abcde"[(k * (n % 4 + 1) + n) % 5], n + k)
    return s


def read(s):
    return (s.a, s.b, s.c, s.d, s.e)


check = 0
for n in range(3000):
    s = shaped(n)
    values = read(s)
    check += sum(v * (k + 1) for k, v in enumerate(values))
    assert sorted(values) == list(range(n, n + 5)), (n, values)
    if n % 700 == 699:
        collect()
print(check)

for n in range(300):
    for kind in (int, str, tuple, list, dict, Exception, object):
        t = type("T%d" % n, (kind,), {"x": n, "__slots__": ("y",)} if kind in (list, object) else {"x": n})
        v = t()
        assert v.x == n
        if kind in (list, object):
            v.y = [n]
            assert v.y == [n]
    if n % 100 == 99:
        collect()
collect()
print(few(Base.__subclasses__()), few([c for c in int.__subclasses__() if c.__name__.startswith("T")]))
print(few([c for c in object.__subclasses__() if c.__name__ == "S" or c.__name__.startswith("T")]))

# -- Metaclasses: a __del__ of the class itself


class Meta(type):
    def __del__(cls):
        told.append(cls.__name__)


told.clear()
once("""
M = Meta("M", (), {"x": 1})
held.append(M())
print(M.x)
""")
collect()
print(told)
once("print(held[0].x); del held[0]")
collect()
print(told)

# -- Revived by a __del__: the class is still one of its base's

kept = []


class Revives(Base):
    pass


Base = Revives
once("""
def phoenix(n):
    class P(Base):
        def __init__(self):
            self.n = n

        def __del__(self):
            kept.append(self)
    return P


for n in range(3):
    phoenix(n)()
""")
collect()
once("print(sorted(p.n for p in kept), names())")
once("""
Base.who = lambda self: "changed"
Base.__len__ = lambda self: 7
print([p.who() for p in kept], [len(p) for p in kept])
del Base.__len__
for p in kept:
    try:
        print(len(p))
    except TypeError as e:
        print(e)
kept.clear()
""")
collect()
print(names(), len(kept))

# What is beside a revived object, of a dead class without __del__
once("""
def pair():
    class Q(Base):
        pass

    class P:
        def __init__(self):
            self.other = Q()

        def __del__(self):
            kept.append(self.other)
    P()


pair()
""")
collect()
once("""
Base.who = lambda self: "again"
print([q.who() for q in kept], names())
kept.clear()
""")
collect()
print(names())

# -- __bases__ of the living, when most are dead


class A:
    x = 1


class B:
    x = 2


class Moves(A):
    pass


for n in range(100):
    type("N%d" % n, (A,), {})
collect()
Moves.__bases__ = (B,)
print(Moves.x, few(A.__subclasses__()), [c.__name__ for c in B.__subclasses__()])
A.x = 5
B.x = 6
print(Moves.x)
Moves.__bases__ = (A,)
print(Moves.x, Moves in A.__subclasses__(), B.__subclasses__())
