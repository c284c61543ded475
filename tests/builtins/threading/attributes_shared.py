# Attributes of one object from several threads: slots, growth, dict mode, __class__.
from _race import together

N = 200

class P: pass
p = P()
p.x = p.y = 0
def write(k):
    def run():
        for i in range(N): p.x = k * N + i; p.y = p.x
    return run
def read():
    for i in range(N): assert p.x >= 0 and type(p.y) is int
together(write(0), write(1), read, read)
print(sorted(p.__dict__))

# every thread adds its own names to the same object
q = P()
def grow(k):
    def run():
        for i in range(40): setattr(q, "a%d_%d" % (k, i), i)
    return run
together(grow(0), grow(1), grow(2))
print(len(q.__dict__), all(getattr(q, "a%d_%d" % (k, i)) == i for k in range(3) for i in range(40)))

# a name added, removed and looked up: it is there or it is not
r = P()
r.keep = 1
def on_off(name):
    def run():
        for i in range(N):
            setattr(r, name, i)
            assert getattr(r, name) == i
            delattr(r, name)
    return run
def see():
    for i in range(N):
        assert r.keep == 1
        getattr(r, "u", None); hasattr(r, "v"); vars(r).copy()
together(on_off("u"), on_off("v"), see)
print(r.__dict__)

# stores are not lost while the object goes over to a dict
for round in range(30):
    o = P()
    o.n = 0
    def count():
        for i in range(20):
            o.n = i
            assert o.n == i
    def convert():
        o.__dict__
        o.other = 1
        del o.other
    together(count, convert)
    assert o.n == 19, o.n
print("kept")

# the class of an object changes under readers
class A:
    def who(self): return "A"
class B:
    def who(self): return "B"
o = A()
o.v = 5
def change():
    for i in range(N): o.__class__ = B if i % 2 else A
def ask():
    for i in range(N): assert o.who() in "AB" and o.v == 5
together(change, ask, ask)
print(o.who(), o.v)

# __slots__
class S:
    __slots__ = ("a", "b")
s = S()
def slots(k):
    def run():
        for i in range(N):
            s.a = k; s.b = [k]
            assert s.a in (0, 1) and s.b[0] in (0, 1)
    return run
together(slots(0), slots(1))
print(s.a in (0, 1))

# objects made at once, each by its own thread
class V:
    def __init__(self, x, y): self.x = x; self.y = y
    def __add__(self, o): return V(self.x + o.x, self.y + o.y)
sums = []
def make():
    a = V(0, 0)
    for i in range(N): a = a + V(i, 1)
    sums.append((a.x, a.y))
together(make, repeat=4)
print(set(sums), len(sums))
