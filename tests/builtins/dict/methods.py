def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
d = {'a': 1, 'b': 2}
show(d.get, 'a'); show(d.get, 'z'); show(d.get, 'z', 0); show(d.setdefault, 'c', 3); show(d.setdefault, 'a', 9)
show(d.pop, 'c'); show(d.pop, 'zz'); show(d.pop, 'zz', None); show(d.popitem); show({}.popitem)
print(d); show(lambda: d['nope']); show(lambda: d[[]]); show(lambda: {[]: 1})
d.update({'x': 1}, y=2); d.update([('p', 1), ['q', 2]]); d.update(z=26); print(d)
show(d.update, 5); show(d.update, [1]); show(d.update, [(1, 2, 3)]); show(d.update, {}, {})
def delit(k): del d[k]
show(delit, 'x'); show(delit, 'x')
print(list(d), list(reversed(d)), list(d.values()), list(d.items()), len(d), 'p' in d, 'P' in d)
print(dict.fromkeys('abc'), dict.fromkeys([1, 2], 0), dict(a=1, b=2), dict([(1, 2)]), dict({1: 2}, c=3), dict(zip('ab', [1, 2])))
show(dict, 5); show(dict, [1]); show(dict, 1, 2)
print({1: 2} | {3: 4, 1: 0}); e = {1: 2}; e |= [(5, 6)]; print(e); show(lambda: {} | [])
print({1: 2, 3: 4} == {3: 4, 1: 2}, {1: 2} == {1: 3}, {1: 2} != {1: 2}, {1: 1} == {True: 1.0}); show(lambda: {} < {}); show(hash, {})
c = d.copy(); c.clear(); print(c, len(d)); r = {}; r['self'] = r; print(r)
# order: replacing keeps the place, deleting and adding moves to the end
o = {i: i for i in range(5)}; o[0] = 'new'; del o[1]; o[1] = 'again'; print(o)
o.pop(0); o[0] = 0; print(list(o), o.popitem(), list(o))
print({1: 'int', 1.0: 'float', True: 'bool'}, {0: 1, False: 2, 0.0: 3})
n = float('nan'); print({n: 1}[n])
show(d.fromkeys, 5); show(lambda: d.get()); show(lambda: {}.keys(1))
class D(dict):
    def __missing__(self, k): return k * 2
print(D()[21], D().get(21), D({1: 5})[1])
class P(dict): pass
p = P(a=1); p.attr = 5; print(p, p.attr, p.copy().__class__, type(p | {}))
