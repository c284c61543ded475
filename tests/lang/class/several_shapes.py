# Attributes of objects that come in several shapes, read and written by code that has become hot.
from dataclasses import dataclass


@dataclass
class Point:
    x: float
    y: float
    z: float = 0.0
    name: str = "p"
    tags: tuple = ()


class Early:
    pass


class Sub(Point):
    def __init__(self, *args):
        self.extra = 1
        super().__init__(*args)


def early(i):
    e = Early()
    e.y = i
    e.x = i * 0.5
    e.z = 0.25
    e.name = "e"
    return e


def late(i):
    e = Early()
    e.x, e.y, e.z = i, 1.0, 2
    e.a = e.b = e.c = e.d = e.e = 0
    e.name = "l"
    return e


def walk(objects, n):
    total, names = 0.0, 0
    for k in range(n):
        for o in objects:
            total += o.x + o.z
            o.x = o.y
            o.y = total % 7
            o.z, o.name = k, o.name
            names += len(o.name)
    return round(total, 6), names


kinds = [[Point(1.0, 2.0), Point(3, 4, 5)], [early(i) for i in range(3)], [early(1), late(2)], [early(1), late(2), Point(0, 1), Sub(2, 3)],
         [early(1), late(2), Point(0, 1), Sub(2, 3), type("Other", (), dict(x=1, y=2, z=3, name="o"))()]]
for objects in kinds:
    print(walk(objects, 3), walk(objects, 800), [(o.x, o.y, o.z) for o in objects])


def missing(objects, n, change):
    """One of them loses a slot, or its class gets a property, while the loop runs."""
    total, errors = 0, 0
    for k in range(n):
        for o in objects:
            try:
                total += o.x
                o.x = k
            except AttributeError as e:
                errors += 1
                if errors == 1:
                    print(e)
        if k == n // 2:
            change(objects)
    return total, errors


def delete(objects):
    del objects[0].x


def make_property(objects):
    Early.x = property(lambda self: 1000)


def replace_dict(objects):
    objects[1].__dict__ = {"x": 5}


for change in (delete, replace_dict, make_property):
    print(change.__name__, missing([early(1), late(2), Point(7, 8)], 1500, change))
del Early.x


def late_init(self, a, b, c, d, e):
    self.a, self.b, self.c, self.d, self.e = a, b, c, d, e


class Filled:
    pass


Filled.__init__ = late_init
objects = [Filled(i, i, i, i, i) for i in range(5)]
print([vars(o) for o in objects], [vars(Filled(*"abcde")) for _ in range(2)])
