# Methods called on objects of several classes at one place, static and class methods through instances, attributes of the class until instances have their own.
import traceback

N = 4000


class Shape:
    scale = 1
    hits = 0

    def area(self):
        return 0

    def name(self, suffix="!"):
        return type(self).__name__ + suffix

    @staticmethod
    def twice(x):
        return 2 * x

    @classmethod
    def kind(cls, k=1):
        return cls.__name__, k


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3.5 * self.r


class Square(Shape):
    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a * self.a


class Bad(Shape):
    def area(self):
        raise ValueError("no area")


def areas(shapes, n):
    total, errors = 0, 0
    for i in range(n):
        s = shapes[i % len(shapes)]
        try:
            total += s.area()
        except ValueError:
            errors += 1
    return total, errors


def plain_areas(shapes, n):
    total = 0
    for i in range(n):
        total += shapes[i % len(shapes)].area() * 2
    return total


def names(shapes, n):
    log = {}
    for i in range(n):
        s = shapes[i % len(shapes)]
        k = s.name(), s.kind(), s.twice(i & 3)
        log[k] = log.get(k, 0) + 1
    return sorted(log.items())


def defaults(n):
    shapes = [Circle(1), Square(2)]
    total = 0
    for i in range(n):
        s = Circle(i) if i % 3 else shapes[i & 1]
        s.hits += s.scale
        total += s.hits
        if i == n // 2:
            Shape.scale = 3
        if i == n // 2 + 100:
            Shape.hits = 5
    Shape.scale, Shape.hits = 1, 0
    return total, shapes[0].hits, shapes[1].hits


def replaced(n):
    shapes = [Circle(1), Square(2)]
    total = 0
    old = Square.area
    for i in range(n):
        total += shapes[i & 1].area()
        if i == n // 2:
            Square.area = lambda self: 1000
        if i == n // 2 + 50:
            shapes[0].area = lambda: -1
        if i == n // 2 + 60:
            Circle.kind = staticmethod(lambda: "static")
        if i > n // 2 + 70:
            total += len(shapes[0].kind())
    Square.area = old
    del Circle.kind
    return total


def hidden(n):
    s = Shape()
    out = []
    for i in range(n):
        r = s.twice(3), s.kind()
        if i == n // 2:
            s.twice = lambda x: "own"
            s.kind = lambda: "own kind"
        if not out or out[-1] != r:
            out.append(r)
    return out


def line_of_failure():
    shapes = [Circle(1), Square(2), Bad()]
    try:
        plain_areas(shapes[:2], N)
        plain_areas(shapes, N)
    except ValueError:
        return [l.strip() for l in traceback.format_exc().splitlines() if l.startswith("    ")]


many = [Circle(2), Square(3), Shape()]
print(areas(many, N), areas(many + [Bad()], N), plain_areas([Circle(2)], N), plain_areas(many, N))
print(names(many + [Circle(5)], N))
print(defaults(N), replaced(N), hidden(N))
print(plain_areas([Circle(1), Square(2), 5j.__class__ and Shape(), Circle(3), Square(1)], N))
print(line_of_failure())
print(areas([Circle(1), Square(2), Shape(), type("Five", (Shape,), {"area": lambda self: 5})(), type("Six", (Circle,), {})(6)], N))
