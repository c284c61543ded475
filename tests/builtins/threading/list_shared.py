# Every operation on a list is one step: nothing is lost, doubled or torn.
from _race import together

N = 300

# append from four threads, len and index meanwhile
l = []
def add(k):
    def run():
        for i in range(N): l.append((k, i))
    return run
def look():
    for i in range(N):
        n = len(l)
        if n:
            k, i = l[n - 1 if n - 1 < len(l) else 0]
            assert 0 <= k < 4
        for x in l[:5]: assert type(x) is tuple
together(add(0), add(1), add(2), add(3), look)
print(len(l), sorted(l) == sorted((k, i) for k in range(4) for i in range(N)))
print(all([i for k, i in l if k == t] == list(range(N)) for t in range(4)))

# pop from both ends and put back
l = list(range(4 * N))
got = [[] for _ in range(4)]
def take(k):
    def run():
        for i in range(N): got[k].append(l.pop() if i % 2 else l.pop(0))
    return run
together(take(0), take(1), take(2), take(3))
print(l, sorted(sum(got, [])) == list(range(4 * N)))

# insert and remove in the middle, with readers
l = [0] * 20
def churn(k):
    def run():
        for i in range(N):
            l.insert(5, k)
            l.remove(k)
    return run
def scan():
    for i in range(N):
        assert set(l) <= {0, 1, 2}
        l.count(1); 2 in l; l.copy(); l[3:9]; list(l); tuple(l)
together(churn(1), churn(2), scan)
print(l)

# item assignment, slices, sort, reverse, clear, extend
l = [float(i) for i in range(16)]
def assign():
    for i in range(N): l[i % 16] = float(-i)
def read():
    for i in range(N):
        for x in l: assert type(x) is float
def turn():
    for i in range(N): l.reverse()
together(assign, read, turn)
print(len(l), all(type(x) is float for x in l))
l = []
def refill():
    for i in range(N // 3):
        l.extend([i, i, i, i])
        l[:] = [1, 2]
        del l[:]
        l.clear()
def add_up():
    for i in range(N): assert sum(l) >= 0
together(refill, add_up, add_up)
print(l)
l = [3, 1, 2] * 10
m = [l[:] for _ in range(3)]
def sort_own(k):
    def run():
        for i in range(20):
            m[k].sort(key=lambda x: -x)
            m[k].sort()
    return run
together(sort_own(0), sort_own(1), sort_own(2))
print(m[0] == m[1] == m[2] == sorted(l))
