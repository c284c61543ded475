# Generators that run long enough to be compiled: values in registers across yields, exceptions in and out, delegation, loops entered in the middle.
def count(n):
    i = 0
    while i < n:
        yield i
        i += 1


def evens(it):
    for x in it:
        if x % 2 == 0:
            yield x


print(sum(evens(count(20000))))


def floats(n):
    x, y = 0.5, 1
    for i in range(n):
        x = x * 1.25 - y
        if i == 700:
            y = 2**70
        if i == 900:
            y = "changed"
            x = 1.0
            y = 1
        yield x


print(max(floats(1200)), list(floats(5)))


def receiver():
    total, seen = 0, []
    while True:
        try:
            got = yield total
        except KeyError as e:
            seen.append(str(e))
            got = 1000
        except GeneratorExit:
            print("closed at", total, seen)
            raise
        total += got


r = receiver()
next(r)
for i in range(2000):
    r.send(i)
print(r.throw(KeyError("k")), r.send(0.5), r.send(1 << 70))
r.close()


def delegate(n):
    got = yield from count(n)
    try:
        yield from receiver()
    except ValueError as e:
        yield "value error", str(e), got
    return "end"


def run(n):
    d = delegate(n)
    for _ in range(n):
        next(d)
    print(next(d), d.send(5), d.throw(KeyError(1)), d.send(2.0))
    print(d.throw(ValueError("v")))
    try:
        next(d)
    except StopIteration as e:
        print(e.value)


run(3)
run(3000)


def nested(depth):
    if depth:
        yield depth
        yield from nested(depth - 1)
        yield -depth


for _ in range(50):
    total = sum(nested(40))
print(total, list(nested(3)))


def fails(n):
    for i in range(n):
        yield 100 // (n - 2 - i)


out = []
try:
    for v in fails(3000):
        out.append(v)
except ZeroDivisionError as e:
    print(len(out), e, e.__traceback__.tb_next.tb_lineno - fails.__code__.co_firstlineno)


def closes(n):
    a = [n]

    def add(k):
        a.append(k)

    for i in range(n):
        add(i)
        if i % 3 == 0:
            yield len(a), i
    return a


def drain(n):
    result = yield from closes(n)
    yield len(result)


print(list(drain(10)), sum(x[0] if isinstance(x, tuple) else x for x in drain(3000)))


async def inner(i):
    if i % 100 == 99:
        raise LookupError(i)
    return i


async def outer(n):
    total = 0
    for i in range(n):
        try:
            total += await inner(i)
        except LookupError as e:
            total -= e.args[0]
    return total


def drive(c):
    try:
        while True:
            c.send(None)
    except StopIteration as e:
        return e.value


print(drive(outer(3000)))


async def ticks(n):
    for i in range(n):
        yield i


async def gather(n):
    return sum([x * 2 async for x in ticks(n) if x % 2])


print(drive(gather(2000)))


def already():
    yield next(me)


me = already()
try:
    next(me)
except ValueError as e:
    print(e)


class Context:
    def __enter__(self):
        return self

    def __exit__(self, kind, e, tb):
        log.append(kind and kind.__name__)
        return kind is KeyError


def managed(n):
    for i in range(n):
        with Context():
            if i % 7 == 3:
                raise KeyError(i)
            yield i
        try:
            if i % 11 == 5:
                continue
            if i == n - 1:
                return "done"
        finally:
            log.append(-i)


log = []
print(sum(managed(1500)), len(log), log[:20], log[-3:])


class Iterator:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration(5)


def delegates():
    got = yield from Iterator()
    yield got
    return "value"


# What a generator returns is no concern of loops.
for x in delegates():
    print(x)
print(list(delegates()), sum(delegates()), max(delegates()), {*delegates()})
d = delegates()
print(next(d), next(d, "default"), next(d, "default"))
d = delegates()
next(d)
for f in (d.__next__, d.__next__):
    try:
        f()
    except StopIteration as e:
        print(repr(e))
