# tiers: interp,native (in auto, code that waits for the compiler lives until its turn comes)
"""Code that was hot dies, too: with its machine code, and what that refers to. So a program that loads itself anew again and again keeps nothing of what it was."""
import gc
import weakref

SOURCE = """
class Thing:
    def __init__(self, n):
        self.n = n

    def value(self):
        return self.n + len(data)


class Special(Thing):
    def value(self):
        return super().value() + 1


def get(t):
    return t.value()


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def big(n):
    return n * 1152921504606846976 * 4


def steps(n):
    for i in range(n):
        yield get(things[i & 1])


def run(n):
    s = 0
    for i in range(n):
        s += get(things[i % 3]) + big(i) % 3
    return s + sum(steps(n)) + fib(15)


data = Data(VERSION)
things = [Thing(1), Special(2), Thing(VERSION)]
print(VERSION, run(COUNT))
"""


class Data(list):
    def __init__(self, version):
        self.extend(range(1000 + version))


def collect():
    for _ in range(4):
        gc.collect()


alive = weakref.WeakValueDictionary()
for version in range(30):
    names = {"Data": Data, "VERSION": version, "COUNT": 9000}
    exec(SOURCE, names)
    alive[version] = names["data"]
    del names
    if version % 5 == 4:
        collect()
collect()
print(len(alive) < 10)

# What is still called keeps its code, whatever becomes of the names around it.


def make(version):
    names = {"Data": Data, "VERSION": version, "COUNT": 3000}
    exec(SOURCE, names)
    return names["run"], names["steps"](6)


kept = [make(v) for v in range(5)]
collect()
print([run(2000) for run, steps in kept], [list(steps) for run, steps in kept])
