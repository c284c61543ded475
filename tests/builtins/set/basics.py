def show(f, *a):
    try:
        print(repr(f(*a)))
    except Exception as e:
        print(type(e).__name__, e)
a, b = {1, 2, 3, 4}, {3, 4, 5}
print(a | b, a & b, a - b, a ^ b, len(a), 3 in a, 9 in a)
print(a.union([7], (8,)), a.intersection([1, 2, 9], {2}), a.difference([1], [2]), a.symmetric_difference([1, 9]))
print(a <= {1, 2, 3, 4}, a < {1, 2, 3, 4}, a >= {1}, a > {1}, a == {4, 3, 2, 1}, a != b, a.issubset(range(9)), a.issuperset([1]), a.isdisjoint([9]))
s = set(); show(s.add, 1); show(s.add, []); show(s.discard, 5); show(s.remove, 5); show(s.pop); show(s.pop)
s.update([1, 2], 'ab'); print(len(s)); s = {1, 2, 3}; s |= {4}; s &= {1, 2, 4}; s -= {1}; s ^= {2, 9}; print(s)
show(lambda: {1} | [2]); show(lambda: {1} < [2]); show(hash, {1}); show(set, 5); show(lambda: {1}.__ior__([1]))
s = {1, 2, 3}; s.intersection_update([2, 3, 4]); s.difference_update([3]); s.symmetric_difference_update([7, 2]); print(s); s.clear(); print(s)
f = frozenset([1, 2]); print(f, frozenset(), f == {1, 2}, f | {3}, type({3} | f), hash(f), hash(frozenset('')), frozenset(f) is f, f.copy() is f)
print({f: 1}[frozenset([2, 1])], {1, 2} in {f}, {frozenset([1])}, set([frozenset()]))
show(lambda: f.add); s = {frozenset([1])}; show(s.remove, {1}); print(s)
print({1: 0, 2: 0}.keys() & {2}, set({1: 2}), set('aa'), set(range(3)), {True, 1, 1.0})
s = {1, 2, 3}
try:
    for x in s: s.add(x + 10)
except RuntimeError as e: print(e)
it = iter(s); next(it); print(it.__length_hint__() == len(s) - 1)
class S(set): pass
x = S([1]); x.tag = 1; print(x, type(x | {2}), type(x.copy()), x.tag, x == {1}); r = {1}; print(repr(S()), set())
