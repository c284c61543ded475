# Instance, class and special attribute access.
class A:
    z = 10
    def __init__(self): self.x = 1
a = A()
print(a.x, a.z, a.__dict__, vars(a), A.__name__, a.__class__)
a.y = 2
del a.x
print(a.__dict__, hasattr(a, "x"), getattr(a, "x", "dflt"))
for f in (lambda: a.nope, lambda: A.nope, lambda: setattr(5, "a", 1), lambda: delattr(a, "nope"), lambda: setattr(int, "a", 1), lambda: setattr(object(), "q", 1),
          lambda: (5).real.foo, lambda: setattr(a, 5, 1), lambda: None.foo, lambda: [].foo, lambda: setattr([], "append", 1)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
class G:
    def __getattr__(self, name):
        if name == "bad": raise AttributeError("custom " + name)
        return "got " + name
g = G()
g.real = 1
print(g.real, g.foo, getattr(g, "bad", None), hasattr(g, "bad"))
class H:
    def __getattribute__(self, name):
        if name == "magic": return 42
        return super().__getattribute__(name)
    def __setattr__(self, name, v): super().__setattr__(name, v * 2)
    def __delattr__(self, name): print("del", name); super().__delattr__(name)
h = H(); h.q = 4
print(h.magic, h.q)
del h.q
a.__dict__ = {"fresh": 1}
print(a.fresh, a.__dict__)
a.__dict__["more"] = 2
print(a.more, sorted(dir(a))[-3:])
class B(A): pass
b = B(); b.__class__ = A
print(type(b), isinstance(b, B))
try:
    b.__class__ = int
except TypeError as e:
    print(e)
for i in range(40): setattr(b, f"n{i}", i)
print(sum(getattr(b, f"n{i}") for i in range(40)), len(b.__dict__))
A.z = 11
print(b.z, B.z)
A.newmeth = lambda self: "new"
print(b.newmeth())
del A.z
print(hasattr(B, "z"))
e = None
try:
    a.missing
except AttributeError as ex:
    e = ex
print(e.name, e.obj is a)
