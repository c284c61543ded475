"""The stress scene of tests/soak/run: threads of one context change object graphs at random, each beside a mirror of plain numbers, and pass things to each other; what the mirror
reaches must be there, whole. Weak references answer with the object or with nothing; each object with a __del__ has it run once. Code and classes come and go, as in a script that is
saved again and again.

    scene.py SEED SECONDS [THREADS]

Prints "SOAK name value" lines, among them "errors"; status 1 if something was wrong."""
import collections, gc, random, sys, threading, time, weakref

N_NODES, N_EDGES, BOARD = 600, 4, 64
made, finalized = [0] * 16, []
N_VERSIONS, LOAD, CALL = 8, 1000, 40  # programs that are loaded; a new one each so many steps, one of them is called each so many
board, shared, errors, ended = [None] * BOARD, {}, [], []
versions, revived = [None] * N_VERSIONS, collections.deque(maxlen=10)


class Node:
    def __init__(self, number):
        self.number, self.check, self.edges = number, number * 7 + 3, [None] * N_EDGES


class Counted:
    def __init__(self, who, number):
        self.who, self.number, self.me = who, number, self
        made[who] += 1

    def __del__(self):
        if self.number % 7 == 0:
            self.trash = [[i] for i in range(10)]
        finalized.append(self.who)  # any thread may run it: a count would lose some


class Root:
    tag = 0


SOURCE = """
class Part(Root):
    def __init__(self, n):
        self.n = n
    def value(self):
        return self.n + VERSION

class Special(Part):
    def value(self):
        return super().value() * 2

class Late(Special):
    def __del__(self):
        revived.append((VERSION, self))

def value_of(parts, i):
    return parts[i % len(parts)].value()

def total(n):
    parts = [Special(k) if k % 3 == 0 else Part(k) for k in range(9)]
    late = Late(VERSION)
    late.me = late
    return sum(value_of(parts, i) for i in range(n)), late.value()
"""


def wrong(text):
    errors.append(text)


class World:
    def __init__(self, who, seed):
        self.who, self.rnd = who, random.Random(seed * 1000 + who)
        self.edges = {0: [-1] * N_EDGES}
        self.root = Node(0)
        self.steps = 0
        self.weak, self.values = [], weakref.WeakValueDictionary()

    def walk(self):
        """{number: node} of all that is reachable, compared with the mirror on the way."""
        at, todo = {0: self.root}, [0]
        while todo:
            i = todo.pop()
            node, edges = at[i], self.edges[i]
            if node.number != i or node.check != i * 7 + 3:
                wrong("node %r is not %r" % (node.number, i))
                return at
            for k in range(N_EDGES):
                e, other = edges[k], node.edges[k]
                if (e < 0) != (other is None):
                    wrong("edge %d of %d: %r, mirror %d" % (k, i, other, e))
                elif e >= 0 and e not in at:
                    at[e] = other
                    todo.append(e)
                elif e >= 0 and at[e] is not other:
                    wrong("two nodes %d" % e)
        self.edges = {i: self.edges[i] for i in at}
        return at

    def change(self, at):
        rnd = self.rnd
        numbers = list(at)
        for _ in range(40):
            i, k, what = numbers[rnd.randrange(len(numbers))], rnd.randrange(N_EDGES), rnd.randrange(10)
            node, edges = at[i], self.edges[i]
            if what < 5 and len(at) < N_NODES:
                j = next(n for n in range(rnd.randrange(N_NODES), 3 * N_NODES) if n not in at)
                fresh = Node(j)
                fresh.edges[0], self.edges[j] = node.edges[k], [edges[k]] + [-1] * (N_EDGES - 1)
                node.edges[k], edges[k] = fresh, j
                at[j] = fresh
                numbers.append(j)
            elif what < 7:
                node.edges[k], edges[k] = None, -1
            elif what == 7:
                node.edges, self.edges[i] = node.edges[::-1], edges[::-1]
            elif what == 8:
                j = numbers[rnd.randrange(len(numbers))]
                node.edges[:], at[j].edges[:] = at[j].edges[:], node.edges[:]
                if i != j:
                    self.edges[i], self.edges[j] = self.edges[j], self.edges[i]
            else:
                hidden, number = node.edges[k], edges[k]
                node.edges[k], edges[k] = None, -1
                self.garbage()
                j = numbers[rnd.randrange(len(numbers))]
                at[j].edges[0], self.edges[j][0] = hidden, number

    def garbage(self):
        ring = None
        for i in range(self.rnd.randrange(60)):
            ring = {"a": i, "l": [ring, (i, i * 0.5), str(i)]}
        if ring:
            ring["l"][0] = ring

    def exchange(self):
        rnd, k = self.rnd, self.rnd.randrange(BOARD)
        other = board[k]
        payload = [self.who, rnd.randrange(1000)]
        payload.append(payload[0] * 1000 + payload[1])
        board[k] = payload
        if other is not None and other[2] != other[0] * 1000 + other[1]:
            wrong("payload %r" % (other,))
        shared[(self.who, k)] = payload
        for key in list(shared)[:3]:
            got = shared.get(key)
            if got is not None and got[2] != got[0] * 1000 + got[1]:
                wrong("shared %r" % (got,))
        if rnd.randrange(50) == 0:
            shared.pop((self.who, rnd.randrange(BOARD)), None)

    def weakly(self):
        c = Counted(self.who, self.steps)
        self.weak.append((weakref.ref(c), self.steps))
        self.values[self.steps % 100] = c
        if self.rnd.randrange(3) == 0:
            self.kept = c
        del c
        if len(self.weak) > 200:
            for ref, number in self.weak[:100]:
                o = ref()
                if o is not None and (o.number != number or o.me is not o):
                    wrong("weak %r" % number)
                o = None
            del self.weak[:100]
        for ref in self.values.valuerefs():
            o = ref()
            if o is not None and o.me is not o:
                wrong("value %r" % o.number)

    def others(self):
        def numbers(n):
            held = [[i] for i in range(n)]
            for h in held:
                yield h[0]
        n = self.rnd.randrange(40)
        if sum(numbers(n)) != n * (n - 1) // 2:
            wrong("generator")
        l = [(self.rnd.random(), [i]) for i in range(n)]
        l.sort()
        if any(a[0] > b[0] for a, b in zip(l, l[1:])):
            wrong("sort")
        try:
            raise KeyError(l)
        except KeyError as e:
            if e.args[0] is not l:
                wrong("exception")

    def load(self):
        names = {"Root": Root, "revived": revived, "VERSION": self.steps}
        exec(SOURCE, names)
        versions[self.rnd.randrange(N_VERSIONS)] = (self.steps, names["total"])
        Root.tag = self.steps

    def call(self):
        loaded = versions[self.rnd.randrange(N_VERSIONS)]
        if loaded:
            version, total = loaded
            if (got := total(18)) != (want := (90 + 24 * version, 4 * version)):
                wrong("version %d: %r, not %r" % (version, got, want))
        try:
            version, late = revived[0]
        except IndexError:
            return
        for _ in range(1000):  # other threads change the tag meanwhile, and may lose the processor while they tell the classes below
            if late.value() == 4 * version and late.tag == Root.tag:
                return
            time.sleep(0.001)
        wrong("revived of version %d: %r, %r" % (version, late.value(), late.tag))

    def run(self, until):
        while time.monotonic() < until and not errors:
            at = self.walk()
            self.change(at)
            del at
            self.garbage()
            self.exchange()
            self.weakly()
            self.others()
            if self.steps % LOAD == 0:
                self.load()
            if self.steps % CALL == 0:
                self.call()
            self.steps += 1


