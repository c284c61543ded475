# Special methods of Python classes called by code that has become hot: what they return, raise and refuse, and classes that change meanwhile.
import traceback

N = 3000


class Grid:
    def __init__(self, w):
        self.w = w
        self.cells = [0] * w

    def __getitem__(self, at):
        x, y = at
        if x < 0:
            raise IndexError("at %d" % x)
        return self.cells[x] + y

    def __setitem__(self, at, v):
        x, y = at
        self.cells[x] = v
        return "dropped"

    def __contains__(self, x):
        return x < self.w and self.w  # an int: its truth counts

    def __call__(self, a, b):
        return a * self.w + b

    def __len__(self):
        return self.w


def items(n):
    g, total = Grid(16), 0
    for i in range(n):
        k = i & 15
        g[k, 3] = i
        total += g[k, 1]
        if i & 31 in g:
            total += len(g)
        if i & 31 not in g:
            total -= 1
        total += g(i, k)
        try:
            if i % 500 == 7:
                total += g[-i, 0]
        except IndexError as e:
            total += len(str(e))
    return total


class Left:
    def __init__(self, v):
        self.v = v

    def __eq__(self, o):
        return self.v == o.v if isinstance(o, Left) else NotImplemented

    def __lt__(self, o):
        if o.v == 3:
            return NotImplemented
        return self.v < o.v

    def __gt__(self, o):
        return "reflected"

    def __ge__(self, o):
        return NotImplemented

    def __bool__(self):
        return self.v > 1


class Sub(Left):
    def __eq__(self, o):
        return "sub"

    def __gt__(self, o):
        return []


def compared(n):
    log = {}
    xs = [Left(i % 5) for i in range(10)]
    others = xs + [Sub(2), 5, None, Left(3)]
    for i in range(n):
        x, y = xs[i % 10], xs[i % 7]
        k = x == y, x != y, x < y, x > y
        log[k] = log.get(k, 0) + 1
        if x == y:
            log["same"] = log.get("same", 0) + 1
        if x:
            log["true"] = log.get("true", 0) + 1
        if i > n - 100:
            z = others[i % len(others)]
            k = x == z, z == x
            log[k] = log.get(k, 0) + 1
            try:
                x >= z
            except TypeError as e:
                log[str(e)] = log.get(str(e), 0) + 1
    return log


class Odd:
    def __init__(self, v):
        self.v = v

    def __bool__(self):
        return self.v

    def __iter__(self):
        return self.v

    def __len__(self):
        return self.v


def odd(n):
    seen = {}
    for i in range(n):
        o = Odd(i % 97 == 5 or True if i < n - 20 else 1)
        try:
            if o:
                seen["yes"] = seen.get("yes", 0) + 1
        except TypeError as e:
            seen[str(e)] = seen.get(str(e), 0) + 1
    for i in range(n):
        o = Odd(iter((1, 2)) if i < n - 20 else 7)
        try:
            for x in o:
                seen[x] = seen.get(x, 0) + 1
        except TypeError as e:
            seen[str(e)] = seen.get(str(e), 0) + 1
    return seen


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 13:
            self.n = 0
            raise KeyError("thirteen")
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


def counted(n):
    total = 0
    for i in range(n):
        try:
            for v in Countdown(i % 16):
                total += v
            else:
                total += 1000
        except KeyError as e:
            total += len(e.args[0])
    return total


class Guard:
    def __init__(self):
        self.log = []
        self.depth = 0
        self.swallow = False

    def __enter__(self):
        self.depth += 1
        return self.depth

    def __exit__(self, kind, exc, tb):
        self.depth -= 1
        if kind:
            self.log.append(kind.__name__)
        return self.swallow


def guarded(n):
    g, total = Guard(), 0
    for i in range(n):
        with g as depth, g as inner:
            total += depth * 10 + inner
        try:
            with g:
                g.swallow = i % 3 == 0
                if i % 5 == 0:
                    raise ValueError(i)
                if i % 7 == 0:
                    continue
                total += g.depth
        except ValueError as e:
            total += e.args[0] % 10
    return total, g.depth, len(g.log)


def nested_return(n):
    g = Guard()

    def one(i):
        with g:
            if i & 1:
                return i
        return -i
    return sum(one(i) for i in range(n)), g.depth


class Box:
    def __getitem__(self, k):
        return k


def changing(n):
    b, total = Box(), 0
    for i in range(n):
        total += b[i]
        if i == n // 2:
            Box.__getitem__ = lambda self, k: -k
        if i == n // 2 + n // 4:
            Box.__getitem__ = None
            try:
                b[1]
            except TypeError as e:
                print(e)
            Box.__getitem__ = lambda self, k: 1
    return total


def several(n):
    class A:
        def __getitem__(self, k):
            return k

    class B:
        def __getitem__(self, k):
            return 2 * k

    class T(tuple):
        def __getitem__(self, k):
            return 5

    total = 0
    for part in ([A()], [A(), B()], [A(), B(), T((1,)), [1, 2], (3, 4), {0: 1, 1: 2}, "ab"]):
        for i in range(n):
            v = part[i % len(part)]
            x = v[i & 1]
            total += x if isinstance(x, int) else 100
    return total


def raising():
    class Bad:
        def __contains__(self, x):
            raise RuntimeError("in the middle")

    b = Bad()
    for i in range(N):
        try:
            i in b
        except RuntimeError:
            text = traceback.format_exc()
    return [line.split(",", 1)[1] for line in text.splitlines() if line.startswith("  File")], text.splitlines()[-1]


def truth_of_returned(n):
    class Answer:
        def __init__(self, v):
            self.v = v

        def __bool__(self):
            if self.v == 3:
                raise LookupError("no answer")
            return self.v > 3

    class In:
        def __contains__(self, x):
            return Answer(x)

    a, count = In(), [0, 0, 0]
    for i in range(n):
        try:
            count[i % 7 in a] += 1
        except LookupError:
            count[2] += 1
    return count


for f in (items, compared, odd, counted, guarded, nested_return, changing, several, truth_of_returned):
    r = f(N)
    print(f.__name__, sorted(map(str, r.items())) if isinstance(r, dict) else r)
print(raising())
