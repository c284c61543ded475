# abs, min and max in loops that get hot: the winner's own type, the first of equal ones, NaN, big ints, other kinds meanwhile.
nan, inf = float("nan"), float("inf")


def clamp(values, n):
    out = []
    for k in range(n):
        for v in values:
            r = max(0.0, min(1.0, v))
        out = [max(0, min(255, v)) for v in values]
    return r, out


def floats(n):
    s = 0.0
    for i in range(n):
        x = i * 0.25 - 100
        s += max(x, 0.5) - min(x, -x, 3.0) + abs(x) + abs(-x)
    return s


def ints(n):
    s = 0
    for i in range(n):
        s += max(i, 7) - min(i, 3, -i) + abs(3 - i) + max(i, -i, 2, 1)
    return s


def first(n):
    out = set()
    for i in range(n):
        a, b = 0.0, -0.0
        out.add(str(max(a, b)) + str(min(a, b)) + str(max(b, a)) + str(min(b, a)))
        out.add(str(max(nan, a)) + str(min(a, nan)) + str(max(a, nan)) + str(max(1, 1.0)) + str(min(1.0, 1)))
    return sorted(out)


def edges(n):
    x, out = -(2**63) + n, []
    for i in range(n + 5):
        x -= 1
        y = abs(x)
        out.append(y - 2**63)
    return out[0], out[-1], max(x, -x), min(2**70, x)


class P:
    def __init__(self, v):
        self.v = v

    def __lt__(self, o):
        return self.v < o.v

    def __gt__(self, o):
        return self.v > o.v

    def __repr__(self):
        return "P(%r)" % self.v

    def __abs__(self):
        return "abs"


def any_kind(values, n):
    """The kind changes when the code is hot already."""
    a = []
    for k in range(n):
        for i in range(len(values) - 1):
            if k == n - 1:
                a.append((max(values[i], values[i + 1]), min(values[i], values[i + 1]), abs(values[i])))
            else:
                max(values[0], values[1]), min(values[0], values[1]), abs(values[0])
    return a


print(clamp([0.5, -1.0, 2.0, nan, inf], 5), clamp([0.5, -1.0, 2.0, nan, inf], 700))
print(clamp([3, -4, 300, 7.5, 256.0], 500), floats(2500), ints(2500), first(1500), edges(3), edges(900))
print(any_kind([0.5, 2.5, 1, 2**80, True, -3.5, P(1), P(2)][:6], 1500))
print(any_kind([P(2), P(1), P(3)], 700))


def wrong(n):
    errors = set()
    for i in range(n):
        try:
            max(0.5, "a" if i > n - 3 else 0.25)
            abs("x" if i > n - 2 else 1.5)
        except TypeError as e:
            errors.add(str(e))
    return sorted(errors)


print(wrong(2000))


def shadowed(n):
    """The name gets another meaning."""
    global max
    s = 0
    for i in range(n):
        s += max(i, 2)
        if i == n - 3:
            max = lambda a, b: 1000000
    del max
    return s


print(shadowed(2000), max(1, 2))


def no_argument(n):
    errors = set()
    for i in range(n):
        for f in (lambda: abs(), lambda: max(), lambda: min(1), lambda: abs(1, 2)):
            try:
                f()
            except TypeError as e:
                errors.add(str(e))
    return len(errors)


print(no_argument(600))
