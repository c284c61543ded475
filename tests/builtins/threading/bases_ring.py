"""Threads that put classes below each other's, at once: one of each two is refused, and no ring comes of it. (CPython 3.11 may crash.)"""
# expect: 48000 True [] True
# expect: (<class '__main__.A'>, <class '__main__.R'>, <class 'object'>) (<class '__main__.B'>, <class '__main__.R'>, <class 'object'>) (<class '__main__.C'>, <class '__main__.A'>, <class '__main__.R'>, <class 'object'>) (<class '__main__.D'>, <class '__main__.B'>, <class '__main__.R'>, <class 'object'>) ['last', 'last', 'last', 'last']
# expect: ['A', 'B'] [<class '__main__.C'>] [<class '__main__.D'>]
import threading


class M(type):
    def mro(cls):
        return type.mro(cls)


R = M("R", (), {})
A = M("A", (R,), {})
B = M("B", (R,), {})
C = M("C", (A,), {})
D = M("D", (B,), {})
done = []
refused = []
wrong = []


def go(cls, below):
    for i in range(4000):
        for bases in (below,), (R,), (R, object):
            try:
                cls.__bases__ = bases
                done.append(1)
            except TypeError as e:
                refused.append(e)
        R.tag = i
        if cls.__mro__[0] is not cls or cls.__mro__[-1] is not object or cls.tag is None:
            wrong.append(cls.__mro__)
        cls()


threads = [threading.Thread(target=go, args=a) for a in ((A, B), (B, A), (A, D), (B, C))]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(len(done) + len(refused), len(done) > 16000, wrong, {str(e) for e in refused} <= {"a __bases__ item causes an inheritance cycle"})
A.__bases__ = B.__bases__ = (R,)
R.tag = "last"
print(*(c.__mro__ for c in (A, B, C, D)), [c.tag for c in (A, B, C, D)])
print(sorted(c.__name__ for c in R.__subclasses__()), A.__subclasses__(), B.__subclasses__())
