# Every operation on a set is one step.
from _race import together

N = 300
s = set()
def add(k):
    def run():
        for i in range(N): s.add(i * 3 + k)
    return run
def look():
    for i in range(N):
        i in s
        assert len(s) <= 3 * N
together(add(0), add(1), add(2), add(0), look)
print(s == set(range(3 * N)))

got = [[] for _ in range(3)]
def take(k):
    def run():
        while True:
            try: got[k].append(s.pop())
            except KeyError: break
    return run
together(take(0), take(1), take(2))
print(s, sorted(sum(got, [])) == list(range(3 * N)))

def flip(k):
    def run():
        for i in range(N):
            s.add(k); s.discard(k); s.add(k); s.remove(k)
    return run
def read():
    for i in range(N):
        assert s <= {1, 2, 3} or True
        s | {9}; s & {1}; frozenset(s); list(s); s.copy()
together(flip(1), flip(2), flip(3), read)
print(s)
s = set(range(10))
def replace():
    for i in range(N // 3):
        s.update(range(10, 40)); s.difference_update(range(10, 40)); s.symmetric_difference_update({50}); s.intersection_update(range(10))
def members():
    for i in range(N): assert 3 in s and 99 not in s
together(replace, members, members)
print(sorted(s))
