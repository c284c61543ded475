# What a loop without calls relies on is changed by a signal handler, between two of its iterations.
import signal

class Point:
    def __init__(self, x):
        self.x = x

    def step(self):
        return 1

class Other(Point):
    def step(self):
        return 0

class Stop(Exception):
    pass

running = []

def soon(action):
    # Not before the loop has begun.
    def handler(s, f):
        if running:
            action()
        else:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
    running.clear()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02)

def raise_stop():
    raise Stop

def while_method(p):
    running.append(1)
    n = 0
    while p.step():
        n += 1
    return n > 0

def while_attribute(p):
    running.append(1)
    n = 0
    while p.x < 1.0:
        n += 1
    return n > 0

def while_deleted(p):
    running.append(1)
    n = 0
    try:
        while True:
            n += p.x
    except AttributeError as e:
        return str(e)

FACTOR = 1

def double(x):
    return 2 * x

def while_global():
    running.append(1)
    n = 0
    while FACTOR:
        n += 1
    return n > 0

def while_function():
    running.append(1)
    while double(1) == 2:
        pass
    return double(1)

def while_builtin():
    running.append(1)
    while abs(-1) == 1:
        pass
    return abs(-1)

def while_item(items):
    running.append(1)
    n = 0
    while items[0] == 0:
        n += 1
    return n > 0

def for_versions(rows):
    # The first iteration knows less than the others; all of them share most of the code.
    x = None
    try:
        running.append(1)
        while True:
            for r in rows:
                if x is None:
                    x = r
                x = x * 1.5 if x < 100.0 else r
    except Stop:
        return x > 0

def alternating():
    x = 0
    try:
        running.append(1)
        while True:
            x = 0.5 if x == 0 else 0
    except Stop:
        return x in (0, 0.5)

p = Point(1)
soon(lambda: setattr(Point, "step", lambda self: 0))
print(while_method(p))
Point.step = lambda self: 1
soon(lambda: setattr(p, "__class__", Other))
print(while_method(p))
p = Point(0.5)
soon(lambda: setattr(p, "x", 2))
print(while_attribute(p))
p = Point(1)
soon(lambda: delattr(p, "x"))
print(while_deleted(p))
p = Point(1)
soon(lambda: setattr(Point, "x", property(lambda self: raise_stop(), lambda self, v: None)))
try:
    print(while_deleted(p))
except Stop:
    print("stopped")
del Point.x
soon(lambda: globals().__setitem__("FACTOR", 0))
print(while_global())
soon(lambda: globals().__setitem__("double", lambda x: 3 * x))
print(while_function())
soon(lambda: globals().__setitem__("abs", lambda x: 7))
print(while_builtin())
soon(lambda: globals().__delitem__("abs"))
running.append(1)
try:
    while abs(-1) == 7:
        pass
    print(abs(-1))
finally:
    signal.setitimer(signal.ITIMER_REAL, 0)
items = [0, 1]
soon(lambda: items.__setitem__(0, 1))
print(while_item(items))
items = [0, 1]
soon(items.clear)
try:
    print(while_item(items))
except IndexError as e:
    print(e)
soon(raise_stop)
print(for_versions([1, 2.5, 3]))
soon(raise_stop)
print(alternating())
