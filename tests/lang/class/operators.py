# Operator methods, reflected forms, subclass priority, NotImplemented, comparison.
class V:
    def __init__(self, n): self.n = n
    def __add__(self, o): return ("add", self.n, o.n if isinstance(o, V) else o)
    def __radd__(self, o): return ("radd", self.n, o)
    def __iadd__(self, o): self.n += 100; return self
    def __neg__(self): return V(-self.n)
    def __bool__(self): return self.n != 0
    def __len__(self): return 3
    def __getitem__(self, i): return ("item", i)
    def __contains__(self, x): return x == self.n
    def __call__(self, *a, **k): return (a, k)
    def __eq__(self, o): return isinstance(o, V) and self.n == o.n
    def __hash__(self): return hash(self.n)
    def __lt__(self, o): return self.n < o.n
    def __index__(self): return self.n
    def __float__(self): return self.n + 0.5
    def __repr__(self): return f"V({self.n})"
class W(V):
    def __radd__(self, o): return ("W.radd", self.n)
v = V(1)
print(v + V(2), v + 5, 5 + v, v + W(3), -v, bool(V(0)), len(v), v[2], v[1:2], 1 in v, 2 in v)
v += 1
print(v, v(1, k=2), V(1) == V(1), V(1) != V(2), {V(1): "x"}[V(1)], sorted([V(3), V(1)]), V(1) > V(0))
print([10, 20, 30][V(1)], float(V(2)), hex(V(255)), range(10)[V(3)])
for op in ("v - 1", "v @ v", "1 < v", "~v", "v ** 2", "v >= 1", "'a' + v.n", "[] + v.n", "3 * None", "None + 1", "1 + 'a'", "'a' % v < 3"):
    try:
        print(op, eval(op))
    except TypeError as e:
        print(op, e)
class NoHash:
    def __eq__(self, o): return True
try:
    hash(NoHash())
except TypeError as e:
    print(e)
class It:
    def __init__(self): self.i = 0
    def __iter__(self): return self
    def __next__(self):
        self.i += 1
        if self.i > 3: raise StopIteration
        return self.i
print(list(It()), sum(It()), [a for a in It()])
class Old:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * i
print(list(Old()), 4 in Old())
class Div:
    def __divmod__(self, o): return "dm"
    def __rpow__(self, o): return "rpow"
    def __matmul__(self, o): return "mm"
    def __round__(self, n=None): return ("round", n)
print(divmod(Div(), 1), 2 ** Div(), Div() @ 1, round(Div()), round(Div(), 2))
class BadLen:
    def __len__(self): return -1
class BadBool:
    def __bool__(self): return 2
class BadStr:
    def __str__(self): return 3
for f in (lambda: len(BadLen()), lambda: bool(BadBool()), lambda: str(BadStr()), lambda: iter(5), lambda: len(5), lambda: 5[0], lambda: 5(), lambda: next(5)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
