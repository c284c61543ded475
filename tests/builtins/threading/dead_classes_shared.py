"""Threads that make classes and drop them, while others change their base and ask it for its subclasses. CPython 3.11 forgets the class of an instance that a __del__ revives:
what changes in its base later does not reach it (gh-136189)."""
# expect: [] True
# expect: True True
import gc
import threading
import weakref

ROUNDS = 300


class Base:
    def who(self):
        return 0


errors = []
revived = []
done = threading.Event()


def guarded(fn):
    def run(*args):
        try:
            fn(*args)
        except BaseException as e:
            errors.append(repr(e))
            raise
    return run


@guarded
def make(seed):
    for n in range(ROUNDS):
        class C(Base):
            x = n

            def f(self):
                return self.x + self.n

        class D(C):
            y = seed

        for cls in (C, D):
            o = cls()
            o.n = n
            if o.f() != 2 * n or o.who() < 0:
                errors.append((seed, n, o.f()))
        if n % 10 == 0:
            class E(C):
                def __del__(self):
                    revived.append((self, self.who()))
            o = E()
            o.me = o
            del o
        if n % 50 == 0:
            gc.collect()


@guarded
def change():
    n = 0
    while not done.is_set():
        n += 1
        Base.who = lambda self, n=n: n
        Base.number = n
        if n % 20 == 0:
            Base.__len__ = lambda self: 3
            del Base.__len__
        for c in Base.__subclasses__():
            if c.__mro__[-2] is not Base:
                errors.append(c.__mro__)


makers = [threading.Thread(target=make, args=(i,)) for i in range(3)]
changer = threading.Thread(target=change)
changer.start()
for t in makers:
    t.start()
for t in makers:
    t.join()
done.set()
changer.join()
Base.who = lambda self: "last"
Base.__len__ = lambda self: 5
print(errors, all(o.who() == "last" and len(o) == 5 for o, _ in revived))
del makers, changer
ref = weakref.ref(Base)
revived.clear()
for _ in range(4):
    gc.collect()
print(len(Base.__subclasses__()) < 60, ref() is Base)
