# Instances of classes with __slots__ that only compiled code ever sees, and those that escape.
class V:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, o):
        return V(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return V(self.x * k, self.y * k)


class Partly:
    __slots__ = ("a", "b", "__dict__")

    def __init__(self, a, full):
        self.a = a
        if full:
            self.b = a
        self.c = a + 1


class Sub(V):
    __slots__ = ("z",)

    def __init__(self, x, y, z):
        self.z = z
        V.__init__(self, x, y)

    def sum(self):
        return self.x + self.y + self.z


def moving(n):
    v, d = V(0.0, 0.0), V(0.5, 0.25)
    for i in range(n):
        v = v + d * 0.5
        if i == n - 3:
            d = V(1, 2)
    return v.x, v.y


def partly(n):
    seen, errors = 0, []
    for i in range(n):
        p = Partly(i, i % 700 != 5)
        try:
            seen += p.a + p.b + p.c
        except AttributeError as e:
            errors.append((i, str(e)))
        if i % 900 == 3:
            del p.a
            try:
                p.a
            except AttributeError as e:
                errors.append((i, str(e), vars(p)))
    return seen, errors


def subclass(n):
    total, kept = 0, []
    for i in range(n):
        s = Sub(i, i + 1, i * 2)
        total += s.sum()
        if i % 800 == 0:
            kept.append(s)
    return total, [(k.x, k.y, k.z) for k in kept]


def no_such(n):
    bad = 0
    for i in range(n):
        v = V(i, i)
        try:
            v.w = 3
        except AttributeError as e:
            if not bad:
                print(e)
            bad += 1
    return bad


print(moving(10), moving(3000))
print(partly(8), partly(2500))
print(subclass(3), subclass(2500))
print(no_such(2000))
