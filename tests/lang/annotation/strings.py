from __future__ import annotations
def f(a: int, b: list[str] = None, *args: (1, 2), c: {"k": -1} = 3, **kw: x.y[1:2, ::3]) -> lambda q, *r, s=1, **t: q + 1 ** -2: ...
print(f.__annotations__)
class C:
    a: not x and (y or z)
    b: f"{v!r:>{w}} {{}} text" = 1
    c: [i async for i in j if k if l]
    d: {1, 2} | {**m, 'a': b}
    g: "already 'quoted'"
    h: a < b <= c is not d not in e
    i: f(*a, b=1, **c)(x for x in y)
    j: 1e400 + 2j * -3 @ (4 if 5 else 6)
    k: ()
    l: (1,)
    m: x[1] + x[1, 2] + x[:] + x[(a, b):c] + x[*t]
    n: lambda: (0, 1)
    o: (a ** b) ** c ** -d
    p: ...
    q: None
    r: u'unicode' + b'bytes'
    s: 1 .real + 1.5.real
    t: ~(a + b) - (c - d) - e
    u: (lambda x: x)(1)
    v: not (not a)
    w: (a if b else c) if (d if e else g) else h
    x: [(a, b), *c]
    y: {a: b for a, b in c}
    z: {d for d in e}
for k, v in C.__annotations__.items():
    print(k, v)
def locals_unused():
    x: undefined.thing = 1
    y: also.undefined
    return x
print(locals_unused())
