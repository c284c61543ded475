class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        print("new", name, [b.__name__ for b in bases], sorted(k for k in ns if not k.startswith("__")), kw)
        return super().__new__(m, name, bases, ns)
    def __init__(c, name, bases, ns, **kw): super().__init__(name, bases, ns)
    @classmethod
    def __prepare__(m, name, bases, **kw): return {"prepared": name}
class A(metaclass=Meta, flag=1):
    "docs"
    x: int = 1
    y: str
    def m(self): return __class__
    if x:
        branch = True
    for i in range(2):
        pass
class B(A, flag=2): pass
print(A.__doc__, A.__annotations__, A().m(), A.prepared, A.i, A.__qualname__, A.__module__, B.__mro__[1].__name__)
def deco(tag):
    print("deco", tag)
    def apply(c):
        print("apply", tag, c.__name__)
        return c
    return apply
@deco("outer")
@deco("inner")
class D:
    @deco("m")
    def method(self): "mdoc"
    @property
    def p(self): return "prop"
    @p.setter
    def p(self, v): print("set", v)
d = D(); d.p = 3
print(d.p, D.method.__doc__, D.method.__qualname__)
def make():
    class Local:
        class Inner:
            def f(self): return lambda: 0
    return Local
print(make().Inner.f.__qualname__, make().Inner().f().__qualname__)
class WithInit:
    def __init_subclass__(cls, **kw): print("sub", cls.__name__, kw)
    def __set_name__(self, owner, name): print("named", name)
class S(WithInit, opt=1):
    attr = WithInit()
bases = (A,)
class E(*bases, **{"flag": 3}): pass
class Slots:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1
s = Slots()
try: s.c = 1
except AttributeError as e: print(e)
class Super1:
    def f(self): return ["S1"]
class Super2(Super1):
    def f(self): return super().f() + ["S2"]
class Super3(Super1):
    def f(self): return super().f() + ["S3"]
class Super4(Super2, Super3):
    def f(self): return super().f() + ["S4"]
print(Super4().f())
try:
    class Broken(A):
        raise KeyError("in body")
except KeyError as e: print(e)
class G:
    def __class_getitem__(cls, k): return (cls.__name__, k)
print(G[int, 1:2])
x = 1
class Cond:
    if x:
        def a(self): return 1
    else:
        def a(self): return 2
