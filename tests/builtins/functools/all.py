from functools import *
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
def f(*a, **k): return a, sorted(k.items())
p = partial(f, 1, 2, x=3); print(p(4, y=5), p(x=9), p.args, p.keywords, p.func is f, partial(p, 7)(8), partial(p, 7).func is f); show(partial); show(partial, 5)
print(partial(int, base=2), partial(print, 1, 'a'), partial(int, base=2)('101')); p.tag = 1; print(p.tag, p.__dict__)
class A:
    m = partialmethod(f, 'z')
print(A().m(1)[0][1:])
print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(lambda a, b: a * b, [], 7), reduce(max, [3, 9, 2])); show(reduce, max, []); show(reduce, max, 5)
print(sorted([5, 2, 8], key=cmp_to_key(lambda a, b: b - a)), sorted('bca', key=cmp_to_key(lambda a, b: (a > b) - (a < b)))); k = cmp_to_key(lambda a, b: 0); show(lambda: k(1) < 5); print(k(1) == k(2), k(3).obj)
calls = []
@lru_cache(maxsize=2)
def sq(x): calls.append(x); return x * x
print(sq(1), sq(2), sq(1), sq(3), sq(1), sq(2), calls, sq.cache_info(), sq.__name__, sq.__wrapped__.__name__); sq.cache_clear(); print(sq.cache_info(), sq.cache_parameters())
@lru_cache
def g(*a, **k): return a, k
print(g(1), g(1.0), g(x=1), g(1, x=2), g.cache_info())
@lru_cache(typed=True)
def t(x): return type(x).__name__
print(t(1), t(1.0), t(True)); show(sq, [])
@cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info())
class C:
    @lru_cache
    def m(self, x): calls.append('m'); return x + 1
    @cached_property
    def cp(self): calls.append('cp'); return 5
c = C(); print(c.m(1), c.m(1), c.cp, c.cp, calls[-2:])
@lru_cache(maxsize=0)
def z(x): return x
z(1); z(1); print(z.cache_info())
@lru_cache
def err(x): raise ValueError(x)
show(err, 1); show(err, 1); print(err.cache_info())
@total_ordering
class T:
    def __init__(s, v): s.v = v
    def __eq__(s, o): return s.v == o.v
    def __lt__(s, o): return s.v < o.v
print(T(1) <= T(2), T(2) >= T(3), T(1) > T(0))
@singledispatch
def sd(x): return 'object'
@sd.register
def _(x: int): return 'int'
print(sd(1), sd('a'))
