# What a loop relies on is changed by what it calls, on some iterations only, and by other threads.
import threading

class Node:
    def __init__(self, v):
        self.v = v

    def get(self):
        return self.v

class Sub(Node):
    def get(self):
        return -self.v

FACTOR = 2

def twice(x):
    return x * FACTOR

def change_method():
    Node.get = lambda self: self.v + 1000

def change_class(node):
    node.__class__ = Sub

def change_function():
    global twice
    twice = lambda x: x * 100

def change_factor():
    global FACTOR
    FACTOR = 3

def add_builtin_shadow():
    global abs
    abs = lambda x: -x

def drop_builtin_shadow():
    global abs
    del abs

class Hook:
    # A callee that no compiler sees through.
    def __init__(self):
        self.at = {}

    def __getitem__(self, i):
        f = self.at.get(i)
        if f:
            f()
        return i

def run(node, hook, n):
    total = 0
    for i in range(n):
        if i % 5 == 0:
            hook[i]
        total += node.get() + twice(i) + abs(-i)
    return total

def run_list(nodes, hook, rounds):
    total = 0
    for r in range(rounds):
        for i, node in enumerate(nodes):
            total += node.get()
            if i & 3 == 0:
                hook[r * 100 + i]
        for node in nodes:
            total += node.v
    return total

def nested(node, hook, n):
    total = 0
    for i in range(n):
        for j in range(n):
            total += node.get() * twice(j)
        hook[i]
        for j in range(n):
            total += node.v + twice(j)
    return total

def reset():
    global FACTOR, twice
    FACTOR = 2
    twice = original_twice
    Node.get = original_get

original_twice, original_get = twice, Node.get

hook = Hook()
for n in 10, 200, 3000:
    node = Node(1)
    hook.at = {}
    print(run(node, hook, n))
    hook.at = {5: change_method, 50: change_function, 100: lambda: change_class(node), 150: add_builtin_shadow, 155: reset, 2000: change_factor,
               2500: drop_builtin_shadow, 2600: change_method}
    print(run(node, hook, n))
    if "abs" in globals():
        drop_builtin_shadow()
    reset()

nodes = [Node(i) for i in range(20)]
hook.at = {}
print(run_list(nodes, hook, 50))
hook.at = {104: change_method, 212: lambda: nodes.append(Sub(7)), 300: reset, 404: lambda: change_class(nodes[3]), 508: nodes.pop, 616: lambda: nodes.__delitem__(0)}
print(run_list(nodes, hook, 50))
reset()

node = Node(2)
hook.at = {3: change_function, 10: change_factor, 12: reset, 20: lambda: change_class(node), 30: change_method, 31: lambda: node.__dict__.update(v=2.5)}
print(nested(node, hook, 40))
reset()

def delete_inside(node, hook, n):
    seen = 0
    for i in range(n):
        try:
            seen += node.v
        except AttributeError:
            seen += 1000
            node.v = 5
        hook[i]
    return seen

node = Node(1)
hook.at = {10: lambda: delattr(node, "v"), 20: lambda: delattr(node, "v"), 90: lambda: setattr(node, "w", 1), 95: lambda: delattr(node, "v")}
print(delete_inside(node, hook, 100))

# Spins that another thread ends: what the loop reads is read again.
FLAG = True
box = Node(True)
flags = [True]

def spin_global():
    while FLAG:
        pass

def spin_attribute(b):
    while b.v:
        pass

def spin_item(f):
    while f[0]:
        pass

def spin_function(b):
    while b.get():
        pass

for spin, args, end in ((spin_global, (), lambda: globals().__setitem__("FLAG", False)), (spin_attribute, (box,), lambda: setattr(box, "v", False)),
                        (spin_item, (flags,), lambda: flags.__setitem__(0, False)), (spin_function, (Node(1),), lambda: setattr(Node, "get", lambda self: 0))):
    t = threading.Timer(0.05, end)
    t.start()
    spin(*args)
    t.join()
    print("ended", spin.__name__)
