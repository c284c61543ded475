"""A class while its metaclass's mro() is asked for the first time: no MRO yet, nothing to call, nothing to extend; what it may be asked is answered."""
import pickle


def refused(f):
    try:
        f()
    except TypeError:
        return "refused"


class M(type):
    busy = False
    kept = []

    def mro(cls):
        if M.busy:
            return type.mro(cls)
        M.busy = True
        for f in (
            lambda: cls.__mro__, lambda: cls.__name__, lambda: cls.__bases__, lambda: cls.__base__, lambda: cls.foo, lambda: cls.x,
            lambda: type(dir(cls)), lambda: type(dir(super(cls, cls))), lambda: cls(), lambda: cls(1, a=2), lambda: type.__call__(cls),
            lambda: object.__new__(cls), lambda: B.__new__(cls), lambda: int.__new__(cls), lambda: BaseException.__new__(cls), lambda: dict.__new__(cls),
            lambda: isinstance(3, cls), lambda: isinstance(o, cls), lambda: isinstance(cls, M), lambda: issubclass(cls, object), lambda: issubclass(cls, B),
            lambda: issubclass(int, cls), lambda: issubclass(cls, cls), lambda: issubclass(cls, int),
            lambda: super(cls, cls).foo, lambda: super(B, cls).foo, lambda: super(B, cls).f,
            lambda: setattr(cls, "y", 1), lambda: cls.y, lambda: cls.__dict__["y"], lambda: delattr(cls, "y"), lambda: delattr(cls, "y"),
            lambda: setattr(cls, "__len__", lambda self: 3), lambda: setattr(cls, "__name__", "C"), lambda: setattr(cls, "__doc__", "d"), lambda: cls.__doc__,
            lambda: cls.__subclasses__(), lambda: repr(cls), lambda: hash(cls) == hash(cls), lambda: cls == cls, lambda: cls < cls, lambda: len(cls), lambda: cls[int],
            lambda: cls.__module__, lambda: cls.__qualname__, lambda: cls.__class__, lambda: cls.__annotations__, lambda: cls.__abstractmethods__,
            lambda: type("D", (cls,), {}), lambda: M("D", (cls, B), {}), lambda: refused(lambda: setattr(E, "__bases__", (cls,))), lambda: refused(lambda: setattr(cls, "__bases__", (cls,))),
            lambda: setattr(cls, "__bases__", (B,)),
            lambda: setattr(o, "__class__", cls), lambda: type(o), lambda: setattr(B, "z", 1),
            lambda: type.mro(cls), lambda: [f(cls) for f in (repr, str, callable, bool)], lambda: cls | int, lambda: pickle.dumps(cls) and 0,
        ):
            try:
                print(f())
            except pickle.PicklingError:
                print("not to be found")
            except BaseException as e:
                print(type(e).__name__, e)
        M.kept.append(cls)
        M.busy = False
        if cls.__dict__.get("fails"):
            raise ValueError("not this one")
        return type.mro(cls)


class B:
    def f(self):
        return 0


class B2:
    pass


class E(B):
    pass


o = B()


class C(B, metaclass=M):
    x = 1

    def g(self):
        return super().f() + self.x


print(C().g(), C.__mro__, C.__bases__, isinstance(C(), B), C() and True, E.__bases__, B.__subclasses__())
C.x = 2
print(C().g())

try:
    class Lost(B, metaclass=M):
        fails = True
except ValueError as e:
    print(e)
lost = M.kept[-1]
M.busy = True
refused(lambda: type("D", (lost,), {}))  # in CPython it has a MRO ever since its bases were assigned
for f in (lambda: lost(), lambda: lost.__mro__, lambda: object.__new__(lost), lambda: setattr(o, "__class__", lost)):
    for i in range(3):
        try:
            print(f())
        except TypeError as e:
            print(e)


# A mro() that assigns bases again, in a ring.
class Ring(type):
    ready = False

    def mro(cls):
        if Ring.ready and cls.__name__ == "B1":
            R2.__bases__ = (R1,)
        if Ring.ready and cls.__name__ == "B2":
            R1.__bases__ = (R2,)
        return type.mro(cls)


R = Ring("R", (), {})
R1 = Ring("B1", (R,), {})
R2 = Ring("B2", (R,), {})
Ring.ready = True
try:
    R1.__bases__ += ()
except TypeError as e:
    print(e)
Ring.ready = False
print(R1.__mro__, R2.__mro__, R1.__bases__, R2.__bases__)
R1.__bases__ = (R2,)
print(R1.__mro__)


# Those below get theirs back when one of them refuses.
class Picky(type):
    refuse = None

    def mro(cls):
        if cls.__name__ == Picky.refuse:
            raise ValueError("refused")
        return type.mro(cls)


P = Picky("P", (), {"who": 1})
Q = Picky("Q", (), {"who": 2})
subs = [P1 := Picky("P1", (P,), {}), P2 := Picky("P2", (P1,), {}), Picky("P3", (P2,), {}), Picky("P4", (P1,), {})]
for name in "P1", "P2", "P3", "P4":
    Picky.refuse = name
    try:
        P1.__bases__ = (Q,)
    except ValueError as e:
        print(e, P1.__bases__, [(c.__mro__, c.who) for c in subs])
Picky.refuse = None
P1.__bases__ = (Q,)
print([(c.__mro__, c.who) for c in subs], P.__subclasses__(), Q.__subclasses__())
