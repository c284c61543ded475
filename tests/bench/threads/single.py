"""What writers of shared things do, by one thread alone: for counting instructions with object locks compiled in and out. argv: case."""
import sys


class Thing:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def step(self):
        self.a = self.b
        self.b = 1


def nothing():
    pass


def attributes():
    t = Thing(1, 2)
    for i in range(30000):
        t.a = i
        t.b = t.a


def lists():
    for _ in range(100):
        l = []
        for i in range(200):
            l.append(i)
            l[0] = i
        while l:
            l.pop()


def dicts():
    for _ in range(100):
        d = {}
        for i in range(200):
            d[i] = i
            d[0] = i
        for i in range(200):
            del d[i]


def sets():
    for _ in range(100):
        s = set()
        for i in range(200):
            s.add(i)
        for i in range(200):
            s.discard(i)


def calls():
    for i in range(10000):
        Thing(i, i).step()


def mixture():
    """Something of everything, as programs have it: words counted, objects made and moved, a sorted table."""
    text = ("the thread of the story runs through %d rooms and %d doors " * 30) % tuple(range(60))
    counts, things, out = {}, [], []
    for _ in range(20):
        for word in text.split():
            word = word.strip("s").lower()
            counts[word] = counts.get(word, 0) + 1
        things.append(Thing(len(counts), 1))
    for _ in range(30):
        for t in things:
            t.a += t.b * 0.5
            if t.a > 50:
                t.a = 0.0
    for word, n in sorted(counts.items(), key=lambda p: (-p[1], p[0])):
        out.append("%s %d" % (word, n))
    "\n".join(out)


{f.__name__: f for f in (nothing, attributes, lists, dicts, sets, calls, mixture)}[sys.argv[1]]()
