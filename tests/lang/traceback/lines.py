# compare: stderr
# Line numbers and carets of a traceback through many kinds of statements.
class Obj:
    attr = None
    def method(self, f):
        return f(
            1,
            2)
def arith(a, b):
    x = (a +
         b)
    return x
def subscript(d, k):
    return d[
        k
    ]
def call(f, *args):
    with Ctx() as c:
        try:
            return (
                f(*args)
            )
        finally:
            c.done = True
class Ctx:
    def __enter__(self): return self
    def __exit__(self, *a): return False
def loop(n):
    for i in range(n):
        if i == 2:
            arith(i, "s")
def chain(o):
    return (o
            .attr
            .missing
            .more())
def comp():
    return [1 / (2 - i)
            for i in range(4)]
def gen():
    yield 1
    yield undefined_name + 1
import sys
def attempt(f, *a):
    try:
        f(*a)
    except Exception:
        sys.excepthook(*sys.exc_info())
attempt(call, arith, 1, "x")
attempt(call, subscript, {}, "k")
attempt(loop, 3)
attempt(chain, Obj())
attempt(comp)
attempt(lambda: list(gen()))
attempt(Obj().method, lambda a: a)
attempt(lambda: Obj().nothing(1))
attempt(lambda: Obj().method(3)(4))
def unpack(v):
    a, b = v
attempt(unpack, (1, 2, 3))
def compare(a, b): return a < b <= a
attempt(compare, 1, "a")
def deco_fail():
    @undefined_decorator
    def f(): pass
attempt(deco_fail)
def assertion(v):
    assert v == 1, f"v is {v}"
attempt(assertion, 2)
def reraise():
    try:
        arith(1, None)
    except TypeError:
        raise
attempt(reraise)
def cause():
    try:
        arith(1, None)
    except TypeError as e:
        raise ValueError("wrapped") from e
attempt(cause)
def aug(o):
    o.attr += 1
attempt(aug, Obj())
def delete(d):
    del d["x"]
attempt(delete, {})
def imp():
    from os import nothing_there
attempt(imp)
def kwcall():
    return dict(a=1,
                b=undefined_kw)
attempt(kwcall)
def star(): return print(*None)
attempt(star)
arith(None, 1)
