# Compiled loops while other threads change what they look at: shapes, classes, slots. A loop must notice, and no store be lost.
import threading, time
from _race import together


class Flag:
    done = False
    def __init__(self): self.a = 1; self.b = 2


class Other(Flag):
    done = True


def spin(o):
    n = 0
    while not o.done: n += o.a
    return n >= 0 # a loop that does not notice never ends


def later(fn):
    t = threading.Thread(target=lambda: (time.sleep(0.03), fn()))
    t.start()
    return t


def changed(name, fn):
    o = Flag()
    t = later(lambda: fn(o))
    assert spin(o)
    t.join()
    print(name)


spin(Other())
changed("own attribute hides the class's", lambda o: setattr(o, "done", True))
changed("another class", lambda o: setattr(o, "__class__", Other))
changed("another dict", lambda o: setattr(o, "__dict__", {"a": 1, "done": 7}))
changed("through the dict", lambda o: o.__dict__.update(done=1, c=2))
def class_done(o): Flag.done = True
changed("class attribute", class_done)
Flag.done = False
def own(o): o.done = True
o = Flag()
o.done = False
t = later(lambda: own(o))
assert spin(o)
t.join()
print("stored")


class P:
    def __init__(self, x, y): self.x = x; self.y = y
    def __add__(self, o): return P(self.x + o.x, self.y + o.y)
    def move(self, o): self.x += o.x; self.y += o.y


def sums(n, step):
    p = P(0, 0.0)
    for i in range(n): p = p + step
    q = P(0, 0.0)
    for i in range(n): q.move(step)
    assert (p.x, q.x, p.y, q.y) == (n, n, n * 0.5, n * 0.5), (p.x, q.x, p.y, q.y)


shared = P(1, 0.5)
def dress():
    for i in range(100): setattr(shared, "extra%d" % (i % 20), i)
together(lambda: sums(6000, shared), lambda: sums(6000, shared), dress)
print("sums")


# Slots added at once to objects that two threads see: all are there afterwards.
class Node: pass

def fill_a(nodes):
    for o in nodes: o.a = 1; o.b = 2.5
def fill_b(nodes):
    for o in nodes: o.c = "c"; o.d = None
def fill_c(nodes):
    for o in nodes: o.a = 1; o.d = None
for round in range(4):
    nodes = [Node() for i in range(200)]
    together(lambda: fill_a(nodes), lambda: fill_b(nodes), lambda: fill_c(nodes))
    for o in nodes: assert (o.a, o.b, o.c, o.d, len(o.__dict__)) == (1, 2.5, "c", None, 4)
print("slots added")


# Items of one list and attributes of one object: each thread its own places.
items = [0] * 8
def count(k):
    for i in range(2000): items[k] = items[k] + 1
def grow():
    for i in range(2000): items.append(i)
together(lambda: count(0), lambda: count(1), grow)
assert items[:8] == [2000, 2000, 0, 0, 0, 0, 0, 0] and len(items) == 2008
print("items")
