print(type(5), type(type), int.__name__, int.__module__, type.__mro__, bool.__mro__, int.__base__)
print(isinstance(True, int), issubclass(bool, int), isinstance(5, (str, int)), isinstance(5, int | str), int | None)
for f in (lambda: isinstance(5, 5), lambda: issubclass(5, int), lambda: type("a"), lambda: type(1, 2), lambda: type("X", (5,), {}), lambda: type("X", (), 5)):
    try:
        print(f())
    except TypeError as e:
        print(e)
class C: "the doc"
print(C.__doc__, C.__dict__.keys() >= {"__doc__", "__module__", "__dict__", "__weakref__"}, C.__qualname__, C.__module__)
C.__name__ = "Renamed"
print(C, C.__name__)
print(list[int], dict[str, list[int]], tuple[int, ...], list[int].__origin__, list[int].__args__, list[int] == list[int])
print(type(None), type(...), type(NotImplemented), None.__class__)
print(int.__subclasses__()[0], object.__subclasses__().__len__() > 10)
print(callable(int), callable(5), int.__call__(7), type.__call__(int, "12"))
class M(type):
    def __instancecheck__(cls, o): return o == 42
    def __subclasscheck__(cls, c): return c is str
    def __repr__(cls): return "<M>"
    @property
    def prop(cls): return "meta prop"
class K(metaclass=M): pass
print(isinstance(42, K), isinstance(K, K), issubclass(str, K), K, K.prop)
try:
    C.__bases__ = (int,)
except TypeError as e:
    print(e)
class A1: x = 1
class A2: x = 2
class S(A1): pass
S.__bases__ = (A2,)
print(S.x, S.__mro__)
for t in (int, str, list, dict, object, type, ValueError):
    print(t.__name__, t.__flags__ & (1 << 10) != 0, sorted(n for n in t.__dict__ if n in ("__add__", "__hash__", "__eq__", "__new__", "__init__", "__len__")))
