"""The namespace of a class whose metaclass is not `type`: what `type` gives of __dict__ and __weakref__ is not hidden by the metaclass."""
import inspect
import enum
import weakref
import abc
class C(abc.ABC):
    x = 1
print(type(C.__dict__), "x" in C.__dict__)
class N(type): pass
class C(metaclass=N):
    x = 1
print(type(C.__dict__), "x" in C.__dict__)
print("__dict__" in abc.ABCMeta.__dict__)
print(sorted(N.__dict__), "__weakref__" in abc.ABCMeta.__dict__)
C.y = 3
print(C.__dict__["y"], list(C.__dict__), type(N.__dict__))
class Color(enum.Enum):
    RED = 1
print(list(Color.__dict__)[:3], list(vars(Color))[-3:])
try:
    C.__dict__ = {}
except AttributeError as e:
    print(e)
print(weakref.ref(C)() is C)
class W(type):
    def who(cls): return cls.__dict__["x"]
class D(metaclass=W):
    x = 5
print(D.who(), [D.who() for i in range(3)])
class F(type):
    __dict__ = {"mine": 1}
class G(metaclass=F): pass
print(G.__dict__)
try:
    print(C.__weakref__)
except AttributeError as e:
    print(e)
print(inspect.getattr_static(D, "x"))


class Hashless(metaclass=N):
    __slots__ = "a", "b"

    def __eq__(self, o):
        return True


print(list(Hashless.__dict__), Hashless.__dict__["a"])
for cls in type("T", (), {"z": 1}), type("T", (), {"__doc__": "d", "__eq__": None}), N("T", (), {}):
    print(list(cls.__dict__))
