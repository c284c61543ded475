# Every operation on a dict is one step.
from _race import together

N = 300

d = {}
def fill(k):
    def run():
        for i in range(N): d[k, i] = i
    return run
def look():
    for i in range(N):
        v = d.get((1, i))
        assert v is None or v == i
        assert len(d) >= 0
        (2, i) in d
together(fill(0), fill(1), fill(2), look)
print(len(d), all(d[k, i] == i for k in range(3) for i in range(N)))
print([k for k in d if k[0] == 1] == [(1, i) for i in range(N)])

# setdefault: exactly one wins
d = {}
won = [[] for _ in range(4)]
def claim(k):
    def run():
        for i in range(N):
            if d.setdefault(i, k) == k: won[k].append(i)
    return run
together(*[claim(k) for k in range(4)])
print(sorted(sum(won, [])) == list(range(N)))

# pop: exactly one gets it; popitem: everything once
d = {i: str(i) for i in range(N)}
got = [[] for _ in range(4)]
def grab(k):
    def run():
        for i in range(N):
            v = d.pop(i, None)
            if v is not None: got[k].append(v)
    return run
together(*[grab(k) for k in range(4)])
print(d, sorted(sum(got, [])) == sorted(map(str, range(N))))
d = {i: i for i in range(N)}
got = [[] for _ in range(3)]
def grab_any(k):
    def run():
        while True:
            try: got[k].append(d.popitem()[0])
            except KeyError: break
    return run
together(*[grab_any(k) for k in range(3)])
print(d, sorted(sum(got, [])) == list(range(N)))

# one key written, deleted and read
d = {"x": 0, "y": 0}
def write():
    for i in range(N): d["x"] = i; d["y"] = -i
def remove():
    for i in range(N): d.pop("x", None)
def read():
    for i in range(N):
        assert d.get("x", 0) >= 0 >= d["y"]
        for k, v in list(d.items()): assert k in "xy" and type(v) is int
together(write, remove, read, read)
print(sorted(d) in (["x", "y"], ["y"]))

# clear, update, copy, |=
d = {}
def swap():
    for i in range(N // 3):
        d.update(a=1, b=2, c=3)
        d.clear()
def copies():
    for i in range(N):
        c = d.copy()
        assert all(v in (1, 2, 3) for v in c.values())
        assert dict(d).keys() <= {"a", "b", "c"}
together(swap, copies, copies)
print(d)

# keys with __eq__ and __hash__ in Python
class K:
    def __init__(self, n): self.n = n
    def __hash__(self): return self.n % 7
    def __eq__(self, o): return self.n == o.n
d = {}
def slow(k):
    def run():
        for i in range(60): d[K(i)] = k
    return run
together(slow(0), slow(1), slow(2))
print(len(d), all(d[K(i)] in (0, 1, 2) for i in range(60)))
