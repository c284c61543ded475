"""A WeakValueDictionary of several threads, each with keys of its own: the death of a value removes that value, not the one that has come in its place."""
import gc
import threading
import weakref

d = weakref.WeakValueDictionary()
errors = []


class Thing:
    def __init__(self, n):
        self.n = n


class Ring(Thing):
    def __init__(self, n):
        self.n = n
        self.me = self


def work(who):
    held = {}
    for n in range(3000):
        key = (who, n % 10)
        for cls in (Thing, Ring):
            held[key] = d[key] = cls(n)
            if d.get(key) is not held[key]:
                errors.append((key, n))
        if n % 3 == 0:
            del held[key]
        if n % 500 == 0:
            gc.collect()
        for k, o in held.items():
            if d.get(k) is not o:
                errors.append((k, n, o.n))
    kept[who] = held


kept = [None] * 4
threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(errors[:5], sum(len(held) for held in kept))
