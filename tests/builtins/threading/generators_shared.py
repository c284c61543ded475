# Generators and iterators: each belongs to one thread at a time; a second one in it gets ValueError, never a crash.
from _race import together

N = 200
def numbers(n):
    for i in range(n): yield i
def own():
    for i in range(20): assert sum(numbers(30)) == 435
    assert [x * 2 for x in numbers(5)] == [0, 2, 4, 6, 8]
together(own, repeat=4)
print("own")

def slow(n):
    for i in range(n):
        for j in range(5): pass
        yield i
shared = slow(N)
got, busy = [[] for _ in range(3)], [0, 0, 0]
def pull(k):
    def run():
        while True:
            try: got[k].append(next(shared))
            except ValueError as e:
                assert str(e) == "generator already executing"
                busy[k] += 1
            except StopIteration: break
    return run
together(pull(0), pull(1), pull(2))
print(sorted(sum(got, [])) == list(range(N)))

# builtin iterators are not synchronised: they may repeat or skip, but give only what is there
for make in (lambda: iter(list(range(N))), lambda: enumerate(list(range(N))), lambda: zip(list(range(N)), tuple(range(N))),
             lambda: map(abs, list(range(N))), lambda: iter(set(range(N))), lambda: reversed(list(range(N)))):
    it = make()
    seen = [[] for _ in range(2)]
    def drain(k):
        def run():
            for x in it: seen[k].append(x)
        return run
    together(drain(0), drain(1))
    flat = {x[-1] if type(x) is tuple else x for x in seen[0] + seen[1]}  # enumerate counts what it gives, repetitions too
    assert flat <= set(range(N)), flat
print("builtin")

import itertools
c = itertools.count()
ids = []
def number():
    for i in range(N): ids.append(next(c))
together(number, repeat=3)
print(len(ids))
def coroutine():
    total = 0
    while True:
        x = yield total
        if x is None: return
        total += x
def drive():
    for r in range(20):
        co = coroutine(); next(co)
        for i in range(10): co.send(i)
        assert co.send(0) == 45
        co.close()
together(drive, repeat=3)
print("coroutines")
