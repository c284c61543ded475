# list[i] = v in loops: bounds, negative positions, lists that shrink, items of every kind, other containers at the same place, several threads.
import threading

def fill(items, first, last, step, value):
    done = 0
    try:
        for i in range(first, last, step):
            items[i] = value
            done += 1
    except IndexError as e:
        return done, str(e)
    return done

for _ in range(3):
    items = [0] * 2000
    print(fill(items, 0, 2000, 1, 1.5), sum(items), items[0], items[-1])
    print(fill(items, -2000, 0, 1, -7), sum(items))
    print(fill(items, 1990, 2100, 1, 2), sum(items))
    print(fill(items, -1995, -2010, -1, 3), sum(items))
    print(fill(items, 0, 100, 1, 1 << 70), sum(items))
    print(fill(items, 0, 100, 1, "s"), items[99], items[100])
    print(fill({}, 0, 100, 1, 1), fill(bytearray(50), 0, 100, 1, 1))

class Log(list):
    def __setitem__(self, i, v):
        super().__setitem__(i, v + 1)

log = Log([0] * 100)
print(fill(log, 0, 100, 1, 1), sum(log))

def shrink(items, cut):
    n = 0
    try:
        for i in range(5000):
            items[i] = items[i] + 0.5
            if i == cut:
                del items[3000:]
            n += 1
    except IndexError as e:
        print(e)
    return n, len(items), sum(items)

print(shrink([1.0] * 5000, -1))
print(shrink([1.0] * 5000, 100))

def keep(nodes, n):
    # Old lists that young objects are stored into.
    for r in range(40):
        for i in range(n):
            nodes[i] = [r, i, nodes[i]] if r % 10 else [r]
    return nodes

deep = keep([None] * 300, 300)
total = 0
for node in deep:
    while isinstance(node, list) and len(node) == 3:
        total += node[0] + node[1]
        node = node[2]
print(total)

def count(items, k, rounds):
    for r in range(rounds):
        for i in range(k, len(items), 2):
            items[i] = items[i] + 1

def with_threads():
    items = [0] * 1000
    count(items, 0, 20)
    threads = [threading.Thread(target=count, args=(items, k, 200)) for k in (0, 1)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return items[0], items[1], sum(items)

print(with_threads())
print(with_threads())
