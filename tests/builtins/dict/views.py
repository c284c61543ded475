d = {'a': 1, 'b': 2, 'c': 3}
k, v, i = d.keys(), d.values(), d.items()
print(k, v, i, len(k), len(v), len(i))
print('a' in k, 1 in v, ('a', 1) in i, ('a', 2) in i, ('z', 1) in i, 'a' in i)
print(sorted(k & {'a', 'z'}), sorted(k | ['q']), sorted(k - {'a'}), sorted(k ^ {'a', 'z'}), sorted(['a', 'x'] & k) if False else '', sorted({'a', 'q'} - k), sorted({'a', 'q'} | k))
print(sorted(i & {('a', 1)}), sorted(i - {('a', 1)}), sorted(i | {('z', 0)}))
print(k == {'a', 'b', 'c'}, k <= {'a', 'b', 'c', 'd'}, k < {'a', 'b', 'c'}, k >= {'a'}, {'a', 'b', 'c'} == k, i == d.items(), v == d.values())
print(k.isdisjoint('xyz'), k.isdisjoint(['a']), list(reversed(k)), list(reversed(v)), list(reversed(i)))
d['d'] = 4
print(list(k), list(v), len(i), k.mapping['a'])
try: k.mapping['a'] = 2
except TypeError as e: print(e)
for bad in (lambda: k < 5, lambda: k & 5, lambda: hash(k), lambda: k[0]):
    try: print(bad())
    except TypeError as e: print(e)
for make in (iter, lambda d: iter(d.values()), lambda d: iter(d.items()), reversed):
    it = make(d); next(it); print(it.__length_hint__())
    try:
        d['new'] = 0; next(it)
    except RuntimeError as e: print(e)
    try: next(it)
    except RuntimeError as e: print(e)
    del d['new']
d = {1: 1}
try:
    for x in d: del d[x]; d[x + 1] = 1
except RuntimeError as e: print(e)
d = dict.fromkeys(range(5)); it = iter(d); next(it); print(list(it), list(it)); print(iter({1: 2}).__reduce__()[1:])
