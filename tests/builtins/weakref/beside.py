# Weak references made, looked up and dropped while collections run in small steps beside: what lives is found, what is dead stays dead, each callback runs once.
import gc, threading, weakref

step = getattr(gc, "step", lambda seconds: gc.collect(0))
seed = 1


def rnd(n):
    global seed
    seed = seed * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
    return (seed >> 33) % n


class Thing:
    def __init__(self, n):
        self.n = n


class Named(weakref.ref):
    __slots__ = "name"

    def __init__(self, o, callback=None):
        self.name = "n%d" % o.n


def apart(f, *args):
    """By a thread: what it has dropped is on no stack any more when it is over."""
    result = []
    t = threading.Thread(target=lambda: result.append(f(*args)))
    t.start()
    t.join()
    return result[0]


def until(done):
    for i in range(30):
        if done():
            break
        gc.collect()
    return done()


def n_alive(refs):
    return sum(r() is not None for r in refs)


def all_are(refs, o):
    """No generator: its cell, which holds o, may be on the stack for long."""
    for r in refs:
        if r() is not o:
            return False
    return True


# Many objects, each with some of all kinds of references.
class World:
    def __init__(self, n):
        self.things = [None] * n
        self.shared = [None] * n
        self.refs = [[] for i in range(n)]
        self.called = {}
        self.held = []
        self.wrong = []
        self.dropped = []

    def callback(self, r):
        if r() is not None:
            self.wrong.append("a callback sees what died")
        self.called[id(r)] = self.called.get(id(r), 0) + 1
        self.held.append(r)  # or its number could be another's later

    def make(self, i):
        o = self.things[i] = Thing(i)
        self.shared[i] = weakref.ref(o)
        self.refs[i] = []

    def add(self, i):
        o = self.things[i]
        kind = rnd(4)
        if kind == 0:
            if weakref.ref(o) is not self.shared[i]:
                self.wrong.append("not shared")
        elif kind == 1:
            self.refs[i].append(weakref.ref(o, self.callback))
        elif kind == 2:
            self.refs[i].append(Named(o, self.callback))
        elif weakref.proxy(o).n != i:
            self.wrong.append("proxy")

    def look(self, i):
        o = self.things[i]
        if self.shared[i]() is not o or not all_are(self.refs[i], o):
            self.wrong.append("a reference lost what lives")
        if weakref.getweakrefcount(o) < 1 + len(self.refs[i]):
            self.wrong.append("not counted")
        if any(r.name != "n%d" % i for r in self.refs[i] if type(r) is Named):
            self.wrong.append("name")

    def drop(self, i):
        self.dropped.append((i, self.shared[i], self.refs[i]))
        self.things[i] = None

    def look_at_dropped(self):
        i, shared, refs = self.dropped[rnd(len(self.dropped))]
        o = shared()
        for r in refs:
            p = r()
            if p is not None and (p.n != i or o is None):
                self.wrong.append("back from the dead")
            if o is None and p is not None:
                self.wrong.append("not all at once")

    def go(self, turns):
        n = len(self.things)
        for turn in range(turns):
            i = rnd(n)
            if self.things[i] is None:
                self.make(i)
            what = rnd(8)
            if what < 3:
                self.add(i)
            elif what < 5:
                self.look(i)
            elif what == 5:
                self.refs[i] = self.refs[i][: rnd(3)]
            elif what == 6:
                self.drop(i)
            elif self.dropped:
                self.look_at_dropped()
            if turn % 40 == 0:
                step(0.00001)
        for i in range(n):
            if self.things[i] is not None:
                self.drop(i)

    def all_called(self):
        return sum(len(refs) for i, shared, refs in self.dropped) - len(self.expected()) <= 3

    def expected(self):
        return [r for i, shared, refs in self.dropped for r in refs if self.called.get(id(r)) == 1]


def lived(n, turns):
    w = World(n)
    w.go(turns)
    return w


def world(n, turns):
    w = apart(lived, n, turns)
    until(w.all_called)
    print(n, w.all_called(), max(w.called.values()), sorted(set(w.wrong)), n_alive([r for i, s, refs in w.dropped for r in (s, *refs)]) <= 12)


world(30, 2000)
world(400, 6000)


# Many references to one object: some die, some are added, then it dies itself.
def many(n):
    o = Thing(7)
    called = []
    refs = {}
    for k in range(n):
        refs[k] = weakref.ref(o, lambda r, k=k: called.append(k))
        if k % 3 == 0:
            refs.pop(k // 2, None)
        if k % 50 == 0:
            step(0.00001)
            assert weakref.ref(o) is weakref.ref(o) and weakref.ref(o)() is o
    step(0.00001)
    seen = [len(refs), all_are(refs.values(), o), weakref.getweakrefcount(o) >= len(refs)]
    gc.collect()
    return refs, called, (*seen, set(refs.values()) <= set(weakref.getweakrefs(o)), not called)


def order(n):
    for attempt in range(4):  # the one object may be kept by a word that looks like it
        refs, called, seen = apart(many, n)
        while step(0.00001) and not called:
            pass
        if until(lambda: len(called) == len(refs)):
            break
    print(*seen)
    print(called == sorted(refs, reverse=True), all_are(refs.values(), None))


order(3000)


# The table grows and becomes small again.
def crowd(n):
    alive = []
    dead = []
    for k in range(n):
        o = Thing(k)
        r = weakref.ref(o)
        if k % 10 == 0:
            alive.append((o, r))
        else:
            dead.append(r)
        if k % 500 == 0:
            step(0.00001)
    return alive, dead


def grown(f, n):
    alive, dead = apart(f, n)
    until(lambda: n_alive(dead) <= 3)
    print(n_alive(dead) <= 3, all(r() is o for o, r in alive), len(dead), len(alive))
    return alive


kept = grown(crowd, 6000)
few = grown(crowd, 600)
print(all(r() is o and weakref.ref(o) is r for o, r in kept + few))


# It grows while it is gone through: some of what it holds is dead then.
def growing(n):
    alive = {}
    gone = []
    for k in range(n):
        o = Thing(k)
        alive[k] = o, weakref.ref(o)
    for turn in range(20):
        for k in list(alive)[turn::25]:
            gone.append(alive.pop(k)[1])
        for k in range(n, n + 400):
            o = Thing(k)
            alive[k] = o, weakref.ref(o)
            if k % 20 == 0:
                step(0.000001)
        n += 400
    return list(alive.values()), gone


grown(growing, 700)


# What comes back by its __del__ is known to no reference from before.
class Back(Thing):
    kept = []

    def __init__(self, n):
        self.n = n
        self.me = self
        self.ref = weakref.ref(self)
        self.other = Thing(n)
        self.other_ref = weakref.ref(self.other)

    def __del__(self):
        Back.kept.append((self, self.ref(), self.other_ref(), self.other.n == self.n, weakref.ref(self)))


def dropped(n):
    called = []
    refs = [weakref.ref(Back(k), lambda r: called.append(len(Back.kept))) for k in range(n)]
    while step(0.00001):
        pass
    return refs, called


def back(n):
    refs, called = apart(dropped, n)
    until(lambda: len(Back.kept) >= n - 3)
    print(len(Back.kept) >= n - 3, len(called) >= n - 3, n_alive(refs) <= 3)
    print(all(a is None and b is None and c and new() is o for o, a, b, c, new in Back.kept), len({o.n for o, *rest in Back.kept}) == len(Back.kept))


back(300)
