# Metaclasses: __prepare__, __new__, __init__, __call__, keywords, __init_subclass__, __set_name__.
class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases, **kw):
        print("prepare", name, kw)
        return {"injected": 1}
    def __new__(mcs, name, bases, ns, **kw):
        print("new", name, sorted(k for k in ns if not k.startswith("__")), kw)
        return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw):
        print("init", name, kw)
        super().__init__(name, bases, ns)
    def __call__(cls, *a, **k):
        print("call", cls.__name__, a, k)
        return super().__call__(*a, **k)
class A(metaclass=Meta, flag=True):
    def __init__(self, v): self.v = v
print(A(3).v, A.injected, type(A))
class Base:
    subs = []
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        Base.subs.append((cls.__name__, tag))
class S1(Base, tag="one"): pass
class S2(S1): pass
print(Base.subs)
try:
    class S3(Base, nope=1): pass
except TypeError as e:
    print(e)
class Named:
    def __set_name__(self, owner, name): print("set_name", owner.__name__, name)
class Holder:
    a = Named()
    b = Named()
class Plain: pass
try:
    class K(Plain, x=1): pass
except TypeError as e:
    print(e)
T = type("T", (Base,), {"q": 5}, tag="dyn")
print(T.q, T.__module__, T.__qualname__, Base.subs[-1])
class E:
    def __class_getitem__(cls, item): return (cls.__name__, item)
print(E[int], E["x", 2])
class Ent:
    def __mro_entries__(self, bases): return (Plain,)
class FromEnt(Ent()): pass
print(FromEnt.__bases__ == (Plain,), FromEnt.__orig_bases__[0].__class__.__name__)
def f():
    class Inner:
        def g(self): return __class__
    return Inner
I = f()
print(I.__qualname__, I().g() is I)
