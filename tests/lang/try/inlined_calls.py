# Small functions called inside try and with, from loops that are compiled: exceptions leave them in the middle and are handled in the same code.
import sys
import traceback


def divide(a, b):
    return a // b


def twice(a, b):
    x = a + 1
    return divide(x, b) + divide(a, b)


class Vec:
    def __init__(self, x, y=1.0):
        if x == 77.0:
            raise ValueError("77")
        self.x = x
        self.y = y

    def dot(self, o):
        return self.x * o.x + self.y / o.y


def places(e):
    return [(s.name, s.lineno) for s in traceback.extract_tb(e.__traceback__)]


def counts(n):
    s = errors = 0
    last = None
    for i in range(n):
        before = s
        try:
            s += twice(i, i & 15)
        except ZeroDivisionError as e:
            errors += 1
            s = before + 1
            last = e
    return s, errors, places(last)


def old_result(n):
    # the handler reads what the call would have written, and temporaries that nothing else needs
    r, out = -1, 0
    for i in range(n):
        kept = i * 2
        try:
            r = divide(i, i % 7)
        except ZeroDivisionError:
            out += r + kept
            r = i
    return out, r


def virtuals(n):
    s, failed, v = 0.0, 0, None
    for i in range(n):
        o = Vec(2.0, 0.0 if i % 100 == 5 else 2.0)
        try:
            v = Vec(i % 100 * 1.0)
            s += v.dot(o)
        except ZeroDivisionError:
            failed += 1
            s += v.x + o.x
        except ValueError as e:
            failed += 1000
            s += len(places(e))
        else:
            s += 0.5
        finally:
            s += o.y
    return s, failed


class Guard:
    def __init__(self):
        self.seen = 0

    def __enter__(self):
        return self

    def __exit__(self, t, e, tb):
        self.seen += t is ZeroDivisionError
        return True


def within(n):
    g, s = Guard(), 0
    for i in range(n):
        with g as h:
            s += divide(1000, i % 5)
            s += 1
    return s, g.seen, h is g


def nested(n):
    s = 0
    for i in range(n):
        try:
            try:
                s += divide(i, i % 3)
            except ValueError:
                s += 10**9
            finally:
                s += 1
        except ArithmeticError as e:
            s += 2 + len(e.args)
            try:
                s += twice(i, i % 2)
            except ZeroDivisionError as f:
                s += f.__context__ is e
    return s


def in_generator(n):
    s = 0
    for i in range(n):
        try:
            s += divide(i, i % 9)
        except ZeroDivisionError:
            yield s
        else:
            if i % 1000 == 500:
                yield -s


def changing(n):
    # other types in the middle: the call is left half way, in the try
    out = []
    for i in range(n):
        a = i if i < n - 3 else i + 0.5 if i < n - 2 else "x" if i < n - 1 else 10**30
        try:
            r = twice(a, 3)
        except TypeError as e:
            r = str(e)
        if i > n - 5:
            out.append(r)
    return out


def shown(n):
    for i in range(n):
        try:
            divide(i, n - 1 - i)
        except ZeroDivisionError as e:
            tb = e.__traceback__
            inner = tb.tb_next.tb_frame
            return i, tb.tb_frame is sys._getframe(), inner.f_locals, inner.f_back is tb.tb_frame, tb.tb_next.tb_next


for _ in range(3):
    print(counts(5000), old_result(5000), virtuals(5000))
    print(within(5000), nested(5000), sum(in_generator(5000)), changing(5000))
    print(shown(5000))
