# A class with instances is given a __del__, by assignment, by its base, by other bases; an instance is given another class: at its death the class it has then counts.
import gc

log = []


def deleted(self):
    log.append(type(self).__name__)


def scrub(depth=50):
    """What calls and loops that are over left on the stack is overwritten."""
    for l in [[E()]]:
        for o in l:
            o.__class__ = F
    return scrub(depth - 1) + 1 if depth else 0


def show(what):
    for _ in range(8):
        scrub()
        gc.collect()
    print(what, sorted(log))
    log.clear()


def rings(cls, n):
    """n instances that hold themselves, in a list."""
    l = [cls() for _ in range(n)]
    for o in l:
        o.me = o
    return l


class A:
    pass


class B(A):
    pass


class C(B):
    def __init__(self):
        self.x = 1


kept = {}


def case(what, first, *classes):
    """Instances of the classes; what `first` does to them while they live; then they die."""
    def live():
        kept["l"] = [rings(k, 3) for k in classes]
        gc.collect()
        first(kept["l"])
    live()
    scrub()
    kept.clear()
    show(what)


def give(cls):
    def first(_):
        cls.__del__ = deleted
    return first


def take(cls):
    def first(_):
        del cls.__del__
    return first


def become(cls):
    def first(lists):
        for l in lists:
            for o in l:
                o.__class__ = cls
    return first


class D:
    __del__ = deleted


class E:
    pass


class F:
    pass


class G(F):
    pass


def other_bases(_):
    G.__bases__ = (D,)


class Meta(type):
    pass


class J(metaclass=Meta):
    pass


class S:
    __slots__ = ("me",)


class L(list):
    pass


case("its own and its base's", give(A), A, B, C)
case("made since then", lambda _: None, A, B, C)
case("taken away", take(A), C)
case("another class", become(D), E)
case("another class without", become(E), D)
case("other bases", other_bases, G)
case("with a metaclass", give(J), J)
case("slots", give(S), S)
case("a subclass of list", give(L), L)
case("type.__setattr__", lambda _: type.__setattr__(E, "__del__", deleted), E)


def of_the_instance(lists):
    for o in lists[0]:
        o.__del__ = lambda: log.append("instance")


case("of the instance: no use", of_the_instance, F)


class V:
    def __init__(self, i):
        self.i = i


def many(n):
    t = 0
    for i in range(n):
        v = V(i)
        t += v.i
    return t


print(many(5000))
V.__del__ = deleted  # those that are dead die without
print(many(50))
show("those made since then")
del V.__del__
print(many(5000))
show("none")
