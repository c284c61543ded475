# __slots__: members, no __dict__, inheritance, errors.
class P:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
p = P(1, 2)
print(p.x, p.y, hasattr(p, "__dict__"))
try:
    p.z = 3
except AttributeError as e:
    print(e)
del p.x
try:
    p.x
except AttributeError as e:
    print(e)
class Q(P):
    __slots__ = ("z",)
q = Q(1, 2)
q.z = 9
print(q.x, q.y, q.z, Q.__slots__)
class R(Q): pass
r = R(4, 5)
r.w = 6
print(r.x, r.w, r.__dict__)
print(P.x, type(P.x).__name__)
try:
    class Bad:
        __slots__ = ("a",)
        a = 1
except ValueError as e:
    print(e)
try:
    class Bad2(int):
        __slots__ = ("a",)
except TypeError as e:
    print(e)
try:
    class Bad3:
        __slots__ = ("1a",)
except TypeError as e:
    print(e)
class Priv:
    __slots__ = ("__secret",)
    def __init__(self): self.__secret = 7
    def get(self): return self.__secret
print(Priv().get(), [n for n in dir(Priv) if "secret" in n])
class WithDict:
    __slots__ = ("a", "__dict__")
w = WithDict()
w.a = 1; w.b = 2
print(w.a, w.__dict__)
class L(list):
    __slots__ = ("tag",)
l = L([1, 2]); l.tag = "t"
print(l, l.tag)
