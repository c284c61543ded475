# sort: keys, reverse, stability, errors.
import_seed = 12345
def rnd():
    global import_seed
    import_seed = (import_seed * 1103515245 + 12345) % (1 << 31)
    return import_seed
for n in (0, 1, 2, 10, 65, 300, 2000):
    l = [rnd() % 1000 for _ in range(n)]
    s = sorted(l)
    assert all(s[i] <= s[i + 1] for i in range(n - 1)) and len(s) == n and sum(s) == sum(l)
    p = [(x % 7, i) for i, x in enumerate(l)]
    assert sorted(p, key=lambda t: t[0]) == sorted(p)
    r = sorted(p, key=lambda t: t[0], reverse=True)
    assert [t[0] for t in r] == sorted((t[0] for t in p), reverse=True)
    assert all(r[i][0] != r[i + 1][0] or r[i][1] < r[i + 1][1] for i in range(n - 1))
print(sorted([3.5, 1, 2.25, -1]), sorted('hello'), sorted(['b', 'a', 'ä', 'A']), sorted([True, False, 2, 0]))
print(sorted([(2, 'b'), (1, 'z'), (2, 'a')]), sorted([[2], [1, 5], [1]]))
print(sorted('banana', key=str.upper, reverse=True))
for bad in ([1, 'a'], [None, None], [1j, 2j]):
    try: bad.sort()
    except TypeError as e: print(e, bad)
l = [3, 2, 1]
def key(x):
    l.append(0)
    return x
try: l.sort(key=key)
except ValueError as e: print(e, l)
class C:
    def __init__(self, v): self.v = v
    def __lt__(self, o): return self.v < o.v
    def __repr__(self): return f'C{self.v}'
print(sorted([C(3), C(1), C(2)]), max([C(3), C(1)], key=lambda c: c.v))
class Boom:
    def __lt__(self, o): raise KeyError('boom')
l = [Boom(), Boom(), Boom()]
try: l.sort()
except KeyError as e: print('KeyError', e, len(l))
try: [1].sort(1)
except TypeError as e: print(e)
