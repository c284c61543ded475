# Classes that once broke their instances or themselves: module subclasses, odd mro(), an instance as its class's __call__, bases assigned twice.
import enum, gc, sys


class M(type(sys)):
    pass


kept = []
for i in range(200):
    m = M("m%d" % i, "doc")
    m.b = i
    m.a = [i]
    kept.append(m)
gc.collect()
print(all(m.b == i and m.a == [i] and m.__name__ == "m%d" % i for i, m in enumerate(kept)), sorted(dir(kept[3]))[-2:])


class M2(M):
    __dict__ = property(lambda self: "not a dict")


try:
    dir(M2("x"))
except TypeError as e:
    print(e)


class Meta(type):
    def mro(self):
        return [self, dict, object]


try:
    class X(metaclass=Meta):
        pass
except TypeError as e:
    print(e)


class A:
    pass


A.__call__ = A()
try:
    A()()
except RecursionError as e:
    print(type(e).__name__)


class E(enum.IntEnum):
    ONE = 1


print(str(E.ONE), E.ONE, f"{E.ONE}", repr(E.ONE), "%s %d" % (E.ONE, E.ONE))


class Bad(Exception):
    def __new__(cls):
        return 5


def gen():
    yield


g = gen()
next(g)
try:
    g.throw(Bad)
except TypeError as e:
    print("throw:", type(e).__name__)


class Again(type):
    ready = False

    def mro(cls):
        if Again.ready and cls.__name__ == "C":
            Again.ready = False
            C.__bases__ = (B2,)
        return type.mro(cls)


class Base(metaclass=Again):
    pass


class B1(Base):
    pass


class B2(Base):
    pass


class C(Base):
    pass


Again.ready = True
C.__bases__ = (B1,)
B1.__bases__ = (C,)
print(C.__bases__, B2.__subclasses__(), B1.__subclasses__(), B1.__bases__)
