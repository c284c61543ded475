def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw
print(f(1, c=3), f(1, 2, 3, 4, c=5, e=6), f(*[1, 2], *(3,), c=1, **{"d": 9}, **{"z": 0}), f(b=1, a=0, c=2))
def p(a, b, /, c, *, d): return a, b, c, d
print(p(1, 2, 3, d=4), p(1, 2, c=3, d=4))
def show(fn, *a, **k):
    try:
        print(fn(*a, **k))
    except TypeError as e:
        print(e)
show(f); show(f, 1); show(f, 1, 2, 3); show(f, 1, c=1, a=2); show(p, 1, 2, 3); show(p, a=1, b=2, c=3, d=4); show(p, 1, 2, 3, 4, d=5)
show(lambda x: x); show(lambda: 0, 1); show(lambda x, y: 0, 1); show(lambda *, k: k); show(lambda *, k, l: k); show(len); show(len, 1, 2)
def order(x): print("arg", x); return x
print(f(order(1), *[order(2)], c=order(3), **{"q": order(4)}))
def default(n=[]):
    n.append(1); return n
print(default(), default())
def kwdefault(*, a=order("once")): return a
print(kwdefault(), kwdefault(a=2))
class C:
    def m(self, *a, **k): return a, k
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return cls.__name__, x
    def __call__(self, *a): return "called", a
o = C()
print(o.m(1, k=2), C.m(o, 3), o.s(4), C.c(5), o(6), o.m(*"ab", **{"x": 1}))
bound = o.m
print(bound(7), (lambda *a, **k: (a, k))(1, *[2], y=3, **{}))
o.inst = lambda x: ("no self", x)
print(o.inst(1))
def missing():
    class D: pass
    try:
        D().nothing(order("evaluated?"))
    except AttributeError as e:
        print(e)
missing()
for src in ("f(**{'a': 1}, **{'a': 2})", "f(a=1, **{'a': 2})", "f(**1)", "f(*1)", "f(1, *2)", "(1)()"):
    try:
        print(eval(src))
    except TypeError as e:
        print(src, "->", e)
print((lambda a, b=1, *c, d=2, **e: [a, b, c, d, e])(0, 1, 2, d=3, z=4))
def rec(n): return n and n + rec(n - 1)
print(rec(100))
print(max(3, 1, key=lambda v: -v), sorted("bca", reverse=True), dict(a=1, **{"b": 2}), "{}{x}".format(1, x=2))
def many(*a): return len(a)
print(many(*range(300)), many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
