"""The cases of tests/bench/idioms/run: ordinary Python of games, visualizers and tools, one idiom each. argv: names of cases (none: all).

A case is a function that does a fixed amount of work and returns a sum; after some calls that get it compiled, the least processor time of five counts.
Printed: CASE name seconds sum.
"""
import collections
import dataclasses
import math
import operator
import random
import sys
import time

CASES = []


def case(f):
    CASES.append(f)
    return f


# -- Classes -------------------------------------------------------------------------------------------------------------------------------------------------
class Vec:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, o):
        return Vec(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    def __eq__(self, o):
        return self.x == o.x and self.y == o.y

    def __hash__(self):
        return hash((self.x, self.y))

    def __lt__(self, o):
        return (self.x, self.y) < (o.x, o.y)

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.y if i else self.x

    def __bool__(self):
        return self.x != 0


class Grid:
    def __init__(self, w, h):
        self.w = w
        self.h = h
        self.cells = [0] * (w * h)

    def __getitem__(self, at):
        x, y = at
        return self.cells[y * self.w + x]

    def __setitem__(self, at, v):
        x, y = at
        self.cells[y * self.w + x] = v

    def __len__(self):
        return self.w * self.h

    def __contains__(self, at):
        x, y = at
        return 0 <= x < self.w and 0 <= y < self.h

    def __iter__(self):
        return iter(self.cells)

    def __call__(self, k):
        return self.w + k


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


class Shape:
    def __init__(self, name):
        self.name = name

    def area(self):
        return 0

    @property
    def label(self):
        return self.name

    @staticmethod
    def twice(x):
        return 2 * x

    @classmethod
    def kind(cls):
        return 3


class Circle(Shape):
    def __init__(self, r):
        super().__init__("circle")
        self.r = r

    def area(self):
        return 3 * self.r * self.r


class Square(Shape):
    def __init__(self, a):
        super().__init__("square")
        self.a = a

    def area(self):
        return self.a * self.a


class Rect(Square):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

    def area(self):
        return self.a * self.b


class Guard:
    depth = 0

    def __enter__(self):
        self.depth += 1
        return self

    def __exit__(self, kind, exc, tb):
        self.depth -= 1
        return False


Point = collections.namedtuple("Point", "x y z")


@dataclasses.dataclass
class Body:
    x: float
    y: float
    mass: float = 1.0
    name: str = "body"


@case
def special_getitem():
    g, total = Grid(16, 16), 0
    for i in range(150000):
        g[i & 15, 3] = i
        total += g[i & 15, 3]
    return total


@case
def special_len_contains():
    g, total = Grid(16, 16), 0
    for i in range(150000):
        if (i & 31, 3) in g:
            total += len(g)
    return total


@case
def special_next():
    total = 0
    for _ in range(300):
        for v in Countdown(500):
            total += v
    return total


@case
def special_eq_hash():
    d, total = {}, 0
    keys = [Vec(i % 10, i // 10) for i in range(100)]
    for k in keys:
        d[k] = 1
    for _ in range(300):
        for k in keys:
            total += d[k]
    for i in range(50000):
        total += keys[i % 100] == keys[i % 7]
    return total


@case
def special_lt_sort():
    total = 0
    items = [Vec(i * 7919 % 1009, i) for i in range(3000)]
    for _ in range(5):
        total += sorted(items)[10].x
    return total


@case
def special_arith():
    p, v = Vec(0.0, 0.0), Vec(1.0, 2.0)
    for _ in range(150000):
        p = p + v * 0.5
    return p.x + p.y


@case
def special_call_bool():
    g, v, total = Grid(4, 4), Vec(1, 2), 0
    for i in range(200000):
        if v:
            total += g(i)
    return total


@case
def three_classes():
    shapes, total = [Circle(1), Square(2), Rect(3, 4)] * 100, 0
    for _ in range(800):
        for s in shapes:
            total += s.area()
    return total


@case
def super_init():
    total = 0
    for i in range(80000):
        total += Rect(i, 2).area()
    return total


@case
def property_static_class():
    s, total = Shape("shape"), 0
    for i in range(200000):
        total += len(s.label) + s.twice(i) + s.kind()
    return total


@case
def with_class():
    g, total = Guard(), 0
    for i in range(200000):
        with g:
            total += g.depth
    return total


@case
def namedtuple_create():
    total = 0
    for i in range(100000):
        p = Point(i, 2, 3)
        total += p.x + p.z
    return total


@case
def namedtuple_fields():
    points, total = [Point(i, i + 1, i + 2) for i in range(1000)], 0
    for _ in range(200):
        for p in points:
            total += p.x + p.y
    return total


@case
def dataclass_create():
    total = 0.0
    for i in range(120000):
        b = Body(i, 2.0)
        total += b.x + b.mass
    return total


@case
def isinstance_dispatch():
    items, total = [1, 2.5, "three", (4,), Circle(1), Square(2)] * 100, 0
    for _ in range(200):
        for v in items:
            if isinstance(v, str):
                total += len(v)
            elif isinstance(v, (int, float)):
                total += 1
            elif isinstance(v, Shape):
                total += 10
    return total


# -- Calls ---------------------------------------------------------------------------------------------------------------------------------------------------
def blend(a, b, t=0.5, *, gain=1.0):
    return (a + (b - a) * t) * gain


def add_all(*args):
    total = 0
    for a in args:
        total += a
    return total


def with_options(x, **options):
    return x + options["scale"]


@case
def call_keywords():
    total = 0.0
    for i in range(200000):
        total += blend(i, 2.0, gain=0.5) + blend(a=1.0, b=2.0, t=0.25)
    return total


@case
def call_star():
    total, args, options = 0, (1, 2, 3), {"scale": 2}
    for i in range(100000):
        total += add_all(*args) + with_options(i, **options)
    return total


@case
def closures():
    def make(k):
        count = 0

        def step(x):
            nonlocal count
            count += 1
            return x * k + count
        return step
    f, total = make(3), 0
    for i in range(300000):
        total += f(i)
    for i in range(50000):
        total += (lambda y: y + i)(1)
    return total


@case
def map_filter_lambda():
    total = 0
    data = list(range(1000))
    for _ in range(200):
        total += sum(map(lambda x: x * 2, filter(lambda x: x & 1, data)))
    return total


# -- Strings -------------------------------------------------------------------------------------------------------------------------------------------------
@case
def string_join():
    total = 0
    for i in range(300):
        parts = []
        for k in range(300):
            parts.append("x" + str(k))
        total += len(",".join(parts))
    return total


@case
def string_concat():
    total = 0
    for i in range(500):
        s = ""
        for k in range(300):
            s += "ab"
        total += len(s)
    return total


@case
def string_split():
    text, total = "the quick brown fox jumps over the lazy dog " * 20, 0
    for i in range(400):
        for w in text.split():
            total += len(w)
        total += len(text.replace("fox", "cat")) + text.find("lazy")
    return total


@case
def string_methods():
    total = 0
    words = ["  Alpha ", "beta", "Gamma9", "delta_x", "EPSILON"]
    for i in range(30000):
        for w in words:
            w = w.strip().lower()
            if w.startswith("a") or w.endswith("x") or w.isalpha():
                total += 1
    return total


@case
def string_chars():
    text, total = "a quick brown fox, 42 jumps; " * 10, 0
    for i in range(500):
        for c in text:
            if c == " ":
                total += 1
            else:
                total += ord(c)
    return total


@case
def format_f():
    total = 0
    for i in range(80000):
        total += len(f"{i} fps {i * 0.5:.2f} {i!r:>8}")
    return total


@case
def format_percent():
    total = 0
    for i in range(60000):
        total += len("%d:%05.2f %s" % (i, i * 0.25, "end")) + len("{} {:x}".format(i, i))
    return total


@case
def number_strings():
    total = 0
    for i in range(60000):
        total += int(str(i)) + float("1.5") + len(str(i * 0.5))
    return total


@case
def word_count():
    counts, words = {}, ("one two three four five six seven eight nine ten " * 40).split()
    for _ in range(200):
        for w in words:
            counts[w] = counts.get(w, 0) + 1
    return sum(counts.values())


# -- Containers ----------------------------------------------------------------------------------------------------------------------------------------------
@case
def list_comprehension():
    total = 0
    for k in range(200):
        total += len([i * 2 for i in range(1000) if i & 1]) + sum(i * i for i in range(500))
    return total


@case
def dict_set_comprehension():
    total = 0
    for k in range(150):
        d = {i: i * i for i in range(500)}
        s = {i % 50 for i in range(500)}
        total += len(d) + len(s)
    return total


@case
def dict_items():
    d, total = {i: i + 1 for i in range(1000)}, 0
    for _ in range(150):
        for k, v in d.items():
            total += k * v
        for v in d.values():
            total += v
    return total


@case
def dict_string_keys():
    e, total = {"x": 1, "y": 2, "name": "n", "hp": 100}, 0
    for i in range(250000):
        e["x"] += 1
        e["hp"] = i
        total += e["x"] + e["y"]
    return total


@case
def dict_tuple_keys():
    cells, total = {}, 0
    for i in range(100000):
        key = (i & 63, i >> 6 & 15)
        cells[key] = cells.get(key, 0) + 1
        if (i & 31, 5) in cells:
            total += 1
    return total + len(cells)


@case
def sort_key():
    items, total = [(i * 7919 % 1009, i) for i in range(5000)], 0
    bodies = [Circle(i * 31 % 977) for i in range(3000)]
    for _ in range(8):
        total += sorted(items, key=lambda t: t[0])[3][1]
        bodies.sort(key=lambda b: -b.r)
        total += min(bodies, key=operator.attrgetter("r")).r
    return total


@case
def generators():
    def evens(n):
        for i in range(n):
            if not i & 1:
                yield i
    total = 0
    for _ in range(150):
        for v in evens(2000):
            total += v
    return total


@case
def generator_chain():
    def source(n):
        yield from range(n)

    def scaled(it, k):
        for v in it:
            yield v * k
    total = 0
    for _ in range(200):
        total += sum(scaled(source(500), 3))
    return total


@case
def enumerate_zip():
    a, b, total = list(range(1000)), [i * 2 for i in range(1000)], 0
    for _ in range(100):
        for i, v in enumerate(a):
            total += i * v
        for x, y in zip(a, b):
            total += x * y
        for v in reversed(a):
            total += v
    return total


@case
def slicing():
    a, total = list(range(100)), 0
    for i in range(80000):
        k = i & 31
        total += len(a[k:k + 10]) + a[-1] + sum(a[:3])
        a[2:4] = [2, 3]
    return total


@case
def list_edits():
    total = 0
    for _ in range(1000):
        a = []
        for i in range(100):
            a.append(i)
        a.extend((1, 2, 3))
        a.insert(0, 5)
        while len(a) > 50:
            total += a.pop()
        total += a.pop(0) + a.index(20)
        a.reverse()
    return total


@case
def tuple_unpack():
    pairs, total = [(i, i + 1) for i in range(1000)], 0
    for _ in range(200):
        for a, b in pairs:
            a, b = b, a
            total += a - b
    return total


@case
def deque_queue():
    q, total = collections.deque(maxlen=100), 0
    for i in range(200000):
        q.append(i)
        if i & 1:
            total += q.popleft()
        total += len(q)
    return total


@case
def set_operations():
    a, b, total = set(range(0, 200, 2)), set(range(0, 200, 3)), 0
    for i in range(5000):
        total += len(a & b) + len(a | b)
    for i in range(200000):
        if i % 100 in a:
            total += 1
    seen = set()
    for i in range(100000):
        if i & 255 not in seen:
            seen.add(i & 255)
    return total + len(seen)


@case
def nested_lists():
    rows, total = [[0] * 32 for _ in range(32)], 0
    for _ in range(200):
        for y in range(32):
            row = rows[y]
            for x in range(32):
                row[x] += rows[x][y] + 1 & 255
    return sum(map(sum, rows))


# -- Numbers -------------------------------------------------------------------------------------------------------------------------------------------------
@case
def lcg_64():
    x, total = 12345, 0
    for i in range(200000):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        total += x >> 60
    return total


@case
def lcg_48():
    x, total = 12345, 0
    for i in range(250000):
        x = (x * 25214903917 + 11) % 281474976710656
        total += x >> 40
    return total


@case
def hash_fnv():
    total = 0
    data = bytes(range(200))
    for i in range(500):
        h = 2166136261
        for c in data:
            h = ((h ^ c) * 16777619) & 0xFFFFFFFF
        total += h
    return total


@case
def hash_mix_64():
    total = 0
    for i in range(80000):
        h = i * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        h ^= h >> 30
        h = h * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        h ^= h >> 27
        total += h & 15
    return total


@case
def math_functions():
    total = 0.0
    for i in range(200000):
        a = i * 0.001
        total += math.sin(a) * math.cos(a) + math.sqrt(a) + math.hypot(a, 1.0)
    return round(total, 3)


@case
def math_rounding():
    total = 0
    for i in range(150000):
        a = i * 0.37
        total += math.floor(a) + int(a) + round(a) + math.ceil(a)
    return total


@case
def numeric_builtins():
    total = 0
    for i in range(100000):
        q, r = divmod(i, 7)
        total += q + r + pow(i, 2) + abs(-i) + min(i, 50) + max(q, r) + i ** 2
    return total


@case
def float_pow():
    total = 0.0
    for i in range(200000):
        a = i * 0.001
        total += a ** 2 + a ** 0.5 + math.pow(a, 1.5)
    return round(total, 3)


@case
def random_numbers():
    rng, total = random.Random(7), 0.0
    for i in range(100000):
        total += rng.random() + rng.uniform(-1.0, 1.0)
    return round(total, 6)


@case
def random_choices():
    rng, total = random.Random(7), 0
    for i in range(30000):
        total += rng.randint(1, 6) + rng.choice((1, 2, 3))
    return total


# -- Control -------------------------------------------------------------------------------------------------------------------------------------------------
@case
def try_raise():
    total = 0
    for i in range(60000):
        try:
            if i % 3 == 0:
                raise ValueError(i)
            total += 1
        except ValueError as e:
            total += e.args[0] & 1
    return total


@case
def try_key_error():
    d, total = {1: 2}, 0
    for i in range(100000):
        try:
            total += d[i & 3]
        except KeyError:
            total += 1
    return total


@case
def try_quiet():
    d, total = {1: 2}, 0
    for i in range(300000):
        try:
            total += d[1]
        except KeyError:
            pass
        finally:
            total += 1
    return total


def measure(f):
    """Code is compiled beside the first calls: these sleep now and then, so that it gets its turn on a busy machine, too."""
    for _ in range(15):
        f()
        time.sleep(0.02)
    least = math.inf
    for _ in range(5):
        start = time.process_time()
        answer = f()
        least = min(least, time.process_time() - start)
    return least, answer


for f in CASES:
    if not sys.argv[1:] or f.__name__ in sys.argv[1:]:
        print("CASE", f.__name__, "%.6f %s" % measure(f), flush=True)