def guarded(world, until):
    try:
        world.run(until)
    except BaseException as e:
        wrong("%s: %s" % (type(e).__name__, e))
        raise
    finally:
        ended.append(world.who)


def resident_mb():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4096 / 2 ** 20


def main():
    seed, seconds, n = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3
    until = time.monotonic() + seconds
    worlds = [World(i, seed) for i in range(n)]
    threads = [threading.Thread(target=guarded, args=(w, until)) for w in worlds]
    for t in threads:
        t.start()
    early = late = 0.0
    while len(ended) < n:
        time.sleep(0.2)
        if time.monotonic() < until - seconds / 2:
            early = max(early, resident_mb())
        else:
            late = max(late, resident_mb())
    for t in threads:
        t.join()
    steps = sum(w.steps for w in worlds)
    for w in worlds:
        w.__dict__.clear()
    board.clear()
    shared.clear()
    versions[:] = [None] * N_VERSIONS
    revived.clear()
    for _ in range(10):
        gc.collect()
    c, left = gc.counters(), sum(made) - len(finalized)
    if not 0 <= left <= 4 * n:  # a stale word on a stack may hold the last of a thread
        there = [o for o in gc.get_objects() if type(o) is Counted]
        wrong("%d objects with a __del__, %d finalized, %d there, of these finalized %d; made %r, by thread %r" % (
            sum(made), len(finalized), len(there), sum(gc.is_finalized(o) for o in there), made[:n], [finalized.count(i) for i in range(n)]))
    classes = len(Root.__subclasses__())
    if classes > 200:  # caches and code that waits for the compiler keep some
        wrong("%d classes are left" % classes)
    for name, value in (("seed", seed), ("steps", steps), ("cycles", c["cycles"]), ("allocated_mb", c["allocated_bytes"] >> 20), ("finalized", len(finalized)), ("alive", left), ("versions", steps // LOAD), ("classes", classes),
                        ("pauses", c["pauses"]), *((k.replace("_cpu_ns", "_us"), v // 1000) for k, v in c.items() if k.startswith("worst_") and k.endswith("_cpu_ns") and v and k != "worst_pause_cpu_ns"), ("aborted_closes", c["aborted_closes"]), ("stalls", c["stalls"]),
                        ("peak_mb_first_half", round(early)), ("peak_mb_second_half", round(late)), ("errors", len(errors))):
        print("SOAK", name, value)
    for e in errors[:5]:
        print("ERROR", e)
    sys.exit(bool(errors))


main()
