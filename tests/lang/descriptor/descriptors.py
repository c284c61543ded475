class D:
    def __get__(self, o, t): return ("get", o is not None, t.__name__)
    def __set__(self, o, v): print("set", v)
    def __delete__(self, o): print("delete")
class N:
    def __get__(self, o, t=None): return "nondata"
class A:
    d = D()
    n = N()
    @property
    def p(self):
        "doc of p"
        return self._p
    @p.setter
    def p(self, v): self._p = v * 2
    @p.deleter
    def p(self): del self._p
    @classmethod
    def c(cls, x): return (cls.__name__, x)
    @staticmethod
    def s(x): return x
    @property
    def ro(self): return 1
a = A()
print(a.d, A.d); a.d = 5; del a.d
print(a.n); a.__dict__["n"] = "own"; print(a.n)
a.__dict__["d"] = "hidden"; print(a.d)
a.p = 4
print(a.p, A.p.__doc__, A.p.fget.__name__)
del a.p
print(hasattr(a, "_p"), a.c(1), A.c(2), a.s(3), A.s(4))
for f in (lambda: setattr(a, "ro", 1), lambda: delattr(a, "ro"), lambda: property().__get__(a), lambda: property().__set__(a, 1)):
    try:
        f()
    except AttributeError as e:
        print(e)
class B(A):
    @classmethod
    def c(cls, x): return super().c(x + 100)
    @staticmethod
    def s(x): return "B" + str(x)
print(B.c(1), B().c(2), B().s(1), super(B, B()).s(2))
print(repr(super(B, B()))[:20], super(B, B()).__thisclass__)
m = a.c
print(m.__self__, m.__func__.__name__, a.s.__name__)
def fn(self): return self
bm = fn.__get__(5)
print(bm(), bm.__self__, bm == fn.__get__(5), bm.__name__)
print(int.__add__(1, 2), (1).__add__(2), "a".__len__(), [].__class__, list.append, [].append.__name__, int.__add__, (1).__add__.__name__)
for f in (lambda: int.__add__("a", 1), lambda: list.append(5, 1), lambda: list.append(), lambda: str.upper(1), lambda: int.__add__(), lambda: dict.fromkeys()):
    try:
        f()
    except TypeError as e:
        print(e)
print(dict.fromkeys([1, 2], 0), str.maketrans("a", "b"))
print(object.__new__(A).__class__.__name__, int.__new__(int, 5))
for f in (lambda: object.__new__(int), lambda: int.__new__(str), lambda: int.__new__(5), lambda: object.__new__(A, 1), lambda: A(1)):
    try:
        f()
    except TypeError as e:
        print(e)
