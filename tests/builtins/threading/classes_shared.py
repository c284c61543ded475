# Classes made, changed and used at once; properties, super(), isinstance caches.
from _race import together

N = 100

class Base:
    value = 0
    def get(self): return self.value
    @property
    def prop(self): return self.value
class Derived(Base):
    def get(self): return super().get()
obj = Derived()
def change():
    for i in range(N):
        Base.value = i
        Base.get = (lambda self: self.value) if i % 2 else (lambda self: self.value + 0)
        Derived.extra = i
        del Derived.extra
def use():
    for i in range(N):
        assert 0 <= obj.get() < N and 0 <= obj.prop < N and Derived.value >= 0
        hasattr(obj, "extra")
together(change, use, use)
print(obj.value)

def make(k):
    def run():
        for i in range(30):
            C = type("C%d" % i, (Base,), {"k": k, "who": lambda self: self.k})
            assert C().who() == k and isinstance(C(), Base) and issubclass(C, Base)
    return run
together(make(0), make(1), make(2))
print(len([c for c in Base.__subclasses__() if c.__name__ == "Derived"]))

import abc
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
def derive(k):
    def run():
        for i in range(15):
            class Q(Shape):
                def area(self): return k
            assert isinstance(Q(), Shape) and Q().area() == k
            try: Shape()
            except TypeError: pass
    return run
together(derive(0), derive(1.5))
print("abc")

# special methods set on a class that others are using
class N_:
    def __len__(self): return 1
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i
n = N_()
def swap():
    for i in range(N):
        N_.__len__ = lambda self: 2
        N_.__add__ = lambda self, o: o
        del N_.__add__
        N_.__len__ = lambda self: 1
def ask():
    for i in range(N):
        assert len(n) in (1, 2) and list(n) == [0, 1, 2]
        try: assert n + 3 == 3
        except TypeError: pass
together(swap, ask, ask)
print(len(n))

# the first subclasses of one base, made at once: all are known to it, so that what is done to it reaches them, also while they are made
class Room: pass
def first(room, k):
    def run(): room.made[k] = type("S%d" % k, (room.base,), {})
    return run
def late(room):
    def run():
        for i in range(20): room.base.size = i
        room.base.__len__ = lambda self: 7
        room.base.size = "last"
    return run
for i in range(60):
    room = Room()
    room.base, room.made = type("First", (), {"size": -1}), {}
    together(first(room, 0), first(room, 1), first(room, 2), late(room))
    assert set(room.base.__subclasses__()) == set(room.made.values()), "a subclass is missing"
    for C in room.made.values(): assert C.size == "last" and len(C()) == 7
print("first subclasses")

# classes that leave their base at once leave it with the others
class Left: pass
class Entered: pass
for i in range(30):
    kinds = [type("M%d" % k, (Left,), {}) for k in range(5)]
    together(*[lambda C=C: setattr(C, "__bases__", (Entered,)) for C in kinds[:3]])
    assert [C for C in Left.__subclasses__() if C in kinds] == kinds[3:] and set(kinds[:3]) <= set(Entered.__subclasses__())
print("bases")
