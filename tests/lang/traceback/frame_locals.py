# What f_locals shows: of frames that raised, that handled an exception, that look at themselves, that are suspended.
import inspect
import sys


def entries(tb):
    while tb:
        frame = tb.tb_frame
        if frame.f_code.co_name != "<module>":
            yield frame.f_code.co_name, tb.tb_lineno, sorted((k, str(v)[:20]) for k, v in frame.f_locals.items())
        tb = tb.tb_next


def inner(x, y=2):
    z = x + y

    def closure():
        return z

    w = [z]
    raise ValueError(w)


def middle(k):
    q = k * 2
    unused = q + 0.5
    for i in range(k):
        last = i * 1.5
        late = last > 3
    inner(q)


def loops(n):
    total = 0
    for i in range(n):
        half = i / 2
        total += i
        if i == n - 1:
            gone = total
            del gone
            total = total // (i - n + 1)
    return total


class Thing:
    def __init__(self, v):
        self.v = v
        self.w = 10 // v


def build(v):
    before = v + 1
    t = Thing(v)
    return t.w + before


def report(fn, *args):
    try:
        fn(*args)
    except Exception as e:
        for row in entries(e.__traceback__):
            if row[0] != "report":
                print(*row)


for _ in range(3):
    report(middle, 4)
    report(loops, 5)
    report(build, 0)


def handles(a):
    b = a + 1
    try:
        b = b + 2
        inner(b)
    except ValueError as e:
        kept = e.__traceback__
    c = b * 2
    return kept, c


tb, _ = handles(1)
frame = tb.tb_frame
print(frame.f_code.co_name, sorted((k, str(v)[:5]) for k, v in frame.f_locals.items() if k != "kept"), frame.f_back.f_code.co_name)
print(tb.tb_next.tb_frame.f_back is frame)


def looks(a):
    b = a + 1
    first = dict(locals())
    b += 1
    c = 5
    t = 0
    for i in range(3):
        t += eval("a + i + b")
    exec("a = 99")
    return first, locals(), t, sorted(vars()), dir(), sys._getframe().f_locals["c"]


print(looks(1))
print(looks(1.5))


def gen(n):
    done = []
    for i in range(n):
        square = i * i
        got = yield square
        done.append(got)


g = gen(3)
print(inspect.getgeneratorlocals(g))
next(g)
print(inspect.getgeneratorlocals(g), g.gi_frame.f_lineno)
g.send("a")
print(inspect.getgeneratorlocals(g))
try:
    g.throw(KeyError("k"))
except KeyError as e:
    print(list(entries(e.__traceback__)))
print(g.gi_frame, inspect.getgeneratorlocals(g))


async def coro(x):
    y = x * 2
    try:
        raise OSError(y)
    except OSError as e:
        z = str(e)
        return sys.exc_info()[2].tb_frame.f_locals["y"], z


try:
    coro(4).send(None)
except StopIteration as e:
    print(e.value)
