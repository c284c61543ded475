# Lists whose items move (insert, pop, del, slices, reverse) while other threads read them and the collector runs: nothing is lost, nothing seen twice.
import threading

N, ROUNDS = 600, 60


class Item:
    def __init__(self, n):
        self.n = n
        self.parts = [n, [n]]


def whole(items):
    return all(i.n == i.parts[0] == i.parts[1][0] for i in items)


shared = [Item(n) for n in range(N)]
taken = [Item(n) for n in range(N, 2 * N)]
bad = []
done = threading.Event()


def mover(seed):
    """Takes from the middle, puts back elsewhere what is fresh but for its number."""
    for r in range(ROUNDS):
        for k in range(8):
            it = shared.pop((seed * 31 + r * 7 + k * 13) % 100)
            if not whole([it]):
                bad.append(it)
            shared.insert((seed * 17 + r * 5 + k) % 50 + 1, Item(it.n))
        garbage = [[i] for i in range(200)]
        if len(garbage) != 200:
            bad.append(garbage)


def slicer(seed):
    """Moves slices to the end and back, in a list of its own that others look at."""
    for r in range(ROUNDS):
        part = taken[10:40]
        del taken[10:40]
        taken[len(taken):] = part
        taken.reverse()
        taken[0:0] = [Item(i.n) for i in taken[-3:]]
        del taken[-3:]
        taken[::2] = [Item(i.n) for i in taken[::2]]
        kept = taken[1::2]
        del taken[1::2]
        taken.extend(kept)


def reader():
    while not done.is_set():
        for items in (shared, taken):
            if not whole(list(items)):
                bad.append("seen")


movers = [threading.Thread(target=mover, args=(s,)) for s in range(2)] + [threading.Thread(target=slicer, args=(1,))]
readers = [threading.Thread(target=reader) for _ in range(2)]
for t in movers + readers:
    t.start()
for t in movers:
    t.join()
done.set()
for t in readers:
    t.join()
print(bad)
print(sorted(i.n for i in shared) == list(range(N)))
print(sorted(i.n for i in taken) == list(range(N, 2 * N)), whole(shared), whole(taken))
