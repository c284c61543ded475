# tiers: interp
# What has been deleted is not kept alive by a register that it once was computed in.
import gc
import weakref


class A:
    def __init__(self, other=None):
        self.other = other


x = A()
r = weakref.ref(x)
print(r() is x)
del x
gc.collect()
print(r())

a = A()
a.other = b = A(a)
refs = [weakref.ref(v) for v in (a, b)]
del a, b
gc.collect()
print([q() for q in refs])


def arguments():
    """An argument lives while the call runs, and no longer than its names."""
    def callee(v):
        q = weakref.ref(v)
        return q, q() is v

    q, there = callee(A())
    gc.collect()
    print(there, q())
    v = A(A())
    inner = weakref.ref(v.other)
    v.other = None
    gc.collect()
    print(inner(), v.other)


arguments()


def in_use(n):
    """Values that wait for the end of an expression while the collector runs."""
    def collect(v):
        gc.collect()
        return v

    total = 0
    for i in range(n):
        total += (A(i).other + collect(A(i)).other) * len([A(), collect(A())]) + {1: A(i), 2: collect(3)}[1].other
        with_default = dict(a=A(i), b=collect(A(i)))
        total += with_default["a"].other
    return total


print(in_use(5))
