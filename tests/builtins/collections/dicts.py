from collections import defaultdict, OrderedDict, Counter, namedtuple, ChainMap
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
d = defaultdict(list); d['a'].append(1); d['b']; print(d, d.get('zz'), 'zz' in d, d.default_factory); show(lambda: defaultdict()['x']); show(defaultdict, 5)
i = defaultdict(int, {'a': 1}, b=2); i['c'] += 5; print(dict(i), i == {'a': 1, 'b': 2, 'c': 5}, i.copy(), type(i | {}), type({} | i), i | {'z': 0})
i.default_factory = None; show(lambda: i['q']); print(i.__reduce__()[:2])
class DD(defaultdict):
    def __missing__(self, k): return 'M' + k
print(DD(int)['x'])
o = OrderedDict([('a', 1), ('b', 2), ('c', 3)]); o.move_to_end('a'); print(o); o.move_to_end('c', last=False); print(list(o), o.popitem(), o.popitem(last=False), o)
show(o.move_to_end, 'zz'); show(OrderedDict().popitem); show(o.pop, 'q'); print(o.pop('q', 1), o.pop('b', 2), o)
print(OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == dict(b=2, a=1), OrderedDict(a=1).keys(), OrderedDict(a=1).items(), OrderedDict(a=1).values(), OrderedDict())
o = OrderedDict.fromkeys('abc', 0); print(o, list(reversed(o)), o.copy(), o | {'z': 1}, {'y': 1} | o, type({'y': 1} | o)); o |= {'q': 1}; o.update(r=2); print(o.setdefault('a', 5), o.setdefault('n'), list(o.items()))
try:
    for k in o: o['new'] = 1
except RuntimeError as e: print(e)
class O(OrderedDict): pass
print(O(a=1), O(a=1).copy(), o.__reduce__()[:4])
c = Counter('abracadabra'); print(c, c.most_common(2), c['z'], c + Counter('aaz'), c - Counter('aa'), sum(c.values())); c.update('zz'); c.subtract('a'); print(sorted(c.items()), list(Counter(a=2).elements()))
P = namedtuple('P', 'x y', defaults=[5]); p = P(1); print(p, p.x, p.y, p._replace(y=7), p._asdict(), P._fields, p == (1, 5), P._make([3, 4]), p[0], tuple(p), P.x.__doc__); show(lambda: P()); show(setattr, p, 'x', 1)
print(ChainMap({'a': 1}, {'a': 2, 'b': 3})['b'], dict(ChainMap({'a': 1}, {'a': 2})))
