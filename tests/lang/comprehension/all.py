print([x * x for x in range(5)], {x % 3 for x in range(9)}, {x: x * 2 for x in "ab"}, list(x for x in (1, 2)))
print([(a, b) for a in range(3) for b in range(a) if (a + b) % 2])
print([[j for j in range(i)] for i in range(4)])
x = "outer"
print([x for x in range(3)], x)
def f():
    y = 10
    return [y + i for i in range(3)], [(lambda: i + y)() for i in range(2)]
print(f())
print([last := v for v in range(4)], last)
def walrus():
    total = 0
    out = [total := total + v for v in range(5)]
    return out, total
print(walrus())
def any_match(vs):
    if any((hit := v) > 2 for v in vs):
        return hit
print(any_match([1, 2, 3, 4]))
print([a for a, *b in [(1, 2, 3), (4,)]], [b for a, *b in [(1, 2, 3), (4,)]])
print({k: [v for v in vs if v] for k, vs in {"p": [0, 1], "q": [2, 0]}.items()})
g = (i for i in range(3))
print(type(g).__name__, next(g), list(g))
def late():
    n = 1
    g = (i + n for i in range(2))
    n = 100
    return list(g)
print(late())
try:
    [1 / v for v in (1, 0)]
except ZeroDivisionError as e:
    print(e)
try:
    ((lambda: 0)() for _ in 5)
except TypeError as e:
    print(e)
print(sum(i * 2.0 for i in range(10)), max((len(w), w) for w in ["a", "ccc", "bb"]))
class C:
    vals = [1, 2]
    doubled = [v * 2 for v in vals]
    print(doubled)
print([i if i % 2 else -i for i in range(5)], [i for i in range(20) if i % 2 if i % 3])
print([(yield_,) for yield_ in "ab"], [*(i for i in "cd"), *{"e": 1}])
print([].__class__, {**{i: i for i in range(2)}, "x": [j for j in ()]})
