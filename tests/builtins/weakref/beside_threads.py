# Threads make, share, look up and drop weak references while collections run beside.
import gc, threading, weakref

step = getattr(gc, "step", lambda seconds: gc.collect(0))
N = 1500


class Thing:
    def __init__(self, n):
        self.n = n


class Named(weakref.ref):
    __slots__ = "name"


common = Thing(0)  # all threads refer to it, so its references are a list that changes under the census
wrong = []
called = [[], [], []]
expected = [0] * 3
kept = [[], [], []]


def work(k):
    alive = {}
    mine = []
    dead = []

    def callback(r):
        called[k].append(r)  # by any thread
        if r() is not None:
            wrong.append("a callback sees what died")

    for i in range(N):
        o = alive[i] = Thing(i)
        kept[k].append(weakref.ref(o, callback))
        r = Named(common, called)
        r.name = i
        if i % 3:
            mine.append(r)
        if weakref.ref(common) is not weakref.ref(common) or weakref.ref(o) is not weakref.ref(o):
            wrong.append("not shared")
        if weakref.proxy(o).n != i or kept[k][i]() is not o:
            wrong.append("a reference lost what lives")
        if i >= 100:
            old = kept[k][i - 100]
            if i % 10:
                del alive[i - 100]
                dead.append(old)
            elif old() is not alive[i - 100]:
                wrong.append("a reference lost what lives")
        if i % 50 == 0:
            step(0.00001)
            if [r.name for r in mine if r() is not common]:
                wrong.append("a reference lost what lives")
            if weakref.getweakrefcount(common) < len(mine):
                wrong.append("not counted")
            states = [r() is None for r in dead]
            if [r for r, was in zip(dead, states) if was and r() is not None]:
                wrong.append("back from the dead")
    for i, o in alive.items():
        if kept[k][i]() is not o:
            wrong.append("a reference lost what lives")
    expected[k] = len(dead)
    kept[k].append(alive)
    kept[k].append(mine)


threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
for t in threads:
    t.start()
for i in range(10):
    gc.collect()
    weakref.ref(common, wrong.append)
for t in threads:
    t.join()
for i in range(30):
    gc.collect()
    if all(len(c) >= e - 3 for c, e in zip(called, expected)):
        break
print(sorted(set(wrong)), expected, [e - 3 <= len(c) <= e and len(c) == len(set(map(id, c))) for c, e in zip(called, expected)])
print(all(r() is common for k in kept for r in k[-1]), all(k[i]() is o for k in kept for i, o in k[-2].items()))
