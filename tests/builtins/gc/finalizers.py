# Finalizers that raise, revive, allocate, collect, make more like themselves: each runs once, nothing reaches the program (PEP 442).
import gc, sys, weakref

log = []


class Raises:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(("raises", self.n))
        raise ValueError("from __del__ %d" % self.n)


class Revives:
    kept = []

    def __init__(self, n):
        self.n, self.self, self.data = n, self, [n] * 5

    def __del__(self):
        log.append(("revives", self.n))
        Revives.kept.append(self)


class Allocates:
    def __del__(self):
        data = [{"i": i, "l": [i]} for i in range(20000)]
        log.append(("allocates", sum(d["l"][0] for d in data)))


class Collects:
    def __init__(self):
        self.cycle = self

    def __del__(self):
        gc.collect()
        log.append(("collects", self.cycle is self))


class Chain:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(("chain", self.n))
        if self.n:
            Chain(self.n - 1)


class Ring:
    def __init__(self, n):
        self.n, self.next = n, None

    def __del__(self):
        log.append(("ring", self.n, self.next.next.next.n))


def scrub(depth=50):
    """What calls that are over left on the stack is overwritten."""
    return scrub(depth - 1) + 1 if depth else 0


def further_down(make, levels):
    """A dead reference may stay in the stack for a while: there it is below what a collection looks at."""
    if levels:
        further_down(make, levels - 1)
    else:
        make()


def after(make):
    further_down(make, 10)
    for _ in range(8):
        scrub()
        gc.collect()
    print(make.__name__, sorted(log, key=str))
    log.clear()


def one_raises():
    Raises(1)


def some_are_revived():
    for n in range(3):
        Revives(n)


def one_allocates():
    Allocates()


def one_collects():
    Collects()


def a_chain():
    Chain(4)


def a_ring():
    a, b, c = Ring(1), Ring(2), Ring(3)
    a.next, b.next, c.next = b, c, a


def weak_references_are_cleared_before():
    r = Revives(7)
    ref = weakref.ref(r, lambda _: log.append("callback"))
    weak.append(ref)


weak = []
after(one_raises)
after(some_are_revived)
kept = sorted(Revives.kept, key=lambda r: r.n)
print([r.n for r in kept], [r.self is r for r in kept], [r.data for r in kept], [gc.is_finalized(r) for r in kept])


def they_die_in_silence():
    Revives.kept.clear()
    kept.clear()


after(they_die_in_silence)
after(one_allocates)
after(one_collects)
after(a_chain)
after(a_ring)
after(weak_references_are_cleared_before)
print([r() for r in weak], [r.n for r in Revives.kept])
hook = sys.unraisablehook
seen = []
sys.unraisablehook = lambda u: seen.append((u.exc_type.__name__, str(u.exc_value), u.object.__qualname__))
after(one_raises)
sys.unraisablehook = hook
print(seen)
