def g(a):
    got = yield a
    while got is not None:
        got = yield got * 2
    return "done"
it = g(1)
print(next(it), it.send(5), it.send("x"))
try:
    it.send(None)
except StopIteration as e:
    print("stop", e.value)
print(next(it, "default"))
def delegating():
    r = yield from g("in")
    print("result", r)
    yield from [1, 2]
    yield from (c for c in "xy")
d = delegating()
print(next(d), d.send(3))
print(list(d))
def catcher():
    while True:
        try:
            yield "ready"
        except ValueError as e:
            yield f"caught {e}"
c = catcher()
print(next(c), c.throw(ValueError("v")), next(c))
try:
    c.throw(KeyError("out"))
except KeyError as e:
    print("through", e)
def outer():
    try:
        yield from catcher()
    finally:
        print("outer closed")
o = outer()
print(next(o), o.throw(ValueError("deep")))
o.close()
def closing():
    try:
        yield 1
        yield 2
    except GeneratorExit:
        print("exit")
        raise
    finally:
        print("cleanup")
k = closing()
next(k)
k.close()
k.close()
def bad():
    yield 1
    raise StopIteration("inside")
try:
    list(bad())
except RuntimeError as e:
    print(e, repr(e.__cause__))
def stubborn():
    try:
        yield
    except GeneratorExit:
        yield "no"
s = stubborn()
next(s)
try:
    s.close()
except RuntimeError as e:
    print(e)
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
f = fib()
print([next(f) for _ in range(10)])
def empty():
    return
    yield
print(list(empty()), list(iter(empty())))
def finally_value():
    try:
        return 1
    finally:
        yield "f"
fv = finally_value()
print(next(fv))
try: next(fv)
except StopIteration as e: print(e.value)
def lam():
    h = lambda: (yield 7)
    return list(h())
print(lam())
class Tree:
    def __init__(s, v, l=None, r=None): s.v, s.l, s.r = v, l, r
    def __iter__(s):
        if s.l: yield from s.l
        yield s.v
        if s.r: yield from s.r
print(list(Tree(2, Tree(1), Tree(4, Tree(3)))))
def running():
    try:
        next(me)
    except ValueError as e:
        yield str(e)
me = running()
print(next(me))
try:
    g(0).send(1)
except TypeError as e:
    print(e)
